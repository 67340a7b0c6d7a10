/*
 * explain: EXPLAIN, with plans that are plausible and do not change between runs.
 */
#ifndef SERVICE_PG_SQL_EXPLAIN_H
#define SERVICE_PG_SQL_EXPLAIN_H

#include "service/pg/sql/plan.h"

/* False: raised. ANALYZE runs the statement. */
bool sql_explain(struct sql_session *s, const PgQuery__ExplainStmt *st, const struct sql_datum *params, const uint32_t *types, size_t nparams,
		 struct arena *a, struct sql_result *out);
bool sql_explain_describe(struct sql_session *s, struct sql_plan *plan, struct slice text, const uint32_t *types, size_t ntypes, struct arena *a);

#endif
