/*
 * template: what {{...}} can call. Inside src/rule only: template.c renders,
 * load_template.c checks arguments.
 */
#ifndef RULE_TEMPLATE_H
#define RULE_TEMPLATE_H

#include "rule/model.h"

#define TEMPLATE_MAX (64 * 1024 * 1024) /* a body echoed back, as large as a rule file may be */

struct render {
	struct rules *r;
	struct rule_hit *hit;
	struct request *req;
	const struct segment *segment;
};

struct template_function {
	const char *name;
	size_t least, most; /* arguments */
	enum { FUNCTION_PLAIN, FUNCTION_FIELD, FUNCTION_NOW, FUNCTION_RANDOM } kind; /* how arguments are checked */
	void (*render)(const struct render *x, struct buf *out);
};
extern const struct template_function template_field;      /* a bare word: {{json.id}} */
extern const struct template_function template_functions[]; /* ends in a NULL name */

struct tm;
/* "-1 day", "+2 hours 30 minutes", added in UTC. False: not understood. */
bool template_shift_time(struct slice s, struct tm *tm);
/* A format that {{now}} knows. */
bool template_now_format(struct slice s);
/* The text as it stands between the quotes of a JSON string. */
void template_add_json(struct buf *out, struct slice s);

#endif
