/* The simple protocol, and where it leaves the transaction. */
#include "pg_client.h"
#include "suites.h"

static const struct pg_canned canned[] = {
	{ .sql = "select 1", .columns = "?column?:23", .rows = "1" },
	{ .sql = "select 2", .columns = "?column?:23", .rows = "2" },
	{ .sql = "select none", .columns = "a:25 b:23" },
	{ .sql = "select nulls", .columns = "a:25 b:23", .rows = "NULL|7;x|NULL" },
	{ .sql = "insert into t values (1)", .tag = "INSERT 0 1" },
	{ .sql = "update t set a = 1" },
	{ .sql = "select broken", .sqlstate = "42P01", .message = "relation \"broken\" does not exist" },
	{ .sql = "commit and chain", .sqlstate = "40001", .message = "could not serialize access" },
	{ 0 },
};

#define SAYS(sql, expected) ck_assert_str_eq(pg_talk_query(&t, sql), expected)

START_TEST(a_query_gets_columns_rows_and_a_tag)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("select 1", "T ?column?:23\nD 1\nC SELECT 1\nZ I\n");
	SAYS("select none;", "T a:25 b:23\nC SELECT 0\nZ I\n");
	SAYS("  select nulls ; ", "T a:25 b:23\nD NULL|7\nD x|NULL\nC SELECT 2\nZ I\n");
	SAYS("insert into t values (1)", "C INSERT 0 1\nZ I\n");
	SAYS("update t set a = 1", "C UPDATE 0\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(no_statement_is_an_empty_query)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("", "I\nZ I\n");
	SAYS(" ;; ", "I\nZ I\n");
	SAYS("-- nothing", "I\nZ I\n");
	ck_assert_uint_eq(t.log.nrequests, 0);
	pg_talk_release(&t);
}
END_TEST

START_TEST(several_statements_get_an_answer_each_and_one_ready)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("select 1; select 2;", "T ?column?:23\nD 1\nC SELECT 1\nT ?column?:23\nD 2\nC SELECT 1\nZ I\n");
	ck_assert_str_eq(t.log.requests.ptr, "select [select 1]\nselect [select 2]\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(an_error_drops_the_statements_that_are_left)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("select 1; select broken; select 2",
	     "T ?column?:23\nD 1\nC SELECT 1\nE ERROR 42P01 relation \"broken\" does not exist\nZ I\n");
	SAYS("select 2", "T ?column?:23\nD 2\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_syntax_error_stops_everything_and_says_where)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("select 1; selec 2", "E ERROR 42601 syntax error at or near \"selec\" [position 11]\nZ I\n");
	SAYS("  selec 2", "E ERROR 42601 syntax error at or near \"selec\" [position 3]\nZ I\n");
	SAYS("select 'ä', from from", "E ERROR 42601 syntax error at or near \"from\" [position 13]\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(what_nothing_answers_is_se001)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("select * from orders", "E ERROR SE001 no rule or fake answers: SELECT orders\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(the_transaction_status_follows_begin_and_commit)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("begin", "C BEGIN\nZ T\n");
	SAYS("begin", "N WARNING 25001 there is already a transaction in progress\nC BEGIN\nZ T\n");
	SAYS("select 1", "T ?column?:23\nD 1\nC SELECT 1\nZ T\n");
	SAYS("commit", "C COMMIT\nZ I\n");
	SAYS("commit", "N WARNING 25P01 there is no transaction in progress\nC COMMIT\nZ I\n");
	SAYS("rollback", "N WARNING 25P01 there is no transaction in progress\nC ROLLBACK\nZ I\n");
	SAYS("start transaction; select 1; end", "C START TRANSACTION\nT ?column?:23\nD 1\nC SELECT 1\nC COMMIT\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_failed_transaction_takes_nothing_but_its_end)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("begin", "C BEGIN\nZ T\n");
	SAYS("select broken", "E ERROR 42P01 relation \"broken\" does not exist\nZ E\n");
	SAYS("select 1",
	     "E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block\nZ E\n");
	ck_assert_str_eq(t.log.requests.ptr, "select [select 1] settled\n");
	SAYS("commit", "C ROLLBACK\nZ I\n");
	SAYS("select 1", "T ?column?:23\nD 1\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(an_unmatched_statement_fails_the_transaction_too)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("begin; select * from x", "C BEGIN\nE ERROR SE001 no rule or fake answers: SELECT x\nZ E\n");
	SAYS("rollback", "C ROLLBACK\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_commit_that_fails_ends_the_transaction)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("begin", "C BEGIN\nZ T\n");
	SAYS("commit and chain", "E ERROR 40001 could not serialize access\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(savepoints_bring_a_failed_transaction_back)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	SAYS("savepoint a", "E ERROR 25P01 SAVEPOINT can only be used in transaction blocks\nZ I\n");
	SAYS("begin; savepoint work; savepoint b", "C BEGIN\nC SAVEPOINT\nC SAVEPOINT\nZ T\n");
	SAYS("select broken", "E ERROR 42P01 relation \"broken\" does not exist\nZ E\n");
	SAYS("rollback to savepoint work", "C ROLLBACK\nZ T\n");
	SAYS("rollback to b", "E ERROR 3B001 savepoint \"b\" does not exist\nZ E\n");
	SAYS("rollback to work", "C ROLLBACK\nZ T\n");
	SAYS("release work", "C RELEASE\nZ T\n");
	SAYS("release work", "E ERROR 3B001 savepoint \"work\" does not exist\nZ E\n");
	SAYS("rollback and chain", "C ROLLBACK\nZ T\n");
	SAYS("commit", "C COMMIT\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_query_that_is_not_a_string_is_refused_and_the_connection_lives)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_message(&t.said, 'Q', SLICE_LIT("select 1"));
	ck_assert_str_eq(pg_talk(&t), "E ERROR 08P01 invalid string in message\nZ I\n");
	pg_client_message(&t.said, 'Q', SLICE_LIT("select\0 1\0"));
	ck_assert_str_eq(pg_talk(&t), "E ERROR 08P01 invalid message format\nZ I\n");
	SAYS("select '\xff'", "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff\nZ I\n");
	SAYS("select 'ä\xe2\x28'", "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x28 0x27\nZ I\n");
	SAYS("select 1", "T ?column?:23\nD 1\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_function_call_is_refused)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_message(&t.said, 'F', SLICE_LIT("\0\0\0\1\0\0\0\0\0\0"));
	ck_assert_str_eq(pg_talk(&t),
			 "E ERROR 0A000 the fast-path function call interface is not supported by this fake\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

SUITE_BEGIN(pg_query)
	SUITE_TEST(a_query_gets_columns_rows_and_a_tag);
	SUITE_TEST(no_statement_is_an_empty_query);
	SUITE_TEST(several_statements_get_an_answer_each_and_one_ready);
	SUITE_TEST(an_error_drops_the_statements_that_are_left);
	SUITE_TEST(a_syntax_error_stops_everything_and_says_where);
	SUITE_TEST(what_nothing_answers_is_se001);
	SUITE_TEST(the_transaction_status_follows_begin_and_commit);
	SUITE_TEST(a_failed_transaction_takes_nothing_but_its_end);
	SUITE_TEST(an_unmatched_statement_fails_the_transaction_too);
	SUITE_TEST(a_commit_that_fails_ends_the_transaction);
	SUITE_TEST(savepoints_bring_a_failed_transaction_back);
	SUITE_TEST(a_query_that_is_not_a_string_is_refused_and_the_connection_lives);
	SUITE_TEST(a_function_call_is_refused);
SUITE_END
