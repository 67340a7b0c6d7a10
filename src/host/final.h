/*
 * final: the tables as a run left them, beside its trace.
 *
 * TRACE.blobs/final.trace is a trace of its own with a line a row, so that it is
 * redacted, made canonical, masked and compared as any other; seam diff --effects
 * reads it. Written when a program wrote to tables, and only beside a trace that
 * was asked for; one that an earlier run left there goes.
 */
#ifndef HOST_FINAL_H
#define HOST_FINAL_H

#include "host/inside.h"

/* A statement was answered: remembers whose tables it may have changed. */
void final_note(struct host *h, const struct request *req, const struct reply *rep);
/* At the end of the run, before the trace is closed. */
void final_write(struct host *h);

#endif
