/*
 * store: the physical side of one database, in one SQLite connection.
 *
 * A relation's rows lie in the SQLite table r_<filenode>: c1 .. cn, then xmin (the
 * xid that made the version), xmax (the xid that ended it; NULL: none), and nx
 * (rowid of the version that replaced it; negative when a key column changed too;
 * NULL when it was deleted). Nothing is removed when a transaction ends; what
 * nobody can see any more is swept in slices.
 *
 * Two SQL functions decide what is read: vis(xmin, xmax) by the running
 * statement's snapshot, visnow(xmin, xmax) by what is committed now and the own
 * transaction, which is how the catalogs are read. The views pg_class,
 * pg_attribute, ... are the catalogs with their columns' names, through visnow.
 */
#ifndef SERVICE_PG_SQL_STORE_H
#define SERVICE_PG_SQL_STORE_H

#include "base/map.h"
#include "service/pg/sql/catalog.h"
#include "service/pg/sql/lock.h"
#include "service/pg/sql/session.h"

#define SQL_FIRST_OID 16384 /* of what users make: FirstNormalObjectId */

struct sql_store {
	struct sql_engine *engine;
	sqlite3 *db;
	struct sql_locks locks;
	uint32_t next_oid;
	uint64_t version;               /* of the catalog: grows with every change, commit or undoing of one */
	struct sql_catalog *shared;     /* of the sessions that changed nothing; catalog.c */
	struct map system;              /* OID (4 bytes) -> struct sql_system_table */
	struct map statements;          /* text -> sqlite3_stmt */
	struct sql_store_mark *marks;   /* marks.c */
	size_t nmarks;
	uint64_t last_mark;
	struct sql_dead *dead;          /* versions that were ended by a commit, oldest first; marks.c */
	size_t ndead, dead_cap;
	struct sql_serial *serials;     /* SERIALIZABLE transactions that still matter; serial.c */
};

/* Makes the store of an engine (e->db, e->env and e->xids are there). False: *why. */
bool sql_store_open(struct sql_engine *e, const char **why);
void sql_store_close(struct sql_engine *e);

uint32_t sql_store_oid(struct sql_store *st);

/* A prepared statement by its text, kept for the next time; bound to nothing. Give it
 * back with sql_store_done. Text that SQLite refuses is a bug: the client is told
 * (XX000), and the statement that is given instead has no rows. */
sqlite3_stmt *sql_store_take(struct sql_store *st, const char *text);
void sql_store_done(struct sql_store *st, sqlite3_stmt *stmt);
/* The same for text from a buffer, and for statements that are run once. 0, or SQLite's code. */
int sql_store_run(struct sql_store *st, const char *text);

/* Physical tables. Columns are given by their collations: NULL for none; a dropped
 * column stays. `missing` (of ALTER TABLE ADD COLUMN) fills old rows. */
void sql_store_create(struct sql_store *st, uint32_t filenode, const struct sql_relation *rel, struct sql_env *env);
void sql_store_create_plain(struct sql_store *st, uint32_t filenode, size_t ncolumns);
bool sql_store_add_column(struct sql_store *st, uint32_t filenode, int16_t number, const char *collation, struct sql_datum missing);
size_t sql_store_columns(struct sql_store *st, uint32_t filenode); /* 0: no such table */

/* ---- the system catalogs ---- */

struct sql_system_table {
	uint32_t oid, rowtype;
	const char *name;
	bool shared;
	size_t first, count;            /* rows of sql_system_columns */
	bool made, read;                /* it is there; a statement has named it */
};
struct sql_system_column {
	uint32_t table;
	int16_t number;
	const char *name;
	uint32_t type;
	bool notnull;
};
extern const struct sql_system_column sql_system_columns[];

struct sql_system_table *sql_system_table(struct sql_store *st, uint32_t oid);
struct sql_system_table *sql_system_table_named(struct sql_store *st, struct slice name);
/* Makes its SQLite table and fills in what is built in, once. */
void sql_system_make(struct sql_store *st, struct sql_system_table *t);
/* The same for a statement that names it. */
void sql_system_read(struct sql_store *st, struct sql_system_table *t);
/* What is built in: catalog_facts.c has a row for each table that has any. */
void sql_system_fill(struct sql_store *st, const struct sql_system_table *t);

/* OIDs of catalogs, as in pg_class of PostgreSQL. */
enum {
	CAT_TYPE = 1247, CAT_ATTRIBUTE = 1249, CAT_PROC = 1255, CAT_CLASS = 1259, CAT_AUTHID = 1260, CAT_DATABASE = 1262,
	CAT_SEQUENCE = 2224, CAT_ATTRDEF = 2604, CAT_CONSTRAINT = 2606, CAT_DEPEND = 2608, CAT_DESCRIPTION = 2609, CAT_INDEX = 2610,
	CAT_INHERITS = 2611, CAT_NAMESPACE = 2615, CAT_REWRITE = 2618, CAT_TRIGGER = 2620, CAT_SHDESCRIPTION = 2396, CAT_ENUM = 3501,
	CAT_RANGE = 3541, CAT_LARGEOBJECT = 2613, CAT_LARGEOBJECT_METADATA = 2995,
};

/* One value of a catalog's row, by its column's name. */
struct sql_cat_value {
	const char *column;
	struct sql_datum v;
};
#define CAT_INT(name, value) { name, { .kind = SQL_INT, .i = (value) } }
#define CAT_TEXT(name, value) { name, { .kind = SQL_TEXT, .s = slice_str(value) } }
#define CAT_SLICE(name, value) { name, { .kind = SQL_TEXT, .s = (value) } }
#define CAT_NULL(name) { name, { .kind = SQL_NULL } }

/* Rows of catalogs, written by the statement that runs. Columns left out are 0, '' or NULL. */
void sql_cat_insert(struct sql_session *s, uint32_t catalog, const struct sql_cat_value *values, size_t count);
/* Built-in rows: seen by everybody, always. */
void sql_cat_fill(struct sql_store *st, uint32_t catalog, const struct sql_cat_value *values, size_t count);
/*
 * Changes, or deletes (count 0), every row that `where` finds: SQL over the view's
 * columns with ?1, ?2 .. bound to the integers. How many there were.
 */
size_t sql_cat_change(struct sql_session *s, uint32_t catalog, const struct sql_cat_value *values, size_t count, const char *where,
		      size_t nids, const int64_t *ids);
#define CAT_IDS(...) sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), (int64_t[]){ __VA_ARGS__ }
/* A query over the views: "i" int64_t, "s" const char *, "S" struct slice. Step it, then sql_store_done. */
sqlite3_stmt *sql_cat_query(struct sql_store *st, const char *text, const char *binds, ...);
/* The first column of its first row; 0 when there is none. */
int64_t sql_cat_int(struct sql_store *st, const char *text, const char *binds, ...);

#endif
