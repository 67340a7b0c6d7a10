/*
 * pg_copy_format: the three formats of COPY's data.
 *
 * Rows to text, csv or binary, and how many rows some data has. Source: manual,
 * COPY, "File Formats".
 */
#ifndef SERVICE_PG_COPY_FORMAT_H
#define SERVICE_PG_COPY_FORMAT_H

#include "base/buf.h"
#include "port/port.h"
#include "port/sql.h"

/* Signature, flags and length of the header extension; and the file trailer. */
#define PG_COPY_BINARY_HEAD SLICE_LIT("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0")
#define PG_COPY_BINARY_TAIL SLICE_LIT("\377\377")

/* One row, with its line end. NULL, or what is wrong with a cell. */
struct sql_error *pg_copy_row(const struct sql_analysis *an, const struct sql_column *columns, const struct sql_value *cells,
			      size_t ncolumns, struct arena *a, struct buf *out);
/* The line of column names. */
void pg_copy_header(const struct sql_analysis *an, const struct sql_value *names, size_t count, struct buf *out);

/* Takes one row off the front, with its line end; a csv row may have several lines. */
struct slice pg_copy_line(struct slice *rest, bool csv);
size_t pg_copy_binary_rows(struct slice data);

#endif
