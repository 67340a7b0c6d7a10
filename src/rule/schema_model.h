/*
 * schema_model: what a loaded schema is, between schema.c and schema_load.c.
 *
 * A subschema is the JSON it was written as. `named` leads from absolute and
 * plain $id values and from "#anchor" to it; base URIs are only followed as far
 * as names inside one schema need it.
 */
#ifndef RULE_SCHEMA_MODEL_H
#define RULE_SCHEMA_MODEL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/map.h"
#include "rule/schema.h"

struct schema {
	json_t *root;
	struct map res;      /* pattern -> pcre2_code * */
	struct map named;    /* $id, base#anchor -> json_t * */
	struct map bases;    /* address of a subschema -> its base, a char * (owned) */
	bool legacy;         /* draft 7 or older */
	bool rest;           /* it says unevaluated* somewhere */
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/* Where a reference leads that stands in `from`; NULL: nowhere. */
json_t *schema_find(const struct schema *s, json_t *from, const char *ref);
/* Equal as JSON Schema means it: 1 is 1.0. */
bool schema_same(json_t *a, json_t *b);

#endif
