/*
 * http_parser: where the head ends, and the body behind it: by length or in
 * chunks (RFC 9112 sections 2.2, 6.2 and 7.1). The head's content is
 * http_head's.
 */
#include "codec/http/http_parser.h"

void http_parser_init(struct http_parser *p)
{
	*p = (struct http_parser){ .part = HTTP_IN_HEAD };
}

void http_parser_next(struct http_parser *p)
{
	http_parser_init(p);
}

/* ---- the head --------------------------------------------------------- */

/* One past the empty line that ends the head, or 0. Looks on where it stopped
 * the last time. */
static size_t find_head_end(struct http_parser *p, struct slice in)
{
	size_t i = p->scanned;

	while (i < in.len) {
		const char *lf = memchr(in.ptr + i, '\n', in.len - i);
		if (!lf)
			break;
		size_t at = (size_t)(lf - in.ptr);
		if (at + 1 < in.len && in.ptr[at + 1] == '\n')
			return at + 2;
		if (at + 2 < in.len && in.ptr[at + 1] == '\r' && in.ptr[at + 2] == '\n')
			return at + 3;
		if (at + 2 >= in.len) { /* what follows this LF is still to come */
			p->scanned = at;
			return 0;
		}
		i = at + 1;
	}
	p->scanned = in.len;
	return 0;
}

/* Refuses early what can no longer become a request, so that nobody waits for
 * the end of a line that a foreign protocol will never send. Asked of a whole
 * head too: the refusal is the same however the bytes came. */
static int check_shape(struct http_parser *p, struct slice head)
{
	struct slice method = slice_take(head, slice_find(head, ' '));
	size_t line = slice_find(head, '\n');

	if (method.len && (method.len > HTTP_METHOD_MAX || !http_is_token(method)))
		return http_parser_bad(p, 400, "this is not HTTP: the first word is no method");
	if (line > HTTP_LINE_MAX + 1)
		return http_parser_bad(p, 414, "the request line is longer than 16 KiB");
	if (line < head.len && head.len - line - 1 > HTTP_HEAD_MAX)
		return http_parser_bad(p, 431, "the headers are longer than 64 KiB");
	return 0;
}

static enum http_step step_head(struct http_parser *p, struct slice in, size_t *used, struct arena *a,
				struct http_request *req)
{
	size_t blank = 0;

	/* Section 2.2: empty lines before the request line are ignored; two are enough. */
	while (blank < in.len && blank < 4 && (in.ptr[blank] == '\r' || in.ptr[blank] == '\n'))
		blank++;
	if (blank == in.len)
		return HTTP_MORE;
	if (p->scanned < blank)
		p->scanned = blank;
	size_t end = find_head_end(p, in);
	if (check_shape(p, slice_take(slice_skip(in, blank), end ? end - blank : in.len)) < 0)
		return HTTP_BAD;
	if (!end)
		return HTTP_MORE;
	struct slice head = arena_slice(a, slice_of(in.ptr + blank, end - blank));
	if (http_head_parse(p, head, a, req) < 0)
		return HTTP_BAD;
	*used = end;
	p->scanned = 0;
	p->part = p->chunked ? HTTP_IN_SIZE : HTTP_IN_LENGTH;
	return HTTP_HEAD;
}

/* ---- the body --------------------------------------------------------- */

static enum http_step take_piece(struct http_parser *p, struct slice in, size_t *used, struct slice *piece)
{
	size_t n = in.len < p->left ? in.len : (size_t)p->left;

	*piece = slice_take(in, n);
	*used += n;
	p->left -= n;
	return HTTP_DATA;
}

/* chunk-size [ chunk-ext ] CRLF. 0, 1 when the line is not whole, or -1. */
static int read_size_line(struct http_parser *p, struct slice in, size_t *len)
{
	uint64_t size = 0;
	size_t i = 0, end = slice_find(in, '\n');

	if (end == in.len) {
		if (in.len > HTTP_CHUNK_LINE_MAX)
			return http_parser_bad(p, 400, "a chunk's size line is longer than 4 KiB");
		return 1;
	}
	/* A lone LF is refused here: what some readers take for the end of the
	 * line is part of an extension for others. */
	if (end == 0 || in.ptr[end - 1] != '\r')
		return http_parser_bad(p, 400, "a chunk's size line does not end in CR LF");
	if (end > HTTP_CHUNK_LINE_MAX)
		return http_parser_bad(p, 400, "a chunk's size line is longer than 4 KiB");
	for (; i < end - 1; i++) {
		char c = in.ptr[i];
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			break;
		if (size >> 58)
			return http_parser_bad(p, 413, "a chunk is larger than any body can be");
		size = size << 4 | digit;
	}
	if (i == 0)
		return http_parser_bad(p, 400, "a chunk does not begin with its size");
	struct slice ext = slice_of(in.ptr + i, end - 1 - i);
	if (!http_value_is_clean(ext) || (slice_trim(ext).len && slice_trim(ext).ptr[0] != ';'))
		return http_parser_bad(p, 400, "what follows a chunk's size is not an extension");
	p->left = size;
	*len = end + 1;
	return 0;
}

/* One past the empty line that ends the trailer section, or 0. */
static size_t find_trailer_end(struct slice in)
{
	size_t at = 0;

	for (;;) {
		struct slice rest = slice_skip(in, at);
		if (rest.len >= 2 && rest.ptr[0] == '\r' && rest.ptr[1] == '\n')
			return at + 2;
		size_t lf = slice_find(rest, '\n');
		if (lf == rest.len)
			return 0;
		at += lf + 1;
	}
}

static enum http_step step_chunked(struct http_parser *p, struct slice in, size_t *used, struct arena *a, struct slice *piece)
{
	for (;;) {
		struct slice rest = slice_skip(in, *used);
		size_t len = 0;
		int r;

		switch (p->part) {
		case HTTP_IN_SIZE:
			r = read_size_line(p, rest, &len);
			if (r < 0)
				return HTTP_BAD;
			if (r > 0)
				return HTTP_MORE;
			*used += len;
			p->part = p->left ? HTTP_IN_CHUNK : HTTP_IN_TRAILER;
			break;
		case HTTP_IN_CHUNK:
			if (!p->left) {
				p->part = HTTP_IN_CHUNK_END;
				break;
			}
			if (!rest.len)
				return HTTP_MORE;
			return take_piece(p, rest, used, piece);
		case HTTP_IN_CHUNK_END:
			if ((rest.len && rest.ptr[0] != '\r') || (rest.len > 1 && rest.ptr[1] != '\n')) {
				http_parser_bad(p, 400, "a chunk is longer than its size says");
				return HTTP_BAD;
			}
			if (rest.len < 2)
				return HTTP_MORE;
			*used += 2;
			p->part = HTTP_IN_SIZE;
			break;
		case HTTP_IN_TRAILER:
			len = find_trailer_end(rest);
			if (rest.len > HTTP_HEAD_MAX && (!len || len > HTTP_HEAD_MAX)) {
				http_parser_bad(p, 431, "the trailers are longer than 64 KiB");
				return HTTP_BAD;
			}
			if (!len)
				return HTTP_MORE;
			if (http_fields_parse(p, arena_slice(a, slice_take(rest, len)), a, &p->trailers) < 0)
				return HTTP_BAD;
			*used += len;
			p->part = HTTP_AT_END;
			return HTTP_END;
		default:
			return HTTP_MORE;
		}
	}
}

enum http_step http_parser_step(struct http_parser *p, struct slice in, size_t *used, struct arena *a,
				struct http_request *req, struct slice *piece)
{
	*used = 0;
	switch (p->part) {
	case HTTP_IN_HEAD:
		return step_head(p, in, used, a, req);
	case HTTP_IN_LENGTH:
		if (!p->left) {
			p->part = HTTP_AT_END;
			return HTTP_END;
		}
		if (!in.len)
			return HTTP_MORE;
		return take_piece(p, in, used, piece);
	case HTTP_AT_END:
		return HTTP_MORE;
	default:
		return step_chunked(p, in, used, a, piece);
	}
}
