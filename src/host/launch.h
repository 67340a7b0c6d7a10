/*
 * launch: what other files ask of it.
 */
#ifndef HOST_LAUNCH_H
#define HOST_LAUNCH_H

/* Why the shim cannot get into this program, as a sentence about it; NULL when
 * nothing is in the way. */
const char *launch_obstacle(const char *path);

#endif
