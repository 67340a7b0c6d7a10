/*
 * s3_answer_list: ListObjects in both versions. Keys that share a prefix up to
 * the delimiter are rolled up, and skipped by one seek however many they are.
 */
#include "codec/http/http_date.h"
#include "service/s3/s3_fake.h"
#include "service/s3/s3_request.h"

#define LIST_MAX 1000 /* keys and prefixes in one answer, whatever was asked */

/* A token is the last thing that was listed, in hex: opaque, and free of
 * state. */
static struct slice make_token(struct slice last, struct arena *a)
{
	struct buf b;

	buf_init(&b, 4 * S3_KEY_MAX);
	buf_add_hex(&b, last.ptr, last.len);
	struct slice s = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return s;
}

static bool read_token(struct slice token, struct arena *a, struct slice *last)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(a, token.len / 2 + 1);

	if (token.len % 2)
		return false;
	for (size_t i = 0; i < token.len; i += 2) {
		const char *hi = token.ptr[i] ? strchr(digits, token.ptr[i]) : NULL;
		const char *lo = token.ptr[i + 1] ? strchr(digits, token.ptr[i + 1]) : NULL;
		if (!hi || !lo)
			return false;
		out[i / 2] = (char)((hi - digits) << 4 | (lo - digits));
	}
	*last = slice_of(out, token.len / 2);
	return true;
}

/* The first string above all that begin with `prefix`: its last byte that is
 * not 0xff counted up. Empty: there is none. */
static struct slice after_prefix(struct slice prefix, struct arena *a)
{
	while (prefix.len && (unsigned char)prefix.ptr[prefix.len - 1] == 0xff)
		prefix.len--;
	if (!prefix.len)
		return SLICE_NONE;
	char *next = arena_alloc(a, prefix.len);
	memcpy(next, prefix.ptr, prefix.len);
	next[prefix.len - 1]++;
	return slice_of(next, prefix.len);
}

/* The part of the key up to the first delimiter behind the prefix; empty:
 * there is none. */
static struct slice rolled_up(struct slice key, const struct object_request *o)
{
	struct slice rest = slice_skip(key, o->prefix.len);
	size_t at = o->delimiter.len ? slice_find_slice(rest, o->delimiter) : rest.len;

	return at < rest.len ? slice_take(key, o->prefix.len + at + o->delimiter.len) : SLICE_NONE;
}

static struct s3_place first_place(struct s3_turn *t, const struct s3_bucket *b, struct slice after)
{
	const struct object_request *o = t->o;

	if (!after.len || slice_cmp(after, o->prefix) < 0)
		return s3_order_seek(&b->objects, o->prefix, false);
	/* What was last listed may have been a rolled-up prefix: go beyond all of it. */
	if (o->delimiter.len && slice_has_suffix(after, o->delimiter) && slice_has_prefix(after, o->prefix)) {
		struct slice beyond = after_prefix(after, t->arena);
		return beyond.len ? s3_order_seek(&b->objects, beyond, false) : (struct s3_place){ b->objects.nleaves, 0 };
	}
	return s3_order_seek(&b->objects, after, true);
}

static void list(struct s3_turn *t, const struct s3_bucket *b, struct slice after, size_t max)
{
	struct s3_place at = first_place(t, b, after);
	struct object_reply *r = t->r;
	struct slice last = SLICE_NONE;
	struct s3_object *o;

	r->entries = ARENA_ARRAY(t->arena, struct object_entry, max + 1);
	r->prefixes = ARENA_ARRAY(t->arena, struct slice, max + 1);
	while ((o = s3_order_next(&b->objects, &at, NULL)) && slice_has_prefix(o->key, t->o->prefix)) {
		struct slice roll = rolled_up(o->key, t->o);
		if (r->nentries + r->nprefixes == max) {
			r->truncated = max > 0;
			break;
		}
		last = roll.len ? roll : o->key;
		if (roll.len) {
			struct slice beyond = after_prefix(roll, t->arena);
			r->prefixes[r->nprefixes++] = roll;
			at = beyond.len ? s3_order_seek(&b->objects, beyond, false) : (struct s3_place){ b->objects.nleaves, 0 };
			continue;
		}
		r->entries[r->nentries++] = (struct object_entry){
			.key = o->key,
			.etag = slice_str(o->etag),
			.last_modified = http_date_iso(o->modified_ns / 1000000000u * 1000000000u, t->arena),
			.size = o->size,
		};
	}
	if (!r->truncated)
		return;
	if (slice_eq_str(t->req->op, "ListObjectsV2"))
		r->next_token = make_token(last, t->arena);
	else if (t->o->delimiter.len) /* without a delimiter the last key is the marker */
		r->next_token = last;
}

void s3_list_objects(struct s3_turn *t)
{
	struct slice asked = s3_query(t->o->http, "max-keys", t->arena), after = t->o->start_after;
	struct s3_bucket *b = s3_turn_bucket(t);

	if (!b)
		return;
	if (asked.len && t->o->max_keys < 0) {
		s3_fail(t, "InvalidArgument", "Provided max-keys not an integer or within integer range");
		return;
	}
	if (t->o->token.len && !read_token(t->o->token, t->arena, &after)) {
		s3_fail(t, "InvalidArgument", "The continuation token provided is incorrect");
		return;
	}
	list(t, b, after, t->o->max_keys < 0 || t->o->max_keys > LIST_MAX ? LIST_MAX : (size_t)t->o->max_keys);
}
