/*
 * canon_load: reads the events once, and finds out whose they are and what
 * keeps its order.
 *
 * Inside a stream ordered by key, time order holds as long as one thread made
 * the requests one after the other; once two threads did, or one had several
 * connections in flight, the order of a recording is an accident, and the
 * stream becomes a bag.
 */
#include "trace/canon_model.h"

#include "trace/jscan.h"

enum class { C_OTHER, C_OPEN, C_CLOSE, C_TLS, C_REQUEST };

/* What is known of an event only while loading. */
struct seen {
	uint32_t group, mem;
	int64_t conn; /* #n, -1: none */
	int64_t tid;
	uint64_t from_ns, to_ns;
	uint64_t cor; /* hash of the declared correlation id, 0: none */
	struct slice key;
	enum class class;
};

struct conn {
	uint64_t open_ns, last_ns;
	uint32_t mark;
};

struct loader {
	struct canon *c;
	struct seen *seen;
	struct idmap roles, role_pids; /* -> process */
	struct idmap groups, mems, units, conns;
	struct conn *conn;
	size_t nconns, cap_conns;
	struct buf text, plain;
};

/* ---- small parts --------------------------------------------------------- */

static uint64_t hash2(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = { a, b };

	return canon_hash(pair, sizeof(pair), 7);
}

static uint64_t hash_slice(struct slice s, uint64_t seed)
{
	return canon_hash(s.ptr ? s.ptr : "", s.len, seed);
}

struct when_who {
	int64_t pid, ppid, tid, ts, dur;
};

/* The volatile member in one pass. */
static struct when_who read_t(struct slice t)
{
	struct when_who w = { 0 };
	struct jscan it = jscan_open(t);
	struct slice key, item;
	int64_t v;

	while (t.ptr && jscan_next(&it, &key, &item)) {
		int64_t *to = slice_eq_str(key, "\"ts\"")     ? &w.ts
			      : slice_eq_str(key, "\"dur\"")  ? &w.dur
			      : slice_eq_str(key, "\"pid\"")  ? &w.pid
			      : slice_eq_str(key, "\"tid\"")  ? &w.tid
			      : slice_eq_str(key, "\"ppid\"") ? &w.ppid
								: NULL;
		if (to && slice_to_i64(item, &v))
			*to = v;
	}
	return w;
}

static enum class class_of(struct slice k)
{
	if (slice_eq_str(k, "conn.open"))
		return C_OPEN;
	if (slice_eq_str(k, "conn.close"))
		return C_CLOSE;
	if (slice_eq_str(k, "tls"))
		return C_TLS;
	if (slice_eq_str(k, "http") || slice_eq_str(k, "s3"))
		return C_REQUEST;
	return C_OTHER;
}

/* ---- processes ------------------------------------------------------------ */

static uint64_t role_pid(struct slice role, int64_t pid)
{
	return hash2(hash_slice(role, 1), (uint64_t)pid);
}

static uint32_t proc_new(struct loader *l, struct slice role, int64_t pid, uint32_t parent)
{
	struct canon *c = l->c;
	uint32_t id = (uint32_t)c->nprocs;

	c->procs = canon_grow(c->procs, &c->cap_procs, c->nprocs, sizeof(*c->procs));
	role = canon_intern(c, role);
	c->procs[c->nprocs++] = (struct canon_proc){ .role = role, .program = canon_program(role), .parent = parent };
	idmap_set(&l->roles, hash_slice(role, 1), id);
	if (pid)
		idmap_set(&l->role_pids, role_pid(role, pid), id);
	return id;
}

static uint32_t proc_find(struct loader *l, struct slice role, int64_t pid)
{
	uint32_t id;

	if (pid && idmap_get(&l->role_pids, role_pid(role, pid), &id))
		return id;
	/* A child that was forked and never exec'd is its parent's role. */
	if (idmap_get(&l->roles, hash_slice(role, 1), &id))
		return id;
	return CANON_NONE;
}

static uint32_t proc_started(struct loader *l, const struct trace_line *line, struct slice role, const struct when_who *w)
{
	struct slice parent = line->a.ptr ? jscan_get(line->a, "seam.parent") : SLICE_NONE;
	uint32_t up = CANON_NONE;
	struct buf plain;

	if (parent.len && parent.ptr[0] == '"') {
		buf_init(&plain, 4096);
		up = proc_find(l, jscan_plain(parent, &plain), w->ppid);
		buf_release(&plain);
	}
	return proc_new(l, role, w->pid, up);
}

/* ---- streams --------------------------------------------------------------- */

static uint32_t group_of(struct loader *l, uint32_t proc, struct slice service, struct slice boundary)
{
	struct canon *c = l->c;
	bool added;
	uint64_t key = hash2(hash_slice(service, 2) + proc, hash_slice(boundary, 3));
	uint32_t id = idmap_add(&l->groups, key, (uint32_t)c->ngroups, &added);

	if (added) {
		c->groups = canon_grow(c->groups, &c->cap_groups, c->ngroups, sizeof(*c->groups));
		c->groups[c->ngroups++] = (struct canon_group){ .proc = proc,
								.service = canon_intern(c, service),
								.boundary = canon_intern(c, boundary) };
	}
	return id;
}

static uint32_t mem_of(struct loader *l, uint32_t group, enum canon_kind kind, struct slice key)
{
	struct canon *c = l->c;
	bool added;
	uint64_t hash = hash2(((uint64_t)group << 8) + kind, hash_slice(key, 4));
	uint32_t id = idmap_add(&l->mems, hash, (uint32_t)c->nmems, &added);

	if (added) {
		c->mems = canon_grow(c->mems, &c->cap_mems, c->nmems, sizeof(*c->mems));
		c->mems[c->nmems++] = (struct canon_mem){ .group = group, .kind = kind, .key = key };
	}
	return id;
}

static uint32_t unit_new(struct canon *c, uint32_t mem)
{
	struct canon_mem *m = &c->mems[mem];
	uint32_t id = (uint32_t)c->nunits;

	c->units = canon_grow(c->units, &c->cap_units, c->nunits, sizeof(*c->units));
	c->units[c->nunits++] = (struct canon_unit){ .mem = mem };
	m->units = canon_grow(m->units, &m->cap, m->count, sizeof(*m->units));
	m->units[m->count++] = id;
	return id;
}

static void unit_add(struct canon *c, uint32_t unit, uint32_t event)
{
	struct canon_unit *u = &c->units[unit];

	u->events = canon_grow(u->events, &u->cap, u->count, sizeof(*u->events));
	u->events[u->count++] = event;
}

static uint32_t unit_of(struct loader *l, uint32_t mem, uint64_t key)
{
	bool added;
	uint32_t id = idmap_add(&l->units, hash2((uint64_t)mem + 1, key), (uint32_t)l->c->nunits, &added);

	if (added)
		unit_new(l->c, mem);
	return id;
}

/* ---- pass one: whose is it -------------------------------------------------- */

/* Text of a string member of the shape's attributes. */
static struct slice shape_attr(struct slice shape, const char *name, struct buf *plain)
{
	struct slice a = jscan_get(shape, "a"), v = a.ptr ? jscan_get(a, name) : SLICE_NONE;

	return v.len >= 2 && v.ptr[0] == '"' ? jscan_plain(v, plain) : SLICE_NONE;
}

/* What a request is ordered by: the object, or the route. */
static struct slice request_key(struct loader *l, const struct trace_line *line, struct slice shape)
{
	struct buf key;
	struct slice interned;

	buf_init(&key, 64 * 1024);
	if (slice_eq_str(line->k, "s3")) {
		buf_add_slice(&key, shape_attr(shape, "aws.s3.bucket", &l->plain));
		buf_add_char(&key, '/');
		buf_add_slice(&key, shape_attr(shape, "aws.s3.key", &l->plain));
	} else {
		buf_add_slice(&key, jscan_plain(jscan_get(shape, "sum"), &l->plain));
	}
	interned = canon_intern(l->c, buf_slice(&key));
	buf_release(&key);
	return interned;
}

static uint64_t correlation(const struct trace_line *line)
{
	struct jscan it = jscan_open(line->cor);
	struct slice key, item;

	while (line->cor.ptr && jscan_next(&it, &key, &item))
		if (slice_has_prefix(item, SLICE_LIT("\"id:")))
			return hash_slice(item, 5) | 1;
	return 0;
}

static void conn_seen(struct loader *l, const struct seen *s)
{
	bool added;

	if (s->conn < 0)
		return;
	uint32_t id = idmap_add(&l->conns, hash2(s->group, (uint64_t)s->conn), (uint32_t)l->nconns, &added);
	if (added) {
		l->conn = canon_grow(l->conn, &l->cap_conns, l->nconns, sizeof(*l->conn));
		l->conn[l->nconns++] = (struct conn){ .open_ns = s->from_ns, .mark = CANON_NONE };
	}
	if (s->class == C_REQUEST && s->to_ns > l->conn[id].last_ns)
		l->conn[id].last_ns = s->to_ns;
}

/* Two ports of the kernel's choice are one boundary. */
static struct slice canon_boundary(struct loader *l, struct slice service, struct slice boundary)
{
	uint64_t port;
	size_t colon = boundary.len;

	if (!slice_eq_str(service, "-"))
		return boundary;
	while (colon && boundary.ptr[colon - 1] != ':')
		colon--;
	if (!colon || !slice_to_u64(slice_skip(boundary, colon), &port) || port < 32768)
		return boundary;
	struct slice host = slice_take(boundary, colon - 1);
	if (!slice_has_prefix(host, SLICE_LIT("127.")) && !slice_eq_str(host, "[::1]") && !slice_eq_str(host, "localhost"))
		return boundary;
	return arena_printf(&l->c->arena, "%.*s:<port>", SLICE_ARG(host));
}

static void load_event(struct loader *l, uint32_t event)
{
	struct canon *c = l->c;
	struct trace_line line;
	struct seen *s = &l->seen[event];
	struct slice rest;

	trace_file_line(c->file, event, &line);
	*s = (struct seen){ .conn = -1, .mem = CANON_NONE, .class = class_of(line.k) };
	struct when_who w = read_t(line.t);
	s->tid = w.tid;
	s->from_ns = (uint64_t)w.ts;
	s->to_ns = s->from_ns + (uint64_t)w.dur;
	s->cor = correlation(&line);

	/* Names must outlive the scratch that unescaping uses. */
	buf_reset(&l->text);
	jscan_text(line.st, &l->text);
	rest = buf_slice(&l->text);
	struct slice role = slice_split(&rest, '/'), service = slice_split(&rest, '/');
	size_t hash = slice_find(rest, '#');
	if (hash < rest.len && !slice_to_i64(slice_skip(rest, hash + 1), &s->conn))
		s->conn = -1;
	struct slice boundary = canon_boundary(l, service, slice_take(rest, hash));

	uint32_t proc;
	if (slice_eq_str(line.k, "proc.start"))
		proc = proc_started(l, &line, role, &w);
	else if ((proc = proc_find(l, role, w.pid)) == CANON_NONE)
		proc = proc_new(l, role, w.pid, CANON_NONE);
	s->group = group_of(l, proc, service, boundary);
	c->groups[s->group].keyed |= s->class == C_REQUEST;
	c->groups[s->group].other |= s->class == C_OTHER;
	conn_seen(l, s);

	struct slice shape = canon_shape(c, event, &line);
	if (s->class == C_REQUEST)
		s->key = request_key(l, &line, shape);
}

/* ---- pass two: what keeps its order ------------------------------------------ */

static void place_event(struct loader *l, uint32_t event)
{
	struct canon *c = l->c;
	struct seen *s = &l->seen[event];
	const struct canon_group *g = &c->groups[s->group];
	uint32_t unit;

	if (g->keyed && s->class != C_REQUEST && s->class != C_OTHER) {
		/* An orderly end says nothing that the count of openings does not. */
		struct trace_line line;
		trace_file_line(c->file, event, &line);
		if (s->class == C_CLOSE && line.ok.ptr[0] == 't')
			return;
		uint32_t mem = mem_of(l, s->group, CANON_COUNT, SLICE_NONE);
		unit = unit_of(l, mem, c->events[event].shape);
		if (!c->units[unit].count)
			unit_add(c, unit, event);
		c->units[unit].recorded++;
		return;
	}
	if (s->class == C_REQUEST && s->cor) {
		s->mem = mem_of(l, s->group, CANON_COR, SLICE_LIT("id"));
		unit_add(c, unit_of(l, s->mem, s->cor), event);
	} else if (s->class == C_REQUEST) {
		s->mem = mem_of(l, s->group, CANON_KEY, s->key);
	} else if (s->conn >= 0 && !g->keyed) {
		s->mem = mem_of(l, s->group, CANON_CONN, SLICE_NONE);
		unit_add(c, unit_of(l, s->mem, (uint64_t)s->conn), event);
	} else {
		s->mem = mem_of(l, s->group, CANON_PLAIN, SLICE_NONE);
	}
}

struct span {
	uint64_t from, to;
};

static int by_from(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Whether a connection was opened before another's last answer was there. */
static bool in_flight_together(struct loader *l, const uint32_t *events, size_t count, uint32_t mark)
{
	struct buf spans;
	bool together = false;
	uint32_t id;

	buf_init(&spans, (size_t)1 << 32);
	for (size_t i = 0; i < count; i++) {
		const struct seen *s = &l->seen[events[i]];
		if (s->conn < 0 || !idmap_get(&l->conns, hash2(s->group, (uint64_t)s->conn), &id) || l->conn[id].mark == mark)
			continue;
		l->conn[id].mark = mark;
		struct span x = { l->conn[id].open_ns, l->conn[id].last_ns };
		buf_add(&spans, &x, sizeof(x));
	}
	struct span *list = (struct span *)(void *)spans.ptr;
	size_t n = spans.len / sizeof(*list);
	if (n > 1)
		qsort(list, n, sizeof(*list), by_from);
	uint64_t last = n ? list[0].to : 0;
	for (size_t i = 1; i < n && !together; i++) {
		together = list[i].from < last;
		if (list[i].to > last)
			last = list[i].to;
	}
	buf_release(&spans);
	return together;
}

static bool is_bag(struct loader *l, uint32_t mem, const uint32_t *events, size_t count)
{
	/* A process begins before it ends, whoever noticed. */
	if (!l->c->groups[l->c->mems[mem].group].service.len)
		return false;
	for (size_t i = 1; i < count; i++)
		if (l->seen[events[i]].tid != l->seen[events[0]].tid)
			return true;
	return l->c->mems[mem].kind == CANON_KEY && in_flight_together(l, events, count, mem);
}

/* Events of plain and keyed streams, gathered, then one unit or one each. */
static void place_rest(struct loader *l)
{
	struct canon *c = l->c;
	size_t n = trace_file_count(c->file);
	uint32_t *start = calloc(c->nmems + 1, sizeof(*start)), *order = malloc((n ? n : 1) * sizeof(*order));

	if (!start || !order) {
		fputs("seam: canon: out of memory\n", stderr);
		abort();
	}
	for (size_t i = 0; i < n; i++)
		if (l->seen[i].mem != CANON_NONE)
			start[l->seen[i].mem + 1]++;
	for (size_t m = 0; m < c->nmems; m++)
		start[m + 1] += start[m];
	for (size_t i = 0; i < n; i++)
		if (l->seen[i].mem != CANON_NONE)
			order[start[l->seen[i].mem]++] = (uint32_t)i;
	/* start[m] is now where m ends. */
	for (size_t m = 0; m < c->nmems; m++) {
		const uint32_t *events = order + (m ? start[m - 1] : 0);
		size_t count = start[m] - (m ? start[m - 1] : 0);
		if (!count || (c->mems[m].kind != CANON_KEY && c->mems[m].kind != CANON_PLAIN))
			continue;
		c->mems[m].bag = is_bag(l, (uint32_t)m, events, count);
		uint32_t unit = CANON_NONE;
		for (size_t i = 0; i < count; i++) {
			if (unit == CANON_NONE || c->mems[m].bag)
				unit = unit_new(c, (uint32_t)m);
			unit_add(c, unit, events[i]);
		}
	}
	free(start);
	free(order);
}

/* A service is spoken to in one way: a connection without a request is counted
 * where others of its service are. */
static void spread_keyed(struct canon *c)
{
	struct idmap keyed;
	uint32_t unused;

	idmap_init(&keyed);
	for (size_t i = 0; i < c->ngroups; i++)
		if (c->groups[i].keyed)
			idmap_set(&keyed, hash_slice(c->groups[i].service, 9), 1);
	for (size_t i = 0; i < c->ngroups; i++)
		if (!c->groups[i].other && idmap_get(&keyed, hash_slice(c->groups[i].service, 9), &unused))
			c->groups[i].keyed = true;
	idmap_release(&keyed);
}

void canon_load(struct canon *c)
{
	size_t n = trace_file_count(c->file);
	struct loader l = { .c = c, .seen = calloc(n ? n : 1, sizeof(struct seen)) };

	if (!l.seen) {
		fputs("seam: canon: out of memory\n", stderr);
		abort();
	}
	buf_init(&l.text, 1024 * 1024);
	buf_init(&l.plain, 1024 * 1024);
	for (size_t i = 0; i < n; i++)
		load_event(&l, (uint32_t)i);
	spread_keyed(c);
	for (size_t i = 0; i < n; i++)
		place_event(&l, (uint32_t)i);
	place_rest(&l);
	buf_release(&l.text);
	buf_release(&l.plain);
	idmap_release(&l.roles);
	idmap_release(&l.role_pids);
	idmap_release(&l.groups);
	idmap_release(&l.mems);
	idmap_release(&l.units);
	idmap_release(&l.conns);
	free(l.conn);
	free(l.seen);
}
