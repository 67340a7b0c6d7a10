/*
 * Task: reads times and base64 out of text. Pure; knows nothing of rules.
 */
#include <ctype.h>

#include "rule/model.h"

/* ---- times ------------------------------------------------------------- */

static bool digits(struct slice *s, size_t count, int *out)
{
	int v = 0;

	if (s->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!isdigit((unsigned char)s->ptr[i]))
			return false;
		v = v * 10 + (s->ptr[i] - '0');
	}
	*s = slice_skip(*s, count);
	*out = v;
	return true;
}

static bool skip_char(struct slice *s, char c)
{
	if (!s->len || s->ptr[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* Days since 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_of(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400, doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool time_parse(struct slice s, double *seconds)
{
	int year, month, day, hour = 0, minute = 0, second = 0, zone_hour = 0, zone_minute = 0, sign = 0;
	double fraction = 0, place = 0.1;

	if (!digits(&s, 4, &year) || !skip_char(&s, '-') || !digits(&s, 2, &month) || !skip_char(&s, '-') || !digits(&s, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	if (s.len) {
		if (!skip_char(&s, 'T') && !skip_char(&s, ' ') && !skip_char(&s, 't'))
			return false;
		if (!digits(&s, 2, &hour) || !skip_char(&s, ':') || !digits(&s, 2, &minute))
			return false;
		if (skip_char(&s, ':') && !digits(&s, 2, &second))
			return false;
		if (hour > 24 || minute > 59 || second > 60)
			return false;
		if (skip_char(&s, '.'))
			for (; s.len && isdigit((unsigned char)s.ptr[0]); s = slice_skip(s, 1), place /= 10)
				fraction += (s.ptr[0] - '0') * place;
		if (s.len && (s.ptr[0] == '+' || s.ptr[0] == '-')) {
			sign = s.ptr[0] == '+' ? 1 : -1;
			s = slice_skip(s, 1);
			if (!digits(&s, 2, &zone_hour))
				return false;
			skip_char(&s, ':');
			if (s.len && !digits(&s, 2, &zone_minute))
				return false;
		} else if (!skip_char(&s, 'Z')) {
			skip_char(&s, 'z');
		}
	}
	if (s.len)
		return false;
	*seconds = (double)(days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
			    sign * (zone_hour * 3600 + zone_minute * 60)) + fraction;
	return true;
}
