/*
 * s3_result: the XML documents of operations that succeeded (S3 API Reference,
 * "Response syntax" of each).
 */
#ifndef SERVICE_S3_RESULT_H
#define SERVICE_S3_RESULT_H

#include "base/buf.h"
#include "port/port.h"

/* False: this operation answers without a document. */
bool s3_result_xml(const struct request *req, const struct object_reply *r, struct buf *b);

#endif
