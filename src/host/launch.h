/*
 * launch: what other files ask of it.
 */
#ifndef HOST_LAUNCH_H
#define HOST_LAUNCH_H

#include <stddef.h>

/* Why the shim cannot get into this program, as a sentence about it; NULL when
 * nothing is in the way. */
const char *launch_obstacle(const char *path);

/* Where execvp would find a program, or "" (execvp then says why not). */
void launch_find(const char *name, char *out, size_t size);

/* The inherited environment with `ours` and the shim in it, ends in NULL. */
struct arena;
const char **launch_merge(struct arena *a, const char *shim, const char *const *ours, size_t n);

#endif
