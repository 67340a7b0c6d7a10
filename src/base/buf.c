/* buf: growing bytes. Growth doubles up to the ceiling; a failure is kept and
 * reported once. */
#include "base/buf.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* What ptr points at before the first write: never written to. */
static char nothing[1];

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .ptr = nothing, .max = max };
}

void buf_release(struct buf *b)
{
	if (b->cap)
		free(b->ptr);
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->cap)
		b->ptr[0] = '\0';
}

char *buf_detach(struct buf *b)
{
	char *s = NULL;

	if (!b->failed)
		s = b->cap ? b->ptr : calloc(1, 1);
	else if (b->cap)
		free(b->ptr);
	buf_init(b, b->max);
	return s;
}

char *buf_reserve(struct buf *b, size_t len)
{
	if (b->failed)
		return NULL;
	if (len > b->max || b->len > b->max - len) {
		b->failed = true;
		return NULL;
	}
	if (b->len + len + 1 > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 256;
		while (cap < b->len + len + 1)
			cap *= 2;
		char *ptr = realloc(b->cap ? b->ptr : NULL, cap);
		if (!ptr) {
			b->failed = true;
			return NULL;
		}
		b->ptr = ptr;
		b->cap = cap;
	}
	return b->ptr + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
	b->len += len;
	b->ptr[b->len] = '\0';
}

void buf_add(struct buf *b, const void *ptr, size_t len)
{
	char *to = len ? buf_reserve(b, len) : NULL;

	if (!to)
		return;
	memcpy(to, ptr, len);
	buf_commit(b, len);
}

void buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.ptr, s.len);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	buf_add(b, digits + n, sizeof(digits) - n);
}

void buf_add_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_add_char(b, '-');
	buf_add_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_add_be16(struct buf *b, uint16_t v)
{
	unsigned char bytes[2] = { (unsigned char)(v >> 8), (unsigned char)v };

	buf_add(b, bytes, sizeof(bytes));
}

void buf_add_be32(struct buf *b, uint32_t v)
{
	unsigned char bytes[4] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v };

	buf_add(b, bytes, sizeof(bytes));
}

void buf_add_be64(struct buf *b, uint64_t v)
{
	buf_add_be32(b, (uint32_t)(v >> 32));
	buf_add_be32(b, (uint32_t)v);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *to = n >= 0 ? buf_reserve(b, (size_t)n) : NULL;
	if (to) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		buf_commit(b, (size_t)n);
	} else if (n < 0) {
		b->failed = true;
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_add_hex(struct buf *b, const void *ptr, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = ptr;
	char *to = len ? buf_reserve(b, len * 2) : NULL;

	if (!to)
		return;
	for (size_t i = 0; i < len; i++) {
		to[i * 2] = digits[p[i] >> 4];
		to[i * 2 + 1] = digits[p[i] & 15];
	}
	buf_commit(b, len * 2);
}

void buf_add_base64(struct buf *b, const void *ptr, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = ptr;
	size_t out = (len + 2) / 3 * 4;
	char *to = len ? buf_reserve(b, out) : NULL;

	if (!to)
		return;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;
		if (i + 1 < len)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < len)
			v |= p[i + 2];
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*to++ = i + 2 < len ? digits[v & 63] : '=';
	}
	buf_commit(b, out);
}

/* RFC 8259 section 7. */
static void add_json_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"':
		buf_add(b, "\\\"", 2);
		return;
	case '\\':
		buf_add(b, "\\\\", 2);
		return;
	case '\n':
		buf_add(b, "\\n", 2);
		return;
	case '\r':
		buf_add(b, "\\r", 2);
		return;
	case '\t':
		buf_add(b, "\\t", 2);
		return;
	default:
		buf_addf(b, "\\u%04x", c);
	}
}

void buf_add_json(struct buf *b, struct slice s)
{
	size_t plain = 0; /* start of the run that needs no change */

	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		size_t n = c < 0x80 ? 1 : utf8_char(slice_skip(s, i));
		if (c >= 0x80 && n) {
			i += n;
			continue;
		}
		buf_add(b, s.ptr + plain, i - plain);
		if (c < 0x80)
			add_json_escape(b, c);
		else
			buf_add_str(b, "\xef\xbf\xbd"); /* U+FFFD */
		plain = ++i;
	}
	if (s.len > plain)
		buf_add(b, s.ptr + plain, s.len - plain);
	buf_add_char(b, '"');
}

void buf_patch_be32(struct buf *b, size_t at, uint32_t v)
{
	if (b->failed || at + 4 > b->len)
		return;
	b->ptr[at] = (char)(v >> 24);
	b->ptr[at + 1] = (char)(v >> 16);
	b->ptr[at + 2] = (char)(v >> 8);
	b->ptr[at + 3] = (char)v;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (!n)
		return;
	memmove(b->ptr, b->ptr + n, b->len - n);
	b->len -= n;
	b->ptr[b->len] = '\0';
}

void buf_cut(struct buf *b, size_t n)
{
	if (n >= b->len)
		return;
	b->len = n;
	b->ptr[n] = '\0';
}
