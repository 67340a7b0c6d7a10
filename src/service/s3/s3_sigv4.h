/*
 * s3_sigv4: AWS Signature Version 4, checked (S3 API Reference, "Authenticating
 * requests"). In the Authorization header, in the query of a presigned URL, and
 * chained over the chunks of an upload.
 */
#ifndef SERVICE_S3_SIGV4_H
#define SERVICE_S3_SIGV4_H

#include <jansson.h>

#include "port/port.h"

/* What a request says about who signed it; all slices empty when unsigned. */
struct s3_auth {
	bool presigned;
	bool other;                /* signed some other way (Signature Version 2) */
	struct slice access;       /* the key's id */
	struct slice scope;        /* "20261120/eu-west-1/s3/aws4_request" */
	struct slice region;       /* part of the scope */
	struct slice time;         /* "20261120T111446Z" */
	struct slice headers;      /* names signed, separated by ';' */
	struct slice signature;    /* hex */
	struct slice expires;      /* seconds, presigned only */
	unsigned char key[32];     /* the signing key, once the check has passed */
};

/* Reads it without judging. False: it is there and malformed. */
bool s3_auth_read(const struct http_request *http, struct arena *a, struct s3_auth *auth);

/* NULL, or the S3 error code. `keys`: object of access key id to secret. */
const char *s3_auth_check(struct s3_auth *auth, const struct http_request *http, const json_t *keys, uint64_t now_ns,
			  struct arena *a);

/* The chain over chunks: each signature covers the one before. */
struct s3_chain {
	const struct s3_auth *auth; /* NULL: not running */
	void *sha;                  /* EVP_MD_CTX of the chunk in hand */
	char previous[65];
	bool broken;
};
void s3_chain_begin(struct s3_chain *c, const struct s3_auth *auth);
void s3_chain_add(struct s3_chain *c, struct slice bytes);
/* The chunk is whole and said to be signed so. */
void s3_chain_chunk(struct s3_chain *c, struct slice signature);
/* The trailers, with x-amz-trailer-signature among them. */
void s3_chain_trailers(struct s3_chain *c, const struct headers *trailers);
void s3_chain_release(struct s3_chain *c);

#endif
