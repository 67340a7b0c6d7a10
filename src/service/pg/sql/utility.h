/*
 * utility: what a session has by name between statements: prepared statements of
 * PREPARE, cursors of DECLARE.
 */
#ifndef SERVICE_PG_SQL_UTILITY_H
#define SERVICE_PG_SQL_UTILITY_H

#include "service/pg/sql/session.h"

void sql_saved_drop_all(struct sql_session *s);
/* False: no such name. */
bool sql_saved_drop(struct sql_session *s, struct slice name);
bool sql_cursor_close(struct sql_session *s, struct slice name);
/* At the end of a transaction (held ones stay), and of the session. */
void sql_cursors_close(struct sql_session *s, bool also_held);

#endif
