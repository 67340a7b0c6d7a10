/*
 * Task: reads a JSONPath query (RFC 9535 section 2 and its grammar) by recursive
 * descent, and checks that functions get what they take. Selecting is jsonpath.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "rule/jsonpath_model.h"

#define DEPTH_MAX 64
#define RES_MAX 64
#define EXACT 9007199254740991 /* section 2.1: I-JSON's range */

struct read {
	struct slice all;
	size_t at;
	struct arena *a;
	struct jsonpath *p;
	const char *why;
	size_t why_at;
	int depth;
};

static const char *const functions[JP_FUNCTIONS + 1] = { "length", "count", "match", "search", "value", NULL };

static struct filter *read_or(struct read *r);
static bool read_segments(struct read *r, struct jp_query *q);

static bool fail(struct read *r, const char *why)
{
	if (!r->why) {
		r->why = why;
		r->why_at = r->at;
	}
	return false;
}

static char peek(const struct read *r)
{
	return r->at < r->all.len ? r->all.ptr[r->at] : '\0';
}

static void blank(struct read *r)
{
	while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
		r->at++;
}

static bool take(struct read *r, const char *text)
{
	size_t n = strlen(text);

	if (r->all.len - r->at < n || memcmp(r->all.ptr + r->at, text, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* ---- names, strings, numbers ------------------------------------------------------ */

static bool name_first(unsigned char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *read_name(struct read *r)
{
	size_t start = r->at;

	if (!name_first((unsigned char)peek(r))) {
		fail(r, "a member's name is expected");
		return NULL;
	}
	while (name_first((unsigned char)peek(r)) || digit(peek(r)))
		r->at++;
	return arena_slice(r->a, slice_of(r->all.ptr + start, r->at - start)).ptr;
}

/* A JSON string in either kind of quotes, read by turning it into JSON's own. */
static const char *read_string(struct read *r)
{
	char quote = peek(r);
	struct buf json;
	json_t *v = NULL;
	const char *text = NULL;

	buf_init(&json, 1024 * 1024);
	buf_add_char(&json, '"');
	for (r->at++; r->at < r->all.len && peek(r) != quote; r->at++) {
		char c = peek(r), next = r->at + 1 < r->all.len ? r->all.ptr[r->at + 1] : '\0';
		if (c == '\\' && next == '\'' && quote == '\'') {
			buf_add_char(&json, '\'');
			r->at++;
		} else if (c == '\\' && next) {
			/* of the quotes only one's own is escaped */
			if (next == '\'' || (next == '"' && quote == '\''))
				break;
			buf_add_char(&json, c);
			buf_add_char(&json, next);
			r->at++;
		} else if (c == '"') {
			buf_add_str(&json, "\\\"");
		} else {
			buf_add_char(&json, c);
		}
	}
	buf_add_char(&json, '"');
	if (peek(r) == quote)
		v = json_loadb(json.ptr, json.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	buf_release(&json);
	if (!v || strlen(json_string_value(v)) != json_string_length(v)) {
		fail(r, "a string is not closed, or has an escape that JSON does not know");
	} else {
		r->at++;
		text = arena_str(r->a, json_string_value(v));
	}
	json_decref(v);
	return text;
}

static bool read_int(struct read *r, json_int_t *out)
{
	bool minus = take(r, "-");
	size_t start = r->at;
	json_int_t n = 0;

	while (digit(peek(r)) && n <= EXACT)
		n = n * 10 + (r->all.ptr[r->at++] - '0');
	if (r->at == start || n > EXACT || (r->all.ptr[start] == '0' && (r->at - start > 1 || minus)))
		return fail(r, "a whole number is expected, without leading zeros");
	*out = minus ? -n : n;
	return true;
}

/* ---- filters ------------------------------------------------------------------------ */

static json_t *keep(struct read *r, json_t *v)
{
	json_array_append_new(r->p->literals, v);
	return v;
}

static bool read_number(struct read *r, struct operand *o)
{
	size_t start = r->at;

	while (peek(r) && strchr("+-.0123456789eE", peek(r)))
		r->at++;
	json_t *v = json_loadb(r->all.ptr + start, r->at - start, JSON_DECODE_ANY, NULL);
	if (!json_is_number(v)) {
		json_decref(v);
		r->at = start;
		return fail(r, "a number is not as JSON writes it");
	}
	o->literal = keep(r, v);
	return true;
}

pcre2_code *jsonpath_regex(const char *text, size_t len, bool whole)
{
	struct buf b;
	bool in_class = false;
	int code;
	PCRE2_SIZE at;

	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, whole ? "\\A(?:" : "(?:");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len) {
			buf_add_char(&b, text[i++]);
		} else if (text[i] == '[') {
			in_class = true;
		} else if (text[i] == ']') {
			in_class = false;
		} else if (text[i] == '.' && !in_class) {
			buf_add_str(&b, "[^\\n\\r]"); /* RFC 9485 section 5.4 */
			continue;
		}
		buf_add_char(&b, text[i]);
	}
	buf_add_str(&b, whole ? ")\\z" : ")");
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)b.ptr, b.len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
	buf_release(&b);
	return re;
}

/* Types of section 2.4: length takes a value, count and value nodes, match and search two values. */
static bool check_call(struct read *r, struct operand *o, size_t nargs)
{
	size_t wanted = o->function == JP_MATCH || o->function == JP_SEARCH ? 2 : 1;
	bool nodes = o->function == JP_COUNT || o->function == JP_VALUE;

	if (nargs != wanted)
		return fail(r, "a function has too few or too many arguments");
	for (size_t i = 0; i < nargs; i++) {
		const struct operand *arg = o->args[i];
		if (nodes && arg->kind != OPERAND_QUERY)
			return fail(r, "count() and value() take a query");
		if (!nodes && ((arg->kind == OPERAND_QUERY && !arg->query.singular) ||
			       (arg->kind == OPERAND_CALL && (arg->function == JP_MATCH || arg->function == JP_SEARCH))))
			return fail(r, "this function takes values: a literal, or a query that selects one node at most");
	}
	if (wanted == 2 && o->args[1]->kind == OPERAND_LITERAL && json_is_string(o->args[1]->literal)) {
		json_t *text = o->args[1]->literal;
		o->re = jsonpath_regex(json_string_value(text), json_string_length(text), o->function == JP_MATCH);
		if (o->re && r->p->nres < RES_MAX)
			r->p->res[r->p->nres++] = o->re;
		else if (o->re) {
			pcre2_code_free(o->re);
			return fail(r, "more regular expressions than a query may have");
		}
	}
	return true;
}

static struct operand *read_operand(struct read *r)
{
	struct operand *o = ARENA_NEW(r->a, struct operand);
	size_t start = r->at, nargs = 0;
	char c = peek(r);

	if (c == '"' || c == '\'') {
		const char *text = read_string(r);
		o->literal = text ? keep(r, json_string(text)) : NULL;
		return text ? o : NULL;
	}
	if (c == '-' || digit(c))
		return read_number(r, o) ? o : NULL;
	if (c == '$' || c == '@') {
		r->at++;
		o->kind = OPERAND_QUERY;
		o->query.relative = c == '@';
		return read_segments(r, &o->query) ? o : NULL;
	}
	const char *word = name_first((unsigned char)c) ? read_name(r) : NULL;
	if (word && peek(r) != '(') {
		if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
			o->literal = keep(r, json_boolean(*word == 't'));
		else if (strcmp(word, "null") == 0)
			o->literal = keep(r, json_null());
		if (o->literal)
			return o;
	}
	if (!word || !take(r, "(")) {
		r->at = start;
		fail(r, "expected a query that begins with @ or $, a literal or a function");
		return NULL;
	}
	o->kind = OPERAND_CALL;
	for (o->function = 0; functions[o->function] && strcmp(functions[o->function], word) != 0;)
		o->function++;
	if (o->function == JP_FUNCTIONS) {
		r->at = start;
		fail(r, "no such function (known: length, count, match, search, value)");
		return NULL;
	}
	if (++r->depth > DEPTH_MAX) {
		fail(r, "nested too deeply");
		return NULL;
	}
	do {
		blank(r);
		struct operand *arg = read_operand(r);
		if (!arg)
			return NULL;
		if (nargs < 2)
			o->args[nargs] = arg;
		nargs++;
		blank(r);
	} while (take(r, ","));
	r->depth--;
	if (!take(r, ")")) {
		fail(r, "expected ) after a function's arguments");
		return NULL;
	}
	return check_call(r, o, nargs) ? o : NULL;
}

static bool is_comparable(const struct operand *o)
{
	return o->kind == OPERAND_LITERAL || (o->kind == OPERAND_QUERY && o->query.singular) ||
	       (o->kind == OPERAND_CALL && o->function != JP_MATCH && o->function != JP_SEARCH);
}

static struct filter *read_basic(struct read *r)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
	struct filter *f = ARENA_NEW(r->a, struct filter);

	if (++r->depth > DEPTH_MAX) {
		fail(r, "nested too deeply");
		return NULL;
	}
	blank(r);
	bool negated = take(r, "!");
	blank(r);
	if (take(r, "(")) {
		f = read_or(r);
		blank(r);
		if (f && !take(r, ")")) {
			fail(r, "expected )");
			return NULL;
		}
	} else {
		f->kind = FILTER_TEST;
		if (!(f->left = read_operand(r)))
			return NULL;
		blank(r);
		for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
			if (take(r, ops[i])) {
				f->kind = FILTER_COMPARE;
				memcpy(f->op, ops[i], strlen(ops[i]) + 1);
				blank(r);
				if (negated) {
					fail(r, "a comparison that is negated needs parentheses");
					return NULL;
				}
				if (!(f->right = read_operand(r)))
					return NULL;
				if (!is_comparable(f->left) || !is_comparable(f->right)) {
					fail(r, "only values are compared: a query there has to select one node at most");
					return NULL;
				}
				break;
			}
		if (f->kind == FILTER_TEST && (f->left->kind == OPERAND_LITERAL ||
					       (f->left->kind == OPERAND_CALL && f->left->function != JP_MATCH && f->left->function != JP_SEARCH))) {
			fail(r, "a value alone is no condition; compare it with something");
			return NULL;
		}
	}
	r->depth--;
	if (!f || !negated)
		return f;
	struct filter *not = ARENA_NEW(r->a, struct filter);
	not->kind = FILTER_NOT;
	not->a = f;
	return not;
}

static struct filter *joined(struct read *r, struct filter *a, struct filter *b, int kind)
{
	struct filter *f = ARENA_NEW(r->a, struct filter);

	f->kind = kind;
	f->a = a;
	f->b = b;
	return b ? f : NULL;
}

static struct filter *read_and(struct read *r)
{
	struct filter *f = read_basic(r);

	for (blank(r); f && take(r, "&&"); blank(r))
		f = joined(r, f, read_basic(r), FILTER_AND);
	return f;
}

static struct filter *read_or(struct read *r)
{
	struct filter *f = read_and(r);

	for (blank(r); f && take(r, "||"); blank(r))
		f = joined(r, f, read_and(r), FILTER_OR);
	return f;
}

/* ---- selectors ------------------------------------------------------------------------ */

static bool read_slice(struct read *r, struct selector *s)
{
	s->step = 1;
	if (s->has_start)
		blank(r);
	if (!take(r, ":")) {
		s->kind = SELECT_INDEX;
		return s->has_start || fail(r, "a selector is a quoted name, *, an index, a slice or ?filter");
	}
	s->kind = SELECT_SLICE;
	blank(r);
	if (peek(r) == '-' || digit(peek(r))) {
		s->has_end = true;
		if (!read_int(r, &s->end))
			return false;
		blank(r);
	}
	if (!take(r, ":"))
		return true;
	blank(r);
	return (peek(r) != '-' && !digit(peek(r))) || read_int(r, &s->step);
}

static bool read_selector(struct read *r, struct selector *s)
{
	char c = peek(r);

	if (c == '"' || c == '\'') {
		s->kind = SELECT_NAME;
		return (s->name = read_string(r)) != NULL;
	}
	if (take(r, "*")) {
		s->kind = SELECT_WILD;
		return true;
	}
	if (take(r, "?")) {
		s->kind = SELECT_FILTER;
		return (s->filter = read_or(r)) != NULL;
	}
	if (c == '-' || digit(c)) {
		s->has_start = true;
		if (!read_int(r, &s->start))
			return false;
	}
	return read_slice(r, s);
}

static bool read_bracket(struct read *r, struct jp_segment *segment)
{
	struct selector **next = &segment->selectors;

	do {
		blank(r);
		*next = ARENA_NEW(r->a, struct selector);
		if (!read_selector(r, *next))
			return false;
		next = &(*next)->next;
		blank(r);
	} while (take(r, ","));
	return take(r, "]") || fail(r, "expected ] or ,");
}

static bool read_segments(struct read *r, struct jp_query *q)
{
	struct jp_segment **next = &q->segments;

	q->singular = true;
	for (;;) {
		size_t before = r->at;
		struct jp_segment *segment = ARENA_NEW(r->a, struct jp_segment);
		blank(r);
		segment->descendant = take(r, "..");
		if (take(r, "[")) {
			if (!read_bracket(r, segment))
				return false;
		} else if (segment->descendant || take(r, ".")) {
			segment->selectors = ARENA_NEW(r->a, struct selector);
			if (take(r, "*"))
				segment->selectors->kind = SELECT_WILD;
			else if (!(segment->selectors->name = read_name(r)))
				return false;
		} else {
			r->at = before;
			return true;
		}
		const struct selector *s = segment->selectors;
		q->singular = q->singular && !segment->descendant && !s->next && (s->kind == SELECT_NAME || s->kind == SELECT_INDEX);
		*next = segment;
		next = &segment->next;
	}
}

struct jsonpath *jsonpath_new(struct slice query, struct arena *a, const char **why, size_t *at)
{
	struct jsonpath *p = ARENA_NEW(a, struct jsonpath);
	struct read r = { .all = query, .a = a, .p = p };

	p->literals = json_array();
	p->res = ARENA_ARRAY(a, pcre2_code *, RES_MAX);
	if (!slice_is_utf8(query))
		fail(&r, "it is not UTF-8");
	else if (!take(&r, "$"))
		fail(&r, "a query begins with $");
	else if (read_segments(&r, &p->query) && r.at < query.len)
		fail(&r, "expected a segment: .name, [...] or ..");
	if (!r.why)
		return p;
	jsonpath_free(p);
	*why = r.why;
	*at = r.why_at;
	return NULL;
}

void jsonpath_free(struct jsonpath *p)
{
	if (!p)
		return;
	json_decref(p->literals);
	for (size_t i = 0; i < p->nres; i++)
		pcre2_code_free(p->res[i]);
	p->nres = 0;
	p->literals = NULL;
}
