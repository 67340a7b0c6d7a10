/*
 * datetime: the calendar, zones, and the parts that dates and times are read
 * into and printed from.
 *
 * Dates are days, times microseconds, both since 2000-01-01 (UTC); infinities are
 * the ends of int32 and int64. Years before 1 are astronomical: 0 is 1 BC.
 * Zones are the system's tzdata, read through the C library; offsets are seconds
 * east of Greenwich.
 */
#ifndef SERVICE_PG_SQL_DATETIME_H
#define SERVICE_PG_SQL_DATETIME_H

#include "service/pg/sql/type/type.h"

#define US_SECOND 1000000LL
#define US_MINUTE (60 * US_SECOND)
#define US_HOUR (3600 * US_SECOND)
#define US_DAY (86400 * US_SECOND)
#define JULIAN_2000 2451545
#define UNIX_2000 946684800LL /* seconds from 1970 to 2000 */
#define DATE_LATE INT32_MAX
#define DATE_EARLY INT32_MIN
#define STAMP_LATE INT64_MAX
#define STAMP_EARLY INT64_MIN
#define DATE_LEAST (-2451545)     /* 4714-11-24 BC */
#define DATE_MOST 2145031948      /* 5874897-12-31 */
#define STAMP_LEAST (-211813488000000000LL)
#define STAMP_MOST 9223371331200000000LL /* 294277-01-01: the first that is too late */

/* ---- calendar ---- */
int julian_of(int year, int month, int day);
void julian_parts(int julian, int *year, int *month, int *day);
int month_days(int year, int month);
bool is_leap(int year);
int iso_week_of(int year, int month, int day);
int iso_year_of(int year, int month, int day);
/* Julian day of the monday of ISO week 1. */
int iso_first_monday(int year);

/* A moment taken apart. */
struct parts {
	int year, month, day, hour, minute, second, us;
	int offset;              /* seconds east; of a timestamptz */
	const char *abbrev;      /* "EST"; NULL: none */
};
bool stamp_is_finite(int64_t stamp);
/* `zone` NULL: as UTC, without offset. */
void stamp_parts(int64_t stamp, const struct zone *zone, bool zoned, struct parts *p);
/* False: out of range. */
bool parts_stamp(const struct parts *p, int64_t *stamp);
/* Local microseconds to UTC in a zone, and back. */
bool stamp_to_utc(int64_t local, const struct zone *zone, int64_t *utc);
bool stamp_to_local(int64_t utc, const struct zone *zone, int64_t *local);

/* ---- zones ---- */
/* By name without case, by POSIX string; NULL: none. Never freed. */
const struct zone *zone_find(struct slice name);
/* As SET timezone reads it: also hours as a number and INTERVAL's text. */
const struct zone *zone_of_setting(struct slice setting);
const char *zone_name(const struct zone *z);
int zone_offset(const struct zone *z, int64_t unix_seconds, const char **abbrev, bool *dst);
int zone_offset_local(const struct zone *z, int64_t local_seconds);
bool zone_is_fixed(const struct zone *z, int *offset);
/* An abbreviation of the default set; `zone` when its meaning depends on the date. */
bool zone_abbrev(struct slice name, int *offset, bool *dst, const struct zone **zone);
/* What `abbrev` meant in the zone at a local time. */
int zone_abbrev_offset(const struct zone *z, struct slice abbrev, int64_t local_seconds);
/* A zone as AT TIME ZONE reads it: abbreviation or name. False: raised. */
bool zone_by_text(struct sql_env *env, struct slice name, const struct zone **zone, int *offset);
const struct zone *session_zone(struct sql_env *env);

/* ---- text ---- */
bool date_read(struct sql_env *env, struct slice text, int32_t *date);
bool stamp_read(struct sql_env *env, struct slice text, bool zoned, int32_t typmod, int64_t *stamp);
bool time_read(struct sql_env *env, struct slice text, bool zoned, int32_t typmod, int64_t *time, int *offset);
void date_print(struct buf *b, const struct style *st, int32_t date);
void stamp_print(struct buf *b, const struct style *st, int64_t stamp, bool zoned);
void time_print(struct buf *b, int64_t time);
void offset_print(struct buf *b, int offset);
/* Rounds to the digits of a modifier; -1: leaves it. */
int64_t stamp_round(int64_t stamp, int32_t typmod);

/* A stored timetz. */
struct timetz {
	int64_t time;
	int offset; /* seconds east */
};
struct timetz timetz_load(struct slice stored);
void timetz_print(struct buf *b, struct timetz t);

/* ---- intervals ---- */
struct interval {
	int64_t us;
	int32_t days, months;
};
/* From what is stored. */
struct interval interval_load(struct slice stored);
bool interval_read(struct sql_env *env, struct slice text, int32_t typmod, struct interval *out);
void interval_print(struct buf *b, const struct interval *v, enum interval_style style);
bool interval_modify(struct sql_env *env, struct interval *v, int32_t typmod);
int interval_compare(const struct interval *a, const struct interval *b);

/* The clock of the session, and its date, for 'now' and 'today'. */
extern const char *const month_names[12], *const day_names[7]; /* full */

#endif
