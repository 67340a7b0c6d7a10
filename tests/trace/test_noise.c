#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "suites.h"
#include "trace/noise.h"

static json_t *json(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json_t *v = json_loads(copy, JSON_DECODE_ANY, NULL);
	ck_assert_msg(v != NULL, "not JSON: %s", copy);
	free(copy);
	return v;
}

static void open_noise(struct noise *n, const char *mask, const char *normalise)
{
	struct err err = { 0 };
	json_t *m = mask ? json(mask) : NULL, *f = normalise ? json(normalise) : NULL;

	ck_assert_msg(noise_init(n, m, f, &err) == 0, "%s", err.text);
	json_decref(m);
	json_decref(f);
}

static const struct noise_event ingest = { .k = { "http", 4 }, .service = { "api", 3 }, .sum = { "POST /v1/jobs", 13 } };

/* The form of a value under one entry of "normalise"; quotes as above. */
static void becomes(const char *entry, const char *value, const char *wanted)
{
	struct noise n;
	struct buf list, out;
	char *plain = strdup(value);

	buf_init(&list, 4096);
	buf_addf(&list, "[%s]", entry);
	buf_add_char(&list, '\0');
	open_noise(&n, NULL, list.ptr);
	for (char *p = plain; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	struct noise_rule *r = noise_at(&n, &ingest, SLICE_LIT("req.b.x"), false);
	ck_assert_msg(r != NULL, "%s: no rule at json.x", entry);
	buf_init(&out, 4096);
	noise_apply(r, slice_str(plain), &out);
	buf_add_char(&out, '\0');
	for (char *p = out.ptr; *p; p++)
		*p = *p == '"' ? '\'' : *p;
	ck_assert_msg(strcmp(out.ptr, wanted) == 0, "%s of %s: got %s, wanted %s", entry, value, out.ptr, wanted);
	buf_release(&out);
	buf_release(&list);
	noise_release(&n);
	free(plain);
}

START_TEST(numbers_have_one_form)
{
	const char *number = "{'path': 'json.x', 'as': 'number'}", *cents = "{'path': 'json.x', 'round': 2}", *whole = "{'path': 'json.x', 'round': 0}";

	becomes(number, "'19.90'", "19.9");
	becomes(number, "19.900", "19.9");
	becomes(number, "1.0", "1");
	becomes(number, "'+007'", "7");
	becomes(number, "-0.0", "0");
	becomes(number, "'.5'", "0.5");
	becomes(number, "1e3", "1000");
	becomes(number, "'none'", "'none'");
	becomes(number, "'-'", "'-'");
	becomes(number, "123456789012345678901234567890.10", "123456789012345678901234567890.1");
	becomes(cents, "0.125", "0.13");
	becomes(cents, "0.994", "0.99");
	becomes(cents, "9.995", "10");
	becomes(cents, "-1.005", "-1.01");
	becomes(cents, "-0.001", "0");
	becomes(cents, "7", "7");
	becomes(cents, "1.25e-1", "0.13");
	becomes(whole, "99.5", "100");
}
END_TEST

START_TEST(texts_have_one_form)
{
	becomes("{'path': 'json.x', 'as': 'lower'}", "'Ab\\u00c9 X'", "'ab\xc3\x89 x'");
	becomes("{'path': 'json.x', 'as': 'space'}", "' a\\t\\n b  c '", "'a b c'");
	becomes("{'path': 'json.x', 'replace': ['tmp_[0-9]+', 'tmp']}", "'tmp_1 and tmp_22'", "'tmp and tmp'");
	becomes("{'path': 'json.x', 'replace': ['(a)(b)?', '<$1$2>']}", "'a ab'", "'<a> <ab>'");
	becomes("{'path': 'json.x', 'replace': ['z', 'y']}", "'abc'", "'abc'");
	becomes("{'path': 'json.x', 'replace': ['^(a+)+$', 'y']}", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'");
	becomes("{'path': 'json.x', 'replace': ['.', '0123456789']}", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
		"'0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890123456789012345678901234567890123456789'");
}
END_TEST

static bool near(const char *entry, const char *a, const char *b)
{
	struct noise n;
	struct buf list;

	buf_init(&list, 4096);
	buf_addf(&list, "[%s]", entry);
	buf_add_char(&list, '\0');
	open_noise(&n, NULL, list.ptr);
	bool is = noise_near(noise_at(&n, &ingest, SLICE_LIT("req.b.x"), false), slice_str(a), slice_str(b));
	buf_release(&list);
	noise_release(&n);
	return is;
}

START_TEST(a_tolerance_is_absolute_or_a_share)
{
	ck_assert(near("{'path': 'json.x', 'tolerance': 0.001}", "1.0005", "1.001"));
	ck_assert(!near("{'path': 'json.x', 'tolerance': 0.001}", "1.0005", "1.002"));
	ck_assert(near("{'path': 'json.x', 'tolerance': '1%'}", "100", "\"100.9\""));
	ck_assert(!near("{'path': 'json.x', 'tolerance': '1%'}", "100", "102"));
	ck_assert(near("{'path': 'json.x', 'tolerance': 0}", "0.3", "0.30000000000000004"));
	ck_assert(!near("{'path': 'json.x', 'tolerance': 1}", "\"\"", "1"));
	ck_assert(!near("{'path': 'json.x', 'tolerance': 1}", "true", "1"));
}
END_TEST

START_TEST(an_entry_is_for_what_it_names)
{
	struct noise n;
	const struct noise_event other = { .k = { "http", 4 }, .service = { "lake", 4 }, .sum = { "GET /", 5 } };

	open_noise(&n, "['http.header.x-id', 're:json\\\\.items\\\\[\\\\d+\\\\]\\\\.at', {'path': 'sql.param.2', 'service': 'api'}, {'path': 'json.a', 'sum': 'POST *', 'k': 'http'},"
		       " {'path': 'json.old', 'until': '2020-01-01'}, {'path': 'http.query.ts'}, {'path': 'sql.column.seen'}, {'path': 'sql.literal.3'}]", NULL);
	ck_assert_ptr_nonnull(noise_at(&n, &ingest, SLICE_LIT("a.http.request.header.x-id"), false));
	ck_assert_ptr_null(noise_at(&n, &ingest, SLICE_LIT("a.http.request.header.x-id-too"), false));
	ck_assert_ptr_nonnull(noise_at(&n, &ingest, SLICE_LIT("res.b.items[12].at"), false));
	ck_assert_ptr_null(noise_at(&n, &ingest, SLICE_LIT("res.b.items[12].atom"), false));
	ck_assert_ptr_nonnull(noise_at(&n, &ingest, SLICE_LIT("a.db.query.parameter.1"), false));
	ck_assert_ptr_null(noise_at(&n, &other, SLICE_LIT("a.db.query.parameter.1"), false));
	ck_assert_ptr_nonnull(noise_at(&n, &ingest, SLICE_LIT("req.b.a"), false));
	ck_assert_ptr_null(noise_at(&n, &other, SLICE_LIT("req.b.a"), false));
	ck_assert_msg(!noise_at(&n, &ingest, SLICE_LIT("req.b.old"), false), "after its day a mask hides nothing");
	ck_assert_ptr_nonnull(noise_query(&n, &ingest, SLICE_LIT("ts")));
	ck_assert_ptr_null(noise_query(&n, &ingest, SLICE_LIT("t")));
	ck_assert_ptr_nonnull(noise_column(&n, &ingest, SLICE_LIT("SEEN")));
	ck_assert_ptr_nonnull(noise_literal(&n, &ingest, 3));
	ck_assert_ptr_null(noise_literal(&n, &ingest, 2));
	noise_release(&n);
}
END_TEST

START_TEST(an_allow_list_masks_the_rest)
{
	struct noise n;

	open_noise(&n, "[{'only': ['json.total', 'sql.param.1'], 'service': 'api'}]", NULL);
	ck_assert_ptr_null(noise_at(&n, &ingest, SLICE_LIT("req.b.total"), false));
	struct noise_rule *r = noise_at(&n, &ingest, SLICE_LIT("req.b.other"), false);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->act, NOISE_MASK);
	noise_release(&n);
}
END_TEST

static void refused(const char *mask, const char *normalise, const char *wanted)
{
	struct noise n = { 0 };
	struct err err = { 0 };
	json_t *m = mask ? json(mask) : NULL, *f = normalise ? json(normalise) : NULL;

	ck_assert_msg(noise_init(&n, m, f, &err) < 0, "%s %s was taken", mask ? mask : "", normalise ? normalise : "");
	ck_assert_msg(strstr(err.text, wanted) != NULL, "\"%s\" does not say \"%s\"", err.text, wanted);
	noise_release(&n);
	json_decref(m);
	json_decref(f);
}

START_TEST(what_makes_no_sense_is_refused)
{
	refused("['re:(']", NULL, "missing closing parenthesis");
	refused("['jason.x']", NULL, "is no path");
	refused("['sql.param.0']", NULL, "number from 1");
	refused(NULL, "[{'path': 'json.x', 'as': 'nmber'}]", "nmber");
	refused(NULL, "[{'path': 'json.x', 'replace': ['(', 'x']}]", "missing closing parenthesis");
	refused("[{'path': 'json.x', 'until': 'soon'}]", NULL, "until");
	refused("[7]", NULL, "mask");
}
END_TEST

SUITE_BEGIN(noise)
	SUITE_TEST(numbers_have_one_form);
	SUITE_TEST(texts_have_one_form);
	SUITE_TEST(a_tolerance_is_absolute_or_a_share);
	SUITE_TEST(an_entry_is_for_what_it_names);
	SUITE_TEST(an_allow_list_masks_the_rest);
	SUITE_TEST(what_makes_no_sense_is_refused);
SUITE_END
