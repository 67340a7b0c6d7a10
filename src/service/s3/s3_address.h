/*
 * s3_address: which bucket and which key a request means.
 *
 * Path style names the bucket first in the path, virtual-host style in front
 * of the host (S3 User Guide, "Methods for accessing a bucket"). AWS host names
 * are known by their form; other hosts by what the service's `at` says: the
 * part that a leading "*." stands for is the bucket.
 */
#ifndef SERVICE_S3_ADDRESS_H
#define SERVICE_S3_ADDRESS_H

#include "port/port.h"

struct s3_hosts {
	char **suffixes; /* ".storage.example": `at` globs with a leading star, lower case */
	size_t count;
};

/* From the declaration's `at`: a JSON array of strings. */
void s3_hosts_init(struct s3_hosts *h, const json_t *at);
void s3_hosts_release(struct s3_hosts *h);

/* The bucket that the host names; empty: path style. `authority` may have a
 * port. The slice points into it, or into the arena. */
struct slice s3_host_bucket(const struct s3_hosts *h, struct slice authority, struct arena *a);
/* Sets bucket and key from host and path. */
void s3_address(const struct s3_hosts *h, const struct http_request *r, struct arena *a, struct slice *bucket, struct slice *key);

#endif
