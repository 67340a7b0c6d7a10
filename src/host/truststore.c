/* truststore: certificates into files, as PEM and as JKS. Who signed them, and
 * whether the machine's roots belong there, is not known here. */
#include "host/truststore.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

/* Debian, Red Hat, SUSE, Alpine and others. */
static FILE *open_roots(void)
{
	static const char *const places[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };
	FILE *f = NULL;

	for (size_t i = 0; !f && i < sizeof(places) / sizeof(places[0]); i++)
		f = fopen(places[i], "re");
	return f;
}

static void copy_roots(FILE *to)
{
	FILE *from = open_roots();
	char piece[16 * 1024];
	size_t n;

	while (from && (n = fread(piece, 1, sizeof(piece), from)) > 0)
		fwrite(piece, 1, n, to);
	if (from)
		fclose(from);
}

int truststore_write_pem(const char *path, const X509 *ca, bool roots, struct err *err)
{
	FILE *f = fopen(path, "we");
	int ok = f != NULL;

	if (f && roots)
		copy_roots(f);
	if (f && ca)
		ok = PEM_write_X509(f, ca);
	if (f && fclose(f) != 0)
		ok = 0;
	return ok ? 0 : err_set(err, ERR_IO, "tls: %s cannot be written", path);
}

/* ---- JKS ------------------------------------------------------------------ */

/* One trusted-certificate entry (tag 2). */
static void add_der(struct buf *b, uint32_t *count, const char *alias, const unsigned char *der, long der_len)
{
	static const char type[] = "X.509";

	if (der_len <= 0)
		return;
	buf_add_be32(b, 2);
	buf_add_be16(b, (uint16_t)strlen(alias));
	buf_add_str(b, alias);
	buf_add_be64(b, (uint64_t)time(NULL) * 1000);
	buf_add_be16(b, sizeof(type) - 1);
	buf_add_str(b, type);
	buf_add_be32(b, (uint32_t)der_len);
	buf_add(b, der, (size_t)der_len);
	++*count;
}

static void add_entry(struct buf *b, uint32_t *count, const char *alias, const X509 *cert)
{
	unsigned char *der = NULL;
	int der_len = i2d_X509(cert, &der);

	add_der(b, count, alias, der, der_len);
	OPENSSL_free(der);
}

/* Undoes the text alone: to parse a machine's 140 roots takes 30 ms of every run. */
static void add_roots(struct buf *b, uint32_t *count)
{
	FILE *f = open_roots();
	char alias[32], *name, *header;
	unsigned char *der;
	long len;

	while (f && PEM_read(f, &name, &header, &der, &len)) {
		snprintf(alias, sizeof(alias), "machine%u", *count);
		if (strcmp(name, PEM_STRING_X509) == 0)
			add_der(b, count, alias, der, len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	ERR_clear_error(); /* the end of the file is one */
	if (f)
		fclose(f);
}

/* SHA-1 over the password in UTF-16, the words "Mighty Aphrodite" and the store. */
static bool add_digest(struct buf *b)
{
	static const char password[] = "changeit";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	struct buf whole;

	buf_init(&whole, 16 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(password) - 1; i++)
		buf_add_be16(&whole, (unsigned char)password[i]);
	buf_add_str(&whole, "Mighty Aphrodite");
	buf_add_slice(&whole, buf_slice(b));
	bool good = !buf_failed(&whole) && EVP_Digest(whole.ptr, whole.len, digest, &len, EVP_sha1(), NULL);
	buf_release(&whole);
	buf_add(b, digest, len);
	return good && !buf_failed(b);
}

/* Big-endian: magic, version, entries, digest. It is the one form that every JDK
 * reads without extra attributes (keystore.type.compat). */
int truststore_write_jks(const char *path, const X509 *ca, bool roots, struct err *err)
{
	struct buf b, head;
	uint32_t count = 0;

	buf_init(&b, 16 * 1024 * 1024); /* a machine's roots are a quarter of one */
	buf_init(&head, 64);
	if (ca)
		add_entry(&b, &count, "seam", ca);
	if (roots)
		add_roots(&b, &count);
	buf_add_be32(&head, 0xfeedfeed);
	buf_add_be32(&head, 2); /* version */
	buf_add_be32(&head, count);
	struct buf all;
	buf_init(&all, 16 * 1024 * 1024);
	buf_add_slice(&all, buf_slice(&head));
	buf_add_slice(&all, buf_slice(&b));
	FILE *f = add_digest(&all) && !buf_failed(&b) ? fopen(path, "we") : NULL;
	bool good = f && fwrite(all.ptr, 1, all.len, f) == all.len;
	if (f && fclose(f) != 0)
		good = false;
	buf_release(&b);
	buf_release(&head);
	buf_release(&all);
	return good ? 0 : err_set(err, ERR_IO, "tls: %s cannot be written", path);
}
