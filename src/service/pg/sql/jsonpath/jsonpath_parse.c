/*
 * jsonpath's text to its items. Expressions and predicates share one descent by
 * precedence; which of the two a piece is decides what may be done with it.
 */
#include "service/pg/sql/jsonpath/jsonpath.h"

#include <stdio.h>
#include <string.h>

#include "service/pg/sql/func/regex.h"
#include "service/pg/sql/func/string.h"
#include "service/pg/sql/type/numeric.h"

enum token {
	T_END, T_SPECIAL, T_STRING_, T_NUMBER, T_INT, T_VARIABLE, T_IDENT,
	T_AND, T_OR, T_NOT, T_EQ, T_NE, T_LT, T_LE, T_GT, T_GE, T_ANY, /* ** */
};

struct parser {
	struct sql_env *env;
	struct arena *a;
	struct slice s;
	size_t at, from;        /* behind the token; where it begins */
	enum token token;
	char special;
	struct slice text;      /* of the token, decoded */
	int depth, inside_filter, inside_index;
	bool failed;
};

/* An item, and whether it is a predicate; `delimited`: in parentheses, or exists(). */
struct piece {
	struct jsonpath_item *item;
	bool predicate, delimited;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool wrong(struct parser *p)
{
	if (p->failed)
		return false;
	struct slice near = slice_of(p->s.ptr + p->from, p->token == T_END ? 0 : p->at - p->from);

	/* PostgreSQL's scanner shows what ended a word, and of a string its last quote */
	if (p->token == T_IDENT || (p->token == T_VARIABLE && p->s.ptr[p->from + 1] != '"')) {
		near = slice_of(p->s.ptr + p->at, 0);
		while (p->at + near.len < p->s.len && is_blank(near.ptr[near.len]))
			near.len++;
	} else if (p->token == T_STRING_ || p->token == T_VARIABLE) {
		near = SLICE_LIT("\"");
	}
	p->failed = true;
	if (!near.len)
		sql_raise_env(p->env, "42601", "syntax error at end of jsonpath input");
	else
		sql_raise_env(p->env, "42601", "syntax error at or near \"%.*s\" of jsonpath input", SLICE_ARG(near));
	return false;
}

/* ---- tokens ---- */

static bool is_special(char c)
{
	return c && strchr("?%$.[]{}()|&!=<>@#,*:-+/", c);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char at(const struct parser *p, size_t i)
{
	return i < p->s.len ? p->s.ptr[i] : '\0';
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool bad_unicode(struct parser *p, const char *sqlstate, const char *message)
{
	if (!p->failed)
		sql_raise_env(p->env, sqlstate, "%s", message);
	p->failed = true;
	return false;
}

/* \u0041, \u{1F600}, and pairs of surrogates. *i stands on the u. */
static bool unicode(struct parser *p, size_t *i, struct buf *b, uint32_t *high)
{
	uint32_t c = 0;
	size_t n = 0;

	(*i)++;
	if (at(p, *i) == '{') {
		for ((*i)++; hex(at(p, *i)) >= 0 && n < 6; (*i)++, n++)
			c = c << 4 | (uint32_t)hex(at(p, *i));
		if (!n || at(p, *i) != '}')
			return bad_unicode(p, "42601", "invalid Unicode escape sequence");
		(*i)++;
	} else {
		for (; n < 4 && hex(at(p, *i)) >= 0; (*i)++, n++)
			c = c << 4 | (uint32_t)hex(at(p, *i));
		if (n < 4)
			return bad_unicode(p, "42601", "invalid Unicode escape sequence");
	}
	if (!c)
		return bad_unicode(p, "22P05", "unsupported Unicode escape sequence");
	if (c >= 0xd800 && c < 0xdc00) {
		if (*high)
			return bad_unicode(p, "22P02", "invalid input syntax for type jsonpath");
		*high = c;
		return true;
	}
	if (c >= 0xdc00 && c < 0xe000) {
		if (!*high)
			return bad_unicode(p, "22P02", "invalid input syntax for type jsonpath");
		c = 0x10000 + ((*high & 0x3ff) << 10) + (c & 0x3ff);
		*high = 0;
	} else if (*high) {
		return bad_unicode(p, "22P02", "invalid input syntax for type jsonpath");
	}
	if (c > 0x10ffff)
		return bad_unicode(p, "42601", "invalid Unicode escape sequence");
	text_add_code(b, c);
	return true;
}

/* An escape; *i stands behind the backslash. */
static bool escape(struct parser *p, size_t *i, struct buf *b, uint32_t *high)
{
	static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
	char c = at(p, *i);
	const char *k = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return unicode(p, i, b, high);
	if (*high)
		return bad_unicode(p, "22P02", "invalid input syntax for type jsonpath");
	if (c == 'x') {
		if (hex(at(p, *i + 1)) < 0 || hex(at(p, *i + 2)) < 0)
			return bad_unicode(p, "42601", "invalid hexadecimal character sequence");
		text_add_code(b, (uint32_t)(hex(at(p, *i + 1)) << 4 | hex(at(p, *i + 2))));
		*i += 3;
		return true;
	}
	if (*i >= p->s.len)
		return bad_unicode(p, "42601", "unexpected end after backslash");
	buf_add_char(b, k ? to[k - from] : c);
	(*i)++;
	return true;
}

/* "..."; *i stands behind the first quote. */
static bool quoted(struct parser *p, size_t i)
{
	uint32_t high = 0;
	struct buf b;
	bool ok = true;

	buf_init(&b, (size_t)1 << 30);
	while (ok && i < p->s.len && p->s.ptr[i] != '"') {
		if (p->s.ptr[i] == '\\') {
			i++;
			ok = escape(p, &i, &b, &high);
		} else if (high) {
			ok = bad_unicode(p, "22P02", "invalid input syntax for type jsonpath");
		} else {
			buf_add_char(&b, p->s.ptr[i++]);
		}
	}
	if (ok && i >= p->s.len) {
		p->at = i;
		ok = bad_unicode(p, "42601", "unexpected end of quoted string at end of jsonpath input");
	} else if (ok && high) {
		ok = bad_unicode(p, "22P02", "invalid input syntax for type jsonpath");
	}
	p->text = arena_slice(p->a, buf_slice(&b));
	p->at = i + 1;
	buf_release(&b);
	return ok;
}

static bool word(struct parser *p, size_t i)
{
	uint32_t high = 0;
	struct buf b;
	bool ok = true;

	buf_init(&b, (size_t)1 << 30);
	while (ok && i < p->s.len && !is_blank(p->s.ptr[i]) && !is_special(p->s.ptr[i]) && p->s.ptr[i] != '"') {
		if (p->s.ptr[i] == '\\') {
			i++;
			ok = escape(p, &i, &b, &high);
		} else {
			buf_add_char(&b, p->s.ptr[i++]);
		}
	}
	p->text = arena_slice(p->a, buf_slice(&b));
	p->at = i;
	buf_release(&b);
	return ok;
}

static bool number(struct parser *p)
{
	size_t i = p->from;
	bool whole = true;

	while (is_digit(at(p, i)))
		i++;
	if (at(p, i) == '.') {
		whole = false;
		for (i++; is_digit(at(p, i)); i++)
			;
	}
	size_t e = i;
	if (at(p, e) == 'e' || at(p, e) == 'E') {
		e += 1 + (at(p, e + 1) == '-' || at(p, e + 1) == '+');
		if (is_digit(at(p, e))) {
			whole = false;
			while (is_digit(at(p, e)))
				e++;
			i = e;
		}
	}
	p->text = slice_of(p->s.ptr + p->from, i - p->from);
	p->token = whole ? T_INT : T_NUMBER;
	p->at = i;
	char next = at(p, i);
	if (i < p->s.len && !is_blank(next) && !is_special(next)) {
		p->at = i + 1;
		sql_raise_env(p->env, "42601", "trailing junk after numeric literal at or near \"%.*s\" of jsonpath input", (int)(p->at - p->from), p->s.ptr + p->from);
		p->failed = true;
		return false;
	}
	return true;
}

static void two(struct parser *p, enum token token)
{
	p->token = token;
	p->at = p->from + 2;
}

/* The next token. False: failed. */
static bool advance(struct parser *p)
{
	if (p->failed)
		return false;
	for (;;) {
		while (is_blank(at(p, p->at)) && p->at < p->s.len)
			p->at++;
		if (at(p, p->at) != '/' || at(p, p->at + 1) != '*')
			break;
		for (p->at += 2; p->at < p->s.len && !(p->s.ptr[p->at] == '*' && at(p, p->at + 1) == '/'); p->at++)
			;
		if (p->at >= p->s.len) {
			p->failed = true;
			sql_raise_env(p->env, "42601", "unexpected end of comment at end of jsonpath input");
			return false;
		}
		p->at += 2;
	}
	p->from = p->at;
	if (p->at >= p->s.len) {
		p->token = T_END;
		return true;
	}
	char c = p->s.ptr[p->at], next = at(p, p->at + 1);
	p->token = T_SPECIAL;
	p->special = c;
	p->at++;
	if (c == '&' && next == '&')
		two(p, T_AND);
	else if (c == '|' && next == '|')
		two(p, T_OR);
	else if (c == '*' && next == '*')
		two(p, T_ANY);
	else if (c == '=' && next == '=')
		two(p, T_EQ);
	else if ((c == '!' && next == '=') || (c == '<' && next == '>'))
		two(p, T_NE);
	else if (c == '<' && next == '=')
		two(p, T_LE);
	else if (c == '>' && next == '=')
		two(p, T_GE);
	else if (c == '<')
		p->token = T_LT;
	else if (c == '>')
		p->token = T_GT;
	else if (c == '!')
		p->token = T_NOT;
	else if (c == '"') {
		p->token = T_STRING_;
		return quoted(p, p->at);
	} else if (c == '$' && next == '"') {
		p->token = T_VARIABLE;
		return quoted(p, p->at + 1);
	} else if (c == '$' && next && !is_blank(next) && !is_special(next)) {
		p->token = T_VARIABLE;
		return word(p, p->at);
	} else if (is_digit(c) || (c == '.' && is_digit(next))) {
		return number(p);
	} else if (!is_special(c)) {
		p->token = T_IDENT;
		return word(p, p->from);
	}
	return true;
}

static bool is(const struct parser *p, char special)
{
	return p->token == T_SPECIAL && p->special == special;
}

/* A word of the language; null, true and false only in small letters. */
static bool says(const struct parser *p, const char *word_)
{
	bool exact = strcmp(word_, "null") == 0 || strcmp(word_, "true") == 0 || strcmp(word_, "false") == 0;

	return p->token == T_IDENT && (exact ? slice_eq_str(p->text, word_) : slice_eq_nocase_str(p->text, word_));
}

static bool expect(struct parser *p, char special)
{
	return is(p, special) ? advance(p) : wrong(p);
}

/* ---- items ---- */

static struct jsonpath_item *new_item(struct parser *p, enum jsonpath_kind kind)
{
	struct jsonpath_item *i = ARENA_NEW(p->a, struct jsonpath_item);

	i->kind = kind;
	return i;
}

static bool any(struct parser *p, int level, struct piece *out);

/* An expression, no predicate. */
static bool expression(struct parser *p, struct jsonpath_item **out)
{
	struct piece one;

	if (!any(p, 2, &one))
		return false;
	*out = one.item;
	return !one.predicate || wrong(p);
}

static bool predicate(struct parser *p, struct jsonpath_item **out)
{
	struct piece one;

	if (!any(p, 0, &one))
		return false;
	*out = one.item;
	return one.predicate || wrong(p);
}

static bool numeric_text(struct parser *p, struct slice *out)
{
	struct numeric n;
	struct buf b;

	numeric_init(&n);
	buf_init(&b, (size_t)1 << 20);
	bool ok = numeric_parse(p->env, &n, p->text);
	if (ok) {
		numeric_print(&b, &n);
		*out = arena_slice(p->a, buf_slice(&b));
	}
	p->failed |= !ok;
	numeric_release(&n);
	buf_release(&b);
	return ok;
}

static bool level(struct parser *p, uint32_t *out)
{
	uint64_t v;

	if (says(p, "last")) {
		*out = JSONPATH_LEVEL_LAST;
		return advance(p);
	}
	if (p->token != T_INT || !slice_to_u64(p->text, &v) || v >= INT32_MAX)
		return wrong(p);
	*out = (uint32_t)v;
	return advance(p);
}

/* ** and its levels; the token is behind it */
static bool any_levels(struct parser *p, struct jsonpath_item *i)
{
	i->first = 0;
	i->last = JSONPATH_LEVEL_LAST;
	if (!is(p, '{'))
		return true;
	if (!advance(p) || !level(p, &i->first))
		return false;
	i->last = i->first;
	if (says(p, "to") && (!advance(p) || !level(p, &i->last)))
		return false;
	return expect(p, '}');
}

static bool subscripts(struct parser *p, struct jsonpath_item *i)
{
	size_t cap = 4;

	i->subscripts = ARENA_ARRAY(p->a, struct jsonpath_subscript, cap);
	p->inside_index++;
	do {
		if (i->nsubscripts == cap) {
			struct jsonpath_subscript *grown = ARENA_ARRAY(p->a, struct jsonpath_subscript, cap * 2);
			memcpy(grown, i->subscripts, cap * sizeof(*grown));
			i->subscripts = grown;
			cap *= 2;
		}
		struct jsonpath_subscript *s = i->subscripts + i->nsubscripts++;
		*s = (struct jsonpath_subscript){ 0 };
		if (i->nsubscripts > 1 && !advance(p))
			return false;
		if (!expression(p, &s->from))
			return false;
		if (says(p, "to") && (!advance(p) || !expression(p, &s->to)))
			return false;
	} while (is(p, ','));
	p->inside_index--;
	return expect(p, ']');
}

static const struct {
	const char *name;
	enum jsonpath_kind kind;
} methods[] = {
	{ "abs", JP_ABS }, { "size", JP_SIZE }, { "type", JP_TYPE }, { "floor", JP_FLOOR }, { "double", JP_DOUBLE }, { "ceiling", JP_CEILING },
	{ "keyvalue", JP_KEYVALUE }, { "datetime", JP_DATETIME },
};

/* Behind a dot: a key, *, ** or a method. */
static bool member(struct parser *p, struct jsonpath_item **out)
{
	if (p->token == T_ANY) {
		*out = new_item(p, JP_ANY);
		return advance(p) && any_levels(p, *out);
	}
	if (is(p, '*')) {
		*out = new_item(p, JP_ANY_KEY);
		return advance(p);
	}
	if (p->token != T_IDENT && p->token != T_STRING_)
		return wrong(p);
	bool plain = p->token == T_IDENT;
	struct slice name = p->text;
	if (!advance(p))
		return false;
	for (size_t i = 0; plain && is(p, '(') && i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!slice_eq_nocase_str(name, methods[i].name))
			continue;
		*out = new_item(p, methods[i].kind);
		if (!advance(p))
			return false;
		if (methods[i].kind == JP_DATETIME && p->token == T_STRING_) {
			(*out)->left = new_item(p, JP_STRING);
			(*out)->left->text = p->text;
			if (!advance(p))
				return false;
		}
		return expect(p, ')');
	}
	*out = new_item(p, JP_KEY);
	(*out)->text = name;
	return true;
}

static bool accessor_follows(const struct parser *p)
{
	return is(p, '.') || is(p, '[') || is(p, '?');
}

/* Everything that follows a primary: appended to its chain. */
static bool accessors(struct parser *p, struct jsonpath_item *first)
{
	struct jsonpath_item *end = first;

	while (end->next)
		end = end->next;
	while (accessor_follows(p)) {
		struct jsonpath_item *i = NULL;
		char c = p->special;

		if (!advance(p))
			return false;
		if (c == '.') {
			if (!member(p, &i))
				return false;
		} else if (c == '[') {
			if (is(p, '*')) {
				i = new_item(p, JP_ANY_ARRAY);
				if (!advance(p) || !expect(p, ']'))
					return false;
			} else {
				i = new_item(p, JP_INDEX);
				if (!subscripts(p, i))
					return false;
			}
		} else {
			i = new_item(p, JP_FILTER);
			p->inside_filter++;
			if (!expect(p, '(') || !predicate(p, &i->left))
				return false;
			p->inside_filter--;
			if (!expect(p, ')'))
				return false;
		}
		end->next = i;
		end = i;
	}
	return true;
}

static bool primary(struct parser *p, struct piece *out)
{
	struct jsonpath_item *i = NULL;

	*out = (struct piece){ 0 };
	switch (p->token) {
	case T_STRING_:
		i = new_item(p, JP_STRING);
		i->text = p->text;
		break;
	case T_VARIABLE:
		i = new_item(p, JP_VARIABLE);
		i->text = p->text;
		break;
	case T_INT:
	case T_NUMBER:
		i = new_item(p, JP_NUMBER);
		if (!numeric_text(p, &i->text))
			return false;
		break;
	case T_IDENT:
		if (says(p, "null") || says(p, "true") || says(p, "false")) {
			i = new_item(p, p->text.ptr[0] == 'n' ? JP_NULL : p->text.ptr[0] == 't' ? JP_TRUE : JP_FALSE);
		} else if (says(p, "last")) {
			i = new_item(p, JP_LAST);
			if (!p->inside_index) {
				sql_raise_env(p->env, "42601", "LAST is allowed only in array subscripts");
				p->failed = true;
				return false;
			}
		} else if (says(p, "exists")) {
			i = new_item(p, JP_EXISTS);
			*out = (struct piece){ i, true, true };
			return advance(p) && expect(p, '(') && expression(p, &i->left) && expect(p, ')');
		}
		break;
	case T_SPECIAL:
		if (p->special == '$') {
			i = new_item(p, JP_ROOT);
		} else if (p->special == '@') {
			i = new_item(p, JP_CURRENT);
			if (!p->inside_filter) {
				sql_raise_env(p->env, "42601", "@ is not allowed in root expressions");
				p->failed = true;
				return false;
			}
		}
		break;
	default:
		break;
	}
	if (i) {
		out->item = i;
		return advance(p) && accessors(p, i);
	}
	if (!is(p, '('))
		return wrong(p);
	if (!advance(p) || !any(p, 0, out) || !expect(p, ')'))
		return false;
	out->delimited = true;
	if (out->predicate && says(p, "is")) {
		i = new_item(p, JP_IS_UNKNOWN);
		i->left = out->item;
		*out = (struct piece){ i, true, false };
		if (!advance(p) || !says(p, "unknown"))
			return wrong(p);
		return advance(p);
	}
	if (accessor_follows(p)) {
		/* the chain goes on behind the parenthesis */
		if (!accessors(p, out->item))
			return false;
		out->predicate = out->delimited = false;
	}
	return true;
}

static bool unary(struct parser *p, struct piece *out)
{
	if (p->token == T_NOT) {
		struct jsonpath_item *i = new_item(p, JP_NOT);
		struct piece of;

		if (!advance(p) || !primary(p, &of))
			return false;
		if (!of.predicate || !of.delimited)
			return wrong(p);
		i->left = of.item;
		*out = (struct piece){ i, true, false };
		return true;
	}
	if (!is(p, '+') && !is(p, '-'))
		return primary(p, out);
	bool minus = p->special == '-';
	struct piece of;
	if (++p->depth > JSONPATH_DEPTH)
		return bad_unicode(p, "54001", "stack depth limit exceeded");
	if (!advance(p) || !unary(p, &of))
		return false;
	p->depth--;
	if (of.predicate)
		return wrong(p);
	if (of.item->kind == JP_NUMBER && !of.item->next) {
		if (minus && of.item->text.ptr[0] == '-')
			of.item->text = slice_skip(of.item->text, 1);
		else if (minus && !slice_eq_str(of.item->text, "0"))
			of.item->text = arena_printf(p->a, "-%.*s", SLICE_ARG(of.item->text));
		*out = of;
		return true;
	}
	struct jsonpath_item *i = new_item(p, minus ? JP_MINUS : JP_PLUS);
	i->left = of.item;
	*out = (struct piece){ i, false, false };
	return true;
}

static struct piece pair(struct parser *p, enum jsonpath_kind kind, struct piece l, struct piece r, bool is_predicate)
{
	struct jsonpath_item *i = new_item(p, kind);

	i->left = l.item;
	i->right = r.item;
	return (struct piece){ i, is_predicate, false };
}

static bool regex_flags(struct parser *p, struct jsonpath_item *i)
{
	for (size_t k = 0; k < p->text.len; k++)
		switch (p->text.ptr[k]) {
		case 'i': i->icase = true; break;
		case 's': i->dotall = true; break;
		case 'm': i->mline = true; break;
		case 'x': i->expanded = true; break;
		case 'q': i->quote = true; break;
		default: {
			struct sql_error *e = sql_raise_env(p->env, "42601", "invalid input syntax for type %s", "jsonpath");
			sql_detail(p->env, e, "Unrecognized flag character \"%.1s\" in LIKE_REGEX predicate.", p->text.ptr + k);
			p->failed = true;
			return false;
		}
		}
	if (i->expanded && !i->quote) {
		sql_raise_env(p->env, "0A000", "XQuery \"x\" flag (expanded regular expressions) is not implemented");
		p->failed = true;
		return false;
	}
	return true;
}

/* starts with, like_regex: behind an expression */
static bool text_predicate(struct parser *p, struct piece *out)
{
	if (says(p, "starts")) {
		struct jsonpath_item *i = new_item(p, JP_STARTS_WITH);

		if (!advance(p) || !says(p, "with"))
			return wrong(p);
		if (!advance(p) || (p->token != T_STRING_ && p->token != T_VARIABLE))
			return wrong(p);
		i->left = out->item;
		i->right = new_item(p, p->token == T_STRING_ ? JP_STRING : JP_VARIABLE);
		i->right->text = p->text;
		*out = (struct piece){ i, true, false };
		return advance(p);
	}
	struct jsonpath_item *i = new_item(p, JP_LIKE_REGEX);
	if (!advance(p) || p->token != T_STRING_)
		return wrong(p);
	i->left = out->item;
	i->text = p->text;
	*out = (struct piece){ i, true, false };
	if (!advance(p))
		return false;
	if (says(p, "flag")) {
		if (!advance(p) || p->token != T_STRING_)
			return wrong(p);
		if (!regex_flags(p, i) || !advance(p))
			return false;
	}
	const struct regex_flags f = { .icase = i->icase, .quoted = i->quote, .newline_dot = !i->dotall, .newline_anchors = i->mline };
	p->failed = !regex_compile(p->env, i->text, &f);
	return !p->failed;
}

static bool multiplied(struct parser *p, struct piece *out)
{
	if (!unary(p, out))
		return false;
	while (is(p, '*') || is(p, '/') || is(p, '%')) {
		enum jsonpath_kind kind = p->special == '*' ? JP_MUL : p->special == '/' ? JP_DIV : JP_MOD;
		struct piece right;

		if (out->predicate)
			return wrong(p);
		if (!advance(p) || !unary(p, &right))
			return false;
		if (right.predicate)
			return wrong(p);
		*out = pair(p, kind, *out, right, false);
	}
	return true;
}

static bool added(struct parser *p, struct piece *out)
{
	if (!multiplied(p, out))
		return false;
	while (is(p, '+') || is(p, '-')) {
		enum jsonpath_kind kind = p->special == '+' ? JP_ADD : JP_SUB;
		struct piece right;

		if (out->predicate)
			return wrong(p);
		if (!advance(p) || !multiplied(p, &right))
			return false;
		if (right.predicate)
			return wrong(p);
		*out = pair(p, kind, *out, right, false);
	}
	return true;
}

static bool compared(struct parser *p, struct piece *out)
{
	if (!added(p, out))
		return false;
	if (!out->predicate && (says(p, "starts") || says(p, "like_regex")))
		return text_predicate(p, out);
	if (p->token < T_EQ || p->token > T_GE)
		return true;
	static const enum jsonpath_kind kinds[] = { [T_EQ] = JP_EQUAL, [T_NE] = JP_NOT_EQUAL, [T_LT] = JP_LESS, [T_LE] = JP_LESS_OR_EQUAL, [T_GT] = JP_GREATER,
						    [T_GE] = JP_GREATER_OR_EQUAL };
	enum jsonpath_kind kind = kinds[p->token];
	struct piece right;
	if (out->predicate)
		return wrong(p);
	if (!advance(p) || !added(p, &right))
		return false;
	if (right.predicate)
		return wrong(p);
	*out = pair(p, kind, *out, right, true);
	return true;
}

static bool joined(struct parser *p, bool is_or, struct piece *out)
{
	if (!(is_or ? joined(p, false, out) : compared(p, out)))
		return false;
	while (p->token == (is_or ? T_OR : T_AND)) {
		struct piece right;

		if (!out->predicate)
			return wrong(p);
		if (!advance(p) || !(is_or ? joined(p, false, &right) : compared(p, &right)))
			return false;
		if (!right.predicate)
			return wrong(p);
		*out = pair(p, is_or ? JP_OR : JP_AND, *out, right, true);
	}
	return true;
}

/* From which precedence: 0 OR, 2 the sums. */
static bool any(struct parser *p, int from, struct piece *out)
{
	if (++p->depth > JSONPATH_DEPTH)
		return bad_unicode(p, "54001", "stack depth limit exceeded");
	bool ok = from ? added(p, out) : joined(p, true, out);
	p->depth--;
	return ok;
}

bool jsonpath_parse(struct sql_env *env, struct arena *a, struct slice text, struct jsonpath *out)
{
	struct parser p = { .env = env, .a = a, .s = text };
	struct piece all;

	*out = (struct jsonpath){ 0 };
	if (!advance(&p))
		return false;
	if (p.token == T_END) {
		sql_raise_env(env, "22P02", "invalid input syntax for type %s: \"%.*s\"", "jsonpath", SLICE_ARG(text));
		return false;
	}
	if (says(&p, "strict") || says(&p, "lax")) {
		out->strict = says(&p, "strict");
		if (!advance(&p))
			return false;
	}
	if (!any(&p, 0, &all))
		return false;
	if (p.token != T_END)
		return wrong(&p);
	out->item = all.item;
	return true;
}
