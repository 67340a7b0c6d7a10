/*
 * session: one connection's view of the SQL engine, between statements.
 *
 * Everything of a session that more than one part needs; each part owns what its
 * comment names. One engine serves many sessions over one SQLite connection, and
 * one statement of one session runs at a time: sql_session_enter points the
 * connection's env at the session that goes on.
 */
#ifndef SERVICE_PG_SQL_SESSION_H
#define SERVICE_PG_SQL_SESSION_H

#include "base/arena.h"
#include "base/map.h"
#include "service/pg/sql/catalog.h"
#include "service/pg/sql/ceiling.h"
#include "service/pg/sql/engine.h"
#include "service/pg/sql/env.h"
#include "service/pg/sql/lock.h"
#include "service/pg/sql/tx.h"

struct sql_store;    /* the store's own: tables, sequences, catalog tables, locks */
struct sql_plans;    /* the plan cache's own */

#define SQL_SLICES_MAX 16 /* each keeps a stack; one more runs to its end */

struct sql_engine {
	sqlite3 *db;
	struct sql_env env;             /* of that connection; points at the session that runs */
	struct sql_xids *xids;
	struct sql_store *store;        /* store.c */
	struct sql_plans *plans;        /* plan_cache.c */
	struct sql_session *first;      /* all sessions */
	struct sql_engine_config config;
	uint64_t random;                /* state of the run's random numbers */
	int64_t slept_us;               /* virtual time that pg_sleep let pass */
	struct sql_ceiling ceiling;     /* of the statement that runs: ceiling.c */
	struct sql_session *slices[SQL_SLICES_MAX]; /* whose statements have stopped in the middle, the last on top: slice.c */
	size_t nslices;
	int64_t slice_begin_us;         /* of the monotonic clock */
	uint64_t rows_written;
	bool whole;                     /* nothing stops now */
	struct arena idle;              /* env's arena while no statement runs */
};

#define SQL_WAIT_AND_REPEAT "SEAMW" /* a SQLSTATE that nobody sees */

struct sql_cursor;
struct sql_large;
struct sql_note;
struct sql_saved; /* PREPARE name AS */

struct sql_session {
	struct sql_engine *engine;
	struct sql_session *next, *prev;
	struct sql_session_hooks hooks; /* settings, user: of the wire's side */
	uint32_t pid;
	const char *user, *database;    /* borrowed from who opened it */

	/* Transactions: transaction.c. */
	struct sql_tx *tx;              /* NULL: none is open yet (opened by the first statement) */
	bool block;                     /* BEGIN was said */
	bool failed;                    /* only its end is accepted */
	int64_t tx_start_us;            /* now() */
	struct sql_named_point {        /* SAVEPOINTs, outermost first */
		char *name;
		size_t depth;           /* sql_tx_depth before it */
	} *points;
	size_t npoints, point_cap;
	size_t statement_level;         /* of the running statement's own sub-transaction; 0: it wrote nothing yet */
	struct sql_dead *ended;         /* versions that its transaction ended: marks.c */
	size_t nended, ended_cap;
	struct sql_serial *serial;      /* what it read and wrote, when SERIALIZABLE: serial.c */
	struct sql_deferred *deferred;  /* checks that wait for the commit: deferred.c */

	struct sql_party party;         /* its locks, and its waiting: lock.h */

	/* Catalog: catalog.c. */
	struct sql_catalog *catalog;    /* what this session sees; counted */
	bool catalog_changed;           /* by its open transaction: nobody else sees that */
	struct sql_catalog *older;      /* what the running statement still points into */
	struct sql_temp {               /* tables with ON COMMIT DELETE ROWS or DROP: ddl_temp.c */
		struct sql_temp *next;
		uint32_t relation;
		bool drop;
	} *temps;
	struct arena temp_arena;
	uint32_t temp_schema;           /* pg_temp_N; 0: none yet */
	const char *first_schema;       /* while CREATE SCHEMA makes its elements: searched before the path; NULL */

	/* Named things of a session: cursor.c, prepared.c, sequence.c, notify.c. */
	struct map cursors;             /* name -> struct sql_cursor */
	struct sql_large *larges;       /* large objects that are open: large.c; NULL: none */
	struct map saved;               /* name -> struct sql_saved */
	struct map listens;             /* channels: notify.c */
	struct sql_note *notes;         /* of the open transaction, in order */
	struct map sequences;           /* currval: store's */
	int64_t lastval;
	uint32_t lastval_of;            /* the sequence */
	bool has_lastval;

	/* A function met an advisory lock of another (error SQL_WAIT_AND_REPEAT): the statement is
	 * to end, wait for `wanted_of`, and run again. */
	struct sql_lock_name wanted;
	int wanted_mode;
	struct sql_party *wanted_of;
	bool terminated;                /* pg_terminate_backend: the next statement says 57P01 and the connection ends */

	/* The statement that runs. */
	struct slice text;              /* its text, for error positions; only while it runs */
	char asked[1024];               /* the text's begin, for pg_stat_activity: track_activity_query_size */
	size_t asked_len;
	struct sql_snapshot snapshot;   /* what it sees */
	bool snapshot_taken;
	struct sql_kept *kept;          /* rows that writing WITH queries returned */
	struct sql_running *running;    /* NULL: no statement runs */
	const struct sql_plan *reading; /* of the running statement; NULL: it may not be stopped in the middle */
	bool sliceable, sliced;         /* it may be; it is, just now */
	enum sql_wake stop;             /* why the running statement is to end */
};

static inline struct sql_session *sql_session_of(struct sql_env *env)
{
	return env->session;
}

/* The plan cache is emptied: the tables behind it are others now. */
void sql_engine_forget_plans(struct sql_engine *e);
/* Points the engine's env at this session and an arena for what its statement makes. */
void sql_session_enter(struct sql_session *s, struct arena *a);
/* The end of that: nothing of the arena may be used through the env any more. */
void sql_session_leave(struct sql_session *s);
/* The setting as SHOW prints it; "" when there is none. */
struct slice sql_session_setting(struct sql_session *s, const char *name);
bool sql_session_setting_bool(struct sql_session *s, const char *name);
int64_t sql_session_setting_ms(struct sql_session *s, const char *name); /* lock_timeout and its like; 0: none */

#endif
