/*
 * canon_load: reads the events once, and finds out whose they are: which
 * process, service, boundary and connection.
 */
#include "trace/canon_load_model.h"

#include "trace/canon_text_model.h"
#include "trace/jscan.h"

/* ---- small parts --------------------------------------------------------- */

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
	return load_hash2(load_hash(role, 1), (uint64_t)pid);
}

static uint32_t proc_new(struct loader *l, struct slice role, int64_t pid, uint32_t parent)
{
	struct canon *c = l->c;
	uint32_t id = (uint32_t)c->nprocs;

	c->procs = canon_grow(c->procs, &c->cap_procs, c->nprocs, sizeof(*c->procs));
	role = canon_intern(c, role);
	c->procs[c->nprocs++] = (struct canon_proc){ .role = role, .program = canon_program(role), .parent = parent };
	idmap_set(&l->roles, load_hash(role, 1), id);
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
	if (idmap_get(&l->roles, load_hash(role, 1), &id))
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
	uint64_t key = load_hash2(load_hash(service, 2) + proc, load_hash(boundary, 3));
	uint32_t id = idmap_add(&l->groups, key, (uint32_t)c->ngroups, &added);

	if (added) {
		c->groups = canon_grow(c->groups, &c->cap_groups, c->ngroups, sizeof(*c->groups));
		c->groups[c->ngroups++] = (struct canon_group){ .proc = proc,
								.service = canon_intern(c, service),
								.boundary = canon_intern(c, boundary) };
	}
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
	f->entry = idmap_add(&l->streams, load_hash2(group, (uint64_t)conn), (uint32_t)l->nentries, &added);
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
			return load_hash(item, 5) | 1;
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
		hash = load_hash(buf_slice(&key), 8);
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

void canon_load(struct canon *c)
{
	struct loader l = { .c = c, .where = canon_alloc(c->n, sizeof(*l.where)) };

	buf_init(&l.text, 1024 * 1024);
	buf_init(&l.plain, 1024 * 1024);
	for (size_t i = 0; i < c->n; i++)
		load_event(&l, (uint32_t)i);
	canon_events_done(c);
	canon_place(&l);
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
