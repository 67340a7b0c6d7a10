/*
 * align: which of these come back in those, in order.
 *
 * Works on hashes alone. Equal ends are trimmed; keys that stand once on both
 * sides are anchors (longest increasing subsequence); without anchors the
 * rarest key splits; what is left goes to Myers' algorithm with a ceiling on
 * its cost, and to nothing when that is reached: what stays unmatched is for
 * the caller to explain.
 */
#ifndef TRACE_ALIGN_H
#define TRACE_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#define ALIGN_NONE UINT32_MAX

/* match[i]: the index in b that a[i] is aligned with, or ALIGN_NONE; increasing. */
void align(const uint64_t *a, size_t n, const uint64_t *b, size_t m, uint32_t *match);

#endif
