/*
 * What the fields of a date, time or timestamp mean, together and in the
 * session's order (DecodeDateTime and DecodeTimeOnly of PostgreSQL 15).
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>

#include "service/pg/sql/func/library_state.h"
#include "service/pg/sql/type/datetime_scan.h"

enum {
	GOT_YEAR = 1 << 0, GOT_MONTH = 1 << 1, GOT_DAY = 1 << 2, GOT_DATE = 7, GOT_TIME = 1 << 3, GOT_ZONE = 1 << 4, GOT_DOY = 1 << 5,
	GOT_WEEKDAY = 1 << 6, GOT_AMPM = 1 << 7, GOT_ADBC = 1 << 8, GOT_DST = 1 << 9, GOT_RESERVED = 1 << 10,
};

struct reading {
	struct sql_env *env;
	enum date_order order;
	bool time_only, zoned;   /* zoned: an offset is wanted */
	unsigned got;
	struct parts p;
	int day_of_year;
	bool two_digits, julian, text_month, bc;
	int half;                /* VALUE_AM, VALUE_PM or 0 */
	int special;             /* VALUE_EPOCH, VALUE_LATE, VALUE_EARLY or 0 */
	int pending;             /* a unit that says what the next number is */
	bool offset_known;
	const struct zone *zone, *abbrev_zone;
	const char *abbrev;
};

static int whole(const char *s, char **end, bool *wide)
{
	errno = 0;
	long v = strtol(s, end, 10);
	if (errno == ERANGE || v > INT_MAX || v < INT_MIN)
		*wide = true;
	return (int)v;
}

/* "hhmmss", "yyyymmdd", with a fraction. */
static enum refusal read_packed(struct reading *r, char *s, unsigned got, unsigned *mask)
{
	char *point = strchr(s, '.');
	size_t len = strlen(s);

	if (point) {
		r->p.us = (int)rint(strtod(point, NULL) * 1000000);
		*point = 0;
		len = strlen(s);
	} else if ((got & GOT_DATE) != GOT_DATE && len >= 6) {
		*mask = GOT_DATE;
		r->p.day = (int)strtol(s + len - 2, NULL, 10);
		s[len - 2] = 0;
		r->p.month = (int)strtol(s + len - 4, NULL, 10);
		s[len - 4] = 0;
		r->p.year = (int)strtol(s, NULL, 10);
		if (len - 4 == 2)
			r->two_digits = true;
		return REFUSE_NONE;
	}
	if (!(got & GOT_TIME) && (len == 6 || len == 4)) {
		*mask = GOT_TIME;
		r->p.second = len == 6 ? (int)strtol(s + 4, NULL, 10) : 0;
		s[4] = 0;
		r->p.minute = (int)strtol(s + 2, NULL, 10);
		s[2] = 0;
		r->p.hour = (int)strtol(s, NULL, 10);
		return REFUSE_NONE;
	}
	return REFUSE_FORM;
}

static enum refusal read_number(struct reading *r, char *s, unsigned got, unsigned *mask)
{
	bool wide = false;
	size_t len = strlen(s);
	char *end;
	int v = whole(s, &end, &wide);

	*mask = 0;
	if (wide)
		return REFUSE_FIELD;
	if (end == s)
		return REFUSE_FORM;
	if (*end == '.') {
		if (end - s > 2)
			return read_packed(r, s, got | GOT_DATE, mask);
		if (!fraction_us(end, &r->p.us))
			return REFUSE_FORM;
	} else if (*end) {
		return REFUSE_FORM;
	}
	if (len == 3 && (got & GOT_DATE) == GOT_YEAR && v >= 1 && v <= 366) {
		*mask = GOT_DOY | GOT_MONTH | GOT_DAY;
		r->day_of_year = v;
		return REFUSE_NONE;
	}
	switch (got & GOT_DATE) {
	case 0: *mask = len >= 3 || r->order == ORDER_YMD ? GOT_YEAR : r->order == ORDER_DMY ? GOT_DAY : GOT_MONTH; break;
	case GOT_YEAR: *mask = GOT_MONTH; break;
	case GOT_MONTH: *mask = r->text_month && (len >= 3 || r->order == ORDER_YMD) ? GOT_YEAR : GOT_DAY; break;
	case GOT_YEAR | GOT_MONTH:
		if (r->text_month && len >= 3 && r->two_digits) {
			/* what was taken for the year was the day */
			*mask = GOT_DAY;
			r->p.day = r->p.year;
			r->p.year = v;
			r->two_digits = false;
			return REFUSE_NONE;
		}
		*mask = GOT_DAY;
		break;
	case GOT_DAY: *mask = GOT_MONTH; break;
	case GOT_MONTH | GOT_DAY: *mask = GOT_YEAR; break;
	case GOT_DATE: return read_packed(r, s, got, mask);
	default: return REFUSE_FORM;
	}
	if (*mask == GOT_YEAR) {
		r->p.year = v;
		r->two_digits = len <= 2;
	} else if (*mask == GOT_MONTH) {
		r->p.month = v;
	} else {
		r->p.day = v;
	}
	return REFUSE_NONE;
}

/* "1999-Jan-08" and every other order. */
static enum refusal read_date(struct reading *r, char *s, unsigned got, unsigned *mask)
{
	char *part[FIELDS_MAX];
	int n = 0;

	*mask = 0;
	while (*s && n < FIELDS_MAX) {
		while (*s && !isalnum((unsigned char)*s))
			s++;
		if (!*s)
			return REFUSE_FORM;
		part[n++] = s;
		if (isdigit((unsigned char)*s))
			while (isdigit((unsigned char)*s))
				s++;
		else
			while (isalpha((unsigned char)*s))
				s++;
		if (*s)
			*s++ = 0;
	}
	for (int i = 0; i < n; i++) {
		int value;
		if (!isalpha((unsigned char)*part[i]))
			continue;
		enum word_kind kind = word_of_date(part[i], &value);
		if (kind == WORD_IGNORE)
			continue;
		if (kind != WORD_MONTH || got & GOT_MONTH)
			return REFUSE_FORM;
		r->p.month = value;
		r->text_month = true;
		got |= GOT_MONTH;
		*mask |= GOT_MONTH;
		part[i] = NULL;
	}
	for (int i = 0; i < n; i++) {
		unsigned m;
		if (!part[i])
			continue;
		enum refusal why = read_number(r, part[i], got, &m);
		if (why)
			return why;
		if (got & m)
			return REFUSE_FORM;
		got |= m;
		*mask |= m;
	}
	return (got & ~(unsigned)(GOT_DOY | GOT_ZONE)) == GOT_DATE ? REFUSE_NONE : REFUSE_FORM;
}

static enum refusal read_time(struct reading *r, const char *s)
{
	bool wide = false;
	char *end;

	r->p.hour = whole(s, &end, &wide);
	if (wide)
		return REFUSE_FIELD;
	if (*end != ':')
		return REFUSE_FORM;
	r->p.minute = whole(end + 1, &end, &wide);
	r->p.second = r->p.us = 0;
	if (wide)
		return REFUSE_FIELD;
	if (*end == '.') {
		if (!fraction_us(end, &r->p.us))
			return REFUSE_FORM;
		r->p.second = r->p.minute;
		r->p.minute = r->p.hour;
		r->p.hour = 0;
	} else if (*end == ':') {
		r->p.second = whole(end + 1, &end, &wide);
		if (wide)
			return REFUSE_FIELD;
		if (*end == '.') {
			if (!fraction_us(end, &r->p.us))
				return REFUSE_FORM;
		} else if (*end) {
			return REFUSE_FORM;
		}
	} else if (*end) {
		return REFUSE_FORM;
	}
	if (r->p.hour < 0 || r->p.minute < 0 || r->p.minute > 59 || r->p.second < 0 || r->p.second > 60 || r->p.us < 0 || r->p.us > US_SECOND)
		return REFUSE_FIELD;
	return REFUSE_NONE;
}

/* "+05:30:15", "-0800" */
static enum refusal read_offset(struct reading *r, const char *s)
{
	bool wide = false;
	char *end;
	int hour, minute = 0, second = 0;

	if (*s != '+' && *s != '-')
		return REFUSE_FORM;
	hour = whole(s + 1, &end, &wide);
	if (wide)
		return REFUSE_ZONE;
	if (*end == ':') {
		minute = whole(end + 1, &end, &wide);
		if (*end == ':')
			second = whole(end + 1, &end, &wide);
	} else if (!*end && strlen(s) > 3) {
		minute = hour % 100;
		hour /= 100;
	}
	if (wide || hour < 0 || hour > 15 || minute < 0 || minute >= 60 || second < 0 || second >= 60)
		return REFUSE_ZONE;
	r->p.offset = (hour * 60 + minute) * 60 + second;
	if (*s == '-')
		r->p.offset = -r->p.offset;
	r->offset_known = true;
	return *end ? REFUSE_FORM : REFUSE_NONE;
}

/* A time with an offset run together: "040506-08". */
static enum refusal read_packed_zoned(struct reading *r, char *s, unsigned got, unsigned *mask)
{
	char *sign = strchr(s, '-');
	enum refusal why;

	if (got & GOT_TIME || !sign)
		return REFUSE_FORM;
	why = read_offset(r, sign);
	if (why)
		return why;
	*sign = 0;
	why = read_packed(r, s, got, mask);
	*mask |= GOT_ZONE;
	return why;
}

static enum refusal named_zone(struct reading *r, const char *name)
{
	r->zone = zone_find(slice_str(name));
	if (r->zone)
		return REFUSE_NONE;
	sql_raise_env(r->env, "22023", "time zone \"%s\" not recognized", name);
	return REFUSE_RAISED;
}

/* A number after "y", "m", "j", "t" ... */
static enum refusal read_labelled(struct reading *r, char *s, unsigned *mask)
{
	bool wide = false;
	char *end;
	int v = whole(s, &end, &wide);

	if (wide)
		return REFUSE_FIELD;
	if (*end == '.' && r->pending != UNIT_JULIAN && r->pending != UNIT_TIME && r->pending != UNIT_SECOND)
		return REFUSE_FORM;
	if (*end && *end != '.')
		return REFUSE_FORM;
	switch (r->pending) {
	case UNIT_YEAR: r->p.year = v; *mask = GOT_YEAR; return REFUSE_NONE;
	case UNIT_MONTH: r->p.month = v; *mask = GOT_MONTH; return REFUSE_NONE;
	case UNIT_DAY: r->p.day = v; *mask = GOT_DAY; return REFUSE_NONE;
	case UNIT_HOUR: r->p.hour = v; *mask = GOT_TIME; return REFUSE_NONE;
	case UNIT_MINUTE: r->p.minute = v; *mask = GOT_TIME; return REFUSE_NONE;
	case UNIT_SECOND:
		r->p.second = v;
		*mask = GOT_TIME;
		return *end == '.' && !fraction_us(end, &r->p.us) ? REFUSE_FORM : REFUSE_NONE;
	case UNIT_JULIAN:
		if (v < 0)
			return REFUSE_FIELD;
		*mask = GOT_DATE;
		julian_parts(v, &r->p.year, &r->p.month, &r->p.day);
		r->julian = true;
		if (*end == '.') {
			char *rest;
			double f = strtod(end, &rest);
			if (*rest)
				return REFUSE_FORM;
			int64_t t = (int64_t)(f * (double)US_DAY);
			r->p.hour = (int)(t / US_HOUR);
			r->p.minute = (int)(t / US_MINUTE % 60);
			r->p.second = (int)(t / US_SECOND % 60);
			r->p.us = (int)(t % US_SECOND);
			*mask |= GOT_TIME;
		}
		return REFUSE_NONE;
	case UNIT_TIME: {
		enum refusal why = read_packed(r, s, r->got | GOT_DATE, mask);
		return !why && *mask != GOT_TIME ? REFUSE_FORM : why;
	}
	default: return REFUSE_FORM;
	}
}

static void today(struct reading *r, int days)
{
	struct parts now;

	stamp_parts(r->env->transaction_us, session_zone(r->env), true, &now);
	julian_parts(julian_of(now.year, now.month, now.day) + days, &r->p.year, &r->p.month, &r->p.day);
}

static enum refusal read_reserved(struct reading *r, int value, unsigned *mask)
{
	switch (value) {
	case VALUE_NOW: {
		struct parts now;
		stamp_parts(r->env->transaction_us, session_zone(r->env), true, &now);
		*mask = r->time_only ? GOT_TIME : GOT_DATE | GOT_TIME | GOT_ZONE;
		if (r->time_only) {
			r->p.hour = now.hour, r->p.minute = now.minute, r->p.second = now.second, r->p.us = now.us;
		} else {
			r->p = now;
			r->offset_known = true;
		}
		return REFUSE_NONE;
	}
	case VALUE_ZULU:
		*mask = GOT_TIME | GOT_ZONE;
		r->p.hour = r->p.minute = r->p.second = r->p.us = 0;
		r->p.offset = 0;
		r->offset_known = true;
		return REFUSE_NONE;
	case VALUE_TODAY: *mask = GOT_DATE; today(r, 0); break;
	case VALUE_TOMORROW: *mask = GOT_DATE; today(r, 1); break;
	case VALUE_YESTERDAY: *mask = GOT_DATE; today(r, -1); break;
	default:
		*mask = GOT_DATE | GOT_TIME | GOT_ZONE;
		r->special = value;
	}
	return r->time_only ? REFUSE_FORM : REFUSE_NONE;
}

static enum refusal read_word(struct reading *r, struct fields *f, int i, unsigned *mask, bool *skip)
{
	int value = 0, offset;
	bool dst;
	const struct zone *zone = NULL;
	char *s = f->text[i];

	if (zone_abbrev(slice_str(s), &offset, &dst, &zone)) {
		*mask = GOT_ZONE;
		if (!r->zoned)
			return REFUSE_FORM;
		if (zone) {
			r->abbrev_zone = zone;
			r->abbrev = s;
			return REFUSE_NONE;
		}
		r->p.offset = offset;
		r->offset_known = true;
		return REFUSE_NONE;
	}
	switch (word_of_date(s, &value)) {
	case WORD_IGNORE: *skip = true; return REFUSE_NONE;
	case WORD_RESERVED: return read_reserved(r, value, mask);
	case WORD_MONTH:
		if (r->time_only)
			return REFUSE_FORM;
		*mask = GOT_MONTH;
		if (r->got & GOT_MONTH && !r->text_month && !(r->got & GOT_DAY) && r->p.month >= 1 && r->p.month <= 31) {
			r->p.day = r->p.month;
			*mask = GOT_DAY;
		}
		r->text_month = true;
		r->p.month = value;
		return REFUSE_NONE;
	case WORD_DST:
		*mask = GOT_DST;
		r->p.offset += value;
		return REFUSE_NONE;
	case WORD_AMPM: *mask = GOT_AMPM; r->half = value; return REFUSE_NONE;
	case WORD_ADBC: *mask = GOT_ADBC; r->bc = value == VALUE_BC; return REFUSE_NONE;
	case WORD_DAY: *mask = GOT_WEEKDAY; return r->time_only ? REFUSE_FORM : REFUSE_NONE;
	case WORD_UNIT: *mask = 0; r->pending = value; return REFUSE_NONE;
	case WORD_ISO_TIME:
		*mask = 0;
		if (!r->time_only && (r->got & GOT_DATE) != GOT_DATE)
			return REFUSE_FORM;
		if (i >= f->count - 1 || (f->kind[i + 1] != FIELD_NUMBER && f->kind[i + 1] != FIELD_TIME && f->kind[i + 1] != FIELD_DATE))
			return REFUSE_FORM;
		r->pending = value;
		return REFUSE_NONE;
	default:
		r->zone = zone_find(slice_str(s));
		*mask = GOT_ZONE;
		return r->zone ? REFUSE_NONE : REFUSE_FORM;
	}
}

static enum refusal read_date_field(struct reading *r, struct fields *f, int i, unsigned *mask)
{
	char *s = f->text[i];

	if (!r->time_only) {
		if (r->pending == UNIT_JULIAN) {
			char *end;
			bool wide = false;
			int v = whole(s, &end, &wide);
			if (wide || v < 0)
				return REFUSE_FIELD;
			julian_parts(v, &r->p.year, &r->p.month, &r->p.day);
			r->julian = true;
			r->pending = 0;
			*mask = GOT_DATE | GOT_TIME | GOT_ZONE;
			return read_offset(r, end);
		}
		if (!r->pending && (r->got & (GOT_MONTH | GOT_DAY)) != (GOT_MONTH | GOT_DAY))
			return read_date(r, s, r->got, mask);
		if (!r->zoned)
			return REFUSE_FORM;
		if (isdigit((unsigned char)*s) || r->pending) {
			if (r->pending && r->pending != UNIT_TIME)
				return REFUSE_FORM;
			r->pending = 0;
			return read_packed_zoned(r, s, r->got, mask);
		}
		*mask = GOT_ZONE;
		return named_zone(r, s);
	}
	if (i == 0 && f->count >= 2 && (f->kind[f->count - 1] == FIELD_DATE || f->kind[1] == FIELD_TIME))
		return read_date(r, s, r->got, mask);
	if (isdigit((unsigned char)*s))
		return read_packed_zoned(r, s, r->got | GOT_DATE, mask);
	*mask = GOT_ZONE;
	return named_zone(r, s);
}

static enum refusal read_number_field(struct reading *r, struct fields *f, int i, unsigned *mask)
{
	char *s = f->text[i], *point = strchr(s, '.');
	size_t len = strlen(s);

	if (r->pending) {
		enum refusal why = read_labelled(r, s, mask);
		r->pending = 0;
		return why;
	}
	if (r->time_only) {
		if (point && i == 0 && f->count >= 2 && f->kind[f->count - 1] == FIELD_DATE)
			return read_date(r, s, r->got, mask);
		if (point)
			return len - strlen(point) > 2 ? read_packed(r, s, r->got | GOT_DATE, mask) : REFUSE_FORM;
		if (len > 4)
			return read_packed(r, s, r->got | GOT_DATE, mask);
		return read_number(r, s, r->got | GOT_DATE, mask);
	}
	if (point && !(r->got & GOT_DATE))
		return read_date(r, s, r->got, mask);
	if (point && len - strlen(point) > 2)
		return read_packed(r, s, r->got, mask);
	if (len >= 6 && (!(r->got & GOT_DATE) || !(r->got & GOT_TIME)))
		return read_packed(r, s, r->got, mask);
	return read_number(r, s, r->got, mask);
}

static enum refusal read_fields(struct reading *r, struct fields *f)
{
	for (int i = 0; i < f->count; i++) {
		unsigned mask = 0;
		bool skip = false;
		enum refusal why = REFUSE_FORM;
		switch (f->kind[i]) {
		case FIELD_DATE: why = read_date_field(r, f, i, &mask); break;
		case FIELD_TIME:
			if (r->pending && r->pending != UNIT_TIME)
				return REFUSE_FORM;
			r->pending = 0;
			mask = GOT_TIME;
			why = read_time(r, f->text[i]);
			if (!why && (r->p.hour > 24 || (r->p.hour == 24 && (r->p.minute || r->p.second || r->p.us))))
				why = REFUSE_FIELD;
			break;
		case FIELD_ZONE:
			if (!r->zoned)
				return REFUSE_FORM;
			mask = GOT_ZONE;
			why = read_offset(r, f->text[i]);
			break;
		case FIELD_NUMBER: why = read_number_field(r, f, i, &mask); break;
		case FIELD_STRING:
		case FIELD_SPECIAL: why = read_word(r, f, i, &mask, &skip); break;
		}
		if (why)
			return why;
		if (skip)
			continue;
		if (mask & r->got)
			return REFUSE_FORM;
		r->got |= mask;
	}
	return REFUSE_NONE;
}

static enum refusal check_date(struct reading *r)
{
	struct parts *p = &r->p;

	if (r->got & GOT_YEAR && !r->julian) {
		if (r->bc) {
			if (p->year <= 0)
				return REFUSE_FIELD;
			p->year = -(p->year - 1);
		} else if (r->two_digits) {
			if (p->year < 0)
				return REFUSE_FIELD;
			p->year += p->year < 70 ? 2000 : p->year < 100 ? 1900 : 0;
		} else if (p->year <= 0) {
			return REFUSE_FIELD;
		}
	}
	if (r->got & GOT_DOY)
		julian_parts(julian_of(p->year, 1, 1) + r->day_of_year - 1, &p->year, &p->month, &p->day);
	if (r->got & GOT_MONTH && (p->month < 1 || p->month > 12))
		return REFUSE_MONTH_DAY;
	if (r->got & GOT_DAY && (p->day < 1 || p->day > 31))
		return REFUSE_MONTH_DAY;
	if ((r->got & GOT_DATE) == GOT_DATE && p->day > month_days(p->year, p->month))
		return REFUSE_FIELD;
	return REFUSE_NONE;
}

static enum refusal apply_half(struct reading *r)
{
	if (r->half && r->p.hour > 12)
		return REFUSE_FIELD;
	if (r->half == VALUE_AM && r->p.hour == 12)
		r->p.hour = 0;
	else if (r->half == VALUE_PM && r->p.hour != 12)
		r->p.hour += 12;
	return REFUSE_NONE;
}

/* The offset by a zone, at the time that was read. */
static void settle_offset(struct reading *r, const struct parts *at)
{
	const struct zone *zone = r->zone ? r->zone : r->abbrev_zone;
	int64_t days = (int64_t)julian_of(at->year, at->month, at->day) - JULIAN_2000;
	int64_t local = days * 86400 + at->hour * 3600 + at->minute * 60 + at->second + UNIX_2000;

	if (r->offset_known)
		return;
	if (r->abbrev_zone && !r->zone)
		r->p.offset = zone_abbrev_offset(zone, slice_str(r->abbrev), local);
	else if (zone)
		r->p.offset = zone_offset_local(zone, local);
	else if (!(r->got & GOT_ZONE) && session_zone(r->env))
		r->p.offset = zone_offset_local(session_zone(r->env), local);
}

static enum refusal read_stamp(struct reading *r, struct slice text)
{
	struct fields f;
	enum refusal why;

	r->order = style_of(r->env)->order;
	if (!fields_scan(&f, text))
		return REFUSE_FORM;
	if (!f.count)
		return REFUSE_FORM;
	why = read_fields(r, &f);
	if (why || r->special)
		return why;
	why = check_date(r);
	if (!why)
		why = apply_half(r);
	if (why)
		return why;
	if ((r->got & GOT_DATE) != GOT_DATE)
		return REFUSE_FORM;
	if (r->zoned)
		settle_offset(r, &r->p);
	return REFUSE_NONE;
}

bool date_read(struct sql_env *env, struct slice text, int32_t *date)
{
	struct reading r = { .env = env, .zoned = true };
	enum refusal why = read_stamp(&r, text);

	if (why)
		return refuse_datetime(env, why, "date", text);
	if (r.special) {
		*date = r.special == VALUE_LATE ? DATE_LATE : r.special == VALUE_EARLY ? DATE_EARLY : julian_of(1970, 1, 1) - JULIAN_2000;
		return true;
	}
	bool too_early = r.p.year < -4713 || (r.p.year == -4713 && r.p.month < 11);
	if (too_early || r.p.year > 5874897 || julian_of(r.p.year, r.p.month, r.p.day) - JULIAN_2000 < DATE_LEAST) {
		sql_raise_env(env, "22008", "date out of range: \"%.*s\"", SLICE_ARG(text));
		return false;
	}
	*date = julian_of(r.p.year, r.p.month, r.p.day) - JULIAN_2000;
	return true;
}

int64_t stamp_round(int64_t stamp, int32_t typmod)
{
	static const int64_t scales[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };

	if (typmod < 0 || typmod > 5)
		return stamp;
	int64_t scale = scales[typmod], half = scale / 2;
	return stamp >= 0 ? (stamp + half) / scale * scale : -((-stamp + half) / scale * scale);
}

bool stamp_read(struct sql_env *env, struct slice text, bool zoned, int32_t typmod, int64_t *stamp)
{
	struct reading r = { .env = env, .zoned = true };
	enum refusal why = read_stamp(&r, text);

	if (why)
		return refuse_datetime(env, why, zoned ? "timestamp with time zone" : "timestamp", text);
	if (r.special == VALUE_LATE || r.special == VALUE_EARLY) {
		*stamp = r.special == VALUE_LATE ? STAMP_LATE : STAMP_EARLY;
		return true;
	}
	if (r.special == VALUE_EPOCH) {
		*stamp = -UNIX_2000 * US_SECOND;
		return true;
	}
	if (!parts_stamp(&r.p, stamp) || (zoned && (__builtin_sub_overflow(*stamp, r.p.offset * US_SECOND, stamp) || *stamp < STAMP_LEAST || *stamp >= STAMP_MOST))) {
		sql_raise_env(env, "22008", "timestamp out of range: \"%.*s\"", SLICE_ARG(text));
		return false;
	}
	*stamp = stamp_round(*stamp, typmod);
	return true;
}

static enum refusal read_clock(struct reading *r, struct slice text, bool *zone_needs_date)
{
	struct fields f;
	enum refusal why;
	int offset;

	*zone_needs_date = false;
	r->order = style_of(r->env)->order;
	if (!fields_scan(&f, text) || !f.count)
		return REFUSE_FORM;
	why = read_fields(r, &f);
	if (!why)
		why = check_date(r);
	if (!why)
		why = apply_half(r);
	if (why)
		return why;
	if (r->p.hour > 24 || r->p.hour < 0 || (r->p.hour == 24 && (r->p.minute || r->p.second || r->p.us)))
		return REFUSE_FIELD;
	if (!(r->got & GOT_TIME))
		return REFUSE_FORM;
	struct parts at = r->p;
	if ((r->got & GOT_DATE) != GOT_DATE) {
		if (r->zone && !zone_is_fixed(r->zone, &offset))
			return REFUSE_FORM;
		today(r, 0);
		at = r->p;
	}
	settle_offset(r, &at);
	return REFUSE_NONE;
}

bool time_read(struct sql_env *env, struct slice text, bool zoned, int32_t typmod, int64_t *time, int *offset)
{
	struct reading r = { .env = env, .zoned = true, .time_only = true };
	bool needs_date;
	enum refusal why = read_clock(&r, text, &needs_date);

	if (why)
		return refuse_datetime(env, why, zoned ? "time with time zone" : "time", text);
	*time = stamp_round(r.p.hour * US_HOUR + r.p.minute * US_MINUTE + r.p.second * US_SECOND + r.p.us, typmod);
	*offset = r.p.offset;
	return true;
}
