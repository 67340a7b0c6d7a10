/*
 * Calls of functions and operators in SQLite's words: which of the library's
 * forms a function has says how it is written. Aggregates and windows are in
 * lower_aggregate.c.
 */
#include "service/pg/sql/lower.h"

const struct sql_impl *sql_lower_impl(struct sql_lower *l, const struct sql_expr *e)
{
	const struct sql_impl *i = sql_impl_find(e->proc->source);

	if (!i) {
		struct buf b;

		buf_init(&b, 4096);
		for (size_t k = 0; k < e->proc->nargs; k++)
			buf_addf(&b, "%s%s", k ? ", " : "", sql_type_words(l->an, e->proc->types[k]));
		sql_wrong(l->an, e->location, "0A000", "function %s(%s) is not supported by this fake", e->proc->name, b.ptr);
		buf_release(&b);
	}
	return i;
}

bool sql_lower_list(struct sql_lower *l, struct sql_expr *const *list, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_str(out, ", ");
		if (!sql_lower_expr(l, list[i], out))
			return false;
	}
	return true;
}

/* type, argument, type, argument ... */
bool sql_lower_typed(struct sql_lower *l, uint32_t result, struct sql_expr *const *list, size_t n, struct buf *out)
{
	buf_addf(out, "%u", result);
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, ", %u, ", list[i]->type);
		if (!sql_lower_expr(l, list[i], out))
			return false;
	}
	return true;
}

void sql_lower_name(const char *prefix, const char *name, struct buf *out)
{
	buf_addf(out, "\"%s%s\"", prefix, name);
}

/* An INLINE template: $1, $2 are the arguments. */
static bool inlined(struct sql_lower *l, const char *template, struct sql_expr *const *args, size_t n, struct buf *out)
{
	for (const char *p = template; *p; p++) {
		if (p[0] != '$' || p[1] < '1' || p[1] > '9') {
			buf_add_char(out, *p);
			continue;
		}
		size_t k = (size_t)(p[1] - '1');
		p++;
		if (k >= n)
			buf_add_str(out, "NULL");
		else if (!sql_lower_expr(l, args[k], out))
			return false;
	}
	return true;
}

/* COLLATION FOR (expression): known when it is lowered. */
static bool collation_for(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_expr *of = e->args[0];
	uint32_t collation = of->collation ? of->collation : sql_type_of(l->an, of->type)->collation;

	if (of->type == T_UNKNOWN && !of->collation) {
		buf_add_str(out, "NULL");
		return true;
	}
	for (const struct sql_expr *x = of; !of->collation && x->kind == SQL_X_COLUMN && x->number > 0 && x->rte->columns[x->number - 1].collation;) {
		collation = x->rte->columns[x->number - 1].collation;
		break;
	}
	if (!collation)
		return sql_wrong(l->an, e->location, "42804", "collations are not supported by type %s", sql_type_words(l->an, of->type)) != NULL;
	for (size_t i = 0; i < sql_ncollation_facts; i++)
		if (sql_collation_facts[i].oid == collation) {
			sql_lower_string(arena_printf(l->an->arena, strcmp(sql_collation_facts[i].name, "ucs_basic") == 0 ? "%s" : "\"%s\"", sql_collation_facts[i].name), out);
			return true;
		}
	buf_add_str(out, "NULL");
	return true;
}

bool sql_lower_call(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	if (strcmp(e->proc->source, "pg_collation_for") == 0)
		return collation_for(l, e, out);
	const struct sql_impl *i = sql_lower_impl(l, e);
	bool ok = true;

	if (!i)
		return false;
	switch (i->form) {
	case SQL_FORM_INLINE:
		buf_add_char(out, '(');
		ok = inlined(l, i->text, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_FORM_CALL:
		sql_lower_name("p_", e->proc->source, out);
		buf_add_char(out, '(');
		ok = sql_lower_list(l, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_FORM_TYPED:
		if (e->variadic && e->proc->variadic == T_ANY) {
			/* the array's items are arguments */
			buf_addf(out, "e_variadic('p_%s', ", e->proc->source);
			ok = sql_lower_typed(l, e->type, e->args, e->nargs, out);
			buf_add_char(out, ')');
			return ok;
		}
		sql_lower_name("p_", e->proc->source, out);
		buf_add_char(out, '(');
		ok = sql_lower_typed(l, e->type, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	default:
		return sql_wrong(l->an, e->location, "0A000", "function %s is not supported here by this fake", e->proc->name) != NULL;
	}
}

bool sql_lower_set(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_impl *i = sql_lower_impl(l, e);

	if (!i)
		return false;
	if (i->form != SQL_FORM_ROWS)
		return sql_wrong(l->an, e->location, "0A000", "function %s is not supported here by this fake", e->proc->name) != NULL;
	sql_lower_name("s_", e->proc->source, out);
	buf_add_char(out, '(');
	bool ok = i->typed ? sql_lower_typed(l, e->type, e->args, e->nargs, out) : sql_lower_list(l, e->args, e->nargs, out);
	buf_add_char(out, ')');
	return ok;
}
