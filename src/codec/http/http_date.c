/* http_date: formats and reads HTTP's three forms of a date. No locale and no
 * time zone is consulted: names are English and times are GMT by definition. */
#include "codec/http/http_date.h"

#include <stdio.h>
#include <time.h>

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void http_date_format(char text[HTTP_DATE_LEN + 1], uint64_t ns)
{
	time_t t = (time_t)(ns / 1000000000u);
	struct tm tm;

	gmtime_r(&t, &tm);
	/* The modulus tells the compiler that four digits are enough: 2^64 ns end in 2554. */
	snprintf(text, HTTP_DATE_LEN + 1, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday], (unsigned)tm.tm_mday % 100,
		 months[tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		 (unsigned)tm.tm_sec % 100);
}

struct slice http_date(uint64_t ns, struct arena *a)
{
	char text[HTTP_DATE_LEN + 1];

	http_date_format(text, ns);
	return arena_slice(a, slice_of(text, HTTP_DATE_LEN));
}

struct slice http_date_iso(uint64_t ns, struct arena *a)
{
	time_t t = (time_t)(ns / 1000000000u);
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			    tm.tm_min, tm.tm_sec, (unsigned)(ns / 1000000u % 1000u));
}

static int month_of(const char *name)
{
	for (int i = 0; i < 12; i++)
		if (strcmp(months[i], name) == 0)
			return i;
	return -1;
}

bool http_date_parse(struct slice text, int64_t *seconds)
{
	struct slice s = slice_trim(text);
	struct tm tm = {0};
	char copy[64], month[4] = "";
	int end = 0;

	if (s.len >= sizeof(copy) || !s.len)
		return false;
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	if (sscanf(copy, "%*3[A-Z a-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &end) == 6 && end) {
		tm.tm_year -= 1900;
	} else if (sscanf(copy, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour,
			  &tm.tm_min, &tm.tm_sec, &end) == 6 && end) {
		/* Two digits: a year that would lie more than 50 years ahead is past. */
		if (tm.tm_year < 70)
			tm.tm_year += 100;
	} else if (sscanf(copy, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
			  &tm.tm_sec, &tm.tm_year, &end) == 6 && end) {
		tm.tm_year -= 1900;
	} else {
		return false;
	}
	tm.tm_mon = month_of(month);
	if ((size_t)end != s.len || tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 ||
	    tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return false;
	*seconds = (int64_t)timegm(&tm);
	return true;
}
