/*
 * s3_codec: object requests out of HTTP and replies back into it. Bodies are
 * taken piece by piece: the coding comes off, the sums are computed, the bytes
 * go to the request's body.
 */
#include "service/s3/s3_conn.h"

#include <stdio.h>
#include <stdlib.h>

#include "service/s3/s3_fake.h"
#include "service/s3/s3_reply.h"
#include "service/s3/s3_request.h"
#include "service/s3/s3_xml.h"

/* ---- the head --------------------------------------------------------- */

static enum s3_checksum chosen_checksum(const struct http_request *http)
{
	enum s3_checksum c = S3_CHECKSUM_NONE;

	for (size_t i = 0; i < http->headers.count && c == S3_CHECKSUM_NONE; i++) {
		const struct header *h = &http->headers.list[i];
		c = s3_checksum_by_header(h->name);
		if (c == S3_CHECKSUM_NONE && slice_eq_nocase_str(h->name, "x-amz-trailer"))
			c = s3_checksum_by_header(slice_trim(h->value));
		else if (c == S3_CHECKSUM_NONE && slice_eq_nocase_str(h->name, "x-amz-sdk-checksum-algorithm"))
			c = s3_checksum_by_name(h->value);
	}
	return c;
}

static bool is_hex_sum(struct slice s)
{
	return s.len == 64;
}

static int take_head(void *to, struct http_request *r, const char **problem)
{
	struct s3_conn *c = to;
	struct request *req = c->req;
	struct slice payload = s3_header(r, "x-amz-content-sha256");

	(void)problem;
	s3_fake_request_id(c->fake, c->request_id);
	s3_request_read(s3_fake_hosts(c->fake), r, req);
	s3_auth_read(r, req->arena, &c->auth);
	/* Nothing to sum over in a GET; an upload of no bytes has an ETag all the same. */
	if (c->x.parser.has_body || slice_eq_str(r->method, "PUT"))
		s3_digest_begin(&c->digest, is_hex_sum(payload), chosen_checksum(r));
	c->aws_chunked = slice_has_prefix(payload, SLICE_LIT("STREAMING-")) || http_list_has(s3_header(r, "content-encoding"), "aws-chunked");
	if (c->aws_chunked)
		s3_chunked_begin(&c->chunked);
	/* Who may not ask is told so ahead of every rule. */
	c->refusal = s3_fake_refuses(c->fake, &c->auth, r, c->link->now_ns, req->arena);
	req->settled = c->refusal != NULL;
	if (slice_has_prefix(payload, SLICE_LIT("STREAMING-AWS4-HMAC-SHA256")) && s3_fake_has_keys(c->fake) && !c->refusal)
		s3_chain_begin(&c->chain, &c->auth);
	if (c->x.parser.has_body)
		req->object.body = body_new();
	return 0;
}

/* ---- the body --------------------------------------------------------- */

static int store_piece(void *to, struct slice piece)
{
	struct s3_conn *c = to;

	s3_digest_add(&c->digest, piece);
	s3_chain_add(&c->chain, piece);
	return body_append(c->req->object.body, piece) == 0 ? 0 : 507;
}

static int end_chunk(void *to, struct slice signature)
{
	struct s3_conn *c = to;

	s3_chain_chunk(&c->chain, signature);
	return 0;
}

static int take_data(void *to, struct slice piece, const char **problem)
{
	struct s3_conn *c = to;
	const struct s3_chunk_sink sink = { .to = c, .data = store_piece, .chunk = end_chunk };
	int r = c->aws_chunked ? s3_chunked_push(&c->chunked, piece, c->req->arena, &sink) : store_piece(c, piece);

	if (r < 0) {
		*problem = c->chunked.problem;
		return 400;
	}
	if (r > 0)
		*problem = "the object could not be stored: no room in the run directory";
	return r;
}

static bool length_agrees(const struct s3_conn *c)
{
	struct slice v = s3_header(&c->http, "x-amz-decoded-content-length");
	uint64_t n;

	return !v.len || (slice_to_u64(v, &n) && n == c->sums.size);
}

static struct slice md5_text(const struct s3_conn *c, struct arena *a)
{
	struct buf b;

	buf_init(&b, 64);
	buf_add_base64(&b, c->sums.md5, sizeof(c->sums.md5));
	struct slice s = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return s;
}

static const char *find_flaw(const struct s3_conn *c, struct arena *a)
{
	struct slice md5 = s3_header(&c->http, "content-md5"), sha = s3_header(&c->http, "x-amz-content-sha256");
	struct slice sum = SLICE_NONE;

	if (c->aws_chunked && (!s3_chunked_whole(&c->chunked) || !length_agrees(c)))
		return "IncompleteBody";
	if (c->chain.broken)
		return "SignatureDoesNotMatch";
	if (md5.len && md5.len != 24) /* 16 bytes in base64 */
		return "InvalidDigest";
	if (md5.len && !slice_eq(md5, md5_text(c, a)))
		return "BadDigest";
	if (is_hex_sum(sha) && !slice_eq_nocase(sha, c->sums.sha256))
		return "XAmzContentSHA256Mismatch";
	if (c->sums.checksum != S3_CHECKSUM_NONE) {
		const char *name = s3_checksum_header(c->sums.checksum);
		const struct slice *trailer = headers_get(&c->chunked.trailers, name);
		sum = trailer ? *trailer : s3_header(&c->http, name);
	}
	return sum.len && !slice_eq(sum, c->sums.checksum_text) ? "BadDigest" : NULL;
}

/* The message is whole: judge the body, read the XML of operations that have it. */
static void finish(struct s3_conn *c, struct request *req)
{
	struct object_request *o = &req->object;

	/* The parsed head lives with the connection, because it outlives this call. */
	o->http = &c->http;
	if (c->aws_chunked && c->chunked.trailers.count && headers_get(&c->chunked.trailers, "x-amz-trailer-signature"))
		s3_chain_trailers(&c->chain, &c->chunked.trailers);
	if (c->digest.md5) {
		s3_digest_end(&c->digest, req->arena, &c->sums);
		c->flaw = find_flaw(c, req->arena);
	}
	if (slice_eq_str(req->op, "DeleteObjects") && s3_xml_read_delete(body_slice(o->body), req->arena, o) < 0)
		c->flaw = "MalformedXML";
	if (slice_eq_str(req->op, "CompleteMultipartUpload") && s3_xml_read_parts(body_slice(o->body), req->arena, o) < 0)
		c->flaw = "MalformedXML";
}

/* ---- the vtable's functions ------------------------------------------- */

static void forget_request(struct s3_conn *c)
{
	s3_digest_release(&c->digest);
	s3_chunked_release(&c->chunked);
	s3_chain_release(&c->chain);
	c->aws_chunked = false;
	c->flaw = c->refusal = NULL;
	c->http = (struct http_request){0};
	c->sums = (struct s3_sums){0};
	c->auth = (struct s3_auth){0};
}

static void *conn_new(struct link *link, void *fake)
{
	struct s3_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->link = link;
	c->fake = fake;
	http_exchange_init(&c->x, link->tls, link->boundary);
	return c;
}

static void conn_free(void *state)
{
	struct s3_conn *c = state;

	if (c)
		forget_request(c);
	free(c);
}

static void complain(struct s3_conn *c, struct buf *out)
{
	const struct request none = { .arena = c->req->arena };
	struct slice code = c->x.parser.status == 507   ? SLICE_LIT("ServiceUnavailable")
			    : c->x.parser.status == 501 ? SLICE_LIT("NotImplemented")
							: SLICE_LIT("InvalidRequest");
	struct buf b;

	buf_init(&b, 64 * 1024);
	s3_error_xml(&b, &none, code, slice_str(c->x.parser.problem), c->request_id);
	http_refuse(&c->x, c->x.parser.status, "application/xml", buf_slice(&b), c->link->now_ns, out);
	buf_release(&b);
}

static enum decode conn_decode(void *state, struct slice in, size_t *used, struct request *req, struct buf *out)
{
	struct s3_conn *c = state;
	const struct http_sink sink = { .to = c, .head = take_head, .data = take_data };

	c->req = req;
	switch (http_exchange_decode(&c->x, in, used, req->arena, &c->http, &sink, out)) {
	case HTTP_WAITS:
		return DECODE_MORE;
	case HTTP_TOOK:
		return DECODE_OWN;
	case HTTP_WHOLE:
		finish(c, req);
		return DECODE_REQUEST;
	default:
		complain(c, out);
		return DECODE_BAD;
	}
}

static bool conn_encode(void *state, const struct request *req, const struct reply *reply, struct buf *out, struct body **tail)
{
	struct s3_conn *c = state;
	struct http_reply made = {0};
	const struct http_reply *r = &reply->http;

	if (reply->port != PORT_HTTP || reply->by == BY_NONE) {
		const struct s3_reply_facts facts = { .request_id = c->request_id, .sums = &c->sums };
		s3_reply_http(req, reply, &facts, &made);
		r = &made;
	}
	bool keep = http_exchange_encode(&c->x, r, c->link->now_ns, out, tail);
	body_free(made.body);
	forget_request(c);
	return keep;
}

static bool conn_clean_end(void *state)
{
	struct s3_conn *c = state;

	return http_exchange_idle(&c->x);
}

const struct codec s3_codec = {
	.new = conn_new,
	.free = conn_free,
	.decode = conn_decode,
	.encode = conn_encode,
	.clean_end = conn_clean_end,
};
