/* sweep_effects: what a run did, read from its trace; and what a difference
 * between two of them means. */
#include <stdlib.h>
#include <string.h>

#include "check/asked.h"
#include "port/sql.h"
#include "sweep.h"
#include "trace/read.h"

#define WAIT_MS 5000

const char *const sweep_verdict_names[SWEEP_VERDICTS] = {
	[SWEEP_RECOVERED] = "recovered", [SWEEP_FAILED] = "clean failure", [SWEEP_LOST] = "lost effect", [SWEEP_DUPLICATE] = "duplicate",
	[SWEEP_UPLOAD] = "half upload",	 [SWEEP_OPEN] = "open transaction", [SWEEP_HANG] = "hang",	  [SWEEP_LEAK] = "leak",
	[SWEEP_BROKEN] = "not run",
};

bool sweep_is_bad(enum sweep_verdict v)
{
	return v != SWEEP_RECOVERED && v != SWEEP_FAILED;
}

/* ---- reading ----------------------------------------------------------------- */

/* Writes of a transaction that may still be rolled back. */
struct pending {
	struct buf texts; /* each with its NUL */
	bool open;
};

struct reading {
	struct sweep_effects *e;
	struct map streams; /* -> struct pending */
	struct map uploads; /* id -> 1 */
};

static void add(struct sweep_effects *e, struct slice what)
{
	uintptr_t n = (uintptr_t)map_get(&e->counts, what);

	map_set(&e->counts, what, (void *)(n + 1));
}

static struct pending *pending_of(struct reading *r, struct slice stream)
{
	struct pending *p = map_get(&r->streams, stream);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	buf_init(&p->texts, (size_t)1 << 30);
	map_set(&r->streams, stream, p);
	return p;
}

/* What makes new rows each time. An update, a deletion, or an insertion that says what
 * becomes of a row that is there, done twice is done once. */
static bool adds_rows(const char *text)
{
	return (strncasecmp(text, "insert", 6) == 0 || strncasecmp(text, "copy", 4) == 0) && !strcasestr(text, "on conflict");
}

static void commit(struct reading *r, struct pending *p)
{
	for (size_t at = 0; at < p->texts.len; at += strlen(p->texts.ptr + at) + 1)
		if (adds_rows(p->texts.ptr + at))
			add(r->e, slice_str(p->texts.ptr + at));
		else
			map_set(&r->e->counts, slice_str(p->texts.ptr + at), (void *)1);
	buf_reset(&p->texts);
	p->open = false;
}

static bool is_write(struct slice verb)
{
	static const char *const writes[] = { "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE" };

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		if (slice_has_prefix(verb, slice_str(writes[i])))
			return true;
	return slice_has_prefix(verb, SLICE_LIT("CREATE")) || slice_has_prefix(verb, SLICE_LIT("DROP")) || slice_has_prefix(verb, SLICE_LIT("ALTER"));
}

static void take_sql(struct reading *r, struct asked *a)
{
	struct pending *p = pending_of(r, a->stream);
	const struct sql_request *q = &a->req.sql;
	struct slice verb = q->analysis->verb;
	const char *tag = json_string_value(json_object_get(json_object_get(a->json, "res"), "tag"));

	if (slice_eq_str(verb, "BEGIN") || slice_eq_str(verb, "START TRANSACTION")) {
		p->open = true;
	} else if (slice_eq_str(verb, "COMMIT") || slice_eq_str(verb, "END")) {
		if (tag && strcmp(tag, "ROLLBACK") == 0)
			buf_reset(&p->texts);
		commit(r, p);
	} else if (slice_has_prefix(verb, SLICE_LIT("ROLLBACK")) && slice_find_slice(q->text, SLICE_LIT(" to ")) == q->text.len &&
		   slice_find_slice(q->text, SLICE_LIT(" TO ")) == q->text.len) {
		buf_reset(&p->texts);
		p->open = false;
	} else if (is_write(verb) && !q->analysis->copy_to_stdout) {
		buf_addf(&p->texts, "%.*s", SLICE_ARG(q->text));
		for (size_t i = 0; i < q->nparams; i++)
			buf_addf(&p->texts, " $%zu=%.*s", i + 1, SLICE_ARG(q->params[i].text));
		buf_add_char(&p->texts, '\0');
		if (!p->open)
			commit(r, p);
	}
}

static void take_http(struct reading *r, struct asked *a)
{
	struct slice method = a->req.http.method, body = body_slice(a->req.http.body);

	if (slice_eq_str(method, "GET") || slice_eq_str(method, "HEAD") || slice_eq_str(method, "OPTIONS"))
		return;
	add(r->e, arena_printf(a->req.arena, "%.*s %.*s %.*s", SLICE_ARG(method), SLICE_ARG(http_request_url(&a->req.http, a->req.arena)),
			       SLICE_ARG(slice_take(body, 2000))));
}

/* An object that is put again under its key is still one object. */
static void take_object(struct reading *r, struct asked *a)
{
	const struct object_request *o = &a->req.object;
	struct slice op = a->req.op, id = o->upload_id;
	const char *made = json_string_value(json_object_get(json_object_get(a->json, "a"), "aws.s3.upload_id"));

	if (slice_eq_str(op, "CreateMultipartUpload"))
		map_set(&r->uploads, slice_str(made), r);
	else if (slice_eq_str(op, "CompleteMultipartUpload") || slice_eq_str(op, "AbortMultipartUpload"))
		map_take(&r->uploads, id);
	if (slice_eq_str(op, "PutObject") || slice_eq_str(op, "CopyObject") || slice_eq_str(op, "CompleteMultipartUpload")) {
		struct slice what = arena_printf(a->req.arena, "object %.*s/%.*s", SLICE_ARG(o->bucket), SLICE_ARG(o->key));
		map_set(&r->e->counts, what, (void *)1);
	} else if (slice_has_prefix(op, SLICE_LIT("Delete"))) {
		map_take(&r->e->counts, arena_printf(a->req.arena, "object %.*s/%.*s", SLICE_ARG(o->bucket), SLICE_ARG(o->key)));
	}
}

static void take(struct reading *r, struct asked *a)
{
	bool effect = a->outcome.ok || json_is_true(json_object_get(json_object_get(a->json, "a"), "seam.effect"));

	if (slice_eq_str(a->kind, "conn.close"))
		buf_reset(&pending_of(r, a->stream)->texts);
	if (!effect)
		return;
	if (a->req.port == PORT_SQL)
		take_sql(r, a);
	else if (a->req.port == PORT_HTTP)
		take_http(r, a);
	else if (a->req.port == PORT_OBJECT)
		take_object(r, a);
}

static void read_trailer(struct sweep_effects *e, json_t *trailer)
{
	json_t *leaks = json_object_get(trailer, "leaks"), *v;
	const char *name;

	json_object_foreach(leaks, name, v)
		if (strcmp(name, "transactions") == 0)
			e->transactions = (uint64_t)json_integer_value(v);
		else
			e->leaks += (uint64_t)json_integer_value(v);
	e->unmatched = (uint64_t)json_integer_value(json_object_get(trailer, "unmatched"));
}

int sweep_effects(struct sweep_effects *e, const char *trace, struct err *err)
{
	struct reading r = { .e = e };
	struct trace_file *f;
	struct trace_line l;
	struct arena arena;
	struct map_entry *m;

	*e = (struct sweep_effects){ 0 };
	map_init(&e->counts);
	int rc = trace_file_open(&f, trace, true, WAIT_MS, err);
	if (rc)
		return rc;
	arena_init(&arena);
	map_init(&r.streams);
	map_init(&r.uploads);
	e->events = trace_file_count(f);
	for (size_t i = 0; i < e->events; i++) {
		struct asked a;
		trace_file_line(f, i, &l);
		if (asked_read(&a, l.text, i, trace, &arena)) {
			take(&r, &a);
			asked_release(&a);
		}
		arena_reset(&arena);
	}
	e->half_uploads = r.uploads.live;
	read_trailer(e, trace_file_trailer(f));
	for (size_t i = 0; (m = map_next(&r.streams, &i));) {
		buf_release(&((struct pending *)m->value)->texts);
		free(m->value);
	}
	map_release(&r.streams);
	map_release(&r.uploads);
	arena_release(&arena);
	trace_file_close(f);
	return 0;
}

void sweep_effects_release(struct sweep_effects *e)
{
	map_release(&e->counts);
}

/* ---- judging -------------------------------------------------------------------- */

/* The first thing that one did more often than the other. */
static const char *more(const struct sweep_effects *a, const struct sweep_effects *b, bool both, struct arena *arena)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&a->counts, &i));) {
		uintptr_t mine = (uintptr_t)e->value, other = (uintptr_t)map_get(&b->counts, e->key);
		if (mine > other && (!both || other))
			return arena_printf(arena, "%.300s   %zu times instead of %zu", e->key.ptr, both ? (size_t)mine : (size_t)other,
					    both ? (size_t)other : (size_t)mine).ptr;
	}
	return NULL;
}

enum sweep_verdict sweep_judge(const struct sweep_effects *base, const struct sweep_effects *trial, int exit, bool hung, struct arena *a, const char **why)
{
	*why = NULL;
	if (hung)
		return SWEEP_HANG;
	if ((*why = more(trial, base, true, a)))
		return SWEEP_DUPLICATE;
	if (trial->half_uploads > base->half_uploads)
		return SWEEP_UPLOAD;
	if (trial->transactions > base->transactions)
		return SWEEP_OPEN;
	if (exit)
		return SWEEP_FAILED;
	if ((*why = more(base, trial, false, a)))
		return SWEEP_LOST;
	return trial->leaks > base->leaks ? SWEEP_LEAK : SWEEP_RECOVERED;
}
