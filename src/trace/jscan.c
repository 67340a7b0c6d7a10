/*
 * jscan: a recursive-descent walk over JSON text. One routine validates and
 * skips; the rest relies on it. Nothing here allocates but into a caller's buf.
 */
#include "trace/jscan.h"

#include "base/utf8.h"

struct walk {
	const char *p, *end;
	const char *what; /* the first fault */
	const char *at;
};

static bool fault(struct walk *w, const char *what)
{
	if (!w->what) {
		w->what = what;
		w->at = w->p;
	}
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void space(struct walk *w)
{
	while (w->p < w->end && is_space(*w->p))
		w->p++;
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static bool escape(struct walk *w)
{
	if (w->end - w->p < 2)
		return fault(w, "a string that does not end");
	char c = w->p[1];
	if (c == 'u') {
		int u = w->end - w->p >= 6 ? hex4(w->p + 2) : -1;
		if (u < 0)
			return fault(w, "\\u without four hex digits");
		if (u >= 0xdc00 && u < 0xe000)
			return fault(w, "half a surrogate pair");
		if (u >= 0xd800 && u < 0xdc00) {
			int low = w->end - w->p >= 12 && w->p[6] == '\\' && w->p[7] == 'u' ? hex4(w->p + 8) : -1;
			if (low < 0xdc00 || low > 0xdfff)
				return fault(w, "half a surrogate pair");
			w->p += 6;
		}
		w->p += 6;
		return true;
	}
	if (!c || !strchr("\"\\/bfnrt", c))
		return fault(w, "an unknown escape");
	w->p += 2;
	return true;
}

static bool string(struct walk *w)
{
	w->p++;
	while (w->p < w->end) {
		unsigned char c = (unsigned char)*w->p;
		if (c == '"') {
			w->p++;
			return true;
		}
		if (c == '\\') {
			if (!escape(w))
				return false;
		} else if (c < 0x20) {
			return fault(w, c ? "a control character in a string" : "a NUL byte");
		} else if (c < 0x80) {
			w->p++;
		} else {
			size_t n = utf8_char(slice_of(w->p, (size_t)(w->end - w->p)));
			if (!n)
				return fault(w, "bytes that are not UTF-8");
			w->p += n;
		}
	}
	return fault(w, "a string that does not end");
}

static bool digits(struct walk *w)
{
	const char *from = w->p;

	while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
		w->p++;
	return w->p > from;
}

static bool number(struct walk *w)
{
	if (*w->p == '-')
		w->p++;
	if (w->p < w->end && *w->p == '0')
		w->p++;
	else if (!digits(w))
		return fault(w, "a number without digits");
	if (w->p < w->end && *w->p == '.') {
		w->p++;
		if (!digits(w))
			return fault(w, "a number that ends in its point");
	}
	if (w->p < w->end && (*w->p == 'e' || *w->p == 'E')) {
		w->p++;
		if (w->p < w->end && (*w->p == '+' || *w->p == '-'))
			w->p++;
		if (!digits(w))
			return fault(w, "a number without exponent");
	}
	return true;
}

static bool word(struct walk *w, const char *text, size_t len)
{
	if ((size_t)(w->end - w->p) < len || memcmp(w->p, text, len) != 0)
		return fault(w, "something that is no JSON value");
	w->p += len;
	return true;
}

static bool value(struct walk *w, int depth);

static bool members(struct walk *w, int depth, bool object)
{
	char close = object ? '}' : ']';

	w->p++;
	space(w);
	if (w->p < w->end && *w->p == close) {
		w->p++;
		return true;
	}
	for (;;) {
		space(w);
		if (object) {
			if (w->p >= w->end || *w->p != '"')
				return fault(w, w->p >= w->end ? "the end inside an object" : "a member without a name");
			if (!string(w))
				return false;
			space(w);
			if (w->p >= w->end || *w->p != ':')
				return fault(w, w->p >= w->end ? "the end inside an object" : "a member without ':'");
			w->p++;
		}
		if (!value(w, depth))
			return false;
		space(w);
		if (w->p >= w->end)
			return fault(w, object ? "the end inside an object" : "the end inside an array");
		char c = *w->p;
		if (c != ',' && c != close)
			return fault(w, object ? "neither ',' nor '}' after a member" : "neither ',' nor ']' after an item");
		w->p++;
		if (c == close)
			return true;
	}
}

static bool value(struct walk *w, int depth)
{
	space(w);
	if (w->p >= w->end)
		return fault(w, "the end where a value should be");
	switch (*w->p) {
	case '"':
		return string(w);
	case '{':
	case '[':
		if (depth >= JSCAN_DEPTH)
			return fault(w, "more than 512 levels of nesting");
		return members(w, depth + 1, *w->p == '{');
	case 't':
		return word(w, "true", 4);
	case 'f':
		return word(w, "false", 5);
	case 'n':
		return word(w, "null", 4);
	case '\0':
		return fault(w, "a NUL byte");
	default:
		if (*w->p == '-' || (*w->p >= '0' && *w->p <= '9'))
			return number(w);
		return fault(w, "something that is no JSON value");
	}
}

size_t jscan_value(struct slice s, const char **what, size_t *at)
{
	struct walk w = { s.ptr, s.ptr + s.len, NULL, NULL };

	if (!s.len) {
		*what = "the end where a value should be";
		*at = 0;
		return 0;
	}
	if (value(&w, 0))
		return (size_t)(w.p - s.ptr);
	*what = w.what;
	*at = (size_t)(w.at - s.ptr);
	return 0;
}

size_t jscan_space(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_space(s.ptr[n]))
		n++;
	return n;
}

/* ---- over valid text --------------------------------------------------- */

/* The end of a valid string that begins at p. Escapes are rare: look for the
 * quote, and take the slow way only when a backslash stands right before it. */
static const char *after_string(const char *p, const char *end)
{
	const char *q = memchr(p + 1, '"', (size_t)(end - p - 1));

	if (!q || q[-1] != '\\')
		return q ? q + 1 : end;
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

static const char *after_value(const char *p, const char *end)
{
	int depth = 0;

	if (*p == '"')
		return after_string(p, end);
	if (*p != '{' && *p != '[') {
		while (p < end && *p != ',' && *p != '}' && *p != ']' && !is_space(*p))
			p++;
		return p;
	}
	for (;;) {
		switch (*p) {
		case '"':
			p = after_string(p, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (!--depth)
				return p + 1;
			break;
		default:
			break;
		}
		p++;
	}
}

struct jscan jscan_open(struct slice v)
{
	v = slice_skip(v, jscan_space(v));
	if (v.len < 2 || (v.ptr[0] != '{' && v.ptr[0] != '['))
		return (struct jscan){ NULL, NULL, false };
	return (struct jscan){ v.ptr + 1, v.ptr + v.len, v.ptr[0] == '{' };
}

static void skip(struct jscan *it)
{
	while (it->p < it->end && (is_space(*it->p) || *it->p == ','))
		it->p++;
}

bool jscan_next(struct jscan *it, struct slice *key, struct slice *item)
{
	*key = SLICE_NONE;
	if (!it->p)
		return false;
	skip(it);
	if (it->p >= it->end || *it->p == '}' || *it->p == ']')
		return false;
	if (it->object) {
		const char *from = it->p;
		it->p = after_string(it->p, it->end);
		*key = slice_of(from, (size_t)(it->p - from));
		while (is_space(*it->p) || *it->p == ':')
			it->p++;
	}
	const char *from = it->p;
	it->p = after_value(it->p, it->end);
	*item = slice_of(from, (size_t)(it->p - from));
	return true;
}

struct slice jscan_get(struct slice object, const char *name)
{
	struct jscan it = jscan_open(object);
	struct slice key, item;
	size_t len = strlen(name);

	while (it.object && jscan_next(&it, &key, &item))
		if (key.len == len + 2 && memcmp(key.ptr + 1, name, len) == 0)
			return item;
	return SLICE_NONE;
}

static void add_utf8(struct buf *out, unsigned u)
{
	char b[4];

	if (u < 0x80) {
		buf_add_char(out, (char)u);
	} else if (u < 0x800) {
		b[0] = (char)(0xc0 | u >> 6);
		b[1] = (char)(0x80 | (u & 0x3f));
		buf_add(out, b, 2);
	} else if (u < 0x10000) {
		b[0] = (char)(0xe0 | u >> 12);
		b[1] = (char)(0x80 | (u >> 6 & 0x3f));
		b[2] = (char)(0x80 | (u & 0x3f));
		buf_add(out, b, 3);
	} else {
		b[0] = (char)(0xf0 | u >> 18);
		b[1] = (char)(0x80 | (u >> 12 & 0x3f));
		b[2] = (char)(0x80 | (u >> 6 & 0x3f));
		b[3] = (char)(0x80 | (u & 0x3f));
		buf_add(out, b, 4);
	}
}

void jscan_text(struct slice s, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	for (size_t i = 1; i + 1 < s.len; i++) {
		if (s.ptr[i] != '\\') {
			buf_add_char(out, s.ptr[i]);
			continue;
		}
		char c = s.ptr[++i];
		if (c != 'u') {
			buf_add_char(out, to[strchr(from, c) - from]);
			continue;
		}
		unsigned u = (unsigned)hex4(s.ptr + i + 1);
		i += 4;
		if (u >= 0xd800 && u < 0xdc00) {
			u = 0x10000 + ((u - 0xd800) << 10) + ((unsigned)hex4(s.ptr + i + 3) - 0xdc00);
			i += 6;
		}
		add_utf8(out, u);
	}
}

struct slice jscan_plain(struct slice s, struct buf *scratch)
{
	if (s.len < 2)
		return SLICE_NONE;
	if (!memchr(s.ptr, '\\', s.len))
		return slice_of(s.ptr + 1, s.len - 2);
	buf_reset(scratch);
	jscan_text(s, scratch);
	return buf_slice(scratch);
}
