/*
 * correlate: finds the values of declared correlation fields in an event.
 *
 * Supported of the grammar in path.h: http.header.NAME, http.query.NAME,
 * s3.meta.NAME and a.NAME from the attributes; json.PATH from the JSON bodies;
 * sql.param.N; sql.column.NAME from the rows of a result whose columns are
 * known (attribute seam.columns) and from INSERT ... (columns) VALUES (...),
 * parameters and constants.
 */
#ifndef TRACE_CORRELATE_H
#define TRACE_CORRELATE_H

#include "base/buf.h"
#include "trace/event.h"
#include "trace/path.h"

/* What is found is told one by one; the same value may come twice. */
typedef void correlate_found(void *arg, struct slice value);

void correlate_event(const struct paths *declared, const struct event *e, correlate_found *found, void *arg);

#endif
