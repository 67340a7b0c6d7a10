/* pingpong: the kernel's own floor. Two processes pass SIZE bytes to and fro over
 * one TCP connection on loopback, with nothing else to do.
 *
 * usage: pingpong ROUNDS SIZE     prints microseconds per round trip */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void pass(int fd, char *bytes, size_t size, int sends)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = sends ? write(fd, bytes + done, size - done) : read(fd, bytes + done, size - done);
		if (n <= 0)
			fail(sends ? "write" : "read");
		done += (size_t)n;
	}
}

static void nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 50000;
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
	char *bytes = calloc(1, size);
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct timespec from, to;

	if (bind(listener, (struct sockaddr *)&sin, len) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) < 0)
		fail("listen");
	if (fork() == 0) {
		int fd = accept(listener, NULL, NULL);
		nodelay(fd);
		for (long i = 0; i < rounds; i++) {
			pass(fd, bytes, size, 0);
			pass(fd, bytes, size, 1);
		}
		_exit(0);
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&sin, len) < 0)
		fail("connect");
	nodelay(fd);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < rounds; i++) {
		pass(fd, bytes, size, 1);
		pass(fd, bytes, size, 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.2f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / 1e3 / (double)rounds);
	wait(NULL);
	free(bytes);
	return 0;
}
