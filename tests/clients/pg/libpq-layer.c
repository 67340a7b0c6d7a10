/* Connects in all the ways that libpq knows, and prints what it says of the
 * connection; the library is linked, or opened by name with a scope of its own. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The functions of one copy of libpq. */
struct pq {
	PGconn *(*connectdb)(const char *);
	ConnStatusType (*status)(const PGconn *);
	char *(*error)(const PGconn *);
	char *(*host)(const PGconn *);
	char *(*port)(const PGconn *);
	char *(*user)(const PGconn *);
	char *(*db)(const PGconn *);
	char *(*hostaddr)(const PGconn *);
	PQconninfoOption *(*conninfo)(PGconn *);
	void (*conninfo_free)(PQconninfoOption *);
	PGresult *(*exec)(PGconn *, const char *);
	char *(*value)(const PGresult *, int, int);
	void (*clear)(PGresult *);
	void (*finish)(PGconn *);
	int (*ssl)(PGconn *);
};

static struct pq linked(void)
{
	return (struct pq){ PQconnectdb, PQstatus,         PQerrorMessage, PQhost,     PQport,  PQuser,   PQdb,       PQhostaddr,
			    PQconninfo,  PQconninfoFree,   PQexec,         PQgetvalue, PQclear, PQfinish, PQsslInUse };
}

static void *need(void *handle, const char *name)
{
	void *f = dlsym(handle, name);

	if (!f) {
		puts(dlerror());
		exit(1);
	}
	return f;
}

static struct pq opened(const char *path)
{
	static const char *const names[] = { "PQconnectdb", "PQstatus", "PQerrorMessage", "PQhost", "PQport", "PQuser", "PQdb", "PQhostaddr",
					     "PQconninfo", "PQconninfoFree", "PQexec", "PQgetvalue", "PQclear", "PQfinish", "PQsslInUse" };
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	struct pq pq;
	void **slot = (void **)&pq;

	if (!handle) {
		puts(dlerror());
		exit(1);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		slot[i] = need(handle, names[i]);
	return pq;
}

static const char *option(const struct pq *pq, PGconn *conn, const char *keyword)
{
	static char text[200];
	PQconninfoOption *all = pq->conninfo(conn);

	for (PQconninfoOption *o = all; o->keyword; o++)
		if (strcmp(o->keyword, keyword) == 0)
			snprintf(text, sizeof(text), "%s", o->val ? o->val : "");
	pq->conninfo_free(all);
	return text;
}

static PGconn *try(const struct pq *pq, const char *info)
{
	PGconn *conn = pq->connectdb(info);

	if (pq->status(conn) != CONNECTION_OK) {
		printf("failed: %.*s\n", (int)strcspn(pq->error(conn), "\n"), pq->error(conn));
		pq->finish(conn);
		return NULL;
	}
	/* the address is the run's own: only its block is known */
	printf("%s@%s:%s/%s, address %s, conninfo host=%s, tls %s\n", pq->user(conn), pq->host(conn), pq->port(conn), pq->db(conn),
	       strncmp(pq->hostaddr(conn), "127.", 4) == 0 ? "virtual" : pq->hostaddr(conn), option(pq, conn, "host"), pq->ssl(conn) ? "yes" : "no");
	return conn;
}

static void query(const struct pq *pq, PGconn *conn)
{
	PGresult *result = pq->exec(conn, "select 1");

	printf("select 1: %s\n", pq->value(result, 0, 0));
	pq->clear(result);
}

int main(int argc, char **argv)
{
	struct pq pq = linked();

	if (argc == 3) { /* one connection, by the linked library */
		PGconn *conn = try(&pq, argv[2]);

		if (conn) {
			query(&pq, conn);
			pq.finish(conn);
		}
		return 0;
	}
	/* two more copies, each with a scope of its own, used by turns with the linked one */
	struct pq all[] = { pq, opened(argv[2]), opened(argv[3]) };
	PGconn *conns[3];

	printf("copies %s\n", all[0].exec != all[1].exec || all[1].exec != all[2].exec ? "differ" : "are one");
	for (int i = 0; i < 3; i++)
		conns[i] = try(&all[i], "host=db.client.test user=app dbname=shop");
	for (int i = 2; i >= 0; i--)
		query(&all[i], conns[i]);
	for (int i = 0; i < 3; i++)
		all[i].finish(conns[i]);
	return 0;
}
