/*
 * s3_state: the object store as sessions, `seam state` and expectations see
 * it: looking, going back, more seed, and a copy that another host can take.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "service/s3/s3_fake.h"

#define STATE_MAX ((size_t)4 << 30) /* bytes of a saved store */

static json_t *text(struct slice s)
{
	json_t *v = json_stringn(s.ptr ? s.ptr : "", s.len);

	return v ? v : json_string("?"); /* not UTF-8: a name that S3 itself would refuse */
}

static struct slice member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return slice_of(json_string_value(v), json_string_length(v));
}

/* ---- looking ----------------------------------------------------------------- */

static json_t *describe(const struct s3_bucket *b, const struct s3_object *o, bool whole)
{
	json_t *v = json_object();
	struct slice bytes;

	json_object_set_new(v, "bucket", text(b->name));
	json_object_set_new(v, "key", text(o->key));
	json_object_set_new(v, "size", json_integer((json_int_t)o->size));
	json_object_set_new(v, "etag", json_string(o->etag));
	if (o->content_type.len)
		json_object_set_new(v, "type", text(o->content_type));
	if (o->meta.count) {
		json_t *meta = json_object();
		for (size_t i = 0; i < o->meta.count; i++) {
			struct slice name = o->meta.list[i].name;
			json_object_setn_new(meta, name.ptr, name.len, text(o->meta.list[i].value));
		}
		json_object_set_new(v, "meta", meta);
	}
	if (whole && slice_is_utf8(bytes = body_slice(o->body)))
		json_object_set_new(v, "text", text(bytes));
	return v;
}

/* "curated/events.json" may name the key, or bucket and key. */
static bool is_key(struct slice wanted, const struct s3_bucket *b, struct slice key)
{
	if (slice_eq(wanted, key))
		return true;
	return slice_has_prefix(wanted, b->name) && wanted.len > b->name.len && wanted.ptr[b->name.len] == '/' &&
	       slice_eq(slice_skip(wanted, b->name.len + 1), key);
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(const struct s3_upload *const *)a)->id, (*(const struct s3_upload *const *)b)->id);
}

/* In an order that does not depend on what came back when. */
static void list_uploads(const struct s3_bucket *b, json_t *list)
{
	const struct s3_upload **all = calloc(b->uploads.live + 1, sizeof(struct s3_upload *));
	struct map_entry *e;
	size_t n = 0;

	for (size_t i = 0; all && (e = map_next(&b->uploads, &i));)
		all[n++] = e->value;
	if (n)
		qsort(all, n, sizeof(*all), by_id);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:o, s:o, s:i}", "bucket", text(b->name), "key", text(all[i]->object->key), "parts",
						      (int)all[i]->nparts));
	free(all);
}

static json_t *state_look(void *fake, json_t *question)
{
	struct s3_fake *f = fake;
	struct slice bucket = member(question, "bucket"), key = member(question, "key"), prefix = member(question, "prefix");
	json_t *list = json_array(), *names = json_array(), *uploads = json_array();
	struct s3_place at = { 0 };
	struct s3_bucket *b;

	if (json_object_get(question, "sql")) {
		json_decref(list);
		json_decref(names);
		json_decref(uploads);
		return json_pack("{s:s}", "error", "an object store has no tables: ask with \"key\" or \"prefix\" instead of \"sql\"");
	}
	while ((b = s3_order_next(&f->store.buckets, &at, NULL))) {
		struct s3_place in = { 0 };
		struct s3_object *o;
		if (bucket.ptr && !slice_eq(bucket, b->name))
			continue;
		json_array_append_new(names, text(b->name));
		while ((o = s3_order_next(&b->objects, &in, NULL)))
			if ((!key.ptr || is_key(key, b, o->key)) && slice_has_prefix(o->key, prefix))
				json_array_append_new(list, describe(b, o, key.ptr != NULL));
		list_uploads(b, uploads);
	}
	return json_pack("{s:o, s:o, s:o}", "buckets", names, "objects", list, "uploads", uploads);
}

/* ---- going back ------------------------------------------------------------------ */

static uint64_t state_snapshot(void *fake)
{
	return s3_store_mark(&((struct s3_fake *)fake)->store);
}

static int state_restore(void *fake, uint64_t mark, struct err *err)
{
	if (s3_store_restore(&((struct s3_fake *)fake)->store, mark) < 0)
		return err_set(err, ERR_CONTENT, "the state of that mark is gone: an older one was restored since");
	return 0;
}

static int state_restore_part(void *fake, uint64_t mark, json_t *part, struct err *err)
{
	if (json_object_get(part, "table"))
		return err_set(err, ERR_CONTENT, "an object store has no tables: name a prefix");
	if (s3_store_restore_part(&((struct s3_fake *)fake)->store, mark, member(part, "bucket"), member(part, "prefix")) < 0)
		return err_set(err, ERR_CONTENT, "the state of that mark is gone: an older one was restored since");
	return 0;
}

static int state_seed(void *fake, const struct service_config *config, struct err *err)
{
	struct s3_fake *f = fake;
	bool before = f->store.journaling;
	uint64_t mark = s3_store_mark(&f->store);
	int r = s3_seed(f, config, err);

	if (r)
		s3_store_restore(&f->store, mark);
	if (!before)
		s3_journal_release(&f->store);
	return r;
}

/* ---- a copy ------------------------------------------------------------------------- */

static json_t *base64(struct body *body)
{
	struct slice bytes = body_slice(body);
	struct buf out;

	buf_init(&out, STATE_MAX);
	buf_add_base64(&out, bytes.ptr, bytes.len);
	json_t *v = text(buf_slice(&out));
	buf_release(&out);
	return v;
}

static json_t *save_headers(const struct headers *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->count; i++) {
		json_array_append_new(list, text(h->list[i].name));
		json_array_append_new(list, text(h->list[i].value));
	}
	return list;
}

static json_t *save_object(const struct s3_object *o)
{
	return json_pack("{s:o, s:s, s:I, s:o, s:o, s:o, s:i, s:o, s:o}", "key", text(o->key), "etag", o->etag, "modified",
			 (json_int_t)(o->modified_ns / 1000), "type", text(o->content_type), "fields", save_headers(&o->fields), "meta",
			 save_headers(&o->meta), "checksum", (int)o->checksum, "sum", text(o->checksum_text), "body", base64(o->body));
}

/* Unfinished uploads are not of it: who began one cannot go on after a new start of the store. */
static int state_save(void *fake, struct buf *out, struct err *err)
{
	struct s3_fake *f = fake;
	json_t *list = json_array();
	struct s3_place at = { 0 };
	struct s3_bucket *b;

	while ((b = s3_order_next(&f->store.buckets, &at, NULL))) {
		json_t *objects = json_array();
		struct s3_place in = { 0 };
		struct s3_object *o;
		while ((o = s3_order_next(&b->objects, &in, NULL)))
			json_array_append_new(objects, save_object(o));
		json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:o}", "name", text(b->name), "region", text(b->region), "created",
						      (json_int_t)(b->created_ns / 1000), "objects", objects));
	}
	char *dump = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	buf_add_str(out, dump ? dump : "");
	free(dump);
	return buf_failed(out) ? err_set(err, ERR_LIMIT, "the store is too large to be saved") : 0;
}

static void load_headers(struct headers *h, const json_t *list, struct arena *a)
{
	for (size_t i = 0; i + 1 < json_array_size(list); i += 2)
		headers_add(h, a, slice_str(json_string_value(json_array_get(list, i))), slice_str(json_string_value(json_array_get(list, i + 1))));
}

static int load_object(struct s3_fake *f, struct s3_bucket *b, const json_t *v)
{
	struct s3_object o = { .key = member(v, "key"), .content_type = member(v, "type"), .checksum_text = member(v, "sum") };
	struct slice bytes = SLICE_NONE, etag = member(v, "etag");
	struct arena a;
	int r = -1;

	arena_init(&a);
	if (o.key.len && etag.len < sizeof(o.etag) && base64_decode(member(v, "body"), &a, &bytes)) {
		memcpy(o.etag, etag.ptr, etag.len);
		o.modified_ns = (uint64_t)json_integer_value(json_object_get(v, "modified")) * 1000;
		o.checksum = (enum s3_checksum)json_integer_value(json_object_get(v, "checksum"));
		load_headers(&o.fields, json_object_get(v, "fields"), &a);
		load_headers(&o.meta, json_object_get(v, "meta"), &a);
		o.size = bytes.len;
		o.body = body_of(bytes);
		r = s3_object_put(&f->store, b, &o);
		body_free(o.body);
	}
	arena_release(&a);
	return r;
}

static int state_load(void *fake, struct slice saved, struct err *err)
{
	struct s3_fake *f = fake;
	json_t *list = json_loadb(saved.ptr, saved.len, 0, NULL), *one, *object;
	uint64_t max = f->store.max, seed = f->store.seed, counter = f->store.counter;
	size_t i, k;
	int r = json_is_array(list) ? 0 : -1;

	if (!r) {
		s3_store_release(&f->store);
		s3_store_init(&f->store, max, seed);
		f->store.counter = counter;
	}
	json_array_foreach(list, i, one) {
		struct slice name = member(one, "name");
		if (r || !name.len)
			continue;
		struct s3_bucket *b = s3_bucket_add(&f->store, name, member(one, "region"),
						    (uint64_t)json_integer_value(json_object_get(one, "created")) * 1000);
		json_array_foreach(json_object_get(one, "objects"), k, object)
			r = r ? r : load_object(f, b, object);
	}
	json_decref(list);
	return r ? err_set(err, ERR_CONTENT, "not a saved object store, or more than \"memory\" allows") : 0;
}

const struct fake_state s3_state = {
	.look = state_look,
	.snapshot = state_snapshot,
	.restore = state_restore,
	.restore_part = state_restore_part,
	.seed = state_seed,
	.save = state_save,
	.load = state_load,
};
