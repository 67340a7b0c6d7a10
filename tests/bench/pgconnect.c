/* pgconnect: connects and says good-bye, over and over.
 *
 * usage: pgconnect ROUNDS CONNINFO     prints microseconds per connection */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 300;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < rounds; i++) {
		PGconn *conn = PQconnectdb(argc > 2 ? argv[2] : "");

		if (PQstatus(conn) != CONNECTION_OK) {
			fprintf(stderr, "%s", PQerrorMessage(conn));
			return 1;
		}
		PQfinish(conn);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.0f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / 1e3 / (double)rounds);
	return 0;
}
