/*
 * s3_fake: the object store of one service: its configuration, its store, and
 * the operations, one function each in the s3_answer_*.c files.
 */
#ifndef SERVICE_S3_FAKE_H
#define SERVICE_S3_FAKE_H

#include "service/s3/s3_address.h"
#include "service/s3/s3_conn.h"
#include "service/s3/s3_sigv4.h"
#include "service/s3/s3_store.h"
#include "service/service.h"

#define S3_MEMORY (1024ull * 1024 * 1024)      /* ceiling unless the service says otherwise */
#define S3_KEY_MAX 1024                        /* bytes; S3 User Guide, "Naming objects" */
#define S3_META_MAX (2 * 1024)                 /* bytes of names and values together */
#define S3_PUT_MAX (5ull * 1024 * 1024 * 1024) /* bytes of one PutObject or part */
#define S3_PART_MIN (5ull * 1024 * 1024)       /* bytes of every part but the last */

struct s3_fake {
	struct s3_store store;
	struct s3_hosts hosts;
	const json_t *keys;     /* access key id to secret, borrowed; NULL: any signature will do */
	bool create_buckets;    /* a bucket exists once it is written to */
	uint64_t seed, counter; /* for request ids */
	uint64_t (*now_ns)(void);
};

/* For the codec. */
void s3_fake_request_id(struct s3_fake *f, char id[17]);
const struct s3_hosts *s3_fake_hosts(const struct s3_fake *f);
bool s3_fake_has_keys(const struct s3_fake *f);
/* NULL, or the error code of a request that its signature does not carry. */
const char *s3_fake_refuses(struct s3_fake *f, struct s3_auth *auth, const struct http_request *http, uint64_t now_ns, struct arena *a);

/* ---- for the operations ----------------------------------------------- */

/* One request being answered. */
struct s3_turn {
	struct s3_fake *fake;
	struct s3_conn *conn;
	struct request *req;
	const struct object_request *o;
	struct object_reply *r;
	struct reply *reply;
	struct arena *arena;
};

/* Makes the reply an error; `message` NULL: S3's own sentence. */
void s3_fail(struct s3_turn *t, const char *code, const char *message);
/* The bucket, or NULL with NoSuchBucket. */
struct s3_bucket *s3_turn_bucket(struct s3_turn *t);
/* The bucket to write to: made when it may be; or NULL with an error. */
struct s3_bucket *s3_turn_bucket_to_write(struct s3_turn *t);
/* Keeps the object, or answers that the ceiling is reached. */
int s3_turn_put(struct s3_turn *t, struct s3_bucket *b, const struct s3_object *o);
/* Fails with what was found wrong with the body, if anything. */
bool s3_turn_body_is_bad(struct s3_turn *t);
/* Says that the service's ceiling is reached. */
void s3_fail_full(struct s3_turn *t);
/* What the headers of a request say of the object it writes; false: refused. */
bool s3_object_from_request(struct s3_turn *t, struct s3_object *o);
/* Source of a copy, conditions checked; or NULL with an error. */
struct s3_object *s3_turn_source(struct s3_turn *t);
/* If-Match and its relatives with `prefix` in front ("" or
 * "x-amz-copy-source-"). True: answered already (304 or 412). `o` NULL: there
 * is no object. */
bool s3_turn_condition(struct s3_turn *t, const char *prefix, const struct s3_object *o, bool reading);
/* A Range header (RFC 9110 section 14.1.2) over `size` bytes. 0: none or not
 * understood, 1: first and last set, -1: not satisfiable. */
int s3_range(struct slice range, uint64_t size, uint64_t *first, uint64_t *last);

typedef void s3_answer_fn(struct s3_turn *t);
s3_answer_fn s3_list_buckets, s3_create_bucket, s3_head_bucket, s3_delete_bucket, s3_bucket_location;
s3_answer_fn s3_put_object, s3_get_object, s3_delete_object, s3_delete_objects, s3_copy_object;
s3_answer_fn s3_list_objects;
s3_answer_fn s3_create_upload, s3_upload_part, s3_upload_part_copy, s3_complete_upload, s3_abort_upload, s3_list_parts;

/* s3_seed.c: what the declaration's "seed" puts into the store. */
int s3_seed(struct s3_fake *f, const struct service_config *config, struct err *err);

extern const struct fake s3_fake;
extern const struct fake_state s3_state;

#endif
