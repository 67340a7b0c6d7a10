/*
 * bind: in an isolated run the host listens on the declared ports of every
 * address. A program that wants such a port for itself gets it: the host is
 * asked to give it up first. Whatever it answers, the kernel decides.
 */
#include "addr.h"
#include "doors.h"
#include "line.h"
#include "page.h"
#include "shim.h"

int hook_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct wire_bind frame = { 0 };
	struct wire_head ok;
	struct iovec piece = { &frame, sizeof(frame) };
	bool mapped;
	int transport;

	if (page_guarded() && addr_read(&frame.wanted, &mapped, addr, len) && frame.wanted.family != WIRE_UNIX && frame.wanted.port) {
		transport = addr_transport(fd, &frame.wanted);
		if (transport > 0) {
			frame.wanted.transport = (uint8_t)transport;
			line_ask(WIRE_BIND, &piece, 1, WIRE_OK, &ok, sizeof(ok), -1);
		}
	}
	return real.bind(fd, addr, len);
}
