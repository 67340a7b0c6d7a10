/*
 * schema: JSON Schema, as the operator `schema` asks it.
 *
 * Drafts 4 to 2020-12: assertions, applicators, unevaluated*, $ref inside the
 * schema ("#/...", "#anchor", an $id in it). Nothing is ever fetched: a reference
 * that leads outside is an error when the rules are loaded. `format` and
 * `content*` are annotations, as the drafts say by default: they decide nothing.
 *
 * Source: https://json-schema.org/draft/2020-12/json-schema-validation and
 * json-schema-core of the same date; the older spellings from drafts 4 to 7.
 */
#ifndef RULE_SCHEMA_H
#define RULE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct schema;

/* Called for everything that is wrong; path is a JSON pointer into the schema. */
typedef void schema_bad(void *of, const char *path, const char *sentence);

/* Borrows `json`. NULL: something was wrong, and bad() was told. */
struct schema *schema_new(json_t *json, schema_bad *bad, void *of);
void schema_free(struct schema *s);

bool schema_holds(struct schema *s, json_t *instance);

#endif
