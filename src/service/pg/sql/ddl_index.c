/*
 * CREATE INDEX, the indexes behind constraints, and a table's rows under a new filenode.
 */
#include <stdio.h>
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

/* ---- the SQLite side --------------------------------------------------------- */

void ddl_store_index(struct ddl *d, const struct sql_relation *rel, const struct sql_index *x)
{
	struct buf text;
	struct sql_compiled made;
	bool ok = true;

	buf_init(&text, 1 << 20);
	buf_addf(&text, "CREATE INDEX i_%u_%u ON r_%u(", x->oid, rel->filenode, rel->filenode);
	for (size_t i = 0; i < x->nkeys && ok; i++) {
		uint32_t type = x->keys[i].type;
		const char *column = ddl_print(d, "c%d", x->keys[i].column);
		if (!x->keys[i].column) {
			ok = sql_compile_text(d->s, rel, x->keys[i].expr, SQL_FOR_INDEX, 0, -1, NULL, d->a, &made);
			if (!ok)
				break;
			type = made.type;
			column = ddl_print(d, "(%s)", sql_program_columns(made.expr, d->a));
		}
		const char *collation = sql_type_collation(d->env, type);
		buf_addf(&text, "%s%s%s%s%s", i ? "," : "", column, collation ? " COLLATE " : "", collation ? collation : "",
			 x->keys[i].descending ? " DESC" : "");
	}
	buf_add_str(&text, ")");
	/* an expression that SQLite will not index is looked for without one: only slower */
	if (ok)
		sql_store_run(d->st, text.ptr);
	buf_release(&text);
}

struct copy {
	struct ddl *d;
	const struct sql_relation *to;
	sqlite3_stmt *in;
};

void ddl_new_filenode(struct ddl *d, const struct sql_relation *rel)
{
	uint32_t filenode = sql_store_oid(d->st), oid = rel->oid;

	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relfilenode", filenode) }, 1, "oid = ?1", CAT_IDS(oid));
	rel = ddl_reload(d, oid);
	sql_store_create(d->st, filenode, rel, d->env);
	for (size_t i = 0; i < rel->nindexes; i++)
		ddl_store_index(d, rel, &rel->indexes[i]);
}

bool ddl_each_row(struct ddl *d, const struct sql_relation *rel, bool (*row)(void *of, struct sql_datum *values), void *of)
{
	struct buf text;
	struct sql_datum *values = ARENA_ARRAY(d->a, struct sql_datum, rel->ncolumns + 1);
	bool ok = true;

	buf_init(&text, 1 << 20);
	buf_add_str(&text, "SELECT 1");
	for (size_t i = 0; i < rel->ncolumns; i++)
		buf_addf(&text, ",c%zu", i + 1);
	buf_addf(&text, " FROM r_%u WHERE visnow(xmin, xmax)", rel->filenode);
	sqlite3_stmt *q = sql_store_take(d->st, text.ptr);
	while (ok && sqlite3_step(q) == SQLITE_ROW) {
		for (size_t i = 0; i < rel->ncolumns; i++)
			values[i] = sql_datum_column(q, (int)i + 1);
		ok = row(of, values);
	}
	sql_store_done(d->st, q);
	buf_release(&text);
	return ok;
}

bool ddl_rewrite(struct ddl *d, const struct sql_relation *rel, bool (*row)(void *of, struct sql_datum *values), void *of)
{
	struct copy copy = { .d = d };
	uint32_t oid = rel->oid, filenode = sql_store_oid(d->st);
	struct buf text;
	bool ok = true;
	size_t n = rel->ncolumns;
	struct sql_datum *values = ARENA_ARRAY(d->a, struct sql_datum, n + 1);

	sql_store_create(d->st, filenode, rel, d->env);
	buf_init(&text, 1 << 20);
	buf_addf(&text, "INSERT INTO r_%u VALUES(", filenode);
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "?%zu,", i + 1);
	buf_addf(&text, "?%zu,NULL,NULL)", n + 1);
	copy.in = sql_store_take(d->st, text.ptr);
	buf_reset(&text);
	/* only columns that the old table has */
	size_t had = sql_store_columns(d->st, rel->filenode);
	buf_add_str(&text, "SELECT 1");
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, i < had ? ",c%zu" : ",NULL", i + 1);
	buf_addf(&text, " FROM r_%u WHERE visnow(xmin, xmax)", rel->filenode);
	sqlite3_stmt *q = sql_store_take(d->st, text.ptr);
	while (ok && sqlite3_step(q) == SQLITE_ROW) {
		for (size_t i = 0; i < n; i++)
			values[i] = sql_datum_column(q, (int)i + 1);
		ok = row(of, values);
		for (size_t i = 0; ok && i < n; i++)
			sql_datum_bind(copy.in, (int)i + 1, values[i]);
		sqlite3_bind_int64(copy.in, (int)n + 1, sql_tx_xid(d->s->tx));
		if (ok)
			sqlite3_step(copy.in);
		sqlite3_reset(copy.in);
	}
	sql_store_done(d->st, q);
	sql_store_done(d->st, copy.in);
	buf_release(&text);
	if (!ok)
		return false;
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relfilenode", filenode) }, 1, "oid = ?1", CAT_IDS(oid));
	rel = ddl_reload(d, oid);
	for (size_t i = 0; i < rel->nindexes; i++)
		ddl_store_index(d, rel, &rel->indexes[i]);
	return true;
}

/* ---- the catalog's side ------------------------------------------------------------ */

struct key {
	int16_t column;
	const char *expr;
	uint32_t type;
	bool descending, nulls_first;
	const char *name;  /* of the index's attribute */
	const char *label; /* what it adds to the index's name */
	uint32_t opclass, collation;
};

static uint32_t default_opclass(struct ddl *d, uint32_t type, uint32_t method)
{
	const struct sql_type *t = sql_catalog_type_oid(d->s, type);

	while (t && t->kind == 'd')
		t = sql_catalog_type_oid(d->s, t->base);
	if (!t)
		return 0;
	for (size_t i = 0; i < sql_nopclass_facts; i++)
		if (sql_opclass_facts[i].method == method && sql_opclass_facts[i].is_default && sql_opclass_facts[i].type == t->oid)
			return sql_opclass_facts[i].oid;
	/* varchar borrows text's; arrays, enums, ranges and rows have one each for all of them */
	uint32_t general = t->oid == 1043 ? 25 : t->category == 'A' ? 2277 : t->kind == 'e' ? 3500 : t->kind == 'r' ? 3831 : t->kind == 'c' ? 2249 : t->oid == 650 ? 869 : 0;
	for (size_t i = 0; general && i < sql_nopclass_facts; i++)
		if (sql_opclass_facts[i].method == method && sql_opclass_facts[i].is_default && sql_opclass_facts[i].type == general)
			return sql_opclass_facts[i].oid;
	return 0;
}

static bool read_key(struct ddl *d, const struct sql_relation *rel, const PgQuery__Node *node, struct key *k, uint32_t method, const char *method_name, bool ordered)
{
	const PgQuery__IndexElem *e = node->node_case == AST(INDEX_ELEM) ? node->index_elem : NULL;
	const char *name = e ? e->name : sql_ast_string(node);

	*k = (struct key){ 0 };
	if (ddl_given(name)) {
		const struct sql_attribute *c = ddl_find_column(rel, name);
		if (!c)
			return e ? ddl_fail(d, "42703", -1, "column \"%s\" does not exist", name) :
				   ddl_fail(d, "42703", -1, "column \"%s\" named in key does not exist", name);
		k->column = c->number;
		k->type = c->type;
		k->collation = c->collation;
		k->name = k->label = c->name;
	} else {
		struct sql_compiled made;
		if (!sql_compile_expr(d->s, rel, e->expr, SQL_FOR_INDEX, 0, -1, NULL, d->a, &made))
			return false;
		k->expr = ddl_print(d, "%.*s", SLICE_ARG(made.text));
		k->type = made.type;
		k->label = k->name = e->expr->node_case == AST(FUNC_CALL) ? ddl_last_name(e->expr->func_call->funcname, e->expr->func_call->n_funcname).ptr : "expr";
		const struct sql_type *t = sql_catalog_type_oid(d->s, made.type);
		k->collation = t ? t->collation : 0;
	}
	if (e) {
		if (!ordered && (e->ordering > PG_QUERY__SORT_BY_DIR__SORTBY_DEFAULT || e->nulls_ordering > PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_DEFAULT))
			return ddl_fail(d, "0A000", -1, "access method \"%s\" does not support ASC/DESC options", method_name);
		k->descending = e->ordering == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
		k->nulls_first = e->nulls_ordering == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
				 (k->descending && e->nulls_ordering <= PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_DEFAULT);
		if (e->n_opclass) {
			struct slice want = ddl_last_name(e->opclass, e->n_opclass);
			for (size_t i = 0; i < sql_nopclass_facts; i++)
				if (slice_eq_str(want, sql_opclass_facts[i].name) && sql_opclass_facts[i].method == method)
					k->opclass = sql_opclass_facts[i].oid;
			if (!k->opclass)
				return ddl_fail(d, "42704", -1, "operator class \"%.*s\" does not exist for access method \"%s\"", SLICE_ARG(want), method_name);
		}
	}
	if (!k->opclass)
		k->opclass = default_opclass(d, k->type, method);
	if (!k->opclass) {
		struct buf text;
		buf_init(&text, 256);
		sql_type_format(d->env, k->type, -1, &text);
		ddl_fail(d, "42704", -1, "data type %s has no default operator class for access method \"%s\"", text.ptr, method_name);
		sql_hint(d->env, d->env->error, "You must specify an operator class for the index or define a default operator class for the data type.");
		buf_release(&text);
		return false;
	}
	return true;
}

/* ---- unique: are they, already? -------------------------------------------------------- */

static bool check_unique_now(struct ddl *d, const struct sql_relation *rel, uint32_t index)
{
	struct sql_table_plans *p = sql_table_plan(d->s, rel);
	struct buf text;
	bool ok = true;

	for (size_t i = 0; p && i < p->nuniques; i++) {
		const struct sql_unique_plan *u = &p->uniques[i];
		if (u->index->oid != index)
			continue;
		buf_init(&text, 1 << 20);
		struct sql_compiled made;
		buf_add_str(&text, "SELECT ");
		for (int pass = 0; pass < 2; pass++) {
			for (size_t k = 0; k < u->index->nkeys; k++) {
				const struct sql_index_key *key = &u->index->keys[k];
				const char *expr = ddl_print(d, "c%d", key->column);
				const char *collation = sql_type_collation(d->env, key->type);
				if (!key->column && sql_compile_text(d->s, rel, key->expr, SQL_FOR_INDEX, 0, -1, NULL, d->a, &made))
					expr = ddl_print(d, "(%s)", sql_program_columns(made.expr, d->a));
				buf_addf(&text, "%s%s", k ? "," : "", expr);
				if (pass && collation)
					buf_addf(&text, " COLLATE %s", collation);
			}
			if (!pass) {
				buf_addf(&text, " FROM r_%u WHERE visnow(xmin, xmax)", rel->filenode);
				for (size_t k = 0; k < u->index->nkeys && !u->index->nulls_not_distinct; k++)
					if (u->index->keys[k].column)
						buf_addf(&text, " AND c%d IS NOT NULL", u->index->keys[k].column);
				if (u->index->predicate && sql_compile_text(d->s, rel, u->index->predicate, SQL_FOR_PREDICATE, 16, -1, NULL, d->a, &made))
					buf_addf(&text, " AND (%s)", sql_program_columns(made.expr, d->a));
				buf_add_str(&text, " GROUP BY ");
			}
		}
		buf_add_str(&text, " HAVING count(*) > 1 LIMIT 1");
		sqlite3_stmt *q = sql_store_take(d->st, text.ptr);
		if (sqlite3_step(q) == SQLITE_ROW) {
			struct sql_datum keys[SQL_KEYS_MAX];
			for (size_t k = 0; k < u->index->nkeys; k++)
				keys[k] = sql_datum_copy(sql_datum_column(q, (int)k), d->a);
			sql_unique_raise(d->s, rel, u, keys);
			struct sql_error *e = d->env->error;
			e->message = arena_printf(d->env->arena, "could not create unique index \"%s\"", u->index->name);
			const char *tail = " already exists.";
			if (e->detail.len > strlen(tail))
				sql_detail(d->env, e, "%.*s is duplicated.", (int)(e->detail.len - strlen(tail)), e->detail.ptr);
			ok = false;
		}
		sql_store_done(d->st, q);
		buf_release(&text);
	}
	return ok && p;
}

/* ---- making one --------------------------------------------------------------------------- */

static void add_numbers(struct buf *out, size_t i, int64_t v)
{
	buf_addf(out, "%s%lld", i ? " " : "", (long long)v);
}

static bool copy_keys(struct ddl *d, const struct sql_relation *rel, const struct ddl_new_index *x, struct key *keys, uint32_t method)
{
	const struct sql_index *from = x->like;
	const struct sql_relation *other = sql_catalog_relation_oid(d->s, (uint32_t)sql_cat_int(d->st, "SELECT indrelid FROM pg_index WHERE indexrelid = ?1", "i",
												  (int64_t)from->oid));

	for (size_t i = 0; i < from->nkeys + from->nincluded; i++) {
		const struct sql_index_key *k = &from->keys[i];
		keys[i] = (struct key){ .descending = k->descending, .nulls_first = k->nulls_first, .type = k->type, .expr = k->expr, .name = "expr", .label = "expr" };
		if (k->column) {
			const struct sql_attribute *c = other ? ddl_find_column(rel, other->columns[k->column - 1].name) : NULL;
			if (!c)
				return ddl_fail(d, "42703", -1, "column of index \"%s\" does not exist", from->name);
			keys[i].column = c->number;
			keys[i].name = keys[i].label = c->name;
			keys[i].collation = c->collation;
		}
		keys[i].opclass = default_opclass(d, keys[i].type, method);
	}
	return true;
}

uint32_t ddl_make_index(struct ddl *d, const struct sql_relation *rel, const struct ddl_new_index *x)
{
	size_t nkeys = x->like ? x->like->nkeys : x->nparams, nall = nkeys + (x->like ? x->like->nincluded : x->nincluding);
	struct key *keys = ARENA_ARRAY(d->a, struct key, nall + 1);
	struct ddl_new_relation r = { .schema = rel->schema_oid, .kind = 'i', .persistence = rel->persistence, .ncolumns = nall };
	const char *method_name = ddl_given(x->method) ? x->method : "btree", *predicate = x->where_text;
	uint32_t method = 0, table = rel->oid;
	struct sql_compiled made;
	struct buf label, columns, options, classes, collations, exprs;

	for (size_t i = 0; i < sql_nam_facts; i++)
		if (!strcmp(sql_am_facts[i].name, method_name) && sql_am_facts[i].kind == 'i')
			method = sql_am_facts[i].oid;
	if (!method)
		return ddl_fail(d, "42704", -1, "access method \"%s\" does not exist", method_name);
	bool ordered = !strcmp(method_name, "btree");
	if (x->unique && !ordered)
		return ddl_fail(d, "0A000", -1, "access method \"%s\" does not support unique indexes", method_name);
	if (nkeys > SQL_KEYS_MAX)
		return ddl_fail(d, "54011", -1, "cannot use more than 32 columns in an index");
	if (x->like && !copy_keys(d, rel, x, keys, method))
		return 0;
	for (size_t i = 0; !x->like && i < nall; i++)
		if (!read_key(d, rel, i < nkeys ? x->params[i] : x->including[i - nkeys], &keys[i], method, method_name, ordered))
			return 0;
	if (x->where) {
		if (!sql_compile_expr(d->s, rel, x->where, SQL_FOR_PREDICATE, 16, -1, NULL, d->a, &made))
			return 0;
		predicate = ddl_print(d, "%.*s", SLICE_ARG(made.text));
	} else if (x->like) {
		predicate = x->like->predicate;
	}
	buf_init(&label, 1024);
	for (size_t i = 0; i < nall; i++)
		buf_addf(&label, "%s%s", i ? "_" : "", keys[i].label);
	r.name = x->name;
	if (!ddl_given(r.name))
		r.name = x->primary ? ddl_free_name(d, r.schema, rel->name, NULL, "pkey", true) :
				      ddl_free_name(d, r.schema, rel->name, label.ptr, x->constraint ? "key" : "idx", x->constraint);
	buf_release(&label);
	r.of_index = method;
	r.columns = ARENA_ARRAY(d->a, struct ddl_new_column, nall + 1);
	buf_init(&columns, 4096), buf_init(&options, 4096), buf_init(&classes, 4096), buf_init(&collations, 4096), buf_init(&exprs, 1 << 20);
	for (size_t i = 0; i < nall; i++) {
		r.columns[i] = (struct ddl_new_column){ .name = keys[i].name, .type = keys[i].type, .typmod = -1, .collation = keys[i].collation };
		for (size_t k = 0, same = 1; k < i; k++)
			if (!strcmp(r.columns[k].name, r.columns[i].name))
				r.columns[i].name = ddl_print(d, "%s%zu", keys[i].name, same++);
		add_numbers(&columns, i, keys[i].column);
		if (keys[i].expr)
			buf_addf(&exprs, "%s\x1f", keys[i].expr);
		if (i >= nkeys)
			continue;
		add_numbers(&options, i, keys[i].descending + 2 * keys[i].nulls_first);
		add_numbers(&classes, i, keys[i].opclass);
		add_numbers(&collations, i, keys[i].collation);
	}
	uint32_t oid = ddl_make_relation(d, &r);
	sql_cat_insert(d->s, CAT_INDEX, (struct sql_cat_value[]){ CAT_INT("indexrelid", oid), CAT_INT("indrelid", table), CAT_INT("indnatts", (int64_t)nall),
		       CAT_INT("indnkeyatts", (int64_t)nkeys), CAT_INT("indisunique", x->unique), CAT_INT("indnullsnotdistinct", x->nulls_not_distinct),
		       CAT_INT("indisprimary", x->primary), CAT_INT("indimmediate", !x->deferrable), CAT_INT("indisvalid", 1), CAT_INT("indisready", 1),
		       CAT_INT("indislive", 1), CAT_SLICE("indkey", buf_slice(&columns)), CAT_SLICE("indcollation", buf_slice(&collations)),
		       CAT_SLICE("indclass", buf_slice(&classes)), CAT_SLICE("indoption", buf_slice(&options)),
		       exprs.len ? (struct sql_cat_value)CAT_SLICE("indexprs", buf_slice(&exprs)) : (struct sql_cat_value)CAT_NULL("indexprs"),
		       predicate ? (struct sql_cat_value)CAT_TEXT("indpred", predicate) : (struct sql_cat_value)CAT_NULL("indpred") }, 17);
	buf_release(&columns), buf_release(&options), buf_release(&classes), buf_release(&collations), buf_release(&exprs);
	for (size_t i = 0; i < nall && !x->constraint; i++)
		ddl_depend(d, (struct ddl_object){ CAT_CLASS, oid, 0 }, (struct ddl_object){ CAT_CLASS, table, keys[i].column }, 'a');
	sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relhasindex", 1) }, 1, "oid = ?1", CAT_IDS(table));
	rel = ddl_reload(d, table);
	for (size_t i = 0; i < rel->nindexes; i++)
		if (rel->indexes[i].oid == oid)
			ddl_store_index(d, rel, &rel->indexes[i]);
	if (x->unique && !check_unique_now(d, rel, oid))
		return 0;
	return d->env->error ? 0 : oid;
}

bool ddl_create_index(struct ddl *d, const PgQuery__IndexStmt *st)
{
	const struct sql_relation *rel = ddl_relation(d, st->relation, "rm", "table", false);
	struct ddl_new_index x = { .name = st->idxname, .unique = st->unique, .nulls_not_distinct = st->nulls_not_distinct, .params = st->index_params,
				   .nparams = st->n_index_params, .including = st->index_including_params, .nincluding = st->n_index_including_params,
				   .where = st->where_clause, .method = st->access_method };

	if (!rel || !sql_table_lock(d->s, rel, st->concurrent ? SQL_SHARE_UPDATE_EXCLUSIVE : SQL_SHARE, false))
		return false;
	if (st->concurrent && d->s->block)
		return ddl_fail(d, "25001", -1, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
	if (ddl_given(st->idxname) && ddl_name_taken(d, rel->schema_oid, slice_str(st->idxname))) {
		if (!st->if_not_exists)
			return ddl_fail(d, "42P07", -1, "relation \"%s\" already exists", st->idxname);
		ddl_notice(d, "42P07", "relation \"%s\" already exists, skipping", st->idxname);
		return true;
	}
	return ddl_make_index(d, rel, &x) != 0;
}
