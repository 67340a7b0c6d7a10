/*
 * CREATE TABLE: rows of pg_class, pg_type and pg_attribute, the table of the
 * store, then defaults and constraints, in the order PostgreSQL makes them.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/sysfunc.h"
#include "service/pg/sql/transaction.h"
#include "service/pg/sql/type/type.h"

/* ---- rows --------------------------------------------------------------------- */

static uint32_t make_rowtype(struct ddl *d, const struct ddl_new_relation *r, uint32_t relation)
{
	uint32_t oid = sql_store_oid(d->st), array = sql_store_oid(d->st);

	sql_cat_insert(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("typname", r->name), CAT_INT("typnamespace", r->schema),
		       CAT_INT("typowner", SQL_OWNER), CAT_INT("typlen", -1), CAT_TEXT("typtype", "c"), CAT_TEXT("typcategory", "C"),
		       CAT_INT("typisdefined", 1), CAT_TEXT("typdelim", ","), CAT_INT("typrelid", relation), CAT_INT("typarray", array),
		       CAT_INT("typinput", 2290), CAT_INT("typoutput", 2291), CAT_INT("typreceive", 2402), CAT_INT("typsend", 2403),
		       CAT_TEXT("typalign", "d"), CAT_TEXT("typstorage", "x"), CAT_INT("typtypmod", -1) }, 18);
	sql_cat_insert(d->s, CAT_TYPE, (struct sql_cat_value[]){ CAT_INT("oid", array), CAT_TEXT("typname", ddl_make_name(d, "", r->name, NULL)),
		       CAT_INT("typnamespace", r->schema), CAT_INT("typowner", SQL_OWNER), CAT_INT("typlen", -1), CAT_TEXT("typtype", "b"),
		       CAT_TEXT("typcategory", "A"), CAT_INT("typisdefined", 1), CAT_TEXT("typdelim", ","), CAT_INT("typelem", oid),
		       CAT_INT("typsubscript", 6179), CAT_INT("typinput", 750), CAT_INT("typoutput", 751), CAT_INT("typreceive", 2400),
		       CAT_INT("typsend", 2401), CAT_INT("typanalyze", 3816), CAT_TEXT("typalign", "d"), CAT_TEXT("typstorage", "x"),
		       CAT_INT("typtypmod", -1) }, 19);
	ddl_depend(d, (struct ddl_object){ CAT_TYPE, array, 0 }, (struct ddl_object){ CAT_TYPE, oid, 0 }, 'i');
	ddl_depend(d, (struct ddl_object){ CAT_TYPE, oid, 0 }, (struct ddl_object){ CAT_CLASS, relation, 0 }, 'i');
	return oid;
}

void ddl_make_attribute(struct ddl *d, uint32_t relation, int16_t number, const struct ddl_new_column *c)
{
	const struct sql_type *t = sql_catalog_type_oid(d->s, c->type);
	const struct sql_type_fact *f = sql_type_fact_oid(c->type);
	char identity[2] = { c->identity, 0 }, generated[2] = { c->generated, 0 };

	sql_cat_insert(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("attrelid", relation), CAT_TEXT("attname", c->name),
		       CAT_INT("atttypid", c->type), CAT_INT("attstattarget", -1), CAT_INT("attlen", t ? t->len : -1), CAT_INT("attnum", number),
		       CAT_INT("attndims", t && t->category == 'A' ? 1 : 0), CAT_INT("attcacheoff", -1), CAT_INT("atttypmod", c->typmod),
		       CAT_INT("attbyval", f ? f->byval : 0), CAT_TEXT("attalign", f ? ((char[]){ f->align, 0 }) : "i"),
		       CAT_TEXT("attstorage", f ? ((char[]){ f->storage, 0 }) : t && t->kind == 'e' ? "p" : "x"), CAT_INT("attnotnull", c->notnull),
		       CAT_INT("atthasdef", c->fallback || c->fallback_text || c->serial), CAT_TEXT("attidentity", identity),
		       CAT_TEXT("attgenerated", generated), CAT_INT("attislocal", 1), CAT_INT("attcollation", c->collation ? c->collation : t ? t->collation : 0) }, 18);
	if (!c->inner)
		ddl_depend_type(d, (struct ddl_object){ CAT_CLASS, relation, number }, c->type);
}

uint32_t ddl_make_relation(struct ddl *d, const struct ddl_new_relation *r)
{
	uint32_t oid = sql_store_oid(d->st), type = 0;
	char kind[2] = { r->kind, 0 }, persistence[2] = { r->persistence, 0 };
	bool stored = r->kind == 'r' || r->kind == 'm';

	if (r->kind != 'i' && r->kind != 'S')
		type = make_rowtype(d, r, oid);
	sql_cat_insert(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_TEXT("relname", r->name), CAT_INT("relnamespace", r->schema),
		       CAT_INT("reltype", type), CAT_INT("relowner", SQL_OWNER), CAT_INT("relam", stored ? 2 : r->of_index),
		       CAT_INT("relfilenode", stored || r->kind == 'S' || r->kind == 'i' ? oid : 0),
		       { "reltuples", { .kind = SQL_REAL, .d = r->kind == 'S' ? 1 : r->kind == 'i' ? 0 : -1 } },
		       CAT_TEXT("relpersistence", persistence), CAT_TEXT("relkind", kind), CAT_INT("relnatts", (int64_t)r->ncolumns),
		       CAT_INT("relispopulated", 1), CAT_TEXT("relreplident", stored ? "d" : "n"), CAT_INT("relhasrules", r->kind == 'v' || r->kind == 'm'),
		       CAT_INT("relfrozenxid", stored ? 3 : 0), CAT_INT("relminmxid", stored ? 1 : 0),
		       r->options ? (struct sql_cat_value)CAT_TEXT("reloptions", r->options) : (struct sql_cat_value)CAT_NULL("reloptions") }, 17);
	for (size_t i = 0; i < r->ncolumns; i++) {
		r->columns[i].inner = r->kind == 'i';
		ddl_make_attribute(d, oid, (int16_t)(i + 1), &r->columns[i]);
	}
	if (r->kind != 'i')
		ddl_depend(d, (struct ddl_object){ CAT_CLASS, oid, 0 }, (struct ddl_object){ CAT_NAMESPACE, r->schema, 0 }, 'n');
	if (stored)
		sql_store_create(d->st, oid, ddl_reload(d, oid), d->env);
	return oid;
}

#define NEXTVAL "nextval('"

/*
 * What a default says is kept so that it means the same under every search path:
 * nextval('s') names its sequence with the schema. NULL: `sequence` stays as it is.
 */
static const char *settled_default(struct ddl *d, const char *text, const struct sql_relation **sequence)
{
	const char *at = strstr(text, NEXTVAL);

	*sequence = NULL;
	if (at) {
		struct slice parts[3];
		const char *from = at + strlen(NEXTVAL), *end = strchr(from, '\'');
		size_t n = end ? sql_name_parts(d->env, slice_of(from, (size_t)(end - from)), parts) : 0;

		*sequence = n ? sql_catalog_relation(d->s, n > 1 ? parts[n - 2] : SLICE_NONE, parts[n - 1]) : NULL;
		if (!*sequence)
			return text;
		end++;
		if (!strncmp(end, "::text", 6)) /* looked up at each call */
			return text;
		return ddl_print(d, "%.*s'%s.%s'%s%s", (int)(from - 1 - text), text, ddl_quoted(d, (*sequence)->schema), ddl_quoted(d, (*sequence)->name),
				 strncmp(end, "::", 2) ? "::regclass" : "", end);
	}
	return text;
}

bool ddl_set_default(struct ddl *d, uint32_t relation, int16_t number, PgQuery__Node *expr, const char *text, char generated)
{
	const struct sql_relation *rel = ddl_reload(d, relation);
	const struct sql_attribute *c = &rel->columns[number - 1];
	struct sql_compiled made;
	uint32_t oid;

	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 2604 AND objid IN (SELECT oid FROM pg_attrdef WHERE adrelid = ?1 AND adnum = ?2)",
		       CAT_IDS(relation, number));
	sql_cat_change(d->s, CAT_ATTRDEF, NULL, 0, "adrelid = ?1 AND adnum = ?2", CAT_IDS(relation, number));
	if (expr) {
		if (!sql_compile_expr(d->s, generated ? rel : NULL, expr, generated ? SQL_FOR_GENERATED : SQL_FOR_DEFAULT, c->type, c->typmod, c->name,
				      d->a, &made))
			return false;
		text = ddl_print(d, "%.*s", SLICE_ARG(made.text));
	}
	if (text) {
		const struct sql_relation *seq;

		text = settled_default(d, text, &seq);
		oid = sql_store_oid(d->st);
		sql_cat_insert(d->s, CAT_ATTRDEF, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_INT("adrelid", relation), CAT_INT("adnum", number),
			       CAT_TEXT("adbin", text) }, 4);
		ddl_depend(d, (struct ddl_object){ CAT_ATTRDEF, oid, 0 }, (struct ddl_object){ CAT_CLASS, relation, number }, 'a');
		for (size_t i = 0; expr && generated && i < made.ncolumns; i++)
			ddl_depend(d, (struct ddl_object){ CAT_CLASS, relation, number }, (struct ddl_object){ CAT_CLASS, relation, made.columns[i] }, 'n');
		if (seq) /* the default needs its sequence */
			ddl_depend(d, (struct ddl_object){ CAT_ATTRDEF, oid, 0 }, (struct ddl_object){ CAT_CLASS, seq->oid, 0 }, 'n');
	}
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("atthasdef", text != NULL) }, 1, "attrelid = ?1 AND attnum = ?2",
		       CAT_IDS(relation, number));
	return true;
}

/* ---- columns ---------------------------------------------------------------------- */

static uint32_t serial_type(const PgQuery__TypeName *t)
{
	struct slice name = ddl_last_name(t->names, t->n_names);

	if (t->n_names != 1 || t->n_array_bounds)
		return 0;
	if (slice_eq_str(name, "serial") || slice_eq_str(name, "serial4"))
		return 23;
	if (slice_eq_str(name, "bigserial") || slice_eq_str(name, "serial8"))
		return 20;
	if (slice_eq_str(name, "smallserial") || slice_eq_str(name, "serial2"))
		return 21;
	return 0;
}

static bool null_conflict(struct ddl *d, const struct ddl_new_column *c, int location)
{
	return ddl_fail(d, "42601", location, "conflicting NULL/NOT NULL declarations for column \"%s\" of table \"%s\"", c->name, d->table ? d->table : "");
}

static bool collatable(struct ddl *d, uint32_t type)
{
	const struct sql_type *t = sql_catalog_type_oid(d->s, type);

	while (t && (t->kind == 'd' || t->element))
		t = sql_catalog_type_oid(d->s, t->kind == 'd' ? t->base : t->element);
	return t && (t->oid == T_TEXT || t->oid == T_VARCHAR || t->oid == T_BPCHAR || t->oid == T_NAME);
}

bool ddl_column_of(struct ddl *d, const PgQuery__ColumnDef *def, struct ddl_new_column *c)
{
	const char *notnull = NULL;
	bool null = false, has_default = false;

	*c = (struct ddl_new_column){ .name = def->colname, .typmod = -1, .location = def->location };
	c->type = serial_type(def->type_name);
	if (c->type)
		c->serial = c->notnull = true;
	else if (!sql_compile_type(d->s, def->type_name, &c->type, &c->typmod))
		return false;
	const struct sql_type *t = sql_catalog_type_oid(d->s, c->type);
	if (t && t->kind == 'p')
		return ddl_fail(d, "42P16", -1, "column \"%s\" has pseudo-type %s", c->name, t->name);
	if (def->coll_clause) {
		struct slice name = ddl_last_name(def->coll_clause->collname, def->coll_clause->n_collname);
		for (size_t i = 0; i < sql_ncollation_facts; i++)
			if (slice_eq_str(name, sql_collation_facts[i].name))
				c->collation = sql_collation_facts[i].oid;
		if (c->collation && !collatable(d, c->type))
			return ddl_fail(d, "42804", def->coll_clause->location, "collations are not supported by type %s", ddl_type_words(d, c->type, -1));
		if (!c->collation)
			return ddl_fail(d, "42704", def->coll_clause->location, "collation \"%.*s\" for encoding \"UTF8\" does not exist", SLICE_ARG(name));
	}
	if (def->is_not_null)
		c->notnull = true;
	for (size_t i = 0; i < def->n_constraints; i++) {
		const PgQuery__Constraint *k = def->constraints[i]->constraint;
		switch (k->contype) {
		case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
			if (notnull)
				return null_conflict(d, c, k->location);
			null = true;
			break;
		case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
			if (null)
				return null_conflict(d, c, k->location);
			c->notnull = true;
			notnull = c->name;
			break;
		case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
			c->notnull = true;
			notnull = c->name;
			break;
		case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
			if (c->fallback)
				return ddl_fail(d, "42601", k->location, "multiple default values specified for column \"%s\" of table \"%s\"", c->name, d->table ? d->table : "");
			c->fallback = k->raw_expr;
			has_default = true;
			break;
		case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
			c->identity = k->generated_when[0];
			c->sequence_options = k->options;
			c->nsequence_options = k->n_options;
			c->notnull = true;
			break;
		case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
			c->generated = 's';
			if (!has_default)
				c->fallback = k->raw_expr;
			break;
		default:
			break;
		}
		const char *both = has_default && c->identity ? "default and identity" : has_default && c->generated ? "default and generation expression" :
				   c->identity && c->generated ? "identity and generation expression" : NULL;
		if (both)
			return ddl_fail(d, "42601", k->location, "both %s specified for column \"%s\" of table \"%s\"", both, c->name, d->table ? d->table : "");
	}
	if (null && (notnull || c->identity))
		return null_conflict(d, c, c->location);
	if (c->serial && c->identity)
		return ddl_fail(d, "42601", -1, "both default and identity specified for column \"%s\" of table \"%s\"", c->name, d->table ? d->table : "");
	if (c->serial && c->fallback)
		return ddl_fail(d, "42601", -1, "multiple default values specified for column \"%s\" of table \"%s\"", c->name, d->table ? d->table : "");
	if (c->identity && c->type != 20 && c->type != 21 && c->type != 23)
		return ddl_fail(d, "22023", -1, "identity column type must be smallint, integer, or bigint");
	return true;
}

bool ddl_column_sequence(struct ddl *d, const char *table, uint32_t schema, char persistence, struct ddl_new_column *c, uint32_t *sequence)
{
	*sequence = 0;
	if (!c->serial && !c->identity)
		return true;
	const char *name = ddl_free_name(d, schema, table, c->name, "seq", false);
	for (size_t i = 0; i < c->nsequence_options; i++) {
		const PgQuery__DefElem *e = c->sequence_options[i]->def_elem;
		if (!strcmp(e->defname, "sequence_name") && e->arg && e->arg->node_case == AST(LIST) && e->arg->list->n_items)
			name = sql_ast_string(e->arg->list->items[e->arg->list->n_items - 1]);
	}
	*sequence = ddl_make_sequence(d, name, schema, persistence, c->type, c->sequence_options, c->nsequence_options);
	if (*sequence && c->serial) {
		const struct sql_relation *rel = ddl_reload(d, *sequence);
		c->fallback_text = ddl_print(d, "nextval('%s.%s'::regclass)", ddl_quoted(d, rel->schema), ddl_quoted(d, rel->name));
	}
	return *sequence != 0;
}

void ddl_own_sequence(struct ddl *d, uint32_t sequence, uint32_t table, int16_t column, char how)
{
	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 1259 AND objid = ?1 AND refclassid = 1259 AND deptype IN ('a', 'i')", CAT_IDS(sequence));
	if (table)
		ddl_depend(d, (struct ddl_object){ CAT_CLASS, sequence, 0 }, (struct ddl_object){ CAT_CLASS, table, column }, how);
}

/* ---- LIKE ---------------------------------------------------------------------------- */

enum { LIKE_COMMENTS = 1, LIKE_COMPRESSION = 2, LIKE_CONSTRAINTS = 4, LIKE_DEFAULTS = 8, LIKE_GENERATED = 16, LIKE_IDENTITY = 32, LIKE_INDEXES = 64 };

static bool like_columns(struct ddl *d, const PgQuery__TableLikeClause *like, struct ddl_new_column *columns, size_t *n)
{
	const struct sql_relation *rel = ddl_relation(d, like->relation, "rvmc", "table", false);

	if (!rel) {
		struct sql_error *e = d->env->error;

		d->env->error = NULL;
		if (e)
			ddl_fail(d, arena_slice(d->a, e->sqlstate).ptr, like->relation->location, "%.*s", SLICE_ARG(e->message));
		return false;
	}
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const struct sql_attribute *c = &rel->columns[i];
		if (c->dropped)
			continue;
		struct ddl_new_column *to = &columns[(*n)++];
		*to = (struct ddl_new_column){ .name = arena_str(d->a, c->name), .type = c->type, .typmod = c->typmod, .notnull = c->notnull,
					       .collation = c->collation, .location = -1 };
		if (c->generated ? like->options & LIKE_GENERATED : like->options & LIKE_DEFAULTS) {
			to->fallback_text = c->fallback ? arena_str(d->a, c->fallback) : NULL;
			to->generated = c->generated;
		}
		if (like->options & LIKE_IDENTITY)
			to->identity = c->identity;
	}
	return true;
}

static size_t like_count(struct ddl *d, const PgQuery__TableLikeClause *like)
{
	struct slice schema = ddl_given(like->relation->schemaname) ? slice_str(like->relation->schemaname) : SLICE_NONE;
	const struct sql_relation *rel = sql_catalog_relation(d->s, schema, slice_str(like->relation->relname));

	return rel ? rel->ncolumns : 0;
}

/* A primary key or UNIQUE constraint, with a name of its own. */
static bool like_key(struct ddl *d, const struct sql_relation *from, const struct sql_index *x, uint32_t table)
{
	PgQuery__Constraint copy = PG_QUERY__CONSTRAINT__INIT;
	PgQuery__Node **names = ARENA_ARRAY(d->a, PgQuery__Node *, x->nkeys + 1);

	copy.contype = x->primary ? PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY : PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE;
	copy.location = -1;
	copy.nulls_not_distinct = x->nulls_not_distinct;
	copy.deferrable = x->deferrable;
	for (size_t i = 0; i < x->nkeys; i++) {
		PgQuery__String *s = ARENA_NEW(d->a, PgQuery__String);
		PgQuery__Node *n = ARENA_NEW(d->a, PgQuery__Node);

		pg_query__string__init(s);
		pg_query__node__init(n);
		s->sval = arena_str(d->a, from->columns[x->keys[i].column - 1].name);
		n->node_case = AST(STRING);
		n->string = s;
		names[i] = n;
	}
	copy.keys = names;
	copy.n_keys = x->nkeys - x->nincluded;
	copy.including = names + copy.n_keys;
	copy.n_including = x->nincluded;
	return ddl_add_constraint(d, table, &copy, NULL, false);
}

static bool like_constraints(struct ddl *d, const PgQuery__TableLikeClause *like, uint32_t table)
{
	const struct sql_relation *from = ddl_relation(d, like->relation, "rvmc", "table", false), *to = ddl_reload(d, table);

	for (size_t i = 0; i < from->nconstraints && (like->options & LIKE_CONSTRAINTS); i++) {
		const struct sql_constraint *k = &from->constraints[i];
		PgQuery__Constraint copy = PG_QUERY__CONSTRAINT__INIT;
		if (k->kind != 'c')
			continue;
		copy.contype = PG_QUERY__CONSTR_TYPE__CONSTR_CHECK;
		copy.conname = (char *)k->name;
		copy.raw_expr = sql_parse_expr(d->env, slice_str(k->expr), d->a);
		copy.location = -1;
		if (!copy.raw_expr || !ddl_add_constraint(d, table, &copy, NULL, false))
			return false;
	}
	for (size_t i = 0; i < from->nindexes && (like->options & LIKE_INDEXES); i++) {
		if (from->indexes[i].primary || from->indexes[i].constraint) {
			if (!like_key(d, from, &from->indexes[i], table))
				return false;
			continue;
		}
		struct ddl_new_index x = { .like = &from->indexes[i], .unique = from->indexes[i].unique, .primary = from->indexes[i].primary,
					   .constraint = from->indexes[i].constraint != 0, .method = from->indexes[i].method,
					   .nulls_not_distinct = from->indexes[i].nulls_not_distinct };
		to = ddl_reload(d, table);
		/* columns keep their names, not their numbers */
		if (!ddl_make_index(d, to, &x))
			return false;
	}
	return true;
}

/* ---- the statement --------------------------------------------------------------------- */

/* reloptions.c: what tables, views and indexes know. */
bool ddl_storage_known(struct ddl *d, PgQuery__Node **options, size_t count, const char *tablespace)
{
	static const char *const known[] = { "fillfactor", "autovacuum_", "toast_tuple_target", "parallel_workers", "user_catalog_table", "vacuum_",
		"log_autovacuum_min_duration", "security_barrier", "security_invoker", "check_option", "deduplicate_items", "buffering", "fastupdate",
		"gin_pending_list_limit", "pages_per_range", "autosummarize", "oids" };

	for (size_t i = 0; i < count; i++) {
		const PgQuery__DefElem *e = options[i]->def_elem;
		bool is = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			is |= !strncmp(e->defname, known[k], strlen(known[k]));
		if (!is)
			return ddl_fail(d, "22023", -1, "unrecognized parameter \"%s\"", e->defname);
		if (!strcmp(e->defname, "oids") && ddl_option_bool(d, e))
			return ddl_fail(d, "0A000", -1, "tables declared WITH OIDS are not supported");
	}
	if (ddl_given(tablespace) && strcmp(tablespace, "pg_default") != 0 && strcmp(tablespace, "pg_global") != 0)
		return ddl_fail(d, "42704", -1, "tablespace \"%s\" does not exist", tablespace);
	return true;
}

const char *ddl_reloptions(struct ddl *d, PgQuery__Node **options, size_t count)
{
	struct buf text;

	if (!count)
		return NULL;
	buf_init(&text, 1 << 16);
	buf_add_char(&text, '{');
	for (size_t i = 0; i < count; i++) {
		const PgQuery__DefElem *e = options[i]->def_elem;
		const char *value = ddl_option_text(d, e);
		buf_addf(&text, "%s%s%s%s=%s", i ? "," : "", ddl_given(e->defnamespace) ? e->defnamespace : "", ddl_given(e->defnamespace) ? "." : "",
			 e->defname, value ? value : "true");
	}
	buf_add_char(&text, '}');
	const char *kept = arena_slice(d->a, buf_slice(&text)).ptr;
	buf_release(&text);
	return kept;
}

void ddl_on_commit(struct ddl *d, uint32_t relation, int action)
{
	if (action != PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DELETE_ROWS && action != PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP)
		return;
	struct sql_temp *t = arena_alloc(&d->s->temp_arena, sizeof(*t));
	*t = (struct sql_temp){ .next = d->s->temps, .relation = relation, .drop = action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP };
	d->s->temps = t;
}

static bool check_columns(struct ddl *d, const struct ddl_new_column *columns, size_t n)
{
	static const char *const system[] = { "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid", NULL };

	if (n > 1600)
		return ddl_fail(d, "54011", -1, "tables can have at most 1600 columns");
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (!strcmp(columns[i].name, columns[k].name))
				return ddl_fail(d, "42701", -1, "column \"%s\" specified more than once", columns[i].name);
		for (size_t k = 0; system[k]; k++)
			if (!strcmp(columns[i].name, system[k]))
				return ddl_fail(d, "42701", -1, "column name \"%s\" conflicts with a system column name", system[k]);
	}
	return true;
}

bool ddl_check_new_name(struct ddl *d, uint32_t schema, const char *name, bool if_not_exists, bool *skip)
{
	bool waited;

	*skip = false;
	if (!ddl_name_taken(d, schema, slice_str(name))) {
		if (!sql_name_lock(d->s, schema, name, &waited))
			return false;
		if (waited && ddl_name_taken(d, schema, slice_str(name))) {
			struct sql_error *e = sql_raise_env(d->env, "23505", "duplicate key value violates unique constraint \"pg_type_typname_nsp_index\"");

			sql_detail(d->env, e, "Key (typname, typnamespace)=(%s, %u) already exists.", name, schema);
			e->schema = SLICE_LIT("pg_catalog");
			e->table = SLICE_LIT("pg_type");
			e->constraint = SLICE_LIT("pg_type_typname_nsp_index");
			return false;
		}
	}
	if (ddl_name_taken(d, schema, slice_str(name))) {
		if (!if_not_exists)
			return ddl_fail(d, "42P07", -1, "relation \"%s\" already exists", name);
		ddl_notice(d, "42P07", "relation \"%s\" already exists, skipping", name);
		*skip = true;
		return true;
	}
	if (sql_cat_int(d->st, "SELECT count(*) FROM pg_type WHERE typnamespace = ?1 AND typname = ?2", "is", (int64_t)schema, name)) {
		ddl_fail(d, "42710", -1, "type \"%s\" already exists", name);
		sql_hint(d->env, d->env->error, "A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.");
		return false;
	}
	return true;
}

/* CREATE TABLE ... OF type: the type's fields. */
static bool typed_columns(struct ddl *d, const PgQuery__TypeName *name, struct ddl_new_relation *r, size_t *n, size_t *cap)
{
	uint32_t type;
	int32_t mod;
	size_t count;

	if (!sql_compile_type(d->s, name, &type, &mod))
		return false;
	const struct sql_type *t = sql_catalog_type_oid(d->s, type);
	if (!t || t->kind != 'c')
		return ddl_fail(d, "42809", name->location, "type %s is not a composite type", ddl_type_words(d, type, -1));
	const struct sql_field *fields = sql_catalog_fields(d->s, type, &count);
	r->columns = ARENA_ARRAY(d->a, struct ddl_new_column, count + *cap + 1);
	for (size_t i = 0; i < count; i++)
		r->columns[(*n)++] = (struct ddl_new_column){ .name = arena_str(d->a, fields[i].name), .type = fields[i].type, .typmod = fields[i].typmod,
			.location = -1 };
	return true;
}

/* "id WITH OPTIONS PRIMARY KEY" of a typed table. */
static bool typed_options(struct ddl *d, const PgQuery__ColumnDef *def, struct ddl_new_relation *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ddl_new_column *c = r->columns + i;

		if (strcmp(c->name, def->colname) != 0)
			continue;
		for (size_t k = 0; k < def->n_constraints; k++) {
			const PgQuery__Constraint *o = def->constraints[k]->constraint;

			c->notnull |= o->contype == PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL || o->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY;
			if (o->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT)
				c->fallback = o->raw_expr;
		}
		return true;
	}
	return ddl_fail(d, "42703", -1, "column \"%s\" does not exist", def->colname);
}

static bool add_constraints(struct ddl *d, uint32_t oid, const PgQuery__CreateStmt *st, int pass)
{
	for (size_t i = 0; i < st->n_table_elts; i++) {
		const PgQuery__Node *e = st->table_elts[i];
		const PgQuery__Constraint *const *list = NULL;
		const PgQuery__ColumnDef *def = e->node_case == AST(COLUMN_DEF) ? e->column_def : NULL;
		(void)list;
		for (size_t k = 0; k < (def ? def->n_constraints : 1); k++) {
			const PgQuery__Constraint *c = def ? def->constraints[k]->constraint : e->node_case == AST(CONSTRAINT) ? e->constraint : NULL;
			if (!c)
				continue;
			PgQuery__Constraint copy = *c;
			/* what follows a constraint in its column says how it may be deferred */
			for (size_t m = k + 1; def && m < def->n_constraints; m++) {
				PgQuery__ConstrType t = def->constraints[m]->constraint->contype;
				if (t == PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE)
					copy.deferrable = true;
				else if (t == PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED)
					copy.deferrable = copy.initdeferred = true;
				else if (t != PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE && t != PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE)
					break;
			}
			bool now;
			switch (c->contype) {
			case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK: now = pass == 0; break;
			case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY: now = pass == 1; break;
			case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
			case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION: now = pass == 2; break;
			case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN: now = pass == 3; break;
			default: now = false; break;
			}
			if (now && !ddl_add_constraint(d, oid, &copy, def ? def->colname : NULL, false))
				return false;
		}
	}
	return true;
}

bool ddl_create_table(struct ddl *d, const PgQuery__CreateStmt *st)
{
	const PgQuery__RangeVar *rv = st->relation;
	struct ddl_new_relation r = { .name = rv->relname, .kind = 'r' };
	size_t n = 0, cap = 0;
	bool skip;

	d->table = rv->relname;
	if (st->partspec || st->partbound)
		return ddl_refuse(d, "a partitioned table");
	if (st->n_inh_relations)
		return ddl_refuse(d, "table inheritance");
	r.schema = ddl_schema_for(d, rv->schemaname, rv->relpersistence, rv->location);
	if (!r.schema)
		return false;
	r.persistence = r.schema == d->s->temp_schema ? 't' : rv->relpersistence[0] ? rv->relpersistence[0] : 'p';
	if (!ddl_check_new_name(d, r.schema, r.name, st->if_not_exists, &skip) || skip)
		return skip;
	if (!ddl_storage_known(d, st->options, st->n_options, st->tablespacename))
		return false;
	if (st->oncommit > PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_NOOP && r.persistence != 't')
		return ddl_fail(d, "42P16", -1, "ON COMMIT can only be used on temporary tables");

	for (size_t i = 0; i < st->n_table_elts; i++)
		cap += st->table_elts[i]->node_case == AST(TABLE_LIKE_CLAUSE) ? like_count(d, st->table_elts[i]->table_like_clause) : 1;
	if (st->of_typename && !typed_columns(d, st->of_typename, &r, &n, &cap))
		return false;
	if (!st->of_typename)
		r.columns = ARENA_ARRAY(d->a, struct ddl_new_column, cap + 1);
	for (size_t i = 0; i < st->n_table_elts; i++) {
		const PgQuery__Node *e = st->table_elts[i];
		if (e->node_case == AST(COLUMN_DEF) && !(st->of_typename ? typed_options(d, e->column_def, &r, n) : ddl_column_of(d, e->column_def, &r.columns[n++])))
			return false;
		if (e->node_case == AST(TABLE_LIKE_CLAUSE) && !like_columns(d, e->table_like_clause, r.columns, &n))
			return false;
	}
	if (!check_columns(d, r.columns, n))
		return false;
	/* the columns of a primary key are not null, wherever it stands */
	for (size_t i = 0; i < st->n_table_elts; i++) {
		const PgQuery__Constraint *k = st->table_elts[i]->node_case == AST(CONSTRAINT) ? st->table_elts[i]->constraint : NULL;
		for (size_t m = 0; k && k->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY && m < k->n_keys; m++)
			for (size_t c = 0; c < n; c++)
				if (!strcmp(r.columns[c].name, sql_ast_string(k->keys[m])))
					r.columns[c].notnull = true;
	}
	r.ncolumns = n;
	r.options = ddl_reloptions(d, st->options, st->n_options);
	uint32_t *sequences = ARENA_ARRAY(d->a, uint32_t, n + 1);
	for (size_t i = 0; i < n; i++)
		if (!ddl_column_sequence(d, r.name, r.schema, r.persistence, &r.columns[i], &sequences[i]))
			return false;
	uint32_t oid = ddl_make_relation(d, &r);
	for (size_t i = 0; i < n; i++) {
		struct ddl_new_column *c = &r.columns[i];
		if (sequences[i])
			ddl_own_sequence(d, sequences[i], oid, (int16_t)(i + 1), c->identity ? 'i' : 'a');
		if ((c->fallback || c->fallback_text) && !ddl_set_default(d, oid, (int16_t)(i + 1), c->fallback, c->fallback_text, c->generated))
			return false;
	}
	for (int pass = 0; pass < 4; pass++)
		if (!add_constraints(d, oid, st, pass))
			return false;
	for (size_t i = 0; i < st->n_table_elts; i++)
		if (st->table_elts[i]->node_case == AST(TABLE_LIKE_CLAUSE) && !like_constraints(d, st->table_elts[i]->table_like_clause, oid))
			return false;
	ddl_on_commit(d, oid, st->oncommit);
	return true;
}
