/*
 * asked: an event of a trace, turned back into the request that it describes.
 *
 * So that the conditions of rules hold or do not hold on a finished trace as
 * they did on the live request. What redaction took out is not there any more,
 * and a header that was left out of the trace is absent.
 */
#ifndef CHECK_ASKED_H
#define CHECK_ASKED_H

#include "rule/expect.h"

struct asked {
	struct request req;
	struct outcome outcome;
	struct slice kind, stream; /* "sql", "job/warehouse/db:5432#0" */
	uint64_t event;            /* ordinal in the trace, from 0 */
	json_t *json;              /* the whole event; owned */
};

/* False: the line is no event. Memory is the arena's; `trace` names the file
 * beside which bodies are kept (NULL: none). */
bool asked_read(struct asked *out, struct slice line, uint64_t event, const char *trace, struct arena *a);
void asked_release(struct asked *a);

/* The body of the event's "req" or "res", or NULL; the caller's reference. */
struct body *asked_body(json_t *payload, const char *trace);

#endif
