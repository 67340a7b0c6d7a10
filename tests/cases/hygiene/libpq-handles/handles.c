/* Uses libpq as one should not: each function one mistake. */
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static PGconn *open_as(const char *user)
{
	char info[100];
	PGconn *conn;

	snprintf(info, sizeof(info), "host=db.prod dbname=shop user=%s", user);
	conn = PQconnectdb(info);
	if (PQstatus(conn) != CONNECTION_OK) {
		fputs(PQerrorMessage(conn), stdout);
		exit(1);
	}
	return conn;
}

/* Three results are kept, the connection too. */
static void leaks(void)
{
	PGconn *conn = open_as("leaks");

	for (int i = 0; i < 3; i++)
		PQexec(conn, "select 1");
	PQclear(PQexec(conn, "begin"));
}

/* Finished by a child, before its parent uses it again. */
static void forks(void)
{
	PGconn *conn = open_as("forks");
	PGresult *result = PQexec(conn, "select 1");
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		PQclear(result); /* its own copy: nothing is wrong with that */
		PQclear(PQexec(conn, "select 1"));
		_exit(0);
	}
	waitpid(child, NULL, 0);
	PQclear(result);
	PQfinish(conn);
}

/* A child with a connection of its own, which gets no chance to close it. */
static void killed(void)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		PQexec(open_as("killed"), "select 1");
		raise(SIGKILL);
	}
	waitpid(child, NULL, 0);
}

static void *slow(void *conn)
{
	PQclear(PQexec(conn, "select a from slow"));
	return NULL;
}

static void threads(void)
{
	PGconn *conn = open_as("threads");
	pthread_t thread;

	pthread_create(&thread, NULL, slow, conn);
	usleep(150000);
	PQconsumeInput(conn); /* while the other thread waits in PQexec */
	pthread_join(thread, NULL);
	PQfinish(conn);
}

static void idles(void)
{
	PGconn *conn = open_as("idles");

	usleep(2300000);
	PQclear(PQexec(conn, "select 1"));
	PQfinish(conn);
}

/* As it should be. */
static void tidy(void)
{
	PGconn *conn = open_as("tidy"), *lost;
	PGresult *copy, *result;

	result = PQexec(conn, "select 1");
	copy = PQcopyResult(result, PG_COPYRES_TUPLES);
	PQclear(result);
	printf("tidy %s\n", PQgetvalue(copy, 0, 0));
	PQclear(copy);
	PQsendQuery(conn, "select 1");
	while ((result = PQgetResult(conn)))
		PQclear(result);
	PQfinish(conn);
	lost = PQconnectdb("host=nowhere.prod");
	printf("nowhere %s\n", PQstatus(lost) == CONNECTION_BAD ? "bad" : "ok");
	PQfinish(lost);
}

int main(void)
{
	tidy();
	idles();
	threads();
	forks();
	killed();
	leaks();
	return 0;
}
