/*
 * Zones by way of the C library: what localtime_r says is written down once as
 * periods of equal offset, a window of years at a time, and asked for afterwards.
 * TZ is only changed while a window is read and is put back.
 */
#include "service/pg/sql/type/datetime.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "base/map.h"

#define DAY 86400LL
#define CYCLE (146097 * DAY) /* 400 years: rules repeat, weekdays too */

struct period {
	int64_t from;    /* unix seconds */
	int offset;
	bool dst;
	char abbrev[8];
};

/* Years of which nobody asks cost nothing. */
static const struct {
	int64_t from, to, step;
} windows[] = {
	{ -5364662400LL, -2840140800LL, 7 * DAY }, /* 1800 to 1880: LMT and the first railway times */
	{ -2840140800LL, 0, DAY },
	{ 0, 2208988800LL, DAY },                  /* to 2040 */
	{ 2208988800LL, 14831769600LL, 7 * DAY },  /* to 2440, from here on by cycle */
};
#define WINDOWS (sizeof(windows) / sizeof(windows[0]))

struct zone {
	char name[64];
	char tz[128];           /* for the C library */
	bool fixed;
	struct period one;      /* when fixed */
	struct period *periods[WINDOWS];
	size_t counts[WINDOWS];
};

static const char *folder(void)
{
	const char *dir = getenv("TZDIR");
	return dir && *dir ? dir : "/usr/share/zoneinfo";
}

static struct period ask(int64_t t)
{
	struct period p = { .from = t };
	struct tm tm;
	time_t tt = (time_t)t;

	if (localtime_r(&tt, &tm)) {
		p.offset = (int)tm.tm_gmtoff;
		p.dst = tm.tm_isdst > 0;
		snprintf(p.abbrev, sizeof(p.abbrev), "%.7s", tm.tm_zone ? tm.tm_zone : "");
	}
	return p;
}

static bool same(const struct period *a, const struct period *b)
{
	return a->offset == b->offset && a->dst == b->dst && strcmp(a->abbrev, b->abbrev) == 0;
}

static void load_window(struct zone *z, size_t w)
{
	const char *before = getenv("TZ");
	char *kept = before ? strdup(before) : NULL;
	size_t cap = 64, count = 0;
	struct period *list = malloc(cap * sizeof(*list));

	setenv("TZ", z->tz, 1);
	tzset();
	struct period now = ask(windows[w].from);
	if (list)
		list[count++] = now;
	for (int64_t t = windows[w].from; list && t < windows[w].to; t += windows[w].step) {
		struct period next = ask(t + windows[w].step);
		if (same(&now, &next))
			continue;
		int64_t low = t, high = t + windows[w].step; /* changes after low, at or before high */
		while (high - low > 1) {
			int64_t middle = low + (high - low) / 2;
			struct period m = ask(middle);
			if (same(&m, &now))
				low = middle;
			else
				high = middle;
		}
		now = ask(high);
		if (!same(&now, &next)) /* two changes within a step: look at the rest again */
			t = high - windows[w].step;
		if (count == cap) {
			struct period *larger = realloc(list, cap * 2 * sizeof(*list));
			if (!larger)
				break;
			list = larger;
			cap *= 2;
		}
		list[count++] = now;
	}
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
	z->periods[w] = list;
	z->counts[w] = count;
}

static const struct period *period_at(const struct zone *zone, int64_t t)
{
	struct zone *z = (struct zone *)(uintptr_t)zone; /* the cache grows */
	size_t w = 0;

	if (z->fixed)
		return &z->one;
	if (t < windows[0].from)
		t = windows[0].from;
	if (t >= windows[WINDOWS - 1].to)
		t -= ((t - windows[WINDOWS - 1].to) / CYCLE + 1) * CYCLE;
	while (w + 1 < WINDOWS && t >= windows[w].to)
		w++;
	if (!z->periods[w])
		load_window(z, w);
	if (!z->counts[w])
		return &z->one;
	size_t low = 0, high = z->counts[w];
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (z->periods[w][middle].from <= t)
			low = middle;
		else
			high = middle;
	}
	return &z->periods[w][low];
}

int zone_offset(const struct zone *z, int64_t t, const char **abbrev, bool *dst)
{
	const struct period *p = period_at(z, t);

	if (abbrev)
		*abbrev = p->abbrev;
	if (dst)
		*dst = p->dst;
	return p->offset;
}

/* A local time that does not exist is taken by the offset before the gap, one
 * that exists twice by the offset after (DetermineTimeZoneOffset). */
int zone_offset_local(const struct zone *z, int64_t local)
{
	if (z->fixed)
		return z->one.offset;
	int before = period_at(z, local - DAY)->offset, after = period_at(z, local + DAY)->offset;
	if (before == after)
		return before;
	int64_t low = local - DAY, high = local + DAY;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (period_at(z, middle)->offset == before)
			low = middle;
		else
			high = middle;
	}
	int64_t as_before = local - before, as_after = local - after;
	if (as_before < high && as_after < high)
		return before;
	if (as_before >= high && as_after >= high)
		return after;
	return as_before > as_after ? before : after;
}

bool zone_is_fixed(const struct zone *z, int *offset)
{
	*offset = z->one.offset;
	return z->fixed;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

/* The file of that name, without case, as it is spelled. */
static bool find_file(struct slice name, char *spelled, size_t size)
{
	char path[512];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s", folder());
	*spelled = 0;
	while (name.len) {
		struct slice part = slice_split(&name, '/');
		DIR *d = opendir(path);
		struct dirent *e;
		bool found = false;
		if (!d)
			return false;
		while (!found && (e = readdir(d)))
			if (e->d_name[0] != '.' && slice_eq_nocase_str(part, e->d_name)) {
				found = true;
				size_t have = strlen(path);
				snprintf(path + have, sizeof(path) - have, "/%s", e->d_name);
				n += (size_t)snprintf(spelled + n, size - n, "%s%s", n ? "/" : "", e->d_name);
			}
		closedir(d);
		if (!found || n >= size)
			return false;
	}
	struct stat st;
	return *spelled && stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 44;
}

/* "EST5", "<+03>-3", "+05:30": an abbreviation, perhaps none, and hours west. What follows is *rest. */
static bool parse_posix(struct slice s, char *abbrev, size_t size, int *west, struct slice *rest)
{
	size_t i = 0;
	long part[3] = { 0, 0, 0 };
	int n = 0;
	bool minus = false;

	if (i < s.len && s.ptr[i] == '<') {
		size_t end = slice_find(s, '>');
		if (end == s.len)
			return false;
		snprintf(abbrev, size, "%.*s", (int)(end - 1), s.ptr + 1);
		i = end + 1;
	} else {
		while (i < s.len && !isdigit((unsigned char)s.ptr[i]) && s.ptr[i] != ',' && s.ptr[i] != '+' && s.ptr[i] != '-')
			i++;
		snprintf(abbrev, size, "%.*s", (int)i, s.ptr);
	}
	if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
		minus = s.ptr[i++] == '-';
	size_t first = i;
	for (; n < 3; n++) {
		if (n && (i >= s.len || s.ptr[i] != ':'))
			break;
		if (n)
			i++;
		size_t from = i;
		while (i < s.len && isdigit((unsigned char)s.ptr[i]) && i - from < 4)
			part[n] = part[n] * 10 + (s.ptr[i++] - '0');
		if (i == from)
			return false;
	}
	if (i == first || part[0] > 167 || part[1] > 59 || part[2] > 59)
		return false;
	*west = (int)(part[0] * 3600 + part[1] * 60 + part[2]);
	if (minus)
		*west = -*west;
	*rest = slice_skip(s, i);
	return true;
}

static struct zone *new_fixed(const char *name, int offset, const char *abbrev)
{
	struct zone *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->fixed = true;
	z->one.offset = offset;
	snprintf(z->one.abbrev, sizeof(z->one.abbrev), "%.7s", abbrev);
	snprintf(z->name, sizeof(z->name), "%.63s", name);
	return z;
}

static struct zone *make(struct slice name)
{
	char spelled[64], abbrev[32];
	struct slice rest;
	int west;

	if (!name.len || name.len >= sizeof(spelled) || slice_find_slice(name, SLICE_LIT("..")) != name.len)
		return NULL;
	if (slice_eq_nocase_str(name, "UTC") || slice_eq_nocase_str(name, "GMT"))
		return new_fixed(slice_eq_nocase_str(name, "UTC") ? "UTC" : "GMT", 0, slice_eq_nocase_str(name, "UTC") ? "UTC" : "GMT");
	if (find_file(name, spelled, sizeof(spelled))) {
		struct zone *z = calloc(1, sizeof(*z));
		if (!z)
			return NULL;
		snprintf(z->name, sizeof(z->name), "%s", spelled);
		snprintf(z->tz, sizeof(z->tz), ":%.60s", spelled);
		/* a zone of one offset needs no windows */
		size_t changes = 0;
		for (size_t w = 0; w < WINDOWS && slice_eq_nocase(slice_of(spelled, 3), SLICE_LIT("Etc")); w++) {
			load_window(z, w);
			changes += z->counts[w] != 1 || !same(&z->periods[w][0], &z->periods[0][0]);
		}
		if (z->counts[0] && !changes) {
			z->fixed = true;
			z->one = z->periods[0][0];
		}
		return z;
	}
	if (!parse_posix(name, abbrev, sizeof(abbrev), &west, &rest))
		return NULL;
	char *copy = strndup(name.ptr, name.len);
	struct zone *z = copy ? new_fixed(copy, -west, abbrev) : NULL;
	free(copy);
	if (z && rest.len) { /* daylight saving: PostgreSQL's rules when it names none */
		z->fixed = false;
		snprintf(z->tz, sizeof(z->tz), "%.*s%s", SLICE_ARG(name), slice_find(name, ',') < name.len ? "" : ",M3.2.0,M11.1.0");
	}
	return z;
}

const struct zone *zone_find(struct slice name)
{
	static struct map known; /* by the name in lower case; the program's */
	static struct zone none;
	char lower[80];
	size_t n = name.len < sizeof(lower) ? name.len : sizeof(lower);

	for (size_t i = 0; i < n; i++)
		lower[i] = (char)tolower((unsigned char)name.ptr[i]);
	struct zone *z = map_get(&known, slice_of(lower, n));
	if (!z) {
		z = make(name);
		/* what is not there is remembered too, but not without end */
		if (z || known.count < 10000)
			map_set(&known, slice_of(lower, n), z ? z : &none);
	}
	return z == &none ? NULL : z;
}

const struct zone *zone_of_setting(struct slice s)
{
	char *end, text[64];

	if (!s.len)
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)(s.len < 63 ? s.len : 63), s.ptr);
	double hours = strtod(text, &end);
	if (end != text && !*end) { /* "-5", as SHOW prints it "<-05>+05" */
		struct zone *z = (struct zone *)(uintptr_t)zone_find(s);
		char posix[64];
		(void)z;
		snprintf(posix, sizeof(posix), "<%+03d>%+03d", (int)hours, -(int)hours);
		return zone_find(slice_str(posix));
	}
	return zone_find(s);
}

static const struct {
	const char *name, *zone;
	int offset;
	bool dst;
} abbrevs[] = {
#define FIXED(name, offset, dst) { name, NULL, offset, dst },
#define ZONE(name, zone) { name, zone, 0, false },
#include "service/pg/sql/type/zone_abbrev.def"
};

bool zone_abbrev(struct slice name, int *offset, bool *dst, const struct zone **zone)
{
	for (size_t i = 0; i < sizeof(abbrevs) / sizeof(abbrevs[0]); i++)
		if (slice_eq_nocase_str(name, abbrevs[i].name)) {
			*offset = abbrevs[i].offset;
			*dst = abbrevs[i].dst;
			*zone = abbrevs[i].zone ? zone_find(slice_str(abbrevs[i].zone)) : NULL;
			return !abbrevs[i].zone || *zone;
		}
	return false;
}

int zone_abbrev_offset(const struct zone *z, struct slice abbrev, int64_t local)
{
	/* at that time or before, the newest use of the abbreviation; else the first after */
	int64_t t = local - zone_offset_local(z, local);
	const struct period *p = period_at(z, t);

	if (z->fixed || slice_eq_nocase_str(abbrev, p->abbrev))
		return p->offset;
	for (int64_t back = t; back > windows[0].from; back -= 30 * DAY)
		if (slice_eq_nocase_str(abbrev, (p = period_at(z, back))->abbrev))
			return p->offset;
	for (int64_t on = t; on < windows[2].to; on += 30 * DAY)
		if (slice_eq_nocase_str(abbrev, (p = period_at(z, on))->abbrev))
			return p->offset;
	return zone_offset_local(z, local);
}

bool zone_by_text(struct sql_env *env, struct slice name, const struct zone **zone, int *offset)
{
	bool dst;

	*zone = NULL;
	if (zone_abbrev(name, offset, &dst, zone))
		return true;
	*zone = zone_find(name);
	if (*zone)
		return true;
	sql_raise_env(env, "22023", "time zone \"%.*s\" not recognized", SLICE_ARG(name));
	return false;
}

const struct zone *session_zone(struct sql_env *env)
{
	return style_of(env)->zone;
}
