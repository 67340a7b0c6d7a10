/* library: the same four functions as this object binds them: opened RTLD_DEEPBIND, or into a second libc. */
#define _GNU_SOURCE
#include <errno.h>

#include "doors.h"

long library_go(const struct ask *ask);

long library_go(const struct ask *ask)
{
	char letter[] = "x";
	struct iovec piece = { letter, 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_name = (void *)ask->to, .msg_namelen = ask->len, .msg_iov = &piece, .msg_iovlen = 1 } };

	switch (ask->call) {
	case CONNECT:
		return connect(ask->fd, ask->to, ask->len);
	case SENDTO:
		return sendto(ask->fd, letter, 1, ask->flags, ask->to, ask->len);
	case SENDMSG:
		return sendmsg(ask->fd, &m.msg_hdr, ask->flags);
	default:
		return sendmmsg(ask->fd, &m, 1, ask->flags);
	}
}
