/*
 * traces: recordings of an imagined program, the same intent each time and
 * everything else different.
 *
 * A shell runs `workers` copies of one loader at once, each with `threads`
 * threads. A thread resolves names, opens a connection to a database, inserts a
 * row with a fresh id in a transaction, posts the id to an API over a connection
 * of its own, and stores an object that names it. The seed chooses pids, ports,
 * ids, the time, the order in which processes start and how threads interleave.
 */
#ifndef TESTS_TRACES_H
#define TESTS_TRACES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "trace/canon.h"
#include "trace/diff.h"
#include "trace/read.h"

struct story {
	uint64_t seed;       /* chance */
	int workers, threads, rows; /* rows a thread: each a transaction, a post, an object */
	bool pool;           /* any thread's transaction goes to any of 4 connections of its process */
	/* One deviation from the story, on row `at` of the first thread of the
	 * worker that writes tenant 0. */
	enum {
		STORY_PLAIN,
		STORY_INSERTED,   /* one more SELECT */
		STORY_LOST,       /* the post does not happen */
		STORY_CHANGED,    /* another total in the post */
		STORY_SWAPPED,    /* the id posted is not the id inserted */
		STORY_UNANSWERED, /* nobody answers the post */
		STORY_MOVED,      /* the SELECT before the transaction comes after it */
		STORY_TWIN,       /* one more whole row, its id used nowhere else */
	} deviation;
	int at;
};

/* Writes the recording to `path`. */
void story_write(const struct story *s, const char *path);
/* A name in a fresh folder; the folder goes with story_clean. */
const char *story_path(const char *name);
void story_clean(void);

/* Opens or fails the test. */
struct trace_file *story_open(const char *path);
/* The canonical form; the caller frees. */
char *story_canon(const char *path);
void story_diff(const char *golden, const char *run, const char *order, struct diff *out);
/* "changed=1 missing=0 ...", for messages. */
const char *story_counts(const struct diff *d);

void story_put(const char *path, const char *text);

#endif
