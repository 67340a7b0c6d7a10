/*
 * effects: what a run did, however it asked for it: rows written and committed,
 * objects as they are at the end, requests that change something, messages.
 *
 * Written as a trace of its own, one event an effect, so that it is compared,
 * masked and reported as any other: the same after boto3 was replaced by s3fs,
 * or psycopg2 by asyncpg.
 */
#ifndef TRACE_EFFECTS_H
#define TRACE_EFFECTS_H

#include "base/buf.h"
#include "trace/read.h"

struct effects {
	struct buf text;      /* the trace */
	uint32_t *origin;     /* by effect: the event it comes from */
	size_t count, cap;
	char *folder;         /* the caller's, freed with the rest */
};

/* `final`: the rows that the run left (TRACE.blobs/final.trace); NULL: none, then what was
 * written is taken from the statements. */
#define EFFECT_FINAL UINT32_MAX /* origin: no event's */
void effects_of(struct effects *e, const struct trace_file *f, const struct trace_file *final);
void effects_release(struct effects *e);

/* A statement without what differs from driver to driver: "insert into t (a, b)
 * values (?, ?)", and its values, JSON strings, in order; params[i] is $i+1 as
 * JSON text. False: nothing is written by it. */
bool effects_statement(struct slice sql, const struct slice *params, size_t nparams, struct buf *form, struct buf *values);

#endif
