/*
 * Task: selects what a compiled JSONPath query means. Reading queries is
 * jsonpath_read.c. Bounded: a query gives 100,000 nodes at most.
 */
#include <string.h>

#include "base/utf8.h"
#include "rule/jsonpath_model.h"
#include "rule/schema_model.h"

#define NODES_MAX 100000

struct eval {
	json_t *root;
	struct arena *a;
};

/* A value, or none (section 2.4.1: Nothing). Numbers of functions have no JSON. */
struct jp_value {
	enum { JP_NOTHING, JP_JSON, JP_NUMBER } kind;
	json_t *json;
	double number;
};

static bool filter_holds(struct eval *e, const struct filter *f, json_t *at);

static void add(struct eval *e, struct json_nodes *out, json_t *v)
{
	if (out->count >= NODES_MAX) {
		out->clipped = true;
		return;
	}
	if (out->count == out->cap) {
		size_t cap = out->cap ? out->cap * 2 : 16;
		json_t **list = ARENA_ARRAY(e->a, json_t *, cap);
		if (out->count)
			memcpy(list, out->list, out->count * sizeof(*list));
		out->list = list;
		out->cap = cap;
	}
	out->list[out->count++] = v;
}

/* ---- selectors ---------------------------------------------------------------- */

static void select_slice(struct eval *e, const struct selector *s, json_t *v, struct json_nodes *out)
{
	json_int_t len = (json_int_t)json_array_size(v), step = s->step;
	json_int_t start = s->has_start ? s->start : step >= 0 ? 0 : len - 1;
	json_int_t end = s->has_end ? s->end : step >= 0 ? len : -len - 1;

	if (!step || !len)
		return;
	start = start >= 0 ? start : len + start; /* section 2.3.4.2.2 */
	end = end >= 0 ? end : len + end;
	if (step > 0) {
		start = start < 0 ? 0 : start > len ? len : start;
		end = end < 0 ? 0 : end > len ? len : end;
		for (json_int_t i = start; i < end; i += step)
			add(e, out, json_array_get(v, (size_t)i));
		return;
	}
	start = start < -1 ? -1 : start > len - 1 ? len - 1 : start;
	end = end < -1 ? -1 : end > len - 1 ? len - 1 : end;
	for (json_int_t i = start; i > end; i += step)
		add(e, out, json_array_get(v, (size_t)i));
}

static void select_each(struct eval *e, const struct selector *s, json_t *v, struct json_nodes *out)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach(v, key, one)
			if (s->kind == SELECT_WILD || filter_holds(e, s->filter, one))
				add(e, out, one);
		return;
	}
	json_array_foreach(v, i, one)
		if (s->kind == SELECT_WILD || filter_holds(e, s->filter, one))
			add(e, out, one);
}

static void select_one(struct eval *e, const struct selector *s, json_t *v, struct json_nodes *out)
{
	json_t *one = NULL;

	switch (s->kind) {
	case SELECT_NAME:
		one = json_object_get(v, s->name);
		break;
	case SELECT_INDEX:
		if (json_is_array(v))
			one = json_array_get(v, (size_t)(s->start < 0 ? s->start + (json_int_t)json_array_size(v) : s->start));
		break;
	case SELECT_SLICE:
		if (json_is_array(v))
			select_slice(e, s, v, out);
		break;
	default:
		select_each(e, s, v, out);
	}
	if (one)
		add(e, out, one);
}

static void select_all(struct eval *e, const struct jp_segment *segment, json_t *v, struct json_nodes *out)
{
	const char *key;
	json_t *one;
	size_t i;

	for (const struct selector *s = segment->selectors; s; s = s->next)
		select_one(e, s, v, out);
	if (!segment->descendant || out->clipped)
		return;
	if (json_is_object(v))
		json_object_foreach(v, key, one)
			select_all(e, segment, one, out);
	else
		json_array_foreach(v, i, one)
			select_all(e, segment, one, out);
}

static struct json_nodes query(struct eval *e, const struct jp_query *q, json_t *here)
{
	struct json_nodes now = { 0 };

	add(e, &now, q->relative ? here : e->root);
	for (const struct jp_segment *s = q->segments; s; s = s->next) {
		struct json_nodes next = { 0 };
		for (size_t i = 0; i < now.count; i++)
			select_all(e, s, now.list[i], &next);
		now = next;
	}
	return now;
}

void jsonpath_select(struct jsonpath *p, json_t *root, struct arena *a, struct json_nodes *out)
{
	struct eval e = { root, a };

	*out = query(&e, &p->query, root);
}

/* ---- filters ----------------------------------------------------------------------- */

static struct jp_value value_of(struct eval *e, const struct operand *o, json_t *at);

static bool re_holds(struct eval *e, const struct operand *o, json_t *at)
{
	struct jp_value text = value_of(e, o->args[0], at), pattern = value_of(e, o->args[1], at);
	pcre2_code *re = o->re;
	bool good = false;

	if (text.kind != JP_JSON || !json_is_string(text.json) || pattern.kind != JP_JSON || !json_is_string(pattern.json))
		return false;
	if (!re && o->args[1]->kind != OPERAND_LITERAL)
		re = jsonpath_regex(json_string_value(pattern.json), json_string_length(pattern.json), o->function == JP_MATCH);
	if (!re)
		return false;
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(limits, 100000);
	good = pcre2_match(re, (PCRE2_SPTR)json_string_value(text.json), json_string_length(text.json), 0, 0, m, limits) >= 0;
	pcre2_match_context_free(limits);
	pcre2_match_data_free(m);
	if (re != o->re)
		pcre2_code_free(re);
	return good;
}

static struct jp_value call(struct eval *e, const struct operand *o, json_t *at)
{
	struct json_nodes nodes;
	struct jp_value v;

	if (o->function == JP_COUNT || o->function == JP_VALUE) {
		nodes = query(e, &o->args[0]->query, at);
		if (o->function == JP_COUNT)
			return (struct jp_value){ .kind = JP_NUMBER, .number = (double)nodes.count };
		return nodes.count == 1 ? (struct jp_value){ .kind = JP_JSON, .json = nodes.list[0] } : (struct jp_value){ 0 };
	}
	v = value_of(e, o->args[0], at);
	if (v.kind != JP_JSON)
		return (struct jp_value){ 0 };
	if (json_is_string(v.json))
		return (struct jp_value){ .kind = JP_NUMBER, .number = (double)slice_chars(slice_of(json_string_value(v.json), json_string_length(v.json))) };
	if (json_is_array(v.json))
		return (struct jp_value){ .kind = JP_NUMBER, .number = (double)json_array_size(v.json) };
	return json_is_object(v.json) ? (struct jp_value){ .kind = JP_NUMBER, .number = (double)json_object_size(v.json) } : (struct jp_value){ 0 };
}

static struct jp_value value_of(struct eval *e, const struct operand *o, json_t *at)
{
	if (o->kind == OPERAND_LITERAL)
		return (struct jp_value){ .kind = JP_JSON, .json = o->literal };
	if (o->kind == OPERAND_CALL)
		return call(e, o, at);
	struct json_nodes nodes = query(e, &o->query, at);
	return nodes.count == 1 ? (struct jp_value){ .kind = JP_JSON, .json = nodes.list[0] } : (struct jp_value){ 0 };
}

static bool number(struct jp_value v, double *n)
{
	*n = v.kind == JP_NUMBER ? v.number : json_number_value(v.json);
	return v.kind == JP_NUMBER || (v.kind == JP_JSON && json_is_number(v.json));
}

static bool equal(struct jp_value a, struct jp_value b)
{
	double x, y;

	if (number(a, &x) && number(b, &y))
		return a.kind == JP_JSON && b.kind == JP_JSON ? schema_same(a.json, b.json) : x == y;
	if (a.kind != b.kind || a.kind == JP_NUMBER)
		return false;
	return a.kind == JP_NOTHING || schema_same(a.json, b.json);
}

static bool less(struct jp_value a, struct jp_value b)
{
	double x, y;

	if (number(a, &x) && number(b, &y))
		return a.kind == JP_JSON && b.kind == JP_JSON && json_is_integer(a.json) && json_is_integer(b.json) ?
			       json_integer_value(a.json) < json_integer_value(b.json) : x < y;
	return a.kind == JP_JSON && b.kind == JP_JSON && json_is_string(a.json) && json_is_string(b.json) &&
	       strcmp(json_string_value(a.json), json_string_value(b.json)) < 0; /* UTF-8 sorts as its characters do */
}

static bool compare(struct eval *e, const struct filter *f, json_t *at)
{
	struct jp_value a = value_of(e, f->left, at), b = value_of(e, f->right, at);

	switch (f->op[0]) {
	case '=': return equal(a, b);
	case '!': return !equal(a, b);
	case '<': return less(a, b) || (f->op[1] && equal(a, b));
	default: return less(b, a) || (f->op[1] && equal(a, b));
	}
}

static bool filter_holds(struct eval *e, const struct filter *f, json_t *at)
{
	switch (f->kind) {
	case FILTER_OR: return filter_holds(e, f->a, at) || filter_holds(e, f->b, at);
	case FILTER_AND: return filter_holds(e, f->a, at) && filter_holds(e, f->b, at);
	case FILTER_NOT: return !filter_holds(e, f->a, at);
	case FILTER_COMPARE: return compare(e, f, at);
	case FILTER_TEST: break;
	}
	return f->left->kind == OPERAND_QUERY ? query(e, &f->left->query, at).count > 0 : re_holds(e, f->left, at);
}
