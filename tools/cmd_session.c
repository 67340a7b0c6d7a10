/* seam session: a host that outlives programs, for test fixtures. Starts it, and
 * gives it orders. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "host/host.h"
#include "session_client.h"

#define RULES_MAX 64

static const char help[] =
	"usage: seam session start [-r RULES]... [-t TRACE] [--from FILE] [--owner PID] [--seed N] [--profile P] [--export]\n"
	"       seam session reset [--service S [--prefix P | --table T | --bucket B]]\n"
	"       seam session snapshot|restore [NAME]        seam session seed FILE [--keep]\n"
	"       seam session save|load FILE                 seam session state [SERVICE] [--sql Q | --key K | --prefix P]\n"
	"       seam session begin NAME | end               seam session wait EXPECT [--timeout 30s]\n"
	"       seam session cleanup [--stale]              seam session stop\n\n"
	"A session is a host that outlives programs. start prints its folder; programs join with\n"
	"seam run --session FOLDER, or with SEAM_SESSION in the environment. It ends with stop, or with\n"
	"its owner: the process that called start, or --owner PID (0: nobody).\n\n"
	"  start     --export prints lines for eval instead, with which any program joins without seam run\n"
	"  reset     back to the seed, for the next test; the time does not depend on how much there is\n"
	"  snapshot  gives the state of now a name; restore goes back to it\n"
	"  seed      adds the rows of FILE ({\"service\": [rows]} or a rule file) to the seed; --keep: to what there is now\n"
	"  save      writes the state to FILE; load, or start --from, begin with it\n"
	"  state     what the fakes hold, as JSON\n"
	"  begin     the test in hand: its name goes to every event until end\n"
	"  wait      until EXPECT holds (an expectation as JSON, a file, or a text like http:slack), from begin or reset on\n"
	"  cleanup   closes what dead processes left; --stale removes the folders of hosts that are gone\n\n"
	"  --session FOLDER   the session (default: SEAM_SESSION)\n"
	"  --timeout TIME     how long running statements, or EXPECT, are waited for (default 5s, 30s)\n\n"
	"exit status: 0, 1 EXPECT did not hold in time or a cleanup failed, 2 usage, no session or I/O\n\n"
	"example:\n"
	"  export SEAM_SESSION=$(seam session start -r rules.json)\n"
	"  seam run -- ./pipeline.sh && seam session state && seam session reset\n"
	"  seam session stop\n";

struct asked {
	const char *rules[RULES_MAX], *trace, *from, *profile, *session;
	const char *service, *prefix, *table, *bucket, *sql, *key, *timeout;
	size_t nrules;
	uint64_t seed, owner, timeout_ms;
	bool owned, export, keep, stale, has_timeout;
};

/* ---- start ---------------------------------------------------------------------- */

static void let_go(int ready)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (ready != 3)
		dup2(ready, 3);
	syscall(SYS_close_range, 4, ~0u, 0);
	setsid();
}

static _Noreturn void serve(const struct asked *a, int ready)
{
	static char text[64 * 1024];
	static const char *program[256];
	char path[64];
	size_t n = 0, count = 0;
	ssize_t got;

	let_go(ready);
	snprintf(path, sizeof(path), "/proc/%llu/cmdline", (unsigned long long)a->owner);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n < sizeof(text) - 1 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	for (size_t i = 0; i < n && count < 255; i += strlen(text + i) + 1)
		program[count++] = text + i;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	if (!getenv("SEAM_LOG_FILE"))
		log_to_fd(-1);
	struct host_options o = { .rules = a->rules, .nrules = a->nrules, .trace = a->trace, .profile = a->profile, .seed = a->seed, .argv = program,
				  .bare = a->owner ? (pid_t)a->owner : getpid(), .ready_fd = 3, .session = true, .from = a->from, .quiet = true };
	_exit(host_run(&o));
}

static void print_exports(const char *folder)
{
	struct arena arena;
	const char **env;
	struct err err = { 0 };

	arena_init(&arena);
	if (host_session_environment(folder, &arena, &env, &err) == 0)
		for (; *env; env++) {
			const char *mine[] = { "SEAM_", "LD_PRELOAD=", "SSL_CERT_FILE=", "CURL_CA_BUNDLE=", "REQUESTS_CA_BUNDLE=", "AWS_CA_BUNDLE=",
					       "NODE_EXTRA_CA_CERTS=", "GIT_SSL_CAINFO=", "ASAN_OPTIONS=" };
			for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++)
				if (strncmp(*env, mine[i], strlen(mine[i])) == 0)
					printf("export %.*s='%s'\n", (int)strcspn(*env, "="), *env, *env + strcspn(*env, "=") + 1);
		}
	else
		cmd_fail("session", &err);
	arena_release(&arena);
}

/* The host says "0" and the environment of its run, or "E" and what is wrong. */
static int start(struct asked *a)
{
	static char said[256 * 1024];
	char whole[PATH_MAX], from[PATH_MAX];
	size_t n = 0;
	ssize_t got;
	int ready[2];

	if (!a->owned)
		a->owner = (uint64_t)getppid();
	if (a->trace && a->trace[0] != '/') {
		char *here = realpath(".", NULL);
		snprintf(whole, sizeof(whole), "%s/%s", here ? here : ".", a->trace);
		free(here);
		a->trace = whole;
	}
	if (a->from && !realpath(a->from, from))
		return cmd_usage("session", "%s: %s", a->from, strerror(errno));
	if (pipe2(ready, O_CLOEXEC) < 0)
		return cmd_usage("session", "no pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		serve(a, ready[1]);
	close(ready[1]);
	while (pid > 0 && n < sizeof(said) - 1 && (got = read(ready[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)got;
	close(ready[0]);
	for (size_t i = 1; n > 1 && said[0] == '0' && i < n; i += strlen(said + i) + 1) {
		if (strncmp(said + i, "SEAM_RUN=", 9) != 0)
			continue;
		if (a->export)
			print_exports(said + i + 9);
		else
			puts(said + i + 9);
		return 0;
	}
	/* its own sentences begin with "seam: " */
	fprintf(stderr, "%s%s", n > 1 ? said + 1 : "seam: session: the host did not start", n > 1 && said[n - 1] == '\n' ? "" : "\n");
	return EXIT_USAGE;
}

/* ---- orders ------------------------------------------------------------------------ */

static void add(json_t *order, const char *name, const char *value)
{
	if (value)
		json_object_set_new(order, name, json_string(value));
}

static bool add_file(json_t *order, const char *file, bool exists)
{
	char whole[PATH_MAX];

	if (exists) {
		if (!realpath(file, whole))
			return false;
	} else if (file[0] == '/') {
		snprintf(whole, sizeof(whole), "%s", file);
	} else {
		char *here = realpath(".", NULL);
		snprintf(whole, sizeof(whole), "%s/%s", here ? here : ".", file);
		free(here);
	}
	add(order, "file", whole);
	return true;
}

/* What an answer says, and the exit status. */
static int report(const char *what, json_t *answer)
{
	json_t *failures = json_object_get(answer, "cleanup_failures"), *one, *state = json_object_get(answer, "state");
	const char *error = json_string_value(json_object_get(answer, "error")), *why = json_string_value(json_object_get(answer, "why"));
	json_t *holds = json_object_get(answer, "holds");
	size_t i;
	int code = 0;

	if (error && !json_array_size(failures))
		return cmd_usage("session", "%s: %s", what, error);
	if (state) {
		char *text = json_dumps(state, JSON_INDENT(1) | JSON_ENCODE_ANY);
		puts(text ? text : "{}");
		free(text);
	} else if (failures) {
		printf("pools_cleaned %lld, cleanup_failures %zu, waited %lld ms\n", (long long)json_integer_value(json_object_get(answer, "pools_cleaned")),
		       json_array_size(failures), (long long)json_integer_value(json_object_get(answer, "waited_ms")));
		json_array_foreach(failures, i, one)
			fprintf(stderr, "seam: session: %s: %s\n", what, json_string_value(one));
		code = json_array_size(failures) ? EXIT_DIFFERENT : 0;
	} else if (holds && !json_is_true(holds)) {
		fprintf(stderr, "seam: session: wait: did not hold within %lld ms\n%s", (long long)json_integer_value(json_object_get(answer, "waited_ms")),
			why ? why : "");
		code = EXIT_DIFFERENT;
	} else if (json_object_get(answer, "exit")) {
		long long exit = (long long)json_integer_value(json_object_get(answer, "exit"));
		printf("%lld requests, %lld unmatched\n", (long long)json_integer_value(json_object_get(answer, "requests")),
		       (long long)json_integer_value(json_object_get(answer, "unmatched")));
		if (exit)
			code = cmd_usage("session", "stop: the run ended with %lld", exit);
	}
	return code;
}

static int give(const struct asked *a, const char *what, json_t *order)
{
	struct err err = { 0 };

	if (!a->session || !*a->session) {
		json_decref(order);
		return cmd_usage("session", "%s: no session: set SEAM_SESSION, or give --session", what);
	}
	if (a->has_timeout)
		json_object_set_new(order, "timeout_ms", json_integer((json_int_t)a->timeout_ms));
	json_t *answer = session_order(a->session, order, &err);
	if (!answer)
		return cmd_fail("session", &err);
	int code = report(what, answer);
	json_decref(answer);
	return code;
}

/* A file is named by its place; anything else is said as it is. */
static bool add_expectation(json_t *order, const char *what)
{
	char whole[PATH_MAX];

	if (what[0] != '{' && what[0] != '[' && access(what, R_OK) == 0) {
		if (!realpath(what, whole))
			return false;
		what = whole;
	}
	add(order, "expect", what);
	return true;
}

/* What may follow each order: 'n' a name, 'f' a file to be, 'F' a file that is, 'e' an expectation, 's' a service; lower case optional n, s. */
static const struct {
	const char *name;
	char takes;
	bool must;
} orders[] = {
	{ "reset", 0, false },	  { "snapshot", 'n', false }, { "restore", 'n', false }, { "seed", 'F', true }, { "save", 'f', true },
	{ "load", 'F', true },	  { "state", 's', false },    { "begin", 'n', true },	 { "end", 0, false },	{ "wait", 'e', true },
	{ "cleanup", 0, false },  { "stop", 0, false },
};

static int order_of(const struct asked *a, size_t which, const char *argument)
{
	const char *what = orders[which].name;
	json_t *order = json_pack("{s:s}", "do", what), *question = json_object();
	bool good = true;

	add(order, "service", orders[which].takes == 's' && argument ? argument : a->service);
	add(order, "prefix", a->prefix);
	add(order, "table", a->table);
	add(order, "bucket", a->bucket);
	add(question, "sql", a->sql);
	add(question, "key", a->key);
	add(question, "prefix", a->prefix);
	add(question, "bucket", a->bucket);
	json_object_set_new(order, "question", question);
	if (a->keep)
		json_object_set_new(order, "keep", json_true());
	if (argument && orders[which].takes == 'n')
		add(order, "name", argument);
	else if (argument && (orders[which].takes == 'f' || orders[which].takes == 'F'))
		good = add_file(order, argument, orders[which].takes == 'F');
	else if (argument && orders[which].takes == 'e')
		good = add_expectation(order, argument);
	if (!good) {
		json_decref(order);
		return cmd_usage("session", "%s: %s: %s", what, argument, strerror(errno));
	}
	return give(a, what, order);
}

/* ---- the command line ---------------------------------------------------------------- */

static bool read_time(const char *text, uint64_t *ms)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || n < 0 || n > 1e9)
		return false;
	if (strcmp(end, "ms") == 0)
		*ms = (uint64_t)n;
	else if (strcmp(end, "s") == 0 || !*end)
		*ms = (uint64_t)(n * 1000);
	else if (strcmp(end, "m") == 0)
		*ms = (uint64_t)(n * 60000);
	else
		return false;
	return true;
}

static int unknown(const char *word)
{
	const char *words[16] = { "start" };
	size_t n = 1;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		words[n++] = orders[i].name;
	const char *near = err_nearest(word, words);
	return near ? cmd_usage("session", "unknown order \"%s\", did you mean \"%s\"", word, near) :
		      cmd_usage("session", "unknown order \"%s\"; try 'seam session --help'", word);
}

static int obey(struct asked *a, int argc, char **argv)
{
	const char *what = argv[0];

	if (strcmp(what, "start") == 0)
		return argc == 1 ? start(a) : cmd_usage("session", "start: unexpected argument \"%s\"", argv[1]);
	if (strcmp(what, "cleanup") == 0 && a->stale) {
		printf("removed %zu folder(s) of hosts that are gone\n", host_sweep());
		if (!a->session || !*a->session)
			return 0;
	}
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(what, orders[i].name) != 0)
			continue;
		if (argc > (orders[i].takes ? 2 : 1))
			return cmd_usage("session", "%s: unexpected argument \"%s\"", what, argv[argc - 1]);
		if (orders[i].must && argc < 2)
			return cmd_usage("session", "%s: what? try 'seam session --help'", what);
		return order_of(a, i, argc > 1 ? argv[1] : NULL);
	}
	return unknown(what);
}

int cmd_session(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' },   { "trace", required_argument, NULL, 't' },	  { "from", required_argument, NULL, 'f' },
		{ "owner", required_argument, NULL, 'o' },   { "seed", required_argument, NULL, 'S' },	  { "profile", required_argument, NULL, 'P' },
		{ "export", no_argument, NULL, 'x' },	     { "service", required_argument, NULL, 's' }, { "prefix", required_argument, NULL, 'p' },
		{ "table", required_argument, NULL, 'T' },   { "bucket", required_argument, NULL, 'b' },  { "keep", no_argument, NULL, 'k' },
		{ "stale", no_argument, NULL, 'l' },	     { "sql", required_argument, NULL, 'q' },	  { "key", required_argument, NULL, 'K' },
		{ "timeout", required_argument, NULL, 'w' }, { "session", required_argument, NULL, 'N' }, { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct asked a = { .seed = 42, .session = getenv("SEAM_SESSION"), .profile = getenv("SEAM_PROFILE") };
	int got;

	log_init();
	optind = 1;
	while ((got = getopt_long(argc, argv, ":r:t:h", options, NULL)) != -1) {
		switch (got) {
		case 'r':
			if (a.nrules == RULES_MAX)
				return cmd_usage("session", "more than %d rule files; use \"include\" in one of them", RULES_MAX);
			a.rules[a.nrules++] = optarg;
			break;
		case 't': a.trace = optarg; break;
		case 'f': a.from = optarg; break;
		case 'P': a.profile = optarg; break;
		case 'x': a.export = true; break;
		case 's': a.service = optarg; break;
		case 'p': a.prefix = optarg; break;
		case 'T': a.table = optarg; break;
		case 'b': a.bucket = optarg; break;
		case 'k': a.keep = true; break;
		case 'l': a.stale = true; break;
		case 'q': a.sql = optarg; break;
		case 'K': a.key = optarg; break;
		case 'N': a.session = optarg; break;
		case 'o':
			a.owned = true;
			if (!slice_to_u64(slice_str(optarg), &a.owner))
				return cmd_usage("session", "--owner %s: expected the number of a process, or 0", optarg);
			break;
		case 'S':
			if (!slice_to_u64(slice_str(optarg), &a.seed))
				return cmd_usage("session", "--seed %s: expected a whole number", optarg);
			break;
		case 'w':
			a.has_timeout = true;
			if (!read_time(optarg, &a.timeout_ms))
				return cmd_usage("session", "--timeout %s: expected a time like 500ms, 30s or 2m", optarg);
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("session", argv, options, got);
		}
	}
	if (optind >= argc)
		return cmd_usage("session", "what? start, reset, state, stop, ...; try 'seam session --help'");
	return obey(&a, argc - optind, argv + optind);
}
