/* The pieces of the object store that stand alone: addresses, sums, the
 * aws-chunked coding, ordered keys, XML, operations. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/s3/s3_address.h"
#include "service/s3/s3_chunked.h"
#include "service/s3/s3_digest.h"
#include "service/s3/s3_order.h"
#include "service/s3/s3_request.h"
#include "service/s3/s3_xml.h"
#include "suites.h"

static struct arena arena;

static void start(void)
{
	arena_init(&arena);
}

static void stop(void)
{
	arena_release(&arena);
}

START_TEST(hosts_name_buckets_as_aws_and_the_declaration_say)
{
	static const struct {
		const char *host, *bucket;
	} rows[] = {
		{"lake.s3.amazonaws.com", "lake"},
		{"LAKE.S3.amazonaws.com:443", "lake"},
		{"s3.amazonaws.com", ""},
		{"s3.eu-west-1.amazonaws.com", ""},
		{"s3-us-west-2.amazonaws.com", ""},
		{"lake.s3.eu-west-1.amazonaws.com", "lake"},
		{"lake.s3-us-west-2.amazonaws.com", "lake"},
		{"a.b.c.s3.eu-west-1.amazonaws.com", "a.b.c"},
		{"lake.s3.dualstack.eu-west-1.amazonaws.com", "lake"},
		{"s3.dualstack.eu-west-1.amazonaws.com", ""},
		{"lake.s3-fips.us-gov-west-1.amazonaws.com", "lake"},
		{"lake.s3-accelerate.amazonaws.com", "lake"},
		{"lake.s3.cn-north-1.amazonaws.com.cn", "lake"},
		{"minio:9000", ""},
		{"lake.minio:9000", "lake"},
		{"lake.storage.example", "lake"},
		{"storage.example", ""},
		{"127.0.0.1:9000", ""},
		{"[::1]:9000", ""},
		{"other.example", ""},
		{"", ""},
	};
	json_t *at = json_pack("[s,s,s,s]", "minio:9000", "*.minio:9000", "*.Storage.Example", "s3.*.amazonaws.com:443");
	struct s3_hosts hosts;

	s3_hosts_init(&hosts, at);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice got = s3_host_bucket(&hosts, slice_str(rows[i].host), &arena);
		ck_assert_msg(slice_eq_str(got, rows[i].bucket), "%s: \"%.*s\"", rows[i].host, SLICE_ARG(got));
	}
	s3_hosts_release(&hosts);
	json_decref(at);
}
END_TEST

START_TEST(paths_split_into_bucket_and_key)
{
	static const struct {
		const char *host, *path, *bucket, *key;
	} rows[] = {
		{"s3.amazonaws.com", "/", "", ""},
		{"s3.amazonaws.com", "/lake", "lake", ""},
		{"s3.amazonaws.com", "/lake/", "lake", ""},
		{"s3.amazonaws.com", "/lake/a//b/", "lake", "a//b/"},
		{"lake.s3.amazonaws.com", "/", "lake", ""},
		{"lake.s3.amazonaws.com", "/a/b", "lake", "a/b"},
		{"lake.s3.amazonaws.com", "//b", "lake", "/b"},
	};
	struct s3_hosts none = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request r = { .authority = slice_str(rows[i].host), .path = slice_str(rows[i].path) };
		struct slice bucket, key;
		s3_address(&none, &r, &arena, &bucket, &key);
		ck_assert_msg(slice_eq_str(bucket, rows[i].bucket) && slice_eq_str(key, rows[i].key), "%s%s: %.*s %.*s", rows[i].host,
			      rows[i].path, SLICE_ARG(bucket), SLICE_ARG(key));
	}
}
END_TEST

START_TEST(requests_have_the_names_of_operations)
{
	static const struct {
		const char *method, *path, *query, *header, *op;
	} rows[] = {
		{"GET", "/", NULL, NULL, "ListBuckets"},
		{"GET", "/b", NULL, NULL, "ListObjects"},
		{"GET", "/b", "list-type=2&prefix=a", NULL, "ListObjectsV2"},
		{"GET", "/b", "location", NULL, "GetBucketLocation"},
		{"GET", "/b", "acl", NULL, "GetBucketAcl"},
		{"PUT", "/b", "lifecycle", NULL, "PutBucketLifecycleConfiguration"},
		{"DELETE", "/b", "policy=", NULL, "DeleteBucketPolicy"},
		{"PUT", "/b", NULL, NULL, "CreateBucket"},
		{"HEAD", "/b", NULL, NULL, "HeadBucket"},
		{"DELETE", "/b/", NULL, NULL, "DeleteBucket"},
		{"POST", "/b", "delete", NULL, "DeleteObjects"},
		{"GET", "/b/k", "x-id=GetObject", NULL, "GetObject"},
		{"HEAD", "/b/k", NULL, NULL, "HeadObject"},
		{"PUT", "/b/k", NULL, NULL, "PutObject"},
		{"PUT", "/b/k", NULL, "x-amz-copy-source", "CopyObject"},
		{"DELETE", "/b/k", NULL, NULL, "DeleteObject"},
		{"POST", "/b/k", "uploads", NULL, "CreateMultipartUpload"},
		{"PUT", "/b/k", "partNumber=1&uploadId=u", NULL, "UploadPart"},
		{"PUT", "/b/k", "partNumber=1&uploadId=u", "x-amz-copy-source", "UploadPartCopy"},
		{"POST", "/b/k", "uploadId=u", NULL, "CompleteMultipartUpload"},
		{"DELETE", "/b/k", "uploadId=u", NULL, "AbortMultipartUpload"},
		{"GET", "/b/k", "uploadId=u", NULL, "ListParts"},
		{"GET", "/b/k", "tagging", NULL, "GetObjectTagging"},
		{"OPTIONS", "/b/k", NULL, NULL, "OPTIONS"},
	};
	struct s3_hosts none = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request http = { .method = slice_str(rows[i].method), .path = slice_str(rows[i].path), .query = slice_str(rows[i].query),
					     .authority = SLICE_LIT("s3.amazonaws.com") };
		struct request req = { .arena = &arena };
		if (rows[i].header)
			headers_add(&http.headers, &arena, slice_str(rows[i].header), SLICE_LIT("/b/a%20b?versionId=null"));
		s3_request_read(&none, &http, &req);
		ck_assert_msg(slice_eq_str(req.op, rows[i].op), "%s %s?%s: %.*s", rows[i].method, rows[i].path, rows[i].query, SLICE_ARG(req.op));
		if (rows[i].header)
			ck_assert(slice_eq_str(req.object.copy_source, "b/a b"));
	}
}
END_TEST

/* ---- sums ------------------------------------------------------------- */

START_TEST(sums_agree_with_published_values)
{
	/* "123456789": the check values of the CRC catalogue, as S3 encodes them; the SHA sums are those of sha1sum and sha256sum. */
	static const struct {
		const char *name, *text;
	} rows[] = {
		{"CRC32", "y/Q5Jg=="},
		{"crc32c", "4waSgw=="},
		{"CRC64NVME", "rosUhgp5mIg="},
		{"SHA1", "98O8HYCOBHMq32eZZczDTKeuNEE="},
		{"sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct s3_digest d;
		struct s3_sums sums;
		s3_digest_begin(&d, true, s3_checksum_by_name(slice_str(rows[i].name)));
		s3_digest_add(&d, SLICE_LIT("1234"));
		s3_digest_add(&d, SLICE_LIT(""));
		s3_digest_add(&d, SLICE_LIT("56789"));
		s3_digest_end(&d, &arena, &sums);
		ck_assert_msg(slice_eq_str(sums.checksum_text, rows[i].text), "%s: %.*s", rows[i].name, SLICE_ARG(sums.checksum_text));
		ck_assert_str_eq(sums.etag, "25f9e794323b453885f5181f1b624d0b");
		ck_assert(slice_eq_str(sums.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"));
		ck_assert_uint_eq(sums.size, 9);
	}
}
END_TEST

/* ---- aws-chunked ------------------------------------------------------ */

static int gather(void *to, struct slice piece)
{
	buf_add_slice(to, piece);
	return 0;
}

static int mark(void *to, struct slice signature)
{
	buf_addf(to, "[%.*s]", SLICE_ARG(signature));
	return 0;
}

static void check_chunked(const char *in, size_t piece, const char *want)
{
	struct s3_chunked c;
	struct buf got;
	int r = 0;

	buf_init(&got, 4096);
	const struct s3_chunk_sink sink = { .to = &got, .data = gather, .chunk = mark };
	s3_chunked_begin(&c);
	for (struct slice rest = slice_str(in); rest.len && !r; rest = slice_skip(rest, piece))
		r = s3_chunked_push(&c, slice_take(rest, piece), &arena, &sink);
	buf_add_str(&got, r ? " bad" : s3_chunked_whole(&c) ? " whole" : " part");
	for (size_t i = 0; i < c.trailers.count; i++)
		buf_addf(&got, " %.*s=%.*s", SLICE_ARG(c.trailers.list[i].name), SLICE_ARG(c.trailers.list[i].value));
	ck_assert_msg(strcmp(got.ptr, want) == 0, "pieces of %zu: %s, want %s", piece, got.ptr, want);
	s3_chunked_release(&c);
	buf_release(&got);
}

START_TEST(the_chunk_coding_comes_off_in_pieces_of_any_size)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "abc[]0123456789[][] whole"},
		{"3;chunk-signature=ff\r\nabc\r\n0;chunk-signature=00\r\n\r\n", "abc[ff][00] whole"},
		{"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "[] whole x-amz-checksum-crc32=AAAAAA=="},
		{"3\r\nabc\r\n0\r\nx: 1\r\n", "abc[][] whole x=1"},
		{"3\r\nab", "ab part"},
		{"3\r\nabc\r\n", "abc[] part"},
		{"3\r\nabcd\r\n", "abc[] bad"},
		{"zz\r\n", " bad"},
		{"\r\n", " bad"},
		{"1234567890123456\r\n", " bad"},
		{"0\r\nno colon\r\n\r\n", "[] bad"},
		{"0\r\n\r\nmore", "[] bad"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 64; piece++)
			check_chunked(rows[i].in, piece, rows[i].want);
}
END_TEST

/* ---- ordered keys ----------------------------------------------------- */

static struct slice key_of(unsigned n)
{
	/* Knuth's multiplicative hash: all keys once, in a scattered order. */
	return arena_printf(&arena, "%010u", n * 2654435761u);
}

START_TEST(a_hundred_thousand_keys_stay_in_order)
{
	const unsigned n = 100000;
	struct s3_order o;
	struct slice key, last = SLICE_NONE;
	struct s3_place at = {0};
	size_t count = 0;

	s3_order_init(&o);
	for (unsigned i = 0; i < n; i++)
		ck_assert_ptr_null(s3_order_set(&o, key_of(i), &o));
	ck_assert_uint_eq(o.count, n);
	ck_assert_ptr_eq(s3_order_set(&o, key_of(7), &arena), &o);
	ck_assert_ptr_eq(s3_order_get(&o, key_of(7)), &arena);
	ck_assert_ptr_null(s3_order_get(&o, SLICE_LIT("x")));
	while (s3_order_next(&o, &at, &key)) {
		ck_assert_int_lt(slice_cmp(last, key), 0);
		last = key;
		count++;
	}
	ck_assert_uint_eq(count, n);
	for (unsigned i = 0; i < n; i += 2)
		ck_assert_ptr_nonnull(s3_order_take(&o, key_of(i)));
	ck_assert_ptr_null(s3_order_take(&o, key_of(0)));
	ck_assert_uint_eq(o.count, n / 2);
	for (unsigned i = 1; i < n; i += 2)
		ck_assert_ptr_nonnull(s3_order_take(&o, key_of(i)));
	ck_assert_uint_eq(o.nleaves, 0);
	s3_order_release(&o);
}
END_TEST

START_TEST(seeking_finds_the_next_key)
{
	static const char *const keys[] = {"b", "d", "f"};
	static const struct {
		const char *key;
		bool beyond;
		const char *want;
	} rows[] = {{"a", false, "b"}, {"b", false, "b"}, {"b", true, "d"}, {"c", true, "d"}, {"f", true, NULL}, {"g", false, NULL}, {"", false, "b"}};
	struct s3_order o;

	s3_order_init(&o);
	ck_assert_ptr_null(s3_order_get(&o, SLICE_LIT("b")));
	for (size_t i = 0; i < 3; i++)
		s3_order_set(&o, slice_str(keys[i]), &o);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct s3_place at = s3_order_seek(&o, slice_str(rows[i].key), rows[i].beyond);
		struct slice key = SLICE_NONE;
		bool found = s3_order_next(&o, &at, &key) != NULL;
		ck_assert_msg(found == (rows[i].want != NULL) && (!found || slice_eq_str(key, rows[i].want)), "%s", rows[i].key);
	}
	s3_order_release(&o);
}
END_TEST

/* ---- XML -------------------------------------------------------------- */

START_TEST(documents_are_read_and_others_refused)
{
	struct object_request o = {0};

	ck_assert_int_eq(s3_xml_read_delete(SLICE_LIT("<Delete><Quiet>true</Quiet><Object><Key> a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>"), &arena, &o), 0);
	ck_assert_uint_eq(o.nkeys, 2);
	ck_assert(o.quiet && slice_eq_str(o.keys[0], " a&b"));
	ck_assert_int_eq(s3_xml_read_parts(SLICE_LIT("<CompleteMultipartUpload xmlns=\"x\"><Part><ETag>\"ab\"</ETag><PartNumber>1</PartNumber></Part>"
						     "<Part><PartNumber>2</PartNumber><ETag>&quot;cd&quot;</ETag></Part></CompleteMultipartUpload>"), &arena, &o), 0);
	ck_assert_uint_eq(o.nparts, 2);
	ck_assert(slice_eq_str(o.parts[0].etag, "ab") && o.parts[1].number == 2 && slice_eq_str(o.parts[1].etag, "cd"));

	static const char *const bad[] = {
		"", "<Delete>", "<Other/>", "<Delete/>", "<Delete><Object><Key>a</Key></Object></Delete>x",
		"<!DOCTYPE Delete [<!ENTITY a \"b\">]><Delete><Object><Key>&a;</Key></Object></Delete>",
		"<Delete><a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q></q></p></o></n></m></l></k></j></i></h></g></f></e></d></c></b></a></Delete>",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct object_request none = {0};
		ck_assert_msg(s3_xml_read_delete(slice_str(bad[i]), &arena, &none) < 0, "%s", bad[i]);
	}
	struct object_request none = {0};
	ck_assert_int_lt(s3_xml_read_parts(SLICE_LIT("<CompleteMultipartUpload><Part><PartNumber>99999</PartNumber></Part></CompleteMultipartUpload>"), &arena, &none), 0);
}
END_TEST

START_TEST(text_is_escaped)
{
	struct buf b;

	buf_init(&b, 4096);
	s3_xml_add(&b, "Key", SLICE_LIT("a<b>&\"c\"\n\xc3\xa9"));
	ck_assert_str_eq(b.ptr, "<Key>a&lt;b&gt;&amp;&quot;c&quot;&#10;\xc3\xa9</Key>");
	buf_release(&b);
}
END_TEST

Suite *suite_s3_parts(void);
Suite *suite_s3_parts(void)
{
	Suite *s = suite_create("s3_parts");
	TCase *tc = tcase_create("all");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 60);
	SUITE_TEST(hosts_name_buckets_as_aws_and_the_declaration_say);
	SUITE_TEST(paths_split_into_bucket_and_key);
	SUITE_TEST(requests_have_the_names_of_operations);
	SUITE_TEST(sums_agree_with_published_values);
	SUITE_TEST(the_chunk_coding_comes_off_in_pieces_of_any_size);
	SUITE_TEST(a_hundred_thousand_keys_stay_in_order);
	SUITE_TEST(seeking_finds_the_next_key);
	SUITE_TEST(documents_are_read_and_others_refused);
	SUITE_TEST(text_is_escaped);
	return s;
}
