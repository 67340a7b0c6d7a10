/*
 * canon: the canonical form of a trace, which is what a golden is.
 *
 * Two recordings of a program whose threads and processes interleave
 * differently give the same bytes. Rules: docs/trace.md, "Golden".
 *
 * The form is a plan over the open file: which event stands where, in which
 * stream, which values are equal. A line's text is made when it is asked for,
 * so that a large trace is not held twice; an event costs some thirty bytes.
 */
#ifndef TRACE_CANON_H
#define TRACE_CANON_H

#include "base/buf.h"
#include "base/err.h"
#include "trace/read.h"

struct canon;
struct noise;

/* What a diff knows of one line. */
struct canon_line {
	uint32_t event;      /* in the file; the first of those that a counted event stands for */
	uint64_t shape;      /* of the content: volatile leaves count as their type, st and order of members do not count */
	uint64_t coarse;     /* of kind and sum */
	uint32_t count;      /* recorded events in it, 1 but for counted connections */
	bool counted;        /* seam.count of this recording's line is `count` */
	bool none;           /* by "none" */
	bool near;           /* holds numbers that are compared with tolerance */
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
 * `mask` and `normalise` are members of rule files (arrays, may be NULL). The
 * file must stay open as long as the form.
 */
int canon_new(struct canon **out, const struct trace_file *f, json_t *mask, json_t *normalise, struct err *err);
void canon_free(struct canon *c);

size_t canon_count(const struct canon *c);
struct canon_line canon_line(const struct canon *c, size_t line);
uint32_t canon_line_stream(const struct canon *c, size_t line);
/* By line: shapes. */
const uint64_t *canon_shapes(const struct canon *c);
size_t canon_streams(const struct canon *c);
const struct canon_stream *canon_stream(const struct canon *c, size_t stream);
/* Values with identity of a line: equal inside this trace, equal number, below
 * canon_values(). `paths`, when given, is set to hashes of where they stand. */
const uint32_t *canon_line_values(const struct canon *c, size_t line, size_t *count, const uint32_t **paths);
size_t canon_values(const struct canon *c);
/* The `index`th value of a line for people: "<uuid:7f3a>" and where it stands,
 * "a.db.query.parameter.0". */
void canon_value_show(struct canon *c, size_t line, size_t index, struct buf *value, struct buf *path);
/* Leaves that declared masks hid; what was declared, with its hits. */
uint64_t canon_masked(const struct canon *c);
/* Whether a declared tolerance covers the two numbers at the place, in an event
 * like the one whose text was made last. */
bool canon_near(struct canon *c, struct slice path, struct slice a, struct slice b);
const struct noise *canon_noise_of(const struct canon *c);

/* Appends the line's text, volatile leaves without labels (a golden's keep
 * theirs), without a newline. */
void canon_line_add(struct canon *c, size_t line, struct buf *out);
/* The same in another stream; `role` translates the name of a parent. */
void canon_line_add_as(struct canon *c, size_t line, struct slice st, struct slice (*role)(void *arg, struct slice role), void *arg,
		       struct buf *out);
/* The canonical bytes of the body that `blob` ("sha256:...") names in a line's
 * text, made from what the trace has beside it. */
int canon_blob(struct canon *c, size_t line, bool request, struct buf *out, struct err *err);

/* Appends the canonical form of a whole trace, header to trailer. A trace that
 * is canonical already is copied. */
int canon_write(const struct trace_file *f, json_t *mask, json_t *normalise, struct buf *out, struct err *err);
/* The same from a form; `blobs`, when given, is told each body that stands
 * beside the trace, once a line. `reason` goes into the header, NULL: none. */
int canon_write_form(struct canon *c, const char *reason, int (*blob)(void *arg, struct slice bytes, struct err *err), void *arg,
		     struct buf *out, struct err *err);
/* Its parts, for who puts a golden together line by line. */
void canon_label(struct canon *c); /* from here on texts have labels */
void canon_write_header(const struct canon *c, const char *reason, struct buf *out);
void canon_write_trailer(const struct canon *c, size_t events, size_t streams, struct buf *out);

#endif
