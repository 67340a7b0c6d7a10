/*
 * engine: SQL statements in, typed rows, tags and errors out.
 *
 * The public face of this folder: one engine a service, one session a connection.
 * A text is prepared (parsed, analysed, planned: or found in the cache), described
 * (types of its parameters and columns) and run. It knows nothing of the wire: the
 * caller turns values into text or binary with the library's functions, asks what
 * to do with a transaction, and keeps the settings.
 *
 * Everything that fails leaves a struct sql_error; its position counts characters
 * of the text that was prepared, from 1.
 */
#ifndef SERVICE_PG_SQL_ENGINE_H
#define SERVICE_PG_SQL_ENGINE_H

#include "base/buf.h"
#include "port/port.h"
#include "service/pg/sql/value.h"

struct sql_engine;
struct sql_session;
struct sql_prepared; /* a statement ready to run: shared plan and this text's literals; counted */
struct sql_run;      /* a statement that runs: a portal */

/* ---- engine: one a service ---- */

struct sql_engine_config {
	uint64_t seed;                  /* of the run */
	uint64_t (*now_ns)(void);       /* the run's clock, since 1970; NULL: the machine's */
	bool real_sleep;                /* pg_sleep takes real time: the caller waits (SQL_RUN_SLEEPING) */
	const char *version;            /* "15.8" */
	const char *database;           /* the first database's name; NULL: "postgres" */
};

/* NULL: SQLite could not be opened; *why says so. */
struct sql_engine *sql_engine_new(const struct sql_engine_config *config, const char **why);
void sql_engine_free(struct sql_engine *e);

/* ---- session: one a connection ---- */

struct sql_session_hooks {
	void *of;
	/* A setting as SHOW prints it; ptr NULL: no such setting. */
	struct slice (*setting)(void *of, const char *name);
	/* SET as a function does it: set_config(). NULL, or the error. Optional. */
	struct sql_error *(*set)(void *of, struct slice name, struct slice value, bool local, struct arena *a);
	/* Settings by number, for pg_settings and SHOW ALL; false: no more. Optional. */
	bool (*nth_setting)(void *of, size_t n, struct slice *name, struct slice *value);
	/* A channel's message for this session, at the end of the sender's transaction. Optional. */
	void (*notified)(void *of, uint32_t pid, struct slice channel, struct slice payload);
};

struct sql_session *sql_session_new(struct sql_engine *e, const char *user, const char *database, uint32_t pid,
				    const struct sql_session_hooks *hooks);
/* Ends an open transaction. */
void sql_session_free(struct sql_session *s);

/*
 * Transactions. A statement that runs outside of a block gets one of its own,
 * which sql_session_settle ends: commit, or roll back when something failed.
 * NULL, or the error (a COMMIT may fail; then the transaction is rolled back).
 */
enum sql_session_mode { SQL_MODE_READ_COMMITTED, SQL_MODE_REPEATABLE_READ, SQL_MODE_SERIALIZABLE };
struct sql_error *sql_session_begin(struct sql_session *s, enum sql_session_mode mode, bool read_only);
struct sql_error *sql_session_commit(struct sql_session *s, struct arena *a);
void sql_session_rollback(struct sql_session *s);
void sql_session_savepoint(struct sql_session *s, struct slice name);
/* False: no savepoint of that name. */
bool sql_session_release(struct sql_session *s, struct slice name);
bool sql_session_rollback_to(struct sql_session *s, struct slice name);
struct sql_error *sql_session_settle(struct sql_session *s, bool failed, struct arena *a);

/* ---- statements ---- */

/*
 * `text` is one statement. `types` are the parameters' types as far as the client
 * said them (0: not said). Returns NULL with *error filled, in `a`.
 */
struct sql_prepared *sql_prepare(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes,
				 struct arena *a, struct sql_error **error);
void sql_prepared_keep(struct sql_prepared *p);
void sql_prepared_drop(struct sql_prepared *p);

size_t sql_prepared_params(const struct sql_prepared *p, const uint32_t **types);
/* Result columns as they are now; 0: the statement returns no rows. Fails when it cannot be planned any more. */
bool sql_prepared_columns(struct sql_session *s, struct sql_prepared *p, struct arena *a, const struct sql_column **columns,
			  size_t *count, struct sql_error **error);

/* One value of a parameter, as it came. */
struct sql_param {
	struct slice bytes;
	bool null, binary;
};

enum sql_run_state {
	SQL_RUN_ROWS,    /* there may be rows: sql_run_next */
	SQL_RUN_DONE,    /* tag is filled */
	SQL_RUN_WAITING, /* for another transaction: step again when something ended */
	SQL_RUN_SLEEPING,/* pg_sleep with real time: step again after wait_us */
	SQL_RUN_FAILED,  /* error is filled */
};

struct sql_run {
	enum sql_run_state state;
	const struct sql_column *columns;
	size_t ncolumns;
	bool has_rows;
	struct slice tag;               /* "INSERT 0 1"; of SELECT: filled with the count when done */
	uint64_t rows;                  /* rows given so far */
	struct sql_error *error;        /* in the run's arena */
	struct sql_error *notices;
	size_t nnotices;
	int64_t wait_us;
	struct arena *arena;            /* the run's: everything above */
};

/* Begins. Never NULL; look at state. The run keeps a reference of its own. */
struct sql_run *sql_run_new(struct sql_session *s, struct sql_prepared *p, const struct sql_param *params, size_t nparams);
/* Goes on: after it, state is ROWS with a row in `sql_run_value`, or another state. */
enum sql_run_state sql_run_next(struct sql_run *r);
/* The current row's value: false when NULL. Text or binary as asked; appends to out. */
bool sql_run_value(struct sql_run *r, size_t column, bool binary, struct buf *out);
/* Ends it, at whatever state. */
void sql_run_free(struct sql_run *r);

#endif
