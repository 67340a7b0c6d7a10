/*
 * body: the bytes of one request or reply, however many.
 *
 * Up to BODY_INLINE bytes stay in memory, more go to an unlinked file in the
 * folder given to body_store (the run directory's blobs/). A body is counted:
 * an object store keeps what an upload brought without copying it.
 *
 * Two rules: a body is complete before it is shared (no append after the
 * second body_ref), and reading never changes it.
 */
#ifndef PORT_BODY_H
#define PORT_BODY_H

#include "base/buf.h"
#include "base/slice.h"

#define BODY_INLINE (1024 * 1024) /* bytes kept in memory; design: bodies above 1 MiB go to files */

struct body;

/* Folder for large bodies, for the whole process; NULL: the system's temporary
 * folder. Copied. */
void body_store(const char *folder);

/* Life. An empty body; never NULL. */
struct body *body_new(void);
struct body *body_of(struct slice bytes);      /* copies */
struct body *body_ref(struct body *b);         /* NULL gives NULL */
void body_free(struct body *b);                /* drops one reference; NULL is fine */

/* Write. 0, or -1 when the file could not be written (the body is then cut). */
int body_append(struct body *b, struct slice bytes);

/* Read. */
uint64_t body_size(const struct body *b);      /* bytes; 0 for NULL */
/* All of it as one slice: the memory, or the file mapped on first use. The
 * slice lives as long as the body. Empty for NULL. */
struct slice body_slice(struct body *b);
/* Copies at most `len` bytes from `offset`; the count copied. */
size_t body_read(struct body *b, uint64_t offset, char *out, size_t len);

#endif
