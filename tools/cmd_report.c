/* seam report: of what was found, for people. --merge joins the results of test shards. */
#include "cmd.h"

#include <string.h>

#include "test_report.h"

static const char help[] =
	"usage: seam report --merge [--expect N] [--junit FILE] [--json FILE] RESULTS...\n\n"
	"Joins what 'seam test --shard K/N --json FILE' wrote, one file a shard. A shard that is lost,\n"
	"or came twice, fails.\n\n"
	"  --expect N    so many shards there have to be\n"
	"  --junit FILE  all results for JUnit readers\n"
	"  --json FILE   all results in one file\n\n"
	"exit status: 0 all passed, 1 a case failed or a shard is lost, 2 usage or I/O, 4 no case ran\n\n"
	"example:\n"
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
	return cmd_usage("report", "what? --merge RESULTS...; try 'seam report --help'");
}
