/* hygiene: what the wire tells of connections and pools. Times are the host's:
 * a connection is idle while no byte moves and no answer is due. */
#include "host/session.h"

#include <stdlib.h>
#include <string.h>

#include "host/hygiene.h"

#define FOUND_BYTES (256 * 1024) /* of the trailer's list: some thousand findings */
#define SAID_BYTES (4 * 1024)    /* of the summary: about twenty lines, then a count */

static const char *const leak_names[LEAK_COUNT] = {
	[LEAK_CONNECTIONS] = "connections",   [LEAK_RESULTS] = "results", [LEAK_TRANSACTIONS] = "transactions",
	[LEAK_IDLE] = "idle",                 [LEAK_EASY] = "curl_easy",  [LEAK_MULTI] = "curl_multi",
	[LEAK_AFTER_FORK] = "used_after_fork", [LEAK_THREADS] = "two_threads",
};

void hygiene_init(struct hygiene *h)
{
	*h = (struct hygiene){ 0 };
	map_init(&h->pools);
	buf_init(&h->found, FOUND_BYTES);
	buf_init(&h->said, SAID_BYTES);
}

void hygiene_release(struct hygiene *h)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&h->pools, &i));) {
		struct pool *p = e->value;
		free(p->role);
		free(p->service);
		free(p->user);
		free(p->database);
		free(p);
	}
	map_release(&h->pools);
	buf_release(&h->found);
	buf_release(&h->said);
}

/* ---- pools ---------------------------------------------------------------- */

static char *copy(struct slice s)
{
	char *p = strndup(s.len ? s.ptr : "", s.len);

	if (!p)
		abort();
	return p;
}

static struct pool *pool_of(struct session *s)
{
	struct hygiene *h = &s->host->hygiene;
	const struct link *l = &s->link;
	struct pool *p;
	struct buf key;

	buf_init(&key, 64 * 1024);
	buf_addf(&key, "%s%c%.*s%c%.*s%c%.*s", s->role, 0, SLICE_ARG(l->service), 0, SLICE_ARG(l->user), 0, SLICE_ARG(l->database));
	p = map_get(&h->pools, buf_slice(&key));
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->role = strdup(s->role);
		p->service = copy(l->service);
		p->user = copy(l->user);
		p->database = copy(l->database);
		map_set(&h->pools, buf_slice(&key), p);
	}
	buf_release(&key);
	return p;
}

static bool logs_in(const struct session *s)
{
	return s->served->type->codec->farewell;
}

static void join(struct session *s)
{
	struct pool *p = s->pool = pool_of(s);

	p->created++;
	if (++p->open > p->peak)
		p->peak = p->open;
}

void hygiene_known(struct session *s)
{
	if (!s->pool && !s->link.aside && (s->link.user.len || !logs_in(s)))
		join(s);
}

void hygiene_request(struct session *s)
{
	bool describes = s->request.port == PORT_SQL && (s->request.sql.describe || s->request.sql.login);

	if (!s->pool || s->link.in_transaction || describes)
		return;
	s->pool->units++;
	if (!s->used)
		s->pool->used++;
	s->used = true;
}

void hygiene_active(struct session *s)
{
	uint64_t now = host_now(s->host), gap = s->active_ns ? now - s->active_ns : 0;

	if (s->state == SESSION_OPEN && gap > s->idle_ns)
		s->idle_ns = gap;
	s->active_ns = now;
}

/* ---- findings -------------------------------------------------------------- */

void hygiene_found(struct hygiene *h, struct slice json, struct slice sentence)
{
	size_t mark = h->found.len;

	h->found_count++;
	if (mark)
		buf_add_char(&h->found, ',');
	buf_add_char(&h->found, '{');
	buf_add_slice(&h->found, json);
	buf_add_char(&h->found, '}');
	if (buf_failed(&h->found)) { /* what does not fit whole is left out; the counts are right */
		h->found.failed = false;
		buf_cut(&h->found, mark);
	}
	mark = h->said.len;
	buf_addf(&h->said, "  %.*s\n", SLICE_ARG(sentence));
	if (buf_failed(&h->said)) {
		h->said.failed = false;
		buf_cut(&h->said, mark);
	}
}

static void add_member(struct buf *json, const char *name, struct slice value)
{
	if (!value.len)
		return;
	buf_addf(json, "%s\"%s\":", json->len ? "," : "", name);
	buf_add_json(json, value);
}

static void tell(struct session *s, const char *how, bool transaction, bool idle)
{
	struct hygiene *h = &s->host->hygiene;
	const struct link *l = &s->link;
	struct buf json, sentence;
	struct stream_name st = { slice_str(s->role), l->service, l->boundary, s->number };

	buf_init(&json, 64 * 1024);
	buf_init(&sentence, 64 * 1024);
	stream_name_add(&sentence, &st);
	add_member(&json, "st", buf_slice(&sentence));
	if (l->user.len)
		buf_addf(&sentence, "  %.*s@%.*s", SLICE_ARG(l->user), SLICE_ARG(l->database));
	buf_add_str(&json, ",\"found\":[");
	const char *sep = "";
	const char *all[] = { how, transaction ? "in a transaction" : NULL, idle ? "idle past the limit" : NULL };
	for (size_t i = 0; i < 3; i++)
		if (all[i]) {
			buf_addf(&json, "%s\"%s\"", sep, all[i]);
			buf_addf(&sentence, "%s%s", *sep ? ", " : "  ", all[i]);
			sep = ",";
		}
	buf_add_char(&json, ']');
	if (idle)
		buf_addf(&sentence, " (%.1f s)", (double)s->idle_ns / 1e9);
	add_member(&json, "user", l->user);
	add_member(&json, "database", l->database);
	buf_addf(&json, ",\"idle_ms\":%llu,\"pid\":%d", (unsigned long long)(s->idle_ns / 1000000), (int)s->process->pid);
	hygiene_found(h, buf_slice(&json), buf_slice(&sentence));
	buf_release(&json);
	buf_release(&sentence);
}

const char *hygiene_ended(struct session *s, const char *how, bool clean)
{
	struct hygiene *h = &s->host->hygiene;
	uint64_t limit = s->served->declared->idle_limit_ns;

	if (!s->pool && !s->link.aside)
		join(s); /* it went before it said who it is */
	hygiene_active(s);
	if (!s->pool)
		return how;
	bool leaked = !clean && logs_in(s), idle = limit && s->idle_ns > limit, transaction = leaked && s->link.in_transaction;
	/* the farewell inside a transaction: the server rolls back, and nobody notices */
	transaction = transaction || (clean && !how && s->link.in_transaction);
	if (leaked)
		how = s->host->ending || process_exiting(s->process) ? "open at exit" : "without farewell";
	s->pool->open--;
	s->pool->leaked += leaked;
	s->pool->transactions += transaction;
	s->pool->idle += idle;
	if (s->idle_ns > s->pool->idle_max_ns)
		s->pool->idle_max_ns = s->idle_ns;
	h->leaks[LEAK_CONNECTIONS] += leaked;
	h->leaks[LEAK_TRANSACTIONS] += transaction;
	h->leaks[LEAK_IDLE] += idle;
	if (leaked)
		s->process->leaked++;
	if (leaked || transaction || idle)
		tell(s, leaked ? how : NULL, transaction, idle);
	return how;
}

/* ---- where it is written ------------------------------------------------------ */

static void add_pool(const struct pool *p, struct buf *out)
{
	const struct {
		const char *name;
		uint64_t n;
	} more[] = { { "leaked", p->leaked }, { "transactions", p->transactions }, { "idle", p->idle } };

	buf_add_str(out, "{\"process\":");
	buf_add_json(out, slice_str(p->role));
	buf_add_str(out, ",\"service\":");
	buf_add_json(out, slice_str(p->service));
	if (p->user[0]) {
		buf_add_str(out, ",\"user\":");
		buf_add_json(out, slice_str(p->user));
	}
	if (p->database[0]) {
		buf_add_str(out, ",\"database\":");
		buf_add_json(out, slice_str(p->database));
	}
	buf_addf(out, ",\"created\":%llu,\"reused\":%llu,\"peak\":%llu", (unsigned long long)p->created,
		 (unsigned long long)(p->units - p->used), (unsigned long long)p->peak);
	for (size_t i = 0; i < 3; i++)
		if (more[i].n)
			buf_addf(out, ",\"%s\":%llu", more[i].name, (unsigned long long)more[i].n);
	buf_addf(out, ",\"idle_max_ms\":%llu}", (unsigned long long)(p->idle_max_ns / 1000000));
}

/* A PGconn that was never finished is a connection left open; one whose
 * connection had failed, or was lost, the wire does not know. */
static void count_unfinished(struct host *host)
{
	for (size_t i = 0; i < host->processes.count; i++) {
		struct process *p = host->processes.list[i];
		if (p->unfinished > p->leaked)
			host->hygiene.leaks[LEAK_CONNECTIONS] += p->unfinished - p->leaked;
	}
}

void hygiene_trailer(struct host *host, struct trace_trailer *trailer, struct buf *text)
{
	struct hygiene *h = &host->hygiene;

	struct map_entry *e;
	size_t leaks_end;

	count_unfinished(host);
	for (int i = 0; i < LEAK_COUNT; i++)
		if (h->leaks[i] || i == LEAK_CONNECTIONS || i == LEAK_RESULTS)
			buf_addf(text, "%s\"%s\":%llu", i ? "," : "{", leak_names[i], (unsigned long long)h->leaks[i]);
	buf_add_char(text, '}');
	leaks_end = text->len;
	if (h->pools.live || h->found_count) {
		buf_add_str(text, "{\"pools\":[");
		bool first = true;
		for (size_t i = 0; (e = map_next(&h->pools, &i)); first = false) {
			if (!first)
				buf_add_char(text, ',');
			add_pool(e->value, text);
		}
		buf_addf(text, "],\"count\":%llu,\"found\":[", (unsigned long long)h->found_count);
		buf_add_slice(text, buf_slice(&h->found));
		buf_add_str(text, "]}");
	}
	trailer->leaks = slice_take(buf_slice(text), leaks_end);
	trailer->hygiene = slice_skip(buf_slice(text), leaks_end);
}

static int by_text(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int c = memcmp(x->ptr, y->ptr, len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

/* Sorted, so that two runs read alike: what ended first is chance. Returns how many lines. */
static size_t add_said(const struct hygiene *h, struct buf *out)
{
	struct slice rest = buf_slice(&h->said), lines[SAID_BYTES / 4];
	size_t n = 0;

	while (rest.len && n < sizeof(lines) / sizeof(lines[0]))
		lines[n++] = slice_split(&rest, '\n');
	qsort(lines, n, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%.*s\n", SLICE_ARG(lines[i]));
	return n;
}

void hygiene_report(const struct hygiene *h, struct buf *out)
{
	static const char *const words[LEAK_COUNT] = {
		[LEAK_CONNECTIONS] = "not closed",        [LEAK_RESULTS] = "PGresult not cleared",
		[LEAK_TRANSACTIONS] = "left in a transaction", [LEAK_IDLE] = "idle past the limit",
		[LEAK_EASY] = "curl easy handle not cleaned up", [LEAK_MULTI] = "curl multi handle not cleaned up",
		[LEAK_AFTER_FORK] = "used after fork",    [LEAK_THREADS] = "used by two threads at once",
	};
	const char *sep = "seam: connections: ";

	for (int i = 0; i < LEAK_COUNT; i++)
		if (h->leaks[i]) {
			buf_addf(out, "%s%llu %s", sep, (unsigned long long)h->leaks[i], words[i]);
			sep = ", ";
		}
	if (sep[0] != ',')
		return;
	buf_add_char(out, '\n');
	size_t lines = add_said(h, out);
	if (lines < h->found_count)
		buf_addf(out, "  and %llu more, see the trailer of the trace\n", (unsigned long long)(h->found_count - lines));
}
