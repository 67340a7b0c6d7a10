/*
 * s3_reply: status and headers of every operation, and the error document. The
 * documents of successful operations are s3_result's.
 */
#include "service/s3/s3_reply.h"

#include "codec/http/http_status.h"
#include "service/s3/s3_error.h"
#include "service/s3/s3_request.h"
#include "service/s3/s3_result.h"
#include "service/s3/s3_xml.h"

#define XML_MAX (16 * 1024 * 1024) /* a listing of 1000 keys of 1 KiB, each byte escaped to six, and its siblings */

static void add(struct http_reply *out, struct arena *a, const char *name, struct slice value)
{
	if (value.len)
		headers_add(&out->headers, a, slice_str(name), value);
}

void s3_error_xml(struct buf *b, const struct request *req, struct slice code, struct slice message, const char *request_id)
{
	const struct object_request *o = &req->object;

	buf_add_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
	s3_xml_add(b, "Code", code);
	s3_xml_add(b, "Message", message);
	if (slice_eq_str(code, "NoSuchBucket") || slice_eq_str(code, "BucketNotEmpty") || slice_has_prefix(code, SLICE_LIT("BucketAlready")) ||
	    slice_eq_str(code, "InvalidBucketName"))
		s3_xml_add(b, "BucketName", o->bucket);
	else if (slice_eq_str(code, "NoSuchKey"))
		s3_xml_add(b, "Key", o->key);
	else if (slice_eq_str(code, "NoSuchUpload"))
		s3_xml_add(b, "UploadId", o->upload_id);
	else if (slice_eq_str(code, "InvalidRange"))
		s3_xml_add(b, "RangeRequested", o->range);
	else if (o->http && slice_eq_str(code, "PreconditionFailed"))
		s3_xml_add(b, "Condition", s3_header(o->http, "if-match").len        ? SLICE_LIT("If-Match")
					   : s3_header(o->http, "if-none-match").len ? SLICE_LIT("If-None-Match")
										     : SLICE_LIT("If-Unmodified-Since"));
	else if (o->http)
		s3_xml_add(b, "Resource", o->http->path);
	s3_xml_add(b, "RequestId", slice_str(request_id));
	s3_xml_add(b, "HostId", s3_host_id(request_id, req->arena));
	buf_add_str(b, "</Error>");
}

/* One that clients may log; nobody reads more into it. */
struct slice s3_host_id(const char *request_id, struct arena *a)
{
	return arena_printf(a, "seam/%s", request_id);
}

static void set_xml(struct http_reply *out, struct arena *a, const struct buf *b)
{
	add(out, a, "Content-Type", SLICE_LIT("application/xml"));
	out->body = body_of(buf_slice(b));
}

static void write_error(const struct request *req, struct slice code, struct slice message, int status,
			const struct s3_reply_facts *facts, struct http_reply *out)
{
	struct buf b;

	buf_init(&b, XML_MAX);
	out->status = status;
	s3_error_xml(&b, req, code, message.len ? message : slice_str(s3_error_message(code)), facts->request_id);
	set_xml(out, req->arena, &b);
	buf_release(&b);
}

/* Headers that describe an object: GetObject and HeadObject. */
static void write_object(const struct request *req, const struct object_reply *r, struct http_reply *out)
{
	struct arena *a = req->arena;
	bool head = slice_eq_str(req->op, "HeadObject");
	uint64_t len = r->ranged ? r->range_last - r->range_first + 1 : r->body && !r->size ? body_size(r->body) : r->size;

	out->status = r->ranged ? 206 : 200;
	add(out, a, "Last-Modified", r->last_modified);
	add(out, a, "Accept-Ranges", SLICE_LIT("bytes"));
	if (r->ranged)
		add(out, a, "Content-Range",
		    arena_printf(a, "bytes %llu-%llu/%llu", (unsigned long long)r->range_first, (unsigned long long)r->range_last,
				 (unsigned long long)r->size));
	add(out, a, "Content-Type", r->content_type);
	for (size_t i = 0; i < r->meta.count; i++)
		add(out, a, arena_printf(a, "x-amz-meta-%.*s", SLICE_ARG(r->meta.list[i].name)).ptr, r->meta.list[i].value);
	if (head)
		add(out, a, "Content-Length", arena_printf(a, "%llu", (unsigned long long)len));
	else
		out->body = body_ref(r->body);
}

static void add_etag(const struct request *req, const struct object_reply *r, const struct s3_reply_facts *facts, struct http_reply *out)
{
	struct arena *a = req->arena;
	struct slice etag = r->etag;
	char hex[33];

	/* A rule need not know the ETag of what it gives or takes. */
	if (!etag.len && slice_eq_str(req->op, "GetObject") && !r->ranged) {
		s3_md5_hex(body_slice(r->body), hex);
		etag = slice_str(hex);
	} else if (!etag.len && (slice_eq_str(req->op, "PutObject") || slice_eq_str(req->op, "UploadPart"))) {
		etag = slice_str(facts->sums->etag);
	}
	if (etag.len)
		add(out, a, "ETag", arena_printf(a, "\"%.*s\"", SLICE_ARG(etag)));
}

static int default_status(struct slice op)
{
	return slice_eq_str(op, "DeleteObject") || slice_eq_str(op, "DeleteBucket") || slice_eq_str(op, "AbortMultipartUpload") ? 204 : 200;
}

static void write_success(const struct request *req, const struct object_reply *r, const struct s3_reply_facts *facts, struct http_reply *out)
{
	struct arena *a = req->arena;
	struct buf b;

	if (r->status == 304) {
		out->status = 304;
		add_etag(req, r, facts, out);
		add(out, a, "Last-Modified", r->last_modified);
		return;
	}
	buf_init(&b, XML_MAX);
	if (slice_eq_str(req->op, "GetObject") || slice_eq_str(req->op, "HeadObject")) {
		write_object(req, r, out);
		add_etag(req, r, facts, out);
	} else if (s3_result_xml(req, r, &b)) {
		set_xml(out, a, &b);
	} else {
		out->status = default_status(req->op);
		add_etag(req, r, facts, out);
		out->body = body_ref(r->body);
		if (r->body)
			add(out, a, "Content-Type", r->content_type);
	}
	buf_release(&b);
	if (!out->status)
		out->status = default_status(req->op);
	if (r->status)
		out->status = r->status;
}

/* Later headers replace those that were made here. */
static void merge(struct http_reply *out, struct arena *a, const struct headers *more)
{
	for (size_t i = 0; i < more->count; i++) {
		const struct header *h = &more->list[i];
		bool found = false;
		for (size_t k = 0; k < out->headers.count && !found; k++) {
			found = slice_eq_nocase(out->headers.list[k].name, h->name);
			if (found)
				out->headers.list[k].value = h->value;
		}
		if (!found)
			headers_add(&out->headers, a, h->name, h->value);
	}
}

static struct slice unmatched_text(const struct request *req, const struct why *why)
{
	const struct object_request *o = &req->object;

	if (why && why->text.len)
		return why->text;
	return arena_printf(req->arena, "seam: nothing answers %.*s %.*s/%.*s", SLICE_ARG(req->op), SLICE_ARG(o->bucket), SLICE_ARG(o->key));
}

void s3_reply_http(const struct request *req, const struct reply *reply, const struct s3_reply_facts *facts, struct http_reply *out)
{
	const struct object_reply *r = &reply->object;
	struct arena *a = req->arena;

	*out = (struct http_reply){0};
	add(out, a, "x-amz-id-2", s3_host_id(facts->request_id, a));
	add(out, a, "x-amz-request-id", arena_slice(a, slice_str(facts->request_id)));
	if (reply->by == BY_NONE) {
		write_error(req, SLICE_LIT("NothingAnswers"), unmatched_text(req, reply->why), HTTP_NOTHING_ANSWERS, facts, out);
		return;
	}
	if (r->code.len)
		write_error(req, r->code, r->message, r->status ? r->status : s3_error_status(r->code), facts, out);
	else
		write_success(req, r, facts, out);
	merge(out, a, &r->headers);
	add(out, a, "Server", SLICE_LIT("AmazonS3"));
}
