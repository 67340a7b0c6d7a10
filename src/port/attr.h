/*
 * attr: a flat list of named values, in the order they were added.
 *
 * It is how ports describe a request to the trace without knowing it: names
 * are OpenTelemetry's (semantic conventions 1.44). Values are borrowed, from
 * the request's arena as a rule.
 */
#ifndef PORT_ATTR_H
#define PORT_ATTR_H

#include "base/arena.h"
#include "base/slice.h"

enum attr_type { ATTR_TEXT, ATTR_INT, ATTR_BOOL, ATTR_LIST /* of one text: ["v"] */, ATTR_JSON /* text is JSON already */ };

struct attr {
	struct slice name;
	enum attr_type type;
	struct slice text;
	int64_t number; /* ATTR_INT, ATTR_BOOL */
};

struct attrs {
	struct arena *arena;
	struct attr *list;
	size_t count, cap;
};

void attrs_init(struct attrs *a, struct arena *arena);
void attrs_text(struct attrs *a, const char *name, struct slice value);
/* For names that are built: "db.query.parameter.0". */
void attrs_text_named(struct attrs *a, struct slice name, struct slice value);
void attrs_list_named(struct attrs *a, struct slice name, struct slice value);
/* The text is JSON already: a list of several values, an object. */
void attrs_json(struct attrs *a, const char *name, struct slice json);
void attrs_json_named(struct attrs *a, struct slice name, struct slice json);
void attrs_int(struct attrs *a, const char *name, int64_t value);
void attrs_bool(struct attrs *a, const char *name, bool value);
const struct attr *attrs_get(const struct attrs *a, const char *name);

#endif
