/*
 * Views, materialised views and CREATE TABLE AS: relations that come from a query.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/table_plan.h"

static bool name_columns(struct ddl *d, const struct sql_compiled_query *q, PgQuery__Node **names, size_t count, struct ddl_new_relation *r,
			 bool view)
{
	if (count > q->ncolumns)
		return ddl_fail(d, "42601", -1, view ? "CREATE VIEW specifies more column names than columns" : "too many column names were specified");
	r->ncolumns = q->ncolumns;
	r->columns = ARENA_ARRAY(d->a, struct ddl_new_column, r->ncolumns + 1);
	for (size_t i = 0; i < q->ncolumns; i++) {
		const char *name = i < count ? sql_ast_string(names[i]) : arena_slice(d->a, q->columns[i].name).ptr;
		const struct sql_type *t;
		/* a literal without a type is text from here on */
		uint32_t type = q->columns[i].oid == 705 ? 25 : q->columns[i].oid;
		r->columns[i] = (struct ddl_new_column){ .name = name, .type = type, .typmod = q->columns[i].typmod, .location = -1 };
		t = sql_catalog_type_oid(d->s, type);
		if (t && t->kind == 'p' && type != 2249)
			return ddl_fail(d, "42P16", -1, "column \"%s\" has pseudo-type %s", name, t->name);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(r->columns[k].name, name))
				return ddl_fail(d, "42701", -1, "column \"%s\" specified more than once", name);
	}
	return true;
}

static void keep_rule(struct ddl *d, uint32_t view, const struct sql_compiled_query *q)
{
	uint32_t rule = sql_store_oid(d->st);

	sql_cat_insert(d->s, CAT_REWRITE, (struct sql_cat_value[]){ CAT_INT("oid", rule), CAT_TEXT("rulename", "_RETURN"), CAT_INT("ev_class", view),
		       CAT_TEXT("ev_type", "1"), CAT_TEXT("ev_enabled", "O"), CAT_INT("is_instead", 1), CAT_TEXT("ev_qual", "<>"),
		       CAT_SLICE("ev_action", q->text) }, 8);
	ddl_depend(d, (struct ddl_object){ CAT_REWRITE, rule, 0 }, (struct ddl_object){ CAT_CLASS, view, 0 }, 'i');
	for (size_t i = 0; i < q->nused; i++)
		ddl_depend(d, (struct ddl_object){ CAT_REWRITE, rule, 0 }, (struct ddl_object){ CAT_CLASS, q->used[i].relation, q->used[i].column }, 'n');
}

static bool replace_view(struct ddl *d, const struct sql_relation *old, const struct ddl_new_relation *r, const struct sql_compiled_query *q)
{
	uint32_t oid = old->oid;

	if (old->kind != 'v')
		return ddl_fail(d, "42809", -1, "\"%s\" is not a view", old->name);
	if (r->ncolumns < old->ncolumns)
		return ddl_fail(d, "42P16", -1, "cannot drop columns from view");
	for (size_t i = 0; i < old->ncolumns; i++) {
		if (strcmp(old->columns[i].name, r->columns[i].name) != 0) {
			ddl_fail(d, "42P16", -1, "cannot change name of view column \"%s\" to \"%s\"", old->columns[i].name, r->columns[i].name);
			sql_hint(d->env, d->env->error, "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
			return false;
		}
		if (old->columns[i].type != r->columns[i].type || old->columns[i].typmod != r->columns[i].typmod)
			return ddl_fail(d, "42P16", -1, "cannot change data type of view column \"%s\" from %s to %s", old->columns[i].name,
					ddl_type_words(d, old->columns[i].type, old->columns[i].typmod), ddl_type_words(d, r->columns[i].type, r->columns[i].typmod));
	}
	for (size_t i = old->ncolumns; i < r->ncolumns; i++)
		ddl_make_attribute(d, oid, (int16_t)(i + 1), &r->columns[i]);
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relnatts", (int64_t)r->ncolumns) }, 1, "oid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 2618 AND objid IN (SELECT oid FROM pg_rewrite WHERE ev_class = ?1)", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_REWRITE, NULL, 0, "ev_class = ?1", CAT_IDS(oid));
	keep_rule(d, oid, q);
	return true;
}

bool ddl_create_view(struct ddl *d, const PgQuery__ViewStmt *st)
{
	const PgQuery__RangeVar *rv = st->view;
	struct ddl_new_relation r = { .name = rv->relname, .kind = 'v' };
	struct sql_compiled_query q;
	bool skip;

	if (!sql_compile_query(d->s, st->query, d->a, &q))
		return false;
	bool temp = rv->relpersistence && rv->relpersistence[0] == 't';
	for (size_t i = 0; i < q.nrelations && !temp; i++) {
		const struct sql_relation *rel = sql_catalog_relation_oid(d->s, q.relations[i]);
		if (rel && rel->persistence == 't') {
			temp = true;
			ddl_notice(d, "00000", "view \"%s\" will be a temporary view", rv->relname);
		}
	}
	r.schema = ddl_schema_for(d, rv->schemaname, temp ? "t" : rv->relpersistence, rv->location);
	if (!r.schema || !name_columns(d, &q, st->aliases, st->n_aliases, &r, true))
		return false;
	r.persistence = r.schema == d->s->temp_schema ? 't' : 'p';
	const char *check = st->with_check_option == PG_QUERY__VIEW_CHECK_OPTION__LOCAL_CHECK_OPTION ? "{check_option=local}" :
			    st->with_check_option == PG_QUERY__VIEW_CHECK_OPTION__CASCADED_CHECK_OPTION ? "{check_option=cascaded}" : NULL;
	r.options = check ? check : ddl_reloptions(d, st->options, st->n_options);
	if (st->replace && ddl_name_taken(d, r.schema, slice_str(r.name))) {
		const struct sql_relation *old = sql_catalog_relation(d->s, slice_str(sql_catalog_schema_name(d->s, r.schema)), slice_str(r.name));
		return replace_view(d, old, &r, &q);
	}
	if (!ddl_check_new_name(d, r.schema, r.name, false, &skip))
		return false;
	keep_rule(d, ddl_make_relation(d, &r), &q);
	return true;
}

/* ---- rows of a query into a table ---------------------------------------------------- */

struct into {
	struct ddl *d;
	const struct sql_relation *rel;
	struct arena a;
	uint64_t rows;
};

static bool add_row(void *of, const struct sql_datum *values, size_t count)
{
	struct into *to = of;

	(void)count;
	to->rows++;
	return sql_row_insert(to->d->s, to->rel, values) != 0;
}

static bool fill(struct ddl *d, uint32_t oid, PgQuery__Node *query, const char *text, uint64_t *rows)
{
	struct into to = { .d = d, .rel = ddl_reload(d, oid) };
	bool ok = sql_table_plan(d->s, to.rel) && sql_run_query(d->s, query, text, d->a, add_row, &to);

	*rows = to.rows;
	return ok;
}

bool ddl_create_table_as(struct ddl *d, const PgQuery__CreateTableAsStmt *st, uint64_t *rows)
{
	const PgQuery__IntoClause *into = st->into;
	const PgQuery__RangeVar *rv = into->rel;
	bool matview = st->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW, skip;
	struct ddl_new_relation r = { .name = rv->relname, .kind = matview ? 'm' : 'r' };
	struct sql_compiled_query q;

	*rows = 0;
	r.schema = ddl_schema_for(d, rv->schemaname, rv->relpersistence, rv->location);
	if (!r.schema || !ddl_check_new_name(d, r.schema, r.name, st->if_not_exists, &skip))
		return false;
	if (skip) {
		d->tag = matview ? SLICE_LIT("CREATE MATERIALIZED VIEW") : SLICE_LIT("CREATE TABLE AS");
		return true;
	}
	r.persistence = r.schema == d->s->temp_schema ? 't' : rv->relpersistence && rv->relpersistence[0] ? rv->relpersistence[0] : 'p';
	if (!sql_compile_query(d->s, st->query, d->a, &q) || !name_columns(d, &q, into->col_names, into->n_col_names, &r, false))
		return false;
	r.options = ddl_reloptions(d, into->options, into->n_options);
	uint32_t oid = ddl_make_relation(d, &r);
	if (matview) {
		keep_rule(d, oid, &q);
		if (into->skip_data)
			sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relispopulated", 0) }, 1, "oid = ?1", CAT_IDS(oid));
	}
	if (!into->skip_data && !fill(d, oid, st->query, NULL, rows))
		return false;
	d->tag = slice_str(ddl_print(d, "SELECT %llu", (unsigned long long)*rows));
	if (into->skip_data)
		d->tag = matview ? SLICE_LIT("CREATE MATERIALIZED VIEW") : SLICE_LIT("CREATE TABLE AS");
	ddl_on_commit(d, oid, into->on_commit);
	return true;
}

bool ddl_refresh(struct ddl *d, const PgQuery__RefreshMatViewStmt *st)
{
	const struct sql_relation *rel = ddl_relation(d, st->relation, "rvmSic", "materialized view", false);
	uint64_t rows;

	if (rel && rel->kind != 'm')
		return ddl_fail(d, "0A000", -1, "\"%s\" is not a materialized view", rel->name);

	if (!rel)
		return false;
	uint32_t oid = rel->oid;
	if (st->concurrent) {
		bool unique = false;
		for (size_t i = 0; i < rel->nindexes; i++)
			unique |= rel->indexes[i].unique && !rel->indexes[i].predicate;
		if (!unique) {
			ddl_fail(d, "55000", -1, "cannot refresh materialized view \"%s.%s\" concurrently", rel->schema, rel->name);
			sql_hint(d->env, d->env->error, "Create a unique index with no WHERE clause on one or more columns of the materialized view.");
			return false;
		}
	}
	const char *text = arena_str(d->a, rel->view);
	ddl_new_filenode(d, rel);
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relispopulated", !st->skip_data) }, 1, "oid = ?1", CAT_IDS(oid));
	return st->skip_data || fill(d, oid, NULL, text, &rows);
}
