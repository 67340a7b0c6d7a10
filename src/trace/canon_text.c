/*
 * canon_text: see canon_text.h. Bodies come before attributes, because whether
 * a digest header is volatile depends on the body it digests.
 */
#include "trace/canon_text.h"

#include <xxhash.h>

#include "base/utf8.h"
#include "trace/blob.h"
#include "trace/jcopy.h"
#include "trace/jscan.h"

#define TEXT_MAX ((size_t)1 << 32)

uint64_t canon_hash(const void *ptr, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(ptr, len, seed);
}

void canon_text_init(struct canon_text *x, const char *file)
{
	*x = (struct canon_text){ .file = file };
	idmap_init(&x->etags);
	buf_init(&x->path, 64 * 1024);
	buf_init(&x->req, TEXT_MAX);
	buf_init(&x->res, TEXT_MAX);
	buf_init(&x->plain, TEXT_MAX);
	buf_init(&x->blob, TEXT_MAX);
}

void canon_text_release(struct canon_text *x)
{
	paths_release(&x->mask);
	idmap_release(&x->etags);
	buf_release(&x->path);
	buf_release(&x->req);
	buf_release(&x->res);
	buf_release(&x->plain);
	buf_release(&x->blob);
}

/* ---- strings ------------------------------------------------------------- */

static void put(struct canon_text *x, enum volatile_type type, struct slice value, struct slice path, struct buf *out)
{
	x->changed = true;
	buf_add_char(out, '<');
	buf_add_str(out, volatile_name(type));
	if (volatile_has_identity(type) && value.len)
		x->value(x->arg, type, canon_hash(value.ptr, value.len, (uint64_t)type), path, value, out);
	buf_add_char(out, '>');
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool may_begin(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == 'M' || c == 'T' || c == 'W' ||
	       c == 'S';
}

/* A digest of volatile content, met again. */
static bool etag_at(const struct canon_text *x, struct slice s, struct volatile_hit *hit)
{
	size_t n = 0;
	uint32_t unused;

	while (n < s.len && ((s.ptr[n] >= '0' && s.ptr[n] <= '9') || (s.ptr[n] >= 'a' && s.ptr[n] <= 'f')))
		n++;
	if (n < 32 || (n < s.len && is_word(s.ptr[n])) || !idmap_get(&x->etags, canon_hash(s.ptr, n, V_ETAG), &unused))
		return false;
	*hit = (struct volatile_hit){ V_ETAG, n, slice_take(s, n) };
	return true;
}

/* A signature depends on the second in which it was made: two that are equal
 * were made in one, which says nothing. */
static bool is_signature(struct slice before)
{
	return slice_has_suffix(before, SLICE_LIT("ignature=")) || slice_has_prefix(before, SLICE_LIT("AWS4-HMAC-SHA256 "));
}

/* `escapes`: the inside of a JSON string; else plain text. */
static void scan(struct canon_text *x, struct slice s, bool escapes, struct slice path, struct buf *out)
{
	size_t plain = 0, i = 0;
	bool edge = true;
	struct volatile_hit hit;

	while (i < s.len) {
		char c = s.ptr[i];
		if (escapes && c == '\\') {
			i += i + 1 < s.len && s.ptr[i + 1] == 'u' ? 6 : 2;
			edge = true;
			continue;
		}
		struct slice rest = slice_skip(s, i);
		if (x->literal.len && c == x->literal.ptr[0] && slice_has_prefix(rest, x->literal)) {
			buf_add(out, s.ptr + plain, i - plain);
			buf_add_slice(out, x->literal_as);
			x->changed = true;
			plain = i += x->literal.len;
			edge = false;
			continue;
		}
		if (x->boundary.len && c == x->boundary.ptr[0] && slice_has_prefix(rest, x->boundary)) {
			buf_add(out, s.ptr + plain, i - plain);
			put(x, V_BOUNDARY, SLICE_NONE, path, out);
			plain = i += x->boundary.len;
			edge = false;
			continue;
		}
		if (c == '<' || (edge && may_begin(c))) {
			bool met = volatile_at(rest, &x->window, x->canonical, &hit) || (x->etags.count && etag_at(x, rest, &hit));
			if (met) {
				buf_add(out, s.ptr + plain, i - plain);
				if (hit.type == V_SECRET && is_signature(slice_take(s, i)))
					hit.value = SLICE_NONE;
				put(x, hit.type, hit.value, path, out);
				plain = i += hit.len;
				edge = false;
				continue;
			}
		}
		edge = !is_word(c);
		i++;
	}
	buf_add(out, s.ptr + plain, s.len - plain);
}

static void leaf(struct canon_text *x, struct slice path, struct slice value, struct buf *out)
{
	struct volatile_hit hit;

	if (value.ptr[0] == '"') {
		buf_add_char(out, '"');
		scan(x, slice_of(value.ptr + 1, value.len - 2), true, path, out);
		buf_add_char(out, '"');
	} else if (value.len >= 10 && volatile_at(value, &x->window, x->canonical, &hit) && hit.len == value.len) {
		buf_add_char(out, '"');
		put(x, hit.type, hit.value, path, out);
		buf_add_char(out, '"');
	} else {
		buf_add_slice(out, value);
	}
}

static void put_alone(struct canon_text *x, enum volatile_type type, struct slice value, struct slice path, struct buf *out)
{
	buf_add_char(out, '"');
	put(x, type, value, path, out);
	buf_add_char(out, '"');
}

/* ---- bodies -------------------------------------------------------------- */

struct body_leaf {
	struct canon_text *x;
	bool request;
	size_t below; /* bytes of path before the body's own */
};

static void on_body_leaf(void *arg, struct slice path, struct slice value, struct buf *out)
{
	struct body_leaf *b = arg;
	struct slice own = slice_skip(path, b->below);

	if (own.len && own.ptr[0] == '.')
		own = slice_skip(own, 1);
	if (b->x->mask.count && paths_body(&b->x->mask, b->request, own)) {
		b->x->masked++;
		put_alone(b->x, V_MASKED, SLICE_NONE, path, out);
		return;
	}
	leaf(b->x, path, value, out);
}

static void copy_body(struct canon_text *x, struct slice value, bool request, struct slice at, struct buf *out)
{
	struct body_leaf b = { x, request, at.len };
	struct jcopy c;

	jcopy_init(&c, true, on_body_leaf, &b);
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
		scan(x, buf_slice(&x->blob), false, path, out);
	else
		buf_add_slice(out, buf_slice(&x->blob));
	return buf_failed(out) ? err_at(err, ERR_LIMIT, x->file, 0, 0, "a body over 4 GiB") : 0;
}

/* The blob is named by its canonical bytes; one that is not there keeps its name. */
static void copy_blob(struct canon_text *x, struct slice value, struct slice path, struct buf *out)
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

/* sz of a volatile body is left out: a fraction with its last zeros gone would change it. */
static void copy_payload(struct canon_text *x, struct slice payload, bool request, struct buf *out)
{
	struct jscan it = jscan_open(payload);
	struct slice key, item, sz = SLICE_NONE;
	const char *name = request ? "req" : "res";
	bool first = true;

	x->changed = false;
	x->boundary = SLICE_NONE;
	struct slice ct = jscan_get(payload, "ct");
	size_t at = ct.len ? slice_find_slice(ct, SLICE_LIT("boundary=")) : 0;
	if (ct.len && at < ct.len) {
		struct slice b = slice_of(ct.ptr + at + 9, ct.len - at - 10);
		if (b.len >= 8)
			x->boundary = slice_take(b, slice_find(b, ';'));
	}
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
			copy_blob(x, item, buf_slice(&x->path), &rest);
		else
			copy_body(x, item, request, buf_slice(&x->path), &rest);
	}
	if (sz.len && !x->changed) {
		buf_add_str(out, "\"sz\":");
		buf_add_slice(out, sz);
		if (!first)
			buf_add_char(out, ',');
	}
	buf_add_slice(out, buf_slice(&rest));
	buf_add_char(out, '}');
	buf_release(&rest);
}

/* ---- attributes ---------------------------------------------------------- */

enum attr_rule { AS_IT_IS, AS_TYPE, AS_ID, AS_DIGEST, AS_ETAG, AS_PARENT, AS_NOTHING };

static const struct {
	const char *name;
	enum attr_rule rule;
	enum volatile_type type;
} header_rules[] = {
	/* spec-trace, default volatile headers, by exact name */
	{ "date", AS_TYPE, V_TIME },
	{ "user-agent", AS_TYPE, V_AGENT },
	{ "x-amz-date", AS_TYPE, V_TIME },
	{ "x-amz-security-token", AS_TYPE, V_SECRET },
	{ "amz-sdk-invocation-id", AS_ID, V_ID },
	{ "amz-sdk-request", AS_TYPE, V_AGENT },
	{ "traceparent", AS_TYPE, V_TRACE },
	{ "tracestate", AS_TYPE, V_TRACE },
	{ "x-request-id", AS_ID, V_ID },
	{ "idempotency-key", AS_ID, V_ID },
	/* of volatile bodies */
	{ "content-md5", AS_DIGEST, V_DIGEST },
	{ "x-amz-content-sha256", AS_DIGEST, V_DIGEST },
	{ "x-amz-checksum-crc32", AS_DIGEST, V_DIGEST },
	{ "x-amz-checksum-crc32c", AS_DIGEST, V_DIGEST },
	{ "x-amz-checksum-crc64nvme", AS_DIGEST, V_DIGEST },
	{ "x-amz-checksum-sha1", AS_DIGEST, V_DIGEST },
	{ "x-amz-checksum-sha256", AS_DIGEST, V_DIGEST },
	{ "content-digest", AS_DIGEST, V_DIGEST },
	{ "repr-digest", AS_DIGEST, V_DIGEST },
	{ "etag", AS_ETAG, V_DIGEST },
};
static const struct {
	const char *name;
	enum attr_rule rule;
	enum volatile_type type;
} attr_rules[] = {
	{ "seam.parent", AS_PARENT, V_NONE },
	{ "network.local.port", AS_TYPE, V_PORT },
	{ "network.peer.port", AS_TYPE, V_PORT },
	{ "client.port", AS_TYPE, V_PORT },
	{ "source.port", AS_TYPE, V_PORT },
	{ "process.pid", AS_NOTHING, V_NONE },
	{ "process.parent_pid", AS_NOTHING, V_NONE },
	{ "seam.bytes.sent", AS_NOTHING, V_NONE },
	{ "seam.bytes.received", AS_NOTHING, V_NONE },
};

static enum attr_rule rule_of(struct slice name, enum volatile_type *type)
{
	struct slice header = SLICE_NONE;

	if (slice_has_prefix(name, SLICE_LIT("http.request.header.")))
		header = slice_skip(name, 20);
	else if (slice_has_prefix(name, SLICE_LIT("http.response.header.")))
		header = slice_skip(name, 21);
	if (header.len) {
		for (size_t i = 0; i < sizeof(header_rules) / sizeof(header_rules[0]); i++)
			if (slice_eq_str(header, header_rules[i].name)) {
				*type = header_rules[i].type;
				return header_rules[i].rule;
			}
		return AS_IT_IS;
	}
	for (size_t i = 0; i < sizeof(attr_rules) / sizeof(attr_rules[0]); i++)
		if (slice_eq_str(name, attr_rules[i].name)) {
			*type = attr_rules[i].type;
			return attr_rules[i].rule;
		}
	return AS_IT_IS;
}

struct attr_leaf {
	struct canon_text *x;
	const struct canon_names *names;
	bool volatile_req, volatile_res, loopback;
	bool first;
};

static bool is_pointer(struct slice name, struct slice value)
{
	return (slice_has_prefix(name, SLICE_LIT("seam.arg.")) || slice_eq_str(name, "seam.result")) && value.len > 6 &&
	       memcmp(value.ptr, "\"ptr:", 5) == 0;
}

static void attr_value(struct attr_leaf *l, struct slice name, enum attr_rule rule, enum volatile_type type, struct slice value,
		       struct buf *out)
{
	struct canon_text *x = l->x;
	struct slice path = buf_slice(&x->path);
	struct slice inside = value.ptr[0] == '"' ? slice_of(value.ptr + 1, value.len - 2) : value;
	struct volatile_hit hit;

	/* A golden's own placeholder says it better than any rule. */
	if (inside.len && inside.ptr[0] == '<' && volatile_at(inside, &x->window, x->canonical, &hit) && hit.len == inside.len &&
	    x->canonical) {
		put_alone(x, hit.type, hit.value, path, out);
		return;
	}
	switch (rule) {
	case AS_TYPE:
		put_alone(x, type, SLICE_NONE, path, out);
		return;
	case AS_ID:
		if (volatile_at(inside, &x->window, x->canonical, &hit) && hit.len == inside.len)
			put_alone(x, hit.type, hit.value, path, out);
		else
			put_alone(x, type, inside, path, out);
		return;
	case AS_DIGEST:
		if (l->volatile_req || l->volatile_res) {
			put_alone(x, type, SLICE_NONE, path, out);
			return;
		}
		break;
	case AS_ETAG:
		if (l->volatile_res) {
			put_alone(x, type, SLICE_NONE, path, out);
			return;
		}
		break;
	case AS_PARENT:
		if (l->names && l->names->parent.len) {
			jscan_add_string(out, l->names->parent);
			return;
		}
		if (!l->names && inside.len && inside.ptr[inside.len - 1] == ']') {
			/* In a shape only the name counts: [k] is given later. */
			size_t n = inside.len;
			while (n && inside.ptr[n - 1] != '[')
				n--;
			buf_add_char(out, '"');
			buf_add(out, inside.ptr, n ? n - 1 : inside.len);
			buf_add_char(out, '"');
			return;
		}
		break;
	default:
		break;
	}
	if (is_pointer(name, value))
		put_alone(x, V_PTR, inside, path, out);
	else if (l->loopback && slice_eq_str(name, "server.port"))
		put_alone(x, V_PORT, SLICE_NONE, path, out);
	else
		leaf(x, path, value, out);
}

static void attr(struct attr_leaf *l, struct slice key, struct slice value, struct buf *out)
{
	struct slice name = slice_of(key.ptr + 1, key.len - 2);
	struct canon_text *x = l->x;
	enum volatile_type type = V_NONE;
	enum attr_rule rule = rule_of(name, &type);

	if (rule == AS_NOTHING)
		return;
	if (!l->first)
		buf_add_char(out, ',');
	l->first = false;
	buf_add_slice(out, key);
	buf_add_char(out, ':');
	buf_reset(&x->path);
	buf_add_str(&x->path, "a.");
	buf_add_slice(&x->path, name);
	if (x->mask.count && paths_attr(&x->mask, name)) {
		x->masked++;
		put_alone(x, V_MASKED, SLICE_NONE, buf_slice(&x->path), out);
		return;
	}
	if (value.ptr[0] == '{') {
		copy_body(x, value, false, buf_slice(&x->path), out);
		return;
	}
	if (value.ptr[0] != '[') {
		attr_value(l, name, rule, type, value, out);
		return;
	}
	struct jscan it = jscan_open(value);
	struct slice k, item;
	bool first = true;
	buf_add_char(out, '[');
	while (jscan_next(&it, &k, &item)) {
		if (!first)
			buf_add_char(out, ',');
		first = false;
		if (item.ptr[0] == '[' || item.ptr[0] == '{')
			copy_body(x, item, false, buf_slice(&x->path), out);
		else
			attr_value(l, name, rule, type, item, out);
	}
	buf_add_char(out, ']');
}

struct pair {
	struct slice key, value;
};

static int by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

/* Sorted: two clients that send the same headers in another order ask the same. */
static void copy_attrs(struct attr_leaf *l, struct slice attrs, uint32_t count, struct buf *out)
{
	struct buf pairs;
	struct jscan it = jscan_open(attrs);
	struct pair p;
	char number[32];

	buf_init(&pairs, TEXT_MAX);
	while (jscan_next(&it, &p.key, &p.value))
		buf_add(&pairs, &p, sizeof(p));
	if (count) {
		snprintf(number, sizeof(number), "%u", count);
		p = (struct pair){ SLICE_LIT("\"seam.count\""), slice_str(number) };
		buf_add(&pairs, &p, sizeof(p));
	}
	struct pair *list = (struct pair *)(void *)pairs.ptr;
	size_t n = pairs.len / sizeof(p);
	qsort(list, n, sizeof(p), by_name);
	l->first = true;
	buf_add_char(out, '{');
	for (size_t i = 0; i < n; i++)
		attr(l, list[i].key, list[i].value, out);
	buf_add_char(out, '}');
	buf_release(&pairs);
}

/* ---- the event ----------------------------------------------------------- */

/* "role/-/127.0.0.1:40123": a port of the program's own, given by the kernel. */
static bool ephemeral(struct slice st, struct buf *as, struct slice *boundary)
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
static void learn_etags(struct canon_text *x, const struct trace_line *l)
{
	struct jscan it = jscan_open(l->cor);
	struct slice key, item;

	while (l->cor.ptr && jscan_next(&it, &key, &item)) {
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
	copy_body(x, value, false, buf_slice(&x->path), out);
}

/* tp:<trace-id> is random and has no shape of its own. */
static void copy_cor(struct canon_text *x, struct slice cor, struct buf *out)
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
			put(x, V_TRACE, slice_of(item.ptr + 4, 32), buf_slice(&x->path), out);
			buf_add_char(out, '"');
		} else {
			copy_body(x, item, false, buf_slice(&x->path), out);
		}
	}
	buf_add_char(out, ']');
}

void canon_text_event(struct canon_text *x, const struct trace_line *l, const struct canon_names *names, struct buf *out)
{
	struct attr_leaf attrs = { .x = x, .names = names };
	struct buf literal_as, unused;
	bool shape = !names;

	buf_init(&literal_as, 1024);
	x->literal = x->literal_as = x->boundary = SLICE_NONE;
	if (ephemeral(l->st, &literal_as, &x->literal)) {
		x->literal_as = buf_slice(&literal_as);
		attrs.loopback = true;
	}
	if (l->req.ptr) {
		copy_payload(x, l->req, true, &x->req);
		attrs.volatile_req = x->changed;
	}
	struct slice boundary = x->boundary; /* the content-type header repeats it */
	if (l->res.ptr) {
		copy_payload(x, l->res, false, &x->res);
		attrs.volatile_res = x->changed;
	}
	if (!x->boundary.len)
		x->boundary = boundary;
	if (attrs.volatile_req || attrs.volatile_res)
		learn_etags(x, l);

	buf_add_str(out, "{\"k\":\"");
	buf_add_slice(out, l->k);
	buf_add_char(out, '"');
	if (names) {
		buf_add_str(out, ",\"st\":");
		jscan_add_string(out, names->st);
	}
	member(x, ",\"sum\":", "sum", l->sum, out);
	buf_add_str(out, ",\"ok\":");
	buf_add_slice(out, l->ok);
	member(x, ",\"err\":", "err", l->err, out);
	/* Who answered is not compared, but for nobody. */
	if (names || slice_eq_str(l->by, "\"none\"")) {
		buf_add_str(out, ",\"by\":");
		buf_add_slice(out, l->by);
	}
	if (l->a.ptr || x->count) {
		buf_add_str(out, ",\"a\":");
		copy_attrs(&attrs, l->a.ptr ? l->a : SLICE_LIT("{}"), x->count, out);
	}
	if (l->req.ptr) {
		buf_add_str(out, ",\"req\":");
		buf_add_slice(out, buf_slice(&x->req));
	}
	if (l->res.ptr) {
		buf_add_str(out, ",\"res\":");
		buf_add_slice(out, buf_slice(&x->res));
	}
	/* Correlation ids are checked by identity, not compared as text; `why`
	 * is for reading. */
	buf_init(&unused, TEXT_MAX);
	copy_cor(x, l->cor, shape ? &unused : out);
	buf_release(&unused);
	if (!shape)
		member(x, ",\"why\":", "why", l->why, out);
	buf_add_char(out, '}');
	buf_release(&literal_as);
}
