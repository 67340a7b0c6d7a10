/*
 * pg_conn: one connection of a program, and the server it believes to speak to.
 *
 * The state of the protocol between two messages. Every file of this folder
 * that knows a message works on it: startup, query, extended, copy. At any time
 * at most one request is out (`ask` says what its answer is for), which is the
 * codec's contract.
 *
 * The server is what connections share: the declaration of the service and the
 * register for CancelRequest. Its tables are the engine's.
 */
#ifndef SERVICE_PG_CONN_H
#define SERVICE_PG_CONN_H

#include "base/map.h"
#include "port/sql.h"
#include "service/pg/pg_auth.h"
#include "service/pg/pg_portal.h"
#include "service/pg/pg_session.h"
#include "service/pg/pg_words.h"
#include "service/service.h"

struct pg_server {
	char *version;          /* server_version: "15.8" */
	json_t *databases;      /* array of names; NULL: any name exists. Borrowed */
	json_t *users;          /* object of name: password; NULL: anybody. Borrowed */
	enum pg_auth_method auth; /* how they prove it */
	size_t max_connections; /* that are logged in; 0: any number */
	bool read_only;         /* a standby: nothing can be written */
	uint64_t seed;
	uint64_t (*now_ns)(void); /* the run's clock */
	struct sql_engine *engine; /* made by the first statement; pg_engine.c */
	struct pg_cluster *cluster; /* a real PostgreSQL answers: pg_real.h; NULL: the fake */
	struct pg_conn *first;  /* connections, for CancelRequest */
};

enum pg_phase {
	PG_PHASE_START,    /* startup packet, or a request for encryption or cancel */
	PG_PHASE_PASSWORD, /* the exchange that pg_auth leads */
	PG_PHASE_READY,
};

/* What the answer to the request that is out will be used for. */
enum pg_ask {
	PG_ASK_QUERY,      /* a statement of a Query message */
	PG_ASK_EXECUTE,
	PG_ASK_DESCRIBE_STATEMENT,
	PG_ASK_DESCRIBE_PORTAL,
	PG_ASK_PEEK,       /* Parse of a text with a syntax error: does a rule know it? */
	PG_ASK_LOGIN,      /* may this program log in? */
	PG_ASK_REFUSED,    /* Parse or Bind that must fail: the answer is the error */
};

/* A simple query's statements that are still to be answered. */
struct pg_query {
	struct arena arena;
	struct slice text;      /* all of it, for positions */
	struct slice one;       /* the list, when it is one statement */
	struct slice *list;
	size_t count, at;
};

struct pg_copy_in {
	bool active;
	size_t left;            /* bytes of the current CopyData still to come */
	struct sql_error *failure; /* why the data ended badly; in the request's arena */
};

struct pg_conn {
	struct link *link;
	struct pg_server *server; /* NULL without a declaration: defaults */
	struct pg_conn *next, *prev; /* of the same server */
	enum pg_phase phase;
	uint32_t pid, key;
	struct pg_auth auth;
	struct pg_session session;
	struct pg_portals portals;
	struct pg_query query;
	struct pg_copy_in copy;
	bool skip;              /* an error: everything up to Sync is ignored */
	bool goodbye;           /* Terminate was read */
	enum pg_ask ask;
	enum pg_verb verb;      /* of the statement that is out */
	uint32_t max_rows;      /* of the Execute that is out */
	struct pg_statement *statement; /* asked about; a reference */
	struct pg_portal *portal;       /* asked about */
	struct slice parse_name;        /* of the statement that waits for a peek; malloc'ed */
	bool refuse_next;       /* the peek found nothing: ask again, for the error */
	struct buf scratch;
	struct sql_session *sql; /* of the engine; NULL: not needed yet */
	bool queried;           /* the open transaction has its snapshot: its isolation level is settled */
	struct arena shown;      /* a setting's value as SHOW prints it */
	struct buf notes;        /* NotificationResponses that wait for the end of its transaction */
	bool idle;               /* ReadyForQuery was the last word */
	struct pg_backend *backend; /* with a cluster: this program's connection to it */
};

/* ---- what the files offer to pg.c ---- */

/* pg_startup.c: until the connection is ready. */
enum decode pg_startup_decode(struct pg_conn *c, struct slice in, size_t *used, struct request *req, struct buf *out);
/* What rules said of a log-in. False: the connection is to be closed. */
bool pg_startup_login(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out);

/* pg_query.c: the simple protocol. */
enum decode pg_query_start(struct pg_conn *c, struct slice body, struct request *req, struct buf *out);
enum decode pg_query_next(struct pg_conn *c, struct request *req, struct buf *out);
void pg_query_encode(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out);

/* pg_extended.c: the extended protocol; pg_bind.c: its Bind. */
enum decode pg_extended_decode(struct pg_conn *c, char type, struct slice body, struct request *req, struct buf *out);
enum decode pg_extended_refused(struct pg_conn *c, struct request *req);
void pg_extended_encode(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out);
enum decode pg_bind_decode(struct pg_conn *c, struct slice body, struct request *req, struct buf *out);

/* pg_copy.c: data from and to the client. */
enum decode pg_copy_begin(struct pg_conn *c, struct request *req, const struct sql_analysis *an, struct buf *out);
enum decode pg_copy_decode(struct pg_conn *c, struct slice in, size_t *used, struct request *req, struct buf *out);
/* CopyOutResponse to CopyDone; *rows: how many. NULL, or what is wrong with a cell. */
struct sql_error *pg_copy_out(const struct sql_analysis *an, const struct sql_reply *sql, struct arena *a, struct buf *out,
			      size_t *rows);

/* pg_answer.c: what requests and answers have in common in both protocols. */
void pg_request_fill(struct pg_conn *c, struct request *req, struct slice text, const struct sql_analysis *an);
/* Without blanks around it, and without semicolons behind it. */
struct slice pg_trim(struct slice text);
/* Whether the statement is refused because the transaction has failed. */
bool pg_refuses(const struct pg_conn *c, enum pg_verb verb);
/* The error that an answer amounts to, or NULL. */
const struct sql_error *pg_answer_error(const struct request *req, const struct reply *reply);
struct slice pg_answer_tag(const struct request *req, const struct reply *reply, size_t copied);
void pg_write_notices(const struct reply *reply, struct buf *out);
/* A message of a channel that it listens to: at once when it is idle, else with the next ReadyForQuery. */
void pg_notify(struct pg_conn *c, uint32_t pid, struct slice channel, struct slice payload);
/* ParameterStatus for what changed, and ReadyForQuery. */
void pg_ready(struct pg_conn *c, struct buf *out);

/* pg_engine.c: the SQL engine. */
struct sql_session *pg_engine_session(struct pg_conn *c); /* NULL: there is none */
struct sql_engine *pg_server_engine(struct pg_server *server);
/* lock_timeout or statement_timeout has passed while it waited. */
void pg_engine_overdue(struct pg_conn *c);
void pg_engine_leave(struct pg_conn *c);
/* False: not for the engine, or a table of a database that has none. */
bool pg_engine_answer(struct pg_conn *c, struct request *req, struct reply *reply);
/* The types of a statement's parameters, given what the client said (0: nothing).
 * 1: found; 0: not the engine's business; -1: it cannot be planned, running it tells why. */
int pg_engine_params(struct pg_conn *c, struct slice text, const uint32_t *given, size_t ngiven, uint32_t *types, size_t ntypes,
		      struct arena *a);
/* NULL, or why the transaction could not be committed: it is rolled back. */
struct sql_error *pg_engine_commit(struct pg_conn *c, struct arena *a);
/* Whether COPY FROM STDIN can take data. 1: yes, *columns of them; 0: not the engine's business; -1: no, running it tells why. */
int pg_engine_copy(struct pg_conn *c, struct slice text, struct arena *a, size_t *columns);
/* Whether there is such a role; true without an engine. */
bool pg_engine_role(struct pg_conn *c, struct slice name, struct arena *a);
/* After pg_session_after: the engine's transaction follows; `before` is the status before it. */
void pg_engine_after(struct pg_conn *c, enum pg_verb verb, struct slice text, char before, struct arena *a);
/* The end of a Query or Sync outside of a block. */
struct sql_error *pg_engine_settle(struct pg_conn *c, bool failed, struct arena *a);
/* DEALLOCATE of what PREPARE made; an empty name: all. False: no such name. */
bool pg_engine_forget(struct pg_conn *c, struct slice name);
void pg_engine_close(struct pg_conn *c); /* CLOSE ALL */
bool pg_engine_cursor(const struct pg_conn *c, struct slice name); /* whether DECLARE made one of that name */
bool pg_engine_close_cursor(struct pg_conn *c, struct slice name);
/* Between text and binary by the library's functions; `of` is the connection. False: it cannot be. */
bool pg_engine_send(void *of, uint32_t oid, struct slice text, struct buf *out);
bool pg_engine_read_binary(struct pg_conn *c, uint32_t oid, struct slice bytes, struct arena *a, struct slice *text);
bool pg_engine_waits(const struct pg_conn *c);
void pg_engine_cancel(struct pg_conn *c);

/* pg_cancel.c */
void pg_cancel_join(struct pg_conn *c);
void pg_cancel_leave(struct pg_conn *c);
void pg_cancel(struct pg_server *server, uint32_t pid, uint32_t key);

/* pg_command.c: the statements that need no tables. False: not one of them. */
bool pg_command_answer(struct pg_conn *c, struct request *req, struct reply *reply);
/* pg_set.c: SET and RESET. NULL, or the error. */
struct sql_error *pg_set(struct pg_conn *c, struct request *req, struct reply *reply);
struct sql_error *pg_reset(struct pg_conn *c, struct request *req);
/* The name of a setting as SHOW and RESET take it: "time zone" is TimeZone. */
struct slice pg_setting_name(struct pg_words *w);
/* Whether a transaction block is open, also one made of several statements in one Query. */
bool pg_in_block(const struct pg_conn *c);

#endif
