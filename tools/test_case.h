/*
 * test_case: one folder with a case.json, as `seam test` runs it.
 *
 * Loading knows the format, running knows what has to hold; what became of a
 * case is a verdict, its sentences and the time it took.
 */
#ifndef TOOLS_TEST_CASE_H
#define TOOLS_TEST_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/jsondoc.h"

struct test_case {
	const char *name;        /* folder, as found: "cases/load" */
	const char *folder;      /* absolute */
	struct jsondoc doc;
	const char **command;    /* NULL-terminated */
	const char ***build;     /* commands that make the program, not under seam; NULL-terminated lists, NULL-terminated */
	const char **rules;      /* names in the folder */
	size_t nrules;
	const char *profile, *golden, *stdin_file, *stdout_file, *stderr_file, *cwd, *order, *skip, *about;
	bool golden_given, has_golden; /* has: the file is there, or --update will make it */
	json_t *expect;          /* array, or NULL */
	const char *expect_file; /* or NULL */
	int exit;
	const char **env;        /* "NAME=VALUE", NULL-terminated; "NAME" takes it away */
	const char **tags;
	size_t ntags;
	uint64_t timeout_ms;
};

/* 0; or negative: err says what is wrong with the file, at its place. */
int test_case_load(struct test_case *c, const char *folder, const char *name, struct arena *a, struct err *err);
void test_case_release(struct test_case *c);

enum test_verdict { TEST_PASSED, TEST_FAILED, TEST_SKIPPED, TEST_FLAKY };

struct test_options {
	bool update, keep;
	const char *parent;     /* folder for the copies */
};

/*
 * Runs the case in this very process, which ends with it: 0 passed, 1 failed.
 * `work` is its copy's folder, made here; what failed is written to `report`.
 */
_Noreturn void test_case_run(const struct test_case *c, const struct test_options *o, const char *work, int report);

/* Copies a folder whole. 0, or negative with err. */
int test_copy(const char *from, const char *to, struct err *err);
void test_remove(const char *folder);

#endif
