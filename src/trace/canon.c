/*
 * canon: the life of a canonical form, and what can be asked of it.
 *
 * A golden is taken as it stands; a recording is loaded, ordered and numbered.
 */
#include "trace/canon.h"

#include "trace/canon_model.h"
#include "trace/jscan.h"

#define CANON_MAX ((size_t)1 << 40) /* bytes of a text: memory ends before */

void *canon_alloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p) {
		fputs("seam: canon: out of memory\n", stderr);
		abort();
	}
	return p;
}

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
	if (trace_file_count(f) >= INT32_MAX)
		return err_at(err, ERR_LIMIT, trace_file_path(f), 0, 0, "more than 2,147,483,646 events");
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(err, ERR_IO, "out of memory");
	c->file = f;
	c->n = trace_file_count(f);
	arena_init(&c->arena);
	map_init(&c->names);
	canon_text_init(&c->text, trace_file_path(f));
	c->text.value = canon_on_value;
	c->text.arg = c;
	c->text.canonical = trace_file_canonical(f);
	buf_init(&c->scratch, CANON_MAX);
	c->shapes = canon_alloc(c->n, sizeof(*c->shapes));
	c->kind = canon_alloc(c->n, sizeof(*c->kind));
	c->values_from = canon_alloc(c->n, sizeof(*c->values_from));
	rc = noise_init(&c->text.noise, mask, normalise, err);
	if (rc) {
		canon_free(c);
		return rc;
	}
	if (c->text.canonical) {
		canon_golden(c);
	} else {
		find_window(c);
		canon_load(c);
		canon_order(c);
		canon_lines(c);
	}
	c->state = CANON_TEXT;
	*out = c;
	return 0;
}

void canon_free(struct canon *c)
{
	if (!c)
		return;
	canon_events_done(c);
	canon_text_release(&c->text);
	idmap_release(&c->value_ids);
	idmap_release(&c->kind_ids);
	idmap_release(&c->started);
	idmap_release(&c->counts);
	buf_release(&c->scratch);
	map_release(&c->names);
	arena_release(&c->arena);
	free(c->shapes);
	free(c->kind);
	free(c->values_from);
	free(c->kinds);
	free(c->paths);
	free(c->occurrences);
	free(c->value_type);
	free(c->value_color);
	free(c->labels);
	free(c->procs);
	free(c->groups);
	free(c->mems);
	free(c->units);
	free(c->order);
	free(c->unit_order);
	free(c->line_event);
	free(c->streams);
	free(c);
}

/* ---- asking -------------------------------------------------------------------- */

size_t canon_count(const struct canon *c)
{
	return c->nlines;
}

struct canon_line canon_line(const struct canon *c, size_t line)
{
	const struct canon_kind *k = &c->kinds[c->kind[line]];
	struct canon_line l = { .event = c->line_event[line],
				.shape = c->shapes[line],
				.coarse = k->coarse,
				.count = 1,
				.none = k->none,
				.near = k->near };

	l.counted = c->counts.count && idmap_get(&c->counts, line + 1, &l.count);
	return l;
}

uint32_t canon_line_stream(const struct canon *c, size_t line)
{
	size_t lo = 0, hi = c->nstreams;

	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;
		if (c->streams[mid].from <= line)
			lo = mid;
		else
			hi = mid;
	}
	return (uint32_t)lo;
}

const uint64_t *canon_shapes(const struct canon *c)
{
	return c->shapes;
}

size_t canon_streams(const struct canon *c)
{
	return c->nstreams;
}

const struct canon_stream *canon_stream(const struct canon *c, size_t stream)
{
	return &c->streams[stream];
}

const uint32_t *canon_line_values(const struct canon *c, size_t line, size_t *count, const uint32_t **paths)
{
	return canon_event_values(c, (uint32_t)line, count, paths);
}

size_t canon_values(const struct canon *c)
{
	return c->nvalues;
}

uint64_t canon_masked(const struct canon *c)
{
	return c->text.masked;
}

const struct noise *canon_noise_of(const struct canon *c)
{
	return &c->text.noise;
}

bool canon_near(struct canon *c, struct slice path, struct slice a, struct slice b)
{
	const struct noise_rule *r = c->text.noise.count ? noise_at(&c->text.noise, &c->text.event, path, false) : NULL;

	return r && r->act == NOISE_TOLERANCE && noise_near(r, a, b);
}

void canon_value_show(struct canon *c, size_t line, size_t index, struct buf *value, struct buf *path)
{
	struct slice leaves[SKELETON_LEAVES];
	struct skeleton *s = trace_file_skeleton(c->file, c->line_event[line], leaves);
	struct shape_plan *p = shape_plan(&c->text, s);
	struct shape unused;
	int state = (int)c->state;

	c->state = CANON_LOOKING;
	c->look_for = index;
	c->looked = 0;
	c->look_value = value;
	c->look_path = path;
	c->text.again = true;
	shape_event(&c->text, s, p, leaves, &unused);
	c->text.again = false;
	c->state = (unsigned)state;
	if (s->scratch) {
		shape_plan_free(p);
		s->plan = NULL;
	}
}

void canon_line_add_as(struct canon *c, size_t line, struct slice st, struct slice (*role)(void *arg, struct slice role), void *arg,
		       struct buf *out)
{
	struct canon_line l = canon_line(c, line);
	struct canon_names names = { .st = st };
	struct trace_line text;
	uint32_t proc;

	trace_file_line(c->file, l.event, &text);
	if (c->started.count && idmap_get(&c->started, l.event + 1, &proc) && c->procs[proc].parent != CANON_NONE) {
		names.parent = c->procs[c->procs[proc].parent].label;
		if (role)
			names.parent = role(arg, names.parent);
	}
	c->text.count = l.counted ? l.count : 0;
	canon_text_event(&c->text, &text, &names, out);
	c->text.count = 0;
}

void canon_line_add(struct canon *c, size_t line, struct buf *out)
{
	canon_line_add_as(c, line, c->streams[canon_line_stream(c, line)].name, NULL, NULL, out);
}

int canon_blob(struct canon *c, size_t line, bool request, struct buf *out, struct err *err)
{
	struct trace_line text;

	trace_file_line(c->file, c->line_event[line], &text);
	struct slice payload = request ? text.req : text.res;
	struct slice blob = payload.ptr ? jscan_get(payload, "blob") : SLICE_NONE;
	if (blob.len < 2)
		return err_at(err, ERR_CONTENT, trace_file_path(c->file), text.number, 0, "the event has no blob");
	c->text.literal = c->text.boundary = SLICE_NONE;
	return canon_text_blob(&c->text, slice_of(blob.ptr + 1, blob.len - 2), slice_str(request ? "req.blob" : "res.blob"), out, err);
}
