/* The codec as a whole: the three tests over recorded conversations, frames
 * that cannot be, and what a connection costs. */
#include "pg_client.h"
#include "suites.h"

static const struct pg_canned canned[] = {
	{ .sql = "select 1", .columns = "?column?:23", .rows = "1" },
	{ .sql = "select n", .columns = "n:23", .rows = "1;2;3;4;5" },
	{ .sql = "select id from t where id = $1", .columns = "id:23", .rows = "7" },
	{ .sql = "select broken", .sqlstate = "42P01", .message = "no such thing" },
	{ .sql = "copy t from stdin", .tag = "COPY 2" },
	{ .sql = "copy t to stdout", .copy_out = "1\ta\n2\tb\n" },
	{ 0 },
};

static void three(struct buf *bytes)
{
	const struct codec_script script = {
		.codec = service_pg.codec,
		.answer = pg_client_answer,
		.show = pg_client_show,
		.arg = (void *)canned,
		.link = { .id = 3 },
	};

	codec_test_three(&script, buf_slice(bytes));
	buf_release(bytes);
}

static void begin(struct buf *b)
{
	buf_init(b, 1 << 20);
	pg_client_startup(b, "app", "shop", "application_name", "three", NULL);
}

START_TEST(startup_with_encryption_refused_survives_any_cut)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	pg_client_code(&b, 80877104);
	pg_client_code(&b, 80877103);
	pg_client_startup(&b, "app", "shop", "options", "-c work_mem=1MB", NULL);
	pg_client_message(&b, 'X', SLICE_NONE);
	three(&b);
}
END_TEST

START_TEST(simple_queries_survive_any_cut)
{
	struct buf b;

	begin(&b);
	pg_client_query(&b, "begin; select 1; select n; commit");
	pg_client_query(&b, "");
	pg_client_query(&b, "select broken; select 1");
	pg_client_query(&b, "set application_name = 'x'");
	pg_client_query(&b, "selec 1");
	pg_client_message(&b, 'X', SLICE_NONE);
	three(&b);
}
END_TEST

START_TEST(extended_queries_survive_any_cut)
{
	struct buf b;

	begin(&b);
	pg_client_parse(&b, "s", "select id from t where id = $1", 23, -1);
	pg_client_describe(&b, 'S', "s");
	pg_client_sync(&b);
	pg_client_bind(&b, "p", "s", 1, "7", PG_CLIENT_END);
	pg_client_describe(&b, 'P', "p");
	pg_client_execute(&b, "p", 0);
	pg_client_message(&b, 'H', SLICE_NONE);
	pg_client_close(&b, 'S', "s");
	pg_client_sync(&b);
	pg_client_parse(&b, "", "select n", -1);
	pg_client_bind(&b, "", "", 0, PG_CLIENT_END);
	pg_client_execute(&b, "", 2);
	pg_client_execute(&b, "", 2);
	pg_client_execute(&b, "", 2);
	pg_client_sync(&b);
	pg_client_parse(&b, "", "selec 1", -1);
	pg_client_execute(&b, "", 2);
	pg_client_sync(&b);
	three(&b);
}
END_TEST

START_TEST(copies_survive_any_cut)
{
	struct buf b;

	begin(&b);
	pg_client_query(&b, "copy t from stdin");
	pg_client_copy_data(&b, "1\ta\n2\t");
	pg_client_copy_data(&b, "");
	pg_client_sync(&b);
	pg_client_copy_data(&b, "b\n");
	pg_client_message(&b, 'c', SLICE_NONE);
	pg_client_query(&b, "copy t to stdout");
	pg_client_query(&b, "copy t from stdin");
	pg_client_copy_data(&b, "x");
	pg_client_message(&b, 'f', SLICE_LIT("tired\0"));
	pg_client_query(&b, "select 1");
	three(&b);
}
END_TEST

START_TEST(bytes_that_end_a_connection_do_so_at_any_cut)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_add_str(&b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	three(&b);
	begin(&b);
	pg_client_query(&b, "select 1");
	buf_add(&b, "?", 1);
	pg_client_query(&b, "select 1");
	three(&b);
	begin(&b);
	buf_add(&b, "Q\0\0\0\3", 5);
	pg_client_query(&b, "select 1");
	three(&b);
}
END_TEST

/* After the greeting: what ends the connection, and with which words. */
START_TEST(frames_that_cannot_be_end_the_connection)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *says;
	} rows[] = {
#define ROW(bytes, says) { bytes, sizeof(bytes) - 1, says }
		ROW("\0", "invalid frontend message type 0"),
		ROW("\xff", "invalid frontend message type 255"),
		ROW("q", "invalid frontend message type 113"),
		ROW("R\0\0\0\x8\0\0\0\0", "invalid frontend message type 82"),
		ROW("p\0\0\0\5\0", "invalid frontend message type 112"),
		ROW("Q\0\0\0\3", "invalid message length in message type \"Q\""),
		ROW("Q\0\0\0\0", "invalid message length in message type \"Q\""),
		ROW("Q\xff\xff\xff\xff", "invalid message length in message type \"Q\""),
		ROW("Q\x40\0\0\3", "invalid message length in message type \"Q\""),
		ROW("S\0\0\x40\0", "invalid message length in message type \"S\""),
		ROW("E\x7f\0\0\0", "invalid message length in message type \"E\""),
		ROW("d\x7f\0\0\0", "invalid message length in message type \"d\""),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pg_talk t;
		struct buf want;

		pg_talk_start(&t, canned);
		buf_init(&want, 1000);
		buf_addf(&want, "E FATAL 08P01 %s\n", rows[i].says);
		buf_add(&t.said, rows[i].bytes, rows[i].len);
		pg_client_query(&t.said, "select 1");
		ck_assert_msg(strcmp(pg_talk(&t), want.ptr) == 0, "row %zu: %s", i, t.heard.ptr);
		ck_assert_int_eq(t.log.last, DECODE_BAD);
		buf_release(&want);
		pg_talk_release(&t);
		ck_assert(!t.log.clean);
	}
}
END_TEST

/* Bodies that make no sense in a frame that does: the connection lives. */
START_TEST(messages_that_make_no_sense_are_errors_and_the_connection_lives)
{
	static const struct {
		char type;
		const char *bytes;
		size_t len;
		const char *says;
	} rows[] = {
#define ROW(type, bytes, says) { type, bytes, sizeof(bytes) - 1, says }
		ROW('P', "", "08P01 invalid string in message"),
		ROW('P', "\0", "08P01 invalid string in message"),
		ROW('P', "\0\0", "08P01 insufficient data left in message"),
		ROW('P', "\0select 1\0\0\1\0\0", "08P01 insufficient data left in message"),
		ROW('P', "\0select 1\0\0\0\0", "08P01 invalid message format"),
		ROW('P', "\0select '\xc0'\0\0\0", "22021 invalid byte sequence for encoding \"UTF8\": 0xc0 0x27"),
		ROW('D', "", "08P01 no data left in message"),
		ROW('C', "", "08P01 no data left in message"),
		ROW('D', "S", "08P01 invalid string in message"),
		ROW('D', "S\0x", "08P01 invalid message format"),
		ROW('E', "\0\0\0\0", "08P01 insufficient data left in message"),
		ROW('E', "\0\0\0\0\0\0", "08P01 invalid message format"),
		ROW('C', "Snul", "08P01 invalid string in message"),
#undef ROW
	};
	struct pg_talk t;

	pg_talk_start(&t, canned);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf want;

		buf_init(&want, 1000);
		buf_addf(&want, "E ERROR %s\nZ I\n", rows[i].says);
		pg_client_message(&t.said, rows[i].type, slice_of(rows[i].bytes, rows[i].len));
		pg_client_sync(&t.said);
		ck_assert_msg(strcmp(pg_talk(&t), want.ptr) == 0, "row %zu: %s", i, t.heard.ptr);
		buf_release(&want);
	}
	ck_assert_str_eq(pg_talk_query(&t, "select 1"), "T ?column?:23\nD 1\nC SELECT 1\nZ I\n");
	pg_talk_release(&t);
}
END_TEST

START_TEST(terminate_is_a_clean_end_and_a_lost_connection_is_not)
{
	struct pg_talk t;

	pg_talk_start(&t, canned);
	pg_client_message(&t.said, 'X', SLICE_NONE);
	ck_assert_str_eq(pg_talk(&t), "");
	ck_assert_int_eq(t.log.last, DECODE_CLOSE);
	pg_talk_release(&t);
	ck_assert(t.log.clean);

	pg_talk_start(&t, canned);
	pg_talk_query(&t, "begin");
	pg_talk_release(&t);
	ck_assert(!t.log.clean);
}
END_TEST

START_TEST(a_large_result_keeps_its_rows_in_order)
{
	enum { ROWS = 20000 };
	struct pg_canned many[] = { { .sql = "select n", .columns = "n:23" }, { 0 } };
	struct buf rows, want;
	struct pg_talk t;

	buf_init(&rows, 1 << 24);
	buf_init(&want, 1 << 24);
	buf_add_str(&want, "T n:23\n");
	for (int i = 0; i < ROWS; i++) {
		buf_addf(&rows, "%s%d", i ? ";" : "", i);
		buf_addf(&want, "D %d\n", i);
	}
	buf_addf(&want, "C SELECT %d\nZ I\n", ROWS);
	many[0].rows = rows.ptr;
	pg_talk_start(&t, many);
	ck_assert_str_eq(pg_talk_query(&t, "select n"), want.ptr);
	pg_talk_release(&t);
	buf_release(&rows);
	buf_release(&want);
}
END_TEST

SUITE_BEGIN(pg)
	SUITE_TEST(startup_with_encryption_refused_survives_any_cut);
	SUITE_TEST(simple_queries_survive_any_cut);
	SUITE_TEST(extended_queries_survive_any_cut);
	SUITE_TEST(copies_survive_any_cut);
	SUITE_TEST(bytes_that_end_a_connection_do_so_at_any_cut);
	SUITE_TEST(frames_that_cannot_be_end_the_connection);
	SUITE_TEST(messages_that_make_no_sense_are_errors_and_the_connection_lives);
	SUITE_TEST(terminate_is_a_clean_end_and_a_lost_connection_is_not);
	SUITE_TEST(a_large_result_keeps_its_rows_in_order);
SUITE_END
