/*
 * Functions of ranges. All are typed: (result type, type, value, ...).
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/range.h"

#define ENV struct sql_env *env = sql_env_of(ctx); struct arena *a = scratch(env)

static bool load(sqlite3_context *ctx, struct arena *a, sqlite3_value **argv, int i, struct range *r)
{
	if (range_load(sql_env_of(ctx), a, (uint32_t)arg_int(argv[i]), arg_text(argv[i + 1]), r))
		return true;
	result_raised(ctx);
	return false;
}

void result_range(sqlite3_context *ctx, uint32_t type, struct range *r)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (range_settle(env, type, r) && range_print(env, &style_stored, type, r, &b)) {
		result_buf(ctx, &b);
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

/* int4range(1, 5[, '[]']): (result type, type, low, type, high[, text, bounds]) */
FUNC(construct)
{
	struct range r = { .lower = sql_datum_of(argv[2]), .upper = sql_datum_of(argv[4]), .lower_in = true };

	if (argc > 5) {
		struct slice how = arg_null(argv[6]) ? SLICE_NONE : arg_text(argv[6]);
		if (arg_null(argv[6])) {
			sql_raise(ctx, "22000", "range constructor flags argument must not be null");
			return;
		}
		if (how.len != 2 || (how.ptr[0] != '[' && how.ptr[0] != '(') || (how.ptr[1] != ']' && how.ptr[1] != ')')) {
			struct sql_error *e = sql_raise(ctx, "42601", "invalid range bound flags");
			sql_hint(sql_env_of(ctx), e, "Valid values are \"[]\", \"[)\", \"(]\", and \"()\".");
			return;
		}
		r.lower_in = how.ptr[0] == '[';
		r.upper_in = how.ptr[1] == ']';
	}
	result_range(ctx, (uint32_t)arg_int(argv[0]), &r);
}

#define ONE(name, code)                                                                            \
	STRICT_TYPED(name)                                                                         \
	{                                                                                          \
		ENV;                                                                               \
		struct range r;                                                                    \
		if (load(ctx, a, argv, 1, &r))                                                     \
			code;                                                                      \
	}
ONE(range_lower, if (!r.empty) sql_datum_result(ctx, r.lower))
ONE(range_upper, if (!r.empty) sql_datum_result(ctx, r.upper))
ONE(range_empty, result_bool(ctx, r.empty))
ONE(range_lower_inc, result_bool(ctx, !r.empty && r.lower_in))
ONE(range_upper_inc, result_bool(ctx, !r.empty && r.upper_in))
ONE(range_lower_inf, result_bool(ctx, !r.empty && r.lower.kind == SQL_NULL))
ONE(range_upper_inf, result_bool(ctx, !r.empty && r.upper.kind == SQL_NULL))

struct pair {
	uint32_t type, element;
	struct range x, y;
};

/* How one end stands to another: ll is x's lower to y's lower. */
#define LL(p) range_compare_bounds(env, (p).element, &(p).x, false, &(p).y, false)
#define UU(p) range_compare_bounds(env, (p).element, &(p).x, true, &(p).y, true)
#define UL(p) range_compare_bounds(env, (p).element, &(p).x, true, &(p).y, false)
#define LU(p) range_compare_bounds(env, (p).element, &(p).x, false, &(p).y, true)

static bool load_pair(sqlite3_context *ctx, struct arena *a, sqlite3_value **argv, struct pair *p)
{
	p->type = (uint32_t)arg_int(argv[1]);
	p->element = range_element(sql_env_of(ctx), p->type);
	return load(ctx, a, argv, 1, &p->x) && load(ctx, a, argv, 3, &p->y);
}

#define TWO(name, expr)                                                                            \
	STRICT_TYPED(name)                                                                         \
	{                                                                                          \
		ENV;                                                                               \
		struct pair p;                                                                     \
		if (load_pair(ctx, a, argv, &p))                                                   \
			result_bool(ctx, expr);                                                    \
	}
TWO(range_overlaps, !p.x.empty && !p.y.empty && UL(p) >= 0 && LU(p) <= 0)
TWO(range_contains, p.y.empty || (!p.x.empty && LL(p) <= 0 && UU(p) >= 0))
TWO(range_contained_by, p.x.empty || (!p.y.empty && LL(p) >= 0 && UU(p) <= 0))
TWO(range_before, !p.x.empty && !p.y.empty && UL(p) < 0)
TWO(range_after, !p.x.empty && !p.y.empty && LU(p) > 0)
TWO(range_overleft, !p.x.empty && !p.y.empty && UU(p) <= 0)
TWO(range_overright, !p.x.empty && !p.y.empty && LL(p) >= 0)
TWO(range_adjacent, range_touches(env, p.type, &p.x, &p.y) || range_touches(env, p.type, &p.y, &p.x))

static bool holds(struct sql_env *env, uint32_t element, const struct range *r, struct sql_datum v)
{
	struct range point = { .lower = v, .upper = v, .lower_in = true, .upper_in = true };

	return !r->empty && range_compare_bounds(env, element, r, false, &point, false) <= 0 && range_compare_bounds(env, element, r, true, &point, true) >= 0;
}

STRICT_TYPED(range_contains_elem)
{
	ENV;
	struct range r;
	if (load(ctx, a, argv, 1, &r))
		result_bool(ctx, holds(env, range_element(env, (uint32_t)arg_int(argv[1])), &r, sql_datum_of(argv[4])));
}

STRICT_TYPED(elem_contained_by_range)
{
	ENV;
	struct range r;
	if (load(ctx, a, argv, 3, &r))
		result_bool(ctx, holds(env, range_element(env, (uint32_t)arg_int(argv[3])), &r, sql_datum_of(argv[2])));
}

STRICT_TYPED(range_intersect)
{
	ENV;
	struct pair p;
	struct range r = { .empty = true };

	if (!load_pair(ctx, a, argv, &p))
		return;
	if (!p.x.empty && !p.y.empty && UL(p) >= 0 && LU(p) <= 0) {
		const struct range *low = LL(p) >= 0 ? &p.x : &p.y, *high = UU(p) <= 0 ? &p.x : &p.y;
		r = (struct range){ .lower = low->lower, .lower_in = low->lower_in, .upper = high->upper, .upper_in = high->upper_in };
	}
	result_range(ctx, p.type, &r);
}

static void unite(sqlite3_context *ctx, sqlite3_value **argv, bool strictly)
{
	ENV;
	struct pair p;

	if (!load_pair(ctx, a, argv, &p))
		return;
	if (p.x.empty || p.y.empty) {
		result_range(ctx, p.type, p.x.empty ? &p.y : &p.x);
		return;
	}
	bool together = (UL(p) >= 0 && LU(p) <= 0) || range_touches(env, p.type, &p.x, &p.y) || range_touches(env, p.type, &p.y, &p.x);
	if (strictly && !together) {
		sql_raise(ctx, "22000", "result of range union would not be contiguous");
		return;
	}
	const struct range *low = LL(p) <= 0 ? &p.x : &p.y, *high = UU(p) >= 0 ? &p.x : &p.y;
	struct range r = { .lower = low->lower, .lower_in = low->lower_in, .upper = high->upper, .upper_in = high->upper_in };
	result_range(ctx, p.type, &r);
}

STRICT_TYPED(range_union) { unite(ctx, argv, true); }
STRICT_TYPED(range_merge) { unite(ctx, argv, false); }

STRICT_TYPED(range_minus)
{
	ENV;
	struct pair p;

	if (!load_pair(ctx, a, argv, &p))
		return;
	if (p.x.empty || p.y.empty || UL(p) < 0 || LU(p) > 0) {
		result_range(ctx, p.type, &p.x);
		return;
	}
	int ll = LL(p), uu = UU(p);
	if (ll < 0 && uu > 0) {
		sql_raise(ctx, "22000", "result of range difference would not be contiguous");
		return;
	}
	struct range r = p.x;
	if (ll >= 0 && uu <= 0) {
		r.empty = true;
	} else if (ll < 0) { /* its end is cut off */
		r.upper = p.y.lower;
		r.upper_in = !p.y.lower_in;
	} else {
		r.lower = p.y.upper;
		r.lower_in = !p.y.upper_in;
	}
	result_range(ctx, p.type, &r);
}

const struct func_row func_range_rows[] = {
	TYPED("range_constructor2", construct), TYPED("range_constructor3", construct), TYPED("range_lower", range_lower), TYPED("range_upper", range_upper),
	TYPED("range_empty", range_empty), TYPED("range_lower_inc", range_lower_inc), TYPED("range_upper_inc", range_upper_inc),
	TYPED("range_lower_inf", range_lower_inf), TYPED("range_upper_inf", range_upper_inf), TYPED("range_overlaps", range_overlaps),
	TYPED("range_contains", range_contains), TYPED("range_contained_by", range_contained_by), TYPED("range_before", range_before),
	TYPED("range_after", range_after), TYPED("range_overleft", range_overleft), TYPED("range_overright", range_overright),
	TYPED("range_adjacent", range_adjacent), TYPED("range_contains_elem", range_contains_elem), TYPED("elem_contained_by_range", elem_contained_by_range),
	TYPED("range_intersect", range_intersect), TYPED("range_union", range_union), TYPED("range_merge", range_merge), TYPED("range_minus", range_minus),
	END_OF_ROWS
};
