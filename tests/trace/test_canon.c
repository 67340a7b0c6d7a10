/* canon: two recordings of one intent are one golden. */
#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "traces.h"

static void same_golden(struct story s, int runs)
{
	char *first = NULL;

	for (int i = 0; i < runs; i++) {
		s.seed = 100 + (uint64_t)i;
		story_write(&s, story_path("run.trace"));
		char *text = story_canon(story_path("run.trace"));
		if (!first) {
			first = text;
			continue;
		}
		if (strcmp(first, text) != 0) {
			size_t at = 0, line = 1;
			for (; first[at] == text[at]; at++)
				line += first[at] == '\n';
			while (at && first[at - 1] != '\n')
				at--;
			ck_abort_msg("seed %llu differs on line %zu:\n%.300s\n%.300s", (unsigned long long)s.seed, line, first + at, text + at);
		}
		free(text);
	}
	free(first);
	story_clean();
}

START_TEST(fifty_recordings_of_8_threads_and_4_processes_are_byte_identical)
{
	same_golden((struct story){ .workers = 4, .threads = 8, .rows = 1 }, 50);
}
END_TEST

START_TEST(several_rows_a_thread_are_byte_identical_too)
{
	same_golden((struct story){ .workers = 2, .threads = 3, .rows = 4 }, 20);
}
END_TEST

START_TEST(one_thread_keeps_the_order_of_its_requests)
{
	same_golden((struct story){ .workers = 1, .threads = 1, .rows = 5 }, 10);
	struct story s = { .seed = 3, .workers = 1, .threads = 1, .rows = 5 };
	story_write(&s, story_path("run.trace"));
	char *text = story_canon(story_path("run.trace")), *at = text;
	for (int row = 0; row < 5; row++) {
		char want[32];
		snprintf(want, sizeof(want), "\"row\":%d", row);
		at = strstr(at, want);
		ck_assert_msg(at != NULL, "row %d is not after row %d", row, row - 1);
	}
	free(text);
	story_clean();
}
END_TEST

START_TEST(a_golden_is_its_own_canonical_form)
{
	struct story s = { .seed = 1, .workers = 2, .threads = 2, .rows = 2 };

	story_write(&s, story_path("run.trace"));
	char *text = story_canon(story_path("run.trace"));
	story_put(story_path("golden.trace"), text);
	char *again = story_canon(story_path("golden.trace"));
	ck_assert_str_eq(text, again);
	free(text);
	free(again);
	story_clean();
}
END_TEST

START_TEST(equal_values_share_a_label_and_different_ones_do_not)
{
	struct story s = { .seed = 9, .workers = 1, .threads = 1, .rows = 2 };
	char label[2][32];
	int n = 0;

	story_write(&s, story_path("run.trace"));
	char *text = story_canon(story_path("run.trace"));
	for (char *at = text; (at = strstr(at, "\"db.query.parameter.0\":\"<uuid:")) && n < 2; at++)
		sscanf(at + 24, "%20[^\"]", label[n++]);
	ck_assert_int_eq(n, 2);
	ck_assert_str_ne(label[0], label[1]);
	for (int i = 0; i < 2; i++) {
		char want[128];
		snprintf(want, sizeof(want), "\"id\":\"%s\"", label[i]);
		char *first = strstr(text, want);
		ck_assert_msg(first && strstr(first + 1, want), "%s is not in the post and in the object", want);
		snprintf(want, sizeof(want), "orders/%s.json", label[i]);
		ck_assert_ptr_nonnull(strstr(text, want));
	}
	free(text);
	story_clean();
}
END_TEST

START_TEST(a_golden_holds_nothing_volatile)
{
	struct story s = { .seed = 4, .workers = 2, .threads = 2, .rows = 2 };

	story_write(&s, story_path("run.trace"));
	char *text = story_canon(story_path("run.trace"));
	static const char *const never[] = { "\"t\":{", "\"rule\":", "\"seq\":", "\"run\":", "\"start\":", "\"argv\":", "2025-", "2026-", "2027-", "2028-", "ptr:1\"", "<ptr:" };
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		ck_assert_msg(!strstr(text, never[i]), "%s is in the golden", never[i]);
	ck_assert_ptr_nonnull(strstr(text, "\"network.local.port\":\"<port>\""));
	ck_assert_ptr_nonnull(strstr(text, "\"http.request.header.date\":[\"<time>\"]"));
	ck_assert_ptr_nonnull(strstr(text, "\"canonical\":true"));
	ck_assert_ptr_nonnull(strstr(text, "\"seam.count\":2"));
	free(text);
	story_clean();
}
END_TEST

/* ---- single traces by hand ------------------------------------------------------ */

#define HEAD "{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"by\":\"seam\",\"run\":\"r\",\"start\":\"2026-11-20T11:14:46.5Z\",\"semconv\":\"1.44.0\",\"canonical\":false,\"mode\":\"fake\",\"seed\":1,\"rules\":[]}\n"
#define EVENT(seq, body) "{\"k\":\"sql\",\"st\":\"p/db/x#0\",\"seq\":" #seq ",\"sum\":\"S\",\"ok\":true,\"by\":\"fake\"," body ",\"t\":{\"n\":" #seq ",\"ts\":5000000000,\"dur\":1}}\n"
#define TAIL(n) "{\"k\":\"seam.end\",\"events\":" #n ",\"dropped\":0,\"streams\":1}\n"

static char *canon_of(const char *text)
{
	story_put(story_path("hand.trace"), text);
	return story_canon(story_path("hand.trace"));
}

START_TEST(a_time_is_volatile_only_near_the_run)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "2026-11-20T11:14:50Z", "<time>" },
		{ "2026-11-20 12:14:50.123456+01", "<time>" },
		{ "2026-11-20T10:15:00", "<time>" },
		{ "2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z" },
		{ "2026-11-19T11:14:50Z", "2026-11-19T11:14:50Z" },
		{ "2026-11-20", "2026-11-20" },
		{ "Fri, 20 Nov 2026 11:14:46 GMT", "<time>" },
		{ "Fri, 20 Nov 2020 11:14:46 GMT", "Fri, 20 Nov 2020 11:14:46 GMT" },
		{ "20261120T111446Z", "<time>" },
		{ "at 1795173286, and 1795173286123.", "at <time>, and <time>." },
		{ "x1795173286", "x1795173286" },
		{ "1595173286", "1595173286" },
		{ "a\\n2026-11-20T11:14:50Z,b", "a\\n<time>,b" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[4096], want[256];
		snprintf(text, sizeof(text), "%s{\"k\":\"sql\",\"st\":\"p/db/x#0\",\"seq\":0,\"sum\":\"S\",\"ok\":true,\"by\":\"fake\",\"a\":{\"v\":\"%s\"},\"t\":{\"n\":0,\"ts\":5000000000}}\n%s", HEAD, rows[i].in, TAIL(1));
		snprintf(want, sizeof(want), "\"a\":{\"v\":\"%s\"}", rows[i].out);
		char *out = canon_of(text);
		ck_assert_msg(strstr(out, want) != NULL, "row %zu, %s: %s", i, rows[i].in, out);
		free(out);
	}
	story_clean();
}
END_TEST

START_TEST(numbers_in_bodies_are_times_only_inside_the_window)
{
	char *out = canon_of(HEAD EVENT(0, "\"req\":{\"sz\":9,\"b\":{\"ts\":1795173290.25,\"ms\":1795173290000,\"id\":1695173290,\"n\":12345678901234567890}}") TAIL(1));

	ck_assert_ptr_nonnull(strstr(out, "\"b\":{\"id\":1695173290,\"ms\":\"<time>\",\"n\":12345678901234567890,\"ts\":\"<time>\"}"));
	/* The size of a volatile body is volatile too. */
	ck_assert_ptr_null(strstr(out, "\"sz\""));
	free(out);
	story_clean();
}
END_TEST

START_TEST(members_are_sorted_and_headers_by_name_are_placeholders)
{
	char *out = canon_of(HEAD EVENT(0, "\"a\":{\"z\":1,\"http.request.header.user-agent\":[\"curl/8\"],\"http.request.header.content-md5\":[\"abc\"],\"http.request.header.x-candidate-id\":[\"7\"],\"b\":{\"y\":1,\"x\":[2,1]}},\"req\":{\"sz\":2,\"b\":\"ok\"}") TAIL(1));

	ck_assert_ptr_nonnull(strstr(out, "\"a\":{\"b\":{\"x\":[2,1],\"y\":1},\"http.request.header.content-md5\":[\"abc\"],\"http.request.header.user-agent\":[\"<agent>\"],\"http.request.header.x-candidate-id\":[\"7\"],\"z\":1}"));
	ck_assert_ptr_nonnull(strstr(out, "\"req\":{\"sz\":2,\"b\":\"ok\"}"));
	free(out);
	out = canon_of(HEAD EVENT(0, "\"a\":{\"http.request.header.content-md5\":[\"abc\"]},\"req\":{\"sz\":30,\"b\":\"at 2026-11-20T11:14:50Z\"}") TAIL(1));
	ck_assert_ptr_nonnull(strstr(out, "\"http.request.header.content-md5\":[\"<digest>\"]"));
	free(out);
	story_clean();
}
END_TEST

START_TEST(secrets_are_relabelled_and_signatures_have_no_identity)
{
	char *out = canon_of(HEAD EVENT(0, "\"a\":{\"http.request.header.authorization\":[\"Bearer <secret:0123abcd>\"],\"q\":\"token=<secret:0123abcd>\",\"sig\":\"X-Amz-Signature=<secret:99999999>\"}") TAIL(1));

	ck_assert_ptr_null(strstr(out, "0123abcd"));
	ck_assert_ptr_nonnull(strstr(out, "X-Amz-Signature=<secret>"));
	char *a = strstr(out, "Bearer <secret:"), *b = strstr(out, "token=<secret:");
	ck_assert(a && b);
	ck_assert_int_eq(strncmp(a + 7, b + 6, 12), 0);
	free(out);
	story_clean();
}
END_TEST

START_TEST(an_ephemeral_port_of_the_programs_own_server_is_no_name)
{
	char *out = canon_of(HEAD "{\"k\":\"conn.open\",\"st\":\"p/-/127.0.0.1:45123#0\",\"seq\":0,\"sum\":\"connect 127.0.0.1:45123\",\"ok\":true,\"by\":\"pass\",\"a\":{\"server.port\":45123},\"t\":{\"n\":0,\"ts\":1}}\n" TAIL(1));

	ck_assert_ptr_nonnull(strstr(out, "\"st\":\"p/-/127.0.0.1:<port>#0\",\"sum\":\"connect 127.0.0.1:<port>\""));
	ck_assert_ptr_nonnull(strstr(out, "\"server.port\":\"<port>\""));
	free(out);
	out = canon_of(HEAD "{\"k\":\"conn.open\",\"st\":\"p/-/127.0.0.1:8080#0\",\"seq\":0,\"sum\":\"connect 127.0.0.1:8080\",\"ok\":true,\"by\":\"pass\",\"a\":{\"server.port\":8080},\"t\":{\"n\":0,\"ts\":1}}\n" TAIL(1));
	ck_assert_ptr_nonnull(strstr(out, "p/-/127.0.0.1:8080#0"));
	free(out);
	story_clean();
}
END_TEST

#define OPEN(seq, conn, ts) "{\"k\":\"conn.open\",\"st\":\"p/api/x:1#" #conn "\",\"seq\":" #seq ",\"sum\":\"connect\",\"ok\":true,\"by\":\"fake\",\"t\":{\"n\":0,\"ts\":" #ts ",\"dur\":1,\"tid\":5}}\n"
#define POST(seq, conn, ts, body) "{\"k\":\"http\",\"st\":\"p/api/x:1#" #conn "\",\"seq\":" #seq ",\"sum\":\"POST /\",\"ok\":true,\"by\":\"rule\",\"req\":{\"sz\":1,\"b\":\"" body "\"},\"t\":{\"n\":0,\"ts\":" #ts ",\"dur\":5,\"tid\":5}}\n"

START_TEST(requests_in_flight_together_have_no_order_and_others_do)
{
	/* One thread, two connections at once: whose answer comes first is chance. */
	char *ab = canon_of(HEAD OPEN(0, 0, 1) OPEN(0, 1, 2) POST(1, 0, 10, "a") POST(1, 1, 20, "b") TAIL(4));
	char *ba = canon_of(HEAD OPEN(0, 0, 1) OPEN(0, 1, 2) POST(1, 1, 10, "b") POST(1, 0, 20, "a") TAIL(4));
	ck_assert_str_eq(ab, ba);
	free(ab);
	free(ba);
	/* One after the other: the order is the program's. */
	ab = canon_of(HEAD OPEN(0, 0, 1) POST(1, 0, 10, "a") OPEN(0, 1, 30) POST(1, 1, 40, "b") TAIL(4));
	ba = canon_of(HEAD OPEN(0, 0, 1) POST(1, 0, 10, "b") OPEN(0, 1, 30) POST(1, 1, 40, "a") TAIL(4));
	ck_assert_str_ne(ab, ba);
	ck_assert(strstr(ab, "\"b\":\"a\"") < strstr(ab, "\"b\":\"b\""));
	ck_assert(strstr(ba, "\"b\":\"a\"") > strstr(ba, "\"b\":\"b\""));
	free(ab);
	free(ba);
	story_clean();
}
END_TEST

START_TEST(a_mask_hides_a_leaf_and_counts_it)
{
	struct err err = { 0 };
	struct canon *c;
	struct buf line;
	json_t *mask = json_pack("[s,{s:s}]", "json.items[*].id", "path", "a.v");

	story_put(story_path("hand.trace"), HEAD EVENT(0, "\"a\":{\"v\":\"x\",\"w\":\"y\"},\"req\":{\"sz\":9,\"b\":{\"items\":[{\"id\":1,\"n\":1},{\"id\":2,\"n\":2}]}}") TAIL(1));
	struct trace_file *f = story_open(story_path("hand.trace"));
	ck_assert_int_eq(canon_new(&c, f, mask, NULL, &err), 0);
	buf_init(&line, 65536);
	canon_line_add(c, 0, &line);
	ck_assert_ptr_nonnull(strstr(line.ptr, "\"items\":[{\"id\":\"<masked>\",\"n\":1},{\"id\":\"<masked>\",\"n\":2}]"));
	ck_assert_ptr_nonnull(strstr(line.ptr, "\"v\":\"<masked>\",\"w\":\"y\""));
	ck_assert_uint_eq(canon_masked(c), 3);
	buf_release(&line);
	canon_free(c);
	trace_file_close(f);
	json_decref(mask);
	story_clean();
}
END_TEST

SUITE_BEGIN(canon)
	SUITE_TEST(fifty_recordings_of_8_threads_and_4_processes_are_byte_identical);
	SUITE_TEST(several_rows_a_thread_are_byte_identical_too);
	SUITE_TEST(one_thread_keeps_the_order_of_its_requests);
	SUITE_TEST(a_golden_is_its_own_canonical_form);
	SUITE_TEST(equal_values_share_a_label_and_different_ones_do_not);
	SUITE_TEST(a_golden_holds_nothing_volatile);
	SUITE_TEST(a_time_is_volatile_only_near_the_run);
	SUITE_TEST(numbers_in_bodies_are_times_only_inside_the_window);
	SUITE_TEST(members_are_sorted_and_headers_by_name_are_placeholders);
	SUITE_TEST(secrets_are_relabelled_and_signatures_have_no_identity);
	SUITE_TEST(an_ephemeral_port_of_the_programs_own_server_is_no_name);
	SUITE_TEST(requests_in_flight_together_have_no_order_and_others_do);
	SUITE_TEST(a_mask_hides_a_leaf_and_counts_it);
SUITE_END
