/*
 * jscan_write: JSON text on one line that every reader takes alike: strings as
 * they must stand in a trace, bodies without their white space.
 */
#include "trace/jscan.h"

#include <stdlib.h>

/* U+0085 is C2 85; U+2028 and U+2029 are E2 80 A8 and A9. */
static size_t line_end(const char *p, size_t len, const char **as)
{
	const unsigned char *u = (const unsigned char *)p;

	if (len >= 2 && u[0] == 0xc2 && u[1] == 0x85) {
		*as = "\\u0085";
		return 2;
	}
	if (len >= 3 && u[0] == 0xe2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9)) {
		*as = u[2] == 0xa8 ? "\\u2028" : "\\u2029";
		return 3;
	}
	return 0;
}

/* Valid string text, quotes included, with line ends as escapes. */
static void add_one_line(struct buf *out, struct slice s)
{
	size_t plain = 0;
	const char *as;

	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < 0xc2)
			continue;
		size_t n = line_end(s.ptr + i, s.len - i, &as);
		if (!n)
			continue;
		buf_add(out, s.ptr + plain, i - plain);
		buf_add_str(out, as);
		plain = i + n;
		i += n - 1;
	}
	buf_add(out, s.ptr + plain, s.len - plain);
}

/* Most strings need nothing but their quotes. */
static bool plain(struct slice s)
{
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8)
		if (jscan_special(s.ptr + i))
			return false;
	for (; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || (unsigned char)s.ptr[i] >= 0x7f || s.ptr[i] == '"' || s.ptr[i] == '\\')
			return false;
	return true;
}

void jscan_add_string(struct buf *out, struct slice text)
{
	char *room;

	if (plain(text) && (room = buf_reserve(out, text.len + 2))) {
		room[0] = '"';
		if (text.len)
			memcpy(room + 1, text.ptr, text.len);
		room[text.len + 1] = '"';
		buf_commit(out, text.len + 2);
		return;
	}
	size_t from = out->len;

	buf_add_json(out, text);
	const char *as;
	for (size_t i = from; i < out->len; i++) {
		if ((unsigned char)out->ptr[i] < 0xc2 || !line_end(out->ptr + i, out->len - i, &as))
			continue;
		/* Rare: redo the string once through a copy. */
		struct buf copy;
		buf_init(&copy, out->max);
		buf_add(&copy, out->ptr + from, out->len - from);
		buf_cut(out, from);
		add_one_line(out, buf_slice(&copy));
		if (buf_failed(&copy))
			out->failed = true;
		buf_release(&copy);
		return;
	}
}

/* A number that jansson, jq and Python read without complaint. */
static bool tame_number(struct slice s)
{
	size_t e = 0, run = 0;

	while (e < s.len && s.ptr[e] != 'e' && s.ptr[e] != 'E')
		e++;
	run = slice_find(slice_take(s, e), '.');
	if (run > 300)
		return false;
	if (e == s.len)
		return true;
	struct slice exp = slice_skip(s, e + 1);
	if (exp.len && (exp.ptr[0] == '+' || exp.ptr[0] == '-'))
		exp = slice_skip(exp, 1);
	uint64_t v;
	return slice_to_u64(exp, &v) && v + run < 300;
}

struct key_at {
	size_t from, len; /* in out */
};

static bool twice(const struct buf *out, const struct key_at *keys, size_t n)
{
	const struct key_at *last = &keys[n - 1];

	for (size_t i = 0; i + 1 < n; i++)
		if (keys[i].len == last->len && memcmp(out->ptr + keys[i].from, out->ptr + last->from, last->len) == 0)
			return true;
	return false;
}

#define JSCAN_BODY_MEMBERS 1024 /* of one object kept as JSON; twice() is quadratic in it */

static bool minify(struct slice v, struct buf *out, int depth)
{
	struct slice key, item;
	bool first = true;

	if (v.ptr[0] == '"') {
		add_one_line(out, v);
		return true;
	}
	if (v.ptr[0] != '{' && v.ptr[0] != '[') {
		buf_add_slice(out, v);
		return (v.ptr[0] != '-' && (v.ptr[0] < '0' || v.ptr[0] > '9')) || tame_number(v);
	}
	if (depth >= JSCAN_BODY_DEPTH)
		return false;

	struct jscan it = jscan_open(v);
	struct buf keys; /* of struct key_at */
	bool ok = true;
	size_t nkeys = 0;
	buf_init(&keys, JSCAN_BODY_MEMBERS * sizeof(struct key_at));
	buf_add_char(out, it.object ? '{' : '[');
	while (ok && jscan_next(&it, &key, &item)) {
		if (!first)
			buf_add_char(out, ',');
		first = false;
		if (it.object) {
			struct key_at at = { out->len, 0 };
			if (memchr(key.ptr, '\\', key.len)) {
				/* One spelling for each name, so that a name twice shows. */
				struct buf name;
				buf_init(&name, 1024 * 1024);
				jscan_text(key, &name);
				ok = !memchr(name.ptr, '\0', name.len) && !buf_failed(&name);
				jscan_add_string(out, buf_slice(&name));
				buf_release(&name);
			} else {
				add_one_line(out, key);
			}
			at.len = out->len - at.from;
			buf_add(&keys, &at, sizeof(at));
			ok = ok && !buf_failed(&keys) && !twice(out, (const struct key_at *)(const void *)keys.ptr, ++nkeys);
			buf_add_char(out, ':');
		}
		ok = ok && minify(item, out, depth + 1);
	}
	buf_add_char(out, it.object ? '}' : ']');
	buf_release(&keys);
	return ok;
}

bool jscan_minify(struct slice text, struct buf *out)
{
	size_t from = out->len, at;
	const char *what;
	size_t n = jscan_value(text, &what, &at);

	if (!n || jscan_space(slice_skip(text, n)) != text.len - n)
		return false;
	size_t lead = jscan_space(text);
	if (minify(slice_of(text.ptr + lead, n - lead), out, 0) && !buf_failed(out))
		return true;
	buf_cut(out, from);
	return false;
}
