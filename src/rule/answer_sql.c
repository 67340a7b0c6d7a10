/*
 * Task: replies to SQL from a rule: rows with their types, a tag, an error, or
 * the data of COPY ... TO STDOUT, which is formatted here from rows when the
 * rule gives rows (PostgreSQL manual, "COPY", File Formats).
 */
#include <stdio.h>

#include "rule/model.h"

#define COPY_MAX (256 * 1024 * 1024) /* rows of a rule file, formatted */

static const struct sql_value *cells_of(struct rules *r, struct rule_hit *hit, struct request *req)
{
	const struct action *a = hit->action;

	if (a->values)
		return a->values;
	struct sql_value *cells = ARENA_ARRAY(req->arena, struct sql_value, a->nrows * a->ncolumns + 1);
	for (size_t i = 0; i < a->nrows * a->ncolumns; i++) {
		cells[i].null = a->cells[i].null;
		cells[i].oid = a->columns[i % a->ncolumns].oid;
		if (!cells[i].null)
			cells[i].text = template_text(&a->cells[i].value, r, hit, req);
	}
	return cells;
}

static struct body *copy_rows(const struct action *a, const struct sql_value *cells, const struct sql_analysis *an)
{
	struct buf out;

	buf_init(&out, COPY_MAX);
	if (an->copy_header)
		sql_copy_header(an, a->columns, a->ncolumns, &out);
	for (size_t i = 0; i < a->nrows; i++)
		sql_copy_row(an, a->columns, cells + i * a->ncolumns, a->ncolumns, &out);
	struct body *body = body_of(buf_slice(&out));
	buf_release(&out);
	return body;
}

static void set_error(struct request *req, struct reply *reply, struct slice sqlstate, struct slice message)
{
	struct sql_error *e = ARENA_NEW(req->arena, struct sql_error);

	e->sqlstate = sqlstate;
	e->message = message;
	reply->sql.error = e;
	reply->failed = true;
	reply->err = sqlstate;
}

static void answer_error(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	const struct action *a = hit->action;

	set_error(req, reply, a->code, template_text(&a->message, r, hit, req));
	struct sql_error *e = reply->sql.error;
	e->severity = a->severity;
	e->detail = template_text(&a->detail, r, hit, req);
	e->hint = template_text(&a->hint, r, hit, req);
	e->where = template_text(&a->where, r, hit, req);
	e->position = a->position;
	e->schema = a->schema;
	e->table = a->table;
	e->column = a->column;
	e->datatype = a->datatype;
	e->constraint = a->constraint;
}

static void answer_copy(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply, size_t *rows)
{
	const struct action *a = hit->action;
	const struct sql_analysis *an = req->sql.analysis;

	if (an->copy_binary && !a->has_rows && a->body != BODY_FIXED) {
		set_error(req, reply, SLICE_LIT("0A000"),
			  arena_printf(req->arena, "COPY in binary format is answered by \"rows\", \"file\" or \"base64\"; rule %s has text", hit->rule->id));
		return;
	}
	if (a->has_rows) {
		*rows = a->nrows;
		reply->sql.columns = a->columns;
		reply->sql.ncolumns = a->ncolumns;
		reply->sql.copy_out = copy_rows(a, cells_of(r, hit, req), an);
		return;
	}
	struct slice data = a->body == BODY_FIXED ? a->fixed : template_text(&a->text, r, hit, req);
	reply->sql.copy_out = body_of(data);
	*rows = sql_copy_rows(an, data);
}

void answer_sql(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	const struct action *a = hit->action;
	const struct sql_analysis *an = req->sql.analysis;
	size_t rows = 0;

	reply->port = PORT_SQL;
	if (a->has_error) {
		answer_error(r, hit, req, reply);
		return;
	}
	/* In binary format rows stay rows: only their service knows how values look. */
	if (an->copy_to_stdout && (a->body != BODY_NONE || (a->has_rows && !an->copy_binary))) {
		answer_copy(r, hit, req, reply, &rows);
		if (reply->failed)
			return;
	} else if (a->has_rows) {
		rows = a->nrows;
		reply->sql.has_rows = true;
		reply->sql.columns = a->columns;
		reply->sql.ncolumns = a->ncolumns;
		reply->sql.nrows = a->nrows;
		/* Asked to describe, only the columns matter: templates are not drawn. */
		if (!req->sql.describe)
			reply->sql.cells = (struct sql_value *)cells_of(r, hit, req);
		else
			reply->sql.nrows = 0;
	} else if (an->returns_rows) {
		/* A tag alone for a SELECT: a result without columns or rows, which PostgreSQL has too. */
		reply->sql.has_rows = true;
	}
	if (an->copy_from_stdin && req->sql.copy_in)
		rows = sql_copy_rows(an, body_slice(req->sql.copy_in));
	reply->sql.tag = a->has_tag ? template_text(&a->tag, r, hit, req) : sql_tag(an, rows, req->arena);
}
