/*
 * addrlist: the addresses of a claimed name as getaddrinfo gives them.
 *
 * The surprising rule: every node comes from the real getaddrinfo, so that
 * freeaddrinfo stays the real one.
 */
#ifndef SHIM_ADDRLIST_H
#define SHIM_ADDRLIST_H

#include <netdb.h>

#include "wire/wire.h"

/* 0 and the list, or what the real getaddrinfo says of the hints and the service. A
 * question for any family is answered with both, IPv4 first. */
int addrlist_make(const struct page_name *row, const char *node, const char *service, const struct addrinfo *hints,
		  struct addrinfo **result);
/* What is wrong with the hints or the service, whatever the name; 0: nothing. */
int addrlist_check(const char *service, const struct addrinfo *hints);

#endif
