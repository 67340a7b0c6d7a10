/* export: a recording in another tool's format. Each returns how many spans,
 * slices or entries it wrote. */
#ifndef TOOLS_EXPORT_H
#define TOOLS_EXPORT_H

#include <stdio.h>

#include "base/buf.h"
#include "trace/read.h"

size_t export_otlp(const struct trace_file *f, FILE *out);
size_t export_perfetto(const struct trace_file *f, FILE *out);
size_t export_har(const struct trace_file *f, FILE *out);

/* The run's start in nanoseconds since 1970; 0: the header does not say. */
uint64_t export_start_ns(const struct trace_file *f);

#endif
