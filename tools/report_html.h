/* report_html: one page, offline, of a run and what it is compared with. */
#ifndef TOOLS_REPORT_HTML_H
#define TOOLS_REPORT_HTML_H

/* `seam report TRACE [GOLDEN] --html FILE`; the exit status. */
int report_html(int argc, char **argv);

#endif
