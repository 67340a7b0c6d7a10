/* seam check: expectations judged on a finished trace. */
#include "cmd.h"

#include <getopt.h>
#include <stdlib.h>

#include "check/judge.h"
#include "render_check.h"
#include "trace_rules.h"

static const char help[] =
	"usage: seam check [OPTION]... EXPECT... RUN\n\n"
	"Judges expectations on a finished trace. EXPECT is a rule file (its \"expect\" and the\n"
	"\"times\" of its rules) or a file with an array of expectations alone. A failed one shows\n"
	"the nearest actual events.\n\n"
	"  --format text|json|junit|github  (default text)\n"
	"  -v, --verbose              list those that hold too\n"
	"  --color auto|always|never  (default auto)\n\n"
	"exit status: 0 all hold, 1 one does not, 2 usage or I/O, 3 the trace is unusable, 4 nothing to judge\n\n"
	"example:\n"
	"  seam check rules.json run.trace\n";

struct asked {
	const char *format;
	bool verbose, color;
};

static int judge(const struct asked *a, struct rules *rules, struct trace_file *f)
{
	struct judge *j = judge_new(rules, trace_file_path(f));
	struct trace_line l;
	size_t count, failed = 0;

	for (size_t i = 0; i < trace_file_count(f); i++) {
		trace_file_line(f, i, &l);
		judge_feed(j, l.text);
	}
	const struct verdict *list = judge_end(j, trace_file_trailer(f), &count);
	for (size_t i = 0; i < count; i++)
		failed += !list[i].holds;
	if (!count)
		cmd_usage("check", "there is no expectation in what was given: add \"expect\"");
	else
		render_check(stdout, a->format, trace_file_path(f), list, count, a->verbose, a->color);
	judge_free(j);
	return !count ? EXIT_NOTHING : failed ? EXIT_DIFFERENT : EXIT_SAME;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' }, { "verbose", no_argument, NULL, 'v' }, { "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	struct asked a = { .format = "text" };
	struct rules *rules = NULL;
	struct trace_file *f = NULL;
	const char *color = NULL;
	int got;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":vh", options, NULL)) != -1) {
		switch (got) {
		case 'f':
			if (!render_check_knows(optarg))
				return cmd_usage("check", "--format %s: expected text, json, junit or github", optarg);
			a.format = optarg;
			break;
		case 'v':
			a.verbose = true;
			break;
		case 'c':
			color = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("check", argv, options, got);
		}
	}
	if (argc - optind < 2)
		return cmd_usage("check", "expected EXPECT and RUN, got %d; try 'seam check --help'", argc - optind);
	a.color = cmd_color(color, stdout);
	int rc = tool_expectations("check", (const char *const *)argv + optind, (size_t)(argc - optind - 1), &rules);
	if (!rc)
		rc = tool_trace("check", argv[argc - 1], false, &f);
	if (!rc)
		rc = judge(&a, rules, f);
	trace_file_close(f);
	rules_free(rules);
	return rc;
}
