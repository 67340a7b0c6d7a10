/*
 * merge: walks the golden's lines and puts in, takes out or replaces what was
 * accepted. What is put in stands behind the line of its stream that came
 * before it in the run.
 */
#include "trace/merge.h"

#include "base/map.h"
#include "trace/canon_model.h"
#include "trace/diff_model.h"
#include "trace/jscan.h"

struct put_in {
	uint32_t slot; /* before this line of the golden */
	uint32_t order, run;
};

struct merge {
	struct differ *d;
	struct arena names;
	struct map roles;   /* of the run -> struct slice, as the golden calls them */
	struct slice *streams; /* by run stream: its name in the golden */
	uint32_t *replace;  /* by golden line: the run's line to stand there, DIFF_NONE: as it is */
	bool *gone;         /* by golden line */
	bool *wanted;       /* by run line: comes in */
	struct put_in *in;
	size_t nin;
};

static void take(struct merge *m, const struct raw_finding *f)
{
	switch (f->kind) {
	case FIND_MISSING:
		m->gone[f->golden] = true;
		break;
	case FIND_MOVED:
		m->gone[f->golden] = true;
		m->wanted[f->run] = true;
		break;
	case FIND_EXTRA:
		m->wanted[f->run] = true;
		break;
	default:
		if (f->golden == DIFF_NONE)
			m->wanted[f->run] = true;
		else
			m->replace[f->golden] = f->run;
		break;
	}
}

/* ---- names ----------------------------------------------------------------------- */

static bool taken(const struct canon *golden, struct slice role)
{
	for (size_t i = 0; i < canon_streams(golden); i++)
		if (slice_eq(canon_stream(golden, i)->role, role))
			return true;
	return false;
}

/* Roles are numbered by content, so the run's curl[2] may be the golden's curl:
 * the golden's names stay, a process that it does not know gets a free number. */
static void name_roles(struct merge *m)
{
	const struct side *run = &m->d->side[1];
	const struct canon *golden = m->d->side[0].canon;

	for (size_t i = 0; i < canon_streams(run->canon); i++) {
		const struct canon_stream *st = canon_stream(run->canon, i);
		const struct group *g = &m->d->groups[run->group[i]];
		if (map_get(&m->roles, st->role))
			continue;
		struct slice *role = ARENA_NEW(&m->names, struct slice);
		*role = g->role;
		bool known = g->golden_role;
		for (unsigned n = 2; !known && taken(golden, *role); n++)
			*role = arena_printf(&m->names, "%.*s[%u]", SLICE_ARG(st->program), n);
		map_set(&m->roles, st->role, role);
	}
}

static bool stream_taken(const struct merge *m, size_t upto, struct slice name)
{
	const struct canon *golden = m->d->side[0].canon;

	for (size_t i = 0; i < canon_streams(golden); i++)
		if (slice_eq(canon_stream(golden, i)->name, name))
			return true;
	for (size_t i = 0; i < upto; i++)
		if (slice_eq(m->streams[i], name))
			return true;
	return false;
}

static void name_streams(struct merge *m)
{
	const struct side *golden = &m->d->side[0], *run = &m->d->side[1];

	m->streams = ARENA_ARRAY(&m->names, struct slice, canon_streams(run->canon) + 1);
	for (size_t s = 0; s < canon_streams(run->canon); s++) {
		const struct canon_stream *st = canon_stream(run->canon, s);
		uint32_t there = DIFF_NONE;
		for (size_t i = st->from; i < st->from + st->count && there == DIFF_NONE; i++)
			there = run->match[i];
		if (there != DIFF_NONE) {
			m->streams[s] = canon_stream(golden->canon, canon_line_stream(golden->canon, there))->name;
			continue;
		}
		struct slice role = *(struct slice *)map_get(&m->roles, st->role), rest = slice_skip(st->name, st->role.len);
		m->streams[s] = arena_printf(&m->names, "%.*s%.*s", SLICE_ARG(role), SLICE_ARG(rest));
		struct slice base = slice_take(m->streams[s], slice_find(m->streams[s], '#'));
		for (unsigned n = 0; st->numbered && stream_taken(m, s, m->streams[s]); n++)
			m->streams[s] = arena_printf(&m->names, "%.*s#%u", SLICE_ARG(base), n);
	}
}

/* ---- places ------------------------------------------------------------------------ */

/* Where a stream that the golden does not have would begin. */
static uint32_t new_stream(const struct canon *golden, struct slice name)
{
	for (size_t i = 0; i < canon_streams(golden); i++)
		if (slice_cmp(canon_stream(golden, i)->name, name) > 0)
			return (uint32_t)canon_stream(golden, i)->from;
	return (uint32_t)canon_count(golden);
}

static void place(struct merge *m)
{
	const struct side *golden = &m->d->side[0], *run = &m->d->side[1];

	m->in = diff_alloc(run->n, sizeof(*m->in));
	for (size_t s = 0; s < canon_streams(run->canon); s++) {
		const struct canon_stream *st = canon_stream(run->canon, s);
		uint32_t slot = DIFF_NONE;
		for (size_t i = st->from; i < st->from + st->count && slot == DIFF_NONE; i++)
			if (run->match[i] != DIFF_NONE && !m->wanted[i])
				slot = run->match[i];
		if (slot == DIFF_NONE)
			slot = new_stream(golden->canon, m->streams[s]);
		for (size_t i = st->from; i < st->from + st->count; i++) {
			if (m->wanted[i])
				m->in[m->nin++] = (struct put_in){ slot, (uint32_t)i, (uint32_t)i };
			else if (run->match[i] != DIFF_NONE)
				slot = run->match[i] + 1;
		}
	}
}

static int by_slot(const void *a, const void *b)
{
	const struct put_in *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The golden's names for values that both know; new names clash with none. */
static void share_labels(struct differ *d)
{
	struct canon *golden = d->side[0].canon, *run = d->side[1].canon;
	struct idmap used;

	canon_label(golden);
	canon_label(run);
	idmap_init(&used);
	for (size_t v = 0; v < canon_values(golden); v++)
		idmap_set(&used, canon_hash(golden->labels[v].ptr, golden->labels[v].len, 1), 1);
	for (size_t v = 0; v < canon_values(run); v++) {
		uint32_t there = d->side[1].value[v], unused;
		if (there != DIFF_NONE)
			run->labels[v] = golden->labels[there];
		else if (idmap_get(&used, canon_hash(run->labels[v].ptr, run->labels[v].len, 1), &unused))
			run->labels[v] = arena_printf(&run->arena, "%.*s%04zx", SLICE_ARG(run->labels[v]), v & 0xffff);
	}
	idmap_release(&used);
}

struct writing {
	struct merge *m;
	struct buf *out;
	struct map streams;
	size_t lines;
	int (*blob)(void *arg, struct slice bytes, struct err *err);
	void *arg;
};

static void count_line(struct writing *w, struct slice line)
{
	map_set(&w->streams, jscan_get(line, "st"), w);
	w->lines++;
}

static void golden_line(struct writing *w, uint32_t line)
{
	struct trace_line l;

	trace_file_line(w->m->d->side[0].file, canon_line(w->m->d->side[0].canon, line).event, &l);
	buf_add_slice(w->out, l.text);
	buf_add_char(w->out, '\n');
	count_line(w, l.text);
}

static struct slice role_of(void *arg, struct slice role)
{
	const struct merge *m = arg;
	const struct slice *there = map_get(&m->roles, role);

	return there ? *there : role;
}

static int run_line(struct writing *w, uint32_t line, struct err *err)
{
	struct canon *run = w->m->d->side[1].canon;
	size_t from = w->out->len;
	int rc = 0;

	run->text.as_recorded = true;
	canon_line_add_as(run, line, w->m->streams[canon_line_stream(run, line)], role_of, w->m, w->out);
	run->text.as_recorded = false;
	count_line(w, slice_of(w->out->ptr + from, w->out->len - from));
	buf_add_char(w->out, '\n');
	for (int request = 1; request >= 0 && !rc && w->blob; request--) {
		struct trace_line l;
		struct buf bytes;
		trace_file_line(w->m->d->side[1].file, canon_line(run, line).event, &l);
		struct slice payload = request ? l.req : l.res;
		if (!payload.ptr || !jscan_get(payload, "blob").ptr)
			continue;
		buf_init(&bytes, (size_t)1 << 40);
		rc = canon_blob(run, line, request, &bytes, err);
		if (!rc)
			rc = w->blob(w->arg, buf_slice(&bytes), err);
		buf_release(&bytes);
	}
	return rc;
}

static void header(const struct differ *d, const char *reason, struct buf *out)
{
	json_t *h = json_copy(trace_file_header(d->side[0].file));

	if (reason)
		json_object_set_new(h, "reason", json_string(reason));
	char *text = json_dumps(h, JSON_COMPACT);
	buf_add_str(out, text);
	buf_add_char(out, '\n');
	free(text);
	json_decref(h);
}

int merge_golden(const struct diff *diff, const bool *accepted, const char *reason,
		 int (*blob)(void *arg, struct slice bytes, struct err *err), void *arg, struct buf *out, struct err *err)
{
	struct differ *d = diff->inside;
	struct merge m = { .d = d };
	struct writing w = { .m = &m, .out = out, .blob = blob, .arg = arg };
	size_t in = 0;
	int rc = 0;

	if (!d || !trace_file_canonical(d->side[0].file))
		return err_set(err, ERR_CONTENT, "only a golden can be accepted into part by part; this one is a recording");
	map_init(&w.streams);
	m.replace = diff_alloc(d->side[0].n, sizeof(*m.replace));
	m.gone = diff_alloc(d->side[0].n, sizeof(*m.gone));
	m.wanted = diff_alloc(d->side[1].n, sizeof(*m.wanted));
	for (size_t i = 0; i < d->side[0].n; i++)
		m.replace[i] = DIFF_NONE;
	for (size_t i = 0; i < d->nraw; i++)
		if (accepted[d->raw[i].finding])
			take(&m, &d->raw[i]);
	arena_init(&m.names);
	map_init(&m.roles);
	name_roles(&m);
	name_streams(&m);
	place(&m);
	qsort(m.in, m.nin, sizeof(*m.in), by_slot);
	share_labels(d);
	header(d, reason, out);
	for (uint32_t line = 0; line <= d->side[0].n && !rc; line++) {
		for (; in < m.nin && m.in[in].slot == line && !rc; in++)
			rc = run_line(&w, m.in[in].run, err);
		if (line == d->side[0].n || m.gone[line] || rc)
			continue;
		if (m.replace[line] == DIFF_NONE)
			golden_line(&w, line);
		else
			rc = run_line(&w, m.replace[line], err);
	}
	canon_write_trailer(d->side[0].canon, w.lines, w.streams.live, out);
	if (!rc && buf_failed(out))
		rc = err_set(err, ERR_LIMIT, "the golden is too large");
	map_release(&w.streams);
	map_release(&m.roles);
	arena_release(&m.names);
	free(m.replace);
	free(m.gone);
	free(m.wanted);
	free(m.in);
	return rc;
}
