/*
 * datetime_scan: text of dates, times and intervals as fields, and the words in
 * them (ParseDateTime, DecodeSpecial and DecodeUnits of datetime.c).
 */
#ifndef SERVICE_PG_SQL_DATETIME_SCAN_H
#define SERVICE_PG_SQL_DATETIME_SCAN_H

#include "service/pg/sql/type/datetime.h"

#define FIELDS_MAX 25

enum field_kind { FIELD_NUMBER, FIELD_STRING, FIELD_DATE, FIELD_TIME, FIELD_ZONE, FIELD_SPECIAL };

struct fields {
	int count;
	char *text[FIELDS_MAX];  /* lower case, in `work` */
	enum field_kind kind[FIELDS_MAX];
	char work[256];
};

/* False: not the form of a date at all. */
bool fields_scan(struct fields *f, struct slice text);

enum word_kind {
	WORD_NONE, WORD_IGNORE, WORD_RESERVED, WORD_MONTH, WORD_DAY, WORD_AMPM, WORD_ADBC, WORD_UNIT, WORD_ISO_TIME, WORD_DST, WORD_AGO,
};
enum word_value {
	VALUE_NONE, VALUE_NOW, VALUE_TODAY, VALUE_TOMORROW, VALUE_YESTERDAY, VALUE_ZULU, VALUE_EPOCH, VALUE_LATE, VALUE_EARLY,
	VALUE_AM, VALUE_PM, VALUE_AD, VALUE_BC,
	UNIT_MICROSECOND, UNIT_MILLISECOND, UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR,
	UNIT_DECADE, UNIT_CENTURY, UNIT_MILLENNIUM, UNIT_JULIAN, UNIT_TIME, UNIT_DOW, UNIT_DOY, UNIT_ISODOW, UNIT_ISOYEAR, UNIT_TIMEZONE,
	UNIT_TIMEZONE_HOUR, UNIT_TIMEZONE_MINUTE, UNIT_EPOCH,
};
/* Words of dates; months 1.., days of the week 0.. from sunday. */
enum word_kind word_of_date(const char *word, int *value);
/* Words of intervals and of extract(). */
enum word_kind word_of_unit(const char *word, int *value);

/* Why a text was refused. */
enum refusal { REFUSE_NONE, REFUSE_FORM, REFUSE_FIELD, REFUSE_MONTH_DAY, REFUSE_INTERVAL, REFUSE_ZONE, REFUSE_RAISED };
bool refuse_datetime(struct sql_env *env, enum refusal why, const char *type, struct slice text);
/* Digits of a fraction behind '.', as microseconds. */
bool fraction_us(const char *text, int *us);

#endif
