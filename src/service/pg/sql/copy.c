/*
 * COPY: rows of a table or query for the wire to format, and data of the three
 * formats into a table's rows.
 *
 * Source: manual, COPY, "File Formats"; copyfromparse.c of PostgreSQL 15.
 */
#include "service/pg/sql/copy.h"

#include "service/pg/sql/transaction.h"

#define FIELD_MAX ((size_t)1 << 30) /* bytes of one field: PostgreSQL's limit of a value */

struct reading {
	struct sql_session *s;
	struct arena *arena;
	struct slice rest;
	bool csv, binary, header;
	char delimiter, quote, escape;
	struct slice null;
	const struct sql_relation *rel;
	int16_t *columns;
	size_t ncolumns, line;
	struct slice *fields;
	bool *nulls;
	struct buf text;        /* of a field with escapes */
};

static struct sql_error *wrong(struct reading *r, const char *state, const char *fmt, const char *name)
{
	struct sql_error *e = sql_raise_env(&r->s->engine->env, state, "%s%s%s", fmt, name ? name : "", name ? "\"" : "");

	e->where = arena_printf(r->arena, "COPY %s, line %zu", r->rel->name, r->line);
	return e;
}

static const char *option(const PgQuery__CopyStmt *st, const char *name)
{
	for (size_t i = 0; i < st->n_options; i++) {
		const PgQuery__DefElem *d = st->options[i]->def_elem;

		if (strcmp(d->defname, name) != 0)
			continue;
		if (!d->arg)
			return "true";
		if (d->arg->node_case == AST(INTEGER))
			return d->arg->integer->ival ? "true" : "false";
		if (d->arg->node_case == AST(BOOLEAN))
			return d->arg->boolean->boolval ? "true" : "false";
		return sql_ast_string(d->arg);
	}
	return NULL;
}

static bool is_on(const char *v)
{
	return v && strcmp(v, "false") != 0 && strcmp(v, "off") != 0 && strcmp(v, "0") != 0;
}

/* What is not done must not be passed over. */
static bool known_options(struct sql_session *s, const PgQuery__CopyStmt *st)
{
	static const char *const refused[] = { "force_quote", "force_null", "force_not_null" };
	const char *header = option(st, "header");

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		for (size_t k = 0; k < st->n_options; k++)
			if (strcmp(st->options[k]->def_elem->defname, refused[i]) == 0) {
				sql_raise_env(&s->engine->env, "0A000", "COPY with %s is not supported by this fake", refused[i]);
				return false;
			}
	if (header && strcmp(header, "match") == 0) {
		sql_raise_env(&s->engine->env, "0A000", "COPY with HEADER MATCH is not supported by this fake");
		return false;
	}
	return true;
}

static bool list_columns(struct sql_session *s, const PgQuery__CopyStmt *st, const struct sql_relation *rel, int16_t *columns, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < st->n_attlist; i++) {
		const char *name = sql_ast_string(st->attlist[i]);
		size_t k = 0;

		while (k < rel->ncolumns && (rel->columns[k].dropped || strcmp(rel->columns[k].name, name) != 0))
			k++;
		if (k == rel->ncolumns) {
			sql_raise_env(&s->engine->env, "42703", "column \"%s\" of relation \"%s\" does not exist", name, rel->name);
			return false;
		}
		columns[(*n)++] = (int16_t)(k + 1);
	}
	for (size_t i = 0; !st->n_attlist && i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped && !rel->columns[i].generated)
			columns[(*n)++] = (int16_t)(i + 1);
	return true;
}

static const struct sql_relation *relation(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a)
{
	struct sql_analyser an;

	sql_analyser_init(&an, s, s->text, a);
	return sql_find_relation(&an, st->relation);
}

/* ---- out ---- */

static void quote_name(struct buf *b, const char *name)
{
	buf_add_char(b, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_add_char(b, '"');
		buf_add_char(b, *name);
	}
	buf_add_char(b, '"');
}

static bool copy_to(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a, struct sql_result *out)
{
	struct sql_prepared *p;

	if (st->query) {
		p = sql_prepared_inner(s, s->text, NULL, 0);
	} else {
		const struct sql_relation *rel = relation(s, st, a);
		struct buf b;
		size_t n;

		if (!rel)
			return false;
		if (rel->kind == 'v') {
			struct sql_error *e = sql_raise_env(&s->engine->env, "42809", "cannot copy from view \"%s\"", rel->name);

			sql_hint(&s->engine->env, e, "Try the COPY (SELECT ...) TO variant.");
			return false;
		}
		int16_t *columns = ARENA_ARRAY(a, int16_t, rel->ncolumns + st->n_attlist + 1);
		if (!list_columns(s, st, rel, columns, &n))
			return false;
		buf_init(&b, 1024 * 1024);
		buf_add_str(&b, "SELECT ");
		for (size_t i = 0; i < n; i++) {
			buf_add_str(&b, i ? ", " : "");
			quote_name(&b, rel->columns[columns[i] - 1].name);
		}
		buf_add_str(&b, " FROM ");
		quote_name(&b, rel->schema);
		buf_add_char(&b, '.');
		quote_name(&b, rel->name);
		p = sql_prepared_make(s, arena_slice(a, buf_slice(&b)), NULL, 0);
		buf_release(&b);
	}
	if (!p)
		return false;
	struct slice before = s->text;
	s->text = p->text;
	struct sql_datum *binds = sql_run_binds(s, &p->plan, NULL, 0, a);
	bool ok = binds && sql_run_plan(s, &p->plan, binds, a, out);
	s->text = before;
	struct sql_column *c = ARENA_ARRAY(a, struct sql_column, out->ncolumns + 1);
	for (size_t i = 0; ok && i < out->ncolumns; i++) {
		c[i] = out->columns[i];
		c[i].name = arena_slice(a, c[i].name);
	}
	out->columns = c;
	out->tag = arena_printf(a, "COPY %zu", out->nrows);
	sql_prepared_drop(p);
	return ok;
}

/* ---- in: text and csv ---- */

static bool at_line_end(const struct reading *r)
{
	return !r->rest.len || r->rest.ptr[0] == '\n' || r->rest.ptr[0] == '\r';
}

static void skip_line_end(struct reading *r)
{
	if (r->rest.len && r->rest.ptr[0] == '\r')
		r->rest = slice_skip(r->rest, 1);
	if (r->rest.len && r->rest.ptr[0] == '\n')
		r->rest = slice_skip(r->rest, 1);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One field of the text format: backslashes. */
static struct slice text_field(struct reading *r, bool *null)
{
	size_t i = 0;
	bool escapes = false;
	struct slice raw;

	while (i < r->rest.len && r->rest.ptr[i] != r->delimiter && r->rest.ptr[i] != '\n' && r->rest.ptr[i] != '\r') {
		if (r->rest.ptr[i] == '\\' && i + 1 < r->rest.len) {
			escapes = true;
			i++;
		}
		i++;
	}
	raw = slice_take(r->rest, i);
	r->rest = slice_skip(r->rest, i);
	*null = slice_eq(raw, r->null);
	if (!escapes || *null)
		return raw;
	buf_reset(&r->text);
	for (i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];

		if (c != '\\' || i + 1 == raw.len) {
			buf_add_char(&r->text, c);
			continue;
		}
		c = raw.ptr[++i];
		switch (c) {
		case 'b': c = '\b'; break;
		case 'f': c = '\f'; break;
		case 'n': c = '\n'; break;
		case 'r': c = '\r'; break;
		case 't': c = '\t'; break;
		case 'v': c = '\v'; break;
		case 'x':
			if (i + 1 < raw.len && hex(raw.ptr[i + 1]) >= 0) {
				int v = hex(raw.ptr[++i]);

				if (i + 1 < raw.len && hex(raw.ptr[i + 1]) >= 0)
					v = v * 16 + hex(raw.ptr[++i]);
				c = (char)v;
			}
			break;
		default:
			if (c >= '0' && c <= '7') {
				int v = c - '0';

				for (int k = 0; k < 2 && i + 1 < raw.len && raw.ptr[i + 1] >= '0' && raw.ptr[i + 1] <= '7'; k++)
					v = v * 8 + (raw.ptr[++i] - '0');
				c = (char)v;
			}
			break;
		}
		buf_add_char(&r->text, c);
	}
	return arena_slice(r->arena, buf_slice(&r->text));
}

static struct slice csv_field(struct reading *r, bool *null)
{
	bool quoted = false, inside = false;

	buf_reset(&r->text);
	while (r->rest.len) {
		char c = r->rest.ptr[0];

		if (inside) {
			if (c == r->escape && r->rest.len > 1 && (r->rest.ptr[1] == r->quote || r->rest.ptr[1] == r->escape)) {
				buf_add_char(&r->text, r->rest.ptr[1]);
				r->rest = slice_skip(r->rest, 2);
				continue;
			}
			if (c == r->quote)
				inside = false;
			else
				buf_add_char(&r->text, c);
		} else if (c == r->quote) {
			quoted = inside = true;
		} else if (c == r->delimiter || c == '\n' || c == '\r') {
			break;
		} else {
			buf_add_char(&r->text, c);
		}
		r->rest = slice_skip(r->rest, 1);
	}
	if (inside)
		wrong(r, "22P04", "unterminated CSV quoted field", NULL);
	*null = !quoted && slice_eq(buf_slice(&r->text), r->null);
	return arena_slice(r->arena, buf_slice(&r->text));
}

/* The fields of a line. 1: read; 0: the end; -1: raised. */
static int read_line(struct reading *r)
{
	size_t n = 0;

	if (!r->rest.len)
		return 0;
	r->line++;
	if (slice_has_prefix(r->rest, SLICE_LIT("\\.")) && (r->rest.len == 2 || r->rest.ptr[2] == '\n' || r->rest.ptr[2] == '\r'))
		return 0;
	for (;;) {
		bool null;
		struct slice f = r->csv ? csv_field(r, &null) : text_field(r, &null);

		if (r->s->engine->env.error)
			return -1;
		if (n < r->ncolumns) {
			r->fields[n] = f;
			r->nulls[n] = null;
		} else if (!(r->ncolumns == 0 && !f.len)) {
			wrong(r, "22P04", "extra data after last expected column", NULL);
			return -1;
		}
		n++;
		if (at_line_end(r))
			break;
		r->rest = slice_skip(r->rest, 1); /* the delimiter */
	}
	skip_line_end(r);
	if (n < r->ncolumns) {
		wrong(r, "22P04", "missing data for column \"", r->rel->columns[r->columns[n] - 1].name);
		return -1;
	}
	return 1;
}

/* ---- in: binary ---- */

static uint32_t take32(struct reading *r)
{
	uint32_t v = 0;

	for (int i = 0; i < 4 && r->rest.len; i++) {
		v = v << 8 | (unsigned char)r->rest.ptr[0];
		r->rest = slice_skip(r->rest, 1);
	}
	return v;
}

static int read_tuple(struct reading *r)
{
	if (r->rest.len < 2)
		return 0;
	int n = (unsigned char)r->rest.ptr[0] << 8 | (unsigned char)r->rest.ptr[1];
	r->rest = slice_skip(r->rest, 2);
	r->line++;
	if (n == 0xffff)
		return 0;
	if ((size_t)n != r->ncolumns) {
		sql_raise_env(&r->s->engine->env, "22P04", "row field count is %d, expected %zu", n, r->ncolumns);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		uint32_t len = take32(r);

		r->nulls[i] = len == UINT32_MAX;
		if (r->nulls[i])
			continue;
		if (len > r->rest.len) {
			sql_raise_env(&r->s->engine->env, "22P04", "unexpected EOF in COPY data");
			return -1;
		}
		r->fields[i] = slice_take(r->rest, len);
		r->rest = slice_skip(r->rest, len);
	}
	return 1;
}

static bool read_head(struct reading *r)
{
	if (!r->binary) {
		if (r->header && r->rest.len) {
			size_t keep = r->ncolumns;

			/* a header may have any number of fields */
			struct slice all = r->rest;
			size_t end = slice_find(all, '\n');
			r->rest = slice_skip(all, end + 1);
			r->line++;
			r->ncolumns = keep;
		}
		return true;
	}
	if (!slice_has_prefix(r->rest, SLICE_LIT("PGCOPY\n\377\r\n\0"))) {
		sql_raise_env(&r->s->engine->env, "22P04", "COPY file signature not recognized");
		return false;
	}
	r->rest = slice_skip(r->rest, 15); /* and the flags */
	uint32_t extension = take32(r);
	r->rest = slice_skip(r->rest, extension);
	return true;
}

static bool load(struct reading *r, struct sql_write *w, uint64_t *affected)
{
	struct sql_env *env = &r->s->engine->env;
	struct sql_datum *values = ARENA_ARRAY(r->arena, struct sql_datum, r->ncolumns + 1);
	struct sql_loader *l = sql_loader_new(r->s, w);
	bool ok = read_head(r);
	int got = 0;

	while (ok && (got = r->binary ? read_tuple(r) : read_line(r)) > 0) {
		for (size_t i = 0; ok && i < r->ncolumns; i++) {
			const struct sql_attribute *c = r->rel->columns + r->columns[i] - 1;

			values[i] = (struct sql_datum){ .kind = SQL_NULL };
			if (r->nulls[i])
				continue;
			ok = r->binary ? sql_type_recv(env, c->type, c->typmod, r->fields[i], values + i) :
					 sql_type_in(env, c->type, c->typmod, r->fields[i], values + i);
			if (!ok)
				env->error->where = arena_printf(r->arena, "COPY %s, line %zu, column %s: \"%.*s\"", r->rel->name, r->line, c->name,
								 SLICE_ARG(slice_take(r->fields[i], 100)));
		}
		ok = ok && sql_loader_row(l, values);
		if (!ok && env->error && !env->error->where.len)
			env->error->where = arena_printf(r->arena, "COPY %s, line %zu", r->rel->name, r->line);
	}
	ok = ok && got == 0;
	return sql_loader_end(l, !ok, affected) && ok;
}

static bool copy_from(struct sql_session *s, const PgQuery__CopyStmt *st, struct slice data, struct arena *a, struct sql_result *out)
{
	const struct sql_relation *rel = relation(s, st, a);
	struct reading r = { .s = s, .arena = a, .rest = data, .rel = rel };
	const char *format = option(st, "format"), *v;
	uint64_t affected = 0;

	if (!rel)
		return false;
	if (rel->kind != 'r') {
		sql_raise_env(&s->engine->env, "42809", "cannot copy to %s \"%s\"", rel->kind == 'v' ? "view" : rel->kind == 'S' ? "sequence" : "materialized view", rel->name);
		return false;
	}
	if (st->where_clause) {
		sql_raise_env(&s->engine->env, "0A000", "COPY FROM with WHERE is not supported by this fake");
		return false;
	}
	r.csv = format && strcmp(format, "csv") == 0;
	r.binary = format && strcmp(format, "binary") == 0;
	r.header = is_on(option(st, "header"));
	r.delimiter = (v = option(st, "delimiter")) ? v[0] : r.csv ? ',' : '\t';
	r.quote = (v = option(st, "quote")) ? v[0] : '"';
	r.escape = (v = option(st, "escape")) ? v[0] : r.quote;
	r.null = slice_str((v = option(st, "null")) ? v : r.csv ? "" : "\\N");
	r.columns = ARENA_ARRAY(a, int16_t, rel->ncolumns + st->n_attlist + 1);
	if (!list_columns(s, st, rel, r.columns, &r.ncolumns) || !sql_statement_writes(s, "COPY FROM"))
		return false;
	r.fields = ARENA_ARRAY(a, struct slice, r.ncolumns + 1);
	r.nulls = ARENA_ARRAY(a, bool, r.ncolumns + 1);
	struct sql_write w = { .kind = SQL_INSERT, .relation = rel, .targets = r.columns, .ntargets = r.ncolumns, .overriding = 's' };
	buf_init(&r.text, FIELD_MAX);
	bool ok = load(&r, &w, &affected);
	buf_release(&r.text);
	out->tag = arena_printf(a, "COPY %llu", (unsigned long long)affected);
	return ok;
}

bool sql_copy(struct sql_session *s, const PgQuery__CopyStmt *st, struct slice data, struct arena *a, struct sql_result *out)
{
	if (st->is_program || (st->filename && st->filename[0])) {
		sql_raise_env(&s->engine->env, "0A000", "COPY from and to files of the server is not supported by this fake");
		return false;
	}
	if (!known_options(s, st))
		return false;
	return st->is_from ? copy_from(s, st, data, a, out) : copy_to(s, st, a, out);
}
