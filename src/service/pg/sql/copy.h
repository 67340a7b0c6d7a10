/*
 * copy: COPY ... FROM STDIN takes its data whole; COPY ... TO STDOUT gives rows,
 * which the wire writes in the format that the statement asks for.
 */
#ifndef SERVICE_PG_SQL_COPY_H
#define SERVICE_PG_SQL_COPY_H

#include "service/pg/sql/plan.h"

/* False: raised. */
bool sql_copy(struct sql_session *s, const PgQuery__CopyStmt *st, struct slice data, struct arena *a, struct sql_result *out);

#endif
