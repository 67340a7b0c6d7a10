/*
 * The settings of PostgreSQL 15: finding one, checking and printing its
 * values. Whose value it is at the moment belongs to the session.
 *
 * Source: manual chapter 20; the table is read from a real server.
 */
#include "service/pg/pg_settings.h"

#include <math.h>
#include <stdlib.h>

#include "service/pg/pg_error.h"

static const struct pg_setting settings[] = {
#define SETTING(name, type, who, unit, least, greatest, values, initial) \
	{ name, PG_SETTING_##type, PG_SETTING_##who, unit, least, greatest, values, initial, false, false, false },
#include "service/pg/settings.def"
};
#define COUNT (sizeof(settings) / sizeof(settings[0]))

/* What pg_settings does not tell of some. */
static const struct {
	const char *name;
	bool list, quoted, reported;
} flags[] = {
	{ "DateStyle", true, false, true },
	{ "IntervalStyle", false, false, true },
	{ "TimeZone", false, false, true },
	{ "application_name", false, false, true },
	{ "client_encoding", false, false, true },
	{ "default_transaction_read_only", false, false, true },
	{ "in_hot_standby", false, false, true },
	{ "integer_datetimes", false, false, true },
	{ "is_superuser", false, false, true },
	{ "search_path", true, true, false },
	{ "server_encoding", false, false, true },
	{ "server_version", false, false, true },
	{ "session_authorization", false, false, true },
	{ "standard_conforming_strings", false, false, true },
	{ "temp_tablespaces", true, true, false },
	{ "local_preload_libraries", true, true, false },
	{ "session_preload_libraries", true, true, false },
};

/* The rows with their flags, made once. */
static const struct pg_setting *table(void)
{
	static struct pg_setting made[COUNT];
	static bool done;

	if (done)
		return made;
	memcpy(made, settings, sizeof(made));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		for (size_t j = 0; j < COUNT; j++)
			if (strcmp(made[j].name, flags[i].name) == 0) {
				made[j].list = flags[i].list;
				made[j].quoted = flags[i].quoted;
				made[j].reported = flags[i].reported;
			}
	done = true;
	return made;
}

/* As the table is sorted: by lower-case name. */
static int compare(struct slice name, const char *with)
{
	for (size_t i = 0;; i++) {
		char a = i < name.len ? name.ptr[i] : '\0', b = with[i];

		a = a >= 'A' && a <= 'Z' ? (char)(a | 0x20) : a;
		b = b >= 'A' && b <= 'Z' ? (char)(b | 0x20) : b;
		if (a != b || !b)
			return (unsigned char)a - (unsigned char)b;
	}
}

const struct pg_setting *pg_setting_at(size_t n)
{
	return n < COUNT ? table() + n : NULL;
}

const struct pg_setting *pg_setting_find(struct slice name)
{
	const struct pg_setting *all = table();
	size_t low = 0, high = COUNT;

	/* Spellings that PostgreSQL keeps for old programs. */
	if (slice_eq_nocase_str(name, "sort_mem"))
		name = SLICE_LIT("work_mem");
	else if (slice_eq_nocase_str(name, "vacuum_mem"))
		name = SLICE_LIT("maintenance_work_mem");
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare(name, all[middle].name);

		if (!order)
			return &all[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct sql_error *pg_setting_allowed(const struct pg_setting *s, bool startup, struct arena *a)
{
	switch (s->who) {
	case PG_SETTING_INTERNAL:
		return pg_error_new(a, "55P02", "parameter \"%s\" cannot be changed", s->name);
	case PG_SETTING_POSTMASTER:
		return pg_error_new(a, "55P02", "parameter \"%s\" cannot be changed without restarting the server", s->name);
	case PG_SETTING_SIGHUP:
		return pg_error_new(a, "55P02", "parameter \"%s\" cannot be changed now", s->name);
	case PG_SETTING_BACKEND:
	case PG_SETTING_SUPERUSER_BACKEND:
		if (startup)
			return NULL;
		return pg_error_new(a, "55P02", "parameter \"%s\" cannot be set after connection start", s->name);
	default:
		return NULL;
	}
}

static struct sql_error *bad_value(const struct pg_setting *s, struct slice value, struct arena *a)
{
	return pg_error_new(a, "22023", "invalid value for parameter \"%s\": \"%.*s\"", s->name, SLICE_ARG(value));
}

/* parse_bool: -1 is neither. */
static int as_bool(struct slice v)
{
	static const struct {
		const char *word;
		size_t least;
		int value;
	} words[] = { { "true", 1, 1 }, { "yes", 1, 1 }, { "on", 2, 1 }, { "1", 1, 1 },
		      { "false", 1, 0 }, { "no", 1, 0 }, { "off", 2, 0 }, { "0", 1, 0 } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct slice word = slice_str(words[i].word);

		if (v.len >= words[i].least && v.len <= word.len && slice_eq_nocase(v, slice_take(word, v.len)))
			return words[i].value;
	}
	return -1;
}

/* ---- units ---- */

static const struct unit {
	const char *base;  /* the setting's unit is of this kind */
	const char *name;
	double size;       /* in bytes or microseconds */
} units[] = {
	{ "B", "TB", 1099511627776.0 }, { "B", "GB", 1073741824.0 }, { "B", "MB", 1048576.0 }, { "B", "kB", 1024.0 },
	{ "B", "B", 1.0 }, { "B", "8kB", 8192.0 },
	{ "us", "d", 86400e6 }, { "us", "h", 3600e6 }, { "us", "min", 60e6 }, { "us", "s", 1e6 }, { "us", "ms", 1e3 },
	{ "us", "us", 1.0 },
};

/* Units are case-sensitive in PostgreSQL. */
static const struct unit *find_unit(struct slice name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_eq_str(name, units[i].name))
			return &units[i];
	return NULL;
}

static struct sql_error *check_number(const struct pg_setting *s, struct slice value, struct arena *a,
				      struct slice *canonical)
{
	struct slice v = slice_trim(value);
	const char *text = arena_slice(a, v).ptr;
	char *end;
	double n = strtod(text, &end);
	struct slice unit = slice_trim(slice_skip(v, (size_t)(end - text)));
	const struct unit *base = find_unit(slice_str(s->unit));

	if (end == text || isnan(n))
		return bad_value(s, value, a);
	if (unit.len) {
		const struct unit *given = find_unit(unit);

		if (!base || !given || strcmp(given->base, base->base) != 0 || strcmp(given->name, "8kB") == 0) {
			struct sql_error *e = bad_value(s, value, a);

			if (base)
				e->hint = strcmp(base->base, "B") == 0 ?
					SLICE_LIT("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".") :
					SLICE_LIT("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".");
			return e;
		}
		n = n * given->size / base->size;
	}
	if (s->type == PG_SETTING_INTEGER)
		n = rint(n);
	if (n < s->least || n > s->greatest) {
		const char *gap = base ? " " : "";

		return pg_error_new(a, "22023", "%.15g%s%s is outside the valid range for parameter \"%s\" (%.6g .. %.10g)",
				    n, gap, s->unit, s->name, s->least, s->greatest);
	}
	*canonical = s->type == PG_SETTING_INTEGER ? arena_printf(a, "%.0f", n) : arena_printf(a, "%.15g", n);
	return NULL;
}

static struct sql_error *check_enum(const struct pg_setting *s, struct slice value, struct arena *a, struct slice *canonical)
{
	struct slice rest = slice_str(s->values), hint = SLICE_NONE;
	int flag = as_bool(value);

	while (rest.ptr) {
		struct slice one = slice_split(&rest, ',');

		if (slice_eq_nocase(one, value)) {
			*canonical = one;
			return NULL;
		}
		/* synchronous_commit and its like also take true, yes, 1 */
		if (flag >= 0 && slice_eq_str(one, flag ? "on" : "off")) {
			*canonical = one;
			return NULL;
		}
		hint = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(hint), hint.len ? ", " : "", SLICE_ARG(one));
	}
	struct sql_error *e = bad_value(s, value, a);
	e->hint = arena_printf(a, "Available values: %.*s.", SLICE_ARG(hint));
	return e;
}

/* ---- strings with a meaning ---- */

/* Only letters and digits of an encoding's name count: "utf-8" is UTF8, and so
 * is asyncpg's "'utf-8'" with the quotes in it (clean_encoding_name). */
static bool same_encoding(struct slice value, const char *name)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			continue;
		if (c != *name++)
			return false;
	}
	return !*name;
}

static struct sql_error *check_encoding(const struct pg_setting *s, struct slice value, struct arena *a,
					struct slice *canonical)
{
	static const char *const others[] = { "latin1", "iso88591", "latin9", "iso885915", "win1252", "windows1252",
					      "win1251", "koi8r", "eucjp", "sjis", "gbk", "big5", "euckr", NULL };

	if (same_encoding(value, "utf8") || same_encoding(value, "unicode")) {
		*canonical = SLICE_LIT("UTF8");
		return NULL;
	}
	if (same_encoding(value, "sqlascii")) {
		*canonical = SLICE_LIT("SQL_ASCII");
		return NULL;
	}
	for (size_t i = 0; others[i]; i++)
		if (same_encoding(value, others[i])) {
			struct sql_error *e = pg_error_new(a, "0A000", "client encoding \"%.*s\" is not supported by this fake",
							   SLICE_ARG(value));
			e->hint = SLICE_LIT("set client_encoding to UTF8");
			return e;
		}
	return bad_value(s, value, a);
}

/* "ISO, MDY": an output style and an order, either may be given alone. */
static struct sql_error *check_datestyle(const struct pg_setting *s, struct slice value, struct slice before,
					 struct arena *a, struct slice *canonical)
{
	struct slice order = before, style = slice_split(&order, ','), rest = value;

	order = slice_trim(order);
	while (rest.ptr) {
		struct slice one = slice_trim(slice_split(&rest, ','));

		if (slice_eq_nocase_str(one, "iso"))
			style = SLICE_LIT("ISO");
		else if (slice_eq_nocase_str(one, "sql"))
			style = SLICE_LIT("SQL");
		else if (slice_eq_nocase_str(one, "german"))
			style = SLICE_LIT("German");
		else if (slice_eq_nocase_str(slice_take(one, 8), "postgres"))
			style = SLICE_LIT("Postgres");
		else if (slice_eq_nocase_str(one, "ymd"))
			order = SLICE_LIT("YMD");
		else if (slice_eq_nocase_str(one, "dmy") || slice_eq_nocase_str(slice_take(one, 4), "euro"))
			order = SLICE_LIT("DMY");
		else if (slice_eq_nocase_str(one, "mdy") || slice_eq_nocase_str(one, "us") ||
			 slice_eq_nocase_str(slice_take(one, 7), "noneuro"))
			order = SLICE_LIT("MDY");
		else
			return bad_value(s, value, a);
	}
	*canonical = arena_printf(a, "%.*s, %.*s", SLICE_ARG(style), SLICE_ARG(order));
	return NULL;
}

/* A name of the time zone database, or hours east of Greenwich, which become a
 * POSIX zone (that counts west). */
static struct sql_error *check_timezone(const struct pg_setting *s, struct slice value, struct arena *a,
					struct slice *canonical)
{
	char *end;
	const char *text = arena_slice(a, value).ptr;
	double hours = strtod(text, &end);

	if (end != text && !*end) {
		int east = (int)(hours * 3600), size = east < 0 ? -east : east;
		struct slice clock = arena_printf(a, "%02d", size / 3600);

		if (size > 167 * 3600)
			return bad_value(s, value, a);
		if (size % 3600)
			clock = arena_printf(a, "%.*s:%02d", SLICE_ARG(clock), size / 60 % 60);
		*canonical = arena_printf(a, "<%c%.*s>%c%.*s", east < 0 ? '-' : '+', SLICE_ARG(clock),
					  east < 0 ? '+' : '-', SLICE_ARG(clock));
		return NULL;
	}
	if (!value.len)
		return bad_value(s, value, a);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/_+-:<>", c)))
			return bad_value(s, value, a);
	}
	*canonical = slice_eq_nocase_str(value, "utc") ? SLICE_LIT("UTC") : value;
	return NULL;
}

struct sql_error *pg_setting_check(const struct pg_setting *s, struct slice value, struct slice before, struct arena *a,
				   struct slice *canonical)
{
	int flag;

	switch (s->type) {
	case PG_SETTING_BOOL:
		flag = as_bool(value);
		if (flag < 0)
			return pg_error_new(a, "22023", "parameter \"%s\" requires a Boolean value", s->name);
		*canonical = flag ? SLICE_LIT("on") : SLICE_LIT("off");
		return NULL;
	case PG_SETTING_INTEGER:
	case PG_SETTING_REAL:
		return check_number(s, value, a, canonical);
	case PG_SETTING_ENUM:
		return check_enum(s, value, a, canonical);
	case PG_SETTING_STRING:
		break;
	}
	if (strcmp(s->name, "client_encoding") == 0)
		return check_encoding(s, value, a, canonical);
	if (strcmp(s->name, "DateStyle") == 0)
		return check_datestyle(s, value, before, a, canonical);
	if (strcmp(s->name, "TimeZone") == 0)
		return check_timezone(s, value, a, canonical);
	*canonical = value;
	return NULL;
}

/* ---- printing ---- */

/* SHOW prints a number in the largest unit that leaves it whole. */
struct slice pg_setting_show(const struct pg_setting *s, struct slice canonical, struct arena *a)
{
	const struct unit *base = find_unit(slice_str(s->unit));
	double n = base ? strtod(arena_slice(a, canonical).ptr, NULL) : 0;

	if (!strcmp(s->name, "data_directory_mode") || !strcmp(s->name, "log_file_mode") ||
	    !strcmp(s->name, "unix_socket_permissions"))
		return arena_printf(a, "%04o", (unsigned)strtoul(arena_slice(a, canonical).ptr, NULL, 10));
	if ((s->type != PG_SETTING_INTEGER && s->type != PG_SETTING_REAL) || n <= 0)
		return canonical;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double count = n * base->size / units[i].size;

		if (strcmp(units[i].base, base->base) == 0 && strcmp(units[i].name, "8kB") != 0 && count == rint(count))
			return arena_printf(a, "%.0f%s", count, units[i].name);
	}
	return arena_printf(a, "%.*s%s", SLICE_ARG(canonical), s->unit);
}

struct slice pg_quote_name(struct slice name, struct arena *a)
{
	bool plain = name.len && ((name.ptr[0] >= 'a' && name.ptr[0] <= 'z') || name.ptr[0] == '_');

	for (size_t i = 0; i < name.len && plain; i++)
		plain = (name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || (name.ptr[i] >= '0' && name.ptr[i] <= '9') ||
			name.ptr[i] == '_';
	if (plain)
		return name;
	char *text = arena_alloc(a, name.len * 2 + 3);
	size_t len = 0;
	text[len++] = '"';
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			text[len++] = '"';
		text[len++] = name.ptr[i];
	}
	text[len++] = '"';
	text[len] = '\0';
	return slice_of(text, len);
}
