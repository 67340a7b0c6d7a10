/*
 * One row: its versions, who may write it, and everything it must pass before it
 * is written. What happens to other rows because of it is foreign.c's.
 */
#include <stdlib.h>

#include "service/pg/sql/library.h"
#include "service/pg/sql/marks.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

/* ---- versions --------------------------------------------------------------- */

bool sql_row_read(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, struct sql_row_state *state)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, sql_table_plan(s, rel)->state);
	bool found;

	sqlite3_bind_int64(q, 1, rowid);
	found = sqlite3_step(q) == SQLITE_ROW;
	if (found)
		*state = (struct sql_row_state){ (uint32_t)sqlite3_column_int64(q, 0), (uint32_t)sqlite3_column_int64(q, 1),
						 sqlite3_column_int64(q, 2) };
	sql_store_done(st, q);
	return found;
}

bool sql_row_fetch(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, struct arena *a, struct sql_datum *values)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, sql_table_plan(s, rel)->fetch);
	bool found;

	sqlite3_bind_int64(q, 1, rowid);
	found = sqlite3_step(q) == SQLITE_ROW;
	for (size_t i = 0; found && i < rel->ncolumns; i++)
		values[i] = sql_datum_copy(sql_datum_column(q, (int)i), a);
	sql_store_done(st, q);
	return found;
}

int64_t sql_row_insert(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, sql_table_plan(s, rel)->insert);

	for (size_t i = 0; i < rel->ncolumns; i++)
		sql_datum_bind(q, (int)i + 1, values[i]);
	sqlite3_bind_int64(q, (int)rel->ncolumns + 1, sql_tx_xid(s->tx));
	int rc = sqlite3_step(q);
	sql_store_done(st, q);
	if (rc != SQLITE_DONE) {
		sql_raise_env(&s->engine->env, rc == SQLITE_NOMEM || rc == SQLITE_FULL || rc == SQLITE_TOOBIG ? "53200" : "XX000", "seam: %s",
			      sqlite3_errmsg(st->db));
		return 0;
	}
	return sqlite3_last_insert_rowid(st->db);
}

void sql_row_end(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, int64_t nx)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, sql_table_plan(s, rel)->end);

	sqlite3_bind_int64(q, 1, rowid);
	sqlite3_bind_int64(q, 2, sql_tx_xid(s->tx));
	if (nx)
		sqlite3_bind_int64(q, 3, nx);
	sqlite3_step(q);
	sql_store_done(st, q);
	sql_sweep_later(s, rel->filenode, rowid);
}

enum sql_live sql_row_live(struct sql_session *s, const struct sql_row_state *row, struct sql_party **owner)
{
	const struct sql_xids *x = s->engine->xids;
	struct sql_tx *tx;

	switch (sql_xid_fate(x, row->xmin)) {
	case SQL_ABORTED: return SQL_LIVE_NO;
	case SQL_RUNNING:
		tx = sql_xid_owner(x, row->xmin);
		if (tx != s->tx) {
			*owner = sql_tx_party(tx);
			return SQL_LIVE_WAIT;
		}
		break;
	case SQL_COMMITTED: break;
	}
	if (!row->xmax)
		return SQL_LIVE_YES;
	switch (sql_xid_fate(x, row->xmax)) {
	case SQL_ABORTED: return SQL_LIVE_YES;
	case SQL_COMMITTED: return SQL_LIVE_NO;
	case SQL_RUNNING: break;
	}
	tx = sql_xid_owner(x, row->xmax);
	if (tx == s->tx)
		return SQL_LIVE_NO;
	*owner = sql_tx_party(tx);
	return SQL_LIVE_WAIT;
}

/* ---- the right to write -------------------------------------------------------- */

static bool in_the_way(enum sql_row_lock mine, enum sql_row_lock his)
{
	return mine + his > SQL_FOR_UPDATE; /* manual, table 13.3 */
}

static void serialization(struct sql_session *s, bool deleted)
{
	sql_raise_env(&s->engine->env, "40001", "could not serialize access due to concurrent %s", deleted ? "delete" : "update");
}

enum sql_row_taken sql_row_take(struct sql_session *s, const struct sql_relation *rel, int64_t *rowid, enum sql_row_lock strength, char wait)
{
	const struct sql_xids *x = s->engine->xids;
	bool moved = false;

	for (;;) {
		struct sql_lock_name name = { SQL_LOCK_ROW, rel->filenode, *rowid }, transaction = { SQL_LOCK_ROW, 0, 0 };
		struct sql_row_state row;
		struct sql_party *blocker = NULL;

		if (!sql_row_read(s, rel, *rowid, &row))
			return SQL_ROW_GONE;
		enum sql_fate fate = row.xmax ? sql_xid_fate(x, row.xmax) : SQL_ABORTED;
		if (fate == SQL_COMMITTED) {
			if (sql_tx_isolation(s->tx) != SQL_READ_COMMITTED) {
				serialization(s, !row.nx);
				return SQL_ROW_FAILED;
			}
			if (!row.nx)
				return SQL_ROW_GONE;
			*rowid = llabs(row.nx);
			moved = true;
			continue;
		}
		if (fate == SQL_RUNNING) {
			struct sql_tx *tx = sql_xid_owner(x, row.xmax);
			if (tx == s->tx)
				return SQL_ROW_SELF;
			if (in_the_way(strength, row.nx > 0 ? SQL_FOR_NO_KEY_UPDATE : SQL_FOR_UPDATE))
				blocker = sql_tx_party(tx);
		}
		if (!blocker)
			blocker = sql_lock_blocker(&s->party, name, strength);
		if (!blocker) {
			/* what was locked in the first place is not locked again by being written */
			if (strength < SQL_FOR_UPDATE || wait)
				sql_lock_take(&s->party, name, strength, false, sql_tx_depth(s->tx) + 1);
			return moved ? SQL_ROW_MOVED : SQL_ROW_OURS;
		}
		if (wait == 's')
			return SQL_ROW_GONE;
		if (wait == 'n') {
			sql_raise_env(&s->engine->env, "55P03", "could not obtain lock on row in relation \"%s\"", rel->name);
			return SQL_ROW_FAILED;
		}
		if (!sql_session_wait(s, blocker, transaction, 0))
			return SQL_ROW_FAILED;
	}
}

enum sql_row_lock sql_update_strength(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, size_t count)
{
	struct sql_table_plans *p = sql_table_plan(s, rel);

	for (size_t i = 0; p && i < count; i++)
		if (p->key_column[columns[i] - 1])
			return SQL_FOR_UPDATE;
	return SQL_FOR_NO_KEY_UPDATE;
}

/* ---- words ---------------------------------------------------------------------- */

void sql_error_names(struct sql_error *e, const struct sql_relation *rel, const char *column, const char *constraint)
{
	e->schema = slice_str(rel->schema);
	e->table = slice_str(rel->name);
	if (column)
		e->column = slice_str(column);
	if (constraint)
		e->constraint = slice_str(constraint);
}

/* ExecBuildSlotValueDescription: every value, cut after 64 bytes. */
void sql_row_words(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values, struct buf *out)
{
	bool first = true;

	buf_add_str(out, "Failing row contains (");
	for (size_t i = 0; i < rel->ncolumns; i++) {
		if (rel->columns[i].dropped)
			continue;
		buf_add_str(out, first ? "" : ", ");
		first = false;
		if (values[i].kind == SQL_NULL) {
			buf_add_str(out, "null");
			continue;
		}
		size_t at = out->len;
		sql_type_out(&s->engine->env, rel->columns[i].type, values[i], out);
		if (out->len - at > 64) {
			size_t cut = at + 64;
			while (cut > at && ((unsigned char)out->ptr[cut] & 0xc0) == 0x80)
				cut--;
			buf_cut(out, cut);
			buf_add_str(out, "...");
		}
	}
	buf_add_str(out, ").");
}

static void failing_row(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values, struct sql_error *e)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	sql_row_words(s, rel, values, &text);
	e->detail = arena_slice(s->engine->env.arena, buf_slice(&text));
	buf_release(&text);
}

/* ---- what every written row passes ------------------------------------------------ */

bool sql_write_defaults(struct sql_session *s, const struct sql_relation *rel, const bool *given, struct sql_datum *values, struct arena *a)
{
	struct sql_table_plans *p = sql_table_plan(s, rel);

	if (!p)
		return false;
	for (size_t i = 0; i < rel->ncolumns; i++) {
		if (given[i])
			continue;
		values[i] = (struct sql_datum){ .kind = SQL_NULL };
		if (p->identity[i]) {
			if (!sql_sequence_next(s, p->identity[i], &values[i].i))
				return false;
			values[i].kind = SQL_INT;
		} else if (p->defaults[i].text && !sql_program_run(s, &p->defaults[i], NULL, 0, a, &values[i])) {
			return false;
		}
	}
	return true;
}

/* A value that was never given is not cast either: the domain's own NOT NULL is looked at here. */
static bool domain_allows_null(struct sql_session *s, uint32_t type)
{
	const struct sql_type *t = type >= SQL_FIRST_OID ? sql_catalog_type_oid(s, type) : NULL;

	for (; t && t->kind == 'd'; t = sql_catalog_type_oid(s, t->base))
		if (t->notnull) {
			struct sql_error *e = sql_raise_env(&s->engine->env, "23502", "domain %s does not allow null values", t->name);
			e->schema = slice_str(t->schema);
			e->datatype = slice_str(t->name);
			return false;
		}
	return true;
}

bool sql_write_ready(struct sql_session *s, const struct sql_relation *rel, struct sql_datum *values, struct arena *a)
{
	struct sql_table_plans *p = sql_table_plan(s, rel);
	struct sql_env *env = &s->engine->env;

	if (!p)
		return false;
	if (p->has_generated) {
		struct sql_datum *made = ARENA_ARRAY(a, struct sql_datum, p->generated.count);
		if (!sql_program_run(s, &p->generated, values, rel->ncolumns, a, made))
			return false;
		for (size_t i = 0; i < p->generated.count; i++)
			values[p->generated_columns[i] - 1] = made[i];
	}
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const struct sql_attribute *c = &rel->columns[i];
		if (!c->dropped && values[i].kind == SQL_NULL && !domain_allows_null(s, c->type))
			return false;
	}
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const struct sql_attribute *c = &rel->columns[i];
		if (!c->notnull || c->dropped || values[i].kind != SQL_NULL)
			continue;
		struct sql_error *e = sql_raise_env(env, "23502", "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
						    c->name, rel->name);
		failing_row(s, rel, values, e);
		sql_error_names(e, rel, c->name, NULL);
		return false;
	}
	if (p->checks.count) {
		struct sql_datum *held = ARENA_ARRAY(a, struct sql_datum, p->checks.count);
		if (!sql_program_run(s, &p->checks, values, rel->ncolumns, a, held))
			return false;
		for (size_t i = 0; i < p->checks.count; i++) {
			if (held[i].kind == SQL_NULL || held[i].i)
				continue;
			const char *name = p->check_constraints[i]->name;
			struct sql_error *e = sql_raise_env(env, "23514", "new row for relation \"%s\" violates check constraint \"%s\"", rel->name, name);
			failing_row(s, rel, values, e);
			sql_error_names(e, rel, NULL, name);
			return false;
		}
	}
	return true;
}

/* After the unique indexes, as a view's check is. */
static bool view_checks(struct sql_session *s, const struct sql_relation *rel, struct sql_datum *values, struct arena *a, const struct sql_write *w)
{
	if (!w || !w->check.count)
		return true;
	struct sql_datum *held = ARENA_ARRAY(a, struct sql_datum, w->check.count);
	if (!sql_program_run(s, &w->check, values, rel->ncolumns, a, held))
		return false;
	for (size_t i = 0; i < w->check.count; i++)
		if (held[i].kind == SQL_NULL || !held[i].i) {
			failing_row(s, rel, values,
				    sql_raise_env(&s->engine->env, "44000", "new row violates check option for view \"%s\"", w->check_names[i]));
			return false;
		}
	return true;
}

bool sql_write_insert(struct sql_session *s, const struct sql_relation *rel, struct sql_datum *values, struct arena *a,
		      struct sql_after **after, const struct sql_write *w, int64_t *written)
{
	if (!sql_write_ready(s, rel, values, a) || !sql_unique_check(s, rel, values, NULL, 0, a) || !view_checks(s, rel, values, a, w))
		return false;
	int64_t rowid = sql_row_insert(s, rel, values);
	if (!rowid)
		return false;
	sql_after_row(s, after, rel, NULL, values, rowid);
	*written = rowid;
	return true;
}

static bool keys_differ(struct sql_session *s, const struct sql_relation *rel, const bool *which, const struct sql_datum *old,
			const struct sql_datum *values)
{
	for (size_t i = 0; i < rel->ncolumns; i++) {
		if (!which[i])
			continue;
		if ((old[i].kind == SQL_NULL) != (values[i].kind == SQL_NULL))
			return true;
		if (old[i].kind != SQL_NULL && sql_type_compare(&s->engine->env, rel->columns[i].type, old[i], values[i]) != 0)
			return true;
	}
	return false;
}

bool sql_write_update(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, const struct sql_datum *old,
		      struct sql_datum *values, struct arena *a, struct sql_after **after, const struct sql_write *w, int64_t *written)
{
	if (!sql_write_ready(s, rel, values, a) || !sql_unique_check(s, rel, values, old, rowid, a) || !view_checks(s, rel, values, a, w))
		return false;
	int64_t fresh = sql_row_insert(s, rel, values);
	if (!fresh)
		return false;
	sql_row_end(s, rel, rowid, keys_differ(s, rel, sql_table_plan(s, rel)->key_column, old, values) ? -fresh : fresh);
	sql_lock_follow(&s->engine->store->locks, &s->party, (struct sql_lock_name){ SQL_LOCK_ROW, rel->filenode, rowid },
			(struct sql_lock_name){ SQL_LOCK_ROW, rel->filenode, fresh });
	sql_after_row(s, after, rel, old, values, fresh);
	*written = fresh;
	return true;
}

void sql_write_delete(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, const struct sql_datum *old, struct sql_after **after)
{
	sql_row_end(s, rel, rowid, 0);
	sql_after_row(s, after, rel, old, NULL, rowid);
}
