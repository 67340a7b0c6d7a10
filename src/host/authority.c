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

#define DAY (24L * 60 * 60)

struct authority {
	EVP_PKEY *key, *leaf_key;
	X509 *ca;
	SSL_CTX *context;
	struct map leaves; /* name -> X509 */
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

/* A certificate with subject `name` and the run's life time, not yet signed. */
static X509 *draft(const char *name, EVP_PKEY *key, const X509_NAME *issuer)
{
	X509 *cert = X509_new();
	/* a common name has at most 64 characters (RFC 5280 appendix A); longer names stand in the SAN alone */
	char cn[65];

	if (!cert)
		return NULL;
	snprintf(cn, sizeof(cn), "%s", name);
	X509_NAME *subject = X509_get_subject_name(cert);
	if (!X509_set_version(cert, 2) || set_serial(cert) < 0 || !X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) ||
	    !X509_gmtime_adj(X509_getm_notAfter(cert), 10 * DAY) ||
	    !X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"seam", -1, -1, 0) ||
	    !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) ||
	    !X509_set_issuer_name(cert, issuer ? issuer : subject) || !X509_set_pubkey(cert, key)) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static X509 *make_ca(EVP_PKEY *key)
{
	X509 *ca = draft("seam run authority", key, NULL);

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

static X509 *make_leaf(struct authority *a, const char *name)
{
	X509 *leaf = draft(name, a->leaf_key, X509_get_subject_name(a->ca));
	char san[300];

	snprintf(san, sizeof(san), "%s:%s", is_address(name) ? "IP" : "DNS", name);
	if (leaf && add_extension(leaf, a->ca, NID_basic_constraints, "critical,CA:FALSE") == 0 &&
	    add_extension(leaf, a->ca, NID_key_usage, "critical,digitalSignature") == 0 &&
	    add_extension(leaf, a->ca, NID_ext_key_usage, "serverAuth") == 0 &&
	    add_extension(leaf, a->ca, NID_subject_alt_name, san) == 0 &&
	    add_extension(leaf, a->ca, NID_authority_key_identifier, "keyid") == 0 && X509_sign(leaf, a->key, EVP_sha256()))
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

static X509 *leaf_for(struct authority *a, const char *name)
{
	if (!is_plain_name(name))
		name = "localhost";
	X509 *leaf = map_get_str(&a->leaves, name);
	if (!leaf) {
		leaf = make_leaf(a, name);
		if (leaf)
			map_set(&a->leaves, slice_str(name), leaf);
	}
	return leaf;
}

/* Called when the ClientHello was read: the name is known, the certificate is
 * chosen. The fallback travels as application data of the SSL. */
static int choose_certificate(SSL *ssl, void *arg)
{
	struct authority *a = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	X509 *leaf = leaf_for(a, name ? name : SSL_get_app_data(ssl));

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
	a->ca = a->key ? make_ca(a->key) : NULL;
	a->context = SSL_CTX_new(TLS_server_method());
	if (!a->leaf_key || !a->ca || !a->context) {
		authority_free(a);
		return err_set(err, ERR_IO, "tls: the run's authority cannot be made: %s", ERR_reason_error_string(ERR_get_error()));
	}
	SSL_CTX_set_min_proto_version(a->context, TLS1_2_VERSION);
	SSL_CTX_set_mode(a->context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_num_tickets(a->context, 0); /* a run is too short to resume; saves a flight after the handshake */
	SSL_CTX_set_session_cache_mode(a->context, SSL_SESS_CACHE_OFF);
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
	EVP_PKEY_free(a->leaf_key);
	EVP_PKEY_free(a->key);
	free(a);
}

SSL *authority_serve(struct authority *a, const char *fallback)
{
	SSL *ssl = SSL_new(a->context);

	if (!ssl)
		return NULL;
	SSL_set_app_data(ssl, (void *)fallback);
	SSL_set_accept_state(ssl);
	return ssl;
}

static void copy_roots(FILE *to)
{
	static const char *const places[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem" };
	char piece[16 * 1024];
	size_t n;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		FILE *from = fopen(places[i], "r");
		if (!from)
			continue;
		while ((n = fread(piece, 1, sizeof(piece), from)) > 0)
			fwrite(piece, 1, n, to);
		fclose(from);
		return;
	}
}

int authority_write_pem(const struct authority *a, const char *path, bool system_roots, struct err *err)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return err_set(err, ERR_IO, "tls: %s cannot be written", path);
	if (system_roots)
		copy_roots(f);
	int ok = PEM_write_X509(f, a->ca);
	if (fclose(f) != 0 || !ok)
		return err_set(err, ERR_IO, "tls: %s cannot be written", path);
	return 0;
}

/* The JKS format: big-endian, one trusted-certificate entry (tag 2), and a
 * SHA-1 over the UTF-16 password, the words "Mighty Aphrodite" and the data. It
 * is the one trust store form that every JDK reads without extra attributes
 * (keystore.type.compat). */
int authority_write_jks(const struct authority *a, const char *path, struct err *err)
{
	static const char password[] = "changeit", alias[] = "seam", type[] = "X.509";
	struct buf b, digest_input;
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len = 0;
	int der_len = i2d_X509(a->ca, &der);

	buf_init(&b, 64 * 1024);
	buf_init(&digest_input, 64 * 1024);
	buf_add_be32(&b, 0xfeedfeed);
	buf_add_be32(&b, 2); /* version */
	buf_add_be32(&b, 1); /* entries */
	buf_add_be32(&b, 2); /* a trusted certificate */
	buf_add_be16(&b, sizeof(alias) - 1);
	buf_add_str(&b, alias);
	buf_add_be64(&b, (uint64_t)time(NULL) * 1000);
	buf_add_be16(&b, sizeof(type) - 1);
	buf_add_str(&b, type);
	buf_add_be32(&b, (uint32_t)(der_len > 0 ? der_len : 0));
	buf_add(&b, der, der_len > 0 ? (size_t)der_len : 0);
	for (size_t i = 0; i < sizeof(password) - 1; i++)
		buf_add_be16(&digest_input, (unsigned char)password[i]);
	buf_add_str(&digest_input, "Mighty Aphrodite");
	buf_add_slice(&digest_input, buf_slice(&b));
	int ok = der_len > 0 && EVP_Digest(digest_input.ptr, digest_input.len, digest, &digest_len, EVP_sha1(), NULL);
	buf_add(&b, digest, digest_len);
	OPENSSL_free(der);
	FILE *f = ok && !buf_failed(&b) ? fopen(path, "we") : NULL;
	ok = f && fwrite(b.ptr, 1, b.len, f) == b.len;
	if (f && fclose(f) != 0)
		ok = 0;
	buf_release(&b);
	buf_release(&digest_input);
	return ok ? 0 : err_set(err, ERR_IO, "tls: %s cannot be written", path);
}
