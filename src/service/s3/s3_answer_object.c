/* s3_answer_object: operations on one object, and DeleteObjects. */
#include "codec/http/http_date.h"
#include "service/s3/s3_fake.h"
#include "service/s3/s3_request.h"
#include "service/s3/s3_xml.h"

/* ---- writing ---------------------------------------------------------- */

/* Headers of an upload that a download gives back. */
static const char *const kept[] = {
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
	"x-amz-storage-class", "x-amz-website-redirect-location", NULL,
};

/* "aws-chunked" is how the body came, not what it is. */
static struct slice without_aws_chunked(struct slice v, struct arena *a)
{
	struct slice out = SLICE_NONE;

	while (v.ptr) {
		struct slice one = slice_trim(slice_split(&v, ','));
		if (!one.len || slice_eq_nocase_str(one, "aws-chunked"))
			continue;
		out = out.len ? arena_printf(a, "%.*s,%.*s", SLICE_ARG(out), SLICE_ARG(one)) : one;
	}
	return out;
}

static bool meta_fits(const struct headers *meta)
{
	size_t n = 0;

	for (size_t i = 0; i < meta->count; i++)
		n += meta->list[i].name.len + meta->list[i].value.len;
	return n <= S3_META_MAX;
}

static void read_fields(struct s3_turn *t, struct s3_object *o)
{
	for (size_t i = 0; kept[i]; i++) {
		struct slice v = s3_header(t->o->http, kept[i]);
		if (slice_eq_nocase_str(slice_str(kept[i]), "content-encoding"))
			v = without_aws_chunked(v, t->arena);
		/* STANDARD is what no storage class means. */
		if (v.len && !slice_eq_str(v, "STANDARD"))
			headers_add(&o->fields, t->arena, slice_str(kept[i]), v);
	}
}

bool s3_object_from_request(struct s3_turn *t, struct s3_object *o)
{
	const char *code = t->o->key.len > S3_KEY_MAX ? "KeyTooLongError" : !meta_fits(&t->o->meta) ? "MetadataTooLarge" : NULL;

	if (code) {
		s3_fail(t, code, NULL);
		return false;
	}
	*o = (struct s3_object){
		.key = t->o->key,
		.modified_ns = t->fake->now_ns(),
		.content_type = t->o->content_type.len ? t->o->content_type : SLICE_LIT("binary/octet-stream"),
		.meta = t->o->meta,
	};
	for (size_t i = 0; i < o->meta.count; i++) { /* S3 stores the names in lower case */
		struct slice *name = &o->meta.list[i].name;
		char *lower = arena_alloc(t->arena, name->len + 1);
		for (size_t k = 0; k < name->len; k++)
			lower[k] = name->ptr[k] >= 'A' && name->ptr[k] <= 'Z' ? (char)(name->ptr[k] | 0x20) : name->ptr[k];
		lower[name->len] = '\0';
		name->ptr = lower;
	}
	read_fields(t, o);
	return true;
}

static void add_checksum(struct s3_turn *t, enum s3_checksum checksum, struct slice text)
{
	if (checksum != S3_CHECKSUM_NONE && text.len)
		headers_add(&t->r->headers, t->arena, slice_str(s3_checksum_header(checksum)), text);
}

void s3_put_object(struct s3_turn *t)
{
	const struct s3_sums *sums = &t->conn->sums;
	struct s3_bucket *b = s3_turn_bucket_to_write(t);
	struct s3_object o;

	if (!b || s3_turn_condition(t, "", s3_object_find(b, t->o->key), false) || !s3_object_from_request(t, &o))
		return;
	if (body_size(t->o->body) > S3_PUT_MAX) {
		s3_fail(t, "EntityTooLarge", NULL);
		return;
	}
	memcpy(o.etag, sums->etag, sizeof(sums->etag));
	o.size = body_size(t->o->body);
	o.body = t->o->body;
	o.checksum = sums->checksum;
	o.checksum_text = sums->checksum_text;
	if (s3_turn_put(t, b, &o) < 0)
		return;
	t->r->etag = arena_slice(t->arena, slice_str(o.etag));
	add_checksum(t, o.checksum, o.checksum_text);
}

/* ---- reading ---------------------------------------------------------- */

/* response-content-type=... and so on: what a presigned link may ask for. */
static void override_headers(struct s3_turn *t)
{
	static const struct {
		const char *query, *header;
	} overrides[] = {
		{"response-cache-control", "Cache-Control"},
		{"response-content-disposition", "Content-Disposition"},
		{"response-content-encoding", "Content-Encoding"},
		{"response-content-language", "Content-Language"},
		{"response-content-type", "Content-Type"},
		{"response-expires", "Expires"},
	};

	for (size_t i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
		struct slice v = s3_query(t->o->http, overrides[i].query, t->arena);
		if (v.len)
			headers_add(&t->r->headers, t->arena, slice_str(overrides[i].header), v);
	}
}

/* The bytes of a range as a body of their own. */
static struct body *part_of(struct body *whole, uint64_t first, uint64_t last)
{
	return body_of(slice_take(slice_skip(body_slice(whole), (size_t)first), (size_t)(last - first + 1)));
}

static void fill_body(struct s3_turn *t, const struct s3_object *o)
{
	struct object_reply *r = t->r;
	bool head = slice_eq_str(t->req->op, "HeadObject");
	int ranged = s3_range(t->o->range, o->size, &r->range_first, &r->range_last);

	if (ranged < 0) {
		s3_fail(t, "InvalidRange", NULL);
		headers_add(&r->headers, t->arena, SLICE_LIT("Content-Range"),
			    arena_printf(t->arena, "bytes */%llu", (unsigned long long)o->size));
		return;
	}
	r->size = o->size;
	r->ranged = ranged > 0;
	if (!r->ranged && slice_eq_nocase_str(s3_header(t->o->http, "x-amz-checksum-mode"), "ENABLED"))
		add_checksum(t, o->checksum, o->checksum_text);
	if (head)
		return;
	r->body = r->ranged ? part_of(o->body, r->range_first, r->range_last) : body_ref(o->body);
}

void s3_get_object(struct s3_turn *t)
{
	struct slice version = s3_query(t->o->http, "versionId", t->arena);
	struct s3_bucket *b = s3_turn_bucket(t);
	struct s3_object *o = b ? s3_object_find(b, t->o->key) : NULL;

	if (!b)
		return;
	if (!o || (version.len && !slice_eq_str(version, "null"))) {
		s3_fail(t, o ? "NoSuchVersion" : "NoSuchKey", NULL);
		return;
	}
	if (s3_query(t->o->http, "partNumber", t->arena).len) {
		s3_fail(t, "NotImplemented", "seam: GetObject by partNumber is not known; ask for a range");
		return;
	}
	if (s3_turn_condition(t, "", o, true))
		return;
	t->r->etag = slice_str(o->etag);
	t->r->content_type = o->content_type;
	t->r->last_modified = http_date(o->modified_ns, t->arena);
	t->r->meta = o->meta;
	for (size_t i = 0; i < o->fields.count; i++)
		headers_add(&t->r->headers, t->arena, o->fields.list[i].name, o->fields.list[i].value);
	override_headers(t);
	fill_body(t, o);
}

/* ---- deleting --------------------------------------------------------- */

void s3_delete_object(struct s3_turn *t)
{
	struct s3_bucket *b = s3_turn_bucket(t);

	/* Deleting what is not there is success. */
	if (b)
		s3_object_drop(&t->fake->store, b, t->o->key);
}

void s3_delete_objects(struct s3_turn *t)
{
	struct s3_bucket *b = s3_turn_bucket(t);

	if (!b)
		return;
	t->r->entries = ARENA_ARRAY(t->arena, struct object_entry, t->o->nkeys + 1);
	for (size_t i = 0; i < t->o->nkeys; i++) {
		s3_object_drop(&t->fake->store, b, t->o->keys[i]);
		t->r->entries[t->r->nentries++] = (struct object_entry){ .key = t->o->keys[i] };
	}
}

/* ---- copying ---------------------------------------------------------- */

struct s3_object *s3_turn_source(struct s3_turn *t)
{
	struct slice key = t->o->copy_source, bucket = slice_split(&key, '/');
	struct s3_bucket *b = s3_bucket_find(&t->fake->store, bucket);
	struct s3_object *o = b && key.len ? s3_object_find(b, key) : NULL;

	if (!b || !o) {
		s3_fail(t, b ? "NoSuchKey" : "NoSuchBucket", NULL);
		return NULL;
	}
	return s3_turn_condition(t, "x-amz-copy-source-", o, true) ? NULL : o;
}

void s3_copy_object(struct s3_turn *t)
{
	bool replace = slice_eq_nocase_str(s3_header(t->o->http, "x-amz-metadata-directive"), "REPLACE");
	struct s3_object *from = s3_turn_source(t), o;
	struct s3_bucket *b = from ? s3_turn_bucket_to_write(t) : NULL;

	if (!b || !s3_object_from_request(t, &o))
		return;
	if (!replace && from == s3_object_find(b, t->o->key)) {
		s3_fail(t, "InvalidRequest",
			"This copy request is illegal because it is trying to copy an object to itself without changing the object's "
			"metadata, storage class, website redirect location or encryption attributes.");
		return;
	}
	if (!replace) {
		o.content_type = from->content_type;
		o.fields = from->fields;
		o.meta = from->meta;
	}
	memcpy(o.etag, from->etag, sizeof(o.etag));
	o.size = from->size;
	o.body = from->body;
	o.checksum = from->checksum;
	o.checksum_text = from->checksum_text;
	if (s3_turn_put(t, b, &o) < 0)
		return;
	t->r->etag = arena_slice(t->arena, slice_str(o.etag));
	t->r->last_modified = http_date(o.modified_ns, t->arena);
}
