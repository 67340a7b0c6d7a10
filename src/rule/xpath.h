/*
 * xpath: XPath 1.0 over XML bodies, by libxml2.
 *
 * libxml2 is loaded when the first rule asks for it: with what it brings along it
 * costs a start more than all the rest. Nothing is fetched and no entity is
 * replaced; a search is ended after a bounded number of steps.
 */
#ifndef RULE_XPATH_H
#define RULE_XPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct xpath;
struct xml;

/* Prefixes that expressions may use: name, URI. */
struct xml_prefix {
	const char *name, *uri;
};

/* NULL: *why says what is wrong, in the arena. */
struct xpath *xpath_new(const char *expression, struct arena *a, const char **why);
void xpath_free(struct xpath *x);

/* NULL: this is no XML. */
struct xml *xml_new(struct slice text, const struct xml_prefix *prefixes, size_t count);
void xml_free(struct xml *x);

/* What an expression gives: for nodes how many there are, each with its text. */
struct xpath_result {
	bool nodes;            /* else one value, in texts[0] */
	bool truth;            /* nodes: there is one; else boolean() of the value */
	struct slice *texts;   /* in the arena */
	size_t count;
};
/* False: it could not be asked. */
bool xpath_ask(struct xpath *x, struct xml *in, struct arena *a, struct xpath_result *out);

#endif
