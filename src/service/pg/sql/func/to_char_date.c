/*
 * to_char of dates, to_date and to_timestamp: templates as PostgreSQL's
 * formatting.c has them (its DCH part). Month and day names are English, as
 * with lc_time C.
 */
#include <ctype.h>
#include <math.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/datetime_call.h"

enum key {
	K_AD_DOTS, K_AD, K_AM_DOTS, K_AM, K_BC_DOTS, K_BC, K_CC, K_DAY, K_DDD, K_DD, K_DY, K_Day, K_Dy, K_D, K_FF1, K_FF2, K_FF3, K_FF4, K_FF5, K_FF6,
	K_FX, K_HH24, K_HH12, K_HH, K_IDDD, K_ID, K_IW, K_IYYY, K_IYY, K_IY, K_I, K_J, K_MI, K_MM, K_MONTH, K_MON, K_MS, K_Month, K_Mon, K_OF,
	K_PM_DOTS, K_PM, K_Q, K_RM, K_SSSSS, K_SSSS, K_SS, K_TZH, K_TZM, K_TZ, K_US, K_WW, K_W, K_Y_YYY, K_YYYY, K_YYY, K_YY, K_Y,
	K_a_d, K_ad, K_a_m, K_am, K_b_c, K_bc, K_day, K_dy, K_month, K_mon, K_p_m, K_pm, K_rm, K_tz,
};

/* Longer ones first where one begins another. `number`: what it reads is digits. */
static const struct {
	const char *name;
	enum key key;
	bool nocase, number;
} keys[] = {
	{ "A.D.", K_AD_DOTS, false, false }, { "a.d.", K_a_d, false, false }, { "A.M.", K_AM_DOTS, false, false }, { "a.m.", K_a_m, false, false },
	{ "AD", K_AD, false, false }, { "ad", K_ad, false, false }, { "AM", K_AM, false, false }, { "am", K_am, false, false },
	{ "B.C.", K_BC_DOTS, false, false }, { "b.c.", K_b_c, false, false }, { "BC", K_BC, false, false }, { "bc", K_bc, false, false },
	{ "CC", K_CC, true, true }, { "DAY", K_DAY, false, false }, { "Day", K_Day, false, false }, { "day", K_day, false, false }, { "DDD", K_DDD, true, true },
	{ "DD", K_DD, true, true }, { "DY", K_DY, false, false }, { "Dy", K_Dy, false, false }, { "dy", K_dy, false, false }, { "D", K_D, true, true },
	{ "FF1", K_FF1, true, true }, { "FF2", K_FF2, true, true }, { "FF3", K_FF3, true, true }, { "FF4", K_FF4, true, true }, { "FF5", K_FF5, true, true },
	{ "FF6", K_FF6, true, true }, { "FX", K_FX, true, false }, { "HH24", K_HH24, true, true }, { "HH12", K_HH12, true, true }, { "HH", K_HH, true, true },
	{ "IDDD", K_IDDD, true, true }, { "ID", K_ID, true, true }, { "IW", K_IW, true, true }, { "IYYY", K_IYYY, true, true }, { "IYY", K_IYY, true, true },
	{ "IY", K_IY, true, true }, { "I", K_I, true, true }, { "J", K_J, true, true }, { "MI", K_MI, true, true }, { "MM", K_MM, true, true },
	{ "MONTH", K_MONTH, false, false }, { "Month", K_Month, false, false }, { "month", K_month, false, false }, { "MON", K_MON, false, false },
	{ "Mon", K_Mon, false, false }, { "mon", K_mon, false, false }, { "MS", K_MS, true, true }, { "OF", K_OF, true, false },
	{ "P.M.", K_PM_DOTS, false, false }, { "p.m.", K_p_m, false, false }, { "PM", K_PM, false, false }, { "pm", K_pm, false, false }, { "Q", K_Q, true, true },
	{ "RM", K_RM, false, false }, { "rm", K_rm, false, false }, { "SSSSS", K_SSSS, true, true }, { "SSSS", K_SSSS, true, true }, { "SS", K_SS, true, true },
	{ "TZH", K_TZH, true, false }, { "TZM", K_TZM, true, true }, { "TZ", K_TZ, false, false }, { "tz", K_tz, false, false }, { "US", K_US, true, true },
	{ "WW", K_WW, true, true }, { "W", K_W, true, true }, { "Y,YYY", K_Y_YYY, true, true }, { "YYYY", K_YYYY, true, true }, { "YYY", K_YYY, true, true },
	{ "YY", K_YY, true, true }, { "Y", K_Y, true, true },
};

struct node {
	enum { NODE_KEY, NODE_CHAR, NODE_SEPARATOR, NODE_SPACE } kind;
	int key;             /* index into keys */
	bool fill, ordinal, ordinal_upper, translate;
	char text[5];        /* one character */
	char spelled[8];     /* the key as the template has it, or in capitals */
};

/* The template as nodes; false: raised. */
/* All in capitals, or all in small letters: "Dd" is D and d. */
static bool spelled_as(struct slice s, const char *name, bool any_case)
{
	bool upper = true, lower = any_case;

	for (size_t i = 0; i < s.len; i++) {
		upper &= s.ptr[i] == name[i];
		lower &= s.ptr[i] == (char)tolower((unsigned char)name[i]);
	}
	return upper || lower;
}

static bool parse(struct arena *a, struct slice s, struct node **out, size_t *count)
{
	struct node *n = ARENA_ARRAY(a, struct node, s.len + 1);
	size_t k = 0;

	for (size_t i = 0; i < s.len;) {
		struct node *x = &n[k];
		size_t from = i;
		*x = (struct node){ 0 };
		for (;;) {
			struct slice rest = slice_skip(s, i);
			if (slice_eq_nocase(slice_take(rest, 2), SLICE_LIT("FM"))) {
				x->fill = true;
				i += 2;
			} else if (slice_eq_nocase(slice_take(rest, 2), SLICE_LIT("TM"))) {
				x->translate = true;
				i += 2;
			} else {
				break;
			}
		}
		struct slice rest = slice_skip(s, i);
		int key = -1;
		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]) && key < 0; j++) {
			size_t len = strlen(keys[j].name);
			if (rest.len >= len && spelled_as(slice_take(rest, len), keys[j].name, keys[j].nocase))
				key = (int)j;
		}
		if (key >= 0) {
			x->kind = NODE_KEY;
			x->key = key;
			bool lower = islower((unsigned char)rest.ptr[0]);
			for (size_t j = 0; keys[key].name[j]; j++)
				x->spelled[j] = (char)(lower ? tolower((unsigned char)keys[key].name[j]) : keys[key].name[j]);
			i += strlen(keys[key].name);
			rest = slice_skip(s, i);
			if (slice_has_prefix(rest, SLICE_LIT("TH")) || slice_has_prefix(rest, SLICE_LIT("th"))) {
				x->ordinal = true;
				x->ordinal_upper = rest.ptr[0] == 'T';
				i += 2;
			} else if (slice_has_prefix(rest, SLICE_LIT("SP"))) {
				i += 2;
			}
			k++;
			continue;
		}
		if (i >= s.len)
			break;
		(void)from;
		if (s.ptr[i] == '"') {
			for (i++; i < s.len && s.ptr[i] != '"'; i++) {
				if (s.ptr[i] == '\\' && i + 1 < s.len)
					i++;
				n[k] = (struct node){ .kind = NODE_CHAR, .text = { s.ptr[i] } };
				k++;
			}
			i++;
			continue;
		}
		if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '"')
			i++;
		char c = s.ptr[i++];
		x->kind = isspace((unsigned char)c) ? NODE_SPACE : (unsigned char)c > 0x20 && (unsigned char)c < 0x7f && !isalnum((unsigned char)c) ? NODE_SEPARATOR : NODE_CHAR;
		x->text[0] = c;
		k++;
	}
	*out = n;
	*count = k;
	return true;
}

/* ---- printing ---- */

struct moment {
	struct parts p;
	bool interval, zoned;
	int64_t hours;      /* of an interval: may be more than a day's */
};

static void ordinal(struct buf *b, const struct node *n, size_t from)
{
	static const char *const ends[] = { "th", "st", "nd", "rd" };
	if (!n->ordinal || b->len == from)
		return;
	char last = b->ptr[b->len - 1], before = b->len - from > 1 ? b->ptr[b->len - 2] : 0;
	const char *e = ends[before != '1' && last >= '1' && last <= '3' ? last - '0' : 0];
	buf_add_char(b, n->ordinal_upper ? (char)toupper(e[0]) : e[0]);
	buf_add_char(b, n->ordinal_upper ? (char)toupper(e[1]) : e[1]);
}

static void number(struct buf *b, const struct node *n, int width, int64_t v)
{
	size_t from = b->len;

	if (n->fill)
		buf_addf(b, "%lld", (long long)v);
	else
		buf_addf(b, "%0*lld", v < 0 ? width + 1 : width, (long long)v);
	ordinal(b, n, from);
}

/* 'U' upper, 'l' lower, 'T' title; padded to nine unless FM; short: three letters */
static void name(struct buf *b, const struct node *n, const char *text, char how, bool is_short)
{
	size_t len = is_short ? 3 : strlen(text);

	for (size_t i = 0; i < len; i++)
		buf_add_char(b, how == 'U' ? (char)toupper((unsigned char)text[i]) : how == 'l' ? (char)tolower((unsigned char)text[i]) : text[i]);
	if (!is_short && !n->fill && !n->translate)
		for (; len < 9; len++)
			buf_add_char(b, ' ');
}

static bool print_key(sqlite3_context *ctx, struct buf *b, const struct node *n, const struct moment *m)
{
	static const char *const roman[] = { "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII" };
	const struct parts *p = &m->p;
	int64_t hour = m->interval ? m->hours : p->hour, year = p->year;
	int shown_year = (int)(m->interval ? year : year > 0 ? year : -(year - 1));
	enum key key = keys[n->key].key;
	int weekday = m->interval ? 0 : (julian_of(p->year, p->month, p->day) + 1) % 7;
	if (weekday < 0)
		weekday += 7;

	if (m->interval)
		switch (key) {
		case K_AD: case K_AD_DOTS: case K_BC: case K_BC_DOTS: case K_ad: case K_a_d: case K_bc: case K_b_c: case K_DAY: case K_Day: case K_day: case K_DY: case K_Dy: case K_dy:
		case K_D: case K_ID: case K_IDDD: case K_IW: case K_IYYY: case K_IYY: case K_IY: case K_I: case K_OF: case K_TZ: case K_tz: case K_TZH: case K_TZM:
			if (key == K_TZH || key == K_TZM || key == K_TZ || key == K_tz || key == K_OF || key < K_CC || key == K_DAY || key == K_Day || key == K_day || key == K_DY || key == K_Dy || key == K_dy || key == K_D || key == K_ID || key == K_a_d || key == K_ad || key == K_b_c || key == K_bc) {
				struct sql_error *e = sql_raise(ctx, "22007", "invalid format specification for an interval value");
				sql_hint(sql_env_of(ctx), e, "Intervals are not tied to specific calendar dates.");
				return false;
			}
			break;
		case K_MONTH: case K_Month: case K_month: case K_MON: case K_Mon: case K_mon:
			if (!p->month)
				return true;
			break;
		case K_RM: case K_rm:
			if (!p->month && !year)
				return true;
			break;
		default: break;
		}
	switch (key) {
	case K_AM_DOTS: case K_PM_DOTS: buf_add_str(b, hour % 24 >= 12 ? "P.M." : "A.M."); break;
	case K_AM: case K_PM: buf_add_str(b, hour % 24 >= 12 ? "PM" : "AM"); break;
	case K_a_m: case K_p_m: buf_add_str(b, hour % 24 >= 12 ? "p.m." : "a.m."); break;
	case K_am: case K_pm: buf_add_str(b, hour % 24 >= 12 ? "pm" : "am"); break;
	case K_AD_DOTS: case K_BC_DOTS: buf_add_str(b, year <= 0 ? "B.C." : "A.D."); break;
	case K_AD: case K_BC: buf_add_str(b, year <= 0 ? "BC" : "AD"); break;
	case K_a_d: case K_b_c: buf_add_str(b, year <= 0 ? "b.c." : "a.d."); break;
	case K_ad: case K_bc: buf_add_str(b, year <= 0 ? "bc" : "ad"); break;
	case K_HH: case K_HH12: number(b, n, 2, hour % 12 == 0 ? 12 : hour % 12); break;
	case K_HH24: number(b, n, 2, hour); break;
	case K_MI: number(b, n, 2, p->minute); break;
	case K_SS: number(b, n, 2, p->second); break;
	case K_FF1: case K_FF2: case K_FF3: case K_FF4: case K_FF5: case K_FF6: {
		static const int unit[] = { 100000, 10000, 1000, 100, 10, 1 };
		size_t from = b->len;
		buf_addf(b, "%0*d", key - K_FF1 + 1, p->us / unit[key - K_FF1]);
		ordinal(b, n, from);
		break;
	}
	case K_MS: { size_t from = b->len; buf_addf(b, "%03d", p->us / 1000); ordinal(b, n, from); break; }
	case K_US: { size_t from = b->len; buf_addf(b, "%06d", p->us); ordinal(b, n, from); break; }
	case K_SSSS: case K_SSSSS: { size_t from = b->len; buf_addf(b, "%lld", (long long)(hour * 3600 + p->minute * 60 + p->second)); ordinal(b, n, from); break; }
	case K_tz: case K_TZ:
		for (const char *t = m->zoned ? p->abbrev : NULL; t && *t; t++)
			buf_add_char(b, key == K_tz ? (char)tolower((unsigned char)*t) : *t);
		break;
	case K_TZH: buf_addf(b, "%c%02d", p->offset >= 0 ? '+' : '-', abs(p->offset) / 3600); break;
	case K_TZM: buf_addf(b, "%02d", abs(p->offset) % 3600 / 60); break;
	case K_OF:
		buf_addf(b, n->fill ? "%c%d" : "%c%02d", p->offset >= 0 ? '+' : '-', abs(p->offset) / 3600);
		if (abs(p->offset) % 3600)
			buf_addf(b, ":%02d", abs(p->offset) % 3600 / 60);
		break;
	case K_MONTH: case K_Month: case K_month: name(b, n, month_names[(p->month + 11) % 12], key == K_MONTH ? 'U' : key == K_month ? 'l' : 'T', false); break;
	case K_MON: case K_Mon: case K_mon: name(b, n, month_names[(p->month + 11) % 12], key == K_MON ? 'U' : key == K_mon ? 'l' : 'T', true); break;
	case K_MM: number(b, n, 2, p->month); break;
	case K_DAY: case K_Day: case K_day: name(b, n, day_names[weekday], key == K_DAY ? 'U' : key == K_day ? 'l' : 'T', false); break;
	case K_DY: case K_Dy: case K_dy: name(b, n, day_names[weekday], key == K_DY ? 'U' : key == K_dy ? 'l' : 'T', true); break;
	case K_DDD: number(b, n, 3, m->interval ? p->month * 30 + p->day + year * 365 : julian_of(p->year, p->month, p->day) - julian_of(p->year, 1, 1) + 1); break;
	case K_IDDD: number(b, n, 3, julian_of(p->year, p->month, p->day) - iso_first_monday(iso_year_of(p->year, p->month, p->day)) + 1); break;
	case K_DD: number(b, n, 2, p->day); break;
	case K_D: number(b, n, 0, weekday + 1); break;
	case K_ID: number(b, n, 0, weekday == 0 ? 7 : weekday); break;
	case K_WW: number(b, n, 2, ((m->interval ? p->month * 30 + p->day : julian_of(p->year, p->month, p->day) - julian_of(p->year, 1, 1) + 1) - 1) / 7 + 1); break;
	case K_IW: number(b, n, 2, iso_week_of(p->year, p->month ? p->month : 1, p->day ? p->day : 1)); break;
	case K_Q: if (p->month) number(b, n, 0, (p->month - 1) / 3 + 1); break;
	case K_CC: {
		int64_t cc = m->interval ? year / 100 : year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1;
		number(b, n, cc <= 99 && cc >= -99 ? 2 : 0, cc);
		break;
	}
	case K_Y_YYY: { size_t from = b->len; int i = shown_year / 1000; buf_addf(b, "%d,%03d", i, shown_year - i * 1000); ordinal(b, n, from); break; }
	case K_YYYY: case K_IYYY: case K_YYY: case K_IYY: case K_YY: case K_IY: case K_Y: case K_I: {
		bool iso = key == K_IYYY || key == K_IYY || key == K_IY || key == K_I;
		int y = shown_year;
		if (iso) {
			y = iso_year_of(p->year, p->month, p->day);
			y = y > 0 ? y : -(y - 1);
		}
		if (key == K_YYYY || key == K_IYYY)
			number(b, n, 4, y);
		else if (key == K_YYY || key == K_IYY)
			number(b, n, 3, y % 1000);
		else if (key == K_YY || key == K_IY)
			number(b, n, 2, y % 100);
		else
			number(b, n, 1, y % 10);
		break;
	}
	case K_RM: case K_rm: {
		char text[8];
		int month = p->month > 0 ? p->month - 1 : p->month < 0 ? p->month + 12 : year >= 0 ? 11 : 0; /* of an interval */
		snprintf(text, sizeof(text), "%s", roman[month]);
		for (char *t = text; key == K_rm && *t; t++)
			*t = (char)tolower((unsigned char)*t);
		buf_addf(b, n->fill ? "%s" : "%-4s", text);
		break;
	}
	case K_W: number(b, n, 0, (p->day - 1) / 7 + 1); break;
	case K_J: number(b, n, 0, m->interval ? julian_of(p->year, p->month ? p->month : 1, p->day ? p->day : 1) : julian_of(p->year, p->month, p->day)); break;
	case K_FX: break;
	}
	return true;
}

static void print(sqlite3_context *ctx, struct slice template, const struct moment *m)
{
	struct node *nodes;
	size_t count;
	struct buf b;

	if (!template.len)
		return; /* NULL */
	parse(scratch(sql_env_of(ctx)), template, &nodes, &count);
	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < count; i++) {
		if (nodes[i].kind == NODE_KEY) {
			if (!print_key(ctx, &b, &nodes[i], m)) {
				buf_release(&b);
				return;
			}
		} else {
			buf_add_char(&b, nodes[i].text[0]);
		}
	}
	result_buf(ctx, &b);
}

STRICT(timestamp_to_char)
{
	struct moment m = { 0 };

	if (!stamp_is_finite(arg_int(argv[0])))
		return;
	stamp_parts(arg_int(argv[0]), NULL, false, &m.p);
	print(ctx, arg_text(argv[1]), &m);
}

STRICT(timestamptz_to_char)
{
	struct moment m = { .zoned = true };

	if (!stamp_is_finite(arg_int(argv[0])))
		return;
	stamp_parts(arg_int(argv[0]), session_zone(sql_env_of(ctx)), true, &m.p);
	print(ctx, arg_text(argv[1]), &m);
}

STRICT(interval_to_char)
{
	struct interval v = arg_interval(argv[0]);
	struct moment m = { .interval = true, .hours = v.us / US_HOUR };

	m.p = (struct parts){ .year = v.months / 12, .month = v.months % 12, .day = v.days, .minute = (int)(v.us / US_MINUTE % 60),
			      .second = (int)(v.us / US_SECOND % 60), .us = (int)(v.us % US_SECOND) };
	print(ctx, arg_text(argv[1]), &m);
}

/* ---- reading ---- */

struct read {
	int year, month, day, day_of_year, weekday, week, week_of_month, century, julian, hour, minute, second, millisecond, us, seconds_of_day;
	int digits_of_year, iso_day, half, tz_sign, tz_hour, tz_minute;
	bool has_year, bc, iso, has_clock12, has_tz, y_yyy, has_ssss, gregorian;
};

static bool bad_value(sqlite3_context *ctx, struct slice got, const char *key)
{
	struct sql_error *e = sql_raise(ctx, "22007", "invalid value \"%.*s\" for \"%s\"", SLICE_ARG(got), key);
	sql_detail(sql_env_of(ctx), e, "Value must be an integer.");
	return false;
}

/* Whether the node after may stand against digits: then a number takes no more than its width. */
static bool next_is_digits(const struct node *n, size_t i, size_t count)
{
	if (i + 1 >= count)
		return false;
	return n[i + 1].kind == NODE_KEY ? keys[n[i + 1].key].number : n[i + 1].kind == NODE_CHAR && isdigit((unsigned char)n[i + 1].text[0]);
}

/* A number of at most `width` digits (any when nothing numeric follows); 0: raised. */
static int read_int(sqlite3_context *ctx, struct slice s, size_t *at, int width, bool strict, const char *key, int *v)
{
	size_t i = *at, from;
	int64_t n = 0;
	bool minus = false;

	while (i < s.len && isspace((unsigned char)s.ptr[i]))
		i++;
	from = i;
	if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
		minus = s.ptr[i++] == '-';
	size_t digits = i, left = s.len - from;
	if (strict && left < (size_t)width) {
		struct sql_error *e = sql_raise(ctx, "22007", "source string too short for \"%s\" formatting field", key);
		sql_detail(sql_env_of(ctx), e, "Field requires %d characters, but only %d remain.", width, (int)left);
		sql_hint(sql_env_of(ctx), e, "If your source string is not fixed-width, try using the \"FM\" modifier.");
		return 0;
	}
	while (i < s.len && isdigit((unsigned char)s.ptr[i]) && (!strict || i - from < (size_t)width)) {
		if (n < INT32_MAX)
			n = n * 10 + (s.ptr[i] - '0');
		i++;
	}
	if (i == digits) {
		size_t end = from;
		while (end < s.len && end - from < (size_t)width)
			end++;
		bad_value(ctx, slice_of(s.ptr + from, end - from), key);
		return 0;
	}
	if (strict && i - from < (size_t)width) {
		struct sql_error *e = sql_raise(ctx, "22007", "invalid value \"%.*s\" for \"%s\"", width, s.ptr + from, key);
		sql_detail(sql_env_of(ctx), e, "Field requires %d characters, but only %d could be parsed.", width, (int)(i - from));
		sql_hint(sql_env_of(ctx), e, "If your source string is not fixed-width, try using the \"FM\" modifier.");
		return 0;
	}
	if (n > INT32_MAX) {
		struct sql_error *e = sql_raise(ctx, "22008", "value for \"%s\" in source string is out of range", key);
		sql_detail(sql_env_of(ctx), e, "Value must be in the range %d to %d.", INT32_MIN, INT32_MAX);
		return 0;
	}
	*v = (int)(minus ? -n : n);
	*at = i;
	return (int)(i - from);
}

static bool read_word(sqlite3_context *ctx, struct slice s, size_t *at, const char *const *list, int count, int letters, const char *key, int *v)
{
	struct slice rest = slice_skip(s, *at);

	for (int i = 0; i < count; i++) {
		size_t len = letters ? (size_t)letters : strlen(list[i]);
		if (rest.len >= len && slice_eq_nocase(slice_take(rest, len), slice_of(list[i], len))) {
			*v = i;
			*at += len;
			return true;
		}
	}
	size_t n = 0;
	while (n < rest.len && !isspace((unsigned char)rest.ptr[n]))
		n++;
	struct sql_error *e = sql_raise(ctx, "22007", "invalid value \"%.*s\" for \"%s\"", (int)n, rest.ptr, key);
	sql_detail(sql_env_of(ctx), e, "The given value did not match any of the allowed values for this field.");
	return false;
}

static int fix_year(int year, int digits)
{
	if (digits >= 4 || year < 0)
		return year;
	if (digits <= 2)
		return year < 70 ? year + 2000 : year < 100 ? year + 1900 : year;
	return year < 520 ? year + 2000 : year < 1000 ? year + 1000 : year;
}

static bool read_key(sqlite3_context *ctx, const struct node *n, size_t k, size_t count, struct slice s, size_t *at, struct read *r)
{
	static const char *const halves[] = { "am", "pm", "a.m.", "p.m." }, *const eras[] = { "ad", "bc", "a.d.", "b.c." };
	static const char *const roman[] = { "XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I" };
	const char *name_of = n[k].spelled;
	enum key key = keys[n[k].key].key;
	bool strict = !n[k].fill && next_is_digits(n, k, count);
	int v = 0, got;

#define NUMBER(field, width) got = read_int(ctx, s, at, width, strict, name_of, &r->field)
	switch (key) {
	case K_FX: return true;
	case K_AM: case K_PM: case K_am: case K_pm: case K_AM_DOTS: case K_PM_DOTS: case K_a_m: case K_p_m:
		if (!read_word(ctx, s, at, key == K_AM || key == K_PM || key == K_am || key == K_pm ? halves : halves + 2, 2, 0, name_of, &v))
			return false;
		r->half = v + 1;
		r->has_clock12 = true;
		return true;
	case K_AD: case K_BC: case K_ad: case K_bc: case K_AD_DOTS: case K_BC_DOTS: case K_a_d: case K_b_c:
		if (!read_word(ctx, s, at, key == K_AD || key == K_BC || key == K_ad || key == K_bc ? eras : eras + 2, 2, 0, name_of, &v))
			return false;
		r->bc = v == 1;
		return true;
	case K_HH: case K_HH12: r->has_clock12 = true; NUMBER(hour, 2); break;
	case K_HH24: NUMBER(hour, 2); break;
	case K_MI: NUMBER(minute, 2); break;
	case K_SS: NUMBER(second, 2); break;
	case K_MS:
		got = read_int(ctx, s, at, 3, strict, name_of, &r->millisecond);
		r->millisecond *= got == 1 ? 100 : got == 2 ? 10 : 1;
		break;
	case K_FF1: case K_FF2: case K_FF3: case K_FF4: case K_FF5: case K_FF6: case K_US: {
		int width = key == K_US ? 6 : key - K_FF1 + 1;
		got = read_int(ctx, s, at, width, strict, name_of, &r->us);
		for (int d = got; d && d < 6; d++)
			r->us *= 10;
		break;
	}
	case K_SSSS: case K_SSSSS: NUMBER(seconds_of_day, 5); r->has_ssss = true; break;
	case K_TZ: case K_tz: case K_OF: {
		sql_raise(ctx, "0A000", "formatting field \"%s\" is only supported in to_char", name_of);
		return false;
	}
	case K_TZH:
		r->has_tz = true;
		r->tz_sign = 1;
		if (*at < s.len && (s.ptr[*at] == '+' || s.ptr[*at] == '-' || s.ptr[*at] == ' '))
			r->tz_sign = s.ptr[(*at)++] == '-' ? -1 : 1;
		NUMBER(tz_hour, 2);
		break;
	case K_TZM: r->has_tz = true; if (!r->tz_sign) r->tz_sign = 1; NUMBER(tz_minute, 2); break;
	case K_MONTH: case K_Month: case K_month:
		if (!read_word(ctx, s, at, month_names, 12, 0, name_of, &v))
			return false;
		r->month = v + 1;
		return true;
	case K_MON: case K_Mon: case K_mon:
		if (!read_word(ctx, s, at, month_names, 12, 3, name_of, &v))
			return false;
		r->month = v + 1;
		return true;
	case K_MM: NUMBER(month, 2); break;
	case K_DAY: case K_Day: case K_day: return read_word(ctx, s, at, day_names, 7, 0, name_of, &v) && (r->weekday = v + 1, true);
	case K_DY: case K_Dy: case K_dy: return read_word(ctx, s, at, day_names, 7, 3, name_of, &v) && (r->weekday = v + 1, true);
	case K_DDD: NUMBER(day_of_year, 3); break;
	case K_IDDD: NUMBER(day_of_year, 3); r->iso = true; break;
	case K_DD: NUMBER(day, 2); break;
	case K_D: NUMBER(weekday, 1); break;
	case K_ID:
		NUMBER(iso_day, 1);
		r->iso_day = r->iso_day > 7 ? 7 : r->iso_day;
		r->iso = true;
		break;
	case K_WW: NUMBER(week, 2); break;
	case K_IW: NUMBER(week, 2); r->iso = true; break;
	case K_Q: got = read_int(ctx, s, at, 1, strict, name_of, &v); break;
	case K_CC: NUMBER(century, 2); break;
	case K_Y_YYY: {
		int thousands = 0, rest = 0;
		got = read_int(ctx, s, at, 9, false, name_of, &thousands);
		if (got && *at < s.len && s.ptr[*at] == ',') {
			(*at)++;
			got = read_int(ctx, s, at, 3, true, name_of, &rest);
		}
		r->year = thousands * 1000 + rest;
		r->digits_of_year = 4;
		r->has_year = true;
		break;
	}
	case K_YYYY: case K_IYYY: case K_YYY: case K_IYY: case K_YY: case K_IY: case K_Y: case K_I: {
		int width = key == K_YYYY || key == K_IYYY ? 4 : key == K_YYY || key == K_IYY ? 3 : key == K_YY || key == K_IY ? 2 : 1;
		got = read_int(ctx, s, at, width, strict, name_of, &r->year);
		r->iso |= key == K_IYYY || key == K_IYY || key == K_IY || key == K_I;
		r->year = width == 4 ? r->year : fix_year(r->year, got);
		r->digits_of_year = width;
		r->has_year = true;
		break;
	}
	case K_RM: case K_rm:
		if (!read_word(ctx, s, at, roman, 12, 0, name_of, &v))
			return false;
		r->month = 12 - v;
		return true;
	case K_W: NUMBER(week_of_month, 1); break;
	case K_J: NUMBER(julian, 1); break;
	default: return true;
	}
#undef NUMBER
	if (!got)
		return false;
	if (n[k].ordinal)
		for (int i = 0; i < 2 && *at < s.len; i++)
			(*at)++;
	return true;
}

static bool field_overflow(sqlite3_context *ctx, struct slice s)
{
	sql_raise(ctx, "22008", "date/time field value out of range: \"%.*s\"", SLICE_ARG(s));
	return false;
}

/* The text by its template; false: raised. */
static bool read_text(sqlite3_context *ctx, struct slice s, struct slice template, struct parts *p, bool *has_tz)
{
	struct read r = { 0 };
	struct node *nodes;
	size_t count, at = 0;

	parse(scratch(sql_env_of(ctx)), template, &nodes, &count);
	int extra = 0;
	for (size_t k = 0; k < count; k++) {
		if (nodes[k].kind == NODE_SPACE || nodes[k].kind == NODE_SEPARATOR) {
			/* separators in the template match as many in the text, blanks any number */
			extra--;
			if (at < s.len && (isspace((unsigned char)s.ptr[at]) || (ispunct((unsigned char)s.ptr[at]) && (unsigned char)s.ptr[at] < 0x7f))) {
				at++;
				extra++;
			}
			continue;
		}
		if (nodes[k].kind == NODE_CHAR) {
			if (extra > 0)
				extra--;
			else if (at < s.len)
				at++;
			continue;
		}
		enum key key = keys[nodes[k].key].key;
		if (key != K_FX) {
			while (at < s.len && isspace((unsigned char)s.ptr[at])) {
				at++;
				extra++;
			}
		}
		if (at >= s.len)
			break;
		if (key != K_TZH && k > 0 && (nodes[k - 1].kind == NODE_SEPARATOR || nodes[k - 1].kind == NODE_SPACE))
			while (at < s.len && !isalnum((unsigned char)s.ptr[at]) && s.ptr[at] != '-' && s.ptr[at] != '+' && (unsigned char)s.ptr[at] < 0x7f)
				at++;
		if (at >= s.len)
			break;
		if (!read_key(ctx, nodes, k, count, s, &at, &r))
			return false;
		extra = 0;
		while (at < s.len && isspace((unsigned char)s.ptr[at])) {
			at++;
			extra++;
		}
		/* what a following separator will take must stay */
		if (extra && k + 1 < count && nodes[k + 1].kind != NODE_KEY) {
			at -= (size_t)extra;
			extra = 0;
		}
	}

	*p = (struct parts){ .year = 0, .month = 1, .day = 1 };
	if (r.has_ssss) {
		r.hour = r.seconds_of_day / 3600;
		r.minute = r.seconds_of_day / 60 % 60;
		r.second = r.seconds_of_day % 60;
	}
	if (r.has_clock12) {
		if (r.hour < 1 || r.hour > 12) {
			struct sql_error *e = sql_raise(ctx, "22007", "hour \"%d\" is invalid for the 12-hour clock", r.hour);
			sql_hint(sql_env_of(ctx), e, "Use the 24-hour clock, or give an hour between 1 and 12.");
			return false;
		}
		if (r.half == 2 && r.hour < 12)
			r.hour += 12;
		else if (r.half == 1 && r.hour == 12)
			r.hour = 0;
	}
	p->hour = r.hour;
	p->minute = r.minute;
	p->second = r.second;
	p->us = r.us + r.millisecond * 1000;
	if (r.has_year) {
		p->year = r.bc && r.year > 0 ? -(r.year - 1) : r.year < 0 ? r.year + 1 : r.year;
		if (r.century && r.digits_of_year <= 2)
			p->year = r.year % 100 ? r.year % 100 + (r.century - 1) * 100 : r.century * 100;
	} else if (r.century) {
		p->year = (r.century - 1) * 100 + 1;
	}
	if (r.julian)
		julian_parts(r.julian, &p->year, &p->month, &p->day);
	if (r.iso && r.week) {
		int day = r.iso_day ? r.iso_day : r.weekday ? (r.weekday == 1 ? 7 : r.weekday - 1) : 1;
		julian_parts(iso_first_monday(p->year) + (r.week - 1) * 7 + day - 1, &p->year, &p->month, &p->day);
	} else if (r.week) {
		r.day_of_year = (r.week - 1) * 7 + 1;
	}
	if (r.week_of_month)
		r.day = (r.week_of_month - 1) * 7 + 1;
	if (r.day_of_year && r.iso && !r.week) {
		julian_parts(iso_first_monday(p->year) + r.day_of_year - 1, &p->year, &p->month, &p->day);
	} else if (r.day_of_year) {
		if (!r.has_year && !r.bc && !p->year) {
			sql_raise(ctx, "22007", "cannot calculate day of year without year information");
			return false;
		}
		if (r.day_of_year < 1 || r.day_of_year > 365 + is_leap(p->year))
			return field_overflow(ctx, s);
		julian_parts(julian_of(p->year, 1, 1) + r.day_of_year - 1, &p->year, &p->month, &p->day);
	}
	if (r.month)
		p->month = r.month;
	if (r.day)
		p->day = r.day;
	if (p->month < 1 || p->month > 12 || p->day < 1 || p->day > month_days(p->year, p->month) || p->hour < 0 || p->hour > 23 || p->minute < 0 || p->minute > 59 ||
	    p->second < 0 || p->second > 59 || p->us < 0 || p->us >= US_SECOND)
		return field_overflow(ctx, s);
	*has_tz = r.has_tz;
	p->offset = r.tz_sign * (r.tz_hour * 3600 + r.tz_minute * 60);
	return true;
}

STRICT(to_timestamp)
{
	struct parts p;
	int64_t t;
	bool has_tz;

	if (!read_text(ctx, arg_text(argv[0]), arg_text(argv[1]), &p, &has_tz))
		return;
	if (!parts_stamp(&p, &t)) {
		stamp_out_of_range(ctx);
		return;
	}
	if (has_tz)
		t -= p.offset * US_SECOND;
	else if (!stamp_to_utc(t, session_zone(sql_env_of(ctx)), &t)) {
		stamp_out_of_range(ctx);
		return;
	}
	result_stamp(ctx, t);
}

STRICT(to_date)
{
	struct parts p;
	bool has_tz;

	if (!read_text(ctx, arg_text(argv[0]), arg_text(argv[1]), &p, &has_tz))
		return;
	int64_t d = (int64_t)julian_of(p.year, p.month, p.day) - JULIAN_2000;
	if (d < DATE_LEAST || d > DATE_MOST) {
		struct slice s = arg_text(argv[0]);
		sql_raise(ctx, "22008", "date out of range: \"%.*s\"", SLICE_ARG(s));
		return;
	}
	sqlite3_result_int64(ctx, d);
}

const struct func_row func_to_char_date_rows[] = {
	CALL("timestamp_to_char", timestamp_to_char, 2), CALL("timestamptz_to_char", timestamptz_to_char, 2), CALL("interval_to_char", interval_to_char, 2),
	CALL("to_timestamp", to_timestamp, 2), CALL("to_date", to_date, 2),
	END_OF_ROWS
};
