/* s3_answer_bucket: operations on buckets. */
#include "codec/http/http_date.h"
#include "service/s3/s3_fake.h"
#include "service/s3/s3_xml.h"

static struct slice region_of(const struct s3_bucket *b)
{
	return b->region.len ? b->region : SLICE_LIT("us-east-1");
}

static void add_region(struct s3_turn *t, const struct s3_bucket *b)
{
	headers_add(&t->r->headers, t->arena, SLICE_LIT("x-amz-bucket-region"), region_of(b));
}

void s3_list_buckets(struct s3_turn *t)
{
	const struct s3_order *buckets = &t->fake->store.buckets;
	struct s3_place at = {0};
	struct s3_bucket *b;

	t->r->entries = ARENA_ARRAY(t->arena, struct object_entry, buckets->count + 1);
	while ((b = s3_order_next(buckets, &at, NULL)))
		t->r->entries[t->r->nentries++] = (struct object_entry){
			.key = b->name,
			.last_modified = http_date_iso(b->created_ns, t->arena),
		};
}

void s3_create_bucket(struct s3_turn *t)
{
	struct s3_bucket *b = s3_bucket_find(&t->fake->store, t->o->bucket);
	struct slice asked = SLICE_NONE, xml = body_slice(t->o->body);

	if (xml.len && !s3_xml_text(xml, "LocationConstraint", t->arena, &asked)) {
		s3_fail(t, "MalformedXML", NULL);
		return;
	}
	/* us-east-1 alone lets the owner create a bucket again. */
	if (b && !slice_eq_str(region_of(b), "us-east-1")) {
		s3_fail(t, "BucketAlreadyOwnedByYou", NULL);
		return;
	}
	if (!b) {
		if (asked.len)
			t->conn->auth.region = asked;
		b = s3_turn_bucket_to_write(t);
	}
	if (b)
		headers_add(&t->r->headers, t->arena, SLICE_LIT("Location"), arena_printf(t->arena, "/%.*s", SLICE_ARG(b->name)));
}

void s3_head_bucket(struct s3_turn *t)
{
	struct s3_bucket *b = s3_turn_bucket(t);

	if (!b)
		return;
	add_region(t, b);
	t->r->content_type = SLICE_LIT("application/xml");
}

void s3_bucket_location(struct s3_turn *t)
{
	struct s3_bucket *b = s3_turn_bucket(t);

	if (b)
		add_region(t, b);
}

void s3_delete_bucket(struct s3_turn *t)
{
	struct s3_bucket *b = s3_turn_bucket(t);

	if (!b)
		return;
	if (b->objects.count)
		s3_fail(t, "BucketNotEmpty", NULL);
	else
		s3_bucket_drop(&t->fake->store, b);
}
