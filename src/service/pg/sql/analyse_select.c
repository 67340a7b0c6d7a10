/*
 * SELECT, VALUES and set operations: the order of their clauses, and the types of
 * their columns.
 *
 * Source: transformSelectStmt and its kin of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

struct sql_query *sql_analyse_subquery(struct sql_analyser *an, PgQuery__Node *n)
{
	struct sql_cte *pending = an->pending;
	bool keep_unknown = an->keep_unknown;

	an->keep_unknown = false;
	if (n->node_case != AST(SELECT_STMT))
		return sql_unsupported(an, -1, "this subquery");
	if (++an->depth > 300) {
		an->depth--;
		return sql_wrong(an, -1, "54001", "stack depth limit exceeded");
	}
	struct sql_query *q = ARENA_NEW(an->arena, struct sql_query);
	sql_scope_push(an, q);
	an->pending = pending;
	q = sql_analyse_select(an, n->select_stmt);
	sql_scope_pop(an);
	an->depth--;
	/* what nobody says the type of is text, from outside */
	for (size_t i = 0; q && !keep_unknown && i < q->nvisible && q->setop == SQL_SET_NONE && !q->nvalues; i++) {
		q->targets[i].expr = sql_settle(an, q->targets[i].expr);
		if (!q->targets[i].expr)
			return NULL;
	}
	return q;
}

struct reach {
	const struct sql_query *here;
	const struct sql_expr *found;
};

static bool reaches(struct sql_expr *e, void *of)
{
	struct reach *r = of;

	if (!r->found && (e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF) && e->rte->owner == r->here)
		r->found = e;
	return true;
}

static struct sql_expr *limit(struct sql_analyser *an, PgQuery__Node *n, enum sql_clause clause, const char *words)
{
	struct sql_expr *e = sql_analyse_clause(an, n, clause);

	if (!e)
		return NULL;
	struct reach reach = { .here = an->scope->query };
	sql_expr_walk(e, reaches, &reach);
	if (reach.found)
		return sql_wrong(an, reach.found->location, "42P10", "argument of %s must not contain variables", words);
	struct sql_expr *x = sql_coerce_to(an, e, T_INT8, -1, SQL_ASSIGNMENT, e->location);
	if (!x && !an->env->error)
		return sql_wrong(an, e->location, "42804", "argument of %s must be type bigint, not type %s", words, sql_type_words(an, e->type));
	return x;
}

static bool limits(struct sql_analyser *an, const PgQuery__SelectStmt *s, struct sql_query *q)
{
	if (s->limit_offset && !(q->offset = limit(an, s->limit_offset, SQL_IN_OFFSET, "OFFSET")))
		return false;
	if (s->limit_count && !(q->limit = limit(an, s->limit_count, SQL_IN_LIMIT, "LIMIT")))
		return false;
	q->with_ties = s->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES;
	return true;
}

/* ---- VALUES ---- */

static void own_column(struct sql_analyser *an, struct sql_query *q, struct sql_rte *rte, size_t i, const char *name, uint32_t type, int32_t typmod)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_COLUMN, type, -1);

	x->rte = rte;
	x->number = (int)i + 1;
	x->typmod = typmod;
	rte->columns[i] = (struct sql_rte_column){ .name = name, .type = type, .typmod = typmod };
	q->targets[i] = (struct sql_target){ .expr = x, .name = name };
}

/* Targets that stand for columns made elsewhere: of VALUES, of a set operation. */
static struct sql_rte *own_rte(struct sql_analyser *an, struct sql_query *q, size_t n)
{
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_NONE, NULL);

	q->targets = ARENA_ARRAY(an->arena, struct sql_target, n + 1);
	q->ntargets = q->nvisible = n;
	rte->owner = q;
	rte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, n + 1);
	rte->ncolumns = n;
	return rte;
}

static struct sql_query *values(struct sql_analyser *an, const PgQuery__SelectStmt *s)
{
	struct sql_query *q = an->scope->query;
	size_t n = s->n_values_lists, width = 0;

	if (s->with_clause && !sql_analyse_with(an, s->with_clause, &q->ctes, &q->nctes, &q->recursive))
		return NULL;
	q->values = ARENA_ARRAY(an->arena, struct sql_expr **, n + 1);
	an->scope->clause = SQL_IN_VALUES;
	for (size_t i = 0; i < n; i++) {
		size_t w;
		PgQuery__Node **row = sql_ast_items(&s->values_lists[i], &w);

		if (i && w != width)
			return sql_wrong(an, sql_location_of(row[0]), "42601", "VALUES lists must all be the same length");
		width = w;
		q->values[i] = ARENA_ARRAY(an->arena, struct sql_expr *, w + 1);
		for (size_t k = 0; k < w; k++) {
			q->values[i][k] = sql_analyse_expr(an, row[k]);
			if (!q->values[i][k])
				return NULL;
			if (q->values[i][k]->kind == SQL_X_DEFAULT)
				return sql_wrong(an, q->values[i][k]->location, "42601", "DEFAULT is not allowed in this context");
		}
	}
	q->nvalues = n;
	struct sql_rte *rte = own_rte(an, q, width);
	struct sql_expr **column = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	for (size_t k = 0; k < width; k++) {
		for (size_t i = 0; i < n; i++)
			column[i] = q->values[i][k];
		uint32_t type = sql_common_type(an, column, n, "VALUES", NULL);

		if (!type)
			return NULL;
		for (size_t i = 0; i < n; i++) {
			column[i] = q->values[i][k] = sql_coerce_common(an, column[i], type, "VALUES");
			if (!column[i])
				return NULL;
		}
		own_column(an, q, rte, k, arena_printf(an->arena, "column%zu", k + 1).ptr, type, sql_common_typmod(column, n, type));
	}
	an->scope->clause = SQL_IN_SELECT;
	sql_see(an, rte, false, true);
	if (s->n_sort_clause && !sql_analyse_sort(an, s->sort_clause, s->n_sort_clause, q, SQL_IN_ORDER, &q->sort, &q->nsort))
		return NULL;
	if (s->n_locking_clause)
		return sql_wrong(an, -1, "0A000", "FOR UPDATE cannot be applied to VALUES");
	return limits(an, s, q) ? q : NULL;
}

/* ---- UNION, INTERSECT, EXCEPT ---- */

/* Column i of a branch becomes of a type: down to where its values are made. */
static bool retype(struct sql_analyser *an, struct sql_query *q, size_t i, uint32_t type, const char *words)
{
	struct sql_target *t = q->targets + i;

	if (t->expr->type == type)
		return true;
	if (q->setop != SQL_SET_NONE) {
		if (!retype(an, q->left, i, type, words) || !retype(an, q->right, i, type, words))
			return false;
		t->expr->type = type;
		return true;
	}
	for (size_t k = 0; k < q->nvalues; k++) {
		q->values[k][i] = sql_coerce_common(an, q->values[k][i], type, words);
		if (!q->values[k][i])
			return false;
	}
	if (q->nvalues) {
		t->expr->type = type;
		return true;
	}
	struct sql_expr *before = t->expr;
	t->expr = sql_coerce_common(an, before, type, words);
	if (!t->expr)
		return false;
	for (size_t k = 0; k < q->nsort; k++)
		if (q->sort[k].target == i + 1 && q->sort[k].expr == before)
			q->sort[k].expr = t->expr;
	return true;
}

static struct sql_query *branch(struct sql_analyser *an, PgQuery__SelectStmt *s)
{
	struct sql_query *q = ARENA_NEW(an->arena, struct sql_query);

	/* the other branch is not seen; WITH of the whole is */
	sql_scope_push(an, q);
	struct sql_query *out = sql_analyse_select(an, s);
	sql_scope_pop(an);
	return out;
}

static bool common_columns(struct sql_analyser *an, struct sql_query *q, const char *words, const struct sql_cte *cte)
{
	size_t n = q->left->nvisible;
	struct sql_rte *rte = own_rte(an, q, n);

	for (size_t i = 0; i < n; i++) {
		struct sql_expr *both[2] = { q->left->targets[i].expr, q->right->targets[i].expr };
		uint32_t type = sql_common_type(an, both, 2, words, NULL);

		if (!type)
			return false;
		int32_t mod = sql_common_typmod(both, 2, type);
		if (cte && both[0]->type != T_UNKNOWN && (type != both[0]->type || mod != both[0]->typmod)) {
			struct buf b[2];

			buf_init(b, 4096);
			buf_init(b + 1, 4096);
			sql_type_format(an->env, both[0]->type, both[0]->typmod, b);
			sql_type_format(an->env, type, mod, b + 1);
			sql_wrong(an, both[0]->location, "42804", "recursive query \"%s\" column %zu has type %s in non-recursive term but type %s overall",
				  cte->name, i + 1, b[0].ptr, b[1].ptr);
			buf_release(b);
			buf_release(b + 1);
			return sql_wrong_hint(an, "Cast the output of the non-recursive term to the correct type.") != NULL;
		}
		if (!retype(an, q->left, i, type, words) || !retype(an, q->right, i, type, words))
			return false;
		if (!q->setop_all && !sql_has_equality(an, type))
			return sql_wrong(an, both[0]->location, "42883", "could not identify an equality operator for type %s", sql_type_words(an, type)) != NULL;
		own_column(an, q, rte, i, q->left->targets[i].name, type, mod);
	}
	sql_see(an, rte, false, true);
	return true;
}

static struct sql_query *set_operation(struct sql_analyser *an, const PgQuery__SelectStmt *s)
{
	struct sql_query *q = an->scope->query;
	struct sql_cte *pending = an->pending;
	const char *words = s->op == PG_QUERY__SET_OPERATION__SETOP_UNION     ? "UNION" :
			    s->op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? "INTERSECT" :
										"EXCEPT";

	an->pending = NULL;
	q->setop = s->op == PG_QUERY__SET_OPERATION__SETOP_UNION     ? SQL_SET_UNION :
		   s->op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? SQL_SET_INTERSECT :
								       SQL_SET_EXCEPT;
	q->setop_all = s->all;
	if (s->with_clause && !sql_analyse_with(an, s->with_clause, &q->ctes, &q->nctes, &q->recursive))
		return NULL;
	if (s->n_locking_clause)
		return sql_wrong(an, -1, "0A000", "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT");
	q->left = branch(an, s->larg);
	if (!q->left)
		return NULL;
	if (pending) {
		for (size_t i = 0; i < q->left->nvisible; i++)
			if (q->left->targets[i].expr->type == T_UNKNOWN && !retype(an, q->left, i, T_TEXT, words))
				return NULL;
		if (!sql_cte_columns(an, pending, q->left))
			return NULL;
		for (size_t i = 0; i < pending->ncolumns; i++)
			pending->columns[i].table_oid = 0, pending->columns[i].attnum = 0;
	}
	q->right = branch(an, s->rarg);
	if (!q->right)
		return NULL;
	if (q->left->nvisible != q->right->nvisible)
		return sql_wrong(an, s->rarg->n_target_list ? sql_location_of(s->rarg->target_list[0]) : -1, "42601",
				 "each %s query must have the same number of columns", words);
	if (pending && pending->self_references && !sql_recursion_plain(an, q->right))
		return NULL;
	if (!common_columns(an, q, words, pending && pending->self_references ? pending : NULL))
		return NULL;
	q->has_volatile = q->left->has_volatile || q->right->has_volatile;
	size_t visible = q->nvisible;
	if (s->n_sort_clause && !sql_analyse_sort(an, s->sort_clause, s->n_sort_clause, q, SQL_IN_ORDER, &q->sort, &q->nsort))
		return NULL;
	if (q->ntargets > visible) {
		const struct sql_expr *e = q->targets[visible].expr;
		int at = e->location;

		while (e->nargs && e->args[0] && e->args[0]->location >= 0 && e->args[0]->location < at)
			e = e->args[0], at = e->location;
		sql_wrong(an, at, "0A000", "invalid %s ORDER BY clause", "UNION/INTERSECT/EXCEPT");
		sql_wrong_detail(an, "Only result column names can be used, not expressions or functions.");
		return sql_wrong_hint(an, "Add the expression/function to every SELECT, or move the UNION into a FROM clause.");
	}
	return limits(an, s, q) ? q : NULL;
}

/* ---- FOR UPDATE ---- */

static bool locking(struct sql_analyser *an, const PgQuery__SelectStmt *s, struct sql_query *q)
{
	static const char strength[] = { 0, 0, 'k', 's', 'n', 'u' };

	if (!s->n_locking_clause)
		return true;
	const char *first = s->locking_clause[0]->locking_clause->strength == PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORUPDATE ? "FOR UPDATE" :
			    s->locking_clause[0]->locking_clause->strength == PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORSHARE ? "FOR SHARE" :
			    s->locking_clause[0]->locking_clause->strength == PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORKEYSHARE ? "FOR KEY SHARE" :
																	     "FOR NO KEY UPDATE";
	const char *with = s->n_distinct_clause ? "DISTINCT clause" : s->n_group_clause ? "GROUP BY clause" : s->having_clause ? "HAVING clause" :
			   q->has_aggregates ? "aggregate functions" : q->has_windows ? "window functions" :
			   q->has_sets ? "set-returning functions in the target list" : NULL;
	if (with)
		return sql_wrong(an, -1, "0A000", "%s is not allowed with %s", first, with) != NULL;
	q->locks = ARENA_ARRAY(an->arena, struct sql_lock, s->n_locking_clause);
	for (size_t i = 0; i < s->n_locking_clause; i++) {
		const PgQuery__LockingClause *c = s->locking_clause[i]->locking_clause;
		struct sql_lock *l = q->locks + q->nlocks++;

		l->strength = strength[c->strength];
		l->wait = c->wait_policy == PG_QUERY__LOCK_WAIT_POLICY__LockWaitSkip  ? 's' :
			  c->wait_policy == PG_QUERY__LOCK_WAIT_POLICY__LockWaitError ? 'n' :
											'w';
		l->rtes = ARENA_ARRAY(an->arena, struct sql_rte *, q->nrtes + 1);
		for (size_t k = 0; !c->n_locked_rels && k < q->nrtes; k++)
			if (q->rtes[k]->kind == SQL_RTE_RELATION)
				l->rtes[l->nrtes++] = q->rtes[k];
		for (size_t k = 0; k < c->n_locked_rels; k++) {
			const PgQuery__RangeVar *r = c->locked_rels[k]->range_var;
			struct sql_rte *found = NULL;

			for (size_t m = 0; m < q->nrtes && !found; m++)
				if (q->rtes[m]->name && strcmp(q->rtes[m]->name, r->relname) == 0)
					found = q->rtes[m];
			if (!found)
				return sql_wrong(an, r->location, "42P01", "relation \"%s\" in %s clause not found in FROM clause", r->relname, first) != NULL;
			if (found->kind != SQL_RTE_RELATION)
				return sql_wrong(an, r->location, "0A000", "%s cannot be applied to %s", first,
						 found->kind == SQL_RTE_FUNCTION ? "a function" : found->kind == SQL_RTE_JOIN ? "a join" :
						 found->kind == SQL_RTE_CTE ? "a WITH query" : "a subquery or view") != NULL;
			l->rtes[l->nrtes++] = found;
		}
	}
	return true;
}

/* ---- SELECT ---- */

static bool distinct(struct sql_analyser *an, const PgQuery__SelectStmt *s, struct sql_query *q)
{
	if (!s->n_distinct_clause)
		return true;
	bool on = s->distinct_clause[0] && s->distinct_clause[0]->node_case != 0;
	if (!on) {
		q->distinct = true;
		for (size_t i = 0; i < q->nvisible; i++)
			if (!sql_has_equality(an, q->targets[i].expr->type))
				return sql_wrong(an, q->targets[i].expr->location, "42883", "could not identify an equality operator for type %s",
						 sql_type_words(an, q->targets[i].expr->type)) != NULL;
		for (size_t i = 0; i < q->nsort; i++)
			if (q->sort[i].target > q->nvisible)
				return sql_wrong(an, q->sort[i].expr->location, "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list") != NULL;
		return true;
	}
	q->distinct_on = ARENA_ARRAY(an->arena, struct sql_expr *, s->n_distinct_clause + 1);
	for (size_t i = 0; i < s->n_distinct_clause; i++) {
		size_t at = sql_find_target(an, s->distinct_clause[i], q, SQL_IN_DISTINCT, false);

		if (!at)
			return false;
		q->targets[at - 1].expr = sql_settle(an, q->targets[at - 1].expr);
		if (!q->targets[at - 1].expr)
			return false;
		q->distinct_on[q->ndistinct_on++] = q->targets[at - 1].expr;
	}
	/* the leftmost ORDER BY expressions are those of DISTINCT ON, in any order */
	bool ended = false;
	for (size_t i = 0; i < q->nsort; i++) {
		bool found = false;

		for (size_t k = 0; k < q->ndistinct_on; k++)
			found |= q->distinct_on[k] == q->sort[i].expr || sql_expr_same(q->distinct_on[k], q->sort[i].expr);
		if (found && ended)
			return sql_wrong(an, q->sort[i].expr->location, "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions") != NULL;
		ended |= !found;
	}
	size_t matched = 0;
	for (size_t k = 0; k < q->ndistinct_on; k++)
		for (size_t i = 0; i < q->nsort; i++)
			if (sql_expr_same(q->distinct_on[k], q->sort[i].expr)) {
				matched++;
				break;
			}
	if (ended && matched < q->ndistinct_on) {
		struct sql_expr *missing = q->distinct_on[0];

		for (size_t k = 0; k < q->ndistinct_on; k++) {
			bool found = false;

			for (size_t i = 0; i < q->nsort; i++)
				found |= sql_expr_same(q->distinct_on[k], q->sort[i].expr);
			if (!found) {
				missing = q->distinct_on[k];
				break;
			}
		}
		return sql_wrong(an, missing->location, "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions") != NULL;
	}
	return true;
}

struct sql_query *sql_analyse_select(struct sql_analyser *an, const PgQuery__SelectStmt *s)
{
	struct sql_query *q = an->scope->query;

	if (s->n_values_lists)
		return values(an, s);
	if (s->op != PG_QUERY__SET_OPERATION__SETOP_NONE && s->op != 0)
		return set_operation(an, s);
	an->pending = NULL;
	if (s->into_clause)
		return sql_wrong(an, s->into_clause->rel ? s->into_clause->rel->location : -1, "42601", "SELECT ... INTO is not allowed here");
	if (s->with_clause && !sql_analyse_with(an, s->with_clause, &q->ctes, &q->nctes, &q->recursive))
		return NULL;
	an->scope->windows = ARENA_ARRAY(an->arena, PgQuery__WindowDef *, s->n_window_clause + 1);
	for (size_t i = 0; i < s->n_window_clause; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(s->window_clause[i]->window_def->name, s->window_clause[k]->window_def->name) == 0)
				return sql_wrong(an, s->window_clause[i]->window_def->location, "42P20", "window \"%s\" is already defined",
						 s->window_clause[i]->window_def->name);
		an->scope->windows[an->scope->nwindows++] = s->window_clause[i]->window_def;
	}
	if (!sql_analyse_from(an, s->from_clause, s->n_from_clause, q))
		return NULL;
	if (!sql_analyse_targets(an, s->target_list, s->n_target_list, SQL_IN_SELECT, &q->targets, &q->ntargets))
		return NULL;
	q->nvisible = q->ntargets;
	if (an->rewrite) {
		PgQuery__SelectStmt *w = (PgQuery__SelectStmt *)(uintptr_t)s;

		w->target_list = ARENA_ARRAY(an->arena, PgQuery__Node *, q->ntargets + 1);
		w->n_target_list = 0;
		for (size_t i = 0; i < q->ntargets; i++)
			if (q->targets[i].ast)
				w->target_list[w->n_target_list++] = q->targets[i].ast;
	}
	if (s->where_clause && !(q->where = sql_analyse_condition(an, s->where_clause, SQL_IN_WHERE, "WHERE")))
		return NULL;
	if (s->having_clause && !(q->having = sql_analyse_condition(an, s->having_clause, SQL_IN_HAVING, "HAVING")))
		return NULL;
	if (s->n_sort_clause && !sql_analyse_sort(an, s->sort_clause, s->n_sort_clause, q, SQL_IN_ORDER, &q->sort, &q->nsort))
		return NULL;
	if (!sql_analyse_group(an, s, q) || !distinct(an, s, q) || !limits(an, s, q))
		return NULL;
	q->has_group = q->ngroup || q->nsets || q->having || q->has_aggregates;
	if (!q->has_group && !sql_no_grouping(an, q))
		return NULL;
	if (q->has_group && !sql_check_grouping(an, q))
		return NULL;
	return locking(an, s, q) ? q : NULL;
}
