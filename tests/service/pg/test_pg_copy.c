/* COPY in both directions and both protocols. */
#include "pg_client.h"
#include "suites.h"

static const struct pg_canned canned[] = {
	{ .sql = "copy t (a, b) from stdin", .tag = NULL },
	{ .sql = "copy t from stdin csv header" },
	{ .sql = "copy u from stdin", .sqlstate = "23505", .message = "duplicate key" },
	{ .sql = "copy t to stdout", .copy_out = "1\ta\n2\t\\N\n" },
	{ .sql = "copy (select * from t) to stdout csv header", .columns = "id:23 note:25", .rows = "1|a,b;2|NULL;3|say \"x\"" },
	{ .sql = "copy (select 1) to stdout with (format csv, delimiter ';', null 'nil')", .columns = "a:25 b:25", .rows = "x;nil|NULL" },
	{ .sql = "copy (select 2) to stdout", .columns = "a:25 b:25", .rows = "tab\there|back\\slash;NULL|line\nend" },
	{ .sql = "copy (select 3) to stdout (format binary)", .columns = "a:23 b:25", .rows = "7|x;NULL|y" },
	{ .sql = "copy (select 4) to stdout (format binary)", .columns = "a:23", .rows = "seven" },
	{ .sql = "copy (select 5) to stdout (format binary)", .columns = "a:23" },
	{ .sql = "copy c to stdout csv header", .copy_out = "id,note\n1,\"two\nlines\"\n2,x\n" },
	{ .sql = "copy w to stdout", .columns = "a:25" },
	{ .sql = "select 1", .columns = "?column?:23", .rows = "1" },
	{ 0 },
};

#define HEAR(expected) ck_assert_str_eq(pg_talk(&t), expected)
#define SAYS(sql, expected) ck_assert_str_eq(pg_talk_query(&t, sql), expected)

START_TEST(copied_data_becomes_the_body_of_one_request)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("copy t (a, b) from stdin", "G 0 columns 2\n");
	ck_assert_str_eq(t.log.requests.ptr, "");
	pg_client_copy_data(&t.said, "1\ta\n2");
	pg_client_copy_data(&t.said, "");
	pg_client_copy_data(&t.said, "\tb\n3\tc\n");
	HEAR("");
	pg_client_message(&t.said, 'c', SLICE_NONE);
	HEAR("C COPY 3\nZ I\n");
	ck_assert_str_eq(t.log.requests.ptr, "copy [copy t (a, b) from stdin] <1\ta\n2\tb\n3\tc\n>\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(rows_are_counted_without_header_and_end_mark)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_query(&t.said, "copy t from stdin csv header; select 1");
	pg_client_copy_data(&t.said, "id,note\n1,\"two\nlines\"\n2,x");
	pg_client_message(&t.said, 'c', SLICE_NONE);
	HEAR("G 0 columns 0\nC COPY 2\nT ?column?:23\nD 1\nC SELECT 1\nZ I\n");
	pg_client_query(&t.said, "copy t (a, b) from stdin");
	pg_client_copy_data(&t.said, "1\ta\n\\.\n");
	pg_client_message(&t.said, 'c', SLICE_NONE);
	HEAR("G 0 columns 2\nC COPY 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_client_that_gives_up_gets_57014)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("begin", "C BEGIN\nZ T\n");
	pg_client_query(&t.said, "copy t (a, b) from stdin");
	pg_client_copy_data(&t.said, "1\ta\n");
	pg_client_message(&t.said, 'f', SLICE_LIT("no more\0"));
	HEAR("G 0 columns 2\nE ERROR 57014 COPY from stdin failed: no more\nZ E\n");
	ck_assert_str_eq(t.log.requests.ptr, "copy [copy t (a, b) from stdin] settled <1\ta\n>\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(an_error_after_the_data_leaves_the_rest_ignored)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_query(&t.said, "copy u from stdin");
	pg_client_copy_data(&t.said, "1\n");
	pg_client_message(&t.said, 'c', SLICE_NONE);
	HEAR("G 0 columns 0\nE ERROR 23505 duplicate key\nZ I\n");
	pg_client_copy_data(&t.said, "2\n"); /* a client that was slow to notice */
	pg_client_message(&t.said, 'c', SLICE_NONE);
	HEAR("");
	SAYS("select 1", "T ?column?:23\nD 1\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(flush_and_sync_mean_nothing_during_copy)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "copy t (a, b) from stdin", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_describe(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nn\nG 0 columns 2\n");
	pg_client_copy_data(&t.said, "1\ta\n");
	pg_client_message(&t.said, 'H', SLICE_NONE);
	pg_client_copy_data(&t.said, "2\ta\n");
	pg_client_message(&t.said, 'c', SLICE_NONE);
	pg_client_sync(&t.said);
	HEAR("C COPY 2\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(another_message_during_copy_fails_it)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_query(&t.said, "copy t (a, b) from stdin");
	pg_client_query(&t.said, "select 1");
	HEAR("G 0 columns 2\nE ERROR 08P01 unexpected message type 0x51 during COPY from stdin\nZ I\n");
	pg_client_query(&t.said, "copy t (a, b) from stdin");
	buf_add_str(&t.said, "!");
	HEAR("G 0 columns 2\nE FATAL 08P01 unexpected message type 0x21 during COPY from stdin\n");
	ck_assert_int_eq(t.log.last, DECODE_BAD);
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_failed_transaction_takes_no_data)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_talk_query(&t, "begin; select nothing_here");
	SAYS("copy t (a, b) from stdin",
	     "E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block\nZ E\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(ready_data_goes_out_a_row_a_message)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("copy t to stdout", "H 0 columns 0\nd 1\\09a\\0a\nd 2\\09\\N\\0a\nc\nC COPY 2\nZ I\n");
	SAYS("copy c to stdout csv header",
	     "H 0 columns 0\nd id,note\\0a\nd 1,\"two\\0alines\"\\0a\nd 2,x\\0a\nc\nC COPY 2\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(rows_are_formatted_as_the_statement_asks)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("copy (select * from t) to stdout csv header",
	     "H 0 columns 2\nd id,note\\0a\nd 1,\"a,b\"\\0a\nd 2,\\0a\nd 3,\"say \"\"x\"\"\"\\0a\nc\nC COPY 3\nZ I\n");
	SAYS("copy (select 2) to stdout",
	     "H 0 columns 2\nd tab\\there\\09back\\\\slash\\0a\nd \\N\\09line\\nend\\0a\nc\nC COPY 2\nZ I\n");
	SAYS("copy w to stdout", "H 0 columns 1\nc\nC COPY 0\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(delimiter_and_null_are_the_statements_own)
{
	static const struct pg_canned own[] = {
		{ .sql = "copy (select 1) to stdout with (format csv, delimiter '|', null 'nil')", .columns = "a:25 b:25",
		  .rows = "x;y|NULL" },
		{ 0 },
	};
	struct pg_talk t;

	pg_talk_start(&t, own);
	SAYS("copy (select 1) to stdout with (format csv, delimiter '|', null 'nil')",
	     "H 0 columns 2\nd x|\\0a\nd y|nil\\0a\nc\nC COPY 2\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(binary_copy_has_head_rows_and_tail)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("copy (select 3) to stdout (format binary)",
	     "H 1 columns 2\nd PGCOPY\\0a\\ff\\0d\\0a\\00\\00\\00\\00\\00\\00\\00\\00\\00"
	     "\\00\\02\\00\\00\\00\\04\\00\\00\\00\\07\\00\\00\\00\\01x\nd \\00\\02\\ff\\ff\\ff\\ff\\00\\00\\00\\01y\n"
	     "d \\ff\\ff\nc\nC COPY 2\nZ I\n");
	SAYS("copy (select 5) to stdout (format binary)",
	     "H 1 columns 1\nd PGCOPY\\0a\\ff\\0d\\0a\\00\\00\\00\\00\\00\\00\\00\\00\\00\\ff\\ff\nc\nC COPY 0\nZ I\n");
	SAYS("copy (select 4) to stdout (format binary)",
	     "E ERROR 22P02 invalid input syntax for type integer: \"seven\"\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(copy_out_works_in_the_extended_protocol)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "copy t to stdout", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nH 0 columns 0\nd 1\\09a\\0a\nd 2\\09\\N\\0a\nc\nC COPY 2\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

SUITE_BEGIN(pg_copy)
	SUITE_TEST(copied_data_becomes_the_body_of_one_request);
	SUITE_TEST(rows_are_counted_without_header_and_end_mark);
	SUITE_TEST(a_client_that_gives_up_gets_57014);
	SUITE_TEST(an_error_after_the_data_leaves_the_rest_ignored);
	SUITE_TEST(flush_and_sync_mean_nothing_during_copy);
	SUITE_TEST(another_message_during_copy_fails_it);
	SUITE_TEST(a_failed_transaction_takes_no_data);
	SUITE_TEST(ready_data_goes_out_a_row_a_message);
	SUITE_TEST(rows_are_formatted_as_the_statement_asks);
	SUITE_TEST(delimiter_and_null_are_the_statements_own);
	SUITE_TEST(binary_copy_has_head_rows_and_tail);
	SUITE_TEST(copy_out_works_in_the_extended_protocol);
SUITE_END
