/*
 * GROUP BY with its sets, and the rule that what is not grouped is aggregated.
 *
 * Source: parse_agg.c and transformGroupClause of PostgreSQL 15; manual 7.2.4.
 */
#include "service/pg/sql/analyse.h"

#define SETS_MAX 4096 /* PostgreSQL's own limit of grouping sets */

/* A list of sets of grouping expressions, as they are made. */
struct sets {
	uint64_t *list; /* bit i: group expression i */
	size_t n;
};

static bool add_group(struct sql_analyser *an, PgQuery__Node *n, struct sql_query *q, uint64_t *bits)
{
	size_t count;
	PgQuery__Node **items = &n;

	count = 1;
	if (n->node_case == AST(LIST))
		items = sql_ast_items(&n, &count);
	else if (n->node_case == AST(ROW_EXPR) && n->row_expr->row_format == PG_QUERY__COERCION_FORM__COERCE_IMPLICIT_CAST) {
		items = n->row_expr->args;
		count = n->row_expr->n_args;
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = sql_find_target(an, items[i], q, SQL_IN_GROUP, false), k = 0;

		if (!at)
			return false;
		struct sql_target *t = q->targets + at - 1;
		t->expr = sql_settle(an, t->expr);
		if (!t->expr)
			return false;
		while (k < q->ngroup && q->group[k] != t->expr && !sql_expr_same(q->group[k], t->expr))
			k++;
		if (k == 64)
			return sql_unsupported(an, sql_location_of(n), "more than 64 grouping expressions") != NULL;
		if (k == q->ngroup) {
			if (!sql_has_equality(an, t->expr->type))
				return sql_wrong(an, sql_location_of(items[i]), "42883", "could not identify an equality operator for type %s",
						 sql_type_words(an, t->expr->type)) != NULL;
			q->group[q->ngroup++] = t->expr;
		}
		*bits |= 1ull << k;
	}
	return true;
}

static bool product(struct sql_analyser *an, struct sets *a, const struct sets *b)
{
	uint64_t *list;

	if (a->n * b->n > SETS_MAX)
		return sql_wrong(an, -1, "54001", "too many grouping sets present (maximum 4096)") != NULL;
	list = ARENA_ARRAY(an->arena, uint64_t, a->n * b->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			list[n++] = a->list[i] | b->list[k];
	a->list = list;
	a->n = n;
	return true;
}

static bool read_set(struct sql_analyser *an, PgQuery__Node *n, struct sql_query *q, struct sets *out);

static bool rollup(struct sql_analyser *an, const PgQuery__GroupingSet *g, struct sql_query *q, struct sets *out, bool cube)
{
	size_t n = g->n_content;
	uint64_t *parts = ARENA_ARRAY(an->arena, uint64_t, n + 1);

	if (cube && n > 12)
		return sql_wrong(an, g->location, "54011", "CUBE is limited to 12 elements") != NULL;
	for (size_t i = 0; i < n; i++)
		if (!add_group(an, g->content[i], q, parts + i))
			return false;
	out->n = cube ? (size_t)1 << n : n + 1;
	out->list = ARENA_ARRAY(an->arena, uint64_t, out->n);
	for (size_t i = 0; i < out->n; i++)
		for (size_t k = 0; k < n; k++)
			if (cube ? !((i >> (n - 1 - k)) & 1) : k < n - i)
				out->list[i] |= parts[k];
	return true;
}

static bool read_set(struct sql_analyser *an, PgQuery__Node *n, struct sql_query *q, struct sets *out)
{
	*out = (struct sets){ ARENA_ARRAY(an->arena, uint64_t, 1), 1 };
	if (n->node_case != AST(GROUPING_SET))
		return add_group(an, n, q, out->list);
	const PgQuery__GroupingSet *g = n->grouping_set;
	switch (g->kind) {
	case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY:
		return true;
	case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP:
		return rollup(an, g, q, out, false);
	case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE:
		return rollup(an, g, q, out, true);
	case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_SETS: {
		uint64_t *list = ARENA_ARRAY(an->arena, uint64_t, SETS_MAX);
		size_t count = 0;

		for (size_t i = 0; i < g->n_content; i++) {
			struct sets one;

			if (!read_set(an, g->content[i], q, &one))
				return false;
			if (count + one.n > SETS_MAX)
				return sql_wrong(an, g->location, "54001", "too many grouping sets present (maximum 4096)") != NULL;
			memcpy(list + count, one.list, one.n * sizeof(*list));
			count += one.n;
		}
		*out = (struct sets){ list, count };
		return true;
	}
	default:
		for (size_t i = 0; i < g->n_content; i++)
			if (!add_group(an, g->content[i], q, out->list))
				return false;
		return true;
	}
}

bool sql_analyse_group(struct sql_analyser *an, const PgQuery__SelectStmt *s, struct sql_query *q)
{
	struct sets all = { ARENA_ARRAY(an->arena, uint64_t, 1), 1 };
	bool sets = false;

	q->group = ARENA_ARRAY(an->arena, struct sql_expr *, 65);
	for (size_t i = 0; i < s->n_group_clause; i++) {
		struct sets one;

		sets |= s->group_clause[i]->node_case == AST(GROUPING_SET);
		if (!read_set(an, s->group_clause[i], q, &one) || !product(an, &all, &one))
			return false;
	}
	if (!sets)
		return true;
	if (s->group_distinct) {
		size_t n = 0;

		for (size_t i = 0; i < all.n; i++) {
			bool found = false;

			for (size_t k = 0; k < n && !found; k++)
				found = all.list[k] == all.list[i];
			if (!found)
				all.list[n++] = all.list[i];
		}
		all.n = n;
	}
	q->sets = ARENA_ARRAY(an->arena, uint64_t *, all.n + 1);
	for (size_t i = 0; i < all.n; i++)
		q->sets[i] = all.list + i;
	q->nsets = all.n;
	return true;
}

/* ---- ungrouped columns ---- */

struct check {
	struct sql_analyser *an;
	struct sql_query *q;
	bool failed;
};

/* Whether all columns of a primary key are grouped by: then the others follow from them. */
static bool key_grouped(const struct sql_query *q, const struct sql_rte *rte)
{
	if (!rte->relation || q->nsets)
		return false;
	for (size_t i = 0; i < rte->relation->nconstraints; i++) {
		const struct sql_constraint *c = rte->relation->constraints + i;
		size_t found = 0;

		if (c->kind != 'p')
			continue;
		for (size_t k = 0; k < c->ncolumns; k++)
			for (size_t g = 0; g < q->ngroup; g++)
				if (q->group[g]->kind == SQL_X_COLUMN && q->group[g]->rte == rte && q->group[g]->number == c->columns[k]) {
					found++;
					break;
				}
		if (found == c->ncolumns)
			return true;
	}
	return false;
}

static bool see(struct sql_expr *e, void *of)
{
	struct check *c = of;

	if (c->failed)
		return false;
	for (size_t i = 0; i < c->q->ngroup; i++)
		if (e == c->q->group[i] || sql_expr_same(e, c->q->group[i]))
			return false;
	if (e->kind == SQL_X_AGGREGATE && !e->window)
		return false;
	if (e->kind == SQL_X_GROUPING) {
		for (size_t i = 0; i < e->nargs; i++) {
			bool found = false;

			for (size_t k = 0; k < c->q->ngroup; k++)
				found |= sql_expr_same(e->args[i], c->q->group[k]);
			if (!found) {
				sql_wrong(c->an, e->args[i]->location, "42803", "arguments to GROUPING must be grouping expressions of the associated query level");
				c->failed = true;
			}
		}
		return false;
	}
	if ((e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF) && e->rte->owner == c->q && e->rte->kind != SQL_RTE_NONE) {
		if (key_grouped(c->q, e->rte))
			return true;
		const char *table = e->rte->name ? e->rte->name : "?", *name = e->kind == SQL_X_COLUMN && e->number > 0 ? e->rte->columns[e->number - 1].name : "*";

		sql_wrong(c->an, e->location, "42803", "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function", table, name);
		c->failed = true;
	}
	return true;
}

static bool see_grouping(struct sql_expr *e, void *of)
{
	struct check *c = of;

	if (e->kind == SQL_X_GROUPING && !c->failed) {
		sql_wrong(c->an, e->nargs ? e->args[0]->location : e->location, "42803", "arguments to GROUPING must be grouping expressions of the associated query level");
		c->failed = true;
	}
	return !c->failed;
}

bool sql_no_grouping(struct sql_analyser *an, struct sql_query *q)
{
	struct check c = { .an = an, .q = q };

	for (size_t i = 0; i < q->ntargets; i++)
		sql_expr_walk(q->targets[i].expr, see_grouping, &c);
	return !c.failed;
}

bool sql_check_grouping(struct sql_analyser *an, struct sql_query *q)
{
	struct check c = { .an = an, .q = q };

	for (size_t i = 0; i < q->ntargets; i++)
		sql_expr_walk(q->targets[i].expr, see, &c);
	sql_expr_walk(q->having, see, &c);
	return !c.failed;
}
