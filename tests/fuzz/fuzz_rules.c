/*
 * Any bytes as a rule file: loading ends in rules or in errors, and rules that
 * loaded are matched, answered and explained without harm.
 */
#include <stdlib.h>

#include "port/sql.h"
#include "rule/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const no_keys[] = { NULL };
static const struct rule_protocol protocols[] = {
	{ "postgres", PORT_SQL, 5432, no_keys },
	{ "http", PORT_HTTP, 80, no_keys },
	{ "s3", PORT_OBJECT, 443, no_keys },
};

static uint64_t now(void)
{
	return 1795173286123000000;
}

static void ask(struct rules *rules, struct request *req)
{
	struct reply reply = { 0 };
	struct rule_hit *hit = rules_match(rules, req);

	if (hit)
		rule_answer(rules, hit, req, &reply);
	rules_why(rules, req);
	reply_release(&reply);
	request_release(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct rule_options options = { .protocols = protocols, .nprotocols = 3, .seed = 1, .now_ns = now };
	struct rule_errors errs;
	struct rules *rules;
	struct arena arena;
	size_t count;

	if (rules_parse(&rules, "fuzz.json", (const char *)bytes, len, &options, &errs) < 0) {
		rule_errors_release(&errs);
		return 0;
	}
	arena_init(&arena);
	struct request http = { .port = PORT_HTTP, .service = SLICE_LIT("web"), .op = SLICE_LIT("POST"), .arena = &arena };
	http.http.method = SLICE_LIT("POST");
	http.http.scheme = SLICE_LIT("http");
	http.http.authority = SLICE_LIT("web");
	http.http.target = http.http.path = SLICE_LIT("/v1/jobs/export");
	http.http.body = body_of(SLICE_LIT("{\"rows\": 3, \"owner\": {\"name\": \"ann\"}, \"items\": [1, \"a\"]}"));
	ask(rules, &http);

	struct sql_value param = { .text = SLICE_LIT("7") };
	struct request sql = { .port = PORT_SQL, .service = SLICE_LIT("db"), .op = SLICE_LIT("copy"), .arena = &arena };
	sql.sql.text = SLICE_LIT("copy (select a from t where b = $1) to stdout with (format csv, header)");
	sql.sql.analysis = sql_analyse(sql.sql.text);
	sql.sql.params = &param;
	sql.sql.nparams = 1;
	ask(rules, &sql);

	struct request object = { .port = PORT_OBJECT, .service = SLICE_LIT("lake"), .op = SLICE_LIT("GetObject"), .arena = &arena };
	object.object.bucket = SLICE_LIT("raw");
	object.object.key = SLICE_LIT("a/b");
	ask(rules, &object);

	struct rule_pair *pairs;
	rules_hidden(rules, &pairs);
	free(pairs);
	free(rules_unused(rules, &count));
	rules_claim(rules, AT_TCP, SLICE_LIT("db.prod"), 5432, NULL);
	arena_release(&arena);
	rules_free(rules);
	return 0;
}
