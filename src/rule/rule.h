/*
 * rule: rule files, loaded, matched and turned into answers.
 *
 * A rules object is everything the rule files of a run say: services, rules,
 * expectations, redaction. Loading reports every error with file:line:col, the
 * path and "did you mean"; a rules object that loaded is sound, so matching
 * cannot fail. Matching is pure but for what rules count (nth, times, state),
 * which lives in the rules object; one thread owns it.
 *
 * It must never learn: sockets, wire formats, how an event looks.
 * Format: spec-rules (docs/rules.md). An "include" is a glob relative to the
 * including file, or "seam:NAME" for a pack shipped with seam, which is found
 * beside the running binary (../share/seam/rules/NAME.json). A file's own
 * services and rules come before those of its includes.
 */
#ifndef RULE_RULE_H
#define RULE_RULE_H

#include <jansson.h>

#include "base/err.h"
#include "base/jsondoc.h"
#include "base/slice.h"
#include "port/port.h"

struct rules;

/* ---- life ------------------------------------------------------------- */

/* What the loader must know of the protocols that exist (filled from
 * services.def by the host and by `seam rules lint`). */
struct rule_protocol {
	const char *name;
	enum port port;
	uint16_t default_port;
	const char *const *keys; /* members of a declaration beyond the common ones, NULL-terminated */
};

struct rule_options {
	const struct rule_protocol *protocols;
	size_t nprotocols;
	const char *profile; /* NULL: the first declared, else everything */
	uint64_t seed;       /* for {{uuid}}, {{random}}, chance */
	uint64_t (*now_ns)(void); /* the run's clock, nanoseconds since 1970 */
	bool expectations;   /* a file may also hold expectations alone: an array, or "expect" of a case.json */
};

/* Loads and merges the files in order, with their includes. On failure a
 * negative code; `errs` then holds every error found, not only the first. */
struct rule_errors {
	struct err *list;
	size_t count;
};
int rules_load(struct rules **out, const char *const *files, size_t nfiles, const struct rule_options *options,
	       struct rule_errors *errs);
/* The same from text, for tests; `file` names it and is where relative names start. */
int rules_parse(struct rules **out, const char *file, const char *text, size_t len, const struct rule_options *options,
		struct rule_errors *errs);
void rule_errors_release(struct rule_errors *errs);
void rules_free(struct rules *r);

/* ---- services --------------------------------------------------------- */

enum at_transport { AT_TCP, AT_UDP, AT_UNIX };
struct rule_at {
	enum at_transport transport;
	const char *host; /* lower case: a name, a glob, or a literal address without brackets; "" for Unix */
	bool glob, literal;
	uint16_t port;    /* 0: any (never for TCP and UDP) */
	const char *path; /* Unix */
	const char *text; /* as written */
	int line;
};
enum service_mode { MODE_FAKE, MODE_RECORD, MODE_REPLAY, MODE_PASS };
struct rule_service {
	const char *name;
	const char *protocol;
	enum service_mode mode; /* "pass" as protocol or as mode */
	struct rule_at *at;
	size_t nat;
	json_t *json;           /* the declaration, borrowed */
	const struct jsondoc *doc;
	const char *path;       /* "services.warehouse" */
	const char *folder;     /* of its file */
	const char *place;      /* "rules/test.json:4" */
	uint64_t idle_limit_ns; /* a connection is not expected to be idle for longer; 0: no limit */
};
/* In the order of declaration; borrowed. Services outside the chosen profile
 * are left out. */
const struct rule_service *rules_services(const struct rules *r, size_t *count);
/* The service that claims host:port (first declared wins), or NULL. `at` may be NULL. */
const struct rule_service *rules_claim(const struct rules *r, enum at_transport transport, struct slice host, uint16_t port,
				       const struct rule_at **at);
/* Any service that claims the name on any port, or NULL. */
const struct rule_service *rules_claim_name(const struct rules *r, struct slice host);
/* Names of the files that were read, as given or found by include. */
const char *const *rules_files(const struct rules *r, size_t *count);

/* ---- matching --------------------------------------------------------- */

struct rule_hit; /* the rule that answers, with its captures; lives in the request's arena */

/*
 * Chooses the rule that answers: highest priority, then file order; counts nth
 * and consumes times. NULL: none. A request with sql.describe only peeks:
 * nothing is counted, and conditions on values that are not known yet hold.
 */
struct rule_hit *rules_match(struct rules *r, struct request *req);
/* The closest rule and its conditions, for a request that nothing answered.
 * Allocated in the request's arena; never NULL. */
const struct why *rules_why(struct rules *r, struct request *req);
/* True when a rule names that operation itself ("sql.login"). */
bool rules_name(const struct rules *r, enum port port, struct slice service, struct slice op);
/* True when a rule on this port (and service, unless empty) exists: whether it
 * is worth asking. For PORT_CALL, `op` narrows to one function. */
bool rules_on(const struct rules *r, enum port port, struct slice service, struct slice op);

/*
 * Fills the reply from the hit's `do`. Returns true when the rule answered in
 * whole; false when it says pass: the fake is to answer, delay and fault of the
 * reply already set. reply->rule, by, failed and err are set.
 */
bool rule_answer(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply);

/* ---- going back ------------------------------------------------------ */

/* States, counters, and how often each rule was asked and answered. */
struct rules_mark;
struct rules_mark *rules_mark(const struct rules *r);
void rules_restore(struct rules *r, const struct rules_mark *m);
void rules_mark_free(struct rules_mark *m);
/* The states alone, for a file; a new reference. */
json_t *rules_states_save(const struct rules *r);
void rules_states_load(struct rules *r, json_t *list);

/* ---- reports ---------------------------------------------------------- */

/* "file:line#id" of rules that never answered and are not optional, in order;
 * the array is the caller's to free, the strings are borrowed. */
const char **rules_unused(const struct rules *r, size_t *count);
/* The raw members for those who judge a trace: "expect", "normalise", "mask",
 * "redact", "correlate", merged over all files; arrays, borrowed, never NULL. */
json_t *rules_member(const struct rules *r, const char *name);
/* Declared C functions, from services with protocol "call". */
const struct rule_function *rules_functions(const struct rules *r, size_t *count);
struct rule_function {
	const char *service, *library, *function, *returns;
	const char **args;   /* type names: "string", "int", "buffer:2" (length in argument 2, from 0), "..." last */
	size_t nargs;
};

/* Rules that can never answer, because one that is asked before them always does:
 * "file:line#id" of both. The array is the caller's to free. */
struct rule_pair {
	const char *hidden, *by;
};
size_t rules_hidden(struct rules *r, struct rule_pair **pairs);

/* A rule (as text, one JSON object) that would accept a request like this one:
 * `seam rules suggest`. From an event's own members, not a live request. */
char *rule_suggest(json_t *event);

#endif
