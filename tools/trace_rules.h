/*
 * trace_rules: what the commands that read traces take from rule files and from
 * the command line alike.
 */
#ifndef TOOLS_TRACE_RULES_H
#define TOOLS_TRACE_RULES_H

#include <jansson.h>

#include "rule/rule.h"
#include "trace/read.h"


/* As tool_rules; a file may also hold an array of expectations alone. */
int tool_expectations(const char *command, const char *const *files, size_t count, struct rules **out);
/* Loads the files, printing every error. 0, or the exit status. No files: NULL. */
int tool_rules(const char *command, const char *const *files, size_t count, struct rules **out);

#define TOOL_WAIT_MS 60000 /* for the trailer of a run that is ending */
/* Opens a trace, printing the error. 0, or the exit status. */
int tool_trace(const char *command, const char *path, bool lenient, struct trace_file **out);

#endif
