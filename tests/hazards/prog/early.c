/* Connects before main(). As a library: in its constructor of priority 101. As a program
 * (-DPROGRAM): in .preinit_array, before libc itself is set up, where refused is fine, and again
 * in main(). */
#define _GNU_SOURCE
#include "client.h"

static void early(void)
{
	int fd = reach("192.0.2.7", 8080);

	NEED(fd >= 0 && peer_is(fd, "192.0.2.7", 8080) && asks(fd));
	close(fd);
}

#ifdef PROGRAM
static void first(void)
{
	int fd = reach("192.0.2.7", 8080);

	NEED(fd >= 0 || errno == ECONNREFUSED);
	NEED(fd < 0 || peer_is(fd, "192.0.2.7", 8080));
	close(fd);
}

__attribute__((section(".preinit_array"), used)) static void (*const before_all)(void) = first;

int main(void)
{
	early();
	puts("hi");
	return 0;
}
#else
__attribute__((constructor(101))) static void begin(void)
{
	early();
}
#endif
