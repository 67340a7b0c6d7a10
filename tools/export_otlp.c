/*
 * export_otlp: OpenTelemetry spans as OTLP/JSON (opentelemetry.io, "OTLP File
 * Exporter"): ids in hex, times as strings of nanoseconds since 1970, one
 * resourceSpans a program. Attribute names are OpenTelemetry's in the trace
 * already. A span of a traceparent joins that trace; its parent is the
 * program's own span.
 */
#include "export.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/map.h"
#include "moment.h"
#include "trace/jscan.h"
#include "trace/volatile.h"

uint64_t export_start_ns(const struct trace_file *f)
{
	const char *start = json_string_value(json_object_get(trace_file_header(f), "start")), *dot;
	int64_t seconds;
	size_t len;
	uint64_t ns = 0;

	if (!start || !volatile_rfc3339(slice_str(start), &seconds, &len))
		return 0;
	if ((dot = strchr(start, '.'))) {
		uint64_t unit = 100000000;
		for (dot++; *dot >= '0' && *dot <= '9' && unit; dot++, unit /= 10)
			ns += (uint64_t)(*dot - '0') * unit;
	}
	return (uint64_t)seconds * 1000000000 + ns;
}

static void hex(struct buf *out, struct slice seed, uint64_t n, bool twice)
{
	buf_addf(out, "%016llx", (unsigned long long)(XXH3_64bits_withSeed(seed.ptr, seed.len, n) | 1));
	if (twice)
		buf_addf(out, "%016llx", (unsigned long long)XXH3_64bits_withSeed(seed.ptr, seed.len, n + 77));
}

/* One value; JSON's own types become AnyValue's. */
static void any_value(struct buf *out, struct slice v)
{
	struct jscan it;
	struct slice key, item;
	bool first = true;

	switch (v.ptr[0]) {
	case '"':
		buf_addf(out, "{\"stringValue\":%.*s}", SLICE_ARG(v));
		return;
	case 't':
	case 'f':
		buf_addf(out, "{\"boolValue\":%.*s}", SLICE_ARG(v));
		return;
	case '[':
		buf_add_str(out, "{\"arrayValue\":{\"values\":[");
		it = jscan_open(v);
		while (jscan_next(&it, &key, &item)) {
			if (!first)
				buf_add_char(out, ',');
			first = false;
			any_value(out, item);
		}
		buf_add_str(out, "]}}");
		return;
	case '{':
	case 'n':
		buf_add_str(out, "{\"stringValue\":");
		jscan_add_string(out, v);
		buf_add_char(out, '}');
		return;
	default:
		if (memchr(v.ptr, '.', v.len) || memchr(v.ptr, 'e', v.len) || memchr(v.ptr, 'E', v.len))
			buf_addf(out, "{\"doubleValue\":%.*s}", SLICE_ARG(v));
		else
			buf_addf(out, "{\"intValue\":\"%.*s\"}", SLICE_ARG(v)); /* proto3 JSON: int64 is a string */
	}
}

static void attribute(struct buf *out, bool *first, struct slice key, struct slice value)
{
	if (!*first)
		buf_add_char(out, ',');
	*first = false;
	buf_addf(out, "{\"key\":%.*s,\"value\":", SLICE_ARG(key));
	any_value(out, value);
	buf_add_char(out, '}');
}

static void trace_id(struct buf *out, const struct moment *m, struct slice run)
{
	struct jscan it = jscan_open(m->line.cor);
	struct slice key, item;

	while (m->line.cor.ptr && jscan_next(&it, &key, &item))
		if (slice_has_prefix(item, SLICE_LIT("\"tp:")) && item.len == 37) {
			buf_add(out, item.ptr + 4, 32);
			return;
		}
	hex(out, run, 1, true);
}

static void span(struct buf *out, const struct moment *m, uint64_t start, struct slice run, uint64_t own, uint64_t parent)
{
	struct jscan it = jscan_open(m->line.a);
	struct slice key, item;
	bool first = true;

	buf_add_str(out, "{\"traceId\":\"");
	trace_id(out, m, run);
	buf_add_str(out, "\",\"spanId\":\"");
	hex(out, run, own, false);
	if (parent) {
		buf_add_str(out, "\",\"parentSpanId\":\"");
		hex(out, run, parent, false);
	}
	buf_add_str(out, "\",\"name\":");
	jscan_add_string(out, m->sum.len ? m->sum : m->k);
	/* SPAN_KIND_CLIENT 3, INTERNAL 1 */
	buf_addf(out, ",\"kind\":%d,\"startTimeUnixNano\":\"%llu\",\"endTimeUnixNano\":\"%llu\",\"attributes\":[", parent ? 3 : 1,
		 (unsigned long long)(start + m->ts_ns), (unsigned long long)(start + m->ts_ns + m->dur_ns));
	while (m->line.a.ptr && jscan_next(&it, &key, &item))
		attribute(out, &first, key, item);
	attribute(out, &first, SLICE_LIT("\"seam.stream\""), m->line.st);
	attribute(out, &first, SLICE_LIT("\"seam.by\""), m->line.by);
	if (m->line.rule.ptr)
		attribute(out, &first, SLICE_LIT("\"seam.rule\""), m->line.rule);
	if (m->line.err.ptr)
		attribute(out, &first, SLICE_LIT("\"error.type\""), m->line.err);
	buf_addf(out, "],\"status\":{%s}}", m->ok ? "" : "\"code\":2");
}

struct program {
	struct buf spans;
	uint64_t id;
};

size_t export_otlp(const struct trace_file *f, FILE *out)
{
	struct map programs;
	struct map_entry *e;
	struct arena a;
	struct moment m;
	uint64_t start = export_start_ns(f);
	struct slice run = slice_str(json_string_value(json_object_get(trace_file_header(f), "run")));
	size_t n = 0, i = 0;

	if (!run.ptr)
		run = SLICE_LIT("run");
	map_init(&programs);
	arena_init(&a);
	for (size_t k = 0; k < trace_file_count(f); k++) {
		arena_reset(&a);
		moment_read(f, k, &a, &m);
		struct program *p = map_get(&programs, m.role);
		bool fresh = !p;
		if (fresh) {
			p = calloc(1, sizeof(*p));
			if (!p)
				abort();
			buf_init(&p->spans, (size_t)1 << 40);
			p->id = k + 1000;
			map_set(&programs, m.role, p);
		}
		if (!fresh)
			buf_add_char(&p->spans, ',');
		span(&p->spans, &m, start, run, k + 1000, fresh ? 0 : p->id);
		n++;
	}
	fputs("{\"resourceSpans\":[", out);
	for (bool first = true; (e = map_next(&programs, &i)); first = false) {
		struct program *p = e->value;
		struct buf name;
		buf_init(&name, 64 * 1024);
		jscan_add_string(&name, e->key);
		fprintf(out, "%s{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":%s}}]},"
			     "\"scopeSpans\":[{\"scope\":{\"name\":\"seam\",\"version\":\"%s\"},\"spans\":[",
			first ? "" : ",", name.ptr, SEAM_VERSION);
		fwrite(p->spans.ptr, 1, p->spans.len, out);
		fputs("]}]}", out);
		buf_release(&name);
		buf_release(&p->spans);
		free(p);
	}
	fputs("]}\n", out);
	map_release(&programs);
	arena_release(&a);
	return n;
}
