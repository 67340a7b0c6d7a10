/*
 * identity: who is at the other end. The kernel knows the host's listener; the
 * program gets the address it asked for, by the page alone.
 */
#include <string.h>

#include "addr.h"
#include "doors.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

/* The peer as the program knows it, or false: the kernel's word stands. */
static bool asked_for(int fd, struct sockaddr_storage *peer, socklen_t *len)
{
	struct wire_addr addr;
	const struct page_endpoint *row;
	const struct page_name *name;
	bool mapped;
	int transport;

	if (!addr_read(&addr, &mapped, (struct sockaddr *)peer, *len))
		return false;
	transport = addr_transport(fd, &addr);
	if (transport <= 0)
		return false;
	addr.transport = (uint8_t)transport;
	row = page_endpoint(page_endpoint_behind(&addr));
	if (!row)
		return false;
	name = page_name(row->name);
	if (row->asked.family == WIRE_UNIX) {
		addr = row->asked;
	} else {
		if (addr.family == WIRE_UNIX) /* carried: as an address of TCP */
			addr.family = row->asked.family;
		/* a row for any port does not know which one it was */
		addr.port = row->asked.port ? row->asked.port : addr.port;
		if (name && addr.family == WIRE_INET)
			memcpy(addr.ip, &name->ip4, 4);
		else if (name)
			memcpy(addr.ip, name->ip6, 16);
		else if (row->asked.family == addr.family)
			memcpy(addr.ip, row->asked.ip, 16);
		else
			return false;
	}
	*len = addr_write(peer, &addr, mapped);
	return true;
}

int hook_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);
	int result = real.getpeername(fd, (struct sockaddr *)&peer, &peer_len);

	if (result < 0 || !addr || !len || (int)*len < 0 || !asked_for(fd, &peer, &peer_len))
		return real.getpeername(fd, addr, len);
	/* as the kernel does: cut to the room, tell the whole length */
	memcpy(addr, &peer, *len < peer_len ? *len : peer_len);
	*len = peer_len;
	return result;
}
