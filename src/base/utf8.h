/*
 * utf8: is it text, and how many characters (RFC 3629).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* Bytes of the well-formed character at the front: 1 to 4; 0 when there is none. */
size_t utf8_char(struct slice s);
/* Well-formed UTF-8 and no NUL byte. */
bool slice_is_utf8(struct slice s);
/* Characters (code points) in a well-formed slice. */
size_t slice_chars(struct slice s);

#endif
