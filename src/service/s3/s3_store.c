/* s3_store: owns every bucket and object. One allocation an object: the struct
 * with its strings behind it. Out of memory ends the host, as in an arena. */
#include "service/s3/s3_store.h"

#include <stdio.h>
#include <stdlib.h>

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

void s3_store_init(struct s3_store *s, uint64_t max, uint64_t seed)
{
	*s = (struct s3_store){ .max = max, .seed = seed };
	s3_order_init(&s->buckets);
}

/* splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators"): the finaliser. */
uint64_t s3_mix(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + n * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* ---- objects ---------------------------------------------------------- */

static size_t headers_bytes(const struct headers *h)
{
	size_t n = h->count * sizeof(struct header);

	for (size_t i = 0; i < h->count; i++)
		n += h->list[i].name.len + h->list[i].value.len;
	return n;
}

static struct slice pack(char **at, struct slice s)
{
	struct slice copy = { *at, s.len };

	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return copy;
}

static void pack_headers(struct header *list, char **at, struct headers *h)
{
	for (size_t i = 0; i < h->count; i++)
		list[i] = (struct header){ pack(at, h->list[i].name), pack(at, h->list[i].value) };
	h->list = list;
	h->cap = h->count;
}

static struct s3_object *object_copy(const struct s3_object *o)
{
	size_t size = sizeof(*o) + headers_bytes(&o->fields) + headers_bytes(&o->meta) + o->key.len + o->content_type.len +
		      o->checksum_text.len;
	struct s3_object *copy = must(malloc(size));
	struct header *lists = (struct header *)(copy + 1);
	char *at = (char *)(lists + o->fields.count + o->meta.count);

	*copy = *o;
	pack_headers(lists, &at, &copy->fields);
	pack_headers(lists + o->fields.count, &at, &copy->meta);
	copy->key = pack(&at, o->key);
	copy->content_type = pack(&at, o->content_type);
	copy->checksum_text = pack(&at, o->checksum_text);
	copy->body = body_ref(o->body);
	return copy;
}

void s3_object_free(struct s3_object *o)
{
	body_free(o->body);
	free(o);
}

struct s3_object *s3_object_find(const struct s3_bucket *b, struct slice key)
{
	return s3_order_get(&b->objects, key);
}

int s3_object_put(struct s3_store *s, struct s3_bucket *b, const struct s3_object *o)
{
	const struct s3_object *former = s3_object_find(b, o->key);
	uint64_t freed = former ? former->size : 0;

	if (s->used - freed + o->size > s->max)
		return -1;
	s->used = s->used - freed + o->size;
	struct s3_object *copy = object_copy(o);
	struct s3_object *old = s3_order_set(&b->objects, copy->key, copy);
	if (!s3_journal_note(s, &(struct s3_change){ .kind = S3_PUT, .bucket = b, .now = copy, .before = old }) && old)
		s3_object_free(old);
	return 0;
}

bool s3_object_drop(struct s3_store *s, struct s3_bucket *b, struct slice key)
{
	struct s3_object *o = s3_order_take(&b->objects, key);

	if (!o)
		return false;
	s->used -= o->size;
	if (!s3_journal_note(s, &(struct s3_change){ .kind = S3_DROP, .bucket = b, .before = o }))
		s3_object_free(o);
	return true;
}

/* ---- uploads ---------------------------------------------------------- */

struct s3_upload *s3_upload_add(struct s3_store *s, struct s3_bucket *b, const struct s3_object *o)
{
	struct s3_upload *u = must(calloc(1, sizeof(*u)));
	uint64_t n = ++s->counter;

	snprintf(u->id, sizeof(u->id), "%016llx%016llx", (unsigned long long)s3_mix(s->seed, 2 * n),
		 (unsigned long long)s3_mix(s->seed, 2 * n + 1));
	u->object = object_copy(o);
	map_set(&b->uploads, slice_str(u->id), u);
	s3_journal_note(s, &(struct s3_change){ .kind = S3_UPLOAD_ADD, .bucket = b, .upload = u });
	return u;
}

struct s3_upload *s3_upload_find(const struct s3_bucket *b, struct slice id)
{
	return map_get(&b->uploads, id);
}

struct s3_part *s3_part_find(const struct s3_upload *u, int number)
{
	for (size_t i = 0; i < u->nparts; i++)
		if (u->parts[i].number == number)
			return &u->parts[i];
	return NULL;
}

int s3_part_put(struct s3_store *s, struct s3_upload *u, const struct s3_part *part)
{
	struct s3_part *old = s3_part_find(u, part->number);
	uint64_t freed = old ? old->size : 0;
	size_t i = u->nparts;

	if (s->used - freed + part->size > s->max)
		return -1;
	s->used = s->used - freed + part->size;
	struct s3_change change = { .kind = S3_PART, .upload = u, .number = part->number };
	if (old)
		change.part = *old;
	bool noted = s3_journal_note(s, &change);
	if (old) {
		if (!noted)
			body_free(old->body);
		*old = *part;
		old->body = body_ref(part->body);
		return 0;
	}
	if (u->nparts == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 8;
		u->parts = must(realloc(u->parts, u->cap * sizeof(*u->parts)));
	}
	/* Parts come in any order, mostly in the right one. */
	for (; i > 0 && u->parts[i - 1].number > part->number; i--)
		u->parts[i] = u->parts[i - 1];
	u->parts[i] = *part;
	u->parts[i].body = body_ref(part->body);
	u->nparts++;
	return 0;
}

uint64_t s3_upload_bytes(const struct s3_upload *u)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < u->nparts; i++)
		sum += u->parts[i].size;
	return sum;
}

/* Its bytes are no longer the store's. */
void s3_upload_free(struct s3_store *s, struct s3_upload *u)
{
	(void)s;
	for (size_t i = 0; i < u->nparts; i++)
		body_free(u->parts[i].body);
	free(u->parts);
	s3_object_free(u->object);
	free(u);
}

int s3_upload_finish(struct s3_store *s, struct s3_bucket *b, struct s3_upload *u, const struct s3_object *o)
{
	const struct s3_object *former = s3_object_find(b, o->key);
	uint64_t parts = s3_upload_bytes(u), freed = (former ? former->size : 0) + parts;

	/* The parts make way for the whole, so they are no obstacle to it. */
	if (s->used - freed + o->size > s->max)
		return -1;
	s->used -= parts;
	s3_object_put(s, b, o);
	s->used += parts;
	s3_upload_drop(s, b, u);
	return 0;
}

void s3_upload_drop(struct s3_store *s, struct s3_bucket *b, struct s3_upload *u)
{
	map_take(&b->uploads, slice_str(u->id));
	s->used -= s3_upload_bytes(u);
	if (!s3_journal_note(s, &(struct s3_change){ .kind = S3_UPLOAD_DROP, .bucket = b, .upload = u }))
		s3_upload_free(s, u);
}

/* ---- buckets ---------------------------------------------------------- */

struct s3_bucket *s3_bucket_find(const struct s3_store *s, struct slice name)
{
	return s3_order_get(&s->buckets, name);
}

struct s3_bucket *s3_bucket_add(struct s3_store *s, struct slice name, struct slice region, uint64_t now_ns)
{
	struct s3_bucket *b = must(malloc(sizeof(*b) + name.len + region.len));
	char *at = (char *)(b + 1);

	*b = (struct s3_bucket){ .created_ns = now_ns };
	b->name = pack(&at, name);
	b->region = pack(&at, region);
	s3_order_init(&b->objects);
	map_init(&b->uploads);
	s3_order_set(&s->buckets, b->name, b);
	s3_journal_note(s, &(struct s3_change){ .kind = S3_BUCKET_ADD, .bucket = b });
	return b;
}

void s3_bucket_free(struct s3_store *s, struct s3_bucket *b)
{
	struct s3_place at = {0};
	struct s3_object *o;
	struct map_entry *e;

	while ((o = s3_order_next(&b->objects, &at, NULL))) {
		s->used -= o->size;
		s3_object_free(o);
	}
	for (size_t i = 0; (e = map_next(&b->uploads, &i));) {
		s->used -= s3_upload_bytes(e->value);
		s3_upload_free(s, e->value);
	}
	s3_order_release(&b->objects);
	map_release(&b->uploads);
	free(b);
}

void s3_bucket_drop(struct s3_store *s, struct s3_bucket *b)
{
	s3_order_take(&s->buckets, b->name);
	if (!s->journaling) {
		s3_bucket_free(s, b);
		return;
	}
	/* unfinished uploads go with it, each for itself, so that each comes back */
	struct map_entry *e;
	for (size_t i = 0; (e = map_next(&b->uploads, &i)); i = 0)
		s3_upload_drop(s, b, e->value);
	s3_journal_note(s, &(struct s3_change){ .kind = S3_BUCKET_DROP, .bucket = b });
}

void s3_store_release(struct s3_store *s)
{
	struct s3_place at = {0};
	struct s3_bucket *b;

	s3_journal_release(s);
	while ((b = s3_order_next(&s->buckets, &at, NULL)))
		s3_bucket_free(s, b);
	s3_order_release(&s->buckets);
}
