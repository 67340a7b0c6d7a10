/*
 * Task: holds a value against a JSON Schema. The schema is walked as it was
 * written; what was compiled when it was loaded (regular expressions, where
 * references lead) is looked up. Reading schemas is schema_load.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>


#include "base/utf8.h"
#include "rule/schema_model.h"

#define DEPTH_MAX 200 /* of schema inside schema, so that a reference to itself ends */

/* Which members or elements of one value a schema has looked at: for unevaluated*. */
struct looked {
	bool *at;     /* by position; NULL: nobody asks */
	size_t count;
};

struct visit {
	struct schema *s;
	int depth;
};

static bool holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked);

static void look(struct looked *l, size_t at)
{
	if (l && l->at && at < l->count)
		l->at[at] = true;
}

/* ---- equality: 1 is 1.0 -------------------------------------------------------- */

bool schema_same(json_t *a, json_t *b)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_number(a) && json_is_number(b))
		return json_is_integer(a) && json_is_integer(b) ? json_integer_value(a) == json_integer_value(b) : json_number_value(a) == json_number_value(b);
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		json_array_foreach(a, i, one)
			if (!schema_same(one, json_array_get(b, i)))
				return false;
		return true;
	}
	if (!json_is_object(a))
		return json_equal(a, b);
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach(a, key, one) {
		json_t *other = json_object_get(b, key);
		if (!other || !schema_same(one, other))
			return false;
	}
	return true;
}

static bool listed(json_t *list, json_t *value)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (schema_same(one, value))
			return true;
	return false;
}

static bool has_type(const char *name, json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return strcmp(name, "object") == 0;
	case JSON_ARRAY: return strcmp(name, "array") == 0;
	case JSON_STRING: return strcmp(name, "string") == 0;
	case JSON_NULL: return strcmp(name, "null") == 0;
	case JSON_TRUE:
	case JSON_FALSE: return strcmp(name, "boolean") == 0;
	case JSON_INTEGER: return strcmp(name, "integer") == 0 || strcmp(name, "number") == 0;
	case JSON_REAL: return strcmp(name, "number") == 0 || (strcmp(name, "integer") == 0 && json_real_value(v) == floor(json_real_value(v)));
	}
	return false;
}

static bool type_holds(json_t *type, json_t *v)
{
	json_t *one;
	size_t i;

	if (json_is_string(type))
		return has_type(json_string_value(type), v);
	json_array_foreach(type, i, one)
		if (has_type(json_string_value(one), v))
			return true;
	return false;
}

/* ---- texts and numbers ------------------------------------------------------------ */

static bool re_finds(struct visit *v, const char *pattern, const char *text, size_t len)
{
	pcre2_code *re = map_get_str(&v->s->res, pattern);

	return re && pcre2_match(re, (PCRE2_SPTR)text, len, 0, 0, v->s->match, v->s->limits) >= 0;
}

static bool number_of(json_t *schema, const char *key, double *n)
{
	json_t *v = json_object_get(schema, key);

	*n = json_number_value(v);
	return json_is_number(v);
}

static bool number_holds(json_t *schema, json_t *v)
{
	double n = json_number_value(v), limit;

	if (number_of(schema, "maximum", &limit) && (n > limit || (json_is_true(json_object_get(schema, "exclusiveMaximum")) && n == limit)))
		return false;
	if (number_of(schema, "minimum", &limit) && (n < limit || (json_is_true(json_object_get(schema, "exclusiveMinimum")) && n == limit)))
		return false;
	if ((number_of(schema, "exclusiveMaximum", &limit) && n >= limit) || (number_of(schema, "exclusiveMinimum", &limit) && n <= limit))
		return false;
	if (number_of(schema, "multipleOf", &limit) && limit > 0) {
		double times = n / limit;
		/* 0.0075 is a multiple of 0.0001 though no double says so */
		if (!isfinite(times) || fabs(times - nearbyint(times)) > 1e-9 * fmax(1, fabs(times)))
			return false;
	}
	return true;
}

static bool string_holds(struct visit *v, json_t *schema, json_t *value)
{
	const char *text = json_string_value(value), *pattern = json_string_value(json_object_get(schema, "pattern"));
	size_t len = json_string_length(value);
	double chars = (double)slice_chars(slice_of(text, len)), limit;

	if ((number_of(schema, "maxLength", &limit) && chars > limit) || (number_of(schema, "minLength", &limit) && chars < limit))
		return false;
	return !pattern || re_finds(v, pattern, text, len);
}

/* ---- arrays ---------------------------------------------------------------------- */

static bool contains_holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	json_t *wanted = json_object_get(schema, "contains"), *one;
	double found = 0, min = 1, max;
	size_t i;

	if (!wanted)
		return true;
	if (json_is_number(json_object_get(schema, "minContains")))
		number_of(schema, "minContains", &min);
	json_array_foreach(value, i, one)
		if (holds(v, wanted, one, NULL)) {
			found++;
			look(looked, i);
		}
	return found >= min && !(number_of(schema, "maxContains", &max) && found > max);
}

static bool unique(json_t *value)
{
	size_t n = json_array_size(value);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (schema_same(json_array_get(value, i), json_array_get(value, k)))
				return false;
	return true;
}

static bool array_holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	json_t *items = json_object_get(schema, "items"), *first = json_object_get(schema, "prefixItems"), *one;
	double n = (double)json_array_size(value), limit;
	size_t i;

	if ((number_of(schema, "maxItems", &limit) && n > limit) || (number_of(schema, "minItems", &limit) && n < limit))
		return false;
	if (json_is_true(json_object_get(schema, "uniqueItems")) && !unique(value))
		return false;
	if (json_is_array(items)) { /* up to 2019-09 */
		first = items;
		items = json_object_get(schema, "additionalItems");
	}
	json_array_foreach(value, i, one) {
		json_t *wanted = i < json_array_size(first) ? json_array_get(first, i) : items;
		if (!wanted)
			continue;
		if (!holds(v, wanted, one, NULL))
			return false;
		look(looked, i);
	}
	return contains_holds(v, schema, value, looked);
}

/* ---- objects --------------------------------------------------------------------- */

static bool has_all(json_t *names, json_t *value)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
		if (!json_object_get(value, json_string_value(name)))
			return false;
	return true;
}

static bool member_holds(struct visit *v, json_t *schema, const char *key, size_t len, json_t *one, bool *looked_at)
{
	json_t *properties = json_object_get(schema, "properties"), *patterns = json_object_get(schema, "patternProperties");
	json_t *other = json_object_get(schema, "additionalProperties"), *wanted = json_object_get(properties, key), *names;
	const char *pattern;

	*looked_at = wanted != NULL;
	if (wanted && !holds(v, wanted, one, NULL))
		return false;
	json_object_foreach(patterns, pattern, wanted) {
		if (!re_finds(v, pattern, key, len))
			continue;
		*looked_at = true;
		if (!holds(v, wanted, one, NULL))
			return false;
	}
	if (!*looked_at && other) {
		*looked_at = true;
		if (!holds(v, other, one, NULL))
			return false;
	}
	names = json_object_get(schema, "propertyNames");
	if (!names)
		return true;
	json_t *name = json_stringn(key, len);
	bool good = holds(v, names, name, NULL);
	json_decref(name);
	return good;
}

static bool dependencies_hold(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	static const char *const names[] = { "dependencies", "dependentRequired", "dependentSchemas" };
	const char *key;
	json_t *wanted;

	for (size_t i = 0; i < 3; i++)
		json_object_foreach(json_object_get(schema, names[i]), key, wanted) {
			if (!json_object_get(value, key))
				continue;
			if (json_is_string(wanted) ? !json_object_get(value, json_string_value(wanted)) :
			    json_is_array(wanted) ? !has_all(wanted, value) : !holds(v, wanted, value, looked))
				return false;
		}
	return true;
}

static bool object_holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	double n = (double)json_object_size(value), limit;
	json_t *required = json_object_get(schema, "required"), *one;
	const char *key;
	size_t len, i = 0;

	if ((number_of(schema, "maxProperties", &limit) && n > limit) || (number_of(schema, "minProperties", &limit) && n < limit))
		return false;
	if (json_is_array(required) && !has_all(required, value))
		return false;
	json_object_keylen_foreach(value, key, len, one) {
		bool looked_at;
		if (!member_holds(v, schema, key, len, one, &looked_at))
			return false;
		if (looked_at)
			look(looked, i);
		i++;
	}
	return dependencies_hold(v, schema, value, looked);
}

/* ---- schemas of schemas ------------------------------------------------------------- */

/* What a part that holds has looked at counts, what one that fails has does not. */
static bool part_holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	struct looked own = { NULL, looked ? looked->count : 0 };

	if (looked && looked->at && !(own.at = calloc(own.count + 1, sizeof(bool))))
		abort();
	bool good = holds(v, schema, value, &own);
	for (size_t i = 0; good && own.at && i < own.count; i++)
		looked->at[i] = looked->at[i] || own.at[i];
	free(own.at);
	return good;
}

static bool combined_hold(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	json_t *list, *one, *condition = json_object_get(schema, "if");
	size_t i, count = 0;

	json_array_foreach(json_object_get(schema, "allOf"), i, one)
		if (!part_holds(v, one, value, looked))
			return false;
	if ((list = json_object_get(schema, "anyOf"))) {
		/* All are asked: each says what it looked at. */
		json_array_foreach(list, i, one)
			count += part_holds(v, one, value, looked);
		if (!count)
			return false;
	}
	if ((list = json_object_get(schema, "oneOf"))) {
		count = 0;
		json_array_foreach(list, i, one)
			count += part_holds(v, one, value, looked);
		if (count != 1)
			return false;
	}
	if ((one = json_object_get(schema, "not")) && holds(v, one, value, NULL))
		return false;
	if (!condition)
		return true;
	one = json_object_get(schema, part_holds(v, condition, value, looked) ? "then" : "else");
	return !one || part_holds(v, one, value, looked);
}

static bool rest_holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	json_t *rest = json_object_get(schema, json_is_object(value) ? "unevaluatedProperties" : "unevaluatedItems"), *one;
	const char *key;
	size_t i = 0;

	if (!rest || !looked->at)
		return true;
	if (json_is_object(value)) {
		json_object_foreach(value, key, one) {
			if (!looked->at[i] && !holds(v, rest, one, NULL))
				return false;
			looked->at[i++] = true;
		}
		return true;
	}
	json_array_foreach(value, i, one) {
		if (!looked->at[i] && !holds(v, rest, one, NULL))
			return false;
		looked->at[i] = true;
	}
	return true;
}

static bool refs_hold(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	static const char *const names[] = { "$ref", "$dynamicRef", "$recursiveRef" };

	for (size_t i = 0; i < 3; i++) {
		json_t *ref = json_object_get(schema, names[i]);
		json_t *there = json_is_string(ref) ? schema_find(v->s, schema, json_string_value(ref)) : NULL;
		if (there && !part_holds(v, there, value, looked))
			return false;
	}
	return true;
}

static bool assertions_hold(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	json_t *wanted;

	if ((wanted = json_object_get(schema, "type")) && !type_holds(wanted, value))
		return false;
	if ((wanted = json_object_get(schema, "const")) && !schema_same(wanted, value))
		return false;
	if ((wanted = json_object_get(schema, "enum")) && !listed(wanted, value))
		return false;
	if (json_is_number(value))
		return number_holds(schema, value);
	if (json_is_string(value))
		return string_holds(v, schema, value);
	if (json_is_array(value))
		return array_holds(v, schema, value, looked);
	return !json_is_object(value) || object_holds(v, schema, value, looked);
}

static bool holds(struct visit *v, json_t *schema, json_t *value, struct looked *looked)
{
	struct looked own = { NULL, 0 };
	bool good;

	if (!json_is_object(schema))
		return !json_is_false(schema);
	if (v->depth >= DEPTH_MAX)
		return false;
	if (v->s->legacy && json_object_get(schema, "$ref"))  /* up to draft 7 nothing beside it counts */
		good = ++v->depth && refs_hold(v, schema, value, looked);
	else {
		if (v->s->rest && (json_is_object(value) || json_is_array(value)) && !(looked && looked->at)) {
			own.count = json_is_object(value) ? json_object_size(value) : json_array_size(value);
			if (!(own.at = calloc(own.count + 1, sizeof(bool))))
				abort();
			looked = &own;
		}
		v->depth++;
		good = refs_hold(v, schema, value, looked) && assertions_hold(v, schema, value, looked) && combined_hold(v, schema, value, looked) &&
		       (!looked || rest_holds(v, schema, value, looked));
	}
	v->depth--;
	free(own.at);
	return good;
}

bool schema_holds(struct schema *s, json_t *instance)
{
	struct visit v = { s, 0 };

	return holds(&v, s->root, instance, NULL);
}
