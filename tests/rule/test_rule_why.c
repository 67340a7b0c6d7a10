/* The near miss: which rule was closest, what of it did not hold, in words. */
#include "rule_test.h"

static const char *const headers[] = { "Authorization", "Bearer x", NULL };

START_TEST(the_closest_rule_is_named_with_what_failed)
{
	rule_load("{'id': 'list', 'on': 'http', 'when': {'method': 'GET', 'path': '/v1/jobs'}, 'do': {}},\n"
		  "{'id': 'create-job', 'on': 'http', 'service': 'web',\n"
		  " 'when': {'method': 'POST', 'path': '/v1/jobs/{kind}', 'header': {'authorization': {'prefix': 'Bearer '}}, 'json': {'rows': {'gt': 0}, 'owner': '${owner}'}},\n"
		  " 'do': {}}");
	struct request *req = rule_http("POST", "/v1/jobs/export", headers, "{'rows': 0, 'owner': 'ann'}");
	ck_assert_ptr_null(rules_match(rule_set, req));
	const struct why *why = rules_why(rule_set, req);
	ck_assert_str_eq(rule_text(why->closest), "create-job");
	ck_assert_str_eq(rule_text(why->place), "r.json:4");
	ck_assert_uint_eq(why->nconditions, 5);
	ck_assert_uint_eq(why->nhold, 4);
	ck_assert_str_eq(rule_text(why->conditions[1].path), "path");
	ck_assert_str_eq(rule_text(why->conditions[1].wants), "\"/v1/jobs/{kind}\"");
	ck_assert_str_eq(rule_text(why->conditions[1].got), "\"/v1/jobs/export\"");
	ck_assert(why->conditions[1].holds);
	ck_assert_str_eq(rule_text(why->conditions[3].path), "json.rows");
	ck_assert_str_eq(rule_text(why->conditions[3].wants), "{\"gt\": 0}");
	ck_assert_str_eq(rule_text(why->conditions[3].got), "0");
	ck_assert(!why->conditions[3].holds);
	ck_assert_str_eq(rule_text(why->text), "nothing answers POST http://web/v1/jobs/export; closest rule create-job (r.json:4), 4 of 5 conditions hold:"
					       " json.rows wants {\"gt\": 0}, got 0");
}
END_TEST

static const char *text_of(const char *rules, struct request *req)
{
	rule_load(rules);
	while (rules_match(rule_set, req))
		;
	return rule_text(rules_why(rule_set, req)->text);
}

START_TEST(what_nothing_answers_is_said_in_the_words_of_its_port)
{
	const char *const params[] = { "7", NULL };

	ck_assert_str_eq(text_of("{'on': 'sql', 'do': {}}", rule_http("GET", "/x?y=1", NULL, NULL)),
			 "nothing answers GET http://web/x?y=1; there is no rule on http for service web");
	ck_assert_str_eq(text_of("{'id': 's', 'on': 'sql', 'when': {'sql': 'select a from t where b = 1', 'params': [8, null]}, 'do': {}}",
				 rule_sql("SELECT a\n FROM t WHERE b = $1", params)),
			 "nothing answers SELECT a  FROM t WHERE b = $1; closest rule s (r.json:3), 1 of 3 conditions hold: params.1 wants 8, got \"7\";"
			 " params.2 wants null, got nothing");
	ck_assert_str_eq(text_of("{'id': 'o', 'on': 's3.GetObject', 'when': {'bucket': 'raw'}, 'do': {'status': 404}}", rule_s3("PutObject", "raw", "a/b")),
			 "nothing answers PutObject raw/a/b; closest rule o (r.json:3), 1 of 2 conditions hold: on wants \"s3.GetObject\", got \"s3.PutObject\"");
	struct request *connect = rule_new_request(PORT_CONNECT, "");
	connect->connect.boundary = SLICE_LIT("db:5432");
	ck_assert_str_eq(text_of("{'on': 'sql', 'do': {}}", connect), "nothing answers a connection to db:5432; there is no rule on connect");
}
END_TEST

START_TEST(rules_that_are_used_up_or_wait_for_their_turn_say_so)
{
	struct request *req = rule_http("GET", "/", NULL, NULL);

	ck_assert_str_eq(text_of("{'id': 'a', 'on': 'http', 'when': {'method': 'GET'}, 'times': {'max': 2}, 'do': {}}", req),
			 "nothing answers GET http://web/; closest rule a (r.json:3), 1 of 2 conditions hold: times wants {\"max\": 2}, got 3");
	ck_assert_str_eq(text_of("{'id': 'a', 'on': 'http', 'when': {'method': 'GET', 'nth': 2}, 'do': {}}", req),
			 "nothing answers GET http://web/; closest rule a (r.json:3), 1 of 2 conditions hold: nth wants 2, got 1");
	ck_assert_str_eq(text_of("{'id': 'a', 'on': 'http', 'when': {'state': {'job': 'done'}}, 'do': {}}", req),
			 "nothing answers GET http://web/; closest rule a (r.json:3), 0 of 1 condition holds: state.job wants \"done\", got nothing");
}
END_TEST

START_TEST(a_rule_of_another_service_is_not_close)
{
	ck_assert_str_eq(text_of("{'id': 'a', 'on': 'http', 'service': 'other', 'when': {'method': 'GET', 'path': '/x'}, 'do': {}}", rule_http("GET", "/y", NULL, NULL)),
			 "nothing answers GET http://web/y; there is no rule on http for service web");
}
END_TEST

START_TEST(what_names_the_thing_asked_weighs_more_than_how_many_hold)
{
	const char *text = text_of("{'id': 'other-path', 'on': 'http', 'when': {'method': 'POST', 'path': '/a', 'header': {'authorization': '${any}'}}, 'do': {}},"
				   "{'id': 'same-path', 'on': 'http', 'when': {'method': 'PUT', 'path': '/b'}, 'do': {}}",
				   rule_http("POST", "/b", headers, NULL));
	ck_assert_ptr_nonnull(strstr(text, "closest rule same-path"));
}
END_TEST

START_TEST(long_values_are_cut_and_stay_json)
{
	char body[2000];
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	rule_load("{'on': 'http', 'when': {'text': 'y'}, 'do': {}}");
	struct request *req = rule_http("POST", "/", NULL, body);
	const struct why *why = rules_why(rule_set, req);
	struct slice got = why->conditions[0].got;
	ck_assert_uint_lt(got.len, 500);
	json_t *v = json_loadb(got.ptr, got.len, JSON_DECODE_ANY, NULL);
	ck_assert(json_is_string(v));
	json_decref(v);
}
END_TEST

START_TEST(lists_say_what_they_hold)
{
	ck_assert_str_eq(text_of("{'id': 'a', 'on': 'sql', 'when': {'table': 'orders'}, 'do': {}}", rule_sql("select * from a, b", NULL)),
			 "nothing answers select * from a, b; closest rule a (r.json:3), 0 of 1 condition holds: table wants \"orders\", got [\"a\", \"b\"]");
}
END_TEST

/* ---- addresses --------------------------------------------------------- */

static const char *claimed(enum at_transport transport, const char *host, uint16_t port)
{
	const struct rule_at *at = NULL;
	const struct rule_service *s = rules_claim(rule_set, transport, slice_str(host), port, &at);

	return s ? arena_printf(&rule_arena, "%s %s", s->name, at->text).ptr : "-";
}

START_TEST(the_first_service_that_claims_an_address_has_it)
{
	struct rule_options options = rule_test_options();
	struct rule_errors errs;
	char *text = rule_quotes("{'seam': 1, 'profiles': {'test': {}, 'staging': {'services': {'web': {'mode': 'pass'}}}}, 'services': {"
				 " 'db': {'protocol': 'postgres', 'at': ['DB.prod', 'db.prod:5433', 'unix:/run/pg/.s.PGSQL.5432']},"
				 " 'lake': {'protocol': 's3', 'at': ['*.s3.amazonaws.com', 'minio:9000']},"
				 " 'late': {'protocol': 'http', 'at': ['x.s3.amazonaws.com:443', '10.0.0.7:7000', '[::0001]:80', 'udp:statsd:8125']},"
				 " 'web': {'protocol': 'http', 'at': 'web'}, 'gone': {'protocol': 'http', 'at': ['gone'], 'profiles': ['staging']},"
				 " 'redis': {'protocol': 'call', 'functions': [{'library': 'libhiredis', 'function': 'redisConnect', 'args': ['string', 'int'], 'returns': 'pointer'}]}},"
				 " 'rules': [{'on': 'http', 'service': 'gone', 'do': {}}], 'expect': [{'leaks': 0}]}");
	size_t count;

	ck_assert_int_eq(rules_parse(&rule_set, "dir/r.json", text, strlen(text), &options, &errs), 0);
	ck_assert_str_eq(claimed(AT_TCP, "db.prod", 5432), "db DB.prod");
	ck_assert_str_eq(claimed(AT_TCP, "DB.PROD.", 5433), "db db.prod:5433");
	ck_assert_str_eq(claimed(AT_TCP, "db.prod", 5434), "-");
	ck_assert_str_eq(claimed(AT_TCP, "x.s3.amazonaws.com", 443), "lake *.s3.amazonaws.com");
	ck_assert_str_eq(claimed(AT_TCP, "10.0.0.7", 7000), "late 10.0.0.7:7000");
	ck_assert_str_eq(claimed(AT_TCP, "::1", 80), "late [::0001]:80");
	ck_assert_str_eq(claimed(AT_UDP, "statsd", 8125), "late udp:statsd:8125");
	ck_assert_str_eq(claimed(AT_TCP, "statsd", 8125), "-");
	ck_assert_str_eq(claimed(AT_UNIX, "/run/pg/.s.PGSQL.5432", 0), "db unix:/run/pg/.s.PGSQL.5432");
	ck_assert_str_eq(claimed(AT_TCP, "gone", 80), "-");
	ck_assert_str_eq(rules_claim_name(rule_set, SLICE_LIT("web"))->name, "web");
	ck_assert_ptr_null(rules_claim_name(rule_set, SLICE_LIT("example.com")));
	const struct rule_service *services = rules_services(rule_set, &count);
	ck_assert_uint_eq(count, 5);
	ck_assert_int_eq(services[3].mode, MODE_FAKE);
	ck_assert_str_eq(services[0].place, "dir/r.json:1");
	ck_assert_str_eq(services[0].folder, "dir");
	const struct rule_function *f = rules_functions(rule_set, &count);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(f->function, "redisConnect");
	ck_assert_uint_eq(f->nargs, 2);
	ck_assert_str_eq(f->returns, "pointer");
	ck_assert_uint_eq(json_array_size(rules_member(rule_set, "expect")), 1);
	ck_assert_uint_eq(json_array_size(rules_member(rule_set, "mask")), 0);
	rules_free(rule_set);

	options.profile = "staging";
	ck_assert_int_eq(rules_parse(&rule_set, "dir/r.json", text, strlen(text), &options, &errs), 0);
	services = rules_services(rule_set, &count);
	ck_assert_uint_eq(count, 6);
	ck_assert_int_eq(services[3].mode, MODE_PASS);
	ck_assert_str_eq(claimed(AT_TCP, "gone", 80), "gone gone");
	free(text);
}
END_TEST

SUITE_BEGIN(rule_why)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	SUITE_TEST(the_closest_rule_is_named_with_what_failed);
	SUITE_TEST(what_nothing_answers_is_said_in_the_words_of_its_port);
	SUITE_TEST(rules_that_are_used_up_or_wait_for_their_turn_say_so);
	SUITE_TEST(a_rule_of_another_service_is_not_close);
	SUITE_TEST(what_names_the_thing_asked_weighs_more_than_how_many_hold);
	SUITE_TEST(long_values_are_cut_and_stay_json);
	SUITE_TEST(lists_say_what_they_hold);
	SUITE_TEST(the_first_service_that_claims_an_address_has_it);
SUITE_END
