/* seam run: runs a program under a host of its own. */
#include "cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "host/host.h"
#include "run_clock.h"
#include "run_repeat.h"

#define RULES_MAX 64
#define DEFAULT_SEED 42

static const char help[] =
	"usage: seam run [-r RULES]... [-t TRACE] [OPTION]... -- COMMAND [ARGUMENT]...\n\n"
	"Runs COMMAND with every outside system replaced by the fakes that the rule files\n"
	"declare, and exits as COMMAND does.\n\n"
	"  -r, --rules FILE       a rule file; may be given again\n"
	"  -t, --trace FILE       write the trace there; without it the trace is kept only when the run failed\n"
	"      --mode MODE        fake (default): the fakes answer; pass: COMMAND runs as without seam. SEAM_MODE\n"
	"                         says the same, the option beats it\n"
	"      --profile NAME     use the services and rules of that profile\n"
	"      --seed N           seed of everything random in the fakes (default 42)\n"
	"      --clock TIME       the program's wall clock stands at TIME (2026-11-20T11:14:46Z; with a + behind it it\n"
	"                         goes on from there), by libfaketime\n"
	"      --repeat N         run N times, and propose masks for what differed\n"
	"      --isolate MODE     a network of the run's own, in which every address is local, for programs that\n"
	"                         bypass the shim: auto (default: where the machine allows it), on (or fail), off\n"
	"      --check            expectations of the rule files and unmatched requests decide the run (120)\n"
	"      --strict           the same, and unused rules fail the run too\n"
	"      --require-traffic  a run in which nothing was intercepted fails (122)\n"
	"      --allow-unshimmed  programs that the shim cannot enter, or that bypass it, do not fail the run\n"
	"      --until EXPECT     end COMMAND when the expectation holds (JSON, a file, or a text like http:slack)\n"
	"      --timeout TIME     end COMMAND after that time (124)\n"
	"      --restart-after EVENT  kill COMMAND after that event (like sql:COMMIT), once, and start it again\n"
	"      --session DIR      join the session that seam session start made (default: SEAM_SESSION)\n"
	"  -q, --quiet            no summary after the program ended\n\n"
	"exit status: COMMAND's own (128+n for signal n); 120 check, strict or until, 124 timeout, 121 ran without the shim,\n"
	"  122 nothing intercepted, 125 seam failed, 126 cannot be run or intercepted, 127 not found\n\n"
	"example:\n"
	"  seam run -r rules.json -t run.trace -- psql -h db.prod -c 'select 1'\n";

enum { OPT_MODE = 256, OPT_PROFILE, OPT_SEED, OPT_ISOLATE, OPT_CHECK, OPT_STRICT, OPT_TRAFFIC, OPT_UNSHIMMED, OPT_SESSION, OPT_CLOCK, OPT_REPEAT, OPT_UNTIL, OPT_TIMEOUT, OPT_RESTART, OPT_LATER };

static const struct option options[] = {
	{ "rules", required_argument, NULL, 'r' },
	{ "trace", required_argument, NULL, 't' },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "isolate", required_argument, NULL, OPT_ISOLATE },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "require-traffic", no_argument, NULL, OPT_TRAFFIC },
	{ "allow-unshimmed", no_argument, NULL, OPT_UNSHIMMED },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	/* spec'd, and not known to this version */
	{ "session", required_argument, NULL, OPT_SESSION },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "restart-after", required_argument, NULL, OPT_RESTART },
	{ "virtual-time", no_argument, NULL, OPT_LATER },
	{ 0 },
};

/* A usage error of `run` is seam's own failure: the program did not run. */
static int refuse(int printed)
{
	(void)printed;
	return HOST_EXIT_FAILED;
}

static int take_mode(const char *mode, const char *from, struct host_options *o)
{
	static const char *const known[] = { "fake", "record", "replay", "pass", NULL };
	const char *near;

	if (strcmp(mode, "fake") == 0 || strcmp(mode, "pass") == 0) {
		o->mode = *mode == 'p' ? HOST_PASS : HOST_FAKE;
		o->mode_why = from;
		return 0;
	}
	for (size_t i = 0; known[i]; i++)
		if (strcmp(mode, known[i]) == 0)
			return refuse(cmd_usage("run", "%s %s: this version does not know the mode yet", from, mode));
	near = err_nearest(mode, known);
	return refuse(near ? cmd_usage("run", "%s \"%s\": did you mean \"%s\"", from, mode, near) :
			     cmd_usage("run", "%s \"%s\": expected fake or pass", from, mode));
}

/* What nobody gave as an option. SEAM_MODE=auto is for the bare preload: it looks
 * for a running test, and who writes `seam run` wants the fakes. */
static int take_mode_from_env(struct host_options *o)
{
	const char *mode = getenv("SEAM_MODE");

	if (o->mode_why || !mode || !*mode)
		return 0;
	if (strcmp(mode, "auto") == 0) {
		o->mode_why = "SEAM_MODE=auto: seam run fakes unless --mode says otherwise";
		return 0;
	}
	return take_mode(mode, "SEAM_MODE", o);
}

/* A program in mode pass is where it would be without seam. */
static int settle_isolation(struct host_options *o)
{
	if (o->mode != HOST_PASS)
		return 0;
	if (o->isolate == HOST_ISOLATE_ON)
		return refuse(cmd_usage("run", "--isolate on with mode pass (%s): a program that passes stays in its own network; drop one", o->mode_why));
	o->isolate = HOST_ISOLATE_OFF;
	return 0;
}

static int take_isolate(const char *mode, struct host_options *o)
{
	static const struct { const char *name; enum host_isolate mode; } known[] = {
		{ "auto", HOST_ISOLATE_AUTO }, { "on", HOST_ISOLATE_ON }, { "off", HOST_ISOLATE_OFF },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(mode, known[i].name) == 0) {
			o->isolate = known[i].mode;
			return 0;
		}
	return refuse(cmd_usage("run", "--isolate \"%s\": expected auto, on or off", mode));
}

static bool take_time(const char *text, uint64_t *ms)
{
	char *end;
	double n = strtod(text, &end);

	*ms = (uint64_t)(strcmp(end, "ms") == 0 ? n : strcmp(end, "m") == 0 ? n * 60000 : n * 1000);
	return end != text && n < 1e6 && *ms > 0 && (!*end || strcmp(end, "ms") == 0 || strcmp(end, "s") == 0 || strcmp(end, "m") == 0);
}

static int take_option(int got, int which, char **argv, struct host_options *o, const char **rules, const char **session, unsigned *repeat)
{
	switch (got) {
	case 'r':
		if (o->nrules == RULES_MAX)
			return refuse(cmd_usage("run", "more than %d rule files; use \"include\" in one of them", RULES_MAX));
		rules[o->nrules++] = optarg;
		return 0;
	case 't':
		o->trace = optarg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case OPT_MODE:
		return take_mode(optarg, "--mode", o);
	case OPT_PROFILE:
		o->profile = optarg;
		return 0;
	case OPT_SEED:
		if (!slice_to_u64(slice_str(optarg), &o->seed))
			return refuse(cmd_usage("run", "--seed \"%s\": expected a whole number", optarg));
		return 0;
	case OPT_ISOLATE:
		return take_isolate(optarg, o);
	case OPT_CHECK:
		o->check = true;
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_TRAFFIC:
		o->require_traffic = true;
		return 0;
	case OPT_UNSHIMMED:
		o->allow_unshimmed = true;
		return 0;
	case OPT_UNTIL:
		o->until = optarg;
		return 0;
	case OPT_RESTART:
		o->restart_after = optarg;
		return 0;
	case OPT_TIMEOUT:
		if (!take_time(optarg, &o->timeout_ms))
			return refuse(cmd_usage("run", "--timeout \"%s\": expected a time like 500ms, 30s or 2m", optarg));
		return 0;
	case OPT_SESSION:
		*session = optarg;
		return 0;
	case OPT_CLOCK:
		return run_clock(optarg, o) ? HOST_EXIT_FAILED : 0;
	case OPT_REPEAT: {
		uint64_t n;
		if (!slice_to_u64(slice_str(optarg), &n) || n < 2 || n > 1000)
			return refuse(cmd_usage("run", "--repeat \"%s\": expected how often, from 2 to 1000", optarg));
		*repeat = (unsigned)n;
		return 0;
	}
	case OPT_LATER:
		return refuse(cmd_usage("run", "--%s: this version does not know the option yet", options[which].name));
	default:
		return refuse(cmd_bad_option("run", argv, options, got));
	}
}

/* The session has rules, a seed and a trace of its own. */
static int join(const char *session, const struct host_options *o)
{
	struct err err = { 0 };

	if (o->nrules || o->check || o->strict || o->require_traffic)
		return refuse(cmd_usage("run", "--rules, --check, --strict and --require-traffic are the session's business, not a joining run's; "
					"without --session (or SEAM_SESSION) the run has its own"));
	int code = host_join(session, o->argv, o->allow_unshimmed, &err);
	cmd_fail("run", &err);
	return code;
}

int cmd_run(int argc, char **argv)
{
	const char *rules[RULES_MAX];
	struct host_options o = { .rules = rules, .seed = DEFAULT_SEED, .ready_fd = -1, .isolate = HOST_ISOLATE_AUTO, .profile = getenv("SEAM_PROFILE") };
	const char *from_env = getenv("SEAM_RULES"), *session = getenv("SEAM_SESSION");
	int got, code, which = 0;
	unsigned repeat = 0;

	log_init();
	while ((got = getopt_long(argc, argv, "+:r:t:qh", options, &which)) != -1) {
		if (got == 'h') {
			fputs(help, stdout);
			return 0;
		}
		code = take_option(got, which, argv, &o, rules, &session, &repeat);
		if (code)
			return code;
	}
	if (optind >= argc)
		return refuse(cmd_usage("run", "no command given; put it after --, as in: seam run -r rules.json -- ./program"));
	if ((code = take_mode_from_env(&o)) || (code = settle_isolation(&o)))
		return code;
	if (!o.nrules && from_env && *from_env && !(session && *session))
		rules[o.nrules++] = from_env;
	if (!o.trace)
		o.trace = getenv("SEAM_TRACE");
	o.argv = (const char *const *)argv + optind;
	if (repeat && session && *session)
		return refuse(cmd_usage("run", "--repeat runs under hosts of its own; drop --session (or SEAM_SESSION)"));
	if (repeat)
		return run_repeat(&o, repeat);
	return session && *session && o.mode == HOST_FAKE ? join(session, &o) : host_run(&o);
}
