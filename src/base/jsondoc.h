/*
 * jsondoc: a JSON file with the place of every value in it.
 *
 * jansson keeps no positions, so the text stays beside the tree, and the place
 * of a value is found by walking the text along the value's path. That walk
 * happens only when there is an error to report.
 */
#ifndef BASE_JSONDOC_H
#define BASE_JSONDOC_H

#include <jansson.h>

#include "base/err.h"

struct jsondoc {
	char *file; /* as the user named it */
	char *text;
	size_t len;
	json_t *root;
};

/* Reads and parses with JSON_REJECT_DUPLICATES; ceiling 64 MiB.
 * 0, ERR_IO or ERR_SYNTAX with file:line:col. */
int jsondoc_load(struct jsondoc *doc, const char *file, struct err *err);
/* The same from memory; `file` only names it. */
int jsondoc_parse(struct jsondoc *doc, const char *file, const char *text, size_t len, struct err *err);
void jsondoc_release(struct jsondoc *doc);

/*
 * Line and column (from 1, column in bytes) of the value at `path`, in the
 * form "services.lake.at[1]"; a member's name with a dot in it is written
 * ["a.b"]. With `key`, the place of the member's name instead of its value.
 * A path that does not exist gives the place of its longest existing part.
 */
void jsondoc_where(const struct jsondoc *doc, const char *path, bool key, int *line, int *column);

#endif
