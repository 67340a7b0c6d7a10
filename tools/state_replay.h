/*
 * state_replay: the fakes as they were at some event of a trace: made anew from
 * the trace's own rule files, and asked again what they were asked.
 */
#ifndef TOOLS_STATE_REPLAY_H
#define TOOLS_STATE_REPLAY_H

#include <jansson.h>

#include "base/err.h"
#include "trace/read.h"

struct state_replay;

/* Up to and with event `at` (-1: all). 0, or negative with err. */
int state_replay_new(struct state_replay **out, struct trace_file *f, int64_t at, struct err *err);
void state_replay_free(struct state_replay *r);

/* {"name": protocol} of services that hold something. */
json_t *state_replay_services(const struct state_replay *r);
/* A fake's answer (struct fake_state); a new reference, never NULL. */
json_t *state_replay_look(struct state_replay *r, const char *service, json_t *question);

#endif
