/* A C program with libpq: both protocols, both formats, single rows, COPY,
 * cancel. Prints the first thing that is wrong and exits 1. */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void want(int ok, const char *what, const char *got)
{
	if (ok)
		return;
	fprintf(stderr, "libpq: %s: %s\n", what, got ? got : "");
	exit(1);
}

static PGresult *expect(PGconn *c, PGresult *r, ExecStatusType status, const char *what)
{
	want(PQresultStatus(r) == status, what, r ? PQresultErrorMessage(r) : PQerrorMessage(c));
	return r;
}

static void notice(void *arg, const PGresult *r)
{
	snprintf(arg, 6, "%s", PQresultErrorField(r, PG_DIAG_SQLSTATE));
}

static void text_and_binary(PGconn *c)
{
	const char *text[] = { "7" };
	uint32_t seven = htonl(7);
	const char *binary[] = { (const char *)&seven };
	const Oid types[] = { 23 };
	const int lengths[] = { 4 }, formats[] = { 1 };
	PGresult *r = expect(c, PQexecParams(c, "select id, name from items where id = $1", 1, NULL, text, NULL, NULL, 0),
			     PGRES_TUPLES_OK, "text parameters");

	want(PQntuples(r) == 1 && !strcmp(PQgetvalue(r, 0, 1), "seven") && PQftype(r, 0) == 23 && PQfsize(r, 0) == 4,
	     "text result", PQgetvalue(r, 0, 1));
	PQclear(r);
	r = expect(c, PQexecParams(c, "select id, name from items where id = $1", 1, types, binary, lengths, formats, 1),
		   PGRES_TUPLES_OK, "binary parameters");
	want(PQfformat(r, 0) == 1 && PQgetlength(r, 0, 0) == 4 && ntohl(*(uint32_t *)(void *)PQgetvalue(r, 0, 0)) == 7,
	     "binary result", "");
	PQclear(r);
}

static void prepared(PGconn *c)
{
	const char *value[] = { "8" };
	PGresult *r;

	PQclear(expect(c, PQprepare(c, "get", "select id, name from items where id = $1::int4", 0, NULL), PGRES_COMMAND_OK, "prepare"));
	r = expect(c, PQdescribePrepared(c, "get"), PGRES_COMMAND_OK, "describe");
	want(PQnparams(r) == 1 && PQparamtype(r, 0) == 23 && PQnfields(r) == 2 && !strcmp(PQfname(r, 1), "name"), "description", "");
	PQclear(r);
	r = expect(c, PQexecPrepared(c, "get", 1, value, NULL, NULL, 0), PGRES_TUPLES_OK, "execute prepared");
	want(PQntuples(r) == 0, "no row for 8", "");
	PQclear(r);
	r = expect(c, PQprepare(c, "get", "select 1", 0, NULL), PGRES_FATAL_ERROR, "a name that is taken");
	want(!strcmp(PQresultErrorField(r, PG_DIAG_SQLSTATE), "42P05"), "its SQLSTATE", PQresultErrorMessage(r));
	PQclear(r);
	PQclear(expect(c, PQexec(c, "deallocate get"), PGRES_COMMAND_OK, "deallocate"));
	r = expect(c, PQexecPrepared(c, "get", 1, value, NULL, NULL, 0), PGRES_FATAL_ERROR, "a name that is gone");
	want(!strcmp(PQresultErrorField(r, PG_DIAG_SQLSTATE), "26000"), "its SQLSTATE", PQresultErrorMessage(r));
	PQclear(r);
}

static void single_rows(PGconn *c)
{
	int rows = 0;
	PGresult *r;

	want(PQsendQuery(c, "select n from numbers") && PQsetSingleRowMode(c), "single row mode", PQerrorMessage(c));
	while ((r = PQgetResult(c))) {
		rows += PQresultStatus(r) == PGRES_SINGLE_TUPLE;
		PQclear(r);
	}
	want(rows == 10, "ten single rows", "");
}

static void pipelined(PGconn *c)
{
	PGresult *r;
	int tuples = 0, syncs = 0, aborted = 0, nulls = 0;

	want(PQenterPipelineMode(c), "pipeline", PQerrorMessage(c));
	PQsendQueryParams(c, "select 1", 0, NULL, NULL, NULL, NULL, 0);
	PQsendQueryParams(c, "insert into unique_items values (1)", 0, NULL, NULL, NULL, NULL, 0);
	PQsendQueryParams(c, "select 1", 0, NULL, NULL, NULL, NULL, 0);
	PQpipelineSync(c);
	PQsendQueryParams(c, "select 1", 0, NULL, NULL, NULL, NULL, 0);
	PQpipelineSync(c);
	while (syncs < 2 && nulls < 20) {
		if (!(r = PQgetResult(c))) {
			nulls++;
			continue;
		}
		tuples += PQresultStatus(r) == PGRES_TUPLES_OK;
		syncs += PQresultStatus(r) == PGRES_PIPELINE_SYNC;
		aborted += PQresultStatus(r) == PGRES_PIPELINE_ABORTED;
		PQclear(r);
	}
	want(tuples == 2 && syncs == 2 && aborted == 1, "pipeline results", "");
	want(PQexitPipelineMode(c), "end of the pipeline", PQerrorMessage(c));
}

static void transactions(PGconn *c)
{
	char seen[6] = "";

	PQsetNoticeReceiver(c, notice, seen);
	PQclear(expect(c, PQexec(c, "commit"), PGRES_COMMAND_OK, "commit without begin"));
	want(!strcmp(seen, "25P01"), "its warning", seen);
	PQclear(expect(c, PQexec(c, "begin"), PGRES_COMMAND_OK, "begin"));
	want(PQtransactionStatus(c) == PQTRANS_INTRANS, "in a transaction", "");
	PQclear(expect(c, PQexec(c, "insert into unique_items values (1)"), PGRES_FATAL_ERROR, "duplicate"));
	want(PQtransactionStatus(c) == PQTRANS_INERROR, "in a failed transaction", "");
	PGresult *r = expect(c, PQexec(c, "commit"), PGRES_COMMAND_OK, "commit of a failed transaction");
	want(!strcmp(PQcmdStatus(r), "ROLLBACK") && PQtransactionStatus(c) == PQTRANS_IDLE, "its tag", PQcmdStatus(r));
	PQclear(r);
	PQclear(expect(c, PQexec(c, "set application_name = 'renamed'"), PGRES_COMMAND_OK, "set"));
	want(!strcmp(PQparameterStatus(c, "application_name"), "renamed"), "ParameterStatus", PQparameterStatus(c, "application_name"));
	want(PQserverVersion(c) == 150008, "server version", PQparameterStatus(c, "server_version"));
}

static void copies(PGconn *c)
{
	char *row;
	int rows = 0;

	PQclear(expect(c, PQexec(c, "copy items (id, name) from stdin"), PGRES_COPY_IN, "copy in"));
	want(PQputCopyData(c, "1\tone\n", 6) == 1 && PQputCopyData(c, "2\ttwo\n", 6) == 1 && PQputCopyEnd(c, NULL) == 1, "copy data", "");
	PGresult *r = expect(c, PQgetResult(c), PGRES_COMMAND_OK, "end of copy in");
	want(!strcmp(PQcmdTuples(r), "2"), "rows copied", PQcmdStatus(r));
	PQclear(r);
	PQclear(PQgetResult(c));
	PQclear(expect(c, PQexec(c, "copy items (id, name) from stdin"), PGRES_COPY_IN, "copy in"));
	want(PQputCopyEnd(c, "changed my mind") == 1, "copy fail", "");
	r = expect(c, PQgetResult(c), PGRES_FATAL_ERROR, "a copy given up");
	want(!strcmp(PQresultErrorField(r, PG_DIAG_SQLSTATE), "57014"), "its SQLSTATE", PQresultErrorMessage(r));
	PQclear(r);
	PQclear(PQgetResult(c));
	PQclear(expect(c, PQexec(c, "copy items to stdout"), PGRES_COPY_OUT, "copy out"));
	while (PQgetCopyData(c, &row, 0) > 0) {
		rows++;
		PQfreemem(row);
	}
	want(rows == 3, "rows copied out", "");
	PQclear(expect(c, PQgetResult(c), PGRES_COMMAND_OK, "end of copy out"));
	PQclear(PQgetResult(c));
}

static void cancelled(PGconn *c)
{
	char text[256];
	PGcancel *cancel = PQgetCancel(c);

	want(PQsendQuery(c, "select pg_sleep(60)"), "send", PQerrorMessage(c));
	PQflush(c);
	poll(NULL, 0, 100); /* or the cancel may come before the query */
	want(PQcancel(cancel, text, sizeof(text)), "cancel", text);
	PQfreeCancel(cancel);
	PGresult *r = expect(c, PQgetResult(c), PGRES_FATAL_ERROR, "a cancelled query");
	want(!strcmp(PQresultErrorField(r, PG_DIAG_SQLSTATE), "57014"), "its SQLSTATE", PQresultErrorMessage(r));
	PQclear(r);
	PQclear(PQgetResult(c));
}

int main(int argc, char **argv)
{
	PGconn *c = PQconnectdb(argc > 1 ? argv[1] : "");

	want(PQstatus(c) == CONNECTION_OK, "connect", PQerrorMessage(c));
	PQclear(expect(c, PQexec(c, ""), PGRES_EMPTY_QUERY, "empty query"));
	text_and_binary(c);
	prepared(c);
	single_rows(c);
	pipelined(c);
	transactions(c);
	copies(c);
	cancelled(c);
	PQclear(expect(c, PQexec(c, "select 1"), PGRES_TUPLES_OK, "still alive"));
	PQfinish(c);
	puts("ok");
	return 0;
}
