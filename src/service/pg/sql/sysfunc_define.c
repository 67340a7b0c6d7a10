/*
 * How an object was made, as SQL: pg_get_constraintdef, pg_get_indexdef,
 * pg_get_viewdef, pg_get_expr and their kin; comments; facts of functions.
 *
 * The catalog keeps expressions and queries as text with names resolved; how they
 * are printed is deparse_expr.c's and deparse_query.c's.
 */
#include <string.h>

#include "service/pg/sql/compile.h"
#include "service/pg/sql/deparse.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"

static struct sql_session *session_of(sqlite3_context *ctx)
{
	return sql_env_of(ctx)->session;
}

static void print_columns(struct buf *b, const struct sql_relation *rel, const int16_t *numbers, size_t count)
{
	buf_add_char(b, '(');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_str(b, ", ");
		if (numbers[i] > 0 && (size_t)numbers[i] <= rel->ncolumns)
			sql_name_quote(b, slice_str(rel->columns[numbers[i] - 1].name));
	}
	buf_add_char(b, ')');
}

/* ---- indexes ---- */

static void print_key(struct sql_session *s, struct buf *b, const struct sql_relation *rel, const struct sql_index_key *key, bool order, bool pretty)
{
	if (key->column > 0) {
		sql_name_quote(b, slice_str(rel->columns[key->column - 1].name));
	} else {
		struct buf e;

		buf_init(&e, BUF_MAX);
		bool call = sql_deparse_text(s, rel, NULL, key->expr ? key->expr : "", pretty, &e);
		buf_addf(b, call ? "%.*s" : "(%.*s)", SLICE_ARG(buf_slice(&e)));
		buf_release(&e);
	}
	if (!order)
		return;
	if (key->descending)
		buf_add_str(b, key->nulls_first ? " DESC" : " DESC NULLS LAST");
	else if (key->nulls_first)
		buf_add_str(b, " NULLS FIRST");
}

static void print_index(struct sql_session *s, struct buf *b, const struct sql_relation *rel, const struct sql_index *x, bool pretty)
{
	buf_addf(b, "CREATE %sINDEX ", x->unique ? "UNIQUE " : "");
	sql_name_quote(b, slice_str(x->name));
	buf_add_str(b, " ON ");
	if (pretty) {
		sql_relation_print(s, rel, b);
	} else {
		sql_name_quote(b, slice_str(rel->schema));
		buf_add_char(b, '.');
		sql_name_quote(b, slice_str(rel->name));
	}
	buf_addf(b, " USING %s (", x->method ? x->method : "btree");
	for (size_t i = 0; i < x->nkeys; i++) {
		if (i)
			buf_add_str(b, ", ");
		print_key(s, b, rel, &x->keys[i], true, pretty);
	}
	buf_add_char(b, ')');
	for (size_t i = 0; i < x->nincluded; i++) {
		buf_add_str(b, i ? ", " : " INCLUDE (");
		print_key(s, b, rel, &x->keys[x->nkeys + i], false, pretty);
	}
	if (x->nincluded)
		buf_add_char(b, ')');
	if (x->nulls_not_distinct)
		buf_add_str(b, " NULLS NOT DISTINCT");
	if (x->predicate) {
		buf_add_str(b, " WHERE ");
		sql_deparse_text(s, rel, NULL, x->predicate, pretty, b);
	}
}

/* The table of an index and the index itself. */
static const struct sql_index *find_index(struct sql_session *s, uint32_t oid, const struct sql_relation **rel)
{
	sql_sysfunc_reads(s, "pg_index");
	int64_t table = sql_cat_int(s->engine->store, "SELECT indrelid FROM pg_index WHERE indexrelid = ?1", "i", (int64_t)oid);

	*rel = table ? sql_catalog_relation_oid(s, (uint32_t)table) : NULL;
	for (size_t i = 0; *rel && i < (*rel)->nindexes; i++)
		if ((*rel)->indexes[i].oid == oid)
			return &(*rel)->indexes[i];
	return NULL;
}

STRICT(indexdef)
{
	const struct sql_relation *rel;
	const struct sql_index *x = find_index(session_of(ctx), (uint32_t)arg_int(argv[0]), &rel);
	int64_t column = argc > 1 ? arg_int(argv[1]) : 0;
	struct buf b;

	if (!x)
		return;
	buf_init(&b, BUF_MAX);
	if (!column)
		print_index(session_of(ctx), &b, rel, x, argc > 2 && arg_int(argv[2]));
	else if (column > 0 && (size_t)column <= x->nkeys + x->nincluded)
		print_key(session_of(ctx), &b, rel, &x->keys[column - 1], false, argc > 2 && arg_int(argv[2]));
	result_buf(ctx, &b);
}

/* ---- constraints ---- */

static const char *action_name(char action)
{
	switch (action) {
	case 'r': return "RESTRICT";
	case 'c': return "CASCADE";
	case 'n': return "SET NULL";
	case 'd': return "SET DEFAULT";
	default: return NULL;
	}
}

static void print_foreign_key(struct sql_session *s, struct buf *b, const struct sql_relation *rel, const struct sql_constraint *c)
{
	const struct sql_relation *other = sql_catalog_relation_oid(s, c->other);

	buf_add_str(b, "FOREIGN KEY ");
	print_columns(b, rel, c->columns, c->ncolumns);
	buf_add_str(b, " REFERENCES ");
	if (other) {
		sql_relation_print(s, other, b);
		print_columns(b, other, c->other_columns, c->ncolumns);
	}
	if (c->match == 'f')
		buf_add_str(b, " MATCH FULL");
	if (action_name(c->on_update))
		buf_addf(b, " ON UPDATE %s", action_name(c->on_update));
	if (action_name(c->on_delete))
		buf_addf(b, " ON DELETE %s", action_name(c->on_delete));
	if (c->nset_columns) {
		buf_add_char(b, ' ');
		print_columns(b, rel, c->set_columns, c->nset_columns);
	}
}

static void print_constraint(struct sql_session *s, struct buf *b, const struct sql_relation *rel, const struct sql_type *domain,
			     const struct sql_constraint *c, bool pretty)
{
	switch (c->kind) {
	case 'f':
		print_foreign_key(s, b, rel, c);
		break;
	case 'p':
	case 'u': {
		const struct sql_index *x = NULL;
		for (size_t i = 0; i < rel->nindexes; i++)
			if (rel->indexes[i].oid == c->index)
				x = &rel->indexes[i];
		buf_add_str(b, c->kind == 'p' ? "PRIMARY KEY " : x && x->nulls_not_distinct ? "UNIQUE NULLS NOT DISTINCT " : "UNIQUE ");
		print_columns(b, rel, c->columns, c->ncolumns);
		for (size_t i = 0; x && i < x->nincluded; i++) {
			buf_add_str(b, i ? ", " : " INCLUDE (");
			print_key(s, b, rel, &x->keys[x->nkeys + i], false, pretty);
		}
		if (x && x->nincluded)
			buf_add_char(b, ')');
		break;
	}
	case 'c':
		buf_add_str(b, "CHECK (");
		sql_deparse_text(s, rel, domain, c->expr ? c->expr : "", pretty, b);
		buf_add_char(b, ')');
		if (c->no_inherit)
			buf_add_str(b, " NO INHERIT");
		break;
	case 'x':
		buf_add_str(b, "EXCLUDE");
		break;
	default:
		break;
	}
	if (c->deferrable)
		buf_add_str(b, c->deferred ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE");
	if (!c->validated)
		buf_add_str(b, " NOT VALID");
}

STRICT(constraintdef)
{
	struct sql_session *s = session_of(ctx);
	uint32_t oid = (uint32_t)arg_int(argv[0]);
	bool pretty = argc > 1 && arg_int(argv[1]);
	const struct sql_constraint *found = NULL;
	const struct sql_relation *rel;
	const struct sql_type *domain = NULL;
	struct buf b;

	sql_sysfunc_reads(s, "pg_constraint");
	int64_t owner = sql_cat_int(s->engine->store, "SELECT conrelid FROM pg_constraint WHERE oid = ?1", "i", (int64_t)oid);
	rel = owner ? sql_catalog_relation_oid(s, (uint32_t)owner) : NULL;
	for (size_t i = 0; rel && i < rel->nconstraints; i++)
		if (rel->constraints[i].oid == oid)
			found = &rel->constraints[i];
	if (!rel) {
		size_t count = 0;
		uint32_t type = (uint32_t)sql_cat_int(s->engine->store, "SELECT contypid FROM pg_constraint WHERE oid = ?1", "i", (int64_t)oid);
		const struct sql_constraint *checks = type ? sql_catalog_domain_checks(s, type, &count) : NULL;
		for (size_t i = 0; i < count; i++)
			if (checks[i].oid == oid)
				found = &checks[i];
		domain = type ? sql_catalog_type_oid(s, type) : NULL;
	}
	if (!found) {
		if (argc < 2)
			sql_raise(ctx, "XX000", "cache lookup failed for constraint %u", oid);
		return;
	}
	buf_init(&b, BUF_MAX);
	print_constraint(s, &b, rel, domain, found, pretty);
	result_buf(ctx, &b);
}

/* ---- views, expressions ---- */

static void viewdef(sqlite3_context *ctx, const struct sql_relation *rel, bool pretty)
{
	struct buf b;

	if (!rel || !rel->view)
		return;
	buf_init(&b, BUF_MAX);
	sql_deparse_view(session_of(ctx), rel, pretty, &b);
	buf_add_char(&b, ';');
	result_buf(ctx, &b);
}

STRICT(viewdef_oid)
{
	viewdef(ctx, sql_catalog_relation_oid(session_of(ctx), (uint32_t)arg_int(argv[0])), argc > 1 && arg_int(argv[1]));
}

/* The second argument is a width to wrap at, which means a pretty one; 0 breaks everywhere, as this always does. */
STRICT(viewdef_wrap)
{
	(void)argc;
	viewdef(ctx, sql_catalog_relation_oid(session_of(ctx), (uint32_t)arg_int(argv[0])), true);
}

STRICT(viewdef_name)
{
	const struct sql_relation *rel = sql_relation_by_text(sql_env_of(ctx), arg_text(argv[0]));

	if (!rel)
		result_raised(ctx);
	else
		viewdef(ctx, rel, argc > 1 && arg_int(argv[1]));
}

/* pg_node_tree is kept as SQL text; those of an index stand behind one another, each ended by a unit separator. */
STRICT(get_expr)
{
	struct sql_session *s = session_of(ctx);
	struct slice rest = arg_text(argv[0]);
	const struct sql_relation *rel = sql_catalog_relation_oid(s, (uint32_t)arg_int(argv[1]));
	bool pretty = argc > 2 && arg_int(argv[2]), several = false;
	struct buf b;

	if (!rel && arg_int(argv[1]))
		return; /* it was dropped meanwhile */
	buf_init(&b, BUF_MAX);
	while (rest.len) {
		struct slice one = slice_split(&rest, '\x1f');

		buf_add_str(&b, several ? ", " : "");
		sql_deparse_text(s, rel, NULL, arena_slice(sql_env_of(ctx)->arena, one).ptr, pretty, &b);
		several = true;
	}
	result_buf(ctx, &b);
}

/* pg_get_ruledef: only views have rules here. */
STRICT(ruledef)
{
	struct sql_session *s = session_of(ctx);
	struct buf b;

	sql_sysfunc_reads(s, "pg_rewrite");
	int64_t view = sql_cat_int(s->engine->store, "SELECT ev_class FROM pg_rewrite WHERE oid = ?1", "i", (int64_t)arg_int(argv[0]));
	const struct sql_relation *rel = view ? sql_catalog_relation_oid(s, (uint32_t)view) : NULL;
	if (!rel || !rel->view)
		return;
	buf_init(&b, BUF_MAX);
	buf_add_str(&b, "CREATE RULE \"_RETURN\" AS\n    ON SELECT TO ");
	sql_name_quote(&b, slice_str(rel->schema));
	buf_add_char(&b, '.');
	sql_name_quote(&b, slice_str(rel->name));
	buf_add_str(&b, " DO INSTEAD ");
	sql_deparse_view(s, rel, argc > 1 && arg_int(argv[1]), &b);
	buf_add_char(&b, ';');
	result_buf(ctx, &b);
}

FUNC(nothing)
{
	sqlite3_result_null(ctx);
}

/* ---- comments ---- */

static void comment(sqlite3_context *ctx, const char *query, int64_t object, struct slice catalog, int64_t sub)
{
	struct sql_store *st = session_of(ctx)->engine->store;

	sql_sysfunc_reads(session_of(ctx), "pg_class");
	sql_sysfunc_reads(session_of(ctx), "pg_description");
	sql_sysfunc_reads(session_of(ctx), "pg_shdescription");
	sqlite3_stmt *q = sql_cat_query(st, query, "iSi", object, catalog, sub);

	if (sqlite3_step(q) == SQLITE_ROW)
		result_text(ctx, slice_str((const char *)sqlite3_column_text(q, 0)));
	sql_store_done(st, q);
}

#define OF_CATALOG "classoid = (SELECT oid FROM pg_class WHERE relname = ?2 AND relnamespace = 11)"

STRICT(obj_description)
{
	comment(ctx, "SELECT description FROM pg_description WHERE objoid = ?1 AND " OF_CATALOG " AND objsubid = ?3", arg_int(argv[0]),
		arg_text(argv[1]), 0);
}

STRICT(obj_description_any)
{
	comment(ctx, "SELECT description FROM pg_description WHERE objoid = ?1 AND ?2 = '' AND objsubid = ?3", arg_int(argv[0]), SLICE_LIT(""), 0);
}

STRICT(col_description)
{
	comment(ctx, "SELECT description FROM pg_description WHERE objoid = ?1 AND " OF_CATALOG " AND objsubid = ?3", arg_int(argv[0]),
		SLICE_LIT("pg_class"), arg_int(argv[1]));
}

STRICT(shobj_description)
{
	comment(ctx, "SELECT description FROM pg_shdescription WHERE objoid = ?1 AND " OF_CATALOG " AND ?3 = 0", arg_int(argv[0]),
		arg_text(argv[1]), 0);
}

/* ---- roles, sequences, functions ---- */

STRICT(userbyid)
{
	struct sql_env *env = sql_env_of(ctx);
	struct sql_store *st = env->session->engine->store;

	sql_sysfunc_reads(env->session, "pg_authid");
	sqlite3_stmt *q = sql_cat_query(st, "SELECT rolname FROM pg_authid WHERE oid = ?1", "i", (int64_t)arg_int(argv[0]));

	if (sqlite3_step(q) == SQLITE_ROW)
		result_text(ctx, slice_str((const char *)sqlite3_column_text(q, 0)));
	else
		result_text(ctx, arena_printf(env->arena, "unknown (OID=%lld)", (long long)arg_int(argv[0])));
	sql_store_done(st, q);
}

STRICT(serial_sequence)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice column = arena_slice(env->arena, arg_text(argv[1]));
	const struct sql_relation *rel = sql_relation_by_text(env, arg_text(argv[0])), *sequence;
	int number = 0;
	struct buf b;

	if (!rel) {
		result_raised(ctx);
		return;
	}
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped && slice_eq_str(column, rel->columns[i].name))
			number = rel->columns[i].number;
	if (!number) {
		sql_raise(ctx, "42703", "column \"%.*s\" of relation \"%s\" does not exist", SLICE_ARG(column), rel->name);
		return;
	}
	sql_sysfunc_reads(env->session, "pg_depend");
	sql_sysfunc_reads(env->session, "pg_sequence");
	int64_t oid = sql_cat_int(env->session->engine->store,
				  "SELECT objid FROM pg_depend WHERE refclassid = 1259 AND refobjid = ?1 AND refobjsubid = ?2 AND classid = 1259 "
				  "AND deptype IN ('a', 'i') AND objid IN (SELECT seqrelid FROM pg_sequence)", "ii", (int64_t)rel->oid, (int64_t)number);
	sequence = oid ? sql_catalog_relation_oid(env->session, (uint32_t)oid) : NULL;
	if (!sequence)
		return;
	buf_init(&b, BUF_MAX);
	sql_name_quote(&b, slice_str(sequence->schema));
	buf_add_char(&b, '.');
	sql_name_quote(&b, slice_str(sequence->name));
	result_buf(ctx, &b);
}

static void print_arguments(struct sql_env *env, struct buf *b, const struct sql_proc *p, bool identity)
{
	struct slice names = p->names ? slice_str(p->names) : SLICE_NONE;
	size_t count = p->nall ? p->nall : p->nargs, given = 0, inputs = 0;
	struct slice defaults = p->defaults ? slice_str(p->defaults) : SLICE_NONE;

	for (size_t i = 0; i < count; i++) {
		struct slice name = slice_split(&names, ',');
		char mode = p->modes ? p->modes[i] : 'i';
		uint32_t type = p->nall ? p->all[i] : p->types[i];

		if (mode == 't' || (identity && mode == 'o'))
			continue;
		if (given++)
			buf_add_str(b, ", ");
		if (mode != 'i')
			buf_add_str(b, mode == 'o' ? "OUT " : mode == 'b' ? "INOUT " : "VARIADIC ");
		if (name.len) {
			sql_name_quote(b, name);
			buf_add_char(b, ' ');
		}
		sql_type_format(env, type, -1, b);
		if (mode == 'o')
			continue;
		if (!identity && inputs >= (size_t)(p->nargs - p->ndefaults) && defaults.ptr) {
			struct slice value = slice_split(&defaults, '\n');
			buf_addf(b, " DEFAULT %.*s", SLICE_ARG(value));
		}
		inputs++;
	}
}

static void arguments(sqlite3_context *ctx, sqlite3_value *oid, bool identity)
{
	const struct sql_proc *p = sql_proc_oid((uint32_t)arg_int(oid));
	struct buf b;

	if (!p)
		return;
	buf_init(&b, BUF_MAX);
	print_arguments(sql_env_of(ctx), &b, p, identity);
	result_buf(ctx, &b);
}

STRICT(function_arguments)
{
	arguments(ctx, argv[0], false);
}

STRICT(function_identity_arguments)
{
	arguments(ctx, argv[0], true);
}

STRICT(function_result)
{
	const struct sql_proc *p = sql_proc_oid((uint32_t)arg_int(argv[0]));
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	if (!p || p->kind == 'p')
		return;
	buf_init(&b, BUF_MAX);
	if (p->modes && strchr(p->modes, 't')) {
		struct slice names = p->names ? slice_str(p->names) : SLICE_NONE;
		const char *between = "";
		buf_add_str(&b, "TABLE(");
		for (size_t i = 0; i < p->nall; i++) {
			struct slice name = slice_split(&names, ',');
			if (p->modes[i] != 't')
				continue;
			buf_add_str(&b, between);
			sql_name_quote(&b, name);
			buf_add_char(&b, ' ');
			sql_type_format(env, p->all[i], -1, &b);
			between = ", ";
		}
		buf_add_char(&b, ')');
	} else {
		if (p->set)
			buf_add_str(&b, "SETOF ");
		sql_type_format(env, p->returns, -1, &b);
	}
	result_buf(ctx, &b);
}

/* ---- sizes: about what the rows take ---- */

STRICT(relation_size)
{
	struct sql_session *s = session_of(ctx);
	const struct sql_relation *rel = sql_catalog_relation_oid(s, (uint32_t)arg_int(argv[0]));

	if (!rel)
		return;
	int64_t rows = 0;
	if ((rel->kind == 'r' || rel->kind == 'm') && !rel->system && rel->filenode) {
		char text[64];
		snprintf(text, sizeof(text), "SELECT count(*) FROM r_%u", rel->filenode);
		sqlite3_stmt *q = NULL;
		if (sqlite3_prepare_v2(s->engine->db, text, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
			rows = sqlite3_column_int64(q, 0);
		sqlite3_finalize(q);
	}
	sqlite3_result_int64(ctx, (rows + 99) / 100 * 8192); /* pages of 8 KiB with about a hundred rows */
}

FUNC(database_size)
{
	sqlite3_result_int64(ctx, 7 * 1024 * 1024); /* of an empty database; a number that nobody should compare */
}

STRICT(relation_filenode)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(session_of(ctx), (uint32_t)arg_int(argv[0]));

	if (rel && (rel->filenode || rel->system))
		sqlite3_result_int64(ctx, rel->filenode ? rel->filenode : rel->oid);
}

/* Bits of CmdType: 4 UPDATE, 8 INSERT, 16 DELETE. */
STRICT(relation_is_updatable)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(session_of(ctx), (uint32_t)arg_int(argv[0]));

	sqlite3_result_int(ctx, rel ? sql_view_events(session_of(ctx), rel, 0) : 0);
}

STRICT(column_is_updatable)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(session_of(ctx), (uint32_t)arg_int(argv[0]));

	int both = 1 << 2 | 1 << 4;
	result_bool(ctx, rel && arg_int(argv[1]) > 0 && (sql_view_events(session_of(ctx), rel, (int16_t)arg_int(argv[1])) & both) == both);
}

const struct func_row sysfunc_define_rows[] = {
	CALL_VOLATILE("pg_get_indexdef", indexdef, 1), CALL_VOLATILE("pg_get_indexdef_ext", indexdef, 3),
	CALL_VOLATILE("pg_get_constraintdef", constraintdef, 1), CALL_VOLATILE("pg_get_constraintdef_ext", constraintdef, 2),
	CALL_VOLATILE("pg_get_viewdef", viewdef_oid, 1), CALL_VOLATILE("pg_get_viewdef_ext", viewdef_oid, 2),
	CALL_VOLATILE("pg_get_viewdef_wrap", viewdef_wrap, 2), CALL_VOLATILE("pg_get_viewdef_name", viewdef_name, 1),
	CALL_VOLATILE("pg_get_viewdef_name_ext", viewdef_name, 2), CALL_VOLATILE("pg_get_expr", get_expr, 2), CALL_VOLATILE("pg_get_expr_ext", get_expr, 3),
	CALL("pg_get_partkeydef", nothing, 1), CALL("pg_get_partition_constraintdef", nothing, 1), CALL("pg_get_function_sqlbody", nothing, 1),
	CALL("pg_get_function_arg_default", nothing, 2), CALL_VOLATILE("pg_get_ruledef", ruledef, 1), CALL_VOLATILE("pg_get_ruledef_ext", ruledef, 2),
	CALL("pg_get_triggerdef", nothing, 1), CALL("pg_get_triggerdef_ext", nothing, 2), CALL("pg_get_statisticsobjdef", nothing, 1),
	CALL("pg_get_statisticsobjdef_columns", nothing, 1), CALL("pg_get_replica_identity_index", nothing, 1),
	CALL_VOLATILE("obj_description(oid,name)", obj_description, 2), CALL_VOLATILE("obj_description(oid)", obj_description_any, 1),
	CALL_VOLATILE("col_description(oid,int4)", col_description, 2), CALL_VOLATILE("shobj_description(oid,name)", shobj_description, 2),
	CALL_VOLATILE("pg_get_userbyid", userbyid, 1), CALL_VOLATILE("pg_get_serial_sequence", serial_sequence, 2),
	CALL("pg_get_function_arguments", function_arguments, 1), CALL("pg_get_function_identity_arguments", function_identity_arguments, 1),
	CALL("pg_get_function_result", function_result, 1), CALL_VOLATILE("pg_relation_size", relation_size, 2),
	CALL_VOLATILE("pg_relation_size(regclass)", relation_size, 1), CALL_VOLATILE("pg_table_size", relation_size, 1),
	CALL_VOLATILE("pg_total_relation_size", relation_size, 1), CALL_VOLATILE("pg_indexes_size", relation_size, 1),
	CALL("pg_database_size_name", database_size, 1), CALL("pg_database_size_oid", database_size, 1),
	CALL_VOLATILE("pg_relation_filenode", relation_filenode, 1), CALL_VOLATILE("pg_relation_is_updatable", relation_is_updatable, 2),
	CALL_VOLATILE("pg_column_is_updatable", column_is_updatable, 3), CALL("pg_tablespace_location", nothing, 1),
	CALL("pg_filenode_relation", nothing, 2),
	END_OF_ROWS
};
