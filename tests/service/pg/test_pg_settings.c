/* SET, RESET and SHOW as PostgreSQL 15 answers them, and what a transaction
 * undoes. The expected texts are a real server's. */
#include "pg_client.h"
#include "service/pg/pg_settings.h"
#include "suites.h"

struct line {
	const char *sql, *says; /* NULL: "C SET\nZ I\n" */
};

static void converse(const struct line *lines)
{
	struct pg_talk t;

	pg_talk_start(&t, NULL);
	for (; lines->sql; lines++) {
		const char *want = lines->says ? lines->says : "C SET\nZ I\n";

		pg_talk_query(&t, lines->sql);
		ck_assert_msg(strcmp(t.heard.ptr, want) == 0, "%s\nwants %sgot   %s", lines->sql, want, t.heard.ptr);
	}
	pg_talk_release(&t);
}

#define SHOWS(name, value) "T " name ":25\nD " value "\nC SHOW\nZ I\n"
#define ERROR(text) "E ERROR " text "\nZ I\n"

START_TEST(values_are_checked_and_shown_as_postgres_does)
{
	static const struct line lines[] = {
		{ "set statement_timeout = '5s'", NULL }, { "show statement_timeout", SHOWS("statement_timeout", "5s") },
		{ "set statement_timeout to 90000", NULL }, { "show statement_timeout", SHOWS("statement_timeout", "90s") },
		{ "set statement_timeout to 0", NULL }, { "show statement_timeout", SHOWS("statement_timeout", "0") },
		{ "set work_mem='1GB'", NULL }, { "show work_mem", SHOWS("work_mem", "1GB") },
		{ "set random_page_cost = 2.50", NULL }, { "show random_page_cost", SHOWS("random_page_cost", "2.5") },
		{ "set vacuum_cost_delay = '1.5ms'", NULL }, { "show vacuum_cost_delay", SHOWS("vacuum_cost_delay", "1500us") },
		{ "set synchronous_commit=true", NULL }, { "show synchronous_commit", SHOWS("synchronous_commit", "on") },
		{ "set enable_seqscan = 'of'", NULL }, { "show enable_seqscan", SHOWS("enable_seqscan", "off") },
		{ "set search_path to a, \"B\", 'c d', \"$user\"", NULL },
		{ "SHOW search_path", SHOWS("search_path", "a, \"B\", \"c d\", \"$user\"") },
		{ "set schema 'x'", NULL }, { "show search_path", SHOWS("search_path", "x") },
		{ "set intervalstyle = iso_8601", "C SET\nS IntervalStyle=iso_8601\nZ I\n" },
		{ "set xml option document", NULL }, { "show xmloption", SHOWS("xmloption", "document") },
		{ "show server_version_num", SHOWS("server_version_num", "150008") },
		{ "show unix_socket_permissions", SHOWS("unix_socket_permissions", "0777") },
		{ "show is_superuser", SHOWS("is_superuser", "on") },
		{ "show session authorization", SHOWS("session_authorization", "app") },
		{ "set a.b = 'x'", NULL }, { "show A.B", SHOWS("a.b", "x") },
		{ "reset a.b", "C RESET\nZ I\n" }, { "show a.b", SHOWS("a.b", "") },
		{ "set role none", NULL }, { "show role", SHOWS("role", "none") },
		{ 0 },
	};

	converse(lines);
}
END_TEST

START_TEST(values_that_cannot_be_are_refused_in_postgres_words)
{
	static const struct line lines[] = {
		{ "set nope = 1", ERROR("42704 unrecognized configuration parameter \"nope\"") },
		{ "show nope", ERROR("42704 unrecognized configuration parameter \"nope\"") },
		{ "show a.b", ERROR("42704 unrecognized configuration parameter \"a.b\"") },
		{ "reset nope", ERROR("42704 unrecognized configuration parameter \"nope\"") },
		{ "set statement_timeout='5x'", ERROR("22023 invalid value for parameter \"statement_timeout\": \"5x\" "
			"[hint Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".]") },
		{ "set work_mem='1s'", ERROR("22023 invalid value for parameter \"work_mem\": \"1s\" "
			"[hint Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".]") },
		{ "set work_mem=1", ERROR("22023 1 kB is outside the valid range for parameter \"work_mem\" (64 .. 2147483647)") },
		{ "set extra_float_digits=9", ERROR("22023 9 is outside the valid range for parameter \"extra_float_digits\" (-15 .. 3)") },
		{ "set enable_seqscan=maybe", ERROR("22023 parameter \"enable_seqscan\" requires a Boolean value") },
		{ "set client_min_messages=foo", ERROR("22023 invalid value for parameter \"client_min_messages\": \"foo\" "
			"[hint Available values: debug5, debug4, debug3, debug2, debug1, log, notice, warning, error.]") },
		{ "set work_mem=1,2", ERROR("22023 SET work_mem takes only one argument") },
		{ "set server_version='1'", ERROR("55P02 parameter \"server_version\" cannot be changed") },
		{ "set shared_buffers='1GB'", ERROR("55P02 parameter \"shared_buffers\" cannot be changed without restarting the server") },
		{ "set fsync=off", ERROR("55P02 parameter \"fsync\" cannot be changed now") },
		{ "set ignore_system_indexes=on", ERROR("55P02 parameter \"ignore_system_indexes\" cannot be set after connection start") },
		{ "reset server_version", ERROR("55P02 parameter \"server_version\" cannot be changed") },
		{ "set time zone 'no where'", ERROR("22023 invalid value for parameter \"TimeZone\": \"no where\"") },
		{ "set datestyle = roman", ERROR("22023 invalid value for parameter \"DateStyle\": \"roman\"") },
		{ 0 },
	};

	converse(lines);
}
END_TEST

START_TEST(reported_settings_are_reported_before_ready)
{
	static const struct line lines[] = {
		{ "set application_name = 'x'", "C SET\nS application_name=x\nZ I\n" },
		{ "set application_name = 'x'", NULL },
		{ "set application_name = 'y'; set application_name = 'x'", "C SET\nC SET\nZ I\n" },
		{ "set datestyle to sql, dmy", "C SET\nS DateStyle=SQL, DMY\nZ I\n" },
		{ "set datestyle = iso", "C SET\nS DateStyle=ISO, DMY\nZ I\n" },
		{ "set time zone 3", "C SET\nS TimeZone=<+03>-03\nZ I\n" },
		{ "set time zone interval '-08:00' hour to minute", "C SET\nS TimeZone=<-08>+08\nZ I\n" },
		{ "set timezone to -3.5", "C SET\nS TimeZone=<-03:30>+03:30\nZ I\n" },
		{ "set time zone local", "C SET\nS TimeZone=UTC\nZ I\n" },
		{ "set names 'sql_ascii'", "C SET\nS client_encoding=SQL_ASCII\nZ I\n" },
		{ "set names 'utf-8'", "C SET\nS client_encoding=UTF8\nZ I\n" },
		{ "set standard_conforming_strings = off", "C SET\nS standard_conforming_strings=off\nZ I\n" },
		{ "set session authorization bob", "C SET\nS session_authorization=bob\nZ I\n" },
		{ "reset session authorization", "C RESET\nS session_authorization=app\nZ I\n" },
		{ "reset all", "C RESET\nS application_name=\nS DateStyle=ISO, MDY\nS standard_conforming_strings=on\nZ I\n" },
		{ 0 },
	};

	converse(lines);
}
END_TEST

START_TEST(a_rollback_undoes_set_and_a_commit_undoes_set_local)
{
	static const struct line lines[] = {
		{ "begin; set work_mem = '1MB'; set application_name = 'a'", "C BEGIN\nC SET\nC SET\nS application_name=a\nZ T\n" },
		{ "rollback", "C ROLLBACK\nS application_name=\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "4MB") },
		{ "begin; set work_mem = '1MB'; set local work_mem = '2MB'; commit", "C BEGIN\nC SET\nC SET\nC COMMIT\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "1MB") },
		{ "begin; set local work_mem = '2MB'; set work_mem = '3MB'; commit", "C BEGIN\nC SET\nC SET\nC COMMIT\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "3MB") },
		{ "begin; set local work_mem = '8MB'; savepoint s; set local work_mem = '9MB'; rollback to s; show work_mem; commit",
		  "C BEGIN\nC SET\nC SAVEPOINT\nC SET\nC ROLLBACK\nT work_mem:25\nD 8MB\nC SHOW\nC COMMIT\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "3MB") },
		{ "set work_mem = '5MB'; show nope", "C SET\nE ERROR 42704 unrecognized configuration parameter \"nope\"\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "3MB") },
		{ "set local work_mem = '6MB'", "N WARNING 25P01 SET LOCAL can only be used in transaction blocks\nC SET\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "3MB") },
		{ "reset work_mem", "C RESET\nZ I\n" },
		{ "show work_mem", SHOWS("work_mem", "4MB") },
		{ 0 },
	};

	converse(lines);
}
END_TEST

START_TEST(a_transaction_has_its_own_modes)
{
	static const struct line lines[] = {
		{ "show transaction_isolation", SHOWS("transaction_isolation", "read committed") },
		{ "begin isolation level serializable, read only; show transaction isolation level; commit and chain; show transaction_read_only",
		  "C BEGIN\nT transaction_isolation:25\nD serializable\nC SHOW\nC COMMIT\nT transaction_read_only:25\nD on\nC SHOW\nZ T\n" },
		{ "rollback; show transaction_isolation", "C ROLLBACK\nT transaction_isolation:25\nD read committed\nC SHOW\nZ I\n" },
		{ "set transaction isolation level serializable",
		  "N WARNING 25P01 SET TRANSACTION can only be used in transaction blocks\nC SET\nZ I\n" },
		{ "set session characteristics as transaction isolation level repeatable read, read only",
		  "C SET\nS default_transaction_read_only=on\nZ I\n" },
		{ "show transaction_isolation", SHOWS("transaction_isolation", "repeatable read") },
		{ "begin; set transaction read write; show transaction_read_only; commit",
		  "C BEGIN\nC SET\nT transaction_read_only:25\nD off\nC SHOW\nC COMMIT\nZ I\n" },
		{ "set transaction_isolation = serializable", NULL },
		{ "show transaction_isolation", SHOWS("transaction_isolation", "repeatable read") },
		{ 0 },
	};

	converse(lines);
}
END_TEST

START_TEST(the_rest_of_a_session_has_postgres_answers)
{
	static const struct line lines[] = {
		{ "discard plans", "C DISCARD PLANS\nZ I\n" }, { "discard temp", "C DISCARD TEMP\nZ I\n" },
		{ "close all", "C CLOSE CURSOR ALL\nZ I\n" }, { "unlisten *", "C UNLISTEN\nZ I\n" },
		{ "deallocate all", "C DEALLOCATE ALL\nZ I\n" },
		{ "prepare transaction 'x'", "N WARNING 25P01 there is no transaction in progress\nC ROLLBACK\nZ I\n" },
		{ "begin; prepare transaction 'x'", "C BEGIN\nE ERROR 55000 prepared transactions are disabled "
		  "[hint Set max_prepared_transactions to a nonzero value.]\nZ I\n" },
		{ "begin; discard all", "C BEGIN\nE ERROR 25001 DISCARD ALL cannot run inside a transaction block\nZ E\n" },
		{ "rollback", "C ROLLBACK\nZ I\n" },
		{ "commit and chain", ERROR("25P01 COMMIT AND CHAIN can only be used in transaction blocks") },
		{ "show all", ERROR("SE001 no rule or fake answers: SHOW") },
		{ "close c", ERROR("SE001 no rule or fake answers: CLOSE CURSOR") },
		{ 0 },
	};

	converse(lines);
}
END_TEST

START_TEST(every_setting_is_found_and_keeps_its_own_default)
{
	static const char *const names[] = {
#define SETTING(name, ...) name,
#include "service/pg/settings.def"
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct pg_setting *s = pg_setting_find(slice_str(names[i]));
		struct slice canonical;

		ck_assert_msg(s != NULL, "%s", names[i]);
		ck_assert_str_eq(s->name, names[i]);
		struct slice value = slice_str(s->initial);
		if (!value.len || !strcmp(names[i], "seed"))
			continue;
		ck_assert_msg(!pg_setting_check(s, value, value, &a, &canonical), "%s", names[i]);
		ck_assert_msg(slice_eq(canonical, value), "%s: %.*s", names[i], SLICE_ARG(canonical));
	}
	ck_assert(!pg_setting_find(SLICE_LIT("")));
	ck_assert(!pg_setting_find(SLICE_LIT("zzz")));
	ck_assert_str_eq(pg_setting_find(SLICE_LIT("TIMEZONE"))->name, "TimeZone");
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(pg_settings)
	SUITE_TEST(values_are_checked_and_shown_as_postgres_does);
	SUITE_TEST(values_that_cannot_be_are_refused_in_postgres_words);
	SUITE_TEST(reported_settings_are_reported_before_ready);
	SUITE_TEST(a_rollback_undoes_set_and_a_commit_undoes_set_local);
	SUITE_TEST(a_transaction_has_its_own_modes);
	SUITE_TEST(the_rest_of_a_session_has_postgres_answers);
	SUITE_TEST(every_setting_is_found_and_keeps_its_own_default);
SUITE_END
