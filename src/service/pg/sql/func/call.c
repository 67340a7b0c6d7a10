/*
 * Arguments and results of functions, and the memory of one call.
 */
#include "service/pg/sql/func/call.h"

#include <math.h>

#include "service/pg/sql/func/library_state.h"

double arg_double(sqlite3_value *v)
{
	return sqlite3_value_type(v) == SQLITE_BLOB ? NAN : sqlite3_value_double(v);
}

void result_text(sqlite3_context *ctx, struct slice s)
{
	sqlite3_result_text64(ctx, s.ptr ? s.ptr : "", s.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void result_blob(sqlite3_context *ctx, struct slice s)
{
	sqlite3_result_blob64(ctx, s.ptr ? s.ptr : "", s.len, SQLITE_TRANSIENT);
}

void result_double(sqlite3_context *ctx, double d)
{
	if (isnan(d))
		sqlite3_result_blob(ctx, "\xff", 1, SQLITE_STATIC);
	else
		sqlite3_result_double(ctx, d);
}

void result_bool(sqlite3_context *ctx, bool b)
{
	sqlite3_result_int(ctx, b);
}

static bool buf_ended(sqlite3_context *ctx, struct buf *b)
{
	if (!buf_failed(b))
		return true;
	sql_raise(ctx, "54000", "invalid memory alloc request size %zu", b->max);
	buf_release(b);
	return false;
}

void result_buf(sqlite3_context *ctx, struct buf *b)
{
	if (!buf_ended(ctx, b))
		return;
	result_text(ctx, buf_slice(b));
	buf_release(b);
}

void result_buf_blob(sqlite3_context *ctx, struct buf *b)
{
	if (!buf_ended(ctx, b))
		return;
	result_blob(ctx, buf_slice(b));
	buf_release(b);
}

void result_raised(sqlite3_context *ctx)
{
	struct sql_error *e = sql_env_of(ctx)->error;

	sqlite3_result_error(ctx, e ? e->message.ptr : "raised", -1);
}

struct arena *scratch(struct sql_env *env)
{
	arena_reset(&env->library->scratch);
	return &env->library->scratch;
}

void library_state_init(struct sql_library *l, struct sql_env *env)
{
	(void)env;
	arena_init(&l->scratch);
	arena_init(&l->compare);
	map_init(&l->collations);
	l->style = style_stored;
}

void library_state_release(struct sql_library *l)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&l->collations, &i));)
		free(e->value);
	map_release(&l->collations);
	arena_release(&l->scratch);
	arena_release(&l->compare);
	regex_cache_free(l->regex);
}

void library_state_ping(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	(void)argv;
	sqlite3_result_int(ctx, 1);
}
