/* rules_fmt: one way to lay out rule files. Words stay as they were written, only
 * white space changes; one empty line between members stays. */
#ifndef TOOLS_RULES_FMT_H
#define TOOLS_RULES_FMT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the text laid out. Negative with err: it is not JSON. */
int rules_fmt(const char *name, struct slice text, struct buf *out, struct err *err);

/* The subcommand: rewrites each file, "-" from stdin to stdout. check: writes
 * nothing, prints the names of those that would change. Returns the exit status. */
int rules_fmt_files(char **files, int count, bool check);

#endif
