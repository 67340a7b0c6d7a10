/*
 * pg_real: a real PostgreSQL that answers in the fake's place ("engine": "postgres").
 *
 * A cluster of the run's own: its template is made once and kept in the user's cache
 * folder, each run copies it into its folder, starts the server there on a Unix
 * socket and stops it with the service. Programs still speak to this codec, so that
 * rules, faults and the trace are the same; each connection of theirs has one to the
 * server, and a statement that waits there waits here.
 */
#ifndef SERVICE_PG_REAL_H
#define SERVICE_PG_REAL_H

#include "base/err.h"
#include "port/port.h"
#include "service/service.h"

struct pg_conn;
struct pg_cluster;
struct pg_backend; /* a connection to it */

/* pg_cluster.c. 0, or a negative code with err filled: none is installed, it does not start. */
int pg_cluster_start(struct pg_cluster **cluster, const struct service_config *config, struct err *err);
void pg_cluster_stop(struct pg_cluster *c);
/* Its socket. */
const char *pg_cluster_socket(const struct pg_cluster *c);

/* pg_backend.c: answers a request, at once or later. */
bool pg_backend_answer(struct pg_conn *c, struct request *req, struct reply *reply);
/* The seeds of a declaration: files and text of SQL. 0, or a negative code. */
/* The types of a statement's parameters, asked of the server; as pg_engine_params. */
int pg_backend_params(struct pg_conn *c, struct slice text, const uint32_t *given, size_t ngiven, uint32_t *types, size_t ntypes,
		      struct arena *a);
int pg_backend_seed(const char *socket, const struct service_config *config, struct err *err);
void pg_backend_cancel(struct pg_conn *c);
void pg_backend_close(struct pg_backend *b);

#endif
