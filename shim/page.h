/*
 * page: look-ups in what the host publishes.
 *
 * The page is mapped read-only and only ever grows: a row is complete before
 * the count that covers it (wire.h). So a look-up needs no lock and no
 * exchange. Indexes are those of the page; PAGE_NONE stands for no row. With
 * no page (SHIM_CLOSED) every look-up finds nothing.
 */
#ifndef SHIM_PAGE_H
#define SHIM_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

#define PAGE_NONE UINT32_MAX

/* The page of the run directory, or NULL: missing, or of another version. */
const struct page *page_map(const char *run);
/* Nobody can be told that this image was refused something; `error` says why. */
void page_mark(int error);

/* The run is over or cannot be reached: refuse everything. */
bool page_over(void);
/* Isolated: no address leads out (wire.h). */
bool page_guarded(void);

/* `name` in lower case, no trailing dot. */
uint32_t page_find_name(const char *name);
bool page_has_glob(const char *name);
/* The name that a virtual address stands for. */
uint32_t page_name_of(const struct wire_addr *addr);
const struct page_name *page_name(uint32_t index);

/* Where an address goes: the row of its very port, else of any port. */
uint32_t page_find_endpoint(const struct wire_addr *asked);
/* The other way: the row whose listener this is. */
uint32_t page_endpoint_behind(const struct wire_addr *listener);
const struct page_endpoint *page_endpoint(uint32_t index);

/* An address of this machine that is not loopback. */
bool page_is_own(const struct wire_addr *addr);

/* In the block that the run has locked for its virtual addresses. */
bool page_is_virtual(const struct wire_addr *addr);

#endif
