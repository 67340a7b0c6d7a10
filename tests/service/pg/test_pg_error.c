/* Errors and notices on the wire. */
#include "pg_client.h"
#include "service/pg/pg_error.h"
#include "suites.h"

START_TEST(an_error_shows_every_field_it_has)
{
	const struct sql_error full = {
		.sqlstate = SLICE_LIT("23505"), .message = SLICE_LIT("m"), .detail = SLICE_LIT("d"), .hint = SLICE_LIT("h"),
		.where = SLICE_LIT("w"), .position = 5, .schema = SLICE_LIT("s"), .table = SLICE_LIT("t"),
		.column = SLICE_LIT("c"), .datatype = SLICE_LIT("y"), .constraint = SLICE_LIT("k"),
	};
	struct buf b, shown;

	buf_init(&b, 1000);
	buf_init(&shown, 1000);
	pg_error_write(&b, &full, 3);
	pg_client_print(buf_slice(&b), &shown);
	ck_assert_str_eq(shown.ptr, "E ERROR 23505 m [detail d] [hint h] [position 8] [where w] [schema s] [table t] "
				    "[column c] [datatype y] [constraint k]\n");
	ck_assert(slice_find_slice(buf_slice(&b), SLICE_LIT("SERROR\0VERROR\0C23505\0")) == 5);
	buf_release(&b);
	buf_release(&shown);
}
END_TEST

START_TEST(a_bare_error_is_still_one)
{
	const struct sql_error bare = { .severity = SLICE_LIT("WARNING") };
	struct buf b, shown;

	buf_init(&b, 1000);
	buf_init(&shown, 1000);
	pg_error_write(&b, &bare, 9);
	pg_notice_write(&b, &bare);
	pg_error_send(&b, "FATAL", "08P01", "type %d", 7);
	pg_client_print(buf_slice(&b), &shown);
	ck_assert_str_eq(shown.ptr, "E WARNING XX000 missing error text\nN WARNING XX000 missing error text\nE FATAL 08P01 type 7\n");
	buf_release(&b);
	buf_release(&shown);
}
END_TEST

START_TEST(the_near_miss_travels_in_detail_and_hint)
{
	struct why_condition conditions[] = {
		{ .holds = true, .path = SLICE_LIT("sql") },
		{ .path = SLICE_LIT("params.1"), .wants = SLICE_LIT("7"), .got = SLICE_LIT("8") },
		{ .path = SLICE_LIT("params.2"), .wants = SLICE_LIT("\"x\""), .got = SLICE_NONE },
	};
	const struct why why = { .closest = SLICE_LIT("get-order"), .place = SLICE_LIT("rules.json:12"),
				 .conditions = conditions, .nconditions = 3, .nhold = 1 };
	const struct why none = { .text = SLICE_LIT("no rule is on sql") };
	struct arena a;

	arena_init(&a);
	struct request req = { .arena = &a, .sum = SLICE_LIT("SELECT orders") };
	struct reply reply = { .why = &why };
	const struct sql_error *e = pg_error_unmatched(&req, &reply);
	ck_assert(slice_eq_str(e->sqlstate, "SE001"));
	ck_assert(slice_eq_str(e->message, "no rule or fake answers: SELECT orders"));
	ck_assert(slice_eq_str(e->detail, "closest: get-order  rules.json:12   1 of 3 conditions hold"));
	ck_assert(slice_eq_str(e->hint, "params.1 wants 7, got 8; params.2 wants \"x\", got nothing"));
	reply.why = &none;
	e = pg_error_unmatched(&req, &reply);
	ck_assert(slice_eq_str(e->detail, "no rule is on sql"));
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(pg_error)
	SUITE_TEST(an_error_shows_every_field_it_has);
	SUITE_TEST(a_bare_error_is_still_one);
	SUITE_TEST(the_near_miss_travels_in_detail_and_hint);
SUITE_END
