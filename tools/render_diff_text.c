/*
 * render_diff_text: a comparison for a person at a terminal. Golden side red,
 * run side green, moved yellow, unmatched magenta; every finding ends with a
 * line that can be pasted.
 */
#include "render.h"

#include "base/utf8.h"
#include "suggest.h"

#define PATHS_SHOWN 6      /* fields of one finding */
#define VALUE_SHOWN 200    /* bytes of a value on one line */

/* ---- the summary -------------------------------------------------------------- */

static size_t count_processes(const struct diff *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->ngroups; i++) {
		bool seen = false;
		size_t len = strcspn(d->groups[i].name, " ");
		for (size_t k = 0; k < i && !seen; k++)
			seen = strcspn(d->groups[k].name, " ") == len && strncmp(d->groups[k].name, d->groups[i].name, len) == 0;
		n += !seen;
	}
	return n;
}

static void groups(const struct render *r, const struct diff_view *v, const struct diff *d)
{
	int width = 0;
	char golden[32], run[32], same[32];

	for (size_t i = 0; i < d->ngroups; i++) {
		int len = (int)slice_chars(slice_str(d->groups[i].name));
		width = len > width ? len : width;
	}
	width = width > 60 ? 60 : width;
	for (size_t i = 0; i < d->ngroups; i++) {
		const struct diff_group *g = &d->groups[i];
		fputs("  ", r->out);
		render_text(r->out, slice_str(g->name));
		for (int pad = (int)slice_chars(slice_str(g->name)); pad < width; pad++)
			putc(' ', r->out);
		fprintf(r->out, " %7s %7s   %s%s same%s", render_count(g->golden, golden), render_count(g->run, run),
			g->same == g->golden && g->golden == g->run ? render_tint(r, TINT_GREEN) : render_tint(r, TINT_NONE),
			render_count(g->same, same), render_plain(r));
		if (strcmp(g->order, "pool") == 0)
			fputs("   compared as a pool (which connection did it is chance)", r->out);
		else if (strcmp(g->order, "bag") == 0 && !v->order)
			fputs("   in any order (several threads)", r->out);
		putc('\n', r->out);
	}
}

/* What was left out is told apart from what was compared; what no longer hides
 * anything should go. */
static void noise(const struct render *r, const struct diff *d)
{
	char n[32];
	bool any = false;

	if (d->masked)
		fprintf(r->out, "  masked: %s", render_count(d->masked, n));
	for (size_t i = 0; i < d->nnoise; i++)
		if (d->noise[i].hits && d->noise[i].mask) {
			fputs(any ? ", " : "   ", r->out);
			render_text(r->out, slice_str(d->noise[i].text));
			fprintf(r->out, " %s", render_count(d->noise[i].hits, n));
			any = true;
		}
	if (d->masked)
		putc('\n', r->out);
	for (size_t i = 0; i < d->nnoise; i++) {
		if (d->noise[i].hits)
			continue;
		fprintf(r->out, "  %s: ", d->noise[i].expired ? "mask expired" : d->noise[i].mask ? "mask not used" : "normal form not used");
		render_text(r->out, slice_str(d->noise[i].text));
		if (d->noise[i].expired)
			fprintf(r->out, "   it held until %s", d->noise[i].until);
		putc('\n', r->out);
	}
}

static void same(const struct render *r, const struct diff_view *v)
{
	char n[32];

	fprintf(r->out, "seam: %ssame%s   %s events  %zu groups  %zu processes   (%.2f s)\n", render_tint(r, TINT_GREEN),
		render_plain(r), render_count(v->diff->same, n), v->diff->ngroups, count_processes(v->diff), v->seconds);
	groups(r, v, v->diff);
	noise(r, v->diff);
}

/* ---- a finding ------------------------------------------------------------------ */

static enum tint tint_of(enum finding_kind k)
{
	switch (k) {
	case FIND_MISSING:
		return TINT_RED;
	case FIND_EXTRA:
		return TINT_GREEN;
	case FIND_MOVED:
		return TINT_YELLOW;
	case FIND_UNMATCHED:
	case FIND_IDENTITY:
		return TINT_MAGENTA;
	default:
		return TINT_BOLD;
	}
}

/* "loader/warehouse/db:5432#0" as "loader > warehouse db:5432#0". */
static void stream(const struct render *r, const char *name)
{
	struct slice rest = slice_str(name), role = slice_split(&rest, '/'), service = slice_split(&rest, '/');

	render_text(r->out, role);
	if (service.len || rest.len) {
		fputs(" > ", r->out);
		render_text(r->out, service);
	}
	if (rest.len) {
		putc(' ', r->out);
		render_text(r->out, rest);
	}
}

static void value(const struct render *r, char sign, enum tint tint, const char *text)
{
	struct slice s = slice_str(text);
	size_t cut = s.len > VALUE_SHOWN ? VALUE_SHOWN : s.len;

	while (cut < s.len && cut && ((unsigned char)s.ptr[cut] & 0xc0) == 0x80)
		cut--;
	fprintf(r->out, "       %s%c ", render_tint(r, tint), sign);
	render_text(r->out, slice_take(s, cut));
	if (cut < s.len)
		fprintf(r->out, "... (%zu bytes)", s.len);
	fprintf(r->out, "%s\n", render_plain(r));
}

/* A mark below the first difference of two short values. */
static void mark(const struct render *r, const char *a, const char *b)
{
	size_t front = 0, back = 0, n = strlen(a), m = strlen(b);

	if (n > 100 || m > 100)
		return;
	while (a[front] && a[front] == b[front])
		front++;
	while (back < n - front && back < m - front && a[n - 1 - back] == b[m - 1 - back])
		back++;
	while (front && ((unsigned char)b[front] & 0xc0) == 0x80)
		front--;
	size_t wide = slice_chars(slice_of(b + front, m - front > back ? m - front - back : 0));
	if (!front && !back)
		return; /* all of it differs */
	fputs("         ", r->out);
	for (size_t i = slice_chars(slice_of(b, front)); i > 0; i--)
		putc(' ', r->out);
	for (size_t i = wide ? wide : 1; i > 0; i--)
		putc('^', r->out);
	putc('\n', r->out);
}

static void paths(const struct render *r, const struct finding *f)
{
	for (size_t i = 0; i < f->npaths && i < PATHS_SHOWN; i++) {
		const struct finding_path *p = &f->paths[i];
		if (!p->golden && !p->run)
			continue; /* an identity's place: the note has it */
		fputs("     ", r->out);
		render_text(r->out, slice_str(p->path));
		if (!p->golden)
			fputs("   (not in the golden)", r->out);
		if (!p->run)
			fputs("   (not in the run)", r->out);
		putc('\n', r->out);
		if (p->golden)
			value(r, '-', TINT_RED, p->golden);
		if (p->run)
			value(r, '+', TINT_GREEN, p->run);
		if (p->golden && p->run)
			mark(r, p->golden, p->run);
	}
	if (f->npaths > PATHS_SHOWN)
		fprintf(r->out, "     ... and %zu more fields\n", f->npaths - PATHS_SHOWN);
}

static void condition(const struct render *r, json_t *c, size_t width)
{
	bool ok = json_is_true(json_object_get(c, "ok"));
	const char *path = json_string_value(json_object_get(c, "path"));
	char *wants = json_dumps(json_object_get(c, "wants"), JSON_COMPACT | JSON_ENCODE_ANY);
	char *got = json_dumps(json_object_get(c, "got"), JSON_COMPACT | JSON_ENCODE_ANY);

	fprintf(r->out, "       %s%s%s  ", render_tint(r, ok ? TINT_GREEN : TINT_RED), ok ? "ok" : "NO", render_plain(r));
	render_text(r->out, slice_str(path ? path : ""));
	for (size_t n = path ? strlen(path) : 0; n < width; n++)
		putc(' ', r->out);
	if (!ok && wants) {
		fputs("  wants ", r->out);
		render_text(r->out, slice_str(wants));
	}
	if (got) {
		fputs(ok ? "  " : "   got ", r->out);
		render_text(r->out, slice_str(got));
	} else if (!ok) {
		fputs("   got nothing", r->out);
	}
	putc('\n', r->out);
	free(wants);
	free(got);
}

static void why(const struct render *r, json_t *w)
{
	json_t *conditions = json_object_get(w, "conditions"), *c;
	size_t i, width = 0;

	json_array_foreach(conditions, i, c) {
		size_t n = json_string_length(json_object_get(c, "path"));
		width = n > width ? n : width;
	}
	json_array_foreach(conditions, i, c)
		condition(r, c, width);
}

void render_finding(const struct render *r, const struct diff_view *v, size_t i)
{
	const struct finding *f = &v->diff->findings[i];
	char n[32];

	fprintf(r->out, "\n%zu  %s%-9s%s  ", i + 1, render_tint(r, tint_of(f->kind)), finding_name(f->kind), render_plain(r));
	stream(r, f->stream);
	fputs("   ", r->out);
	render_text(r->out, slice_str(f->sum));
	if (f->count > 1)
		fprintf(r->out, "   x%s", render_count(f->count, n));
	if (f->golden_line)
		fprintf(r->out, "   golden:%d", f->golden_line);
	if (f->run_line)
		fprintf(r->out, "%srun:%d", f->golden_line ? " " : "   ", f->run_line);
	if (f->first && v->diff->nfindings > 1)
		fprintf(r->out, "   %sfirst%s", render_tint(r, TINT_BOLD), render_plain(r));
	putc('\n', r->out);
	if (f->note) {
		fputs("     ", r->out);
		render_text(r->out, slice_str(f->note));
		putc('\n', r->out);
	}
	if (f->why)
		why(r, f->why);
	paths(r, f);
	/* Lines begin at 1 with the header, events at 0. */
	if (f->run_line)
		fprintf(r->out, "     seam show %s --event %d\n", v->run, f->run_line - 2);
	else if (f->golden_line)
		fprintf(r->out, "     seam show %s --event %d\n", v->golden, f->golden_line - 2);
	struct buf mask;
	buf_init(&mask, 1024 * 1024);
	if (f->npaths && suggest_mask(f, &f->paths[0], v->rules, &mask)) {
		fputs("     ", r->out);
		render_text(r->out, buf_slice(&mask));
		if (suggest_numeric(&f->paths[0]))
			fputs("   (the numbers are equal)", r->out);
		putc('\n', r->out);
	}
	buf_release(&mask);
}

void render_diff_text(const struct render *r, const struct diff_view *v)
{
	const struct diff *d = v->diff;
	size_t shown = v->limit && v->limit < d->nfindings ? v->limit : d->nfindings;
	char a[32], b[32], c[32];

	if (!d->nfindings) {
		same(r, v);
		return;
	}
	fprintf(r->out, "seam: %sDIFFERENT%s   %zu finding%s   %s vs %s events", render_tint(r, TINT_RED), render_plain(r), d->nfindings,
		d->nfindings == 1 ? "" : "s", render_count(d->golden_events, a), render_count(d->run_events, b));
	if (d->masked)
		fprintf(r->out, "   %s masked", render_count(d->masked, c));
	putc('\n', r->out);
	for (size_t i = 0; i < shown; i++)
		render_finding(r, v, i);
	if (shown < d->nfindings)
		fprintf(r->out, "\n%zu more findings; --limit 0 shows all\n", d->nfindings - shown);
	fprintf(r->out, "\nsame %s  changed %s", render_count(d->same, a), render_count(d->changed, b));
	fprintf(r->out, "  moved %s  missing %s", render_count(d->moved, a), render_count(d->missing, b));
	fprintf(r->out, "  extra %s  unmatched %s", render_count(d->extra, a), render_count(d->unmatched, b));
	fprintf(r->out, "  identity %s  masked %s\n", render_count(d->identity, a), render_count(d->masked, b));
	noise(r, d);
	fprintf(r->out, "next: seam report %s %s --html out.html | seam accept --review %s %s\n", v->run, v->golden, v->golden, v->run);
}
