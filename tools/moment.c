/* moment: the members of a line that every view shows. */
#include "moment.h"

#include "trace/jscan.h"

static struct slice text(struct slice json, struct arena *a)
{
	struct buf b;

	if (json.len < 2 || json.ptr[0] != '"')
		return json.ptr ? arena_slice(a, json) : SLICE_NONE;
	buf_init(&b, (size_t)1 << 30);
	jscan_text(json, &b);
	struct slice s = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return s;
}

static int64_t number(struct slice t, const char *name)
{
	int64_t v = 0;
	struct slice s = jscan_get(t, name);

	return s.ptr && slice_to_i64(s, &v) ? v : 0;
}

void moment_read(const struct trace_file *f, size_t event, struct arena *a, struct moment *m)
{
	*m = (struct moment){ .event = event };
	trace_file_line(f, event, &m->line);
	const struct trace_line *l = &m->line;
	struct slice rest = text(l->st, a);
	m->k = l->k;
	m->role = slice_split(&rest, '/');
	m->service = slice_split(&rest, '/');
	size_t end = slice_find(rest, '/'), hash = slice_find(rest, '#');
	m->boundary = slice_take(rest, end < hash ? end : hash);
	m->sum = text(l->sum, a);
	m->err = text(l->err, a);
	m->by = text(l->by, a);
	m->rule = text(l->rule, a);
	m->ok = l->ok.ptr[0] == 't';
	if (!l->t.ptr)
		return;
	m->timed = true;
	m->ts_ns = (uint64_t)number(l->t, "ts");
	m->dur_ns = (uint64_t)number(l->t, "dur");
	m->n = (uint64_t)number(l->t, "n");
	m->pid = number(l->t, "pid");
	m->tid = number(l->t, "tid");
}

struct slice moment_attr(const struct moment *m, const char *name, struct arena *a)
{
	struct slice v = m->line.a.ptr ? jscan_get(m->line.a, name) : SLICE_NONE;

	return v.ptr ? text(v, a) : SLICE_NONE;
}
