/*
 * large: large objects. Their functions are in large.c's rows; what a session has
 * open ends with its transaction.
 */
#ifndef SERVICE_PG_SQL_LARGE_H
#define SERVICE_PG_SQL_LARGE_H

struct sql_session;

void sql_large_close(struct sql_session *s);

#endif
