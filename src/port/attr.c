/*
 * attr: the flat list of named values of an event, kept in the order in which
 * they were added. Growth doubles inside the request's arena; what was outgrown
 * goes with it.
 */
#include "port/attr.h"

static struct attr *attr_new(struct attrs *a, struct slice name, enum attr_type type)
{
	if (a->count == a->cap) {
		size_t cap = a->cap ? a->cap * 2 : 16;
		struct attr *list = ARENA_ARRAY(a->arena, struct attr, cap);
		if (a->count)
			memcpy(list, a->list, a->count * sizeof(*list));
		a->list = list;
		a->cap = cap;
	}
	struct attr *at = &a->list[a->count++];
	*at = (struct attr){ .name = name, .type = type };
	return at;
}

void attrs_init(struct attrs *a, struct arena *arena)
{
	*a = (struct attrs){ .arena = arena };
}

void attrs_text(struct attrs *a, const char *name, struct slice value)
{
	attr_new(a, slice_str(name), ATTR_TEXT)->text = value;
}

void attrs_text_named(struct attrs *a, struct slice name, struct slice value)
{
	attr_new(a, name, ATTR_TEXT)->text = value;
}

void attrs_list_named(struct attrs *a, struct slice name, struct slice value)
{
	attr_new(a, name, ATTR_LIST)->text = value;
}

void attrs_json(struct attrs *a, const char *name, struct slice json)
{
	attr_new(a, slice_str(name), ATTR_JSON)->text = json;
}

void attrs_json_named(struct attrs *a, struct slice name, struct slice json)
{
	attr_new(a, name, ATTR_JSON)->text = json;
}

void attrs_int(struct attrs *a, const char *name, int64_t value)
{
	attr_new(a, slice_str(name), ATTR_INT)->number = value;
}

void attrs_bool(struct attrs *a, const char *name, bool value)
{
	attr_new(a, slice_str(name), ATTR_BOOL)->number = value;
}

const struct attr *attrs_get(const struct attrs *a, const char *name)
{
	for (size_t i = 0; i < a->count; i++)
		if (slice_eq_str(a->list[i].name, name))
			return &a->list[i];
	return NULL;
}
