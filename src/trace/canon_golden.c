/*
 * canon_golden: the canonical form as the bytes of a golden.
 */
#include "trace/canon_model.h"

#include "trace/jscan.h"

#define BLOB_MAX ((size_t)1 << 40) /* of a body: memory ends before */

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

void canon_write_header(const struct canon *c, const char *reason, struct buf *out)
{
	static const char *const before[] = { "v", "min", "semconv", NULL }, *const after[] = { "mode", "seed", "rules", NULL };

	buf_add_str(out, "{\"k\":\"seam.trace\"");
	add_members(trace_file_header(c->file), before, out);
	buf_add_str(out, ",\"canonical\":true");
	add_members(trace_file_header(c->file), after, out);
	if (reason) {
		buf_add_str(out, ",\"reason\":");
		jscan_add_string(out, slice_str(reason));
	}
	buf_add_str(out, "}\n");
}

void canon_write_trailer(const struct canon *c, size_t events, size_t streams, struct buf *out)
{
	static const char *const rest[] = { "unmatched", "processes", "leaks", "exit", NULL };

	buf_addf(out, "{\"k\":\"seam.end\",\"events\":%zu,\"dropped\":0,\"streams\":%zu", events, streams);
	add_members(trace_file_trailer(c->file), rest, out);
	buf_add_str(out, "}\n");
}

static int tell_blob(struct canon *c, size_t line, bool request, int (*blob)(void *, struct slice, struct err *), void *arg,
		     struct err *err)
{
	struct trace_line text;
	struct buf bytes;
	int rc;

	trace_file_line(c->file, c->line_event[line], &text);
	struct slice payload = request ? text.req : text.res;
	if (!payload.ptr || !jscan_get(payload, "blob").ptr)
		return 0;
	buf_init(&bytes, BLOB_MAX);
	rc = canon_blob(c, line, request, &bytes, err);
	if (!rc)
		rc = blob(arg, buf_slice(&bytes), err);
	buf_release(&bytes);
	return rc;
}

int canon_write_form(struct canon *c, const char *reason, int (*blob)(void *arg, struct slice bytes, struct err *err), void *arg,
		     struct buf *out, struct err *err)
{
	int rc = 0;

	if (c->text.canonical) {
		buf_add_slice(out, trace_file_text(c->file));
	} else {
		canon_label(c);
		canon_write_header(c, reason, out);
	}
	c->text.as_recorded = true;
	for (size_t i = 0; i < c->nlines && !rc; i++) {
		if (!c->text.canonical) {
			canon_line_add(c, i, out);
			buf_add_char(out, '\n');
		}
		if (blob && !(rc = tell_blob(c, i, true, blob, arg, err)))
			rc = tell_blob(c, i, false, blob, arg, err);
	}
	c->text.as_recorded = false;
	if (!c->text.canonical)
		canon_write_trailer(c, c->nlines, c->nstreams, out);
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
	rc = canon_write_form(c, NULL, NULL, NULL, out, err);
	canon_free(c);
	return rc;
}
