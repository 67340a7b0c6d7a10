/* s3_order: a two-level sorted array. Memory that cannot be had ends the
 * host, as an arena does: there is no half-done insert. */
#include "service/s3/s3_order.h"

#include <stdlib.h>

#define LEAF_MAX 256 /* entries: 6 KiB to move at most for an insert */

struct s3_leaf {
	size_t count;
	struct {
		struct slice key;
		void *value;
	} entry[LEAF_MAX];
};

void s3_order_init(struct s3_order *o)
{
	*o = (struct s3_order){0};
}

void s3_order_release(struct s3_order *o)
{
	for (size_t i = 0; i < o->nleaves; i++)
		free(o->leaves[i]);
	free(o->leaves);
	s3_order_init(o);
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* The last leaf whose first key is not above `key`; 0 when all are. */
static size_t find_leaf(const struct s3_order *o, struct slice key)
{
	size_t lo = 0, hi = o->nleaves;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (slice_cmp(o->leaves[mid]->entry[0].key, key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : 0;
}

/* Index of the first entry that is not below `key`. */
static size_t find_entry(const struct s3_leaf *l, struct slice key)
{
	size_t lo = 0, hi = l->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (slice_cmp(l->entry[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool find(const struct s3_order *o, struct slice key, struct s3_place *at)
{
	*at = (struct s3_place){ find_leaf(o, key), 0 };
	if (!o->nleaves)
		return false;
	const struct s3_leaf *l = o->leaves[at->leaf];
	at->entry = find_entry(l, key);
	return at->entry < l->count && slice_eq(l->entry[at->entry].key, key);
}

void *s3_order_get(const struct s3_order *o, struct slice key)
{
	struct s3_place at;

	return find(o, key, &at) ? o->leaves[at.leaf]->entry[at.entry].value : NULL;
}

static void add_leaf(struct s3_order *o, size_t at)
{
	if (o->nleaves == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 8;
		o->leaves = must(realloc(o->leaves, o->cap * sizeof(struct s3_leaf *)));
	}
	memmove(&o->leaves[at + 1], &o->leaves[at], (o->nleaves - at) * sizeof(struct s3_leaf *));
	o->leaves[at] = must(calloc(1, sizeof(struct s3_leaf)));
	o->nleaves++;
}

/* Halves a full leaf; at its end a new one is begun instead, so that keys that
 * come in order fill their leaves. */
static void make_room(struct s3_order *o, struct s3_place *at)
{
	struct s3_leaf *l = o->leaves[at->leaf];
	size_t keep = at->entry == l->count ? l->count : l->count / 2;

	add_leaf(o, at->leaf + 1);
	struct s3_leaf *next = o->leaves[at->leaf + 1];
	next->count = l->count - keep;
	memcpy(next->entry, &l->entry[keep], next->count * sizeof(l->entry[0]));
	l->count = keep;
	if (at->entry > keep || keep == LEAF_MAX) {
		at->entry -= keep;
		at->leaf++;
	}
}

void *s3_order_set(struct s3_order *o, struct slice key, void *value)
{
	struct s3_place at;

	if (find(o, key, &at)) {
		struct s3_leaf *l = o->leaves[at.leaf];
		void *former = l->entry[at.entry].value;
		l->entry[at.entry].key = key;
		l->entry[at.entry].value = value;
		return former;
	}
	if (!o->nleaves)
		add_leaf(o, 0);
	else if (o->leaves[at.leaf]->count == LEAF_MAX)
		make_room(o, &at);
	struct s3_leaf *l = o->leaves[at.leaf];
	memmove(&l->entry[at.entry + 1], &l->entry[at.entry], (l->count - at.entry) * sizeof(l->entry[0]));
	l->entry[at.entry].key = key;
	l->entry[at.entry].value = value;
	l->count++;
	o->count++;
	return NULL;
}

void *s3_order_take(struct s3_order *o, struct slice key)
{
	struct s3_place at;

	if (!find(o, key, &at))
		return NULL;
	struct s3_leaf *l = o->leaves[at.leaf];
	void *value = l->entry[at.entry].value;
	l->count--;
	memmove(&l->entry[at.entry], &l->entry[at.entry + 1], (l->count - at.entry) * sizeof(l->entry[0]));
	o->count--;
	if (!l->count) {
		free(l);
		o->nleaves--;
		memmove(&o->leaves[at.leaf], &o->leaves[at.leaf + 1], (o->nleaves - at.leaf) * sizeof(struct s3_leaf *));
	}
	return value;
}

struct s3_place s3_order_seek(const struct s3_order *o, struct slice key, bool beyond)
{
	struct s3_place at;

	if (find(o, key, &at) && beyond)
		at.entry++;
	return at;
}

void *s3_order_next(const struct s3_order *o, struct s3_place *at, struct slice *key)
{
	while (at->leaf < o->nleaves && at->entry >= o->leaves[at->leaf]->count) {
		at->leaf++;
		at->entry = 0;
	}
	if (at->leaf >= o->nleaves)
		return NULL;
	const struct s3_leaf *l = o->leaves[at->leaf];
	if (key)
		*key = l->entry[at->entry].key;
	return l->entry[at->entry++].value;
}
