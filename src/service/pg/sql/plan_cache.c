/*
 * Keeps prepared statements by their text without its literals, so that texts which
 * differ in nothing else are parsed, analysed and planned once; and the calls of
 * engine.h that prepare.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "port/sql_literals.h"
#include "service/pg/sql/oids.h"

#include "service/pg/sql/plan.h"
#include "service/pg/sql/transaction.h"

#define KEPT_MAX 2048               /* plans: the oldest half goes */
#define KEPT_BYTES (32 * 1024 * 1024) /* of their texts: a thousand INSERTs of 32 KiB */

struct sql_plans {
	struct map by_key;
	struct map stays;           /* by the key without literals: struct stay */
	size_t bytes;
};

/* Which literals of texts of one shape have to stay in the plan's key. */
struct stay {
	size_t n;
	bool verbatim[];
};

/* A text on its way to a plan. */
struct look {
	struct slice text;
	struct sql_literals literals;
	bool plain;                 /* its literals may be stripped */
	struct arena arena;
	struct buf key;
};

static struct slice path_of(struct sql_session *s)
{
	return sql_session_setting(s, "search_path");
}

static struct slice key_of(struct sql_session *s, struct look *k, const bool *verbatim, const uint32_t *types, size_t ntypes)
{
	buf_reset(&k->key);
	if (k->plain)
		sql_literals_key(k->text, &k->literals, verbatim, &k->key);
	else
		buf_add_slice(&k->key, k->text);
	buf_add_char(&k->key, '\0');
	buf_add_slice(&k->key, path_of(s));
	for (size_t i = 0; i < ntypes; i++)
		buf_addf(&k->key, "|%u", types[i]);
	return buf_slice(&k->key);
}

static void look_open(struct look *k, struct slice text)
{
	*k = (struct look){ .text = text };
	arena_init(&k->arena);
	buf_init(&k->key, 64 * 1024 * 1024);
	k->plain = sql_literals_scan(text, &k->arena, &k->literals);
}

static void look_close(struct look *k)
{
	buf_release(&k->key);
	arena_release(&k->arena);
}

static void drop_entry(struct sql_plans *plans, struct sql_prepared *p)
{
	plans->bytes -= p->text.len;
	p->kept = false;
	sql_prepared_drop(p);
}

static struct sql_prepared *find_kept(struct sql_session *s, struct slice key)
{
	struct sql_plans *plans = s->engine->plans;
	struct sql_prepared *p = map_get(&plans->by_key, key);

	if (p && p->version != sql_catalog_version(s)) {
		map_take(&plans->by_key, key);
		drop_entry(plans, p);
		p = NULL;
	}
	return p;
}

/* Whether a value of the type is read the same whatever the session's settings and the catalog say. */
static bool reads_alike(uint32_t type)
{
	switch (type) {
	case T_BOOL: case T_INT2: case T_INT4: case T_INT8: case T_FLOAT4: case T_FLOAT8: case T_NUMERIC: case T_TEXT: case T_VARCHAR:
	case T_BPCHAR: case T_UUID: case T_JSONB: case T_BYTEA: case T_UNKNOWN:
		return true;
	default:
		return false;
	}
}

/*
 * A text that differs from the one the plan was made of in its literals. NULL: one of them is no value of its
 * type, which the analysis of the text itself is to say.
 */
static struct sql_prepared *with_literals(struct sql_session *s, struct look *k, struct sql_prepared *first)
{
	struct sql_env *env = &s->engine->env;
	struct sql_prepared *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	*p = (struct sql_prepared){ .refs = 1, .engine = s->engine, .given = first->given, .ngiven = first->ngiven, .plan = first->plan,
		.version = first->version, .path = first->path, .first = first };
	first->refs++;
	arena_init(&p->arena);
	p->text = arena_slice(&p->arena, k->text);
	p->plan.home = &first->plan;
	p->plan.nidle = 0;
	p->plan.binds = arena_alloc(&p->arena, (p->plan.nbinds + 1) * sizeof(*p->plan.binds));
	for (size_t i = 0; i < p->plan.nbinds; i++) {
		struct sql_bind *b = p->plan.binds + i;
		struct sql_datum v;

		*b = first->plan.binds[i];
		if (b->kind != SQL_BIND_LITERAL)
			continue;
		if (b->literal < 0) {
			const struct sql_literal *before = b->after < 0 ? NULL : k->literals.list + b->after;

			b->location = (before ? before->at + before->len : 0) + b->behind;
			continue;
		}
		const struct sql_literal *one = k->literals.list + b->literal;
		b->text = sql_literal_value(p->text, one, b->negative, &p->arena);
		b->location = b->negative ? one->minus : one->at;
		if (!sql_type_in(env, b->type == T_UNKNOWN ? T_TEXT : b->type, b->typmod, b->text, &v)) {
			env->error = NULL;
			sql_prepared_drop(p);
			return NULL;
		}
		if (!reads_alike(b->type))
			continue;
		b->kind = SQL_BIND_VALUE;
		b->value = v;
		if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
			b->value.s = arena_slice(&p->arena, v.s);
	}
	return p;
}

/* A reference, or NULL: not there. */
static struct sql_prepared *find(struct sql_session *s, struct look *k, const uint32_t *types, size_t ntypes)
{
	struct sql_plans *plans = s->engine->plans;

	if (!plans)
		return NULL;
	struct slice key = key_of(s, k, NULL, types, ntypes);
	if (k->plain) {
		const struct stay *stay = map_get(&plans->stays, key);

		if (!stay)
			return NULL;
		if (memchr(stay->verbatim, true, stay->n))
			key = key_of(s, k, stay->verbatim, types, ntypes);
	}
	struct sql_prepared *p = find_kept(s, key);
	if (p && k->plain && !slice_eq(p->text, k->text))
		return with_literals(s, k, p);
	if (p)
		p->refs++;
	return p;
}

/*
 * Ties the plan's literals to those of the text. What has no bind of its own, or one on whose value the plan
 * depends, stays verbatim. False: a bind is of no literal that stands in this text.
 */
static bool tie_literals(struct look *k, struct sql_plan *plan, bool *verbatim)
{
	bool negative;

	memset(verbatim, true, k->literals.n);
	for (size_t i = 0; i < plan->nbinds; i++) {
		struct sql_bind *b = plan->binds + i;
		const struct sql_literal *one = b->kind == SQL_BIND_LITERAL ? sql_literals_find(&k->literals, b->location, &negative) : NULL;

		b->literal = b->after = -1;
		if (!one) {
			b->after = (int)sql_literals_before(&k->literals, b->location) - 1;
			b->behind = b->location - (b->after < 0 ? 0 : k->literals.list[b->after].at + k->literals.list[b->after].len);
			continue;
		}
		if (!slice_eq(sql_literal_value(k->text, one, negative, &k->arena), b->text))
			return false;
		b->literal = (int)(one - k->literals.list);
		b->negative = negative;
		verbatim[b->literal] = false;
	}
	for (size_t i = 0; i < plan->nbinds; i++)
		if (plan->binds[i].kind == SQL_BIND_LITERAL && plan->binds[i].literal >= 0 && *plan->binds[i].fixed)
			verbatim[plan->binds[i].literal] = true;
	return true;
}

static struct slice key_to_keep(struct sql_session *s, struct look *k, struct sql_prepared *p)
{
	struct sql_plans *plans = s->engine->plans;

	if (!k->plain)
		return key_of(s, k, NULL, p->given, p->ngiven);
	struct stay *stay = calloc(1, sizeof(*stay) + k->literals.n);
	if (!stay)
		abort();
	stay->n = k->literals.n;
	if (!tie_literals(k, &p->plan, stay->verbatim))
		memset(stay->verbatim, true, stay->n);
	struct slice key = key_of(s, k, NULL, p->given, p->ngiven);
	struct stay *former = map_set(&plans->stays, key, stay);
	for (size_t i = 0; former && i < stay->n; i++)
		stay->verbatim[i] |= former->verbatim[i];
	free(former);
	return key_of(s, k, stay->verbatim, p->given, p->ngiven);
}

static void forget_stays(struct sql_plans *plans)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&plans->stays, &i));)
		free(e->value);
	map_release(&plans->stays);
	map_init(&plans->stays);
}

static void keep(struct sql_session *s, struct look *k, struct sql_prepared *p)
{
	struct sql_plans *plans = s->engine->plans;

	if (!plans) {
		plans = s->engine->plans = calloc(1, sizeof(*plans));
		if (!plans)
			abort(); /* as the arena: out of memory ends the host */
		map_init(&plans->by_key);
		map_init(&plans->stays);
	}
	if (plans->by_key.live >= KEPT_MAX || plans->bytes > KEPT_BYTES) {
		size_t half = plans->by_key.live / 2 + 1;
		struct map_entry *e;
		size_t n = 0;

		for (size_t i = 0; n < half && (e = map_next(&plans->by_key, &i)); n++)
			drop_entry(plans, map_take(&plans->by_key, e->key));
	}
	if (plans->stays.live >= 2 * KEPT_MAX)
		forget_stays(plans);
	plans->bytes += p->text.len;
	p->refs++;
	p->kept = true;
	struct sql_prepared *former = map_set(&plans->by_key, key_to_keep(s, k, p), p);
	if (former)
		drop_entry(plans, former);
}

void sql_plans_free(struct sql_plans *plans)
{
	struct map_entry *e;

	if (!plans)
		return;
	for (size_t i = 0; (e = map_next(&plans->by_key, &i));)
		drop_entry(plans, e->value);
	map_release(&plans->by_key);
	forget_stays(plans);
	map_release(&plans->stays);
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
	if (p->first)
		sql_prepared_drop(p->first);
	else
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
		else if (p->plan.want_rowids = inner && parsed.statements[0]->node_case == AST(DECLARE_CURSOR_STMT),
			 sql_plan_make(s, p->text, inner ? query_of(parsed.statements[0]) : parsed.statements[0], types, ntypes, &p->arena, &p->plan))
			return p;
	}
	sql_prepared_drop(p);
	return NULL;
}

static void check(struct sql_session *s, const struct sql_prepared *p)
{
	struct sql_prepared *own = make(s, p->text, p->given, p->ngiven, false);
	const char *differs = own ? sql_plan_differs(&p->plan, &own->plan) : "that it can be planned";

	if (differs) {
		fprintf(stderr, "seam: sql: \"%.*s\" has the plan of \"%.*s\", and differs in %s\n", SLICE_ARG(p->text), SLICE_ARG(p->first->text), differs);
		abort();
	}
	sql_prepared_drop(own);
}

struct sql_prepared *sql_prepared_make(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes)
{
	struct look k;

	look_open(&k, text);
	struct sql_prepared *p = find(s, &k, types, ntypes);
	if (p && p->first && s->engine->config.check_plans)
		check(s, p);
	if (!p) {
		p = make(s, text, types, ntypes, false);
		if (p && !p->plan.uncacheable)
			keep(s, &k, p);
	}
	look_close(&k);
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
