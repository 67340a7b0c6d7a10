/* From an event to a rule: the text, and that the rule accepts the request it was made from. */
#include "rule_test.h"

static char *suggested(const char *event)
{
	char *text = rule_quotes(event);
	json_t *v = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(v);
	char *rule = rule_suggest(v);
	json_decref(v);
	free(text);
	return rule;
}

static void check_rule(const char *rule, const char *expected)
{
	char *text = rule_quotes(expected);
	json_t *a = json_loads(rule, 0, NULL), *b = json_loads(text, 0, NULL);

	ck_assert_ptr_nonnull(b);
	ck_assert_msg(json_equal(a, b), "%s", rule);
	json_decref(a);
	json_decref(b);
	free(text);
}

/* The rule as the only one of a file, and the request it was made for. */
static void check_accepts(const char *rule, struct request *req)
{
	rule_load(rule);
	ck_assert_msg(rules_match(rule_set, req) != NULL, "%s", rule);
}

START_TEST(an_http_event_becomes_a_rule_with_its_body)
{
	char *rule = suggested("{'k': 'http', 'st': 'load.py/web/web:80#0', 'sum': 'POST /v1/jobs/{kind}', 'by': 'none',"
			       " 'a': {'http.request.method': 'POST', 'url.full': 'http://web/v1/jobs/a%20b?dry=1'},"
			       " 'req': {'sz': 9, 'b': {'id': '0190163d-8694-739b-aea5-966c26f8ad91', 'n': 3, 'at': '2026-11-20T11:14:46Z', 'key': '<secret:0badc0de>', 'cost': '${x}'}}}");
	check_rule(rule, "{'id': 'post-v1-jobs-kind', 'on': 'http', 'service': 'web', 'when': {'method': 'POST', 'path': '/v1/jobs/a b', 'query': 'dry=1',"
			 " 'json': {'id': '${any.uuid}', 'n': 3, 'at': '${any.time}', 'key': '${any}', 'cost': '$${x}'}}, 'do': {'status': 200, 'json': {}}}");
	struct request *req = rule_http("POST", "/v1/jobs/a b?dry=1", NULL,
					"{'id': '0190163d-8694-739b-aea5-966c26f8ad92', 'n': 3, 'at': '2026-11-21T11:14:46Z', 'key': 'x', 'cost': '${x}'}");
	check_accepts(rule, req);
	free(rule);
}
END_TEST

START_TEST(an_answer_that_was_seen_is_kept)
{
	char *rule = suggested("{'k': 'http', 'st': 'a/web/web:80#0', 'sum': 'GET /', 'by': 'record', 'a': {'http.request.method': 'GET', 'url.full': 'http://web',"
			       " 'http.response.status_code': 418}, 'res': {'sz': 2, 'b': 'a {{b}}'}}");
	check_rule(rule, "{'id': 'get', 'on': 'http', 'service': 'web', 'when': {'method': 'GET', 'path': '/'}, 'do': {'status': 418, 'base64': 'YSB7e2J9fQ=='}}");
	check_accepts(rule, rule_http("GET", "/", NULL, NULL));
	free(rule);
}
END_TEST

static const struct {
	const char *sql, *answer;
} statements[] = {
	{ "select id, count(*) as n from t where a = 1", "{'columns': {'id': 'text', 'n': 'text'}, 'rows': []}" },
	{ "select * from t", "{'columns': {'value': 'text'}, 'rows': []}" },
	{ "insert into t values ($1)", "{'tag': 'INSERT 0 1'}" },
	{ "copy t to stdout", "{'text': ''}" },
	{ "begin", "{'tag': 'BEGIN'}" },
};

START_TEST(a_statement_becomes_a_rule_that_answers_plausibly)
{
	const char *const params[] = { "7", NULL };
	char *event = NULL, *expected = NULL;

	ck_assert_int_gt(asprintf(&event, "{'k': 'sql', 'st': 'a/db/db:5432#0', 'sum': 'X t', 'by': 'none', 'a': {'db.query.text': '%s', 'db.query.parameter.0': '7'}}",
				  statements[_i].sql), 0);
	ck_assert_int_gt(asprintf(&expected, "{'id': 'x-t', 'on': 'sql', 'service': 'db', 'when': {'sql': '%s', 'params': ['7']}, 'do': %s}",
				  statements[_i].sql, statements[_i].answer), 0);
	char *rule = suggested(event);
	check_rule(rule, expected);
	check_accepts(rule, rule_sql(statements[_i].sql, params));
	free(rule);
	free(event);
	free(expected);
}
END_TEST

START_TEST(an_object_operation_becomes_a_rule)
{
	char *rule = suggested("{'k': 's3', 'st': 'a/lake/raw.s3.amazonaws.com:443#0', 'sum': 'GetObject raw', 'a': {'aws.s3.bucket': 'raw', 'aws.s3.key': 'a/b'}}");
	check_rule(rule, "{'id': 'getobject-raw', 'on': 's3.GetObject', 'service': 'lake', 'when': {'bucket': 'raw', 'key': 'a/b'}, 'do': {'error': 'NoSuchKey'}}");
	check_accepts(rule, rule_s3("GetObject", "raw", "a/b"));
	free(rule);
}
END_TEST

START_TEST(other_events_have_no_rule)
{
	ck_assert_ptr_null(suggested("{'k': 'conn.open', 'st': 'a/-/x:1', 'by': 'none'}"));
	ck_assert_ptr_null(suggested("{}"));
}
END_TEST

SUITE_BEGIN(rule_suggest)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	tcase_add_loop_test(tc, a_statement_becomes_a_rule_that_answers_plausibly, 0, sizeof(statements) / sizeof(statements[0]));
	SUITE_TEST(an_http_event_becomes_a_rule_with_its_body);
	SUITE_TEST(an_answer_that_was_seen_is_kept);
	SUITE_TEST(an_object_operation_becomes_a_rule);
	SUITE_TEST(other_events_have_no_rule);
SUITE_END
