/* arena: blocks in a list, each twice as large as the last. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCK_FIRST (16 * 1024)      /* one HTTP head or SQL statement with room to spare */
#define BLOCK_LARGEST (1024 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(16) char bytes[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

static void free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
}

void arena_release(struct arena *a)
{
	free_blocks(a->first);
	arena_init(a);
}

void arena_reset(struct arena *a)
{
	if (!a->first)
		return;
	free_blocks(a->first->next);
	a->first->next = NULL;
	a->first->used = 0;
	a->current = a->first;
}

static struct arena_block *add_block(struct arena *a, size_t size)
{
	size_t want = a->current ? a->current->size * 2 : BLOCK_FIRST;

	if (want > BLOCK_LARGEST)
		want = BLOCK_LARGEST;
	if (want < size)
		want = size;
	struct arena_block *b = malloc(sizeof(*b) + want);
	if (!b) {
		fprintf(stderr, "seam: memory: %zu bytes could not be had\n", size);
		abort();
	}
	*b = (struct arena_block){ .size = want };
	if (a->current)
		a->current->next = b;
	else
		a->first = b;
	return a->current = b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->current;

	size = (size + 15) & ~(size_t)15;
	if (!b || b->size - b->used < size)
		b = add_block(a, size);
	void *p = b->bytes + b->used;
	b->used += size;
	return p;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

struct slice arena_slice(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return slice_of(p, s.len);
}

char *arena_str(struct arena *a, const char *s)
{
	struct slice copy = arena_slice(a, slice_str(s));

	return (char *)copy.ptr;
}

struct slice arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return slice_of(p, (size_t)n);
}

struct slice arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct slice s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
