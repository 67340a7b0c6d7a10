/* seam report: of what was found, for people. --merge joins the results of test shards. */
#include "cmd.h"

#include <string.h>

#include "report_html.h"
#include "test_report.h"

static const char help[] =
	"usage: seam report [-r RULES]... TRACE [GOLDEN] --html FILE\n"
	"       seam report --merge [--expect N] [--junit FILE] [--json FILE] RESULTS...\n\n"
	"--html writes one page that needs no network, at most 5 MB: verdict, causes side by side,\n"
	"swimlanes of both runs, lineage, the events around each finding, masks, environment.\n\n"
	"--merge joins what 'seam test --shard K/N --json FILE' wrote, one file a shard. A shard that is lost,\n"
	"or came twice, fails.\n\n"
	"  --expect N    so many shards there have to be\n"
	"  --junit FILE  all results for JUnit readers\n"
	"  --json FILE   all results in one file\n\n"
	"exit status: 0 same or all passed, 1 different, a case failed or a shard is lost, 2 usage or I/O, 4 no case ran\n\n"
	"example:\n"
	"  seam report run.trace golden.trace --html report.html\n"
	"  seam report --merge --expect 4 shard-*.json --junit results.xml\n";

static bool has(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

int cmd_report(int argc, char **argv)
{
	if (has(argc, argv, "--help") || has(argc, argv, "-h")) {
		fputs(help, stdout);
		return 0;
	}
	if (has(argc, argv, "--merge"))
		return report_merge(argc, argv);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--html", 6) == 0)
			return report_html(argc, argv);
	return cmd_usage("report", "what? TRACE [GOLDEN] --html FILE, or --merge RESULTS...; try 'seam report --help'");
}
