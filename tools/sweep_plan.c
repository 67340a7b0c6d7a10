/* sweep_plan: from a baseline's trace to trials: every request, with every fault
 * that can happen to it. */
#include <stdlib.h>
#include <string.h>

#include "check/asked.h"
#include "sweep.h"
#include "trace/read.h"

/* Faults by the kind of event. `inject`: at this very request, whoever answers;
 * `rule`: what a rule does instead. */
static const struct {
	const char *kind, *op, *fault, *inject, *rule; /* op NULL: any; "!GET": all but that */
	bool after;
} faults[] = {
	{ "sql", NULL, "reset before", "reset", NULL, false },
	{ "sql", NULL, "answer lost", "reset", NULL, true },
	{ "sql", NULL, "40001", NULL, "{\"error\": {\"sqlstate\": \"40001\", \"message\": \"could not serialize access due to concurrent update\"}}", false },
	{ "sql", NULL, "silence", "blackhole", NULL, false },
	{ "http", NULL, "reset before", "reset", NULL, false },
	{ "http", NULL, "answer lost", "reset", NULL, true },
	{ "http", NULL, "503", NULL, "{\"status\": 503, \"text\": \"unavailable\"}", false },
	{ "http", NULL, "half an answer", "truncate", NULL, true },
	{ "http", NULL, "silence", "blackhole", NULL, false },
	{ "s3", NULL, "reset before", "reset", NULL, false },
	{ "s3", NULL, "answer lost", "reset", NULL, true },
	{ "s3", NULL, "SlowDown", NULL, "{\"error\": {\"code\": \"SlowDown\"}}", false },
	{ "s3", "GetObject", "half an answer", "truncate", NULL, true },
	{ "s3", NULL, "silence", "blackhole", NULL, false },
	{ "conn.open", NULL, "refuse", NULL, "{\"fault\": \"refuse\"}", false },
	{ "conn.open", NULL, "ETIMEDOUT", NULL, "{\"fault\": \"errno:ETIMEDOUT\"}", false },
};

static void add(struct sweep *s, const struct sweep_trial *t)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->trials = realloc(s->trials, s->cap * sizeof(*s->trials));
		if (!s->trials)
			abort();
	}
	s->trials[s->count++] = *t;
}

static const char *text(struct sweep *s, struct slice what)
{
	return arena_slice(&s->arena, what).ptr;
}

static void add_site(struct sweep *s, struct asked *a, struct map *ordinals, const char *only_fault, const char *only_service)
{
	const char *on = slice_eq_str(a->kind, "conn.open") ? "connect" : text(s, a->kind), *service = text(s, a->req.service);
	struct slice key = arena_printf(&s->arena, "%s/%s", on, service);
	uintptr_t nth = (uintptr_t)map_get(ordinals, key) + 1;

	map_set(ordinals, key, (void *)nth);
	if ((only_service && strcmp(only_service, service) != 0) || strcmp(service, "-") == 0)
		return;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (!slice_eq_str(a->kind, faults[i].kind) || (faults[i].op && !slice_eq_str(a->req.op, faults[i].op)))
			continue;
		if (only_fault && strcmp(only_fault, faults[i].fault) != 0)
			continue;
		struct sweep_trial t = { .on = on, .service = service, .nth = nth, .event = a->event, .what = text(s, a->req.sum),
					 .fault = faults[i].fault, .inject = faults[i].inject, .after_effect = faults[i].after, .rule = faults[i].rule };
		t.key = arena_printf(&s->arena, "%s/%s#%zu %s: %s", on, service, (size_t)nth, t.what, t.fault).ptr;
		add(s, &t);
	}
}

int sweep_plan(struct sweep *s, const char *trace, const char *only_fault, const char *only_service, struct err *err)
{
	struct trace_file *f;
	struct trace_line l;
	struct map ordinals;
	struct arena arena;
	int rc = trace_file_open(&f, trace, false, 5000, err);

	if (rc)
		return rc;
	map_init(&ordinals);
	arena_init(&arena);
	for (size_t i = 0; i < trace_file_count(f); i++) {
		struct asked a;
		trace_file_line(f, i, &l);
		if (asked_read(&a, l.text, i, trace, &arena)) {
			add_site(s, &a, &ordinals, only_fault, only_service);
			asked_release(&a);
		}
		arena_reset(&arena);
	}
	arena_release(&arena);
	map_release(&ordinals);
	trace_file_close(f);
	return 0;
}
