/*
 * Integers: arithmetic that refuses to overflow, bits, conversions among them.
 * Comparisons are compare.c's.
 */
#include <math.h>

#include "service/pg/sql/func/call.h"

static bool in_range(sqlite3_context *ctx, int64_t v, int bytes)
{
	if (bytes == 8 || (bytes == 4 ? v >= INT32_MIN && v <= INT32_MAX : v >= INT16_MIN && v <= INT16_MAX)) {
		sqlite3_result_int64(ctx, v);
		return true;
	}
	sql_raise(ctx, "22003", bytes == 4 ? "integer out of range" : "smallint out of range");
	return false;
}

static void overflow(sqlite3_context *ctx)
{
	sql_raise(ctx, "22003", "bigint out of range");
}

#define ARITHMETIC(name, bytes)                                                                    \
	STRICT(name##pl)                                                                           \
	{                                                                                          \
		int64_t r;                                                                         \
		if (__builtin_add_overflow(arg_int(argv[0]), arg_int(argv[1]), &r))                \
			overflow(ctx);                                                             \
		else                                                                               \
			in_range(ctx, r, bytes);                                                   \
	}                                                                                          \
	STRICT(name##mi)                                                                           \
	{                                                                                          \
		int64_t r;                                                                         \
		if (__builtin_sub_overflow(arg_int(argv[0]), arg_int(argv[1]), &r))                \
			overflow(ctx);                                                             \
		else                                                                               \
			in_range(ctx, r, bytes);                                                   \
	}                                                                                          \
	STRICT(name##mul)                                                                          \
	{                                                                                          \
		int64_t r;                                                                         \
		if (__builtin_mul_overflow(arg_int(argv[0]), arg_int(argv[1]), &r))                \
			overflow(ctx);                                                             \
		else                                                                               \
			in_range(ctx, r, bytes);                                                   \
	}                                                                                          \
	STRICT(name##div)                                                                          \
	{                                                                                          \
		int64_t a = arg_int(argv[0]), b = arg_int(argv[1]);                                \
		if (!b)                                                                            \
			sql_raise(ctx, "22012", "division by zero");                               \
		else if (b == -1 && a == INT64_MIN)                                                \
			overflow(ctx);                                                             \
		else                                                                               \
			in_range(ctx, a / b, bytes);                                               \
	}

ARITHMETIC(int2, 2)
ARITHMETIC(int4, 4)
ARITHMETIC(int8, 8)

STRICT(int_mod)
{
	int64_t a = arg_int(argv[0]), b = arg_int(argv[1]);

	if (!b)
		sql_raise(ctx, "22012", "division by zero");
	else
		sqlite3_result_int64(ctx, b == -1 ? 0 : a % b);
}

static void negate(sqlite3_context *ctx, int64_t v, int bytes)
{
	if (v == INT64_MIN)
		overflow(ctx);
	else
		in_range(ctx, -v, bytes);
}

STRICT(int2um) { negate(ctx, arg_int(argv[0]), 2); }
STRICT(int4um) { negate(ctx, arg_int(argv[0]), 4); }
STRICT(int8um) { negate(ctx, arg_int(argv[0]), 8); }

#define ABSOLUTE(name, bytes)                                                                      \
	STRICT(name)                                                                               \
	{                                                                                          \
		int64_t v = arg_int(argv[0]);                                                      \
		if (v < 0)                                                                         \
			negate(ctx, v, bytes);                                                     \
		else                                                                               \
			sqlite3_result_int64(ctx, v);                                              \
	}
ABSOLUTE(int2abs, 2)
ABSOLUTE(int4abs, 4)
ABSOLUTE(int8abs, 8)

STRICT(int_xor) { sqlite3_result_int64(ctx, arg_int(argv[0]) ^ arg_int(argv[1])); }

/* C's shifts of PostgreSQL on x86: the count is taken modulo the width (int2 is shifted as int4). */
STRICT(int2shl) { sqlite3_result_int64(ctx, (int16_t)((uint32_t)arg_int(argv[0]) << (arg_int(argv[1]) & 31))); }
STRICT(int4shl) { sqlite3_result_int64(ctx, (int32_t)((uint32_t)arg_int(argv[0]) << (arg_int(argv[1]) & 31))); }
STRICT(int8shl) { sqlite3_result_int64(ctx, (int64_t)((uint64_t)arg_int(argv[0]) << (arg_int(argv[1]) & 63))); }
STRICT(int4shr) { sqlite3_result_int64(ctx, (int32_t)arg_int(argv[0]) >> (arg_int(argv[1]) & 31)); }
STRICT(int8shr) { sqlite3_result_int64(ctx, arg_int(argv[0]) >> (arg_int(argv[1]) & 63)); }

STRICT(to_int2) { in_range(ctx, arg_int(argv[0]), 2); }
STRICT(to_int4) { in_range(ctx, arg_int(argv[0]), 4); }

STRICT(to_oid)
{
	int64_t v = arg_int(argv[0]);

	if (v < 0 || v > UINT32_MAX)
		sql_raise(ctx, "22003", "OID out of range");
	else
		sqlite3_result_int64(ctx, v);
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t t = a % b;
		a = b;
		b = t;
	}
	return a;
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static void result_gcd(sqlite3_context *ctx, sqlite3_value **argv, int64_t most)
{
	uint64_t g = gcd(magnitude(arg_int(argv[0])), magnitude(arg_int(argv[1])));

	if (g > (uint64_t)most)
		sql_raise(ctx, "22003", most == INT32_MAX ? "integer out of range" : "bigint out of range");
	else
		sqlite3_result_int64(ctx, (int64_t)g);
}

STRICT(int4gcd) { result_gcd(ctx, argv, INT32_MAX); }
STRICT(int8gcd) { result_gcd(ctx, argv, INT64_MAX); }

static void result_lcm(sqlite3_context *ctx, sqlite3_value **argv, int64_t most)
{
	uint64_t a = magnitude(arg_int(argv[0])), b = magnitude(arg_int(argv[1])), r;

	if (!a || !b) {
		sqlite3_result_int64(ctx, 0);
		return;
	}
	if (__builtin_mul_overflow(a / gcd(a, b), b, &r) || r > (uint64_t)most)
		sql_raise(ctx, "22003", most == INT32_MAX ? "integer out of range" : "bigint out of range");
	else
		sqlite3_result_int64(ctx, (int64_t)r);
}

STRICT(int4lcm) { result_lcm(ctx, argv, INT32_MAX); }
STRICT(int8lcm) { result_lcm(ctx, argv, INT64_MAX); }

static void result_hex(sqlite3_context *ctx, uint64_t v)
{
	char text[20];

	snprintf(text, sizeof(text), "%llx", (unsigned long long)v);
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
}

STRICT(to_hex32) { result_hex(ctx, (uint32_t)arg_int(argv[0])); }
STRICT(to_hex64) { result_hex(ctx, (uint64_t)arg_int(argv[0])); }

/* "char" from and to int4: a signed byte. */
STRICT(chartoi4)
{
	struct slice s = arg_text(argv[0]);
	sqlite3_result_int(ctx, s.len ? (signed char)s.ptr[0] : 0);
}

STRICT(i4tochar)
{
	int64_t v = arg_int(argv[0]);
	char c = (char)v;

	if (v < -128 || v > 127)
		sql_raise(ctx, "22003", "\"char\" out of range");
	else
		result_text(ctx, slice_of(&c, c ? 1 : 0));
}

#define SIX(name) CALL(#name "pl", name##pl, 2), CALL(#name "mi", name##mi, 2), CALL(#name "mul", name##mul, 2), CALL(#name "div", name##div, 2)
#define CROSS(name, as) CALL(#name "pl", as##pl, 2), CALL(#name "mi", as##mi, 2), CALL(#name "mul", as##mul, 2), CALL(#name "div", as##div, 2)
#define BITS(name) INLINE(#name "and", "($1 & $2)"), INLINE(#name "or", "($1 | $2)"), INLINE(#name "not", "(~$1)"), \
	CALL(#name "xor", int_xor, 2), INLINE(#name "up", "$1"), CALL(#name "mod", int_mod, 2)

const struct func_row func_int_rows[] = {
	SIX(int2), SIX(int4), SIX(int8),
	CROSS(int24, int4), CROSS(int42, int4), CROSS(int28, int8), CROSS(int82, int8), CROSS(int48, int8), CROSS(int84, int8),
	BITS(int2), BITS(int4), BITS(int8),
	CALL("int2um", int2um, 1), CALL("int4um", int4um, 1), CALL("int8um", int8um, 1),
	CALL("int2abs", int2abs, 1), CALL("int4abs", int4abs, 1), CALL("int8abs", int8abs, 1),
	CALL("int2shl", int2shl, 2), CALL("int4shl", int4shl, 2), CALL("int8shl", int8shl, 2),
	CALL("int2shr", int4shr, 2), CALL("int4shr", int4shr, 2), CALL("int8shr", int8shr, 2),
	CALL("int4gcd", int4gcd, 2), CALL("int8gcd", int8gcd, 2), CALL("int4lcm", int4lcm, 2), CALL("int8lcm", int8lcm, 2),
	CALL("to_hex32", to_hex32, 1), CALL("to_hex64", to_hex64, 1),
	INLINE("i2toi4", "$1"), INLINE("int28", "$1"), INLINE("int48", "$1"),
	CALL("i4toi2", to_int2, 1), CALL("int82", to_int2, 1), CALL("int84", to_int4, 1),
	INLINE("int4_bool", "($1 <> 0)"), INLINE("bool_int4", "$1"),
	INLINE("oidtoi8", "$1"), CALL("i8tooid", to_oid, 1), INLINE("xid8toxid", "($1 & 4294967295)"),
	CALL("chartoi4", chartoi4, 1), CALL("i4tochar", i4tochar, 1),
	INLINE("int4inc", "p_int4pl($1, 1)"), INLINE("int8inc", "p_int8pl($1, 1)"), INLINE("int8dec", "p_int8mi($1, 1)"),
	END_OF_ROWS
};
