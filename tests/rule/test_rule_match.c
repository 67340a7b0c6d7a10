/* Which rule answers: operators against values, precedence, counting. */
#include "rule_test.h"

/* ---- values ------------------------------------------------------------ */

/* A condition on one member "v" of a JSON body, held against several bodies: the bodies that match are listed first. */
static const struct {
	const char *wants, *yes[5], *no[6];
} on_json[] = {
	{ "1", { "1", "1.0" }, { "2", "'1'", "true", "null", "[1]" } },
	{ "1.5", { "1.5" }, { "1", "'1.5'" } },
	{ "'a'", { "'a'" }, { "'A'", "'ab'", "1", "null" } },
	{ "true", { "true" }, { "false", "'true'", "1" } },
	{ "null", { "null" }, { "0", "''", "false" } },
	{ "{'a': 1}", { "{'a': 1}", "{'a': 1, 'b': 2}" }, { "{}", "{'a': 2}", "[]", "1" } },
	{ "{'a': {'b': 1}}", { "{'a': {'b': 1, 'c': 2}}" }, { "{'a': {'c': 1}}" } },
	{ "[1, 2]", { "[1, 2]" }, { "[2, 1]", "[1]", "[1, 2, 3]", "{}" } },
	{ "[{'a': 1}]", { "[{'a': 1, 'b': 2}]" }, { "[]", "[{'b': 1}]" } },
	{ "{'eq': {'a': 1}}", { "{'a': 1}" }, { "{'a': 1, 'b': 2}" } },
	{ "{'ne': 1}", { "2", "'1'", "null" }, { "1", "1.0" } },
	{ "{'in': [1, 'a', null]}", { "1", "'a'", "null" }, { "2", "'b'", "false" } },
	{ "{'lt': 3}", { "2", "-1", "2.9", "'2'" }, { "3", "'x'", "null", "[]" } },
	{ "{'le': 3}", { "3" }, { "3.1" } },
	{ "{'gt': 0}", { "1", "'10'" }, { "0", "''", "true" } },
	{ "{'ge': '10'}", { "10", "'10'", "'9x'" }, { "9", "'9'", "null" } },
	{ "{'gt': 'b'}", { "'c'", "'bb'" }, { "'a'", "'b'", "1" } },
	{ "{'before': '2026-11-20'}", { "'2026-11-19T23:59:59Z'", "'2026-11-20T00:30:00+01:00'" }, { "'2026-11-20'", "'x'", "1" } },
	{ "{'after': 'now'}", { "'2026-11-20T11:14:47Z'" }, { "'2026-11-20T11:14:46Z'" } },
	{ "{'contains': 'bc'}", { "'abcd'", "['bc']" }, { "'acb'", "['abcd']", "1" } },
	{ "{'contains': {'id': 1}}", { "[{'id': 2}, {'id': 1, 'x': 0}]" }, { "[{'id': 2}]", "{'id': 1}", "'id'" } },
	{ "{'prefix': 'ab'}", { "'ab'", "'abc'" }, { "'xab'", "1" } },
	{ "{'suffix': 'bc'}", { "'abc'" }, { "'bcd'" } },
	{ "{'glob': 'a*c'}", { "'ac'", "'abc'" }, { "'abcd'", "'Ac'" } },
	{ "{'re': '^a.c$'}", { "'abc'" }, { "'abbc'", "1", "null" } },
	{ "{'re': 'b+'}", { "'abbc'" }, { "'ac'" } },
	{ "{'ci': 'Abc'}", { "'aBC'" }, { "'abcd'" } },
	{ "{'exists': true}", { "1", "null" }, { NULL } },
	{ "{'exists': false}", { NULL }, { "1", "null" } },
	{ "{'absent': true}", { NULL }, { "1" } },
	{ "{'all': [{'gt': 1}, {'lt': 5}]}", { "2", "4" }, { "1", "5" } },
	{ "{'any': [1, {'prefix': 'a'}]}", { "1", "'abc'" }, { "2", "'b'" } },
	{ "{'not': {'in': [1, 2]}}", { "3", "'x'" }, { "1", "2" } },
	{ "{'each': {'gt': 0}}", { "[1, 2]", "[]" }, { "[1, 0]", "1" } },
	{ "{'json': {'len': 3}}", { "{'len': 3, 'x': 1}", "'{\\'len\\': 3}'" }, { "'abc'", "{'len': 4}" } },
	{ "{'jsonEq': {'a': '${any}'}}", { "{'a': 1}", "'{\\'a\\': [1]}'" }, { "{'a': 1, 'b': 2}", "{}" } },
	{ "{'base64': 'hello'}", { "'aGVsbG8='", "'aGVsbG8'" }, { "'aGVsbG0='", "'?'", "'hello'" } },
	{ "{'len': 3}", { "'äöü'", "[1, 2, 3]", "{'a': 1, 'b': 2, 'c': 3}" }, { "'ab'", "3", "null" } },
	{ "{'len': {'gt': 2}}", { "'abc'" }, { "'ab'" } },
	{ "{'form': {'a': 'x y'}}", { "'a=x+y&b=1'", "'b=1&a=x%20y'" }, { "'a=xy'", "'b=1'" } },
	{ "'${any}'", { "1", "null", "[]" }, { NULL } },
	{ "'${any.uuid}'", { "'0190163d-8694-739b-aea5-966c26f8ad91'" }, { "'0190163d'", "1" } },
	{ "'${any.time}'", { "'2026-11-20T11:14:46Z'", "'2026-11-20'", "'2026-11-20 11:14:46.5+02'" }, { "'noon'", "1" } },
	{ "'${any.number}'", { "1", "'-2.5e3'" }, { "'x'", "true" } },
	{ "'${re:a{2}b}'", { "'aab'" }, { "'ab'", "'aabb'" } },
	{ "'job-${any.number} of ${owner}'", { "'job-12 of ann'" }, { "'job-x of ann'", "'job-12 of '" } },
	{ "'cost $${x}'", { "'cost ${x}'" }, { "'cost y'" } },
	{ "{'x': '${who}', 'y': '${who}'}", { "{'x': 'a', 'y': 'a'}", "{'x': 1, 'y': 1}" }, { "{'x': 'a', 'y': 'b'}" } },
	{ "['line one', 'line two']", { "['line one', 'line two']" }, { "'line one\\nline two'" } },
};

static void check_json(const char *wants, const char *value, bool expected)
{
	char *rule = NULL, *body = NULL;

	ck_assert_int_gt(asprintf(&rule, "{'id': 'x', 'on': 'http', 'when': {'json': {'v': %s}}, 'do': {}}", wants), 0);
	ck_assert_int_gt(asprintf(&body, value ? "{'v': %s}" : "{}", value), 0);
	rule_load(rule);
	const char *got = rule_match_id(rule_http("POST", "/", NULL, body));
	ck_assert_msg((strcmp(got, "x") == 0) == expected, "%s %s %s", wants, expected ? "refuses" : "accepts", value ? value : "nothing");
	free(rule);
	free(body);
}

START_TEST(a_value_of_a_json_body_is_held_against_every_operator)
{
	/* A row whose first yes or no is NULL means the member that is not there. */
	for (size_t i = 0; i < 5 && (!i || on_json[_i].yes[i]); i++)
		check_json(on_json[_i].wants, on_json[_i].yes[i], true);
	for (size_t i = 0; i < 6 && (!i || on_json[_i].no[i]); i++)
		check_json(on_json[_i].wants, on_json[_i].no[i], false);
}
END_TEST

static const char *const headers[] = { "Authorization", "Bearer abc", "X-Count", "12", "X-Empty", "", NULL };

static const struct {
	const char *when;
	bool holds;
} on_http[] = {
	{ "{}", true },
	{ "{'method': 'POST'}", true },
	{ "{'method': 'GET'}", false },
	{ "{'method': {'in': ['GET', 'POST']}}", true },
	{ "{'path': '/v1/jobs/export'}", true },
	{ "{'path': '/v1/jobs/{kind}'}", true },
	{ "{'path': '/v1/{kind}'}", false },
	{ "{'path': '/v1/{rest...}'}", true },
	{ "{'path': '/v1/jobs/export{rest...}'}", true },
	{ "{'path': '/v1/jobs/ex{tail}'}", true },
	{ "{'path': '/v1/jobs/{kind}/'}", false },
	{ "{'path': '/{version}/jobs/{kind}'}", true },
	{ "{'path': {'prefix': '/v1/'}}", true },
	{ "{'path': '/v1/jobs/${any}'}", true },
	{ "{'url': 'http://web/v1/jobs/export?dry=1&tag=a%20b'}", true },
	{ "{'host': 'web'}", true },
	{ "{'header': {'authorization': 'Bearer abc'}}", true },
	{ "{'header': {'authorization': {'prefix': 'Bearer '}}}", true },
	{ "{'header': {'x-count': 12}}", true },
	{ "{'header': {'x-count': {'gt': 11}}}", true },
	{ "{'header': {'x-count': {'gt': 12}}}", false },
	{ "{'header': {'x-empty': ''}}", true },
	{ "{'header': {'x-none': {'absent': true}}}", true },
	{ "{'header': {'x-none': ''}}", false },
	{ "{'query': {'dry': 1, 'tag': 'a b'}}", true },
	{ "{'query': {'dry': 2}}", false },
	{ "{'query': {'none': {'exists': false}}}", true },
	{ "{'query': 'dry=1&tag=a%20b'}", true },
	{ "{'query': {'contains': 'tag='}}", true },
	{ "{'text': {'contains': 'rows'}}", true },
	{ "{'body': {'json': {'rows': 3}}}", true },
	{ "{'json': {'owner': {'name': 'ann'}}}", true },
	{ "{'json': {'owner': {'name': 'bob'}}}", false },
	{ "{'json': {'//': 'a comment', 'rows': 3}}", true },
	{ "{'json': {'//': 'nothing else'}}", true },
	{ "{'json': {'exists': true}}", true },
	{ "{'json': {}}", true },
	{ "{'conn': 1}", true },
	{ "{'conn': {'gt': 1}}", false },
	{ "{'process': 'load.py'}", true },
	{ "{'process': {'glob': '*.sh'}}", false },
	{ "{'chance': 1}", true },
	{ "{'chance': 0}", false },
};

START_TEST(an_http_request_is_held_against_every_field)
{
	char *rule = NULL;

	ck_assert_int_gt(asprintf(&rule, "{'id': 'x', 'on': 'http', 'when': %s, 'do': {}}", on_http[_i].when), 0);
	rule_load(rule);
	const char *got = rule_match_id(rule_http("POST", "/v1/jobs/export?dry=1&tag=a%20b", headers, "{'rows': 3, 'owner': {'name': 'ann'}}"));
	ck_assert_msg((strcmp(got, "x") == 0) == on_http[_i].holds, "%s", on_http[_i].when);
	free(rule);
}
END_TEST

static const struct {
	const char *rule;
	bool holds;
} on_sql[] = {
	{ "'on': 'sql'", true },
	{ "'on': 'sql.insert'", true },
	{ "'on': 'sql.select'", false },
	{ "'on': 'sql', 'when': {'sql': 'INSERT into  public.orders(id, note) values (1, ``)'}", true },
	{ "'on': 'sql', 'when': {'sql': ['insert into public.orders', '(id, note) values (9, $1)']}", true },
	{ "'on': 'sql', 'when': {'sql': 'insert into orders (id, note) values (1, 2)'}", false },
	{ "'on': 'sql', 'when': {'params': [7, 'x']}", true },
	{ "'on': 'sql', 'when': {'params': ['7']}", true },
	{ "'on': 'sql', 'when': {'params': [7, 'y']}", false },
	{ "'on': 'sql', 'when': {'params': [7, 'x', 'z']}", false },
	{ "'on': 'sql', 'when': {'params': {'2': {'prefix': 'x'}}}", true },
	{ "'on': 'sql', 'when': {'params': ['${any}', '${any}']}", true },
	{ "'on': 'sql', 'when': {'verb': 'INSERT'}", true },
	{ "'on': 'sql', 'when': {'verb': 'insert'}", true },
	{ "'on': 'sql', 'when': {'verb': {'in': ['INSERT', 'UPDATE']}}", true },
	{ "'on': 'sql', 'when': {'table': 'orders'}", true },
	{ "'on': 'sql', 'when': {'table': 'public.orders'}", true },
	{ "'on': 'sql', 'when': {'table': 'users'}", false },
	{ "'on': 'sql', 'when': {'sqlRe': '(?i)into public'}", true },
	{ "'on': 'sql', 'when': {'user': 'etl', 'database': 'shop'}", true },
	{ "'on': 'sql', 'when': {'user': 'root'}", false },
	{ "'on': 'sql', 'service': 'db'", true },
};

START_TEST(a_statement_is_held_against_every_field)
{
	char *rule = NULL;

	ck_assert_int_gt(asprintf(&rule, "{'id': 'x', %s, 'do': {}}", on_sql[_i].rule), 0);
	rule_load(rule);
	const char *const params[] = { "7", "x", NULL };
	const char *got = rule_match_id(rule_sql("insert into public.orders (id, note) values ($1, $2)", params));
	ck_assert_msg((strcmp(got, "x") == 0) == on_sql[_i].holds, "%s", on_sql[_i].rule);
	free(rule);
}
END_TEST

START_TEST(literals_count_by_position)
{
	rule_load("{'id': 'a', 'on': 'sql', 'when': {'sql': 'select * from t where a = 1 and b = 2', 'literals': [5]}, 'do': {}},"
		  "{'id': 'b', 'on': 'sql', 'when': {'literals': {'2': 'x'}}, 'do': {}}");
	ck_assert_str_eq(rule_match_id(rule_sql("select * from t where a = 5 and b = 9", NULL)), "a");
	ck_assert_str_eq(rule_match_id(rule_sql("select * from t where a = 6 and b = 'x'", NULL)), "b");
	ck_assert_str_eq(rule_match_id(rule_sql("select * from t where a = 6 and b = 9", NULL)), "-");
}
END_TEST

START_TEST(a_null_parameter_is_null_and_not_text)
{
	const char *const params[] = { "", NULL };
	rule_load("{'id': 'null', 'on': 'sql', 'when': {'params': [null]}, 'do': {}}, {'id': 'empty', 'on': 'sql', 'when': {'params': ['']}, 'do': {}}");
	struct request *req = rule_sql("select $1", params);
	ck_assert_str_eq(rule_match_id(req), "empty");
	req->sql.params[0].null = true;
	ck_assert_str_eq(rule_match_id(req), "null");
}
END_TEST

START_TEST(objects_calls_and_connections_have_fields_of_their_own)
{
	rule_load("{'id': 'put', 'on': 's3.PutObject', 'when': {'bucket': 'raw', 'key': {'glob': 'a/*'}}, 'do': {'error': 'SlowDown'}},"
		  "{'id': 'any', 'on': 's3', 'when': {'op': {'prefix': 'Get'}}, 'do': {'status': 404}},"
		  "{'id': 'call', 'on': 'call.redisConnect', 'when': {'args': ['cache', {'gt': 6000}], 'library': {'prefix': 'libhiredis'}}, 'do': {'return': null}},"
		  "{'id': 'down', 'on': 'connect', 'when': {'boundary': 'db:5432', 'name': 'db', 'transport': 'tcp'}, 'do': {'fault': 'refuse'}}");
	ck_assert_str_eq(rule_match_id(rule_s3("PutObject", "raw", "a/b")), "put");
	ck_assert_str_eq(rule_match_id(rule_s3("PutObject", "raw", "b")), "-");
	ck_assert_str_eq(rule_match_id(rule_s3("GetObject", "raw", "b")), "any");

	struct call_arg args[] = { { .kind = CALL_STRING, .text = SLICE_LIT("cache") }, { .kind = CALL_INT, .i = 6379 } };
	struct request *call = rule_new_request(PORT_CALL, "redis");
	call->op = SLICE_LIT("redisConnect");
	call->call = (struct call_request){ .library = SLICE_LIT("libhiredis.so.0.14"), .args = args, .nargs = 2 };
	ck_assert_str_eq(rule_match_id(call), "call");
	args[1].i = 5000;
	ck_assert_str_eq(rule_match_id(call), "-");

	struct request *connect = rule_new_request(PORT_CONNECT, "db");
	connect->connect = (struct connect_request){ SLICE_LIT("db:5432"), SLICE_LIT("tcp") };
	ck_assert_str_eq(rule_match_id(connect), "down");
	connect->connect.boundary = SLICE_LIT("db:5433");
	ck_assert_str_eq(rule_match_id(connect), "-");
}
END_TEST

/* ---- which one --------------------------------------------------------- */

START_TEST(priority_comes_first_then_the_order_of_the_file)
{
	rule_load("{'id': 'a', 'on': 'http', 'do': {}}, {'id': 'b', 'on': 'http', 'do': {}}, {'id': 'c', 'on': 'http', 'priority': 5, 'when': {'method': 'PUT'}, 'do': {}}");
	ck_assert_str_eq(rule_match_id(rule_http("GET", "/", NULL, NULL)), "a");
	ck_assert_str_eq(rule_match_id(rule_http("PUT", "/", NULL, NULL)), "c");
}
END_TEST

START_TEST(a_rule_of_another_service_or_method_is_passed_over)
{
	rule_load("{'id': 'a', 'on': 'http', 'service': 'other', 'do': {}}, {'id': 'b', 'on': 'http.put', 'do': {}}, {'id': 'c', 'on': 'http', 'service': 'web', 'do': {}}");
	ck_assert_str_eq(rule_match_id(rule_http("GET", "/", NULL, NULL)), "c");
	ck_assert_str_eq(rule_match_id(rule_http("PUT", "/", NULL, NULL)), "b");
}
END_TEST

START_TEST(times_used_up_lets_the_next_rule_answer)
{
	rule_load("{'id': 'a', 'on': 'http', 'times': {'max': 2}, 'do': {}}, {'id': 'b', 'on': 'http', 'times': 1, 'do': {}}");
	const char *const expected[] = { "a", "a", "b", "-" };
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(rule_match_id(rule_http("GET", "/", NULL, NULL)), expected[i]);
}
END_TEST

START_TEST(nth_counts_what_else_would_match)
{
	static const struct {
		const char *nth, *answers;
	} cases[] = {
		{ "2", ".x...." }, { "'2'", ".x...." }, { "'2..'", ".xxxxx" }, { "'2..3'", ".xx..." }, { "'..2'", "xx...." }, { "'every 3'", "..x..x" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *rule = NULL, got[7] = "";
		ck_assert_int_gt(asprintf(&rule, "{'id': 'x', 'on': 'http', 'when': {'method': 'PUT', 'nth': %s}, 'do': {}}", cases[i].nth), 0);
		rule_load(rule);
		struct request *put = rule_http("PUT", "/", NULL, NULL), *get = rule_http("GET", "/", NULL, NULL);
		for (size_t n = 0; n < 6; n++) {
			ck_assert_str_eq(rule_match_id(get), "-");
			got[n] = *rule_match_id(put) == 'x' ? 'x' : '.';
		}
		ck_assert_msg(strcmp(got, cases[i].answers) == 0, "%s: %s", cases[i].nth, got);
		free(rule);
	}
}
END_TEST

START_TEST(state_is_kept_per_key_and_asked_for)
{
	rule_load("{'id': 'start', 'on': 'http', 'when': {'method': 'POST', 'path': '/jobs/{id}'}, 'key': '{{path.id}}', 'set': {'job': 'running'}, 'do': {}},"
		  "{'id': 'running', 'on': 'http', 'when': {'method': 'GET', 'path': '/jobs/{id}', 'state': {'job': 'running'}}, 'key': '{{path.id}}', 'do': {}},"
		  "{'id': 'unknown', 'on': 'http', 'when': {'method': 'GET', 'path': '/jobs/{id}'}, 'do': {}}");
	ck_assert_str_eq(rule_match_id(rule_http("GET", "/jobs/1", NULL, NULL)), "unknown");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/jobs/1", NULL, NULL)), "start");
	ck_assert_str_eq(rule_match_id(rule_http("GET", "/jobs/1", NULL, NULL)), "running");
	ck_assert_str_eq(rule_match_id(rule_http("GET", "/jobs/2", NULL, NULL)), "unknown");
}
END_TEST

START_TEST(chance_is_drawn_from_the_seed)
{
	struct rule_options options = rule_test_options();
	char runs[3][33] = { "" };

	for (size_t r = 0; r < 3; r++) {
		options.seed = r < 2 ? 1 : 2;
		rule_load_options("{'id': 'x', 'on': 'http', 'when': {'chance': 0.5}, 'do': {}}", options);
		struct request *req = rule_http("GET", "/", NULL, NULL);
		for (size_t i = 0; i < 32; i++)
			runs[r][i] = *rule_match_id(req);
	}
	ck_assert_str_eq(runs[0], runs[1]);
	ck_assert_str_ne(runs[0], runs[2]);
	ck_assert_ptr_nonnull(strchr(runs[0], 'x'));
	ck_assert_ptr_nonnull(strchr(runs[0], '-'));
}
END_TEST

START_TEST(describe_only_peeks)
{
	rule_load("{'id': 'a', 'on': 'sql', 'when': {'params': [7], 'nth': 1}, 'times': 1, 'do': {'columns': {'n': 'int4'}, 'rows': [[1]]}}");
	struct request *req = rule_sql("select $1", NULL);
	struct reply reply;
	req->sql.describe = true;
	for (int i = 0; i < 3; i++) {
		ck_assert(rule_reply(req, &reply));
		ck_assert_uint_eq(reply.sql.ncolumns, 1);
		ck_assert_uint_eq(reply.sql.nrows, 0);
	}
	const char *const params[] = { "7", NULL };
	ck_assert_str_eq(rule_match_id(rule_sql("select $1", params)), "a");
	ck_assert_str_eq(rule_match_id(rule_sql("select $1", params)), "-");
}
END_TEST

START_TEST(a_settled_request_is_not_asked_about)
{
	rule_load("{'id': 'a', 'on': 'sql', 'do': {}}");
	struct request *req = rule_sql("select 1", NULL);
	req->settled = true;
	ck_assert_ptr_null(rules_match(rule_set, req));
}
END_TEST

START_TEST(an_expression_that_backtracks_without_end_gives_up)
{
	rule_load("{'id': 'a', 'on': 'http', 'when': {'text': {'re': '^(a+)+$'}}, 'do': {}}");
	char body[64];
	memset(body, 'a', 50);
	body[50] = 'b';
	body[51] = '\0';
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, body)), "-");
}
END_TEST

START_TEST(rules_on_says_whether_it_is_worth_asking)
{
	rule_load("{'on': 'call.redisConnect', 'do': {'return': 1}}, {'on': 'http', 'service': 'web', 'do': {}}");
	ck_assert(rules_on(rule_set, PORT_CALL, SLICE_NONE, SLICE_LIT("redisConnect")));
	ck_assert(!rules_on(rule_set, PORT_CALL, SLICE_NONE, SLICE_LIT("redisFree")));
	ck_assert(rules_on(rule_set, PORT_CALL, SLICE_NONE, SLICE_NONE));
	ck_assert(rules_on(rule_set, PORT_HTTP, SLICE_LIT("web"), SLICE_NONE));
	ck_assert(!rules_on(rule_set, PORT_HTTP, SLICE_LIT("other"), SLICE_NONE));
	ck_assert(!rules_on(rule_set, PORT_SQL, SLICE_NONE, SLICE_NONE));
}
END_TEST

START_TEST(hidden_rules_are_found)
{
	static const struct {
		const char *first, *second;
		bool hidden;
	} cases[] = {
		{ "'on': 'http'", "'on': 'http', 'when': {'method': 'GET'}", true },
		{ "'on': 'http', 'when': {'method': 'GET'}", "'on': 'http'", false },
		{ "'on': 'http', 'when': {'path': '/a/{x}'}", "'on': 'http', 'when': {'path': '/a/b', 'method': 'GET'}", true },
		{ "'on': 'http', 'when': {'path': '/a/{x}'}", "'on': 'http', 'when': {'path': '/b/b'}", false },
		{ "'on': 'http', 'when': {'json': {'n': {'gt': 1}}}", "'on': 'http', 'when': {'json': {'n': 5}}", true },
		{ "'on': 'http', 'times': 1", "'on': 'http'", false },
		{ "'on': 'http', 'when': {'nth': 1}", "'on': 'http'", false },
		{ "'on': 'http', 'service': 'web'", "'on': 'http'", false },
		{ "'on': 'http', 'service': 'web'", "'on': 'http', 'service': 'web'", true },
		{ "'on': 'http'", "'on': 'http', 'priority': 1", false },
		{ "'on': 'sql', 'when': {'sql': 'select 1'}", "'on': 'sql', 'when': {'sql': 'SELECT 2', 'params': [1]}", true },
		{ "'on': 'sql'", "'on': 'http'", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule_pair *pairs;
		char *rules = NULL;
		ck_assert_int_gt(asprintf(&rules, "{'id': 'a', %s, 'do': {}},\n{'id': 'b', %s, 'do': {}}", cases[i].first, cases[i].second), 0);
		rule_load(rules);
		size_t count = rules_hidden(rule_set, &pairs);
		if (i == 9) {
			/* The one with the higher priority is asked first, so the other one is hidden. */
			ck_assert_uint_eq(count, 1);
			ck_assert_str_eq(pairs[0].hidden, "r.json:3#a");
		} else {
			ck_assert_msg(count == cases[i].hidden, "%s", rules);
			if (count)
				ck_assert_str_eq(pairs[0].hidden, "r.json:4#b");
		}
		free(pairs);
		free(rules);
	}
}
END_TEST

SUITE_BEGIN(rule_match)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	tcase_add_loop_test(tc, a_value_of_a_json_body_is_held_against_every_operator, 0, sizeof(on_json) / sizeof(on_json[0]));
	tcase_add_loop_test(tc, an_http_request_is_held_against_every_field, 0, sizeof(on_http) / sizeof(on_http[0]));
	tcase_add_loop_test(tc, a_statement_is_held_against_every_field, 0, sizeof(on_sql) / sizeof(on_sql[0]));
	SUITE_TEST(literals_count_by_position);
	SUITE_TEST(a_null_parameter_is_null_and_not_text);
	SUITE_TEST(objects_calls_and_connections_have_fields_of_their_own);
	SUITE_TEST(priority_comes_first_then_the_order_of_the_file);
	SUITE_TEST(a_rule_of_another_service_or_method_is_passed_over);
	SUITE_TEST(times_used_up_lets_the_next_rule_answer);
	SUITE_TEST(nth_counts_what_else_would_match);
	SUITE_TEST(state_is_kept_per_key_and_asked_for);
	SUITE_TEST(chance_is_drawn_from_the_seed);
	SUITE_TEST(describe_only_peeks);
	SUITE_TEST(a_settled_request_is_not_asked_about);
	SUITE_TEST(an_expression_that_backtracks_without_end_gives_up);
	SUITE_TEST(rules_on_says_whether_it_is_worth_asking);
	SUITE_TEST(hidden_rules_are_found);
SUITE_END
