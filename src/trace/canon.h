/*
 * canon: the canonical form of a trace, which is what a golden is.
 *
 * Two recordings of a program whose threads and processes interleave
 * differently give the same bytes. Rules: spec-trace, "Golden".
 *
 * The form is a plan over the open file: which event stands where, in which
 * stream, under which label each volatile value goes. A line's text is made
 * when it is asked for, so that a large trace is not held twice.
 */
#ifndef TRACE_CANON_H
#define TRACE_CANON_H

#include "base/buf.h"
#include "base/err.h"
#include "trace/read.h"

struct canon;

/* What a diff knows of one line. */
struct canon_line {
	uint32_t event;      /* in the file; the first of those that a counted event stands for */
	uint32_t stream;     /* index for canon_stream */
	uint64_t shape;      /* of the content: volatile leaves count as their type, st and order of members do not count */
	uint64_t coarse;     /* of kind and sum */
	uint32_t count;      /* recorded events in it, 1 but for counted connections */
	bool counted;        /* seam.count of this recording's line is `count` */
	bool none;           /* by "none" */
};

/* One volatile leaf with identity. */
struct canon_value {
	uint32_t value;      /* equal inside this trace: equal number, below canon_values() */
	uint32_t path;       /* hash of its place in the event */
};

struct canon_stream {
	struct slice name;   /* st as in the golden, escaped, without quotes */
	struct slice role, service, boundary; /* parts of it, still escaped; role without its [k] is `program` */
	struct slice program;
	bool bag;            /* its order says nothing */
	bool numbered;       /* a connection (or correlation) number follows: #n */
	size_t from, count;  /* lines */
};

/*
 * `mask` is the rule files' member (array, may be NULL); `normalise` must be
 * empty. The file must stay open as long as the form.
 */
int canon_new(struct canon **out, const struct trace_file *f, json_t *mask, json_t *normalise, struct err *err);
void canon_free(struct canon *c);

size_t canon_count(const struct canon *c);
const struct canon_line *canon_line(const struct canon *c, size_t line);
size_t canon_streams(const struct canon *c);
const struct canon_stream *canon_stream(const struct canon *c, size_t stream);
/* Values of a line, in the order of its text. */
const struct canon_value *canon_line_values(const struct canon *c, size_t line, size_t *count);
size_t canon_values(const struct canon *c);
/* "<uuid:7f3a>" */
void canon_value_add(const struct canon *c, uint32_t value, struct buf *out);
/* Where a value stands in a line: "a.db.query.parameter.0", or "" . */
void canon_value_path(struct canon *c, size_t line, uint32_t value, struct buf *out);
/* Leaves that declared masks hid. */
uint64_t canon_masked(const struct canon *c);

/* Appends the line's text as in a golden, without a newline. */
void canon_line_add(struct canon *c, size_t line, struct buf *out);
/* The canonical bytes of the body that `blob` ("sha256:...") names in a line's
 * text, made from what the trace has beside it. */
int canon_blob(struct canon *c, size_t line, bool request, struct buf *out, struct err *err);

/* Appends the canonical form of a whole trace, header to trailer. A trace that
 * is canonical already is copied. `mask` and `normalise` are rule-file members
 * (arrays, may be NULL). */
int canon_write(const struct trace_file *f, json_t *mask, json_t *normalise, struct buf *out, struct err *err);
/* The same from a form; `blobs`, when given, is told each body that stands
 * beside the trace, once a line. */
int canon_write_form(struct canon *c, int (*blob)(void *arg, struct slice bytes, struct err *err), void *arg, struct buf *out,
		     struct err *err);

#endif
