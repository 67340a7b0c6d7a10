/*
 * Cuts a date's text into fields without knowing yet what they mean.
 */
#include "service/pg/sql/type/datetime_scan.h"

#include <ctype.h>
#include <math.h>

struct scanner {
	struct fields *f;
	const char *p, *end;
	char *to;
};

static void take(struct scanner *s)
{
	*s->to++ = (char)tolower((unsigned char)*s->p++);
}

static bool at(const struct scanner *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static bool digit(const struct scanner *s)
{
	return s->p < s->end && isdigit((unsigned char)*s->p);
}

static bool letter(const struct scanner *s)
{
	return s->p < s->end && isalpha((unsigned char)*s->p);
}

static bool alnum(const struct scanner *s)
{
	return s->p < s->end && isalnum((unsigned char)*s->p);
}

static bool one_of(const struct scanner *s, const char *set)
{
	return s->p < s->end && *s->p && strchr(set, *s->p);
}

static enum field_kind scan_number(struct scanner *s)
{
	while (digit(s))
		take(s);
	if (at(s, ':')) {
		take(s);
		while (digit(s) || one_of(s, ":."))
			take(s);
		return FIELD_TIME;
	}
	if (one_of(s, "-/.")) {
		char delimiter = *s->p;
		enum field_kind kind = FIELD_DATE;
		take(s);
		if (digit(s)) {
			kind = delimiter == '.' ? FIELD_NUMBER : FIELD_DATE;
			while (digit(s))
				take(s);
			if (at(s, delimiter)) {
				kind = FIELD_DATE;
				while (digit(s) || at(s, delimiter))
					take(s);
			}
			return kind;
		}
		while (alnum(s) || at(s, delimiter))
			take(s);
		return kind;
	}
	return FIELD_NUMBER;
}

static enum field_kind scan_word(struct scanner *s, const char *field)
{
	bool date = false;
	int value;

	while (letter(s))
		take(s);
	if (one_of(s, "-/.")) {
		date = true;
	} else if (at(s, '+') || digit(s)) {
		*s->to = 0;
		date = word_of_date(field, &value) == WORD_NONE;
	}
	if (!date)
		return FIELD_STRING;
	do
		take(s);
	while (one_of(s, "+-/_.:") || alnum(s));
	return FIELD_DATE;
}

bool fields_scan(struct fields *f, struct slice text)
{
	struct scanner s = { .f = f, .p = text.ptr, .end = text.ptr + text.len, .to = f->work };

	f->count = 0;
	if (text.len + FIELDS_MAX + 1 > sizeof(f->work))
		return false;
	while (s.p < s.end) {
		if (isspace((unsigned char)*s.p)) {
			s.p++;
			continue;
		}
		if (f->count >= FIELDS_MAX)
			return false;
		char *field = s.to;
		enum field_kind kind;
		if (digit(&s)) {
			kind = scan_number(&s);
		} else if (at(&s, '.')) {
			take(&s);
			while (digit(&s))
				take(&s);
			kind = FIELD_NUMBER;
		} else if (letter(&s)) {
			kind = scan_word(&s, field);
		} else if (one_of(&s, "+-")) {
			take(&s);
			while (s.p < s.end && isspace((unsigned char)*s.p))
				s.p++;
			if (digit(&s)) {
				while (digit(&s) || one_of(&s, ":.-"))
					take(&s);
				kind = FIELD_ZONE;
			} else if (letter(&s)) {
				while (letter(&s))
					take(&s);
				kind = FIELD_SPECIAL;
			} else {
				return false;
			}
		} else if (ispunct((unsigned char)*s.p)) {
			s.p++;
			continue;
		} else {
			return false;
		}
		*s.to++ = 0;
		f->text[f->count] = field;
		f->kind[f->count++] = kind;
	}
	return true;
}

static const struct {
	const char *word;
	enum word_kind kind;
	int value;
} date_words[] = {
	{ "-infinity", WORD_RESERVED, VALUE_EARLY }, { "ad", WORD_ADBC, VALUE_AD }, { "allballs", WORD_RESERVED, VALUE_ZULU },
	{ "am", WORD_AMPM, VALUE_AM }, { "apr", WORD_MONTH, 4 }, { "april", WORD_MONTH, 4 }, { "at", WORD_IGNORE, 0 }, { "aug", WORD_MONTH, 8 },
	{ "august", WORD_MONTH, 8 }, { "bc", WORD_ADBC, VALUE_BC }, { "d", WORD_UNIT, UNIT_DAY }, { "dec", WORD_MONTH, 12 },
	{ "december", WORD_MONTH, 12 }, { "dow", WORD_UNIT, UNIT_DOW }, { "doy", WORD_UNIT, UNIT_DOY }, { "dst", WORD_DST, 3600 },
	{ "epoch", WORD_RESERVED, VALUE_EPOCH }, { "feb", WORD_MONTH, 2 }, { "february", WORD_MONTH, 2 }, { "fri", WORD_DAY, 5 },
	{ "friday", WORD_DAY, 5 }, { "h", WORD_UNIT, UNIT_HOUR }, { "infinity", WORD_RESERVED, VALUE_LATE }, { "isodow", WORD_UNIT, UNIT_ISODOW },
	{ "isoyear", WORD_UNIT, UNIT_ISOYEAR }, { "j", WORD_UNIT, UNIT_JULIAN }, { "jan", WORD_MONTH, 1 }, { "january", WORD_MONTH, 1 },
	{ "jd", WORD_UNIT, UNIT_JULIAN }, { "jul", WORD_MONTH, 7 }, { "julian", WORD_UNIT, UNIT_JULIAN }, { "july", WORD_MONTH, 7 },
	{ "jun", WORD_MONTH, 6 }, { "june", WORD_MONTH, 6 }, { "m", WORD_UNIT, UNIT_MONTH }, { "mar", WORD_MONTH, 3 }, { "march", WORD_MONTH, 3 },
	{ "may", WORD_MONTH, 5 }, { "mm", WORD_UNIT, UNIT_MINUTE }, { "mon", WORD_DAY, 1 }, { "monday", WORD_DAY, 1 }, { "nov", WORD_MONTH, 11 },
	{ "november", WORD_MONTH, 11 }, { "now", WORD_RESERVED, VALUE_NOW }, { "oct", WORD_MONTH, 10 }, { "october", WORD_MONTH, 10 },
	{ "on", WORD_IGNORE, 0 }, { "pm", WORD_AMPM, VALUE_PM }, { "s", WORD_UNIT, UNIT_SECOND }, { "sat", WORD_DAY, 6 }, { "saturday", WORD_DAY, 6 },
	{ "sep", WORD_MONTH, 9 }, { "sept", WORD_MONTH, 9 }, { "september", WORD_MONTH, 9 }, { "sun", WORD_DAY, 0 }, { "sunday", WORD_DAY, 0 },
	{ "t", WORD_ISO_TIME, UNIT_TIME }, { "thu", WORD_DAY, 4 }, { "thur", WORD_DAY, 4 }, { "thurs", WORD_DAY, 4 }, { "thursday", WORD_DAY, 4 },
	{ "today", WORD_RESERVED, VALUE_TODAY }, { "tomorrow", WORD_RESERVED, VALUE_TOMORROW }, { "tue", WORD_DAY, 2 }, { "tues", WORD_DAY, 2 },
	{ "tuesday", WORD_DAY, 2 }, { "wed", WORD_DAY, 3 }, { "wednesday", WORD_DAY, 3 }, { "weds", WORD_DAY, 3 }, { "y", WORD_UNIT, UNIT_YEAR },
	{ "yesterday", WORD_RESERVED, VALUE_YESTERDAY },
}, unit_words[] = {
	{ "@", WORD_IGNORE, 0 }, { "ago", WORD_AGO, 0 }, { "c", WORD_UNIT, UNIT_CENTURY }, { "cent", WORD_UNIT, UNIT_CENTURY },
	{ "centuries", WORD_UNIT, UNIT_CENTURY }, { "century", WORD_UNIT, UNIT_CENTURY }, { "d", WORD_UNIT, UNIT_DAY }, { "day", WORD_UNIT, UNIT_DAY },
	{ "days", WORD_UNIT, UNIT_DAY }, { "dec", WORD_UNIT, UNIT_DECADE }, { "decade", WORD_UNIT, UNIT_DECADE }, { "decades", WORD_UNIT, UNIT_DECADE },
	{ "decs", WORD_UNIT, UNIT_DECADE }, { "h", WORD_UNIT, UNIT_HOUR }, { "hour", WORD_UNIT, UNIT_HOUR }, { "hours", WORD_UNIT, UNIT_HOUR },
	{ "hr", WORD_UNIT, UNIT_HOUR }, { "hrs", WORD_UNIT, UNIT_HOUR }, { "m", WORD_UNIT, UNIT_MINUTE }, { "microsecon", WORD_UNIT, UNIT_MICROSECOND },
	{ "mil", WORD_UNIT, UNIT_MILLENNIUM }, { "millennia", WORD_UNIT, UNIT_MILLENNIUM }, { "millennium", WORD_UNIT, UNIT_MILLENNIUM },
	{ "millisecon", WORD_UNIT, UNIT_MILLISECOND }, { "mils", WORD_UNIT, UNIT_MILLENNIUM }, { "min", WORD_UNIT, UNIT_MINUTE },
	{ "mins", WORD_UNIT, UNIT_MINUTE }, { "minute", WORD_UNIT, UNIT_MINUTE }, { "minutes", WORD_UNIT, UNIT_MINUTE }, { "mon", WORD_UNIT, UNIT_MONTH },
	{ "mons", WORD_UNIT, UNIT_MONTH }, { "month", WORD_UNIT, UNIT_MONTH }, { "months", WORD_UNIT, UNIT_MONTH }, { "ms", WORD_UNIT, UNIT_MILLISECOND },
	{ "msec", WORD_UNIT, UNIT_MILLISECOND }, { "msecs", WORD_UNIT, UNIT_MILLISECOND }, { "mseconds", WORD_UNIT, UNIT_MILLISECOND },
	{ "qtr", WORD_UNIT, UNIT_QUARTER }, { "quarter", WORD_UNIT, UNIT_QUARTER }, { "s", WORD_UNIT, UNIT_SECOND }, { "sec", WORD_UNIT, UNIT_SECOND },
	{ "second", WORD_UNIT, UNIT_SECOND }, { "seconds", WORD_UNIT, UNIT_SECOND }, { "secs", WORD_UNIT, UNIT_SECOND },
	{ "timezone", WORD_UNIT, UNIT_TIMEZONE }, { "timezone_h", WORD_UNIT, UNIT_TIMEZONE_HOUR }, { "timezone_m", WORD_UNIT, UNIT_TIMEZONE_MINUTE },
	{ "us", WORD_UNIT, UNIT_MICROSECOND }, { "usec", WORD_UNIT, UNIT_MICROSECOND }, { "usecond", WORD_UNIT, UNIT_MICROSECOND },
	{ "useconds", WORD_UNIT, UNIT_MICROSECOND }, { "usecs", WORD_UNIT, UNIT_MICROSECOND }, { "w", WORD_UNIT, UNIT_WEEK },
	{ "week", WORD_UNIT, UNIT_WEEK }, { "weeks", WORD_UNIT, UNIT_WEEK }, { "y", WORD_UNIT, UNIT_YEAR }, { "year", WORD_UNIT, UNIT_YEAR },
	{ "years", WORD_UNIT, UNIT_YEAR }, { "yr", WORD_UNIT, UNIT_YEAR }, { "yrs", WORD_UNIT, UNIT_YEAR },
};

/* PostgreSQL's tables hold ten letters a word and compare no more. */
#define WORD_LENGTH 10

enum word_kind word_of_date(const char *word, int *value)
{
	for (size_t i = 0; i < sizeof(date_words) / sizeof(date_words[0]); i++)
		if (strncmp(word, date_words[i].word, WORD_LENGTH) == 0) {
			*value = date_words[i].value;
			return date_words[i].kind;
		}
	return WORD_NONE;
}

enum word_kind word_of_unit(const char *word, int *value)
{
	for (size_t i = 0; i < sizeof(unit_words) / sizeof(unit_words[0]); i++)
		if (strncmp(word, unit_words[i].word, WORD_LENGTH) == 0) {
			*value = unit_words[i].value;
			return unit_words[i].kind;
		}
	return WORD_NONE;
}

bool refuse_datetime(struct sql_env *env, enum refusal why, const char *type, struct slice text)
{
	struct sql_error *e;

	switch (why) {
	case REFUSE_FIELD:
		sql_raise_env(env, "22008", "date/time field value out of range: \"%.*s\"", SLICE_ARG(text));
		break;
	case REFUSE_MONTH_DAY:
		e = sql_raise_env(env, "22008", "date/time field value out of range: \"%.*s\"", SLICE_ARG(text));
		sql_hint(env, e, "Perhaps you need a different \"datestyle\" setting.");
		break;
	case REFUSE_INTERVAL:
		sql_raise_env(env, "22015", "interval field value out of range: \"%.*s\"", SLICE_ARG(text));
		break;
	case REFUSE_ZONE:
		sql_raise_env(env, "22009", "time zone displacement out of range: \"%.*s\"", SLICE_ARG(text));
		break;
	case REFUSE_RAISED: break;
	default: sql_raise_env(env, "22007", "invalid input syntax for type %s: \"%.*s\"", type, SLICE_ARG(text));
	}
	return false;
}

bool fraction_us(const char *text, int *us)
{
	char *end;

	/* "." alone is nothing */
	if (text[1] == 0) {
		*us = 0;
		return true;
	}
	double f = strtod(text, &end);
	*us = (int)rint(f * 1000000);
	return !*end;
}
