/*
 * Fibers by ucontext(3). The stack is mapped with a guard page below it; what a
 * fiber never touches costs nothing.
 */
#include "base/fiber.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_SIZE (8 * 1024 * 1024) /* as a thread's: SQLite and the parser recurse */
#define GUARD_SIZE 4096
#define KEEP 8                       /* idle stacks; more are given back */

struct fiber {
	ucontext_t here, back;
	void (*run)(void *arg);
	void *arg;
	char *stack;                 /* the guard page first */
	bool ended;
	void *fake;                  /* the sanitizer's, of whoever is stopped */
	const void *back_stack;      /* the resumer's stack, for the sanitizer */
	size_t back_size;
	struct fiber *next;          /* idle ones */
};

static struct fiber *running;
static struct fiber *idle;
static size_t nidle;

static void leave_to(struct fiber *f, const void *stack, size_t size, void **fake)
{
#ifdef ASAN
	__sanitizer_start_switch_fiber(fake, stack, size);
#else
	(void)stack, (void)size, (void)fake;
#endif
	(void)f;
}

static void arrived(void *fake, const void **from, size_t *size)
{
#ifdef ASAN
	__sanitizer_finish_switch_fiber(fake, from, size);
#else
	(void)fake, (void)from, (void)size;
#endif
}

/* The sanitizer warns on standard error about swapcontext(), which it cannot follow; it is told of each switch above. */
static void swap(ucontext_t *from, const ucontext_t *to)
{
#ifdef ASAN
	volatile bool back = false;

	getcontext(from);
	if (back)
		return;
	back = true;
	setcontext(to);
#else
	swapcontext(from, to);
#endif
}

static void enter(void)
{
	struct fiber *f = running;

	arrived(NULL, &f->back_stack, &f->back_size);
	for (;;) {
		f->run(f->arg);
		f->ended = true;
		leave_to(f, f->back_stack, f->back_size, &f->fake);
		swap(&f->here, &f->back);
		/* used again for another function */
		arrived(f->fake, &f->back_stack, &f->back_size);
	}
}

static struct fiber *make(void)
{
	struct fiber *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (f->stack == MAP_FAILED)
		abort();
	mprotect(f->stack, GUARD_SIZE, PROT_NONE);
	return f;
}

static void prepare(struct fiber *f)
{
	getcontext(&f->here);
	f->here.uc_stack.ss_sp = f->stack + GUARD_SIZE;
	f->here.uc_stack.ss_size = STACK_SIZE - GUARD_SIZE;
	f->here.uc_link = NULL;
	makecontext(&f->here, enter, 0);
}

static struct fiber *take(void)
{
	if (idle) {
		struct fiber *f = idle;
		idle = f->next;
		nidle--;
		return f;
	}
	struct fiber *f = make();
	prepare(f);
	return f;
}

static void give(struct fiber *f)
{
	if (nidle < KEEP) {
		f->next = idle;
		idle = f;
		nidle++;
		return;
	}
	munmap(f->stack, STACK_SIZE);
	free(f);
}

static bool go(struct fiber *f)
{
	void *fake = NULL;

	assert(!running);
	running = f;
	leave_to(f, f->stack + GUARD_SIZE, STACK_SIZE - GUARD_SIZE, &fake);
	swap(&f->back, &f->here);
	arrived(fake, NULL, NULL);
	running = NULL;
	if (!f->ended)
		return true;
	give(f);
	return false;
}

struct fiber *fiber_run(void (*run)(void *arg), void *arg)
{
	struct fiber *f = take();

	f->run = run;
	f->arg = arg;
	f->ended = false;
	return go(f) ? f : NULL;
}

bool fiber_resume(struct fiber *f)
{
	return go(f);
}

void fiber_yield(void)
{
	struct fiber *f = running;

	assert(f);
	leave_to(f, f->back_stack, f->back_size, &f->fake);
	swap(&f->here, &f->back);
	arrived(f->fake, &f->back_stack, &f->back_size);
}

bool fiber_inside(void)
{
	return running != NULL;
}
