/*
 * The simple protocol: one Query message, its statements one request each, one
 * ReadyForQuery. An error drops the statements that are left.
 *
 * Source: manual 55.2.2; exec_simple_query in PostgreSQL 15.
 */
#include "base/utf8.h"
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"

static enum decode refused(struct pg_conn *c, struct buf *out)
{
	pg_session_fail(&c->session);
	pg_ready(c, out);
	return DECODE_OWN;
}

static enum decode empty(struct pg_conn *c, struct buf *out)
{
	c->query.at = c->query.count = 0;
	pg_write_empty(out, 'I'); /* EmptyQueryResponse */
	pg_ready(c, out);
	return DECODE_OWN;
}

enum decode pg_query_start(struct pg_conn *c, struct slice body, struct request *req, struct buf *out)
{
	struct pg_query *q = &c->query;
	struct pg_reader r = { .rest = body };
	struct slice text = pg_read_string(&r);
	const char *wrong = pg_read_end(&r);

	pg_statement_close(&c->portals, SLICE_NONE);
	pg_portal_close(&c->portals, SLICE_NONE);
	if (wrong)
		pg_error_send(out, "ERROR", "08P01", "%s", wrong);
	if (wrong || pg_error_utf8(out, text))
		return refused(c, out);
	arena_reset(&q->arena);
	q->at = 0;
	q->count = 1;
	/* Nearly every query is one statement: only a semicolon inside makes it worth asking the parser. */
	struct slice trimmed = pg_trim(text);
	bool several = slice_find(trimmed, ';') < trimmed.len;
	q->text = arena_slice(several ? &q->arena : req->arena, text);
	if (several) {
		q->count = sql_split(q->text, &q->arena, &q->list);
	} else {
		q->one = pg_trim(q->text);
		q->list = &q->one;
	}
	c->session.block = q->count > 1;
	return pg_query_next(c, req, out);
}

enum decode pg_query_next(struct pg_conn *c, struct request *req, struct buf *out)
{
	struct pg_query *q = &c->query;

	if (!q->count)
		return empty(c, out);
	struct slice text = pg_trim(q->list[q->at]);
	const struct sql_analysis *an = sql_analyse(text);
	if (an->empty)
		return empty(c, out);
	pg_request_fill(c, req, text, an);
	c->ask = PG_ASK_QUERY;
	if (an->valid && an->copy_from_stdin && !req->settled) {
		return pg_copy_begin(c, req, an, out);
	}
	return DECODE_REQUEST;
}

/* Characters of the whole query before this statement. */
static size_t offset_of(const struct pg_query *q, struct slice statement)
{
	return slice_chars(slice_take(q->text, (size_t)(statement.ptr - q->text.ptr)));
}

/* Everything but an error; NULL, or the error that came up while writing. */
static const struct sql_error *write_answer(const struct request *req, const struct reply *reply, struct buf *out)
{
	const struct sql_reply *sql = &reply->sql;
	const struct pg_formats formats = PG_FORMATS_TEXT;
	struct sql_error *wrong = NULL;
	size_t copied = 0;

	pg_write_notices(reply, out);
	if (slice_eq_str(req->op, "copy")) {
		const struct sql_analysis *an = sql_analyse(req->sql.text);

		if (an->copy_to_stdout)
			wrong = pg_copy_out(an, sql, req->arena, out, &copied);
		else if (req->sql.copy_in)
			copied = sql_copy_rows(an, body_slice(req->sql.copy_in));
	} else if (sql->has_rows) {
		pg_write_columns(out, sql, &formats);
		wrong = pg_write_rows(out, sql, &formats, 0, sql->nrows, req->arena);
	}
	if (!wrong)
		pg_write_complete(out, pg_answer_tag(req, reply, copied));
	return wrong;
}

void pg_query_encode(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out)
{
	struct pg_query *q = &c->query;
	const struct sql_error *error = pg_answer_error(req, reply);

	if (error) {
		const struct pg_formats formats = PG_FORMATS_TEXT;
		struct sql_reply told = { .columns = reply->sql.announced, .ncolumns = reply->sql.nannounced };

		pg_write_notices(reply, out);
		if (told.columns)
			pg_write_columns(out, &told, &formats);
	} else
		error = write_answer(req, reply, out);
	if (error)
		pg_error_write(out, error, error->position ? offset_of(q, req->sql.text) : 0);
	char before = c->session.status;
	pg_session_after(&c->session, c->verb, req->sql.text, error != NULL, req->arena);
	pg_engine_after(c, c->verb, req->sql.text, before, req->arena);
	q->at++;
	if (error)
		q->at = q->count;
	if (q->at >= q->count) {
		q->at = q->count = 0;
		pg_ready(c, out);
	}
}
