/* run_repeat: seam run --repeat N: the same program several times, to see what
 * differs though nothing changed. */
#ifndef TOOLS_RUN_REPEAT_H
#define TOOLS_RUN_REPEAT_H

#include "host/host.h"

/* Runs `times` times and proposes masks; the exit code of the first run that
 * failed, else 0. */
int run_repeat(const struct host_options *o, unsigned times);

#endif
