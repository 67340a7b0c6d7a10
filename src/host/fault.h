/*
 * fault: what a rule does to a connection instead of an answer, or to an answer
 * on its way (port/faults.def).
 */
#ifndef HOST_FAULT_H
#define HOST_FAULT_H

#include "host/session.h"

/* The answer was made, and part of it may arrive: it is to be encoded. */
bool fault_has_answer(const struct reply *reply);
/* `out` has the encoded answer from `from` on, if there is one, and `tail` its body (taken). */
void fault_begin(struct session *s, size_t from, struct body *tail, bool stay);
/* Whether this request is the one; counts. */
bool fault_due(struct session *s, const struct host_inject *in);
/* The reply as it is, or none yet, with the fault. */
void fault_inject(struct reply *r, const struct host_inject *in);
/* The timer of a session in SESSION_FAULTY. */
void fault_goes_on(struct session *s);

#endif
