/*
 * Exact aggregates: sum, avg, variance and deviation of integers and numeric,
 * sum and avg of intervals, and, or and xor of booleans and bits. All can take a row
 * back, so all run in any window frame.
 */
#include "service/pg/sql/func/aggregate.h"
#include "service/pg/sql/func/datetime_call.h"
#include "service/pg/sql/type/numeric.h"

struct sums {
	int64_t count, nans, pinfs, ninfs;
	bool ready;
	struct numeric x, xx, one;  /* sum, sum of squares, the value at hand */
	uint32_t *scales;           /* how many values of each scale */
	int nscales;
};

static struct sums *sums_of(sqlite3_context *ctx)
{
	struct sums *s = aggregate_state(ctx, sizeof(*s));

	if (s && !s->ready) {
		s->ready = true;
		numeric_init(&s->x);
		numeric_init(&s->xx);
		numeric_init(&s->one);
	}
	return s;
}

static void sums_release(struct sums *s)
{
	if (!s || !s->ready)
		return;
	numeric_release(&s->x);
	numeric_release(&s->xx);
	numeric_release(&s->one);
	free(s->scales);
	s->ready = false;
	s->scales = NULL;
}

static bool count_scale(struct sums *s, int scale, int by)
{
	if (scale >= s->nscales) {
		uint32_t *larger = realloc(s->scales, (size_t)(scale + 1) * sizeof(*larger));
		if (!larger)
			return false;
		memset(larger + s->nscales, 0, (size_t)(scale + 1 - s->nscales) * sizeof(*larger));
		s->scales = larger;
		s->nscales = scale + 1;
	}
	s->scales[scale] += (uint32_t)by;
	return true;
}

static int largest_scale(const struct sums *s)
{
	int scale = s->nscales;

	while (scale > 0 && !s->scales[scale - 1])
		scale--;
	return scale ? scale - 1 : 0;
}

static void sums_move(sqlite3_context *ctx, sqlite3_value *v, bool squares, int by)
{
	struct sums *s;

	if (arg_null(v) || !(s = sums_of(ctx)))
		return;
	s->count += by;
	if (sqlite3_value_type(v) == SQLITE_INTEGER) {
		int64_t i = arg_int(v);
		mpz_set_si(s->one.c, i);
		s->one.kind = NUMERIC_FINITE;
		s->one.scale = 0;
	} else {
		numeric_load(&s->one, arg_text(v));
	}
	switch (s->one.kind) {
	case NUMERIC_NAN: s->nans += by; return;
	case NUMERIC_PINF: s->pinfs += by; return;
	case NUMERIC_NINF: s->ninfs += by; return;
	case NUMERIC_FINITE: break;
	}
	if (s->one.scale && !count_scale(s, s->one.scale, by))
		return;
	struct sql_env *env = sql_env_of(ctx);
	(by > 0 ? numeric_plus : numeric_minus)(env, &s->x, &s->x, &s->one);
	if (squares) {
		numeric_times(env, &s->one, &s->one, &s->one);
		(by > 0 ? numeric_plus : numeric_minus)(env, &s->xx, &s->xx, &s->one);
	}
}

FUNC(sum_step) { sums_move(ctx, argv[0], false, 1); }
FUNC(sum_inverse) { sums_move(ctx, argv[0], false, -1); }
FUNC(var_step) { sums_move(ctx, argv[0], true, 1); }
FUNC(var_inverse) { sums_move(ctx, argv[0], true, -1); }

static void result_numeric(sqlite3_context *ctx, const struct numeric *n)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	numeric_print(&b, n);
	result_buf(ctx, &b);
}

/* NaN and infinities among the values decide alone. */
static bool special(sqlite3_context *ctx, const struct sums *s)
{
	if (s->nans || (s->pinfs && s->ninfs))
		sqlite3_result_text(ctx, "NaN", -1, SQLITE_STATIC);
	else if (s->pinfs || s->ninfs)
		sqlite3_result_text(ctx, s->pinfs ? "Infinity" : "-Infinity", -1, SQLITE_STATIC);
	else
		return false;
	return true;
}

static void sum_value(sqlite3_context *ctx)
{
	struct sums *s = aggregate_state(ctx, 0);

	if (!s || !s->count || special(ctx, s))
		return;
	numeric_copy(&s->one, &s->x);
	numeric_trunc_to(&s->one, largest_scale(s));
	result_numeric(ctx, &s->one);
}

static void avg_value(sqlite3_context *ctx)
{
	struct sums *s = aggregate_state(ctx, 0);
	struct numeric n;

	if (!s || !s->count || special(ctx, s))
		return;
	numeric_copy(&s->one, &s->x);
	numeric_trunc_to(&s->one, largest_scale(s));
	numeric_init(&n);
	numeric_set_int(&n, s->count);
	numeric_quotient(&s->one, &s->one, &n, numeric_quotient_scale(&s->one, &n));
	numeric_release(&n);
	result_numeric(ctx, &s->one);
}

/* (N * sum of squares - square of sum) / (N * (N or N - 1)), perhaps its root. */
static void variance(sqlite3_context *ctx, bool sample, bool root)
{
	struct sql_env *env = sql_env_of(ctx);
	struct sums *s = aggregate_state(ctx, 0);
	struct numeric n, a, b;

	if (!s || s->count < (sample ? 2 : 1))
		return;
	if (s->nans || s->pinfs || s->ninfs) {
		sqlite3_result_text(ctx, "NaN", -1, SQLITE_STATIC);
		return;
	}
	numeric_init(&n);
	numeric_init(&a);
	numeric_init(&b);
	numeric_set_int(&n, s->count);
	int scale = largest_scale(s);
	numeric_copy(&s->one, &s->x);
	numeric_trunc_to(&s->one, scale);
	numeric_times(env, &a, &n, &s->xx);
	numeric_times(env, &b, &s->one, &s->one);
	numeric_minus(env, &a, &a, &b);
	numeric_trunc_to(&a, 2 * scale);
	if (numeric_sign_of(&a) <= 0) {
		sqlite3_result_text(ctx, "0", -1, SQLITE_STATIC);
	} else {
		numeric_set_int(&b, sample ? s->count - 1 : s->count);
		numeric_times(env, &b, &n, &b);
		scale = numeric_quotient_scale(&a, &b);
		numeric_quotient(&a, &a, &b, scale);
		if (root)
			numeric_root(&a, &a, scale);
		result_numeric(ctx, &a);
	}
	numeric_release(&n);
	numeric_release(&a);
	numeric_release(&b);
}

static void var_samp_value(sqlite3_context *ctx) { variance(ctx, true, false); }
static void var_pop_value(sqlite3_context *ctx) { variance(ctx, false, false); }
static void stddev_samp_value(sqlite3_context *ctx) { variance(ctx, true, true); }
static void stddev_pop_value(sqlite3_context *ctx) { variance(ctx, false, true); }

#define FINAL(name)                                                                                \
	static void name##_final(sqlite3_context *ctx)                                             \
	{                                                                                          \
		name##_value(ctx);                                                                 \
		sums_release(aggregate_state(ctx, 0));                                             \
	}
FINAL(sum)
FINAL(avg)
FINAL(var_samp)
FINAL(var_pop)
FINAL(stddev_samp)
FINAL(stddev_pop)

/* ---- intervals ---- */

struct interval_sum {
	int64_t count;
	struct interval sum;
};

FUNC(interval_step)
{
	struct interval_sum *s;

	if (arg_null(argv[0]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	struct interval v = arg_interval(argv[0]);
	s->count++;
	if (!interval_add(&s->sum, &s->sum, &v))
		sql_raise(ctx, "22008", "interval out of range");
}

FUNC(interval_inverse)
{
	struct interval_sum *s;

	if (arg_null(argv[0]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	struct interval v = arg_interval(argv[0]);
	s->count--;
	if (!interval_subtract(&s->sum, &s->sum, &v))
		sql_raise(ctx, "22008", "interval out of range");
}

static void interval_sum_value(sqlite3_context *ctx)
{
	struct interval_sum *s = aggregate_state(ctx, 0);

	if (s && s->count)
		result_interval(ctx, &s->sum);
}

static void interval_avg_value(sqlite3_context *ctx)
{
	struct interval_sum *s = aggregate_state(ctx, 0);
	struct interval r;

	if (!s || !s->count)
		return;
	if (interval_scale_by(&r, &s->sum, (double)s->count, true))
		result_interval(ctx, &r);
	else
		sql_raise(ctx, "22008", "interval out of range");
}

/* ---- booleans and bits ---- */

struct bits {
	int64_t count;
	int64_t ones[64];   /* values with that bit; of a boolean only the first */
};

static void bits_move(sqlite3_context *ctx, sqlite3_value *v, int by)
{
	struct bits *s;

	if (arg_null(v) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	uint64_t x = (uint64_t)arg_int(v);
	s->count += by;
	for (int i = 0; x; i++, x >>= 1)
		s->ones[i] += x & 1 ? by : 0;
}

FUNC(bits_step) { bits_move(ctx, argv[0], 1); }
FUNC(bits_inverse) { bits_move(ctx, argv[0], -1); }

static void result_bits(sqlite3_context *ctx, char how)
{
	struct bits *s = aggregate_state(ctx, 0);
	uint64_t r = 0;

	if (!s || !s->count)
		return;
	for (int i = 0; i < 64; i++)
		if (how == '&' ? s->ones[i] == s->count : how == '|' ? s->ones[i] > 0 : s->ones[i] & 1)
			r |= (uint64_t)1 << i;
	sqlite3_result_int64(ctx, (int64_t)r);
}

static void bits_and(sqlite3_context *ctx) { result_bits(ctx, '&'); }
static void bits_or(sqlite3_context *ctx) { result_bits(ctx, '|'); }
static void bits_xor(sqlite3_context *ctx) { result_bits(ctx, '^'); }

struct bit_string {
	char *text;
	size_t len;
};

static void bit_string_fold(sqlite3_context *ctx, sqlite3_value *v, char how)
{
	struct bit_string *s;
	struct slice x;

	if (arg_null(v) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	x = arg_text(v);
	if (!s->text) {
		s->text = strndup(x.ptr, x.len);
		s->len = x.len;
		return;
	}
	if (x.len != s->len) {
		sql_raise(ctx, "22026", "cannot %s bit strings of different sizes", how == '&' ? "AND" : how == '|' ? "OR" : "XOR");
		return;
	}
	for (size_t i = 0; i < x.len; i++) {
		int a = s->text[i] == '1', b = x.ptr[i] == '1';
		s->text[i] = (how == '&' ? a & b : how == '|' ? a | b : a ^ b) ? '1' : '0';
	}
}

FUNC(bit_string_and) { bit_string_fold(ctx, argv[0], '&'); }
FUNC(bit_string_or) { bit_string_fold(ctx, argv[0], '|'); }
FUNC(bit_string_xor) { bit_string_fold(ctx, argv[0], '^'); }

static void bit_string_final(sqlite3_context *ctx)
{
	struct bit_string *s = aggregate_state(ctx, 0);

	if (s && s->text) {
		result_text(ctx, slice_of(s->text, s->len));
		free(s->text);
		s->text = NULL;
	}
}

#define EXACT(arg)                                                                                 \
	WINDOW("avg(" arg ")", "g_avg", 1, sum_step, avg_final, avg_value, sum_inverse),           \
	WINDOW("var_pop(" arg ")", "g_var_pop", 1, var_step, var_pop_final, var_pop_value, var_inverse),        \
	WINDOW("var_samp(" arg ")", "g_var_samp", 1, var_step, var_samp_final, var_samp_value, var_inverse),    \
	WINDOW("variance(" arg ")", "g_var_samp", 1, var_step, var_samp_final, var_samp_value, var_inverse),    \
	WINDOW("stddev_pop(" arg ")", "g_stddev_pop", 1, var_step, stddev_pop_final, stddev_pop_value, var_inverse), \
	WINDOW("stddev_samp(" arg ")", "g_stddev_samp", 1, var_step, stddev_samp_final, stddev_samp_value, var_inverse), \
	WINDOW("stddev(" arg ")", "g_stddev_samp", 1, var_step, stddev_samp_final, stddev_samp_value, var_inverse)
#define BITS(arg)                                                                                  \
	WINDOW("bit_and(" arg ")", "g_bit_and", 1, bits_step, bits_and, bits_and, bits_inverse),   \
	WINDOW("bit_or(" arg ")", "g_bit_or", 1, bits_step, bits_or, bits_or, bits_inverse),       \
	WINDOW("bit_xor(" arg ")", "g_bit_xor", 1, bits_step, bits_xor, bits_xor, bits_inverse)
/* SQLite's own */
#define OWN(key_, name_) { .impl = { .key = key_, .form = SQL_FORM_AGGREGATE, .text = name_, .window = true } }

const struct func_row func_aggregate_number_rows[] = {
	OWN("count()", "count"), OWN("count(any)", "count"), OWN("sum(int2)", "sum"), OWN("sum(int4)", "sum"), OWN("sum(money)", "sum"),
	WINDOW("sum(int8)", "g_sum", 1, sum_step, sum_final, sum_value, sum_inverse),
	WINDOW("sum(numeric)", "g_sum", 1, sum_step, sum_final, sum_value, sum_inverse),
	EXACT("int2"), EXACT("int4"), EXACT("int8"), EXACT("numeric"),
	WINDOW("sum(interval)", "g_sum_interval", 1, interval_step, interval_sum_value, interval_sum_value, interval_inverse),
	WINDOW("avg(interval)", "g_avg_interval", 1, interval_step, interval_avg_value, interval_avg_value, interval_inverse),
	WINDOW("bool_and(bool)", "g_bit_and", 1, bits_step, bits_and, bits_and, bits_inverse),
	WINDOW("every(bool)", "g_bit_and", 1, bits_step, bits_and, bits_and, bits_inverse),
	WINDOW("bool_or(bool)", "g_bit_or", 1, bits_step, bits_or, bits_or, bits_inverse),
	BITS("int2"), BITS("int4"), BITS("int8"),
	AGGREGATE("bit_and(bit)", "g_bit_string_and", 1, bit_string_and, bit_string_final),
	AGGREGATE("bit_or(bit)", "g_bit_string_or", 1, bit_string_or, bit_string_final),
	AGGREGATE("bit_xor(bit)", "g_bit_string_xor", 1, bit_string_xor, bit_string_final),
	/* integers of every size, dates and text lie in SQLite's own order */
	OWN("max(int2)", "max"), OWN("max(int4)", "max"), OWN("max(int8)", "max"), OWN("max(oid)", "max"), OWN("max(float4)", "max"),
	OWN("max(float8)", "max"), OWN("max(date)", "max"), OWN("max(time)", "max"), OWN("max(money)", "max"), OWN("max(timestamp)", "max"),
	OWN("max(timestamptz)", "max"), OWN("max(text)", "max"), OWN("max(pg_lsn)", "max"), OWN("max(xid8)", "max"), OWN("max(anyenum)", "max"),
	OWN("min(int2)", "min"), OWN("min(int4)", "min"), OWN("min(int8)", "min"), OWN("min(oid)", "min"), OWN("min(float4)", "min"),
	OWN("min(float8)", "min"), OWN("min(date)", "min"), OWN("min(time)", "min"), OWN("min(money)", "min"), OWN("min(timestamp)", "min"),
	OWN("min(timestamptz)", "min"), OWN("min(text)", "min"), OWN("min(pg_lsn)", "min"), OWN("min(xid8)", "min"), OWN("min(anyenum)", "min"),
	/* window functions that SQLite has */
	OWN("row_number()", "row_number"), OWN("rank()", "rank"), OWN("dense_rank()", "dense_rank"), OWN("percent_rank()", "percent_rank"),
	OWN("cume_dist()", "cume_dist"), OWN("ntile(int4)", "ntile"), OWN("lag(anyelement)", "lag"), OWN("lag(anyelement,int4)", "lag"),
	OWN("lag(anycompatible,int4,anycompatible)", "lag"), OWN("lead(anyelement)", "lead"), OWN("lead(anyelement,int4)", "lead"),
	OWN("lead(anycompatible,int4,anycompatible)", "lead"), OWN("first_value(anyelement)", "first_value"),
	OWN("last_value(anyelement)", "last_value"), OWN("nth_value(anyelement,int4)", "nth_value"),
	END_OF_ROWS
};
