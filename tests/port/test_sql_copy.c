/* The data of COPY, as a real PostgreSQL writes it. */
#include "base/buf.h"
#include "port/port.h"
#include "port/sql.h"
#include "suites.h"

static const struct {
	const char *sql, *data; /* the whole output for the header and the rows below */
} formats[] = {
	{ "copy t to stdout", "1\ta\\tb\\\\c\\nd|;\n2\t\\N\n3\t\n" },
	{ "copy t to stdout delimiter '|'", "1|a\\tb\\\\c\\nd\\|;\n2|\\N\n3|\n" },
	{ "copy t to stdout (header, null '')", "id\tnote\n1\ta\\tb\\\\c\\nd|;\n2\t\n3\t\n" },
	{ "copy t to stdout csv", "1,\"a\tb\\c\nd|;\"\n2,\n3,\"\"\n" },
	{ "copy t to stdout (format csv, quote '''', escape 'd', force_quote *)", "'1','a\tb\\c\ndd|;'\n'2',\n'3',''\n" },
	{ "copy t to stdout (format csv, force_quote (id))", "\"1\",\"a\tb\\c\nd|;\"\n\"2\",\n\"3\",\"\"\n" },
	{ "copy t to stdout csv header delimiter ';' null 'N'", "id;note\n1;\"a\tb\\c\nd|;\"\n2;N\n3;\n" },
};

START_TEST(rows_are_written_as_the_statement_asks)
{
	const struct sql_column columns[] = { { .name = SLICE_LIT("id") }, { .name = SLICE_LIT("note") } };
	const struct sql_value cells[] = { { .text = SLICE_LIT("1") }, { .text = SLICE_LIT("a\tb\\c\nd|;") },
					   { .text = SLICE_LIT("2") }, { .null = true },
					   { .text = SLICE_LIT("3") }, { .text = SLICE_LIT("") } };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const struct sql_analysis *an = sql_analyse(slice_str(formats[i].sql));
		struct buf out;

		buf_init(&out, 1000);
		if (an->copy_header)
			sql_copy_header(an, columns, 2, &out);
		for (size_t row = 0; row < 3; row++)
			sql_copy_row(an, columns, cells + row * 2, 2, &out);
		ck_assert_msg(strcmp(out.ptr, formats[i].data) == 0, "%s\n%s", formats[i].sql, out.ptr);
		/* what was written has the rows that were written */
		ck_assert_uint_eq(sql_copy_rows(an, buf_slice(&out)), 3);
		buf_release(&out);
	}
}
END_TEST

START_TEST(an_end_mark_as_the_only_value_of_csv_is_quoted)
{
	const struct sql_analysis *an = sql_analyse(SLICE_LIT("copy t to stdout csv"));
	const struct sql_value mark[] = { { .text = SLICE_LIT("\\.") }, { .text = SLICE_LIT("x") } };
	struct buf out;

	buf_init(&out, 1000);
	sql_copy_row(an, NULL, mark, 1, &out);
	sql_copy_row(an, NULL, mark, 2, &out);
	ck_assert_str_eq(out.ptr, "\"\\.\"\n\\.,x\n");
	buf_release(&out);
}
END_TEST

START_TEST(rows_are_counted_in_every_format)
{
	const struct {
		const char *sql;
		struct slice data;
		size_t rows;
	} counts[] = {
		{ "copy t from stdin", SLICE_LIT(""), 0 },
		{ "copy t from stdin", SLICE_LIT("1\n2"), 2 },
		{ "copy t from stdin", SLICE_LIT("1\n\\.\n2\n"), 1 },
		{ "copy t from stdin", SLICE_LIT("a \"quote\nb\n"), 2 },
		{ "copy t from stdin csv", SLICE_LIT("1,\"two\nlines\"\n2,\"say \"\"\n\"\"\"\n"), 2 },
		{ "copy t from stdin csv header", SLICE_LIT("id\n1\n"), 1 },
		{ "copy t from stdin csv header", SLICE_LIT(""), 0 },
#define HEAD "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
		{ "copy t from stdin binary", SLICE_LIT(HEAD "\377\377"), 0 },
		{ "copy t from stdin binary", SLICE_LIT(HEAD "\0\1\0\0\0\1x\0\2\377\377\377\377\0\0\0\0\377\377"), 2 },
		{ "copy t from stdin binary", SLICE_LIT(HEAD "\0\1\0\0\0\1x\0\1\0\0\0\x9x"), 1 },
		{ "copy t from stdin binary", SLICE_LIT("PGCOPY"), 0 },
#undef HEAD
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		ck_assert_msg(sql_copy_rows(sql_analyse(slice_str(counts[i].sql)), counts[i].data) == counts[i].rows, "row %zu", i);
}
END_TEST

START_TEST(data_falls_into_rows)
{
	const struct sql_analysis *an = sql_analyse(SLICE_LIT("copy t to stdout csv"));
	struct slice rest = SLICE_LIT("a,\"x\ny\"\nb\nc");

	ck_assert(slice_eq_str(sql_copy_next(an, &rest, true), "a,\"x\ny\"\n"));
	ck_assert(slice_eq_str(sql_copy_next(an, &rest, false), "b\n"));
	ck_assert(slice_eq_str(sql_copy_next(an, &rest, false), "c"));
	ck_assert_uint_eq(rest.len, 0);

	an = sql_analyse(SLICE_LIT("copy t to stdout binary"));
	rest = SLICE_LIT("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\2ex\0\1\0\0\0\1x\0\1\377\377\377\377\377\377");
	ck_assert_uint_eq(sql_copy_next(an, &rest, true).len, 19 + 2 + 7);
	ck_assert_uint_eq(sql_copy_next(an, &rest, false).len, 6);
	ck_assert_uint_eq(sql_copy_next(an, &rest, false).len, 2);
	ck_assert_uint_eq(rest.len, 0);
	rest = SLICE_LIT("\0\2\0\0\0\1x"); /* cut off: all of it */
	ck_assert_uint_eq(sql_copy_next(an, &rest, false).len, 7);
	ck_assert_uint_eq(rest.len, 0);
}
END_TEST

SUITE_BEGIN(sql_copy)
	SUITE_TEST(data_falls_into_rows);
	SUITE_TEST(rows_are_written_as_the_statement_asks);
	SUITE_TEST(an_end_mark_as_the_only_value_of_csv_is_quoted);
	SUITE_TEST(rows_are_counted_in_every_format);
SUITE_END
