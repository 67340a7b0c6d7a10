/*
 * export_perfetto: Chrome's Trace Event Format (JSON object form). A process for
 * each program, a thread for each stream, because slices of one thread must not
 * overlap; what still does gets a thread of its own.
 */
#include "export.h"

#include <stdlib.h>

#include "base/map.h"
#include "moment.h"
#include "trace/jscan.h"

struct track {
	unsigned pid, tid;
	uint64_t busy_until_ns;
	struct track *more; /* for what overlaps */
};

static void meta(FILE *out, const char *what, unsigned pid, unsigned tid, struct slice name)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	jscan_add_string(&b, name);
	fprintf(out, "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":%s}},\n", what, pid, tid, b.ptr);
	buf_release(&b);
}

static struct track *track_new(unsigned pid, unsigned *tids)
{
	struct track *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->pid = pid;
	t->tid = ++*tids;
	return t;
}

static void slice_event(FILE *out, const struct moment *m, const struct track *t)
{
	struct buf b;

	buf_init(&b, (size_t)1 << 30);
	buf_add_str(&b, "{\"ph\":\"X\",\"name\":");
	jscan_add_string(&b, m->sum.len ? m->sum : m->k);
	buf_add_str(&b, ",\"cat\":");
	jscan_add_string(&b, m->k);
	/* microseconds; no slice without any width, it could not be clicked */
	buf_addf(&b, ",\"pid\":%u,\"tid\":%u,\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"ok\":%s,\"by\":%.*s", t->pid, t->tid, (double)m->ts_ns / 1e3,
		 m->dur_ns ? (double)m->dur_ns / 1e3 : 0.001, m->ok ? "true" : "false", SLICE_ARG(m->line.by));
	if (m->line.err.ptr)
		buf_addf(&b, ",\"err\":%.*s", SLICE_ARG(m->line.err));
	if (m->line.rule.ptr)
		buf_addf(&b, ",\"rule\":%.*s", SLICE_ARG(m->line.rule));
	if (m->line.a.ptr)
		buf_addf(&b, ",\"a\":%.*s", SLICE_ARG(m->line.a));
	buf_addf(&b, ",\"event\":%zu}},\n", m->event);
	fwrite(b.ptr, 1, b.len, out);
	buf_release(&b);
}

size_t export_perfetto(const struct trace_file *f, FILE *out)
{
	struct map programs, tracks;
	struct map_entry *e;
	struct arena a;
	struct moment m;
	unsigned pids = 0, tids = 0;
	size_t n = 0, i = 0;

	map_init(&programs);
	map_init(&tracks);
	arena_init(&a);
	fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
	for (size_t k = 0; k < trace_file_count(f); k++) {
		arena_reset(&a);
		moment_read(f, k, &a, &m);
		uintptr_t pid = (uintptr_t)map_get(&programs, m.role);
		if (!pid) {
			pid = ++pids;
			map_set(&programs, m.role, (void *)pid);
			meta(out, "process_name", (unsigned)pid, 0, m.role);
		}
		struct slice stream = slice_of(m.line.st.ptr + 1, m.line.st.len - 2);
		struct track *t = map_get(&tracks, stream);
		if (!t) {
			t = track_new((unsigned)pid, &tids);
			map_set(&tracks, stream, t);
			meta(out, "thread_name", t->pid, t->tid, stream);
		}
		while (t->busy_until_ns > m.ts_ns) {
			if (!t->more) {
				t->more = track_new((unsigned)pid, &tids);
				meta(out, "thread_name", t->more->pid, t->more->tid, stream);
			}
			t = t->more;
		}
		t->busy_until_ns = m.ts_ns + m.dur_ns;
		slice_event(out, &m, t);
		n++;
	}
	/* JSON knows no comma at the end. */
	fprintf(out, "{\"ph\":\"M\",\"name\":\"process_labels\",\"pid\":1,\"tid\":0,\"args\":{\"labels\":\"seam\"}}\n]}\n");
	while ((e = map_next(&tracks, &i)))
		for (struct track *t = e->value, *more; t; t = more) {
			more = t->more;
			free(t);
		}
	map_release(&programs);
	map_release(&tracks);
	arena_release(&a);
	return n;
}
