/*
 * ast: PostgreSQL's parse tree, as libpg_query's protobuf messages.
 *
 * The only place that includes libpg_query's generated header: Debian 12 has
 * version 15, Debian 13 version 17, whose trees differ in a few members. What
 * differs is spelled here once. Trees are never changed after parsing, and live
 * in the arena that they were parsed into.
 */
#ifndef SERVICE_PG_SQL_AST_H
#define SERVICE_PG_SQL_AST_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#pragma GCC diagnostic pop

#include "base/arena.h"
#include "base/slice.h"
#include "service/pg/sql/env.h"

#define AST(kind) PG_QUERY__NODE__NODE_##kind

struct sql_parsed {
	PgQuery__Node **statements;
	size_t count;
	struct slice *texts;    /* of each, without blanks around it and the semicolon; point into `text` */
	const char *text;       /* what was parsed, NUL-terminated, in the arena */
};

/* False: a syntax error was raised in env, with its position (characters from 1). */
bool sql_parse(struct sql_env *env, struct slice text, struct arena *a, struct sql_parsed *out);
/* An expression alone, as in CHECK (...): the tree of "SELECT text". */
PgQuery__Node *sql_parse_expr(struct sql_env *env, struct slice text, struct arena *a);

/* A node from its packed form, in the arena; NULL: not one. */
PgQuery__Node *sql_ast_unpack_node(const void *bytes, size_t len, struct arena *a);
/* Text of a statement, or of an expression. Never NULL: what cannot be written is the empty slice. */
struct slice sql_deparse(PgQuery__Node *statement, struct arena *a);
struct slice sql_deparse_expr(PgQuery__Node *expr, struct arena *a);

/* The text of a String node, or NULL. */
static inline const char *sql_ast_string(const PgQuery__Node *n)
{
	return n && n->node_case == AST(STRING) ? n->string->sval : NULL;
}

/* Of a WHEN clause of MERGE. */
static inline bool sql_ast_merge_matched(const PgQuery__MergeWhenClause *c)
{
#if PG_VERSION_NUM >= 170000
	return c->match_kind == PG_QUERY__MERGE_MATCH_KIND__MERGE_WHEN_MATCHED;
#else
	return c->matched;
#endif
}

/* What 15 has no words for: WHEN NOT MATCHED BY SOURCE, and RETURNING of MERGE. */
static inline bool sql_ast_merge_is_newer(const PgQuery__MergeStmt *s)
{
#if PG_VERSION_NUM >= 170000
	for (size_t i = 0; i < s->n_merge_when_clauses; i++)
		if (s->merge_when_clauses[i]->merge_when_clause->match_kind == PG_QUERY__MERGE_MATCH_KIND__MERGE_WHEN_NOT_MATCHED_BY_SOURCE)
			return true;
	return s->n_returning_list > 0;
#else
	(void)s;
	return false;
#endif
}

/* A list node's items; one that is no list is a list of itself. */
static inline PgQuery__Node **sql_ast_items(PgQuery__Node *const *n, size_t *count)
{
	if (!*n) {
		*count = 0;
		return NULL;
	}
	if ((*n)->node_case != AST(LIST)) {
		*count = 1;
		return (PgQuery__Node **)n;
	}
	*count = (*n)->list->n_items;
	return (*n)->list->items;
}

#endif
