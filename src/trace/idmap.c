/* idmap: open addressing with linear probing, doubled at three quarters' load.
 * Key and value stand together: a look-up costs one line of the cache; packed,
 * because tables of ten millions are a matter of memory. */
#include "trace/idmap.h"

struct idmap_slot {
	uint64_t key; /* 0: free */
	uint32_t value;
} __attribute__((packed));

void idmap_init(struct idmap *m)
{
	*m = (struct idmap){ 0 };
}

void idmap_release(struct idmap *m)
{
	free(m->slots);
	*m = (struct idmap){ 0 };
}

static struct idmap_slot *find(const struct idmap *m, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (m->cap - 1);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void grow(struct idmap *m)
{
	struct idmap bigger = { .cap = m->cap ? m->cap * 2 : 64, .count = m->count };

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots) {
		fputs("seam: idmap: out of memory\n", stderr);
		abort();
	}
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key)
			*find(&bigger, m->slots[i].key) = m->slots[i];
	free(m->slots);
	*m = bigger;
}

uint32_t idmap_add(struct idmap *m, uint64_t key, uint32_t fresh, bool *added)
{
	if (4 * (m->count + 1) > 3 * m->cap)
		grow(m);
	key = key ? key : 1; /* 0 marks a free slot */
	struct idmap_slot *s = find(m, key);
	bool new = !s->key;
	if (new) {
		*s = (struct idmap_slot){ key, fresh };
		m->count++;
	}
	if (added)
		*added = new;
	return s->value;
}

bool idmap_get(const struct idmap *m, uint64_t key, uint32_t *value)
{
	if (!m->cap)
		return false;
	const struct idmap_slot *s = find(m, key ? key : 1);
	if (!s->key)
		return false;
	*value = s->value;
	return true;
}

void idmap_set(struct idmap *m, uint64_t key, uint32_t value)
{
	idmap_add(m, key, value, NULL);
	find(m, key ? key : 1)->value = value;
}
