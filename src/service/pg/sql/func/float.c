/*
 * float4 and float8: arithmetic with PostgreSQL's checks for overflow and
 * underflow, mathematical functions, conversions. A float4 is a double that a
 * float can hold.
 */
#include <errno.h>
#include <math.h>

#include "service/pg/sql/func/call.h"

static void over(sqlite3_context *ctx)
{
	sql_raise(ctx, "22003", "value out of range: overflow");
}

static void under(sqlite3_context *ctx)
{
	sql_raise(ctx, "22003", "value out of range: underflow");
}

/* The result of an operation on a and b, or its error. */
static void checked(sqlite3_context *ctx, double r, bool may_be_infinite, bool may_be_zero, bool single)
{
	if (single)
		r = (double)(float)r;
	if (isinf(r) && !may_be_infinite)
		over(ctx);
	else if (r == 0 && !may_be_zero)
		under(ctx);
	else
		result_double(ctx, r);
}

#define OPERATORS(name, single)                                                                    \
	STRICT(name##pl)                                                                           \
	{                                                                                          \
		double a = arg_double(argv[0]), b = arg_double(argv[1]);                           \
		checked(ctx, a + b, isinf(a) || isinf(b), true, single);                           \
	}                                                                                          \
	STRICT(name##mi)                                                                           \
	{                                                                                          \
		double a = arg_double(argv[0]), b = arg_double(argv[1]);                           \
		checked(ctx, a - b, isinf(a) || isinf(b), true, single);                           \
	}                                                                                          \
	STRICT(name##mul)                                                                          \
	{                                                                                          \
		double a = arg_double(argv[0]), b = arg_double(argv[1]);                           \
		checked(ctx, a *b, isinf(a) || isinf(b), a == 0 || b == 0, single);                \
	}                                                                                          \
	STRICT(name##div)                                                                          \
	{                                                                                          \
		double a = arg_double(argv[0]), b = arg_double(argv[1]);                           \
		if (b == 0 && !isnan(a))                                                           \
			sql_raise(ctx, "22012", "division by zero");                               \
		else                                                                               \
			checked(ctx, a / b, isinf(a), a == 0 || isinf(b), single);                 \
	}
OPERATORS(float8, false)
OPERATORS(float4, true)

STRICT(float_um) { result_double(ctx, -arg_double(argv[0])); }
STRICT(float_abs) { result_double(ctx, fabs(arg_double(argv[0]))); }

/* ---- functions of one number ---- */

#define PLAIN(name, expr) STRICT(name) { double x = arg_double(argv[0]); result_double(ctx, expr); }
PLAIN(dround, rint(x))
PLAIN(dceil, ceil(x))
PLAIN(dfloor, floor(x))
PLAIN(dtrunc, trunc(x))
PLAIN(dsign, x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0)
PLAIN(datan, atan(x))
PLAIN(dasinh, asinh(x))
PLAIN(dtanh, tanh(x))
PLAIN(dcosh, cosh(x))
PLAIN(dsinh, sinh(x))

STRICT(dcbrt)
{
	double x = arg_double(argv[0]);
	checked(ctx, cbrt(x), isinf(x), x == 0, false);
}

STRICT(dsqrt)
{
	double x = arg_double(argv[0]);

	if (x < 0)
		sql_raise(ctx, "2201F", "cannot take square root of a negative number");
	else
		checked(ctx, sqrt(x), isinf(x), x == 0, false);
}

STRICT(dexp)
{
	double x = arg_double(argv[0]);

	if (isnan(x) || isinf(x))
		result_double(ctx, isnan(x) ? x : x > 0 ? x : 0);
	else
		checked(ctx, exp(x), false, false, false);
}

static bool logarithm_of(sqlite3_context *ctx, double x)
{
	if (x == 0)
		sql_raise(ctx, "2201E", "cannot take logarithm of zero");
	else if (x < 0)
		sql_raise(ctx, "2201E", "cannot take logarithm of a negative number");
	else
		return true;
	return false;
}

STRICT(dlog1)
{
	double x = arg_double(argv[0]);

	if (logarithm_of(ctx, x))
		checked(ctx, log(x), isinf(x), x == 1, false);
}

STRICT(dlog10)
{
	double x = arg_double(argv[0]);

	if (logarithm_of(ctx, x))
		checked(ctx, log10(x), isinf(x), x == 1, false);
}

STRICT(dpow)
{
	double a = arg_double(argv[0]), b = arg_double(argv[1]);

	if (isnan(a)) {
		result_double(ctx, b == 0 ? 1 : a);
	} else if (isnan(b)) {
		result_double(ctx, a == 1 ? 1 : b);
	} else if (a == 0 && b < 0) {
		sql_raise(ctx, "2201F", "zero raised to a negative power is undefined");
	} else if (a < 0 && floor(b) != b) {
		sql_raise(ctx, "2201F", "a negative number raised to a non-integer power yields a complex result");
	} else {
		double r = pow(a, b);
		if (isinf(a) || isinf(b))
			result_double(ctx, r);
		else
			checked(ctx, r, false, a == 0, false);
	}
}

/* ---- angles ---- */

#define RADIANS_PER_DEGREE 0.0174532925199432957692

static void refuse_input(sqlite3_context *ctx)
{
	sql_raise(ctx, "22003", "input is out of range");
}

#define ANGLE(name, expr)                                                                          \
	STRICT(name)                                                                               \
	{                                                                                          \
		double x = arg_double(argv[0]);                                                    \
		if (isinf(x))                                                                      \
			refuse_input(ctx);                                                         \
		else                                                                               \
			result_double(ctx, expr);                                                  \
	}
ANGLE(dsin, sin(x))
ANGLE(dcos, cos(x))
ANGLE(dtan, tan(x))
ANGLE(dcot, 1.0 / tan(x))

#define ARC(name, least, most, expr)                                                               \
	STRICT(name)                                                                               \
	{                                                                                          \
		double x = arg_double(argv[0]);                                                    \
		if (x < (least) || x > (most))                                                     \
			refuse_input(ctx);                                                         \
		else                                                                               \
			result_double(ctx, expr);                                                  \
	}
ARC(dasin, -1, 1, asin(x))
ARC(dacos, -1, 1, acos(x))
ARC(dacosh, 1, INFINITY, acosh(x))
ARC(datanh, -1, 1, x == 1 ? INFINITY : x == -1 ? -INFINITY : atanh(x))

/* Degrees: exact at the multiples of 30 and 45, as float.c has it: each function
 * is scaled by its own value where the exact one is known. */
static double sin30(double x) { return sin(x * RADIANS_PER_DEGREE) / sin(30.0 * RADIANS_PER_DEGREE) / 2.0; }
static double cos60(double x) { return 1.0 - (1.0 - cos(x * RADIANS_PER_DEGREE)) / (1.0 - cos(60.0 * RADIANS_PER_DEGREE)) / 2.0; }
static double sind_q1(double x) { return x <= 30.0 ? sin30(x) : cos60(90.0 - x); }
static double cosd_q1(double x) { return x <= 60.0 ? cos60(x) : sin30(90.0 - x); }

static double sin_degrees(double x)
{
	double sign = 1;

	x = fmod(x, 360.0);
	if (x < 0) {
		x = -x;
		sign = -1;
	}
	if (x > 180.0) {
		x = 360.0 - x;
		sign = -sign;
	}
	if (x > 90.0)
		x = 180.0 - x;
	return sign * sind_q1(x);
}

static double cos_degrees(double x)
{
	double sign = 1;

	x = fabs(fmod(x, 360.0));
	if (x > 180.0)
		x = 360.0 - x;
	if (x > 90.0) {
		x = 180.0 - x;
		sign = -1;
	}
	return sign * cosd_q1(x);
}

static double tan_degrees(double x)
{
	double sign = 1;

	x = fmod(x, 360.0);
	if (x < 0) {
		x = -x;
		sign = -1;
	}
	if (x > 180.0) {
		x = 360.0 - x;
		sign = -sign;
	}
	if (x > 90.0) {
		x = 180.0 - x;
		sign = -sign;
	}
	double r = sign * ((sind_q1(x) / cosd_q1(x)) / (sind_q1(45.0) / cosd_q1(45.0)));
	return r == 0 ? 0 : r;
}

static double cot_degrees(double x)
{
	double sign = 1;

	x = fmod(x, 360.0);
	if (x < 0) {
		x = -x;
		sign = -1;
	}
	if (x > 180.0) {
		x = 360.0 - x;
		sign = -sign;
	}
	if (x > 90.0) {
		x = 180.0 - x;
		sign = -sign;
	}
	double r = sign * ((cosd_q1(x) / sind_q1(x)) / (cosd_q1(45.0) / sind_q1(45.0)));
	return r == 0 ? 0 : r;
}

static double asind_q1(double x)
{
	return x <= 0.5 ? (asin(x) / asin(0.5)) * 30.0 : 90.0 - (acos(x) / acos(0.5)) * 60.0;
}

static double acosd_q1(double x)
{
	return x <= 0.5 ? 90.0 - (asin(x) / asin(0.5)) * 30.0 : (acos(x) / acos(0.5)) * 60.0;
}

ANGLE(dsind, sin_degrees(x))
ANGLE(dcosd, cos_degrees(x))
ANGLE(dtand, tan_degrees(x))
ANGLE(dcotd, cot_degrees(x))
ARC(dasind, -1, 1, isnan(x) ? x : x >= 0 ? asind_q1(x) : -asind_q1(-x))
ARC(dacosd, -1, 1, isnan(x) ? x : x >= 0 ? acosd_q1(x) : 90.0 + asind_q1(-x))
PLAIN(datand, isnan(x) ? x : (atan(x) / atan(1.0)) * 45.0)
PLAIN(degrees, x / RADIANS_PER_DEGREE)
PLAIN(radians, x * RADIANS_PER_DEGREE)

STRICT(datan2) { result_double(ctx, atan2(arg_double(argv[0]), arg_double(argv[1]))); }
STRICT(datan2d) { result_double(ctx, (atan2(arg_double(argv[0]), arg_double(argv[1])) / atan(1.0)) * 45.0); }
STRICT(dpi) { sqlite3_result_double(ctx, 3.141592653589793238462643383279502884); }

FUNC(drandom)
{
	struct sql_env *env = sql_env_of(ctx);
	uint64_t bits = env->random ? env->random(env) : 0;

	sqlite3_result_double(ctx, ldexp((double)(bits >> 12), -52));
}

STRICT(setseed)
{
	double seed = arg_double(argv[0]);

	if (seed < -1 || seed > 1 || isnan(seed))
		sql_raise(ctx, "22023", "setseed parameter %g is out of allowed range [-1,1]", seed);
	else
		sqlite3_result_text(ctx, "", 0, SQLITE_STATIC); /* the run's seed stays what it is */
}

STRICT(width_bucket_float8)
{
	double x = arg_double(argv[0]), low = arg_double(argv[1]), high = arg_double(argv[2]);
	int64_t count = arg_int(argv[3]);

	if (count <= 0) {
		sql_raise(ctx, "2201G", "count must be greater than zero");
	} else if (isnan(x) || isnan(low) || isnan(high)) {
		sql_raise(ctx, "2201G", "operand, lower bound, and upper bound cannot be NaN");
	} else if (isinf(low) || isinf(high)) {
		sql_raise(ctx, "2201G", "lower and upper bounds must be finite");
	} else if (low == high) {
		sql_raise(ctx, "2201G", "lower bound cannot equal upper bound");
	} else {
		bool up = low < high;
		double at = up ? x - low : low - x, width = up ? high - low : low - high;
		int64_t r = at < 0 ? 0 : at >= width ? count + 1 : (int64_t)(at / width * (double)count) + 1;
		if (r > count && at < width)
			r = count;
		if (r > INT32_MAX)
			sql_raise(ctx, "22003", "integer out of range");
		else
			sqlite3_result_int64(ctx, r);
	}
}

/* ---- conversions ---- */

#define TO_INT(name, least, most, text)                                                            \
	STRICT(name)                                                                               \
	{                                                                                          \
		double x = rint(arg_double(argv[0]));                                              \
		if (isnan(x) || x < (least) || x >= (most))                                        \
			sql_raise(ctx, "22003", text);                                             \
		else                                                                               \
			sqlite3_result_int64(ctx, (int64_t)x);                                     \
	}
TO_INT(toi2, -32768.0, 32768.0, "smallint out of range")
TO_INT(toi4, -2147483648.0, 2147483648.0, "integer out of range")
TO_INT(toi8, -9223372036854775808.0, 9223372036854775808.0, "bigint out of range")

STRICT(dtof)
{
	double x = arg_double(argv[0]);
	double r = (double)(float)x;

	if (isinf(r) && !isinf(x))
		over(ctx);
	else if (r == 0 && x != 0)
		under(ctx);
	else
		result_double(ctx, r);
}

STRICT(itof) { sqlite3_result_double(ctx, (double)(float)arg_int(argv[0])); }

#define CROSS(name) CALL(#name "pl", float8pl, 2), CALL(#name "mi", float8mi, 2), CALL(#name "mul", float8mul, 2), CALL(#name "div", float8div, 2)
#define ONE(name) CALL(#name, name, 1)

const struct func_row func_float_rows[] = {
	CALL("float4pl", float4pl, 2), CALL("float4mi", float4mi, 2), CALL("float4mul", float4mul, 2), CALL("float4div", float4div, 2),
	CROSS(float8), CROSS(float48), CROSS(float84),
	CALL("float4um", float_um, 1), CALL("float8um", float_um, 1), CALL("float4abs", float_abs, 1), CALL("float8abs", float_abs, 1),
	INLINE("float4up", "$1"), INLINE("float8up", "$1"),
	ONE(dround), ONE(dceil), ONE(dfloor), ONE(dtrunc), ONE(dsign), ONE(dcbrt), ONE(dsqrt), ONE(dexp), ONE(dlog1), ONE(dlog10),
	CALL("dpow", dpow, 2), CALL("datan2", datan2, 2), CALL("datan2d", datan2d, 2), CALL("dpi", dpi, 0),
	ONE(dsin), ONE(dcos), ONE(dtan), ONE(dcot), ONE(dasin), ONE(dacos), ONE(datan), ONE(dsinh), ONE(dcosh), ONE(dtanh),
	ONE(dasinh), ONE(dacosh), ONE(datanh), ONE(dsind), ONE(dcosd), ONE(dtand), ONE(dcotd), ONE(dasind), ONE(dacosd), ONE(datand),
	ONE(degrees), ONE(radians), ONE(setseed),
	CALL_VOLATILE("drandom", drandom, 0), CALL("width_bucket_float8", width_bucket_float8, 4),
	CALL("dtoi2", toi2, 1), CALL("dtoi4", toi4, 1), CALL("dtoi8", toi8, 1), CALL("ftoi2", toi2, 1), CALL("ftoi4", toi4, 1), CALL("ftoi8", toi8, 1),
	INLINE("i2tod", "CAST($1 AS REAL)"), INLINE("i4tod", "CAST($1 AS REAL)"), INLINE("i8tod", "CAST($1 AS REAL)"),
	INLINE("i2tof", "CAST($1 AS REAL)"), CALL("i4tof", itof, 1), CALL("i8tof", itof, 1),
	CALL("dtof", dtof, 1), INLINE("ftod", "$1"),
	END_OF_ROWS
};
