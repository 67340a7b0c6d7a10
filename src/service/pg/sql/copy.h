/*
 * copy: COPY ... FROM STDIN takes its data whole; COPY ... TO STDOUT gives rows,
 * which the wire writes in the format that the statement asks for.
 */
#ifndef SERVICE_PG_SQL_COPY_H
#define SERVICE_PG_SQL_COPY_H

#include "service/pg/sql/plan.h"

/* False: raised. */
bool sql_copy(struct sql_session *s, const PgQuery__CopyStmt *st, struct slice data, struct arena *a, struct sql_result *out);

/*
 * Before the data of COPY FROM STDIN is asked for: whether it can be taken, and how many columns it has.
 * False: *error, in `a`; NULL when the text is no COPY.
 */
bool sql_copy_ready(struct sql_session *s, struct slice text, struct arena *a, size_t *columns, struct sql_error **error);

#endif
