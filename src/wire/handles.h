/*
 * handles: what a process holds of libpq and libcurl, in memory that the host
 * reads when the process has ended, however it ended.
 *
 * A process that first opens a handle makes a memfd of one struct
 * wire_handles, maps it shared and sends it to the host with WIRE_HANDLES; no
 * further exchange is needed, and a SIGKILL loses nothing. A forked child sees
 * its parent's table too (the mapping is shared): a row of the parent's that
 * the child uses gets marked there.
 *
 * Written by many threads without locks: a row belongs to whom changes its key
 * from free to claimed. The host only reads, and trusts nothing it finds.
 */
#ifndef WIRE_HANDLES_H
#define WIRE_HANDLES_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_HANDLES_MAX 4096 /* open at once; more are counted without a name */
#define WIRE_SITES_MAX 256    /* call sites of one process */
#define WIRE_FINDINGS_MAX 64  /* handles that were closed after something was wrong with them */
#define WIRE_LABEL_BYTES 48
#define WIRE_RECENT 64        /* connections opened last: a power of two */

enum wire_handle_kind { WIRE_PGCONN = 0, WIRE_PGRESULT, WIRE_EASY, WIRE_MULTI, WIRE_HANDLE_KINDS };

/* What is wrong, or known, with a handle. */
#define WIRE_AFTER_FORK 1u  /* a child of a fork used it */
#define WIRE_THREADS 2u     /* two threads were in calls on it at once */
#define WIRE_IDLE 4u        /* nothing was done with it for longer than the limit */
#define WIRE_TRANSACTION 8u /* its transaction is open */
#define WIRE_CARRIED 16u    /* its connections may go over the host's Unix socket */
#define WIRE_ENDED_BADLY (WIRE_AFTER_FORK | WIRE_THREADS | WIRE_IDLE | WIRE_TRANSACTION)

/* Who calls: 96 bytes. */
struct wire_site {
	uint64_t address; /* return address in that process; 0: free */
	uint32_t ready;   /* the rest is written */
	uint32_t pad;
	uint64_t offset;  /* of the return address in its object */
	char object[72];  /* file name, NUL-terminated */
};

#define WIRE_ROW_FREE 0u
#define WIRE_ROW_CLAIMED 1u /* being written */
#define WIRE_ROW_GONE 2u    /* closed; may be claimed anew */

/* A handle: 128 bytes. Sites are indexes, WIRE_SITES_MAX for none. */
struct wire_handle {
	uint64_t key;        /* the pointer, or WIRE_ROW_* */
	uint32_t flags;
	uint8_t kind, pad[3];
	int32_t busy;        /* tid that is in a call on it */
	int32_t other;       /* pid of the child, or tid of the second thread */
	uint32_t opened, used, found; /* sites: who opened it, used it last, did what the flags say */
	uint64_t opened_ns, used_ns, idle_ns; /* CLOCK_MONOTONIC; longest time of nothing */
	uint64_t aux;        /* of the shim */
	uint32_t socket;     /* a connection's own end: TCP port, or WIRE_AUTOBOUND and the name; 0: unknown */
	uint32_t pad2;
	char label[WIRE_LABEL_BYTES]; /* "db.prod:5432/shop" */
};
#define WIRE_AUTOBOUND 0x80000000u /* the five hexadecimal digits of an autobound Unix socket */

/* "\0a1b2c" as one number; 0: another name. */
static inline uint32_t wire_autobound(const char *path, size_t len)
{
	uint32_t n = 0;

	if (len != 6 || path[0])
		return 0;
	for (int i = 1; i < 6; i++) {
		char c = path[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return 0;
		n = n << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n | WIRE_AUTOBOUND;
}

struct wire_finding {
	uint32_t ready, flags;
	uint8_t kind, pad[3];
	int32_t other;
	uint32_t opened, found;
	uint64_t idle_ns;
	char label[WIRE_LABEL_BYTES];
};

struct wire_handles {
	uint32_t magic; /* WIRE_MAGIC */
	uint16_t version, pad;
	int32_t pid;    /* the owner's own opinion */
	uint32_t findings; /* so far, those that found no room included */
	uint64_t opened[WIRE_HANDLE_KINDS], closed[WIRE_HANDLE_KINDS];
	uint64_t unnamed[WIRE_HANDLE_KINDS]; /* open, without a row */
	uint32_t connections;               /* so far */
	uint32_t recent[WIRE_RECENT];       /* rows of the latest, in turn */
	uint32_t pad2;
	struct wire_site site[WIRE_SITES_MAX];
	struct wire_finding finding[WIRE_FINDINGS_MAX];
	struct wire_handle handle[WIRE_HANDLES_MAX];
};

#endif
