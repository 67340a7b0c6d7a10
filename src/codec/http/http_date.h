/*
 * http_date: times as HTTP writes them (RFC 9110 section 5.6.7).
 */
#ifndef CODEC_HTTP_DATE_H
#define CODEC_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

#define HTTP_DATE_LEN 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* `ns` since 1970. The text is NUL-terminated. */
void http_date_format(char text[HTTP_DATE_LEN + 1], uint64_t ns);
struct slice http_date(uint64_t ns, struct arena *a);
/* "1994-11-06T08:49:37.000Z": ISO 8601 with milliseconds, as XML bodies have it. */
struct slice http_date_iso(uint64_t ns, struct arena *a);
/* Seconds since 1970. Reads IMF-fixdate, RFC 850 and asctime dates, as a
 * recipient must. */
bool http_date_parse(struct slice text, int64_t *seconds);

#endif
