/* noise_model: PCRE2 and its limits, for the two files that use them here. */
#ifndef TRACE_NOISE_MODEL_H
#define TRACE_NOISE_MODEL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A pattern that explodes ends as one that does not match. */
pcre2_match_context *noise_limits(void);

#endif
