/*
 * buf: growing bytes with a ceiling and a sticky failure.
 *
 * Write the whole message, then ask once with buf_failed(). After a failure
 * (ceiling reached or out of memory) every write is a no-op, and what was
 * written before stays. `ptr` is never NULL after buf_init and is always
 * NUL-terminated one past `len`, so it may be handed to C string functions.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct buf {
	char *ptr;
	size_t len;  /* bytes written */
	size_t cap;  /* bytes allocated, 0 while ptr is the shared empty string */
	size_t max;  /* ceiling of len */
	bool failed;
};

/* Life. `max` is the ceiling in bytes; init allocates nothing. */
void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
/* Forgets the content and the failure, keeps the memory. */
void buf_reset(struct buf *b);
/* The bytes as a malloc'ed string, the caller's to free; the buf is as after
 * init. NULL when it had failed. */
char *buf_detach(struct buf *b);

/* Write. */
void buf_add(struct buf *b, const void *ptr, size_t len);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t v); /* decimal */
void buf_add_i64(struct buf *b, int64_t v);
void buf_add_be16(struct buf *b, uint16_t v);
void buf_add_be32(struct buf *b, uint32_t v);
void buf_add_be64(struct buf *b, uint64_t v);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
/* Lower-case hex, two digits a byte. */
void buf_add_hex(struct buf *b, const void *ptr, size_t len);
/* RFC 4648 section 4, with padding. */
void buf_add_base64(struct buf *b, const void *ptr, size_t len);
/* The text as a JSON string with its quotes. Bytes that are not UTF-8 become
 * U+FFFD; see slice_is_utf8 in base/utf8.h to ask first. */
void buf_add_json(struct buf *b, struct slice s);

/* `len` bytes to fill in place (then buf_commit), or NULL on failure. */
char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);
/* Overwrites four bytes at `at` (a length known only afterwards). */
void buf_patch_be32(struct buf *b, size_t at, uint32_t v);
/* Drops the first n bytes: what was consumed. */
void buf_drop(struct buf *b, size_t n);
/* Shortens to n bytes. */
void buf_cut(struct buf *b, size_t n);

/* Read. */
static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){ b->ptr, b->len };
}
static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}

#endif
