/*
 * bypass: what in a program may go past the shim, though that gets in.
 *
 * Read from the file, without starting it: calls that the shim does not stand in
 * front of, where their constant arguments say what they are for. What is computed
 * at run time cannot be known here: the guard of an isolated run sees it then.
 */
#ifndef HOST_BYPASS_H
#define HOST_BYPASS_H

#include <stdbool.h>

enum bypass {
	BYPASS_GO,        /* its runtime makes the system calls */
	BYPASS_SYSCALL,   /* network calls by syscall(2) or by the instruction */
	BYPASS_RING,      /* io_uring: liburing, or set up by itself */
	BYPASS_DEEPBIND,  /* dlopen() with RTLD_DEEPBIND */
	BYPASS_NAMESPACE, /* dlmopen(): a second C library */
	BYPASS_KINDS,
};

/* What is in this one ELF file: found[kind] becomes true. False: no ELF file of this machine. */
bool bypass_scan(const char *path, bool found[BYPASS_KINDS]);

/* A sentence about the object. */
const char *bypass_says(enum bypass kind);

#endif
