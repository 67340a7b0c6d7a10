/* s3: object storage, by the S3 API, in memory. The codec is s3_codec.c, the
 * fake s3_fake.c. */
#include "service/s3/s3_fake.h"

static const char *const keys[] = {"seed", "keys", "create_buckets", NULL};

const struct service_type service_s3 = {
	.protocol = "s3",
	.port = PORT_OBJECT,
	.default_port = 443,
	.keys = keys,
	.codec = &s3_codec,
	.fake = &s3_fake,
	.state = &s3_state,
};
