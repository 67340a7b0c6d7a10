/* What a message leads to. */
#include "base/hint.h"
#include "suites.h"

#include <string.h>

static struct buf out;

static void up(void)
{
	buf_init(&out, 4096);
}

static void down(void)
{
	buf_release(&out);
}

static const char *hinted(const char *text)
{
	out.len = 0;
	hint_add(&out, text);
	return out.ptr;
}

START_TEST(a_message_names_its_entry)
{
	ck_assert_str_eq(hinted("seam: ./x: is statically linked: nothing can be preloaded into it\n"),
			 "seam: help       docs/troubleshooting.md#is-statically-linked\n");
}
END_TEST

START_TEST(several_messages_name_each_entry_once)
{
	ck_assert_str_eq(hinted("seam: nothing answers  GET /a\n  closest: ok\nseam: nothing answers  GET /b\nseam: nothing answers  the name x.y\n"),
			 "seam: help       docs/troubleshooting.md#nothing-answers #could-not-resolve-host\n");
}
END_TEST

START_TEST(the_first_row_that_fits_counts)
{
	ck_assert_str_eq(hinted("seam: nothing answers  a connection to 192.0.2.1:80\n"), "seam: help       docs/troubleshooting.md#connection-refused\n");
}
END_TEST

START_TEST(what_is_indented_says_more_about_the_line_above)
{
	ck_assert_ptr_null(strstr(hinted("seam: unused rule  r\n  not isolated\n"), "not-isolated"));
}
END_TEST

START_TEST(a_message_that_is_not_known_leads_to_the_last_entry)
{
	ck_assert_str_eq(hinted("seam: rules.json:1:3: something\n"), "seam: help       docs/troubleshooting.md#a-file-or-an-argument-is-refused\n");
}
END_TEST

SUITE_BEGIN(hint)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(a_message_names_its_entry);
	SUITE_TEST(several_messages_name_each_entry_once);
	SUITE_TEST(the_first_row_that_fits_counts);
	SUITE_TEST(what_is_indented_says_more_about_the_line_above);
	SUITE_TEST(a_message_that_is_not_known_leads_to_the_last_entry);
SUITE_END
