/*
 * sys: system calls that leave no mark.
 *
 * The shim's own traffic must not touch errno, must not be a cancellation
 * point and must not come back through a door. syscall(2) with errno put back
 * gives all three. The result is the kernel's: negative numbers are -errno.
 */
#ifndef SHIM_SYS_H
#define SHIM_SYS_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define sys(...)                               \
	__extension__({                        \
		int kept_ = errno;             \
		long r_ = syscall(__VA_ARGS__);\
		if (r_ == -1)                  \
			r_ = -errno;           \
		errno = kept_;                 \
		r_;                            \
	})

#endif
