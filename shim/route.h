/*
 * route: where an address that the program names shall lead.
 *
 * Shared by connect() and by sends that carry an address: find the route,
 * make the real call with route.to, report what became of it. A route is a
 * plain value on the caller's stack.
 */
#ifndef SHIM_ROUTE_H
#define SHIM_ROUTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wire/wire.h"

struct route {
	struct wire_addr asked;
	bool mapped;       /* asked for as ::ffff:a.b.c.d */
	bool ours;         /* false: not an address the shim decides on; make the real call as it came */
	bool v6;           /* leads to ::1 */
	bool settled;      /* the host decided on this one itself: no record */
	uint8_t outcome;   /* enum wire_outcome */
	int error;         /* errno for WIRE_REFUSED */
	uint32_t endpoint; /* index into the page, or PAGE_NONE */
	uint32_t delay_ms; /* a rule makes the connection slow */
	struct sockaddr_storage to;
	socklen_t to_len;
};

/* `may_ask` false: take the page's word, for a connect() that was under way. */
void route_find(struct route *route, int fd, const struct sockaddr *addr, socklen_t len, bool may_ask);

/* Tells the host, with the socket's local port. 0, or -errno: nobody is there
 * to serve what was redirected. */
int route_report(const struct route *route, enum wire_kind kind, int fd, int error);

#endif
