/*
 * watch: noticing that a process ended.
 *
 * A pidfd a process, on the loop. The program's own root is watched by the
 * host itself (launch.c), which also learns its status.
 */
#ifndef HOST_WATCH_H
#define HOST_WATCH_H

#include "host/inside.h"

void watch_process(struct host *h, struct process *p);
void watch_close_all(struct host *h);

#endif
