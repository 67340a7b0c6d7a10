/*
 * s3_order: values by key, in the byte order of their keys.
 *
 * S3 lists keys in UTF-8 byte order and a listing begins anywhere, so a hash
 * table will not do. Leaves of some hundred sorted entries hang off one sorted
 * array: finding is two binary searches, inserting moves a few kilobytes, also
 * with a million keys. Keys and values stay the caller's; a key must live as
 * long as its entry.
 */
#ifndef SERVICE_S3_ORDER_H
#define SERVICE_S3_ORDER_H

#include "base/slice.h"

struct s3_leaf;

struct s3_order {
	struct s3_leaf **leaves; /* never an empty one among them */
	size_t nleaves, cap;
	size_t count;            /* entries */
};

void s3_order_init(struct s3_order *o);
void s3_order_release(struct s3_order *o);

/* The value, or NULL. */
void *s3_order_get(const struct s3_order *o, struct slice key);
/* Replaces (the entry then has the new key's memory) and returns the former
 * value, or NULL. */
void *s3_order_set(struct s3_order *o, struct slice key, void *value);
/* Removes and returns the value, or NULL. */
void *s3_order_take(struct s3_order *o, struct slice key);

/* A place in the order; any change of the order makes it invalid. */
struct s3_place {
	size_t leaf, entry;
};
/* The first entry whose key is not below `key`; with `beyond`, above it. */
struct s3_place s3_order_seek(const struct s3_order *o, struct slice key, bool beyond);
/* The value at the place, which moves on; NULL at the end. `key` may be NULL. */
void *s3_order_next(const struct s3_order *o, struct s3_place *at, struct slice *key);

#endif
