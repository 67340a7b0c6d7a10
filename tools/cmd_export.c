/* seam export: a trace in other tools' formats. One file a format (export_*.c). */
#include "cmd.h"

#include <getopt.h>

#include "export.h"
#include "trace_rules.h"

static const char help[] =
	"usage: seam export --otlp|--perfetto|--har [-o FILE] TRACE\n\n"
	"Writes a trace for other tools:\n\n"
	"  --otlp        OpenTelemetry spans, OTLP/JSON, one line (the collector's otlpjsonfile receiver)\n"
	"  --perfetto    Chrome's trace event format (ui.perfetto.dev, chrome://tracing)\n"
	"  --har         HTTP Archive 1.2: the HTTP requests (a browser's developer tools)\n"
	"  -o FILE       write there instead of to stdout\n\n"
	"exit status: 0, 2 usage or I/O, 3 the trace is unusable, 4 it has nothing for the format\n\n"
	"example:\n"
	"  seam export --har run.trace > run.har\n";

int cmd_export(int argc, char **argv)
{
	static const struct option options[] = {
		{ "otlp", no_argument, NULL, 'O' }, { "perfetto", no_argument, NULL, 'P' }, { "har", no_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	size_t (*write)(const struct trace_file *f, FILE *out) = NULL;
	const char *path = NULL;
	struct trace_file *f = NULL;
	int got, rc, asked = 0;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (got) {
		case 'O':
			write = export_otlp;
			asked++;
			break;
		case 'P':
			write = export_perfetto;
			asked++;
			break;
		case 'H':
			write = export_har;
			asked++;
			break;
		case 'o':
			path = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("export", argv, options, got);
		}
	}
	if (asked != 1)
		return cmd_usage("export", "expected one of --otlp, --perfetto, --har; try 'seam export --help'");
	if (argc - optind != 1)
		return cmd_usage("export", "expected one TRACE, got %d; try 'seam export --help'", argc - optind);
	if ((rc = tool_trace("export", argv[optind], false, &f)))
		return rc;
	if (trace_file_canonical(f)) {
		trace_file_close(f);
		return cmd_usage("export", "%s is a golden, which has no times; export a recording", argv[optind]);
	}
	FILE *out = path ? fopen(path, "w") : stdout;
	if (!out) {
		trace_file_close(f);
		return cmd_usage("export", "%s: cannot be written", path);
	}
	size_t n = write(f, out);
	bool failed = ferror(out) || (path ? fclose(out) : fflush(out)) != 0;
	trace_file_close(f);
	if (failed)
		return cmd_usage("export", "%s: cannot be written", path ? path : "stdout");
	if (n)
		return 0;
	cmd_usage("export", "%s has nothing for that format", argv[optind]);
	return EXIT_NOTHING;
}
