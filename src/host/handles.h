/*
 * handles: the tables in which processes keep what they hold of libpq and
 * libcurl (wire/handles.h). One descriptor a process that uses them, until it
 * ends or becomes another program.
 */
#ifndef HOST_HANDLES_H
#define HOST_HANDLES_H

#include "base/slice.h"

struct host;
struct process;
struct session;
struct arena;

/* Takes the fd. */
void handles_taken(struct host *h, struct process *p, int fd);
/* Who called the library that asks now over this connection: "_psycopg.so+0x1234",
 * into the arena; empty when no layer knows the connection. */
struct slice handles_caller(struct session *s, struct arena *arena);

/* Reads the table, if there is one, into the run's hygiene, and forgets it. */
void handles_read(struct host *h, struct process *p);

#endif
