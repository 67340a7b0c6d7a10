/*
 * canon_text: see canon_text.h. Bodies come before attributes, because whether
 * a digest header is volatile depends on the body it digests.
 */
#include "trace/canon_text_model.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "trace/jscan.h"

uint64_t canon_hash(const void *ptr, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(ptr, len, seed);
}

void canon_text_init(struct canon_text *x, const char *file)
{
	*x = (struct canon_text){ .file = file };
	idmap_init(&x->etags);
	buf_init(&x->path, 64 * 1024);
	buf_init(&x->scope, TEXT_MAX);
	buf_init(&x->req, TEXT_MAX);
	buf_init(&x->res, TEXT_MAX);
	buf_init(&x->plain, TEXT_MAX);
	buf_init(&x->blob, TEXT_MAX);
}

void canon_text_release(struct canon_text *x)
{
	noise_release(&x->noise);
	idmap_release(&x->etags);
	buf_release(&x->path);
	buf_release(&x->scope);
	buf_release(&x->req);
	buf_release(&x->res);
	buf_release(&x->plain);
	buf_release(&x->blob);
}

/* ---- the event ----------------------------------------------------------- */

/* "role/-/127.0.0.1:40123": a port of the program's own, given by the kernel. */
bool canon_ephemeral(struct slice st, struct buf *as, struct slice *boundary)
{
	struct slice rest = slice_of(st.ptr + 1, st.len - 2);
	uint64_t port;

	slice_split(&rest, '/');
	struct slice service = slice_split(&rest, '/');
	struct slice b = slice_take(rest, slice_find(rest, '#'));
	if (!slice_eq_str(service, "-") || !b.ptr)
		return false;
	size_t colon = b.len;
	while (colon && b.ptr[colon - 1] != ':')
		colon--;
	if (!colon || !slice_to_u64(slice_skip(b, colon), &port) || port < 32768)
		return false;
	struct slice host = slice_take(b, colon - 1);
	if (!slice_has_prefix(host, SLICE_LIT("127.")) && !slice_eq_str(host, "[::1]") && !slice_eq_str(host, "localhost"))
		return false;
	*boundary = b;
	buf_add_slice(as, host);
	buf_add_str(as, ":<port>");
	return true;
}

/* Digests of volatile content, so that they are known when they come again. */
void canon_learn_etags(struct canon_text *x, struct slice cor)
{
	struct jscan it = jscan_open(cor);
	struct slice key, item;

	while (cor.ptr && jscan_next(&it, &key, &item)) {
		if (item.ptr[0] != '"' || !slice_has_prefix(item, SLICE_LIT("\"s3:")))
			continue;
		size_t hash = item.len;
		while (hash && item.ptr[hash - 1] != '#')
			hash--;
		struct slice etag = slice_of(item.ptr + hash, item.len - 1 - hash);
		etag = slice_take(etag, slice_find(etag, '-'));
		if (hash && etag.len >= 32)
			idmap_add(&x->etags, canon_hash(etag.ptr, etag.len, V_ETAG), 1, NULL);
	}
}

static void member(struct canon_text *x, const char *name, const char *path, struct slice value, struct buf *out)
{
	if (!value.ptr)
		return;
	buf_add_str(out, name);
	buf_reset(&x->path);
	buf_add_str(&x->path, path);
	canon_copy(x, value, buf_slice(&x->path), out);
}

/* tp:<trace-id> is random and has no shape of its own. */
void canon_cor(struct canon_text *x, struct slice cor, struct buf *out)
{
	struct jscan it = jscan_open(cor);
	struct slice key, item;
	bool first = true;

	if (!cor.ptr)
		return;
	buf_reset(&x->path);
	buf_add_str(&x->path, "cor");
	buf_add_str(out, ",\"cor\":[");
	while (jscan_next(&it, &key, &item)) {
		if (!first)
			buf_add_char(out, ',');
		first = false;
		if (slice_has_prefix(item, SLICE_LIT("\"tp:")) && item.len == 37) {
			buf_add_str(out, "\"tp:");
			canon_put(x, V_TRACE, slice_of(item.ptr + 4, 32), buf_slice(&x->path), out);
			buf_add_char(out, '"');
		} else {
			canon_copy(x, item, buf_slice(&x->path), out);
		}
	}
	buf_add_char(out, ']');
}

/* What declared noise may ask of the event; until the next call of this. */
void canon_scope(struct canon_text *x, struct slice k, struct slice st, struct slice sum, struct slice a)
{
	struct slice rest;

	x->columns = SLICE_NONE;
	x->near = false;
	if (!x->noise.count)
		return;
	buf_reset(&x->scope);
	jscan_text(st, &x->scope);
	size_t at = x->scope.len;
	jscan_text(sum, &x->scope);
	rest = slice_of(x->scope.ptr, at);
	slice_split(&rest, '/');
	x->event = (struct noise_event){ .k = k, .service = slice_split(&rest, '/'), .sum = slice_skip(buf_slice(&x->scope), at) };
	if (a.ptr && noise_has(&x->noise, PATH_COLUMN))
		x->columns = jscan_get(a, "seam.columns");
}

void canon_text_event(struct canon_text *x, const struct trace_line *l, const struct canon_names *names, struct buf *out)
{
	struct attr_leaf attrs = { .x = x, .names = names };
	struct buf literal_as;

	buf_init(&literal_as, 1024);
	x->literal = x->literal_as = x->boundary = SLICE_NONE;
	x->shape = false;
	canon_scope(x, l->k, l->st, l->sum, l->a);
	if (canon_ephemeral(l->st, &literal_as, &x->literal)) {
		x->literal_as = buf_slice(&literal_as);
		attrs.loopback = true;
	}
	if (l->req.ptr) {
		canon_payload(x, l->req, true, &x->req);
		attrs.volatile_req = x->changed;
	}
	struct slice boundary = x->boundary; /* the content-type header repeats it */
	if (l->res.ptr) {
		canon_payload(x, l->res, false, &x->res);
		attrs.volatile_res = x->changed;
	}
	if (!x->boundary.len)
		x->boundary = boundary;
	if (attrs.volatile_req || attrs.volatile_res)
		canon_learn_etags(x, l->cor);

	buf_add_str(out, "{\"k\":\"");
	buf_add_slice(out, l->k);
	buf_add_char(out, '"');
	buf_add_str(out, ",\"st\":");
	jscan_add_string(out, names->st);
	member(x, ",\"sum\":", "sum", l->sum, out);
	buf_add_str(out, ",\"ok\":");
	buf_add_slice(out, l->ok);
	member(x, ",\"err\":", "err", l->err, out);
	buf_add_str(out, ",\"by\":");
	buf_add_slice(out, l->by);
	if (l->a.ptr || x->count) {
		buf_add_str(out, ",\"a\":");
		canon_attrs(&attrs, l->a.ptr ? l->a : SLICE_LIT("{}"), x->count, out);
	}
	if (l->req.ptr) {
		buf_add_str(out, ",\"req\":");
		buf_add_slice(out, buf_slice(&x->req));
	}
	if (l->res.ptr) {
		buf_add_str(out, ",\"res\":");
		buf_add_slice(out, buf_slice(&x->res));
	}
	canon_cor(x, l->cor, out);
	member(x, ",\"why\":", "why", l->why, out);
	buf_add_char(out, '}');
	buf_release(&literal_as);
}
