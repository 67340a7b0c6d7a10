/*
 * s3_reply: an object reply as S3 says it over HTTP: headers, XML, errors.
 */
#ifndef SERVICE_S3_REPLY_H
#define SERVICE_S3_REPLY_H

#include "port/port.h"
#include "service/s3/s3_digest.h"

/* What of a reply only the connection knows. */
struct s3_reply_facts {
	const char *request_id;
	const struct s3_sums *sums; /* of the request's body */
};

/* Fills *out; out->body is a counted reference, the caller's to free. */
void s3_reply_http(const struct request *req, const struct reply *reply, const struct s3_reply_facts *facts, struct http_reply *out);
/* An error document: the bytes that go with a code. `resource` may be empty. */
void s3_error_xml(struct buf *b, const struct request *req, struct slice code, struct slice message, const char *request_id);


/* The value of x-amz-id-2. */
struct slice s3_host_id(const char *request_id, struct arena *a);

#endif
