/* test_report: results for a terminal, for JUnit readers, TAP and GitHub. */
#include "test_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "render_check.h"

#define TEXT_MAX ((size_t)1 << 30)
#define ANNOTATIONS 9             /* GitHub shows ten a step, and drops the rest without a word */
#define SUMMARY_MAX (1000 * 1024) /* of a step summary; above 1 MiB the upload fails */

void test_count(struct test_results *r)
{
	r->passed = r->failed = r->skipped = r->flaky = 0;
	for (size_t i = 0; i < r->count; i++) {
		r->passed += r->list[i].verdict == TEST_PASSED || r->list[i].verdict == TEST_FLAKY;
		r->failed += r->list[i].verdict == TEST_FAILED;
		r->skipped += r->list[i].verdict == TEST_SKIPPED;
		r->flaky += r->list[i].verdict == TEST_FLAKY;
	}
}

static struct slice why_of(const struct test_result *t)
{
	struct slice s = slice_trim(slice_str(t->why ? t->why : ""));

	return s;
}

static struct slice first_line(struct slice s)
{
	return slice_take(s, slice_find(s, '\n'));
}

/* ---- a terminal ---------------------------------------------------------------- */

void test_print_one(const struct test_result *t, FILE *out, bool color)
{
	struct slice rest = why_of(t);

	fprintf(out, "%sFAIL%s %s   (%.2f s)\n", color ? "\033[31m" : "", color ? "\033[0m" : "", t->name, t->seconds);
	while (rest.ptr) {
		struct slice line = slice_split(&rest, '\n');
		fprintf(out, "     %.*s\n", SLICE_ARG(line));
	}
	if (t->kept)
		fprintf(out, "     kept: %s.trace, .stdout, .stderr\n", t->kept);
}

void test_print(const struct test_results *r, FILE *out, bool color)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->list[i].verdict == TEST_FLAKY)
			fprintf(out, "flaky %s   passed at try %u\n", r->list[i].name, r->list[i].tries);
		if (r->list[i].verdict == TEST_SKIPPED)
			fprintf(out, "skipped %s   %.*s\n", r->list[i].name, SLICE_ARG(first_line(why_of(&r->list[i]))));
	}
	fprintf(out, "seam: %s%s%s   %zu passed, %zu failed", color ? r->failed ? "\033[31m" : "\033[32m" : "", r->failed ? "FAILED" : "ok",
		color ? "\033[0m" : "", r->passed, r->failed);
	if (r->skipped)
		fprintf(out, ", %zu skipped", r->skipped);
	if (r->flaky)
		fprintf(out, ", %zu flaky", r->flaky);
	fprintf(out, "   (%.2f s)\n", r->seconds);
}

/* ---- TAP 14 (testanything.org) ---------------------------------------------------- */

void test_print_tap(const struct test_results *r, FILE *out)
{
	fprintf(out, "TAP version 14\n1..%zu\n", r->count);
	for (size_t i = 0; i < r->count; i++) {
		const struct test_result *t = &r->list[i];
		struct slice rest = why_of(t);
		fprintf(out, "%sok %zu - %s", t->verdict == TEST_FAILED ? "not " : "", i + 1, t->name);
		if (t->verdict == TEST_SKIPPED)
			fprintf(out, " # SKIP %.*s", SLICE_ARG(first_line(rest)));
		if (t->verdict == TEST_FLAKY)
			fprintf(out, " # flaky: passed at try %u", t->tries);
		fputc('\n', out);
		while (t->verdict == TEST_FAILED && rest.ptr) {
			struct slice line = slice_split(&rest, '\n');
			fprintf(out, "# %.*s\n", SLICE_ARG(line));
		}
	}
}

/* ---- JUnit -------------------------------------------------------------------------- */

static int write_file(const char *file, const struct buf *text)
{
	FILE *f = strcmp(file, "-") == 0 ? stdout : fopen(file, "we");
	bool good = f && fwrite(text->ptr, 1, text->len, f) == text->len;

	if (f && f != stdout && fclose(f) != 0)
		good = false;
	if (!good)
		fprintf(stderr, "seam: test: %s cannot be written\n", file);
	return good ? 0 : -1;
}

int test_write_junit(const struct test_results *r, const char *file)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	buf_addf(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n", r->count,
		 r->failed, r->seconds);
	buf_addf(&out, "<testsuite name=\"seam\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n", r->count, r->failed,
		 r->skipped, r->seconds);
	for (size_t i = 0; i < r->count; i++) {
		const struct test_result *t = &r->list[i];
		const char *slash = strrchr(t->name, '/');
		struct slice folder = slash ? slice_of(t->name, (size_t)(slash - t->name)) : SLICE_LIT("seam");
		buf_add_str(&out, "<testcase classname=\"");
		render_xml(&out, folder);
		buf_add_str(&out, "\" name=\"");
		render_xml(&out, slice_str(slash ? slash + 1 : t->name));
		buf_addf(&out, "\" time=\"%.3f\"", t->seconds);
		if (t->verdict == TEST_PASSED) {
			buf_add_str(&out, "/>\n");
			continue;
		}
		buf_add_str(&out, t->verdict == TEST_FAILED ? "><failure message=\"" : t->verdict == TEST_SKIPPED ? "><skipped message=\"" : "><flakyFailure message=\"");
		render_xml(&out, first_line(why_of(t)));
		buf_add_str(&out, "\">");
		render_xml(&out, why_of(t));
		buf_add_str(&out, t->verdict == TEST_FAILED ? "</failure></testcase>\n" : t->verdict == TEST_SKIPPED ? "</skipped></testcase>\n" : "</flakyFailure></testcase>\n");
	}
	buf_add_str(&out, "</testsuite>\n</testsuites>\n");
	int code = write_file(file, &out);
	buf_release(&out);
	return code;
}

/* ---- JSON: what shards join by --------------------------------------------------------- */

static const char *const verdicts[] = { "passed", "failed", "skipped", "flaky" };

int test_write_json(const struct test_results *r, const char *file)
{
	json_t *list = json_array();
	struct buf out;

	for (size_t i = 0; i < r->count; i++) {
		const struct test_result *t = &r->list[i];
		json_t *one = json_pack("{s:s, s:s, s:f, s:i}", "name", t->name, "verdict", verdicts[t->verdict], "seconds", t->seconds, "tries", (int)t->tries);
		if (t->why && json_object_set_new(one, "why", json_string(t->why)) < 0)
			json_object_set_new(one, "why", json_string("?")); /* not UTF-8 */
		json_array_append_new(list, one);
	}
	json_t *whole = json_pack("{s:i, s:i, s:i, s:f, s:o}", "seam.test", 1, "shard", (int)r->shard, "shards", (int)r->shards, "seconds", r->seconds, "cases",
				  list);
	char *text = json_dumps(whole, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	buf_init(&out, TEXT_MAX);
	buf_add_str(&out, text ? text : "");
	buf_add_char(&out, '\n');
	free(text);
	json_decref(whole);
	int code = write_file(file, &out);
	buf_release(&out);
	return code;
}

/* ---- GitHub ------------------------------------------------------------------------------ */

static void summary(const struct test_results *r)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	struct buf out;

	if (!path || !*path)
		return;
	buf_init(&out, SUMMARY_MAX);
	buf_addf(&out, "### seam: %zu passed, %zu failed, %zu skipped, %zu flaky (%.1f s)\n", r->passed, r->failed, r->skipped, r->flaky, r->seconds);
	for (size_t i = 0; i < r->count && out.len < SUMMARY_MAX - 64 * 1024; i++) {
		const struct test_result *t = &r->list[i];
		if (t->verdict == TEST_FAILED)
			buf_addf(&out, "\n<details><summary>%s</summary>\n\n```text\n%.*s\n```\n\n</details>\n", t->name, SLICE_ARG(slice_take(why_of(t), 16 * 1024)));
	}
	FILE *f = fopen(path, "ae");
	if (!f || fwrite(out.ptr, 1, out.len, f) != out.len)
		fprintf(stderr, "seam: test: the step's summary %s cannot be written\n", path);
	if (f)
		fclose(f);
	buf_release(&out);
}

void test_print_github(const struct test_results *r, FILE *out)
{
	size_t shown = 0;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < r->count; i++) {
		const struct test_result *t = &r->list[i];
		if (t->verdict != TEST_FAILED || shown++ >= ANNOTATIONS)
			continue;
		buf_add_str(&text, "::error file=");
		render_github(&text, slice_str(t->name), true);
		buf_add_str(&text, "/case.json,title=");
		render_github(&text, slice_str(t->name), true);
		buf_add_str(&text, "::");
		render_github(&text, slice_take(why_of(t), 4096), false);
		buf_add_char(&text, '\n');
	}
	if (r->failed > ANNOTATIONS)
		buf_addf(&text, "::error title=seam test::%zu more cases failed\n", r->failed - ANNOTATIONS);
	fwrite(text.ptr, 1, text.len, out);
	buf_release(&text);
	summary(r);
}
