/*
 * twin: what can be told of a program before it is started.
 *
 * The shim is built twice, for glibc and for musl, and each image gets the one
 * of its own C library: the loader that its ELF header names tells. And when
 * nothing will keep the shim out of it, the host need not hear of its start:
 * its hello says more.
 *
 * The surprising rule: either build bears the other's loader (no symbol version,
 * no library of one libc alone), because system() and popen() start a shell
 * inside libc, where nobody can choose. So a wrong choice costs nothing but
 * what differs in headers, and whatever cannot be told gets the own build.
 */
#ifndef SHIM_TWIN_H
#define SHIM_TWIN_H

#include <stdbool.h>

struct twin {
	const char *shim; /* path of the build for that program, shim.self when nothing speaks for the other */
	bool fits;        /* it will be in that program; false: the host has to look */
};

/* `path` is relative to `dir` (AT_FDCWD); "" is `dir` itself. With `search` a name
 * without a slash is looked for in PATH. Opens and closes. */
struct twin twin_for(int dir, const char *path, bool search);

/* Names shim.other after shim.self, when the run says that there is one. */
void twin_find(void);

#endif
