/* canon_load_model: what the two passes of loading share: canon_load (whose is
 * it) and canon_place (what keeps its order). */
#ifndef TRACE_CANON_LOAD_MODEL_H
#define TRACE_CANON_LOAD_MODEL_H

#include "trace/canon_model.h"

/* A stream as recorded: who spoke to whom over which connection. */
struct entry {
	uint32_t group;
	int64_t conn;     /* #n, -1: none */
	uint32_t conn_id; /* CANON_NONE: none */
	int64_t tid;      /* of its events that are no requests; the first's */
	bool tids;        /* more than one */
};

/* What is known of a request only while loading. */
struct request {
	uint32_t event, entry, mem;
	int64_t tid;
	uint64_t cor;     /* hash of the declared correlation id, 0: none */
	struct slice key;
};

struct conn {
	uint64_t open_ns, last_ns;
	uint32_t mark;
};

/* By structure: where its numbers are, and which stream had it last. */
struct form {
	bool known;
	int ts, dur, pid, tid, ppid, parent, bucket, object; /* leaves, -1: none */
	const char *st;
	int64_t last_pid;
	uint32_t entry, generation;
};

struct loader {
	struct canon *c;
	uint32_t *where;  /* by event: its entry */
	uint32_t *place;  /* by event: unit, or mem with TO_MEM, CANON_NONE: left out */
	struct form *forms, scratch;
	size_t cap_forms;
	struct entry *entries;
	size_t nentries, cap_entries;
	struct request *requests;
	size_t nrequests, cap_requests;
	struct idmap roles, role_pids; /* -> process */
	struct idmap groups, mems, units, conns, streams, keys;
	struct slice *key;
	size_t nkeys, cap_keys;
	struct conn *conn;
	size_t nconns, cap_conns;
	uint32_t generation; /* of the processes: an image that starts may take over a name */
	struct buf text, plain;
};

static inline uint64_t load_hash2(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = { a, b };

	return canon_hash(pair, sizeof(pair), 7);
}

static inline uint64_t load_hash(struct slice s, uint64_t seed)
{
	return canon_hash(s.ptr ? s.ptr : "", s.len, seed);
}

/* canon_place.c: units, and their order in canon.order and canon.unit_order. */
void canon_place(struct loader *l);

#endif
