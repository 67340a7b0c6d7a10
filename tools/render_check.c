/* render_check: the verdicts of seam check in each format. */
#include "render_check.h"

#include <string.h>

#include "base/buf.h"

#define TEXT_MAX ((size_t)1 << 30)
#define ANNOTATIONS 9 /* GitHub shows ten of a kind a step and drops the rest without a word */

/* ---- escapes ------------------------------------------------------------------ */

/* XML 1.0 section 2.2: control characters cannot be written at all. */
void render_xml(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c == '&')
			buf_add_str(out, "&amp;");
		else if (c == '<')
			buf_add_str(out, "&lt;");
		else if (c == '>')
			buf_add_str(out, "&gt;");
		else if (c == '"')
			buf_add_str(out, "&quot;");
		else if (c < 0x20 && c != '\n' && c != '\t')
			buf_add_char(out, '?');
		else
			buf_add_char(out, (char)c);
	}
}

void render_github(struct buf *out, struct slice text, bool property)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
			buf_addf(out, "%%%02X", (unsigned char)c);
		else
			buf_add_char(out, c);
	}
}

/* ---- formats ------------------------------------------------------------------- */

struct sheet {
	const char *trace;
	const struct verdict *list;
	size_t count, failed;
	bool verbose, color;
};

static void as_text(const struct sheet *s, struct buf *out)
{
	const char *red = s->color ? "\033[31m" : "", *green = s->color ? "\033[32m" : "", *off = s->color ? "\033[0m" : "";

	if (s->failed)
		buf_addf(out, "seam: %sFAILED%s   %zu of %zu expectations do not hold in %s\n", red, off, s->failed, s->count, s->trace);
	else
		buf_addf(out, "seam: %sok%s   %zu expectation%s hold%s in %s\n", green, off, s->count, s->count == 1 ? "" : "s", s->count == 1 ? "s" : "",
			 s->trace);
	judge_print(s->list, s->count, s->verbose, out);
}

static void as_json(const struct sheet *s, struct buf *out)
{
	buf_addf(out, "{\"trace\":");
	buf_add_json(out, slice_str(s->trace));
	buf_addf(out, ",\"count\":%zu,\"failed\":%zu,\"expectations\":[", s->count, s->failed);
	for (size_t i = 0; i < s->count; i++) {
		const struct verdict *v = &s->list[i];
		buf_add_str(out, i ? ",\n{\"id\":" : "\n{\"id\":");
		buf_add_json(out, v->expectation->id);
		buf_add_str(out, ",\"place\":");
		buf_add_json(out, v->place);
		buf_addf(out, ",\"holds\":%s,\"expectation\":", v->holds ? "true" : "false");
		buf_add_json(out, v->expectation->text);
		if (!v->holds) {
			buf_add_str(out, ",\"found\":");
			buf_add_json(out, v->found);
			buf_add_str(out, ",\"near\":");
			buf_add_json(out, v->near);
		}
		buf_add_char(out, '}');
	}
	buf_add_str(out, "]}\n");
}

static void as_junit(const struct sheet *s, struct buf *out)
{
	buf_addf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"");
	render_xml(out, slice_str(s->trace));
	buf_addf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", s->count, s->failed);
	for (size_t i = 0; i < s->count; i++) {
		const struct verdict *v = &s->list[i];
		buf_add_str(out, "<testcase classname=\"expect\" name=\"");
		render_xml(out, v->place);
		buf_add_char(out, ' ');
		render_xml(out, v->expectation->text);
		if (v->holds) {
			buf_add_str(out, "\"/>\n");
			continue;
		}
		buf_add_str(out, "\"><failure message=\"");
		render_xml(out, v->found);
		buf_add_str(out, "\">");
		render_xml(out, v->near);
		buf_add_str(out, "</failure></testcase>\n");
	}
	buf_add_str(out, "</testsuite>\n</testsuites>\n");
}

static void as_github(const struct sheet *s, struct buf *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct verdict *v = &s->list[i];
		struct slice line = v->place, file = SLICE_NONE;
		if (v->holds || shown++ >= ANNOTATIONS)
			continue;
		for (size_t k = line.len; k-- > 0;)
			if (line.ptr[k] == ':') {
				file = slice_take(line, k);
				line = slice_skip(line, k + 1);
				break;
			}
		buf_add_str(out, "::error file=");
		render_github(out, file, true);
		buf_addf(out, ",line=%.*s,title=expectation::", SLICE_ARG(line));
		render_github(out, v->expectation->text, false);
		buf_add_str(out, "%0A");
		render_github(out, v->found, false);
		buf_add_char(out, '\n');
	}
	if (s->failed > ANNOTATIONS)
		buf_addf(out, "::error title=expectations::%zu more do not hold\n", s->failed - ANNOTATIONS);
}

static const struct {
	const char *name;
	void (*write)(const struct sheet *s, struct buf *out);
} formats[] = { { "text", as_text }, { "json", as_json }, { "junit", as_junit }, { "github", as_github } };

bool render_check_knows(const char *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, format) == 0)
			return true;
	return false;
}

void render_check(FILE *out, const char *format, const char *trace, const struct verdict *list, size_t count, bool verbose, bool color)
{
	struct sheet s = { .trace = trace, .list = list, .count = count, .verbose = verbose, .color = color };
	struct buf text;

	for (size_t i = 0; i < count; i++)
		s.failed += !list[i].holds;
	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, format) == 0)
			formats[i].write(&s, &text);
	fwrite(text.ptr, 1, text.len, out);
	buf_release(&text);
}
