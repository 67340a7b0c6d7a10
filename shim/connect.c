/*
 * connect: the one door that interception needs. The socket stays the same
 * descriptor; only the address that the kernel sees is another one.
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <time.h>

#include "addr.h"
#include "carry.h"
#include "doors.h"
#include "route.h"
#include "shim.h"
#include "sys.h"

/* A non-blocking client may call connect() again to learn how it ended. That
 * is no second connection. */
static bool under_way(int fd)
{
	unsigned char state = 0; /* tcpi_state comes first in struct tcp_info */
	socklen_t len = sizeof(state);

	return sys(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &state, &len) == 0 && state != TCP_CLOSE;
}

/* What is left to wait: all of it where the program would not have waited in connect(). The host
 * waits then, and the answer comes late. */
static uint32_t wait_ms(int fd, uint32_t delay_ms)
{
	struct timespec left = { delay_ms / 1000, delay_ms % 1000 * 1000000L };
	long flags = sys(SYS_fcntl, fd, F_GETFL);

	if (flags < 0 || flags & O_NONBLOCK)
		return delay_ms;
	while (sys(SYS_nanosleep, &left, &left) == -EINTR)
		;
	return 0;
}

/* Takes back a connection that nobody will serve. */
static void dissolve(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (sys(SYS_connect, fd, &none, sizeof(none)) < 0)
		sys(SYS_shutdown, fd, SHUT_RDWR);
}

int hook_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct route route;
	bool again = under_way(fd);
	int result;

	route_find(&route, fd, addr, len, !again);
	if (!route.ours)
		return real.connect(fd, addr, len);
	if (route.delay_ms)
		route.delay_ms = wait_ms(fd, route.delay_ms);
	if (route.outcome == WIRE_REFUSED) {
		if (!again)
			route_report(&route, WIRE_CONNECT, fd, route.error);
		errno = route.error;
		return -1;
	}
	if (route.outcome == WIRE_REDIRECTED && !again && carry_over(fd, &route))
		return 0;
	result = real.connect(fd, (struct sockaddr *)&route.to, route.to_len);
	if (again || (result < 0 && errno != EINPROGRESS && errno != EINTR))
		return result;
	/* EINTR too: the kernel goes on connecting */
	if (route_report(&route, WIRE_CONNECT, fd, 0) < 0) {
		dissolve(fd);
		errno = ECONNREFUSED;
		return -1;
	}
	return result;
}
