/*
 * RowDescription and DataRow. The text path is the hot one: a row is measured,
 * reserved once and copied.
 */
#include "service/pg/pg_rows.h"

#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_types.h"

static char *put_be32(char *p, uint32_t v)
{
	p[0] = (char)(v >> 24);
	p[1] = (char)(v >> 16);
	p[2] = (char)(v >> 8);
	p[3] = (char)v;
	return p + 4;
}

static char *put_be16(char *p, uint16_t v)
{
	p[0] = (char)(v >> 8);
	p[1] = (char)v;
	return p + 2;
}

/* pg_type.typlen where the reply does not say: a rule may leave it out. */
static int16_t type_length(const struct sql_column *c)
{
	if (c->typlen)
		return c->typlen;
	switch (c->oid) {
	case 16: /* bool */
	case 18: /* "char" */
		return 1;
	case 21: /* int2 */
		return 2;
	case 23: /* int4 */
	case 26: /* oid */
	case 700: /* float4 */
	case 1082: /* date */
		return 4;
	case 20: /* int8 */
	case 701: /* float8 */
	case 1083: /* time */
	case 1114: /* timestamp */
	case 1184: /* timestamptz */
		return 8;
	case 1266: /* timetz */
		return 12;
	case 1186: /* interval */
	case 2950: /* uuid */
		return 16;
	case 19: /* name */
		return 64;
	default:
		return -1;
	}
}

void pg_write_columns(struct buf *out, const struct sql_reply *sql, const struct pg_formats *formats)
{
	size_t at = pg_write_begin(out, 'T');

	buf_add_be16(out, (uint16_t)sql->ncolumns);
	for (size_t i = 0; i < sql->ncolumns; i++) {
		const struct sql_column *c = &sql->columns[i];
		char fixed[18], *p = fixed;

		pg_write_string(out, c->name);
		p = put_be32(p, c->table_oid);
		p = put_be16(p, (uint16_t)c->attnum);
		p = put_be32(p, c->oid ? c->oid : PG_OID_TEXT);
		p = put_be16(p, (uint16_t)type_length(c));
		p = put_be32(p, (uint32_t)c->typmod);
		put_be16(p, pg_format(formats, i));
		buf_add(out, fixed, sizeof(fixed));
	}
	pg_write_end(out, at);
}

/* One row whose cells all go out as text. */
static void write_text_row(struct buf *out, const struct sql_value *cells, size_t ncolumns)
{
	size_t size = 6;

	for (size_t i = 0; i < ncolumns; i++)
		size += 4 + (cells[i].null ? 0 : cells[i].text.len);
	char *p = buf_reserve(out, size + 1);
	if (!p)
		return;
	*p++ = 'D';
	p = put_be32(p, (uint32_t)size);
	p = put_be16(p, (uint16_t)ncolumns);
	for (size_t i = 0; i < ncolumns; i++) {
		size_t len = cells[i].text.len;

		if (cells[i].null) {
			p = put_be32(p, UINT32_MAX);
			continue;
		}
		p = put_be32(p, (uint32_t)len);
		if (len)
			memcpy(p, cells[i].text.ptr, len);
		p += len;
	}
	buf_commit(out, size + 1);
}

/* As PostgreSQL would have said it when the text was read into the type. */
static struct sql_error *bad_cell(const struct sql_column *c, const struct pg_type *type, struct slice text, struct arena *a)
{
	if (!type) {
		struct sql_error *e = pg_error_new(a, "42883", "no binary output function available for type %u", c->oid);

		e->hint = arena_printf(a, "the column \"%.*s\" can be asked for in text format", SLICE_ARG(c->name));
		return e;
	}
	struct sql_error *e = pg_error_new(a, "22P02", "invalid input syntax for type %s: \"%.*s\"", type->name,
					   SLICE_ARG(slice_take(text, 200)));
	e->detail = arena_printf(a, "it is the value of the column \"%.*s\" in the answer", SLICE_ARG(c->name));
	return e;
}

/* One row with a column in binary; false: *bad is the column that cannot be. */
static bool write_mixed_row(struct buf *out, const struct sql_value *cells, const struct slice *binaries, const struct sql_reply *sql,
			    const struct pg_formats *formats, const struct pg_type **types, size_t *bad)
{
	size_t row = pg_write_begin(out, 'D');

	buf_add_be16(out, (uint16_t)sql->ncolumns);
	for (size_t i = 0; i < sql->ncolumns; i++) {
		if (cells[i].null) {
			buf_add_be32(out, UINT32_MAX);
			continue;
		}
		if (!pg_format(formats, i)) {
			buf_add_be32(out, (uint32_t)cells[i].text.len);
			buf_add_slice(out, cells[i].text);
			continue;
		}
		if (binaries && binaries[i].ptr) {
			buf_add_be32(out, (uint32_t)binaries[i].len);
			buf_add_slice(out, binaries[i]);
			continue;
		}
		size_t at = out->len;
		buf_add_be32(out, 0);
		if (!types[i] && formats->send && formats->send(formats->of, sql->columns[i].oid, cells[i].text, out)) {
			if (!buf_failed(out))
				buf_patch_be32(out, at, (uint32_t)(out->len - at - 4));
			continue;
		}
		if (!types[i] || !types[i]->send(types[i], cells[i].text, out)) {
			*bad = i;
			return false;
		}
		if (!buf_failed(out))
			buf_patch_be32(out, at, (uint32_t)(out->len - at - 4));
	}
	pg_write_end(out, row);
	return true;
}

static bool any_binary(const struct pg_formats *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i])
			return true;
	return false;
}

struct sql_error *pg_write_rows(struct buf *out, const struct sql_reply *sql, const struct pg_formats *formats,
				size_t first, size_t last, struct arena *a)
{
	size_t start = out->len, bad;

	if (!any_binary(formats)) {
		for (size_t i = first; i < last; i++)
			write_text_row(out, sql->cells + i * sql->ncolumns, sql->ncolumns);
		return NULL;
	}
	const struct pg_type **types = ARENA_ARRAY(a, const struct pg_type *, sql->ncolumns + 1);
	for (size_t i = 0; i < sql->ncolumns; i++)
		types[i] = pg_type_find(sql->columns[i].oid ? sql->columns[i].oid : PG_OID_TEXT);
	for (size_t i = first; i < last; i++) {
		const struct sql_value *cells = sql->cells + i * sql->ncolumns;

		if (!write_mixed_row(out, cells, sql->binaries ? sql->binaries + i * sql->ncolumns : NULL, sql, formats, types, &bad)) {
			buf_cut(out, start);
			return bad_cell(&sql->columns[bad], types[bad], cells[bad].text, a);
		}
	}
	return NULL;
}
