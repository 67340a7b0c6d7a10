/* idmap: open addressing with linear probing, doubled at half load. */
#include "trace/idmap.h"

void idmap_init(struct idmap *m)
{
	*m = (struct idmap){ 0 };
}

void idmap_release(struct idmap *m)
{
	free(m->keys);
	free(m->values);
	*m = (struct idmap){ 0 };
}

static size_t slot(const struct idmap *m, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (m->cap - 1);

	while (m->keys[i] && m->keys[i] != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

static void grow(struct idmap *m)
{
	struct idmap bigger = { .cap = m->cap ? m->cap * 2 : 64, .count = m->count };

	bigger.keys = calloc(bigger.cap, sizeof(*bigger.keys));
	bigger.values = malloc(bigger.cap * sizeof(*bigger.values));
	if (!bigger.keys || !bigger.values) {
		fputs("seam: idmap: out of memory\n", stderr);
		abort();
	}
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->keys[i])
			continue;
		size_t at = slot(&bigger, m->keys[i]);
		bigger.keys[at] = m->keys[i];
		bigger.values[at] = m->values[i];
	}
	free(m->keys);
	free(m->values);
	*m = bigger;
}

uint32_t idmap_add(struct idmap *m, uint64_t key, uint32_t fresh, bool *added)
{
	if (2 * (m->count + 1) > m->cap)
		grow(m);
	key = key ? key : 1; /* 0 marks a free slot */
	size_t at = slot(m, key);
	bool new = !m->keys[at];
	if (new) {
		m->keys[at] = key;
		m->values[at] = fresh;
		m->count++;
	}
	if (added)
		*added = new;
	return m->values[at];
}

bool idmap_get(const struct idmap *m, uint64_t key, uint32_t *value)
{
	if (!m->cap)
		return false;
	size_t at = slot(m, key ? key : 1);
	if (!m->keys[at])
		return false;
	*value = m->values[at];
	return true;
}

void idmap_set(struct idmap *m, uint64_t key, uint32_t value)
{
	idmap_add(m, key, value, NULL);
	m->values[slot(m, key ? key : 1)] = value;
}
