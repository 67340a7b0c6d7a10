/*
 * copy_text: lines and fields of COPY's text and csv formats. Pure.
 *
 * Source: manual, COPY, "Text Format" and "CSV Format".
 */
#ifndef SERVICE_PG_SQL_COPY_TEXT_H
#define SERVICE_PG_SQL_COPY_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

struct sql_copy_format {
	bool csv, binary, header, match;
	char delimiter, quote, escape;
	struct slice null;
};

struct sql_copy_line {
	struct slice text;       /* without its end */
	size_t more_lines;       /* that a quoted field went over */
	bool end_mark;           /* "\." alone */
	bool unterminated;       /* a quoted field that does not end */
};

struct sql_copy_field {
	struct slice text;       /* unescaped; in the line or the arena */
	bool null, quoted;
};

/* The next line off the front of `rest`. False: there is none. */
bool sql_copy_line_next(const struct sql_copy_format *f, struct slice *rest, struct sql_copy_line *line);
/* Fields of a line. *complaint: what is wrong with it. */
struct sql_copy_field *sql_copy_cut(const struct sql_copy_format *f, struct slice line, struct arena *a, size_t *count, const char **complaint);
/* One field, escaped or quoted. `alone`: the row has no other. */
void sql_copy_write(const struct sql_copy_format *f, struct slice text, bool null, bool force_quote, bool alone, struct buf *out);

#endif
