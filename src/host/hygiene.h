/*
 * hygiene: how a program treats its connections and handles.
 *
 * Two sources. From the wire, for every driver: was a connection open when its
 * process ended, closed without the protocol's farewell, left in a
 * transaction, idle past its service's limit; and per pool (process, service,
 * user, database) how many were created, how often one was used again, how
 * many were open at once. From the libpq and libcurl layers: handles that were
 * never given back, used after a fork by the child, used by two threads at
 * once, with the caller (handles.c).
 *
 * It ends up in three places: counts in the trailer's `leaks`, all of it in
 * the trailer's `hygiene`, sentences in the summary. A protocol without a
 * farewell (http, s3) has pools but no leaks: there, to go is to close.
 */
#ifndef HOST_HYGIENE_H
#define HOST_HYGIENE_H

#include "base/buf.h"
#include "base/map.h"

struct host;
struct process;
struct session;
struct trace_trailer;

struct pool {
	char *role, *service, *user, *database; /* user and database: "" where the protocol has none */
	uint64_t created, units, used, open, peak; /* units of work; used: connections that did one */
	uint64_t leaked, transactions, idle;
	uint64_t idle_max_ns;
};

/* What is counted in `leaks`, in the order in which it is written. */
enum leak {
	LEAK_CONNECTIONS,  /* open at exit, or closed without farewell */
	LEAK_RESULTS,      /* PGresults never cleared */
	LEAK_TRANSACTIONS, /* connections that ended inside a transaction */
	LEAK_IDLE,         /* connections idle past the limit */
	LEAK_EASY,         /* curl easy handles never cleaned up */
	LEAK_MULTI,
	LEAK_AFTER_FORK,   /* handles that a forked child used */
	LEAK_THREADS,      /* handles that two threads used at once */
	LEAK_COUNT,
};

struct hygiene {
	struct map pools;      /* key -> struct pool */
	uint64_t leaks[LEAK_COUNT];
	uint64_t found_count;
	struct buf found;      /* JSON objects, comma-separated, up to a ceiling */
	struct buf said;       /* for the summary, up to a ceiling */
};

void hygiene_init(struct hygiene *h);
void hygiene_release(struct hygiene *h);

/* Bytes came for a connection, or left it: ends what was idle. */
void hygiene_active(struct session *s);
/* The codec may know by now who this is: its pool. */
void hygiene_known(struct session *s);
/* A request is taken: the first of a transaction, and each outside of one, is a unit of work. */
void hygiene_request(struct session *s);
/*
 * The connection ends. `clean`: by the protocol's farewell, or by seam itself.
 * Returns what to call the end when it is not clean ("open at exit", "without
 * farewell"), else `how`.
 */
const char *hygiene_ended(struct session *s, const char *how, bool clean);

/* One more thing found; of `role`. `json` is an object's members, `sentence`
 * goes to the summary. */
void hygiene_found(struct hygiene *h, struct slice json, struct slice sentence);

/* Into the trailer, before hygiene_report; `text` has to outlive it. Once a run. */
void hygiene_trailer(struct host *h, struct trace_trailer *trailer, struct buf *text);
void hygiene_report(const struct hygiene *h, struct buf *out);

#endif
