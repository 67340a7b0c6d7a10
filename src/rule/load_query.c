/*
 * Task: reads what the operators schema, jsonpath and xpath take. A schema is
 * written in place or names a file. A query alone asks whether there is such a
 * thing; {"QUERY": pattern, ...} holds what each finds against a pattern, and in
 * xpath {"xmlns:p": "uri"} names a prefix.
 */
#include <stdlib.h>

#include "rule/jsonpath.h"
#include "rule/load.h"
#include "rule/schema.h"
#include "rule/xpath.h"

static struct pattern_query *new_query(struct load *l, size_t count)
{
	struct pattern_query *q = ARENA_NEW(&l->r->arena, struct pattern_query);

	q->jsonpaths = ARENA_ARRAY(&l->r->arena, struct jsonpath *, count + 1);
	q->xpaths = ARENA_ARRAY(&l->r->arena, struct xpath *, count + 1);
	q->prefixes = ARENA_ARRAY(&l->r->arena, struct xml_prefix, count + 1);
	q->next = l->r->queries;
	l->r->queries = q;
	return q;
}

/* ---- schema -------------------------------------------------------------------- */

static void schema_complains(void *of, const char *path, const char *sentence)
{
	struct load *l = of;

	load_bad(l, "%s%s%s", path, *path ? ": " : "", sentence);
}

static json_t *schema_of_file(struct load *l, const char *name)
{
	struct slice bytes;
	json_error_t e;

	if (!load_file(l, name, &bytes))
		return NULL;
	json_t *v = json_loadb(bytes.ptr ? bytes.ptr : "", bytes.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
	if (!v)
		load_bad(l, "%s:%d:%d: %s", name, e.line, e.column, e.text);
	else
		json_array_append_new(l->r->owned, v);
	return v;
}

static void read_schema(struct load *l, json_t *v, struct pattern *out)
{
	if (json_is_string(v) && !(v = schema_of_file(l, json_string_value(v))))
		return;
	out->query->schema = schema_new(v, schema_complains, l);
}

/* ---- queries -------------------------------------------------------------------- */

static void add_question(struct load *l, const char *text, json_t *wants, bool json, struct pattern *out)
{
	struct pattern_query *q = out->query;
	struct pattern *kid = &out->kids[q->count];
	const char *why = NULL;
	size_t at = 0;

	if (json)
		q->jsonpaths[q->count] = jsonpath_new(slice_str(arena_str(&l->r->arena, text)), &l->r->arena, &why, &at);
	else
		q->xpaths[q->count] = xpath_new(text, &l->r->arena, &why);
	if (why && json)
		load_bad(l, "\"%s\" is no JSONPath (RFC 9535): %s, at character %zu", text, why, at + 1);
	else if (why)
		load_bad(l, "\"%s\" is no XPath: %s", text, why);
	if (why)
		return;
	if (wants)
		load_pattern(l, wants, json, kid);
	else
		*kid = (struct pattern){ .op = OP_EXISTS, .json = json_true() };
	q->count++;
	out->nkids = q->count;
}

static void read_questions(struct load *l, json_t *v, bool json, struct pattern *out)
{
	const char *key;
	json_t *wants;

	if (load_is_text(v)) {
		add_question(l, load_text(l, v), NULL, json, out);
		return;
	}
	if (!json_is_object(v) || !json_object_size(v)) {
		load_bad(l, "takes a query, or {\"query\": what it has to find}");
		return;
	}
	json_object_foreach(v, key, wants) {
		if (load_comment(key))
			continue;
		size_t former = load_enter(l, key);
		if (!json && strncmp(key, "xmlns:", 6) == 0) {
			if (load_want(l, wants, JSON_STRING))
				out->query->prefixes[out->query->nprefixes++] = (struct xml_prefix){ key + 6, json_string_value(wants) };
		} else {
			add_question(l, key, wants, json, out);
		}
		load_leave(l, former);
	}
}

void load_query(struct load *l, json_t *v, struct pattern *out)
{
	size_t count = json_is_object(v) ? json_object_size(v) : 1;

	out->query = new_query(l, count);
	out->kids = ARENA_ARRAY(&l->r->arena, struct pattern, count + 1);
	if (out->op == OP_SCHEMA)
		read_schema(l, v, out);
	else
		read_questions(l, v, out->op == OP_JSONPATH, out);
}

void pattern_query_free(struct pattern_query *q)
{
	for (; q; q = q->next) {
		schema_free(q->schema);
		for (size_t i = 0; i < q->count; i++) {
			jsonpath_free(q->jsonpaths[i]);
			xpath_free(q->xpaths[i]);
		}
	}
}
