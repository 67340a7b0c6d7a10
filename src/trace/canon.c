/*
 * canon: the plan of a trace's canonical form, and its lines as text.
 *
 * A golden is taken as it stands; a recording is loaded, ordered, numbered and
 * labelled.
 */
#include "trace/canon.h"

#include "trace/canon_model.h"
#include "trace/jscan.h"

#define CANON_MAX ((size_t)1 << 40) /* bytes of a canonical trace: memory ends before */

void *canon_grow(void *list, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return list;
	*cap = *cap ? *cap * 2 : 4;
	list = realloc(list, *cap * size);
	if (!list) {
		fputs("seam: canon: out of memory\n", stderr);
		abort();
	}
	return list;
}

struct slice canon_intern(struct canon *c, struct slice s)
{
	struct slice *kept = map_get(&c->names, s);

	if (kept)
		return *kept;
	kept = ARENA_NEW(&c->arena, struct slice);
	*kept = arena_slice(&c->arena, s);
	map_set(&c->names, s, kept);
	return *kept;
}

struct slice canon_program(struct slice role)
{
	size_t n = role.len;

	if (!n || role.ptr[n - 1] != ']')
		return role;
	for (n--; n && role.ptr[n - 1] >= '0' && role.ptr[n - 1] <= '9';)
		n--;
	return n > 1 && role.ptr[n - 1] == '[' && n + 1 < role.len ? slice_take(role, n - 1) : role;
}

/* ---- values and shapes ----------------------------------------------------- */

static void on_value(void *arg, enum volatile_type type, uint64_t value, struct slice path, struct slice text, struct buf *out)
{
	struct canon *c = arg;
	bool added;
	uint32_t id;

	if (c->labelling) {
		if (!idmap_get(&c->value_ids, value, &id))
			return;
		if (c->values[id].label[0]) {
			buf_add_char(out, ':');
			buf_add_str(out, c->values[id].label);
		}
		if (id == c->look_for && !c->look_path->len)
			buf_add_slice(c->look_path, path);
		return;
	}
	id = idmap_add(&c->value_ids, value, (uint32_t)c->nvalues, &added);
	if (added) {
		c->values = canon_grow(c->values, &c->cap_values, c->nvalues, sizeof(*c->values));
		c->values[c->nvalues++] = (struct canon_val){ .type = type };
		if (c->text.canonical)
			snprintf(c->values[id].label, sizeof(c->values[id].label), "%.*s", SLICE_ARG(text));
	}
	c->occurrences = canon_grow(c->occurrences, &c->cap_occurrences, c->noccurrences, sizeof(*c->occurrences));
	c->occurrences[c->noccurrences++] =
		(struct canon_value){ .value = id, .path = (uint32_t)canon_hash(path.ptr, path.len, 9) };
}

struct slice canon_shape(struct canon *c, uint32_t event, const struct trace_line *line)
{
	struct canon_event *e = &c->events[event];

	buf_reset(&c->scratch);
	e->values_from = (uint32_t)c->noccurrences;
	canon_text_event(&c->text, line, NULL, &c->scratch);
	e->values_count = (uint32_t)c->noccurrences - e->values_from;
	struct slice shape = buf_slice(&c->scratch);
	struct slice sum = jscan_get(shape, "sum");
	e->shape = canon_hash(shape.ptr, shape.len, 0);
	uint64_t sum_hash = canon_hash(sum.ptr, sum.len, 6);
	e->sum = (uint32_t)sum_hash;
	e->coarse = canon_hash(line->k.ptr, line->k.len, sum_hash);
	e->none = slice_eq_str(line->by, "\"none\"");
	return shape;
}

/* ---- lines ------------------------------------------------------------------ */

static struct canon_stream *stream_new(struct canon *c, struct slice name)
{
	c->streams = canon_grow(c->streams, &c->cap_streams, c->nstreams, sizeof(*c->streams));
	struct canon_stream *s = &c->streams[c->nstreams++];
	struct slice rest = name;

	*s = (struct canon_stream){ .name = name, .from = c->nlines };
	s->role = slice_split(&rest, '/');
	s->program = canon_program(s->role);
	s->service = slice_split(&rest, '/');
	size_t end = slice_find(rest, '/'), hash = slice_find(rest, '#');
	s->boundary = slice_take(rest, end < hash ? end : hash);
	s->numbered = hash < rest.len;
	return s;
}

/* counted 0: an event that stands for itself. */
static void line_new(struct canon *c, uint32_t event, uint32_t counted, uint32_t proc)
{
	const struct canon_event *e = &c->events[event];
	size_t cap = c->cap_lines;

	c->lines = canon_grow(c->lines, &c->cap_lines, c->nlines, sizeof(*c->lines));
	if (cap != c->cap_lines) {
		c->line_procs = realloc(c->line_procs, c->cap_lines * sizeof(*c->line_procs));
		if (!c->line_procs)
			abort();
	}
	c->line_procs[c->nlines] = proc;
	c->lines[c->nlines++] = (struct canon_line){ .event = event,
						     .stream = (uint32_t)c->nstreams - 1,
						     .shape = e->shape,
						     .coarse = e->coarse,
						     .count = counted ? counted : 1,
						     .counted = counted > 0,
						     .none = e->none };
	c->streams[c->nstreams - 1].count++;
}

/* A counted event has its count in its shape. */
static void count_shape(struct canon *c, struct canon_line *l)
{
	struct trace_line line;

	trace_file_line(c->file, l->event, &line);
	c->text.count = l->count;
	c->labelling = true; /* no new values; none has a label yet */
	buf_reset(&c->scratch);
	canon_text_event(&c->text, &line, NULL, &c->scratch);
	l->shape = canon_hash(c->scratch.ptr, c->scratch.len, 0);
	c->labelling = false;
	c->text.count = 0;
}

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

/* One stream a unit where units are numbered, one stream for all else; what has
 * the same name (two curls of two shells) goes on in the same stream. */
static void make_lines(struct canon *c)
{
	uint32_t *order = malloc((c->nmems ? c->nmems : 1) * sizeof(*order));
	struct buf base, name;
	struct slice last = SLICE_NONE;
	uint64_t n = 0;

	if (!order)
		abort();
	for (uint32_t i = 0; i < c->nmems; i++)
		order[i] = i;
	sorting = c;
	qsort(order, c->nmems, sizeof(*order), by_stream);
	buf_init(&base, 1024 * 1024);
	buf_init(&name, 1024 * 1024);
	for (size_t i = 0; i < c->nmems; i++) {
		const struct canon_mem *m = &c->mems[order[i]];
		const struct canon_group *g = &c->groups[m->group];
		buf_reset(&base);
		buf_addf(&base, "%.*s/%.*s/%.*s", SLICE_ARG(c->procs[g->proc].label), SLICE_ARG(g->service), SLICE_ARG(g->boundary));
		if (m->key.len) {
			buf_add_char(&base, '/');
			add_key(&base, m->key);
		}
		struct slice interned = canon_intern(c, buf_slice(&base));
		if (interned.ptr != last.ptr)
			n = 0;
		bool fresh = interned.ptr != last.ptr || is_numbered(m) || c->streams[c->nstreams - 1].numbered;
		last = interned;
		for (size_t u = 0; u < m->count; u++) {
			const struct canon_unit *unit = &c->units[m->units[u]];
			if (is_numbered(m)) {
				buf_reset(&name);
				buf_addf(&name, "%.*s#%llu", SLICE_ARG(interned), (unsigned long long)n++);
				stream_new(c, canon_intern(c, buf_slice(&name)));
			} else if (fresh) {
				stream_new(c, interned);
				fresh = false;
			}
			c->streams[c->nstreams - 1].bag |= m->bag;
			for (size_t e = 0; e < unit->count; e++) {
				line_new(c, unit->events[e], m->kind == CANON_COUNT ? unit->recorded : 0, g->proc);
				if (m->kind == CANON_COUNT)
					count_shape(c, &c->lines[c->nlines - 1]);
			}
		}
	}
	buf_release(&base);
	buf_release(&name);
	free(order);
}

/* Events of a golden by their streams, which an editor may have torn apart. */
static void golden_lines(struct canon *c)
{
	size_t n = trace_file_count(c->file);
	struct map streams;
	uint32_t *stream = malloc((n ? n : 1) * sizeof(*stream)), *from;
	uint32_t *order = malloc((n ? n : 1) * sizeof(*order));
	struct buf plain;
	size_t nstreams = 0, i = 0;
	struct map_entry *e;

	map_init(&streams);
	buf_init(&plain, 1024 * 1024);
	if (!stream || !order)
		abort();
	for (uint32_t k = 0; k < n; k++) {
		struct trace_line line;
		trace_file_line(c->file, k, &line);
		canon_shape(c, k, &line);
		struct slice st = jscan_plain(line.st, &plain);
		uintptr_t id = (uintptr_t)map_get(&streams, st);
		if (!id)
			map_set(&streams, st, (void *)(id = ++nstreams));
		stream[k] = (uint32_t)id - 1;
	}
	from = calloc(nstreams + 1, sizeof(*from));
	if (!from)
		abort();
	for (size_t k = 0; k < n; k++)
		from[stream[k] + 1]++;
	for (size_t s = 0; s < nstreams; s++)
		from[s + 1] += from[s];
	for (uint32_t k = 0; k < n; k++)
		order[from[stream[k]]++] = k;
	/* from[s] is now where s ends. */
	size_t at = 0, s = 0;
	for (i = 0; (e = map_next(&streams, &i)); s++) {
		stream_new(c, canon_intern(c, e->key));
		for (; at < from[s]; at++)
			line_new(c, order[at], 0, CANON_NONE);
	}
	free(from);
	free(stream);
	free(order);
	buf_release(&plain);
	map_release(&streams);
}

/* ---- life -------------------------------------------------------------------- */

/* The run's own time: from its start to its last event, an hour more on both
 * sides for clocks that a container or a database keeps apart. */
static void find_window(struct canon *c)
{
	const char *start = json_string_value(json_object_get(trace_file_header(c->file), "start"));
	size_t n = trace_file_count(c->file), len;
	int64_t from, ts = 0, v;
	struct trace_line line;

	if (!start || !volatile_rfc3339(slice_str(start), &from, &len))
		return;
	/* The last lines are the latest; a long answer may have begun before. */
	for (size_t i = n > 16 ? n - 16 : 0; i < n; i++) {
		trace_file_line(c->file, i, &line);
		struct slice at = line.t.ptr ? jscan_get(line.t, "ts") : SLICE_NONE;
		if (at.ptr && slice_to_i64(at, &v) && v > ts)
			ts = v;
	}
	c->text.window = (struct volatile_window){ true, from - 3600, from + ts / 1000000000 + 3600 };
}

int canon_new(struct canon **out, const struct trace_file *f, json_t *mask, json_t *normalise, struct err *err)
{
	struct canon *c;
	int rc;

	*out = NULL;
	if (json_array_size(normalise))
		return err_set(err, ERR_CONTENT, "normalise: this version does not know it yet; use mask");
	if (trace_file_count(f) >= CANON_NONE)
		return err_at(err, ERR_LIMIT, trace_file_path(f), 0, 0, "more than 4,294,967,294 events");
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(err, ERR_IO, "out of memory");
	c->file = f;
	c->look_for = CANON_NONE;
	arena_init(&c->arena);
	map_init(&c->names);
	canon_text_init(&c->text, trace_file_path(f));
	c->text.value = on_value;
	c->text.arg = c;
	c->text.canonical = trace_file_canonical(f);
	buf_init(&c->scratch, CANON_MAX);
	c->events = calloc(trace_file_count(f) + 1, sizeof(*c->events));
	rc = c->events ? paths_init(&c->text.mask, mask, "mask", err) : err_set(err, ERR_IO, "out of memory");
	if (rc) {
		canon_free(c);
		return rc;
	}
	if (c->text.canonical) {
		golden_lines(c);
	} else {
		find_window(c);
		canon_load(c);
		canon_order(c);
		make_lines(c);
		canon_label(c);
	}
	c->labelling = true;
	*out = c;
	return 0;
}

void canon_free(struct canon *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nmems; i++)
		free(c->mems[i].units);
	for (size_t i = 0; i < c->nunits; i++)
		free(c->units[i].events);
	canon_text_release(&c->text);
	idmap_release(&c->value_ids);
	buf_release(&c->scratch);
	map_release(&c->names);
	arena_release(&c->arena);
	free(c->events);
	free(c->occurrences);
	free(c->values);
	free(c->procs);
	free(c->groups);
	free(c->mems);
	free(c->units);
	free(c->lines);
	free(c->line_procs);
	free(c->streams);
	free(c);
}

/* ---- asking -------------------------------------------------------------------- */

size_t canon_count(const struct canon *c)
{
	return c->nlines;
}

const struct canon_line *canon_line(const struct canon *c, size_t line)
{
	return &c->lines[line];
}

size_t canon_streams(const struct canon *c)
{
	return c->nstreams;
}

const struct canon_stream *canon_stream(const struct canon *c, size_t stream)
{
	return &c->streams[stream];
}

const struct canon_value *canon_line_values(const struct canon *c, size_t line, size_t *count)
{
	const struct canon_event *e = &c->events[c->lines[line].event];

	*count = e->values_count;
	return *count ? c->occurrences + e->values_from : NULL;
}

size_t canon_values(const struct canon *c)
{
	return c->nvalues;
}

uint64_t canon_masked(const struct canon *c)
{
	return c->text.masked;
}

void canon_value_add(const struct canon *c, uint32_t value, struct buf *out)
{
	const struct canon_val *v = &c->values[value];

	buf_addf(out, v->label[0] ? "<%s:%s>" : "<%s>", volatile_name(v->type), v->label);
}

static void line_text(struct canon *c, size_t line, struct buf *out)
{
	const struct canon_line *l = &c->lines[line];
	struct canon_names names = { .st = c->streams[l->stream].name };
	struct trace_line text;
	uint64_t masked = c->text.masked;

	trace_file_line(c->file, l->event, &text);
	uint32_t proc = c->line_procs[line];
	if (proc != CANON_NONE && c->procs[proc].parent != CANON_NONE)
		names.parent = c->procs[c->procs[proc].parent].label;
	c->text.count = l->counted ? l->count : 0;
	canon_text_event(&c->text, &text, &names, out);
	c->text.count = 0;
	c->text.masked = masked; /* counted once, with the shape */
}

void canon_line_add(struct canon *c, size_t line, struct buf *out)
{
	line_text(c, line, out);
}

void canon_value_path(struct canon *c, size_t line, uint32_t value, struct buf *out)
{
	struct buf path;

	buf_init(&path, 64 * 1024);
	c->look_for = value;
	c->look_path = &path;
	buf_reset(&c->scratch);
	line_text(c, line, &c->scratch);
	c->look_for = CANON_NONE;
	c->look_path = NULL;
	buf_add_slice(out, buf_slice(&path));
	buf_release(&path);
}

int canon_blob(struct canon *c, size_t line, bool request, struct buf *out, struct err *err)
{
	struct trace_line text;

	trace_file_line(c->file, c->lines[line].event, &text);
	struct slice payload = request ? text.req : text.res;
	struct slice blob = payload.ptr ? jscan_get(payload, "blob") : SLICE_NONE;
	if (blob.len < 2)
		return err_at(err, ERR_CONTENT, trace_file_path(c->file), text.number, 0, "the event has no blob");
	c->text.literal = c->text.boundary = SLICE_NONE;
	return canon_text_blob(&c->text, slice_of(blob.ptr + 1, blob.len - 2), slice_str(request ? "req.blob" : "res.blob"), out, err);
}

/* ---- the golden ------------------------------------------------------------------ */

static void add_members(const json_t *from, const char *const *names, struct buf *out)
{
	for (; *names; names++) {
		json_t *v = json_object_get(from, *names);
		if (!v)
			continue;
		char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
		buf_addf(out, ",\"%s\":%s", *names, text ? text : "\"\"");
		free(text);
	}
}

static void add_header(const struct canon *c, struct buf *out)
{
	static const char *const before[] = { "v", "min", "semconv", NULL }, *const after[] = { "mode", "seed", "rules", NULL };

	buf_add_str(out, "{\"k\":\"seam.trace\"");
	add_members(trace_file_header(c->file), before, out);
	buf_add_str(out, ",\"canonical\":true");
	add_members(trace_file_header(c->file), after, out);
	buf_add_str(out, "}\n");
}

static void add_trailer(const struct canon *c, struct buf *out)
{
	static const char *const rest[] = { "unmatched", "processes", "leaks", "exit", NULL };

	buf_addf(out, "{\"k\":\"seam.end\",\"events\":%zu,\"dropped\":0,\"streams\":%zu", c->nlines, c->nstreams);
	add_members(trace_file_trailer(c->file), rest, out);
	buf_add_str(out, "}\n");
}

static int tell_blob(struct canon *c, size_t line, bool request, int (*blob)(void *, struct slice, struct err *), void *arg,
		     struct err *err)
{
	struct trace_line text;
	struct buf bytes;
	int rc;

	trace_file_line(c->file, c->lines[line].event, &text);
	struct slice payload = request ? text.req : text.res;
	if (!payload.ptr || !jscan_get(payload, "blob").ptr)
		return 0;
	buf_init(&bytes, CANON_MAX);
	rc = canon_blob(c, line, request, &bytes, err);
	if (!rc)
		rc = blob(arg, buf_slice(&bytes), err);
	buf_release(&bytes);
	return rc;
}

int canon_write_form(struct canon *c, int (*blob)(void *arg, struct slice bytes, struct err *err), void *arg, struct buf *out,
		     struct err *err)
{
	int rc = 0;

	if (c->text.canonical)
		buf_add_slice(out, trace_file_text(c->file));
	else
		add_header(c, out);
	for (size_t i = 0; i < c->nlines && !rc; i++) {
		if (!c->text.canonical) {
			canon_line_add(c, i, out);
			buf_add_char(out, '\n');
		}
		if (blob && !(rc = tell_blob(c, i, true, blob, arg, err)))
			rc = tell_blob(c, i, false, blob, arg, err);
	}
	if (!c->text.canonical)
		add_trailer(c, out);
	if (!rc && buf_failed(out))
		rc = err_at(err, ERR_LIMIT, trace_file_path(c->file), 0, 0, "the canonical form is too large");
	return rc;
}

int canon_write(const struct trace_file *f, json_t *mask, json_t *normalise, struct buf *out, struct err *err)
{
	struct canon *c;
	int rc = canon_new(&c, f, mask, normalise, err);

	if (rc)
		return rc;
	rc = canon_write_form(c, NULL, NULL, out, err);
	canon_free(c);
	return rc;
}
