/*
 * handles: the table of what this process holds of libpq and libcurl
 * (wire/handles.h), as the layers write it.
 *
 * No lock, no allocation beyond the one mapping, and nothing here can fail in
 * a way that its caller would have to know: without a table nothing is kept.
 */
#ifndef SHIM_HANDLES_H
#define SHIM_HANDLES_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/handles.h"

/* Where a call came from. */
struct handle_site {
	uint64_t address, offset;
	const char *object;
};

/* A new handle; `label` may be NULL. The row, for aux and flags; NULL: the table is full. */
struct wire_handle *handle_opened(enum wire_handle_kind kind, const void *handle, const struct handle_site *site,
				  const char *label);

/* A call on a handle begins and ends. */
struct handle_use {
	struct wire_handle *row; /* NULL: unknown, or another process's */
	bool busy;               /* this call has it */
};
void handle_use(struct handle_use *use, const void *handle, const struct handle_site *site);
void handle_used(const struct handle_use *use);

/* This process's row, or NULL. */
struct wire_handle *handle_find(const void *handle);
/* Before the real call: afterwards another thread may get the same address. */
void handle_closed(enum wire_handle_kind kind, const void *handle, const struct handle_site *site);

#endif
