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

#include "trace/canon_text_model.h"
#include "trace/jscan.h"

#define TO_MEM 0x80000000u /* in a place: the number is a mem's, its units come later */

/* A stream as recorded: who spoke to whom over which connection. */
struct entry {
	uint32_t group;
	int64_t conn;     /* #n, -1: none */
	uint32_t conn_id; /* CANON_NONE: none */
	int64_t tid;      /* of its events that are no requests; the first's */
	bool tids;        /* more than one */
};

/* What is known of a request only while loading. */
struct request {
	uint32_t event, entry, mem;
	int64_t tid;
	uint64_t cor;     /* hash of the declared correlation id, 0: none */
	struct slice key;
};

struct conn {
	uint64_t open_ns, last_ns;
	uint32_t mark;
};

/* By structure: where its numbers are, and which stream had it last. */
struct form {
	bool known;
	int ts, dur, pid, tid, ppid, parent, bucket, object; /* leaves, -1: none */
	const char *st;
	int64_t last_pid;
	uint32_t entry, generation;
};

struct loader {
	struct canon *c;
	uint32_t *where;  /* by event: its entry */
	uint32_t *place;  /* by event: unit, or mem with TO_MEM, CANON_NONE: left out */
	struct form *forms, scratch;
	size_t cap_forms;
	struct entry *entries;
	size_t nentries, cap_entries;
	struct request *requests;
	size_t nrequests, cap_requests;
	struct idmap roles, role_pids; /* -> process */
	struct idmap groups, mems, units, conns, streams, keys;
	struct slice *key;
	size_t nkeys, cap_keys;
	struct conn *conn;
	size_t nconns, cap_conns;
	uint32_t generation; /* of the processes: an image that starts may take over a name */
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

static int64_t number(const struct slice *leaves, int at)
{
	int64_t v = 0;

	if (at >= 0 && !slice_to_i64(leaves[at], &v))
		v = 0;
	return v;
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

static void proc_started(struct loader *l, uint32_t event, struct slice role, int64_t pid, int64_t ppid, struct slice parent)
{
	uint32_t up = parent.len > 2 && parent.ptr[0] == '"' ? proc_find(l, jscan_plain(parent, &l->plain), ppid) : CANON_NONE;

	idmap_set(&l->c->started, event + 1, proc_new(l, role, pid, up));
	l->generation++;
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

static uint32_t mem_of(struct loader *l, uint32_t group, enum canon_mem_kind kind, struct slice key)
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
	c->units = canon_grow(c->units, &c->cap_units, c->nunits, sizeof(*c->units));
	c->units[c->nunits] = (struct canon_unit){ .mem = mem };
	c->mems[mem].count++;
	return (uint32_t)c->nunits++;
}

static uint32_t unit_of(struct loader *l, uint32_t mem, uint64_t key, bool *added)
{
	uint32_t id = idmap_add(&l->units, hash2((uint64_t)mem + 1, key), (uint32_t)l->c->nunits, added);

	if (*added)
		unit_new(l->c, mem);
	return id;
}

/* ---- pass one: whose is it -------------------------------------------------- */

static struct form *form_of(struct loader *l, const struct skeleton *s)
{
	struct form *f = &l->scratch;

	if (!s->scratch) {
		while (s->id >= l->cap_forms) {
			size_t cap = l->cap_forms;
			l->forms = canon_grow(l->forms, &l->cap_forms, l->cap_forms, sizeof(*l->forms));
			memset(l->forms + cap, 0, (l->cap_forms - cap) * sizeof(*l->forms));
		}
		f = &l->forms[s->id];
		if (f->known)
			return f;
	}
	static const char *const paths[] = { "t.ts", "t.dur", "t.pid", "t.tid", "t.ppid", "a.seam.parent", "a.aws.s3.bucket", "a.aws.s3.key" };
	int at[8] = { -1, -1, -1, -1, -1, -1, -1, -1 };
	for (size_t i = 0; i < s->nleaves; i++)
		for (size_t k = 0; k < 8; k++)
			if (slice_eq_str(s->leaves[i].path, paths[k]))
				at[k] = (int)i;
	*f = (struct form){ true, at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7], .entry = CANON_NONE };
	return f;
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

/* The stream's entry; a line like the last one of its structure costs a comparison. */
static uint32_t entry_of(struct loader *l, struct form *f, struct slice st, int64_t pid)
{
	if (f->st == st.ptr && f->last_pid == pid && f->entry != CANON_NONE && f->generation == l->generation)
		return f->entry;
	f->st = st.ptr;
	f->last_pid = pid;
	f->generation = l->generation;
	/* Names must outlive the scratch that unescaping uses. */
	buf_reset(&l->text);
	jscan_text(st, &l->text);
	struct slice rest = buf_slice(&l->text);
	struct slice role = slice_split(&rest, '/'), service = slice_split(&rest, '/');
	size_t hash = slice_find(rest, '#');
	int64_t conn = -1;
	if (hash < rest.len && !slice_to_i64(slice_skip(rest, hash + 1), &conn))
		conn = -1;
	struct slice boundary = canon_boundary(l, service, slice_take(rest, hash));
	uint32_t proc = proc_find(l, role, pid);
	if (proc == CANON_NONE)
		proc = proc_new(l, role, pid, CANON_NONE);
	uint32_t group = group_of(l, proc, service, boundary);
	bool added;
	f->entry = idmap_add(&l->streams, hash2(group, (uint64_t)conn), (uint32_t)l->nentries, &added);
	if (added) {
		l->entries = canon_grow(l->entries, &l->cap_entries, l->nentries, sizeof(*l->entries));
		l->entries[l->nentries++] = (struct entry){ .group = group, .conn = conn, .conn_id = CANON_NONE, .tid = INT64_MIN };
	}
	return f->entry;
}

static void conn_seen(struct loader *l, struct entry *e, uint64_t from_ns, uint64_t to_ns, bool request)
{
	if (e->conn < 0)
		return;
	if (e->conn_id == CANON_NONE) {
		e->conn_id = (uint32_t)l->nconns;
		l->conn = canon_grow(l->conn, &l->cap_conns, l->nconns, sizeof(*l->conn));
		l->conn[l->nconns++] = (struct conn){ .open_ns = from_ns, .mark = CANON_NONE };
	}
	if (request && to_ns > l->conn[e->conn_id].last_ns)
		l->conn[e->conn_id].last_ns = to_ns;
}

static uint64_t correlation(struct slice cor)
{
	struct jscan it = jscan_open(cor);
	struct slice key, item;

	while (cor.ptr && jscan_next(&it, &key, &item))
		if (slice_has_prefix(item, SLICE_LIT("\"id:")))
			return hash_slice(item, 5) | 1;
	return 0;
}

static void canonical_leaf(struct loader *l, struct slice path, struct slice value)
{
	struct canon_text *x = &l->c->text;

	if (!value.ptr || value.ptr[0] != '"')
		return;
	buf_reset(&l->text);
	x->unordered++; /* its values are told already */
	canon_leaf(x, path, value, &l->text);
	x->unordered--;
	buf_reset(&l->plain);
	jscan_text(buf_slice(&l->text), &l->plain);
}

/* What a request is ordered by: the object, or the route. */
static struct slice request_key(struct loader *l, const struct skeleton *s, const struct form *f, const struct slice *leaves, uint64_t sum)
{
	struct buf key;
	bool added;
	bool s3 = slice_eq_str(s->k, "s3");

	buf_init(&key, 1024 * 1024);
	l->c->text.shape = false; /* what is masked here is counted already */
	uint64_t hash = sum;
	if (s3) {
		canonical_leaf(l, SLICE_LIT("a.aws.s3.bucket"), f->bucket < 0 ? SLICE_NONE : leaves[f->bucket]);
		if (f->bucket >= 0)
			buf_add_slice(&key, buf_slice(&l->plain));
		buf_add_char(&key, '/');
		canonical_leaf(l, SLICE_LIT("a.aws.s3.key"), f->object < 0 ? SLICE_NONE : leaves[f->object]);
		if (f->object >= 0)
			buf_add_slice(&key, buf_slice(&l->plain));
		hash = hash_slice(buf_slice(&key), 8);
	}
	uint32_t id = idmap_add(&l->keys, hash, (uint32_t)l->nkeys, &added);
	if (added) {
		if (!s3) {
			canonical_leaf(l, SLICE_LIT("sum"), leaves[s->member[SK_SUM]]);
			buf_add_slice(&key, buf_slice(&l->plain));
		}
		l->key = canon_grow(l->key, &l->cap_keys, l->nkeys, sizeof(*l->key));
		l->key[l->nkeys++] = canon_intern(l->c, buf_slice(&key));
	}
	buf_release(&key);
	return l->key[id];
}

static void load_event(struct loader *l, uint32_t event)
{
	struct canon *c = l->c;
	struct slice leaves[SKELETON_LEAVES];
	struct skeleton *s = trace_file_skeleton(c->file, event, leaves);
	struct form *f = form_of(l, s);
	int64_t pid = number(leaves, f->pid), tid = number(leaves, f->tid);
	struct slice st = leaves[s->member[SK_ST]];

	if (slice_eq_str(s->k, "proc.start")) {
		buf_reset(&l->text);
		jscan_text(st, &l->text);
		struct slice rest = buf_slice(&l->text);
		proc_started(l, event, slice_split(&rest, '/'), pid, number(leaves, f->ppid), f->parent < 0 ? SLICE_NONE : leaves[f->parent]);
	}
	uint32_t at = l->where[event] = entry_of(l, f, st, pid);
	canon_event_add(c, event, s, leaves);
	const struct canon_kind *k = &c->kinds[c->kind[event]];
	struct entry *e = &l->entries[at];
	bool request = k->class == C_REQUEST;
	c->groups[e->group].keyed |= request;
	c->groups[e->group].other |= k->class == C_OTHER;
	if (e->conn >= 0) {
		uint64_t from_ns = (uint64_t)number(leaves, f->ts);
		if (request || e->conn_id == CANON_NONE)
			conn_seen(l, e, from_ns, from_ns + (uint64_t)number(leaves, f->dur), request);
	}
	if (!request) {
		e->tids |= e->tid != INT64_MIN && e->tid != tid;
		e->tid = tid;
		return;
	}
	int cor = s->member[SK_COR];
	struct slice key = request_key(l, s, f, leaves, k->sum);
	l->requests = canon_grow(l->requests, &l->cap_requests, l->nrequests, sizeof(*l->requests));
	l->requests[l->nrequests++] = (struct request){ .event = event,
							.entry = at,
							.mem = CANON_NONE,
							.tid = tid,
							.cor = cor < 0 ? 0 : correlation(leaves[cor]),
							.key = key };
}

/* ---- pass two: what keeps its order ------------------------------------------ */

static uint32_t place_request(struct loader *l, struct request *r)
{
	uint32_t group = l->entries[r->entry].group;
	bool added;

	if (r->cor)
		return unit_of(l, mem_of(l, group, CANON_COR, SLICE_LIT("id")), r->cor, &added);
	r->mem = mem_of(l, group, CANON_KEY, r->key);
	return r->mem | TO_MEM;
}

static uint32_t place_event(struct loader *l, uint32_t event)
{
	struct canon *c = l->c;
	const struct entry *e = &l->entries[l->where[event]];
	const struct canon_group *g = &c->groups[e->group];
	const struct canon_kind *k = &c->kinds[c->kind[event]];
	bool added;

	if (g->keyed && k->class != C_OTHER) {
		/* An orderly end says nothing that the count of openings does not. */
		if (k->class == C_CLOSE && !k->failed)
			return CANON_NONE;
		uint32_t unit = unit_of(l, mem_of(l, e->group, CANON_COUNT, SLICE_NONE), c->shapes[event], &added);
		c->units[unit].recorded++;
		return added ? unit : CANON_NONE;
	}
	if (e->conn >= 0 && !g->keyed)
		return unit_of(l, mem_of(l, e->group, CANON_CONN, SLICE_NONE), (uint64_t)e->conn, &added);
	return mem_of(l, e->group, CANON_PLAIN, SLICE_NONE) | TO_MEM;
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
static bool in_flight_together(struct loader *l, const uint32_t *requests, size_t count, uint32_t mark)
{
	struct span *list = NULL;
	size_t n = 0, cap = 0;
	bool together = false;

	for (size_t i = 0; i < count; i++) {
		uint32_t conn = l->entries[l->requests[requests[i]].entry].conn_id;
		if (conn == CANON_NONE || l->conn[conn].mark == mark)
			continue;
		l->conn[conn].mark = mark;
		list = canon_grow(list, &cap, n, sizeof(*list));
		list[n++] = (struct span){ l->conn[conn].open_ns, l->conn[conn].last_ns };
	}
	if (n > 1)
		qsort(list, n, sizeof(*list), by_from);
	uint64_t last = n ? list[0].to : 0;
	for (size_t i = 1; i < n && !together; i++) {
		together = list[i].from < last;
		if (list[i].to > last)
			last = list[i].to;
	}
	free(list);
	return together;
}

/* Which streams ordered by key are bags. */
static void judge_keys(struct loader *l)
{
	struct canon *c = l->c;
	uint32_t *start = canon_alloc(c->nmems + 1, sizeof(*start)), *list = canon_alloc(l->nrequests, sizeof(*list));

	for (size_t i = 0; i < l->nrequests; i++)
		if (l->requests[i].mem != CANON_NONE)
			start[l->requests[i].mem + 1]++;
	for (size_t m = 0; m < c->nmems; m++)
		start[m + 1] += start[m];
	for (uint32_t i = 0; i < l->nrequests; i++)
		if (l->requests[i].mem != CANON_NONE)
			list[start[l->requests[i].mem]++] = i;
	/* start[m] is now where m ends. */
	for (uint32_t m = 0; m < c->nmems; m++) {
		const uint32_t *of = list + (m ? start[m - 1] : 0);
		size_t count = start[m] - (m ? start[m - 1] : 0);
		for (size_t i = 1; i < count && !c->mems[m].bag; i++)
			c->mems[m].bag = l->requests[of[i]].tid != l->requests[of[0]].tid;
		if (count && !c->mems[m].bag)
			c->mems[m].bag = in_flight_together(l, of, count, m);
	}
	free(start);
	free(list);
}

/* Which of the others are: two threads wrote to them. */
static void judge_plain(struct loader *l)
{
	struct canon *c = l->c;
	int64_t *tid = canon_alloc(c->ngroups, sizeof(*tid));
	bool *several = canon_alloc(c->ngroups, sizeof(*several));

	for (size_t i = 0; i < c->ngroups; i++)
		tid[i] = INT64_MIN;
	for (size_t i = 0; i < l->nentries; i++) {
		const struct entry *e = &l->entries[i];
		if (e->tid == INT64_MIN)
			continue;
		several[e->group] |= e->tids || (tid[e->group] != INT64_MIN && tid[e->group] != e->tid);
		tid[e->group] = e->tid;
	}
	/* A process begins before it ends, whoever noticed. */
	for (size_t m = 0; m < c->nmems; m++)
		if (c->mems[m].kind == CANON_PLAIN && c->groups[c->mems[m].group].service.len)
			c->mems[m].bag = several[c->mems[m].group];
	free(tid);
	free(several);
}

/* Units for the events of plain and keyed streams: one for all, or one each. */
static void settle(struct loader *l)
{
	struct canon *c = l->c;
	uint32_t *one = malloc((c->nmems ? c->nmems : 1) * sizeof(*one));

	if (!one)
		abort();
	for (size_t m = 0; m < c->nmems; m++)
		one[m] = CANON_NONE;
	for (size_t i = 0; i < c->n; i++) {
		if (l->place[i] == CANON_NONE || !(l->place[i] & TO_MEM))
			continue;
		uint32_t m = l->place[i] & ~TO_MEM;
		if (one[m] == CANON_NONE || c->mems[m].bag)
			one[m] = unit_new(c, m);
		l->place[i] = one[m];
	}
	free(one);
}

/* Events unit by unit, units mem by mem. */
static void lay_out(struct loader *l)
{
	struct canon *c = l->c;
	size_t kept = 0;
	uint32_t at = 0;

	for (size_t i = 0; i < c->n; i++)
		if (l->place[i] != CANON_NONE) {
			c->units[l->place[i]].count++;
			kept++;
		}
	c->order = canon_alloc(kept, sizeof(*c->order));
	for (size_t u = 0; u < c->nunits; u++) {
		c->units[u].from = at;
		at += c->units[u].count;
		c->units[u].count = 0;
	}
	for (uint32_t i = 0; i < c->n; i++)
		if (l->place[i] != CANON_NONE) {
			struct canon_unit *u = &c->units[l->place[i]];
			c->order[u->from + u->count++] = i;
		}
	c->nlines = kept;
	c->unit_order = canon_alloc(c->nunits, sizeof(*c->unit_order));
	at = 0;
	for (size_t m = 0; m < c->nmems; m++) {
		c->mems[m].from = at;
		at += c->mems[m].count;
		c->mems[m].count = 0;
	}
	for (uint32_t u = 0; u < c->nunits; u++) {
		struct canon_mem *m = &c->mems[c->units[u].mem];
		c->unit_order[m->from + m->count++] = u;
	}
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

static void place(struct loader *l)
{
	struct canon *c = l->c;
	size_t r = 0;

	l->place = canon_alloc(c->n, sizeof(*l->place));
	for (uint32_t i = 0; i < c->n; i++)
		l->place[i] = r < l->nrequests && l->requests[r].event == i ? place_request(l, &l->requests[r++]) : place_event(l, i);
	judge_keys(l);
	judge_plain(l);
	settle(l);
	lay_out(l);
}

void canon_load(struct canon *c)
{
	struct loader l = { .c = c, .where = canon_alloc(c->n, sizeof(*l.where)) };

	buf_init(&l.text, 1024 * 1024);
	buf_init(&l.plain, 1024 * 1024);
	for (size_t i = 0; i < c->n; i++)
		load_event(&l, (uint32_t)i);
	canon_events_done(c);
	spread_keyed(c);
	place(&l);
	buf_release(&l.text);
	buf_release(&l.plain);
	struct idmap *maps[] = { &l.roles, &l.role_pids, &l.groups, &l.mems, &l.units, &l.conns, &l.streams, &l.keys };
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		idmap_release(maps[i]);
	free(l.where);
	free(l.place);
	free(l.forms);
	free(l.entries);
	free(l.requests);
	free(l.key);
	free(l.conn);
}
