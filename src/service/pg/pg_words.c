/*
 * Cuts a statement into words: names, strings, numbers and signs, without
 * comments and white space.
 */
#include "service/pg/pg_words.h"

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Block comments nest (manual 4.1.5). */
static void skip_block(struct slice *s)
{
	int depth = 0;

	while (s->len) {
		if (slice_has_prefix(*s, SLICE_LIT("/*"))) {
			depth++;
			*s = slice_skip(*s, 2);
		} else if (slice_has_prefix(*s, SLICE_LIT("*/"))) {
			*s = slice_skip(*s, 2);
			if (!--depth)
				return;
		} else {
			*s = slice_skip(*s, 1);
		}
	}
}

static void skip_space(struct slice *s)
{
	while (s->len) {
		if (s->ptr[0] && strchr(" \t\r\n\f\v", s->ptr[0]))
			*s = slice_skip(*s, 1);
		else if (slice_has_prefix(*s, SLICE_LIT("--")))
			*s = slice_skip(*s, slice_find(*s, '\n'));
		else if (slice_has_prefix(*s, SLICE_LIT("/*")))
			skip_block(s);
		else
			return;
	}
}

/* What stands between two of `quote`, doubled ones made single; with
 * `escapes`, backslash sequences of E'' strings. */
static struct slice take_quoted(struct pg_words *w, char quote, bool escapes)
{
	struct slice s = slice_skip(w->rest, 1);
	char *text = arena_alloc(w->arena, s.len + 1);
	size_t len = 0;

	while (s.len) {
		char c = s.ptr[0];

		s = slice_skip(s, 1);
		if (c == quote) {
			if (!s.len || s.ptr[0] != quote)
				break;
			s = slice_skip(s, 1);
		} else if (escapes && c == '\\' && s.len) {
			c = s.ptr[0];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
			s = slice_skip(s, 1);
		}
		text[len++] = c;
	}
	text[len] = '\0';
	w->rest = s;
	return slice_of(text, len);
}

/* $tag$ ... $tag$; false when there is no such thing here. */
static bool take_dollar(struct pg_words *w)
{
	struct slice s = w->rest;
	size_t n = 1;

	while (n < s.len && (is_name_start(s.ptr[n]) || (n > 1 && is_digit(s.ptr[n]))))
		n++;
	if (n >= s.len || s.ptr[n] != '$')
		return false;
	struct slice tag = slice_take(s, n + 1), body = slice_skip(s, n + 1);
	size_t end = slice_find_slice(body, tag);
	w->text = slice_take(body, end);
	w->rest = slice_skip(body, end + tag.len);
	w->kind = PG_WORD_STRING;
	return true;
}

static void take_name(struct pg_words *w)
{
	struct slice s = w->rest;
	size_t n = 1;

	while (n < s.len && (is_name_start(s.ptr[n]) || is_digit(s.ptr[n]) || s.ptr[n] == '$'))
		n++;
	char *text = arena_alloc(w->arena, n + 1);
	for (size_t i = 0; i < n; i++)
		text[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] | 0x20) : s.ptr[i];
	text[n] = '\0';
	w->kind = PG_WORD_NAME;
	w->text = slice_of(text, n);
	w->rest = slice_skip(s, n);
}

static void take_number(struct pg_words *w)
{
	struct slice s = w->rest;
	size_t n = 1;

	while (n < s.len && (is_digit(s.ptr[n]) || s.ptr[n] == '.' || (s.ptr[n] | 0x20) == 'e' ||
			     ((s.ptr[n] == '-' || s.ptr[n] == '+') && (s.ptr[n - 1] | 0x20) == 'e')))
		n++;
	w->kind = PG_WORD_NUMBER;
	w->text = slice_take(s, n);
	w->rest = slice_skip(s, n);
}

void pg_words_next(struct pg_words *w)
{
	skip_space(&w->rest);
	w->quoted = false;
	if (!w->rest.len) {
		w->kind = PG_WORD_END;
		w->text = SLICE_NONE;
		return;
	}
	char c = w->rest.ptr[0], next = w->rest.len > 1 ? w->rest.ptr[1] : '\0';

	if (c == '\'') {
		w->kind = PG_WORD_STRING;
		w->text = take_quoted(w, '\'', false);
	} else if ((c | 0x20) == 'e' && next == '\'') {
		w->kind = PG_WORD_STRING;
		w->rest = slice_skip(w->rest, 1);
		w->text = take_quoted(w, '\'', true);
	} else if (c == '"') {
		w->kind = PG_WORD_NAME;
		w->quoted = true;
		w->text = take_quoted(w, '"', false);
	} else if (c == '$' && take_dollar(w)) {
		return;
	} else if (is_name_start(c)) {
		take_name(w);
	} else if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && is_digit(next))) {
		take_number(w);
	} else {
		w->kind = PG_WORD_SIGN;
		w->text = slice_take(w->rest, 1);
		w->rest = slice_skip(w->rest, 1);
	}
}

void pg_words_init(struct pg_words *w, struct slice text, struct arena *a)
{
	*w = (struct pg_words){ .rest = text, .arena = a };
	pg_words_next(w);
}

bool pg_words_is(const struct pg_words *w, const char *word)
{
	return (w->kind == PG_WORD_NAME || w->kind == PG_WORD_SIGN) && !w->quoted && slice_eq_str(w->text, word);
}

bool pg_words_take(struct pg_words *w, const char *word)
{
	if (!pg_words_is(w, word))
		return false;
	pg_words_next(w);
	return true;
}
