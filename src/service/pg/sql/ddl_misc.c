/*
 * The rest of what defines: schemas, names, comments, and what is accepted because
 * a fake has nothing to do for it. sql_ddl is the way in.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/deferred.h"
#include "service/pg/sql/transaction.h"

/* ---- schemas ----------------------------------------------------------------- */

/* PostgreSQL's order: transformCreateSchemaStmt. */
static bool schema_elements(struct ddl *d, const PgQuery__CreateSchemaStmt *st, const char *schema)
{
	static const PgQuery__Node__NodeCase order[] = { AST(CREATE_SEQ_STMT), AST(CREATE_STMT), AST(VIEW_STMT), AST(INDEX_STMT), AST(CREATE_TRIG_STMT),
		AST(GRANT_STMT) };

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < st->n_schema_elts; i++) {
			PgQuery__Node *n = st->schema_elts[i];
			PgQuery__RangeVar *rv = n->node_case == AST(CREATE_STMT)     ? n->create_stmt->relation :
						n->node_case == AST(VIEW_STMT)	     ? n->view_stmt->view :
						n->node_case == AST(CREATE_SEQ_STMT) ? n->create_seq_stmt->sequence : NULL;
			struct slice tag;

			if (n->node_case != order[k])
				continue;
			if (rv && ddl_given(rv->schemaname) && strcmp(rv->schemaname, schema) != 0)
				return ddl_fail(d, "42P15", -1, "CREATE specifies a schema (%s) different from the one being created (%s)", rv->schemaname, schema);
			if (!sql_ddl(d->s, n, d->a, &tag))
				return false;
		}
	return true;
}

bool ddl_create_schema(struct ddl *d, const PgQuery__CreateSchemaStmt *st)
{
	const char *name = st->schemaname;
	uint32_t oid;

	if (!ddl_given(name) && st->authrole)
		name = ddl_given(st->authrole->rolename) ? st->authrole->rolename : d->s->user;
	if (!strncmp(name, "pg_", 3)) {
		ddl_fail(d, "42939", -1, "unacceptable schema name \"%s\"", name);
		sql_detail(d->env, d->env->error, "The prefix \"pg_\" is reserved for system schemas.");
		return false;
	}
	if (sql_catalog_schema(d->s, slice_str(name), &oid)) {
		if (!st->if_not_exists)
			return ddl_fail(d, "42P06", -1, "schema \"%s\" already exists", name);
		ddl_notice(d, "42P06", "schema \"%s\" already exists, skipping", name);
		return true;
	}
	oid = sql_store_oid(d->st);
	sql_cat_insert(d->s, CAT_NAMESPACE, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("nspname", name), CAT_INT("nspowner", SQL_OWNER) }, 3);
	if (!st->n_schema_elts)
		return true;
	/* names are looked up in the new schema first, and made in it */
	const char *before = d->s->first_schema;
	struct slice tag = d->tag;
	d->s->first_schema = arena_str(d->a, name);
	bool ok = schema_elements(d, st, name);
	d->s->first_schema = before;
	d->tag = tag;
	return ok;
}

/* ---- names --------------------------------------------------------------------- */

static bool rename_relation(struct ddl *d, const PgQuery__RenameStmt *st)
{
	const char *noun = "table";
	const struct sql_relation *rel = ddl_relation(d, st->relation, "rvmSic", noun, st->missing_ok);

	if (!rel)
		return !d->env->error;
	if (ddl_name_taken(d, rel->schema_oid, slice_str(st->newname)))
		return ddl_fail(d, "42P07", -1, "relation \"%s\" already exists", st->newname);
	if (rel->kind != 'i' && !sql_table_lock(d->s, rel, SQL_ACCESS_EXCLUSIVE, false))
		return false;
	uint32_t oid = rel->oid, type = rel->type;
	if (!ddl_rename_relation_in_texts(d, rel, st->newname))
		return false;
	if (type) {
		int64_t array = sql_cat_int(d->st, "SELECT typarray FROM pg_type WHERE oid = ?1", "i", (int64_t)type);
		sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_TEXT("typname", st->newname) }, 1, "oid = ?1", CAT_IDS(type));
		sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_TEXT("typname", ddl_make_name(d, "", st->newname, NULL)) }, 1, "oid = ?1", CAT_IDS(array));
	}
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_TEXT("relname", st->newname) }, 1, "oid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_TEXT("conname", st->newname) }, 1, "conindid = ?1 AND contype IN ('p', 'u')", CAT_IDS(oid));
	return true;
}

static bool rename_column(struct ddl *d, const PgQuery__RenameStmt *st)
{
	const struct sql_relation *rel = ddl_relation(d, st->relation, "rvmc", "table", st->missing_ok);

	if (!rel)
		return !d->env->error;
	const struct sql_attribute *c = ddl_find_column(rel, st->subname);
	if (!c)
		return ddl_fail(d, "42703", -1, "column \"%s\" does not exist", st->subname);
	if (ddl_find_column(rel, st->newname))
		return ddl_fail(d, "42701", -1, "column \"%s\" of relation \"%s\" already exists", st->newname, rel->name);
	if (!sql_table_lock(d->s, rel, SQL_ACCESS_EXCLUSIVE, false))
		return false;
	if (!ddl_rename_column_in_texts(d, rel, st->subname, st->newname))
		return false;
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_TEXT("attname", st->newname) }, 1, "attrelid = ?1 AND attnum = ?2",
		       CAT_IDS(rel->oid, c->number));
	for (size_t i = 0; i < rel->nindexes; i++)
		for (size_t k = 0; k < rel->indexes[i].nkeys; k++)
			if (rel->indexes[i].keys[k].column == c->number)
				sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_TEXT("attname", st->newname) }, 1, "attrelid = ?1 AND attnum = ?2",
					       CAT_IDS(rel->indexes[i].oid, (int64_t)k + 1));
	return true;
}

bool ddl_rename(struct ddl *d, const PgQuery__RenameStmt *st)
{
	switch (st->rename_type) {
	case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX: d->tag = SLICE_LIT("ALTER INDEX"); return rename_relation(d, st);
	case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW: d->tag = SLICE_LIT("ALTER VIEW"); return rename_relation(d, st);
	case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW: d->tag = SLICE_LIT("ALTER MATERIALIZED VIEW"); return rename_relation(d, st);
	case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE: d->tag = SLICE_LIT("ALTER SEQUENCE"); return rename_relation(d, st);
	case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE: return rename_relation(d, st);
	case PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN: return rename_column(d, st);
	case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT: {
		const struct sql_relation *rel = ddl_relation(d, st->relation, "r", "table", st->missing_ok);
		if (!rel)
			return !d->env->error;
		for (size_t i = 0; i < rel->nconstraints; i++) {
			const struct sql_constraint *k = &rel->constraints[i];
			if (strcmp(k->name, st->subname) != 0)
				continue;
			uint32_t oid = k->oid, index = k->kind == 'f' ? 0 : k->index;
			sql_cat_change(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_TEXT("conname", st->newname) }, 1, "oid = ?1", CAT_IDS(oid));
			if (index)
				sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_TEXT("relname", st->newname) }, 1, "oid = ?1", CAT_IDS(index));
			return true;
		}
		return ddl_fail(d, "42704", -1, "constraint \"%s\" for table \"%s\" does not exist", st->subname, rel->name);
	}
	case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA: {
		uint32_t oid, other;
		d->tag = SLICE_LIT("ALTER SCHEMA");
		if (!sql_catalog_schema(d->s, slice_str(st->subname), &oid))
			return ddl_fail(d, "3F000", -1, "schema \"%s\" does not exist", st->subname);
		if (sql_catalog_schema(d->s, slice_str(st->newname), &other))
			return ddl_fail(d, "42P06", -1, "schema \"%s\" already exists", st->newname);
		sql_cat_change(d->s, CAT_NAMESPACE, (struct sql_cat_value[]){ CAT_TEXT("nspname", st->newname) }, 1, "oid = ?1", CAT_IDS(oid));
		return true;
	}
	case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN: {
		size_t n;
		PgQuery__Node **names = sql_ast_items(&st->object, &n);
		const struct sql_type *t = ddl_type_named(d, names, n, false);
		d->tag = st->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN ? SLICE_LIT("ALTER DOMAIN") : SLICE_LIT("ALTER TYPE");
		if (!t)
			return false;
		uint32_t oid = t->oid, array = t->array, rel = t->relation;
		sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_TEXT("typname", st->newname) }, 1, "oid = ?1", CAT_IDS(oid));
		sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_TEXT("typname", ddl_make_name(d, "", st->newname, NULL)) }, 1, "oid = ?1", CAT_IDS(array));
		if (rel)
			sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_TEXT("relname", st->newname) }, 1, "oid = ?1", CAT_IDS(rel));
		return true;
	}
	default: return ddl_refuse(d, "this form of RENAME");
	}
}

bool ddl_set_schema(struct ddl *d, const PgQuery__AlterObjectSchemaStmt *st)
{
	uint32_t schema;

	d->tag = SLICE_LIT("ALTER TABLE");
	if (!st->relation)
		return ddl_refuse(d, "SET SCHEMA of this kind of object");
	const struct sql_relation *rel = ddl_relation(d, st->relation, "rvmS", "table", st->missing_ok);
	if (!rel)
		return !d->env->error;
	if (!sql_catalog_schema(d->s, slice_str(st->newschema), &schema))
		return ddl_fail(d, "3F000", -1, "schema \"%s\" does not exist", st->newschema);
	if (ddl_name_taken(d, schema, slice_str(rel->name)))
		return ddl_fail(d, "42P07", -1, "relation \"%s\" already exists in schema \"%s\"", rel->name, st->newschema);
	uint32_t oid = rel->oid, type = rel->type;
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relnamespace", schema) }, 1,
		       "oid = ?1 OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ?1) OR oid IN (SELECT objid FROM pg_depend JOIN pg_class c2 ON "
		       "c2.oid = objid WHERE classid = 1259 AND refclassid = 1259 AND refobjid = ?1 AND refobjsubid > 0 AND c2.relkind = 'S')", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("typnamespace", schema) }, 1, "oid = ?1 OR typelem = ?1", CAT_IDS(type));
	sql_cat_change(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("connamespace", schema) }, 1, "conrelid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_DEPEND, (struct sql_cat_value[]){ CAT_INT("refobjid", schema) }, 1, "classid = 1259 AND objid = ?1 AND refclassid = 2615",
		       CAT_IDS(oid));
	return true;
}

/* ---- COMMENT ----------------------------------------------------------------------- */

bool ddl_comment_on(struct ddl *d, const PgQuery__CommentStmt *st)
{
	size_t n;
	PgQuery__Node **names = sql_ast_items(&st->object, &n);
	struct slice schema, name;
	const struct sql_relation *rel;
	uint32_t oid;

	d->tag = SLICE_LIT("COMMENT");
	switch (st->objtype) {
	case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
	case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
	case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
		ddl_split_name(names, n, &schema, &name);
		rel = sql_catalog_relation(d->s, schema, name);
		if (!rel)
			return ddl_fail(d, "42P01", -1, "relation \"%.*s\" does not exist", SLICE_ARG(name));
		ddl_comment(d, (struct ddl_object){ CAT_CLASS, rel->oid, 0 }, st->comment);
		return true;
	case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN: {
		const char *column = sql_ast_string(names[n - 1]);
		ddl_split_name(names, n - 1, &schema, &name);
		rel = sql_catalog_relation(d->s, schema, name);
		if (!rel)
			return ddl_fail(d, "42P01", -1, "relation \"%.*s\" does not exist", SLICE_ARG(name));
		const struct sql_attribute *c = ddl_column(d, rel, column);
		if (!c)
			return false;
		ddl_comment(d, (struct ddl_object){ CAT_CLASS, rel->oid, c->number }, st->comment);
		return true;
	}
	case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
		if (!sql_catalog_schema(d->s, ddl_last_name(names, n), &oid))
			return ddl_fail(d, "3F000", -1, "schema \"%.*s\" does not exist", SLICE_ARG(ddl_last_name(names, n)));
		ddl_comment(d, (struct ddl_object){ CAT_NAMESPACE, oid, 0 }, st->comment);
		return true;
	case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN: {
		const PgQuery__TypeName *t = st->object->type_name;
		const struct sql_type *type = ddl_type_named(d, t->names, t->n_names, false);
		if (!type)
			return false;
		ddl_comment(d, (struct ddl_object){ CAT_TYPE, type->oid, 0 }, st->comment);
		return true;
	}
	case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT: {
		const char *constraint = sql_ast_string(names[n - 1]);
		ddl_split_name(names, n - 1, &schema, &name);
		rel = sql_catalog_relation(d->s, schema, name);
		if (!rel)
			return ddl_fail(d, "42P01", -1, "relation \"%.*s\" does not exist", SLICE_ARG(name));
		for (size_t i = 0; i < rel->nconstraints; i++)
			if (!strcmp(rel->constraints[i].name, constraint)) {
				ddl_comment(d, (struct ddl_object){ CAT_CONSTRAINT, rel->constraints[i].oid, 0 }, st->comment);
				return true;
			}
		return ddl_fail(d, "42704", -1, "constraint \"%s\" for table \"%.*s\" does not exist", constraint, SLICE_ARG(name));
	}
	default: return true; /* databases, extensions, roles: nobody reads it back */
	}
}

/* ---- locks ----------------------------------------------------------------------------- */

static bool set_constraints(struct ddl *d, const PgQuery__ConstraintsSetStmt *st)
{
	uint32_t oids[256];
	size_t n = 0;

	if (!d->s->block) {
		ddl_notice(d, "25P01", "SET CONSTRAINTS can only be used in transaction blocks");
		d->env->notices[d->env->nnotices - 1].severity = SLICE_LIT("WARNING");
	}

	for (size_t i = 0; i < st->n_constraints; i++) {
		const PgQuery__RangeVar *rv = st->constraints[i]->range_var;
		sqlite3_stmt *q = sql_cat_query(d->st, "SELECT oid, condeferrable FROM pg_constraint WHERE conname = ?1", "s", rv->relname);
		bool found = false, deferrable = false;
		while (n < 256 && sqlite3_step(q) == SQLITE_ROW) {
			found = true;
			if (!sqlite3_column_int(q, 1))
				continue;
			deferrable = true;
			oids[n++] = (uint32_t)sqlite3_column_int64(q, 0);
		}
		sql_store_done(d->st, q);
		if (!found)
			return ddl_fail(d, "42704", -1, "constraint \"%s\" does not exist", rv->relname);
		if (!deferrable)
			return ddl_fail(d, "42809", -1, "constraint \"%s\" is not deferrable", rv->relname);
	}
	return sql_deferred_set(d->s, oids, n, st->deferred);
}

static bool lock_tables(struct ddl *d, const PgQuery__LockStmt *st)
{
	if (!d->s->block)
		return ddl_fail(d, "25P01", -1, "LOCK TABLE can only be used in transaction blocks");
	for (size_t i = 0; i < st->n_relations; i++) {
		const struct sql_relation *rel = ddl_relation(d, st->relations[i]->range_var, "rvm", "table", false);
		if (!rel || !sql_table_lock(d->s, rel, (enum sql_table_lock)st->mode, st->nowait))
			return false;
	}
	return true;
}

/* VACUUM and ANALYZE name tables that must be there. */
static bool vacuum(struct ddl *d, const PgQuery__VacuumStmt *st)
{
	if (st->is_vacuumcmd && d->s->block)
		return ddl_fail(d, "25001", -1, "VACUUM cannot run inside a transaction block");
	for (size_t i = 0; i < st->n_rels; i++) {
		const PgQuery__VacuumRelation *v = st->rels[i]->vacuum_relation;
		const struct sql_relation *rel = v->relation ? ddl_relation(d, v->relation, "rvmSi", "table", false) : NULL;
		if (!rel)
			return false;
		for (size_t k = 0; k < v->n_va_cols; k++)
			if (!ddl_column(d, rel, sql_ast_string(v->va_cols[k])))
				return false;
	}
	return true;
}

static bool grant(struct ddl *d, const PgQuery__GrantStmt *st)
{
	d->tag = st->is_grant ? SLICE_LIT("GRANT") : SLICE_LIT("REVOKE");
	for (size_t i = 0; i < st->n_objects && st->targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_OBJECT; i++)
		if (st->objects[i]->node_case == AST(RANGE_VAR) && !ddl_relation(d, st->objects[i]->range_var, "rvmS", "table", false))
			return false;
	return true;
}

/* ---- roles: they are there, and mean nothing ------------------------------------ */

static bool ddl_create_role(struct ddl *d, const PgQuery__CreateRoleStmt *st)
{
	sql_system_read(d->st, sql_system_table(d->st, CAT_AUTHID));
	if (sql_cat_int(d->st, "SELECT count(*) FROM pg_authid WHERE rolname = ?1", "s", st->role))
		return ddl_fail(d, "42710", -1, "role \"%s\" already exists", st->role);
	bool login = st->stmt_type == PG_QUERY__ROLE_STMT_TYPE__ROLESTMT_USER;
	for (size_t i = 0; i < st->n_options; i++)
		if (!strcmp(st->options[i]->def_elem->defname, "canlogin"))
			login = ddl_option_bool(d, st->options[i]->def_elem);
	sql_cat_insert(d->s, CAT_AUTHID, (struct sql_cat_value[]){ CAT_INT("oid", sql_store_oid(d->st)), CAT_TEXT("rolname", st->role), CAT_INT("rolinherit", 1),
		       CAT_INT("rolcanlogin", login), CAT_INT("rolconnlimit", -1) }, 5);
	return true;
}

static bool ddl_drop_role(struct ddl *d, const PgQuery__DropRoleStmt *st)
{
	for (size_t i = 0; i < st->n_roles; i++) {
		const char *name = st->roles[i]->role_spec->rolename;
		sql_system_read(d->st, sql_system_table(d->st, CAT_AUTHID));
		int64_t oid = sql_cat_int(d->st, "SELECT oid FROM pg_authid WHERE rolname = ?1", "s", name);
		if (!oid && !st->missing_ok)
			return ddl_fail(d, "42704", -1, "role \"%s\" does not exist", name);
		if (!oid)
			ddl_notice(d, "00000", "role \"%s\" does not exist, skipping", name);
		else
			sql_cat_change(d->s, CAT_AUTHID, NULL, 0, "oid = ?1", CAT_IDS(oid));
	}
	return true;
}

/* ---- the way in ---------------------------------------------------------------------------- */

static bool create_extension(struct ddl *d, const PgQuery__CreateExtensionStmt *st)
{
	/* what these offer is built in here (gen_random_uuid, digest is not), or changes nothing */
	static const char *const known[] = { "plpgsql", NULL };

	d->tag = SLICE_LIT("CREATE EXTENSION");
	for (size_t i = 0; known[i]; i++)
		if (!strcmp(known[i], st->extname)) {
			if (!st->if_not_exists)
				return ddl_fail(d, "42710", -1, "extension \"%s\" already exists", st->extname);
			ddl_notice(d, "42710", "extension \"%s\" already exists, skipping", st->extname);
			return true;
		}
	ddl_fail(d, "0A000", -1, "extension \"%s\" is not available", st->extname);
	sql_detail(d->env, d->env->error, "Could not open extension control file \"/usr/share/postgresql/15/extension/%s.control\": No such file or directory.",
		   st->extname);
	sql_hint(d->env, d->env->error, "The extension must first be installed on the system where PostgreSQL is running.");
	return false;
}

static const char *object_words(PgQuery__ObjectType type)
{
	switch (type) {
	case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW: return "VIEW";
	case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW: return "MATERIALIZED VIEW";
	case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE: return "SEQUENCE";
	case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX: return "INDEX";
	case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA: return "SCHEMA";
	case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE: return "TYPE";
	case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN: return "DOMAIN";
	case PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE: return "DATABASE";
	case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION: return "FUNCTION";
	case PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION: return "EXTENSION";
	default: return "TABLE";
	}
}

/* The command tag as far as the statement alone tells it. */
static struct slice tag_of(struct ddl *d, const PgQuery__Node *n)
{
	static const struct {
		PgQuery__Node__NodeCase kind;
		const char *tag;
	} tags[] = {
		{ AST(CREATE_STMT), "CREATE TABLE" }, { AST(CREATE_TABLE_AS_STMT), "CREATE TABLE AS" },
		{ AST(REFRESH_MAT_VIEW_STMT), "REFRESH MATERIALIZED VIEW" }, { AST(VIEW_STMT), "CREATE VIEW" }, { AST(INDEX_STMT), "CREATE INDEX" },
		{ AST(TRUNCATE_STMT), "TRUNCATE TABLE" }, { AST(CREATE_SEQ_STMT), "CREATE SEQUENCE" }, { AST(ALTER_SEQ_STMT), "ALTER SEQUENCE" },
		{ AST(CREATE_ENUM_STMT), "CREATE TYPE" }, { AST(ALTER_ENUM_STMT), "ALTER TYPE" }, { AST(COMPOSITE_TYPE_STMT), "CREATE TYPE" },
		{ AST(CREATE_RANGE_STMT), "CREATE TYPE" }, { AST(CREATE_DOMAIN_STMT), "CREATE DOMAIN" }, { AST(ALTER_DOMAIN_STMT), "ALTER DOMAIN" },
		{ AST(CREATE_SCHEMA_STMT), "CREATE SCHEMA" }, { AST(COMMENT_STMT), "COMMENT" }, { AST(CREATE_EXTENSION_STMT), "CREATE EXTENSION" },
		{ AST(ALTER_DEFAULT_PRIVILEGES_STMT), "ALTER DEFAULT PRIVILEGES" }, { AST(REINDEX_STMT), "REINDEX" }, { AST(CLUSTER_STMT), "CLUSTER" },
		{ AST(CREATE_STATS_STMT), "CREATE STATISTICS" }, { AST(CREATE_ROLE_STMT), "CREATE ROLE" }, { AST(ALTER_ROLE_STMT), "ALTER ROLE" },
		{ AST(ALTER_ROLE_SET_STMT), "ALTER ROLE" }, { AST(DROP_ROLE_STMT), "DROP ROLE" }, { AST(ALTER_DATABASE_STMT), "ALTER DATABASE" },
		{ AST(ALTER_DATABASE_SET_STMT), "ALTER DATABASE" }, { AST(CREATE_TRIG_STMT), "CREATE TRIGGER" }, { AST(RULE_STMT), "CREATE RULE" },
		{ AST(DO_STMT), "DO" }, { AST(CREATEDB_STMT), "CREATE DATABASE" }, { AST(DROPDB_STMT), "DROP DATABASE" },
		{ AST(CONSTRAINTS_SET_STMT), "SET CONSTRAINTS" }, { AST(LOCK_STMT), "LOCK TABLE" }, { AST(CHECK_POINT_STMT), "CHECKPOINT" },
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i].kind == n->node_case)
			return slice_str(tags[i].tag);
	switch (n->node_case) {
	case AST(VACUUM_STMT): return n->vacuum_stmt->is_vacuumcmd ? SLICE_LIT("VACUUM") : SLICE_LIT("ANALYZE");
	case AST(GRANT_STMT): return n->grant_stmt->is_grant ? SLICE_LIT("GRANT") : SLICE_LIT("REVOKE");
	case AST(GRANT_ROLE_STMT): return n->grant_role_stmt->is_grant ? SLICE_LIT("GRANT ROLE") : SLICE_LIT("REVOKE ROLE");
	case AST(CREATE_FUNCTION_STMT): return n->create_function_stmt->is_procedure ? SLICE_LIT("CREATE PROCEDURE") : SLICE_LIT("CREATE FUNCTION");
	case AST(DROP_STMT): return slice_str(ddl_print(d, "DROP %s", object_words(n->drop_stmt->remove_type)));
	case AST(ALTER_TABLE_STMT): return slice_str(ddl_print(d, "ALTER %s", object_words(n->alter_table_stmt->objtype)));
	case AST(RENAME_STMT): {
		const PgQuery__RenameStmt *r = n->rename_stmt;
		bool part = r->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN || r->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE;
		return slice_str(ddl_print(d, "ALTER %s", object_words(part ? r->relation_type : r->rename_type)));
	}
	case AST(ALTER_OBJECT_SCHEMA_STMT): return slice_str(ddl_print(d, "ALTER %s", object_words(n->alter_object_schema_stmt->object_type)));
	case AST(ALTER_OWNER_STMT): return slice_str(ddl_print(d, "ALTER %s", object_words(n->alter_owner_stmt->object_type)));
	default: return SLICE_LIT("UTILITY");
	}
}

static bool dispatch(struct ddl *d, PgQuery__Node *n)
{
	uint64_t rows;

	switch (n->node_case) {
	case AST(CREATE_STMT): return ddl_create_table(d, n->create_stmt);
	case AST(CREATE_TABLE_AS_STMT): return ddl_create_table_as(d, n->create_table_as_stmt, &rows);
	case AST(REFRESH_MAT_VIEW_STMT): return ddl_refresh(d, n->refresh_mat_view_stmt);
	case AST(VIEW_STMT): return ddl_create_view(d, n->view_stmt);
	case AST(INDEX_STMT): return ddl_create_index(d, n->index_stmt);
	case AST(ALTER_TABLE_STMT): return ddl_alter_table(d, n->alter_table_stmt);
	case AST(RENAME_STMT): return ddl_rename(d, n->rename_stmt);
	case AST(ALTER_OBJECT_SCHEMA_STMT): return ddl_set_schema(d, n->alter_object_schema_stmt);
	case AST(DROP_STMT): return ddl_drop(d, n->drop_stmt);
	case AST(TRUNCATE_STMT): return ddl_truncate(d, n->truncate_stmt);
	case AST(CREATE_SEQ_STMT): return ddl_create_sequence(d, n->create_seq_stmt);
	case AST(ALTER_SEQ_STMT): return ddl_alter_sequence(d, n->alter_seq_stmt);
	case AST(CREATE_ENUM_STMT): return ddl_create_enum(d, n->create_enum_stmt);
	case AST(ALTER_ENUM_STMT): return ddl_alter_enum(d, n->alter_enum_stmt);
	case AST(COMPOSITE_TYPE_STMT): return ddl_create_composite(d, n->composite_type_stmt);
	case AST(CREATE_RANGE_STMT): return ddl_create_range(d, n->create_range_stmt);
	case AST(CREATE_DOMAIN_STMT): return ddl_create_domain(d, n->create_domain_stmt);
	case AST(ALTER_DOMAIN_STMT): return ddl_alter_domain(d, n->alter_domain_stmt);
	case AST(CREATE_SCHEMA_STMT): return ddl_create_schema(d, n->create_schema_stmt);
	case AST(COMMENT_STMT): return ddl_comment_on(d, n->comment_stmt);
	case AST(CREATE_EXTENSION_STMT): return create_extension(d, n->create_extension_stmt);
	case AST(GRANT_STMT): return grant(d, n->grant_stmt);
	case AST(CREATE_ROLE_STMT): return ddl_create_role(d, n->create_role_stmt);
	case AST(DROP_ROLE_STMT): return ddl_drop_role(d, n->drop_role_stmt);
	/* accepted: everybody may do everything here, and nothing needs tuning */
	case AST(GRANT_ROLE_STMT):
	case AST(ALTER_DEFAULT_PRIVILEGES_STMT):
	case AST(ALTER_OWNER_STMT):
	case AST(REINDEX_STMT):
	case AST(CLUSTER_STMT):
	case AST(CREATE_STATS_STMT):
	case AST(ALTER_ROLE_STMT):
	case AST(ALTER_ROLE_SET_STMT):
	case AST(ALTER_DATABASE_STMT):
	case AST(ALTER_DATABASE_SET_STMT): return true;
	default: return ddl_refuse(d, d->tag.len ? ddl_print(d, "%.*s", SLICE_ARG(d->tag)) : "this statement");
	}
}

bool sql_ddl(struct sql_session *s, PgQuery__Node *n, struct arena *a, struct slice *tag)
{
	struct ddl d = { .s = s, .st = s->engine->store, .env = &s->engine->env, .a = a };
	bool ok;

	d.tag = tag_of(&d, n);
	switch (n->node_case) {
	case AST(VACUUM_STMT): ok = vacuum(&d, n->vacuum_stmt); break;
	case AST(CONSTRAINTS_SET_STMT): ok = set_constraints(&d, n->constraints_set_stmt); break;
	case AST(LOCK_STMT): ok = lock_tables(&d, n->lock_stmt); break;
	case AST(CHECK_POINT_STMT): ok = true; break;
	default: ok = sql_statement_writes(s, ddl_print(&d, "%.*s", SLICE_ARG(d.tag))) && dispatch(&d, n); break;
	}
	*tag = d.tag;
	return ok;
}
