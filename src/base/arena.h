/*
 * arena: memory that is freed all at once.
 *
 * One arena serves one request: everything decoded, matched and answered for
 * it is allocated here and dropped with arena_reset() once the reply is
 * written. Nothing allocated from an arena is freed on its own. Allocation
 * never returns NULL: out of memory ends the host with a message (the shim
 * does not use arenas).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *first, *current;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
/* Forgets everything, keeps one block for the next request. */
void arena_reset(struct arena *a);

/* Aligned for any type, not zeroed. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_zalloc(struct arena *a, size_t size);
/* NUL-terminated copies. */
char *arena_str(struct arena *a, const char *s);
struct slice arena_slice(struct arena *a, struct slice s);
struct slice arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct slice arena_vprintf(struct arena *a, const char *fmt, va_list ap);

#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_zalloc((a), sizeof(type) * (count)))

#endif
