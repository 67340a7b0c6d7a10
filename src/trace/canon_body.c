/*
 * canon_body: requests and answers: JSON bodies leaf by leaf, bodies beside the
 * trace by their canonical bytes.
 */
#include "trace/canon_text_model.h"

#include "base/utf8.h"
#include "trace/blob.h"
#include "trace/jcopy.h"
#include "trace/jscan.h"

/* "res.b[3][1]": the name of column 1. */
static struct slice column_of(const struct canon_text *x, struct slice path, struct buf *plain)
{
	struct jscan it = jscan_open(x->columns);
	struct slice key, name = SLICE_NONE;
	uint64_t at;
	size_t open = path.len;

	while (open && path.ptr[open - 1] != '[')
		open--;
	if (!open || !slice_to_u64(slice_take(slice_skip(path, open), path.len - open - 1), &at))
		return SLICE_NONE;
	for (uint64_t i = 0; i <= at; i++)
		if (!jscan_next(&it, &key, &name))
			return SLICE_NONE;
	return name.len && name.ptr[0] == '"' ? jscan_plain(name, plain) : SLICE_NONE;
}

static void on_body_leaf(void *arg, struct slice path, struct slice value, struct buf *out)
{
	struct canon_text *x = arg;

	if (x->columns.len && slice_has_prefix(path, SLICE_LIT("res.b["))) {
		struct slice name = column_of(x, path, &x->plain);
		struct noise_rule *r = name.len ? noise_column(&x->noise, &x->event, name) : NULL;
		if (r) {
			canon_noise(x, r, path, value, out);
			return;
		}
	}
	canon_leaf(x, path, value, out);
}

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* An array without order: its items' texts, sorted. Which id is which can no
 * longer be told. */
static void copy_set(struct canon_text *x, struct slice value, struct slice path, struct buf *out)
{
	struct jscan it = jscan_open(value);
	struct slice key, item, *list = NULL;
	size_t n = 0, cap = 0, *ends = NULL;
	struct buf all;

	buf_init(&all, TEXT_MAX);
	x->unordered++;
	while (jscan_next(&it, &key, &item)) {
		if (n == cap) {
			cap = cap ? cap * 2 : 16;
			ends = realloc(ends, cap * sizeof(*ends));
			list = realloc(list, cap * sizeof(*list));
			if (!ends || !list)
				abort();
		}
		canon_copy(x, item, path, &all);
		ends[n++] = all.len;
	}
	x->unordered--;
	for (size_t i = 0; i < n; i++)
		list[i] = slice_of(all.ptr + (i ? ends[i - 1] : 0), ends[i] - (i ? ends[i - 1] : 0));
	if (n)
		qsort(list, n, sizeof(*list), by_text);
	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(out, ',');
		buf_add_slice(out, list[i]);
	}
	buf_add_char(out, ']');
	free(list);
	free(ends);
	buf_release(&all);
}

static bool on_body_whole(void *arg, struct slice path, struct slice value, struct buf *out)
{
	struct canon_text *x = arg;
	struct noise_rule *r = noise_at(&x->noise, &x->event, path, true);
	struct slice own;

	if (!r)
		return false;
	if (r->act == NOISE_MASK) {
		canon_noise(x, r, path, value, out);
		return true;
	}
	if (value.ptr[0] != '[' || x->as_recorded)
		return false;
	if (x->shape && !x->again)
		r->hits++;
	/* The path is the copier's, and moves. */
	struct buf at;
	buf_init(&at, 64 * 1024);
	buf_add_slice(&at, path);
	own = buf_slice(&at);
	copy_set(x, value, own, out);
	buf_release(&at);
	return true;
}

void canon_copy(struct canon_text *x, struct slice value, struct slice at, struct buf *out)
{
	struct jcopy c;

	jcopy_init(&c, true, on_body_leaf, x);
	c.whole = x->noise.count ? on_body_whole : NULL;
	buf_add_slice(&c.path, at);
	jcopy_value(&c, value, out);
	jcopy_release(&c);
}

int canon_text_blob(struct canon_text *x, struct slice blob, struct slice path, struct buf *out, struct err *err)
{
	if (!slice_has_prefix(blob, SLICE_LIT("sha256:")))
		return err_at(err, ERR_CONTENT, x->file, 0, 0, "blob \"%.*s\" is not \"sha256:...\"",
			      (int)(blob.len > 80 ? 80 : blob.len), blob.ptr);
	buf_reset(&x->blob);
	int rc = blob_get(x->file, slice_skip(blob, 7), &x->blob, err);
	if (rc)
		return rc;
	if (slice_is_utf8(buf_slice(&x->blob)))
		canon_scan(x, buf_slice(&x->blob), false, path, out);
	else
		buf_add_slice(out, buf_slice(&x->blob));
	return buf_failed(out) ? err_at(err, ERR_LIMIT, x->file, 0, 0, "a body over 4 GiB") : 0;
}

/* The blob is named by its canonical bytes; one that is not there keeps its name. */
void canon_copy_blob(struct canon_text *x, struct slice value, struct slice path, struct buf *out)
{
	struct err err = { 0 };
	struct buf bytes;
	char hex[BLOB_HEX + 1];
	struct slice name = slice_of(value.ptr + 1, value.len - 2);

	buf_init(&bytes, TEXT_MAX);
	if (canon_text_blob(x, name, path, &bytes, &err) < 0) {
		buf_add_slice(out, value);
	} else {
		blob_hash(buf_slice(&bytes), hex);
		buf_addf(out, "\"sha256:%s\"", hex);
	}
	buf_release(&bytes);
}

/* multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk */
void canon_boundary_of(struct canon_text *x, struct slice ct)
{
	size_t at = ct.len ? slice_find_slice(ct, SLICE_LIT("boundary=")) : 0;

	x->boundary = SLICE_NONE;
	if (!ct.len || at >= ct.len)
		return;
	struct slice b = slice_of(ct.ptr + at + 9, ct.len - at - 10);
	if (b.len >= 8)
		x->boundary = slice_take(b, slice_find(b, ';'));
}

/* sz of a volatile body is left out: a fraction with its last zeros gone would change it. */
void canon_payload(struct canon_text *x, struct slice payload, bool request, struct buf *out)
{
	struct jscan it = jscan_open(payload);
	struct slice key, item, sz = SLICE_NONE;
	const char *name = request ? "req" : "res";
	bool first = true;

	x->changed = false;
	canon_boundary_of(x, jscan_get(payload, "ct"));
	buf_reset(out);
	buf_add_char(out, '{');
	/* sz comes first and is known last. */
	struct buf rest;
	buf_init(&rest, TEXT_MAX);
	while (jscan_next(&it, &key, &item)) {
		struct slice member = slice_of(key.ptr + 1, key.len - 2);
		if (slice_eq_str(member, "sz")) {
			sz = item;
			continue;
		}
		buf_add_slice(&rest, first ? SLICE_NONE : SLICE_LIT(","));
		first = false;
		buf_add_slice(&rest, key);
		buf_add_char(&rest, ':');
		buf_reset(&x->path);
		buf_add_str(&x->path, name);
		buf_add_char(&x->path, '.');
		buf_add_slice(&x->path, member);
		if (slice_eq_str(member, "blob") && item.ptr[0] == '"')
			canon_copy_blob(x, item, buf_slice(&x->path), &rest);
		else
			canon_copy(x, item, buf_slice(&x->path), &rest);
	}
	if (sz.len && !x->changed && !x->noise.bodies) {
		buf_add_str(out, "\"sz\":");
		buf_add_slice(out, sz);
		if (!first)
			buf_add_char(out, ',');
	}
	buf_add_slice(out, buf_slice(&rest));
	buf_add_char(out, '}');
	buf_release(&rest);
}

