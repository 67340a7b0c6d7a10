/* test_report: how the results of seam test look, and how shards join. */
#ifndef TOOLS_TEST_REPORT_H
#define TOOLS_TEST_REPORT_H

#include <stdio.h>

#include "test_case.h"

struct test_result {
	const char *name, *about; /* borrowed */
	enum test_verdict verdict;
	double seconds;
	char *why;                /* of a failure or a skip; NULL: none. malloc'ed */
	char *kept;               /* what is left of a failed case; NULL: nothing */
	unsigned tries;
};
struct test_results {
	struct test_result *list;
	size_t count;
	double seconds;           /* all of it */
	unsigned shard, shards;   /* from 1; 0: not sharded */
	size_t passed, failed, skipped, flaky; /* test_count */
};

void test_count(struct test_results *r);
/* As it ends: what failed, and the line of numbers. */
void test_print(const struct test_results *r, FILE *out, bool color);
void test_print_one(const struct test_result *t, FILE *out, bool color);
void test_print_tap(const struct test_results *r, FILE *out);
/* 0, or -1: the file cannot be written. */
int test_write_junit(const struct test_results *r, const char *file);
int test_write_json(const struct test_results *r, const char *file);
/* Annotations to `out`, and the step's summary where GITHUB_STEP_SUMMARY says. */
void test_print_github(const struct test_results *r, FILE *out);

/* seam report --merge: argv as from getopt's point of view, argv[0] the command. */
int report_merge(int argc, char **argv);

#endif
