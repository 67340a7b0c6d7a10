/*
 * Expressions of the analysed tree: making, comparing and walking them.
 */
#include "service/pg/sql/analyse.h"

struct sql_expr *sql_expr_new(struct sql_analyser *an, enum sql_expr_kind kind, uint32_t type, int location)
{
	struct sql_expr *x = ARENA_NEW(an->arena, struct sql_expr);

	x->kind = kind;
	x->type = type;
	x->typmod = -1;
	x->location = location;
	return x;
}

struct sql_expr *sql_expr_args(struct sql_analyser *an, enum sql_expr_kind kind, uint32_t type, int location, size_t nargs, ...)
{
	struct sql_expr *x = sql_expr_new(an, kind, type, location);
	va_list ap;

	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, nargs + 1);
	x->nargs = nargs;
	va_start(ap, nargs);
	for (size_t i = 0; i < nargs; i++)
		x->args[i] = va_arg(ap, struct sql_expr *);
	va_end(ap);
	return x;
}

struct sql_expr *sql_null(struct sql_analyser *an, uint32_t type)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_CONST, type, -1);

	x->null = true;
	return x;
}

struct sql_expr *sql_int_const(struct sql_analyser *an, uint32_t type, int64_t value)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_CONST, type, -1);

	x->value = (struct sql_datum){ .kind = SQL_INT, .i = value };
	return x;
}

struct sql_expr *sql_bool_const(struct sql_analyser *an, bool value)
{
	return sql_int_const(an, T_BOOL, value);
}

struct sql_expr *sql_column_expr(struct sql_analyser *an, struct sql_rte *rte, int number, int location)
{
	const struct sql_rte_column *c = rte->columns + number - 1;

	if (c->expr) {
		struct sql_expr *x = ARENA_NEW(an->arena, struct sql_expr);

		*x = *c->expr;
		x->location = location;
		return x;
	}
	struct sql_expr *x = sql_expr_new(an, SQL_X_COLUMN, c->type, location);
	x->rte = rte;
	x->number = number;
	x->typmod = c->typmod;
	x->collation = 0;
	return x;
}

static bool same_list(struct sql_expr *const *a, struct sql_expr *const *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((!a[i] != !b[i]) || (a[i] && !sql_expr_same(a[i], b[i])))
			return false;
	return true;
}

static bool same_datum(struct sql_datum a, struct sql_datum b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case SQL_NULL:
		return true;
	case SQL_INT:
		return a.i == b.i;
	case SQL_REAL:
		return a.d == b.d;
	default:
		return slice_eq(a.s, b.s);
	}
}

bool sql_expr_same(const struct sql_expr *a, const struct sql_expr *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->type != b->type || a->nargs != b->nargs || a->number != b->number || a->negated != b->negated ||
	    a->rte != b->rte || a->proc != b->proc || a->distinct != b->distinct || a->star != b->star || a->query != b->query ||
	    a->window != b->window || a->method != b->method || a->collation != b->collation || a->nsort != b->nsort ||
	    !a->filter != !b->filter)
		return false;
	if (a->kind == SQL_X_CONST) {
		if (a->null || b->null)
			return a->null == b->null;
		if (a->literal || b->literal) {
			if (a->literal != b->literal || !slice_eq(a->text, b->text))
				return false;
			/* true only while both stay as they are */
			*a->fixed = *b->fixed = true;
			return true;
		}
		return same_datum(a->value, b->value);
	}
	if (a->kind == SQL_X_CAST && a->typmod != b->typmod)
		return false;
	for (size_t i = 0; i < a->nsort; i++)
		if (a->sort[i].descending != b->sort[i].descending || !sql_expr_same(a->sort[i].expr, b->sort[i].expr))
			return false;
	if (a->filter && !sql_expr_same(a->filter, b->filter))
		return false;
	return same_list(a->args, b->args, a->nargs);
}

static void walk_from(const struct sql_from *f, bool (*see)(struct sql_expr *e, void *of), void *of)
{
	if (!f)
		return;
	if (!f->left) {
		if (f->rte->query)
			sql_query_walk(f->rte->query, see, of);
		for (size_t i = 0; i < f->rte->nfunctions; i++)
			sql_expr_walk(f->rte->functions[i].call, see, of);
		return;
	}
	walk_from(f->left, see, of);
	walk_from(f->right, see, of);
	sql_expr_walk(f->on, see, of);
}

void sql_query_walk(struct sql_query *q, bool (*see)(struct sql_expr *e, void *of), void *of)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->nctes; i++)
		if (q->ctes[i]->query)
			sql_query_walk(q->ctes[i]->query, see, of);
	for (size_t i = 0; i < q->nfrom; i++)
		walk_from(q->from[i], see, of);
	for (size_t i = 0; i < q->ntargets; i++)
		sql_expr_walk(q->targets[i].expr, see, of);
	sql_expr_walk(q->where, see, of);
	for (size_t i = 0; i < q->ngroup; i++)
		sql_expr_walk(q->group[i], see, of);
	sql_expr_walk(q->having, see, of);
	for (size_t i = 0; i < q->ndistinct_on; i++)
		sql_expr_walk(q->distinct_on[i], see, of);
	sql_expr_walk(q->limit, see, of);
	sql_expr_walk(q->offset, see, of);
	for (size_t i = 0; i < q->nvalues; i++)
		for (size_t j = 0; j < q->nvisible; j++)
			sql_expr_walk(q->values[i][j], see, of);
	sql_query_walk(q->left, see, of);
	sql_query_walk(q->right, see, of);
}

void sql_expr_walk(struct sql_expr *e, bool (*see)(struct sql_expr *e, void *of), void *of)
{
	if (!e || !see(e, of))
		return;
	for (size_t i = 0; i < e->nargs; i++)
		sql_expr_walk(e->args[i], see, of);
	for (size_t i = 0; i < e->nsort; i++)
		sql_expr_walk(e->sort[i].expr, see, of);
	sql_expr_walk(e->filter, see, of);
	if (e->window) {
		for (size_t i = 0; i < e->window->npartition; i++)
			sql_expr_walk(e->window->partition[i], see, of);
		for (size_t i = 0; i < e->window->nsort; i++)
			sql_expr_walk(e->window->sort[i].expr, see, of);
	}
	sql_query_walk(e->query, see, of);
}
