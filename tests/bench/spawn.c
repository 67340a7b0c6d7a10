/* spawn: starts a command many times, one after the other.
 *
 * usage: spawn ROUNDS COMMAND...     prints the median in microseconds */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	double *us = calloc((size_t)rounds + 1, sizeof(*us));

	if (rounds < 1 || !us)
		return 2;
	for (long i = 0; i < rounds; i++) {
		struct timespec from, to;
		pid_t pid;
		int status;
		clock_gettime(CLOCK_MONOTONIC, &from);
		if (posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
			fprintf(stderr, "spawn: %s failed\n", argv[2]);
			return 1;
		}
		clock_gettime(CLOCK_MONOTONIC, &to);
		us[i] = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
	}
	qsort(us, (size_t)rounds, sizeof(*us), ascending);
	printf("%.0f\n", us[rounds / 2]);
	free(us);
	return 0;
}
