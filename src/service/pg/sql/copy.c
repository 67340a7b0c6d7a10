/*
 * COPY: rows of a table or query for the wire to format, and data into a table's
 * rows. The options are copy_options.c's, the formats copy_read.c's.
 *
 * Source: DoCopy, BeginCopyFrom, BeginCopyTo of PostgreSQL 15.
 */
#include "service/pg/sql/copy.h"

#include "service/pg/sql/compile.h"
#include "service/pg/sql/copy_read.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

#define FIELD_MAX ((size_t)1 << 30) /* bytes of one field: PostgreSQL's limit of a value */

static bool raise(struct sql_session *s, const char *state, const char *fmt, const char *a, const char *b)
{
	sql_raise_env(&s->engine->env, state, fmt, a, b);
	return false;
}

static bool list_columns(struct sql_session *s, const PgQuery__CopyStmt *st, const struct sql_relation *rel, int16_t *columns, size_t *n)
{
	struct sql_env *env = &s->engine->env;

	*n = 0;
	for (size_t i = 0; i < st->n_attlist; i++) {
		const char *name = sql_ast_string(st->attlist[i]);
		size_t k = 0;

		while (k < rel->ncolumns && (rel->columns[k].dropped || strcmp(rel->columns[k].name, name) != 0))
			k++;
		if (k == rel->ncolumns)
			return raise(s, "42703", "column \"%s\" of relation \"%s\" does not exist", name, rel->name);
		if (rel->columns[k].generated) {
			sql_detail(env, sql_raise_env(env, "42P10", "column \"%s\" is a generated column", name), "Generated columns cannot be used in COPY.");
			return false;
		}
		for (size_t m = 0; m < *n; m++)
			if (columns[m] == (int16_t)(k + 1))
				return raise(s, "42701", "column \"%s\" specified more than once", name, NULL);
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
	an.no_positions = true;
	return sql_find_relation(&an, st->relation);
}

/* Columns of FORCE_...: each must be one that is copied. */
static bool forced(struct sql_session *s, const char *option, const PgQuery__List *list, const struct sql_relation *rel, const int16_t *columns,
		   size_t n, bool *out)
{
	for (size_t i = 0; list && i < list->n_items; i++) {
		const char *name = sql_ast_string(list->items[i]);
		size_t k = 0;

		while (k < rel->ncolumns && (rel->columns[k].dropped || strcmp(rel->columns[k].name, name) != 0))
			k++;
		if (k == rel->ncolumns)
			return raise(s, "42703", "column \"%s\" of relation \"%s\" does not exist", name, rel->name);
		for (k = 0; k < n && strcmp(rel->columns[columns[k] - 1].name, name) != 0;)
			k++;
		if (k == n)
			return raise(s, "42P10", "%s column \"%s\" not referenced by COPY", option, name);
		if (out)
			out[k] = true;
	}
	return true;
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

static bool may_copy_from(struct sql_session *s, const struct sql_relation *rel)
{
	struct sql_env *env = &s->engine->env;

	if (rel->kind == 'r')
		return true;
	struct sql_error *e = sql_raise_env(env, "42809", rel->kind == 'S' ? "cannot copy from sequence \"%s\"" :
						 rel->kind == 'v' ? "cannot copy from view \"%s\"" :
						 rel->kind == 'm' ? "cannot copy from materialized view \"%s\"" : "cannot copy from non-table relation \"%s\"",
					    rel->name);
	if (rel->kind == 'v' || rel->kind == 'm')
		sql_hint(env, e, "Try the COPY (SELECT ...) TO variant.");
	return false;
}

/* SELECT columns FROM table, as COPY reads it. */
static struct sql_prepared *table_query(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, size_t n, struct arena *a)
{
	struct sql_prepared *p;
	struct buf b;

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
	return p;
}

static struct sql_prepared *out_plan(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a)
{
	struct sql_copy_options opt;
	size_t n;

	if (st->query) {
		if (!sql_copy_options(s, st, a, &opt))
			return NULL;
		struct sql_prepared *p = sql_prepared_inner(s, s->text, NULL, 0);
		if (p && !p->plan.has_rows) {
			sql_raise_env(&s->engine->env, "0A000", "COPY query must have a RETURNING clause");
			sql_prepared_drop(p);
			return NULL;
		}
		return p;
	}
	const struct sql_relation *rel = relation(s, st, a);
	if (!rel)
		return NULL;
	int16_t *columns = ARENA_ARRAY(a, int16_t, rel->ncolumns + st->n_attlist + 1);
	if (!list_columns(s, st, rel, columns, &n) || !may_copy_from(s, rel) || !sql_copy_options(s, st, a, &opt) ||
	    !forced(s, "FORCE_QUOTE", opt.force_quote, rel, columns, n, NULL))
		return NULL;
	return table_query(s, rel, columns, n, a);
}

static bool copy_to(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a, struct sql_result *out)
{
	struct sql_prepared *p = out_plan(s, st, a);

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

/* ---- in ---- */

static bool where_program(struct sql_session *s, const PgQuery__CopyStmt *st, const struct sql_relation *rel, struct arena *a,
			  struct sql_row_program *out)
{
	struct sql_compiled made;

	if (!st->where_clause)
		return true;
	if (!sql_compile_expr(s, rel, st->where_clause, SQL_FOR_COPY, T_BOOL, -1, NULL, a, &made))
		return false;
	*out = (struct sql_row_program){ arena_printf(a, "SELECT %.*s", SLICE_ARG(made.expr)).ptr, 1 };
	return true;
}

/* Everything that can be said before the data is there. False: raised. */
static bool prepare_in(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a, struct sql_copy_reading *r, struct sql_row_program *where)
{
	const struct sql_relation *rel = relation(s, st, a);

	if (!rel || !where_program(s, st, rel, a, where))
		return false;
	r->s = s;
	r->arena = a;
	r->rel = rel;
	r->columns = ARENA_ARRAY(a, int16_t, rel->ncolumns + st->n_attlist + 1);
	if (!list_columns(s, st, rel, r->columns, &r->ncolumns) || !sql_copy_options(s, st, a, &r->opt))
		return false;
	r->force_not_null = ARENA_ARRAY(a, bool, r->ncolumns + 1);
	r->force_null = ARENA_ARRAY(a, bool, r->ncolumns + 1);
	return forced(s, "FORCE_NOT_NULL", r->opt.force_not_null, rel, r->columns, r->ncolumns, r->force_not_null) &&
	       forced(s, "FORCE_NULL", r->opt.force_null, rel, r->columns, r->ncolumns, r->force_null);
}

/* Made or emptied by this transaction: its row of the catalog, or the one with the new file, is. */
static bool is_new(struct sql_session *s, const struct sql_relation *rel)
{
	uint32_t xmin = (uint32_t)sql_cat_int(s->engine->store, "SELECT xmin FROM r_1259 WHERE c1 = ?1 AND visnow(xmin, xmax)", "i", (int64_t)rel->oid);

	return s->block && sql_xid_fate(s->engine->xids, xmin) == SQL_RUNNING && sql_xid_owner(s->engine->xids, xmin) == s->tx;
}

static bool may_copy_to(struct sql_session *s, const struct sql_relation *rel, const struct sql_copy_options *opt)
{
	if (rel->kind != 'r') {
		struct sql_env *env = &s->engine->env;
		struct sql_error *e = sql_raise_env(env, "42809", rel->kind == 'S' ? "cannot copy to sequence \"%s\"" :
							 rel->kind == 'v' ? "cannot copy to view \"%s\"" :
							 rel->kind == 'm' ? "cannot copy to materialized view \"%s\"" : "cannot copy to non-table relation \"%s\"",
						    rel->name);
		if (rel->kind == 'v')
			sql_hint(env, e, "To enable copying to a view, provide an INSTEAD OF INSERT trigger.");
		return false;
	}
	if (rel->system)
		return raise(s, "0A000", "writing to the system catalog \"%s\" is not supported by this fake", rel->name, NULL);
	if (opt->freeze && !is_new(s, rel))
		return raise(s, "55000", "cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction", NULL, NULL);
	return true;
}

static bool read_value(struct sql_copy_reading *r, size_t i, struct sql_datum *out)
{
	struct sql_env *env = &r->s->engine->env;
	const struct sql_attribute *c = r->rel->columns + r->columns[i] - 1;
	const struct sql_type *t = c->type >= SQL_FIRST_OID ? sql_catalog_type_oid(r->s, c->type) : NULL;
	bool ok = true;

	*out = (struct sql_datum){ .kind = SQL_NULL };
	if (!r->nulls[i])
		ok = r->opt.binary ? sql_type_recv(env, c->type, c->typmod, r->fields[i], out) : sql_type_in(env, c->type, c->typmod, r->fields[i], out);
	if (ok && t && t->kind == 'd') {
		struct sql_row_program holds = { arena_printf(r->arena, "SELECT e_domain(%u, ?1)", c->type).ptr, 1 };
		struct sql_datum same;

		ok = sql_program_run(r->s, &holds, out, 1, r->arena, &same);
	}
	if (!ok)
		sql_copy_place(r, c->name, r->nulls[i] ? NULL : &r->fields[i]);
	return ok;
}

/* A row that breaks a unique index is found when PostgreSQL has put rows by: the line's text is gone by then. */
static void place_of_row(struct sql_copy_reading *r)
{
	const struct sql_error *e = r->s->engine->env.error;

	if (e && (slice_eq_str(e->sqlstate, "23505") || slice_eq_str(e->sqlstate, "23P01")))
		r->has_row = false;
	sql_copy_place(r, NULL, NULL);
}

static bool load(struct sql_copy_reading *r, struct sql_write *w, uint64_t *affected)
{
	struct sql_datum *values = ARENA_ARRAY(r->arena, struct sql_datum, r->ncolumns + 1);
	struct sql_loader *l = sql_loader_new(r->s, w);
	struct arena *whole = r->arena, row;
	bool ok = sql_copy_head(r);
	int got = 0;

	arena_init(&row); /* what a row needs goes with it: the data may be large */
	while (ok) {
		r->arena = &row;
		got = sql_copy_row_next(r);
		for (size_t i = 0; got > 0 && ok && i < r->ncolumns; i++)
			ok = sql_copy_has(r, i) && read_value(r, i, values + i);
		if (got > 0 && ok) {
			ok = sql_loader_row(l, values);
			place_of_row(r);
		}
		struct sql_error *e = r->s->engine->env.error;
		if (e)
			e->where = arena_slice(whole, e->where);
		r->arena = whole;
		arena_reset(&row);
		ok = ok && got > 0;
	}
	arena_release(&row);
	ok = got == 0 && !r->s->engine->env.error;
	return sql_loader_end(l, !ok, affected) && ok;
}

static bool copy_from(struct sql_session *s, const PgQuery__CopyStmt *st, struct slice data, struct arena *a, struct sql_result *out)
{
	struct sql_copy_reading r = { .rest = data };
	struct sql_row_program where = { 0 };
	uint64_t affected = 0;

	if (!prepare_in(s, st, a, &r, &where) || !may_copy_to(s, r.rel, &r.opt) || !sql_statement_writes(s, "COPY FROM"))
		return false;
	r.fields = ARENA_ARRAY(a, struct slice, r.ncolumns + 1);
	r.nulls = ARENA_ARRAY(a, bool, r.ncolumns + 1);
	struct sql_write w = { .kind = SQL_INSERT, .relation = r.rel, .targets = r.columns, .ntargets = r.ncolumns, .overriding = 's', .where = where };
	buf_init(&r.text, FIELD_MAX);
	bool ok = load(&r, &w, &affected);
	buf_release(&r.text);
	out->tag = arena_printf(a, "COPY %llu", (unsigned long long)affected);
	return ok;
}

bool sql_copy(struct sql_session *s, const PgQuery__CopyStmt *st, struct slice data, struct arena *a, struct sql_result *out)
{
	if (st->is_program || (st->filename && st->filename[0]))
		return raise(s, "0A000", "COPY from and to files of the server is not supported by this fake", NULL, NULL);
	return st->is_from ? copy_from(s, st, data, a, out) : copy_to(s, st, a, out);
}

bool sql_copy_ready(struct sql_session *s, struct slice text, struct arena *a, size_t *columns, struct sql_error **error)
{
	struct sql_copy_reading r = { .rest = SLICE_NONE };
	struct sql_row_program where;
	struct sql_parsed parsed;

	sql_session_enter(s, a);
	sql_statement_begin(s);
	struct slice before = s->text;
	s->text = text;
	bool ok = sql_parse(&s->engine->env, text, a, &parsed) && parsed.count == 1 && parsed.statements[0]->node_case == AST(COPY_STMT) &&
		  prepare_in(s, parsed.statements[0]->copy_stmt, a, &r, &where);
	if (ok && s->tx && sql_tx_read_only(s->tx))
		ok = sql_statement_writes(s, "COPY FROM");
	*columns = r.ncolumns;
	*error = s->engine->env.error;
	s->text = before;
	sql_statement_end(s, !ok);
	sql_session_leave(s);
	return ok;
}
