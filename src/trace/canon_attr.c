/*
 * canon_attr: attributes, some of which are volatile by their name.
 */
#include "trace/canon_text_model.h"

#include "trace/jscan.h"
#include "trace/sql_form.h"

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
	{ "db.query.text", AS_SQL, V_NONE }, /* compared by its form: shape.c */
	{ "network.local.port", AS_TYPE, V_PORT },
	{ "network.peer.port", AS_TYPE, V_PORT },
	{ "client.port", AS_TYPE, V_PORT },
	{ "source.port", AS_TYPE, V_PORT },
	{ "process.pid", AS_NOTHING, V_NONE },
	{ "process.parent_pid", AS_NOTHING, V_NONE },
	{ "seam.bytes.sent", AS_NOTHING, V_NONE },
	{ "seam.bytes.received", AS_NOTHING, V_NONE },
};

enum attr_rule canon_attr_rule(struct slice name, enum volatile_type *type)
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

static bool is_pointer(struct slice name, struct slice value)
{
	return (slice_has_prefix(name, SLICE_LIT("seam.arg.")) || slice_eq_str(name, "seam.result")) && value.len > 6 &&
	       memcmp(value.ptr, "\"ptr:", 5) == 0;
}

/* The fields of a URL's query that are masked. */
static bool masked_query(struct canon_text *x, struct slice value, struct slice path, struct buf *out)
{
	struct slice text = slice_of(value.ptr + 1, value.len - 2), rest;
	size_t at = slice_find(text, '?');
	bool any = false, first = true;
	struct buf url;

	if (at == text.len)
		return false;
	buf_init(&url, TEXT_MAX);
	buf_add_char(&url, '"');
	buf_add(&url, text.ptr, at + 1);
	rest = slice_skip(text, at + 1);
	while (rest.ptr) {
		struct slice field = slice_split(&rest, '&'), name = slice_take(field, slice_find(field, '='));
		struct noise_rule *r = noise_query(&x->noise, &x->event, name);
		if (!first)
			buf_add_char(&url, '&');
		first = false;
		buf_add_slice(&url, r ? name : field);
		if (!r)
			continue;
		buf_add_str(&url, "=<masked>");
		any = x->changed = true;
		r->hits += x->shape && !x->again;
		x->masked += x->shape && !x->again;
	}
	buf_add_char(&url, '"');
	if (any)
		canon_leaf(x, path, buf_slice(&url), out);
	buf_release(&url);
	return any;
}

/* The constants of a statement that are masked, or compared in another form. */
static bool masked_literals(struct canon_text *x, struct slice value, struct slice path, struct buf *out)
{
	struct buf plain, text, json, form;
	struct sql_token t;
	uint64_t number = 0;
	bool any = false;

	buf_init(&plain, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	buf_init(&json, TEXT_MAX);
	buf_init(&form, TEXT_MAX);
	jscan_text(value, &plain);
	for (struct slice rest = buf_slice(&plain); sql_token_next(&rest, &t);) {
		struct noise_rule *r = sql_token_literal(&t) ? noise_literal(&x->noise, &x->event, ++number) : NULL;
		if (text.len)
			buf_add_char(&text, ' ');
		if (!r) {
			buf_add_slice(&text, t.text);
			continue;
		}
		any = x->changed = true;
		r->hits += x->shape && !x->again;
		if (r->act == NOISE_MASK || r->act == NOISE_ID || r->act == NOISE_TIME) {
			x->masked += r->act == NOISE_MASK && x->shape && !x->again;
			buf_add_str(&text, "<masked>");
			continue;
		}
		struct slice inside = t.kind == SQL_TOKEN_STRING && t.text.len > 1 && t.text.ptr[0] == '\'' ? slice_of(t.text.ptr + 1, t.text.len - 2) : t.text;
		buf_reset(&json);
		buf_reset(&form);
		jscan_add_string(&json, inside);
		noise_apply(r, buf_slice(&json), &form);
		buf_add_slice(&text, buf_slice(&form));
	}
	if (any) {
		buf_reset(&json);
		jscan_add_string(&json, buf_slice(&text));
		canon_leaf(x, path, buf_slice(&json), out);
	}
	buf_release(&plain);
	buf_release(&text);
	buf_release(&json);
	buf_release(&form);
	return any;
}

void canon_attr_value(struct attr_leaf *l, struct slice name, enum attr_rule rule, enum volatile_type type, struct slice path,
		      struct slice value, struct buf *out)
{
	struct canon_text *x = l->x;
	struct slice inside = value.ptr[0] == '"' ? slice_of(value.ptr + 1, value.len - 2) : value;
	struct volatile_hit hit;

	/* A golden's own placeholder says it better than any rule. */
	if (inside.len && inside.ptr[0] == '<' && volatile_at(inside, &x->window, x->canonical, &hit) && hit.len == inside.len &&
	    x->canonical) {
		canon_put_alone(x, hit.type, hit.value, path, out);
		return;
	}
	switch (rule) {
	case AS_TYPE:
		canon_put_alone(x, type, SLICE_NONE, path, out);
		return;
	case AS_ID:
		if (volatile_at(inside, &x->window, x->canonical, &hit) && hit.len == inside.len)
			canon_put_alone(x, hit.type, hit.value, path, out);
		else
			canon_put_alone(x, type, inside, path, out);
		return;
	case AS_DIGEST:
		if (l->volatile_req || l->volatile_res) {
			canon_put_alone(x, type, SLICE_NONE, path, out);
			return;
		}
		break;
	case AS_ETAG:
		if (l->volatile_res) {
			canon_put_alone(x, type, SLICE_NONE, path, out);
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
		canon_put_alone(x, V_PTR, inside, path, out);
	else if (l->loopback && slice_eq_str(name, "server.port"))
		canon_put_alone(x, V_PORT, SLICE_NONE, path, out);
	else if (x->noise.count && value.ptr[0] == '"' && slice_eq_str(name, "url.full") && noise_has(&x->noise, PATH_QUERY) &&
		 masked_query(x, value, path, out))
		;
	else if (x->noise.count && rule == AS_SQL && value.ptr[0] == '"' && noise_has(&x->noise, PATH_LITERAL) && masked_literals(x, value, path, out))
		;
	else
		canon_leaf(x, path, value, out);
}

static void attr(struct attr_leaf *l, struct slice key, struct slice value, struct buf *out)
{
	struct slice name = slice_of(key.ptr + 1, key.len - 2);
	struct canon_text *x = l->x;
	enum volatile_type type = V_NONE;
	enum attr_rule rule = canon_attr_rule(name, &type);

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
	struct noise_rule *r = x->noise.count ? noise_at(&x->noise, &x->event, buf_slice(&x->path), value.ptr[0] == '{') : NULL;
	if (r && (r->act == NOISE_MASK || value.ptr[0] != '[')) {
		canon_noise(x, r, buf_slice(&x->path), value, out);
		return;
	}
	if (value.ptr[0] == '{') {
		canon_copy(x, value, buf_slice(&x->path), out);
		return;
	}
	if (value.ptr[0] != '[') {
		canon_attr_value(l, name, rule, type, buf_slice(&x->path), value, out);
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
			canon_copy(x, item, buf_slice(&x->path), out);
		else
			canon_attr_value(l, name, rule, type, buf_slice(&x->path), item, out);
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
void canon_attrs(struct attr_leaf *l, struct slice attrs, uint32_t count, struct buf *out)
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

