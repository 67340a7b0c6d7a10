/*
 * An analysed INSERT, UPDATE or DELETE as the store takes it: one SELECT that
 * computes the rows, and programs over each of them.
 */
#include "service/pg/sql/plan.h"

/* "SELECT a, b" over one row; what it needs besides becomes extra columns. */
static bool returning(struct sql_lower *l, struct sql_write_query *w, struct sql_row_program *p, struct sql_lower *inner)
{
	struct buf b;

	if (!w->nreturning)
		return true;
	buf_init(&b, SQL_TEXT_MAX);
	sql_lower_inner(inner, l);
	inner->cuts[inner->ncuts++] = (struct sql_cut){ .rte = w->target };
	inner->arg_base = (int)w->target->relation->ncolumns;
	buf_add_str(&b, "SELECT ");
	for (size_t i = 0; i < w->nreturning; i++) {
		buf_add_str(&b, i ? ", " : "");
		if (!sql_lower_expr(inner, w->returning[i].expr, &b)) {
			buf_release(&b);
			return false;
		}
	}
	p->count = w->nreturning;
	p->text = sql_lower_detach(l, &b);
	return true;
}

static bool conflict_program(struct sql_lower *l, struct sql_write_query *w, struct sql_expr *const *list, size_t n, struct sql_row_program *p)
{
	struct sql_lower inner;
	struct buf b;
	int columns = (int)w->target->relation->ncolumns;

	buf_init(&b, SQL_TEXT_MAX);
	sql_lower_inner(&inner, l);
	inner.direct = true;
	inner.bind_base = 2 * columns;
	inner.cuts[inner.ncuts++] = (struct sql_cut){ .rte = w->target };
	inner.cuts[inner.ncuts++] = (struct sql_cut){ .rte = w->excluded, .base = columns };
	buf_add_str(&b, "SELECT ");
	bool ok = sql_lower_list(&inner, list, n, &b);
	p->count = n;
	p->text = sql_lower_detach(l, &b);
	return ok;
}

static bool insert(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out)
{
	struct buf b, from;
	struct sql_lower inner = { 0 };
	bool ok = true;

	out->kind = SQL_INSERT;
	out->overriding = w->overriding;
	out->targets = w->columns;
	out->ntargets = w->ncolumns;
	if (!returning(l, w, &out->returning, &inner))
		return false;
	out->nextras = inner.nargs;
	buf_init(&b, SQL_TEXT_MAX);
	buf_init(&from, SQL_TEXT_MAX);
	ok = sql_lower_ctes(l, w->ctes, w->nctes, w->recursive, &b);
	if (!w->query) {
		buf_add_str(&b, "SELECT ");
		for (size_t i = 0; i < inner.nargs; i++)
			buf_addf(&b, "%s%s", i ? ", " : "", inner.args[i]);
		if (!inner.nargs)
			buf_add_str(&b, "NULL");
	} else if (w->query->nvalues == 1) {
		buf_add_str(&b, "SELECT ");
		ok = ok && sql_lower_list(l, w->query->values[0], w->ncolumns, &b);
		for (size_t i = 0; i < inner.nargs; i++)
			buf_addf(&b, "%s%s", i || w->ncolumns ? ", " : "", inner.args[i]);
		if (!inner.nargs && !w->ncolumns)
			buf_add_str(&b, "NULL");
	} else {
		ok = ok && sql_lower_query(l, w->query, &from);
		buf_add_str(&b, "SELECT ");
		for (size_t i = 0; i < w->ncolumns; i++)
			buf_addf(&b, "%sc%zu", i ? ", " : "", i + 1);
		for (size_t i = 0; i < inner.nargs; i++)
			buf_addf(&b, "%s%s", i || w->ncolumns ? ", " : "", inner.args[i]);
		if (!inner.nargs && !w->ncolumns)
			buf_add_str(&b, "NULL");
		buf_addf(&b, " FROM (%s)", from.ptr);
	}
	buf_release(&from);
	out->select = sql_lower_detach(l, &b);
	out->conflict = w->conflict == 2 ? SQL_CONFLICT_UPDATE : w->conflict == 1 ? SQL_CONFLICT_NOTHING : SQL_CONFLICT_NONE;
	out->arbiters = w->arbiters;
	out->narbiters = w->narbiters;
	if (ok && w->conflict == 2) {
		out->conflict_targets = w->conflict_columns;
		out->nconflict_targets = w->nconflict;
		ok = conflict_program(l, w, w->conflict_set, w->nconflict, &out->conflict_set);
		if (ok && w->conflict_where)
			ok = conflict_program(l, w, &w->conflict_where, 1, &out->conflict_where);
	}
	out->nparams = l->binds->n;
	return ok;
}

/* SELECT rowid, new values, extras FROM target, others WHERE ... */
static const char *rows_of(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out)
{
	struct sql_from *target = ARENA_NEW(l->an->arena, struct sql_from), **from = ARENA_ARRAY(l->an->arena, struct sql_from *, w->nfrom + 1);
	struct sql_lower inner = { 0 };
	struct buf b, text;

	target->rte = w->target;
	w->target->rowid = true;
	from[0] = target;
	memcpy(from + 1, w->from, w->nfrom * sizeof(*from));
	buf_init(&text, SQL_TEXT_MAX);
	buf_init(&b, SQL_TEXT_MAX);
	bool ok = sql_lower_ctes(l, w->ctes, w->nctes, w->recursive, &b) && sql_lower_from(l, from, w->nfrom + 1, w->scope, &text);
	/* in RETURNING the target is the written row, so its home is nowhere */
	const void *home = w->target->home;
	w->target->home = NULL;
	ok = ok && returning(l, w, &out->returning, &inner);
	w->target->home = home;
	buf_addf(&b, "SELECT t%d.rid", w->target->id);
	for (size_t i = 0; ok && w->kind == 'u' && i < w->ncolumns; i++) {
		buf_add_str(&b, ", ");
		ok = sql_lower_expr(l, w->set[i], &b);
	}
	for (size_t i = 0; i < inner.nargs; i++)
		buf_addf(&b, ", %s", inner.args[i]);
	buf_addf(&b, " FROM %s", text.ptr);
	if (ok && w->where) {
		buf_add_str(&b, " WHERE ");
		ok = sql_lower_expr(l, w->where, &b);
	}
	out->nextras = inner.nargs;
	buf_release(&text);
	const char *select = sql_lower_detach(l, &b);
	return ok ? select : NULL;
}

bool sql_plan_write(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out)
{
	out->relation = w->target->relation;
	if (w->kind == 'i')
		return insert(l, w, out);
	out->kind = w->kind == 'u' ? SQL_UPDATE : SQL_DELETE;
	out->targets = w->columns;
	out->ntargets = w->kind == 'u' ? w->ncolumns : 0;
	out->select = rows_of(l, w, out);
	if (!out->select)
		return false;
	out->nparams = l->binds->n;
	l->recheck = w->target;
	l->recheck_param = (int)out->nparams + 1;
	out->recheck = rows_of(l, w, out);
	l->recheck = NULL;
	return out->recheck != NULL;
}

bool sql_plan_merge(struct sql_lower *l, struct sql_write_query *w, struct sql_plan *plan)
{
	(void)w;
	(void)plan;
	return sql_unsupported(l->an, -1, "MERGE") != NULL;
}
