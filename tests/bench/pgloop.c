/* pgloop: one connection, one statement, over and over.
 *
 * usage: pgloop ROUNDS SQL CONNINFO     prints microseconds per round trip */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void once(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);

	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
		fprintf(stderr, "%s", PQerrorMessage(conn));
		exit(1);
	}
	PQclear(result);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
	const char *sql = argc > 2 ? argv[2] : "select 1";
	PGconn *conn = PQconnectdb(argc > 3 ? argv[3] : "");
	struct timespec from, to;

	if (PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, "%s", PQerrorMessage(conn));
		return 1;
	}
	for (long i = 0; i < 1000; i++)
		once(conn, sql);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < rounds; i++)
		once(conn, sql);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.2f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / 1e3 / (double)rounds);
	PQfinish(conn);
	return 0;
}
