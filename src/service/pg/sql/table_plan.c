/*
 * Makes the statements and programs that write a table's rows from what the
 * catalog says of it, and runs programs.
 */
#include "service/pg/sql/table_plan.h"

#include <ctype.h>
#include <string.h>

#include "service/pg/sql/compile.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/store.h"

struct sql_datum sql_datum_copy(struct sql_datum v, struct arena *a)
{
	if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
		v.s = arena_slice(a, v.s);
	return v;
}

bool sql_program_run(struct sql_session *s, const struct sql_row_program *p, const struct sql_datum *values, size_t count,
		     struct arena *a, struct sql_datum *out)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_store_take(st, p->text);
	int wanted = sqlite3_bind_parameter_count(q);

	for (int i = 1; i <= wanted && (size_t)i <= count; i++)
		sql_datum_bind(q, i, values[i - 1]);
	int rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		for (size_t i = 0; i < p->count; i++)
			out[i] = sql_datum_copy(sql_datum_column(q, (int)i), a);
	else if (!s->engine->env.error)
		sql_raise_env(&s->engine->env, "XX000", "seam: %s", sqlite3_errmsg(st->db));
	sql_store_done(st, q);
	return rc == SQLITE_ROW;
}

char *sql_program_columns(struct slice expr, struct arena *a)
{
	struct buf out;
	char quote = 0;

	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < expr.len; i++) {
		char ch = expr.ptr[i];
		if (quote) {
			if (ch == quote)
				quote = 0;
		} else if (ch == '\'' || ch == '"') {
			quote = ch;
		} else if (ch == '?' && i + 1 < expr.len && isdigit((unsigned char)expr.ptr[i + 1])) {
			ch = 'c';
		}
		buf_add_char(&out, ch);
	}
	char *text = (char *)arena_slice(a, buf_slice(&out)).ptr;
	buf_release(&out);
	return text;
}

static const char *keep(struct arena *a, struct buf *text)
{
	const char *kept = arena_slice(a, buf_slice(text)).ptr;

	buf_release(text);
	return kept;
}

/* ---- the parts -------------------------------------------------------------- */

static void plan_statements(struct sql_table_plans *p, const struct sql_relation *rel)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	/* columns by name: one that was added later stands behind the hidden ones, and one whose ALTER was rolled back
	 * stays as what nobody reads */
	buf_addf(&text, "INSERT INTO r_%u(", rel->filenode);
	for (size_t i = 0; i < rel->ncolumns; i++)
		buf_addf(&text, "c%zu,", i + 1);
	buf_add_str(&text, "xmin) VALUES(");
	for (size_t i = 0; i < rel->ncolumns; i++)
		buf_addf(&text, "?%zu,", i + 1);
	buf_addf(&text, "?%zu)", rel->ncolumns + 1);
	p->insert = keep(rel->arena, &text);
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "SELECT ");
	for (size_t i = 0; i < rel->ncolumns; i++)
		buf_addf(&text, "%sc%zu", i ? "," : "", i + 1);
	buf_addf(&text, "%s FROM r_%u WHERE rowid=?1", rel->ncolumns ? "" : "1", rel->filenode);
	p->fetch = keep(rel->arena, &text);
	p->state = arena_printf(rel->arena, "SELECT xmin,xmax,nx FROM r_%u WHERE rowid=?1", rel->filenode).ptr;
	p->end = arena_printf(rel->arena, "UPDATE r_%u SET xmax=?2,nx=?3 WHERE rowid=?1", rel->filenode).ptr;
}

static bool plan_defaults(struct sql_session *s, struct sql_table_plans *p, const struct sql_relation *rel)
{
	struct arena *a = rel->arena;
	struct sql_compiled made;

	p->defaults = ARENA_ARRAY(a, struct sql_row_program, rel->ncolumns);
	p->identity = ARENA_ARRAY(a, uint32_t, rel->ncolumns);
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const struct sql_attribute *c = &rel->columns[i];
		const char *fallback = c->fallback;

		if (c->dropped || c->generated)
			continue;
		if (c->identity) {
			p->identity[i] = (uint32_t)sql_cat_int(s->engine->store,
							       "SELECT objid FROM pg_depend WHERE refclassid = 1259 AND refobjid = ?1 AND refobjsubid = ?2 "
							       "AND classid = 1259 AND deptype = 'i'",
							       "ii", (int64_t)rel->oid, (int64_t)c->number);
			continue;
		}
		if (!fallback)
			fallback = sql_catalog_domain_default(s, c->type);
		if (!fallback) {
			const struct sql_type *t = sql_catalog_type_oid(s, c->type);

			/* NULL is a value of a domain only if the domain says so */
			if (t && t->kind == 'd')
				p->defaults[i] = (struct sql_row_program){ arena_printf(a, "SELECT e_domain(%u, NULL)", c->type).ptr, 1 };
			continue;
		}
		if (!sql_compile_text(s, NULL, fallback, SQL_FOR_DEFAULT, c->type, c->typmod, c->name, a, &made))
			return false;
		p->defaults[i] = (struct sql_row_program){ arena_printf(a, "SELECT %.*s", SLICE_ARG(made.expr)).ptr, 1 };
	}
	return true;
}

static bool plan_generated(struct sql_session *s, struct sql_table_plans *p, const struct sql_relation *rel)
{
	struct buf text;
	struct sql_compiled made;

	buf_init(&text, 1 << 20);
	p->generated_columns = ARENA_ARRAY(rel->arena, int16_t, rel->ncolumns);
	buf_add_str(&text, "SELECT ");
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const struct sql_attribute *c = &rel->columns[i];
		if (c->dropped || !c->generated)
			continue;
		if (!sql_compile_text(s, rel, c->fallback, SQL_FOR_GENERATED, c->type, c->typmod, c->name, rel->arena, &made)) {
			buf_release(&text);
			return false;
		}
		buf_addf(&text, "%s%.*s", p->generated.count ? "," : "", SLICE_ARG(made.expr));
		p->generated_columns[p->generated.count++] = c->number;
	}
	p->has_generated = p->generated.count > 0;
	p->generated.text = keep(rel->arena, &text);
	return true;
}

static bool plan_checks(struct sql_session *s, struct sql_table_plans *p, const struct sql_relation *rel)
{
	struct buf text;
	struct sql_compiled made;

	p->check_constraints = ARENA_ARRAY(rel->arena, const struct sql_constraint *, rel->nconstraints);
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "SELECT ");
	for (size_t i = 0; i < rel->nconstraints; i++) {
		const struct sql_constraint *k = &rel->constraints[i];
		if (k->kind != 'c')
			continue;
		if (!sql_compile_text(s, rel, k->expr, SQL_FOR_CHECK, 16, -1, NULL, rel->arena, &made)) {
			buf_release(&text);
			return false;
		}
		buf_addf(&text, "%s%.*s", p->checks.count ? "," : "", SLICE_ARG(made.expr));
		p->check_constraints[p->checks.count++] = k;
	}
	p->checks.text = keep(rel->arena, &text);
	return true;
}

static bool plan_unique(struct sql_session *s, struct sql_unique_plan *u, const struct sql_relation *rel, const struct sql_index *x)
{
	struct buf keys, probe;
	struct sql_compiled made;
	bool ok = true;

	u->index = x;
	buf_init(&keys, 1 << 20);
	buf_init(&probe, 1 << 20);
	buf_add_str(&keys, "SELECT ");
	buf_addf(&probe, "SELECT rowid,xmin,xmax,nx FROM r_%u WHERE ", rel->filenode);
	for (size_t i = 0; i < x->nkeys && ok; i++) {
		uint32_t type = x->keys[i].type;
		const char *column;
		if (x->keys[i].column) {
			column = arena_printf(rel->arena, "c%d", x->keys[i].column).ptr;
			buf_addf(&keys, "%s?%d", i ? "," : "", x->keys[i].column);
		} else {
			ok = sql_compile_text(s, rel, x->keys[i].expr, SQL_FOR_INDEX, 0, -1, NULL, rel->arena, &made);
			if (!ok)
				break;
			type = made.type;
			x->keys[i].type = type;
			column = sql_program_columns(made.expr, rel->arena);
			buf_addf(&keys, "%s%.*s", i ? "," : "", SLICE_ARG(made.expr));
		}
		const char *collation = sql_type_collation(&s->engine->env, type);
		buf_addf(&probe, "%s(%s) %s ?%zu%s%s", i ? " AND " : "", column, x->nulls_not_distinct ? "IS" : "=", i + 1,
			 collation ? " COLLATE " : "", collation ? collation : "");
	}
	if (ok && x->predicate) {
		ok = sql_compile_text(s, rel, x->predicate, SQL_FOR_PREDICATE, 16, -1, NULL, rel->arena, &made);
		if (ok) {
			u->in = (struct sql_row_program){ arena_printf(rel->arena, "SELECT %.*s", SLICE_ARG(made.expr)).ptr, 1 };
			buf_addf(&probe, " AND (%s)", sql_program_columns(made.expr, rel->arena));
		}
	}
	u->keys = (struct sql_row_program){ keep(rel->arena, &keys), x->nkeys };
	u->probe = keep(rel->arena, &probe);
	return ok;
}

struct sql_table_plans *sql_table_plan(struct sql_session *s, const struct sql_relation *rel)
{
	struct sql_relation *owner = (struct sql_relation *)rel; /* what is kept with it does not change what it is */
	struct sql_table_plans *p = rel->plans;

	if (p)
		return p;
	p = ARENA_NEW(rel->arena, struct sql_table_plans);
	plan_statements(p, rel);
	p->uniques = ARENA_ARRAY(rel->arena, struct sql_unique_plan, rel->nindexes);
	p->key_column = ARENA_ARRAY(rel->arena, bool, rel->ncolumns + 1);
	p->referenced = ARENA_ARRAY(rel->arena, bool, rel->ncolumns + 1);
	if (!plan_defaults(s, p, rel) || !plan_generated(s, p, rel) || !plan_checks(s, p, rel))
		return NULL;
	/* the primary key first: its violation is the one that is told */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < rel->nindexes; i++) {
			const struct sql_index *x = &rel->indexes[i];
			if (!x->unique || x->primary != !pass)
				continue;
			if (!plan_unique(s, &p->uniques[p->nuniques++], rel, x))
				return NULL;
			for (size_t k = 0; k < x->nkeys; k++)
				if (x->keys[k].column && !x->predicate)
					p->key_column[x->keys[k].column - 1] = true;
		}
	for (size_t i = 0; i < rel->nreferences; i++)
		for (size_t k = 0; k < rel->references[i].ncolumns; k++)
			p->referenced[rel->references[i].other_columns[k] - 1] = true;
	owner->plans = p;
	return p;
}
