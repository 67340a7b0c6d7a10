/*
 * pg_seed: the "seed" of a declaration, put into the tables.
 */
#ifndef SERVICE_PG_SEED_H
#define SERVICE_PG_SEED_H

#include "service/pg/pg_conn.h"

/* `again`: only what is missing. 0, or a negative code with err filled: the place in
 * the rule file, or the file and line of the seed. */
int pg_seed(struct pg_server *server, const struct service_config *config, bool again, struct err *err);

/* pg_state.c: the tables as sessions, `seam state` and expectations see them. */
extern const struct fake_state pg_state;

#endif
