/*
 * pg_session: what a connection remembers between statements: who it is, its
 * settings, and where its transaction stands.
 *
 * A transaction is always open, as in PostgreSQL: outside BEGIN it spans one
 * Query message, or the messages up to Sync. So settings are undone the same
 * way in both. The status changes once a statement's answer is decided, by
 * whoever decided it: a rule that fails a COMMIT ends the transaction as a
 * COMMIT that fails in PostgreSQL does.
 */
#ifndef SERVICE_PG_SESSION_H
#define SERVICE_PG_SESSION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "port/port.h"
#include "port/sql.h"
#include "service/pg/pg_settings.h"

/* What a statement does to the session. */
enum pg_verb {
	PG_OTHER,
	PG_BEGIN,    /* BEGIN, START TRANSACTION */
	PG_COMMIT,   /* COMMIT, END */
	PG_ROLLBACK, /* ROLLBACK, ABORT, also ROLLBACK TO: see pg_words */
	PG_SAVEPOINT,
	PG_RELEASE,
	PG_PREPARE_TRANSACTION,
	PG_SET,
	PG_RESET,
	PG_SHOW,
	PG_DISCARD,
	PG_DEALLOCATE,
	PG_CLOSE,
	PG_UNLISTEN,
};
/* From the first words of the analysis' verb: cheap for all that is PG_OTHER. */
enum pg_verb pg_verb_of(const struct sql_analysis *an);

struct pg_var;  /* one setting that was touched */
struct pg_undo; /* one change of one setting */

struct pg_session {
	char status;          /* as in ReadyForQuery: I, T or E */
	bool block;           /* an implicit transaction of several statements is open */
	bool failed;          /* the implicit transaction has failed */
	char *user, *database;
	struct map vars;      /* lower-case name -> struct pg_var */
	struct pg_undo *undo;
	size_t nundo, undo_cap;
	struct pg_savepoint {
		char *name;
		size_t undo;  /* changes made before it */
	} *savepoints;
	size_t nsavepoints, savepoint_cap;
	bool unreported;      /* a reported setting may have changed */
};

/* Life. */
void pg_session_init(struct pg_session *s);
void pg_session_release(struct pg_session *s);
void pg_session_start(struct pg_session *s, struct slice user, struct slice database);

/* ---- settings ---- */

/* The canonical value; ptr NULL: no such setting and none of that custom name. */
struct slice pg_session_get(const struct pg_session *s, struct slice name);
/* As SHOW spells the setting's name. */
struct slice pg_session_spelling(const struct pg_session *s, struct slice name);
enum pg_scope {
	PG_SCOPE_START,   /* the value that RESET goes back to */
	PG_SCOPE_SESSION,
	PG_SCOPE_LOCAL,   /* until the transaction ends */
};
/* Sets a value as the program wrote it. NULL, or the error. */
struct sql_error *pg_session_set(struct pg_session *s, struct slice name, struct slice value, enum pg_scope scope,
				 struct arena *a);
/* The same without asking whether a session may: for what the server itself sets. */
void pg_session_force(struct pg_session *s, const char *name, struct slice value, enum pg_scope scope);
struct sql_error *pg_session_reset(struct pg_session *s, struct slice name, struct arena *a);
void pg_session_reset_all(struct pg_session *s);
/* ParameterStatus for all reported settings (`all`), or those that changed. */
void pg_session_report(struct pg_session *s, bool all, struct buf *out);

/* ---- transaction ---- */

/* After the answer to a statement is decided. */
void pg_session_after(struct pg_session *s, enum pg_verb verb, struct slice text, bool failed, struct arena *a);
/* An error that no statement made: a message that cannot be. */
void pg_session_fail(struct pg_session *s);
/* The end of a Query or a Sync. True when the transaction ended: portals go. */
bool pg_session_end(struct pg_session *s);
bool pg_session_has_savepoint(const struct pg_session *s, struct slice name);

#endif
