/* To be preloaded: a malloc of its own, which connects and asks for a name now and then, as a
 * profiler that reports by network would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>

#include "client.h"

void *__libc_malloc(size_t size);
void *malloc(size_t size);

void *malloc(size_t size)
{
	static atomic_int calls;
	static __thread int inside;
	int kept = errno;

	if (!inside && ++calls % 3 == 0) {
		inside = 1;
		int fd = reach("192.0.2.7", 8080);
		if (fd >= 0)
			hang_up(fd);
		inside = 0;
	}
	errno = kept;
	return __libc_malloc(size);
}
