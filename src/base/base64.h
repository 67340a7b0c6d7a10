/* base64: reading RFC 4648 section 4 and 5, padding optional. Writing: buf_add_base64. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"

/* Into the arena. False: not base64. */
bool base64_decode(struct slice s, struct arena *a, struct slice *out);

#endif
