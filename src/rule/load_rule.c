/*
 * Task: one rule: what it is on, how often it answers, its state. `when` and
 * `do` have files of their own. Combinations that could never do what they say
 * are refused here, because a rule that is silently dead is worse than none.
 */
#include <ctype.h>
#include <stdio.h>

#include "rule/load.h"

static const char *const rule_keys[] = { "id",    "on", "service", "priority", "profiles", "optional", "when", "do", "then",
					 "times", "set", "key",    "note",     NULL };

/* Ports whose requests reach this version, and what is to come. */
bool load_port_known(enum port port)
{
	return port == PORT_CONNECT || port == PORT_TLS || port == PORT_SQL || port == PORT_HTTP || port == PORT_OBJECT || port == PORT_CALL || port == PORT_DNS;
}

static const char *const *port_names(void)
{
	static const char *names[PORT_COUNT + 1];

	for (int p = 1, n = 0; p < PORT_COUNT; p++)
		if (load_port_known(p))
			names[n++] = port_name(p);
	return names;
}

struct slice load_operation(struct load *l, enum port port, struct slice word)
{
	/* sql.create-table is the verb "create table". */
	char *op = arena_alloc(&l->r->arena, word.len + 1);

	for (size_t i = 0; i < word.len; i++)
		op[i] = port == PORT_SQL && strchr("-_", word.ptr[i]) ? ' ' : word.ptr[i];
	op[word.len] = '\0';
	return slice_of(op, word.len);
}

bool load_on(struct load *l, struct rule *rule, json_t *object, bool expecting)
{
	json_t *v = json_object_get(object, "on");

	if (!v) {
		load_bad(l, "\"on\" is missing: what %s about%s", expecting ? "events it is" : "the rule is", load_hint(l, "", port_names(), true));
		return false;
	}
	size_t former = load_enter(l, "on");
	if (!load_want(l, v, JSON_STRING)) {
		load_leave(l, former);
		return false;
	}
	struct slice rest = slice_str(json_string_value(v)), word = slice_split(&rest, '.');
	rule->port = port_by_name(word);
	bool good = rule->port != PORT_NONE && (expecting || load_port_known(rule->port));
	if (rule->port == PORT_NONE) {
		const char *name = arena_slice(&l->r->arena, word).ptr;
		load_bad(l, "\"%s\" is nothing a rule can be on%s", name, load_hint(l, name, port_names(), true));
	} else if (!good) {
		load_bad(l, "\"%.*s\" is not known yet to this version of seam", SLICE_ARG(word));
	} else if (rest.ptr && (!rest.len || rule->port == PORT_CONNECT || rule->port == PORT_TLS)) {
		load_bad(l, "\"%s\": after the dot comes an operation, and \"%.*s\" has none", json_string_value(v), SLICE_ARG(word));
	} else if (rest.ptr) {
		rule->op = load_operation(l, rule->port, rest);
	}
	load_leave(l, former);
	return good;
}

void load_service_of(struct load *l, struct rule *rule, json_t *object)
{
	const struct rules *r = l->r;
	const char *name = load_text_of(l, object, "service");
	const struct rule_service *found = NULL;
	const char **names = ARENA_ARRAY(&l->r->arena, const char *, r->nservices + r->nabsent + 1);

	if (!name)
		return;
	size_t former = load_enter(l, "service");
	for (size_t i = 0; i < r->nservices + r->nabsent; i++) {
		const struct rule_service *s = i < r->nservices ? &r->services[i] : &r->absent[i - r->nservices];
		names[i] = s->name;
		if (strcmp(s->name, name) == 0)
			found = s;
	}
	if (!found) {
		load_bad(l, "no service is named \"%s\"%s", name, load_hint(l, name, names, true));
	} else {
		enum port port = rule_protocol_port(r, found->protocol);
		bool passes = found->mode == MODE_PASS || strcmp(found->protocol, "pass") == 0;
		bool fits = port == rule->port ||
			    ((rule->port == PORT_CONNECT || rule->port == PORT_DNS || (rule->port == PORT_TLS && !passes)) && port != PORT_CALL);
		if (!fits && passes)
			load_bad(l, "service \"%s\" passes to the real system, so no rule answers for it", name);
		else if (!fits)
			load_bad(l, "service \"%s\" speaks %s, whose requests are on: \"%s\", not on: \"%s\"", name, found->protocol,
				 port_name(port), port_name(rule->port));
	}
	rule->service = name;
	load_leave(l, former);
}

static void read_times(struct load *l, struct rule *rule, json_t *v)
{
	static const char *const known[] = { "min", "max", NULL };
	json_t *min, *max;

	rule->min = 0;
	rule->max = UINT64_MAX;
	if (!v)
		return;
	size_t former = load_enter(l, "times");
	if (json_is_integer(v)) {
		if (json_integer_value(v) < 1)
			load_bad(l, "is %lld; a rule answers at least once", (long long)json_integer_value(v));
		rule->min = rule->max = (uint64_t)json_integer_value(v);
	} else if (!json_is_object(v)) {
		load_bad(l, "is %s, expected a number or {\"min\": 1, \"max\": 2}", load_type(v));
	} else {
		load_keys(l, v, known, NULL);
		min = json_object_get(v, "min");
		max = json_object_get(v, "max");
		if ((min && (!json_is_integer(min) || json_integer_value(min) < 0)) || (max && (!json_is_integer(max) || json_integer_value(max) < 1)))
			load_bad(l, "\"min\" is a whole number from 0, \"max\" one from 1");
		rule->min = min ? (uint64_t)json_integer_value(min) : 0;
		rule->max = max ? (uint64_t)json_integer_value(max) : UINT64_MAX;
		if (rule->min > rule->max)
			load_bad(l, "\"min\" %llu is more than \"max\" %llu", (unsigned long long)rule->min, (unsigned long long)rule->max);
	}
	load_leave(l, former);
}

static void read_id(struct load *l, struct rule *rule, json_t *object)
{
	const char *id = load_text_of(l, object, "id");

	if (!id || !*id) {
		rule->id = arena_printf(&l->r->arena, "rule-%zu", rule->order + 1).ptr;
		return;
	}
	rule->id = id;
	for (size_t i = 0; i < l->r->nrules; i++) {
		if (strcmp(l->r->rules[i].id, id) == 0) {
			size_t former = load_enter(l, "id");
			load_bad(l, "\"%s\" is the id of another rule, at %.*s", id, SLICE_ARG(rule_place(l->r, &l->r->rules[i])));
			load_leave(l, former);
			return;
		}
	}
}

void load_set(struct load *l, json_t *set, struct named_template **list, size_t *count)
{
	const char *name;
	json_t *v;

	if (!load_want(l, set, JSON_OBJECT))
		return;
	*list = ARENA_ARRAY(&l->r->arena, struct named_template, json_object_size(set) + 1);
	json_object_foreach(set, name, v) {
		if (load_comment(name))
			continue;
		size_t former = load_enter(l, name);
		if (!json_is_string(v)) {
			load_bad(l, "is %s, expected a string: states are words", load_type(v));
		} else {
			(*list)[*count].name = slice_str(name);
			load_template(l, json_string_value(v), &(*list)[(*count)++].value);
		}
		load_leave(l, former);
	}
}

/* FNV-1a: the same rule draws the same numbers whatever stands before it. */
static uint64_t seed_of(const struct rules *r, const char *id)
{
	return r->options.seed ^ slice_hash(slice_str(id));
}

static void read_flow(struct load *l, struct rule *rule, json_t *object)
{
	static const char *const thens[] = { "last", "loop", "fail", "next", NULL };
	const char *then = load_text_of(l, object, "then");
	json_t *v;

	if (then) {
		size_t former = load_enter(l, "then");
		int which = -1;
		for (int i = 0; thens[i]; i++)
			if (strcmp(thens[i], then) == 0)
				which = i;
		if (which < 0)
			load_bad(l, "\"%s\" is not known%s", then, load_hint(l, then, thens, true));
		else if (!json_is_array(json_object_get(object, "do")))
			load_bad(l, "says what follows the last of several answers, and \"do\" is no list");
		else
			rule->then = (enum then)which;
		load_leave(l, former);
	}
	if ((v = json_object_get(object, "priority"))) {
		size_t former = load_enter(l, "priority");
		if (load_want(l, v, JSON_INTEGER))
			rule->priority = json_integer_value(v);
		load_leave(l, former);
	}
	rule->optional = load_bool_of(l, object, "optional", false);
	read_times(l, rule, json_object_get(object, "times"));
}

static void read_effects(struct load *l, struct rule *rule, json_t *object)
{
	const char *key = load_text_of(l, object, "key");
	json_t *v;

	if (key) {
		size_t former = load_enter(l, "key");
		load_template(l, key, &rule->key);
		rule->has_key = true;
		if (!json_object_get(object, "set") && !rule->nstates && !json_object_get(json_object_get(object, "do"), "progress"))
			load_bad(l, "names the state of one value, and the rule neither sets a state nor asks for one");
		load_leave(l, former);
	}
	if ((v = json_object_get(object, "set"))) {
		size_t former = load_enter(l, "set");
		load_set(l, v, &rule->set, &rule->nset);
		load_leave(l, former);
	}
	if ((v = json_object_get(object, "do"))) {
		size_t former = load_enter(l, "do");
		load_actions(l, rule, v);
		load_leave(l, former);
	} else if (rule->port != PORT_CALL) {
		load_bad(l, "\"do\" is missing: what the rule answers; {\"pass\": true} leaves it to the fake");
	}
}

void load_rule(struct load *l, size_t index, json_t *object)
{
	struct rules *r = l->r;
	struct rule rule = { .order = r->nrules + r->nabsent_rules, .doc = l->doc, .index = index, .chance = 1, .max = UINT64_MAX };
	json_t *when;

	if (!load_want(l, object, JSON_OBJECT))
		return;
	load_keys(l, object, rule_keys, NULL);
	l->captures = NULL;
	l->ncaptures = l->captures_cap = 0;
	read_id(l, &rule, object);
	bool in = load_in_profile(l, object);
	if (!load_on(l, &rule, object, false))
		return;
	load_service_of(l, &rule, object);
	read_flow(l, &rule, object);
	if ((when = json_object_get(object, "when"))) {
		size_t former = load_enter(l, "when");
		load_when(l, &rule, when);
		load_leave(l, former);
	}
	read_effects(l, &rule, object);
	rule.random = seed_of(r, rule.id);
	if (in)
		*LOAD_PUSH(l, r->rules, r->nrules, r->rules_cap) = rule;
	else
		r->nabsent_rules++;
}

struct slice rule_place(struct rules *r, struct rule *rule)
{
	char path[32];
	int line, column;

	if (!rule->place.ptr) {
		snprintf(path, sizeof(path), "rules[%zu]", rule->index);
		jsondoc_where(rule->doc, path, false, &line, &column);
		rule->place = arena_printf(&r->arena, "%s:%d", rule->doc->file, line);
	}
	return rule->place;
}

struct slice rule_label(struct rules *r, struct rule *rule)
{
	if (!rule->label.ptr)
		rule->label = arena_printf(&r->arena, "%.*s#%s", SLICE_ARG(rule_place(r, rule)), rule->id);
	return rule->label;
}
