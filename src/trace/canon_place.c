/*
 * canon_place: what keeps its order.
 *
 * Inside a stream ordered by key, time order holds as long as one thread made
 * the requests one after the other; once two threads did, or one had several
 * connections in flight, the order of a recording is an accident, and the
 * stream becomes a bag.
 */
#include "trace/canon_load_model.h"

#define TO_MEM 0x80000000u /* in a place: the number is a mem's, its units come later */

/* ---- mems and units -------------------------------------------------------- */

static uint32_t mem_of(struct loader *l, uint32_t group, enum canon_mem_kind kind, struct slice key)
{
	struct canon *c = l->c;
	bool added;
	uint64_t hash = load_hash2(((uint64_t)group << 8) + kind, load_hash(key, 4));
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
	uint32_t id = idmap_add(&l->units, load_hash2((uint64_t)mem + 1, key), (uint32_t)l->c->nunits, added);

	if (*added)
		unit_new(l->c, mem);
	return id;
}

/* ---- places ---------------------------------------------------------------- */

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
			idmap_set(&keyed, load_hash(c->groups[i].service, 9), 1);
	for (size_t i = 0; i < c->ngroups; i++)
		if (!c->groups[i].other && idmap_get(&keyed, load_hash(c->groups[i].service, 9), &unused))
			c->groups[i].keyed = true;
	idmap_release(&keyed);
}

void canon_place(struct loader *l)
{
	struct canon *c = l->c;
	size_t r = 0;

	spread_keyed(c);
	l->place = canon_alloc(c->n, sizeof(*l->place));
	for (uint32_t i = 0; i < c->n; i++)
		l->place[i] = r < l->nrequests && l->requests[r].event == i ? place_request(l, &l->requests[r++]) : place_event(l, i);
	judge_keys(l);
	judge_plain(l);
	settle(l);
	lay_out(l);
}
