/* signals: read from a signalfd, so that one sent with kill(2) can be told from
 * one that the terminal gave to the whole process group: the first is passed
 * on, the second the program has already. Stop and continue follow the
 * program. */
#include "host/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGALRM, SIGWINCH };

static void follow_root(struct host *h)
{
	struct rusage used;
	int status;

	if (h->options->bare)
		return; /* somebody else's child */
	while (wait4(h->root, &status, WNOHANG | WUNTRACED | WCONTINUED, &used) > 0) {
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			h->status = status;
			h->rss = (uint64_t)used.ru_maxrss * 1024; /* of it or of a child it waited for, whichever is more */
			h->root_ended = true;
			return;
		}
		if (WIFSTOPPED(status)) {
			trace_flush(h->trace);
			raise(SIGSTOP); /* the shell sees the job stop as a whole */
		}
	}
}

static void on_signal(uv_poll_t *poll, int status, int events)
{
	struct host *h = poll->data;
	struct signalfd_siginfo info;

	(void)status;
	(void)events;
	while (read(h->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int sig = (int)info.ssi_signo;
		if (sig == SIGCHLD)
			follow_root(h);
		else if (info.ssi_code <= 0 && h->root > 0 && !h->root_ended && !h->options->bare)
			kill(h->root, sig);
		else if (h->options->bare && sig == SIGTERM)
			h->root_ended = true; /* nobody's child: asked to go, it writes the trailer and goes */
	}
}

static void on_root(uv_poll_t *poll, int status, int events)
{
	struct host *h = poll->data;

	(void)status;
	(void)events;
	follow_root(h);
	h->root_ended = true;
	uv_poll_stop(poll);
}

int signals_open(struct host *h, struct err *err)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&ours, passed_on[i]);
	sigprocmask(SIG_BLOCK, &ours, &h->mask);
	h->signal_fd = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	if (h->signal_fd < 0 || uv_poll_init(&h->loop, &h->signals, h->signal_fd) != 0)
		return err_set(err, ERR_IO, "signals: %s", strerror(errno));
	h->signals.data = h;
	uv_poll_start(&h->signals, UV_READABLE, on_signal);
	return 0;
}

int signals_watch_root(struct host *h, struct err *err)
{
	h->root_fd = (int)syscall(SYS_pidfd_open, h->root, 0);
	if (h->root_fd < 0 && errno == ESRCH) {
		h->root_ended = true;
		return 0;
	}
	if (h->root_fd < 0 || uv_poll_init(&h->loop, &h->root_watch, h->root_fd) != 0)
		return err_set(err, ERR_IO, "the program cannot be watched: %s (pidfd_open needs Linux 5.3)", strerror(errno));
	h->root_watch.data = h;
	uv_poll_start(&h->root_watch, UV_READABLE, on_root);
	return 0;
}

static void on_unwatched(uv_handle_t *handle)
{
	*(bool *)handle->data = true;
}

void signals_unwatch_root(struct host *h)
{
	bool closed = false;

	uv_poll_stop(&h->root_watch);
	h->root_watch.data = &closed;
	uv_close((uv_handle_t *)&h->root_watch, on_unwatched);
	while (!closed)
		uv_run(&h->loop, UV_RUN_NOWAIT);
	close(h->root_fd);
	h->root_fd = -1;
}

void signals_close(struct host *h)
{
	if (h->signal_fd >= 0) {
		uv_poll_stop(&h->signals);
		uv_close((uv_handle_t *)&h->signals, NULL);
		close(h->signal_fd);
		h->signal_fd = -1;
	}
	if (h->root_fd >= 0) {
		uv_poll_stop(&h->root_watch);
		uv_close((uv_handle_t *)&h->root_watch, NULL);
		close(h->root_fd);
		h->root_fd = -1;
	}
	sigprocmask(SIG_SETMASK, &h->mask, NULL);
}
