/*
 * Dates and times between text and binary: days or microseconds since
 * 2000-01-01, proleptic Gregorian, with infinities at the ends of the range.
 * Text is ISO 8601 as PostgreSQL prints it; timestamptz prints in UTC.
 *
 * Source: datetime.c and timestamp.c's send and receive functions; manual 8.5.
 */
#include "service/pg/pg_types.h"

#define SECOND 1000000LL /* microseconds */
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define EPOCH_DAYS 10957 /* from 1970-01-01 to 2000-01-01 */
#define YEAR_MAX 294276  /* the last year of a timestamp; dates go further than anyone writes */
#define DATE_YEAR_MAX 5874897

/* Days since 2000-01-01 of a date. Counts March as the first month, so that the
 * leap day ends a year; eras are 400 years of 146,097 days. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468 - EPOCH_DAYS;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + EPOCH_DAYS + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2);
}

/* ---- reading text ---- */

/* 1 to `most` digits; -1: none. */
static int64_t take_number(struct slice *s, size_t most)
{
	int64_t v = 0;
	size_t n = 0;

	while (n < s->len && n < most && s->ptr[n] >= '0' && s->ptr[n] <= '9')
		v = v * 10 + (s->ptr[n++] - '0');
	*s = slice_skip(*s, n);
	return n ? v : -1;
}

static bool take_char(struct slice *s, char c)
{
	if (!s->len || s->ptr[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* "2024-02-29", and "20240229"; without an era, see take_era. */
static bool take_date(struct slice *s, int64_t *year, int *month, int *day)
{
	size_t dash = slice_find(*s, '-');

	if (dash == s->len && s->len == 8) {
		*year = take_number(s, 4);
		*month = (int)take_number(s, 2);
		*day = (int)take_number(s, 2);
	} else {
		if (dash < 4)
			return false;
		*year = take_number(s, 7);
		if (*year < 0 || !take_char(s, '-'))
			return false;
		*month = (int)take_number(s, 2);
		if (!take_char(s, '-'))
			return false;
		*day = (int)take_number(s, 2);
	}
	return *year > 0 && *month >= 1 && *month <= 12 && *day >= 1;
}

static bool take_era(struct slice *s)
{
	struct slice t = slice_trim(*s);

	if (t.len < 2 || !slice_eq_nocase_str(slice_skip(t, t.len - 2), "bc"))
		return false;
	*s = slice_trim(slice_take(t, t.len - 2));
	return true;
}

/* The date, or false for one that is not in the calendar. */
static bool day_number(int64_t year, int month, int day, bool bc, int64_t *days)
{
	int64_t y = bc ? 1 - year : year, back;
	int m, d;

	*days = days_of(y, month, day);
	date_of(*days, &back, &m, &d);
	return back == y && m == month && d == day; /* the 30th of February came back as another day */
}

/* "12:34:56.789" and "12:34", in microseconds; 24:00:00 is allowed. */
static bool take_clock(struct slice *s, int64_t *us)
{
	int64_t hour = take_number(s, 2), minute, second = 0, fraction = 0;

	if (hour < 0 || !take_char(s, ':'))
		return false;
	minute = take_number(s, 2);
	if (take_char(s, ':')) {
		second = take_number(s, 2);
		if (take_char(s, '.')) {
			size_t n = 0;

			for (; n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
				if (n < 6)
					fraction = fraction * 10 + (s->ptr[n] - '0');
				else if (n == 6)
					fraction += s->ptr[n] >= '5';
			for (size_t i = n; i < 6; i++)
				fraction *= 10;
			*s = slice_skip(*s, n);
		}
	}
	if (hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	*us = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
	return *us <= DAY;
}

/* "Z", "UTC", "+02", "-03:30", "+0530": seconds east of Greenwich. False: no
 * zone is there (and *s is as it was), or none that can be read. */
static bool take_zone(struct slice *s, int *east)
{
	struct slice t = slice_trim(*s);
	int64_t hour, minute = 0, second = 0;

	*east = 0;
	if (slice_eq_nocase_str(t, "z") || slice_eq_nocase_str(t, "utc") || slice_eq_nocase_str(t, "gmt")) {
		*s = SLICE_NONE;
		return true;
	}
	if (!t.len || (t.ptr[0] != '+' && t.ptr[0] != '-'))
		return false;
	bool west = t.ptr[0] == '-';
	t = slice_skip(t, 1);
	hour = take_number(&t, 2);
	if (take_char(&t, ':') || (t.len && t.ptr[0] >= '0' && t.ptr[0] <= '9'))
		minute = take_number(&t, 2);
	if (take_char(&t, ':'))
		second = take_number(&t, 2);
	if (hour < 0 || hour > 15 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return false;
	*east = (int)(hour * 3600 + minute * 60 + second) * (west ? -1 : 1);
	*s = t;
	return true;
}

/* 1: infinity, -1: -infinity, 0: a date. */
static int infinite(struct slice s)
{
	if (slice_eq_nocase_str(s, "infinity") || slice_eq_nocase_str(s, "+infinity"))
		return 1;
	return slice_eq_nocase_str(s, "-infinity") ? -1 : 0;
}

bool pg_send_date(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = slice_trim(text);
	int64_t year, days;
	int month, day, end = infinite(s);

	(void)t;
	if (end) {
		buf_add_be32(binary, (uint32_t)(end > 0 ? INT32_MAX : INT32_MIN));
		return true;
	}
	bool bc = take_era(&s);
	if (!take_date(&s, &year, &month, &day) || year > DATE_YEAR_MAX || (bc && year > 4714) ||
	    !day_number(year, month, day, bc, &days))
		return false;
	/* A time behind the date is read and dropped, as date_in does. */
	int64_t clock;
	int east;
	if (s.len && (take_char(&s, 'T') || take_char(&s, ' '))) {
		if (!take_clock(&s, &clock))
			return false;
		take_zone(&s, &east);
	}
	buf_add_be32(binary, (uint32_t)(int32_t)days);
	return !s.len;
}

bool pg_send_timestamp(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = slice_trim(text);
	int64_t year, days, clock = 0;
	int month, day, east = 0, end = infinite(s);

	if (end) {
		buf_add_be64(binary, (uint64_t)(end > 0 ? INT64_MAX : INT64_MIN));
		return true;
	}
	bool bc = take_era(&s);
	if (!take_date(&s, &year, &month, &day) || year > YEAR_MAX || (bc && year > 4714) ||
	    !day_number(year, month, day, bc, &days))
		return false;
	if (s.len) {
		if (!take_char(&s, 'T') && !take_char(&s, ' '))
			return false;
		if (!take_clock(&s, &clock))
			return false;
		take_zone(&s, &east);
		if (s.len)
			return false;
	}
	if (t->oid == 1114)
		east = 0; /* a timestamp without time zone ignores the zone that is written */
	buf_add_be64(binary, (uint64_t)(days * DAY + clock - east * SECOND));
	return true;
}

bool pg_send_time(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = slice_trim(text);
	int64_t clock;
	int east = 0;

	if (!take_clock(&s, &clock))
		return false;
	take_zone(&s, &east);
	if (s.len)
		return false;
	buf_add_be64(binary, (uint64_t)clock);
	if (t->oid == 1266)
		buf_add_be32(binary, (uint32_t)-east); /* timetz counts seconds west */
	return true;
}

/* ---- printing ---- */

static int64_t be64(struct slice s)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (unsigned char)s.ptr[i];
	return (int64_t)v;
}

static int32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (int32_t)((uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3]);
}

static void print_fraction(struct buf *text, int64_t us)
{
	char digits[8];
	size_t n = 6;

	if (!us)
		return;
	snprintf(digits, sizeof(digits), "%06d", (int)us);
	while (digits[n - 1] == '0')
		n--;
	buf_add_char(text, '.');
	buf_add(text, digits, n);
}

static void print_clock(struct buf *text, int64_t us)
{
	buf_addf(text, "%02d:%02d:%02d", (int)(us / HOUR), (int)(us / MINUTE % 60), (int)(us / SECOND % 60));
	print_fraction(text, us % SECOND);
}

/* Whether the year is before Christ: the caller ends the text with it. */
static bool print_date(struct buf *text, int64_t days)
{
	int64_t year;
	int month, day;

	date_of(days, &year, &month, &day);
	buf_addf(text, "%04lld-%02d-%02d", (long long)(year > 0 ? year : 1 - year), month, day);
	return year <= 0;
}

bool pg_recv_date(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	if (binary.len != 4)
		return false;
	int32_t days = be32(binary.ptr);
	if (days == INT32_MAX || days == INT32_MIN)
		buf_add_str(text, days > 0 ? "infinity" : "-infinity");
	else if (print_date(text, days))
		buf_add_str(text, " BC");
	return true;
}

bool pg_recv_timestamp(const struct pg_type *t, struct slice binary, struct buf *text)
{
	if (binary.len != 8)
		return false;
	int64_t us = be64(binary);
	if (us == INT64_MAX || us == INT64_MIN) {
		buf_add_str(text, us > 0 ? "infinity" : "-infinity");
		return true;
	}
	int64_t days = us / DAY - (us % DAY < 0);
	bool bc = print_date(text, days);

	buf_add_char(text, ' ');
	print_clock(text, us - days * DAY);
	if (t->oid == 1184)
		buf_add_str(text, "+00");
	if (bc)
		buf_add_str(text, " BC");
	return true;
}

bool pg_recv_time(const struct pg_type *t, struct slice binary, struct buf *text)
{
	if (binary.len != (t->oid == 1266 ? 12 : 8))
		return false;
	int64_t us = be64(binary);
	if (us < 0 || us > DAY)
		return false;
	print_clock(text, us);
	if (t->oid == 1266) {
		int32_t west = be32(binary.ptr + 8);
		int east = west > -16 * 3600 && west < 16 * 3600 ? -west : 0, size = east < 0 ? -east : east;

		buf_addf(text, "%c%02d", east < 0 ? '-' : '+', size / 3600);
		if (size % 3600)
			buf_addf(text, ":%02d", size / 60 % 60);
		if (size % 60)
			buf_addf(text, ":%02d", size % 60);
	}
	return true;
}

/* ---- interval: 8 bytes of microseconds, 4 of days, 4 of months ---- */

/* One part of "1 year 2 mons -3 days +04:05:06", as IntervalStyle postgres
 * writes it: a sign shows on positive parts behind a negative one. */
static void print_part(struct buf *text, int64_t n, const char *unit, bool *any, bool *negative)
{
	if (!n)
		return;
	buf_addf(text, "%s%s%lld %s%s", *any ? " " : "", *negative && n > 0 ? "+" : "", (long long)n, unit,
		 n == 1 ? "" : "s");
	*any = true;
	*negative = n < 0;
}

bool pg_recv_interval(const struct pg_type *t, struct slice binary, struct buf *text)
{
	bool any = false, negative = false;

	(void)t;
	if (binary.len != 16)
		return false;
	int64_t us = be64(binary), size;
	int32_t days = be32(binary.ptr + 8), months = be32(binary.ptr + 12);

	print_part(text, months / 12, "year", &any, &negative);
	print_part(text, months % 12, "mon", &any, &negative);
	print_part(text, days, "day", &any, &negative);
	if (any && !us)
		return true;
	if (us == INT64_MIN)
		return false;
	size = us < 0 ? -us : us;
	buf_addf(text, "%s%s%02lld:%02d:%02d", any ? " " : "", us < 0 ? "-" : negative ? "+" : "",
		 (long long)(size / HOUR), (int)(size / MINUTE % 60), (int)(size / SECOND % 60));
	print_fraction(text, size % SECOND);
	return true;
}

static const struct {
	const char *word;
	int64_t us;
	int days, months;
} units[] = {
	{ "year", 0, 0, 12 }, { "yr", 0, 0, 12 }, { "y", 0, 0, 12 },
	{ "month", 0, 0, 1 }, { "mon", 0, 0, 1 },
	{ "week", 0, 7, 0 }, { "w", 0, 7, 0 },
	{ "day", 0, 1, 0 }, { "d", 0, 1, 0 },
	{ "hour", HOUR, 0, 0 }, { "hr", HOUR, 0, 0 }, { "h", HOUR, 0, 0 },
	{ "minute", MINUTE, 0, 0 }, { "min", MINUTE, 0, 0 }, { "m", MINUTE, 0, 0 },
	{ "second", SECOND, 0, 0 }, { "sec", SECOND, 0, 0 }, { "s", SECOND, 0, 0 },
	{ "millisecond", 1000, 0, 0 }, { "ms", 1000, 0, 0 },
	{ "microsecond", 1, 0, 0 }, { "us", 1, 0, 0 },
};

/* "days", "Day", "h": its row, with or without the plural's s. */
static bool find_unit(struct slice word, size_t *at)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].word);

		if (slice_eq_nocase_str(word, units[i].word) ||
		    (word.len == len + 1 && len > 1 && (word.ptr[len] | 0x20) == 's' &&
		     slice_eq_nocase_str(slice_take(word, len), units[i].word))) {
			*at = i;
			return true;
		}
	}
	return false;
}

bool pg_send_interval(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = slice_trim(text);
	int64_t us = 0, days = 0, months = 0;
	bool ago = slice_has_suffix(s, SLICE_LIT(" ago"));

	(void)t;
	if (ago)
		s = slice_trim(slice_take(s, s.len - 4));
	if (!s.len)
		return false;
	while (s.len) {
		int64_t sign = 1, n, clock;
		size_t unit, letters = 0;

		if (take_char(&s, '-'))
			sign = -1;
		else
			take_char(&s, '+');
		struct slice number = slice_take(s, slice_find(s, ' '));
		if (slice_find(number, ':') < number.len) {
			/* hours of an interval may be more than 24 */
			n = take_number(&s, 9);
			if (n < 0 || !s.len || s.ptr[0] != ':')
				return false;
			s = slice_skip(s, 1);
			char rest[32] = "00:";
			size_t len = s.len < 20 ? s.len : 20;
			memcpy(rest + 3, s.ptr, len);
			struct slice tail = slice_of(rest, len + 3);
			if (!take_clock(&tail, &clock))
				return false;
			s = slice_trim(slice_skip(s, len - tail.len));
			us += sign * (n * HOUR + clock);
			continue;
		}
		n = take_number(&s, 9);
		if (n < 0)
			return false;
		s = slice_trim(s);
		while (letters < s.len && ((s.ptr[letters] | 0x20) >= 'a' && (s.ptr[letters] | 0x20) <= 'z'))
			letters++;
		if (!find_unit(slice_take(s, letters), &unit))
			return false;
		us += sign * n * units[unit].us;
		days += sign * n * units[unit].days;
		months += sign * n * units[unit].months;
		s = slice_trim(slice_skip(s, letters));
	}
	if (days < INT32_MIN || days > INT32_MAX || months < INT32_MIN || months > INT32_MAX)
		return false;
	buf_add_be64(binary, (uint64_t)(ago ? -us : us));
	buf_add_be32(binary, (uint32_t)(int32_t)(ago ? -days : days));
	buf_add_be32(binary, (uint32_t)(int32_t)(ago ? -months : months));
	return true;
}
