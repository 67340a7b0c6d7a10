/*
 * Sets out of JSON: elements, pairs, keys; and rows of a type from objects.
 */
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/json.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/composite.h"

static struct sql_datum as_json(struct row_set *rows, const struct json *v, bool jsonb, bool text)
{
	struct buf b;
	struct sql_datum d = { .kind = SQL_NULL };

	buf_init(&b, BUF_MAX);
	if (text ? json_as_text(v, jsonb, &b) : true) {
		if (!text && jsonb)
			json_print(v, &b);
		else if (!text)
			buf_add_slice(&b, v->raw);
		d = datum_text(arena_slice(rows_arena(rows), buf_slice(&b)));
	}
	buf_release(&b);
	return d;
}

static bool elements(struct sql_env *env, struct row_set *rows, sqlite3_value **argv, bool jsonb, bool text)
{
	if (arg_null(argv[0]))
		return true;
	struct json *v = json_load(rows_arena(rows), arg_text(argv[0]), jsonb);
	if (v->kind != JSON_ARRAY_) {
		if (jsonb)
			sql_raise_env(env, "22023", v->kind == JSON_OBJECT_ ? "cannot extract elements from an object" : "cannot extract elements from a scalar");
		else
			sql_raise_env(env, "22023", v->kind == JSON_OBJECT_ ? "cannot call %s on a non-array" : "cannot call %s on a scalar",
				      text ? "json_array_elements_text" : "json_array_elements");
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		struct sql_datum d = as_json(rows, v->items[i], jsonb, text);
		rows_add(rows, &d);
	}
	return true;
}

static bool pairs(struct sql_env *env, struct row_set *rows, sqlite3_value **argv, bool jsonb, bool text)
{
	if (arg_null(argv[0]))
		return true;
	struct json *v = json_load(rows_arena(rows), arg_text(argv[0]), jsonb);
	if (v->kind != JSON_OBJECT_) {
		if (jsonb)
			sql_raise_env(env, "22023", "cannot call %s on a non-object", text ? "jsonb_each_text" : "jsonb_each");
		else
			sql_raise_env(env, "22023", v->kind == JSON_ARRAY_ ? "cannot deconstruct an array as an object" : "cannot deconstruct a scalar");
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		struct sql_datum row[2] = { datum_text(v->keys[i]), as_json(rows, v->items[i], jsonb, text) };
		rows_add(rows, row);
	}
	return true;
}

static bool keys(struct sql_env *env, struct row_set *rows, sqlite3_value **argv, bool jsonb)
{
	if (arg_null(argv[0]))
		return true;
	struct json *v = json_load(rows_arena(rows), arg_text(argv[0]), jsonb);
	if (v->kind != JSON_OBJECT_) {
		sql_raise_env(env, "22023", v->kind == JSON_ARRAY_ ? "cannot call %s on an array" : "cannot call %s on a scalar",
			      jsonb ? "jsonb_object_keys" : "json_object_keys");
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		struct sql_datum d = datum_text(v->keys[i]);
		rows_add(rows, &d);
	}
	return true;
}

#define SET(name, call)                                                                                  \
	static bool name(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)      \
	{                                                                                                \
		return argc < 1 || (call);                                                               \
	}
SET(json_array_elements, elements(env, rows, argv, false, false))
SET(json_array_elements_text, elements(env, rows, argv, false, true))
SET(jsonb_array_elements, elements(env, rows, argv, true, false))
SET(jsonb_array_elements_text, elements(env, rows, argv, true, true))
SET(json_each, pairs(env, rows, argv, false, false))
SET(json_each_text, pairs(env, rows, argv, false, true))
SET(jsonb_each, pairs(env, rows, argv, true, false))
SET(jsonb_each_text, pairs(env, rows, argv, true, true))
SET(json_object_keys, keys(env, rows, argv, false))
SET(jsonb_object_keys, keys(env, rows, argv, true))

/* ---- rows of a type ---------------------------------------------------------------- */

static bool field_of(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, const struct json *v, bool jsonb, struct sql_datum *out);

static bool row_of(struct sql_env *env, struct arena *a, uint32_t type, const struct json *v, bool jsonb, const struct composite *base, struct sql_datum *out)
{
	size_t n = 0;
	const struct sql_field *fields = env->fields ? env->fields(env, type, &n) : NULL;
	struct composite row = { .type = type, .count = n, .fields = fields, .values = ARENA_ARRAY(a, struct sql_datum, n + 1) };
	struct buf b;

	if (v->kind != JSON_OBJECT_) {
		sql_raise_env(env, "22023", "cannot call populate_composite on %s", v->kind == JSON_ARRAY_ ? "an array" : "a scalar");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct json *item = json_get(v, slice_str(fields[i].name));
		if (!item && base && i < base->count)
			row.values[i] = base->values[i];
		else if (item && !field_of(env, a, fields[i].type, fields[i].typmod, item, jsonb, &row.values[i]))
			return false;
	}
	buf_init(&b, BUF_MAX);
	bool ok = composite_print(env, &style_stored, &row, &b);
	if (ok)
		*out = datum_text(arena_slice(a, buf_slice(&b)));
	buf_release(&b);
	return ok;
}

static bool array_of(struct sql_env *env, struct arena *a, uint32_t element, const struct json *v, bool jsonb, struct sql_datum *out)
{
	struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, v->count + 1);

	for (size_t i = 0; i < v->count; i++)
		if (!field_of(env, a, element, -1, v->items[i], jsonb, &items[i]))
			return false;
	*out = array_make(env, a, element, items, v->count);
	return true;
}

static bool field_of(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, const struct json *v, bool jsonb, struct sql_datum *out)
{
	const struct sql_type *t = type_facts(env, type);
	uint32_t element = t && t->category == 'A' ? array_element(env, type) : 0;
	struct buf b;

	*out = (struct sql_datum){ .kind = SQL_NULL };
	if (v->kind == JSON_NULL_ && type != T_JSON && type != T_JSONB)
		return true;
	if (element && v->kind == JSON_ARRAY_ && !(v->count && v->items[0]->kind == JSON_ARRAY_))
		return array_of(env, a, element, v, jsonb, out);
	if (t && t->kind == 'c' && v->kind == JSON_OBJECT_)
		return row_of(env, a, type, v, jsonb, NULL, out);
	buf_init(&b, BUF_MAX);
	if (type == T_JSON || type == T_JSONB) {
		if (jsonb || type == T_JSONB)
			json_print(v, &b);
		else
			buf_add_slice(&b, v->raw);
	} else {
		json_as_text(v, jsonb, &b);
	}
	struct slice text = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return type_in(env, a, type, typmod, text, out);
}

/* populate_record(base, json): arguments are (result type, type, base, type, json ...). */
static void populate(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool jsonb)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	uint32_t type = (uint32_t)arg_int(argv[1]);
	const struct sql_type *t = type_facts(env, type);
	struct composite base;
	struct sql_datum out;
	bool has_base = !arg_null(argv[2]);

	if (!t || t->kind != 'c') {
		sql_raise(ctx, "42804", "first argument of %s must be a row type", jsonb ? "jsonb_populate_record" : "json_populate_record");
		return;
	}
	if (argc < 5 || arg_null(argv[4])) {
		if (has_base)
			sqlite3_result_value(ctx, argv[2]);
		return;
	}
	if (has_base && !composite_load(env, a, type, arg_text(argv[2]), &base)) {
		result_raised(ctx);
		return;
	}
	if (row_of(env, a, type, json_load(a, arg_text(argv[4]), jsonb), jsonb, has_base ? &base : NULL, &out))
		sql_datum_result(ctx, out);
	else
		result_raised(ctx);
}

FUNC(json_populate_record)
{
	populate(ctx, argc, argv, false);
}

FUNC(jsonb_populate_record)
{
	populate(ctx, argc, argv, true);
}

const struct func_row func_json_set_rows[] = {
	ROWS("json_array_elements", json_array_elements, 1, 1), ROWS("json_array_elements_text", json_array_elements_text, 1, 1),
	ROWS("jsonb_array_elements", jsonb_array_elements, 1, 1), ROWS("jsonb_array_elements_text", jsonb_array_elements_text, 1, 1),
	ROWS("json_each", json_each, 1, 2), ROWS("json_each_text", json_each_text, 1, 2),
	ROWS("jsonb_each", jsonb_each, 1, 2), ROWS("jsonb_each_text", jsonb_each_text, 1, 2),
	ROWS("json_object_keys", json_object_keys, 1, 1), ROWS("jsonb_object_keys", jsonb_object_keys, 1, 1),
	TYPED("json_populate_record", json_populate_record), TYPED("jsonb_populate_record", jsonb_populate_record),
	END_OF_ROWS
};
