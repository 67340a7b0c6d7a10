/* base64: both alphabets, line breaks let pass. */
#include "base/base64.h"

#include <stdint.h>

bool base64_decode(struct slice s, struct arena *a, struct slice *out)
{
	char *bytes = arena_alloc(a, s.len / 4 * 3 + 4);
	uint32_t bits = 0;
	size_t n = 0, have = 0, i = 0;

	for (; i < s.len && s.ptr[i] != '='; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		int v;
		if (c >= 'A' && c <= 'Z')
			v = c - 'A';
		else if (c >= 'a' && c <= 'z')
			v = c - 'a' + 26;
		else if (c >= '0' && c <= '9')
			v = c - '0' + 52;
		else if (c == '+' || c == '-')
			v = 62;
		else if (c == '/' || c == '_')
			v = 63;
		else if (c == '\n' || c == '\r')
			continue;
		else
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (++have == 4) {
			bytes[n++] = (char)(bits >> 16);
			bytes[n++] = (char)(bits >> 8);
			bytes[n++] = (char)bits;
			bits = 0;
			have = 0;
		}
	}
	for (; i < s.len; i++)
		if (s.ptr[i] != '=' && s.ptr[i] != '\n' && s.ptr[i] != '\r')
			return false;
	if (have == 1)
		return false;
	if (have == 2)
		bytes[n++] = (char)(bits >> 4);
	if (have == 3) {
		bytes[n++] = (char)(bits >> 10);
		bytes[n++] = (char)(bits >> 2);
	}
	*out = slice_of(bytes, n);
	return true;
}
