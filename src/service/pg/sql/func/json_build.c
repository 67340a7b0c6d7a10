/*
 * JSON from SQL values: to_json and its kin, the build functions, and the
 * aggregates.
 */
#include <string.h>

#include "service/pg/sql/func/aggregate.h"
#include "service/pg/sql/func/json.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/composite.h"

static void convert(sqlite3_context *ctx, sqlite3_value **argv, bool jsonb, bool pretty)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (json_of_value(sql_env_of(ctx), (uint32_t)arg_int(argv[1]), sql_datum_of(argv[2]), jsonb, pretty, &b)) {
		result_buf(ctx, &b);
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

STRICT_TYPED(to_json)
{
	convert(ctx, argv, false, false);
}

STRICT_TYPED(to_jsonb)
{
	convert(ctx, argv, true, false);
}

STRICT_TYPED(to_json_pretty)
{
	convert(ctx, argv, false, argc > 4 && arg_int(argv[4]));
}

/* ---- build_array, build_object --------------------------------------------------- */

static bool add_value(struct sql_env *env, uint32_t type, struct sql_datum v, bool jsonb, struct buf *b)
{
	return json_of_value(env, type, v, jsonb, false, b);
}

/* A key is the value's text; NULL, arrays, rows and JSON are refused. */
static bool add_key(struct sql_env *env, uint32_t type, struct sql_datum v, size_t argument, bool jsonb, struct buf *b)
{
	const struct sql_type *t = type_facts(env, type);
	struct buf text;

	if (v.kind == SQL_NULL) {
		if (jsonb)
			sql_raise_env(env, "22023", "argument %zu: key must not be null", argument);
		else
			sql_hint(env, sql_raise_env(env, "22023", "argument %zu cannot be null", argument), "Object keys should be text.");
		return false;
	}
	if (type == T_JSON || type == T_JSONB || (t && (t->category == 'A' || t->kind == 'c')) || type == T_RECORD) {
		sql_raise_env(env, "22023", "key value must be scalar, not array, composite, or json");
		return false;
	}
	buf_init(&text, BUF_MAX);
	bool ok = type_out(env, style_of(env), type, v, &text);
	if (ok)
		json_quote(buf_slice(&text), b);
	buf_release(&text);
	return ok;
}

/* The arguments: pairs of type and value; or, after VARIADIC, the items of one array. */
struct given {
	uint32_t *types;
	struct sql_datum *values;
	size_t count;
};

static bool take_arguments(sqlite3_context *ctx, int argc, sqlite3_value **argv, struct given *g)
{
	struct arena *a = scratch(sql_env_of(ctx));

	g->count = (size_t)(argc - 1) / 2;
	g->types = ARENA_ARRAY(a, uint32_t, g->count + 1);
	g->values = ARENA_ARRAY(a, struct sql_datum, g->count + 1);
	for (size_t i = 0; i < g->count; i++) {
		g->types[i] = (uint32_t)arg_int(argv[1 + 2 * i]);
		g->values[i] = sql_datum_of(argv[2 + 2 * i]);
		if (g->types[i] == T_UNKNOWN)
			g->types[i] = T_TEXT;
	}
	return true;
}

static void finish(sqlite3_context *ctx, struct buf *b, bool jsonb, bool ok)
{
	struct arena a;

	if (!ok) {
		buf_release(b);
		result_raised(ctx);
		return;
	}
	if (!jsonb) {
		result_buf(ctx, b);
		return;
	}
	arena_init(&a);
	struct json *v = json_parse(sql_env_of(ctx), &a, buf_slice(b), true);
	if (v) {
		struct buf sorted; /* the tree still points into the first */
		buf_init(&sorted, BUF_MAX);
		json_print(v, &sorted);
		result_buf(ctx, &sorted);
	} else {
		result_raised(ctx);
	}
	buf_release(b);
	arena_release(&a);
}

static void build_array(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool jsonb)
{
	struct given g;
	struct buf b;
	bool ok = take_arguments(ctx, argc, argv, &g);

	buf_init(&b, BUF_MAX);
	buf_add_char(&b, '[');
	for (size_t i = 0; ok && i < g.count; i++) {
		buf_add_str(&b, i ? ", " : "");
		ok = add_value(sql_env_of(ctx), g.types[i], g.values[i], jsonb, &b);
	}
	buf_add_char(&b, ']');
	finish(ctx, &b, jsonb, ok);
}

static void build_object(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool jsonb)
{
	struct sql_env *env = sql_env_of(ctx);
	struct given g;
	struct buf b;
	bool ok = take_arguments(ctx, argc, argv, &g);

	if (ok && g.count % 2) {
		struct sql_error *e = sql_raise(ctx, "22023", "argument list must have even number of elements");
		sql_hint(env, e, "The arguments of %s must consist of alternating keys and values.", jsonb ? "jsonb_build_object()" : "json_build_object()");
		return;
	}
	buf_init(&b, BUF_MAX);
	buf_add_char(&b, '{');
	for (size_t i = 0; ok && i < g.count; i += 2) {
		buf_add_str(&b, i ? ", " : "");
		ok = add_key(env, g.types[i], g.values[i], i + 1, jsonb, &b);
		buf_add_str(&b, " : ");
		ok = ok && add_value(env, g.types[i + 1], g.values[i + 1], jsonb, &b);
	}
	buf_add_char(&b, '}');
	finish(ctx, &b, jsonb, ok);
}

FUNC(json_build_array)
{
	build_array(ctx, argc, argv, false);
}

FUNC(jsonb_build_array)
{
	build_array(ctx, argc, argv, true);
}

FUNC(json_build_object)
{
	build_object(ctx, argc, argv, false);
}

FUNC(jsonb_build_object)
{
	build_object(ctx, argc, argv, true);
}

/* ---- json_object of texts ---------------------------------------------------------------- */

static void object_of(sqlite3_context *ctx, const struct sql_datum *keys, const struct sql_datum *values, size_t count, size_t step, bool jsonb)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	buf_add_char(&b, '{');
	for (size_t i = 0; i < count; i++) {
		const struct sql_datum *key = &keys[i * step], *value = &values[i * step];
		if (key->kind == SQL_NULL) {
			buf_release(&b);
			sql_raise(ctx, "22004", "null value not allowed for object key");
			return;
		}
		buf_add_str(&b, i ? ", " : "");
		json_quote(key->s, &b);
		buf_add_str(&b, " : ");
		if (value->kind == SQL_NULL)
			buf_add_str(&b, "null");
		else
			json_quote(value->s, &b);
	}
	buf_add_char(&b, '}');
	finish(ctx, &b, jsonb, true);
}

static void object_one(sqlite3_context *ctx, sqlite3_value **argv, bool jsonb)
{
	struct array v;

	if (!array_load(sql_env_of(ctx), scratch(sql_env_of(ctx)), T_TEXT, -1, arg_text(argv[0]), &v)) {
		result_raised(ctx);
		return;
	}
	if (v.ndim == 1 && v.count % 2) {
		sql_raise(ctx, "2202E", "array must have even number of elements");
		return;
	}
	if (v.ndim > 2 || (v.ndim == 2 && v.dim[1] != 2)) {
		sql_raise(ctx, "2202E", v.ndim > 2 ? "wrong number of array subscripts" : "array must have two columns");
		return;
	}
	object_of(ctx, v.items, v.items + 1, v.count / 2, 2, jsonb);
}

static void object_two(sqlite3_context *ctx, sqlite3_value **argv, bool jsonb)
{
	struct sql_env *env = sql_env_of(ctx);
	struct array keys, values;

	struct arena *a = scratch(env);
	if (!array_load(env, a, T_TEXT, -1, arg_text(argv[0]), &keys) || !array_load(env, a, T_TEXT, -1, arg_text(argv[1]), &values)) {
		result_raised(ctx);
		return;
	}
	if (keys.ndim > 1 || keys.ndim != values.ndim) {
		sql_raise(ctx, "2202E", "wrong number of array subscripts");
		return;
	}
	if (keys.count != values.count) {
		sql_raise(ctx, "2202E", "mismatched array dimensions");
		return;
	}
	object_of(ctx, keys.items, values.items, keys.count, 1, jsonb);
}

STRICT(json_of_pairs)
{
	object_one(ctx, argv, false);
}

STRICT(jsonb_object)
{
	object_one(ctx, argv, true);
}

STRICT(json_object_two_arg)
{
	object_two(ctx, argv, false);
}

STRICT(jsonb_object_two_arg)
{
	object_two(ctx, argv, true);
}

/* ---- aggregates: arguments are (result type, type, value ...) ------------------------------ */

/* The text so far; of an array where its elements begin, so that a window's frame may leave the first ones. */
struct gathered {
	struct buf b;
	bool begun;
	size_t *starts, head, count, cap;
};

static void note_start(struct gathered *g)
{
	if (g->count == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 16;
		size_t *larger = realloc(g->starts, cap * sizeof(*larger));

		if (!larger)
			return;
		g->starts = larger;
		g->cap = cap;
	}
	g->starts[g->count++] = g->b.len;
}

static struct gathered *gather(sqlite3_context *ctx, char open)
{
	struct gathered *g = aggregate_state(ctx, sizeof(*g));

	if (!g)
		return NULL;
	if (!g->begun) {
		buf_init(&g->b, BUF_MAX);
		buf_add_char(&g->b, open);
		g->begun = true;
	}
	return g;
}

FUNC(array_step)
{
	struct gathered *g = gather(ctx, '[');
	struct sql_env *env = sql_env_of(ctx);
	bool jsonb = arg_int(argv[0]) == T_JSONB;

	if (!g)
		return;
	if (g->b.len > 1) {
		buf_add_str(&g->b, ", ");
		/* rows and arrays stand on lines of their own in json */
		const struct sql_type *t = type_facts(env, (uint32_t)arg_int(argv[1]));
		if (!jsonb && t && !arg_null(argv[2]) && (t->category == 'A' || t->kind == 'c' || t->oid == T_RECORD))
			buf_add_str(&g->b, "\n ");
	}
	note_start(g);
	if (!add_value(env, (uint32_t)arg_int(argv[1]), sql_datum_of(argv[2]), jsonb, &g->b))
		result_raised(ctx);
}

static void gather_final(sqlite3_context *ctx, char close, bool jsonb)
{
	struct gathered *g = aggregate_state(ctx, 0);

	if (!g || !g->begun)
		return;
	buf_add_char(&g->b, close);
	free(g->starts);
	finish(ctx, &g->b, jsonb, true);
}

FUNC(array_inverse)
{
	struct gathered *g = aggregate_state(ctx, 0);

	if (g && g->head < g->count)
		g->head++;
}

static void array_value(sqlite3_context *ctx, bool jsonb)
{
	struct gathered *g = aggregate_state(ctx, 0);
	struct buf b;

	if (!g || !g->begun || g->head >= g->count)
		return;
	buf_init(&b, BUF_MAX);
	buf_add_char(&b, '[');
	buf_add(&b, g->b.ptr + g->starts[g->head], g->b.len - g->starts[g->head]);
	buf_add_char(&b, ']');
	finish(ctx, &b, jsonb, true);
}

static void json_array_value(sqlite3_context *ctx) { array_value(ctx, false); }
static void jsonb_array_value(sqlite3_context *ctx) { array_value(ctx, true); }

/* As a window's last value: what is left in the frame, which may be nothing. */
static void window_final(sqlite3_context *ctx, bool jsonb)
{
	struct gathered *g = aggregate_state(ctx, 0);

	if (!g || !g->begun)
		return;
	array_value(ctx, jsonb);
	free(g->starts);
	buf_release(&g->b);
	g->begun = false;
}

static void json_array_final(sqlite3_context *ctx) { window_final(ctx, false); }
static void jsonb_array_final(sqlite3_context *ctx) { window_final(ctx, true); }

FUNC(object_step)
{
	struct gathered *g = gather(ctx, '{');
	struct sql_env *env = sql_env_of(ctx);
	bool jsonb = arg_int(argv[0]) == T_JSONB;

	if (!g)
		return;
	if (g->b.len > 1)
		buf_add_str(&g->b, ", ");
	else if (!jsonb)
		buf_add_char(&g->b, ' ');
	if (arg_null(argv[2])) {
		sql_raise(ctx, "22023", "field name must not be null");
		return;
	}
	bool ok = add_key(env, (uint32_t)arg_int(argv[1]), sql_datum_of(argv[2]), 1, jsonb, &g->b);
	buf_add_str(&g->b, " : ");
	if (!ok || !add_value(env, (uint32_t)arg_int(argv[3]), sql_datum_of(argv[4]), jsonb, &g->b))
		result_raised(ctx);
}

static void json_object_final(sqlite3_context *ctx)
{
	struct gathered *g = aggregate_state(ctx, 0);

	if (g && g->begun)
		buf_add_char(&g->b, ' ');
	gather_final(ctx, '}', false);
}

static void jsonb_object_final(sqlite3_context *ctx)
{
	gather_final(ctx, '}', true);
}

const struct func_row func_json_build_rows[] = {
	TYPED("to_json", to_json), TYPED("to_jsonb", to_jsonb), TYPED("row_to_json", to_json), TYPED("row_to_json_pretty", to_json_pretty),
	TYPED("array_to_json", to_json), TYPED("array_to_json_pretty", to_json_pretty),
	TYPED("json_build_array", json_build_array), TYPED("jsonb_build_array", jsonb_build_array),
	TYPED("json_build_object", json_build_object), TYPED("jsonb_build_object", jsonb_build_object),
	INLINE("json_build_array_noargs", "'[]'"), INLINE("jsonb_build_array_noargs", "'[]'"),
	INLINE("json_build_object_noargs", "'{}'"), INLINE("jsonb_build_object_noargs", "'{}'"),
	CALL("json_object", json_of_pairs, 1), CALL("jsonb_object", jsonb_object, 1),
	CALL("json_object_two_arg", json_object_two_arg, 2), CALL("jsonb_object_two_arg", jsonb_object_two_arg, 2),
	WINDOW_TYPED("json_agg(anyelement)", "g_json_agg", array_step, json_array_final, json_array_value, array_inverse),
	WINDOW_TYPED("jsonb_agg(anyelement)", "g_jsonb_agg", array_step, jsonb_array_final, jsonb_array_value, array_inverse),
	AGGREGATE_TYPED("json_object_agg(any,any)", "g_json_object_agg", object_step, json_object_final),
	AGGREGATE_TYPED("jsonb_object_agg(any,any)", "g_jsonb_object_agg", object_step, jsonb_object_final),
	END_OF_ROWS
};
