/* What sql_analyse says of statements: tables of text and expected facts. */
#include <stdio.h>
#include <string.h>

#include "port/sql.h"
#include "suites.h"

static struct arena arena;

static const char *join(const struct slice *list, size_t count)
{
	struct slice s = { "", 0 };

	for (size_t i = 0; i < count; i++)
		s = arena_printf(&arena, "%.*s%s%.*s", SLICE_ARG(s), i ? "|" : "", SLICE_ARG(list[i]));
	return s.ptr;
}

static const char *text(struct slice s)
{
	return arena_slice(&arena, s).ptr;
}

START_TEST(a_statement_is_named_and_its_tables_listed)
{
	static const struct {
		const char *sql, *verb, *tables, *summary;
		bool rows;
	} cases[] = {
		{ "SELECT 1", "SELECT", "", "SELECT", true },
		{ "select * from events e join public.users u on e.u = u.id", "SELECT", "events|public.users", "SELECT events, public.users", true },
		{ "INSERT INTO orders (id) SELECT id FROM staging", "INSERT", "orders|staging", "INSERT orders, staging", false },
		{ "insert into orders values (1) returning id", "INSERT", "orders", "INSERT orders", true },
		{ "update orders set n = 1", "UPDATE", "orders", "UPDATE orders", false },
		{ "delete from orders using users", "DELETE", "orders|users", "DELETE orders, users", false },
		{ "with x as (select * from t) select * from x join u on true", "SELECT", "t|u", "SELECT t, u", true },
		{ "select * from a, b, c, d, e", "SELECT", "a|b|c|d|e", "SELECT a, b, c, d, ...", true },
		{ "select 1 from t where exists (select 1 from t)", "SELECT", "t", "SELECT t", true },
		{ "values (1)", "SELECT", "", "SELECT", true },
		{ "table t", "SELECT", "t", "SELECT t", true },
		{ "show server_version", "SHOW", "", "SHOW", true },
		{ "explain select 1", "EXPLAIN", "", "EXPLAIN", true },
		{ "BEGIN", "BEGIN", "", "BEGIN", false },
		{ "start transaction", "START TRANSACTION", "", "START TRANSACTION", false },
		{ "commit", "COMMIT", "", "COMMIT", false },
		{ "end", "COMMIT", "", "COMMIT", false },
		{ "rollback to savepoint a", "ROLLBACK", "", "ROLLBACK", false },
		{ "commit prepared 'x'", "COMMIT PREPARED", "", "COMMIT PREPARED", false },
		{ "create table if not exists a (b varchar(20))", "CREATE TABLE", "a", "CREATE TABLE a", false },
		{ "create table a as select * from b", "CREATE TABLE AS", "a|b", "CREATE TABLE AS a, b", false },
		{ "create materialized view m as select 1", "CREATE MATERIALIZED VIEW", "m", "CREATE MATERIALIZED VIEW m", false },
		{ "drop table a.b, c cascade", "DROP TABLE", "a.b|c", "DROP TABLE a.b, c", false },
		{ "drop function f(int)", "DROP FUNCTION", "", "DROP FUNCTION", false },
		{ "alter table a add column b int", "ALTER TABLE", "a", "ALTER TABLE a", false },
		{ "alter view v rename to w", "ALTER VIEW", "v", "ALTER VIEW v", false },
		{ "truncate a", "TRUNCATE TABLE", "a", "TRUNCATE TABLE a", false },
		{ "set search_path to x", "SET", "", "SET", false },
		{ "reset all", "RESET", "", "RESET", false },
		{ "discard all", "DISCARD ALL", "", "DISCARD ALL", false },
		{ "deallocate all", "DEALLOCATE ALL", "", "DEALLOCATE ALL", false },
		{ "deallocate x", "DEALLOCATE", "", "DEALLOCATE", false },
		{ "fetch 3 from c", "FETCH", "", "FETCH", true },
		{ "declare c cursor for select * from t", "DECLARE CURSOR", "t", "DECLARE CURSOR t", false },
		{ "close c", "CLOSE CURSOR", "", "CLOSE CURSOR", false },
		{ "analyze t", "ANALYZE", "t", "ANALYZE t", false },
		{ "grant select on t to u", "GRANT", "t", "GRANT t", false },
		{ "merge into t using s on t.a = s.a when matched then delete", "MERGE", "t|s", "MERGE t, s", false },
		{ "select 1 into x", "SELECT", "x", "SELECT x", false },
		{ "call p(1)", "CALL", "", "CALL", false },
		{ "select \"Odd Name\".* from \"Odd Name\"", "SELECT", "Odd Name", "SELECT Odd Name", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sql_analysis *an = sql_analyse(slice_str(cases[i].sql));
		ck_assert_msg(an->valid, "%s", cases[i].sql);
		ck_assert_msg(strcmp(text(an->verb), cases[i].verb) == 0, "%s: %s", cases[i].sql, text(an->verb));
		ck_assert_msg(strcmp(join(an->tables, an->ntables), cases[i].tables) == 0, "%s: %s", cases[i].sql, join(an->tables, an->ntables));
		ck_assert_msg(strcmp(text(an->summary), cases[i].summary) == 0, "%s: %s", cases[i].sql, text(an->summary));
		ck_assert_msg(an->returns_rows == cases[i].rows, "%s: rows", cases[i].sql);
	}
}
END_TEST

START_TEST(white_space_case_comments_and_literals_do_not_count_in_a_fingerprint)
{
	uint64_t one = sql_analyse(SLICE_LIT("select id from orders where n = 1"))->fingerprint;

	ck_assert(one != 0);
	ck_assert(one == sql_analyse(SLICE_LIT("SELECT  id\nFROM orders -- all\nWHERE n = 42"))->fingerprint);
	ck_assert(one == sql_analyse(SLICE_LIT("select id from orders where n = $1"))->fingerprint);
	ck_assert(one != sql_analyse(SLICE_LIT("select id from orders where m = 1"))->fingerprint);
}
END_TEST

START_TEST(literals_come_in_the_order_of_the_text)
{
	const struct sql_analysis *an =
		sql_analyse(SLICE_LIT("insert into t values ('it''s', 0, -1, 1.5, true, null, interval '1 day', x::varchar(20)) on conflict do nothing"));

	ck_assert_str_eq(join(an->literals, an->nliterals), "it's|0|-1|1.5|true|null|1 day");
}
END_TEST

START_TEST(casts_give_parameters_their_types)
{
	const struct sql_analysis *an =
		sql_analyse(SLICE_LIT("select $2::timestamp with time zone, $1, cast($4 as int[]), $4 from t where a = $3::text"));

	ck_assert_uint_eq(an->nparams, 4);
	ck_assert_uint_eq(an->param_oids[0], 0);
	ck_assert_uint_eq(an->param_oids[1], 1184);
	ck_assert_uint_eq(an->param_oids[2], 25);
	ck_assert_uint_eq(an->param_oids[3], 1007);
}
END_TEST

START_TEST(copy_says_which_way_and_how)
{
	const struct sql_analysis *an = sql_analyse(SLICE_LIT("copy (select 1) to stdout with (format csv, header, delimiter ';', null 'N')"));

	ck_assert(an->copy_to_stdout && !an->copy_from_stdin && an->copy_csv && an->copy_header && !an->copy_binary);
	ck_assert_int_eq(an->copy_delimiter, ';');
	ck_assert_str_eq(text(an->copy_null), "N");
	an = sql_analyse(SLICE_LIT("COPY orders (a, b) FROM STDIN CSV HEADER"));
	ck_assert(an->copy_from_stdin && an->copy_csv && an->copy_header);
	ck_assert_uint_eq(an->copy_columns, 2);
	an = sql_analyse(SLICE_LIT("copy t to stdout (format binary)"));
	ck_assert(an->copy_to_stdout && an->copy_binary && !an->copy_csv);
	an = sql_analyse(SLICE_LIT("copy t to stdout (format csv, header off)"));
	ck_assert(!an->copy_header);
	an = sql_analyse(SLICE_LIT("copy t to '/tmp/x'"));
	ck_assert(!an->copy_to_stdout && !an->copy_from_stdin);
	an = sql_analyse(SLICE_LIT("copy t from program 'cat'"));
	ck_assert(!an->copy_to_stdout && !an->copy_from_stdin);
}
END_TEST

START_TEST(a_syntax_error_speaks_postgresqls_words)
{
	const struct sql_analysis *an = sql_analyse(SLICE_LIT("selct 1"));

	ck_assert(!an->valid && !an->empty);
	ck_assert_str_eq(text(an->error_message), "syntax error at or near \"selct\"");
	ck_assert_int_eq(an->error_position, 1);
	ck_assert_str_eq(text(an->verb), "SELCT");
	/* Positions count characters, not bytes. */
	an = sql_analyse(SLICE_LIT("select 'é\u00fc' frm wher from"));
	ck_assert_int_eq(an->error_position, 17);
}
END_TEST

START_TEST(empty_texts_are_valid_and_empty)
{
	ck_assert(sql_analyse(SLICE_LIT(""))->empty);
	ck_assert(sql_analyse(SLICE_NONE)->empty);
	ck_assert(sql_analyse(SLICE_LIT(" -- nothing\n"))->empty);
	ck_assert(sql_analyse(SLICE_LIT(" -- nothing\n"))->valid);
}
END_TEST

START_TEST(a_text_of_several_statements_is_split_as_the_parser_would)
{
	static const struct {
		const char *sql, *parts;
	} cases[] = {
		{ "select 1", "select 1" },
		{ " select 1 ; ", "select 1" },
		{ "select 1;select 2", "select 1|select 2" },
		{ "select ';'; -- x;y\n insert into t values (';') ;;", "select ';'|-- x;y\n insert into t values (';')" },
		{ "select $$a;b$$", "select $$a;b$$" },
		{ "select 1 -- foo;", "select 1 -- foo;" },
		{ "select 1 /* ; */ + 2; select 3", "select 1 /* ; */ + 2|select 3" },
		{ "select 1; selct 2", "select 1; selct 2" },
		{ "", "" },
		{ ";", "" },
		{ ";;", ";;" },
		{ "-- only", "-- only" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice *parts;
		size_t count = sql_split(slice_str(cases[i].sql), &arena, &parts);
		ck_assert_msg(strcmp(join(parts, count), cases[i].parts) == 0, "%s: %s", cases[i].sql, join(parts, count));
		/* Again: from the cache. */
		count = sql_split(slice_str(cases[i].sql), &arena, &parts);
		ck_assert_msg(strcmp(join(parts, count), cases[i].parts) == 0, "%s: %s", cases[i].sql, join(parts, count));
	}
	ck_assert(sql_analyse(SLICE_LIT(";;"))->empty);
}
END_TEST

START_TEST(an_analysis_is_kept_and_more_texts_than_the_cache_holds_do_no_harm)
{
	char sql[64];

	ck_assert_ptr_eq(sql_analyse(SLICE_LIT("select 4711")), sql_analyse(SLICE_LIT("select 4711")));
	for (int i = 0; i < 6000; i++) {
		snprintf(sql, sizeof(sql), "select %d", i);
		const struct sql_analysis *an = sql_analyse(slice_str(sql));
		ck_assert_str_eq(text(an->text), sql);
		ck_assert_uint_eq(an->nliterals, 1);
		arena_reset(&arena);
	}
	ck_assert_str_eq(text(sql_analyse(SLICE_LIT("select 3"))->literals[0]), "3");
}
END_TEST

START_TEST(type_names_are_understood_in_all_their_spellings)
{
	static const struct {
		const char *name;
		uint32_t oid;
		int len, mod;
	} cases[] = {
		{ "int4", 23, 4, -1 }, { "INTEGER", 23, 4, -1 }, { "int", 23, 4, -1 }, { "bigint", 20, 8, -1 }, { "text", 25, -1, -1 },
		{ "numeric(12,6)", 1700, -1, ((12 << 16) | 6) + 4 }, { "numeric ( 5 )", 1700, -1, (5 << 16) + 4 }, { "decimal", 1700, -1, -1 },
		{ "varchar(20)", 1043, -1, 24 }, { "character varying (20)", 1043, -1, 24 }, { "char", 1042, -1, 5 }, { "bpchar", 1042, -1, -1 },
		{ "\"char\"", 18, 1, -1 }, { "timestamptz", 1184, 8, -1 }, { "timestamp with time zone", 1184, 8, -1 },
		{ "timestamp(3) with time zone", 1184, 8, 3 }, { "timestamp (3) without time zone", 1114, 8, 3 }, { "time", 1083, 8, -1 },
		{ "double precision", 701, 8, -1 }, { "real", 700, 4, -1 }, { "float(24)", 700, 4, -1 }, { "float(25)", 701, 8, -1 },
		{ "text[]", 1009, -1, -1 }, { "_int4", 1007, -1, -1 }, { "numeric(3,1)[]", 1231, -1, ((3 << 16) | 1) + 4 },
		{ "int[3][]", 1007, -1, -1 }, { "jsonb", 3802, -1, -1 }, { "uuid", 2950, 16, -1 }, { "bytea", 17, -1, -1 },
		{ "boolean", 16, 1, -1 }, { "date", 1082, 4, -1 }, { "interval", 1186, 16, -1 }, { "inet", 869, -1, -1 }, { "name", 19, 64, -1 },
		{ "pg_catalog.int8", 20, 8, -1 }, { "bit", 1560, -1, 1 }, { "bit varying(5)", 1562, -1, 5 }, { "tstzrange", 3910, -1, -1 },
		{ "serial", 23, 4, -1 },
	};
	static const char *const unknown[] = { "", "int5", "numeric(0)", "numeric(1,2,3)", "int4(3)", "text[", "varchar(0)", "timestamp(7)", "numeric(", "[]", "int[]x" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t oid;
		int16_t len;
		int32_t mod;
		ck_assert_msg(sql_type(slice_str(cases[i].name), &oid, &len, &mod), "%s", cases[i].name);
		ck_assert_msg(oid == cases[i].oid && len == cases[i].len && mod == cases[i].mod, "%s: %u %d %d", cases[i].name, oid, len, mod);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ck_assert_msg(!sql_type(slice_str(unknown[i]), &(uint32_t){ 0 }, &(int16_t){ 0 }, &(int32_t){ 0 }), "%s", unknown[i]);
	ck_assert_str_eq(sql_type_name(23), "int4");
	ck_assert_str_eq(sql_type_name(1007), "_int4");
	ck_assert_ptr_null(sql_type_name(0));
	ck_assert_ptr_null(sql_type_name(4711));
}
END_TEST

START_TEST(command_tags_count_where_postgresql_counts)
{
	static const struct {
		const char *sql, *tag;
	} cases[] = {
		{ "insert into t values (1)", "INSERT 0 3" }, { "select 1", "SELECT 3" }, { "update t set a = 1", "UPDATE 3" },
		{ "delete from t", "DELETE 3" }, { "begin", "BEGIN" }, { "create table t (a int)", "CREATE TABLE" },
		{ "create table t as select 1", "SELECT 3" }, { "copy t to stdout", "COPY 3" }, { "fetch all c", "FETCH 3" },
		{ "show x", "SHOW" }, { "values (1)", "SELECT 3" }, { "end", "COMMIT" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(text(sql_tag(sql_analyse(slice_str(cases[i].sql)), 3, &arena)), cases[i].tag);
}
END_TEST

START_TEST(result_columns_are_named_as_postgresql_names_them)
{
	static const struct {
		const char *sql, *names;
	} cases[] = {
		{ "select id, e.kind, count(*), n as total, 1, '1'::date, a::text, coalesce(a, b) from e", "id|kind|count|total|?column?|date|a|coalesce" },
		{ "select * from e", "" },
		{ "insert into e values (1) returning id", "id" },
		{ "copy (select a, b from e) to stdout", "a|b" },
		{ "begin", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice *names;
		size_t count = sql_result_names(slice_str(cases[i].sql), &arena, &names);
		ck_assert_msg(strcmp(join(names, count), cases[i].names) == 0, "%s: %s", cases[i].sql, join(names, count));
	}
}
END_TEST

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_release(&arena);
}

SUITE_BEGIN(sql)
	tcase_add_checked_fixture(tc, setup, teardown);
	SUITE_TEST(a_statement_is_named_and_its_tables_listed);
	SUITE_TEST(white_space_case_comments_and_literals_do_not_count_in_a_fingerprint);
	SUITE_TEST(literals_come_in_the_order_of_the_text);
	SUITE_TEST(casts_give_parameters_their_types);
	SUITE_TEST(copy_says_which_way_and_how);
	SUITE_TEST(a_syntax_error_speaks_postgresqls_words);
	SUITE_TEST(empty_texts_are_valid_and_empty);
	SUITE_TEST(a_text_of_several_statements_is_split_as_the_parser_would);
	SUITE_TEST(an_analysis_is_kept_and_more_texts_than_the_cache_holds_do_no_harm);
	SUITE_TEST(type_names_are_understood_in_all_their_spellings);
	SUITE_TEST(command_tags_count_where_postgresql_counts);
	SUITE_TEST(result_columns_are_named_as_postgresql_names_them);
SUITE_END
