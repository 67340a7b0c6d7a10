/*
 * addr: between sockaddr and wire_addr, and what kind of address it is.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "addr.h"
#include "sys.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool read_inet6(struct wire_addr *to, bool *mapped, const struct sockaddr_in6 *in6)
{
	to->family = WIRE_INET6;
	to->port = ntohs(in6->sin6_port);
	memcpy(to->ip, &in6->sin6_addr, 16);
	if (memcmp(to->ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		*mapped = true;
		to->family = WIRE_INET;
		memmove(to->ip, to->ip + 12, 4);
		memset(to->ip + 4, 0, 12);
	}
	return true;
}

static char *put_number(char *to, unsigned long n)
{
	char digits[20];
	int i = 0;

	do
		digits[i++] = (char)('0' + n % 10);
	while ((n /= 10));
	while (i)
		*to++ = digits[--i];
	return to;
}

/* Families that lead out of this machine, or out of its network namespace, by no IP address: a virtual
 * machine's host, radio, clusters. No service is behind them. (linux/vm_sockets.h: port and cid follow
 * the family and 16 reserved bits.) */
static bool read_other(struct wire_addr *to, const struct sockaddr *from, socklen_t len)
{
	char *end = to->path;
	uint32_t vsock[3];

	switch (from->sa_family) {
	case AF_VSOCK:
		if (len < (socklen_t)sizeof(vsock))
			return false;
		memcpy(vsock, from, sizeof(vsock));
		end = put_number(stpcpy(end, "vsock:"), vsock[2]);
		end = put_number(stpcpy(end, ":"), vsock[1]);
		break;
	case AF_BLUETOOTH:
		end = stpcpy(end, "bluetooth");
		break;
	case AF_TIPC:
	case AF_RDS:
	case AF_X25:
	case AF_IEEE802154:
	case AF_PHONET:
		end = put_number(stpcpy(end, "family:"), from->sa_family);
		break;
	default:
		return false;
	}
	to->family = WIRE_OTHER;
	to->path_len = (uint16_t)(end - to->path);
	return true;
}

bool addr_read(struct wire_addr *to, bool *mapped, const struct sockaddr *from, socklen_t len)
{
	memset(to, 0, sizeof(*to));
	*mapped = false;
	if (!from || len < (socklen_t)sizeof(from->sa_family))
		return false;
	switch (from->sa_family) {
	case AF_INET: {
		const struct sockaddr_in *in = (const void *)from;

		if (len < (socklen_t)sizeof(*in))
			return false;
		to->family = WIRE_INET;
		to->port = ntohs(in->sin_port);
		memcpy(to->ip, &in->sin_addr, 4);
		return true;
	}
	case AF_INET6:
		/* RFC 2133 had no scope id, and the kernel still takes the shorter form */
		if (len < (socklen_t)offsetof(struct sockaddr_in6, sin6_scope_id))
			return false;
		return read_inet6(to, mapped, (const void *)from);
	case AF_UNIX: {
		const struct sockaddr_un *un = (const void *)from;
		size_t room = len - offsetof(struct sockaddr_un, sun_path);

		if (len <= (socklen_t)offsetof(struct sockaddr_un, sun_path) || room > sizeof(un->sun_path))
			return false;
		to->family = WIRE_UNIX;
		/* an abstract name is all of its bytes, a path ends at its NUL */
		to->path_len = (uint16_t)(un->sun_path[0] ? strnlen(un->sun_path, room) : room);
		memcpy(to->path, un->sun_path, to->path_len);
		return true;
	}
	default:
		return read_other(to, from, len);
	}
}

socklen_t addr_write(struct sockaddr_storage *to, const struct wire_addr *from, bool mapped)
{
	memset(to, 0, sizeof(*to));
	if (from->family == WIRE_UNIX) {
		struct sockaddr_un *un = (void *)to;

		un->sun_family = AF_UNIX;
		memcpy(un->sun_path, from->path, from->path_len);
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + from->path_len +
				   (from->path_len && from->path[0] && from->path_len < sizeof(un->sun_path)));
	}
	if (from->family == WIRE_INET && !mapped) {
		struct sockaddr_in *in = (void *)to;

		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->ip, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (void *)to;
	uint8_t *ip = (uint8_t *)&in6->sin6_addr;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(from->port);
	if (mapped) {
		memcpy(ip, mapped_prefix, sizeof(mapped_prefix));
		memcpy(ip + 12, from->ip, 4);
	} else {
		memcpy(ip, from->ip, 16);
	}
	return sizeof(*in6);
}

int addr_transport(int fd, const struct wire_addr *addr)
{
	int type = 0;
	socklen_t len = sizeof(type);
	long r = sys(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len);

	if (r < 0)
		return (int)r;
	if (addr->family == WIRE_UNIX)
		return WIRE_STREAM;
	return type == SOCK_STREAM ? WIRE_TCP : type == SOCK_DGRAM ? WIRE_UDP : 0;
}

bool addr_is_loopback(const struct wire_addr *addr)
{
	static const uint8_t none[16];

	if (addr->family == WIRE_INET)
		return addr->ip[0] == 127 || memcmp(addr->ip, none, 4) == 0;
	return addr->family == WIRE_INET6 && memcmp(addr->ip, none, 15) == 0 && addr->ip[15] <= 1;
}
