#include "base/fiber.h"
#include "suites.h"

static void count_up(void *arg)
{
	int *n = arg;

	for (int i = 0; i < 3; i++) {
		++*n;
		fiber_yield();
	}
	++*n;
}

START_TEST(a_fiber_stops_and_goes_on_with_its_own_stack)
{
	int a = 0, b = 0;
	struct fiber *fa = fiber_run(count_up, &a), *fb = fiber_run(count_up, &b);

	ck_assert_int_eq(a, 1);
	ck_assert(fiber_resume(fa));
	ck_assert(fiber_resume(fa));
	ck_assert_int_eq(a, 3);
	ck_assert_int_eq(b, 1);
	ck_assert(!fiber_resume(fa));
	ck_assert_int_eq(a, 4);
	ck_assert(fiber_resume(fb));
	ck_assert(fiber_resume(fb));
	ck_assert(!fiber_resume(fb));
	ck_assert_int_eq(b, 4);
}
END_TEST

static void set_once(void *arg)
{
	ck_assert(fiber_inside());
	*(int *)arg = 7;
}

START_TEST(a_function_that_never_waits_leaves_no_fiber)
{
	for (int i = 0; i < 1000; i++) {
		int n = 0;
		ck_assert_ptr_null(fiber_run(set_once, &n));
		ck_assert_int_eq(n, 7);
	}
	ck_assert(!fiber_inside());
}
END_TEST

static int deep(int n)
{
	char room[1024];

	room[0] = (char)n;
	return n ? deep(n - 1) + room[0] : fiber_inside();
}

static void recurse(void *arg)
{
	*(int *)arg = deep(2000);
}

START_TEST(a_stack_holds_two_megabytes_of_frames)
{
	int n = 0;

	ck_assert_ptr_null(fiber_run(recurse, &n));
	ck_assert_int_ne(n, 0);
}
END_TEST

SUITE_BEGIN(fiber)
	SUITE_TEST(a_fiber_stops_and_goes_on_with_its_own_stack);
	SUITE_TEST(a_function_that_never_waits_leaves_no_fiber);
	SUITE_TEST(a_stack_holds_two_megabytes_of_frames);
SUITE_END
