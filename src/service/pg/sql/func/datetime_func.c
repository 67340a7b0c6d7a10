/*
 * Arithmetic of dates, times and timestamps, and conversions among them. Intervals
 * are interval_func.c's, zones and clocks datetime_make.c's, extract and trunc
 * datetime_part.c's, formats to_char_date.c's.
 */
#include "service/pg/sql/type/datetime.h"

#include <math.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/datetime_call.h"

void stamp_out_of_range(sqlite3_context *ctx)
{
	sql_raise(ctx, "22008", "timestamp out of range");
}

void result_stamp(sqlite3_context *ctx, int64_t t)
{
	if (stamp_is_finite(t) && (t < STAMP_LEAST || t >= STAMP_MOST))
		stamp_out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, t);
}

void result_interval(sqlite3_context *ctx, const struct interval *v)
{
	struct buf b;

	buf_init(&b, 256);
	interval_print(&b, v, INTERVAL_POSTGRES);
	result_buf(ctx, &b);
}

void interval_out_of_range(sqlite3_context *ctx)
{
	sql_raise(ctx, "22008", "interval out of range");
}

struct interval arg_interval(sqlite3_value *v)
{
	return interval_load(arg_text(v));
}

/* ---- dates ---- */

static void date_out_of_range(sqlite3_context *ctx)
{
	sql_raise(ctx, "22008", "date out of range");
}

bool date_is_finite(int64_t d)
{
	return d != DATE_LATE && d != DATE_EARLY;
}

static void add_days(sqlite3_context *ctx, int64_t date, int64_t days)
{
	if (!date_is_finite(date))
		sqlite3_result_int64(ctx, date);
	else if (date + days < DATE_LEAST || date + days > DATE_MOST)
		date_out_of_range(ctx);
	else
		sqlite3_result_int64(ctx, date + days);
}

STRICT(date_pli) { add_days(ctx, arg_int(argv[0]), arg_int(argv[1])); }
STRICT(date_mii) { add_days(ctx, arg_int(argv[0]), -arg_int(argv[1])); }

STRICT(date_mi)
{
	int64_t a = arg_int(argv[0]), b = arg_int(argv[1]);

	if (!date_is_finite(a) || !date_is_finite(b))
		sql_raise(ctx, "22008", "cannot subtract infinite dates");
	else
		sqlite3_result_int64(ctx, a - b);
}

/* A date as a timestamp; false: raised. */
static bool date_to_stamp(sqlite3_context *ctx, int64_t d, int64_t *t)
{
	if (!date_is_finite(d)) {
		*t = d == DATE_LATE ? STAMP_LATE : STAMP_EARLY;
		return true;
	}
	if (d >= STAMP_MOST / US_DAY) {
		sql_raise(ctx, "22008", "date out of range for timestamp");
		return false;
	}
	*t = d * US_DAY;
	return true;
}

STRICT(date_timestamp)
{
	int64_t t;

	if (date_to_stamp(ctx, arg_int(argv[0]), &t))
		sqlite3_result_int64(ctx, t);
}

bool local_to_utc(sqlite3_context *ctx, int64_t local, const struct zone *zone, int64_t *utc)
{
	if (stamp_to_utc(local, zone, utc))
		return true;
	stamp_out_of_range(ctx);
	return false;
}

STRICT(date_timestamptz)
{
	int64_t t;

	if (date_to_stamp(ctx, arg_int(argv[0]), &t) && local_to_utc(ctx, t, session_zone(sql_env_of(ctx)), &t))
		sqlite3_result_int64(ctx, t);
}

static int64_t floor_day(int64_t t)
{
	return t >= 0 ? t / US_DAY : -((-t + US_DAY - 1) / US_DAY);
}

static void stamp_to_date(sqlite3_context *ctx, int64_t t)
{
	if (stamp_is_finite(t))
		sqlite3_result_int64(ctx, floor_day(t));
	else
		sqlite3_result_int64(ctx, t == STAMP_LATE ? DATE_LATE : DATE_EARLY);
}

static bool utc_to_local(sqlite3_context *ctx, int64_t utc, const struct zone *zone, int64_t *local)
{
	if (stamp_to_local(utc, zone, local))
		return true;
	stamp_out_of_range(ctx);
	return false;
}

STRICT(timestamp_date) { stamp_to_date(ctx, arg_int(argv[0])); }

STRICT(timestamptz_date)
{
	int64_t t;

	if (utc_to_local(ctx, arg_int(argv[0]), session_zone(sql_env_of(ctx)), &t))
		stamp_to_date(ctx, t);
}

STRICT(timestamp_timestamptz)
{
	int64_t t;

	if (local_to_utc(ctx, arg_int(argv[0]), session_zone(sql_env_of(ctx)), &t))
		sqlite3_result_int64(ctx, t);
}

STRICT(timestamptz_timestamp)
{
	int64_t t;

	if (utc_to_local(ctx, arg_int(argv[0]), session_zone(sql_env_of(ctx)), &t))
		sqlite3_result_int64(ctx, t);
}

/* Time of day; NULL of an infinite timestamp. */
static void stamp_to_time(sqlite3_context *ctx, int64_t t)
{
	if (stamp_is_finite(t))
		sqlite3_result_int64(ctx, t - floor_day(t) * US_DAY);
}

STRICT(timestamp_time) { stamp_to_time(ctx, arg_int(argv[0])); }

STRICT(timestamptz_time)
{
	int64_t t;

	if (utc_to_local(ctx, arg_int(argv[0]), session_zone(sql_env_of(ctx)), &t))
		stamp_to_time(ctx, t);
}

void result_timetz(sqlite3_context *ctx, struct timetz t)
{
	struct buf b;

	buf_init(&b, 64);
	timetz_print(&b, t);
	result_buf(ctx, &b);
}

STRICT(timestamptz_timetz)
{
	int64_t t = arg_int(argv[0]);
	struct parts p;

	if (!stamp_is_finite(t))
		return;
	stamp_parts(t, session_zone(sql_env_of(ctx)), true, &p);
	result_timetz(ctx, (struct timetz){ p.hour * US_HOUR + p.minute * US_MINUTE + p.second * US_SECOND + p.us, p.offset });
}

/* Comparisons across date, timestamp and timestamptz; a date beyond the timestamps is above them. */
static int64_t widen_date(int64_t d)
{
	if (!date_is_finite(d))
		return d == DATE_LATE ? STAMP_LATE : STAMP_EARLY;
	return d >= STAMP_MOST / US_DAY ? STAMP_LATE - 1 : d * US_DAY;
}

static int64_t widen_local(sqlite3_context *ctx, int64_t local)
{
	int64_t utc;

	if (local == STAMP_LATE - 1)
		return local;
	return stamp_to_utc(local, session_zone(sql_env_of(ctx)), &utc) ? utc : local;
}

#define CROSS(name, left, right)                                                                   \
	static int name##_order(sqlite3_context *ctx, sqlite3_value **argv)                        \
	{                                                                                          \
		int64_t a = arg_int(argv[0]), b = arg_int(argv[1]);                                \
		(void)ctx;                                                                         \
		a = left;                                                                          \
		b = right;                                                                         \
		return (a > b) - (a < b);                                                          \
	}                                                                                          \
	STRICT(name##_eq) { result_bool(ctx, name##_order(ctx, argv) == 0); }                      \
	STRICT(name##_ne) { result_bool(ctx, name##_order(ctx, argv) != 0); }                      \
	STRICT(name##_lt) { result_bool(ctx, name##_order(ctx, argv) < 0); }                       \
	STRICT(name##_le) { result_bool(ctx, name##_order(ctx, argv) <= 0); }                      \
	STRICT(name##_gt) { result_bool(ctx, name##_order(ctx, argv) > 0); }                       \
	STRICT(name##_ge) { result_bool(ctx, name##_order(ctx, argv) >= 0); }                      \
	STRICT(name##_cmp) { sqlite3_result_int(ctx, name##_order(ctx, argv)); }

CROSS(date_stamp, widen_date(a), b)
CROSS(stamp_date, a, widen_date(b))
CROSS(date_stamptz, widen_local(ctx, widen_date(a)), b)
CROSS(stamptz_date, a, widen_local(ctx, widen_date(b)))
CROSS(stamp_stamptz, widen_local(ctx, a), b)
CROSS(stamptz_stamp, a, widen_local(ctx, b))

/* ---- timestamp and interval ---- */

static bool add_months(int64_t *local, int32_t months)
{
	struct parts p;

	stamp_parts(*local, NULL, false, &p);
	int64_t month = (int64_t)p.year * 12 + p.month - 1 + months;
	int64_t year = month >= 0 ? month / 12 : -((-month + 11) / 12);
	if (year < -4800 || year > 300000)
		return false;
	p.year = (int)year;
	p.month = (int)(month - year * 12) + 1;
	if (p.day > month_days(p.year, p.month))
		p.day = month_days(p.year, p.month);
	return parts_stamp(&p, local);
}

bool stamp_add(int64_t *t, const struct interval *v)
{
	if (!stamp_is_finite(*t))
		return true;
	if (v->months && !add_months(t, v->months))
		return false;
	return !__builtin_add_overflow(*t, v->days * US_DAY, t) && !__builtin_add_overflow(*t, v->us, t) && *t >= STAMP_LEAST && *t < STAMP_MOST;
}

/* Months and days move on the wall clock, the rest is time. */
bool stamptz_add(int64_t *t, const struct interval *v, const struct zone *zone)
{
	if (!stamp_is_finite(*t))
		return true;
	if (v->months || v->days) {
		int64_t local;
		if (!stamp_to_local(*t, zone, &local))
			return false;
		if (v->months && !add_months(&local, v->months))
			return false;
		if (__builtin_add_overflow(local, v->days * US_DAY, &local) || local < STAMP_LEAST || local >= STAMP_MOST)
			return false;
		if (!stamp_to_utc(local, zone, t))
			return false;
	}
	return !__builtin_add_overflow(*t, v->us, t) && *t >= STAMP_LEAST && *t < STAMP_MOST;
}

static struct interval negated(struct interval v)
{
	return (struct interval){ -v.us, -v.days, -v.months };
}

static void stamp_plus(sqlite3_context *ctx, int64_t t, struct interval v)
{
	if (stamp_add(&t, &v))
		sqlite3_result_int64(ctx, t);
	else
		stamp_out_of_range(ctx);
}

static void stamptz_plus(sqlite3_context *ctx, int64_t t, struct interval v)
{
	if (stamptz_add(&t, &v, session_zone(sql_env_of(ctx))))
		sqlite3_result_int64(ctx, t);
	else
		stamp_out_of_range(ctx);
}

STRICT(timestamp_pl_interval) { stamp_plus(ctx, arg_int(argv[0]), arg_interval(argv[1])); }
STRICT(timestamp_mi_interval) { stamp_plus(ctx, arg_int(argv[0]), negated(arg_interval(argv[1]))); }
STRICT(timestamptz_pl_interval) { stamptz_plus(ctx, arg_int(argv[0]), arg_interval(argv[1])); }
STRICT(timestamptz_mi_interval) { stamptz_plus(ctx, arg_int(argv[0]), negated(arg_interval(argv[1]))); }

STRICT(date_pl_interval)
{
	int64_t t;

	if (date_to_stamp(ctx, arg_int(argv[0]), &t))
		stamp_plus(ctx, t, arg_interval(argv[1]));
}

STRICT(date_mi_interval)
{
	int64_t t;

	if (date_to_stamp(ctx, arg_int(argv[0]), &t))
		stamp_plus(ctx, t, negated(arg_interval(argv[1])));
}

/* Days and time, never months. */
STRICT(timestamp_mi)
{
	int64_t a = arg_int(argv[0]), b = arg_int(argv[1]);
	struct interval v = { 0 };

	if (!stamp_is_finite(a) || !stamp_is_finite(b)) {
		sql_raise(ctx, "22008", "cannot subtract infinite timestamps");
		return;
	}
	v.us = (int64_t)((uint64_t)a - (uint64_t)b); /* PostgreSQL 15 lets it wrap */
	v.days = (int32_t)(v.us / US_DAY);
	v.us %= US_DAY;
	result_interval(ctx, &v);
}

/* Years, months and days between two moments on a calendar (timestamp_age). */
static void age(sqlite3_context *ctx, const struct parts *a, const struct parts *b, bool later_first)
{
	/* a - b, field by field, b being the earlier one unless !later_first */
	struct parts d = { .year = a->year - b->year, .month = a->month - b->month, .day = a->day - b->day, .hour = a->hour - b->hour,
			   .minute = a->minute - b->minute, .second = a->second - b->second, .us = a->us - b->us };
	int sign = later_first ? 1 : -1;

	d.us *= sign, d.second *= sign, d.minute *= sign, d.hour *= sign, d.day *= sign, d.month *= sign, d.year *= sign;
	if (d.us < 0)
		d.us += US_SECOND, d.second--;
	if (d.second < 0)
		d.second += 60, d.minute--;
	if (d.minute < 0)
		d.minute += 60, d.hour--;
	if (d.hour < 0)
		d.hour += 24, d.day--;
	while (d.day < 0) {
		d.day += later_first ? month_days(b->year, b->month) : month_days(a->year, a->month);
		d.month--;
	}
	while (d.month < 0)
		d.month += 12, d.year--;
	struct interval v = { .us = d.hour * US_HOUR + d.minute * US_MINUTE + d.second * US_SECOND + d.us, .days = d.day, .months = d.year * 12 + d.month };
	if (!later_first)
		v = negated(v);
	result_interval(ctx, &v);
}

static void age_of(sqlite3_context *ctx, int64_t x, int64_t y, const struct zone *zone)
{
	struct parts a, b;

	/* infinity is a number here, as in PostgreSQL 15, -infinity is not */
	if (x == STAMP_EARLY || y == STAMP_EARLY) {
		stamp_out_of_range(ctx);
		return;
	}
	stamp_parts(x, zone, zone != NULL, &a);
	stamp_parts(y, zone, zone != NULL, &b);
	age(ctx, &a, &b, x >= y);
}

STRICT(timestamp_age) { age_of(ctx, arg_int(argv[0]), arg_int(argv[1]), NULL); }
STRICT(timestamptz_age) { age_of(ctx, arg_int(argv[0]), arg_int(argv[1]), session_zone(sql_env_of(ctx))); }

static int64_t today(sqlite3_context *ctx)
{
	struct sql_env *env = sql_env_of(ctx);
	int64_t local = env->transaction_us;

	stamp_to_local(env->transaction_us, session_zone(env), &local);
	return floor_day(local);
}

/* age(x): from midnight of the current day */
STRICT(age_stamp) { age_of(ctx, today(ctx) * US_DAY, arg_int(argv[0]), NULL); }

STRICT(age_stamptz)
{
	const struct zone *zone = session_zone(sql_env_of(ctx));
	int64_t t;

	if (local_to_utc(ctx, today(ctx) * US_DAY, zone, &t))
		age_of(ctx, t, arg_int(argv[0]), zone);
}

/* ---- time ---- */

int64_t wrap_day(int64_t t)
{
	t %= US_DAY;
	return t < 0 ? t + US_DAY : t;
}

STRICT(time_pl_interval) { sqlite3_result_int64(ctx, wrap_day(arg_int(argv[0]) + arg_interval(argv[1]).us % US_DAY)); }
STRICT(time_mi_interval) { sqlite3_result_int64(ctx, wrap_day(arg_int(argv[0]) - arg_interval(argv[1]).us % US_DAY)); }

STRICT(time_mi_time)
{
	struct interval v = { .us = arg_int(argv[0]) - arg_int(argv[1]) };
	result_interval(ctx, &v);
}

STRICT(time_interval)
{
	struct interval v = { .us = arg_int(argv[0]) };
	result_interval(ctx, &v);
}

STRICT(interval_time) { sqlite3_result_int64(ctx, wrap_day(arg_interval(argv[0]).us)); }

STRICT(timetz_pl_interval)
{
	struct timetz t = timetz_load(arg_text(argv[0]));
	t.time = wrap_day(t.time + arg_interval(argv[1]).us % US_DAY);
	result_timetz(ctx, t);
}

STRICT(timetz_mi_interval)
{
	struct timetz t = timetz_load(arg_text(argv[0]));
	t.time = wrap_day(t.time - arg_interval(argv[1]).us % US_DAY);
	result_timetz(ctx, t);
}

STRICT(timetz_time) { sqlite3_result_int64(ctx, timetz_load(arg_text(argv[0])).time); }

STRICT(time_timetz)
{
	struct sql_env *env = sql_env_of(ctx);
	const struct zone *zone = session_zone(env);
	int64_t t = arg_int(argv[0]), local = today(ctx) * US_DAY + t;
	int offset = zone ? zone_offset_local(zone, (local >= 0 ? local / US_SECOND : -((-local + US_SECOND - 1) / US_SECOND)) + UNIX_2000) : 0;

	result_timetz(ctx, (struct timetz){ t, offset });
}

STRICT(datetime_timestamp)
{
	int64_t t;

	if (date_to_stamp(ctx, arg_int(argv[0]), &t))
		result_stamp(ctx, stamp_is_finite(t) ? t + arg_int(argv[1]) : t);
}

STRICT(datetimetz_timestamptz)
{
	struct timetz z = timetz_load(arg_text(argv[1]));
	int64_t t;

	if (date_to_stamp(ctx, arg_int(argv[0]), &t))
		result_stamp(ctx, stamp_is_finite(t) ? t + z.time - z.offset * US_SECOND : t);
}

/* ---- modifiers ---- */

STRICT(stamp_scale)
{
	int64_t t = arg_int(argv[0]);
	sqlite3_result_int64(ctx, stamp_is_finite(t) ? stamp_round(t, (int32_t)arg_int(argv[1])) : t);
}

STRICT(timetz_scale)
{
	struct timetz t = timetz_load(arg_text(argv[0]));
	t.time = stamp_round(t.time, (int32_t)arg_int(argv[1]));
	result_timetz(ctx, t);
}

STRICT(interval_scale)
{
	struct interval v = arg_interval(argv[0]);

	if (interval_modify(sql_env_of(ctx), &v, (int32_t)arg_int(argv[1])))
		result_interval(ctx, &v);
	else
		result_raised(ctx);
}

#define ORDERS(x, y, as) \
	CALL(x "_eq_" y, as##_eq, 2), CALL(x "_ne_" y, as##_ne, 2), CALL(x "_lt_" y, as##_lt, 2), CALL(x "_le_" y, as##_le, 2), \
	CALL(x "_gt_" y, as##_gt, 2), CALL(x "_ge_" y, as##_ge, 2), CALL(x "_cmp_" y, as##_cmp, 2)

const struct func_row func_datetime_rows[] = {
	CALL("date_pli", date_pli, 2), CALL("date_mii", date_mii, 2), CALL("date_mi", date_mi, 2),
	INLINE("integer_pl_date(int4,date)", "p_date_pli($2, $1)"), CALL("date_timestamp", date_timestamp, 1),
	CALL("date_timestamptz", date_timestamptz, 1), CALL("timestamp_date", timestamp_date, 1), CALL("timestamptz_date", timestamptz_date, 1),
	CALL("timestamp_timestamptz", timestamp_timestamptz, 1), CALL("timestamptz_timestamp", timestamptz_timestamp, 1),
	CALL("timestamp_time", timestamp_time, 1), CALL("timestamptz_time", timestamptz_time, 1), CALL("timestamptz_timetz", timestamptz_timetz, 1),
	ORDERS("date", "timestamp", date_stamp), ORDERS("timestamp", "date", stamp_date), ORDERS("date", "timestamptz", date_stamptz),
	ORDERS("timestamptz", "date", stamptz_date), ORDERS("timestamp", "timestamptz", stamp_stamptz), ORDERS("timestamptz", "timestamp", stamptz_stamp),
	CALL("timestamp_pl_interval", timestamp_pl_interval, 2), CALL("timestamp_mi_interval", timestamp_mi_interval, 2),
	CALL("timestamptz_pl_interval", timestamptz_pl_interval, 2), CALL("timestamptz_mi_interval", timestamptz_mi_interval, 2),
	CALL("date_pl_interval", date_pl_interval, 2), CALL("date_mi_interval", date_mi_interval, 2), CALL("timestamp_mi", timestamp_mi, 2),
	CALL("timestamptz_mi", timestamp_mi, 2), INLINE("interval_pl_date(interval,date)", "p_date_pl_interval($2, $1)"),
	INLINE("interval_pl_time(interval,time)", "p_time_pl_interval($2, $1)"),
	INLINE("interval_pl_timetz(interval,timetz)", "p_timetz_pl_interval($2, $1)"),
	INLINE("interval_pl_timestamp(interval,timestamp)", "p_timestamp_pl_interval($2, $1)"),
	INLINE("interval_pl_timestamptz(interval,timestamptz)", "p_timestamptz_pl_interval($2, $1)"),
	INLINE("timedate_pl(time,date)", "p_datetime_timestamp($2, $1)"), INLINE("timetzdate_pl(timetz,date)", "p_datetimetz_timestamptz($2, $1)"),
	CALL("timestamp_age", timestamp_age, 2), CALL("timestamptz_age", timestamptz_age, 2), CALL("age_timestamp", age_stamp, 1),
	CALL("age_timestamptz", age_stamptz, 1), CALL("time_pl_interval", time_pl_interval, 2), CALL("time_mi_interval", time_mi_interval, 2),
	CALL("time_mi_time", time_mi_time, 2), CALL("time_interval", time_interval, 1), CALL("interval_time", interval_time, 1),
	CALL("timetz_pl_interval", timetz_pl_interval, 2), CALL("timetz_mi_interval", timetz_mi_interval, 2), CALL("timetz_time", timetz_time, 1),
	CALL("time_timetz", time_timetz, 1), CALL("datetime_timestamp", datetime_timestamp, 2), CALL("datetimetz_timestamptz", datetimetz_timestamptz, 2),
	CALL("timestamp_scale", stamp_scale, 2), CALL("timestamptz_scale", stamp_scale, 2), CALL("time_scale", stamp_scale, 2),
	CALL("timetz_scale", timetz_scale, 2), CALL("interval_scale", interval_scale, 2),
	END_OF_ROWS
};
