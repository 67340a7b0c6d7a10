/*
 * Arithmetic of dates, times, timestamps and intervals, conversions among them
 * and the clocks. extract and trunc are datetime_part.c's, formats to_char.c's.
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

static void interval_out_of_range(sqlite3_context *ctx)
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

static bool date_is_finite(int64_t d)
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

static bool local_to_utc(sqlite3_context *ctx, int64_t local, const struct zone *zone, int64_t *utc)
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

static void result_timetz(sqlite3_context *ctx, struct timetz t)
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

/* ---- intervals ---- */

bool interval_add(struct interval *r, const struct interval *a, const struct interval *b)
{
	return !__builtin_add_overflow(a->months, b->months, &r->months) && !__builtin_add_overflow(a->days, b->days, &r->days) &&
	       !__builtin_add_overflow(a->us, b->us, &r->us);
}

bool interval_subtract(struct interval *r, const struct interval *a, const struct interval *b)
{
	return !__builtin_sub_overflow(a->months, b->months, &r->months) && !__builtin_sub_overflow(a->days, b->days, &r->days) &&
	       !__builtin_sub_overflow(a->us, b->us, &r->us);
}

STRICT(interval_pl)
{
	struct interval a = arg_interval(argv[0]), b = arg_interval(argv[1]), r;

	if (interval_add(&r, &a, &b))
		result_interval(ctx, &r);
	else
		interval_out_of_range(ctx);
}

STRICT(interval_mi)
{
	struct interval a = arg_interval(argv[0]), b = arg_interval(argv[1]), r;

	if (interval_subtract(&r, &a, &b))
		result_interval(ctx, &r);
	else
		interval_out_of_range(ctx);
}

STRICT(interval_um)
{
	struct interval a = arg_interval(argv[0]), zero = { 0 }, r;

	if (interval_subtract(&r, &zero, &a))
		result_interval(ctx, &r);
	else
		interval_out_of_range(ctx);
}

/* Rounded to microseconds where the unit allows it (TSROUND). */
static double round_us(double v)
{
	return rint(v * 1000000.0) / 1000000.0;
}

/* interval * factor, or / factor: what is left of months goes to days, of days to time. */
bool interval_scale_by(struct interval *r, const struct interval *v, double factor, bool divide)
{
	double months = divide ? v->months / factor : v->months * factor, days = divide ? v->days / factor : v->days * factor;

	if (isnan(months) || months > INT32_MAX || months < INT32_MIN || isnan(days) || days > INT32_MAX || days < INT32_MIN)
		return false;
	r->months = (int32_t)months;
	r->days = (int32_t)days;
	double rest_days = divide ? (v->months / factor - r->months) * 30 : (v->months * factor - r->months) * 30;
	rest_days = round_us(rest_days);
	double seconds = (days - r->days + rest_days - (int)rest_days) * 86400;
	seconds = round_us(seconds);
	if (fabs(seconds) >= 86400) {
		if (__builtin_add_overflow(r->days, (int)(seconds / 86400), &r->days))
			return false;
		seconds -= (int)(seconds / 86400) * 86400.0;
	}
	if (__builtin_add_overflow(r->days, (int32_t)rest_days, &r->days))
		return false;
	double us = rint((divide ? (double)v->us / factor : (double)v->us * factor) + seconds * 1000000);
	if (isnan(us) || us >= 9223372036854775808.0 || us < -9223372036854775808.0)
		return false;
	r->us = (int64_t)us;
	return true;
}

static void scaled(sqlite3_context *ctx, sqlite3_value *interval, double factor, bool divide)
{
	struct interval v = arg_interval(interval), r;

	if (divide && factor == 0)
		sql_raise(ctx, "22012", "division by zero");
	else if (interval_scale_by(&r, &v, factor, divide))
		result_interval(ctx, &r);
	else
		interval_out_of_range(ctx);
}

STRICT(interval_mul) { scaled(ctx, argv[0], arg_double(argv[1]), false); }
STRICT(mul_d_interval) { scaled(ctx, argv[1], arg_double(argv[0]), false); }
STRICT(interval_div) { scaled(ctx, argv[0], arg_double(argv[1]), true); }

STRICT(interval_justify_hours)
{
	struct interval v = arg_interval(argv[0]);
	int64_t days = v.us / US_DAY;

	v.us -= days * US_DAY;
	if (__builtin_add_overflow(v.days, (int32_t)days, &v.days)) {
		interval_out_of_range(ctx);
		return;
	}
	if (v.days > 0 && v.us < 0) {
		v.us += US_DAY;
		v.days--;
	} else if (v.days < 0 && v.us > 0) {
		v.us -= US_DAY;
		v.days++;
	}
	result_interval(ctx, &v);
}

STRICT(interval_justify_days)
{
	struct interval v = arg_interval(argv[0]);
	int32_t months = v.days / 30;

	v.days -= months * 30;
	if (__builtin_add_overflow(v.months, months, &v.months)) {
		interval_out_of_range(ctx);
		return;
	}
	if (v.months > 0 && v.days < 0) {
		v.days += 30;
		v.months--;
	} else if (v.months < 0 && v.days > 0) {
		v.days -= 30;
		v.months++;
	}
	result_interval(ctx, &v);
}

STRICT(interval_justify_interval)
{
	struct interval v = arg_interval(argv[0]);
	int32_t months = 0;

	/* days first when they and the time point the same way, so that nothing overflows */
	if ((v.days > 0 && v.us > 0) || (v.days < 0 && v.us < 0)) {
		months = v.days / 30;
		v.days -= months * 30;
		if (__builtin_add_overflow(v.months, months, &v.months)) {
			interval_out_of_range(ctx);
			return;
		}
	}
	int64_t days = v.us / US_DAY;
	v.us -= days * US_DAY;
	if (__builtin_add_overflow(v.days, (int32_t)days, &v.days)) {
		interval_out_of_range(ctx);
		return;
	}
	months = v.days / 30;
	v.days -= months * 30;
	if (__builtin_add_overflow(v.months, months, &v.months)) {
		interval_out_of_range(ctx);
		return;
	}
	if (v.months > 0 && (v.days < 0 || (v.days == 0 && v.us < 0))) {
		v.days += 30;
		v.months--;
	} else if (v.months < 0 && (v.days > 0 || (v.days == 0 && v.us > 0))) {
		v.days -= 30;
		v.months++;
	}
	if (v.days > 0 && v.us < 0) {
		v.us += US_DAY;
		v.days--;
	} else if (v.days < 0 && v.us > 0) {
		v.us -= US_DAY;
		v.days++;
	}
	result_interval(ctx, &v);
}

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

static int64_t wrap_day(int64_t t)
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

#define SEVEN(name, as) CALL(name, as##_cmp, 2)
#define ORDERS(x, y, as) \
	CALL(x "_eq_" y, as##_eq, 2), CALL(x "_ne_" y, as##_ne, 2), CALL(x "_lt_" y, as##_lt, 2), CALL(x "_le_" y, as##_le, 2), \
	CALL(x "_gt_" y, as##_gt, 2), CALL(x "_ge_" y, as##_ge, 2), CALL(x "_cmp_" y, as##_cmp, 2)

const struct func_row func_datetime_rows[] = {
	CALL("date_pli", date_pli, 2), CALL("date_mii", date_mii, 2), CALL("date_mi", date_mi, 2), INLINE("integer_pl_date(int4,date)", "p_date_pli($2, $1)"),
	CALL("date_timestamp", date_timestamp, 1), CALL("date_timestamptz", date_timestamptz, 1), CALL("timestamp_date", timestamp_date, 1),
	CALL("timestamptz_date", timestamptz_date, 1), CALL("timestamp_timestamptz", timestamp_timestamptz, 1),
	CALL("timestamptz_timestamp", timestamptz_timestamp, 1), CALL("timestamp_time", timestamp_time, 1), CALL("timestamptz_time", timestamptz_time, 1),
	CALL("timestamptz_timetz", timestamptz_timetz, 1),
	ORDERS("date", "timestamp", date_stamp), ORDERS("timestamp", "date", stamp_date), ORDERS("date", "timestamptz", date_stamptz),
	ORDERS("timestamptz", "date", stamptz_date), ORDERS("timestamp", "timestamptz", stamp_stamptz), ORDERS("timestamptz", "timestamp", stamptz_stamp),
	CALL("interval_pl", interval_pl, 2), CALL("interval_mi", interval_mi, 2), CALL("interval_um", interval_um, 1),
	CALL("interval_mul", interval_mul, 2), CALL("mul_d_interval", mul_d_interval, 2), CALL("interval_div", interval_div, 2),
	CALL("interval_justify_hours", interval_justify_hours, 1), CALL("interval_justify_days", interval_justify_days, 1),
	CALL("interval_justify_interval", interval_justify_interval, 1),
	CALL("timestamp_pl_interval", timestamp_pl_interval, 2), CALL("timestamp_mi_interval", timestamp_mi_interval, 2),
	CALL("timestamptz_pl_interval", timestamptz_pl_interval, 2), CALL("timestamptz_mi_interval", timestamptz_mi_interval, 2),
	CALL("date_pl_interval", date_pl_interval, 2), CALL("date_mi_interval", date_mi_interval, 2), CALL("timestamp_mi", timestamp_mi, 2),
	CALL("timestamptz_mi", timestamp_mi, 2),
	INLINE("interval_pl_date(interval,date)", "p_date_pl_interval($2, $1)"), INLINE("interval_pl_time(interval,time)", "p_time_pl_interval($2, $1)"),
	INLINE("interval_pl_timetz(interval,timetz)", "p_timetz_pl_interval($2, $1)"), INLINE("interval_pl_timestamp(interval,timestamp)", "p_timestamp_pl_interval($2, $1)"),
	INLINE("interval_pl_timestamptz(interval,timestamptz)", "p_timestamptz_pl_interval($2, $1)"), INLINE("timedate_pl(time,date)", "p_datetime_timestamp($2, $1)"),
	INLINE("timetzdate_pl(timetz,date)", "p_datetimetz_timestamptz($2, $1)"),
	CALL("timestamp_age", timestamp_age, 2), CALL("timestamptz_age", timestamptz_age, 2), CALL("age_timestamp", age_stamp, 1), CALL("age_timestamptz", age_stamptz, 1),
	CALL("time_pl_interval", time_pl_interval, 2), CALL("time_mi_interval", time_mi_interval, 2), CALL("time_mi_time", time_mi_time, 2),
	CALL("time_interval", time_interval, 1), CALL("interval_time", interval_time, 1), CALL("timetz_pl_interval", timetz_pl_interval, 2),
	CALL("timetz_mi_interval", timetz_mi_interval, 2), CALL("timetz_time", timetz_time, 1), CALL("time_timetz", time_timetz, 1),
	CALL("datetime_timestamp", datetime_timestamp, 2), CALL("datetimetz_timestamptz", datetimetz_timestamptz, 2),
	CALL("timestamp_scale", stamp_scale, 2), CALL("timestamptz_scale", stamp_scale, 2), CALL("time_scale", stamp_scale, 2),
	CALL("timetz_scale", timetz_scale, 2), CALL("interval_scale", interval_scale, 2),
	CALL("timestamp_zone", timestamp_zone, 2), CALL("timestamptz_zone", timestamptz_zone, 2), CALL("timestamp_izone", timestamp_izone, 2),
	CALL("timestamptz_izone", timestamptz_izone, 2), CALL("timetz_izone", timetz_izone, 2), CALL("timetz_zone", timetz_zone, 2),
	CALL("make_date", make_date, 3), CALL("make_time", make_time, 3), CALL("make_timestamp", make_timestamp, 6),
	CALL("make_timestamptz", make_timestamptz, 6), CALL("make_timestamptz_at_timezone", make_timestamptz_at, 7), CALL("make_interval", make_interval, 7),
	CALL("float8_timestamptz", float8_timestamptz, 1),
	CALL("now", now, 0), CALL("statement_timestamp", statement_timestamp, 0), CALL_VOLATILE("clock_timestamp", clock_timestamp, 0),
	CALL_VOLATILE("timeofday", timeofday, 0), CALL_VOLATILE("pg_sleep", pg_sleep, 1), CALL_VOLATILE("pg_sleep_for(interval)", pg_sleep_for, 1),
	CALL("date_finite", date_finite, 1), CALL("timestamp_finite", timestamp_finite, 1), CALL("interval_finite", interval_finite, 1),
	TYPED("overlaps_timestamp", overlaps), TYPED("overlaps_time", overlaps), TYPED("overlaps_timetz", overlaps),
	END_OF_ROWS
};
