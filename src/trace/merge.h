/*
 * merge: a golden in which some findings of a comparison are accepted and the
 * others are not. Lines that no accepted finding touches stay byte for byte.
 */
#ifndef TRACE_MERGE_H
#define TRACE_MERGE_H

#include "base/buf.h"
#include "trace/diff.h"

/*
 * `d` was made with diff_options.keep of a golden that is canonical. accepted[i]
 * is of findings[i]. `blob` is told the bodies of lines taken from the run; a
 * `reason` goes into the header (NULL: the golden's stays).
 */
int merge_golden(const struct diff *d, const bool *accepted, const char *reason,
		 int (*blob)(void *arg, struct slice bytes, struct err *err), void *arg, struct buf *out, struct err *err);

#endif
