/* From the first byte to ReadyForQuery. */
#include <stdio.h>

#include "pg_client.h"
#include "service/pg/pg_conn.h"
#include "suites.h"

#define GREETING                                                                                                            \
	"R 0\nS application_name=%s\nS client_encoding=UTF8\nS DateStyle=%s\nS default_transaction_read_only=off\n"         \
	"S in_hot_standby=off\nS integer_datetimes=on\nS IntervalStyle=postgres\nS is_superuser=on\nS server_encoding=UTF8\n" \
	"S server_version=%s\nS session_authorization=%s\nS standard_conforming_strings=on\nS TimeZone=%s\n"

/* The greeting, whatever the key is. */
static void check_greeting(const char *heard, const char *app, const char *style, const char *version, const char *user,
			   const char *zone)
{
	char want[1024];
	int len = snprintf(want, sizeof(want), GREETING "K ", app, style, version, user, zone);

	ck_assert_msg(strncmp(heard, want, (size_t)len) == 0, "%s", heard);
	ck_assert_str_eq(heard + strlen(heard) - 4, "Z I\n");
}

START_TEST(a_startup_packet_gets_the_greeting_of_postgres_15)
{
	struct pg_talk t;

	pg_talk_init(&t, NULL, NULL);
	pg_client_startup(&t.said, "app", "shop", NULL);
	check_greeting(pg_talk(&t), "", "ISO, MDY", "15.8", "app", "UTC");
	pg_talk_release(&t);
}
END_TEST

START_TEST(settings_of_the_startup_packet_hold)
{
	struct pg_talk t;

	pg_talk_init(&t, NULL, NULL);
	pg_client_startup(&t.said, "app", NULL, "application_name", "etl", "client_encoding", "'utf-8'", "DateStyle", "sql, dmy",
			  "options", "-c timezone=Europe/Berlin --statement-timeout=5s -csearch_path=a\\ b", NULL);
	check_greeting(pg_talk(&t), "etl", "SQL, DMY", "15.8", "app", "Europe/Berlin");
	ck_assert_str_eq(pg_talk_query(&t, "show statement_timeout"), "T statement_timeout:25\nD 5s\nC SHOW\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "show search_path"), "T search_path:25\nD a b\nC SHOW\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "set timezone to 'UTC'"), "C SET\nS TimeZone=UTC\nZ I\n");
	ck_assert_str_eq(pg_talk_query(&t, "reset timezone"), "C RESET\nS TimeZone=Europe/Berlin\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(encryption_is_taken_once_and_only_over_tcp)
{
	struct pg_talk t;

	pg_talk_init(&t, NULL, NULL);
	pg_client_code(&t.said, 80877104);
	pg_talk(&t);
	ck_assert_str_eq(t.log.sent.ptr, "N");
	pg_client_code(&t.said, 80877103);
	pg_talk(&t);
	ck_assert_str_eq(t.log.sent.ptr, "S");
	ck_assert(t.conn.link.tls);
	pg_client_code(&t.said, 80877103);
	pg_talk(&t);
	ck_assert_str_eq(t.log.sent.ptr, "N");
	pg_client_startup(&t.said, "app", NULL, NULL);
	check_greeting(pg_talk(&t), "", "ISO, MDY", "15.8", "app", "UTC");
	pg_talk_release(&t);

	pg_talk_init(&t, NULL, NULL);
	t.conn.link.local = true;
	pg_client_code(&t.said, 80877103);
	pg_talk(&t);
	ck_assert_str_eq(t.log.sent.ptr, "N");
	pg_talk_release(&t);
}
END_TEST

START_TEST(a_newer_minor_version_and_unknown_options_are_negotiated)
{
	struct pg_talk t;

	pg_talk_init(&t, NULL, NULL);
	pg_client_startup(&t.said, "app", NULL, "_pq_.fancy", "1", NULL);
	t.said.ptr[7] = 2; /* 3.2 */
	ck_assert(slice_has_prefix(slice_str(pg_talk(&t)),
				   SLICE_LIT("v \\00\\03\\00\\00\\00\\00\\00\\01_pq_.fancy\\00\nR 0\n")));
	pg_talk_release(&t);
}
END_TEST

/* Each ends the connection with a FATAL error. */
START_TEST(a_startup_that_cannot_be_is_refused_in_postgres_words)
{
	static const struct {
		const char *setting, *value, *says;
	} rows[] = {
		{ "replication", "database", "E FATAL 0A000 replication connections are not supported by this fake\n" },
		{ "nope", "1", "E FATAL 42704 unrecognized configuration parameter \"nope\"\n" },
		{ "work_mem", "1", "E FATAL 22023 1 kB is outside the valid range for parameter \"work_mem\" (64 .. 2147483647)\n" },
		{ "client_encoding", "klingon", "E FATAL 22023 invalid value for parameter \"client_encoding\": \"klingon\"\n" },
		{ "client_encoding", "latin1", "E FATAL 0A000 client encoding \"latin1\" is not supported by this fake [hint set client_encoding to UTF8]\n" },
		{ "options", "-x", "E FATAL 42601 invalid command-line argument for server process: -x\n" },
		{ "options", "-c geqo", "E FATAL 42601 -c geqo requires a value\n" },
		{ "server_version", "9", "E FATAL 55P02 parameter \"server_version\" cannot be changed\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pg_talk t;

		pg_talk_init(&t, NULL, NULL);
		pg_client_startup(&t.said, "app", "shop", rows[i].setting, rows[i].value, NULL);
		ck_assert_str_eq(pg_talk(&t), rows[i].says);
		ck_assert(t.log.closed);
		pg_talk_release(&t);
	}
}
END_TEST

START_TEST(bytes_that_are_no_startup_packet_are_refused_at_once)
{
	const struct {
		struct slice bytes;
		const char *says;
		enum decode how;
	} rows[] = {
		{ SLICE_LIT("GET / HTTP/1.1\r\n"), "E FATAL 08P01 invalid length of startup packet\n", DECODE_BAD },
		{ SLICE_LIT("\0\0\0\7"), "E FATAL 08P01 invalid length of startup packet\n", DECODE_BAD },
		{ SLICE_LIT("\x16\3\1\2\0"), "E FATAL 08P01 invalid length of startup packet\n", DECODE_BAD },
		{ SLICE_LIT("\0\0\0\x8\0\2\0\0"), "E FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.0\n", DECODE_CLOSE },
		{ SLICE_LIT("\0\0\0\x9\0\3\0\0\0"), "E FATAL 28000 no PostgreSQL user name specified in startup packet\n", DECODE_CLOSE },
		{ SLICE_LIT("\0\0\0\xc\0\3\0\0user"), "E FATAL 08P01 invalid startup packet layout: expected terminator as last byte\n", DECODE_CLOSE },
		{ SLICE_LIT("\0\0\0\x11\0\3\0\0user\0a\0\0x"), "E FATAL 08P01 invalid startup packet layout: expected terminator as last byte\n", DECODE_CLOSE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pg_talk t;

		pg_talk_init(&t, NULL, NULL);
		buf_add_slice(&t.said, rows[i].bytes);
		ck_assert_str_eq(pg_talk(&t), rows[i].says);
		ck_assert_int_eq(t.log.last, rows[i].how);
		pg_talk_release(&t);
	}
}
END_TEST

/* A server as a declaration makes it. */
static void *server(const char *json, struct jsondoc *doc)
{
	struct err err = { 0 };
	void *fake = NULL;

	ck_assert_int_eq(jsondoc_parse(doc, "rules.json", json, strlen(json), &err), 0);
	struct service_config config = { .doc = doc, .path = "", .json = doc->root };
	ck_assert_msg(service_pg.fake->new(&fake, &config, &err) == 0, "%s", err.text);
	return fake;
}

START_TEST(a_listed_database_exists_and_others_do_not)
{
	struct jsondoc doc;
	void *fake = server("{\"databases\": [\"shop\", \"stock\"], \"version\": \"14.1\"}", &doc);
	struct pg_talk t;

	pg_talk_init(&t, NULL, fake);
	pg_client_startup(&t.said, "app", "stock", NULL);
	check_greeting(pg_talk(&t), "", "ISO, MDY", "14.1", "app", "UTC");
	ck_assert_str_eq(pg_talk_query(&t, "show server_version_num"), "T server_version_num:25\nD 140001\nC SHOW\nZ I\n");
	pg_talk_release(&t);
	pg_talk_init(&t, NULL, fake);
	pg_client_startup(&t.said, "app", NULL, NULL); /* the user's name is the database's */
	ck_assert_str_eq(pg_talk(&t), "E FATAL 3D000 database \"app\" does not exist\n");
	pg_talk_release(&t);
	service_pg.fake->free(fake);
	jsondoc_release(&doc);
}
END_TEST

START_TEST(users_must_give_their_password)
{
	const struct {
		const char *user;
		struct slice password;
		const char *says; /* NULL: welcome */
	} rows[] = {
		{ "app", SLICE_LIT("secret\0"), NULL },
		{ "app", SLICE_LIT("secreT\0"), "E FATAL 28P01 password authentication failed for user \"app\"\n" },
		{ "app", SLICE_LIT("secre\0"), "E FATAL 28P01 password authentication failed for user \"app\"\n" },
		{ "eve", SLICE_LIT("secret\0"), "E FATAL 28P01 password authentication failed for user \"eve\"\n" },
		{ "app", SLICE_LIT("\0"), "E FATAL 28P01 empty password returned by client\n" },
		{ "app", SLICE_LIT("secret"), "E FATAL 08P01 invalid password packet size\n" },
	};
	struct jsondoc doc;
	void *fake = server("{\"users\": {\"app\": \"secret\"}, \"auth\": \"password\"}", &doc);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pg_talk t;

		pg_talk_init(&t, NULL, fake);
		pg_client_startup(&t.said, rows[i].user, NULL, NULL);
		ck_assert_str_eq(pg_talk(&t), "R 3\n");
		pg_client_message(&t.said, 'p', rows[i].password);
		if (rows[i].says)
			ck_assert_str_eq(pg_talk(&t), rows[i].says);
		else
			check_greeting(pg_talk(&t), "", "ISO, MDY", "15.8", "app", "UTC");
		pg_talk_release(&t);
	}
	struct pg_talk t;
	pg_talk_init(&t, NULL, fake);
	pg_client_startup(&t.said, "app", NULL, NULL);
	pg_talk(&t);
	pg_client_query(&t.said, "select 1"); /* no password, no query */
	ck_assert_str_eq(pg_talk(&t), "E FATAL 08P01 expected password response, got message type 81\n");
	ck_assert_int_eq(t.log.last, DECODE_BAD);
	pg_talk_release(&t);
	service_pg.fake->free(fake);
	jsondoc_release(&doc);
}
END_TEST

START_TEST(a_declaration_that_cannot_be_names_its_place)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "{\"version\": 15}", "version: expected a string like \"15.8\"" },
		{ "{\"databases\": \"shop\"}", "databases: expected an array of names, like [\"shop\"]" },
		{ "{\"databases\": [\"a\", 7]}", "databases[1]: expected the name of a database as a string" },
		{ "{\"users\": [\"app\"]}", "users: expected an object of passwords, like {\"app\": \"secret\"}" },
		{ "{\"auth\": \"kerberos\", \"users\": {}}", "auth: expected \"scram-sha-256\", \"md5\" or \"password\"" },
		{ "{\"auth\": \"md5\"}", "auth: needs \"users\", like {\"app\": \"secret\"}" },
		{ "{\"max_connections\": 0}", "max_connections: expected a number from 1 to 262143" },
		{ "{\"read_only\": 1}", "read_only: expected true or false" },
		{ "{\"users\": {\"app\": null}}", "users: the password of \"app\" must be a string" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = { 0 };
		struct jsondoc doc;
		void *fake = NULL;

		ck_assert_int_eq(jsondoc_parse(&doc, "rules.json", rows[i].json, strlen(rows[i].json), &err), 0);
		struct service_config config = { .doc = &doc, .path = "services.db", .json = doc.root };
		ck_assert_int_eq(service_pg.fake->new(&fake, &config, &err), ERR_CONTENT);
		ck_assert_ptr_nonnull(strstr(err.text, rows[i].says));
		ck_assert(fake == NULL);
		jsondoc_release(&doc);
	}
}
END_TEST

/* ---- cancel ---- */

static struct reply cancelled;
static int interrupts;

static void interrupt(struct link *link, void (*fill)(struct reply *reply, struct request *request))
{
	static struct arena a;
	struct request req = { .port = PORT_SQL, .arena = &a };

	(void)link;
	arena_release(&a);
	arena_init(&a);
	cancelled = (struct reply){ .port = PORT_SQL };
	fill(&cancelled, &req);
	interrupts++;
}

START_TEST(a_cancel_request_interrupts_the_connection_it_names)
{
	struct jsondoc doc;
	void *fake = server("{}", &doc);
	struct pg_talk a, b, other;
	const struct pg_conn *target;

	interrupts = 0;
	pg_talk_init(&a, NULL, fake);
	pg_talk_init(&b, NULL, fake);
	a.conn.link.interrupt = b.conn.link.interrupt = interrupt;
	target = a.conn.state;
	for (uint32_t wrong = 0; wrong < 2; wrong++) {
		pg_talk_init(&other, NULL, fake);
		buf_add_be32(&other.said, 16);
		buf_add_be32(&other.said, 80877102);
		buf_add_be32(&other.said, target->pid);
		buf_add_be32(&other.said, target->key ^ !wrong);
		ck_assert_str_eq(pg_talk(&other), "");
		ck_assert_int_eq(other.log.last, DECODE_CLOSE);
		pg_talk_release(&other);
		ck_assert(other.log.clean);
		ck_assert_int_eq(interrupts, (int)wrong);
	}
	ck_assert(slice_eq_str(cancelled.sql.error->sqlstate, "57014"));
	ck_assert(slice_eq_str(cancelled.sql.error->message, "canceling statement due to user request"));
	ck_assert(cancelled.failed);
	pg_talk_release(&a);
	pg_talk_release(&b);
	service_pg.fake->free(fake);
	jsondoc_release(&doc);
}
END_TEST

SUITE_BEGIN(pg_startup)
	SUITE_TEST(a_startup_packet_gets_the_greeting_of_postgres_15);
	SUITE_TEST(settings_of_the_startup_packet_hold);
	SUITE_TEST(encryption_is_taken_once_and_only_over_tcp);
	SUITE_TEST(a_newer_minor_version_and_unknown_options_are_negotiated);
	SUITE_TEST(a_startup_that_cannot_be_is_refused_in_postgres_words);
	SUITE_TEST(bytes_that_are_no_startup_packet_are_refused_at_once);
	SUITE_TEST(a_listed_database_exists_and_others_do_not);
	SUITE_TEST(users_must_give_their_password);
	SUITE_TEST(a_declaration_that_cannot_be_names_its_place);
	SUITE_TEST(a_cancel_request_interrupts_the_connection_it_names);
SUITE_END
