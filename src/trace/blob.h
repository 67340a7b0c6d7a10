/*
 * blob: bodies beside a trace, named by what they hold: TRACE.blobs/ab/abcd...
 * is the SHA-256 of the bytes. The same body is kept once.
 */
#ifndef TRACE_BLOB_H
#define TRACE_BLOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#define BLOB_HEX 64

/* Lower-case hex of the SHA-256, NUL-terminated. */
void blob_hash(struct slice bytes, char hex[BLOB_HEX + 1]);
/* Writes the bytes beside `trace` unless they are there; hex is their name. */
int blob_put(const char *trace, struct slice bytes, char hex[BLOB_HEX + 1], struct err *err);
/* Appends the bytes of a blob. ERR_IO when it is not there. `hex` is checked:
 * nothing but 64 hex digits becomes a path. */
int blob_get(const char *trace, struct slice hex, struct buf *out, struct err *err);

#endif
