/*
 * rundir: the folder of one run.
 *
 * Holds sock, page, log, ca.pem, keys/, blobs/ and state/. 0700 for a user; for
 * root 0711 with keys/ 0700, so that jobs that drop their uid still reach the
 * control socket. Its path stays below WIRE_RUN_PATH_MAX bytes, because Unix
 * socket paths are short.
 */
#ifndef HOST_RUNDIR_H
#define HOST_RUNDIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/wire.h"

struct rundir {
	char path[WIRE_RUN_PATH_MAX];
	char id[17]; /* of the run: 16 hex digits */
};

/* Makes it, in $XDG_RUNTIME_DIR, else $TMPDIR, else /tmp. 0 or ERR_IO. */
int rundir_make(struct rundir *d, struct err *err);
/* Removes what hosts that are gone left behind (rundir_make does so too); how many. */
size_t rundir_sweep(void);
/* Removes it with everything below. */
void rundir_remove(struct rundir *d);
/* path + "/" + name, into `out`. */
void rundir_path(const struct rundir *d, const char *name, char *out, size_t size);

#endif
