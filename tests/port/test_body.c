/* body: in memory, in a file, shared. */
#include <stdlib.h>

#include "suites.h"

#include "port/body.h"

START_TEST(small_bodies_read_back_what_was_appended)
{
	struct body *b = body_new();
	char out[8];

	ck_assert_uint_eq(body_size(b), 0);
	ck_assert_uint_eq(body_slice(b).len, 0);
	ck_assert_int_eq(body_append(b, SLICE_LIT("hello ")), 0);
	ck_assert_int_eq(body_append(b, SLICE_LIT("world")), 0);
	ck_assert(slice_eq_str(body_slice(b), "hello world"));
	ck_assert_uint_eq(body_read(b, 6, out, sizeof(out)), 5);
	ck_assert_mem_eq(out, "world", 5);
	ck_assert_uint_eq(body_read(b, 11, out, sizeof(out)), 0);
	body_free(b);
	ck_assert_uint_eq(body_size(NULL), 0);
	ck_assert_uint_eq(body_slice(NULL).len, 0);
	body_free(NULL);
}
END_TEST

START_TEST(large_bodies_move_to_a_file_without_losing_a_byte)
{
	struct body *b = body_new();
	char piece[70001];
	size_t total = 0;

	while (total < 3u * BODY_INLINE) {
		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = (char)((total + i) % 251);
		ck_assert_int_eq(body_append(b, slice_of(piece, sizeof(piece))), 0);
		total += sizeof(piece);
	}
	ck_assert_uint_eq(body_size(b), total);
	struct slice all = body_slice(b);
	ck_assert_uint_eq(all.len, total);
	for (size_t i = 0; i < total; i++)
		if (all.ptr[i] != (char)(i % 251))
			ck_abort_msg("byte %zu differs", i);
	ck_assert_uint_eq(body_read(b, BODY_INLINE - 3, piece, 10), 10);
	for (size_t i = 0; i < 10; i++)
		ck_assert_int_eq(piece[i], (char)((BODY_INLINE - 3 + i) % 251));
	/* Reading mapped it; appending afterwards must show in the next read. */
	ck_assert_int_eq(body_append(b, SLICE_LIT("end")), 0);
	ck_assert(slice_has_suffix(body_slice(b), SLICE_LIT("end")));
	body_free(b);
}
END_TEST

START_TEST(a_shared_body_lives_until_the_last_reference)
{
	struct body *b = body_of(SLICE_LIT("x"));
	struct body *c = body_ref(b);

	body_free(b);
	ck_assert(slice_eq_str(body_slice(c), "x"));
	body_free(c);
}
END_TEST

START_TEST(a_folder_that_is_not_there_cuts_the_body)
{
	struct body *b = body_new();
	char *big = calloc(1, BODY_INLINE + 1);

	body_store("/nonexistent/folder");
	ck_assert_int_eq(body_append(b, slice_of(big, BODY_INLINE + 1)), -1);
	body_store(NULL);
	body_free(b);
	free(big);
}
END_TEST

SUITE_BEGIN(body)
	SUITE_TEST(small_bodies_read_back_what_was_appended);
	SUITE_TEST(large_bodies_move_to_a_file_without_losing_a_byte);
	SUITE_TEST(a_shared_body_lives_until_the_last_reference);
	SUITE_TEST(a_folder_that_is_not_there_cuts_the_body);
SUITE_END
