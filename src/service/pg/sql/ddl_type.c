/*
 * Types that are made: enums, domains, composites, ranges.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/table_plan.h"

const struct sql_type *ddl_type_named(struct ddl *d, PgQuery__Node **names, size_t count, bool missing_ok)
{
	struct slice schema, name;

	ddl_split_name(names, count, &schema, &name);
	const struct sql_type *t = sql_catalog_type(d->s, schema, name);
	if (!t && !missing_ok)
		ddl_fail(d, "42704", -1, "type \"%.*s%s%.*s\" does not exist", SLICE_ARG(schema), schema.ptr ? "." : "", SLICE_ARG(name));
	return t;
}

static uint32_t new_name(struct ddl *d, PgQuery__Node **names, size_t count, const char **name)
{
	struct slice schema, last;

	ddl_split_name(names, count, &schema, &last);
	*name = last.ptr;
	uint32_t oid = ddl_schema_for(d, schema.ptr, NULL, -1);
	if (oid && sql_cat_int(d->st, "SELECT count(*) FROM pg_type WHERE typnamespace = ?1 AND typname = ?2", "iS", (int64_t)oid, last)) {
		ddl_fail(d, "42710", -1, "type \"%s\" already exists", *name);
		return 0;
	}
	return oid;
}

static uint32_t make_array(struct ddl *d, const char *name, uint32_t schema, uint32_t element, uint32_t oid)
{
	const char *array = ddl_make_name(d, "", name, NULL);

	sql_cat_insert(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("typname", array), CAT_INT("typnamespace", schema),
		       CAT_INT("typowner", SQL_OWNER), CAT_INT("typlen", -1), CAT_TEXT("typtype", "b"), CAT_TEXT("typcategory", "A"),
		       CAT_INT("typisdefined", 1), CAT_TEXT("typdelim", ","), CAT_INT("typelem", element), CAT_INT("typsubscript", 6179),
		       CAT_INT("typinput", 750), CAT_INT("typoutput", 751), CAT_INT("typreceive", 2400), CAT_INT("typsend", 2401),
		       CAT_INT("typanalyze", 3816), CAT_TEXT("typalign", "i"), CAT_TEXT("typstorage", "x"), CAT_INT("typtypmod", -1) }, 19);
	ddl_depend(d, (struct ddl_object){ CAT_TYPE, oid, 0 }, (struct ddl_object){ CAT_TYPE, element, 0 }, 'i');
	return oid;
}

/* ---- enums --------------------------------------------------------------------- */

static bool add_label(struct ddl *d, uint32_t type, const char *label, double order)
{
	if (strlen(label) > SQL_NAME_MAX) {
		ddl_fail(d, "42602", -1, "invalid enum label \"%s\"", label);
		sql_detail(d->env, d->env->error, "Labels must be 63 bytes or less.");
		return false;
	}
	sql_cat_insert(d->s, CAT_ENUM, (struct sql_cat_value[]){ CAT_INT("oid", sql_store_oid(d->st)), CAT_INT("enumtypid", type),
		       { "enumsortorder", { .kind = SQL_REAL, .d = order } }, CAT_TEXT("enumlabel", label) }, 4);
	return true;
}

static bool twice(struct ddl *d, uint32_t type, const char *label)
{
	struct sql_error *e = sql_raise_env(d->env, "23505", "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"");

	sql_detail(d->env, e, "Key (enumtypid, enumlabel)=(%u, %s) already exists.", type, label);
	e->schema = SLICE_LIT("pg_catalog");
	e->table = SLICE_LIT("pg_enum");
	e->constraint = SLICE_LIT("pg_enum_typid_label_index");
	return false;
}

bool ddl_create_enum(struct ddl *d, const PgQuery__CreateEnumStmt *st)
{
	const char *name;
	uint32_t schema = new_name(d, st->type_name, st->n_type_name, &name), oid, array;

	if (!schema)
		return false;
	oid = sql_store_oid(d->st);
	array = sql_store_oid(d->st);
	sql_cat_insert(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("typname", name), CAT_INT("typnamespace", schema),
		       CAT_INT("typowner", SQL_OWNER), CAT_INT("typlen", 4), CAT_INT("typbyval", 1), CAT_TEXT("typtype", "e"), CAT_TEXT("typcategory", "E"),
		       CAT_INT("typisdefined", 1), CAT_TEXT("typdelim", ","), CAT_INT("typarray", array), CAT_INT("typinput", 3506),
		       CAT_INT("typoutput", 3507), CAT_INT("typreceive", 3532), CAT_INT("typsend", 3533), CAT_TEXT("typalign", "i"),
		       CAT_TEXT("typstorage", "p"), CAT_INT("typtypmod", -1) }, 18);
	make_array(d, name, schema, oid, array);
	ddl_depend(d, (struct ddl_object){ CAT_TYPE, oid, 0 }, (struct ddl_object){ CAT_NAMESPACE, schema, 0 }, 'n');
	for (size_t i = 0; i < st->n_vals; i++) {
		for (size_t k = 0; k < i; k++)
			if (!strcmp(sql_ast_string(st->vals[i]), sql_ast_string(st->vals[k])))
				return twice(d, oid, sql_ast_string(st->vals[i]));
		if (!add_label(d, oid, sql_ast_string(st->vals[i]), (double)(i + 1)))
			return false;
	}
	return true;
}

bool ddl_alter_enum(struct ddl *d, const PgQuery__AlterEnumStmt *st)
{
	const struct sql_type *t = ddl_type_named(d, st->type_name, st->n_type_name, false);
	const struct sql_label *labels;
	size_t n, at = 0, found = 0;

	if (!t)
		return false;
	if (t->kind != 'e')
		return ddl_fail(d, "42809", -1, "%s is not an enum", t->name);
	labels = sql_catalog_labels(d->s, t->oid, &n);
	if (ddl_given(st->old_val)) {
		for (size_t i = 0; i < n; i++) {
			if (!strcmp(labels[i].text, st->new_val))
				return ddl_fail(d, "42710", -1, "enum label \"%s\" already exists", st->new_val);
			if (!strcmp(labels[i].text, st->old_val))
				at = i + 1;
		}
		if (!at)
			return ddl_fail(d, "22023", -1, "\"%s\" is not an existing enum label", st->old_val);
		sql_cat_change(d->s, CAT_ENUM, (struct sql_cat_value[]){ CAT_TEXT("enumlabel", st->new_val) }, 1, "oid = ?1", CAT_IDS(labels[at - 1].oid));
		return true;
	}
	for (size_t i = 0; i < n; i++)
		if (!strcmp(labels[i].text, st->new_val)) {
			if (!st->skip_if_new_val_exists)
				return ddl_fail(d, "42710", -1, "enum label \"%s\" already exists", st->new_val);
			ddl_notice(d, "42710", "enum label \"%s\" already exists, skipping", st->new_val);
			return true;
		}
	if (!ddl_given(st->new_val_neighbor))
		return add_label(d, t->oid, st->new_val, n ? labels[n - 1].order + 1 : 1);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(labels[i].text, st->new_val_neighbor))
			found = i + 1;
	if (!found)
		return ddl_fail(d, "22023", -1, "\"%s\" is not an existing enum label", st->new_val_neighbor);
	at = st->new_val_is_after ? found : found - 1; /* it goes before labels[at] */
	double before = at ? labels[at - 1].order : labels[0].order - 2, after = at < n ? labels[at].order : labels[n - 1].order + 2;
	return add_label(d, t->oid, st->new_val, (before + after) / 2);
}

/* ---- domains ---------------------------------------------------------------------- */

/* `base` and its modifier: what VALUE is. */
static bool domain_check(struct ddl *d, uint32_t domain, const char *domain_name, uint32_t schema, uint32_t base, int32_t typmod, const PgQuery__Constraint *k)
{
	struct sql_attribute value = { .name = "value", .number = 1, .type = base, .typmod = typmod };
	struct sql_relation rel = { .name = domain_name, .columns = &value, .ncolumns = 1 };
	const char *name = k->conname;
	struct sql_compiled made;
	struct slice text = sql_deparse_expr(k->raw_expr, d->a);
	uint32_t oid = sql_store_oid(d->st);

	if (!sql_compile_expr(d->s, &rel, k->raw_expr, SQL_FOR_CHECK, 16, -1, NULL, d->a, &made)) {
		d->env->error->position = 0; /* PostgreSQL shows no place in it */
		return false;
	}
	if (!ddl_given(name)) {
		name = ddl_make_name(d, domain_name, NULL, "check");
		for (int pass = 1; sql_cat_int(d->st, "SELECT count(*) FROM pg_constraint WHERE contypid = ?1 AND conname = ?2", "is", (int64_t)domain, name); pass++)
			name = ddl_make_name(d, domain_name, NULL, ddl_print(d, "check%d", pass));
	} else if (sql_cat_int(d->st, "SELECT count(*) FROM pg_constraint WHERE contypid = ?1 AND conname = ?2", "is", (int64_t)domain, name)) {
		return ddl_fail(d, "42710", -1, "constraint \"%s\" for domain \"%s\" already exists", name, domain_name);
	}
	sql_cat_insert(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("conname", name), CAT_INT("connamespace", schema),
		       CAT_TEXT("contype", "c"), CAT_INT("convalidated", !k->skip_validation), CAT_INT("contypid", domain), CAT_INT("conislocal", 1),
		       CAT_TEXT("confupdtype", " "), CAT_TEXT("confdeltype", " "), CAT_TEXT("confmatchtype", " "), CAT_SLICE("conbin", text) }, 11);
	ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_TYPE, domain, 0 }, 'a');
	return true;
}

bool ddl_create_domain(struct ddl *d, const PgQuery__CreateDomainStmt *st)
{
	const char *name, *fallback = NULL;
	uint32_t schema = new_name(d, st->domainname, st->n_domainname, &name), base, oid, array;
	int32_t typmod;
	bool notnull = false;
	struct sql_compiled made;

	if (!schema || !sql_compile_type(d->s, st->type_name, &base, &typmod))
		return false;
	const struct sql_type *t = sql_catalog_type_oid(d->s, base);
	const struct sql_type_fact *f = sql_type_fact_oid(base);
	if (t->kind == 'p')
		return ddl_fail(d, "42804", -1, "\"%s\" is not a valid base type for a domain", t->name);
	for (size_t i = 0; i < st->n_constraints; i++) {
		const PgQuery__Constraint *k = st->constraints[i]->constraint;
		if (k->contype == PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL) {
			notnull = true;
		} else if (k->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT) {
			if (!sql_compile_expr(d->s, NULL, k->raw_expr, SQL_FOR_DEFAULT, base, typmod, name, d->a, &made))
				return false;
			fallback = ddl_print(d, "%.*s", SLICE_ARG(made.text));
		} else if (k->contype != PG_QUERY__CONSTR_TYPE__CONSTR_CHECK && k->contype != PG_QUERY__CONSTR_TYPE__CONSTR_NULL) {
			return ddl_fail(d, "42601", -1, "%s constraints not possible for domains",
					k->contype == PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE ? "unique" :
					k->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY ? "primary key" : "foreign key");
		}
	}
	char category[2] = { t->category, 0 };
	oid = sql_store_oid(d->st);
	array = sql_store_oid(d->st);
	sql_cat_insert(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("typname", name), CAT_INT("typnamespace", schema),
		       CAT_INT("typowner", SQL_OWNER), CAT_INT("typlen", t->len), CAT_INT("typbyval", f ? f->byval : 0), CAT_TEXT("typtype", "d"),
		       CAT_TEXT("typcategory", category), CAT_INT("typisdefined", 1), CAT_TEXT("typdelim", ","), CAT_INT("typarray", array),
		       CAT_INT("typinput", 2597), CAT_INT("typoutput", f ? f->output : 0), CAT_INT("typreceive", 2598), CAT_INT("typsend", f ? f->send : 0),
		       CAT_TEXT("typalign", "i"), CAT_TEXT("typstorage", "x"), CAT_INT("typtypmod", typmod), CAT_INT("typnotnull", notnull),
		       CAT_INT("typbasetype", base), CAT_INT("typcollation", t->collation), CAT_INT("typelem", 0),
		       fallback ? (struct sql_cat_value)CAT_TEXT("typdefaultbin", fallback) : (struct sql_cat_value)CAT_NULL("typdefaultbin"),
		       fallback ? (struct sql_cat_value)CAT_TEXT("typdefault", fallback) : (struct sql_cat_value)CAT_NULL("typdefault") }, 24);
	make_array(d, name, schema, oid, array);
	ddl_depend(d, (struct ddl_object){ CAT_TYPE, oid, 0 }, (struct ddl_object){ CAT_NAMESPACE, schema, 0 }, 'n');
	ddl_depend_type(d, (struct ddl_object){ CAT_TYPE, oid, 0 }, base);
	for (size_t i = 0; i < st->n_constraints; i++)
		if (st->constraints[i]->constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK &&
		    !domain_check(d, oid, name, schema, base, typmod, st->constraints[i]->constraint))
			return false;
	return true;
}

/* Values that lie in tables, judged by what the domain says now; domains over it too. `what`: how the error goes on. */
static bool domain_holds(struct ddl *d, int64_t oid, const char *what)
{
	struct {
		int64_t table, number, type;
	} found[256];
	size_t n = 0;
	bool ok = true;
	sqlite3_stmt *q = sql_cat_query(d->st,
					"WITH RECURSIVE over(oid) AS (SELECT ?1 UNION SELECT t.oid FROM pg_type t JOIN over ON t.typbasetype = over.oid) "
					"SELECT a.attrelid, a.attnum, a.atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
					"WHERE c.relkind IN ('r', 'm') AND NOT a.attisdropped AND a.atttypid IN (SELECT oid FROM over) ORDER BY 1, 2", "i", oid);

	while (n < 256 && sqlite3_step(q) == SQLITE_ROW) {
		found[n].table = sqlite3_column_int64(q, 0);
		found[n].number = sqlite3_column_int64(q, 1);
		found[n++].type = sqlite3_column_int64(q, 2);
	}
	sql_store_done(d->st, q);
	for (size_t i = 0; ok && i < n; i++) {
		const struct sql_relation *rel = ddl_reload(d, (uint32_t)found[i].table);

		q = sql_store_take(d->st, ddl_print(d, "SELECT count(e_domain(%lld, c%lld)) FROM r_%u WHERE visnow(xmin, xmax)", (long long)found[i].type,
						    (long long)found[i].number, rel->filenode));
		ok = sqlite3_step(q) == SQLITE_ROW;
		sql_store_done(d->st, q);
		struct sql_error *e = d->env->error;
		if (ok || !e || (!slice_eq_str(e->sqlstate, "23514") && !slice_eq_str(e->sqlstate, "23502")))
			continue;
		const struct sql_attribute *c = &rel->columns[found[i].number - 1];
		e->message = arena_printf(d->env->arena, "column \"%s\" of table \"%s\" contains %s", c->name, rel->name, what);
		e->schema = slice_str(rel->schema);
		e->table = slice_str(rel->name);
		e->column = slice_str(c->name);
		e->datatype = e->constraint = SLICE_NONE;
	}
	return ok;
}

bool ddl_alter_domain(struct ddl *d, const PgQuery__AlterDomainStmt *st)
{
	const struct sql_type *t = ddl_type_named(d, st->type_name, st->n_type_name, false);
	struct sql_compiled made;
	int64_t oid, schema;

	if (!t)
		return false;
	if (t->kind != 'd')
		return ddl_fail(d, "42809", -1, "%s is not a domain", t->name);
	oid = t->oid;
	schema = sql_cat_int(d->st, "SELECT typnamespace FROM pg_type WHERE oid = ?1", "i", oid);
	switch (st->subtype[0]) {
	case 'T': {
		const char *text = NULL;
		if (st->def) {
			if (!sql_compile_expr(d->s, NULL, st->def, SQL_FOR_DEFAULT, t->base, t->basemod, t->name, d->a, &made))
				return false;
			text = ddl_print(d, "%.*s", SLICE_ARG(made.text));
		}
		sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){
			       text ? (struct sql_cat_value)CAT_TEXT("typdefaultbin", text) : (struct sql_cat_value)CAT_NULL("typdefaultbin"),
			       text ? (struct sql_cat_value)CAT_TEXT("typdefault", text) : (struct sql_cat_value)CAT_NULL("typdefault") }, 2, "oid = ?1", CAT_IDS(oid));
		return true;
	}
	case 'N':
	case 'O':
		sql_cat_change(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("typnotnull", st->subtype[0] == 'O') }, 1, "oid = ?1", CAT_IDS(oid));
		return st->subtype[0] == 'N' || domain_holds(d, oid, "null values");
	case 'C':
		return domain_check(d, (uint32_t)oid, arena_str(d->a, t->name), (uint32_t)schema, t->base, t->basemod, st->def->constraint) &&
		       (st->def->constraint->skip_validation || domain_holds(d, oid, "values that violate the new constraint"));
	case 'X': {
		int64_t k = sql_cat_int(d->st, "SELECT oid FROM pg_constraint WHERE contypid = ?1 AND conname = ?2", "is", oid, st->name);
		if (!k && !st->missing_ok)
			return ddl_fail(d, "42704", -1, "constraint \"%s\" of domain \"%s\" does not exist", st->name, t->name);
		if (!k) {
			ddl_notice(d, "00000", "constraint \"%s\" of domain \"%s\" does not exist, skipping", st->name, t->name);
			return true;
		}
		return ddl_delete(d, &(struct ddl_object){ CAT_CONSTRAINT, (uint32_t)k, 0 }, 1, st->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE);
	}
	case 'V':
		sql_cat_change(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("convalidated", 1) }, 1, "contypid = ?1", CAT_IDS(oid));
		return domain_holds(d, oid, "values that violate the new constraint");
	default: return ddl_refuse(d, "this form of ALTER DOMAIN");
	}
}

/* ---- composites, ranges --------------------------------------------------------------- */

bool ddl_create_composite(struct ddl *d, const PgQuery__CompositeTypeStmt *st)
{
	struct ddl_new_relation r = { .name = st->typevar->relname, .kind = 'c', .persistence = 'p', .ncolumns = st->n_coldeflist };

	r.schema = ddl_schema_for(d, st->typevar->schemaname, NULL, -1);
	if (!r.schema)
		return false;
	if (sql_cat_int(d->st, "SELECT count(*) FROM pg_type WHERE typnamespace = ?1 AND typname = ?2", "is", (int64_t)r.schema, r.name))
		return ddl_fail(d, "42710", -1, "type \"%s\" already exists", r.name);
	r.columns = ARENA_ARRAY(d->a, struct ddl_new_column, r.ncolumns + 1);
	for (size_t i = 0; i < r.ncolumns; i++) {
		if (!ddl_column_of(d, st->coldeflist[i]->column_def, &r.columns[i]))
			return false;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(r.columns[i].name, r.columns[k].name))
				return ddl_fail(d, "42701", -1, "column \"%s\" specified more than once", r.columns[i].name);
	}
	return ddl_make_relation(d, &r) != 0;
}

bool ddl_create_range(struct ddl *d, const PgQuery__CreateRangeStmt *st)
{
	(void)st;
	return ddl_refuse(d, "CREATE TYPE ... AS RANGE");
}
