/* s3_request: tables of operations, read from the top: the first row that fits
 * names the operation. */
#include "service/s3/s3_request.h"

enum target { ON_SERVICE, ON_BUCKET, ON_OBJECT };

struct row {
	enum target target;
	const char *method;
	const char *query;  /* a field that must be there, NULL: none */
	const char *header; /* a header that must be there, NULL: none */
	const char *op;
};

static const struct row rows[] = {
	{ON_SERVICE, "GET", NULL, NULL, "ListBuckets"},
	{ON_BUCKET, "GET", "location", NULL, "GetBucketLocation"},
	{ON_BUCKET, "GET", "list-type", NULL, "ListObjectsV2"},
	{ON_BUCKET, "GET", "uploads", NULL, "ListMultipartUploads"},
	{ON_BUCKET, "GET", "versions", NULL, "ListObjectVersions"},
	{ON_BUCKET, "POST", "delete", NULL, "DeleteObjects"},
	{ON_BUCKET, "POST", NULL, NULL, "PostObject"},
	{ON_BUCKET, "HEAD", NULL, NULL, "HeadBucket"},
	{ON_OBJECT, "GET", "uploadId", NULL, "ListParts"},
	{ON_OBJECT, "GET", "attributes", NULL, "GetObjectAttributes"},
	{ON_OBJECT, "GET", "torrent", NULL, "GetObjectTorrent"},
	{ON_OBJECT, "HEAD", NULL, NULL, "HeadObject"},
	{ON_OBJECT, "PUT", "uploadId", "x-amz-copy-source", "UploadPartCopy"},
	{ON_OBJECT, "PUT", "uploadId", NULL, "UploadPart"},
	{ON_OBJECT, "POST", "uploads", NULL, "CreateMultipartUpload"},
	{ON_OBJECT, "POST", "uploadId", NULL, "CompleteMultipartUpload"},
	{ON_OBJECT, "POST", "select", NULL, "SelectObjectContent"},
	{ON_OBJECT, "POST", "restore", NULL, "RestoreObject"},
	{ON_OBJECT, "DELETE", "uploadId", NULL, "AbortMultipartUpload"},
};

/* Sub-resources with operations of their own: Get, Put and Delete before the
 * name given here. */
static const struct {
	enum target target;
	const char *query, *name;
} resources[] = {
	{ON_BUCKET, "accelerate", "BucketAccelerateConfiguration"},
	{ON_BUCKET, "acl", "BucketAcl"},
	{ON_BUCKET, "analytics", "BucketAnalyticsConfiguration"},
	{ON_BUCKET, "cors", "BucketCors"},
	{ON_BUCKET, "encryption", "BucketEncryption"},
	{ON_BUCKET, "intelligent-tiering", "BucketIntelligentTieringConfiguration"},
	{ON_BUCKET, "inventory", "BucketInventoryConfiguration"},
	{ON_BUCKET, "lifecycle", "BucketLifecycleConfiguration"},
	{ON_BUCKET, "logging", "BucketLogging"},
	{ON_BUCKET, "metrics", "BucketMetricsConfiguration"},
	{ON_BUCKET, "notification", "BucketNotificationConfiguration"},
	{ON_BUCKET, "object-lock", "ObjectLockConfiguration"},
	{ON_BUCKET, "ownershipControls", "BucketOwnershipControls"},
	{ON_BUCKET, "policy", "BucketPolicy"},
	{ON_BUCKET, "policyStatus", "BucketPolicyStatus"},
	{ON_BUCKET, "publicAccessBlock", "PublicAccessBlock"},
	{ON_BUCKET, "replication", "BucketReplication"},
	{ON_BUCKET, "requestPayment", "BucketRequestPayment"},
	{ON_BUCKET, "tagging", "BucketTagging"},
	{ON_BUCKET, "versioning", "BucketVersioning"},
	{ON_BUCKET, "website", "BucketWebsite"},
	{ON_OBJECT, "acl", "ObjectAcl"},
	{ON_OBJECT, "legal-hold", "ObjectLegalHold"},
	{ON_OBJECT, "retention", "ObjectRetention"},
	{ON_OBJECT, "tagging", "ObjectTagging"},
};

static const struct row plain[] = {
	{ON_BUCKET, "GET", NULL, NULL, "ListObjects"},
	{ON_BUCKET, "PUT", NULL, NULL, "CreateBucket"},
	{ON_BUCKET, "DELETE", NULL, NULL, "DeleteBucket"},
	{ON_OBJECT, "GET", NULL, NULL, "GetObject"},
	{ON_OBJECT, "PUT", NULL, "x-amz-copy-source", "CopyObject"},
	{ON_OBJECT, "PUT", NULL, NULL, "PutObject"},
	{ON_OBJECT, "DELETE", NULL, NULL, "DeleteObject"},
};

struct slice s3_query(const struct http_request *http, const char *name, struct arena *a)
{
	struct slice v = SLICE_NONE;

	http_query_get(http->query, name, a, &v);
	return v;
}

struct slice s3_header(const struct http_request *http, const char *name)
{
	const struct slice *v = headers_get(&http->headers, name);

	return v ? *v : SLICE_NONE;
}

static bool has_query(const struct http_request *http, const char *name, struct arena *a)
{
	struct slice ignored;

	return http_query_get(http->query, name, a, &ignored);
}

static const char *find_row(const struct row *table, size_t n, enum target target, const struct http_request *http, struct arena *a)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &table[i];
		if (r->target == target && slice_eq_str(http->method, r->method) && (!r->query || has_query(http, r->query, a)) &&
		    (!r->header || headers_get(&http->headers, r->header)))
			return r->op;
	}
	return NULL;
}

static struct slice resource_op(enum target target, const struct http_request *http, struct arena *a)
{
	const char *verb = slice_eq_str(http->method, "GET")      ? "Get"
			   : slice_eq_str(http->method, "PUT")    ? "Put"
			   : slice_eq_str(http->method, "DELETE") ? "Delete"
								  : NULL;

	for (size_t i = 0; verb && i < sizeof(resources) / sizeof(resources[0]); i++)
		if (resources[i].target == target && has_query(http, resources[i].query, a))
			return arena_printf(a, "%s%s", verb, resources[i].name);
	return SLICE_NONE;
}

static struct slice find_op(enum target target, const struct http_request *http, struct arena *a)
{
	const char *op = find_row(rows, sizeof(rows) / sizeof(rows[0]), target, http, a);

	if (op)
		return slice_str(op);
	struct slice resource = resource_op(target, http, a);
	if (resource.len)
		return resource;
	op = find_row(plain, sizeof(plain) / sizeof(plain[0]), target, http, a);
	/* OPTIONS is a browser's preflight; other methods have no S3 name. */
	return op ? slice_str(op) : http->method;
}

/* "/bucket/key?versionId=...", percent-encoded. */
static struct slice read_copy_source(struct slice v, struct arena *a)
{
	struct slice path = slice_take(v, slice_find_slice(v, SLICE_LIT("?versionId=")));

	if (path.len && path.ptr[0] == '/')
		path = slice_skip(path, 1);
	return http_unescape(path, false, a);
}

static void read_meta(const struct http_request *http, struct object_request *o, struct arena *a)
{
	static const struct slice prefix = { "x-amz-meta-", 11 };

	for (size_t i = 0; i < http->headers.count; i++) {
		const struct header *h = &http->headers.list[i];
		if (h->name.len > prefix.len && slice_eq_nocase(slice_take(h->name, prefix.len), prefix))
			headers_add(&o->meta, a, slice_skip(h->name, prefix.len), h->value);
	}
}

void s3_request_read(const struct s3_hosts *hosts, const struct http_request *http, struct request *req)
{
	struct object_request *o = &req->object;
	struct arena *a = req->arena;
	int64_t n;

	s3_address(hosts, http, a, &o->bucket, &o->key);
	req->port = PORT_OBJECT;
	req->op = find_op(o->key.len ? ON_OBJECT : o->bucket.len ? ON_BUCKET : ON_SERVICE, http, a);
	req->sum = o->bucket.len ? arena_printf(a, "%.*s %.*s", SLICE_ARG(req->op), SLICE_ARG(o->bucket)) : req->op;
	o->http = http;
	o->prefix = s3_query(http, "prefix", a);
	o->delimiter = s3_query(http, "delimiter", a);
	o->start_after = s3_query(http, slice_eq_str(req->op, "ListObjects") ? "marker" : "start-after", a);
	o->token = s3_query(http, "continuation-token", a);
	o->max_keys = slice_to_i64(s3_query(http, "max-keys", a), &n) ? n : -1;
	o->range = s3_header(http, "range");
	o->content_type = s3_header(http, "content-type");
	o->copy_source = read_copy_source(s3_header(http, "x-amz-copy-source"), a);
	o->upload_id = s3_query(http, "uploadId", a);
	o->part = slice_to_i64(s3_query(http, "partNumber", a), &n) && n > 0 && n < 1000000 ? (int)n : 0;
	read_meta(http, o, a);
}
