/*
 * read: a trace or a golden, line by line.
 *
 * Reading is in two steps, so that comparing large traces stays cheap: a
 * scanner finds the top-level members of a line as slices, without building a
 * tree; a member's tree is built (jansson) only when somebody asks. Every
 * fault is reported with file:line: a torn last line, a missing trailer, a
 * foreign version, merge conflict markers, members twice or out of order.
 */
#ifndef TRACE_READ_H
#define TRACE_READ_H

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

struct trace_file;

/* The members of one line; empty slices (ptr NULL) where absent. Raw JSON
 * text, strings with their quotes. */
struct trace_line {
	int number;           /* line in the file, from 1 */
	struct slice text;    /* the whole line without its newline */
	struct slice k;       /* without quotes: kinds hold no escapes */
	struct slice st, seq, sum, ok, err, by, rule, a, req, res, cor, why, t;
};

/* Life. Waits (with LOCK_SH) while a host still writes the trace, at most
 * wait_ms (-1: for ever). ERR_IO; ERR_SYNTAX and ERR_CONTENT with the line;
 * ERR_UNUSABLE: no trailer, or dropped events (the file can then still be read
 * when `lenient`). */
int trace_file_open(struct trace_file **out, const char *path, bool lenient, int wait_ms, struct err *err);
void trace_file_close(struct trace_file *f);

const char *trace_file_path(const struct trace_file *f);
json_t *trace_file_header(const struct trace_file *f);  /* borrowed */
json_t *trace_file_trailer(const struct trace_file *f); /* borrowed; NULL when lenient and there is none */
bool trace_file_canonical(const struct trace_file *f);

/* All bytes of the file. */
struct slice trace_file_text(const struct trace_file *f);

/* Events only, in file order. */
size_t trace_file_count(const struct trace_file *f);
/* The slices live as long as the file is open. */
void trace_file_line(const struct trace_file *f, size_t event, struct trace_line *out);
/* The same by structure and leaves (trace/skeleton.h); `leaves` has room for
 * SKELETON_LEAVES. Fast when events are asked for in order. */
struct skeleton;
struct skeleton_set;
struct skeleton *trace_file_skeleton(const struct trace_file *f, size_t event, struct slice *leaves);
struct skeleton_set *trace_file_skeletons(const struct trace_file *f);
/* The whole event as a tree; the caller's reference. NULL when jansson does
 * not take what RFC 8259 allows (a member twice inside a body). */
json_t *trace_file_event(const struct trace_file *f, size_t event);

#endif
