/*
 * host: the process that serves the fakes and writes the trace.
 *
 * host_run is a whole run: it loads the rules, makes the run directory, starts
 * the program (or, for a bare preload, watches the one that started it), serves
 * until the program ends, and says how it went. This is all that tools see.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/rule.h"

/* A network of the run's own, in which every address is local (design 5). */
enum host_isolate {
	HOST_ISOLATE_OFF,
	HOST_ISOLATE_AUTO, /* where the machine allows it; else the preload alone, and the summary says so */
	HOST_ISOLATE_ON,   /* or the run fails with 125 */
};

/* What becomes of the program's connections. */
enum host_mode {
	HOST_FAKE, /* they end at the fakes */
	HOST_PASS, /* nothing is touched: no shim, no fakes, no network of its own; the trace has the program's begin and end */
};

/* One fault at one request, whoever answers it: `seam sweep`. */
struct host_inject {
	const char *on, *service; /* "sql", "warehouse" */
	uint64_t nth;             /* of the requests on that service, from 1 */
	const char *fault;        /* as in rule files */
	bool after_effect;        /* what was asked is done, and the answer meets the fault */
};

struct host_options {
	enum host_mode mode;
	const char *mode_why;      /* who said so, for the trace's header; NULL: the default */
	const char *const *rules;  /* rule files */
	size_t nrules;
	const char *trace;         /* NULL: with the run directory, kept only when the run failed */
	const char *profile;       /* NULL: the first */
	uint64_t seed;
	const char *const *argv;   /* the program, NULL-terminated */
	pid_t bare;                /* > 0: a bare preload; the program runs already, with this pid */
	bool session;              /* bare, and it takes orders: `seam session`; the program is its owner */
	const char *from;          /* session: what seam session save wrote, its seed; or NULL */
	int ready_fd;              /* bare: where to say that the host is ready, else -1 */
	bool strict;               /* unmatched requests and unused rules fail the run (120) */
	uint64_t clock_ns;         /* the run's clock begins there, nanoseconds since 1970; 0: the machine's clock */
	bool clock_goes_on;        /* else it stands */
	const char *until;         /* an expectation: the program is ended when it holds; or NULL */
	const char *restart_after; /* an event (as in `order`): the program is killed there and started again; or NULL */
	uint64_t timeout_ms;       /* 0: none */
	const struct host_inject *inject; /* or NULL */
	bool check;                /* expectations of the rule files are judged, unmatched requests fail (120) */
	bool require_traffic;      /* nothing intercepted fails the run (122) */
	bool allow_unshimmed;
	bool quiet;                /* no summary */
	enum host_isolate isolate; /* a bare run is never isolated: its program runs already */
};

/* Exit codes of seam's own verdict (spec-cli). */
enum {
	HOST_EXIT_EXPECTATION = 120,
	HOST_EXIT_TIMEOUT = 124, /* as timeout(1) */
	HOST_EXIT_UNSHIMMED = 121,
	HOST_EXIT_NO_TRAFFIC = 122,
	HOST_EXIT_FAILED = 125,
	HOST_EXIT_CANNOT_EXEC = 126,
	HOST_EXIT_NOT_FOUND = 127,
};

/* The exit code of `seam run`. Messages go to stderr, before the program starts
 * or after it ended. */
int host_run(const struct host_options *options);

/* Path of libseam.so, beside the binary that asks: PREFIX/lib for PREFIX/bin. */
int host_find_shim(char *out, size_t size, struct err *err);
/* The build for programs of musl, PREFIX/lib/musl; false: there is none. */
bool host_find_musl_shim(char *out, size_t size);

/* ---- sessions ------------------------------------------------------------------ */

/* Becomes the program, as part of the session's run; returns only when that fails: the
 * exit code, with err. */
int host_join(const char *session, const char *const *argv, bool allow_unshimmed, struct err *err);
/* The environment of a program that joins, ends in NULL. */
struct arena;
int host_session_environment(const char *session, struct arena *a, const char ***out, struct err *err);
#define HOST_SESSION_SOCK "ctl" /* in the run directory: takes an order a line, as JSON, and answers it */
/* Removes the folders of hosts that are gone; how many. */
size_t host_sweep(void);

/* ---- what seam doctor asks ---------------------------------------------------- */

/* Makes a network as a run would have it, and lets it go. 0, or negative: err says which
 * step this machine refuses. */
int host_probe_isolation(struct err *err);
/* Where execvp would find a program, or "". */
void host_find_program(const char *name, char *out, size_t size);
/* Why the shim cannot get into this program, as a sentence about it; NULL when nothing is
 * in the way. Of a script: about its interpreter. */
const char *host_obstacle(const char *path);
/* What may go past the shim in a program or library that it can get into. */
#define HOST_BYPASSES_MAX 8
struct host_bypass {
	int count;
	const char *says[HOST_BYPASSES_MAX]; /* sentences about the object */
	bool sure[HOST_BYPASSES_MAX];        /* it will; else the file has what it takes */
	char loader[256];                    /* that it names; "": none */
};
/* False: no ELF file of this machine. */
bool host_find_bypass(const char *path, struct host_bypass *found);

/* services.def as the rule loader wants it; static. */
const struct rule_protocol *host_protocols(size_t *count);

#endif
