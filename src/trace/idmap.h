/* idmap: 64-bit hashes to small numbers, in order of first appearance. For
 * tables of millions, 12 bytes a slot. */
#ifndef TRACE_IDMAP_H
#define TRACE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap {
	struct idmap_slot *slots;
	size_t cap, count;
};

void idmap_init(struct idmap *m);
void idmap_release(struct idmap *m);
/* The number of `key`; a new key gets `fresh` and *added is set (may be NULL). */
uint32_t idmap_add(struct idmap *m, uint64_t key, uint32_t fresh, bool *added);
/* False: not there. */
bool idmap_get(const struct idmap *m, uint64_t key, uint32_t *value);
void idmap_set(struct idmap *m, uint64_t key, uint32_t value);

#endif
