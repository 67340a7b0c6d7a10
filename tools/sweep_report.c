/* sweep_report: what a sweep found, for a terminal, programs and browsers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "render_check.h"
#include "sweep.h"

#define TEXT_MAX ((size_t)1 << 30)

static void count(const struct sweep *s, size_t counts[SWEEP_VERDICTS], size_t *done)
{
	memset(counts, 0, SWEEP_VERDICTS * sizeof(*counts));
	*done = 0;
	for (size_t i = 0; i < s->count; i++) {
		if (!s->trials[i].done)
			continue;
		counts[s->trials[i].verdict]++;
		++*done;
	}
}

void sweep_print(const struct sweep *s, bool color)
{
	size_t counts[SWEEP_VERDICTS], done, bad = 0;

	count(s, counts, &done);
	for (size_t i = 0; i < s->count; i++) {
		const struct sweep_trial *t = &s->trials[i];
		if (!t->done || !sweep_is_bad(t->verdict))
			continue;
		bad++;
		printf("%s%-16s%s %s/%s #%llu  %s   %s   exit %d\n", color ? "\033[31m" : "", sweep_verdict_names[t->verdict], color ? "\033[0m" : "", t->on,
		       t->service, (unsigned long long)t->nth, t->what, t->fault, t->exit);
		if (t->why && *t->why)
			printf("                 %s\n", t->why);
		printf("                 seam show %s/%zu.trace\n", s->out, i);
	}
	printf("seam: %s   %zu of %zu trials", bad ? "FOUND" : "ok", done, s->count);
	for (int v = 0; v < SWEEP_VERDICTS; v++)
		if (counts[v])
			printf(", %zu %s", counts[v], sweep_verdict_names[v]);
	puts(done < s->count ? "   (interrupted: the same command goes on)" : "");
}

static int write_file(const char *file, const struct buf *text)
{
	FILE *f = fopen(file, "we");
	bool good = f && fwrite(text->ptr, 1, text->len, f) == text->len;

	if (f && fclose(f) != 0)
		good = false;
	if (!good)
		fprintf(stderr, "seam: sweep: %s cannot be written\n", file);
	return good ? 0 : -1;
}

int sweep_write_json(const struct sweep *s, const char *file)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	buf_addf(&out, "{\"seam.sweep\":1,\"trials\":[");
	for (size_t i = 0, n = 0; i < s->count; i++) {
		const struct sweep_trial *t = &s->trials[i];
		if (!t->done)
			continue;
		buf_add_str(&out, n++ ? ",\n{\"on\":" : "\n{\"on\":");
		buf_add_json(&out, slice_str(t->on));
		buf_add_str(&out, ",\"service\":");
		buf_add_json(&out, slice_str(t->service));
		buf_addf(&out, ",\"nth\":%llu,\"event\":%llu,\"what\":", (unsigned long long)t->nth, (unsigned long long)t->event);
		buf_add_json(&out, slice_str(t->what));
		buf_add_str(&out, ",\"fault\":");
		buf_add_json(&out, slice_str(t->fault));
		buf_addf(&out, ",\"verdict\":\"%s\",\"bad\":%s,\"exit\":%d,\"seconds\":%.3f", sweep_verdict_names[t->verdict],
			 sweep_is_bad(t->verdict) ? "true" : "false", t->exit, t->seconds);
		if (t->why && *t->why) {
			buf_add_str(&out, ",\"why\":");
			buf_add_json(&out, slice_str(t->why));
		}
		buf_add_char(&out, '}');
	}
	buf_add_str(&out, "]}\n");
	int code = write_file(file, &out);
	buf_release(&out);
	return code;
}

/* ---- a page: sites down, faults across -------------------------------------------------- */

static const char page_head[] =
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>seam sweep</title>\n"
	"<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:80rem}table{border-collapse:collapse}"
	"th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}th{font-weight:600}code{font-size:.9em}"
	".bad{background:#d2333333;font-weight:600}.good{opacity:.75}.why{font-weight:400;font-size:.85em}</style>\n";

/* The faults in the order in which they first come. */
static size_t columns(const struct sweep *s, const char **names, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		bool known = false;
		for (size_t k = 0; k < n && !known; k++)
			known = strcmp(names[k], s->trials[i].fault) == 0;
		if (!known && n < max)
			names[n++] = s->trials[i].fault;
	}
	return n;
}

static bool same_site(const struct sweep_trial *a, const struct sweep_trial *b)
{
	return a->nth == b->nth && strcmp(a->on, b->on) == 0 && strcmp(a->service, b->service) == 0;
}

static void cell(const struct sweep_trial *t, struct buf *out)
{
	if (!t || !t->done) {
		buf_add_str(out, "<td></td>");
		return;
	}
	buf_addf(out, "<td class=\"%s\">%s", sweep_is_bad(t->verdict) ? "bad" : "good", sweep_verdict_names[t->verdict]);
	if (t->why && *t->why) {
		buf_add_str(out, "<div class=\"why\">");
		render_xml(out, slice_str(t->why));
		buf_add_str(out, "</div>");
	}
	buf_add_str(out, "</td>");
}

int sweep_write_html(const struct sweep *s, const char *file)
{
	const char *names[32];
	size_t n = columns(s, names, 32), counts[SWEEP_VERDICTS], done;
	struct buf out;

	count(s, counts, &done);
	buf_init(&out, TEXT_MAX);
	buf_add_str(&out, page_head);
	buf_addf(&out, "<h1>seam sweep</h1><p>%zu of %zu trials: ", done, s->count);
	for (int v = 0, first = 1; v < SWEEP_VERDICTS; v++)
		if (counts[v]) {
			buf_addf(&out, "%s%zu %s", first ? "" : ", ", counts[v], sweep_verdict_names[v]);
			first = 0;
		}
	buf_add_str(&out, ".</p><p><code>");
	for (const char *const *a = s->argv; *a; a++) {
		render_xml(&out, slice_str(*a));
		buf_add_char(&out, ' ');
	}
	buf_add_str(&out, "</code></p>\n<table><thead><tr><th scope=\"col\">request</th>");
	for (size_t k = 0; k < n; k++) {
		buf_add_str(&out, "<th scope=\"col\">");
		render_xml(&out, slice_str(names[k]));
		buf_add_str(&out, "</th>");
	}
	buf_add_str(&out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < s->count;) {
		const struct sweep_trial *site = &s->trials[i];
		size_t end = i;
		while (end < s->count && same_site(site, &s->trials[end]))
			end++;
		buf_addf(&out, "<tr><th scope=\"row\">%llu ", (unsigned long long)site->event);
		render_xml(&out, slice_str(site->what));
		buf_add_str(&out, "<div class=\"why\">");
		render_xml(&out, slice_str(site->service));
		buf_addf(&out, " #%llu</div></th>", (unsigned long long)site->nth);
		for (size_t k = 0; k < n; k++) {
			const struct sweep_trial *found = NULL;
			for (size_t x = i; x < end; x++)
				if (strcmp(s->trials[x].fault, names[k]) == 0)
					found = &s->trials[x];
			cell(found, &out);
		}
		buf_add_str(&out, "</tr>\n");
		i = end;
	}
	buf_add_str(&out, "</tbody></table></html>\n");
	int code = write_file(file, &out);
	buf_release(&out);
	return code;
}
