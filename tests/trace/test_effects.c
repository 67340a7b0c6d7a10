/* effects: one form for a statement, however a driver writes it. */
#include <string.h>

#include "base/buf.h"
#include "suites.h"
#include "trace/effects.h"

static void form_is(const char *sql, const char *const *params, size_t n, const char *form, const char *values, bool writes)
{
	struct slice list[8];
	struct buf f, v;

	for (size_t i = 0; i < n; i++)
		list[i] = slice_str(params[i]);
	buf_init(&f, 64 * 1024);
	buf_init(&v, 64 * 1024);
	ck_assert_int_eq(effects_statement(slice_str(sql), list, n, &f, &v), writes);
	ck_assert_str_eq(f.ptr, form);
	ck_assert_str_eq(v.ptr, values);
	buf_release(&f);
	buf_release(&v);
}

START_TEST(literals_and_parameters_are_one_statement)
{
	static const char *const params[] = { "\"7\"", "\"it's\"" };
	const char *form = "insert into orders (id, note) values (?, ?)", *values = "[\"7\",\"it's\"]";

	form_is("INSERT INTO orders (id,note) VALUES (7, 'it''s')", NULL, 0, form, values, true);
	form_is("insert into orders(id, note)\n values ($1::int8, $2)", params, 2, "insert into orders (id, note) values (?, ?)", values, true);
	form_is("insert into orders (id, note) values (7, E'it\\'s'::text);", NULL, 0, form, values, true);
	form_is("insert into orders (id, note) values (7, $q$it's$q$) -- why", NULL, 0, form, values, true);
}
END_TEST

START_TEST(parameters_are_taken_by_number_not_by_place)
{
	static const char *const params[] = { "\"b\"", "\"a\"" };

	form_is("update t set x = $2 where y = $1", params, 2, "update t set x = ? where y = ?", "[\"a\",\"b\"]", true);
	form_is("UPDATE t SET x = 'a' WHERE y = 'b'", NULL, 0, "update t set x = ? where y = ?", "[\"a\",\"b\"]", true);
}
END_TEST

START_TEST(what_only_reads_is_no_effect)
{
	form_is("select 1", NULL, 0, "select ?", "[\"1\"]", false);
	form_is("", NULL, 0, "", "[]", false);
	form_is("/* insert */ select 'x", NULL, 0, "select ?", "[\"x\"]", false);
}
END_TEST

START_TEST(null_and_booleans_are_values)
{
	form_is("insert into t values (NULL, true, false)", NULL, 0, "insert into t values (?, ?, ?)", "[null,\"t\",\"f\"]", true);
}
END_TEST

SUITE_BEGIN(effects)
	SUITE_TEST(literals_and_parameters_are_one_statement);
	SUITE_TEST(parameters_are_taken_by_number_not_by_place);
	SUITE_TEST(what_only_reads_is_no_effect);
	SUITE_TEST(null_and_booleans_are_values);
SUITE_END
