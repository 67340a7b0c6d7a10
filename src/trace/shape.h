/*
 * shape: what of an event is compared, as one hash: volatile leaves count as
 * their type, the order of members does not count, nor who answered.
 *
 * Leaves are hashed where they stand; no text and no tree is made, and a leaf
 * that is the same as in the line before is not looked at again.
 */
#ifndef TRACE_SHAPE_H
#define TRACE_SHAPE_H

#include "trace/canon_text.h"
#include "trace/skeleton.h"

struct shape {
	uint64_t hash;
	uint64_t coarse; /* of kind and sum */
	uint64_t sum;    /* hash of the canonical sum */
	bool none;       /* nobody answered */
	bool failed;
	bool near;       /* has a number that is compared with tolerance */
};

struct shape_plan;

/* The skeleton's plan, made when it has none; valid as long as `x` and its noise
 * stay. Plans are the caller's: shape_plan_free. */
struct shape_plan *shape_plan(struct canon_text *x, struct skeleton *s);
void shape_plan_free(struct shape_plan *p);

/* x->value is told of the values with identity: request, answer, the rest, then
 * correlation ids; each in the order of the places' names. */
void shape_event(struct canon_text *x, struct skeleton *s, struct shape_plan *p, const struct slice *leaves, struct shape *out);
/* A counted event has its count in its shape. */
uint64_t shape_counted(uint64_t hash, uint32_t count);

#endif
