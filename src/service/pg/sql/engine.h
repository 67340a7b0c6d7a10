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

/* ---- engine: one a service ---- */

struct sql_engine_config {
	uint64_t seed;                  /* of the run */
	uint64_t (*now_ns)(void);       /* the run's clock, since 1970; NULL: the machine's */
	bool real_sleep;                /* pg_sleep takes real time: the caller waits (SQL_RUN_SLEEPING) */
	const char *version;            /* "15.8" */
	const char *database;           /* the first database's name; NULL: "postgres" */
	uint64_t steps_max;             /* of SQLite's machine, that one statement may take; 0: ceiling.c's */
	int64_t memory_max;             /* bytes that one statement may take; 0: ceiling.c's */
	bool check_plans;               /* tests: a plan found for other literals is made again; a difference ends the process */
};

/* NULL: SQLite could not be opened; *why says so. */
struct sql_engine *sql_engine_new(const struct sql_engine_config *config, const char **why);
void sql_engine_free(struct sql_engine *e);

/* Of an error that the grammar found: the SQLSTATE and the hint that PostgreSQL gives for this message. */
void sql_syntax_kind(struct sql_error *e);

/* ---- session: one a connection ---- */

/* A row of pg_settings, in its words; a slice without a pointer is NULL. */
struct sql_setting {
	struct slice name, setting, unit, context, vartype, source, min, max, enums, boot, reset;
};

struct sql_session_hooks {
	void *of;
	/* A setting as SHOW prints it; ptr NULL: no such setting. */
	struct slice (*setting)(void *of, const char *name);
	/* SET as a function does it: set_config(). NULL, or the error. Optional. */
	struct sql_error *(*set)(void *of, struct slice name, struct slice value, bool local, struct arena *a);
	/* Settings by number, in alphabetical order, for pg_settings; false: no more. Optional. */
	bool (*nth_setting)(void *of, size_t n, struct sql_setting *out, struct arena *a);
	/* A channel's message for this session, at the end of the sender's transaction. Optional. */
	void (*notified)(void *of, uint32_t pid, struct slice channel, struct slice payload);
	/* Its statement has stopped in the middle so that others may go on: call sql_session_slice soon, again
	 * and again until sql_session_sliced says no. Optional: statements run in one piece. */
	void (*sliced)(void *of);
	/* pg_terminate_backend of a session that runs nothing. Optional. */
	void (*terminated)(void *of);
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

/* Whether it returns rows, be it rows of no columns. */
bool sql_prepared_has_rows(const struct sql_prepared *p);

/* One value of a parameter, as it came. */
struct sql_param {
	struct slice bytes;
	bool null, binary;
};

/* What a statement answered. Everything is the arena's that sql_run was given. */
struct sql_result {
	const struct sql_column *columns;
	size_t ncolumns;
	bool has_rows;
	struct sql_datum *cells;        /* nrows * ncolumns */
	size_t nrows;
	struct slice tag;               /* "INSERT 0 1" */
	struct sql_error *error;        /* NULL: none */
	bool announced;                 /* the error came while rows were read: `columns` were told */
	struct sql_error *notices;
	size_t nnotices;
	struct slice copy_out;          /* COPY TO STDOUT: the data; ptr NULL: none */
};

/*
 * Runs a statement to its end. True: it has ended, *out is filled. False: it
 * waits for another transaction; `done` is called when it has ended (inside
 * sql_engine_turn, which is to be called after every statement). Until then
 * `a`, `params` and *out stay where they are. `copy_in`: the data of COPY FROM
 * STDIN. `max_rows` 0: all.
 */
struct sql_running {
	struct sql_session *session;
	struct sql_prepared *prepared;  /* a reference */
	const struct sql_param *params;
	size_t nparams;
	struct slice portal;            /* its name, for errors of parameters; empty: the unnamed one */
	struct slice copy_in;
	struct arena *arena;
	struct sql_result *out;
	void (*done)(struct sql_running *r);
	void *of;                       /* the caller's */
};
bool sql_run(struct sql_running *r);

/* A value of a result (not NULL) as text or in binary; appends. False: raised, *error is filled, in `a`. */
bool sql_value_write(struct sql_session *s, uint32_t type, struct sql_datum v, bool binary, struct buf *out, struct arena *a,
		     struct sql_error **error);

#endif
