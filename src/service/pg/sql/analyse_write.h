/*
 * analyse_write: what the files share that analyse INSERT, UPDATE, DELETE and MERGE.
 *
 * Column numbers and names are those of the relation that the statement names. When
 * that is a view, sql_view_settle turns the whole statement into one on its table,
 * after everything was analysed, as PostgreSQL's rewriter does.
 */
#ifndef SERVICE_PG_SQL_ANALYSE_WRITE_H
#define SERVICE_PG_SQL_ANALYSE_WRITE_H

#include "service/pg/sql/analyse.h"

/* ---- columns and values: analyse_assign.c ---- */

/* By name; NULL: none. */
const struct sql_attribute *sql_attribute_named(const struct sql_relation *rel, const char *name);
/* The column that a list names. NULL: raised. */
const struct sql_attribute *sql_target_column(struct sql_analyser *an, const struct sql_relation *rel, const PgQuery__ResTarget *t);
/*
 * The value of a column, coerced as an assignment does. `t` with an indirection: `value` is for a part of the
 * column, and the answer is `container` with that part. DEFAULT stays X_DEFAULT.
 */
struct sql_expr *sql_assign(struct sql_analyser *an, const struct sql_attribute *c, const PgQuery__ResTarget *t, struct sql_expr *container,
			    struct sql_expr *value);
/* SET a = 1, (b, c) = (2, DEFAULT), d[1] = 3: each column once. */
bool sql_set_list(struct sql_analyser *an, struct sql_rte *target, PgQuery__Node **list, size_t n, int16_t **columns, struct sql_expr ***set,
		  size_t *count);
/* DEFAULTs become values; what may not be given is refused. */
bool sql_set_settle(struct sql_analyser *an, const struct sql_write_query *w, const int16_t *columns, struct sql_expr **set, size_t n);
/* What stands for DEFAULT. */
struct sql_expr *sql_default_of(struct sql_analyser *an, const struct sql_write_query *w, int16_t number);
/* Generated columns and GENERATED ALWAYS AS IDENTITY. */
bool sql_may_write(struct sql_analyser *an, const struct sql_write_query *w, int16_t number, char overriding, bool update);

/* ---- INSERT: analyse_insert.c ---- */

/* Rows that are written out: VALUES, or of MERGE the one. */
struct sql_insert_rows {
	PgQuery__Node ***rows;
	size_t *widths;
	size_t n;
};
/* Fills w->columns and w->query from them. */
bool sql_insert_columns(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **cols, size_t n);
bool sql_insert_written(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **cols, size_t ncols, const struct sql_insert_rows *rows);
/* After everything else was analysed: DEFAULTs, and what may not be given. */
bool sql_insert_settle(struct sql_analyser *an, struct sql_write_query *w);
struct sql_write_query *sql_analyse_insert(struct sql_analyser *an, const PgQuery__InsertStmt *s, struct sql_write_query *w);

/* ---- the whole: analyse_write.c ---- */

struct sql_rte *sql_write_target(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__RangeVar *r);
bool sql_analyse_returning(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **list, size_t n);

/* ---- MERGE: analyse_merge.c ---- */

struct sql_write_query *sql_analyse_merge(struct sql_analyser *an, const PgQuery__MergeStmt *s, struct sql_write_query *w);

/* ---- updatable views: analyse_updatable.c ---- */

struct sql_view_path {
	const char *refused;            /* why a view on the way cannot be written; NULL: it can */
	const char *refuser;            /* its name */
	struct sql_rte *base;           /* the table */
	struct sql_view_column {        /* by attnum - 1 */
		int16_t base;           /* attnum of the table's column, 0: it is none */
		const char *why, *view; /* it is none */
		const char *fallback;   /* the default that a view on the way gives */
		struct sql_expr *expr;  /* over the table */
	} *columns;
	size_t ncolumns;
	struct sql_expr *where;         /* of all views; NULL */
	struct sql_view_check *checks;  /* innermost first */
	size_t nchecks;
};

/* The way from a view to its table. False: raised; that a view is not updatable is no error yet. */
bool sql_view_path(struct sql_analyser *an, struct sql_rte *view, struct sql_view_path *out);
/* Turns the analysed statement on the view into one on the table. False: raised. */
bool sql_view_settle(struct sql_analyser *an, struct sql_write_query *w);

#endif
