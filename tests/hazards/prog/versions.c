/* Bound to the oldest dlsym() that this architecture has, as a program built long ago is; connects through it. */
#include <dlfcn.h>

#include "client.h"

#if defined(__x86_64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
#else
__asm__(".symver dlsym, dlsym@GLIBC_2.17");
#endif

int main(int argc, char **argv)
{
	int (*found)(int, const struct sockaddr *, socklen_t) = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_DEFAULT, "connect");
	struct sockaddr_in to;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	NEED(argc > 2 && found);
	to = address_of(argv[1], atoi(argv[2]));
	NEED(found(fd, (struct sockaddr *)&to, sizeof(to)) == 0 && peer_is(fd, argv[1], atoi(argv[2])) && asks(fd));
	puts("hi");
	return 0;
}
