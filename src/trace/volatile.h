/*
 * volatile: values that differ from run to run though the program did the same,
 * recognised by their shape: UUIDs, points in time near the run, redacted
 * secrets, pointers of call arguments.
 *
 * A time counts only inside the run's own window: a date that the program
 * computed is what a trace is for.
 */
#ifndef TRACE_VOLATILE_H
#define TRACE_VOLATILE_H

#include "base/slice.h"

enum volatile_type {
	V_NONE,
	V_UUID,
	V_TIME,
	V_PORT,
	V_SECRET,
	V_ID,     /* by a header's name or a declared mask */
	V_PTR,    /* no identity: an address that was freed is given out again */
	V_ETAG,
	V_TRACE,
	V_AGENT,
	V_DIGEST,
	V_MASKED,
	V_BOUNDARY,
	V_COUNT,
};
/* "uuid", as in <uuid:7f3a>. */
const char *volatile_name(enum volatile_type t);
/* Whether equal values are told from different ones (they then carry a label). */
bool volatile_has_identity(enum volatile_type t);

struct volatile_window {
	bool known;           /* false: no time is volatile */
	int64_t from_s, to_s; /* seconds since 1970 */
};

struct volatile_hit {
	enum volatile_type type;
	size_t len;         /* bytes of text it covers */
	struct slice value; /* what tells equal ones; empty without identity */
};

/*
 * Is there a volatile value at the start of `s`? The caller vouches that a word
 * begins there; where it ends is judged here. With `canonical`, placeholders of
 * any type are recognised, else those of redaction only.
 */
bool volatile_at(struct slice s, const struct volatile_window *w, bool canonical, struct volatile_hit *hit);

/* "2026-11-20T11:14:46.123Z" as seconds since 1970; false: another form. */
bool volatile_rfc3339(struct slice s, int64_t *seconds, size_t *len);

#endif
