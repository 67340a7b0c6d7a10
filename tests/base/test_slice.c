#include "base/slice.h"
#include "suites.h"

START_TEST(split_gives_each_part_and_then_nothing)
{
	struct slice rest = slice_str("a,,b");

	ck_assert(slice_eq_str(slice_split(&rest, ','), "a"));
	ck_assert(slice_eq_str(slice_split(&rest, ','), ""));
	ck_assert_ptr_nonnull(rest.ptr);
	ck_assert(slice_eq_str(slice_split(&rest, ','), "b"));
	ck_assert_ptr_null(rest.ptr);
}
END_TEST

START_TEST(numbers_stop_at_the_edges)
{
	uint64_t u;
	int64_t i;

	ck_assert(slice_to_u64(slice_str("18446744073709551615"), &u));
	ck_assert(u == UINT64_MAX);
	ck_assert(!slice_to_u64(slice_str("18446744073709551616"), &u));
	ck_assert(!slice_to_u64(slice_str(""), &u));
	ck_assert(!slice_to_u64(slice_str("1a"), &u));
	ck_assert(slice_to_i64(slice_str("-9223372036854775808"), &i));
	ck_assert(i == INT64_MIN);
	ck_assert(!slice_to_i64(slice_str("9223372036854775808"), &i));
}
END_TEST

START_TEST(glob_follows_star_and_question_mark)
{
	static const struct { const char *pattern, *text; bool match; } rows[] = {
		{ "*.s3.amazonaws.com", "lake.s3.amazonaws.com", true },
		{ "*.s3.amazonaws.com", "s3.amazonaws.com", false },
		{ "s3.*.amazonaws.com", "s3.eu-west-1.amazonaws.com", true },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "*", "", true },
		{ "**a*", "bcab", true },
		{ "a*b*c", "axxbxxbc", true },
		{ "a*b*c", "axxbxx", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(slice_glob(slice_str(rows[i].pattern), slice_str(rows[i].text), false) == rows[i].match, "%s %s",
			      rows[i].pattern, rows[i].text);
	ck_assert(slice_glob(slice_str("DB.*"), slice_str("db.prod"), true));
	ck_assert(!slice_glob(slice_str("DB.*"), slice_str("db.prod"), false));
}
END_TEST

START_TEST(order_is_by_bytes_and_prefix_first)
{
	ck_assert_int_lt(slice_cmp(slice_str("a"), slice_str("ab")), 0);
	ck_assert_int_gt(slice_cmp(slice_str("b"), slice_str("ab")), 0);
	ck_assert_int_eq(slice_cmp(SLICE_NONE, slice_str("")), 0);
}
END_TEST

SUITE_BEGIN(slice)
	SUITE_TEST(split_gives_each_part_and_then_nothing);
	SUITE_TEST(numbers_stop_at_the_edges);
	SUITE_TEST(glob_follows_star_and_question_mark);
	SUITE_TEST(order_is_by_bytes_and_prefix_first);
SUITE_END
