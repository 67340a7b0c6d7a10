/*
 * real: finds the next definition of everything in calls.def.
 *
 * When the first door is used, not when the image starts: most short-lived
 * images use none. By reading tables, not by dlsym(): that takes the loader's
 * lock, which a forked child or a signal handler may find taken for good.
 * Functions of libraries that may be absent are found per caller (layer.c).
 */
#include "doors.h"
#include "object.h"

struct real real;
_Atomic bool real_found;

void real_find_dlsym(void)
{
	if (!real.dlsym)
		real.dlsym = (void *(*)(void *, const char *))object_next("dlsym");
}

void real_find(void)
{
	real_find_dlsym();
#define CALL(ret, name, group, params, args) real.name = (__typeof__(real.name))object_next(#name);
#include "calls.def"
	/* two threads at a time write the same */
	atomic_store_explicit(&real_found, true, memory_order_release);
}
