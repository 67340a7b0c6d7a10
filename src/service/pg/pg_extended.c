/*
 * The extended protocol: Parse, Describe, Execute, Close, Flush and Sync. An
 * error makes everything up to Sync be ignored. Bind is in pg_bind.c.
 *
 * Columns that Describe announces come from a request with sql.describe set:
 * the host looks what would answer, and nothing happens. Source: manual 55.2.3.
 */
#include <stdlib.h>

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

/* The request about a statement; `c->statement` holds it until the answer. */
static enum decode ask(struct pg_conn *c, enum pg_ask what, struct pg_statement *st, struct pg_portal *portal,
		       struct request *req)
{
	pg_request_fill(c, req, st->text, sql_analyse(st->text));
	req->sql.extended = true;
	req->settled |= what == PG_ASK_REFUSED;
	req->sql.describe = what == PG_ASK_DESCRIBE_STATEMENT || what == PG_ASK_DESCRIBE_PORTAL || what == PG_ASK_PEEK;
	if (portal) {
		req->sql.params = portal->params;
		req->sql.nparams = portal->nparams;
	}
	c->ask = what;
	if (c->statement != st) {
		st->refs++;
		pg_statement_drop(c->statement);
		c->statement = st;
	}
	c->portal = portal;
	return DECODE_REQUEST;
}

/* ---- Parse ---- */

static void parse_done(struct pg_conn *c, struct slice name, struct pg_statement *st, struct buf *out)
{
	pg_statement_keep(&c->portals, name, st);
	pg_write_empty(out, '1'); /* ParseComplete */
}

/* The client's types, then the casts in the text, then text. */
static void parameter_types(struct pg_statement *st, const struct sql_analysis *an, struct pg_reader types)
{
	for (size_t i = 0; i < st->nparams; i++) {
		uint32_t oid = types.rest.len ? pg_read_int32(&types) : 0;

		if ((!oid || oid == 705) && i < an->nparams && an->param_oids[i])
			oid = an->param_oids[i];
		st->params[i] = oid && oid != 705 ? oid : PG_OID_TEXT;
	}
}

static enum decode parse(struct pg_conn *c, struct slice body, struct request *req, struct buf *out)
{
	struct pg_reader r = { .rest = body };
	struct slice name = pg_read_string(&r), text = pg_read_string(&r);
	size_t ntypes = pg_read_int16(&r);
	struct pg_reader types = { .rest = pg_read_bytes(&r, ntypes * 4) };
	const char *wrong = pg_read_end(&r);
	struct slice *list;

	if (wrong)
		return REFUSE(c, out, "08P01", "%s", wrong);
	if (pg_error_utf8(out, text))
		return refuse(c);
	const char *start = text.ptr;
	text = pg_trim(text);
	if (slice_find(text, ';') < text.len && sql_split(text, req->arena, &list) > 1)
		return REFUSE(c, out, "42601", "cannot insert multiple commands into a prepared statement");
	const struct sql_analysis *an = sql_analyse(text);
	/* the parameters in PREPARE are of the statement that it makes; a view can have none */
	bool none = slice_eq_str(an->verb, "PREPARE") || slice_eq_str(an->verb, "CREATE VIEW");
	size_t own = none ? 0 : an->nparams, nparams = own > ntypes ? own : ntypes;
	struct pg_statement *st = pg_statement_new(&c->portals, name, text, nparams);

	bool cannot = false;

	st->lead = (size_t)(text.ptr - start);
	st->empty = an->empty;
	parameter_types(st, an, types);
	if (an->valid && !an->empty && pg_verb_of(an) == PG_OTHER && !pg_refuses(c, PG_OTHER)) {
		struct pg_reader said = { .rest = types.rest };
		uint32_t *given = ARENA_ARRAY(req->arena, uint32_t, ntypes + 1);

		for (size_t i = 0; i < ntypes; i++)
			given[i] = pg_read_int32(&said);
		if (pg_engine_params(c, text, given, ntypes, st->params, nparams, req->arena) < 0) {
			for (size_t i = 0; i < nparams; i++)
				st->params[i] = i < ntypes ? given[i] : 0;
			cannot = true;
		}
	}
	if (!an->empty && (cannot || !an->valid || pg_refuses(c, pg_verb_of(an)))) {
		/* A rule may know a text that PostgreSQL does not; else the error is asked for. */
		free((char *)c->parse_name.ptr);
		c->parse_name = slice_of(strndup(name.ptr, name.len), name.len);
		ask(c, (an->valid && !cannot) || c->session.status == 'E' ? PG_ASK_REFUSED : PG_ASK_PEEK, st, NULL, req);
		pg_statement_drop(st); /* c->statement has it */
		return DECODE_REQUEST;
	}
	if (name.len && pg_statement_find(&c->portals, name)) {
		pg_statement_drop(st);
		return REFUSE(c, out, "42P05", "prepared statement \"%.*s\" already exists", SLICE_ARG(name));
	}
	parse_done(c, name, st, out);
	return DECODE_OWN;
}

enum decode pg_extended_refused(struct pg_conn *c, struct request *req)
{
	c->refuse_next = false;
	return ask(c, PG_ASK_REFUSED, c->statement, NULL, req);
}

static void peek_encode(struct pg_conn *c, const struct reply *reply, struct buf *out)
{
	if (reply->by == BY_NONE || (reply->by == BY_FAKE && reply->failed)) {
		c->refuse_next = true; /* nobody knows it: what is wrong with it is an event */
		return;
	}
	c->statement->refs++;
	parse_done(c, c->parse_name, c->statement, out);
}

/* ---- Describe ---- */

static void write_parameters(const struct pg_statement *st, struct buf *out)
{
	size_t at = pg_write_begin(out, 't');

	buf_add_be16(out, (uint16_t)st->nparams);
	for (size_t i = 0; i < st->nparams; i++)
		buf_add_be32(out, st->params[i]);
	pg_write_end(out, at);
}

/* A cursor of DECLARE is a portal, too: it has the columns of its FETCH. */
static enum decode describe_cursor(struct pg_conn *c, struct slice name, struct request *req)
{
	struct buf text;

	buf_init(&text, 1024 * 1024); /* bytes: a name is below 64 */
	buf_add_str(&text, "FETCH FORWARD 0 FROM \"");
	for (size_t i = 0; i < name.len; i++)
		buf_add_str(&text, name.ptr[i] == '"' ? "\"\"" : (char[2]){ name.ptr[i], 0 });
	buf_add_char(&text, '"');
	struct pg_statement *st = pg_statement_new(&c->portals, SLICE_LIT("cursor"), buf_slice(&text), 0);
	buf_release(&text);
	enum decode d = ask(c, PG_ASK_DESCRIBE_PORTAL, st, NULL, req);

	pg_statement_drop(st); /* c->statement has it */
	return d;
}

static enum decode describe(struct pg_conn *c, struct slice body, struct request *req, struct buf *out)
{
	struct pg_reader r = { .rest = body };
	char kind = (char)pg_read_byte(&r);
	struct slice name = pg_read_string(&r);
	const char *wrong = pg_read_end(&r);
	struct pg_portal *portal = NULL;
	struct pg_statement *st;

	if (wrong)
		return REFUSE(c, out, "08P01", "%s", wrong);
	if (kind == 'S') {
		st = pg_statement_find(&c->portals, name);
		if (!st && name.len)
			return REFUSE(c, out, "26000", "prepared statement \"%.*s\" does not exist", SLICE_ARG(name));
		if (!st)
			return REFUSE(c, out, "26000", "unnamed prepared statement does not exist");
	} else if (kind == 'P') {
		portal = pg_portal_find(&c->portals, name);
		if (!portal && pg_engine_cursor(c, name))
			return describe_cursor(c, name, req);
		if (!portal)
			return REFUSE(c, out, "34000", "portal \"%.*s\" does not exist", SLICE_ARG(name));
		st = portal->statement;
	} else {
		return REFUSE(c, out, "08P01", "invalid DESCRIBE message subtype %d", kind);
	}
	if (st->empty) {
		if (!portal)
			write_parameters(st, out);
		pg_write_empty(out, 'n'); /* NoData */
		return DECODE_OWN;
	}
	return ask(c, portal ? PG_ASK_DESCRIBE_PORTAL : PG_ASK_DESCRIBE_STATEMENT, st, portal, req);
}

static void describe_encode(struct pg_conn *c, const struct reply *reply, struct buf *out)
{
	const struct pg_formats text = PG_FORMATS_TEXT;
	const struct sql_reply *sql = &reply->sql;
	struct pg_statement *st = c->statement;
	bool known = reply->by != BY_NONE && !sql->error;

	/* An error of the fake is of the statement itself; a rule's comes with Execute. */
	if (reply->by == BY_FAKE && sql->error) {
		pg_error_write(out, sql->error, st->lead);
		refuse(c);
		return;
	}
	if (c->ask == PG_ASK_DESCRIBE_STATEMENT)
		write_parameters(st, out);
	if (known)
		pg_statement_describe(st, sql);
	if (known && sql->has_rows)
		pg_write_columns(out, sql, c->portal ? &c->portal->formats : &text);
	else
		pg_write_empty(out, 'n'); /* NoData */
}

/* ---- Execute ---- */

static void suspended_or_complete(struct pg_portal *portal, size_t rows, uint32_t max_rows, struct arena *a, struct buf *out)
{
	if (portal->rest_at < portal->rest.len || (max_rows && rows == max_rows)) {
		pg_write_empty(out, 's'); /* PortalSuspended */
		return;
	}
	portal->state = PG_PORTAL_DONE;
	/* A SELECT counts the rows of its last part, everything else all of them (PortalRun). */
	if (slice_has_prefix(portal->tag, SLICE_LIT("SELECT ")))
		pg_write_complete(out, arena_printf(a, "SELECT %zu", rows));
	else
		pg_write_complete(out, portal->tag);
}

static enum decode execute(struct pg_conn *c, struct slice body, struct request *req, struct buf *out)
{
	struct pg_reader r = { .rest = body };
	struct slice name = pg_read_string(&r);
	uint32_t most = pg_read_int32(&r);
	const char *wrong = pg_read_end(&r);
	struct pg_portal *portal = pg_portal_find(&c->portals, name);

	if (wrong)
		return REFUSE(c, out, "08P01", "%s", wrong);
	if (!portal)
		return REFUSE(c, out, "34000", "portal \"%.*s\" does not exist", SLICE_ARG(name));
	if (portal->statement->empty) {
		pg_write_empty(out, 'I'); /* EmptyQueryResponse */
		return DECODE_OWN;
	}
	if (c->session.status == 'E' && portal->state != PG_PORTAL_NEW)
		return REFUSE(c, out, "25P02", PG_ABORTED);
	c->max_rows = most > INT32_MAX ? 0 : most; /* a negative limit is none */
	if (portal->state == PG_PORTAL_SUSPENDED) {
		size_t rows = pg_portal_resume(portal, c->max_rows, out);

		suspended_or_complete(portal, rows, c->max_rows, req->arena, out);
		return DECODE_OWN;
	}
	if (portal->state == PG_PORTAL_DONE && !portal->rows)
		return REFUSE(c, out, "55000", "portal \"%.*s\" cannot be run", SLICE_ARG(name));
	if (portal->state == PG_PORTAL_DONE) {
		/* at its end for good: no rows, and SHOW and its like keep their tag */
		pg_write_complete(out, slice_has_prefix(portal->tag, SLICE_LIT("SELECT ")) ? SLICE_LIT("SELECT 0") : portal->tag);
		return DECODE_OWN;
	}
	ask(c, PG_ASK_EXECUTE, portal->statement, portal, req);
	if (req->sql.analysis->valid && req->sql.analysis->copy_from_stdin && !req->settled) {
		return pg_copy_begin(c, req, req->sql.analysis, out);
	}
	return DECODE_REQUEST;
}

/* Formats that do not fit the answer; or the client has been told other columns
 * than the answer has: in text that is only wrong when the number differs. */
static struct sql_error *unfit(const struct pg_statement *st, const struct pg_formats *formats, const struct sql_reply *sql,
				 struct arena *a)
{
	bool same = !st->described || st->ncolumns == sql->ncolumns;

	if (formats->count > 1 && formats->count != sql->ncolumns)
		return pg_error_new(a, "08P01", "bind message has %zu result formats but query has %zu columns", formats->count,
				    sql->ncolumns);
	for (size_t i = 0; i < formats->count; i++)
		if (formats->list[i] > 1)
			return pg_error_new(a, "22023", "unsupported format code: %d", (int16_t)formats->list[i]);

	for (size_t i = 0; st->described && same && i < sql->ncolumns; i++)
		same = !pg_format(formats, i) || st->columns[i] == sql->columns[i].oid;
	if (same)
		return NULL;
	struct sql_error *e = pg_error_new(a, "0A000", "cached plan must not change result type");
	e->detail = arena_printf(a, "Describe announced %zu columns, the answer to Execute has %zu", st->ncolumns,
				 sql->ncolumns);
	e->hint = SLICE_LIT("give every answer to this statement the same columns and types");
	return e;
}

static const struct sql_error *execute_rows(struct pg_conn *c, const struct request *req, const struct reply *reply,
					    struct buf *out)
{
	const struct sql_reply *sql = &reply->sql;
	struct pg_portal *p = c->portal;
	struct sql_error *wrong = unfit(p->statement, &p->formats, sql, req->arena);
	size_t now = c->max_rows && c->max_rows < sql->nrows ? c->max_rows : sql->nrows;

	if (wrong)
		return wrong;
	p->formats.send = pg_engine_send;
	p->formats.of = c;
	wrong = pg_write_rows(out, sql, &p->formats, 0, now, req->arena);
	if (!wrong && now < sql->nrows)
		wrong = pg_write_rows(&p->rest, sql, &p->formats, now, sql->nrows, req->arena);
	if (wrong)
		return wrong;
	p->rows = true;
	p->tag = arena_slice(&p->arena, pg_answer_tag(req, reply, 0));
	if (c->max_rows && sql->nrows >= c->max_rows) {
		p->state = PG_PORTAL_SUSPENDED;
		pg_write_empty(out, 's'); /* PortalSuspended */
	} else {
		p->state = PG_PORTAL_DONE;
		pg_write_complete(out, p->tag);
	}
	return NULL;
}

static const struct sql_error *execute_answer(struct pg_conn *c, const struct request *req, const struct reply *reply,
					      struct buf *out)
{
	size_t copied = 0;

	pg_write_notices(reply, out);
	if (slice_eq_str(req->op, "copy")) {
		const struct sql_analysis *an = sql_analyse(req->sql.text);
		const struct sql_error *wrong = NULL;

		if (an->copy_to_stdout)
			wrong = pg_copy_out(an, &reply->sql, req->arena, out, &copied);
		else if (req->sql.copy_in)
			copied = sql_copy_rows(an, body_slice(req->sql.copy_in));
		if (wrong)
			return wrong;
	} else if (reply->sql.has_rows) {
		return execute_rows(c, req, reply, out);
	}
	c->portal->state = PG_PORTAL_DONE;
	pg_write_complete(out, pg_answer_tag(req, reply, copied));
	return NULL;
}

static void execute_encode(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out)
{
	const struct sql_error *error = pg_answer_error(req, reply);

	if (error)
		pg_write_notices(reply, out);
	else
		error = execute_answer(c, req, reply, out);
	char before = c->session.status;
	pg_session_after(&c->session, c->verb, req->sql.text, error != NULL, req->arena);
	pg_engine_after(c, c->verb, req->sql.text, before, req->arena);
	if (error) {
		pg_error_write(out, error, c->statement ? c->statement->lead : 0);
		c->skip = true;
	}
}

/* Parse and Bind have nothing but the error to say. */
static void refused_encode(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out)
{
	const struct sql_error *error = pg_answer_error(req, reply);

	if (!error)
		error = pg_error_new(req->arena, "25P02", PG_ABORTED);
	pg_error_write(out, error, c->statement ? c->statement->lead : 0);
	refuse(c);
}

/* ---- the rest ---- */

static enum decode close_named(struct pg_conn *c, struct slice body, struct buf *out)
{
	struct pg_reader r = { .rest = body };
	char kind = (char)pg_read_byte(&r);
	struct slice name = pg_read_string(&r);
	const char *wrong = pg_read_end(&r);

	if (wrong)
		return REFUSE(c, out, "08P01", "%s", wrong);
	if (kind != 'S' && kind != 'P')
		return REFUSE(c, out, "08P01", "invalid CLOSE message subtype %d", kind);
	/* closing what is not there is no error */
	if (kind == 'S')
		pg_statement_close(&c->portals, name);
	else if (pg_portal_find(&c->portals, name) || !pg_engine_close_cursor(c, name))
		pg_portal_close(&c->portals, name);
	pg_write_empty(out, '3'); /* CloseComplete */
	return DECODE_OWN;
}

enum decode pg_extended_decode(struct pg_conn *c, char type, struct slice body, struct request *req, struct buf *out)
{
	if (type == 'S') {
		c->skip = false;
		pg_ready(c, out);
		return DECODE_OWN;
	}
	if (c->skip || type == 'H') /* Flush: the host sends as soon as it can */
		return DECODE_OWN;
	switch (type) {
	case 'P':
		return parse(c, body, req, out);
	case 'B':
		return pg_bind_decode(c, body, req, out);
	case 'D':
		return describe(c, body, req, out);
	case 'E':
		return execute(c, body, req, out);
	default:
		return close_named(c, body, out);
	}
}

void pg_extended_encode(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out)
{
	switch (c->ask) {
	case PG_ASK_PEEK:
		peek_encode(c, reply, out);
		break;
	case PG_ASK_DESCRIBE_STATEMENT:
	case PG_ASK_DESCRIBE_PORTAL:
		describe_encode(c, reply, out);
		break;
	case PG_ASK_REFUSED:
		refused_encode(c, req, reply, out);
		break;
	default:
		execute_encode(c, req, reply, out);
		break;
	}
	if (!c->refuse_next) {
		pg_statement_drop(c->statement);
		c->statement = NULL;
		c->portal = NULL;
	}
}
