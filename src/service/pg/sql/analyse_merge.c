/*
 * MERGE: target and source joined, and what is done with each pair.
 *
 * Source: parse_merge.c of PostgreSQL 15. A WHEN clause becomes a sql_merge_when;
 * which of them a row takes is decided when it is run.
 */
#include "service/pg/sql/analyse_write.h"

static bool reachable(struct sql_analyser *an, const PgQuery__MergeStmt *s)
{
	bool last[2] = { false };

	if (sql_ast_merge_is_newer(s))
		return sql_wrong(an, -1, "0A000", "MERGE with RETURNING or WHEN NOT MATCHED BY SOURCE is newer than PostgreSQL 15") != NULL;
	for (size_t i = 0; i < s->n_merge_when_clauses; i++) {
		const PgQuery__MergeWhenClause *c = s->merge_when_clauses[i]->merge_when_clause;

		if (last[sql_ast_merge_matched(c)])
			return sql_wrong(an, -1, "42601", "unreachable WHEN clause specified after unconditional WHEN clause") != NULL;
		last[sql_ast_merge_matched(c)] = !c->condition;
	}
	return true;
}

/* INSERT of a MERGE: as one of VALUES. */
static bool insert_action(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__MergeWhenClause *c, struct sql_merge_when *when)
{
	struct sql_write_query one = { .kind = 'i', .target = w->target, .view = w->view, .scope = w->scope };
	struct sql_insert_rows rows = { .rows = (PgQuery__Node **[]){ c->values }, .widths = (size_t[]){ c->n_values }, .n = 1 };

	one.overriding = c->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE   ? 'u' :
			 c->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE ? 's' :
											     0;
	if (!sql_insert_columns(an, &one, c->target_list, c->n_target_list))
		return false;
	if (!c->n_values)
		one.ncolumns = 0;
	else if (!sql_insert_written(an, &one, c->target_list, c->n_target_list, &rows))
		return false;
	if (!sql_insert_settle(an, &one))
		return false;
	when->columns = one.columns;
	when->ncolumns = one.ncolumns;
	when->set = one.query ? one.query->values[0] : NULL;
	when->overriding = one.overriding;
	return true;
}

static bool when_clause(struct sql_analyser *an, struct sql_write_query *w, struct sql_seen *target, const PgQuery__MergeWhenClause *c,
			struct sql_merge_when *when)
{
	when->matched = sql_ast_merge_matched(c);
	target->by_name = target->by_column = sql_ast_merge_matched(c);
	if (c->condition && !(when->condition = sql_analyse_condition(an, c->condition, SQL_IN_MERGE, "WHEN")))
		return false;
	switch (c->command_type) {
	case PG_QUERY__CMD_TYPE__CMD_INSERT:
		when->action = 'i';
		return insert_action(an, w, c, when);
	case PG_QUERY__CMD_TYPE__CMD_UPDATE:
		when->action = 'u';
		return sql_set_list(an, w->target, c->target_list, c->n_target_list, &when->columns, &when->set, &when->ncolumns) &&
		       sql_set_settle(an, w, when->columns, when->set, when->ncolumns);
	case PG_QUERY__CMD_TYPE__CMD_DELETE:
		when->action = 'd';
		return true;
	default:
		when->action = 'n';
		return true;
	}
}

struct sql_write_query *sql_analyse_merge(struct sql_analyser *an, const PgQuery__MergeStmt *s, struct sql_write_query *w)
{
	if (!reachable(an, s))
		return NULL;
	const struct sql_relation *rel = sql_find_relation(an, s->relation);
	if (rel && (rel->kind == 'v' || rel->kind == 'm' || rel->kind == 'S')) {
		sql_wrong(an, -1, "0A000", "cannot execute MERGE on relation \"%s\"", rel->name);
		return sql_wrong_detail(an, "This operation is not supported for %s.",
					rel->kind == 'v' ? "views" : rel->kind == 'm' ? "materialized views" : "sequences");
	}
	w->target = sql_write_target(an, w, s->relation);
	if (!w->target)
		return NULL;
	struct sql_query *q = w->scope;
	if (!sql_analyse_from(an, (PgQuery__Node **)&s->source_relation, 1, q))
		return NULL;
	w->source = q->from[0];
	if (w->source->rte && w->source->rte->name && strcmp(w->source->rte->name, w->target->name) == 0) {
		sql_wrong(an, -1, "42712", "name \"%s\" specified more than once", w->target->name);
		return sql_wrong_detail(an, "The name is used both as MERGE target table and data source.");
	}
	sql_see(an, w->target, true, true);
	size_t at = an->scope->nseen - 1;
	if (!(w->on = sql_analyse_condition(an, s->join_condition, SQL_IN_JOIN, "JOIN/ON")))
		return NULL;
	w->nwhens = s->n_merge_when_clauses;
	w->whens = ARENA_ARRAY(an->arena, struct sql_merge_when, w->nwhens + 1);
	for (size_t i = 0; i < w->nwhens; i++)
		if (!when_clause(an, w, an->scope->seen + at, s->merge_when_clauses[i]->merge_when_clause, w->whens + i))
			return NULL;
	return w;
}
