/*
 * Statements that are no query: PREPARE and EXECUTE; others by the files that know
 * them. What defines goes to the store.
 */
#include <stdlib.h>

#include "service/pg/sql/compile.h"
#include "service/pg/sql/copy.h"
#include "service/pg/sql/cursor.h"
#include "service/pg/sql/explain.h"
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
	if (!ok)
		out->announced = false; /* its columns are the plan's, which goes */
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
		const struct sql_column *columns;

		if (!sql_cursor_columns(s, n->fetch_stmt->portalname, &columns, &plan->ncolumns))
			return true; /* running it tells */
		plan->has_rows = true;
		plan->columns = ARENA_ARRAY(a, struct sql_column, plan->ncolumns + 1);
		for (size_t i = 0; i < plan->ncolumns; i++) {
			plan->columns[i] = columns[i];
			plan->columns[i].name = arena_slice(a, plan->columns[i].name);
		}
	} else if (n->node_case == AST(DECLARE_CURSOR_STMT)) {
		return !ntypes || inner_params(s, plan, text, types, ntypes, a);
	} else if (n->node_case == AST(EXPLAIN_STMT)) {
		return sql_explain_describe(s, plan, text, types, ntypes, a);
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
		return sql_cursor_declare(s, n->declare_cursor_stmt, params, p->plan.params, p->plan.nparams);
	case AST(FETCH_STMT):
		return sql_cursor_fetch(s, n->fetch_stmt, a, out);
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
		return sql_explain(s, n->explain_stmt, params, p->plan.params, p->plan.nparams, a, out);
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
