/* With 0, 1 and 2 closed, the socket itself becomes descriptor 0; 1 and 2 stay closed, nobody
 * else took them. Says so by the exit status: there is nowhere to write to. */
#define _GNU_SOURCE
#include "client.h"

int main(void)
{
	close(0), close(1), close(2);
	int fd = reach("192.0.2.7", 8080);
	if (fd != 0)
		return 2;
	if (!peer_is(0, "192.0.2.7", 8080) || !asks(0))
		return 3;
	if (fcntl(1, F_GETFD) >= 0 || fcntl(2, F_GETFD) >= 0)
		return 4;
	struct addrinfo hints = { .ai_family = AF_INET }, *found;
	if (getaddrinfo("web.example.com", "80", &hints, &found) || socket(AF_INET, SOCK_STREAM, 0) != 1)
		return 5;
	if (connect(1, found->ai_addr, found->ai_addrlen) < 0 || !asks(1) || fcntl(2, F_GETFD) >= 0)
		return 6;
	return 0;
}
