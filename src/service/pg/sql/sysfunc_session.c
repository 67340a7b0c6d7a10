/*
 * What a session knows of itself: settings, who and where it is, the schemas that
 * it searches, whom it waits for.
 */
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/notify.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"
#include "service/pg/sql/transaction.h"

static struct sql_session *session_of(sqlite3_context *ctx)
{
	return sql_env_of(ctx)->session;
}

/* ---- settings ---- */

static void show(sqlite3_context *ctx, sqlite3_value *name, bool missing_ok)
{
	struct sql_session *s = session_of(ctx);
	struct slice named = arg_text(name), value = SLICE_NONE;

	if (s->hooks.setting)
		value = s->hooks.setting(s->hooks.of, arena_slice(sql_env_of(ctx)->arena, named).ptr);
	if (value.ptr)
		result_text(ctx, value);
	else if (!missing_ok)
		sql_raise(ctx, "42704", "unrecognized configuration parameter \"%.*s\"", SLICE_ARG(named));
}

STRICT(current_setting)
{
	show(ctx, argv[0], false);
}

STRICT(current_setting_missing_ok)
{
	show(ctx, argv[0], arg_int(argv[1]) != 0);
}

FUNC(set_config)
{
	struct sql_session *s = session_of(ctx);
	struct sql_env *env = sql_env_of(ctx);

	if (arg_null(argv[0])) {
		sql_raise(ctx, "22004", "SET requires parameter name");
		return;
	}
	struct slice name = arena_slice(env->arena, arg_text(argv[0]));
	struct slice value = arg_null(argv[1]) ? SLICE_NONE : arena_slice(env->arena, arg_text(argv[1]));
	if (!s->hooks.set) {
		sql_raise(ctx, "0A000", "set_config() is not supported by this fake");
		return;
	}
	struct sql_error *e = s->hooks.set(s->hooks.of, name, value, !arg_null(argv[2]) && arg_int(argv[2]), env->arena);
	sql_env_of(ctx)->style_known = false;
	if (e) {
		if (!env->error)
			env->error = e;
		result_raised(ctx);
		return;
	}
	result_text(ctx, s->hooks.setting(s->hooks.of, name.ptr));
}

/* ---- who and where ---- */

FUNC(current_user)
{
	result_text(ctx, slice_str(session_of(ctx)->user));
}

FUNC(current_database)
{
	result_text(ctx, slice_str(session_of(ctx)->database));
}

FUNC(current_schema)
{
	struct sql_session *s = session_of(ctx);
	uint32_t oid = sql_catalog_creation_schema(s);
	const char *name = oid ? sql_catalog_schema_name(s, oid) : NULL;

	if (name)
		result_text(ctx, slice_str(name));
}

STRICT(current_schemas)
{
	struct sql_session *s = session_of(ctx);
	const uint32_t *path;
	size_t count = sql_catalog_path(s, &path), given = 0;
	struct buf b;

	buf_init(&b, BUF_MAX);
	buf_add_char(&b, '{');
	for (size_t i = 0; i < count; i++) {
		const char *name = sql_catalog_schema_name(s, path[i]);
		bool implicit = path[i] == 11 || (s->temp_schema && path[i] == s->temp_schema);
		if (!name || (implicit && !arg_int(argv[0])))
			continue;
		if (given++)
			buf_add_char(&b, ',');
		sql_name_quote(&b, slice_str(name));
	}
	buf_add_char(&b, '}');
	result_buf(ctx, &b);
}

FUNC(version)
{
	const char *version = session_of(ctx)->engine->config.version;

	result_text(ctx, arena_printf(sql_env_of(ctx)->arena, "PostgreSQL %s on x86_64-pc-linux-gnu, compiled by gcc, 64-bit", version ? version : "15.8"));
}

FUNC(in_recovery)
{
	result_bool(ctx, slice_eq_str(sql_session_setting(session_of(ctx), "in_hot_standby"), "on"));
}

FUNC(encoding_name)
{
	result_text(ctx, SLICE_LIT("UTF8"));
}

FUNC(client_encoding)
{
	result_text(ctx, sql_session_setting(session_of(ctx), "client_encoding"));
}

/* By number: enum pg_enc of pg_wchar.h. */
FUNC(nothing)
{
	sqlite3_result_null(ctx);
}

FUNC(no)
{
	result_bool(ctx, false);
}

FUNC(yes)
{
	result_bool(ctx, true);
}

FUNC(zero)
{
	sqlite3_result_int(ctx, 0);
}

/* The cluster came up when the run began; the session's first statement is early enough for who asks. */
FUNC(start_time)
{
	sqlite3_result_int64(ctx, sql_env_of(ctx)->transaction_us);
}

FUNC(my_temp_schema)
{
	sqlite3_result_int64(ctx, session_of(ctx)->temp_schema);
}

STRICT(other_temp_schema)
{
	struct sql_session *s = session_of(ctx);
	const char *name = sql_catalog_schema_name(s, (uint32_t)arg_int(argv[0]));

	result_bool(ctx, name && !strncmp(name, "pg_temp", 7) && arg_int(argv[0]) != s->temp_schema);
}

FUNC(current_query)
{
	result_text(ctx, session_of(ctx)->text);
}

/* ---- who waits for whom ---- */

STRICT(blocking_pids)
{
	for (struct sql_session *s = session_of(ctx)->engine->first; s; s = s->next)
		if (s->pid == arg_int(argv[0]) && sql_session_waits(s) && s->party.waits_for) {
			result_text(ctx, arena_printf(sql_env_of(ctx)->arena, "{%u}", s->party.waits_for->pid));
			return;
		}
	result_text(ctx, SLICE_LIT("{}"));
}

FUNC(notify)
{
	struct slice channel = sqlite3_value_type(argv[0]) == SQLITE_NULL ? SLICE_NONE : arg_text(argv[0]),
		     payload = sqlite3_value_type(argv[1]) == SQLITE_NULL ? SLICE_NONE : arg_text(argv[1]);

	if (sql_notify(session_of(ctx), channel, payload))
		result_text(ctx, SLICE_LIT(""));
	else
		sqlite3_result_error(ctx, "raised", -1);
}

const struct func_row sysfunc_session_rows[] = {
	CALL_VOLATILE("pg_notify", notify, 2),
	CALL_VOLATILE("show_config_by_name", current_setting, 1), CALL_VOLATILE("show_config_by_name_missing_ok", current_setting_missing_ok, 2),
	CALL_VOLATILE("set_config_by_name", set_config, 3), CALL_VOLATILE("current_user", current_user, 0), CALL_VOLATILE("session_user", current_user, 0),
	CALL_VOLATILE("current_database", current_database, 0), CALL_VOLATILE("current_schema", current_schema, 0),
	CALL_VOLATILE("current_schemas", current_schemas, 1), CALL_VOLATILE("pgsql_version", version, 0),
	CALL_VOLATILE("pg_is_in_recovery", in_recovery, 0), CALL("getdatabaseencoding", encoding_name, 0),
	CALL_VOLATILE("pg_client_encoding", client_encoding, 0), 
	CALL_VOLATILE("pg_postmaster_start_time", start_time, 0),
	CALL_VOLATILE("pg_conf_load_time", start_time, 0), CALL("inet_client_addr", nothing, 0), CALL("inet_client_port", nothing, 0),
	CALL("inet_server_addr", nothing, 0), CALL("inet_server_port", nothing, 0), CALL("pg_jit_available", no, 0), CALL("pg_trigger_depth", zero, 0),
	CALL("pg_notification_queue_usage", zero, 0), CALL("pg_reload_conf", yes, 0), CALL_VOLATILE("pg_my_temp_schema", my_temp_schema, 0),
	CALL_VOLATILE("pg_is_other_temp_schema", other_temp_schema, 1), CALL_VOLATILE("current_query", current_query, 0),
	CALL_VOLATILE("pg_blocking_pids", blocking_pids, 1),
	END_OF_ROWS
};
