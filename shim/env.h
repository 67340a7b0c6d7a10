/*
 * env: the part of the environment that a run lives by.
 *
 * A program may exec with an environment of its own, or have overwritten the
 * one it was born with. What the run needs is copied when the shim starts, and
 * put back into every environment that lacks it (design 4). A variable that
 * the program gives itself stays as given, LD_PRELOAD gains the shim.
 */
#ifndef SHIM_ENV_H
#define SHIM_ENV_H

#include <stdbool.h>
#include <stddef.h>

/* The value in `environ`-like `env`, or NULL. */
const char *env_get(char *const env[], const char *name);

/* Copies the run's variables out of `env`, and makes a preload entry of the
 * shim that depends on the working folder an absolute one. */
void env_keep(char *env[]);

/*
 * The environment for a child: `given` (NULL: empty) with what it lacks. Takes
 * env_room(given) bytes from the caller, who has them on the stack: an exec
 * hook may run in a vfork child, whose memory is its parent's. The kernel
 * bounds an environment by a quarter of the stack's limit.
 */
size_t env_room(char *const given[]);
/* `self`: which build of the shim the child gets (twin.h). */
char *const *env_fill(void *room, char *const given[], const char *self);

#endif
