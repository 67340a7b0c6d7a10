/* read: every broken trace gets its sentence; hostile ones too. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "suites.h"
#include "traces.h"

#define HEAD "{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"canonical\":false}\n"
#define MEMBERS ",\"st\":\"p/s/b#0\",\"seq\":0,\"sum\":\"S\",\"ok\":true,\"by\":\"fake\""
#define EVENT "{\"k\":\"sql\"" MEMBERS "}\n"
#define TAIL(n) "{\"k\":\"seam.end\",\"events\":" #n ",\"dropped\":0}\n"

static const struct {
	const char *text;
	int code, line, column;
	const char *says;
} broken[] = {
	{ "", ERR_UNUSABLE, 0, 0, "the file is empty, expected a trace; was the run killed before it began?" },
	{ "{\"k\":\"seam.tr", ERR_UNUSABLE, 1, 0, "the header line is torn; was the run killed before it began?" },
	{ "hello\n", ERR_SYNTAX, 1, 0, "not a trace: the first line does not begin with {\"k\":\"seam.trace\"" },
	{ "\xef\xbb\xbf" HEAD, ERR_SYNTAX, 1, 0, "a byte order mark before the header; save the file without it" },
	{ EVENT, ERR_SYNTAX, 1, 0, "not a trace: the first line is no header, expected {\"k\":\"seam.trace\"" },
	{ "{\"k\":\"seam.trace\",\"v\":9,\"min\":9}\n", ERR_CONTENT, 1, 0, "trace version 9, this seam reads version 1; use the seam that wrote it" },
	{ "{\"k\":\"seam.trace\",\"canonical\":true}\n", ERR_CONTENT, 1, 0, "the header has no version \"v\"" },
	{ "{\"k\":\"seam.trace\",\"v\":1,\"canonical\":1}\n", ERR_CONTENT, 1, 0, "\"canonical\" of the header is neither true nor false" },
	{ "{\"k\":\"seam.trace\",\"v\":1,\"v\":1}\n", ERR_SYNTAX, 1, 27, "header: duplicate object key near '\"v\"'" },
	{ HEAD, ERR_UNUSABLE, 1, 0, "no trailer: the trace is truncated, the run's host did not end it; 'seam show' still reads what is there" },
	{ HEAD EVENT, ERR_UNUSABLE, 2, 0, "no trailer: the trace is truncated, the run's host did not end it; 'seam show' still reads what is there" },
	{ HEAD EVENT "{\"k\":\"sql\",\"st\"", ERR_UNUSABLE, 3, 0, "the last line is torn: the host was killed while it wrote; 'seam show' still reads what is there" },
	{ HEAD EVENT TAIL(2), ERR_CONTENT, 3, 0, "the trailer counts 2 events, the file has 1; lines were lost or added" },
	{ HEAD "{\"k\":\"seam.end\"}\n", ERR_CONTENT, 2, 0, "the trailer has no count \"events\"" },
	{ HEAD "{\"k\":\"seam.end\",\"events\":0,\"dropped\":4}\n", ERR_UNUSABLE, 2, 0, "the writer lost 4 events (disk full?); record the run again" },
	{ HEAD TAIL(0) EVENT, ERR_CONTENT, 3, 0, "a line after the trailer; are these two traces in one file?" },
	{ HEAD TAIL(0) "x", ERR_CONTENT, 3, 0, "a line after the trailer; are these two traces in one file?" },
	{ HEAD HEAD TAIL(0), ERR_CONTENT, 2, 0, "a second header; are these two traces in one file?" },
	{ HEAD "\n" TAIL(0), ERR_SYNTAX, 2, 0, "an empty line, expected an event" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS "}\r\n" TAIL(1), ERR_SYNTAX, 2, 0, "the line ends in CR LF, expected LF; mark traces as '-text' in .gitattributes" },
	{ HEAD "<<<<<<< HEAD\n" EVENT "=======\n" EVENT ">>>>>>> topic\n" TAIL(1), ERR_SYNTAX, 2, 0, "a merge conflict marker; take one side, or record again and 'seam accept'" },
	{ HEAD EVENT "=======\n" TAIL(1), ERR_SYNTAX, 3, 0, "a merge conflict marker; take one side, or record again and 'seam accept'" },
	{ HEAD " {\"k\":\"sql\"}\n" TAIL(1), ERR_SYNTAX, 2, 0, "the line does not begin with {\"k\":\"" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS "\n" TAIL(1), ERR_SYNTAX, 2, 66, "the end inside an object" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS "} {}\n" TAIL(1), ERR_SYNTAX, 2, 67, "something after the event's closing brace" },
	{ HEAD "{\"k\":\"sql\\q\"}\n" TAIL(1), ERR_SYNTAX, 2, 10, "an unknown escape" },
	{ HEAD "{\"k\":\"s\",\"sum\":\"\\ud800\"}\n" TAIL(1), ERR_SYNTAX, 2, 17, "half a surrogate pair" },
	{ HEAD "{\"k\":\"s\",\"sum\":\"\xff\"}\n" TAIL(1), ERR_SYNTAX, 2, 17, "bytes that are not UTF-8" },
	{ HEAD "{\"k\":\"s\",\"n\":01}\n" TAIL(1), ERR_SYNTAX, 2, 15, "neither ',' nor '}' after a member" },
	{ HEAD "{\"k\":\"s\",\"n\":-}\n" TAIL(1), ERR_SYNTAX, 2, 15, "a number without digits" },
	{ HEAD "{\"k\":\"s\",\"n\":nul}\n" TAIL(1), ERR_SYNTAX, 2, 14, "something that is no JSON value" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS ",\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "member \"by\" twice" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS ",\"seq\":1}\n" TAIL(1), ERR_CONTENT, 2, 0, "member \"seq\" twice" },
	{ HEAD "{\"k\":\"sql\",\"seq\":0,\"st\":\"p/s/b#0\",\"sum\":\"S\",\"ok\":true,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0,
	  "member \"st\" after \"seq\"; the order is k st seq sum ok err by rule a req res cor why t" },
	{ HEAD "{\"k\":\"sql\",\"st\":\"p/s/b#0\",\"seq\":\"0\",\"sum\":\"S\",\"ok\":true,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "member \"seq\" is \"0\", expected an integer" },
	{ HEAD "{\"k\":\"sql\",\"st\":\"p/s/b#0\",\"seq\":0,\"sum\":\"S\",\"ok\":null,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "member \"ok\" is null, expected true or false" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS ",\"a\":[]}\n" TAIL(1), ERR_CONTENT, 2, 0, "member \"a\" is [], expected an object" },
	{ HEAD "{\"k\":\"sql\"" MEMBERS ",\"cor\":{}}\n" TAIL(1), ERR_CONTENT, 2, 0, "member \"cor\" is {}, expected an array" },
	{ HEAD "{\"k\":\"sql\",\"st\":\"p/s/b#0\",\"sum\":\"S\",\"ok\":true,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "the event has no \"seq\"" },
	{ HEAD "{\"k\":\"sql\",\"st\":\"p/s/b#0\",\"seq\":0,\"ok\":true,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "the event has no \"sum\"" },
	{ HEAD "{\"k\":\"sql\",\"st\":\"p/s/b#0\",\"seq\":0,\"sum\":\"S\",\"ok\":false,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "\"ok\" is false without \"err\"" },
	{ HEAD "{\"k\":\"sql\",\"st\":\"p\",\"seq\":0,\"sum\":\"S\",\"ok\":true,\"by\":\"fake\"}\n" TAIL(1), ERR_CONTENT, 2, 0, "stream \"p\" is not role/service/boundary#n" },
};

START_TEST(broken_traces_say_what_and_where)
{
	const char *path = story_path("broken.trace");

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct trace_file *f;
		struct err err = { 0 };
		story_put(path, broken[i].text);
		int rc = trace_file_open(&f, path, false, 0, &err);
		ck_assert_msg(rc == broken[i].code, "row %zu: code %d, %s", i, rc, err.text);
		ck_assert_msg(strcmp(err.text, broken[i].says) == 0, "row %zu: %s", i, err.text);
		ck_assert_msg(err.line == broken[i].line && err.column == broken[i].column, "row %zu: at %d:%d", i, err.line, err.column);
		ck_assert_str_eq(err.file, path);
		ck_assert_ptr_null(f);
	}
	ck_assert_uint_ge(sizeof(broken) / sizeof(broken[0]), 20);
	story_clean();
}
END_TEST

START_TEST(files_that_are_no_files_say_so)
{
	struct trace_file *f;
	struct err err = { 0 };

	ck_assert_int_eq(trace_file_open(&f, "/nonexistent/run.trace", false, 0, &err), ERR_IO);
	ck_assert_str_eq(err.text, "cannot open: No such file or directory");
	err = (struct err){ 0 };
	ck_assert_int_eq(trace_file_open(&f, "/tmp", false, 0, &err), ERR_IO);
	ck_assert_str_eq(err.text, "is a folder, expected a trace");
}
END_TEST

START_TEST(a_lenient_reader_takes_what_is_whole)
{
	static const struct {
		const char *text;
		size_t events;
	} rows[] = {
		{ HEAD, 0 },
		{ HEAD EVENT EVENT, 2 },
		{ HEAD EVENT "{\"k\":\"sql\",\"st\":\"p/", 1 },
		{ HEAD EVENT "{\"k\":\"seam.end\",\"events\":1,\"dropped\":4}\n", 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace_file *f;
		struct err err = { 0 };
		story_put(story_path("cut.trace"), rows[i].text);
		ck_assert_msg(trace_file_open(&f, story_path("cut.trace"), true, 0, &err) == 0, "row %zu: %s", i, err.text);
		ck_assert_uint_eq(trace_file_count(f), rows[i].events);
		trace_file_close(f);
	}
	story_clean();
}
END_TEST

START_TEST(a_recording_cut_anywhere_never_reads_as_whole)
{
	struct story s = { .seed = 1, .workers = 1, .threads = 1, .rows = 1 };
	const char *path = story_path("run.trace"), *cut = story_path("cut.trace");
	char text[65536];

	story_write(&s, path);
	FILE *in = fopen(path, "r");
	size_t n = fread(text, 1, sizeof(text), in);
	fclose(in);
	for (size_t len = 0; len < n; len += len < 400 || len + 400 > n ? 1 : 37) {
		struct trace_file *f;
		struct err err = { 0 };
		FILE *out = fopen(cut, "w");
		fwrite(text, 1, len, out);
		fclose(out);
		ck_assert_msg(trace_file_open(&f, cut, false, 0, &err) == ERR_UNUSABLE, "cut at %zu of %zu", len, n);
		err = (struct err){ 0 };
		/* And what is there can be read. */
		if (trace_file_open(&f, cut, true, 0, &err) == 0)
			trace_file_close(f);
		else
			ck_assert_msg(!memchr(text, '\n', len), "cut at %zu: %s", len, err.text);
	}
	story_clean();
}
END_TEST

START_TEST(members_come_back_as_they_stand)
{
	struct trace_line l;

	story_put(story_path("one.trace"), HEAD "{\"k\":\"http\",\"st\":\"p/s/b#0\",\"seq\":7,\"sum\":\"GET \\\"x\\\"\",\"ok\":false,\"err\":\"599\",\"by\":\"none\",\"rule\":\"r:1#a\",\"a\":{\"x\":\"}\"},\"req\":{\"sz\":0},\"res\":{},\"cor\":[\"id:1\"],\"why\":{},\"later\":1,\"t\":{\"n\":0}}\n" TAIL(1));
	struct trace_file *f = story_open(story_path("one.trace"));
	trace_file_line(f, 0, &l);
	ck_assert_int_eq(l.number, 2);
	ck_assert(slice_eq_str(l.k, "http"));
	ck_assert(slice_eq_str(l.st, "\"p/s/b#0\""));
	ck_assert(slice_eq_str(l.seq, "7"));
	ck_assert(slice_eq_str(l.sum, "\"GET \\\"x\\\"\""));
	ck_assert(slice_eq_str(l.ok, "false"));
	ck_assert(slice_eq_str(l.err, "\"599\""));
	ck_assert(slice_eq_str(l.a, "{\"x\":\"}\"}"));
	ck_assert(slice_eq_str(l.cor, "[\"id:1\"]"));
	ck_assert(slice_eq_str(l.t, "{\"n\":0}"));
	json_t *e = trace_file_event(f, 0);
	ck_assert_str_eq(json_string_value(json_object_get(e, "sum")), "GET \"x\"");
	json_decref(e);
	trace_file_close(f);
	story_clean();
}
END_TEST

START_TEST(deep_nesting_is_refused_not_followed)
{
	size_t deep = 200000;
	char *text = malloc(4 * deep + 1000), *at = text;
	struct trace_file *f;
	struct err err = { 0 };

	at += sprintf(at, HEAD "{\"k\":\"sql\"" MEMBERS ",\"a\":{\"x\":");
	memset(at, '[', deep);
	at += deep;
	memset(at, ']', deep);
	at += deep;
	sprintf(at, "}}\n" TAIL(1));
	story_put(story_path("deep.trace"), text);
	ck_assert_int_eq(trace_file_open(&f, story_path("deep.trace"), false, 0, &err), ERR_SYNTAX);
	ck_assert_str_eq(err.text, "more than 512 levels of nesting");
	free(text);
	story_clean();
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
	struct trace_file *f;
	struct err err = { 0 };
	FILE *out = fopen(story_path("nul.trace"), "w");

	fputs(HEAD "{\"k\":\"sql\",\"st\":\"p/", out);
	fputc(0, out);
	fputs("\"}\n" TAIL(1), out);
	fclose(out);
	ck_assert_int_eq(trace_file_open(&f, story_path("nul.trace"), false, 0, &err), ERR_SYNTAX);
	ck_assert_str_eq(err.text, "a NUL byte");
	ck_assert_int_eq(err.line, 2);
	story_clean();
}
END_TEST

START_TEST(numbers_beyond_64_bits_are_read)
{
	story_put(story_path("big.trace"), HEAD "{\"k\":\"sql\"" MEMBERS ",\"req\":{\"b\":[123456789012345678901234567890,1e400]}}\n" TAIL(1));
	struct trace_file *f = story_open(story_path("big.trace"));
	/* No tree for 1e400, which is no double; but no crash either. */
	json_decref(trace_file_event(f, 0));
	trace_file_close(f);
	story_clean();
}
END_TEST

/* ---- the writer's lock ----------------------------------------------------------- */

static void *write_late(void *arg)
{
	int fd = *(int *)arg;

	usleep(150 * 1000);
	if (write(fd, TAIL(0), strlen(TAIL(0))) < 0)
		return NULL;
	close(fd);
	return NULL;
}

START_TEST(a_reader_waits_for_the_trailer)
{
	const char *path = story_path("busy.trace");
	struct trace_file *f;
	struct err err = { 0 };
	pthread_t writer;

	story_put(path, HEAD);
	int fd = open(path, O_WRONLY | O_APPEND);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(trace_file_open(&f, path, false, 20, &err), ERR_UNUSABLE);
	ck_assert_str_eq(err.text, "still being written after 20 ms; wait for its run to end");
	err = (struct err){ 0 };
	pthread_create(&writer, NULL, write_late, &fd);
	ck_assert_msg(trace_file_open(&f, path, false, 5000, &err) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(trace_file_trailer(f));
	trace_file_close(f);
	pthread_join(writer, NULL);
	story_clean();
}
END_TEST

SUITE_BEGIN(trace_read)
	SUITE_TEST(broken_traces_say_what_and_where);
	SUITE_TEST(files_that_are_no_files_say_so);
	SUITE_TEST(a_lenient_reader_takes_what_is_whole);
	SUITE_TEST(a_recording_cut_anywhere_never_reads_as_whole);
	SUITE_TEST(members_come_back_as_they_stand);
	SUITE_TEST(deep_nesting_is_refused_not_followed);
	SUITE_TEST(a_nul_byte_is_refused);
	SUITE_TEST(numbers_beyond_64_bits_are_read);
	SUITE_TEST(a_reader_waits_for_the_trailer);
SUITE_END
