/*
 * Sizes for people: pg_size_pretty() and pg_size_bytes().
 *
 * Source: dbsize.c of PostgreSQL 15.
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/numeric.h"

/* What is printed in a unit is below the limit, or it is the last one; `rounds`: half of it goes up. */
static const struct {
	const char *name;
	unsigned limit;
	bool rounds;
	int bits;
} units[] = {
	{ "bytes", 10 * 1024, false, 0 }, { "kB", 20 * 1024 - 1, true, 10 }, { "MB", 20 * 1024 - 1, true, 20 }, { "GB", 20 * 1024 - 1, true, 30 },
	{ "TB", 20 * 1024 - 1, true, 40 }, { "PB", 20 * 1024 - 1, true, 50 },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static int64_t half_rounded(int64_t v)
{
	return (v + (v < 0 ? -1 : 1)) / 2;
}

STRICT(size_pretty)
{
	int64_t size = arg_int(argv[0]);
	char text[64];

	for (size_t i = 0; i < UNITS; i++) {
		uint64_t positive = size < 0 ? 0 - (uint64_t)size : (uint64_t)size;

		if (i + 1 == UNITS || positive < units[i].limit) {
			snprintf(text, sizeof(text), "%lld %s", (long long)(units[i].rounds ? half_rounded(size) : size), units[i].name);
			result_text(ctx, slice_str(text));
			return;
		}
		/* one bit stays behind for the rounding of the next */
		int bits = units[i + 1].bits - units[i].bits - units[i + 1].rounds + units[i].rounds;
		size /= (int64_t)1 << bits;
	}
}

STRICT(size_pretty_numeric)
{
	struct numeric n;
	struct buf b;

	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	if (n.kind != NUMERIC_FINITE) {
		result_text(ctx, n.kind == NUMERIC_NAN ? SLICE_LIT("NaN bytes") : n.kind == NUMERIC_PINF ? SLICE_LIT("Infinity PB") : SLICE_LIT("-Infinity PB"));
		numeric_release(&n);
		return;
	}
	for (size_t i = 0; i < UNITS; i++) {
		struct numeric whole;
		bool below;

		numeric_init(&whole);
		numeric_copy(&whole, &n);
		if (mpz_sgn(whole.c) < 0)
			mpz_neg(whole.c, whole.c);
		mpz_t limit;
		mpz_init_set_ui(limit, units[i].limit);
		for (int k = 0; k < whole.scale; k++)
			mpz_mul_ui(limit, limit, 10);
		below = mpz_cmp(whole.c, limit) < 0;
		mpz_clear(limit);
		numeric_release(&whole);
		if (below || i + 1 == UNITS) {
			if (units[i].rounds) {
				numeric_trunc_to(&n, 0);
				if (mpz_sgn(n.c) < 0)
					mpz_sub_ui(n.c, n.c, 1);
				else
					mpz_add_ui(n.c, n.c, 1);
				mpz_tdiv_q_2exp(n.c, n.c, 1);
			}
			buf_init(&b, BUF_MAX);
			numeric_print(&b, &n);
			buf_addf(&b, " %s", units[i].name);
			result_buf(ctx, &b);
			break;
		}
		numeric_trunc_to(&n, 0);
		int bits = units[i + 1].bits - units[i].bits - units[i + 1].rounds + units[i].rounds;
		mpz_tdiv_q_2exp(n.c, n.c, (mp_bitcnt_t)bits);
	}
	numeric_release(&n);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

STRICT(size_bytes)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice text = arg_text(argv[0]), s = slice_trim(text);
	size_t at = 0, digits = 0;
	struct numeric n, factor;
	int64_t out;

	if (at < s.len && (s.ptr[at] == '-' || s.ptr[at] == '+'))
		at++;
	for (; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9'; at++)
		digits++;
	if (at < s.len && s.ptr[at] == '.')
		for (at++; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9'; at++)
			digits++;
	if (!digits) {
		sql_raise(ctx, "22023", "invalid size: \"%.*s\"", SLICE_ARG(text));
		return;
	}
	if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
		size_t e = at + 1 + (at + 1 < s.len && (s.ptr[at + 1] == '-' || s.ptr[at + 1] == '+')), first = e;

		while (e < s.len && s.ptr[e] >= '0' && s.ptr[e] <= '9')
			e++;
		if (e > first)
			at = e;
	}
	struct slice unit = slice_skip(s, at);
	while (unit.len && is_blank(unit.ptr[0]))
		unit = slice_skip(unit, 1);
	int bits = unit.len ? -1 : 0;
	for (size_t i = 0; unit.len && i < UNITS; i++)
		if (slice_eq_nocase_str(unit, units[i].name))
			bits = units[i].bits;
	if (unit.len && slice_eq_nocase_str(unit, "B"))
		bits = 0;
	if (bits < 0) {
		struct sql_error *e = sql_raise(ctx, "22023", "invalid size: \"%.*s\"", SLICE_ARG(text));
		sql_detail(env, e, "Invalid size unit: \"%.*s\".", SLICE_ARG(unit));
		sql_hint(env, e, "Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".");
		return;
	}
	numeric_init(&n);
	numeric_init(&factor);
	numeric_set_int(&factor, (int64_t)1 << bits);
	if (!numeric_parse(env, &n, slice_take(s, at)) || !numeric_times(env, &n, &n, &factor))
		result_raised(ctx);
	else if (!numeric_to_int64(&n, &out))
		sql_raise(ctx, "22003", "bigint out of range");
	else
		sqlite3_result_int64(ctx, out);
	numeric_release(&n);
	numeric_release(&factor);
}

const struct func_row func_size_rows[] = {
	CALL("pg_size_pretty", size_pretty, 1), CALL("pg_size_pretty_numeric", size_pretty_numeric, 1), CALL("pg_size_bytes", size_bytes, 1),
	END_OF_ROWS
};
