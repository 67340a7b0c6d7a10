/* keep_order: what each order of a session does. A table row is an order. */
#include "host/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/follow.h"
#include "host/session.h"
#include "host/state.h"

#define WAIT_MS 5000 /* how long running statements are waited for, unless the order says */

static const char *text_of(struct caller *c, const char *name)
{
	return json_string_value(json_object_get(c->order, name));
}

static uint64_t timeout_of(struct caller *c, uint64_t otherwise)
{
	json_t *v = json_object_get(c->order, "timeout_ms");

	return json_is_integer(v) && json_integer_value(v) >= 0 ? (uint64_t)json_integer_value(v) : otherwise;
}

/* ---- first the dead are buried, and who works is waited for ---------------------- */

static size_t busy(struct host *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nservices; i++) {
		struct served *s = &h->services[i];
		if (s->type && s->type->state && s->type->state->busy)
			n += s->type->state->busy(s->fake);
	}
	return n;
}

struct swept {
	size_t connections, pools;
};

/* Connections of processes that are gone, held open by somebody who inherited them. */
static struct swept sweep(struct host *h)
{
	struct swept swept = { 0 };
	struct map pools;

	map_init(&pools);
	for (struct session *s = h->sessions, *next; s; s = next) {
		char key[64];
		next = s->next;
		if (!s->process || s->state == SESSION_ENDED || !process_exiting(s->process))
			continue;
		snprintf(key, sizeof(key), "%p %p", (void *)s->process, (void *)s->served);
		map_set(&pools, slice_str(key), s);
		session_break_off(s, "its process is gone");
		swept.connections++;
	}
	swept.pools = pools.live;
	map_release(&pools);
	return swept;
}

static bool settle_turn(struct caller *c, bool over)
{
	struct host *h = c->keep->host;
	size_t working = busy(h);

	if (working && !over)
		return false;
	for (size_t i = 0; working && i < h->nservices; i++) {
		struct served *s = &h->services[i];
		if (s->type && s->type->state && s->type->state->cancel)
			s->type->state->cancel(s->fake);
	}
	c->then(c);
	return true;
}

static void settle(struct caller *c, void (*then)(struct caller *c))
{
	c->then = then;
	keep_wait(c, timeout_of(c, WAIT_MS), settle_turn);
}

/* What every order that settles reports. */
static json_t *settled(struct caller *c, const struct swept *swept, const struct err *err)
{
	json_t *failures = json_array();
	uint64_t waited = uv_now(&c->keep->host->loop) - c->began_ms;

	if (err && err->code)
		json_array_append_new(failures, json_string(err->text));
	if (busy(c->keep->host))
		json_array_append_new(failures, json_string("a statement is still running, and could not be cancelled"));
	json_t *reply = json_pack("{s:b, s:I, s:I, s:I, s:O}", "ok", json_array_size(failures) == 0, "pools_cleaned", (json_int_t)swept->pools,
				  "connections_closed", (json_int_t)swept->connections, "waited_ms", (json_int_t)waited, "cleanup_failures", failures);
	if (err && err->code)
		json_object_set_new(reply, "error", json_string(err->text));
	json_decref(failures);
	return reply;
}

static void do_cleanup(struct caller *c)
{
	struct swept swept = sweep(c->keep->host);

	keep_answer(c, settled(c, &swept, NULL));
}

/* One service, or a part of it, goes back to the seed by a change like any other: marks stay good. */
static int reset_service(struct caller *c, const char *name, struct err *err)
{
	struct host *h = c->keep->host;
	struct served *s = state_service(h, name);

	if (!s)
		return err_set(err, ERR_CONTENT, "no service is named \"%s\"", name);
	if (!s->type || !s->type->state)
		return err_set(err, ERR_CONTENT, "service \"%s\" holds nothing that could be reset", name);
	json_t *part = json_object();
	static const char *const members[] = { "prefix", "table", "bucket" };
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (text_of(c, members[i]))
			json_object_set_new(part, members[i], json_string(text_of(c, members[i])));
	int code = s->type->state->restore_part(s->fake, c->keep->marks[0].fakes[s - h->services], part, err);
	json_decref(part);
	return code;
}

static void do_reset(struct caller *c)
{
	struct swept swept = sweep(c->keep->host);
	struct err err = { 0 };
	const char *service = text_of(c, "service");

	if (service)
		reset_service(c, service, &err);
	else
		keep_restore(c->keep, NULL, &err);
	if (!service)
		c->keep->since = follow_here(c->keep->host);
	keep_answer(c, settled(c, &swept, &err));
}

static void do_snapshot(struct caller *c)
{
	struct err err = { 0 };
	const char *name = text_of(c, "name");

	if (keep_mark(c->keep, name ? name : "snapshot", &err) < 0)
		keep_fail(c, "%s", err.text);
	else
		keep_answer(c, json_pack("{s:b}", "ok", 1));
}

static void do_restore(struct caller *c)
{
	struct swept swept = sweep(c->keep->host);
	struct err err = { 0 };
	const char *name = text_of(c, "name");

	keep_restore(c->keep, name ? name : "snapshot", &err);
	keep_answer(c, settled(c, &swept, &err));
}

static void do_save(struct caller *c)
{
	struct err err = { 0 };

	if (keep_save(c->keep, text_of(c, "file"), &err) < 0)
		keep_fail(c, "%s", err.text);
	else
		keep_answer(c, json_pack("{s:b}", "ok", 1));
}

static void do_load(struct caller *c)
{
	struct err err = { 0 };

	if (keep_load(c->keep->host, text_of(c, "file"), &err) < 0) {
		keep_fail(c, "%s", err.text);
		return;
	}
	keep_mark_seed(c->keep);
	keep_answer(c, json_pack("{s:b}", "ok", 1));
}

/* ---- more seed ---------------------------------------------------------------------- */

static int seed_one(struct host *h, const struct jsondoc *doc, const char *name, json_t *declared, const char *path, const char *folder, struct err *err)
{
	struct served *s = state_service(h, name);

	if (!s || !s->type || !s->type->state)
		return err_set(err, ERR_CONTENT, s ? "service \"%s\" takes no seed" : "no service is named \"%s\"", name);
	json_t *json = json_is_array(declared) ? json_pack("{s:O}", "seed", declared) : json_incref(declared);
	struct service_config config = { .name = slice_str(name), .doc = doc, .path = path, .json = json, .folder = folder, .seed = h->options->seed,
					 .now_ns = host_wall_ns };
	int code = s->type->state->seed(s->fake, &config, err);
	json_decref(json);
	return code;
}

/* {"lake": [rows]}, or a rule file: the seeds of its services. */
static int seed_file(struct host *h, const char *file, struct err *err)
{
	struct jsondoc doc;
	char folder[4096], path[600];
	const char *name;
	json_t *one, *all;
	int code = jsondoc_load(&doc, file, err);

	if (code < 0)
		return code;
	snprintf(folder, sizeof(folder), "%s", file);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	bool rules = json_object_get(doc.root, "seam") != NULL;
	all = rules ? json_object_get(doc.root, "services") : doc.root;
	json_object_foreach(all, name, one) {
		snprintf(path, sizeof(path), rules ? "services.%s" : "%s", name);
		if (code < 0 || (rules && !json_object_get(one, "seed")) || strncmp(name, "//", 2) == 0)
			continue;
		code = seed_one(h, &doc, name, one, path, slash ? folder : ".", err);
	}
	jsondoc_release(&doc);
	return code;
}

static void do_seed(struct caller *c)
{
	struct swept swept = sweep(c->keep->host);
	struct err err = { 0 }, place = { 0 };
	bool keep = json_is_true(json_object_get(c->order, "keep"));

	if (!keep)
		keep_restore(c->keep, NULL, &err);
	if (!err.code && seed_file(c->keep->host, text_of(c, "file"), &place) < 0) {
		struct buf text;
		buf_init(&text, 4096);
		err_print(&place, &text);
		err_set(&err, place.code, "%s", text.ptr);
		buf_release(&text);
	}
	if (!keep && !err.code)
		keep_mark_seed(c->keep);
	keep_answer(c, settled(c, &swept, &err));
}

/* ---- looking, labels, waiting, the end ---------------------------------------------- */

static void do_state(struct caller *c)
{
	json_t *question = json_object_get(c->order, "question"), *empty = json_object();

	keep_answer(c, json_pack("{s:b, s:o}", "ok", 1, "state", state_look(c->keep->host, text_of(c, "service"), question ? question : empty)));
	json_decref(empty);
}

static void do_services(struct caller *c)
{
	struct host *h = c->keep->host;
	json_t *list = json_array();

	for (size_t i = 0; i < h->nservices; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", h->services[i].declared->name, "protocol", h->services[i].declared->protocol,
						      "state", h->services[i].type && h->services[i].type->state && h->services[i].fake));
	keep_answer(c, json_pack("{s:b, s:o, s:s}", "ok", 1, "services", list, "trace", h->trace_path));
}

static void do_begin(struct caller *c)
{
	struct keep *k = c->keep;
	const char *name = text_of(c, "name");

	free(k->label);
	k->label = strdup(name ? name : "");
	char *note = NULL;
	k->since = follow_here(k->host);
	if (asprintf(&note, "test begins: %s", k->label) > 0)
		events_note(k->host, NULL, note);
	free(note);
	keep_answer(c, json_pack("{s:b}", "ok", 1));
}

static void do_end(struct caller *c)
{
	struct keep *k = c->keep;
	char *note = NULL;

	if (!k->label) {
		keep_fail(c, "no test was begun");
		return;
	}
	if (asprintf(&note, "test ends: %s", k->label) > 0)
		events_note(k->host, NULL, note);
	free(note);
	free(k->label);
	k->label = NULL;
	keep_answer(c, json_pack("{s:b}", "ok", 1));
}

static bool wait_turn(struct caller *c, bool over)
{
	bool holds = follow_holds(c->follow);
	struct buf why;

	if (!holds && !over)
		return false;
	buf_init(&why, 256 * 1024);
	if (!holds)
		follow_say(c->follow, &why);
	keep_answer(c, json_pack("{s:b, s:b, s:s, s:I}", "ok", 1, "holds", holds, "why", why.ptr, "waited_ms",
				 (json_int_t)(uv_now(&c->keep->host->loop) - c->began_ms)));
	buf_release(&why);
	return true;
}

static void do_wait(struct caller *c)
{
	struct err err = { 0 };
	const char *what = text_of(c, "expect");

	trace_flush(c->keep->host->trace);
	c->follow = what ? follow_expect(c->keep->host, what, c->keep->since, &err) : NULL;
	if (!c->follow)
		keep_fail(c, "%s", what ? err.text : "nothing to wait for");
	else
		keep_wait(c, timeout_of(c, 30000), wait_turn);
}

static void do_stop(struct caller *c)
{
	c->keep->stopper = c;
	c->keep->host->root_ended = true;
}

/* ---- the table ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*obey)(struct caller *c);
	bool settles;       /* waits for running statements first */
	const char *needs;  /* member that must be a text, or NULL */
} orders[] = {
	{ "reset", do_reset, true, NULL },	 { "snapshot", do_snapshot, true, NULL }, { "restore", do_restore, true, NULL },
	{ "seed", do_seed, true, "file" },	 { "save", do_save, true, "file" },	  { "load", do_load, true, "file" },
	{ "cleanup", do_cleanup, true, NULL },	 { "state", do_state, false, NULL },	  { "services", do_services, false, NULL },
	{ "begin", do_begin, false, "name" },	 { "end", do_end, false, NULL },	  { "wait", do_wait, false, "expect" },
	{ "stop", do_stop, false, NULL },
};

void keep_obey(struct caller *c)
{
	const char *name = text_of(c, "do");

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (!name || strcmp(name, orders[i].name) != 0)
			continue;
		if (orders[i].needs && !text_of(c, orders[i].needs))
			keep_fail(c, "%s needs \"%s\"", name, orders[i].needs);
		else if (orders[i].settles)
			settle(c, orders[i].obey);
		else
			orders[i].obey(c);
		return;
	}
	keep_fail(c, "this session does not know the order \"%s\"", name ? name : "");
}
