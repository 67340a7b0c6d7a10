/*
 * deparse: an analysed expression or query as SQL text again, laid out as
 * PostgreSQL prints it: pg_get_expr, pg_get_viewdef, pg_get_constraintdef.
 *
 * Names are those of the catalog at this moment, so a view that was made before a
 * column was renamed prints the new name. The text can be analysed again.
 *
 * Source: ruleutils.c of PostgreSQL 15 (what is parenthesised and indented how).
 */
#ifndef SERVICE_PG_SQL_DEPARSE_H
#define SERVICE_PG_SQL_DEPARSE_H

#include "base/buf.h"
#include "service/pg/sql/catalog.h"

/* Names that are about to change. */
struct sql_deparse_renamed {
	uint32_t relation;      /* its column `column`, or itself when that is 0 */
	int16_t column;
	const char *name, *schema; /* schema: where it goes; NULL: it stays */
};

/*
 * An expression as the catalog keeps it, over `rel`'s columns (NULL: none), of a
 * domain's CHECK over VALUE. What cannot be analysed is appended as it stands.
 * True: it looks like a call, which needs no parentheses in an index.
 */
bool sql_deparse_text(struct sql_session *s, const struct sql_relation *rel, const struct sql_type *domain, const char *expr, bool pretty,
		      struct buf *out);
/* An analysed expression for the catalog: every name with its schema. In the arena; SLICE_NONE: it cannot be printed. */
struct sql_analyser;
struct sql_expr;
struct slice sql_deparse_stored(struct sql_analyser *an, const struct sql_expr *e);
/* A view's query, without a semicolon. */
void sql_deparse_view(struct sql_session *s, const struct sql_relation *rel, bool pretty, struct buf *out);
/* The same for the catalog: every name with its schema, as they will be. False: it cannot be analysed. */
bool sql_deparse_stored_view(struct sql_session *s, const struct sql_relation *rel, const struct sql_deparse_renamed *renamed, struct buf *out);

#endif
