/* seam diff: compares two traces. Decides what to read and how to show it; the
 * comparison is trace/diff.h. */
#include "cmd.h"
#include "final.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "render.h"
#include "trace/effects.h"
#include "trace_rules.h"

#define RULES_MAX 64   /* -r options */
#define SHOWN 20       /* findings shown unless --limit says otherwise */

static const char help[] =
	"usage: seam diff [OPTION]... GOLDEN RUN\n\n"
	"Compares two traces, stream by stream, and says what changed in the program's intent.\n"
	"GOLDEN is what 'seam accept' wrote, or another recording.\n\n"
	"  --format FORMAT            text (default), json, jsonl, junit, github (annotations and job summary)\n"
	"  --order ORDER              compare all services so: strict, stream, key, bag, set, count\n"
	"                             (default: sql by connection, http by route, s3 by object key)\n"
	"  --effects                  compare what the runs did (rows committed, objects as they were left,\n"
	"                             requests that change something, messages), not how they asked for it\n"
	"  -r, --rules RULES          take masks from this rule file; may be repeated\n"
	"  --limit N                  findings shown (default 20, 0: all)\n"
	"  --color auto|always|never  (default auto)\n"
	"  -q, --quiet                print nothing, only exit\n\n"
	"exit status: 0 same, 1 different, 2 usage or I/O, 3 a trace is unusable, 4 nothing compared\n\n"
	"example:\n"
	"  seam diff golden.trace run.trace\n";

struct asked {
	const char *format, *order, *color, *rules[RULES_MAX];
	size_t nrules, limit;
	bool quiet, effects;
};

static int check(const struct asked *a)
{
	static const char *const formats[] = { "text", "json", "jsonl", "junit", "github", NULL };
	static const char *const orders[] = { "strict", "stream", "key", "bag", "set", "count", NULL };
	bool known = false;

	for (const char *const *f = formats; *f; f++)
		known |= strcmp(a->format, *f) == 0;
	if (!known) {
		const char *near = err_nearest(a->format, formats);
		return cmd_usage("diff", "--format %s: expected text, json, jsonl, junit or github%s%s", a->format, near ? "; did you mean " : "",
				 near ? near : "");
	}
	known = false;
	for (const char *const *o = orders; *o; o++)
		known |= a->order && strcmp(a->order, *o) == 0;
	if (a->order && !known) {
		const char *near = err_nearest(a->order, orders);
		return cmd_usage("diff", "--order %s: expected strict, stream, key, bag, set or count%s%s", a->order,
				 near ? "; did you mean " : "", near ? near : "");
	}
	if (a->color && strcmp(a->color, "auto") != 0 && strcmp(a->color, "always") != 0 && strcmp(a->color, "never") != 0)
		return cmd_usage("diff", "--color %s: expected auto, always or never", a->color);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* An empty comparison must never be green: processes alone are nothing. */
static bool compared_nothing(const struct diff *d, const struct trace_file *golden, const struct trace_file *run)
{
	struct trace_line l;

	if (d->nfindings)
		return false;
	for (int side = 0; side < 2; side++) {
		const struct trace_file *f = side ? run : golden;
		for (size_t i = 0; i < trace_file_count(f); i++) {
			trace_file_line(f, i, &l);
			if (!slice_has_prefix(l.k, SLICE_LIT("proc.")) && !slice_eq_str(l.k, "note"))
				return false;
		}
	}
	return true;
}

/* ---- effects ------------------------------------------------------------------ */

/* The effects of a trace as a trace of their own, with its bodies beside it. */
static int open_effects(const struct trace_file *f, const struct trace_file *final, struct effects *e, struct trace_file **out)
{
	char folder[] = "/tmp/seam-effects-XXXXXX", path[64], blobs[80], real[4096 + 16];
	struct err err = { 0 };
	int rc;

	effects_of(e, f, final);
	if (!mkdtemp(folder))
		return cmd_usage("diff", "no folder in /tmp: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/effects.trace", folder);
	snprintf(blobs, sizeof(blobs), "%s.blobs", path);
	snprintf(real, sizeof(real), "%s.blobs", trace_file_path(f));
	char *there = realpath(real, NULL);
	if (there && symlink(there, blobs) < 0)
		there = NULL;
	free(there);
	FILE *file = fopen(path, "w");
	bool written = file && fwrite(e->text.ptr, 1, e->text.len, file) == e->text.len;
	if (file && fclose(file) != 0)
		written = false;
	rc = written ? trace_file_open(out, path, false, 0, &err) : err_set(&err, ERR_IO, "%s: cannot be written", path);
	e->folder = strdup(folder);
	return rc ? cmd_fail("diff", &err) : 0;
}

static void close_effects(struct effects *e, struct trace_file *f)
{
	char path[128];

	trace_file_close(f);
	if (e->folder) {
		snprintf(path, sizeof(path), "%s/effects.trace.blobs", e->folder);
		unlink(path);
		snprintf(path, sizeof(path), "%s/effects.trace", e->folder);
		unlink(path);
		rmdir(e->folder);
	}
	effects_release(e);
}

static int origin_of(const struct effects *e, int line)
{
	if (line < 2 || (size_t)line - 2 >= e->count)
		return line;
	return e->origin[line - 2] == EFFECT_FINAL ? 0 : (int)e->origin[line - 2] + 2;
}

/* A finding points at the event that had the effect; a row is nobody's alone. */
static void point_back(struct diff *d, const struct effects *golden, const struct effects *run)
{
	for (size_t i = 0; i < d->nfindings; i++) {
		struct finding *f = &d->findings[i];
		f->golden_line = origin_of(golden, f->golden_line);
		f->run_line = origin_of(run, f->run_line);
	}
}

static int diff_effects(struct diff *d, const struct trace_file *golden, const struct trace_file *run, struct diff_options *o)
{
	struct effects e[2] = { 0 };
	struct trace_file *f[2] = { NULL, NULL };
	struct err err = { 0 };
	struct trace_file *final[2] = { NULL, NULL };
	/* tables are compared with tables only */
	bool both = final_open(golden, &final[0]) && final_open(run, &final[1]);
	int rc = open_effects(golden, both ? final[0] : NULL, &e[0], &f[0]);

	if (!rc)
		rc = open_effects(run, both ? final[1] : NULL, &e[1], &f[1]);
	trace_file_close(final[0]);
	trace_file_close(final[1]);
	if (!o->order)
		o->order = "bag";
	if (!rc && diff_traces(d, f[0], f[1], o, &err) < 0)
		rc = cmd_fail("diff", &err);
	if (!rc)
		point_back(d, &e[0], &e[1]);
	close_effects(&e[0], f[0]);
	close_effects(&e[1], f[1]);
	return rc;
}

static int compare(const struct asked *a, const char *golden_path, const char *run_path)
{
	struct trace_file *golden = NULL, *run = NULL;
	struct rules *rules = NULL;
	struct diff_options options = { .order = a->order };
	struct diff diff = { 0 };
	struct err err = { 0 };
	double start = now();
	int rc = tool_rules("diff", a->rules, a->nrules, &rules);

	if (!rc)
		rc = tool_trace("diff", golden_path, false, &golden);
	if (!rc)
		rc = tool_trace("diff", run_path, false, &run);
	if (rc)
		goto out;
	if (rules) {
		options.mask = rules_member(rules, "mask");
		options.normalise = rules_member(rules, "normalise");
	}
	if (a->effects) {
		if ((rc = diff_effects(&diff, golden, run, &options)))
			goto out;
	} else if (diff_traces(&diff, golden, run, &options, &err) < 0) {
		rc = cmd_fail("diff", &err);
		goto out;
	}
	rc = diff.nfindings ? EXIT_DIFFERENT : (a->effects ? !diff.golden_events && !diff.run_events : compared_nothing(&diff, golden, run)) ? EXIT_NOTHING : EXIT_SAME;
	struct render render = { stdout, cmd_color(a->color, stdout) };
	struct diff_view view = { .diff = &diff,
				  .golden = golden_path,
				  .run = run_path,
				  .order = a->effects && !a->order ? "bag" : a->order,
				  .rules = a->nrules ? a->rules[0] : NULL,
				  .limit = a->limit,
				  .seconds = now() - start,
				  .exit = rc };
	if (a->quiet)
		goto out;
	if (strcmp(a->format, "junit") == 0)
		render_diff_junit(&render, &view);
	else if (strcmp(a->format, "github") == 0)
		render_diff_github(&render, &view);
	else if (strcmp(a->format, "text") != 0)
		render_diff_json(&render, &view, strcmp(a->format, "jsonl") == 0);
	else if (rc == EXIT_NOTHING)
		fprintf(stderr, "seam: diff: nothing to compare: neither %s nor %s asked anything of the outside; was the program intercepted\n",
			golden_path, run_path);
	else
		render_diff_text(&render, &view);
out:
	diff_release(&diff);
	trace_file_close(golden);
	trace_file_close(run);
	rules_free(rules);
	return rc;
}

int cmd_diff(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' }, { "order", required_argument, NULL, 'o' },
		{ "rules", required_argument, NULL, 'r' },  { "limit", required_argument, NULL, 'l' },
		{ "color", required_argument, NULL, 'c' },  { "quiet", no_argument, NULL, 'q' },
		{ "effects", no_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	struct asked a = { .format = "text", .limit = SHOWN };
	uint64_t limit;
	int got, rc;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":r:qh", options, NULL)) != -1) {
		switch (got) {
		case 'f':
			a.format = optarg;
			break;
		case 'o':
			a.order = optarg;
			break;
		case 'r':
			if (a.nrules == RULES_MAX)
				return cmd_usage("diff", "more than %d rule files; use \"include\"", RULES_MAX);
			a.rules[a.nrules++] = optarg;
			break;
		case 'l':
			if (!slice_to_u64(slice_str(optarg), &limit))
				return cmd_usage("diff", "--limit %s: expected a number", optarg);
			a.limit = (size_t)limit;
			break;
		case 'c':
			a.color = optarg;
			break;
		case 'e':
			a.effects = true;
			break;
		case 'q':
			a.quiet = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("diff", argv, options, got);
		}
	}
	if ((rc = check(&a)))
		return rc;
	if (argc - optind != 2)
		return cmd_usage("diff", "expected GOLDEN and RUN, got %d file%s; try 'seam diff --help'", argc - optind,
				 argc - optind == 1 ? "" : "s");
	return compare(&a, argv[optind], argv[optind + 1]);
}
