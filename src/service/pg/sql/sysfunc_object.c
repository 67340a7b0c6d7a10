/*
 * What programs that list and dump objects ask about them: the privileges that an
 * object has by default, sizes in words, and the tree of a partitioned table, which
 * is the table alone. Definitions are sysfunc_define.c's.
 */
#include <inttypes.h>
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/rows.h"
#include "service/pg/sql/sysfunc.h"

/* ---- default privileges: table 5.2 of the manual ---- */

static const struct {
	char type;
	const char *everybody, *owner;
} defaults[] = {
	{ 'c', "", "" }, { 'r', "", "arwdDxt" }, { 's', "", "rwU" }, { 'd', "Tc", "CTc" }, { 'f', "X", "X" }, { 'l', "U", "U" },
	{ 'L', "", "rw" }, { 'n', "", "UC" }, { 't', "", "C" }, { 'F', "", "U" }, { 'S', "", "U" }, { 'T', "U", "U" }, { 'p', "", "sA" },
};

STRICT(acl_default)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice type = arg_text(argv[0]), owner = env->name_of(env, T_REGROLE, (uint32_t)arg_int(argv[1]));
	struct buf b;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (type.len != 1 || defaults[i].type != type.ptr[0])
			continue;
		if (!owner.len)
			owner = arena_printf(env->arena, "%u", (uint32_t)arg_int(argv[1]));
		buf_init(&b, 1024);
		buf_add_char(&b, '{');
		if (*defaults[i].everybody)
			buf_addf(&b, "=%s/%.*s,", defaults[i].everybody, SLICE_ARG(owner));
		if (*defaults[i].owner)
			buf_addf(&b, "%.*s=%s/%.*s", SLICE_ARG(owner), defaults[i].owner, SLICE_ARG(owner));
		buf_add_char(&b, '}');
		result_buf(ctx, &b);
		return;
	}
	sql_raise(ctx, "XX000", "unrecognized object type abbreviation: %.*s", SLICE_ARG(type));
}

/* ---- sizes ---- */

/* Ten thousand of a unit are still told in it; all but bytes are rounded to the nearest. */
static void pretty(sqlite3_context *ctx, int64_t size)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
	size_t n = sizeof(units) / sizeof(units[0]), i = 0;
	struct buf b;

	/* from kB on, size holds twice the number of units, whose half is rounded */
	for (int64_t limit = 10240; i + 1 < n && (size <= -limit || size >= limit); limit = 20479) {
		size /= i ? 1024 : 512;
		i++;
	}
	if (i)
		size = (size + (size < 0 ? -1 : 1)) / 2;
	buf_init(&b, 64);
	buf_addf(&b, "%" PRId64 " %s", size, units[i]);
	result_buf(ctx, &b);
}

STRICT(size_pretty)
{
	pretty(ctx, arg_int(argv[0]));
}

STRICT(size_pretty_numeric)
{
	struct slice text = arg_text(argv[0]);

	if (text.len > 18 || memchr(text.ptr, '.', text.len) || memchr(text.ptr, 'N', text.len) || memchr(text.ptr, 'I', text.len))
		sql_raise(ctx, "0A000", "pg_size_pretty of %.*s is not supported by this fake: whole numbers below 10^18 are", SLICE_ARG(text));
	else
		pretty(ctx, sqlite3_value_int64(argv[0]));
}

/* ---- partitions: nothing is partitioned, and only what is gives rows of its own ---- */

static bool no_rows(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	(void)env;
	(void)rows;
	(void)argc;
	(void)argv;
	return true;
}

/* Ordinary permanent tables, not those of the system. */
STRICT(publishable)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(sql_env_of(ctx)->session, (uint32_t)arg_int(argv[0]));

	if (rel)
		result_bool(ctx, rel->kind == 'r' && rel->persistence == 'p' && !rel->system);
}

FUNC(nothing)
{
	sqlite3_result_null(ctx);
}

const struct func_row sysfunc_object_rows[] = {
	CALL_VOLATILE("acldefault_sql", acl_default, 2), CALL("pg_size_pretty", size_pretty, 1), CALL("pg_size_pretty_numeric", size_pretty_numeric, 1),
	ROWS("pg_partition_ancestors", no_rows, 1, 1), ROWS("pg_partition_tree", no_rows, 1, 4), CALL("pg_partition_root", nothing, 1),
	CALL_VOLATILE("pg_relation_is_publishable", publishable, 1),
	END_OF_ROWS
};
