/* s3_digest: OpenSSL for the cryptographic sums, zlib for CRC-32, a table each
 * for the two CRCs that neither has. */
#include "service/s3/s3_digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/buf.h"

static const struct {
	enum s3_checksum checksum;
	const char *name, *header;
} names[] = {
	{S3_CRC32, "crc32", "x-amz-checksum-crc32"},
	{S3_CRC32C, "crc32c", "x-amz-checksum-crc32c"},
	{S3_CRC64NVME, "crc64nvme", "x-amz-checksum-crc64nvme"},
	{S3_SHA1, "sha1", "x-amz-checksum-sha1"},
	{S3_SHA256, "sha256", "x-amz-checksum-sha256"},
};
#define NAMES (sizeof(names) / sizeof(names[0]))

enum s3_checksum s3_checksum_by_name(struct slice name)
{
	for (size_t i = 0; i < NAMES; i++)
		if (slice_eq_nocase_str(name, names[i].name))
			return names[i].checksum;
	return S3_CHECKSUM_NONE;
}

enum s3_checksum s3_checksum_by_header(struct slice header)
{
	for (size_t i = 0; i < NAMES; i++)
		if (slice_eq_nocase_str(header, names[i].header))
			return names[i].checksum;
	return S3_CHECKSUM_NONE;
}

const char *s3_checksum_header(enum s3_checksum c)
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].checksum == c)
			return names[i].header;
	return "";
}

/* ---- CRCs, reflected, one table of 256 each --------------------------- */

#define CRC32C_POLY 0x82f63b78u            /* RFC 3720 section 12.1, reflected */
#define CRC64NVME_POLY 0x9a6c9329ac4bc9b5u /* NVM Command Set specification, reflected */

static uint64_t table32c[256], table64[256];

static void fill_table(uint64_t table[256], uint64_t poly)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t v = i;
		for (int bit = 0; bit < 8; bit++)
			v = v & 1 ? v >> 1 ^ poly : v >> 1;
		table[i] = v;
	}
}

static uint64_t crc_add(const uint64_t table[256], uint64_t crc, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		crc = table[(crc ^ (unsigned char)bytes.ptr[i]) & 0xff] ^ crc >> 8;
	return crc;
}

static const uint64_t *table_of(enum s3_checksum c)
{
	if (!table64[1]) {
		fill_table(table32c, CRC32C_POLY);
		fill_table(table64, CRC64NVME_POLY);
	}
	return c == S3_CRC32C ? table32c : table64;
}

/* ---- one pass over a body --------------------------------------------- */

/* Algorithms fetched once: with EVP_md5() OpenSSL 3 looks its provider up at
 * every use, which costs more than the sum of a small object. */
struct algorithm {
	const char *name;
	EVP_MD *md;
};
static struct algorithm md5 = {.name = "MD5"}, sha1 = {.name = "SHA1"}, sha256sum = {.name = "SHA256"};

static EVP_MD *fetch(struct algorithm *a)
{
	if (!a->md)
		a->md = EVP_MD_fetch(NULL, a->name, NULL);
	return a->md;
}

static EVP_MD_CTX *begin(struct algorithm *a)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, fetch(a), NULL) != 1)
		abort(); /* out of memory: these digests are always built in */
	return ctx;
}

void s3_digest_begin(struct s3_digest *d, bool sha256, enum s3_checksum checksum)
{
	*d = (struct s3_digest){ .checksum = checksum };
	d->md5 = begin(&md5);
	if (sha256)
		d->sha256 = begin(&sha256sum);
	if (checksum == S3_SHA1)
		d->sum = begin(&sha1);
	else if (checksum == S3_SHA256)
		d->sum = begin(&sha256sum);
	else if (checksum == S3_CRC32C)
		d->crc = UINT32_MAX;
	else if (checksum == S3_CRC64NVME)
		d->crc = UINT64_MAX;
}

void s3_digest_add(struct s3_digest *d, struct slice bytes)
{
	if (!d->md5 || !bytes.len)
		return;
	d->size += bytes.len;
	EVP_DigestUpdate(d->md5, bytes.ptr, bytes.len);
	if (d->sha256)
		EVP_DigestUpdate(d->sha256, bytes.ptr, bytes.len);
	if (d->sum)
		EVP_DigestUpdate(d->sum, bytes.ptr, bytes.len);
	else if (d->checksum == S3_CRC32)
		d->crc = crc32_z(d->crc, (const unsigned char *)bytes.ptr, bytes.len);
	else if (d->checksum != S3_CHECKSUM_NONE)
		d->crc = crc_add(table_of(d->checksum), d->crc, bytes);
}

void s3_digest_release(struct s3_digest *d)
{
	EVP_MD_CTX_free(d->md5);
	EVP_MD_CTX_free(d->sha256);
	EVP_MD_CTX_free(d->sum);
	*d = (struct s3_digest){0};
}

static struct slice text_of(struct arena *a, const void *bytes, size_t len, bool base64)
{
	struct buf b;
	struct slice s;

	buf_init(&b, 256);
	if (base64)
		buf_add_base64(&b, bytes, len);
	else
		buf_add_hex(&b, bytes, len);
	s = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return s;
}

static struct slice crc_text(const struct s3_digest *d, struct arena *a)
{
	unsigned char bytes[8];
	size_t len = d->checksum == S3_CRC64NVME ? 8 : 4;
	uint64_t v = d->crc;

	if (d->checksum == S3_CRC32C)
		v ^= UINT32_MAX;
	else if (d->checksum == S3_CRC64NVME)
		v ^= UINT64_MAX;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(v >> 8 * (len - 1 - i));
	return text_of(a, bytes, len, true);
}

static void hex_of(const unsigned char *bytes, size_t len, char *hex)
{
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	hex[2 * len] = '\0';
}

void s3_digest_end(struct s3_digest *d, struct arena *a, struct s3_sums *out)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	*out = (struct s3_sums){ .checksum = d->checksum, .size = d->size };
	EVP_DigestFinal_ex(d->md5, out->md5, NULL);
	hex_of(out->md5, sizeof(out->md5), out->etag);
	if (d->sha256) {
		EVP_DigestFinal_ex(d->sha256, bytes, &len);
		out->sha256 = text_of(a, bytes, len, false);
	}
	if (d->sum) {
		EVP_DigestFinal_ex(d->sum, bytes, &len);
		out->checksum_text = text_of(a, bytes, len, true);
	} else if (d->checksum != S3_CHECKSUM_NONE) {
		out->checksum_text = crc_text(d, a);
	}
	s3_digest_release(d);
}

void s3_md5_hex(struct slice bytes, char hex[33])
{
	unsigned char sum[16];

	EVP_Digest(bytes.ptr, bytes.len, sum, NULL, fetch(&md5), NULL);
	hex_of(sum, sizeof(sum), hex);
}
