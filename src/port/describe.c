/*
 * describe: what the event of a request and its reply shows, under the names of
 * OpenTelemetry's semantic conventions 1.44; what they have no name for is
 * seam.*. The only place that knows both a port and how it is traced.
 *
 * Everything is allocated in the request's arena.
 */
#include "base/utf8.h"
#include "port/port.h"
#include "port/sql.h"

struct shape {
	struct request *req;
	const struct reply *rep;
	struct description *out;
	struct arena *a;
	size_t rows_max, cor_cap;
};

static void add_cor(struct shape *s, struct slice id)
{
	struct description *d = s->out;

	for (size_t i = 0; i < d->ncor; i++)
		if (slice_eq(d->cor[i], id))
			return;
	if (d->ncor == s->cor_cap) {
		size_t cap = s->cor_cap ? s->cor_cap * 2 : 4;
		struct slice *list = ARENA_ARRAY(s->a, struct slice, cap);
		if (d->ncor)
			memcpy(list, d->cor, d->ncor * sizeof(*list));
		d->cor = list;
		s->cor_cap = cap;
	}
	d->cor[d->ncor++] = id;
}

/* JSON made of many small pieces, then kept in the arena. */
static struct slice keep(struct shape *s, struct buf *b)
{
	struct slice kept = buf_failed(b) ? SLICE_NONE : arena_slice(s->a, buf_slice(b));

	buf_release(b);
	return kept;
}

#define DESCRIBE_JSON_MAX ((size_t)1 << 30)

/* "host:port" of a boundary; an IPv6 literal stands in brackets, a Unix socket
 * is "unix:PATH". */
static void describe_server(struct shape *s, struct slice boundary)
{
	size_t colon = boundary.len;
	uint64_t port;

	if (slice_has_prefix(boundary, SLICE_LIT("unix:"))) {
		attrs_text(&s->out->attrs, "server.address", slice_skip(boundary, 5));
		return;
	}
	if (slice_has_prefix(boundary, SLICE_LIT("udp:")))
		boundary = slice_skip(boundary, 4);
	colon = boundary.len;
	while (colon && boundary.ptr[colon - 1] != ':')
		colon--;
	bool has_port = colon && slice_to_u64(slice_skip(boundary, colon), &port) && port <= 65535;
	struct slice host = has_port ? slice_take(boundary, colon - 1) : boundary;
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = slice_of(host.ptr + 1, host.len - 2);
	if (!host.len)
		return;
	attrs_text(&s->out->attrs, "server.address", host);
	if (has_port)
		attrs_int(&s->out->attrs, "server.port", (int64_t)port);
}

/* ---- http --------------------------------------------------------------- */

static struct slice lower(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		out[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
	return slice_of(out, s.len);
}

/* Framing and hop-by-hop headers (RFC 9110 section 7.6.1, RFC 9112) say how a
 * message travelled, not what was asked; Host is in url.full. */
static bool is_framing(struct slice name)
{
	static const char *const names[] = { "host", "connection", "content-length", "transfer-encoding", "keep-alive",
					     "te",   "trailer",	   "expect",	     "proxy-connection",  NULL };

	for (const char *const *n = names; *n; n++)
		if (slice_eq_nocase_str(name, *n))
			return true;
	return false;
}

static void describe_headers(struct shape *s, const char *prefix, const struct headers *h)
{
	for (size_t i = 0; i < h->count; i++) {
		if (is_framing(h->list[i].name))
			continue;
		struct slice name = lower(s->a, h->list[i].name);
		attrs_list_named(&s->out->attrs, arena_printf(s->a, "%s%.*s", prefix, SLICE_ARG(name)), h->list[i].value);
	}
}

/* W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>. */
static void describe_traceparent(struct shape *s, const struct headers *h)
{
	const struct slice *tp = headers_get(h, "traceparent");

	if (!tp || tp->len < 36 || tp->ptr[2] != '-' || tp->ptr[35] != '-')
		return;
	add_cor(s, arena_printf(s->a, "tp:%.32s", tp->ptr + 3));
}

static void body_payload(struct payload *p, struct body *body, const struct headers *h)
{
	const struct slice *type = h ? headers_get(h, "content-type") : NULL;

	p->present = body != NULL;
	p->size = body_size(body);
	p->body = body;
	p->type = type ? *type : SLICE_NONE;
	p->rows = -1;
}

static void describe_http_request(struct shape *s, const struct http_request *r)
{
	struct attrs *a = &s->out->attrs;

	attrs_text(a, "http.request.method", r->method);
	attrs_text(a, "url.full", http_request_url(r, s->a));
	describe_headers(s, "http.request.header.", &r->headers);
	describe_traceparent(s, &r->headers);
	body_payload(&s->out->request, r->body, &r->headers);
}

static void describe_http_reply(struct shape *s, const struct http_reply *r)
{
	if (r->status)
		attrs_int(&s->out->attrs, "http.response.status_code", r->status);
	describe_headers(s, "http.response.header.", &r->headers);
	body_payload(&s->out->reply, r->body, &r->headers);
}

static void describe_http(struct shape *s)
{
	describe_http_request(s, &s->req->http);
	if (s->rep->port == PORT_HTTP)
		describe_http_reply(s, &s->rep->http);
	describe_server(s, s->req->boundary);
}

/* ---- s3 ----------------------------------------------------------------- */

static void listing(struct shape *s, const struct object_reply *r)
{
	struct buf b;

	buf_init(&b, DESCRIBE_JSON_MAX);
	buf_add_str(&b, "{\"keys\":[");
	for (size_t i = 0; i < r->nentries && i < s->rows_max; i++) {
		if (i)
			buf_add_char(&b, ',');
		buf_add_json(&b, r->entries[i].key);
	}
	buf_add_char(&b, ']');
	if (r->nprefixes) {
		buf_add_str(&b, ",\"prefixes\":[");
		for (size_t i = 0; i < r->nprefixes && i < s->rows_max; i++) {
			if (i)
				buf_add_char(&b, ',');
			buf_add_json(&b, r->prefixes[i]);
		}
		buf_add_char(&b, ']');
	}
	buf_add_str(&b, r->truncated ? ",\"truncated\":true}" : "}");
	s->out->reply = (struct payload){ .present = true, .rows = (int64_t)r->nentries };
	s->out->reply.json = keep(s, &b);
	s->out->reply.size = s->out->reply.json.len;
}

static void describe_object_reply(struct shape *s, const struct object_request *o)
{
	const struct object_reply *r = &s->rep->object;
	struct attrs *a = &s->out->attrs;

	if (r->status)
		attrs_int(a, "http.response.status_code", r->status);
	if (r->code.len) {
		attrs_text(a, "aws.s3.error.code", r->code);
		if (r->message.len)
			attrs_text(a, "aws.s3.error.message", r->message);
	}
	if (r->ranged)
		attrs_text(a, "http.response.header.content-range",
			   arena_printf(s->a, "bytes %llu-%llu/%llu", (unsigned long long)r->range_first,
					(unsigned long long)r->range_last, (unsigned long long)r->size));
	if (r->upload_id.len && !o->upload_id.len)
		attrs_text(a, "aws.s3.upload_id", r->upload_id);
	describe_headers(s, "http.response.header.x-amz-meta-", &r->meta);
	describe_headers(s, "http.response.header.", &r->headers);
	body_payload(&s->out->reply, r->body, NULL);
	s->out->reply.type = r->content_type;
	if (!r->body && (r->nentries || r->nprefixes || slice_has_prefix(s->req->op, SLICE_LIT("List"))) && !r->code.len)
		listing(s, r);
	if (o->key.len && r->etag.len && !r->code.len)
		add_cor(s, arena_printf(s->a, "s3:%.*s/%.*s#%.*s", SLICE_ARG(o->bucket), SLICE_ARG(o->key), SLICE_ARG(r->etag)));
}

static struct slice slice_list(struct shape *s, const struct slice *list, size_t count)
{
	struct buf b;

	buf_init(&b, DESCRIBE_JSON_MAX);
	buf_add_char(&b, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(&b, ',');
		buf_add_json(&b, list[i]);
	}
	buf_add_char(&b, ']');
	return keep(s, &b);
}

/* Signatures and the SDK's own headers are left out: they are how S3 is spoken,
 * not what was asked of it. */
static void describe_object(struct shape *s)
{
	const struct object_request *o = &s->req->object;
	struct attrs *a = &s->out->attrs;

	attrs_text(a, "rpc.method", arena_printf(s->a, "S3/%.*s", SLICE_ARG(s->req->op)));
	if (o->bucket.len)
		attrs_text(a, "aws.s3.bucket", o->bucket);
	if (o->key.len)
		attrs_text(a, "aws.s3.key", o->key);
	if (o->copy_source.len)
		attrs_text(a, "aws.s3.copy_source", o->copy_source);
	if (o->prefix.len)
		attrs_text(a, "aws.s3.prefix", o->prefix);
	if (o->delimiter.len)
		attrs_text(a, "aws.s3.delimiter", o->delimiter);
	if (o->start_after.len)
		attrs_text(a, "aws.s3.start_after", o->start_after);
	if (o->token.len)
		attrs_text(a, "aws.s3.continuation_token", o->token);
	if (o->max_keys >= 0)
		attrs_int(a, "aws.s3.max_keys", o->max_keys);
	if (o->upload_id.len)
		attrs_text(a, "aws.s3.upload_id", o->upload_id);
	if (o->part)
		attrs_int(a, "aws.s3.part_number", o->part);
	if (o->nkeys)
		attrs_json(a, "seam.s3.keys", slice_list(s, o->keys, o->nkeys));
	if (o->range.len)
		attrs_list_named(a, SLICE_LIT("http.request.header.range"), o->range);
	if (o->http) {
		attrs_text(a, "http.request.method", o->http->method);
		describe_traceparent(s, &o->http->headers);
	}
	describe_headers(s, "http.request.header.x-amz-meta-", &o->meta);
	body_payload(&s->out->request, o->body, NULL);
	s->out->request.type = o->content_type;
	if (s->rep->port == PORT_OBJECT)
		describe_object_reply(s, o);
	else if (s->rep->port == PORT_HTTP)
		describe_http_reply(s, &s->rep->http);
	describe_server(s, s->req->boundary);
}

/* ---- sql ---------------------------------------------------------------- */

/* Cells as strings: the text form is what was on the wire, and a number beyond
 * a double stays exact. */
static void add_cell(struct buf *b, const struct sql_value *v)
{
	if (v->null)
		buf_add_str(b, "{\"null\":true}"); /* a trace knows no null, and a row cannot leave a cell out */
	else
		buf_add_json(b, v->text);
}

static void describe_rows(struct shape *s, const struct sql_reply *r)
{
	struct payload *p = &s->out->reply;
	struct buf b;

	buf_init(&b, DESCRIBE_JSON_MAX);
	buf_add_char(&b, '[');
	for (size_t i = 0; i < r->ncolumns; i++) {
		if (i)
			buf_add_char(&b, ',');
		buf_add_json(&b, r->columns[i].name);
	}
	buf_add_char(&b, ']');
	attrs_json(&s->out->attrs, "seam.columns", keep(s, &b));

	buf_init(&b, DESCRIBE_JSON_MAX);
	buf_add_char(&b, '[');
	for (size_t row = 0; row < r->nrows; row++) {
		const struct sql_value *cells = r->cells + row * r->ncolumns;
		for (size_t c = 0; c < r->ncolumns; c++)
			p->size += cells[c].null ? 0 : cells[c].text.len;
		if (row >= s->rows_max)
			continue;
		buf_add_str(&b, row ? ",[" : "[");
		for (size_t c = 0; c < r->ncolumns; c++) {
			if (c)
				buf_add_char(&b, ',');
			add_cell(&b, &cells[c]);
		}
		buf_add_char(&b, ']');
	}
	buf_add_char(&b, ']');
	p->rows = (int64_t)r->nrows;
	p->json = keep(s, &b);
}

static void describe_sql_error(struct shape *s, const struct sql_error *e)
{
	const struct {
		const char *name;
		struct slice text;
	} rows[] = {
		{ "severity", e->severity.len ? e->severity : SLICE_LIT("ERROR") },
		{ "message", e->message },
		{ "detail", e->detail },
		{ "hint", e->hint },
		{ "schema", e->schema },
		{ "table", e->table },
		{ "column", e->column },
		{ "constraint", e->constraint },
	};
	struct buf b;
	bool first = true;

	attrs_text(&s->out->attrs, "db.response.status_code", e->sqlstate);
	buf_init(&b, DESCRIBE_JSON_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].text.len)
			continue;
		buf_addf(&b, "%c\"%s\":", first ? '{' : ',', rows[i].name);
		buf_add_json(&b, rows[i].text);
		first = false;
	}
	buf_add_char(&b, '}');
	s->out->reply.present = true;
	s->out->reply.json = keep(s, &b);
	s->out->reply.size = s->out->reply.json.len;
}

static void describe_sql_reply(struct shape *s, const struct sql_reply *r)
{
	struct payload *p = &s->out->reply;

	p->rows = -1;
	if (r->error) {
		describe_sql_error(s, r->error);
		return;
	}
	for (size_t i = 0; i < r->nnotices; i++)
		attrs_list_named(&s->out->attrs, SLICE_LIT("seam.notices"), r->notices[i].message);
	p->present = r->has_rows || r->tag.len || r->copy_out;
	p->tag = r->tag;
	if (r->copy_out) {
		p->body = r->copy_out;
		p->size = body_size(r->copy_out);
	} else if (r->has_rows) {
		describe_rows(s, r);
	}
}

static void describe_sql(struct shape *s)
{
	const struct sql_request *q = &s->req->sql;
	struct attrs *a = &s->out->attrs;

	attrs_text(a, "db.system.name", SLICE_LIT("postgresql"));
	if (q->database.len)
		attrs_text(a, "db.namespace", q->database);
	if (q->user.len)
		attrs_text(a, "db.user", q->user);
	attrs_text(a, "db.query.text", q->text);
	for (size_t i = 0; i < q->nparams; i++) {
		struct slice name = arena_printf(s->a, "db.query.parameter.%zu", i);
		/* A trace knows no null: absent is NULL, and is not the text "null". */
		if (!q->params[i].null)
			attrs_text_named(a, name, q->params[i].text);
	}
	if (q->copy_in)
		body_payload(&s->out->request, q->copy_in, NULL);
	if (s->rep->port == PORT_SQL)
		describe_sql_reply(s, &s->rep->sql);
	describe_server(s, s->req->boundary);
}

/* ---- call --------------------------------------------------------------- */

static struct slice call_value(struct shape *s, const struct call_arg *v, bool *json)
{
	struct buf b;

	*json = true;
	switch (v->kind) {
	case CALL_INT:
		/* 2^53 and beyond is written as a string: readers round. */
		if (v->i > -((int64_t)1 << 53) && v->i < (int64_t)1 << 53)
			return arena_printf(s->a, "%lld", (long long)v->i);
		return arena_printf(s->a, "\"%lld\"", (long long)v->i);
	case CALL_DOUBLE:
		if (v->d != v->d || v->d - v->d != 0.0) /* NaN and infinities are no JSON */
			return arena_printf(s->a, "\"%f\"", v->d);
		return arena_printf(s->a, "%.17g", v->d);
	case CALL_POINTER:
		return arena_printf(s->a, "\"ptr:%lld\"", (long long)v->i);
	case CALL_NULL:
		return SLICE_LIT("\"NULL\"");
	case CALL_BUFFER:
		if (slice_is_utf8(v->text))
			break;
		buf_init(&b, DESCRIBE_JSON_MAX);
		buf_add_str(&b, "\"base64:");
		buf_add_base64(&b, v->text.ptr, v->text.len);
		buf_add_char(&b, '"');
		return keep(s, &b);
	case CALL_STRING:
		break;
	case CALL_VOID:
		return SLICE_NONE;
	}
	*json = false;
	return v->text;
}

static void describe_value(struct shape *s, const char *name, const struct call_arg *v)
{
	bool json;
	struct slice text = call_value(s, v, &json);

	if (v->kind == CALL_VOID)
		return;
	if (json)
		attrs_json(&s->out->attrs, name, text);
	else
		attrs_text(&s->out->attrs, name, text);
}

static void describe_call(struct shape *s)
{
	const struct call_request *c = &s->req->call;
	struct attrs *a = &s->out->attrs;

	attrs_text(a, "code.function.name", s->req->op);
	if (c->library.len)
		attrs_text(a, "seam.library", c->library);
	if (c->caller.len)
		attrs_text(a, "seam.caller", c->caller);
	for (size_t i = 0; i < c->nargs; i++) {
		struct slice name = arena_printf(s->a, "seam.arg.%zu", i);
		bool ours = !c->made && s->rep->port == PORT_CALL && i < s->rep->call.nouts;
		describe_value(s, name.ptr, ours && c->args[i].kind == CALL_VOID ? &s->rep->call.outs[i] : &c->args[i]);
	}
	if (!c->made && s->rep->port == PORT_CALL) {
		describe_value(s, "seam.result", &s->rep->call.result);
		if (s->rep->call.set_errno)
			attrs_int(a, "seam.errno", s->rep->call.set_errno);
	} else {
		describe_value(s, "seam.result", &c->result);
	}
}

/* ---- the rest ------------------------------------------------------------ */

static void describe_connect(struct shape *s)
{
	const struct connect_request *c = &s->req->connect;

	if (c->transport.len)
		attrs_text(&s->out->attrs, "network.transport", c->transport);
	describe_server(s, c->boundary.len ? c->boundary : s->req->boundary);
}

void port_describe(struct request *req, const struct reply *rep, size_t rows_max, struct description *out)
{
	struct shape s = { .req = req, .rep = rep, .out = out, .a = req->arena, .rows_max = rows_max };

	*out = (struct description){ .request.rows = -1, .reply.rows = -1 };
	attrs_init(&out->attrs, req->arena);
	switch (req->port) {
	case PORT_HTTP:
		describe_http(&s);
		break;
	case PORT_OBJECT:
		describe_object(&s);
		break;
	case PORT_SQL:
		describe_sql(&s);
		break;
	case PORT_CALL:
		describe_call(&s);
		break;
	case PORT_CONNECT:
		describe_connect(&s);
		break;
	case PORT_DNS:
		attrs_text(&out->attrs, "dns.question.name", req->dns.name);
		break;
	default:
		describe_server(&s, req->boundary);
		break;
	}
}
