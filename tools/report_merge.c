/* report_merge: seam report --merge: the results of shards, joined. A shard that
 * is lost, or one that came twice, fails: what did not run is not green. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "test_report.h"

#define SHARDS_MAX 1000

struct merge {
	struct test_results all;
	size_t cap;
	bool seen[SHARDS_MAX + 1];
	unsigned shards;
};

static int add_shard(struct merge *m, const char *file, json_t *whole)
{
	unsigned shard = (unsigned)json_integer_value(json_object_get(whole, "shard")), shards = (unsigned)json_integer_value(json_object_get(whole, "shards"));

	if (json_integer_value(json_object_get(whole, "seam.test")) != 1)
		return cmd_usage("report", "%s is not what seam test --json writes", file);
	if (!shard && !shards) { /* not sharded: counts as the only one, or as the next */
		shards = m->shards;
		shard = 1;
		while (shard < SHARDS_MAX && m->seen[shard])
			shard++;
	}
	if (shard < 1 || shard > SHARDS_MAX || shards > SHARDS_MAX)
		return cmd_usage("report", "%s: shard %u of %u makes no sense", file, shard, shards);
	if (m->shards && shards != m->shards)
		return cmd_usage("report", "%s is of %u shards, another file of %u", file, shards, m->shards);
	if (m->seen[shard])
		return cmd_usage("report", "%s: shard %u came twice", file, shard);
	m->seen[shard] = true;
	m->shards = shards;
	return 0;
}

static void add_cases(struct merge *m, json_t *whole)
{
	static const char *const names[] = { "passed", "failed", "skipped", "flaky" };
	json_t *one;
	size_t i;

	if (m->all.seconds < json_number_value(json_object_get(whole, "seconds")))
		m->all.seconds = json_number_value(json_object_get(whole, "seconds")); /* they ran beside each other */
	json_array_foreach(json_object_get(whole, "cases"), i, one) {
		const char *verdict = json_string_value(json_object_get(one, "verdict")), *why = json_string_value(json_object_get(one, "why"));
		if (m->all.count == m->cap) {
			m->cap = m->cap ? m->cap * 2 : 64;
			m->all.list = realloc(m->all.list, m->cap * sizeof(*m->all.list));
			if (!m->all.list)
				abort();
		}
		struct test_result *t = &m->all.list[m->all.count++];
		const char *name = json_string_value(json_object_get(one, "name"));
		*t = (struct test_result){ .name = name ? name : "?", .seconds = json_number_value(json_object_get(one, "seconds")),
					   .verdict = TEST_FAILED, .why = why ? strdup(why) : NULL,
					   .tries = (unsigned)json_integer_value(json_object_get(one, "tries")) };
		for (int v = 0; v < 4; v++)
			if (verdict && strcmp(verdict, names[v]) == 0)
				t->verdict = (enum test_verdict)v;
	}
}

static int lost(const struct merge *m, uint64_t expected)
{
	unsigned wanted = expected ? (unsigned)expected : m->shards;
	int code = 0;

	if (expected && m->shards && m->shards != expected)
		return cmd_usage("report", "--expect %u, and the files are of %u shards", wanted, m->shards);
	for (unsigned i = 1; i <= wanted; i++)
		if (!m->seen[i]) {
			cmd_usage("report", "shard %u of %u is lost: no file has its results", i, wanted);
			code = EXIT_DIFFERENT;
		}
	return code;
}

int report_merge(int argc, char **argv)
{
	static const struct option options[] = {
		{ "merge", no_argument, NULL, 'm' }, { "expect", required_argument, NULL, 'e' }, { "junit", required_argument, NULL, 'j' },
		{ "json", required_argument, NULL, 'o' }, { 0 },
	};
	static struct merge m;
	const char *junit = NULL, *json = NULL;
	uint64_t expected = 0;
	int got, code = 0;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (got == 'e' && (!slice_to_u64(slice_str(optarg), &expected) || !expected || expected > SHARDS_MAX))
			return cmd_usage("report", "--expect %s: expected the number of shards", optarg);
		else if (got == 'j')
			junit = optarg;
		else if (got == 'o')
			json = optarg;
		else if (got != 'm' && got != 'e')
			return cmd_bad_option("report", argv, options, got);
	}
	if (optind == argc)
		return cmd_usage("report", "--merge: no files: what seam test --json wrote, one a shard");
	json_t *docs = json_array();
	for (int i = optind; i < argc && !code; i++) {
		json_error_t at;
		json_t *whole = json_load_file(argv[i], 0, &at);
		code = whole ? add_shard(&m, argv[i], whole) : cmd_usage("report", "%s: %s", argv[i], at.text);
		if (!code)
			add_cases(&m, whole);
		json_array_append_new(docs, whole ? whole : json_null());
	}
	if (!code)
		code = lost(&m, expected);
	test_count(&m.all);
	if (code != EXIT_USAGE) {
		for (size_t i = 0; i < m.all.count; i++)
			if (m.all.list[i].verdict == TEST_FAILED)
				test_print_one(&m.all.list[i], stdout, cmd_color(NULL, stdout));
		test_print(&m.all, stdout, cmd_color(NULL, stdout));
		if ((junit && test_write_junit(&m.all, junit)) || (json && test_write_json(&m.all, json)))
			code = EXIT_USAGE;
	}
	if (!code && m.all.failed)
		code = EXIT_DIFFERENT;
	if (!code && !m.all.count)
		code = EXIT_NOTHING;
	for (size_t i = 0; i < m.all.count; i++)
		free(m.all.list[i].why);
	free(m.all.list);
	json_decref(docs);
	return code;
}
