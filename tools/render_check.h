/* render_check: verdicts for people, programs and CI systems. */
#ifndef TOOLS_RENDER_CHECK_H
#define TOOLS_RENDER_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "check/judge.h"

bool render_check_knows(const char *format);
void render_check(FILE *out, const char *format, const char *trace, const struct verdict *list, size_t count, bool verbose, bool color);

/* Pieces that test reports share. */
struct buf;
void render_xml(struct buf *out, struct slice text);
/* Of a GitHub workflow command: `property` also escapes : and , */
void render_github(struct buf *out, struct slice text, bool property);

#endif
