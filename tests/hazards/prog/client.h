/* What the programs share: an address, a connection, a request over HTTP/1.1 that leaves the
 * connection open, and an end that says where. Header only: each program is one file. */
#ifndef CLIENT_H
#define CLIENT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEED(what)                                                                        \
	do {                                                                              \
		if (!(what)) {                                                            \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #what, errno); \
			_exit(1);                                                         \
		}                                                                         \
	} while (0)

static inline struct sockaddr_in address_of(const char *ip, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, ip, &to.sin_addr);
	return to;
}

/* A connection to an address in digits: only what a signal handler may call. */
static inline int reach(const char *ip, int port)
{
	struct sockaddr_in to = address_of(ip, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

/* Leaves no TIME_WAIT: thousands of connections do not use the ports up. */
static inline void hang_up(int fd)
{
	struct linger none = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

static inline bool peer_is(int fd, const char *ip, int port)
{
	struct sockaddr_in peer = { 0 }, wanted = address_of(ip, port);
	socklen_t len = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && len == sizeof(peer) && peer.sin_port == wanted.sin_port &&
	       peer.sin_addr.s_addr == wanted.sin_addr.s_addr;
}

/* GET /ok on a connection that stays open; the fake's answer ends in "hi". */
static inline bool asks(int fd)
{
	static const char request[] = "GET /ok HTTP/1.1\r\nHost: web.example.com\r\n\r\n";
	char answer[2048];
	size_t n = 0;

	if (write(fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1)
		return false;
	while (n < sizeof(answer) - 1) {
		ssize_t got = read(fd, answer + n, sizeof(answer) - 1 - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		answer[n] = '\0';
		char *body = strstr(answer, "\r\n\r\n");
		if (body && strlen(body + 4) >= 2)
			return strncmp(answer, "HTTP/1.1 200", 12) == 0 && strcmp(body + 4, "hi") == 0;
	}
	return false;
}

#endif
