/* s3_result: a function a document, a row an operation. */
#include "service/s3/s3_result.h"

#include "codec/http/http_date.h"
#include "service/s3/s3_request.h"
#include "service/s3/s3_xml.h"

#define OWNER_ID "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a" /* that of the S3 documentation */

typedef void document_fn(const struct request *req, const struct object_reply *r, struct buf *b);

/* encoding-type=url: keys as in a URL, '/' stays. */
static void add_key(struct buf *b, const char *name, struct slice key, bool url)
{
	if (!url) {
		s3_xml_add(b, name, key);
		return;
	}
	s3_xml_open(b, name);
	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.ptr[i];
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-_.*/", c)))
			buf_add_char(b, (char)c);
		else if (c == ' ')
			buf_add_char(b, '+');
		else
			buf_addf(b, "%%%02X", c);
	}
	s3_xml_close(b, name);
}

/* The HTTP date of a reply as XML has it. */
static struct slice iso_of(struct slice date, struct arena *a)
{
	int64_t seconds;

	if (!http_date_parse(date, &seconds) || seconds < 0)
		return date;
	return http_date_iso((uint64_t)seconds * 1000000000u, a);
}

static void add_owner(struct buf *b)
{
	buf_add_str(b, "<Owner><ID>" OWNER_ID "</ID><DisplayName>seam</DisplayName></Owner>");
}

static void list_buckets(const struct request *req, const struct object_reply *r, struct buf *b)
{
	(void)req;
	s3_xml_begin(b, "ListAllMyBucketsResult");
	add_owner(b);
	s3_xml_open(b, "Buckets");
	for (size_t i = 0; i < r->nentries; i++) {
		s3_xml_open(b, "Bucket");
		s3_xml_add(b, "Name", r->entries[i].key);
		s3_xml_add(b, "CreationDate", r->entries[i].last_modified);
		s3_xml_close(b, "Bucket");
	}
	s3_xml_close(b, "Buckets");
	s3_xml_end(b, "ListAllMyBucketsResult");
}

static void bucket_location(const struct request *req, const struct object_reply *r, struct buf *b)
{
	const struct slice *region = headers_get(&r->headers, "x-amz-bucket-region");

	(void)req;
	s3_xml_begin(b, "LocationConstraint");
	/* us-east-1 is said by an empty element. */
	if (region && !slice_eq_str(*region, "us-east-1"))
		buf_add_slice(b, *region);
	s3_xml_end(b, "LocationConstraint");
}

static void add_contents(const struct object_reply *r, bool url, bool owner, struct buf *b)
{
	for (size_t i = 0; i < r->nentries; i++) {
		const struct object_entry *e = &r->entries[i];
		s3_xml_open(b, "Contents");
		add_key(b, "Key", e->key, url);
		s3_xml_add(b, "LastModified", e->last_modified);
		s3_xml_add_etag(b, e->etag);
		s3_xml_add_u64(b, "Size", e->size);
		if (owner)
			add_owner(b);
		s3_xml_add(b, "StorageClass", SLICE_LIT("STANDARD"));
		s3_xml_close(b, "Contents");
	}
	for (size_t i = 0; i < r->nprefixes; i++) {
		s3_xml_open(b, "CommonPrefixes");
		add_key(b, "Prefix", r->prefixes[i], url);
		s3_xml_close(b, "CommonPrefixes");
	}
}

static void list_objects(const struct request *req, const struct object_reply *r, struct buf *b)
{
	const struct object_request *o = &req->object;
	bool v2 = slice_eq_str(req->op, "ListObjectsV2");
	bool url = o->http && slice_eq_str(s3_query(o->http, "encoding-type", req->arena), "url");
	bool owner = !v2 || (o->http && slice_eq_str(s3_query(o->http, "fetch-owner", req->arena), "true"));

	s3_xml_begin(b, "ListBucketResult");
	s3_xml_add(b, "Name", o->bucket);
	add_key(b, "Prefix", o->prefix, url);
	if (!v2)
		add_key(b, "Marker", o->start_after, url);
	else if (o->start_after.len)
		add_key(b, "StartAfter", o->start_after, url);
	if (v2 && o->token.len)
		s3_xml_add(b, "ContinuationToken", o->token);
	if (r->next_token.len && v2)
		s3_xml_add(b, "NextContinuationToken", r->next_token);
	else if (r->next_token.len)
		add_key(b, "NextMarker", r->next_token, url);
	if (v2)
		s3_xml_add_u64(b, "KeyCount", r->nentries + r->nprefixes);
	s3_xml_add_u64(b, "MaxKeys", o->max_keys < 0 ? 1000 : (uint64_t)o->max_keys);
	if (o->delimiter.len)
		add_key(b, "Delimiter", o->delimiter, url);
	if (url)
		s3_xml_add(b, "EncodingType", SLICE_LIT("url"));
	s3_xml_add_bool(b, "IsTruncated", r->truncated);
	add_contents(r, url, owner, b);
	s3_xml_end(b, "ListBucketResult");
}

static void copy_result(const struct request *req, const struct object_reply *r, struct buf *b)
{
	const char *root = slice_eq_str(req->op, "CopyObject") ? "CopyObjectResult" : "CopyPartResult";

	s3_xml_begin(b, root);
	s3_xml_add(b, "LastModified", iso_of(r->last_modified, req->arena));
	s3_xml_add_etag(b, r->etag);
	s3_xml_end(b, root);
}

static void create_upload(const struct request *req, const struct object_reply *r, struct buf *b)
{
	s3_xml_begin(b, "InitiateMultipartUploadResult");
	s3_xml_add(b, "Bucket", req->object.bucket);
	s3_xml_add(b, "Key", req->object.key);
	s3_xml_add(b, "UploadId", r->upload_id);
	s3_xml_end(b, "InitiateMultipartUploadResult");
}

static void complete_upload(const struct request *req, const struct object_reply *r, struct buf *b)
{
	const struct object_request *o = &req->object;

	s3_xml_begin(b, "CompleteMultipartUploadResult");
	if (o->http) {
		struct http_request plain = *o->http;
		plain.target = slice_take(plain.target, slice_find(plain.target, '?'));
		s3_xml_add(b, "Location", http_request_url(&plain, req->arena));
	}
	s3_xml_add(b, "Bucket", o->bucket);
	s3_xml_add(b, "Key", o->key);
	s3_xml_add_etag(b, r->etag);
	s3_xml_end(b, "CompleteMultipartUploadResult");
}

static void list_parts(const struct request *req, const struct object_reply *r, struct buf *b)
{
	s3_xml_begin(b, "ListPartsResult");
	s3_xml_add(b, "Bucket", req->object.bucket);
	s3_xml_add(b, "Key", req->object.key);
	s3_xml_add(b, "UploadId", req->object.upload_id);
	add_owner(b);
	s3_xml_add(b, "StorageClass", SLICE_LIT("STANDARD"));
	if (r->next_token.len)
		s3_xml_add(b, "NextPartNumberMarker", r->next_token);
	s3_xml_add_bool(b, "IsTruncated", r->truncated);
	for (size_t i = 0; i < r->nentries; i++) {
		s3_xml_open(b, "Part");
		s3_xml_add_u64(b, "PartNumber", (uint64_t)r->entries[i].part);
		s3_xml_add(b, "LastModified", r->entries[i].last_modified);
		s3_xml_add_etag(b, r->entries[i].etag);
		s3_xml_add_u64(b, "Size", r->entries[i].size);
		s3_xml_close(b, "Part");
	}
	s3_xml_end(b, "ListPartsResult");
}

static void delete_result(const struct request *req, const struct object_reply *r, struct buf *b)
{
	s3_xml_begin(b, "DeleteResult");
	for (size_t i = 0; i < r->nentries; i++) {
		const struct object_entry *e = &r->entries[i];
		if (e->code.len) {
			s3_xml_open(b, "Error");
			s3_xml_add(b, "Key", e->key);
			s3_xml_add(b, "Code", e->code);
			s3_xml_add(b, "Message", e->message);
			s3_xml_close(b, "Error");
		} else if (!req->object.quiet) {
			s3_xml_open(b, "Deleted");
			s3_xml_add(b, "Key", e->key);
			s3_xml_close(b, "Deleted");
		}
	}
	s3_xml_end(b, "DeleteResult");
}

static const struct {
	const char *op;
	document_fn *write;
} documents[] = {
	{"ListBuckets", list_buckets},
	{"GetBucketLocation", bucket_location},
	{"ListObjectsV2", list_objects},
	{"ListObjects", list_objects},
	{"DeleteObjects", delete_result},
	{"CopyObject", copy_result},
	{"UploadPartCopy", copy_result},
	{"CreateMultipartUpload", create_upload},
	{"CompleteMultipartUpload", complete_upload},
	{"ListParts", list_parts},
};

bool s3_result_xml(const struct request *req, const struct object_reply *r, struct buf *b)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		if (!slice_eq_str(req->op, documents[i].op))
			continue;
		documents[i].write(req, r, b);
		return true;
	}
	return false;
}
