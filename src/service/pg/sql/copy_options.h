/*
 * copy_options: what COPY ... WITH (...) asks for, and what is refused of it.
 *
 * Source: ProcessCopyOptions of PostgreSQL 15.
 */
#ifndef SERVICE_PG_SQL_COPY_OPTIONS_H
#define SERVICE_PG_SQL_COPY_OPTIONS_H

#include "service/pg/sql/plan.h"

struct sql_copy_options {
	bool csv, binary, freeze;
	enum { SQL_HEADER_NO, SQL_HEADER_YES, SQL_HEADER_MATCH } header;
	char delimiter, quote, escape;
	struct slice null;
	/* lists of columns as the statement has them; *_all: every column */
	const PgQuery__List *force_quote, *force_not_null, *force_null;
	bool force_quote_all;
};

/* False: raised. */
bool sql_copy_options(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a, struct sql_copy_options *out);

#endif
