/*
 * s3_digest: everything that is computed over the bytes of an upload, in one
 * pass while they arrive: the MD5 that becomes the ETag, the SHA-256 that the
 * signature covers, and the one additional checksum that the client chose
 * (S3 User Guide, "Checking object integrity").
 */
#ifndef SERVICE_S3_DIGEST_H
#define SERVICE_S3_DIGEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

enum s3_checksum { S3_CHECKSUM_NONE = 0, S3_CRC32, S3_CRC32C, S3_CRC64NVME, S3_SHA1, S3_SHA256 };

/* "crc32c" or "CRC32C"; NONE when unknown. */
enum s3_checksum s3_checksum_by_name(struct slice name);
/* "x-amz-checksum-crc32c" */
const char *s3_checksum_header(enum s3_checksum c);
/* The algorithm of a header's name, NONE when it is no checksum header. */
enum s3_checksum s3_checksum_by_header(struct slice header);

struct s3_digest {
	void *md5, *sha256, *sum; /* EVP_MD_CTX; NULL: not wanted */
	enum s3_checksum checksum;
	uint64_t crc;
	uint64_t size;            /* bytes seen */
};

void s3_digest_begin(struct s3_digest *d, bool sha256, enum s3_checksum checksum);
void s3_digest_add(struct s3_digest *d, struct slice bytes);
void s3_digest_release(struct s3_digest *d);

/* What came out; made once, when the body is whole. */
struct s3_sums {
	unsigned char md5[16];
	char etag[33];              /* the MD5 in hex */
	struct slice sha256;        /* hex; empty: was not wanted */
	enum s3_checksum checksum;
	struct slice checksum_text; /* base64, as the headers carry it; empty: none */
	uint64_t size;
};
void s3_digest_end(struct s3_digest *d, struct arena *a, struct s3_sums *out);

/* The MD5 of bytes at hand, in hex. */
void s3_md5_hex(struct slice bytes, char hex[33]);

#endif
