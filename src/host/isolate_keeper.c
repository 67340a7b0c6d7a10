/* isolate_keeper: the process that stays inside and makes sockets for the host,
 * until the host is gone. It holds nothing else: not the program's standard
 * streams, whose readers wait for their last writer. */
#include "host/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHANNEL 3

static void let_go(int channel)
{
	if (channel != CHANNEL)
		dup2(channel, CHANNEL);
	syscall(SYS_close_range, CHANNEL + 1, ~0u, 0);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	close(null);
}

static void serve(const struct isolate_wish *wish)
{
	int fds[PASS_FDS_MAX], made = 0, error = 0;

	while (made < wish->count && made < PASS_FDS_MAX) {
		int fd = socket(wish->domain, wish->type | SOCK_NONBLOCK | SOCK_CLOEXEC, wish->protocol);
		if (fd < 0) {
			error = errno;
			break;
		}
		fds[made++] = fd;
	}
	pass_send(CHANNEL, &error, sizeof(error), fds, (size_t)made);
	while (made)
		close(fds[--made]);
}

_Noreturn void keeper_serve(int channel)
{
	struct isolate_wish wish;
	int fds[PASS_FDS_MAX];
	size_t n;
	sigset_t all;

	/* what the terminal sends is the program's affair */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "seam-keeper");
	prctl(PR_SET_DUMPABLE, 1); /* its /proc/PID/net is how the host reads the tables inside */
	let_go(channel);
	while (pass_receive(CHANNEL, &wish, sizeof(wish), fds, &n) == (ssize_t)sizeof(wish))
		serve(&wish);
	_exit(0);
}
