/*
 * lock: who holds what, and who waits for whom.
 *
 * A party is the side of a session that holds locks and waits. What an open
 * transaction wrote needs no lock entry: the row's xmax says it. Entries exist for
 * rows that are locked without being written, for tables, and for advisory locks.
 *
 * A party that must wait stops its fiber; whoever ends a transaction makes the
 * waiting ones runnable, and the engine lets them go on, first come first served.
 * The one that would close a circle gets 40P01 instead.
 *
 * Sources: manual 13.3 (Explicit Locking), tables 13.2 and 13.3.
 */
#ifndef SERVICE_PG_SQL_LOCK_H
#define SERVICE_PG_SQL_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct fiber;
struct sql_tx;

/* Table 13.3, weakest first. */
enum sql_row_lock { SQL_FOR_KEY_SHARE = 1, SQL_FOR_SHARE, SQL_FOR_NO_KEY_UPDATE, SQL_FOR_UPDATE };

/* Table 13.2, weakest first. */
enum sql_table_lock {
	SQL_ACCESS_SHARE = 1, SQL_ROW_SHARE, SQL_ROW_EXCLUSIVE, SQL_SHARE_UPDATE_EXCLUSIVE, SQL_SHARE, SQL_SHARE_ROW_EXCLUSIVE,
	SQL_EXCLUSIVE, SQL_ACCESS_EXCLUSIVE,
};

enum sql_lock_space { SQL_LOCK_ROW, SQL_LOCK_TABLE, SQL_LOCK_ADVISORY };

struct sql_lock_name {
	uint32_t space;  /* enum sql_lock_space */
	uint32_t a;      /* ROW: filenode; TABLE: OID; ADVISORY: the first key of two, or the high half */
	int64_t b;       /* ROW: rowid; ADVISORY: the second key, or all of one key */
};

/* Why a wait ended. */
enum sql_wake {
	SQL_WAKE_NONE,         /* it has not */
	SQL_WAKE_RETRY,        /* something was let go: look again */
	SQL_WAKE_CANCEL,       /* 57014 */
	SQL_WAKE_TIMEOUT,      /* statement_timeout, 57014 */
	SQL_WAKE_LOCK_TIMEOUT, /* 55P03 */
	SQL_WAKE_TERMINATE,    /* 57P01 */
	SQL_WAKE_DEADLOCK,     /* 40P01: never slept */
};

struct sql_held;

struct sql_party {
	struct sql_locks *locks;
	struct sql_tx *tx;             /* open transaction, or NULL */
	uint32_t pid;                  /* for messages and pg_locks */
	struct sql_held *held;
	size_t nheld, held_cap;
	/* while it waits */
	struct fiber *fiber;
	struct sql_party *waits_for;
	struct sql_lock_name wanted;   /* for messages; space ROW with a = 0: a transaction */
	int wanted_mode;
	enum sql_wake wake;
	struct sql_party *next, *prev; /* waiting ones, in the order they came */
	/* Called outside of any fiber when the fiber of a party that waited has ended. */
	void (*done)(struct sql_party *p);
	void *owner;
};

struct sql_locks {
	struct map table;              /* name -> struct sql_lock */
	struct sql_party *first, *last;
	size_t strong;                 /* table locks above ROW EXCLUSIVE that are held */
};

void sql_locks_init(struct sql_locks *l);
void sql_locks_release(struct sql_locks *l);
void sql_party_init(struct sql_party *p, struct sql_locks *l);
/* Lets everything go. */
void sql_party_release(struct sql_party *p);

/* Takes the lock, and NULL; or the party in the way. `depth`: the level of sub-transaction
 * whose undoing gives it back; 0 with `session`: kept until it is unlocked. */
struct sql_party *sql_lock_take(struct sql_party *p, struct sql_lock_name name, int mode, bool session, size_t depth);
/* Who would be in the way, without taking it. */
struct sql_party *sql_lock_blocker(struct sql_party *p, struct sql_lock_name name, int mode);
bool sql_lock_holds(const struct sql_party *p, struct sql_lock_name name, int mode);
/* Session-level advisory locks. False: not held. */
bool sql_lock_drop(struct sql_party *p, struct sql_lock_name name, int mode);
void sql_lock_drop_session(struct sql_party *p);
/* What the transaction took at or below a level (0: all of it) goes. */
void sql_lock_end(struct sql_party *p, size_t depth);
/* What was taken inside of a level is now of the level around it. */
void sql_lock_merge(struct sql_party *p, size_t level);

/* A row got a new version: what others hold on the old one holds on it, too. */
void sql_lock_follow(struct sql_locks *l, struct sql_party *not_this, struct sql_lock_name from, struct sql_lock_name to);

/* Stops the running fiber until `blocker` lets something go. */
enum sql_wake sql_wait(struct sql_party *p, struct sql_party *blocker, struct sql_lock_name wanted, int mode);
/* Everybody who waits may look again: a transaction or a level of one has ended. */
void sql_wake_all(struct sql_locks *l);
void sql_wake(struct sql_party *p, enum sql_wake why);
/* Lets the runnable ones go on. Never inside a fiber. */
void sql_run_woken(struct sql_locks *l);

/* One lock of a party, as pg_locks shows it. */
struct sql_held {
	struct sql_lock_name name;
	int mode;
	size_t depth;
	bool session;
	unsigned count;
};

#endif
