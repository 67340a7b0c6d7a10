/*
 * tx: transactions, snapshots and locks.
 *
 * Every transaction, savepoint and writing statement has an xid of its own; a
 * table's rows carry the xid that made them and the one that ended them. What a
 * statement sees is a comparison of numbers: nothing is copied, undone or redone.
 *
 * Sources: manual 13 (Concurrency Control); design notes in docs/postgres.md.
 */
#ifndef SERVICE_PG_SQL_TX_H
#define SERVICE_PG_SQL_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_xids;       /* every xid of an engine and how it ended */
struct sql_tx;         /* an open transaction of one session */

enum sql_isolation { SQL_READ_COMMITTED, SQL_REPEATABLE_READ, SQL_SERIALIZABLE };

/* What a statement sees: what was committed up to `commit`, and what its own
 * transaction did before xid `own`. */
struct sql_snapshot {
	uint64_t commit;
	const struct sql_tx *tx; /* NULL: nobody's */
	uint32_t own;
};

enum sql_fate { SQL_RUNNING, SQL_COMMITTED, SQL_ABORTED };

#define SQL_XID_ALWAYS 1 /* made what every snapshot sees: the built-in catalogs */

struct sql_xids *sql_xids_new(void);
void sql_xids_free(struct sql_xids *x);
enum sql_fate sql_xid_fate(const struct sql_xids *x, uint32_t xid);
/* Whether a snapshot sees what the xid did. */
bool sql_xid_seen(const struct sql_xids *x, uint32_t xid, const struct sql_snapshot *s);
/* The open transaction that an xid in progress belongs to, or NULL. */
struct sql_tx *sql_xid_owner(const struct sql_xids *x, uint32_t xid);
/* Whether a row's version is seen: made and not ended. */
static inline bool sql_row_seen(const struct sql_xids *x, uint32_t xmin, uint32_t xmax, const struct sql_snapshot *s)
{
	return sql_xid_seen(x, xmin, s) && !(xmax && sql_xid_seen(x, xmax, s));
}

/* ---- one transaction ---- */

struct sql_party; /* lock.h: who it belongs to */
struct sql_tx *sql_tx_begin(struct sql_xids *x, struct sql_party *party, enum sql_isolation isolation, bool read_only);
struct sql_party *sql_tx_party(const struct sql_tx *tx);
/* Both free it. Commit gives the commit number. */
uint64_t sql_tx_commit(struct sql_tx *tx);
void sql_tx_abort(struct sql_tx *tx);
/* A sub-transaction: a savepoint or a statement. Returns its xid; they nest as a stack. */
uint32_t sql_tx_push(struct sql_tx *tx);
/* Ends the innermost one: what it did becomes its parent's, or never happened. */
void sql_tx_merge(struct sql_tx *tx);
void sql_tx_undo(struct sql_tx *tx);
uint32_t sql_tx_xid(const struct sql_tx *tx); /* the newest one, 0: none was needed yet */
uint32_t sql_tx_top(struct sql_tx *tx);       /* as txid_current() names the transaction; takes one when it has none */
bool sql_tx_read_only(const struct sql_tx *tx);
void sql_tx_set(struct sql_tx *tx, enum sql_isolation isolation, bool read_only); /* SET TRANSACTION */
/* Whether a statement of a REPEATABLE READ or SERIALIZABLE transaction has run. */
bool sql_tx_has_snapshot(const struct sql_tx *tx);
size_t sql_tx_depth(const struct sql_tx *tx);
bool sql_tx_wrote(const struct sql_tx *tx);
enum sql_isolation sql_tx_isolation(const struct sql_tx *tx);
/* For the next statement: a fresh one in READ COMMITTED, else the transaction's. */
struct sql_snapshot sql_tx_snapshot(struct sql_tx *tx);
struct sql_snapshot sql_xids_latest(const struct sql_xids *x);

/* ---- marks: reset, snapshot, restore ---- */

struct sql_mark {
	uint64_t commit;
	uint32_t xid;
};
struct sql_mark sql_xids_mark(const struct sql_xids *x);
/* Everything since the mark never happened. No transaction may be open. */
void sql_xids_restore(struct sql_xids *x, struct sql_mark mark);
/* From a checkpoint: a byte an xid, 1 when it was committed; everything before it is forgotten. No
 * transaction may be open. */
void sql_xids_load(struct sql_xids *x, const char *fates, uint32_t count);
uint64_t sql_xids_commit_number(const struct sql_xids *x); /* the newest commit: --at EVENT remembers it */
/* What no snapshot can miss: every open transaction's snapshot is at or above it. */
uint64_t sql_xids_oldest(const struct sql_xids *x);
/* When an xid committed; 0: it runs; UINT64_MAX: it never did. */
uint64_t sql_xid_commit(const struct sql_xids *x, uint32_t xid);
uint32_t sql_xids_next(const struct sql_xids *x);

#endif
