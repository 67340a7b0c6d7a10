/*
 * mark: the state of rules, kept and put back: the states that they set, their
 * counters, how often each was asked and answered, and where their random
 * numbers are. Small whatever the run asked, so it is copied.
 */
#include "rule/model.h"

struct rules_mark {
	struct map states, counters;
	struct {
		uint64_t seen, fired, random;
	} *counts;
};

static void copy_map(struct map *to, const struct map *from, bool text)
{
	struct map_entry *e;

	map_init(to);
	for (size_t i = 0; (e = map_next(from, &i));) {
		size_t size = text ? strlen(e->value) + 1 : sizeof(uint64_t);
		void *copy = malloc(size);
		if (!copy)
			abort();
		memcpy(copy, e->value, size);
		map_set(to, e->key, copy);
	}
}

static void drop_map(struct map *m)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(m, &i));)
		free(e->value);
	map_release(m);
}

struct rules_mark *rules_mark(const struct rules *r)
{
	struct rules_mark *m = calloc(1, sizeof(*m));

	if (!m || !(m->counts = calloc(r->nrules + 1, sizeof(*m->counts))))
		abort();
	copy_map(&m->states, &r->states, true);
	copy_map(&m->counters, &r->counters, false);
	for (size_t i = 0; i < r->nrules; i++) {
		m->counts[i].seen = r->rules[i].seen;
		m->counts[i].fired = r->rules[i].fired;
		m->counts[i].random = r->rules[i].random;
	}
	return m;
}

void rules_restore(struct rules *r, const struct rules_mark *m)
{
	drop_map(&r->states);
	drop_map(&r->counters);
	copy_map(&r->states, &m->states, true);
	copy_map(&r->counters, &m->counters, false);
	for (size_t i = 0; i < r->nrules; i++) {
		r->rules[i].seen = m->counts[i].seen;
		r->rules[i].fired = m->counts[i].fired;
		r->rules[i].random = m->counts[i].random;
	}
}

void rules_mark_free(struct rules_mark *m)
{
	if (!m)
		return;
	drop_map(&m->states);
	drop_map(&m->counters);
	free(m->counts);
	free(m);
}

/* Names hold bytes that JSON keeps: a key follows a NUL, written as U+0000. */
json_t *rules_states_save(const struct rules *r)
{
	json_t *list = json_array();
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&r->states, &i));)
		json_array_append_new(list, json_pack("[s%, s]", e->key.ptr, e->key.len, e->value));
	return list;
}

void rules_states_load(struct rules *r, json_t *list)
{
	json_t *pair;
	size_t i;

	drop_map(&r->states);
	map_init(&r->states);
	json_array_foreach(list, i, pair) {
		json_t *name = json_array_get(pair, 0);
		const char *value = json_string_value(json_array_get(pair, 1));
		if (json_is_string(name) && value)
			free(map_set(&r->states, slice_of(json_string_value(name), json_string_length(name)), strdup(value)));
	}
}
