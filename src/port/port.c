/*
 * port: names of ports and answerers, and the small helpers that everybody who
 * touches a request needs: headers, URLs, the body as JSON, letting go.
 */
#include "port/port.h"

static const char *const port_names[PORT_COUNT] = {
	[PORT_NONE] = "none",     [PORT_CONNECT] = "connect", [PORT_DNS] = "dns",       [PORT_TLS] = "tls",
	[PORT_SQL] = "sql",       [PORT_HTTP] = "http",       [PORT_OBJECT] = "s3",     [PORT_QUEUE] = "kafka",
	[PORT_METRIC] = "metric", [PORT_MAIL] = "mail",       [PORT_TCP] = "tcp",       [PORT_CALL] = "call",
};

static const char *const by_names[] = {
	[BY_NONE] = "none",     [BY_RULE] = "rule",     [BY_FAKE] = "fake", [BY_SEED] = "seed",
	[BY_RECORD] = "record", [BY_REPLAY] = "replay", [BY_PASS] = "pass", [BY_FAULT] = "fault",
};

const char *port_name(enum port p)
{
	return port_names[(unsigned)p < PORT_COUNT ? p : PORT_NONE];
}

enum port port_by_name(struct slice name)
{
	for (int p = PORT_NONE + 1; p < PORT_COUNT; p++)
		if (slice_eq_str(name, port_names[p]))
			return (enum port)p;
	return PORT_NONE;
}

const char *reply_by_name(enum reply_by by)
{
	return by_names[(unsigned)by < sizeof(by_names) / sizeof(by_names[0]) ? by : BY_NONE];
}

/* ---- headers ---------------------------------------------------------- */

void headers_add(struct headers *h, struct arena *a, struct slice name, struct slice value)
{
	if (h->count == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;
		struct header *list = ARENA_ARRAY(a, struct header, cap);
		if (h->count)
			memcpy(list, h->list, h->count * sizeof(*list));
		h->list = list;
		h->cap = cap;
	}
	h->list[h->count++] = (struct header){ name, value };
}

const struct slice *headers_get(const struct headers *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (slice_eq_nocase_str(h->list[i].name, name))
			return &h->list[i].value;
	return NULL;
}

/* ---- URLs ------------------------------------------------------------- */

struct slice http_request_url(const struct http_request *r, struct arena *a)
{
	struct slice authority = r->authority;
	struct slice port = slice_eq_str(r->scheme, "https") ? SLICE_LIT(":443") : SLICE_LIT(":80");

	/* RFC 9110 section 4.2.3: a default port is the same as none. */
	if (slice_has_suffix(authority, port))
		authority = slice_take(authority, authority.len - port.len);
	/* Absolute form (RFC 9112 section 3.2.2) says it all already. */
	if (r->target.len && r->target.ptr[0] != '/' && r->target.ptr[0] != '*')
		return r->target;
	return arena_printf(a, "%.*s://%.*s%.*s", SLICE_ARG(r->scheme), SLICE_ARG(authority), SLICE_ARG(r->target));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 3986 section 2.1. A '%' that no two hex digits follow stays as it is. */
struct slice http_unescape(struct slice s, bool form, struct arena *a)
{
	bool plain = true;

	for (size_t i = 0; i < s.len && plain; i++)
		plain = s.ptr[i] != '%' && !(form && s.ptr[i] == '+');
	if (plain)
		return s;

	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '%' && i + 2 < s.len && hex_digit(s.ptr[i + 1]) >= 0 && hex_digit(s.ptr[i + 2]) >= 0) {
			out[n++] = (char)(hex_digit(s.ptr[i + 1]) * 16 + hex_digit(s.ptr[i + 2]));
			i += 2;
		} else if (form && s.ptr[i] == '+') {
			out[n++] = ' ';
		} else {
			out[n++] = s.ptr[i];
		}
	}
	out[n] = '\0';
	return slice_of(out, n);
}

bool http_query_get(struct slice query, const char *name, struct arena *a, struct slice *value)
{
	while (query.ptr && query.len) {
		struct slice field = slice_split(&query, '&');
		size_t eq = slice_find(field, '=');
		if (!slice_eq_str(http_unescape(slice_take(field, eq), true, a), name))
			continue;
		*value = http_unescape(slice_skip(field, eq + 1), true, a);
		return true;
	}
	return false;
}

/* ---- requests and replies --------------------------------------------- */

struct body *request_body(const struct request *r)
{
	switch (r->port) {
	case PORT_HTTP:
		return r->http.body;
	case PORT_OBJECT:
		return r->object.body;
	case PORT_SQL:
		return r->sql.copy_in;
	default:
		return NULL;
	}
}

json_t *request_json(struct request *r)
{
	if (r->json_tried)
		return r->json;
	r->json_tried = true;
	if (r->port != PORT_HTTP && r->port != PORT_OBJECT)
		return NULL;
	struct slice text = body_slice(request_body(r));
	if (text.len)
		r->json = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	return r->json;
}

void request_release(struct request *r)
{
	switch (r->port) {
	case PORT_HTTP:
		body_free(r->http.body);
		r->http.body = NULL;
		break;
	case PORT_OBJECT:
		body_free(r->object.body);
		r->object.body = NULL;
		break;
	case PORT_SQL:
		body_free(r->sql.copy_in);
		r->sql.copy_in = NULL;
		break;
	default:
		break;
	}
	json_decref(r->json);
	r->json = NULL;
	r->json_tried = false;
}

void reply_release(struct reply *r)
{
	switch (r->port) {
	case PORT_HTTP:
		body_free(r->http.body);
		r->http.body = NULL;
		break;
	case PORT_OBJECT:
		body_free(r->object.body);
		r->object.body = NULL;
		break;
	case PORT_SQL:
		body_free(r->sql.copy_out);
		r->sql.copy_out = NULL;
		break;
	default:
		break;
	}
}
