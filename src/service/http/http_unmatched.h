/*
 * http_unmatched: what a program is told when nothing answers it, or when what
 * it sent is no HTTP: JSON with one sentence and the near miss.
 */
#ifndef SERVICE_HTTP_UNMATCHED_H
#define SERVICE_HTTP_UNMATCHED_H

#include "codec/http/http_exchange.h"
#include "port/port.h"

/* Status 599. r->body is the caller's to free. `why` may be NULL. */
void http_unmatched(const struct request *req, const struct why *why, struct http_reply *r);
/* The refusal of what the exchange's parser found. */
void http_complain(struct http_exchange *x, uint64_t now_ns, struct buf *out);

#endif
