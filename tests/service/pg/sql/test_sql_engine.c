/*
 * Tests of the SQL engine's face: text in, typed rows, tags and errors out.
 */
#include "service/pg/sql/engine.h"
#include "service/pg/sql/session.h"

#include "base/arena.h"
#include <check.h>

#include "suites.h"

struct bench {
	struct sql_engine *engine;
	struct sql_session *session;
	struct arena arena;
};

static struct slice setting(void *of, const char *name)
{
	(void)of;
	return strcmp(name, "search_path") == 0 ? SLICE_LIT("\"$user\", public") :
	       strcmp(name, "TimeZone") == 0 || strcmp(name, "timezone") == 0 ? SLICE_LIT("UTC") : SLICE_NONE;
}

static void open_bench(struct bench *b)
{
	const struct sql_engine_config config = { .seed = 1, .version = "15.8" };
	const struct sql_session_hooks hooks = { .setting = setting };
	const char *why = "";

	b->engine = sql_engine_new(&config, &why);
	ck_assert_msg(b->engine != NULL, "%s", why);
	b->session = sql_session_new(b->engine, "app", "shop", 1, &hooks);
	arena_init(&b->arena);
}

static void close_bench(struct bench *b)
{
	sql_session_free(b->session);
	sql_engine_free(b->engine);
	arena_release(&b->arena);
}

/* Runs one statement in a transaction of its own. */
static struct sql_result run(struct bench *b, const char *text)
{
	struct sql_result result = { 0 };
	struct sql_prepared *p = sql_prepare(b->session, slice_str(text), NULL, 0, &b->arena, &result.error);

	if (p) {
		struct sql_running r = { .session = b->session, .prepared = p, .arena = &b->arena, .out = &result };

		ck_assert(sql_run(&r));
		sql_prepared_drop(p);
	}
	sql_session_settle(b->session, result.error != NULL, &b->arena);
	return result;
}

/* Rows as "1|a;2|b". */
static const char *rows(struct bench *b, const char *text)
{
	struct sql_result r = run(b, text);
	struct sql_error *e;
	struct buf out;

	if (r.error)
		return arena_printf(&b->arena, "%.*s %.*s", SLICE_ARG(r.error->sqlstate), SLICE_ARG(r.error->message)).ptr;
	buf_init(&out, 64 * 1024);
	for (size_t i = 0; i < r.nrows * r.ncolumns; i++) {
		buf_add_str(&out, i == 0 ? "" : i % r.ncolumns ? "|" : ";");
		if (r.cells[i].kind != SQL_NULL)
			ck_assert(sql_value_write(b->session, r.columns[i % r.ncolumns].oid, r.cells[i], false, &out, &b->arena, &e));
	}
	const char *s = arena_slice(&b->arena, buf_slice(&out)).ptr;
	buf_release(&out);
	return s;
}

#define IS(text, wanted) ck_assert_str_eq(rows(&b, text), wanted)

START_TEST(a_select_has_the_types_that_postgres_gives_it)
{
	struct bench b;
	open_bench(&b);
	struct sql_result r = run(&b, "select 1, 2.5, 'x', null, true, 1 = any(array[1, 2])");
	static const uint32_t types[] = { 23, 1700, 25, 25, 16, 16 };

	ck_assert_uint_eq(r.ncolumns, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_uint_eq(r.columns[i].oid, types[i]);
	ck_assert(slice_eq_str(r.tag, "SELECT 1"));
	close_bench(&b);
}
END_TEST

START_TEST(what_is_inserted_is_read_joined_and_grouped)
{
	struct bench b;
	open_bench(&b);
	IS("create table t (id int primary key, g text, n int)", "");
	IS("insert into t values (1, 'a', 10), (2, 'b', 20), (3, 'a', 30) returning id", "1;2;3");
	IS("select g, count(*) from t group by g order by g", "a|2;b|1");
	IS("select x.id, y.id from t x left join t y on y.id = x.id + 2 order by 1", "1|3;2|;3|");
	IS("select distinct on (g) g, id from t order by g, id desc", "a|3;b|2");
	IS("select g, count(*) from t group by rollup (g) order by g", "a|2;b|1;|3");
	IS("select a.id, s.c from t a, lateral (select count(*) as c from t b where b.id <= a.id) s order by 1", "1|1;2|2;3|3");
	IS("with recursive r(n) as (select 1 union all select n + 1 from r where n < 4) select n from r", "1;2;3;4");
	IS("select id from t where (id, g) in ((1, 'a'), (2, 'x'))", "1");
	IS("select id, row_number() over (partition by g order by id desc) from t order by id", "1|2;2|1;3|1");
	IS("insert into t values (1, 'z', 0) on conflict (id) do update set g = excluded.g returning id, g", "1|z");
	IS("update t set n = n + 1 where id = 2 returning n", "21");
	IS("delete from t where id > 1 returning id", "2;3");
	close_bench(&b);
}
END_TEST

START_TEST(a_plan_serves_texts_that_differ_in_their_literals)
{
	struct bench b;
	open_bench(&b);
	b.engine->config.check_plans = true;
	IS("create table t (id int primary key, name text, n numeric(6,2), day date)", "");
	IS("insert into t values (1, 'a', 1.5, '2020-01-01'), (-2, 'it''s', -7, null)", "");
	IS("insert into t values (3, 'c', 2.5, '2020-01-03'), (-4, '', -8, null)", "");
	IS("select id, name, n, day from t where id in (1, -2) order by 1", "-2|it's|-7.00|;1|a|1.50|2020-01-01");
	IS("select id, name, n, day from t where id in (3, -4) order by 2", "-4||-8.00|;3|c|2.50|2020-01-03");
	IS("select id + 1, count(*) from t group by id + 1 order by 1 limit 2", "-3|1;-1|1");
	IS("select id + 2, count(*) from t group by id + 2 order by 1 limit 1", "-2|1");
	IS("select id + 2, count(*) from t group by id + 3", "42803 column \"t.id\" must appear in the GROUP BY clause or be used in an aggregate function");
	IS("select 1::numeric(3,1), 7", "1.0|7");
	IS("select 2::numeric(3,2), 8", "2.00|8");
	IS("select 2147483647 as a", "2147483647");
	IS("select -2147483648 as a", "-2147483648");
	/* the place is that of the text which failed */
	IS("select 'aaaaaaaa', '7'::int", "aaaaaaaa|7");
	struct sql_result r = run(&b, "select 'a', 'x'::int");
	ck_assert(slice_eq_str(r.error->sqlstate, "22P02"));
	ck_assert_int_eq(r.error->position, 13);
	IS("select extract(year from date '2020-01-01'), E'\\t' = 'x'", "2020|f");
	IS("select extract(year from date '20210-01-01'), E'\\t' = 'longer'", "20210|f");
	close_bench(&b);
}
END_TEST

START_TEST(a_name_that_is_not_there_is_told_with_its_place_and_a_guess)
{
	struct bench b;
	open_bench(&b);
	IS("create table t (id int, name text)", "");
	struct sql_result r = run(&b, "select nam from t");

	ck_assert(slice_eq_str(r.error->sqlstate, "42703"));
	ck_assert(slice_eq_str(r.error->message, "column \"nam\" does not exist"));
	ck_assert(slice_eq_str(r.error->hint, "Perhaps you meant to reference the column \"t.name\"."));
	ck_assert_int_eq(r.error->position, 8);
	IS("select * from nope", "42P01 relation \"nope\" does not exist");
	IS("select 1 + true", "42883 operator does not exist: integer + boolean");
	IS("select id from t group by name", "42803 column \"t.id\" must appear in the GROUP BY clause or be used in an aggregate function");
	IS("select 'x'::int", "22P02 invalid input syntax for type integer: \"x\"");
	IS("select (select id from (values (1), (2)) v(id))", "21000 more than one row returned by a subquery used as an expression");
	close_bench(&b);
}
END_TEST

START_TEST(parameters_get_their_types_from_what_they_stand_beside)
{
	struct bench b;
	struct sql_error *e = NULL;
	const uint32_t *types;
	open_bench(&b);
	IS("create table t (id bigint, name varchar(20), at date)", "");
	struct sql_prepared *p = sql_prepare(b.session, slice_str("select * from t where id = $1 and name = $2 and at > $3"), NULL, 0, &b.arena, &e);

	ck_assert(p != NULL);
	ck_assert_uint_eq(sql_prepared_params(p, &types), 3);
	ck_assert_uint_eq(types[0], 20);
	ck_assert_uint_eq(types[1], 25);
	ck_assert_uint_eq(types[2], 1082);
	sql_prepared_drop(p);
	close_bench(&b);
}
END_TEST

START_TEST(a_plan_is_made_anew_when_the_table_changed)
{
	struct bench b;
	open_bench(&b);
	IS("create table t (a int)", "");
	IS("insert into t values (1)", "");
	IS("select * from t", "1");
	IS("alter table t add column b text default 'x'", "");
	IS("select * from t", "1|x");
	close_bench(&b);
}
END_TEST

SUITE_BEGIN(sql_engine)
	SUITE_TEST(a_select_has_the_types_that_postgres_gives_it);
	SUITE_TEST(what_is_inserted_is_read_joined_and_grouped);
	SUITE_TEST(a_plan_serves_texts_that_differ_in_their_literals);
	SUITE_TEST(a_name_that_is_not_there_is_told_with_its_place_and_a_guess);
	SUITE_TEST(parameters_get_their_types_from_what_they_stand_beside);
	SUITE_TEST(a_plan_is_made_anew_when_the_table_changed);
SUITE_END
