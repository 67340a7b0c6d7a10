/*
 * The SQL side of jsonpath: the type, jsonb_path_query() and its kin, @? and @@.
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/jsonpath/jsonpath.h"

/* ---- the type ---- */

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct jsonpath p;
	struct arena tree;
	struct buf b;

	(void)type, (void)typmod;
	arena_init(&tree);
	bool ok = jsonpath_parse(env, &tree, text, &p);
	if (ok) {
		buf_init(&b, BUF_MAX);
		jsonpath_print(&p, &b);
		*out = datum_text(arena_take(a, &b));
	}
	arena_release(&tree);
	return ok;
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

/* A version byte, then the text: jsonpath_recv(). */
static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice bytes, struct sql_datum *o)
{
	if (!bytes.len || bytes.ptr[0] != 1) {
		sql_raise_env(env, "XX000", "unsupported jsonpath version number: %d", bytes.len ? (unsigned char)bytes.ptr[0] : 0);
		return false;
	}
	return in(env, a, type, typmod, slice_skip(bytes, 1), o);
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_char(b, 1);
	buf_add_slice(b, v.s);
	return true;
}

const struct type_ops type_jsonpath_rows[] = { { T_JSONPATH, "jsonpath", in, out, recv, send, NULL, NULL }, { 0 } };

/* ---- functions: (target, path [, vars [, silent]]) ---- */

static enum jsonpath_outcome run(struct sql_env *env, struct arena *a, int argc, sqlite3_value **argv, bool silent, struct jsonpath_list *found)
{
	struct jsonpath p;

	if (!jsonpath_parse(env, a, arg_text(argv[1]), &p))
		return JSONPATH_ERROR;
	const struct json *vars = argc > 2 ? json_load(a, arg_text(argv[2]), true) : NULL;
	return jsonpath_run(env, a, &p, json_load(a, arg_text(argv[0]), true), vars, silent || (argc > 3 && arg_int(argv[3])), found);
}

static void exists(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool silent)
{
	struct sql_env *env = sql_env_of(ctx);
	enum jsonpath_outcome out = run(env, scratch(env), argc, argv, silent, NULL);

	if (env->error)
		result_raised(ctx);
	else if (out != JSONPATH_ERROR)
		result_bool(ctx, out == JSONPATH_FOUND);
}

static void match(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool silent)
{
	struct sql_env *env = sql_env_of(ctx);
	struct jsonpath_list found = { 0 };

	run(env, scratch(env), argc, argv, silent, &found);
	const struct json *v = found.count == 1 ? found.items[0] : NULL;
	if (env->error)
		result_raised(ctx);
	else if (v && (v->kind == JSON_TRUE_ || v->kind == JSON_FALSE_))
		result_bool(ctx, v->kind == JSON_TRUE_);
	else if (!(v && v->kind == JSON_NULL_) && !silent && !(argc > 3 && arg_int(argv[3])))
		sql_raise(ctx, "22038", "single boolean result is expected");
}

STRICT(path_exists) { exists(ctx, argc, argv, false); }
STRICT(path_exists_opr) { exists(ctx, argc, argv, true); }
STRICT(path_match) { match(ctx, argc, argv, false); }
STRICT(path_match_opr) { match(ctx, argc, argv, true); }

static void give(sqlite3_context *ctx, const struct json *v)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	json_print(v, &b);
	result_buf(ctx, &b);
}

STRICT(path_query_array)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	struct jsonpath_list found = { 0 };
	struct json *all = json_new(a, JSON_ARRAY_);

	run(env, a, argc, argv, false, &found);
	if (env->error) {
		result_raised(ctx);
		return;
	}
	for (size_t i = 0; i < found.count; i++)
		json_add(a, all, found.items[i]);
	give(ctx, all);
}

STRICT(path_query_first)
{
	struct sql_env *env = sql_env_of(ctx);
	struct jsonpath_list found = { 0 };

	run(env, scratch(env), argc, argv, false, &found);
	if (env->error)
		result_raised(ctx);
	else if (found.count)
		give(ctx, found.items[0]);
}

static bool path_query(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct jsonpath_list found = { 0 };
	const struct sql_error *before = env->error;

	if (argc < 2 || any_null(argc, argv))
		return true;
	run(env, rows_arena(rows), argc, argv, false, &found);
	if (env->error != before)
		return false;
	for (size_t i = 0; i < found.count; i++) {
		struct buf b;

		buf_init(&b, BUF_MAX);
		json_print(found.items[i], &b);
		struct sql_datum d = datum_text(arena_take(rows_arena(rows), &b));
		rows_add(rows, &d);
	}
	return true;
}

const struct func_row func_jsonpath_rows[] = {
	CALL("jsonb_path_exists", path_exists, 4), CALL("jsonb_path_exists_opr", path_exists_opr, 2), CALL("jsonb_path_exists_tz", path_exists, 4),
	CALL("jsonb_path_match", path_match, 4), CALL("jsonb_path_match_opr", path_match_opr, 2), CALL("jsonb_path_match_tz", path_match, 4),
	CALL("jsonb_path_query_array", path_query_array, 4), CALL("jsonb_path_query_array_tz", path_query_array, 4),
	CALL("jsonb_path_query_first", path_query_first, 4), CALL("jsonb_path_query_first_tz", path_query_first, 4),
	ROWS("jsonb_path_query", path_query, 4, 1), ROWS("jsonb_path_query_tz", path_query, 4, 1),
	END_OF_ROWS
};
