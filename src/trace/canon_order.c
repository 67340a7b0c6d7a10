/*
 * canon_order: puts processes, streams and units into an order that depends on
 * content alone.
 *
 * Every unit and process has a color, a hash of what is known of it. Colors are
 * refined over the values that units share (the id that a connection inserted
 * and another posted) until nothing changes any more; what is still equal then
 * is a set of interchangeable twins, of which one at a time is made first, and
 * the refinement goes on. (Weisfeiler-Leman refinement with individualisation;
 * like every cheap canonical labelling it can miss a difference in strongly
 * regular sharing, which programs do not have.)
 */
#include "trace/canon_model.h"

#define ORDER_ROUNDS 64 /* twins told apart one at a time inside one component; beyond, the file's order decides */

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = { a, b };

	return canon_hash(pair, sizeof(pair), 11);
}

static uint64_t hash_slice(struct slice s, uint64_t seed)
{
	return canon_hash(s.ptr ? s.ptr : "", s.len, seed);
}

static const struct canon_group *unit_group(const struct canon *c, const struct canon_unit *u)
{
	return &c->groups[c->mems[u->mem].group];
}

/* ---- colors ---------------------------------------------------------------- */

static void first_colors(struct canon *c)
{
	for (size_t i = 0; i < c->nunits; i++) {
		struct canon_unit *u = &c->units[i];
		const struct canon_mem *m = &c->mems[u->mem];
		const struct canon_group *g = unit_group(c, u);
		uint64_t h = mix(hash_slice(g->service, 1), hash_slice(g->boundary, 2));
		h = mix(h, mix(hash_slice(m->key, 3), m->kind));
		for (size_t k = 0; k < u->count; k++)
			h = mix(h, c->shapes[c->order[u->from + k]]);
		u->base = u->color = mix(h, u->recorded);
	}
	for (size_t i = 0; i < c->nprocs; i++)
		c->procs[i].color = hash_slice(c->procs[i].program, 4);
}

static void color_procs(struct canon *c)
{
	uint64_t *sum = canon_alloc(c->nprocs, sizeof(*sum));

	for (size_t i = 0; i < c->nunits; i++)
		sum[unit_group(c, &c->units[i])->proc] += mix(c->units[i].color, 5);
	/* Parents stand before their children. */
	for (size_t i = c->nprocs; i-- > 0;) {
		c->procs[i].color = mix(c->procs[i].color, sum[i]);
		if (c->procs[i].parent != CANON_NONE)
			sum[c->procs[i].parent] += mix(c->procs[i].color, 6);
	}
	for (size_t i = 0; i < c->nprocs; i++)
		if (c->procs[i].parent != CANON_NONE)
			c->procs[i].color = mix(c->procs[i].color, c->procs[c->procs[i].parent].color);
	free(sum);
}

/* What processes did themselves, before what others did is mixed in: the order
 * of siblings should not turn with the parent's exit status. */
static void base_procs(struct canon *c)
{
	uint64_t *sum = canon_alloc(c->nprocs, sizeof(*sum));

	for (size_t i = 0; i < c->nunits; i++)
		sum[unit_group(c, &c->units[i])->proc] += mix(c->units[i].base, 5);
	for (size_t i = c->nprocs; i-- > 0;) {
		c->procs[i].base = mix(hash_slice(c->procs[i].program, 4), sum[i]);
		if (c->procs[i].parent != CANON_NONE)
			sum[c->procs[i].parent] += mix(c->procs[i].base, 6);
	}
	free(sum);
}

static void color_values(struct canon *c)
{
	for (size_t v = 0; v < c->nvalues; v++)
		c->value_color[v] = c->value_type[v];
	for (size_t i = 0; i < c->nunits; i++) {
		const struct canon_unit *u = &c->units[i];
		uint64_t place = 0;
		for (size_t k = 0; k < u->count; k++) {
			size_t n;
			const uint32_t *paths, *v = canon_event_values(c, c->order[u->from + k], &n, &paths);
			for (size_t o = 0; o < n; o++, place++)
				c->value_color[v[o]] += mix(mix(u->color, place), paths[o]);
		}
	}
}

static void color_units(struct canon *c)
{
	for (size_t i = 0; i < c->nunits; i++) {
		struct canon_unit *u = &c->units[i];
		uint64_t h = mix(u->color, c->procs[unit_group(c, u)->proc].color);
		for (size_t k = 0; k < u->count; k++) {
			size_t n;
			const uint32_t *v = canon_event_values(c, c->order[u->from + k], &n, NULL);
			for (size_t o = 0; o < n; o++)
				h = mix(h, c->value_color[v[o]]);
		}
		u->color = h;
	}
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t count_classes(const struct canon *c)
{
	size_t n = c->nunits + c->nprocs, classes = 0;
	uint64_t *all = malloc((n ? n : 1) * sizeof(*all));

	if (!all)
		abort();
	for (size_t i = 0; i < c->nunits; i++)
		all[i] = c->units[i].color;
	for (size_t i = 0; i < c->nprocs; i++)
		all[c->nunits + i] = c->procs[i].color;
	qsort(all, n, sizeof(*all), by_u64);
	for (size_t i = 0; i < n; i++)
		classes += i == 0 || all[i] != all[i - 1];
	free(all);
	return classes;
}

static void refine(struct canon *c)
{
	size_t before, now = count_classes(c);

	do {
		before = now;
		color_procs(c);
		color_values(c);
		color_units(c);
		now = count_classes(c);
	} while (now > before);
}

/* ---- twins ------------------------------------------------------------------ */

static uint32_t root_of(uint32_t *up, uint32_t i)
{
	while (up[i] != i) {
		up[i] = up[up[i]];
		i = up[i];
	}
	return i;
}

/* Units that share a value are in one component; alone[i]: shares none. */
static void components(const struct canon *c, uint32_t *up, bool *alone)
{
	uint32_t *first = malloc((c->nvalues ? c->nvalues : 1) * sizeof(*first));

	if (!first)
		abort();
	for (size_t v = 0; v < c->nvalues; v++)
		first[v] = CANON_NONE;
	for (uint32_t i = 0; i < c->nunits; i++) {
		up[i] = i;
		alone[i] = true;
	}
	for (uint32_t i = 0; i < c->nunits; i++) {
		const struct canon_unit *u = &c->units[i];
		for (size_t k = 0; k < u->count; k++) {
			size_t n;
			const uint32_t *v = canon_event_values(c, c->order[u->from + k], &n, NULL);
			for (size_t o = 0; o < n; o++) {
				uint32_t *f = &first[v[o]];
				if (*f == CANON_NONE)
					*f = i;
				if (*f == i)
					continue;
				alone[i] = alone[*f] = false;
				up[root_of(up, i)] = root_of(up, *f);
			}
		}
	}
	free(first);
}

struct twin {
	uint64_t color;
	uint32_t unit;
};

static int by_color(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;

	if (x->color != y->color)
		return x->color < y->color ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* Twin processes come before twin units: two units are interchangeable only
 * when their processes are one, or are told apart. Of the first class that has
 * some, ranks those that no shared value links, all of one parent and without
 * children: any order of these is as good. False: no twins that matter. */
static bool part_procs(struct canon *c, uint32_t *up, const bool *alone)
{
	struct twin *all = malloc((c->nprocs ? c->nprocs : 1) * sizeof(*all));
	bool *shares = calloc(c->nprocs ? c->nprocs : 1, sizeof(*shares)), *parent = calloc(c->nprocs ? c->nprocs : 1, sizeof(*parent));
	uint32_t *taken = malloc((c->nunits ? c->nunits : 1) * sizeof(*taken)); /* which twin has the component */
	size_t n = 0, begin = 0, end = 0;
	uint64_t rank = 1;

	if (!all || !shares || !parent || !taken)
		abort();
	for (size_t i = 0; i < c->nunits; i++)
		shares[unit_group(c, &c->units[i])->proc] |= !alone[i];
	for (uint32_t i = 0; i < c->nprocs; i++) {
		if (c->procs[i].parent != CANON_NONE)
			parent[c->procs[i].parent] = true;
		if (shares[i])
			all[n++] = (struct twin){ c->procs[i].color, i };
	}
	qsort(all, n, sizeof(*all), by_color);
	while (begin < n && end - begin < 2)
		for (begin = end, end = begin + 1; end < n && all[end].color == all[begin].color; end++)
			;
	if (end - begin < 2)
		end = begin;
	/* A component belongs to the first twin that touches it; a later twin that does waits for the next round. */
	memset(taken, 0xff, (c->nunits ? c->nunits : 1) * sizeof(*taken));
	memset(shares, 0, c->nprocs * sizeof(*shares)); /* from here on: is linked to another twin */
	for (size_t i = 0; i < c->nunits && begin < end; i++) {
		uint32_t proc = unit_group(c, &c->units[i])->proc;
		if (alone[i] || c->procs[proc].color != all[begin].color)
			continue;
		uint32_t *owner = &taken[root_of(up, (uint32_t)i)];
		if (*owner == CANON_NONE)
			*owner = proc;
		else if (*owner != proc)
			shares[proc] = shares[*owner] = true;
	}
	for (size_t k = begin; k < end; k++) {
		struct canon_proc *p = &c->procs[all[k].unit];
		if (k > begin && (shares[all[k].unit] || parent[all[k].unit] || shares[all[begin].unit] || parent[all[begin].unit] ||
				  p->parent != c->procs[all[begin].unit].parent))
			continue;
		p->color = mix(mix(all[k].color, 14), rank++);
	}
	bool parted = begin < end;
	free(all);
	free(shares);
	free(parent);
	free(taken);
	return parted;
}

/* Makes one twin of the first class that has some the first of its component.
 * False: there are no twins that matter. */
static bool part_twins(struct canon *c, uint32_t *up, const bool *alone)
{
	struct twin *all = malloc((c->nunits ? c->nunits : 1) * sizeof(*all));
	bool *done = calloc(c->nunits ? c->nunits : 1, sizeof(*done));
	bool parted = false;
	size_t n = 0;

	if (!all || !done)
		abort();
	for (uint32_t i = 0; i < c->nunits; i++)
		if (!alone[i])
			all[n++] = (struct twin){ c->units[i].color, i };
	qsort(all, n, sizeof(*all), by_color);
	for (size_t i = 0; i < n && !parted;) {
		size_t end = i + 1;
		while (end < n && all[end].color == all[i].color)
			end++;
		uint64_t rank = 1;
		for (size_t k = i; k < end && end - i > 1; k++) {
			uint32_t root = root_of(up, all[k].unit);
			if (done[root])
				continue;
			done[root] = true;
			c->units[all[k].unit].color = mix(mix(all[k].color, 13), rank++);
			parted = true;
		}
		i = end;
	}
	free(all);
	free(done);
	return parted;
}

static void color(struct canon *c)
{
	uint32_t *up = malloc((c->nunits ? c->nunits : 1) * sizeof(*up));
	bool *alone = malloc((c->nunits ? c->nunits : 1) * sizeof(*alone));

	if (!up || !alone)
		abort();
	first_colors(c);
	base_procs(c);
	refine(c);
	components(c, up, alone);
	for (int i = 0; i < ORDER_ROUNDS && (part_procs(c, up, alone) || part_twins(c, up, alone)); i++)
		refine(c);
	free(up);
	free(alone);
}

/* ---- processes ---------------------------------------------------------------- */

static const struct canon *sorting; /* qsort has no argument for its comparison */

static int by_mem_name(const void *a, const void *b)
{
	const struct canon_mem *x = &sorting->mems[*(const uint32_t *)a], *y = &sorting->mems[*(const uint32_t *)b];
	const struct canon_group *g = &sorting->groups[x->group], *h = &sorting->groups[y->group];
	int d = slice_cmp(g->service, h->service);

	d = d ? d : slice_cmp(g->boundary, h->boundary);
	d = d ? d : slice_cmp(x->key, y->key);
	return d ? d : (int)x->kind - (int)y->kind;
}

/* What a process talked to, as one text to order by. */
static void name_streams(struct canon *c)
{
	uint32_t *mems = malloc((c->nmems ? c->nmems : 1) * sizeof(*mems));
	struct buf *texts = calloc(c->nprocs ? c->nprocs : 1, sizeof(*texts));

	if (!mems || !texts)
		abort();
	for (uint32_t i = 0; i < c->nmems; i++)
		mems[i] = i;
	sorting = c;
	qsort(mems, c->nmems, sizeof(*mems), by_mem_name);
	for (size_t i = 0; i < c->nprocs; i++)
		buf_init(&texts[i], (size_t)1 << 30);
	for (size_t i = 0; i < c->nmems; i++) {
		const struct canon_mem *m = &c->mems[mems[i]];
		const struct canon_group *g = &c->groups[m->group];
		struct buf *t = &texts[g->proc];
		if (!g->service.len)
			continue; /* proc.*: everybody has them */
		buf_addf(t, "%.*s\x01%.*s\x01%.*s\x02", SLICE_ARG(g->service), SLICE_ARG(g->boundary), SLICE_ARG(m->key));
	}
	for (size_t i = 0; i < c->nprocs; i++) {
		c->procs[i].streams = arena_slice(&c->arena, buf_slice(&texts[i]));
		buf_release(&texts[i]);
	}
	free(texts);
	free(mems);
}

static int by_proc(const void *a, const void *b)
{
	const struct canon_proc *x = &sorting->procs[*(const uint32_t *)a], *y = &sorting->procs[*(const uint32_t *)b];
	uint32_t p = x->parent == CANON_NONE ? 0 : x->parent + 1, q = y->parent == CANON_NONE ? 0 : y->parent + 1;

	if (p != q)
		return p < q ? -1 : 1; /* siblings stand together */
	int d = slice_cmp(x->program, y->program);
	d = d ? d : slice_cmp(x->streams, y->streams);
	if (d)
		return d;
	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return x->color < y->color ? -1 : x->color > y->color;
}

/* Siblings get their ordinals; level after level, so that a chain of a million
 * processes needs no stack. */
static void rank_below(struct canon *c, const uint32_t *sorted, const uint32_t *from)
{
	uint32_t *queue = malloc((c->nprocs + 1) * sizeof(*queue));
	size_t head = 0, tail = 0;
	uint32_t rank = 0;

	if (!queue)
		abort();
	queue[tail++] = 0; /* the slot of the roots */
	while (head < tail) {
		uint32_t slot = queue[head++], k = 0;
		for (uint32_t i = from[slot]; i < from[slot + 1]; i++) {
			struct canon_proc *p = &c->procs[sorted[i]];
			bool again = i > from[slot] && slice_eq(p->program, c->procs[sorted[i - 1]].program);
			p->k = k = again ? k + 1 : 1;
			p->rank = rank++;
			p->label = k == 1 ? p->program : arena_printf(&c->arena, "%.*s[%u]", SLICE_ARG(p->program), k);
			queue[tail++] = sorted[i] + 1;
		}
	}
	free(queue);
}

static void order_procs(struct canon *c)
{
	uint32_t *sorted = malloc((c->nprocs ? c->nprocs : 1) * sizeof(*sorted));
	uint32_t *from = calloc(c->nprocs + 2, sizeof(*from));

	if (!sorted || !from)
		abort();
	name_streams(c);
	for (uint32_t i = 0; i < c->nprocs; i++) {
		sorted[i] = i;
		from[(c->procs[i].parent == CANON_NONE ? 0 : c->procs[i].parent + 1) + 1]++;
	}
	for (size_t i = 0; i <= c->nprocs; i++)
		from[i + 1] += from[i];
	sorting = c;
	qsort(sorted, c->nprocs, sizeof(*sorted), by_proc);
	rank_below(c, sorted, from);
	free(sorted);
	free(from);
}

/* ---- units ---------------------------------------------------------------------- */

static int by_unit(const void *a, const void *b)
{
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct canon_unit *x = &sorting->units[i], *y = &sorting->units[k];

	/* A bag reads better by what is in it; all else by its hash. */
	if (x->count && y->count) {
		uint64_t s = sorting->kinds[sorting->kind[sorting->order[x->from]]].sum, t = sorting->kinds[sorting->kind[sorting->order[y->from]]].sum;
		if (sorting->mems[x->mem].bag && s != t)
			return s < t ? -1 : 1;
	}
	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	if (x->color != y->color)
		return x->color < y->color ? -1 : 1;
	return i < k ? -1 : i > k;
}

void canon_order(struct canon *c)
{
	c->value_color = canon_alloc(c->nvalues, sizeof(*c->value_color));
	color(c);
	free(c->value_color);
	c->value_color = NULL;
	order_procs(c);
	sorting = c;
	for (size_t i = 0; i < c->nmems; i++)
		if (c->mems[i].count > 1)
			qsort(c->unit_order + c->mems[i].from, c->mems[i].count, sizeof(uint32_t), by_unit);
}
