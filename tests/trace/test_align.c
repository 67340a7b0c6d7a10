/* align: always a common subsequence, the longest where it can be checked. */
#include <stdlib.h>

#include "suites.h"

#include "trace/align.h"

static unsigned chance(unsigned *state, unsigned n)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 16) % n;
}

static size_t check(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
	uint32_t *match = malloc((n + 1) * sizeof(*match)), last = 0;
	size_t count = 0;

	align(a, n, b, m, match);
	for (size_t i = 0; i < n; i++) {
		if (match[i] == ALIGN_NONE)
			continue;
		ck_assert_uint_lt(match[i], m);
		ck_assert_uint_eq(a[i], b[match[i]]);
		ck_assert_msg(!count || match[i] > last, "the matches do not increase");
		last = match[i];
		count++;
	}
	free(match);
	return count;
}

static size_t longest(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
	static size_t table[65][65];

	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			if (!i || !k)
				table[i][k] = 0;
			else if (a[i - 1] == b[k - 1])
				table[i][k] = table[i - 1][k - 1] + 1;
			else
				table[i][k] = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];
		}
	return table[n][m];
}

START_TEST(any_two_sequences_are_aligned_in_order)
{
	unsigned state = 1;
	uint64_t a[64], b[64];

	for (int round = 0; round < 5000; round++) {
		size_t n = chance(&state, 65), m = chance(&state, 65);
		unsigned letters = 1 + chance(&state, 20);
		for (size_t i = 0; i < n; i++)
			a[i] = chance(&state, letters);
		for (size_t i = 0; i < m; i++)
			b[i] = chance(&state, letters);
		size_t got = check(a, n, b, m), best = longest(a, n, b, m);
		/* Anchors may cost a little; a common key is never overlooked altogether. */
		ck_assert_uint_le(got, best);
		ck_assert_msg(got || !best, "round %d: nothing of %zu found", round, best);
	}
}
END_TEST

/* All keys common beyond the limit of rare ones: Myers alone. */
START_TEST(common_keys_are_aligned_as_long_as_can_be)
{
	unsigned state = 7;
	uint64_t a[400], b[400];

	for (int round = 0; round < 50; round++) {
		size_t n = 0, m = 0;
		for (int i = 0; i < 300; i++) {
			uint64_t key = chance(&state, 2);
			if (chance(&state, 20))
				a[n++] = key;
			if (chance(&state, 20))
				b[m++] = key;
		}
		size_t got = check(a, n, b, m);
		ck_assert_msg(got >= 285 - 40, "round %d: %zu of about 285", round, got);
	}
}
END_TEST

START_TEST(edits_among_unique_keys_are_found_exactly)
{
	static uint64_t a[20000], b[20000];
	unsigned state = 3;
	size_t m = 0, kept = 0;

	for (size_t i = 0; i < 15000; i++)
		a[i] = i;
	for (size_t i = 0; i < 15000; i++) {
		unsigned c = chance(&state, 10);
		if (c == 0)
			continue;
		if (c == 1)
			b[m++] = 1000000 + i;
		b[m++] = i;
		kept++;
	}
	ck_assert_uint_eq(check(a, 15000, b, m), kept);
}
END_TEST

START_TEST(a_block_that_moved_leaves_the_longer_part_in_place)
{
	uint64_t a[100], b[100];

	for (size_t i = 0; i < 100; i++) {
		a[i] = i;
		b[i] = i < 70 ? i + 30 : i - 70;
	}
	ck_assert_uint_eq(check(a, 100, b, 100), 70);
}
END_TEST

START_TEST(hard_cases_end_in_bounded_time)
{
	enum { N = 60000 };
	uint64_t *a = malloc(N * sizeof(*a)), *b = malloc(N * sizeof(*b));
	unsigned state = 5;

	/* Few keys, no order in common: Myers must give up, not hang. */
	for (size_t i = 0; i < N; i++) {
		a[i] = chance(&state, 500);
		b[i] = chance(&state, 500);
	}
	check(a, N, b, N);
	/* Every key twice, in reverse. */
	for (size_t i = 0; i < N; i++) {
		a[i] = i / 2;
		b[i] = (N - 1 - i) / 2;
	}
	check(a, N, b, N);
	check(a, N, b, 0);
	check(a, 0, b, N);
	free(a);
	free(b);
}
END_TEST

SUITE_BEGIN(align)
	SUITE_TEST(any_two_sequences_are_aligned_in_order);
	SUITE_TEST(common_keys_are_aligned_as_long_as_can_be);
	SUITE_TEST(edits_among_unique_keys_are_found_exactly);
	SUITE_TEST(a_block_that_moved_leaves_the_longer_part_in_place);
	SUITE_TEST(hard_cases_end_in_bounded_time);
SUITE_END
