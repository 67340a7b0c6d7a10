/*
 * Enums: the label's place is the value, so that SQLite's order is the enum's.
 */
#include "service/pg/sql/type/type.h"

static struct sql_datum place(double order)
{
	return order == (double)(int64_t)order ? datum_int((int64_t)order) : datum_real(order);
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	size_t count = 0;
	const struct sql_label *labels = env->labels ? env->labels(env, type, &count) : NULL;
	const struct sql_type *facts = type_facts(env, type);

	(void)a, (void)typmod;
	for (size_t i = 0; i < count; i++)
		if (slice_eq_str(text, labels[i].text)) {
			*out = place(labels[i].order);
			return true;
		}
	sql_raise_env(env, "22P02", "invalid input value for enum %s: \"%.*s\"", facts ? facts->name : "?", SLICE_ARG(text));
	return false;
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	size_t count = 0;
	const struct sql_label *labels = env->labels ? env->labels(env, type, &count) : NULL;
	double order = datum_double(v);

	(void)st;
	for (size_t i = 0; i < count; i++)
		if (labels[i].order == order) {
			buf_add_str(b, labels[i].text);
			return true;
		}
	sql_raise_env(env, "XX000", "no label of enum %u has the place %g", type, order);
	return false;
}

static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	return in(env, a, type, typmod, s, o);
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	return out(env, &style_stored, type, v, b);
}

const struct type_ops type_enum_ops = { 0, "enum", in, out, recv, send, NULL, NULL };
