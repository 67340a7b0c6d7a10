/*
 * SQL functions over the store: sequences, transactions' numbers, advisory locks,
 * other backends, NOTIFY.
 */
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/slice.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/transaction.h"

static struct sql_session *session(sqlite3_context *ctx)
{
	return sql_env_of(ctx)->session;
}

/* ---- sequences (manual 9.17) --------------------------------------------------- */

STRICT(nextval)
{
	int64_t v;

	if (sql_sequence_next(session(ctx), (uint32_t)arg_int(argv[0]), &v))
		sqlite3_result_int64(ctx, v);
	else
		result_raised(ctx);
}

STRICT(currval)
{
	int64_t v;

	if (sql_sequence_current(session(ctx), (uint32_t)arg_int(argv[0]), &v))
		sqlite3_result_int64(ctx, v);
	else
		result_raised(ctx);
}

FUNC(lastval)
{
	int64_t v;

	if (sql_sequence_last(session(ctx), &v))
		sqlite3_result_int64(ctx, v);
	else
		result_raised(ctx);
}

STRICT(setval)
{
	if (sql_sequence_set(session(ctx), (uint32_t)arg_int(argv[0]), arg_int(argv[1]), argc < 3 || arg_int(argv[2])))
		sqlite3_result_int64(ctx, arg_int(argv[1]));
	else
		result_raised(ctx);
}

/* ---- transactions (9.27.8 of the manual's chapter on system functions) ------------ */

FUNC(current_xact)
{
	sqlite3_result_int64(ctx, sql_tx_top(session(ctx)->tx));
}

FUNC(current_xact_if_assigned)
{
	struct sql_tx *tx = session(ctx)->tx;

	if (sql_tx_wrote(tx))
		sqlite3_result_int64(ctx, sql_tx_top(tx));
}

STRICT(xact_status)
{
	static const char *const words[] = { [SQL_RUNNING] = "in progress", [SQL_COMMITTED] = "committed", [SQL_ABORTED] = "aborted" };
	const struct sql_xids *x = session(ctx)->engine->xids;
	int64_t xid = arg_int(argv[0]);

	if (xid <= 0 || (uint64_t)xid >= sql_xids_next(x))
		sql_raise(ctx, "22023", "transaction ID %lld is in the future", (long long)xid);
	else
		sqlite3_result_text(ctx, words[sql_xid_fate(x, (uint32_t)xid)], -1, SQLITE_STATIC);
}

FUNC(snapshot)
{
	uint32_t next = sql_xids_next(session(ctx)->engine->xids);
	struct buf out;

	buf_init(&out, 64);
	buf_addf(&out, "%u:%u:", next, next);
	result_buf(ctx, &out);
}

/* A place in a log that is not kept: it moves on with every transaction. */
FUNC(wal_place)
{
	sqlite3_result_int64(ctx, 0x1500000 + (int64_t)sql_xids_next(session(ctx)->engine->xids) * 0x38);
}

/* ---- advisory locks (9.27.10) ------------------------------------------------------- */

enum { SHARED = 1, XACT = 2, TRY = 4 };

static struct sql_lock_name lock_name(int argc, sqlite3_value **argv)
{
	if (argc == 1)
		return (struct sql_lock_name){ SQL_LOCK_ADVISORY, 0, arg_int(argv[0]) };
	return (struct sql_lock_name){ SQL_LOCK_ADVISORY, 1, (int64_t)((uint64_t)(uint32_t)arg_int(argv[0]) << 32 | (uint32_t)arg_int(argv[1])) };
}

static void lock(sqlite3_context *ctx, int argc, sqlite3_value **argv, int how)
{
	struct sql_session *s = session(ctx);
	struct sql_lock_name name = lock_name(argc, argv);
	int mode = how & SHARED ? SQL_SHARE : SQL_EXCLUSIVE;
	struct sql_party *blocker = sql_lock_take(&s->party, name, mode, !(how & XACT), how & XACT ? sql_tx_depth(s->tx) + 1 : 0);

	if (how & TRY) {
		result_bool(ctx, !blocker);
	} else if (!blocker) {
		result_text(ctx, SLICE_LIT(""));
	} else {
		/* SQLite cannot stop here: the statement ends, waits, and runs again */
		s->wanted = name;
		s->wanted_mode = mode;
		s->wanted_of = blocker;
		sql_raise(ctx, SQL_WAIT_AND_REPEAT, "waits for an advisory lock");
	}
}

#define LOCK(name, how)                          \
	STRICT(name)                             \
	{                                        \
		lock(ctx, argc, argv, how);      \
	}
LOCK(advisory, 0)
LOCK(advisory_shared, SHARED)
LOCK(advisory_xact, XACT)
LOCK(advisory_xact_shared, XACT | SHARED)
LOCK(try_advisory, TRY)
LOCK(try_advisory_shared, TRY | SHARED)
LOCK(try_advisory_xact, TRY | XACT)
LOCK(try_advisory_xact_shared, TRY | XACT | SHARED)

static void unlock(sqlite3_context *ctx, int argc, sqlite3_value **argv, int mode)
{
	struct sql_env *env = sql_env_of(ctx);
	bool held = sql_lock_drop(&session(ctx)->party, lock_name(argc, argv), mode);

	if (!held) {
		struct sql_error *more = ARENA_ARRAY(env->arena, struct sql_error, env->nnotices + 1);
		if (env->nnotices)
			memcpy(more, env->notices, env->nnotices * sizeof(*more));
		more[env->nnotices++] = (struct sql_error){ .severity = SLICE_LIT("WARNING"), .sqlstate = SLICE_LIT("01000"),
							    .message = mode == SQL_SHARE ? SLICE_LIT("you don't own a lock of type ShareLock") :
											   SLICE_LIT("you don't own a lock of type ExclusiveLock") };
		env->notices = more;
	}
	result_bool(ctx, held);
}

STRICT(advisory_unlock)
{
	unlock(ctx, argc, argv, SQL_EXCLUSIVE);
}

STRICT(advisory_unlock_shared)
{
	unlock(ctx, argc, argv, SQL_SHARE);
}

FUNC(advisory_unlock_all)
{
	sql_lock_drop_session(&session(ctx)->party);
	result_text(ctx, SLICE_LIT(""));
}

/* ---- other backends ------------------------------------------------------------------- */

static void signal_backend(sqlite3_context *ctx, uint32_t pid, bool terminate)
{
	struct sql_env *env = sql_env_of(ctx);
	struct sql_session *s = env->session->engine->first;

	while (s && s->pid != pid)
		s = s->next;
	if (!s) {
		struct sql_error *more = ARENA_ARRAY(env->arena, struct sql_error, env->nnotices + 1);
		if (env->nnotices)
			memcpy(more, env->notices, env->nnotices * sizeof(*more));
		more[env->nnotices++] = (struct sql_error){ .severity = SLICE_LIT("WARNING"), .sqlstate = SLICE_LIT("01000"),
							    .message = arena_printf(env->arena, "PID %u is not a PostgreSQL backend process", pid) };
		env->notices = more;
	} else if (s->running) {
		s->terminated |= terminate;
		sql_session_interrupt(s, terminate ? SQL_WAKE_TERMINATE : SQL_WAKE_CANCEL);
		if (s == env->session && sql_slice_stopped(s->engine)) {
			sqlite3_result_error(ctx, "stopped", -1);
			return;
		}
	} else if (terminate) {
		s->terminated = true;
		if (s->hooks.terminated)
			s->hooks.terminated(s->hooks.of);
	}
	result_bool(ctx, s != NULL);
}

STRICT(cancel_backend)
{
	signal_backend(ctx, (uint32_t)arg_int(argv[0]), false);
}

STRICT(terminate_backend)
{
	signal_backend(ctx, (uint32_t)arg_int(argv[0]), true);
}

FUNC(backend_pid)
{
	sqlite3_result_int64(ctx, session(ctx)->pid);
}

#define ADVISORY(sql, fn) \
	CALL_VOLATILE("pg_" sql "_int8", fn, 1), CALL_VOLATILE("pg_" sql "_int4", fn, 2)

const struct func_row func_store_rows[] = {
	CALL_VOLATILE("nextval_oid", nextval, 1), CALL_VOLATILE("currval_oid", currval, 1), CALL_VOLATILE("lastval", lastval, 0),
	CALL_VOLATILE("setval_oid", setval, 2), CALL_VOLATILE("setval3_oid", setval, 3),
	CALL_VOLATILE("pg_current_xact_id", current_xact, 0), CALL_VOLATILE("pg_current_xact_id_if_assigned", current_xact_if_assigned, 0),
	CALL_VOLATILE("pg_xact_status", xact_status, 1), CALL_VOLATILE("pg_current_snapshot", snapshot, 0),
	CALL_VOLATILE("pg_current_wal_lsn", wal_place, 0), CALL_VOLATILE("pg_current_wal_insert_lsn", wal_place, 0), CALL_VOLATILE("pg_current_wal_flush_lsn", wal_place, 0),
	ADVISORY("advisory_lock", advisory), ADVISORY("advisory_lock_shared", advisory_shared), ADVISORY("advisory_xact_lock", advisory_xact),
	ADVISORY("advisory_xact_lock_shared", advisory_xact_shared), ADVISORY("try_advisory_lock", try_advisory),
	ADVISORY("try_advisory_lock_shared", try_advisory_shared), ADVISORY("try_advisory_xact_lock", try_advisory_xact),
	ADVISORY("try_advisory_xact_lock_shared", try_advisory_xact_shared), ADVISORY("advisory_unlock", advisory_unlock),
	ADVISORY("advisory_unlock_shared", advisory_unlock_shared), CALL_VOLATILE("pg_advisory_unlock_all", advisory_unlock_all, 0),
	CALL_VOLATILE("pg_cancel_backend", cancel_backend, 1), CALL_VOLATILE("pg_terminate_backend", terminate_backend, 2),
	CALL_VOLATILE("pg_backend_pid", backend_pid, 0),
	END_OF_ROWS
};
