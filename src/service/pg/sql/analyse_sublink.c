/*
 * Subqueries in expressions: EXISTS, IN, ANY, ALL, ARRAY, and those that stand
 * for a value.
 *
 * Source: transformSubLink of PostgreSQL 15; manual 9.23.
 */
#include "service/pg/sql/analyse.h"

static struct sql_expr *scalar(struct sql_analyser *an, struct sql_query *q, const PgQuery__SubLink *s, enum sql_expr_kind kind)
{
	if (q->nvisible != 1)
		return sql_wrong(an, s->location, "42601", "subquery must return only one column");
	const struct sql_expr *e = q->targets[0].expr;
	uint32_t type = e->type;
	if (kind == SQL_X_ARRAYSUB) {
		const struct sql_type *t = sql_type_of(an, type);

		type = t->element ? type : t->array;
		if (!type)
			return sql_wrong(an, s->location, "42704", "could not find array type for data type %s", sql_type_words(an, e->type));
	}
	struct sql_expr *x = sql_expr_new(an, kind, type, s->location);
	x->query = q;
	x->typmod = e->typmod;
	return x;
}

/* x op ANY (SELECT ...), (a, b) IN (SELECT ...) */
static struct sql_expr *quantified(struct sql_analyser *an, struct sql_query *q, const PgQuery__SubLink *s, bool any)
{
	struct sql_expr *test = sql_analyse_expr(an, s->testexpr), **left = &test;
	size_t nleft = 1;
	const char *name = s->n_oper_name ? sql_ast_string(s->oper_name[s->n_oper_name - 1]) : "=";

	if (!test)
		return NULL;
	if (test->kind == SQL_X_ROW) {
		left = test->args;
		nleft = test->nargs;
	}
	if (q->nvisible != nleft)
		return sql_wrong(an, s->location, "42601", "subquery has too %s columns", q->nvisible < nleft ? "few" : "many");
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_NONE, NULL);
	rte->columns = sql_query_columns(an, q, &rte->ncolumns);
	struct sql_expr **right = ARENA_ARRAY(an->arena, struct sql_expr *, nleft + 1);
	for (size_t i = 0; i < nleft; i++)
		right[i] = sql_column_expr(an, rte, (int)i + 1, s->location);
	struct sql_expr *c;
	if (test->kind == SQL_X_ROW)
		c = sql_row_compare(an, NULL, name, left, nleft, right, nleft, s->location);
	else
		c = sql_operate_named(an, name, left[0], right[0], s->location);
	if (!c)
		return NULL;
	if (c->type != T_BOOL)
		return sql_wrong(an, s->location, "42804", "row comparison operator must yield type boolean, not type %s", sql_type_words(an, c->type));
	if (any && nleft == 1 && c->operator && strcmp(c->operator->name, "=") == 0 && c->args[1] == right[0] &&
	    c->operator->left == c->operator->right) {
		struct sql_expr *x = sql_expr_args(an, SQL_X_INSUB, T_BOOL, s->location, 1, c->args[0]);

		x->query = q;
		x->proc = c->proc;
		x->operator = c->operator;
		return x;
	}
	struct sql_expr *x = sql_expr_args(an, SQL_X_ANYSUB, T_BOOL, s->location, 1, c);
	x->query = q;
	x->rte = rte;
	x->number = any;
	return x;
}

struct sql_expr *sql_analyse_sublink(struct sql_analyser *an, const PgQuery__SubLink *s)
{
	enum sql_clause c = an->scope->clause;
	static const struct {
		enum sql_clause clause;
		const char *words;
	} refused[] = {
		{ SQL_IN_CHECK, "check constraint" }, { SQL_IN_DEFAULT, "DEFAULT expression" }, { SQL_IN_INDEX, "index expression" },
		{ SQL_IN_PREDICATE, "index predicate" }, { SQL_IN_GENERATED, "column generation expression" }, { SQL_IN_USING, "transform expression" },
		{ SQL_IN_EXECUTE, "EXECUTE parameter" }, { SQL_IN_COPY, "COPY FROM WHERE condition" },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i].clause == c)
			return sql_wrong(an, s->location, "0A000", "cannot use subquery in %s", refused[i].words);
	struct sql_query *q = sql_analyse_subquery(an, s->subselect);
	if (!q)
		return NULL;
	switch (s->sub_link_type) {
	case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK: {
		struct sql_expr *x = sql_expr_new(an, SQL_X_EXISTS, T_BOOL, s->location);

		x->query = q;
		return x;
	}
	case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK:
		return scalar(an, q, s, SQL_X_SCALAR);
	case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK:
		return scalar(an, q, s, SQL_X_ARRAYSUB);
	case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
		return quantified(an, q, s, true);
	case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK:
		return quantified(an, q, s, false);
	default:
		return sql_unsupported(an, s->location, "this kind of subquery");
	}
}
