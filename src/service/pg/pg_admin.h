/*
 * pg_admin: a connection of the host's own to a server: for seeds, and for looking
 * at the tables. It is answered by the fake alone, with everything a program's
 * connection has; nothing of it is in the trace.
 */
#ifndef SERVICE_PG_ADMIN_H
#define SERVICE_PG_ADMIN_H

#include "service/pg/pg_conn.h"

struct pg_admin {
	struct link link;
	struct pg_conn *conn;
	struct arena arena;      /* of the statement that ran last, and its answer */
	struct request request;
	struct reply reply;
	struct sql_error *error; /* of it, or NULL */
};

void pg_admin_open(struct pg_admin *a, struct pg_server *server);
/* Rolls back what is open. */
void pg_admin_close(struct pg_admin *a);
/* Runs one statement; a->reply.sql is its answer until the next one. `params`: text values of $1, $2 ..;
 * `data`: of COPY FROM STDIN. False: a->error. */
bool pg_admin_run(struct pg_admin *a, struct slice text, const struct sql_value *params, size_t nparams, struct slice data);
/* struct fake, again. */
void pg_ask_again(void *fake, void *conn, struct request *req, struct reply *reply);
bool pg_admin_runf(struct pg_admin *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
