/*
 * Keeps prepared statements by their text, so that the same text is parsed,
 * analysed and planned once; and the calls of engine.h that prepare.
 */
#include <stdlib.h>

#include "service/pg/sql/plan.h"
#include "service/pg/sql/transaction.h"

#define KEPT_MAX 2048 /* texts; a program that writes literals into its statements soon has more: the oldest half goes */

struct sql_plans {
	struct map by_key;
	size_t first; /* entries dropped */
};

static struct slice path_of(struct sql_session *s)
{
	return sql_session_setting(s, "search_path");
}

static struct slice key_of(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes, struct buf *b)
{
	buf_add_slice(b, text);
	buf_add_char(b, '\0');
	buf_add_slice(b, path_of(s));
	for (size_t i = 0; i < ntypes; i++)
		buf_addf(b, "|%u", types[i]);
	return buf_slice(b);
}

static void drop_entry(struct sql_prepared *p)
{
	p->kept = false;
	sql_prepared_drop(p);
}

struct sql_prepared *sql_plan_find(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes)
{
	struct sql_plans *plans = s->engine->plans;
	struct buf b;

	if (!plans)
		return NULL;
	buf_init(&b, 64 * 1024 * 1024);
	struct slice key = key_of(s, text, types, ntypes, &b);
	struct sql_prepared *p = map_get(&plans->by_key, key);
	if (p && p->version != sql_catalog_version(s)) {
		map_take(&plans->by_key, key);
		drop_entry(p);
		p = NULL;
	}
	buf_release(&b);
	if (p)
		p->refs++;
	return p;
}

void sql_plan_keep(struct sql_session *s, struct sql_prepared *p)
{
	struct sql_plans *plans = s->engine->plans;
	struct buf b;

	if (!plans) {
		plans = s->engine->plans = calloc(1, sizeof(*plans));
		if (!plans)
			abort(); /* as the arena: out of memory ends the host */
		map_init(&plans->by_key);
	}
	if (plans->by_key.live >= KEPT_MAX) {
		struct map_entry *e;
		size_t n = 0;

		for (size_t i = 0; n < KEPT_MAX / 2 && (e = map_next(&plans->by_key, &i)); n++)
			drop_entry(map_take(&plans->by_key, e->key));
	}
	buf_init(&b, 64 * 1024 * 1024);
	struct sql_prepared *former = map_set(&plans->by_key, key_of(s, p->text, p->given, p->ngiven, &b), p);
	buf_release(&b);
	if (former)
		drop_entry(former);
	p->refs++;
	p->kept = true;
}

void sql_plans_free(struct sql_plans *plans)
{
	struct map_entry *e;

	if (!plans)
		return;
	for (size_t i = 0; (e = map_next(&plans->by_key, &i));)
		drop_entry(e->value);
	map_release(&plans->by_key);
	free(plans);
}

void sql_engine_forget_plans(struct sql_engine *e)
{
	sql_plans_free(e->plans);
	e->plans = NULL;
}

void sql_prepared_keep(struct sql_prepared *p)
{
	p->refs++;
}

void sql_prepared_drop(struct sql_prepared *p)
{
	if (!p || --p->refs)
		return;
	sql_plan_release(&p->plan);
	arena_release(&p->arena);
	free(p);
}

/* Parses and plans into a new sql_prepared. NULL: raised. */
static PgQuery__Node *query_of(PgQuery__Node *n)
{
	switch (n->node_case) {
	case AST(PREPARE_STMT):
		return n->prepare_stmt->query;
	case AST(DECLARE_CURSOR_STMT):
		return n->declare_cursor_stmt->query;
	case AST(EXPLAIN_STMT):
		return n->explain_stmt->query;
	case AST(COPY_STMT):
		return n->copy_stmt->query;
	default:
		return n;
	}
}

static struct sql_prepared *make(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes, bool inner)
{
	struct sql_prepared *p = calloc(1, sizeof(*p));
	struct sql_parsed parsed;

	if (!p)
		abort();
	p->refs = 1;
	p->engine = s->engine;
	arena_init(&p->arena);
	p->given = ARENA_ARRAY(&p->arena, uint32_t, ntypes + 1);
	if (ntypes)
		memcpy(p->given, types, ntypes * sizeof(*types));
	p->ngiven = ntypes;
	if (sql_parse(&s->engine->env, text, &p->arena, &parsed)) {
		p->text = slice_of(parsed.text, text.len);
		p->version = sql_catalog_version(s);
		p->path = arena_slice(&p->arena, path_of(s));
		if (parsed.count != 1)
			sql_raise_env(&s->engine->env, "42601", "cannot insert multiple commands into a prepared statement");
		else if (sql_plan_make(s, p->text, inner ? query_of(parsed.statements[0]) : parsed.statements[0], types, ntypes, &p->arena, &p->plan))
			return p;
	}
	sql_prepared_drop(p);
	return NULL;
}

struct sql_prepared *sql_prepared_make(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes)
{
	struct sql_prepared *p = sql_plan_find(s, text, types, ntypes);

	if (p)
		return p;
	p = make(s, text, types, ntypes, false);
	if (p && !p->plan.uncacheable)
		sql_plan_keep(s, p);
	return p;
}

struct sql_prepared *sql_prepared_inner(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes)
{
	struct sql_prepared *p = make(s, text, types, ntypes, true);

	if (p)
		p->inner = true;
	return p;
}

static struct sql_error *copy_error(const struct sql_error *e, struct arena *a)
{
	struct sql_error *c = ARENA_NEW(a, struct sql_error);

	*c = *e;
	struct slice *texts[] = { &c->severity, &c->sqlstate, &c->message, &c->detail, &c->hint, &c->where,
		&c->schema, &c->table, &c->column, &c->datatype, &c->constraint };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i]->len)
			*texts[i] = arena_slice(a, *texts[i]);
	return c;
}

struct sql_prepared *sql_prepare(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes,
				 struct arena *a, struct sql_error **error)
{
	struct arena work;

	arena_init(&work);
	sql_session_enter(s, &work);
	sql_statement_begin(s);
	struct sql_prepared *p = sql_prepared_make(s, text, types, ntypes);
	if (!p)
		*error = copy_error(s->engine->env.error, a);
	sql_statement_end(s, !p);
	sql_session_leave(s);
	arena_release(&work);
	return p;
}

size_t sql_prepared_params(const struct sql_prepared *p, const uint32_t **types)
{
	*types = p->plan.params;
	return p->plan.nparams;
}

bool sql_prepared_has_rows(const struct sql_prepared *p)
{
	return p->plan.has_rows;
}

/* The same statement planned for the catalog of now: p itself when nothing changed. NULL: raised. */
struct sql_prepared *sql_prepared_fresh(struct sql_session *s, struct sql_prepared *p)
{
	if (p->version == sql_catalog_version(s) && slice_eq(p->path, path_of(s))) {
		p->refs++;
		return p;
	}
	if (p->inner)
		return sql_prepared_inner(s, p->text, p->plan.nparams ? p->plan.params : p->given, p->plan.nparams ? p->plan.nparams : p->ngiven);
	return sql_prepared_make(s, p->text, p->plan.nparams ? p->plan.params : p->given, p->plan.nparams ? p->plan.nparams : p->ngiven);
}

bool sql_prepared_columns(struct sql_session *s, struct sql_prepared *p, struct arena *a, const struct sql_column **columns,
			  size_t *count, struct sql_error **error)
{
	struct arena work;

	arena_init(&work);
	sql_session_enter(s, &work);
	sql_statement_begin(s);
	struct sql_prepared *fresh = sql_prepared_fresh(s, p);
	if (fresh) {
		struct sql_column *c = ARENA_ARRAY(a, struct sql_column, fresh->plan.ncolumns + 1);

		for (size_t i = 0; i < fresh->plan.ncolumns; i++) {
			c[i] = fresh->plan.columns[i];
			c[i].name = arena_slice(a, c[i].name);
		}
		*columns = c;
		*count = fresh->plan.ncolumns;
		if (fresh->plan.has_rows && !*count)
			*count = 0;
		sql_prepared_drop(fresh);
	} else {
		*error = copy_error(s->engine->env.error, a);
	}
	sql_statement_end(s, !fresh);
	sql_session_leave(s);
	arena_release(&work);
	return fresh != NULL;
}
