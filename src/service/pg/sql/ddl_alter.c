/*
 * ALTER TABLE: each command of it changes rows of the catalogs; those that change
 * what rows are rewrite them under a new filenode.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

struct filled {
	struct ddl *d;
	const struct sql_relation *rel;
	int16_t column;
	struct sql_row_program program;
	uint32_t sequence;
};

static bool fill_column(void *of, struct sql_datum *values)
{
	struct filled *f = of;
	struct sql_datum made = { .kind = SQL_NULL }; /* the program may read the column's old value */
	bool ok = true;

	if (f->sequence) {
		made.kind = SQL_INT;
		ok = sql_sequence_next(f->d->s, f->sequence, &made.i);
	} else if (f->program.text) {
		ok = sql_program_run(f->d->s, &f->program, values, f->rel->ncolumns, f->d->a, &made);
	}
	values[f->column - 1] = made;
	return ok;
}



/* Whether an expression gives the same value for every row, so that it need not be written into each. */
static bool is_constant(const PgQuery__Node *n)
{
	if (!n)
		return true;
	if (n->node_case == AST(A_CONST))
		return true;
	return n->node_case == AST(TYPE_CAST) && is_constant(n->type_cast->arg);
}

static bool add_column(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const PgQuery__ColumnDef *def = cmd->def->column_def;
	struct ddl_new_column c;
	struct filled fill = { .d = d };
	d->table = rel->name;
	uint32_t sequence;
	int16_t number = (int16_t)(rel->ncolumns + 1);

	if (ddl_find_column(rel, def->colname)) {
		if (!cmd->missing_ok)
			return ddl_fail(d, "42701", -1, "column \"%s\" of relation \"%s\" already exists", def->colname, rel->name);
		ddl_notice(d, "42701", "column \"%s\" of relation \"%s\" already exists, skipping", def->colname, rel->name);
		return true;
	}
	if (!ddl_column_of(d, def, &c) || !ddl_column_sequence(d, rel->name, rel->schema_oid, rel->persistence, &c, &sequence))
		return false;
	bool notnull = c.notnull;
	c.notnull = false;
	ddl_make_attribute(d, table, number, &c);
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relnatts", number) }, 1, "oid = ?1", CAT_IDS(table));
	if (sequence)
		ddl_own_sequence(d, sequence, table, number, c.identity ? 'i' : 'a');
	if ((c.fallback || c.fallback_text) && !ddl_set_default(d, table, number, c.fallback, c.fallback_text, c.generated))
		return false;
	rel = ddl_reload(d, table);
	bool constant = !c.generated && !sequence && is_constant(c.fallback);
	struct sql_datum missing = { .kind = SQL_NULL };
	const char *fallback = rel->columns[number - 1].fallback;
	if (!fallback)
		fallback = sql_catalog_domain_default(d->s, c.type);
	if (fallback && !sequence) {
		struct sql_compiled made;
		if (!sql_compile_text(d->s, c.generated ? rel : NULL, fallback, c.generated ? SQL_FOR_GENERATED : SQL_FOR_DEFAULT, c.type, c.typmod, c.name, d->a,
				      &made))
			return false;
		fill.program = (struct sql_row_program){ ddl_print(d, "SELECT %.*s", SLICE_ARG(made.expr)), 1 };
		if (constant && !sql_program_run(d->s, &fill.program, NULL, 0, d->a, &missing))
			return false;
	}
	/* a column whose old rows all have one value needs no rewriting, unless an undone one left its name behind */
	if (!(constant && sql_store_columns(d->st, rel->filenode) == (size_t)number - 1 &&
	      sql_store_add_column(d->st, rel->filenode, number, sql_type_collation(d->env, c.type), missing))) {
		fill.rel = rel;
		fill.column = number;
		fill.sequence = sequence;
		if (!ddl_rewrite(d, rel, fill_column, &fill))
			return false;
	}
	if (notnull && !ddl_set_not_null(d, table, number))
		return false;
	for (size_t i = 0; i < def->n_constraints; i++) {
		const PgQuery__Constraint *k = def->constraints[i]->constraint;
		if (k->contype >= PG_QUERY__CONSTR_TYPE__CONSTR_CHECK && k->contype <= PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN &&
		    !ddl_add_constraint(d, table, k, c.name, true))
			return false;
	}
	return true;
}

/* ---- ALTER COLUMN ... TYPE ---------------------------------------------------------- */

static bool change_type(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_attribute *c = ddl_column(d, rel, cmd->name);
	const PgQuery__ColumnDef *def = cmd->def->column_def;
	struct sql_compiled made, fallback = { 0 };
	uint32_t type;
	int32_t typmod;
	bool has_default;

	if (!c || !sql_compile_type(d->s, def->type_name, &type, &typmod))
		return false;
	/* a view that reads the column holds its type */
	int64_t views = sql_cat_int(d->st, "SELECT count(*) FROM pg_depend WHERE refclassid = 1259 AND refobjid = ?1 AND classid = 2618 "
					   "AND (refobjsubid = ?2 OR refobjsubid = 0)", "ii", (int64_t)table, (int64_t)c->number);
	if (views) {
		sqlite3_stmt *q = sql_cat_query(d->st, "SELECT r.rulename, v.relname FROM pg_depend p JOIN pg_rewrite r ON r.oid = p.objid JOIN pg_class v "
						"ON v.oid = r.ev_class WHERE p.refclassid = 1259 AND p.refobjid = ?1 AND p.classid = 2618 "
						"AND (p.refobjsubid = ?2 OR p.refobjsubid = 0) ORDER BY p.rid LIMIT 1", "ii", (int64_t)table, (int64_t)c->number);

		ddl_fail(d, "0A000", -1, "cannot alter type of a column used by a view or rule");
		if (sqlite3_step(q) == SQLITE_ROW)
			sql_detail(d->env, d->env->error, "rule %s on view %s depends on column \"%s\"", (const char *)sqlite3_column_text(q, 0),
				   (const char *)sqlite3_column_text(q, 1), c->name);
		sql_store_done(d->st, q);
		return false;
	}
	int16_t number = c->number;
	const char *name = arena_str(d->a, c->name);
	if (def->raw_default) {
		if (!sql_compile_expr(d->s, rel, def->raw_default, SQL_FOR_USING, type, typmod, name, d->a, &made))
			return false;
	} else {
		struct sql_type const *from = sql_catalog_type_oid(d->s, c->type), *to = sql_catalog_type_oid(d->s, type);
		if (!sql_compile_text(d->s, rel, ddl_quoted(d, name), SQL_FOR_USING, type, typmod, name, d->a, &made)) {
			struct buf words, quoted;
			struct sql_error *e = d->env->error;
			(void)from;
			(void)to;
			if (!slice_eq_str(e->sqlstate, "42804"))
				return false;
			buf_init(&words, 1024), buf_init(&quoted, 1024);
			sql_type_format(d->env, type, typmod, &words);
			e->message = arena_printf(d->env->arena, "column \"%s\" cannot be cast automatically to type %s", name, words.ptr);
			e->position = 0;
			sql_hint(d->env, e, "You might need to specify \"USING %s::%s\".", ddl_quoted(d, name), words.ptr);
			buf_release(&words), buf_release(&quoted);
			return false;
		}
	}
	has_default = c->fallback && !c->generated;
	if (has_default && !sql_compile_text(d->s, NULL, c->fallback, SQL_FOR_DEFAULT, type, typmod, name, d->a, &fallback)) {
		struct buf words;
		buf_init(&words, 1024);
		sql_type_format(d->env, type, typmod, &words);
		d->env->error->message = arena_printf(d->env->arena, "default for column \"%s\" cannot be cast automatically to type %s", name, words.ptr);
		d->env->error->hint = SLICE_NONE;
		buf_release(&words);
		return false;
	}
	const struct sql_type *t = sql_catalog_type_oid(d->s, type);
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("atttypid", type), CAT_INT("atttypmod", typmod), CAT_INT("attlen", t->len),
		       CAT_INT("attcollation", t->collation) }, 4, "attrelid = ?1 AND attnum = ?2", CAT_IDS(table, number));
	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 1259 AND objid = ?1 AND objsubid = ?2 AND refclassid = 1247", CAT_IDS(table, number));
	ddl_depend_type(d, (struct ddl_object){ CAT_CLASS, table, number }, type);
	if (has_default && !ddl_set_default(d, table, number, sql_parse_expr(d->env, fallback.text, d->a), NULL, 0))
		return false;
	struct filled fill = { .d = d, .rel = rel, .column = number, .program = { ddl_print(d, "SELECT %.*s", SLICE_ARG(made.expr)), 1 } };
	rel = ddl_reload(d, table);
	fill.rel = rel;
	if (!ddl_rewrite(d, rel, fill_column, &fill))
		return false;
	/* what the constraints say is judged anew */
	rel = ddl_reload(d, table);
	for (size_t i = 0; i < rel->nconstraints; i++)
		if ((rel->constraints[i].kind == 'c' || rel->constraints[i].kind == 'f') && !ddl_validate(d, rel, &rel->constraints[i]))
			return false;
	return true;
}

/* ---- the smaller ones ------------------------------------------------------------------ */

static bool column_default(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_attribute *c = ddl_column(d, rel, cmd->name);

	if (!c)
		return false;
	if (c->identity) {
		ddl_fail(d, "42601", -1, "column \"%s\" of relation \"%s\" is an identity column", c->name, rel->name);
		if (!cmd->def)
			sql_hint(d->env, d->env->error, "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.");
		return false;
	}
	if (c->generated) {
		ddl_fail(d, "42601", -1, "column \"%s\" of relation \"%s\" is a generated column", c->name, rel->name);
		if (!cmd->def)
			sql_hint(d->env, d->env->error, "Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.");
		return false;
	}
	return ddl_set_default(d, table, c->number, cmd->def, NULL, 0);
}

static bool drop_not_null(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_attribute *c = ddl_column(d, rel, cmd->name);

	if (!c)
		return false;
	if (c->identity)
		return ddl_fail(d, "42601", -1, "column \"%s\" of relation \"%s\" is an identity column", c->name, rel->name);
	for (size_t i = 0; i < rel->nindexes; i++)
		for (size_t k = 0; rel->indexes[i].primary && k < rel->indexes[i].nkeys; k++)
			if (rel->indexes[i].keys[k].column == c->number)
				return ddl_fail(d, "42P16", -1, "column \"%s\" is in a primary key", c->name);
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("attnotnull", 0) }, 1, "attrelid = ?1 AND attnum = ?2",
		       CAT_IDS(table, c->number));
	return true;
}

static bool drop_column(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_attribute *c = ddl_find_column(rel, cmd->name);

	if (!c) {
		if (!cmd->missing_ok)
			return ddl_fail(d, "42703", -1, "column \"%s\" of relation \"%s\" does not exist", cmd->name, rel->name);
		ddl_notice(d, "00000", "column \"%s\" of relation \"%s\" does not exist, skipping", cmd->name, rel->name);
		return true;
	}
	struct ddl_object o = { CAT_CLASS, table, c->number };
	return ddl_delete(d, &o, 1, cmd->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE);
}

static const struct sql_constraint *find_constraint(const struct sql_relation *rel, const char *name)
{
	for (size_t i = 0; i < rel->nconstraints; i++)
		if (!strcmp(rel->constraints[i].name, name))
			return &rel->constraints[i];
	return NULL;
}

static bool drop_constraint(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_constraint *k = find_constraint(rel, cmd->name);

	if (!k) {
		if (!cmd->missing_ok)
			return ddl_fail(d, "42704", -1, "constraint \"%s\" of relation \"%s\" does not exist", cmd->name, rel->name);
		ddl_notice(d, "00000", "constraint \"%s\" of relation \"%s\" does not exist, skipping", cmd->name, rel->name);
		return true;
	}
	struct ddl_object o = { CAT_CONSTRAINT, k->oid, 0 };
	return ddl_delete(d, &o, 1, cmd->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE);
}

static bool validate(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_constraint *k = find_constraint(rel, cmd->name);

	if (!k)
		return ddl_fail(d, "42704", -1, "constraint \"%s\" of relation \"%s\" does not exist", cmd->name, rel->name);
	if (k->validated)
		return true;
	if (!ddl_validate(d, rel, k))
		return false;
	sql_cat_change(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("convalidated", 1) }, 1, "oid = ?1", CAT_IDS(k->oid));
	return true;
}

static bool identity(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_attribute *c = ddl_column(d, rel, cmd->name);
	char letter[2] = { 0, 0 };

	if (!c)
		return false;
	int64_t sequence = c->identity ? sql_cat_int(d->st, "SELECT objid FROM pg_depend WHERE refclassid = 1259 AND refobjid = ?1 AND refobjsubid = ?2 "
							     "AND classid = 1259 AND deptype = 'i'", "ii", (int64_t)table, (int64_t)c->number) : 0;
	switch (cmd->subtype) {
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity: {
		struct ddl_new_column n = { .name = c->name, .type = c->type, .typmod = -1 };
		const PgQuery__Constraint *k = cmd->def->constraint;
		uint32_t made;
		if (c->identity)
			return ddl_fail(d, "55000", -1, "column \"%s\" of relation \"%s\" is already an identity column", c->name, rel->name);
		if (!c->notnull)
			return ddl_fail(d, "55000", -1, "column \"%s\" of relation \"%s\" must be declared NOT NULL before identity can be added", c->name, rel->name);
		if (c->fallback)
			return ddl_fail(d, "55000", -1, "column \"%s\" of relation \"%s\" already has a default value", c->name, rel->name);
		n.identity = letter[0] = k->generated_when[0];
		n.sequence_options = k->options;
		n.nsequence_options = k->n_options;
		int16_t number = c->number;
		if (!ddl_column_sequence(d, rel->name, rel->schema_oid, rel->persistence, &n, &made))
			return false;
		ddl_own_sequence(d, made, table, number, 'i');
		sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_TEXT("attidentity", letter) }, 1, "attrelid = ?1 AND attnum = ?2",
			       CAT_IDS(table, number));
		return true;
	}
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetIdentity: {
		if (!c->identity)
			return ddl_fail(d, "55000", -1, "column \"%s\" of relation \"%s\" is not an identity column", c->name, rel->name);
		PgQuery__Node *const *list = cmd->def->list->items;
		size_t n = cmd->def->list->n_items, kept = 0;
		PgQuery__Node **others = ARENA_ARRAY(d->a, PgQuery__Node *, n + 1);
		int16_t number = c->number;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(list[i]->def_elem->defname, "generated") != 0) {
				others[kept++] = list[i];
				continue;
			}
			int64_t v = 0;
			ddl_option_int(d, list[i]->def_elem, &v);
			letter[0] = (char)v;
			sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_TEXT("attidentity", letter) }, 1,
				       "attrelid = ?1 AND attnum = ?2", CAT_IDS(table, number));
		}
		return !kept || ddl_alter_sequence_options(d, ddl_reload(d, (uint32_t)sequence), others, kept);
	}
	default: /* drop */
		if (!c->identity) {
			if (!cmd->missing_ok)
				return ddl_fail(d, "55000", -1, "column \"%s\" of relation \"%s\" is not an identity column", c->name, rel->name);
			ddl_notice(d, "00000", "column \"%s\" of relation \"%s\" is not an identity column, skipping", c->name, rel->name);
			return true;
		}
		sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_TEXT("attidentity", "") }, 1, "attrelid = ?1 AND attnum = ?2",
			       CAT_IDS(table, c->number));
		sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 1259 AND objid = ?1 AND deptype = 'i'", CAT_IDS(sequence));
		return ddl_delete(d, &(struct ddl_object){ CAT_CLASS, (uint32_t)sequence, 0 }, 1, false);
	}
}

static bool drop_expression(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const struct sql_attribute *c = ddl_column(d, rel, cmd->name);

	if (!c)
		return false;
	int16_t number = c->number;
	if (!c->generated) {
		if (!cmd->missing_ok)
			return ddl_fail(d, "55000", -1, "column \"%s\" of relation \"%s\" is not a stored generated column", c->name, rel->name);
		ddl_notice(d, "00000", "column \"%s\" of relation \"%s\" is not a stored generated column, skipping", c->name, rel->name);
		return true;
	}
	if (!ddl_set_default(d, table, number, NULL, NULL, 0))
		return false;
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_TEXT("attgenerated", "") }, 1, "attrelid = ?1 AND attnum = ?2",
		       CAT_IDS(table, number));
	return true;
}

static bool alter_constraint(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);
	const PgQuery__Constraint *to = cmd->def->constraint;
	const struct sql_constraint *k = find_constraint(rel, to->conname);

	if (!k)
		return ddl_fail(d, "42704", -1, "constraint \"%s\" of relation \"%s\" does not exist", to->conname, rel->name);
	if (k->kind != 'f')
		return ddl_fail(d, "42809", -1, "constraint \"%s\" of relation \"%s\" is not a foreign key constraint", to->conname, rel->name);
	sql_cat_change(d->s, CAT_CONSTRAINT, (struct sql_cat_value[]){ CAT_INT("condeferrable", to->deferrable), CAT_INT("condeferred", to->initdeferred) }, 2,
		       "oid = ?1", CAT_IDS(k->oid));
	return true;
}

static bool one_command(struct ddl *d, uint32_t table, const PgQuery__AlterTableCmd *cmd)
{
	const struct sql_relation *rel = ddl_reload(d, table);

	switch (cmd->subtype) {
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn: return add_column(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault: return column_default(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull: return drop_not_null(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull: {
		const struct sql_attribute *c = ddl_column(d, rel, cmd->name);
		return c && ddl_set_not_null(d, table, c->number);
	}
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropExpression: return drop_expression(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn: return drop_column(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint: return ddl_add_constraint(d, table, cmd->def->constraint, NULL, true);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterConstraint: return alter_constraint(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint: return validate(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint: return drop_constraint(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType: return change_type(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetIdentity:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity: return identity(d, table, cmd);
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetUnLogged:
		sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){
			       CAT_TEXT("relpersistence", cmd->subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged ? "p" : "u") }, 1, "oid = ?1", CAT_IDS(table));
		return true;
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ReplicaIdentity: {
		const char *type = cmd->def->replica_identity_stmt->identity_type;
		sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_TEXT("relreplident", type) }, 1, "oid = ?1", CAT_IDS(table));
		return true;
	}
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ReplaceRelOptions:
		sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){
			       CAT_TEXT("reloptions", ddl_reloptions(d, cmd->def->list->items, cmd->def->list->n_items)) }, 1, "oid = ?1", CAT_IDS(table));
		return true;
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions:
		sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_NULL("reloptions") }, 1, "oid = ?1", CAT_IDS(table));
		return true;
	/* accepted: they change nothing that a program of this fake could see */
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetOptions:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStorage:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetCompression:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ClusterOn:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropCluster:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropOids:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_SetTableSpace:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigAll:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigAll:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigUser:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigUser:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableRowSecurity:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_NoForceRowSecurity:
		if (ddl_given(cmd->name) && cmd->subtype <= PG_QUERY__ALTER_TABLE_TYPE__AT_SetCompression && !ddl_column(d, rel, cmd->name))
			return false;
		return true;
	case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRowSecurity:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_ForceRowSecurity: return ddl_refuse(d, "row level security");
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AddInherit:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DropInherit: return ddl_refuse(d, "table inheritance");
	case PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition:
	case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition: return ddl_refuse(d, "a partitioned table");
	default: return ddl_refuse(d, "this form of ALTER TABLE");
	}
}

bool ddl_alter_table(struct ddl *d, const PgQuery__AlterTableStmt *st)
{
	const char *noun = "table", *kinds = "rvmSic";

	switch (st->objtype) {
	case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX: noun = "index", kinds = "i", d->tag = SLICE_LIT("ALTER INDEX"); break;
	case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW: noun = "view", kinds = "v", d->tag = SLICE_LIT("ALTER VIEW"); break;
	case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW: noun = "materialized view", kinds = "m", d->tag = SLICE_LIT("ALTER MATERIALIZED VIEW"); break;
	case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE: noun = "sequence", kinds = "S", d->tag = SLICE_LIT("ALTER SEQUENCE"); break;
	case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE: noun = "composite type", kinds = "c", d->tag = SLICE_LIT("ALTER TYPE"); break;
	default: d->tag = SLICE_LIT("ALTER TABLE"); break;
	}
	const struct sql_relation *rel = ddl_relation(d, st->relation, kinds, noun, st->missing_ok);
	if (!rel)
		return !d->env->error;
	if (!sql_table_lock(d->s, rel, SQL_ACCESS_EXCLUSIVE, false))
		return false;
	uint32_t oid = rel->oid;
	if (rel->kind == 'c') {
		for (size_t i = 0; i < st->n_cmds; i++)
			if (st->cmds[i]->alter_table_cmd->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner)
				return ddl_refuse(d, "ALTER TYPE of a composite type");
		return true;
	}
	/* PostgreSQL's passes: what drops goes first, then types, columns, constraints */
	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < st->n_cmds; i++) {
			const PgQuery__AlterTableCmd *cmd = st->cmds[i]->alter_table_cmd;
			int mine;
			switch (cmd->subtype) {
			case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
			case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint:
			case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
			case PG_QUERY__ALTER_TABLE_TYPE__AT_DropExpression:
			case PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity: mine = 0; break;
			case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault: mine = cmd->def ? 2 : 0; break;
			case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType: mine = 1; break;
			case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint: mine = 3; break;
			default: mine = 2; break;
			}
			if (mine == pass && !one_command(d, oid, cmd))
				return false;
		}
	return true;
}
