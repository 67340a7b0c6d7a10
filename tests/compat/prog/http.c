/* http HOST PORT PATH...: an HTTP/1.1 client that knows libc alone. Resolves HOST (or takes an
 * address), keeps one connection for all paths, prints "STATUS BODY" each, and where it ended up.
 * --how=HOW before them: unspec (default), 4, 6: families asked for; byname: gethostbyname();
 * nonblock: connects as event loops do. Exit 3: the name does not resolve, 4: no connection. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *how, const struct sockaddr *to, socklen_t len)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -1;
	if (strcmp(how, "nonblock") != 0)
		return connect(fd, to, len) == 0 ? fd : -1;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (connect(fd, to, len) < 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		if (errno != EINPROGRESS || poll(&p, 1, 5000) != 1)
			return -1;
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error) {
			errno = error;
			return -1;
		}
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static int reach(const char *host, const char *port, const char *how)
{
	int fd = -1, why;

	if (strcmp(how, "byname") == 0) {
		struct hostent *found = gethostbyname(host);
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
		if (!found || found->h_addrtype != AF_INET)
			exit(3);
		memcpy(&to.sin_addr, found->h_addr_list[0], 4);
		return dial(how, (struct sockaddr *)&to, sizeof(to));
	}
	struct addrinfo *found, hints = { .ai_family = *how == '4' ? AF_INET : *how == '6' ? AF_INET6 : AF_UNSPEC,
					  .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME };
	if ((why = getaddrinfo(host, port, &hints, &found))) {
		fprintf(stderr, "%s: %s\n", host, gai_strerror(why));
		exit(3);
	}
	printf("name %s\n", found->ai_canonname);
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
		fd = dial(how, a->ai_addr, a->ai_addrlen);
	why = errno;
	freeaddrinfo(found);
	errno = why;
	return fd;
}

/* Reads one answer of known length. */
static void ask(FILE *in, int fd, const char *host, const char *path)
{
	char line[1000];
	long length = 0;
	int status = 0;

	dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
	if (!fgets(line, sizeof(line), in) || sscanf(line, "HTTP/1.1 %d", &status) != 1)
		exit(5);
	while (fgets(line, sizeof(line), in) && strcmp(line, "\r\n") != 0)
		if (strncasecmp(line, "content-length:", 15) == 0)
			length = atol(line + 15);
	printf("%d ", status);
	while (length-- > 0)
		putchar(getc(in));
	putchar('\n');
}

int main(int argc, char **argv)
{
	const char *how = "unspec";
	char host[256], port[16];
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (argc > 1 && strncmp(argv[1], "--how=", 6) == 0) {
		how = argv[1] + 6;
		argv++;
		argc--;
	}
	if (argc < 4)
		return 2;
	int fd = reach(argv[1], argv[2], how);
	if (fd < 0) {
		perror("connect");
		return 4;
	}
	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), port, sizeof(port), NI_NUMERICSERV) != 0)
		return 6;
	printf("peer %s %s\n", host, port);
	FILE *in = fdopen(dup(fd), "r");
	for (int i = 3; i < argc; i++)
		ask(in, fd, argv[1], argv[i]);
	fclose(in);
	close(fd);
	return 0;
}
