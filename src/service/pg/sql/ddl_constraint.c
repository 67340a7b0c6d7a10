/*
 * Constraints of tables: CHECK, PRIMARY KEY, UNIQUE, FOREIGN KEY, and whether the
 * rows that are there already meet them.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/table_plan.h"

static const char *numbers(struct ddl *d, const int16_t *v, size_t n)
{
	struct buf out;

	buf_init(&out, 4096);
	buf_add_char(&out, '{');
	for (size_t i = 0; i < n; i++)
		buf_addf(&out, "%s%d", i ? "," : "", v[i]);
	buf_add_char(&out, '}');
	const char *kept = arena_slice(d->a, buf_slice(&out)).ptr;
	buf_release(&out);
	return kept;
}

/* `fresh`: of the statement that makes the table. */
static bool name_is_free(struct ddl *d, const struct sql_relation *rel, const char *name, bool fresh)
{
	for (size_t i = 0; i < rel->nconstraints; i++)
		if (!strcmp(rel->constraints[i].name, name) && fresh && rel->constraints[i].kind == 'c')
			return ddl_fail(d, "42710", -1, "check constraint \"%s\" already exists", name);
		else if (!strcmp(rel->constraints[i].name, name))
			return ddl_fail(d, "42710", -1, "constraint \"%s\" for relation \"%s\" already exists", name, rel->name);
	return true;
}

static const char *check_name(struct ddl *d, const struct sql_relation *rel, const char *two, const char *label)
{
	const char *name = ddl_make_name(d, rel->name, two, label);

	for (int pass = 1; sql_cat_int(d->st, "SELECT count(*) FROM pg_constraint WHERE connamespace = ?1 AND conname = ?2 ", "is",
				       (int64_t)rel->schema_oid, name); pass++)
		name = ddl_make_name(d, rel->name, two, ddl_print(d, "%s%d", label, pass));
	return name;
}

/* ---- CHECK ------------------------------------------------------------------------ */

struct checked {
	struct ddl *d;
	const struct sql_relation *rel;
	struct sql_row_program p;
	const char *name;
	const struct sql_constraint *k;
};

static bool row_checks(void *of, struct sql_datum *values)
{
	struct checked *c = of;
	struct sql_datum held;

	if (!sql_program_run(c->d->s, &c->p, values, c->rel->ncolumns, c->d->a, &held))
		return false;
	if (held.kind == SQL_NULL || held.i)
		return true;
	ddl_fail(c->d, "23514", -1, "check constraint \"%s\" of relation \"%s\" is violated by some row", c->name, c->rel->name);
	sql_error_names(c->d->env->error, c->rel, NULL, c->name);
	return false;
}

static bool add_check(struct ddl *d, uint32_t relation, const PgQuery__Constraint *k, bool check)
{
	const struct sql_relation *rel = ddl_reload(d, relation);
	struct sql_compiled made;
	const char *name = k->conname;
	uint32_t oid;

	if (!sql_compile_expr(d->s, rel, k->raw_expr, SQL_FOR_CHECK, 16, -1, NULL, d->a, &made))
		return false;
	if (!ddl_given(name))
		name = check_name(d, rel, made.ncolumns == 1 ? rel->columns[made.columns[0] - 1].name : NULL, "check");
	else if (!name_is_free(d, rel, name, !check))
		return false;
	struct checked all = { .d = d, .rel = rel, .name = name, .p = { ddl_print(d, "SELECT %.*s", SLICE_ARG(made.expr)), 1 } };
	if (check && !k->skip_validation && !ddl_each_row(d, rel, row_checks, &all))
		return false;
	oid = sql_store_oid(d->st);
	sql_cat_insert(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("conname", name), CAT_INT("connamespace", rel->schema_oid),
		       CAT_TEXT("contype", "c"), CAT_INT("convalidated", !k->skip_validation || !check), CAT_INT("conrelid", relation), CAT_INT("conislocal", 1),
		       CAT_INT("connoinherit", k->is_no_inherit), CAT_TEXT("confupdtype", " "), CAT_TEXT("confdeltype", " "), CAT_TEXT("confmatchtype", " "),
		       CAT_TEXT("conkey", numbers(d, made.columns, made.ncolumns)), CAT_SLICE("conbin", made.text) }, 13);
	for (size_t i = 0; i < made.ncolumns; i++)
		ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_CLASS, relation, made.columns[i] }, 'a');
	if (!made.ncolumns)
		ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_CLASS, relation, 0 }, 'a');
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relchecks",
		       sql_cat_int(d->st, "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid = ?1", "i", (int64_t)relation)) }, 1,
		       "oid = ?1", CAT_IDS(relation));
	return true;
}

/* ---- PRIMARY KEY, UNIQUE ------------------------------------------------------------- */

struct null_check {
	struct ddl *d;
	const struct sql_relation *rel;
	int16_t column;
};

static bool row_not_null(void *of, struct sql_datum *values)
{
	struct null_check *c = of;

	if (values[c->column - 1].kind != SQL_NULL)
		return true;
	const char *column = c->rel->columns[c->column - 1].name;
	ddl_fail(c->d, "23502", -1, "column \"%s\" of relation \"%s\" contains null values", column, c->rel->name);
	sql_error_names(c->d->env->error, c->rel, column, NULL);
	return false;
}

bool ddl_set_not_null(struct ddl *d, uint32_t relation, int16_t column)
{
	const struct sql_relation *rel = ddl_reload(d, relation);
	struct null_check c = { d, rel, column };

	if (rel->columns[column - 1].notnull)
		return true;
	if (!ddl_each_row(d, rel, row_not_null, &c))
		return false;
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("attnotnull", 1) }, 1, "attrelid = ?1 AND attnum = ?2",
		       CAT_IDS(relation, column));
	return true;
}

static PgQuery__Node *string_node(struct ddl *d, const char *text)
{
	PgQuery__Node *n = ARENA_NEW(d->a, PgQuery__Node);
	PgQuery__String *s = ARENA_NEW(d->a, PgQuery__String);

	pg_query__node__init(n);
	pg_query__string__init(s);
	s->sval = (char *)text;
	n->node_case = AST(STRING);
	n->string = s;
	return n;
}

static bool add_key(struct ddl *d, uint32_t relation, const PgQuery__Constraint *k, const char *column, bool fresh)
{
	const struct sql_relation *rel = ddl_reload(d, relation);
	bool primary = k->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY;
	struct ddl_new_index x = { .name = k->conname, .unique = true, .primary = primary, .constraint = true, .deferrable = k->deferrable,
				   .nulls_not_distinct = k->nulls_not_distinct, .params = k->keys, .nparams = k->n_keys, .including = k->including,
				   .nincluding = k->n_including };
	PgQuery__Node *one[1];
	int16_t keys[SQL_KEYS_MAX];
	uint32_t index;

	if (primary)
		for (size_t i = 0; i < rel->nindexes; i++)
			if (rel->indexes[i].primary)
				return ddl_fail(d, "42P16", fresh ? k->location : -1, "multiple primary keys for table \"%s\" are not allowed", rel->name);
	if (ddl_given(k->conname)) {
		if (!name_is_free(d, rel, k->conname, false))
			return false;
		if (!ddl_given(k->indexname) && ddl_name_taken(d, rel->schema_oid, slice_str(k->conname)))
			return ddl_fail(d, "42P07", -1, "relation \"%s\" already exists", k->conname);
	}
	if (ddl_given(k->indexname)) { /* USING INDEX */
		const struct sql_index *found = NULL;
		for (size_t i = 0; i < rel->nindexes; i++)
			if (!strcmp(rel->indexes[i].name, k->indexname))
				found = &rel->indexes[i];
		if (!found)
			return ddl_fail(d, "42704", -1, "index \"%s\" does not exist", k->indexname);
		if (!found->unique)
			return ddl_fail(d, "42809", -1, "\"%s\" is not a unique index", k->indexname);
		index = found->oid;
		x.nparams = found->nkeys;
		for (size_t i = 0; i < found->nkeys; i++)
			keys[i] = found->keys[i].column;
		x.name = ddl_given(k->conname) ? k->conname : k->indexname;
		if (strcmp(x.name, k->indexname) != 0)
			ddl_notice(d, "00000", "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"%s\" to \"%s\"", k->indexname, x.name);
		sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_TEXT("relname", x.name) }, 1, "oid = ?1", CAT_IDS(index));
		sql_cat_change(d->s, CAT_INDEX, (struct sql_cat_value[]){ CAT_INT("indisprimary", primary), CAT_INT("indimmediate", !k->deferrable) }, 2,
			       "indexrelid = ?1", CAT_IDS(index));
		sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 1259 AND objid = ?1", CAT_IDS(index));
	} else {
		if (column) {
			one[0] = string_node(d, column);
			x.params = one;
			x.nparams = 1;
		}
		for (size_t i = 0; i < x.nparams; i++) {
			const char *name = sql_ast_string(x.params[i]);
			const struct sql_attribute *c = ddl_find_column(rel, name);
			if (!c)
				return ddl_fail(d, "42703", k->location, "column \"%s\" named in key does not exist", name);
			for (size_t j = 0; j < i; j++)
				if (keys[j] == c->number)
					return ddl_fail(d, "42701", k->location, "column \"%s\" appears twice in %s constraint", name, primary ? "primary key" : "unique");
			if (i < SQL_KEYS_MAX)
				keys[i] = c->number;
		}
		index = 0;
	}
	for (size_t i = 0; primary && i < x.nparams; i++)
		if (!ddl_set_not_null(d, relation, keys[i]))
			return false;
	if (!index) {
		index = ddl_make_index(d, ddl_reload(d, relation), &x);
		if (!index)
			return false;
	}
	const struct sql_relation *made = ddl_reload(d, index);
	uint32_t oid = sql_store_oid(d->st);
	sql_cat_insert(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("conname", arena_str(d->a, made->name)),
		       CAT_INT("connamespace", made->schema_oid), CAT_TEXT("contype", primary ? "p" : "u"), CAT_INT("condeferrable", k->deferrable),
		       CAT_INT("condeferred", k->initdeferred), CAT_INT("convalidated", 1), CAT_INT("conrelid", relation), CAT_INT("conindid", index),
		       CAT_INT("conislocal", 1), CAT_INT("connoinherit", 1), CAT_TEXT("confupdtype", " "), CAT_TEXT("confdeltype", " "),
		       CAT_TEXT("confmatchtype", " "), CAT_TEXT("conkey", numbers(d, keys, x.nparams)) }, 15);
	for (size_t i = 0; i < x.nparams; i++)
		ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_CLASS, relation, keys[i] }, 'a');
	ddl_depend(d, (struct ddl_object){ CAT_CLASS, index, 0 }, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, 'i');
	return true;
}

/* ---- FOREIGN KEY ------------------------------------------------------------------------ */

static bool key_columns(struct ddl *d, const struct sql_relation *rel, PgQuery__Node **names, size_t count, int16_t *out)
{
	if (count > SQL_KEYS_MAX)
		return ddl_fail(d, "54011", -1, "cannot have more than 32 keys in a foreign key");
	for (size_t i = 0; i < count; i++) {
		const struct sql_attribute *c = ddl_find_column(rel, sql_ast_string(names[i]));
		if (!c)
			return ddl_fail(d, "42703", -1, "column \"%s\" referenced in foreign key constraint does not exist", sql_ast_string(names[i]));
		out[i] = c->number;
	}
	return true;
}

static const struct sql_index *matching_index(const struct sql_relation *rel, const int16_t *columns, size_t count)
{
	for (size_t i = 0; i < rel->nindexes; i++) {
		const struct sql_index *x = &rel->indexes[i];
		size_t found = 0;
		if (!x->unique || x->nkeys != count || x->predicate || x->deferrable)
			continue;
		for (size_t k = 0; k < count; k++)
			for (size_t m = 0; m < count; m++)
				found += x->keys[k].column == columns[m];
		if (found == count)
			return x;
	}
	return NULL;
}

static bool row_has_parent(void *of, struct sql_datum *values)
{
	struct checked *c = of;

	return sql_foreign_holds(c->d->s, c->rel, c->k, values);
}

static uint32_t family(struct ddl *d, uint32_t type)
{
	const struct sql_type *t = sql_catalog_type_oid(d->s, type);

	while (t && t->kind == 'd')
		t = sql_catalog_type_oid(d->s, t->base);
	switch (t ? t->oid : type) {
	case 20: case 21: case 23: return 23;       /* integer_ops */
	case 700: case 701: return 701;
	case 25: case 1043: case 19: return 25;     /* text_ops */
	default: return t ? t->oid : type;
	}
}

static bool add_foreign(struct ddl *d, uint32_t relation, const PgQuery__Constraint *k, const char *column, bool check)
{
	const struct sql_relation *rel = ddl_reload(d, relation), *parent;
	PgQuery__Node *one[1], **attrs = k->fk_attrs;
	size_t n = k->n_fk_attrs, nparent = k->n_pk_attrs;
	int16_t mine[SQL_KEYS_MAX], theirs[SQL_KEYS_MAX], set[SQL_KEYS_MAX];
	const struct sql_index *x = NULL;
	const char *name = k->conname;
	struct buf words;

	parent = ddl_relation(d, k->pktable, "r", "table", false);
	if (!parent)
		return false;
	if (rel->persistence != 't' && parent->persistence == 't')
		return ddl_fail(d, "42P16", -1, "constraints on permanent tables may reference only permanent tables");
	if (rel->persistence == 't' && parent->persistence != 't')
		return ddl_fail(d, "42P16", -1, "constraints on temporary tables may reference only temporary tables");
	if (column) {
		one[0] = string_node(d, column);
		attrs = one;
		n = 1;
	}
	if (!key_columns(d, rel, attrs, n, mine))
		return false;
	if (nparent) {
		if (!key_columns(d, parent, k->pk_attrs, nparent, theirs))
			return false;
		if (n != nparent)
			return ddl_fail(d, "42830", -1, "number of referencing and referenced columns for foreign key disagree");
		x = matching_index(parent, theirs, nparent);
		if (!x)
			return ddl_fail(d, "42830", -1, "there is no unique constraint matching given keys for referenced table \"%s\"", parent->name);
	} else {
		for (size_t i = 0; i < parent->nindexes; i++)
			if (parent->indexes[i].primary)
				x = &parent->indexes[i];
		if (!x)
			return ddl_fail(d, "42704", -1, "there is no primary key for referenced table \"%s\"", parent->name);
		if (n != x->nkeys)
			return ddl_fail(d, "42830", -1, "number of referencing and referenced columns for foreign key disagree");
		for (size_t i = 0; i < n; i++)
			theirs[i] = x->keys[i].column;
	}
	buf_init(&words, 4096);
	for (size_t i = 0; i < n; i++)
		buf_addf(&words, "%s%s", i ? "_" : "", rel->columns[mine[i] - 1].name);
	if (!ddl_given(name))
		name = check_name(d, rel, words.ptr, "fkey");
	buf_release(&words);
	if (ddl_given(k->conname) && !name_is_free(d, rel, name, false))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t a = rel->columns[mine[i] - 1].type, b = parent->columns[theirs[i] - 1].type;
		if (family(d, a) == family(d, b) || (family(d, b) == 1700 && family(d, a) == 23))
			continue;
		struct buf ta, tb;
		buf_init(&ta, 256), buf_init(&tb, 256);
		sql_type_format(d->env, a, -1, &ta);
		sql_type_format(d->env, b, -1, &tb);
		ddl_fail(d, "42804", -1, "foreign key constraint \"%s\" cannot be implemented", name);
		sql_detail(d->env, d->env->error, "Key columns \"%s\" and \"%s\" are of incompatible types: %s and %s.", rel->columns[mine[i] - 1].name,
			   parent->columns[theirs[i] - 1].name, ta.ptr, tb.ptr);
		buf_release(&ta), buf_release(&tb);
		return false;
	}
	if (k->n_fk_del_set_cols && !key_columns(d, rel, k->fk_del_set_cols, k->n_fk_del_set_cols, set))
		return false;
	if (k->fk_matchtype && k->fk_matchtype[0] == 'p')
		return ddl_fail(d, "0A000", -1, "MATCH PARTIAL not yet implemented");
	uint32_t oid = sql_store_oid(d->st), other = parent->oid, index = x->oid;
	char match[2] = { ddl_given(k->fk_matchtype) ? k->fk_matchtype[0] : 's', 0 }, upd[2] = { ddl_given(k->fk_upd_action) ? k->fk_upd_action[0] : 'a', 0 },
	     del[2] = { ddl_given(k->fk_del_action) ? k->fk_del_action[0] : 'a', 0 };
	uint32_t primary = x->constraint ? x->oid : 0;
	sql_cat_insert(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("conname", name), CAT_INT("connamespace", rel->schema_oid),
		       CAT_TEXT("contype", "f"), CAT_INT("condeferrable", k->deferrable), CAT_INT("condeferred", k->initdeferred),
		       CAT_INT("convalidated", !k->skip_validation || !check), CAT_INT("conrelid", relation), CAT_INT("conindid", index),
		       CAT_INT("confrelid", other), CAT_TEXT("confupdtype", upd), CAT_TEXT("confdeltype", del), CAT_TEXT("confmatchtype", match),
		       CAT_INT("conislocal", 1), CAT_INT("connoinherit", 1), CAT_TEXT("conkey", numbers(d, mine, n)), CAT_TEXT("confkey", numbers(d, theirs, n)),
		       k->n_fk_del_set_cols ? (struct sql_cat_value)CAT_TEXT("confdelsetcols", numbers(d, set, k->n_fk_del_set_cols)) :
					      (struct sql_cat_value)CAT_NULL("confdelsetcols") }, 18);
	(void)primary;
	for (size_t i = 0; i < n; i++) {
		ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_CLASS, relation, mine[i] }, 'a');
		ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_CLASS, other, theirs[i] }, 'n');
	}
	ddl_depend(d, (struct ddl_object){ CAT_CONSTRAINT, oid, 0 }, (struct ddl_object){ CAT_CLASS, index, 0 }, 'n');
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relhastriggers", 1) }, 1, "oid = ?1 OR oid = ?2", CAT_IDS(relation, other));
	if (!check || k->skip_validation)
		return true;
	rel = ddl_reload(d, relation);
	for (size_t i = 0; i < rel->nconstraints; i++) {
		struct checked all = { .d = d, .rel = rel, .k = &rel->constraints[i] };
		if (rel->constraints[i].oid == oid && !ddl_each_row(d, rel, row_has_parent, &all))
			return false;
	}
	return true;
}

bool ddl_validate(struct ddl *d, const struct sql_relation *rel, const struct sql_constraint *k)
{
	struct checked all = { .d = d, .rel = rel, .k = k, .name = k->name };
	struct sql_compiled made;

	if (k->kind == 'c') {
		if (!sql_compile_text(d->s, rel, k->expr, SQL_FOR_CHECK, 16, -1, NULL, d->a, &made))
			return false;
		all.p = (struct sql_row_program){ ddl_print(d, "SELECT %.*s", SLICE_ARG(made.expr)), 1 };
	}
	return ddl_each_row(d, rel, k->kind == 'c' ? row_checks : row_has_parent, &all);
}

bool ddl_add_constraint(struct ddl *d, uint32_t relation, const PgQuery__Constraint *k, const char *column, bool check)
{
	switch (k->contype) {
	case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK: return add_check(d, relation, k, check);
	case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
	case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE: return add_key(d, relation, k, column, !check);
	case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN: return add_foreign(d, relation, k, column, check);
	case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION: return ddl_refuse(d, "an exclusion constraint");
	default: return true;
	}
}
