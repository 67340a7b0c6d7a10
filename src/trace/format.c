/*
 * format: writes an event by appending, in the fixed order of spec-trace, with
 * secrets taken out on the way. No tree is built.
 */
#include "trace/format.h"

#include "base/utf8.h"
#include "trace/blob.h"
#include "trace/correlate.h"
#include "trace/jcopy.h"
#include "trace/jscan.h"
#include "trace/sql_form.h"


#define FORMAT_BODY_MAX ((size_t)1 << 32) /* of a body rewritten by redaction */
#define EXACT_MAX ((int64_t)1 << 53)

int format_init(struct format *f, const char *path, size_t inline_max, json_t *redact, json_t *correlate, struct err *err)
{
	int rc;

	*f = (struct format){ .path = path, .inline_max = inline_max };
	buf_init(&f->scratch, FORMAT_BODY_MAX);
	buf_init(&f->text, FORMAT_BODY_MAX);
	buf_init(&f->found, 1024 * 1024);
	rc = redact_init(&f->redact, redact, err);
	if (!rc)
		rc = paths_init(&f->correlate, correlate, "correlate", err);
	return rc;
}

void format_release(struct format *f)
{
	redact_release(&f->redact);
	paths_release(&f->correlate);
	buf_release(&f->scratch);
	buf_release(&f->text);
	buf_release(&f->found);
}

void format_int(struct buf *out, int64_t v)
{
	if (v > -EXACT_MAX && v < EXACT_MAX)
		buf_add_i64(out, v);
	else
		buf_addf(out, "\"%lld\"", (long long)v);
}

static void add_u64(struct buf *out, uint64_t v)
{
	if (v < (uint64_t)EXACT_MAX)
		buf_add_u64(out, v);
	else
		buf_addf(out, "\"%llu\"", (unsigned long long)v);
}

/* ---- streams ----------------------------------------------------------- */

static void add_part(struct buf *out, struct slice part)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < part.len; i++) {
		char c = part.ptr[i];
		if (c != '/' && c != '#' && c != '%') {
			buf_add_char(out, c);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, hex[(unsigned char)c >> 4]);
		buf_add_char(out, hex[c & 15]);
	}
}

void stream_name_add(struct buf *out, const struct stream_name *name)
{
	add_part(out, name->role);
	buf_add_char(out, '/');
	add_part(out, name->service);
	buf_add_char(out, '/');
	add_part(out, name->boundary);
	if (name->n >= 0) {
		buf_add_char(out, '#');
		buf_add_i64(out, name->n);
	}
}

/* ---- leaves ------------------------------------------------------------ */

/* Text as a JSON string, its secrets replaced. */
static void add_text(struct format *f, struct slice text, struct buf *out)
{
	if (!redact_wanted(&f->redact, text)) {
		jscan_add_string(out, text);
		return;
	}
	buf_reset(&f->text);
	redact_text(&f->redact, text, &f->text);
	jscan_add_string(out, buf_slice(&f->text));
}

static void add_secret(struct format *f, struct slice value, struct buf *out)
{
	buf_reset(&f->text);
	redact_header(&f->redact, value, &f->text);
	jscan_add_string(out, buf_slice(&f->text));
}

/* Declared constants of a statement's text. */
static void add_statement(struct format *f, struct slice text, struct buf *out)
{
	const struct paths *p = &f->redact.paths;
	struct buf clean;
	struct sql_token t;
	uint64_t number = 0;
	size_t from = 0;

	buf_init(&clean, (size_t)1 << 32);
	for (struct slice rest = text; sql_token_next(&rest, &t);) {
		if (!sql_token_literal(&t) || !paths_literal(p, ++number))
			continue;
		size_t start = (size_t)(t.text.ptr - text.ptr), quotes = t.text.ptr[0] == '\'' && t.text.len > 1;
		buf_add(&clean, text.ptr + from, start + quotes - from);
		redact_token(&f->redact, slice_of(t.text.ptr + quotes, t.text.len - 2 * quotes), &clean);
		from = start + t.text.len - quotes;
	}
	buf_add(&clean, text.ptr + from, text.len - from);
	add_text(f, buf_slice(&clean), out);
	buf_release(&clean);
}

static void add_attr(struct format *f, const struct attr *a, struct buf *out)
{
	bool secret = redact_attr(&f->redact, a->name);

	jscan_add_string(out, a->name);
	buf_add_char(out, ':');
	switch (a->type) {
	case ATTR_INT:
		if (secret)
			buf_add_str(out, "\"<secret:0>\"");
		else
			format_int(out, a->number);
		break;
	case ATTR_BOOL:
		buf_add_str(out, a->number ? "true" : "false");
		break;
	case ATTR_JSON:
		if (secret) {
			add_secret(f, a->text, out);
		} else if (redact_wanted(&f->redact, a->text)) {
			/* Replacing inside a string leaves JSON; were it not so, text is written. */
			buf_reset(&f->text);
			redact_text(&f->redact, a->text, &f->text);
			if (!jscan_minify(buf_slice(&f->text), out))
				jscan_add_string(out, buf_slice(&f->text));
		} else if (!jscan_minify(a->text, out)) {
			jscan_add_string(out, a->text);
		}
		break;
	case ATTR_LIST:
		buf_add_char(out, '[');
		if (secret)
			add_secret(f, a->text, out);
		else
			add_text(f, a->text, out);
		buf_add_char(out, ']');
		break;
	case ATTR_TEXT:
		if (secret)
			add_secret(f, a->text, out);
		else if (paths_have(&f->redact.paths, PATH_LITERAL) && slice_eq_str(a->name, "db.query.text"))
			add_statement(f, a->text, out);
		else
			add_text(f, a->text, out);
		break;
	}
}

static bool named_before(const struct attrs *attrs, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (slice_eq(attrs->list[j].name, attrs->list[i].name))
			return true;
	return false;
}

/* A header sent twice is one attribute with a list of two (semantic conventions, http). */
static void add_repeated(struct format *f, const struct attrs *attrs, size_t i, struct buf *out)
{
	bool secret = redact_attr(&f->redact, attrs->list[i].name), first = true;

	jscan_add_string(out, attrs->list[i].name);
	buf_add_str(out, ":[");
	for (size_t j = i; j < attrs->count; j++) {
		if (attrs->list[j].type != ATTR_LIST || !slice_eq(attrs->list[j].name, attrs->list[i].name))
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		if (secret)
			add_secret(f, attrs->list[j].text, out);
		else
			add_text(f, attrs->list[j].text, out);
	}
	buf_add_char(out, ']');
}

static void add_attrs(struct format *f, const struct attrs *attrs, struct buf *out)
{
	bool first = true;

	buf_add_str(out, ",\"a\":{");
	for (size_t i = 0; i < attrs->count; i++) {
		if (named_before(attrs, i))
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		if (attrs->list[i].type == ATTR_LIST)
			add_repeated(f, attrs, i, out);
		else
			add_attr(f, &attrs->list[i], out);
	}
	buf_add_char(out, '}');
}

/* ---- bodies ------------------------------------------------------------ */

/* Declared columns of a result's rows: their cells become secrets. */
struct cells {
	struct format *f;
	struct slice columns;
	bool request;
};

static void cell_leaf(void *arg, struct slice path, struct slice value, struct buf *out)
{
	struct cells *c = arg;
	struct jscan names = jscan_open(c->columns);
	struct slice key, name;
	uint64_t at = 0, i = 0;
	struct buf plain;

	/* "[row][column]" */
	struct slice column = slice_skip(path, slice_find(path, ']') + 2);
	if (!slice_to_u64(slice_take(column, slice_find(column, ']')), &at) || value.ptr[0] != '"') {
		buf_add_slice(out, value);
		return;
	}
	buf_init(&plain, 4096);
	while (jscan_next(&names, &key, &name) && i < at)
		i++;
	if (name.len && paths_column(&c->f->redact.paths, jscan_plain(name, &plain))) {
		buf_add_char(out, '"');
		redact_token(&c->f->redact, jscan_plain(value, &plain), out);
		buf_add_char(out, '"');
	} else {
		buf_add_slice(out, value);
	}
	buf_release(&plain);
}

static struct slice hide_columns(struct format *f, struct slice json, struct slice columns)
{
	struct cells c = { .f = f, .columns = columns };
	struct jcopy copy;

	buf_reset(&f->scratch);
	jcopy_init(&copy, false, cell_leaf, &c);
	jcopy_value(&copy, json, &f->scratch);
	jcopy_release(&copy);
	return buf_slice(&f->scratch);
}

static bool has_body_paths(const struct paths *p)
{
	return paths_have(p, PATH_JSON) || paths_have(p, PATH_REQ) || paths_have(p, PATH_RES);
}

/* The JSON of a text body without white space and declared secrets, or none.
 * Only objects and arrays, unless the type says JSON. */
static struct slice body_json(struct format *f, struct slice text, bool request, bool said_json)
{
	size_t lead = jscan_space(text);

	if (lead == text.len || (text.ptr[lead] != '{' && text.ptr[lead] != '[' && !said_json))
		return SLICE_NONE;
	buf_reset(&f->scratch);
	if (!jscan_minify(text, &f->scratch))
		return SLICE_NONE;
	if (!has_body_paths(&f->redact.paths))
		return buf_slice(&f->scratch);
	buf_reset(&f->text);
	redact_json(&f->redact, request, buf_slice(&f->scratch), &f->text);
	return buf_slice(&f->text);
}

static void add_blob(struct format *f, struct slice bytes, struct buf *out)
{
	char hex[BLOB_HEX + 1];
	struct err err = { 0 };

	if (blob_put(f->path, bytes, hex, &err) < 0)
		f->lost_blobs++;
	buf_add_str(out, ",\"blob\":\"sha256:");
	buf_add_str(out, hex);
	buf_add_char(out, '"');
}

static void add_body(struct format *f, struct slice bytes, struct slice type, bool request, struct buf *out)
{
	if (!slice_is_utf8(bytes)) {
		if (bytes.len > f->inline_max) {
			add_blob(f, bytes, out);
			return;
		}
		buf_add_str(out, ",\"b64\":\"");
		buf_add_base64(out, bytes.ptr, bytes.len);
		buf_add_char(out, '"');
		return;
	}
	struct buf clean;
	buf_init(&clean, FORMAT_BODY_MAX);
	if (redact_wanted(&f->redact, bytes)) {
		redact_text(&f->redact, bytes, &clean);
		bytes = buf_slice(&clean);
	}
	struct slice media = slice_trim(slice_take(type, slice_find(type, ';')));
	bool said_json = slice_has_suffix(media, SLICE_LIT("/json")) || slice_has_suffix(media, SLICE_LIT("+json"));
	struct slice json = SLICE_NONE;
	if (bytes.len <= f->inline_max || has_body_paths(&f->redact.paths))
		json = body_json(f, bytes, request, said_json);
	if (bytes.len > f->inline_max) {
		/* As sent, unless a declared secret had to go. */
		add_blob(f, json.len && has_body_paths(&f->redact.paths) ? json : bytes, out);
	} else if (json.len) {
		buf_add_str(out, ",\"b\":");
		buf_add_slice(out, json);
	} else {
		buf_add_str(out, ",\"b\":");
		jscan_add_string(out, bytes);
	}
	buf_release(&clean);
}

static void add_rows(struct format *f, struct slice json, const struct attrs *attrs, bool request, struct buf *out)
{
	const struct attr *columns = attrs ? attrs_get(attrs, "seam.columns") : NULL;
	struct slice hidden = json;

	if (columns && paths_have(&f->redact.paths, PATH_COLUMN))
		hidden = hide_columns(f, json, columns->text);
	struct buf copy; /* add_body works in the scratch that `hidden` is in */
	buf_init(&copy, FORMAT_BODY_MAX);
	if (hidden.ptr != json.ptr) {
		buf_add_slice(&copy, hidden);
		hidden = buf_slice(&copy);
	}
	add_body(f, hidden, SLICE_LIT("application/json"), request, out);
	buf_release(&copy);
}

static void add_payload(struct format *f, const char *name, const struct payload *p, const struct attrs *attrs, bool request,
			struct buf *out)
{
	buf_add_str(out, name);
	buf_add_str(out, "{\"sz\":");
	add_u64(out, p->size);
	if (p->type.len) {
		buf_add_str(out, ",\"ct\":");
		jscan_add_string(out, p->type);
	}
	if (p->body && body_size(p->body))
		add_body(f, body_slice(p->body), p->type, request, out);
	else if (!p->body && p->json.len)
		add_rows(f, p->json, attrs, request, out);
	if (p->rows >= 0) {
		buf_add_str(out, ",\"rows\":");
		buf_add_i64(out, p->rows);
	}
	if (p->tag.len) {
		buf_add_str(out, ",\"tag\":");
		jscan_add_string(out, p->tag);
	}
	buf_add_char(out, '}');
}

/* ---- the rest of the line ---------------------------------------------- */

/* found: the JSON strings told so far, commas between them. */
static void add_found(struct format *f, struct slice text)
{
	size_t from = f->found.len;
	struct buf one;

	buf_init(&one, 64 * 1024);
	add_text(f, text, &one);
	/* A value that two fields hold is one id. */
	if (slice_find_slice(buf_slice(&f->found), buf_slice(&one)) == f->found.len) {
		if (from)
			buf_add_char(&f->found, ',');
		buf_add_slice(&f->found, buf_slice(&one));
	}
	buf_release(&one);
}

static void found_id(void *arg, struct slice value)
{
	struct format *f = arg;
	struct buf id;

	buf_init(&id, 1024);
	buf_add_str(&id, "id:");
	buf_add_slice(&id, value);
	add_found(f, buf_slice(&id));
	buf_release(&id);
}

static void add_cor(struct format *f, const struct event *e, struct buf *out)
{
	if (!e->ncor && !f->correlate.count)
		return;
	buf_reset(&f->found);
	for (size_t i = 0; i < e->ncor; i++)
		add_found(f, e->cor[i]);
	correlate_event(&f->correlate, e, found_id, f);
	if (!f->found.len)
		return;
	buf_add_str(out, ",\"cor\":[");
	buf_add_slice(out, buf_slice(&f->found));
	buf_add_char(out, ']');
}

static void add_json_or_text(struct format *f, struct slice json, bool secret, struct buf *out)
{
	if (secret || redact_wanted(&f->redact, json)) {
		buf_reset(&f->text);
		if (secret)
			redact_token(&f->redact, json, &f->text);
		else
			redact_text(&f->redact, json, &f->text);
		if (secret || !jscan_minify(buf_slice(&f->text), out))
			jscan_add_string(out, buf_slice(&f->text));
	} else if (!jscan_minify(json, out)) {
		jscan_add_string(out, json);
	}
}

static void add_why(struct format *f, const struct why *why, struct buf *out)
{
	buf_add_str(out, ",\"why\":{");
	if (why->closest.len) {
		buf_add_str(out, "\"closest\":");
		jscan_add_string(out, why->closest);
		buf_add_str(out, ",\"place\":");
		jscan_add_string(out, why->place);
		buf_addf(out, ",\"hold\":%zu,\"of\":%zu,\"conditions\":[", why->nhold, why->nconditions);
		for (size_t i = 0; i < why->nconditions; i++) {
			const struct why_condition *c = &why->conditions[i];
			if (i)
				buf_add_char(out, ',');
			buf_addf(out, "{\"ok\":%s,\"path\":", c->holds ? "true" : "false");
			jscan_add_string(out, c->path);
			struct buf attr;
			buf_init(&attr, 4096);
			buf_add_str(&attr, "http.request.");
			buf_add_slice(&attr, c->path); /* header.authorization */
			bool secret = redact_attr(&f->redact, buf_slice(&attr));
			buf_release(&attr);
			if (c->wants.len) {
				buf_add_str(out, ",\"wants\":");
				add_json_or_text(f, c->wants, secret, out);
			}
			if (c->got.len) {
				buf_add_str(out, ",\"got\":");
				add_json_or_text(f, c->got, secret, out);
			}
			buf_add_char(out, '}');
		}
		buf_add_char(out, ']');
	}
	if (why->text.len) {
		if (why->closest.len)
			buf_add_char(out, ',');
		buf_add_str(out, "\"text\":");
		add_text(f, why->text, out);
	}
	buf_add_char(out, '}');
}

static void add_member(struct buf *out, const char *name, uint64_t v)
{
	buf_add_str(out, name);
	add_u64(out, v);
}

static void add_volatile(struct format *f, const struct event *e, uint64_t n, struct buf *out)
{
	add_member(out, ",\"t\":{\"n\":", n);
	add_member(out, ",\"ts\":", e->time_ns);
	add_member(out, ",\"dur\":", e->duration_ns);
	if (e->pid)
		add_member(out, ",\"pid\":", (uint64_t)e->pid);
	if (e->ppid)
		add_member(out, ",\"ppid\":", (uint64_t)e->ppid);
	if (e->tid)
		add_member(out, ",\"tid\":", (uint64_t)e->tid);
	if (e->rss)
		add_member(out, ",\"rss\":", e->rss);
	if (e->local_port)
		add_member(out, ",\"lp\":", e->local_port);
	if (e->host_port)
		add_member(out, ",\"rp\":", e->host_port);
	if (e->caller.len) {
		buf_add_str(out, ",\"caller\":");
		jscan_add_string(out, e->caller);
	}
	if (e->test.len) {
		buf_add_str(out, ",\"test\":");
		jscan_add_string(out, e->test);
	}
	if (e->argv) {
		buf_add_str(out, ",\"argv\":");
		redact_args(&f->redact, e->argv, out);
	}
	buf_add_char(out, '}');
}

void format_event(struct format *f, const struct event *e, struct slice stream, uint64_t seq, uint64_t n, struct buf *out)
{
	buf_add_str(out, "{\"k\":\"");
	buf_add_str(out, e->k);
	buf_add_str(out, "\",\"st\":");
	jscan_add_string(out, stream);
	add_member(out, ",\"seq\":", seq);
	buf_add_str(out, ",\"sum\":");
	add_text(f, e->sum, out);
	buf_add_str(out, e->failed ? ",\"ok\":false,\"err\":" : ",\"ok\":true");
	if (e->failed)
		jscan_add_string(out, e->err.len ? e->err : SLICE_LIT("error"));
	buf_add_str(out, ",\"by\":\"");
	buf_add_str(out, reply_by_name(e->by));
	buf_add_char(out, '"');
	if (e->rule.len) {
		buf_add_str(out, ",\"rule\":");
		jscan_add_string(out, e->rule);
	}
	if (e->attrs && e->attrs->count)
		add_attrs(f, e->attrs, out);
	if (e->request && e->request->present)
		add_payload(f, ",\"req\":", e->request, e->attrs, true, out);
	if (e->reply && e->reply->present)
		add_payload(f, ",\"res\":", e->reply, e->attrs, false, out);
	add_cor(f, e, out);
	if (e->by == BY_NONE && e->why)
		add_why(f, e->why, out);
	add_volatile(f, e, n, out);
	buf_add_str(out, "}\n");
}
