/* state_replay: feeds a trace's requests to fresh fakes. Only what a fake
 * answered, and took effect, is asked again: what a rule answered never reached
 * it. */
#include "state_replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "check/asked.h"
#include "host/host.h"
#include "service/service.h"
#include "trace_rules.h"

struct replayed {
	const struct rule_service *declared;
	const struct service_type *type; /* with a state, or NULL */
	void *fake;
};
struct replayed_conn {
	struct link link;
	const struct service_type *type;
	void *codec;
};
struct state_replay {
	struct rules *rules;
	struct replayed *services;
	size_t count;
	struct map conns; /* stream -> struct replayed_conn */
};

static uint64_t clock_ns; /* of the event in hand */

static uint64_t now_ns(void)
{
	return clock_ns;
}

static int open_fakes(struct state_replay *r, uint64_t seed, struct err *err)
{
	const struct rule_service *list = rules_services(r->rules, &r->count);

	r->services = calloc(r->count + 1, sizeof(*r->services));
	if (!r->services)
		abort();
	for (size_t i = 0; i < r->count; i++) {
		struct replayed *s = &r->services[i];
		const struct service_type *type = service_type_find(slice_str(list[i].protocol));
		struct service_config config = { .name = slice_str(list[i].name), .doc = list[i].doc, .path = list[i].path, .json = list[i].json,
						 .folder = list[i].folder, .seed = seed, .now_ns = now_ns };
		s->declared = &list[i];
		if (!type || !type->state || !type->fake)
			continue;
		if (type->fake->new(&s->fake, &config, err) < 0)
			return err->code;
		s->type = type;
	}
	return 0;
}

static struct replayed *service_of(struct state_replay *r, struct slice name)
{
	for (size_t i = 0; i < r->count; i++)
		if (slice_eq_str(name, r->services[i].declared->name))
			return &r->services[i];
	return NULL;
}

static void *conn_of(struct state_replay *r, struct slice stream, struct replayed *s)
{
	struct replayed_conn *c = map_get(&r->conns, stream);

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			abort();
		c->type = s->type;
		c->link = (struct link){ .id = r->conns.live + 1, .service = slice_str(s->declared->name), .now_ns = clock_ns };
		c->codec = s->type->codec->new(&c->link, s->fake);
		map_set(&r->conns, stream, c);
	}
	return c->codec;
}

/* Passed on to a real server that belonged to the run ("engine"), not to one outside of it. */
static bool runs_its_own(const struct rule_service *s)
{
	const char *mode = json_string_value(json_object_get(s->json, "mode"));

	return json_object_get(s->json, "engine") && (!mode || strcmp(mode, "pass") != 0);
}

static void ask_again(struct state_replay *r, struct asked *a)
{
	struct replayed *s = service_of(r, a->req.service);
	bool fake = slice_eq_str(a->outcome.by, "fake") || (slice_eq_str(a->outcome.by, "pass") && s && runs_its_own(s->declared));
	bool lost = slice_eq_str(a->outcome.by, "fault") && json_is_true(json_object_get(json_object_get(a->json, "a"), "seam.effect"));
	struct reply reply = { .port = a->req.port };

	if (!s || !s->type || s->type->port != a->req.port || (!fake && !lost))
		return;
	void *conn = conn_of(r, a->stream, s);
	if (s->type->fake->again)
		s->type->fake->again(s->fake, conn, &a->req, &reply);
	else
		s->type->fake->answer(s->fake, conn, &a->req, &reply);
	reply_release(&reply);
}

static int load_rules(struct state_replay *r, json_t *header, struct err *err)
{
	json_t *list = json_object_get(header, "rules");
	const char *files[64];
	size_t n = 0;

	for (; n < json_array_size(list) && n < 64; n++)
		files[n] = json_string_value(json_array_get(list, n));
	if (!n)
		return err_set(err, ERR_CONTENT, "the trace names no rule files: there were no fakes");
	if (tool_rules("state", files, n, &r->rules))
		return err_set(err, ERR_CONTENT, "the rule files that the trace names are needed: start in the folder of its run");
	return 0;
}

int state_replay_new(struct state_replay **out, struct trace_file *f, int64_t at, struct err *err)
{
	struct state_replay *r = *out = calloc(1, sizeof(*r));
	struct trace_line l;
	struct arena arena;
	json_t *header = trace_file_header(f);

	if (!r)
		abort();
	map_init(&r->conns);
	clock_ns = 1000000000ull * 1000000000ull;
	if (load_rules(r, header, err) < 0 || open_fakes(r, (uint64_t)json_integer_value(json_object_get(header, "seed")), err) < 0)
		return err->code;
	arena_init(&arena);
	for (size_t i = 0; i < trace_file_count(f) && (at < 0 || i <= (size_t)at); i++) {
		struct asked a;
		trace_file_line(f, i, &l);
		if (asked_read(&a, l.text, i, trace_file_path(f), &arena)) {
			clock_ns += 1000;
			ask_again(r, &a);
			asked_release(&a);
		}
		arena_reset(&arena);
	}
	arena_release(&arena);
	return 0;
}

void state_replay_free(struct state_replay *r)
{
	struct map_entry *e;

	if (!r)
		return;
	for (size_t i = 0; (e = map_next(&r->conns, &i));) {
		struct replayed_conn *c = e->value;
		c->type->codec->free(c->codec);
		free(c);
	}
	map_release(&r->conns);
	for (size_t i = 0; i < r->count; i++)
		if (r->services[i].type)
			r->services[i].type->fake->free(r->services[i].fake);
	free(r->services);
	rules_free(r->rules);
	free(r);
}

json_t *state_replay_services(const struct state_replay *r)
{
	json_t *all = json_object();

	for (size_t i = 0; i < r->count; i++)
		if (r->services[i].type)
			json_object_set_new(all, r->services[i].declared->name, json_string(r->services[i].declared->protocol));
	return all;
}

json_t *state_replay_look(struct state_replay *r, const char *service, json_t *question)
{
	struct replayed *s = service_of(r, slice_str(service));

	return s && s->type ? s->type->state->look(s->fake, question) : json_pack("{s:s}", "error", "that service holds nothing that could be looked at");
}
