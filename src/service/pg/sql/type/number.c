/*
 * The types whose value is one machine number: bool, integers, floats, oid and
 * its like, money, pg_lsn. Input follows int8in, float8in, boolin, cash_in of
 * PostgreSQL 15. Numeric is numeric.c's.
 */
#include <errno.h>
#include <math.h>

#include "service/pg/sql/type/type.h"

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice trim(struct slice s)
{
	while (s.len && blank(s.ptr[0]))
		s = slice_skip(s, 1);
	while (s.len && blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool bool_parse(struct slice text, bool *out)
{
	static const struct {
		const char *word;
		size_t least;
		bool value;
	} words[] = { { "true", 1, true }, { "false", 1, false }, { "yes", 1, true }, { "no", 1, false },
		      { "on", 2, true },   { "off", 2, false },   { "1", 1, true },   { "0", 1, false } };
	struct slice s = trim(text);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (s.len >= words[i].least && s.len <= strlen(words[i].word) &&
		    slice_eq_nocase(s, slice_of(words[i].word, s.len))) {
			*out = words[i].value;
			return true;
		}
	return false;
}

static bool bool_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	bool b;

	(void)a, (void)type, (void)typmod;
	if (!bool_parse(text, &b))
		return type_refuse(env, "boolean", text);
	*out = datum_int(b);
	return true;
}

static bool bool_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_char(b, v.i ? 't' : 'f');
	return true;
}

static bool bool_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)type, (void)typmod;
	if (s.len != 1)
		return type_refuse_binary(env);
	*out = datum_int(s.ptr[0] != 0);
	return true;
}

static bool bool_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_char(b, v.i ? 1 : 0);
	return true;
}

bool int_parse(struct sql_env *env, struct slice text, int bytes, const char *type, int64_t *out)
{
	struct slice s = trim(text);
	bool minus = false, wide = false;
	uint64_t v = 0, most = bytes == 8 ? INT64_MAX : bytes == 4 ? INT32_MAX : INT16_MAX;

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
		minus = s.ptr[0] == '-';
		s = slice_skip(s, 1);
	}
	if (!s.len)
		return type_refuse(env, type, text);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return type_refuse(env, type, text);
		if (!wide && (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v)))
			wide = true;
	}
	if (wide || v > most + (minus ? 1 : 0)) {
		sql_raise_env(env, "22003", "value \"%.*s\" is out of range for type %s", SLICE_ARG(text), type);
		return false;
	}
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static int int_bytes(uint32_t type)
{
	return type == T_INT2 ? 2 : type == T_INT8 || type == T_XID8 || type == T_MONEY || type == T_PG_LSN ? 8 : 4;
}

static bool int_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	(void)a, (void)typmod;
	*out = datum_int(0);
	return int_parse(env, text, int_bytes(type), type == T_INT2 ? "smallint" : type == T_INT4 ? "integer" : "bigint", &out->i);
}

static bool int_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_i64(b, v.i);
	return true;
}

static bool int_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	size_t bytes = (size_t)int_bytes(type);
	uint64_t v = read_be(s, 0, bytes);

	(void)a, (void)typmod;
	if (s.len != bytes)
		return type_refuse_binary(env);
	*out = datum_int(type == T_INT2 ? (int16_t)v : type == T_INT4 ? (int32_t)v : (int64_t)v);
	return true;
}

static bool int_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env;
	if (type == T_INT2)
		buf_add_be16(b, (uint16_t)v.i);
	else if (int_bytes(type) == 4)
		buf_add_be32(b, (uint32_t)v.i);
	else
		buf_add_be64(b, (uint64_t)v.i);
	return true;
}

/* oidin and xidin read as strtoul does: a negative number wraps. */
static bool oid_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct slice s = trim(text);
	const char *name = type == T_XID ? "xid" : type == T_CID ? "cid" : type == T_XID8 ? "xid8" : "oid";
	char *end, *copy = arena_slice(a, s).len ? arena_str(a, arena_printf(a, "%.*s", SLICE_ARG(s)).ptr) : NULL;

	(void)typmod;
	if (!copy)
		return type_refuse(env, name, text);
	errno = 0;
	uint64_t v = strtoull(copy, &end, type == T_OID ? 10 : 0);
	/* xid8in looks no further */
	if ((*end || end == copy) && type != T_XID8)
		return type_refuse(env, name, text);
	if (type != T_XID8 && type != T_XID && type != T_CID &&
	    (errno || (v > UINT32_MAX && (int64_t)v < INT32_MIN) || (v > UINT32_MAX && (int64_t)v > 0))) {
		sql_raise_env(env, "22003", "value \"%.*s\" is out of range for type %s", SLICE_ARG(text), name);
		return false;
	}
	*out = datum_int(type == T_XID8 ? (int64_t)v : (int64_t)(uint32_t)v);
	return true;
}

static bool oid_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st;
	buf_add_u64(b, type == T_XID8 ? (uint64_t)v.i : (uint64_t)(uint32_t)v.i);
	return true;
}

static bool oid_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)typmod;
	if (s.len != (size_t)int_bytes(type))
		return type_refuse_binary(env);
	*out = datum_int((int64_t)read_be(s, 0, s.len));
	return true;
}

static const char *float_name(bool single)
{
	return single ? "real" : "double precision";
}

bool float_parse(struct sql_env *env, struct slice text, bool single, double *out)
{
	struct slice s = trim(text), word = s;
	char local[400], *copy = local, *end;
	bool minus = false;

	if (word.len && (word.ptr[0] == '+' || word.ptr[0] == '-')) {
		minus = word.ptr[0] == '-';
		word = slice_skip(word, 1);
	}
	if (slice_eq_nocase_str(s, "nan")) {
		*out = NAN;
		return true;
	}
	if (slice_eq_nocase_str(word, "inf") || slice_eq_nocase_str(word, "infinity")) {
		*out = minus ? -INFINITY : INFINITY;
		return true;
	}
	/* what strtod takes beyond decimal and hexadecimal digits was taken above */
	if (!word.len || !((word.ptr[0] >= '0' && word.ptr[0] <= '9') || word.ptr[0] == '.'))
		return type_refuse(env, float_name(single), text);
	if (s.len >= sizeof(local) && !(copy = malloc(s.len + 1)))
		return type_refuse(env, float_name(single), text);
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = 0;
	errno = 0;
	double v = single ? (double)strtof(copy, &end) : strtod(copy, &end);
	bool whole = !*end && end != copy;
	if (copy != local)
		free(copy);
	if (!whole)
		return type_refuse(env, float_name(single), text);
	if (errno == ERANGE && (v == 0 || isinf(v))) {
		sql_raise_env(env, "22003", "\"%.*s\" is out of range for type %s", SLICE_ARG(text), float_name(single));
		return false;
	}
	*out = v;
	return true;
}

static bool reads_back(const char *digits, double v, bool single)
{
	return single ? strtof(digits, NULL) == (float)v : strtod(digits, NULL) == v;
}

/* The shortest digits that read back as the same number, as "d.dddde+xx": 15 (of a
 * float 6) always name one number, so whatever fits into them is in the first try;
 * only subnormal numbers may need fewer than it shows. */
static void shortest(char *digits, size_t size, double v, bool single)
{
	int precision = fabs(v) < (single ? 1.17549435e-38 : 2.2250738585072014e-308) ? 0 : single ? 5 : 14;

	for (; precision < (single ? 9 : 17); precision++) {
		snprintf(digits, size, "%.*e", precision, v);
		if (reads_back(digits, v, single))
			return;
		/* the nearest decimal may miss where its neighbour, a tie, does not */
		for (int up = 0; precision && up < 2; up++) {
			char other[40];
			snprintf(other, sizeof(other), "%s", digits);
			char *last = strchr(other, 'e') - 1;
			if (*last == (up ? '9' : '0'))
				continue;
			*last += up ? 1 : -1;
			if (reads_back(other, v, single)) {
				snprintf(digits, size, "%s", other);
				return;
			}
		}
	}
}

void float_print(struct buf *b, double v, bool single, int extra_digits)
{
	char digits[40], plain[20];
	const char *p = digits;

	if (isnan(v) || isinf(v)) {
		buf_add_str(b, isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
		return;
	}
	if (extra_digits <= 0) {
		int precision = (single ? 6 : 15) + extra_digits;
		buf_addf(b, "%.*g", precision < 1 ? 1 : precision, v);
		return;
	}
	if (!single && fabs(v) < 1e15 && v == (double)(int64_t)v && !(v == 0 && signbit(v))) {
		buf_add_i64(b, (int64_t)v);
		return;
	}
	shortest(digits, sizeof(digits), v, single);
	if (*p == '-')
		buf_add_char(b, *p++);
	const char *e = strchr(p, 'e');
	int exponent = (int)strtol(e + 1, NULL, 10);
	size_t count = 0;
	for (const char *q = p; q < e; q++)
		if (*q != '.')
			plain[count++] = *q;
	while (count > 1 && plain[count - 1] == '0')
		count--;
	if (exponent < -4 || exponent >= (single ? 6 : 15)) {
		buf_add_char(b, plain[0]);
		if (count > 1) {
			buf_add_char(b, '.');
			buf_add(b, plain + 1, count - 1);
		}
		buf_addf(b, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return;
	}
	if (exponent < 0) {
		buf_add_str(b, "0.");
		for (int i = -1; i > exponent; i--)
			buf_add_char(b, '0');
		buf_add(b, plain, count);
		return;
	}
	for (size_t i = 0; i < count || i <= (size_t)exponent; i++) {
		if (i == (size_t)exponent + 1)
			buf_add_char(b, '.');
		buf_add_char(b, i < count ? plain[i] : '0');
	}
}

static bool float_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	double v;

	(void)a, (void)typmod;
	if (!float_parse(env, text, type == T_FLOAT4, &v))
		return false;
	*out = datum_real(v);
	return true;
}

static bool float_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env;
	float_print(b, datum_double(v), type == T_FLOAT4, st->float_digits);
	return true;
}

static bool float_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)typmod;
	if (s.len != (type == T_FLOAT4 ? 4 : 8))
		return type_refuse_binary(env);
	if (type == T_FLOAT4) {
		uint32_t bits = (uint32_t)read_be(s, 0, 4);
		float f;
		memcpy(&f, &bits, 4);
		*out = datum_real((double)f);
	} else {
		uint64_t bits = read_be(s, 0, 8);
		double d;
		memcpy(&d, &bits, 8);
		*out = datum_real(d);
	}
	return true;
}

static bool float_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	double d = datum_double(v);

	(void)env;
	if (type == T_FLOAT4) {
		float f = (float)d;
		uint32_t bits;
		memcpy(&bits, &f, 4);
		buf_add_be32(b, isnan(d) ? 0x7fc00000u : bits);
	} else {
		uint64_t bits;
		memcpy(&bits, &d, 8);
		buf_add_be64(b, isnan(d) ? 0x7ff8000000000000u : bits);
	}
	return true;
}

static int float_compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b)
{
	double x = datum_double(a), y = datum_double(b);

	(void)env, (void)type;
	if (isnan(x) || isnan(y))
		return (isnan(x) != 0) - (isnan(y) != 0);
	return (x > y) - (x < y);
}

/* cash_in with lc_monetary C: "$1,234.56", "(1)", "-1". */
static bool money_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct slice s = trim(text);
	bool minus = false, point = false, round = false, wide = false;
	int decimals = 0;
	int64_t v = 0;
	size_t i = 0;

	(void)a, (void)type, (void)typmod;
	for (; i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '(' || s.ptr[i] == '$' || s.ptr[i] == '+' || blank(s.ptr[i])); i++)
		if (s.ptr[i] == '-' || s.ptr[i] == '(')
			minus = true;
	for (; i < s.len; i++) {
		char c = s.ptr[i];
		if (c >= '0' && c <= '9') {
			if (decimals < 2) {
				wide |= __builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, c - '0', &v);
				decimals += point;
			} else if (decimals++ == 2 && c >= '5') {
				round = true;
			}
		} else if (c == '.' && !point) {
			point = true;
		} else if (c != ',') {
			break;
		}
	}
	if (round)
		wide |= __builtin_sub_overflow(v, 1, &v);
	for (; decimals < 2; decimals++)
		wide |= __builtin_mul_overflow(v, 10, &v);
	for (; i < s.len; i++) {
		if (s.ptr[i] == ')' || blank(s.ptr[i]) || s.ptr[i] == '$')
			continue;
		if (s.ptr[i] == '-')
			minus = true;
		else if (s.ptr[i] != '+')
			return type_refuse(env, "money", text);
	}
	if (wide || (!minus && v == INT64_MIN)) {
		sql_raise_env(env, "22003", "value \"%.*s\" is out of range for type money", SLICE_ARG(text));
		return false;
	}
	*out = datum_int(minus ? v : -v);
	return true;
}

static bool money_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	uint64_t cents = v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i;
	char whole[32];
	int n = snprintf(whole, sizeof(whole), "%llu", (unsigned long long)(cents / 100));

	(void)env, (void)st, (void)type;
	buf_add_str(b, v.i < 0 ? "-$" : "$");
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf_add_char(b, ',');
		buf_add_char(b, whole[i]);
	}
	buf_addf(b, ".%02u", (unsigned)(cents % 100));
	return true;
}

static bool lsn_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	uint64_t part[2] = { 0, 0 };
	int count[2] = { 0, 0 }, which = 0;

	(void)a, (void)type, (void)typmod;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (c == '/' && !which) {
			which = 1;
			continue;
		}
		if (digit < 0 || ++count[which] > 8)
			return type_refuse(env, "pg_lsn", text);
		part[which] = part[which] << 4 | (uint64_t)digit;
	}
	if (!count[0] || !count[1])
		return type_refuse(env, "pg_lsn", text);
	*out = datum_int((int64_t)(part[0] << 32 | part[1]));
	return true;
}

static bool lsn_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_addf(b, "%X/%X", (unsigned)((uint64_t)v.i >> 32), (unsigned)v.i);
	return true;
}

const struct type_ops type_number_rows[] = {
	{ T_BOOL, "boolean", bool_in, bool_out, bool_recv, bool_send, NULL, NULL },
	{ T_INT2, "smallint", int_in, int_out, int_recv, int_send, NULL, NULL },
	{ T_INT4, "integer", int_in, int_out, int_recv, int_send, NULL, NULL },
	{ T_INT8, "bigint", int_in, int_out, int_recv, int_send, NULL, NULL },
	{ T_OID, "oid", oid_in, oid_out, oid_recv, int_send, NULL, NULL },
	{ T_XID, "xid", oid_in, oid_out, oid_recv, int_send, NULL, NULL },
	{ T_CID, "cid", oid_in, oid_out, oid_recv, int_send, NULL, NULL },
	{ T_XID8, "xid8", oid_in, oid_out, oid_recv, int_send, NULL, NULL },
	{ T_FLOAT4, "real", float_in, float_out, float_recv, float_send, float_compare, NULL },
	{ T_FLOAT8, "double precision", float_in, float_out, float_recv, float_send, float_compare, NULL },
	{ T_MONEY, "money", money_in, money_out, int_recv, int_send, NULL, NULL },
	{ T_PG_LSN, "pg_lsn", lsn_in, lsn_out, int_recv, int_send, NULL, NULL },
	{ 0 },
};
