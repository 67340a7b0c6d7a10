/*
 * pg_rows: result sets as RowDescription and DataRow messages.
 *
 * Cells come as text; which columns go out in binary is the Bind's choice. The
 * types are looked up once a result set, the rows are written straight into
 * the buf. Source: manual 55.7, RowDescription and DataRow.
 */
#ifndef SERVICE_PG_ROWS_H
#define SERVICE_PG_ROWS_H

#include "base/arena.h"
#include "base/buf.h"
#include "port/port.h"

/* Result formats as a Bind gives them: none: all text; one: for all columns. */
struct pg_formats {
	const uint16_t *list; /* 0 text, 1 binary */
	size_t count;
	/* For types that pg_types does not know: text to binary. Optional. */
	bool (*send)(void *of, uint32_t oid, struct slice text, struct buf *out);
	void *of;
};
#define PG_FORMATS_TEXT ((struct pg_formats){ .count = 0 })
static inline uint16_t pg_format(const struct pg_formats *f, size_t column)
{
	return f->count == 0 ? 0 : f->count == 1 ? f->list[0] : column < f->count ? f->list[column] : 0;
}

void pg_write_columns(struct buf *out, const struct sql_reply *sql, const struct pg_formats *formats);

/*
 * The rows first to last (exclusive). NULL, or what is wrong with a cell that
 * cannot be written in binary (22P02 and kin); nothing has been written then.
 */
struct sql_error *pg_write_rows(struct buf *out, const struct sql_reply *sql, const struct pg_formats *formats,
				size_t first, size_t last, struct arena *a);

#endif
