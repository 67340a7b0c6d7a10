/*
 * Type modifiers: from the numbers in the text, to the text of format_type, and
 * as the expression that applies one in a cast.
 */
#include "service/pg/sql/library.h"
#include "service/pg/sql/type/type.h"

/* Fields of an interval's modifier (INTERVAL_MASK of datetime.h). */
enum { MONTH = 1 << 1, YEAR = 1 << 2, DAY = 1 << 3, HOUR = 1 << 10, MINUTE = 1 << 11, SECOND = 1 << 12, ANY_FIELD = 0x7fff };
#define ANY_PRECISION 0xffff

static void interval_modifier(int32_t typmod, struct buf *out)
{
	static const struct {
		int mask;
		const char *name;
	} names[] = {
		{ YEAR, " year" }, { MONTH, " month" }, { DAY, " day" }, { HOUR, " hour" }, { MINUTE, " minute" }, { SECOND, " second" },
		{ YEAR | MONTH, " year to month" }, { DAY | HOUR, " day to hour" }, { DAY | HOUR | MINUTE, " day to minute" },
		{ DAY | HOUR | MINUTE | SECOND, " day to second" }, { HOUR | MINUTE, " hour to minute" },
		{ HOUR | MINUTE | SECOND, " hour to second" }, { MINUTE | SECOND, " minute to second" },
	};
	int fields = typmod >> 16 & ANY_FIELD, precision = typmod & ANY_PRECISION;

	if (typmod < 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].mask == fields)
			buf_add_str(out, names[i].name);
	if (precision != ANY_PRECISION)
		buf_addf(out, "(%d)", precision);
}

/* What format_type says of a base type beyond its name. */
static bool builtin_name(uint32_t type, int32_t typmod, struct buf *out)
{
	switch (type) {
	case T_BPCHAR:
		if (typmod >= 4)
			buf_addf(out, "character(%d)", typmod - 4);
		else
			buf_add_str(out, typmod == -1 ? "character" : "bpchar");
		return true;
	case T_VARCHAR:
		buf_add_str(out, "character varying");
		if (typmod >= 4)
			buf_addf(out, "(%d)", typmod - 4);
		return true;
	case T_NUMERIC:
		buf_add_str(out, "numeric");
		if (typmod >= 4)
			buf_addf(out, "(%d,%d)", (typmod - 4) >> 16 & 0xffff, (((typmod - 4) & 0x7ff) ^ 1024) - 1024);
		return true;
	case T_BIT:
	case T_VARBIT:
		buf_add_str(out, type == T_BIT ? "bit" : "bit varying");
		if (typmod >= 0)
			buf_addf(out, "(%d)", typmod);
		return true;
	case T_TIME:
	case T_TIMETZ:
	case T_TIMESTAMP:
	case T_TIMESTAMPTZ:
		buf_add_str(out, type == T_TIME || type == T_TIMETZ ? "time" : "timestamp");
		if (typmod >= 0)
			buf_addf(out, "(%d)", typmod);
		buf_add_str(out, type == T_TIME || type == T_TIMESTAMP ? " without time zone" : " with time zone");
		return true;
	case T_INTERVAL:
		buf_add_str(out, "interval");
		interval_modifier(typmod, out);
		return true;
	case T_BOOL: buf_add_str(out, "boolean"); return true;
	case T_INT2: buf_add_str(out, "smallint"); return true;
	case T_INT4: buf_add_str(out, "integer"); return true;
	case T_INT8: buf_add_str(out, "bigint"); return true;
	case T_FLOAT4: buf_add_str(out, "real"); return true;
	case T_FLOAT8: buf_add_str(out, "double precision"); return true;
	case T_CHAR: buf_add_str(out, "\"char\""); return true;
	default: return false;
	}
}

static void quote_name(struct buf *out, const char *name)
{
	bool plain = (*name >= 'a' && *name <= 'z') || *name == '_';

	for (const char *p = name; *p; p++)
		plain = plain && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_');
	if (plain) {
		buf_add_str(out, name);
		return;
	}
	buf_add_char(out, '"');
	for (const char *p = name; *p; p++) {
		if (*p == '"')
			buf_add_char(out, '"');
		buf_add_char(out, *p);
	}
	buf_add_char(out, '"');
}

void sql_type_format(struct sql_env *env, uint32_t type, int32_t typmod, struct buf *out)
{
	const struct sql_type *facts;

	if (!type) {
		buf_add_char(out, '-');
		return;
	}
	if (builtin_name(type, typmod, out))
		return;
	facts = type_facts(env, type);
	if (!facts) {
		buf_add_str(out, "???");
		return;
	}
	if (facts->element && facts->len == -1 && type != T_INT2VECTOR && type != T_OIDVECTOR) {
		sql_type_format(env, facts->element, typmod, out);
		buf_add_str(out, "[]");
		return;
	}
	/* a type that the search path would not find is named with its schema */
	if (facts->schema && strcmp(facts->schema, "pg_catalog") != 0 &&
	    !(env->visible ? env->visible(env, facts) : strcmp(facts->schema, "public") == 0)) {
		quote_name(out, facts->schema);
		buf_add_char(out, '.');
	}
	quote_name(out, facts->name);
}

static bool refuse(struct sql_env *env, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct sql_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct slice text = arena_vprintf(env->arena, fmt, ap);
	va_end(ap);
	sql_raise_env(env, "22023", "%.*s", SLICE_ARG(text));
	return false;
}

static bool length_modifier(struct sql_env *env, const char *name, const int32_t *args, size_t count, int32_t most, int32_t add, int32_t *typmod)
{
	if (count != 1)
		return refuse(env, "invalid type modifier");
	if (args[0] < 1)
		return refuse(env, "length for type %s must be at least 1", name);
	if (args[0] > most)
		return refuse(env, "length for type %s cannot exceed %d", name, most);
	*typmod = args[0] + add;
	return true;
}

bool sql_type_modifier(struct sql_env *env, uint32_t type, const int32_t *args, size_t count, int32_t *typmod)
{
	const struct sql_type *facts;

	switch (type) {
	case T_VARCHAR: return length_modifier(env, "varchar", args, count, 10485760, 4, typmod);
	case T_BPCHAR: return length_modifier(env, "char", args, count, 10485760, 4, typmod);
	case T_BIT: return length_modifier(env, "bit", args, count, 83886080, 0, typmod);
	case T_VARBIT: return length_modifier(env, "varbit", args, count, 83886080, 0, typmod);
	case T_NUMERIC:
		if (count != 1 && count != 2)
			return refuse(env, "invalid NUMERIC type modifier");
		if (args[0] < 1 || args[0] > 1000)
			return refuse(env, "NUMERIC precision %d must be between 1 and 1000", args[0]);
		if (count == 2 && (args[1] < -1000 || args[1] > 1000))
			return refuse(env, "NUMERIC scale %d must be between -1000 and 1000", args[1]);
		*typmod = (args[0] << 16 | ((count == 2 ? args[1] : 0) & 0x7ff)) + 4;
		return true;
	case T_TIME:
	case T_TIMETZ:
	case T_TIMESTAMP:
	case T_TIMESTAMPTZ: {
		const char *name = type == T_TIME || type == T_TIMETZ ? "TIME" : "TIMESTAMP";
		const char *zone = type == T_TIMETZ || type == T_TIMESTAMPTZ ? " WITH TIME ZONE" : "";
		if (count != 1)
			return refuse(env, "invalid type modifier");
		if (args[0] < 0)
			return refuse(env, "%s(%d)%s precision must not be negative", name, args[0], zone);
		*typmod = args[0] > 6 ? 6 : args[0];
		return true;
	}
	case T_INTERVAL:
		if (count != 1 && count != 2)
			return refuse(env, "invalid INTERVAL type modifier");
		if (count == 2 && args[1] < 0)
			return refuse(env, "INTERVAL(%d) precision must not be negative", args[1]);
		*typmod = (args[0] & ANY_FIELD) << 16 | (count == 2 ? (args[1] > 6 ? 6 : args[1]) : ANY_PRECISION);
		return true;
	default: break;
	}
	facts = type_facts(env, type);
	if (facts && facts->element)
		return sql_type_modifier(env, facts->element, args, count, typmod);
	sql_raise_env(env, "42601", "type modifier is not allowed for type \"%s\"", facts ? facts->name : "?");
	return false;
}

bool sql_type_cast_modifier(struct sql_env *env, uint32_t type, int32_t typmod, bool is_explicit, struct slice expr, struct buf *out)
{
	static const struct {
		uint32_t type;
		const char *call;
		bool by_how;
	} calls[] = {
		{ T_NUMERIC, "p_numeric", false }, { T_VARCHAR, "p_varchar", true }, { T_BPCHAR, "p_bpchar", true }, { T_BIT, "p_bit", true },
		{ T_VARBIT, "p_varbit", true }, { T_TIME, "p_time_scale", false }, { T_TIMETZ, "p_timetz_scale", false },
		{ T_TIMESTAMP, "p_timestamp_scale", false }, { T_TIMESTAMPTZ, "p_timestamptz_scale", false },
		{ T_INTERVAL, "p_interval_scale", false },
	};
	const struct sql_type *facts;

	if (typmod < 0)
		return false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].type == type) {
			buf_addf(out, "%s(%.*s, %d", calls[i].call, SLICE_ARG(expr), typmod);
			if (calls[i].by_how)
				buf_addf(out, ", %d", is_explicit);
			buf_add_char(out, ')');
			return true;
		}
	facts = type_facts(env, type);
	if (!facts || !facts->element)
		return false;
	buf_addf(out, "p_array_cast(%u, %u, %d, %d, %.*s)", type, type, typmod, is_explicit, SLICE_ARG(expr));
	return true;
}
