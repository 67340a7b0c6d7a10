/*
 * authority: the certificate authority made for one run.
 *
 * One P-256 key and a CA certificate, valid from a day before the run to ten
 * days after. Leaf certificates are minted per name on first use and kept. The
 * CA's key never leaves this process; what is written into the run directory is
 * the certificate, for clients to trust.
 */
#ifndef HOST_AUTHORITY_H
#define HOST_AUTHORITY_H

#include <openssl/ssl.h>

#include "base/err.h"
#include "base/slice.h"

struct authority;

int authority_new(struct authority **out, struct err *err);
void authority_free(struct authority *a);

/* Writes the CA as a PEM bundle; with `system_roots`, those of the machine
 * first (only when a pass service exists). */
int authority_write_pem(const struct authority *a, const char *path, bool system_roots, struct err *err);
/* Writes the CA as a Java trust store (JKS, password "changeit"). */
int authority_write_jks(const struct authority *a, const char *path, struct err *err);

/* A new server-side TLS state that presents a certificate for the SNI name of
 * the client, or for `fallback` (a name or an address) without SNI. NULL: out
 * of memory. Offers ALPN http/1.1 to those who ask, TLS 1.2 and up. */
SSL *authority_serve(struct authority *a, const char *fallback);

#endif
