/* errnos NAME: sets errno to 1234 before each call that succeeds, and prints what it is after.
 * Compared with the same without seam, where the address is a listener of the program's own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <spawn.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "client.h"

extern char **environ;

#define AFTER(call, fine)                                                            \
	do {                                                                         \
		errno = 1234;                                                        \
		__typeof__(call) r_ = (call);                                        \
		int e_ = errno;                                                      \
		if (!(r_ fine))                                                      \
			printf("%s failed, errno %d\n", #call, e_), _exit(1);         \
		printf("%s: errno %d\n", #call, e_);                                  \
	} while (0)

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "localhost";
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	struct sockaddr_in to = address_of(argc > 2 ? argv[2] : "192.0.2.7", argc > 3 ? atoi(argv[3]) : 8080), any = address_of("127.0.0.1", 0);
	struct sockaddr_in peer;
	char *const args[] = { "true", NULL };
	char host[NI_MAXHOST];
	struct iovec piece = { "x", 1 };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };
	struct mmsghdr msgs = { .msg_hdr = msg };
	struct hostent entry, *result;
	char room[2000];
	socklen_t len = sizeof(peer);
	int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0), status, h_error;
	pid_t pid;

	alarm(20);
	if (argc > 3) { /* bare */
		int listener = socket(AF_INET, SOCK_STREAM, 0);
		int on = 1;
		setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		NEED(bind(listener, (struct sockaddr *)&to, sizeof(to)) == 0 && listen(listener, 8) == 0);
	}
	/* the first call of each kind may load what it needs: twice, and the second counts */
	getaddrinfo(name, "80", &hints, &found);
	gethostbyname(name);
	AFTER(getaddrinfo(name, "80", &hints, &found), == 0);
	AFTER(gethostbyname_r(name, &entry, room, sizeof(room), &result, &h_error), == 0);
	AFTER(getnameinfo((struct sockaddr *)&to, sizeof(to), host, sizeof(host), NULL, 0, NI_NUMERICHOST), == 0);
	AFTER(bind(fd, (struct sockaddr *)&any, sizeof(any)), == 0);
	AFTER(connect(fd, (struct sockaddr *)&to, sizeof(to)), == 0);
	AFTER(connect(other, (struct sockaddr *)&to, sizeof(to)), == 0);
	AFTER(getpeername(fd, (struct sockaddr *)&peer, &len), == 0);
	AFTER(send(fd, "x", 1, 0), == 1);
	AFTER(sendto(fd, "x", 1, 0, NULL, 0), == 1);
	AFTER(sendmsg(fd, &msg, 0), == 1);
	AFTER(sendmmsg(fd, &msgs, 1, 0), == 1);
	AFTER(posix_spawn(&pid, "/bin/true", NULL, NULL, args, environ), == 0);
	waitpid(pid, &status, 0);
	AFTER(posix_spawnp(&pid, "true", NULL, NULL, args, environ), == 0);
	waitpid(pid, &status, 0);
	AFTER(dlopen("libm.so.6", RTLD_NOW), != NULL);
	AFTER(dlsym(RTLD_DEFAULT, "connect"), != NULL);
	/* and what fails, fails with libc's errno */
	errno = 1234;
	NEED(connect(-1, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EBADF);
	NEED(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EISCONN);
	NEED(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, 3) < 0 && errno == EINVAL);
	NEED(getpeername(0, (struct sockaddr *)&peer, &len) < 0 && (errno == ENOTSOCK || errno == EBADF));
	NEED(execve("/no/such/program", args, environ) < 0 && errno == ENOENT);
	return 0;
}
