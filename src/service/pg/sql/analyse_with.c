/*
 * WITH: common table expressions, recursive and writing ones.
 *
 * Source: parse_cte.c of PostgreSQL 15; manual 7.8.
 */
#include "service/pg/sql/analyse.h"

static bool name_columns(struct sql_analyser *an, struct sql_cte *cte)
{
	const PgQuery__CommonTableExpr *ast = cte->ast;

	if (ast->n_aliascolnames > cte->ncolumns)
		return sql_wrong(an, ast->location, "42P10", "WITH query \"%s\" has %zu columns available but %zu columns specified", cte->name,
				 cte->ncolumns, ast->n_aliascolnames) != NULL;
	for (size_t i = 0; i < ast->n_aliascolnames; i++)
		cte->columns[i].name = sql_ast_string(ast->aliascolnames[i]);
	return true;
}

bool sql_cte_columns(struct sql_analyser *an, struct sql_cte *cte, const struct sql_query *q)
{
	cte->columns = sql_query_columns(an, q, &cte->ncolumns);
	return name_columns(an, cte);
}

static bool returned_columns(struct sql_analyser *an, struct sql_cte *cte)
{
	const struct sql_write_query *w = cte->write;

	if (!w->nreturning)
		return true;
	cte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, w->nreturning);
	cte->ncolumns = w->nreturning;
	for (size_t i = 0; i < w->nreturning; i++)
		cte->columns[i] = (struct sql_rte_column){ .name = w->returning[i].name, .type = w->returning[i].expr->type,
			.typmod = w->returning[i].expr->typmod, .table_oid = w->returning[i].table_oid, .attnum = w->returning[i].attnum };
	return name_columns(an, cte);
}

/* ---- whether a recursive query has the one form that can be run ---- */

static bool refers(const struct sql_from *f, const struct sql_cte *cte)
{
	if (!f->left)
		return f->rte->kind == SQL_RTE_CTE && f->rte->cte == cte;
	return refers(f->left, cte) || refers(f->right, cte);
}

static bool in_outer_join(const struct sql_from *f, const struct sql_cte *cte)
{
	if (!f->left)
		return false;
	if ((f->join == SQL_JOIN_LEFT || f->join == SQL_JOIN_FULL) && refers(f->right, cte))
		return true;
	if ((f->join == SQL_JOIN_RIGHT || f->join == SQL_JOIN_FULL) && refers(f->left, cte))
		return true;
	return in_outer_join(f->left, cte) || in_outer_join(f->right, cte);
}

static int reference_location(const PgQuery__Node *n, const char *name)
{
	if (!n)
		return -1;
	if (n->node_case == AST(RANGE_VAR))
		return strcmp(n->range_var->relname, name) == 0 ? n->range_var->location : -1;
	if (n->node_case == AST(JOIN_EXPR)) {
		int right = reference_location(n->join_expr->rarg, name);

		return right >= 0 ? right : reference_location(n->join_expr->larg, name);
	}
	return -1;
}

static int last_reference(const struct sql_cte *cte)
{
	const PgQuery__SelectStmt *right = cte->ast->ctequery->select_stmt->rarg;
	int at = -1;

	for (size_t i = 0; right && i < right->n_from_clause; i++) {
		int found = reference_location(right->from_clause[i], cte->name);

		if (found >= 0)
			at = found;
	}
	return at;
}

/* Aggregates in the recursive term; false: raised. */
bool sql_recursion_plain(struct sql_analyser *an, const struct sql_query *right)
{
	const struct sql_expr *e = right->ntargets ? right->targets[0].expr : NULL;

	while (e && e->kind == SQL_X_CAST)
		e = e->args[0];
	return !right->has_aggregates ||
	       sql_wrong(an, e ? e->location : -1, "42P19", "aggregate functions are not allowed in a recursive query's recursive term") != NULL;
}

static bool well_formed(struct sql_analyser *an, const struct sql_cte *cte)
{
	const struct sql_query *right = cte->query->right;
	size_t direct = 0;

	if (cte->query->setop != SQL_SET_UNION)
		return sql_wrong(an, cte->ast->location, "42P19", "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term",
				 cte->name) != NULL;
	for (size_t i = 0; i < right->nfrom; i++) {
		direct += refers(right->from[i], cte);
		if (in_outer_join(right->from[i], cte))
			return sql_wrong(an, last_reference(cte), "42P19", "recursive reference to query \"%s\" must not appear within an outer join", cte->name) != NULL;
	}
	if (cte->self_references > 1)
		return sql_wrong(an, last_reference(cte), "42P19", "recursive reference to query \"%s\" must not appear more than once", cte->name) != NULL;
	if (!sql_recursion_plain(an, right))
		return false;
	if (!direct)
		return sql_unsupported(an, last_reference(cte), "a recursive reference inside of a subquery") != NULL;
	if (right->distinct || right->ndistinct_on || right->has_windows || right->limit || right->nsort || right->has_sets || cte->query->limit || cte->query->nsort)
		return sql_unsupported(an, cte->ast->location, "DISTINCT, LIMIT, ORDER BY, window or set-returning functions in a recursive query") != NULL;
	return true;
}

static bool analyse(struct sql_analyser *an, struct sql_cte *cte, bool recursive)
{
	PgQuery__Node *n = cte->ast->ctequery;

	cte->analysing = true;
	if (n->node_case != AST(SELECT_STMT)) {
		if (an->scope->parent)
			return sql_wrong(an, cte->ast->location, "0A000", "WITH clause containing a data-modifying statement must be at the top level") != NULL;
		cte->write = sql_analyse_write(an, n);
		cte->analysing = false;
		return cte->write && returned_columns(an, cte);
	}
	if (recursive && n->select_stmt->op == PG_QUERY__SET_OPERATION__SETOP_UNION)
		an->pending = cte;
	cte->query = sql_analyse_subquery(an, n);
	an->pending = NULL;
	cte->analysing = false;
	if (!cte->query)
		return false;
	cte->recursive = cte->self_references > 0;
	if (cte->recursive && !well_formed(an, cte))
		return false;
	return cte->columns || sql_cte_columns(an, cte, cte->query);
}

bool sql_analyse_with(struct sql_analyser *an, const PgQuery__WithClause *w, struct sql_cte ***ctes, size_t *n, bool *recursive)
{
	struct sql_scope *s = an->scope;

	*ctes = ARENA_ARRAY(an->arena, struct sql_cte *, w->n_ctes + 1);
	*n = 0;
	*recursive = false;
	for (size_t i = 0; i < w->n_ctes; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(w->ctes[i]->common_table_expr->ctename, w->ctes[k]->common_table_expr->ctename) == 0)
				return sql_wrong(an, w->ctes[i]->common_table_expr->location, "42712", "WITH query name \"%s\" specified more than once",
						 w->ctes[i]->common_table_expr->ctename) != NULL;
	s->ctes = *ctes;
	const PgQuery__WithClause *before = s->with;
	s->with = w;
	for (size_t i = 0; i < w->n_ctes; i++) {
		struct sql_cte *cte = ARENA_NEW(an->arena, struct sql_cte);

		cte->ast = w->ctes[i]->common_table_expr;
		cte->name = cte->ast->ctename;
		cte->id = ++an->next_id;
		cte->materialized = cte->ast->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeAlways;
		cte->inlined = cte->ast->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeNever;
		if (cte->ast->search_clause || cte->ast->cycle_clause)
			return sql_unsupported(an, cte->ast->location, "SEARCH or CYCLE of WITH") != NULL;
		(*ctes)[i] = cte;
		if (w->recursive)
			s->nctes = *n = i + 1;
		if (!analyse(an, cte, w->recursive))
			return false;
		s->nctes = *n = i + 1;
		*recursive |= cte->recursive;
	}
	s->with = before;
	return true;
}
