/* The parser: what is taken, what is refused and how, and that no cut of the
 * bytes changes either. */
#include <check.h>

#include "codec/http/http_parser.h"
#include "base/buf.h"
#include "suites.h"

/* Parses the whole input, handed over `piece` bytes more at a time; writes what
 * happened as one line. */
static void run(struct slice in, size_t piece, struct buf *story)
{
	struct http_request req = {0};
	struct http_parser p;
	struct arena a;
	size_t used = 0, have = piece ? 0 : in.len;

	arena_init(&a);
	http_parser_init(&p);
	buf_reset(story);
	for (;;) {
		struct slice got = SLICE_NONE;
		size_t n;
		enum http_step step = http_parser_step(&p, slice_of(in.ptr + used, have - used), &n, &a, &req, &got);
		used += n;
		if (step == HTTP_HEAD) {
			buf_addf(story, "%.*s %.*s @%.*s", SLICE_ARG(req.method), SLICE_ARG(req.path), SLICE_ARG(req.authority));
			if (req.query.ptr)
				buf_addf(story, " ?%.*s", SLICE_ARG(req.query));
			buf_addf(story, "%s%s |", p.keep ? "" : " close", p.expect_continue ? " expect" : "");
		} else if (step == HTTP_DATA) {
			buf_add_slice(story, got);
		} else if (step == HTTP_END) {
			buf_addf(story, "| %zu trailers; ", p.trailers.count);
			http_parser_next(&p);
			req = (struct http_request){0};
		} else if (step == HTTP_BAD) {
			buf_addf(story, "bad %d", p.status);
			break;
		} else if (have == in.len) {
			buf_add_str(story, used == in.len ? "more" : "part");
			break;
		} else {
			have = have + piece < in.len ? have + piece : in.len;
		}
	}
	arena_release(&a);
}

static void check_story(struct slice in, const char *want)
{
	struct buf story;

	buf_init(&story, 1024 * 1024);
	for (size_t piece = 0; piece < 8; piece++) {
		run(in, piece, &story);
		ck_assert_msg(strcmp(story.ptr, want) == 0, "pieces of %zu: \"%.*s\"\n got  %s\n want %s", piece, SLICE_ARG(slice_take(in, 80)), story.ptr, want);
	}
	buf_release(&story);
}

START_TEST(requests_are_read)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @a || 0 trailers; more"},
		{"GET /a%20b?x=1&y HTTP/1.1\r\nHost: a:8080\r\n\r\n", "GET /a b @a:8080 ?x=1&y || 0 trailers; more"},
		{"GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @a ? || 0 trailers; more"},
		{"\r\n\r\nGET / HTTP/1.1\nhost:a\n\n", "GET / @a || 0 trailers; more"},
		{"GET http://b.test/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c @b.test ?d || 0 trailers; more"},
		{"GET https://b.test?d HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @b.test ?d || 0 trailers; more"},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * @a || 0 trailers; more"},
		{"GET / HTTP/1.0\r\n\r\n", "GET / @ close || 0 trailers; more"},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / @ || 0 trailers; more"},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n", "GET / @a close || 0 trailers; more"},
		{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / @ || 0 trailers; more"},
		{"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc", "PUT / @a expect |abc| 0 trailers; more"},
		{"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "PUT / @ close |abc| 0 trailers; more"},
		{"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabcGET", "PUT / @a |abc| 0 trailers; part"},
		{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\nA \r\n0123456789\r\n00\r\nT: 1\r\nU: 2\r\n\r\n",
		 "PUT / @a |abc0123456789| 2 trailers; more"},
		{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
		 "PUT / @a || 0 trailers; GET /2 @b || 0 trailers; more"},
		{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "PUT / @a |abmore"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_story(slice_str(rows[i].in), rows[i].want);
}
END_TEST

#define HOST "HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED "PUT / " HOST "Transfer-Encoding: chunked\r\n\r\n"

START_TEST(what_is_ambiguous_or_broken_is_refused)
{
	static const struct {
		const char *in;
		int status;
	} rows[] = {
		{"\x16\x03\x01\x02", 400},                                 /* a TLS hello */
		{"GET/HTTP/1.1\r\n\r\n", 400},
		{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
		{"GET /\r\nHost: a\r\n\r\n", 400},                         /* HTTP/0.9 */
		{"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n\r\n", 400},
		{"G(T / HTTP/1.1\r\n\r\n", 400},
		{"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
		{"GET / HTTP/1.1\r\n\r\n", 400},                           /* no Host */
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
		{"GET / " HOST "A: b\r\n c\r\n\r\n", 400},                 /* obs-fold */
		{"GET / " HOST "A : b\r\n\r\n", 400},
		{"GET / " HOST ": b\r\n\r\n", 400},
		{"GET / " HOST "nocolon\r\n\r\n", 400},
		{"GET / " HOST "A: b\001\r\n\r\n", 400},
		{"GET / " HOST "A: b\rc\r\n\r\n", 400},
		{"GET / " HOST "A: b\r\r\n\r\n", 400},
		{"GET / " HOST "Expect: teapot\r\n\r\n", 417},
		{"PUT / " HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
		{"PUT / " HOST "Content-Length: 3, 4\r\n\r\n", 400},
		{"PUT / " HOST "Content-Length: +3\r\n\r\n", 400},
		{"PUT / " HOST "Content-Length: -1\r\n\r\n", 400},
		{"PUT / " HOST "Content-Length: 0x3\r\n\r\n", 400},
		{"PUT / " HOST "Content-Length:\r\n\r\n", 400},
		{"PUT / " HOST "Content-Length: 99999999999999999999\r\n\r\n", 413},
		{"PUT / " HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		{"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		{"PUT / " HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
		{"PUT / " HOST "Transfer-Encoding: chunked, identity\r\n\r\n", 400},
		{"PUT / " HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
		{"PUT / " HOST "Transfer-Encoding: xchunked\r\n\r\n", 501},
		{"PUT / " HOST "Transfer-Encoding: \r\n\r\n", 400},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[16];
		snprintf(want, sizeof(want), "bad %d", rows[i].status);
		check_story(slice_str(rows[i].in), want);
	}
}
END_TEST

START_TEST(a_chunk_that_two_readers_could_read_differently_is_refused)
{
	static const char *const rows[] = {"\r\n", "x\r\n", " 3\r\nabc\r\n", "3\nabc\r\n", "-3\r\n", "0x3\r\nabc\r\n", "3 x\r\nabc\r\n", "3;a\001\r\nabc\r\n"};
	struct buf in;

	buf_init(&in, 4096);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&in);
		buf_addf(&in, CHUNKED "%s", rows[i]);
		check_story(buf_slice(&in), "PUT / @a |bad 400");
	}
	check_story(SLICE_LIT(CHUNKED "3\r\nabcd\r\n"), "PUT / @a |abcbad 400");
	check_story(SLICE_LIT(CHUNKED "3\r\nabc\n0\r\n\r\n"), "PUT / @a |abcbad 400");
	check_story(SLICE_LIT(CHUNKED "ffffffffffffffff1\r\n"), "PUT / @a |bad 413");
	check_story(SLICE_LIT(CHUNKED "0\r\n folded: 1\r\n\r\n"), "PUT / @a |bad 400");
	buf_release(&in);
}
END_TEST

static void fill(struct buf *b, char c, size_t n)
{
	while (n--)
		buf_add_char(b, c);
}

START_TEST(limits_have_their_own_status)
{
	struct buf in, story;

	buf_init(&in, 1024 * 1024);
	buf_init(&story, 1024 * 1024);

	buf_add_str(&in, "GET /");
	fill(&in, 'a', HTTP_LINE_MAX);
	run(buf_slice(&in), 0, &story);
	ck_assert_str_eq(story.ptr, "bad 414"); /* its end need not come */
	buf_add_str(&in, " " HOST "\r\n");
	run(buf_slice(&in), 0, &story);
	ck_assert_str_eq(story.ptr, "bad 414");

	buf_reset(&in);
	buf_add_str(&in, "GET / " HOST "A: ");
	fill(&in, 'a', HTTP_HEAD_MAX);
	run(buf_slice(&in), 1000, &story);
	ck_assert_str_eq(story.ptr, "bad 431");
	buf_add_str(&in, "\r\n\r\n");
	run(buf_slice(&in), 0, &story);
	ck_assert_str_eq(story.ptr, "bad 431");

	for (int fields = HTTP_FIELDS_MAX; fields <= HTTP_FIELDS_MAX + 1; fields++) {
		buf_reset(&in);
		buf_add_str(&in, "GET / " HOST);
		for (int i = 1; i < fields; i++)
			buf_addf(&in, "A%d: b\r\n", i);
		buf_add_str(&in, "\r\n");
		run(buf_slice(&in), 0, &story);
		ck_assert_str_eq(story.ptr, fields > HTTP_FIELDS_MAX ? "bad 431" : "GET / @a || 0 trailers; more");
	}

	buf_reset(&in);
	buf_add_str(&in, CHUNKED "1;");
	fill(&in, 'a', HTTP_CHUNK_LINE_MAX);
	run(buf_slice(&in), 0, &story);
	ck_assert_str_eq(story.ptr, "PUT / @a |bad 400");

	buf_reset(&in);
	buf_add_str(&in, CHUNKED "0\r\nA: ");
	fill(&in, 'a', HTTP_HEAD_MAX);
	run(buf_slice(&in), 0, &story);
	ck_assert_str_eq(story.ptr, "PUT / @a |bad 431");
	buf_release(&in);
	buf_release(&story);
}
END_TEST

START_TEST(headers_keep_their_order_and_spelling)
{
	static const char in[] = "GET / HTTP/1.1\r\nHost: a\r\nX-B:  two words \t\r\nx-a:\xc3\xa9\r\nX-B: 2\r\n\r\n";
	struct http_request req = {0};
	struct http_parser p;
	struct slice piece;
	struct arena a;
	size_t used;

	arena_init(&a);
	http_parser_init(&p);
	ck_assert_int_eq(http_parser_step(&p, slice_str(in), &used, &a, &req, &piece), HTTP_HEAD);
	ck_assert_uint_eq(used, strlen(in));
	ck_assert_uint_eq(req.headers.count, 4);
	ck_assert(slice_eq_str(req.headers.list[1].name, "X-B"));
	ck_assert(slice_eq_str(req.headers.list[1].value, "two words"));
	ck_assert(slice_eq_str(req.headers.list[2].value, "\xc3\xa9"));
	ck_assert(slice_eq_str(*headers_get(&req.headers, "x-b"), "two words"));
	arena_release(&a);
}
END_TEST

START_TEST(list_members_are_found_without_case)
{
	ck_assert(http_list_has(SLICE_LIT("a, Close ,b"), "close"));
	ck_assert(!http_list_has(SLICE_LIT("closed"), "close"));
	ck_assert(!http_list_has(SLICE_LIT(""), "close"));
}
END_TEST

SUITE_BEGIN(http_parser)
	SUITE_TEST(requests_are_read);
	SUITE_TEST(what_is_ambiguous_or_broken_is_refused);
	SUITE_TEST(a_chunk_that_two_readers_could_read_differently_is_refused);
	SUITE_TEST(limits_have_their_own_status);
	SUITE_TEST(headers_keep_their_order_and_spelling);
	SUITE_TEST(list_members_are_found_without_case);
SUITE_END
