/* Prepared statements and portals by name. */
#include "base/buf.h"
#include "service/pg/pg_portal.h"
#include "suites.h"

static struct pg_statement *keep(struct pg_portals *p, const char *name, const char *text)
{
	struct pg_statement *st = pg_statement_new(p, slice_str(name), slice_str(text), 1);

	st->params[0] = 23;
	pg_statement_keep(p, slice_str(name), st);
	return st;
}

START_TEST(a_name_finds_its_statement_until_it_is_closed)
{
	struct pg_portals p;

	pg_portals_init(&p);
	ck_assert_ptr_null(pg_statement_find(&p, SLICE_NONE));
	struct pg_statement *a = keep(&p, "a", "select $1"), *none = keep(&p, "", "select 1, $1");
	ck_assert_ptr_eq(pg_statement_find(&p, SLICE_LIT("a")), a);
	ck_assert_ptr_eq(pg_statement_find(&p, SLICE_NONE), none);
	ck_assert(slice_eq_str(a->text, "select $1"));
	ck_assert_uint_eq(a->params[0], 23);
	ck_assert(pg_statement_close(&p, SLICE_LIT("a")));
	ck_assert(!pg_statement_close(&p, SLICE_LIT("a")));
	ck_assert_ptr_null(pg_statement_find(&p, SLICE_LIT("a")));
	pg_portals_release(&p);
}
END_TEST

START_TEST(a_named_statement_leaves_the_unnamed_one_alone)
{
	struct pg_portals p;

	pg_portals_init(&p);
	struct pg_statement *none = keep(&p, "", "select a long text, so that a short one fits, $1");
	keep(&p, "b", "select 1");
	ck_assert_ptr_eq(pg_statement_find(&p, SLICE_NONE), none);
	ck_assert(slice_has_prefix(none->text, SLICE_LIT("select a long")));
	ck_assert_ptr_eq(keep(&p, "", "select 1"), none); /* its memory again */
	ck_assert(slice_eq_str(none->text, "select 1"));
	pg_portals_release(&p);
}
END_TEST

START_TEST(a_statement_in_a_portal_is_not_written_over)
{
	struct pg_portals p;

	pg_portals_init(&p);
	struct pg_statement *first = keep(&p, "", "select 1, $1");
	struct pg_portal *portal = pg_portal_open(&p, SLICE_LIT("c"), first);
	struct pg_statement *second = keep(&p, "", "select 2, $1");
	ck_assert_ptr_ne(first, second);
	ck_assert(slice_eq_str(portal->statement->text, "select 1, $1"));
	pg_statement_close_all(&p);
	ck_assert(slice_eq_str(portal->statement->text, "select 1, $1"));
	pg_portals_release(&p);
}
END_TEST

START_TEST(the_unnamed_portal_may_be_opened_again_on_its_own_statement)
{
	struct pg_portals p;

	pg_portals_init(&p);
	struct pg_statement *st = keep(&p, "", "select $1");
	struct pg_portal *portal = pg_portal_open(&p, SLICE_NONE, st);
	pg_statement_close(&p, SLICE_NONE); /* only the portal holds it now */
	portal = pg_portal_open(&p, SLICE_NONE, portal->statement);
	ck_assert(slice_eq_str(portal->statement->text, "select $1"));
	ck_assert_uint_eq(portal->statement->refs, 1);
	ck_assert(pg_portal_close(&p, SLICE_NONE));
	ck_assert(!pg_portal_close(&p, SLICE_NONE));
	ck_assert_ptr_null(pg_portal_find(&p, SLICE_NONE));
	pg_portals_release(&p);
}
END_TEST

START_TEST(rows_that_were_left_over_come_in_parts)
{
	struct pg_portals p;
	struct buf out;

	buf_init(&out, 1000);
	pg_portals_init(&p);
	struct pg_portal *portal = pg_portal_open(&p, SLICE_LIT("c"), keep(&p, "", "select $1"));
	for (char i = 'a'; i < 'f'; i++) {
		buf_add(&portal->rest, "D\0\0\0\5", 5);
		buf_add_char(&portal->rest, i);
	}
	ck_assert_uint_eq(pg_portal_resume(portal, 2, &out), 2);
	ck_assert(slice_eq(buf_slice(&out), SLICE_LIT("D\0\0\0\5aD\0\0\0\5b")));
	ck_assert_uint_eq(pg_portal_resume(portal, 0, &out), 3);
	ck_assert_uint_eq(pg_portal_resume(portal, 2, &out), 0);
	ck_assert_uint_eq(out.len, 30);
	buf_release(&out);
	pg_portals_release(&p);
}
END_TEST

START_TEST(described_columns_are_kept_until_the_next_description)
{
	struct sql_column columns[] = { { .oid = 23 }, { .oid = 25 } };
	const struct sql_reply two = { .has_rows = true, .columns = columns, .ncolumns = 2 }, none = { .has_rows = false };
	struct pg_portals p;

	pg_portals_init(&p);
	struct pg_statement *st = keep(&p, "a", "select $1");
	ck_assert(!st->described);
	pg_statement_describe(st, &two);
	ck_assert(st->described && st->ncolumns == 2 && st->columns[1] == 25);
	pg_statement_describe(st, &none);
	ck_assert(st->described && st->ncolumns == 0);
	pg_portals_release(&p);
}
END_TEST

SUITE_BEGIN(pg_portal)
	SUITE_TEST(a_name_finds_its_statement_until_it_is_closed);
	SUITE_TEST(a_named_statement_leaves_the_unnamed_one_alone);
	SUITE_TEST(a_statement_in_a_portal_is_not_written_over);
	SUITE_TEST(the_unnamed_portal_may_be_opened_again_on_its_own_statement);
	SUITE_TEST(rows_that_were_left_over_come_in_parts);
	SUITE_TEST(described_columns_are_kept_until_the_next_description);
SUITE_END
