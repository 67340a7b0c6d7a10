/*
 * Dates and times as text, in the four date styles (EncodeDateTime).
 */
#include "service/pg/sql/type/datetime.h"

void offset_print(struct buf *b, int offset)
{
	int a = offset < 0 ? -offset : offset;

	buf_addf(b, "%c%02d", offset < 0 ? '-' : '+', a / 3600);
	if (a % 3600)
		buf_addf(b, ":%02d", a / 60 % 60);
	if (a % 60)
		buf_addf(b, ":%02d", a % 60);
}

static void two(struct buf *b, int v)
{
	char s[2] = { (char)('0' + v / 10 % 10), (char)('0' + v % 10) };
	buf_add(b, s, 2);
}

static void print_clock(struct buf *b, int hour, int minute, int second, int us)
{
	two(b, hour);
	buf_add_char(b, ':');
	two(b, minute);
	buf_add_char(b, ':');
	two(b, second);
	if (us) {
		char s[8] = ".000000";
		for (int i = 6; i >= 1; i--, us /= 10)
			s[i] = (char)('0' + us % 10);
		size_t n = 7;
		while (s[n - 1] == '0')
			n--;
		buf_add(b, s, n);
	}
}

void time_print(struct buf *b, int64_t t)
{
	print_clock(b, (int)(t / US_HOUR), (int)(t / US_MINUTE % 60), (int)(t / US_SECOND % 60), (int)(t % US_SECOND));
}

static void print_year(struct buf *b, int year)
{
	int y = year > 0 ? year : -(year - 1);

	if (y < 10000) {
		two(b, y / 100);
		two(b, y % 100);
	} else {
		buf_addf(b, "%d", y);
	}
}

/* The three numbers of a date in the style. */
static void print_date(struct buf *b, const struct style *st, int year, int month, int day, char separator)
{
	switch (st->dates) {
	case DATE_ISO:
		print_year(b, year);
		buf_add_char(b, '-');
		two(b, month);
		buf_add_char(b, '-');
		two(b, day);
		return;
	case DATE_GERMAN:
		two(b, day);
		buf_add_char(b, '.');
		two(b, month);
		buf_add_char(b, '.');
		break;
	default:
		two(b, st->order == ORDER_DMY ? day : month);
		buf_add_char(b, separator);
		two(b, st->order == ORDER_DMY ? month : day);
		buf_add_char(b, separator);
	}
	print_year(b, year);
}

void date_print(struct buf *b, const struct style *st, int32_t date)
{
	int year, month, day;

	if (date == DATE_LATE || date == DATE_EARLY) {
		buf_add_str(b, date == DATE_LATE ? "infinity" : "-infinity");
		return;
	}
	julian_parts(date + JULIAN_2000, &year, &month, &day);
	print_date(b, st, year, month, day, st->dates == DATE_SQL ? '/' : '-');
	if (year <= 0)
		buf_add_str(b, " BC");
}

void stamp_print(struct buf *b, const struct style *st, int64_t stamp, bool zoned)
{
	struct parts p;

	if (!stamp_is_finite(stamp)) {
		buf_add_str(b, stamp == STAMP_LATE ? "infinity" : "-infinity");
		return;
	}
	stamp_parts(stamp, st->zone, zoned, &p);
	if (st->dates == DATE_POSTGRES) {
		int weekday = (julian_of(p.year, p.month, p.day) + 1) % 7;
		buf_addf(b, "%.3s ", day_names[weekday < 0 ? weekday + 7 : weekday]);
		if (st->order == ORDER_DMY)
			buf_addf(b, "%02d %.3s ", p.day, month_names[p.month - 1]);
		else
			buf_addf(b, "%.3s %02d ", month_names[p.month - 1], p.day);
		print_clock(b, p.hour, p.minute, p.second, p.us);
		buf_add_char(b, ' ');
		print_year(b, p.year);
	} else {
		print_date(b, st, p.year, p.month, p.day, '/');
		buf_add_char(b, ' ');
		print_clock(b, p.hour, p.minute, p.second, p.us);
	}
	if (zoned && st->dates == DATE_ISO)
		offset_print(b, p.offset);
	else if (zoned)
		buf_addf(b, " %s", p.abbrev ? p.abbrev : "");
	if (p.year <= 0)
		buf_add_str(b, " BC");
}

void timetz_print(struct buf *b, struct timetz t)
{
	time_print(b, t.time);
	offset_print(b, t.offset);
}

/* "12:34:56.789+02:30": written by timetz_print. */
struct timetz timetz_load(struct slice s)
{
	struct timetz t = { 0 };
	size_t sign = 0, i = 0;
	int64_t n[3] = { 0 };
	int k = 0;

	while (sign < s.len && s.ptr[sign] != '+' && s.ptr[sign] != '-')
		sign++;
	for (; i < sign && s.ptr[i] != '.'; i++) {
		if (s.ptr[i] == ':')
			k += k < 2;
		else
			n[k] = n[k] * 10 + (s.ptr[i] - '0');
	}
	t.time = n[0] * US_HOUR + n[1] * US_MINUTE + n[2] * US_SECOND;
	int64_t unit = 100000;
	for (i++; i < sign; i++, unit /= 10)
		t.time += unit * (s.ptr[i] - '0');
	n[0] = n[1] = n[2] = 0;
	for (k = 0, i = sign + 1; i < s.len; i++) {
		if (s.ptr[i] == ':')
			k += k < 2;
		else
			n[k] = n[k] * 10 + (s.ptr[i] - '0');
	}
	t.offset = (int)(n[0] * 3600 + n[1] * 60 + n[2]);
	if (sign < s.len && s.ptr[sign] == '-')
		t.offset = -t.offset;
	return t;
}
