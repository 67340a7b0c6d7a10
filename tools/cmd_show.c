/* seam show: a trace as a list, or one event of it. Reads what can be read: a
 * trace whose host was killed is shown up to its last whole line. */
#include "cmd.h"

#include <getopt.h>

#include "render.h"
#include "trace/jscan.h"
#include "trace_rules.h"

#define KINDS_MAX 32

static const char help[] =
	"usage: seam show [OPTION]... TRACE\n\n"
	"Lists the events of a trace or golden: number, time, stream, kind, what, outcome, who answered.\n\n"
	"  -k, --kind KIND            only events of this kind (sql, http, s3, conn.open, ...); may be repeated\n"
	"  --stream GLOB              only streams that match, e.g. 'psql/*'\n"
	"  --event N                  one event, whole\n"
	"  --lanes                    swimlanes: a column a program, time going down\n"
	"  --color auto|always|never  (default auto)\n\n"
	"exit status: 0, 2 usage or I/O, 3 the trace is unusable or truncated, 4 no event is as asked\n\n"
	"example:\n"
	"  seam show run.trace -k sql\n"
	"  seam show run.trace --event 37\n";

struct asked {
	const char *kinds[KINDS_MAX], *stream, *color;
	size_t nkinds;
	bool one, lanes;
	uint64_t event;
};

static bool wanted(const struct asked *a, const struct trace_line *l, struct buf *scratch)
{
	bool kind = a->nkinds == 0;

	for (size_t i = 0; i < a->nkinds && !kind; i++)
		kind = slice_eq_str(l->k, a->kinds[i]);
	return kind && (!a->stream || slice_glob(slice_str(a->stream), jscan_plain(l->st, scratch), false));
}

static int list(const struct asked *a, const struct trace_file *f, const struct render *r)
{
	struct trace_line l;
	struct buf scratch;
	size_t shown = 0;

	buf_init(&scratch, 1024 * 1024);
	for (size_t i = 0; i < trace_file_count(f); i++) {
		trace_file_line(f, i, &l);
		if (!wanted(a, &l, &scratch))
			continue;
		render_event_line(r, &l, i);
		shown++;
	}
	buf_release(&scratch);
	if (!shown && (a->nkinds || a->stream)) {
		cmd_usage("show", "%s has no such event among %zu", trace_file_path(f), trace_file_count(f));
		return EXIT_NOTHING;
	}
	return 0;
}

struct lane_filter {
	const struct asked *asked;
	struct buf scratch;
};

static bool lane_wanted(void *arg, const struct trace_line *l)
{
	struct lane_filter *f = arg;

	return wanted(f->asked, l, &f->scratch);
}

static int show(const struct asked *a, const char *path)
{
	struct trace_file *f = NULL;
	struct render r = { stdout, cmd_color(a->color, stdout) };
	int rc = tool_trace("show", path, true, &f);

	if (rc)
		return rc;
	if (a->lanes && !a->one) {
		struct lane_filter filter = { .asked = a };
		buf_init(&filter.scratch, 1024 * 1024);
		if (!render_lanes(&r, f, lane_wanted, &filter) && (a->nkinds || a->stream)) {
			cmd_usage("show", "%s has no such event among %zu", path, trace_file_count(f));
			rc = EXIT_NOTHING;
		}
		buf_release(&filter.scratch);
	} else if (!a->one) {
		rc = list(a, f, &r);
	} else if (a->event >= trace_file_count(f)) {
		rc = EXIT_NOTHING;
		if (trace_file_count(f))
			cmd_usage("show", "%s has no event %llu; the last is %zu", path, (unsigned long long)a->event,
				  trace_file_count(f) - 1);
		else
			cmd_usage("show", "%s has no events", path);
	} else {
		render_event(&r, f, a->event);
	}
	if (!rc && !trace_file_trailer(f)) {
		fflush(stdout);
		fprintf(stderr, "seam: show: %s: no trailer: the trace ends here because its host was killed\n", path);
		rc = EXIT_UNUSABLE;
	}
	trace_file_close(f);
	return rc;
}

int cmd_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kind", required_argument, NULL, 'k' },  { "stream", required_argument, NULL, 's' },
		{ "event", required_argument, NULL, 'e' }, { "color", required_argument, NULL, 'c' },
		{ "lanes", no_argument, NULL, 'L' },	   { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct asked a = { 0 };
	int got;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":k:h", options, NULL)) != -1) {
		switch (got) {
		case 'k':
			if (a.nkinds == KINDS_MAX)
				return cmd_usage("show", "more than %d kinds", KINDS_MAX);
			a.kinds[a.nkinds++] = optarg;
			break;
		case 's':
			a.stream = optarg;
			break;
		case 'e':
			a.one = true;
			if (!slice_to_u64(slice_str(optarg), &a.event))
				return cmd_usage("show", "--event %s: expected the number of an event, as the list shows it", optarg);
			break;
		case 'c':
			if (strcmp(optarg, "auto") != 0 && strcmp(optarg, "always") != 0 && strcmp(optarg, "never") != 0)
				return cmd_usage("show", "--color %s: expected auto, always or never", optarg);
			a.color = optarg;
			break;
		case 'L':
			a.lanes = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("show", argv, options, got);
		}
	}
	if (argc - optind != 1)
		return cmd_usage("show", "expected one TRACE, got %d; try 'seam show --help'", argc - optind);
	return show(&a, argv[optind]);
}
