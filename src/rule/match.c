/*
 * Task: which rule answers. Rules are asked in the order of their port's index
 * (priority, then file order); the first whose conditions hold and that is not
 * used up wins. nth counts the requests that came as far as the rule and for
 * which everything else held.
 */
#include "rule/model.h"

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

double random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) / 9007199254740992.0; /* 2^53 */
}

/* ---- state ------------------------------------------------------------- */

/* "job" or, with a key, "job" and the key behind a byte that no name holds. */
static void *state_slot(struct map *m, struct slice name, struct slice key, void *(*use)(struct map *, struct slice, void *), void *arg)
{
	struct buf whole;

	buf_init(&whole, 1024 * 1024);
	buf_add_slice(&whole, name);
	if (key.ptr) {
		buf_add_char(&whole, '\0');
		buf_add_slice(&whole, key);
	}
	void *result = use(m, buf_slice(&whole), arg);
	buf_release(&whole);
	return result;
}

static void *slot_get(struct map *m, struct slice key, void *arg)
{
	(void)arg;
	return map_get(m, key);
}

static void *slot_set(struct map *m, struct slice key, void *arg)
{
	return map_set(m, key, arg);
}

const char *state_get(const struct rules *r, struct slice name, struct slice key)
{
	return state_slot((struct map *)&r->states, name, key, slot_get, NULL);
}

void state_set(struct rules *r, struct slice name, struct slice key, struct slice value)
{
	char *copy = strndup(value.ptr ? value.ptr : "", value.len);

	if (!copy)
		abort();
	free(state_slot(&r->states, name, key, slot_set, copy));
}

bool states_hold(struct rules *r, struct rule_hit *hit, struct request *req, size_t i)
{
	const struct named_template *wanted = &hit->rule->states[i];
	const char *now = state_get(r, wanted->name, hit->key);

	return now && slice_eq_str(template_text(&wanted->value, r, hit, req), now);
}

/* ---- one rule ---------------------------------------------------------- */

bool rule_applies(const struct rule *rule, const struct request *req)
{
	if (rule->service && !slice_eq_str(req->service, rule->service))
		return false;
	if (!rule->op.len) /* a log-in is for rules that name it */
		return req->port != PORT_SQL || !req->sql.login;
	return slice_eq_nocase(rule->op, req->op);
}

bool nth_holds(const struct rule *rule, uint64_t ordinal)
{
	if (rule->nth == NTH_RANGE)
		return ordinal >= rule->nth_from && ordinal <= rule->nth_to;
	return rule->nth == NTH_NONE || ordinal % rule->nth_from == 0;
}

bool rule_used_up(const struct rule *rule)
{
	return rule->fired >= rule->max || (rule->then == THEN_NEXT && rule->nactions && rule->fired >= rule->nactions);
}

static bool conds_hold(const struct rule *rule, struct request *req, struct matching *m)
{
	for (size_t i = 0; i < rule->nconds; i++)
		if (!cond_holds(&rule->conds[i], req, m))
			return false;
	return true;
}

static const struct action *next_action(const struct rule *rule)
{
	uint64_t n = rule->fired;

	if (!rule->nactions)
		return NULL;
	if (n < rule->nactions)
		return &rule->actions[n];
	if (rule->then == THEN_LOOP)
		return &rule->actions[n % rule->nactions];
	return rule->then == THEN_FAIL ? NULL : &rule->actions[rule->nactions - 1];
}

/* Everything but the conditions: used up, state, nth, chance. Counts, unless it only peeks. */
static bool turn_holds(struct rules *r, struct rule_hit *hit, struct request *req, bool peek)
{
	struct rule *rule = hit->rule;

	if (rule_used_up(rule))
		return false;
	if (rule->has_key)
		hit->key = template_text(&rule->key, r, hit, req);
	for (size_t i = 0; i < rule->nstates; i++)
		if (!states_hold(r, hit, req, i))
			return false;
	uint64_t ordinal = rule->seen + 1;
	if (!peek)
		rule->seen = ordinal;
	if (!nth_holds(rule, ordinal))
		return false;
	return rule->chance >= 1 || peek || random_unit(&rule->random) < rule->chance;
}

/* The author's template names the route better than a guess by its shape. */
static void name_route(const struct rule *rule, struct request *req)
{
	if (req->port != PORT_HTTP)
		return;
	for (size_t i = 0; i < rule->nconds; i++) {
		const struct cond *c = &rule->conds[i];
		if (c->field != FIELD_PATH || c->pattern.op != OP_PATH)
			continue;
		req->sum = arena_printf(req->arena, "%.*s %.*s", SLICE_ARG(req->http.method), SLICE_ARG(c->pattern.text));
		return;
	}
}

struct rule_hit *rules_match(struct rules *r, struct request *req)
{
	const struct port_index *index = &r->ports[req->port];
	bool peek = req->port == PORT_SQL && req->sql.describe;

	if (req->settled)
		return NULL;
	for (size_t i = 0; i < index->count; i++) {
		struct rule *rule = index->list[i];
		struct matching m = { .rules = r, .arena = req->arena };
		if (!rule_applies(rule, req) || !conds_hold(rule, req, &m))
			continue;
		struct rule_hit hit = { .rule = rule, .captures = m.captures, .key = SLICE_NONE };
		if (!turn_holds(r, &hit, req, peek))
			continue;
		hit.action = next_action(rule);
		if (!peek)
			rule->fired++;
		name_route(rule, req);
		struct rule_hit *kept = ARENA_NEW(req->arena, struct rule_hit);
		*kept = hit;
		return kept;
	}
	return NULL;
}

bool rules_name(const struct rules *r, enum port port, struct slice service, struct slice op)
{
	const struct port_index *index = &r->ports[port];

	for (size_t i = 0; i < index->count; i++)
		if ((!index->list[i]->service || slice_eq_str(service, index->list[i]->service)) && slice_eq_nocase(op, index->list[i]->op))
			return true;
	return false;
}

bool rules_on(const struct rules *r, enum port port, struct slice service, struct slice op)
{
	const struct port_index *index = &r->ports[port];

	for (size_t i = 0; i < index->count; i++) {
		const struct rule *rule = index->list[i];
		if (service.len && rule->service && !slice_eq_str(service, rule->service))
			continue;
		if (!op.len || !rule->op.len || slice_eq_nocase(op, rule->op))
			return true;
	}
	return false;
}
