/*
 * s3_error: S3's error codes with the status and the sentence that belong to
 * each (S3 API Reference, "Error responses"). The table is s3_errors.def.
 */
#ifndef SERVICE_S3_ERROR_H
#define SERVICE_S3_ERROR_H

#include "base/slice.h"

/* 400 for a code that is not in the table. */
int s3_error_status(struct slice code);
/* S3's own sentence; "" for a code that is not in the table. */
const char *s3_error_message(struct slice code);

#endif
