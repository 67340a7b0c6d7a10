/* Signatures, by the worked examples of the S3 API Reference ("Authenticating
 * requests": header, presigned URL, chunked upload), and what is refused. */
#include <check.h>

#include "http_talk.h"
#include "service/s3/s3_sigv4.h"
#include "suites.h"

extern const struct service_type service_s3;

/* 2013-05-24 00:00:00 UTC: the date of the examples. */
#define EXAMPLE_NS 1369353600000000000u
#define KEYS "{\"keys\":{\"AKIAIOSFODNN7EXAMPLE\":\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"},\"seed\":[{\"bucket\":\"examplebucket\",\"key\":\"test.txt\",\"text\":\"hello\"}]}"
#define EMPTY_SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define CREDENTIAL "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
#define GET_SIGNATURE "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"

static struct talk talk;

static void start(void)
{
	talk_init(&talk, &service_s3, KEYS, NULL);
}

static void stop(void)
{
	talk_release(&talk);
}

static const char *get_signed(const char *path, const char *credential, const char *signature, const char *range)
{
	return talk_sayf(&talk,
			 "GET %s HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nAuthorization: AWS4-HMAC-SHA256 %s,"
			 "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=%s\r\nRange: %s\r\n"
			 "x-amz-content-sha256: " EMPTY_SHA "\r\nx-amz-date: 20130524T000000Z\r\n\r\n",
			 path, credential, signature, range);
}

START_TEST(the_header_example_is_accepted)
{
	const char *got = get_signed("/test.txt", CREDENTIAL, GET_SIGNATURE, "bytes=0-9");

	ck_assert_msg(strstr(got, "HTTP/1.1 206 "), "%s", got);
	ck_assert_str_eq(talk_body(&talk), "hello");
}
END_TEST

START_TEST(any_change_breaks_the_signature)
{
	ck_assert(strstr(get_signed("/test2.txt", CREDENTIAL, GET_SIGNATURE, "bytes=0-9"), "<Code>SignatureDoesNotMatch</Code>"));
	ck_assert(strstr(get_signed("/test.txt", CREDENTIAL, GET_SIGNATURE, "bytes=0-8"), "<Code>SignatureDoesNotMatch</Code>"));
	ck_assert(strstr(get_signed("/test.txt?x=1", CREDENTIAL, GET_SIGNATURE, "bytes=0-9"), "<Code>SignatureDoesNotMatch</Code>"));
	ck_assert(strstr(get_signed("/test.txt", CREDENTIAL, "00", "bytes=0-9"), "HTTP/1.1 403 Forbidden"));
	ck_assert(strstr(get_signed("/test.txt", "Credential=AKIANOBODY/20130524/us-east-1/s3/aws4_request", GET_SIGNATURE, "bytes=0-9"),
			 "<Code>InvalidAccessKeyId</Code>"));
	ck_assert(strstr(get_signed("/test.txt", "Credential=AKIAIOSFODNN7EXAMPLE/us-east-1/s3", GET_SIGNATURE, "bytes=0-9"),
			 "<Code>AuthorizationHeaderMalformed</Code>"));
	ck_assert(strstr(get_signed("/test.txt", "Credential=AKIAIOSFODNN7EXAMPLE/20130525/us-east-1/s3/aws4_request", GET_SIGNATURE, "bytes=0-9"),
			 "<Code>AuthorizationHeaderMalformed</Code>"));
}
END_TEST

START_TEST(unsigned_requests_and_older_signatures_are_refused)
{
	ck_assert(strstr(talk_sayf(&talk, "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\n\r\n"), "<Code>AccessDenied</Code>"));
	ck_assert(strstr(talk_sayf(&talk, "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nAuthorization: AWS AK:sig\r\n\r\n"),
			 "Please use AWS4-HMAC-SHA256."));
}
END_TEST

static const char *check_presigned(uint64_t now_ns, const char *signature, struct arena *a)
{
	struct slice query = arena_printf(a,
					  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%%2F20130524%%2Fus-east-1%%2Fs3%%2F"
					  "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=%s",
					  signature);
	struct http_request http = { .method = SLICE_LIT("GET"), .path = SLICE_LIT("/test.txt"), .query = query };
	json_t *keys = json_pack("{s:s}", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
	struct s3_auth auth;

	headers_add(&http.headers, a, SLICE_LIT("Host"), SLICE_LIT("examplebucket.s3.amazonaws.com"));
	ck_assert(s3_auth_read(&http, a, &auth));
	ck_assert(auth.presigned && slice_eq_str(auth.region, "us-east-1"));
	const char *code = s3_auth_check(&auth, &http, keys, now_ns, a);
	json_decref(keys);
	return code;
}

START_TEST(the_presigned_example_is_accepted_until_it_expires)
{
	static const char good[] = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
	struct arena a;

	arena_init(&a);
	ck_assert_ptr_null(check_presigned(EXAMPLE_NS, good, &a));
	ck_assert_ptr_null(check_presigned(EXAMPLE_NS + 86400ull * 1000000000u, good, &a));
	ck_assert_str_eq(check_presigned(EXAMPLE_NS + 86401ull * 1000000000u, good, &a), "AccessDenied");
	ck_assert_str_eq(check_presigned(EXAMPLE_NS, "beeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", &a),
			 "SignatureDoesNotMatch");
	arena_release(&a);
}
END_TEST

/* The chunked example: 65536 and 1024 bytes of 'a', then the end. */
static const char *put_chunks(const char *second)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, "PUT /examplebucket/chunkObject.txt HTTP/1.1\r\nHost: s3.amazonaws.com\r\nx-amz-date: 20130524T000000Z\r\n"
			"x-amz-storage-class: REDUCED_REDUNDANCY\r\nAuthorization: AWS4-HMAC-SHA256 " CREDENTIAL
			",SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
			"x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9\r\n"
			"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nContent-Encoding: aws-chunked\r\n"
			"x-amz-decoded-content-length: 66560\r\nContent-Length: 66824\r\n\r\n"
			"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n");
	for (int i = 0; i < 65536; i++)
		buf_add_char(&b, 'a');
	buf_addf(&b, "\r\n400;chunk-signature=%s\r\n", second);
	for (int i = 0; i < 1024; i++)
		buf_add_char(&b, 'a');
	buf_add_str(&b, "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n");
	const char *got = talk_say(&talk, buf_slice(&b));
	buf_release(&b);
	return got;
}

START_TEST(the_chain_of_chunks_is_followed)
{
	const char *got = put_chunks("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");

	ck_assert_msg(strstr(got, "HTTP/1.1 200 OK"), "%s", got);
	ck_assert(strstr(put_chunks("1055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"), "<Code>SignatureDoesNotMatch</Code>"));
}
END_TEST

static void answer_anything(void *arg, void *state, struct request *req, struct reply *reply)
{
	struct talk *t = arg;

	ck_assert_msg(req->settled, "a rule could have answered");
	t->type->fake->answer(t->fake, state, req, reply);
}

START_TEST(no_rule_is_asked_about_a_request_that_is_refused)
{
	talk.script.answer = answer_anything;
	ck_assert(strstr(talk_sayf(&talk, "GET /b/k HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"), "403 Forbidden"));
}
END_TEST

Suite *suite_s3_sigv4(void);
Suite *suite_s3_sigv4(void)
{
	Suite *s = suite_create("s3_sigv4");
	TCase *tc = tcase_create("all");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_set_timeout(tc, 60);
	SUITE_TEST(the_header_example_is_accepted);
	SUITE_TEST(any_change_breaks_the_signature);
	SUITE_TEST(unsigned_requests_and_older_signatures_are_refused);
	SUITE_TEST(the_presigned_example_is_accepted_until_it_expires);
	SUITE_TEST(the_chain_of_chunks_is_followed);
	SUITE_TEST(no_rule_is_asked_about_a_request_that_is_refused);
	return s;
}
