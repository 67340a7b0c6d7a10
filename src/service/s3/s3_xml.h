/*
 * s3_xml: the XML that S3 reads and writes.
 *
 * Reading is by expat and knows three documents. A document type declaration
 * is refused: S3 has none, and entities are a way to make much out of little.
 */
#ifndef SERVICE_S3_XML_H
#define SERVICE_S3_XML_H

#include "base/buf.h"
#include "port/port.h"

#define S3_PARTS_MAX 10000 /* parts of an upload */
#define S3_DELETE_MAX 1000 /* keys of a DeleteObjects */

/* <CompleteMultipartUpload> into parts; 0, or -1 for what is not that. */
int s3_xml_read_parts(struct slice xml, struct arena *a, struct object_request *o);
/* <Delete> into keys and quiet; 0 or -1. */
int s3_xml_read_delete(struct slice xml, struct arena *a, struct object_request *o);
/* The text of the element's first appearance; false when the document is not
 * well-formed. Absent: the empty slice. */
bool s3_xml_text(struct slice xml, const char *element, struct arena *a, struct slice *text);

/* Writing. */
void s3_xml_begin(struct buf *b, const char *root); /* declaration, <root xmlns="..."> */
void s3_xml_end(struct buf *b, const char *root);
void s3_xml_open(struct buf *b, const char *name);
void s3_xml_close(struct buf *b, const char *name);
void s3_xml_add(struct buf *b, const char *name, struct slice text);
void s3_xml_add_u64(struct buf *b, const char *name, uint64_t value);
void s3_xml_add_bool(struct buf *b, const char *name, bool value);
/* An ETag with its quotes. */
void s3_xml_add_etag(struct buf *b, struct slice etag);

#endif
