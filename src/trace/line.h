/* line: the members of one line of a trace, whose order and types are part of
 * the format. What the reader is made of; others ask read.h. */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include "trace/read.h"

/* Finds the members of valid JSON; the sentence (in `room` bytes) names what is
 * wrong, NULL: nothing. Members this version does not know are skipped (a later
 * minor version's). */
const char *line_members(struct slice text, struct trace_line *line, char *sentence, size_t room);
/* What an event must have; NULL: it has it. A golden's events have no seq. */
const char *line_judge(const struct trace_line *line, bool canonical, char *sentence, size_t room);

#endif
