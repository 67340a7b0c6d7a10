/*
 * carry: a connection of libpq goes over the host's Unix socket (design 6).
 *
 * Only where the program does not insist on TLS: the host answers a request
 * for it with "no" there, which `disable`, `allow` and `prefer` accept, and the
 * hand-shake of each connection is saved. libpq itself notices nothing: it has
 * made a TCP socket, set its options and calls connect(); its descriptor then
 * is another socket. Host, port and address stay what the program asked for.
 *
 * Whenever something stands against it the connection goes over TCP, as with
 * the layers off.
 */
#ifndef SHIM_CARRY_H
#define SHIM_CARRY_H

#include <stdbool.h>

#include "layer.h"
#include "route.h"

/* Does a connection string, or do keywords, leave TLS to the server? `layer` is of the library that reads them. */
bool carry_may(const struct layer *layer, const char *conninfo);
bool carry_may_params(const struct layer *layer, const char *const *keywords, const char *const *values,
		      int expand_dbname);

/* This thread's connect() calls come from a connection that may be carried, until
 * carry_end. What libpq calls inside itself (a quiet layer) changes nothing. */
void carry_begin(const struct layer *layer, bool may);
void carry_end(const struct layer *layer);

/* connect.c: true when `fd` now is connected to the host. */
bool carry_over(int fd, const struct route *route);

#endif
