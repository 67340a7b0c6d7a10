/*
 * UPDATE and DELETE, and what all writing statements have: the target, RETURNING.
 *
 * Source: analyze.c of PostgreSQL 15.
 */
#include "service/pg/sql/analyse_write.h"

#include "service/pg/sql/lower.h"

struct sql_rte *sql_write_target(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__RangeVar *r)
{
	struct sql_rte *rte;
	const struct sql_relation *rel = sql_find_relation(an, r);

	if (!rel)
		return NULL;
	if (rel->kind == 'm')
		return sql_wrong(an, -1, "42809", "cannot change materialized view \"%s\"", rel->name);
	if (rel->kind == 'S')
		return sql_wrong(an, -1, "42809", "cannot change sequence \"%s\"", rel->name);
	if (rel->system && rel->kind != 'v')
		return sql_wrong(an, -1, "0A000", "writing to the system catalog \"%s\" is not supported by this fake", rel->name);
	rte = sql_rte_relation(an, r);
	if (!rte || !sql_alias_columns(an, rte, r->alias, "table"))
		return NULL;
	if (rel->kind == 'v') {
		w->view = ARENA_NEW(an->arena, struct sql_view_path);
		if (!sql_view_path(an, rte, w->view))
			return NULL;
	}
	return rte;
}

/* The target's row that a cursor stands on. */
struct sql_expr *sql_analyse_current(struct sql_analyser *an, const PgQuery__CurrentOfExpr *c)
{
	struct sql_rte *target = an->scope && an->scope->nseen ? an->scope->seen[0].rte : NULL;
	struct buf b;

	if (!target || !target->relation)
		return sql_wrong(an, -1, "42601", "WHERE CURRENT OF is only for UPDATE and DELETE");
	if (target->relation->kind == 'v')
		return sql_wrong(an, -1, "0A000", "WHERE CURRENT OF on a view is not implemented");
	target->rowid = true;
	buf_init(&b, 4096);
	buf_addf(&b, "(t%d.rid = (SELECT e_current(", target->id);
	sql_lower_string(slice_str(c->cursor_name), &b);
	buf_addf(&b, ", %u)))", target->relation->oid);
	struct sql_expr *e = sql_expr_new(an, SQL_X_RAW, T_BOOL, -1);
	e->text = arena_slice(an->arena, buf_slice(&b));
	buf_release(&b);
	an->uncacheable = true;
	return e;
}

bool sql_analyse_returning(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **list, size_t n)
{
	if (!n)
		return true;
	if (!sql_analyse_targets(an, list, n, SQL_IN_RETURNING, &w->returning, &w->nreturning))
		return false;
	for (size_t i = 0; i < w->nreturning; i++)
		if (!(w->returning[i].expr = sql_settle(an, w->returning[i].expr)))
			return false;
	return true;
}

static struct sql_write_query *update(struct sql_analyser *an, const PgQuery__UpdateStmt *s, struct sql_write_query *w)
{
	w->target = sql_write_target(an, w, s->relation);
	if (!w->target)
		return NULL;
	sql_see(an, w->target, true, true);
	if (!sql_analyse_from(an, s->from_clause, s->n_from_clause, w->scope))
		return NULL;
	w->from = w->scope->from;
	w->nfrom = w->scope->nfrom;
	if (!sql_set_list(an, w->target, s->target_list, s->n_target_list, &w->columns, &w->set, &w->ncolumns))
		return NULL;
	if (s->where_clause && !(w->where = sql_analyse_condition(an, s->where_clause, SQL_IN_WHERE, "WHERE")))
		return NULL;
	if (!sql_analyse_returning(an, w, s->returning_list, s->n_returning_list))
		return NULL;
	return sql_set_settle(an, w, w->columns, w->set, w->ncolumns) ? w : NULL;
}

static struct sql_write_query *erase(struct sql_analyser *an, const PgQuery__DeleteStmt *s, struct sql_write_query *w)
{
	w->target = sql_write_target(an, w, s->relation);
	if (!w->target)
		return NULL;
	sql_see(an, w->target, true, true);
	if (!sql_analyse_from(an, s->using_clause, s->n_using_clause, w->scope))
		return NULL;
	w->from = w->scope->from;
	w->nfrom = w->scope->nfrom;
	if (s->where_clause && !(w->where = sql_analyse_condition(an, s->where_clause, SQL_IN_WHERE, "WHERE")))
		return NULL;
	return sql_analyse_returning(an, w, s->returning_list, s->n_returning_list) ? w : NULL;
}

struct sql_write_query *sql_analyse_write(struct sql_analyser *an, PgQuery__Node *n)
{
	struct sql_write_query *w = ARENA_NEW(an->arena, struct sql_write_query), *out = NULL;
	const PgQuery__WithClause *with = n->node_case == AST(INSERT_STMT) ? n->insert_stmt->with_clause :
					  n->node_case == AST(UPDATE_STMT) ? n->update_stmt->with_clause :
					  n->node_case == AST(DELETE_STMT) ? n->delete_stmt->with_clause :
									     n->merge_stmt->with_clause;

	w->scope = ARENA_NEW(an->arena, struct sql_query);
	struct sql_scope *s = sql_scope_push(an, w->scope);
	if (with && !sql_analyse_with(an, with, &w->ctes, &w->nctes, &w->recursive))
		return NULL;
	switch (n->node_case) {
	case AST(INSERT_STMT):
		w->kind = 'i';
		out = sql_analyse_insert(an, n->insert_stmt, w);
		break;
	case AST(UPDATE_STMT):
		w->kind = 'u';
		out = update(an, n->update_stmt, w);
		break;
	case AST(DELETE_STMT):
		w->kind = 'd';
		out = erase(an, n->delete_stmt, w);
		break;
	default:
		w->kind = 'm';
		out = sql_analyse_merge(an, n->merge_stmt, w);
		break;
	}
	(void)s;
	if (out && w->view && !sql_view_settle(an, w))
		return NULL;
	if (out)
		sql_scope_pop(an);
	return out;
}
