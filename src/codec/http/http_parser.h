/*
 * http_parser: an HTTP/1.1 request out of bytes, step by step (RFC 9112).
 *
 * A step is the head, a piece of the body, or the end of the message; a body
 * is handed out in the pieces in which it came and never kept here. The
 * surprising rule: a step consumes whole things only, so what it left over is
 * shown to it again with more bytes behind; a step may consume the framing of
 * a chunk and still ask for more.
 *
 * It must never learn: which service is asked, what becomes of the body.
 *
 * Framing is read so that no two readers can disagree on it (section 6.3, and
 * section 11.2 on smuggling): whatever is ambiguous is refused, not guessed.
 */
#ifndef CODEC_HTTP_PARSER_H
#define CODEC_HTTP_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "port/port.h"

#define HTTP_LINE_MAX (16 * 1024)    /* request line; section 3 asks for at least 8000 bytes */
#define HTTP_HEAD_MAX (64 * 1024)    /* all field lines together, and all trailers */
#define HTTP_FIELDS_MAX 100          /* field lines; Apache's default */
#define HTTP_METHOD_MAX 32           /* bytes; the longest registered one has 18 */
#define HTTP_CHUNK_LINE_MAX (4 * 1024) /* chunk size with its extensions */

enum http_step {
	HTTP_MORE, /* needs more bytes */
	HTTP_HEAD, /* the head was read: *req is filled but for its body */
	HTTP_DATA, /* *piece is a run of body bytes, inside `in` */
	HTTP_END,  /* the message is complete; http_parser_next() before another step */
	HTTP_BAD,  /* refused: status and problem say how; the connection cannot go on */
};

enum http_part { HTTP_IN_HEAD, HTTP_IN_LENGTH, HTTP_IN_SIZE, HTTP_IN_CHUNK, HTTP_IN_CHUNK_END, HTTP_IN_TRAILER, HTTP_AT_END };

struct http_parser {
	enum http_part part;
	size_t scanned;       /* bytes of an unfinished head that hold no end of it */
	uint64_t left;        /* body or chunk bytes to come */
	int minor;            /* HTTP/1.minor */
	bool has_body;        /* framing announces a body, be it empty */
	bool chunked;
	bool keep;            /* the client can take another reply on this connection */
	bool expect_continue; /* it waits for 100 before it sends the body */
	struct headers trailers; /* of a chunked body, never merged into the headers (section 7.1.2) */
	int status;           /* HTTP_BAD: what to answer */
	const char *problem;  /* HTTP_BAD: a sentence, static */
};

void http_parser_init(struct http_parser *p);
/* Ready for the next message of the connection. */
void http_parser_next(struct http_parser *p);

/* One step. Slices in *req live in the arena; scheme is left to the caller,
 * authority is that of the target or the Host field. *used: bytes consumed. */
enum http_step http_parser_step(struct http_parser *p, struct slice in, size_t *used, struct arena *a,
				struct http_request *req, struct slice *piece);

/* ---- for the parser's own files --------------------------------------- */

/* Parses a whole head (request line, fields, empty line). 0, or -1 with status
 * and problem. `head` is the arena's. */
int http_head_parse(struct http_parser *p, struct slice head, struct arena *a, struct http_request *req);
/* Parses field lines up to the end of `lines`. 0, or -1. */
int http_fields_parse(struct http_parser *p, struct slice lines, struct arena *a, struct headers *out);
/* Sets status and problem; returns -1. */
int http_parser_bad(struct http_parser *p, int status, const char *problem);
/* RFC 9110 section 5.6.2. */
bool http_is_token(struct slice s);
/* Holds no control character but the tab (section 5.5). */
bool http_value_is_clean(struct slice v);
/* A member of a comma-separated list, without case (section 5.6.1). */
bool http_list_has(struct slice list, const char *member);

#endif
