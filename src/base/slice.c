/* slice: comparing, cutting and reading runs of bytes. Nothing here allocates. */
#include "base/slice.h"

#include <strings.h>

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool slice_eq_str(struct slice a, const char *b)
{
	return slice_eq(a, slice_str(b));
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower((unsigned char)a.ptr[i]) != lower((unsigned char)b.ptr[i]))
			return false;
	return true;
}

bool slice_eq_nocase_str(struct slice a, const char *b)
{
	return slice_eq_nocase(a, slice_str(b));
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool slice_has_prefix(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && slice_eq(slice_of(s.ptr, prefix.len), prefix);
}

bool slice_has_suffix(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_eq(slice_of(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

size_t slice_find(struct slice s, char c)
{
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return p ? (size_t)(p - s.ptr) : s.len;
}

size_t slice_find_slice(struct slice s, struct slice needle)
{
	if (!needle.len)
		return 0;
	const char *p = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;

	return p ? (size_t)(p - s.ptr) : s.len;
}

struct slice slice_skip(struct slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return n ? slice_of(s.ptr + n, s.len - n) : s;
}

struct slice slice_take(struct slice s, size_t n)
{
	return slice_of(s.ptr, n < s.len ? n : s.len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_skip(s, 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct slice slice_split(struct slice *rest, char sep)
{
	size_t at = slice_find(*rest, sep);
	struct slice head = slice_take(*rest, at);

	*rest = at < rest->len ? slice_skip(*rest, at + 1) : SLICE_NONE;
	return head;
}

bool slice_to_u64(struct slice s, uint64_t *value)
{
	uint64_t v = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s.ptr[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

bool slice_to_i64(struct slice s, int64_t *value)
{
	bool negative = s.len && s.ptr[0] == '-';
	uint64_t v;

	if (negative || (s.len && s.ptr[0] == '+'))
		s = slice_skip(s, 1);
	if (!slice_to_u64(s, &v) || v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	*value = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool slice_glob(struct slice pattern, struct slice s, bool nocase)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < s.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			mark = i;
			continue;
		}
		if (p < pattern.len &&
		    (pattern.ptr[p] == '?' || pattern.ptr[p] == s.ptr[i] ||
		     (nocase && lower((unsigned char)pattern.ptr[p]) == lower((unsigned char)s.ptr[i])))) {
			p++;
			i++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		p = star + 1; /* let the star take one byte more */
		i = ++mark;
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

bool slice_is_glob(struct slice pattern)
{
	return slice_find(pattern, '*') < pattern.len || slice_find(pattern, '?') < pattern.len;
}

uint64_t slice_hash(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
	return h;
}
