/*
 * lineage: the way of one id through every boundary: the events that hold it,
 * and what is tied to them by another correlation id (an object's version, a
 * message's offset, a trace context).
 */
#ifndef TRACE_LINEAGE_H
#define TRACE_LINEAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/read.h"

struct lineage_hop {
	uint32_t event;
	bool missing;   /* of the golden; the run lacks it */
	char *via;      /* the correlation id or "text" that brought it here */
};

struct lineage {
	struct lineage_hop *hops; /* in the order of the run; what is missing last */
	size_t count, cap;
};

/* `golden` may be NULL. No hop is no error. */
int lineage_find(struct lineage *out, const struct trace_file *run, const struct trace_file *golden, const char *id, json_t *mask,
		 json_t *normalise, struct err *err);
void lineage_release(struct lineage *l);

#endif
