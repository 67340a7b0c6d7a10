/*
 * addr: addresses as programs give them and as frames carry them.
 *
 * A v4-mapped address (::ffff:a.b.c.d) is read as the IPv4 address it stands
 * for; that it was mapped is kept apart, because the way back has to give the
 * socket an address of its own family.
 */
#ifndef SHIM_ADDR_H
#define SHIM_ADDR_H

#include <stdbool.h>
#include <sys/socket.h>

#include "wire/wire.h"

/* False: not IPv4, IPv6 or a named Unix socket, or too short to be one. The
 * transport is left 0. */
bool addr_read(struct wire_addr *to, bool *mapped, const struct sockaddr *from, socklen_t len);
/* Returns the length. */
socklen_t addr_write(struct sockaddr_storage *to, const struct wire_addr *from, bool mapped);

/* What a socket's kind makes of an address: a wire_transport, 0 when it is
 * neither stream nor datagram, -errno when `fd` is no socket. */
int addr_transport(int fd, const struct wire_addr *addr);

/* 127.0.0.0/8, ::1, and the unspecified addresses, which connect to them. */
bool addr_is_loopback(const struct wire_addr *addr);

#endif
