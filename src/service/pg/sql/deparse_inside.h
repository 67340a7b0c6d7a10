/*
 * What deparse_expr.c and deparse_query.c share: where they are in the text.
 */
#ifndef SERVICE_PG_SQL_DEPARSE_INSIDE_H
#define SERVICE_PG_SQL_DEPARSE_INSIDE_H

#include "service/pg/sql/analyse.h"
#include "service/pg/sql/deparse.h"

enum { INDENT_STEP = 8, INDENT_JOIN = 4, INDENT_FIELD = 4, INDENT_LIMIT = 40 }; /* PRETTYINDENT_STD and its kin */

struct deparse {
	struct sql_session *s;
	struct sql_analyser *an;
	struct buf *out;
	bool parens;            /* all of them; else only those that are needed */
	bool lines;             /* broken and indented */
	int indent;
	bool prefixed;          /* columns with the name of their table */
	bool whole_names;       /* relations with their schema, whatever the search path is */
	const struct sql_type *domain; /* whose VALUE is meant */
	const struct sql_deparse_renamed *renamed; /* NULL: nothing */
};

/* deparse_expr.c: `implicit`: conversions that nobody wrote are shown, too. */
void deparse_expr(struct deparse *d, const struct sql_expr *e, bool implicit);
void deparse_name(struct deparse *d, const char *name);
void deparse_column(struct deparse *d, const struct sql_expr *e);
const char *deparse_column_name(const struct deparse *d, const struct sql_rte *rte, int number);
void deparse_sort(struct deparse *d, const struct sql_sort *sort, size_t n, const struct sql_query *q);

/* deparse_query.c */
void deparse_query(struct deparse *d, const struct sql_query *q, const struct sql_relation *view, bool names);
/* A keyword, on a line of its own where lines are broken. */
void deparse_word(struct deparse *d, const char *word, int before, int after, int plus);

#endif
