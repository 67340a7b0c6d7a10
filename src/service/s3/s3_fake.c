/*
 * s3_fake: reads the declaration, finds the operation's function, and holds
 * what all of them need.
 */
#include "service/s3/s3_fake.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/s3/s3_request.h"

/* ---- the declaration -------------------------------------------------- */

/* "512MiB", "2GiB", "1000": a number with an optional unit. */
static bool read_size(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *unit;
		uint64_t factor;
	} units[] = {{"", 1}, {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}};
	struct slice s = slice_trim(slice_str(text));
	size_t digits = 0;
	uint64_t v;

	while (digits < s.len && isdigit((unsigned char)s.ptr[digits]))
		digits++;
	if (!slice_to_u64(slice_take(s, digits), &v))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!slice_eq_nocase_str(slice_trim(slice_skip(s, digits)), units[i].unit))
			continue;
		*bytes = v * units[i].factor;
		return v <= UINT64_MAX / 4 / units[i].factor;
	}
	return false;
}

static int read_memory(const struct service_config *c, uint64_t *bytes, struct err *err)
{
	const json_t *v = json_object_get(c->json, "memory");

	*bytes = S3_MEMORY;
	if (!v)
		return 0;
	if (json_is_integer(v) && json_integer_value(v) > 0)
		*bytes = (uint64_t)json_integer_value(v);
	else if (!json_is_string(v) || !read_size(json_string_value(v), bytes))
		return service_bad(c, err, "memory", "not a size: write a number of bytes, or \"512MiB\", \"2GiB\"");
	return 0;
}

static int read_keys(struct s3_fake *f, const struct service_config *c, struct err *err)
{
	json_t *keys = json_object_get(c->json, "keys"), *secret;
	const char *id;

	if (!keys)
		return 0;
	if (!json_is_object(keys))
		return service_bad(c, err, "keys", "not an object of access key ids and their secrets: {\"AKIA...\": \"secret\"}");
	json_object_foreach(keys, id, secret)
		if (!json_is_string(secret))
			return service_bad(c, err, "keys", "the secret of \"%s\" is not a string", id);
	f->keys = keys;
	return 0;
}

static void fake_free(void *state)
{
	struct s3_fake *f = state;

	if (!f)
		return;
	s3_store_release(&f->store);
	s3_hosts_release(&f->hosts);
	free(f);
}

static int fake_new(void **out, const struct service_config *c, struct err *err)
{
	struct s3_fake *f = calloc(1, sizeof(*f));
	const json_t *create = json_object_get(c->json, "create_buckets");
	uint64_t memory = 0;
	int r;

	*out = NULL;
	if (!f)
		return err_set(err, ERR_IO, "out of memory");
	f->create_buckets = !create || json_is_true(create);
	f->seed = c->seed;
	f->now_ns = c->now_ns;
	s3_hosts_init(&f->hosts, json_object_get(c->json, "at"));
	r = create && !json_is_boolean(create) ? service_bad(c, err, "create_buckets", "neither true nor false") : 0;
	if (!r)
		r = read_memory(c, &memory, err);
	s3_store_init(&f->store, memory, c->seed);
	if (!r)
		r = read_keys(f, c, err);
	if (!r)
		r = s3_seed(f, c, err);
	if (r)
		fake_free(f);
	else
		*out = f;
	return r;
}

/* ---- for the codec ---------------------------------------------------- */

void s3_fake_request_id(struct s3_fake *f, char id[17])
{
	snprintf(id, 17, "%016llX", (unsigned long long)s3_mix(f->seed ^ 0x5333, ++f->counter));
}

const struct s3_hosts *s3_fake_hosts(const struct s3_fake *f)
{
	return &f->hosts;
}

bool s3_fake_has_keys(const struct s3_fake *f)
{
	return f->keys != NULL;
}

const char *s3_fake_refuses(struct s3_fake *f, struct s3_auth *auth, const struct http_request *http, uint64_t now_ns, struct arena *a)
{
	if (!f->keys)
		return NULL;
	if (!s3_auth_read(http, a, auth))
		return "AuthorizationHeaderMalformed";
	return s3_auth_check(auth, http, f->keys, now_ns, a);
}

/* ---- what operations share -------------------------------------------- */

void s3_fail(struct s3_turn *t, const char *code, const char *message)
{
	t->reply->failed = true;
	t->reply->err = slice_str(code);
	t->r->code = slice_str(code);
	t->r->message = slice_str(message);
}

void s3_fail_full(struct s3_turn *t)
{
	const struct s3_store *s = &t->fake->store;

	s3_fail(t, "ServiceUnavailable",
		arena_printf(t->arena,
			     "seam: the object store holds %llu of at most %llu bytes: raise \"memory\" of service \"%.*s\" in the rule file",
			     (unsigned long long)s->used, (unsigned long long)s->max, SLICE_ARG(t->req->service))
			.ptr);
}

struct s3_bucket *s3_turn_bucket(struct s3_turn *t)
{
	struct s3_bucket *b = s3_bucket_find(&t->fake->store, t->o->bucket);

	if (!b)
		s3_fail(t, "NoSuchBucket", NULL);
	return b;
}

/* S3 User Guide, "General purpose bucket naming rules". */
static bool is_bucket_name(struct slice s)
{
	if (s.len < 3 || s.len > 63 || slice_find_slice(s, SLICE_LIT("..")) < s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool inner = i > 0 && i + 1 < s.len;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (inner && (c == '-' || c == '.'))))
			return false;
	}
	return true;
}

struct s3_bucket *s3_turn_bucket_to_write(struct s3_turn *t)
{
	struct s3_bucket *b = s3_bucket_find(&t->fake->store, t->o->bucket);
	struct slice region = t->conn->auth.region;

	if (b)
		return b;
	if (!t->fake->create_buckets && !slice_eq_str(t->req->op, "CreateBucket")) {
		s3_fail(t, "NoSuchBucket", NULL);
		return NULL;
	}
	if (!is_bucket_name(t->o->bucket)) {
		s3_fail(t, "InvalidBucketName", NULL);
		return NULL;
	}
	return s3_bucket_add(&t->fake->store, t->o->bucket, region, t->fake->now_ns());
}

bool s3_turn_body_is_bad(struct s3_turn *t)
{
	if (!t->conn->flaw)
		return false;
	s3_fail(t, t->conn->flaw, NULL);
	return true;
}

int s3_turn_put(struct s3_turn *t, struct s3_bucket *b, const struct s3_object *o)
{
	if (s3_object_put(&t->fake->store, b, o) == 0)
		return 0;
	s3_fail_full(t);
	return -1;
}

/* ---- the answer ------------------------------------------------------- */

static const struct {
	const char *op;
	s3_answer_fn *answer;
} operations[] = {
	{"PutObject", s3_put_object},
	{"GetObject", s3_get_object},
	{"HeadObject", s3_get_object},
	{"DeleteObject", s3_delete_object},
	{"DeleteObjects", s3_delete_objects},
	{"CopyObject", s3_copy_object},
	{"ListObjectsV2", s3_list_objects},
	{"ListObjects", s3_list_objects},
	{"ListBuckets", s3_list_buckets},
	{"CreateBucket", s3_create_bucket},
	{"HeadBucket", s3_head_bucket},
	{"DeleteBucket", s3_delete_bucket},
	{"GetBucketLocation", s3_bucket_location},
	{"CreateMultipartUpload", s3_create_upload},
	{"UploadPart", s3_upload_part},
	{"UploadPartCopy", s3_upload_part_copy},
	{"CompleteMultipartUpload", s3_complete_upload},
	{"AbortMultipartUpload", s3_abort_upload},
	{"ListParts", s3_list_parts},
};

static s3_answer_fn *find_operation(struct slice op)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (slice_eq_str(op, operations[i].op))
			return operations[i].answer;
	return NULL;
}

static const char *auth_message(const char *code, const struct s3_auth *auth)
{
	if (strcmp(code, "InvalidRequest") == 0 && !auth->other)
		return "Missing required header for this request: x-amz-content-sha256";
	if (auth->other)
		return "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
	return strcmp(code, "AccessDenied") == 0 && auth->presigned ? "Request has expired" : NULL;
}

static bool fake_answer(void *state, void *conn, struct request *req, struct reply *reply)
{
	struct s3_turn t = { .fake = state, .conn = conn, .req = req, .o = &req->object, .r = &reply->object, .reply = reply,
			     .arena = req->arena };
	s3_answer_fn *answer = find_operation(req->op);
	const char *refusal = t.conn->refusal;

	reply->by = BY_FAKE;
	reply->port = PORT_OBJECT;
	reply->object = (struct object_reply){0};
	if (refusal)
		s3_fail(&t, refusal, auth_message(refusal, &t.conn->auth));
	else if (!answer)
		s3_fail(&t, "NotImplemented",
			arena_printf(req->arena, "seam: the object store does not know %.*s; a rule on \"s3.%.*s\" can answer it",
				     SLICE_ARG(req->op), SLICE_ARG(req->op))
				.ptr);
	else if (!s3_turn_body_is_bad(&t))
		answer(&t);
	return true;
}

const struct fake s3_fake = {
	.new = fake_new,
	.free = fake_free,
	.answer = fake_answer,
};
