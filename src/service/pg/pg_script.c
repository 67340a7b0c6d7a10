/*
 * Cuts a script where psql would: at semicolons outside of quotes, comments,
 * dollar quotes and parentheses. Source: manual 4.1 (Lexical Structure) and psql.
 */
#include "service/pg/pg_script.h"

#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void pg_script_init(struct pg_script *s, struct slice text)
{
	*s = (struct pg_script){ .rest = text, .line = 1 };
	if (text.len >= 3 && !memcmp(text.ptr, "\xef\xbb\xbf", 3))
		s->rest = slice_skip(text, 3);
}

/* Length of the dollar quote's opening at `p`, or 0. */
static size_t dollar(struct slice p)
{
	size_t n = 1;

	while (n < p.len && is_word(p.ptr[n]) && !(n == 1 && p.ptr[n] >= '0' && p.ptr[n] <= '9'))
		n++;
	return n < p.len && p.ptr[n] == '$' ? n + 1 : 0;
}

/* What one lexical element takes: a quoted thing, a comment, or a byte. */
static size_t element(struct slice p, bool after_word)
{
	char c = p.ptr[0];
	size_t i = 1;

	if (c == '\'' || c == '"') {
		bool escapes = false;
		for (; i < p.len; i++) {
			if (escapes && p.ptr[i] == '\\' && i + 1 < p.len)
				i++;
			else if (p.ptr[i] == c)
				break;
		}
		return i < p.len ? i + 1 : i;
	}
	if ((c == 'e' || c == 'E') && !after_word && p.len > 1 && p.ptr[1] == '\'') {
		for (i = 2; i < p.len && p.ptr[i] != '\''; i++)
			i += p.ptr[i] == '\\' && i + 1 < p.len;
		return i < p.len ? i + 1 : i;
	}
	if (c == '-' && p.len > 1 && p.ptr[1] == '-') {
		while (i < p.len && p.ptr[i] != '\n')
			i++;
		return i;
	}
	if (c == '/' && p.len > 1 && p.ptr[1] == '*') {
		int depth = 1;
		for (i = 2; i < p.len && depth; i++) {
			if (p.ptr[i] == '*' && i + 1 < p.len && p.ptr[i + 1] == '/') {
				depth--;
				i++;
			} else if (p.ptr[i] == '/' && i + 1 < p.len && p.ptr[i + 1] == '*') {
				depth++;
				i++;
			}
		}
		return i;
	}
	if (c == '$' && !after_word) {
		size_t tag = dollar(p);
		for (i = tag; tag && i + tag <= p.len; i++)
			if (!memcmp(p.ptr + i, p.ptr, tag))
				return i + tag;
		return tag ? p.len : 1;
	}
	return 1;
}

static int lines(struct slice s)
{
	int n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

static void take(struct pg_script *s, size_t n)
{
	s->line += lines(slice_take(s->rest, n));
	s->rest = slice_skip(s->rest, n);
}

/* Blanks, comments and psql's commands before a statement. */
static void skip_blank(struct pg_script *s)
{
	while (s->rest.len) {
		const char *p = s->rest.ptr;
		size_t n = 1;
		if (is_space(p[0]) || p[0] == ';') {
			n = 1;
		} else if (p[0] == '\\') {
			while (n < s->rest.len && p[n] != '\n')
				n++;
		} else if (s->rest.len > 1 && ((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*'))) {
			n = element(s->rest, false);
		} else {
			return;
		}
		take(s, n);
	}
}

/* COPY ... FROM stdin: the statement reads what follows it. */
static bool reads_stdin(struct slice text)
{
	size_t i = 0;
	bool from = false;

	if (text.len < 5 || strncasecmp(text.ptr, "copy", 4) != 0 || is_word(text.ptr[4]))
		return false;
	while (i < text.len) {
		size_t n = 0;
		while (i + n < text.len && is_word(text.ptr[i + n]))
			n++;
		if (n == 4 && !strncasecmp(text.ptr + i, "from", 4)) {
			from = true;
		} else if (n == 5 && from && !strncasecmp(text.ptr + i, "stdin", 5)) {
			return true;
		} else if (n) {
			from = false;
		}
		i += n ? n : element(slice_skip(text, i), false);
	}
	return false;
}

static void take_data(struct pg_script *s)
{
	/* from the line behind the statement to a line with \. alone */
	size_t i = 0;

	while (i < s->rest.len && s->rest.ptr[i] != '\n')
		i++;
	take(s, i < s->rest.len ? i + 1 : i);
	for (i = 0; i < s->rest.len;) {
		size_t end = i;
		while (end < s->rest.len && s->rest.ptr[end] != '\n')
			end++;
		size_t len = end - i - (end > i && s->rest.ptr[end - 1] == '\r');
		if (len == 2 && !memcmp(s->rest.ptr + i, "\\.", 2)) {
			s->data = slice_take(s->rest, i);
			take(s, end < s->rest.len ? end + 1 : end);
			return;
		}
		i = end < s->rest.len ? end + 1 : end;
	}
	s->data = s->rest;
	take(s, s->rest.len);
}

bool pg_script_next(struct pg_script *s)
{
	size_t i = 0;
	int depth = 0;
	bool word = false;

	s->data = SLICE_NONE;
	skip_blank(s);
	if (!s->rest.len)
		return false;
	s->at = s->line;
	while (i < s->rest.len) {
		char c = s->rest.ptr[i];
		if (c == ';' && depth <= 0)
			break;
		depth += (c == '(') - (c == ')');
		size_t n = element(slice_skip(s->rest, i), word);
		word = n == 1 && is_word(c);
		i += n;
	}
	s->statement = slice_take(s->rest, i);
	take(s, i < s->rest.len ? i + 1 : i);
	while (s->statement.len && is_space(s->statement.ptr[s->statement.len - 1]))
		s->statement.len--;
	if (reads_stdin(s->statement))
		take_data(s);
	return true;
}
