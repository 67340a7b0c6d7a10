/*
 * sequence: numbers that no rollback gives back.
 *
 * A sequence is a relation with one row (last_value, log_cnt, is_called) that is
 * changed in place, whoever looks. Only marks (reset, restore) put it back.
 */
#ifndef SERVICE_PG_SQL_SEQUENCE_H
#define SERVICE_PG_SQL_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "service/pg/sql/session.h"

/* False: raised (42809 not a sequence, 2200H its end, 55000 not used in this session). */
bool sql_sequence_next(struct sql_session *s, uint32_t oid, int64_t *value);
bool sql_sequence_current(struct sql_session *s, uint32_t oid, int64_t *value);
bool sql_sequence_last(struct sql_session *s, int64_t *value);
bool sql_sequence_set(struct sql_session *s, uint32_t oid, int64_t value, bool called);
/* Its row, when the relation is made. */
void sql_sequence_make(struct sql_session *s, uint32_t filenode, int64_t start);
void sql_sequences_forget(struct sql_session *s); /* DISCARD SEQUENCES, and the session's end */

#endif
