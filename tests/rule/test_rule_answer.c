/* What a rule answers: bodies, rows, errors, calls, faults, delays, sequences, templates. */
#include <errno.h>

#include "rule_test.h"

static const char *body_text(struct body *b)
{
	return b ? rule_text(body_slice(b)) : "(none)";
}

static const char *cell(const struct reply *reply, size_t row, size_t column)
{
	const struct sql_value *v = &reply->sql.cells[row * reply->sql.ncolumns + column];

	return v->null ? "(null)" : rule_text(v->text);
}

/* ---- http -------------------------------------------------------------- */

START_TEST(http_answers_have_status_headers_and_one_body)
{
	struct reply reply;

	rule_load("{'id': 'j', 'on': 'http', 'when': {'path': '/j'}, 'do': {'status': 202, 'header': {'X-A': ['1', '2']}, 'json': {'a': [1, 2.5, null, true], '//': 'no'}}},"
		  "{'id': 't', 'on': 'http', 'when': {'path': '/t'}, 'do': {'text': ['one', 'two']}},"
		  "{'id': 'b', 'on': 'http', 'when': {'path': '/b'}, 'do': {'base64': 'AAEC', 'header': {'content-type': 'x/y'}}},"
		  "{'id': 'e', 'on': 'http', 'when': {'path': '/e'}, 'do': {'status': 503}}");
	ck_assert(rule_reply(rule_http("GET", "/j", NULL, NULL), &reply));
	ck_assert_int_eq(reply.port, PORT_HTTP);
	ck_assert_int_eq(reply.by, BY_RULE);
	ck_assert_str_eq(rule_text(reply.rule), "r.json:3#j");
	ck_assert_int_eq(reply.http.status, 202);
	ck_assert(!reply.failed);
	ck_assert_uint_eq(reply.http.headers.count, 3);
	ck_assert_str_eq(rule_text(*headers_get(&reply.http.headers, "content-type")), "application/json");
	ck_assert_str_eq(body_text(reply.http.body), "{\"a\":[1,2.5,null,true]}");
	reply_release(&reply);

	ck_assert(rule_reply(rule_http("GET", "/t", NULL, NULL), &reply));
	ck_assert_int_eq(reply.http.status, 200);
	ck_assert_str_eq(rule_text(*headers_get(&reply.http.headers, "content-type")), "text/plain; charset=utf-8");
	ck_assert_str_eq(body_text(reply.http.body), "one\ntwo");
	reply_release(&reply);

	ck_assert(rule_reply(rule_http("GET", "/b", NULL, NULL), &reply));
	ck_assert_uint_eq(body_size(reply.http.body), 3);
	ck_assert_int_eq(memcmp(body_slice(reply.http.body).ptr, "\0\1\2", 3), 0);
	ck_assert_uint_eq(reply.http.headers.count, 1);
	reply_release(&reply);

	ck_assert(rule_reply(rule_http("GET", "/e", NULL, NULL), &reply));
	ck_assert(reply.failed);
	ck_assert_str_eq(rule_text(reply.err), "503");
	ck_assert_ptr_null(reply.http.body);
}
END_TEST

/* ---- templates --------------------------------------------------------- */

static const char *const headers[] = { "X-Request-Id", "r-1", "Cookie", "a=\"b\"", NULL };

static const struct {
	const char *answer, *body;
} templates[] = {
	{ "'text': '{{method}} {{path}} {{url}} {{host}}'", "POST /v1/jobs/export http://web/v1/jobs/export?dry=1 web" },
	{ "'text': '{{path.kind}}/{{query.dry}}/{{header.x-request-id}}/{{header.none}}.'", "export/1/r-1/." },
	{ "'text': '{{json.rows}} {{json.owner.name}} {{json.items.1}} {{json.none}}.'", "3 ann b ." },
	{ "'text': '{{json.owner}}'", "{\"name\":\"ann\"}" },
	{ "'text': '{{owner}} {{process}}'", "ann load.py" },
	{ "'text': '{{now}}'", "2026-11-20T11:14:46.123Z" },
	{ "'text': '{{now `date`}} {{now `time`}} {{now `unix`}} {{now `unix_ms`}}'", "2026-11-20 11:14:46 1795173286 1795173286123" },
	{ "'text': '{{now `http`}}'", "Fri, 20 Nov 2026 11:14:46 GMT" },
	{ "'text': '{{now `sql`}}'", "2026-11-20 11:14:46.123+00" },
	{ "'text': '{{now `-1 day` `iso`}}'", "2026-11-19T11:14:46.123Z" },
	{ "'text': '{{now `+2 hours 15 minutes` `time`}}'", "13:29:46" },
	{ "'text': '{{now `-9 months` `date`}} {{now `1 year` `date`}} {{now `%d.%m.%Y`}}'", "2026-02-20 2027-11-20 20.11.2026" },
	{ "'text': '{{counter `a`}} {{counter `a`}} {{counter `b`}}'", "1 2 1" },
	{ "'text': '{{base64 json.owner.name}} {{base64 `hello`}}'", "YW5u aGVsbG8=" },
	{ "'text': '{{sha256 `abc`}}'", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "'json': {'n': '{{json.rows}}', 'o': '{{json.owner}}', 's': 'is {{json.rows}}', 'x': '{{json.none}}'}",
	  "{\"n\":3,\"o\":{\"name\":\"ann\"},\"s\":\"is 3\",\"x\":null}" },
	{ "'json': {'cookie': '{{header.cookie}}', 'l': ['{{owner}}', 1]}", "{\"cookie\":\"a=\\\"b\\\"\",\"l\":[\"ann\",1]}" },
	{ "'text': '{ {not}} } {{owner}}'", "{ {not}} } ann" },
};

START_TEST(templates_render)
{
	struct reply reply;
	char *rule = NULL;

	ck_assert_int_gt(asprintf(&rule, "{'on': 'http', 'when': {'path': '/v1/jobs/{kind}', 'json': {'owner': {'name': '${owner}'}}}, 'do': {%s}}", templates[_i].answer), 0);
	rule_load(rule);
	ck_assert(rule_reply(rule_http("POST", "/v1/jobs/export?dry=1", headers, "{'rows': 3, 'owner': {'name': 'ann'}, 'items': ['a', 'b']}"), &reply));
	ck_assert_str_eq(body_text(reply.http.body), templates[_i].body);
	reply_release(&reply);
	free(rule);
}
END_TEST

static const char *answer_of(uint64_t seed, const char *rules, const char *path)
{
	struct rule_options options = rule_test_options();
	struct reply reply;

	options.seed = seed;
	rule_load_options(rules, options);
	ck_assert(rule_reply(rule_http("GET", path, NULL, NULL), &reply));
	const char *text = body_text(reply.http.body);
	reply_release(&reply);
	return text;
}

START_TEST(random_values_come_from_the_seed_and_the_rule)
{
	const char *rules = "{'id': 'a', 'on': 'http', 'when': {'path': '/a'}, 'do': {'text': '{{uuid}} {{random 1 6}}'}}";
	const char *more = "{'id': 'b', 'on': 'http', 'when': {'path': '/b'}, 'do': {'text': '{{uuid}}'}},"
			   "{'id': 'a', 'on': 'http', 'when': {'path': '/a'}, 'do': {'text': '{{uuid}} {{random 1 6}}'}}";
	const char *one = answer_of(1, rules, "/a");

	ck_assert_uint_eq(strlen(one), 38);
	ck_assert_int_eq(one[14], '4');
	ck_assert_ptr_nonnull(strchr("89ab", one[19]));
	ck_assert(one[37] >= '1' && one[37] <= '6');
	ck_assert_str_eq(one, answer_of(1, rules, "/a"));
	ck_assert_str_eq(one, answer_of(1, more, "/a"));
	ck_assert_str_ne(one, answer_of(2, rules, "/a"));
	ck_assert_str_ne(answer_of(1, more, "/b"), one);
}
END_TEST

/* ---- sql --------------------------------------------------------------- */

START_TEST(rows_have_types_cells_and_a_tag)
{
	struct reply reply;

	rule_load("{'id': 'r', 'on': 'sql', 'do': {'columns': {'id': 'int4', 'name': 'varchar(20)', 'ok': 'bool', 'doc': 'jsonb', 'n': 'numeric(5,2)'},"
		  " 'rows': [[1, 'a', true, {'x': [1]}, '1.50'], {'id': 2, 'n': 7}]}}");
	ck_assert(rule_reply(rule_sql("select * from t", NULL), &reply));
	ck_assert(reply.sql.has_rows && !reply.failed);
	ck_assert_uint_eq(reply.sql.nrows, 2);
	ck_assert_uint_eq(reply.sql.ncolumns, 5);
	ck_assert_uint_eq(reply.sql.columns[0].oid, 23);
	ck_assert_int_eq(reply.sql.columns[0].typlen, 4);
	ck_assert_int_eq(reply.sql.columns[0].typmod, -1);
	ck_assert_int_eq(reply.sql.columns[1].typmod, 24);
	ck_assert_str_eq(cell(&reply, 0, 0), "1");
	ck_assert_str_eq(cell(&reply, 0, 2), "t");
	ck_assert_str_eq(cell(&reply, 0, 3), "{\"x\":[1]}");
	ck_assert_str_eq(cell(&reply, 1, 0), "2");
	ck_assert_str_eq(cell(&reply, 1, 1), "(null)");
	ck_assert_str_eq(cell(&reply, 1, 4), "7");
	ck_assert_str_eq(rule_text(reply.sql.tag), "SELECT 2");
}
END_TEST

START_TEST(types_of_bare_columns_come_from_the_first_value)
{
	struct reply reply;

	rule_load("{'on': 'sql', 'do': {'columns': ['a', 'b', 'c', 'd', 'e', 'f'], 'rows': [[null, 5000000000, 1.5, true, 'x', []], [1, 2, 3, false, 'y', {}]]}}");
	ck_assert(rule_reply(rule_sql("select 1", NULL), &reply));
	const uint32_t oids[] = { 23, 20, 701, 16, 25, 3802 };
	for (size_t i = 0; i < 6; i++)
		ck_assert_uint_eq(reply.sql.columns[i].oid, oids[i]);
}
END_TEST

START_TEST(cells_may_be_templates)
{
	const char *const params[] = { "7", NULL };
	struct reply reply;

	rule_load("{'on': 'sql', 'when': {'params': ['${id}']}, 'do': {'columns': {'id': 'int4', 't': 'text'}, 'rows': [['{{id}}', '{{param.1}} of {{table}}'], [1, 'x']]}}");
	ck_assert(rule_reply(rule_sql("select * from t where id = $1", params), &reply));
	ck_assert_str_eq(cell(&reply, 0, 0), "7");
	ck_assert_str_eq(cell(&reply, 0, 1), "7 of t");
	ck_assert_str_eq(cell(&reply, 1, 1), "x");
}
END_TEST

START_TEST(statements_without_rows_get_their_tag)
{
	struct reply reply;

	rule_load("{'id': 'tag', 'on': 'sql.insert', 'do': {'tag': 'INSERT 0 7'}}, {'id': 'any', 'on': 'sql', 'do': {}}");
	ck_assert(rule_reply(rule_sql("insert into t values (1)", NULL), &reply));
	ck_assert_str_eq(rule_text(reply.sql.tag), "INSERT 0 7");
	ck_assert(!reply.sql.has_rows);
	ck_assert(rule_reply(rule_sql("begin", NULL), &reply));
	ck_assert_str_eq(rule_text(reply.sql.tag), "BEGIN");
	ck_assert(rule_reply(rule_sql("select 1", NULL), &reply));
	ck_assert(reply.sql.has_rows);
	ck_assert_str_eq(rule_text(reply.sql.tag), "SELECT 0");
}
END_TEST

START_TEST(errors_carry_all_their_fields)
{
	struct reply reply;

	rule_load("{'on': 'sql.insert', 'do': {'error': {'sqlstate': '23505', 'message': 'duplicate {{table}}', 'detail': 'd', 'hint': 'h', 'position': 3,"
		  " 'schema': 's', 'table': 't', 'column': 'c', 'datatype': 'y', 'constraint': 'k', 'where': 'w', 'severity': 'FATAL'}}},"
		  "{'on': 'sql', 'do': {'error': '40001'}}");
	ck_assert(rule_reply(rule_sql("insert into t values (1)", NULL), &reply));
	const struct sql_error *e = reply.sql.error;
	ck_assert(reply.failed);
	ck_assert_str_eq(rule_text(reply.err), "23505");
	ck_assert_str_eq(rule_text(e->message), "duplicate t");
	ck_assert_str_eq(rule_text(e->detail), "d");
	ck_assert_str_eq(rule_text(e->hint), "h");
	ck_assert_str_eq(rule_text(e->where), "w");
	ck_assert_str_eq(rule_text(e->severity), "FATAL");
	ck_assert_int_eq(e->position, 3);
	ck_assert_str_eq(rule_text(e->constraint), "k");
	ck_assert(rule_reply(rule_sql("select 1", NULL), &reply));
	ck_assert_str_eq(rule_text(reply.sql.error->message), "could not serialize access due to concurrent update");
}
END_TEST

static const struct {
	const char *sql, *data;
} copies[] = {
	{ "copy t to stdout", "1\ta\\tb\\\\c\\nd\n2\t\\N\n3\t\n" },
	{ "copy t to stdout (format csv)", "1,\"a\tb\\c\nd\"\n2,\n3,\"\"\n" },
	{ "copy t to stdout (format csv, header)", "id,note\n1,\"a\tb\\c\nd\"\n2,\n3,\"\"\n" },
	{ "copy t to stdout with csv delimiter ';' null 'N'", "1;\"a\tb\\c\nd\"\n2;N\n3;\n" },
	{ "copy t to stdout delimiter '|'", "1|a\\tb\\\\c\\nd\n2|\\N\n3|\n" },
};

START_TEST(rows_are_formatted_for_copy)
{
	struct reply reply;

	rule_load("{'on': 'sql', 'do': {'columns': {'id': 'int4', 'note': 'text'}, 'rows': [[1, 'a\\tb\\\\c\\nd'], [2, null], [3, '']]}}");
	ck_assert(rule_reply(rule_sql(copies[_i].sql, NULL), &reply));
	ck_assert_str_eq(body_text(reply.sql.copy_out), copies[_i].data);
	ck_assert_str_eq(rule_text(reply.sql.tag), "COPY 3");
	ck_assert_uint_eq(reply.sql.ncolumns, 2);
	ck_assert(!reply.sql.has_rows);
	reply_release(&reply);
}
END_TEST

START_TEST(text_is_the_data_of_copy_and_of_nothing_else)
{
	struct reply reply;

	rule_load("{'id': 'copy', 'on': 'sql', 'do': {'text': 'id,note\\n1,x\\n2,y\\n'}}");
	ck_assert(rule_reply(rule_sql("copy t to stdout csv header", NULL), &reply));
	ck_assert_str_eq(body_text(reply.sql.copy_out), "id,note\n1,x\n2,y\n");
	ck_assert_str_eq(rule_text(reply.sql.tag), "COPY 2");
	reply_release(&reply);
	ck_assert_str_eq(rule_match_id(rule_sql("select 1", NULL)), "-");
	ck_assert_str_eq(rule_match_id(rule_sql("copy t from stdin", NULL)), "-");
}
END_TEST

START_TEST(copy_from_counts_what_was_sent)
{
	struct reply reply;

	rule_load("{'id': 'in', 'on': 'sql', 'when': {'text': {'contains': 'ann'}}, 'do': {}}");
	struct request *req = rule_sql("copy t from stdin csv header", NULL);
	req->sql.copy_in = body_of(SLICE_LIT("id,name\n1,ann\n2,bob\n"));
	ck_assert(rule_reply(req, &reply));
	ck_assert_str_eq(rule_text(reply.sql.tag), "COPY 2");
}
END_TEST

/* ---- s3, calls, connections -------------------------------------------- */

START_TEST(s3_answers_by_code_or_by_http)
{
	struct reply reply;

	rule_load("{'on': 's3.GetObject', 'do': {'error': {'code': 'NoSuchKey', 'message': 'no {{key}}'}}}, {'on': 's3', 'do': {'status': 503, 'text': 'x'}}");
	ck_assert(rule_reply(rule_s3("GetObject", "raw", "a"), &reply));
	ck_assert_int_eq(reply.port, PORT_OBJECT);
	ck_assert_str_eq(rule_text(reply.object.code), "NoSuchKey");
	ck_assert_str_eq(rule_text(reply.object.message), "no a");
	ck_assert_int_eq(reply.object.status, 0);
	ck_assert_str_eq(rule_text(reply.err), "NoSuchKey");
	ck_assert(rule_reply(rule_s3("PutObject", "raw", "a"), &reply));
	ck_assert_int_eq(reply.port, PORT_HTTP);
	ck_assert_int_eq(reply.http.status, 503);
	reply_release(&reply);
}
END_TEST

START_TEST(calls_return_values_and_errno)
{
	static const struct {
		const char *answer;
		int kind;
		int64_t i;
		int error;
	} cases[] = {
		{ "{'return': -1, 'errno': 'ECONNREFUSED'}", CALL_INT, -1, ECONNREFUSED },
		{ "{'return': null}", CALL_NULL, 0, 0 },
		{ "{'return': true}", CALL_INT, 1, 0 },
		{ "{'return': {'pointer': 3}}", CALL_POINTER, 3, 0 },
		{ "{'return': 'x {{function}}'}", CALL_STRING, 0, 0 },
		{ "{'return': 1.5}", CALL_DOUBLE, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reply reply;
		char *rule = NULL;
		ck_assert_int_gt(asprintf(&rule, "{'on': 'call', 'do': %s}", cases[i].answer), 0);
		rule_load(rule);
		struct request *req = rule_new_request(PORT_CALL, "");
		req->op = SLICE_LIT("f");
		ck_assert(rule_reply(req, &reply));
		ck_assert_int_eq(reply.call.result.kind, cases[i].kind);
		ck_assert_int_eq(reply.call.result.i, cases[i].i);
		ck_assert_int_eq(reply.call.set_errno, cases[i].error);
		if (cases[i].kind == CALL_STRING)
			ck_assert_str_eq(rule_text(reply.call.result.text), "x f");
		free(rule);
	}
}
END_TEST

START_TEST(a_connection_is_refused_or_held_up)
{
	struct reply reply;

	rule_load("{'on': 'connect', 'when': {'nth': 1}, 'do': {'fault': 'refuse', 'delay': '5ms'}}, {'on': 'connect', 'do': {'delay': '1.5s'}}");
	struct request *req = rule_new_request(PORT_CONNECT, "db");
	ck_assert(rule_reply(req, &reply));
	ck_assert_int_eq(reply.connect.error, ECONNREFUSED);
	ck_assert_int_eq(reply.fault, FAULT_REFUSE);
	ck_assert_int_eq(reply.by, BY_FAULT);
	ck_assert_uint_eq(reply.delay_ns, 5000000);
	ck_assert_str_eq(rule_text(reply.err), "ECONNREFUSED");
	ck_assert(!rule_reply(req, &reply));
	ck_assert_int_eq(reply.connect.error, 0);
	ck_assert_uint_eq(reply.delay_ns, 1500000000);
}
END_TEST

START_TEST(a_handshake_is_shown_a_certificate_or_an_alert)
{
	struct reply reply;

	rule_load("{'on': 'tls', 'when': {'name': 'a.test', 'alpn': {'contains': 'h2'}}, 'do': {'certificate': 'wrong-name', 'delay': '5ms'}},"
		  "{'on': 'tls', 'when': {'name': {'absent': true}}, 'do': {'fault': 'tls-alert', 'at': 'tls', 'alert': 'unrecognized_name'}},"
		  "{'on': 'tls', 'when': {'boundary': 'b.test:443'}, 'do': {'fault': 'tls-alert'}},"
		  "{'on': 'tls', 'do': {'pass': true}}");
	struct request *req = rule_new_request(PORT_TLS, "db");
	req->tls.name = SLICE_LIT("a.test");
	req->tls.alpn = SLICE_LIT("h2,http/1.1");
	ck_assert(rule_reply(req, &reply));
	ck_assert_int_eq(reply.tls.certificate, TLS_WRONG_NAME);
	ck_assert_int_eq(reply.by, BY_RULE);
	ck_assert(!reply.failed);
	ck_assert_uint_eq(reply.delay_ns, 5000000);
	req->tls.name = SLICE_NONE;
	ck_assert(rule_reply(req, &reply));
	ck_assert_int_eq(reply.fault, FAULT_TLS_ALERT);
	ck_assert_int_eq(reply.by, BY_FAULT);
	ck_assert_int_eq(reply.tls.alert, 112);
	ck_assert_str_eq(rule_text(reply.err), "unrecognized_name");
	req->tls.name = SLICE_LIT("b.test");
	req->boundary = SLICE_LIT("b.test:443");
	ck_assert(rule_reply(req, &reply));
	ck_assert_int_eq(reply.tls.alert, 40);
	req->boundary = SLICE_LIT("c.test:443");
	ck_assert(!rule_reply(req, &reply));
	ck_assert_int_eq(reply.fault, FAULT_NONE);
}
END_TEST

/* ---- faults, delays, sequences ----------------------------------------- */

START_TEST(faults_take_the_place_of_the_answer_or_follow_the_effect)
{
	struct reply reply;

	rule_load("{'on': 'sql.commit', 'do': {'pass': true, 'fault': 'reset', 'at': 'after-effect'}}, {'on': 'sql', 'do': {'fault': 'eof'}}");
	ck_assert(!rule_reply(rule_sql("commit", NULL), &reply));
	ck_assert_int_eq(reply.fault, FAULT_RESET);
	ck_assert_str_eq(rule_text(reply.err), "ECONNRESET");
	ck_assert(rule_reply(rule_sql("begin", NULL), &reply));
	ck_assert_int_eq(reply.fault, FAULT_EOF);
	ck_assert_int_eq(reply.by, BY_FAULT);
	ck_assert(reply.failed);
}
END_TEST

START_TEST(delays_are_drawn_within_their_bounds)
{
	struct reply reply;
	bool different = false;
	uint64_t first = 0;

	rule_load("{'on': 'http.get', 'do': {'status': 200, 'delay': {'uniform': ['10ms', '50ms']}}}, {'on': 'http', 'do': {'delay': {'lognormal': ['80ms', 0.4]}}}");
	struct request *get = rule_http("GET", "/", NULL, NULL), *put = rule_http("PUT", "/", NULL, NULL);
	for (int i = 0; i < 50; i++) {
		ck_assert(rule_reply(get, &reply));
		ck_assert(reply.delay_ns >= 10000000 && reply.delay_ns <= 50000000);
		different = different || (i && reply.delay_ns != first);
		first = reply.delay_ns;
	}
	ck_assert(different);
	ck_assert(rule_reply(put, &reply));
	ck_assert_int_eq(reply.http.status, 200);
	ck_assert(reply.delay_ns > 1000000 && reply.delay_ns < 2000000000);
}
END_TEST

START_TEST(a_sequence_goes_on_as_then_says)
{
	static const struct {
		const char *then, *statuses;
	} cases[] = {
		{ "last", "201 202 202 202" }, { "loop", "201 202 201 202" }, { "next", "201 202 299 299" }, { "fail", "201 202 0 0" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *rule = NULL, got[32] = "";
		ck_assert_int_gt(asprintf(&rule, "{'id': 'seq', 'on': 'http', 'do': [{'status': 201}, {'status': 202}], 'then': '%s'}, {'on': 'http', 'do': {'status': 299}}", cases[i].then), 0);
		rule_load(rule);
		struct request *req = rule_http("GET", "/", NULL, NULL);
		struct reply reply;
		for (size_t n = 0; n < 4; n++) {
			ck_assert(rule_reply(req, &reply));
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%d", n ? " " : "", reply.http.status);
		}
		ck_assert_str_eq(got, cases[i].statuses);
		if (strcmp(cases[i].then, "fail") == 0) {
			ck_assert_int_eq(reply.by, BY_NONE);
			ck_assert_str_eq(rule_text(reply.why->text), "rule seq (r.json:3) has 2 answers and was asked for number 4; its \"then\" says fail");
		}
		free(rule);
	}
}
END_TEST

START_TEST(pass_leaves_the_answer_to_the_fake_and_still_sets_states)
{
	struct reply reply;

	rule_load("{'on': 'sql.begin', 'do': {'pass': true, 'set': {'tx': 'open {{process}}'}}}, {'on': 'sql', 'when': {'state': {'tx': 'open load.py'}}, 'do': {'tag': '{{state.tx}}'}}");
	ck_assert_ptr_null(rules_match(rule_set, rule_sql("commit", NULL)));
	ck_assert(!rule_reply(rule_sql("begin", NULL), &reply));
	ck_assert(rule_reply(rule_sql("commit", NULL), &reply));
	ck_assert_str_eq(rule_text(reply.sql.tag), "open load.py");
}
END_TEST

START_TEST(rules_that_never_answered_are_listed)
{
	size_t count;

	rule_load("{'id': 'a', 'on': 'http.get', 'do': {}},\n{'id': 'b', 'on': 'http.put', 'do': {}},\n{'id': 'c', 'on': 'http.put', 'optional': true, 'do': {}},\n"
		  "{'id': 'd', 'on': 'http.post', 'times': {'min': 2}, 'do': {}}");
	rule_match_id(rule_http("GET", "/", NULL, NULL));
	rule_match_id(rule_http("POST", "/", NULL, NULL));
	const char **unused = rules_unused(rule_set, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(unused[0], "r.json:4#b");
	ck_assert_str_eq(unused[1], "r.json:6#d");
	free(unused);
}
END_TEST

SUITE_BEGIN(rule_answer)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	tcase_add_loop_test(tc, templates_render, 0, sizeof(templates) / sizeof(templates[0]));
	tcase_add_loop_test(tc, rows_are_formatted_for_copy, 0, sizeof(copies) / sizeof(copies[0]));
	SUITE_TEST(http_answers_have_status_headers_and_one_body);
	SUITE_TEST(random_values_come_from_the_seed_and_the_rule);
	SUITE_TEST(rows_have_types_cells_and_a_tag);
	SUITE_TEST(types_of_bare_columns_come_from_the_first_value);
	SUITE_TEST(cells_may_be_templates);
	SUITE_TEST(statements_without_rows_get_their_tag);
	SUITE_TEST(errors_carry_all_their_fields);
	SUITE_TEST(text_is_the_data_of_copy_and_of_nothing_else);
	SUITE_TEST(copy_from_counts_what_was_sent);
	SUITE_TEST(s3_answers_by_code_or_by_http);
	SUITE_TEST(calls_return_values_and_errno);
	SUITE_TEST(a_connection_is_refused_or_held_up);
	SUITE_TEST(a_handshake_is_shown_a_certificate_or_an_alert);
	SUITE_TEST(faults_take_the_place_of_the_answer_or_follow_the_effect);
	SUITE_TEST(delays_are_drawn_within_their_bounds);
	SUITE_TEST(a_sequence_goes_on_as_then_says);
	SUITE_TEST(pass_leaves_the_answer_to_the_fake_and_still_sets_states);
	SUITE_TEST(rules_that_never_answered_are_listed);
SUITE_END
