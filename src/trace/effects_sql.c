/*
 * effects_sql: one form for a statement, whether a driver puts its values into
 * the text or sends them as parameters.
 */
#include "trace/effects.h"

#include <stdlib.h>

#include "trace/jscan.h"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

struct sql {
	struct slice s;
	size_t at;
	struct buf *form, *values;
	bool first;
};

static void space(struct sql *q)
{
	if (q->form->len && q->form->ptr[q->form->len - 1] != ' ' && q->form->ptr[q->form->len - 1] != '(')
		buf_add_char(q->form, ' ');
}

static void value(struct sql *q, struct slice json)
{
	if (!q->first)
		buf_add_char(q->values, ',');
	q->first = false;
	buf_add_slice(q->values, json);
	space(q);
	buf_add_char(q->form, '?');
}

static void text_value(struct sql *q, struct slice text)
{
	struct buf json;

	buf_init(&json, (size_t)1 << 32);
	jscan_add_string(&json, text);
	value(q, buf_slice(&json));
	buf_release(&json);
}

/* '...' with '' inside; E'...' with backslashes. */
static void string(struct sql *q, bool escapes)
{
	struct buf text;

	buf_init(&text, (size_t)1 << 32);
	for (q->at++; q->at < q->s.len; q->at++) {
		char c = q->s.ptr[q->at];
		if (c == '\'' && q->at + 1 < q->s.len && q->s.ptr[q->at + 1] == '\'')
			q->at++;
		else if (c == '\'')
			break;
		else if (escapes && c == '\\' && q->at + 1 < q->s.len) {
			c = q->s.ptr[++q->at];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		buf_add_char(&text, c);
	}
	q->at++;
	text_value(q, buf_slice(&text));
	buf_release(&text);
}

/* $tag$...$tag$ */
static bool dollar_string(struct sql *q)
{
	size_t end = q->at + 1;

	while (end < q->s.len && is_word(q->s.ptr[end]))
		end++;
	if (end >= q->s.len || q->s.ptr[end] != '$')
		return false;
	struct slice tag = slice_of(q->s.ptr + q->at, end + 1 - q->at), rest = slice_skip(q->s, end + 1);
	size_t n = slice_find_slice(rest, tag);
	text_value(q, slice_take(rest, n));
	q->at = end + 1 + n + (n < rest.len ? tag.len : 0);
	return true;
}

/* ::type says how the driver wrote the value, not what it is. */
static void skip_cast(struct sql *q)
{
	while (q->at + 1 < q->s.len && q->s.ptr[q->at] == ':' && q->s.ptr[q->at + 1] == ':') {
		q->at += 2;
		while (q->at < q->s.len && (is_word(q->s.ptr[q->at]) || q->s.ptr[q->at] == '.' || q->s.ptr[q->at] == '[' || q->s.ptr[q->at] == ']'))
			q->at++;
	}
}

static void word(struct sql *q)
{
	size_t from = q->at;

	while (q->at < q->s.len && is_word(q->s.ptr[q->at]))
		q->at++;
	struct slice w = slice_of(q->s.ptr + from, q->at - from);
	if (slice_eq_nocase_str(w, "null") || slice_eq_nocase_str(w, "true") || slice_eq_nocase_str(w, "false")) {
		/* As parameters come: t and f, and null for null. */
		value(q, slice_eq_nocase_str(w, "null") ? SLICE_LIT("null") : slice_eq_nocase_str(w, "true") ? SLICE_LIT("\"t\"") : SLICE_LIT("\"f\""));
		return;
	}
	space(q);
	for (size_t i = 0; i < w.len; i++)
		buf_add_char(q->form, w.ptr[i] >= 'A' && w.ptr[i] <= 'Z' ? (char)(w.ptr[i] | 0x20) : w.ptr[i]);
}

static void comment(struct sql *q)
{
	if (q->s.ptr[q->at] == '-') {
		while (q->at < q->s.len && q->s.ptr[q->at] != '\n')
			q->at++;
		return;
	}
	size_t n = slice_find_slice(slice_skip(q->s, q->at + 2), SLICE_LIT("*/"));
	q->at = q->at + 2 + n + 2;
}

bool effects_statement(struct slice sql, const struct slice *params, size_t nparams, struct buf *form, struct buf *values)
{
	static const char *const verbs[] = { "insert ", "update ", "delete ", "merge ", "truncate ", "create ", "alter ", "drop ", "copy ", "with ", "call " };
	struct sql q = { sql, 0, form, values, true };
	uint64_t n;

	buf_add_char(values, '[');
	while (q.at < sql.len) {
		char c = sql.ptr[q.at], d = q.at + 1 < sql.len ? sql.ptr[q.at + 1] : '\0';
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
			q.at++;
		} else if ((c == '-' && d == '-') || (c == '/' && d == '*')) {
			comment(&q);
		} else if (c == '\'' || ((c == 'E' || c == 'e') && d == '\'')) {
			q.at += c != '\'';
			string(&q, c != '\'');
			skip_cast(&q);
		} else if (c == '$' && d >= '0' && d <= '9') {
			size_t end = q.at + 1;
			while (end < sql.len && sql.ptr[end] >= '0' && sql.ptr[end] <= '9')
				end++;
			slice_to_u64(slice_of(sql.ptr + q.at + 1, end - q.at - 1), &n);
			value(&q, n && n <= nparams && params[n - 1].ptr ? params[n - 1] : SLICE_LIT("null"));
			q.at = end;
			skip_cast(&q);
		} else if (c == '$' && dollar_string(&q)) {
			skip_cast(&q);
		} else if (c >= '0' && c <= '9') {
			size_t from = q.at;
			while (q.at < sql.len && (is_word(sql.ptr[q.at]) || sql.ptr[q.at] == '.'))
				q.at++;
			text_value(&q, slice_of(sql.ptr + from, q.at - from));
			skip_cast(&q);
		} else if (is_word(c)) {
			word(&q);
		} else if (c == ',' || c == ')' || c == '.') {
			buf_add_char(form, c);
			q.at++;
		} else {
			space(&q);
			buf_add_char(form, c);
			q.at++;
		}
	}
	buf_add_char(values, ']');
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (slice_has_prefix(buf_slice(form), slice_str(verbs[i])))
			return true;
	return false;
}
