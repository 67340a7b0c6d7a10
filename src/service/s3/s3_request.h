/*
 * s3_request: the operation that an HTTP request asks for, and its words.
 *
 * The operation follows from the method, from what is addressed (the service, a
 * bucket, an object), from a query field such as ?uploads, and from a header
 * such as x-amz-copy-source (S3 API Reference, "Operations").
 */
#ifndef SERVICE_S3_REQUEST_H
#define SERVICE_S3_REQUEST_H

#include "port/port.h"
#include "service/s3/s3_address.h"

/* Fills op, sum and object (all but its body) of `req` from `http`, which must
 * live as long as `req`. Operations that the fake does not know get their name
 * all the same, so that a rule can answer them. */
void s3_request_read(const struct s3_hosts *hosts, const struct http_request *http, struct request *req);

/* A field of the query; the empty slice when absent. */
struct slice s3_query(const struct http_request *http, const char *name, struct arena *a);
/* A header; the empty slice when absent. */
struct slice s3_header(const struct http_request *http, const char *name);

#endif
