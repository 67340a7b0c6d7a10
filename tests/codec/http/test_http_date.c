/* Dates: written one way, read in three (RFC 9110 section 5.6.7). */
#include <check.h>

#include "codec/http/http_date.h"
#include "codec/http/http_status.h"
#include "suites.h"

START_TEST(the_three_forms_name_one_moment)
{
	static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};

	for (size_t i = 0; i < 3; i++) {
		int64_t seconds = 0;
		ck_assert_msg(http_date_parse(slice_str(forms[i]), &seconds), "%s", forms[i]);
		ck_assert_int_eq(seconds, 784111777);
	}
}
END_TEST

START_TEST(what_is_no_date_is_refused)
{
	static const char *const texts[] = {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 28:49:37 GMT",
					    "Sun, 06 Nov 1994 08:49:37 GMT!", "1994-11-06T08:49:37Z"};
	int64_t seconds;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!http_date_parse(slice_str(texts[i]), &seconds), "%s", texts[i]);
}
END_TEST

START_TEST(dates_are_written_in_fixed_length)
{
	char text[HTTP_DATE_LEN + 1];
	struct arena a;

	http_date_format(text, 784111777u * 1000000000ull);
	ck_assert_str_eq(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	arena_init(&a);
	ck_assert(slice_eq_str(http_date_iso(784111777u * 1000000000ull + 25000000, &a), "1994-11-06T08:49:37.025Z"));
	arena_release(&a);
}
END_TEST

START_TEST(every_status_has_a_reason)
{
	ck_assert_str_eq(http_status_reason(404), "Not Found");
	ck_assert_str_eq(http_status_reason(499), "Client Error");
	ck_assert_str_eq(http_status_reason(HTTP_NOTHING_ANSWERS), "Nothing Answers");
}
END_TEST

SUITE_BEGIN(http_date)
	SUITE_TEST(the_three_forms_name_one_moment);
	SUITE_TEST(what_is_no_date_is_refused);
	SUITE_TEST(dates_are_written_in_fixed_length);
	SUITE_TEST(every_status_has_a_reason);
SUITE_END
