/*
 * Makes plans: analysis, lowering, and the columns that the client is told.
 */
#include "service/pg/sql/plan.h"

#include "service/pg/sql/compile.h"

static bool is_query(const PgQuery__Node *n)
{
	switch (n->node_case) {
	case AST(SELECT_STMT):
		return !n->select_stmt->into_clause;
	case AST(INSERT_STMT):
	case AST(UPDATE_STMT):
	case AST(DELETE_STMT):
	case AST(MERGE_STMT):
		return true;
	default:
		return false;
	}
}

static void fill_columns(struct sql_analyser *an, const struct sql_target *t, size_t n, struct sql_plan *plan)
{
	plan->columns = ARENA_ARRAY(an->arena, struct sql_column, n + 1);
	plan->ncolumns = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t base = t[i].expr->type;
		int32_t mod = t[i].expr->typmod;

		/* a domain goes out as what it is made of */
		base = sql_base_type_mod(an, base, &mod);
		plan->columns[i] = (struct sql_column){ .name = slice_str(t[i].name), .oid = base, .typmod = mod,
			.typlen = sql_type_of(an, base)->len, .table_oid = t[i].table_oid, .attnum = t[i].attnum };
	}
}

static bool settle_params(struct sql_analyser *an)
{
	for (size_t i = 0; i < an->nparams; i++)
		if (!an->params[i])
			return sql_wrong(an, -1, "42P18", "could not determine data type of parameter $%zu", i + 1) != NULL;
	return true;
}

/* Steps of queries inside of it are there already: they run before it. */
static void add_step(struct sql_lower *l, struct sql_plan *plan, const struct sql_plan_step *step)
{
	struct sql_plan_step *more = ARENA_ARRAY(l->an->arena, struct sql_plan_step, plan->nsteps + 1);

	if (plan->nsteps)
		memcpy(more, plan->steps, plan->nsteps * sizeof(*more));
	more[plan->nsteps++] = *step;
	plan->steps = more;
}

/* The names of CTEs come first, so that writing ones may be steps. */
static bool steps(struct sql_lower *l, struct sql_cte **ctes, size_t n, struct sql_plan *plan)
{
	for (size_t i = 0; i < n; i++) {
		struct sql_plan_step s = { 0 };

		if (!ctes[i]->write)
			continue;
		/* the reading WITH queries before it are seen by it */
		struct sql_write_query *w = ctes[i]->write;
		struct sql_cte **all = ARENA_ARRAY(l->an->arena, struct sql_cte *, i + w->nctes + 1);
		for (size_t k = 0; k < i; k++)
			all[k] = ctes[k];
		for (size_t k = 0; k < w->nctes; k++)
			all[i + k] = w->ctes[k];
		w->ctes = all;
		w->nctes += i;
		s.id = ctes[i]->id;
		s.ncolumns = ctes[i]->write->nreturning;
		if (!sql_plan_write(l, w, &s.write))
			return false;
		add_step(l, plan, &s);
	}
	return true;
}

static void leaves(const struct sql_from *f, struct sql_rte **rtes, size_t *n)
{
	if (f->left) {
		leaves(f->left, rtes, n);
		leaves(f->right, rtes, n);
	} else if (f->rte->kind == SQL_RTE_RELATION && f->rte->relation->kind == 'r' && !f->rte->relation->system && *n < 16) {
		rtes[(*n)++] = f->rte;
	}
}

/* A cursor over a simple query: WHERE CURRENT OF asks for the rows of its tables. */
static void with_rowids(struct sql_analyser *an, struct sql_query *q, struct sql_plan *plan)
{
	struct sql_rte *rtes[16];
	size_t n = 0;

	if (q->setop != SQL_SET_NONE || q->ngroup || q->nsets || q->has_aggregates || q->has_group || q->distinct || q->ndistinct_on ||
	    q->has_windows || q->has_sets || q->nvalues)
		return;
	for (size_t i = 0; i < q->nfrom; i++)
		leaves(q->from[i], rtes, &n);
	if (!n)
		return;
	struct sql_target *targets = ARENA_ARRAY(an->arena, struct sql_target, q->ntargets + n + 1);
	plan->rowid_of = ARENA_ARRAY(an->arena, uint32_t, n);
	plan->nrowids = n;
	for (size_t i = 0; i < n; i++) {
		struct sql_expr *x = sql_expr_new(an, SQL_X_RAW, T_INT8, -1);

		rtes[i]->rowid = true;
		plan->rowid_of[i] = rtes[i]->relation->oid;
		x->text = arena_printf(an->arena, "t%d.rid", rtes[i]->id);
		targets[i] = (struct sql_target){ .expr = x, .name = "rid" };
	}
	memcpy(targets + n, q->targets, q->ntargets * sizeof(*targets));
	for (size_t i = 0; i < q->nsort; i++)
		q->sort[i].target += n;
	q->targets = targets;
	q->ntargets += n;
	q->nvisible += n;
}

/* LIMIT and OFFSET come after locking: SKIP LOCKED looks further. */
static bool limits(struct sql_lower *l, struct sql_query *q, struct sql_write *w)
{
	struct sql_lower inner;
	struct buf b;
	bool ok = true;

	if (!q->limit && !q->offset)
		return true;
	buf_init(&b, SQL_TEXT_MAX);
	sql_lower_inner(&inner, l);
	inner.direct = true;
	inner.bind_base = 0;
	buf_add_str(&b, "SELECT ");
	if (q->limit) {
		buf_add_str(&b, "e_limit(");
		ok = sql_lower_expr(&inner, q->limit, &b);
		buf_add_str(&b, "), ");
	} else {
		buf_add_str(&b, "-1, ");
	}
	if (ok && q->offset) {
		buf_add_str(&b, "e_offset(");
		ok = sql_lower_expr(&inner, q->offset, &b);
		buf_add_char(&b, ')');
	} else {
		buf_add_char(&b, '0');
	}
	w->limit.count = 2;
	w->limit.text = sql_lower_detach(l, &b);
	q->limit = q->offset = NULL;
	return ok;
}

static bool locking(struct sql_lower *l, struct sql_query *q, struct sql_write *w)
{
	struct buf b;
	size_t total = 0;

	q->kept = -1;
	if (!q->with_ties && !limits(l, q, w))
		return false;
	w->kind = SQL_LOCK;
	w->lock_strength = q->locks[0].strength;
	w->lock_wait = q->locks[0].wait;
	for (size_t i = 0; i < q->nlocks; i++)
		total += q->locks[i].nrtes;
	w->locked = ARENA_ARRAY(l->an->arena, const struct sql_relation *, total + 1);
	struct sql_rte **rtes = ARENA_ARRAY(l->an->arena, struct sql_rte *, total + 1);
	for (size_t i = 0; i < q->nlocks; i++)
		for (size_t k = 0; k < q->locks[i].nrtes; k++) {
			bool known = false;

			for (size_t m = 0; m < w->nlocked; m++)
				known |= rtes[m] == q->locks[i].rtes[k];
			if (known)
				continue;
			rtes[w->nlocked] = q->locks[i].rtes[k];
			w->locked[w->nlocked++] = q->locks[i].rtes[k]->relation;
		}
	/* the rowids before the columns of the result */
	struct sql_target *targets = ARENA_ARRAY(l->an->arena, struct sql_target, q->ntargets + w->nlocked + 1);
	for (size_t i = 0; i < w->nlocked; i++) {
		struct sql_expr *x = sql_expr_new(l->an, SQL_X_RAW, T_INT8, -1);

		rtes[i]->rowid = true;
		x->text = arena_printf(l->an->arena, "t%d.rid", rtes[i]->id);
		targets[i] = (struct sql_target){ .expr = x, .name = "rid" };
	}
	memcpy(targets + w->nlocked, q->targets, q->ntargets * sizeof(*targets));
	for (size_t i = 0; i < q->nsort; i++)
		q->sort[i].target += w->nlocked;
	q->targets = targets;
	q->ntargets += w->nlocked;
	q->nvisible += w->nlocked;
	for (int again = 0; again < 2; again++) {
		buf_init(&b, SQL_TEXT_MAX);
		l->recheck = again && w->nlocked ? rtes[0] : NULL;
		l->recheck_param = (int)l->binds->n + 1;
		if (!sql_lower_query(l, q, &b)) {
			buf_release(&b);
			return false;
		}
		*(again ? &w->recheck : &w->select) = sql_lower_detach(l, &b);
		w->nparams = l->binds->n;
	}
	l->recheck = NULL;
	return true;
}

bool sql_lower_locking(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	struct sql_plan *plan = l->plan;
	size_t n = q->nvisible;

	if (!q->kept) {
		struct sql_write w = { 0 };
		struct sql_lower inner;
		int id = ++l->an->next_id;

		sql_lower_init(&inner, l->an, l->binds);
		inner.plan = plan;
		if (!locking(&inner, q, &w))
			return false;
		q->nvisible = n;
		if (!sql_plan_check(l->an->session, w.select)) {
			l->an->env->error = NULL;
			return sql_unsupported(l->an, -1, "FOR UPDATE in a subquery that refers to the query around it") != NULL;
		}
		struct sql_plan_step step = { .id = id, .write = w, .ncolumns = n };
		add_step(l, plan, &step);
		plan->writes = true;
		q->kept = id;
	}
	buf_add_str(out, "SELECT ");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%sc%zu", i ? ", " : "", i + 1);
	buf_addf(out, "%s FROM q_kept(%d)", n ? "" : "1", q->kept);
	return true;
}

/* Whether SQLite takes a text that the store will prepare: it takes it for granted. */
bool sql_plan_check(struct sql_session *s, const char *text)
{
	sqlite3_stmt *st = NULL;

	if (!text || sqlite3_prepare_v2(s->engine->db, text, -1, &st, NULL) == SQLITE_OK) {
		sqlite3_finalize(st);
		return true;
	}
	const char *why = sqlite3_errmsg(s->engine->db);
	if (strstr(why, "too many") || strstr(why, "at most") || strstr(why, "too large"))
		sql_raise_env(&s->engine->env, "54001", "statement is too complex for this fake: %s", why);
	else
		sql_raise_env(&s->engine->env, "XX000", "%s", why);
	return false;
}

static bool check_write(struct sql_session *s, const struct sql_write *w)
{
	for (size_t i = 0; i < w->nactions; i++)
		if (!sql_plan_check(s, w->actions[i].condition.text) || !sql_plan_check(s, w->actions[i].set.text))
			return false;
	return sql_plan_check(s, w->select) && sql_plan_check(s, w->recheck) && sql_plan_check(s, w->returning.text) &&
	       sql_plan_check(s, w->conflict_set.text) && sql_plan_check(s, w->conflict_where.text) && sql_plan_check(s, w->check.text);
}

static bool lower_plan(struct sql_analyser *an, struct sql_tree_statement *t, struct sql_binds *binds, struct sql_plan *plan)
{
	struct sql_lower l;
	struct buf b;

	sql_lower_init(&l, an, binds);
	l.plan = plan;
	if (t->write) {
		plan->kind = SQL_PLAN_WRITE;
		plan->writes = true;
		plan->tag = t->write->kind;
		fill_columns(an, t->write->returning, t->write->nreturning, plan);
		plan->has_rows = t->write->nreturning > 0;
		if (!steps(&l, t->write->ctes, t->write->nctes, plan))
			return false;
		return sql_plan_write(&l, t->write, &plan->write);
	}
	plan->tag = 's';
	plan->has_rows = true;
	fill_columns(an, t->query->targets, t->query->nvisible, plan);
	if (!steps(&l, t->query->ctes, t->query->nctes, plan))
		return false;
	plan->writes = plan->nsteps > 0;
	if (t->query->nlocks) {
		plan->kind = SQL_PLAN_LOCK;
		if (!locking(&l, t->query, &plan->write))
			return false;
		if (plan->want_rowids) {
			plan->write.with_rowids = true;
			plan->nrowids = plan->write.nlocked;
			plan->rowid_of = ARENA_ARRAY(an->arena, uint32_t, plan->nrowids + 1);
			for (size_t i = 0; i < plan->nrowids; i++)
				plan->rowid_of[i] = plan->write.locked[i]->oid;
		}
		return true;
	}
	if (plan->want_rowids)
		with_rowids(an, t->query, plan);
	buf_init(&b, SQL_TEXT_MAX);
	bool ok = sql_lower_query(&l, t->query, &b);
	plan->text = sql_lower_detach(&l, &b);
	return ok;
}

struct sql_tree_statement *sql_analyse_tree(struct sql_analyser *an, PgQuery__Node *statement)
{
	struct sql_tree_statement *t = ARENA_NEW(an->arena, struct sql_tree_statement);

	if (statement->node_case == AST(SELECT_STMT))
		t->query = sql_analyse_subquery(an, statement);
	else
		t->write = sql_analyse_write(an, statement);
	if (!t->query && !t->write)
		return NULL;
	if (!settle_params(an))
		return NULL;
	t->params = an->params;
	t->nparams = an->nparams;
	return t;
}

void sql_analyser_init(struct sql_analyser *an, struct sql_session *s, struct slice text, struct arena *a)
{
	*an = (struct sql_analyser){ .session = s, .env = &s->engine->env, .arena = a, .text = text };
}

bool sql_plan_make(struct sql_session *s, struct slice text, PgQuery__Node *statement, const uint32_t *types, size_t ntypes,
		   struct arena *a, struct sql_plan *plan)
{
	struct sql_analyser an;
	struct sql_binds binds = { 0 };

	plan->statement = statement;
	if (!is_query(statement)) {
		plan->kind = SQL_PLAN_UTILITY;
		plan->uncacheable = true;
		return sql_utility_describe(s, plan, text, types, ntypes, a);
	}
	sql_analyser_init(&an, s, text, a);
	an.params = ARENA_ARRAY(a, uint32_t, ntypes + 16);
	an.param_cap = ntypes + 16;
	an.nparams = ntypes;
	for (size_t i = 0; i < ntypes; i++)
		an.params[i] = types[i] == T_UNKNOWN ? 0 : types[i];
	struct sql_tree_statement *t = sql_analyse_tree(&an, statement);
	if (!t || !lower_plan(&an, t, &binds, plan))
		return false;
	plan->params = t->params;
	plan->nparams = t->nparams;
	plan->binds = binds.list;
	plan->nbinds = binds.n;
	for (size_t i = 0; i < plan->nsteps; i++)
		if (!check_write(s, &plan->steps[i].write))
			return false;
	if (!check_write(s, &plan->write))
		return false;
	plan->uncacheable = an.uncacheable;
	plan->relations = an.relations;
	plan->nrelations = an.nrelations;
	return true;
}

void sql_plan_release(struct sql_plan *plan)
{
	while (plan->nidle)
		sqlite3_finalize(plan->idle[--plan->nidle]);
}

sqlite3_stmt *sql_plan_take(struct sql_session *s, struct sql_plan *plan, const char *text)
{
	sqlite3_stmt *st = NULL;

	if (plan->home)
		plan = plan->home;
	if (text == plan->text && plan->nidle)
		return plan->idle[--plan->nidle];
	if (sqlite3_prepare_v3(s->engine->db, text, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) == SQLITE_OK)
		return st;
	const char *why = sqlite3_errmsg(s->engine->db);
	if (strstr(why, "too many") || strstr(why, "at most") || strstr(why, "too large"))
		sql_raise_env(&s->engine->env, "54001", "statement is too complex for this fake: %s", why);
	else
		sql_raise_env(&s->engine->env, "XX000", "%s", why);
	return NULL;
}

void sql_plan_done(struct sql_plan *plan, sqlite3_stmt *st)
{
	sqlite3_reset(st);
	if (plan->home)
		plan = plan->home;
	if (plan->nidle < SQL_IDLE_MAX && plan->text) {
		sqlite3_clear_bindings(st);
		plan->idle[plan->nidle++] = st;
	} else {
		sqlite3_finalize(st);
	}
}
