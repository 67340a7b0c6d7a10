/*
 * send: datagrams with an address of their own, and TCP fast open, where the
 * first send is the connect. All other sends are not the shim's affair and go
 * straight to the real function.
 */
#include <string.h>

#include "doors.h"
#include "route.h"
#include "shim.h"
#include "sys.h"

static bool carries_address(const void *addr, int flags)
{
	return addr || flags & MSG_FASTOPEN;
}

/* After the real call: the record, and -1 when the host is gone. */
static ssize_t reported(const struct route *route, int fd, int flags, ssize_t result)
{
	enum wire_kind kind = flags & MSG_FASTOPEN ? WIRE_CONNECT : WIRE_SEND;

	if (result < 0 && errno != EINPROGRESS)
		return result;
	if (route_report(route, kind, fd, 0) < 0) {
		if (flags & MSG_FASTOPEN)
			sys(SYS_shutdown, fd, SHUT_RDWR);
		errno = ECONNREFUSED;
		return -1;
	}
	return result;
}

static ssize_t refused(const struct route *route, int fd, int flags)
{
	route_report(route, flags & MSG_FASTOPEN ? WIRE_CONNECT : WIRE_SEND, fd, route->error);
	errno = route->error;
	return -1;
}

ssize_t hook_sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *addr, socklen_t len)
{
	struct route route;

	if (!carries_address(addr, flags))
		return real.sendto(fd, bytes, size, flags, addr, len);
	route_find(&route, fd, addr, len, true);
	if (!route.ours || (route.asked.transport == WIRE_TCP && !(flags & MSG_FASTOPEN)))
		return real.sendto(fd, bytes, size, flags, addr, len); /* a connected stream ignores the address */
	if (route.outcome == WIRE_REFUSED)
		return refused(&route, fd, flags);
	return reported(&route, fd, flags,
			real.sendto(fd, bytes, size, flags, (struct sockaddr *)&route.to, route.to_len));
}

ssize_t hook_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct msghdr copy;
	struct route route;

	if (!msg || !carries_address(msg->msg_name, flags))
		return real.sendmsg(fd, msg, flags);
	route_find(&route, fd, msg->msg_name, msg->msg_namelen, true);
	if (!route.ours || (route.asked.transport == WIRE_TCP && !(flags & MSG_FASTOPEN)))
		return real.sendmsg(fd, msg, flags);
	if (route.outcome == WIRE_REFUSED)
		return refused(&route, fd, flags);
	copy = *msg;
	copy.msg_name = &route.to;
	copy.msg_namelen = route.to_len;
	return reported(&route, fd, flags, real.sendmsg(fd, &copy, flags));
}

int hook_sendmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags)
{
	unsigned sent;

	for (sent = 0; sent < count; sent++)
		if (carries_address(msgs[sent].msg_hdr.msg_name, flags))
			break;
	if (sent == count)
		return real.sendmmsg(fd, msgs, count, flags);
	/* One by one, which is what the kernel does: an error counts only when
	 * nothing was sent before it. */
	for (sent = 0; sent < count; sent++) {
		ssize_t n = hook_sendmsg(fd, &msgs[sent].msg_hdr, flags);

		if (n < 0)
			return sent ? (int)sent : -1;
		msgs[sent].msg_len = (unsigned)n;
	}
	return (int)sent;
}
