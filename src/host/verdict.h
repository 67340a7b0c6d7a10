/*
 * verdict: a run judged by the expectations of its own rule files.
 */
#ifndef HOST_VERDICT_H
#define HOST_VERDICT_H

#include "host/inside.h"

/* How many failed; what `out` gets is for the person who ran it. */
size_t verdict_reach(struct host *h, const struct trace_trailer *trailer, struct buf *out);

#endif
