/*
 * render_diff_ci: a comparison for CI: JUnit's XML, which every CI system reads,
 * and GitHub's workflow commands.
 *
 * GitHub keeps 10 errors a step and drops the rest silently, so 9 findings are
 * annotated and a notice says how many there are; the job summary (at most
 * 1 MiB) gets all. What is annotated is a file of the repository: the golden.
 */
#include "render.h"

#include <stdlib.h>

#include "base/buf.h"
#include "suggest.h"

#define ANNOTATED 9
#define SUMMARY_MAX (900 * 1024)
#define TEXT_MAX ((size_t)16 * 1024 * 1024)

/* ---- what both say of a finding --------------------------------------------------- */

static void plain(const struct diff_view *v, const struct finding *f, struct buf *out)
{
	if (f->note)
		buf_addf(out, "%s\n", f->note);
	for (size_t i = 0; i < f->npaths && i < 6; i++) {
		const struct finding_path *p = &f->paths[i];
		buf_addf(out, "%s\n", p->path);
		if (p->golden)
			buf_addf(out, "  - %.400s\n", p->golden);
		if (p->run)
			buf_addf(out, "  + %.400s\n", p->run);
	}
	if (f->npaths > 6)
		buf_addf(out, "... and %zu more fields\n", f->npaths - 6);
	buf_addf(out, "seam show %s --event %d\n", f->run_line ? v->run : v->golden, (f->run_line ? f->run_line : f->golden_line) - 2);
	if (f->npaths && suggest_mask(f, &f->paths[0], v->rules, out))
		buf_add_char(out, '\n');
}

/* ---- JUnit ------------------------------------------------------------------------- */

/* XML 1.0 section 2.2 knows no other control characters, and no U+FFFE, U+FFFF. */
static void xml(FILE *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\n')
			fputs("&#10;", out);
		else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
			putc('?', out);
		else if (c == 0xef && i + 2 < s.len && (unsigned char)s.ptr[i + 1] == 0xbf && ((unsigned char)s.ptr[i + 2] & 0xfe) == 0xbe) {
			putc('?', out);
			i += 2;
		} else
			putc(c, out);
	}
}

/* "role service boundary" of a stream "role/service/boundary/key#n". */
static bool in_group(const struct finding *f, const struct diff_group *g)
{
	struct slice rest = slice_str(f->stream), role = slice_split(&rest, '/'), service = slice_split(&rest, '/');
	struct buf name;

	buf_init(&name, 64 * 1024);
	size_t end = slice_find(rest, '/'), hash = slice_find(rest, '#');
	struct slice boundary = slice_take(rest, end < hash ? end : hash);
	buf_add_slice(&name, role);
	if (service.len)
		buf_addf(&name, " %.*s", SLICE_ARG(service));
	if (boundary.len)
		buf_addf(&name, " %.*s", SLICE_ARG(boundary));
	bool same = strcmp(name.ptr, g->name) == 0;
	buf_release(&name);
	return same;
}

static void failures(const struct diff_view *v, FILE *out, const struct diff_group *g, bool *told)
{
	for (size_t i = 0; i < v->diff->nfindings; i++) {
		const struct finding *f = &v->diff->findings[i];
		struct buf text;
		if (told[i] || (g && !in_group(f, g)))
			continue;
		told[i] = true;
		buf_init(&text, TEXT_MAX);
		plain(v, f, &text);
		fprintf(out, "      <failure type=\"%s\" message=\"", finding_name(f->kind));
		xml(out, slice_str(f->sum));
		fprintf(out, " x%llu\">", (unsigned long long)f->count);
		xml(out, buf_slice(&text));
		fputs("</failure>\n", out);
		buf_release(&text);
	}
}

void render_diff_junit(const struct render *r, const struct diff_view *v)
{
	const struct diff *d = v->diff;
	bool *told = calloc(d->nfindings + 1, sizeof(*told));
	size_t failed = 0, strays = 0;

	if (!told)
		abort();
	for (size_t g = 0; g < d->ngroups; g++) {
		bool any = false;
		for (size_t i = 0; i < d->nfindings; i++)
			if (in_group(&d->findings[i], &d->groups[g]))
				any = told[i] = true;
		failed += any;
	}
	for (size_t i = 0; i < d->nfindings; i++)
		strays += !told[i];
	memset(told, 0, d->nfindings * sizeof(*told));
	fprintf(r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"seam diff\" tests=\"%zu\" failures=\"%zu\">\n", d->ngroups + !!strays, failed + !!strays);
	fprintf(r->out, "  <testsuite name=\"seam diff ");
	xml(r->out, slice_str(v->golden));
	fprintf(r->out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"%.3f\">\n", d->ngroups + !!strays, failed + !!strays, v->seconds);
	fputs("    <properties>\n      <property name=\"golden\" value=\"", r->out);
	xml(r->out, slice_str(v->golden));
	fputs("\"/>\n      <property name=\"run\" value=\"", r->out);
	xml(r->out, slice_str(v->run));
	fprintf(r->out, "\"/>\n      <property name=\"seam\" value=\"%s\"/>\n    </properties>\n", SEAM_VERSION);
	for (size_t g = 0; g < d->ngroups; g++) {
		fputs("    <testcase classname=\"seam\" name=\"", r->out);
		xml(r->out, slice_str(d->groups[g].name));
		fputs("\">\n", r->out);
		failures(v, r->out, &d->groups[g], told);
		fputs("    </testcase>\n", r->out);
	}
	if (strays) {
		fputs("    <testcase classname=\"seam\" name=\"the run\">\n", r->out);
		failures(v, r->out, NULL, told);
		fputs("    </testcase>\n", r->out);
	}
	fputs("  </testsuite>\n</testsuites>\n", r->out);
	free(told);
}

/* ---- GitHub ----------------------------------------------------------------------------- */

/* Workflow commands: % and line ends are escaped, in properties : and , too. */
static void escaped(FILE *out, const char *text, bool property)
{
	for (; *text; text++) {
		if (*text == '%')
			fputs("%25", out);
		else if (*text == '\r')
			fputs("%0D", out);
		else if (*text == '\n')
			fputs("%0A", out);
		else if (property && *text == ':')
			fputs("%3A", out);
		else if (property && *text == ',')
			fputs("%2C", out);
		else
			putc(*text, out);
	}
}

static void annotation(const struct render *r, const struct diff_view *v, const struct finding *f)
{
	struct buf text, title;

	buf_init(&text, TEXT_MAX);
	buf_init(&title, TEXT_MAX);
	buf_addf(&title, "seam %s: %s x%llu", finding_name(f->kind), f->sum, (unsigned long long)f->count);
	plain(v, f, &text);
	fputs("::error file=", r->out);
	escaped(r->out, v->golden, true);
	fprintf(r->out, ",line=%d,title=", f->golden_line ? f->golden_line : 1);
	escaped(r->out, title.ptr, true);
	fputs("::", r->out);
	if (text.len)
		buf_cut(&text, text.len - 1);
	escaped(r->out, text.ptr, false);
	putc('\n', r->out);
	buf_release(&text);
	buf_release(&title);
}

/* Fences longer than any run of backticks inside. */
static void summary(const struct diff_view *v, FILE *out)
{
	const struct diff *d = v->diff;
	size_t written = 0, i;

	fprintf(out, "### seam diff: %s\n\n`%s` against `%s`: same %llu, changed %llu, moved %llu, missing %llu, extra %llu, unmatched %llu, identity %llu, masked %llu\n\n",
		d->nfindings ? "different" : "same", v->run, v->golden, (unsigned long long)d->same, (unsigned long long)d->changed,
		(unsigned long long)d->moved, (unsigned long long)d->missing, (unsigned long long)d->extra, (unsigned long long)d->unmatched,
		(unsigned long long)d->identity, (unsigned long long)d->masked);
	for (i = 0; i < d->nfindings && written < SUMMARY_MAX; i++) {
		const struct finding *f = &d->findings[i];
		struct buf text;
		buf_init(&text, TEXT_MAX);
		buf_addf(&text, "%zu. **%s** %s x%llu (%s)\n\n", i + 1, finding_name(f->kind), f->sum, (unsigned long long)f->count, f->stream);
		buf_add_str(&text, "``````text\n");
		plain(v, f, &text);
		buf_add_str(&text, "``````\n\n");
		fwrite(text.ptr, 1, text.len, out);
		written += text.len;
		buf_release(&text);
	}
	if (i < d->nfindings)
		fprintf(out, "%zu more findings did not fit; `seam diff --limit 0 %s %s` shows all\n", d->nfindings - i, v->golden, v->run);
}

void render_diff_github(const struct render *r, const struct diff_view *v)
{
	const struct diff *d = v->diff;
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	FILE *page = path && *path ? fopen(path, "a") : NULL;

	fputs("::group::seam diff ", r->out);
	escaped(r->out, v->golden, false);
	putc(' ', r->out);
	escaped(r->out, v->run, false);
	putc('\n', r->out);
	for (size_t i = 0; i < d->nfindings && i < ANNOTATED; i++)
		annotation(r, v, &d->findings[i]);
	if (d->nfindings)
		fprintf(r->out, "::notice title=seam::%zu findings, %zu annotated%s\n", d->nfindings, d->nfindings < ANNOTATED ? d->nfindings : ANNOTATED,
			page ? ", all in the job summary" : "");
	else
		fprintf(r->out, "::notice title=seam::same, %llu events\n", (unsigned long long)d->same);
	fputs("::endgroup::\n", r->out);
	if (page) {
		summary(v, page);
		fclose(page);
	}
}
