/*
 * write: the one writer of a trace.
 *
 * Events are formatted into memory and reach the file with trace_flush, one
 * write(2) for all of a loop turn; the host flushes before it sends the replies
 * that the events describe. seq (ordinal in the stream) and t.n (global order)
 * are given here. Secrets are redacted here, before a byte is written. The file
 * is locked (flock LOCK_EX) from trace_open to trace_close; readers take
 * LOCK_SH and so wait for the trailer.
 *
 * A write that fails sets `dropped`: the run then ends with an unusable trace,
 * never with a broken program.
 */
#ifndef TRACE_WRITE_H
#define TRACE_WRITE_H

#include <jansson.h>

#include "base/err.h"
#include "trace/event.h"

struct trace;

struct trace_header {
	const char *path;          /* the file; replaced when it exists */
	const char *run;           /* id of the run */
	struct timespec start;     /* CLOCK_REALTIME at the run's start */
	const char *const *argv;   /* of the program, NULL-terminated */
	const char *mode;          /* "fake", "pass" */
	const char *mode_why;      /* who said so; NULL: nobody, it is the default */
	uint64_t seed;
	const char *const *rules;  /* rule files */
	size_t nrules;
	size_t inline_max;         /* bodies above go to TRACE.blobs; 0: 4096 */
	json_t *redact;            /* declared paths (array of strings or {"path": ...}), may be NULL */
	json_t *correlate;         /* declared correlation fields, may be NULL */
};

struct trace_trailer {
	uint64_t unmatched, processes;
	const char *const *unshimmed; /* names */
	const char *const *unshimmed_why; /* a sentence about each */
	size_t nunshimmed;
	struct slice leaks;   /* a JSON object of counts, connections and results among them; empty: both 0 */
	struct slice hygiene; /* a JSON object; empty: left out */
	const char *const *unused_rules;
	size_t nunused;
	int exit;
};

/* Life. 0 or a negative code with err. */
int trace_open(struct trace **out, const struct trace_header *header, struct err *err);
/* Writes the trailer, unlocks, closes, frees. Negative when events were dropped. */
int trace_close(struct trace *t, const struct trace_trailer *trailer);
/* Closes without a trailer (the host gives up): the trace reads as truncated. */
void trace_abandon(struct trace *t);

void trace_write(struct trace *t, const struct event *e);
/* 0, or -1: could not be written, now or before. */
int trace_flush(struct trace *t);

/* Whether this very text was a secret of an event before. */
bool trace_hides(const struct trace *t, struct slice text);
uint64_t trace_events(const struct trace *t);
uint64_t trace_dropped(const struct trace *t);

#endif
