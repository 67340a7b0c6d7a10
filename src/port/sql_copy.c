/*
 * The data of COPY: rows as text and csv, and rows counted. Values in binary
 * need types and are their service's affair; their rows are counted here.
 *
 * Source: manual, COPY; CopyAttributeOutText and CopyAttributeOutCSV in
 * PostgreSQL's copyto.c.
 */
#include "base/buf.h"
#include "port/port.h"
#include "port/sql.h"

static char delimiter(const struct sql_analysis *an)
{
	return an->copy_delimiter ? an->copy_delimiter : an->copy_csv ? ',' : '\t';
}

static struct slice null_mark(const struct sql_analysis *an)
{
	return an->copy_null.ptr ? an->copy_null : an->copy_csv ? SLICE_LIT("") : SLICE_LIT("\\N");
}

/* Control characters are escaped whatever the delimiter is. */
static void add_text(struct buf *out, struct slice s, char delim)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		const char *escaped = c == '\b' ? "\\b" : c == '\f' ? "\\f" : c == '\n' ? "\\n" : c == '\r' ? "\\r" :
				      c == '\t' ? "\\t" : c == '\v' ? "\\v" : c == '\\' ? "\\\\" : NULL;

		if (escaped) {
			buf_add_str(out, escaped);
			continue;
		}
		if (c == delim)
			buf_add_char(out, '\\');
		buf_add_char(out, c);
	}
}

static char quote_mark(const struct sql_analysis *an)
{
	return an->copy_quote ? an->copy_quote : '"';
}

/* Quoted when it would read back as something else: also "\." alone on its line. */
static void add_csv(struct buf *out, struct slice s, const struct sql_analysis *an, bool only, bool forced)
{
	char delim = delimiter(an), mark = quote_mark(an), escape = an->copy_escape ? an->copy_escape : mark;
	bool quote = forced || slice_eq(s, null_mark(an)) || (only && slice_eq_str(s, "\\."));

	for (size_t i = 0; i < s.len && !quote; i++)
		quote = s.ptr[i] == delim || s.ptr[i] == mark || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (!quote) {
		buf_add_slice(out, s);
		return;
	}
	buf_add_char(out, mark);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == mark || s.ptr[i] == escape)
			buf_add_char(out, escape);
		buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, mark);
}

static bool is_forced(const struct sql_analysis *an, struct slice name)
{
	for (size_t i = 0; i < an->ncopy_force; i++)
		if (slice_eq(an->copy_force[i], name))
			return true;
	return an->copy_force_all;
}

static void add_cell(const struct sql_analysis *an, struct slice s, bool null, bool only, bool forced, struct buf *out)
{
	if (null)
		buf_add_slice(out, null_mark(an));
	else if (an->copy_csv)
		add_csv(out, s, an, only, forced);
	else
		add_text(out, s, delimiter(an));
}

void sql_copy_row(const struct sql_analysis *an, const struct sql_column *columns, const struct sql_value *cells, size_t count,
		  struct buf *out)
{
	bool any = an->copy_force_all || an->ncopy_force;

	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, delimiter(an));
		add_cell(an, cells[i].text, cells[i].null, count == 1, any && is_forced(an, columns[i].name), out);
	}
	buf_add_char(out, '\n');
}

void sql_copy_header(const struct sql_analysis *an, const struct sql_column *columns, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, delimiter(an));
		add_cell(an, columns[i].name, false, count == 1, false, out);
	}
	buf_add_char(out, '\n');
}

/* Bytes of the first text or csv row. */
static size_t line_length(struct slice s, bool csv, char mark)
{
	bool quoted = false;
	size_t n = 0;

	while (n < s.len) {
		char c = s.ptr[n++];

		if (csv && c == mark)
			quoted = !quoted; /* a doubled quote toggles twice */
		else if (c == '\n' && !quoted)
			break;
	}
	return n;
}

static bool take_be(struct slice *s, size_t bytes, uint32_t *v)
{
	*v = 0;
	if (s->len < bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		*v = *v << 8 | (unsigned char)s->ptr[i];
	*s = slice_skip(*s, bytes);
	return true;
}

/* Takes signature, flags and extension. False: cut off. */
static bool take_head(struct slice *s)
{
	uint32_t extension;

	if (s->len < 15)
		return false;
	*s = slice_skip(*s, 15);
	if (!take_be(s, 4, &extension) || extension > s->len)
		return false;
	*s = slice_skip(*s, extension);
	return true;
}

/* Takes one row of counted fields, or the trailer (*last). False: cut off. */
static bool take_row(struct slice *s, bool *last)
{
	uint32_t fields, len;

	if (!take_be(s, 2, &fields))
		return false;
	*last = fields == UINT16_MAX;
	for (; !*last && fields; fields--) {
		if (!take_be(s, 4, &len) || (len != UINT32_MAX && len > s->len))
			return false;
		if (len != UINT32_MAX)
			*s = slice_skip(*s, len);
	}
	return true;
}

struct slice sql_copy_next(const struct sql_analysis *an, struct slice *rest, bool first)
{
	struct slice after = *rest;
	size_t n = rest->len;
	bool last;

	if (!an->copy_binary)
		n = line_length(*rest, an->copy_csv, quote_mark(an));
	else if ((!first || take_head(&after)) && take_row(&after, &last))
		n -= after.len;
	struct slice row = slice_take(*rest, n);
	*rest = slice_skip(*rest, n);
	return row;
}

static size_t binary_rows(struct slice data)
{
	size_t rows = 0;
	bool last = false;

	if (!take_head(&data))
		return 0;
	while (take_row(&data, &last) && !last)
		rows++;
	return rows;
}

size_t sql_copy_rows(const struct sql_analysis *an, struct slice data)
{
	size_t rows = 0;

	if (an->copy_binary)
		return binary_rows(data);
	while (data.len) {
		struct slice line = slice_trim(sql_copy_next(an, &data, false));

		if (slice_eq_str(line, "\\.")) /* end of data, as clients of protocol 2 sent it */
			break;
		rows++;
	}
	return rows && an->copy_header ? rows - 1 : rows;
}
