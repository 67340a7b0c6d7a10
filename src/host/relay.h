/*
 * relay: a connection to a real system, from an isolated run.
 *
 * A service that passes is still beyond the run's network. Its connection ends
 * at the host like any other; the host, which is outside, connects to the real
 * system and carries the bytes both ways, unread.
 */
#ifndef HOST_RELAY_H
#define HOST_RELAY_H

#include <stdbool.h>
#include <stdint.h>

struct host;
struct process;

/* The endpoint is of a service that passes. */
bool relay_wanted(const struct host *h, uint32_t endpoint);
/* Takes the fd. */
void relay_open(struct host *h, int fd, uint32_t endpoint, struct process *p);
void relay_close_all(struct host *h);

#endif
