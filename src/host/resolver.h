/*
 * resolver: a name server inside, for programs that resolve without libc.
 *
 * It listens on port 53 of every address, so it does not matter which server a
 * program asks. A claimed name has its virtual addresses, any other does not
 * exist. Nothing is ever asked of a real server.
 */
#ifndef HOST_RESOLVER_H
#define HOST_RESOLVER_H

#include "base/err.h"

#define RESOLVER_PORT 53

struct host;

int resolver_open(struct host *h, struct err *err);
void resolver_close(struct host *h);
/* The program is a name server itself: WIRE_TCP or WIRE_UDP. */
void resolver_yield(struct host *h, int transport);

#endif
