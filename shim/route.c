/*
 * route: the decision about one address (design 2).
 *
 * In the page: to the host's listener. A virtual address with another port, or
 * any address beyond this machine: refused. Loopback, this machine's other
 * addresses and Unix sockets may be the run's own servers: the host is asked. When in doubt, and when the host
 * is gone: refused. Nothing escapes.
 */
#include <string.h>

#include "addr.h"
#include "line.h"
#include "page.h"
#include "route.h"
#include "shim.h"
#include "sys.h"

#define RESOLVER_PORT 53

static void refuse(struct route *route, int error)
{
	route->outcome = WIRE_REFUSED;
	route->error = error;
}

static void pass(struct route *route)
{
	route->outcome = WIRE_PASSED;
	route->to_len = addr_write(&route->to, &route->asked, route->mapped);
}

static void redirect(struct route *route, uint32_t endpoint)
{
	const struct page_endpoint *row = page_endpoint(endpoint);
	struct wire_addr to = { .family = WIRE_INET };
	bool mapped = route->mapped;

	route->endpoint = endpoint;
	route->outcome = WIRE_REDIRECTED;
	if (!row) {
		refuse(route, ECONNREFUSED);
		return;
	}
	if (route->asked.family == WIRE_UNIX) {
		to.family = WIRE_UNIX;
		to.path_len = (uint16_t)strnlen(row->to_path, sizeof(row->to_path));
		memcpy(to.path, row->to_path, to.path_len);
	} else if (route->asked.family == WIRE_INET6 && row->to_port6) {
		to.family = WIRE_INET6;
		to.port = row->to_port6;
		to.ip[15] = 1;
		route->v6 = true;
	} else {
		/* without an IPv6 loopback an IPv6 socket still reaches IPv4, unless it is V6ONLY */
		mapped |= route->asked.family == WIRE_INET6;
		to.port = row->to_port4;
		memcpy(to.ip, &row->to_ip4, 4);
	}
	if (!to.port && !to.path_len)
		refuse(route, ECONNREFUSED);
	else
		route->to_len = addr_write(&route->to, &to, mapped);
}

static void ask(struct route *route)
{
	struct wire_ask frame = { .asked = route->asked, .endpoint = route->endpoint };
	struct wire_verdict verdict;
	struct iovec piece = { &frame, sizeof(frame) };
	int got = line_ask(WIRE_ASK, &piece, 1, WIRE_VERDICT, &verdict, sizeof(verdict), -1);

	if (got < (int)sizeof(verdict)) {
		refuse(route, ECONNREFUSED);
		return;
	}
	route->delay_ms = verdict.delay_ms;
	switch (verdict.outcome) {
	case WIRE_REDIRECTED:
		redirect(route, verdict.endpoint);
		return;
	case WIRE_PASSED:
		route->settled = true;
		pass(route);
		return;
	default:
		route->settled = true;
		refuse(route, verdict.error ? verdict.error : ECONNREFUSED);
	}
}

/* A socket tied to a device would leave the machine, or fail to reach the host. */
static bool tied_to_device(int fd)
{
	char device[16] = "";
	socklen_t len = sizeof(device);

	return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len) == 0 && device[0] &&
	       strcmp(device, "lo") != 0;
}

/* Where a server of the run itself may be: the host knows. */
static bool may_be_ours(const struct wire_addr *asked)
{
	if (asked->family == WIRE_UNIX || page_is_own(asked))
		return true;
	return addr_is_loopback(asked) && !page_is_virtual(asked);
}

void route_find(struct route *route, int fd, const struct sockaddr *addr, socklen_t len, bool may_ask)
{
	const struct page_endpoint *row;
	int transport;

	memset(route, 0, sizeof(*route));
	route->endpoint = PAGE_NONE;
	if (!addr_read(&route->asked, &route->mapped, addr, len))
		return;
	transport = addr_transport(fd, &route->asked);
	if (transport < 0)
		return;
	route->ours = true;
	route->asked.transport = (uint8_t)transport;
	if (page_over()) {
		refuse(route, ECONNREFUSED);
		return;
	}
	if (route->asked.family == WIRE_OTHER) {
		refuse(route, ECONNREFUSED);
		return;
	}
	if (route->asked.family != WIRE_UNIX && tied_to_device(fd)) {
		refuse(route, ENETUNREACH);
		return;
	}
	if (transport == 0) { /* raw and the like: no service is behind those */
		if (addr_is_loopback(&route->asked))
			pass(route);
		else
			refuse(route, ECONNREFUSED);
		return;
	}
	route->endpoint = page_find_endpoint(&route->asked);
	row = page_endpoint(route->endpoint);
	if (row && row->flags & PAGE_ASK && may_ask)
		ask(route);
	else if (row && row->flags & PAGE_PASS_END)
		pass(route);
	else if (row)
		redirect(route, route->endpoint);
	else if (page_guarded() && route->asked.family != WIRE_UNIX && route->asked.port == RESOLVER_PORT) {
		/* a resolver of the program's own: whatever server it asks, the host's is there */
		route->settled = true;
		pass(route);
	} else if (!may_be_ours(&route->asked))
		refuse(route, ECONNREFUSED);
	else if (may_ask)
		ask(route);
	else
		pass(route);
}

int route_report(const struct route *route, enum wire_kind kind, int fd, int error)
{
	struct wire_connect frame = {
		.asked = route->asked,
		.outcome = route->outcome,
		.v6 = route->v6,
		.endpoint = route->endpoint,
		.error = error,
		.delay_ms = route->outcome == WIRE_REDIRECTED ? route->delay_ms : 0,
	};
	struct iovec piece = { &frame, sizeof(frame) };
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);
	struct wire_addr name;
	bool mapped;

	if (route->settled)
		return 0;
	if (route->asked.family != WIRE_UNIX && sys(SYS_getsockname, fd, &local, &len) == 0 &&
	    addr_read(&name, &mapped, (struct sockaddr *)&local, len))
		frame.local_port = name.port;
	return line_say(kind, &piece, 1);
}
