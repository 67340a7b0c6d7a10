/*
 * compile: expressions of the catalog, as SQLite runs them.
 *
 * CHECK, DEFAULT, generated columns, index expressions and predicates are kept as
 * SQL text; here they become programs over one row (struct sql_row_program).
 */
#ifndef SERVICE_PG_SQL_COMPILE_H
#define SERVICE_PG_SQL_COMPILE_H

#include "service/pg/sql/ast.h"
#include "service/pg/sql/modify.h"

struct sql_session;

/* What an expression is made for: decides what may stand in it, and the words of the refusal. */
enum sql_compile_for {
	SQL_FOR_CHECK,     /* boolean */
	SQL_FOR_DEFAULT,   /* no columns */
	SQL_FOR_GENERATED, /* immutable only */
	SQL_FOR_INDEX,     /* immutable only */
	SQL_FOR_PREDICATE, /* boolean, immutable only */
	SQL_FOR_COPY,      /* boolean: COPY FROM ... WHERE */
	SQL_FOR_USING,     /* ALTER COLUMN TYPE ... USING */
	SQL_FOR_OTHER,
};

struct sql_compiled {
	struct slice expr;      /* a SQLite expression in which ?N is the column attnum N of the row */
	uint32_t type;          /* of the result */
	int32_t typmod;
	struct slice text;      /* the expression deparsed as pg_get_expr prints it: names and types as they were resolved */
	bool uses_columns;
	int16_t *columns;       /* attnums that it reads, ascending */
	size_t ncolumns;
};

/*
 * Compiles an expression over `rel`'s columns (NULL: none). `type` 0: whatever it
 * is, else it is coerced by assignment; column: its name for the error 42804 of a
 * DEFAULT, or NULL. False: raised in the session's env; positions are those of the
 * running statement's text when `expr` is part of it, and none otherwise.
 */
bool sql_compile_expr(struct sql_session *s, const struct sql_relation *rel, PgQuery__Node *expr, enum sql_compile_for use,
		      uint32_t type, int32_t typmod, const char *column, struct arena *a, struct sql_compiled *out);
/* The same from text, as the catalog keeps it. */
bool sql_compile_text(struct sql_session *s, const struct sql_relation *rel, const char *expr, enum sql_compile_for use,
		      uint32_t type, int32_t typmod, const char *column, struct arena *a, struct sql_compiled *out);

/* The expression analysed over a row of `rel` (NULL: none), in an analyser of the caller's. NULL: raised. */
struct sql_analyser;
struct sql_expr;
struct sql_expr *sql_analyse_over_row(struct sql_analyser *an, const struct sql_relation *rel, PgQuery__Node *expr);

/* A query of CREATE VIEW, CREATE TABLE AS: its columns, and its text with qualified names. */
struct sql_compiled_query {
	struct sql_column *columns;
	size_t ncolumns;
	struct slice text;      /* deparsed, names qualified, stars expanded */
	uint32_t *relations;    /* it depends on */
	size_t nrelations;
	struct sql_used_column { /* columns that it names; 0: a relation of which it names none */
		uint32_t relation;
		int16_t column;
	} *used;
	size_t nused;
};
bool sql_compile_query(struct sql_session *s, PgQuery__Node *query, struct arena *a, struct sql_compiled_query *out);

/* What a relation lets be done, as bits 1 << CmdType (2 UPDATE, 3 INSERT, 4 DELETE): of a view, by its query. `column` 0: any. */
int sql_view_events(struct sql_session *s, const struct sql_relation *rel, int16_t column);

/* A type's name in a statement: OID and modifier. False: raised (42704 ...), with its position. */
bool sql_compile_type(struct sql_session *s, const PgQuery__TypeName *name, uint32_t *type, int32_t *typmod);

/*
 * Written by the store: executes what defines (CREATE, ALTER, DROP, COMMENT,
 * GRANT, TRUNCATE, REFRESH, VACUUM, ...). *tag: the command tag. False: raised.
 * CREATE TABLE AS and REFRESH get their rows through sql_run_query.
 */
bool sql_ddl(struct sql_session *s, PgQuery__Node *statement, struct arena *a, struct slice *tag);

/*
 * `query` NULL: of `text`. Runs a query of a statement that is being executed (CREATE TABLE AS, REFRESH,
 * COPY (query) TO) in the statement's snapshot: calls `row` for each. False: raised, or `row` said so.
 */
bool sql_run_query(struct sql_session *s, PgQuery__Node *query, const char *text, struct arena *a,
		   bool (*row)(void *of, const struct sql_datum *values, size_t count), void *of);

#endif
