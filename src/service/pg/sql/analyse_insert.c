/*
 * INSERT: its columns, the rows of VALUES or of a query, ON CONFLICT.
 *
 * Source: transformInsertStmt, rewriteValuesRTE and infer_arbiter_indexes of PostgreSQL 15.
 */
#include "service/pg/sql/analyse_write.h"

bool sql_insert_columns(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **cols, size_t n)
{
	const struct sql_relation *rel = w->target->relation;

	w->columns = ARENA_ARRAY(an->arena, int16_t, rel->ncolumns + n + 1);
	w->ncolumns = 0;
	for (size_t i = 0; i < n; i++) {
		const PgQuery__ResTarget *t = cols[i]->res_target;
		const struct sql_attribute *c = sql_target_column(an, rel, t);

		if (!c)
			return false;
		for (size_t k = 0; k < w->ncolumns; k++)
			if (w->columns[k] == c->number && (!t->n_indirection || !cols[k]->res_target->n_indirection))
				return sql_wrong(an, t->location, "42701", "column \"%s\" specified more than once", c->name) != NULL;
		w->columns[w->ncolumns++] = c->number;
	}
	for (size_t i = 0; !n && i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped)
			w->columns[w->ncolumns++] = (int16_t)(i + 1);
	return true;
}

static bool fit(struct sql_analyser *an, struct sql_write_query *w, size_t width, PgQuery__Node **cols, size_t ncols, int location)
{
	if (width > w->ncolumns)
		return sql_wrong(an, location, "42601", "INSERT has more expressions than target columns") != NULL;
	if (ncols && width < w->ncolumns)
		return sql_wrong(an, cols[width]->res_target->location, "42601", "INSERT has more target columns than expressions") != NULL;
	w->ncolumns = width;
	return true;
}

/* Value k of a row, for the column it goes to: a part of a column that is given before goes into what is given there. */
static bool place(struct sql_analyser *an, const struct sql_write_query *w, PgQuery__Node **cols, size_t ncols, struct sql_expr **row,
		  size_t width, struct sql_expr **out)
{
	const struct sql_relation *rel = w->target->relation;
	size_t at = 0;

	for (size_t k = 0; k < width; k++) {
		const PgQuery__ResTarget *t = ncols ? cols[k]->res_target : NULL;
		const struct sql_attribute *c = rel->columns + w->columns[k] - 1;
		size_t before = 0, place = 0;

		for (; before < k && w->columns[before] != w->columns[k]; before++)
			;
		for (size_t i = 0; before < k && i < before; i++) { /* places that were shared before count once */
			bool first = true;
			for (size_t m = 0; m < i; m++)
				first &= w->columns[m] != w->columns[i];
			place += first;
		}
		if (before == k)
			place = at++;
		struct sql_expr *container = before < k ? out[place] : sql_null(an, c->type);
		if (!(out[place] = sql_assign(an, c, t, container, row[k])))
			return false;
	}
	return true;
}

/* The columns without those that came before. */
static void columns_once(struct sql_write_query *w)
{
	size_t n = 0;

	for (size_t k = 0; k < w->ncolumns; k++) {
		bool first = true;
		for (size_t m = 0; m < n; m++)
			first &= w->columns[m] != w->columns[k];
		if (first)
			w->columns[n++] = w->columns[k];
	}
	w->ncolumns = n;
}

bool sql_insert_written(struct sql_analyser *an, struct sql_write_query *w, PgQuery__Node **cols, size_t ncols, const struct sql_insert_rows *rows)
{
	struct sql_query *q = ARENA_NEW(an->arena, struct sql_query);
	size_t width = rows->widths[0];

	sql_scope_push(an, q);
	an->scope->clause = SQL_IN_INSERT;
	q->nvalues = rows->n;
	q->values = ARENA_ARRAY(an->arena, struct sql_expr **, q->nvalues + 1);
	for (size_t i = 0; i < q->nvalues; i++) {
		PgQuery__Node **row = rows->rows[i];

		if (rows->widths[i] != width)
			return sql_wrong(an, sql_location_of(row[0]), "42601", "VALUES lists must all be the same length") != NULL;
		if (!i && !fit(an, w, width, cols, ncols, width > w->ncolumns ? sql_location_of(row[w->ncolumns]) : -1))
			return false;
		struct sql_expr **values = ARENA_ARRAY(an->arena, struct sql_expr *, width + 1);
		for (size_t k = 0; k < width; k++)
			if (!(values[k] = sql_analyse_expr(an, row[k])))
				return false;
		q->values[i] = ARENA_ARRAY(an->arena, struct sql_expr *, width + 1);
		if (!place(an, w, cols, ncols, values, width, q->values[i]))
			return false;
	}
	columns_once(w);
	sql_scope_pop(an);
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
	if (!q || !fit(an, w, q->nvisible, s->cols, s->n_cols, q->nvisible > w->ncolumns ? q->targets[w->ncolumns].expr->location : -1))
		return false;
	for (size_t i = 0; i < q->nvisible; i++)
		if (q->targets[i].expr->type == T_UNKNOWN && q->setop == SQL_SET_NONE && !q->nvalues && !(s->n_cols && s->cols[i]->res_target->n_indirection)) {
			q->targets[i].expr = sql_assign(an, rel->columns + w->columns[i] - 1, NULL, NULL, q->targets[i].expr);
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
	struct sql_expr **row = ARENA_ARRAY(an->arena, struct sql_expr *, q->nvisible + 1), **out = ARENA_ARRAY(an->arena, struct sql_expr *, q->nvisible + 1);
	for (size_t i = 0; i < q->nvisible; i++)
		row[i] = sql_column_expr(an, rte, (int)i + 1, q->targets[i].expr->location);
	if (!place(an, w, s->cols, s->n_cols, row, q->nvisible, out))
		return false;
	columns_once(w);
	outer->nvisible = outer->ntargets = w->ncolumns;
	outer->targets = ARENA_ARRAY(an->arena, struct sql_target, w->ncolumns + 1);
	for (size_t i = 0; i < w->ncolumns; i++)
		outer->targets[i] = (struct sql_target){ .expr = out[i], .name = rel->columns[w->columns[i] - 1].name };
	sql_scope_pop(an);
	w->query = outer;
	return true;
}

/* ---- DEFAULT ---- */

static void drop_column(struct sql_write_query *w, struct sql_query *q, size_t at)
{
	memmove(w->columns + at, w->columns + at + 1, (w->ncolumns - at - 1) * sizeof(*w->columns));
	for (size_t i = 0; i < q->nvalues; i++)
		memmove(q->values[i] + at, q->values[i] + at + 1, (w->ncolumns - at - 1) * sizeof(*q->values[i]));
	w->ncolumns--;
}

/* A view may have defaults of its own for columns that the statement leaves out. */
static bool view_defaults(struct sql_analyser *an, struct sql_write_query *w)
{
	const struct sql_relation *rel = w->target->relation;

	for (size_t i = 0; w->view && w->view->columns && i < rel->ncolumns; i++) {
		bool given = !w->view->columns[i].fallback;

		for (size_t k = 0; k < w->ncolumns; k++)
			given |= w->columns[k] == (int16_t)(i + 1);
		if (given)
			continue;
		struct sql_query *q = w->query;
		if (!q) {
			q = w->query = ARENA_NEW(an->arena, struct sql_query);
			q->nvalues = 1;
			q->values = ARENA_ARRAY(an->arena, struct sql_expr **, 1);
		}
		for (size_t r = 0; r < (q->nvalues ? q->nvalues : 1); r++) {
			struct sql_expr *e = sql_default_of(an, w, (int16_t)(i + 1));

			if (!e)
				return false;
			if (q->nvalues) {
				struct sql_expr **more = ARENA_ARRAY(an->arena, struct sql_expr *, w->ncolumns + 2);
				if (w->ncolumns)
					memcpy(more, q->values[r], w->ncolumns * sizeof(*more));
				more[w->ncolumns] = e;
				q->values[r] = more;
			} else {
				struct sql_target *more = ARENA_ARRAY(an->arena, struct sql_target, w->ncolumns + 2);
				if (w->ncolumns)
					memcpy(more, q->targets, w->ncolumns * sizeof(*more));
				more[w->ncolumns] = (struct sql_target){ .expr = e, .name = rel->columns[i].name };
				q->targets = more;
				q->nvisible = q->ntargets = w->ncolumns + 1;
			}
		}
		int16_t *columns = ARENA_ARRAY(an->arena, int16_t, w->ncolumns + 2);
		memcpy(columns, w->columns, w->ncolumns * sizeof(*columns));
		columns[w->ncolumns++] = (int16_t)(i + 1);
		w->columns = columns;
	}
	return true;
}

static bool settle_values(struct sql_analyser *an, struct sql_write_query *w)
{
	const struct sql_relation *rel = w->target->relation;
	struct sql_query *q = w->query;

	for (size_t k = 0; k < w->ncolumns;) {
		size_t defaults = 0;
		bool view = w->view && w->view->columns && w->view->columns[w->columns[k] - 1].fallback;

		for (size_t i = 0; i < q->nvalues; i++)
			defaults += q->values[i][k]->kind == SQL_X_DEFAULT;
		/* a column that is nothing but DEFAULT is not given at all */
		if ((defaults == q->nvalues && !view) || (w->overriding == 'u' && rel->columns[w->columns[k] - 1].identity)) {
			drop_column(w, q, k);
			continue;
		}
		if (defaults < q->nvalues && !sql_may_write(an, w, w->columns[k], w->overriding, false))
			return false;
		for (size_t i = 0; defaults && i < q->nvalues; i++)
			if (q->values[i][k]->kind == SQL_X_DEFAULT && !(q->values[i][k] = sql_default_of(an, w, w->columns[k])))
				return false;
		k++;
	}
	return true;
}

bool sql_insert_settle(struct sql_analyser *an, struct sql_write_query *w)
{
	struct sql_query *q = w->query;

	if (q && q->nvalues && !settle_values(an, w))
		return false;
	for (size_t k = 0; q && !q->nvalues && k < w->ncolumns; k++)
		if (!sql_may_write(an, w, w->columns[k], w->overriding, false))
			return false;
	if (!view_defaults(an, w))
		return false;
	q = w->query;
	if (q && q->nvalues) {
		q->nvisible = q->ntargets = w->ncolumns;
		q->targets = ARENA_ARRAY(an->arena, struct sql_target, w->ncolumns + 1);
		for (size_t k = 0; k < w->ncolumns; k++)
			q->targets[k].expr = q->values[0][k];
	}
	return !w->nconflict || sql_set_settle(an, w, w->conflict_columns, w->conflict_set, w->nconflict);
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
	const struct sql_relation *named = w->target->relation, *rel = w->view && w->view->base ? w->view->base->relation : named;
	int16_t columns[64];
	const char *exprs[64] = { NULL };
	size_t n = 0, nexprs = 0;

	w->arbiters = ARENA_ARRAY(an->arena, const struct sql_index *, rel->nindexes + 1);
	if (f->conname && f->conname[0]) { /* a view has none */
		for (size_t i = 0; named == rel && i < rel->nconstraints; i++)
			for (size_t k = 0; strcmp(rel->constraints[i].name, f->conname) == 0 && k < rel->nindexes; k++)
				if (rel->indexes[k].oid == rel->constraints[i].index)
					w->arbiters[w->narbiters++] = rel->indexes + k;
		return w->narbiters || sql_wrong(an, -1, "42704", "constraint \"%s\" for table \"%s\" does not exist", f->conname, named->name);
	}
	for (size_t i = 0; i < f->n_index_elems && i < 64; i++) {
		const PgQuery__IndexElem *e = f->index_elems[i]->index_elem;

		if (!e->name || !e->name[0]) {
			exprs[nexprs++] = sql_deparse_expr(e->expr, an->arena).ptr;
			continue;
		}
		const struct sql_attribute *c = sql_attribute_named(named, e->name);
		if (!c)
			return sql_wrong(an, f->location, "42703", "column \"%s\" does not exist", e->name) != NULL;
		columns[n++] = named == rel ? c->number : w->view->columns ? w->view->columns[c->number - 1].base : 0;
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
	if (!sql_set_list(an, w->target, c->target_list, c->n_target_list, &w->conflict_columns, &w->conflict_set, &w->nconflict))
		return false;
	if (c->where_clause && !(w->conflict_where = sql_analyse_condition(an, c->where_clause, SQL_IN_WHERE, "WHERE")))
		return false;
	an->scope->nseen--; /* RETURNING does not see it */
	return true;
}

struct sql_write_query *sql_analyse_insert(struct sql_analyser *an, const PgQuery__InsertStmt *s, struct sql_write_query *w)
{
	const PgQuery__SelectStmt *source = s->select_stmt ? s->select_stmt->select_stmt : NULL;

	w->overriding = s->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE	  ? 'u' :
			s->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE ? 's' :
											    0;
	w->target = sql_write_target(an, w, s->relation);
	if (!w->target || !sql_insert_columns(an, w, s->cols, s->n_cols))
		return NULL;
	if (!source) {
		w->ncolumns = 0;
	} else if (source->n_values_lists && !source->n_sort_clause && !source->limit_count && !source->limit_offset && !source->with_clause) {
		struct sql_insert_rows rows = { .n = source->n_values_lists };

		rows.rows = ARENA_ARRAY(an->arena, PgQuery__Node **, rows.n);
		rows.widths = ARENA_ARRAY(an->arena, size_t, rows.n);
		for (size_t i = 0; i < rows.n; i++)
			rows.rows[i] = sql_ast_items(&source->values_lists[i], &rows.widths[i]);
		if (!sql_insert_written(an, w, s->cols, s->n_cols, &rows))
			return NULL;
	} else if (!insert_select(an, w, s)) {
		return NULL;
	}
	sql_see(an, w->target, true, true);
	if (s->on_conflict_clause && !on_conflict(an, w, s->on_conflict_clause))
		return NULL;
	if (!sql_analyse_returning(an, w, s->returning_list, s->n_returning_list) || !sql_insert_settle(an, w))
		return NULL;
	return w;
}
