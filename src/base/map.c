/* map: an array of entries in order of insertion and an open-addressing index
 * into it. A removed entry leaves a hole that the next growth closes. */
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "seam: memory: a table could not grow\n");
		abort();
	}
	return p;
}

void map_init(struct map *m)
{
	*m = (struct map){ 0 };
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->count; i++)
		free((char *)m->entries[i].key.ptr);
	free(m->entries);
	free(m->index);
	map_init(m);
}

static struct map_entry *find(const struct map *m, struct slice key, uint64_t hash)
{
	if (!m->index_cap)
		return NULL;
	for (size_t i = hash & (m->index_cap - 1);; i = (i + 1) & (m->index_cap - 1)) {
		uint32_t at = m->index[i];
		if (!at)
			return NULL;
		struct map_entry *e = &m->entries[at - 1];
		if (e->live && e->hash == hash && slice_eq(e->key, key))
			return e;
	}
}

static void put_index(struct map *m, uint64_t hash, size_t entry)
{
	size_t i = hash & (m->index_cap - 1);

	while (m->index[i])
		i = (i + 1) & (m->index_cap - 1);
	m->index[i] = (uint32_t)entry + 1;
}

static void grow(struct map *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (m->entries[i].live)
			m->entries[kept++] = m->entries[i];
		else
			free((char *)m->entries[i].key.ptr);
	}
	m->count = kept;
	if (kept * 2 >= m->cap) {
		m->cap = m->cap ? m->cap * 2 : 8;
		m->entries = must(realloc(m->entries, m->cap * sizeof(*m->entries)));
	}
	m->index_cap = m->cap * 2;
	free(m->index);
	m->index = must(calloc(m->index_cap, sizeof(*m->index)));
	for (size_t i = 0; i < m->count; i++)
		put_index(m, m->entries[i].hash, i);
}

void *map_get(const struct map *m, struct slice key)
{
	struct map_entry *e = find(m, key, slice_hash(key));

	return e ? e->value : NULL;
}

void *map_get_str(const struct map *m, const char *key)
{
	return map_get(m, slice_str(key));
}

void *map_set(struct map *m, struct slice key, void *value)
{
	uint64_t hash = slice_hash(key);
	struct map_entry *e = find(m, key, hash);

	if (e) {
		void *former = e->value;
		e->value = value;
		return former;
	}
	if (m->count == m->cap)
		grow(m);
	char *copy = must(malloc(key.len + 1));
	if (key.len)
		memcpy(copy, key.ptr, key.len);
	copy[key.len] = '\0';
	m->entries[m->count] = (struct map_entry){ .key = slice_of(copy, key.len), .value = value, .hash = hash, .live = true };
	put_index(m, hash, m->count++);
	m->live++;
	return NULL;
}

void *map_take(struct map *m, struct slice key)
{
	struct map_entry *e = find(m, key, slice_hash(key));

	if (!e)
		return NULL;
	void *value = e->value;
	e->live = false; /* its place in the index stays, so that later keys are still found */
	e->value = NULL;
	m->live--;
	return value;
}

struct map_entry *map_next(const struct map *m, size_t *i)
{
	while (*i < m->count) {
		struct map_entry *e = &m->entries[(*i)++];
		if (e->live)
			return e;
	}
	return NULL;
}
