/* asked: reads an event's attributes back into the request of its port. One
 * function a port, in the words of port/describe.c which wrote them. */
#include "check/asked.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "port/sql.h"
#include "trace/blob.h"

static struct slice text_of(json_t *v)
{
	return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NONE;
}

static struct slice attr(json_t *a, const char *name)
{
	return text_of(json_object_get(a, name));
}

/* ---- bodies --------------------------------------------------------------- */

static struct body *blob_body(struct slice name, const char *trace)
{
	struct buf bytes;
	struct err err = { 0 };
	struct body *body = NULL;

	if (!trace || !slice_has_prefix(name, SLICE_LIT("sha256:")))
		return NULL;
	buf_init(&bytes, (size_t)1 << 32);
	if (blob_get(trace, slice_skip(name, 7), &bytes, &err) == 0)
		body = body_of(buf_slice(&bytes));
	buf_release(&bytes);
	return body;
}

struct body *asked_body(json_t *payload, const char *trace)
{
	json_t *b = json_object_get(payload, "b"), *b64 = json_object_get(payload, "b64"), *blob = json_object_get(payload, "blob");

	if (blob)
		return blob_body(text_of(blob), trace);
	if (b64) {
		struct arena arena;
		struct slice bytes;
		arena_init(&arena);
		struct body *body = base64_decode(text_of(b64), &arena, &bytes) ? body_of(bytes) : NULL;
		arena_release(&arena);
		return body;
	}
	if (json_is_string(b))
		return body_of(text_of(b));
	if (!b)
		return payload ? body_new() : NULL;
	char *dump = json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT);
	struct body *body = dump ? body_of(slice_str(dump)) : NULL;
	free(dump);
	return body;
}

/* ---- a function a port ------------------------------------------------------ */

static void read_headers(struct headers *h, json_t *attrs, const char *prefix, struct arena *a)
{
	size_t n = strlen(prefix), i;
	const char *name;
	json_t *v, *one;

	json_object_foreach(attrs, name, v) {
		if (strncmp(name, prefix, n) != 0)
			continue;
		if (json_is_array(v)) {
			json_array_foreach(v, i, one)
				headers_add(h, a, slice_str(name + n), text_of(one));
		} else {
			headers_add(h, a, slice_str(name + n), text_of(v));
		}
	}
}

static void read_http(struct http_request *r, json_t *attrs, struct arena *a)
{
	struct slice url = attr(attrs, "url.full"), rest = url, path;
	size_t scheme = slice_find_slice(url, SLICE_LIT("://"));

	r->method = attr(attrs, "http.request.method");
	if (scheme < url.len) {
		r->scheme = slice_take(url, scheme);
		rest = slice_skip(url, scheme + 3);
	}
	size_t slash = slice_find(rest, '/');
	r->authority = slice_take(rest, slash);
	r->target = slash < rest.len ? slice_skip(rest, slash) : SLICE_LIT("/");
	rest = r->target;
	path = slice_split(&rest, '?');
	r->path = http_unescape(path, false, a);
	r->query = rest;
	read_headers(&r->headers, attrs, "http.request.header.", a);
}

static void asked_http(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	read_http(&e->req.http, attrs, e->req.arena);
	e->req.op = e->req.http.method;
	e->req.http.body = asked_body(req, trace);
}

static void asked_sql(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	struct sql_request *q = &e->req.sql;
	struct arena *a = e->req.arena;
	const char *name, prefix[] = "db.query.parameter.";
	uint64_t n;
	json_t *v;

	q->text = attr(attrs, "db.query.text");
	q->user = attr(attrs, "db.user");
	q->database = attr(attrs, "db.namespace");
	json_object_foreach(attrs, name, v)
		if (strncmp(name, prefix, sizeof(prefix) - 1) == 0 && slice_to_u64(slice_str(name + sizeof(prefix) - 1), &n) && n < SQL_PARAMS_MAX &&
		    n >= q->nparams)
			q->nparams = (size_t)n + 1;
	q->params = ARENA_ARRAY(a, struct sql_value, q->nparams + 1);
	for (size_t i = 0; i < q->nparams; i++) {
		v = json_object_get(attrs, arena_printf(a, "%s%zu", prefix, i).ptr);
		q->params[i] = (struct sql_value){ .text = text_of(v), .null = !v };
	}
	/* a copy: the cache may drop what it holds before the event is done with */
	struct sql_analysis *an = ARENA_NEW(a, struct sql_analysis);
	*an = *sql_analyse(q->text);
	q->analysis = an;
	char *op = arena_alloc(a, an->verb.len + 1);
	for (size_t i = 0; i < an->verb.len; i++)
		op[i] = (char)tolower((unsigned char)an->verb.ptr[i]);
	e->req.op = slice_of(op, an->verb.len);
	if (req)
		q->copy_in = asked_body(req, trace);
}

static void asked_object(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	struct object_request *o = &e->req.object;
	struct http_request *http = ARENA_NEW(e->req.arena, struct http_request);
	struct slice method = attr(attrs, "rpc.method");
	json_t *part = json_object_get(attrs, "aws.s3.part_number"), *max = json_object_get(attrs, "aws.s3.max_keys");

	*http = (struct http_request){ .method = attr(attrs, "http.request.method") };
	read_headers(&http->headers, attrs, "http.request.header.", e->req.arena);
	e->req.op = slice_skip(method, slice_find(method, '/') + 1);
	o->bucket = attr(attrs, "aws.s3.bucket");
	o->key = attr(attrs, "aws.s3.key");
	o->copy_source = attr(attrs, "aws.s3.copy_source");
	o->prefix = attr(attrs, "aws.s3.prefix");
	o->delimiter = attr(attrs, "aws.s3.delimiter");
	o->start_after = attr(attrs, "aws.s3.start_after");
	o->upload_id = attr(attrs, "aws.s3.upload_id");
	o->part = (int)json_integer_value(part);
	o->max_keys = max ? json_integer_value(max) : -1;
	o->range = text_of(json_array_get(json_object_get(attrs, "http.request.header.range"), 0));
	o->content_type = text_of(json_object_get(req, "ct"));
	read_headers(&o->meta, attrs, "http.request.header.x-amz-meta-", e->req.arena);
	o->http = http;
	o->body = asked_body(req, trace);
}

static struct call_arg call_value(json_t *v)
{
	struct slice text = text_of(v);
	struct call_arg arg = { .kind = CALL_STRING, .text = text };
	int64_t n;

	if (json_is_integer(v))
		return (struct call_arg){ .kind = CALL_INT, .i = json_integer_value(v) };
	if (json_is_real(v))
		return (struct call_arg){ .kind = CALL_DOUBLE, .d = json_real_value(v) };
	if (!v || slice_eq_str(text, "NULL"))
		return (struct call_arg){ .kind = CALL_NULL };
	if (slice_has_prefix(text, SLICE_LIT("ptr:")) && slice_to_i64(slice_skip(text, 4), &n))
		return (struct call_arg){ .kind = CALL_POINTER, .i = n };
	return arg;
}

static void asked_call(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	struct call_request *c = &e->req.call;
	struct arena *a = e->req.arena;
	const char *name;
	uint64_t n;
	json_t *v;

	(void)req;
	(void)trace;
	e->req.op = attr(attrs, "code.function.name");
	c->library = attr(attrs, "seam.library");
	c->caller = attr(attrs, "seam.caller");
	json_object_foreach(attrs, name, v)
		if (strncmp(name, "seam.arg.", 9) == 0 && slice_to_u64(slice_str(name + 9), &n) && n < 256 && n >= c->nargs)
			c->nargs = (size_t)n + 1;
	c->args = ARENA_ARRAY(a, struct call_arg, c->nargs + 1);
	for (size_t i = 0; i < c->nargs; i++)
		c->args[i] = call_value(json_object_get(attrs, arena_printf(a, "seam.arg.%zu", i).ptr));
}

static void asked_connect(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	(void)req;
	(void)trace;
	e->req.connect = (struct connect_request){ .boundary = e->req.boundary, .transport = attr(attrs, "network.transport") };
}

static void asked_dns(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	(void)attrs;
	(void)req;
	(void)trace;
	e->req.dns.name = e->req.boundary;
}

static void asked_tls(struct asked *e, json_t *attrs, json_t *req, const char *trace)
{
	(void)req;
	(void)trace;
	e->req.tls = (struct tls_request){ .name = attr(attrs, "server.address"), .alpn = attr(attrs, "seam.tls.alpn") };
}

/* Ports without a row have their names (stream, sum) only. */
static const struct {
	const char *kind;
	enum port port;
	void (*read)(struct asked *e, json_t *attrs, json_t *req, const char *trace);
} rows[] = {
	{ "sql", PORT_SQL, asked_sql },	    { "http", PORT_HTTP, asked_http },	       { "s3", PORT_OBJECT, asked_object },
	{ "call", PORT_CALL, asked_call },  { "conn.open", PORT_CONNECT, asked_connect }, { "dns", PORT_DNS, asked_dns },
	{ "tls", PORT_TLS, asked_tls },
};

/* ---- the event -------------------------------------------------------------- */

/* A part of the stream's name: %2F and its like are undone. */
static struct slice part(struct slice *rest, struct arena *a)
{
	return http_unescape(slice_split(rest, '/'), false, a);
}

static void read_stream(struct asked *e, struct arena *a)
{
	struct slice rest = e->stream, role;

	if (slice_find(rest, '#') < rest.len)
		rest = slice_take(rest, slice_find(rest, '#'));
	role = part(&rest, a);
	e->req.asker.program = slice_take(role, slice_find(role, '[')); /* curl[2] is a curl */
	e->req.service = part(&rest, a);
	e->req.boundary = http_unescape(rest, false, a);
}

bool asked_read(struct asked *out, struct slice line, uint64_t event, const char *trace, struct arena *a)
{
	json_t *e = json_loadb(line.ptr, line.len, 0, NULL), *attrs = json_object_get(e, "a");

	*out = (struct asked){ .json = e, .event = event };
	out->kind = text_of(json_object_get(e, "k"));
	out->stream = text_of(json_object_get(e, "st"));
	if (!json_is_object(e) || !out->kind.ptr || slice_has_prefix(out->kind, SLICE_LIT("seam."))) {
		json_decref(e);
		out->json = NULL;
		return false;
	}
	out->req = (struct request){ .port = port_by_name(out->kind), .arena = a, .sum = text_of(json_object_get(e, "sum")) };
	out->outcome = (struct outcome){ .ok = json_is_true(json_object_get(e, "ok")),
					 .err = text_of(json_object_get(e, "err")),
					 .by = text_of(json_object_get(e, "by")),
					 .rule = text_of(json_object_get(e, "rule")) };
	read_stream(out, a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!slice_eq_str(out->kind, rows[i].kind))
			continue;
		out->req.port = rows[i].port;
		rows[i].read(out, attrs, json_object_get(e, "req"), trace);
	}
	return true;
}

void asked_release(struct asked *a)
{
	request_release(&a->req);
	json_decref(a->json);
	a->json = NULL;
}
