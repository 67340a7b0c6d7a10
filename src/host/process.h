/*
 * process: who belongs to the run.
 *
 * A process is known from its hello, or from the first frame or connection of a
 * child that forked without exec. A program that execs begins a new image: the
 * same pid, a new role. Roles are what the trace shows instead of pids: the
 * program's name, and [k] for the k-th of that name among its parent's
 * children (a parent of the same name counts as the first).
 */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "base/slice.h"

struct process {
	pid_t pid, ppid;
	struct process *parent;  /* NULL for the root; lives as long as the table */
	char *program;           /* "curl" */
	char *role;              /* "curl[2]" */
	char *parent_role;       /* NULL for the root */
	struct map children;     /* program -> how many so far */
	unsigned images;         /* hellos so far */
	bool ended;
	char *test;              /* a session's: the test that started it; NULL: none known */
	unsigned leaked;         /* connections it did not close, as the wire shows */
	unsigned unfinished;     /* PGconns it did not finish, as libpq's layer shows */
	int handles_fd;          /* its table of handles, or -1 */
	const struct wire_handles *handles; /* the same, mapped; NULL: not to be had */
	void *watch;             /* the host's pidfd watch */
};

struct process_table {
	struct process **list;   /* every process ever seen */
	size_t count, cap;
	struct map by_pid;       /* living ones */
	struct map descends;     /* pid -> whose child it is, until its hello; the process between may be gone by then */
	pid_t root;
	size_t images;           /* hellos and forked children: what the trailer calls processes */
};

void process_table_init(struct process_table *t);
void process_table_release(struct process_table *t);

/* The living process of that pid, or NULL. */
struct process *process_find(const struct process_table *t, pid_t pid);
/* An image said hello: a new process, or a new image of one. `program` is its name. */
struct process *process_hello(struct process_table *t, pid_t pid, pid_t ppid, struct slice program);
/* A forked process is about to become an image that says hello later: its family is looked at now. */
void process_descends(struct process_table *t, pid_t pid);
/* Who asks: known, or a descendant of a known process that forked without exec;
 * then *is_new is set. `trusted`: it spoke on the control socket, so it is of the
 * run even when its parents are gone. NULL: it is not of this run. */
struct process *process_asking(struct process_table *t, pid_t pid, bool trusted, bool *is_new);
void process_ended(struct process_table *t, struct process *p);

/* It has ended or is about to: the kernel is closing its files. */
bool process_exiting(const struct process *p);

/* From /proc: the parent's pid, or 0. */
pid_t process_parent_of(pid_t pid);

#endif
