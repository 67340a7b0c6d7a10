#include "rule/jsonpath.h"
#include "rule_test.h"

static const char *const store =
	"{'store': {'book': [{'category': 'reference', 'author': 'Nigel Rees', 'title': 'Sayings of the Century', 'price': 8.95},"
	"{'category': 'fiction', 'author': 'Evelyn Waugh', 'title': 'Sword of Honour', 'price': 12.99},"
	"{'category': 'fiction', 'author': 'Herman Melville', 'title': 'Moby Dick', 'isbn': '0-553-21311-3', 'price': 8.99},"
	"{'category': 'fiction', 'author': 'J. R. R. Tolkien', 'title': 'The Lord of the Rings', 'isbn': '0-395-19395-8', 'price': 22.99}],"
	"'bicycle': {'color': 'red', 'price': 399}}}"; /* RFC 9535 section 1.5 */

/* What a query selects, as JSON without spaces and with single quotes. */
static void selects(const char *value, const char *query, const char *wanted)
{
	char *text = rule_quotes(value);
	const char *why = NULL;
	size_t at = 0;
	struct arena a;
	struct json_nodes nodes = { 0 };
	json_t *root = json_loads(text, JSON_DECODE_ANY, NULL), *list = json_array();

	ck_assert_msg(root != NULL, "not JSON: %s", text);
	arena_init(&a);
	struct jsonpath *p = jsonpath_new(slice_str(query), &a, &why, &at);
	ck_assert_msg(p != NULL, "%s: %s at %zu", query, why, at);
	jsonpath_select(p, root, &a, &nodes);
	for (size_t i = 0; i < nodes.count; i++)
		json_array_append(list, nodes.list[i]);
	char *got = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(15));
	for (char *c = got; *c; c++)
		*c = *c == '"' ? '\'' : *c;
	ck_assert_msg(strcmp(got, wanted) == 0, "%s: got %s, wanted %s", query, got, wanted);
	free(got);
	free(text);
	jsonpath_free(p);
	arena_release(&a);
	json_decref(root);
	json_decref(list);
}

static void no_query(const char *query, size_t at, const char *wanted)
{
	const char *why = NULL;
	size_t got = 0;
	struct arena a;

	arena_init(&a);
	ck_assert_msg(!jsonpath_new(slice_str(query), &a, &why, &got), "%s was taken", query);
	ck_assert_msg(strstr(why, wanted) && got == at, "%s: \"%s\" at %zu, wanted \"%s\" at %zu", query, why, got, wanted, at);
	arena_release(&a);
}

START_TEST(queries_select_what_the_rfc_says)
{
	selects(store, "$.store.book[*].author", "['Nigel Rees','Evelyn Waugh','Herman Melville','J. R. R. Tolkien']");
	selects(store, "$..author", "['Nigel Rees','Evelyn Waugh','Herman Melville','J. R. R. Tolkien']");
	selects(store, "$..book[2].title", "['Moby Dick']");
	selects(store, "$..book[-1]['title']", "['The Lord of the Rings']");
	selects(store, "$..book[0,1].title", "['Sayings of the Century','Sword of Honour']");
	selects(store, "$..book[:2].price", "[8.95,12.99]");
	selects(store, "$..book[?@.isbn].title", "['Moby Dick','The Lord of the Rings']");
	selects(store, "$..book[?@.price < 10].title", "['Sayings of the Century','Moby Dick']");
	selects(store, "$.store.bicycle[\"color\"]", "['red']");
	selects(store, "$.store.*.price", "[399]");
}
END_TEST

START_TEST(slices_count_as_the_rfc_says)
{
	const char *seven = "['a','b','c','d','e','f','g']";

	selects(seven, "$[1:3]", "['b','c']");
	selects(seven, "$[5:]", "['f','g']");
	selects(seven, "$[1:5:2]", "['b','d']");
	selects(seven, "$[5:1:-2]", "['f','d']");
	selects(seven, "$[::-1]", "['g','f','e','d','c','b','a']");
	selects(seven, "$[-2:]", "['f','g']");
	selects(seven, "$[::0]", "[]");
	selects(seven, "$[10]", "[]");
	selects(seven, "$[-8]", "[]");
	selects(seven, "$ [ 1 : 2 ]", "['b']");
}
END_TEST

START_TEST(filters_compare_as_the_rfc_says)
{
	const char *v = "{'a': [3, 5, 1, 2, 4, 6, {'b': 'j'}, {'b': 'k'}, {'b': {}}, {'b': 'kilo'}], 'o': {'p': 1, 'q': 2}, 'e': 'f'}";

	selects(v, "$.a[?@.b == 'kilo']", "[{'b':'kilo'}]");
	selects(v, "$.a[?(@.b == 'kilo')]", "[{'b':'kilo'}]");
	selects(v, "$.a[?@ > 3.5]", "[5,4,6]");
	selects(v, "$.a[?@.b]", "[{'b':'j'},{'b':'k'},{'b':{}},{'b':'kilo'}]");
	selects(v, "$[?@.*]", "[[3,5,1,2,4,6,{'b':'j'},{'b':'k'},{'b':{}},{'b':'kilo'}],{'p':1,'q':2}]");
	selects(v, "$.a[?@ < 2 || @.b == \"k\"]", "[1,{'b':'k'}]");
	selects(v, "$.a[?match(@.b, \"[jk]\")]", "[{'b':'j'},{'b':'k'}]");
	selects(v, "$.a[?search(@.b, \"[jk]\")]", "[{'b':'j'},{'b':'k'},{'b':'kilo'}]");
	selects(v, "$.o[?@ > 1 && @ < 4]", "[2]");
	selects(v, "$.a[?@.b == $.x]", "[3,5,1,2,4,6]");
	selects(v, "$.a[?@ == @]", "[3,5,1,2,4,6,{'b':'j'},{'b':'k'},{'b':{}},{'b':'kilo'}]");
	selects(v, "$.a[?!@.b]", "[3,5,1,2,4,6]");
	selects(v, "$.a[?length(@.b) == 4]", "[{'b':'kilo'}]");
	selects(v, "$[?count(@.*) == 2]", "[{'p':1,'q':2}]");
	selects(v, "$[?value(@..p) == 1]", "[{'p':1,'q':2}]");
	selects(v, "$.a[?!(@.b != 'k')]", "[{'b':'k'}]");
	selects(v, "$.o[?@ <= 1]", "[1]");
	selects(v, "$.o[?@ >= 2]", "[2]");
	selects("[true, false, null, 1.0]", "$[?@ == null]", "[null]");
	selects("[true, false, null, 1.0]", "$[?@ == true]", "[true]");
	selects("[true, false, null, 1.0]", "$[?@ == 1]", "[1.0]");
	selects("[{'re': 'a.', 's': 'ab'}, {'re': 'b', 's': 'ab'}]", "$[?match(@.s, @.re)].re", "['a.']");
	selects("{'a`b': 1}", "$['a\\'b']", "[1]");
	selects("{'\\u00e9': 1}", "$['\\u00e9']", "[1]");
}
END_TEST

START_TEST(what_is_no_query_is_refused_with_its_place)
{
	no_query("store", 0, "begins with $");
	no_query("$.", 2, "name");
	no_query("$[01]", 4, "leading zeros");
	no_query("$[1", 3, "expected ]");
	no_query("$['a", 4, "not closed");
	no_query("$[?@.a", 6, "expected ]");
	no_query("$[?@.* == 1]", 11, "one node at most");
	no_query("$[?1]", 4, "no condition");
	no_query("$[?len(@.a) > 1]", 3, "no such function");
	no_query("$[?count(1) > 1]", 11, "take a query");
	no_query("$[?length(@.*) > 1]", 14, "takes values");
	no_query("$[?match(@.a)]", 13, "too few");
	no_query("$ x", 1, "expected a segment");
	no_query("$[?@.a == 1.e2]", 10, "as JSON writes it");
	no_query("$[?!@.a == 1]", 11, "parentheses");
}
END_TEST

START_TEST(rules_ask_bodies_by_query)
{
	rule_load(
	      "{'id': 'schema', 'on': 'http', 'when': {'json': {'schema': {'type': 'object', 'required': ['rows'], 'properties': {'rows': {'type': 'integer'}}}}}, 'do': {'status': 201}},"
	      "{'id': 'path', 'on': 'http', 'when': {'json': {'jsonpath': '$.items[?@.qty > 3]'}}, 'do': {'status': 202}},"
	      "{'id': 'value', 'on': 'http', 'when': {'json': {'jsonpath': {'$.items[*].sku': {'prefix': 'B'}, '$.none': {'absent': true}}}}, 'do': {'status': 203}},"
	      "{'id': 'xpath', 'on': 'http', 'when': {'body': {'xpath': '//order[@id=7]'}}, 'do': {'status': 204}},"
	      "{'id': 'text', 'on': 'http', 'when': {'body': {'xpath': {'xmlns:s': 'urn:s', '//s:total': {'re': '^[0-9]+$'}, 'count(//s:line)': '2'}}}, 'do': {'status': 205}}");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "{'rows': 3}")), "schema");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "{'rows': 'three'}")), "-");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "{'items': [{'qty': 1}, {'qty': 4}]}")), "path");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "{'items': [{'sku': 'A'}, {'sku': 'B1'}]}")), "value");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "{'items': [{'sku': 'A'}]}")), "-");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "<orders><order id='7'/></orders>")), "xpath");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "<orders><order id='8'/></orders>")), "-");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "<o xmlns='urn:s'><line/><line/><total>42</total></o>")), "text");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "<o xmlns='urn:s'><line/><total>42</total></o>")), "-");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "<o xmlns='urn:s'><line/>")), "-");
}
END_TEST

START_TEST(an_entity_of_entities_is_not_spelled_out)
{
	rule_load(
	      "{'id': 'x', 'on': 'http', 'when': {'body': {'xpath': {'string-length(/a)': {'gt': 10000}}}}, 'do': {'status': 204}}");
	ck_assert_str_eq(rule_match_id(rule_http("POST", "/", NULL, "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
							 "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'><!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'>"
							 "<!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'><!ENTITY i '&h;&h;&h;&h;&h;&h;&h;&h;&h;&h;'>]><a>&i;</a>")), "-");
}
END_TEST

SUITE_BEGIN(rule_query)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	SUITE_TEST(queries_select_what_the_rfc_says);
	SUITE_TEST(slices_count_as_the_rfc_says);
	SUITE_TEST(filters_compare_as_the_rfc_says);
	SUITE_TEST(what_is_no_query_is_refused_with_its_place);
	SUITE_TEST(rules_ask_bodies_by_query);
	SUITE_TEST(an_entity_of_entities_is_not_spelled_out);
SUITE_END
