/* Frames and primitives. */
#include "service/pg/pg_message.h"
#include "suites.h"

START_TEST(a_frame_is_whole_or_more_is_wanted)
{
	const struct slice whole = SLICE_LIT("Q\0\0\0\6x\0rest");
	struct pg_message m;

	for (size_t cut = 0; cut < 7; cut++) {
		ck_assert_int_eq(pg_message_read(slice_take(whole, cut), &m), PG_FRAME_MORE);
		ck_assert_uint_eq(m.total, cut < 5 ? 0 : 7);
	}
	ck_assert_int_eq(pg_message_read(whole, &m), PG_FRAME_OK);
	ck_assert_int_eq(m.type, 'Q');
	ck_assert_uint_eq(m.total, 7);
	ck_assert(slice_eq(m.body, SLICE_LIT("x\0")));
}
END_TEST

START_TEST(each_message_has_its_own_ceiling)
{
	struct pg_message m;

	ck_assert_int_eq(pg_message_read(SLICE_LIT("E\0\0\x27\x14"), &m), PG_FRAME_MORE);   /* 10,004 - 4 */
	ck_assert_int_eq(pg_message_read(SLICE_LIT("E\0\0\x27\x15"), &m), PG_FRAME_LENGTH);
	ck_assert_int_eq(pg_message_read(SLICE_LIT("Q\x40\0\0\2"), &m), PG_FRAME_MORE);
	ck_assert_int_eq(pg_message_read(SLICE_LIT("Q\x40\0\0\3"), &m), PG_FRAME_LENGTH);
	ck_assert_int_eq(pg_message_read(SLICE_LIT("Q\0\0\0\3"), &m), PG_FRAME_LENGTH);
	ck_assert_int_eq(pg_message_read(SLICE_LIT("Q\0\0\0\4"), &m), PG_FRAME_OK);
	ck_assert_int_eq(pg_message_read(SLICE_LIT("?"), &m), PG_FRAME_TYPE);
}
END_TEST

START_TEST(reading_past_the_end_gives_zeros_and_stays_bad)
{
	struct pg_reader r = { .rest = SLICE_LIT("\1\2\3\4\5\6\7") };

	ck_assert_uint_eq(pg_read_byte(&r), 1);
	ck_assert_uint_eq(pg_read_int16(&r), 0x0203);
	ck_assert_uint_eq(pg_read_int32(&r), 0x04050607);
	ck_assert_ptr_null(pg_read_end(&r));
	ck_assert_uint_eq(pg_read_int16(&r), 0);
	ck_assert(r.bad);
	ck_assert_uint_eq(pg_read_bytes(&r, 0).len, 0);
	ck_assert_str_eq(pg_read_end(&r), "insufficient data left in message");
}
END_TEST

START_TEST(a_string_needs_its_end)
{
	struct pg_reader r = { .rest = SLICE_LIT("ab\0\0cd") };

	ck_assert(slice_eq_str(pg_read_string(&r), "ab"));
	ck_assert(slice_eq_str(pg_read_string(&r), ""));
	ck_assert_str_eq(pg_read_end(&r), "invalid message format");
	ck_assert_uint_eq(pg_read_string(&r).len, 0);
	ck_assert_str_eq(pg_read_end(&r), "invalid string in message");
}
END_TEST

START_TEST(a_written_message_has_its_length)
{
	struct pg_message m;
	struct buf b;

	buf_init(&b, 1000);
	size_t at = pg_write_begin(&b, 'C');
	pg_write_string(&b, SLICE_LIT("SELECT 1\0hidden")); /* ends at a NUL of its own */
	pg_write_end(&b, at);
	ck_assert(slice_eq(buf_slice(&b), SLICE_LIT("C\0\0\0\xdSELECT 1\0")));
	ck_assert_int_eq(pg_message_read(buf_slice(&b), &m), PG_FRAME_OK);
	ck_assert_uint_eq(m.total, b.len);
	buf_reset(&b);
	pg_write_ready(&b, 'T');
	pg_write_empty(&b, 'I');
	pg_write_complete(&b, SLICE_LIT("X"));
	pg_write_parameter(&b, SLICE_LIT("a"), SLICE_LIT("b"));
	ck_assert(slice_eq(buf_slice(&b), SLICE_LIT("Z\0\0\0\5TI\0\0\0\4C\0\0\0\6X\0S\0\0\0\x8" "a\0b\0")));
	buf_release(&b);
}
END_TEST

START_TEST(a_full_buffer_makes_no_half_message_look_whole)
{
	struct buf b;

	buf_init(&b, 8);
	size_t at = pg_write_begin(&b, 'C');
	pg_write_string(&b, SLICE_LIT("SELECT 1"));
	pg_write_end(&b, at);
	ck_assert(buf_failed(&b));
	buf_release(&b);
}
END_TEST

SUITE_BEGIN(pg_message)
	SUITE_TEST(a_frame_is_whole_or_more_is_wanted);
	SUITE_TEST(each_message_has_its_own_ceiling);
	SUITE_TEST(reading_past_the_end_gives_zeros_and_stays_bad);
	SUITE_TEST(a_string_needs_its_end);
	SUITE_TEST(a_written_message_has_its_length);
	SUITE_TEST(a_full_buffer_makes_no_half_message_look_whole);
SUITE_END
