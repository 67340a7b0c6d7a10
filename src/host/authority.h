/*
 * authority: the certificate authority made for one run.
 *
 * One P-256 key and a CA certificate, valid twenty years to either side: a program
 * under test may live in another year. Leaf certificates are minted per name on first use and kept. The
 * CA's key never leaves this process; what is written into the run directory is
 * the certificate, for clients to trust.
 */
#ifndef HOST_AUTHORITY_H
#define HOST_AUTHORITY_H

#include <openssl/ssl.h>

#include "base/err.h"
#include "base/slice.h"
#include "port/tls.h"

struct authority;

int authority_new(struct authority **out, struct err *err);
void authority_free(struct authority *a);

/* Borrowed: what clients have to trust. */
const X509 *authority_certificate(const struct authority *a);

/* One client of the authority. The owner's memory, which outlives the SSL. */
struct authority_client {
	const char *fallback;            /* a name or an address, for a client that names none */
	/* Called once, when the client's hello was read, to fill in the members below. Must not touch
	 * the SSL or its stream. `name` and `alpn` ("h2,http/1.1") have ptr NULL when absent. */
	void (*hello)(struct authority_client *c, struct slice name, struct slice alpn);
	enum tls_certificate certificate;
	int alert;                       /* sent in place of an answer; TLS_ALERT_NONE: none */
	bool wait;                       /* the handshake stands still: SSL_ERROR_WANT_CLIENT_HELLO_CB */
	bool greeted;
	int got_alert;                   /* the last one that the client sent; TLS_ALERT_NONE */
};

/* A new server-side TLS state that presents a certificate for the name that the
 * client names, flawed as the client's state says. NULL: out of memory. Offers
 * ALPN http/1.1 to those who ask, TLS 1.2 and up. */
SSL *authority_serve(struct authority *a, struct authority_client *client);

#endif
