/* hello: lists behind their lengths. A list that lies about a length has no more elements. */
#include "host/hello.h"

#include <string.h>

#define HOST_NAME 0 /* NameType host_name */

static size_t be16(const unsigned char *p)
{
	return (size_t)(p[0] << 8 | p[1]);
}

struct slice hello_name(const unsigned char *p, size_t n)
{
	/* the list's length; then type, length and name of each, of which there is one in practice */
	for (size_t at = 2; at + 3 <= n && be16(p + at + 1) <= n - at - 3; at += 3 + be16(p + at + 1))
		if (p[at] == HOST_NAME)
			return slice_of((const char *)p + at + 3, be16(p + at + 1));
	return SLICE_NONE;
}

struct slice hello_alpn(const unsigned char *p, size_t n, char out[HELLO_ALPN_BYTES])
{
	size_t used = 0;

	for (size_t at = 2; at < n && p[at] <= n - at - 1; at += 1 + (size_t)p[at]) {
		if (!p[at] || used + p[at] + 1 > HELLO_ALPN_BYTES)
			continue;
		if (used)
			out[used++] = ',';
		memcpy(out + used, p + at + 1, p[at]);
		used += p[at];
	}
	return used ? slice_of(out, used) : SLICE_NONE;
}
