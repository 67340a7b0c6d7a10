/*
 * deferred: checks of a transaction that are made when it commits.
 */
#ifndef SERVICE_PG_SQL_DEFERRED_H
#define SERVICE_PG_SQL_DEFERRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_after;
struct sql_session;

void sql_deferred_add(struct sql_session *s, struct sql_after *n);
/* Makes them all, now. False: raised. */
bool sql_deferred_run(struct sql_session *s);
void sql_deferred_clear(struct sql_session *s);
/* A level of sub-transaction ended. */
void sql_deferred_undo(struct sql_session *s, size_t level);
void sql_deferred_merge(struct sql_session *s, size_t level);
/* SET CONSTRAINTS; no constraint named: all. False: raised, by what became immediate. */
bool sql_deferred_set(struct sql_session *s, const uint32_t *constraints, size_t count, bool deferred);

#endif
