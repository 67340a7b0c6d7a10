/*
 * Task: `seam rules suggest`: from an event of a trace to a rule that accepts
 * what was asked, with an answer to start from - the one the event shows, or
 * else the emptiest that the program can read. Values that differ from run to
 * run (secrets taken out, ids, times) become wildcards.
 */
#include <ctype.h>
#include <stdio.h>

#include "rule/model.h"

/* ---- values ------------------------------------------------------------ */

static bool is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return s[36] == '\0';
}

/* A literal "${" would be a wildcard. */
static json_t *literal(const char *s)
{
	struct buf b;

	buf_init(&b, 64 * 1024 * 1024);
	for (; *s; s++) {
		if (s[0] == '$' && s[1] == '{')
			buf_add_char(&b, '$');
		buf_add_char(&b, *s);
	}
	json_t *v = json_stringn(b.ptr, b.len);
	buf_release(&b);
	return v;
}

static json_t *wanted(json_t *v)
{
	const char *key, *s = json_string_value(v);
	json_t *copy, *one;
	double seconds;
	size_t i;

	if (s) {
		if (s[0] == '<' && (strncmp(s, "<secret:", 8) == 0 || strncmp(s, "<uuid:", 6) == 0 || strcmp(s, "<time>") == 0))
			return json_string("${any}");
		if (is_uuid(s))
			return json_string("${any.uuid}");
		if (time_parse(slice_str(s), &seconds) && strlen(s) > 10)
			return json_string("${any.time}");
		return literal(s);
	}
	if (json_is_object(v)) {
		copy = json_object();
		json_object_foreach(v, key, one)
			json_object_set_new(copy, key, wanted(one));
		return copy;
	}
	if (json_is_array(v)) {
		copy = json_array();
		json_array_foreach(v, i, one)
			json_array_append_new(copy, wanted(one));
		return copy;
	}
	return json_incref(v);
}

static const char *text_of(json_t *attributes, const char *name)
{
	return json_string_value(json_object_get(attributes, name));
}

/* Answers are templates: a text with {{ in it travels as base64. */
static void set_text(json_t *answer, const char *text)
{
	struct buf b;

	if (!strstr(text, "{{")) {
		json_object_set_new(answer, "text", json_string(text));
		return;
	}
	buf_init(&b, 128 * 1024 * 1024);
	buf_add_base64(&b, text, strlen(text));
	json_object_set_new(answer, "base64", json_string(b.ptr));
	buf_release(&b);
}

static bool has_braces(json_t *v)
{
	char *dump = json_dumps(v, JSON_ENCODE_ANY);
	bool found = dump && strstr(dump, "{{");

	free(dump);
	return found;
}

/* ---- ports ------------------------------------------------------------- */

static void http_when(json_t *when, json_t *event)
{
	json_t *a = json_object_get(event, "a"), *body = json_object_get(json_object_get(event, "req"), "b");
	const char *method = text_of(a, "http.request.method"), *url = text_of(a, "url.full");
	struct slice rest = slice_str(url), path;

	if (method)
		json_object_set_new(when, "method", json_string(method));
	if (url) {
		size_t host = slice_find_slice(rest, SLICE_LIT("://"));
		rest = slice_skip(rest, host < rest.len ? host + 3 : 0);
		rest = slice_skip(rest, slice_find(rest, '/'));
		path = slice_split(&rest, '?');
		/* Rules see the decoded path; braces would be captures. */
		struct arena arena;
		arena_init(&arena);
		path = http_unescape(path.len ? path : SLICE_LIT("/"), false, &arena);
		json_t *text = json_stringn(path.ptr, path.len);
		if (slice_find(path, '{') < path.len)
			text = json_pack("{s:o}", "glob", text);
		json_object_set_new(when, "path", text ? text : json_string("/"));
		if (rest.ptr)
			json_object_set_new(when, "query", json_stringn(rest.ptr, rest.len));
		arena_release(&arena);
	}
	if (json_is_object(body) || json_is_array(body))
		json_object_set_new(when, "json", wanted(body));
	else if (json_is_string(body) && json_string_length(body))
		json_object_set_new(when, "text", wanted(body));
}

static void http_answer(json_t *answer, json_t *event)
{
	json_t *status = json_object_get(json_object_get(event, "a"), "http.response.status_code");
	json_t *body = json_object_get(json_object_get(event, "res"), "b");
	bool answered = strcmp(json_string_value(json_object_get(event, "by")) ? json_string_value(json_object_get(event, "by")) : "", "none") != 0;

	json_object_set_new(answer, "status", answered && json_integer_value(status) >= 200 ? json_incref(status) : json_integer(200));
	if (!answered || !body)
		json_object_set_new(answer, "json", json_object());
	else if (json_is_string(body))
		set_text(answer, json_string_value(body));
	else if (has_braces(body)) {
		char *dump = json_dumps(body, JSON_ENCODE_ANY);
		set_text(answer, dump);
		free(dump);
	} else
		json_object_set(answer, "json", body);
}

static void sql_when(json_t *when, json_t *a)
{
	const char *text = text_of(a, "db.query.text");
	json_t *params = json_array(), *v;
	char name[64];

	json_object_set_new(when, "sql", json_string(text ? text : ""));
	for (int i = 0;; i++) {
		snprintf(name, sizeof(name), "db.query.parameter.%d", i);
		if (!(v = json_object_get(a, name)))
			break;
		json_array_append_new(params, wanted(v));
	}
	if (json_array_size(params))
		json_object_set_new(when, "params", params);
	else
		json_decref(params);
}

static void sql_answer(json_t *answer, json_t *a)
{
	const char *text = text_of(a, "db.query.text");
	const struct sql_analysis *an = sql_analyse(slice_str(text));
	struct arena arena;
	struct slice *names;

	arena_init(&arena);
	if (an->copy_to_stdout) {
		json_object_set_new(answer, "text", json_string(""));
	} else if (an->returns_rows) {
		json_t *columns = json_object();
		size_t count = sql_result_names(slice_str(text), &arena, &names);
		for (size_t i = 0; i < count; i++)
			json_object_set_new(columns, names[i].ptr, json_string("text"));
		if (!count)
			json_object_set_new(columns, "value", json_string("text"));
		json_object_set_new(answer, "columns", columns);
		json_object_set_new(answer, "rows", json_array());
	} else {
		struct slice tag = sql_tag(an, 1, &arena);
		json_object_set_new(answer, "tag", json_stringn(tag.ptr, tag.len));
	}
	arena_release(&arena);
}

static void object_rule(json_t *rule, json_t *when, json_t *answer, json_t *a, const char *sum)
{
	const char *bucket = text_of(a, "aws.s3.bucket"), *key = text_of(a, "aws.s3.key");
	struct slice rest = slice_str(sum), op = slice_split(&rest, ' ');
	char on[128];

	snprintf(on, sizeof(on), "s3.%.*s", SLICE_ARG(op));
	json_object_set_new(rule, "on", json_string(on));
	if (bucket)
		json_object_set_new(when, "bucket", json_string(bucket));
	if (key)
		json_object_set_new(when, "key", literal(key));
	if (slice_eq_str(op, "GetObject") || slice_eq_str(op, "HeadObject"))
		json_object_set_new(answer, "error", json_string("NoSuchKey"));
	else
		json_object_set_new(answer, "pass", json_true());
}

/* ---- the rule ---------------------------------------------------------- */

static json_t *slug(const char *s)
{
	struct buf b;

	buf_init(&b, 256);
	for (; *s && b.len < 60; s++) {
		if (isalnum((unsigned char)*s))
			buf_add_char(&b, (char)tolower((unsigned char)*s));
		else if (b.len && b.ptr[b.len - 1] != '-')
			buf_add_char(&b, '-');
	}
	while (b.len && b.ptr[b.len - 1] == '-')
		buf_cut(&b, b.len - 1);
	json_t *v = json_string(b.len ? b.ptr : "suggested");
	buf_release(&b);
	return v;
}

char *rule_suggest(json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "k")), *sum = json_string_value(json_object_get(event, "sum"));
	const char *stream = json_string_value(json_object_get(event, "st"));
	json_t *a = json_object_get(event, "a"), *rule, *when, *answer;
	struct slice rest = slice_str(stream), service;
	char *text;

	if (!kind || (strcmp(kind, "http") != 0 && strcmp(kind, "sql") != 0 && strcmp(kind, "s3") != 0))
		return NULL;
	rule = json_object();
	when = json_object();
	answer = json_object();
	json_object_set_new(rule, "id", slug(sum ? sum : kind));
	json_object_set_new(rule, "on", json_string(kind));
	slice_split(&rest, '/');
	service = slice_split(&rest, '/');
	if (service.len && !slice_eq_str(service, "-"))
		json_object_set_new(rule, "service", json_stringn(service.ptr, service.len));
	if (strcmp(kind, "http") == 0) {
		http_when(when, event);
		http_answer(answer, event);
	} else if (strcmp(kind, "sql") == 0) {
		sql_when(when, a);
		sql_answer(answer, a);
	} else {
		object_rule(rule, when, answer, a, sum ? sum : "");
	}
	json_object_set_new(rule, "when", when);
	json_object_set_new(rule, "do", answer);
	text = json_dumps(rule, JSON_INDENT(2));
	json_decref(rule);
	return text;
}
