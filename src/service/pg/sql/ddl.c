/*
 * What the statements that define have in common: names, words, dependencies.
 */
#include "service/pg/sql/ddl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/library.h"

/* ---- words ------------------------------------------------------------------ */

bool ddl_fail(struct ddl *d, const char *sqlstate, int location, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct sql_error *e = sql_raise_env(d->env, sqlstate, "%s", arena_vprintf(d->a, fmt, ap).ptr);
	va_end(ap);
	if (location >= 0 && (size_t)location <= d->s->text.len)
		e->position = (int)slice_chars(slice_take(d->s->text, (size_t)location)) + 1;
	return false;
}

bool ddl_refuse(struct ddl *d, const char *what)
{
	return ddl_fail(d, "0A000", -1, "%s is not supported by this fake", what);
}

void ddl_notice(struct ddl *d, const char *sqlstate, const char *fmt, ...)
{
	struct sql_env *env = d->env;
	struct sql_error *more = ARENA_ARRAY(env->arena, struct sql_error, env->nnotices + 1);
	va_list ap;

	if (env->nnotices)
		memcpy(more, env->notices, env->nnotices * sizeof(*more));
	va_start(ap, fmt);
	more[env->nnotices] = (struct sql_error){ .severity = SLICE_LIT("NOTICE"), .sqlstate = slice_str(sqlstate),
						  .message = arena_vprintf(env->arena, fmt, ap) };
	va_end(ap);
	env->notices = more;
	env->nnotices++;
}

const char *ddl_print(struct ddl *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const char *text = arena_vprintf(d->a, fmt, ap).ptr;
	va_end(ap);
	return text;
}

bool ddl_given(const char *text)
{
	return text && *text;
}

struct slice ddl_last_name(PgQuery__Node **names, size_t count)
{
	const char *last = count ? sql_ast_string(names[count - 1]) : NULL;

	return last ? slice_str(last) : SLICE_NONE;
}

void ddl_split_name(PgQuery__Node **names, size_t count, struct slice *schema, struct slice *name)
{
	*name = ddl_last_name(names, count);
	*schema = count > 1 ? slice_str(sql_ast_string(names[count - 2])) : SLICE_NONE;
}

const char *ddl_option_text(struct ddl *d, const PgQuery__DefElem *e)
{
	if (!e->arg)
		return NULL;
	switch (e->arg->node_case) {
	case AST(STRING): return e->arg->string->sval;
	case AST(INTEGER): return ddl_print(d, "%d", e->arg->integer->ival);
	case AST(FLOAT): return e->arg->float_->fval;
	case AST(BOOLEAN): return e->arg->boolean->boolval ? "true" : "false";
	case AST(TYPE_NAME): {
		struct slice last = ddl_last_name(e->arg->type_name->names, e->arg->type_name->n_names);
		return last.ptr;
	}
	default: return NULL;
	}
}

bool ddl_option_int(struct ddl *d, const PgQuery__DefElem *e, int64_t *value)
{
	const char *text = ddl_option_text(d, e);
	char *end;

	if (!text)
		return false;
	*value = strtoll(text, &end, 10);
	return !*end;
}

bool ddl_option_bool(struct ddl *d, const PgQuery__DefElem *e)
{
	const char *text = ddl_option_text(d, e);

	return !text || !strcmp(text, "true") || !strcmp(text, "1") || !strcmp(text, "on");
}

/* ---- names --------------------------------------------------------------------- */

uint32_t ddl_temp_schema(struct ddl *d)
{
	struct sql_session *s = d->s;

	if (!s->temp_schema) {
		/* outside of every transaction: the schema stays when this one is rolled back */
		s->temp_schema = sql_store_oid(d->st);
		sql_cat_fill(d->st, CAT_NAMESPACE, (struct sql_cat_value[]){ CAT_INT("oid", s->temp_schema),
			     CAT_TEXT("nspname", ddl_print(d, "pg_temp_%u", s->pid)), CAT_INT("nspowner", SQL_OWNER) }, 3);
		d->st->version++;
	}
	return s->temp_schema;
}

uint32_t ddl_schema_for(struct ddl *d, const char *schema, const char *persistence, int location)
{
	uint32_t oid;
	bool temp = persistence && persistence[0] == 't';

	if (ddl_given(schema)) {
		if (!strcmp(schema, "pg_temp"))
			return ddl_temp_schema(d);
		if (temp && sql_catalog_schema(d->s, slice_str(schema), &oid)) {
			ddl_fail(d, "42P16", location, "cannot create temporary relation in non-temporary schema");
			return 0;
		}
		if (!sql_catalog_schema(d->s, slice_str(schema), &oid)) {
			ddl_fail(d, "3F000", location, "schema \"%s\" does not exist", schema);
			return 0;
		}
		if (oid == SQL_SCHEMA_CATALOG) {
			ddl_fail(d, "42501", -1, "permission denied to create \"%s.%s\"", schema, d->table ? d->table : "");
			sql_detail(d->env, d->env->error, "System catalog modifications are currently disallowed.");
			return 0;
		}
		return oid;
	}
	if (temp)
		return ddl_temp_schema(d);
	oid = sql_catalog_creation_schema(d->s);
	if (!oid)
		ddl_fail(d, "3F000", location, "no schema has been selected to create in");
	return oid;
}

static const char *kind_words(char kind)
{
	switch (kind) {
	case 'r': case 'p': return "table";
	case 'v': return "view";
	case 'm': return "materialized view";
	case 'S': return "sequence";
	case 'i': case 'I': return "index";
	case 'c': return "type";
	default: return "relation";
	}
}

const struct sql_relation *ddl_relation(struct ddl *d, const PgQuery__RangeVar *rv, const char *kinds, const char *noun, bool missing_ok)
{
	struct slice schema = ddl_given(rv->schemaname) ? slice_str(rv->schemaname) : SLICE_NONE;
	const struct sql_relation *rel = sql_catalog_relation(d->s, schema, slice_str(rv->relname));
	const char *name = ddl_given(rv->schemaname) ? ddl_print(d, "%s.%s", rv->schemaname, rv->relname) : rv->relname;

	if (!rel && missing_ok)
		ddl_notice(d, "00000", "relation \"%s\" does not exist, skipping", rv->relname);
	else if (!rel)
		ddl_fail(d, "42P01", -1, "relation \"%s\" does not exist", name);
	if (!rel)
		return NULL;
	if (rel->system) {
		ddl_fail(d, "42501", -1, "permission denied: \"%s\" is a system catalog", rel->name);
		return NULL;
	}
	if (!strchr(kinds, rel->kind)) {
		ddl_fail(d, "42809", -1, "\"%s\" is not %s %s", rel->name, strchr("aeiou", noun[0]) ? "an" : "a", noun);
		return NULL;
	}
	return rel;
}

const struct sql_relation *ddl_reload(struct ddl *d, uint32_t oid)
{
	return sql_catalog_relation_oid(d->s, oid);
}

const struct sql_attribute *ddl_find_column(const struct sql_relation *rel, const char *name)
{
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped && !strcmp(rel->columns[i].name, name))
			return &rel->columns[i];
	return NULL;
}

const struct sql_attribute *ddl_column(struct ddl *d, const struct sql_relation *rel, const char *name)
{
	const struct sql_attribute *c = ddl_find_column(rel, name);

	if (!c)
		ddl_fail(d, "42703", -1, "column \"%s\" of relation \"%s\" does not exist", name, rel->name);
	return c;
}

bool ddl_name_taken(struct ddl *d, uint32_t schema, struct slice name)
{
	return sql_cat_int(d->st, "SELECT count(*) FROM pg_class WHERE relnamespace = ?1 AND relname = ?2", "iS", (int64_t)schema, name) > 0;
}

static size_t clip(const char *text, size_t len)
{
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

const char *ddl_make_name(struct ddl *d, const char *one, const char *two, const char *label)
{
	size_t over = (two ? 1 : 0) + (label ? strlen(label) + 1 : 0), n1 = strlen(one), n2 = two ? strlen(two) : 0;

	while (n1 + n2 > SQL_NAME_MAX - over) {
		if (n1 > n2)
			n1--;
		else
			n2--;
	}
	n1 = clip(one, n1);
	n2 = two ? clip(two, n2) : 0;
	return ddl_print(d, "%.*s%s%.*s%s%s", (int)n1, one, two ? "_" : "", (int)n2, two ? two : "", label ? "_" : "", label ? label : "");
}

const char *ddl_free_name(struct ddl *d, uint32_t schema, const char *one, const char *two, const char *label, bool constraint)
{
	const char *name = ddl_make_name(d, one, two, label);

	for (int pass = 1;; pass++) {
		bool taken = ddl_name_taken(d, schema, slice_str(name));
		if (!taken && constraint)
			taken = sql_cat_int(d->st, "SELECT count(*) FROM pg_constraint WHERE connamespace = ?1 AND conname = ?2", "is",
					    (int64_t)schema, name) > 0;
		if (!taken)
			return name;
		name = ddl_make_name(d, one, two, ddl_print(d, "%s%d", label, pass));
	}
}

const char *ddl_quoted(struct ddl *d, const char *name)
{
	const struct sql_keyword_fact *word = sql_keyword_find(slice_str(name));
	bool plain = (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
	struct buf out;

	for (const char *p = name; *p && plain; p++)
		plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
	if (plain && (!word || word->category == 'U'))
		return name;
	buf_init(&out, 1024);
	buf_add_char(&out, '"');
	for (const char *p = name; *p; p++) {
		if (*p == '"')
			buf_add_char(&out, '"');
		buf_add_char(&out, *p);
	}
	buf_add_char(&out, '"');
	const char *kept = arena_slice(d->a, buf_slice(&out)).ptr;
	buf_release(&out);
	return kept;
}

/* ---- what depends on what -------------------------------------------------------- */

void ddl_depend(struct ddl *d, struct ddl_object what, struct ddl_object on, char how)
{
	char letter[2] = { how, 0 };

	if (on.oid < SQL_FIRST_OID && on.oid != SQL_SCHEMA_PUBLIC)
		return; /* what is built in is not dropped */
	sql_cat_insert(d->s, CAT_DEPEND, (struct sql_cat_value[]){ CAT_INT("classid", what.class), CAT_INT("objid", what.oid),
		       CAT_INT("objsubid", what.column), CAT_INT("refclassid", on.class), CAT_INT("refobjid", on.oid),
		       CAT_INT("refobjsubid", on.column), CAT_TEXT("deptype", letter) }, 7);
}

void ddl_depend_type(struct ddl *d, struct ddl_object what, uint32_t type)
{
	const struct sql_type *t = sql_catalog_type_oid(d->s, type);

	if (t && t->element && t->category == 'A')
		t = sql_catalog_type_oid(d->s, t->element);
	if (t && t->oid >= SQL_FIRST_OID)
		ddl_depend(d, what, (struct ddl_object){ CAT_TYPE, t->oid, 0 }, 'n');
}

static const char *visible_name(struct ddl *d, const struct sql_relation *rel)
{
	return sql_catalog_relation(d->s, SLICE_NONE, slice_str(rel->name)) == rel ? rel->name : ddl_print(d, "%s.%s", rel->schema, rel->name);
}

const char *ddl_describe(struct ddl *d, struct ddl_object o)
{
	struct sql_store *st = d->st;
	const struct sql_relation *rel;
	const char *text = ddl_print(d, "object %u", o.oid);
	sqlite3_stmt *q = NULL;

	switch (o.class) {
	case CAT_CLASS:
		rel = sql_catalog_relation_oid(d->s, o.oid);
		if (!rel)
			break;
		text = ddl_print(d, "%s %s", kind_words(rel->kind), visible_name(d, rel));
		if (o.column)
			text = ddl_print(d, "column %s of %s", rel->columns[o.column - 1].name, text);
		break;
	case CAT_TYPE: {
		const struct sql_type *t = sql_catalog_type_oid(d->s, o.oid);
		if (t)
			text = ddl_print(d, "type %s", t->name);
		break;
	}
	case CAT_NAMESPACE:
		text = ddl_print(d, "schema %s", sql_catalog_schema_name(d->s, o.oid));
		break;
	case CAT_CONSTRAINT:
		q = sql_cat_query(st, "SELECT conname, conrelid, contypid FROM pg_constraint WHERE oid = ?1", "i", (int64_t)o.oid);
		if (sqlite3_step(q) == SQLITE_ROW) {
			text = ddl_print(d, "constraint %s", (const char *)sqlite3_column_text(q, 0));
			rel = sql_catalog_relation_oid(d->s, (uint32_t)sqlite3_column_int64(q, 1));
			const struct sql_type *t = rel ? NULL : sql_catalog_type_oid(d->s, (uint32_t)sqlite3_column_int64(q, 2));
			if (rel || t)
				text = ddl_print(d, "%s on %s %s", text, rel ? kind_words(rel->kind) : "type", rel ? visible_name(d, rel) : t->name);
		}
		break;
	case CAT_ATTRDEF:
		q = sql_cat_query(st, "SELECT adrelid, adnum FROM pg_attrdef WHERE oid = ?1", "i", (int64_t)o.oid);
		if (sqlite3_step(q) == SQLITE_ROW) {
			rel = sql_catalog_relation_oid(d->s, (uint32_t)sqlite3_column_int64(q, 0));
			if (rel)
				text = ddl_print(d, "default value for column %s of %s %s", rel->columns[sqlite3_column_int(q, 1) - 1].name,
						 kind_words(rel->kind), visible_name(d, rel));
		}
		break;
	case CAT_REWRITE:
		q = sql_cat_query(st, "SELECT ev_class FROM pg_rewrite WHERE oid = ?1", "i", (int64_t)o.oid);
		if (sqlite3_step(q) == SQLITE_ROW) {
			uint32_t view = (uint32_t)sqlite3_column_int64(q, 0);
			sql_store_done(st, q);
			return ddl_describe(d, (struct ddl_object){ CAT_CLASS, view, 0 });
		}
		break;
	}
	sql_store_done(st, q);
	return text;
}

struct closure {
	struct entry {
		struct ddl_object o;
		bool told;       /* is named when it goes: depends normally */
		struct ddl_object on;
	} *list;
	size_t count, cap;
};

static bool same_object(struct ddl_object a, struct ddl_object b)
{
	return a.class == b.class && a.oid == b.oid && (a.column == b.column || !a.column || !b.column);
}

static bool listed(const struct closure *c, struct ddl_object o)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->list[i].o.class == o.class && c->list[i].o.oid == o.oid && (c->list[i].o.column == o.column || !c->list[i].o.column))
			return true;
	return false;
}

static void collect(struct ddl *d, struct closure *c, struct ddl_object o, bool told, struct ddl_object on)
{
	if (listed(c, o))
		return;
	if (c->count == c->cap) {
		struct entry *more = ARENA_ARRAY(d->a, struct entry, c->cap * 2 + 16);
		if (c->count)
			memcpy(more, c->list, c->count * sizeof(*more));
		c->list = more;
		c->cap = c->cap * 2 + 16;
	}
	c->list[c->count++] = (struct entry){ o, told, on };
}

struct dependent {
	struct ddl_object o;
	bool normal;
};

/* object_address_comparator of dependency.c: newer ones first. */
static int newer_first(const void *x, const void *y)
{
	const struct ddl_object *a = &((const struct dependent *)x)->o, *b = &((const struct dependent *)y)->o;

	if (a->oid != b->oid)
		return a->oid > b->oid ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

/* What depends on an object directly. */
static struct dependent *dependents(struct ddl *d, struct ddl_object o, size_t *count)
{
	size_t cap = (size_t)sql_cat_int(d->st, "SELECT count(*) FROM pg_depend WHERE refclassid = ?1 AND refobjid = ?2", "ii", (int64_t)o.class, (int64_t)o.oid);
	struct dependent *list = ARENA_ARRAY(d->a, struct dependent, cap + 1);
	sqlite3_stmt *q = sql_cat_query(d->st,
					"SELECT classid, objid, objsubid, deptype FROM pg_depend WHERE refclassid = ?1 AND refobjid = ?2 "
					"AND (?3 = 0 OR refobjsubid = ?3) ORDER BY rid", "iii", (int64_t)o.class, (int64_t)o.oid, (int64_t)o.column);

	*count = 0;
	while (sqlite3_step(q) == SQLITE_ROW && *count < cap) {
		struct ddl_object dep = { (uint32_t)sqlite3_column_int64(q, 0), (uint32_t)sqlite3_column_int64(q, 1), sqlite3_column_int(q, 2) };
		const char *how = (const char *)sqlite3_column_text(q, 3);
		/* a view's rule stands for the view */
		if (dep.class == CAT_REWRITE)
			dep = (struct ddl_object){ CAT_CLASS, (uint32_t)sql_cat_int(d->st, "SELECT ev_class FROM pg_rewrite WHERE oid = ?1", "i",
										    (int64_t)dep.oid), 0 };
		/* a whole relation takes its columns along; one column may have others that are computed from it */
		if (dep.class == o.class && dep.oid == o.oid && (!o.column || !dep.column || dep.column == o.column))
			continue;
		list[(*count)++] = (struct dependent){ dep, how[0] == 'n' };
	}
	sql_store_done(d->st, q);
	qsort(list, *count, sizeof(*list), newer_first);
	return list;
}

/* An object behind everything that depends on it: the order in which they go. */
static void follow(struct ddl *d, struct closure *seen, struct closure *order, struct ddl_object o, bool told, struct ddl_object on)
{
	size_t count;

	if (listed(seen, o))
		return;
	collect(d, seen, o, told, on);
	const struct dependent *list = dependents(d, o, &count);
	for (size_t i = 0; i < count; i++)
		follow(d, seen, order, list[i].o, list[i].normal, o);
	collect(d, order, o, told, on);
}

static void delete_relation(struct ddl *d, uint32_t oid)
{
	sql_cat_change(d->s, CAT_ATTRIBUTE, NULL, 0, "attrelid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_ATTRDEF, NULL, 0, "adrelid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_INDEX, NULL, 0, "indexrelid = ?1 OR indrelid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = 2618 AND objid IN (SELECT w.oid FROM pg_rewrite w WHERE w.ev_class = ?1)", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_REWRITE, NULL, 0, "ev_class = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_SEQUENCE, NULL, 0, "seqrelid = ?1", CAT_IDS(oid));
	sql_cat_change(d->s, CAT_CLASS, NULL, 0, "oid = ?1", CAT_IDS(oid));
}

static void delete_column(struct ddl *d, uint32_t oid, int32_t column)
{
	sql_cat_change(d->s, CAT_ATTRDEF, NULL, 0, "adrelid = ?1 AND adnum = ?2", CAT_IDS(oid, column));
	sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("attisdropped", 1), CAT_INT("attnotnull", 0),
		       CAT_INT("atttypid", 0), CAT_INT("atthasdef", 0), CAT_TEXT("attgenerated", ""), CAT_TEXT("attidentity", ""),
		       CAT_TEXT("attname", ddl_print(d, "........pg.dropped.%d........", column)) }, 7, "attrelid = ?1 AND attnum = ?2", CAT_IDS(oid, column));
}

static void delete_one(struct ddl *d, struct ddl_object o)
{
	switch (o.class) {
	case CAT_CLASS:
		if (o.column)
			delete_column(d, o.oid, o.column);
		else
			delete_relation(d, o.oid);
		break;
	case CAT_TYPE:
		sql_cat_change(d->s, CAT_ENUM, NULL, 0, "enumtypid = ?1", CAT_IDS(o.oid));
		sql_cat_change(d->s, CAT_RANGE, NULL, 0, "rngtypid = ?1", CAT_IDS(o.oid));
		sql_cat_change(d->s, CAT_TYPE, NULL, 0, "oid = ?1", CAT_IDS(o.oid));
		break;
	case CAT_NAMESPACE: sql_cat_change(d->s, CAT_NAMESPACE, NULL, 0, "oid = ?1", CAT_IDS(o.oid)); break;
	case CAT_CONSTRAINT: {
		uint32_t rel = (uint32_t)sql_cat_int(d->st, "SELECT conrelid FROM pg_constraint WHERE oid = ?1 AND contype = 'c'", "i", (int64_t)o.oid);
		sql_cat_change(d->s, CAT_CONSTRAINT, NULL, 0, "oid = ?1", CAT_IDS(o.oid));
		if (rel)
			sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relchecks",
				       sql_cat_int(d->st, "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid = ?1", "i", (int64_t)rel)) },
				       1, "oid = ?1", CAT_IDS(rel));
		break;
	}
	case CAT_ATTRDEF: {
		sqlite3_stmt *q = sql_cat_query(d->st, "SELECT adrelid, adnum FROM pg_attrdef WHERE oid = ?1", "i", (int64_t)o.oid);
		int64_t rel = 0, column = 0;
		if (sqlite3_step(q) == SQLITE_ROW) {
			rel = sqlite3_column_int64(q, 0);
			column = sqlite3_column_int64(q, 1);
		}
		sql_store_done(d->st, q);
		sql_cat_change(d->s, CAT_ATTRDEF, NULL, 0, "oid = ?1", CAT_IDS(o.oid));
		sql_cat_change(d->s, CAT_ATTRIBUTE, (struct sql_cat_value[]){ CAT_INT("atthasdef", 0) }, 1, "attrelid = ?1 AND attnum = ?2",
			       CAT_IDS(rel, column));
		break;
	}
	}
	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "classid = ?1 AND objid = ?2 AND (?3 = 0 OR objsubid = ?3)", CAT_IDS(o.class, o.oid, o.column));
	sql_cat_change(d->s, CAT_DEPEND, NULL, 0, "refclassid = ?1 AND refobjid = ?2 AND (?3 = 0 OR refobjsubid = ?3)",
		       CAT_IDS(o.class, o.oid, o.column));
	sql_cat_change(d->s, CAT_DESCRIPTION, NULL, 0, "classoid = ?1 AND objoid = ?2 AND (?3 = 0 OR objsubid = ?3)",
		       CAT_IDS(o.class, o.oid, o.column));
}

/* What an object belongs to inside out: an index to its constraint, an identity's sequence to its column. */
static bool owned_inside(struct ddl *d, struct ddl_object o, const struct closure *c, struct ddl_object *owner)
{
	sqlite3_stmt *q = sql_cat_query(d->st, "SELECT refclassid, refobjid, refobjsubid FROM pg_depend WHERE classid = ?1 AND objid = ?2 AND deptype = 'i'",
					"ii", (int64_t)o.class, (int64_t)o.oid);
	bool found = sqlite3_step(q) == SQLITE_ROW && !o.column;

	if (found)
		*owner = (struct ddl_object){ (uint32_t)sqlite3_column_int64(q, 0), (uint32_t)sqlite3_column_int64(q, 1), sqlite3_column_int(q, 2) };
	sql_store_done(d->st, q);
	return found && !listed(c, *owner);
}

bool ddl_delete(struct ddl *d, const struct ddl_object *objects, size_t count, bool cascade)
{
	struct closure c = { 0 }, seen = { 0 }, order = { 0 };
	struct ddl_object owner;
	struct buf lines;
	size_t told = 0, first = 0;

	for (size_t i = 0; i < count; i++)
		collect(d, &c, objects[i], false, objects[i]);
	for (size_t i = 0; i < count; i++)
		if (owned_inside(d, objects[i], &c, &owner)) {
			const char *what = ddl_describe(d, objects[i]), *by = ddl_describe(d, owner);
			ddl_fail(d, "2BP01", -1, "cannot drop %s because %s requires it", what, by);
			sql_hint(d->env, d->env->error, "You can drop %s instead.", by);
			return false;
		}
	for (size_t i = 0; i < count; i++)
		follow(d, &seen, &order, objects[i], false, objects[i]);
	/* they are told the other way round */
	c.count = 0;
	for (size_t i = order.count; i-- > 0;)
		collect(d, &c, order.list[i].o, order.list[i].told, order.list[i].on);
	buf_init(&lines, 1 << 20);
	for (size_t i = 0; i < c.count; i++) {
		struct entry *e = &c.list[i];
		bool given = false;
		for (size_t k = 0; k < count; k++)
			given |= same_object(e->o, objects[k]);
		if (!e->told || given)
			continue;
		if (!told++)
			first = i;
		if (cascade)
			buf_addf(&lines, "%sdrop cascades to %s", told > 1 ? "\n" : "", ddl_describe(d, e->o));
		else
			buf_addf(&lines, "%s%s depends on %s", told > 1 ? "\n" : "", ddl_describe(d, e->o), ddl_describe(d, e->on));
	}
	if (told && !cascade) {
		if (count == 1)
			ddl_fail(d, "2BP01", -1, "cannot drop %s because other objects depend on it", ddl_describe(d, objects[0]));
		else
			ddl_fail(d, "2BP01", -1, "cannot drop desired object(s) because other objects depend on them");
		sql_detail(d->env, d->env->error, "%s", lines.ptr);
		sql_hint(d->env, d->env->error, "Use DROP ... CASCADE to drop the dependent objects too.");
	} else if (told == 1) {
		ddl_notice(d, "00000", "drop cascades to %s", ddl_describe(d, c.list[first].o));
	} else if (told > 1) {
		ddl_notice(d, "00000", "drop cascades to %zu other objects", told);
		d->env->notices[d->env->nnotices - 1].detail = arena_slice(d->env->arena, buf_slice(&lines));
	}
	buf_release(&lines);
	if (told && !cascade)
		return false;
	for (size_t i = c.count; i-- > 0;)
		delete_one(d, c.list[i].o);
	return true;
}

void ddl_comment(struct ddl *d, struct ddl_object o, const char *text)
{
	sql_cat_change(d->s, CAT_DESCRIPTION, NULL, 0, "classoid = ?1 AND objoid = ?2 AND objsubid = ?3", CAT_IDS(o.class, o.oid, o.column));
	if (ddl_given(text))
		sql_cat_insert(d->s, CAT_DESCRIPTION, (struct sql_cat_value[]){ CAT_INT("objoid", o.oid), CAT_INT("classoid", o.class),
			       CAT_INT("objsubid", o.column), CAT_TEXT("description", text) }, 4);
}

const char *ddl_type_words(struct ddl *d, uint32_t type, int32_t typmod)
{
	struct buf b;

	buf_init(&b, 4096);
	sql_type_format(d->env, type, typmod, &b);
	const char *words = arena_slice(d->a, buf_slice(&b)).ptr;
	buf_release(&b);
	return words;
}
