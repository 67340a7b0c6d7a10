/*
 * Finds what a type can do, resolves domains, and holds what all types share.
 */
#include "service/pg/sql/type/type.h"

#include <math.h>

#include "service/pg/sql/library.h"

#define OIDS 8192 /* above every base type of PostgreSQL 15 */

const struct type_ops *type_ops_find(struct sql_env *env, uint32_t type)
{
	static const struct type_ops *by_oid[OIDS];
	static const struct type_ops *const lists[] = { type_number_rows, type_text_rows, type_bytes_rows, type_time_rows,
							type_numeric_rows, type_json_rows, type_net_rows, type_reg_rows,
							type_absent_rows, type_snapshot_rows, type_jsonpath_rows };

	if (!by_oid[T_TEXT])
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
			for (const struct type_ops *t = lists[i]; t->oid; t++)
				by_oid[t->oid] = t;
	if (type < OIDS && by_oid[type])
		return by_oid[type];

	const struct sql_type *facts = type_facts(env, type);
	if (type == T_RECORD)
		return &type_composite_ops;
	if (type == T_ANYARRAY)
		return &type_array_ops;
	if (facts && facts->element)
		return &type_array_ops;
	switch (facts ? facts->kind : 0) {
	case 'e': return &type_enum_ops;
	case 'c': return &type_composite_ops;
	case 'r': return &type_range_ops;
	case 'm': return &type_multirange_ops;
	case 'd': return type_ops_find(env, facts->base);
	default: return by_oid[T_TEXT];
	}
}

const struct sql_type *type_facts(struct sql_env *env, uint32_t type)
{
	return env->type ? env->type(env, type) : NULL;
}

bool type_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	const struct type_ops *ops = type_ops_find(env, type);
	const struct sql_type *facts;

	/* a domain's ops are its base's; they get the base's oid and modifier */
	while (type >= OIDS && (facts = type_facts(env, type)) && facts->kind == 'd') {
		if (typmod < 0)
			typmod = facts->basemod;
		type = facts->base;
	}
	return ops->in(env, a, type, typmod, text, out);
}

/* A number that is none must not be read as one: it would print where something lies. */
static bool lies_well(struct sql_env *env, uint32_t type, struct sql_datum v)
{
	switch (type) {
	case T_BOOL: case T_INT2: case T_INT4: case T_INT8: case T_OID: case T_XID: case T_CID: case T_MONEY: case T_DATE: case T_TIME:
	case T_TIMESTAMP: case T_TIMESTAMPTZ: case T_REGCLASS: case T_REGTYPE:
		if (v.kind == SQL_INT)
			return true;
		sql_raise_env(env, "XX000", "a value of type %u is stored as something else", type);
		return false;
	default:
		return true;
	}
}

bool type_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	const struct type_ops *ops = type_ops_find(env, type);
	const struct sql_type *facts;

	while (type >= OIDS && (facts = type_facts(env, type)) && facts->kind == 'd')
		type = facts->base;
	return lies_well(env, type, v) && ops->out(env, st, type, v, b);
}

static int compare_stored(struct sql_datum a, struct sql_datum b)
{
	if (a.kind == SQL_TEXT || a.kind == SQL_BLOB || b.kind == SQL_TEXT || b.kind == SQL_BLOB) {
		if ((a.kind < SQL_TEXT) != (b.kind < SQL_TEXT))
			return a.kind < b.kind ? -1 : 1; /* NaN's BLOB is above numbers */
		return slice_cmp(a.s, b.s);
	}
	if (a.kind == SQL_INT && b.kind == SQL_INT)
		return (a.i > b.i) - (a.i < b.i);
	double x = datum_double(a), y = datum_double(b);
	return (x > y) - (x < y);
}

int type_compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b)
{
	const struct type_ops *ops;
	const struct sql_type *facts;

	if (a.kind == SQL_NULL || b.kind == SQL_NULL)
		return (a.kind == SQL_NULL) - (b.kind == SQL_NULL);
	while (type >= OIDS && (facts = type_facts(env, type)) && facts->kind == 'd')
		type = facts->base;
	ops = type_ops_find(env, type);
	return ops->compare ? ops->compare(env, type, a, b) : compare_stored(a, b);
}

bool type_is_plain(struct sql_env *env, uint32_t type)
{
	return !type_ops_find(env, type)->compare;
}

struct sql_datum datum_text(struct slice s)
{
	return (struct sql_datum){ .kind = SQL_TEXT, .s = s };
}

struct sql_datum datum_int(int64_t i)
{
	return (struct sql_datum){ .kind = SQL_INT, .i = i };
}

struct sql_datum datum_real(double d)
{
	if (isnan(d))
		return (struct sql_datum){ .kind = SQL_BLOB, .s = SLICE_LIT("\xff") };
	return (struct sql_datum){ .kind = SQL_REAL, .d = d };
}

double datum_double(struct sql_datum v)
{
	return v.kind == SQL_REAL ? v.d : v.kind == SQL_INT ? (double)v.i : NAN;
}

struct sql_datum datum_copy(struct arena *a, struct sql_datum v)
{
	if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
		v.s = arena_slice(a, v.s);
	return v;
}

struct slice arena_take(struct arena *a, struct buf *b)
{
	struct slice s = arena_slice(a, buf_slice(b));

	buf_release(b);
	return s;
}

bool type_refuse(struct sql_env *env, const char *type, struct slice text)
{
	sql_raise_env(env, "22P02", "invalid input syntax for type %s: \"%.*s\"", type, SLICE_ARG(text));
	return false;
}

bool type_refuse_binary(struct sql_env *env)
{
	sql_raise_env(env, "22P03", "incorrect binary data format");
	return false;
}

uint64_t read_be(struct slice s, size_t at, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size && at + i < s.len; i++)
		v = v << 8 | (unsigned char)s.ptr[at + i];
	return v;
}
