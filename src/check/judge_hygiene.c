/* judge_hygiene: expectations on connections and leaks, from what the trailer
 * says of them. A golden keeps the counts of leaks alone; there the events of
 * connections still tell how many were opened. */
#include <string.h>

#include "check/inside.h"

#define SHOWN_LINES 10

static uint64_t number(json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static bool within(uint64_t n, struct count_range range)
{
	return n >= range.min && n <= range.max;
}

static void add_wanted(struct count_range range, struct buf *out)
{
	if (range.min == range.max)
		buf_addf(out, "%llu", (unsigned long long)range.min);
	else if (range.max == UINT64_MAX)
		buf_addf(out, "at least %llu", (unsigned long long)range.min);
	else if (!range.min)
		buf_addf(out, "at most %llu", (unsigned long long)range.max);
	else
		buf_addf(out, "%llu to %llu", (unsigned long long)range.min, (unsigned long long)range.max);
}

/* ---- leaks ------------------------------------------------------------------ */

/* What the trailer found, one line each: a stream or a handle, what is wrong with it, who made it. */
static void add_found(json_t *trailer, struct buf *out)
{
	json_t *one, *word;
	size_t i, k;

	json_array_foreach(json_object_get(json_object_get(trailer, "hygiene"), "found"), i, one) {
		const char *stream = json_string_value(json_object_get(one, "st")), *caller = json_string_value(json_object_get(one, "caller"));
		if (i == SHOWN_LINES) {
			buf_add_str(out, "     ...\n");
			return;
		}
		buf_add_str(out, "     ");
		if (stream)
			buf_add_str(out, stream);
		else
			buf_addf(out, "%s  %llu %s", json_string_value(json_object_get(one, "process")), (unsigned long long)number(one, "count"),
				 json_string_value(json_object_get(one, "handle")));
		json_array_foreach(json_object_get(one, "found"), k, word)
			buf_addf(out, "%s%s", k ? ", " : "  ", json_string_value(word));
		if (caller)
			buf_addf(out, "  made by %s", caller);
		buf_add_char(out, '\n');
	}
}

static bool leaks_hold(const struct tally *t, json_t *leaks, struct buf *found)
{
	const char *name, *sep = "";
	uint64_t sum = 0;
	json_t *v;
	bool all = true;

	for (size_t i = 0; i < t->e->nparts; i++) {
		const struct named_range *part = &t->e->parts[i];
		uint64_t n = number(leaks, part->name);
		if (within(n, part->range))
			continue;
		buf_addf(found, "%swants ", sep);
		add_wanted(part->range, found);
		buf_addf(found, " %s, found %llu", part->name, (unsigned long long)n);
		sep = "; ";
		all = false;
	}
	if (t->e->nparts)
		return all;
	json_object_foreach(leaks, name, v)
		sum += (uint64_t)json_integer_value(v);
	if (within(sum, t->e->count))
		return true;
	buf_addf(found, "found %llu:", (unsigned long long)sum);
	json_object_foreach(leaks, name, v)
		buf_addf(found, " %lld %s", (long long)json_integer_value(v), name);
	return false;
}

static bool end_leaks(struct judge *j, struct tally *t, struct buf *found)
{
	json_t *leaks = json_object_get(j->trailer, "leaks");

	if (!leaks) {
		buf_add_str(found, "the trace has no trailer");
		return false;
	}
	if (leaks_hold(t, leaks, found))
		return true;
	buf_reset(&t->seen);
	add_found(j->trailer, &t->seen);
	return false;
}

const struct judge_kind judge_leaks = { .end = end_leaks };

/* ---- connections --------------------------------------------------------------- */

/* role/service/boundary#n */
static void feed_connections(struct judge *j, struct tally *t, struct asked *e)
{
	struct slice rest = e->stream;

	(void)j;
	if (!slice_eq_str(e->kind, "conn.open") || !e->outcome.ok)
		return;
	slice_split(&rest, '/');
	struct slice service = slice_split(&rest, '/');
	if (!t->e->service || slice_eq_str(service, t->e->service))
		t->count++;
}

static bool is_meant(const struct expectation *e, json_t *pool)
{
	const struct {
		const char *wanted, *key;
	} rows[] = { { e->service, "service" }, { e->process, "process" }, { e->user, "user" }, { e->database, "database" } };

	for (size_t i = 0; i < 4; i++) {
		const char *is = json_string_value(json_object_get(pool, rows[i].key));
		if (rows[i].wanted && strcmp(rows[i].wanted, is ? is : "") != 0)
			return false;
	}
	return true;
}

/* The number of all pools that are meant: their sum, or the highest peak of one. */
static uint64_t number_of(const struct expectation *e, json_t *pools, const char *name)
{
	const char *key = strcmp(name, "opened") == 0 ? "created" : name;
	bool peak = strcmp(name, "peak") == 0;
	uint64_t all = 0;
	json_t *pool;
	size_t i;

	json_array_foreach(pools, i, pool) {
		uint64_t n = is_meant(e, pool) ? number(pool, key) : 0;
		all = !peak ? all + n : n > all ? n : all;
	}
	return all;
}

static void add_pools(const struct expectation *e, json_t *pools, struct buf *out)
{
	json_t *pool;
	size_t i, shown = 0;

	json_array_foreach(pools, i, pool) {
		const char *user = json_string_value(json_object_get(pool, "user")), *database = json_string_value(json_object_get(pool, "database"));
		if (!is_meant(e, pool))
			continue;
		if (shown++ == SHOWN_LINES) {
			buf_add_str(out, "     ...\n");
			return;
		}
		buf_addf(out, "     %s  %s", json_string_value(json_object_get(pool, "process")), json_string_value(json_object_get(pool, "service")));
		if (user)
			buf_addf(out, "  %s@%s", user, database ? database : "");
		buf_addf(out, "  opened %llu, reused %llu, peak %llu\n", (unsigned long long)number(pool, "created"),
			 (unsigned long long)number(pool, "reused"), (unsigned long long)number(pool, "peak"));
	}
}

static bool end_connections(struct judge *j, struct tally *t, struct buf *found)
{
	json_t *hygiene = json_object_get(j->trailer, "hygiene"), *pools = json_object_get(hygiene, "pools");
	bool filtered = t->e->process || t->e->user || t->e->database, all = true;
	const char *sep = "";

	if (!j->trailer) {
		buf_add_str(found, "the trace has no trailer");
		return false;
	}
	for (size_t i = 0; i < t->e->nparts; i++) {
		const struct named_range *part = &t->e->parts[i];
		bool opened = strcmp(part->name, "opened") == 0;
		if (!hygiene && t->count && (!opened || filtered)) {
			buf_addf(found, "a golden does not say how connections were used; check the run's own trace");
			return false;
		}
		uint64_t n = hygiene ? number_of(t->e, pools, part->name) : t->count;
		if (within(n, part->range))
			continue;
		buf_addf(found, "%swants ", sep);
		add_wanted(part->range, found);
		buf_addf(found, " %s, found %llu", part->name, (unsigned long long)n);
		sep = "; ";
		all = false;
	}
	buf_reset(&t->seen);
	if (!all)
		add_pools(t->e, pools, &t->seen);
	t->count = t->e->count.min;
	return all;
}

const struct judge_kind judge_connections = { .feed = feed_connections, .end = end_connections };
