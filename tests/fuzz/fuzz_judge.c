/*
 * fuzz_judge: expectations and a trace, both from anybody, held against each
 * other. The input is a JSON array of expectations (or "expect" of a file), an
 * empty line, and lines of a trace. What loaded is judged to the end, whatever
 * the lines are, and twice alike.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rule_protocol protocols[] = { { "http", PORT_HTTP, 80, NULL }, { "postgres", PORT_SQL, 5432, NULL }, { "s3", PORT_OBJECT, 443, NULL } };

static void judged(struct rules *rules, struct slice lines, struct buf *out)
{
	struct judge *j = judge_new(rules, NULL);
	size_t count;

	while (lines.ptr) {
		struct slice line = slice_split(&lines, '\n');
		judge_feed(j, line);
	}
	judge_holds_yet(j);
	const struct verdict *list = judge_end(j, NULL, &count);
	judge_print(list, count, true, out);
	judge_free(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size);
	size_t blank = slice_find_slice(all, SLICE_LIT("\n\n"));
	struct slice expect = slice_take(all, blank), lines = slice_skip(all, blank + 2);
	struct rule_options options = { .protocols = protocols, .nprotocols = 3, .expectations = true };
	struct rule_errors errs;
	struct rules *rules = NULL;
	struct buf one, other;

	if (rules_parse(&rules, "fuzz.json", expect.ptr ? expect.ptr : "", expect.len, &options, &errs) < 0) {
		if (!errs.count || !errs.list[0].text[0])
			abort(); /* a failure without a reason */
		rule_errors_release(&errs);
		return 0;
	}
	rule_errors_release(&errs);
	buf_init(&one, 16 * 1024 * 1024);
	buf_init(&other, 16 * 1024 * 1024);
	judged(rules, lines, &one);
	judged(rules, lines, &other);
	if (!slice_eq(buf_slice(&one), buf_slice(&other)))
		abort();
	buf_release(&one);
	buf_release(&other);
	rules_free(rules);
	return 0;
}
