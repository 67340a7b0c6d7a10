/*
 * s3_conn: one connection to an object store: an HTTP exchange whose requests
 * are object requests and whose bodies have their content coding taken off and
 * their sums computed on the way in.
 *
 * The fake reads from here what is no part of a request: the sums, and what
 * was found wrong with the body.
 */
#ifndef SERVICE_S3_CONN_H
#define SERVICE_S3_CONN_H

#include "codec/http/http_exchange.h"
#include "service/s3/s3_chunked.h"
#include "service/s3/s3_digest.h"
#include "service/s3/s3_sigv4.h"
#include "service/service.h"

struct s3_fake;

struct s3_conn {
	struct http_exchange x;
	struct link *link;
	struct s3_fake *fake;
	struct request *req;       /* the one being put together, during a decode */
	struct http_request http;  /* its head; its slices are in the request's arena */
	bool aws_chunked;
	struct s3_chunked chunked;
	struct s3_digest digest;
	struct s3_sums sums;       /* of the body, once it is whole */
	struct s3_auth auth;       /* who signed it, as the request says */
	struct s3_chain chain;     /* signatures of chunks; running only when keys are configured */
	const char *refusal;       /* S3 error code when the signature does not carry the request; NULL: fine */
	const char *flaw;          /* S3 error code for a body that is not what was announced; NULL: fine */
	char request_id[17];       /* sixteen digits, unique in the run */
};

extern const struct codec s3_codec;

#endif
