/*
 * Types that this fake knows by name and has no values of: geometric ones, text
 * search, xml. Their input is refused (0A000) with the type's name.
 */
#include "service/pg/sql/type/type.h"

static bool refuse(struct sql_env *env, uint32_t type)
{
	const struct sql_type *t = type_facts(env, type);

	sql_raise_env(env, "0A000", "type %s is not supported by this fake", t ? t->name : "?");
	return false;
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	(void)a, (void)typmod, (void)text, (void)out;
	return refuse(env, type);
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)st, (void)v, (void)b;
	return refuse(env, type);
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)v, (void)b;
	return refuse(env, type);
}

#define ABSENT(oid, name) { oid, name, in, out, in, send, NULL, NULL }

const struct type_ops type_absent_rows[] = {
	ABSENT(600, "point"), ABSENT(601, "lseg"), ABSENT(602, "path"), ABSENT(603, "box"), ABSENT(604, "polygon"), ABSENT(628, "line"),
	ABSENT(718, "circle"), ABSENT(3614, "tsvector"), ABSENT(3615, "tsquery"), ABSENT(3642, "gtsvector"), ABSENT(142, "xml"),
	{ 0 },
};
