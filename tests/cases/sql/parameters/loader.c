#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void show(PGconn *conn, PGresult *r)
{
	if (PQresultStatus(r) == PGRES_FATAL_ERROR)
		printf("%s", PQerrorMessage(conn));
	printf("%s, %d rows", PQcmdStatus(r), PQntuples(r));
	if (PQntuples(r) && PQfformat(r, 1)) {
		uint64_t bits = 0;
		double price;

		for (int i = 0; i < 8; i++)
			bits = bits << 8 | (unsigned char)PQgetvalue(r, 0, 1)[i];
		memcpy(&price, &bits, sizeof(price));
		printf(": %s at %g in %d bytes", PQgetvalue(r, 0, 0), price, PQgetlength(r, 0, 1));
	} else if (PQntuples(r)) {
		printf(": %s at %s", PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
	}
	printf("\n");
	PQclear(r);
}

int main(void)
{
	PGconn *conn = PQconnectdb("host=db.prod dbname=shop user=etl password=hush");
	const char *seven[] = { "7" }, *eight[] = { "8", NULL };
	const char *binary[] = { "\0\0\0\7" };
	int four[] = { 4 }, one[] = { 1 };
	Oid int4[] = { 23 };

	if (PQstatus(conn) != CONNECTION_OK) {
		printf("%s", PQerrorMessage(conn));
		return 1;
	}
	show(conn, PQprepare(conn, "item", "SELECT name, price FROM items WHERE id = $1", 1, int4));
	show(conn, PQexecPrepared(conn, "item", 1, seven, NULL, NULL, 0));
	show(conn, PQexecPrepared(conn, "item", 1, binary, four, one, 1));
	show(conn, PQexecPrepared(conn, "item", 1, eight, NULL, NULL, 0));
	show(conn, PQexecParams(conn, "INSERT INTO items (id, name) VALUES ($1, $2)", 2, NULL, eight, NULL, NULL, 0));
	PQfinish(conn);
	return 0;
}
