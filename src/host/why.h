/*
 * why: the reason why the shim did not see what a process asked for.
 *
 * Read from /proc while the process lives: what kind of program it is, what
 * environment it was started with, what it has mapped and open. All answers are
 * static sentences about the process, fit for unshimmed_add().
 */
#ifndef HOST_WHY_H
#define HOST_WHY_H

#include <stdbool.h>
#include <sys/types.h>

/* The shim is mapped into it. */
bool why_has_shim(pid_t pid);

/* It has no shim. */
const char *why_without(pid_t pid);
/* It has, and something of it went past: 0: it is gone, so any of the ways. */
const char *why_past(pid_t pid);

/* `pid` is about to start the program at `path` (absolute): will the shim get in?
 * NULL: yes, as far as can be told. */
const char *why_not_in(pid_t pid, const char *path);

/* It was refused something and could not tell the host; `error` is what the system said to its trying. */
const char *why_unsaid(int error);

#endif
