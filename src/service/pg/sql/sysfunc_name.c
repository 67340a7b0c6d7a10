/*
 * Names of catalog objects and their OIDs: what the reg types read and print,
 * to_regclass and its kin, and what the search path makes visible.
 */
#include <ctype.h>
#include <string.h>

#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"

#define CATALOG_SCHEMA 11

void sql_sysfunc_reads(struct sql_session *s, const char *catalog)
{
	struct sql_system_table *t = sql_system_table_named(s->engine->store, slice_str(catalog));

	if (t)
		sql_system_read(s->engine->store, t);
}

/* ---- names ---- */

static bool one_part(struct sql_env *env, struct slice *rest, struct slice *part)
{
	char *to = arena_alloc(env->arena, rest->len + 1);
	size_t len = 0;

	if (rest->len && rest->ptr[0] == '"') {
		*rest = slice_skip(*rest, 1);
		for (;; *rest = slice_skip(*rest, 1)) {
			if (!rest->len)
				return false;
			if (rest->ptr[0] == '"') {
				*rest = slice_skip(*rest, 1);
				if (!rest->len || rest->ptr[0] != '"')
					break;
			}
			to[len++] = rest->ptr[0];
		}
	} else { /* without quotes, any other character is part of it, too */
		while (rest->len && rest->ptr[0] != '.' && !isspace((unsigned char)rest->ptr[0])) {
			to[len++] = (char)(rest->ptr[0] >= 'A' && rest->ptr[0] <= 'Z' ? rest->ptr[0] | 0x20 : rest->ptr[0]);
			*rest = slice_skip(*rest, 1);
		}
	}
	to[len] = '\0';
	*part = slice_of(to, len);
	return len > 0;
}

static struct slice trimmed(struct slice s)
{
	while (s.len && isspace((unsigned char)s.ptr[0]))
		s = slice_skip(s, 1);
	while (s.len && isspace((unsigned char)s.ptr[s.len - 1]))
		s.len--;
	return s;
}

size_t sql_name_parts(struct sql_env *env, struct slice text, struct slice parts[3])
{
	size_t count = 0;

	text = trimmed(text);
	for (;;) {
		if (count == 3 || !one_part(env, &text, &parts[count]))
			return 0;
		count++;
		text = trimmed(text);
		if (!text.len)
			return count;
		if (text.ptr[0] != '.')
			return 0;
		text = trimmed(slice_skip(text, 1));
	}
}

void sql_name_quote(struct buf *out, struct slice name)
{
	bool plain = name.len && (islower((unsigned char)name.ptr[0]) || name.ptr[0] == '_');
	const struct sql_keyword_fact *word;

	for (size_t i = 0; i < name.len && plain; i++)
		plain = islower((unsigned char)name.ptr[i]) || isdigit((unsigned char)name.ptr[i]) || name.ptr[i] == '_';
	word = plain ? sql_keyword_find(name) : NULL;
	if (plain && (!word || word->category == 'U')) {
		buf_add(out, name.ptr, name.len);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, name.ptr[i]);
	}
	buf_add_char(out, '"');
}

static void qualified(struct buf *out, const char *schema, const char *name)
{
	if (schema) {
		sql_name_quote(out, slice_str(schema));
		buf_add_char(out, '.');
	}
	sql_name_quote(out, slice_str(name));
}

/* The schema and name of text with at most a database in front of them. */
static bool schema_and_name(struct sql_env *env, struct slice text, struct slice *schema, struct slice *name)
{
	struct slice parts[3];
	size_t count = sql_name_parts(env, text, parts);

	*schema = SLICE_NONE;
	if (!count) {
		sql_raise_env(env, "42602", "invalid name syntax");
		return false;
	}
	*name = parts[count - 1];
	if (count > 1)
		*schema = parts[count - 2];
	return true;
}

/* ---- relations ---- */

static bool relation_visible(struct sql_session *s, const struct sql_relation *rel)
{
	const struct sql_relation *found = sql_catalog_relation(s, SLICE_NONE, slice_str(rel->name));

	return found && found->oid == rel->oid;
}

void sql_relation_print(struct sql_session *s, const struct sql_relation *rel, struct buf *out)
{
	qualified(out, relation_visible(s, rel) ? NULL : rel->schema, rel->name);
}

const struct sql_relation *sql_relation_by_text(struct sql_env *env, struct slice text)
{
	struct slice schema, name;
	uint32_t oid;

	if (!schema_and_name(env, text, &schema, &name))
		return NULL;
	const struct sql_relation *rel = env->session ? sql_catalog_relation(env->session, schema, name) : NULL; /* without one nothing exists */
	if (rel)
		return rel;
	if (schema.ptr && (!env->session || !sql_catalog_schema(env->session, schema, &oid)))
		sql_raise_env(env, "3F000", "schema \"%.*s\" does not exist", SLICE_ARG(schema));
	else if (schema.ptr)
		sql_raise_env(env, "42P01", "relation \"%.*s.%.*s\" does not exist", SLICE_ARG(schema), SLICE_ARG(name));
	else
		sql_raise_env(env, "42P01", "relation \"%.*s\" does not exist", SLICE_ARG(name));
	return NULL;
}

/* ---- types ---- */

/* SQL's own names of types, which are not those of pg_type (manual, table 8.1). */
static const struct {
	const char *said, *name;
} spellings[] = {
	{ "bigint", "int8" }, { "bit varying", "varbit" }, { "boolean", "bool" }, { "character varying", "varchar" }, { "character", "bpchar" },
	{ "char", "bpchar" }, { "double precision", "float8" }, { "float", "float8" }, { "integer", "int4" }, { "int", "int4" }, { "real", "float4" },
	{ "smallint", "int2" }, { "decimal", "numeric" }, { "dec", "numeric" }, { "time with time zone", "timetz" },
	{ "time without time zone", "time" }, { "timestamp with time zone", "timestamptz" }, { "timestamp without time zone", "timestamp" },
};

static uint32_t type_by_text(struct sql_env *env, struct slice text)
{
	struct slice schema = SLICE_NONE, name, parts[3];
	bool array = false;
	const struct sql_type *type;

	text = trimmed(text);
	while (text.len > 2 && slice_eq_str(slice_skip(text, text.len - 2), "[]")) {
		array = true;
		text = trimmed(slice_of(text.ptr, text.len - 2));
	}
	const char *open = text.len && text.ptr[0] != '"' ? memchr(text.ptr, '(', text.len) : NULL;
	if (open && text.ptr[text.len - 1] == ')') /* a modifier: of no account for the type */
		text = trimmed(slice_of(text.ptr, (size_t)(open - text.ptr)));
	name = text;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (slice_eq_nocase_str(text, spellings[i].said)) {
			schema = SLICE_LIT("pg_catalog");
			name = slice_str(spellings[i].name);
			break;
		}
	if (!schema.ptr) {
		size_t count = sql_name_parts(env, text, parts);
		if (!count)
			return 0;
		name = parts[count - 1];
		if (count > 1)
			schema = parts[count - 2];
	}
	type = sql_catalog_type(env->session, schema, name);
	return !type ? 0 : array ? type->array : type->oid;
}

/* ---- functions and operators ---- */

static bool same_args(struct sql_env *env, const struct sql_proc *p, struct slice list)
{
	for (uint16_t i = 0; i < p->nargs; i++) {
		struct slice one = slice_split(&list, ',');
		if (!one.ptr || type_by_text(env, one) != p->types[i])
			return false;
	}
	return !trimmed(list).len;
}

static uint32_t proc_by_text(struct sql_env *env, struct slice text, bool with_args)
{
	struct slice schema, name, args = SLICE_NONE;
	size_t count;

	if (with_args) {
		const char *open = memchr(text.ptr, '(', text.len);
		text = trimmed(text);
		if (!open || text.ptr[text.len - 1] != ')') {
			sql_raise_env(env, "22P02", "expected a left parenthesis");
			return 0;
		}
		args = slice_of(open + 1, (size_t)(text.ptr + text.len - 2 - open));
		text = slice_of(text.ptr, (size_t)(open - text.ptr));
	}
	if (!schema_and_name(env, text, &schema, &name) || (schema.ptr && !slice_eq_str(schema, "pg_catalog")))
		return 0;
	const struct sql_proc *p = sql_procs_named(name, &count);
	if (!with_args && count > 1) {
		sql_raise_env(env, "42725", "more than one function named \"%.*s\"", SLICE_ARG(text));
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (!with_args || same_args(env, &p[i], args))
			return p[i].oid;
	return 0;
}

static uint32_t operator_by_text(struct sql_env *env, struct slice text, bool with_args)
{
	struct slice name = trimmed(text), left = SLICE_NONE, right = SLICE_NONE;
	size_t count;

	if (with_args) {
		const char *open = memchr(name.ptr, '(', name.len);
		if (!open || name.ptr[name.len - 1] != ')')
			return 0;
		right = slice_of(open + 1, (size_t)(name.ptr + name.len - 2 - open));
		left = slice_split(&right, ',');
		name = trimmed(slice_of(name.ptr, (size_t)(open - name.ptr)));
	}
	if (slice_has_prefix(name, SLICE_LIT("pg_catalog.")))
		name = slice_skip(name, strlen("pg_catalog."));
	const struct sql_operator *o = sql_operators_named(name, &count);
	if (!with_args && count > 1) {
		sql_raise_env(env, "42725", "more than one operator named %.*s", SLICE_ARG(text));
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (!with_args || ((slice_eq_nocase_str(trimmed(left), "none") ? o[i].left == 0 : o[i].left == type_by_text(env, left)) &&
				   o[i].right == type_by_text(env, right)))
			return o[i].oid;
	return 0;
}

/* ---- the reg types ---- */

static uint32_t by_query(struct sql_env *env, const char *catalog, const char *text, struct slice name)
{
	sql_sysfunc_reads(env->session, catalog);
	return (uint32_t)sql_cat_int(env->session->engine->store, text, "S", name);
}

static uint32_t oid_of(struct sql_env *env, uint32_t kind, struct slice name)
{
	struct slice parts[3];
	size_t count;
	uint32_t oid = 0;

	switch (kind) {
	case T_REGCLASS: {
		const struct sql_relation *rel = sql_relation_by_text(env, name);
		return rel ? rel->oid : 0;
	}
	case T_REGTYPE: return type_by_text(env, name);
	case T_REGPROC: return proc_by_text(env, name, false);
	case T_REGPROCEDURE: return proc_by_text(env, name, true);
	case T_REGOPER: return operator_by_text(env, name, false);
	case T_REGOPERATOR: return operator_by_text(env, name, true);
	default: break;
	}
	count = sql_name_parts(env, name, parts);
	if (!count)
		return 0;
	name = parts[count - 1];
	switch (kind) {
	case T_REGNAMESPACE: sql_catalog_schema(env->session, name, &oid); return oid;
	case T_REGROLE: return by_query(env, "pg_authid", "SELECT oid FROM pg_authid WHERE rolname = ?1", name);
	case T_REGCOLLATION: return by_query(env, "pg_collation", "SELECT oid FROM pg_collation WHERE collname = ?1", name);
	case T_REGCONFIG: return by_query(env, "pg_ts_config", "SELECT oid FROM pg_ts_config WHERE cfgname = ?1", name);
	case T_REGDICTIONARY: return by_query(env, "pg_ts_dict", "SELECT oid FROM pg_ts_dict WHERE dictname = ?1", name);
	default: return 0;
	}
}

static void print_args(struct sql_env *env, const struct sql_proc *p, struct buf *out)
{
	buf_add_char(out, '(');
	for (uint16_t i = 0; i < p->nargs; i++) {
		if (i)
			buf_add_char(out, ',');
		sql_type_format(env, p->types[i], -1, out);
	}
	buf_add_char(out, ')');
}

static void print_name(struct sql_env *env, uint32_t kind, uint32_t oid, struct buf *out)
{
	struct sql_session *s = env->session;
	const char *query = NULL, *catalog = NULL;
	size_t count;

	switch (kind) {
	case T_REGCLASS: {
		const struct sql_relation *rel = sql_catalog_relation_oid(s, oid);
		if (rel)
			sql_relation_print(s, rel, out);
		return;
	}
	case T_REGTYPE:
		if (sql_catalog_type_oid(s, oid))
			sql_type_format(env, oid, -1, out);
		return;
	case T_REGPROC: case T_REGPROCEDURE: {
		const struct sql_proc *p = sql_proc_oid(oid);
		if (!p)
			return;
		sql_procs_named(slice_str(p->name), &count);
		qualified(out, kind == T_REGPROC && count > 1 ? "pg_catalog" : NULL, p->name);
		if (kind == T_REGPROCEDURE)
			print_args(env, p, out);
		return;
	}
	case T_REGOPER: case T_REGOPERATOR: {
		const struct sql_operator *o = sql_operator_oid(oid);
		if (!o)
			return;
		sql_operators_named(slice_str(o->name), &count);
		buf_addf(out, "%s%s", kind == T_REGOPER && count > 1 ? "pg_catalog." : "", o->name);
		if (kind == T_REGOPER)
			return;
		buf_add_char(out, '(');
		if (o->left)
			sql_type_format(env, o->left, -1, out);
		else
			buf_add_str(out, "NONE");
		buf_add_char(out, ',');
		sql_type_format(env, o->right, -1, out);
		buf_add_char(out, ')');
		return;
	}
	case T_REGNAMESPACE: {
		const char *name = sql_catalog_schema_name(s, oid);
		if (name)
			sql_name_quote(out, slice_str(name));
		return;
	}
	case T_REGROLE: catalog = "pg_authid"; query = "SELECT rolname FROM pg_authid WHERE oid = ?1"; break;
	case T_REGCOLLATION: catalog = "pg_collation"; query = "SELECT collname FROM pg_collation WHERE oid = ?1"; break;
	case T_REGCONFIG: catalog = "pg_ts_config"; query = "SELECT cfgname FROM pg_ts_config WHERE oid = ?1"; break;
	case T_REGDICTIONARY: catalog = "pg_ts_dict"; query = "SELECT dictname FROM pg_ts_dict WHERE oid = ?1"; break;
	default: return;
	}
	sql_sysfunc_reads(s, catalog);
	sqlite3_stmt *q = sql_cat_query(s->engine->store, query, "i", (int64_t)oid);
	if (sqlite3_step(q) == SQLITE_ROW)
		sql_name_quote(out, slice_str((const char *)sqlite3_column_text(q, 0)));
	sql_store_done(s->engine->store, q);
}

static struct slice name_of(struct sql_env *env, uint32_t kind, uint32_t oid)
{
	struct buf b;

	buf_init(&b, 64 * 1024); /* bytes: names have 63 */
	print_name(env, kind, oid, &b);
	struct slice name = arena_slice(env->arena, buf_slice(&b));
	buf_release(&b);
	return name;
}

void sql_sysfunc_attach(struct sql_env *env)
{
	env->oid_of = oid_of;
	env->name_of = name_of;
}

/* ---- to_regclass and its kin: NULL instead of an error ---- */

static void to_reg(sqlite3_context *ctx, uint32_t kind, sqlite3_value *name)
{
	struct sql_env *env = sql_env_of(ctx);
	struct sql_error *before = env->error;
	uint32_t oid = oid_of(env, kind, arg_text(name));

	env->error = before;
	if (oid)
		sqlite3_result_int64(ctx, oid);
}

#define TO_REG(fn, kind) STRICT(fn) { to_reg(ctx, kind, argv[0]); }
TO_REG(to_class, T_REGCLASS)
TO_REG(to_type, T_REGTYPE)
TO_REG(to_proc, T_REGPROC)
TO_REG(to_procedure, T_REGPROCEDURE)
TO_REG(to_oper, T_REGOPER)
TO_REG(to_operator, T_REGOPERATOR)
TO_REG(to_namespace, T_REGNAMESPACE)
TO_REG(to_role, T_REGROLE)
TO_REG(to_collation, T_REGCOLLATION)
#undef TO_REG

STRICT(text_regclass)
{
	const struct sql_relation *rel = sql_relation_by_text(sql_env_of(ctx), arg_text(argv[0]));

	if (rel)
		sqlite3_result_int64(ctx, rel->oid);
	else
		result_raised(ctx);
}

/* ---- visibility ---- */

STRICT(table_visible)
{
	struct sql_session *s = sql_env_of(ctx)->session;
	const struct sql_relation *rel = sql_catalog_relation_oid(s, (uint32_t)arg_int(argv[0]));

	if (rel)
		result_bool(ctx, relation_visible(s, rel));
}

STRICT(type_visible)
{
	struct sql_session *s = sql_env_of(ctx)->session;
	const struct sql_type *type = sql_catalog_type_oid(s, (uint32_t)arg_int(argv[0]));

	if (!type)
		return;
	const struct sql_type *found = sql_catalog_type(s, SLICE_NONE, slice_str(type->name));
	result_bool(ctx, found && found->oid == type->oid);
}

/* What is built in lies in pg_catalog, which is always searched. */
STRICT(builtin_visible)
{
	if (arg_int(argv[0]) > 0)
		result_bool(ctx, arg_int(argv[0]) < SQL_FIRST_OID);
}

const struct func_row sysfunc_name_rows[] = {
	CALL_VOLATILE("text_regclass", text_regclass, 1), CALL_VOLATILE("to_regclass", to_class, 1), CALL_VOLATILE("to_regtype", to_type, 1), CALL_VOLATILE("to_regproc", to_proc, 1),
	CALL_VOLATILE("to_regprocedure", to_procedure, 1), CALL_VOLATILE("to_regoper", to_oper, 1),
	CALL_VOLATILE("to_regoperator", to_operator, 1), CALL_VOLATILE("to_regnamespace", to_namespace, 1),
	CALL_VOLATILE("to_regrole", to_role, 1), CALL_VOLATILE("to_regcollation", to_collation, 1),
	CALL_VOLATILE("pg_table_is_visible", table_visible, 1), CALL_VOLATILE("pg_type_is_visible", type_visible, 1),
	CALL("pg_function_is_visible", builtin_visible, 1), CALL("pg_operator_is_visible", builtin_visible, 1),
	CALL("pg_opclass_is_visible", builtin_visible, 1), CALL("pg_opfamily_is_visible", builtin_visible, 1),
	CALL("pg_collation_is_visible", builtin_visible, 1), CALL("pg_conversion_is_visible", builtin_visible, 1),
	CALL("pg_statistics_obj_is_visible", builtin_visible, 1), CALL("pg_ts_config_is_visible", builtin_visible, 1),
	CALL("pg_ts_dict_is_visible", builtin_visible, 1), CALL("pg_ts_parser_is_visible", builtin_visible, 1),
	CALL("pg_ts_template_is_visible", builtin_visible, 1),
	END_OF_ROWS
};
