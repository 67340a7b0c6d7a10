/*
 * inside: what the judges of src/check share. One struct tally is all that is
 * remembered of one expectation while events go by.
 */
#ifndef CHECK_INSIDE_H
#define CHECK_INSIDE_H

#include "base/map.h"
#include "check/asked.h"
#include "check/judge.h"

#define NEAR 3   /* nearest events kept */
#define SHOWN 5  /* matching events shown */

struct near {
	unsigned score; /* 0: free */
	uint64_t event;
	char *line;
};
struct tally {
	const struct expectation *e;
	uint64_t count;            /* events so far */
	struct near near[NEAR];    /* of those that did not match, best first */
	struct buf seen;           /* lines: the first that did */
	size_t step;               /* order: the next to come */
	struct buf broken;         /* order: what came too early */
	struct map ids;            /* each: id -> struct delivered */
	struct map pending;        /* each: stream -> struct transaction */
	struct map units;          /* each: what was counted once already */
	json_t *answer;            /* state: what the fake said */
	uint64_t number;           /* max_rss */
};

struct judge_kind {
	/* An event went by. Optional. */
	void (*feed)(struct judge *j, struct tally *t, struct asked *e);
	/* Whether it holds; else `found` says what was found. */
	bool (*end)(struct judge *j, struct tally *t, struct buf *found);
	/* Decided by events alone. */
	bool by_events;
};

struct judge {
	struct rules *rules;
	char *trace;
	struct tally *tallies;
	size_t count;
	uint64_t events;
	json_t *trailer;      /* judge_end */
	struct arena arena;   /* of the event in hand */
	struct arena kept;    /* verdicts */
	struct verdict *verdicts;
};

/* "event 37  POST https://hooks.slack.com/T1", one line. */
void judge_event_line(const struct asked *e, struct buf *out);
/* Counts the event, or remembers how near it came. */
void judge_count(struct judge *j, struct tally *t, const struct selector *s, struct asked *e);

/* judge_each.c: what transactions hold back. */
void judge_pending_free(struct map *pending);

#define EXPECT(name, key, reader) extern const struct judge_kind judge_##name;
#include "rule/expect.def"

#endif
