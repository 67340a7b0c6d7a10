/*
 * Functions of money, an integer of cents. Its text and order are type/number.c's
 * and compare.c's. What would be above the type's range is refused.
 *
 * Source: cash.c of PostgreSQL 15.
 */
#include <ctype.h>
#include <math.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/numeric.h"

static void out_of_range(sqlite3_context *ctx)
{
	sql_raise(ctx, "22003", "money out of range");
}

STRICT(cash_pl)
{
	int64_t r;

	if (__builtin_add_overflow(arg_int(argv[0]), arg_int(argv[1]), &r))
		out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, r);
}

STRICT(cash_mi)
{
	int64_t r;

	if (__builtin_sub_overflow(arg_int(argv[0]), arg_int(argv[1]), &r))
		out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, r);
}

STRICT(cash_mul_int)
{
	int64_t r;

	if (__builtin_mul_overflow(arg_int(argv[0]), arg_int(argv[1]), &r))
		out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, r);
}

STRICT(cash_div_int)
{
	int64_t by = arg_int(argv[1]), v = arg_int(argv[0]);

	if (!by)
		sql_raise(ctx, "22012", "division by zero");
	else if (by == -1 && v == INT64_MIN)
		out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, v / by);
}

static void whole(sqlite3_context *ctx, double d)
{
	d = rint(d);
	if (isnan(d) || d < -9223372036854775808.0 || d >= 9223372036854775808.0)
		out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, (int64_t)d);
}

STRICT(cash_mul_float) { whole(ctx, (double)arg_int(argv[0]) * arg_double(argv[1])); }
STRICT(float_mul_cash) { whole(ctx, (double)arg_int(argv[1]) * arg_double(argv[0])); }

STRICT(cash_div_float)
{
	double by = arg_double(argv[1]);

	if (by == 0)
		sql_raise(ctx, "22012", "division by zero");
	else if (isinf((double)arg_int(argv[0]) / by) && !isinf(by))
		sql_raise(ctx, "22003", "value out of range: overflow");
	else
		whole(ctx, (double)arg_int(argv[0]) / by);
}

STRICT(cash_div_cash)
{
	if (!arg_int(argv[1]))
		sql_raise(ctx, "22012", "division by zero");
	else
		result_double(ctx, (double)arg_int(argv[0]) / (double)arg_int(argv[1]));
}

/* ---- to and from numbers ---- */

STRICT(int_cash)
{
	int64_t r;

	if (__builtin_mul_overflow(arg_int(argv[0]), 100, &r))
		sql_raise(ctx, "22003", "bigint out of range");
	else
		sqlite3_result_int64(ctx, r);
}

STRICT(numeric_cash)
{
	struct numeric n, hundred;
	int64_t r;

	numeric_init(&n);
	numeric_init(&hundred);
	numeric_load(&n, arg_text(argv[0]));
	numeric_set_int(&hundred, 100);
	if (n.kind != NUMERIC_FINITE)
		sql_raise(ctx, "0A000", "cannot convert %s to bigint", n.kind == NUMERIC_NAN ? "NaN" : "infinity");
	else if (!numeric_times(sql_env_of(ctx), &n, &n, &hundred))
		result_raised(ctx);
	else if (!numeric_to_int64(&n, &r))
		sql_raise(ctx, "22003", "bigint out of range");
	else
		sqlite3_result_int64(ctx, r);
	numeric_release(&n);
	numeric_release(&hundred);
}

STRICT(cash_numeric)
{
	int64_t v = arg_int(argv[0]);
	uint64_t cents = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	struct buf b;

	buf_init(&b, 64);
	buf_addf(&b, "%s%llu.%02u", v < 0 ? "-" : "", (unsigned long long)(cents / 100), (unsigned)(cents % 100));
	result_buf(ctx, &b);
}

/* ---- in words ---- */

static void words_below_1000(struct buf *b, unsigned n)
{
	static const char *const small[] = { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
					     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen" };
	static const char *const tens[] = { "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety" };
	unsigned rest = n % 100;

	if (n >= 100) {
		buf_addf(b, "%s hundred", small[n / 100]);
		if (!rest)
			return;
		buf_add_str(b, rest < 20 && rest % 10 ? " and " : " ");
	}
	if (rest < 20)
		buf_add_str(b, small[rest]);
	else if (rest % 10)
		buf_addf(b, "%s %s", tens[rest / 10], small[rest % 10]);
	else
		buf_add_str(b, tens[rest / 10]);
}

STRICT(cash_words)
{
	static const char *const groups[] = { "", " thousand", " million", " billion", " trillion", " quadrillion" };
	int64_t v = arg_int(argv[0]);
	uint64_t cents = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, dollars = cents / 100, scale = 1000000000000000ull;
	struct buf b;

	buf_init(&b, 4096);
	if (v < 0)
		buf_add_str(&b, "minus ");
	for (int i = 5; i >= 0; i--, scale /= 1000) {
		unsigned part = (unsigned)(dollars / scale % 1000);

		if (!part)
			continue;
		words_below_1000(&b, part);
		buf_addf(&b, "%s ", groups[i]);
	}
	if (!dollars)
		buf_add_str(&b, "zero ");
	buf_add_str(&b, dollars == 1 ? "dollar and " : "dollars and ");
	words_below_1000(&b, (unsigned)(cents % 100));
	buf_add_str(&b, cents % 100 == 1 ? " cent" : " cents");
	b.ptr[0] = (char)toupper((unsigned char)b.ptr[0]);
	result_buf(ctx, &b);
}

const struct func_row func_money_rows[] = {
	CALL("cash_pl", cash_pl, 2), CALL("cash_mi", cash_mi, 2),
	CALL("cash_mul_int2", cash_mul_int, 2), CALL("cash_mul_int4", cash_mul_int, 2), CALL("cash_mul_int8", cash_mul_int, 2),
	CALL("int2_mul_cash", cash_mul_int, 2), CALL("int4_mul_cash", cash_mul_int, 2), CALL("int8_mul_cash", cash_mul_int, 2),
	CALL("cash_div_int2", cash_div_int, 2), CALL("cash_div_int4", cash_div_int, 2), CALL("cash_div_int8", cash_div_int, 2),
	CALL("cash_mul_flt4", cash_mul_float, 2), CALL("cash_mul_flt8", cash_mul_float, 2),
	CALL("flt4_mul_cash", float_mul_cash, 2), CALL("flt8_mul_cash", float_mul_cash, 2),
	CALL("cash_div_flt4", cash_div_float, 2), CALL("cash_div_flt8", cash_div_float, 2), CALL("cash_div_cash", cash_div_cash, 2),
	CALL("int4_cash", int_cash, 1), CALL("int8_cash", int_cash, 1), CALL("numeric_cash", numeric_cash, 1), CALL("cash_numeric", cash_numeric, 1),
	CALL("cash_words", cash_words, 1),
	END_OF_ROWS
};
