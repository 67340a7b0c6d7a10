#include "base/fiber.h"
#include "service/pg/sql/lock.h"
#include "suites.h"

static const struct sql_lock_name row = { SQL_LOCK_ROW, 7, 1 }, other = { SQL_LOCK_ROW, 7, 2 };

START_TEST(modes_are_in_each_others_way_as_the_manual_says)
{
	struct sql_locks l;
	struct sql_party a, b;

	sql_locks_init(&l);
	sql_party_init(&a, &l);
	sql_party_init(&b, &l);
	for (int mine = 1; mine <= 4; mine++)
		for (int his = 1; his <= 4; his++) {
			/* table 13.3: the sum of two strengths above four conflicts */
			bool free_way = mine + his <= 4;
			ck_assert_ptr_null(sql_lock_take(&a, row, mine, false, 1));
			ck_assert_msg((sql_lock_take(&b, row, his, false, 1) == NULL) == free_way, "%d %d", mine, his);
			sql_lock_end(&a, 0);
			sql_lock_end(&b, 0);
		}
	struct sql_lock_name t = { SQL_LOCK_TABLE, 9, 0 };
	ck_assert_ptr_null(sql_lock_take(&a, t, SQL_ROW_EXCLUSIVE, false, 1));
	ck_assert_ptr_null(sql_lock_take(&b, t, SQL_ROW_EXCLUSIVE, false, 1));
	ck_assert_ptr_eq(sql_lock_take(&b, t, SQL_SHARE, false, 1), &a);
	sql_party_release(&a);
	sql_party_release(&b);
	sql_locks_release(&l);
}
END_TEST

struct script {
	struct sql_party *me, *he;
	struct sql_lock_name first, second;
	enum sql_wake wake;
	bool got;
};

static void run(void *arg)
{
	struct script *s = arg;
	struct sql_party *blocker;

	sql_lock_take(s->me, s->first, SQL_FOR_UPDATE, false, 1);
	while ((blocker = sql_lock_take(s->me, s->second, SQL_FOR_UPDATE, false, 1))) {
		s->wake = sql_wait(s->me, blocker, s->second, SQL_FOR_UPDATE);
		if (s->wake != SQL_WAKE_RETRY)
			return;
	}
	s->got = true;
}

static void nothing(struct sql_party *p)
{
	(void)p;
}

START_TEST(a_waiting_party_goes_on_when_the_lock_is_let_go)
{
	struct sql_locks l;
	struct sql_party a, b;

	sql_locks_init(&l);
	sql_party_init(&a, &l);
	sql_party_init(&b, &l);
	b.done = nothing;
	ck_assert_ptr_null(sql_lock_take(&a, row, SQL_FOR_UPDATE, false, 1));
	struct script s = { .me = &b, .first = other, .second = row };
	b.fiber = fiber_run(run, &s);
	ck_assert_ptr_nonnull(b.fiber);
	sql_run_woken(&l);
	ck_assert(!s.got);
	sql_lock_end(&a, 0);
	sql_run_woken(&l);
	ck_assert(s.got);
	ck_assert_ptr_null(b.fiber);
	sql_party_release(&a);
	sql_party_release(&b);
	sql_locks_release(&l);
}
END_TEST

START_TEST(who_closes_the_circle_is_told_so)
{
	struct sql_locks l;
	struct sql_party a, b;

	sql_locks_init(&l);
	sql_party_init(&a, &l);
	sql_party_init(&b, &l);
	a.done = b.done = nothing;
	ck_assert_ptr_null(sql_lock_take(&b, row, SQL_FOR_UPDATE, false, 1));
	struct script sa = { .me = &a, .first = other, .second = row }, sb = { .me = &b, .first = row, .second = other };
	a.fiber = fiber_run(run, &sa);
	ck_assert_ptr_nonnull(a.fiber);
	ck_assert_ptr_null(fiber_run(run, &sb));
	ck_assert_int_eq(sb.wake, SQL_WAKE_DEADLOCK);
	sql_lock_end(&b, 0);
	sql_run_woken(&l);
	ck_assert(sa.got);
	sql_party_release(&a);
	sql_party_release(&b);
	sql_locks_release(&l);
}
END_TEST

START_TEST(advisory_locks_count_and_outlive_the_transaction)
{
	struct sql_locks l;
	struct sql_party a, b;
	struct sql_lock_name n = { SQL_LOCK_ADVISORY, 0, 42 };

	sql_locks_init(&l);
	sql_party_init(&a, &l);
	sql_party_init(&b, &l);
	ck_assert_ptr_null(sql_lock_take(&a, n, SQL_EXCLUSIVE, true, 0));
	ck_assert_ptr_null(sql_lock_take(&a, n, SQL_EXCLUSIVE, true, 0));
	sql_lock_end(&a, 0);
	ck_assert_ptr_eq(sql_lock_take(&b, n, SQL_SHARE, true, 0), &a);
	ck_assert(sql_lock_drop(&a, n, SQL_EXCLUSIVE));
	ck_assert_ptr_nonnull(sql_lock_blocker(&b, n, SQL_SHARE));
	ck_assert(sql_lock_drop(&a, n, SQL_EXCLUSIVE));
	ck_assert(!sql_lock_drop(&a, n, SQL_EXCLUSIVE));
	ck_assert_ptr_null(sql_lock_take(&b, n, SQL_SHARE, true, 0));
	sql_party_release(&a);
	sql_party_release(&b);
	sql_locks_release(&l);
}
END_TEST

SUITE_BEGIN(sql_lock)
	SUITE_TEST(modes_are_in_each_others_way_as_the_manual_says);
	SUITE_TEST(a_waiting_party_goes_on_when_the_lock_is_let_go);
	SUITE_TEST(who_closes_the_circle_is_told_so);
	SUITE_TEST(advisory_locks_count_and_outlive_the_transaction);
SUITE_END
