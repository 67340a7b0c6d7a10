/*
 * jsonpath: RFC 9535, as the operator `jsonpath` asks it.
 *
 * A query is compiled once. What it selects is borrowed from the value. The
 * functions of the RFC (length count match search value) and no others.
 */
#ifndef RULE_JSONPATH_H
#define RULE_JSONPATH_H

#include <jansson.h>

#include "base/arena.h"

struct jsonpath;

/* Lives in the arena, apart from what jsonpath_free gives back. NULL: *why says what is wrong, *at where (from 0). */
struct jsonpath *jsonpath_new(struct slice query, struct arena *a, const char **why, size_t *at);
void jsonpath_free(struct jsonpath *p);

struct json_nodes {
	json_t **list;   /* in the arena */
	size_t count, cap;
	bool clipped;    /* there were more than may be */
};
void jsonpath_select(struct jsonpath *p, json_t *root, struct arena *a, struct json_nodes *out);

#endif
