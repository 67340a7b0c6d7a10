/* until: looks at the trace as it grows, every few milliseconds. */
#include "host/until.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "host/follow.h"

#define TURN_MS 3
#define GRACE_MS 5000 /* from SIGTERM to SIGKILL */

enum until_end { UNTIL_OPEN, UNTIL_HELD, UNTIL_TIMED_OUT };

struct until {
	uv_timer_t timer;
	struct follow *expect, *event;
	enum until_end end;
	uint64_t deadline_ms, kill_ms; /* 0: none */
	bool restart_due, restarted;
};

/* Everything of the run that lives. */
static void kill_all(struct host *h, int sig)
{
	for (size_t i = 0; i < h->processes.count; i++)
		if (!h->processes.list[i]->ended)
			kill(h->processes.list[i]->pid, sig);
	if (h->root > 0 && !h->root_ended)
		kill(h->root, sig);
}

static void end_it(struct host *h, enum until_end how)
{
	h->until->end = how;
	h->until->kill_ms = uv_now(&h->loop) + GRACE_MS;
	kill_all(h, SIGTERM);
}

static void on_turn(uv_timer_t *timer)
{
	struct host *h = timer->data;
	struct until *u = h->until;

	if (h->root_ended)
		return;
	if (u->end != UNTIL_OPEN) {
		if (uv_now(&h->loop) > u->kill_ms)
			kill_all(h, SIGKILL);
		return;
	}
	if (u->event && !u->restarted && !u->restart_due && follow_holds(u->event)) {
		u->restart_due = true;
		kill_all(h, SIGKILL);
	} else if (u->expect && follow_holds(u->expect)) {
		end_it(h, UNTIL_HELD);
	} else if (u->deadline_ms && uv_now(&h->loop) > u->deadline_ms) {
		end_it(h, UNTIL_TIMED_OUT);
	}
}

int until_open(struct host *h, struct err *err)
{
	const struct host_options *o = h->options;

	if (!o->until && !o->timeout_ms && !o->restart_after)
		return 0;
	struct until *u = h->until = calloc(1, sizeof(*u));
	if (!u)
		abort();
	trace_flush(h->trace);
	if ((o->until && !(u->expect = follow_expect(h, o->until, 0, err))) ||
	    (o->restart_after && !(u->event = follow_event(h, o->restart_after, 0, err)))) {
		follow_free(u->expect);
		free(u);
		h->until = NULL;
		return -1;
	}
	uv_timer_init(&h->loop, &u->timer);
	uv_update_time(&h->loop);
	u->timer.data = h;
	u->deadline_ms = o->timeout_ms ? uv_now(&h->loop) + o->timeout_ms : 0;
	uv_timer_start(&u->timer, on_turn, TURN_MS, TURN_MS);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free((char *)handle - offsetof(struct until, timer));
}

void until_close(struct host *h)
{
	struct until *u = h->until;

	if (!u)
		return;
	follow_free(u->expect);
	follow_free(u->event);
	uv_close((uv_handle_t *)&u->timer, on_closed);
	h->until = NULL;
}

bool until_restarts(struct host *h, struct err *err)
{
	struct until *u = h->until;
	struct process *root = process_find(&h->processes, h->root);

	if (!u || !u->event || u->restarted)
		return false;
	trace_flush(h->trace);
	if (!u->restart_due && !follow_holds(u->event)) /* it may have ended before it was killed */
		return false;
	u->restarted = true;
	if (root)
		events_process_end(h, root, true, h->status);
	events_note(h, NULL, "killed, and started again");
	signals_unwatch_root(h);
	h->root_ended = h->root_hello = false;
	h->status = 0;
	h->again = true;
	return launch(h, err) == 0 && signals_watch_root(h, err) == 0;
}

int until_exit(struct host *h, int code, struct buf *out)
{
	struct until *u = h->until;

	if (!u)
		return code;
	if (u->event && !u->restarted) {
		buf_addf(out, "seam: --restart-after %s: no such event came\n", h->options->restart_after);
		return code ? code : HOST_EXIT_EXPECTATION;
	}
	if (u->end == UNTIL_HELD)
		return 0; /* it was ended because all was well */
	if (u->expect && !follow_holds(u->expect)) {
		buf_addf(out, "seam: --until did not hold%s\n", u->end == UNTIL_TIMED_OUT ? " in time" : " when the program ended");
		follow_say(u->expect, out);
		return code && u->end == UNTIL_OPEN ? code : HOST_EXIT_EXPECTATION;
	}
	if (u->end == UNTIL_TIMED_OUT) {
		buf_addf(out, "seam: --timeout: the program took longer than %.1f s and was ended\n", (double)h->options->timeout_ms / 1000);
		return HOST_EXIT_TIMEOUT;
	}
	return code;
}
