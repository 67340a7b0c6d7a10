#include "base/buf.h"
#include "suites.h"

#include <stdlib.h>

START_TEST(an_empty_buf_is_an_empty_string)
{
	struct buf b;

	buf_init(&b, 10);
	ck_assert_str_eq(b.ptr, "");
	char *s = buf_detach(&b);
	ck_assert_str_eq(s, "");
	free(s);
}
END_TEST

START_TEST(over_the_ceiling_it_fails_and_keeps_what_it_had)
{
	struct buf b;

	buf_init(&b, 4);
	buf_add_str(&b, "abc");
	buf_add_str(&b, "de");
	ck_assert(buf_failed(&b));
	buf_add_str(&b, "f"); /* would fit, but the failure sticks */
	ck_assert_str_eq(b.ptr, "abc");
	ck_assert_ptr_null(buf_detach(&b));
	buf_release(&b);
}
END_TEST

START_TEST(json_escapes_what_it_must_and_replaces_broken_utf8)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_json(&b, SLICE_LIT("a\"b\\\n\t\x01\xc3\xa9\xff\xe2\x82"));
	ck_assert_str_eq(b.ptr, "\"a\\\"b\\\\\\n\\t\\u0001\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	buf_release(&b);
}
END_TEST

START_TEST(base64_pads_as_rfc_4648_shows)
{
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foobar", "Zm9vYmFy" } };
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&b);
		buf_add_base64(&b, rows[i][0], strlen(rows[i][0]));
		ck_assert_str_eq(b.ptr, rows[i][1]);
	}
	buf_release(&b);
}
END_TEST

START_TEST(numbers_and_lengths_are_written_whole)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add_u64(&b, UINT64_MAX);
	buf_add_char(&b, ' ');
	buf_add_i64(&b, INT64_MIN);
	ck_assert_str_eq(b.ptr, "18446744073709551615 -9223372036854775808");
	buf_reset(&b);
	buf_add_be32(&b, 0);
	buf_add_be16(&b, 0x0102);
	buf_patch_be32(&b, 0, 0x0a0b0c0d);
	ck_assert_mem_eq(b.ptr, "\x0a\x0b\x0c\x0d\x01\x02", 6);
	buf_drop(&b, 4);
	ck_assert_uint_eq(b.len, 2);
	buf_release(&b);
}
END_TEST

SUITE_BEGIN(buf)
	SUITE_TEST(an_empty_buf_is_an_empty_string);
	SUITE_TEST(over_the_ceiling_it_fails_and_keeps_what_it_had);
	SUITE_TEST(json_escapes_what_it_must_and_replaces_broken_utf8);
	SUITE_TEST(base64_pads_as_rfc_4648_shows);
	SUITE_TEST(numbers_and_lengths_are_written_whole);
SUITE_END
