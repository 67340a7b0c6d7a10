/* A vfork child shares the memory: it closes everything, duplicates, connects on its own and
 * ends in exec or _exit. The parent's connection and its idea of it stay as they were. */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "client.h"

int main(void)
{
	char *const nothing[] = { NULL }, *const argv[] = { "true", NULL };
	int fd = reach("192.0.2.7", 8080), status;

	NEED(fd >= 0 && asks(fd));
	for (int how = 0; how < 100; how++) {
		pid_t pid = vfork();
		if (pid == 0) {
			dup2(fd, 100);
			int own = reach("192.0.2.7", 8080);
			if (own < 0 || !peer_is(own, "192.0.2.7", 8080))
				_exit(2);
			for (int i = 3; i < 128; i++)
				close(i);
			if (how % 2)
				_exit(0);
			execve("/bin/true", argv, nothing);
			_exit(3);
		}
		NEED(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	}
	NEED(fcntl(100, F_GETFD) < 0 && peer_is(fd, "192.0.2.7", 8080) && asks(fd));
	int again = reach("192.0.2.7", 8080);
	NEED(again >= 0 && asks(again));
	puts("hi");
	return 0;
}
