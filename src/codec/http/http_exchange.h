/*
 * http_exchange: the server's side of one HTTP/1.1 connection: requests in,
 * replies out, one at a time (RFC 9112 sections 9.3 and 9.6).
 *
 * What a service adds is a sink: it is told of the head, then of each piece of
 * the body, and decides what becomes of them. Pipelined requests wait in the
 * host's input: decode is called again only after the reply was encoded.
 *
 * It must never learn: what a request means.
 */
#ifndef CODEC_HTTP_EXCHANGE_H
#define CODEC_HTTP_EXCHANGE_H

#include "base/buf.h"
#include "codec/http/http_parser.h"
#include "port/port.h"

/* Replies up to this size are copied behind their head, one write for both. */
#define HTTP_COPY_MAX (32 * 1024)

struct http_exchange {
	struct http_parser parser;
	bool tls;              /* the requests' scheme is https */
	struct slice boundary; /* stands in for a Host header that HTTP/1.0 may leave out; borrowed */
	bool head;      /* the request in hand is a HEAD */
	bool began;     /* a head was read, its reply not written yet */
};

/* Both return 0, or an HTTP status that refuses the request with *problem set
 * (static text). */
struct http_sink {
	void *to;
	int (*head)(void *to, struct http_request *r, const char **problem);
	int (*data)(void *to, struct slice piece, const char **problem);
};

void http_exchange_init(struct http_exchange *x, bool tls, struct slice boundary);

enum http_progress {
	HTTP_WAITS,   /* nothing consumed, nothing to say */
	HTTP_TOOK,    /* consumed a part of the message */
	HTTP_WHOLE,   /* the message is complete */
	HTTP_REFUSED, /* parser.status and parser.problem say why; the service complains with http_refuse */
};

/*
 * Consumes what it can of `in`, *used bytes. `out` gets the interim 100 when
 * the client waits for it (RFC 9110 section 10.1.1).
 */
enum http_progress http_exchange_decode(struct http_exchange *x, struct slice in, size_t *used, struct arena *a,
					struct http_request *req, const struct http_sink *sink, struct buf *out);

/*
 * Writes the reply; a large body goes to *tail as a counted reference, to be
 * sent after `out`. False: the connection ends after it. Frames the body by the headers of the reply: a
 * Transfer-Encoding of chunked is honoured towards HTTP/1.1 clients; lengths
 * are counted here, a Content-Length of the reply matters only where no body
 * is sent (HEAD, 304). Date is added unless given; now_ns is the run's clock.
 */
bool http_exchange_encode(struct http_exchange *x, const struct http_reply *r, uint64_t now_ns, struct buf *out,
			  struct body **tail);

/* A complete reply that ends the connection. */
void http_refuse(struct http_exchange *x, int status, const char *content_type, struct slice text, uint64_t now_ns,
		 struct buf *out);

/* The peer left: true when no message was under way. */
bool http_exchange_idle(const struct http_exchange *x);

#endif
