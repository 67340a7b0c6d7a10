/*
 * Arrays as expressions: ARRAY[...], subscripts and slices, and what else follows
 * a value after a dot or in brackets. ARRAY(SELECT ...) is in analyse_sublink.c.
 *
 * Source: parse_expr.c, arraysubs.c of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

/* `array` 0: find out. */
struct sql_expr *sql_analyse_array(struct sql_analyser *an, const PgQuery__AArrayExpr *a, uint32_t array_type, int32_t typmod, bool is_explicit)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_ARRAY, 0, a->location);
	uint32_t element = array_type ? sql_type_of(an, sql_base_type(an, array_type))->element : 0;

	x->nargs = a->n_elements;
	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, x->nargs + 1);
	for (size_t i = 0; i < x->nargs; i++) {
		if (a->elements[i]->node_case == AST(A_ARRAY_EXPR)) {
			x->args[i] = sql_analyse_array(an, a->elements[i]->a_array_expr, array_type, typmod, is_explicit);
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

struct sql_expr *sql_analyse_subscripts(struct sql_analyser *an, struct sql_expr *of, PgQuery__Node **items, size_t n)
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
	for (size_t i = 0; base == T_JSONB && i < n; i++)
		if (items[i]->a_indices->is_slice) {
			const PgQuery__AIndices *ix = items[i]->a_indices;
			return sql_wrong(an, sql_location_of(ix->uidx ? ix->uidx : ix->lidx), "42804", "jsonb subscript does not support slices");
		}
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
				if (base == T_JSONB && from == T_INT4 && i < 31)
					x->number |= 1 << i;
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

struct sql_expr *sql_analyse_indirection(struct sql_analyser *an, const PgQuery__AIndirection *ind)
{
	struct sql_expr *x = sql_analyse_expr(an, ind->arg);

	for (size_t i = 0; x && i < ind->n_indirection;) {
		if (ind->indirection[i]->node_case == AST(A_INDICES)) {
			size_t n = 1;

			while (i + n < ind->n_indirection && ind->indirection[i + n]->node_case == AST(A_INDICES))
				n++;
			x = sql_analyse_subscripts(an, x, ind->indirection + i, n);
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
