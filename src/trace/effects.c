/*
 * effects: reads a trace for what it changed outside. A transaction counts when
 * it was committed; an object as it was left; a request when it was answered
 * well and is not of those that only read.
 */
#include "trace/effects.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/map.h"
#include "base/utf8.h"
#include "trace/blob.h"
#include "trace/jscan.h"

#define TEXT_MAX ((size_t)1 << 40)
#define INLINE 4096 /* of a text that stays in its line, as in a trace */

struct draft { /* of one effect */
	uint32_t event;
	struct buf line;
};

struct tx { /* of one stream */
	bool open;
	struct draft *list;
	size_t count, cap;
};

struct object {
	uint32_t event;
	struct buf line;   /* empty: nothing came of it */
	bool own;          /* this run put it there */
	struct map parts;  /* of the upload under way: number -> struct slice payload */
};

struct reading {
	struct effects *out;
	const char *trace;
	struct map txs, objects;
	struct buf name, plain;
};

static struct slice attr(const struct trace_line *l, const char *name)
{
	return l->a.ptr ? jscan_get(l->a, name) : SLICE_NONE;
}

/* Text of a JSON string, appended. */
static void add_text(struct buf *out, struct slice json)
{
	if (json.len >= 2 && json.ptr[0] == '"')
		jscan_text(json, out);
	else
		buf_add_slice(out, json);
}

static void service_of(const struct trace_line *l, struct buf *out)
{
	struct buf st;

	buf_init(&st, 1024 * 1024);
	jscan_text(l->st, &st);
	struct slice rest = buf_slice(&st);
	slice_split(&rest, '/');
	buf_add_slice(out, slice_split(&rest, '/'));
	buf_release(&st);
}

/* {"k":K,"st":"effects/SERVICE/","sum":SUM,... : everything but a and req. */
static void head(const struct trace_line *l, const char *k, struct slice sum, struct buf *out)
{
	struct buf st;

	buf_init(&st, 1024 * 1024);
	buf_add_str(&st, "effects/");
	service_of(l, &st);
	buf_add_char(&st, '/');
	buf_addf(out, "{\"k\":\"%s\",\"st\":", k);
	jscan_add_string(out, buf_slice(&st));
	buf_add_str(out, ",\"seq\":0,\"sum\":");
	jscan_add_string(out, sum);
	buf_add_str(out, ",\"ok\":true,\"by\":\"fake\"");
	buf_release(&st);
}

static void emit(struct effects *e, uint32_t event, struct slice line)
{
	if (e->count == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 64;
		e->origin = realloc(e->origin, e->cap * sizeof(*e->origin));
		if (!e->origin)
			abort();
	}
	e->origin[e->count++] = event;
	buf_add_slice(&e->text, line);
	buf_add_str(&e->text, "}\n");
}

/* The body alone: who wrote it does not matter, nor how its type was called. */
static void add_body(struct slice payload, struct buf *out)
{
	static const char *const names[] = { "b", "b64", "blob" };

	for (size_t i = 0; i < 3; i++) {
		struct slice v = payload.ptr ? jscan_get(payload, names[i]) : SLICE_NONE;
		if (!v.ptr)
			continue;
		buf_addf(out, ",\"req\":{\"%s\":", names[i]);
		buf_add_slice(out, v);
		buf_add_char(out, '}');
		return;
	}
}

/* ---- sql ------------------------------------------------------------------------- */

static struct tx *tx_of(struct reading *r, const struct trace_line *l)
{
	struct tx *t = map_get(&r->txs, l->st);

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			abort();
		map_set(&r->txs, l->st, t);
	}
	return t;
}

static void tx_end(struct reading *r, struct tx *t, bool commit)
{
	for (size_t i = 0; i < t->count; i++) {
		if (commit)
			emit(r->out, t->list[i].event, buf_slice(&t->list[i].line));
		buf_release(&t->list[i].line);
	}
	t->count = 0;
	t->open = false;
}

static void read_sql(struct reading *r, const struct trace_line *l, uint32_t event)
{
	struct tx *t = tx_of(r, l);
	struct slice params[256], text = attr(l, "db.query.text");
	struct buf form, values, sql;
	char name[64];
	size_t n = 0;

	buf_reset(&r->plain);
	jscan_text(l->sum, &r->plain);
	struct slice sum = buf_slice(&r->plain);
	if (slice_has_prefix(sum, SLICE_LIT("BEGIN")) || slice_has_prefix(sum, SLICE_LIT("START TRANSACTION"))) {
		t->open = true;
		return;
	}
	if (slice_has_prefix(sum, SLICE_LIT("ROLLBACK TO")))
		return;
	if (slice_has_prefix(sum, SLICE_LIT("COMMIT")) || slice_has_prefix(sum, SLICE_LIT("END")) || slice_has_prefix(sum, SLICE_LIT("ROLLBACK"))) {
		tx_end(r, t, sum.ptr[0] != 'R' && l->ok.ptr[0] == 't');
		return;
	}
	if (l->ok.ptr[0] != 't' || !text.ptr)
		return;
	for (; n < 256; n++) {
		snprintf(name, sizeof(name), "db.query.parameter.%zu", n);
		params[n] = attr(l, name);
		if (!params[n].ptr)
			break;
	}
	buf_init(&sql, TEXT_MAX);
	buf_init(&form, TEXT_MAX);
	buf_init(&values, TEXT_MAX);
	add_text(&sql, text);
	if (effects_statement(buf_slice(&sql), params, n, &form, &values)) {
		struct draft d = { .event = event };
		buf_init(&d.line, TEXT_MAX);
		head(l, "row", sum, &d.line);
		buf_add_str(&d.line, ",\"a\":{\"statement\":");
		jscan_add_string(&d.line, buf_slice(&form));
		buf_add_str(&d.line, ",\"values\":");
		buf_add_slice(&d.line, buf_slice(&values));
		buf_add_char(&d.line, '}');
		add_body(l->req, &d.line); /* the data of COPY */
		if (t->count == t->cap) {
			t->cap = t->cap ? t->cap * 2 : 8;
			t->list = realloc(t->list, t->cap * sizeof(*t->list));
			if (!t->list)
				abort();
		}
		t->list[t->count++] = d;
		if (!t->open)
			tx_end(r, t, true);
	}
	buf_release(&sql);
	buf_release(&form);
	buf_release(&values);
}

/* ---- objects ---------------------------------------------------------------------- */

static struct object *object_of(struct reading *r, const struct trace_line *l, struct slice key)
{
	buf_reset(&r->name);
	service_of(l, &r->name);
	buf_add_char(&r->name, '\x01');
	add_text(&r->name, attr(l, "aws.s3.bucket"));
	buf_add_char(&r->name, '/');
	add_text(&r->name, key);
	struct object *o = map_get(&r->objects, buf_slice(&r->name));
	if (!o) {
		o = calloc(1, sizeof(*o));
		if (!o)
			abort();
		buf_init(&o->line, TEXT_MAX);
		map_init(&o->parts);
		map_set(&r->objects, buf_slice(&r->name), o);
	}
	return o;
}

static void object_left(struct reading *r, struct object *o, const struct trace_line *l, uint32_t event)
{
	struct slice name = slice_skip(buf_slice(&r->name), slice_find(buf_slice(&r->name), '\x01') + 1);

	o->event = event;
	o->own = true;
	buf_reset(&o->line);
	head(l, "object", name, &o->line);
}

/* The bytes of one part. False: they are not beside the trace. */
static bool part_bytes(const struct reading *r, struct slice payload, struct buf *out)
{
	struct slice b = jscan_get(payload, "b"), b64 = jscan_get(payload, "b64"), blob = jscan_get(payload, "blob"), bytes;
	struct err err = { 0 };
	struct arena a;
	bool good = true;

	if (b64.len > 2) {
		arena_init(&a);
		good = base64_decode(slice_of(b64.ptr + 1, b64.len - 2), &a, &bytes);
		buf_add_slice(out, good ? bytes : SLICE_NONE);
		arena_release(&a);
	} else if (blob.len > 9) {
		good = blob_get(r->trace, slice_of(blob.ptr + 8, blob.len - 9), out, &err) == 0; /* "sha256:...", in quotes */
	} else if (b.ptr) {
		add_text(out, b);
	}
	return good;
}

/* Parts in the order of their numbers, as the one body that they are: then it does
 * not matter how large they were. */
static void join_parts(const struct reading *r, struct object *o)
{
	char number[24], hex[BLOB_HEX + 1];
	bool good = true;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	for (unsigned i = 1; i <= 10000 && good; i++) {
		snprintf(number, sizeof(number), "%u", i);
		struct slice *payload = map_get_str(&o->parts, number);
		good = !payload || part_bytes(r, *payload, &text);
	}
	if (!good) {
		buf_add_str(&o->line, ",\"a\":{\"parts\":\"not beside the trace\"}");
	} else if (text.len <= INLINE && slice_is_utf8(buf_slice(&text))) {
		buf_add_str(&o->line, ",\"req\":{\"b\":");
		jscan_add_string(&o->line, buf_slice(&text));
		buf_add_char(&o->line, '}');
	} else {
		blob_hash(buf_slice(&text), hex);
		buf_addf(&o->line, ",\"req\":{\"blob\":\"sha256:%s\"}", hex);
	}
	buf_release(&text);
}

static void forget_parts(struct object *o)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&o->parts, &i));)
		free(e->value);
	map_release(&o->parts);
	map_init(&o->parts);
}

/* What the run itself had put is as if it had never been; anything else was there before. */
static void object_gone(struct reading *r, const struct trace_line *l, struct slice key, uint32_t event)
{
	struct object *o = object_of(r, l, key);

	if (o->own) {
		buf_reset(&o->line);
		o->own = false;
		return;
	}
	object_left(r, o, l, event);
	o->own = false;
	buf_add_str(&o->line, ",\"a\":{\"deleted\":true}");
}

static void read_s3(struct reading *r, const struct trace_line *l, uint32_t event)
{
	struct slice method = attr(l, "rpc.method"), key = attr(l, "aws.s3.key"), keys = attr(l, "seam.s3.keys"), name, one;

	if (l->ok.ptr[0] != 't')
		return;
	if (slice_eq_str(method, "\"S3/DeleteObjects\"")) {
		if (keys.ptr)
			for (struct jscan it = jscan_open(keys); jscan_next(&it, &name, &one);)
				object_gone(r, l, one, event);
		return;
	}
	if (!key.ptr)
		return;
	if (slice_eq_str(method, "\"S3/DeleteObject\"")) {
		object_gone(r, l, key, event);
		return;
	}
	struct object *o = object_of(r, l, key);
	if (slice_eq_str(method, "\"S3/PutObject\"")) {
		object_left(r, o, l, event);
		add_body(l->req, &o->line);
	} else if (slice_eq_str(method, "\"S3/CopyObject\"")) {
		object_left(r, o, l, event);
		buf_add_str(&o->line, ",\"a\":{\"source\":");
		struct slice source = attr(l, "aws.s3.copy_source");
		buf_add_slice(&o->line, source.ptr ? source : SLICE_LIT("\"\""));
		buf_add_char(&o->line, '}');
	} else if (slice_eq_str(method, "\"S3/UploadPart\"")) {
		buf_reset(&r->plain);
		add_text(&r->plain, attr(l, "aws.s3.part_number"));
		struct slice *payload = malloc(sizeof(*payload));
		if (!payload)
			abort();
		*payload = l->req.ptr ? l->req : SLICE_LIT("{}");
		free(map_set(&o->parts, buf_slice(&r->plain), payload));
	} else if (slice_eq_str(method, "\"S3/CompleteMultipartUpload\"")) {
		object_left(r, o, l, event);
		join_parts(r, o);
		forget_parts(o);
	}
}

/* ---- requests and messages ----------------------------------------------------------- */

static void read_http(struct reading *r, const struct trace_line *l, uint32_t event)
{
	static const char *const safe[] = { "\"GET\"", "\"HEAD\"", "\"OPTIONS\"", "\"TRACE\"" }; /* RFC 9110 section 9.2.1 */
	struct slice method = attr(l, "http.request.method"), url = attr(l, "url.full");
	struct buf line, sum;

	for (size_t i = 0; i < 4; i++)
		if (slice_eq_str(method, safe[i]))
			return;
	if (l->ok.ptr[0] != 't' || !method.ptr)
		return;
	buf_init(&line, TEXT_MAX);
	buf_init(&sum, 1024 * 1024);
	jscan_text(l->sum, &sum);
	head(l, "request", buf_slice(&sum), &line);
	buf_add_str(&line, ",\"a\":{\"url.full\":");
	buf_add_slice(&line, url.ptr ? url : SLICE_LIT("\"\""));
	buf_add_char(&line, '}');
	add_body(l->req, &line);
	emit(r->out, event, buf_slice(&line));
	buf_release(&line);
	buf_release(&sum);
}

static void read_message(struct reading *r, const struct trace_line *l, uint32_t event)
{
	struct slice type = attr(l, "messaging.operation.type");
	struct buf line, sum;

	if (l->ok.ptr[0] != 't' || (type.ptr && !slice_eq_str(type, "\"send\"")))
		return;
	buf_init(&line, TEXT_MAX);
	buf_init(&sum, 1024 * 1024);
	jscan_text(l->sum, &sum);
	head(l, "message", buf_slice(&sum), &line);
	struct slice key = attr(l, "messaging.kafka.message.key");
	if (key.ptr) {
		buf_add_str(&line, ",\"a\":{\"key\":");
		buf_add_slice(&line, key);
		buf_add_char(&line, '}');
	}
	add_body(l->req, &line);
	emit(r->out, event, buf_slice(&line));
	buf_release(&line);
	buf_release(&sum);
}

/* ---- the trace ---------------------------------------------------------------------------- */

static void add_header(struct effects *e, const struct trace_file *f)
{
	json_t *h = json_copy(trace_file_header(f));
	char *text = json_dumps(h, JSON_COMPACT);

	buf_add_str(&e->text, text);
	buf_add_char(&e->text, '\n');
	free(text);
	json_decref(h);
}

static void finish(struct reading *r)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&r->txs, &i));) {
		struct tx *t = e->value;
		tx_end(r, t, false); /* never committed */
		free(t->list);
		free(t);
	}
	for (size_t i = 0; (e = map_next(&r->objects, &i));) {
		struct object *o = e->value;
		if (o->line.len)
			emit(r->out, o->event, buf_slice(&o->line));
		forget_parts(o);
		map_release(&o->parts);
		buf_release(&o->line);
		free(o);
	}
	map_release(&r->txs);
	map_release(&r->objects);
	buf_release(&r->name);
	buf_release(&r->plain);
}

/* Rows are effects as they are. */
static void add_final(struct effects *e, const struct trace_file *final)
{
	for (uint32_t i = 0; i < trace_file_count(final); i++) {
		struct trace_line l;
		trace_file_line(final, i, &l);
		emit(e, EFFECT_FINAL, slice_take(l.text, l.text.len - 1));
	}
}

void effects_of(struct effects *e, const struct trace_file *f, const struct trace_file *final)
{
	struct reading r = { .out = e, .trace = trace_file_path(f) };

	*e = (struct effects){ 0 };
	buf_init(&e->text, TEXT_MAX);
	map_init(&r.txs);
	map_init(&r.objects);
	buf_init(&r.name, 1024 * 1024);
	buf_init(&r.plain, TEXT_MAX);
	add_header(e, f);
	for (uint32_t i = 0; i < trace_file_count(f); i++) {
		struct trace_line l;
		trace_file_line(f, i, &l);
		if (slice_eq_str(l.k, "sql") && !final)
			read_sql(&r, &l, i);
		else if (slice_eq_str(l.k, "s3"))
			read_s3(&r, &l, i);
		else if (slice_eq_str(l.k, "http"))
			read_http(&r, &l, i);
		else if (slice_eq_str(l.k, "kafka") || slice_eq_str(l.k, "mail"))
			read_message(&r, &l, i);
	}
	finish(&r);
	if (final)
		add_final(e, final);
	buf_addf(&e->text, "{\"k\":\"seam.end\",\"events\":%zu,\"dropped\":0}\n", e->count);
}

void effects_release(struct effects *e)
{
	buf_release(&e->text);
	free(e->origin);
	free(e->folder);
	*e = (struct effects){ 0 };
}
