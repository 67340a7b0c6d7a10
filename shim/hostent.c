/*
 * hostent: the older resolver calls (CPython and some C programs use them).
 * Their answer is a struct hostent in the caller's room, or for the calls
 * without _r in a room of the thread's own.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "addr.h"
#include "doors.h"
#include "names.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

/* What a hostent points to. Every answer has one address and no alias. */
struct hostent_room {
	char *aliases[1];
	char *addrs[2];
	uint8_t addr[16];
	char name[PAGE_NAME_BYTES];
};

#ifndef NETDB_INTERNAL /* musl knows it under no name */
#define NETDB_INTERNAL (-1)
#endif

static __thread struct hostent thread_host;
static __thread struct hostent_room thread_room;

static void fill(struct hostent *host, struct hostent_room *room, const char *name, int family, const void *addr)
{
	int size = family == AF_INET6 ? 16 : 4;

	memcpy(room->addr, addr, (size_t)size);
	memcpy(room->name, name, strnlen(name, PAGE_NAME_BYTES - 1) + 1);
	room->aliases[0] = NULL;
	room->addrs[0] = (char *)room->addr;
	room->addrs[1] = NULL;
	*host = (struct hostent){ room->name, room->aliases, family, size, room->addrs };
}

/* 0, or ERANGE when the caller's room is too small. */
static int fill_into(struct hostent *host, char *room, size_t size, const char *name, int family, const void *addr)
{
	size_t skip = (size_t)(-(uintptr_t)room & (_Alignof(struct hostent_room) - 1));
	size_t need = offsetof(struct hostent_room, name) + strlen(name) + 1;

	if (size < skip + need)
		return ERANGE;
	fill(host, (struct hostent_room *)(room + skip), name, family, addr);
	return 0;
}

/* True: answered, with *row for a claimed name or NULL for none, and reported.
 * False: the real function knows. */
static bool look_up(const char *name, int family, const struct page_name **row)
{
	struct name found;

	*row = NULL;
	if (!name || (family != AF_INET && family != AF_INET6))
		return false;
	found = name_find(name, family);
	if (found.kind == NAME_REAL)
		return false;
	if (found.kind == NAME_CLAIMED)
		*row = page_name(found.row);
	name_report(name, &found, family, *row ? 0 : EAI_NONAME);
	return true;
}

static const void *row_addr(const struct page_name *row, int family)
{
	return family == AF_INET6 ? (const void *)row->ip6 : (const void *)&row->ip4;
}

struct hostent *hook_gethostbyname2(const char *name, int family)
{
	const struct page_name *row;

	if (!look_up(name, family, &row))
		return real.gethostbyname2(name, family);
	if (!row) {
		h_errno = HOST_NOT_FOUND;
		return NULL;
	}
	fill(&thread_host, &thread_room, row->name, family, row_addr(row, family));
	return &thread_host;
}

struct hostent *hook_gethostbyname(const char *name)
{
	const struct page_name *row;

	if (!look_up(name, AF_INET, &row))
		return real.gethostbyname(name);
	if (!row) {
		h_errno = HOST_NOT_FOUND;
		return NULL;
	}
	fill(&thread_host, &thread_room, row->name, AF_INET, row_addr(row, AF_INET));
	return &thread_host;
}

static int give(const char *name, int family, const void *addr, struct hostent *host, char *room, size_t size,
		struct hostent **result, int *h_error)
{
	*result = NULL;
	if (!name) {
		*h_error = HOST_NOT_FOUND;
		return 0;
	}
	if (fill_into(host, room, size, name, family, addr) != 0) {
		*h_error = NETDB_INTERNAL;
		errno = ERANGE;
		return ERANGE;
	}
	*result = host;
	return 0;
}

int hook_gethostbyname2_r(const char *name, int family, struct hostent *host, char *room, size_t size,
			  struct hostent **result, int *h_error)
{
	const struct page_name *row;

	if (!look_up(name, family, &row))
		return real.gethostbyname2_r(name, family, host, room, size, result, h_error);
	return give(row ? row->name : NULL, family, row ? row_addr(row, family) : NULL, host, room, size, result,
		    h_error);
}

int hook_gethostbyname_r(const char *name, struct hostent *host, char *room, size_t size, struct hostent **result,
			 int *h_error)
{
	const struct page_name *row;

	if (!look_up(name, AF_INET, &row))
		return real.gethostbyname_r(name, host, room, size, result, h_error);
	return give(row ? row->name : NULL, AF_INET, row ? row_addr(row, AF_INET) : NULL, host, room, size, result,
		    h_error);
}

/* False: the real function knows. Else `name` is filled, or empty for none. */
static bool look_back(const void *addr, socklen_t len, int family, char name[PAGE_NAME_BYTES])
{
	struct wire_addr asked = { .family = family == AF_INET6 ? WIRE_INET6 : WIRE_INET };
	enum name_kind kind;

	if (!addr || !((family == AF_INET && len == 4) || (family == AF_INET6 && len == 16)))
		return false;
	memcpy(asked.ip, addr, len);
	name[0] = '\0';
	kind = name_of_addr(&asked, name);
	return kind != NAME_REAL;
}

struct hostent *hook_gethostbyaddr(const void *addr, socklen_t len, int family)
{
	char name[PAGE_NAME_BYTES];

	if (!look_back(addr, len, family, name))
		return real.gethostbyaddr(addr, len, family);
	if (!name[0]) {
		h_errno = HOST_NOT_FOUND;
		return NULL;
	}
	fill(&thread_host, &thread_room, name, family, addr);
	return &thread_host;
}

int hook_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *host, char *room, size_t size,
			 struct hostent **result, int *h_error)
{
	char name[PAGE_NAME_BYTES];

	if (!look_back(addr, len, family, name))
		return real.gethostbyaddr_r(addr, len, family, host, room, size, result, h_error);
	return give(name[0] ? name : NULL, family, addr, host, room, size, result, h_error);
}
