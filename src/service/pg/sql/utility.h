/*
 * utility: what a session has by name between statements: prepared statements of
 * PREPARE. Cursors are cursor.h's.
 */
#ifndef SERVICE_PG_SQL_UTILITY_H
#define SERVICE_PG_SQL_UTILITY_H

#include "service/pg/sql/cursor.h"
#include "service/pg/sql/session.h"

void sql_saved_drop_all(struct sql_session *s);
/* False: no such name. */
bool sql_saved_drop(struct sql_session *s, struct slice name);

#endif
