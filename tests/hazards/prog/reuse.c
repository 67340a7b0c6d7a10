/* reuse N: one descriptor number is in turn a connection to the fake, a file, a connection to a
 * server of the program's own, and a socket that is not connected; closed by close(), by the
 * system call and by dup2(). getpeername() tells the truth each time: a table would not. */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "client.h"

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 10000;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), null = open("/dev/null", O_RDONLY), fd = -1;
	struct sockaddr_in own = address_of("127.0.0.1", 0), peer;
	socklen_t len = sizeof(own);

	NEED(bind(listener, (struct sockaddr *)&own, len) == 0 && listen(listener, 64) == 0);
	NEED(getsockname(listener, (struct sockaddr *)&own, &len) == 0);
	for (int i = 0; i < rounds; i++) {
		int next, kind = i % 16 == 0 ? 2 : i % 4 == 2 ? 0 : i % 4, other;

		switch (kind) {
		case 0:
			next = reach("192.0.2.7", 8080);
			NEED(next >= 0 && peer_is(next, "192.0.2.7", 8080));
			break;
		case 2:
			next = reach("127.0.0.1", ntohs(own.sin_port));
			NEED(next >= 0 && peer_is(next, "127.0.0.1", ntohs(own.sin_port)));
			other = accept(listener, NULL, NULL);
			NEED(other >= 0);
			hang_up(other);
			break;
		case 1:
			next = open("/dev/null", O_RDONLY);
			break;
		default:
			next = socket(AF_INET, SOCK_STREAM, 0);
		}
		len = sizeof(peer);
		if (kind == 1)
			NEED(getpeername(next, (struct sockaddr *)&peer, &len) < 0 && errno == ENOTSOCK);
		if (kind == 3)
			NEED(getpeername(next, (struct sockaddr *)&peer, &len) < 0 && errno == ENOTCONN);
		NEED(fd < 0 || next == fd); /* the number is used again, that is the point */
		fd = next;
		if (kind == 0 || kind == 2) {
			struct linger none = { .l_onoff = 1 };
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		}
		switch (i / 4 % 3) {
		case 0:
			close(fd);
			break;
		case 1:
			syscall(SYS_close, fd);
			break;
		default:
			dup2(null, fd);
			NEED(getpeername(fd, (struct sockaddr *)&peer, &len) < 0 && errno == ENOTSOCK);
			close(fd);
		}
	}
	fd = reach("192.0.2.7", 8080);
	NEED(asks(fd));
	puts("hi");
	return 0;
}
