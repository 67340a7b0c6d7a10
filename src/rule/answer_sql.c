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

/* Text format: backslash escapes for what would end a field or a row. */
static void copy_text(struct buf *out, struct slice s, char delimiter)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		const char *escape = c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
		if (escape && !(c == '\t' && delimiter != '\t')) {
			buf_add_str(out, escape);
			continue;
		}
		if (c == delimiter)
			buf_add_char(out, '\\');
		buf_add_char(out, c);
	}
}

/* CSV: quoted when the value holds the delimiter, a quote or a line end, or reads as NULL. */
static void copy_csv(struct buf *out, struct slice s, char delimiter, struct slice null)
{
	bool quote = slice_eq(s, null) || slice_eq_str(s, "\\.");

	for (size_t i = 0; i < s.len && !quote; i++)
		quote = s.ptr[i] == delimiter || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (!quote) {
		buf_add_slice(out, s);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, '"');
}

static struct body *copy_rows(const struct action *a, const struct sql_value *cells, const struct sql_analysis *an)
{
	char delimiter = an->copy_delimiter ? an->copy_delimiter : an->copy_csv ? ',' : '\t';
	struct slice null = an->copy_null.ptr ? an->copy_null : an->copy_csv ? SLICE_LIT("") : SLICE_LIT("\\N");
	struct buf out;

	buf_init(&out, COPY_MAX);
	for (size_t i = 0; an->copy_header && i < a->ncolumns; i++) {
		if (i)
			buf_add_char(&out, delimiter);
		if (an->copy_csv)
			copy_csv(&out, a->columns[i].name, delimiter, SLICE_NONE);
		else
			copy_text(&out, a->columns[i].name, delimiter);
	}
	if (an->copy_header)
		buf_add_char(&out, '\n');
	for (size_t i = 0; i < a->nrows * a->ncolumns; i++) {
		bool last = (i + 1) % a->ncolumns == 0;
		if (cells[i].null)
			buf_add_slice(&out, null);
		else if (an->copy_csv)
			copy_csv(&out, cells[i].text, delimiter, null);
		else
			copy_text(&out, cells[i].text, delimiter);
		buf_add_char(&out, last ? '\n' : delimiter);
	}
	struct body *body = body_of(buf_slice(&out));
	buf_release(&out);
	return body;
}

static size_t count_lines(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n + (s.len && s.ptr[s.len - 1] != '\n');
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

	if (an->copy_binary && a->body != BODY_FIXED) {
		set_error(req, reply, SLICE_LIT("0A000"),
			  arena_printf(req->arena, "COPY in binary format is answered by \"file\" or \"base64\"; rule %s has text", hit->rule->id));
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
	/* The header line of CSV is not counted (CopyTo). */
	*rows = count_lines(data);
	if (an->copy_header && *rows)
		--*rows;
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
	if (an->copy_to_stdout && (a->has_rows || a->body != BODY_NONE)) {
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
		rows = count_lines(body_slice(req->sql.copy_in)) - (an->copy_header && body_size(req->sql.copy_in) ? 1 : 0);
	reply->sql.tag = a->has_tag ? template_text(&a->tag, r, hit, req) : sql_tag(an, rows, req->arena);
}
