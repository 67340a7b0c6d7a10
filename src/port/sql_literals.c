/*
 * Finds the literals of a statement and makes keys without them. What a literal
 * means is left to the parser and to who asks.
 */
#include "port/sql_literals.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"

struct scan {
	struct slice text;
	size_t at;
	struct arena *arena;
	struct sql_literals *out;
	size_t cap;
	int minus;  /* where the last token was a '-' */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static char peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->text.len ? s->text.ptr[s->at + ahead] : '\0';
}

static void add(struct scan *s, size_t from, char kind)
{
	struct sql_literals *l = s->out;

	if (l->n == s->cap) {
		size_t cap = s->cap ? s->cap * 4 : 16;
		struct sql_literal *more = ARENA_ARRAY(s->arena, struct sql_literal, cap);

		if (l->n)
			memcpy(more, l->list, l->n * sizeof(*more));
		l->list = more;
		s->cap = cap;
	}
	l->list[l->n++] = (struct sql_literal){ (int)from, (int)(s->at - from), s->minus, kind };
}

/* Without leading zeros; compares as a number with digits of the same length. */
static int compare_digits(struct slice n, const char *limit)
{
	size_t len = strlen(limit);

	while (n.len > 1 && n.ptr[0] == '0')
		n = slice_skip(n, 1);
	if (n.len != len)
		return n.len < len ? -1 : 1;
	return memcmp(n.ptr, limit, len);
}

/* Numbers next to a limit change their kind with the sign: 0. */
static char kind_of_digits(struct slice n)
{
	if (compare_digits(n, "2147483647") <= 0)
		return SQL_LITERAL_INT4;
	if (!compare_digits(n, "2147483648") || !compare_digits(n, "9223372036854775808"))
		return 0;
	return compare_digits(n, "9223372036854775807") <= 0 ? SQL_LITERAL_INT8 : SQL_LITERAL_NUMERIC;
}

static bool number(struct scan *s)
{
	size_t from = s->at;
	bool whole = true;

	while (is_digit(peek(s, 0)))
		s->at++;
	if (peek(s, 0) == '.') {
		if (peek(s, 1) == '.')
			return false;
		whole = false;
		s->at++;
		while (is_digit(peek(s, 0)))
			s->at++;
	}
	if (peek(s, 0) == 'e' || peek(s, 0) == 'E') {
		size_t sign = peek(s, 1) == '-' || peek(s, 1) == '+';

		if (!is_digit(peek(s, 1 + sign)))
			return false;
		whole = false;
		s->at += 1 + sign;
		while (is_digit(peek(s, 0)))
			s->at++;
	}
	if (is_name(peek(s, 0)) || peek(s, 0) == '.' || peek(s, 0) == '$')
		return false;
	char kind = whole ? kind_of_digits(slice_of(s->text.ptr + from, s->at - from)) : SQL_LITERAL_NUMERIC;
	if (kind)
		add(s, from, kind);
	return true;
}

/* Up to behind the closing quote; `escapes`: a backslash takes the next byte along. */
static bool quoted(struct scan *s, char quote, bool escapes)
{
	for (s->at++; s->at < s->text.len; s->at++) {
		if (escapes && peek(s, 0) == '\\') {
			s->at++;
		} else if (peek(s, 0) == quote) {
			if (peek(s, 1) != quote) {
				s->at++;
				return true;
			}
			s->at++;
		}
	}
	return false;
}

/* 'a' <newline> 'b' is one literal. */
static bool goes_on(const struct scan *s)
{
	bool line = false;
	size_t i = 0;

	while (is_space(peek(s, i)))
		line |= peek(s, i) == '\n' || peek(s, i) == '\r', i++;
	return line && (peek(s, i) == '\'' || peek(s, i) == '-');
}

static bool string(struct scan *s, bool plain)
{
	size_t from = s->at;

	if (!quoted(s, '\'', !plain) || goes_on(s))
		return false;
	if (plain)
		add(s, from, SQL_LITERAL_STRING);
	return true;
}

static bool word(struct scan *s)
{
	size_t from = s->at;

	while (is_name(peek(s, 0)) || is_digit(peek(s, 0)) || peek(s, 0) == '$')
		s->at++;
	size_t len = s->at - from;
	char c = s->text.ptr[from] & ~0x20;
	if (peek(s, 0) != '\'' && !(len == 1 && c == 'U' && peek(s, 0) == '&'))
		return true;
	/* E'' stays as it is; U&'', B'', X'' and N'' are the parser's */
	if (len == 1 && c == 'E')
		return string(s, false);
	return !(len == 1 && (c == 'U' || c == 'B' || c == 'X' || c == 'N'));
}

static bool comment(struct scan *s)
{
	int depth = 0;

	if (peek(s, 0) == '-') {
		while (s->at < s->text.len && peek(s, 0) != '\n' && peek(s, 0) != '\r')
			s->at++;
		return true;
	}
	while (s->at < s->text.len) {
		if (peek(s, 0) == '/' && peek(s, 1) == '*') {
			depth++;
			s->at += 2;
		} else if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			s->at += 2;
			if (!--depth)
				return true;
		} else {
			s->at++;
		}
	}
	return false;
}

/* One token. False: the parser's. */
static bool token(struct scan *s)
{
	char c = peek(s, 0), next = peek(s, 1);
	int minus = s->minus;

	if (is_space(c)) {
		s->at++;
		return true;
	}
	if ((c == '-' && next == '-') || (c == '/' && next == '*'))
		return comment(s);
	s->minus = -1;
	if (is_digit(c) || (c == '.' && is_digit(next))) {
		s->minus = minus;
		bool ok = number(s);
		s->minus = -1;
		return ok;
	}
	if (c == '\'')
		return string(s, true);
	if (c == '"')
		return quoted(s, '"', false);
	if (is_name(c))
		return word(s);
	if (c == '$' && is_digit(next)) {
		for (s->at++; is_digit(peek(s, 0));)
			s->at++;
		return !is_name(peek(s, 0));
	}
	if (c == '$' || c == ';' || c == '\\' || (c >= 0 && c < ' '))
		return false;
	if (c == '-')
		s->minus = (int)s->at;
	s->at++;
	return true;
}

static bool verb_has_plans(struct slice text)
{
	static const char *const verbs[] = { "select", "insert", "update", "delete", "values", "with" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t n = strlen(verbs[i]);

		if (text.len > n && !strncasecmp(text.ptr, verbs[i], n) && !is_name(text.ptr[n]))
			return true;
	}
	return false;
}

bool sql_literals_scan(struct slice text, struct arena *a, struct sql_literals *out)
{
	struct scan s = { .text = text, .arena = a, .out = out, .minus = -1 };

	*out = (struct sql_literals){ 0 };
	while (s.at < text.len && is_space(text.ptr[s.at]))
		s.at++;
	if (text.len > INT32_MAX / 2 || !verb_has_plans(slice_skip(text, s.at)))
		return false;
	while (s.at < text.len)
		if (!token(&s))
			return false;
	return out->n > 0;
}

void sql_literals_key(struct slice text, const struct sql_literals *l, const bool *verbatim, struct buf *out)
{
	size_t from = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct sql_literal *one = l->list + i;

		if (verbatim && verbatim[i])
			continue;
		buf_add(out, text.ptr + from, (size_t)one->at - from);
		buf_add_char(out, one->kind); /* no byte that the text itself may have */
		from = (size_t)one->at + (size_t)one->len;
	}
	buf_add(out, text.ptr + from, text.len - from);
}

size_t sql_literals_before(const struct sql_literals *l, int location)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (l->list[middle].at < location)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sql_literal *sql_literals_find(const struct sql_literals *l, int location, bool *negative)
{
	size_t low = sql_literals_before(l, location);

	*negative = low < l->n && l->list[low].at != location;
	if (low == l->n || (*negative && l->list[low].minus != location))
		return NULL;
	return l->list + low;
}

struct slice sql_literal_value(struct slice text, const struct sql_literal *l, bool negative, struct arena *a)
{
	struct slice s = slice_of(text.ptr + l->at, (size_t)l->len);

	if (l->kind != SQL_LITERAL_STRING) {
		if (l->kind == SQL_LITERAL_INT4)
			while (s.len > 1 && s.ptr[0] == '0')
				s = slice_skip(s, 1);
		if (negative && l->kind == SQL_LITERAL_INT4 && slice_eq_str(s, "0"))
			return s;
		return negative ? arena_printf(a, "-%.*s", SLICE_ARG(s)) : s;
	}
	s = slice_of(s.ptr + 1, s.len - 2);
	if (!memchr(s.ptr, '\'', s.len))
		return s;
	char *copy = arena_alloc(a, s.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		copy[n++] = s.ptr[i];
		i += s.ptr[i] == '\''; /* two stand for one */
	}
	return slice_of(copy, n);
}
