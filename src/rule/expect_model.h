/*
 * expect_model: what a state expectation wants, compiled. Inside src/rule only.
 */
#ifndef RULE_EXPECT_MODEL_H
#define RULE_EXPECT_MODEL_H

#include "rule/expect.h"
#include "rule/model.h"

struct state_row {
	struct pattern *cells;
	size_t count;
};
struct state_field {
	const char *name; /* member of an object's answer: "json", "text", "size", "type" */
	struct pattern pattern;
};
struct state_want {
	bool has_rows, unordered;
	struct state_row *rows;
	size_t nrows;
	bool has_count, absent;
	struct state_field fields[4];
	size_t nfields;
	struct pattern states; /* of rules */
	struct slice key;
};

#endif
