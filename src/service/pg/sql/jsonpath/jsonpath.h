/*
 * jsonpath: PostgreSQL's path language over jsonb. A path is parsed into a chain of
 * items, printed in one form (which is how it is stored), and run against a value.
 *
 * In lax mode arrays are unwrapped where an item wants something else, and what is
 * not there is no error; strict mode says what is wrong.
 *
 * Source: manual 9.16.2; jsonpath_gram.y, jsonpath_scan.l, jsonpath.c and
 * jsonpath_exec.c of PostgreSQL 15.
 */
#ifndef SERVICE_PG_SQL_JSONPATH_H
#define SERVICE_PG_SQL_JSONPATH_H

#include "service/pg/sql/func/json.h"

enum jsonpath_kind {
	/* values */
	JP_NULL, JP_STRING, JP_NUMBER, JP_TRUE, JP_FALSE, JP_VARIABLE,
	/* predicates: left, right */
	JP_AND, JP_OR, JP_NOT, JP_IS_UNKNOWN, JP_EQUAL, JP_NOT_EQUAL, JP_LESS, JP_GREATER, JP_LESS_OR_EQUAL, JP_GREATER_OR_EQUAL,
	JP_STARTS_WITH, JP_LIKE_REGEX, JP_EXISTS,
	/* arithmetic */
	JP_ADD, JP_SUB, JP_MUL, JP_DIV, JP_MOD, JP_PLUS, JP_MINUS,
	/* places */
	JP_ROOT, JP_CURRENT, JP_LAST,
	/* accessors */
	JP_KEY, JP_ANY_KEY, JP_ANY_ARRAY, JP_INDEX, JP_ANY, JP_FILTER,
	/* methods */
	JP_TYPE, JP_SIZE, JP_ABS, JP_FLOOR, JP_CEILING, JP_DOUBLE, JP_DATETIME, JP_KEYVALUE,
};

#define JSONPATH_LEVEL_LAST UINT32_MAX

struct jsonpath_item {
	enum jsonpath_kind kind;
	struct slice text;              /* string, key, variable: decoded; number: as numeric prints it; regex: the pattern */
	struct jsonpath_item *left, *right; /* operands; of a filter, exists, not: left */
	struct jsonpath_item *next;     /* what follows in the chain */
	struct jsonpath_subscript {
		struct jsonpath_item *from, *to; /* to NULL: one place */
	} *subscripts;
	size_t nsubscripts;
	uint32_t first, last;           /* of ** */
	bool icase, dotall, mline, expanded, quote; /* of like_regex */
};

struct jsonpath {
	bool strict;
	struct jsonpath_item *item;
};

/* Nothing is deeper than this: the parser and the runner recurse. */
#define JSONPATH_DEPTH 500

/* False: raised (42601). All of it is the arena's. */
bool jsonpath_parse(struct sql_env *env, struct arena *a, struct slice text, struct jsonpath *out);
void jsonpath_print(const struct jsonpath *p, struct buf *out);

/* A list of results; the items are borrowed from the value, or the arena's. */
struct jsonpath_list {
	struct json **items;
	size_t count, cap;
};

enum jsonpath_outcome { JSONPATH_FOUND, JSONPATH_NOTHING, JSONPATH_ERROR };

/*
 * Runs a path over a value. `vars`: an object, or NULL. `silent`: errors of the path are an
 * outcome, else they are raised, too. `found` NULL: only whether there is something. What was
 * found before an error stays in the list.
 */
enum jsonpath_outcome jsonpath_run(struct sql_env *env, struct arena *a, const struct jsonpath *p, struct json *value, const struct json *vars,
				   bool silent, struct jsonpath_list *found);

#endif
