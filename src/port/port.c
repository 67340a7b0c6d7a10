/*
 * port: names of ports and answerers, and the small helpers that everybody who
 * touches a request needs: the body as JSON, letting go. Headers and URLs are in http.c.
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

const char *fault_name(enum fault f)
{
	static const char *const names[FAULT_COUNT] = {
#define FAULT(id, name, err, places) [FAULT_##id] = name,
#include "port/faults.def"
	};

	return (unsigned)f < FAULT_COUNT && names[f] ? names[f] : "";
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
