/*
 * pg_vars: the values that the settings of one session have, and how a
 * transaction undoes them. Part of pg_session, whose header has the calls that
 * others use.
 */
#ifndef SERVICE_PG_VARS_H
#define SERVICE_PG_VARS_H

#include "service/pg/pg_session.h"
#include "service/pg/pg_words.h"

void pg_vars_release(struct pg_session *s);
/* Keeps what SET did and forgets what SET LOCAL did. */
void pg_vars_commit(struct pg_session *s);
/* Undoes every change after the first `keep`. */
void pg_vars_rollback(struct pg_session *s, size_t keep);

/* The modes of a transaction; ptr NULL: not said. */
struct pg_modes {
	struct slice isolation, read_only, deferrable;
};
/* ISOLATION LEVEL ..., READ ONLY, [NOT] DEFERRABLE, with commas or without. */
void pg_vars_read_modes(struct pg_words *w, struct pg_modes *m);
/* As they are now. */
void pg_vars_modes(const struct pg_session *s, struct pg_modes *m, struct arena *a);
/* PG_SCOPE_LOCAL: of this transaction; PG_SCOPE_SESSION: the defaults of the next ones. */
void pg_vars_set_modes(struct pg_session *s, const struct pg_modes *m, enum pg_scope scope, struct arena *a);

#endif
