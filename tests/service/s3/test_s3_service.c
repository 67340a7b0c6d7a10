/* The object store as a client sees it: requests in, replies out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_talk.h"
#include "suites.h"

extern const struct service_type service_s3;

static struct talk talk;

static void start(void)
{
	talk_init(&talk, &service_s3, "{\"at\":[\"*.lake.test\"]}", NULL);
}

static void stop(void)
{
	talk_release(&talk);
}

#define say(method, target, headers, body) talk_send(&talk, method, target, headers, body)

static void check_has(const char *got, const char *want)
{
	ck_assert_msg(strstr(got, want) != NULL, "not in the reply: %s\n%s", want, got);
}

static void check_status(const char *got, int status)
{
	char line[16];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	ck_assert_msg(strncmp(got, line, strlen(line)) == 0, "wanted %d, got\n%s", status, got);
}

/* The text of an XML element of the last reply. */
static struct slice element(const char *name)
{
	static char found[4096];
	char open[64];
	const char *body = talk_body(&talk), *at, *end;

	snprintf(open, sizeof(open), "<%s>", name);
	at = strstr(body, open);
	ck_assert_msg(at != NULL, "no %s in\n%s", open, body);
	at += strlen(open);
	end = strchr(at, '<');
	snprintf(found, sizeof(found), "%.*s", (int)(end - at), at);
	return slice_str(found);
}

START_TEST(an_object_is_written_read_and_deleted)
{
	const char *got = say("PUT", "/raw/a/b.txt", "Content-Type: text/plain\r\nx-amz-meta-Owner: me\r\nCache-Control: no-store\r\n", "hello");

	check_status(got, 200);
	check_has(got, "ETag: \"5d41402abc4b2a76b9719d911017c592\"\r\n");
	check_has(got, "x-amz-request-id: ");
	got = talk_sayf(&talk, "GET /a/b.txt HTTP/1.1\r\nHost: raw.s3.eu-west-1.amazonaws.com\r\n\r\n");
	check_status(got, 200);
	check_has(got, "Content-Type: text/plain\r\n");
	check_has(got, "x-amz-meta-owner: me\r\n");
	check_has(got, "Cache-Control: no-store\r\n");
	check_has(got, "Last-Modified: " TALK_DATE "\r\n");
	check_has(got, "Content-Length: 5\r\n");
	ck_assert_str_eq(talk_body(&talk), "hello");
	got = talk_sayf(&talk, "HEAD /a/b.txt HTTP/1.1\r\nHost: raw.lake.test\r\n\r\n");
	check_has(got, "Content-Length: 5\r\n");
	ck_assert_str_eq(talk_body(&talk), "");
	check_status(say("DELETE", "/raw/a/b.txt", "", ""), 204);
	check_status(say("DELETE", "/raw/a/b.txt", "", ""), 204);
	check_status(say("GET", "/raw/a/b.txt", "", ""), 404);
}
END_TEST

START_TEST(errors_are_the_documents_of_s3)
{
	check_status(say("GET", "/never/k", "", ""), 404);
	static const char begin[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchBucket</Code>"
				    "<Message>The specified bucket does not exist</Message><BucketName>never</BucketName><RequestId>";
	ck_assert_ptr_eq(strstr(talk_body(&talk), begin), talk_body(&talk));
	say("PUT", "/raw/x", "", "");
	check_status(say("GET", "/raw/k", "", ""), 404);
	check_has(talk_body(&talk), "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key>");
	check_status(say("DELETE", "/raw", "", ""), 409);
	check_has(talk_body(&talk), "<Code>BucketNotEmpty</Code>");
	check_status(say("GET", "/raw?versioning", "", ""), 501);
	check_has(talk_body(&talk), "GetBucketVersioning");
	check_status(say("PUT", "/UPPER/k", "", ""), 400);
	check_has(talk_body(&talk), "<Code>InvalidBucketName</Code>");
	check_status(say("GET", "/raw/x?versionId=v1", "", ""), 404);
	check_has(talk_body(&talk), "<Code>NoSuchVersion</Code>");
	check_status(talk_sayf(&talk, "HEAD /raw/k HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"), 404);
	ck_assert_str_eq(talk_body(&talk), "");
}
END_TEST

START_TEST(sums_are_verified_and_given_back)
{
	check_status(say("PUT", "/raw/k", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hello"), 200);
	check_status(say("PUT", "/raw/k", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hellO"), 400);
	check_has(talk_body(&talk), "<Code>BadDigest</Code>");
	say("PUT", "/raw/k", "Content-MD5: short\r\n", "hello");
	check_has(talk_body(&talk), "<Code>InvalidDigest</Code>");
	say("PUT", "/raw/k", "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9825\r\n", "hello");
	check_has(talk_body(&talk), "<Code>XAmzContentSHA256Mismatch</Code>");
	check_has(say("PUT", "/raw/k", "x-amz-checksum-crc32: NhCmhg==\r\n", "hello"), "x-amz-checksum-crc32: NhCmhg==\r\n");
	check_has(say("GET", "/raw/k", "x-amz-checksum-mode: ENABLED\r\n", ""), "x-amz-checksum-crc32: NhCmhg==\r\n");
	ck_assert_ptr_null(strstr(say("GET", "/raw/k", "", ""), "x-amz-checksum"));
	say("PUT", "/raw/k", "x-amz-checksum-crc32: AAAAAA==\r\n", "hello");
	check_has(talk_body(&talk), "<Code>BadDigest</Code>");
}
END_TEST

#define STREAMING "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nContent-Encoding: aws-chunked,gzip\r\n"

START_TEST(the_chunk_coding_is_no_part_of_the_object)
{
	check_status(say("PUT", "/raw/k", STREAMING "x-amz-trailer: x-amz-checksum-crc32\r\nx-amz-decoded-content-length: 5\r\n",
			 "3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), 200);
	check_has(say("GET", "/raw/k", "", ""), "Content-Encoding: gzip\r\n");
	ck_assert_str_eq(talk_body(&talk), "hello");
	say("PUT", "/raw/k", STREAMING "x-amz-trailer: x-amz-checksum-crc32\r\n", "5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
	check_has(talk_body(&talk), "<Code>BadDigest</Code>");
	say("PUT", "/raw/k", STREAMING "x-amz-decoded-content-length: 6\r\n", "5\r\nhello\r\n0\r\n\r\n");
	check_has(talk_body(&talk), "<Code>IncompleteBody</Code>");
	say("PUT", "/raw/k", STREAMING, "5\r\nhello\r\n");
	check_has(talk_body(&talk), "<Code>IncompleteBody</Code>");
	check_status(say("PUT", "/raw/k", STREAMING, "x\r\nhello\r\n"), 400);
	ck_assert_int_eq(talk.log.last, DECODE_BAD);
}
END_TEST

START_TEST(ranges_give_their_part)
{
	static const struct {
		const char *range;
		int status;
		const char *content_range, *body;
	} rows[] = {
		{"bytes=0-3", 206, "bytes 0-3/10", "0123"},
		{"bytes=7-", 206, "bytes 7-9/10", "789"},
		{"bytes=-2", 206, "bytes 8-9/10", "89"},
		{"bytes=-99", 206, "bytes 0-9/10", "0123456789"},
		{"bytes=8-99", 206, "bytes 8-9/10", "89"},
		{"bytes=10-", 416, "bytes */10", NULL},
		{"bytes=-0", 416, "bytes */10", NULL},
		{"bytes=5-4", 200, NULL, "0123456789"},
		{"bytes=0-1,3-4", 200, NULL, "0123456789"},
		{"lines=1-2", 200, NULL, "0123456789"},
	};
	char header[128], want[64];

	say("PUT", "/raw/k", "", "0123456789");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(header, sizeof(header), "Range: %s\r\n", rows[i].range);
		const char *got = say("GET", "/raw/k", header, "");
		check_status(got, rows[i].status);
		if (rows[i].content_range) {
			snprintf(want, sizeof(want), "Content-Range: %s\r\n", rows[i].content_range);
			check_has(got, want);
		}
		if (rows[i].body)
			ck_assert_str_eq(talk_body(&talk), rows[i].body);
	}
	const char *head = talk_sayf(&talk, "HEAD /raw/k HTTP/1.1\r\nHost: s3.amazonaws.com\r\nRange: bytes=2-4\r\n\r\n");
	check_status(head, 206);
	check_has(head, "Content-Length: 3\r\n");
	say("PUT", "/raw/empty", "", "");
	check_status(say("GET", "/raw/empty", "Range: bytes=0-0\r\n", ""), 416);
}
END_TEST

START_TEST(conditions_hold_or_fail)
{
#define ETAG "\"5d41402abc4b2a76b9719d911017c592\""
	static const struct {
		const char *method, *header;
		int status;
	} rows[] = {
		{"GET", "If-Match: " ETAG, 200},
		{"GET", "If-Match: \"x\", " ETAG, 200},
		{"GET", "If-Match: *", 200},
		{"GET", "If-Match: \"x\"", 412},
		{"GET", "If-None-Match: " ETAG, 304},
		{"GET", "If-None-Match: \"x\"", 200},
		{"GET", "If-Modified-Since: " TALK_DATE, 304},
		{"GET", "If-Modified-Since: Wed, 19 Nov 2025 11:14:46 GMT", 200},
		{"GET", "If-Unmodified-Since: " TALK_DATE, 200},
		{"GET", "If-Unmodified-Since: Wed, 19 Nov 2025 11:14:46 GMT", 412},
		{"PUT", "If-None-Match: *", 412},
		{"PUT", "If-Match: \"x\"", 412},
		{"PUT", "If-Match: " ETAG, 200},
	};
	char header[256];

	say("PUT", "/raw/k", "", "hello");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(header, sizeof(header), "%s\r\n", rows[i].header);
		check_status(say(rows[i].method, "/raw/k", header, rows[i].method[0] == 'P' ? "hello" : ""), rows[i].status);
	}
	check_status(say("PUT", "/raw/new", "If-None-Match: *\r\n", ""), 200);
	check_status(say("PUT", "/raw/newer", "If-Match: " ETAG "\r\n", ""), 404);
}
END_TEST

static void put_keys(void)
{
	static const char *const keys[] = {"a", "b/1", "b/2", "b/c/3", "b0", "c d", "\xc3\xa9"};
	char target[64];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(target, sizeof(target), "/raw/%s", strcmp(keys[i], "c d") == 0 ? "c%20d" : keys[i]);
		check_status(say("PUT", target, "", "x"), 200);
	}
}

/* Keys and prefixes of the last listing: "a b/ c". */
static const char *listed(void)
{
	static char line[1024];
	const char *at = talk_body(&talk), *contents = strstr(at, "<Contents>"), *common = strstr(at, "<CommonPrefixes>");

	line[0] = '\0';
	at = contents && (!common || contents < common) ? contents : common;
	while (at && (contents = strstr(at, "<Key>"), common = strstr(at, "<Prefix>"), contents || common)) {
		const char *next = contents && (!common || contents < common) ? contents + 5 : common + 8;
		size_t used = strlen(line);
		snprintf(line + used, sizeof(line) - used, "%s%.*s", used ? " " : "", (int)strcspn(next, "<"), next);
		at = next;
	}
	return line;
}

START_TEST(listings_are_ordered_rolled_up_and_paged)
{
	put_keys();
	say("GET", "/raw?list-type=2", "", "");
	ck_assert_str_eq(listed(), "a b/1 b/2 b/c/3 b0 c d \xc3\xa9");
	say("GET", "/raw?list-type=2&encoding-type=url", "", "");
	ck_assert_str_eq(listed(), "a b/1 b/2 b/c/3 b0 c+d %C3%A9");
	say("GET", "/raw?list-type=2&delimiter=/", "", "");
	ck_assert_str_eq(listed(), "a b0 c d \xc3\xa9 b/");
	ck_assert(slice_eq_str(element("KeyCount"), "5"));
	say("GET", "/raw?list-type=2&prefix=b/&delimiter=/", "", "");
	ck_assert_str_eq(listed(), "b/1 b/2 b/c/");
	say("GET", "/raw?list-type=2&start-after=b/2", "", "");
	ck_assert_str_eq(listed(), "b/c/3 b0 c d \xc3\xa9");
	say("GET", "/raw?list-type=2&prefix=zz", "", "");
	ck_assert_str_eq(listed(), "");
	say("GET", "/raw?list-type=2&max-keys=0", "", "");
	ck_assert(slice_eq_str(element("IsTruncated"), "false"));
	check_status(say("GET", "/raw?list-type=2&max-keys=x", "", ""), 400);
	check_status(say("GET", "/raw?list-type=2&continuation-token=zz", "", ""), 400);
	check_status(say("GET", "/never?list-type=2", "", ""), 404);
}
END_TEST

START_TEST(pages_join_without_gap_or_repeat)
{
	static const char *const versions[] = {"list-type=2", "list-type=1"};
	char target[512], all[512];

	put_keys();
	for (int v1 = 0; v1 < 2; v1++) {
		char next[256] = "";
		int pages = 0;
		all[0] = '\0';
		do {
			snprintf(target, sizeof(target), "/raw?%s&delimiter=/&max-keys=2%s%s", v1 ? "x=1" : versions[0],
				 *next ? (v1 ? "&marker=" : "&continuation-token=") : "", next);
			check_status(say("GET", target, "", ""), 200);
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s|", listed());
			if (slice_eq_str(element("IsTruncated"), "false"))
				break;
			snprintf(next, sizeof(next), "%s", element(v1 ? "NextMarker" : "NextContinuationToken").ptr);
			for (char *c = next; (c = strchr(c, ' '));)
				*c = '+';
		} while (++pages < 9);
		ck_assert_str_eq(all, "a b/|b0 c d|\xc3\xa9|");
	}
}
END_TEST

START_TEST(many_are_deleted_at_once)
{
	put_keys();
	check_status(say("POST", "/raw?delete", "", "<Delete><Object><Key>b/1</Key></Object><Object><Key>none</Key></Object></Delete>"), 200);
	check_has(talk_body(&talk), "<Deleted><Key>b/1</Key></Deleted><Deleted><Key>none</Key></Deleted>");
	check_status(say("POST", "/raw?delete", "", "<Delete><Quiet>true</Quiet><Object><Key>b/2</Key></Object></Delete>"), 200);
	ck_assert_ptr_null(strstr(talk_body(&talk), "<Deleted>"));
	check_status(say("POST", "/raw?delete", "", "<Delete>"), 400);
	check_has(talk_body(&talk), "<Code>MalformedXML</Code>");
	say("GET", "/raw?list-type=2&prefix=b", "", "");
	ck_assert_str_eq(listed(), "b/c/3 b0");
}
END_TEST

START_TEST(objects_are_copied_with_or_without_their_metadata)
{
	say("PUT", "/raw/a%20b", "Content-Type: text/csv\r\nx-amz-meta-k: v\r\n", "hello");
	check_status(say("PUT", "/other/c", "x-amz-copy-source: /raw/a%20b\r\n", ""), 200);
	check_has(talk_body(&talk), "<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LastModified>2025-11-20T11:14:46.000Z</LastModified>"
				    "<ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag>");
	check_has(say("GET", "/other/c", "", ""), "x-amz-meta-k: v\r\n");
	ck_assert_str_eq(talk_body(&talk), "hello");
	check_status(say("PUT", "/raw/a%20b", "x-amz-copy-source: raw/a%20b\r\n", ""), 400);
	check_status(say("PUT", "/raw/a%20b", "x-amz-copy-source: raw/a%20b\r\nx-amz-metadata-directive: REPLACE\r\nx-amz-meta-n: w\r\n", ""), 200);
	const char *got = say("GET", "/raw/a%20b", "", "");
	check_has(got, "x-amz-meta-n: w\r\n");
	ck_assert_ptr_null(strstr(got, "x-amz-meta-k"));
	check_has(say("PUT", "/raw/d", "x-amz-copy-source: raw/none\r\n", ""), "<Code>NoSuchKey</Code>");
	check_has(say("PUT", "/raw/d", "x-amz-copy-source: raw/a%20b\r\nx-amz-copy-source-if-match: \"x\"\r\n", ""), "<Code>PreconditionFailed</Code>");
}
END_TEST

static const char *upload_part(const char *id, int number, size_t size)
{
	struct buf b;

	buf_init(&b, 64 * 1024 * 1024);
	buf_addf(&b, "PUT /raw/m?partNumber=%d&uploadId=%s HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: %zu\r\n\r\n", number, id, size);
	memset(buf_reserve(&b, size), 'p', size);
	buf_commit(&b, size);
	const char *got = talk_say(&talk, buf_slice(&b));
	buf_release(&b);
	return got;
}

START_TEST(uploads_in_parts_become_one_object)
{
	const size_t part = 5 * 1024 * 1024;
	char id[64], target[128], complete[512], first[33], second[33];

	check_status(say("POST", "/raw/m?uploads", "Content-Type: text/x\r\n", ""), 200);
	snprintf(id, sizeof(id), "%s", element("UploadId").ptr);
	const char *got = upload_part(id, 2, 3);
	check_status(got, 200);
	snprintf(second, sizeof(second), "%.32s", strstr(got, "ETag: \"") + 7);
	got = upload_part(id, 1, part);
	snprintf(first, sizeof(first), "%.32s", strstr(got, "ETag: \"") + 7);

	snprintf(target, sizeof(target), "/raw/m?uploadId=%s", id);
	check_status(say("GET", target, "", ""), 200);
	check_has(talk_body(&talk), "<PartNumber>1</PartNumber>");
	check_status(say("GET", "/raw/m", "", ""), 404);

	snprintf(complete, sizeof(complete), "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>%s</ETag></Part>"
		 "<Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part></CompleteMultipartUpload>", second, first);
	check_has(say("POST", target, "", complete), "<Code>InvalidPartOrder</Code>");
	snprintf(complete, sizeof(complete), "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part></CompleteMultipartUpload>", second);
	check_has(say("POST", target, "", complete), "<Code>InvalidPart</Code>");
	snprintf(complete, sizeof(complete), "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"%s\"</ETag></Part>"
		 "<Part><PartNumber>2</PartNumber><ETag>\"%s\"</ETag></Part></CompleteMultipartUpload>", first, second);
	check_status(say("POST", target, "", complete), 200);
	/* md5sum over the two binary MD5s: what AWS computes */
	check_has(talk_body(&talk), "<ETag>&quot;067185bbc98b432314a3aae7b5afc18d-2&quot;</ETag>");
	check_has(say("GET", "/raw/m", "Range: bytes=5242879-5242882\r\n", ""), "Content-Range: bytes 5242879-5242882/5242883\r\n");
	ck_assert_str_eq(talk_body(&talk), "pppp");
	check_has(say("GET", target, "", ""), "<Code>NoSuchUpload</Code>");
}
END_TEST

START_TEST(small_parts_bad_numbers_and_aborted_uploads_are_refused)
{
	char id[64], target[128], complete[512];

	say("POST", "/raw/m?uploads", "", "");
	snprintf(id, sizeof(id), "%s", element("UploadId").ptr);
	check_has(upload_part(id, 0, 1), "<Code>InvalidArgument</Code>");
	check_has(upload_part(id, 10001, 1), "<Code>InvalidArgument</Code>");
	check_has(upload_part("none", 1, 1), "<Code>NoSuchUpload</Code>");
	check_status(upload_part(id, 1, 1), 200);
	check_status(upload_part(id, 2, 1), 200);
	snprintf(target, sizeof(target), "/raw/m?uploadId=%s", id);
	snprintf(complete, sizeof(complete), "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>83878c91171338902e0fe0fb97a8c47a</ETag></Part>"
		 "<Part><PartNumber>2</PartNumber><ETag>83878c91171338902e0fe0fb97a8c47a</ETag></Part></CompleteMultipartUpload>");
	check_has(say("POST", target, "", complete), "<Code>EntityTooSmall</Code>");
	check_status(say("DELETE", target, "", ""), 204);
	check_has(say("GET", target, "", ""), "<Code>NoSuchUpload</Code>");
}
END_TEST

START_TEST(buckets_come_and_go)
{
	check_status(say("PUT", "/fresh", "", ""), 200);
	check_status(say("PUT", "/fresh", "", ""), 200); /* us-east-1 allows it */
	check_status(say("PUT", "/north", "", "<CreateBucketConfiguration><LocationConstraint>eu-north-1</LocationConstraint></CreateBucketConfiguration>"), 200);
	check_has(say("PUT", "/north", "", ""), "<Code>BucketAlreadyOwnedByYou</Code>");
	check_has(say("GET", "/north?location", "", ""), "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">eu-north-1</LocationConstraint>");
	check_has(say("GET", "/fresh?location", "", ""), "doc/2006-03-01/\"></LocationConstraint>");
	check_has(talk_sayf(&talk, "HEAD /north HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"), "x-amz-bucket-region: eu-north-1\r\n");
	say("GET", "/", "", "");
	check_has(talk_body(&talk), "<Bucket><Name>fresh</Name><CreationDate>2025-11-20T11:14:46.000Z</CreationDate></Bucket><Bucket><Name>north</Name>");
	check_status(say("DELETE", "/fresh", "", ""), 204);
	check_status(say("DELETE", "/fresh", "", ""), 404);
}
END_TEST

START_TEST(buckets_are_not_made_when_the_declaration_says_so)
{
	struct talk strict;

	talk_init(&strict, &service_s3, "{\"create_buckets\":false,\"seed\":[{\"bucket\":\"raw\"}]}", NULL);
	check_has(talk_send(&strict, "PUT", "/lake/k", "", "x"), "<Code>NoSuchBucket</Code>");
	check_status(talk_send(&strict, "PUT", "/raw/k", "", "x"), 200);
	check_status(talk_send(&strict, "PUT", "/lake", "", ""), 200);
	check_status(talk_send(&strict, "PUT", "/lake/k", "", "x"), 200);
	talk_release(&strict);
}
END_TEST

START_TEST(the_ceiling_is_kept_and_named)
{
	struct talk small;

	talk_init(&small, &service_s3, "{\"memory\":\"1KiB\"}", NULL);
	struct buf b;
	buf_init(&b, 4096);
	for (int i = 0; i < 1000; i++)
		buf_add_char(&b, 'x');
	check_status(talk_send(&small, "PUT", "/raw/k", "", b.ptr), 200);
	check_status(talk_send(&small, "PUT", "/raw/k", "", b.ptr), 200); /* in the place of the first */
	check_status(talk_send(&small, "PUT", "/raw/l", "", b.ptr), 503);
	check_has(talk_body(&small), "holds 1000 of at most 1024 bytes");
	check_status(talk_send(&small, "DELETE", "/raw/k", "", ""), 204);
	check_status(talk_send(&small, "PUT", "/raw/l", "", b.ptr), 200);
	buf_release(&b);
	talk_release(&small);
}
END_TEST

START_TEST(names_and_metadata_have_their_limits)
{
	char target[1100], header[2200];

	memset(target, 'k', sizeof(target));
	memcpy(target, "/raw/", 5);
	target[5 + 1024] = '\0';
	check_status(say("PUT", target, "", ""), 200);
	target[5 + 1024] = 'k';
	target[5 + 1025] = '\0';
	check_has(say("PUT", target, "", ""), "<Code>KeyTooLongError</Code>");
	memset(header, 'v', sizeof(header));
	memcpy(header, "x-amz-meta-k: ", 14);
	memcpy(header + 14 + 2047, "\r\n", 3);
	check_status(say("PUT", "/raw/k", header, ""), 200);
	memcpy(header + 14 + 2047, "vv\r\n", 5);
	check_has(say("PUT", "/raw/k", header, ""), "<Code>MetadataTooLarge</Code>");
}
END_TEST

static void answer_by_rule(void *arg, void *state, struct request *req, struct reply *reply)
{
	(void)arg;
	(void)state;
	reply->by = BY_RULE;
	if (slice_eq_str(req->object.key, "error")) {
		reply->failed = true;
		reply->object.code = SLICE_LIT("SlowDown");
	} else if (slice_eq_str(req->object.key, "text")) {
		reply->object.body = body_of(SLICE_LIT("hello"));
	} else if (slice_eq_str(req->object.key, "http")) {
		reply->port = PORT_HTTP;
		reply->http.status = 418;
		reply->http.body = body_of(SLICE_LIT("tea"));
	} else if (slice_eq_str(req->object.key, "none")) {
		reply->by = BY_NONE;
	}
}

START_TEST(rules_may_answer_in_words_of_objects_or_of_http)
{
	talk.script.answer = answer_by_rule;
	check_status(say("PUT", "/raw/error", "", "x"), 503);
	check_has(talk_body(&talk), "<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>");
	check_has(say("GET", "/raw/text", "", ""), "ETag: \"5d41402abc4b2a76b9719d911017c592\"\r\n");
	ck_assert_str_eq(talk_body(&talk), "hello");
	check_status(say("GET", "/raw/http", "", ""), 418);
	ck_assert_str_eq(talk_body(&talk), "tea");
	check_status(say("GET", "/raw/none", "", ""), 599);
	check_has(talk_body(&talk), "<Code>NothingAnswers</Code><Message>seam: nothing answers GetObject raw/none</Message>");
	check_has(say("PUT", "/raw/fine", "", "hello"), "ETag: \"5d41402abc4b2a76b9719d911017c592\"\r\n");
}
END_TEST

START_TEST(any_cut_of_the_bytes_gives_the_same_requests)
{
	static const char in[] =
		"PUT /raw/k HTTP/1.1\r\nHost: s3.amazonaws.com\r\nTransfer-Encoding: chunked\r\n" STREAMING
		"x-amz-trailer: x-amz-checksum-crc32\r\n\r\n"
		"1c\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-chec\r\n17\r\nksum-crc32:NhCmhg==\r\n\r\n\r\n0\r\n\r\n"
		"GET /raw/k HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"
		"POST /raw?delete HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: 53\r\n\r\n<Delete><Object><Key>k</Key></Object></Delete>       ";

	talk.script.sent_may_differ = true; /* request ids go on counting */
	codec_test_three(&talk.script, slice_str(in));
}
END_TEST

/* ---- seeds ------------------------------------------------------------ */

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(seeds_are_there_from_the_start)
{
	char folder[] = "/tmp/test_s3_seed.XXXXXX", path[512], declaration[1024];
	struct talk seeded;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sub", folder);
	mkdir(path, 0700);
	write_file(folder, "b.json", "{}");
	write_file(path, "c.csv", "1,2\n");
	snprintf(declaration, sizeof(declaration),
		 "{\"seed\":[{\"bucket\":\"raw\",\"dir\":\"%s/\",\"prefix\":\"in/\"},{\"bucket\":\"raw\",\"key\":\"t\",\"text\":[\"a\",\"b\"],\"meta\":{\"k\":\"v\"}},"
		 "{\"bucket\":\"raw\",\"key\":\"j\",\"json\":{\"a\":1}},{\"bucket\":\"raw\",\"key\":\"f\",\"file\":\"%s/b.json\"},"
		 "{\"bucket\":\"raw\",\"key\":\"x\",\"base64\":\"aGVsbG8=\",\"type\":\"text/x\"},{\"bucket\":\"empty\"}]}", folder, folder);
	talk_init(&seeded, &service_s3, declaration, NULL);
	talk_send(&seeded, "GET", "/raw?list-type=2", "", "");
	const char *const keys[] = {"<Key>f</Key>", "<Key>in/b.json</Key>", "<Key>in/sub/c.csv</Key>", "<Key>j</Key>", "<Key>t</Key>", "<Key>x</Key>"};
	for (size_t i = 0; i < 6; i++)
		check_has(talk_body(&seeded), keys[i]);
	check_has(talk_send(&seeded, "GET", "/raw/in/sub/c.csv", "", ""), "Content-Type: text/csv\r\n");
	check_has(talk_send(&seeded, "GET", "/raw/t", "", ""), "x-amz-meta-k: v\r\n");
	ck_assert_str_eq(talk_body(&seeded), "a\nb");
	check_has(talk_send(&seeded, "GET", "/raw/x", "", ""), "Content-Type: text/x\r\n");
	ck_assert_str_eq(talk_body(&seeded), "hello");
	talk_send(&seeded, "GET", "/raw/j", "", "");
	ck_assert_str_eq(talk_body(&seeded), "{\"a\":1}");
	check_status(talk_send(&seeded, "GET", "/empty?list-type=2", "", ""), 200);
	talk_release(&seeded);
	snprintf(path, sizeof(path), "rm -r %s", folder);
	ck_assert_int_eq(system(path), 0);
}
END_TEST

START_TEST(wrong_declarations_are_named_with_their_place)
{
	static const struct {
		const char *declaration, *message;
	} rows[] = {
		{"{\"memory\":\"lots\"}", "memory: not a size: write a number of bytes, or \"512MiB\", \"2GiB\""},
		{"{\"keys\":[]}", "keys: not an object of access key ids and their secrets: {\"AKIA...\": \"secret\"}"},
		{"{\"keys\":{\"a\":1}}", "keys: the secret of \"a\" is not a string"},
		{"{\"create_buckets\":\"no\"}", "create_buckets: neither true nor false"},
		{"{\"seed\":{}}", "seed: not an array of seed rows"},
		{"{\"seed\":[1]}", "seed[0]: not an object: {\"bucket\": ..., \"dir\": ...}"},
		{"{\"seed\":[{\"key\":\"a\"}]}", "seed[0].bucket: a seed row needs the name of a bucket"},
		{"{\"seed\":[{\"bucket\":\"b\",\"kye\":\"a\"}]}", "seed[0]: unknown member \"kye\" of a seed row, did you mean \"key\"?"},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"\"}]}", "seed[0].key: not a key: write a string that is not empty"},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"a\"}]}", "seed[0]: an object has one of \"text\", \"json\", \"file\", \"base64\""},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"a\",\"text\":\"\",\"json\":1}]}", "seed[0]: an object has one of \"text\", \"json\", \"file\", \"base64\""},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"a\",\"dir\":\"x\"}]}", "seed[0]: a row has either \"dir\" or \"key\""},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"a\",\"text\":1}]}", "seed[0].text: neither a string nor an array of strings"},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"a\",\"base64\":\"a\"}]}", "seed[0].base64: not base64 (RFC 4648 section 4, with padding)"},
		{"{\"seed\":[{\"bucket\":\"b\",\"key\":\"a\",\"file\":\"/none/x\"}]}", "seed[0].file: cannot read /none/x: No such file or directory"},
		{"{\"seed\":[{\"bucket\":\"b\"},{\"bucket\":\"b\",\"dir\":\"/none\"}]}", "seed[1].dir: cannot read /none: No such file or directory"},
		{"{\"memory\":2,\"seed\":[{\"bucket\":\"b\",\"key\":\"a\",\"text\":\"abc\"}]}", "seed[0]: the seed is larger than the service's memory: raise \"memory\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jsondoc doc;
		struct err err = {0};
		void *fake = NULL;
		ck_assert_int_eq(jsondoc_parse(&doc, "rules.json", rows[i].declaration, strlen(rows[i].declaration), &err), 0);
		const struct service_config config = { .doc = &doc, .path = "", .json = doc.root, .folder = "", .now_ns = talk_now };
		ck_assert_int_lt(service_s3.fake->new(&fake, &config, &err), 0);
		ck_assert_ptr_null(fake);
		ck_assert_msg(strstr(err.text, rows[i].message) != NULL, "%s\n got  %s\n want %s", rows[i].declaration, err.text, rows[i].message);
		ck_assert_int_eq(err.line, 1);
		jsondoc_release(&doc);
	}
}
END_TEST

Suite *suite_s3_service(void);
Suite *suite_s3_service(void)
{
	Suite *s = suite_create("s3_service");
	TCase *tc = tcase_create("all");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 60);
	SUITE_TEST(an_object_is_written_read_and_deleted);
	SUITE_TEST(errors_are_the_documents_of_s3);
	SUITE_TEST(sums_are_verified_and_given_back);
	SUITE_TEST(the_chunk_coding_is_no_part_of_the_object);
	SUITE_TEST(ranges_give_their_part);
	SUITE_TEST(conditions_hold_or_fail);
	SUITE_TEST(listings_are_ordered_rolled_up_and_paged);
	SUITE_TEST(pages_join_without_gap_or_repeat);
	SUITE_TEST(many_are_deleted_at_once);
	SUITE_TEST(objects_are_copied_with_or_without_their_metadata);
	SUITE_TEST(uploads_in_parts_become_one_object);
	SUITE_TEST(small_parts_bad_numbers_and_aborted_uploads_are_refused);
	SUITE_TEST(buckets_come_and_go);
	SUITE_TEST(buckets_are_not_made_when_the_declaration_says_so);
	SUITE_TEST(the_ceiling_is_kept_and_named);
	SUITE_TEST(names_and_metadata_have_their_limits);
	SUITE_TEST(rules_may_answer_in_words_of_objects_or_of_http);
	SUITE_TEST(any_cut_of_the_bytes_gives_the_same_requests);
	SUITE_TEST(seeds_are_there_from_the_start);
	SUITE_TEST(wrong_declarations_are_named_with_their_place);
	return s;
}
