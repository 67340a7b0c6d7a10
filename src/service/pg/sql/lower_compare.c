/*
 * Comparisons that are no plain call: IS DISTINCT FROM, IN, ANY and ALL over
 * lists, arrays and queries. SQLite's own are used where they mean the same.
 */
#include "service/pg/sql/lower.h"

/* Whether SQLite's own comparison, with the type's collation, is the operator's. */
bool sql_lower_alike(struct sql_lower *l, uint32_t a, uint32_t b)
{

	a = sql_base_type(l->an, a);
	b = sql_base_type(l->an, b);
	if (a == b)
		return a != T_RECORD && sql_type_of(l->an, a)->kind != 'c';
	bool ia = a == T_INT2 || a == T_INT4 || a == T_INT8 || a == T_OID, ib = b == T_INT2 || b == T_INT4 || b == T_INT8 || b == T_OID;
	bool fa = a == T_FLOAT4 || a == T_FLOAT8, fb = b == T_FLOAT4 || b == T_FLOAT8;
	bool ta = a == T_TEXT || a == T_VARCHAR || a == T_NAME, tb = b == T_TEXT || b == T_VARCHAR || b == T_NAME;
	return (ia && ib) || (fa && fb) || (ta && tb);
}

bool sql_lower_distinct(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_expr *same = e->args[0];
	struct sql_expr *a = same->args[0], *b = same->args[1];

	buf_add_char(out, '(');
	if (sql_lower_alike(l, a->type, b->type)) {
		if (!sql_lower_expr(l, a, out))
			return false;
		buf_add_str(out, e->negated ? " IS " : " IS NOT ");
		if (!sql_lower_expr(l, b, out))
			return false;
		sql_lower_collate(l, a->type, out);
		buf_add_char(out, ')');
		return true;
	}
	buf_add_str(out, e->negated ? "coalesce(" : "NOT coalesce(");
	if (!sql_lower_expr(l, (struct sql_expr *)(uintptr_t)same, out))
		return false;
	buf_add_str(out, ", (");
	if (!sql_lower_expr(l, a, out))
		return false;
	buf_add_str(out, ") IS NULL AND (");
	if (!sql_lower_expr(l, b, out))
		return false;
	buf_add_str(out, ") IS NULL))");
	return true;
}

/* Condition over a query's or an array's items. */
bool sql_lower_any_query(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	bool ok;

	buf_add_str(out, e->number ? "(SELECT e_any(" : "(SELECT e_all(");
	e->rte->home = l;
	ok = sql_lower_expr(l, e->args[0], out);
	buf_add_str(out, ") FROM ");
	if (e->query) {
		ok = ok && sql_lower_subquery(l, e->query, out);
	} else {
		buf_addf(out, "e_items(%u, ", e->args[1]->type);
		ok = ok && sql_lower_expr(l, e->args[1], out);
		buf_add_char(out, ')');
	}
	buf_addf(out, " AS t%d)", e->rte->id);
	return ok;
}

/* ANY over a NULL array is NULL, not false. */
bool sql_lower_any_array(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_str(out, "CASE WHEN (");
	if (!sql_lower_expr(l, e->args[1], out))
		return false;
	buf_add_str(out, ") IS NOT NULL THEN ");
	bool ok = sql_lower_any_query(l, e, out);
	buf_add_str(out, " END");
	return ok;
}

bool sql_lower_in_array(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_expr *array = e->args[1];

	if (array->kind == SQL_X_ARRAY && !array->number && array->nargs && sql_lower_alike(l, e->args[0]->type, array->args[0]->type)) {
		buf_add_char(out, '(');
		if (!sql_lower_expr(l, e->args[0], out))
			return false;
		sql_lower_collate(l, e->args[0]->type, out);
		buf_add_str(out, " IN (");
		bool ok = sql_lower_list(l, array->args, array->nargs, out);
		buf_add_str(out, "))");
		return ok;
	}
	buf_add_char(out, '(');
	if (!sql_lower_expr(l, e->args[0], out))
		return false;
	sql_lower_collate(l, e->args[0]->type, out);
	buf_addf(out, " IN (SELECT c1 FROM e_items(%u, ", array->type);
	if (!sql_lower_expr(l, e->args[1], out))
		return false;
	buf_add_str(out, ")))");
	return true;
}

bool sql_lower_in_list(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_char(out, '(');
	if (!sql_lower_alike(l, e->args[0]->type, e->args[1]->type) || e->operator->left != e->operator->right) {
		for (size_t i = 1; i < e->nargs; i++) {
			struct sql_expr *one = sql_expr_args(l->an, SQL_X_CALL, T_BOOL, e->location, 2, e->args[0], e->args[i]);

			one->proc = e->proc;
			buf_add_str(out, i == 1 ? "" : e->negated ? " AND " : " OR ");
			if (!sql_lower_expr(l, one, out))
				return false;
		}
		buf_add_char(out, ')');
		return true;
	}
	if (!sql_lower_expr(l, e->args[0], out))
		return false;
	sql_lower_collate(l, e->args[0]->type, out);
	buf_add_str(out, e->negated ? " NOT IN (" : " IN (");
	bool ok = sql_lower_list(l, e->args + 1, e->nargs - 1, out);
	buf_add_str(out, "))");
	return ok;
}

bool sql_lower_in_query(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_char(out, '(');
	if (!sql_lower_expr(l, e->args[0], out))
		return false;
	sql_lower_collate(l, e->args[0]->type, out);
	buf_add_str(out, " IN ");
	bool ok = sql_lower_subquery(l, e->query, out);
	buf_add_char(out, ')');
	return ok;
}
