/* seam sweep: a command, once per (event x fault): which faults does it not
 * survive as it should? */
#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "sweep.h"
#include "test_pool.h"

#define RULES_MAX 64

static const char help[] =
	"usage: seam sweep [-r RULES]... [OPTION]... -- COMMAND [ARGUMENT]...\n\n"
	"Runs COMMAND once as it is, and then once per (request x fault that can happen to it), in\n"
	"parallel, each time against fresh fakes. Compares what each run did with what the first did:\n"
	"  recovered, clean failure          as it should be\n"
	"  lost effect                       exit 0, and something was not done\n"
	"  duplicate                         something was done twice\n"
	"  half upload, open transaction, leak, hang\n\n"
	"  -r, --rules FILE     a rule file; may be given again\n"
	"  -j, --jobs N         runs at a time (default: one a processor)\n"
	"  -o, --out DIR        keeps results, and the traces of what was found (default seam-sweep); a sweep\n"
	"                       that was ended goes on there\n"
	"      --fresh          forget what an earlier sweep found\n"
	"      --fault NAME     only this fault: reset before, answer lost, silence, 503, 40001, refuse, ...\n"
	"      --service NAME   only requests to this service\n"
	"      --timeout TIME   a run that takes longer hangs (default: ten times the first run, at least 5s)\n"
	"      --copy           run each in a fresh copy of this folder\n"
	"      --profile NAME   as for seam run\n"
	"      --html FILE, --json FILE   reports\n\n"
	"exit status: 0 nothing found, 1 something was, 2 usage or I/O, 4 COMMAND asked for nothing\n\n"
	"example:\n"
	"  seam sweep -r rules.json --html sweep.html -- ./pipeline.sh\n";

struct asked {
	const char *html, *json, *fault, *service, *rules[RULES_MAX];
	bool fresh;
	double timeout_s;
};

/* The run without a fault: it has to succeed, or there is nothing to compare with. */
static int baseline(struct sweep *s, const char *trace)
{
	char log[PATH_MAX], copy[PATH_MAX];
	struct err err = { 0 };
	double began = test_now();
	int status;

	snprintf(log, sizeof(log), "%s/baseline.log", s->out);
	snprintf(copy, sizeof(copy), "%s/baseline.copy", s->out);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		sweep_child(s, NULL, trace, log, copy);
	waitpid(pid, &status, 0);
	if (s->copy)
		test_remove(copy);
	s->base_seconds = test_now() - began;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return cmd_usage("sweep", "without any fault the command ends with %d, expected 0: see %s", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
				 log);
	if (sweep_effects(&s->base, trace, &err) < 0)
		return cmd_fail("sweep", &err);
	if (s->base.unmatched)
		return cmd_usage("sweep", "without any fault %llu requests are answered by nothing: seam show %s", (unsigned long long)s->base.unmatched, trace);
	return 0;
}

static int sweep(struct sweep *s, const struct asked *a)
{
	char trace[PATH_MAX], results[PATH_MAX];
	struct err err = { 0 };

	if (mkdir(s->out, 0777) < 0 && errno != EEXIST)
		return cmd_usage("sweep", "%s: %s", s->out, strerror(errno));
	snprintf(trace, sizeof(trace), "%s/baseline.trace", s->out);
	snprintf(results, sizeof(results), "%s/results.jsonl", s->out);
	if (a->fresh)
		unlink(results);
	int code = baseline(s, trace);
	if (code)
		return code;
	s->timeout_s = a->timeout_s > 0 ? a->timeout_s : s->base_seconds * 10 > 5 ? s->base_seconds * 10 : 5;
	if (sweep_plan(s, trace, a->fault, a->service, &err) < 0)
		return cmd_fail("sweep", &err);
	if (!s->count) {
		cmd_usage("sweep", "the command asks the outside world for nothing that a fault could happen to");
		return EXIT_NOTHING;
	}
	size_t resumed = sweep_resume(s);
	if (resumed)
		fprintf(stderr, "seam: sweep: %zu of %zu trials are done already in %s; --fresh forgets them\n", resumed, s->count, s->out);
	sweep_run(s);
	sweep_print(s, cmd_color(NULL, stdout));
	if ((a->html && sweep_write_html(s, a->html)) || (a->json && sweep_write_json(s, a->json)))
		return EXIT_USAGE;
	for (size_t i = 0; i < s->count; i++)
		if (!s->trials[i].done || sweep_is_bad(s->trials[i].verdict))
			return EXIT_DIFFERENT;
	return 0;
}

static bool read_seconds(const char *text, double *s)
{
	char *end;

	*s = strtod(text, &end);
	if (strcmp(end, "ms") == 0)
		*s /= 1000;
	else if (strcmp(end, "m") == 0)
		*s *= 60;
	else if (*end && strcmp(end, "s") != 0)
		return false;
	return end != text && *s > 0;
}

int cmd_sweep(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' },   { "jobs", required_argument, NULL, 'j' },	  { "out", required_argument, NULL, 'o' },
		{ "fresh", no_argument, NULL, 'F' },	     { "fault", required_argument, NULL, 'f' },	  { "service", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' }, { "copy", no_argument, NULL, 'c' },	  { "profile", required_argument, NULL, 'P' },
		{ "html", required_argument, NULL, 'H' },    { "json", required_argument, NULL, 'J' },	  { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct asked a = { 0 };
	struct sweep s = { .out = "seam-sweep", .rules = a.rules, .jobs = processors > 0 ? (size_t)processors : 1, .progress = isatty(2) };
	char whole[PATH_MAX];
	uint64_t jobs;
	int got;

	while ((got = getopt_long(argc, argv, "+:r:j:o:h", options, NULL)) != -1) {
		switch (got) {
		case 'r':
			if (s.nrules == RULES_MAX || access(optarg, R_OK) < 0)
				return cmd_usage("sweep", s.nrules == RULES_MAX ? "%s: too many rule files" : "%s: cannot be opened", optarg);
			a.rules[s.nrules++] = optarg;
			break;
		case 'j':
			if (!slice_to_u64(slice_str(optarg), &jobs) || !jobs || jobs > 256)
				return cmd_usage("sweep", "-j %s: expected a number from 1 to 256", optarg);
			s.jobs = (size_t)jobs;
			break;
		case 'o': s.out = optarg; break;
		case 'F': a.fresh = true; break;
		case 'f': a.fault = optarg; break;
		case 's': a.service = optarg; break;
		case 't':
			if (!read_seconds(optarg, &a.timeout_s))
				return cmd_usage("sweep", "--timeout %s: expected a time like 500ms, 30s or 2m", optarg);
			break;
		case 'c': s.copy = true; break;
		case 'P': s.profile = optarg; break;
		case 'H': a.html = optarg; break;
		case 'J': a.json = optarg; break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("sweep", argv, options, got);
		}
	}
	if (optind == argc)
		return cmd_usage("sweep", "no command given; put it after --, as in: seam sweep -r rules.json -- ./program");
	if (s.copy && s.out[0] != '/') { /* not into itself */
		char *tmp = realpath("..", NULL);
		snprintf(whole, sizeof(whole), "%s/%s", tmp ? tmp : "/tmp", s.out);
		free(tmp);
		s.out = whole;
	}
	s.argv = (const char *const *)argv + optind;
	arena_init(&s.arena);
	int code = sweep(&s, &a);
	sweep_effects_release(&s.base);
	free(s.trials);
	arena_release(&s.arena);
	return code;
}
