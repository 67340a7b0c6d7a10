/* isolate_net: the network inside, made with rtnetlink(7). One interface, lo;
 * one address of each family besides loopback, without which AI_ADDRCONFIG
 * resolves nothing; and one route that makes every address local. */
#include "host/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LO 1 /* the index of lo in a new namespace */

struct question {
	struct nlmsghdr head;
	union {
		struct ifaddrmsg addr;
		struct rtmsg route;
	} body;
	char attributes[128];
};

static void add_attribute(struct question *q, unsigned short type, const void *bytes, size_t len)
{
	struct rtattr *a = (struct rtattr *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), bytes, len);
	q->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->head.nlmsg_len) + RTA_LENGTH(len));
}

/* Sends and waits for the kernel's verdict. */
static int ask(int fd, struct question *q)
{
	char room[512];
	ssize_t n;

	q->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, q, q->head.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, room, sizeof(room), 0);
	const struct nlmsghdr *answer = (const struct nlmsghdr *)room;
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || answer->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ((const struct nlmsgerr *)NLMSG_DATA(answer))->error;
}

const unsigned char isolate_own4[4] = { 198, 18, 0, 1 }; /* RFC 2544: for benchmarks, never routed */
const unsigned char isolate_own6[16] = { 0xfd, 0x5e, [15] = 1 };

static int add_address(int fd, int family, const unsigned char *ip, unsigned char bits)
{
	struct question q = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(q.body.addr)),
					.nlmsg_type = RTM_NEWADDR,
					.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL },
			      .body.addr = { .ifa_family = (unsigned char)family,
					     .ifa_prefixlen = bits,
					     .ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0, /* nobody else is there to ask */
					     .ifa_index = LO } };

	add_attribute(&q, IFA_LOCAL, ip, family == AF_INET ? 4 : 16);
	add_attribute(&q, IFA_ADDRESS, ip, family == AF_INET ? 4 : 16);
	return ask(fd, &q);
}

/* "local default dev lo": what is sent anywhere arrives here. */
static int add_route(int fd, int family)
{
	struct question q = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(q.body.route)),
					.nlmsg_type = RTM_NEWROUTE,
					.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL },
			      .body.route = { .rtm_family = (unsigned char)family,
					      .rtm_table = RT_TABLE_LOCAL,
					      .rtm_protocol = RTPROT_BOOT,
					      .rtm_scope = RT_SCOPE_HOST,
					      .rtm_type = RTN_LOCAL } };
	uint32_t lo = LO;

	add_attribute(&q, RTA_OIF, &lo, sizeof(lo));
	return ask(fd, &q);
}

static int lo_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		error = -errno;
	request.ifr_flags |= IFF_UP;
	if (!error && ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

/* The program may listen on port 80. A read-only /proc/sys forbids that, and it
 * is then as it is outside. */
static void open_low_ports(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "0", 1) == 1)
		errno = 0;
	close(fd);
}

int isolate_net(const char **step)
{
	int error;

	*step = "the loopback interface of a new network cannot be brought up";
	error = lo_up();
	if (error)
		return error;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	*step = "a new network takes no address";
	error = add_address(fd, AF_INET, isolate_own4, 32);
	if (!error) {
		*step = "a new network takes no route";
		error = add_route(fd, AF_INET);
	}
	/* a machine without IPv6 does without */
	if (!error && add_address(fd, AF_INET6, isolate_own6, 128) == 0)
		error = add_route(fd, AF_INET6);
	close(fd);
	if (!error)
		open_low_ports();
	return error;
}
