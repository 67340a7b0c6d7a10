/*
 * serial: what SERIALIZABLE adds to REPEATABLE READ.
 *
 * Reads and writes are remembered per table. A transaction that commits while
 * another read what it wrote, and which itself read what a third one wrote, is a
 * pivot and is refused with 40001: as PostgreSQL does, which remembers more finely
 * (rows and index ranges) when it reads through an index. So some transactions are
 * refused here that PostgreSQL lets through; never the other way round.
 *
 * Source: manual 13.2.3.
 */
#ifndef SERVICE_PG_SQL_SERIAL_H
#define SERVICE_PG_SQL_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

struct sql_session;

/* A relation (its filenode) is read or written by the running statement. Costs nothing below SERIALIZABLE. */
void sql_serial_read(struct sql_session *s, uint32_t relation);
/* The same for every table that a lowered text names. */
void sql_serial_reads(struct sql_session *s, const char *text);
void sql_serial_write(struct sql_session *s, uint32_t relation);
/* False: raised, 40001. */
bool sql_serial_commit(struct sql_session *s);
/* The transaction has ended. */
void sql_serial_end(struct sql_session *s, bool committed);
struct sql_store;
void sql_serial_close(struct sql_store *st);

#endif
