/* run_clock: the program's wall clock stands still, by libfaketime beside the
 * shim. */
#ifndef TOOLS_RUN_CLOCK_H
#define TOOLS_RUN_CLOCK_H

struct host_options;

/* Sets the environment that the program inherits, and the clock of the fakes:
 * "2026-11-20T11:14:46Z" stands still, with a "+" behind it it goes on from there.
 * 0, or -1 with the error printed. */
int run_clock(const char *time, struct host_options *o);

#endif
