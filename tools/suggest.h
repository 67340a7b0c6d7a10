/* suggest: the line to paste below a finding, which leaves the place that
 * differs out of the next comparison. */
#ifndef TOOLS_SUGGEST_H
#define TOOLS_SUGGEST_H

#include "base/buf.h"
#include "trace/diff.h"

/* Appends "seam mask add PATH --service S --sum SUM", quoted for a shell; false:
 * there is no such line for the field. `rules`, when given, is the file. */
bool suggest_mask(const struct finding *f, const struct finding_path *p, const char *rules, struct buf *out);
/* Whether the two are numbers of one value: "19.90" and 19.9. */
bool suggest_numeric(const struct finding_path *p);

#endif
