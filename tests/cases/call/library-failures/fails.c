#include <curl/curl.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdio.h>

int main(void)
{
	PGconn *conn = PQconnectdb("host=db.prod user=etl dbname=shop");
	PGresult *result = PQexec(conn, "select * from orders");
	CURL *easy = curl_easy_init();
	redisContext *redis = redisConnect("cache.prod", 6379);

	printf("PQexec: %s, connection %s\n", result ? "a result" : "NULL", PQstatus(conn) == CONNECTION_OK ? "ok" : "bad");
	result = PQexec(conn, "begin");
	printf("PQexec: %s\n", PQcmdStatus(result));
	PQclear(result);
	PQclear(PQexec(conn, "commit"));
	PQfinish(conn);

	curl_easy_setopt(easy, CURLOPT_URL, "https://api.prod/late");
	printf("curl: %s\n", curl_easy_strerror(curl_easy_perform(easy)));
	curl_easy_setopt(easy, CURLOPT_URL, "https://api.prod/");
	printf("curl: %s\n", curl_easy_strerror(curl_easy_perform(easy)));
	curl_easy_cleanup(easy);

	printf("redis: %s\n", redis ? "connected" : "NULL");
	printf("redisCommand: %s\n", redisCommand(NULL, "SET %s %b", "key", "value", (size_t)5) ? "a reply" : "NULL");
	return 0;
}
