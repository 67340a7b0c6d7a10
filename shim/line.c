/*
 * line: one exchange with the host over its control socket.
 *
 * Socket, connect, one message, close: about 3 us. All of it by system calls
 * that no door, no cancellation and no errno notices (sys.h).
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "line.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

/* What is asked and cannot be said is refused; an exec is only announced, and its image speaks for itself. */
static void mark(enum wire_kind kind, int error)
{
	if (kind != WIRE_EXEC)
		page_mark(error);
}

static int line_open(enum wire_kind kind)
{
	static const char sock[] = "/" WIRE_SOCK, news[] = "/" WIRE_NEWS; /* of one length */
	struct sockaddr_un host = { .sun_family = AF_UNIX };
	size_t len = strlen(shim.run);
	int fd = (int)sys(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	long r;

	if (fd < 0) {
		mark(kind, -fd);
		return fd;
	}
	memcpy(host.sun_path, shim.run, len);
	memcpy(host.sun_path + len, kind == WIRE_HELLO && shim.page && shim.page->news ? news : sock, sizeof(sock));
	do
		r = sys(SYS_connect, fd, &host, sizeof(host));
	while (r == -EINTR);
	if (r < 0) {
		sys(SYS_close, fd);
		mark(kind, (int)-r);
		return (int)r;
	}
	return fd;
}

static int line_send(int fd, enum wire_kind kind, struct iovec *pieces, int count, int passed)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = (size_t)count };
	struct wire_head *head = pieces[0].iov_base;
	struct timespec now = { 0 };
	size_t length = 0;
	long r;

	for (int i = 0; i < count; i++)
		length += pieces[i].iov_len;
	clock_gettime(CLOCK_MONOTONIC, &now);
	*head = (struct wire_head){
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.kind = (uint16_t)kind,
		.length = (uint32_t)(length - sizeof(*head)),
		.pid = (int32_t)sys(SYS_getpid),
		.ppid = (int32_t)sys(SYS_getppid),
		.tid = (int32_t)sys(SYS_gettid),
		.time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
	};
	if (passed >= 0) {
		memcpy(CMSG_DATA(&control.head), &passed, sizeof(passed));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	do
		r = sys(SYS_sendmsg, fd, &msg, MSG_NOSIGNAL);
	while (r == -EINTR);
	return r < 0 ? (int)r : 0;
}

int line_say(enum wire_kind kind, struct iovec *pieces, int count)
{
	return line_say_fd(kind, pieces, count, -1);
}

int line_say_fd(enum wire_kind kind, struct iovec *pieces, int count, int passed)
{
	int fd = line_open(kind), r;

	if (fd < 0)
		return fd;
	r = line_send(fd, kind, pieces, count, passed);
	sys(SYS_close, fd);
	return r;
}

static int line_receive(int fd, enum wire_kind expected, void *reply, size_t size, int timeout_ms)
{
	struct wire_head *head = reply;
	long r;

	if (timeout_ms >= 0) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		struct timespec wait = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

		do /* ppoll writes back the time that is left */
			r = sys(SYS_ppoll, &poll_fd, 1, &wait, NULL, 0);
		while (r == -EINTR);
		if (r <= 0)
			return r < 0 ? (int)r : -ETIMEDOUT;
	}
	do
		r = sys(SYS_recvfrom, fd, reply, size, 0, NULL, NULL);
	while (r == -EINTR);
	if (r < 0)
		return (int)r;
	if ((size_t)r < sizeof(*head) || head->magic != WIRE_MAGIC || head->version != WIRE_VERSION ||
	    head->kind != expected || head->length != (size_t)r - sizeof(*head))
		return -EPROTO;
	return (int)r;
}

int line_ask(enum wire_kind kind, struct iovec *pieces, int count, enum wire_kind expected, void *reply, size_t size,
	     int timeout_ms)
{
	int fd = line_open(kind), r;

	if (fd < 0)
		return fd;
	r = line_send(fd, kind, pieces, count, -1);
	if (r == 0)
		r = line_receive(fd, expected, reply, size, timeout_ms);
	sys(SYS_close, fd);
	return r;
}

int line_string(struct iovec *pieces, uint16_t *len_room, const char *s, size_t max)
{
	size_t len = s ? strlen(s) : 0;

	*len_room = (uint16_t)(len < max ? len : max);
	pieces[0] = (struct iovec){ len_room, sizeof(*len_room) };
	pieces[1] = (struct iovec){ (void *)s, *len_room };
	return 2;
}
