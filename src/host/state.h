/*
 * state: what the fakes of a run hold, looked at by name.
 */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include "host/inside.h"

struct served *state_service(struct host *h, const char *name);
/* What the fake says (struct fake_state); service NULL: the states of rules. A new reference, never NULL. */
json_t *state_look(struct host *h, const char *service, json_t *question);
/* Writes a note with the answer for every expectation on a state. */
void state_ask_expected(struct host *h);

#endif
