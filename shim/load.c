/*
 * load: dlsym(), the way around every door.
 *
 * dlsym() looks at its return address to know who asks (RTLD_NEXT, RUNPATH),
 * so its door cannot call the real one: it jumps there, with the stack and the
 * arguments as they came. Before that it asks load_answer() whether the answer
 * is a door or a declared function. dlopen() needs no door: what it loaded is
 * noticed at the next one.
 */
#include <dlfcn.h>

#include "doors.h"
#include "shim.h"
#include "sys.h"

/* Two words come back in two registers. */
struct load {
	void *answer; /* NULL: jump on to `next` */
	void *next;
};
struct load load_answer(void *handle, const char *name, const void *caller);

struct load load_answer(void *handle, const char *name, const void *caller)
{
	struct load load = { NULL, NULL };
	int kept = errno, state = atomic_load_explicit(&shim.state, memory_order_acquire);
	void *found;

	real_find_dlsym();
	load.next = (void *)real.dlsym;
	/* allocators and sanitizers come here before anything is set up: too early to start the shim */
	if ((state == SHIM_FAKE || state == SHIM_CLOSED || state == SHIM_UNDECIDED) && name && handle != RTLD_NEXT) {
		real_need();
		if (state != SHIM_UNDECIDED)
			calls_refresh();
		if (door_exists(name) || calls_declared(name)) {
			found = real.dlsym(handle, name);
			if (found)
				load.answer = calls_answer(name, found, caller);
			if (found && !load.answer)
				load.answer = door_for(name, found, caller);
		}
	}
	errno = kept;
	return load;
}

#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	".globl dlsym\n"
	".type dlsym, @function\n"
	"dlsym:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	push %rdi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %rsi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	sub $8, %rsp\n" /* the stack is aligned at a call */
	"	.cfi_adjust_cfa_offset 8\n"
	"	mov 24(%rsp), %rdx\n" /* the return address */
	"	call load_answer\n"
	"	add $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rsi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	jmp *%rdx\n"
	"	.cfi_endproc\n"
	".size dlsym, . - dlsym\n"
	".popsection\n");
#else
__asm__(".pushsection .text\n"
	".globl dlsym\n"
	".type dlsym, %function\n"
	"dlsym:\n"
	"	.cfi_startproc\n"
	"	stp x29, x30, [sp, #-32]!\n"
	"	.cfi_adjust_cfa_offset 32\n"
	"	.cfi_offset x29, -32\n"
	"	.cfi_offset x30, -24\n"
	"	stp x0, x1, [sp, #16]\n"
	"	mov x2, x30\n" /* the return address */
	"	bl load_answer\n"
	"	mov x9, x0\n"
	"	mov x10, x1\n"
	"	ldp x0, x1, [sp, #16]\n"
	"	ldp x29, x30, [sp], #32\n"
	"	.cfi_adjust_cfa_offset -32\n"
	"	.cfi_restore x29\n"
	"	.cfi_restore x30\n"
	"	cbz x9, 1f\n"
	"	mov x0, x9\n"
	"	ret\n"
	"1:	br x10\n"
	"	.cfi_endproc\n"
	".size dlsym, . - dlsym\n"
	".popsection\n");
#endif
