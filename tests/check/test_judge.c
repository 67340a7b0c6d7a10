/* Expectations held against traces of a few lines. */
#include "../rule/rule_test.h"
#include "check/judge.h"

static char found[16384];
static const char *pools; /* the trailer's hygiene; NULL: it has none */

/* "" when all expectations hold, else the ordinals of those that do not: "0 2". */
static const char *judged(const char *expect, const char *const *lines)
{
	static char failed[256];
	char *whole = NULL;
	struct rule_errors errs;
	struct rule_options options = rule_test_options();
	size_t n;

	if (asprintf(&whole, "{'seam': 1, " RULE_SERVICES "'correlate': ['json.id', 'sql.column.id'], 'rules': [{'id': 'r', 'on': 'http',"
		     " 'do': {'status': 200}, 'optional': true}], 'expect': [%s]}", expect) < 0)
		abort();
	char *text = rule_quotes(whole);
	rules_free(rule_set);
	if (rules_parse(&rule_set, "r.json", text, strlen(text), &options, &errs) < 0)
		ck_abort_msg("%s", errs.list[0].text);
	rule_errors_release(&errs);
	struct judge *j = judge_new(rule_set, NULL);
	for (; *lines; lines++) {
		char *line = rule_quotes(*lines);
		judge_feed(j, slice_str(line));
		free(line);
	}
	json_t *trailer = json_pack("{s:{s:i,s:i}}", "leaks", "connections", 0, "results", 2);
	if (pools)
		json_object_set_new(trailer, "hygiene", json_loads(pools, 0, NULL));
	const struct verdict *list = judge_end(j, trailer, &n);
	failed[0] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!list[i].holds)
			snprintf(failed + strlen(failed), sizeof(failed) - strlen(failed), "%s%zu", failed[0] ? " " : "", i);
	struct buf out;
	buf_init(&out, sizeof(found) - 1);
	judge_print(list, n, true, &out);
	snprintf(found, sizeof(found), "%s", out.ptr);
	buf_release(&out);
	json_decref(trailer);
	judge_free(j);
	free(whole);
	free(text);
	return failed;
}

#define POST(text, id)                                                                                                                    \
	"{'k':'http','st':'job/web/web:80#0','seq':0,'sum':'POST /','ok':true,'by':'rule','rule':'r.json:1#r','a':{'http.request.method':"   \
	"'POST','url.full':'http://web/x?a=1','http.request.header.x-id':['7']},'req':{'sz':9,'b':{'text':'" text "'}},'cor':['id:" id "']}"
#define SQL(stream, text, cor) \
	"{'k':'sql','st':'job/db/db:5432#" stream "','seq':0,'sum':'x','ok':true,'by':'fake','a':{'db.query.text':'" text "'}" cor "}"
#define COR(id) ",'cor':['id:" id "']"
static const char *const none[] = { NULL };

START_TEST(events_are_counted_with_the_words_of_rules)
{
	static const char *const lines[] = { POST("ingested 3 rows", "1"), POST("nothing", "2"), NULL };

	ck_assert_str_eq(judged("{'on': 'http', 'count': 2}, {'on': 'http', 'service': 'web', 'count': 1, 'when': {'json': {'text': {'re': 'ingested [0-9]+'}}}},"
				"{'on': 'http', 'when': {'header': {'x-id': '7'}, 'query': {'a': '1'}, 'method': 'POST'}, 'count': {'min': 2, 'max': 3}}", lines), "");
	ck_assert_str_eq(judged("{'on': 'http', 'count': 1}, {'on': 'http', 'service': 'other'}, {'on': 'http', 'count': {'gt': 2}}", lines), "0 1 2");
	ck_assert_str_eq(judged("{'on': 'http'}", none), "0");
}
END_TEST

START_TEST(a_failed_one_shows_the_nearest_event)
{
	static const char *const lines[] = { SQL("0", "select 1", ""), POST("ingested no rows", "1"), NULL };

	judged("{'on': 'http', 'when': {'method': 'POST', 'json': {'text': {'re': 'ingested [0-9]+'}}}}", lines);
	ck_assert_ptr_nonnull(strstr(found, "NO  r.json:1"));
	ck_assert_ptr_nonnull(strstr(found, "wants at least 1 event, found 0"));
	ck_assert_ptr_nonnull(strstr(found, "nearest: event 1  job/web/web:80#0  POST http://web/x?a=1   1 of 2 conditions hold"));
	ck_assert_ptr_nonnull(strstr(found, "got \"ingested no rows\""));
	ck_assert_ptr_null(strstr(found, "select 1"));
}
END_TEST

START_TEST(order_is_of_first_times)
{
	static const char *const lines[] = { SQL("0", "begin", ""), SQL("0", "commit", ""), POST("a", "1"), SQL("0", "begin", ""), SQL("0", "commit", ""), NULL };

	ck_assert_str_eq(judged("{'order': ['sql:COMMIT', 'http:web']}, {'order': ['sql:begin', 'sql:commit', 'web', 'sql:begin', 'sql:commit']}", lines), "");
	ck_assert_str_eq(judged("{'order': ['http:web', 'sql:COMMIT']}, {'order': ['sql:begin', 'http:other']}", lines), "0 1");
	ck_assert_ptr_nonnull(strstr(found, "sql:COMMIT came before http:web: event 1"));
	ck_assert_ptr_nonnull(strstr(found, "http:other did not come after sql:begin"));
}
END_TEST

START_TEST(never_names_what_was_there)
{
	static const char *const lines[] = { POST("FAILURE of load", "1"), NULL };

	ck_assert_str_eq(judged("{'never': 'http:other'}, {'never': {'on': 'sql'}}", lines), "");
	ck_assert_str_eq(judged("{'never': {'on': 'http', 'when': {'json': {'text': {'contains': 'FAILURE'}}}}}", lines), "0");
	ck_assert_ptr_nonnull(strstr(found, "wants 0 events, found 1:"));
}
END_TEST

#define DELIVERY "{'each': 'id', 'in': ['web'], 'appears': 1, 'then_in': ['db:t']}"

START_TEST(each_counts_what_was_committed)
{
	static const char *const good[] = { POST("a", "1"), SQL("0", "begin", ""), SQL("0", "insert into t values (1)", COR("1")), SQL("0", "rollback", ""),
					    SQL("1", "begin", ""), SQL("1", "insert into t values (1)", COR("1")), SQL("1", "commit", ""), NULL };
	static const char *const killed[] = { POST("a", "1"), SQL("0", "begin", ""), SQL("0", "insert into t values (1)", COR("1")),
					      "{'k':'conn.close','st':'job/db/db:5432#0','seq':9,'sum':'close','ok':true,'by':'fake'}", NULL };
	static const char *const twice[] = { POST("a", "1"), SQL("0", "insert into t values (1)", COR("1")), SQL("1", "insert into t values (1)", COR("1")), NULL };

	ck_assert_str_eq(judged(DELIVERY, good), "");
	ck_assert_str_eq(judged(DELIVERY, killed), "0");
	ck_assert_ptr_nonnull(strstr(found, "1 appears 0 times in db:t"));
	ck_assert_str_eq(judged(DELIVERY, twice), "0");
	ck_assert_ptr_nonnull(strstr(found, "1 appears 2 times in db:t"));
}
END_TEST

START_TEST(each_knows_savepoints_lost_answers_and_phantoms)
{
	static const char *const savepoint[] = { POST("a", "1"), SQL("0", "begin", ""), SQL("0", "savepoint s", ""), SQL("0", "insert into t values (1)", COR("1")),
						 SQL("0", "rollback to savepoint s", ""), SQL("0", "insert into t values (1)", COR("1")), SQL("0", "commit", ""), NULL };
	static const char *const lost[] = { POST("a", "1"), SQL("0", "begin", ""), SQL("0", "insert into t values (1)", COR("1")),
					    "{'k':'sql','st':'job/db/db:5432#0','seq':1,'sum':'COMMIT','ok':false,'err':'ECONNRESET','by':'fault',"
					    "'a':{'db.query.text':'commit','seam.effect':true}}", NULL };
	static const char *const phantom[] = { POST("a", "1"), SQL("0", "insert into t values (1)", COR("1")), SQL("0", "insert into t values (2)", COR("2")), NULL };

	ck_assert_str_eq(judged(DELIVERY, savepoint), "");
	ck_assert_str_eq(judged(DELIVERY, lost), "");
	ck_assert_str_eq(judged(DELIVERY, phantom), "0");
	ck_assert_str_eq(judged(DELIVERY, none), "0");
}
END_TEST

START_TEST(states_are_what_the_notes_say)
{
	static const char *const lines[] = {
		"{'k':'note','st':'seam/lake/','seq':0,'sum':'state lake','ok':true,'by':'fake','a':{'seam.state.service':'lake','seam.state.question':"
		"'{\\'key\\':\\'b/k.json\\'}'},'res':{'sz':1,'b':{'objects':[{'bucket':'b','key':'k.json','size':11,'text':'{\\'rows\\': 3, \\'x\\': 1}'}]}}}",
		"{'k':'note','st':'seam/db/','seq':0,'sum':'state db','ok':true,'by':'fake','a':{'seam.state.service':'db','seam.state.question':"
		"'{\\'sql\\':\\'select 1\\'}'},'res':{'sz':1,'b':{'columns':['a','b'],'rows':[['3',null],['4','x']]}}}", NULL };

	ck_assert_str_eq(judged("{'state': 'lake', 'key': 'b/k.json', 'json': {'rows': 3}, 'size': {'gt': 10}},"
				"{'state': 'db', 'sql': 'select 1', 'rows': [[3, null], ['4', {'prefix': 'x'}]]},"
				"{'state': 'db', 'sql': 'select 1', 'rows': [['4', 'x'], ['3', null]], 'unordered': true},"
				"{'state': 'db', 'sql': 'select 1', 'count': 2}", lines), "");
	ck_assert_str_eq(judged("{'state': 'lake', 'key': 'b/k.json', 'json': {'rows': 4}}, {'state': 'lake', 'key': 'b/k.json', 'absent': true},"
				"{'state': 'db', 'sql': 'select 1', 'rows': [['4', 'x'], ['3', null]]}, {'state': 'db', 'sql': 'select 1', 'rows': [[3, null]]},"
				"{'state': 'db', 'sql': 'select 2', 'rows': [[1]]}", lines), "0 1 2 3 4");
	ck_assert_ptr_nonnull(strstr(found, "json is {\"rows\":3,\"x\":1}"));
	ck_assert_ptr_nonnull(strstr(found, "the trace does not hold the answer"));
}
END_TEST

START_TEST(numbers_come_from_the_end_of_the_run)
{
	static const char *const lines[] = { "{'k':'proc.exit','st':'job//','seq':1,'sum':'job','ok':true,'by':'fake','t':{'n':9,'rss':2097152}}", NULL };

	ck_assert_str_eq(judged("{'leaks': 2}, {'leaks': {'max': 5}}, {'max_rss': '2MiB'}", lines), "");
	ck_assert_str_eq(judged("{'leaks': 0}, {'max_rss': '1MiB'}", lines), "0 1");
}
END_TEST

#define OPEN(service) "{'k':'conn.open','st':'job/" service "/x:1#0','seq':0,'sum':'connect x:1','ok':true,'by':'fake'}"

START_TEST(connections_are_judged_by_pools)
{
	static const char *const opens[] = { OPEN("db"), OPEN("db"), OPEN("web"), NULL };

	pools = "{\"pools\":[{\"process\":\"job\",\"service\":\"db\",\"user\":\"a\",\"created\":3,\"reused\":5,\"peak\":2,\"leaked\":1},"
		"{\"process\":\"job[2]\",\"service\":\"db\",\"user\":\"b\",\"created\":1,\"reused\":0,\"peak\":1}],\"found\":"
		"[{\"st\":\"job/db/x:1#0\",\"found\":[\"open at exit\"]}]}";
	ck_assert_str_eq(judged("{'connections': {'service': 'db', 'opened': 4, 'reused': {'min': 5}, 'peak': {'max': 2}}},"
				"{'connections': {'opened': {'max': 3}}}, {'connections': {'user': 'b', 'opened': 1, 'leaked': 0}},"
				"{'connections': {'process': 'job', 'leaked': 0}}, {'connections': {'service': 'web', 'opened': 0}},"
				"{'leaks': {'connections': 0, 'results': {'max': 2}}}, {'leaks': {'results': 0}}, {'leaks': 0}", none), "1 3 6 7");
	ck_assert_ptr_nonnull(strstr(found, "wants at most 3 opened, found 4"));
	ck_assert_ptr_nonnull(strstr(found, "job  db  a@  opened 3, reused 5, peak 2"));
	ck_assert_ptr_nonnull(strstr(found, "job/db/x:1#0  open at exit"));
	/* a golden has no pools */
	pools = NULL;
	ck_assert_str_eq(judged("{'connections': {'service': 'db', 'opened': 2}}, {'connections': {'service': 'db', 'peak': 1}}", opens), "1");
	ck_assert_ptr_nonnull(strstr(found, "a golden does not say"));
}
END_TEST

static const char *load_error(const char *expect)
{
	static char text[2048];
	struct rule_errors errs;
	struct rule_options options = rule_test_options();
	char *whole = NULL;

	if (asprintf(&whole, "{'seam': 1, " RULE_SERVICES "'expect': [%s]}", expect) < 0)
		abort();
	char *json = rule_quotes(whole);
	int rc = rules_parse(&rule_set, "r.json", json, strlen(json), &options, &errs);
	snprintf(text, sizeof(text), "%s", rc < 0 ? errs.list[0].text : "");
	rule_errors_release(&errs);
	free(json);
	free(whole);
	return text;
}

START_TEST(mistakes_are_named_at_their_place)
{
	static const struct {
		const char *expect, *says;
	} rows[] = {
		{ "{'on': 'htp'}", "did you mean \"http\"" },
		{ "{'ordr': []}", "did you mean \"order\"" },
		{ "{'order': []}", "expect[0].order: is empty" },
		{ "{'order': ['web:']}", "nothing follows the colon" },
		{ "{'order': ['wbe']}", "neither a service nor what a rule can be on (did you mean \"web\"?)" },
		{ "{'on': 'http', 'count': -1}", "expected a whole number" },
		{ "{'on': 'http', 'count': {'min': 3, 'max': 2}}", "no number is at least 3 and at most 2" },
		{ "{'on': 'http', 'when': {'nth': 2}}", "is for rules" },
		{ "{'on': 'http', 'service': 'db'}", "speaks postgres" },
		{ "{'on': 'http', 'never': 'web'}", "more than one thing" },
		{ "{'state': 'db', 'sql': 'select 1'}", "nothing is said of its answer" },
		{ "{'state': 'nowhere', 'key': 'x'}", "no service is named" },
		{ "{'each': 'order_id', 'in': ['web']}", "none of the paths of \"correlate\"" },
		{ "{'connections': {'service': 'db'}}", "nothing is said of them" },
		{ "{'connections': {'service': 'bd', 'opened': 1}}", "no service is named \"bd\" (did you mean \"db\"?)" },
		{ "{'connections': {'opend': 1}}", "did you mean \"opened\"" },
		{ "{'leaks': {'results': 0, 'resluts': 0}}", "did you mean \"results\"" },
		{ "{'max_rss': '5 potatoes'}", "expected a number of bytes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(strstr(load_error(rows[i].expect), rows[i].says) != NULL, "%s: \"%s\"", rows[i].expect, load_error(rows[i].expect));
}
END_TEST

START_TEST(what_is_no_event_is_passed_over)
{
	static const char *const lines[] = { "", "{", "[1]", "{'k':'seam.trace'}", "{'k':5}", "{'k':'http'}", "{'k':'sql','st':'a/b'}", "{'k':'s3','a':[]}", "{'k':'call','a':{'seam.arg.300':1}}", NULL };

	ck_assert_str_eq(judged("{'on': 'http', 'count': 1}, {'on': 'sql', 'count': 1}, {'never': 's3:x'}", lines), "");
}
END_TEST

SUITE_BEGIN(judge)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	SUITE_TEST(events_are_counted_with_the_words_of_rules);
	SUITE_TEST(a_failed_one_shows_the_nearest_event);
	SUITE_TEST(order_is_of_first_times);
	SUITE_TEST(never_names_what_was_there);
	SUITE_TEST(each_counts_what_was_committed);
	SUITE_TEST(each_knows_savepoints_lost_answers_and_phantoms);
	SUITE_TEST(states_are_what_the_notes_say);
	SUITE_TEST(numbers_come_from_the_end_of_the_run);
	SUITE_TEST(connections_are_judged_by_pools);
	SUITE_TEST(mistakes_are_named_at_their_place);
	SUITE_TEST(what_is_no_event_is_passed_over);
SUITE_END
