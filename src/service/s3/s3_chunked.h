/*
 * s3_chunked: the aws-chunked content coding, taken off while bytes arrive
 * (S3 API Reference, "Signature calculations: transferring payload in multiple
 * chunks", and "... trailing headers").
 *
 *	<hex size>[;chunk-signature=<hex>] CR LF <bytes> CR LF ...
 *	0[;chunk-signature=<hex>] CR LF [<trailer>:<value> CR LF]... CR LF
 *
 * It lies inside the HTTP body, which may be chunked once more. Unlike the
 * HTTP parser it is pushed: it keeps the part of a line that came so far.
 */
#ifndef SERVICE_S3_CHUNKED_H
#define SERVICE_S3_CHUNKED_H

#include "base/buf.h"
#include "port/port.h"

#define S3_CHUNK_LINE_MAX (8 * 1024) /* a size line, or one trailer */
#define S3_TRAILERS_MAX 16

enum s3_chunk_part { S3_CHUNK_SIZE, S3_CHUNK_BYTES, S3_CHUNK_BYTES_END, S3_CHUNK_TRAILER, S3_CHUNK_DONE };

/* Told of each piece and of each chunk's end; `signature` is "" when the
 * chunk carries none. `chunk` may be NULL. Non-zero stops. */
struct s3_chunk_sink {
	void *to;
	int (*data)(void *to, struct slice piece);
	int (*chunk)(void *to, struct slice signature);
};

struct s3_chunked {
	enum s3_chunk_part part;
	uint64_t left;       /* bytes of the chunk to come */
	struct buf line;     /* of an unfinished line */
	char signature[129];
	struct headers trailers; /* in the request's arena */
	const char *problem; /* set when push failed by itself */
};

void s3_chunked_begin(struct s3_chunked *c);
void s3_chunked_release(struct s3_chunked *c);
/* 0; -1 with problem; or what the sink said. */
int s3_chunked_push(struct s3_chunked *c, struct slice in, struct arena *a, const struct s3_chunk_sink *sink);
/* Whether the last chunk was seen, now that the body has ended. */
bool s3_chunked_whole(const struct s3_chunked *c);

#endif
