/*
 * closure: calls to declared C functions, by libffi.
 *
 * A binding stands for one declared function as one object calls it. Its code
 * is a closure: called with the function's own calling convention, it tells
 * the host, lets a rule answer, or calls the real function. libffi is loaded
 * when the first binding is made, and never otherwise.
 */
#ifndef SHIM_CLOSURE_H
#define SHIM_CLOSURE_H

#include <stdbool.h>

#include "object.h"
#include "wire/wire.h"

struct binding {
	const struct page_call *row;
	uint32_t index;          /* of the row */
	const ElfW(Dyn) *caller; /* which object this is */
	void *real;
	char library[64], object[64]; /* file names of holder and caller */
	void *code;              /* what to call instead; NULL when libffi is missing */
};

/* Makes binding->code. Allocates and may load libffi: not under the loader's lock. */
bool closure_load(void);
/* Needs closure_load(). `binding` has to stay where it is. */
bool closure_bind(struct binding *binding);

#endif
