/*
 * COPY FROM STDIN: the data, however it is cut, becomes the body of one
 * request. COPY TO STDOUT: data that is ready, or rows, go out as CopyData.
 *
 * Source: manual 55.2.6, 55.7; COPY for the formats (text, csv, binary).
 */
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_types.h"

/* Signature, flags and length of the header extension; and the file trailer. */
#define BINARY_HEAD SLICE_LIT("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0")
#define BINARY_TAIL SLICE_LIT("\377\377")

/* CopyInResponse and CopyOutResponse. */
static void write_response(struct buf *out, char type, const struct sql_analysis *an, size_t ncolumns)
{
	size_t at = pg_write_begin(out, type);

	buf_add_char(out, an->copy_binary);
	buf_add_be16(out, (uint16_t)ncolumns);
	for (size_t i = 0; i < ncolumns; i++)
		buf_add_be16(out, an->copy_binary);
	pg_write_end(out, at);
}

/* ---- in ---- */

/* What is wrong before the data is wrong without it: the program is not asked for any. */
enum decode pg_copy_begin(struct pg_conn *c, struct request *req, const struct sql_analysis *an, struct buf *out)
{
	size_t columns = an->copy_columns;

	if (pg_engine_copy(c, req->sql.text, req->arena, &columns) < 0) {
		if (!c->link->asks_copy)
			return DECODE_REQUEST;
		columns = an->copy_columns;
	}
	c->copy = (struct pg_copy_in){ .active = true };
	req->sql.copy_in = body_new();
	write_response(out, 'G', an, columns);
	return DECODE_OWN;
}

static enum decode finish(struct pg_conn *c, struct request *req)
{
	c->copy.active = false;
	/* the analysis may be gone since the first message: it is only promised until the next one */
	pg_request_fill(c, req, req->sql.text, sql_analyse(req->sql.text));
	req->settled |= c->copy.failure != NULL;
	return DECODE_REQUEST;
}

static void fail(struct pg_conn *c, struct sql_error *e)
{
	if (!c->copy.failure)
		c->copy.failure = e;
}

static void append(struct pg_conn *c, struct request *req, struct slice bytes)
{
	if (body_append(req->sql.copy_in, bytes) < 0)
		fail(c, pg_error_new(req->arena, "53100", "could not write the data of COPY to a temporary file"));
}

/* Takes as much of the current CopyData as is there. */
static enum decode take_data(struct pg_conn *c, struct slice in, size_t *used, struct request *req)
{
	struct slice piece = slice_take(in, c->copy.left);

	append(c, req, piece);
	c->copy.left -= piece.len;
	*used += piece.len;
	return DECODE_OWN;
}

enum decode pg_copy_decode(struct pg_conn *c, struct slice in, size_t *used, struct request *req, struct buf *out)
{
	struct pg_reader r = { .rest = in };
	struct pg_message m;

	if (c->copy.left)
		return in.len ? take_data(c, in, used, req) : DECODE_MORE;
	if (!in.len || (in.ptr[0] == 'd' && in.len < 5))
		return DECODE_MORE;
	if (in.ptr[0] == 'd') {
		pg_read_byte(&r);
		uint32_t len = pg_read_int32(&r);

		if (len >= 4 && len - 4 <= PG_LARGE_MAX) {
			c->copy.left = len - 4;
			*used = 5;
			return c->copy.left ? take_data(c, r.rest, used, req) : DECODE_OWN;
		}
	}
	enum pg_frame frame = pg_message_read(in, &m);
	if (frame == PG_FRAME_MORE)
		return DECODE_MORE;
	if (frame != PG_FRAME_OK) {
		pg_error_send(out, "FATAL", "08P01",
			      frame == PG_FRAME_TYPE ? "unexpected message type 0x%02X during COPY from stdin" :
						       "invalid message length in message type 0x%02X during COPY from stdin",
			      (unsigned char)m.type);
		return DECODE_BAD;
	}
	*used = m.total;
	r.rest = m.body;
	switch (m.type) {
	case 'c':
		return finish(c, req);
	case 'f': {
		struct slice why = pg_read_string(&r);

		fail(c, pg_error_new(req->arena, "57014", "COPY from stdin failed: %.*s", SLICE_ARG(why)));
		return finish(c, req);
	}
	case 'H': /* Flush and Sync do nothing during COPY: a client may have sent them along with Execute */
	case 'S':
		return DECODE_OWN;
	default:
		c->goodbye |= m.type == 'X';
		fail(c, pg_error_new(req->arena, "08P01", "unexpected message type 0x%02X during COPY from stdin",
				     (unsigned char)m.type));
		return finish(c, req);
	}
}

/* ---- out ---- */

static void write_data(struct buf *out, struct slice bytes)
{
	size_t at = pg_write_begin(out, 'd');

	buf_add_slice(out, bytes);
	pg_write_end(out, at);
}

/* Data that is formatted already: a message a row, as PostgreSQL sends it. */
static size_t write_ready_data(const struct sql_analysis *an, struct slice rest, struct buf *out)
{
	size_t rows = sql_copy_rows(an, rest);

	for (bool first = true; rest.len; first = false)
		write_data(out, sql_copy_next(an, &rest, first));
	return rows;
}

static struct sql_error *write_binary_row(const struct sql_column *columns, const struct sql_value *cells, size_t ncolumns,
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

/* Rows of an answer, in the format that the statement asks for. */
static struct sql_error *write_rows(const struct sql_analysis *an, const struct sql_reply *sql, struct arena *a,
				    struct buf *out)
{
	size_t at, n = sql->ncolumns;

	if (an->copy_header && !an->copy_binary) {
		at = pg_write_begin(out, 'd');
		sql_copy_header(an, sql->columns, n, out);
		pg_write_end(out, at);
	}
	for (size_t i = 0; i < sql->nrows; i++) {
		struct sql_error *wrong = NULL;

		at = pg_write_begin(out, 'd');
		if (an->copy_binary && !i)
			buf_add_slice(out, BINARY_HEAD); /* of the same message: psycopg 3 relies on it */
		if (an->copy_binary)
			wrong = write_binary_row(sql->columns, sql->cells + i * n, n, a, out);
		else
			sql_copy_row(an, sql->columns, sql->cells + i * n, n, out);
		if (wrong)
			return wrong;
		pg_write_end(out, at);
	}
	if (an->copy_binary) {
		at = pg_write_begin(out, 'd');
		if (!sql->nrows)
			buf_add_slice(out, BINARY_HEAD);
		buf_add_slice(out, BINARY_TAIL);
		pg_write_end(out, at);
	}
	return NULL;
}

struct sql_error *pg_copy_out(const struct sql_analysis *an, const struct sql_reply *sql, struct arena *a, struct buf *out,
			      size_t *rows)
{
	size_t start = out->len;

	write_response(out, 'H', an, sql->ncolumns ? sql->ncolumns : an->copy_columns);
	if (sql->copy_out) {
		*rows = write_ready_data(an, body_slice(sql->copy_out), out);
	} else {
		struct sql_error *wrong = write_rows(an, sql, a, out);

		if (wrong) {
			buf_cut(out, start);
			return wrong;
		}
		*rows = sql->nrows;
	}
	pg_write_empty(out, 'c'); /* CopyDone */
	return NULL;
}
