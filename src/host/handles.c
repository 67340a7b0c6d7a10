/* handles: what processes held of libpq and libcurl, read from their tables
 * when they have ended (wire/handles.h). Counts what was never given back and
 * what was misused, and names the callers. */
#include "host/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/handles.h"
#include "wire/handles.h"

static const struct {
	const char *name, *open;
	enum leak leak;
} kinds[WIRE_HANDLE_KINDS] = {
	[WIRE_PGCONN] = { "PGconn", "never finished", LEAK_CONNECTIONS },
	[WIRE_PGRESULT] = { "PGresult", "never cleared", LEAK_RESULTS },
	[WIRE_EASY] = { "curl easy handle", "never cleaned up", LEAK_EASY },
	[WIRE_MULTI] = { "curl multi handle", "never cleaned up", LEAK_MULTI },
};

/* Handles alike are told as one. */
struct group {
	uint8_t kind;
	bool open;
	uint32_t flags, opened, found;
	int32_t other;
	uint64_t count, idle_ns;
	char label[WIRE_LABEL_BYTES + 1];
	uint64_t first_ns;
};

#define GROUPS_MAX 256
#define UNNAMED_MAX 1000000000u /* more than a process can hold: nonsense */

#define SITE_TEXT 128 /* "object+0xoffset" */

struct groups {
	struct group list[GROUPS_MAX];
	size_t count;
};

static void add(struct groups *all, struct group *g)
{
	for (size_t i = 0; i < all->count; i++) {
		struct group *old = &all->list[i];
		if (old->kind == g->kind && old->open == g->open && old->flags == g->flags && old->opened == g->opened &&
		    old->found == g->found && strcmp(old->label, g->label) == 0) {
			old->count += g->count;
			if (g->idle_ns > old->idle_ns)
				old->idle_ns = g->idle_ns;
			if (g->first_ns < old->first_ns)
				old->first_ns = g->first_ns;
			return;
		}
	}
	if (all->count < GROUPS_MAX)
		all->list[all->count++] = *g;
}

/* What the program wrote, for a person to read. */
static void copy_text(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	for (size_t i = 0; i < len; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
	to[len] = '\0';
}

static void take_rows(struct wire_handles *t, struct groups *all)
{
	for (size_t i = 0; i < WIRE_HANDLES_MAX; i++) {
		const struct wire_handle *row = &t->handle[i];
		if (row->key <= WIRE_ROW_GONE || row->kind >= WIRE_HANDLE_KINDS)
			continue;
		struct group g = { .kind = row->kind, .open = true, .flags = row->flags & WIRE_ENDED_BADLY, .opened = row->opened,
				   .found = row->found, .other = row->other, .count = 1, .idle_ns = row->idle_ns, .first_ns = row->opened_ns };
		copy_text(g.label, row->label, WIRE_LABEL_BYTES);
		add(all, &g);
	}
	for (size_t i = 0; i < WIRE_FINDINGS_MAX; i++) {
		const struct wire_finding *f = &t->finding[i];
		if (!f->ready || f->kind >= WIRE_HANDLE_KINDS)
			continue;
		struct group g = { .kind = f->kind, .flags = f->flags & WIRE_ENDED_BADLY, .opened = f->opened, .found = f->found,
				   .other = f->other, .count = 1, .idle_ns = f->idle_ns, .first_ns = UINT64_MAX };
		copy_text(g.label, f->label, WIRE_LABEL_BYTES);
		add(all, &g);
	}
	for (int k = 0; k < WIRE_HANDLE_KINDS; k++)
		if (t->unnamed[k] && t->unnamed[k] < UNNAMED_MAX) {
			struct group g = { .kind = (uint8_t)k, .open = true, .opened = WIRE_SITES_MAX, .found = WIRE_SITES_MAX,
					   .count = t->unnamed[k], .first_ns = UINT64_MAX };
			add(all, &g);
		}
}

/* In the order of their making, so that two runs read alike. */
static int by_age(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->first_ns < y->first_ns ? -1 : x->first_ns > y->first_ns;
}

/* "_psycopg.so+0x1234", or "" */
static void site_text(const struct wire_handles *t, uint32_t site, char *text, size_t size)
{
	char object[sizeof(t->site[0].object) + 1];

	text[0] = '\0';
	if (site >= WIRE_SITES_MAX || !t->site[site].ready)
		return;
	copy_text(object, t->site[site].object, sizeof(t->site[site].object));
	snprintf(text, size, "%s+0x%llx", object, (unsigned long long)t->site[site].offset);
}

static void add_text(struct buf *json, const char *name, const char *value)
{
	if (!value[0])
		return;
	buf_addf(json, ",\"%s\":", name);
	buf_add_json(json, slice_str(value));
}

static void tell(struct host *h, const struct process *p, const struct wire_handles *t, const struct group *g)
{
	const struct {
		bool is;
		const char *name;
	} all[] = {
		{ g->open, kinds[g->kind].open },
		{ g->flags & WIRE_TRANSACTION, "in a transaction" },
		{ g->flags & WIRE_AFTER_FORK, "used after fork by the child" },
		{ g->flags & WIRE_THREADS, "used by two threads at once" },
		{ g->flags & WIRE_IDLE, "idle past the limit" },
	};
	char opened[SITE_TEXT], found[SITE_TEXT];
	struct buf json, said;
	const char *sep = "";

	site_text(t, g->opened, opened, sizeof(opened));
	site_text(t, g->found, found, sizeof(found));
	buf_init(&json, 64 * 1024);
	buf_init(&said, 64 * 1024);
	buf_add_str(&json, "\"process\":");
	buf_add_json(&json, slice_str(p->role));
	buf_addf(&json, ",\"handle\":\"%s\",\"count\":%llu,\"found\":[", kinds[g->kind].name, (unsigned long long)g->count);
	buf_addf(&said, "%s  ", p->role);
	if (g->count > 1)
		buf_addf(&said, "%llu x ", (unsigned long long)g->count);
	buf_addf(&said, "%s%s%s  ", kinds[g->kind].name, g->label[0] ? " " : "", g->label);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].is) {
			buf_addf(&json, "%s\"%s\"", sep, all[i].name);
			buf_addf(&said, "%s%s", *sep ? ", " : "", all[i].name);
			sep = ",";
		}
	buf_add_char(&json, ']');
	add_text(&json, "label", g->label);
	add_text(&json, "caller", opened);
	add_text(&json, "found_at", found);
	if (g->flags & WIRE_AFTER_FORK)
		buf_addf(&json, ",\"child\":%d", (int)g->other);
	if (g->flags & WIRE_THREADS)
		buf_addf(&json, ",\"tid\":%d", (int)g->other);
	if (g->flags & WIRE_IDLE)
		buf_addf(&json, ",\"idle_ms\":%llu", (unsigned long long)(g->idle_ns / 1000000));
	buf_addf(&json, ",\"pid\":%d", (int)p->pid);
	if (opened[0])
		buf_addf(&said, "; made by %s", opened);
	if (found[0] && g->flags & ~WIRE_TRANSACTION)
		buf_addf(&said, ", seen at %s", found);
	hygiene_found(&h->hygiene, buf_slice(&json), buf_slice(&said));
	buf_release(&json);
	buf_release(&said);
}

/* The wire has counted connections, transactions and idle ones already. */
static void count(struct host *h, struct process *p, const struct group *g)
{
	uint64_t *leaks = h->hygiene.leaks;

	if (g->open && g->kind == WIRE_PGCONN)
		p->unfinished += (unsigned)g->count;
	else if (g->open)
		leaks[kinds[g->kind].leak] += g->count;
	if (g->flags & WIRE_AFTER_FORK)
		leaks[LEAK_AFTER_FORK] += g->count;
	if (g->flags & WIRE_THREADS)
		leaks[LEAK_THREADS] += g->count;
}

void handles_taken(struct host *h, struct process *p, int fd)
{
	void *map = MAP_FAILED;
	struct stat st;

	handles_read(h, p); /* of the image before */
	p->handles_fd = fd;
	/* only what nobody can cut short may be looked at in place */
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals >= 0 && seals & F_SEAL_SHRINK && fstat(fd, &st) == 0 && st.st_size == (off_t)sizeof(struct wire_handles))
		map = mmap(NULL, sizeof(struct wire_handles), PROT_READ, MAP_SHARED, fd, 0);
	p->handles = map == MAP_FAILED ? NULL : map;
}

/* ---- who asks now ------------------------------------------------------------- */

/* How the program's end of the connection is called there. */
static uint32_t peer_name(const struct session *s)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	if (s->peer_port)
		return s->peer_port;
	if (getpeername(s->stream.fd, (struct sockaddr *)&un, &len) < 0 || len <= offsetof(struct sockaddr_un, sun_path))
		return 0;
	return wire_autobound(un.sun_path, len - offsetof(struct sockaddr_un, sun_path));
}

static const struct wire_handle *row_of(struct session *s, const struct wire_handles *t)
{
	for (uint32_t i = 0; i < WIRE_RECENT; i++) {
		uint32_t at = t->recent[i];
		const struct wire_handle *row = at < WIRE_HANDLES_MAX ? &t->handle[at] : NULL;
		if (row && row->key > WIRE_ROW_GONE && row->kind == WIRE_PGCONN && row->socket == s->peer_name) {
			s->handle = at;
			return row;
		}
	}
	return NULL;
}

struct slice handles_caller(struct session *s, struct arena *arena)
{
	const struct wire_handles *t = s->process->handles;
	const struct wire_handle *row;

	if (s->handle == HANDLE_NONE)
		return SLICE_NONE;
	if (!t) { /* its table may be on its way, ahead of what it asked */
		control_drain(s->host);
		t = s->process->handles;
	}
	if (!t) {
		s->handle = HANDLE_NONE;
		return SLICE_NONE;
	}
	if (!s->peer_name)
		s->peer_name = peer_name(s);
	row = s->handle < WIRE_HANDLES_MAX ? &t->handle[s->handle] : NULL;
	if (!row || row->socket != s->peer_name || row->key <= WIRE_ROW_GONE)
		row = s->peer_name ? row_of(s, t) : NULL;
	if (!row) {
		s->handle = HANDLE_NONE; /* another driver's: not looked for again */
		return SLICE_NONE;
	}
	char text[SITE_TEXT];
	site_text(t, row->used, text, sizeof(text));
	return text[0] ? arena_printf(arena, "%s", text) : SLICE_NONE;
}

/* ---- at the end ----------------------------------------------------------------- */

void handles_read(struct host *h, struct process *p)
{
	struct wire_handles *t;
	struct groups *all;

	if (p->handles_fd < 0)
		return;
	t = calloc(1, sizeof(*t));
	all = calloc(1, sizeof(*all));
	/* read, not mapped: the program could cut it short */
	if (t && all && pread(p->handles_fd, t, sizeof(*t), 0) == (ssize_t)sizeof(*t) && t->magic == WIRE_MAGIC && t->version == WIRE_VERSION) {
		take_rows(t, all);
		qsort(all->list, all->count, sizeof(all->list[0]), by_age);
		for (size_t i = 0; i < all->count; i++) {
			count(h, p, &all->list[i]);
			tell(h, p, t, &all->list[i]);
		}
	}
	free(all);
	free(t);
	if (p->handles)
		munmap((void *)p->handles, sizeof(*t));
	close(p->handles_fd);
	p->handles = NULL;
	p->handles_fd = -1;
}
