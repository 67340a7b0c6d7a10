/* The http service as a client sees it: bytes in, bytes out. */
#include <check.h>

#include "http_talk.h"
#include "service/http/http_route.h"
#include "suites.h"

extern const struct service_type service_http;

/* What the next request gets. */
static struct {
	int status;
	const char *names[4], *values[4];
	size_t body; /* bytes of 'x'; with echo those of the request */
	bool echo, nothing;
} plan;

static void answer(void *arg, void *state, struct request *req, struct reply *reply)
{
	(void)arg;
	(void)state;
	if (plan.nothing)
		return;
	reply->by = BY_RULE;
	reply->http.status = plan.status;
	for (size_t i = 0; i < 4 && plan.names[i]; i++)
		headers_add(&reply->http.headers, req->arena, slice_str(plan.names[i]), slice_str(plan.values[i]));
	if (plan.echo) {
		reply->http.body = body_ref(req->http.body);
	} else if (plan.body) {
		char *bytes = arena_alloc(req->arena, plan.body);
		memset(bytes, 'x', plan.body);
		reply->http.body = body_of(slice_of(bytes, plan.body));
	}
}

static void show(struct request *req, struct buf *line)
{
	buf_addf(line, "%.*s|%.*s|%.*s", SLICE_ARG(req->op), SLICE_ARG(req->sum), SLICE_ARG(http_request_url(&req->http, req->arena)));
	buf_addf(line, "|%s", req->http.body ? "" : "-");
	buf_add_slice(line, body_slice(req->http.body));
}

static struct talk talk;

static void start(void)
{
	memset(&plan, 0, sizeof(plan));
	plan.status = 200;
	talk_init(&talk, &service_http, "{}", answer);
	talk.script.show = show;
}

static void stop(void)
{
	talk_release(&talk);
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define DATE "Date: " TALK_DATE "\r\n"

START_TEST(replies_carry_date_and_length)
{
	plan.body = 3;
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 3\r\n\r\nxxx");
	plan.body = 0;
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(headers_of_the_reply_keep_their_order_and_the_framing_is_ours)
{
	plan.names[0] = "X-B", plan.values[0] = "1";
	plan.names[1] = "content-length", plan.values[1] = "999";
	plan.names[2] = "Date", plan.values[2] = "Thu, 01 Jan 1970 00:00:00 GMT";
	plan.names[3] = "X-A", plan.values[3] = "2\r\nX-Evil: 1";
	ck_assert_str_eq(talk_sayf(&talk, GET),
			 "HTTP/1.1 200 OK\r\nX-B: 1\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-A: 2  X-Evil: 1\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(head_has_the_length_and_no_body)
{
	plan.body = 5;
	ck_assert_str_eq(talk_sayf(&talk, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\n\r\n");
	plan.names[0] = "Content-Length", plan.values[0] = "12345"; /* of a body that the rule does not have at hand */
	ck_assert_str_eq(talk_sayf(&talk, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 12345\r\n\r\n");
	plan.names[0] = NULL;
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\n\r\nxxxxx");
}
END_TEST

START_TEST(bodyless_statuses_send_neither_body_nor_length)
{
	plan.body = 5;
	plan.status = 204;
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
	plan.status = 304;
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 304 Not Modified\r\n" DATE "\r\n");
}
END_TEST

START_TEST(a_rule_may_ask_for_chunks)
{
	plan.body = 3;
	plan.names[0] = "Transfer-Encoding", plan.values[0] = "chunked";
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n0\r\n\r\n");
	plan.body = 0;
	ck_assert_str_eq(talk_sayf(&talk, GET), "HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	plan.body = 3; /* HTTP/1.0 does not know chunks */
	ck_assert_str_eq(talk_sayf(&talk, "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 3\r\nConnection: close\r\n\r\nxxx");
}
END_TEST

START_TEST(large_replies_follow_their_head)
{
	plan.body = 200 * 1024;
	plan.names[0] = "Transfer-Encoding", plan.values[0] = "chunked";
	const char *got = talk_sayf(&talk, GET);
	size_t head = strlen("HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n\r\n");
	/* three chunks of 64 KiB, one of 8, and the end */
	ck_assert_uint_eq(talk.log.sent.len, head + plan.body + 3 * strlen("10000\r\n\r\n") + strlen("2000\r\n\r\n") + strlen("0\r\n\r\n"));
	ck_assert(strncmp(got + head, "10000\r\nxxx", 10) == 0);
	ck_assert_str_eq(got + talk.log.sent.len - 8, "x\r\n0\r\n\r\n");
	plan.names[0] = NULL;
	talk_sayf(&talk, GET);
	ck_assert_uint_eq(talk.log.sent.len, strlen("HTTP/1.1 200 OK\r\n" DATE "Content-Length: 204800\r\n\r\n") + plan.body);
}
END_TEST

START_TEST(connections_are_kept_and_closed_as_both_sides_say)
{
	ck_assert_ptr_null(strstr(talk_sayf(&talk, GET), "Connection"));
	ck_assert(strstr(talk_sayf(&talk, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "Connection: keep-alive\r\n"));
	ck_assert(!talk.log.closed);
	plan.names[0] = "Connection", plan.values[0] = "close";
	ck_assert(strstr(talk_sayf(&talk, GET), "Connection: close\r\n"));
	ck_assert(talk.log.closed);
	plan.names[0] = NULL;
	talk_again(&talk);
	ck_assert(strstr(talk_sayf(&talk, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "Connection: close\r\n"));
	ck_assert(talk.log.closed);
}
END_TEST

START_TEST(a_waiting_client_is_told_to_go_on)
{
	plan.echo = true;
	ck_assert_str_eq(talk_sayf(&talk, "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
			 "HTTP/1.1 100 Continue\r\n\r\n");
	ck_assert_str_eq(talk_sayf(&talk, "abc"), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 3\r\n\r\nabc");
	/* One that did not wait is not told. */
	ck_assert_str_eq(talk_sayf(&talk, "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"),
			 "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 3\r\n\r\nabc");
}
END_TEST

START_TEST(an_end_between_messages_is_clean)
{
	talk_sayf(&talk, GET);
	talk_again(&talk);
	ck_assert(talk.type->codec->clean_end(talk.conn.state));
	talk_sayf(&talk, "GET / HT");
	ck_assert(!talk.type->codec->clean_end(talk.conn.state));
	talk_sayf(&talk, "TP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
	ck_assert(!talk.type->codec->clean_end(talk.conn.state));
}
END_TEST

START_TEST(nothing_answers_says_so_with_599)
{
	plan.nothing = true;
	ck_assert(strstr(talk_sayf(&talk, "POST /v1/jobs?a=1 HTTP/1.1\r\nHost: api.vendor.test:443\r\n\r\n"), "HTTP/1.1 599 Nothing Answers\r\n"));
	ck_assert_str_eq(talk_body(&talk),
			 "{\"error\":\"seam: nothing answers\",\"request\":\"POST https://api.vendor.test/v1/jobs?a=1\",\"closest\":null}\n");
}
END_TEST

static void answer_near(void *arg, void *state, struct request *req, struct reply *reply)
{
	static struct why_condition conditions[] = {
		{.holds = true, .path = {"path", 4}},
		{.holds = false, .path = {"json.rows", 9}, .wants = {"{\"gt\": 0}", 9}, .got = {"0", 1}},
	};
	static const struct why why = {.closest = {"create-job", 10}, .place = {"rules/v.json:12", 15}, .conditions = conditions, .nconditions = 2, .nhold = 1};

	(void)arg;
	(void)state;
	(void)req;
	reply->why = &why;
}

START_TEST(the_near_miss_is_part_of_the_answer)
{
	talk.script.answer = answer_near;
	talk_sayf(&talk, GET);
	ck_assert_str_eq(talk_body(&talk),
			 "{\"error\":\"seam: nothing answers\",\"request\":\"GET https://a/\",\"closest\":{\"rule\":\"create-job\","
			 "\"place\":\"rules/v.json:12\",\"hold\":1,\"of\":2,\"conditions\":[{\"holds\":true,\"path\":\"path\",\"wants\":null,\"got\":null},"
			 "{\"holds\":false,\"path\":\"json.rows\",\"wants\":{\"gt\": 0},\"got\":0}]}}\n");
}
END_TEST

START_TEST(refusals_are_json_and_end_the_connection)
{
	ck_assert_str_eq(talk_sayf(&talk, "GET / HTTP/2.0\r\n\r\n"),
			 "HTTP/1.1 505 HTTP Version Not Supported\r\n" DATE "Content-Type: application/json\r\nContent-Length: 55\r\n"
			 "Connection: close\r\n\r\n{\"error\":\"only HTTP/1.0 and HTTP/1.1 are spoken here\"}\n");
	ck_assert_int_eq(talk.log.last, DECODE_BAD);
}
END_TEST

START_TEST(any_cut_of_the_bytes_gives_the_same_conversation)
{
	static const char *const inputs[] = {
		GET "POST /v1/jobs/42?x=%20 HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\n\r\nhelloHEAD /x HTTP/1.1\r\nHost: b\r\n\r\n",
		"\r\nPUT http://b.test/u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;e=1\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n\r\n" GET,
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
		GET "GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n" GET,
		"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		"BREW(x\r\n\r\n",
	};

	plan.echo = true;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		codec_test_three(&talk.script, slice_str(inputs[i]));
}
END_TEST

START_TEST(an_expectation_changes_only_what_is_sent)
{
	plan.echo = true;
	talk.script.sent_may_differ = true;
	codec_test_three(&talk.script, SLICE_LIT("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" GET));
}
END_TEST

START_TEST(bodies_arrive_whole)
{
	struct buf in;
	const size_t n = 3 * 1024 * 1024;

	plan.echo = true;
	talk.script.show = NULL;
	buf_init(&in, n + 1024);
	buf_addf(&in, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", n);
	size_t head = in.len;
	for (size_t i = 0; i < n; i++)
		buf_add_char(&in, (char)(i * 7 + i / 251));
	for (struct slice rest = buf_slice(&in); rest.len; rest = slice_skip(rest, 60000))
		talk_say(&talk, slice_take(rest, 60000));
	ck_assert_uint_gt(talk.log.sent.len, n);
	ck_assert(memcmp(talk.log.sent.ptr + talk.log.sent.len - n, in.ptr + head, n) == 0);
	buf_release(&in);
}
END_TEST

START_TEST(routes_name_what_does_not_vary)
{
	static const struct {
		const char *target, *route;
	} rows[] = {
		{"/", "GET /"},
		{"/v1/jobs/export?x=1", "GET /v1/jobs/export"},
		{"/v1/jobs/42/", "GET /v1/jobs/{id}/"},
		{"/a/2026-11-20/b", "GET /a/{id}/b"},
		{"/a/0b8f7a52-53f5-4f2c-9a53-0a4b8f3f9d11", "GET /a/{id}"},
		{"/git/3f786850e387550fdab836ed7e6dc881de23001b", "GET /git/{id}"},
		{"/facade/deadbeef", "GET /facade/deadbeef"},
		{"/services/T0001/B0001/XXXXaaaa0000XXXXaaaa0000", "GET /services/T0001/B0001/{id}"},
		{"/release/1.0.2", "GET /release/1.0.2"},
		{"/v2/api-2/file_1.csv", "GET /v2/api-2/file_1.csv"},
		{"http://b.test/x/7", "GET /x/{id}"},
		{"http://b.test", "GET /"},
		{"*", "GET *"},
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request r = { .method = SLICE_LIT("GET"), .target = slice_str(rows[i].target) };
		struct slice got = http_route(&r, &a);
		ck_assert_msg(slice_eq_str(got, rows[i].route), "%s: %.*s", rows[i].target, SLICE_ARG(got));
	}
	arena_release(&a);
}
END_TEST

Suite *suite_http_service(void);
Suite *suite_http_service(void)
{
	Suite *s = suite_create("http_service");
	TCase *tc = tcase_create("all");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 60);
	SUITE_TEST(replies_carry_date_and_length);
	SUITE_TEST(headers_of_the_reply_keep_their_order_and_the_framing_is_ours);
	SUITE_TEST(head_has_the_length_and_no_body);
	SUITE_TEST(bodyless_statuses_send_neither_body_nor_length);
	SUITE_TEST(a_rule_may_ask_for_chunks);
	SUITE_TEST(large_replies_follow_their_head);
	SUITE_TEST(connections_are_kept_and_closed_as_both_sides_say);
	SUITE_TEST(a_waiting_client_is_told_to_go_on);
	SUITE_TEST(an_end_between_messages_is_clean);
	SUITE_TEST(nothing_answers_says_so_with_599);
	SUITE_TEST(the_near_miss_is_part_of_the_answer);
	SUITE_TEST(refusals_are_json_and_end_the_connection);
	SUITE_TEST(any_cut_of_the_bytes_gives_the_same_conversation);
	SUITE_TEST(an_expectation_changes_only_what_is_sent);
	SUITE_TEST(bodies_arrive_whole);
	SUITE_TEST(routes_name_what_does_not_vary);
	return s;
}
