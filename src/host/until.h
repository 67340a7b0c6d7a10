/*
 * until: ends a run, or kills its program and starts it again, when something
 * has happened: --until, --timeout, --restart-after.
 */
#ifndef HOST_UNTIL_H
#define HOST_UNTIL_H

#include "host/inside.h"

/* Begins to watch, when the options ask for it. */
int until_open(struct host *h, struct err *err);
void until_close(struct host *h);
/* The root has ended: true when it was killed to be started again, and was. */
bool until_restarts(struct host *h, struct err *err);
/* What it makes of the exit code; `out` gets what is to be said. */
int until_exit(struct host *h, int code, struct buf *out);

#endif
