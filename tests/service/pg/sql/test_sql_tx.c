#include "service/pg/sql/tx.h"
#include "suites.h"

START_TEST(what_is_not_committed_is_seen_by_its_own_transaction_only)
{
	struct sql_xids *x = sql_xids_new();
	struct sql_tx *a = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false), *b = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false);
	uint32_t xid = sql_tx_push(a);
	struct sql_snapshot s;

	sql_tx_merge(a);
	s = sql_tx_snapshot(a);
	ck_assert(sql_xid_seen(x, xid, &s));
	s = sql_tx_snapshot(b);
	ck_assert(!sql_xid_seen(x, xid, &s));
	ck_assert_ptr_eq(sql_xid_owner(x, xid), a);
	sql_tx_commit(a);
	ck_assert(!sql_xid_seen(x, xid, &s)); /* an old snapshot stays old */
	s = sql_tx_snapshot(b);
	ck_assert(sql_xid_seen(x, xid, &s));
	sql_tx_abort(b);
	sql_xids_free(x);
}
END_TEST

START_TEST(a_statement_does_not_see_its_own_writes)
{
	struct sql_xids *x = sql_xids_new();
	struct sql_tx *a = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false);
	struct sql_snapshot s = sql_tx_snapshot(a);
	uint32_t xid = sql_tx_push(a);

	ck_assert(!sql_xid_seen(x, xid, &s));
	sql_tx_abort(a);
	ck_assert_int_eq(sql_xid_fate(x, xid), SQL_ABORTED);
	sql_xids_free(x);
}
END_TEST

START_TEST(an_undone_level_never_happened_a_merged_one_is_its_parents)
{
	struct sql_xids *x = sql_xids_new();
	struct sql_tx *a = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false);
	uint32_t outer = sql_tx_push(a), inner = sql_tx_push(a);

	sql_tx_merge(a);
	uint32_t undone = sql_tx_push(a);
	sql_tx_undo(a);
	ck_assert_int_eq(sql_xid_fate(x, undone), SQL_ABORTED);
	ck_assert_int_eq(sql_xid_fate(x, inner), SQL_RUNNING);
	sql_tx_undo(a);
	ck_assert_int_eq(sql_xid_fate(x, inner), SQL_ABORTED);
	ck_assert_int_eq(sql_xid_fate(x, outer), SQL_ABORTED);
	sql_tx_commit(a);
	sql_xids_free(x);
}
END_TEST

START_TEST(repeatable_read_keeps_its_first_snapshot)
{
	struct sql_xids *x = sql_xids_new();
	struct sql_tx *a = sql_tx_begin(x, NULL, SQL_REPEATABLE_READ, false), *b;
	struct sql_snapshot s = sql_tx_snapshot(a);

	b = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false);
	uint32_t xid = sql_tx_push(b);
	sql_tx_commit(b);
	s = sql_tx_snapshot(a);
	ck_assert(!sql_xid_seen(x, xid, &s));
	ck_assert_uint_lt(sql_xids_oldest(x), sql_xids_commit_number(x));
	sql_tx_abort(a);
	sql_xids_free(x);
}
END_TEST

START_TEST(restore_forgets_everything_since_the_mark)
{
	struct sql_xids *x = sql_xids_new();
	struct sql_tx *a = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false);
	uint32_t seed = sql_tx_push(a), later;

	sql_tx_commit(a);
	struct sql_mark mark = sql_xids_mark(x);
	a = sql_tx_begin(x, NULL, SQL_READ_COMMITTED, false);
	later = sql_tx_push(a);
	sql_tx_commit(a);
	sql_xids_restore(x, mark);
	struct sql_snapshot s = sql_xids_latest(x);
	ck_assert(sql_xid_seen(x, seed, &s));
	ck_assert(!sql_xid_seen(x, later, &s));
	ck_assert(sql_row_seen(x, seed, later, &s)); /* ended by what never happened */
	sql_xids_free(x);
}
END_TEST

SUITE_BEGIN(sql_tx)
	SUITE_TEST(what_is_not_committed_is_seen_by_its_own_transaction_only);
	SUITE_TEST(a_statement_does_not_see_its_own_writes);
	SUITE_TEST(an_undone_level_never_happened_a_merged_one_is_its_parents);
	SUITE_TEST(repeatable_read_keeps_its_first_snapshot);
	SUITE_TEST(restore_forgets_everything_since_the_mark);
SUITE_END
