/* final: the tables as a run left them, TRACE.blobs/final.trace (src/host/final.h),
 * for commands that compare and accept. */
#ifndef TOOLS_FINAL_H
#define TOOLS_FINAL_H

#include "trace/read.h"

/* Opens what lies beside an open trace. False: there is none, or it is another run's. */
bool final_open(const struct trace_file *f, struct trace_file **out);

/* Makes what lies beside `run` the golden's, in canonical form; without one the golden
 * has none either. 0, or negative with err. */
int final_accept(const char *golden, const struct trace_file *run, json_t *mask, json_t *normalise, struct err *err);
/* Part of a run was accepted: its tables are not the golden's any more. */
void final_forget(const char *golden);

#endif
