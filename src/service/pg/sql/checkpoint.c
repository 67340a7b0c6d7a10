/*
 * Checkpoints: all tables as bytes and back, and one table as it was at a mark.
 *
 * The bytes are a head (what SQLite does not know: the fate of every xid) and
 * SQLite's own image of the database. They are for the same version of seam.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/marks.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

#define MAGIC "seam tables " SEAM_VERSION " 1\n"

static uint32_t be32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool sql_engine_save(struct sql_engine *e, struct buf *out)
{
	struct sql_store *st = e->store;
	sqlite3_int64 size = 0;
	struct map_entry *entry;
	uint32_t xids = sql_xids_next(e->xids), made = 0;

	unsigned char *image = sqlite3_serialize(e->db, "main", &size, 0);
	if (!image)
		return false;
	buf_add(out, MAGIC, strlen(MAGIC));
	buf_add_be32(out, st->next_oid);
	for (size_t i = 0; (entry = map_next(&st->system, &i));)
		made += ((struct sql_system_table *)entry->value)->made;
	buf_add_be32(out, made);
	for (size_t i = 0; (entry = map_next(&st->system, &i));) {
		const struct sql_system_table *t = entry->value;
		if (t->made) {
			buf_add_be32(out, t->oid);
			buf_add_char(out, (char)t->read);
		}
	}
	buf_add_be32(out, xids);
	for (uint32_t x = 0; x < xids; x++)
		buf_add_char(out, sql_xid_fate(e->xids, x) == SQL_COMMITTED ? 1 : 0);
	buf_add_be64(out, (uint64_t)size);
	buf_add(out, image, (size_t)size);
	sqlite3_free(image);
	return !buf_failed(out);
}

static bool take(struct slice *rest, size_t n, const char **at)
{
	if (rest->len < n)
		return false;
	*at = rest->ptr;
	*rest = slice_skip(*rest, n);
	return true;
}

bool sql_engine_load(struct sql_engine *e, struct slice saved)
{
	struct sql_store *st = e->store;
	struct map_entry *entry;
	const char *p, *tables, *fates;
	uint32_t next_oid, ntables, xids;
	uint64_t size;

	if (!slice_has_prefix(saved, slice_str(MAGIC)))
		return false;
	saved = slice_skip(saved, strlen(MAGIC));
	if (!take(&saved, 8, &p))
		return false;
	next_oid = be32(p);
	ntables = be32(p + 4);
	if (ntables > saved.len / 5 || !take(&saved, ntables * 5ull, &tables) || !take(&saved, 4, &p))
		return false;
	xids = be32(p);
	if (!take(&saved, xids, &fates) || !take(&saved, 8, &p))
		return false;
	size = (uint64_t)be32(p) << 32 | be32(p + 4);
	if (size != saved.len)
		return false;
	unsigned char *image = sqlite3_malloc64(size);
	if (!image)
		return false;
	memcpy(image, saved.ptr, size);

	for (struct sql_session *s = e->first; s; s = s->next)
		if (sql_session_waits(s))
			sql_session_interrupt(s, SQL_WAKE_TERMINATE);
	sql_engine_turn(e);
	for (struct sql_session *s = e->first; s; s = s->next) {
		s->terminated |= s->block;
		sql_session_rollback(s);
		s->temp_schema = 0;
		s->temps = NULL;
	}
	for (size_t i = 0; (entry = map_next(&st->statements, &i));)
		sqlite3_finalize(entry->value);
	map_release(&st->statements);
	map_init(&st->statements);
	sql_engine_forget_plans(e);
	if (sqlite3_deserialize(e->db, "main", image, (sqlite3_int64)size, (sqlite3_int64)size,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
		return false;
	st->next_oid = next_oid;
	for (size_t i = 0; (entry = map_next(&st->system, &i));) {
		struct sql_system_table *t = entry->value;
		t->made = t->read = false;
		for (uint32_t k = 0; k < ntables; k++)
			if (be32(tables + k * 5) == t->oid) {
				t->made = true;
				t->read = tables[k * 5 + 4] != 0;
			}
	}
	sql_xids_load(e->xids, fates, xids);
	st->ndead = 0;
	st->version++;
	return true;
}

/* ---- one table as it was ---------------------------------------------------------------- */

static uint32_t filenode_at(struct sql_session *s, uint32_t table, const struct sql_snapshot *then, int64_t *natts)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, "SELECT c8, c18, xmin, xmax FROM r_1259 WHERE c1 = ?1");
	uint32_t found = 0;

	sqlite3_bind_int64(q, 1, table);
	while (sqlite3_step(q) == SQLITE_ROW)
		if (sql_row_seen(s->engine->xids, (uint32_t)sqlite3_column_int64(q, 2), (uint32_t)sqlite3_column_int64(q, 3), then)) {
			found = (uint32_t)sqlite3_column_int64(q, 0);
			*natts = sqlite3_column_int64(q, 1);
		}
	sql_store_done(st, q);
	return found;
}

bool sql_engine_restore_table(struct sql_session *s, uint32_t table, uint64_t mark, struct arena *a)
{
	struct sql_engine *e = s->engine;
	struct sql_store *st = e->store;
	struct ddl d = { .s = s, .st = st, .env = &e->env, .a = a };
	struct sql_snapshot then;
	int64_t natts = 0;
	bool ok = true;

	if (!sql_engine_snapshot_of(e, mark, &then))
		return false;
	sql_session_enter(s, a);
	sql_statement_begin(s);
	const struct sql_relation *rel = sql_catalog_relation_oid(s, table);
	uint32_t filenode = filenode_at(s, table, &then, &natts);
	if (!rel || rel->kind != 'r' || !filenode || natts != (int64_t)rel->ncolumns || !sql_statement_writes(s, NULL)) {
		sql_statement_end(s, true);
		return false;
	}
	/* rows of then under a new filenode: whoever has an older snapshot keeps what it sees */
	ddl_new_filenode(&d, rel);
	rel = sql_catalog_relation_oid(s, table);
	ok = sql_table_plan(s, rel) != NULL;
	struct buf columns;
	buf_init(&columns, 1 << 20);
	buf_add_str(&columns, "SELECT ");
	for (size_t i = 0; i < rel->ncolumns; i++)
		buf_addf(&columns, "c%zu,", i + 1);
	buf_addf(&columns, "xmin,xmax FROM r_%u", filenode);
	sqlite3_stmt *q = sql_store_take(st, columns.ptr);
	buf_release(&columns);
	struct sql_datum *values = ARENA_ARRAY(a, struct sql_datum, rel->ncolumns + 1);
	while (ok && sqlite3_step(q) == SQLITE_ROW) {
		int n = (int)rel->ncolumns;
		if (!sql_row_seen(e->xids, (uint32_t)sqlite3_column_int64(q, n), (uint32_t)sqlite3_column_int64(q, n + 1), &then))
			continue;
		for (int i = 0; i < n; i++)
			values[i] = sql_datum_column(q, i);
		ok = sql_row_insert(s, rel, values) != 0;
	}
	sql_store_done(st, q);
	sql_statement_end(s, !ok);
	struct sql_error *failed = sql_session_settle(s, !ok, a);
	return ok && !failed;
}
