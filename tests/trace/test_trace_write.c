/* write: lines to the letter, secrets taken out, whole lines only. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"
#include "traces.h"

#include "trace/blob.h"
#include "trace/write.h"

static struct arena arena;
static struct attrs attrs;

static struct trace *open_trace(const char *path, const char *redact, const char *correlate)
{
	static const char *const argv[] = { "psql", "postgresql://u:topsecret@db/x", "--password", "hunter2", "-u", "me", "-u", "me:pw", "password=abc host=x", NULL };
	static const char *const rules[] = { "rules/a.json" };
	json_t *r = redact ? json_loads(redact, 0, NULL) : NULL, *c = correlate ? json_loads(correlate, 0, NULL) : NULL;
	struct trace_header h = { .path = path, .run = "01", .start = { 1795173286, 123456789 }, .argv = argv, .mode = "fake", .seed = 42, .rules = rules, .nrules = 1, .inline_max = 64, .redact = r, .correlate = c };
	struct trace *t;
	struct err err = { 0 };

	if (trace_open(&t, &h, &err) < 0)
		ck_abort_msg("%s", err.text);
	json_decref(r);
	json_decref(c);
	arena_init(&arena);
	attrs_init(&attrs, &arena);
	return t;
}

static char *close_and_read(struct trace *t, const char *path)
{
	static const char *const unused[] = { "r.json:9#never" };
	struct trace_trailer trailer = { .unmatched = 1, .processes = 2, .unused_rules = unused, .nunused = 1, .leaks = SLICE_LIT("{\"connections\":3,\"results\":0}"), .exit = 7 };
	static char text[1 << 20];

	ck_assert_int_eq(trace_close(t, &trailer), 0);
	arena_release(&arena);
	FILE *f = fopen(path, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	/* The reader must take whatever the writer writes. */
	trace_file_close(story_open(path));
	return text;
}

static struct event event_of(const char *k)
{
	return (struct event){ .k = k, .st = { SLICE_LIT("p"), SLICE_LIT("s"), SLICE_LIT("b:1"), 0 }, .sum = SLICE_LIT("S"), .by = BY_FAKE, .attrs = &attrs, .time_ns = 5, .duration_ns = 2, .pid = 7 };
}

#define HAS(text, what) ck_assert_msg(strstr(text, what) != NULL, "no %s in\n%s", what, text)
#define HASNT(text, what) ck_assert_msg(strstr(text, what) == NULL, "%s in\n%s", what, text)

START_TEST(a_trace_is_written_to_the_letter)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, NULL);
	struct event e = event_of("sql");
	struct payload res = { .present = true, .size = 3, .json = SLICE_LIT("[[\"1\"]]"), .rows = 1, .tag = SLICE_LIT("SELECT 1") };
	struct slice cor = SLICE_LIT("id:1");

	attrs_text(&attrs, "db.query.text", SLICE_LIT("select \"x\"\n"));
	attrs_int(&attrs, "server.port", 5432);
	attrs_bool(&attrs, "y", true);
	attrs_list_named(&attrs, SLICE_LIT("h"), SLICE_LIT("1"));
	attrs_list_named(&attrs, SLICE_LIT("h"), SLICE_LIT("2"));
	e.rule = SLICE_LIT("r.json:1#a");
	e.reply = &res;
	e.cor = &cor;
	e.ncor = 1;
	e.ppid = 1;
	e.tid = 8;
	e.local_port = 40000;
	e.host_port = 50000;
	e.caller = SLICE_LIT("libpq.so.5+0x1");
	trace_write(t, &e);
	e = (struct event){ .k = "proc.exit", .st = { .role = SLICE_LIT("a/b#c%d"), .n = -1 }, .sum = SLICE_LIT("x"), .failed = true, .by = BY_FAKE };
	trace_write(t, &e);
	ck_assert_uint_eq(trace_events(t), 2);
	char *text = close_and_read(t, path);
	HAS(text, "{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"by\":\"seam ");
	HAS(text, "\"run\":\"01\",\"start\":\"2026-11-20T11:14:46.123456789Z\",\"semconv\":\"1.44.0\",\"canonical\":false,\"argv\":[\"psql\",");
	HAS(text, "\"mode\":\"fake\",\"seed\":42,\"rules\":[\"rules/a.json\"],\"redact\":{\"mode\":\"hmac\"},\"inline_max\":64}\n");
	HAS(text, "\n{\"k\":\"sql\",\"st\":\"p/s/b:1#0\",\"seq\":0,\"sum\":\"S\",\"ok\":true,\"by\":\"fake\",\"rule\":\"r.json:1#a\","
		  "\"a\":{\"db.query.text\":\"select \\\"x\\\"\\n\",\"server.port\":5432,\"y\":true,\"h\":[\"1\",\"2\"]},"
		  "\"res\":{\"sz\":3,\"b\":[[\"1\"]],\"rows\":1,\"tag\":\"SELECT 1\"},\"cor\":[\"id:1\"],"
		  "\"t\":{\"n\":0,\"ts\":5,\"dur\":2,\"pid\":7,\"ppid\":1,\"tid\":8,\"lp\":40000,\"rp\":50000,\"caller\":\"libpq.so.5+0x1\"}}\n");
	/* A failure always says which; parts of a name are escaped. */
	HAS(text, "{\"k\":\"proc.exit\",\"st\":\"a%2Fb%23c%25d//\",\"seq\":0,\"sum\":\"x\",\"ok\":false,\"err\":\"error\",\"by\":\"fake\",\"t\":{\"n\":1,\"ts\":0,\"dur\":0}}\n");
	HAS(text, "{\"k\":\"seam.end\",\"events\":2,\"dropped\":0,\"streams\":2,\"unmatched\":1,\"processes\":2,\"unshimmed\":[],"
		  "\"leaks\":{\"connections\":3,\"results\":0},\"unused_rules\":[\"r.json:9#never\"],\"exit\":7}\n");
	story_clean();
}
END_TEST

START_TEST(sequence_numbers_count_per_stream)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, NULL);
	struct event e = event_of("sql");

	for (int i = 0; i < 4; i++) {
		e.st.n = i % 2;
		trace_write(t, &e);
	}
	char *text = close_and_read(t, path);
	HAS(text, "\"st\":\"p/s/b:1#0\",\"seq\":0,");
	HAS(text, "\"st\":\"p/s/b:1#0\",\"seq\":1,");
	HAS(text, "\"st\":\"p/s/b:1#1\",\"seq\":1,");
	HASNT(text, "\"seq\":2,");
	story_clean();
}
END_TEST

START_TEST(bodies_find_their_form)
{
	static const struct {
		const char *type, *body, *as;
		size_t len;
	} rows[] = {
		{ "application/json", "{ \"a\" : [1, 2.50, 12345678901234567890 ] }", "\"b\":{\"a\":[1,2.50,12345678901234567890]}", 0 },
		{ "", "[1]", "\"b\":[1]", 0 },
		{ "application/json; charset=utf-8", "\"text\"", "\"b\":\"text\"", 0 },
		{ "text/plain", "true", "\"b\":\"true\"", 0 },
		{ "application/json", "{\"a\":1,\"a\":2}", "\"b\":\"{\\\"a\\\":1,\\\"a\\\":2}\"", 0 },
		{ "application/json", "{\"a\":1,\"\\u0061\":2}", "\"b\":\"{\\\"a\\\":1,\\\"\\\\u0061\\\":2}\"", 0 },
		{ "application/json", "{broken", "\"b\":\"{broken\"", 0 },
		{ "", "line\nline\n", "\"b\":\"line\\nline\\n\"", 0 },
		{ "", "u\xe2\x80\xa8v\xc2\x85", "\"b\":\"u\\u2028v\\u0085\"", 0 },
		{ "", "{\"x\":\"\xe2\x80\xa9\"}", "\"b\":{\"x\":\"\\u2029\"}", 0 },
		{ "", "\x80\x00\x01", "\"b64\":\"gAAB\"", 3 },
		{ "", "", "{\"sz\":0}", 0 },
		{ "text/csv", "0123456789012345678901234567890123456789012345678901234567890123456789", "\"blob\":\"sha256:", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = story_path("w.trace");
		struct trace *t = open_trace(path, NULL, NULL);
		struct event e = event_of("http");
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].body);
		struct body *b = body_of(slice_of(rows[i].body, len));
		struct payload req = { .present = true, .size = len, .type = slice_str(rows[i].type), .body = b, .rows = -1 };
		e.request = &req;
		trace_write(t, &e);
		char *text = close_and_read(t, path);
		ck_assert_msg(strstr(text, rows[i].as) != NULL, "row %zu: %s", i, text);
		body_free(b);
	}
	story_clean();
}
END_TEST

START_TEST(large_bodies_stand_beside_the_trace_once)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, NULL);
	struct event e = event_of("http");
	char big[300], hex[BLOB_HEX + 1];
	struct err err = { 0 };
	struct buf back;

	memset(big, 'x', sizeof(big));
	struct body *b = body_of(slice_of(big, sizeof(big)));
	struct payload req = { .present = true, .size = sizeof(big), .body = b, .rows = -1 };
	e.request = &req;
	trace_write(t, &e);
	trace_write(t, &e);
	char *text = close_and_read(t, path);
	blob_hash(slice_of(big, sizeof(big)), hex);
	HAS(text, hex);
	buf_init(&back, 1 << 20);
	ck_assert_int_eq(blob_get(path, slice_str(hex), &back, &err), 0);
	ck_assert_uint_eq(back.len, sizeof(big));
	ck_assert_int_lt(blob_get(path, SLICE_LIT("../../../../etc/passwd"), &back, &err), 0);
	buf_release(&back);
	body_free(b);
	story_clean();
}
END_TEST

START_TEST(no_secret_reaches_the_file)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, "[\"json.card\",{\"path\":\"sql.param.2\"},\"http.header.x-tenant\",\"http.query.code\",\"sql.column.ssn\"]", NULL);
	struct event e = event_of("http");
	struct body *b = body_of(SLICE_LIT("{\"card\":\"4111SECRET\",\"user\":\"ann\",\"pem\":\"-----BEGIN PRIVATE KEY-----\\nSECRETKEY\\n-----END PRIVATE KEY-----\"}"));
	struct payload req = { .present = true, .size = 10, .body = b, .rows = -1, .type = SLICE_LIT("application/json") };
	struct payload res = { .present = true, .json = SLICE_LIT("[[\"ann\",\"SECRETSSN\"]]"), .rows = 1 };

	attrs_list_named(&attrs, SLICE_LIT("http.request.header.authorization"), SLICE_LIT("Bearer SECRET1"));
	attrs_list_named(&attrs, SLICE_LIT("http.request.header.cookie"), SLICE_LIT("sid=SECRET2; a=b"));
	attrs_list_named(&attrs, SLICE_LIT("http.response.header.set-cookie"), SLICE_LIT("sid=SECRET2; Path=/"));
	attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-amz-security-token"), SLICE_LIT("SECRET3"));
	attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-api-key"), SLICE_LIT("SECRET4"));
	attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-tenant"), SLICE_LIT("SECRET5"));
	attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-open"), SLICE_LIT("visible"));
	attrs_text(&attrs, "url.full", SLICE_LIT("https://me:SECRET6@h/p?X-Amz-Signature=SECRET7&token=SECRET8&code=SECRET9&page=2"));
	attrs_text(&attrs, "db.query.text", SLICE_LIT("alter role x password 'SECRETA'; select 1"));
	attrs_text(&attrs, "seam.arg.0", SLICE_LIT("host=db password='SECRET\\'B' user=x"));
	attrs_text(&attrs, "db.query.parameter.0", SLICE_LIT("first"));
	attrs_text(&attrs, "db.query.parameter.1", SLICE_LIT("SECRETC"));
	attrs_json(&attrs, "seam.columns", SLICE_LIT("[\"name\",\"ssn\"]"));
	e.request = &req;
	e.reply = &res;
	trace_write(t, &e);
	char *text = close_and_read(t, path);
	HASNT(text, "SECRET");
	HASNT(text, "topsecret");
	HASNT(text, "hunter2");
	HASNT(text, "me:pw");
	HASNT(text, "password=abc");
	static const char *const kept[] = { "\"Bearer <secret:", "visible", "page=2", "\"user\":\"ann\"", "host=db password='<secret:", "user=x", "\"db.query.parameter.0\":\"first\"", "\"-u\",\"me\"", "alter role x password '<secret:", "@h/p?", "[[\"ann\",\"<secret:" };
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		HAS(text, kept[i]);
	body_free(b);
	story_clean();
}
END_TEST

START_TEST(a_secret_is_equal_to_itself_inside_a_run_only)
{
	char seen[2][16];

	for (int run = 0; run < 2; run++) {
		const char *path = story_path("w.trace");
		struct trace *t = open_trace(path, NULL, NULL);
		struct event e = event_of("http");
		attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-api-key"), SLICE_LIT("k"));
		trace_write(t, &e);
		trace_write(t, &e);
		char *text = close_and_read(t, path), *a = strstr(text, "[\"<secret:"), *b = a ? strstr(a + 1, "[\"<secret:") : NULL;
		ck_assert(a && b);
		ck_assert_int_eq(strncmp(a, b, 20), 0);
		snprintf(seen[run], sizeof(seen[run]), "%.8s", a + 10);
	}
	ck_assert_str_ne(seen[0], seen[1]);
	story_clean();
}
END_TEST

START_TEST(declared_fields_become_correlation_ids)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, "[\"http.header.x-correlation-id\",\"json.order.id\",\"sql.column.correlation_id\",\"sql.param.1\",\"http.query.cid\",\"kafka.header.x\",\"s3.meta.cid\"]");
	struct event e = event_of("http");
	struct body *b = body_of(SLICE_LIT("{\"order\":{\"id\":\"o-1\",\"x\":2},\"id\":\"no\"}"));
	struct payload req = { .present = true, .body = b, .rows = -1 };
	struct payload rows = { .present = true, .json = SLICE_LIT("[[\"1\",\"c-1\"],[\"2\",\"c-2\"]]"), .rows = 2 };

	attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-correlation-id"), SLICE_LIT("h-1"));
	attrs_list_named(&attrs, SLICE_LIT("http.request.header.x-amz-meta-cid"), SLICE_LIT("m-1"));
	attrs_text(&attrs, "url.full", SLICE_LIT("http://x/?a=1&cid=q-1"));
	e.request = &req;
	trace_write(t, &e);
	attrs_init(&attrs, &arena);
	attrs_json(&attrs, "seam.columns", SLICE_LIT("[\"id\",\"correlation_id\"]"));
	e = event_of("sql");
	e.reply = &rows;
	trace_write(t, &e);
	attrs_init(&attrs, &arena);
	attrs_text(&attrs, "db.query.text", SLICE_LIT("INSERT INTO jobs (name, \"correlation_id\") VALUES ('x', $2), ('y','lit-1')"));
	attrs_text(&attrs, "db.query.parameter.0", SLICE_LIT("p-1"));
	attrs_text(&attrs, "db.query.parameter.1", SLICE_LIT("i-1"));
	e = event_of("sql");
	trace_write(t, &e);
	char *text = close_and_read(t, path);
	HAS(text, "\"cor\":[\"id:h-1\",\"id:m-1\",\"id:q-1\",\"id:o-1\"]");
	HAS(text, "\"cor\":[\"id:c-1\",\"id:c-2\"]");
	HAS(text, "\"cor\":[\"id:p-1\",\"id:i-1\",\"id:lit-1\"]");
	body_free(b);
	story_clean();
}
END_TEST

START_TEST(what_was_declared_wrongly_is_refused)
{
	struct trace_header h = { .path = story_path("w.trace"), .run = "1", .mode = "fake", .redact = json_pack("[s]", "headers.x") };
	struct trace *t;
	struct err err = { 0 };

	ck_assert_int_eq(trace_open(&t, &h, &err), ERR_CONTENT);
	ck_assert_ptr_nonnull(strstr(err.text, "redact: \"headers.x\" is no path; expected http.header.NAME"));
	json_decref(h.redact);
	h.redact = json_pack("[i]", 1);
	err = (struct err){ 0 };
	ck_assert_int_eq(trace_open(&t, &h, &err), ERR_CONTENT);
	ck_assert_str_eq(err.text, "redact: entry 0 is neither a path nor an object with a \"path\"");
	json_decref(h.redact);
	story_clean();
}
END_TEST

START_TEST(two_writers_of_one_trace_do_not_mix)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, NULL), *second;
	struct trace_header h = { .path = path, .run = "2", .mode = "fake" };
	struct err err = { 0 };

	ck_assert_int_eq(trace_open(&second, &h, &err), ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.text, "the trace is in use"));
	close_and_read(t, path);
	story_clean();
}
END_TEST

START_TEST(a_killed_writer_leaves_whole_lines)
{
	const char *path = story_path("w.trace");

	for (int round = 0; round < 5; round++) {
		unlink(path);
		pid_t child = fork();
		if (child == 0) {
			struct trace *t = open_trace(path, NULL, NULL);
			struct event e = event_of("sql");
			for (;;) {
				trace_write(t, &e);
				trace_flush(t);
			}
		}
		struct stat st = { 0 };
		for (int wait_ms = 0; st.st_size < 8192 && wait_ms < 20000; wait_ms++) {
			usleep(1000);
			if (stat(path, &st) < 0)
				st.st_size = 0;
		}
		usleep((unsigned)round * 7000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		struct trace_file *f;
		struct err err = { 0 };
		ck_assert_int_eq(trace_file_open(&f, path, false, 1000, &err), ERR_UNUSABLE);
		/* the kernel may stop a killed write at the end of a page */
		ck_assert_msg(strstr(err.text, "no trailer") || strstr(err.text, "the last line is torn"), "%s", err.text);
		err = (struct err){ 0 };
		ck_assert_msg(trace_file_open(&f, path, true, 0, &err) == 0, "%s", err.text);
		ck_assert_uint_gt(trace_file_count(f), 0);
		trace_file_close(f);
	}
	story_clean();
}
END_TEST

START_TEST(a_full_disk_drops_events_and_says_so)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, NULL);
	struct event e = event_of("sql");
	struct trace_trailer trailer = { 0 };
	struct rlimit all, little = { 2000, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	setrlimit(RLIMIT_FSIZE, &little);
	for (int i = 0; i < 50; i++) {
		trace_write(t, &e);
		trace_flush(t);
	}
	ck_assert_uint_gt(trace_dropped(t), 0);
	ck_assert_uint_eq(trace_dropped(t) + trace_events(t), 50);
	setrlimit(RLIMIT_FSIZE, &all);
	uint64_t kept = trace_events(t);
	ck_assert_int_lt(trace_close(t, &trailer), 0);
	struct trace_file *f;
	struct err err = { 0 };
	ck_assert_int_eq(trace_file_open(&f, path, false, 0, &err), ERR_UNUSABLE);
	ck_assert_ptr_nonnull(strstr(err.text, "the writer lost"));
	ck_assert_int_eq(trace_file_open(&f, path, true, 0, &err), 0);
	ck_assert_uint_eq(trace_file_count(f), kept);
	trace_file_close(f);
	arena_release(&arena);
	story_clean();
}
END_TEST

START_TEST(near_misses_are_written_without_their_secrets)
{
	const char *path = story_path("w.trace");
	struct trace *t = open_trace(path, NULL, NULL);
	struct event e = event_of("http");
	struct why_condition c[] = {
		{ true, SLICE_LIT("path"), SLICE_LIT("\"/x\""), SLICE_LIT("\"/x\"") },
		{ false, SLICE_LIT("header.authorization"), SLICE_LIT("{\"prefix\":\"Bearer \"}"), SLICE_LIT("\"Basic U0VDUkVU\"") },
	};
	struct why why = { .closest = SLICE_LIT("r"), .place = SLICE_LIT("a.json:1"), .conditions = c, .nconditions = 2, .nhold = 1, .text = SLICE_LIT("nothing answers") };

	e.by = BY_NONE;
	e.failed = true;
	e.err = SLICE_LIT("599");
	e.why = &why;
	trace_write(t, &e);
	char *text = close_and_read(t, path);
	HASNT(text, "U0VDUkVU");
	HAS(text, "\"why\":{\"closest\":\"r\",\"place\":\"a.json:1\",\"hold\":1,\"of\":2,\"conditions\":[{\"ok\":true,\"path\":\"path\",\"wants\":\"/x\",\"got\":\"/x\"},{\"ok\":false,\"path\":\"header.authorization\",");
	HAS(text, "\"text\":\"nothing answers\"}");
	story_clean();
}
END_TEST

SUITE_BEGIN(trace_write)
	SUITE_TEST(a_trace_is_written_to_the_letter);
	SUITE_TEST(sequence_numbers_count_per_stream);
	SUITE_TEST(bodies_find_their_form);
	SUITE_TEST(large_bodies_stand_beside_the_trace_once);
	SUITE_TEST(no_secret_reaches_the_file);
	SUITE_TEST(a_secret_is_equal_to_itself_inside_a_run_only);
	SUITE_TEST(declared_fields_become_correlation_ids);
	SUITE_TEST(what_was_declared_wrongly_is_refused);
	SUITE_TEST(two_writers_of_one_trace_do_not_mix);
	SUITE_TEST(a_killed_writer_leaves_whole_lines);
	SUITE_TEST(a_full_disk_drops_events_and_says_so);
	SUITE_TEST(near_misses_are_written_without_their_secrets);
SUITE_END
