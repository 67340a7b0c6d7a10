/*
 * transaction: how a statement sits in its session's transaction.
 *
 * Every statement is run between sql_statement_begin and sql_statement_end, inside
 * sql_session_call, which gives it a stack of its own: code that writes may stop
 * in the middle (sql_wait of lock.h, through sql_session_wait) until another
 * transaction ends, and simply goes on after it.
 */
#ifndef SERVICE_PG_SQL_TRANSACTION_H
#define SERVICE_PG_SQL_TRANSACTION_H

#include "service/pg/sql/lock.h"
#include "service/pg/sql/session.h"

/*
 * Runs `run(arg)` in a fiber. True: it has ended. False: it waits; when it has
 * ended later, `s->party.done(&s->party)` is called from sql_engine_turn.
 */
bool sql_session_call(struct sql_session *s, void (*run)(void *arg), void *arg);
/* Lets waiting statements go on that may: call it after every statement, and after every
 * session's end, outside of any fiber. */
void sql_engine_turn(struct sql_engine *e);
/* From inside a fiber: waits for `blocker`. False: raised (deadlock, timeout, cancel ...). The
 * env is this session's again when it returns. */
bool sql_session_wait(struct sql_session *s, struct sql_party *blocker, struct sql_lock_name wanted, int mode);
/* Ends a wait of this session: SQL_WAKE_CANCEL, _TIMEOUT, _LOCK_TIMEOUT, _TERMINATE. Then sql_engine_turn. */
void sql_session_interrupt(struct sql_session *s, enum sql_wake why);
bool sql_session_waits(const struct sql_session *s);

/*
 * Opens a transaction when none is, takes up the catalog, and takes the snapshot
 * (s->snapshot). Call it before a plan is looked up.
 */
void sql_statement_begin(struct sql_session *s);
/* The statement will write: gives it an xid of its own. False: raised, 25006 in a read-only
 * transaction (`what`: "INSERT", for the message; NULL: allowed even there). */
bool sql_statement_writes(struct sql_session *s, const char *what);
/* Failed: what it wrote never happened. */
void sql_statement_end(struct sql_session *s, bool failed);

/* Locks a table until the transaction ends. False: raised. */
/* A table that it had to wait for may be another one: SQL_WAIT_AND_REPEAT is raised then, and the statement begins anew. */
bool sql_table_lock(struct sql_session *s, const struct sql_relation *rel, enum sql_table_lock mode, bool nowait);
/* Locks the name of a table to be made, until the transaction ends. *waited: somebody else was about to take it. */
bool sql_name_lock(struct sql_session *s, uint32_t schema, const char *name, bool *waited);
/* A statement of a block failed: what it did up to here is undone and its locks go at once; only the block's
 * end, or going back to a savepoint, is accepted. */
void sql_session_fail(struct sql_session *s);

#endif
