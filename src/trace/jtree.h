/*
 * jtree: JSON as a jansson tree whose numbers stay as they were written.
 *
 * A tree would make 19.90 and 19.9 one, and 19.9 into 19.899999999999999. So a
 * number becomes a string with a mark in front (U+0001), which text of a program
 * hardly begins with; jtree_dump takes the mark off again. Strings compare as text.
 */
#ifndef TRACE_JTREE_H
#define TRACE_JTREE_H

#include <jansson.h>

#include "base/slice.h"

/* Valid JSON (jscan_value); NULL when jansson does not take it (a member twice
 * is fine, the last one counts; a name with U+0000 is not). */
json_t *jtree_load(struct slice text);
/* As json_dumps, JSON_ENCODE_ANY implied; the caller frees. NULL for NULL. */
char *jtree_dump(const json_t *v, size_t flags);

#endif
