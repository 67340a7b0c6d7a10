/*
 * The proleptic Gregorian calendar by Julian days (date2j and j2date of
 * PostgreSQL), ISO weeks, and moments taken apart and put together.
 */
#include "service/pg/sql/type/datetime.h"

const char *const month_names[12] = { "January", "February", "March", "April", "May", "June",
				      "July", "August", "September", "October", "November", "December" };
const char *const day_names[7] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };

int julian_of(int year, int month, int day)
{
	if (month > 2) {
		month += 1;
		year += 4800;
	} else {
		month += 13;
		year += 4799;
	}
	int century = year / 100;
	/* an interval's years go beyond what has a number: it wraps around, as PostgreSQL's does */
	unsigned julian = (unsigned)year * 365 - 32167;
	julian += (unsigned)(year / 4 - century + century / 4);
	return (int)(julian + (unsigned)(7834 * month / 256) + (unsigned)day);
}

void julian_parts(int jd, int *year, int *month, int *day)
{
	unsigned julian = (unsigned)jd + 32044;
	unsigned quad = julian / 146097;
	unsigned extra = (julian - quad * 146097) * 4 + 3;
	int y;

	julian += 60 + quad * 3 + extra / 146097;
	quad = julian / 1461;
	julian -= quad * 1461;
	y = (int)(julian * 4 / 1461);
	julian = ((y != 0) ? ((julian + 305) % 365) : ((julian + 306) % 366)) + 123;
	y += (int)(quad * 4);
	*year = y - 4800;
	quad = julian * 2141 / 65536;
	*day = (int)(julian - 7834 * quad / 256);
	*month = (int)((quad + 10) % 12 + 1);
}

bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int weekday(int julian) /* 0: monday */
{
	int d = julian % 7;
	return d < 0 ? d + 7 : d;
}

int iso_first_monday(int year)
{
	int fourth = julian_of(year, 1, 4);
	return fourth - weekday(fourth);
}

int iso_year_of(int year, int month, int day)
{
	int julian = julian_of(year, month, day);

	if (julian < iso_first_monday(year))
		return year - 1;
	return julian >= iso_first_monday(year + 1) ? year + 1 : year;
}

int iso_week_of(int year, int month, int day)
{
	return (julian_of(year, month, day) - iso_first_monday(iso_year_of(year, month, day))) / 7 + 1;
}

bool stamp_is_finite(int64_t stamp)
{
	return stamp != STAMP_LATE && stamp != STAMP_EARLY;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return a % b && (a < 0) != (b < 0) ? q - 1 : q;
}

void stamp_parts(int64_t stamp, const struct zone *zone, bool zoned, struct parts *p)
{
	*p = (struct parts){ 0 };
	if (zoned) {
		p->abbrev = "UTC";
		if (zone)
			p->offset = zone_offset(zone, floor_div(stamp, US_SECOND) + UNIX_2000, &p->abbrev, NULL);
		stamp += p->offset * US_SECOND;
	}
	int64_t day = floor_div(stamp, US_DAY), rest = stamp - day * US_DAY;
	julian_parts((int)(day + JULIAN_2000), &p->year, &p->month, &p->day);
	p->hour = (int)(rest / US_HOUR);
	p->minute = (int)(rest / US_MINUTE % 60);
	p->second = (int)(rest / US_SECOND % 60);
	p->us = (int)(rest % US_SECOND);
}

bool parts_stamp(const struct parts *p, int64_t *stamp)
{
	int64_t r;

	if (p->year < -4713 || p->year > 294277)
		return false;
	int64_t days = julian_of(p->year, p->month, p->day) - JULIAN_2000;
	int64_t time = p->hour * US_HOUR + p->minute * US_MINUTE + p->second * US_SECOND + p->us;
	if (__builtin_mul_overflow(days, US_DAY, &r) || __builtin_add_overflow(r, time, &r))
		return false;
	if (r < STAMP_LEAST || r >= STAMP_MOST)
		return false;
	*stamp = r;
	return true;
}

bool stamp_to_utc(int64_t local, const struct zone *zone, int64_t *utc)
{
	*utc = local;
	if (!zone || !stamp_is_finite(local))
		return true;
	int offset = zone_offset_local(zone, floor_div(local, US_SECOND) + UNIX_2000);
	return !__builtin_sub_overflow(local, offset * US_SECOND, utc) && *utc >= STAMP_LEAST && *utc < STAMP_MOST;
}

bool stamp_to_local(int64_t utc, const struct zone *zone, int64_t *local)
{
	*local = utc;
	if (!zone || !stamp_is_finite(utc))
		return true;
	int offset = zone_offset(zone, floor_div(utc, US_SECOND) + UNIX_2000, NULL, NULL);
	return !__builtin_add_overflow(utc, offset * US_SECOND, local) && *local >= STAMP_LEAST && *local < STAMP_MOST;
}
