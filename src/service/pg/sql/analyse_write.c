/*
 * INSERT, UPDATE, DELETE: targets, values by assignment, ON CONFLICT, RETURNING.
 * MERGE is in analyse_merge.c.
 *
 * Source: analyze.c and parse_target.c of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

static struct sql_rte *write_target(struct sql_analyser *an, const PgQuery__RangeVar *r, char kind)
{
	struct sql_rte *rte;
	const struct sql_relation *rel = sql_find_relation(an, r);

	if (!rel)
		return NULL;
	if (rel->kind == 'm')
		return sql_wrong(an, -1, "42809", "cannot change materialized view \"%s\"", rel->name);
	if (rel->kind == 'S')
		return sql_wrong(an, -1, "42809", "cannot change sequence \"%s\"", rel->name);
	if (rel->kind == 'v')
		return sql_wrong(an, -1, "0A000", "cannot %s view \"%s\": updatable views are not supported by this fake",
				 kind == 'i' ? "insert into" : kind == 'u' ? "update" : kind == 'd' ? "delete from" : "merge into", rel->name);
	if (rel->system)
		return sql_wrong(an, -1, "42501", "permission denied: \"%s\" is a system catalog", rel->name);
	rte = sql_rte_relation(an, r);
	if (!rte || !sql_alias_columns(an, rte, r->alias, "table"))
		return NULL;
	return rte;
}

static const struct sql_attribute *attribute(const struct sql_relation *rel, const char *name)
{
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped && strcmp(rel->columns[i].name, name) == 0)
			return rel->columns + i;
	return NULL;
}

static const struct sql_attribute *target_column(struct sql_analyser *an, const struct sql_relation *rel, const PgQuery__ResTarget *t)
{
	const struct sql_attribute *c = attribute(rel, t->name);

	if (!c)
		return sql_wrong(an, t->location, "42703", "column \"%s\" of relation \"%s\" does not exist", t->name, rel->name);
	if (t->n_indirection)
		return sql_unsupported(an, t->location, "assignment to a part of a column");
	return c;
}

/* The value of a column, coerced as an assignment does. */
static struct sql_expr *assign(struct sql_analyser *an, const struct sql_attribute *c, struct sql_expr *e)
{
	struct sql_expr *x = sql_coerce_to(an, e, c->type, c->typmod, SQL_ASSIGNMENT, e->location);

	if (x || an->env->error)
		return x;
	sql_wrong(an, e->location, "42804", "column \"%s\" is of type %s but expression is of type %s", c->name, sql_type_words(an, c->type),
		  sql_type_words(an, e->type));
	return sql_wrong_hint(an, "You will need to rewrite or cast the expression.");
}

/* What stands for DEFAULT in a row of several. */
static struct sql_expr *default_of(struct sql_analyser *an, const struct sql_attribute *c)
{
	if (!c->fallback || c->generated || c->identity)
		return sql_null(an, c->type);
	bool before = an->no_positions;
	PgQuery__Node *n = sql_parse_expr(an->env, slice_str(c->fallback), an->arena);
	an->no_positions = true;
	struct sql_expr *e = n ? sql_analyse_expr(an, n) : NULL;
	e = e ? sql_coerce_to(an, e, c->type, c->typmod, SQL_ASSIGNMENT, -1) : NULL;
	an->no_positions = before;
	return e;
}

static bool may_write(struct sql_analyser *an, const struct sql_attribute *c, char overriding, bool update)
{
	if (c->generated) {
		sql_wrong(an, -1, "428C9", update ? "column \"%s\" can only be updated to DEFAULT" : "cannot insert a non-DEFAULT value into column \"%s\"", c->name);
		sql_wrong_detail(an, "Column \"%s\" is a generated column.", c->name);
		return false;
	}
	if (c->identity == 'a' && overriding == 0) {
		sql_wrong(an, -1, "428C9", update ? "column \"%s\" can only be updated to DEFAULT" : "cannot insert a non-DEFAULT value into column \"%s\"", c->name);
		sql_wrong_detail(an, "Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c->name);
		if (!update)
			sql_wrong_hint(an, "Use OVERRIDING SYSTEM VALUE to override.");
		return false;
	}
	return true;
}

/* ---- INSERT ---- */

static bool insert_columns(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **cols, size_t n)
{
	const struct sql_relation *rel = w->target->relation;

	w->columns = ARENA_ARRAY(an->arena, int16_t, rel->ncolumns + n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct sql_attribute *c = target_column(an, rel, cols[i]->res_target);

		if (!c)
			return false;
		for (size_t k = 0; k < w->ncolumns; k++)
			if (w->columns[k] == c->number)
				return sql_wrong(an, cols[i]->res_target->location, "42701", "column \"%s\" specified more than once", c->name) != NULL;
		w->columns[w->ncolumns++] = c->number;
	}
	for (size_t i = 0; !n && i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped)
			w->columns[w->ncolumns++] = (int16_t)(i + 1);
	return true;
}

static bool fit(struct sql_analyser *an, struct sql_write_query *w, size_t width, bool listed, const PgQuery__InsertStmt *s, int location)
{
	if (width > w->ncolumns)
		return sql_wrong(an, location, "42601", "INSERT has more expressions than target columns") != NULL;
	if (listed && width < w->ncolumns)
		return sql_wrong(an, s->cols[width]->res_target->location, "42601", "INSERT has more target columns than expressions") != NULL;
	w->ncolumns = width;
	return true;
}

static void drop_column(struct sql_write_query *w, struct sql_query *q, size_t at)
{
	memmove(w->columns + at, w->columns + at + 1, (w->ncolumns - at - 1) * sizeof(*w->columns));
	for (size_t i = 0; i < q->nvalues; i++)
		memmove(q->values[i] + at, q->values[i] + at + 1, (w->ncolumns - at - 1) * sizeof(*q->values[i]));
	w->ncolumns--;
}

static bool insert_values(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__InsertStmt *s, const PgQuery__SelectStmt *v)
{
	const struct sql_relation *rel = w->target->relation;
	struct sql_query *q = ARENA_NEW(an->arena, struct sql_query);
	size_t width = 0;

	sql_scope_push(an, q);
	an->scope->clause = SQL_IN_INSERT;
	q->nvalues = v->n_values_lists;
	q->values = ARENA_ARRAY(an->arena, struct sql_expr **, q->nvalues + 1);
	for (size_t i = 0; i < q->nvalues; i++) {
		size_t n;
		PgQuery__Node **row = sql_ast_items(&v->values_lists[i], &n);

		if (i && n != width)
			return sql_wrong(an, sql_location_of(row[0]), "42601", "VALUES lists must all be the same length") != NULL;
		width = n;
		if (!i && !fit(an, w, n, s->n_cols > 0, s, n > w->ncolumns ? sql_location_of(row[w->ncolumns]) : -1))
			return false;
		q->values[i] = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
		for (size_t k = 0; k < n; k++) {
			struct sql_expr *e = sql_analyse_expr(an, row[k]);

			if (!e)
				return false;
			q->values[i][k] = e->kind == SQL_X_DEFAULT ? e : assign(an, rel->columns + w->columns[k] - 1, e);
			if (!q->values[i][k])
				return false;
		}
	}
	/* DEFAULT: a column that is nothing else is not given at all */
	for (size_t k = 0; k < w->ncolumns;) {
		size_t defaults = 0;
		const struct sql_attribute *c = rel->columns + w->columns[k] - 1;

		for (size_t i = 0; i < q->nvalues; i++)
			defaults += q->values[i][k]->kind == SQL_X_DEFAULT;
		if (defaults == q->nvalues) {
			drop_column(w, q, k);
			continue;
		}
		if (w->overriding == 'u' && c->identity) {
			drop_column(w, q, k);
			continue;
		}
		if (!may_write(an, c, w->overriding, false))
			return false;
		for (size_t i = 0; defaults && i < q->nvalues; i++)
			if (q->values[i][k]->kind == SQL_X_DEFAULT) {
				if (c->identity)
					return sql_unsupported(an, q->values[i][k]->location, "DEFAULT of an identity column in some rows only") != NULL;
				q->values[i][k] = default_of(an, c);
				if (!q->values[i][k])
					return false;
			}
		k++;
	}
	sql_scope_pop(an);
	q->nvisible = q->ntargets = w->ncolumns;
	q->targets = ARENA_ARRAY(an->arena, struct sql_target, w->ncolumns + 1);
	for (size_t k = 0; k < w->ncolumns; k++)
		q->targets[k].expr = q->values[0][k];
	w->query = q;
	return true;
}

static bool insert_select(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__InsertStmt *s)
{
	const struct sql_relation *rel = w->target->relation;
	struct sql_query *outer = ARENA_NEW(an->arena, struct sql_query), *q;

	sql_scope_push(an, outer);
	an->keep_unknown = true;
	q = sql_analyse_subquery(an, s->select_stmt);
	an->keep_unknown = false;
	if (!q)
		return false;
	if (!fit(an, w, q->nvisible, s->n_cols > 0, s, q->nvisible > w->ncolumns ? q->targets[w->ncolumns].expr->location : -1))
		return false;
	for (size_t i = 0; i < q->nvisible; i++)
		if (q->targets[i].expr->type == T_UNKNOWN && q->setop == SQL_SET_NONE && !q->nvalues) {
			q->targets[i].expr = assign(an, rel->columns + w->columns[i] - 1, q->targets[i].expr);
			if (!q->targets[i].expr)
				return false;
		}
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_QUERY, NULL);
	rte->query = q;
	rte->columns = sql_query_columns(an, q, &rte->ncolumns);
	struct sql_from *f = ARENA_NEW(an->arena, struct sql_from);
	f->rte = rte;
	outer->from = ARENA_ARRAY(an->arena, struct sql_from *, 1);
	outer->from[0] = f;
	outer->nfrom = 1;
	outer->nvisible = outer->ntargets = q->nvisible;
	outer->targets = ARENA_ARRAY(an->arena, struct sql_target, q->nvisible + 1);
	for (size_t i = 0; i < q->nvisible; i++) {
		const struct sql_attribute *c = rel->columns + w->columns[i] - 1;
		struct sql_expr *e = sql_column_expr(an, rte, (int)i + 1, q->targets[i].expr->location);

		if (!may_write(an, c, w->overriding, false))
			return false;
		outer->targets[i] = (struct sql_target){ .expr = assign(an, c, e), .name = c->name };
		if (!outer->targets[i].expr)
			return false;
	}
	sql_scope_pop(an);
	w->query = outer;
	return true;
}

/* ---- ON CONFLICT ---- */

static bool covers(const struct sql_index *x, const int16_t *columns, size_t n)
{
	if (!x->unique || x->nkeys - x->nincluded != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t k = 0; k < x->nkeys - x->nincluded; k++)
			found |= x->keys[k].column == columns[i];
		if (!found)
			return false;
	}
	return true;
}

static bool arbiters(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__InferClause *f)
{
	const struct sql_relation *rel = w->target->relation;
	int16_t columns[64];
	const char *exprs[64] = { NULL };
	size_t n = 0, nexprs = 0;

	w->arbiters = ARENA_ARRAY(an->arena, const struct sql_index *, rel->nindexes + 1);
	if (f->conname && f->conname[0]) {
		for (size_t i = 0; i < rel->nconstraints; i++)
			for (size_t k = 0; strcmp(rel->constraints[i].name, f->conname) == 0 && k < rel->nindexes; k++)
				if (rel->indexes[k].oid == rel->constraints[i].index)
					w->arbiters[w->narbiters++] = rel->indexes + k;
		return w->narbiters || sql_wrong(an, -1, "42704", "constraint \"%s\" for table \"%s\" does not exist", f->conname, rel->name);
	}
	for (size_t i = 0; i < f->n_index_elems && i < 64; i++) {
		const PgQuery__IndexElem *e = f->index_elems[i]->index_elem;

		if (!e->name || !e->name[0]) {
			exprs[nexprs++] = sql_deparse_expr(e->expr, an->arena).ptr;
			continue;
		}
		const struct sql_attribute *c = attribute(rel, e->name);
		if (!c)
			return sql_wrong(an, f->location, "42703", "column \"%s\" does not exist", e->name) != NULL;
		columns[n++] = c->number;
	}
	for (size_t i = 0; i < rel->nindexes; i++) {
		const struct sql_index *x = rel->indexes + i;

		if (x->predicate && !f->where_clause)
			continue;
		if (!nexprs) {
			if (covers(x, columns, n))
				w->arbiters[w->narbiters++] = x;
			continue;
		}
		/* expressions: by their text */
		size_t found = 0;
		if (!x->unique || x->nkeys - x->nincluded != n + nexprs)
			continue;
		for (size_t k = 0; k < x->nkeys - x->nincluded; k++) {
			for (size_t m = 0; m < n; m++)
				found += x->keys[k].column == columns[m];
			for (size_t m = 0; m < nexprs && x->keys[k].expr; m++)
				found += strcmp(x->keys[k].expr, exprs[m]) == 0;
		}
		if (found == n + nexprs)
			w->arbiters[w->narbiters++] = x;
	}
	return w->narbiters || sql_wrong(an, -1, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification");
}

static bool set_list(struct sql_analyser *an, const struct sql_relation *rel, PgQuery__Node **list, size_t n, int16_t **columns,
		     struct sql_expr ***set, size_t *count);

static bool on_conflict(struct sql_analyser *an, struct sql_write_query *w, const PgQuery__OnConflictClause *c)
{
	w->conflict = c->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE ? 2 : 1;
	if (c->infer && !arbiters(an, w, c->infer))
		return false;
	if (w->conflict == 1)
		return true;
	if (!c->infer) {
		sql_wrong(an, c->location, "42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name");
		return sql_wrong_hint(an, "For example, ON CONFLICT (column_name).") != NULL;
	}
	w->excluded = ARENA_NEW(an->arena, struct sql_rte);
	*w->excluded = *w->target;
	w->excluded->id = ++an->next_id;
	w->excluded->name = "excluded";
	w->excluded->schema = NULL;
	sql_see(an, w->excluded, true, false);
	if (!set_list(an, w->target->relation, c->target_list, c->n_target_list, &w->conflict_columns, &w->conflict_set, &w->nconflict))
		return false;
	if (c->where_clause && !(w->conflict_where = sql_analyse_condition(an, c->where_clause, SQL_IN_WHERE, "WHERE")))
		return false;
	an->scope->nseen--; /* RETURNING does not see it */
	return true;
}

/* ---- SET ---- */

static struct sql_expr *set_value(struct sql_analyser *an, const struct sql_attribute *c, PgQuery__Node *n)
{
	if (n->node_case == AST(SET_TO_DEFAULT))
		return default_of(an, c);
	if (!may_write(an, c, 0, true))
		return NULL;
	struct sql_expr *e = sql_analyse_clause(an, n, SQL_IN_SET);
	return e ? assign(an, c, e) : NULL;
}

static bool set_list(struct sql_analyser *an, const struct sql_relation *rel, PgQuery__Node **list, size_t n, int16_t **columns,
		     struct sql_expr ***set, size_t *count)
{
	struct sql_query *query = NULL;
	const PgQuery__Node *source = NULL;

	*columns = ARENA_ARRAY(an->arena, int16_t, n + 1);
	*set = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	for (size_t i = 0; i < n; i++) {
		const PgQuery__ResTarget *t = list[i]->res_target;
		const struct sql_attribute *c = target_column(an, rel, t);
		struct sql_expr *e;

		if (!c)
			return false;
		for (size_t k = 0; k < *count; k++)
			if ((*columns)[k] == c->number)
				return sql_wrong(an, t->location, "42601", "multiple assignments to same column \"%s\"", c->name) != NULL;
		if (t->val->node_case == AST(MULTI_ASSIGN_REF)) {
			const PgQuery__MultiAssignRef *m = t->val->multi_assign_ref;
			const PgQuery__Node *from = m->source;

			if (from->node_case == AST(ROW_EXPR)) {
				if (from->row_expr->n_args != (size_t)m->ncolumns)
					return sql_wrong(an, from->row_expr->location, "42601", "number of columns does not match number of values") != NULL;
				e = set_value(an, c, from->row_expr->args[m->colno - 1]);
			} else if (from->node_case == AST(SUB_LINK)) {
				/* libpg_query gives each column a copy of the source: the first one counts */
				if (m->colno == 1) {
					query = sql_analyse_subquery(an, from->sub_link->subselect);
					source = from;
				}
				if (!query)
					return false;
				if (query->nvisible != (size_t)m->ncolumns)
					return sql_wrong(an, from->sub_link->location, "42601", "number of columns does not match number of values") != NULL;
				e = sql_expr_new(an, SQL_X_MULTI, query->targets[m->colno - 1].expr->type, t->location);
				e->query = query;
				e->number = m->colno;
				e = assign(an, c, e);
			} else {
				return sql_unsupported(an, t->location, "this source of a multiple-column UPDATE") != NULL;
			}
			(void)source;
		} else {
			e = set_value(an, c, t->val);
		}
		if (!e)
			return false;
		(*columns)[*count] = c->number;
		(*set)[(*count)++] = e;
	}
	return true;
}

static bool returning(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **list, size_t n)
{
	if (!n)
		return true;
	if (!sql_analyse_targets(an, list, n, SQL_IN_RETURNING, &w->returning, &w->nreturning))
		return false;
	for (size_t i = 0; i < w->nreturning; i++)
		if (!(w->returning[i].expr = sql_settle(an, w->returning[i].expr)))
			return false;
	return true;
}

static struct sql_write_query *insert(struct sql_analyser *an, const PgQuery__InsertStmt *s, struct sql_write_query *w)
{
	const PgQuery__SelectStmt *source = s->select_stmt ? s->select_stmt->select_stmt : NULL;

	w->overriding = s->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE	  ? 'u' :
			s->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE ? 's' :
											    0;
	w->target = write_target(an, s->relation, 'i');
	if (!w->target || !insert_columns(an, w, s->cols, s->n_cols))
		return NULL;
	if (!source) {
		w->ncolumns = 0;
	} else if (source->n_values_lists && !source->n_sort_clause && !source->limit_count && !source->limit_offset && !source->with_clause) {
		if (!insert_values(an, w, s, source))
			return NULL;
	} else if (!insert_select(an, w, s)) {
		return NULL;
	}
	sql_see(an, w->target, true, true);
	if (s->on_conflict_clause && !on_conflict(an, w, s->on_conflict_clause))
		return NULL;
	return returning(an, w, s->returning_list, s->n_returning_list) ? w : NULL;
}

static struct sql_write_query *update(struct sql_analyser *an, const PgQuery__UpdateStmt *s, struct sql_write_query *w)
{
	w->target = write_target(an, s->relation, 'u');
	if (!w->target)
		return NULL;
	sql_see(an, w->target, true, true);
	if (!sql_analyse_from(an, s->from_clause, s->n_from_clause, w->scope))
		return NULL;
	w->from = w->scope->from;
	w->nfrom = w->scope->nfrom;
	if (!set_list(an, w->target->relation, s->target_list, s->n_target_list, &w->columns, &w->set, &w->ncolumns))
		return NULL;
	if (s->where_clause && !(w->where = sql_analyse_condition(an, s->where_clause, SQL_IN_WHERE, "WHERE")))
		return NULL;
	return returning(an, w, s->returning_list, s->n_returning_list) ? w : NULL;
}

static struct sql_write_query *erase(struct sql_analyser *an, const PgQuery__DeleteStmt *s, struct sql_write_query *w)
{
	w->target = write_target(an, s->relation, 'd');
	if (!w->target)
		return NULL;
	sql_see(an, w->target, true, true);
	if (!sql_analyse_from(an, s->using_clause, s->n_using_clause, w->scope))
		return NULL;
	w->from = w->scope->from;
	w->nfrom = w->scope->nfrom;
	if (s->where_clause && !(w->where = sql_analyse_condition(an, s->where_clause, SQL_IN_WHERE, "WHERE")))
		return NULL;
	return returning(an, w, s->returning_list, s->n_returning_list) ? w : NULL;
}

struct sql_write_query *sql_analyse_write(struct sql_analyser *an, PgQuery__Node *n)
{
	struct sql_write_query *w = ARENA_NEW(an->arena, struct sql_write_query), *out = NULL;
	const PgQuery__WithClause *with = n->node_case == AST(INSERT_STMT) ? n->insert_stmt->with_clause :
					  n->node_case == AST(UPDATE_STMT) ? n->update_stmt->with_clause :
					  n->node_case == AST(DELETE_STMT) ? n->delete_stmt->with_clause :
									     n->merge_stmt->with_clause;

	w->scope = ARENA_NEW(an->arena, struct sql_query);
	struct sql_scope *s = sql_scope_push(an, w->scope);
	if (with && !sql_analyse_with(an, with, &w->ctes, &w->nctes, &w->recursive))
		return NULL;
	switch (n->node_case) {
	case AST(INSERT_STMT):
		w->kind = 'i';
		out = insert(an, n->insert_stmt, w);
		break;
	case AST(UPDATE_STMT):
		w->kind = 'u';
		out = update(an, n->update_stmt, w);
		break;
	case AST(DELETE_STMT):
		w->kind = 'd';
		out = erase(an, n->delete_stmt, w);
		break;
	default:
		w->kind = 'm';
		out = sql_unsupported(an, -1, "MERGE");
		break;
	}
	(void)s;
	if (out)
		sql_scope_pop(an);
	return out;
}
