/*
 * suites: how a test file joins the runner. tests/x/test_foo.c defines
 *
 *	SUITE_BEGIN(foo)
 *		SUITE_TEST(decode_half_a_startup_asks_for_more);
 *	SUITE_END
 */
#ifndef TESTS_SUITES_H
#define TESTS_SUITES_H

#include <check.h>

#define SUITE_BEGIN(name)                       \
	Suite *suite_##name(void);              \
	Suite *suite_##name(void)               \
	{                                       \
		Suite *s = suite_create(#name); \
		TCase *tc = tcase_create("all");\
		suite_add_tcase(s, tc);         \
		tcase_set_timeout(tc, 60);
#define SUITE_TEST(f) tcase_add_test(tc, f)
#define SUITE_END \
	return s; \
	}

#endif
