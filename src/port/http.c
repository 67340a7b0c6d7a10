/*
 * http: what can be said of an http request without its wire format: fields by
 * name, the URL it stands for, and percent-encoding (RFC 3986 section 2.1).
 */
#include "base/buf.h"
#include "port/port.h"

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

struct slice http_request_url(const struct http_request *r, struct arena *a)
{
	struct slice authority = r->authority, target = r->target;
	struct slice port = slice_eq_str(r->scheme, "https") ? SLICE_LIT(":443") : SLICE_LIT(":80");

	if (target.len && target.ptr[0] != '/') {
		if (slice_find_slice(target, SLICE_LIT("://")) < target.len)
			return target; /* the absolute form is a URL already */
		target = SLICE_NONE;   /* OPTIONS * asks about the server as a whole */
	}
	if (slice_has_suffix(authority, port))
		authority.len -= port.len;
	return arena_printf(a, "%.*s://%.*s%.*s", SLICE_ARG(r->scheme), SLICE_ARG(authority), SLICE_ARG(target));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct slice http_unescape(struct slice s, bool form, struct arena *a)
{
	if (slice_find(s, '%') == s.len && !(form && slice_find(s, '+') < s.len))
		return s;
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		int hi, lo;
		if (s.ptr[i] == '%' && i + 2 < s.len && (hi = hex_digit(s.ptr[i + 1])) >= 0 && (lo = hex_digit(s.ptr[i + 2])) >= 0) {
			out[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			/* A broken escape stays as it is: the text is shown, not run. */
			out[n++] = form && s.ptr[i] == '+' ? ' ' : s.ptr[i];
		}
	}
	out[n] = '\0';
	return slice_of(out, n);
}

bool http_query_get(struct slice query, const char *name, struct arena *a, struct slice *value)
{
	while (query.ptr) {
		struct slice rest = slice_split(&query, '&');
		if (!rest.len)
			continue;
		struct slice key = slice_split(&rest, '=');
		if (!slice_eq_str(http_unescape(key, true, a), name))
			continue;
		*value = http_unescape(rest, true, a);
		return true;
	}
	return false;
}
