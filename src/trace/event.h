/*
 * event: one thing asked and answered, as the trace shows it.
 *
 * All members are borrowed for the time of one trace_write. What an event of a
 * port looks like is decided by port_describe (port/port.h), so that a new
 * service changes nothing here. Format: spec-trace (docs/trace.md).
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include "base/slice.h"
#include "port/port.h"

/* role/service/boundary#n, each part unescaped (the writer escapes '/', '#'
 * and '%'). */
struct stream_name {
	struct slice role;
	struct slice service;  /* "" for proc.*; "dns" for dns; "-" for an unclaimed connection */
	struct slice boundary; /* "" for proc.* */
	int64_t n;             /* ordinal of the connection, from 0; -1: no #n */
};

struct event {
	const char *k;          /* "sql", "conn.open", ...: see spec-trace */
	struct stream_name st;
	struct slice sum;
	bool failed;            /* ok:false; then err is set */
	struct slice err;
	enum reply_by by;
	struct slice rule;
	const struct attrs *attrs;                /* NULL: none */
	const struct payload *request, *reply;    /* NULL: none */
	const struct slice *cor;
	size_t ncor;
	const struct why *why;
	/* t: volatile */
	uint64_t time_ns, duration_ns;            /* since the run's start */
	int32_t pid, ppid, tid;                   /* 0: left out; ppid with proc.start */
	struct slice test;                        /* the test that asked; empty: left out */
	uint64_t rss;                             /* bytes: the most that one process of the run used; 0: left out */
	uint16_t local_port, host_port;           /* 0: left out */
	struct slice caller;                      /* "libpq.so.5+0x1234" */
	const char *const *argv;                  /* of an image, NULL-terminated; NULL: left out. Volatile: scripts
	                                             pass the names of temporary files */
};

struct buf;
/* The name as a trace writes it, without quotes and JSON escapes. */
void stream_name_add(struct buf *out, const struct stream_name *name);

#endif
