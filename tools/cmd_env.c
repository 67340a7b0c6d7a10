/* seam env: the exports for using the bare preload from any launcher. */
#include "cmd.h"

#include <getopt.h>
#include <stdlib.h>

#include "host/host.h"

static const char help[] =
	"usage: seam env [-r RULES] [-t TRACE]\n\n"
	"Prints the exports with which any launcher runs programs under seam, without seam run.\n\n"
	"example:\n"
	"  eval \"$(seam env -r rules.json -t run.trace)\"\n"
	"  ./program\n";

static void export_variable(const char *name, const char *value)
{
	printf("export %s='", name);
	for (; *value; value++)
		if (*value == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*value);
	puts("'");
}

/* The program may run in another folder. */
static int export_path(const char *name, const char *path, bool must_exist)
{
	char *whole = must_exist ? realpath(path, NULL) : NULL;
	char folder[4096];

	if (must_exist && !whole)
		return cmd_usage("env", "%s: cannot be opened", path);
	if (!must_exist && path[0] != '/') {
		if (!(whole = realpath(".", NULL)))
			return cmd_usage("env", "the working directory cannot be named");
		snprintf(folder, sizeof(folder), "%s/%s", whole, path);
		path = folder;
	}
	export_variable(name, must_exist ? whole : path);
	free(whole);
	return 0;
}

int cmd_env(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' },
		{ "trace", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *rules = NULL, *trace = NULL;
	char shim[4096];
	struct err err = { 0 };
	int got;

	while ((got = getopt_long(argc, argv, ":r:t:h", options, NULL)) != -1) {
		switch (got) {
		case 'r':
			rules = optarg;
			break;
		case 't':
			trace = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("env", argv, options, got);
		}
	}
	if (optind < argc)
		return cmd_usage("env", "unexpected argument \"%s\"; try 'seam env --help'", argv[optind]);
	if (host_find_shim(shim, sizeof(shim), &err) < 0)
		return cmd_fail("env", &err);
	if (rules && export_path("SEAM_RULES", rules, true))
		return EXIT_USAGE;
	if (trace && export_path("SEAM_TRACE", trace, false))
		return EXIT_USAGE;
	export_variable("LD_PRELOAD", shim);
	return 0;
}
