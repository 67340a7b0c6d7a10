/* jscan, jcopy, jtree: JSON text without a tree, and with its numbers as written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

#include "trace/jcopy.h"
#include "trace/jscan.h"
#include "trace/jtree.h"

START_TEST(valid_json_is_measured_and_the_rest_left)
{
	static const char *const good[] = { "{}", "[]", "0", "-1.5e+3", "\"a\\u00e9\\n\\ud83d\\ude00\"", "true", "null", "{\"a\":[1,{\"b\":\"}\"}]}", " [ 1 , 2 ] " };
	const char *what;
	size_t at;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[128];
		struct slice s = slice_trim(slice_str(good[i]));
		ck_assert_msg(jscan_value(s, &what, &at) == s.len, "row %zu: %s", i, good[i]);
		snprintf(text, sizeof(text), "%.*s,tail", SLICE_ARG(s));
		ck_assert_uint_eq(jscan_value(slice_str(text), &what, &at), s.len);
	}
}
END_TEST

START_TEST(every_cut_of_a_document_is_refused)
{
	static const char text[] = "{\"a\":[1,2.5e3,{\"b\":\"x\\\"\\u00e9\xc3\xa9\"}],\"c\":true,\"d\":null}";
	const char *what;
	size_t at;

	for (size_t n = 0; n + 1 < sizeof(text); n++) {
		/* A copy of its own size: a read beyond the end shows under a sanitizer. */
		char *cut = malloc(n + 1);
		memcpy(cut, text, n);
		char *exact = realloc(cut, n ? n : 1);
		what = NULL;
		ck_assert_uint_eq(jscan_value(slice_of(exact, n), &what, &at), 0);
		ck_assert_ptr_nonnull(what);
		ck_assert_uint_le(at, n);
		free(exact);
	}
}
END_TEST

START_TEST(members_and_items_come_in_order)
{
	struct jscan it = jscan_open(SLICE_LIT("{ \"a\" : {\"x\":[\"}\"]} , \"b\":\"\\\"}\", \"c\":[1,[2]],\"d\":-1}"));
	struct slice key, item;
	char seen[256] = "";

	while (jscan_next(&it, &key, &item))
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s=%.*s;", SLICE_ARG(key), SLICE_ARG(item));
	ck_assert_str_eq(seen, "\"a\"={\"x\":[\"}\"]};\"b\"=\"\\\"}\";\"c\"=[1,[2]];\"d\"=-1;");
	it = jscan_open(SLICE_LIT("[1,\"a\",{},[ ]]"));
	seen[0] = '\0';
	while (jscan_next(&it, &key, &item))
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s;", SLICE_ARG(item));
	ck_assert_str_eq(seen, "1;\"a\";{};[ ];");
	ck_assert(slice_eq_str(jscan_get(SLICE_LIT("{\"ab\":1,\"a\":\"x\"}"), "a"), "\"x\""));
	ck_assert_ptr_null(jscan_get(SLICE_LIT("{\"ab\":1}"), "a").ptr);
	it = jscan_open(SLICE_LIT("7"));
	ck_assert(!jscan_next(&it, &key, &item));
}
END_TEST

START_TEST(minify_keeps_what_every_reader_takes_alike)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} rows[] = {
		{ " { \"b\" : 1 , \"a\" : [ 1.50 , \"x y\" ] } ", "{\"b\":1,\"a\":[1.50,\"x y\"]}" },
		{ "{\"a\":1,\"a\":2}", NULL },
		{ "{\"a\":{\"b\":1},\"c\":{\"b\":1}}", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}" },
		{ "[1,2", NULL },
		{ "[1] x", NULL },
		{ "[1e400]", NULL },
		{ "[1e300000000000000000000]", NULL },
		{ "[1e-5,99999999999999999999]", "[1e-5,99999999999999999999]" },
		{ "\"\\ud800\"", NULL },
		{ "{\"\\u0000\":1}", NULL },
		{ "{\"\\u00e9\":1}", "{\"\xc3\xa9\":1}" },
		{ "[\"\xe2\x80\xa8\"]", "[\"\\u2028\"]" },
	};
	struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&out);
		buf_add_str(&out, "kept");
		bool ok = jscan_minify(slice_str(rows[i].in), &out);
		ck_assert_msg(ok == (rows[i].out != NULL), "row %zu", i);
		ck_assert_msg(strcmp(out.ptr + 4, rows[i].out ? rows[i].out : "") == 0, "row %zu: %s", i, out.ptr);
	}
	buf_release(&out);
}
END_TEST

START_TEST(strings_are_decoded)
{
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(slice_eq_str(jscan_plain(SLICE_LIT("\"plain\""), &out), "plain"));
	ck_assert(slice_eq_str(jscan_plain(SLICE_LIT("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\""), &out), "a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
	buf_release(&out);
}
END_TEST

static void upper(void *arg, struct slice path, struct slice value, struct buf *out)
{
	buf_add_slice(arg, path);
	buf_add_char(arg, ' ');
	buf_add_slice(out, value);
}

START_TEST(copies_are_sorted_and_leaves_know_their_path)
{
	struct jcopy c;
	struct buf out, paths, big;

	buf_init(&out, 1 << 20);
	buf_init(&paths, 1 << 20);
	jcopy_init(&c, true, upper, &paths);
	jcopy_value(&c, SLICE_LIT("{\"b\":[1,{\"z\":2,\"y\":3}],\"a\":\"x\"}"), &out);
	ck_assert_str_eq(out.ptr, "{\"a\":\"x\",\"b\":[1,{\"y\":3,\"z\":2}]}");
	ck_assert_str_eq(paths.ptr, "a b[0] b[1].y b[1].z ");
	/* More members than fit on the stack. */
	buf_init(&big, 1 << 20);
	buf_add_char(&big, '{');
	for (int i = 99; i >= 0; i--)
		buf_addf(&big, "\"k%02d\":%d%s", i, i, i ? "," : "}");
	buf_reset(&out);
	jcopy_value(&c, buf_slice(&big), &out);
	ck_assert_int_eq(strncmp(out.ptr, "{\"k00\":0,\"k01\":1,", 17), 0);
	ck_assert(slice_has_suffix(buf_slice(&out), SLICE_LIT(",\"k99\":99}")));
	jcopy_release(&c);
	buf_release(&out);
	buf_release(&paths);
	buf_release(&big);
}
END_TEST

START_TEST(trees_keep_numbers_as_written)
{
	json_t *v = jtree_load(SLICE_LIT("{\"a\":19.90,\"b\":[1e400,12345678901234567890123],\"c\":\"19.90\"}"));
	char *text = jtree_dump(v, JSON_COMPACT);

	ck_assert_str_eq(text, "{\"a\":19.90,\"b\":[1e400,12345678901234567890123],\"c\":\"19.90\"}");
	free(text);
	json_decref(v);
	ck_assert_ptr_null(jtree_dump(NULL, 0));
}
END_TEST

SUITE_BEGIN(jscan)
	SUITE_TEST(valid_json_is_measured_and_the_rest_left);
	SUITE_TEST(every_cut_of_a_document_is_refused);
	SUITE_TEST(members_and_items_come_in_order);
	SUITE_TEST(minify_keeps_what_every_reader_takes_alike);
	SUITE_TEST(strings_are_decoded);
	SUITE_TEST(copies_are_sorted_and_leaves_know_their_path);
	SUITE_TEST(trees_keep_numbers_as_written);
SUITE_END
