/*
 * ddl: statements that define. Each is a few rows of the catalogs and perhaps a
 * table of the store; a transaction that ends takes them back by its xid alone.
 *
 * Private to the ddl_*.c files and their tests, except the two functions at the end.
 */
#ifndef SERVICE_PG_SQL_DDL_H
#define SERVICE_PG_SQL_DDL_H

#include "service/pg/sql/compile.h"
#include "service/pg/sql/session.h"
#include "service/pg/sql/store.h"

#define SQL_OWNER 10            /* BOOTSTRAP_SUPERUSERID: everybody is */
#define SQL_SCHEMA_CATALOG 11
#define SQL_SCHEMA_PUBLIC 2200
#define SQL_NAME_MAX 63         /* NAMEDATALEN - 1 bytes */

struct ddl {
	struct sql_session *s;
	struct sql_store *st;
	struct sql_env *env;
	struct arena *a;
	struct slice tag;
	const char *table;       /* whose columns are read, for the words */
};

/* An object as pg_depend names it. */
struct ddl_object {
	uint32_t class, oid;
	int32_t column;
};

/* ---- ddl.c: words, names, dependencies ---- */

/* Raises; `location` is a byte of the statement's text, -1: none. Always false. */
bool ddl_fail(struct ddl *d, const char *sqlstate, int location, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool ddl_refuse(struct ddl *d, const char *what);       /* 0A000, by name */
void ddl_notice(struct ddl *d, const char *sqlstate, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *ddl_print(struct ddl *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool ddl_given(const char *text); /* a member that the grammar filled: not NULL, not empty */
/* The names of a list of String nodes. */
struct slice ddl_last_name(PgQuery__Node **names, size_t count);
/* (schema, name) of a list of one or two (or three) names. */
void ddl_split_name(PgQuery__Node **names, size_t count, struct slice *schema, struct slice *name);
/* OPTION value of a DefElem. */
const char *ddl_option_text(struct ddl *d, const PgQuery__DefElem *e);
bool ddl_option_int(struct ddl *d, const PgQuery__DefElem *e, int64_t *value);
bool ddl_option_bool(struct ddl *d, const PgQuery__DefElem *e);

/* Where a new relation or type goes. 0: raised. */
uint32_t ddl_schema_for(struct ddl *d, const char *schema, const char *persistence, int location);
uint32_t ddl_temp_schema(struct ddl *d);
/* NULL: raised 42P01, or skipped with a notice when `missing_ok`. `kinds`: which relkinds are right
 * ("rp"), `noun` for the refusal: "table". */
const struct sql_relation *ddl_relation(struct ddl *d, const PgQuery__RangeVar *rv, const char *kinds, const char *noun, bool missing_ok);
const struct sql_relation *ddl_reload(struct ddl *d, uint32_t oid);
const struct sql_attribute *ddl_column(struct ddl *d, const struct sql_relation *rel, const char *name); /* NULL: raised */
const struct sql_attribute *ddl_find_column(const struct sql_relation *rel, const char *name);
bool ddl_name_taken(struct ddl *d, uint32_t schema, struct slice name);
/* PostgreSQL's makeObjectName and its search for a free one among relations. */
const char *ddl_make_name(struct ddl *d, const char *one, const char *two, const char *label);
const char *ddl_free_name(struct ddl *d, uint32_t schema, const char *one, const char *two, const char *label, bool constraint);

/* As quote_ident(). */
const char *ddl_quoted(struct ddl *d, const char *name);

void ddl_depend(struct ddl *d, struct ddl_object what, struct ddl_object on, char how);
void ddl_depend_type(struct ddl *d, struct ddl_object what, uint32_t type);
/* "table t", "constraint c on table t". */
const char *ddl_describe(struct ddl *d, struct ddl_object o);
/* Drops objects and what depends on them. False: raised. */
bool ddl_delete(struct ddl *d, const struct ddl_object *objects, size_t count, bool cascade);
void ddl_comment(struct ddl *d, struct ddl_object o, const char *text);

/* ---- ddl_table.c ---- */

struct ddl_new_column {
	const char *name;
	uint32_t type;
	int32_t typmod;
	bool notnull;
	PgQuery__Node *fallback;        /* DEFAULT or generation expression */
	const char *fallback_text;      /* the same, deparsed already (LIKE) */
	char identity, generated;
	PgQuery__Node **sequence_options;
	size_t nsequence_options;
	bool serial, inner;             /* inner: of an index, which depends on nothing by itself */
	uint32_t collation;
	int location;
};
struct ddl_new_relation {
	const char *name;
	uint32_t schema;
	char kind, persistence;
	struct ddl_new_column *columns;
	size_t ncolumns;
	uint32_t of_index;              /* relam of an index */
	const char *options;            /* reloptions, '{fillfactor=70}' */
};
/* Rows of pg_class, pg_type, pg_attribute and the store's table. */
uint32_t ddl_make_relation(struct ddl *d, const struct ddl_new_relation *r);
void ddl_make_attribute(struct ddl *d, uint32_t relation, int16_t number, const struct ddl_new_column *c);
bool ddl_set_default(struct ddl *d, uint32_t relation, int16_t number, PgQuery__Node *expr, const char *text, char generated);
bool ddl_column_of(struct ddl *d, const PgQuery__ColumnDef *def, struct ddl_new_column *c);
bool ddl_column_sequence(struct ddl *d, const char *table, uint32_t schema, char persistence, struct ddl_new_column *c, uint32_t *sequence);
void ddl_own_sequence(struct ddl *d, uint32_t sequence, uint32_t table, int16_t column, char how);
bool ddl_create_table(struct ddl *d, const PgQuery__CreateStmt *st);
bool ddl_create_table_as(struct ddl *d, const PgQuery__CreateTableAsStmt *st, uint64_t *rows);
bool ddl_refresh(struct ddl *d, const PgQuery__RefreshMatViewStmt *st);
bool ddl_create_view(struct ddl *d, const PgQuery__ViewStmt *st);
/* Storage parameters and tablespace, which change nothing here. False: raised, there are none such. */
bool ddl_storage_known(struct ddl *d, PgQuery__Node **options, size_t count, const char *tablespace);
const char *ddl_reloptions(struct ddl *d, PgQuery__Node **options, size_t count);
/* False: raised. *skip: it is there, which IF NOT EXISTS forgives. */
bool ddl_check_new_name(struct ddl *d, uint32_t schema, const char *name, bool if_not_exists, bool *skip);
void ddl_on_commit(struct ddl *d, uint32_t relation, int action);

/* ---- ddl_constraint.c, ddl_index.c ---- */

/* `column`: of a column constraint, else NULL. `check`: existing rows are looked at. */
bool ddl_add_constraint(struct ddl *d, uint32_t relation, const PgQuery__Constraint *k, const char *column, bool check);
bool ddl_set_not_null(struct ddl *d, uint32_t relation, int16_t column);
bool ddl_validate(struct ddl *d, const struct sql_relation *rel, const struct sql_constraint *k);
bool ddl_create_index(struct ddl *d, const PgQuery__IndexStmt *st);
struct ddl_new_index {
	const char *name;
	bool unique, primary, nulls_not_distinct, constraint, deferrable, deferred;
	PgQuery__Node **params, **including; /* IndexElem; or names, as in constraints */
	size_t nparams, nincluding;
	PgQuery__Node *where;
	const char *where_text;
	const char *method;
	const struct sql_index *like;   /* a copy of this one instead */
};
uint32_t ddl_make_index(struct ddl *d, const struct sql_relation *rel, const struct ddl_new_index *x); /* 0: raised */
/* The SQLite index behind one, on the relation's filenode. */
void ddl_store_index(struct ddl *d, const struct sql_relation *rel, const struct sql_index *x);
/* A table's rows under a new filenode, with its indexes: `rows` fills it. */
bool ddl_rewrite(struct ddl *d, const struct sql_relation *rel, bool (*row)(void *of, struct sql_datum *values), void *of);
void ddl_new_filenode(struct ddl *d, const struct sql_relation *rel); /* empty */
bool ddl_each_row(struct ddl *d, const struct sql_relation *rel, bool (*row)(void *of, struct sql_datum *values), void *of);

/* ---- the others ---- */

bool ddl_alter_table(struct ddl *d, const PgQuery__AlterTableStmt *st);
bool ddl_rename(struct ddl *d, const PgQuery__RenameStmt *st);
/* What the catalog keeps as text follows a new name: ddl_rename.c. False: raised. */
bool ddl_rename_relation_in_texts(struct ddl *d, const struct sql_relation *rel, const char *to);
bool ddl_rename_column_in_texts(struct ddl *d, const struct sql_relation *rel, const char *from, const char *to);
bool ddl_set_schema(struct ddl *d, const PgQuery__AlterObjectSchemaStmt *st);
bool ddl_drop(struct ddl *d, const PgQuery__DropStmt *st);
bool ddl_truncate(struct ddl *d, const PgQuery__TruncateStmt *st);
bool ddl_create_sequence(struct ddl *d, const PgQuery__CreateSeqStmt *st);
uint32_t ddl_make_sequence(struct ddl *d, const char *name, uint32_t schema, char persistence, uint32_t type, PgQuery__Node **options, size_t count);
bool ddl_alter_sequence(struct ddl *d, const PgQuery__AlterSeqStmt *st);
bool ddl_alter_sequence_options(struct ddl *d, const struct sql_relation *rel, PgQuery__Node **options, size_t count);
bool ddl_create_enum(struct ddl *d, const PgQuery__CreateEnumStmt *st);
bool ddl_alter_enum(struct ddl *d, const PgQuery__AlterEnumStmt *st);
bool ddl_create_domain(struct ddl *d, const PgQuery__CreateDomainStmt *st);
bool ddl_alter_domain(struct ddl *d, const PgQuery__AlterDomainStmt *st);
bool ddl_create_composite(struct ddl *d, const PgQuery__CompositeTypeStmt *st);
bool ddl_create_range(struct ddl *d, const PgQuery__CreateRangeStmt *st);
bool ddl_create_schema(struct ddl *d, const PgQuery__CreateSchemaStmt *st);
bool ddl_comment_on(struct ddl *d, const PgQuery__CommentStmt *st);
const struct sql_type *ddl_type_named(struct ddl *d, PgQuery__Node **names, size_t count, bool missing_ok);

/* ---- for others ---- */

/* ON COMMIT DELETE ROWS and DROP of temporary tables, before a commit. */
void sql_temp_on_commit(struct sql_session *s);
/* The session's temporary schema goes with it. */
void sql_temp_forget(struct sql_session *s);

/* "character varying(10)". */
const char *ddl_type_words(struct ddl *d, uint32_t type, int32_t typmod);

#endif
