/*
 * Frames and primitives of the protocol: where a message ends, and what an
 * Int16 or a String in it is. Which messages may come when is for others.
 */
#include "service/pg/pg_message.h"

/* The longest body of each message that a client may send, 0: no such message. */
static size_t longest(char type)
{
	switch (type) {
	case 'Q': /* Query */
	case 'P': /* Parse */
	case 'B': /* Bind */
	case 'd': /* CopyData */
	case 'F': /* FunctionCall */
		return PG_LARGE_MAX;
	case 'C': /* Close */
	case 'D': /* Describe */
	case 'E': /* Execute */
	case 'H': /* Flush */
	case 'S': /* Sync */
	case 'X': /* Terminate */
	case 'c': /* CopyDone */
	case 'f': /* CopyFail */
		return PG_SMALL_MAX;
	case 'p': /* password, and all that SASL and GSS put there: PG_MAX_AUTH_TOKEN_LENGTH */
		return 65535;
	default:
		return 0;
	}
}

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

enum pg_frame pg_message_read(struct slice in, struct pg_message *m)
{
	*m = (struct pg_message){ 0 };
	if (!in.len)
		return PG_FRAME_MORE;
	m->type = in.ptr[0];
	size_t most = longest(m->type);
	if (!most)
		return PG_FRAME_TYPE;
	if (in.len < 5)
		return PG_FRAME_MORE;
	uint32_t len = be32(in.ptr + 1);
	if (len < 4 || len - 4 > most)
		return PG_FRAME_LENGTH;
	m->total = (size_t)len + 1;
	if (in.len < m->total)
		return PG_FRAME_MORE;
	m->body = slice_of(in.ptr + 5, len - 4);
	return PG_FRAME_OK;
}

struct slice pg_read_bytes(struct pg_reader *r, size_t len)
{
	if (r->bad || len > r->rest.len) {
		r->bad = true;
		r->rest = SLICE_NONE;
		return SLICE_NONE;
	}
	struct slice s = slice_of(r->rest.ptr, len);
	r->rest = slice_of(r->rest.ptr + len, r->rest.len - len);
	return s;
}

uint8_t pg_read_byte(struct pg_reader *r)
{
	r->nothing |= !r->bad && !r->rest.len;
	struct slice s = pg_read_bytes(r, 1);

	return s.len ? (uint8_t)s.ptr[0] : 0;
}

uint16_t pg_read_int16(struct pg_reader *r)
{
	struct slice s = pg_read_bytes(r, 2);

	return s.len ? (uint16_t)((unsigned char)s.ptr[0] << 8 | (unsigned char)s.ptr[1]) : 0;
}

uint32_t pg_read_int32(struct pg_reader *r)
{
	struct slice s = pg_read_bytes(r, 4);

	return s.len ? be32(s.ptr) : 0;
}

struct slice pg_read_string(struct pg_reader *r)
{
	const char *nul = r->rest.len ? memchr(r->rest.ptr, 0, r->rest.len) : NULL;

	if (r->bad || !nul) {
		r->unterminated |= !r->bad;
		r->bad = true;
		r->rest = SLICE_NONE;
		return SLICE_NONE;
	}
	struct slice s = slice_of(r->rest.ptr, (size_t)(nul - r->rest.ptr));
	r->rest = slice_skip(r->rest, s.len + 1);
	return s;
}

const char *pg_read_end(const struct pg_reader *r)
{
	if (r->nothing)
		return "no data left in message";
	if (r->unterminated)
		return "invalid string in message";
	if (r->bad)
		return "insufficient data left in message";
	return r->rest.len ? "invalid message format" : NULL;
}

size_t pg_write_begin(struct buf *out, char type)
{
	char *p = buf_reserve(out, 5);

	if (!p)
		return 0;
	size_t at = out->len + 1;
	p[0] = type;
	memset(p + 1, 0, 4);
	buf_commit(out, 5);
	return at;
}

void pg_write_end(struct buf *out, size_t at)
{
	if (!buf_failed(out))
		buf_patch_be32(out, at, (uint32_t)(out->len - at));
}

void pg_write_string(struct buf *out, struct slice s)
{
	if (s.len)
		buf_add(out, s.ptr, slice_find(s, '\0'));
	buf_add_char(out, '\0');
}

void pg_write_empty(struct buf *out, char type)
{
	char message[5] = { type, 0, 0, 0, 4 };

	buf_add(out, message, sizeof(message));
}

void pg_write_ready(struct buf *out, char status)
{
	char message[6] = { 'Z', 0, 0, 0, 5, status };

	buf_add(out, message, sizeof(message));
}

void pg_write_complete(struct buf *out, struct slice tag)
{
	size_t at = pg_write_begin(out, 'C');

	pg_write_string(out, tag);
	pg_write_end(out, at);
}

void pg_write_parameter(struct buf *out, struct slice name, struct slice value)
{
	size_t at = pg_write_begin(out, 'S');

	pg_write_string(out, name);
	pg_write_string(out, value);
	pg_write_end(out, at);
}
