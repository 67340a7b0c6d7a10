/*
 * copy_read: the rows in data of COPY FROM, one at a time, in its three formats.
 *
 * Fields are cut out but not read: their types are the caller's. Errors carry the
 * place, "COPY t, line 3: ...".
 */
#ifndef SERVICE_PG_SQL_COPY_READ_H
#define SERVICE_PG_SQL_COPY_READ_H

#include "service/pg/sql/copy_options.h"

struct sql_copy_reading {
	struct sql_session *s;
	struct arena *arena;
	struct sql_copy_options opt;
	const struct sql_relation *rel;
	int16_t *columns;       /* attnums */
	size_t ncolumns;
	bool *force_not_null, *force_null; /* by place in `columns` */
	struct slice rest;
	size_t line;
	struct slice row;       /* the text of the line, without its end */
	bool has_row, ended;    /* `ended`: the end of a line was seen */
	struct slice *fields;   /* in the arena until the next row */
	bool *nulls;
	size_t have;            /* how many of them the row has */
	struct buf text;        /* of a field with escapes */
};

/* Header or signature. False: raised. */
bool sql_copy_head(struct sql_copy_reading *r);
/* 1: fields and nulls are filled; 0: the end; -1: raised. */
int sql_copy_row_next(struct sql_copy_reading *r);
/* Whether the row has value i; false: raised. Asked for one after the other, as the values are read. */
bool sql_copy_has(struct sql_copy_reading *r, size_t i);
/* Gives the error that was raised its place; `column` NULL: the line, as far as it is known. */
void sql_copy_place(struct sql_copy_reading *r, const char *column, const struct slice *value);

#endif
