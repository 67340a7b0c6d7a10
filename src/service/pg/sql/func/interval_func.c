/*
 * Arithmetic of intervals: sums, factors, justification.
 * 
 * Source: timestamp.c of PostgreSQL 15.
 */
#include <math.h>

#include "service/pg/sql/func/datetime_call.h"

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

const struct func_row func_interval_rows[] = {
	CALL("interval_pl", interval_pl, 2), CALL("interval_mi", interval_mi, 2), CALL("interval_um", interval_um, 1),
	CALL("interval_mul", interval_mul, 2), CALL("mul_d_interval", mul_d_interval, 2), CALL("interval_div", interval_div, 2),
	CALL("interval_justify_hours", interval_justify_hours, 1), CALL("interval_justify_days", interval_justify_days, 1),
	CALL("interval_justify_interval", interval_justify_interval, 1),
	END_OF_ROWS
};
