/*
 * Expressions: constants, parameters, AND and OR, CASE and its kin, casts, tests.
 * Names are in analyse_name.c, calls in analyse_call.c, operators and rows in
 * analyse_operator.c, arrays in analyse_array.c, subqueries in
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
	x->fixed = ARENA_NEW(an->arena, bool);
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
		/* a minus that the grammar has folded may make it an integer again */
		x->type = !slice_to_i64(x->text, &v) ? T_NUMERIC : v >= INT32_MIN && v <= INT32_MAX ? T_INT4 : T_INT8;
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

struct sql_expr **sql_analyse_list(struct sql_analyser *an, PgQuery__Node **nodes, size_t n)
{
	struct sql_expr **out = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);

	for (size_t i = 0; i < n; i++) {
		out[i] = sql_analyse_expr(an, nodes[i]);
		if (!out[i])
			return NULL;
	}
	return out;
}

/* ---- AND, OR, NOT ---- */

static struct sql_expr *boolean(struct sql_analyser *an, const PgQuery__BoolExpr *b)
{
	static const char *const words[] = { "", "AND", "OR", "NOT" };
	int op = b->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? 1 : b->boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? 2 : 3;
	struct sql_expr *x = sql_expr_new(an, op == 1 ? SQL_X_AND : op == 2 ? SQL_X_OR : SQL_X_NOT, T_BOOL, b->location);

	x->args = sql_analyse_list(an, b->args, b->n_args);
	x->nargs = b->n_args;
	for (size_t i = 0; x->args && i < x->nargs; i++) {
		x->args[i] = sql_coerce_bool(an, x->args[i], words[op]);
		if (!x->args[i])
			return NULL;
	}
	return x->args ? x : NULL;
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
	x->number = test != NULL; /* CASE x WHEN: each condition is x = something */
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

	x->args = sql_analyse_list(an, nodes, n);
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
		e = sql_analyse_array(an, c->arg->a_array_expr, sql_base_type(an, type), typmod, true);
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
			one->number = 1; /* a row inside of it is one value */
			x = sql_expr_both(an, SQL_X_AND, x, one);
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
	x->args = sql_analyse_list(an, g->args, g->n_args);
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
		return sql_analyse_operation(an, n->a_expr);
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
		return sql_analyse_row(an, n->row_expr);
	case AST(A_ARRAY_EXPR):
		return sql_analyse_array(an, n->a_array_expr, 0, -1, false);
	case AST(A_INDIRECTION):
		return sql_analyse_indirection(an, n->a_indirection);
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
		return sql_analyse_current(an, n->current_of_expr);
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
