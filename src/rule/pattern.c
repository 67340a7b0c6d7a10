/*
 * Task: holds values against patterns. Pure: what a pattern captures goes to
 * the matching, and a pattern that fails takes back what its parts captured.
 *
 * A value is text (a header, a bind parameter) or JSON (part of a body). Text
 * compares with JSON by its meaning: the parameter "3" equals 3, "true" equals
 * true. That is why numbers are compared as numbers wherever one is wanted.
 */
#include <ctype.h>
#include <math.h>

#include "base/utf8.h"
#include "rule/model.h"

/* ---- views of a value -------------------------------------------------- */

static bool present(struct value v)
{
	return v.kind != VALUE_ABSENT;
}

/* The text of a string or a text; false for everything else. */
static bool as_text(struct value v, struct slice *text)
{
	if (v.kind == VALUE_TEXT) {
		*text = v.text;
		return true;
	}
	if (v.kind == VALUE_JSON && json_is_string(v.json)) {
		*text = slice_of(json_string_value(v.json), json_string_length(v.json));
		return true;
	}
	return false;
}

static bool text_number(struct slice s, double *number)
{
	char copy[64], *end;

	if (!s.len || s.len >= sizeof(copy) || isspace((unsigned char)s.ptr[0]))
		return false;
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	/* strtod also reads "inf", "nan" and hexadecimal: no numbers here. */
	if (strspn(copy, "+-.0123456789eE") != s.len)
		return false;
	*number = strtod(copy, &end);
	return *end == '\0';
}

static bool as_number(struct value v, double *number)
{
	struct slice text;

	if (v.kind == VALUE_JSON && json_is_number(v.json)) {
		*number = json_number_value(v.json);
		return true;
	}
	return as_text(v, &text) && text_number(text, number);
}

struct slice value_text(struct value v, struct arena *a)
{
	struct slice text;

	if (as_text(v, &text))
		return text;
	if (v.kind != VALUE_JSON)
		return SLICE_NONE;
	char *dump = json_dumps(v.json, JSON_ENCODE_ANY | JSON_COMPACT);
	text = slice_str(arena_str(a, dump ? dump : ""));
	free(dump);
	return text;
}

/* ---- captures ---------------------------------------------------------- */

/* False when the name is bound to something else already. */
static bool capture(struct matching *m, struct slice name, struct slice value)
{
	for (struct capture *c = m->captures; c; c = c->next)
		if (slice_eq(c->name, name))
			return slice_eq(c->value, value);
	struct capture *c = ARENA_NEW(m->arena, struct capture);
	*c = (struct capture){ name, value, m->captures };
	m->captures = c;
	return true;
}

static bool re_matches(const struct pattern *p, struct slice text, struct matching *m)
{
	struct rules *r = m->rules;
	int n = pcre2_match(p->re, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0, 0, r->match_data, r->match_limits);

	if (n < 0)
		return false;
	PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->match_data);
	for (size_t i = 0; i < p->nnames; i++) {
		if (!p->names[i].ptr || (n && (int)i + 1 >= n) || at[2 * i + 2] == PCRE2_UNSET)
			continue;
		struct slice group = slice_of(text.ptr + at[2 * i + 2], at[2 * i + 3] - at[2 * i + 2]);
		if (!capture(m, p->names[i], group))
			return false;
	}
	return true;
}

/* ---- operators --------------------------------------------------------- */

static bool equals(const struct pattern *p, struct value v)
{
	struct slice text;
	double number;

	if (v.kind == VALUE_JSON && !json_is_string(v.json)) {
		if (json_is_number(v.json) && p->numeric) {
			if (json_is_integer(v.json) && json_is_integer(p->json))
				return json_integer_value(v.json) == json_integer_value(p->json);
			return json_number_value(v.json) == p->number;
		}
		return json_equal(v.json, p->json);
	}
	if (json_is_null(p->json))
		return v.kind == VALUE_NULL;
	if (!as_text(v, &text))
		return false;
	if (json_is_string(p->json) || json_is_boolean(p->json)) {
		/* A JSON string is never the boolean; the text of a parameter may be: PostgreSQL writes t and f. */
		if (json_is_boolean(p->json))
			return v.kind == VALUE_TEXT && (slice_eq(text, p->text) || (text.len == 1 && text.ptr[0] == p->text.ptr[0]));
		return slice_eq(text, p->text);
	}
	return v.kind == VALUE_TEXT && p->numeric && (slice_eq(text, p->text) || (text_number(text, &number) && number == p->number));
}

static bool compares(const struct pattern *p, struct value v)
{
	struct slice text;
	double number;
	int order;

	if (p->numeric && as_number(v, &number))
		order = number < p->number ? -1 : number > p->number;
	else if ((!p->numeric || json_is_string(p->json)) && as_text(v, &text))
		order = slice_cmp(text, p->text);
	else
		return false;
	switch (p->op) {
	case OP_LT: return order < 0;
	case OP_LE: return order <= 0;
	case OP_GT: return order > 0;
	default: return order >= 0;
	}
}

static bool is_when(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice text;
	double at, wanted = p->number;

	if (!as_text(v, &text) || !time_parse(text, &at))
		return false;
	if (p->exact)
		wanted = m->rules->options.now_ns ? (double)m->rules->options.now_ns() / 1e9 : 0;
	return p->op == OP_BEFORE ? at < wanted : at > wanted;
}

static bool contains(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice text;
	json_t *one;
	size_t i;

	if (as_text(v, &text))
		return p->text.ptr && slice_find_slice(text, p->text) < text.len + !p->text.len;
	if (v.kind != VALUE_JSON || !json_is_array(v.json))
		return false;
	json_array_foreach(v.json, i, one)
		if (pattern_matches(p->kids, (struct value){ .kind = VALUE_JSON, .json = one }, m))
			return true;
	return false;
}

static bool wild(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice text;
	double number;

	switch (p->wild) {
	case WILD_ANY:
		return present(v);
	case WILD_NUMBER:
		return as_number(v, &number);
	default:
		return as_text(v, &text) && re_matches(p, text, m);
	}
}

static bool length(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice text;
	json_t *n;
	size_t len;

	if (as_text(v, &text))
		len = slice_is_utf8(text) ? slice_chars(text) : text.len;
	else if (v.kind == VALUE_JSON && json_is_array(v.json))
		len = json_array_size(v.json);
	else if (v.kind == VALUE_JSON && json_is_object(v.json))
		len = json_object_size(v.json);
	else
		return false;
	n = json_integer((json_int_t)len);
	bool holds = pattern_matches(p->kids, (struct value){ .kind = VALUE_JSON, .json = n }, m);
	json_decref(n);
	return holds;
}

/* Text that holds JSON is read first: a body inside a header, a jsonb parameter. */
static bool json_inside(const struct pattern *p, struct value v, struct matching *m)
{
	if (v.kind != VALUE_TEXT && !(v.kind == VALUE_JSON && json_is_string(v.json)))
		return pattern_matches(p->kids, v, m);
	struct slice text = value_text(v, m->arena);
	json_t *parsed = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_DECODE_ANY, NULL);
	if (!parsed)
		return false;
	struct capture *before = m->captures;
	bool holds = pattern_matches(p->kids, (struct value){ .kind = VALUE_JSON, .json = parsed }, m);
	/* What was captured points into a tree that goes now. */
	for (struct capture *c = m->captures; c != before; c = c->next)
		c->value = arena_slice(m->arena, c->value);
	json_decref(parsed);
	return holds;
}

static bool object(const struct pattern *p, struct value v, struct matching *m)
{
	if (v.kind != VALUE_JSON || !json_is_object(v.json))
		return false;
	if (p->exact && json_object_size(v.json) != p->nkids)
		return false;
	for (size_t i = 0; i < p->nkids; i++) {
		json_t *member = json_object_get(v.json, p->kid_names[i].ptr);
		struct value inner = { .kind = member ? VALUE_JSON : VALUE_ABSENT, .json = member };
		if (!pattern_matches(&p->kids[i], inner, m))
			return false;
	}
	return true;
}

static bool array(const struct pattern *p, struct value v, struct matching *m)
{
	if (v.kind != VALUE_JSON || !json_is_array(v.json) || json_array_size(v.json) != p->nkids)
		return false;
	for (size_t i = 0; i < p->nkids; i++)
		if (!pattern_matches(&p->kids[i], (struct value){ .kind = VALUE_JSON, .json = json_array_get(v.json, i) }, m))
			return false;
	return true;
}

static bool form(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice text;

	if (!as_text(v, &text))
		return false;
	for (size_t i = 0; i < p->nkids; i++) {
		struct value field = { .kind = VALUE_TEXT };
		if (!http_query_get(text, p->kid_names[i].ptr, m->arena, &field.text))
			field.kind = VALUE_ABSENT;
		if (!pattern_matches(&p->kids[i], field, m))
			return false;
	}
	return true;
}

static bool each(const struct pattern *p, struct value v, struct matching *m)
{
	json_t *one;
	size_t i;

	if (v.kind != VALUE_JSON || !json_is_array(v.json))
		return false;
	json_array_foreach(v.json, i, one)
		if (!pattern_matches(p->kids, (struct value){ .kind = VALUE_JSON, .json = one }, m))
			return false;
	return true;
}

static bool path(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice s;

	if (!as_text(v, &s))
		return false;
	for (size_t i = 0; i < p->nparts; i++) {
		const struct path_part *part = &p->parts[i];
		if (part->literal.ptr) {
			if (!slice_has_prefix(s, part->literal))
				return false;
			s = slice_skip(s, part->literal.len);
			continue;
		}
		size_t n = part->rest ? s.len : slice_find(s, '/');
		if (!part->rest && i + 1 < p->nparts) {
			/* A capture ends where the text after it begins. */
			size_t next = slice_find_slice(s, p->parts[i + 1].literal);
			n = next < n ? next : n;
		}
		if ((!n && !part->rest) || !capture(m, part->name, slice_take(s, n)))
			return false;
		s = slice_skip(s, n);
	}
	return s.len == 0;
}

static bool any_kid(const struct pattern *p, struct value v, struct matching *m)
{
	for (size_t i = 0; i < p->nkids; i++)
		if (pattern_matches(&p->kids[i], v, m))
			return true;
	return false;
}

static bool all_kids(const struct pattern *p, struct value v, struct matching *m)
{
	for (size_t i = 0; i < p->nkids; i++)
		if (!pattern_matches(&p->kids[i], v, m))
			return false;
	return true;
}

static bool holds(const struct pattern *p, struct value v, struct matching *m)
{
	struct slice text, decoded;

	switch (p->op) {
	case OP_EQ: return equals(p, v);
	case OP_NE: case OP_NOT: return !pattern_matches(p->kids, v, m);
	case OP_IN: case OP_ANY: return any_kid(p, v, m);
	case OP_ALL: return all_kids(p, v, m);
	case OP_LT: case OP_LE: case OP_GT: case OP_GE: return compares(p, v);
	case OP_BEFORE: case OP_AFTER: return is_when(p, v, m);
	case OP_CONTAINS: return contains(p, v, m);
	case OP_PREFIX: return as_text(v, &text) && slice_has_prefix(text, p->text);
	case OP_SUFFIX: return as_text(v, &text) && slice_has_suffix(text, p->text);
	case OP_GLOB: return as_text(v, &text) && slice_glob(p->text, text, false);
	case OP_RE: case OP_MIXED: return as_text(v, &text) && re_matches(p, text, m);
	case OP_CI: return as_text(v, &text) && slice_eq_nocase(text, p->text);
	case OP_ABSENT: return json_is_true(p->json) == !present(v);
	case OP_EXISTS: return json_is_true(p->json) == present(v);
	case OP_EACH: return each(p, v, m);
	case OP_JSON: case OP_JSON_EQ: return json_inside(p, v, m);
	case OP_BASE64:
		return as_text(v, &text) && base64_decode(text, m->arena, &decoded) &&
		       pattern_matches(p->kids, (struct value){ .kind = VALUE_TEXT, .text = decoded }, m);
	case OP_LEN: return length(p, v, m);
	case OP_FORM: return form(p, v, m);
	case OP_SCHEMA: case OP_JSONPATH: case OP_XPATH: return pattern_query_holds(p, v, m);
	case OP_OBJECT: return object(p, v, m);
	case OP_ARRAY: return array(p, v, m);
	case OP_WILD: return wild(p, v, m);
	case OP_CAPTURE:
		if (!present(v))
			return false;
		return capture(m, p->names[0], v.kind == VALUE_NULL ? SLICE_LIT("null") : value_text(v, m->arena));
	case OP_PATH: return path(p, v, m);
	}
	return false;
}

bool pattern_matches(const struct pattern *p, struct value v, struct matching *m)
{
	struct capture *before = m->captures;

	if (v.kind == VALUE_UNKNOWN)
		return true;
	bool result = holds(p, v, m);
	/* `not` and `ne` hold when the inner pattern does not: then nothing is bound either way. */
	if (!result || p->op == OP_NOT || p->op == OP_NE)
		m->captures = before;
	return result;
}
