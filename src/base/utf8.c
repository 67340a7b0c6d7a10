/* utf8: well-formedness by the table of RFC 3629 section 4: no overlong forms,
 * no surrogates, nothing above U+10FFFF. */
#include "base/utf8.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_char(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	if (!s.len)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2)
		return 0;
	if (p[0] < 0xe0)
		return s.len >= 2 && is_tail(p[1]) ? 2 : 0;
	if (p[0] < 0xf0) {
		if (s.len < 3 || !is_tail(p[1]) || !is_tail(p[2]))
			return 0;
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))
			return 0;
		return 3;
	}
	if (p[0] < 0xf5) {
		if (s.len < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
			return 0;
		if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
			return 0;
		return 4;
	}
	return 0;
}

bool slice_is_utf8(struct slice s)
{
	size_t i = 0;

	while (i < s.len) {
		if ((unsigned char)s.ptr[i] < 0x80) {
			if (!s.ptr[i++])
				return false;
			continue;
		}
		size_t n = utf8_char(slice_skip(s, i));
		if (!n)
			return false;
		i += n;
	}
	return true;
}

size_t slice_chars(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += !is_tail((unsigned char)s.ptr[i]);
	return n;
}
