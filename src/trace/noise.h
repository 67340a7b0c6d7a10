/*
 * noise: what a rule file declares not to matter: `mask` leaves a place out of
 * the comparison (and counts it), `normalise` compares another form of it.
 *
 *	"mask": [ "http.header.x-request-id",
 *	          "re:json\\.items\\[\\d+\\]\\.seen",
 *	          { "path": "sql.param.2", "service": "orders-db", "sum": "INSERT orders",
 *	            "until": "2027-01-31", "reason": "JIRA-12" },
 *	          { "only": ["json.total", "sql.param"], "service": "vendor" } ]
 *	"normalise": [ { "path": "json.total", "as": "number" },
 *	               { "path": "json.ratio", "tolerance": 0.001 },
 *	               { "path": "json.tags", "as": "set" },
 *	               { "path": "json.job", "as": "id" },
 *	               { "path": "a.db.query.text", "replace": ["tmp_[0-9]+", "tmp"] } ]
 *
 * A name is exact; patterns say so ("re:", over the whole path, PCRE2). `k`,
 * `service` and `sum` limit an entry to events of that kind, service or summary
 * (a glob). A mask that has expired hides nothing.
 */
#ifndef TRACE_NOISE_H
#define TRACE_NOISE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "trace/path.h"

enum noise_act {
	NOISE_MASK,
	NOISE_ID,        /* a placeholder whose identity is checked */
	NOISE_TIME,      /* a placeholder without */
	NOISE_NUMBER,    /* 1.0, "1.00" and 1 are one; rounded when `digits` >= 0 */
	NOISE_TOLERANCE, /* compared after alignment */
	NOISE_LOWER,
	NOISE_SPACE,     /* any white space is one space */
	NOISE_REPLACE,
	NOISE_SET,       /* an array without order */
};

struct noise_rule {
	char *text;           /* as declared, for reports */
	enum noise_act act;
	bool mask;            /* of the member `mask` */
	bool only;            /* what is compared; all else of these events is masked */
	struct path path;     /* unless `re` */
	void *re;             /* pcre2_code, NULL: exact */
	void *pattern;        /* NOISE_REPLACE: what */
	char *with;
	char *k, *service, *sum; /* NULL: any */
	char *until;          /* "2027-01-31", NULL: for ever */
	bool expired;
	int digits;           /* -1: all */
	double tolerance;
	bool relative;
	uint64_t hits;        /* leaves it was applied to */
};

struct noise {
	struct noise_rule *list;
	size_t count;
	bool only;            /* there is an allow-list */
	bool bodies;          /* something in a body may be left out: its size says nothing then */
	struct buf alias;
};

/* Of the event at hand; plain text. */
struct noise_event {
	struct slice k, service, sum;
};

/* Both may be NULL; the entries are copied. */
int noise_init(struct noise *n, json_t *mask, json_t *normalise, struct err *err);
void noise_release(struct noise *n);

/* Whether a rule may apply at the path, in any event. */
bool noise_may(struct noise *n, struct slice path);
/* The rule for the place, NULL: none. `whole`: the place is an object or an
 * array. Counts nothing. */
struct noise_rule *noise_at(struct noise *n, const struct noise_event *e, struct slice path, bool whole);
/* For places that are no leaves of their own: fields of a URL's query, columns. */
struct noise_rule *noise_query(struct noise *n, const struct noise_event *e, struct slice field);
struct noise_rule *noise_literal(struct noise *n, const struct noise_event *e, uint64_t number);
struct noise_rule *noise_column(struct noise *n, const struct noise_event *e, struct slice column);
bool noise_has(const struct noise *n, enum path_kind kind);

/* Appends the normal form of a leaf's JSON text (a string with its quotes). */
void noise_apply(const struct noise_rule *r, struct slice value, struct buf *out);
/* Whether two numbers (JSON text, or strings of digits) are within it. */
bool noise_near(const struct noise_rule *r, struct slice a, struct slice b);

#endif
