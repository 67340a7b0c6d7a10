/*
 * Aggregates and window functions: their arguments with sort keys, FILTER, and
 * the window's frame as SQLite spells it.
 */
#include "service/pg/sql/lower.h"

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

/*
 * SQLite takes no call of a function here, only constants and what is bound (its parser asks
 * before names are resolved). So the offset is computed when the statement begins, and bound.
 */
static bool frame_offset(struct sql_lower *l, int32_t frame, bool start, const struct sql_window *w, const struct sql_expr *offset, struct buf *out)
{
	struct sql_expr *e = (struct sql_expr *)(uintptr_t)offset;
	struct sql_lower inner;
	struct buf b;

	sql_lower_init(&inner, l->an, l->binds);
	buf_init(&b, SQL_TEXT_MAX);
	if (frame & 2)
		buf_addf(&b, "SELECT e_range_offset(%u, %u, ", sql_base_type(l->an, w->sort[0].expr->type), offset->type);
	else
		buf_addf(&b, "SELECT e_frame_offset(%d, ", start ? 1 : 0);
	bool ok = sql_lower_expr(&inner, e, &b);
	buf_add_char(&b, ')');
	struct slice text = slice_str(sql_lower_detach(l, &b));
	if (ok)
		sql_lower_computed(l, text, out);
	return ok;
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

bool sql_lower_aggregate(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
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
	i = sql_lower_impl(l, e);
	if (!i)
		return false;
	if (i->form != SQL_FORM_AGGREGATE)
		return sql_wrong(l->an, e->location, "0A000", "aggregate %s is not supported by this fake", e->proc->name) != NULL;
	if (e->window && !i->window)
		return sql_wrong(l->an, e->location, "0A000", "aggregate %s is not supported as a window function by this fake", e->proc->name) != NULL;
	/* SQLite's own (max, sum of integers) do not care for an order */
	bool by = strncmp(i->text, "g_", 2) == 0 && (e->nsort || (e->distinct && (n > 1 || i->typed)));
	sql_lower_name(i->text, by ? "_by" : "", out);
	buf_add_char(out, '(');
	if (e->ndirect || (e->nsort && e->proc->kind == 'a' && sql_aggregate_find(e->proc->oid) && sql_aggregate_find(e->proc->oid)->kind != 'n'))
		n = e->ndirect;
	if (by)
		buf_addf(out, "%zu", (i->typed ? 1 + 2 * n : n) + (e->distinct ? 256 : 0));
	if (i->typed) {
		buf_add_str(out, by ? ", " : "");
		if (!sql_lower_typed(l, e->type, e->args, n, out))
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

bool sql_lower_window_call(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
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
		} else if (strcmp(names[i].name, "nth_value") == 0) {
			if (!sql_lower_expr(l, e->args[0], out))
				return false;
			buf_add_str(out, ", e_nth(");
			if (!sql_lower_expr(l, e->args[1], out))
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
