/*
 * Task: the near miss. Of the rules that could have been meant (same port, same
 * service), the one most of whose conditions hold, and of each condition what
 * it wanted and what it got, as JSON. Works only when nothing answered, so it
 * may allocate.
 */
#include <stdio.h>

#include "rule/model.h"

#define ASKED_MAX 160 /* characters of the request in a sentence */
#define VALUE_MAX 400 /* bytes of one value */

/* ---- values as JSON text ----------------------------------------------- */

static struct slice json_text(struct arena *a, json_t *v)
{
	char *dump = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
	struct slice s = dump ? arena_slice(a, slice_str(dump)) : SLICE_LIT("null");

	free(dump);
	return s;
}

static struct slice quoted(struct arena *a, struct slice text)
{
	struct buf b;

	buf_init(&b, 8 * VALUE_MAX);
	if (text.len > VALUE_MAX) {
		/* Not in the middle of a character. */
		size_t n = VALUE_MAX;
		while (n && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
			n--;
		text = arena_printf(a, "%.*s...", (int)n, text.ptr);
	}
	buf_add_json(&b, text);
	struct slice s = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return s;
}

static struct slice value_json(struct arena *a, struct value v)
{
	switch (v.kind) {
	case VALUE_TEXT: return quoted(a, v.text);
	case VALUE_JSON: {
		struct slice s = json_text(a, v.json);
		/* Cut JSON would not be JSON any more: then as a string. */
		return s.len > VALUE_MAX ? quoted(a, s) : s;
	}
	default: return SLICE_LIT("null");
	}
}

static struct slice list_json(struct arena *a, const struct slice *list, size_t count)
{
	struct slice s = SLICE_LIT("[");

	for (size_t i = 0; i < count; i++)
		s = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(s), i ? ", " : "", SLICE_ARG(quoted(a, list[i])));
	return arena_printf(a, "%.*s]", SLICE_ARG(s));
}

/* ---- one rule against the request -------------------------------------- */

struct judged {
	struct why_condition *list;
	size_t count, hold;
	unsigned weight; /* of those that hold */
};

static void judge(struct judged *j, bool holds, unsigned weight, struct slice path, struct slice wants, struct slice got)
{
	j->list[j->count++] = (struct why_condition){ holds, path, wants, got };
	if (holds) {
		j->hold++;
		j->weight += weight;
	}
}

static struct slice got_of(const struct cond *c, struct request *req)
{
	if (c->field == FIELD_TABLE && req->sql.analysis->ntables > 1)
		return list_json(req->arena, req->sql.analysis->tables, req->sql.analysis->ntables);
	return value_json(req->arena, field_value(c, req));
}

static void judge_turn(struct judged *j, struct rules *r, struct rule_hit *hit, struct request *req)
{
	struct rule *rule = hit->rule;
	struct arena *a = req->arena;

	if (rule->has_key)
		hit->key = template_text(&rule->key, r, hit, req);
	for (size_t i = 0; i < rule->nstates; i++) {
		const char *now = state_get(r, rule->states[i].name, hit->key);
		judge(j, states_hold(r, hit, req, i), 1, arena_printf(a, "state.%.*s", SLICE_ARG(rule->states[i].name)),
		      quoted(a, template_text(&rule->states[i].value, r, hit, req)), now ? quoted(a, slice_str(now)) : SLICE_LIT("null"));
	}
	/* Asked after the fact: when everything else held, this request has been counted. */
	uint64_t ordinal = j->hold == j->count && !rule_used_up(rule) ? rule->seen : rule->seen + 1;
	if (rule->nth != NTH_NONE)
		judge(j, nth_holds(rule, ordinal), 1, SLICE_LIT("nth"), json_text(a, rule->nth_wants),
		      arena_printf(a, "%llu", (unsigned long long)ordinal));
	if (rule_used_up(rule))
		judge(j, false, 1, SLICE_LIT("times"),
		      arena_printf(a, "{\"max\": %llu}", (unsigned long long)(rule->max < UINT64_MAX ? rule->max : rule->nactions)),
		      arena_printf(a, "%llu", (unsigned long long)rule->fired + 1));
	if (rule->chance < 1)
		judge(j, j->hold < j->count, 1, SLICE_LIT("chance"), arena_printf(a, "%g", rule->chance), SLICE_LIT("null"));
}

static void judge_rule(struct judged *j, struct rules *r, struct rule *rule, struct request *req)
{
	struct matching m = { .rules = r, .arena = req->arena };

	j->list = ARENA_ARRAY(req->arena, struct why_condition, rule->nconds + rule->nstates + 4);
	if (rule->op.len)
		judge(j, slice_eq_nocase(rule->op, req->op), 2, SLICE_LIT("on"),
		      quoted(req->arena, arena_printf(req->arena, "%s.%.*s", port_name(rule->port), SLICE_ARG(rule->op))),
		      quoted(req->arena, arena_printf(req->arena, "%s.%.*s", port_name(req->port), SLICE_ARG(req->op))));
	for (size_t i = 0; i < rule->nconds; i++) {
		const struct cond *c = &rule->conds[i];
		bool holds = cond_holds(c, req, &m);
		judge(j, holds, c->weight, slice_str(c->path), json_text(req->arena, c->wants), got_of(c, req));
	}
	struct rule_hit hit = { .rule = rule, .captures = m.captures };
	judge_turn(j, r, &hit, req);
}

/* ---- the sentence ------------------------------------------------------ */

static struct slice shortened(struct arena *a, struct slice s)
{
	size_t n = s.len;

	for (size_t i = 0; i < n; i++)
		if (s.ptr[i] == '\n' || s.ptr[i] == '\t' || s.ptr[i] == '\r') {
			/* One line: a sentence ends up in error messages and logs. */
			struct slice copy = arena_slice(a, s);
			for (char *p = (char *)copy.ptr; *p; p++)
				if (*p == '\n' || *p == '\t' || *p == '\r')
					*p = ' ';
			s = copy;
			break;
		}
	if (n <= ASKED_MAX)
		return s;
	n = ASKED_MAX;
	while (n && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(a, "%.*s...", (int)n, s.ptr);
}

static struct slice asked(struct request *req)
{
	struct arena *a = req->arena;

	switch (req->port) {
	case PORT_SQL:
		return shortened(a, req->sql.text);
	case PORT_HTTP:
		return arena_printf(a, "%.*s %.*s", SLICE_ARG(req->http.method), SLICE_ARG(shortened(a, http_request_url(&req->http, a))));
	case PORT_OBJECT:
		return arena_printf(a, "%.*s %.*s%s%.*s", SLICE_ARG(req->op), SLICE_ARG(req->object.bucket), req->object.key.len ? "/" : "",
				    SLICE_ARG(shortened(a, req->object.key)));
	case PORT_CALL:
		return arena_printf(a, "%.*s()", SLICE_ARG(req->op));
	case PORT_CONNECT:
		return arena_printf(a, "a connection to %.*s", SLICE_ARG(req->connect.boundary));
	case PORT_DNS:
		return arena_printf(a, "the name %.*s", SLICE_ARG(req->dns.name));
	default:
		return req->sum;
	}
}

static struct slice sentence(struct request *req, const struct why *why)
{
	struct arena *a = req->arena;
	struct slice s = arena_printf(a, "nothing answers %.*s", SLICE_ARG(asked(req)));
	size_t shown = 0, failing = why->nconditions - why->nhold;

	if (!why->closest.len)
		return arena_printf(a, "%.*s; there is no rule on %s%s%.*s", SLICE_ARG(s), port_name(req->port),
				    req->service.len ? " for service " : "", SLICE_ARG(req->service));
	s = arena_printf(a, "%.*s; closest rule %.*s (%.*s), %zu of %zu condition%s hold%s:", SLICE_ARG(s), SLICE_ARG(why->closest),
			 SLICE_ARG(why->place), why->nhold, why->nconditions, why->nconditions == 1 ? "" : "s", why->nconditions == 1 ? "s" : "");
	for (size_t i = 0; i < why->nconditions && shown < 3; i++) {
		const struct why_condition *c = &why->conditions[i];
		if (c->holds)
			continue;
		s = arena_printf(a, "%.*s%s %.*s wants %.*s, got %.*s", SLICE_ARG(s), shown ? ";" : "", SLICE_ARG(c->path),
				 SLICE_ARG(c->wants), SLICE_ARG(slice_eq_str(c->got, "null") ? SLICE_LIT("nothing") : c->got));
		shown++;
	}
	return failing > shown ? arena_printf(a, "%.*s; and %zu more", SLICE_ARG(s), failing - shown) : s;
}

void why_rule(struct rules *r, const struct rule *rule, struct request *req, struct why *why)
{
	struct judged j = { 0 };
	struct rule once = *rule; /* nothing has been counted of it */

	once.fired = 0;
	once.max = UINT64_MAX;
	judge_rule(&j, r, &once, req);
	why->conditions = j.list;
	why->nconditions = j.count;
	why->nhold = j.hold;
}

const struct why *rules_why(struct rules *r, struct request *req)
{
	const struct port_index *index = &r->ports[req->port];
	struct why *why = ARENA_NEW(req->arena, struct why);
	struct judged best = { 0 };
	struct rule *closest = NULL;

	for (size_t i = 0; i < index->count; i++) {
		struct rule *rule = index->list[i];
		struct judged j = { 0 };
		if (rule->service && !slice_eq_str(req->service, rule->service))
			continue;
		judge_rule(&j, r, rule, req);
		/* A rule whose every condition held passed the request on: it is not what is missing. */
		if (j.hold == j.count)
			continue;
		if (!closest || j.weight > best.weight || (j.weight == best.weight && j.count - j.hold < best.count - best.hold)) {
			closest = rule;
			best = j;
		}
	}
	if (closest) {
		why->closest = slice_str(closest->id);
		why->place = rule_place(r, closest);
		why->conditions = best.list;
		why->nconditions = best.count;
		why->nhold = best.hold;
	}
	why->text = sentence(req, why);
	return why;
}
