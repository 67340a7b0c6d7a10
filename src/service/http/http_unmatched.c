/* http_unmatched: makes the JSON of refusals. Written by hand in a fixed order
 * of members, so that a golden compares. */
#include "service/http/http_unmatched.h"

#include "codec/http/http_status.h"

#define UNMATCHED_MAX (256 * 1024) /* bytes: a rule's conditions quote parts of the request */

static void add_member(struct buf *b, const char *name, struct slice value)
{
	buf_addf(b, ",\"%s\":", name);
	buf_add_json(b, value);
}

/* Conditions carry JSON text; an empty one (nothing there to compare) is null. */
static void add_condition(struct buf *b, const struct why_condition *c)
{
	buf_add_str(b, c->holds ? "{\"holds\":true,\"path\":" : "{\"holds\":false,\"path\":");
	buf_add_json(b, c->path);
	buf_add_str(b, ",\"wants\":");
	buf_add_slice(b, c->wants.len ? c->wants : SLICE_LIT("null"));
	buf_add_str(b, ",\"got\":");
	buf_add_slice(b, c->got.len ? c->got : SLICE_LIT("null"));
	buf_add_char(b, '}');
}

static void add_closest(struct buf *b, const struct why *why)
{
	if (!why || !why->closest.len) {
		buf_add_str(b, ",\"closest\":null");
		return;
	}
	buf_add_str(b, ",\"closest\":{\"rule\":");
	buf_add_json(b, why->closest);
	add_member(b, "place", why->place);
	buf_addf(b, ",\"hold\":%zu,\"of\":%zu,\"conditions\":[", why->nhold, why->nconditions);
	for (size_t i = 0; i < why->nconditions; i++) {
		if (i)
			buf_add_char(b, ',');
		add_condition(b, &why->conditions[i]);
	}
	buf_add_str(b, "]}");
}

void http_unmatched(const struct request *req, const struct why *why, struct http_reply *r)
{
	struct buf b;

	buf_init(&b, UNMATCHED_MAX);
	buf_add_str(&b, "{\"error\":\"seam: nothing answers\"");
	add_member(&b, "request",
		   arena_printf(req->arena, "%.*s %.*s", SLICE_ARG(req->http.method),
				SLICE_ARG(http_request_url(&req->http, req->arena))));
	if (why && why->text.len)
		add_member(&b, "why", why->text);
	add_closest(&b, why);
	buf_add_str(&b, "}\n");
	*r = (struct http_reply){ .status = HTTP_NOTHING_ANSWERS };
	headers_add(&r->headers, req->arena, SLICE_LIT("Content-Type"), SLICE_LIT("application/json"));
	r->body = body_of(buf_failed(&b) ? SLICE_LIT("{\"error\":\"seam: nothing answers\"}\n") : buf_slice(&b));
	buf_release(&b);
}

void http_complain(struct http_exchange *x, uint64_t now_ns, struct buf *out)
{
	struct buf b;

	buf_init(&b, UNMATCHED_MAX);
	buf_add_str(&b, "{\"error\":");
	buf_add_json(&b, slice_str(x->parser.problem));
	buf_add_str(&b, "}\n");
	http_refuse(x, x->parser.status, "application/json", buf_slice(&b), now_ns, out);
	buf_release(&b);
}
