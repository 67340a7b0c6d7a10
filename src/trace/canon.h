/*
 * canon: the canonical form of a trace, which is what a golden is.
 *
 * Two recordings of a program whose threads and processes interleave
 * differently give the same bytes. Rules: spec-trace, "Golden".
 */
#ifndef TRACE_CANON_H
#define TRACE_CANON_H

#include "base/buf.h"
#include "base/err.h"
#include "trace/read.h"

/* Appends the canonical form of a whole trace, header to trailer. A trace that
 * is canonical already is copied. `mask` and `normalise` are rule-file members
 * (arrays, may be NULL). */
int canon_write(const struct trace_file *f, json_t *mask, json_t *normalise, struct buf *out, struct err *err);

#endif
