/* Task: tokens of SQL text, and the form made of them. See sql_form.h. */
#include "trace/sql_form.h"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static char at(struct slice s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

/* Blanks, and comments of both kinds; those with stars nest. */
static struct slice skip_blank(struct slice s)
{
	for (;;) {
		if (s.len && strchr(" \t\r\n\f", s.ptr[0])) {
			s = slice_skip(s, 1);
		} else if (at(s, 0) == '-' && at(s, 1) == '-') {
			s = slice_skip(s, slice_find(s, '\n'));
		} else if (at(s, 0) == '/' && at(s, 1) == '*') {
			size_t i = 2, depth = 1;
			while (i < s.len && depth) {
				bool opens = at(s, i) == '/' && at(s, i + 1) == '*', closes = at(s, i) == '*' && at(s, i + 1) == '/';
				depth += opens;
				depth -= closes;
				i += opens || closes ? 2 : 1;
			}
			s = slice_skip(s, i < s.len ? i : s.len);
		} else {
			return s;
		}
	}
}

/* Up to behind the closing quote; a doubled one stands for itself. */
static size_t quoted(struct slice s, size_t from, char quote, bool escapes)
{
	size_t i = from + 1;

	for (; i < s.len; i++) {
		if (escapes && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == quote && at(s, i + 1) == quote)
			i++;
		else if (s.ptr[i] == quote)
			return i + 1;
	}
	return s.len;
}

/* $tag$ ... $tag$; 0: it is none. */
static size_t dollars(struct slice s)
{
	size_t end = 1;

	while (is_word(at(s, end)) && end < s.len)
		end++;
	if (at(s, end) != '$' || (at(s, 1) >= '0' && at(s, 1) <= '9'))
		return 0;
	struct slice tag = slice_take(s, end + 1), rest = slice_skip(s, end + 1);
	size_t n = slice_find_slice(rest, tag);
	return n < rest.len ? end + 1 + n + tag.len : s.len;
}

static size_t number(struct slice s)
{
	size_t i = 0;

	while (i < s.len && (is_word(s.ptr[i]) || s.ptr[i] == '.' || ((s.ptr[i] == '+' || s.ptr[i] == '-') && (s.ptr[i - 1] | 0x20) == 'e')))
		i++;
	return i;
}

bool sql_token_next(struct slice *rest, struct sql_token *t)
{
	struct slice s = skip_blank(*rest);
	size_t n = 1;
	char c = at(s, 0), d = at(s, 1);

	*rest = s;
	if (!s.len)
		return false;
	t->kind = SQL_TOKEN_OTHER;
	if (c == '\'' || (d == '\'' && strchr("eEbBxXnN", c))) {
		t->kind = SQL_TOKEN_STRING;
		n = quoted(s, c != '\'', '\'', c == 'e' || c == 'E');
	} else if (c == '"') {
		t->kind = SQL_TOKEN_QUOTED;
		n = quoted(s, 0, '"', false);
	} else if (c == '$' && dollars(s)) {
		t->kind = SQL_TOKEN_STRING;
		n = dollars(s);
	} else if (c == '$' && d >= '0' && d <= '9') {
		t->kind = SQL_TOKEN_PARAM;
		while (at(s, n) >= '0' && at(s, n) <= '9')
			n++;
	} else if ((c >= '0' && c <= '9') || (c == '.' && d >= '0' && d <= '9')) {
		t->kind = SQL_TOKEN_NUMBER;
		n = number(s);
	} else if (is_word(c)) {
		t->kind = SQL_TOKEN_WORD;
		while (n < s.len && (is_word(s.ptr[n]) || s.ptr[n] == '$'))
			n++;
	} else {
		/* two that belong together, so that "a < -1" and "a <- 1" stay apart */
		static const char *const pairs[] = { "::", "<=", ">=", "<>", "!=", "||", "->", "#>", "@>", "<@", "=>", ":=", "!~", "~*", "&&" };
		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
			if (pairs[i][0] == c && pairs[i][1] == d)
				n = 2;
	}
	t->text = slice_take(s, n);
	*rest = slice_skip(s, n);
	return true;
}

size_t sql_form(struct slice text, bool bare, struct buf *out)
{
	struct sql_token t;
	size_t literals = 0;
	bool ended = false;

	while (sql_token_next(&text, &t)) {
		bool semicolon = t.text.len == 1 && t.text.ptr[0] == ';';
		if (ended)
			buf_add_str(out, " ;"); /* not the last one */
		ended = semicolon;
		if (semicolon)
			continue;
		buf_add_char(out, ' ');
		literals += sql_token_literal(&t);
		if (bare && sql_token_literal(&t)) {
			buf_add_char(out, '?');
		} else if (t.kind != SQL_TOKEN_WORD) {
			buf_add_slice(out, t.text);
		} else {
			for (size_t i = 0; i < t.text.len; i++)
				buf_add_char(out, t.text.ptr[i] >= 'A' && t.text.ptr[i] <= 'Z' ? (char)(t.text.ptr[i] | 0x20) : t.text.ptr[i]);
		}
	}
	return literals;
}
