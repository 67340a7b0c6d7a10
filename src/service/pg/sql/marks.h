/*
 * marks: going back, and forgetting what nobody can see.
 *
 * A mark is a number of the engine's history: nothing is copied when one is taken
 * but the sequences' values, and going back to it costs as much, whatever the
 * tables hold. What the oldest mark sees is never swept.
 */
#ifndef SERVICE_PG_SQL_MARKS_H
#define SERVICE_PG_SQL_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "service/pg/sql/session.h"

/* Names the state of now. Open transactions are not part of it. */
uint64_t sql_engine_mark(struct sql_engine *e);
/*
 * Makes it the state of now; later marks are forgotten. Open transactions end: what
 * waits is told 57P01, and so is the next statement of a session that had one.
 * Returns how many had; -1: no such mark.
 */
int sql_engine_restore(struct sql_engine *e, uint64_t mark);
/* What the mark's time saw. False: no such mark. */
bool sql_engine_snapshot_of(const struct sql_engine *e, uint64_t mark, struct sql_snapshot *snapshot);
/* checkpoint.c: a table as it was at the mark; the others stay. False: its columns have changed, or no such mark. */
bool sql_engine_restore_table(struct sql_session *s, uint32_t table, uint64_t mark, struct arena *a);
/* All tables as bytes for another engine of the same version, and back. */
bool sql_engine_save(struct sql_engine *e, struct buf *out);
bool sql_engine_load(struct sql_engine *e, struct slice saved);

/* Statements that wait for another transaction. */
size_t sql_engine_busy(const struct sql_engine *e);

/* A version was ended by this session's statement: when that is committed and out of
 * everybody's sight, it goes. */
void sql_sweep_later(struct sql_session *s, uint32_t filenode, int64_t rowid);
/* The session's transaction has ended. */
void sql_sweep_settled(struct sql_session *s, bool committed);
/* Removes what can go, a slice at a time; called between statements. */
void sql_sweep(struct sql_engine *e);
void sql_marks_close(struct sql_store *st);

#endif
