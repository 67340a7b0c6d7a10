/* RowDescription and DataRow. */
#include "pg_client.h"
#include "service/pg/pg_rows.h"
#include "suites.h"

static struct sql_column columns[] = {
	{ .name = { "id", 2 }, .oid = 23, .typlen = 4, .typmod = -1 },
	{ .name = { "price", 5 }, .oid = 1700, .typlen = -1, .typmod = 786438, .table_oid = 16385, .attnum = 2 },
	{ .name = { "bare", 4 }, .typmod = -1 },
};
static struct sql_value cells[] = {
	{ .text = { "7", 1 } }, { .text = { "1.50", 4 } }, { .text = { "x", 1 } },
	{ .null = true }, { .text = { "NaN", 3 } }, { .text = { "", 0 } },
	{ .text = { "seven", 5 } }, { .null = true }, { .null = true },
};
static const struct sql_reply reply = { .has_rows = true, .columns = columns, .ncolumns = 3, .cells = cells, .nrows = 3 };

START_TEST(a_column_tells_table_type_length_modifier_and_format)
{
	const uint16_t list[] = { 1, 0, 1 };
	const struct pg_formats formats = { .list = list, .count = 3 };
	struct buf out;

	buf_init(&out, 1000);
	pg_write_columns(&out, &reply, &formats);
	ck_assert(slice_eq(buf_slice(&out),
			   SLICE_LIT("T\0\0\0\x4a\0\3"
				     "id\0" "\0\0\0\0" "\0\0" "\0\0\0\x17" "\0\4" "\377\377\377\377" "\0\1"
				     "price\0" "\0\0\x40\1" "\0\2" "\0\0\6\xa4" "\377\377" "\0\x0c\0\6" "\0\0"
				     /* a column without a type is text */
				     "bare\0" "\0\0\0\0" "\0\0" "\0\0\0\x19" "\377\377" "\377\377\377\377" "\0\1")));
	buf_release(&out);
}
END_TEST

START_TEST(rows_in_text_are_copied_as_they_are)
{
	const struct pg_formats text = PG_FORMATS_TEXT;
	struct buf out, shown;
	struct arena a;

	arena_init(&a);
	buf_init(&out, 1000);
	buf_init(&shown, 1000);
	ck_assert_ptr_null(pg_write_rows(&out, &reply, &text, 0, 3, &a));
	pg_client_print(buf_slice(&out), &shown);
	ck_assert_str_eq(shown.ptr, "D 7|1.50|x\nD NULL|NaN|\nD seven|NULL|NULL\n");
	buf_reset(&out);
	buf_reset(&shown);
	ck_assert_ptr_null(pg_write_rows(&out, &reply, &text, 1, 2, &a));
	pg_client_print(buf_slice(&out), &shown);
	ck_assert_str_eq(shown.ptr, "D NULL|NaN|\n");
	buf_release(&out);
	buf_release(&shown);
	arena_release(&a);
}
END_TEST

START_TEST(one_format_is_for_all_columns_and_a_list_for_each)
{
	const uint16_t binary = 1, mixed[] = { 0, 1, 0 };
	const struct pg_formats all = { .list = &binary, .count = 1 }, each = { .list = mixed, .count = 3 };
	struct buf out, shown;
	struct arena a;

	arena_init(&a);
	buf_init(&out, 1000);
	buf_init(&shown, 1000);
	ck_assert_ptr_null(pg_write_rows(&out, &reply, &all, 0, 2, &a));
	ck_assert_ptr_null(pg_write_rows(&out, &reply, &each, 2, 3, &a)); /* "seven" is fine as text */
	pg_client_print(buf_slice(&out), &shown);
	ck_assert_str_eq(shown.ptr, "D \\00\\00\\00\\07|\\00\\02\\00\\00\\00\\00\\00\\02\\00\\01\\13\\88|x\n"
				    "D NULL|\\00\\00\\00\\00\\c0\\00\\00\\00|\nD seven|NULL|NULL\n");
	buf_release(&out);
	buf_release(&shown);
	arena_release(&a);
}
END_TEST

START_TEST(a_cell_that_cannot_be_leaves_nothing_written)
{
	const uint16_t binary = 1;
	const struct pg_formats all = { .list = &binary, .count = 1 };
	struct buf out;
	struct arena a;

	arena_init(&a);
	buf_init(&out, 1000);
	buf_add_str(&out, "before");
	const struct sql_error *e = pg_write_rows(&out, &reply, &all, 0, 3, &a);
	ck_assert(e && slice_eq_str(e->sqlstate, "22P02"));
	ck_assert(slice_eq_str(e->message, "invalid input syntax for type integer: \"seven\""));
	ck_assert_str_eq(out.ptr, "before");
	buf_release(&out);
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(pg_rows)
	SUITE_TEST(a_column_tells_table_type_length_modifier_and_format);
	SUITE_TEST(rows_in_text_are_copied_as_they_are);
	SUITE_TEST(one_format_is_for_all_columns_and_a_list_for_each);
	SUITE_TEST(a_cell_that_cannot_be_leaves_nothing_written);
SUITE_END
