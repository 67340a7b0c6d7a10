/* format: an event as the bytes of its line. What a writer is made of; the
 * public face is write.h. */
#ifndef TRACE_FORMAT_H
#define TRACE_FORMAT_H

#include "base/buf.h"
#include "trace/event.h"
#include "trace/path.h"
#include "trace/redact.h"

struct format {
	const char *path;      /* of the trace: blobs go beside it */
	size_t inline_max;
	struct redact redact;
	struct paths correlate;
	struct buf scratch, text, found; /* of one event */
	uint64_t lost_blobs;   /* bodies that could not be written */
};

int format_init(struct format *f, const char *path, size_t inline_max, json_t *redact, json_t *correlate, struct err *err);
void format_release(struct format *f);

/* Appends the line with its newline. `stream` is the name from stream_name_add. */
void format_event(struct format *f, const struct event *e, struct slice stream, uint64_t seq, uint64_t n, struct buf *out);

/* An integer every reader takes exactly, else a string (2^53 and beyond). */
void format_int(struct buf *out, int64_t v);

#endif
