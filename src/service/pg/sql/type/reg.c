/*
 * OIDs with names: regclass, regtype and their like; and tid, oidvector,
 * int2vector. Names are the catalog's (env->oid_of, env->name_of).
 */
#include "service/pg/sql/type/type.h"


static void refuse(struct sql_env *env, uint32_t type, struct slice text)
{
	switch (type) {
	case T_REGCLASS: sql_raise_env(env, "42P01", "relation \"%.*s\" does not exist", SLICE_ARG(text)); break;
	case T_REGTYPE: sql_raise_env(env, "42704", "type \"%.*s\" does not exist", SLICE_ARG(text)); break;
	case T_REGPROC:
	case T_REGPROCEDURE: sql_raise_env(env, "42883", "function \"%.*s\" does not exist", SLICE_ARG(text)); break;
	case T_REGOPER:
	case T_REGOPERATOR: sql_raise_env(env, "42883", "operator does not exist: %.*s", SLICE_ARG(text)); break;
	case T_REGROLE: sql_raise_env(env, "42704", "role \"%.*s\" does not exist", SLICE_ARG(text)); break;
	case T_REGNAMESPACE: sql_raise_env(env, "3F000", "schema \"%.*s\" does not exist", SLICE_ARG(text)); break;
	case T_REGCOLLATION: sql_raise_env(env, "42704", "collation \"%.*s\" for encoding \"UTF8\" does not exist", SLICE_ARG(text)); break;
	default:
		if (type == T_REGCONFIG || type == T_REGDICTIONARY) { /* text search is not there */
			sql_raise_env(env, "0A000", "type %s is not supported by this fake", type == T_REGCONFIG ? "regconfig" : "regdictionary");
			break;
		}
		sql_raise_env(env, "42704", "%s \"%.*s\" does not exist", type == T_REGCONFIG ? "text search configuration" : "text search dictionary", SLICE_ARG(text));
	}
}

static bool reg_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	uint64_t oid;

	(void)a, (void)typmod;
	if (slice_eq_str(text, "-")) {
		*out = datum_int(0);
		return true;
	}
	if (slice_to_u64(text, &oid)) {
		if (oid > UINT32_MAX) {
			sql_raise_env(env, "22003", "value \"%.*s\" is out of range for type %s", SLICE_ARG(text), "oid");
			return false;
		}
		*out = datum_int((int64_t)oid);
		return true;
	}
	uint32_t found = env->oid_of ? env->oid_of(env, type, text) : 0;
	if (!found) {
		if (!env->error)
			refuse(env, type, text);
		return false;
	}
	*out = datum_int(found);
	return true;
}

static bool reg_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)st;
	struct slice name = v.i && env->name_of ? env->name_of(env, type, (uint32_t)v.i) : SLICE_NONE;

	if (!v.i)
		buf_add_char(b, '-');
	else if (name.len)
		buf_add_slice(b, name);
	else
		buf_add_u64(b, (uint32_t)v.i);
	return true;
}

static bool reg_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)typmod, (void)type;
	if (s.len != 4)
		return type_refuse_binary(env);
	*out = datum_int((int64_t)read_be(s, 0, 4));
	return true;
}

static bool reg_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_be32(b, (uint32_t)v.i);
	return true;
}

/* "(block,offset)"; what is read ends there. */
static bool tid_parse(struct slice s, uint64_t *block, uint64_t *offset)
{
	size_t comma = slice_find(s, ',');

	if (s.len < 5 || s.ptr[0] != '(' || s.ptr[s.len - 1] != ')' || comma == s.len)
		return false;
	return slice_to_u64(slice_of(s.ptr + 1, comma - 1), block) && slice_to_u64(slice_of(s.ptr + comma + 1, s.len - comma - 2), offset) &&
	       *block <= UINT32_MAX && *offset <= UINT16_MAX;
}

static bool tid_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	uint64_t block, offset;

	(void)type, (void)typmod;
	if (!tid_parse(text, &block, &offset))
		return type_refuse(env, "tid", text);
	*out = datum_text(arena_printf(a, "(%u,%u)", (unsigned)block, (unsigned)offset));
	return true;
}

static bool text_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool tid_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)type, (void)typmod;
	if (s.len != 6)
		return type_refuse_binary(env);
	*out = datum_text(arena_printf(a, "(%u,%u)", (unsigned)read_be(s, 0, 4), (unsigned)read_be(s, 4, 2)));
	return true;
}

static bool tid_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	uint64_t block = 0, offset = 0;

	(void)env, (void)type;
	tid_parse(v.s, &block, &offset);
	buf_add_be32(b, (uint32_t)block);
	buf_add_be16(b, (uint16_t)offset);
	return true;
}

static int tid_compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;

	(void)env, (void)type;
	tid_parse(x.s, &a, &b);
	tid_parse(y.s, &c, &d);
	if (a != c)
		return a < c ? -1 : 1;
	return (b > d) - (b < d);
}

/* "1 2 3": vectors of integers, from 0. */
static bool vector_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct buf b;
	struct slice rest = text;

	(void)typmod;
	buf_init(&b, BUF_MAX);
	while (rest.len) {
		if (rest.ptr[0] == ' ') {
			rest = slice_skip(rest, 1);
			continue;
		}
		size_t n = slice_find(rest, ' ');
		int64_t v;
		uint64_t u;
		struct slice word = slice_take(rest, n);
		if (type == T_OIDVECTOR) {
			if (!slice_to_u64(word, &u)) {
				buf_release(&b);
				return type_refuse(env, "oid", rest);
			}
			buf_addf(&b, "%s%llu", b.len ? " " : "", (unsigned long long)u);
		} else {
			if (!int_parse(env, word, 2, "smallint", &v)) {
				buf_release(&b);
				return false;
			}
			buf_addf(&b, "%s%lld", b.len ? " " : "", (long long)v);
		}
		rest = slice_skip(rest, n);
	}
	*out = datum_text(arena_take(a, &b));
	return true;
}

static size_t vector_numbers(struct slice s, struct buf *b, size_t width)
{
	size_t count = 0;

	while (s.len) {
		int64_t v = 0;
		struct slice word = slice_split(&s, ' ');
		slice_to_i64(word, &v);
		count++;
		if (!b)
			continue;
		buf_add_be32(b, (uint32_t)width);
		if (width == 2)
			buf_add_be16(b, (uint16_t)v);
		else
			buf_add_be32(b, (uint32_t)v);
	}
	return count;
}

static bool vector_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	size_t width = type == T_OIDVECTOR ? 4 : 2, count = (size_t)read_be(s, 12, 4), at = 20;
	struct buf b;

	(void)typmod;
	if (s.len < 20 || read_be(s, 0, 4) > 1 || read_be(s, 4, 4) || s.len != 20 + count * (4 + width))
		return type_refuse_binary(env);
	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < count; i++, at += 4 + width) {
		uint64_t v = read_be(s, at + 4, width);
		buf_addf(&b, "%s%lld", i ? " " : "", width == 2 ? (long long)(int16_t)v : (long long)v);
	}
	*out = datum_text(arena_take(a, &b));
	return true;
}

static bool vector_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	size_t width = type == T_OIDVECTOR ? 4 : 2;

	(void)env;
	buf_add_be32(b, 1);
	buf_add_be32(b, 0);
	buf_add_be32(b, type == T_OIDVECTOR ? T_OID : T_INT2);
	buf_add_be32(b, (uint32_t)vector_numbers(v.s, NULL, width));
	buf_add_be32(b, 0);
	vector_numbers(v.s, b, width);
	return true;
}

/* btoidvectorcmp: by length, then by the numbers. */
static int vector_compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	size_t nx = vector_numbers(x.s, NULL, 4), ny = vector_numbers(y.s, NULL, 4);
	struct slice a = x.s, b = y.s;

	(void)env, (void)type;
	if (nx != ny)
		return nx < ny ? -1 : 1;
	while (a.len && b.len) {
		int64_t p = 0, q = 0;
		slice_to_i64(slice_split(&a, ' '), &p);
		slice_to_i64(slice_split(&b, ' '), &q);
		if (p != q)
			return p < q ? -1 : 1;
	}
	return 0;
}

#define REG(oid, name) { oid, name, reg_in, reg_out, reg_recv, reg_send, NULL, NULL }
const struct type_ops type_reg_rows[] = {
	REG(T_REGPROC, "regproc"), REG(T_REGPROCEDURE, "regprocedure"), REG(T_REGOPER, "regoper"), REG(T_REGOPERATOR, "regoperator"),
	REG(T_REGCLASS, "regclass"), REG(T_REGTYPE, "regtype"), REG(T_REGROLE, "regrole"), REG(T_REGNAMESPACE, "regnamespace"),
	REG(T_REGCOLLATION, "regcollation"), REG(T_REGCONFIG, "regconfig"), REG(T_REGDICTIONARY, "regdictionary"),
	{ T_TID, "tid", tid_in, text_out, tid_recv, tid_send, tid_compare, "pg_tid" },
	{ T_OIDVECTOR, "oidvector", vector_in, text_out, vector_recv, vector_send, vector_compare, NULL },
	{ T_INT2VECTOR, "int2vector", vector_in, text_out, vector_recv, vector_send, vector_compare, NULL },
	{ 0 },
};
