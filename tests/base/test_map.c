#include "base/arena.h"
#include "base/map.h"
#include "suites.h"

#include <stdio.h>

START_TEST(ten_thousand_keys_come_back_in_order)
{
	struct map m;
	struct arena a;
	static int values[10000];
	struct map_entry *e;
	size_t n = 0;

	map_init(&m);
	arena_init(&a);
	for (int i = 0; i < 10000; i++)
		ck_assert_ptr_null(map_set(&m, arena_printf(&a, "key-%d", i), &values[i]));
	for (int i = 0; i < 10000; i += 2)
		ck_assert_ptr_eq(map_take(&m, arena_printf(&a, "key-%d", i)), &values[i]);
	ck_assert_uint_eq(m.live, 5000);
	ck_assert_ptr_null(map_get_str(&m, "key-4"));
	ck_assert_ptr_eq(map_get_str(&m, "key-5"), &values[5]);
	map_set(&m, SLICE_LIT("key-4"), &values[4]);
	for (size_t i = 0; (e = map_next(&m, &i));) {
		if (n < 5000)
			ck_assert_ptr_eq(e->value, &values[n * 2 + 1]);
		else
			ck_assert_ptr_eq(e->value, &values[4]);
		n++;
	}
	ck_assert_uint_eq(n, 5001);
	arena_release(&a);
	map_release(&m);
}
END_TEST

START_TEST(setting_again_replaces_and_gives_the_former)
{
	struct map m;
	int a, b;

	map_init(&m);
	map_set(&m, SLICE_LIT("k"), &a);
	ck_assert_ptr_eq(map_set(&m, SLICE_LIT("k"), &b), &a);
	ck_assert_ptr_eq(map_get_str(&m, "k"), &b);
	ck_assert_uint_eq(m.live, 1);
	map_release(&m);
}
END_TEST

SUITE_BEGIN(map)
	SUITE_TEST(ten_thousand_keys_come_back_in_order);
	SUITE_TEST(setting_again_replaces_and_gives_the_former);
SUITE_END
