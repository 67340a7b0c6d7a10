/*
 * Expressions: constants, operators, CASE and its kin, rows, arrays, casts.
 * Names are in analyse_name.c, calls in analyse_call.c, subqueries in
 * analyse_sublink.c.
 *
 * Source: parse_expr.c of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

#define DEPTH_MAX 900 /* SQLite's limit is 1,000; deeper ones are refused as PostgreSQL does when its stack ends */

static struct sql_expr *constant(struct sql_analyser *an, const PgQuery__AConst *c)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_CONST, T_UNKNOWN, c->location);

	if (c->isnull) {
		x->null = true;
		return x;
	}
	x->literal = c->location >= 0 && !an->no_positions;
	switch (c->val_case) {
	case PG_QUERY__A__CONST__VAL_SVAL:
		x->text = slice_str(c->sval->sval);
		return x;
	case PG_QUERY__A__CONST__VAL_BOOLVAL:
		x = sql_bool_const(an, c->boolval->boolval);
		x->location = c->location;
		return x;
	case PG_QUERY__A__CONST__VAL_FVAL: {
		int64_t v;

		x->text = slice_str(c->fval->fval);
		x->type = slice_to_i64(x->text, &v) ? T_INT8 : T_NUMERIC;
		break;
	}
	case PG_QUERY__A__CONST__VAL_BSVAL:
		x->text = arena_slice(an->arena, slice_str(c->bsval->bsval));
		x->type = T_BIT;
		x->literal = false;
		an->uncacheable = true;
		if (x->text.len && (x->text.ptr[0] == 'b' || x->text.ptr[0] == 'x')) {
			struct sql_datum v;

			if (!sql_type_in(an->env, T_BIT, -1, x->text, &v))
				return sql_error_at(an, c->location), NULL;
			x->value = v;
			if (v.kind == SQL_TEXT)
				x->value.s = arena_slice(an->arena, v.s);
		}
		return x;
	default: /* 0 may come as no value at all */
		x->type = T_INT4;
		x->text = arena_printf(an->arena, "%d", c->val_case == PG_QUERY__A__CONST__VAL_IVAL ? c->ival->ival : 0);
		break;
	}
	if (!x->literal) {
		struct sql_datum v;

		if (!sql_type_in(an->env, x->type, -1, x->text, &v))
			return NULL;
		x->value = v;
		if (v.kind == SQL_TEXT)
			x->value.s = arena_slice(an->arena, v.s);
	}
	return x;
}

static struct sql_expr *parameter(struct sql_analyser *an, const PgQuery__ParamRef *p)
{
	size_t n = (size_t)p->number;

	if (p->number <= 0 || p->number > 65535 || an->no_params || (an->params_fixed && n > an->nparams))
		return sql_wrong(an, p->location, "42P02", "there is no parameter $%d", p->number);
	if (n > an->param_cap) {
		size_t cap = n + 16;
		uint32_t *grown = ARENA_ARRAY(an->arena, uint32_t, cap);

		if (an->nparams)
			memcpy(grown, an->params, an->nparams * sizeof(*grown));
		an->params = grown;
		an->param_cap = cap;
	}
	if (n > an->nparams)
		an->nparams = n;
	struct sql_expr *x = sql_expr_new(an, SQL_X_PARAM, an->params[n - 1] ? an->params[n - 1] : T_UNKNOWN, p->location);
	x->number = p->number;
	return x;
}

static struct sql_expr **list(struct sql_analyser *an, PgQuery__Node **nodes, size_t n)
{
	struct sql_expr **out = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);

	for (size_t i = 0; i < n; i++) {
		out[i] = sql_analyse_expr(an, nodes[i]);
		if (!out[i])
			return NULL;
	}
	return out;
}

static struct sql_expr *negate(struct sql_analyser *an, struct sql_expr *e)
{
	return e ? sql_expr_args(an, SQL_X_NOT, T_BOOL, e->location, 1, e) : NULL;
}

/* ---- AND, OR, NOT ---- */

static struct sql_expr *boolean(struct sql_analyser *an, const PgQuery__BoolExpr *b)
{
	static const char *const words[] = { "", "AND", "OR", "NOT" };
	int op = b->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? 1 : b->boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? 2 : 3;
	struct sql_expr *x = sql_expr_new(an, op == 1 ? SQL_X_AND : op == 2 ? SQL_X_OR : SQL_X_NOT, T_BOOL, b->location);

	x->args = list(an, b->args, b->n_args);
	x->nargs = b->n_args;
	for (size_t i = 0; x->args && i < x->nargs; i++) {
		x->args[i] = sql_coerce_bool(an, x->args[i], words[op]);
		if (!x->args[i])
			return NULL;
	}
	return x->args ? x : NULL;
}

/* ---- rows ---- */

static struct sql_expr *row(struct sql_analyser *an, const PgQuery__RowExpr *r)
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

static struct sql_expr *both(struct sql_analyser *an, enum sql_expr_kind kind, struct sql_expr *a, struct sql_expr *b)
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
			x = both(an, equal ? SQL_X_AND : SQL_X_OR, x, c);
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
			c = both(an, SQL_X_OR, c, both(an, SQL_X_AND, same, x));
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
			x = both(an, SQL_X_OR, x, d);
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
	struct sql_expr **right = left ? list(an, items, n) : NULL, *x = NULL;

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
		x = both(an, is_not ? SQL_X_AND : SQL_X_OR, x, c);
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
	struct sql_expr **ends = x ? list(an, items, n) : NULL;
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
		sides[i] = both(an, is_not ? SQL_X_OR : SQL_X_AND, low, high);
	}
	return symmetric ? both(an, is_not ? SQL_X_AND : SQL_X_OR, sides[0], sides[1]) : sides[0];
}

static struct sql_expr *plain_operator(struct sql_analyser *an, const PgQuery__AExpr *e)
{
	const char *name = sql_ast_string(e->name[e->n_name - 1]);

	/* (a, b) = (SELECT ...): a comparison with one row */
	if (e->lexpr && e->lexpr->node_case == AST(ROW_EXPR) && e->rexpr->node_case == AST(SUB_LINK) &&
	    e->rexpr->sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK) {
		struct sql_expr *left = row(an, e->lexpr->row_expr);
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
		struct sql_expr *left = row(an, e->lexpr->row_expr), *right = left ? row(an, e->rexpr->row_expr) : NULL;

		return right ? sql_row_compare(an, NULL, name, left->args, left->nargs, right->args, right->nargs, e->location) : NULL;
	}
	struct sql_expr *left = e->lexpr ? sql_analyse_expr(an, e->lexpr) : NULL;
	if (e->lexpr && !left)
		return NULL;
	struct sql_expr *right = sql_analyse_expr(an, e->rexpr);
	return right ? sql_operate(an, e->name, e->n_name, left, right, e->location) : NULL;
}

static struct sql_expr *operation(struct sql_analyser *an, const PgQuery__AExpr *e)
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

/* ---- CASE, COALESCE, GREATEST ---- */

static struct sql_expr *case_when(struct sql_analyser *an, const PgQuery__CaseExpr *c)
{
	struct sql_expr *test = c->arg ? sql_settle(an, sql_analyse_expr(an, c->arg)) : NULL;
	size_t n = c->n_args;
	struct sql_expr *x = sql_expr_new(an, SQL_X_CASE, 0, c->location), **results = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);

	if (c->arg && !test)
		return NULL;
	x->nargs = 2 * n + 1;
	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, x->nargs);
	for (size_t i = 0; i < n; i++) {
		const PgQuery__CaseWhen *w = c->args[i]->case_when;
		struct sql_expr *when = sql_analyse_expr(an, w->expr);

		if (when && test)
			when = sql_operate_named(an, "=", test, when, w->location >= 0 ? sql_location_of(w->expr) : -1);
		when = when ? sql_coerce_bool(an, when, "CASE/WHEN") : NULL;
		if (!when)
			return NULL;
		x->args[2 * i] = when;
		results[1 + i] = sql_analyse_expr(an, w->result);
		if (!results[1 + i])
			return NULL;
		if (!sql_no_sets(an, when, "set-returning functions are not allowed in CASE") ||
		    !sql_no_sets(an, results[1 + i], "set-returning functions are not allowed in CASE"))
			return NULL;
	}
	results[0] = c->defresult ? sql_analyse_expr(an, c->defresult) : sql_null(an, T_UNKNOWN);
	if (!results[0] || !sql_no_sets(an, results[0], "set-returning functions are not allowed in CASE"))
		return NULL;
	x->type = sql_common_type(an, results, n + 1, "CASE", NULL);
	if (!x->type)
		return NULL;
	for (size_t i = 0; i <= n; i++) {
		results[i] = sql_coerce_common(an, results[i], x->type, i ? "CASE/WHEN" : "CASE/ELSE");
		if (!results[i])
			return NULL;
		x->args[i ? 2 * i - 1 : 2 * n] = results[i];
	}
	x->typmod = c->defresult ? sql_common_typmod(results, n + 1, x->type) : sql_common_typmod(results + 1, n, x->type);
	return x;
}

static struct sql_expr *common(struct sql_analyser *an, enum sql_expr_kind kind, PgQuery__Node **nodes, size_t n, const char *words,
			       int location)
{
	struct sql_expr *x = sql_expr_new(an, kind, 0, location);

	x->args = list(an, nodes, n);
	x->nargs = n;
	x->type = x->args ? sql_common_type(an, x->args, n, words, NULL) : 0;
	if (!x->type)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		x->args[i] = sql_coerce_common(an, x->args[i], x->type, words);
		if (!x->args[i])
			return NULL;
		if (kind == SQL_X_COALESCE && !sql_no_sets(an, x->args[i], "set-returning functions are not allowed in COALESCE"))
			return NULL;
	}
	x->typmod = sql_common_typmod(x->args, n, x->type);
	if (kind != SQL_X_COALESCE && !sql_has_order(an, x->type)) {
		sql_wrong(an, location, "42883", "could not identify a comparison function for type %s", sql_type_words(an, x->type));
		return NULL;
	}
	return x;
}

/* ---- arrays ---- */

/* `array` 0: find out. */
static struct sql_expr *array(struct sql_analyser *an, const PgQuery__AArrayExpr *a, uint32_t array_type, int32_t typmod, bool is_explicit)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_ARRAY, 0, a->location);
	uint32_t element = array_type ? sql_type_of(an, sql_base_type(an, array_type))->element : 0;

	x->nargs = a->n_elements;
	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, x->nargs + 1);
	for (size_t i = 0; i < x->nargs; i++) {
		if (a->elements[i]->node_case == AST(A_ARRAY_EXPR)) {
			x->args[i] = array(an, a->elements[i]->a_array_expr, array_type, typmod, is_explicit);
			x->number = 1;
		} else {
			x->args[i] = sql_analyse_expr(an, a->elements[i]);
			if (x->args[i] && sql_type_of(an, sql_base_type(an, x->args[i]->type))->element)
				x->number = 1;
		}
		if (!x->args[i])
			return NULL;
	}
	if (!array_type) {
		if (!x->nargs) {
			sql_wrong(an, a->location, "42P18", "cannot determine type of empty array");
			return sql_wrong_hint(an, "Explicitly cast to the desired type, for example ARRAY[]::integer[].");
		}
		uint32_t common_type = sql_common_type(an, x->args, x->nargs, "ARRAY", NULL);

		if (!common_type)
			return NULL;
		if (x->number) {
			array_type = common_type;
			element = common_type;
		} else {
			element = common_type;
			array_type = sql_type_of(an, common_type)->array;
		}
		if (!array_type)
			return sql_wrong(an, a->location, "42704", "could not find array type for data type %s", sql_type_words(an, common_type));
	} else if (x->number) {
		element = array_type;
	}
	for (size_t i = 0; i < x->nargs; i++) {
		struct sql_expr *e = is_explicit ? sql_coerce_to(an, x->args[i], element, typmod, SQL_EXPLICIT, x->args[i]->location) :
						   sql_coerce_common(an, x->args[i], element, "ARRAY");

		if (!e && !an->env->error)
			return sql_wrong(an, x->args[i]->location, "42846", "cannot cast type %s to %s", sql_type_words(an, x->args[i]->type),
					 sql_type_words(an, element));
		if (!e)
			return NULL;
		x->args[i] = e;
	}
	x->type = array_type;
	if (x->nargs)
		x->typmod = sql_common_typmod(x->args, x->nargs, element);
	return x;
}

static struct sql_expr *subscripts(struct sql_analyser *an, struct sql_expr *of, PgQuery__Node **items, size_t n)
{
	uint32_t base = sql_base_type(an, of->type);
	const struct sql_type *t = sql_type_of(an, base);
	uint32_t element = t->element ? t->element : base == T_OIDVECTOR ? T_OID : base == T_INT2VECTOR ? T_INT2 : base == T_NAME ? T_CHAR : 0;
	struct sql_expr *x = sql_expr_new(an, SQL_X_SUBSCRIPT, 0, of->location);
	bool slices = false;

	if (!element && base != T_JSONB)
		return sql_wrong(an, of->location, "42804", "cannot subscript type %s because it does not support subscripting",
				 sql_type_words(an, of->type));
	for (size_t i = 0; i < n; i++)
		slices |= items[i]->a_indices->is_slice;
	if (slices && base == T_NAME)
		return sql_wrong(an, of->location, "0A000", "slices of type name are not supported by this fake");
	if (slices && base == T_JSONB)
		return sql_wrong(an, of->location, "0A000", "jsonb subscript does not support slices");
	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, 1 + 2 * n);
	x->args[x->nargs++] = of;
	x->negated = slices;
	x->type = base == T_JSONB ? T_JSONB : slices ? base : element;
	x->typmod = of->typmod;
	for (size_t i = 0; i < n; i++) {
		const PgQuery__AIndices *ix = items[i]->a_indices;
		PgQuery__Node *ends[2] = { slices ? ix->lidx : NULL, ix->uidx };

		for (int k = slices ? 0 : 1; k < 2; k++) {
			struct sql_expr *e = NULL;

			if (slices && !ix->is_slice && k == 0) {
				x->args[x->nargs++] = sql_int_const(an, T_INT4, 1);
				continue;
			}
			if (ends[k]) {
				e = sql_analyse_expr(an, ends[k]);
				uint32_t from = e ? e->type : 0;
				if (e && base == T_JSONB)
					e = from == T_INT4 ? sql_coerce_to(an, e, T_TEXT, -1, SQL_ASSIGNMENT, e->location) :
							     sql_coerce_to(an, e, T_TEXT, -1, SQL_IMPLICIT, e->location);
				else if (e)
					e = sql_coerce_to(an, e, T_INT4, -1, SQL_ASSIGNMENT, e->location);
				if (!e && !an->env->error)
					return sql_wrong(an, sql_location_of(ends[k]), "42804", "array subscript must have type integer");
				if (!e)
					return NULL;
			}
			x->args[x->nargs++] = e;
		}
	}
	return x;
}

static struct sql_expr *indirection(struct sql_analyser *an, const PgQuery__AIndirection *ind)
{
	struct sql_expr *x = sql_analyse_expr(an, ind->arg);

	for (size_t i = 0; x && i < ind->n_indirection;) {
		if (ind->indirection[i]->node_case == AST(A_INDICES)) {
			size_t n = 1;

			while (i + n < ind->n_indirection && ind->indirection[i + n]->node_case == AST(A_INDICES))
				n++;
			x = subscripts(an, x, ind->indirection + i, n);
			i += n;
			continue;
		}
		const char *name = sql_ast_string(ind->indirection[i]);
		if (!name)
			return sql_wrong(an, x->location, "42601", "row expansion via \"*\" is not supported here");
		x = sql_field_of(an, x, name, x->location);
		i++;
	}
	return x;
}

/* ---- casts ---- */

static struct sql_expr *type_cast(struct sql_analyser *an, const PgQuery__TypeCast *c)
{
	uint32_t type;
	int32_t typmod;
	struct sql_expr *e;

	if (!sql_resolve_type(an, c->type_name, &type, &typmod)) {
		sql_error_at(an, c->type_name->location);
		return NULL;
	}
	if (c->arg->node_case == AST(A_ARRAY_EXPR) && sql_type_of(an, sql_base_type(an, type))->element) {
		e = array(an, c->arg->a_array_expr, sql_base_type(an, type), typmod, true);
		if (!e)
			return NULL;
	} else {
		e = sql_analyse_expr(an, c->arg);
	}
	if (!e)
		return NULL;
	int location = c->location >= 0 ? c->location : sql_location_of(c->arg);
	struct sql_expr *x = sql_coerce_to(an, e, type, typmod, SQL_EXPLICIT, location);
	if (!x && !an->env->error)
		return sql_wrong(an, location, "42846", "cannot cast type %s to %s", sql_type_words(an, e->type), sql_type_words(an, type));
	return x;
}

static struct sql_expr *value_function(struct sql_analyser *an, const PgQuery__SQLValueFunction *f)
{
	static const struct {
		uint32_t type;
		const char *name;
	} kinds[] = {
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE] = { T_DATE, "current_date" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME] = { T_TIMETZ, "current_time" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N] = { T_TIMETZ, "current_time" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP] = { T_TIMESTAMPTZ, "current_timestamp" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N] = { T_TIMESTAMPTZ, "current_timestamp" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME] = { T_TIME, "localtime" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N] = { T_TIME, "localtime" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP] = { T_TIMESTAMP, "localtimestamp" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N] = { T_TIMESTAMP, "localtimestamp" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE] = { T_NAME, "current_role" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER] = { T_NAME, "current_user" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER] = { T_NAME, "user" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER] = { T_NAME, "session_user" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG] = { T_NAME, "current_catalog" },
		[PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA] = { T_NAME, "current_schema" },
	};

	if (f->op >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[f->op].type)
		return sql_unsupported(an, f->location, "this value function");
	struct sql_expr *x = sql_expr_new(an, SQL_X_VALUE, kinds[f->op].type, f->location);
	x->number = (int)f->op;
	x->name = kinds[f->op].name;
	if (f->typmod >= 0 && (f->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N ||
			       f->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N ||
			       f->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N ||
			       f->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N))
		return sql_coerce_modifier(an, x, x->type, f->typmod, SQL_EXPLICIT);
	return x;
}

static struct sql_expr *collate(struct sql_analyser *an, const PgQuery__CollateClause *c)
{
	struct sql_expr *e = sql_analyse_expr(an, c->arg);
	const char *name = sql_ast_string(c->collname[c->n_collname - 1]);

	if (!e)
		return NULL;
	if (e->type != T_UNKNOWN && !sql_type_of(an, e->type)->collation)
		return sql_wrong(an, c->location, "42804", "collations are not supported by type %s", sql_type_words(an, e->type));
	for (size_t i = 0; i < sql_ncollation_facts; i++)
		if (strcmp(sql_collation_facts[i].name, name) == 0) {
			struct sql_expr *x = sql_expr_args(an, SQL_X_COLLATE, e->type, c->location, 1, e);

			x->collation = sql_collation_facts[i].oid;
			x->typmod = e->typmod;
			return x;
		}
	return sql_wrong(an, c->location, "42704", "collation \"%s\" for encoding \"UTF8\" does not exist", name);
}

static struct sql_expr *null_test(struct sql_analyser *an, const PgQuery__NullTest *t)
{
	struct sql_expr *e = sql_analyse_expr(an, t->arg);
	bool negated = t->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL;

	e = sql_settle(an, e);
	if (!e)
		return NULL;
	/* a row is NULL when all of its fields are, and NOT NULL when none is */
	if (e->kind == SQL_X_ROWOF) {
		struct sql_expr *fields = sql_expr_new(an, SQL_X_ROW, T_RECORD, e->location);

		fields->args = ARENA_ARRAY(an->arena, struct sql_expr *, e->rte->ncolumns + 1);
		for (size_t i = 0; i < e->rte->ncolumns; i++)
			if (!e->rte->columns[i].hidden)
				fields->args[fields->nargs++] = sql_column_expr(an, e->rte, (int)i + 1, e->location);
		e = fields;
	}
	if (e->kind == SQL_X_ROW) {
		struct sql_expr *x = NULL;

		for (size_t i = 0; i < e->nargs; i++) {
			struct sql_expr *one = sql_expr_args(an, SQL_X_ISNULL, T_BOOL, t->location, 1, e->args[i]);

			one->negated = negated;
			x = both(an, SQL_X_AND, x, one);
		}
		return x ? x : sql_bool_const(an, true);
	}
	struct sql_expr *x = sql_expr_args(an, SQL_X_ISNULL, T_BOOL, t->location, 1, e);
	x->negated = negated;
	return x;
}

static struct sql_expr *boolean_test(struct sql_analyser *an, const PgQuery__BooleanTest *t)
{
	static const char *const words[] = { "", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN" };
	struct sql_expr *e = sql_analyse_expr(an, t->arg);

	e = e ? sql_coerce_bool(an, e, words[t->booltesttype]) : NULL;
	if (!e)
		return NULL;
	struct sql_expr *x = sql_expr_args(an, SQL_X_BOOLTEST, T_BOOL, t->location, 1, e);
	x->negated = t->booltesttype % 2 == 0;
	x->number = t->booltesttype <= 2 ? 1 : t->booltesttype <= 4 ? 0 : 2;
	return x;
}

static struct sql_expr *grouping(struct sql_analyser *an, const PgQuery__GroupingFunc *g)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_GROUPING, T_INT4, g->location);

	if (g->n_args > 31)
		return sql_wrong(an, g->location, "54023", "GROUPING must have fewer than 32 arguments");
	x->args = list(an, g->args, g->n_args);
	x->nargs = g->n_args;
	return x->args ? x : NULL;
}

static struct sql_expr *analyse(struct sql_analyser *an, PgQuery__Node *n)
{
	switch (n->node_case) {
	case AST(A_CONST):
		return constant(an, n->a_const);
	case AST(PARAM_REF):
		return parameter(an, n->param_ref);
	case AST(COLUMN_REF):
		return sql_analyse_column(an, n->column_ref);
	case AST(A_EXPR):
		return operation(an, n->a_expr);
	case AST(BOOL_EXPR):
		return boolean(an, n->bool_expr);
	case AST(FUNC_CALL):
		return sql_analyse_call(an, n->func_call);
	case AST(SUB_LINK):
		return sql_analyse_sublink(an, n->sub_link);
	case AST(TYPE_CAST):
		return type_cast(an, n->type_cast);
	case AST(CASE_EXPR):
		return case_when(an, n->case_expr);
	case AST(COALESCE_EXPR):
		return common(an, SQL_X_COALESCE, n->coalesce_expr->args, n->coalesce_expr->n_args, "COALESCE", n->coalesce_expr->location);
	case AST(MIN_MAX_EXPR): {
		bool greatest = n->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST;

		return common(an, greatest ? SQL_X_GREATEST : SQL_X_LEAST, n->min_max_expr->args, n->min_max_expr->n_args,
			      greatest ? "GREATEST" : "LEAST", n->min_max_expr->location);
	}
	case AST(ROW_EXPR):
		return row(an, n->row_expr);
	case AST(A_ARRAY_EXPR):
		return array(an, n->a_array_expr, 0, -1, false);
	case AST(A_INDIRECTION):
		return indirection(an, n->a_indirection);
	case AST(NULL_TEST):
		return null_test(an, n->null_test);
	case AST(BOOLEAN_TEST):
		return boolean_test(an, n->boolean_test);
	case AST(SQLVALUE_FUNCTION):
		return value_function(an, n->sqlvalue_function);
	case AST(COLLATE_CLAUSE):
		return collate(an, n->collate_clause);
	case AST(GROUPING_FUNC):
		return grouping(an, n->grouping_func);
	case AST(SET_TO_DEFAULT):
		if (an->scope && (an->scope->clause == SQL_IN_INSERT || an->scope->clause == SQL_IN_VALUES))
			return sql_expr_new(an, SQL_X_DEFAULT, T_UNKNOWN, n->set_to_default->location);
		return sql_wrong(an, n->set_to_default->location, "42601", "DEFAULT is not allowed in this context");
	case AST(XML_EXPR):
	case AST(XML_SERIALIZE):
		return sql_unsupported(an, sql_location_of(n), "XML");
	case AST(CURRENT_OF_EXPR):
		return sql_unsupported(an, -1, "WHERE CURRENT OF");
	default:
		return sql_unsupported(an, sql_location_of(n), "this expression");
	}
}

struct sql_expr *sql_analyse_expr(struct sql_analyser *an, PgQuery__Node *n)
{
	if (++an->depth > DEPTH_MAX) {
		an->depth--;
		sql_wrong(an, -1, "54001", "stack depth limit exceeded");
		return sql_wrong_hint(an, "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.");
	}
	struct sql_expr *x = analyse(an, n);
	an->depth--;
	return x;
}

struct sql_expr *sql_analyse_clause(struct sql_analyser *an, PgQuery__Node *n, enum sql_clause clause)
{
	enum sql_clause before = an->scope->clause;

	an->scope->clause = clause;
	struct sql_expr *x = sql_analyse_expr(an, n);
	an->scope->clause = before;
	return x;
}

struct sql_expr *sql_analyse_condition(struct sql_analyser *an, PgQuery__Node *n, enum sql_clause clause, const char *words)
{
	struct sql_expr *x = sql_analyse_clause(an, n, clause);

	return x ? sql_coerce_bool(an, x, words) : NULL;
}
