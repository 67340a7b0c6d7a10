/* seam lineage: the way of one id through every boundary. */
#include "cmd.h"

#include <getopt.h>

#include "moment.h"
#include "render.h"
#include "trace/lineage.h"
#include "trace_rules.h"

#define RULES_MAX 64

static const char help[] =
	"usage: seam lineage [OPTION]... TRACE ID\n\n"
	"Follows an id through the trace: every request, statement, object and message that holds it,\n"
	"and what is tied to those by another correlation id.\n\n"
	"  --golden GOLDEN            also name the hops that the golden had and this run has not\n"
	"  -r, --rules RULES          take masks from this rule file; may be repeated\n"
	"  --format text|json         (default text)\n"
	"  --color auto|always|never  (default auto)\n\n"
	"exit status: 0 found, 1 hops are missing, 2 usage or I/O, 3 a trace is unusable, 4 nothing holds the id\n\n"
	"example:\n"
	"  seam lineage run.trace 7f0c8a52-5d0e-4b57-9d5f-0f6f2f1f9a11 --golden golden.trace\n";

static void hop(const struct render *r, const struct trace_file *f, const struct lineage_hop *h, bool last)
{
	struct arena a;
	struct moment m;

	arena_init(&a);
	moment_read(f, h->event, &a, &m);
	if (m.timed)
		fprintf(r->out, "%9.1fms", (double)m.ts_ns / 1e6);
	else
		fprintf(r->out, "%11s", "");
	fprintf(r->out, "  %s ", last ? "`--" : "|--");
	if (h->missing)
		fprintf(r->out, "%sMISSING%s  ", render_tint(r, TINT_RED), render_plain(r));
	render_text(r->out, m.role);
	if (m.service.len) {
		fputs(" > ", r->out);
		render_text(r->out, m.service);
		putc(' ', r->out);
		render_text(r->out, m.boundary);
	}
	fputs("   ", r->out);
	render_text(r->out, m.sum);
	if (!m.ok) {
		fprintf(r->out, "   %s", render_tint(r, TINT_RED));
		render_text(r->out, m.err);
		fputs(render_plain(r), r->out);
	}
	if (strcmp(h->via, "id") != 0 && strcmp(h->via, "text") != 0 && !h->missing) {
		fputs("   by ", r->out);
		render_text(r->out, slice_str(h->via));
	}
	fprintf(r->out, "   %s:%d\n", h->missing ? "golden" : "run", m.line.number);
	arena_release(&a);
}

static json_t *hop_json(const struct trace_file *f, const struct lineage_hop *h)
{
	struct arena a;
	struct moment m;

	arena_init(&a);
	moment_read(f, h->event, &a, &m);
	json_t *o = json_pack("{s:b, s:I, s:i, s:s%, s:s%, s:s%, s:s%, s:s%, s:b, s:s}", "missing", h->missing, "event", (json_int_t)h->event, "line",
			      m.line.number, "k", m.k.ptr, m.k.len, "role", m.role.ptr ? m.role.ptr : "", m.role.len, "service",
			      m.service.ptr ? m.service.ptr : "", m.service.len, "boundary", m.boundary.ptr ? m.boundary.ptr : "", m.boundary.len,
			      "sum", m.sum.ptr ? m.sum.ptr : "", m.sum.len, "ok", m.ok, "via", h->via);
	arena_release(&a);
	return o;
}

static int find(const char *run_path, const char *golden_path, const char *id, const char *const *files, size_t nfiles, bool json, const char *color)
{
	struct trace_file *run = NULL, *golden = NULL;
	struct rules *rules = NULL;
	struct lineage l = { 0 };
	struct err err = { 0 };
	struct render r = { stdout, cmd_color(color, stdout) };
	int rc = tool_rules("lineage", files, nfiles, &rules);
	size_t missing = 0;

	if (!rc)
		rc = tool_trace("lineage", run_path, true, &run);
	if (!rc && golden_path)
		rc = tool_trace("lineage", golden_path, false, &golden);
	if (rc)
		goto out;
	if (lineage_find(&l, run, golden, id, rules ? rules_member(rules, "mask") : NULL, rules ? rules_member(rules, "normalise") : NULL, &err) < 0) {
		rc = cmd_fail("lineage", &err);
		goto out;
	}
	for (size_t i = 0; i < l.count; i++)
		missing += l.hops[i].missing;
	rc = !l.count ? EXIT_NOTHING : missing ? EXIT_DIFFERENT : 0;
	if (json) {
		json_t *o = json_pack("{s:s, s:s, s:o}", "seam", "lineage", "id", id, "hops", json_array());
		for (size_t i = 0; i < l.count; i++)
			json_array_append_new(json_object_get(o, "hops"), hop_json(l.hops[i].missing ? golden : run, &l.hops[i]));
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
		goto out;
	}
	if (!l.count) {
		cmd_usage("lineage", "nothing in %s holds \"%s\"; 'seam show %s --event N' shows what an event holds", run_path, id, run_path);
		goto out;
	}
	printf("%s   %zu hop%s", id, l.count - missing, l.count - missing == 1 ? "" : "s");
	if (missing)
		printf(", %zu missing", missing);
	putchar('\n');
	for (size_t i = 0; i < l.count; i++)
		hop(&r, l.hops[i].missing ? golden : run, &l.hops[i], i + 1 == l.count);
out:
	lineage_release(&l);
	trace_file_close(run);
	trace_file_close(golden);
	rules_free(rules);
	return rc;
}

int cmd_lineage(int argc, char **argv)
{
	static const struct option options[] = {
		{ "golden", required_argument, NULL, 'g' }, { "rules", required_argument, NULL, 'r' }, { "format", required_argument, NULL, 'f' },
		{ "color", required_argument, NULL, 'c' },  { "help", no_argument, NULL, 'h' },	       { 0 },
	};
	const char *rules[RULES_MAX], *golden = NULL, *format = "text", *color = NULL;
	size_t nrules = 0;
	int got;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":r:h", options, NULL)) != -1) {
		switch (got) {
		case 'g':
			golden = optarg;
			break;
		case 'r':
			if (nrules == RULES_MAX)
				return cmd_usage("lineage", "more than %d rule files; use \"include\"", RULES_MAX);
			rules[nrules++] = optarg;
			break;
		case 'f':
			format = optarg;
			break;
		case 'c':
			color = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("lineage", argv, options, got);
		}
	}
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return cmd_usage("lineage", "--format %s: expected text or json", format);
	if (argc - optind != 2 || !argv[optind + 1][0])
		return cmd_usage("lineage", "expected TRACE and ID, got %d; try 'seam lineage --help'", argc - optind);
	return find(argv[optind], golden, argv[optind + 1], rules, nrules, strcmp(format, "json") == 0, color);
}
