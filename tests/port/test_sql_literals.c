/*
 * Tests of sql_literals: texts that differ in their literals share a key and what
 * is kept under it, and nothing else does.
 */
#include "port/sql_literals.h"

#include <check.h>

#include "base/buf.h"
#include "port/sql.h"
#include "port/sql_analyse.h"
#include "suites.h"

static const char *key(const char *text, struct arena *a)
{
	struct sql_literals l;
	struct buf b;

	if (!sql_literals_scan(slice_str(text), a, &l))
		return "none";
	buf_init(&b, 4096);
	sql_literals_key(slice_str(text), &l, NULL, &b);
	const char *s = arena_slice(a, buf_slice(&b)).ptr;
	buf_release(&b);
	return s;
}

START_TEST(literals_of_one_kind_share_a_key)
{
	static const char *const pairs[][2] = {
		{ "select 1", "select 22" },
		{ "select 'a'", "select 'it''s'" },
		{ "select 1.5, .5", "select 2e10, 7." },
		{ "insert into t values (1, 'a'), (2, '')", "insert into t values (10, 'x -- y'), (2147483647, '/*')" },
		{ "select a-1", "select a-2" },
		{ "update t set n = -5 where a = $1 and \"1\" = 'x'", "update t set n = -70 where a = $1 and \"1\" = ';'" },
		{ "select 5000000000 /* 7 /* 8 */ */ -- 9\n", "select 5000000001 /* 7 /* 8 */ */ -- 9\n" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		ck_assert_str_ne(key(pairs[i][0], &a), "none");
		ck_assert_str_eq(key(pairs[i][0], &a), key(pairs[i][1], &a));
	}
	arena_release(&a);
}
END_TEST

START_TEST(what_means_something_else_has_another_key)
{
	static const char *const pairs[][2] = {
		{ "select 1", "select 1.0" },      { "select 1", "select 3000000000" }, { "select '1'", "select 1" },
		{ "select a1, 1", "select a2, 1" }, { "select $1, 1", "select $2, 1" },  { "select 1 as \"2\"", "select 1 as \"3\"" },
		{ "select 1 -- 1", "select 1 -- 2" }, { "select E'\\'', 1", "select E'\\'a', 1" },
		{ "select 2147483648, 1", "select 2147483649, 1" }, { "select 99999999999999999999", "select 5000000000" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		ck_assert_str_ne(key(pairs[i][0], &a), key(pairs[i][1], &a));
	arena_release(&a);
}
END_TEST

START_TEST(what_the_scanner_leaves_to_the_parser_has_no_key)
{
	static const char *const texts[] = { "select $$x$$, 1", "select 'a'\n'b'", "select U&'a', 1", "select b'1', 1", "select 1a", "select 1; select 2",
		"select 'a", "select /* 1", "create table t (a int default 1)", "set x = 1", "select 1..2", "select a", "" };
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_str_eq(key(texts[i], &a), "none");
	arena_release(&a);
}
END_TEST

/* The second text is analysed from the first one's shape: it must be as if it had been parsed. */
START_TEST(an_analysis_from_a_shape_is_that_of_the_text)
{
	static const char *const pairs[][2] = {
		{ "select 1, 'a', -2, - 3.5 from s.orders where x in (7, 8) limit 3", "select 10, 'it''s', -20, - 4.25 from s.orders where x in (9, 1) limit 1" },
		{ "insert into t (a, b) values (1, null), (true, 'x') returning 5", "insert into t (a, b) values (0, null), (true, '') returning 007" },
		{ "update t set a = 1::numeric(3,1), b = interval '1' day where c = - -5", "update t set a = 2::numeric(3,1), b = interval '9' day where c = - -5" },
		{ "delete from t where d = date '2020-01-01' and e = E'a\\n' and f = 9", "delete from t where d = date '2021-01-01' and e = E'a\\n' and f = 8" },
		{ "with q as (select 1 as x) select extract(epoch from ts), $1::int4 from q order by 1", "with q as (select 2 as x) select extract(epoch from ts), $1::int4 from q order by 2" },
		{ "select cast('5' as varchar(10)), 5000000000, -5000000000", "select cast('6' as varchar(10)), 5000000001, -7000000000" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct sql_analysis want;

		ck_assert(sql_analyse(slice_str(pairs[i][0]))->valid);
		const struct sql_analysis *got = sql_analyse(slice_str(pairs[i][1]));
		sql_analyse_text(slice_str(pairs[i][1]), &a, &want);
		ck_assert(slice_eq(got->text, want.text) && slice_eq(got->verb, want.verb) && slice_eq(got->summary, want.summary));
		ck_assert_uint_eq(got->fingerprint, want.fingerprint);
		ck_assert_uint_eq(got->ntables, want.ntables);
		ck_assert_uint_eq(got->nparams, want.nparams);
		ck_assert_uint_eq(got->nliterals, want.nliterals);
		for (size_t k = 0; k < want.nliterals; k++)
			ck_assert_msg(slice_eq(got->literals[k], want.literals[k]), "%zu.%zu: %.*s, not %.*s", i, k, SLICE_ARG(got->literals[k]),
				      SLICE_ARG(want.literals[k]));
	}
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(sql_literals)
	SUITE_TEST(literals_of_one_kind_share_a_key);
	SUITE_TEST(what_means_something_else_has_another_key);
	SUITE_TEST(what_the_scanner_leaves_to_the_parser_has_no_key);
	SUITE_TEST(an_analysis_from_a_shape_is_that_of_the_text);
SUITE_END
