/*
 * seam: the command. Finds the subcommand in its table and hands over; a
 * subcommand that a later version brings is refused by name.
 */
#include "cmd.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: known, not there yet */
	const char *summary;
	bool hidden; /* not in --help: seam's own use */
} commands[] = {
	{ "run", cmd_run, "run a program under a host of its own", false },
	{ "diff", cmd_diff, "compare two traces", false },
	{ "accept", cmd_accept, "make a run the golden trace", false },
	{ "show", cmd_show, "look at a trace", false },
	{ "record", NULL, "run against real systems and write down what they said", false },
	{ "check", cmd_check, "judge expectations on a finished trace", false },
	{ "test", cmd_test, "run case folders", false },
	{ "session", cmd_session, "keep a host for several runs", false },
	{ "lineage", cmd_lineage, "follow one correlation id", false },
	{ "report", cmd_report, "join the results of test shards", false },
	{ "export", cmd_export, "write other tools' formats", false },
	{ "import", NULL, "read other tools' formats", false },
	{ "state", cmd_state, "look at the fakes' tables and objects", false },
	{ "sweep", cmd_sweep, "re-run once per event and fault", false },
	{ "rules", cmd_rules, "check and explain rule files", false },
	{ "mask", cmd_mask, "add a mask to a rule file", false },
	{ "doctor", cmd_doctor, "say what this machine allows, and whether a program can be intercepted", false },
	{ "host", cmd_host, "", true },
	{ "env", cmd_env, "print the exports of the bare preload", false },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *out)
{
	fputs("usage: seam COMMAND [OPTION]... [ARGUMENT]...\n\n"
	      "Runs unmodified programs with every outside system replaced by a fake, writes down\n"
	      "what they asked as a trace, and compares traces.\n\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].run && !commands[i].hidden)
			fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n  seam COMMAND --help   options and an example\n"
	      "  seam --version\n\n"
	      "example:\n"
	      "  seam run -r rules.json -t run.trace -- ./pipeline.sh\n",
	      out);
}

static int unknown(const char *name)
{
	const char *words[COMMANDS + 1];
	size_t n = 0;

	for (size_t i = 0; i < COMMANDS; i++)
		if (!commands[i].hidden)
			words[n++] = commands[i].name;
	words[n] = NULL;
	const char *near = err_nearest(name, words);
	if (near)
		fprintf(stderr, "seam: unknown command \"%s\", did you mean \"%s\"\n", name, near);
	else
		fprintf(stderr, "seam: unknown command \"%s\"; 'seam --help' lists them\n", name);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("seam: no command given; 'seam --help' lists them\n", stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("seam " SEAM_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (commands[i].run)
			return commands[i].run(argc - 1, argv + 1);
		fprintf(stderr, "seam: %s: this version does not know the command yet\n", argv[1]);
		return EXIT_USAGE;
	}
	return unknown(argv[1]);
}
