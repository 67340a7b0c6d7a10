/* describe: what an event shows, under OpenTelemetry's names. */
#include <stdio.h>
#include <string.h>

#include "suites.h"

#include "port/port.h"
#include "port/sql.h"

static struct arena arena;

static struct request request_of(enum port port, const char *op, const char *boundary)
{
	arena_init(&arena);
	return (struct request){ .port = port, .op = slice_str(op), .boundary = slice_str(boundary), .arena = &arena };
}

/* "name=value" for each attribute, in order, one a line. */
static const char *shown(const struct description *d)
{
	static struct buf b;

	if (!b.max)
		buf_init(&b, 65536);
	buf_reset(&b);
	for (size_t i = 0; i < d->attrs.count; i++) {
		const struct attr *a = &d->attrs.list[i];
		buf_add_slice(&b, a->name);
		buf_add_char(&b, '=');
		if (a->type == ATTR_INT || a->type == ATTR_BOOL)
			buf_add_i64(&b, a->number);
		else
			buf_add_slice(&b, a->text);
		buf_add_char(&b, '\n');
	}
	return b.ptr;
}

START_TEST(sql_shows_text_parameters_rows_and_columns)
{
	struct request req = request_of(PORT_SQL, "select", "db.prod:5432");
	struct sql_value params[] = { { .text = SLICE_LIT("7") }, { .null = true }, { .text = SLICE_LIT("") } };
	struct sql_column columns[] = { { .name = SLICE_LIT("id") }, { .name = SLICE_LIT("n\"ame") } };
	struct sql_value cells[] = { { .text = SLICE_LIT("1") }, { .text = SLICE_LIT("ann") }, { .text = SLICE_LIT("2") }, { .null = true }, { .text = SLICE_LIT("3") }, { .text = SLICE_LIT("x") } };
	struct reply rep = { .port = PORT_SQL, .sql = { .has_rows = true, .columns = columns, .ncolumns = 2, .cells = cells, .nrows = 3, .tag = SLICE_LIT("SELECT 3") } };
	struct description d;

	req.sql.text = SLICE_LIT("select $1");
	req.sql.params = params;
	req.sql.nparams = 3;
	req.sql.user = SLICE_LIT("app");
	req.sql.database = SLICE_LIT("shop");
	port_describe(&req, &rep, 2, &d);
	ck_assert_str_eq(shown(&d), "db.system.name=postgresql\ndb.namespace=shop\ndb.user=app\ndb.query.text=select $1\n"
				    "db.query.parameter.0=7\ndb.query.parameter.2=\nseam.columns=[\"id\",\"n\\\"ame\"]\n"
				    "server.address=db.prod\nserver.port=5432\n");
	ck_assert(!d.request.present);
	ck_assert(d.reply.present);
	/* Rows beyond the limit are counted and sized, not shown. */
	ck_assert_int_eq(d.reply.rows, 3);
	ck_assert_uint_eq(d.reply.size, 7);
	ck_assert(slice_eq_str(d.reply.json, "[[\"1\",\"ann\"],[\"2\",{\"null\":true}]]"));
	ck_assert(slice_eq_str(d.reply.tag, "SELECT 3"));
	arena_release(&arena);
}
END_TEST

START_TEST(sql_errors_and_copies_are_replies_too)
{
	struct request req = request_of(PORT_SQL, "insert", "unix:/run/.s.PGSQL.5432");
	struct sql_error e = { .sqlstate = SLICE_LIT("23505"), .message = SLICE_LIT("duplicate"), .constraint = SLICE_LIT("pk") };
	struct reply rep = { .port = PORT_SQL, .failed = true, .sql = { .error = &e } };
	struct description d;

	req.sql.text = SLICE_LIT("x");
	port_describe(&req, &rep, 9, &d);
	ck_assert_ptr_nonnull(strstr(shown(&d), "db.response.status_code=23505\n"));
	ck_assert_ptr_nonnull(strstr(shown(&d), "server.address=/run/.s.PGSQL.5432\n"));
	ck_assert(slice_eq_str(d.reply.json, "{\"severity\":\"ERROR\",\"message\":\"duplicate\",\"constraint\":\"pk\"}"));
	ck_assert_int_eq(d.reply.rows, -1);

	struct body *in = body_of(SLICE_LIT("1\n2\n")), *out = body_of(SLICE_LIT("a,b\n"));
	req.sql.copy_in = in;
	rep = (struct reply){ .port = PORT_SQL, .sql = { .copy_out = out, .tag = SLICE_LIT("COPY 2") } };
	port_describe(&req, &rep, 9, &d);
	ck_assert_ptr_eq(d.request.body, in);
	ck_assert_ptr_eq(d.reply.body, out);
	ck_assert_uint_eq(d.reply.size, 4);
	body_free(in);
	body_free(out);
	arena_release(&arena);
}
END_TEST

START_TEST(http_shows_url_status_headers_and_trace_id)
{
	struct request req = request_of(PORT_HTTP, "POST", "[::1]:8443");
	struct reply rep = { .port = PORT_HTTP };
	struct description d;

	req.http = (struct http_request){ .method = SLICE_LIT("POST"), .scheme = SLICE_LIT("https"), .authority = SLICE_LIT("h:443"), .target = SLICE_LIT("/a?b=1"), .path = SLICE_LIT("/a"), .query = SLICE_LIT("b=1") };
	headers_add(&req.http.headers, &arena, SLICE_LIT("Host"), SLICE_LIT("h"));
	headers_add(&req.http.headers, &arena, SLICE_LIT("X-Id"), SLICE_LIT("7"));
	headers_add(&req.http.headers, &arena, SLICE_LIT("Content-Length"), SLICE_LIT("2"));
	headers_add(&req.http.headers, &arena, SLICE_LIT("Content-Type"), SLICE_LIT("text/plain"));
	headers_add(&req.http.headers, &arena, SLICE_LIT("traceparent"), SLICE_LIT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
	req.http.body = body_of(SLICE_LIT("hi"));
	rep.http.status = 202;
	headers_add(&rep.http.headers, &arena, SLICE_LIT("ETag"), SLICE_LIT("\"x\""));
	port_describe(&req, &rep, 9, &d);
	ck_assert_str_eq(shown(&d), "http.request.method=POST\nurl.full=https://h/a?b=1\nhttp.request.header.x-id=7\n"
				    "http.request.header.content-type=text/plain\n"
				    "http.request.header.traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n"
				    "http.response.status_code=202\nhttp.response.header.etag=\"x\"\nserver.address=::1\nserver.port=8443\n");
	ck_assert(d.request.present && slice_eq_str(d.request.type, "text/plain"));
	ck_assert_uint_eq(d.request.size, 2);
	ck_assert(!d.reply.present);
	ck_assert_uint_eq(d.ncor, 1);
	ck_assert(slice_eq_str(d.cor[0], "tp:4bf92f3577b34da6a3ce929d0e0e4736"));
	request_release(&req);
	arena_release(&arena);
}
END_TEST

START_TEST(objects_show_bucket_key_and_what_they_became)
{
	struct request req = request_of(PORT_OBJECT, "PutObject", "lake:443");
	struct http_request http = { .method = SLICE_LIT("PUT") };
	struct reply rep = { .port = PORT_OBJECT, .object = { .status = 200, .etag = SLICE_LIT("e1") } };
	struct description d;

	req.object = (struct object_request){ .bucket = SLICE_LIT("raw"), .key = SLICE_LIT("a/b.csv"), .max_keys = -1, .content_type = SLICE_LIT("text/csv"), .http = &http, .body = body_of(SLICE_LIT("a,b\n")) };
	headers_add(&req.object.meta, &arena, SLICE_LIT("Cid"), SLICE_LIT("c1"));
	port_describe(&req, &rep, 9, &d);
	ck_assert_str_eq(shown(&d), "rpc.method=S3/PutObject\naws.s3.bucket=raw\naws.s3.key=a/b.csv\nhttp.request.method=PUT\n"
				    "http.request.header.x-amz-meta-cid=c1\nhttp.response.status_code=200\nserver.address=lake\nserver.port=443\n");
	ck_assert(slice_eq_str(d.cor[0], "s3:raw/a/b.csv#e1"));
	ck_assert(slice_eq_str(d.request.type, "text/csv"));
	request_release(&req);

	struct object_entry entries[] = { { .key = SLICE_LIT("a") }, { .key = SLICE_LIT("b") } };
	req = (struct request){ .port = PORT_OBJECT, .op = SLICE_LIT("ListObjectsV2"), .arena = &arena };
	req.object = (struct object_request){ .bucket = SLICE_LIT("raw"), .prefix = SLICE_LIT("p/"), .max_keys = 2 };
	rep = (struct reply){ .port = PORT_OBJECT, .object = { .entries = entries, .nentries = 2, .truncated = true } };
	port_describe(&req, &rep, 9, &d);
	ck_assert(slice_eq_str(d.reply.json, "{\"keys\":[\"a\",\"b\"],\"truncated\":true}"));
	ck_assert_ptr_nonnull(strstr(shown(&d), "aws.s3.prefix=p/\naws.s3.max_keys=2\n"));

	rep = (struct reply){ .port = PORT_OBJECT, .failed = true, .object = { .status = 404, .code = SLICE_LIT("NoSuchKey") } };
	port_describe(&req, &rep, 9, &d);
	ck_assert_ptr_nonnull(strstr(shown(&d), "aws.s3.error.code=NoSuchKey\n"));
	ck_assert(!d.reply.present);
	arena_release(&arena);
}
END_TEST

START_TEST(calls_show_typed_arguments)
{
	struct request req = request_of(PORT_CALL, "f", "");
	struct call_arg args[] = {
		{ .kind = CALL_STRING, .text = SLICE_LIT("host=x") }, { .kind = CALL_INT, .i = -3 },
		{ .kind = CALL_INT, .i = INT64_MAX },		      { .kind = CALL_DOUBLE, .d = 0.5 },
		{ .kind = CALL_POINTER, .i = 2 },		      { .kind = CALL_NULL },
		{ .kind = CALL_BUFFER, .text = SLICE_LIT("\xff") },   { .kind = CALL_DOUBLE, .d = 1e308 * 10 },
	};
	struct reply rep = { .port = PORT_CALL };
	struct description d;

	req.call = (struct call_request){ .library = SLICE_LIT("libx"), .caller = SLICE_LIT("a.so"), .args = args, .nargs = 8, .result = { .kind = CALL_INT, .i = 5 }, .made = true };
	port_describe(&req, &rep, 9, &d);
	ck_assert_str_eq(shown(&d), "code.function.name=f\nseam.library=libx\nseam.caller=a.so\nseam.arg.0=host=x\nseam.arg.1=-3\n"
				    "seam.arg.2=\"9223372036854775807\"\nseam.arg.3=0.5\nseam.arg.4=\"ptr:2\"\nseam.arg.5=\"NULL\"\n"
				    "seam.arg.6=\"base64:/w==\"\nseam.arg.7=\"inf\"\nseam.result=5\n");
	req.call.made = false;
	rep.call.result = (struct call_arg){ .kind = CALL_NULL };
	rep.call.set_errno = 111;
	port_describe(&req, &rep, 9, &d);
	ck_assert_ptr_nonnull(strstr(shown(&d), "seam.result=\"NULL\"\nseam.errno=111\n"));
	arena_release(&arena);
}
END_TEST

START_TEST(connections_show_transport_and_address)
{
	struct request req = request_of(PORT_CONNECT, "", "udp:statsd:8125");
	struct reply rep = { 0 };
	struct description d;

	req.connect = (struct connect_request){ .boundary = SLICE_LIT("udp:statsd:8125"), .transport = SLICE_LIT("udp") };
	port_describe(&req, &rep, 9, &d);
	ck_assert_str_eq(shown(&d), "network.transport=udp\nserver.address=statsd\nserver.port=8125\n");
	arena_release(&arena);
}
END_TEST

SUITE_BEGIN(describe)
	SUITE_TEST(sql_shows_text_parameters_rows_and_columns);
	SUITE_TEST(sql_errors_and_copies_are_replies_too);
	SUITE_TEST(http_shows_url_status_headers_and_trace_id);
	SUITE_TEST(objects_show_bucket_key_and_what_they_became);
	SUITE_TEST(calls_show_typed_arguments);
	SUITE_TEST(connections_show_transport_and_address);
SUITE_END
