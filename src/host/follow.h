/*
 * follow: expectations and single events watched for while a run goes on, by
 * reading its trace as it grows.
 */
#ifndef HOST_FOLLOW_H
#define HOST_FOLLOW_H

#include "host/inside.h"

struct follow;

/* An expectation: a JSON object, an array of them, a text like "http:slack", or the
 * name of a file (beginning with / or ./). NULL with err. */
struct follow *follow_expect(struct host *h, const char *what, uint64_t since, struct err *err);
/* One event. */
struct follow *follow_event(struct host *h, const char *what, uint64_t since, struct err *err);
void follow_free(struct follow *f);
/* Reads what was written since; whether it holds by now (or the event came). */
bool follow_holds(struct follow *f);
/* What does not hold, and the nearest events. */
void follow_say(struct follow *f, struct buf *out);
/* Where the trace ends now. */
uint64_t follow_here(struct host *h);

#endif
