/* moment: what is told of an event at a glance, as plain text: who, where, what,
 * when. Read off the line; nothing is computed. */
#ifndef TOOLS_MOMENT_H
#define TOOLS_MOMENT_H

#include "base/arena.h"
#include "trace/read.h"

struct moment {
	size_t event;
	struct trace_line line;
	struct slice k, role, service, boundary, sum, err, by, rule; /* decoded; the arena's */
	bool ok, timed;
	uint64_t ts_ns, dur_ns, n;
	int64_t pid, tid;
};

void moment_read(const struct trace_file *f, size_t event, struct arena *a, struct moment *m);
/* Text of an attribute, empty when there is none. */
struct slice moment_attr(const struct moment *m, const char *name, struct arena *a);

#endif
