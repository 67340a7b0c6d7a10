/*
 * canon_text: one event's canonical text, volatile leaves as placeholders.
 *
 * What is compared is the event's shape (trace/shape.h), a hash over the same
 * leaves without their labels; the text is made when somebody reads it.
 */
#ifndef TRACE_CANON_TEXT_H
#define TRACE_CANON_TEXT_H

#include "base/buf.h"
#include "trace/idmap.h"
#include "trace/noise.h"
#include "trace/read.h"
#include "trace/volatile.h"

struct canon_text {
	const char *file;              /* of the trace: bodies are beside it */
	struct volatile_window window;
	bool canonical;                /* the trace is a golden already */
	struct noise noise;            /* declared masks and normal forms */
	bool as_recorded;              /* leave normal forms out: a golden holds what was said */
	struct idmap etags;            /* of objects whose content is volatile */
	/* Told of each value with identity; may append ":label" to out. `path`
	 * is where it stands. */
	void (*value)(void *arg, enum volatile_type type, uint64_t value, struct slice path, struct slice text, struct buf *out);
	void *arg;
	uint64_t masked;

	/* Of the event at hand. */
	uint32_t count;                /* of a counted event, 0: not counted; the caller's */
	bool again;                    /* shapes are made a second time: nothing is counted */
	bool shape;                    /* a shape is made, no text: noise is counted */
	bool changed;                  /* a volatile leaf was met */
	bool near;                     /* a number that is compared with tolerance was met */
	int unordered;                 /* inside an array without order: which value is which is not told */
	struct noise_event event;      /* k, service and sum, for noise that asks */
	struct slice columns;          /* names of a result's columns, raw */
	struct slice literal, literal_as; /* text that is volatile as a whole: "127.0.0.1:40123" */
	struct slice boundary;         /* of a multipart body: random */
	struct buf path, req, res, plain, blob, scope;
};

void canon_text_init(struct canon_text *x, const char *file);
void canon_text_release(struct canon_text *x);

/* What only the plan knows. */
struct canon_names {
	struct slice st;     /* plain text of the stream */
	struct slice parent; /* role of the parent process; empty: unknown */
};
/* Appends the event without a newline. */
void canon_text_event(struct canon_text *x, const struct trace_line *l, const struct canon_names *names, struct buf *out);
/* The canonical bytes of a body that stands beside the trace. */
int canon_text_blob(struct canon_text *x, struct slice blob, struct slice path, struct buf *out, struct err *err);

uint64_t canon_hash(const void *ptr, size_t len, uint64_t seed);

#endif
