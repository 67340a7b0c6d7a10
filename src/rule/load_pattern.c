/*
 * Task: compiles what a rule file writes for a value - literals and
 * operators - into patterns. Wildcards, captures and path templates are read in
 * load_wild.c; pattern.c holds values against patterns.
 */
#include <ctype.h>
#include <stdio.h>

#include "rule/load.h"

/* In the order of enum pattern_op. */
static const char *const operators[OP_NAMED + 1] = {
	"eq", "ne", "in", "lt", "le", "gt", "ge", "before", "after", "contains", "prefix", "suffix", "glob", "re",
	"ci", "absent", "exists", "all", "any", "not", "each", "json", "jsonEq", "base64", "len", "form", "schema", "jsonpath", "xpath", NULL,
};

static int operator_by_name(const char *name)
{
	for (int i = 0; operators[i]; i++)
		if (strcmp(operators[i], name) == 0)
			return i;
	return -1;
}

/* The only member that is no comment, or NULL. *count says how many there are. */
static const char *only_member(json_t *object, json_t **value, size_t *count)
{
	const char *key, *only = NULL;
	json_t *v;

	*count = 0;
	json_object_foreach(object, key, v) {
		if (load_comment(key))
			continue;
		++*count;
		only = key;
		*value = v;
	}
	return *count == 1 ? only : NULL;
}

bool load_is_operator(json_t *v)
{
	json_t *value;
	size_t count;
	const char *key = json_is_object(v) ? only_member(v, &value, &count) : NULL;

	return key && operator_by_name(key) >= 0;
}

bool load_all_operators(json_t *v)
{
	const char *key;
	json_t *value;
	size_t known = 0, count = 0;

	json_object_foreach(v, key, value) {
		if (load_comment(key))
			continue;
		count++;
		known += operator_by_name(key) >= 0;
	}
	return count > 1 && known == count;
}

/* ---- regular expressions ----------------------------------------------- */

void load_re(struct load *l, const char *text, size_t len, struct pattern *out)
{
	struct rules *r = l->r;
	unsigned char why[256];
	uint32_t count = 0, size = 0, groups = 0;
	PCRE2_SIZE at;
	PCRE2_SPTR table;
	int code;

	out->re = pcre2_compile((PCRE2_SPTR)text, len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
	if (!out->re) {
		pcre2_get_error_message(code, why, sizeof(why));
		load_bad(l, "\"%.*s\" is not a regular expression: %s, at character %zu", (int)len, text, (char *)why, (size_t)at + 1);
		return;
	}
	*LOAD_PUSH(l, r->res, r->nres, r->res_cap) = out->re;
	pcre2_pattern_info(out->re, PCRE2_INFO_CAPTURECOUNT, &groups);
	pcre2_pattern_info(out->re, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(out->re, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(out->re, PCRE2_INFO_NAMETABLE, &table);
	if (!count || out->names)
		return;
	out->nnames = groups < GROUPS_MAX ? groups : GROUPS_MAX;
	out->names = ARENA_ARRAY(&r->arena, struct slice, out->nnames + 1);
	for (uint32_t i = 0; i < count; i++, table += size) {
		size_t group = (size_t)table[0] << 8 | table[1];
		if (group >= 1 && group <= out->nnames) {
			out->names[group - 1] = arena_slice(&r->arena, slice_str((const char *)table + 2));
			load_capture(l, out->names[group - 1]);
		}
	}
}

/* ---- values ------------------------------------------------------------ */

static void read_scalar(struct load *l, json_t *v, struct pattern *out)
{
	*out = (struct pattern){ .op = OP_EQ, .json = v };
	if (load_is_text(v)) {
		const char *text = load_text(l, v);
		out->text = json_is_string(v) ? slice_of(text, json_string_length(v)) : slice_str(text);
		if (!json_is_string(v)) {
			out->json = json_string(text);
			json_array_append_new(l->r->owned, out->json);
		}
		load_wild(l, out->text, out);
	} else if (json_is_number(v)) {
		char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
		out->text = slice_str(arena_str(&l->r->arena, text));
		free(text);
		out->number = json_number_value(v);
		out->numeric = true;
	} else if (json_is_boolean(v)) {
		out->text = json_is_true(v) ? SLICE_LIT("true") : SLICE_LIT("false");
	}
}

static void read_kids(struct load *l, json_t *list, bool in_json, struct pattern *out)
{
	json_t *one;
	size_t i;

	out->kids = ARENA_ARRAY(&l->r->arena, struct pattern, json_array_size(list) + 1);
	json_array_foreach(list, i, one) {
		size_t former = load_enter_index(l, i);
		load_pattern(l, one, in_json, &out->kids[out->nkids++]);
		load_leave(l, former);
	}
}

static void read_object(struct load *l, json_t *object, bool in_json, struct pattern *out)
{
	const char *key;
	json_t *v;

	out->kids = ARENA_ARRAY(&l->r->arena, struct pattern, json_object_size(object) + 1);
	out->kid_names = ARENA_ARRAY(&l->r->arena, struct slice, json_object_size(object) + 1);
	json_object_foreach(object, key, v) {
		if (load_comment(key))
			continue;
		size_t former = load_enter(l, key);
		out->kid_names[out->nkids] = slice_str(key);
		load_pattern(l, v, in_json, &out->kids[out->nkids++]);
		load_leave(l, former);
	}
}

/* jsonEq: no operators inside, no other members, wildcards still stand for what they say. */
static void read_exact(struct load *l, json_t *v, struct pattern *out)
{
	const char *key;
	json_t *one;
	size_t i;

	*out = (struct pattern){ .op = OP_OBJECT, .json = v, .exact = true };
	if (json_is_object(v)) {
		out->kids = ARENA_ARRAY(&l->r->arena, struct pattern, json_object_size(v) + 1);
		out->kid_names = ARENA_ARRAY(&l->r->arena, struct slice, json_object_size(v) + 1);
		json_object_foreach(v, key, one) {
			out->kid_names[out->nkids] = slice_str(key);
			read_exact(l, one, &out->kids[out->nkids++]);
		}
	} else if (json_is_array(v)) {
		out->op = OP_ARRAY;
		out->kids = ARENA_ARRAY(&l->r->arena, struct pattern, json_array_size(v) + 1);
		json_array_foreach(v, i, one)
			read_exact(l, one, &out->kids[out->nkids++]);
	} else {
		read_scalar(l, v, out);
	}
}

static bool want_list(struct load *l, const char *op, json_t *v)
{
	if (json_is_array(v) && json_array_size(v))
		return true;
	load_bad(l, "operator \"%s\" takes an array of at least one value", op);
	return false;
}

static bool want_text(struct load *l, const char *op, json_t *v, struct pattern *out)
{
	if (!load_is_text(v)) {
		load_bad(l, "operator \"%s\" takes a string", op);
		return false;
	}
	out->text = slice_str(load_text(l, v));
	return true;
}

static void read_operator(struct load *l, const char *name, json_t *v, bool in_json, struct pattern *out)
{
	int op = operator_by_name(name);

	*out = (struct pattern){ .op = OP_EQ, .json = v };
	struct pattern *kid = ARENA_NEW(&l->r->arena, struct pattern);
	switch ((enum pattern_op)op) {
	case OP_EQ:
		if (in_json && (json_is_object(v) || json_is_array(v)))
			read_exact(l, v, out);
		else
			load_pattern(l, v, in_json, out);
		return;
	case OP_NE: case OP_NOT:
		load_pattern(l, v, in_json, kid);
		break;
	case OP_EACH:
		load_pattern(l, v, true, kid);
		break;
	case OP_IN: case OP_ANY: case OP_ALL:
		if (want_list(l, name, v))
			read_kids(l, v, in_json, out);
		out->op = op;
		return;
	case OP_LT: case OP_LE: case OP_GT: case OP_GE:
		if (!json_is_number(v) && !json_is_string(v))
			load_bad(l, "operator \"%s\" takes a number or a string", name);
		read_scalar(l, v, out);
		out->op = op;
		if (!out->numeric && out->text.len) {
			char *end;
			out->number = strtod(out->text.ptr, &end);
			out->numeric = *end == '\0';
		}
		return;
	case OP_BEFORE: case OP_AFTER:
		if (!json_is_string(v) || (strcmp(json_string_value(v), "now") != 0 && !time_parse(slice_str(json_string_value(v)), &out->number)))
			load_bad(l, "operator \"%s\" takes a time like \"2026-11-20T11:14:46Z\", or \"now\"", name);
		out->exact = json_is_string(v) && strcmp(json_string_value(v), "now") == 0; /* exact: against the run's clock */
		break;
	case OP_CONTAINS:
		if (json_is_string(v) || !in_json)
			want_text(l, name, v, out);
		load_pattern(l, v, true, kid); /* for arrays: an element like this */
		break;
	case OP_PREFIX: case OP_SUFFIX: case OP_GLOB: case OP_CI:
		want_text(l, name, v, out);
		break;
	case OP_RE:
		if (want_text(l, name, v, out))
			load_re(l, out->text.ptr, out->text.len, out);
		break;
	case OP_ABSENT: case OP_EXISTS:
		if (!json_is_boolean(v))
			load_bad(l, "operator \"%s\" takes true or false", name);
		break;
	case OP_JSON:
		/* At its top an object is a body, even when its one member is named like an operator. */
		kid->op = OP_OBJECT;
		kid->json = v;
		if (json_is_object(v))
			read_object(l, v, true, kid);
		else
			load_pattern(l, v, true, kid);
		break;
	case OP_JSON_EQ:
		read_exact(l, v, kid);
		break;
	case OP_BASE64:
		load_pattern(l, v, false, kid);
		break;
	case OP_LEN:
		if (!json_is_integer(v) && !load_is_operator(v))
			load_bad(l, "operator \"len\" takes a number or an operator, like {\"len\": {\"gt\": 3}}");
		else
			load_pattern(l, v, false, kid);
		break;
	case OP_SCHEMA: case OP_JSONPATH: case OP_XPATH:
		out->op = op;
		load_query(l, v, out);
		return;
	case OP_FORM:
		if (load_want(l, v, JSON_OBJECT))
			read_object(l, v, false, out);
		out->op = OP_FORM;
		return;
	default:
		break;
	}
	out->op = op;
	out->kids = kid;
	out->nkids = 1;
}

void load_pattern(struct load *l, json_t *v, bool in_json, struct pattern *out)
{
	json_t *value = NULL;
	size_t count = 0;
	const char *name;

	*out = (struct pattern){ .op = OP_EQ, .json = v };
	if (!json_is_object(v)) {
		if (json_is_array(v) && (in_json || !load_is_text(v))) {
			if (!in_json) {
				load_bad(l, "is an array, expected a value or an operator; for one of several write {\"in\": [...]}");
				return;
			}
			out->op = OP_ARRAY;
			read_kids(l, v, true, out);
			return;
		}
		read_scalar(l, v, out);
		return;
	}
	name = only_member(v, &value, &count);
	if (name && operator_by_name(name) >= 0) {
		size_t former = load_enter(l, name);
		read_operator(l, name, value, in_json, out);
		load_leave(l, former);
		return;
	}
	if (load_all_operators(v)) {
		load_bad(l, "holds %zu operators; one object takes one: write {\"all\": [{...}, {...}]}", count);
		return;
	}
	if (!in_json) {
		if (name)
			load_bad_key(l, name, "unknown operator \"%s\"%s", name, load_hint(l, name, operators, true));
		else
			load_bad(l, "is an object without an operator, expected a value or one operator, like {\"prefix\": \"x\"}");
		return;
	}
	out->op = OP_OBJECT;
	read_object(l, v, true, out);
}
