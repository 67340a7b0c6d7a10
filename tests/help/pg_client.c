/*
 * Speaks the Postgres protocol as a client would, prints what the server says,
 * and answers requests from a table the way a host with rules would.
 */
#include "pg_client.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "port/sql.h"

const char PG_CLIENT_END[] = "end";

/* ---- saying ---- */

static void add_string(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s) + 1);
}

static size_t open_message(struct buf *b, char type)
{
	if (type)
		buf_add_char(b, type);
	buf_add_be32(b, 0);
	return b->len - 4;
}

static void close_message(struct buf *b, size_t at)
{
	buf_patch_be32(b, at, (uint32_t)(b->len - at));
}

void pg_client_message(struct buf *b, char type, struct slice body)
{
	size_t at = open_message(b, type);

	buf_add_slice(b, body);
	close_message(b, at);
}

void pg_client_startup(struct buf *b, const char *user, const char *database, ...)
{
	size_t at = open_message(b, 0);
	va_list ap;

	buf_add_be32(b, 3 << 16);
	add_string(b, "user");
	add_string(b, user);
	if (database) {
		add_string(b, "database");
		add_string(b, database);
	}
	va_start(ap, database);
	for (const char *s; (s = va_arg(ap, const char *));)
		add_string(b, s);
	va_end(ap);
	buf_add_char(b, '\0');
	close_message(b, at);
}

void pg_client_code(struct buf *b, uint32_t code)
{
	buf_add_be32(b, 8);
	buf_add_be32(b, code);
}

void pg_client_query(struct buf *b, const char *sql)
{
	pg_client_message(b, 'Q', slice_of(sql, strlen(sql) + 1));
}

void pg_client_parse(struct buf *b, const char *name, const char *sql, ...)
{
	size_t at = open_message(b, 'P');
	uint16_t count = 0;
	va_list ap;

	add_string(b, name);
	add_string(b, sql);
	va_start(ap, sql);
	while (va_arg(ap, int) >= 0)
		count++;
	va_end(ap);
	buf_add_be16(b, count);
	va_start(ap, sql);
	for (uint16_t i = 0; i < count; i++)
		buf_add_be32(b, (uint32_t)va_arg(ap, int));
	va_end(ap);
	close_message(b, at);
}

void pg_client_bind(struct buf *b, const char *portal, const char *statement, int result, ...)
{
	size_t at = open_message(b, 'B');
	const char *value;
	uint16_t count = 0;
	va_list ap;

	add_string(b, portal);
	add_string(b, statement);
	buf_add_be16(b, 0);
	va_start(ap, result);
	while (va_arg(ap, const char *) != PG_CLIENT_END)
		count++;
	va_end(ap);
	buf_add_be16(b, count);
	va_start(ap, result);
	while ((value = va_arg(ap, const char *)) != PG_CLIENT_END) {
		buf_add_be32(b, value ? (uint32_t)strlen(value) : UINT32_MAX);
		buf_add_str(b, value ? value : "");
	}
	va_end(ap);
	buf_add_be16(b, 1);
	buf_add_be16(b, (uint16_t)result);
	close_message(b, at);
}

static void kind_and_name(struct buf *b, char type, char kind, const char *name)
{
	size_t at = open_message(b, type);

	buf_add_char(b, kind);
	add_string(b, name);
	close_message(b, at);
}

void pg_client_describe(struct buf *b, char kind, const char *name)
{
	kind_and_name(b, 'D', kind, name);
}

void pg_client_close(struct buf *b, char kind, const char *name)
{
	kind_and_name(b, 'C', kind, name);
}

void pg_client_execute(struct buf *b, const char *portal, int max_rows)
{
	size_t at = open_message(b, 'E');

	add_string(b, portal);
	buf_add_be32(b, (uint32_t)max_rows);
	close_message(b, at);
}

void pg_client_sync(struct buf *b)
{
	pg_client_message(b, 'S', SLICE_NONE);
}

void pg_client_copy_data(struct buf *b, const char *data)
{
	pg_client_message(b, 'd', slice_str(data));
}

/* ---- hearing ---- */

struct cursor {
	struct slice rest;
};

static uint32_t take(struct cursor *c, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n && i < c->rest.len; i++)
		v = v << 8 | (unsigned char)c->rest.ptr[i];
	c->rest = slice_skip(c->rest, n);
	return v;
}

static struct slice take_string(struct cursor *c)
{
	struct slice s = slice_take(c->rest, slice_find(c->rest, '\0'));

	c->rest = slice_skip(c->rest, s.len + 1);
	return s;
}

static void print_bytes(struct slice s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= ' ' && s.ptr[i] <= '~')
			buf_add_char(out, s.ptr[i]);
		else
			buf_addf(out, "\\%02x", (unsigned char)s.ptr[i]);
}

static void print_columns(struct cursor c, struct buf *out)
{
	for (uint32_t count = take(&c, 2), i = 0; i < count; i++) {
		struct slice name = take_string(&c);

		take(&c, 6); /* table and column */
		uint32_t oid = take(&c, 4);
		take(&c, 6); /* length and modifier */
		buf_addf(out, " %.*s:%u%s", SLICE_ARG(name), oid, take(&c, 2) ? "/b" : "");
	}
}

static void print_row(struct cursor c, struct buf *out)
{
	for (uint32_t count = take(&c, 2), i = 0; i < count; i++) {
		uint32_t len = take(&c, 4);

		buf_add_char(out, i ? '|' : ' ');
		if (len == UINT32_MAX) {
			buf_add_str(out, "NULL");
			continue;
		}
		print_bytes(slice_take(c.rest, len), out);
		c.rest = slice_skip(c.rest, len);
	}
}

/* "E ERROR 42601 message [detail ...] [hint ...] [position 3]" */
static void print_error(struct cursor c, struct buf *out)
{
	static const struct {
		char code;
		const char *name;
	} more[] = { { 'D', "detail" }, { 'H', "hint" }, { 'P', "position" }, { 'W', "where" }, { 's', "schema" },
		     { 't', "table" }, { 'c', "column" }, { 'd', "datatype" }, { 'n', "constraint" } };

	while (c.rest.len > 1) {
		char code = (char)take(&c, 1);
		struct slice text = take_string(&c);

		if (code == 'S' || code == 'C' || code == 'M')
			buf_addf(out, " %.*s", SLICE_ARG(text));
		for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
			if (code == more[i].code)
				buf_addf(out, " [%s %.*s]", more[i].name, SLICE_ARG(text));
	}
}

static void print_message(char type, struct slice body, struct buf *out)
{
	struct cursor c = { body };

	buf_add_char(out, type);
	switch (type) {
	case 'T':
		print_columns(c, out);
		break;
	case 'D':
		print_row(c, out);
		break;
	case 'E':
	case 'N':
		print_error(c, out);
		break;
	case 't':
		for (uint32_t count = take(&c, 2), i = 0; i < count; i++)
			buf_addf(out, " %u", take(&c, 4));
		break;
	case 'R':
		buf_addf(out, " %u", take(&c, 4));
		break;
	case 'S': {
		struct slice name = take_string(&c), value = take_string(&c);

		buf_addf(out, " %.*s=%.*s", SLICE_ARG(name), SLICE_ARG(value));
		break;
	}
	case 'G':
	case 'H': {
		uint32_t format = take(&c, 1);

		buf_addf(out, " %u columns %u", format, take(&c, 2));
		break;
	}
	case 'C':
		body.len--; /* the NUL */
		/* fall through */
	default:
		if (body.len)
			buf_add_char(out, ' ');
		print_bytes(body, out);
	}
	buf_add_char(out, '\n');
}

void pg_client_print(struct slice sent, struct buf *out)
{
	while (sent.len) {
		struct cursor c = { slice_skip(sent, 1) };
		uint32_t len = take(&c, 4);

		if (sent.len < 5 || len < 4 || len > sent.len - 1) {
			buf_add_str(out, "? ");
			print_bytes(sent, out);
			buf_add_char(out, '\n');
			return;
		}
		print_message(sent.ptr[0], slice_take(c.rest, len - 4), out);
		sent = slice_skip(sent, len + 1);
	}
}

/* ---- answering ---- */

static void fill_columns(const char *spec, struct sql_reply *sql, struct arena *a)
{
	struct slice rest = slice_str(spec);

	sql->has_rows = true;
	sql->columns = ARENA_ARRAY(a, struct sql_column, 32);
	while (rest.ptr && rest.len) {
		struct slice type = slice_split(&rest, ' '), name = slice_split(&type, ':');
		uint64_t oid = 25;

		slice_to_u64(type, &oid);
		sql->columns[sql->ncolumns++] = (struct sql_column){ .name = name, .oid = (uint32_t)oid, .typmod = -1 };
	}
}

static void fill_rows(const char *spec, struct sql_reply *sql, struct arena *a)
{
	struct slice rest = slice_str(spec);

	sql->cells = ARENA_ARRAY(a, struct sql_value, strlen(spec) + 32);
	while (rest.ptr && rest.len) {
		struct slice row = slice_split(&rest, ';');

		for (size_t i = 0; i < sql->ncolumns; i++) {
			struct slice cell = slice_split(&row, '|');
			struct sql_value *v = &sql->cells[sql->nrows * sql->ncolumns + i];

			v->null = slice_eq_str(cell, "NULL");
			v->text = cell;
		}
		sql->nrows++;
	}
}

static void fill(const struct pg_canned *c, struct request *req, struct reply *reply)
{
	struct sql_reply *sql = &reply->sql;

	reply->by = BY_RULE;
	if (c->sqlstate) {
		sql->error = ARENA_NEW(req->arena, struct sql_error);
		sql->error->sqlstate = slice_str(c->sqlstate);
		sql->error->message = slice_str(c->message);
		reply->failed = true;
		reply->err = sql->error->sqlstate;
		return;
	}
	if (c->columns)
		fill_columns(c->columns, sql, req->arena);
	if (c->rows && !req->sql.describe)
		fill_rows(c->rows, sql, req->arena);
	if (c->copy_out)
		sql->copy_out = body_of(slice_str(c->copy_out));
	sql->tag = slice_str(c->tag);
}

void pg_client_answer(void *canned, void *state, struct request *req, struct reply *reply)
{
	const struct pg_canned *c = canned;

	ck_assert(req->sql.analysis != NULL);
	for (; c && c->sql && !req->settled; c++)
		if (slice_eq_str(req->sql.text, c->sql)) {
			fill(c, req, reply);
			return;
		}
	if (service_pg.fake->answer(NULL, state, req, reply)) {
		ck_assert_int_eq(reply->by, BY_FAKE);
		return;
	}
	reply->by = BY_NONE;
	reply->failed = true;
}

void pg_client_show(struct request *req, struct buf *line)
{
	const struct sql_request *q = &req->sql;

	buf_addf(line, "%.*s [%.*s]%s%s%s", SLICE_ARG(req->op), SLICE_ARG(q->text), q->describe ? " describe" : "",
		 q->extended ? " extended" : "", req->settled ? " settled" : "");
	for (size_t i = 0; i < q->nparams; i++)
		buf_addf(line, " $%zu=%s%.*s:%u", i + 1, q->params[i].null ? "NULL" : "", SLICE_ARG(q->params[i].text),
			 q->params[i].oid);
	if (q->copy_in)
		buf_addf(line, " <%.*s>", SLICE_ARG(body_slice(q->copy_in)));
}

/* ---- talking ---- */

void pg_talk_init(struct pg_talk *t, const struct pg_canned *canned, void *fake)
{
	*t = (struct pg_talk){ .script = {
		.codec = service_pg.codec,
		.fake = fake,
		.answer = pg_client_answer,
		.show = pg_client_show,
		.arg = (void *)canned,
		.link = { .id = 7 },
	} };
	codec_log_init(&t->log);
	codec_conn_init(&t->conn, &t->script, &t->log);
	buf_init(&t->said, 64 * 1024 * 1024);
	buf_init(&t->heard, 64 * 1024 * 1024);
}

void pg_talk_release(struct pg_talk *t)
{
	codec_conn_release(&t->conn);
	codec_log_release(&t->log);
	buf_release(&t->said);
	buf_release(&t->heard);
}

const char *pg_talk(struct pg_talk *t)
{
	buf_reset(&t->heard);
	buf_reset(&t->log.sent);
	buf_reset(&t->log.requests);
	codec_conn_feed(&t->conn, buf_slice(&t->said));
	buf_reset(&t->said);
	pg_client_print(buf_slice(&t->log.sent), &t->heard);
	return t->heard.ptr;
}

void pg_talk_start(struct pg_talk *t, const struct pg_canned *canned)
{
	pg_talk_init(t, canned, NULL);
	pg_client_startup(&t->said, "app", "shop", NULL);
	ck_assert(strstr(pg_talk(t), "Z I\n") != NULL);
}

const char *pg_talk_query(struct pg_talk *t, const char *sql)
{
	pg_client_query(&t->said, sql);
	return pg_talk(t);
}
