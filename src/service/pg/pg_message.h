/*
 * pg_message: the frames of protocol 3.0, and the primitives in them.
 *
 * A message is a type byte, an Int32 length that counts itself, and a body.
 * Reading is sticky: after a read past the end every read gives zeros and
 * `bad` stays set, so a message is read whole and asked once. Writing opens a
 * message, adds to the buf and closes it, which patches the length.
 *
 * Source: PostgreSQL 15 manual, chapters 55.2, 55.6 and 55.7.
 */
#ifndef SERVICE_PG_MESSAGE_H
#define SERVICE_PG_MESSAGE_H

#include "base/buf.h"
#include "base/slice.h"

#define PG_STARTUP_MAX 10000             /* bytes, MAX_STARTUP_PACKET_LENGTH */
#define PG_SMALL_MAX 10000               /* bytes: Execute, Describe, Close, ..., PQ_SMALL_MESSAGE_LIMIT */
#define PG_LARGE_MAX (1024 * 1024 * 1024 - 2) /* bytes: Query, Parse, Bind, PQ_LARGE_MESSAGE_LIMIT */

struct pg_message {
	char type;
	struct slice body;
	size_t total; /* bytes of the whole frame */
};

enum pg_frame {
	PG_FRAME_MORE,
	PG_FRAME_OK,
	PG_FRAME_TYPE,   /* no such message: m->type */
	PG_FRAME_LENGTH, /* the length cannot be right */
};

/* One frame off the front of `in`. Complains as soon as the type or the length
 * is wrong, without waiting for the rest. With PG_FRAME_MORE `type` and `total`
 * are set once five bytes are there, else total is 0. */
enum pg_frame pg_message_read(struct slice in, struct pg_message *m);

/* ---- reading a body ---- */

struct pg_reader {
	struct slice rest;
	bool bad;          /* ran out of bytes */
	bool unterminated; /* a string without its NUL */
	bool nothing;      /* a Byte1 where nothing was left */
};
uint8_t pg_read_byte(struct pg_reader *r);
uint16_t pg_read_int16(struct pg_reader *r);
uint32_t pg_read_int32(struct pg_reader *r);
struct slice pg_read_bytes(struct pg_reader *r, size_t len);
/* Without the NUL. */
struct slice pg_read_string(struct pg_reader *r);
/* NULL when the whole body was read and made sense, else PostgreSQL's words. */
const char *pg_read_end(const struct pg_reader *r);

/* ---- writing ---- */

/* Opens a message; the place to hand to pg_write_end. */
size_t pg_write_begin(struct buf *out, char type);
void pg_write_end(struct buf *out, size_t at);
/* With its NUL; the text ends before a NUL of its own. */
void pg_write_string(struct buf *out, struct slice s);
/* A message without a body. */
void pg_write_empty(struct buf *out, char type);

void pg_write_ready(struct buf *out, char status);
void pg_write_complete(struct buf *out, struct slice tag);
void pg_write_parameter(struct buf *out, struct slice name, struct slice value);

#endif
