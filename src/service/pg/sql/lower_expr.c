/*
 * Expressions in SQLite's words. Every value is of the type that the analysis
 * gave it, so nothing here converts; operators and functions are the library's.
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

static bool constant(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
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

static bool column(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
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
			else if (e->number < 0)
				return sql_unsupported(l->an, e->location, "a system column here") != NULL;
			else
				buf_addf(out, "?%d", l->cuts[i].base + e->number);
			return true;
		}
	if (l->parent) {
		struct buf above;

		buf_init(&above, SQL_TEXT_MAX);
		bool ok = column(l->parent, e, &above);
		const char *text = sql_lower_detach(l, &above);
		if (ok)
			sql_lower_arg(l, text, out);
		return ok;
	}
	return sql_wrong(l->an, e->location, "XX000", "column %d of t%d is out of reach", e->number, e->rte->id) != NULL;
}

/* ---- calls ---- */

static const struct sql_impl *impl_of(struct sql_lower *l, const struct sql_expr *e)
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
static bool typed_list(struct sql_lower *l, uint32_t result, struct sql_expr *const *list, size_t n, struct buf *out)
{
	buf_addf(out, "%u", result);
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, ", %u, ", list[i]->type);
		if (!sql_lower_expr(l, list[i], out))
			return false;
	}
	return true;
}

static void quoted_name(const char *prefix, const char *name, struct buf *out)
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

static bool call(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_impl *i = impl_of(l, e);
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
		quoted_name("p_", e->proc->source, out);
		buf_add_char(out, '(');
		ok = sql_lower_list(l, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_FORM_TYPED:
		if (e->variadic && strncmp(e->proc->source, "pg_num_n", 8) == 0)
			return sql_wrong(l->an, e->location, "0A000", "%s(VARIADIC array) is not supported by this fake", e->proc->name) != NULL;
		quoted_name("p_", e->proc->source, out);
		buf_add_char(out, '(');
		/* VARIADIC array of "any": the negative type says so */
		ok = typed_list(l, e->type, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	default:
		return sql_wrong(l->an, e->location, "0A000", "function %s is not supported here by this fake", e->proc->name) != NULL;
	}
}

bool sql_lower_set(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_impl *i = impl_of(l, e);

	if (!i)
		return false;
	if (i->form != SQL_FORM_ROWS)
		return sql_wrong(l->an, e->location, "0A000", "function %s is not supported here by this fake", e->proc->name) != NULL;
	quoted_name("s_", e->proc->source, out);
	buf_add_char(out, '(');
	bool ok = i->typed ? typed_list(l, e->type, e->args, e->nargs, out) : sql_lower_list(l, e->args, e->nargs, out);
	buf_add_char(out, ')');
	return ok;
}

/* ---- aggregates and windows ---- */

bool sql_lower_sort_key(struct sql_lower *l, const struct sql_sort *k, const char *text, struct buf *out)
{
	if (text)
		buf_add_str(out, text);
	else if (!sql_lower_expr(l, k->expr, out))
		return false;
	sql_lower_collate(l, k->expr->type, out);
	buf_add_str(out, k->descending ? " DESC" : "");
	/* SQLite has NULLs first when ascending, PostgreSQL last */
	buf_add_str(out, k->nulls_first ? (k->descending ? " NULLS FIRST" : "") : (k->descending ? "" : " NULLS LAST"));
	return true;
}

static bool varies(struct sql_expr *e, void *of)
{
	*(bool *)of |= e->kind != SQL_X_CONST && e->kind != SQL_X_CAST && e->kind != SQL_X_CALL;
	return !*(bool *)of;
}

/*
 * SQLite takes no call of a function here, only constants and what is bound (its parser asks
 * before names are resolved). So constants are computed now; a parameter is bound as it is,
 * where it means the same.
 */
static bool frame_offset(struct sql_lower *l, int32_t frame, bool start, const struct sql_window *w, const struct sql_expr *offset, struct buf *out)
{
	struct sql_expr *e = (struct sql_expr *)(uintptr_t)offset;
	struct sql_lower inner;
	struct sql_datum v = { 0 };
	sqlite3_stmt *q = NULL;
	struct buf b;
	bool other = false;

	sql_expr_walk(e, varies, &other);
	if (other) {
		while (e->kind == SQL_X_CAST && e->method == SQL_CAST_SAME)
			e = e->args[0];
		if (e->kind == SQL_X_PARAM && (!(frame & 2) || e->type == T_INT2 || e->type == T_INT4 || e->type == T_INT8))
			return sql_lower_expr(l, e, out);
		return sql_wrong(l->an, offset->location, "0A000", "a frame offset that is no constant is not supported by this fake") != NULL;
	}
	sql_lower_init(&inner, l->an, l->binds);
	inner.inline_literals = true;
	buf_init(&b, SQL_TEXT_MAX);
	if (frame & 2)
		buf_addf(&b, "SELECT e_range_offset(%u, %u, ", sql_base_type(l->an, w->sort[0].expr->type), offset->type);
	else
		buf_addf(&b, "SELECT e_frame_offset(%d, ", start ? 1 : 0);
	bool ok = sql_lower_expr(&inner, e, &b);
	buf_add_char(&b, ')');
	const char *text = sql_lower_detach(l, &b);
	sqlite3 *db = l->an->session->engine->db;
	if (ok && sqlite3_prepare_v2(db, text, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		v = sql_datum_column(q, 0);
	if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
		v.kind = SQL_NULL;
	sqlite3_finalize(q);
	if (l->an->env->error || !ok)
		return false;
	if (v.kind == SQL_INT)
		buf_addf(out, "%lld", (long long)v.i);
	else if (v.kind == SQL_REAL)
		buf_addf(out, "%.17g", v.d);
	else
		return sql_wrong(l->an, offset->location, "0A000", "this frame offset is not supported by this fake") != NULL;
	return true;
}

static bool frame_end(struct sql_lower *l, int32_t frame, bool start, const struct sql_window *w, struct buf *out)
{
	const struct sql_expr *offset = start ? w->start : w->end;
	int32_t preceding = start ? 0x800 : 0x1000, following = start ? 0x2000 : 0x4000;

	if (frame & (start ? 0x20 : 0x40))
		buf_add_str(out, "UNBOUNDED PRECEDING");
	else if (frame & (start ? 0x80 : 0x100))
		buf_add_str(out, "UNBOUNDED FOLLOWING");
	else if (frame & (start ? 0x200 : 0x400))
		buf_add_str(out, "CURRENT ROW");
	if (!(frame & (preceding | following)))
		return true;
	if (!frame_offset(l, frame, start, w, offset, out))
		return false;
	buf_add_str(out, frame & preceding ? " PRECEDING" : " FOLLOWING");
	return true;
}

bool sql_lower_window(struct sql_lower *l, const struct sql_window *w, struct buf *out)
{
	int32_t f = w->frame;
	bool offsets = f & (0x800 | 0x1000 | 0x2000 | 0x4000);

	buf_add_str(out, " OVER (");
	for (size_t i = 0; i < w->npartition; i++) {
		buf_add_str(out, i ? ", " : "PARTITION BY ");
		if (!sql_lower_expr(l, w->partition[i], out))
			return false;
		sql_lower_collate(l, w->partition[i]->type, out);
	}
	for (size_t i = 0; i < w->nsort; i++) {
		buf_add_str(out, i ? ", " : " ORDER BY ");
		if ((f & 2) && offsets && sql_base_type(l->an, w->sort[i].expr->type) == T_NUMERIC) {
			buf_add_str(out, "CAST(");
			if (!sql_lower_expr(l, w->sort[i].expr, out))
				return false;
			buf_add_str(out, " AS REAL)");
			buf_add_str(out, w->sort[i].descending ? " DESC" : " NULLS LAST");
			continue;
		}
		if (!sql_lower_sort_key(l, w->sort + i, NULL, out))
			return false;
	}
	if (f & 1) {
		buf_add_str(out, f & 2 ? " RANGE BETWEEN " : f & 4 ? " ROWS BETWEEN " : " GROUPS BETWEEN ");
		if (!frame_end(l, f, true, w, out))
			return false;
		buf_add_str(out, " AND ");
		if (!frame_end(l, f, false, w, out))
			return false;
		buf_add_str(out, f & 0x8000 ? " EXCLUDE CURRENT ROW" : f & 0x10000 ? " EXCLUDE GROUP" : f & 0x20000 ? " EXCLUDE TIES" : "");
	}
	buf_add_char(out, ')');
	return true;
}

static bool filter(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	if (!e->filter)
		return true;
	buf_add_str(out, " FILTER (WHERE ");
	if (!sql_lower_expr(l, e->filter, out))
		return false;
	buf_add_char(out, ')');
	return true;
}

static bool sort_keys(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	for (size_t i = 0; i < e->nsort; i++) {
		const struct sql_sort *k = e->sort + i;

		buf_add_str(out, ", ");
		if (!sql_lower_expr(l, k->expr, out))
			return false;
		buf_addf(out, ", %llu", (unsigned long long)k->expr->type << 8 | (k->descending ? 1u : 0u) | (k->nulls_first ? 2u : 0u));
	}
	/* DISTINCT over several: the keys cover the arguments */
	for (size_t i = 0; e->distinct && i < e->nargs; i++) {
		bool found = false;

		for (size_t k = 0; k < e->nsort; k++)
			found |= sql_expr_same(e->sort[k].expr, e->args[i]);
		if (found)
			continue;
		buf_add_str(out, ", ");
		if (!sql_lower_expr(l, e->args[i], out))
			return false;
		buf_addf(out, ", %llu", (unsigned long long)e->args[i]->type << 8);
	}
	return true;
}

static bool aggregate(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_impl *i;
	size_t n = e->nargs;

	if (strcmp(e->proc->source, "count()") == 0 && !e->nsort) {
		buf_add_str(out, "count(*)");
		return filter(l, e, out) && (!e->window || sql_lower_window(l, e->window, out));
	}
	if (strcmp(e->proc->source, "count(any)") == 0 && !e->nsort) {
		buf_add_str(out, e->distinct ? "count(DISTINCT " : "count(");
		if (!sql_lower_expr(l, e->args[0], out))
			return false;
		if (e->distinct)
			sql_lower_collate(l, e->args[0]->type, out);
		buf_add_char(out, ')');
		return filter(l, e, out) && (!e->window || sql_lower_window(l, e->window, out));
	}
	i = impl_of(l, e);
	if (!i)
		return false;
	if (i->form != SQL_FORM_AGGREGATE)
		return sql_wrong(l->an, e->location, "0A000", "aggregate %s is not supported by this fake", e->proc->name) != NULL;
	if (e->window && !i->window)
		return sql_wrong(l->an, e->location, "0A000", "aggregate %s is not supported as a window function by this fake", e->proc->name) != NULL;
	bool by = e->nsort || (e->distinct && (n > 1 || i->typed));
	quoted_name(i->text, by ? "_by" : "", out);
	buf_add_char(out, '(');
	if (e->ndirect || (e->nsort && e->proc->kind == 'a' && sql_aggregate_find(e->proc->oid) && sql_aggregate_find(e->proc->oid)->kind != 'n'))
		n = e->ndirect;
	if (by)
		buf_addf(out, "%zu", (i->typed ? 1 + 2 * n : n) + (e->distinct ? 256 : 0));
	if (i->typed) {
		buf_add_str(out, by ? ", " : "");
		if (!typed_list(l, e->type, e->args, n, out))
			return false;
	} else {
		if (n)
			buf_add_str(out, by ? ", " : e->distinct ? "DISTINCT " : "");
		if (!sql_lower_list(l, e->args, n, out))
			return false;
		if (!by && e->distinct)
			sql_lower_collate(l, e->args[0]->type, out);
	}
	if (by && !sort_keys(l, e, out))
		return false;
	buf_add_char(out, ')');
	return filter(l, e, out) && (!e->window || sql_lower_window(l, e->window, out));
}

static bool window_function(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	static const struct {
		const char *source, *name;
	} names[] = {
		{ "window_row_number", "row_number" }, { "window_rank", "rank" }, { "window_dense_rank", "dense_rank" },
		{ "window_percent_rank", "percent_rank" }, { "window_cume_dist", "cume_dist" }, { "window_ntile", "ntile" },
		{ "window_lag", "lag" }, { "window_lag_with_offset", "lag" }, { "window_lag_with_offset_and_default", "lag" },
		{ "window_lead", "lead" }, { "window_lead_with_offset", "lead" }, { "window_lead_with_offset_and_default", "lead" },
		{ "window_first_value", "first_value" }, { "window_last_value", "last_value" }, { "window_nth_value", "nth_value" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].source, e->proc->source) != 0)
			continue;
		buf_addf(out, "%s(", names[i].name);
		if (strcmp(names[i].name, "ntile") == 0) {
			buf_add_str(out, "e_ntile(");
			if (!sql_lower_expr(l, e->args[0], out))
				return false;
			buf_add_char(out, ')');
		} else if (!sql_lower_list(l, e->args, e->nargs, out)) {
			return false;
		}
		buf_add_char(out, ')');
		return sql_lower_window(l, e->window, out);
	}
	return sql_unsupported(l->an, e->location, e->proc->name) != NULL;
}

/* ---- the rest ---- */

static bool chain(struct sql_lower *l, const struct sql_expr *e, size_t first, size_t n, const char *word, struct buf *out)
{
	/* balanced: SQLite's depth is 1,000 */
	if (n == 1)
		return sql_lower_expr(l, e->args[first], out);
	buf_add_char(out, '(');
	bool ok = chain(l, e, first, n / 2, word, out);
	buf_add_str(out, word);
	ok = ok && chain(l, e, first + n / 2, n - n / 2, word, out);
	buf_add_char(out, ')');
	return ok;
}

static bool case_when(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_str(out, "CASE");
	for (size_t i = 0; i + 1 < e->nargs; i += 2) {
		buf_add_str(out, " WHEN ");
		if (!sql_lower_expr(l, e->args[i], out))
			return false;
		buf_add_str(out, " THEN ");
		if (!sql_lower_expr(l, e->args[i + 1], out))
			return false;
	}
	buf_add_str(out, " ELSE ");
	if (!sql_lower_expr(l, e->args[e->nargs - 1], out))
		return false;
	buf_add_str(out, " END");
	return true;
}

/* Whether SQLite's own comparison, with the type's collation, is the operator's. */
static bool compares_alike(struct sql_lower *l, uint32_t a, uint32_t b)
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

static bool distinct(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_expr *same = e->args[0];
	struct sql_expr *a = same->args[0], *b = same->args[1];

	buf_add_char(out, '(');
	if (compares_alike(l, a->type, b->type)) {
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

static bool subquery(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	buf_add_char(out, '(');
	bool ok = sql_lower_query(l, q, out);
	buf_add_char(out, ')');
	return ok;
}

/* At most one row, or the error 21000. */
static bool one_row(const struct sql_query *q)
{
	return (q->has_aggregates && !q->ngroup && !q->nsets && q->setop == SQL_SET_NONE && !q->has_sets) ||
	       (!q->nfrom && q->setop == SQL_SET_NONE && !q->nvalues && !q->has_sets) || q->nvalues == 1;
}

static bool scalar(struct sql_lower *l, const struct sql_expr *e, int number, struct buf *out)
{
	if (one_row(e->query) && number == 1 && e->query->nvisible == 1)
		return subquery(l, e->query, out);
	buf_addf(out, "(SELECT e_single(z.c%d) FROM (", number);
	bool ok = sql_lower_query(l, e->query, out);
	buf_add_str(out, ") AS z)");
	return ok;
}

/* Condition over a query's or an array's items. */
static bool any_all(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	bool ok;

	buf_add_str(out, e->number ? "(SELECT e_any(" : "(SELECT e_all(");
	e->rte->home = l;
	ok = sql_lower_expr(l, e->args[0], out);
	buf_add_str(out, ") FROM ");
	if (e->query) {
		ok = ok && subquery(l, e->query, out);
	} else {
		buf_addf(out, "e_items(%u, ", e->args[1]->type);
		ok = ok && sql_lower_expr(l, e->args[1], out);
		buf_add_char(out, ')');
	}
	buf_addf(out, " AS t%d)", e->rte->id);
	return ok;
}

/* ANY over a NULL array is NULL, not false. */
static bool any_array(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_str(out, "CASE WHEN (");
	if (!sql_lower_expr(l, e->args[1], out))
		return false;
	buf_add_str(out, ") IS NOT NULL THEN ");
	bool ok = any_all(l, e, out);
	buf_add_str(out, " END");
	return ok;
}

static bool in_array(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	const struct sql_expr *array = e->args[1];

	if (array->kind == SQL_X_ARRAY && !array->number && array->nargs && compares_alike(l, e->args[0]->type, array->args[0]->type)) {
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

static bool in_list(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_char(out, '(');
	if (!compares_alike(l, e->args[0]->type, e->args[1]->type) || e->operator->left != e->operator->right) {
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

static bool in_query(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_char(out, '(');
	if (!sql_lower_expr(l, e->args[0], out))
		return false;
	sql_lower_collate(l, e->args[0]->type, out);
	buf_add_str(out, " IN ");
	bool ok = subquery(l, e->query, out);
	buf_add_char(out, ')');
	return ok;
}

static bool array(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	/* SQLite's calls take 127 arguments: longer arrays are put together */
	if (e->nargs > 100) {
		struct sql_expr a = *e, b = *e;
		a.nargs = e->nargs / 2;
		b.args = e->args + a.nargs;
		b.nargs = e->nargs - a.nargs;
		buf_add_str(out, "e_array_join(");
		bool ok = array(l, &a, out);
		buf_add_str(out, ", ");
		ok = ok && array(l, &b, out);
		buf_add_char(out, ')');
		return ok;
	}
	buf_addf(out, "e_array(%u, %d", e->type, e->number);
	for (size_t i = 0; i < e->nargs; i++) {
		buf_add_str(out, ", ");
		if (!sql_lower_expr(l, e->args[i], out))
			return false;
	}
	buf_add_char(out, ')');
	return true;
}

static bool row(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	if (e->nargs > 60)
		return sql_unsupported(l->an, e->location, "a row of more than 60 fields") != NULL;
	buf_add_str(out, "e_row(");
	for (size_t i = 0; i < e->nargs; i++) {
		struct sql_expr *x = e->args[i];

		buf_addf(out, "%s%u, ", i ? ", " : "", x->type == T_UNKNOWN ? T_TEXT : x->type);
		if (!sql_lower_expr(l, x, out))
			return false;
	}
	buf_add_char(out, ')');
	return true;
}

static bool row_of(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	struct sql_expr r = { .kind = SQL_X_ROW, .type = e->type, .location = e->location };
	const struct sql_rte *rte = e->rte;

	r.args = ARENA_ARRAY(l->an->arena, struct sql_expr *, rte->ncolumns + 1);
	for (size_t i = 0; i < rte->ncolumns; i++)
		if (!rte->columns[i].hidden)
			r.args[r.nargs++] = sql_column_expr(l->an, (struct sql_rte *)(uintptr_t)rte, (int)i + 1, e->location);
	if (rte->home == l && rte->kind == SQL_RTE_RELATION && rte->rowid) {
		buf_addf(out, "CASE WHEN t%d.rid IS NOT NULL THEN ", rte->id);
		bool ok = row(l, &r, out);
		buf_add_str(out, " END");
		return ok;
	}
	return row(l, &r, out);
}

static bool cast(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	struct sql_expr *of = e->args[0];
	bool ok;

	switch (e->method) {
	case SQL_CAST_SAME:
	case SQL_CAST_ROW:
		return sql_lower_expr(l, of, out);
	case SQL_CAST_DOMAIN: {
		const struct sql_type *t = sql_type_of(l->an, e->type);

		buf_addf(out, "e_domain(%u, ", t->oid);
		ok = sql_lower_expr(l, of, out);
		buf_add_char(out, ')');
		return ok;
	}
	case SQL_CAST_IO: {
		uint32_t from = sql_base_type(l->an, of->type), to = sql_base_type(l->an, e->type);
		bool text_in = from == T_TEXT || from == T_VARCHAR || from == T_NAME || from == T_BPCHAR || from == T_UNKNOWN;
		bool text_out = to == T_TEXT || to == T_VARCHAR;

		if (!text_out)
			buf_addf(out, "p_type_in(%u, -1, ", to);
		if (!text_in)
			buf_addf(out, "p_type_out(%u, ", from);
		ok = sql_lower_expr(l, of, out);
		buf_add_str(out, text_in ? "" : ")");
		buf_add_str(out, text_out ? "" : ")");
		return ok;
	}
	case SQL_CAST_ARRAY:
		buf_addf(out, "p_array_cast(%u, %u, -1, 1, ", of->type, e->type);
		ok = sql_lower_expr(l, of, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_CAST_MODIFIER: {
		struct buf b;

		buf_init(&b, SQL_TEXT_MAX);
		ok = sql_lower_expr(l, of, &b);
		if (ok && !sql_type_cast_modifier(l->an->env, e->type, e->typmod, e->number, buf_slice(&b), out))
			buf_add_slice(out, buf_slice(&b));
		buf_release(&b);
		return ok;
	}
	}
	return false;
}

static bool subscript(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	uint32_t base = sql_base_type(l->an, e->args[0]->type);

	if (base == T_JSONB) { /* as #>: any NULL gives NULL, and so does what is not there */
		buf_add_str(out, "p_jsonb_extract_path(");
		if (!sql_lower_expr(l, e->args[0], out))
			return false;
		buf_addf(out, ", e_array(%u, 0, ", T_TEXTARRAY);
		bool listed = sql_lower_list(l, e->args + 1, e->nargs - 1, out);
		buf_add_str(out, "))");
		return listed;
	}
	buf_addf(out, e->negated ? "e_slice(%u" : "e_subscript(%u", base);
	for (size_t i = 0; i < e->nargs; i++) {
		buf_add_str(out, ", ");
		/* a bound that is left out is not a NULL one: it is a text */
		if (!e->args[i])
			buf_add_str(out, "''");
		else if (!sql_lower_expr(l, e->args[i], out))
			return false;
	}
	buf_add_char(out, ')');
	return true;
}

static bool value_function(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	(void)l;
	switch (e->type) {
	case T_DATE:
		buf_add_str(out, "p_timestamptz_date(p_now())");
		return true;
	case T_TIMETZ:
		buf_add_str(out, "p_timestamptz_timetz(p_now())");
		return true;
	case T_TIMESTAMPTZ:
		buf_add_str(out, "p_now()");
		return true;
	case T_TIME:
		buf_add_str(out, "p_timestamptz_time(p_now())");
		return true;
	case T_TIMESTAMP:
		buf_add_str(out, "p_timestamptz_timestamp(p_now())");
		return true;
	default:
		buf_addf(out, "e_session('%s')", e->name);
		return true;
	}
}

static bool grouping(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	int v = 0;

	for (size_t i = 0; i < e->nargs; i++) {
		v <<= 1;
		for (size_t k = 0; l->set_query && k < l->set_query->ngroup; k++)
			if (sql_expr_same(e->args[i], l->set_query->group[k]) && !(l->set >> k & 1))
				v |= 1;
	}
	buf_addf(out, "%d", v);
	return true;
}

static bool lower(struct sql_lower *l, struct sql_expr *e, struct buf *out)
{
	bool ok;

	switch (e->kind) {
	case SQL_X_CONST:
		return constant(l, e, out);
	case SQL_X_PARAM:
		write_bind(l, add_bind(l, (struct sql_bind){ .kind = SQL_BIND_PARAM, .number = e->number, .type = e->type }), out);
		return true;
	case SQL_X_COLUMN:
		return column(l, e, out);
	case SQL_X_ROWOF:
		return row_of(l, e, out);
	case SQL_X_CALL:
		return call(l, e, out);
	case SQL_X_AGGREGATE: {
		/* what is aggregated is not what is grouped */
		const struct sql_query *before = l->set_query;

		l->set_query = e->window ? before : NULL;
		ok = aggregate(l, e, out);
		l->set_query = before;
		return ok;
	}
	case SQL_X_WINDOW:
		return window_function(l, e, out);
	case SQL_X_SET:
		return sql_wrong(l->an, e->location, "0A000", "set-returning functions are not supported here by this fake") != NULL;
	case SQL_X_AND:
		return chain(l, e, 0, e->nargs, " AND ", out);
	case SQL_X_OR:
		return chain(l, e, 0, e->nargs, " OR ", out);
	case SQL_X_NOT:
		buf_add_str(out, "(NOT ");
		ok = sql_lower_expr(l, e->args[0], out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_CASE:
		return case_when(l, e, out);
	case SQL_X_COALESCE:
		if (e->nargs == 1)
			return sql_lower_expr(l, e->args[0], out);
		buf_add_str(out, "coalesce(");
		ok = sql_lower_list(l, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_GREATEST:
	case SQL_X_LEAST:
		buf_addf(out, "%s(%u, ", e->kind == SQL_X_GREATEST ? "e_greatest" : "e_least", e->type);
		ok = sql_lower_list(l, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_NULLIF:
		buf_add_str(out, "CASE WHEN ");
		ok = sql_lower_expr(l, e->args[1], out);
		buf_add_str(out, " THEN NULL ELSE ");
		ok = ok && sql_lower_expr(l, e->args[0], out);
		buf_add_str(out, " END");
		return ok;
	case SQL_X_ISNULL:
		buf_add_str(out, "((");
		ok = sql_lower_expr(l, e->args[0], out);
		buf_add_str(out, e->negated ? ") IS NOT NULL)" : ") IS NULL)");
		return ok;
	case SQL_X_BOOLTEST:
		buf_add_str(out, "((");
		ok = sql_lower_expr(l, e->args[0], out);
		buf_addf(out, ") IS %s%s)", e->negated ? "NOT " : "", e->number == 2 ? "NULL" : e->number ? "1" : "0");
		return ok;
	case SQL_X_DISTINCT:
		return distinct(l, e, out);
	case SQL_X_EXISTS:
		buf_add_str(out, "EXISTS ");
		return subquery(l, e->query, out);
	case SQL_X_SCALAR:
		return scalar(l, e, 1, out);
	case SQL_X_MULTI:
		return scalar(l, e, e->number, out);
	case SQL_X_ARRAYSUB:
		buf_addf(out, "(SELECT e_collect(%u, z.c1) FROM (", e->type);
		ok = sql_lower_query(l, e->query, out);
		buf_add_str(out, ") AS z)");
		return ok;
	case SQL_X_ANYSUB:
		return any_all(l, e, out);
	case SQL_X_INSUB:
		return in_query(l, e, out);
	case SQL_X_INLIST:
		return in_list(l, e, out);
	case SQL_X_ANYARRAY:
		return any_array(l, e, out);
	case SQL_X_INARRAY:
		if (compares_alike(l, e->args[0]->type, sql_type_of(l->an, sql_base_type(l->an, e->args[1]->type))->element))
			return in_array(l, e, out);
		break;
	case SQL_X_ARRAY:
		return array(l, e, out);
	case SQL_X_ROW:
		return row(l, e, out);
	case SQL_X_CAST:
		return cast(l, e, out);
	case SQL_X_COLLATE:
		return sql_lower_expr(l, e->args[0], out);
	case SQL_X_SUBSCRIPT:
		return subscript(l, e, out);
	case SQL_X_FIELD:
		buf_addf(out, "e_field(%u, %d, ", sql_base_type(l->an, e->args[0]->type), e->number);
		ok = sql_lower_expr(l, e->args[0], out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_VALUE:
		return value_function(l, e, out);
	case SQL_X_GROUPING:
		return grouping(l, e, out);
	case SQL_X_RAW:
		buf_add_slice(out, e->text);
		return true;
	default:
		break;
	}
	return sql_wrong(l->an, e->location, "0A000", "this expression is not supported by this fake") != NULL;
}

bool sql_lower_expr(struct sql_lower *l, struct sql_expr *e, struct buf *out)
{
	for (size_t i = 0; i < l->nswaps; i++)
		if (l->swaps[i].expr == e || (e->kind != SQL_X_CONST && sql_expr_same(l->swaps[i].expr, e))) {
			buf_add_str(out, l->swaps[i].text);
			return true;
		}
	if (l->set_query && e->kind != SQL_X_CONST)
		for (size_t i = 0; i < l->set_query->ngroup; i++)
			if (!(l->set >> i & 1) && sql_expr_same(e, l->set_query->group[i])) {
				buf_add_str(out, "NULL");
				return true;
			}
	if (++l->depth > 950) {
		l->depth--;
		return sql_wrong(l->an, e->location, "54001", "stack depth limit exceeded") != NULL;
	}
	bool ok = lower(l, e, out);
	l->depth--;
	return ok;
}
