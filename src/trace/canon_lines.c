/*
 * canon_lines: gives streams their names and numbers, and lays the events out
 * in the golden's order, line by line.
 */
#include "trace/canon_model.h"

#include "trace/jscan.h"

struct canon_stream *canon_stream_new(struct canon *c, struct slice name, size_t line)
{
	c->streams = canon_grow(c->streams, &c->cap_streams, c->nstreams, sizeof(*c->streams));
	struct canon_stream *s = &c->streams[c->nstreams++];
	struct slice rest = name;

	*s = (struct canon_stream){ .name = name, .from = line };
	s->role = slice_split(&rest, '/');
	s->program = canon_program(s->role);
	s->service = slice_split(&rest, '/');
	size_t end = slice_find(rest, '/'), hash = slice_find(rest, '#');
	s->boundary = slice_take(rest, end < hash ? end : hash);
	s->numbered = hash < rest.len;
	return s;
}

/* What stood by event stands by line from here on. */
static void by_line(struct canon *c)
{
	uint64_t *shapes = canon_alloc(c->nlines, sizeof(*shapes));
	for (size_t i = 0; i < c->nlines; i++)
		shapes[i] = c->shapes[c->line_event[i]];
	free(c->shapes);
	c->shapes = shapes;
	for (uint32_t **list = &c->kind; list; list = list == &c->kind ? &c->values_from : NULL) {
		uint32_t *moved = canon_alloc(c->nlines, sizeof(*moved));
		for (size_t i = 0; i < c->nlines; i++)
			moved[i] = (*list)[c->line_event[i]];
		free(*list);
		*list = moved;
	}
}

/* ---- a recording -------------------------------------------------------------- */

static const struct canon *sorting; /* qsort has no argument for its comparison */

static bool is_numbered(const struct canon_mem *m)
{
	return m->kind == CANON_CONN || m->kind == CANON_COR;
}

static int by_stream(const void *a, const void *b)
{
	const struct canon_mem *x = &sorting->mems[*(const uint32_t *)a], *y = &sorting->mems[*(const uint32_t *)b];
	const struct canon_group *g = &sorting->groups[x->group], *h = &sorting->groups[y->group];
	const struct canon_proc *p = &sorting->procs[g->proc], *q = &sorting->procs[h->proc];
	int d = slice_cmp(p->program, q->program);

	if (!d && p->k != q->k)
		d = p->k < q->k ? -1 : 1;
	d = d ? d : slice_cmp(g->service, h->service);
	d = d ? d : slice_cmp(g->boundary, h->boundary);
	d = d ? d : slice_cmp(x->key, y->key);
	d = d ? d : (int)is_numbered(x) - (int)is_numbered(y);
	d = d ? d : (int)x->kind - (int)y->kind;
	return d ? d : p->rank < q->rank ? -1 : p->rank > q->rank;
}

static void add_key(struct buf *name, struct slice key)
{
	for (size_t i = 0; i < key.len; i++) {
		char ch = key.ptr[i];
		if (ch == '/' || ch == '#' || ch == '%')
			buf_addf(name, "%%%02X", (unsigned char)ch);
		else
			buf_add_char(name, ch);
	}
}

static struct slice base_name(struct canon *c, const struct canon_mem *m, struct buf *base)
{
	const struct canon_group *g = &c->groups[m->group];

	buf_reset(base);
	buf_addf(base, "%.*s/%.*s/%.*s", SLICE_ARG(c->procs[g->proc].label), SLICE_ARG(g->service), SLICE_ARG(g->boundary));
	if (m->key.len) {
		buf_add_char(base, '/');
		add_key(base, m->key);
	}
	return canon_intern(c, buf_slice(base));
}

static void add_unit(struct canon *c, const struct canon_mem *m, const struct canon_unit *u, size_t *line)
{
	for (size_t e = 0; e < u->count; e++) {
		c->line_event[*line] = c->order[u->from + e];
		if (m->kind == CANON_COUNT)
			idmap_set(&c->counts, *line + 1, u->recorded);
		++*line;
	}
	c->streams[c->nstreams - 1].count += u->count;
}

/* One stream a unit where units are numbered, one stream for all else; what has
 * the same name (two curls of two shells) goes on in the same stream. */
void canon_lines(struct canon *c)
{
	uint32_t *order = canon_alloc(c->nmems, sizeof(*order));
	struct buf base, name;
	struct slice last = SLICE_NONE;
	uint64_t n = 0;
	size_t line = 0;

	c->line_event = canon_alloc(c->nlines, sizeof(*c->line_event));
	for (uint32_t i = 0; i < c->nmems; i++)
		order[i] = i;
	sorting = c;
	qsort(order, c->nmems, sizeof(*order), by_stream);
	buf_init(&base, 1024 * 1024);
	buf_init(&name, 1024 * 1024);
	for (size_t i = 0; i < c->nmems; i++) {
		const struct canon_mem *m = &c->mems[order[i]];
		struct slice interned = base_name(c, m, &base);
		if (interned.ptr != last.ptr)
			n = 0;
		bool fresh = interned.ptr != last.ptr || is_numbered(m) || c->streams[c->nstreams - 1].numbered;
		last = interned;
		for (size_t u = 0; u < m->count; u++) {
			if (is_numbered(m)) {
				buf_reset(&name);
				buf_addf(&name, "%.*s#%llu", SLICE_ARG(interned), (unsigned long long)n++);
				canon_stream_new(c, canon_intern(c, buf_slice(&name)), line);
			} else if (fresh) {
				canon_stream_new(c, interned, line);
				fresh = false;
			}
			c->streams[c->nstreams - 1].bag |= m->bag;
			add_unit(c, m, &c->units[c->unit_order[m->from + u]], &line);
		}
	}
	buf_release(&base);
	buf_release(&name);
	free(order);
	by_line(c);
	for (size_t i = 0; i < c->nlines; i++) {
		uint32_t count;
		if (c->counts.count && idmap_get(&c->counts, i + 1, &count))
			c->shapes[i] = shape_counted(c->shapes[i], count);
	}
	free(c->order);
	free(c->unit_order);
	free(c->units);
	c->order = c->unit_order = NULL;
	c->units = NULL;
	c->nunits = 0;
}

/* ---- a golden ------------------------------------------------------------------- */

/* Its streams as they stand; somebody may have sorted its lines another way. */
void canon_golden(struct canon *c)
{
	struct map streams;
	struct map_entry *e;
	struct buf plain;
	uint32_t nstreams = 0, *stream = canon_alloc(c->n, sizeof(*stream)), *from, last = 0;
	const char *last_st = NULL;
	size_t i = 0, at = 0, s = 0;

	map_init(&streams);
	buf_init(&plain, 1024 * 1024);
	for (uint32_t k = 0; k < c->n; k++) {
		struct slice leaves[SKELETON_LEAVES];
		struct skeleton *sk = trace_file_skeleton(c->file, k, leaves);
		struct slice st = leaves[sk->member[SK_ST]];
		canon_event_add(c, k, sk, leaves);
		if (st.ptr != last_st) {
			struct slice name = jscan_plain(st, &plain);
			uintptr_t id = (uintptr_t)map_get(&streams, name);
			if (!id)
				map_set(&streams, name, (void *)(id = ++nstreams));
			last = (uint32_t)id - 1;
			last_st = st.ptr;
		}
		stream[k] = last;
	}
	canon_events_done(c);
	c->nlines = c->n;
	c->line_event = canon_alloc(c->n, sizeof(*c->line_event));
	from = canon_alloc((size_t)nstreams + 1, sizeof(*from));
	for (size_t k = 0; k < c->n; k++)
		from[stream[k] + 1]++;
	for (size_t k = 0; k < nstreams; k++)
		from[k + 1] += from[k];
	for (uint32_t k = 0; k < c->n; k++)
		c->line_event[from[stream[k]]++] = k;
	/* from[s] is now where s ends. */
	while ((e = map_next(&streams, &i))) {
		struct canon_stream *st = canon_stream_new(c, canon_intern(c, e->key), at);
		st->count = from[s] - at;
		at = from[s++];
	}
	by_line(c);
	free(from);
	free(stream);
	buf_release(&plain);
	map_release(&streams);
}
