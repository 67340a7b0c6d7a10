#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/schema.h"
#include "suites.h"

#define SUITE_FOLDER "/usr/share/json-schema-test-suite/tests/" /* package json-schema-test-suite */

static void remember(void *of, const char *path, const char *sentence)
{
	snprintf(of, 400, "%s: %s", path, sentence);
}

static json_t *json(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json_t *v = json_loads(copy, JSON_DECODE_ANY, NULL);
	ck_assert_msg(v != NULL, "not JSON: %s", copy);
	free(copy);
	return v;
}

static bool judge(const char *schema_text, const char *value_text)
{
	json_t *text = json(schema_text), *value = json(value_text);
	char why[400] = "";
	struct schema *s = schema_new(text, remember, why);

	ck_assert_msg(s != NULL, "%s: %s", schema_text, why);
	bool good = schema_holds(s, value);
	schema_free(s);
	json_decref(text);
	json_decref(value);
	return good;
}

static void refused(const char *schema_text, const char *wanted)
{
	json_t *text = json(schema_text);
	char why[400] = "";
	struct schema *s = schema_new(text, remember, why);

	ck_assert_msg(!s, "%s was taken", schema_text);
	ck_assert_msg(strstr(why, wanted) != NULL, "%s: \"%s\" does not say \"%s\"", schema_text, why, wanted);
	json_decref(text);
}

/* The official tests of drafts 4 to 7 where the package is. Left out by name: what
 * would have to be fetched, and the meta-schemas, which are of that kind. */
static bool left_out(const char *draft, const char *group)
{
	static const char *const names[] = { "remote ref, containing refs itself", "validate definition against metaschema", "valid definition", "invalid definition",
					     "Location-independent identifier with base URI change in subschema", NULL };

	(void)draft;
	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], group) == 0)
			return true;
	return false;
}

static void run_file(const char *draft, const char *file, size_t *count)
{
	char path[400], why[400];
	json_t *groups, *group, *test;
	size_t i, k;

	snprintf(path, sizeof(path), SUITE_FOLDER "%s/%s", draft, file);
	groups = json_load_file(path, JSON_DECODE_ANY, NULL);
	json_array_foreach(groups, i, group) {
		const char *name = json_string_value(json_object_get(group, "description"));
		json_t *text = json_object_get(group, "schema");
		if (left_out(draft, name))
			continue;
		if (json_is_object(text) && !json_object_get(text, "$schema")) {
			char uri[80];
			snprintf(uri, sizeof(uri), "http://json-schema.org/%.5s-0%s/schema#", draft, draft + 5);
			json_object_set_new(text, "$schema", json_string(uri));
		}
		struct schema *s = schema_new(text, remember, why);
		ck_assert_msg(s != NULL, "%s/%s: %s: %s", draft, file, name, why);
		json_array_foreach(json_object_get(group, "tests"), k, test) {
			bool wanted = json_is_true(json_object_get(test, "valid"));
			ck_assert_msg(schema_holds(s, json_object_get(test, "data")) == wanted, "%s/%s: %s: %s: expected %d", draft, file, name,
				      json_string_value(json_object_get(test, "description")), wanted);
			++*count;
		}
		schema_free(s);
	}
	json_decref(groups);
}

START_TEST(the_official_tests_pass)
{
	static const char *const drafts[] = { "draft4", "draft6", "draft7" };
	char path[200];
	size_t count = 0;

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), SUITE_FOLDER "%s", drafts[i]);
		DIR *d = opendir(path);
		if (!d)
			continue;
		for (struct dirent *e; (e = readdir(d));) {
			const char *dot = strstr(e->d_name, ".json");
			if (dot && strcmp(e->d_name, "refRemote.json") != 0)
				run_file(drafts[i], e->d_name, &count);
		}
		closedir(d);
	}
	ck_assert_msg(!count || count > 900, "only %zu of the official tests", count);
	if (!count)
		puts("rule schema: no package json-schema-test-suite, its tests are left out");
}
END_TEST

START_TEST(what_newer_drafts_say_is_known)
{
	ck_assert(judge("{'prefixItems': [{'type': 'string'}], 'items': {'type': 'integer'}}", "['a', 1, 2]"));
	ck_assert(!judge("{'prefixItems': [{'type': 'string'}], 'items': {'type': 'integer'}}", "['a', 'b']"));
	ck_assert(judge("{'dependentRequired': {'a': ['b']}}", "{'a': 1, 'b': 2}"));
	ck_assert(!judge("{'dependentRequired': {'a': ['b']}}", "{'a': 1}"));
	ck_assert(!judge("{'dependentSchemas': {'a': {'maxProperties': 1}}}", "{'a': 1, 'b': 2}"));
	ck_assert(judge("{'contains': {'type': 'integer'}, 'minContains': 2, 'maxContains': 2}", "[1, 'a', 2]"));
	ck_assert(!judge("{'contains': {'type': 'integer'}, 'minContains': 2}", "[1, 'a']"));
	ck_assert(judge("{'contains': {'type': 'integer'}, 'minContains': 0}", "['a']"));
	ck_assert(judge("{'$ref': '#list', '$defs': {'l': {'$anchor': 'list', 'type': 'array', 'items': {'$ref': '#list'}}}}", "[[], [[]]]"));
	ck_assert(!judge("{'$ref': '#list', '$defs': {'l': {'$anchor': 'list', 'type': 'array', 'items': {'$ref': '#list'}}}}", "[[1]]"));
	ck_assert_msg(judge("{'$ref': '#/$defs/s', 'maxLength': 2, '$defs': {'s': {'type': 'string'}}}", "'ab'"), "beside $ref others count");
	ck_assert(!judge("{'$ref': '#/$defs/s', 'maxLength': 2, '$defs': {'s': {'type': 'string'}}}", "'abc'"));
	ck_assert(judge("{'$id': 'https://example.com/a', '$ref': 'b', '$defs': {'b': {'$id': 'https://example.com/b', 'type': 'null'}}}", "null"));
}
END_TEST

START_TEST(what_nobody_looked_at_is_judged)
{
	const char *objects = "{'allOf': [{'properties': {'a': true}}], 'properties': {'b': true}, 'unevaluatedProperties': false}";
	const char *arrays = "{'prefixItems': [true], 'contains': {'const': 7}, 'unevaluatedItems': {'type': 'string'}}";
	const char *choice = "{'if': {'properties': {'k': {'const': 1}}, 'required': ['k']}, 'then': {'properties': {'x': true}}, 'unevaluatedProperties': false}";

	ck_assert(judge(objects, "{'a': 1, 'b': 2}"));
	ck_assert(!judge(objects, "{'a': 1, 'c': 2}"));
	ck_assert(judge(arrays, "[1, 7, 'a']"));
	ck_assert(!judge(arrays, "[1, 7, 2]"));
	ck_assert(judge(choice, "{'k': 1, 'x': 2}"));
	ck_assert_msg(!judge(choice, "{'k': 2}"), "what a condition that fails looked at does not count");
	ck_assert_msg(!judge("{'anyOf': [{'properties': {'a': {'type': 'string'}}, 'required': ['z']}, true], 'unevaluatedProperties': false}", "{'a': 1}"), "nor a part that fails");
}
END_TEST

START_TEST(formats_decide_nothing)
{
	ck_assert(judge("{'format': 'uuid'}", "'no uuid'"));
}
END_TEST

START_TEST(schemas_that_cannot_be_judged_are_refused)
{
	refused("{'type': 'strin'}", "/type: \"strin\" is no type");
	refused("{'properties': {'a': {'pattern': '('}}}", "/properties/a/pattern: is not a regular expression");
	refused("{'$ref': 'https://example.com/other.json'}", "nothing is fetched");
	refused("{'items': {'$ref': '#/$defs/none'}}", "/items/$ref");
	refused("{'anyOf': []}", "at least one schema");
	refused("{'minLength': '3'}", "takes a number");
	refused("7", "is no schema");
}
END_TEST

START_TEST(a_schema_that_leads_to_itself_ends)
{
	ck_assert(!judge("{'$ref': '#'}", "1"));
	ck_assert(!judge("{'allOf': [{'$ref': '#/$defs/a'}], '$defs': {'a': {'anyOf': [{'$ref': '#/$defs/a'}]}}}", "{}"));
}
END_TEST

SUITE_BEGIN(rule_schema)
	SUITE_TEST(the_official_tests_pass);
	SUITE_TEST(what_newer_drafts_say_is_known);
	SUITE_TEST(what_nobody_looked_at_is_judged);
	SUITE_TEST(formats_decide_nothing);
	SUITE_TEST(schemas_that_cannot_be_judged_are_refused);
	SUITE_TEST(a_schema_that_leads_to_itself_ends);
SUITE_END
