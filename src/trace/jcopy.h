/*
 * jcopy: copies JSON text and lets somebody rewrite its leaves on the way.
 *
 * The text must have passed jscan_value. White space is dropped; with `sort`
 * the members of every object come out in byte order of their names, so that
 * two spellings of one value become one. The path of a leaf is written as in
 * rule files: "items[2].id", "" for the value itself.
 */
#ifndef TRACE_JCOPY_H
#define TRACE_JCOPY_H

#include "base/buf.h"
#include "base/slice.h"

struct jcopy {
	bool sort;
	/* Appends what stands for the leaf (a string, number, true, false, null
	 * as raw text) to out. */
	void (*leaf)(void *arg, struct slice path, struct slice value, struct buf *out);
	/* Optional: may write what stands for an object or array; false: go into it. */
	bool (*whole)(void *arg, struct slice path, struct slice value, struct buf *out);
	void *arg;
	struct buf path; /* of the value under the cursor; starts as the caller left it */
};

void jcopy_init(struct jcopy *c, bool sort, void (*leaf)(void *, struct slice, struct slice, struct buf *), void *arg);
void jcopy_release(struct jcopy *c);
void jcopy_value(struct jcopy *c, struct slice value, struct buf *out);

#endif
