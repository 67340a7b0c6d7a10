/*
 * fiber: a function with a stack of its own that can stop half-way.
 *
 * For work that must wait inside straight-line code while the one thread serves
 * others: fiber_run() returns when the function has ended or has called
 * fiber_yield(); fiber_resume() goes on where it stopped. Stacks are kept for the
 * next fiber. Not for the shim.
 */
#ifndef BASE_FIBER_H
#define BASE_FIBER_H

#include <stdbool.h>

struct fiber;

/* Runs `run(arg)` at once, until it ends or yields. NULL: it has ended; else the
 * fiber, stopped. */
struct fiber *fiber_run(void (*run)(void *arg), void *arg);
/* Goes on. False: it has ended, and the fiber is gone. Never from inside a fiber. */
bool fiber_resume(struct fiber *f);
/* Stops the running fiber; returns when it is resumed. */
void fiber_yield(void);
/* Whether the caller runs in a fiber. */
bool fiber_inside(void);

#endif
