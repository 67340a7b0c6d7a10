/* s3_answer_upload: multipart uploads (S3 User Guide, "Uploading and copying
 * objects using multipart upload"). */
#include <openssl/evp.h>
#include <stdio.h>

#include "codec/http/http_date.h"
#include "service/s3/s3_fake.h"
#include "service/s3/s3_request.h"
#include "service/s3/s3_xml.h"

static struct s3_upload *find_upload(struct s3_turn *t, struct s3_bucket **b)
{
	struct s3_upload *u;

	*b = s3_turn_bucket(t);
	if (!*b)
		return NULL;
	u = s3_upload_find(*b, t->o->upload_id);
	if (!u || !slice_eq(u->object->key, t->o->key)) {
		s3_fail(t, "NoSuchUpload", NULL);
		return NULL;
	}
	return u;
}

void s3_create_upload(struct s3_turn *t)
{
	struct s3_bucket *b = s3_turn_bucket_to_write(t);
	struct s3_object o;

	if (!b || !s3_object_from_request(t, &o))
		return;
	t->r->upload_id = slice_str(s3_upload_add(&t->fake->store, b, &o)->id);
}

static bool part_is_bad(struct s3_turn *t)
{
	if (t->o->part >= 1 && t->o->part <= S3_PARTS_MAX)
		return false;
	s3_fail(t, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
	return true;
}

static void keep_part(struct s3_turn *t, struct s3_upload *u, struct s3_part *part)
{
	part->number = t->o->part;
	part->modified_ns = t->fake->now_ns();
	part->size = body_size(part->body);
	if (part->size > S3_PUT_MAX) {
		s3_fail(t, "EntityTooLarge", NULL);
		return;
	}
	if (s3_part_put(&t->fake->store, u, part) < 0) {
		s3_fail_full(t);
		return;
	}
	t->r->etag = arena_slice(t->arena, slice_str(part->etag));
	t->r->last_modified = http_date(part->modified_ns, t->arena);
}

void s3_upload_part(struct s3_turn *t)
{
	const struct s3_sums *sums = &t->conn->sums;
	struct s3_bucket *b;
	struct s3_upload *u = part_is_bad(t) ? NULL : find_upload(t, &b);
	struct s3_part part = { .body = t->o->body };

	if (!u)
		return;
	memcpy(part.etag, sums->etag, sizeof(sums->etag));
	memcpy(part.md5, sums->md5, sizeof(part.md5));
	keep_part(t, u, &part);
	if (!t->reply->failed && sums->checksum_text.len)
		headers_add(&t->r->headers, t->arena, slice_str(s3_checksum_header(sums->checksum)), sums->checksum_text);
}

void s3_upload_part_copy(struct s3_turn *t)
{
	struct slice range = s3_header(t->o->http, "x-amz-copy-source-range");
	struct s3_object *from = part_is_bad(t) ? NULL : s3_turn_source(t);
	struct s3_bucket *b;
	struct s3_upload *u = from ? find_upload(t, &b) : NULL;
	struct s3_digest digest;
	struct s3_sums sums;
	uint64_t first = 0, last = 0;

	if (!u)
		return;
	struct slice bytes = body_slice(from->body);
	if (range.len) {
		if (s3_range(range, from->size, &first, &last) <= 0) {
			s3_fail(t, "InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last");
			return;
		}
		bytes = slice_take(slice_skip(bytes, (size_t)first), (size_t)(last - first + 1));
	}
	struct s3_part part = { .body = range.len ? body_of(bytes) : body_ref(from->body) };
	s3_digest_begin(&digest, false, S3_CHECKSUM_NONE);
	s3_digest_add(&digest, bytes);
	s3_digest_end(&digest, t->arena, &sums);
	memcpy(part.etag, sums.etag, sizeof(sums.etag));
	memcpy(part.md5, sums.md5, sizeof(part.md5));
	keep_part(t, u, &part);
	body_free(part.body);
}

/* The parts that the client lists, in its order, each known and large enough;
 * NULL with an error. */
static struct s3_part **chosen_parts(struct s3_turn *t, const struct s3_upload *u)
{
	const struct object_request *o = t->o;
	struct s3_part **parts = ARENA_ARRAY(t->arena, struct s3_part *, o->nparts + 1);

	for (size_t i = 1; i < o->nparts; i++) {
		if (o->parts[i].number <= o->parts[i - 1].number) {
			s3_fail(t, "InvalidPartOrder", NULL);
			return NULL;
		}
	}
	for (size_t i = 0; i < o->nparts; i++) {
		parts[i] = s3_part_find(u, o->parts[i].number);
		bool small = parts[i] && i + 1 < o->nparts && parts[i]->size < S3_PART_MIN;
		if (small || !parts[i] || !slice_eq_str(o->parts[i].etag, parts[i]->etag)) {
			s3_fail(t, small ? "EntityTooSmall" : "InvalidPart", NULL);
			return NULL;
		}
	}
	return parts;
}

/* MD5 over the MD5s of the parts, '-', how many. */
static void multipart_etag(struct s3_part **parts, size_t n, char etag[S3_ETAG_MAX])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sum[16];
	size_t at = 0;

	EVP_DigestInit_ex(ctx, EVP_md5(), NULL);
	for (size_t i = 0; i < n; i++)
		EVP_DigestUpdate(ctx, parts[i]->md5, sizeof(parts[i]->md5));
	EVP_DigestFinal_ex(ctx, sum, NULL);
	EVP_MD_CTX_free(ctx);
	for (size_t i = 0; i < sizeof(sum); i++)
		at += (size_t)snprintf(etag + at, S3_ETAG_MAX - at, "%02x", sum[i]);
	snprintf(etag + at, S3_ETAG_MAX - at, "-%zu", n);
}

void s3_complete_upload(struct s3_turn *t)
{
	struct s3_bucket *b;
	struct s3_upload *u = find_upload(t, &b);
	struct s3_part **parts = u ? chosen_parts(t, u) : NULL;
	bool stored = true;

	if (!parts || s3_turn_condition(t, "", s3_object_find(b, t->o->key), false))
		return;
	struct s3_object o = *u->object;
	o.modified_ns = t->fake->now_ns();
	o.body = body_new();
	for (size_t i = 0; i < t->o->nparts && stored; i++)
		stored = body_append(o.body, body_slice(parts[i]->body)) == 0;
	o.size = body_size(o.body);
	multipart_etag(parts, t->o->nparts, o.etag);
	if (!stored)
		s3_fail(t, "InternalError", "seam: the object could not be stored: no room in the run directory");
	else if (s3_upload_finish(&t->fake->store, b, u, &o) < 0)
		s3_fail_full(t);
	else
		t->r->etag = arena_slice(t->arena, slice_str(o.etag));
	body_free(o.body);
}

void s3_abort_upload(struct s3_turn *t)
{
	struct s3_bucket *b;
	struct s3_upload *u = find_upload(t, &b);

	if (u)
		s3_upload_drop(&t->fake->store, b, u);
}

void s3_list_parts(struct s3_turn *t)
{
	struct slice asked = s3_query(t->o->http, "max-parts", t->arena), marker = s3_query(t->o->http, "part-number-marker", t->arena);
	uint64_t max = 1000, after = 0;
	struct s3_bucket *b;
	struct s3_upload *u = find_upload(t, &b);

	if (!u)
		return;
	if ((asked.len && !slice_to_u64(asked, &max)) || (marker.len && !slice_to_u64(marker, &after))) {
		s3_fail(t, "InvalidArgument", "max-parts and part-number-marker must be numbers");
		return;
	}
	if (max > 1000)
		max = 1000;
	t->r->entries = ARENA_ARRAY(t->arena, struct object_entry, u->nparts + 1);
	for (size_t i = 0; i < u->nparts; i++) {
		const struct s3_part *p = &u->parts[i];
		if ((uint64_t)p->number <= after)
			continue;
		if (t->r->nentries == max) {
			t->r->truncated = true;
			break;
		}
		t->r->entries[t->r->nentries++] = (struct object_entry){
			.part = p->number,
			.etag = slice_str(p->etag),
			.size = p->size,
			.last_modified = http_date_iso(p->modified_ns, t->arena),
		};
	}
	if (t->r->truncated && t->r->nentries)
		t->r->next_token = arena_printf(t->arena, "%d", t->r->entries[t->r->nentries - 1].part);
}
