/*
 * http_exchange: drives the parser through one request and tells the sink. The
 * reply's bytes are made in http_encode.c.
 */
#include "codec/http/http_exchange.h"

void http_exchange_init(struct http_exchange *x, bool tls, struct slice boundary)
{
	*x = (struct http_exchange){ .tls = tls, .boundary = boundary };
	http_parser_init(&x->parser);
}

static void fill_head(struct http_exchange *x, struct http_request *req, struct arena *a)
{
	req->scheme = x->tls ? SLICE_LIT("https") : SLICE_LIT("http");
	/* HTTP/1.0 may come without a Host: then the boundary is what was meant. */
	if (!req->authority.len)
		req->authority = arena_slice(a, x->boundary);
	x->head = slice_eq_str(req->method, "HEAD");
	x->began = true;
}

static enum http_progress refuse(struct http_exchange *x, int status, const char *problem)
{
	http_parser_bad(&x->parser, status, problem);
	return HTTP_REFUSED;
}

enum http_progress http_exchange_decode(struct http_exchange *x, struct slice in, size_t *used, struct arena *a,
					struct http_request *req, const struct http_sink *sink, struct buf *out)
{
	*used = 0;
	for (;;) {
		struct slice piece = SLICE_NONE;
		const char *problem = "";
		size_t step_used = 0;
		int status = 0;

		switch (http_parser_step(&x->parser, slice_skip(in, *used), &step_used, a, req, &piece)) {
		case HTTP_HEAD:
			fill_head(x, req, a);
			status = sink->head(sink->to, req, &problem);
			break;
		case HTTP_DATA:
			x->parser.expect_continue = false; /* it did not wait */
			status = sink->data(sink->to, piece, &problem);
			break;
		case HTTP_END:
			*used += step_used;
			return HTTP_WHOLE;
		case HTTP_BAD:
			return HTTP_REFUSED;
		case HTTP_MORE:
			*used += step_used;
			if (x->began && x->parser.expect_continue) {
				x->parser.expect_continue = false;
				buf_add_str(out, "HTTP/1.1 100 Continue\r\n\r\n");
			}
			return *used ? HTTP_TOOK : HTTP_WAITS;
		}
		*used += step_used;
		if (status)
			return refuse(x, status, problem);
	}
}

bool http_exchange_idle(const struct http_exchange *x)
{
	return !x->began && x->parser.scanned == 0;
}
