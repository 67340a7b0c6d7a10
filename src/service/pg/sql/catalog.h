/*
 * catalog: relations, types and functions of a database, by name and by OID.
 *
 * What a session finds here is what it may see: its own uncommitted DDL counts,
 * another's does not. Every struct is borrowed and valid until the catalog's
 * version changes (sql_catalog_version), which a plan remembers.
 *
 * A stored relation is the SQLite table r_<filenode> with the columns c<attnum>
 * and the hidden xmin, xmax, nx (rowid of the version that replaced this one).
 */
#ifndef SERVICE_PG_SQL_CATALOG_H
#define SERVICE_PG_SQL_CATALOG_H

#include "base/slice.h"
#include "service/pg/sql/env.h"

struct sql_session;

struct sql_attribute {
	const char *name;
	int16_t number;         /* attnum, from 1 */
	uint32_t type;
	int32_t typmod;
	bool dropped, notnull;
	char identity;          /* a always, d by default, 0 */
	char generated;         /* s stored, 0 */
	const char *fallback;   /* the default or generation expression as SQL text; NULL: none */
	bool has_missing;       /* added later with a constant: rows whose column is absent have `missing` */
	struct sql_datum missing;
	uint32_t collation;
};

struct sql_constraint {
	uint32_t oid;
	const char *name;
	char kind;              /* p, u, c, f, x: pg_constraint.contype */
	int16_t *columns;       /* attnums */
	size_t ncolumns;
	const char *expr;       /* CHECK: SQL text, deparsed */
	bool deferrable, deferred, validated, no_inherit;
	uint32_t index;         /* p, u: the index's relation */
	uint32_t other;         /* f: the referenced relation */
	int16_t *other_columns; /* f: as many as columns */
	char on_update, on_delete, match; /* f: a r c n d; s f p */
	int16_t *set_columns;   /* f: ON DELETE SET NULL (columns) */
	size_t nset_columns;
};

struct sql_index {
	uint32_t oid;           /* pg_class */
	const char *name;
	bool unique, primary, nulls_not_distinct, valid, deferrable;
	struct sql_index_key {
		int16_t column;     /* attnum, 0: expr */
		const char *expr;   /* SQL text */
		bool descending, nulls_first;
		uint32_t type;
	} *keys;
	size_t nkeys, nincluded; /* included ones follow the keys */
	const char *predicate;  /* SQL text; NULL: whole table */
	const char *method;     /* "btree" */
	uint32_t constraint;    /* pg_constraint.oid it backs; 0: none */
};

struct sql_relation {
	uint32_t oid, schema_oid, filenode, type; /* type: its row type */
	const char *name, *schema;
	char kind;              /* r table, v view, m materialised view, S sequence, c composite, i index, t; p is refused */
	char persistence;       /* p, t temporary, u unlogged */
	struct sql_attribute *columns; /* with the dropped ones: columns[attnum - 1] */
	size_t ncolumns;
	struct sql_constraint *constraints;
	size_t nconstraints;
	struct sql_constraint *references; /* foreign keys of others that point here; their `other` is the pointing relation */
	size_t nreferences;
	struct sql_index *indexes;
	size_t nindexes;
	const char *view;       /* v, m: the query's SQL text, deparsed with qualified names */
	char check_option;      /* v: l LOCAL, c CASCADED, 0 none */
	bool unpopulated;       /* m: WITH NO DATA, and not refreshed since */
	bool system;            /* of pg_catalog or information_schema */
	struct arena *arena;    /* that it lies in, for what is kept with it */
	struct sql_table_plans *plans; /* how rows are written: table_plan.c; made when first needed */
};

/* What a sequence is (pg_sequence). */
struct sql_sequence_facts {
	uint32_t type;
	int64_t start, min, max, increment, cache;
	bool cycle;
};

/* Changes whenever something a plan may depend on did, for this session. */
uint64_t sql_catalog_version(struct sql_session *s);

/* `schema` ptr NULL: along the search_path (pg_temp and pg_catalog first). NULL: none. */
const struct sql_relation *sql_catalog_relation(struct sql_session *s, struct slice schema, struct slice name);
const struct sql_relation *sql_catalog_relation_oid(struct sql_session *s, uint32_t oid);
bool sql_catalog_schema(struct sql_session *s, struct slice name, uint32_t *oid);
/* Built-in types as well as enums, domains, composites, ranges made by CREATE TYPE. */
const struct sql_type *sql_catalog_type(struct sql_session *s, struct slice schema, struct slice name);
const struct sql_type *sql_catalog_type_oid(struct sql_session *s, uint32_t oid);
/* The schemas of the search path that exist, with pg_temp and pg_catalog where PostgreSQL puts
 * them; their OIDs. Valid until the catalog or the setting changes. */
size_t sql_catalog_path(struct sql_session *s, const uint32_t **schemas);
/* Where CREATE without a schema goes; 0: the path names none that exists. */
uint32_t sql_catalog_creation_schema(struct sql_session *s);
/* The schema's name, or NULL. */
const char *sql_catalog_schema_name(struct sql_session *s, uint32_t oid);
/* Labels of an enum in order; fields of a composite (also of a table's row type). */
const struct sql_label *sql_catalog_labels(struct sql_session *s, uint32_t type, size_t *count);
const struct sql_field *sql_catalog_fields(struct sql_session *s, uint32_t type, size_t *count);
/* CHECK constraints of a domain itself (not of the domains below it). */
const struct sql_constraint *sql_catalog_domain_checks(struct sql_session *s, uint32_t type, size_t *count);
const char *sql_catalog_domain_default(struct sql_session *s, uint32_t type);
bool sql_catalog_sequence(struct sql_session *s, uint32_t oid, struct sql_sequence_facts *facts);

/* At the start of a statement: takes up what others have committed. Between two calls every struct
 * from here stays valid, also when the statement itself changes the catalog. */
void sql_catalog_refresh(struct sql_session *s);
/* A row of a catalog was written by this session's transaction. */
void sql_catalog_changed(struct sql_session *s);
/* The transaction, or a level of it, ended: what it changed is everybody's, or nobody's. */
void sql_catalog_settled(struct sql_session *s, bool transaction_ended);
void sql_catalog_forget(struct sql_session *s); /* the session ends */
struct sql_store;
void sql_catalog_close(struct sql_store *st);

/* Views of pg_catalog and information_schema: system_views.def. NULL: none. */
struct sql_system_view {
	uint32_t oid;
	const char *schema, *name, *query;
};
const struct sql_system_view *sql_system_view(struct slice schema, struct slice name);
const struct sql_system_view *sql_system_view_oid(uint32_t oid);

#endif
