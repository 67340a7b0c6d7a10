/*
 * Text, csv and binary, as COPY TO writes them (CopyAttributeOutText and
 * CopyAttributeOutCSV in PostgreSQL's copyto.c).
 */
#include "service/pg/pg_copy_format.h"

#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_types.h"

static char delimiter(const struct sql_analysis *an)
{
	return an->copy_delimiter ? an->copy_delimiter : an->copy_csv ? ',' : '\t';
}

static struct slice null_mark(const struct sql_analysis *an)
{
	return an->copy_null.ptr ? an->copy_null : an->copy_csv ? SLICE_LIT("") : SLICE_LIT("\\N");
}

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

static void add_csv(struct buf *out, struct slice s, const struct sql_analysis *an, bool only)
{
	char delim = delimiter(an);
	bool quote = slice_eq(s, null_mark(an)) || (only && slice_eq_str(s, "\\."));

	for (size_t i = 0; i < s.len && !quote; i++)
		quote = s.ptr[i] == delim || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (!quote) {
		buf_add_slice(out, s);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, '"');
}

static struct sql_error *add_binary(const struct sql_column *columns, const struct sql_value *cells, size_t ncolumns,
				    struct arena *a, struct buf *out)
{
	buf_add_be16(out, (uint16_t)ncolumns);
	for (size_t i = 0; i < ncolumns; i++) {
		uint32_t oid = columns[i].oid ? columns[i].oid : PG_OID_TEXT;
		const struct pg_type *type = pg_type_find(oid);
		size_t at = out->len;

		buf_add_be32(out, UINT32_MAX);
		if (cells[i].null)
			continue;
		if (!type)
			return pg_error_new(a, "42883", "no binary output function available for type %u", oid);
		if (!type->send(type, cells[i].text, out))
			return pg_error_new(a, "22P02", "invalid input syntax for type %s: \"%.*s\"", type->name,
					    SLICE_ARG(slice_take(cells[i].text, 200)));
		if (!buf_failed(out))
			buf_patch_be32(out, at, (uint32_t)(out->len - at - 4));
	}
	return NULL;
}

struct sql_error *pg_copy_row(const struct sql_analysis *an, const struct sql_column *columns, const struct sql_value *cells,
			      size_t ncolumns, struct arena *a, struct buf *out)
{
	if (an->copy_binary)
		return add_binary(columns, cells, ncolumns, a, out);
	for (size_t i = 0; i < ncolumns; i++) {
		if (i)
			buf_add_char(out, delimiter(an));
		if (cells[i].null)
			buf_add_slice(out, null_mark(an));
		else if (an->copy_csv)
			add_csv(out, cells[i].text, an, ncolumns == 1);
		else
			add_text(out, cells[i].text, delimiter(an));
	}
	buf_add_char(out, '\n');
	return NULL;
}

void pg_copy_header(const struct sql_analysis *an, const struct sql_value *names, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, delimiter(an));
		if (an->copy_csv)
			add_csv(out, names[i].text, an, count == 1);
		else
			add_text(out, names[i].text, delimiter(an));
	}
	buf_add_char(out, '\n');
}

struct slice pg_copy_line(struct slice *rest, bool csv)
{
	bool quoted = false;
	size_t n = 0;

	while (n < rest->len) {
		char c = rest->ptr[n++];

		if (csv && c == '"')
			quoted = !quoted; /* a doubled quote toggles twice */
		else if (c == '\n' && !quoted)
			break;
	}
	struct slice line = slice_take(*rest, n);
	*rest = slice_skip(*rest, n);
	return line;
}

size_t pg_copy_binary_rows(struct slice data)
{
	struct pg_reader r = { .rest = data };
	size_t rows = 0;

	pg_read_bytes(&r, 15);                /* signature and flags */
	pg_read_bytes(&r, pg_read_int32(&r)); /* header extension */
	for (;;) {
		uint16_t fields = pg_read_int16(&r);

		if (r.bad || fields == UINT16_MAX) /* cut off, or the trailer */
			return rows;
		for (uint16_t i = 0; i < fields; i++) {
			uint32_t len = pg_read_int32(&r);

			if (len != UINT32_MAX)
				pg_read_bytes(&r, len);
		}
		rows += !r.bad;
	}
}
