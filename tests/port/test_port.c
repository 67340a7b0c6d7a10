/* port: names, headers, URLs, percent-decoding, the body as JSON. */
#include "suites.h"

#include "port/port.h"

START_TEST(port_names_go_both_ways)
{
	for (int p = PORT_CONNECT; p < PORT_COUNT; p++)
		ck_assert_int_eq(port_by_name(slice_str(port_name((enum port)p))), p);
	ck_assert_str_eq(port_name(PORT_OBJECT), "s3");
	ck_assert_int_eq(port_by_name(SLICE_LIT("object")), PORT_NONE);
	ck_assert_int_eq(port_by_name(SLICE_LIT("none")), PORT_NONE);
	ck_assert_str_eq(reply_by_name(BY_NONE), "none");
	ck_assert_str_eq(reply_by_name(BY_FAULT), "fault");
}
END_TEST

START_TEST(headers_are_found_without_case_first_one_wins)
{
	struct arena a;
	struct headers h = { 0 };

	arena_init(&a);
	for (int i = 0; i < 40; i++)
		headers_add(&h, &a, arena_printf(&a, "X-%d", i), arena_printf(&a, "v%d", i));
	headers_add(&h, &a, SLICE_LIT("x-7"), SLICE_LIT("second"));
	ck_assert_uint_eq(h.count, 41);
	ck_assert(slice_eq_str(*headers_get(&h, "x-7"), "v7"));
	ck_assert_ptr_null(headers_get(&h, "x-77"));
	arena_release(&a);
}
END_TEST

START_TEST(urls_drop_the_default_port_of_their_scheme_only)
{
	static const struct {
		const char *scheme, *authority, *target, *url;
	} rows[] = {
		{ "https", "a.b:443", "/x?y=1", "https://a.b/x?y=1" },
		{ "http", "a.b:443", "/", "http://a.b:443/" },
		{ "http", "a.b:80", "/", "http://a.b/" },
		{ "https", "a.b:8443", "/", "https://a.b:8443/" },
		{ "http", "a.b:80", "http://a.b/abs", "http://a.b/abs" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request r = { .scheme = slice_str(rows[i].scheme),
					  .authority = slice_str(rows[i].authority),
					  .target = slice_str(rows[i].target) };
		struct slice url = http_request_url(&r, &a);
		ck_assert_msg(slice_eq_str(url, rows[i].url), "row %zu: %.*s", i, SLICE_ARG(url));
	}
	arena_release(&a);
}
END_TEST

START_TEST(percent_decoding_leaves_broken_escapes_alone)
{
	struct arena a;

	arena_init(&a);
	ck_assert(slice_eq_str(http_unescape(SLICE_LIT("a%20b+c"), false, &a), "a b+c"));
	ck_assert(slice_eq_str(http_unescape(SLICE_LIT("a%20b+c"), true, &a), "a b c"));
	ck_assert(slice_eq_str(http_unescape(SLICE_LIT("%"), false, &a), "%"));
	ck_assert(slice_eq_str(http_unescape(SLICE_LIT("%4"), false, &a), "%4"));
	ck_assert(slice_eq_str(http_unescape(SLICE_LIT("%41"), false, &a), "A"));
	ck_assert(slice_eq_str(http_unescape(SLICE_LIT("%zz%C3%a4"), false, &a), "%zz\xc3\xa4"));
	arena_release(&a);
}
END_TEST

START_TEST(query_fields_are_found_by_their_decoded_name)
{
	struct arena a;
	struct slice v;

	arena_init(&a);
	ck_assert(http_query_get(SLICE_LIT("a=1&b+c=x%26y&flag&a=2"), "b c", &a, &v));
	ck_assert(slice_eq_str(v, "x&y"));
	ck_assert(http_query_get(SLICE_LIT("a=1&a=2"), "a", &a, &v));
	ck_assert(slice_eq_str(v, "1"));
	ck_assert(http_query_get(SLICE_LIT("flag"), "flag", &a, &v));
	ck_assert_uint_eq(v.len, 0);
	ck_assert(!http_query_get(SLICE_LIT("ab=1"), "a", &a, &v));
	ck_assert(!http_query_get(SLICE_NONE, "a", &a, &v));
	arena_release(&a);
}
END_TEST

START_TEST(the_body_is_parsed_as_json_once)
{
	struct arena a;
	struct request r = { .port = PORT_HTTP };

	arena_init(&a);
	r.arena = &a;
	r.http.body = body_of(SLICE_LIT("{\"rows\": 3}"));
	json_t *j = request_json(&r);
	ck_assert_int_eq(json_integer_value(json_object_get(j, "rows")), 3);
	ck_assert_ptr_eq(request_json(&r), j);
	request_release(&r);
	ck_assert_ptr_null(r.http.body);

	r = (struct request){ .port = PORT_HTTP, .arena = &a };
	r.http.body = body_of(SLICE_LIT("rows=3"));
	ck_assert_ptr_null(request_json(&r));
	request_release(&r);
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(port)
	SUITE_TEST(port_names_go_both_ways);
	SUITE_TEST(headers_are_found_without_case_first_one_wins);
	SUITE_TEST(urls_drop_the_default_port_of_their_scheme_only);
	SUITE_TEST(percent_decoding_leaves_broken_escapes_alone);
	SUITE_TEST(query_fields_are_found_by_their_decoded_name);
	SUITE_TEST(the_body_is_parsed_as_json_once);
SUITE_END
