/*
 * Cuts COPY's data into rows and fields.
 *
 * Source: manual, COPY, "File Formats"; copyfromparse.c of PostgreSQL 15.
 */
#include "service/pg/sql/copy_read.h"

#define SHOWN_MAX 100 /* bytes of a line or value in an error: MAX_COPY_DATA_DISPLAY */

static struct slice shown(struct sql_copy_reading *r, struct slice s)
{
	size_t n = SHOWN_MAX;

	if (s.len <= SHOWN_MAX)
		return s;
	while (n && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(r->arena, "%.*s...", (int)n, s.ptr);
}

void sql_copy_place(struct sql_copy_reading *r, const char *column, const struct slice *value)
{
	struct sql_error *e = r->s->engine->env.error;
	const char *name = r->rel->name;

	if (!e || e->where.len || !r->line)
		return;
	if (r->opt.binary)
		e->where = column ? arena_printf(r->arena, "COPY %s, line %zu, column %s", name, r->line, column) :
				    arena_printf(r->arena, "COPY %s, line %zu", name, r->line);
	else if (column && value)
		e->where = arena_printf(r->arena, "COPY %s, line %zu, column %s: \"%.*s\"", name, r->line, column, SLICE_ARG(shown(r, *value)));
	else if (column)
		e->where = arena_printf(r->arena, "COPY %s, line %zu, column %s: null input", name, r->line, column);
	else if (r->has_row)
		e->where = arena_printf(r->arena, "COPY %s, line %zu: \"%.*s\"", name, r->line, SLICE_ARG(shown(r, r->row)));
	else
		e->where = arena_printf(r->arena, "COPY %s, line %zu", name, r->line);
}

__attribute__((format(printf, 3, 4))) static int wrong(struct sql_copy_reading *r, const char *state, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct slice text = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	sql_raise_env(&r->s->engine->env, state, "%.*s", SLICE_ARG(text));
	sql_copy_place(r, NULL, NULL);
	return -1;
}

/* ---- text and csv ---- */

static bool at_line_end(const struct sql_copy_reading *r)
{
	return !r->rest.len || r->rest.ptr[0] == '\n' || r->rest.ptr[0] == '\r';
}

static void skip_line_end(struct sql_copy_reading *r)
{
	if (r->rest.len && r->rest.ptr[0] == '\r')
		r->rest = slice_skip(r->rest, 1);
	if (r->rest.len && r->rest.ptr[0] == '\n')
		r->rest = slice_skip(r->rest, 1);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One field of the text format: backslashes. */
static struct slice text_field(struct sql_copy_reading *r, bool *null)
{
	size_t i = 0;
	bool escapes = false;
	struct slice raw;

	while (i < r->rest.len && r->rest.ptr[i] != r->opt.delimiter && r->rest.ptr[i] != '\n' && r->rest.ptr[i] != '\r') {
		if (r->rest.ptr[i] == '\\' && i + 1 < r->rest.len) {
			escapes = true;
			i++;
		}
		i++;
	}
	raw = slice_take(r->rest, i);
	r->rest = slice_skip(r->rest, i);
	*null = slice_eq(raw, r->opt.null);
	if (!escapes || *null)
		return raw;
	buf_reset(&r->text);
	for (i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];

		if (c != '\\' || i + 1 == raw.len) {
			buf_add_char(&r->text, c);
			continue;
		}
		c = raw.ptr[++i];
		switch (c) {
		case 'b': c = '\b'; break;
		case 'f': c = '\f'; break;
		case 'n': c = '\n'; break;
		case 'r': c = '\r'; break;
		case 't': c = '\t'; break;
		case 'v': c = '\v'; break;
		case 'x':
			if (i + 1 < raw.len && hex(raw.ptr[i + 1]) >= 0) {
				int v = hex(raw.ptr[++i]);

				if (i + 1 < raw.len && hex(raw.ptr[i + 1]) >= 0)
					v = v * 16 + hex(raw.ptr[++i]);
				c = (char)v;
			}
			break;
		default:
			if (c >= '0' && c <= '7') {
				int v = c - '0';

				for (int k = 0; k < 2 && i + 1 < raw.len && raw.ptr[i + 1] >= '0' && raw.ptr[i + 1] <= '7'; k++)
					v = v * 8 + (raw.ptr[++i] - '0');
				c = (char)v;
			}
			break;
		}
		buf_add_char(&r->text, c);
	}
	return arena_slice(r->arena, buf_slice(&r->text));
}

/* Lines that a quoted field goes over are counted when it has ended. */
static struct slice csv_field(struct sql_copy_reading *r, size_t at, bool *null, bool *open)
{
	const struct sql_copy_options *o = &r->opt;
	bool quoted = false, inside = false;

	buf_reset(&r->text);
	while (r->rest.len) {
		char c = r->rest.ptr[0];

		if (inside) {
			if (c == o->escape && r->rest.len > 1 && (r->rest.ptr[1] == o->quote || r->rest.ptr[1] == o->escape)) {
				buf_add_char(&r->text, r->rest.ptr[1]);
				r->rest = slice_skip(r->rest, 2);
				continue;
			}
			if (c == o->quote)
				inside = false;
			else
				buf_add_char(&r->text, c);
			r->line += c == '\n' && r->ended; /* how lines end is not known before one has */
		} else if (c == o->quote) {
			quoted = inside = true;
		} else if (c == o->delimiter || c == '\n' || c == '\r') {
			break;
		} else {
			buf_add_char(&r->text, c);
		}
		r->rest = slice_skip(r->rest, 1);
	}
	*open = inside;
	bool is_null = slice_eq(buf_slice(&r->text), o->null);
	*null = is_null && !quoted;
	if (at < r->ncolumns && *null && r->force_not_null[at])
		*null = false;
	else if (at < r->ncolumns && is_null && r->force_null[at])
		*null = true;
	return arena_slice(r->arena, buf_slice(&r->text));
}

static bool end_mark(const struct sql_copy_reading *r)
{
	return slice_has_prefix(r->rest, SLICE_LIT("\\.")) && (r->rest.len == 2 || r->rest.ptr[2] == '\n' || r->rest.ptr[2] == '\r');
}

/* The fields of a line; as many as there are in *count, the first of them in r->fields. 1, 0 or -1. */
static int cut_line(struct sql_copy_reading *r, size_t *count)
{
	const char *start = r->rest.ptr;
	bool open = false;

	*count = 0;
	r->has_row = false;
	if (!r->rest.len)
		return 0;
	r->line++;
	if (end_mark(r))
		return 0;
	for (;;) {
		bool null;
		struct slice f = r->opt.csv ? csv_field(r, *count, &null, &open) : text_field(r, &null);

		if (*count < r->ncolumns) {
			r->fields[*count] = f;
			r->nulls[*count] = null;
		} else if (r->ncolumns == 0 && !f.len && at_line_end(r)) {
			break; /* a row of no columns is an empty line */
		}
		(*count)++;
		if (at_line_end(r))
			break;
		r->rest = slice_skip(r->rest, 1); /* the delimiter */
	}
	r->row = slice_of(start, (size_t)(r->rest.ptr - start));
	r->has_row = true;
	if (open)
		return wrong(r, "22P04", "unterminated CSV quoted field");
	r->ended |= r->rest.len > 0;
	skip_line_end(r);
	return 1;
}

static int read_line(struct sql_copy_reading *r)
{
	size_t n;
	int got = cut_line(r, &n);

	if (got <= 0)
		return got;
	if (n > r->ncolumns)
		return wrong(r, "22P04", "extra data after last expected column");
	r->have = n;
	return 1;
}

bool sql_copy_has(struct sql_copy_reading *r, size_t i)
{
	return i < r->have || wrong(r, "22P04", "missing data for column \"%s\"", r->rel->columns[r->columns[i] - 1].name) > 0;
}

static bool match_header(struct sql_copy_reading *r)
{
	size_t n;
	int got = cut_line(r, &n);

	if (got <= 0)
		return got == 0;
	if (n != r->ncolumns)
		return wrong(r, "22P04", "wrong number of fields in header line: got %zu, expected %zu", n, r->ncolumns) > 0;
	for (size_t i = 0; i < n; i++) {
		const char *name = r->rel->columns[r->columns[i] - 1].name;

		if (r->nulls[i])
			return wrong(r, "22P04", "column name mismatch in header line field %zu: got null value (\"%.*s\"), expected \"%s\"", i + 1,
				     SLICE_ARG(r->opt.null), name) > 0;
		if (!slice_eq_str(r->fields[i], name))
			return wrong(r, "22P04", "column name mismatch in header line field %zu: got \"%.*s\", expected \"%s\"", i + 1,
				     SLICE_ARG(r->fields[i]), name) > 0;
	}
	return true;
}

/* ---- binary ---- */

static uint32_t take32(struct sql_copy_reading *r)
{
	uint32_t v = 0;

	for (int i = 0; i < 4 && r->rest.len; i++) {
		v = v << 8 | (unsigned char)r->rest.ptr[0];
		r->rest = slice_skip(r->rest, 1);
	}
	return v;
}

static int read_tuple(struct sql_copy_reading *r)
{
	r->line++;
	if (r->rest.len < 2)
		return 0;
	int n = (int16_t)((unsigned char)r->rest.ptr[0] << 8 | (unsigned char)r->rest.ptr[1]);
	r->rest = slice_skip(r->rest, 2);
	if (n == -1)
		return r->rest.len ? wrong(r, "22P04", "received copy data after EOF marker") : 0;
	if (n < 0 || (size_t)n != r->ncolumns)
		return wrong(r, "22P04", "row field count is %d, expected %zu", n, r->ncolumns);
	for (int i = 0; i < n; i++) {
		const char *name = r->rel->columns[r->columns[i] - 1].name;
		bool cut = r->rest.len < 4;
		int32_t len = (int32_t)take32(r);

		r->nulls[i] = len == -1;
		if (!cut && r->nulls[i])
			continue;
		if (cut || (len > 0 && (size_t)len > r->rest.len) || len < 0) {
			sql_raise_env(&r->s->engine->env, "22P04", cut || len >= 0 ? "unexpected EOF in COPY data" : "invalid field size");
			sql_copy_place(r, name, NULL);
			return -1;
		}
		r->fields[i] = slice_take(r->rest, (size_t)len);
		r->rest = slice_skip(r->rest, (size_t)len);
	}
	r->have = r->ncolumns;
	return 1;
}

static bool signature(struct sql_copy_reading *r)
{
	if (!slice_has_prefix(r->rest, SLICE_LIT("PGCOPY\n\377\r\n\0")))
		return wrong(r, "22P04", "COPY file signature not recognized") > 0;
	r->rest = slice_skip(r->rest, 11);
	if (r->rest.len < 4)
		return wrong(r, "22P04", "invalid COPY file header (missing flags)") > 0;
	uint32_t flags = take32(r);
	if (flags & 1 << 16)
		return wrong(r, "22P04", "invalid COPY file header (WITH OIDS)") > 0;
	if (flags & 0xffff0000u)
		return wrong(r, "22P04", "unrecognized critical flags in COPY file header") > 0;
	if (r->rest.len < 4)
		return wrong(r, "22P04", "invalid COPY file header (missing length)") > 0;
	uint32_t extension = take32(r);
	if (extension > r->rest.len)
		return wrong(r, "22P04", "invalid COPY file header (wrong length)") > 0;
	r->rest = slice_skip(r->rest, extension);
	return true;
}

/* ---- both ---- */

bool sql_copy_head(struct sql_copy_reading *r)
{
	size_t n;

	if (r->opt.binary)
		return signature(r);
	if (r->opt.header == SQL_HEADER_MATCH)
		return match_header(r);
	return !r->opt.header || cut_line(r, &n) >= 0;
}

int sql_copy_row_next(struct sql_copy_reading *r)
{
	return r->opt.binary ? read_tuple(r) : read_line(r);
}
