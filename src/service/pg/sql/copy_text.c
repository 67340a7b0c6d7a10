/*
 * Lines and fields of COPY's text and csv.
 */
#include "service/pg/sql/copy_text.h"

#include <string.h>

/* ---- lines ----------------------------------------------------------------------- */

bool sql_copy_line_next(const struct sql_copy_format *f, struct slice *rest, struct sql_copy_line *line)
{
	const char *p = rest->ptr;
	size_t n = rest->len, i = 0;
	bool quoted = false;

	*line = (struct sql_copy_line){ 0 };
	if (!n)
		return false;
	for (; i < n; i++) {
		char c = p[i];
		if (f->csv) {
			if (quoted && c == f->escape && f->escape != f->quote && i + 1 < n && (p[i + 1] == f->quote || p[i + 1] == f->escape)) {
				i++;
				continue;
			}
			if (c == f->quote)
				quoted = !quoted;
			if (quoted) {
				line->more_lines += c == '\n';
				continue;
			}
		} else if (c == '\\' && i + 1 < n) {
			i++; /* an escaped line end is data */
			continue;
		}
		if (c == '\n' || c == '\r')
			break;
	}
	line->unterminated = quoted;
	line->text = slice_take(*rest, i);
	if (i < n && p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')
		i++;
	*rest = slice_skip(*rest, i < n ? i + 1 : i);
	line->end_mark = slice_eq_str(line->text, "\\.");
	return true;
}

/* ---- text -------------------------------------------------------------------------- */

static int digit(char c, int base)
{
	int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;

	return v < base ? v : -1;
}

static struct slice unescape(struct slice s, struct arena *a)
{
	if (!memchr(s.ptr, '\\', s.len))
		return s;
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c != '\\' || i + 1 == s.len) {
			out[n++] = c;
			continue;
		}
		c = s.ptr[++i];
		switch (c) {
		case 'b': out[n++] = '\b'; break;
		case 'f': out[n++] = '\f'; break;
		case 'n': out[n++] = '\n'; break;
		case 'r': out[n++] = '\r'; break;
		case 't': out[n++] = '\t'; break;
		case 'v': out[n++] = '\v'; break;
		case 'x':
			if (i + 1 < s.len && digit(s.ptr[i + 1], 16) >= 0) {
				int v = digit(s.ptr[++i], 16);
				if (i + 1 < s.len && digit(s.ptr[i + 1], 16) >= 0)
					v = v * 16 + digit(s.ptr[++i], 16);
				out[n++] = (char)v;
			} else {
				out[n++] = 'x';
			}
			break;
		default:
			if (digit(c, 8) >= 0) {
				int v = digit(c, 8);
				for (int k = 0; k < 2 && i + 1 < s.len && digit(s.ptr[i + 1], 8) >= 0; k++)
					v = v * 8 + digit(s.ptr[++i], 8);
				out[n++] = (char)v;
			} else {
				out[n++] = c;
			}
		}
	}
	out[n] = 0;
	return (struct slice){ out, n };
}

static size_t cut_text(const struct sql_copy_format *f, struct slice line, struct arena *a, struct sql_copy_field *fields)
{
	size_t count = 0, from = 0;

	for (size_t i = 0;; i++) {
		if (i < line.len && line.ptr[i] == '\\' && i + 1 < line.len) {
			i++;
			continue;
		}
		if (i < line.len && line.ptr[i] != f->delimiter)
			continue;
		struct slice raw = slice_take(slice_skip(line, from), i - from);
		fields[count].null = slice_eq(raw, f->null);
		fields[count++].text = unescape(raw, a);
		if (i >= line.len)
			return count;
		from = i + 1;
	}
}

/* ---- csv ------------------------------------------------------------------------------ */

static size_t cut_csv(const struct sql_copy_format *f, struct slice line, struct arena *a, struct sql_copy_field *fields)
{
	size_t count = 0, i = 0;

	for (;;) {
		char *out = arena_alloc(a, line.len - i + 1);
		size_t n = 0, from = i;
		bool quoted = false, inside = false;

		for (; i < line.len; i++) {
			char c = line.ptr[i];
			if (inside) {
				if (c == f->escape && i + 1 < line.len && (line.ptr[i + 1] == f->quote || line.ptr[i + 1] == f->escape) &&
				    (f->escape != f->quote || line.ptr[i + 1] == f->quote)) {
					out[n++] = line.ptr[++i];
				} else if (c == f->quote) {
					inside = false;
				} else {
					out[n++] = c;
				}
			} else if (c == f->delimiter) {
				break;
			} else if (c == f->quote) {
				inside = quoted = true;
			} else {
				out[n++] = c;
			}
		}
		out[n] = 0;
		fields[count].text = (struct slice){ out, n };
		fields[count].quoted = quoted;
		fields[count].null = !quoted && slice_eq(slice_take(slice_skip(line, from), i - from), f->null);
		count++;
		if (i >= line.len)
			return count;
		i++;
	}
}

struct sql_copy_field *sql_copy_cut(const struct sql_copy_format *f, struct slice line, struct arena *a, size_t *count, const char **complaint)
{
	size_t most = 1;

	*complaint = NULL;
	for (size_t i = 0; i < line.len; i++)
		most += line.ptr[i] == f->delimiter;
	struct sql_copy_field *fields = ARENA_ARRAY(a, struct sql_copy_field, most);
	*count = f->csv ? cut_csv(f, line, a, fields) : cut_text(f, line, a, fields);
	return fields;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_csv(const struct sql_copy_format *f, struct slice text, bool force, bool alone, struct buf *out)
{
	bool quote = force || slice_eq(text, f->null) || (alone && slice_eq_str(text, "\\."));

	for (size_t i = 0; i < text.len && !quote; i++)
		quote = text.ptr[i] == f->delimiter || text.ptr[i] == f->quote || text.ptr[i] == '\n' || text.ptr[i] == '\r';
	if (!quote) {
		buf_add_slice(out, text);
		return;
	}
	buf_add_char(out, f->quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == f->quote || text.ptr[i] == f->escape)
			buf_add_char(out, f->escape);
		buf_add_char(out, text.ptr[i]);
	}
	buf_add_char(out, f->quote);
}

void sql_copy_write(const struct sql_copy_format *f, struct slice text, bool null, bool force_quote, bool alone, struct buf *out)
{
	static const char plain[] = "\b\f\n\r\t\v", letters[] = "bfnrtv";

	if (null) {
		buf_add_slice(out, f->null);
		return;
	}
	if (f->csv) {
		write_csv(f, text, force_quote, alone, out);
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		const char *at = c ? strchr(plain, c) : NULL;
		if (at) {
			buf_add_char(out, '\\');
			buf_add_char(out, letters[at - plain]);
		} else {
			if (c == '\\' || c == f->delimiter)
				buf_add_char(out, '\\');
			buf_add_char(out, c);
		}
	}
}
