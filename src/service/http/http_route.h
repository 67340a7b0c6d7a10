/*
 * http_route: the low-cardinality line of a request: "GET /v1/jobs/{id}".
 *
 * Segments of the path that look like an identifier are replaced: a number, a
 * date, a UUID, a run of hex digits, a long random word. A rule's path template
 * may put a better name in its place later.
 */
#ifndef SERVICE_HTTP_ROUTE_H
#define SERVICE_HTTP_ROUTE_H

#include "port/port.h"

struct slice http_route(const struct http_request *r, struct arena *a);

#endif
