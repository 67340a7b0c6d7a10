/*
 * publish: the page, as the host writes it.
 *
 * The host's half of wire.h's page: which names are claimed and by which
 * virtual addresses they go, where each asked address leads, which C functions
 * are declared. Rows are only appended; every process of the run maps the file
 * read-only and sees a row once the count has been stored.
 */
#ifndef HOST_PUBLISH_H
#define HOST_PUBLISH_H

#include "base/err.h"
#include "rule/rule.h"
#include "wire/wire.h"

struct publish {
	struct page *page; /* shared mapping of the file */
	int block_fd;      /* holds the address block for this run */
	uint32_t block;    /* first address of the /20, host order */
};

/* Locks an address block and creates the file. */
int publish_open(struct publish *p, const char *path, struct err *err);
void publish_close(struct publish *p);

/* Row of a name, or a new one (with its virtual addresses); UINT32_MAX: the table is full. */
uint32_t publish_name(struct publish *p, const char *name, uint32_t flags);
uint32_t publish_find_name(const struct publish *p, const char *name);
/* The endpoint of an address, as the shim would find it; UINT32_MAX: nobody's. */
uint32_t publish_find_endpoint(const struct publish *p, const struct wire_addr *asked);
/* Appends; UINT32_MAX: full. */
uint32_t publish_endpoint(struct publish *p, const struct page_endpoint *e);
bool publish_glob(struct publish *p, const char *pattern);
/* False with err: a type is not known, or the table is full. */
bool publish_call(struct publish *p, const struct rule_function *f, bool ask, struct err *err);

/* An address of this machine beyond loopback; those that do not fit are left out. */
void publish_own(struct publish *p, enum wire_family family, const void *ip);
/* The row of the name that a virtual address stands for, or NULL. */
const struct page_name *publish_name_of(const struct publish *p, const struct wire_addr *asked);

/* The asked address of a name's row and a port. */
struct wire_addr publish_virtual(const struct publish *p, uint32_t name, uint16_t port, bool v6);

#endif
