/*
 * test_pool: cases side by side, each in a process of its own.
 */
#ifndef TOOLS_TEST_POOL_H
#define TOOLS_TEST_POOL_H

#include "test_report.h"

struct test_pool {
	const struct test_case *cases; /* as many as results->count */
	struct test_results *results;
	const struct test_options *options;
	size_t jobs;
	unsigned retries;
	bool progress, color, quiet;   /* a bar on stderr; failures as they come on stdout */
};

void test_pool_run(struct test_pool *p);
/* Seconds of a clock that does not jump. */
double test_now(void);

#endif
