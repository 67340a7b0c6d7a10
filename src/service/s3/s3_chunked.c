/* s3_chunked: a state machine over pieces of any size. */
#include "service/s3/s3_chunked.h"

#include <stdlib.h>

void s3_chunked_begin(struct s3_chunked *c)
{
	*c = (struct s3_chunked){ .part = S3_CHUNK_SIZE };
	buf_init(&c->line, S3_CHUNK_LINE_MAX);
}

void s3_chunked_release(struct s3_chunked *c)
{
	if (c->line.max)
		buf_release(&c->line);
	*c = (struct s3_chunked){0};
}

static int bad(struct s3_chunked *c, const char *problem)
{
	c->problem = problem;
	return -1;
}

/* Moves bytes up to the end of the line into c->line. */
static int take_line(struct s3_chunked *c, struct slice *in)
{
	size_t lf = slice_find(*in, '\n');

	buf_add(&c->line, in->ptr, lf);
	*in = slice_skip(*in, lf < in->len ? lf + 1 : lf);
	if (buf_failed(&c->line))
		return bad(c, "a line of the aws-chunked body is longer than 8 KiB");
	return 0;
}

static int read_size(struct s3_chunked *c, struct slice line)
{
	struct slice rest = line;
	struct slice digits = slice_trim(slice_split(&rest, ';'));
	struct slice mark = SLICE_LIT("chunk-signature=");
	uint64_t size = 0;

	if (!digits.len || digits.len > 15)
		return bad(c, "an aws-chunked chunk does not begin with its size");
	for (size_t i = 0; i < digits.len; i++) {
		char ch = digits.ptr[i], low = (char)(ch | 0x20);
		if (ch >= '0' && ch <= '9')
			size = size << 4 | (uint64_t)(ch - '0');
		else if (low >= 'a' && low <= 'f')
			size = size << 4 | (uint64_t)(low - 'a' + 10);
		else
			return bad(c, "an aws-chunked chunk does not begin with its size");
	}
	rest = slice_trim(rest);
	c->signature[0] = '\0';
	if (slice_has_prefix(rest, mark) && rest.len - mark.len < sizeof(c->signature)) {
		memcpy(c->signature, rest.ptr + mark.len, rest.len - mark.len);
		c->signature[rest.len - mark.len] = '\0';
	}
	c->left = size;
	c->part = size ? S3_CHUNK_BYTES : S3_CHUNK_TRAILER;
	return 0;
}

static int read_trailer(struct s3_chunked *c, struct slice line, struct arena *a)
{
	size_t colon = slice_find(line, ':');

	if (!line.len) {
		c->part = S3_CHUNK_DONE;
		return 0;
	}
	if (colon == line.len || c->trailers.count == S3_TRAILERS_MAX)
		return bad(c, "the trailers of the aws-chunked body are no headers");
	headers_add(&c->trailers, a, arena_slice(a, slice_trim(slice_take(line, colon))),
		    arena_slice(a, slice_trim(slice_skip(line, colon + 1))));
	return 0;
}

static int end_chunk(struct s3_chunked *c, const struct s3_chunk_sink *sink)
{
	return sink->chunk ? sink->chunk(sink->to, slice_str(c->signature)) : 0;
}

static int read_line(struct s3_chunked *c, struct arena *a, const struct s3_chunk_sink *sink)
{
	struct slice line = slice_trim(buf_slice(&c->line));
	int r = 0;

	switch (c->part) {
	case S3_CHUNK_SIZE:
		r = read_size(c, line);
		if (!r && c->part == S3_CHUNK_TRAILER)
			r = end_chunk(c, sink);
		break;
	case S3_CHUNK_BYTES_END:
		if (line.len)
			return bad(c, "an aws-chunked chunk is longer than its size says");
		c->part = S3_CHUNK_SIZE;
		break;
	default:
		r = read_trailer(c, line, a);
	}
	buf_reset(&c->line);
	return r;
}

int s3_chunked_push(struct s3_chunked *c, struct slice in, struct arena *a, const struct s3_chunk_sink *sink)
{
	while (in.len) {
		int r;
		if (c->part == S3_CHUNK_DONE)
			return bad(c, "bytes follow the end of the aws-chunked body");
		if (c->part == S3_CHUNK_BYTES) {
			struct slice piece = slice_take(in, c->left < in.len ? (size_t)c->left : in.len);
			r = sink->data(sink->to, piece);
			c->left -= piece.len;
			in = slice_skip(in, piece.len);
			if (!r && !c->left) {
				c->part = S3_CHUNK_BYTES_END;
				r = end_chunk(c, sink);
			}
		} else {
			bool ends = slice_find(in, '\n') < in.len;
			r = take_line(c, &in);
			if (!r && ends)
				r = read_line(c, a, sink);
		}
		if (r)
			return r;
	}
	return 0;
}

bool s3_chunked_whole(const struct s3_chunked *c)
{
	/* Some clients leave out the empty line at the very end. */
	return c->part == S3_CHUNK_DONE || (c->part == S3_CHUNK_TRAILER && !c->line.len);
}
