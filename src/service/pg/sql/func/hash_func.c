/*
 * Hash functions of the types: hashtext(), hashint4() and their kin, whose values
 * programs use as keys of advisory locks and to spread rows.
 *
 * Source: hashfn.c (Bob Jenkins' lookup3 as PostgreSQL runs it on a little-endian
 * machine), hashfunc.c and the types' own hash functions of PostgreSQL 15.
 */
#include <math.h>
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/array.h"

static uint32_t rotate(uint32_t x, int k)
{
	return x << k | x >> (32 - k);
}

struct triple {
	uint32_t a, b, c;
};

static void mix(struct triple *t)
{
	uint32_t a = t->a, b = t->b, c = t->c;

	a -= c, a ^= rotate(c, 4), c += b;
	b -= a, b ^= rotate(a, 6), a += c;
	c -= b, c ^= rotate(b, 8), b += a;
	a -= c, a ^= rotate(c, 16), c += b;
	b -= a, b ^= rotate(a, 19), a += c;
	c -= b, c ^= rotate(b, 4), b += a;
	*t = (struct triple){ a, b, c };
}

static void finish(struct triple *t)
{
	uint32_t a = t->a, b = t->b, c = t->c;

	c ^= b, c -= rotate(b, 14);
	a ^= c, a -= rotate(c, 11);
	b ^= a, b -= rotate(a, 25);
	c ^= b, c -= rotate(b, 16);
	a ^= c, a -= rotate(c, 4);
	b ^= a, b -= rotate(a, 14);
	c ^= b, c -= rotate(b, 24);
	*t = (struct triple){ a, b, c };
}

static void seed_with(struct triple *t, uint64_t seed)
{
	if (!seed)
		return;
	t->a += (uint32_t)(seed >> 32);
	t->b += (uint32_t)seed;
	mix(t);
}

static uint32_t word(const unsigned char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n && i < 4; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

static uint64_t hash_bytes(struct slice s, uint64_t seed)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n = s.len;
	uint32_t first = 0x9e3779b9u + (uint32_t)n + 3923095;
	struct triple t = { first, first, first };

	seed_with(&t, seed);
	for (; n >= 12; p += 12, n -= 12) {
		t.a += word(p, 4);
		t.b += word(p + 4, 4);
		t.c += word(p + 8, 4);
		mix(&t);
	}
	/* the lowest byte of c holds the length */
	if (n > 8)
		t.c += word(p + 8, n - 8) << 8;
	if (n > 4)
		t.b += word(p + 4, n - 4);
	t.a += word(p, n);
	finish(&t);
	return (uint64_t)t.b << 32 | t.c;
}

static uint64_t hash_int32(uint32_t v, uint64_t seed)
{
	uint32_t first = 0x9e3779b9u + 4 + 3923095;
	struct triple t = { first, first, first };

	seed_with(&t, seed);
	t.a += v;
	finish(&t);
	return (uint64_t)t.b << 32 | t.c;
}

static uint64_t hash_int64(int64_t v, uint64_t seed)
{
	uint32_t low = (uint32_t)v, high = (uint32_t)((uint64_t)v >> 32);

	return hash_int32(low ^ (v >= 0 ? high : ~high), seed);
}

static uint64_t hash_double(double d, uint64_t seed)
{
	unsigned char bytes[8];

	if (d == 0)
		return seed;
	if (isnan(d))
		d = (double)NAN;
	memcpy(bytes, &d, 8);
	return hash_bytes(slice_of((const char *)bytes, 8), seed);
}

/* By type; false: this type's hash is not known here. */
static bool hash_value(struct sql_env *env, uint32_t type, struct sql_datum v, uint64_t seed, uint64_t *out)
{
	const struct sql_type *t = type_facts(env, type);

	while (t && t->kind == 'd')
		t = type_facts(env, type = t->base);
	switch (type) {
	case T_BOOL: case T_INT2: case T_INT4: case T_OID: case T_DATE: case T_XID: case T_CID:
		*out = hash_int32((uint32_t)v.i, seed);
		return true;
	case T_INT8: case T_TIME: case T_TIMESTAMP: case T_TIMESTAMPTZ: case T_MONEY: case T_PG_LSN:
		*out = hash_int64(v.i, seed);
		return true;
	case T_FLOAT4: case T_FLOAT8:
		*out = hash_double(datum_double(v), seed);
		return true;
	case T_TEXT: case T_VARCHAR: case T_NAME: case T_BYTEA: case T_UUID:
		*out = hash_bytes(v.s, seed);
		return true;
	case T_CHAR:
		*out = hash_int32((uint32_t)(int32_t)(signed char)(v.s.len ? v.s.ptr[0] : 0), seed);
		return true;
	case T_BPCHAR:
		while (v.s.len && v.s.ptr[v.s.len - 1] == ' ')
			v.s.len--;
		*out = hash_bytes(v.s, seed);
		return true;
	default:
		return false;
	}
}

#define HASH(name, type)                                                                           \
	STRICT(name)                                                                               \
	{                                                                                          \
		uint64_t h = 0;                                                                    \
		hash_value(sql_env_of(ctx), type, sql_datum_of(argv[0]), argc > 1 ? (uint64_t)arg_int(argv[1]) : 0, &h); \
		if (argc > 1)                                                                      \
			sqlite3_result_int64(ctx, (int64_t)h);                                     \
		else                                                                               \
			sqlite3_result_int64(ctx, (int32_t)(uint32_t)h);                           \
	}
HASH(hash32, T_INT4)
HASH(hash64, T_INT8)
HASH(hash_float, T_FLOAT8)
HASH(hash_text, T_TEXT)
HASH(hash_char, T_CHAR)
HASH(hash_bpchar, T_BPCHAR)

/* (result type, type, array) */
STRICT_TYPED(hash_array)
{
	struct sql_env *env = sql_env_of(ctx);
	struct array v;
	uint32_t h = 1;

	if (!array_load_of(env, scratch(env), (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &v)) {
		result_raised(ctx);
		return;
	}
	for (size_t i = 0; i < v.count; i++) {
		uint64_t one = 0;

		if (v.items[i].kind != SQL_NULL && !hash_value(env, v.element, v.items[i], 0, &one)) {
			sql_raise(ctx, "0A000", "hash_array() of this element type is not supported by this fake");
			return;
		}
		h = (h << 5) - h + (uint32_t)one;
	}
	sqlite3_result_int64(ctx, (int32_t)h);
}

#define BOTH(key, fn) CALL(key, fn, 1), CALL(key "extended", fn, 2)

const struct func_row func_hash_rows[] = {
	BOTH("hashint2", hash32), BOTH("hashint4", hash32), BOTH("hashint8", hash64), BOTH("hashoid", hash32),
	BOTH("hashfloat4", hash_float), BOTH("hashfloat8", hash_float), BOTH("hashtext", hash_text), BOTH("hashname", hash_text),
	BOTH("hashvarlena", hash_text), BOTH("hashchar", hash_char), BOTH("hashbpchar", hash_bpchar), CALL("uuid_hash", hash_text, 1), CALL("uuid_hash_extended", hash_text, 2),
	CALL("time_hash", hash64, 1), CALL("timestamp_hash", hash64, 1), CALL("pg_lsn_hash", hash64, 1),
	TYPED("hash_array", hash_array),
	END_OF_ROWS
};
