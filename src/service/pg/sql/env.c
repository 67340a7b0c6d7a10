/*
 * Raising errors: the first one of a statement stays, later ones are consequences.
 * What SQLite is told is only that there was one.
 */
#include "service/pg/sql/env.h"

static struct sql_error *raise(struct sql_env *env, const char *sqlstate, const char *fmt, va_list ap)
{
	struct sql_error *e = ARENA_NEW(env->arena, struct sql_error);

	e->severity = SLICE_LIT("ERROR");
	e->sqlstate = slice_str(arena_str(env->arena, sqlstate));
	e->message = arena_vprintf(env->arena, fmt, ap);
	if (!env->error)
		env->error = e;
	return e;
}

struct sql_error *sql_raise(sqlite3_context *ctx, const char *sqlstate, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct sql_error *e = raise(sql_env_of(ctx), sqlstate, fmt, ap);
	va_end(ap);
	sqlite3_result_error(ctx, e->message.ptr, (int)e->message.len);
	return e;
}

struct sql_error *sql_raise_env(struct sql_env *env, const char *sqlstate, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct sql_error *e = raise(env, sqlstate, fmt, ap);
	va_end(ap);
	return e;
}

void sql_detail(struct sql_env *env, struct sql_error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	e->detail = arena_vprintf(env->arena, fmt, ap);
	va_end(ap);
}

void sql_hint(struct sql_env *env, struct sql_error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	e->hint = arena_vprintf(env->arena, fmt, ap);
	va_end(ap);
}
