/*
 * real: finds the next definition of everything in calls.def.
 *
 * All at once when the shim starts, because a look-up takes the loader's lock,
 * and a hook in a forked child or a signal handler must not. Functions of
 * libraries that may be absent are not found here but per caller (layer.c).
 */
#include <dlfcn.h>

#include "doors.h"

/* The shim has a door called dlsym, so libc's is asked for by its version:
 * the oldest one, which glibc keeps for good. */
#if defined(__x86_64__)
#define DLSYM_VERSION "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define DLSYM_VERSION "GLIBC_2.17"
#else
#error "the shim knows x86-64 and aarch64: add the oldest GLIBC version of dlsym and a stub in load.c"
#endif

struct real real;

void real_find_dlsym(void)
{
	if (!real.dlsym)
		real.dlsym = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", DLSYM_VERSION);
}

void real_find(void)
{
	real_find_dlsym();
#define CALL(ret, name, group, params, args) real.name = (__typeof__(real.name))real.dlsym(RTLD_NEXT, #name);
#include "calls.def"
}
