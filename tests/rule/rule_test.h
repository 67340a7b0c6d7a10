/*
 * rule_test: rules from a text, requests from a few words, for the suites of
 * this folder. Every test starts with rule_setup and ends with rule_teardown.
 */
#ifndef TESTS_RULE_TEST_H
#define TESTS_RULE_TEST_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/sql.h"
#include "rule/rule.h"
#include "suites.h"

static struct arena rule_arena;
static struct rules *rule_set;
static struct request rule_requests[64];
static size_t rule_nrequests;

static const char *const rule_test_pg_keys[] = { "users", "databases", "version", "seed", "engine", NULL };
static const char *const rule_test_s3_keys[] = { "seed", "keys", "create_buckets", NULL };
static const char *const rule_test_no_keys[] = { NULL };
static const struct rule_protocol rule_test_protocols[] = {
	{ "postgres", PORT_SQL, 5432, rule_test_pg_keys },
	{ "http", PORT_HTTP, 80, rule_test_no_keys },
	{ "s3", PORT_OBJECT, 443, rule_test_s3_keys },
};

static inline uint64_t rule_test_now(void)
{
	return 1795173286123000000; /* 2026-11-20T11:14:46.123Z */
}

static inline struct rule_options rule_test_options(void)
{
	return (struct rule_options){ .protocols = rule_test_protocols, .nprotocols = 3, .seed = 42, .now_ns = rule_test_now };
}

static inline void rule_setup(void)
{
	arena_init(&rule_arena);
	rule_set = NULL;
	rule_nrequests = 0;
}

static inline void rule_teardown(void)
{
	for (size_t i = 0; i < rule_nrequests; i++)
		request_release(&rule_requests[i]);
	rules_free(rule_set);
	arena_release(&rule_arena);
}

/* Single quotes stand for double ones, so that JSON stays readable in C; ` stands for a single one. */
static inline char *rule_quotes(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p == '`' ? '\'' : *p;
	return copy;
}

#define RULE_SERVICES                                                                                                \
	"'services': {'db': {'protocol': 'postgres', 'at': ['db:5432']}, 'web': {'protocol': 'http', 'at': ['web:80']}," \
	" 'other': {'protocol': 'http', 'at': ['other:80']}, 'lake': {'protocol': 's3', 'at': ['*.s3.amazonaws.com:443']}},"

/* The rules array after the services above, for tests that are not about loading. Fails the test when it does not load. */
static inline void rule_load_options(const char *rules, struct rule_options options)
{
	struct rule_errors errs;
	char *whole = NULL, *text;

	if (asprintf(&whole, "{'seam': 1, " RULE_SERVICES "\n'rules': [\n%s\n]}", rules) < 0)
		abort();
	text = rule_quotes(whole);
	rules_free(rule_set);
	int code = rules_parse(&rule_set, "r.json", text, strlen(text), &options, &errs);
	for (size_t i = 0; i < errs.count; i++) {
		struct buf b;
		buf_init(&b, 4096);
		err_print(&errs.list[i], &b);
		fprintf(stderr, "%s\n", b.ptr);
		buf_release(&b);
	}
	rule_errors_release(&errs);
	free(whole);
	free(text);
	ck_assert_int_eq(code, 0);
}

static inline void rule_load(const char *rules)
{
	rule_load_options(rules, rule_test_options());
}

static inline struct request *rule_new_request(enum port port, const char *service)
{
	ck_assert_uint_lt(rule_nrequests, 64);
	struct request *req = &rule_requests[rule_nrequests++];
	*req = (struct request){ .port = port, .service = slice_str(service), .arena = &rule_arena };
	req->asker.program = SLICE_LIT("load.py");
	req->asker.conn = 1;
	return req;
}

/* "POST", "/v1/jobs?dry=1", {"Name", "value", ..., NULL}, body (NULL: none; quotes as above) */
static inline struct request *rule_http(const char *method, const char *target, const char *const *headers, const char *body)
{
	struct request *req = rule_new_request(PORT_HTTP, "web");
	struct slice rest = slice_str(target);

	req->boundary = SLICE_LIT("web:80");
	req->op = req->http.method = slice_str(method);
	req->http.scheme = SLICE_LIT("http");
	req->http.authority = SLICE_LIT("web");
	req->http.target = slice_str(target);
	req->http.path = slice_split(&rest, '?');
	req->http.query = rest;
	for (; headers && headers[0]; headers += 2)
		headers_add(&req->http.headers, &rule_arena, slice_str(headers[0]), slice_str(headers[1]));
	if (body) {
		char *text = rule_quotes(body);
		req->http.body = body_of(slice_str(text));
		free(text);
	}
	return req;
}

/* A statement and its parameters, NULL-terminated. */
static inline struct request *rule_sql(const char *text, const char *const *params)
{
	struct request *req = rule_new_request(PORT_SQL, "db");
	size_t n = 0;

	req->boundary = SLICE_LIT("db:5432");
	req->sql.text = slice_str(text);
	req->sql.analysis = sql_analyse(req->sql.text);
	req->sql.user = SLICE_LIT("etl");
	req->sql.database = SLICE_LIT("shop");
	while (params && params[n])
		n++;
	req->sql.params = ARENA_ARRAY(&rule_arena, struct sql_value, n + 1);
	for (size_t i = 0; i < n; i++)
		req->sql.params[i].text = slice_str(params[i]);
	req->sql.nparams = n;
	char *op = arena_str(&rule_arena, arena_slice(&rule_arena, req->sql.analysis->verb).ptr);
	for (char *p = op; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	req->op = slice_str(op);
	return req;
}

static inline struct request *rule_s3(const char *op, const char *bucket, const char *key)
{
	struct request *req = rule_new_request(PORT_OBJECT, "lake");

	req->op = slice_str(op);
	req->object.bucket = slice_str(bucket);
	req->object.key = slice_str(key);
	req->object.max_keys = -1;
	return req;
}

static inline const char *rule_text(struct slice s)
{
	return arena_printf(&rule_arena, "%.*s", SLICE_ARG(s)).ptr;
}

/* The id of the rule that answers, or "-". */
static inline const char *rule_match_id(struct request *req)
{
	struct rule_hit *hit = rules_match(rule_set, req);
	struct reply reply = { 0 };

	if (!hit)
		return "-";
	rule_answer(rule_set, hit, req, &reply);
	const char *label = rule_text(reply.rule);
	reply_release(&reply);
	return strchr(label, '#') + 1;
}

/* The whole answer; fails the test when no rule answers. */
static inline bool rule_reply(struct request *req, struct reply *reply)
{
	struct rule_hit *hit = rules_match(rule_set, req);

	*reply = (struct reply){ 0 };
	ck_assert_ptr_nonnull(hit);
	return rule_answer(rule_set, hit, req, reply);
}

#endif
