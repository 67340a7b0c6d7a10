/*
 * report_html: gathers what the page shows, and packs it. The page never grows
 * beyond 5 MB: it has the findings and the events around them; equal stretches
 * are folded, and what does not fit is said with the command that shows it.
 */
#include "report_html.h"

#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/map.h"
#include "moment.h"
#include "render.h"
#include "report_page.h"
#include "suggest.h"
#include "trace/diff.h"
#include "trace/jscan.h"
#include "trace_rules.h"

#define RULES_MAX 64
#define FINDINGS_MAX 300
#define CONTEXT 20               /* events before and after a finding */
#define ROWS_MAX 20000           /* of the swimlanes */
#define TEXTS_MAX (8 * 1024 * 1024) /* bytes of events before packing: about 2 MB packed */
#define EVENT_MAX (64 * 1024)    /* of one event */
#define FOLDED_MAX 200           /* events of an equal stretch that can be opened */
#define IDS_MAX 200
#define PACKED_MAX (5 * 1024 * 1024 - 128 * 1024)

static const char help[] =
	"usage: seam report [OPTION]... TRACE [GOLDEN] --html FILE\n\n"
	"Writes one page that needs no network: verdict, causes side by side, swimlanes of both runs,\n"
	"lineage, every event around a finding, masks, environment. At most 5 MB.\n\n"
	"  --html FILE         the page\n"
	"  -r, --rules RULES   take masks from this rule file; may be repeated\n\n"
	"exit status: 0 same (or no golden), 1 different, 2 usage or I/O, 3 a trace is unusable\n\n"
	"example:\n"
	"  seam report run.trace golden.trace --html report.html\n";

struct page {
	struct trace_file *file[2]; /* golden (or NULL), run */
	struct diff diff;
	uint8_t *hits[2];           /* by event: kind of the finding it is the example of, +1 */
	uint32_t *pair;             /* by run event: the golden's event it differs from, +1 */
	bool *near[2];              /* by event: shown with its text */
	struct map roles;
	json_t *o, *events, *ids;
	struct map id_seen;
	size_t texts;
};

/* ---- findings ------------------------------------------------------------------- */

static json_t *string_or_null(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;

	return j ? j : s ? json_string("(not text)") : NULL;
}

static json_t *finding(const struct finding *f, const char *rules)
{
	json_t *o = json_object(), *paths = json_array(), *suggest = json_array();

	json_object_set_new(o, "kind", json_string(finding_name(f->kind)));
	json_object_set_new(o, "stream", json_string(f->stream));
	json_object_set_new(o, "sum", json_string(f->sum));
	json_object_set_new(o, "count", json_integer((json_int_t)f->count));
	if (f->golden_line)
		json_object_set_new(o, "goldenEvent", json_integer(f->golden_line - 2));
	if (f->run_line)
		json_object_set_new(o, "runEvent", json_integer(f->run_line - 2));
	if (f->note)
		json_object_set_new(o, "note", json_string(f->note));
	if (f->why)
		json_object_set(o, "why", f->why);
	if (f->first)
		json_object_set_new(o, "first", json_true());
	for (size_t i = 0; i < f->npaths && i < 12; i++) {
		json_t *p = json_pack("{s:s}", "path", f->paths[i].path), *g = string_or_null(f->paths[i].golden), *r = string_or_null(f->paths[i].run);
		struct buf line;
		if (g)
			json_object_set_new(p, "golden", g);
		if (r)
			json_object_set_new(p, "run", r);
		json_array_append_new(paths, p);
		buf_init(&line, 1024 * 1024);
		if (i < 3 && suggest_mask(f, &f->paths[i], rules, &line))
			json_array_append_new(suggest, json_string(line.ptr));
		buf_release(&line);
	}
	json_object_set_new(o, "paths", paths);
	json_object_set_new(o, "suggest", suggest);
	return o;
}

static void mark(struct page *p, int side, int line, enum finding_kind kind)
{
	size_t n = p->file[side] ? trace_file_count(p->file[side]) : 0, at = (size_t)line - 2;

	if (!line || at >= n)
		return;
	p->hits[side][at] = (uint8_t)(kind + 1);
	for (size_t i = at > CONTEXT ? at - CONTEXT : 0; i < n && i <= at + CONTEXT; i++)
		p->near[side][i] = true;
}

static void add_findings(struct page *p, const char *rules)
{
	const struct diff *d = &p->diff;
	json_t *list = json_array(), *noise = json_array();

	for (size_t i = 0; i < d->nfindings && i < FINDINGS_MAX; i++) {
		json_array_append_new(list, finding(&d->findings[i], rules));
		mark(p, 0, d->findings[i].golden_line, d->findings[i].kind);
		mark(p, 1, d->findings[i].run_line, d->findings[i].kind);
		if (d->findings[i].golden_line && d->findings[i].run_line)
			p->pair[d->findings[i].run_line - 2] = (uint32_t)d->findings[i].golden_line - 1;
	}
	for (size_t i = 0; i < d->nnoise; i++)
		json_array_append_new(noise, json_pack("{s:s, s:I, s:b, s:s}", "path", d->noise[i].text, "hits", (json_int_t)d->noise[i].hits, "expired",
						       d->noise[i].expired, "until", d->noise[i].until ? d->noise[i].until : ""));
	json_object_set_new(p->o, "findings", list);
	json_object_set_new(p->o, "noise", noise);
	json_object_set_new(p->o, "more", json_integer((json_int_t)(d->nfindings > FINDINGS_MAX ? d->nfindings - FINDINGS_MAX : 0)));
	json_object_set_new(p->o, "counts",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "golden", (json_int_t)d->golden_events, "run",
				      (json_int_t)trace_file_count(p->file[1]), "same", (json_int_t)d->same, "changed", (json_int_t)d->changed, "missing",
				      (json_int_t)d->missing, "extra", (json_int_t)d->extra, "unmatched", (json_int_t)d->unmatched, "moved",
				      (json_int_t)d->moved, "identity", (json_int_t)d->identity, "masked", (json_int_t)d->masked));
}

/* ---- events ---------------------------------------------------------------------- */

static json_t *text_json(struct slice s)
{
	json_t *j = json_stringn(s.ptr ? s.ptr : "", s.len);

	return j ? j : json_string("(not text)");
}

static void add_ids(struct page *p, json_t *cor, struct slice raw)
{
	struct jscan it = jscan_open(raw);
	struct slice key, item;

	while (raw.ptr && jscan_next(&it, &key, &item)) {
		struct slice id = item.len > 2 ? slice_of(item.ptr + 1, item.len - 2) : SLICE_NONE;
		json_array_append_new(cor, text_json(id));
		if (slice_has_prefix(id, SLICE_LIT("id:")) && json_array_size(p->ids) < IDS_MAX && !map_set(&p->id_seen, id, p))
			json_array_append_new(p->ids, text_json(slice_skip(id, 3)));
	}
}

static void add_event(struct page *p, int side, const struct moment *m)
{
	struct slice text = m->line.text;

	if (text.len > EVENT_MAX || p->texts + text.len > TEXTS_MAX)
		return;
	p->texts += text.len;
	json_t *cor = json_array();
	add_ids(p, cor, m->line.cor);
	json_array_append_new(p->events, json_pack("{s:i, s:I, s:o, s:o, s:o, s:o, s:o}", "s", side, "e", (json_int_t)m->event, "role", text_json(m->role),
						   "service", text_json(m->service), "sum", text_json(m->sum), "cor", cor, "text", text_json(text)));
}

static size_t role_of(struct page *p, struct slice role, json_t *roles)
{
	uintptr_t at = (uintptr_t)map_get(&p->roles, role);

	if (!at) {
		if (json_array_size(roles) >= 40)
			return 39;
		json_array_append_new(roles, text_json(role));
		at = json_array_size(roles);
		map_set(&p->roles, role, (void *)at);
	}
	return at - 1;
}

static bool in_lanes(const struct moment *m)
{
	return !slice_has_prefix(m->k, SLICE_LIT("conn.")) && !slice_eq_str(m->k, "dns") && !slice_eq_str(m->k, "call");
}

static json_t *row(struct page *p, int side, const struct moment *m, json_t *roles)
{
	struct buf what;
	uint8_t hit = p->hits[side][m->event];

	buf_init(&what, 64 * 1024);
	buf_addf(&what, "%.*s", SLICE_ARG(m->sum));
	if (m->service.len)
		buf_addf(&what, " \xe2\x86\x92 %.*s", SLICE_ARG(m->service));
	json_t *r = json_pack("[i, I, o, I, o, b, o, o]", side, (json_int_t)m->event, m->timed ? json_integer((json_int_t)m->ts_ns) : json_null(),
			      (json_int_t)role_of(p, m->role, roles), text_json(buf_slice(&what)), m->ok, text_json(m->by),
			      hit ? json_string(finding_name((enum finding_kind)(hit - 1))) : json_null());
	buf_release(&what);
	return r;
}

static void fold(json_t *rows, json_t **equal, json_int_t *count)
{
	if (*count)
		json_array_append_new(rows, json_pack("[I, o]", *count, *equal));
	else
		json_decref(*equal);
	*equal = json_array();
	*count = 0;
}

/* The golden's event above the run's, in the same lane. */
static void add_pair(struct page *p, uint32_t golden, const struct moment *run, json_t *rows, json_t *roles)
{
	struct arena a;
	struct moment m;

	arena_init(&a);
	moment_read(p->file[0], golden, &a, &m);
	m.role = run->role;
	json_array_append_new(rows, row(p, 0, &m, roles));
	arena_release(&a);
}

static bool is_alone(const struct page *p, size_t golden)
{
	return p->hits[0][golden] == FIND_MISSING + 1;
}

/* Without a golden every event is of interest; with one, those around findings,
 * the rest as folded stretches. */
static size_t add_rows(struct page *p, int side, json_t *rows, json_t *roles)
{
	const struct trace_file *f = p->file[side];
	bool fold_equal = p->file[0] != NULL;
	json_t *equal = json_array();
	json_int_t folded = 0;
	struct arena a;
	struct moment m;
	size_t left = 0;

	arena_init(&a);
	for (size_t i = 0; i < trace_file_count(f); i++) {
		arena_reset(&a);
		/* What cannot be shown any more need not be read. */
		bool wanted = !fold_equal || p->near[side][i];
		if (!wanted && (side == 0 || json_array_size(equal) >= FOLDED_MAX)) {
			folded += side == 1;
			continue;
		}
		if (json_array_size(rows) >= ROWS_MAX) {
			left += trace_file_count(f) - i;
			break;
		}
		moment_read(f, i, &a, &m);
		if (wanted || i < 2000)
			add_event(p, side, &m);
		if (!in_lanes(&m) && !p->hits[side][i])
			continue;
		if (wanted) {
			fold(rows, &equal, &folded);
			if (side == 1 && p->pair[i])
				add_pair(p, p->pair[i] - 1, &m, rows, roles);
			if (side == 1 || is_alone(p, i))
				json_array_append_new(rows, row(p, side, &m, roles));
		} else {
			json_array_append_new(equal, row(p, side, &m, roles));
			folded++;
		}
	}
	fold(rows, &equal, &folded);
	json_decref(equal);
	arena_release(&a);
	return left;
}

/* ---- the page --------------------------------------------------------------------- */

static int pack(struct page *p, const char *path)
{
	char *json = json_dumps(p->o, JSON_COMPACT);
	uLong n = json ? strlen(json) : 0;
	uLongf packed_n = compressBound(n);
	Bytef *packed = malloc(packed_n);
	struct buf text;
	int rc = 0;

	if (!json || !packed || compress2(packed, &packed_n, (const Bytef *)json, n, 6) != Z_OK)
		abort();
	buf_init(&text, (size_t)64 * 1024 * 1024);
	buf_add_base64(&text, packed, packed_n);
	FILE *out = fopen(path, "w");
	if (!out) {
		rc = cmd_usage("report", "%s: cannot be written: %s", path, strerror(errno));
	} else if (text.len > PACKED_MAX) {
		rc = cmd_usage("report", "the page would have %zu bytes, more than 5 MB", text.len);
		fclose(out);
	} else {
		struct slice before = report_page(true), after = report_page(false);
		fwrite(before.ptr, 1, before.len, out);
		fprintf(out, "{\"deflate\":\"%s\"}", text.ptr);
		fwrite(after.ptr, 1, after.len, out);
		if (fclose(out) != 0)
			rc = cmd_usage("report", "%s: cannot be written: %s", path, strerror(errno));
	}
	buf_release(&text);
	free(packed);
	free(json);
	return rc;
}

static int make(const char *run, const char *golden, const char *html, const char *const *files, size_t nfiles)
{
	struct page p = { .o = json_object(), .events = json_array(), .ids = json_array() };
	struct rules *rules = NULL;
	struct diff_options options = { 0 };
	struct err err = { 0 };
	json_t *rows = json_array(), *roles = json_array();
	char command[8192];
	int rc = tool_rules("report", files, nfiles, &rules);

	map_init(&p.roles);
	map_init(&p.id_seen);
	if (!rc)
		rc = tool_trace("report", run, golden == NULL, &p.file[1]);
	if (!rc && golden)
		rc = tool_trace("report", golden, false, &p.file[0]);
	if (rc)
		goto out;
	if (rules) {
		options.mask = rules_member(rules, "mask");
		options.normalise = rules_member(rules, "normalise");
	}
	if (golden && diff_traces(&p.diff, p.file[0], p.file[1], &options, &err) < 0) {
		rc = cmd_fail("report", &err);
		goto out;
	}
	for (int side = 0; side < 2; side++) {
		size_t n = p.file[side] ? trace_file_count(p.file[side]) : 0;
		p.hits[side] = calloc(n + 1, 1);
		p.near[side] = calloc(n + 1, sizeof(bool));
		if (!p.hits[side] || !p.near[side])
			abort();
	}
	p.pair = calloc(trace_file_count(p.file[1]) + 1, sizeof(*p.pair));
	if (!p.pair)
		abort();
	add_findings(&p, nfiles ? files[0] : NULL);
	/* The golden's rows are those that the run does not have as they are. */
	if (golden)
		add_rows(&p, 0, rows, roles);
	size_t cut = add_rows(&p, 1, rows, roles);
	json_object_set(p.o, "rows", rows);
	json_object_set(p.o, "roles", roles);
	json_object_set(p.o, "events", p.events);
	json_object_set(p.o, "ids", p.ids);
	json_object_set_new(p.o, "cut", json_integer((json_int_t)cut));
	json_object_set_new(p.o, "run", json_string(run));
	if (golden)
		json_object_set_new(p.o, "golden", json_string(golden));
	snprintf(command, sizeof(command), "seam diff %s %s", golden ? golden : "", run);
	json_object_set_new(p.o, "command", json_string(command));
	json_t *headers = json_object();
	json_object_set(headers, "run", trace_file_header(p.file[1]));
	if (golden)
		json_object_set(headers, "golden", trace_file_header(p.file[0]));
	json_object_set_new(p.o, "headers", headers);
	rc = pack(&p, html);
	if (!rc && p.diff.nfindings)
		rc = EXIT_DIFFERENT;
out:
	json_decref(rows);
	json_decref(roles);
	json_decref(p.events);
	json_decref(p.ids);
	json_decref(p.o);
	for (int side = 0; side < 2; side++) {
		free(p.hits[side]);
		free(p.near[side]);
	}
	free(p.pair);
	map_release(&p.roles);
	map_release(&p.id_seen);
	diff_release(&p.diff);
	trace_file_close(p.file[0]);
	trace_file_close(p.file[1]);
	rules_free(rules);
	return rc;
}

int report_html(int argc, char **argv)
{
	static const struct option options[] = {
		{ "html", required_argument, NULL, 'H' }, { "rules", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	const char *rules[RULES_MAX], *html = NULL;
	size_t nrules = 0;
	int got;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":r:h", options, NULL)) != -1) {
		switch (got) {
		case 'H':
			html = optarg;
			break;
		case 'r':
			if (nrules == RULES_MAX)
				return cmd_usage("report", "more than %d rule files; use \"include\"", RULES_MAX);
			rules[nrules++] = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("report", argv, options, got);
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return cmd_usage("report", "expected TRACE and perhaps GOLDEN, got %d files; try 'seam report --help'", argc - optind);
	return make(argv[optind], argc - optind == 2 ? argv[optind + 1] : NULL, html, rules, nrules);
}
