/* authority: keys, the CA and minted leaves. One leaf key serves all names of a
 * run: what differs is the certificate. RFC 5280 for the extensions. */
#include "host/authority.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "host/hello.h"
#include "host/inside.h"

#define LONG_AGO (20L * 365) /* days: programs under test are told other dates (faketime) */

struct authority {
	EVP_PKEY *key, *leaf_key;
	X509 *ca;
	EVP_PKEY *other_key; /* of an authority that nobody trusts; NULL until a rule wants it */
	X509 *other_ca;
	SSL_CTX *context;
	struct map leaves; /* "expired/name" -> X509 */
};

static int add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	int ok = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok ? 0 : -1;
}

static int set_serial(X509 *cert)
{
	unsigned char bytes[16];
	BIGNUM *bn;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -1;
	bytes[0] &= 0x7f; /* positive: RFC 5280 section 4.1.2.2 */
	bytes[0] |= 0x40;
	bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
	int ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	return ok ? 0 : -1;
}

/* A certificate with subject `name`, valid from and until so many days from now, not
 * yet signed. Without an issuer it is its own. */
static X509 *draft(const char *name, EVP_PKEY *key, const X509_NAME *issuer, long from_days, long until_days)
{
	X509 *cert = X509_new();
	/* a common name has at most 64 characters (RFC 5280 appendix A); longer names stand in the SAN alone */
	char cn[65];

	if (!cert)
		return NULL;
	time_t now = (time_t)(host_wall_ns() / 1000000000u); /* of the program, whose clock may stand elsewhere */
	snprintf(cn, sizeof(cn), "%s", name);
	X509_NAME *subject = X509_get_subject_name(cert);
	if (!X509_set_version(cert, 2) || set_serial(cert) < 0 || !X509_time_adj_ex(X509_getm_notBefore(cert), (int)from_days, 0, &now) ||
	    !X509_time_adj_ex(X509_getm_notAfter(cert), (int)until_days, 0, &now) ||
	    !X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"seam", -1, -1, 0) ||
	    !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) ||
	    !X509_set_issuer_name(cert, issuer ? issuer : subject) || !X509_set_pubkey(cert, key)) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static X509 *make_ca(EVP_PKEY *key, const char *name)
{
	X509 *ca = draft(name, key, NULL, -LONG_AGO, LONG_AGO);

	if (ca && add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE") == 0 &&
	    add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") == 0 &&
	    add_extension(ca, ca, NID_subject_key_identifier, "hash") == 0 && X509_sign(ca, key, EVP_sha256()))
		return ca;
	X509_free(ca);
	return NULL;
}

static bool is_address(const char *name)
{
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(name);

	ASN1_OCTET_STRING_free(ip);
	return ip != NULL;
}

/* The authority that nobody trusts, made on first use. */
static bool need_other(struct authority *a)
{
	if (!a->other_key)
		a->other_key = EVP_EC_gen("P-256");
	if (a->other_key && !a->other_ca)
		a->other_ca = make_ca(a->other_key, "an authority that nobody trusts");
	return a->other_ca != NULL;
}

static X509 *make_leaf(struct authority *a, const char *name, enum tls_certificate flaw)
{
	if (flaw == TLS_UNTRUSTED && !need_other(a))
		return NULL;
	bool self = flaw == TLS_SELF_SIGNED;
	X509 *issuer = flaw == TLS_UNTRUSTED ? a->other_ca : a->ca;
	EVP_PKEY *signer = self ? a->leaf_key : flaw == TLS_UNTRUSTED ? a->other_key : a->key;
	long from = flaw == TLS_NOT_YET_VALID ? 1 : -LONG_AGO, until = flaw == TLS_EXPIRED ? -1 : LONG_AGO;
	char san[300];

	if (flaw == TLS_WRONG_NAME)
		name = "wrong-name.invalid"; /* RFC 2606: nobody's */
	X509 *leaf = draft(name, a->leaf_key, self ? NULL : X509_get_subject_name(issuer), from, until);
	if (self)
		issuer = leaf;

	snprintf(san, sizeof(san), "%s:%s", is_address(name) ? "IP" : "DNS", name);
	if (leaf && add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE") == 0 &&
	    add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature") == 0 &&
	    add_extension(leaf, issuer, NID_ext_key_usage, "serverAuth") == 0 &&
	    add_extension(leaf, issuer, NID_subject_alt_name, san) == 0 &&
	    (self || add_extension(leaf, issuer, NID_authority_key_identifier, "keyid") == 0) && X509_sign(leaf, signer, EVP_sha256()))
		return leaf;
	X509_free(leaf);
	return NULL;
}

/* A DNS name or an address that may stand in a certificate without quoting. */
static bool is_plain_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 254 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:*") == n;
}

static X509 *leaf_for(struct authority *a, const char *name, enum tls_certificate flaw)
{
	char key[300];

	if (!is_plain_name(name))
		name = "localhost";
	snprintf(key, sizeof(key), "%s/%s", tls_certificate_name(flaw), name);
	X509 *leaf = map_get_str(&a->leaves, key);
	if (!leaf) {
		leaf = make_leaf(a, name, flaw);
		if (leaf)
			map_set(&a->leaves, slice_str(key), leaf);
	}
	return leaf;
}

/* ---- the hello ------------------------------------------------------------ */

static struct slice asked_name(SSL *ssl)
{
	const unsigned char *p;
	size_t n;

	return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) ? hello_name(p, n) : SLICE_NONE;
}

static struct slice asked_alpn(SSL *ssl, char out[HELLO_ALPN_BYTES])
{
	const unsigned char *p;
	size_t n;

	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &p, &n))
		return SLICE_NONE;
	return hello_alpn(p, n, out);
}

/* The first thing that happens in a handshake, and again after each wait. */
static int on_hello(SSL *ssl, int *alert, void *arg)
{
	struct authority_client *c = SSL_get_app_data(ssl);
	char alpn[HELLO_ALPN_BYTES];

	(void)arg;
	if (!c->greeted) {
		c->greeted = true;
		c->hello(c, asked_name(ssl), asked_alpn(ssl, alpn));
	}
	if (c->wait)
		return SSL_CLIENT_HELLO_RETRY;
	if (c->alert == TLS_ALERT_NONE)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = c->alert;
	return SSL_CLIENT_HELLO_ERROR;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct authority_client *c = SSL_get_app_data(ssl);

	/* what ends a connection in good order says nothing, and follows what does */
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value & 0xff) != SSL3_AD_CLOSE_NOTIFY)
		c->got_alert = value & 0xff;
}

/* The name is known, the certificate is chosen. */
static int choose_certificate(SSL *ssl, void *arg)
{
	struct authority *a = arg;
	struct authority_client *c = SSL_get_app_data(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	X509 *leaf = leaf_for(a, name ? name : c->fallback, c->certificate);

	return leaf && SSL_use_certificate(ssl, leaf) && SSL_use_PrivateKey(ssl, a->leaf_key);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg)
{
	/* RFC 7301; "postgresql" is what direct TLS of libpq 17 asks for */
	static const unsigned char known[] = "\x08http/1.1\x0apostgresql";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, outlen, known, sizeof(known) - 1, in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

int authority_new(struct authority **out, struct err *err)
{
	struct authority *a = calloc(1, sizeof(*a));

	if (!a)
		return err_set(err, ERR_IO, "out of memory");
	/* the machine's openssl.cnf is no business of a fake */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	map_init(&a->leaves);
	a->key = EVP_EC_gen("P-256");
	a->leaf_key = EVP_EC_gen("P-256");
	a->ca = a->key ? make_ca(a->key, "seam run authority") : NULL;
	a->context = SSL_CTX_new(TLS_server_method());
	if (!a->leaf_key || !a->ca || !a->context) {
		authority_free(a);
		return err_set(err, ERR_IO, "tls: the run's authority cannot be made: %s", ERR_reason_error_string(ERR_get_error()));
	}
	SSL_CTX_set_min_proto_version(a->context, TLS1_2_VERSION);
	SSL_CTX_set_mode(a->context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_num_tickets(a->context, 0); /* a run is too short to resume; saves a flight after the handshake */
	SSL_CTX_set_session_cache_mode(a->context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_client_hello_cb(a->context, on_hello, NULL);
	SSL_CTX_set_info_callback(a->context, on_info);
	SSL_CTX_set_cert_cb(a->context, choose_certificate, a);
	SSL_CTX_set_alpn_select_cb(a->context, choose_alpn, NULL);
	*out = a;
	return 0;
}

void authority_free(struct authority *a)
{
	struct map_entry *e;

	if (!a)
		return;
	for (size_t i = 0; (e = map_next(&a->leaves, &i));)
		X509_free(e->value);
	map_release(&a->leaves);
	SSL_CTX_free(a->context);
	X509_free(a->ca);
	X509_free(a->other_ca);
	EVP_PKEY_free(a->other_key);
	EVP_PKEY_free(a->leaf_key);
	EVP_PKEY_free(a->key);
	free(a);
}

SSL *authority_serve(struct authority *a, struct authority_client *client)
{
	SSL *ssl = SSL_new(a->context);

	if (!ssl)
		return NULL;
	SSL_set_app_data(ssl, client);
	SSL_set_accept_state(ssl);
	return ssl;
}

const X509 *authority_certificate(const struct authority *a)
{
	return a->ca;
}
