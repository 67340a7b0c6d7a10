/*
 * notify: LISTEN and NOTIFY.
 *
 * Both take effect when the transaction commits, and never when it does not. Who
 * listens is told through the session's hook `notified`; how that reaches the
 * program is the wire's. Every note goes to the listeners of the sender's database.
 *
 * Source: manual, NOTIFY, and async.c for the words of its errors.
 */
#ifndef SERVICE_PG_SQL_NOTIFY_H
#define SERVICE_PG_SQL_NOTIFY_H

#include "service/pg/sql/session.h"

/* For the transaction's end. False: raised. */
bool sql_notify(struct sql_session *s, struct slice channel, struct slice payload);
void sql_listen(struct sql_session *s, struct slice channel);
void sql_unlisten(struct sql_session *s, struct slice channel); /* "": all */

/* The transaction has committed: listens, then tells. */
void sql_notify_commit(struct sql_session *s);
/* What was said above a level of sub-transactions never was (0: all of it), or is that level's now. */
void sql_notify_undo(struct sql_session *s, size_t level);
void sql_notify_merge(struct sql_session *s, size_t level);
/* At once: DISCARD ALL, and the session's end. */
void sql_unlisten_now(struct sql_session *s);

#endif
