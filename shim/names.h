/*
 * names: what a host name means in a run.
 *
 * Names that a service claims have a virtual address in the page. The
 * machine's own names and numeric addresses are the real resolver's. Anything
 * else does not exist: the real resolver is never asked about it.
 */
#ifndef SHIM_NAMES_H
#define SHIM_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wire/wire.h"

enum name_kind {
	NAME_REAL,    /* numeric, localhost, this machine, or of a pass service: the real function knows */
	NAME_CLAIMED, /* a service's: `row` of the page */
	NAME_NONE,
};

/* Asks the host when a glob of the page matches. When it did, `asked` says so
 * and `result` is the EAI_* that the host wants to be given. */
struct name {
	enum name_kind kind;
	uint32_t row;
	bool asked;
	int result;
};
struct name name_find(const char *name, int family);

/* Tells the host what was asked and what the program got. */
void name_report(const char *name, const struct name *found, int family, int result);

/*
 * The name of an address. NAME_CLAIMED and `name` filled: a virtual address.
 * NAME_NONE: an address out there, which has no name here. NAME_REAL: loopback.
 */
enum name_kind name_of_addr(const struct wire_addr *addr, char name[PAGE_NAME_BYTES]);

#endif
