/*
 * skeleton: the structure of trace lines, so that a line is not parsed when one
 * like it was.
 *
 * Lines of a trace are many and of few forms: what changes from one to the next
 * are leaves. A skeleton is the text of a line with holes where its leaves are.
 * To match a line is to compare the text between the holes and to find where
 * each leaf ends; a line that matches is well-formed JSON, because the line
 * that the skeleton was made of was, and every leaf is checked.
 *
 * What varies in structure (arrays of bodies, deep objects) is one hole.
 */
#ifndef TRACE_SKELETON_H
#define TRACE_SKELETON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define SKELETON_LEAVES 128 /* holes of one; a line with more has a hole for each of its members */

/* Of which member of the line a leaf is part. */
enum skeleton_member { SK_ST, SK_SEQ, SK_SUM, SK_OK, SK_ERR, SK_BY, SK_RULE, SK_A, SK_REQ, SK_RES, SK_COR, SK_WHY, SK_T, SK_OTHER };

struct skeleton_leaf {
	char type;            /* s string, n number, w true false null, x any value */
	uint8_t member;       /* enum skeleton_member */
	bool item;            /* the one item of an attribute's list */
	struct slice path;    /* as diffs print it: "a.db.query.text", "req.b.id", "t.ts" */
	struct slice order;   /* path without ambiguity, to sort by */
	struct slice name;    /* the member's own name, for `a` the attribute's */
};

struct skeleton {
	struct slice k;       /* without quotes */
	struct skeleton_leaf *leaves;
	size_t nleaves;
	int member[SK_OTHER]; /* leaf that is the whole member, -1: none */
	bool judged;          /* the reader found its members in order and of their types */
	uint32_t id;          /* ordinal in its set */
	void *plan;           /* of who computes over the leaves */
	/* Own. */
	struct slice *literals; /* nleaves + 1: before, between and after the leaves */
	struct slice *last;     /* by leaf: the string found there last, in a line that is still there */
	struct skeleton *then;  /* what followed it last */
	uint64_t hash;
	bool scratch;           /* made for one line, one too many to be kept */
};

struct skeleton_set;

/* Lines must stay where they are as long as the set lives. */
struct skeleton_set *skeleton_set_new(void);
void skeleton_set_free(struct skeleton_set *set);
/* `leaves` has room for SKELETON_LEAVES. A string that stood there in the line
 * before comes with that line's address: equal pointers are equal texts. NULL:
 * no line like it was learned. */
struct skeleton *skeleton_match(struct skeleton_set *set, struct slice line, struct slice *leaves);
/* Learns a line that jscan_value let through whole; then it matches. The result
 * may be a scratch, good until the next call. */
struct skeleton *skeleton_learn(struct skeleton_set *set, struct slice line, struct slice *leaves);
size_t skeleton_count(const struct skeleton_set *set);
struct skeleton *skeleton_at(const struct skeleton_set *set, size_t id);

#endif
