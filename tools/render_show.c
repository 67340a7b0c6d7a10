/* render_show: a trace for reading: a line an event, or one event whole. */
#include "render.h"

#include "trace/jscan.h"
#include "trace/jtree.h"

static struct slice plain(struct slice string, struct buf *scratch)
{
	return string.ptr ? jscan_plain(string, scratch) : SLICE_NONE;
}

/* Cut to the column, with a mark where something is left out. */
static void column(const struct render *r, struct slice s, size_t width)
{
	size_t cut = s.len > width ? width - 1 : s.len;

	while (cut && cut < s.len && ((unsigned char)s.ptr[cut] & 0xc0) == 0x80)
		cut--;
	render_text(r->out, slice_take(s, cut));
	if (cut < s.len)
		putc('~', r->out);
	for (size_t i = cut + (cut < s.len); i < width; i++)
		putc(' ', r->out);
}

static void when(const struct render *r, struct slice t)
{
	struct slice ts = t.ptr ? jscan_get(t, "ts") : SLICE_NONE;
	uint64_t ns;

	if (ts.ptr && slice_to_u64(ts, &ns))
		fprintf(r->out, "%9.1fms  ", (double)ns / 1e6);
	else
		fputs("          -  ", r->out);
}

void render_event_line(const struct render *r, const struct trace_line *l, size_t event)
{
	struct buf scratch;
	bool ok = l->ok.len && l->ok.ptr[0] == 't';
	bool none = slice_eq_str(l->by, "\"none\"");

	buf_init(&scratch, 1024 * 1024);
	fprintf(r->out, "%6zu  ", event);
	when(r, l->t);
	fputs(render_tint(r, TINT_DIM), r->out);
	column(r, plain(l->st, &scratch), 40);
	fprintf(r->out, "%s  ", render_plain(r));
	column(r, l->k, 10);
	fputs("  ", r->out);
	column(r, plain(l->sum, &scratch), 44);
	fprintf(r->out, "  %s", render_tint(r, none ? TINT_MAGENTA : ok ? TINT_GREEN : TINT_RED));
	column(r, ok ? SLICE_LIT("ok") : plain(l->err, &scratch), 10);
	fprintf(r->out, "%s  ", render_plain(r));
	render_text(r->out, plain(l->by, &scratch));
	if (l->rule.ptr) {
		putc(' ', r->out);
		render_text(r->out, plain(l->rule, &scratch));
	}
	putc('\n', r->out);
	buf_release(&scratch);
}

/* Text bodies as they are, line by line; JSON indented. */
static void value(const struct render *r, json_t *v)
{
	if (json_is_string(v) && json_string_value(v)[0] != '\x01') {
		struct slice rest = slice_of(json_string_value(v), json_string_length(v));
		if (slice_find(rest, '\n') == rest.len) {
			render_text(r->out, rest);
			putc('\n', r->out);
			return;
		}
		putc('\n', r->out);
		while (rest.ptr && rest.len) {
			fputs("      ", r->out);
			render_text(r->out, slice_split(&rest, '\n'));
			putc('\n', r->out);
		}
		return;
	}
	char *text = jtree_dump(v, json_is_object(v) ? JSON_INDENT(2) : JSON_COMPACT);
	struct slice rest = slice_str(text);
	bool first = true;
	while (rest.ptr && rest.len) {
		if (!first)
			fputs("      ", r->out);
		first = false;
		render_text(r->out, slice_split(&rest, '\n'));
		putc('\n', r->out);
	}
	free(text);
}

static void members(const struct render *r, json_t *object)
{
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v) {
		fprintf(r->out, "    %s", render_tint(r, TINT_BOLD));
		render_text(r->out, slice_str(key));
		fprintf(r->out, "%s  ", render_plain(r));
		value(r, v);
	}
}

void render_event(const struct render *r, const struct trace_file *f, size_t event)
{
	struct trace_line l;
	json_t *e, *v;
	const char *key;

	trace_file_line(f, event, &l);
	e = jtree_load(l.text);
	if (!e) {
		/* Valid, but not for jansson: as it stands in the file. */
		fprintf(r->out, "event %zu of %s, line %zu\n  ", event, trace_file_path(f), event + 2);
		render_text(r->out, l.text);
		putc('\n', r->out);
		return;
	}
	fprintf(r->out, "event %zu of %s, line %zu\n", event, trace_file_path(f), event + 2);
	json_object_foreach(e, key, v) {
		fprintf(r->out, "  %s", render_tint(r, TINT_BOLD));
		render_text(r->out, slice_str(key));
		fprintf(r->out, "%s", render_plain(r));
		if (json_is_object(v)) {
			putc('\n', r->out);
			members(r, v);
		} else {
			fputs("  ", r->out);
			value(r, v);
		}
	}
	json_decref(e);
}
