/*
 * http_status: the reason phrases of RFC 9110 section 15, and of the status
 * codes registered by other RFCs.
 */
#ifndef CODEC_HTTP_STATUS_H
#define CODEC_HTTP_STATUS_H

/* Never NULL: an unknown code gets the name of its class. */
const char *http_status_reason(int status);

#define HTTP_NOTHING_ANSWERS 599 /* seam's own: no rule and no fake answered */

#endif
