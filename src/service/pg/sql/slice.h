/*
 * slice: a long statement lets others go on in between.
 *
 * After some milliseconds of computing a statement stops where it stands, inside of
 * SQLite, and its connection asks to be called again at the loop's next turn. What
 * comes meanwhile runs on top of it and, when it is long itself, stops on top of it
 * too: the last one that stopped goes on first, as SQLite's own nested calls do.
 *
 * Surprising: nothing stops while a statement of SQLite that writes is half-way.
 */
#ifndef SERVICE_PG_SQL_SLICE_H
#define SERVICE_PG_SQL_SLICE_H

#include "service/pg/sql/session.h"

void sql_slice_begin(struct sql_engine *e);
/* From inside a running statement: stops it when its time is over and it may. */
void sql_slice_point(struct sql_engine *e);
/* Why it is to end, if it is: raises that. True: raised. */
bool sql_slice_stopped(struct sql_engine *e);
/* Between two rows that C code writes: both. False: raised. */
bool sql_slice_row(struct sql_session *s);

bool sql_session_sliced(const struct sql_session *s);
/* Lets a stopped statement compute for its next slice, if it is its turn. Outside of any fiber. */
void sql_session_slice(struct sql_session *s);
/* Runs all stopped statements to their end, or until they wait for another transaction. */
void sql_engine_finish(struct sql_engine *e);

#endif
