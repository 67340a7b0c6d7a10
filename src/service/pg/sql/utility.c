/*
 * Statements that are no query: PREPARE and EXECUTE, cursors, EXPLAIN. What
 * defines goes to the store.
 */
#include <stdlib.h>

#include "service/pg/sql/compile.h"
#include "service/pg/sql/copy.h"
#include "service/pg/sql/notify.h"
#include "service/pg/sql/plan.h"
#include "service/pg/sql/utility.h"

static bool wrong(struct sql_session *s, const char *state, const char *fmt, const char *name)
{
	struct buf b;

	buf_init(&b, 4096);
	for (const char *p = fmt; *p; p++)
		if (*p == '%')
			buf_add_str(&b, name);
		else
			buf_add_char(&b, *p);
	sql_raise_env(&s->engine->env, state, "%s", b.ptr);
	buf_release(&b);
	return false;
}

/* ---- PREPARE, EXECUTE, DEALLOCATE ---- */

struct sql_saved {
	struct sql_prepared *prepared;
};

static void drop_saved(struct sql_saved *v)
{
	if (!v)
		return;
	sql_prepared_drop(v->prepared);
	free(v);
}

void sql_saved_drop_all(struct sql_session *s)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&s->saved, &i));)
		drop_saved(map_take(&s->saved, e->key));
}

bool sql_saved_drop(struct sql_session *s, struct slice name)
{
	struct sql_saved *v = map_take(&s->saved, name);

	drop_saved(v);
	return v != NULL;
}

static bool prepare(struct sql_session *s, const PgQuery__PrepareStmt *st, struct arena *a)
{
	struct sql_analyser an;
	uint32_t *types = ARENA_ARRAY(a, uint32_t, st->n_argtypes + 1);
	int32_t mod;

	if (map_get_str(&s->saved, st->name))
		return wrong(s, "42P05", "prepared statement \"%\" already exists", st->name);
	sql_analyser_init(&an, s, s->text, a);
	for (size_t i = 0; i < st->n_argtypes; i++)
		if (!sql_resolve_type(&an, st->argtypes[i]->type_name, types + i, &mod))
			return sql_error_at(&an, st->argtypes[i]->type_name->location), false;
	struct sql_prepared *p = sql_prepared_inner(s, s->text, types, st->n_argtypes);
	if (!p)
		return false;
	struct sql_saved *v = calloc(1, sizeof(*v));
	if (!v)
		abort();
	v->prepared = p;
	map_set(&s->saved, slice_str(st->name), v);
	return true;
}

static struct sql_prepared *find_saved(struct sql_session *s, const char *name)
{
	struct sql_saved *v = map_get_str(&s->saved, name);

	if (!v) {
		wrong(s, "26000", "prepared statement \"%\" does not exist", name);
		return NULL;
	}
	return sql_prepared_fresh(s, v->prepared);
}

/* Values of EXECUTE's arguments: a SELECT without FROM computes them. */
static bool execute_values(struct sql_session *s, const PgQuery__ExecuteStmt *st, const struct sql_plan *plan, const struct sql_datum *outer,
			   struct arena *a, struct sql_datum **values)
{
	struct sql_analyser an;
	struct sql_lower l;
	struct sql_binds binds = { 0 };
	struct buf b;
	struct sql_query q = { 0 };

	if (st->n_params != plan->nparams) {
		struct sql_error *e = sql_raise_env(&s->engine->env, "42601", "wrong number of parameters for prepared statement \"%s\"", st->name);

		sql_detail(&s->engine->env, e, "Expected %zu parameters but got %zu.", plan->nparams, st->n_params);
		return false;
	}
	*values = ARENA_ARRAY(a, struct sql_datum, st->n_params + 1);
	if (!st->n_params)
		return true;
	sql_analyser_init(&an, s, s->text, a);
	sql_scope_push(&an, &q);
	an.scope->clause = SQL_IN_EXECUTE;
	sql_lower_init(&l, &an, &binds);
	buf_init(&b, SQL_TEXT_MAX);
	buf_add_str(&b, "SELECT ");
	for (size_t i = 0; i < st->n_params; i++) {
		struct sql_expr *e = sql_analyse_expr(&an, st->params[i]);
		struct sql_expr *x = e ? sql_coerce_to(&an, e, plan->params[i], -1, SQL_ASSIGNMENT, e->location) : NULL;

		if (e && !x && !an.env->error) {
			sql_wrong(&an, e->location, "42804", "parameter $%zu of type %s cannot be coerced to the expected type %s", i + 1,
				  sql_type_words(&an, e->type), sql_type_words(&an, plan->params[i]));
			sql_wrong_hint(&an, "You will need to rewrite or cast the expression.");
		}
		buf_add_str(&b, i ? ", " : "");
		if (!x || !sql_lower_expr(&l, x, &b)) {
			buf_release(&b);
			return false;
		}
		buf_addf(&b, " AS c%zu", i + 1);
	}
	struct sql_plan one = { .kind = SQL_PLAN_SELECT, .tag = 's', .binds = binds.list, .nbinds = binds.n, .ncolumns = st->n_params, .has_rows = true };
	struct sql_result rows = { 0 };
	one.text = sql_lower_detach(&l, &b);
	struct sql_datum *bound = sql_run_binds(s, &one, outer, 0, a);
	bool ok = bound && sql_run_plan(s, &one, bound, a, &rows);
	sql_plan_release(&one);
	if (ok)
		memcpy(*values, rows.cells, st->n_params * sizeof(**values));
	return ok;
}

static bool execute(struct sql_session *s, const PgQuery__ExecuteStmt *st, const struct sql_datum *outer, struct arena *a, struct sql_result *out)
{
	struct sql_prepared *p = find_saved(s, st->name);
	struct sql_datum *values;

	if (!p)
		return false;
	bool ok = execute_values(s, st, &p->plan, outer, a, &values);
	if (ok && p->plan.kind == SQL_PLAN_UTILITY) {
		ok = sql_utility(s, p, values, a, out);
	} else if (ok) {
		struct slice before = s->text;

		s->text = p->text;
		struct sql_datum *binds = sql_run_binds(s, &p->plan, values, p->plan.nparams, a);
		ok = binds && sql_run_plan(s, &p->plan, binds, a, out);
		s->text = before;
	}
	if (ok && out->columns) {
		struct sql_column *c = ARENA_ARRAY(a, struct sql_column, out->ncolumns + 1);

		for (size_t i = 0; i < out->ncolumns; i++) {
			c[i] = out->columns[i];
			c[i].name = arena_slice(a, c[i].name);
		}
		out->columns = c;
	}
	sql_prepared_drop(p);
	return ok;
}

bool sql_execute_into(struct sql_session *s, const PgQuery__ExecuteStmt *st, struct arena *a, struct sql_result *out)
{
	return execute(s, st, NULL, a, out);
}

/* ---- cursors: the rows are computed when it is declared ---- */

struct sql_cursor {
	struct arena arena;
	struct sql_result rows;
	size_t at;              /* rows before the position; the current one is at - 1 */
	bool after;             /* moved beyond the end */
	bool hold, scroll, binary;
};

static void drop_cursor(struct sql_cursor *c)
{
	if (!c)
		return;
	arena_release(&c->arena);
	free(c);
}

void sql_cursors_close(struct sql_session *s, bool also_held)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&s->cursors, &i));) {
		const struct sql_cursor *c = e->value;

		if (also_held || !c->hold)
			drop_cursor(map_take(&s->cursors, e->key));
	}
}

bool sql_cursor_close(struct sql_session *s, struct slice name)
{
	struct sql_cursor *c = map_take(&s->cursors, name);

	drop_cursor(c);
	return c != NULL;
}

#define CURSOR_BINARY 1
#define CURSOR_SCROLL 2
#define CURSOR_NO_SCROLL 4
#define CURSOR_HOLD 0x20

static bool declare(struct sql_session *s, const PgQuery__DeclareCursorStmt *st, const struct sql_datum *params, const uint32_t *types, size_t nparams)
{
	struct sql_cursor *c;

	if (!s->block && !(st->options & CURSOR_HOLD))
		return wrong(s, "25P01", "% can only be used in transaction blocks", "DECLARE CURSOR");
	if (map_get_str(&s->cursors, st->portalname))
		return wrong(s, "42P03", "cursor \"%\" already exists", st->portalname);
	struct sql_prepared *p = sql_prepared_inner(s, s->text, types, nparams);
	if (!p)
		return false;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	arena_init(&c->arena);
	c->hold = st->options & CURSOR_HOLD;
	c->scroll = !(st->options & CURSOR_NO_SCROLL);
	struct slice before = s->text;
	s->text = p->text;
	struct sql_datum *binds = sql_run_binds(s, &p->plan, params, nparams, &c->arena);
	bool ok = binds && sql_run_plan(s, &p->plan, binds, &c->arena, &c->rows);
	s->text = before;
	struct sql_column *columns = ARENA_ARRAY(&c->arena, struct sql_column, c->rows.ncolumns + 1);
	for (size_t i = 0; ok && i < c->rows.ncolumns; i++) {
		columns[i] = c->rows.columns[i];
		columns[i].name = arena_slice(&c->arena, columns[i].name);
	}
	c->rows.columns = columns;
	sql_prepared_drop(p);
	if (!ok) {
		drop_cursor(c);
		return false;
	}
	map_set(&s->cursors, slice_str(st->portalname), c);
	return true;
}

static bool backward(struct sql_session *s, const struct sql_cursor *c)
{
	if (c->scroll)
		return true;
	struct sql_error *e = sql_raise_env(&s->engine->env, "55000", "cursor can only scan forward");
	sql_hint(&s->engine->env, e, "Declare it with SCROLL option to enable backward scan.");
	return false;
}

/* Appends row `i` (from 0) to what is fetched. */
static void give(struct sql_cursor *c, size_t i, struct arena *a, struct sql_result *out)
{
	size_t n = c->rows.ncolumns;

	for (size_t k = 0; k < n; k++) {
		struct sql_datum v = c->rows.cells[i * n + k];

		if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
			v.s = arena_slice(a, v.s);
		out->cells[out->nrows * n + k] = v;
	}
	out->nrows++;
}

static bool fetch(struct sql_session *s, const PgQuery__FetchStmt *st, struct arena *a, struct sql_result *out)
{
	struct sql_cursor *c = map_get_str(&s->cursors, st->portalname);
	int64_t n = st->how_many, total, position;
	bool back = st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_BACKWARD;
	size_t moved = 0;

	if (!c)
		return wrong(s, "34000", "cursor \"%\" does not exist", st->portalname);
	total = (int64_t)c->rows.nrows;
	out->columns = c->rows.columns;
	out->ncolumns = c->rows.ncolumns;
	out->has_rows = !st->ismove;
	out->cells = ARENA_ARRAY(a, struct sql_datum, (size_t)(total + 1) * (out->ncolumns + 1));
	position = (int64_t)c->at; /* 0 before the first, total + 1 after the last */
	if (n < 0 && !back && st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_FORWARD) {
		back = true;
		n = -n;
	} else if (back && n < 0) {
		back = false;
		n = -n;
	}
	if (st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_ABSOLUTE || st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE) {
		int64_t to = st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE ? position + n : n >= 0 ? n : total + 1 + n;

		if (to < position && !backward(s, c))
			return false;
		position = to < 0 ? 0 : to > total ? total + 1 : to;
		if (position >= 1 && position <= total) {
			give(c, (size_t)position - 1, a, out);
			moved = 1;
		}
	} else if (n == 0) {
		if (position >= 1 && position <= total) {
			give(c, (size_t)position - 1, a, out);
			moved = 1;
		}
	} else {
		if (back && !backward(s, c))
			return false;
		while (n-- > 0) {
			position += back ? -1 : 1;
			if (position < 1 || position > total) {
				position = position < 1 ? 0 : total + 1;
				break;
			}
			give(c, (size_t)position - 1, a, out);
			moved++;
		}
	}
	c->at = (size_t)position;
	if (st->ismove)
		out->nrows = 0;
	out->tag = arena_printf(a, "%s %zu", st->ismove ? "MOVE" : "FETCH", moved);
	return true;
}

/* ---- EXPLAIN: plausible ---- */

static bool explain(struct sql_session *s, const PgQuery__ExplainStmt *st, struct arena *a, struct sql_result *out)
{
	struct sql_prepared *p = sql_prepared_inner(s, s->text, NULL, 0);
	const char *format = "text";
	bool costs = true;

	if (!p)
		return false;
	for (size_t i = 0; i < st->n_options; i++) {
		const PgQuery__DefElem *d = st->options[i]->def_elem;

		if (strcmp(d->defname, "format") == 0 && sql_ast_string(d->arg))
			format = sql_ast_string(d->arg);
		if (strcmp(d->defname, "costs") == 0 && d->arg && sql_ast_string(d->arg))
			costs = strcmp(sql_ast_string(d->arg), "off") != 0 && strcmp(sql_ast_string(d->arg), "false") != 0;
	}
	const char *node = p->plan.kind == SQL_PLAN_WRITE ? (p->plan.tag == 'i' ? "Insert" : p->plan.tag == 'u' ? "Update" : p->plan.tag == 'd' ? "Delete" : "Merge") :
			   p->plan.text && strstr(p->plan.text, "FROM r_") ? "Seq Scan" : "Result";
	const char *on = p->plan.write.relation ? p->plan.write.relation->name : NULL;
	struct slice text;
	if (strcmp(format, "json") == 0)
		text = arena_printf(a, "[\n  {\n    \"Plan\": {\n      \"Node Type\": \"%s\",\n      \"Parallel Aware\": false,\n      \"Async Capable\": false,\n      \"Startup Cost\": 0.00,\n      \"Total Cost\": 0.01,\n      \"Plan Rows\": 1,\n      \"Plan Width\": 4\n    }\n  }\n]", node);
	else
		text = arena_printf(a, "%s%s%s%s", node, on ? " on " : "", on ? on : "", costs ? "  (cost=0.00..0.01 rows=1 width=4)" : "");
	sql_prepared_drop(p);
	out->cells = ARENA_ARRAY(a, struct sql_datum, 1);
	out->cells[0] = (struct sql_datum){ .kind = SQL_TEXT, .s = text };
	out->nrows = 1;
	out->has_rows = true;
	struct sql_column *c = ARENA_NEW(a, struct sql_column);
	*c = (struct sql_column){ .name = SLICE_LIT("QUERY PLAN"), .oid = strcmp(format, "json") == 0 ? T_JSON : T_TEXT, .typmod = -1, .typlen = -1 };
	out->columns = c;
	out->ncolumns = 1;
	out->tag = SLICE_LIT("EXPLAIN");
	return true;
}

/* ---- what columns they will have ---- */

/* The parameters of a query inside are the statement's own. */
static bool inner_params(struct sql_session *s, struct sql_plan *plan, struct slice text, const uint32_t *types, size_t ntypes, struct arena *a)
{
	struct sql_prepared *p = sql_prepared_inner(s, text, types, ntypes);

	if (!p)
		return false;
	plan->nparams = p->plan.nparams;
	plan->params = ARENA_ARRAY(a, uint32_t, plan->nparams + 1);
	memcpy(plan->params, p->plan.params, plan->nparams * sizeof(*plan->params));
	sql_prepared_drop(p);
	return true;
}

bool sql_utility_describe(struct sql_session *s, struct sql_plan *plan, struct slice text, const uint32_t *types, size_t ntypes,
			  struct arena *a)
{
	const PgQuery__Node *n = plan->statement;

	if (n->node_case == AST(EXECUTE_STMT)) {
		struct sql_prepared *p = find_saved(s, n->execute_stmt->name);

		if (!p)
			return false;
		plan->ncolumns = p->plan.ncolumns;
		plan->has_rows = p->plan.has_rows;
		plan->columns = ARENA_ARRAY(a, struct sql_column, plan->ncolumns + 1);
		for (size_t i = 0; i < plan->ncolumns; i++) {
			plan->columns[i] = p->plan.columns[i];
			plan->columns[i].name = arena_slice(a, plan->columns[i].name);
		}
		sql_prepared_drop(p);
	} else if (n->node_case == AST(FETCH_STMT) && !n->fetch_stmt->ismove) {
		const struct sql_cursor *c = map_get_str(&s->cursors, n->fetch_stmt->portalname);

		if (!c)
			return true; /* running it tells */
		plan->ncolumns = c->rows.ncolumns;
		plan->has_rows = true;
		plan->columns = ARENA_ARRAY(a, struct sql_column, plan->ncolumns + 1);
		for (size_t i = 0; i < plan->ncolumns; i++) {
			plan->columns[i] = c->rows.columns[i];
			plan->columns[i].name = arena_slice(a, plan->columns[i].name);
		}
	} else if (n->node_case == AST(DECLARE_CURSOR_STMT)) {
		return !ntypes || inner_params(s, plan, text, types, ntypes, a);
	} else if (n->node_case == AST(EXPLAIN_STMT)) {
		plan->columns = ARENA_NEW(a, struct sql_column);
		plan->columns[0] = (struct sql_column){ .name = SLICE_LIT("QUERY PLAN"), .oid = T_TEXT, .typmod = -1, .typlen = -1 };
		plan->ncolumns = 1;
		plan->has_rows = true;
	}
	return true;
}

bool sql_utility(struct sql_session *s, struct sql_prepared *p, const struct sql_datum *params, struct arena *a, struct sql_result *out)
{
	PgQuery__Node *n = p->plan.statement;

	switch (n->node_case) {
	case AST(PREPARE_STMT):
		out->tag = SLICE_LIT("PREPARE");
		return prepare(s, n->prepare_stmt, a);
	case AST(EXECUTE_STMT):
		return execute(s, n->execute_stmt, params, a, out);
	case AST(DEALLOCATE_STMT):
		out->tag = n->deallocate_stmt->name && n->deallocate_stmt->name[0] ? SLICE_LIT("DEALLOCATE") : SLICE_LIT("DEALLOCATE ALL");
		if (!n->deallocate_stmt->name || !n->deallocate_stmt->name[0])
			sql_saved_drop_all(s);
		else if (!sql_saved_drop(s, slice_str(n->deallocate_stmt->name)))
			return wrong(s, "26000", "prepared statement \"%\" does not exist", n->deallocate_stmt->name);
		return true;
	case AST(DECLARE_CURSOR_STMT):
		out->tag = SLICE_LIT("DECLARE CURSOR");
		return declare(s, n->declare_cursor_stmt, params, p->plan.params, p->plan.nparams);
	case AST(FETCH_STMT):
		return fetch(s, n->fetch_stmt, a, out);
	case AST(CLOSE_PORTAL_STMT):
		if (!n->close_portal_stmt->portalname || !n->close_portal_stmt->portalname[0]) {
			out->tag = SLICE_LIT("CLOSE CURSOR ALL");
			sql_cursors_close(s, true);
			return true;
		}
		out->tag = SLICE_LIT("CLOSE CURSOR");
		return sql_cursor_close(s, slice_str(n->close_portal_stmt->portalname)) ||
		       wrong(s, "34000", "cursor \"%\" does not exist", n->close_portal_stmt->portalname);
	case AST(LISTEN_STMT):
		out->tag = SLICE_LIT("LISTEN");
		sql_listen(s, slice_str(n->listen_stmt->conditionname));
		return true;
	case AST(UNLISTEN_STMT):
		out->tag = SLICE_LIT("UNLISTEN");
		sql_unlisten(s, slice_str(n->unlisten_stmt->conditionname ? n->unlisten_stmt->conditionname : ""));
		return true;
	case AST(NOTIFY_STMT):
		out->tag = SLICE_LIT("NOTIFY");
		return sql_notify(s, slice_str(n->notify_stmt->conditionname), slice_str(n->notify_stmt->payload ? n->notify_stmt->payload : ""));
	case AST(EXPLAIN_STMT):
		return explain(s, n->explain_stmt, a, out);
	case AST(COPY_STMT):
		return sql_copy(s, n->copy_stmt, s->running ? s->running->copy_in : SLICE_NONE, a, out);
	case AST(SELECT_STMT): {
		/* SELECT ... INTO is CREATE TABLE AS */
		PgQuery__CreateTableAsStmt as = PG_QUERY__CREATE_TABLE_AS_STMT__INIT;
		PgQuery__Node query = PG_QUERY__NODE__INIT, node = PG_QUERY__NODE__INIT;
		PgQuery__SelectStmt select = *n->select_stmt;

		select.into_clause = NULL;
		query.node_case = AST(SELECT_STMT);
		query.select_stmt = &select;
		as.query = &query;
		as.into = n->select_stmt->into_clause;
		as.objtype = PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
		as.is_select_into = true;
		node.node_case = AST(CREATE_TABLE_AS_STMT);
		node.create_table_as_stmt = &as;
		return sql_ddl(s, &node, a, &out->tag);
	}
	default:
		return sql_ddl(s, n, a, &out->tag);
	}
}
