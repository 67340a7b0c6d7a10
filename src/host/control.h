/*
 * control: reading what a frame carries, and asking the rules about a connection.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "base/slice.h"

/* Takes the next {uint16_t len, bytes} off *rest; false when it is cut short. */
bool control_string(struct slice *rest, struct slice *out);

struct host;
struct process;
struct wire_ask;
struct wire_verdict;

/* Rules on connect: puts a refusal and its error, or a delay, into *v, which says
 * "redirected" before. A refusal is in the trace then. */
void control_ask_rules(struct host *h, const struct wire_ask *f, struct process *p, struct wire_verdict *v);

#endif
