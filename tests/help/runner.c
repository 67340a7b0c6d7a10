/* Runs every suite: one a test file, listed by the Makefile. `unit NAME` runs
 * one suite. Ends with a line "N passed, N failed". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

#define SUITE(name) Suite *suite_##name(void);
#include "suites.def"
#undef SUITE

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, suite_##name},
#include "suites.def"
#undef SUITE
};

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int found = 0;

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (argc > 1 && strcmp(argv[1], suites[i].name) != 0)
			continue;
		srunner_add_suite(runner, suites[i].make());
		found++;
	}
	if (!found) {
		fprintf(stderr, "unit: no suite named %s\n", argv[1]);
		return 2;
	}
	srunner_run_all(runner, CK_NORMAL);
	int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	printf("unit: %d passed, %d failed\n", run - failed, failed);
	return failed || !run;
}
