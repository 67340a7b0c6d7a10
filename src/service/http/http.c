/*
 * http: a REST API, a webhook, a web server: whatever rules say it is. There is
 * no fake behind it, so a request that no rule answers is told so with 599.
 */
#include "codec/http/http_exchange.h"
#include "service/http/http_unmatched.h"
#include "service/http/http_route.h"
#include "service/service.h"

#include <stdlib.h>

struct http_conn {
	struct http_exchange x;
	struct link *link;
	struct request *req; /* the one being put together, during a decode */
};

static int take_head(void *to, struct http_request *r, const char **problem)
{
	struct http_conn *c = to;
	struct request *req = c->req;

	(void)problem;
	req->port = PORT_HTTP;
	req->op = r->method;
	req->sum = http_route(r, req->arena);
	if (c->x.parser.has_body)
		r->body = body_new();
	return 0;
}

static int take_data(void *to, struct slice piece, const char **problem)
{
	struct http_conn *c = to;

	if (body_append(c->req->http.body, piece) == 0)
		return 0;
	*problem = "the request's body could not be stored: no room in the run directory";
	return 507;
}

static void *conn_new(struct link *link, void *fake)
{
	struct http_conn *c = calloc(1, sizeof(*c));

	(void)fake;
	if (!c)
		return NULL;
	c->link = link;
	http_exchange_init(&c->x, link->tls, link->boundary);
	return c;
}

static void conn_free(void *state)
{
	free(state);
}

static enum decode conn_decode(void *state, struct slice in, size_t *used, struct request *req, struct buf *out)
{
	struct http_conn *c = state;
	const struct http_sink sink = { .to = c, .head = take_head, .data = take_data };

	c->req = req;
	switch (http_exchange_decode(&c->x, in, used, req->arena, &req->http, &sink, out)) {
	case HTTP_WAITS:
		return DECODE_MORE;
	case HTTP_TOOK:
		return DECODE_OWN;
	case HTTP_WHOLE:
		return DECODE_REQUEST;
	default:
		http_complain(&c->x, c->link->now_ns, out);
		return DECODE_BAD;
	}
}

static bool conn_encode(void *state, const struct request *req, const struct reply *reply, struct buf *out, struct body **tail)
{
	struct http_conn *c = state;

	if (reply->by != BY_NONE)
		return http_exchange_encode(&c->x, &reply->http, c->link->now_ns, out, tail);
	struct http_reply r;
	http_unmatched(req, reply->why, &r);
	bool keep = http_exchange_encode(&c->x, &r, c->link->now_ns, out, tail);
	body_free(r.body);
	return keep;
}

static bool conn_clean_end(void *state)
{
	struct http_conn *c = state;

	return http_exchange_idle(&c->x);
}

static const char *const keys[] = {NULL};

static const struct codec http_codec = {
	.new = conn_new,
	.free = conn_free,
	.decode = conn_decode,
	.encode = conn_encode,
	.clean_end = conn_clean_end,
};

const struct service_type service_http = {
	.protocol = "http",
	.port = PORT_HTTP,
	.default_port = 443,
	.keys = keys,
	.codec = &http_codec,
	.fake = NULL,
};
