/* doors: libc by its names, its aliases, dlsym, a second libc and a library that binds past every preload;
 * system calls by syscall(2), by hand, and by the 32-bit gate; io_uring. A door that this machine or
 * this build does not have says ENOSYS. */
#define _GNU_SOURCE
#include "doors.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif

static char letter[] = "x";

static void make_msg(const struct ask *ask, struct mmsghdr *m, struct iovec *piece)
{
	*piece = (struct iovec){ letter, 1 };
	*m = (struct mmsghdr){ 0 };
	m->msg_hdr.msg_name = (void *)ask->to;
	m->msg_hdr.msg_namelen = ask->len;
	m->msg_hdr.msg_iov = piece;
	m->msg_hdr.msg_iovlen = 1;
}

static long nowhere(void)
{
	errno = ENOSYS;
	return -1;
}

long call_functions(const struct functions *f, const struct ask *ask)
{
	struct mmsghdr m;
	struct iovec piece;

	make_msg(ask, &m, &piece);
	switch (ask->call) {
	case CONNECT:
		return f->connect ? f->connect(ask->fd, ask->to, ask->len) : nowhere();
	case SENDTO:
		return f->sendto ? f->sendto(ask->fd, letter, 1, ask->flags, ask->to, ask->len) : nowhere();
	case SENDMSG:
		return f->sendmsg ? f->sendmsg(ask->fd, &m.msg_hdr, ask->flags) : nowhere();
	default:
		return f->sendmmsg ? f->sendmmsg(ask->fd, &m, 1, ask->flags) : nowhere();
	}
}

static long by_libc(const struct ask *ask)
{
	static const struct functions own = { (int (*)(int, const struct sockaddr *, socklen_t))connect,
					      (long (*)(int, const void *, size_t, int, const struct sockaddr *, socklen_t))sendto, sendmsg,
					      (int (*)(int, struct mmsghdr *, unsigned, int))sendmmsg };

	return call_functions(&own, ask);
}

#ifndef __STATIC__
static long by_symbols(void *handle, const char *before, const struct ask *ask)
{
	static const char *const names[CALLS] = { "connect", "sendto", "sendmsg", "sendmmsg" };
	struct functions f = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "%s%s", before, names[ask->call]);
	void *found = dlsym(handle, name);
	if (!found)
		return nowhere();
	memcpy((char *)&f + (size_t)ask->call * sizeof(void *), &found, sizeof(found));
	return call_functions(&f, ask);
}

static long by_dlsym(const struct ask *ask)
{
	return by_symbols(RTLD_DEFAULT, "", ask);
}

static long by_handle(const struct ask *ask)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY);

	return libc ? by_symbols(libc, "", ask) : nowhere();
}

/* libc's second names for them: __connect, __sendmmsg */
static long by_alias(const struct ask *ask)
{
	return by_symbols(RTLD_DEFAULT, "__", ask);
}

static long by_next(const struct ask *ask)
{
	return by_symbols(RTLD_NEXT, "", ask);
}

static long by_library(void *library, const struct ask *ask)
{
	long (*go)(const struct ask *) = NULL;

	if (library)
		*(void **)&go = dlsym(library, "library_go");
	return go ? go(ask) : nowhere();
}

static long by_deepbind(const struct ask *ask)
{
#ifdef RTLD_DEEPBIND
	return by_library(dlopen(getenv("ESCAPE_LIBRARY"), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND), ask);
#else
	return nowhere();
#endif
}

static long by_second_libc(const struct ask *ask)
{
#ifdef LM_ID_NEWLM
	/* its errno is its own */
	long r = by_library(dlmopen(LM_ID_NEWLM, getenv("ESCAPE_LIBRARY"), RTLD_NOW), ask);
	if (r < 0)
		errno = ECONNREFUSED;
	return r;
#else
	return nowhere();
#endif
}
#endif

static long numbers[CALLS] = { SYS_connect, SYS_sendto, SYS_sendmsg, SYS_sendmmsg };

static long by_syscall(const struct ask *ask)
{
	struct mmsghdr m;
	struct iovec piece;

	make_msg(ask, &m, &piece);
	if (ask->call == CONNECT)
		return syscall(SYS_connect, ask->fd, ask->to, ask->len);
	if (ask->call == SENDTO)
		return syscall(SYS_sendto, ask->fd, letter, 1, ask->flags, ask->to, ask->len);
	if (ask->call == SENDMSG)
		return syscall(SYS_sendmsg, ask->fd, &m.msg_hdr, ask->flags);
	return syscall(SYS_sendmmsg, ask->fd, &m, 1, ask->flags);
}

static long by_hand(const struct ask *ask)
{
#ifdef __x86_64__
	struct mmsghdr m;
	struct iovec piece;
	long r;

	make_msg(ask, &m, &piece);
	long a2 = ask->call == CONNECT ? (long)ask->to : ask->call == SENDTO ? (long)letter : ask->call == SENDMSG ? (long)&m.msg_hdr : (long)&m;
	long a3 = ask->call == CONNECT ? (long)ask->len : ask->call == SENDMSG ? ask->flags : 1;
	register long r10 __asm__("r10") = ask->flags;
	register long r8 __asm__("r8") = (long)ask->to;
	register long r9 __asm__("r9") = ask->len;
	__asm__ volatile("syscall" : "=a"(r) : "a"(numbers[ask->call]), "D"(ask->fd), "S"(a2), "d"(a3), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	if (r < 0) {
		errno = (int)-r;
		return -1;
	}
	return r;
#else
	(void)numbers;
	return nowhere();
#endif
}

/* The gate of 32-bit programs, which 64-bit ones may use as well: pointers must fit. */
static long by_int80(const struct ask *ask)
{
#ifdef __x86_64__
	struct low {
		struct sockaddr_storage to;
		uint32_t piece[2], msg[7], more, arguments[6];
		char letter;
	} *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	static const int operation[CALLS] = { 3, 11, 16, 20 }; /* of socketcall(2) */
	long r;

	if (low == MAP_FAILED)
		return nowhere();
	memcpy(&low->to, ask->to, ask->len);
	low->letter = 'x';
	uint32_t to = (uint32_t)(uintptr_t)&low->to, text = (uint32_t)(uintptr_t)&low->letter, msg = (uint32_t)(uintptr_t)low->msg;
	memcpy(low->piece, (uint32_t[]){ text, 1 }, sizeof(low->piece));
	memcpy(low->msg, (uint32_t[]){ to, ask->len, (uint32_t)(uintptr_t)low->piece, 1, 0, 0, 0 }, sizeof(low->msg));
	if (ask->call == CONNECT)
		memcpy(low->arguments, (uint32_t[]){ (uint32_t)ask->fd, to, ask->len }, 12);
	else if (ask->call == SENDTO)
		memcpy(low->arguments, (uint32_t[]){ (uint32_t)ask->fd, text, 1, (uint32_t)ask->flags, to, ask->len }, 24);
	else if (ask->call == SENDMSG)
		memcpy(low->arguments, (uint32_t[]){ (uint32_t)ask->fd, msg, (uint32_t)ask->flags }, 12);
	else
		memcpy(low->arguments, (uint32_t[]){ (uint32_t)ask->fd, msg, 1, (uint32_t)ask->flags }, 16);
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(102), "b"(operation[ask->call]), "c"(low->arguments), "d"(0) : "r8", "r9", "r10", "r11", "memory");
	r = (int)r;
	if (r < 0) {
		errno = (int)-r;
		return -1;
	}
	return r;
#else
	return nowhere();
#endif
}

/* One entry through the rings, as io_uring_setup(2) describes them. */
static long by_ring(const struct ask *ask)
{
	struct io_uring_params p = { 0 };
	struct mmsghdr m;
	struct iovec piece;
	int ring = (int)syscall(SYS_io_uring_setup, 2, &p);

	if (ring < 0 || ask->call == SENDMMSG || ask->call == SENDTO)
		return nowhere();
	make_msg(ask, &m, &piece);
	char *sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	*sqe = (struct io_uring_sqe){ .fd = ask->fd };
	if (ask->call == CONNECT) {
		sqe->opcode = IORING_OP_CONNECT;
		sqe->addr = (unsigned long)ask->to;
		sqe->off = ask->len;
	} else {
		sqe->opcode = IORING_OP_SENDMSG;
		sqe->addr = (unsigned long)&m.msg_hdr;
		sqe->len = 1;
		sqe->msg_flags = (unsigned)ask->flags;
	}
	*(unsigned *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	int result = ((struct io_uring_cqe *)(cq + p.cq_off.cqes))->res;
	errno = -result;
	return result < 0 ? -1 : result;
}

const struct door doors[] = {
	{ "libc", by_libc },       { "syscall", by_syscall }, { "hand", by_hand },
	{ "int80", by_int80 },     { "ring", by_ring },
#ifndef __STATIC__
	{ "dlsym", by_dlsym },     { "handle", by_handle },   { "next", by_next },
	{ "alias", by_alias },     { "deepbind", by_deepbind }, { "second-libc", by_second_libc },
#endif
	{ NULL, NULL },
};
