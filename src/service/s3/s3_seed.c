/*
 * s3_seed: objects that are there from the start. A row of "seed" names a
 * bucket alone, one object ("key" with "text", "json", "file" or "base64"), or
 * a folder whose files become objects ("dir").
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/s3/s3_fake.h"

#define READ_SIZE (256 * 1024) /* bytes a read of a seed file */

struct row {
	struct s3_fake *fake;
	const struct service_config *config;
	const json_t *json;
	char place[64];        /* "seed[3]" */
	struct s3_bucket *bucket;
	struct arena arena;
};

static int bad(const struct row *w, struct err *err, const char *member, const char *sentence)
{
	struct buf place;

	buf_init(&place, 1024);
	buf_addf(&place, "%s%s%s", w->place, *member ? "." : "", member);
	int r = service_bad(w->config, err, place.ptr, "%s", sentence);
	buf_release(&place);
	return r;
}

/* ---- one object ------------------------------------------------------- */

/* The type that aws cli would guess, for the few that tests look at. */
static struct slice guess_type(struct slice key)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {
		{".json", "application/json"}, {".csv", "text/csv"},        {".txt", "text/plain"},
		{".html", "text/html"},        {".xml", "application/xml"}, {".gz", "application/gzip"},
		{".parquet", "application/vnd.apache.parquet"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_has_suffix(key, slice_str(types[i].suffix)))
			return slice_str(types[i].type);
	return SLICE_LIT("binary/octet-stream");
}

static void read_meta(struct row *w, struct s3_object *o)
{
	json_t *meta = json_object_get(w->json, "meta"), *v;
	const char *name;

	json_object_foreach(meta, name, v)
		headers_add(&o->meta, &w->arena, slice_str(name), slice_str(json_string_value(v)));
}

static int put(struct row *w, struct slice key, struct body *body, struct slice type, struct err *err)
{
	struct s3_object o = { .key = key, .modified_ns = w->fake->now_ns(), .content_type = type, .size = body_size(body), .body = body };

	if (key.len > S3_KEY_MAX)
		return bad(w, err, "", "a key is longer than 1024 bytes");
	s3_md5_hex(body_slice(body), o.etag);
	read_meta(w, &o);
	if (s3_object_put(&w->fake->store, w->bucket, &o) < 0)
		return bad(w, err, "", "the seed is larger than the service's memory: raise \"memory\"");
	return 0;
}

/* ---- where the bytes come from ---------------------------------------- */

/* NULL with errno set when it cannot be read. */
static struct body *read_file(const char *path)
{
	char *chunk = malloc(READ_SIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct body *b = body_new();
	ssize_t n = -1;

	while (chunk && fd >= 0 && (n = read(fd, chunk, READ_SIZE)) > 0) {
		if (body_append(b, slice_of(chunk, (size_t)n)) < 0) {
			n = -1;
			errno = ENOSPC;
			break;
		}
	}
	int saved = errno;
	if (fd >= 0)
		close(fd);
	free(chunk);
	errno = saved;
	if (n == 0)
		return b;
	body_free(b);
	return NULL;
}

static struct slice resolve(struct row *w, const char *name)
{
	if (name[0] == '/' || !w->config->folder || !*w->config->folder)
		return arena_printf(&w->arena, "%s", name);
	return arena_printf(&w->arena, "%s/%s", w->config->folder, name);
}

static struct body *from_file(struct row *w, const json_t *v, struct err *err)
{
	const char *name = json_string_value(v);

	if (!name) {
		bad(w, err, "file", "not the name of a file");
		return NULL;
	}
	struct slice path = resolve(w, name);
	struct body *b = read_file(path.ptr);
	if (!b)
		bad(w, err, "file", arena_printf(&w->arena, "cannot read %.*s: %s", SLICE_ARG(path), strerror(errno)).ptr);
	return b;
}

/* A text may be written as an array of lines. */
static struct body *from_text(struct row *w, const json_t *v, struct err *err)
{
	struct buf b;
	bool fine = json_is_string(v) || json_is_array(v);
	struct body *body = NULL;

	buf_init(&b, INT32_MAX);
	if (json_is_string(v))
		buf_add(&b, json_string_value(v), json_string_length(v));
	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *line = json_array_get(v, i);
		fine = fine && json_is_string(line);
		if (i)
			buf_add_char(&b, '\n');
		if (json_is_string(line))
			buf_add(&b, json_string_value(line), json_string_length(line));
	}
	if (fine)
		body = body_of(buf_slice(&b));
	else
		bad(w, err, "text", "neither a string nor an array of strings");
	buf_release(&b);
	return body;
}

static struct body *from_json(struct row *w, const json_t *v, struct err *err)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	struct body *b = text ? body_of(slice_str(text)) : NULL;

	if (!b)
		bad(w, err, "json", "cannot be written as JSON");
	free(text);
	return b;
}

static struct body *from_base64(struct row *w, const json_t *v, struct err *err)
{
	struct slice text = json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NONE;
	unsigned char *out = arena_alloc(&w->arena, text.len / 4 * 3 + 1);
	int n = -1;

	if (json_is_string(v) && text.len % 4 == 0 && text.len < INT32_MAX)
		n = EVP_DecodeBlock(out, (const unsigned char *)text.ptr, (int)text.len);
	if (n < 0) {
		bad(w, err, "base64", "not base64 (RFC 4648 section 4, with padding)");
		return NULL;
	}
	/* EVP_DecodeBlock counts the padding as bytes. */
	for (size_t i = text.len; i > 0 && text.ptr[i - 1] == '=' && n > 0; i--)
		n--;
	return body_of(slice_of((const char *)out, (size_t)n));
}

static int seed_object(struct row *w, struct err *err)
{
	static const struct {
		const char *member;
		struct body *(*read)(struct row *w, const json_t *v, struct err *err);
	} sources[] = {{"text", from_text}, {"json", from_json}, {"file", from_file}, {"base64", from_base64}};
	const char *key = json_string_value(json_object_get(w->json, "key"));
	const char *type = json_string_value(json_object_get(w->json, "type"));
	struct body *body = NULL;
	int found = 0, r;

	if (!key || !*key)
		return bad(w, err, "key", "not a key: write a string that is not empty");
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const json_t *v = json_object_get(w->json, sources[i].member);
		if (!v)
			continue;
		if (found++)
			break;
		body = sources[i].read(w, v, err);
		if (!body)
			return ERR_CONTENT;
	}
	if (found == 1)
		r = put(w, slice_str(key), body, type ? slice_str(type) : guess_type(slice_str(key)), err);
	else
		r = bad(w, err, "", "an object has one of \"text\", \"json\", \"file\", \"base64\"");
	body_free(body);
	return r;
}

/* ---- a folder --------------------------------------------------------- */

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int seed_file(struct row *w, const FTSENT *e, size_t root_len, const char *prefix, struct err *err)
{
	struct body *body;
	struct slice key;

	switch (e->fts_info) {
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
	case FTS_SLNONE:
		return bad(w, err, "dir", arena_printf(&w->arena, "cannot read %s: %s", e->fts_path, strerror(e->fts_errno)).ptr);
	case FTS_F:
		break;
	default:
		return 0;
	}
	key = arena_printf(&w->arena, "%s%s", prefix, e->fts_path + root_len + 1);
	body = read_file(e->fts_accpath);
	if (!body)
		return bad(w, err, "dir", arena_printf(&w->arena, "cannot read %s: %s", e->fts_path, strerror(errno)).ptr);
	int r = put(w, key, body, guess_type(key), err);
	body_free(body);
	return r;
}

static int seed_dir(struct row *w, const json_t *v, struct err *err)
{
	const char *name = json_string_value(v), *prefix = json_string_value(json_object_get(w->json, "prefix"));
	int r = 0;

	if (!name)
		return bad(w, err, "dir", "not the name of a folder");
	struct slice path = resolve(w, name);
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	char *root = arena_str(&w->arena, arena_printf(&w->arena, "%.*s", SLICE_ARG(path)).ptr);
	char *const roots[] = {root, NULL};
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!fts)
		return bad(w, err, "dir", "cannot be read: out of memory");
	for (FTSENT *e; !r && (e = fts_read(fts));) {
		if (e->fts_level == 0 && e->fts_info == FTS_F)
			r = bad(w, err, "dir", "a file, not a folder: name it with \"key\" and \"file\"");
		else
			r = seed_file(w, e, path.len, prefix ? prefix : "", err);
	}
	fts_close(fts);
	return r;
}

/* ---- rows ------------------------------------------------------------- */

static const char *const members[] = {"bucket", "key", "dir", "prefix", "text", "json", "file", "base64", "type", "meta", NULL};

static int check_members(const struct row *w, struct err *err)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)w->json, name, v) {
		bool known = strncmp(name, "//", 2) == 0;
		for (size_t i = 0; members[i] && !known; i++)
			known = strcmp(name, members[i]) == 0;
		if (known)
			continue;
		const char *near = err_nearest(name, members);
		struct buf text;
		buf_init(&text, 1024);
		buf_addf(&text, "unknown member \"%s\" of a seed row%s%s%s", name, near ? ", did you mean \"" : "", near ? near : "",
			 near ? "\"?" : "");
		int r = bad(w, err, "", text.ptr);
		buf_release(&text);
		return r;
	}
	return 0;
}

static int seed_row(struct row *w, struct err *err)
{
	const char *bucket = json_string_value(json_object_get(w->json, "bucket"));
	const json_t *dir = json_object_get(w->json, "dir");

	if (!json_is_object(w->json))
		return bad(w, err, "", "not an object: {\"bucket\": ..., \"dir\": ...}");
	if (check_members(w, err))
		return ERR_CONTENT;
	if (!bucket || !*bucket)
		return bad(w, err, "bucket", "a seed row needs the name of a bucket");
	w->bucket = s3_bucket_find(&w->fake->store, slice_str(bucket));
	if (!w->bucket)
		w->bucket = s3_bucket_add(&w->fake->store, slice_str(bucket), SLICE_NONE, w->fake->now_ns());
	if (dir && json_object_get(w->json, "key"))
		return bad(w, err, "", "a row has either \"dir\" or \"key\"");
	if (dir)
		return seed_dir(w, dir, err);
	return json_object_get(w->json, "key") ? seed_object(w, err) : 0;
}

int s3_seed(struct s3_fake *f, const struct service_config *config, struct err *err)
{
	const json_t *rows = json_object_get(config->json, "seed");
	int r = 0;

	if (rows && !json_is_array(rows))
		return service_bad(config, err, "seed", "not an array of seed rows");
	for (size_t i = 0; !r && i < json_array_size(rows); i++) {
		struct row w = { .fake = f, .config = config, .json = json_array_get(rows, i) };
		struct buf place;
		buf_init(&place, sizeof(w.place) - 1);
		buf_addf(&place, "seed[%zu]", i);
		memcpy(w.place, place.ptr, place.len + 1);
		buf_release(&place);
		arena_init(&w.arena);
		r = seed_row(&w, err);
		arena_release(&w.arena);
	}
	return r;
}
