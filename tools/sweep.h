/*
 * sweep: one command, run once per (event x fault), and what became of it.
 *
 * A site is a request of the baseline run, named by its service and ordinal; a
 * trial is a site with a fault. What a run did is its effects: writes that were
 * committed, requests that changed something, objects that were put. A verdict
 * compares a trial's effects with the baseline's.
 */
#ifndef TOOLS_SWEEP_H
#define TOOLS_SWEEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

struct sweep_effects {
	struct map counts;        /* what was done -> times */
	uint64_t leaks, transactions, half_uploads, unmatched, events;
};
/* From a trace; lenient: a run that was ended may lack its trailer. */
int sweep_effects(struct sweep_effects *e, const char *trace, struct err *err);
void sweep_effects_release(struct sweep_effects *e);

enum sweep_verdict {
	SWEEP_RECOVERED,  /* exit 0, the same effects: it dealt with the fault */
	SWEEP_FAILED,     /* exit not 0, nothing left behind: a clean failure */
	SWEEP_LOST,       /* exit 0, and an effect is missing */
	SWEEP_DUPLICATE,  /* something was done twice */
	SWEEP_UPLOAD,     /* half an upload is left */
	SWEEP_OPEN,       /* a transaction is left open */
	SWEEP_HANG,       /* it had to be ended */
	SWEEP_LEAK,       /* exit 0, and connections are left */
	SWEEP_BROKEN,     /* seam could not run it */
	SWEEP_VERDICTS
};
extern const char *const sweep_verdict_names[SWEEP_VERDICTS];
bool sweep_is_bad(enum sweep_verdict v);
/* `why` names what is missing or twice; in the arena. */
enum sweep_verdict sweep_judge(const struct sweep_effects *base, const struct sweep_effects *trial, int exit, bool hung, struct arena *a, const char **why);

struct sweep_trial {
	const char *on, *service; /* site */
	uint64_t nth, event;      /* ordinal on the service; number in the baseline */
	const char *what;         /* "INSERT orders" */
	const char *fault;        /* "reset before", "answer lost", "40001", ... */
	const char *inject;       /* name of a fault, or NULL: by a rule */
	bool after_effect;
	const char *rule;         /* JSON of a rule's `do`, or NULL */
	const char *key;          /* names it in the results */
	enum sweep_verdict verdict;
	const char *why;
	int exit;
	double seconds;
	bool done, fresh;         /* fresh: in this call, not resumed */
};
struct sweep {
	struct sweep_trial *trials;
	size_t count, cap;
	struct arena arena;
	struct sweep_effects base;
	double base_seconds;
	const char *const *rules;
	size_t nrules, jobs;
	const char *const *argv;
	const char *profile, *out; /* folder of results */
	double timeout_s;
	bool progress, copy;
};

/* The trials that a baseline's trace asks for; `only`: a fault's name or a service's, or NULL. */
int sweep_plan(struct sweep *s, const char *trace, const char *only_fault, const char *only_service, struct err *err);
/* Runs one, in a process of its own: never returns. */
_Noreturn void sweep_child(const struct sweep *s, const struct sweep_trial *t, const char *trace, const char *log, const char *copy);
void sweep_run(struct sweep *s);
/* What an earlier call found, when it was about the same baseline. The count taken. */
size_t sweep_resume(struct sweep *s);

int sweep_write_json(const struct sweep *s, const char *file);
int sweep_write_html(const struct sweep *s, const char *file);
void sweep_print(const struct sweep *s, bool color);

#endif
