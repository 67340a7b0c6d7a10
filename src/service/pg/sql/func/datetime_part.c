/*
 * extract() and date_part(), date_trunc() and date_bin(). extract is exact (a
 * numeric with the scale of the unit), date_part the same as a double.
 */
#include <ctype.h>
#include <math.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/datetime_call.h"
#include "service/pg/sql/type/datetime_scan.h"
#include "service/pg/sql/type/numeric.h"

/* The unit in lower case; WORD_NONE: unknown. */
static int unit_of(struct slice name, char *lower, size_t size)
{
	int value = 0;
	size_t n = name.len < size - 1 ? name.len : size - 1;

	for (size_t i = 0; i < n; i++)
		lower[i] = (char)tolower((unsigned char)name.ptr[i]);
	lower[n] = 0;
	if (word_of_unit(lower, &value) == WORD_UNIT)
		return value;
	value = 0;
	enum word_kind kind = word_of_date(lower, &value);
	if (kind == WORD_UNIT && (value == UNIT_DOW || value == UNIT_DOY || value == UNIT_ISODOW || value == UNIT_ISOYEAR || value == UNIT_JULIAN))
		return value;
	return kind == WORD_RESERVED && value == VALUE_EPOCH ? UNIT_EPOCH : 0;
}

static void not_recognized(sqlite3_context *ctx, const char *unit, const char *type)
{
	sql_raise(ctx, "22023", "unit \"%s\" not recognized for type %s", unit, type);
}

static void not_supported(sqlite3_context *ctx, const char *unit, const char *type)
{
	sql_raise(ctx, "0A000", "unit \"%s\" not supported for type %s", unit, type);
}

/* v / 10^scale, as numeric or double. */
static void result_part(sqlite3_context *ctx, bool exact, int64_t v, int scale)
{
	struct buf b;
	struct numeric n;

	if (!exact) {
		static const double powers[] = { 1, 10, 100, 1000, 1e4, 1e5, 1e6 };
		result_double(ctx, (double)v / powers[scale]);
		return;
	}
	numeric_init(&n);
	mpz_set_si(n.c, v);
	n.scale = scale;
	buf_init(&b, 64);
	numeric_print(&b, &n);
	numeric_release(&n);
	result_buf(ctx, &b);
}

static void result_infinite(sqlite3_context *ctx, bool exact, bool late)
{
	if (exact)
		sqlite3_result_text(ctx, late ? "Infinity" : "-Infinity", -1, SQLITE_STATIC);
	else
		sqlite3_result_double(ctx, late ? INFINITY : -INFINITY);
}

/* julian + us of the day / day's length */
static void result_julian(sqlite3_context *ctx, bool exact, int julian, int64_t us)
{
	struct numeric n, a, b;
	struct buf text;

	if (!exact) {
		result_double(ctx, julian + (double)us / (double)US_DAY);
		return;
	}
	numeric_init(&n);
	numeric_init(&a);
	numeric_init(&b);
	numeric_set_int(&a, us);
	numeric_set_int(&b, US_DAY);
	numeric_quotient(&n, &a, &b, numeric_quotient_scale(&a, &b));
	numeric_set_int(&a, julian);
	numeric_plus(NULL, &n, &n, &a);
	buf_init(&text, 256);
	numeric_print(&text, &n);
	result_buf(ctx, &text);
	numeric_release(&n);
	numeric_release(&a);
	numeric_release(&b);
}

static int64_t floor_by(int64_t a, int64_t b)
{
	return a / b - (a % b && (a < 0) != (b < 0));
}

/* Seconds and below. */
static bool clock_part(sqlite3_context *ctx, bool exact, int unit, int64_t seconds_us, int minute, int64_t hour)
{
	switch (unit) {
	case UNIT_MICROSECOND: result_part(ctx, exact, seconds_us, 0); return true;
	case UNIT_MILLISECOND: result_part(ctx, exact, seconds_us, 3); return true;
	case UNIT_SECOND: result_part(ctx, exact, seconds_us, 6); return true;
	case UNIT_MINUTE: result_part(ctx, exact, minute, 0); return true;
	case UNIT_HOUR: result_part(ctx, exact, hour, 0); return true;
	default: return false;
	}
}

static bool date_part_of(sqlite3_context *ctx, bool exact, int unit, const struct parts *p)
{
	int64_t v, y = p->year;

	switch (unit) {
	case UNIT_DAY: v = p->day; break;
	case UNIT_MONTH: v = p->month; break;
	case UNIT_QUARTER: v = (p->month - 1) / 3 + 1; break;
	case UNIT_WEEK: v = iso_week_of(p->year, p->month, p->day); break;
	case UNIT_YEAR: v = y > 0 ? y : y - 1; break;
	case UNIT_DECADE: v = floor_by(y, 10); break;
	case UNIT_CENTURY: v = y > 0 ? (y + 99) / 100 : -((99 - (y - 1)) / 100); break;
	case UNIT_MILLENNIUM: v = y > 0 ? (y + 999) / 1000 : -((999 - (y - 1)) / 1000); break;
	case UNIT_ISOYEAR: v = iso_year_of(p->year, p->month, p->day); v = v > 0 ? v : v - 1; break;
	case UNIT_DOW:
	case UNIT_ISODOW:
		v = (julian_of(p->year, p->month, p->day) + 1) % 7;
		if (v < 0)
			v += 7;
		if (unit == UNIT_ISODOW && v == 0)
			v = 7;
		break;
	case UNIT_DOY: v = julian_of(p->year, p->month, p->day) - julian_of(p->year, 1, 1) + 1; break;
	default: return false;
	}
	result_part(ctx, exact, v, 0);
	return true;
}

/* Of an infinite date or timestamp: units that never come back are infinite too, others NULL. */
static void infinite_part(sqlite3_context *ctx, bool exact, int unit, const char *name, const char *type, bool late, bool date)
{
	switch (unit) {
	case UNIT_MICROSECOND: case UNIT_MILLISECOND: case UNIT_SECOND: case UNIT_MINUTE: case UNIT_HOUR:
	case UNIT_TIMEZONE: case UNIT_TIMEZONE_HOUR: case UNIT_TIMEZONE_MINUTE:
		if (date)
			not_supported(ctx, name, type);
		return;
	case UNIT_DAY: case UNIT_MONTH: case UNIT_QUARTER: case UNIT_WEEK: case UNIT_DOW: case UNIT_ISODOW: case UNIT_DOY:
		return;
	case UNIT_YEAR: case UNIT_DECADE: case UNIT_CENTURY: case UNIT_MILLENNIUM: case UNIT_JULIAN: case UNIT_ISOYEAR: case UNIT_EPOCH:
		result_infinite(ctx, exact, late);
		return;
	default: not_supported(ctx, name, type);
	}
}

static void stamp_part(sqlite3_context *ctx, sqlite3_value **argv, bool exact, bool zoned)
{
	const char *type = zoned ? "timestamp with time zone" : "timestamp without time zone";
	char name[64];
	int unit = unit_of(arg_text(argv[0]), name, sizeof(name));
	int64_t t = arg_int(argv[1]);
	struct parts p;

	if (!unit) {
		not_recognized(ctx, name, type);
		return;
	}
	if (!stamp_is_finite(t)) {
		infinite_part(ctx, exact, unit, name, type, t == STAMP_LATE, false);
		return;
	}
	stamp_parts(t, zoned ? session_zone(sql_env_of(ctx)) : NULL, zoned, &p);
	if (clock_part(ctx, exact, unit, p.second * US_SECOND + p.us, p.minute, p.hour) || date_part_of(ctx, exact, unit, &p))
		return;
	switch (unit) {
	case UNIT_EPOCH: {
		int64_t us;
		if (__builtin_add_overflow(t, UNIX_2000 * US_SECOND, &us)) { /* beyond int64: by numeric */
			struct numeric n;
			struct buf b;
			numeric_init(&n);
			mpz_set_si(n.c, t);
			mpz_add_ui(n.c, n.c, (unsigned long)(UNIX_2000 * US_SECOND));
			n.scale = 6;
			buf_init(&b, 64);
			numeric_print(&b, &n);
			if (exact)
				result_buf(ctx, &b);
			else {
				result_double(ctx, strtod(b.ptr, NULL));
				buf_release(&b);
			}
			numeric_release(&n);
			return;
		}
		result_part(ctx, exact, us, 6);
		return;
	}
	case UNIT_JULIAN:
		result_julian(ctx, exact, julian_of(p.year, p.month, p.day), p.hour * US_HOUR + p.minute * US_MINUTE + p.second * US_SECOND + p.us);
		return;
	case UNIT_TIMEZONE:
		if (zoned) {
			result_part(ctx, exact, p.offset, 0);
			return;
		}
		break;
	case UNIT_TIMEZONE_HOUR:
		if (zoned) {
			result_part(ctx, exact, p.offset / 3600, 0);
			return;
		}
		break;
	case UNIT_TIMEZONE_MINUTE:
		if (zoned) {
			result_part(ctx, exact, p.offset % 3600 / 60, 0);
			return;
		}
		break;
	default: break;
	}
	not_supported(ctx, name, type);
}

STRICT(extract_timestamp) { stamp_part(ctx, argv, true, false); }
STRICT(extract_timestamptz) { stamp_part(ctx, argv, true, true); }
STRICT(timestamp_part) { stamp_part(ctx, argv, false, false); }
STRICT(timestamptz_part) { stamp_part(ctx, argv, false, true); }

STRICT(extract_date)
{
	char name[64];
	int unit = unit_of(arg_text(argv[0]), name, sizeof(name));
	int64_t d = arg_int(argv[1]);
	struct parts p = { 0 };

	if (!unit) {
		not_recognized(ctx, name, "date");
		return;
	}
	if (d == DATE_LATE || d == DATE_EARLY) {
		infinite_part(ctx, true, unit, name, "date", d == DATE_LATE, true);
		return;
	}
	julian_parts((int)d + JULIAN_2000, &p.year, &p.month, &p.day);
	if (date_part_of(ctx, true, unit, &p))
		return;
	if (unit == UNIT_JULIAN)
		result_part(ctx, true, d + JULIAN_2000, 0);
	else if (unit == UNIT_EPOCH)
		result_part(ctx, true, d * 86400 + UNIX_2000, 0);
	else
		not_supported(ctx, name, "date");
}

static void time_part_of(sqlite3_context *ctx, sqlite3_value **argv, bool exact, bool zoned)
{
	const char *type = zoned ? "time with time zone" : "time without time zone";
	char name[64];
	int unit = unit_of(arg_text(argv[0]), name, sizeof(name));
	struct timetz z = { 0 };

	if (zoned)
		z = timetz_load(arg_text(argv[1]));
	else
		z.time = arg_int(argv[1]);
	if (!unit) {
		not_recognized(ctx, name, type);
		return;
	}
	if (clock_part(ctx, exact, unit, z.time % US_MINUTE, (int)(z.time / US_MINUTE % 60), z.time / US_HOUR))
		return;
	if (unit == UNIT_EPOCH)
		result_part(ctx, exact, z.time - z.offset * US_SECOND, 6);
	else if (zoned && unit == UNIT_TIMEZONE)
		result_part(ctx, exact, z.offset, 0);
	else if (zoned && unit == UNIT_TIMEZONE_HOUR)
		result_part(ctx, exact, z.offset / 3600, 0);
	else if (zoned && unit == UNIT_TIMEZONE_MINUTE)
		result_part(ctx, exact, z.offset % 3600 / 60, 0);
	else
		not_supported(ctx, name, type);
}

STRICT(extract_time) { time_part_of(ctx, argv, true, false); }
STRICT(extract_timetz) { time_part_of(ctx, argv, true, true); }
STRICT(time_part) { time_part_of(ctx, argv, false, false); }
STRICT(timetz_part) { time_part_of(ctx, argv, false, true); }

static void interval_part_of(sqlite3_context *ctx, sqlite3_value **argv, bool exact)
{
	char name[64];
	int unit = unit_of(arg_text(argv[0]), name, sizeof(name));
	struct interval v = arg_interval(argv[1]);
	int64_t years = v.months / 12;

	if (!unit) {
		not_recognized(ctx, name, "interval");
		return;
	}
	if (clock_part(ctx, exact, unit, v.us % US_MINUTE, (int)(v.us / US_MINUTE % 60), v.us / US_HOUR))
		return;
	switch (unit) {
	case UNIT_DAY: result_part(ctx, exact, v.days, 0); return;
	case UNIT_MONTH: result_part(ctx, exact, v.months % 12, 0); return;
	case UNIT_QUARTER: result_part(ctx, exact, v.months % 12 / 3 + 1, 0); return;
	case UNIT_YEAR: result_part(ctx, exact, years, 0); return;
	case UNIT_DECADE: result_part(ctx, exact, years / 10, 0); return;
	case UNIT_CENTURY: result_part(ctx, exact, years / 100, 0); return;
	case UNIT_MILLENNIUM: result_part(ctx, exact, years / 1000, 0); return;
	case UNIT_EPOCH: {
		/* a year is 365.25 days, a month 30 */
		int64_t quarter_days = years * 1461 + (v.months % 12 * 30LL + v.days) * 4, whole = quarter_days * 21600, us;
		if (!exact) {
			result_double(ctx, (double)v.us / 1000000.0 + 365.25 * 86400 * (double)years + 86400.0 * 30 * (v.months % 12) + 86400.0 * v.days);
			return;
		}
		if (!__builtin_mul_overflow(whole, US_SECOND, &us) && !__builtin_add_overflow(us, v.us, &us)) {
			result_part(ctx, exact, us, 6);
			return;
		}
		struct numeric n;
		struct buf b;
		numeric_init(&n);
		mpz_set_si(n.c, whole);
		mpz_mul_si(n.c, n.c, US_SECOND);
		if (v.us >= 0)
			mpz_add_ui(n.c, n.c, (unsigned long)v.us);
		else
			mpz_sub_ui(n.c, n.c, (unsigned long)-v.us);
		n.scale = 6;
		buf_init(&b, 64);
		numeric_print(&b, &n);
		numeric_release(&n);
		result_buf(ctx, &b);
		return;
	}
	default: not_supported(ctx, name, "interval");
	}
}

STRICT(extract_interval) { interval_part_of(ctx, argv, true); }
STRICT(interval_part) { interval_part_of(ctx, argv, false); }

/* ---- date_trunc ---- */

/* False: the unit is not one to cut at. *date: days or more were cut, the offset may change. */
static bool cut(struct parts *p, int unit, bool *date)
{
	*date = true;
	switch (unit) {
	case UNIT_WEEK: {
		int week = iso_week_of(p->year, p->month, p->day);
		/* the first days of january may be of last year's 52nd week and the other way round */
		int year = iso_year_of(p->year, p->month, p->day);
		julian_parts(iso_first_monday(year) + (week - 1) * 7, &p->year, &p->month, &p->day);
		p->hour = p->minute = p->second = p->us = 0;
		return true;
	}
	case UNIT_MILLENNIUM: p->year = p->year > 0 ? (p->year + 999) / 1000 * 1000 - 999 : -((999 - (p->year - 1)) / 1000) * 1000 + 1; goto year;
	case UNIT_CENTURY: p->year = p->year > 0 ? (p->year + 99) / 100 * 100 - 99 : -((99 - (p->year - 1)) / 100) * 100 + 1; goto year;
	case UNIT_DECADE: p->year = p->year > 0 ? p->year / 10 * 10 : -((8 - (p->year - 1)) / 10) * 10; goto year;
	case UNIT_YEAR:
year:
		p->month = 1;
		/* fall through */
	case UNIT_QUARTER:
		p->month = 3 * ((p->month - 1) / 3) + 1;
		/* fall through */
	case UNIT_MONTH:
		p->day = 1;
		/* fall through */
	case UNIT_DAY:
		p->hour = 0;
		p->minute = p->second = p->us = 0;
		return true;
	default: break;
	}
	*date = false;
	switch (unit) {
	case UNIT_HOUR:
		p->minute = 0;
		/* fall through */
	case UNIT_MINUTE:
		p->second = 0;
		/* fall through */
	case UNIT_SECOND: p->us = 0; return true;
	case UNIT_MILLISECOND: p->us = p->us / 1000 * 1000; return true;
	case UNIT_MICROSECOND: return true;
	default: return false;
	}
}

/* Words of dates are not units here. */
static bool is_cut_unit(int unit)
{
	return unit && unit != UNIT_DOW && unit != UNIT_DOY && unit != UNIT_ISODOW && unit != UNIT_ISOYEAR && unit != UNIT_JULIAN && unit != UNIT_EPOCH;
}

static void stamp_trunc(sqlite3_context *ctx, sqlite3_value **argv, bool zoned, const struct zone *zone, int fixed, bool by_abbrev, const struct zone *abbrev_zone)
{
	const char *type = zoned ? "timestamp with time zone" : "timestamp without time zone";
	char name[64];
	int unit = unit_of(arg_text(argv[0]), name, sizeof(name));
	int64_t t = arg_int(argv[1]), local = t, r;
	struct parts p;
	bool date;

	(void)abbrev_zone;
	if (!stamp_is_finite(t)) {
		sqlite3_result_int64(ctx, t);
		return;
	}
	if (!is_cut_unit(unit)) {
		not_recognized(ctx, name, type);
		return;
	}
	if (by_abbrev)
		local = t + fixed * US_SECOND;
	else if (zoned && !stamp_to_local(t, zone, &local)) {
		stamp_out_of_range(ctx);
		return;
	}
	int64_t shift = local - t;
	stamp_parts(local, NULL, false, &p);
	if (!cut(&p, unit, &date)) {
		not_supported(ctx, name, type);
		return;
	}
	if (!parts_stamp(&p, &r)) {
		stamp_out_of_range(ctx);
		return;
	}
	if (zoned) {
		if (date && !by_abbrev) {
			if (!stamp_to_utc(r, zone, &r)) {
				stamp_out_of_range(ctx);
				return;
			}
		} else {
			r -= shift; /* the offset of the original time stays */
		}
	}
	result_stamp(ctx, r);
}

STRICT(timestamp_trunc) { stamp_trunc(ctx, argv, false, NULL, 0, false, NULL); }
STRICT(timestamptz_trunc) { stamp_trunc(ctx, argv, true, session_zone(sql_env_of(ctx)), 0, false, NULL); }

STRICT(timestamptz_trunc_zone)
{
	struct slice name = arg_text(argv[2]);
	const struct zone *zone, *abbrev_zone;
	int64_t t = arg_int(argv[1]);
	int offset, ignored;
	bool dst;

	if (!stamp_is_finite(t)) {
		sqlite3_result_int64(ctx, t);
		return;
	}
	if (!zone_by_text(sql_env_of(ctx), name, &zone, &offset))
		result_raised(ctx);
	else if (!zone || zone_abbrev(name, &ignored, &dst, &abbrev_zone))
		stamp_trunc(ctx, argv, true, zone, zone ? zone_offset(zone, t / US_SECOND + UNIX_2000, NULL, NULL) : offset, zone == NULL, NULL);
	else
		stamp_trunc(ctx, argv, true, zone, 0, false, NULL);
}

STRICT(interval_trunc)
{
	char name[64];
	int unit = unit_of(arg_text(argv[0]), name, sizeof(name));
	struct interval v = arg_interval(argv[1]);
	int64_t us = v.us;

	if (!is_cut_unit(unit)) {
		not_recognized(ctx, name, "interval");
		return;
	}
	switch (unit) {
	case UNIT_MILLENNIUM: v.months = v.months / 12000 * 12000; goto month;
	case UNIT_CENTURY: v.months = v.months / 1200 * 1200; goto month;
	case UNIT_DECADE: v.months = v.months / 120 * 120; goto month;
	case UNIT_YEAR: v.months = v.months / 12 * 12; goto month;
	case UNIT_QUARTER: v.months = v.months / 3 * 3; goto month;
	case UNIT_MONTH:
month:
		v.days = 0;
		/* fall through */
	case UNIT_DAY: v.us = 0; break;
	case UNIT_HOUR: v.us = us / US_HOUR * US_HOUR; break;
	case UNIT_MINUTE: v.us = us / US_MINUTE * US_MINUTE; break;
	case UNIT_SECOND: v.us = us / US_SECOND * US_SECOND; break;
	case UNIT_MILLISECOND: v.us = us / 1000 * 1000; break;
	case UNIT_MICROSECOND: break;
	case UNIT_WEEK: {
		struct sql_error *e = sql_raise(ctx, "0A000", "unit \"%s\" not supported for type %s", name, "interval");
		sql_detail(sql_env_of(ctx), e, "Months usually have fractional weeks.");
		return;
	}
	default: not_supported(ctx, name, "interval"); return;
	}
	result_interval(ctx, &v);
}

STRICT(stamp_bin)
{
	struct interval v = arg_interval(argv[0]);
	int64_t t = arg_int(argv[1]), origin = arg_int(argv[2]), stride, since;

	if (!stamp_is_finite(t)) {
		sqlite3_result_int64(ctx, t);
	} else if (!stamp_is_finite(origin)) {
		sql_raise(ctx, "22008", "origin out of range");
	} else if (v.months) {
		sql_raise(ctx, "0A000", "timestamps cannot be binned into intervals containing months or years");
	} else if (__builtin_mul_overflow(v.days, US_DAY, &stride) || __builtin_add_overflow(stride, v.us, &stride)) {
		sql_raise(ctx, "22008", "interval out of range");
	} else if (stride <= 0) {
		sql_raise(ctx, "22008", "stride must be greater than zero");
	} else if (__builtin_sub_overflow(t, origin, &since)) {
		sql_raise(ctx, "22008", "interval out of range");
	} else {
		int64_t rest = since % stride;
		result_stamp(ctx, t - rest - (rest < 0 ? stride : 0));
	}
}

const struct func_row func_datetime_part_rows[] = {
	CALL("extract_timestamp", extract_timestamp, 2), CALL("extract_timestamptz", extract_timestamptz, 2), CALL("extract_date", extract_date, 2),
	CALL("extract_time", extract_time, 2), CALL("extract_timetz", extract_timetz, 2), CALL("extract_interval", extract_interval, 2),
	CALL("timestamp_part", timestamp_part, 2), CALL("timestamptz_part", timestamptz_part, 2), CALL("time_part", time_part, 2),
	CALL("timetz_part", timetz_part, 2), CALL("interval_part", interval_part, 2),
	CALL("timestamp_trunc", timestamp_trunc, 2), CALL("timestamptz_trunc", timestamptz_trunc, 2), CALL("timestamptz_trunc_zone", timestamptz_trunc_zone, 3),
	CALL("interval_trunc", interval_trunc, 2), CALL("timestamp_bin", stamp_bin, 3), CALL("timestamptz_bin", stamp_bin, 3),
	END_OF_ROWS
};
