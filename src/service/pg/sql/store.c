/*
 * The SQLite side: tables of versions, what is seen of them, and statements that
 * are prepared once. What a catalog's rows mean is catalog.c's, who may write is
 * modify.c's.
 */
#include "service/pg/sql/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/library.h"
#include "service/pg/sql/marks.h"
#include "service/pg/sql/serial.h"

const struct sql_system_column sql_system_columns[] = {
#define SYSTEM_COLUMN(table, number, name, type, notnull) { table, number, name, type, notnull },
#include "service/pg/sql/facts/system_column.def"
#undef SYSTEM_COLUMN
};
#define NCOLUMNS (sizeof(sql_system_columns) / sizeof(sql_system_columns[0]))

static const struct {
	uint32_t oid;
	const char *name;
	uint32_t rowtype;
	bool shared;
} system_tables[] = {
#define SYSTEM_TABLE(oid, name, rowtype, shared) { oid, name, rowtype, shared },
#include "service/pg/sql/facts/system_table.def"
#undef SYSTEM_TABLE
};

/* Look-ups that the catalog makes all the time, as PostgreSQL's own indexes have them. */
static const struct {
	uint32_t table;
	const char *columns;
} system_indexes[] = {
	{ CAT_CLASS, "c1" }, { CAT_CLASS, "c3, c2" }, { CAT_ATTRIBUTE, "c1, c6" }, { CAT_TYPE, "c1" }, { CAT_TYPE, "c3, c2" },
	{ CAT_ATTRDEF, "c2" }, { CAT_CONSTRAINT, "c8" }, { CAT_CONSTRAINT, "c12" }, { CAT_CONSTRAINT, "c9" }, { CAT_CONSTRAINT, "c1" },
	{ CAT_INDEX, "c1" }, { CAT_INDEX, "c2" }, { CAT_ENUM, "c2" }, { CAT_RANGE, "c1" }, { CAT_SEQUENCE, "c1" }, { CAT_REWRITE, "c3" },
	{ CAT_DESCRIPTION, "c1, c2, c3" }, { CAT_DEPEND, "c1, c2, c3" }, { CAT_DEPEND, "c4, c5, c6" }, { CAT_NAMESPACE, "c2" },
	{ CAT_PROC, "c1" }, { CAT_PROC, "c2" }, { CAT_INHERITS, "c1" }, { CAT_INHERITS, "c2" }, { CAT_TRIGGER, "c2" }, { CAT_LARGEOBJECT, "c1, c2" },
};

/* ---- what is seen ---------------------------------------------------------- */

static uint32_t xid_of(sqlite3_value *v)
{
	return (uint32_t)sqlite3_value_int64(v); /* NULL is 0: nobody */
}

static void vis(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_session *s = sql_env_of(ctx)->session;

	(void)argc;
	sqlite3_result_int(ctx, sql_row_seen(s->engine->xids, xid_of(argv[0]), xid_of(argv[1]), &s->snapshot));
}

static void visnow(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_engine *e = sqlite3_user_data(ctx);
	struct sql_session *s = e->env.session;
	struct sql_snapshot now = sql_xids_latest(e->xids);

	(void)argc;
	if (s && s->tx) {
		now.tx = s->tx;
		now.own = UINT32_MAX;
	}
	sqlite3_result_int(ctx, sql_row_seen(e->xids, xid_of(argv[0]), xid_of(argv[1]), &now));
}

/* ---- statements -------------------------------------------------------------- */

sqlite3_stmt *sql_store_take(struct sql_store *st, const char *text)
{
	struct slice key = slice_str(text);
	sqlite3_stmt *stmt = map_get(&st->statements, key), *fresh;

	if (stmt && !sqlite3_stmt_busy(stmt))
		return stmt;
	if (sqlite3_prepare_v3(st->db, text, (int)key.len + 1, stmt ? 0 : SQLITE_PREPARE_PERSISTENT, &fresh, NULL) != SQLITE_OK) {
		sql_raise_env(&st->engine->env, "XX000", "seam: %s in %s", sqlite3_errmsg(st->db), text);
		if (sqlite3_prepare_v2(st->db, "SELECT NULL WHERE 0 /* refused */", -1, &fresh, NULL) != SQLITE_OK)
			abort(); /* as the arena: out of memory ends the host */
		return fresh;
	}
	if (!stmt)
		map_set(&st->statements, key, fresh);
	return fresh;
}

void sql_store_done(struct sql_store *st, sqlite3_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_reset(stmt);
	if (map_get_str(&st->statements, sqlite3_sql(stmt)) == stmt)
		sqlite3_clear_bindings(stmt);
	else
		sqlite3_finalize(stmt);
}

int sql_store_run(struct sql_store *st, const char *text)
{
	return sqlite3_exec(st->db, text, NULL, NULL, NULL);
}

/* ---- physical tables ----------------------------------------------------------- */

static void must(struct sql_store *st, struct buf *text)
{
	if (buf_failed(text) || sql_store_run(st, text->ptr) != SQLITE_OK) {
		fprintf(stderr, "seam: sql: %s in %s\n", sqlite3_errmsg(st->db), text->ptr);
		abort();
	}
	buf_release(text);
}

void sql_store_create(struct sql_store *st, uint32_t filenode, const struct sql_relation *rel, struct sql_env *env)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	buf_addf(&text, "CREATE TABLE r_%u(", filenode);
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const char *collation = rel->columns[i].dropped ? NULL : sql_type_collation(env, rel->columns[i].type);
		buf_addf(&text, "c%zu%s%s, ", i + 1, collation ? " COLLATE " : "", collation ? collation : "");
	}
	buf_add_str(&text, "xmin INTEGER, xmax INTEGER, nx INTEGER)");
	must(st, &text);
}

void sql_store_create_plain(struct sql_store *st, uint32_t filenode, size_t ncolumns)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	buf_addf(&text, "CREATE TABLE r_%u(", filenode);
	for (size_t i = 0; i < ncolumns; i++)
		buf_addf(&text, "c%zu, ", i + 1);
	buf_add_str(&text, "xmin INTEGER, xmax INTEGER, nx INTEGER)");
	must(st, &text);
}

static void add_literal(struct buf *out, struct sql_datum v)
{
	switch (v.kind) {
	case SQL_NULL: buf_add_str(out, "NULL"); return;
	case SQL_INT: buf_add_i64(out, v.i); return;
	case SQL_REAL: buf_addf(out, "%.17g", v.d); return;
	case SQL_TEXT:
		buf_add_char(out, '\'');
		for (size_t i = 0; i < v.s.len; i++) {
			if (v.s.ptr[i] == '\'')
				buf_add_char(out, '\'');
			buf_add_char(out, v.s.ptr[i]);
		}
		buf_add_char(out, '\'');
		return;
	case SQL_BLOB:
		buf_add_str(out, "x'");
		buf_add_hex(out, v.s.ptr, v.s.len);
		buf_add_char(out, '\'');
		return;
	}
}

bool sql_store_add_column(struct sql_store *st, uint32_t filenode, int16_t number, const char *collation, struct sql_datum missing)
{
	struct buf text;

	buf_init(&text, 16 << 20);
	buf_addf(&text, "ALTER TABLE r_%u ADD COLUMN c%d%s%s DEFAULT ", filenode, number, collation ? " COLLATE " : "",
		 collation ? collation : "");
	add_literal(&text, missing);
	bool ok = !buf_failed(&text) && sql_store_run(st, text.ptr) == SQLITE_OK;
	buf_release(&text);
	return ok;
}

size_t sql_store_columns(struct sql_store *st, uint32_t filenode)
{
	char name[24];
	sqlite3_stmt *q = sql_store_take(st, "SELECT count(*) FROM pragma_table_info(?1)");
	size_t n;

	snprintf(name, sizeof(name), "r_%u", filenode);
	sqlite3_bind_text(q, 1, name, -1, SQLITE_TRANSIENT);
	sqlite3_step(q);
	n = (size_t)sqlite3_column_int64(q, 0);
	sql_store_done(st, q);
	return n > 3 ? n - 3 : 0;
}

/* ---- the system catalogs ---------------------------------------------------------- */

struct sql_system_table *sql_system_table(struct sql_store *st, uint32_t oid)
{
	return map_get(&st->system, (struct slice){ (const char *)&oid, sizeof(oid) });
}

struct sql_system_table *sql_system_table_named(struct sql_store *st, struct slice name)
{
	for (size_t i = 0; i < sizeof(system_tables) / sizeof(system_tables[0]); i++)
		if (slice_eq_str(name, system_tables[i].name))
			return sql_system_table(st, system_tables[i].oid);
	return NULL;
}

void sql_system_make(struct sql_store *st, struct sql_system_table *t)
{
	struct buf text;

	if (t->made)
		return;
	t->made = true;
	sql_store_create_plain(st, t->oid, t->count);
	for (size_t i = 0; i < sizeof(system_indexes) / sizeof(system_indexes[0]); i++)
		if (system_indexes[i].table == t->oid) {
			buf_init(&text, 4096);
			buf_addf(&text, "CREATE INDEX i_%u_%zu ON r_%u(%s)", t->oid, i, t->oid, system_indexes[i].columns);
			must(st, &text);
		}
	buf_init(&text, 64 * 1024);
	buf_addf(&text, "CREATE VIEW %s AS SELECT rowid AS rid", t->name);
	for (size_t i = 0; i < t->count; i++)
		buf_addf(&text, ", c%zu AS %s", i + 1, sql_system_columns[t->first + i].name);
	buf_addf(&text, " FROM r_%u WHERE visnow(xmin, xmax)", t->oid);
	must(st, &text);
	sql_system_fill(st, t);
}

static struct sql_datum nothing_of(const struct sql_system_column *c)
{
	if (!c->notnull)
		return (struct sql_datum){ .kind = SQL_NULL };
	switch (c->type) {
	case 18: case 19: case 25: case 22: case 30: case 194: /* "char", name, text, int2vector, oidvector, pg_node_tree */
		return (struct sql_datum){ .kind = SQL_TEXT, .s = SLICE_LIT("") };
	case 700: case 701:
		return (struct sql_datum){ .kind = SQL_REAL };
	default:
		return (struct sql_datum){ .kind = SQL_INT };
	}
}

static sqlite3_stmt *insert_into(struct sql_store *st, const struct sql_system_table *t)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "INSERT INTO r_%u VALUES(?", t->oid);

	for (size_t i = 1; i < t->count + 1 && n < (int)sizeof(text) - 16; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ",?");
	snprintf(text + n, sizeof(text) - (size_t)n, ",NULL,NULL)");
	return sql_store_take(st, text);
}

static const struct sql_datum *value_of(const struct sql_cat_value *values, size_t count, const char *column)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(values[i].column, column))
			return &values[i].v;
	return NULL;
}

static void check_names(const struct sql_system_table *t, const struct sql_cat_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		for (size_t c = 0; c < t->count && !known; c++)
			known = !strcmp(values[i].column, sql_system_columns[t->first + c].name);
		if (!known)
			fprintf(stderr, "seam: sql: %s has no column %s\n", t->name, values[i].column);
		assert(known);
	}
}

static void insert_row(struct sql_store *st, uint32_t catalog, const struct sql_cat_value *values, size_t count, uint32_t xmin)
{
	struct sql_system_table *t = sql_system_table(st, catalog);

	sql_system_make(st, t);
	check_names(t, values, count);
	sqlite3_stmt *q = insert_into(st, t);
	for (size_t i = 0; i < t->count; i++) {
		const struct sql_system_column *c = &sql_system_columns[t->first + i];
		const struct sql_datum *v = value_of(values, count, c->name);
		sql_datum_bind(q, (int)i + 1, v ? *v : nothing_of(c));
	}
	sqlite3_bind_int64(q, (int)t->count + 1, xmin);
	int rc = sqlite3_step(q);
	assert(rc == SQLITE_DONE);
	(void)rc;
	sql_store_done(st, q);
}

void sql_cat_insert(struct sql_session *s, uint32_t catalog, const struct sql_cat_value *values, size_t count)
{
	insert_row(s->engine->store, catalog, values, count, sql_tx_xid(s->tx));
	sql_catalog_changed(s);
}

void sql_cat_fill(struct sql_store *st, uint32_t catalog, const struct sql_cat_value *values, size_t count)
{
	insert_row(st, catalog, values, count, SQL_XID_ALWAYS);
}

size_t sql_cat_change(struct sql_session *s, uint32_t catalog, const struct sql_cat_value *values, size_t count, const char *where,
		      size_t nids, const int64_t *ids)
{
	struct sql_store *st = s->engine->store;
	struct sql_system_table *t = sql_system_table(st, catalog);
	char text[512];
	int64_t *rows = NULL;
	size_t n = 0, cap = 0;

	sql_system_make(st, t);
	check_names(t, values, count);
	snprintf(text, sizeof(text), "SELECT rid FROM %s WHERE %s", t->name, where);
	sqlite3_stmt *q = sql_store_take(st, text);
	for (size_t i = 0; i < nids; i++)
		sqlite3_bind_int64(q, (int)i + 1, ids[i]);
	while (sqlite3_step(q) == SQLITE_ROW) {
		if (n == cap) {
			cap = cap ? cap * 2 : 8;
			int64_t *more = realloc(rows, cap * sizeof(*rows));
			if (!more)
				abort();
			rows = more;
		}
		rows[n++] = sqlite3_column_int64(q, 0);
	}
	sql_store_done(st, q);
	for (size_t i = 0; i < n; i++) {
		int64_t now = 0;
		if (count) {
			snprintf(text, sizeof(text), "SELECT * FROM r_%u WHERE rowid = ?1", catalog);
			sqlite3_stmt *old = sql_store_take(st, text), *in = insert_into(st, t);
			sqlite3_bind_int64(old, 1, rows[i]);
			sqlite3_step(old);
			for (size_t c = 0; c < t->count; c++) {
				const struct sql_datum *v = value_of(values, count, sql_system_columns[t->first + c].name);
				sql_datum_bind(in, (int)c + 1, v ? *v : sql_datum_column(old, (int)c));
			}
			sqlite3_bind_int64(in, (int)t->count + 1, sql_tx_xid(s->tx));
			sqlite3_step(in);
			now = sqlite3_last_insert_rowid(st->db);
			sql_store_done(st, in);
			sql_store_done(st, old);
		}
		snprintf(text, sizeof(text), "UPDATE r_%u SET xmax = ?2, nx = ?3 WHERE rowid = ?1", catalog);
		sqlite3_stmt *end = sql_store_take(st, text);
		sqlite3_bind_int64(end, 1, rows[i]);
		sqlite3_bind_int64(end, 2, sql_tx_xid(s->tx));
		if (now)
			sqlite3_bind_int64(end, 3, now);
		sqlite3_step(end);
		sql_store_done(st, end);
	}
	free(rows);
	if (n)
		sql_catalog_changed(s);
	return n;
}

static sqlite3_stmt *query(struct sql_store *st, const char *text, const char *binds, va_list ap)
{
	sqlite3_stmt *q = sql_store_take(st, text);

	for (int i = 1; *binds; binds++, i++)
		switch (*binds) {
		case 'i': sqlite3_bind_int64(q, i, va_arg(ap, int64_t)); break;
		case 's': sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT); break;
		case 'S': {
			struct slice v = va_arg(ap, struct slice);
			sqlite3_bind_text64(q, i, v.ptr, v.len, SQLITE_TRANSIENT, SQLITE_UTF8);
			break;
		}
		}
	return q;
}

sqlite3_stmt *sql_cat_query(struct sql_store *st, const char *text, const char *binds, ...)
{
	va_list ap;

	va_start(ap, binds);
	sqlite3_stmt *q = query(st, text, binds, ap);
	va_end(ap);
	return q;
}

int64_t sql_cat_int(struct sql_store *st, const char *text, const char *binds, ...)
{
	va_list ap;
	int64_t v = 0;

	va_start(ap, binds);
	sqlite3_stmt *q = query(st, text, binds, ap);
	va_end(ap);
	if (sqlite3_step(q) == SQLITE_ROW)
		v = sqlite3_column_int64(q, 0);
	sql_store_done(st, q);
	return v;
}

/* ---- life --------------------------------------------------------------------------- */

uint32_t sql_store_oid(struct sql_store *st)
{
	return st->next_oid++;
}

static const uint32_t always_made[] = { CAT_NAMESPACE, CAT_CLASS, CAT_ATTRIBUTE, CAT_ATTRDEF, CAT_CONSTRAINT, CAT_INDEX, CAT_TYPE,
					CAT_ENUM, CAT_RANGE, CAT_SEQUENCE, CAT_REWRITE, CAT_DESCRIPTION, CAT_DEPEND };

bool sql_store_open(struct sql_engine *e, const char **why)
{
	struct sql_store *st = calloc(1, sizeof(*st));
	size_t column = 0;

	if (!st)
		abort();
	*st = (struct sql_store){ .engine = e, .db = e->db, .next_oid = SQL_FIRST_OID, .version = 1 };
	e->store = st;
	sql_locks_init(&st->locks);
	map_init(&st->system);
	map_init(&st->statements);
	if (sqlite3_create_function(e->db, "vis", 2, SQLITE_UTF8 | SQLITE_INNOCUOUS, &e->env, vis, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function(e->db, "visnow", 2, SQLITE_UTF8 | SQLITE_INNOCUOUS, e, visnow, NULL, NULL) != SQLITE_OK ||
	    sql_store_run(st, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; "
			      "PRAGMA temp_store = MEMORY; PRAGMA automatic_index = ON") != SQLITE_OK) {
		*why = sqlite3_errmsg(e->db);
		return false;
	}
	for (size_t i = 0; i < sizeof(system_tables) / sizeof(system_tables[0]); i++) {
		struct sql_system_table *t = calloc(1, sizeof(*t));
		if (!t)
			abort();
		*t = (struct sql_system_table){ .oid = system_tables[i].oid, .name = system_tables[i].name,
						.rowtype = system_tables[i].rowtype, .shared = system_tables[i].shared, .first = column };
		while (column < NCOLUMNS && sql_system_columns[column].table == t->oid)
			column++;
		t->count = column - t->first;
		map_set(&st->system, (struct slice){ (const char *)&t->oid, sizeof(t->oid) }, t);
	}
	for (size_t i = 0; i < sizeof(always_made) / sizeof(always_made[0]); i++)
		sql_system_make(st, sql_system_table(st, always_made[i]));
	return true;
}

void sql_store_close(struct sql_engine *e)
{
	struct sql_store *st = e->store;
	struct map_entry *entry;

	if (!st)
		return;
	sql_catalog_close(st);
	sql_serial_close(st);
	for (size_t i = 0; (entry = map_next(&st->statements, &i));)
		sqlite3_finalize(entry->value);
	map_release(&st->statements);
	for (size_t i = 0; (entry = map_next(&st->system, &i));)
		free(entry->value);
	map_release(&st->system);
	sql_locks_release(&st->locks);
	sql_marks_close(st);
	free(st);
	e->store = NULL;
}
