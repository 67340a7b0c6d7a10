/*
 * shim: the guest's own state, and what every room may use.
 *
 * The shim lives in somebody else's process. It redirects addresses and never
 * touches data; it keeps nothing about any file descriptor, so that fork,
 * exec, dup and close cost it nothing. In a hook it allocates nothing, holds
 * no lock while it waits, keeps no descriptor open, leaves errno as the real
 * function left it, and never prints or ends the program.
 *
 * It must never learn: protocols, rules, what a connection carries.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mode.h"
#include "wire/wire.h"

enum shim_state {
	SHIM_NEW = 0,  /* nothing ran yet */
	SHIM_STARTING,
	SHIM_UNDECIDED,/* SEAM_MODE=auto: decides at the first intercepted call (mode.h) */
	SHIM_INERT,    /* not in a run, or mode pass: every call goes to the real function */
	SHIM_FAKE,     /* in a run */
	SHIM_CLOSED,   /* should be in a run, but there is none: everything is refused, nothing escapes */
};

struct shim {
	_Atomic int state;       /* enum shim_state */
	_Atomic int starter;     /* tid of the thread that runs shim_start() */
	const struct page *page; /* NULL unless SHIM_FAKE */
	bool layers_off;         /* SEAM_LAYERS=socket */
	pid_t pid;               /* of the process that said hello: a forked one has another */
	_Atomic bool unsettled;  /* environ does not name the run yet (shim_settle) */
	char run[WIRE_RUN_PATH_MAX + 1];
	char self[4096];         /* absolute path of libseam.so; "" when it cannot be told */
	char other[4096];        /* that of the build for the other C library; "": there is none (twin.h) */
};
extern struct shim shim;

/* Asked at run time: either build may be in a program of either (twin.h). musl has no
 * number of its own to give. */
extern const char *gnu_get_libc_version(void) __attribute__((weak));
static inline bool libc_is_glibc(void)
{
	return gnu_get_libc_version;
}

/* Decides the state: maps the page. Any thread, any time, also before the
 * constructor ran. */
void shim_start(enum mode_moment moment);

/* Puts the environment in place that a decision in the middle of an exec call left
 * as it was: the caller of posix_spawn() may have given it environ, and may compare
 * afterwards (CPython frees what is not environ any more). */
void shim_settle(void);

/* False: stay out of the way. May disturb errno (a door restores it). */
static inline bool shim_awake_at(enum mode_moment moment)
{
	int state = atomic_load_explicit(&shim.state, memory_order_acquire);

	if (__builtin_expect(state <= SHIM_UNDECIDED, 0)) {
		shim_start(moment);
		state = atomic_load_explicit(&shim.state, memory_order_acquire);
	}
	return state > SHIM_INERT || state < SHIM_UNDECIDED;
}
static inline bool shim_awake(void)
{
	return shim_awake_at(MODE_AT_CALL);
}

/* init.c: a line in SEAM_LOG_FILE, for a start that failed or a mode that was chosen; never elsewhere. */
void shim_log(const char *sentence, const char *detail);

/* bare.c: without a launcher (design 9). True when a host was started. */
#define BARE_ROOT_ENV "SEAM_ROOT" /* pid of the root, also known after it has exec'd another image */
const char *bare_session(void);
/* Enters a session's run, without a host of its own. */
bool bare_join(const char *session);
bool bare_wanted(void);
/* `root`: the process whose end is the run's. */
bool bare_start(const struct mode *mode, pid_t root);
/* Then: a copy of the environment that names the run. NULL: no memory. */
char **bare_environment(void);

/* declared.c: patches declared functions in objects that came since the last time
 * (design 8). Cheap when nothing is declared. */
void calls_refresh(void);
bool calls_declared(const char *name);
/* What dlsym() has to give for a declared function whose real address is
 * `found`; NULL when it is not declared. `caller` is the return address. */
void *calls_answer(const char *name, void *found, const void *caller);

/* trust.c: a JVM knows no trust variable, so its argv gets one (design 7). */
void trust_java(char **argv, char **envp);

#endif
