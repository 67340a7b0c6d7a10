/*
 * Fuzz target for the extensions of a TLS hello.
 */
#include <stdlib.h>
#include <string.h>

#include "host/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[HELLO_ALPN_BYTES];
	struct slice name = hello_name(data, size), alpn = hello_alpn(data, size, out);

	if (name.ptr && (name.ptr < (const char *)data || name.ptr + name.len > (const char *)data + size))
		abort();
	if (alpn.len > sizeof(out) || (alpn.ptr && !alpn.len))
		abort();
	return 0;
}
