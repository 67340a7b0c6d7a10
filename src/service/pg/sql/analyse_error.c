/*
 * What the analysis has to complain about, with the place in the text turned
 * into characters; and where in the text a node of the tree stands.
 */
#include "base/utf8.h"
#include "service/pg/sql/analyse.h"

void *sql_wrong(struct sql_analyser *an, int location, const char *sqlstate, const char *fmt, ...)
{
	bool first = !an->env->error;
	va_list ap;

	va_start(ap, fmt);
	struct slice text = arena_vprintf(an->env->arena, fmt, ap);
	va_end(ap);
	sql_raise_env(an->env, sqlstate, "%.*s", SLICE_ARG(text));
	if (first)
		sql_error_at(an, location);
	return NULL;
}

void sql_error_at(struct sql_analyser *an, int location)
{
	struct sql_error *e = an->env->error;

	if (e && !e->position && location >= 0 && !an->no_positions && (size_t)location <= an->text.len)
		e->position = (int)slice_chars(slice_take(an->text, (size_t)location)) + 1;
}

void *sql_wrong_hint(struct sql_analyser *an, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct slice text = arena_vprintf(an->env->arena, fmt, ap);
	va_end(ap);
	if (an->env->error && !an->env->error->hint.len)
		sql_hint(an->env, an->env->error, "%.*s", SLICE_ARG(text));
	return NULL;
}

void *sql_wrong_detail(struct sql_analyser *an, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct slice text = arena_vprintf(an->env->arena, fmt, ap);
	va_end(ap);
	if (an->env->error && !an->env->error->detail.len)
		sql_detail(an->env, an->env->error, "%.*s", SLICE_ARG(text));
	return NULL;
}

void *sql_unsupported(struct sql_analyser *an, int location, const char *what)
{
	return sql_wrong(an, location, "0A000", "%s is not supported by this fake", what);
}

const char *sql_type_words(struct sql_analyser *an, uint32_t type)
{
	struct buf b;

	buf_init(&b, 4096);
	sql_type_format(an->env, type, -1, &b);
	const char *words = arena_slice(an->arena, buf_slice(&b)).ptr;
	buf_release(&b);
	return words;
}

static bool find_set(struct sql_expr *e, void *of)
{
	struct sql_expr **found = of;

	if (e->kind == SQL_X_SET && !*found)
		*found = e;
	return !e->query;
}

bool sql_no_sets(struct sql_analyser *an, struct sql_expr *e, const char *words)
{
	struct sql_expr *found = NULL;

	sql_expr_walk(e, find_set, &found);
	if (!found)
		return true;
	sql_wrong(an, found->location, "0A000", "%s", words);
	sql_wrong_hint(an, "You might be able to move the set-returning function into a LATERAL FROM item.");
	return false;
}

static int least(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static int least_of(PgQuery__Node **list, size_t n)
{
	int at = -1;

	for (size_t i = 0; i < n; i++)
		at = least(at, sql_location_of(list[i]));
	return at;
}

/* exprLocation() of PostgreSQL: the leftmost token that belongs to the expression. */
int sql_location_of(const PgQuery__Node *n)
{
	if (!n)
		return -1;
	switch (n->node_case) {
	case AST(A_CONST):
		return n->a_const->location;
	case AST(COLUMN_REF):
		return n->column_ref->location;
	case AST(PARAM_REF):
		return n->param_ref->location;
	case AST(A_EXPR):
		return least(n->a_expr->location, sql_location_of(n->a_expr->lexpr));
	case AST(FUNC_CALL):
		return n->func_call->location;
	case AST(TYPE_CAST):
		return least(least(n->type_cast->location, sql_location_of(n->type_cast->arg)),
			     n->type_cast->type_name ? n->type_cast->type_name->location : -1);
	case AST(BOOL_EXPR):
		return least(n->bool_expr->location, least_of(n->bool_expr->args, n->bool_expr->n_args));
	case AST(SUB_LINK):
		return least(n->sub_link->location, sql_location_of(n->sub_link->testexpr));
	case AST(CASE_EXPR):
		return n->case_expr->location;
	case AST(CASE_WHEN):
		return n->case_when->location;
	case AST(COALESCE_EXPR):
		return n->coalesce_expr->location;
	case AST(MIN_MAX_EXPR):
		return n->min_max_expr->location;
	case AST(ROW_EXPR):
		return n->row_expr->location;
	case AST(A_ARRAY_EXPR):
		return n->a_array_expr->location;
	case AST(NULL_TEST):
		return least(n->null_test->location, sql_location_of(n->null_test->arg));
	case AST(BOOLEAN_TEST):
		return least(n->boolean_test->location, sql_location_of(n->boolean_test->arg));
	case AST(COLLATE_CLAUSE):
		return sql_location_of(n->collate_clause->arg);
	case AST(A_INDIRECTION):
		return sql_location_of(n->a_indirection->arg);
	case AST(SQLVALUE_FUNCTION):
		return n->sqlvalue_function->location;
	case AST(RES_TARGET):
		return n->res_target->location;
	case AST(RANGE_VAR):
		return n->range_var->location;
	case AST(SORT_BY):
		return sql_location_of(n->sort_by->node);
	case AST(SET_TO_DEFAULT):
		return n->set_to_default->location;
	case AST(NAMED_ARG_EXPR):
		return least(n->named_arg_expr->location, sql_location_of(n->named_arg_expr->arg));
	case AST(GROUPING_FUNC):
		return n->grouping_func->location;
	case AST(GROUPING_SET):
		return n->grouping_set->location;
	case AST(TYPE_NAME):
		return n->type_name->location;
	case AST(COLUMN_DEF):
		return n->column_def->location;
	case AST(LIST):
		return least_of(n->list->items, n->list->n_items);
	case AST(MULTI_ASSIGN_REF):
		return sql_location_of(n->multi_assign_ref->source);
	case AST(XML_EXPR):
		return n->xml_expr->location;
	case AST(SELECT_STMT):
		return n->select_stmt->n_target_list ? sql_location_of(n->select_stmt->target_list[0]) :
						       n->select_stmt->n_values_lists ? sql_location_of(n->select_stmt->values_lists[0]) : -1;
	default:
		return -1;
	}
}
