/* Parse, Bind, Describe, Execute, Close and Sync, and what is wrong with them. */
#include <stdio.h>

#include "pg_client.h"
#include "suites.h"

static const struct pg_canned canned[] = {
	{ .sql = "select 1", .columns = "?column?:23", .rows = "1" },
	{ .sql = "select id, name from t where id = $1", .columns = "id:23 name:25", .rows = "7|seven" },
	{ .sql = "select n", .columns = "n:23", .rows = "1;2;3;4;5" },
	{ .sql = "insert into t values ($1, $2)", .tag = "INSERT 0 1" },
	{ .sql = "insert into t values (1) returning id", .columns = "id:20", .rows = "1;2;3", .tag = "INSERT 0 3" },
	{ .sql = "select broken", .sqlstate = "42P01", .message = "no such thing" },
	{ .sql = "select bad", .columns = "n:23", .rows = "1;x" },
	{ .sql = "select odd", .columns = "n:99999", .rows = "1" },
	{ .sql = "select top 5 from vendor", .columns = "n:23", .rows = "1" },
	{ 0 },
};

#define HEAR(expected) ck_assert_str_eq(pg_talk(&t), expected)
#define ABORTED "E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block\n"

START_TEST(a_statement_goes_from_parse_to_complete)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select id, name from t where id = $1", 23, -1);
	pg_client_bind(&t.said, "", "", 0, "7", PG_CLIENT_END);
	pg_client_describe(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nT id:23 name:25\nD 7|seven\nC SELECT 1\nZ I\n");
	ck_assert_str_eq(t.log.requests.ptr,
			 "select [select id, name from t where id = $1] describe extended $1=7:23\n"
			 "select [select id, name from t where id = $1] extended $1=7:23\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_described_statement_tells_parameters_and_columns)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "s", "select id, name from t where id = $1", -1);
	pg_client_describe(&t.said, 'S', "s");
	pg_client_parse(&t.said, "i", "insert into t values ($1, $2)", 0, 1700, -1);
	pg_client_describe(&t.said, 'S', "i");
	pg_client_parse(&t.said, "c", "select $2::int4, $1::uuid", -1);
	pg_client_describe(&t.said, 'S', "c"); /* no rule knows it: no error before Execute */
	pg_client_sync(&t.said);
	HEAR("1\nt 25\nT id:23 name:25\n1\nt 25 1700\nn\n1\nt 2950 23\nn\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(parameters_in_binary_reach_the_request_as_text)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "insert into t values ($1, $2)", 23, 1184, -1);
	pg_client_message(&t.said, 'B',
			  SLICE_LIT("\0\0\0\2\0\1\0\1\0\2\0\0\0\4\0\0\0\7\0\0\0\x8\0\0\0\0\0\0\0\0\0\0"));
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nC INSERT 0 1\nZ I\n");
	ck_assert_str_eq(t.log.requests.ptr,
			 "insert [insert into t values ($1, $2)] extended $1=7:23 $2=2000-01-01 00:00:00+00:1184\n");
	pg_client_bind(&t.said, "", "", 0, NULL, "", PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("2\nC INSERT 0 1\nZ I\n");
	ck_assert_str_eq(t.log.requests.ptr, "insert [insert into t values ($1, $2)] extended $1=NULL:23 $2=:1184\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(results_go_out_in_binary_when_asked)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select id, name from t where id = $1", -1);
	pg_client_bind(&t.said, "", "", 1, "7", PG_CLIENT_END);
	pg_client_describe(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nT id:23/b name:25/b\nD \\00\\00\\00\\07|seven\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_value_that_is_not_of_its_type_is_an_error_not_a_guess)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select bad", -1);
	pg_client_bind(&t.said, "", "", 1, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nE ERROR 22P02 invalid input syntax for type integer: \"x\" "
	     "[detail it is the value of the column \"n\" in the answer]\nZ I\n");
	pg_client_parse(&t.said, "", "select odd", -1);
	pg_client_bind(&t.said, "", "", 1, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nE ERROR 42883 no binary output function available for type 99999 "
	     "[hint the column \"n\" can be asked for in text format]\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_row_limit_suspends_the_portal)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_query(&t.said, "begin");
	pg_client_parse(&t.said, "", "select n", -1);
	pg_client_bind(&t.said, "cur", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "cur", 2);
	pg_client_sync(&t.said);
	HEAR("C BEGIN\nZ T\n1\n2\nD 1\nD 2\ns\nZ T\n");
	pg_client_execute(&t.said, "cur", 2);
	pg_client_execute(&t.said, "cur", 0);
	pg_client_execute(&t.said, "cur", 0);
	pg_client_sync(&t.said);
	HEAR("D 3\nD 4\ns\nD 5\nC SELECT 1\nC SELECT 0\nZ T\n");
	ck_assert_uint_eq(t.log.nrequests, 2); /* BEGIN, and one SELECT */
	pg_client_query(&t.said, "commit");
	pg_client_execute(&t.said, "cur", 0);
	pg_client_sync(&t.said);
	HEAR("C COMMIT\nZ I\nE ERROR 34000 portal \"cur\" does not exist\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_limit_that_is_just_enough_still_suspends)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select n", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 5);
	pg_client_execute(&t.said, "", 5);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 6);
	pg_client_sync(&t.said);
	HEAR("1\n2\nD 1\nD 2\nD 3\nD 4\nD 5\ns\nC SELECT 0\n2\nD 1\nD 2\nD 3\nD 4\nD 5\nC SELECT 5\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(returning_keeps_the_tag_of_the_whole_statement)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "insert into t values (1) returning id", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 2);
	pg_client_execute(&t.said, "", 2);
	pg_client_sync(&t.said);
	HEAR("1\n2\nD 1\nD 2\ns\nD 3\nC INSERT 0 3\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(an_error_is_followed_by_silence_until_sync)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select broken", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_parse(&t.said, "never", "select 1", -1);
	pg_client_query(&t.said, "select 1");
	pg_client_close(&t.said, 'S', "");
	pg_client_sync(&t.said);
	pg_client_describe(&t.said, 'S', "never");
	pg_client_sync(&t.said);
	HEAR("1\n2\nE ERROR 42P01 no such thing\nZ I\nE ERROR 26000 prepared statement \"never\" does not exist\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(an_unmatched_statement_fails_at_execute)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select * from orders", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_describe(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nn\nE ERROR SE001 no rule or fake answers: SELECT orders\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_syntax_error_comes_with_parse_and_is_an_event)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", " selec 1", -1);
	pg_client_sync(&t.said);
	HEAR("E ERROR 42601 syntax error at or near \"selec\" [position 2]\nZ I\n");
	ck_assert_str_eq(t.log.requests.ptr, "selec [selec 1] describe extended\nselec [selec 1] extended settled\n");
	pg_client_parse(&t.said, "", "select 1; select 2", -1);
	pg_client_sync(&t.said);
	HEAR("E ERROR 42601 cannot insert multiple commands into a prepared statement\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_rule_may_know_a_text_that_postgres_does_not)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select top 5 from vendor", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_describe(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nT n:23\nD 1\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_failed_transaction_refuses_parse_and_bind_but_not_rollback)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "ok", "select 1", -1);
	pg_client_parse(&t.said, "back", "rollback", -1);
	pg_client_sync(&t.said);
	HEAR("1\n1\nZ I\n");
	pg_talk_query(&t, "begin; select broken");
	pg_client_parse(&t.said, "", "select 1", -1);
	pg_client_sync(&t.said);
	HEAR(ABORTED "Z E\n");
	ck_assert_str_eq(t.log.requests.ptr, "select [select 1] extended settled\n");
	pg_client_bind(&t.said, "", "ok", 0, PG_CLIENT_END);
	pg_client_sync(&t.said);
	HEAR(ABORTED "Z E\n");
	pg_client_describe(&t.said, 'S', "ok");
	pg_client_sync(&t.said);
	HEAR(ABORTED "Z E\n");
	pg_client_bind(&t.said, "", "back", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("2\nC ROLLBACK\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(names_that_are_taken_or_unknown_are_errors)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
#define REFUSED(what, expected)                      \
	do {                                         \
		what;                                \
		pg_client_sync(&t.said);             \
		HEAR("E ERROR " expected "\nZ I\n"); \
	} while (0)
	pg_client_parse(&t.said, "s", "select 1", -1);
	pg_client_sync(&t.said);
	HEAR("1\nZ I\n");
	REFUSED(pg_client_parse(&t.said, "s", "select 1", -1), "42P05 prepared statement \"s\" already exists");
	REFUSED(pg_client_bind(&t.said, "", "x", 0, PG_CLIENT_END), "26000 prepared statement \"x\" does not exist");
	REFUSED(pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END), "26000 unnamed prepared statement does not exist");
	REFUSED(pg_client_describe(&t.said, 'S', ""), "26000 unnamed prepared statement does not exist");
	REFUSED(pg_client_describe(&t.said, 'P', ""), "34000 portal \"\" does not exist");
	REFUSED(pg_client_describe(&t.said, 'X', ""), "08P01 invalid DESCRIBE message subtype 88");
	REFUSED(pg_client_close(&t.said, 'X', ""), "08P01 invalid CLOSE message subtype 88");
	REFUSED(pg_client_execute(&t.said, "", 0), "34000 portal \"\" does not exist");
	REFUSED(pg_client_bind(&t.said, "", "s", 0, "1", PG_CLIENT_END),
		"08P01 bind message supplies 1 parameters, but prepared statement \"s\" requires 0");
	pg_client_bind(&t.said, "p", "s", 0, PG_CLIENT_END);
	pg_client_bind(&t.said, "p", "s", 0, PG_CLIENT_END);
	pg_client_sync(&t.said);
	HEAR("2\nE ERROR 42P03 cursor \"p\" already exists\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(binds_that_do_not_add_up_are_errors)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *says;
	} rows[] = {
#define ROW(bytes, says) { bytes, sizeof(bytes) - 1, says }
		ROW("\0", "08P01 invalid string in message"),
		ROW("\0\0\0", "08P01 insufficient data left in message"),
		ROW("\0\0\0\0\0\1\0\0\0\1", "08P01 insufficient data left in message"),
		ROW("\0\0\0\2\0\0\0\0\0\1\0\0\0\1" "7\0\0", "08P01 bind message has 2 parameter formats but 1 parameters"),
		ROW("\0\0\0\1\0\2\0\1\0\0\0\1" "7\0\0", "22023 unsupported format code: 2"),
		ROW("\0\0\0\1\0\1\0\1\0\0\0\1" "7\0\0", "22P03 incorrect binary data format in bind parameter 1"),
		ROW("\0\0\0\0\0\1\0\0\0\1\xff\0\0", "22021 invalid byte sequence for encoding \"UTF8\": 0xff"),
		ROW("\0\0\0\0\0\1\0\0\0\1\0\0\0", "22021 invalid byte sequence for encoding \"UTF8\": 0x00"),
		ROW("\0\0\0\0\0\1\0\0\0\1" "7\0\0x", "08P01 invalid message format"),
		ROW("\0\0\0\0\0\1\x7f\0\0\0" "7\0\0", "08P01 insufficient data left in message"),
#undef ROW
	};
	struct pg_talk t;

	pg_talk_start(&t, canned);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[200];

		pg_client_parse(&t.said, "", "select id, name from t where id = $1", 23, -1);
		pg_client_message(&t.said, 'B', slice_of(rows[i].bytes, rows[i].len));
		pg_client_execute(&t.said, "", 0);
		pg_client_sync(&t.said);
		snprintf(want, sizeof(want), "1\nE ERROR %s\nZ I\n", rows[i].says);
		ck_assert_msg(strcmp(pg_talk(&t), want) == 0, "row %zu: %s", i, t.heard.ptr);
	}
	pg_talk_release(&t);
}
END_TEST

START_TEST(result_formats_that_do_not_fit_fail_execute)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "select 1", -1);
	pg_client_bind(&t.said, "", "", 3, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nE ERROR 22023 unsupported format code: 3\nZ I\n");
	pg_client_message(&t.said, 'B', SLICE_LIT("\0\0\0\0\0\0\0\2\0\0\0\0"));
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("2\nE ERROR 08P01 bind message has 2 result formats but query has 1 columns\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_show_keeps_its_tag_when_run_again)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "show work_mem", -1);
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 1);
	pg_client_execute(&t.said, "", 1);
	pg_client_execute(&t.said, "", 1);
	pg_client_sync(&t.said);
	HEAR("1\n2\nD 4MB\ns\nC SHOW\nC SHOW\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(an_empty_statement_executes_to_an_empty_answer)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", " -- nothing", -1);
	pg_client_describe(&t.said, 'S', "");
	pg_client_bind(&t.said, "", "", 0, PG_CLIENT_END);
	pg_client_describe(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\nt\nn\n2\nn\nI\nZ I\n");
	ck_assert_uint_eq(t.log.nrequests, 0);
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_closed_statement_lives_on_in_its_portal)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "s", "select 1", -1);
	pg_client_bind(&t.said, "", "s", 0, PG_CLIENT_END);
	pg_client_close(&t.said, 'S', "s");
	pg_client_close(&t.said, 'S', "s");
	pg_client_execute(&t.said, "", 0);
	pg_client_close(&t.said, 'P', "");
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\n3\n3\nD 1\nC SELECT 1\n3\nE ERROR 34000 portal \"\" does not exist\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_finished_command_cannot_run_again)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "", "insert into t values ($1, $2)", -1);
	pg_client_bind(&t.said, "", "", 0, "1", "2", PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("1\n2\nC INSERT 0 1\nE ERROR 55000 portal \"\" cannot be run\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(deallocate_and_discard_reach_what_parse_made)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_parse(&t.said, "a", "select 1", -1);
	pg_client_parse(&t.said, "B", "select 1", -1);
	pg_client_parse(&t.said, "c", "select 1", -1);
	pg_client_sync(&t.said);
	HEAR("1\n1\n1\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "deallocate A"), "C DEALLOCATE\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "deallocate b"), "E ERROR 26000 prepared statement \"b\" does not exist\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "deallocate prepare \"B\""), "C DEALLOCATE\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "discard all"), "C DISCARD ALL\nZ I\n");
	pg_client_describe(&t.said, 'S', "c");
	pg_client_sync(&t.said);
	HEAR("E ERROR 26000 prepared statement \"c\" does not exist\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

/* Rules with a sequence can answer another result set than was described. */
START_TEST(columns_that_change_after_describe_are_an_error)
{
	static struct pg_canned changing[] = { { .sql = "select 1", .columns = "a:23", .rows = "1" }, { 0 } };
	struct pg_talk t;

	changing[0].columns = "a:23";
	pg_talk_start(&t, changing);
	pg_client_parse(&t.said, "s", "select 1", -1);
	pg_client_describe(&t.said, 'S', "s");
	pg_client_sync(&t.said);
	HEAR("1\nt\nT a:23\nZ I\n");
	changing[0].columns = "a:23 b:23";
	pg_client_bind(&t.said, "", "s", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("2\nE ERROR 0A000 cached plan must not change result type "
	     "[detail Describe announced 1 columns, the answer to Execute has 2] "
	     "[hint give every answer to this statement the same columns and types]\nZ I\n");
	changing[0].columns = "a:20";
	pg_client_bind(&t.said, "", "s", 0, PG_CLIENT_END);
	pg_client_execute(&t.said, "", 0);
	pg_client_sync(&t.said);
	HEAR("2\nD 1\nC SELECT 1\nZ I\n"); /* in text another number is still a number */
	pg_talk_release(&t);
}
END_TEST

SUITE_BEGIN(pg_extended)
	SUITE_TEST(a_statement_goes_from_parse_to_complete);
	SUITE_TEST(a_described_statement_tells_parameters_and_columns);
	SUITE_TEST(parameters_in_binary_reach_the_request_as_text);
	SUITE_TEST(results_go_out_in_binary_when_asked);
	SUITE_TEST(a_value_that_is_not_of_its_type_is_an_error_not_a_guess);
	SUITE_TEST(a_row_limit_suspends_the_portal);
	SUITE_TEST(a_limit_that_is_just_enough_still_suspends);
	SUITE_TEST(returning_keeps_the_tag_of_the_whole_statement);
	SUITE_TEST(an_error_is_followed_by_silence_until_sync);
	SUITE_TEST(an_unmatched_statement_fails_at_execute);
	SUITE_TEST(a_syntax_error_comes_with_parse_and_is_an_event);
	SUITE_TEST(a_rule_may_know_a_text_that_postgres_does_not);
	SUITE_TEST(a_failed_transaction_refuses_parse_and_bind_but_not_rollback);
	SUITE_TEST(names_that_are_taken_or_unknown_are_errors);
	SUITE_TEST(binds_that_do_not_add_up_are_errors);
	SUITE_TEST(result_formats_that_do_not_fit_fail_execute);
	SUITE_TEST(a_show_keeps_its_tag_when_run_again);
	SUITE_TEST(an_empty_statement_executes_to_an_empty_answer);
	SUITE_TEST(a_closed_statement_lives_on_in_its_portal);
	SUITE_TEST(a_finished_command_cannot_run_again);
	SUITE_TEST(deallocate_and_discard_reach_what_parse_made);
	SUITE_TEST(columns_that_change_after_describe_are_an_error);
SUITE_END
