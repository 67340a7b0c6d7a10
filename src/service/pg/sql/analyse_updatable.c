/*
 * Views that can be written: simple ones stand for their table, column by column.
 *
 * Source: view_query_is_auto_updatable, view_col_is_auto_updatable and
 * rewriteTargetView of PostgreSQL 15; manual, CREATE VIEW, "Updatable Views".
 */
#include "service/pg/sql/analyse_write.h"

#include "service/pg/sql/compile.h"

static const char *not_updatable(const struct sql_query *q)
{
	if (q->distinct || q->ndistinct_on)
		return "Views containing DISTINCT are not automatically updatable.";
	if (q->ngroup || q->nsets)
		return "Views containing GROUP BY are not automatically updatable.";
	if (q->having)
		return "Views containing HAVING are not automatically updatable.";
	if (q->setop != SQL_SET_NONE)
		return "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable.";
	if (q->nctes)
		return "Views containing WITH are not automatically updatable.";
	if (q->limit || q->offset)
		return "Views containing LIMIT or OFFSET are not automatically updatable.";
	if (q->has_aggregates)
		return "Views that return aggregate functions are not automatically updatable.";
	if (q->has_windows)
		return "Views that return window functions are not automatically updatable.";
	if (q->has_sets)
		return "Views that return set-returning functions are not automatically updatable.";
	const struct sql_rte *rte = q->nfrom == 1 && !q->from[0]->left ? q->from[0]->rte : NULL;
	if (q->nvalues || !rte || !rte->relation || (rte->relation->kind != 'r' && rte->relation->kind != 'p' && rte->relation->kind != 'v'))
		return "Views that do not select from a single table or view are not automatically updatable.";
	return NULL;
}

/* ---- from columns of the view to what they stand for ---- */

struct swap {
	const struct sql_rte *view;
	const struct sql_view_path *path;
	struct sql_analyser *an;
};

static bool swap_column(struct sql_expr *e, void *of)
{
	const struct swap *s = of;
	int location = e->location;

	if (e->kind == SQL_X_COLUMN && e->rte == s->view && e->number > 0) {
		*e = *s->path->columns[e->number - 1].expr;
		e->location = location;
		return true;
	}
	if (e->kind == SQL_X_ROWOF && e->rte == s->view) {
		struct sql_expr *row = sql_expr_new(s->an, SQL_X_ROW, e->type, location);

		row->args = ARENA_ARRAY(s->an->arena, struct sql_expr *, s->path->ncolumns + 1);
		row->nargs = s->path->ncolumns;
		for (size_t i = 0; i < row->nargs; i++)
			row->args[i] = s->path->columns[i].expr;
		*e = *row;
	}
	return true;
}

static void swap_all(struct swap *s, struct sql_expr **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i])
			sql_expr_walk(list[i], swap_column, s);
}

/* ---- the way down ---- */

static void find_base(struct sql_analyser *an, struct sql_rte *view, const struct sql_rte *inner, const struct sql_view_path *below,
		      const struct sql_expr *e, size_t at, struct sql_view_column *c)
{
	const char *name = view->relation->name;

	(void)an;
	c->view = name;
	if (e->kind == SQL_X_COLUMN && e->rte == inner && e->number < 0)
		c->why = "View columns that refer to system columns are not updatable.";
	else if (e->kind == SQL_X_ROWOF && e->rte == inner)
		c->why = "View columns that return whole-row references are not updatable.";
	else if (e->kind != SQL_X_COLUMN || e->rte != inner)
		c->why = "View columns that are not columns of their base relation are not updatable.";
	else if (below) {
		const struct sql_view_column *b = below->columns + e->number - 1;
		*c = (struct sql_view_column){ .base = b->base, .why = b->why, .view = b->view, .fallback = b->fallback };
	} else {
		c->base = (int16_t)e->number;
	}
	if (view->relation->columns[at].fallback)
		c->fallback = view->relation->columns[at].fallback;
}

static bool way_down(struct sql_analyser *an, struct sql_rte *view, bool cascaded, struct sql_view_path *out)
{
	struct sql_query *q = view->query;
	struct sql_view_path below = { 0 };
	char check = view->relation->check_option;

	*out = (struct sql_view_path){ .refused = not_updatable(q), .refuser = view->relation->name };
	if (out->refused)
		return true;
	cascaded |= check == 'c';
	struct sql_rte *inner = q->from[0]->rte;
	bool nested = inner->relation->kind == 'v';
	if (nested && !way_down(an, inner, cascaded, &below))
		return false;
	if (below.refused) {
		*out = below;
		return true;
	}
	out->base = nested ? below.base : inner;
	out->ncolumns = view->ncolumns;
	out->columns = ARENA_ARRAY(an->arena, struct sql_view_column, view->ncolumns + 1);
	for (size_t i = 0; i < view->ncolumns; i++)
		find_base(an, view, inner, nested ? &below : NULL, q->targets[i].expr, i, out->columns + i);
	struct swap s = { inner, &below, an };
	for (size_t i = 0; i < view->ncolumns; i++) {
		out->columns[i].expr = q->targets[i].expr;
		if (nested)
			swap_all(&s, &out->columns[i].expr, 1);
	}
	if (nested)
		swap_all(&s, &q->where, 1);
	out->where = q->where && below.where ? sql_expr_both(an, SQL_X_AND, q->where, below.where) : q->where ? q->where : below.where;
	/* a LOCAL check without a condition checks nothing */
	out->checks = ARENA_ARRAY(an->arena, struct sql_view_check, below.nchecks + 1);
	if (below.nchecks)
		memcpy(out->checks, below.checks, below.nchecks * sizeof(*out->checks));
	out->nchecks = below.nchecks;
	if ((cascaded || check) && q->where)
		out->checks[out->nchecks++] = (struct sql_view_check){ .name = view->relation->name, .expr = q->where };
	return true;
}

bool sql_view_path(struct sql_analyser *an, struct sql_rte *view, struct sql_view_path *out)
{
	bool ok = way_down(an, view, false, out);

	if (ok && out->base)
		out->base->owner = view->owner;
	return ok;
}

/* ---- the statement on the table ---- */

static bool refuse_view(struct sql_analyser *an, const struct sql_write_query *w, const char *name, const char *why)
{
	const char *doing = w->kind == 'i' ? "insert into" : w->kind == 'u' ? "update" : "delete from";

	sql_wrong(an, -1, "55000", "cannot %s view \"%s\"", doing, name);
	sql_wrong_detail(an, "%s", why);
	sql_wrong_hint(an, "To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.",
		       w->kind == 'i' ? "inserting into" : w->kind == 'u' ? "updating" : "deleting from",
		       w->kind == 'i' ? "INSERT" : w->kind == 'u' ? "UPDATE" : "DELETE", w->kind == 'i' ? "INSERT" : w->kind == 'u' ? "UPDATE" : "DELETE");
	return false;
}

static bool map_columns(struct sql_analyser *an, const struct sql_write_query *w, int16_t *columns, size_t n, bool update)
{
	const struct sql_view_path *path = w->view;

	for (size_t i = 0; i < n; i++) {
		const struct sql_view_column *c = path->columns + columns[i] - 1;

		if (c->base)
			continue;
		/* a nested view's column has the name that it has there: the one of the outermost differs at most in an alias */
		sql_wrong(an, -1, "0A000", update ? "cannot update column \"%s\" of view \"%s\"" : "cannot insert into column \"%s\" of view \"%s\"",
			  w->target->relation->columns[columns[i] - 1].name, c->view);
		return sql_wrong_detail(an, "%s", c->why) != NULL;
	}
	for (size_t i = 0; i < n; i++)
		columns[i] = path->columns[columns[i] - 1].base;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (columns[i] == columns[k])
				return sql_wrong(an, -1, "42601", "multiple assignments to same column \"%s\"",
						 path->base->relation->columns[columns[i] - 1].name) != NULL;
	return true;
}

/* excluded of the view: its columns that are columns are the table's, the others have no value yet. */
static void settle_excluded(struct sql_analyser *an, struct sql_write_query *w)
{
	struct sql_view_path path = *w->view;
	struct sql_rte *table = ARENA_NEW(an->arena, struct sql_rte);

	*table = *path.base;
	table->id = ++an->next_id;
	table->name = "excluded";
	path.columns = ARENA_ARRAY(an->arena, struct sql_view_column, path.ncolumns + 1);
	for (size_t i = 0; i < path.ncolumns; i++) {
		path.columns[i] = w->view->columns[i];
		path.columns[i].expr = path.columns[i].base ? sql_column_expr(an, table, path.columns[i].base, -1) :
							      sql_null(an, path.columns[i].expr->type);
	}
	struct swap s = { w->excluded, &path, an };
	swap_all(&s, w->conflict_set, w->nconflict);
	swap_all(&s, &w->conflict_where, 1);
	w->excluded = table;
}

bool sql_view_settle(struct sql_analyser *an, struct sql_write_query *w)
{
	const struct sql_view_path *path = w->view;
	struct swap s = { w->target, path, an };
	bool any = false;

	if (path->refused)
		return refuse_view(an, w, path->refuser, path->refused);
	for (size_t i = 0; i < path->ncolumns; i++)
		any |= path->columns[i].base != 0;
	if (!any && w->kind != 'd')
		return refuse_view(an, w, w->target->relation->name, "Views that have no updatable columns are not automatically updatable.");
	if (!map_columns(an, w, w->columns, w->ncolumns, w->kind == 'u') || !map_columns(an, w, w->conflict_columns, w->nconflict, true))
		return false;
	if (path->base->relation->system)
		return sql_wrong(an, -1, "0A000", "writing to the system catalog \"%s\" is not supported by this fake", path->base->relation->name) != NULL;
	if (w->excluded)
		settle_excluded(an, w);
	if (w->kind == 'u')
		swap_all(&s, w->set, w->ncolumns);
	swap_all(&s, w->conflict_set, w->nconflict);
	swap_all(&s, &w->conflict_where, 1);
	swap_all(&s, &w->where, 1);
	for (size_t i = 0; i < w->nreturning; i++) {
		swap_all(&s, &w->returning[i].expr, 1);
	}
	w->target = path->base;
	if (w->kind != 'i' && path->where)
		w->where = w->where ? sql_expr_both(an, SQL_X_AND, path->where, w->where) : path->where;
	if (w->kind != 'd') {
		w->checks = path->checks;
		w->nchecks = path->nchecks;
	}
	w->view = NULL;
	return true;
}

int sql_view_events(struct sql_session *s, const struct sql_relation *rel, int16_t column)
{
	enum { UPDATE = 1 << 2, INSERT = 1 << 3, DELETE = 1 << 4, ALL = UPDATE | INSERT | DELETE }; /* CmdType of nodes.h */
	struct sql_analyser an;
	struct sql_view_path path;
	struct sql_query q = { 0 };
	struct arena a;
	int events = 0;

	if (rel->kind == 'r' || rel->kind == 'p')
		return rel->system ? 0 : ALL;
	if (rel->kind != 'v' || !rel->view)
		return 0;
	arena_init(&a);
	sql_analyser_init(&an, s, SLICE_NONE, &a);
	an.no_positions = true;
	sql_scope_push(&an, &q);
	PgQuery__RangeVar name = PG_QUERY__RANGE_VAR__INIT;
	name.schemaname = (char *)(uintptr_t)rel->schema;
	name.relname = (char *)(uintptr_t)rel->name;
	struct sql_rte *rte = sql_rte_relation(&an, &name);
	if (rte && sql_view_path(&an, rte, &path) && !path.refused) {
		events = DELETE;
		for (size_t i = 0; i < path.ncolumns; i++)
			if (path.columns[i].base && (!column || column == (int16_t)(i + 1)))
				events = ALL;
		if (path.base->relation->system)
			events = 0;
	}
	arena_release(&a);
	return events;
}
