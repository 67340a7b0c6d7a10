/*
 * Looking into JSON and changing it: operators and functions of manual 9.16.1 that
 * give one value.
 */
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/json.h"
#include "service/pg/sql/func/library_state.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/numeric.h"

/* Of the call: scratch() forgets, so it is asked once. */
static struct arena *room(sqlite3_context *ctx)
{
	return &sql_env_of(ctx)->library->scratch;
}

static struct json *load(sqlite3_context *ctx, sqlite3_value *v, bool jsonb)
{
	return json_load(room(ctx), arg_text(v), jsonb);
}

static void give(sqlite3_context *ctx, const struct json *v)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	json_print(v, &b);
	result_buf(ctx, &b);
}

/* What was found, as JSON or as text. */
static void found(sqlite3_context *ctx, const struct json *v, bool jsonb, bool text)
{
	struct buf b;

	if (!v)
		return;
	buf_init(&b, BUF_MAX);
	if (text && !json_as_text(v, jsonb, &b)) {
		buf_release(&b);
		return;
	}
	if (!text && jsonb)
		json_print(v, &b);
	else if (!text)
		buf_add_slice(&b, v->raw);
	result_buf(ctx, &b);
}

/* A strict function that begins with an empty scratch. */
#define JSON(name)                                                                          \
	static void name##_json(sqlite3_context *ctx, int argc, sqlite3_value **argv);      \
	STRICT(name)                                                                        \
	{                                                                                   \
		scratch(sql_env_of(ctx));                                                   \
		name##_json(ctx, argc, argv);                                               \
	}                                                                                   \
	static void name##_json(sqlite3_context *ctx, int argc __attribute__((unused)),     \
				sqlite3_value **argv __attribute__((unused)))

#define FIELD(name, jsonb, text)                                                            \
	JSON(name)                                                                        \
	{                                                                                   \
		found(ctx, json_get(load(ctx, argv[0], jsonb), arg_text(argv[1])), jsonb, text); \
	}
/* A scalar of jsonb lies in an array of one, and shows it here. */
static const struct json *element(const struct json *v, int64_t index, bool jsonb)
{
	if (jsonb && v->kind != JSON_ARRAY_ && v->kind != JSON_OBJECT_)
		return index == 0 || index == -1 ? v : NULL;
	return json_at(v, index);
}

#define ELEMENT(name, jsonb, text)                                                          \
	JSON(name)                                                                          \
	{                                                                                   \
		found(ctx, element(load(ctx, argv[0], jsonb), arg_int(argv[1]), jsonb), jsonb, text); \
	}
FIELD(json_object_field, false, false)
FIELD(json_object_field_text, false, true)
FIELD(jsonb_object_field, true, false)
FIELD(jsonb_object_field_text, true, true)
ELEMENT(json_array_element, false, false)
ELEMENT(json_array_element_text, false, true)
ELEMENT(jsonb_array_element, true, false)
ELEMENT(jsonb_array_element_text, true, true)

/* ---- paths ------------------------------------------------------------------------- */

/* A path step that counts: PostgreSQL's strtoint of all of it. */
static bool step_index(struct slice s, int64_t *index)
{
	char text[24], *end;

	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	long long v = strtoll(text, &end, 10);
	if (*end || v > INT32_MAX || v < INT32_MIN)
		return false;
	*index = v;
	return true;
}

static bool load_path(sqlite3_context *ctx, sqlite3_value *v, struct array *path)
{
	return array_load(sql_env_of(ctx), room(ctx), T_TEXT, -1, arg_text(v), path);
}

static void extract(sqlite3_context *ctx, sqlite3_value **argv, bool jsonb, bool text)
{
	struct array path;
	struct json *v = load(ctx, argv[0], jsonb);

	if (!load_path(ctx, argv[1], &path)) {
		result_raised(ctx);
		return;
	}
	for (size_t i = 0; v && i < path.count; i++) {
		int64_t index;
		if (path.items[i].kind == SQL_NULL)
			return;
		if (v->kind == JSON_OBJECT_)
			v = json_get(v, path.items[i].s);
		else if (v->kind == JSON_ARRAY_ && step_index(path.items[i].s, &index))
			v = json_at(v, index);
		else
			v = NULL;
	}
	found(ctx, v, jsonb, text);
}

#define EXTRACT(name, jsonb, text)                  \
	JSON(name)                                \
	{                                           \
		extract(ctx, argv, jsonb, text);    \
	}
EXTRACT(json_extract_path, false, false)
EXTRACT(json_extract_path_text, false, true)
EXTRACT(jsonb_extract_path, true, false)
EXTRACT(jsonb_extract_path_text, true, true)

/* ---- questions ----------------------------------------------------------------------- */

static bool exists(const struct json *v, struct slice key)
{
	if (v->kind == JSON_OBJECT_)
		return json_get(v, key) != NULL;
	if (v->kind == JSON_STRING_)
		return slice_eq(v->text, key);
	for (size_t i = 0; v->kind == JSON_ARRAY_ && i < v->count; i++)
		if (v->items[i]->kind == JSON_STRING_ && slice_eq(v->items[i]->text, key))
			return true;
	return false;
}

JSON(jsonb_exists)
{
	result_bool(ctx, exists(load(ctx, argv[0], true), arg_text(argv[1])));
}

static void exists_many(sqlite3_context *ctx, sqlite3_value **argv, bool all)
{
	struct json *v = load(ctx, argv[0], true);
	struct array keys;

	if (!load_path(ctx, argv[1], &keys)) {
		result_raised(ctx);
		return;
	}
	for (size_t i = 0; i < keys.count; i++) {
		if (keys.items[i].kind == SQL_NULL)
			continue;
		if (exists(v, keys.items[i].s) != all) {
			result_bool(ctx, !all);
			return;
		}
	}
	result_bool(ctx, all);
}

JSON(jsonb_exists_any)
{
	exists_many(ctx, argv, false);
}

JSON(jsonb_exists_all)
{
	exists_many(ctx, argv, true);
}

static bool is_scalar(const struct json *v)
{
	return v->kind != JSON_ARRAY_ && v->kind != JSON_OBJECT_;
}

static bool contains(const struct json *v, const struct json *part, bool top)
{
	if (v->kind == JSON_OBJECT_ && part->kind == JSON_OBJECT_) {
		for (size_t i = 0; i < part->count; i++) {
			const struct json *mine = json_get(v, part->keys[i]);
			if (!mine || !contains(mine, part->items[i], false))
				return false;
		}
		return true;
	}
	if (v->kind == JSON_ARRAY_ && (part->kind == JSON_ARRAY_ || (top && is_scalar(part)))) {
		for (size_t i = 0; i < (part->kind == JSON_ARRAY_ ? part->count : 1); i++) {
			const struct json *wanted = part->kind == JSON_ARRAY_ ? part->items[i] : part;
			bool some = false;
			for (size_t k = 0; k < v->count && !some; k++)
				some = is_scalar(v->items[k]) || is_scalar(wanted) ? is_scalar(v->items[k]) && is_scalar(wanted) && !json_compare(v->items[k], wanted) :
										     v->items[k]->kind == wanted->kind && contains(v->items[k], wanted, false);
			if (!some)
				return false;
		}
		return true;
	}
	return is_scalar(v) && is_scalar(part) && !json_compare(v, part);
}

JSON(jsonb_contains)
{
	result_bool(ctx, contains(load(ctx, argv[0], true), load(ctx, argv[1], true), true));
}

JSON(jsonb_contained)
{
	result_bool(ctx, contains(load(ctx, argv[1], true), load(ctx, argv[0], true), true));
}

static const char *kind_words(const struct json *v)
{
	static const char *const words[] = { [JSON_NULL_] = "null", [JSON_STRING_] = "string", [JSON_NUMBER_] = "number", [JSON_FALSE_] = "boolean",
					     [JSON_TRUE_] = "boolean", [JSON_ARRAY_] = "array", [JSON_OBJECT_] = "object" };

	return words[v->kind];
}

JSON(type_of)
{
	result_text(ctx, slice_str(kind_words(load(ctx, argv[0], true))));
}

static void array_length(sqlite3_context *ctx, const struct json *v)
{
	if (v->kind == JSON_ARRAY_)
		sqlite3_result_int64(ctx, (int64_t)v->count);
	else
		sql_raise(ctx, "22023", v->kind == JSON_OBJECT_ ? "cannot get array length of a non-array" : "cannot get array length of a scalar");
}

JSON(json_array_length)
{
	array_length(ctx, load(ctx, argv[0], true));
}

JSON(jsonb_cmp)
{
	sqlite3_result_int(ctx, json_compare(load(ctx, argv[0], true), load(ctx, argv[1], true)));
}

/* ---- casts ---------------------------------------------------------------------------- */

static bool scalar_of(sqlite3_context *ctx, const struct json *v, enum json_kind kind, const char *type)
{
	static const char *const words[] = { [JSON_NULL_] = "null", [JSON_STRING_] = "string", [JSON_NUMBER_] = "numeric", [JSON_FALSE_] = "boolean",
					     [JSON_TRUE_] = "boolean", [JSON_ARRAY_] = "array", [JSON_OBJECT_] = "object" };

	if (v->kind == kind || (kind == JSON_TRUE_ && v->kind == JSON_FALSE_))
		return true;
	sql_raise(ctx, "22023", "cannot cast jsonb %s to type %s", words[v->kind], type);
	return false;
}

JSON(jsonb_bool)
{
	struct json *v = load(ctx, argv[0], true);

	if (scalar_of(ctx, v, JSON_TRUE_, "boolean"))
		result_bool(ctx, v->kind == JSON_TRUE_);
}

static void as_number(sqlite3_context *ctx, sqlite3_value *arg, uint32_t type, const char *name)
{
	struct json *v = load(ctx, arg, true);
	struct sql_env *env = sql_env_of(ctx);
	struct sql_datum out;
	struct numeric n;
	int64_t i;

	if (!scalar_of(ctx, v, JSON_NUMBER_, name))
		return;
	if (type == T_NUMERIC || type == T_FLOAT4 || type == T_FLOAT8) {
		if (type_in(env, room(ctx), type, -1, v->text, &out))
			sql_datum_result(ctx, out);
		else
			result_raised(ctx);
		return;
	}
	numeric_init(&n);
	numeric_load(&n, v->text);
	numeric_round_to(&n, 0);
	bool fits = numeric_to_int64(&n, &i);
	numeric_release(&n);
	if (type == T_INT2)
		fits &= i >= INT16_MIN && i <= INT16_MAX;
	if (type == T_INT4)
		fits &= i >= INT32_MIN && i <= INT32_MAX;
	if (fits)
		sqlite3_result_int64(ctx, i);
	else
		sql_raise(ctx, "22003", "%s out of range", name);
}

#define NUMBER(fn, type, name)                      \
	JSON(fn)                                  \
	{                                           \
		as_number(ctx, argv[0], type, name); \
	}
NUMBER(jsonb_numeric, T_NUMERIC, "numeric")
NUMBER(jsonb_int2, T_INT2, "smallint")
NUMBER(jsonb_int4, T_INT4, "integer")
NUMBER(jsonb_int8, T_INT8, "bigint")
NUMBER(jsonb_float4, T_FLOAT4, "real")
NUMBER(jsonb_float8, T_FLOAT8, "double precision")

/* ---- changing --------------------------------------------------------------------------- */

JSON(jsonb_concat)
{
	struct json *x = load(ctx, argv[0], true), *y = load(ctx, argv[1], true), *v;
	struct arena *a = room(ctx);

	if (x->kind == JSON_OBJECT_ && y->kind == JSON_OBJECT_) {
		for (size_t i = 0; i < y->count; i++)
			json_put(a, x, y->keys[i], y->items[i]);
		give(ctx, x);
		return;
	}
	v = json_new(a, JSON_ARRAY_);
	for (int side = 0; side < 2; side++) {
		struct json *s = side ? y : x;
		if (s->kind != JSON_ARRAY_)
			json_add(a, v, s);
		for (size_t i = 0; s->kind == JSON_ARRAY_ && i < s->count; i++)
			json_add(a, v, s->items[i]);
	}
	give(ctx, v);
}

static void drop_at(struct json *v, size_t i)
{
	memmove(v->items + i, v->items + i + 1, (v->count - 1 - i) * sizeof(*v->items));
	if (v->kind == JSON_OBJECT_)
		memmove(v->keys + i, v->keys + i + 1, (v->count - 1 - i) * sizeof(*v->keys));
	v->count--;
}

static void drop_key(struct json *v, struct slice key)
{
	for (size_t i = v->count; i-- > 0;)
		if (v->kind == JSON_OBJECT_ ? slice_eq(v->keys[i], key) : v->items[i]->kind == JSON_STRING_ && slice_eq(v->items[i]->text, key))
			drop_at(v, i);
}

JSON(jsonb_delete)
{
	struct json *v = load(ctx, argv[0], true);

	if (is_scalar(v)) {
		sql_raise(ctx, "22023", "cannot delete from scalar");
		return;
	}
	drop_key(v, arg_text(argv[1]));
	give(ctx, v);
}

JSON(jsonb_delete_array)
{
	struct json *v = load(ctx, argv[0], true);
	struct array keys;

	if (is_scalar(v)) {
		sql_raise(ctx, "22023", "cannot delete from scalar");
		return;
	}
	if (!load_path(ctx, argv[1], &keys)) {
		result_raised(ctx);
		return;
	}
	for (size_t i = 0; i < keys.count; i++)
		if (keys.items[i].kind != SQL_NULL)
			drop_key(v, keys.items[i].s);
	give(ctx, v);
}

JSON(jsonb_delete_idx)
{
	struct json *v = load(ctx, argv[0], true);
	int64_t i = arg_int(argv[1]);

	if (v->kind != JSON_ARRAY_) {
		sql_raise(ctx, "22023", is_scalar(v) ? "cannot delete from scalar" : "cannot delete from object using integer index");
		return;
	}
	if (i < 0)
		i += (int64_t)v->count;
	if (i >= 0 && (uint64_t)i < v->count)
		drop_at(v, (size_t)i);
	give(ctx, v);
}

enum { SET_CREATE = 1, SET_INSERT = 2, SET_AFTER = 4, SET_DELETE = 8, SET_REPLACE = 16 };

/* Walks the path to where the change is made. NULL: raised. */
static struct json *change(sqlite3_context *ctx, struct json *v, const struct array *path, size_t level, struct json *fresh, int how)
{
	struct arena *a = room(ctx);
	bool last = level + 1 == path->count;

	if (path->items[level].kind == SQL_NULL) {
		sql_raise(ctx, "22004", "path element at position %zu is null", level + 1);
		return NULL;
	}
	struct slice step = path->items[level].s;
	if (v->kind == JSON_OBJECT_) {
		struct json *old = json_get(v, step);
		if (!last)
			return !old ? v : change(ctx, old, path, level + 1, fresh, how) ? v : NULL;
		if (old && how & SET_INSERT) {
			struct sql_error *e = sql_raise(ctx, "22023", "cannot replace existing key");
			sql_hint(sql_env_of(ctx), e, "Try using the function jsonb_set to replace key value.");
			return NULL;
		}
		if (how & SET_DELETE)
			drop_key(v, step);
		else if (old || how & (SET_CREATE | SET_INSERT))
			json_put(a, v, step, fresh);
		return v;
	}
	if (v->kind == JSON_ARRAY_) {
		int64_t i;
		if (!step_index(step, &i)) {
			sql_raise(ctx, "22P02", "path element at position %zu is not an integer: \"%.*s\"", level + 1, SLICE_ARG(step));
			return NULL;
		}
		bool before = i < 0 && (uint64_t)-i > v->count;
		if (i < 0)
			i = before ? 0 : i + (int64_t)v->count;
		bool inside = !before && (uint64_t)i < v->count;
		if (!last)
			return !inside ? v : change(ctx, v->items[i], path, level + 1, fresh, how) ? v : NULL;
		if (how & SET_DELETE) {
			if (inside)
				drop_at(v, (size_t)i);
			return v;
		}
		if (inside && !(how & SET_INSERT)) {
			v->items[i] = fresh;
			return v;
		}
		if (!inside && !(how & (SET_CREATE | SET_INSERT)))
			return v;
		size_t at = before ? 0 : inside ? (size_t)i + (how & SET_AFTER ? 1 : 0) : v->count;
		json_add(a, v, fresh);
		memmove(v->items + at + 1, v->items + at, (v->count - 1 - at) * sizeof(*v->items));
		v->items[at] = fresh;
		return v;
	}
	return v;
}

static void change_path(sqlite3_context *ctx, sqlite3_value **argv, struct json *fresh, int how, const char *scalar)
{
	struct json *v = load(ctx, argv[0], true);
	struct array path;

	if (!load_path(ctx, argv[1], &path)) {
		result_raised(ctx);
		return;
	}
	if (path.ndim > 1) {
		sql_raise(ctx, "2202E", "wrong number of array subscripts");
		return;
	}
	if (is_scalar(v)) {
		sql_raise(ctx, "22023", "%s", scalar);
		return;
	}
	if ((!v->count && !(how & (SET_CREATE | SET_INSERT))) || !path.count) {
		give(ctx, v);
		return;
	}
	v = change(ctx, v, &path, 0, fresh, how);
	if (v)
		give(ctx, v);
}

JSON(jsonb_delete_path)
{
	change_path(ctx, argv, NULL, SET_DELETE, "cannot delete path in scalar");
}

JSON(jsonb_set)
{
	change_path(ctx, argv, load(ctx, argv[2], true), arg_int(argv[3]) ? SET_CREATE : SET_REPLACE, "cannot set path in scalar");
}

JSON(jsonb_insert)
{
	change_path(ctx, argv, load(ctx, argv[2], true), SET_INSERT | (arg_int(argv[3]) ? SET_AFTER : 0), "cannot set path in scalar");
}

FUNC(jsonb_set_lax)
{
	scratch(sql_env_of(ctx));
	if (arg_null(argv[0]) || arg_null(argv[1]) || arg_null(argv[3]))
		return;
	if (arg_null(argv[4])) {
		sql_raise(ctx, "22004", "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"");
		return;
	}
	struct slice how = arg_text(argv[4]);
	if (!arg_null(argv[2])) {
		change_path(ctx, argv, load(ctx, argv[2], true), arg_int(argv[3]) ? SET_CREATE : SET_REPLACE, "cannot set path in scalar");
	} else if (slice_eq_str(how, "raise_exception")) {
		struct sql_env *env = sql_env_of(ctx);
		struct sql_error *e = sql_raise(ctx, "22004", "JSON value must not be null");
		sql_detail(env, e, "Exception was raised because null_value_treatment is \"raise_exception\".");
		sql_hint(env, e, "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.");
	} else if (slice_eq_str(how, "use_json_null")) {
		change_path(ctx, argv, json_new(room(ctx), JSON_NULL_), arg_int(argv[3]) ? SET_CREATE : SET_REPLACE, "cannot set path in scalar");
	} else if (slice_eq_str(how, "delete_key")) {
		change_path(ctx, argv, NULL, SET_DELETE, "cannot delete path in scalar");
	} else if (slice_eq_str(how, "return_target")) {
		sqlite3_result_value(ctx, argv[0]);
	} else {
		sql_raise(ctx, "22023", "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"");
	}
}

static void strip(struct json *v)
{
	for (size_t i = v->count; i-- > 0;) {
		if (v->kind == JSON_OBJECT_ && v->items[i]->kind == JSON_NULL_)
			drop_at(v, i);
		else
			strip(v->items[i]);
	}
}

JSON(jsonb_strip_nulls)
{
	struct json *v = load(ctx, argv[0], true);

	strip(v);
	give(ctx, v);
}

/* json is written without blanks, keys as they come. */
static void print_tight(const struct json *v, struct buf *out)
{
	bool object = v->kind == JSON_OBJECT_;

	if (is_scalar(v)) {
		if (v->kind == JSON_STRING_)
			json_quote(v->text, out);
		else
			buf_add_slice(out, v->raw);
		return;
	}
	buf_add_char(out, object ? '{' : '[');
	for (size_t i = 0; i < v->count; i++) {
		if (i)
			buf_add_char(out, ',');
		if (object) {
			json_quote(v->keys[i], out);
			buf_add_char(out, ':');
		}
		print_tight(v->items[i], out);
	}
	buf_add_char(out, object ? '}' : ']');
}

JSON(json_strip_nulls)
{
	struct json *v = load(ctx, argv[0], false);
	struct buf b;

	strip(v);
	buf_init(&b, BUF_MAX);
	print_tight(v, &b);
	result_buf(ctx, &b);
}

JSON(jsonb_pretty)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	json_print_pretty(load(ctx, argv[0], true), 0, &b);
	result_buf(ctx, &b);
}

const struct func_row func_json_rows[] = {
	CALL("json_object_field", json_object_field, 2), CALL("json_object_field_text", json_object_field_text, 2),
	CALL("jsonb_object_field", jsonb_object_field, 2), CALL("jsonb_object_field_text", jsonb_object_field_text, 2),
	CALL("json_array_element", json_array_element, 2), CALL("json_array_element_text", json_array_element_text, 2),
	CALL("jsonb_array_element", jsonb_array_element, 2), CALL("jsonb_array_element_text", jsonb_array_element_text, 2),
	CALL("json_extract_path", json_extract_path, 2), CALL("json_extract_path_text", json_extract_path_text, 2),
	CALL("jsonb_extract_path", jsonb_extract_path, 2), CALL("jsonb_extract_path_text", jsonb_extract_path_text, 2),
	CALL("jsonb_exists", jsonb_exists, 2), CALL("jsonb_exists_any", jsonb_exists_any, 2), CALL("jsonb_exists_all", jsonb_exists_all, 2),
	CALL("jsonb_contains", jsonb_contains, 2), CALL("jsonb_contained", jsonb_contained, 2),
	CALL("json_typeof", type_of, 1), CALL("jsonb_typeof", type_of, 1),
	CALL("json_array_length", json_array_length, 1), CALL("jsonb_array_length", json_array_length, 1),
	CALL("jsonb_cmp", jsonb_cmp, 2),
	INLINE("jsonb_eq", "($1 = $2 COLLATE pg_jsonb)"), INLINE("jsonb_ne", "($1 <> $2 COLLATE pg_jsonb)"),
	INLINE("jsonb_lt", "($1 < $2 COLLATE pg_jsonb)"), INLINE("jsonb_le", "($1 <= $2 COLLATE pg_jsonb)"),
	INLINE("jsonb_gt", "($1 > $2 COLLATE pg_jsonb)"), INLINE("jsonb_ge", "($1 >= $2 COLLATE pg_jsonb)"),
	CALL("jsonb_bool", jsonb_bool, 1), CALL("jsonb_numeric", jsonb_numeric, 1), CALL("jsonb_int2", jsonb_int2, 1),
	CALL("jsonb_int4", jsonb_int4, 1), CALL("jsonb_int8", jsonb_int8, 1), CALL("jsonb_float4", jsonb_float4, 1),
	CALL("jsonb_float8", jsonb_float8, 1),
	CALL("jsonb_concat", jsonb_concat, 2), CALL("jsonb_delete", jsonb_delete, 2), CALL("jsonb_delete_array", jsonb_delete_array, 2),
	CALL("jsonb_delete_idx", jsonb_delete_idx, 2), CALL("jsonb_delete_path", jsonb_delete_path, 2),
	CALL("jsonb_set", jsonb_set, 4), CALL("jsonb_insert", jsonb_insert, 4), CALL("jsonb_set_lax", jsonb_set_lax, 5),
	CALL("jsonb_strip_nulls", jsonb_strip_nulls, 1), CALL("json_strip_nulls", json_strip_nulls, 1), CALL("jsonb_pretty", jsonb_pretty, 1),
	END_OF_ROWS
};
