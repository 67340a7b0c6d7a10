/*
 * has_table_privilege and its kin. Whoever asks here is a superuser, who may do
 * everything: so what is left is to name what does not exist, and a privilege
 * that there is not.
 */
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"

/* What may be asked of each kind of object (table 5.2 of the manual). */
static const struct kind {
	const char *word;       /* in the functions' names */
	const char *privileges; /* between bars */
	uint32_t reg;           /* the reg type that finds its names; 0: another way */
} kinds[] = {
	{ "table", "|SELECT|INSERT|UPDATE|DELETE|TRUNCATE|REFERENCES|TRIGGER|RULE|", T_REGCLASS },
	{ "column", "|SELECT|INSERT|UPDATE|REFERENCES|", T_REGCLASS },
	{ "sequence", "|USAGE|SELECT|UPDATE|", T_REGCLASS },
	{ "schema", "|CREATE|USAGE|", T_REGNAMESPACE },
	{ "function", "|EXECUTE|", T_REGPROCEDURE },
	{ "type", "|USAGE|", T_REGTYPE },
	{ "database", "|CREATE|TEMPORARY|TEMP|CONNECT|", 0 },
	{ "language", "|USAGE|", 0 },
	{ "tablespace", "|CREATE|", 0 },
	{ "role", "|MEMBER|USAGE|SET|", T_REGROLE },
	{ "any_column", "|SELECT|INSERT|UPDATE|REFERENCES|", T_REGCLASS },
};

static bool known_privilege(struct sql_env *env, const struct kind *k, struct slice list)
{
	while (list.ptr) {
		struct slice one = slice_split(&list, ','), bare;
		char wanted[64];

		while (one.len && one.ptr[0] == ' ')
			one = slice_skip(one, 1);
		while (one.len && one.ptr[one.len - 1] == ' ')
			one.len--;
		bare = one;
		for (const char *const *tail = (const char *const[]){ " WITH GRANT OPTION", " WITH ADMIN OPTION", NULL }; *tail; tail++)
			if (bare.len > strlen(*tail) && slice_eq_nocase_str(slice_skip(bare, bare.len - strlen(*tail)), *tail))
				bare.len -= strlen(*tail);
		int len = snprintf(wanted, sizeof(wanted), "|%.*s|", SLICE_ARG(bare));
		for (int i = 0; i < len && i < (int)sizeof(wanted); i++)
			if (wanted[i] >= 'a' && wanted[i] <= 'z')
				wanted[i] = (char)(wanted[i] - 32);
		if (len >= (int)sizeof(wanted) || !bare.len || !strstr(k->privileges, wanted)) {
			sql_raise_env(env, "22023", "unrecognized privilege type: \"%.*s\"", SLICE_ARG(one));
			return false;
		}
	}
	return true;
}

static bool known_role(struct sql_env *env, struct slice name)
{
	sql_sysfunc_reads(env->session, "pg_authid");
	if (slice_eq_str(name, "public") || slice_eq_str(name, env->session->user) ||
	    sql_cat_int(env->session->engine->store, "SELECT oid FROM pg_authid WHERE rolname = ?1", "S", name))
		return true;
	sql_raise_env(env, "42704", "role \"%.*s\" does not exist", SLICE_ARG(name));
	return false;
}

/* Where a word of the function's name begins: "has_table_privilege_name_id" has name, then id. */
static void answer(sqlite3_context *ctx, int argc, sqlite3_value **argv, const struct kind *k, const char *how)
{
	struct sql_env *env = sql_env_of(ctx);
	bool by_name[3] = { false, false, false };
	int words = 0, at = 0;

	for (const char *w = how; w && words < 3; w = strchr(w, '_') ? strchr(w, '_') + 1 : NULL)
		by_name[words++] = !strncmp(w, "name", 4);
	int objects = !strcmp(k->word, "column") ? 2 : 1; /* a column has a table in front */
	if (words > objects && !strstr(how, "any")) { /* the first is the role */
		if (by_name[0] && !known_role(env, arg_text(argv[0]))) {
			result_raised(ctx);
			return;
		}
		at = 1;
	}
	struct slice privilege = arg_text(argv[argc - 1]);
	if (k->reg && by_name[at]) {
		struct slice name = arg_text(argv[at]);
		struct sql_error *before = env->error;
		if (!env->oid_of || !env->oid_of(env, k->reg, name)) {
			if (env->error == before)
				sql_raise_env(env, k->reg == T_REGNAMESPACE ? "3F000" : "42704", "%s \"%.*s\" does not exist", k->word, SLICE_ARG(name));
			result_raised(ctx);
			return;
		}
	} else if (k->reg == T_REGCLASS && !sql_catalog_relation_oid(env->session, (uint32_t)arg_int(argv[at]))) {
		return; /* NULL */
	}
	if (!known_privilege(env, k, privilege))
		result_raised(ctx);
	else
		result_bool(ctx, true);
}

/* One function a kind and a way to name things. */
#define ASK(kind, n, how) STRICT(kind##_##how) { answer(ctx, argc, argv, &kinds[n], #how); }
#define SIX(kind, n) ASK(kind, n, id) ASK(kind, n, name) ASK(kind, n, id_id) ASK(kind, n, id_name) ASK(kind, n, name_id) ASK(kind, n, name_name)
SIX(table, 0)
SIX(any_column, 10)
ASK(column, 1, id_attnum) ASK(column, 1, id_name) ASK(column, 1, name_attnum) ASK(column, 1, name_name)
ASK(column, 1, id_id_attnum) ASK(column, 1, id_id_name) ASK(column, 1, id_name_attnum) ASK(column, 1, id_name_name)
ASK(column, 1, name_id_attnum) ASK(column, 1, name_id_name) ASK(column, 1, name_name_attnum) ASK(column, 1, name_name_name)
SIX(sequence, 2)
SIX(schema, 3)
SIX(function, 4)
SIX(type, 5)
SIX(database, 6)
SIX(language, 7)
SIX(tablespace, 8)
SIX(role, 9)
#undef ASK

#define ROW(key, kind, how, n) CALL_VOLATILE(key "_" #how, kind##_##how, n)
#define ROWS_OF(key, kind) ROW(key, kind, id, 2), ROW(key, kind, name, 2), ROW(key, kind, id_id, 3), ROW(key, kind, id_name, 3), \
	ROW(key, kind, name_id, 3), ROW(key, kind, name_name, 3)

const struct func_row sysfunc_privilege_rows[] = {
	ROWS_OF("has_table_privilege", table), ROWS_OF("has_any_column_privilege", any_column), ROWS_OF("has_sequence_privilege", sequence),
	ROWS_OF("has_schema_privilege", schema), ROWS_OF("has_function_privilege", function), ROWS_OF("has_type_privilege", type),
	ROWS_OF("has_database_privilege", database), ROWS_OF("has_language_privilege", language),
	ROWS_OF("has_tablespace_privilege", tablespace), ROWS_OF("pg_has_role", role),
	ROW("has_column_privilege", column, id_attnum, 3), ROW("has_column_privilege", column, id_name, 3),
	ROW("has_column_privilege", column, name_attnum, 3), ROW("has_column_privilege", column, name_name, 3),
	ROW("has_column_privilege", column, id_id_attnum, 4), ROW("has_column_privilege", column, id_id_name, 4),
	ROW("has_column_privilege", column, id_name_attnum, 4), ROW("has_column_privilege", column, id_name_name, 4),
	ROW("has_column_privilege", column, name_id_attnum, 4), ROW("has_column_privilege", column, name_id_name, 4),
	ROW("has_column_privilege", column, name_name_attnum, 4), ROW("has_column_privilege", column, name_name_name, 4),
	END_OF_ROWS
};
