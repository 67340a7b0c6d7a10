/*
 * diff: compares two traces and says what changed in the program's intent.
 *
 * Works on canonical forms: groups by (role, service, boundary), aligns within
 * streams (anchors, rare keys, capped Myers), then names what is left. Prints
 * nothing; tools/render_diff_*.c do.
 */
#ifndef TRACE_DIFF_H
#define TRACE_DIFF_H

#include <jansson.h>

#include "base/err.h"
#include "trace/read.h"

enum finding_kind { FIND_CHANGED, FIND_MISSING, FIND_EXTRA, FIND_UNMATCHED, FIND_MOVED, FIND_IDENTITY };

struct finding_path {
	char *path;           /* "a.db.query.parameter.1", "req.b.text" */
	char *golden, *run;   /* JSON text; NULL where absent */
};
struct finding {
	enum finding_kind kind;
	char *stream, *sum;
	uint64_t count;       /* repeats collapsed */
	int golden_line, run_line; /* of the first example, 0: none */
	int run_event;        /* t.n of the first example in the run, -1: none */
	struct finding_path *paths;
	size_t npaths;
	char *note;           /* one sentence, or NULL: distance moved, closest rule, ... */
	json_t *why;          /* for unmatched; may be NULL */
	bool first;           /* the first difference in time */
};
struct diff_group {
	char *name;           /* "role service boundary" */
	uint64_t golden, run, same;
	char *order;          /* how it was compared: stream, key, bag, ... */
};
/* A declared mask or normal form. */
struct diff_noise {
	char *text;           /* its path as declared */
	char *until;          /* NULL: for ever */
	uint64_t hits;        /* leaves of both traces */
	bool mask, expired;
};
struct diff {
	struct finding *findings; /* ranked: first in time first */
	size_t nfindings;
	struct diff_group *groups;
	size_t ngroups;
	struct diff_noise *noise;
	size_t nnoise;
	uint64_t golden_events, run_events;
	uint64_t same, changed, missing, extra, unmatched, moved, identity, masked;
	struct differ *inside; /* kept, or NULL */
};
struct diff_options {
	const char *order; /* override for all services: strict stream key bag set count; NULL: defaults */
	json_t *mask, *normalise; /* of the rule files, may be NULL */
	bool keep;                /* for merge.h: traces and diff live on together */
};

int diff_traces(struct diff *out, const struct trace_file *golden, const struct trace_file *run,
		const struct diff_options *options, struct err *err);
void diff_release(struct diff *d);

#endif
