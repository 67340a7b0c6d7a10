/* report_page: the HTML page around the payload. */
#ifndef TOOLS_REPORT_PAGE_H
#define TOOLS_REPORT_PAGE_H

#include <stdbool.h>

#include "base/slice.h"

/* What comes before the payload, or after it. */
struct slice report_page(bool before);

#endif
