/*
 * DROP and TRUNCATE, and what temporary tables do when a transaction or a session ends.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/transaction.h"

struct kind {
	PgQuery__ObjectType type;
	const char *kinds, *noun, *tag;
};

static const struct kind kinds[] = {
	{ PG_QUERY__OBJECT_TYPE__OBJECT_TABLE, "r", "table", "DROP TABLE" },
	{ PG_QUERY__OBJECT_TYPE__OBJECT_VIEW, "v", "view", "DROP VIEW" },
	{ PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW, "m", "materialized view", "DROP MATERIALIZED VIEW" },
	{ PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE, "S", "sequence", "DROP SEQUENCE" },
	{ PG_QUERY__OBJECT_TYPE__OBJECT_INDEX, "i", "index", "DROP INDEX" },
};

static const char *whole_name(struct ddl *d, struct slice schema, struct slice name)
{
	return ddl_print(d, "%.*s%s%.*s", SLICE_ARG(schema), schema.ptr ? "." : "", SLICE_ARG(name));
}

static bool find_relation(struct ddl *d, const struct kind *k, PgQuery__Node *const *node, bool missing_ok, struct ddl_object *o, bool *found)
{
	size_t n;
	PgQuery__Node **names = sql_ast_items(node, &n);
	struct slice schema, name;
	uint32_t oid;

	*found = false;
	ddl_split_name(names, n, &schema, &name);
	if (schema.ptr && !sql_catalog_schema(d->s, schema, &oid)) {
		if (!missing_ok)
			return ddl_fail(d, "3F000", -1, "schema \"%.*s\" does not exist", SLICE_ARG(schema));
		ddl_notice(d, "00000", "schema \"%.*s\" does not exist, skipping", SLICE_ARG(schema));
		return true;
	}
	const struct sql_relation *rel = sql_catalog_relation(d->s, schema, name);
	if (!rel) {
		if (!missing_ok)
			return ddl_fail(d, k->type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX ? "42704" : "42P01", -1, "%s \"%s\" does not exist", k->noun,
					whole_name(d, schema, name));
		ddl_notice(d, "00000", "%s \"%.*s\" does not exist, skipping", k->noun, SLICE_ARG(name));
		return true;
	}
	if (rel->system)
		return ddl_fail(d, "42501", -1, "permission denied: \"%s\" is a system catalog", rel->name);
	if (!strchr(k->kinds, rel->kind)) {
		const char *a = strchr("aeiou", k->noun[0]) ? "an" : "a";
		ddl_fail(d, "42809", -1, "\"%s\" is not %s %s", rel->name, a, k->noun);
		static const struct {
			char kind;
			const char *hint;
		} hints[] = { { 'r', "Use DROP TABLE to remove a table." }, { 'v', "Use DROP VIEW to remove a view." },
			      { 'm', "Use DROP MATERIALIZED VIEW to remove a materialized view." }, { 'S', "Use DROP SEQUENCE to remove a sequence." },
			      { 'i', "Use DROP INDEX to remove an index." }, { 'c', "Use DROP TYPE to remove a type." } };
		for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
			if (hints[i].kind == rel->kind)
				sql_hint(d->env, d->env->error, "%s", hints[i].hint);
		return false;
	}
	*o = (struct ddl_object){ CAT_CLASS, rel->oid, 0 };
	*found = true;
	const struct sql_relation *lock = rel;
	if (rel->kind == 'i')
		lock = sql_catalog_relation_oid(d->s, (uint32_t)sql_cat_int(d->st, "SELECT indrelid FROM pg_index WHERE indexrelid = ?1", "i", (int64_t)rel->oid));
	return !lock || sql_table_lock(d->s, lock, SQL_ACCESS_EXCLUSIVE, false);
}

static bool drop_type(struct ddl *d, const PgQuery__DropStmt *st, struct ddl_object *list, size_t *n)
{
	bool domain = st->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN;

	for (size_t i = 0; i < st->n_objects; i++) {
		const PgQuery__TypeName *name = st->objects[i]->type_name;
		const struct sql_type *t = ddl_type_named(d, name->names, name->n_names, true);
		struct slice last = ddl_last_name(name->names, name->n_names);
		if (!t) {
			if (!st->missing_ok)
				return ddl_fail(d, "42704", -1, "type \"%.*s\" does not exist", SLICE_ARG(last));
			ddl_notice(d, "00000", "type \"%.*s\" does not exist, skipping", SLICE_ARG(last));
			continue;
		}
		if (t->oid < SQL_FIRST_OID)
			return ddl_fail(d, "2BP01", -1, "cannot drop type %s because it is required by the database system", t->name);
		if (domain && t->kind != 'd')
			return ddl_fail(d, "42809", -1, "\"%s\" is not a domain", t->name);
		const struct sql_relation *rel = t->kind == 'c' ? sql_catalog_relation_oid(d->s, t->relation) : NULL;
		if (rel && rel->kind != 'c') {
			ddl_fail(d, "2BP01", -1, "cannot drop type %s because table %s requires it", t->name, rel->name);
			sql_hint(d->env, d->env->error, "You can drop table %s instead.", rel->name);
			return false;
		}
		list[(*n)++] = rel ? (struct ddl_object){ CAT_CLASS, rel->oid, 0 } : (struct ddl_object){ CAT_TYPE, t->oid, 0 };
	}
	return true;
}

static bool drop_schema(struct ddl *d, const PgQuery__DropStmt *st, struct ddl_object *list, size_t *n)
{
	for (size_t i = 0; i < st->n_objects; i++) {
		const char *name = sql_ast_string(st->objects[i]);
		uint32_t oid;
		if (!sql_catalog_schema(d->s, slice_str(name), &oid)) {
			if (!st->missing_ok)
				return ddl_fail(d, "3F000", -1, "schema \"%s\" does not exist", name);
			ddl_notice(d, "00000", "schema \"%s\" does not exist, skipping", name);
			continue;
		}
		if (oid == SQL_SCHEMA_CATALOG)
			return ddl_fail(d, "2BP01", -1, "cannot drop schema pg_catalog because it is required by the database system");
		list[(*n)++] = (struct ddl_object){ CAT_NAMESPACE, oid, 0 };
	}
	return true;
}

bool ddl_drop(struct ddl *d, const PgQuery__DropStmt *st)
{
	struct ddl_object *list = ARENA_ARRAY(d->a, struct ddl_object, st->n_objects + 1);
	const struct kind *k = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == st->remove_type)
			k = &kinds[i];
	switch (st->remove_type) {
	case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN:
		d->tag = st->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN ? SLICE_LIT("DROP DOMAIN") : SLICE_LIT("DROP TYPE");
		if (!drop_type(d, st, list, &n))
			return false;
		break;
	case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
		d->tag = SLICE_LIT("DROP SCHEMA");
		if (!drop_schema(d, st, list, &n))
			return false;
		break;
	case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
	case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
	case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
	case PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION: {
		static const char *const nouns[] = { "function", "procedure", "trigger", "rule", "aggregate", "extension" };
		static const PgQuery__ObjectType types[] = { PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION, PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE,
							     PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER, PG_QUERY__OBJECT_TYPE__OBJECT_RULE,
							     PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE, PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION };
		static const char *const tags[] = { "DROP FUNCTION", "DROP PROCEDURE", "DROP TRIGGER", "DROP RULE", "DROP AGGREGATE", "DROP EXTENSION" };
		for (size_t i = 0; i < 6; i++) {
			if (types[i] != st->remove_type)
				continue;
			d->tag = slice_str(tags[i]);
			/* there are none, as none can be made */
			if (!st->missing_ok)
				return ddl_refuse(d, ddl_print(d, "DROP of a %s that was not made here", nouns[i]));
			ddl_notice(d, "00000", "%s does not exist, skipping", nouns[i]);
		}
		return true;
	}
	default:
		if (!k)
			return ddl_refuse(d, "this form of DROP");
		d->tag = slice_str(k->tag);
		for (size_t i = 0; i < st->n_objects; i++) {
			bool found;
			if (!find_relation(d, k, &st->objects[i], st->missing_ok, &list[n], &found))
				return false;
			n += found;
		}
	}
	return !n || ddl_delete(d, list, n, st->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE);
}

/* ---- TRUNCATE ------------------------------------------------------------------------- */

static bool listed(const uint32_t *oids, size_t n, uint32_t oid)
{
	for (size_t i = 0; i < n; i++)
		if (oids[i] == oid)
			return true;
	return false;
}

bool ddl_truncate(struct ddl *d, const PgQuery__TruncateStmt *st)
{
	uint32_t oids[1024];
	size_t n = 0;

	for (size_t i = 0; i < st->n_relations && n < 1024; i++) {
		const struct sql_relation *rel = ddl_relation(d, st->relations[i]->range_var, "r", "table", false);
		if (!rel)
			return false;
		if (!listed(oids, n, rel->oid))
			oids[n++] = rel->oid;
	}
	for (size_t i = 0; i < n; i++) {
		const struct sql_relation *rel = ddl_reload(d, oids[i]);
		for (size_t k = 0; k < rel->nreferences; k++) {
			uint32_t child = rel->references[k].other;
			if (listed(oids, n, child))
				continue;
			const struct sql_relation *other = ddl_reload(d, child);
			if (st->behavior != PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE) {
				ddl_fail(d, "0A000", -1, "cannot truncate a table referenced in a foreign key constraint");
				sql_detail(d->env, d->env->error, "Table \"%s\" references \"%s\".", other->name, rel->name);
				sql_hint(d->env, d->env->error, "Truncate table \"%s\" at the same time, or use TRUNCATE ... CASCADE.", other->name);
				return false;
			}
			ddl_notice(d, "00000", "truncate cascades to table \"%s\"", other->name);
			if (n < 1024)
				oids[n++] = child;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (!sql_table_lock(d->s, ddl_reload(d, oids[i]), SQL_ACCESS_EXCLUSIVE, false))
			return false;
		ddl_new_filenode(d, ddl_reload(d, oids[i]));
		if (!st->restart_seqs)
			continue;
		sqlite3_stmt *q = sql_cat_query(d->st, "SELECT objid FROM pg_depend JOIN pg_class ON pg_class.oid = objid WHERE classid = 1259 AND relkind = 'S' "
						       "AND refclassid = 1259 AND refobjid = ?1 AND refobjsubid > 0", "i", (int64_t)oids[i]);
		uint32_t sequences[64];
		size_t ns = 0;
		while (ns < 64 && sqlite3_step(q) == SQLITE_ROW)
			sequences[ns++] = (uint32_t)sqlite3_column_int64(q, 0);
		sql_store_done(d->st, q);
		for (size_t k = 0; k < ns; k++) {
			struct sql_sequence_facts f;
			uint32_t filenode = sql_store_oid(d->st);
			sql_catalog_sequence(d->s, sequences[k], &f);
			sql_sequence_make(d->s, filenode, f.start);
			sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relfilenode", filenode) }, 1, "oid = ?1", CAT_IDS(sequences[k]));
		}
	}
	return true;
}

/* ---- temporary ones --------------------------------------------------------------------- */

static struct ddl own(struct sql_session *s)
{
	return (struct ddl){ .s = s, .st = s->engine->store, .env = &s->engine->env, .a = s->engine->env.arena };
}

void sql_temp_on_commit(struct sql_session *s)
{
	struct ddl d = own(s);
	struct sql_temp *kept = NULL;

	if (!s->temps)
		return;
	sql_tx_push(s->tx);
	for (struct sql_temp *t = s->temps, *next; t; t = next) {
		next = t->next;
		const struct sql_relation *rel = sql_catalog_relation_oid(s, t->relation);
		if (!rel)
			continue; /* dropped, or never came to be */
		if (t->drop) {
			struct ddl_object o = { CAT_CLASS, t->relation, 0 };
			ddl_delete(&d, &o, 1, true);
			continue;
		}
		ddl_new_filenode(&d, rel);
		t->next = kept;
		kept = t;
	}
	sql_tx_merge(s->tx);
	s->temps = kept;
}

void sql_temp_forget(struct sql_session *s)
{
	struct ddl d = own(s);
	struct ddl_object o = { CAT_NAMESPACE, s->temp_schema, 0 };

	if (!s->temp_schema)
		return;
	sql_session_rollback(s);
	sql_statement_begin(s);
	sql_statement_writes(s, NULL);
	size_t notices = s->engine->env.nnotices;
	ddl_delete(&d, &o, 1, true);
	s->engine->env.nnotices = notices;
	sql_statement_end(s, false);
	s->temps = NULL;
	sql_session_commit(s, d.a);
	s->temp_schema = 0;
}
