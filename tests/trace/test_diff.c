/* diff: what differs is found, what interleaved differently is not. */
#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "traces.h"

static struct diff compare(struct story golden, struct story run, bool canonical, const char *order)
{
	struct diff d;

	story_write(&golden, story_path("a.trace"));
	story_write(&run, story_path("b.trace"));
	if (canonical) {
		char *text = story_canon(story_path("a.trace"));
		story_put(story_path("golden.trace"), text);
		free(text);
	}
	story_diff(story_path(canonical ? "golden.trace" : "a.trace"), story_path("b.trace"), order, &d);
	return d;
}

#define EXPECT(d, what, n) ck_assert_msg((d).what == (n), #what ", seed %llu: %s", (unsigned long long)seed, story_counts(&(d)))

/* Over several seeds, sizes, and against both a golden and a recording. */
#define EACH(seed, s, r, canonical)                                                                        \
	for (uint64_t seed = 1; seed <= 12; seed++)                                                        \
		for (int canonical = 0; canonical < 2; canonical++)                                        \
			for (struct story s = { .seed = seed, .workers = 1 + (int)seed % 4, .threads = 1 + (int)seed % 5, .rows = 3 }, \
					  r = { .seed = seed + 1000, .workers = s.workers, .threads = s.threads, .rows = 3, .at = 1 }; \
			     s.rows; s.rows = 0)

START_TEST(another_interleaving_is_the_same)
{
	EACH(seed, s, r, canonical)
	{
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 0);
		EXPECT(d, same, d.golden_events);
		ck_assert_uint_eq(d.golden_events, d.run_events);
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(one_inserted_event_is_one_finding)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_INSERTED;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, extra, 1);
		EXPECT(d, same, d.golden_events);
		ck_assert_int_eq(d.findings[0].kind, FIND_EXTRA);
		ck_assert_str_eq(d.findings[0].sum, "SELECT orders");
		ck_assert_int_gt(d.findings[0].run_line, 1);
		ck_assert_int_eq(d.findings[0].golden_line, 0);
		ck_assert_int_eq(d.findings[0].run_event, d.findings[0].run_line - 2);
		ck_assert(d.findings[0].first);
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(an_inserted_twin_with_an_id_of_its_own_is_one_finding)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_TWIN;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, extra, 1);
		ck_assert_str_eq(d.findings[0].sum, "INSERT orders");
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(a_lost_event_is_missing)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_LOST;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, missing, 1);
		ck_assert_str_eq(d.findings[0].sum, "POST /v1/orders");
		ck_assert_int_eq(d.findings[0].run_line, 0);
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(the_only_request_of_a_connection_can_be_lost)
{
	uint64_t seed = 65;
	struct story s = { .seed = seed, .workers = 2, .threads = 1, .rows = 1 }, r = s;

	r.seed = 7065;
	r.deviation = STORY_LOST;
	struct diff d = compare(s, r, true, NULL);
	EXPECT(d, nfindings, 1);
	EXPECT(d, missing, 1);
	diff_release(&d);
	story_clean();
}
END_TEST

START_TEST(a_changed_leaf_is_named_by_its_path)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_CHANGED;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, changed, 1);
		ck_assert_uint_eq(d.findings[0].npaths, 1);
		ck_assert_str_eq(d.findings[0].paths[0].path, "req.b.total");
		ck_assert_str_eq(d.findings[0].paths[0].golden, "20");
		ck_assert_str_eq(d.findings[0].paths[0].run, "19.9");
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(an_id_that_is_not_the_one_inserted_breaks_identity)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_SWAPPED;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, identity, 1);
		ck_assert_int_eq(d.findings[0].kind, FIND_IDENTITY);
		ck_assert_ptr_nonnull(strstr(d.findings[0].note, "<uuid:"));
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(a_request_nobody_answered_is_unmatched_with_its_reason)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_UNANSWERED;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, unmatched, 1);
		ck_assert_int_eq(d.findings[0].kind, FIND_UNMATCHED);
		ck_assert_ptr_nonnull(d.findings[0].why);
		ck_assert_ptr_nonnull(strstr(d.findings[0].note, "closest orders  r.json:3, 0 of 1 conditions hold"));
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(a_statement_that_comes_later_is_moved)
{
	EACH(seed, s, r, canonical)
	{
		r.deviation = STORY_MOVED;
		struct diff d = compare(s, r, canonical, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, moved, 1);
		EXPECT(d, missing, 0);
		ck_assert_str_eq(d.findings[0].sum, "SELECT tenants");
		ck_assert_str_eq(d.findings[0].note, "3 places later");
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(a_pool_that_hands_work_to_any_connection_is_the_same)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct story s = { .seed = seed, .workers = 2, .threads = 6, .rows = 5, .pool = true }, r = s;
		r.seed += 500;
		struct diff d = compare(s, r, true, NULL);
		EXPECT(d, nfindings, 0);
		bool pool = false;
		for (size_t i = 0; i < d.ngroups; i++)
			pool |= strcmp(d.groups[i].order, "pool") == 0;
		ck_assert_msg(pool, "no group was seen as a pool");
		diff_release(&d);

		r.deviation = STORY_INSERTED;
		d = compare(s, r, true, NULL);
		EXPECT(d, nfindings, 1);
		EXPECT(d, extra, 1);
		diff_release(&d);
	}
	story_clean();
}
END_TEST

START_TEST(a_comparison_is_its_own_mirror)
{
	for (int what = STORY_PLAIN; what <= STORY_TWIN; what++) {
		struct story s = { .seed = 5, .workers = 3, .threads = 3, .rows = 3 }, r = s;
		r.seed = 77;
		r.deviation = what;
		r.at = 1;
		struct diff ab, ba;
		story_write(&s, story_path("a.trace"));
		story_write(&r, story_path("b.trace"));
		story_diff(story_path("a.trace"), story_path("b.trace"), NULL, &ab);
		story_diff(story_path("b.trace"), story_path("a.trace"), NULL, &ba);
		ck_assert_uint_eq(ab.same, ba.same);
		ck_assert_uint_eq(ab.changed, ba.changed);
		ck_assert_uint_eq(ab.missing, ba.extra);
		ck_assert_uint_eq(ab.extra, ba.missing);
		ck_assert_uint_eq(ab.moved, ba.moved);
		ck_assert_uint_eq(ab.identity, ba.identity);
		ck_assert_uint_eq(ab.nfindings, ba.nfindings);
		for (size_t i = 0; i < ab.nfindings && ab.findings[i].npaths; i++) {
			ck_assert_str_eq(ab.findings[i].paths[0].path, ba.findings[i].paths[0].path);
			if (ab.findings[i].paths[0].golden && ba.findings[i].paths[0].run)
				ck_assert_str_eq(ab.findings[i].paths[0].golden, ba.findings[i].paths[0].run);
		}
		diff_release(&ab);
		diff_release(&ba);
	}
	story_clean();
}
END_TEST

START_TEST(comparing_twice_finds_the_same_in_the_same_order)
{
	struct story s = { .seed = 5, .workers = 2, .threads = 3, .rows = 3 }, r = { .seed = 6, .workers = 3, .threads = 2, .rows = 4 };
	struct diff a = compare(s, r, true, NULL), b = compare(s, r, true, NULL);

	ck_assert_uint_gt(a.nfindings, 1);
	ck_assert_uint_eq(a.nfindings, b.nfindings);
	for (size_t i = 0; i < a.nfindings; i++) {
		ck_assert_int_eq(a.findings[i].kind, b.findings[i].kind);
		ck_assert_str_eq(a.findings[i].stream, b.findings[i].stream);
		ck_assert_int_eq(a.findings[i].golden_line, b.findings[i].golden_line);
		ck_assert_int_eq(a.findings[i].run_line, b.findings[i].run_line);
	}
	/* Every line of both sides is accounted for once. */
	ck_assert_uint_eq(a.same + a.moved + a.changed + a.missing, a.golden_events);
	ck_assert_uint_eq(a.same + a.moved + a.changed + a.extra, a.run_events);
	diff_release(&a);
	diff_release(&b);
	story_clean();
}
END_TEST

START_TEST(order_can_be_chosen_for_the_whole_comparison)
{
	struct story s = { .seed = 5, .workers = 2, .threads = 1, .rows = 3 }, r = { .seed = 6, .workers = 2, .threads = 1, .rows = 3, .deviation = STORY_MOVED, .at = 1 };
	static const char *const calm[] = { "bag", "set", "count", NULL };
	uint64_t seed = 0;

	for (const char *const *o = calm; *o; o++) {
		struct diff d = compare(s, r, true, *o);
		EXPECT(d, nfindings, 0);
		diff_release(&d);
	}
	struct diff d = compare(s, r, true, "stream");
	EXPECT(d, moved, 1);
	diff_release(&d);
	d = compare(s, r, true, "key");
	EXPECT(d, nfindings, 0); /* a SELECT among SELECTs is where it was */
	diff_release(&d);

	r.deviation = STORY_TWIN;
	d = compare(s, r, true, "count");
	EXPECT(d, extra, 1);
	diff_release(&d);

	/* Strict needs what a golden no longer has. */
	struct trace_file *g = story_open(story_path("golden.trace")), *b = story_open(story_path("b.trace"));
	struct err err = { 0 };
	struct diff_options o = { .order = "strict" };
	ck_assert_int_lt(diff_traces(&d, g, b, &o, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "order strict needs two recordings"));
	trace_file_close(g);
	trace_file_close(b);
	r = s;
	d = compare(s, r, false, "strict");
	EXPECT(d, nfindings, 0);
	diff_release(&d);
	story_clean();
}
END_TEST

/* ---- by hand ---------------------------------------------------------------------- */

#define HEAD "{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"semconv\":\"1.44.0\",\"canonical\":true,\"mode\":\"fake\",\"seed\":1,\"rules\":[]}\n"
#define EVENT(st, sum, body) "{\"k\":\"http\",\"st\":\"" st "\",\"sum\":\"" sum "\",\"ok\":true,\"by\":\"rule\"" body "}\n"
#define TAIL(n) "{\"k\":\"seam.end\",\"events\":" #n ",\"dropped\":0,\"streams\":1}\n"

static struct diff hand(const char *golden, const char *run)
{
	struct diff d;

	story_put(story_path("a.trace"), golden);
	story_put(story_path("b.trace"), run);
	story_diff(story_path("a.trace"), story_path("b.trace"), NULL, &d);
	story_clean();
	return d;
}

START_TEST(text_bodies_differ_by_line_and_csv_by_cell)
{
	struct diff d = hand(HEAD EVENT("p/s/b/k", "PUT", ",\"req\":{\"sz\":9,\"b\":\"id,day\\n1,2025-01-01\\n2,2025-01-02\\n\"}") TAIL(1),
			     HEAD EVENT("p/s/b/k", "PUT", ",\"req\":{\"sz\":9,\"b\":\"id,day\\n1,2025-01-01\\n2,02/01/2025\\n3,x\\n\"}") TAIL(1));

	ck_assert_uint_eq(d.nfindings, 1);
	ck_assert_uint_eq(d.findings[0].npaths, 2);
	ck_assert_str_eq(d.findings[0].paths[0].path, "req.b[2].day");
	ck_assert_str_eq(d.findings[0].paths[0].golden, "\"2025-01-02\"");
	ck_assert_str_eq(d.findings[0].paths[1].path, "req.b[3]");
	ck_assert_ptr_null(d.findings[0].paths[1].golden);
	ck_assert_str_eq(d.findings[0].paths[1].run, "\"3,x\"");
	diff_release(&d);
}
END_TEST

START_TEST(an_item_put_into_an_array_is_one_difference)
{
	struct diff d = hand(HEAD EVENT("p/s/b", "S", ",\"res\":{\"sz\":9,\"b\":[[\"1\"],[\"3\"]],\"rows\":2}") TAIL(1),
			     HEAD EVENT("p/s/b", "S", ",\"res\":{\"sz\":9,\"b\":[[\"1\"],[\"2\"],[\"3\"]],\"rows\":3}") TAIL(1));

	ck_assert_uint_eq(d.findings[0].npaths, 2);
	ck_assert_str_eq(d.findings[0].paths[0].path, "res.b[1]");
	ck_assert_str_eq(d.findings[0].paths[1].path, "res.rows");
	diff_release(&d);
}
END_TEST

START_TEST(repeats_of_one_cause_are_one_finding_with_a_count)
{
	struct diff d = hand(HEAD EVENT("p/s/b#0", "A", ",\"a\":{\"x\":\"1\"}") EVENT("p/s/b#0", "A", ",\"a\":{\"x\":\"2\"}") EVENT("p/s/b#0", "A", ",\"a\":{\"x\":\"3\"}") TAIL(3),
			     HEAD EVENT("p/s/b#0", "A", ",\"a\":{\"x\":\"1!\"}") EVENT("p/s/b#0", "A", ",\"a\":{\"x\":\"2!\"}") EVENT("p/s/b#0", "A", ",\"a\":{\"x\":\"3!\"}") TAIL(3));

	ck_assert_uint_eq(d.nfindings, 1);
	ck_assert_uint_eq(d.findings[0].count, 3);
	ck_assert_uint_eq(d.changed, 3);
	/* Closest to closest: "2" is not paired with "3!". */
	ck_assert_str_eq(d.findings[0].paths[0].golden, "\"1\"");
	ck_assert_str_eq(d.findings[0].paths[0].run, "\"1!\"");
	diff_release(&d);
}
END_TEST

START_TEST(who_answered_matters_only_when_nobody_did)
{
	struct diff d = hand(HEAD "{\"k\":\"http\",\"st\":\"p/s/b\",\"sum\":\"A\",\"ok\":true,\"by\":\"rule\"}\n" TAIL(1),
			     HEAD "{\"k\":\"http\",\"st\":\"p/s/b\",\"sum\":\"A\",\"ok\":true,\"by\":\"record\"}\n" TAIL(1));

	ck_assert_uint_eq(d.nfindings, 0);
	diff_release(&d);
	d = hand(HEAD "{\"k\":\"http\",\"st\":\"p/s/b\",\"sum\":\"A\",\"ok\":true,\"by\":\"rule\"}\n" TAIL(1),
		 HEAD "{\"k\":\"http\",\"st\":\"p/s/b\",\"sum\":\"A\",\"ok\":true,\"by\":\"none\"}\n" TAIL(1));
	ck_assert_uint_eq(d.unmatched, 1);
	diff_release(&d);
}
END_TEST

START_TEST(a_renumbered_process_is_matched_by_what_it_did)
{
	struct diff d = hand(HEAD EVENT("curl/a/a:1", "GET a", "") EVENT("curl[2]/b/b:1", "GET b", "") TAIL(2),
			     HEAD EVENT("curl/b/b:1", "GET b", "") EVENT("curl[2]/a/a:1", "GET a", "") TAIL(2));

	ck_assert_msg(d.nfindings == 0, "%s", story_counts(&d));
	diff_release(&d);
}
END_TEST

START_TEST(an_object_under_another_key_is_changed_not_lost_and_found)
{
	struct diff d = hand(HEAD EVENT("p/lake/l:1/raw%2Fa", "PutObject raw", ",\"a\":{\"aws.s3.key\":\"a\"}") TAIL(1),
			     HEAD EVENT("p/lake/l:1/raw%2Fb", "PutObject raw", ",\"a\":{\"aws.s3.key\":\"b\"}") TAIL(1));

	ck_assert_uint_eq(d.nfindings, 1);
	ck_assert_int_eq(d.findings[0].kind, FIND_CHANGED);
	ck_assert_str_eq(d.findings[0].paths[0].path, "a.aws.s3.key");
	diff_release(&d);
}
END_TEST

SUITE_BEGIN(diff)
	SUITE_TEST(another_interleaving_is_the_same);
	SUITE_TEST(one_inserted_event_is_one_finding);
	SUITE_TEST(an_inserted_twin_with_an_id_of_its_own_is_one_finding);
	SUITE_TEST(a_lost_event_is_missing);
	SUITE_TEST(the_only_request_of_a_connection_can_be_lost);
	SUITE_TEST(a_changed_leaf_is_named_by_its_path);
	SUITE_TEST(an_id_that_is_not_the_one_inserted_breaks_identity);
	SUITE_TEST(a_request_nobody_answered_is_unmatched_with_its_reason);
	SUITE_TEST(a_statement_that_comes_later_is_moved);
	SUITE_TEST(a_pool_that_hands_work_to_any_connection_is_the_same);
	SUITE_TEST(a_comparison_is_its_own_mirror);
	SUITE_TEST(comparing_twice_finds_the_same_in_the_same_order);
	SUITE_TEST(order_can_be_chosen_for_the_whole_comparison);
	SUITE_TEST(text_bodies_differ_by_line_and_csv_by_cell);
	SUITE_TEST(an_item_put_into_an_array_is_one_difference);
	SUITE_TEST(repeats_of_one_cause_are_one_finding_with_a_count);
	SUITE_TEST(who_answered_matters_only_when_nobody_did);
	SUITE_TEST(a_renumbered_process_is_matched_by_what_it_did);
	SUITE_TEST(an_object_under_another_key_is_changed_not_lost_and_found);
SUITE_END
