/*
 * net: what sockets cost, to a server of its own on loopback or to an address that is given.
 *
 *	net connect N [HOST PORT]   microseconds per socket, connect, close
 *	net lookup N NAME           microseconds per getaddrinfo
 *	net bulk CONNECTIONS MIB    MiB per second, written on so many connections at once to a server that drops it
 *	net exec N                  microseconds per fork, exec of /bin/true, wait
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (128 * 1024)
#define CONNECTIONS_MAX 64

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Takes whatever comes, on all connections. */
static void serve(int listener)
{
	static struct pollfd all[CONNECTIONS_MAX + 1];
	static char room[CHUNK];
	nfds_t n = 1;

	all[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		if (poll(all, n, -1) < 0)
			exit(0);
		for (nfds_t i = n; i-- > 1;)
			if (all[i].revents && read(all[i].fd, room, sizeof(room)) <= 0) {
				close(all[i].fd);
				all[i] = all[--n];
			}
		if (all[0].revents && n <= CONNECTIONS_MAX)
			all[n++] = (struct pollfd){ .fd = accept(listener, NULL, NULL), .events = POLLIN };
	}
}

static struct sockaddr_in start_server(pid_t *pid)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&in, len) < 0 || listen(fd, 1000) < 0 || getsockname(fd, (struct sockaddr *)&in, &len) < 0)
		die("listen");
	if ((*pid = fork()) == 0)
		serve(fd);
	close(fd);
	return in;
}

static int reach(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
	return fd;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;
	const char *what = argc > 2 ? argv[1] : "";
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	pid_t server = 0;
	double began;

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(what, "connect") == 0) {
		struct sockaddr_in to;
		struct linger none = { .l_onoff = 1 };
		if (argc > 4) {
			if (getaddrinfo(argv[3], argv[4], &hints, &found))
				die(argv[3]);
			memcpy(&to, found->ai_addr, sizeof(to));
		} else {
			to = start_server(&server);
		}
		close(reach(&to));
		began = now();
		for (int i = 0; i < n; i++) {
			int fd = reach(&to);
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
			close(fd);
		}
		printf("%.2f\n", (now() - began) / n * 1e6);
	} else if (strcmp(what, "lookup") == 0 && argc > 3) {
		if (getaddrinfo(argv[3], "80", &hints, &found))
			die(argv[3]);
		began = now();
		for (int i = 0; i < n; i++) {
			if (getaddrinfo(argv[3], "80", &hints, &found))
				die(argv[3]);
			freeaddrinfo(found);
		}
		printf("%.2f\n", (now() - began) / n * 1e6);
	} else if (strcmp(what, "bulk") == 0 && argc > 3) {
		struct sockaddr_in to = start_server(&server);
		long left = atol(argv[3]) * (1024 * 1024 / CHUNK);
		static char room[CHUNK];
		int fds[CONNECTIONS_MAX];
		if (n < 1 || n > CONNECTIONS_MAX)
			return 2;
		for (int i = 0; i < n; i++)
			fds[i] = reach(&to);
		began = now();
		for (long i = 0; i < left; i++)
			for (ssize_t done = 0, w; done < CHUNK; done += w)
				if ((w = write(fds[i % n], room + done, (size_t)(CHUNK - done))) < 0)
					die("write");
		printf("%.0f\n", (double)atol(argv[3]) / (now() - began));
	} else if (strcmp(what, "exec") == 0) {
		char *const args[] = { "true", NULL };
		began = now();
		for (int i = 0; i < n; i++) {
			pid_t pid;
			if (posix_spawn(&pid, "/bin/true", NULL, NULL, args, environ) || waitpid(pid, NULL, 0) < 0)
				die("true");
		}
		printf("%.1f\n", (now() - began) / n * 1e6);
	} else {
		return 2;
	}
	if (server)
		kill(server, SIGKILL);
	return 0;
}
