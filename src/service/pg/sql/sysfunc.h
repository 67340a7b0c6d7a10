/*
 * sysfunc: functions that look at the catalog or the session, as PostgreSQL's
 * chapter 9.26 has them. The library's functions work on values alone; these are
 * listed and called the same way.
 */
#ifndef SERVICE_PG_SQL_SYSFUNC_H
#define SERVICE_PG_SQL_SYSFUNC_H

#include "base/buf.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/session.h"

/* What library.c lists. */
extern const struct func_row sysfunc_name_rows[], sysfunc_session_rows[], sysfunc_define_rows[], sysfunc_privilege_rows[], sysfunc_rows_rows[],
	sysfunc_object_rows[], sql_cursor_rows[], sql_large_rows[];

/* Gives an env its view of the catalog: env->oid_of and env->name_of. */
void sql_sysfunc_attach(struct sql_env *env);

/* A catalog that the next query reads: it is made when it is first looked at. */
void sql_sysfunc_reads(struct sql_session *s, const char *catalog);

/* "a.b" or "\"A b\".c" as its parts, folded and unquoted; 0: not a name, or too long. The env's arena. */
size_t sql_name_parts(struct sql_env *env, struct slice text, struct slice parts[3]);
/* As quote_ident(). */
void sql_name_quote(struct buf *out, struct slice name);
/* With its schema in front, unless the search path finds it. */
void sql_relation_print(struct sql_session *s, const struct sql_relation *rel, struct buf *out);
/* The relation that text names; NULL: raised, 42P01 or 3F000 or 42602. */
const struct sql_relation *sql_relation_by_text(struct sql_env *env, struct slice text);

#endif
