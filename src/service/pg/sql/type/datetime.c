/*
 * The rows of date, time, timetz, timestamp, timestamptz and interval.
 */
#include "service/pg/sql/type/datetime.h"

static bool date_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	int32_t d;

	(void)a, (void)type, (void)typmod;
	if (!date_read(env, text, &d))
		return false;
	*out = datum_int(d);
	return true;
}

static bool date_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	date_print(b, st, (int32_t)v.i);
	return true;
}

static bool date_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)type, (void)typmod;
	if (s.len != 4)
		return type_refuse_binary(env);
	int32_t d = (int32_t)read_be(s, 0, 4);
	if (d != DATE_LATE && d != DATE_EARLY && (d < DATE_LEAST || d > DATE_MOST)) {
		sql_raise_env(env, "22008", "date out of range");
		return false;
	}
	*out = datum_int(d);
	return true;
}

static bool date_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_be32(b, (uint32_t)v.i);
	return true;
}

static bool stamp_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	int64_t t;

	(void)a;
	if (!stamp_read(env, text, type == T_TIMESTAMPTZ, typmod, &t))
		return false;
	*out = datum_int(t);
	return true;
}

static bool stamp_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env;
	stamp_print(b, st, v.i, type == T_TIMESTAMPTZ);
	return true;
}

static bool stamp_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)type;
	if (s.len != 8)
		return type_refuse_binary(env);
	int64_t t = (int64_t)read_be(s, 0, 8);
	if (stamp_is_finite(t) && (t < STAMP_LEAST || t >= STAMP_MOST)) {
		sql_raise_env(env, "22008", "timestamp out of range");
		return false;
	}
	*out = datum_int(stamp_is_finite(t) ? stamp_round(t, typmod) : t);
	return true;
}

static bool int8_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_be64(b, (uint64_t)v.i);
	return true;
}

static bool time_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	int64_t t;
	int offset;

	(void)a, (void)type;
	if (!time_read(env, text, false, typmod, &t, &offset))
		return false;
	*out = datum_int(t);
	return true;
}

static bool time_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	time_print(b, v.i);
	return true;
}

static bool time_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)a, (void)type;
	if (s.len != 8)
		return type_refuse_binary(env);
	int64_t t = (int64_t)read_be(s, 0, 8);
	if (t < 0 || t > US_DAY) {
		sql_raise_env(env, "22008", "time out of range");
		return false;
	}
	*out = datum_int(stamp_round(t, typmod));
	return true;
}

static struct sql_datum timetz_datum(struct arena *a, struct timetz t)
{
	struct buf b;

	buf_init(&b, 64);
	timetz_print(&b, t);
	return datum_text(arena_take(a, &b));
}

static bool timetz_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct timetz t;

	(void)type;
	if (!time_read(env, text, true, typmod, &t.time, &t.offset))
		return false;
	*out = timetz_datum(a, t);
	return true;
}

static bool text_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool timetz_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)type;
	if (s.len != 12)
		return type_refuse_binary(env);
	struct timetz t = { (int64_t)read_be(s, 0, 8), -(int32_t)read_be(s, 8, 4) };
	if (t.time < 0 || t.time > US_DAY) {
		sql_raise_env(env, "22008", "time out of range");
		return false;
	}
	if (t.offset <= -16 * 3600 || t.offset >= 16 * 3600) {
		sql_raise_env(env, "22009", "time zone displacement out of range");
		return false;
	}
	t.time = stamp_round(t.time, typmod);
	*out = timetz_datum(a, t);
	return true;
}

static bool timetz_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct timetz t = timetz_load(v.s);

	(void)env, (void)type;
	buf_add_be64(b, (uint64_t)t.time);
	buf_add_be32(b, (uint32_t)-t.offset);
	return true;
}

/* By the moment, then by the zone. */
static int timetz_compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct timetz a = timetz_load(x.s), b = timetz_load(y.s);
	int64_t ta = a.time - a.offset * US_SECOND, tb = b.time - b.offset * US_SECOND;

	(void)env, (void)type;
	if (ta != tb)
		return ta < tb ? -1 : 1;
	return (a.offset < b.offset) - (a.offset > b.offset);
}

static struct sql_datum interval_datum(struct arena *a, const struct interval *v)
{
	struct buf b;

	buf_init(&b, 256);
	interval_print(&b, v, INTERVAL_POSTGRES);
	return datum_text(arena_take(a, &b));
}

static bool interval_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct interval v;

	(void)type;
	if (!interval_read(env, text, typmod, &v))
		return false;
	*out = interval_datum(a, &v);
	return true;
}

static bool interval_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	if (st->intervals == INTERVAL_POSTGRES) {
		buf_add_slice(b, v.s);
	} else {
		struct interval i = interval_load(v.s);
		interval_print(b, &i, st->intervals);
	}
	return true;
}

static bool interval_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)type;
	if (s.len != 16)
		return type_refuse_binary(env);
	struct interval v = { (int64_t)read_be(s, 0, 8), (int32_t)read_be(s, 8, 4), (int32_t)read_be(s, 12, 4) };
	if (!interval_modify(env, &v, typmod))
		return false;
	*out = interval_datum(a, &v);
	return true;
}

static bool interval_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct interval i = interval_load(v.s);

	(void)env, (void)type;
	buf_add_be64(b, (uint64_t)i.us);
	buf_add_be32(b, (uint32_t)i.days);
	buf_add_be32(b, (uint32_t)i.months);
	return true;
}

static int interval_order(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct interval a = interval_load(x.s), b = interval_load(y.s);

	(void)env, (void)type;
	return interval_compare(&a, &b);
}

const struct type_ops type_time_rows[] = {
	{ T_DATE, "date", date_in, date_out, date_recv, date_send, NULL, NULL },
	{ T_TIME, "time without time zone", time_in, time_out, time_recv, int8_send, NULL, NULL },
	{ T_TIMETZ, "time with time zone", timetz_in, text_out, timetz_recv, timetz_send, timetz_compare, "pg_timetz" },
	{ T_TIMESTAMP, "timestamp without time zone", stamp_in, stamp_out, stamp_recv, int8_send, NULL, NULL },
	{ T_TIMESTAMPTZ, "timestamp with time zone", stamp_in, stamp_out, stamp_recv, int8_send, NULL, NULL },
	{ T_INTERVAL, "interval", interval_in, interval_out, interval_recv, interval_send, interval_order, "pg_interval" },
	{ 0 },
};
