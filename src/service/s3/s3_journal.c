/*
 * s3_journal: how the store goes back. Every change is remembered with what it
 * replaced, so that a mark is a place in that list and costs nothing; going
 * back costs as much as what was changed since, whatever the store holds.
 */
#include <stdlib.h>

#include "service/s3/s3_store.h"

bool s3_journal_note(struct s3_store *s, const struct s3_change *c)
{
	if (!s->journaling)
		return false;
	if (s->nchanges == s->changes_cap) {
		s->changes_cap = s->changes_cap ? s->changes_cap * 2 : 64;
		s->journal = realloc(s->journal, s->changes_cap * sizeof(*s->journal));
		if (!s->journal)
			abort();
	}
	s->journal[s->nchanges++] = *c;
	return true;
}

/* What a change holds that nothing else does. */
static void forget(struct s3_store *s, struct s3_change *c)
{
	if ((c->kind == S3_PUT || c->kind == S3_DROP) && c->before)
		s3_object_free(c->before);
	else if (c->kind == S3_BUCKET_DROP)
		s3_bucket_free(s, c->bucket);
	else if (c->kind == S3_UPLOAD_DROP)
		s3_upload_free(s, c->upload);
	else if (c->kind == S3_PART && c->part.number)
		body_free(c->part.body);
}

void s3_journal_release(struct s3_store *s)
{
	while (s->nchanges)
		forget(s, &s->journal[--s->nchanges]);
	free(s->journal);
	s->journal = NULL;
	s->changes_cap = 0;
	s->journaling = false;
}

uint64_t s3_store_mark(struct s3_store *s)
{
	s->journaling = true;
	return s->nchanges;
}

static void undo_part(struct s3_store *s, const struct s3_change *c)
{
	struct s3_upload *u = c->upload;
	struct s3_part *now = s3_part_find(u, c->number);

	s->used -= now->size;
	body_free(now->body);
	if (c->part.number) {
		*now = c->part;
		s->used += now->size;
		return;
	}
	for (size_t i = (size_t)(now - u->parts); i + 1 < u->nparts; i++)
		u->parts[i] = u->parts[i + 1];
	u->nparts--;
}

static void undo(struct s3_store *s, const struct s3_change *c)
{
	switch (c->kind) {
	case S3_PUT:
		s->used -= c->now->size;
		if (c->before)
			s3_order_set(&c->bucket->objects, c->before->key, c->before);
		else
			s3_order_take(&c->bucket->objects, c->now->key);
		s3_object_free(c->now);
		s->used += c->before ? c->before->size : 0;
		break;
	case S3_DROP:
		s3_order_set(&c->bucket->objects, c->before->key, c->before);
		s->used += c->before->size;
		break;
	case S3_BUCKET_ADD:
		s3_order_take(&s->buckets, c->bucket->name);
		s3_bucket_free(s, c->bucket);
		break;
	case S3_BUCKET_DROP:
		s3_order_set(&s->buckets, c->bucket->name, c->bucket);
		break;
	case S3_UPLOAD_ADD:
		map_take(&c->bucket->uploads, slice_str(c->upload->id));
		s->used -= s3_upload_bytes(c->upload);
		s3_upload_free(s, c->upload);
		break;
	case S3_UPLOAD_DROP:
		map_set(&c->bucket->uploads, slice_str(c->upload->id), c->upload);
		s->used += s3_upload_bytes(c->upload);
		break;
	case S3_PART:
		undo_part(s, c);
		break;
	}
}

int s3_store_restore(struct s3_store *s, uint64_t mark)
{
	if (!s->journaling || mark > s->nchanges)
		return -1;
	while (s->nchanges > mark) {
		struct s3_change c = s->journal[--s->nchanges];
		undo(s, &c);
	}
	return 0;
}

/* The oldest change of each key tells what the mark knew; putting that back is a change like any other. */
int s3_store_restore_part(struct s3_store *s, uint64_t mark, struct slice bucket, struct slice prefix)
{
	struct map done;
	size_t end = s->nchanges;

	if (!s->journaling || mark > s->nchanges)
		return -1;
	map_init(&done);
	for (size_t i = (size_t)mark; i < end; i++) {
		struct s3_change c = s->journal[i];
		const struct s3_object *o = c.before ? c.before : c.now;
		if ((c.kind != S3_PUT && c.kind != S3_DROP) || !slice_has_prefix(o->key, prefix))
			continue;
		if (bucket.len && !slice_eq(bucket, c.bucket->name))
			continue;
		struct buf name;
		buf_init(&name, 64 * 1024);
		buf_add_slice(&name, c.bucket->name);
		buf_add_char(&name, '/');
		buf_add_slice(&name, o->key);
		bool first = !map_get(&done, buf_slice(&name));
		map_set(&done, buf_slice(&name), s);
		buf_release(&name);
		struct s3_bucket *b = s3_bucket_find(s, c.bucket->name);
		if (!first || !b)
			continue;
		if (c.before)
			s3_object_put(s, b, c.before);
		else
			s3_object_drop(s, b, o->key);
	}
	map_release(&done);
	return 0;
}
