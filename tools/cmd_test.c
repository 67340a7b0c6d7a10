/* seam test: finds case folders, chooses, runs them side by side, reports. */
#include "cmd.h"

#include <errno.h>
#include <fts.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_pool.h"

#define TAGS_MAX 32
#define JOBS_MAX 256

static const char help[] =
	"usage: seam test [OPTION]... DIR...\n\n"
	"Runs every folder below DIR that has a case.json, each in a fresh copy under a host of its\n"
	"own, and holds the run against the golden trace, the expectations and the output that the\n"
	"case names.\n\n"
	"  -j, --jobs N         cases at a time (default: one a processor)\n"
	"  -k PATTERN           only cases whose name holds PATTERN (* and ? allowed)\n"
	"      --tag TAG        only cases with this tag; may be given again\n"
	"      --shard K/N      only the K-th of N parts; a case stays in its part when others come and go\n"
	"      --update         make the runs the goldens, and the output files too\n"
	"      --retries N      try a failed case again; one that passes then is marked flaky (default 0)\n"
	"      --timeout TIME   for cases that do not say (default 60s)\n"
	"      --junit FILE     results for JUnit readers;  --json FILE  for seam report --merge\n"
	"      --tap            print TAP instead of text\n"
	"      --github         annotations and a step summary (default where GITHUB_ACTIONS is set)\n"
	"      --list           print the names and run nothing\n"
	"      --color auto|always|never  (default auto)\n\n"
	"exit status: 0 all passed, 1 one failed, 2 usage or I/O, 4 no case is as asked\n\n"
	"example:\n"
	"  seam test cases -j 4 --junit results.xml\n";

struct asked {
	const char *pattern, *tags[TAGS_MAX], *junit, *json, *color;
	size_t ntags;
	uint64_t jobs, retries, shard, shards, timeout_ms;
	bool update, tap, github, list;
};

struct found {
	struct test_case *list;
	size_t count, cap;
	struct arena arena;
};

/* ---- finding -------------------------------------------------------------------- */

static int add_case(struct found *f, const char *path)
{
	char whole[PATH_MAX];
	struct err err = { 0 };

	if (!realpath(path, whole))
		return cmd_usage("test", "%s: %s", path, strerror(errno));
	if (f->count == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->list = realloc(f->list, f->cap * sizeof(*f->list));
		if (!f->list)
			abort();
	}
	const char *name = arena_str(&f->arena, path);
	if (test_case_load(&f->list[f->count], arena_str(&f->arena, whole), name, &f->arena, &err) < 0) {
		test_case_release(&f->list[f->count]);
		return cmd_fail("test", &err);
	}
	f->count++;
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int find_below(struct found *f, const char *dir)
{
	char root[PATH_MAX], *roots[] = { root, NULL };
	size_t before = f->count;
	int code = 0;

	snprintf(root, sizeof(root), "%s", dir);
	while (strlen(root) > 1 && root[strlen(root) - 1] == '/')
		root[strlen(root) - 1] = '\0';
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	for (FTSENT *e; !code && fts && (e = fts_read(fts));) {
		char path[PATH_MAX + 16];
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_NS || e->fts_info == FTS_ERR)
			code = cmd_usage("test", "%s: %s", e->fts_path, strerror(e->fts_errno));
		if (e->fts_info != FTS_D)
			continue;
		snprintf(path, sizeof(path), "%s/case.json", e->fts_path);
		if (access(path, F_OK) == 0) {
			code = add_case(f, e->fts_path);
			fts_set(fts, e, FTS_SKIP); /* what is below belongs to the case */
		}
	}
	if (fts)
		fts_close(fts);
	if (!code && f->count == before)
		code = cmd_usage("test", "%s: no folder below it has a case.json", dir);
	return code;
}

/* ---- choosing -------------------------------------------------------------------- */

static bool wanted(const struct asked *a, const struct test_case *c)
{
	bool tagged = a->ntags == 0;
	char glob[PATH_MAX + 4];

	if (a->pattern) {
		snprintf(glob, sizeof(glob), "*%s*", a->pattern);
		if (!slice_glob(slice_str(glob), slice_str(c->name), false))
			return false;
	}
	for (size_t i = 0; i < a->ntags && !tagged; i++)
		for (size_t k = 0; k < c->ntags && !tagged; k++)
			tagged = strcmp(a->tags[i], c->tags[k]) == 0;
	/* by the name alone: FNV-1a is the same everywhere */
	return tagged && (!a->shards || slice_hash(slice_str(c->name)) % a->shards == a->shard - 1);
}

static void choose(const struct asked *a, struct found *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (a->timeout_ms && !json_object_get(f->list[i].doc.root, "timeout"))
			f->list[i].timeout_ms = a->timeout_ms;
		if (wanted(a, &f->list[i]))
			f->list[kept++] = f->list[i];
		else
			test_case_release(&f->list[i]);
	}
	f->count = kept;
}

/* ---- running ---------------------------------------------------------------------- */

static int report(const struct asked *a, struct test_results *results)
{
	int code;

	test_count(results);
	code = results->failed ? EXIT_DIFFERENT : EXIT_SAME;
	if (a->tap)
		test_print_tap(results, stdout);
	else
		test_print(results, stdout, cmd_color(a->color, stdout));
	if (a->github)
		test_print_github(results, stdout);
	if ((a->junit && test_write_junit(results, a->junit) < 0) || (a->json && test_write_json(results, a->json) < 0))
		code = EXIT_USAGE;
	return code;
}

static int run(const struct asked *a, struct found *f)
{
	const char *tmp = getenv("TMPDIR");
	char parent[PATH_MAX];
	struct test_options options = { .update = a->update, .parent = parent };
	struct test_results results = { .count = f->count, .shard = (unsigned)a->shard, .shards = (unsigned)a->shards };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct test_pool pool = { .cases = f->list, .results = &results, .options = &options, .retries = (unsigned)a->retries, .quiet = a->tap,
				  .color = cmd_color(a->color, stdout), .progress = isatty(2) && !a->tap,
				  .jobs = a->jobs ? (size_t)a->jobs : processors > 0 ? (size_t)processors : 1 };

	snprintf(parent, sizeof(parent), "%s/seam-cases-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
	if (!mkdtemp(parent))
		return cmd_usage("test", "%s: %s", parent, strerror(errno));
	results.list = calloc(f->count, sizeof(*results.list));
	if (!results.list)
		abort();
	for (size_t i = 0; i < f->count; i++) {
		results.list[i] = (struct test_result){ .name = f->list[i].name, .about = f->list[i].about };
		if (f->list[i].skip) {
			results.list[i].verdict = TEST_SKIPPED;
			results.list[i].why = strdup(f->list[i].skip);
		}
	}
	test_pool_run(&pool);
	int code = report(a, &results);
	rmdir(parent); /* stays when something of a failed case was kept in it */
	for (size_t i = 0; i < f->count; i++) {
		free(results.list[i].why);
		free(results.list[i].kept);
	}
	free(results.list);
	return code;
}

/* ---- the command line --------------------------------------------------------------- */

static bool read_shard(const char *text, struct asked *a)
{
	struct slice rest = slice_str(text), k = slice_split(&rest, '/');

	return rest.ptr && slice_to_u64(k, &a->shard) && slice_to_u64(rest, &a->shards) && a->shard >= 1 && a->shard <= a->shards && a->shards <= 1000;
}

static bool read_time(const char *text, uint64_t *ms)
{
	char *end;
	double n = strtod(text, &end);

	*ms = (uint64_t)(strcmp(end, "ms") == 0 ? n : strcmp(end, "m") == 0 ? n * 60000 : n * 1000);
	return end != text && *ms > 0 && n < 1e6 && (!*end || strcmp(end, "ms") == 0 || strcmp(end, "s") == 0 || strcmp(end, "m") == 0);
}

static int take_option(int got, char **argv, const struct option *options, struct asked *a)
{
	switch (got) {
	case 'j':
		if (!slice_to_u64(slice_str(optarg), &a->jobs) || !a->jobs || a->jobs > JOBS_MAX)
			return cmd_usage("test", "-j %s: expected a number from 1 to %d", optarg, JOBS_MAX);
		return 0;
	case 'k': a->pattern = optarg; return 0;
	case 'g':
		if (a->ntags == TAGS_MAX)
			return cmd_usage("test", "more than %d tags", TAGS_MAX);
		a->tags[a->ntags++] = optarg;
		return 0;
	case 's': return read_shard(optarg, a) ? 0 : cmd_usage("test", "--shard %s: expected K/N, from 1/N to N/N", optarg);
	case 'u': a->update = true; return 0;
	case 'r': return slice_to_u64(slice_str(optarg), &a->retries) && a->retries <= 100 ? 0 : cmd_usage("test", "--retries %s: expected a number", optarg);
	case 't': return read_time(optarg, &a->timeout_ms) ? 0 : cmd_usage("test", "--timeout %s: expected a time like 500ms, 30s or 2m", optarg);
	case 'J': a->junit = optarg; return 0;
	case 'o': a->json = optarg; return 0;
	case 'T': a->tap = true; return 0;
	case 'G': a->github = true; return 0;
	case 'l': a->list = true; return 0;
	case 'c': a->color = optarg; return 0;
	default: return cmd_bad_option("test", argv, options, got);
	}
}

int cmd_test(int argc, char **argv)
{
	static const struct option options[] = {
		{ "jobs", required_argument, NULL, 'j' },  { "tag", required_argument, NULL, 'g' },	{ "shard", required_argument, NULL, 's' },
		{ "update", no_argument, NULL, 'u' },	   { "retries", required_argument, NULL, 'r' }, { "timeout", required_argument, NULL, 't' },
		{ "junit", required_argument, NULL, 'J' }, { "json", required_argument, NULL, 'o' },	{ "tap", no_argument, NULL, 'T' },
		{ "github", no_argument, NULL, 'G' },	   { "list", no_argument, NULL, 'l' },		{ "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },	   { 0 },
	};
	const char *actions = getenv("GITHUB_ACTIONS");
	struct asked a = { .github = actions && strcmp(actions, "true") == 0 };
	struct found f = { 0 };
	int got, code = 0;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":j:k:h", options, NULL)) != -1) {
		if (got == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if ((code = take_option(got, argv, options, &a)))
			return code;
	}
	if (optind == argc)
		return cmd_usage("test", "no folder given; try 'seam test --help'");
	arena_init(&f.arena);
	for (int i = optind; i < argc && !code; i++)
		code = find_below(&f, argv[i]);
	size_t all = f.count;
	if (!code)
		choose(&a, &f);
	if (!code && !f.count && !a.shards) {
		cmd_usage("test", "none of %zu cases is as asked", all);
		code = EXIT_NOTHING;
	} else if (!code && a.list) {
		for (size_t i = 0; i < f.count; i++)
			puts(f.list[i].name);
	} else if (!code) {
		code = run(&a, &f); /* a shard may be empty */
	}
	for (size_t i = 0; i < f.count; i++)
		test_case_release(&f.list[i]);
	free(f.list);
	arena_release(&f.arena);
	return code;
}
