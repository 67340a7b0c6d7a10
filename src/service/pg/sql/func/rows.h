/*
 * rows: what a set-returning function may do besides adding rows one by one.
 */
#ifndef SERVICE_PG_SQL_ROWS_H
#define SERVICE_PG_SQL_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct row_set;

/* The set is first, first + step, ...: integers in c1 that take no memory. */
void rows_series(struct row_set *rows, int64_t first, int64_t step, size_t count);

#endif
