/*
 * handles: the tables in which processes keep what they hold of libpq and
 * libcurl (wire/handles.h). One descriptor a process that uses them, until it
 * ends or becomes another program.
 */
#ifndef HOST_HANDLES_H
#define HOST_HANDLES_H

struct host;
struct process;

/* Takes the fd. */
void handles_taken(struct host *h, struct process *p, int fd);
/* Reads the table, if there is one, into the run's hygiene, and forgets it. */
void handles_read(struct host *h, struct process *p);

#endif
