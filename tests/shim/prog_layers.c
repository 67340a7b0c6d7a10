/*
 * prog_layers: uses libpq, libcurl and OpenSSL as their documentation shows.
 */
// libs: -lpq -lcurl -lssl -lcrypto
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void pq(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);
	PGresult *result;

	if (!conn) {
		printf("PQconnectdb gave NULL\n");
		return;
	}
	printf("status %s\n", PQstatus(conn) == CONNECTION_OK ? "ok" : "bad");
	result = PQexec(conn, "select 1");
	printf("PQexec %s\n", result ? PQresStatus(PQresultStatus(result)) : "NULL");
	PQclear(result);
	PQfinish(conn);
}

static void pq_params(void)
{
	const char *keywords[] = { "host", "port", "password", "dbname", NULL };
	const char *values[] = { "127.64.16.1", "1", "it's a secret", "", NULL };
	const char *params[] = { "one", NULL, "\0\1\2" };
	const int lengths[] = { 0, 0, 3 }, formats[] = { 0, 0, 1 };
	PGconn *conn = PQconnectdbParams(keywords, values, 0);

	printf("status %s\n", PQstatus(conn) == CONNECTION_OK ? "ok" : "bad");
	PQclear(PQexecParams(conn, "select $1, $2, $3", 3, NULL, params, lengths, formats, 0));
	PQfinish(conn);
	conn = PQsetdbLogin("127.64.16.1", "1", NULL, NULL, "db", "me", "pw");
	printf("status %s\n", PQstatus(conn) == CONNECTION_OK ? "ok" : "bad");
	PQfinish(conn);
}

static void curl(const char *url)
{
	CURL *easy = curl_easy_init();
	char *ca = NULL;

	if (!easy) {
		printf("curl_easy_init gave NULL\n");
		return;
	}
	curl_easy_getinfo(easy, CURLINFO_CAINFO, &ca);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	printf("perform %d\n", curl_easy_perform(easy));
	curl_easy_cleanup(easy);
}

static void ssl(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);

	printf("%d certificates, error queue %s\n", sk_X509_OBJECT_num(all), ERR_peek_error() ? "dirty" : "clean");
	SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "pq") == 0)
		pq(argv[2]);
	else if (strcmp(what, "pq-params") == 0)
		pq_params();
	else if (strcmp(what, "curl") == 0)
		curl(argv[2]);
	else if (strcmp(what, "ssl") == 0)
		ssl();
	else
		return 2;
	return 0;
}
