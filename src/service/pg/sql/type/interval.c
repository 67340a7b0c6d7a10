/*
 * Intervals: what is stored, order, and the four ways of printing them
 * (EncodeInterval). Reading is interval_read.c's.
 */
#include "service/pg/sql/type/datetime.h"

#include <math.h>

/* "1 year -2 mons +3 days -04:05:06.789": written by interval_print. */
struct interval interval_load(struct slice s)
{
	struct interval v = { 0 };
	size_t i = 0;

	while (i < s.len) {
		bool minus = false;
		int64_t n = 0;
		if (s.ptr[i] == ' ')
			i++;
		if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
			minus = s.ptr[i++] == '-';
		while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
			n = n * 10 + (s.ptr[i++] - '0');
		if (i < s.len && s.ptr[i] == ':') {
			int64_t us = n * US_HOUR, part = 0;
			i++;
			for (int k = 0; i < s.len && s.ptr[i] != '.'; i++) {
				if (s.ptr[i] == ':') {
					us += part * US_MINUTE;
					part = 0;
					k++;
				} else {
					part = part * 10 + (s.ptr[i] - '0');
				}
			}
			us += part * US_SECOND;
			int64_t unit = 100000;
			for (i++; i < s.len && s.ptr[i] >= '0'; i++, unit /= 10)
				us += unit * (s.ptr[i] - '0');
			v.us = minus ? (int64_t)(0 - (uint64_t)us) : us;
			break;
		}
		if (minus)
			n = -n;
		if (i + 1 < s.len && s.ptr[i] == ' ') {
			char unit = s.ptr[i + 1];
			if (unit == 'y')
				v.months += (int32_t)(n * 12);
			else if (unit == 'm')
				v.months += (int32_t)n;
			else
				v.days = (int32_t)n;
			for (i++; i < s.len && s.ptr[i] != ' '; i++)
				;
		} else {
			break;
		}
	}
	return v;
}

/* A month is 30 days, a day 24 hours. */
int interval_compare(const struct interval *a, const struct interval *b)
{
	int64_t days_a = (int64_t)a->months * 30 + a->days + a->us / US_DAY, us_a = a->us % US_DAY;
	int64_t days_b = (int64_t)b->months * 30 + b->days + b->us / US_DAY, us_b = b->us % US_DAY;

	if (us_a < 0)
		us_a += US_DAY, days_a--;
	if (us_b < 0)
		us_b += US_DAY, days_b--;
	if (days_a != days_b)
		return days_a < days_b ? -1 : 1;
	return (us_a > us_b) - (us_a < us_b);
}

struct pieces {
	int year, month, day;
	int64_t hour;
	int minute, second, us;
};

static struct pieces apart(const struct interval *v)
{
	return (struct pieces){ .year = v->months / 12, .month = v->months % 12, .day = v->days, .hour = v->us / US_HOUR,
				.minute = (int)(v->us / US_MINUTE % 60), .second = (int)(v->us / US_SECOND % 60), .us = (int)(v->us % US_SECOND) };
}

static void print_seconds(struct buf *b, int second, int us, bool pad)
{
	char s[32];

	buf_addf(b, pad ? "%02d" : "%d", abs(second));
	if (!us)
		return;
	snprintf(s, sizeof(s), ".%06d", abs(us));
	size_t n = strlen(s);
	while (s[n - 1] == '0')
		n--;
	buf_add(b, s, n);
}

static void print_postgres(struct buf *b, const struct pieces *p, bool minus_time)
{
	bool zero = true, before = false;
	struct {
		int value;
		const char *unit;
	} parts[] = { { p->year, "year" }, { p->month, "mon" }, { p->day, "day" } };

	for (int i = 0; i < 3; i++) {
		if (!parts[i].value)
			continue;
		buf_addf(b, "%s%s%d %s%s", zero ? "" : " ", before && parts[i].value > 0 ? "+" : "", parts[i].value, parts[i].unit,
			 parts[i].value != 1 ? "s" : "");
		before = parts[i].value < 0;
		zero = false;
	}
	if (zero || p->hour || p->minute || p->second || p->us) {
		buf_addf(b, "%s%s%02lld:%02d:", zero ? "" : " ", minus_time ? "-" : before ? "+" : "", (long long)llabs(p->hour), abs(p->minute));
		print_seconds(b, p->second, p->us, true);
	}
}

static void print_verbose(struct buf *b, const struct pieces *p)
{
	bool zero = true, before = false;
	struct {
		int64_t value;
		const char *unit;
	} parts[] = { { p->year, "year" }, { p->month, "mon" }, { p->day, "day" }, { p->hour, "hour" }, { p->minute, "min" } };

	buf_add_char(b, '@');
	for (int i = 0; i < 5; i++) {
		int64_t v = parts[i].value;
		if (!v)
			continue;
		/* the first says the direction of all; others are relative to it */
		if (zero) {
			before = v < 0;
			v = llabs(v);
		} else if (before) {
			v = -v;
		}
		buf_addf(b, " %lld %s%s", (long long)v, parts[i].unit, v == 1 ? "" : "s");
		zero = false;
	}
	if (p->second || p->us) {
		bool minus = p->second < 0 || p->us < 0;
		if (zero)
			before = minus;
		buf_add_str(b, zero || minus == before ? " " : " -");
		print_seconds(b, p->second, p->us, false);
		buf_addf(b, " sec%s", abs(p->second) != 1 || p->us ? "s" : "");
		zero = false;
	}
	if (zero)
		buf_add_str(b, " 0");
	if (before)
		buf_add_str(b, " ago");
}

static void print_sql(struct buf *b, const struct pieces *p)
{
	bool negative = p->year < 0 || p->month < 0 || p->day < 0 || p->hour < 0 || p->minute < 0 || p->second < 0 || p->us < 0;
	bool positive = p->year > 0 || p->month > 0 || p->day > 0 || p->hour > 0 || p->minute > 0 || p->second > 0 || p->us > 0;
	bool years = p->year || p->month, days = p->day, time = p->hour || p->minute || p->second || p->us;
	bool one = !(negative && positive) && !(years && (days || time));

	if (!years && !days && !time) {
		buf_add_char(b, '0');
		return;
	}
	if (!one) {
		bool day_minus = p->day < 0, year_minus = p->year < 0 || p->month < 0;
		bool time_minus = p->hour < 0 || p->minute < 0 || p->second < 0 || p->us < 0;
		buf_addf(b, "%c%d-%d %c%lld %c%lld:%02d:", year_minus ? '-' : '+', abs(p->year), abs(p->month), day_minus ? '-' : '+',
			 (long long)llabs(p->day), time_minus ? '-' : '+', (long long)llabs(p->hour), abs(p->minute));
		print_seconds(b, p->second, p->us, true);
		return;
	}
	if (negative)
		buf_add_char(b, '-');
	if (years) {
		buf_addf(b, "%d-%d", abs(p->year), abs(p->month));
		return;
	}
	if (days)
		buf_addf(b, "%d ", abs(p->day));
	buf_addf(b, "%lld:%02d:", (long long)llabs(p->hour), abs(p->minute));
	print_seconds(b, p->second, p->us, true);
}

static void print_iso(struct buf *b, const struct pieces *p)
{
	if (!p->year && !p->month && !p->day && !p->hour && !p->minute && !p->second && !p->us) {
		buf_add_str(b, "PT0S");
		return;
	}
	buf_add_char(b, 'P');
	if (p->year)
		buf_addf(b, "%dY", p->year);
	if (p->month)
		buf_addf(b, "%dM", p->month);
	if (p->day)
		buf_addf(b, "%dD", p->day);
	if (!p->hour && !p->minute && !p->second && !p->us)
		return;
	buf_add_char(b, 'T');
	if (p->hour)
		buf_addf(b, "%lldH", (long long)p->hour);
	if (p->minute)
		buf_addf(b, "%dM", p->minute);
	if (p->second || p->us) {
		if (p->second < 0 || p->us < 0)
			buf_add_char(b, '-');
		print_seconds(b, p->second, p->us, false);
		buf_add_char(b, 'S');
	}
}

void interval_print(struct buf *b, const struct interval *v, enum interval_style style)
{
	struct pieces p = apart(v);

	switch (style) {
	case INTERVAL_POSTGRES: print_postgres(b, &p, v->us < 0); return;
	case INTERVAL_VERBOSE: print_verbose(b, &p); return;
	case INTERVAL_SQL: print_sql(b, &p); return;
	case INTERVAL_ISO: print_iso(b, &p); return;
	}
}

enum { MONTH = 1 << 1, YEAR = 1 << 2, DAY = 1 << 3, HOUR = 1 << 10, MINUTE = 1 << 11, SECOND = 1 << 12 };

/* AdjustIntervalForTypmod: fields below the last one are cut. */
bool interval_modify(struct sql_env *env, struct interval *v, int32_t typmod)
{
	static const int64_t scales[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };

	if (typmod < 0)
		return true;
	int range = typmod >> 16 & 0x7fff, precision = typmod & 0xffff;
	switch (range) {
	case YEAR: v->months = v->months / 12 * 12; v->days = 0; v->us = 0; break;
	case MONTH:
	case YEAR | MONTH: v->days = 0; v->us = 0; break;
	case DAY: v->us = 0; break;
	case HOUR:
	case DAY | HOUR: v->us = v->us / US_HOUR * US_HOUR; break;
	case MINUTE:
	case DAY | HOUR | MINUTE:
	case HOUR | MINUTE: v->us = v->us / US_MINUTE * US_MINUTE; break;
	default: break;
	}
	if (precision != 0xffff) {
		if (precision > 6) {
			sql_raise_env(env, "22023", "interval(%d) precision must be between %d and %d", precision, 0, 6);
			return false;
		}
		int64_t scale = scales[precision], half = scale / 2;
		v->us = v->us >= 0 ? (v->us + half) / scale * scale : -((-v->us + half) / scale * scale);
	}
	return true;
}
