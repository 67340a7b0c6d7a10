/*
 * Functions of numeric: operators, rounding, conversions. Logarithms and powers
 * are type/numeric_curve.c's. Short sums and comparisons, which is most of what
 * tables hold, are done on machine integers.
 */
#include "service/pg/sql/type/numeric.h"

#include <math.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/numeric_curve.h"

static void result_numeric(sqlite3_context *ctx, const struct numeric *n)
{
	char text[64];
	struct buf b;

	if (n->kind == NUMERIC_FINITE && n->scale == 0 && mpz_fits_slong_p(n->c)) {
		snprintf(text, sizeof(text), "%ld", mpz_get_si(n->c));
		sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
		return;
	}
	buf_init(&b, BUF_MAX);
	numeric_print(&b, n);
	result_buf(ctx, &b);
}

typedef bool operation(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b);

static void binary(sqlite3_context *ctx, sqlite3_value **argv, operation *f)
{
	struct numeric a, b, r;

	numeric_init(&a);
	numeric_init(&b);
	numeric_init(&r);
	numeric_load(&a, arg_text(argv[0]));
	numeric_load(&b, arg_text(argv[1]));
	if (f(sql_env_of(ctx), &r, &a, &b))
		result_numeric(ctx, &r);
	else
		result_raised(ctx);
	numeric_release(&a);
	numeric_release(&b);
	numeric_release(&r);
}

STRICT(numeric_add) { binary(ctx, argv, numeric_plus); }
STRICT(numeric_sub) { binary(ctx, argv, numeric_minus); }
STRICT(numeric_mul) { binary(ctx, argv, numeric_times); }
STRICT(numeric_div) { binary(ctx, argv, numeric_over); }
STRICT(numeric_mod) { binary(ctx, argv, numeric_modulo); }
STRICT(numeric_pow) { binary(ctx, argv, numeric_power); }
STRICT(numeric_log) { binary(ctx, argv, numeric_logarithm); }

static bool quotient_whole(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	if (a->kind != NUMERIC_FINITE || b->kind != NUMERIC_FINITE || !mpz_sgn(b->c))
		return numeric_over(env, r, a, b);
	struct numeric x, y;
	int scale = a->scale > b->scale ? a->scale : b->scale;
	numeric_init(&x);
	numeric_init(&y);
	numeric_copy(&x, a);
	numeric_copy(&y, b);
	numeric_widen(&x, scale);
	numeric_widen(&y, scale);
	mpz_tdiv_q(r->c, x.c, y.c);
	r->kind = NUMERIC_FINITE;
	r->scale = 0;
	numeric_release(&x);
	numeric_release(&y);
	return true;
}

STRICT(numeric_div_trunc) { binary(ctx, argv, quotient_whole); }

static bool gcd(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	struct numeric x, y;

	(void)env;
	if (a->kind != NUMERIC_FINITE || b->kind != NUMERIC_FINITE) {
		r->kind = NUMERIC_NAN;
		return true;
	}
	int scale = a->scale > b->scale ? a->scale : b->scale;
	numeric_init(&x);
	numeric_init(&y);
	numeric_copy(&x, a);
	numeric_copy(&y, b);
	numeric_widen(&x, scale);
	numeric_widen(&y, scale);
	mpz_gcd(r->c, x.c, y.c);
	r->scale = scale;
	numeric_release(&x);
	numeric_release(&y);
	return true;
}

static bool lcm(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	struct numeric x, y;

	if (a->kind != NUMERIC_FINITE || b->kind != NUMERIC_FINITE) {
		r->kind = NUMERIC_NAN;
		return true;
	}
	int scale = a->scale > b->scale ? a->scale : b->scale;
	numeric_init(&x);
	numeric_init(&y);
	numeric_copy(&x, a);
	numeric_copy(&y, b);
	numeric_widen(&x, scale);
	numeric_widen(&y, scale);
	mpz_lcm(r->c, x.c, y.c);
	r->scale = scale;
	numeric_release(&x);
	numeric_release(&y);
	return numeric_fits(env, r);
}

STRICT(numeric_gcd) { binary(ctx, argv, gcd); }
STRICT(numeric_lcm) { binary(ctx, argv, lcm); }

/* ---- one number ---- */

typedef bool change(struct sql_env *env, struct numeric *n);

static void unary(sqlite3_context *ctx, sqlite3_value **argv, change *f)
{
	struct numeric n;

	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	if (f(sql_env_of(ctx), &n))
		result_numeric(ctx, &n);
	else
		result_raised(ctx);
	numeric_release(&n);
}

static bool negate(struct sql_env *env, struct numeric *n)
{
	(void)env;
	if (n->kind == NUMERIC_FINITE)
		mpz_neg(n->c, n->c);
	else if (n->kind != NUMERIC_NAN)
		n->kind = n->kind == NUMERIC_PINF ? NUMERIC_NINF : NUMERIC_PINF;
	return true;
}

static bool absolute(struct sql_env *env, struct numeric *n)
{
	(void)env;
	mpz_abs(n->c, n->c);
	if (n->kind == NUMERIC_NINF)
		n->kind = NUMERIC_PINF;
	return true;
}

static bool sign(struct sql_env *env, struct numeric *n)
{
	(void)env;
	if (n->kind != NUMERIC_NAN)
		numeric_set_int(n, numeric_sign_of(n));
	return true;
}

static bool whole(struct sql_env *env, struct numeric *n, bool up)
{
	struct numeric before;

	(void)env;
	if (n->kind != NUMERIC_FINITE)
		return true;
	numeric_init(&before);
	numeric_copy(&before, n);
	numeric_trunc_to(n, 0);
	int r = numeric_compare(n, &before);
	if (up && r < 0)
		mpz_add_ui(n->c, n->c, 1);
	else if (!up && r > 0)
		mpz_sub_ui(n->c, n->c, 1);
	numeric_release(&before);
	return true;
}

static bool ceiling(struct sql_env *env, struct numeric *n) { return whole(env, n, true); }
static bool floor_of(struct sql_env *env, struct numeric *n) { return whole(env, n, false); }

static bool root(struct sql_env *env, struct numeric *n)
{
	int first;

	if (n->kind == NUMERIC_NAN || n->kind == NUMERIC_PINF)
		return true;
	if (numeric_sign_of(n) < 0) {
		sql_raise_env(env, "2201F", "cannot take square root of a negative number");
		return false;
	}
	int weight = (numeric_weight(n, &first) + 1) * 4 / 2 - 1, scale = 16 - weight;
	if (scale < n->scale)
		scale = n->scale;
	scale = scale < 0 ? 0 : scale > 1000 ? 1000 : scale;
	numeric_root(n, n, scale);
	return true;
}

static bool increment(struct sql_env *env, struct numeric *n)
{
	struct numeric one;

	numeric_init(&one);
	numeric_set_int(&one, 1);
	bool ok = numeric_plus(env, n, n, &one);
	numeric_release(&one);
	return ok;
}

static bool factorial(struct sql_env *env, struct numeric *n)
{
	int64_t v;

	if (!numeric_to_int64(n, &v) || v < 0) {
		sql_raise_env(env, "22003", "factorial of a negative number is undefined");
		return false;
	}
	if (v > 32177) {
		sql_raise_env(env, "22003", "value overflows numeric format");
		return false;
	}
	mpz_fac_ui(n->c, (unsigned long)v);
	n->scale = 0;
	return true;
}

/* The scale without zeros at the end. */
static int least_scale(const struct numeric *n)
{
	int scale = n->scale;
	mpz_t c;

	if (!mpz_sgn(n->c))
		return 0;
	mpz_init_set(c, n->c);
	while (scale > 0 && mpz_divisible_ui_p(c, 10)) {
		mpz_divexact_ui(c, c, 10);
		scale--;
	}
	mpz_clear(c);
	return scale;
}

static bool trim_scale(struct sql_env *env, struct numeric *n)
{
	(void)env;
	if (n->kind == NUMERIC_FINITE)
		numeric_trunc_to(n, least_scale(n));
	return true;
}

STRICT(numeric_uminus) { unary(ctx, argv, negate); }
STRICT(numeric_abs) { unary(ctx, argv, absolute); }
STRICT(numeric_sign) { unary(ctx, argv, sign); }
STRICT(numeric_ceil) { unary(ctx, argv, ceiling); }
STRICT(numeric_floor) { unary(ctx, argv, floor_of); }
STRICT(numeric_sqrt) { unary(ctx, argv, root); }
STRICT(numeric_exp) { unary(ctx, argv, numeric_exponential); }
STRICT(numeric_ln) { unary(ctx, argv, numeric_natural_logarithm); }
STRICT(numeric_trim_scale) { unary(ctx, argv, trim_scale); }
STRICT(numeric_inc) { unary(ctx, argv, increment); }

STRICT(numeric_fac)
{
	struct numeric n;

	numeric_init(&n);
	numeric_set_int(&n, arg_int(argv[0]));
	if (factorial(sql_env_of(ctx), &n))
		result_numeric(ctx, &n);
	else
		result_raised(ctx);
	numeric_release(&n);
}

static void rounded(sqlite3_context *ctx, sqlite3_value **argv, bool round)
{
	struct numeric n;
	int64_t scale = arg_int(argv[1]);

	if (scale > 2000) /* NUMERIC_MAX_RESULT_SCALE */
		scale = 2000;
	if (scale < -2000)
		scale = -2000;
	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	(round ? numeric_round_to : numeric_trunc_to)(&n, (int)scale);
	if (numeric_fits(sql_env_of(ctx), &n))
		result_numeric(ctx, &n);
	else
		result_raised(ctx);
	numeric_release(&n);
}

STRICT(numeric_round) { rounded(ctx, argv, true); }
STRICT(numeric_trunc) { rounded(ctx, argv, false); }

STRICT(numeric_scale)
{
	struct numeric n;

	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	if (n.kind == NUMERIC_FINITE)
		sqlite3_result_int(ctx, n.scale);
	numeric_release(&n);
}

STRICT(numeric_min_scale)
{
	struct numeric n;

	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	if (n.kind == NUMERIC_FINITE)
		sqlite3_result_int(ctx, least_scale(&n));
	numeric_release(&n);
}

STRICT(width_bucket_numeric)
{
	struct sql_env *env = sql_env_of(ctx);
	struct numeric x, low, high, count, r;
	int64_t n = arg_int(argv[3]), bucket = 0;

	numeric_init(&x);
	numeric_init(&low);
	numeric_init(&high);
	numeric_init(&count);
	numeric_init(&r);
	numeric_load(&x, arg_text(argv[0]));
	numeric_load(&low, arg_text(argv[1]));
	numeric_load(&high, arg_text(argv[2]));
	if (n <= 0) {
		sql_raise(ctx, "2201G", "count must be greater than zero");
	} else if (x.kind == NUMERIC_NAN || low.kind == NUMERIC_NAN || high.kind == NUMERIC_NAN) {
		sql_raise(ctx, "2201G", "operand, lower bound, and upper bound cannot be NaN");
	} else if (low.kind != NUMERIC_FINITE || high.kind != NUMERIC_FINITE) {
		sql_raise(ctx, "2201G", "lower and upper bounds must be finite");
	} else {
		int up = numeric_compare(&high, &low);
		if (!up) {
			sql_raise(ctx, "2201G", "lower bound cannot equal upper bound");
		} else {
			int below = numeric_compare(&x, &low) * up, above = numeric_compare(&x, &high) * up;
			if (below < 0) {
				bucket = 0;
			} else if (above >= 0) {
				bucket = n + 1;
			} else {
				numeric_set_int(&count, n);
				numeric_minus(env, &x, &x, &low);
				numeric_minus(env, &high, &high, &low);
				numeric_times(env, &x, &x, &count);
				quotient_whole(env, &r, &x, &high);
				bucket = (int64_t)mpz_get_si(r.c) + 1;
			}
			if (bucket > INT32_MAX)
				sql_raise(ctx, "22003", "integer out of range");
			else
				sqlite3_result_int64(ctx, bucket);
		}
	}
	numeric_release(&x);
	numeric_release(&low);
	numeric_release(&high);
	numeric_release(&count);
	numeric_release(&r);
}

/* ---- conversions ---- */

static void to_int(sqlite3_context *ctx, sqlite3_value *v, int64_t least, int64_t most, const char *type)
{
	struct numeric n;
	int64_t i;

	numeric_init(&n);
	numeric_load(&n, arg_text(v));
	if (n.kind != NUMERIC_FINITE)
		sql_raise(ctx, "0A000", "cannot convert %s to %s", n.kind == NUMERIC_NAN ? "NaN" : "infinity", type);
	else if (!numeric_to_int64(&n, &i) || i < least || i > most)
		sql_raise(ctx, "22003", "%s out of range", type);
	else
		sqlite3_result_int64(ctx, i);
	numeric_release(&n);
}

STRICT(numeric_int2) { to_int(ctx, argv[0], INT16_MIN, INT16_MAX, "smallint"); }
STRICT(numeric_int4) { to_int(ctx, argv[0], INT32_MIN, INT32_MAX, "integer"); }
STRICT(numeric_int8) { to_int(ctx, argv[0], INT64_MIN, INT64_MAX, "bigint"); }

static void to_float(sqlite3_context *ctx, sqlite3_value *v, bool single)
{
	double d;

	/* "Infinity" and "NaN" are spelled alike */
	if (float_parse(sql_env_of(ctx), arg_text(v), single, &d))
		result_double(ctx, d);
	else
		result_raised(ctx);
}

STRICT(numeric_float4) { to_float(ctx, argv[0], true); }
STRICT(numeric_float8) { to_float(ctx, argv[0], false); }

static void from_double(sqlite3_context *ctx, double d, int digits)
{
	struct numeric n;

	numeric_init(&n);
	numeric_set_double(&n, d, digits);
	result_numeric(ctx, &n);
	numeric_release(&n);
}

STRICT(float4_numeric) { from_double(ctx, arg_double(argv[0]), 6); }
STRICT(float8_numeric) { from_double(ctx, arg_double(argv[0]), 15); }

/* numeric(numeric, typmod) */
STRICT(numeric_cast)
{
	struct numeric n;

	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	if (numeric_modify(sql_env_of(ctx), &n, (int32_t)arg_int(argv[1])))
		result_numeric(ctx, &n);
	else
		result_raised(ctx);
	numeric_release(&n);
}

const struct func_row func_numeric_rows[] = {
	CALL("numeric_add", numeric_add, 2), CALL("numeric_sub", numeric_sub, 2), CALL("numeric_mul", numeric_mul, 2),
	CALL("numeric_div", numeric_div, 2), CALL("numeric_mod", numeric_mod, 2), CALL("numeric_power", numeric_pow, 2),
	CALL("numeric_log", numeric_log, 2), CALL("numeric_div_trunc", numeric_div_trunc, 2),
	CALL("numeric_gcd", numeric_gcd, 2), CALL("numeric_lcm", numeric_lcm, 2), INLINE("numeric_uplus", "$1"),
	CALL("numeric_uminus", numeric_uminus, 1), CALL("numeric_abs", numeric_abs, 1), CALL("numeric_sign", numeric_sign, 1),
	CALL("numeric_ceil", numeric_ceil, 1), CALL("numeric_floor", numeric_floor, 1), CALL("numeric_sqrt", numeric_sqrt, 1),
	CALL("numeric_exp", numeric_exp, 1), CALL("numeric_ln", numeric_ln, 1), CALL("numeric_trim_scale", numeric_trim_scale, 1),
	CALL("numeric_inc", numeric_inc, 1), CALL("numeric_fac", numeric_fac, 1), CALL("numeric_round", numeric_round, 2),
	CALL("numeric_trunc", numeric_trunc, 2), CALL("numeric_scale", numeric_scale, 1), CALL("numeric_min_scale", numeric_min_scale, 1),
	CALL("width_bucket_numeric", width_bucket_numeric, 4),
	CALL("numeric_int2", numeric_int2, 1), CALL("numeric_int4", numeric_int4, 1), CALL("numeric_int8", numeric_int8, 1),
	CALL("numeric_float4", numeric_float4, 1), CALL("numeric_float8", numeric_float8, 1),
	CALL("float4_numeric", float4_numeric, 1), CALL("float8_numeric", float8_numeric, 1), CALL("numeric", numeric_cast, 2),
	INLINE("int2_numeric", "CAST($1 AS TEXT)"), INLINE("int4_numeric", "CAST($1 AS TEXT)"), INLINE("int8_numeric", "CAST($1 AS TEXT)"),
	END_OF_ROWS
};
