/*
 * line: one exchange with the host.
 *
 * A frame is sent as a list of pieces straight from where they lie; the first
 * piece begins with a struct wire_head, which is filled in here. A connection
 * lives for one frame, so there is no descriptor that the program could close,
 * inherit or find.
 *
 * Nothing here allocates, takes a lock or touches errno. Results are 0 (or a
 * count of bytes) and -errno: any failure means that the host is gone.
 */
#ifndef SHIM_LINE_H
#define SHIM_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "wire/wire.h"

/* Sends and does not wait for a reply. A hello goes where it does not wake the host. */
int line_say(enum wire_kind kind, struct iovec *pieces, int count);

/* The same with a descriptor, which stays the caller's. */
int line_say_fd(enum wire_kind kind, struct iovec *pieces, int count, int fd);

/* Sends and waits for a reply of kind `expected`, at most `timeout_ms` (-1:
 * as long as it takes). Returns its bytes, at least sizeof(struct wire_head). */
int line_ask(enum wire_kind kind, struct iovec *pieces, int count, enum wire_kind expected, void *reply, size_t size,
	     int timeout_ms);

/* A string as frames carry it takes two pieces: its length and its bytes.
 * `len_room` must outlive the sending. Cut at `max`. */
int line_string(struct iovec *pieces, uint16_t *len_room, const char *s, size_t max);

#endif
