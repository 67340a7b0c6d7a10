/* The rule packs that seam ships: they load, hide nothing, and answer as the real service does. */
#include "rule_test.h"

static void load_pack(const char *file)
{
	struct rule_options options = rule_test_options();
	struct rule_errors errs;

	if (rules_load(&rule_set, &file, 1, &options, &errs) < 0)
		ck_abort_msg("%s:%d:%d: %s", errs.list[0].file, errs.list[0].line, errs.list[0].column, errs.list[0].text);
}

static const struct {
	const char *path, *body;
	int status;
	const char *answer;
} slack[] = {
	{ "/services/T0/B0/x", "{'text': 'ingested 3 rows'}", 200, "ok" },
	{ "/services/T0/B0/x", "{'blocks': [{'type': 'section'}]}", 200, "ok" },
	{ "/services/T0/B0/x", "{'attachments': [{'fallback': 'x'}], 'channel': '#a'}", 200, "ok" },
	{ "/services/T0/B0/x", "payload=%7B%22text%22%3A%22hi%22%7D", 200, "ok" },
	{ "/services/T0/B0/x", "{'text': ''}", 400, "no_text" },
	{ "/services/T0/B0/x", "{'text': []}", 400, "no_text" },
	{ "/services/T0/B0/x", "{'blocks': []}", 400, "no_text" },
	{ "/services/T0/B0/x", "{'channel': '#a'}", 400, "no_text" },
	{ "/services/T0/B0/x", "payload=%7B%7D", 400, "no_text" },
	{ "/services/T0/B0/x", "text=hi", 400, "invalid_payload" },
	{ "/services/T0/B0/x", "{'text': 'hi'", 400, "invalid_payload" },
	{ "/services/T0/B0/x", "", 400, "invalid_payload" },
	{ "/services/T0/B0/x", NULL, 400, "invalid_payload" },
	{ "/services/T0/B0", "{'text': 'hi'}", 404, "no_service" },
	{ "/services/T0/B0/x/y", "{'text': 'hi'}", 404, "no_service" },
};

START_TEST(slack_answers_as_its_documentation_says)
{
	struct reply reply;
	struct rule_pair *pairs;

	load_pack("rules/slack.json");
	ck_assert_uint_eq(rules_hidden(rule_set, &pairs), 0);
	free(pairs);
	struct request *req = rule_http("POST", slack[_i].path, NULL, slack[_i].body);
	req->service = SLICE_LIT("slack");
	ck_assert(rule_reply(req, &reply));
	ck_assert_int_eq(reply.http.status, slack[_i].status);
	ck_assert_str_eq(rule_text(body_slice(reply.http.body)), slack[_i].answer);
	reply_release(&reply);
}
END_TEST

START_TEST(a_pack_leaves_nothing_unused_and_claims_its_address)
{
	size_t count;

	load_pack("rules/slack.json");
	free(rules_unused(rule_set, &count));
	ck_assert_uint_eq(count, 0);
	ck_assert_str_eq(rules_claim(rule_set, AT_TCP, SLICE_LIT("hooks.slack.com"), 443, NULL)->name, "slack");
}
END_TEST

SUITE_BEGIN(rule_packs)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	tcase_add_loop_test(tc, slack_answers_as_its_documentation_says, 0, sizeof(slack) / sizeof(slack[0]));
	SUITE_TEST(a_pack_leaves_nothing_unused_and_claims_its_address);
SUITE_END
