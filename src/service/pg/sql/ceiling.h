/*
 * ceiling: what one statement may take at most, before it is stopped with 57014
 * (computing, statement_timeout) or 53200 (memory).
 */
#ifndef SERVICE_PG_SQL_CEILING_H
#define SERVICE_PG_SQL_CEILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_engine;
struct sql_session;

struct sql_ceiling {
	bool on;
	uint64_t steps;         /* of SQLite's machine, about */
	int64_t memory;         /* bytes that SQLite had at the statement's begin */
	uint64_t looks;
	int64_t cpu_begin_s;    /* of the thread's clock */
	size_t rows;            /* bytes of rows answered */
	int64_t deadline_ms;    /* of the monotonic clock; 0: none */
};

void sql_ceiling_register(struct sql_engine *e);
void sql_ceiling_begin(struct sql_session *s);
/* Before what a statement leaves behind is cleared away. */
void sql_ceiling_end(struct sql_session *s);
/* So much more is answered. False: raised 53200. */
bool sql_ceiling_rows(struct sql_session *s, size_t bytes);

/* False: raised 57014, statement_timeout is over. */
bool sql_ceiling_time(struct sql_session *s);

#endif
