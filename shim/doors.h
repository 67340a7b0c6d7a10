/*
 * doors: the symbols that the program calls, and what lies behind them.
 *
 * Everything here is stamped from calls.def. A door has a private C name and
 * libc's name for the linker, so that no header's idea of the function
 * (transparent unions, nothrow, fortify) gets in the way. The rooms behind the
 * doors are ordinary functions hook_NAME(), spelled out in the group's file.
 *
 * The surprising rule: the shim itself must never call a function of calls.def
 * by its own name (that would be the door): it calls real.NAME.
 */
#ifndef SHIM_DOORS_H
#define SHIM_DOORS_H

#include <netdb.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define DOOR(name) __asm__(#name) __attribute__((visibility("default")))

/* Puts the caller in front of a row's parameters or arguments. */
#define WITH_CALLER(...) (const void *caller, __VA_ARGS__)
#define FROM_HERE(...) (__builtin_return_address(0), __VA_ARGS__)

#define CALL(ret, name, group, params, args) ret hook_##name params;
#define LAYER(ret, name, group, params, args) ret hook_##name WITH_CALLER params;
#define LAYER_VOID(ret, name, group) ret hook_##name(const void *caller);
#include "calls.def"

/* The next definition of each function of a CALL row, in load order after the
 * shim: libc's, or that of another preloaded object. */
struct real {
#define CALL(ret, name, group, params, args) ret (*name) params;
#include "calls.def"
	void *(*dlsym)(void *handle, const char *name);
};
extern struct real real;

/* Fills `real`. Every door does it first; takes no lock. */
void real_find(void);
extern _Atomic bool real_found;
static inline void real_need(void)
{
	if (__builtin_expect(!atomic_load_explicit(&real_found, memory_order_acquire), 0))
		real_find();
}
/* real.dlsym alone: somebody may need it before anything is set up. */
void real_find_dlsym(void);
/* dlopen(), found the same way. The shim itself refers to nothing younger than glibc 2.31. */
void *real_open(const char *library);

/* The door that stands before `found`, the real function that dlsym() has for
 * `name` and `caller`; NULL when there is none. */
void *door_for(const char *name, const void *found, const void *caller);
bool door_exists(const char *name);

#endif
