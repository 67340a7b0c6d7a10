/*
 * real: finds the next definition of everything in calls.def.
 *
 * When the first door is used, not when the image starts: most short-lived
 * images use none. By reading tables, not by dlsym(): that takes the loader's
 * lock, which a forked child or a signal handler may find taken for good.
 * Functions of libraries that may be absent are found per caller (layer.c).
 */
#include <dlfcn.h>

#include "doors.h"
#include "object.h"

struct real real;
_Atomic bool real_found;

#define INSIDE_LIBC 0x80000000 /* __RTLD_DLOPEN: what libc's own calls to its dlopen say */

/* Before glibc 2.34 dlopen() and dlsym() lie in a library that a program may do without. */
void *real_open(const char *library)
{
	void *(*open)(const char *, int) = (void *(*)(const char *, int))object_next("dlopen");

	if (open)
		return open(library, RTLD_NOW | RTLD_LOCAL);
	open = (void *(*)(const char *, int))object_next("__libc_dlopen_mode");
	return open ? open(library, (int)(RTLD_NOW | INSIDE_LIBC)) : NULL;
}

/* Such a program has bound a weak dlsym() to the shim's. */
static void *without_dlsym(void *handle, const char *name)
{
	void *(*found)(void *, const char *) = NULL;

	if (real_open("libdl.so.2"))
		found = (void *(*)(void *, const char *))object_next("dlsym");
	return found ? found(handle, name) : NULL;
}

void real_find_dlsym(void)
{
	void *(*found)(void *, const char *);

	if (real.dlsym && real.dlsym != without_dlsym)
		return;
	found = (void *(*)(void *, const char *))object_next("dlsym");
	real.dlsym = found ? found : without_dlsym;
}

void real_find(void)
{
	real_find_dlsym();
#define CALL(ret, name, group, params, args) real.name = (__typeof__(real.name))object_next(#name);
#include "calls.def"
	/* two threads at a time write the same */
	atomic_store_explicit(&real_found, true, memory_order_release);
}
