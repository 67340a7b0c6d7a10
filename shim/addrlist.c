/*
 * addrlist: asks the real getaddrinfo for the virtual addresses in digits, and
 * makes of two answers one.
 *
 * IPv4 comes first: every client can use it, and one that tries a single address
 * takes the first. RFC 6724 would put it first too: the IPv6 addresses are
 * unique local ones (section 2.1).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "addrlist.h"
#include "doors.h"
#include "page.h"
#include "shim.h"

static int ask_digits(const char *digits, const char *service, struct addrinfo hints, struct addrinfo **result)
{
	int flags = hints.ai_flags, error;

	hints.ai_flags |= AI_NUMERICHOST;
	/* whether the machine has a network says nothing about its loopback */
	hints.ai_flags &= ~AI_ADDRCONFIG;
	error = real.getaddrinfo(digits, service, &hints, result);
	/* libc repeats the caller's flags, and these are not the caller's */
	for (struct addrinfo *a = error ? NULL : *result; a; a = a->ai_next)
		a->ai_flags = flags;
	return error;
}

static int ask_family(const struct page_name *row, int family, const char *service, struct addrinfo hints,
		      struct addrinfo **result)
{
	char digits[INET6_ADDRSTRLEN];

	if (family == AF_INET6)
		inet_ntop(AF_INET6, row->ip6, digits, sizeof(digits));
	else
		inet_ntop(AF_INET, &row->ip4, digits, sizeof(digits));
	/* a family that is none is libc's to refuse */
	if (hints.ai_family == AF_UNSPEC)
		hints.ai_family = family;
	return ask_digits(digits, service, hints, result);
}

/* ---- glibc: each node is an allocation of its own, and so is the name --------- */

static void set_own_canonname(struct addrinfo *first, const char *asked)
{
	char *copy = strdup(asked);

	if (!copy)
		return;
	free(first->ai_canonname);
	first->ai_canonname = copy;
}

static int ask_and_join(const struct page_name *row, const char *service, const struct addrinfo *hints,
		    struct addrinfo **result)
{
	struct addrinfo more = *hints, *last;
	int error = ask_family(row, AF_INET, service, *hints, result);

	if (error)
		return error;
	for (last = *result; last->ai_next; last = last->ai_next)
		;
	more.ai_flags &= ~AI_CANONNAME; /* which only the first node has */
	if (ask_family(row, AF_INET6, service, more, &last->ai_next) != 0)
		last->ai_next = NULL;
	for (struct addrinfo *a = *result; a; a = a->ai_next)
		a->ai_flags = hints->ai_flags;
	return 0;
}
/* ---- musl: the list is one allocation, and the name is part of it ---------------- */

/* What was asked is the caller's, who may drop it; the page stays. */
static void set_kept_canonname(struct addrinfo *first, const struct page_name *row)
{
	first->ai_canonname = (char *)row->name;
}

/* No node may join another list, so: both loopback addresses (no name means
 * those), with ours written over them. */
static int ask_and_overwrite(const struct page_name *row, const char *service, const struct addrinfo *hints,
		    struct addrinfo **result)
{
	struct addrinfo plain = *hints, *six = NULL, *four = NULL, **four_end = &four, **six_end = &six;
	int error;

	plain.ai_flags &= ~(AI_PASSIVE | AI_NUMERICHOST | AI_CANONNAME | AI_ADDRCONFIG);
	error = real.getaddrinfo(NULL, service ? service : "0", &plain, result);
	if (error && !service) /* a raw socket has no port, and no name with it */
		return ask_family(row, AF_INET, service, *hints, result);
	if (error)
		return error;
	for (struct addrinfo *a = *result; a; a = a->ai_next) {
		a->ai_flags = hints->ai_flags;
		if (a->ai_family == AF_INET6) {
			memcpy(&((struct sockaddr_in6 *)a->ai_addr)->sin6_addr, row->ip6, 16);
			*six_end = a;
			six_end = &a->ai_next;
		} else {
			memcpy(&((struct sockaddr_in *)a->ai_addr)->sin_addr, &row->ip4, 4);
			*four_end = a;
			four_end = &a->ai_next;
		}
	}
	*six_end = NULL;
	*four_end = six;
	*result = four;
	return 0;
}
/* ---- either, as it turns out to be ------------------------------------------------ */

/* An IPv6 socket reaches a name of a machine without IPv6 v4-mapped, but nobody looks for it there. */
static bool has_ip6(const struct page_name *row)
{
	const struct page_endpoint *end;

	for (uint32_t i = 0; (end = page_endpoint(i)); i++)
		if (page_name(end->name) == row && end->to_port6)
			return true;
	return false;
}

int addrlist_make(const struct page_name *row, const char *node, const char *service, const struct addrinfo *hints,
		  struct addrinfo **result)
{
	int error;

	if (hints->ai_family == AF_UNSPEC && has_ip6(row))
		error = libc_is_glibc() ? ask_and_join(row, service, hints, result) : ask_and_overwrite(row, service, hints, result);
	else
		error = ask_family(row, hints->ai_family == AF_INET6 ? AF_INET6 : AF_INET, service, *hints, result);
	if (!error && libc_is_glibc() && hints->ai_flags & AI_CANONNAME)
		set_own_canonname(*result, node);
	else if (!error && !libc_is_glibc())
		set_kept_canonname(*result, row);
	return error;
}

int addrlist_check(const char *service, const struct addrinfo *hints)
{
	struct addrinfo plain = *hints, *result;
	int error;

	if (plain.ai_family == AF_UNSPEC)
		plain.ai_family = AF_INET;
	error = ask_digits(plain.ai_family == AF_INET6 ? "::1" : "127.0.0.1", service, plain, &result);
	if (!error)
		freeaddrinfo(result);
	return error;
}
