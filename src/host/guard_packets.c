/* guard_packets: raw(7) sockets inside. The kernel answers a connection that
 * nobody listens for with a reset and a datagram with "port unreachable"; here
 * both become events. The filters let only those pass that could be such, so
 * that the run's own traffic wakes nobody. (A packet socket would do in place of
 * four, but closing one waits 15 ms for the kernel's other processors.) */
#include "host/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/inside.h"
#include "host/owner.h"

#define HEADERS 128  /* bytes of a packet that are looked at: IP and the ports */
#define SEEN 256     /* flows remembered, so that what is sent again is named once */
#define EYES 8       /* TCP, UDP, UDP-Lite and ICMP, of IPv4 and IPv6 */

struct flow {
	struct wire_addr from, to;
	uint32_t sequence; /* of a SYN: sent again it is the same; 0 for datagrams */
};

struct eye {
	struct packets *packets;
	uv_poll_t poll;
	int fd, protocol; /* IPPROTO_TCP, _UDP, _UDPLITE, _ICMP (of IPv6: _ICMPV6) */
	bool v6;
};

struct packets {
	struct host *host;
	struct eye eyes[EYES];
	struct flow seen[SEEN];
	size_t next;
	int open; /* eyes whose handles are not closed yet */
};

/*
 * Let pass: TCP with SYN and without ACK, all of UDP and UDP-Lite, and echo requests (RFC 792, RFC 4443;
 * the kernel inside answers those itself, for every address). Not: loopback
 * addresses, where the run's own servers are; and the virtual ones
 * (127.64.0.0/10) with ports that the kernel chose for the host's listeners.
 *
 * Raw IPv4 begins with the IP header (RFC 791 section 3.1), raw IPv6 after it:
 * there its addresses are found from the network header (RFC 8200 section 3).
 */
#define NET(offset) ((uint32_t)(SKF_NET_OFF + (offset)))
#define ECHO4 8
#define ECHO6 128
#define PASS 0xff /* jump targets, replaced when the filter is made: */
#define DROP 0xfe /* its last two steps */
#define ENDS BPF_STMT(BPF_RET | BPF_K, HEADERS), BPF_STMT(BPF_RET | BPF_K, 0)

static const struct sock_filter filter4[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, DROP, 0), /* a later fragment has no ports */
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffc00000),
	BPF_STMT(BPF_ST, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x7f000000, DROP, 0),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, PASS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDPLITE, PASS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 2),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ECHO4, PASS, DROP),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, DROP),
	BPF_STMT(BPF_LD | BPF_MEM, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x7f400000, 0, PASS),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 32768, DROP, PASS), /* ip_local_port_range, as a new namespace has it */
	ENDS,
};
static const struct sock_filter filter6[] = {
	/* ::1 is told by its first and last word */
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(24)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(36)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, DROP, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NET(6)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, PASS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDPLITE, PASS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 2),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ECHO6, PASS, DROP),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, PASS, DROP),
	ENDS,
};
#define STEPS_MAX (sizeof(filter4) / sizeof(filter4[0]))

static uint8_t target(size_t at, size_t count, uint8_t jump)
{
	return jump == PASS ? (uint8_t)(count - 2 - at - 1) : jump == DROP ? (uint8_t)(count - 1 - at - 1) : jump;
}

static int attach(int fd, const struct sock_filter *filter, size_t count)
{
	struct sock_filter steps[STEPS_MAX];
	struct sock_fprog program = { .len = (unsigned short)count, .filter = steps };

	for (size_t i = 0; i < count; i++) {
		steps[i] = filter[i];
		if (BPF_CLASS(filter[i].code) == BPF_JMP) {
			steps[i].jt = target(i, count, filter[i].jt);
			steps[i].jf = target(i, count, filter[i].jf);
		}
	}
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* ---- reading a packet ---------------------------------------------------------- */

static uint16_t be16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool parse(const struct eye *eye, const unsigned char *p, size_t len, struct msghdr *msg, struct flow *f)
{
	size_t head = eye->v6 ? 0 : (size_t)(p[0] & 15) * 4;
	bool known = !eye->v6;

	if (len < head + 8)
		return false;
	memset(f, 0, sizeof(*f)); /* compared as bytes */
	f->from.family = f->to.family = eye->v6 ? WIRE_INET6 : WIRE_INET;
	f->from.transport = f->to.transport = eye->protocol == IPPROTO_TCP ? WIRE_TCP : WIRE_UDP;
	if (eye->protocol != IPPROTO_ICMP && eye->protocol != IPPROTO_ICMPV6) {
		f->from.port = be16(p + head);
		f->to.port = be16(p + head + 2);
	}
	if (eye->protocol == IPPROTO_TCP)
		memcpy(&f->sequence, p + head + 4, 4);
	if (!eye->v6) {
		memcpy(f->from.ip, p + 12, 4);
		memcpy(f->to.ip, p + 16, 4);
		return true;
	}
	memcpy(f->from.ip, &((struct sockaddr_in6 *)msg->msg_name)->sin6_addr, 16);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(f->to.ip, CMSG_DATA(c), 16); /* struct in6_pktinfo begins with the address */
			known = true;
		}
	return known;
}

/* Also true for the answer to a datagram that was seen: whoever asked may have
 * closed its socket by then. */
static bool seen_before(struct packets *p, const struct flow *f)
{
	struct flow back = *f;

	back.from = f->to;
	back.to = f->from;
	for (size_t i = 0; i < SEEN; i++)
		if (memcmp(&p->seen[i], f, sizeof(*f)) == 0 || memcmp(&p->seen[i], &back, sizeof(back)) == 0)
			return true;
	p->seen[p->next++ % SEEN] = *f;
	return false;
}

/* Somebody inside takes it: a server of the run, or the host. */
static bool answered(struct host *h, const struct flow *f)
{
	if (!f->to.port) /* an echo request */
		return false;
	if (f->to.transport == WIRE_UDP)
		return owner_udp_inode(guard_diag(h), &f->to) != 0;
	return guard_holds(h, f->to.port) || owner_tcp_known(guard_diag(h), &f->to, &f->from);
}

static void take(struct packets *p, const struct flow *f)
{
	struct host *h = p->host;

	if (seen_before(p, f) || neighbour_passed(h, &f->to) || answered(h, f))
		return;
	control_drain(h);
	/* a refused connection's socket is gone already; a datagram's is often still there */
	unsigned long inode = f->to.transport == WIRE_UDP ? owner_udp_inode(guard_diag(h), &f->from) :
							    owner_tcp_inode(guard_diag(h), &f->from, &f->to);
	struct process *who = owner_process(h, owner_of_inode(inode), true);
	events_refused(h, who, &f->to, UINT32_MAX, 0, ECONNREFUSED, SLICE_NONE);
}

static void on_packet(uv_poll_t *poll, int status, int events)
{
	struct eye *eye = poll->data;
	unsigned char packet[HEADERS];
	struct sockaddr_in6 from;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct iovec part = { packet, sizeof(packet) };
	struct flow flow;

	(void)status;
	(void)events;
	for (int i = 0; i < 256; i++) {
		struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
				      .msg_control = &control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(eye->fd, &msg, MSG_DONTWAIT);
		if (n < 0)
			return;
		if (parse(eye, packet, (size_t)n, &msg, &flow))
			take(eye->packets, &flow);
	}
}

/* ---- life --------------------------------------------------------------------- */

static bool open_eye(struct packets *p, struct eye *eye, bool v6, int protocol)
{
	int on = 1, fd = isolate_socket(p->host, v6 ? AF_INET6 : AF_INET, SOCK_RAW, protocol);

	if (fd < 0)
		return false;
	/* what came before the filter was there is the host's own */
	if ((v6 ? attach(fd, filter6, sizeof(filter6) / sizeof(filter6[0])) : attach(fd, filter4, STEPS_MAX)) < 0 ||
	    (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0) || uv_poll_init(&p->host->loop, &eye->poll, fd) != 0) {
		close(fd);
		return false;
	}
	eye->packets = p;
	eye->fd = fd;
	eye->v6 = v6;
	eye->protocol = protocol;
	eye->poll.data = eye;
	uv_poll_start(&eye->poll, UV_READABLE, on_packet);
	return true;
}

struct packets *packets_open(struct host *h)
{
	static const int protocols[EYES] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDPLITE, IPPROTO_UDPLITE,
					     IPPROTO_ICMP, IPPROTO_ICMPV6 };
	struct packets *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->host = h;
	for (int i = 0; i < EYES; i++)
		p->open += open_eye(p, &p->eyes[p->open], i & 1, protocols[i]);
	return p;
}

static void on_closed(uv_handle_t *handle)
{
	struct packets *p = ((struct eye *)handle->data)->packets;

	if (!--p->open)
		free(p);
}

void packets_close(struct packets *p)
{
	int n = p ? p->open : 0;

	if (!n)
		free(p);
	for (int i = 0; i < n; i++) {
		uv_poll_stop(&p->eyes[i].poll);
		close(p->eyes[i].fd);
		uv_close((uv_handle_t *)&p->eyes[i].poll, on_closed);
	}
}
