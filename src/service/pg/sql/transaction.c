/*
 * Sessions' transactions: blocks, savepoints, statements in them, and waiting.
 */
#include "service/pg/sql/cursor.h"
#include "service/pg/sql/transaction.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fiber.h"
#include "service/pg/sql/ddl.h"
#include "service/pg/sql/deferred.h"
#include "service/pg/sql/marks.h"
#include "service/pg/sql/notify.h"
#include "service/pg/sql/serial.h"
#include "service/pg/sql/store.h"

/* ---- fibers ------------------------------------------------------------------ */

bool sql_session_call(struct sql_session *s, void (*run)(void *arg), void *arg)
{
	assert(!s->party.fiber);
	s->party.fiber = fiber_run(run, arg);
	return !s->party.fiber;
}

void sql_engine_turn(struct sql_engine *e)
{
	if (e->store->locks.first)
		sql_run_woken(&e->store->locks);
	if (e->store->ndead)
		sql_sweep(e);
}

void sql_session_interrupt(struct sql_session *s, enum sql_wake why)
{
	if (s->running && !s->party.waits_for)
		s->stop = why; /* seen at its next look: ceiling.c */
	sql_wake(&s->party, why);
}

bool sql_session_waits(const struct sql_session *s)
{
	return s->party.waits_for != NULL;
}

static const char *lock_words(const struct sql_session *s, struct sql_lock_name name, int mode, const struct sql_party *on, struct arena *a)
{
	static const char *const modes[] = { "",	       "AccessShareLock", "RowShareLock",	   "RowExclusiveLock",   "ShareUpdateExclusiveLock",
					     "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock" };
	unsigned long xid = on->tx ? sql_tx_xid(on->tx) : 0;

	switch (name.space) {
	case SQL_LOCK_TABLE:
		return arena_printf(a, "%s on relation %u of database 5", modes[mode], name.a).ptr;
	case SQL_LOCK_ADVISORY:
		return arena_printf(a, "%s on advisory lock [5,%u,%u,%d]", modes[mode], (unsigned)((uint64_t)name.b >> 32), (unsigned)name.b,
				    name.a ? 2 : 1).ptr;
	default:
		(void)s;
		return arena_printf(a, "ShareLock on transaction %lu", xid).ptr;
	}
}

static void deadlock(struct sql_session *s, struct sql_party *blocker)
{
	struct sql_env *env = &s->engine->env;
	struct sql_error *e = sql_raise_env(env, "40P01", "deadlock detected");
	struct buf text;
	const struct sql_party *p = &s->party, *on = blocker;

	buf_init(&text, 4096);
	for (int i = 0; i < 10; i++) {
		buf_addf(&text, "%sProcess %u waits for %s; blocked by process %u.", i ? "\n" : "", p->pid,
			 lock_words(s, p->wanted, p->wanted_mode, on, env->arena), on->pid);
		p = on;
		on = p->waits_for;
		if (p == &s->party || !on)
			break;
	}
	e->detail = arena_slice(env->arena, buf_slice(&text));
	e->hint = SLICE_LIT("See server log for query details.");
	buf_release(&text);
}

bool sql_session_wait(struct sql_session *s, struct sql_party *blocker, struct sql_lock_name wanted, int mode)
{
	struct sql_env *env = &s->engine->env;
	struct arena *arena = env->arena;
	struct sql_error *error = env->error, *notices = env->notices;
	size_t nnotices = env->nnotices;
	int64_t tx_us = env->transaction_us, st_us = env->statement_us;

	if (!fiber_inside()) {
		/* a check at COMMIT, which cannot stop: as if lock_timeout had passed at once */
		sql_raise_env(env, "55P03", "canceling statement due to lock timeout");
		return false;
	}
	enum sql_wake why = sql_wait(&s->party, blocker, wanted, mode);
	/* others ran in between */
	env->session = s;
	env->arena = arena;
	env->error = error;
	env->notices = notices;
	env->style_known = false;
	env->nnotices = nnotices;
	env->transaction_us = tx_us;
	env->statement_us = st_us;
	switch (why) {
	case SQL_WAKE_NONE:
	case SQL_WAKE_RETRY: return true;
	case SQL_WAKE_CANCEL: sql_raise_env(env, "57014", "canceling statement due to user request"); break;
	case SQL_WAKE_TIMEOUT: sql_raise_env(env, "57014", "canceling statement due to statement timeout"); break;
	case SQL_WAKE_LOCK_TIMEOUT: sql_raise_env(env, "55P03", "canceling statement due to lock timeout"); break;
	case SQL_WAKE_TERMINATE: sql_raise_env(env, "57P01", "terminating connection due to administrator command")->severity = SLICE_LIT("FATAL"); break;
	case SQL_WAKE_DEADLOCK: deadlock(s, blocker); break;
	}
	return false;
}

/* ---- one statement --------------------------------------------------------------- */

static void open_transaction(struct sql_session *s, enum sql_isolation isolation, bool read_only)
{
	s->tx = sql_tx_begin(s->engine->xids, &s->party, isolation, read_only);
	s->party.tx = s->tx;
	s->party.pid = s->pid;
	s->party.owner = s;
	s->tx_start_us = s->engine->env.clock_us ? s->engine->env.clock_us(&s->engine->env) : 0;
}

static enum sql_isolation isolation_of(struct slice name)
{
	return slice_eq_str(name, "serializable") ? SQL_SERIALIZABLE : slice_eq_str(name, "repeatable read") ? SQL_REPEATABLE_READ : SQL_READ_COMMITTED;
}

void sql_statement_begin(struct sql_session *s)
{
	if (!s->tx)
		open_transaction(s, isolation_of(sql_session_setting(s, "default_transaction_isolation")),
				 sql_session_setting_bool(s, "default_transaction_read_only"));
	sql_catalog_refresh(s);
	s->snapshot = sql_tx_snapshot(s->tx);
	s->snapshot_taken = true;
	s->statement_level = 0;
}

bool sql_statement_writes(struct sql_session *s, const char *what)
{
	if (what && sql_tx_read_only(s->tx)) {
		sql_raise_env(&s->engine->env, "25006", "cannot execute %s in a read-only transaction", what);
		return false;
	}
	if (!s->statement_level) {
		sql_tx_push(s->tx);
		s->statement_level = sql_tx_depth(s->tx);
	}
	return true;
}

void sql_statement_end(struct sql_session *s, bool failed)
{
	if (s->tx && s->statement_level) {
		assert(sql_tx_depth(s->tx) == s->statement_level);
		if (failed) {
			sql_tx_undo(s->tx);
			sql_lock_end(&s->party, s->statement_level + 1);
			sql_catalog_settled(s, false);
			sql_deferred_undo(s, s->statement_level);
			sql_notify_undo(s, s->statement_level);
		} else {
			sql_tx_merge(s->tx);
			sql_lock_merge(&s->party, s->statement_level);
			sql_deferred_merge(s, s->statement_level);
			sql_notify_merge(s, s->statement_level);
		}
	}
	s->statement_level = 0;
	s->snapshot_taken = false;
}

bool sql_table_lock(struct sql_session *s, const struct sql_relation *rel, enum sql_table_lock mode, bool nowait)
{
	struct sql_lock_name name = { SQL_LOCK_TABLE, rel->oid, 0 };
	struct sql_party *blocker;

	if (rel->system)
		return true;
	/* a statement outside of a block lets its weak locks go before anybody else runs */
	if (mode <= SQL_ROW_EXCLUSIVE && !s->block && !s->engine->store->locks.strong)
		return true;
	while ((blocker = sql_lock_take(&s->party, name, (int)mode, false, sql_tx_depth(s->tx) + 1))) {
		if (nowait) {
			sql_raise_env(&s->engine->env, "55P03", "could not obtain lock on relation \"%s\"", rel->name);
			return false;
		}
		if (sql_session_wait(s, blocker, name, (int)mode)) {
			/* the table may be another one now, or gone: from the start */
			s->wanted_of = NULL;
			sql_raise_env(&s->engine->env, SQL_WAIT_AND_REPEAT, "waited for %s", rel->name);
		}
		return false;
	}
	return true;
}

bool sql_name_lock(struct sql_session *s, uint32_t schema, const char *name, bool *waited)
{
	struct sql_lock_name lock = { SQL_LOCK_ROW, 1247, 0 }; /* pg_type: a table's row type has its name */
	struct sql_party *blocker;
	uint64_t hash = 14695981039346656037u ^ schema;         /* FNV-1a */

	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	lock.b = (int64_t)hash;
	*waited = false;
	while ((blocker = sql_lock_take(&s->party, lock, SQL_FOR_UPDATE, false, sql_tx_depth(s->tx) + 1))) {
		if (!sql_session_wait(s, blocker, (struct sql_lock_name){ SQL_LOCK_ROW, 0, 0 }, 0))
			return false;
		*waited = true;
	}
	if (*waited) {
		s->snapshot = sql_tx_snapshot(s->tx);
		sql_catalog_refresh(s);
	}
	return true;
}

void sql_session_fail(struct sql_session *s)
{
	if (s->tx && !s->npoints) {
		sql_session_rollback(s);
		s->block = true;
	} else if (s->tx) {
		/* back to the savepoint: what was written since is nobody's obstacle any more */
		size_t level = sql_tx_depth(s->tx);

		sql_tx_undo(s->tx);
		sql_lock_end(&s->party, level + 1);
		sql_deferred_undo(s, level);
		sql_notify_undo(s, level);
		sql_catalog_settled(s, false);
		sql_tx_push(s->tx);
	}
	s->failed = true;
}

/* ---- the transaction -------------------------------------------------------------- */

struct sql_error *sql_session_begin(struct sql_session *s, enum sql_session_mode mode, bool read_only)
{
	if (!s->tx)
		open_transaction(s, (enum sql_isolation)mode, read_only);
	else
		sql_tx_set(s->tx, (enum sql_isolation)mode, read_only);
	s->block = true;
	return NULL;
}

static void forget_points(struct sql_session *s, size_t from)
{
	while (s->npoints > from)
		free(s->points[--s->npoints].name);
}

static void ended(struct sql_session *s, bool committed)
{
	sql_serial_end(s, committed);
	if (!committed)
		sql_notify_undo(s, 0);
	s->tx = s->party.tx = NULL;
	s->block = s->failed = s->snapshot_taken = false;
	s->statement_level = 0;
	forget_points(s, 0);
	sql_deferred_clear(s);
	sql_sweep_settled(s, committed);
	sql_catalog_settled(s, true);
	sql_lock_end(&s->party, 0);
}

void sql_session_rollback(struct sql_session *s)
{
	if (s->tx) {
		sql_tx_abort(s->tx);
		ended(s, false);
	}
	s->block = s->failed = false;
}

struct sql_error *sql_session_commit(struct sql_session *s, struct arena *a)
{
	struct sql_env *env = &s->engine->env;

	(void)a;
	if (!s->tx) {
		s->block = s->failed = false;
		return NULL;
	}
	if (s->failed) {
		sql_session_rollback(s);
		return NULL;
	}
	if (!sql_deferred_run(s) || !sql_serial_commit(s)) {
		struct sql_error *e = env->error;
		env->error = NULL;
		sql_session_rollback(s);
		return e;
	}
	sql_temp_on_commit(s);
	sql_tx_commit(s->tx);
	ended(s, true);
	if (s->notes)
		sql_notify_commit(s);
	return NULL;
}

struct sql_error *sql_session_settle(struct sql_session *s, bool failed, struct arena *a)
{
	if (s->block) {
		if (failed && !s->failed)
			sql_session_fail(s);
		return NULL;
	}
	if (failed) {
		sql_session_rollback(s);
		return NULL;
	}
	return sql_session_commit(s, a);
}

/* ---- savepoints -------------------------------------------------------------------- */

void sql_session_savepoint(struct sql_session *s, struct slice name)
{
	if (!s->tx)
		open_transaction(s, SQL_READ_COMMITTED, false);
	if (s->npoints == s->point_cap) {
		s->point_cap = s->point_cap ? s->point_cap * 2 : 4;
		struct sql_named_point *more = realloc(s->points, s->point_cap * sizeof(*more));
		if (!more)
			abort();
		s->points = more;
	}
	s->points[s->npoints++] = (struct sql_named_point){ .name = strndup(name.ptr, name.len), .depth = sql_tx_depth(s->tx) };
	sql_tx_push(s->tx);
}

static bool find_point(struct sql_session *s, struct slice name, size_t *at)
{
	for (size_t i = s->npoints; i-- > 0;)
		if (slice_eq_str(name, s->points[i].name)) {
			*at = i;
			return true;
		}
	return false;
}

bool sql_session_release(struct sql_session *s, struct slice name)
{
	size_t at;

	if (!find_point(s, name, &at))
		return false;
	while (sql_tx_depth(s->tx) > s->points[at].depth) {
		size_t level = sql_tx_depth(s->tx);
		sql_tx_merge(s->tx);
		sql_lock_merge(&s->party, level);
		sql_deferred_merge(s, level);
		sql_notify_merge(s, level);
		sql_cursors_merge(s, level);
	}
	forget_points(s, at);
	return true;
}

bool sql_session_rollback_to(struct sql_session *s, struct slice name)
{
	size_t at;

	if (!find_point(s, name, &at))
		return false;
	while (sql_tx_depth(s->tx) > s->points[at].depth) {
		size_t level = sql_tx_depth(s->tx);
		sql_tx_undo(s->tx);
		sql_lock_end(&s->party, level + 1);
		sql_deferred_undo(s, level);
		sql_notify_undo(s, level);
		sql_cursors_undo(s, level);
	}
	sql_catalog_settled(s, false);
	sql_tx_push(s->tx);
	forget_points(s, at + 1);
	s->failed = false;
	return true;
}
