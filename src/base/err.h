/*
 * err: what went wrong while loading something, and where.
 *
 * A function that loads fills the err and returns a negative code; it never
 * prints. The first failure wins: err_set on a filled err changes nothing.
 * The sentence names the thing, what was found, what was expected and the way
 * out; lower case, no full stop.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/buf.h"

enum err_code {
	ERR_NONE = 0,
	ERR_IO = -1,       /* the system refused: file, socket, memory */
	ERR_SYNTAX = -2,   /* not the format it should be */
	ERR_CONTENT = -3,  /* the format, but it makes no sense */
	ERR_LIMIT = -4,    /* over a ceiling */
	ERR_UNUSABLE = -5, /* a trace without trailer, or one that lost events */
};

struct err {
	enum err_code code;
	char file[512];     /* "" when no file is concerned */
	int line, column;   /* from 1; 0 when unknown */
	char text[1024];
};

/* Returns `code`. `file` may be NULL. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_at(struct err *e, enum err_code code, const char *file, int line, int column, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* "file:line:col: text", leaving out what is unknown. */
void err_print(const struct err *e, struct buf *out);

/* The candidate nearest to `word` (edit distance at most a third of its
 * length, at least 1), or NULL. `words` ends in NULL. */
const char *err_nearest(const char *word, const char *const *words);

#endif
