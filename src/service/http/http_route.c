/* http_route: tells names in a path from identifiers by their shape. */
#include "service/http/http_route.h"

#include "base/buf.h"

#define HEX_MIN 8      /* "deadbeef": shorter runs are words as often as ids */
#define RANDOM_MIN 20  /* tokens: webhook secrets, ULIDs, base64 keys */
#define ROUTE_MAX 512  /* bytes of a line; a longer path is cut */

static bool is_uuid(struct slice s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s.ptr[i] != '-' : !strchr("0123456789abcdefABCDEF", s.ptr[i]))
			return false;
	}
	return true;
}

static bool is_id(struct slice s)
{
	size_t digits = 0, hex = 0, letters = 0, seps = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i], low = (char)(c | 0x20);
		if (c >= '0' && c <= '9') {
			digits++;
		} else if (low >= 'a' && low <= 'z') {
			letters++;
			hex += low <= 'f';
		} else if (c == '-' || c == '_' || c == ':' || c == '.') {
			seps++;
		} else {
			return false;
		}
	}
	if (!digits)
		return false;
	if (!letters) /* 42, 2026-11-20; not a version such as 1.0 */
		return slice_find(s, '.') == s.len;
	if (letters == hex && !seps && s.len >= HEX_MIN)
		return true;
	return is_uuid(s) || (s.len >= RANDOM_MIN && !seps);
}

struct slice http_route(const struct http_request *r, struct arena *a)
{
	struct slice path = slice_take(r->target, slice_find(r->target, '?')), left = path, out;
	struct buf line;

	size_t sep = slice_find_slice(path, SLICE_LIT("://"));
	if (path.len && path.ptr[0] != '/' && sep < path.len) { /* absolute form */
		path = slice_skip(path, sep + 3);
		path = slice_skip(path, slice_find(path, '/'));
	}
	if (!path.len)
		path = SLICE_LIT("/");
	buf_init(&line, ROUTE_MAX + path.len + 64);
	buf_add_slice(&line, r->method);
	buf_add_char(&line, ' ');
	left = path;
	while (left.ptr && line.len < ROUTE_MAX) {
		struct slice one = slice_split(&left, '/');
		if (is_id(one))
			buf_add_str(&line, "{id}");
		else
			buf_add_slice(&line, one);
		if (left.ptr)
			buf_add_char(&line, '/');
	}
	out = arena_slice(a, slice_take(buf_slice(&line), ROUTE_MAX));
	buf_release(&line);
	return out;
}
