/*
 * Task: reads a JSON Schema: compiles its regular expressions, learns its names
 * and refuses what could never be judged. Judging is schema.c.
 */
#include "rule/schema_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define MATCH_LIMIT 100000 /* steps of one regular expression */

struct reading {
	struct schema *s;
	schema_bad *bad;
	void *of;
	char path[1024];
	size_t len;
	const char *base;    /* URI that relative ones are against; "" at first */
	size_t wrong;
	bool linking;        /* second walk: all names are known */
};

static void complain(struct reading *r, const char *key, const char *fmt, const char *word)
{
	char sentence[600], path[1200];

	snprintf(sentence, sizeof(sentence), fmt, word);
	snprintf(path, sizeof(path), "%.*s%s%s", (int)r->len, r->path, key ? "/" : "", key ? key : "");
	r->wrong++;
	r->bad(r->of, path, sentence);
}

static size_t enter(struct reading *r, const char *key)
{
	size_t former = r->len;
	int n = snprintf(r->path + r->len, sizeof(r->path) - r->len, "/%s", key);

	r->len = n < 0 || r->len + (size_t)n >= sizeof(r->path) ? former : r->len + (size_t)n;
	return former;
}

static void leave(struct reading *r, size_t former)
{
	r->len = former;
	r->path[former] = '\0';
}

/* ---- names ------------------------------------------------------------------------ */

/* RFC 3986 section 5.2 as far as $id needs it: absolute, absolute path, relative file. */
static char *resolve(const char *base, const char *ref)
{
	const char *scheme = strstr(ref, "://"), *end;
	char *out = NULL;
	size_t keep;

	if (scheme || strncmp(ref, "urn:", 4) == 0 || !*base)
		return strdup(ref);
	end = base + strcspn(base, "#");
	if (*ref == '#' || !*ref)
		keep = (size_t)(end - base);
	else {
		const char *path = strstr(base, "://"), *root = path ? path + 3 + strcspn(path + 3, "/#") : base, *last = root;
		if (*ref == '/')
			keep = (size_t)(root - base);
		else {
			for (const char *p = root; p < end; p++)
				if (*p == '/')
					last = p + 1;
			keep = (size_t)(last - base);
		}
	}
	if ((out = malloc(keep + strlen(ref) + 2))) {
		memcpy(out, base, keep);
		bool slash = keep && *ref != '#' && *ref && *ref != '/' && out[keep - 1] != '/' && strstr(base, "://");
		out[keep] = '/';
		memcpy(out + keep + slash, ref, strlen(ref) + 1);
	}
	return out;
}

/* The first that is called so keeps the name. */
static void name(struct reading *r, struct slice uri, json_t *schema)
{
	if (!map_get(&r->s->named, uri))
		map_set(&r->s->named, uri, schema);
}

static json_t *pointer(json_t *at, const char *p)
{
	char key[512];

	while (at && *p == '/') {
		size_t n = 0;
		for (p++; *p && *p != '/' && n + 1 < sizeof(key); p++) {
			char c = *p;
			if (c == '~' && (p[1] == '0' || p[1] == '1'))
				c = *++p == '0' ? '~' : '/';
			else if (c == '%' && p[1] && p[2]) { /* it is part of a URI */
				char hex[3] = { p[1], p[2], 0 };
				c = (char)strtol(hex, NULL, 16);
				p += 2;
				if (c == '~' && (p[1] == '0' || p[1] == '1'))
					c = *++p == '0' ? '~' : '/';
			}
			key[n++] = c;
		}
		key[n] = '\0';
		at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10)) : json_object_get(at, key);
	}
	return *p ? NULL : at;
}

static const char *base_of(const struct schema *s, json_t *schema)
{
	const char *base = map_get(&s->bases, slice_of((const char *)&schema, sizeof(schema)));

	return base ? base : "";
}

json_t *schema_find(const struct schema *s, json_t *from, const char *ref)
{
	char *uri = resolve(base_of(s, from), ref);
	json_t *there = NULL;

	if (!uri)
		abort();
	char *fragment = uri + strcspn(uri, "#");
	if (!*fragment || fragment[1] == '/' || !fragment[1]) {
		struct slice document = slice_of(uri, (size_t)(fragment - uri));
		there = document.len ? map_get(&s->named, document) : s->root;
		if (there && *fragment)
			there = pointer(there, fragment + 1);
	} else {
		there = map_get_str(&s->named, uri);
	}
	free(uri);
	return there;
}

/* ---- the walk ----------------------------------------------------------------------- */

static void walk(struct reading *r, json_t *schema);

static void compile(struct reading *r, const char *key, const char *pattern)
{
	unsigned char why[256];
	PCRE2_SIZE at;
	int code;

	if (r->linking || map_get_str(&r->s->res, pattern))
		return;
	/* ECMA-262: $ is the very end, \d is ASCII, \u1234 is a character */
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				       PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX, &code, &at, NULL);
	if (!re) {
		pcre2_get_error_message(code, why, sizeof(why));
		complain(r, key, "is not a regular expression: %s", (char *)why);
		return;
	}
	map_set(&r->s->res, slice_str(pattern), re);
}

static void walk_list(struct reading *r, json_t *schema, const char *key)
{
	json_t *list = json_object_get(schema, key), *one;
	char number[24];
	size_t i;

	if (!list)
		return;
	if (!json_is_array(list) || !json_array_size(list)) {
		complain(r, key, "\"%s\" takes an array of at least one schema", key);
		return;
	}
	size_t former = enter(r, key);
	json_array_foreach(list, i, one) {
		snprintf(number, sizeof(number), "%zu", i);
		size_t inner = enter(r, number);
		walk(r, one);
		leave(r, inner);
	}
	leave(r, former);
}

static void walk_members(struct reading *r, json_t *schema, const char *key)
{
	json_t *members = json_object_get(schema, key), *one;
	const char *member;

	if (!members)
		return;
	if (!json_is_object(members)) {
		complain(r, key, "\"%s\" takes an object of schemas", key);
		return;
	}
	size_t former = enter(r, key);
	json_object_foreach(members, member, one) {
		if (strcmp(key, "patternProperties") == 0)
			compile(r, member, member);
		if (json_is_array(one) || (json_is_string(one) && strcmp(key, "dependencies") == 0))
			continue; /* dependencies: names */
		size_t inner = enter(r, member);
		walk(r, one);
		leave(r, inner);
	}
	leave(r, former);
}

static void check_types(struct reading *r, json_t *schema)
{
	static const char *const types = " object array string number integer boolean null ";
	static const char *const numbers[] = { "maximum",  "minimum",	"multipleOf", "maxLength", "minLength",	  "maxItems",
					       "minItems", "maxProperties", "minProperties", "maxContains", "minContains" };
	json_t *type = json_object_get(schema, "type"), *required = json_object_get(schema, "required"), *choices = json_object_get(schema, "enum");
	size_t n = json_is_array(type) ? json_array_size(type) : type ? 1 : 0;

	for (size_t i = 0; i < n; i++) {
		const char *word = json_string_value(json_is_array(type) ? json_array_get(type, i) : type);
		char spaced[32];
		snprintf(spaced, sizeof(spaced), " %s ", word ? word : "?");
		if (!word || !strstr(types, spaced))
			complain(r, "type", "\"%s\" is no type (known:  object array string number integer boolean null)", word ? word : "?");
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_t *v = json_object_get(schema, numbers[i]);
		if (v && !json_is_number(v))
			complain(r, numbers[i], "\"%s\" takes a number", numbers[i]);
	}
	if (required && !json_is_array(required) && !json_is_boolean(required))
		complain(r, "required", "\"%s\" takes an array of names", "required");
	if (choices && !json_is_array(choices))
		complain(r, "enum", "\"%s\" takes an array of values", "enum");
}

static void learn(struct reading *r, json_t *schema)
{
	static const char *const anchors[] = { "$anchor", "$dynamicAnchor" };

	map_set(&r->s->bases, slice_of((const char *)&schema, sizeof(schema)), strdup(r->base));
	name(r, slice_str(r->base), schema);
	for (size_t i = 0; i < 2; i++) {
		const char *anchor = json_string_value(json_object_get(schema, anchors[i]));
		struct buf uri;
		if (!anchor)
			continue;
		buf_init(&uri, 64 * 1024);
		buf_addf(&uri, "%s#%s", r->base, anchor);
		name(r, buf_slice(&uri), schema);
		buf_release(&uri);
	}
	if (json_object_get(schema, "unevaluatedProperties") || json_object_get(schema, "unevaluatedItems"))
		r->s->rest = true;
}

static void link_refs(struct reading *r, json_t *schema)
{
	static const char *const refs[] = { "$ref", "$dynamicRef", "$recursiveRef" };

	for (size_t i = 0; i < 3; i++) {
		json_t *ref = json_object_get(schema, refs[i]);
		if (json_is_string(ref) && !schema_find(r->s, schema, json_string_value(ref)))
			complain(r, refs[i], "leads to %s, which is not in this schema; nothing is fetched, so put it into \"$defs\"", json_string_value(ref));
	}
}

static void walk(struct reading *r, json_t *schema)
{
	static const char *const one[] = { "items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
					   "unevaluatedItems", "unevaluatedProperties" };
	static const char *const lists[] = { "allOf", "anyOf", "oneOf", "prefixItems" };
	static const char *const members[] = { "properties", "patternProperties", "$defs", "definitions", "dependencies", "dependentSchemas" };
	const char *former_base = r->base, *id;
	char *base = NULL;

	if (json_is_boolean(schema))
		return;
	if (!json_is_object(schema)) {
		complain(r, NULL, "is no schema%s: expected an object, true or false", "");
		return;
	}
	id = json_string_value(json_object_get(schema, "$id"));
	if (!id && r->s->legacy)
		id = json_string_value(json_object_get(schema, "id"));
	if (id && r->s->legacy && json_object_get(schema, "$ref"))
		id = NULL;
	if (id && *id == '#' && !r->linking) { /* drafts 4 to 7: an anchor */
		char *uri = resolve(r->base, id);
		map_set(&r->s->named, slice_str(uri), schema);
		free(uri);
	} else if (id && *id != '#') {
		r->base = base = resolve(r->base, id);
		base[strcspn(base, "#")] = '\0';
	}
	if (!r->linking) {
		learn(r, schema);
		check_types(r, schema);
		if (json_is_string(json_object_get(schema, "pattern")))
			compile(r, "pattern", json_string_value(json_object_get(schema, "pattern")));
	} else {
		link_refs(r, schema);
	}
	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
		json_t *v = json_object_get(schema, one[i]);
		if (!v)
			continue;
		if (json_is_array(v) && i == 0) {
			if (json_array_size(v))
				walk_list(r, schema, one[i]);
			continue;
		}
		size_t former = enter(r, one[i]);
		walk(r, v);
		leave(r, former);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		walk_list(r, schema, lists[i]);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		walk_members(r, schema, members[i]);
	r->base = former_base;
	free(base);
}

struct schema *schema_new(json_t *json, schema_bad *bad, void *of)
{
	struct schema *s = calloc(1, sizeof(*s));
	struct reading r = { .s = s, .bad = bad, .of = of, .base = "" };
	const char *draft = json_string_value(json_object_get(json, "$schema"));

	if (!s)
		abort();
	s->root = json;
	s->legacy = draft && (strstr(draft, "draft-04") || strstr(draft, "draft-06") || strstr(draft, "draft-07"));
	map_init(&s->res);
	map_init(&s->named);
	map_init(&s->bases);
	walk(&r, json);
	r.linking = true;
	if (!r.wrong)
		walk(&r, json);
	if (r.wrong) {
		schema_free(s);
		return NULL;
	}
	s->match = pcre2_match_data_create(1, NULL);
	s->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(s->limits, MATCH_LIMIT);
	return s;
}

void schema_free(struct schema *s)
{
	struct map_entry *e;

	if (!s)
		return;
	for (size_t i = 0; (e = map_next(&s->res, &i));)
		pcre2_code_free(e->value);
	for (size_t i = 0; (e = map_next(&s->bases, &i));)
		free(e->value);
	map_release(&s->res);
	map_release(&s->named);
	map_release(&s->bases);
	pcre2_match_data_free(s->match);
	pcre2_match_context_free(s->limits);
	free(s);
}
