/*
 * What a lowering stands on: what is bound, what comes from around it, and the
 * values that stand for themselves: constants, parameters, columns. Expressions
 * over them are in lower_expr.c.
 */
#include "service/pg/sql/lower.h"

#define BINDS_MAX 30000 /* SQLite takes 32,766 */

void sql_lower_init(struct sql_lower *l, struct sql_analyser *an, struct sql_binds *binds)
{
	*l = (struct sql_lower){ .an = an, .binds = binds, .direct = true };
}

void sql_lower_inner(struct sql_lower *l, struct sql_lower *parent)
{
	*l = (struct sql_lower){ .an = parent->an, .parent = parent, .binds = parent->binds };
}

const char *sql_lower_detach(struct sql_lower *l, struct buf *b)
{
	const char *s = arena_slice(l->an->arena, buf_slice(b)).ptr;

	buf_release(b);
	return s;
}

void sql_lower_string(struct slice s, struct buf *out)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			buf_add_char(out, '\'');
		buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, '\'');
}

void sql_lower_collate(struct sql_lower *l, uint32_t type, struct buf *out)
{
	const char *c = sql_type_collation(l->an->env, sql_base_type(l->an, type));

	if (c)
		buf_addf(out, " COLLATE %s", c);
}

void sql_lower_swap(struct sql_lower *l, const struct sql_expr *e, const char *text)
{
	if (l->nswaps == l->swap_cap) {
		size_t cap = l->swap_cap ? l->swap_cap * 2 : 16;
		struct sql_swap *grown = ARENA_ARRAY(l->an->arena, struct sql_swap, cap);

		if (l->nswaps)
			memcpy(grown, l->swaps, l->nswaps * sizeof(*grown));
		l->swaps = grown;
		l->swap_cap = cap;
	}
	l->swaps[l->nswaps++] = (struct sql_swap){ e, text };
}

void sql_lower_arg(struct sql_lower *l, const char *text, struct buf *out)
{
	for (size_t i = 0; i < l->nargs; i++)
		if (strcmp(l->args[i], text) == 0) {
			buf_addf(out, "?%d", l->arg_base + (int)i + 1);
			return;
		}
	if (l->nargs == l->arg_cap) {
		size_t cap = l->arg_cap ? l->arg_cap * 2 : 16;
		const char **grown = ARENA_ARRAY(l->an->arena, const char *, cap);

		if (l->nargs)
			memcpy(grown, l->args, l->nargs * sizeof(*grown));
		l->args = grown;
		l->arg_cap = cap;
	}
	l->args[l->nargs++] = text;
	buf_addf(out, "?%d", l->arg_base + (int)l->nargs);
}

/* ---- values from outside ---- */

static void write_bind(struct sql_lower *l, size_t index, struct buf *out)
{
	struct buf above;

	if (l->direct || !l->parent) {
		buf_addf(out, "?%d", l->bind_base + (int)index + 1);
		return;
	}
	buf_init(&above, 64);
	write_bind(l->parent, index, &above);
	sql_lower_arg(l, sql_lower_detach(l, &above), out);
}

static size_t add_bind(struct sql_lower *l, struct sql_bind b)
{
	struct sql_binds *all = l->binds;

	for (size_t i = 0; b.kind == SQL_BIND_PARAM && i < all->n; i++)
		if (all->list[i].kind == SQL_BIND_PARAM && all->list[i].number == b.number)
			return i;
	for (size_t i = 0; b.kind == SQL_BIND_LITERAL && i < all->n; i++)
		if (all->list[i].kind == SQL_BIND_LITERAL && all->list[i].location == b.location && all->list[i].type == b.type &&
		    all->list[i].typmod == b.typmod)
			return i;
	for (size_t i = 0; b.kind == SQL_BIND_VALUE && i < all->n; i++)
		if (all->list[i].kind == SQL_BIND_VALUE && all->list[i].value.kind == b.value.kind && all->list[i].value.s.ptr == b.value.s.ptr)
			return i;
	if (all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 32;
		struct sql_bind *grown = ARENA_ARRAY(l->an->arena, struct sql_bind, cap);

		if (all->n)
			memcpy(grown, all->list, all->n * sizeof(*grown));
		all->list = grown;
		all->cap = cap;
	}
	all->list[all->n] = b;
	return all->n++;
}

static void write_datum(struct sql_datum v, struct buf *out)
{
	switch (v.kind) {
	case SQL_NULL:
		buf_add_str(out, "NULL");
		break;
	case SQL_INT:
		if (v.i == INT64_MIN)
			buf_add_str(out, "(-9223372036854775807-1)");
		else
			buf_addf(out, v.i < 0 ? "(%lld)" : "%lld", (long long)v.i);
		break;
	case SQL_REAL:
		buf_addf(out, "(%.17g)", v.d);
		break;
	case SQL_TEXT:
		sql_lower_string(v.s, out);
		break;
	case SQL_BLOB:
		buf_add_str(out, "x'");
		buf_add_hex(out, v.s.ptr, v.s.len);
		buf_add_char(out, '\'');
		break;
	}
}

bool sql_lower_constant(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	struct sql_datum v = e->value;

	if (e->null) {
		buf_add_str(out, "NULL");
		return true;
	}
	bool inlined_here = l->inline_literals;
	for (const struct sql_lower *p = l->parent; p; p = p->parent)
		inlined_here |= p->inline_literals;
	if (e->literal && !inlined_here && l->binds->n < BINDS_MAX) {
		write_bind(l, add_bind(l, (struct sql_bind){ .kind = SQL_BIND_LITERAL, .type = e->type, .typmod = e->typmod,
							     .location = e->location, .text = e->text, .fixed = e->fixed }), out);
		return true;
	}
	if (e->literal) {
		l->an->uncacheable = true; /* by its text only */
		if (!sql_type_in(l->an->env, e->type == T_UNKNOWN ? T_TEXT : e->type, e->typmod, e->text, &v))
			return sql_error_at(l->an, e->location), false;
	} else if (e->type == T_UNKNOWN && v.kind == SQL_NULL) {
		v = (struct sql_datum){ .kind = SQL_TEXT, .s = e->text };
	}
	if (v.kind == SQL_REAL && !(v.d - v.d == 0)) {
		write_bind(l, add_bind(l, (struct sql_bind){ .kind = SQL_BIND_VALUE, .value = v }), out);
		return true;
	}
	if (v.kind == SQL_TEXT && memchr(v.s.ptr ? v.s.ptr : "", 0, v.s.len)) {
		write_bind(l, add_bind(l, (struct sql_bind){ .kind = SQL_BIND_VALUE, .value = v }), out);
		return true;
	}
	write_datum(v, out);
	return true;
}

void sql_lower_computed(struct sql_lower *l, struct slice query, struct buf *out)
{
	write_bind(l, add_bind(l, (struct sql_bind){ .kind = SQL_BIND_QUERY, .text = query, .location = -1 }), out);
}

bool sql_lower_column(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	if (e->rte->home == l || (e->rte->kind == SQL_RTE_NONE && e->rte->home == l)) {
		switch (e->number) {
		case -1:
			buf_addf(out, "e_tid(t%d.rid)", e->rte->id);
			return true;
		case -2:
			buf_addf(out, "t%d.xmin", e->rte->id);
			return true;
		case -4:
			buf_addf(out, "coalesce(t%d.xmax, 0)", e->rte->id);
			return true;
		case -3:
		case -5:
			buf_add_str(out, "0");
			return true;
		case -6:
			buf_addf(out, "%u", e->rte->relation->oid);
			return true;
		default:
			break;
		}
		if (e->rte->kind == SQL_RTE_FUNCTION && e->rte->ordinality && (size_t)e->number == e->rte->ncolumns)
			buf_addf(out, "t%d.ord", e->rte->id);
		else
			buf_addf(out, "t%d.c%d", e->rte->id, e->number);
		return true;
	}
	for (size_t i = 0; i < l->ncuts; i++)
		if (l->cuts[i].rte == e->rte) {
			if (e->number == -6)
				buf_addf(out, "%u", e->rte->relation->oid);
			else if (e->number == -3 || e->number == -5)
				buf_add_char(out, '0');
			else if (e->number < 0 && l->cuts[i].version)
				buf_addf(out, e->number == -1 ? "e_tid(?%d)" : "?%d", l->cuts[i].version + (e->number == -1 ? 1 : e->number == -2 ? 2 : 3));
			else if (e->number < 0)
				return sql_unsupported(l->an, e->location, "a system column here") != NULL;
			else
				buf_addf(out, "?%d", l->cuts[i].base + e->number);
			return true;
		}
	if (l->parent) {
		struct buf above;

		buf_init(&above, SQL_TEXT_MAX);
		bool ok = sql_lower_column(l->parent, e, &above);
		const char *text = sql_lower_detach(l, &above);
		if (ok)
			sql_lower_arg(l, text, out);
		return ok;
	}
	return sql_wrong(l->an, e->location, "XX000", "column %d of t%d is out of reach", e->number, e->rte->id) != NULL;
}

void sql_lower_param(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	write_bind(l, add_bind(l, (struct sql_bind){ .kind = SQL_BIND_PARAM, .number = e->number, .type = e->type }), out);
}
