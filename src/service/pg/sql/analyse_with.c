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
	return true;
}
