/*
 * expect: declared conditions on a trace, as rule files hold them.
 *
 * An expectation says which events are meant in the words of rules (on,
 * service, when) and how many there may be, in which order, or what the fakes
 * hold at the end. Loading files errors at their places like everything else in
 * a rule file; an expectation that loaded can be judged (src/check). A rule's
 * times.min becomes an expectation of its own.
 *
 * It must never learn: how a trace is read, where a state comes from.
 */
#ifndef RULE_EXPECT_H
#define RULE_EXPECT_H

#include "rule/rule.h"

enum expect_kind {
#define EXPECT(name, key, reader) EXPECT_##name,
#include "rule/expect.def"
	EXPECT_KINDS
};

/* How many; both ends included. */
struct count_range {
	uint64_t min, max; /* max UINT64_MAX: no end */
};

/* One of several numbers of a thing, by its name: "opened", "peak". */
struct named_range {
	const char *name;
	struct count_range range;
};

/* Which events are meant. */
struct selector {
	const struct rule *rule; /* on, service, when; NULL: by `service` and `name` alone */
	struct slice service;    /* of a text like "warehouse:events"; "" any */
	struct slice name;       /* glob over the event's names: table, verb, topic, bucket/key, ...; "" any */
	int ok;                  /* -1: whatever came of it */
	struct slice err, by, rule_id; /* "" any */
	struct slice text;       /* as written, short */
};

struct expectation {
	enum expect_kind kind;
	const struct jsondoc *doc;
	const char *path;        /* "expect[2]" */
	struct slice id;         /* as written, or the path */
	struct slice text;       /* one line: what is expected, as JSON */
	json_t *json;            /* as written; borrowed */
	const char *service;     /* state, connections; NULL: all */
	const char *process, *user, *database; /* connections; NULL: all */
	struct count_range count; /* leaks: of all together, when there are no parts */
	struct named_range *parts; /* leaks, connections */
	size_t nparts;
	uint64_t limit;          /* bytes: max_rss */
	struct selector *steps;  /* events, never: one; order: all; each: "in" */
	size_t nsteps;
	struct selector *then;   /* each: "then_in" */
	size_t nthen;
	struct slice each;       /* prefix of the ids in an event's cor: "id:", "tp:" */
	json_t *question;        /* state: what the fake is asked; NULL: the states of rules */
	struct state_want *want; /* state */
};

/* All of them, in file order, those of times.min last; borrowed. */
const struct expectation *rules_expectations(const struct rules *r, size_t *count);
/* "rules/test.json:31"; found on first use. */
struct slice expectation_place(struct rules *r, const struct expectation *e, struct arena *a);
/* A file that holds an array of expectations instead of a rule file is read so when
 * rule_options.expectations is set. */

/* What came of an event, beside its request. */
struct outcome {
	bool ok;
	struct slice err, by, rule;
};
bool selector_holds(const struct rules *r, const struct selector *s, struct request *req, const struct outcome *o);
/* How close a request that does not hold is: 0 when it is of another port or service. */
unsigned selector_closeness(const struct rules *r, const struct selector *s, struct request *req, const struct outcome *o);
/* Of each condition what it wanted and what it got; in the request's arena. */
const struct why *selector_why(struct rules *r, const struct selector *s, struct request *req, const struct outcome *o);
/* A selector from a text like "sql:COMMIT", for tools; lives in the rules. 0, or negative with err. */
int rules_selector(struct rules *r, const char *text, const struct selector **out, struct err *err);

/* Whether a fake's answer to the question is as wanted; else `why` says what is not. */
bool expectation_state_holds(struct rules *r, const struct expectation *e, json_t *answer, struct buf *why);
/* The states of rules as JSON, {"job": "done", "job/42": "queued"}; the caller's reference. */
json_t *rules_states(const struct rules *r);

#endif
