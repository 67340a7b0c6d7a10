/*
 * Task: what a request has for a condition. Values are borrowed from the
 * request; only what has to be put together or decoded takes arena memory.
 */
#include <stdio.h>

#include "rule/model.h"

static struct value text_value(struct slice s)
{
	return (struct value){ .kind = s.ptr ? VALUE_TEXT : VALUE_ABSENT, .text = s };
}

static const struct http_request *http_of(const struct request *req)
{
	if (req->port == PORT_HTTP)
		return &req->http;
	return req->port == PORT_OBJECT ? req->object.http : NULL;
}

static struct value body_value(struct request *req)
{
	struct body *body = req->port == PORT_SQL ? req->sql.copy_in : request_body(req);

	return body ? (struct value){ .kind = VALUE_TEXT, .text = body_slice(body) } : (struct value){ .kind = VALUE_ABSENT };
}

static struct value json_value(const struct cond *c, struct request *req)
{
	json_t *at = request_json(req);

	for (size_t i = 0; at && i < c->nsteps; i++)
		at = json_object_get(at, c->steps[i].ptr);
	return (struct value){ .kind = at ? VALUE_JSON : VALUE_ABSENT, .json = at };
}

static struct value header_value(const struct headers *headers, struct slice name)
{
	const struct slice *v = headers_get(headers, name.ptr);

	return v ? (struct value){ .kind = VALUE_TEXT, .text = *v } : (struct value){ .kind = VALUE_ABSENT };
}

static struct value http_value(const struct cond *c, struct request *req, const struct http_request *http)
{
	struct value v = { .kind = VALUE_ABSENT };

	switch (c->field) {
	case FIELD_METHOD: return text_value(http->method);
	case FIELD_PATH: return text_value(http->path);
	case FIELD_URL: return text_value(http_request_url(http, req->arena));
	case FIELD_HOST: return text_value(http->authority);
	case FIELD_HEADER: return header_value(&http->headers, c->name);
	case FIELD_QUERY_TEXT: return text_value(http->query);
	case FIELD_QUERY:
		if (http->query.ptr && http_query_get(http->query, c->name.ptr, req->arena, &v.text))
			v.kind = VALUE_TEXT;
		return v;
	default: /* FIELD_FORM */
		v = body_value(req);
		if (v.kind == VALUE_TEXT && !http_query_get(v.text, c->name.ptr, req->arena, &v.text))
			v.kind = VALUE_ABSENT;
		return v;
	}
}

static struct value param_value(const struct cond *c, const struct request *req)
{
	/* Asked to describe, the parameters may not be there yet. */
	if (c->index >= req->sql.nparams)
		return (struct value){ .kind = req->sql.describe ? VALUE_UNKNOWN : VALUE_ABSENT };
	const struct sql_value *p = &req->sql.params[c->index];
	return (struct value){ .kind = p->null ? VALUE_NULL : VALUE_TEXT, .text = p->text };
}

static struct value sql_value(const struct cond *c, struct request *req)
{
	const struct sql_analysis *an = req->sql.analysis;

	switch (c->field) {
	case FIELD_SQL: case FIELD_SQL_TEXT: return text_value(req->sql.text);
	case FIELD_PARAM: return param_value(c, req);
	case FIELD_LITERAL:
		return c->index < an->nliterals ? (struct value){ .kind = VALUE_TEXT, .text = an->literals[c->index] }
						: (struct value){ .kind = VALUE_ABSENT };
	case FIELD_VERB: return text_value(an->verb);
	case FIELD_TABLE: return an->ntables ? text_value(an->tables[0]) : (struct value){ .kind = VALUE_ABSENT };
	case FIELD_USER: return text_value(req->sql.user);
	case FIELD_DATABASE: return text_value(req->sql.database);
	case FIELD_COPY_OUT: return text_value(an->copy_to_stdout ? SLICE_LIT("true") : SLICE_LIT("false"));
	default: return (struct value){ .kind = VALUE_ABSENT };
	}
}

static struct value object_value(const struct cond *c, struct request *req)
{
	const struct object_request *o = &req->object;

	switch (c->field) {
	case FIELD_OP: return text_value(req->op);
	case FIELD_BUCKET: return text_value(o->bucket);
	case FIELD_KEY: return text_value(o->key);
	case FIELD_PREFIX: return text_value(o->prefix);
	case FIELD_DELIMITER: return text_value(o->delimiter);
	case FIELD_RANGE: return text_value(o->range);
	case FIELD_COPY_SOURCE: return text_value(o->copy_source);
	case FIELD_META: return header_value(&o->meta, c->name);
	default: return (struct value){ .kind = VALUE_ABSENT };
	}
}

static struct value call_value(const struct cond *c, struct request *req)
{
	const struct call_request *call = &req->call;

	switch (c->field) {
	case FIELD_FUNCTION: return text_value(req->op);
	case FIELD_LIBRARY: return text_value(call->library);
	case FIELD_CALLER: return text_value(call->caller);
	default: break;
	}
	if (c->field != FIELD_ARG || c->index >= call->nargs)
		return (struct value){ .kind = VALUE_ABSENT };
	const struct call_arg *arg = &call->args[c->index];
	switch (arg->kind) {
	case CALL_NULL: case CALL_VOID: return (struct value){ .kind = VALUE_NULL };
	case CALL_STRING: case CALL_BUFFER: return (struct value){ .kind = VALUE_TEXT, .text = arg->text };
	case CALL_DOUBLE: return text_value(arena_printf(req->arena, "%.17g", arg->d));
	default: return text_value(arena_printf(req->arena, "%lld", (long long)arg->i));
	}
}

static struct value tls_value(const struct cond *c, const struct request *req)
{
	struct slice s = c->field == FIELD_ALPN ? req->tls.alpn : req->tls.name;

	return s.ptr ? text_value(s) : (struct value){ .kind = VALUE_ABSENT };
}

static struct value connect_value(const struct cond *c, struct request *req)
{
	struct slice boundary = req->port == PORT_CONNECT ? req->connect.boundary : req->boundary;

	switch (c->field) {
	case FIELD_BOUNDARY: return text_value(boundary);
	case FIELD_TRANSPORT: return text_value(req->port == PORT_CONNECT ? req->connect.transport : SLICE_NONE);
	default: break;
	}
	if (req->port == PORT_DNS)
		return text_value(req->dns.name);
	if (req->port == PORT_TLS)
		return tls_value(c, req);
	/* The name is the boundary without its port; an IPv6 address keeps its colons. */
	for (size_t i = boundary.len; i-- > 0;)
		if (boundary.ptr[i] == ':')
			return text_value(slice_take(boundary, i));
	return text_value(boundary);
}

struct value field_value(const struct cond *c, struct request *req)
{
	const struct http_request *http;

	switch (c->field) {
	case FIELD_JSON:
		return json_value(c, req);
	case FIELD_BODY:
		return body_value(req);
	case FIELD_CONN:
		return req->asker.conn ? text_value(arena_printf(req->arena, "%llu", (unsigned long long)req->asker.conn))
				       : (struct value){ .kind = VALUE_ABSENT };
	case FIELD_PROCESS:
		return text_value(req->asker.program);
	case FIELD_METHOD: case FIELD_PATH: case FIELD_URL: case FIELD_HOST: case FIELD_HEADER: case FIELD_QUERY: case FIELD_QUERY_TEXT:
	case FIELD_FORM:
		http = http_of(req);
		return http ? http_value(c, req, http) : (struct value){ .kind = VALUE_ABSENT };
	default:
		break;
	}
	switch (req->port) {
	case PORT_SQL: return sql_value(c, req);
	case PORT_OBJECT: return object_value(c, req);
	case PORT_CALL: return call_value(c, req);
	default: return connect_value(c, req);
	}
}

/* A table holds by its name as written or by its last part: "orders" is also public.orders. */
static bool table_holds(const struct cond *c, const struct sql_analysis *an, struct matching *m)
{
	for (size_t i = 0; i < an->ntables; i++) {
		struct slice whole = an->tables[i];
		if (pattern_matches(&c->pattern, text_value(whole), m))
			return true;
		size_t dot = slice_find(whole, '.');
		if (dot < whole.len && pattern_matches(&c->pattern, text_value(slice_skip(whole, dot + 1)), m))
			return true;
	}
	return !an->ntables && pattern_matches(&c->pattern, (struct value){ .kind = VALUE_ABSENT }, m);
}

bool cond_holds(const struct cond *c, struct request *req, struct matching *m)
{
	switch (c->field) {
	case FIELD_SQL:
		return req->sql.analysis->fingerprint == c->fingerprint && c->fingerprint;
	case FIELD_TABLE:
		return table_holds(c, req->sql.analysis, m);
	case FIELD_VERB:
		/* Verbs have no case: {"verb": "commit"}. Operators see the upper-case verb. */
		if (c->pattern.op == OP_EQ)
			return slice_eq_nocase(req->sql.analysis->verb, c->pattern.text);
		break;
	case FIELD_BODY: case FIELD_COPY_OUT:
		if (req->port == PORT_SQL && req->sql.describe && c->field == FIELD_BODY)
			return true;
		break;
	default:
		break;
	}
	return pattern_matches(&c->pattern, field_value(c, req), m);
}
