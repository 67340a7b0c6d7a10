/* alarms N: a SIGALRM handler connects until it did so N times, while the main program is
 * itself inside connect() and getpeername() most of the time. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>

#include "client.h"

static volatile sig_atomic_t rang;

static void on_alarm(int sig)
{
	int kept = errno;

	(void)sig;
	for (int i = 0; i < 4; i++) {
		int fd = reach("192.0.2.7", 8080);
		NEED(fd >= 0 && peer_is(fd, "192.0.2.7", 8080));
		hang_up(fd);
		rang++;
	}
	errno = kept;
}

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 10000;
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 700 }, { 0, 700 } }, never = { 0 };
	long interrupted = 0;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (rang < wanted) {
		struct sockaddr_in to = address_of("192.0.2.7", 8080);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		/* the handler has no SA_RESTART: connect() may well say EINTR, as it does without seam */
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			NEED(peer_is(fd, "192.0.2.7", 8080));
		else
			NEED(errno == EINTR && ++interrupted);
		hang_up(fd);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	int fd = reach("192.0.2.7", 8080);
	NEED(fd >= 0 && asks(fd));
	puts("hi");
	return 0;
}
