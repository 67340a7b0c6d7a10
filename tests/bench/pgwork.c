/*
 * pgwork: what a pipeline does to a database, one kind of work after the other,
 * over one libpq connection.
 *
 * usage: pgwork CONNINFO ROUNDS ROWS
 *
 * ROUNDS: of round trips; ROWS: of the bulk table. Prints a line a kind of work: its
 * name, a tab, microseconds (of one statement) or milliseconds (of a bulk), and the unit.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static PGconn *conn;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void check(PGresult *r)
{
	ExecStatusType s = PQresultStatus(r);

	if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK && s != PGRES_COPY_IN) {
		fprintf(stderr, "pgwork: %s", PQerrorMessage(conn));
		exit(1);
	}
	PQclear(r);
}

static void run(const char *sql)
{
	check(PQexec(conn, sql));
}

/* `format` with the round's number in it, up to three times. */
static void loop(const char *name, const char *format, long rounds)
{
	char sql[512];
	double from = 0;

	for (long i = -rounds / 10; i < rounds; i++) {
		if (!i)
			from = now_us();
		snprintf(sql, sizeof(sql), format, i + rounds, i + rounds, i + rounds);
		run(sql);
	}
	printf("%s\t%.1f us\n", name, (now_us() - from) / (double)rounds);
}

static void prepared(const char *name, const char *statement, long rounds, bool text)
{
	char id[24], label[40];
	const char *values[2] = { id, label };
	double from = 0;

	check(PQprepare(conn, name, statement, 0, NULL));
	for (long i = -rounds / 10; i < rounds; i++) {
		if (!i)
			from = now_us();
		snprintf(id, sizeof(id), "%ld", text ? i + 100000000 : i < 0 ? 1 : i % 1000);
		snprintf(label, sizeof(label), "label %ld", i);
		check(PQexecPrepared(conn, name, text ? 2 : 1, values, NULL, NULL, 0));
	}
	printf("%s\t%.1f us\n", name, (now_us() - from) / (double)rounds);
}

static void bulk(const char *name, const char *sql, int times)
{
	double best = 1e300;

	for (int i = 0; i < times; i++) {
		double from = now_us();

		run(sql);
		if (now_us() - from < best)
			best = now_us() - from;
	}
	printf("%s\t%.1f ms\n", name, best / 1e3);
}

static void copy(const char *name, long rows)
{
	static char piece[64 * 1024];
	size_t len = 0;
	double from = now_us();

	run("copy bulk from stdin");
	for (long i = 0; i < rows; i++) {
		len += (size_t)snprintf(piece + len, sizeof(piece) - len, "%ld\tregion-%ld\t%ld.25\t2024-01-%02ld\tsome text of row %ld\n", i, i % 100,
					i % 1000, i % 28 + 1, i);
		if (len > sizeof(piece) - 256 || i == rows - 1) {
			if (PQputCopyData(conn, piece, (int)len) != 1)
				exit(1);
			len = 0;
		}
	}
	PQputCopyEnd(conn, NULL);
	check(PQgetResult(conn));
	while (PQgetResult(conn))
		;
	printf("%s\t%.1f ms\n", name, (now_us() - from) / 1e3);
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 2000, rows = argc > 3 ? strtol(argv[3], NULL, 10) : 100000;

	conn = PQconnectdb(argc > 1 ? argv[1] : "");
	if (PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, "pgwork: %s", PQerrorMessage(conn));
		return 1;
	}
	run("create table item (id int primary key, label text, price numeric(10,2) default 9.5, made timestamptz default now())");
	run("insert into item (id, label) select i, 'label ' || i from generate_series(0, 999) i");
	run("create table bulk (id int, region text, amount numeric(10,2), day date, note text)");
	loop("select 1", "select 1", rounds);
	loop("point select, literal", "select id, label, price from item where id = %ld %% 1000", rounds);
	prepared("point select, prepared", "select id, label, price from item where id = $1", rounds, false);
	prepared("insert, prepared", "insert into item (id, label) values ($1, $2)", rounds, true);
	loop("insert, literals", "insert into item (id, label, price) values (1%ld, 'label %ld', %ld.75)", rounds);
	loop("update, literals", "update item set label = 'other %ld' where id = %ld %% 1000", rounds / 2);
	loop("1,000-row select", "select * from item where id < 1000", rounds / 20);
	copy("COPY", rows);
	bulk("group by", "select region, count(*), sum(amount), max(day) from bulk group by region order by region", 3);
	PQfinish(conn);
	return 0;
}
