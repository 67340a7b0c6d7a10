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

/* A row of the type, or of the fields when there are some (type record). */
static bool row_of(struct sql_env *env, struct arena *a, uint32_t type, const struct sql_field *fields, size_t n, const struct json *v, bool jsonb,
		   const struct composite *base, struct sql_datum *out)
{
	if (!fields && env->fields)
		fields = env->fields(env, type, &n);
	struct composite row = { .type = type, .count = n, .fields = fields, .values = ARENA_ARRAY(a, struct sql_datum, n + 1) };

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
	return composite_store(env, a, &row, out);
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
		return row_of(env, a, type, NULL, 0, v, jsonb, NULL, out);
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

/* What a call of populate_record and its kin wants: the row's type or its fields, and the base. */
struct wanted {
	uint32_t type;
	const struct sql_field *fields; /* told by AS t(a int, ...); NULL: the type's */
	size_t nfields;
	struct composite base;
	bool has_base;
};

static bool want_head(struct sql_env *env, struct arena *a, struct slice head, const char *name, struct wanted *w)
{
	w->type = T_RECORD;
	w->fields = composite_head_length(head) ? composite_head_fields(a, arena_slice(a, head), &w->nfields) : NULL;
	if (!w->fields) {
		struct sql_error *e = sql_raise_env(env, "0A000", "could not determine row type for result of %s", name);
		sql_hint(env, e, "Call the function in the FROM clause using a column definition list.");
	}
	return w->fields != NULL;
}

/* populate_record(base, json [, bool] [, head]): arguments are type, base, type, json ... */
static bool want_base(struct sql_env *env, struct arena *a, int argc, sqlite3_value **argv, const char *name, struct wanted *w)
{
	uint32_t type = (uint32_t)arg_int(argv[0]);
	const struct sql_type *t = type_facts(env, type);

	*w = (struct wanted){ .has_base = !arg_null(argv[1]) };
	while (t && t->kind == 'd')
		t = type_facts(env, type = t->base);
	if (type != T_RECORD && (!t || t->kind != 'c')) {
		sql_raise_env(env, "42804", "first argument of %s must be a row type", name);
		return false;
	}
	w->type = type;
	if (w->has_base && !composite_load(env, a, type, arg_text(argv[1]), &w->base))
		return false;
	if (type != T_RECORD)
		return true;
	if (argc > 5 && composite_head_length(arg_text(argv[argc - 1])))
		return want_head(env, a, arg_text(argv[argc - 1]), name, w);
	w->fields = w->has_base ? w->base.fields : NULL;
	w->nfields = w->base.count;
	if (!w->fields) {
		struct sql_error *e = sql_raise_env(env, "42804", "could not determine row type for result of %s", name);
		sql_hint(env, e, "Provide a non-null record argument, or call the function in the FROM clause using a column definition list.");
	}
	return w->fields != NULL;
}

static bool fill(struct sql_env *env, struct arena *a, const struct wanted *w, const struct json *v, bool jsonb, struct sql_datum *out)
{
	return row_of(env, a, w->type, w->fields, w->nfields, v, jsonb, w->has_base ? &w->base : NULL, out);
}

static void populate(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool jsonb)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	struct wanted w;
	struct sql_datum out;

	if (!want_base(env, a, argc - 1, argv + 1, jsonb ? "jsonb_populate_record" : "json_populate_record", &w))
		result_raised(ctx);
	else if (argc < 5 || arg_null(argv[4]))
		sqlite3_result_value(ctx, argv[2]);
	else if (fill(env, a, &w, json_load(a, arg_text(argv[4]), jsonb), jsonb, &out))
		sql_datum_result(ctx, out);
	else
		result_raised(ctx);
}

FUNC(json_populate_record) { populate(ctx, argc, argv, false); }
FUNC(jsonb_populate_record) { populate(ctx, argc, argv, true); }

/* to_record(json, head) */
static void to_record(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool jsonb)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	struct wanted w = { 0 };
	struct sql_datum out;

	if (arg_null(argv[0]))
		return;
	if (want_head(env, a, argc > 1 ? arg_text(argv[1]) : SLICE_NONE, jsonb ? "jsonb_to_record" : "json_to_record", &w) && fill(env, a, &w, json_load(a, arg_text(argv[0]), jsonb), jsonb, &out))
		sql_datum_result(ctx, out);
	else
		result_raised(ctx);
}

FUNC(json_to_record) { to_record(ctx, argc, argv, false); }
FUNC(jsonb_to_record) { to_record(ctx, argc, argv, true); }

static bool record_set(struct sql_env *env, struct row_set *rows, const struct wanted *w, sqlite3_value *text, const char *name, bool jsonb)
{
	struct arena *a = rows_arena(rows);
	const struct json *v = json_load(a, arg_text(text), jsonb);

	if (v->kind != JSON_ARRAY_) {
		sql_raise_env(env, "22023", jsonb ? "cannot call %s on a non-array" : v->kind == JSON_OBJECT_ ? "cannot call %s on an object" : "cannot call %s on a scalar", name);
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		struct sql_datum d;

		if (v->items[i]->kind != JSON_OBJECT_) {
			sql_raise_env(env, "22023", "argument of %s must be an array of objects", name);
			return false;
		}
		if (!fill(env, a, w, v->items[i], jsonb, &d))
			return false;
		rows_add(rows, &d);
	}
	return true;
}

/* (type, base, type, json [, type, head]) after the result's type */
static bool populate_set(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv, bool jsonb)
{
	const char *name = jsonb ? "jsonb_populate_recordset" : "json_populate_recordset";
	struct wanted w;

	if (!want_base(env, rows_arena(rows), argc - 1, argv + 1, name, &w))
		return false;
	return arg_null(argv[4]) || record_set(env, rows, &w, argv[4], name, jsonb);
}

static bool to_set(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv, bool jsonb)
{
	const char *name = jsonb ? "jsonb_to_recordset" : "json_to_recordset";
	struct wanted w = { 0 };

	if (!want_head(env, rows_arena(rows), argc > 1 ? arg_text(argv[1]) : SLICE_NONE, name, &w))
		return false;
	return arg_null(argv[0]) || record_set(env, rows, &w, argv[0], name, jsonb);
}

SET(json_populate_recordset, populate_set(env, rows, argc, argv, false))
SET(jsonb_populate_recordset, populate_set(env, rows, argc, argv, true))
SET(json_to_recordset, to_set(env, rows, argc, argv, false))
SET(jsonb_to_recordset, to_set(env, rows, argc, argv, true))

const struct func_row func_json_set_rows[] = {
	ROWS("json_array_elements", json_array_elements, 1, 1), ROWS("json_array_elements_text", json_array_elements_text, 1, 1),
	ROWS("jsonb_array_elements", jsonb_array_elements, 1, 1), ROWS("jsonb_array_elements_text", jsonb_array_elements_text, 1, 1),
	ROWS("json_each", json_each, 1, 2), ROWS("json_each_text", json_each_text, 1, 2),
	ROWS("jsonb_each", jsonb_each, 1, 2), ROWS("jsonb_each_text", jsonb_each_text, 1, 2),
	ROWS("json_object_keys", json_object_keys, 1, 1), ROWS("jsonb_object_keys", jsonb_object_keys, 1, 1),
	ROWS_TYPED("json_populate_recordset", json_populate_recordset, 9, 1), ROWS_TYPED("jsonb_populate_recordset", jsonb_populate_recordset, 9, 1),
	ROWS("json_to_recordset", json_to_recordset, 2, 1), ROWS("jsonb_to_recordset", jsonb_to_recordset, 2, 1),
	CALL("json_to_record", json_to_record, -1), CALL("jsonb_to_record", jsonb_to_record, -1),
	TYPED("json_populate_record", json_populate_record), TYPED("jsonb_populate_record", jsonb_populate_record),
	END_OF_ROWS
};
