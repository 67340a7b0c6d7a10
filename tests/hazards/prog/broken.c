/* Writes past its room after a hooked call, which AddressSanitizer has to notice. */
#define _GNU_SOURCE
#include "client.h"

int main(void)
{
	struct addrinfo hints = { .ai_family = AF_INET }, *found;
	char *room = malloc(5);

	NEED(getaddrinfo("web.example.com", "80", &hints, &found) == 0);
	memcpy(room, &found->ai_addr->sa_family, 2);
	strcpy(room + 2, found ? "too long" : "");
	puts(room);
	return 0;
}
