/*
 * Task: holds a value against a schema or against what queries find in it. Text
 * is read as the document first: a body, a parameter. What is no document holds
 * nothing.
 */
#include "rule/jsonpath.h"
#include "rule/model.h"
#include "rule/schema.h"
#include "rule/xpath.h"

/* A new reference. Text that is no JSON is a string, and so is judged by a schema. */
static json_t *document(struct value v)
{
	json_t *parsed;

	if (v.kind == VALUE_JSON)
		return json_incref(v.json);
	if (v.kind == VALUE_NULL)
		return json_null();
	if (v.kind != VALUE_TEXT)
		return NULL;
	parsed = json_loadb(v.text.ptr ? v.text.ptr : "", v.text.len, JSON_DECODE_ANY, NULL);
	return parsed ? parsed : json_stringn(v.text.ptr ? v.text.ptr : "", v.text.len);
}

/* One of the nodes is as wanted; where there is none, a pattern may want that. */
static bool found(const struct pattern *kid, const struct json_nodes *nodes, struct matching *m)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (pattern_matches(kid, (struct value){ .kind = VALUE_JSON, .json = nodes->list[i] }, m))
			return true;
	return !nodes->count && pattern_matches(kid, (struct value){ .kind = VALUE_ABSENT }, m);
}

static bool json_holds(const struct pattern *p, struct value v, struct matching *m)
{
	json_t *root = document(v);
	struct capture *before = m->captures;
	bool good = root != NULL;

	if (p->op == OP_SCHEMA)
		good = good && schema_holds(p->query->schema, root);
	for (size_t i = 0; good && p->op == OP_JSONPATH && i < p->query->count; i++) {
		struct json_nodes nodes = { 0 };
		jsonpath_select(p->query->jsonpaths[i], root, m->arena, &nodes);
		good = found(&p->kids[i], &nodes, m);
	}
	/* What was captured points into a tree that may go now. */
	for (struct capture *c = m->captures; c != before; c = c->next)
		c->value = arena_slice(m->arena, c->value);
	json_decref(root);
	return good;
}

static bool xpath_holds(const struct pattern *kid, struct xpath *x, struct xml *xml, struct matching *m)
{
	struct xpath_result r;

	if (!xpath_ask(x, xml, m->arena, &r))
		return false;
	if (kid->op == OP_EXISTS || kid->op == OP_ABSENT)
		return json_is_true(kid->json) == (r.truth == (kid->op == OP_EXISTS));
	for (size_t i = 0; i < r.count; i++)
		if (pattern_matches(kid, (struct value){ .kind = VALUE_TEXT, .text = r.texts[i] }, m))
			return true;
	return !r.count && pattern_matches(kid, (struct value){ .kind = VALUE_ABSENT }, m);
}

static bool xml_holds(const struct pattern *p, struct value v, struct matching *m)
{
	struct xml *xml;
	bool good;

	if (v.kind != VALUE_TEXT && !(v.kind == VALUE_JSON && json_is_string(v.json)))
		return false;
	xml = xml_new(value_text(v, m->arena), p->query->prefixes, p->query->nprefixes);
	good = xml != NULL;
	for (size_t i = 0; good && i < p->query->count; i++)
		good = xpath_holds(&p->kids[i], p->query->xpaths[i], xml, m);
	xml_free(xml);
	return good;
}

bool pattern_query_holds(const struct pattern *p, struct value v, struct matching *m)
{
	return p->op == OP_XPATH ? xml_holds(p, v, m) : json_holds(p, v, m);
}
