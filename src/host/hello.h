/*
 * hello: what a TLS client says first, read from its extensions.
 *
 * Pure, and on bytes that came from the wire: OpenSSL has found the extensions,
 * not looked into them.
 */
#ifndef HOST_HELLO_H
#define HOST_HELLO_H

#include <stddef.h>

#include "base/slice.h"

#define HELLO_ALPN_BYTES 256

/* Extension server_name (RFC 6066 section 3): the first host name, in place. ptr NULL: there is none. */
struct slice hello_name(const unsigned char *p, size_t n);
/* Extension application_layer_protocol_negotiation (RFC 7301 section 3.1) as "h2,http/1.1"; what
 * does not fit is left out. ptr NULL: there is none. */
struct slice hello_alpn(const unsigned char *p, size_t n, char out[HELLO_ALPN_BYTES]);

#endif
