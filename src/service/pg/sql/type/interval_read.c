/*
 * Intervals from text: "1 day 2 hours", "1-2 3 4:05:06", ISO 8601
 * (DecodeInterval and DecodeISO8601Interval of PostgreSQL 15).
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>

#include "service/pg/sql/type/datetime_scan.h"

enum { MONTH = 1 << 1, YEAR = 1 << 2, DAY = 1 << 3, HOUR = 1 << 10, MINUTE = 1 << 11, SECOND = 1 << 12, ALL = 0x7fff };
/* which fields were given */
enum { GOT_YEAR = 1, GOT_MONTH = 2, GOT_DAY = 4, GOT_HOUR = 8, GOT_MINUTE = 16, GOT_SECOND = 32, GOT_MS = 64, GOT_US = 128, GOT_WEEK = 256,
       GOT_DECADE = 512, GOT_CENTURY = 1024, GOT_MILLENNIUM = 2048, GOT_TIME = GOT_HOUR | GOT_MINUTE | GOT_SECOND | GOT_MS | GOT_US };

struct sum {
	int64_t us, days, months, years;
};

static bool add(int64_t *to, int64_t v, int64_t scale)
{
	int64_t r;
	return !__builtin_mul_overflow(v, scale, &r) && !__builtin_add_overflow(*to, r, to);
}

/* frac of something `scale` microseconds long */
static bool add_fraction(struct sum *s, double frac, int64_t scale)
{
	double us = rint(frac * (double)scale);
	return fabs(us) < 9e18 && !__builtin_add_overflow(s->us, (int64_t)us, &s->us);
}

/* frac of something `days` days long: whole days, the rest as time */
static bool add_fraction_days(struct sum *s, double frac, int days)
{
	if (frac == 0)
		return true;
	frac *= days;
	int64_t extra = (int64_t)frac;
	if (__builtin_add_overflow(s->days, extra, &s->days))
		return false;
	return add_fraction(s, frac - (double)extra, US_DAY);
}

static bool add_fraction_years(struct sum *s, double frac, int years)
{
	return !__builtin_add_overflow(s->months, (int64_t)rint(frac * years * 12), &s->months);
}

/* "hh:mm[:ss[.f]]", "mm:ss.f"; hours may be many. */
static enum refusal read_time(struct sum *s, const char *text, int range, bool minus)
{
	char *end;
	int us = 0;

	errno = 0;
	int64_t hour = strtoll(text, &end, 10), minute, second = 0;
	if (errno == ERANGE)
		return REFUSE_FIELD;
	if (end == text || *end != ':')
		return REFUSE_FORM;
	minute = strtoll(end + 1, &end, 10);
	if (*end == 0) {
		if (range == (MINUTE | SECOND)) {
			second = minute;
			minute = hour;
			hour = 0;
		}
	} else if (*end == '.') {
		if (!fraction_us(end, &us))
			return REFUSE_FORM;
		second = minute;
		minute = hour;
		hour = 0;
	} else if (*end == ':') {
		second = strtoll(end + 1, &end, 10);
		if (*end == '.') {
			if (!fraction_us(end, &us))
				return REFUSE_FORM;
		} else if (*end) {
			return REFUSE_FORM;
		}
	} else {
		return REFUSE_FORM;
	}
	if (hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 60 || us < 0 || us > US_SECOND)
		return REFUSE_FIELD;
	int64_t t = us;
	if (!add(&t, hour, US_HOUR) || !add(&t, minute, US_MINUTE) || !add(&t, second, US_SECOND))
		return REFUSE_FIELD;
	s->us = 0;
	return add(&s->us, t, minus ? -1 : 1) ? REFUSE_NONE : REFUSE_FIELD;
}

/* What a number without a unit is, by the modifier's last field. */
static int unit_of_range(int range)
{
	if (range == ALL || range & SECOND)
		return UNIT_SECOND;
	if (range & MINUTE)
		return UNIT_MINUTE;
	if (range & HOUR)
		return UNIT_HOUR;
	if (range & DAY)
		return UNIT_DAY;
	return range & MONTH ? UNIT_MONTH : range & YEAR ? UNIT_YEAR : UNIT_SECOND;
}

static bool add_unit(struct sum *s, int *unit, int64_t v, double frac, unsigned *mask)
{
	switch (*unit) {
	case UNIT_MICROSECOND: *mask = GOT_US; return add(&s->us, v, 1) && add_fraction(s, frac, 1);
	case UNIT_MILLISECOND: *mask = GOT_MS; return add(&s->us, v, 1000) && add_fraction(s, frac, 1000);
	case UNIT_SECOND:
		*mask = frac == 0 ? GOT_SECOND : GOT_SECOND | GOT_MS | GOT_US;
		return add(&s->us, v, US_SECOND) && add_fraction(s, frac, US_SECOND);
	case UNIT_MINUTE: *mask = GOT_MINUTE; return add(&s->us, v, US_MINUTE) && add_fraction(s, frac, US_MINUTE);
	case UNIT_HOUR:
		*mask = GOT_HOUR;
		*unit = UNIT_DAY; /* for the next field */
		return add(&s->us, v, US_HOUR) && add_fraction(s, frac, US_HOUR);
	case UNIT_DAY: *mask = GOT_DAY; return add(&s->days, v, 1) && add_fraction(s, frac, US_DAY);
	case UNIT_WEEK: *mask = GOT_WEEK; return add(&s->days, v, 7) && add_fraction_days(s, frac, 7);
	case UNIT_MONTH: *mask = GOT_MONTH; return add(&s->months, v, 1) && add_fraction_days(s, frac, 30);
	case UNIT_YEAR: *mask = GOT_YEAR; return add(&s->years, v, 1) && add_fraction_years(s, frac, 1);
	case UNIT_DECADE: *mask = GOT_DECADE; return add(&s->years, v, 10) && add_fraction_years(s, frac, 10);
	case UNIT_CENTURY: *mask = GOT_CENTURY; return add(&s->years, v, 100) && add_fraction_years(s, frac, 100);
	case UNIT_MILLENNIUM: *mask = GOT_MILLENNIUM; return add(&s->years, v, 1000) && add_fraction_years(s, frac, 1000);
	default: *mask = 0; return true;
	}
}

static enum refusal read_number(struct sum *s, const char *text, int *unit, unsigned *mask)
{
	char *end;
	double frac = 0;
	bool minus = *text == '-';

	errno = 0;
	int64_t v = strtoll(text, &end, 10);
	if (errno == ERANGE)
		return REFUSE_FIELD;
	if (*end == '-') {
		/* SQL's "years-months" */
		int64_t months = strtoll(end + 1, &end, 10);
		if (months < 0 || months >= 12)
			return REFUSE_FIELD;
		if (*end)
			return REFUSE_FORM;
		*unit = UNIT_MONTH;
		*mask = GOT_MONTH;
		return add(&s->months, v, 12) && add(&s->months, minus ? -months : months, 1) ? REFUSE_NONE : REFUSE_FIELD;
	}
	if (*end == '.') {
		char *rest;
		frac = end[1] ? strtod(end, &rest) : 0;
		if (end[1] && *rest)
			return REFUSE_FORM;
		if (minus)
			frac = -frac;
	} else if (*end) {
		return REFUSE_FORM;
	}
	if (*unit < UNIT_MICROSECOND || *unit > UNIT_MILLENNIUM || *unit == UNIT_QUARTER)
		return REFUSE_FORM;
	return add_unit(s, unit, v, frac, mask) ? REFUSE_NONE : REFUSE_FIELD;
}

/* From the right, so that a unit is known before its number. */
static enum refusal read_fields(struct sum *s, const struct fields *f, int range, enum interval_style style)
{
	unsigned got = 0;
	int unit = 0;
	bool ago = false, bare_ago = false;

	for (int i = f->count - 1; i >= 0; i--) {
		unsigned mask = 0;
		enum refusal why = REFUSE_NONE;
		const char *t = f->text[i];
		int value = 0;
		switch (f->kind[i]) {
		case FIELD_TIME:
			why = read_time(s, t, range, false);
			mask = GOT_TIME;
			unit = UNIT_DAY;
			break;
		case FIELD_ZONE:
			if (strchr(t + 1, ':') && read_time(s, t + 1, range, *t == '-') == REFUSE_NONE) {
				mask = GOT_TIME;
				unit = UNIT_DAY;
				break;
			}
			/* fall through */
		case FIELD_DATE:
		case FIELD_NUMBER:
			if (bare_ago)
				return REFUSE_FORM;
			if (!unit)
				unit = unit_of_range(range);
			why = read_number(s, t, &unit, &mask);
			break;
		case FIELD_STRING:
		case FIELD_SPECIAL:
			switch (word_of_unit(t, &value)) {
			case WORD_IGNORE: continue;
			case WORD_UNIT: unit = value; break;
			case WORD_AGO: ago = bare_ago = true; unit = value; continue;
			default: return REFUSE_FORM;
			}
			break;
		}
		bare_ago = false; /* a unit, or a time, stands before it */
		if (why)
			return why;
		if (mask & got)
			return REFUSE_FORM;
		got |= mask;
	}
	if (!got)
		return REFUSE_FORM;
	/* SQL's "-1 1:00:00" is negative all over */
	if (style == INTERVAL_SQL && f->text[0][0] == '-') {
		bool more = false;
		for (int i = 1; i < f->count; i++)
			more |= f->text[i][0] == '-' || f->text[i][0] == '+';
		if (!more) {
			s->us = s->us > 0 ? -s->us : s->us;
			s->days = s->days > 0 ? -s->days : s->days;
			s->months = s->months > 0 ? -s->months : s->months;
			s->years = s->years > 0 ? -s->years : s->years;
		}
	}
	if (ago) {
		if (s->us == INT64_MIN)
			return REFUSE_FIELD;
		s->us = -s->us;
		s->days = -s->days;
		s->months = -s->months;
		s->years = -s->years;
	}
	return REFUSE_NONE;
}

/* A number of ISO 8601: digits and a fraction; false: none there. */
static bool iso_number(const char **p, int64_t *v, double *frac)
{
	char *end;

	if (!(isdigit((unsigned char)**p) || **p == '-' || **p == '+' || **p == '.'))
		return false;
	errno = 0;
	double d = strtod(*p, &end);
	if (end == *p || errno || fabs(d) > 1e15)
		return false;
	*p = end;
	*v = d >= 0 ? (int64_t)floor(d) : (int64_t)-floor(-d);
	*frac = d - (double)*v;
	return true;
}

static int iso_digits(const char *p)
{
	int n = 0;

	if (*p == '-')
		p++;
	while (isdigit((unsigned char)p[n]))
		n++;
	return n;
}

static enum refusal read_iso(struct sum *s, const char *p)
{
	bool date = true, any = false;
	int64_t v;
	double frac;

	if (strlen(p) < 2 || *p++ != 'P')
		return REFUSE_FORM;
	while (*p) {
		bool ok = true;
		if (*p == 'T') {
			date = false;
			any = false;
			p++;
			continue;
		}
		const char *from = p;
		if (!iso_number(&p, &v, &frac))
			return REFUSE_FORM;
		char unit = *p ? *p++ : 0;
		if (date) {
			switch (unit) {
			case 'Y': ok = add(&s->years, v, 1) && add_fraction_years(s, frac, 1); break;
			case 'M': ok = add(&s->months, v, 1) && add_fraction_days(s, frac, 30); break;
			case 'W': ok = add(&s->days, v, 7) && add_fraction_days(s, frac, 7); break;
			case 'D': ok = add(&s->days, v, 1) && add_fraction(s, frac, US_DAY); break;
			case 'T':
			case 0:
				if (iso_digits(from) == 8 && !any) { /* "YYYYMMDD" */
					ok = add(&s->years, v / 10000, 1) && add(&s->months, v / 100 % 100, 1) && add(&s->days, v % 100, 1) &&
					     add_fraction(s, frac, US_DAY);
					if (unit == 0)
						return ok ? REFUSE_NONE : REFUSE_FIELD;
					date = false;
					any = false;
					continue;
				}
				/* fall through */
			case '-': /* "YYYY-MM-DD" */
				if (any)
					return REFUSE_FORM;
				ok = add(&s->years, v, 1) && add_fraction_years(s, frac, 1);
				if (unit == 0)
					return ok ? REFUSE_NONE : REFUSE_FIELD;
				if (unit == 'T') {
					date = false;
					any = false;
					continue;
				}
				if (!iso_number(&p, &v, &frac))
					return REFUSE_FORM;
				ok = ok && add(&s->months, v, 1) && add_fraction_days(s, frac, 30);
				if (*p == 0)
					return ok ? REFUSE_NONE : REFUSE_FIELD;
				if (*p == 'T') {
					p++;
					date = false;
					any = false;
					continue;
				}
				if (*p++ != '-' || !iso_number(&p, &v, &frac))
					return REFUSE_FORM;
				ok = ok && add(&s->days, v, 1) && add_fraction(s, frac, US_DAY);
				if (*p == 0)
					return ok ? REFUSE_NONE : REFUSE_FIELD;
				if (*p == 'T') {
					p++;
					date = false;
					any = false;
					continue;
				}
				return REFUSE_FORM;
			default: return REFUSE_FORM;
			}
		} else {
			switch (unit) {
			case 'H': ok = add(&s->us, v, US_HOUR) && add_fraction(s, frac, US_HOUR); break;
			case 'M': ok = add(&s->us, v, US_MINUTE) && add_fraction(s, frac, US_MINUTE); break;
			case 'S': ok = add(&s->us, v, US_SECOND) && add_fraction(s, frac, US_SECOND); break;
			case 0:
				if (iso_digits(from) == 6 && !any) { /* "hhmmss" */
					ok = add(&s->us, v / 10000, US_HOUR) && add(&s->us, v / 100 % 100, US_MINUTE) &&
					     add(&s->us, v % 100, US_SECOND) && add_fraction(s, frac, US_SECOND);
					return ok ? REFUSE_NONE : REFUSE_FIELD;
				}
				/* fall through */
			case ':': /* "hh:mm:ss" */
				if (any)
					return REFUSE_FORM;
				ok = add(&s->us, v, US_HOUR) && add_fraction(s, frac, US_HOUR);
				if (unit == 0)
					return ok ? REFUSE_NONE : REFUSE_FIELD;
				if (!iso_number(&p, &v, &frac))
					return REFUSE_FORM;
				ok = ok && add(&s->us, v, US_MINUTE) && add_fraction(s, frac, US_MINUTE);
				if (*p == 0)
					return ok ? REFUSE_NONE : REFUSE_FIELD;
				if (*p++ != ':' || !iso_number(&p, &v, &frac))
					return REFUSE_FORM;
				ok = ok && add(&s->us, v, US_SECOND) && add_fraction(s, frac, US_SECOND);
				return !ok ? REFUSE_FIELD : *p ? REFUSE_FORM : REFUSE_NONE;
			default: return REFUSE_FORM;
			}
		}
		if (!ok)
			return REFUSE_FIELD;
		any = true;
	}
	return REFUSE_NONE;
}

bool interval_read(struct sql_env *env, struct slice text, int32_t typmod, struct interval *out)
{
	struct fields f;
	struct sum s = { 0 };
	int range = typmod >= 0 ? typmod >> 16 & ALL : ALL;
	enum refusal why = REFUSE_FORM;

	if (fields_scan(&f, text) && f.count)
		why = read_fields(&s, &f, range, style_of(env)->intervals);
	if (why == REFUSE_FORM) {
		char copy[256];
		s = (struct sum){ 0 };
		if (text.len < sizeof(copy)) {
			memcpy(copy, text.ptr, text.len);
			copy[text.len] = 0;
			why = read_iso(&s, copy);
		}
	}
	if (why == REFUSE_FIELD)
		why = REFUSE_INTERVAL;
	if (why)
		return refuse_datetime(env, why, "interval", text);
	int64_t months;
	if (__builtin_mul_overflow(s.years, 12, &months) || __builtin_add_overflow(months, s.months, &months) || months > INT32_MAX ||
	    months < INT32_MIN || s.days > INT32_MAX || s.days < INT32_MIN) {
		if (s.years > INT32_MAX || s.years < INT32_MIN || s.days > INT32_MAX || s.days < INT32_MIN)
			return refuse_datetime(env, REFUSE_INTERVAL, "interval", text);
		sql_raise_env(env, "22008", "interval out of range");
		return false;
	}
	*out = (struct interval){ s.us, (int32_t)s.days, (int32_t)months };
	return interval_modify(env, out, typmod);
}
