/*
 * map: byte-string keys to pointers.
 *
 * Keys are copied, values are the caller's. Iteration is in order of
 * insertion, so that what is printed from a map is the same on every run.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct map_entry {
	struct slice key; /* owned by the map, NUL-terminated */
	void *value;
	uint64_t hash;
	bool live; /* false: removed */
};

struct map {
	struct map_entry *entries; /* in order of insertion, removed ones left as holes */
	size_t count;              /* entries used, holes included */
	size_t live;               /* keys present */
	size_t cap;
	uint32_t *index; /* open addressing into entries, +1; 0 is free */
	size_t index_cap;
};

void map_init(struct map *m);
/* Frees the map; values stay the caller's. */
void map_release(struct map *m);

/* The value, or NULL. */
void *map_get(const struct map *m, struct slice key);
void *map_get_str(const struct map *m, const char *key);
/* Replaces and returns the former value, or NULL. */
void *map_set(struct map *m, struct slice key, void *value);
/* Removes and returns the value, or NULL. */
void *map_take(struct map *m, struct slice key);

/* for (size_t i = 0; (e = map_next(m, &i));) — in order of insertion. */
struct map_entry *map_next(const struct map *m, size_t *i);

#endif
