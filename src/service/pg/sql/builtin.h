/*
 * builtin: what lowered text calls besides the library: e_... functions, and the
 * table functions q_rows, q_kept, e_items and e_count.
 *
 *   q_rows(text, argument ...)  the rows of another statement: LATERAL
 *   q_kept(id)                  what a writing WITH query returned
 *   e_items(array type, array)  the items of an array: c1, ord
 *   e_count(n)                  1 .. n as c1 and ord
 */
#ifndef SERVICE_PG_SQL_BUILTIN_H
#define SERVICE_PG_SQL_BUILTIN_H

#include "service/pg/sql/env.h"

struct sql_session;

/* Registers them. SQLITE_OK, or SQLite's code. */
int sql_builtin_register(sqlite3 *db, struct sql_env *env);
int sql_subplan_register(sqlite3 *db, struct sql_env *env);
int sql_put_register(sqlite3 *db, struct sql_env *env);
/* e_domain(type, value): the value, or the error that the domain's constraints make of it. */
void sql_domain_check(sqlite3_context *ctx, int argc, sqlite3_value **argv);
/* The first schema of the search path that exists; NULL: none. */
const char *sql_current_schema(struct sql_session *s);

/* Rows that a step of the running statement keeps for the next ones. */
struct sql_kept {
	struct sql_kept *next;
	int id;
	size_t ncolumns, nrows;
	struct sql_datum *cells;
};

#endif
