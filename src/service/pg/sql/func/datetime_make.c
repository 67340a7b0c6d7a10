/*
 * Time zones, dates and times made of numbers, and the clocks.
 * 
 * Source: timestamp.c, date.c of PostgreSQL 15; manual 9.9.
 */
#include <math.h>

#include "service/pg/sql/func/datetime_call.h"

/* ---- zones ---- */

/* AT TIME ZONE 'name'. */
static void to_zone(sqlite3_context *ctx, sqlite3_value **argv, bool from_local)
{
	struct sql_env *env = sql_env_of(ctx);
	int64_t t = arg_int(argv[1]);
	const struct zone *zone;
	int offset;

	struct slice name = arg_text(argv[0]);
	if (!stamp_is_finite(t)) {
		sqlite3_result_int64(ctx, t);
		return;
	}
	if (!zone_by_text(env, name, &zone, &offset)) {
		result_raised(ctx);
		return;
	}
	int abbrev_offset;
	bool dst;
	const struct zone *abbrev_zone;
	if (zone && zone_abbrev(name, &abbrev_offset, &dst, &abbrev_zone)) {
		int64_t seconds = (t >= 0 ? t / US_SECOND : -((-t + US_SECOND - 1) / US_SECOND)) + UNIX_2000;
		if (!from_local)
			seconds += zone_offset(zone, seconds, NULL, NULL);
		offset = zone_abbrev_offset(zone, name, seconds);
		zone = NULL;
	} else if (zone) {
		bool ok = from_local ? stamp_to_utc(t, zone, &t) : stamp_to_local(t, zone, &t);
		if (ok)
			sqlite3_result_int64(ctx, t);
		else
			stamp_out_of_range(ctx);
		return;
	}
	result_stamp(ctx, from_local ? t - offset * US_SECOND : t + offset * US_SECOND);
}

STRICT(timestamp_zone) { to_zone(ctx, argv, true); }
STRICT(timestamptz_zone) { to_zone(ctx, argv, false); }

/* AT TIME ZONE interval: must be time only. */
static bool zone_interval(sqlite3_context *ctx, sqlite3_value *arg, int64_t *offset)
{
	struct interval v = arg_interval(arg);

	if (v.months || v.days) {
		struct slice s = arg_text(arg);
		sql_raise(ctx, "22023", "interval time zone \"%.*s\" must not include months or days", SLICE_ARG(s));
		return false;
	}
	*offset = v.us / US_SECOND * US_SECOND;
	return true;
}

STRICT(timestamp_izone)
{
	int64_t offset, t = arg_int(argv[1]);

	if (!stamp_is_finite(t))
		sqlite3_result_int64(ctx, t);
	else if (zone_interval(ctx, argv[0], &offset))
		result_stamp(ctx, t - offset);
}

STRICT(timestamptz_izone)
{
	int64_t offset, t = arg_int(argv[1]);

	if (!stamp_is_finite(t))
		sqlite3_result_int64(ctx, t);
	else if (zone_interval(ctx, argv[0], &offset))
		result_stamp(ctx, t + offset);
}

static void move_timetz(sqlite3_context *ctx, struct timetz t, int offset)
{
	t.time = wrap_day(t.time + (offset - t.offset) * US_SECOND);
	t.offset = offset;
	result_timetz(ctx, t);
}

STRICT(timetz_izone)
{
	int64_t offset;

	if (zone_interval(ctx, argv[0], &offset))
		move_timetz(ctx, timetz_load(arg_text(argv[1])), (int)(offset / US_SECOND));
}

STRICT(timetz_zone)
{
	struct sql_env *env = sql_env_of(ctx);
	const struct zone *zone;
	int offset;

	if (!zone_by_text(env, arg_text(argv[0]), &zone, &offset)) {
		result_raised(ctx);
		return;
	}
	int64_t now = (env->transaction_us >= 0 ? env->transaction_us / US_SECOND : -((-env->transaction_us + US_SECOND - 1) / US_SECOND)) + UNIX_2000;
	if (zone)
		offset = zone_offset(zone, now, NULL, NULL);
	move_timetz(ctx, timetz_load(arg_text(argv[1])), offset);
}

/* ---- made of numbers ---- */

STRICT(make_date)
{
	int64_t year = arg_int(argv[0]), month = arg_int(argv[1]), day = arg_int(argv[2]);
	bool ok = year != 0;

	if (year < 0)
		year++;
	ok = ok && month >= 1 && month <= 12 && day >= 1 && year > -5000000 && year < 6000000 && day <= month_days((int)year, (int)month);
	if (!ok) {
		sql_raise(ctx, "22008", "date field value out of range: %d-%02d-%02d", (int)year, (int)month, (int)day);
		return;
	}
	if (year < -4713 || year > 5874897) {
		sql_raise(ctx, "22008", "date out of range: %d-%02d-%02d", (int)arg_int(argv[0]), (int)month, (int)day);
		return;
	}
	sqlite3_result_int64(ctx, julian_of((int)year, (int)month, (int)day) - JULIAN_2000);
}

/* Hour, minute and seconds as microseconds; false: raised. */
static bool make_clock(sqlite3_context *ctx, int64_t hour, int64_t minute, double second, int64_t *us)
{
	double s = rint(second * 1000000);

	if (isnan(second) || hour < 0 || minute < 0 || minute > 59 || second < 0 || s > 60000000 || hour > 24 || (hour == 24 && (minute || s > 0))) {
		sql_raise(ctx, "22008", isnan(second) ? "time field value out of range: %d:%02d:NaN" : "time field value out of range: %d:%02d:%02g", (int)hour, (int)minute, second);
		return false;
	}
	*us = hour * US_HOUR + minute * US_MINUTE + (int64_t)s;
	return true;
}

STRICT(make_time)
{
	int64_t us;

	if (make_clock(ctx, arg_int(argv[0]), arg_int(argv[1]), arg_double(argv[2]), &us))
		sqlite3_result_int64(ctx, us);
}

static bool make_local(sqlite3_context *ctx, sqlite3_value **argv, int64_t *t)
{
	int64_t year = arg_int(argv[0]), month = arg_int(argv[1]), day = arg_int(argv[2]), us;
	int64_t shown = year;

	if (year < 0)
		year++;
	if (!shown || month < 1 || month > 12 || day < 1 || year < -5000000 || year > 6000000 || day > month_days((int)year, (int)month)) {
		sql_raise(ctx, "22008", "date field value out of range: %d-%02d-%02d", (int)shown, (int)month, (int)day);
		return false;
	}
	if (year < -4713 || year > 294276) {
		sql_raise(ctx, "22008", "date out of range: %d-%02d-%02d", (int)shown, (int)month, (int)day);
		return false;
	}
	if (!make_clock(ctx, arg_int(argv[3]), arg_int(argv[4]), arg_double(argv[5]), &us))
		return false;
	*t = (julian_of((int)year, (int)month, (int)day) - JULIAN_2000) * US_DAY + us;
	return true;
}

STRICT(make_timestamp)
{
	int64_t t;

	if (make_local(ctx, argv, &t))
		result_stamp(ctx, t);
}

STRICT(make_timestamptz)
{
	int64_t t;

	if (make_local(ctx, argv, &t) && local_to_utc(ctx, t, session_zone(sql_env_of(ctx)), &t))
		result_stamp(ctx, t);
}

STRICT(make_timestamptz_at)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice name = arg_text(argv[6]);
	const struct zone *zone, *abbrev_zone;
	int64_t t;
	int offset, ignored;
	bool dst;

	if (!make_local(ctx, argv, &t))
		return;
	int64_t seconds = (t >= 0 ? t / US_SECOND : -((-t + US_SECOND - 1) / US_SECOND)) + UNIX_2000;
	if (name.len && (name.ptr[0] == '+' || name.ptr[0] == '-' || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))) {
		/* an offset with ISO's sign, "+05:30" */
		struct timetz z;
		struct buf b;
		buf_init(&b, 128);
		buf_addf(&b, "00:00:00%s%.*s", name.ptr[0] >= '0' ? "+" : "", SLICE_ARG(name));
		z = timetz_load(buf_slice(&b));
		buf_release(&b);
		result_stamp(ctx, t - z.offset * US_SECOND);
		return;
	}
	if (!zone_by_text(env, name, &zone, &offset)) {
		result_raised(ctx);
		return;
	}
	if (zone && zone_abbrev(name, &ignored, &dst, &abbrev_zone))
		offset = zone_abbrev_offset(zone, name, seconds);
	else if (zone)
		offset = zone_offset_local(zone, seconds);
	result_stamp(ctx, t - offset * US_SECOND);
}

/* (years, months, weeks, days, hours, mins, secs) */
STRICT(make_interval)
{
	struct interval v = { 0 };
	double seconds = arg_double(argv[6]);
	int32_t years, weeks;

	if (isinf(seconds) || isnan(seconds) || __builtin_mul_overflow((int32_t)arg_int(argv[0]), 12, &years) ||
	    __builtin_add_overflow(years, (int32_t)arg_int(argv[1]), &v.months) || __builtin_mul_overflow((int32_t)arg_int(argv[2]), 7, &weeks) ||
	    __builtin_add_overflow(weeks, (int32_t)arg_int(argv[3]), &v.days)) {
		interval_out_of_range(ctx);
		return;
	}
	v.us = arg_int(argv[4]) * US_HOUR + arg_int(argv[5]) * US_MINUTE + (int64_t)rint(seconds * 1000000);
	result_interval(ctx, &v);
}

STRICT(float8_timestamptz)
{
	double seconds = arg_double(argv[0]);

	if (isnan(seconds)) {
		sql_raise(ctx, "22008", "timestamp cannot be NaN");
	} else if (isinf(seconds)) {
		sqlite3_result_int64(ctx, seconds > 0 ? STAMP_LATE : STAMP_EARLY);
	} else if (seconds < -210866803200.0 || seconds >= 9224318016000.0) {
		sql_raise(ctx, "22008", "timestamp out of range: \"%g\"", seconds);
	} else {
		double us = rint((seconds - (double)UNIX_2000) * 1000000);
		if (us >= (double)STAMP_MOST || us < (double)STAMP_LEAST)
			sql_raise(ctx, "22008", "timestamp out of range: \"%g\"", seconds);
		else
			sqlite3_result_int64(ctx, (int64_t)us);
	}
}

/* ---- clocks ---- */

FUNC(now) { sqlite3_result_int64(ctx, sql_env_of(ctx)->transaction_us); }
FUNC(statement_timestamp) { sqlite3_result_int64(ctx, sql_env_of(ctx)->statement_us); }

FUNC(clock_timestamp)
{
	struct sql_env *env = sql_env_of(ctx);
	sqlite3_result_int64(ctx, env->clock_us ? env->clock_us(env) : env->statement_us);
}

FUNC(timeofday)
{
	struct sql_env *env = sql_env_of(ctx);
	struct parts p;
	struct buf b;

	stamp_parts(env->clock_us ? env->clock_us(env) : env->statement_us, session_zone(env), true, &p);
	buf_init(&b, 128);
	buf_addf(&b, "%.3s %.3s %02d %02d:%02d:%02d.%06d %d %s", day_names[(julian_of(p.year, p.month, p.day) + 1) % 7], month_names[p.month - 1],
		 p.day, p.hour, p.minute, p.second, p.us, p.year, p.abbrev);
	result_buf(ctx, &b);
}

STRICT(pg_sleep)
{
	struct sql_env *env = sql_env_of(ctx);
	double seconds = arg_double(argv[0]);

	if (env->sleep_us && seconds > 0)
		env->sleep_us(env, (int64_t)(seconds * 1000000));
	sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
}

STRICT(pg_sleep_for)
{
	struct sql_env *env = sql_env_of(ctx);
	struct interval v = arg_interval(argv[0]);
	int64_t us = v.us + (v.days + v.months * 30LL) * US_DAY;

	if (env->sleep_us && us > 0)
		env->sleep_us(env, us);
	sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
}

STRICT(date_finite) { result_bool(ctx, date_is_finite(arg_int(argv[0]))); }
STRICT(timestamp_finite) { result_bool(ctx, stamp_is_finite(arg_int(argv[0]))); }
STRICT(interval_finite) { result_bool(ctx, true); }

/* (s1, e1) OVERLAPS (s2, e2), with PostgreSQL's treatment of NULLs; by the order of the type in argv[8]. */
FUNC(overlaps)
{
	struct sql_env *env = sql_env_of(ctx);
	/* typed: result, (type, value) x 4 */
	uint32_t type = (uint32_t)arg_int(argv[1]);
	struct sql_datum s1 = sql_datum_of(argv[2]), e1 = sql_datum_of(argv[4]), s2 = sql_datum_of(argv[6]), e2 = sql_datum_of(argv[8]), t;

#define NONE(d) ((d).kind == SQL_NULL)
#define ABOVE(x, y) (sql_type_compare(env, type, x, y) > 0)
	if (NONE(s1)) {
		if (NONE(e1))
			return;
		s1 = e1;
		e1.kind = SQL_NULL;
	} else if (!NONE(e1) && ABOVE(s1, e1)) {
		t = s1, s1 = e1, e1 = t;
	}
	if (NONE(s2)) {
		if (NONE(e2))
			return;
		s2 = e2;
		e2.kind = SQL_NULL;
	} else if (!NONE(e2) && ABOVE(s2, e2)) {
		t = s2, s2 = e2, e2 = t;
	}
	if (ABOVE(s1, s2)) {
		if (NONE(e2))
			return;
		if (ABOVE(e2, s1))
			result_bool(ctx, true);
		else if (!NONE(e1))
			result_bool(ctx, false);
	} else if (ABOVE(s2, s1)) {
		if (NONE(e1))
			return;
		if (ABOVE(e1, s2))
			result_bool(ctx, true);
		else if (!NONE(e2))
			result_bool(ctx, false);
	} else if (!NONE(e1) && !NONE(e2)) {
		result_bool(ctx, true);
	}
#undef NONE
#undef ABOVE
}

#define ORDERS(x, y, as) \
	CALL(x "_eq_" y, as##_eq, 2), CALL(x "_ne_" y, as##_ne, 2), CALL(x "_lt_" y, as##_lt, 2), CALL(x "_le_" y, as##_le, 2), \
	CALL(x "_gt_" y, as##_gt, 2), CALL(x "_ge_" y, as##_ge, 2), CALL(x "_cmp_" y, as##_cmp, 2)

const struct func_row func_datetime_make_rows[] = {
	CALL("timestamp_zone", timestamp_zone, 2), CALL("timestamptz_zone", timestamptz_zone, 2), CALL("timestamp_izone", timestamp_izone, 2),
	CALL("timestamptz_izone", timestamptz_izone, 2), CALL("timetz_izone", timetz_izone, 2), CALL("timetz_zone", timetz_zone, 2),
	CALL("make_date", make_date, 3), CALL("make_time", make_time, 3), CALL("make_timestamp", make_timestamp, 6),
	CALL("make_timestamptz", make_timestamptz, 6), CALL("make_timestamptz_at_timezone", make_timestamptz_at, 7),
	CALL("make_interval", make_interval, 7), CALL("float8_timestamptz", float8_timestamptz, 1), CALL("now", now, 0),
	CALL("statement_timestamp", statement_timestamp, 0), CALL_VOLATILE("clock_timestamp", clock_timestamp, 0), CALL_VOLATILE("timeofday", timeofday, 0),
	CALL_VOLATILE("pg_sleep", pg_sleep, 1), CALL_VOLATILE("pg_sleep_for(interval)", pg_sleep_for, 1), CALL("date_finite", date_finite, 1),
	CALL("timestamp_finite", timestamp_finite, 1), CALL("interval_finite", interval_finite, 1), TYPED("overlaps_timestamp", overlaps),
	TYPED("overlaps_time", overlaps), TYPED("overlaps_timetz", overlaps),
	END_OF_ROWS
};
