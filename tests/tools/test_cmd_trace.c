/* seam diff, accept, show: as a user meets them: exit status, messages, output. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"
#include "traces.h"

static char said[1 << 18];

/* Runs `seam ARGS` beside this very program; stdout and stderr are in said. */
static int seam(const char *fmt, ...)
{
	char self[512], command[8192], args[4096];
	va_list ap;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "unset CI NO_COLOR CLICOLOR_FORCE; PATH=%s:$PATH; cd %s && { %s ; } 2>&1", self, story_path("."), args);
	FILE *p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	size_t len = fread(said, 1, sizeof(said) - 1, p);
	said[len] = '\0';
	int status = pclose(p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

#define SAYS(text) ck_assert_msg(strstr(said, text) != NULL, "no \"%s\" in:\n%s", text, said)
#define SILENT(text) ck_assert_msg(strstr(said, text) == NULL, "\"%s\" in:\n%s", text, said)
#define EXITS(n, ...)                                                       \
	do {                                                                \
		int got = seam(__VA_ARGS__);                                \
		ck_assert_msg(got == (n), "exit %d, not %d:\n%s", got, n, said); \
	} while (0)

static void record(const char *name, uint64_t seed, int deviation)
{
	struct story s = { .seed = seed, .workers = 2, .threads = 2, .rows = 2, .at = 1 };

	s.deviation = deviation;
	story_write(&s, story_path(name));
}

START_TEST(an_accepted_run_is_the_same_as_another)
{
	record("a.trace", 1, STORY_PLAIN);
	record("b.trace", 2, STORY_PLAIN);
	EXITS(0, "seam accept golden.trace a.trace");
	SAYS("seam: accepted a.trace as golden.trace\n  new golden: ");
	EXITS(0, "seam diff golden.trace b.trace");
	SAYS("seam: same   ");
	SAYS("load.py api api:443");
	SILENT("\033[");
	EXITS(0, "cp golden.trace first && seam accept golden.trace b.trace && cmp golden.trace first");
	SAYS("nothing changed: ");
	EXITS(0, "seam diff -q golden.trace b.trace");
	ck_assert_str_eq(said, "");
	story_clean();
}
END_TEST

START_TEST(a_difference_is_shown_with_its_field_and_a_line_to_paste)
{
	record("a.trace", 1, STORY_PLAIN);
	record("b.trace", 2, STORY_CHANGED);
	EXITS(0, "seam accept -q golden.trace a.trace");
	ck_assert_str_eq(said, "");
	EXITS(1, "seam diff golden.trace b.trace");
	SAYS("seam: DIFFERENT   1 finding   ");
	SAYS("1  changed    load.py");
	SAYS(" > api api:443/POST %2Fv1%2Forders   POST /v1/orders   golden:");
	SAYS("     req.b.total\n       - 20\n       + 19.9\n");
	SAYS("changed 1  moved 0  missing 0  extra 0  unmatched 0  identity 0  masked 0\n");
	SAYS("seam mask add 'req.b.total' --service 'api' --sum 'POST /v1/orders'\n");
	SAYS("seam accept --review golden.trace b.trace\n");
	/* The line to paste works and shows that event. */
	char *paste = strstr(said, "     seam show b.trace --event ");
	ck_assert_ptr_nonnull(paste);
	char command[128];
	snprintf(command, sizeof(command), "%.*s", (int)strcspn(paste + 5, "\n"), paste + 5);
	EXITS(0, "%s", command);
	SAYS("\"total\": 19.9");
	EXITS(1, "seam diff --color always golden.trace b.trace");
	SAYS("\033[31m- 20\033[0m");
	EXITS(1, "NO_COLOR=1 CLICOLOR_FORCE=1 seam diff golden.trace b.trace");
	SILENT("\033[");
	EXITS(1, "CLICOLOR_FORCE=1 seam diff golden.trace b.trace");
	SAYS("\033[");
	EXITS(1, "seam diff golden.trace b.trace > 1; seam diff golden.trace b.trace > 2; cmp 1 2 && exit 1");
	story_clean();
}
END_TEST

START_TEST(an_unmatched_request_shows_the_closest_rule)
{
	record("a.trace", 1, STORY_PLAIN);
	record("b.trace", 2, STORY_UNANSWERED);
	EXITS(1, "seam diff a.trace b.trace");
	SAYS("1  unmatched  ");
	SAYS("no rule answered; closest orders  r.json:3, 0 of 1 conditions hold\n");
	SAYS("NO  json.total  wants 1   got 2\n");
	story_clean();
}
END_TEST

START_TEST(json_output_is_json_with_exact_counts)
{
	json_error_t jerr;

	record("a.trace", 1, STORY_PLAIN);
	record("b.trace", 2, STORY_CHANGED);
	EXITS(1, "seam diff --format json a.trace b.trace");
	json_t *j = json_loads(said, 0, &jerr);
	ck_assert_msg(j != NULL, "%s: %s", jerr.text, said);
	ck_assert_str_eq(json_string_value(json_object_get(j, "verdict")), "different");
	ck_assert_int_eq(json_integer_value(json_object_get(j, "exit")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(j, "counts"), "changed")), 1);
	json_t *f = json_array_get(json_object_get(j, "findings"), 0), *p = json_array_get(json_object_get(f, "paths"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(f, "kind")), "changed");
	ck_assert_str_eq(json_string_value(json_object_get(p, "path")), "req.b.total");
	ck_assert_str_eq(json_string_value(json_object_get(p, "change")), "type"); /* 20 is an integer, 19.9 is not */
	ck_assert_int_eq(json_integer_value(json_object_get(p, "golden")), 20);
	ck_assert(json_is_false(json_object_get(p, "numeric_equal")));
	json_decref(j);

	EXITS(1, "seam diff --format jsonl a.trace b.trace");
	char *second = strchr(said, '\n');
	ck_assert(second && second[1]);
	*second++ = '\0';
	j = json_loads(said, 0, &jerr);
	ck_assert_str_eq(json_string_value(json_object_get(j, "kind")), "changed");
	json_decref(j);
	j = json_loads(second, 0, &jerr);
	ck_assert_str_eq(json_string_value(json_object_get(j, "seam")), "diff");
	ck_assert_ptr_null(json_object_get(j, "findings"));
	json_decref(j);
	story_clean();
}
END_TEST

#define HEAD "{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"canonical\":false}\\n"

/* Arguments and traces that are wrong, with the exact line each gets. */
static const struct {
	const char *command;
	int status;
	const char *says;
} wrong[] = {
	{ "seam", 2, "seam: no command given; 'seam --help' lists them\n" },
	{ "seam dif", 2, "seam: unknown command \"dif\", did you mean \"diff\"\n" },
	{ "seam frobnicate", 2, "seam: unknown command \"frobnicate\"; 'seam --help' lists them\n" },
	{ "seam diff", 2, "seam: diff: expected GOLDEN and RUN, got 0 files; try 'seam diff --help'\n" },
	{ "seam diff a.trace", 2, "seam: diff: expected GOLDEN and RUN, got 1 file; try 'seam diff --help'\n" },
	{ "seam diff --formt json a b", 2, "seam: diff: unknown option --formt, did you mean --format\n" },
	{ "seam diff -x a b", 2, "seam: diff: unknown option -x; try 'seam diff --help'\n" },
	{ "seam diff a b --order", 2, "seam: diff: option --order needs a value; try 'seam diff --help'\n" },
	{ "seam diff --format xml a b", 2, "seam: diff: --format xml: expected text, json, jsonl, junit or github\n" },
	{ "seam diff --order stram a b", 2, "seam: diff: --order stram: expected strict, stream, key, bag, set or count; did you mean stream\n" },
	{ "seam diff --limit x a b", 2, "seam: diff: --limit x: expected a number\n" },
	{ "seam diff --color blue a b", 2, "seam: diff: --color blue: expected auto, always or never\n" },
	{ "seam diff nothere.trace a.trace", 2, "seam: diff: nothere.trace: cannot open: No such file or directory\n" },
	{ "seam diff . a.trace", 2, "seam: diff: .: is a folder, expected a trace\n" },
	{ "seam diff -r nothere.json a.trace a.trace", 2, "seam: diff: nothere.json: " },
	{ "printf '" HEAD "' > cut.trace; seam diff a.trace cut.trace", 3, "seam: diff: cut.trace:1: no trailer: the trace is truncated, the run's host did not end it; 'seam show' still reads what is there\n" },
	{ "printf '<<<<<<< HEAD\\n' > c.trace; seam diff c.trace a.trace", 3, "seam: diff: c.trace:1: a merge conflict marker; take one side, or record again and 'seam accept'\n" },
	{ ": > empty.trace; seam diff empty.trace a.trace", 3, "seam: diff: empty.trace: the file is empty, expected a trace; was the run killed before it began?\n" },
	{ "seam accept g.trace a.trace && seam diff --order strict g.trace a.trace", 2, "order strict needs two recordings; g.trace is canonical and no longer knows the order between streams\n" },
	{ "seam accept g.trace", 2, "seam: accept: expected GOLDEN and RUN, got 1 file; try 'seam accept --help'\n" },
	{ "CI=true seam accept g.trace a.trace", 2, "seam: accept: CI is set: goldens are accepted by a person who read the diff; --force-ci does it anyway\n" },
	{ "seam accept --review g.trace a.trace", 2, "seam: accept: --review asks at a terminal, and this is none; without one: seam diff g.trace a.trace, then seam accept --only N g.trace a.trace\n" },
	{ "seam accept -q g.trace a.trace; sed 's/POST/PUT/' a.trace > b.trace; seam accept --only 9 g.trace b.trace", 2, "seam: accept: --only 9: no finding is that; 'seam diff g.trace b.trace' lists 4\n" },
	{ "seam accept /nonexistent/g.trace a.trace", 2, "seam: accept: /nonexistent/g.trace: cannot write the golden: No such file or directory\n" },
	{ "seam show", 2, "seam: show: expected one TRACE, got 0; try 'seam show --help'\n" },
	{ "seam show --lanes -k kafka a.trace", 4, "seam: show: a.trace has no such event among " },
	{ "seam lineage a.trace", 2, "seam: lineage: expected TRACE and ID, got 1; try 'seam lineage --help'\n" },
	{ "seam lineage a.trace nosuchid", 4, "seam: lineage: nothing in a.trace holds \"nosuchid\"" },
	{ "seam export a.trace", 2, "seam: export: expected one of --otlp, --perfetto, --har; try 'seam export --help'\n" },
	{ "seam show --event x a.trace", 2, "seam: show: --event x: expected the number of an event, as the list shows it\n" },
	{ "seam show --event 99999 a.trace", 4, "seam: show: a.trace has no event 99999; the last is " },
	{ "seam show -k kafka a.trace", 4, "seam: show: a.trace has no such event among " },
	{ "printf '" HEAD "' > cut.trace; seam show cut.trace", 3, "seam: show: cut.trace: no trailer: the trace ends here because its host was killed\n" },
	{ "printf 'x\\n' > x.trace; seam show x.trace", 3, "seam: show: x.trace:1: not a trace: the first line does not begin with {\"k\":\"seam.trace\"\n" },
};

START_TEST(what_is_wrong_is_said_exactly)
{
	record("a.trace", 1, STORY_PLAIN);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int got = seam("%s", wrong[i].command);
		ck_assert_msg(got == wrong[i].status, "%s: exit %d\n%s", wrong[i].command, got, said);
		ck_assert_msg(strstr(said, wrong[i].says) != NULL, "%s:\n%s", wrong[i].command, said);
	}
	story_clean();
}
END_TEST

START_TEST(every_help_has_an_example)
{
	static const char *const commands[] = { "--help", "help", "diff --help", "accept --help", "show -h" };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		EXITS(0, "seam %s", commands[i]);
		SAYS("usage: seam ");
		SAYS("example:\n  ");
	}
	EXITS(0, "seam --version");
	SAYS("seam ");
	story_clean();
}
END_TEST

START_TEST(ci_is_told_by_its_variable_only_when_it_means_yes)
{
	record("a.trace", 1, STORY_PLAIN);
	EXITS(0, "CI=false seam accept -q g.trace a.trace");
	EXITS(0, "CI=true seam accept -q --force-ci g.trace a.trace");
	story_clean();
}
END_TEST

START_TEST(comparing_nothing_is_never_green)
{
	EXITS(4, "printf '" HEAD "{\"k\":\"seam.end\",\"events\":0,\"dropped\":0}\\n' > n.trace; seam diff n.trace n.trace");
	SAYS("seam: diff: nothing to compare: ");
	EXITS(4, "seam accept g.trace n.trace");
	SAYS("asked nothing of the outside");
	EXITS(4, "seam diff --format json n.trace n.trace");
	SAYS("\"verdict\":\"nothing compared\"");
	story_clean();
}
END_TEST

START_TEST(a_failed_accept_leaves_the_old_golden)
{
	record("a.trace", 1, STORY_PLAIN);
	EXITS(0, "seam accept -q g.trace a.trace && cp g.trace old");
	EXITS(3, "printf '" HEAD "' > cut.trace; seam accept g.trace cut.trace");
	EXITS(0, "cmp g.trace old && ls -a | grep -c new > left; test $(cat left) = 0");
	story_clean();
}
END_TEST

START_TEST(show_lists_filters_and_never_commands_the_terminal)
{
	record("a.trace", 1, STORY_PLAIN);
	EXITS(0, "seam show a.trace");
	SAYS("proc.start  sh ");
	SAYS("POST /v1/orders");
	EXITS(0, "seam show a.trace -k sql --stream 'load.py/*'");
	SAYS("INSERT orders");
	SILENT("POST");
	SILENT("load.py[2]");
	EXITS(0, "sed 's/POST/\\\\u001b[31mP/' a.trace > b.trace; seam show b.trace -k http");
	SAYS("\\x1b[31mP");
	SILENT("\033");
	story_clean();
}
END_TEST

START_TEST(masks_of_a_rule_file_hide_what_they_name)
{
	record("a.trace", 1, STORY_PLAIN);
	record("b.trace", 2, STORY_CHANGED);
	story_put(story_path("m.json"), "{\"seam\":1,\"mask\":[\"json.total\"]}");
	EXITS(0, "seam diff -r m.json a.trace b.trace");
	SAYS("  masked: ");
	story_put(story_path("bad.json"), "{\"seam\":1,\"mask\":[\"nonsense\"]}");
	ck_assert_int_eq(seam("seam diff -r bad.json a.trace b.trace"), 2);
	story_clean();
}
END_TEST

START_TEST(bodies_beside_a_trace_go_with_the_golden_and_are_compared)
{
	char *big = malloc(12000), *at = big;
	const char *path[2];

	for (int run = 0; run < 2; run++) {
		at = big;
		at += sprintf(at, "id,day\n");
		for (int i = 0; i < 600; i++)
			at += sprintf(at, "%d,%s\n", i, run && i == 300 ? "changed" : "2025-01-01");
		path[run] = story_path(run ? "big2.csv" : "big1.csv");
		story_put(path[run], big);
	}
	free(big);
	/* A trace by hand whose body is a blob. */
	EXITS(0, "for i in 1 2; do h=$(sha256sum big$i.csv | cut -c1-64); mkdir -p r$i.trace.blobs/$(echo $h | cut -c1-2);"
		 "cp big$i.csv r$i.trace.blobs/$(echo $h | cut -c1-2)/$h;"
		 "printf '" HEAD "{\"k\":\"s3\",\"st\":\"p/l/b:1#0\",\"seq\":0,\"sum\":\"PutObject raw\",\"ok\":true,\"by\":\"fake\","
		 "\"req\":{\"sz\":9,\"blob\":\"sha256:%%s\"},\"t\":{\"n\":0}}\\n{\"k\":\"seam.end\",\"events\":1,\"dropped\":0}\\n' $h > r$i.trace; done;"
		 "seam accept g.trace r1.trace && find g.trace.blobs -type f | wc -l");
	SAYS("1\n");
	EXITS(0, "rm -rf r1.trace.blobs.gone; seam diff g.trace r1.trace");
	EXITS(1, "seam diff g.trace r2.trace");
	SAYS("     req.b[301].day\n       - \"2025-01-01\"\n       + \"changed\"\n");
	EXITS(2, "rm -rf r1.trace.blobs; seam accept g2.trace r1.trace");
	SAYS("cannot read the body: No such file or directory");
	story_clean();
}
END_TEST

SUITE_BEGIN(cmd_trace)
	SUITE_TEST(an_accepted_run_is_the_same_as_another);
	SUITE_TEST(a_difference_is_shown_with_its_field_and_a_line_to_paste);
	SUITE_TEST(an_unmatched_request_shows_the_closest_rule);
	SUITE_TEST(json_output_is_json_with_exact_counts);
	SUITE_TEST(what_is_wrong_is_said_exactly);
	SUITE_TEST(every_help_has_an_example);
	SUITE_TEST(ci_is_told_by_its_variable_only_when_it_means_yes);
	SUITE_TEST(comparing_nothing_is_never_green);
	SUITE_TEST(a_failed_accept_leaves_the_old_golden);
	SUITE_TEST(show_lists_filters_and_never_commands_the_terminal);
	SUITE_TEST(masks_of_a_rule_file_hide_what_they_name);
	SUITE_TEST(bodies_beside_a_trace_go_with_the_golden_and_are_compared);
SUITE_END
