/*
 * cursor: what DECLARE made, by name, between the statements of a session.
 */
#ifndef SERVICE_PG_SQL_CURSOR_H
#define SERVICE_PG_SQL_CURSOR_H

#include "service/pg/sql/plan.h"

/* All false: raised. */
bool sql_cursor_declare(struct sql_session *s, const PgQuery__DeclareCursorStmt *st, const struct sql_datum *params, const uint32_t *types,
			size_t nparams);
/* FETCH and MOVE. */
bool sql_cursor_fetch(struct sql_session *s, const PgQuery__FetchStmt *st, struct arena *a, struct sql_result *out);
/* Of what FETCH gives; borrowed. False: there is no such cursor. */
bool sql_cursor_columns(struct sql_session *s, const char *name, const struct sql_column **columns, size_t *count);

bool sql_cursor_close(struct sql_session *s, struct slice name);
/* At the end of a transaction (held ones stay), and of the session. */
void sql_cursors_close(struct sql_session *s, bool also_held);
/* Sub-transactions from `level` on: rolled back, and with them what they declared; or become part of the one below. */
void sql_cursors_undo(struct sql_session *s, size_t level);
void sql_cursors_merge(struct sql_session *s, size_t level);
/* The commit number of the oldest snapshot that one of them still needs; UINT64_MAX: none. */
uint64_t sql_cursors_oldest(const struct sql_session *s);
/* e_current(name, table) */
int sql_cursor_register(sqlite3 *db, struct sql_env *env);

#endif
