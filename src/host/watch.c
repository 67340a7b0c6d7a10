/* watch: one pidfd and one poll handle a living process. */
#include "host/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct watch {
	struct host *host;
	struct process *process;
	uv_poll_t poll;
	int fd;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void stop(struct watch *w)
{
	w->process->watch = NULL;
	uv_poll_stop(&w->poll);
	close(w->fd);
	uv_close((uv_handle_t *)&w->poll, on_closed);
}

static void on_end(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct process *p = w->process;

	(void)status;
	(void)events;
	struct host *h = w->host;
	stop(w);
	control_drain(h); /* its last words: it is no process of another name that spoke them */
	events_process_end(h, p, false, 0);
}

void watch_process(struct host *h, struct process *p)
{
	if (p->watch || p->pid == h->root)
		return;
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (fd < 0) {
		/* gone before it was watched: its hello was its last word */
		if (errno == ESRCH)
			events_process_end(h, p, false, 0);
		return;
	}
	struct watch *w = calloc(1, sizeof(*w));
	if (!w || uv_poll_init(&h->loop, &w->poll, fd) != 0) {
		free(w);
		close(fd);
		return;
	}
	w->host = h;
	w->process = p;
	w->fd = fd;
	w->poll.data = w;
	p->watch = w;
	uv_poll_start(&w->poll, UV_READABLE, on_end);
}

void watch_close_all(struct host *h)
{
	for (size_t i = 0; i < h->processes.count; i++)
		if (h->processes.list[i]->watch)
			stop(h->processes.list[i]->watch);
}
