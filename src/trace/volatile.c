/*
 * volatile: recognisers of shapes. Each looks at fixed offsets first, so that
 * ordinary text is left after a comparison or two.
 */
#include "trace/volatile.h"

static const struct {
	const char *name;
	bool identity;
} types[V_COUNT] = {
	[V_NONE] = { "", false },	     [V_UUID] = { "uuid", true },	[V_TIME] = { "time", false },
	[V_PORT] = { "port", false },	     [V_SECRET] = { "secret", true },	[V_ID] = { "id", true },
	[V_PTR] = { "ptr", false },	     [V_ETAG] = { "etag", true },	[V_TRACE] = { "trace", true },
	[V_AGENT] = { "agent", false },	     [V_DIGEST] = { "digest", false },	[V_MASKED] = { "masked", false },
	[V_BOUNDARY] = { "boundary", false },
};

const char *volatile_name(enum volatile_type t)
{
	return types[t].name;
}

bool volatile_has_identity(enum volatile_type t)
{
	return types[t].identity;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool ends(struct slice s, size_t at)
{
	return at >= s.len || !is_word(s.ptr[at]);
}

static const bool hex[256] = {
	['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true,
	['8'] = true, ['9'] = true, ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true,
	['A'] = true, ['B'] = true, ['C'] = true, ['D'] = true, ['E'] = true, ['F'] = true,
};

/* RFC 9562 section 4: 8-4-4-4-12 hex digits. */
static bool uuid(struct slice s, struct volatile_hit *hit)
{
	if (s.len < 36 || s.ptr[8] != '-' || s.ptr[13] != '-' || s.ptr[18] != '-' || s.ptr[23] != '-')
		return false;
	for (int i = 0; i < 36; i++)
		if (!hex[(unsigned char)s.ptr[i]] && i != 8 && i != 13 && i != 18 && i != 23)
			return false;
	if (!ends(s, 36))
		return false;
	*hit = (struct volatile_hit){ V_UUID, 36, slice_take(s, 36) };
	return true;
}

/* ---- time --------------------------------------------------------------- */

static int number(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (!is_digit(p[i]))
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

/* Days since 1970-01-01 of the Gregorian calendar, years from March on. */
static int64_t days(int y, int m, int d)
{
	if (m <= 2)
		y--;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int yoe = (int)(y - era * 400);
	int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool clock_ok(int h, int m, int s)
{
	return h >= 0 && h < 24 && m >= 0 && m < 60 && s >= 0 && s <= 60;
}

/* RFC 3339 section 5.6, and PostgreSQL's spelling: a space for the T, an offset
 * of hours alone or none (then UTC). */
bool volatile_rfc3339(struct slice s, int64_t *seconds, size_t *len)
{
	if (s.len < 19 || s.ptr[4] != '-' || s.ptr[7] != '-' || (s.ptr[10] != 'T' && s.ptr[10] != ' ' && s.ptr[10] != 't') ||
	    s.ptr[13] != ':' || s.ptr[16] != ':')
		return false;
	int y = number(s.ptr, 4), mo = number(s.ptr + 5, 2), d = number(s.ptr + 8, 2);
	int h = number(s.ptr + 11, 2), mi = number(s.ptr + 14, 2), se = number(s.ptr + 17, 2);
	if (y < 0 || mo < 1 || mo > 12 || d < 1 || d > 31 || !clock_ok(h, mi, se))
		return false;
	size_t n = 19;
	if (n + 1 < s.len && (s.ptr[n] == '.' || s.ptr[n] == ',') && is_digit(s.ptr[n + 1]))
		for (n++; n < s.len && is_digit(s.ptr[n]);)
			n++;
	int offset = 0;
	if (n < s.len && (s.ptr[n] == 'Z' || s.ptr[n] == 'z')) {
		n++;
	} else if (n + 2 < s.len && (s.ptr[n] == '+' || s.ptr[n] == '-') && number(s.ptr + n + 1, 2) >= 0) {
		int sign = s.ptr[n] == '-' ? -1 : 1;
		offset = number(s.ptr + n + 1, 2) * 3600;
		n += 3;
		size_t m = n + (n < s.len && s.ptr[n] == ':');
		if (m + 1 < s.len && number(s.ptr + m, 2) >= 0) {
			offset += number(s.ptr + m, 2) * 60;
			n = m + 2;
		}
		offset *= sign;
	} else if (n + 3 < s.len && memcmp(s.ptr + n, " UTC", 4) == 0) {
		n += 4;
	}
	if (!ends(s, n))
		return false;
	*seconds = days(y, mo, d) * 86400 + h * 3600 + mi * 60 + se - offset;
	*len = n;
	return true;
}

/* 20261120T111446Z, as AWS signs. */
static bool basic_time(struct slice s, int64_t *seconds, size_t *len)
{
	if (s.len < 16 || s.ptr[8] != 'T' || s.ptr[15] != 'Z')
		return false;
	int y = number(s.ptr, 4), mo = number(s.ptr + 4, 2), d = number(s.ptr + 6, 2);
	int h = number(s.ptr + 9, 2), mi = number(s.ptr + 11, 2), se = number(s.ptr + 13, 2);
	if (y < 0 || mo < 1 || mo > 12 || d < 1 || d > 31 || !clock_ok(h, mi, se) || !ends(s, 16))
		return false;
	*seconds = days(y, mo, d) * 86400 + h * 3600 + mi * 60 + se;
	*len = 16;
	return true;
}

/* IMF-fixdate (RFC 9110 section 5.6.7) and mail's numeric offset (RFC 5322). */
static bool http_date(struct slice s, int64_t *seconds, size_t *len)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (s.len < 29 || s.ptr[3] != ',' || s.ptr[4] != ' ' || s.ptr[7] != ' ' || s.ptr[11] != ' ' || s.ptr[19] != ':')
		return false;
	int d = number(s.ptr + 5, 2), y = number(s.ptr + 12, 4), mo = 0;
	for (int i = 0; i < 12; i++)
		if (memcmp(s.ptr + 8, months + 3 * i, 3) == 0)
			mo = i + 1;
	int h = number(s.ptr + 17, 2), mi = number(s.ptr + 20, 2), se = number(s.ptr + 23, 2);
	if (d < 1 || d > 31 || !mo || y < 0 || !clock_ok(h, mi, se))
		return false;
	int offset = 0;
	size_t n;
	if (memcmp(s.ptr + 25, " GMT", 4) == 0 || memcmp(s.ptr + 25, " UTC", 4) == 0) {
		n = 29;
	} else if (s.len >= 31 && s.ptr[25] == ' ' && (s.ptr[26] == '+' || s.ptr[26] == '-') && number(s.ptr + 27, 4) >= 0) {
		offset = number(s.ptr + 27, 2) * 3600 + number(s.ptr + 29, 2) * 60;
		offset = s.ptr[26] == '-' ? -offset : offset;
		n = 31;
	} else {
		return false;
	}
	*seconds = days(y, mo, d) * 86400 + h * 3600 + mi * 60 + se - offset;
	*len = n;
	return true;
}

/* Seconds with a fraction, or milli-, micro-, nanoseconds since 1970, told by
 * the number of digits (2001 to 2286). */
static bool epoch(struct slice s, int64_t *seconds, size_t *len)
{
	static const int64_t unit[] = { 1, 1000, 1000000, 1000000000 };
	size_t n = 0;
	int64_t v = 0;

	while (n < s.len && n < 20 && is_digit(s.ptr[n]))
		v = n < 19 ? v * 10 + (s.ptr[n] - '0') : v, n++;
	if (n != 10 && n != 13 && n != 16 && n != 19)
		return false;
	v /= unit[(n - 10) / 3];
	if (n + 1 < s.len && s.ptr[n] == '.' && is_digit(s.ptr[n + 1]))
		for (n++; n < s.len && is_digit(s.ptr[n]);)
			n++;
	if (!ends(s, n))
		return false;
	*seconds = v;
	*len = n;
	return true;
}

static bool point_in_time(struct slice s, const struct volatile_window *w, struct volatile_hit *hit)
{
	int64_t at;
	size_t len;

	if (!w->known)
		return false;
	if (is_digit(s.ptr[0])) {
		if (!volatile_rfc3339(s, &at, &len) && !basic_time(s, &at, &len) && !epoch(s, &at, &len))
			return false;
	} else if (!http_date(s, &at, &len)) {
		return false;
	}
	if (at < w->from_s || at > w->to_s)
		return false;
	*hit = (struct volatile_hit){ V_TIME, len, SLICE_NONE };
	return true;
}

/* ---- placeholders -------------------------------------------------------- */

static bool placeholder(struct slice s, bool canonical, struct volatile_hit *hit)
{
	for (int t = V_NONE + 1; t < V_COUNT; t++) {
		size_t n = strlen(types[t].name);
		if (!canonical && t != V_SECRET)
			continue;
		if (s.len < n + 2 || memcmp(s.ptr + 1, types[t].name, n) != 0)
			continue;
		size_t at = 1 + n;
		if (s.ptr[at] == '>') {
			*hit = (struct volatile_hit){ (enum volatile_type)t, at + 1, SLICE_NONE };
			return true;
		}
		if (s.ptr[at] != ':')
			continue;
		size_t from = ++at;
		while (at < s.len && at - from < 64 && is_hex(s.ptr[at]))
			at++;
		if (at == from || at >= s.len || s.ptr[at] != '>')
			continue;
		*hit = (struct volatile_hit){ (enum volatile_type)t, at + 1, slice_of(s.ptr + from, at - from) };
		return true;
	}
	return false;
}

bool volatile_at(struct slice s, const struct volatile_window *w, bool canonical, struct volatile_hit *hit)
{
	if (!s.len)
		return false;
	char c = s.ptr[0];
	if (c == '<')
		return placeholder(s, canonical, hit);
	if (is_hex(c) && uuid(s, hit))
		return true;
	if (is_digit(c) || c == 'M' || c == 'T' || c == 'W' || c == 'F' || c == 'S')
		return point_in_time(s, w, hit);
	return false;
}
