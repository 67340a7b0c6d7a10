/*
 * What is built in, as rows: filled into a system catalog when it is first looked
 * at, so that a start costs nothing for the 3,000 functions that nobody lists.
 */
#include <stdio.h>
#include <string.h>

#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/store.h"

#define OWNER 10
#define CATALOG 11
#define INFORMATION_SCHEMA 13207

#define FILL(table, ...)                                                                                        \
	sql_cat_fill(st, table, (struct sql_cat_value[]){ __VA_ARGS__ },                                        \
		     sizeof((struct sql_cat_value[]){ __VA_ARGS__ }) / sizeof(struct sql_cat_value))

static void fill_namespace(struct sql_store *st)
{
	static const struct {
		uint32_t oid;
		const char *name;
	} schemas[] = { { 99, "pg_toast" }, { 11, "pg_catalog" }, { 2200, "public" }, { INFORMATION_SCHEMA, "information_schema" } };

	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
		FILL(CAT_NAMESPACE, CAT_INT("oid", schemas[i].oid), CAT_TEXT("nspname", schemas[i].name),
		     CAT_INT("nspowner", schemas[i].oid == 2200 ? 6171 : OWNER),
		     schemas[i].oid == 2200 ? (struct sql_cat_value)CAT_TEXT("nspacl", "{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}") :
		     schemas[i].oid == 99 ? (struct sql_cat_value)CAT_NULL("nspacl") :
					    (struct sql_cat_value)CAT_TEXT("nspacl", "{postgres=UC/postgres,=U/postgres}"));
}

static void fill_authid(struct sql_store *st)
{
	static const struct {
		uint32_t oid;
		const char *name;
	} roles[] = { { 10, "postgres" }, { 6171, "pg_database_owner" }, { 6181, "pg_read_all_data" }, { 6182, "pg_write_all_data" },
		      { 3373, "pg_monitor" }, { 3374, "pg_read_all_settings" }, { 3375, "pg_read_all_stats" }, { 3377, "pg_stat_scan_tables" },
		      { 4569, "pg_read_server_files" }, { 4570, "pg_write_server_files" }, { 4571, "pg_execute_server_program" },
		      { 4200, "pg_signal_backend" }, { 4544, "pg_checkpoint" } };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		bool super = roles[i].oid == OWNER;
		FILL(CAT_AUTHID, CAT_INT("oid", roles[i].oid), CAT_TEXT("rolname", roles[i].name), CAT_INT("rolsuper", super), CAT_INT("rolinherit", 1),
		     CAT_INT("rolcreaterole", super), CAT_INT("rolcreatedb", super), CAT_INT("rolcanlogin", super), CAT_INT("rolreplication", super),
		     CAT_INT("rolbypassrls", super), CAT_INT("rolconnlimit", -1));
	}
}

static void fill_database(struct sql_store *st)
{
	const char *name = st->engine->config.database ? st->engine->config.database : "postgres";

	FILL(CAT_DATABASE, CAT_INT("oid", 5), CAT_TEXT("datname", name), CAT_INT("datdba", OWNER), CAT_INT("encoding", 6), CAT_TEXT("datlocprovider", "c"),
	     CAT_INT("datallowconn", 1), CAT_INT("datconnlimit", -1), CAT_INT("datfrozenxid", 722), CAT_INT("datminmxid", 1), CAT_INT("dattablespace", 1663),
	     CAT_TEXT("datcollate", "C"), CAT_TEXT("datctype", "C"));
}

static void fill_tablespace(struct sql_store *st)
{
	FILL(1213, CAT_INT("oid", 1663), CAT_TEXT("spcname", "pg_default"), CAT_INT("spcowner", OWNER));
	FILL(1213, CAT_INT("oid", 1664), CAT_TEXT("spcname", "pg_global"), CAT_INT("spcowner", OWNER));
}

static void fill_language(struct sql_store *st)
{
	FILL(2612, CAT_INT("oid", 12), CAT_TEXT("lanname", "internal"), CAT_INT("lanowner", OWNER), CAT_INT("lanvalidator", 2246));
	FILL(2612, CAT_INT("oid", 13), CAT_TEXT("lanname", "c"), CAT_INT("lanowner", OWNER), CAT_INT("lanvalidator", 2247));
	FILL(2612, CAT_INT("oid", 13563), CAT_TEXT("lanname", "plpgsql"), CAT_INT("lanowner", OWNER), CAT_INT("lanispl", 1), CAT_INT("lanpltrusted", 1),
	     CAT_INT("lanplcallfoid", 13561), CAT_INT("laninline", 13562), CAT_INT("lanvalidator", 13562));
	FILL(2612, CAT_INT("oid", 14), CAT_TEXT("lanname", "sql"), CAT_INT("lanowner", OWNER), CAT_INT("lanpltrusted", 1), CAT_INT("lanvalidator", 2248));
}

static void fill_extension(struct sql_store *st)
{
	FILL(3079, CAT_INT("oid", 13559), CAT_TEXT("extname", "plpgsql"), CAT_INT("extowner", OWNER), CAT_INT("extnamespace", CATALOG),
	     CAT_TEXT("extversion", "1.0"));
}

/* What can be dumped or altered, and has a comment from the start. */
static void fill_description(struct sql_store *st)
{
	static const struct {
		uint32_t object, catalog;
		const char *text;
	} comments[] = { { 11, CAT_NAMESPACE, "system catalog schema" }, { 99, CAT_NAMESPACE, "reserved schema for TOAST tables" },
			 { 2200, CAT_NAMESPACE, "standard public schema" }, { 12, 2612, "built-in functions" },
			 { 13, 2612, "dynamically-loaded C functions" }, { 14, 2612, "SQL-language functions" },
			 { 13563, 2612, "PL/pgSQL procedural language" }, { 13559, 3079, "PL/pgSQL procedural language" },
			 { 2, 2601, "heap table access method" }, { 403, 2601, "b-tree index access method" },
			 { 405, 2601, "hash index access method" }, { 783, 2601, "GiST index access method" },
			 { 2742, 2601, "GIN index access method" }, { 4000, 2601, "SP-GiST index access method" },
			 { 3580, 2601, "block range index (BRIN) access method" } };

	for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++)
		FILL(CAT_DESCRIPTION, CAT_INT("objoid", comments[i].object), CAT_INT("classoid", comments[i].catalog), CAT_INT("objsubid", 0),
		     CAT_TEXT("description", comments[i].text));
}

/* The privileges of the first day, which no dump repeats. */
static void fill_init_privs(struct sql_store *st)
{
	FILL(3394, CAT_INT("objoid", 11), CAT_INT("classoid", CAT_NAMESPACE), CAT_INT("objsubid", 0), CAT_TEXT("privtype", "i"),
	     CAT_TEXT("initprivs", "{postgres=UC/postgres,=U/postgres}"));
	FILL(3394, CAT_INT("objoid", 2200), CAT_INT("classoid", CAT_NAMESPACE), CAT_INT("objsubid", 0), CAT_TEXT("privtype", "i"),
	     CAT_TEXT("initprivs", "{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}"));
}

static void fill_type(struct sql_store *st)
{
	for (size_t i = 0; i < sql_ntype_facts; i++) {
		const struct sql_type_fact *t = &sql_type_facts[i];
		char kind[2] = { t->kind, 0 }, category[2] = { t->category, 0 }, delimiter[2] = { t->delimiter, 0 }, align[2] = { t->align, 0 },
		     storage[2] = { t->storage, 0 };

		FILL(CAT_TYPE, CAT_INT("oid", t->oid), CAT_TEXT("typname", t->name), CAT_INT("typnamespace", CATALOG), CAT_INT("typowner", OWNER),
		     CAT_INT("typlen", t->len), CAT_INT("typbyval", t->byval), CAT_TEXT("typtype", kind), CAT_TEXT("typcategory", category),
		     CAT_INT("typispreferred", t->preferred), CAT_INT("typisdefined", 1), CAT_TEXT("typdelim", delimiter), CAT_INT("typrelid", t->relation),
		     CAT_INT("typsubscript", t->is_array ? 6179 : t->element ? 6180 : 0), CAT_INT("typelem", t->element), CAT_INT("typarray", t->array),
		     CAT_INT("typinput", t->input), CAT_INT("typoutput", t->output), CAT_INT("typreceive", t->receive), CAT_INT("typsend", t->send),
		     CAT_INT("typmodin", t->modin), CAT_INT("typmodout", t->modout), CAT_TEXT("typalign", align), CAT_TEXT("typstorage", storage),
		     CAT_INT("typbasetype", t->base), CAT_INT("typtypmod", t->typmod), CAT_INT("typcollation", t->collation));
	}
}

static void fill_range(struct sql_store *st)
{
	for (size_t i = 0; i < sql_nrange_facts; i++) {
		const struct sql_range_fact *r = &sql_range_facts[i];
		FILL(CAT_RANGE, CAT_INT("rngtypid", r->type), CAT_INT("rngsubtype", r->subtype), CAT_INT("rngmultitypid", r->multirange),
		     CAT_INT("rngcollation", r->collation), CAT_INT("rngsubopc", r->opclass));
	}
}

static void fill_am(struct sql_store *st)
{
	for (size_t i = 0; i < sql_nam_facts; i++) {
		char kind[2] = { sql_am_facts[i].kind, 0 };
		FILL(2601, CAT_INT("oid", sql_am_facts[i].oid), CAT_TEXT("amname", sql_am_facts[i].name), CAT_TEXT("amtype", kind));
	}
}

static void fill_collation(struct sql_store *st)
{
	for (size_t i = 0; i < sql_ncollation_facts; i++) {
		const struct sql_collation_fact *c = &sql_collation_facts[i];
		char provider[2] = { c->provider, 0 };
		FILL(3456, CAT_INT("oid", c->oid), CAT_TEXT("collname", c->name), CAT_INT("collnamespace", CATALOG), CAT_INT("collowner", OWNER),
		     CAT_TEXT("collprovider", provider), CAT_INT("collisdeterministic", c->deterministic), CAT_INT("collencoding", c->encoding),
		     c->collate ? (struct sql_cat_value)CAT_TEXT("collcollate", c->collate) : (struct sql_cat_value)CAT_NULL("collcollate"),
		     c->ctype ? (struct sql_cat_value)CAT_TEXT("collctype", c->ctype) : (struct sql_cat_value)CAT_NULL("collctype"));
	}
}

static const char *numbers(char *room, size_t size, const uint32_t *v, size_t n)
{
	size_t at = 0;

	room[0] = 0;
	for (size_t i = 0; i < n && at < size - 12; i++)
		at += (size_t)snprintf(room + at, size - at, "%s%u", i ? " " : "", v[i]);
	return room;
}

static void fill_proc(struct sql_store *st)
{
	for (size_t i = 0; i < sql_nprocs; i++) {
		const struct sql_proc *p = &sql_procs[i];
		char kind[2] = { p->kind, 0 }, volatility[2] = { p->volatility, 0 }, types[1200];

		FILL(CAT_PROC, CAT_INT("oid", p->oid), CAT_TEXT("proname", p->name), CAT_INT("pronamespace", strncmp(p->name, "_pg_", 4) ? CATALOG : INFORMATION_SCHEMA), CAT_INT("proowner", OWNER),
		     CAT_INT("prolang", 12), { "procost", { .kind = SQL_REAL, .d = 1 } }, { "prorows", { .kind = SQL_REAL, .d = p->set ? 1000 : 0 } },
		     CAT_INT("provariadic", p->variadic), CAT_TEXT("prokind", kind), CAT_INT("proisstrict", p->strict), CAT_INT("proretset", p->set),
		     CAT_TEXT("provolatile", volatility), CAT_TEXT("proparallel", "s"), CAT_INT("pronargs", p->nargs), CAT_INT("pronargdefaults", p->ndefaults),
		     CAT_INT("prorettype", p->returns), CAT_TEXT("proargtypes", numbers(types, sizeof(types), p->types, p->nargs)), CAT_TEXT("prosrc", p->source));
	}
}

static void fill_operator(struct sql_store *st)
{
	for (size_t i = 0; i < sql_noperators; i++) {
		const struct sql_operator *o = &sql_operators[i];
		char kind[2] = { o->kind, 0 };

		FILL(2617, CAT_INT("oid", o->oid), CAT_TEXT("oprname", o->name), CAT_INT("oprnamespace", CATALOG), CAT_INT("oprowner", OWNER),
		     CAT_TEXT("oprkind", kind), CAT_INT("oprcanmerge", o->merges), CAT_INT("oprcanhash", o->hashes), CAT_INT("oprleft", o->left),
		     CAT_INT("oprright", o->right), CAT_INT("oprresult", o->result), CAT_INT("oprcom", o->commutator), CAT_INT("oprnegate", o->negator),
		     CAT_INT("oprcode", o->proc));
	}
}

static void fill_cast(struct sql_store *st)
{
	for (size_t i = 0; i < sql_ncast_facts; i++) {
		const struct sql_cast_fact *c = &sql_cast_facts[i];
		char context[2] = { c->context, 0 }, method[2] = { c->method, 0 };

		FILL(2605, CAT_INT("oid", 10000 + (int64_t)i), CAT_INT("castsource", c->source), CAT_INT("casttarget", c->target), CAT_INT("castfunc", c->proc),
		     CAT_TEXT("castcontext", context), CAT_TEXT("castmethod", method));
	}
}

static void fill_opclass(struct sql_store *st)
{
	for (size_t i = 0; i < sql_nopclass_facts; i++) {
		const struct sql_opclass_fact *o = &sql_opclass_facts[i];
		FILL(2616, CAT_INT("oid", o->oid), CAT_INT("opcmethod", o->method), CAT_TEXT("opcname", o->name), CAT_INT("opcnamespace", CATALOG),
		     CAT_INT("opcowner", OWNER), CAT_INT("opcfamily", o->family), CAT_INT("opcintype", o->type), CAT_INT("opcdefault", o->is_default),
		     CAT_INT("opckeytype", o->key));
	}
	for (size_t i = 0; i < sql_nopfamily_facts; i++)
		FILL(2753, CAT_INT("oid", sql_opfamily_facts[i].oid), CAT_INT("opfmethod", sql_opfamily_facts[i].method),
		     CAT_TEXT("opfname", sql_opfamily_facts[i].name), CAT_INT("opfnamespace", CATALOG), CAT_INT("opfowner", OWNER));
}

static void fill_aggregate(struct sql_store *st)
{
	for (size_t i = 0; i < sql_naggregate_facts; i++) {
		const struct sql_aggregate_fact *a = &sql_aggregate_facts[i];
		char kind[2] = { a->kind, 0 };
		FILL(2600, CAT_INT("aggfnoid", a->proc), CAT_TEXT("aggkind", kind), CAT_INT("aggnumdirectargs", a->ndirect), CAT_INT("aggsortop", a->sort_operator),
		     CAT_INT("aggtranstype", a->transition));
	}
}

/* The system catalogs know themselves, too: \d pg_class. */
static void fill_class(struct sql_store *st)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&st->system, &i));) {
		const struct sql_system_table *t = e->value;
		FILL(CAT_CLASS, CAT_INT("oid", t->oid), CAT_TEXT("relname", t->name), CAT_INT("relnamespace", CATALOG), CAT_INT("reltype", t->rowtype),
		     CAT_INT("relowner", OWNER), CAT_INT("relam", 2), CAT_INT("relisshared", t->shared), CAT_TEXT("relpersistence", "p"),
		     CAT_TEXT("relkind", "r"), CAT_INT("relnatts", (int64_t)t->count), CAT_INT("relispopulated", 1), CAT_TEXT("relreplident", "n"));
	}
}

static void fill_attribute(struct sql_store *st)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&st->system, &i));) {
		const struct sql_system_table *t = e->value;
		for (size_t k = 0; k < t->count; k++) {
			const struct sql_system_column *c = &sql_system_columns[t->first + k];
			const struct sql_type_fact *f = sql_type_fact_oid(c->type);
			FILL(CAT_ATTRIBUTE, CAT_INT("attrelid", t->oid), CAT_TEXT("attname", c->name), CAT_INT("atttypid", c->type), CAT_INT("attstattarget", -1),
			     CAT_INT("attlen", f ? f->len : -1), CAT_INT("attnum", c->number), CAT_INT("attcacheoff", -1), CAT_INT("atttypmod", -1),
			     CAT_INT("attbyval", f ? f->byval : 0), CAT_TEXT("attalign", "i"), CAT_TEXT("attstorage", "p"), CAT_INT("attnotnull", c->notnull),
			     CAT_INT("attislocal", 1));
		}
	}
}

static const struct {
	uint32_t table;
	void (*fill)(struct sql_store *st);
} fills[] = {
	{ CAT_NAMESPACE, fill_namespace }, { CAT_AUTHID, fill_authid }, { CAT_DATABASE, fill_database }, { 1213, fill_tablespace },
	{ 2612, fill_language }, { 3079, fill_extension }, { 2601, fill_am }, { 3456, fill_collation }, { CAT_PROC, fill_proc },
	{ 2617, fill_operator }, { 2605, fill_cast }, { 2616, fill_opclass }, { 2753, fill_opclass }, { 2600, fill_aggregate },
	{ 3394, fill_init_privs },
};
/* These exist from the start, for what users make; what is built in comes when a statement names them. */
static const struct {
	uint32_t table;
	void (*fill)(struct sql_store *st);
} late[] = { { CAT_TYPE, fill_type }, { CAT_RANGE, fill_range }, { CAT_CLASS, fill_class }, { CAT_ATTRIBUTE, fill_attribute },
	     { CAT_DESCRIPTION, fill_description } };

void sql_system_fill(struct sql_store *st, const struct sql_system_table *t)
{
	/* classes and families are filled together */
	if (t->oid == 2616 || t->oid == 2753) {
		struct sql_system_table *other = sql_system_table(st, t->oid == 2616 ? 2753 : 2616);
		if (other->made)
			return;
		sql_system_make(st, other);
	}
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++)
		if (fills[i].table == t->oid)
			fills[i].fill(st);
}

void sql_system_read(struct sql_store *st, struct sql_system_table *t)
{
	sql_system_make(st, t);
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]) && !t->read; i++)
		if (late[i].table == t->oid) {
			t->read = true;
			late[i].fill(st);
		}
	t->read = true;
}
