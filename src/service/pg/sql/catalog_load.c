/*
 * Reads relations and types from the catalogs' rows.
 */
#include "service/pg/sql/catalog_load.h"

#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/compile.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/store.h"

#define SCHEMA_CATALOG 11
#define SCHEMA_INFORMATION 13207

static char *text_of(struct sql_catalog *c, sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text ? arena_str(&c->arena, text) : NULL;
}

static char letter_of(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text ? text[0] : 0;
}

/* "{1,2}" and "1 2": arrays of numbers as the catalogs hold them. */
static size_t numbers_of(struct sql_catalog *c, const char *text, int16_t **out)
{
	size_t n = 0;
	struct arena *a = &c->arena;

	*out = NULL;
	if (!text)
		return 0;
	*out = ARENA_ARRAY(a, int16_t, strlen(text) / 2 + 1);
	for (const char *p = text; *p;) {
		char *end;
		long v = strtol(p, &end, 10);
		if (end == p) {
			p++;
			continue;
		}
		(*out)[n++] = (int16_t)v;
		p = end;
	}
	return n;
}

/* ---- what is built in ------------------------------------------------------- */

static struct sql_relation *system_relation(struct sql_session *s, struct sql_catalog *c, const struct sql_system_table *t)
{
	struct sql_relation *rel = ARENA_NEW(&c->arena, struct sql_relation);

	(void)s;
	*rel = (struct sql_relation){ .oid = t->oid, .schema_oid = SCHEMA_CATALOG, .filenode = t->oid, .type = t->rowtype, .name = t->name,
				      .schema = "pg_catalog", .kind = 'r', .persistence = 'p', .ncolumns = t->count, .system = true,
				      .arena = &c->arena };
	rel->columns = ARENA_ARRAY(&c->arena, struct sql_attribute, t->count);
	for (size_t i = 0; i < t->count; i++) {
		const struct sql_system_column *col = &sql_system_columns[t->first + i];
		const struct sql_type *type = sql_builtin_type(col->type);
		rel->columns[i] = (struct sql_attribute){ .name = col->name, .number = col->number, .type = col->type, .typmod = -1,
							  .notnull = col->notnull, .collation = type ? type->collation : 0 };
	}
	return rel;
}

static struct sql_relation *system_view(struct sql_session *s, struct sql_catalog *c, const struct sql_system_view *v)
{
	struct sql_relation *rel = ARENA_NEW(&c->arena, struct sql_relation);
	struct sql_env *env = &s->engine->env;
	struct sql_compiled_query q;
	struct sql_parsed p;
	bool catalog = !strcmp(v->schema, "pg_catalog");

	*rel = (struct sql_relation){ .oid = v->oid, .schema_oid = catalog ? SCHEMA_CATALOG : SCHEMA_INFORMATION, .name = v->name,
				      .schema = v->schema, .kind = 'v', .persistence = 'p', .view = v->query, .system = true, .arena = &c->arena };
	/* its columns are what its query gives */
	if (!sql_parse(env, slice_str(v->query), &c->arena, &p) || p.count != 1 || !sql_compile_query(s, p.statements[0], &c->arena, &q))
		return NULL;
	rel->columns = ARENA_ARRAY(&c->arena, struct sql_attribute, q.ncolumns);
	for (size_t i = 0; i < q.ncolumns; i++) {
		const struct sql_type *type = sql_builtin_type(q.columns[i].oid);
		rel->columns[rel->ncolumns++] = (struct sql_attribute){ .name = arena_slice(&c->arena, q.columns[i].name).ptr, .number = (int16_t)(i + 1),
									.type = q.columns[i].oid == 705 ? 25 : q.columns[i].oid, .typmod = q.columns[i].typmod,
									.collation = type ? type->collation : 0 };
	}
	return rel;
}

/* ---- a relation that was made -------------------------------------------------- */

static void load_columns(struct sql_store *st, struct sql_catalog *c, struct sql_relation *rel, size_t count)
{
	sqlite3_stmt *q = sql_cat_query(st,
					"SELECT a.attnum, attname, atttypid, atttypmod, attnotnull, attisdropped, attidentity, attgenerated, "
					"attcollation, d.adbin FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
					"WHERE attrelid = ?1 AND a.attnum > 0 ORDER BY a.attnum", "i", (int64_t)rel->oid);

	rel->columns = ARENA_ARRAY(&c->arena, struct sql_attribute, count);
	while (sqlite3_step(q) == SQLITE_ROW && rel->ncolumns < count)
		rel->columns[rel->ncolumns++] = (struct sql_attribute){
			.number = (int16_t)sqlite3_column_int(q, 0),
			.name = text_of(c, q, 1),
			.type = (uint32_t)sqlite3_column_int64(q, 2),
			.typmod = sqlite3_column_int(q, 3),
			.notnull = sqlite3_column_int(q, 4),
			.dropped = sqlite3_column_int(q, 5),
			.identity = letter_of(q, 6),
			.generated = letter_of(q, 7),
			.collation = (uint32_t)sqlite3_column_int64(q, 8),
			.fallback = text_of(c, q, 9),
		};
	sql_store_done(st, q);
}

static size_t count_rows(struct sql_store *st, const char *text, uint32_t oid)
{
	return (size_t)sql_cat_int(st, text, "i", (int64_t)oid);
}

static const char constraint_columns[] =
	"oid, conname, contype, conkey, conbin, condeferrable, condeferred, convalidated, connoinherit, conindid, confrelid, confkey, "
	"confupdtype, confdeltype, confmatchtype, confdelsetcols, conrelid";

static void read_constraint(struct sql_catalog *c, sqlite3_stmt *q, struct sql_constraint *k)
{
	k->oid = (uint32_t)sqlite3_column_int64(q, 0);
	k->name = text_of(c, q, 1);
	k->kind = letter_of(q, 2);
	k->ncolumns = numbers_of(c, (const char *)sqlite3_column_text(q, 3), &k->columns);
	k->expr = text_of(c, q, 4);
	k->deferrable = sqlite3_column_int(q, 5);
	k->deferred = sqlite3_column_int(q, 6);
	k->validated = sqlite3_column_int(q, 7);
	k->no_inherit = sqlite3_column_int(q, 8);
	k->index = (uint32_t)sqlite3_column_int64(q, 9);
	k->other = (uint32_t)sqlite3_column_int64(q, 10);
	numbers_of(c, (const char *)sqlite3_column_text(q, 11), &k->other_columns);
	k->on_update = letter_of(q, 12);
	k->on_delete = letter_of(q, 13);
	k->match = letter_of(q, 14);
	k->nset_columns = numbers_of(c, (const char *)sqlite3_column_text(q, 15), &k->set_columns);
}

static size_t load_constraints(struct sql_store *st, struct sql_catalog *c, const char *where, uint32_t oid, bool pointing,
			       struct sql_constraint **out)
{
	char text[640];
	size_t n = 0, cap;

	snprintf(text, sizeof(text), "SELECT count(*) FROM pg_constraint WHERE %s", where);
	cap = count_rows(st, text, oid);
	*out = ARENA_ARRAY(&c->arena, struct sql_constraint, cap);
	if (!cap)
		return 0;
	snprintf(text, sizeof(text), "SELECT %s FROM pg_constraint WHERE %s ORDER BY conname COLLATE BINARY", constraint_columns, where);
	sqlite3_stmt *q = sql_cat_query(st, text, "i", (int64_t)oid);
	while (sqlite3_step(q) == SQLITE_ROW && n < cap) {
		read_constraint(c, q, &(*out)[n]);
		if (pointing)
			(*out)[n].other = (uint32_t)sqlite3_column_int64(q, 16);
		n++;
	}
	sql_store_done(st, q);
	return n;
}

/* Expressions of an index stand behind one another, each ended by a unit separator. */
static char *next_expr(struct sql_catalog *c, const char **rest)
{
	const char *end = *rest ? strchr(*rest, '\x1f') : NULL;
	char *one;

	if (!end)
		return NULL;
	one = (char *)arena_slice(&c->arena, (struct slice){ *rest, (size_t)(end - *rest) }).ptr;
	*rest = end + 1;
	return one;
}

static void load_indexes(struct sql_store *st, struct sql_catalog *c, struct sql_relation *rel)
{
	size_t cap = count_rows(st, "SELECT count(*) FROM pg_index WHERE indrelid = ?1", rel->oid);

	rel->indexes = ARENA_ARRAY(&c->arena, struct sql_index, cap);
	if (!cap)
		return;
	sqlite3_stmt *q = sql_cat_query(st,
					"SELECT i.indexrelid, r.relname, indisunique, indisprimary, indnullsnotdistinct, indisvalid, indimmediate, "
					"indnkeyatts, indkey, indoption, indexprs, indpred, r.relam, "
					"(SELECT k.oid FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p','u','x')), "
					"indisexclusion "
					"FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid WHERE indrelid = ?1 ORDER BY i.indexrelid", "i", (int64_t)rel->oid);
	while (sqlite3_step(q) == SQLITE_ROW && rel->nindexes < cap) {
		struct sql_index *x = &rel->indexes[rel->nindexes++];
		int16_t *columns, *options;
		const char *exprs = text_of(c, q, 10);
		size_t all = numbers_of(c, (const char *)sqlite3_column_text(q, 8), &columns);

		numbers_of(c, (const char *)sqlite3_column_text(q, 9), &options);
		*x = (struct sql_index){ .oid = (uint32_t)sqlite3_column_int64(q, 0), .name = text_of(c, q, 1), .unique = sqlite3_column_int(q, 2),
					 .primary = sqlite3_column_int(q, 3), .nulls_not_distinct = sqlite3_column_int(q, 4),
					 .valid = sqlite3_column_int(q, 5), .deferrable = !sqlite3_column_int(q, 6),
					 .nkeys = (size_t)sqlite3_column_int(q, 7), .predicate = text_of(c, q, 11), .method = "btree",
					 .constraint = (uint32_t)sqlite3_column_int64(q, 13) };
		for (size_t m = 0; m < sql_nam_facts; m++)
			if (sql_am_facts[m].oid == (uint32_t)sqlite3_column_int64(q, 12))
				x->method = sql_am_facts[m].name;
		x->nincluded = all - x->nkeys;
		x->keys = ARENA_ARRAY(&c->arena, struct sql_index_key, all);
		for (size_t i = 0; i < all; i++) {
			struct sql_index_key *k = &x->keys[i];
			k->column = columns[i];
			k->expr = columns[i] ? NULL : next_expr(c, &exprs);
			k->descending = i < x->nkeys && (options[i] & 1);
			k->nulls_first = i < x->nkeys && (options[i] & 2);
			k->type = k->column ? rel->columns[k->column - 1].type : 0;
		}
	}
	sql_store_done(st, q);
}

struct sql_relation *sql_load_relation(struct sql_session *s, struct sql_catalog *c, uint32_t oid)
{
	struct sql_store *st = s->engine->store;
	struct sql_system_table *t = sql_system_table(st, oid);

	if (t) {
		sql_system_read(st, t);
		return system_relation(s, c, t);
	}
	const struct sql_system_view *v = sql_system_view_oid(oid);
	if (v)
		return system_view(s, c, v);

	sqlite3_stmt *q = sql_cat_query(st,
					"SELECT r.relname, r.relnamespace, r.reltype, r.relfilenode, r.relkind, r.relpersistence, r.relnatts, n.nspname, r.relispopulated, r.reloptions "
					"FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = ?1", "i", (int64_t)oid);
	if (sqlite3_step(q) != SQLITE_ROW) {
		sql_store_done(st, q);
		return NULL;
	}
	struct sql_relation *rel = ARENA_NEW(&c->arena, struct sql_relation);
	*rel = (struct sql_relation){ .oid = oid, .name = text_of(c, q, 0), .schema_oid = (uint32_t)sqlite3_column_int64(q, 1),
				      .type = (uint32_t)sqlite3_column_int64(q, 2), .filenode = (uint32_t)sqlite3_column_int64(q, 3),
				      .kind = letter_of(q, 4), .persistence = letter_of(q, 5), .schema = text_of(c, q, 7), .unpopulated = !sqlite3_column_int(q, 8),
				      .arena = &c->arena };
	const char *options = (const char *)sqlite3_column_text(q, 9);
	if (options && rel->kind == 'v')
		rel->check_option = strstr(options, "check_option=local") ? 'l' : strstr(options, "check_option=cascaded") ? 'c' : 0;
	size_t natts = (size_t)sqlite3_column_int(q, 6);
	sql_store_done(st, q);
	load_columns(st, c, rel, natts);
	if (rel->kind == 'v' || rel->kind == 'm') {
		q = sql_cat_query(st, "SELECT ev_action FROM pg_rewrite WHERE ev_class = ?1", "i", (int64_t)oid);
		rel->view = sqlite3_step(q) == SQLITE_ROW ? text_of(c, q, 0) : NULL;
		sql_store_done(st, q);
	}
	rel->nconstraints = load_constraints(st, c, "conrelid = ?1", oid, false, &rel->constraints);
	rel->nreferences = load_constraints(st, c, "confrelid = ?1", oid, true, &rel->references);
	load_indexes(st, c, rel);
	return rel;
}

uint32_t sql_load_relation_oid(struct sql_session *s, uint32_t schema, struct slice name)
{
	struct sql_store *st = s->engine->store;

	if (schema == SCHEMA_CATALOG || schema == SCHEMA_INFORMATION) {
		struct sql_system_table *t = schema == SCHEMA_CATALOG ? sql_system_table_named(st, name) : NULL;
		const struct sql_system_view *v = t ? NULL : sql_system_view(slice_str(schema == SCHEMA_CATALOG ? "pg_catalog" : "information_schema"), name);
		if (t || v)
			return t ? t->oid : v->oid;
	}
	return (uint32_t)sql_cat_int(st, "SELECT oid FROM pg_class WHERE relnamespace = ?1 AND relname = ?2", "iS", (int64_t)schema, name);
}

/* ---- types ------------------------------------------------------------------------ */

struct sql_made_type *sql_load_type(struct sql_session *s, struct sql_catalog *c, uint32_t oid)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_cat_query(st,
					"SELECT t.typname, n.nspname, t.typtype, t.typcategory, t.typispreferred, t.typlen, t.typelem, t.typarray, "
					"t.typbasetype, t.typrelid, t.typtypmod, t.typnotnull, t.typcollation, t.typdefaultbin, t.typsubscript "
					"FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ?1", "i", (int64_t)oid);

	if (sqlite3_step(q) != SQLITE_ROW) {
		sql_store_done(st, q);
		return NULL;
	}
	struct sql_made_type *t = ARENA_NEW(&c->arena, struct sql_made_type);
	t->facts = (struct sql_type){ .oid = oid, .name = text_of(c, q, 0), .schema = text_of(c, q, 1), .kind = letter_of(q, 2),
				      .category = letter_of(q, 3), .preferred = sqlite3_column_int(q, 4), .len = (int16_t)sqlite3_column_int(q, 5),
				      .element = (uint32_t)sqlite3_column_int64(q, 6), .array = (uint32_t)sqlite3_column_int64(q, 7),
				      .base = (uint32_t)sqlite3_column_int64(q, 8), .relation = (uint32_t)sqlite3_column_int64(q, 9),
				      .basemod = sqlite3_column_int(q, 10), .notnull = sqlite3_column_int(q, 11),
				      .collation = (uint32_t)sqlite3_column_int64(q, 12) };
	t->fallback = text_of(c, q, 13);
	sql_store_done(st, q);
	if (t->facts.kind == 'e') {
		size_t cap = count_rows(st, "SELECT count(*) FROM pg_enum WHERE enumtypid = ?1", oid);
		t->labels = ARENA_ARRAY(&c->arena, struct sql_label, cap);
		q = sql_cat_query(st, "SELECT oid, enumsortorder, enumlabel FROM pg_enum WHERE enumtypid = ?1 ORDER BY enumsortorder", "i", (int64_t)oid);
		while (sqlite3_step(q) == SQLITE_ROW && t->nlabels < cap)
			t->labels[t->nlabels++] = (struct sql_label){ .oid = (uint32_t)sqlite3_column_int64(q, 0),
								      .order = sqlite3_column_double(q, 1), .text = text_of(c, q, 2) };
		sql_store_done(st, q);
	}
	if (t->facts.kind == 'r') {
		q = sql_cat_query(st, "SELECT rngsubtype FROM pg_range WHERE rngtypid = ?1", "i", (int64_t)oid);
		if (sqlite3_step(q) == SQLITE_ROW)
			t->facts.base = (uint32_t)sqlite3_column_int64(q, 0);
		sql_store_done(st, q);
	}
	if (t->facts.kind == 'd')
		t->nchecks = load_constraints(st, c, "contypid = ?1", oid, false, &t->checks);
	return t;
}

void sql_load_fields(struct sql_session *s, struct sql_catalog *c, struct sql_made_type *t)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(s, t->facts.relation);

	if (!rel)
		return;
	t->fields = ARENA_ARRAY(&c->arena, struct sql_field, rel->ncolumns + 1);
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped)
			t->fields[t->nfields++] = (struct sql_field){ .name = arena_str(&c->arena, rel->columns[i].name),
								      .type = rel->columns[i].type, .typmod = rel->columns[i].typmod };
}
