/*
 * The writing statements: the rows that a SELECT computed, one by one through
 * row.c, and what follows at the statement's end.
 *
 * Rows are computed before the first is written when the statement reads what it
 * writes; else they are written as they come.
 */
#include "service/pg/sql/modify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/job.h"
#include "service/pg/sql/serial.h"
#include "service/pg/sql/slice.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

static bool sqlite_failed(struct sql_job *j)
{
	struct sql_env *env = &j->s->engine->env;

	if (!env->error)
		sql_raise_env(env, "XX000", "seam: %s", sqlite3_errmsg(env->db));
	return false;
}

static void bind_params(sqlite3_stmt *q, const struct sql_datum *params, size_t count)
{
	int wanted = sqlite3_bind_parameter_count(q);

	for (size_t i = 0; i < count && (int)i < wanted; i++)
		sql_datum_bind(q, (int)i + 1, params[i]);
}

/* The version of a row that RETURNING speaks of. */
struct version {
	int64_t rowid;
	uint32_t xmin, xmax;
};

static struct version version_of(struct sql_job *j, int64_t rowid)
{
	struct version v = { .rowid = rowid };
	struct sql_row_state state;

	if (sql_row_read(j->s, j->w->relation, rowid, &state))
		v = (struct version){ rowid, state.xmin, state.xmax };
	return v;
}

/* The values that RETURNING may ask for: the row, its version, then the extras. */
static struct sql_datum *with_extras(struct sql_job *j, const struct sql_datum *row, const struct sql_datum *extras, struct version v)
{
	size_t n = j->w->relation->ncolumns;
	struct sql_datum *all = ARENA_ARRAY(&j->row, struct sql_datum, n + SQL_VERSION_COLUMNS + j->w->nextras);
	int64_t version[SQL_VERSION_COLUMNS] = { v.rowid, v.xmin, v.xmax };

	memcpy(all, row, n * sizeof(*all));
	for (size_t i = 0; i < SQL_VERSION_COLUMNS; i++)
		all[n + i] = (struct sql_datum){ .kind = SQL_INT, .i = version[i] };
	if (j->w->nextras)
		memcpy(all + n + SQL_VERSION_COLUMNS, extras, j->w->nextras * sizeof(*all));
	return all;
}

static bool returning(struct sql_job *j, const struct sql_datum *row, const struct sql_datum *extras, struct version v)
{
	const struct sql_row_program *p = &j->w->returning;

	j->count++;
	if (!p->text || !j->emit)
		return true;
	struct sql_datum *out = ARENA_ARRAY(&j->row, struct sql_datum, p->count + 1);
	if (!sql_program_run(j->s, p, with_extras(j, row, extras, v), j->w->relation->ncolumns + SQL_VERSION_COLUMNS + j->w->nextras,
			     &j->row, out))
		return false;
	return j->emit(j->of, out, p->count);
}

/* ---- INSERT ------------------------------------------------------------------------ */


bool sql_job_row(struct sql_job *j, const int16_t *targets, size_t ntargets, char overriding, const struct sql_datum *given, struct sql_datum *row)
{
	const struct sql_relation *rel = j->w->relation;
	bool *known = ARENA_ARRAY(&j->row, bool, rel->ncolumns + 1);

	for (size_t i = 0; i < ntargets; i++) {
		int16_t at = (int16_t)(targets[i] - 1);
		const struct sql_attribute *c = &rel->columns[at];
		if (c->identity && overriding == 'u')
			continue;
		row[at] = given[i];
		known[at] = true;
	}
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (rel->columns[i].dropped || rel->columns[i].generated)
			known[i] = true;
	return sql_write_defaults(j->s, rel, known, row, &j->row);
}

/* A row in the way of an insert: its rowid and by which index; 0: none; -1: raised. */
static int64_t find_conflict(struct sql_job *j, const struct sql_datum *row)
{
	const struct sql_write *w = j->w;
	struct sql_table_plans *p = sql_table_plan(j->s, w->relation);

	for (size_t i = 0; p && i < p->nuniques; i++) {
		const struct sql_unique_plan *u = &p->uniques[i];
		struct sql_datum keys[SQL_KEYS_MAX];
		bool arbiter = !w->narbiters, in;

		for (size_t k = 0; k < w->narbiters && !arbiter; k++)
			arbiter = w->arbiters[k]->oid == u->index->oid;
		if (!arbiter)
			continue;
		if (u->index->deferrable) {
			struct sql_error *e = sql_raise_env(&j->s->engine->env, "55000",
							    "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters");
			sql_error_names(e, w->relation, NULL, u->index->name);
			return -1;
		}
		if (!sql_unique_keys(j->s, w->relation, u, row, &j->row, keys, &in))
			return -1;
		int64_t found = in ? sql_unique_probe(j->s, w->relation, u, keys, 0) : 0;
		if (found)
			return found;
	}
	return p ? 0 : -1;
}

/* Whether the transaction may act on a row that its snapshot does not show. */
static bool snapshot_allows(struct sql_job *j, const struct sql_row_state *state)
{
	if (sql_tx_isolation(j->s->tx) == SQL_READ_COMMITTED || sql_xid_seen(j->s->engine->xids, state->xmin, &j->s->snapshot) ||
	    sql_xid_owner(j->s->engine->xids, state->xmin) == j->s->tx)
		return true;
	sql_raise_env(&j->s->engine->env, "40001", "could not serialize access due to concurrent update");
	return false;
}

/* ON CONFLICT DO UPDATE of the row in the way. *again: it went away in the meantime. */
static bool conflict_update(struct sql_job *j, int64_t rowid, const struct sql_datum *excluded, const struct sql_datum *extras, bool *again)
{
	const struct sql_write *w = j->w;
	const struct sql_relation *rel = w->relation;
	struct sql_session *s = j->s;
	size_t n = rel->ncolumns;
	struct sql_row_state state;
	struct sql_env *env = &s->engine->env;

	switch (sql_row_take(s, rel, &rowid, sql_update_strength(s, rel, w->conflict_targets, w->nconflict_targets), 'w')) {
	case SQL_ROW_FAILED: return false;
	case SQL_ROW_GONE:
	case SQL_ROW_SELF:
	case SQL_ROW_MOVED: *again = true; return true;
	case SQL_ROW_OURS: break;
	}
	if (!sql_row_read(s, rel, rowid, &state) || !snapshot_allows(j, &state))
		return env->error == NULL;
	if (state.xmin == sql_tx_xid(s->tx)) {
		struct sql_error *e = sql_raise_env(env, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time");
		sql_hint(env, e, "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.");
		return false;
	}
	struct sql_datum *all = ARENA_ARRAY(&j->row, struct sql_datum, 2 * n + w->nparams + 1), *fresh;
	if (!sql_row_fetch(s, rel, rowid, &j->row, all))
		return true;
	memcpy(all + n, excluded, n * sizeof(*all));
	if (w->nparams)
		memcpy(all + 2 * n, j->params, w->nparams * sizeof(*all));
	if (w->conflict_where.text) {
		struct sql_datum holds;
		if (!sql_program_run(s, &w->conflict_where, all, 2 * n + w->nparams, &j->row, &holds))
			return false;
		if (holds.kind == SQL_NULL || !holds.i)
			return true;
	}
	struct sql_datum *set = ARENA_ARRAY(&j->row, struct sql_datum, w->nconflict_targets + 1);
	if (!sql_program_run(s, &w->conflict_set, all, 2 * n + w->nparams, &j->row, set))
		return false;
	fresh = ARENA_ARRAY(&j->row, struct sql_datum, n + 1);
	memcpy(fresh, all, n * sizeof(*fresh));
	for (size_t i = 0; i < w->nconflict_targets; i++)
		fresh[w->conflict_targets[i] - 1] = set[i];
	if (!sql_write_update(s, rel, rowid, all, fresh, &j->row, &j->after, w, &rowid))
		return false;
	/* the row was locked first: its new version still says by whom, which is how programs tell an update from an insert */
	return returning(j, fresh, extras, (struct version){ rowid, sql_tx_xid(s->tx), sql_tx_xid(s->tx) });
}

static bool insert_row(struct sql_job *j, const struct sql_datum *given)
{
	const struct sql_write *w = j->w;
	struct sql_datum *row = ARENA_ARRAY(&j->row, struct sql_datum, w->relation->ncolumns + 1);
	const struct sql_datum *extras = given ? given + w->ntargets : NULL;

	if (!sql_job_row(j, w->targets, w->ntargets, w->overriding, given, row))
		return false;
	if (w->where.text) {
		struct sql_datum holds;

		if (!sql_program_run(j->s, &w->where, row, w->relation->ncolumns, &j->row, &holds))
			return false;
		if (holds.kind == SQL_NULL || !holds.i)
			return true;
	}
	if (w->conflict != SQL_CONFLICT_NONE && !sql_write_ready(j->s, w->relation, row, &j->row))
		return false;
	for (bool again = true; w->conflict != SQL_CONFLICT_NONE && again;) {
		int64_t found = find_conflict(j, row);
		if (found < 0)
			return false;
		if (!found)
			break;
		if (w->conflict == SQL_CONFLICT_NOTHING) {
			struct sql_row_state state;
			return !sql_row_read(j->s, w->relation, found, &state) || snapshot_allows(j, &state);
		}
		again = false;
		if (!conflict_update(j, found, row, extras, &again))
			return false;
		if (!again)
			return true;
	}
	int64_t rowid;
	return sql_write_insert(j->s, w->relation, row, &j->row, &j->after, w, &rowid) &&
	       returning(j, row, extras, (struct version){ rowid, sql_tx_xid(j->s->tx), 0 });
}

/* ---- UPDATE, DELETE, LOCK -------------------------------------------------------------- */

/* The statement's row again, with the newest version of its target. False: it does not qualify any more, or raised. */
bool sql_job_recheck(struct sql_job *j, const int64_t *rowids, size_t count, struct sql_datum *values)
{
	struct sql_store *st = j->s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, j->w->recheck);

	bind_params(q, j->params, j->w->nparams);
	for (size_t i = 0; i < count; i++)
		sqlite3_bind_int64(q, (int)(j->w->nparams + i) + 1, rowids[i]);
	int rc = sqlite3_step(q);
	for (size_t i = 0; rc == SQLITE_ROW && i < j->width; i++)
		values[i] = sql_datum_copy(sql_datum_column(q, (int)i), &j->row);
	sql_store_done(st, q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		sqlite_failed(j);
	return rc == SQLITE_ROW;
}

/* Where a wait for a row ended badly: XactLockTableWaitErrorCb. */
void sql_job_waited_for(struct sql_job *j, const struct sql_relation *rel, int64_t rowid, const char *doing)
{
	struct sql_env *env = &j->s->engine->env;

	if (env->error && !env->error->where.len &&
	    (slice_eq_str(env->error->sqlstate, "40P01") || slice_has_prefix(env->error->message, SLICE_LIT("canceling"))))
		env->error->where = arena_printf(env->arena, "while %s tuple (0,%lld) in relation \"%s\"", doing, (long long)rowid, rel->name);
}

/* Takes the row; its values after that in `values` (the select's columns). 1 ours, 0 not to be touched, -1 raised. */
static int take_row(struct sql_job *j, const struct sql_datum *found, enum sql_row_lock strength, int64_t *rowid, struct sql_datum *values)
{
	*rowid = found[0].i;
	memcpy(values, found, j->width * sizeof(*values));
	switch (sql_row_take(j->s, j->w->relation, rowid, strength, 0)) {
	case SQL_ROW_FAILED: sql_job_waited_for(j, j->w->relation, *rowid, j->w->kind == SQL_UPDATE ? "updating" : "deleting"); return -1;
	case SQL_ROW_GONE:
	case SQL_ROW_SELF: return 0; /* written by this very statement: once is enough */
	case SQL_ROW_OURS: return 1;
	case SQL_ROW_MOVED: break;
	}
	if (sql_job_recheck(j, rowid, 1, values))
		return 1;
	return j->s->engine->env.error ? -1 : 0;
}

static bool update_row(struct sql_job *j, const struct sql_datum *found, enum sql_row_lock strength)
{
	const struct sql_write *w = j->w;
	const struct sql_relation *rel = w->relation;
	struct sql_datum *values = ARENA_ARRAY(&j->row, struct sql_datum, j->width + 1);
	int64_t rowid;
	int ours = take_row(j, found, strength, &rowid, values);

	if (ours <= 0)
		return ours == 0;
	struct sql_datum *old = ARENA_ARRAY(&j->row, struct sql_datum, rel->ncolumns + 1),
			 *fresh = ARENA_ARRAY(&j->row, struct sql_datum, rel->ncolumns + 1);
	if (!sql_row_fetch(j->s, rel, rowid, &j->row, old))
		return true;
	memcpy(fresh, old, rel->ncolumns * sizeof(*fresh));
	for (size_t i = 0; i < w->ntargets; i++) {
		int16_t at = (int16_t)(w->targets[i] - 1);
		fresh[at] = values[i + 1];
	}
	return sql_write_update(j->s, rel, rowid, old, fresh, &j->row, &j->after, w, &rowid) &&
	       returning(j, fresh, values + 1 + w->ntargets, (struct version){ rowid, sql_tx_xid(j->s->tx), 0 });
}

static bool delete_row(struct sql_job *j, const struct sql_datum *found)
{
	const struct sql_relation *rel = j->w->relation;
	struct sql_datum *values = ARENA_ARRAY(&j->row, struct sql_datum, j->width + 1),
			 *old = ARENA_ARRAY(&j->row, struct sql_datum, rel->ncolumns + 1);
	int64_t rowid;
	int ours = take_row(j, found, SQL_FOR_UPDATE, &rowid, values);

	if (ours <= 0)
		return ours == 0;
	if (!sql_row_fetch(j->s, rel, rowid, &j->row, old))
		return true;
	sql_write_delete(j->s, rel, rowid, old, &j->after);
	return returning(j, old, values + 1, version_of(j, rowid));
}

static enum sql_row_lock strength_of(char letter)
{
	return letter == 'u' ? SQL_FOR_UPDATE : letter == 'n' ? SQL_FOR_NO_KEY_UPDATE : letter == 's' ? SQL_FOR_SHARE : SQL_FOR_KEY_SHARE;
}

static bool lock_row(struct sql_job *j, const struct sql_datum *found)
{
	const struct sql_write *w = j->w;
	struct sql_datum *values = ARENA_ARRAY(&j->row, struct sql_datum, j->width + 1);
	int64_t rowids[64];
	bool moved = false;

	memcpy(values, found, j->width * sizeof(*values));
	for (size_t i = 0; i < w->nlocked && i < 64; i++) {
		rowids[i] = found[i].i;
		if (found[i].kind == SQL_NULL)
			continue; /* the null-extended side of a join */
		switch (sql_row_take(j->s, w->locked[i], &rowids[i], strength_of(w->lock_strength), w->lock_wait ? w->lock_wait : 'w')) {
		case SQL_ROW_FAILED: sql_job_waited_for(j, w->locked[i], rowids[i], "locking"); return false;
		case SQL_ROW_GONE: return true;
		case SQL_ROW_MOVED: moved = true; break;
		case SQL_ROW_SELF:
		case SQL_ROW_OURS: break;
		}
	}
	if (moved && !sql_job_recheck(j, rowids, w->nlocked, values))
		return j->s->engine->env.error == NULL;
	if (j->skip > 0) {
		j->skip--;
		return true;
	}
	j->count++;
	size_t cut = w->with_rowids ? 0 : w->nlocked;
	return !j->emit || j->emit(j->of, values + cut, j->width - cut);
}

static bool one_row(struct sql_job *j, const struct sql_datum *row, enum sql_row_lock strength)
{
	bool ok = false;

	switch (j->w->kind) {
	case SQL_INSERT: ok = insert_row(j, row); break;
	case SQL_UPDATE: ok = update_row(j, row, strength); break;
	case SQL_DELETE: ok = delete_row(j, row); break;
	case SQL_LOCK: ok = lock_row(j, row); break;
	case SQL_MERGE: ok = sql_job_merge(j, row); break;
	}
	arena_reset(&j->row);
	return ok;
}

/* ---- all rows ------------------------------------------------------------------------------- */

static bool reads_target(const struct sql_write *w)
{
	char name[24];

	if (w->kind == SQL_LOCK)
		return w->lock_wait != 's' && w->lock_wait != 'n'; /* which never stop on the way */
	if (w->kind != SQL_INSERT)
		return true;
	snprintf(name, sizeof(name), "r_%u", w->relation->filenode);
	return strstr(w->select, name) != NULL;
}

static bool enough(const struct sql_job *j)
{
	return j->most >= 0 && j->count >= (uint64_t)j->most;
}

static bool all_rows(struct sql_job *j, enum sql_row_lock strength)
{
	struct sql_store *st = j->s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, j->w->select);
	bool first_all = reads_target(j->w), ok = true;
	struct row_list {
		struct row_list *next;
		struct sql_datum values[];
	} *first = NULL, **last = &first;
	int rc = SQLITE_DONE;

	bind_params(q, j->params, j->w->nparams);
	j->width = (size_t)sqlite3_column_count(q);
	while (ok && !enough(j) && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct arena *a = first_all ? j->a : &j->row;
		struct row_list *row = arena_alloc(a, sizeof(*row) + (j->width + 1) * sizeof(row->values[0]));
		row->next = NULL;
		for (size_t i = 0; i < j->width; i++)
			row->values[i] = sql_datum_copy(sql_datum_column(q, (int)i), a);
		if (first_all && !sql_ceiling_rows(j->s, sizeof(*row) + j->width * sizeof(row->values[0]))) {
			ok = false;
		} else if (first_all) {
			*last = row;
			last = &row->next;
		} else {
			ok = sql_slice_row(j->s) && one_row(j, row->values, strength);
		}
	}
	if (ok && rc != SQLITE_DONE && !enough(j))
		ok = sqlite_failed(j);
	sql_store_done(st, q);
	for (; ok && first && !enough(j); first = first->next)
		ok = sql_slice_row(j->s) && one_row(j, first->values, strength);
	return ok;
}

bool sql_modify(struct sql_session *s, const struct sql_write *w, const struct sql_datum *params, struct arena *a, sql_row_fn row, void *of,
		uint64_t *affected)
{
	struct sql_job j = { .s = s, .w = w, .params = params, .a = a, .emit = row, .of = of, .most = -1 };
	struct sql_datum limit[2];
	enum sql_row_lock strength = SQL_FOR_UPDATE;
	bool ok;

	if (w->kind != SQL_LOCK && !sql_table_plan(s, w->relation))
		return false;
	if (w->kind != SQL_LOCK)
		sql_serial_write(s, w->relation->filenode);
	if (w->kind == SQL_UPDATE)
		strength = sql_update_strength(s, w->relation, w->targets, w->ntargets);
	if (w->limit.text) {
		if (!sql_program_run(s, &w->limit, params, w->nparams, a, limit))
			return false;
		j.most = limit[0].kind == SQL_INT ? limit[0].i : -1;
		j.skip = limit[1].kind == SQL_INT ? limit[1].i : 0;
	}
	arena_init(&j.row);
	ok = all_rows(&j, strength);
	if (ok)
		ok = sql_after_run(s, &j.after);
	sql_after_drop(&j.after);
	arena_release(&j.row);
	*affected = j.count;
	return ok;
}

/* ---- COPY FROM -------------------------------------------------------------------------------- */

struct sql_loader {
	struct sql_job j;
};

struct sql_loader *sql_loader_new(struct sql_session *s, const struct sql_write *w)
{
	struct sql_loader *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->j = (struct sql_job){ .s = s, .w = w };
	arena_init(&l->j.row);
	return l;
}

bool sql_loader_row(struct sql_loader *l, const struct sql_datum *values)
{
	return sql_slice_row(l->j.s) && one_row(&l->j, values, SQL_FOR_UPDATE);
}

bool sql_loader_end(struct sql_loader *l, bool failed, uint64_t *affected)
{
	bool ok = !failed && sql_after_run(l->j.s, &l->j.after);

	*affected = l->j.count;
	sql_after_drop(&l->j.after);
	arena_release(&l->j.row);
	free(l);
	return ok;
}
