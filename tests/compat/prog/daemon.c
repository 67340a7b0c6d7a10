/* daemon OUT PROGRAM ARG...: a daemon by the book: forks twice, leaves its session and folder, closes
 * every descriptor, clears its environment; then starts PROGRAM with its output in OUT. The first
 * process is gone at once; who waits looks at OUT. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (fork())
		_exit(0);
	setsid();
	if (fork())
		_exit(0);
	umask(0);
	if (chdir("/") < 0)
		_exit(1);
	for (int fd = sysconf(_SC_OPEN_MAX) > 4096 ? 4096 : (int)sysconf(_SC_OPEN_MAX); fd >= 0; fd--)
		close(fd);
	clearenv();
	open("/dev/null", O_RDWR);
	if (open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644) != 1 || dup(1) != 2)
		_exit(1);
	execv(argv[2], argv + 2);
	_exit(127);
}
