/*
 * Operators: rows and their comparison, IN, ANY and ALL over arrays, BETWEEN,
 * NULLIF, IS DISTINCT FROM. Which operator a name means is in resolve.c.
 *
 * Source: parse_expr.c of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

static struct sql_expr *negate(struct sql_analyser *an, struct sql_expr *e)
{
	return e ? sql_expr_args(an, SQL_X_NOT, T_BOOL, e->location, 1, e) : NULL;
}

/* ---- rows ---- */

struct sql_expr *sql_analyse_row(struct sql_analyser *an, const PgQuery__RowExpr *r)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_ROW, T_RECORD, r->location);
	size_t n = 0;

	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, r->n_args + 1);
	for (size_t i = 0; i < r->n_args; i++) {
		struct sql_expr *e = sql_analyse_expr(an, r->args[i]);

		if (!e)
			return NULL;
		/* ROW(t.*, 1): the columns of t */
		if (e->kind == SQL_X_ROWOF && r->args[i]->node_case == AST(COLUMN_REF) &&
		    r->args[i]->column_ref->fields[r->args[i]->column_ref->n_fields - 1]->node_case == AST(A_STAR)) {
			struct sql_expr **more = ARENA_ARRAY(an->arena, struct sql_expr *, n + e->rte->ncolumns + r->n_args + 1);

			memcpy(more, x->args, n * sizeof(*more));
			x->args = more;
			for (size_t c = 0; c < e->rte->ncolumns; c++)
				if (!e->rte->columns[c].hidden)
					x->args[n++] = sql_column_expr(an, e->rte, (int)c + 1, e->location);
			continue;
		}
		x->args[n++] = e;
	}
	x->nargs = n;
	return x;
}

struct sql_expr *sql_expr_both(struct sql_analyser *an, enum sql_expr_kind kind, struct sql_expr *a, struct sql_expr *b)
{
	if (!a || !b)
		return a ? a : b;
	return sql_expr_args(an, kind, T_BOOL, a->location, 2, a, b);
}

/* (a, b) < (c, d): field by field, as manual 9.24.5 says. */
struct sql_expr *sql_row_compare(struct sql_analyser *an, PgQuery__Node *op, const char *name, struct sql_expr **left, size_t nleft,
				 struct sql_expr **right, size_t nright, int location)
{
	struct sql_expr *x = NULL;

	(void)op;
	if (nleft != nright)
		return sql_wrong(an, location, "42601", "unequal number of entries in row expressions");
	if (!nleft)
		return sql_wrong(an, location, "0A000", "cannot compare rows of zero length");
	if (strcmp(name, "=") == 0 || strcmp(name, "<>") == 0) {
		bool equal = name[0] == '=';

		for (size_t i = 0; i < nleft; i++) {
			struct sql_expr *c = sql_operate_named(an, name, left[i], right[i], location);

			c = c ? sql_coerce_bool(an, c, equal ? "AND" : "OR") : NULL;
			if (!c)
				return NULL;
			x = sql_expr_both(an, equal ? SQL_X_AND : SQL_X_OR, x, c);
		}
		return x;
	}
	if (strcmp(name, "<") != 0 && strcmp(name, "<=") != 0 && strcmp(name, ">") != 0 && strcmp(name, ">=") != 0) {
		sql_wrong(an, location, "0A000", "could not determine interpretation of row comparison operator %s", name);
		return sql_wrong_hint(an, "Row comparison operators must be associated with btree operator families.");
	}
	char strict[2] = { name[0], 0 };
	/* from the last field: a < b OR (a = b AND rest) */
	for (size_t i = nleft; i-- > 0;) {
		struct sql_expr *c = sql_operate_named(an, i + 1 == nleft ? name : strict, left[i], right[i], location);

		if (!c)
			return NULL;
		if (i + 1 < nleft) {
			struct sql_expr *same = sql_operate_named(an, "=", left[i], right[i], location);

			if (!same)
				return NULL;
			c = sql_expr_both(an, SQL_X_OR, c, sql_expr_both(an, SQL_X_AND, same, x));
		}
		x = c;
	}
	return x;
}

static struct sql_expr *distinct(struct sql_analyser *an, struct sql_expr *a, struct sql_expr *b, bool negated, int location)
{
	if (a->kind == SQL_X_ROW && b->kind == SQL_X_ROW) {
		struct sql_expr *x = NULL;

		if (a->nargs != b->nargs)
			return sql_wrong(an, location, "42601", "unequal number of entries in row expressions");
		for (size_t i = 0; i < a->nargs; i++) {
			struct sql_expr *d = distinct(an, a->args[i], b->args[i], false, location);

			if (!d)
				return NULL;
			x = sql_expr_both(an, SQL_X_OR, x, d);
		}
		if (!x)
			x = sql_bool_const(an, false);
		return negated ? negate(an, x) : x;
	}
	struct sql_expr *same = sql_operate_named(an, "=", a, b, location);
	if (!same)
		return NULL;
	struct sql_expr *x = sql_expr_args(an, SQL_X_DISTINCT, T_BOOL, location, 1, same);
	x->negated = negated;
	return x;
}

/* ---- IN ---- */

static bool has_columns(struct sql_expr *e, void *of)
{
	if (e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF)
		*(bool *)of = true;
	return true;
}

static struct sql_expr *in_list(struct sql_analyser *an, const PgQuery__AExpr *e)
{
	bool is_not = strcmp(sql_ast_string(e->name[0]), "<>") == 0;
	struct sql_expr *left = sql_analyse_expr(an, e->lexpr);
	size_t n;
	PgQuery__Node **items = sql_ast_items(&e->rexpr, &n);
	struct sql_expr **right = left ? sql_analyse_list(an, items, n) : NULL, *x = NULL;

	if (!right)
		return NULL;
	/* values without columns become one list of one type */
	struct sql_expr **values = ARENA_ARRAY(an->arena, struct sql_expr *, n + 2), **others = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	size_t nvalues = 0, nothers = 0;
	for (size_t i = 0; i < n; i++) {
		bool columns = false;

		sql_expr_walk(right[i], has_columns, &columns);
		if (columns || left->kind == SQL_X_ROW)
			others[nothers++] = right[i];
		else
			values[1 + nvalues++] = right[i];
	}
	values[0] = left;
	uint32_t type = 0;
	if (nvalues > 1)
		type = sql_common_type(an, values, nvalues + 1, NULL, NULL);
	if (type && type != T_RECORD && !sql_type_of(an, type)->element && sql_type_of(an, sql_base_type(an, type))->kind != 'c') {
		struct sql_expr *first = NULL;

		x = sql_expr_new(an, SQL_X_INLIST, T_BOOL, e->location);
		x->args = ARENA_ARRAY(an->arena, struct sql_expr *, nvalues + 1);
		x->nargs = nvalues + 1;
		x->negated = is_not;
		for (size_t i = 1; i <= nvalues; i++) {
			struct sql_expr *v = sql_coerce_common(an, values[i], type, "IN");

			if (!v)
				return NULL;
			struct sql_expr *c = sql_operate_named(an, is_not ? "<>" : "=", left, v, e->location);
			if (!c)
				return NULL;
			if (!first)
				first = c;
			x->args[i] = c->args[1];
		}
		x->args[0] = first->args[0];
		x->proc = first->proc;
		x->operator = first->operator;
	} else {
		nothers = 0;
		for (size_t i = 0; i < n; i++)
			others[nothers++] = right[i];
	}
	for (size_t i = 0; i < nothers; i++) {
		struct sql_expr *c;

		if (left->kind == SQL_X_ROW && others[i]->kind == SQL_X_ROW)
			c = sql_row_compare(an, NULL, is_not ? "<>" : "=", left->args, left->nargs, others[i]->args, others[i]->nargs, e->location);
		else
			c = sql_operate_named(an, is_not ? "<>" : "=", left, others[i], e->location);
		c = c ? sql_coerce_bool(an, c, "IN") : NULL;
		if (!c)
			return NULL;
		x = sql_expr_both(an, is_not ? SQL_X_AND : SQL_X_OR, x, c);
	}
	return x;
}

/* ---- op ANY (array) ---- */

static struct sql_expr *over_array(struct sql_analyser *an, const PgQuery__AExpr *e, bool any)
{
	struct sql_expr *left = sql_analyse_expr(an, e->lexpr), *right = left ? sql_analyse_expr(an, e->rexpr) : NULL;

	if (!right)
		return NULL;
	if (right->type == T_UNKNOWN) {
		/* an array of what the left side is */
		uint32_t element = left->type == T_UNKNOWN ? T_TEXT : left->type;
		const struct sql_type *t = sql_type_of(an, element);
		uint32_t array = t->array;

		if (element == T_VARCHAR || element == T_NAME)
			array = T_TEXTARRAY;
		right = array ? sql_coerce(an, right, array, -1, SQL_IMPLICIT, e->location) : right;
		if (!right)
			return NULL;
	}
	const struct sql_type *t = sql_type_of(an, sql_base_type(an, right->type));
	uint32_t element = t->element ? t->element : t->oid == T_OIDVECTOR ? T_OID : t->oid == T_INT2VECTOR ? T_INT2 : 0;
	if (!element)
		return sql_wrong(an, e->location, "42809", "op ANY/ALL (array) requires array on right side");
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_NONE, NULL);
	rte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, 1);
	rte->ncolumns = 1;
	rte->columns[0] = (struct sql_rte_column){ .name = "element", .type = element, .typmod = -1 };
	struct sql_expr *item = sql_column_expr(an, rte, 1, e->location);
	struct sql_expr *c = sql_operate(an, e->name, e->n_name, left, item, e->location);
	if (!c)
		return NULL;
	if (c->type != T_BOOL)
		return sql_wrong(an, e->location, "42809", "op ANY/ALL (array) requires operator to yield boolean");
	struct sql_expr *x;
	bool plain = any && c->kind == SQL_X_CALL && c->operator && strcmp(c->operator->name, "=") == 0 && c->args[1] == item &&
		     c->operator->left == c->operator->right && !sql_type_of(an, c->args[0]->type)->element;
	if (plain) {
		x = sql_expr_args(an, SQL_X_INARRAY, T_BOOL, e->location, 2, c->args[0], right);
		x->operator = c->operator;
		x->proc = c->proc;
	} else {
		x = sql_expr_args(an, SQL_X_ANYARRAY, T_BOOL, e->location, 2, c, right);
		x->number = any;
	}
	x->rte = rte;
	return x;
}

/* ---- operators ---- */

static struct sql_expr *between(struct sql_analyser *an, const PgQuery__AExpr *e)
{
	struct sql_expr *x = sql_analyse_expr(an, e->lexpr);
	size_t n;
	PgQuery__Node **items = sql_ast_items(&e->rexpr, &n);
	struct sql_expr **ends = x ? sql_analyse_list(an, items, n) : NULL;
	bool is_not = e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN || e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
	bool symmetric = e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM || e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
	struct sql_expr *sides[2] = { NULL, NULL };

	if (!ends)
		return NULL;
	for (int i = 0; i < (symmetric ? 2 : 1); i++) {
		struct sql_expr *low = sql_operate_named(an, is_not ? "<" : ">=", x, ends[i], e->location);
		struct sql_expr *high = low ? sql_operate_named(an, is_not ? ">" : "<=", x, ends[1 - i], e->location) : NULL;

		if (!high)
			return NULL;
		sides[i] = sql_expr_both(an, is_not ? SQL_X_OR : SQL_X_AND, low, high);
	}
	return symmetric ? sql_expr_both(an, is_not ? SQL_X_AND : SQL_X_OR, sides[0], sides[1]) : sides[0];
}

static struct sql_expr *plain_operator(struct sql_analyser *an, const PgQuery__AExpr *e)
{
	const char *name = sql_ast_string(e->name[e->n_name - 1]);

	/* (a, b) = (SELECT ...): a comparison with one row */
	if (e->lexpr && e->lexpr->node_case == AST(ROW_EXPR) && e->rexpr->node_case == AST(SUB_LINK) &&
	    e->rexpr->sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK) {
		struct sql_expr *left = sql_analyse_row(an, e->lexpr->row_expr);
		struct sql_query *q = left ? sql_analyse_subquery(an, e->rexpr->sub_link->subselect) : NULL;

		if (!q)
			return NULL;
		if (q->nvisible != left->nargs)
			return sql_wrong(an, e->location, "42601", "subquery has too %s columns", q->nvisible < left->nargs ? "few" : "many");
		struct sql_expr **right = ARENA_ARRAY(an->arena, struct sql_expr *, q->nvisible + 1);
		for (size_t i = 0; i < q->nvisible; i++) {
			right[i] = sql_expr_new(an, SQL_X_MULTI, q->targets[i].expr->type, e->location);
			right[i]->query = q;
			right[i]->number = (int)i + 1;
		}
		return sql_row_compare(an, NULL, name, left->args, left->nargs, right, q->nvisible, e->location);
	}
	if (e->lexpr && e->lexpr->node_case == AST(ROW_EXPR) && e->rexpr->node_case == AST(ROW_EXPR)) {
		struct sql_expr *left = sql_analyse_row(an, e->lexpr->row_expr), *right = left ? sql_analyse_row(an, e->rexpr->row_expr) : NULL;

		return right ? sql_row_compare(an, NULL, name, left->args, left->nargs, right->args, right->nargs, e->location) : NULL;
	}
	struct sql_expr *left = e->lexpr ? sql_analyse_expr(an, e->lexpr) : NULL;
	if (e->lexpr && !left)
		return NULL;
	struct sql_expr *right = sql_analyse_expr(an, e->rexpr);
	return right ? sql_operate(an, e->name, e->n_name, left, right, e->location) : NULL;
}

struct sql_expr *sql_analyse_operation(struct sql_analyser *an, const PgQuery__AExpr *e)
{
	struct sql_expr *a, *b;

	switch (e->kind) {
	case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
	case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
	case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
	case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR:
		return plain_operator(an, e);
	case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
		return over_array(an, e, true);
	case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL:
		return over_array(an, e, false);
	case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
		return in_list(an, e);
	case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
	case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT: {
		bool negated = e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT;

		a = sql_analyse_expr(an, e->lexpr);
		b = a ? sql_analyse_expr(an, e->rexpr) : NULL;
		if (!b)
			return NULL;
		/* against NULL it is a null test */
		if ((b->kind == SQL_X_CONST && b->null) || (a->kind == SQL_X_CONST && a->null)) {
			struct sql_expr *x = sql_expr_args(an, SQL_X_ISNULL, T_BOOL, e->location, 1, b->kind == SQL_X_CONST && b->null ? a : b);
			x->args[0] = sql_settle(an, x->args[0]);
			x->negated = !negated;
			return x->args[0] ? x : NULL;
		}
		return distinct(an, a, b, negated, e->location);
	}
	case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: {
		a = sql_analyse_expr(an, e->lexpr);
		b = a ? sql_analyse_expr(an, e->rexpr) : NULL;
		struct sql_expr *c = b ? sql_operate(an, e->name, e->n_name, a, b, e->location) : NULL;
		return c ? sql_expr_args(an, SQL_X_NULLIF, c->args[0]->type, e->location, 2, c->args[0], c) : NULL;
	}
	case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
	case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
	case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
	case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
		return between(an, e);
	default:
		return sql_unsupported(an, e->location, "this kind of operator");
	}
}
