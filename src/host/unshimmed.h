/*
 * unshimmed: processes of the run whose requests the shim did not see, and why.
 *
 * They make the run fail with 121 unless that was allowed: what they asked of
 * the outside world may be missing from the trace.
 */
#ifndef HOST_UNSHIMMED_H
#define HOST_UNSHIMMED_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct unshimmed {
	char **names;    /* roles, or paths of programs as given; each once */
	const char **why;/* static sentences about the name */
	size_t count;
};

/* `why` is not copied. A name that is there already stays as it is. */
void unshimmed_add(struct unshimmed *u, struct slice name, const char *why);
/* It was taken back: the exec failed. */
void unshimmed_remove(struct unshimmed *u, struct slice name);
void unshimmed_release(struct unshimmed *u);
/* A line each. */
void unshimmed_print(const struct unshimmed *u, struct buf *out);

#endif
