/*
 * Functions of multiranges. A range among the arguments is a multirange of one.
 * All are typed: (result type, type, value, ...).
 *
 * Source: multirangetypes.c of PostgreSQL 15.
 */
#include "service/pg/sql/func/aggregate.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/range.h"

static uint32_t range_type(struct sql_env *env, uint32_t type)
{
	const struct sql_type *t = type_facts(env, type);

	return t && t->kind == 'm' ? multirange_range(env, type) : type;
}

static bool load(sqlite3_context *ctx, struct arena *a, uint32_t type, struct slice text, struct multirange *m)
{
	struct sql_env *env = sql_env_of(ctx);
	bool ok;

	if (range_type(env, type) != type) {
		ok = multirange_load(env, a, type, text, m);
	} else {
		*m = (struct multirange){ .items = ARENA_NEW(a, struct range) };
		ok = range_load(env, a, type, text, m->items);
		m->count = ok && !m->items->empty;
	}
	if (!ok)
		result_raised(ctx);
	return ok;
}

static void give(sqlite3_context *ctx, uint32_t type, struct multirange *m)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	multirange_settle(env, type, m);
	buf_init(&b, BUF_MAX);
	if (multirange_print(env, &style_stored, type, m, &b)) {
		result_buf(ctx, &b);
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

/* ---- making one ---- */

/* multirange(), multirange(range), multirange(range[]) */
FUNC(construct)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	uint32_t type = (uint32_t)arg_int(argv[0]);
	struct multirange m = { 0 };

	if (argc > 2 && arg_null(argv[2]))
		return;
	uint32_t from = argc > 2 ? (uint32_t)arg_int(argv[1]) : 0;
	uint32_t element = from ? array_element(env, from) : 0;
	if (element) {
		struct array items;

		if (!array_load_of(env, a, from, arg_text(argv[2]), &items)) {
			result_raised(ctx);
			return;
		}
		if (items.ndim > 1) {
			sql_raise(ctx, "21000", "multiranges cannot be constructed from multidimensional arrays");
			return;
		}
		m.items = ARENA_ARRAY(a, struct range, items.count + 1);
		for (; m.count < items.count; m.count++) {
			if (items.items[m.count].kind == SQL_NULL) {
				sql_raise(ctx, "22004", "multirange values cannot contain null members");
				return;
			}
			if (!range_load(env, a, element, items.items[m.count].s, m.items + m.count)) {
				result_raised(ctx);
				return;
			}
		}
	} else if (from && !load(ctx, a, from, arg_text(argv[2]), &m)) {
		return;
	}
	give(ctx, type, &m);
}

/* ---- asking one ---- */

#define ONE(name, code)                                                                            \
	STRICT_TYPED(name)                                                                         \
	{                                                                                          \
		struct sql_env *env = sql_env_of(ctx);                                             \
		struct multirange m;                                                               \
		if (!load(ctx, scratch(env), (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &m))   \
			return;                                                                    \
		const struct range *first = m.items, *last = m.count ? m.items + m.count - 1 : NULL; \
		(void)first, (void)last;                                                           \
		code;                                                                              \
	}
ONE(multirange_lower, if (m.count) sql_datum_result(ctx, first->lower))
ONE(multirange_upper, if (m.count) sql_datum_result(ctx, last->upper))
ONE(multirange_empty, result_bool(ctx, !m.count))
ONE(multirange_lower_inc, result_bool(ctx, m.count && first->lower_in))
ONE(multirange_upper_inc, result_bool(ctx, m.count && last->upper_in))
ONE(multirange_lower_inf, result_bool(ctx, m.count && first->lower.kind == SQL_NULL))
ONE(multirange_upper_inf, result_bool(ctx, m.count && last->upper.kind == SQL_NULL))

STRICT_TYPED(multirange_merge)
{
	struct sql_env *env = sql_env_of(ctx);
	struct multirange m;
	struct range r = { .empty = true };

	if (!load(ctx, scratch(env), (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &m))
		return;
	if (m.count) {
		const struct range *last = m.items + m.count - 1;
		r = (struct range){ .lower = m.items->lower, .lower_in = m.items->lower_in, .upper = last->upper, .upper_in = last->upper_in };
	}
	result_range(ctx, (uint32_t)arg_int(argv[0]), &r);
}

static bool holds(struct sql_env *env, uint32_t element, const struct multirange *m, struct sql_datum v)
{
	struct range point = { .lower = v, .upper = v, .lower_in = true, .upper_in = true };

	for (size_t i = 0; i < m->count; i++)
		if (range_compare_bounds(env, element, m->items + i, false, &point, false) <= 0 &&
		    range_compare_bounds(env, element, m->items + i, true, &point, true) >= 0)
			return true;
	return false;
}

static void contains_elem(sqlite3_context *ctx, sqlite3_value **argv, int multi, int elem)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t type = (uint32_t)arg_int(argv[multi]);
	struct multirange m;

	if (load(ctx, scratch(env), type, arg_text(argv[multi + 1]), &m))
		result_bool(ctx, holds(env, range_element(env, range_type(env, type)), &m, sql_datum_of(argv[elem + 1])));
}

STRICT_TYPED(multirange_contains_elem) { contains_elem(ctx, argv, 1, 3); }
STRICT_TYPED(elem_contained_by_multirange) { contains_elem(ctx, argv, 3, 1); }

/* ---- two ---- */

struct two {
	struct sql_env *env;
	struct arena *arena;
	uint32_t range, element;
	struct multirange x, y;
};

static bool load_two(sqlite3_context *ctx, sqlite3_value **argv, struct two *t)
{
	struct arena *a = scratch(sql_env_of(ctx));

	t->env = sql_env_of(ctx);
	t->arena = a;
	t->range = range_type(t->env, (uint32_t)arg_int(argv[1]));
	t->element = range_element(t->env, t->range);
	return load(ctx, a, (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &t->x) && load(ctx, a, (uint32_t)arg_int(argv[3]), arg_text(argv[4]), &t->y);
}

static int bound(const struct two *t, const struct range *x, bool x_upper, const struct range *y, bool y_upper)
{
	return range_compare_bounds(t->env, t->element, x, x_upper, y, y_upper);
}

static bool meet(const struct two *t, const struct range *x, const struct range *y)
{
	return bound(t, x, true, y, false) >= 0 && bound(t, x, false, y, true) <= 0;
}

static bool overlap(const struct two *t)
{
	for (size_t i = 0; i < t->x.count; i++)
		for (size_t k = 0; k < t->y.count; k++)
			if (meet(t, t->x.items + i, t->y.items + k))
				return true;
	return false;
}

static bool contain(const struct two *t, const struct multirange *outer, const struct multirange *inner)
{
	for (size_t k = 0; k < inner->count; k++) {
		bool found = false;

		for (size_t i = 0; i < outer->count && !found; i++)
			found = bound(t, outer->items + i, false, inner->items + k, false) <= 0 && bound(t, outer->items + i, true, inner->items + k, true) >= 0;
		if (!found)
			return false;
	}
	return true;
}

#define LAST(m) ((m).items + (m).count - 1)

static bool adjacent(const struct two *t)
{
	return range_touches(t->env, t->range, LAST(t->x), t->y.items) || range_touches(t->env, t->range, LAST(t->y), t->x.items);
}

#define TWO(name, expr)                                                                            \
	STRICT_TYPED(name)                                                                         \
	{                                                                                          \
		struct two t;                                                                      \
		if (load_two(ctx, argv, &t))                                                       \
			result_bool(ctx, expr);                                                    \
	}
#define SOME (t.x.count && t.y.count)
TWO(multi_overlaps, overlap(&t))
TWO(multi_contains, contain(&t, &t.x, &t.y))
TWO(multi_contained, contain(&t, &t.y, &t.x))
TWO(multi_before, SOME && bound(&t, LAST(t.x), true, t.y.items, false) < 0)
TWO(multi_after, SOME && bound(&t, t.x.items, false, LAST(t.y), true) > 0)
TWO(multi_overleft, SOME && bound(&t, LAST(t.x), true, LAST(t.y), true) <= 0)
TWO(multi_overright, SOME && bound(&t, t.x.items, false, t.y.items, false) >= 0)
TWO(multi_adjacent, SOME && adjacent(&t))

STRICT_TYPED(multirange_union)
{
	struct two t;

	if (!load_two(ctx, argv, &t))
		return;
	struct multirange m = { .items = ARENA_ARRAY(t.arena, struct range, t.x.count + t.y.count + 1) };
	for (size_t i = 0; i < t.x.count; i++)
		m.items[m.count++] = t.x.items[i];
	for (size_t i = 0; i < t.y.count; i++)
		m.items[m.count++] = t.y.items[i];
	give(ctx, (uint32_t)arg_int(argv[0]), &m);
}

static struct multirange intersection(const struct two *t, struct arena *a)
{
	struct multirange m = { .items = ARENA_ARRAY(a, struct range, t->x.count * t->y.count + 1) };

	for (size_t i = 0; i < t->x.count; i++)
		for (size_t k = 0; k < t->y.count; k++) {
			const struct range *x = t->x.items + i, *y = t->y.items + k;
			if (!meet(t, x, y))
				continue;
			const struct range *low = bound(t, x, false, y, false) >= 0 ? x : y, *high = bound(t, x, true, y, true) <= 0 ? x : y;
			m.items[m.count++] = (struct range){ .lower = low->lower, .lower_in = low->lower_in, .upper = high->upper, .upper_in = high->upper_in };
		}
	return m;
}

STRICT_TYPED(multirange_intersect)
{
	struct two t;

	if (!load_two(ctx, argv, &t))
		return;
	struct multirange m = intersection(&t, t.arena);
	give(ctx, (uint32_t)arg_int(argv[0]), &m);
}

STRICT_TYPED(multirange_minus)
{
	struct two t;

	if (!load_two(ctx, argv, &t))
		return;
	struct multirange m = { .items = ARENA_ARRAY(t.arena, struct range, t.x.count + t.y.count + 1) };
	for (size_t i = 0; i < t.x.count; i++) {
		struct range left = t.x.items[i];
		bool gone = false;

		/* what is taken away comes in order: each piece before it stays, the rest goes on */
		for (size_t k = 0; k < t.y.count && !gone; k++) {
			const struct range *y = t.y.items + k;

			if (!meet(&t, &left, y))
				continue;
			if (bound(&t, &left, false, y, false) < 0)
				m.items[m.count++] = (struct range){ .lower = left.lower, .lower_in = left.lower_in, .upper = y->lower, .upper_in = !y->lower_in };
			gone = bound(&t, &left, true, y, true) <= 0;
			left.lower = y->upper;
			left.lower_in = !y->upper_in;
		}
		if (!gone)
			m.items[m.count++] = left;
	}
	give(ctx, (uint32_t)arg_int(argv[0]), &m);
}

/* ---- sets and aggregates ---- */

static bool multirange_unnest(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct arena *a = rows_arena(rows);
	struct multirange m;

	if (argc < 3 || arg_null(argv[2]))
		return true;
	uint32_t type = (uint32_t)arg_int(argv[1]);
	if (!multirange_load(env, a, type, arg_text(argv[2]), &m))
		return false;
	for (size_t i = 0; i < m.count; i++) {
		struct buf b;

		buf_init(&b, BUF_MAX);
		if (!range_print(env, &style_stored, multirange_range(env, type), m.items + i, &b)) {
			buf_release(&b);
			return false;
		}
		struct sql_datum d = datum_text(arena_take(a, &b));
		rows_add(rows, &d);
	}
	return true;
}

/* The state is the multirange so far, as text. */
struct gathered {
	char *text;
	size_t len;
	uint32_t result;
	bool any;
};

static void keep(struct gathered *g, struct buf *b)
{
	free(g->text);
	g->len = b->len;
	g->text = buf_detach(b);
}

static void gather(sqlite3_context *ctx, sqlite3_value **argv, bool intersect)
{
	struct sql_env *env = sql_env_of(ctx);
	struct gathered *g = aggregate_state(ctx, sizeof(*g));
	struct two t = { .env = env };
	struct buf b;

	if (!g)
		return;
	g->result = (uint32_t)arg_int(argv[0]);
	if (arg_null(argv[2]))
		return;
	uint32_t type = (uint32_t)arg_int(argv[1]), multi = range_type(env, g->result) != g->result ? g->result : env->range_of(env, g->result, true);
	struct arena *a = scratch(env);
	t.range = range_type(env, type);
	t.element = range_element(env, t.range);
	if (!load(ctx, a, type, arg_text(argv[2]), &t.y))
		return;
	if (g->any && !load(ctx, a, multi, slice_of(g->text, g->len), &t.x))
		return;
	struct multirange m;
	if (!g->any) {
		m = t.y;
	} else if (intersect) {
		m = intersection(&t, a);
	} else {
		m = (struct multirange){ .items = ARENA_ARRAY(a, struct range, t.x.count + t.y.count + 1) };
		for (size_t i = 0; i < t.x.count + t.y.count; i++)
			m.items[m.count++] = i < t.x.count ? t.x.items[i] : t.y.items[i - t.x.count];
	}
	multirange_settle(env, multi, &m);
	buf_init(&b, BUF_MAX);
	if (multirange_print(env, &style_stored, multi, &m, &b)) {
		keep(g, &b);
		g->any = true;
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

FUNC(range_agg_step) { gather(ctx, argv, false); }
FUNC(intersect_agg_step) { gather(ctx, argv, true); }

static void gathered_final(sqlite3_context *ctx)
{
	struct gathered *g = aggregate_state(ctx, 0);
	struct sql_env *env = sql_env_of(ctx);

	if (!g || !g->any)
		return;
	if (range_type(env, g->result) != g->result) {
		result_text(ctx, slice_of(g->text, g->len));
	} else {
		/* of ranges: one range, or none */
		struct multirange m;
		struct range none = { .empty = true };
		if (load(ctx, scratch(env), env->range_of(env, g->result, true), slice_of(g->text, g->len), &m))
			result_range(ctx, g->result, m.count ? m.items : &none);
	}
	free(g->text);
	g->text = NULL;
	g->any = false;
}

#define MIXED(op, fn) TYPED("range_" op "_multirange", fn), TYPED("multirange_" op "_range", fn), TYPED("multirange_" op "_multirange", fn)

const struct func_row func_multirange_rows[] = {
	TYPED("multirange_constructor0", construct), TYPED("multirange_constructor1", construct), TYPED("multirange_constructor2", construct),
	TYPED("multirange_lower", multirange_lower), TYPED("multirange_upper", multirange_upper), TYPED("multirange_empty", multirange_empty),
	TYPED("multirange_lower_inc", multirange_lower_inc), TYPED("multirange_upper_inc", multirange_upper_inc),
	TYPED("multirange_lower_inf", multirange_lower_inf), TYPED("multirange_upper_inf", multirange_upper_inf),
	TYPED("range_merge_from_multirange", multirange_merge), TYPED("multirange_contains_elem", multirange_contains_elem),
	TYPED("elem_contained_by_multirange", elem_contained_by_multirange),
	MIXED("overlaps", multi_overlaps), MIXED("contains", multi_contains), MIXED("contained_by", multi_contained), MIXED("before", multi_before),
	MIXED("after", multi_after), MIXED("overleft", multi_overleft), MIXED("overright", multi_overright), MIXED("adjacent", multi_adjacent),
	TYPED("multirange_union", multirange_union), TYPED("multirange_intersect", multirange_intersect), TYPED("multirange_minus", multirange_minus),
	ROWS_TYPED("multirange_unnest", multirange_unnest, 3, 1),
	AGGREGATE_TYPED("range_agg(anyrange)", "g_range_agg", range_agg_step, gathered_final),
	AGGREGATE_TYPED("range_agg(anymultirange)", "g_range_agg", range_agg_step, gathered_final),
	AGGREGATE_TYPED("range_intersect_agg(anyrange)", "g_range_intersect_agg", intersect_agg_step, gathered_final),
	AGGREGATE_TYPED("range_intersect_agg(anymultirange)", "g_range_intersect_agg", intersect_agg_step, gathered_final),
	END_OF_ROWS
};
