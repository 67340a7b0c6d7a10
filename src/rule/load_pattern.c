/*
 * Task: compiles what a rule file writes for a value - literals, operators,
 * wildcards, captures, path templates - into patterns. pattern.c holds values
 * against them.
 */
#include <ctype.h>
#include <stdio.h>

#include "rule/load.h"

/* In the order of enum pattern_op. */
static const char *const operators[OP_NAMED + 1] = {
	"eq", "ne", "in", "lt", "le", "gt", "ge", "before", "after", "contains", "prefix", "suffix", "glob", "re",
	"ci", "absent", "exists", "all", "any", "not", "each", "json", "jsonEq", "base64", "len", "form", NULL,
};
static const char *const later_operators[] = { "schema", "jsonpath", "xpath", NULL };

#define GROUPS_MAX 31 /* the match data of a rules object has room for 32 pairs, the whole match included */

static int operator_by_name(const char *name)
{
	for (int i = 0; operators[i]; i++)
		if (strcmp(operators[i], name) == 0)
			return i;
	return -1;
}

static bool is_later(const char *name)
{
	for (size_t i = 0; later_operators[i]; i++)
		if (strcmp(later_operators[i], name) == 0)
			return true;
	return false;
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

	return key && (operator_by_name(key) >= 0 || is_later(key));
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

/* ---- wildcards and captures -------------------------------------------- */

void load_capture(struct load *l, struct slice name)
{
	for (size_t i = 0; i < l->ncaptures; i++)
		if (slice_eq(l->captures[i], name))
			return;
	*LOAD_PUSH(l, l->captures, l->ncaptures, l->captures_cap) = name;
}

#define RE_UUID "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
#define RE_TIME "\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}(?::?\\d{2})?)?)?"
#define RE_NUMBER "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?"

/* The end of "${...}" whose inside begins at `at`; braces nest, for ${re:x{2}}. */
static size_t closing(struct slice s, size_t at)
{
	int depth = 1;

	for (; at < s.len; at++) {
		if (s.ptr[at] == '\\' && at + 1 < s.len)
			at++;
		else if (s.ptr[at] == '{')
			depth++;
		else if (s.ptr[at] == '}' && --depth == 0)
			return at;
	}
	return s.len;
}

static bool is_name(struct slice s)
{
	if (!s.len || (!isalpha((unsigned char)s.ptr[0]) && s.ptr[0] != '_'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && s.ptr[i] != '_')
			return false;
	return true;
}

static void quote_literal(struct buf *re, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (ispunct((unsigned char)s.ptr[i]))
			buf_add_char(re, '\\');
		buf_add_char(re, s.ptr[i]);
	}
}

static bool wild_by_name(struct slice inside, enum wild *wild, const char **re)
{
	static const struct {
		const char *name;
		enum wild wild;
		const char *re;
	} wilds[] = { { "any", WILD_ANY, ".*" }, { "any.uuid", WILD_UUID, RE_UUID }, { "any.time", WILD_TIME, RE_TIME },
		      { "any.number", WILD_NUMBER, RE_NUMBER } };

	for (size_t i = 0; i < sizeof(wilds) / sizeof(wilds[0]); i++)
		if (slice_eq_str(inside, wilds[i].name)) {
			*wild = wilds[i].wild;
			*re = wilds[i].re;
			return true;
		}
	return false;
}

/* A string with ${...} in it. False: it has none, compare as it is. */
static bool read_wild(struct load *l, struct slice s, struct pattern *out)
{
	struct buf re;
	struct slice *names = NULL;
	size_t nnames = 0, cap = 0, at = 0;
	enum wild wild;
	const char *wild_re;

	if (slice_find_slice(s, SLICE_LIT("${")) == s.len)
		return false;
	buf_init(&re, 1024 * 1024);
	buf_add_str(&re, "\\A(?s:");
	while (at < s.len) {
		size_t next = at + slice_find_slice(slice_skip(s, at), SLICE_LIT("${"));
		if (next > at && next < s.len && s.ptr[next - 1] == '$') { /* $${ is a literal ${ */
			quote_literal(&re, slice_of(s.ptr + at, next - 1 - at));
			quote_literal(&re, SLICE_LIT("${"));
			at = next + 2;
			continue;
		}
		quote_literal(&re, slice_of(s.ptr + at, next - at));
		if (next >= s.len)
			break;
		size_t end = closing(s, next + 2);
		struct slice inside = slice_of(s.ptr + next + 2, end - next - 2);
		bool whole = next == 0 && end + 1 == s.len;
		at = end + 1;
		if (end >= s.len) {
			load_bad(l, "\"%.*s\": ${ is not closed by }; a literal ${ is written $${", SLICE_ARG(s));
			break;
		}
		if (wild_by_name(inside, &wild, &wild_re)) {
			buf_addf(&re, "(?:%s)", wild_re);
			if (whole) {
				out->op = OP_WILD;
				out->wild = wild;
			}
		} else if (slice_has_prefix(inside, SLICE_LIT("re:"))) {
			buf_addf(&re, "(?:%.*s)", SLICE_ARG(slice_skip(inside, 3)));
		} else if (is_name(inside)) {
			struct slice name = arena_slice(&l->r->arena, inside);
			if (whole) {
				out->op = OP_CAPTURE;
				out->names = ARENA_NEW(&l->r->arena, struct slice);
				out->names[0] = name;
				out->nnames = 1;
			}
			buf_add_str(&re, "(.+?)");
			*LOAD_PUSH(l, names, nnames, cap) = name;
			load_capture(l, name);
		} else {
			load_bad(l, "\"${%.*s}\" is neither a name nor ${any}, ${any.uuid}, ${any.time}, ${any.number} or ${re:...}", SLICE_ARG(inside));
		}
	}
	buf_add_str(&re, ")\\z");
	if (out->op == OP_EQ || (out->op == OP_WILD && out->wild != WILD_ANY)) {
		if (out->op == OP_EQ) {
			out->op = OP_MIXED;
			out->names = names;
			out->nnames = nnames;
		}
		if (nnames > GROUPS_MAX)
			load_bad(l, "more than %d captures in one text", GROUPS_MAX);
		else
			load_re(l, re.ptr, re.len, out);
	}
	buf_release(&re);
	return true;
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
		read_wild(l, out->text, out);
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
	if (op < 0) {
		load_bad(l, "operator \"%s\" is not known yet to this version of seam", name);
		return;
	}
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
	if (name && (operator_by_name(name) >= 0 || is_later(name))) {
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

/* ---- path templates ---------------------------------------------------- */

void load_path_pattern(struct load *l, const char *text, struct pattern *out)
{
	struct slice s = slice_str(text);
	size_t cap = 0;

	out->op = OP_PATH;
	out->text = s;
	while (s.len) {
		size_t open = slice_find(s, '{');
		if (open)
			LOAD_PUSH(l, out->parts, out->nparts, cap)->literal = slice_take(s, open);
		if (open >= s.len)
			break;
		size_t end = slice_find(s, '}');
		struct slice name = slice_of(s.ptr + open + 1, end > open ? end - open - 1 : 0);
		bool rest = slice_has_suffix(name, SLICE_LIT("..."));
		if (rest)
			name = slice_take(name, name.len - 3);
		if (end >= s.len || !is_name(name)) {
			load_bad(l, "\"%s\": a part of a path is captured as {name} or, for all that follows, {name...}", text);
			return;
		}
		if (rest && end + 1 < s.len) {
			load_bad(l, "\"%s\": {%.*s...} takes everything, so nothing may follow it", text, SLICE_ARG(name));
			return;
		}
		if (out->nparts && !out->parts[out->nparts - 1].literal.ptr) {
			load_bad(l, "\"%s\": two captures without text between them", text);
			return;
		}
		struct path_part *part = LOAD_PUSH(l, out->parts, out->nparts, cap);
		part->name = arena_printf(&l->r->arena, "path.%.*s", SLICE_ARG(name));
		part->rest = rest;
		load_capture(l, part->name);
		s = slice_skip(s, end + 1);
	}
}
