/* body_shape: what kind of thing a body is and how large, in a few words, so that
 * a differing body that nobody reads as text says what kind of change it was. */
#ifndef TRACE_BODY_SHAPE_H
#define TRACE_BODY_SHAPE_H

#include "base/buf.h"

/* Appends "parquet, 120 rows, columns id total", "csv, 600 rows, columns id day",
 * "json, array of 3", "gzip, 812 bytes", "812 bytes". */
void body_shape(struct slice bytes, struct buf *out);

#endif
