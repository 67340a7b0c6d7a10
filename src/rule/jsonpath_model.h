/* jsonpath_model: a compiled query, between jsonpath.c and jsonpath_read.c. Names as in RFC 9535. */
#ifndef RULE_JSONPATH_MODEL_H
#define RULE_JSONPATH_MODEL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rule/jsonpath.h"

enum selector_kind { SELECT_NAME, SELECT_WILD, SELECT_INDEX, SELECT_SLICE, SELECT_FILTER };

struct selector {
	enum selector_kind kind;
	const char *name;
	json_int_t start, end, step;
	bool has_start, has_end;
	struct filter *filter;
	struct selector *next;
};

struct jp_segment {
	bool descendant;
	struct selector *selectors;
	struct jp_segment *next;
};

struct jp_query {
	bool relative;  /* @, else $ */
	bool singular;  /* at most one node */
	struct jp_segment *segments;
};

enum jp_function { JP_LENGTH, JP_COUNT, JP_MATCH, JP_SEARCH, JP_VALUE, JP_FUNCTIONS };

/* What stands on a side of a comparison, or is a function's argument. */
struct operand {
	enum { OPERAND_LITERAL, OPERAND_QUERY, OPERAND_CALL } kind;
	json_t *literal;
	struct jp_query query;
	enum jp_function function;
	struct operand *args[2];
	pcre2_code *re;          /* of match and search with a literal pattern */
};

struct filter {
	enum { FILTER_OR, FILTER_AND, FILTER_NOT, FILTER_COMPARE, FILTER_TEST } kind;
	struct filter *a, *b;
	char op[3];
	struct operand *left, *right; /* test: left */
};

struct jsonpath {
	struct jp_query query;
	json_t *literals;        /* an array that owns them */
	pcre2_code **res;
	size_t nres;
};

/* An I-Regexp (RFC 9485); whole: it has to match all of the text. NULL: it is none. */
pcre2_code *jsonpath_regex(const char *text, size_t len, bool whole);

#endif
