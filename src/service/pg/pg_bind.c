/*
 * Bind: a statement and values become a portal. Values that came in binary are
 * turned into text here, so that rules and the trace see what they mean.
 *
 * Source: manual 55.7, Bind; exec_bind_message in PostgreSQL 15.
 */
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_types.h"

static enum decode refuse(struct pg_conn *c)
{
	c->skip = true;
	pg_session_fail(&c->session);
	return DECODE_OWN;
}
#define REFUSE(c, out, sqlstate, ...) (pg_error_send(out, "ERROR", sqlstate, __VA_ARGS__), refuse(c))

static struct pg_formats read_formats(struct pg_reader *r, struct arena *a)
{
	size_t count = pg_read_int16(r);

	if (!count || r->rest.len < count * 2) {
		pg_read_bytes(r, count * 2); /* none, or more than there are: r turns bad */
		return PG_FORMATS_TEXT;
	}
	uint16_t *list = arena_alloc(a, count * sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = pg_read_int16(r);
	return (struct pg_formats){ .list = list, .count = count };
}

/* The first format that is neither text nor binary, or -1. */
static int bad_format(const struct pg_formats *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i] > 1)
			return (int16_t)f->list[i];
	return -1;
}

/* False: an error was written. */
static bool read_value(struct pg_conn *c, struct pg_reader *r, uint16_t format, size_t number, struct sql_value *v,
		       struct arena *a, struct buf *out)
{
	uint32_t len = pg_read_int32(r);

	if (len == UINT32_MAX) {
		v->null = true;
		return true;
	}
	struct slice bytes = pg_read_bytes(r, len);
	if (r->bad)
		return true; /* said once for the whole message */
	if (!format) {
		if (pg_error_utf8(out, bytes))
			return false;
		v->text = arena_slice(a, bytes);
		return true;
	}
	const struct pg_type *type = pg_type_find(v->oid);
	if (!type && pg_engine_read_binary(c, v->oid, bytes, a, &v->text))
		return true;
	if (!type) {
		pg_error_send(out, "ERROR", "42883", "no binary input function available for type %u", v->oid);
		return false;
	}
	buf_reset(&c->scratch);
	if (!type->recv(type, bytes, &c->scratch) || buf_failed(&c->scratch)) {
		pg_error_send(out, "ERROR", "22P03", "incorrect binary data format in bind parameter %zu", number + 1);
		return false;
	}
	if (pg_error_utf8(out, buf_slice(&c->scratch)))
		return false;
	v->text = arena_slice(a, buf_slice(&c->scratch));
	return true;
}

/* The values and the result formats. False: an error was written. */
static bool read_values(struct pg_conn *c, struct pg_reader *r, const struct pg_formats *formats, size_t count,
			struct pg_portal *portal, struct buf *out)
{
	const struct pg_statement *st = portal->statement;

	portal->params = ARENA_ARRAY(&portal->arena, struct sql_value, count + 1);
	portal->nparams = count;
	for (size_t i = 0; i < count && !r->bad; i++) {
		portal->params[i].oid = st->params[i];
		if (!read_value(c, r, pg_format(formats, i), i, &portal->params[i], &portal->arena, out))
			return false;
	}
	portal->formats = read_formats(r, &portal->arena);
	const char *wrong = pg_read_end(r);
	if (wrong)
		pg_error_send(out, "ERROR", "08P01", "%s", wrong);
	return !wrong; /* a result format that is none is an error of Execute */
}

/* A failed transaction takes nothing but its end: the request is refused, and
 * the trace shows what was tried. */
static enum decode refused(struct pg_conn *c, struct pg_statement *st, const struct sql_analysis *an, struct request *req)
{
	struct slice text = arena_slice(req->arena, st->text);

	pg_request_fill(c, req, text, an);
	req->sql.extended = true;
	c->ask = PG_ASK_REFUSED;
	return DECODE_REQUEST;
}

enum decode pg_bind_decode(struct pg_conn *c, struct slice body, struct request *req, struct buf *out)
{
	struct pg_reader r = { .rest = body };
	struct slice name = pg_read_string(&r), statement = pg_read_string(&r);
	struct pg_statement *st = pg_statement_find(&c->portals, statement);

	if (r.bad)
		return REFUSE(c, out, "08P01", "%s", pg_read_end(&r));
	if (!st && statement.len)
		return REFUSE(c, out, "26000", "prepared statement \"%.*s\" does not exist", SLICE_ARG(statement));
	if (!st)
		return REFUSE(c, out, "26000", "unnamed prepared statement does not exist");
	struct pg_formats formats = read_formats(&r, req->arena);
	size_t count = pg_read_int16(&r);
	if (r.bad)
		return REFUSE(c, out, "08P01", "%s", pg_read_end(&r));
	if (formats.count > 1 && formats.count != count)
		return REFUSE(c, out, "08P01", "bind message has %zu parameter formats but %zu parameters", formats.count, count);
	if (count != st->nparams)
		return REFUSE(c, out, "08P01", "bind message supplies %zu parameters, but prepared statement \"%.*s\" requires %zu",
			      count, SLICE_ARG(statement), st->nparams);
	int code = bad_format(&formats);
	if (code >= 0)
		return REFUSE(c, out, "22023", "unsupported format code: %d", code);
	if (c->session.status == 'E' && !st->empty) {
		const struct sql_analysis *an = sql_analyse(st->text);

		if (pg_refuses(c, pg_verb_of(an)))
			return refused(c, st, an, req);
	}
	if (name.len && pg_portal_find(&c->portals, name))
		return REFUSE(c, out, "42P03", "cursor \"%.*s\" already exists", SLICE_ARG(name));
	struct pg_portal *portal = pg_portal_open(&c->portals, name, st);
	if (!read_values(c, &r, &formats, count, portal, out)) {
		pg_portal_close(&c->portals, name);
		return refuse(c);
	}
	if (st->described && portal->formats.count > 1 && portal->formats.count != st->ncolumns) {
		pg_error_send(out, "ERROR", "08P01", "bind message has %zu result formats but query has %zu columns",
			      portal->formats.count, st->ncolumns);
		pg_portal_close(&c->portals, name);
		return refuse(c);
	}
	pg_write_empty(out, '2'); /* BindComplete */
	return DECODE_OWN;
}
