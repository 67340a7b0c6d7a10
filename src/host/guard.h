/*
 * guard: what waits inside for those who go past the shim.
 *
 * In the run's own network every address is local, so a listener on all
 * addresses takes each connection to a declared port, whoever made it and by
 * whatever means; the address it asked for is the accepted socket's own. A
 * packet socket sees what nobody listens for: it is refused by the kernel, and
 * here it becomes an event.
 */
#ifndef HOST_GUARD_H
#define HOST_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/wire.h"

struct host;
struct guard;
struct process;

/* After the services: opens what waits. Nothing when not isolated. */
int guard_open(struct host *h, struct err *err);
void guard_close(struct host *h);
/* The program wants to listen there itself: gives up what the guard holds. */
void guard_yield(struct host *h, const struct wire_addr *wanted);

/* The sock_diag socket inside, -1 when there is none. */
int guard_diag(const struct host *h);
/* A connection to this port is the guard's to name. */
bool guard_holds(const struct host *h, uint16_t port);

/* guard_packets.c: what nobody listens for */
struct packets;
struct packets *packets_open(struct host *h);
void packets_close(struct packets *p);

#endif
