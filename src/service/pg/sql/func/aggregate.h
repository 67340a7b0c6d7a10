/*
 * aggregate: where an aggregate keeps its state. The same step and final serve
 * the plain form (state in SQLite's aggregate context) and the ordered one, in
 * which they are called row by row after the sort.
 */
#ifndef SERVICE_PG_SQL_AGGREGATE_H
#define SERVICE_PG_SQL_AGGREGATE_H

#include "service/pg/sql/func/call.h"

/* Zeroed at first use. NULL only in `final` (size 0) when there was no row. */
void *aggregate_state(sqlite3_context *ctx, size_t size);

/* Rows that an ordered aggregate has collected, sorted. */
struct sorted_row {
	sqlite3_value **args;       /* n of them */
	struct sql_datum *keys;
};
struct sorted {
	int nargs, nkeys;
	uint32_t *key_types;
	int *how;           /* bit 0 descending, bit 1 NULLs first */
	struct sorted_row *rows;
	size_t count;
};
/* An aggregate that only has an ordered form (WITHIN GROUP) gives this instead of step and final. */
typedef void sorted_fn(sqlite3_context *ctx, const struct sorted *rows);
/* Registered by aggregate_order.c; keyed by the impl's key. */
sorted_fn *aggregate_sorted(const char *key);

#endif
