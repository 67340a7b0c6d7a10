/*
 * judge: holds the expectations of rule files against a trace.
 *
 * Events are fed in the order of the trace, as lines; what a finished run adds
 * (the trailer, the answers of fakes) comes with judge_end. So the same judge
 * serves a trace on disk, a run as it ends, and a session that waits until
 * something holds.
 */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include "rule/expect.h"

struct judge;

struct verdict {
	const struct expectation *expectation;
	struct slice place;  /* "rules/test.json:31" */
	bool holds;
	struct slice found;  /* one line: what was found instead */
	struct slice near;   /* lines: the nearest actual events */
};

/* `trace` names the file, for bodies kept beside it and for the line to paste; NULL: none. */
struct judge *judge_new(struct rules *r, const char *trace);
void judge_free(struct judge *j);

/* One line of the trace; headers and trailers are passed over. */
void judge_feed(struct judge *j, struct slice line);
/* What the fakes hold now, for expectations on states. `look` gives a new reference; `service` NULL: the states of rules. */
void judge_look(struct judge *j, json_t *(*look)(void *of, const char *service, json_t *question), void *of);
/* Whether all expectations on events, and on states that were looked at, hold by now: more events may change that. */
bool judge_holds_yet(const struct judge *j);
/* The end. `trailer` is the trace's last line as JSON (NULL: there is none). The
 * verdicts live as long as the judge. */
const struct verdict *judge_end(struct judge *j, json_t *trailer, size_t *count);

/* ok and NO lines as `seam check` prints them; `all` shows those that hold too. */
void judge_print(const struct verdict *v, size_t count, bool all, struct buf *out);

#endif
