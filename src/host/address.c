/* address: from and to what the kernel and people write. */
#include "host/inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct slice address_text(const struct wire_addr *a, struct arena *arena)
{
	char ip[INET6_ADDRSTRLEN];

	switch (a->family) {
	case WIRE_INET:
		inet_ntop(AF_INET, a->ip, ip, sizeof(ip));
		return arena_printf(arena, "%s:%u", ip, a->port);
	case WIRE_INET6:
		inet_ntop(AF_INET6, a->ip, ip, sizeof(ip));
		return arena_printf(arena, "[%s]:%u", ip, a->port);
	case WIRE_OTHER:
		return arena_printf(arena, "%.*s", a->path_len, a->path);
	default:
		if (a->path_len && !a->path[0])
			return arena_printf(arena, "unix:@%.*s", a->path_len - 1, a->path + 1);
		return arena_printf(arena, "unix:%.*s", a->path_len, a->path);
	}
}

struct wire_addr address_read(const struct sockaddr_storage *from, enum wire_transport transport)
{
	const struct sockaddr_in *in = (const void *)from;
	const struct sockaddr_in6 *in6 = (const void *)from;
	bool six = from->ss_family == AF_INET6;
	struct wire_addr a = { .family = six ? WIRE_INET6 : WIRE_INET,
			       .transport = (uint8_t)transport,
			       .port = ntohs(six ? in6->sin6_port : in->sin_port) };

	if (six)
		memcpy(a.ip, &in6->sin6_addr, 16);
	else
		memcpy(a.ip, &in->sin_addr, 4);
	return a;
}
