/*
 * keep: a run that outlives programs (`seam session`).
 *
 * The host watches its owner instead of a program, and takes orders from a
 * socket of its run directory: one JSON object a line, answered by one. Marks
 * are taken of every fake and of the rules together, so that a test's world
 * goes back as a whole.
 */
#ifndef HOST_KEEP_H
#define HOST_KEEP_H

#include "host/inside.h"

#define KEEP_SOCK HOST_SESSION_SOCK
#define KEEP_ENV "env" /* what a program needs to join: NAME=VALUE, each with its NUL */

struct keep;

/* Takes the seed's mark, writes the environment, listens. */
int keep_open(struct host *h, struct err *err);
/* The trailer is written: tells who asked to stop. */
void keep_ended(struct host *h, int code, const struct trace_trailer *trailer);
void keep_close(struct host *h);

/* The test that this process asks for: of its environment when it started
 * (PYTEST_CURRENT_TEST), else the one in hand; "" none. */
struct slice keep_test(struct host *h, pid_t pid);

/* ---- for the orders (keep_order.c) --------------------------------------- */

struct caller; /* who gave an order, until it is answered */

/* Takes the reference. */
void keep_answer(struct caller *c, json_t *reply);
void keep_fail(struct caller *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Answers later: stays until keep_answer. `turn` is called again every few
 * milliseconds until it says true (it has answered) or the time is over, when it is
 * called once more with `over`. */
void keep_wait(struct caller *c, uint64_t timeout_ms, bool (*turn)(struct caller *c, bool over));

struct named_mark {
	char *name;
	struct rules_mark *rules;
	uint64_t *fakes; /* one a service */
};
struct keep {
	struct host *host;
	uv_pipe_t listener;
	struct caller *callers;
	struct caller *stopper;    /* waits for the end */
	struct named_mark *marks;  /* [0] is the seed */
	size_t nmarks, cap;
	char *label;               /* of the test in hand, or NULL */
	uint64_t since;            /* offset in the trace: where the test in hand began */
};
struct caller {
	struct keep *keep;
	struct caller *next;
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_write_t write;
	struct buf in, out;
	json_t *order;
	uint64_t deadline_ms, began_ms;
	bool (*turn)(struct caller *c, bool over);
	void (*then)(struct caller *c);
	struct follow *follow;
	bool answered, closing;
	int handles;
};

/* keep_order.c: does what the order says. */
void keep_obey(struct caller *c);

/* keep_mark.c */
int keep_mark(struct keep *k, const char *name, struct err *err);
int keep_restore(struct keep *k, const char *name, struct err *err); /* NULL: the seed */
/* From now on this is the seed; every other mark is gone. */
void keep_mark_seed(struct keep *k);
void keep_marks_free(struct keep *k);
int keep_save(struct keep *k, const char *file, struct err *err);
int keep_load(struct host *h, const char *file, struct err *err);

#endif
