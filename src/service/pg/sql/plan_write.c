/*
 * An analysed INSERT, UPDATE, DELETE or MERGE as the store takes it: one SELECT that
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
	inner->cuts[inner->ncuts++] = (struct sql_cut){ .rte = w->target, .version = (int)w->target->relation->ncolumns };
	inner->arg_base = (int)w->target->relation->ncolumns + SQL_VERSION_COLUMNS;
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
		if (!w->ncolumns && w->query->nvalues) { /* rows of nothing but DEFAULT: they still are so many */
			w->query->nvisible = w->query->ntargets = 1;
			for (size_t i = 0; i < w->query->nvalues; i++)
				w->query->values[i][0] = sql_null(l->an, T_INT4);
			w->query->targets[0].expr = w->query->values[0][0];
		}
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

/* ---- MERGE ---- */

/* The pairs of target and source; for an action without a target the sources that have none, too. */
static const char *pairs_of(struct sql_lower *l, struct sql_write_query *w, struct sql_lower *programs)
{
	struct sql_from *target = ARENA_NEW(l->an->arena, struct sql_from), *join = ARENA_NEW(l->an->arena, struct sql_from);
	bool unmatched = false;
	struct buf b, text;

	for (size_t i = 0; i < w->nwhens; i++)
		unmatched |= !w->whens[i].matched && w->whens[i].action != 'n';
	target->rte = w->target;
	w->target->rowid = true;
	*join = (struct sql_from){ .join = unmatched && !l->recheck ? SQL_JOIN_LEFT : SQL_JOIN_INNER, .left = w->source, .right = target, .on = w->on };
	buf_init(&b, SQL_TEXT_MAX);
	buf_init(&text, SQL_TEXT_MAX);
	bool ok = sql_lower_ctes(l, w->ctes, w->nctes, w->recursive, &b) && sql_lower_from(l, &join, 1, w->scope, &text);
	buf_addf(&b, "SELECT t%d.rid", w->target->id);
	if (!ok) {
		buf_release(&b);
		buf_release(&text);
		return NULL;
	}
	/* the programs are made with the first text; what they ask for reads alike in the second */
	for (size_t i = 0; i < programs->nargs; i++)
		buf_addf(&b, ", %s", programs->args[i]);
	buf_addf(&b, " FROM %s", text.ptr);
	buf_release(&text);
	return sql_lower_detach(l, &b);
}

static bool action_program(struct sql_lower *inner, struct sql_lower *l, struct sql_expr *const *list, size_t n, struct sql_row_program *p)
{
	struct buf b;

	if (!n)
		return true;
	buf_init(&b, SQL_TEXT_MAX);
	buf_add_str(&b, "SELECT ");
	bool ok = sql_lower_list(inner, list, n, &b);
	p->count = n;
	p->text = sql_lower_detach(l, &b);
	return ok;
}

static bool merge(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out)
{
	struct sql_lower inner = { 0 };

	out->kind = SQL_MERGE;
	out->nactions = w->nwhens;
	out->actions = ARENA_ARRAY(l->an->arena, struct sql_merge_action, w->nwhens + 1);
	sql_lower_inner(&inner, l);
	if (!pairs_of(l, w, &inner)) /* so that target and source have a home */
		return false;
	for (size_t i = 0; i < w->nwhens; i++) {
		struct sql_merge_when *when = w->whens + i;
		struct sql_merge_action *a = out->actions + i;

		*a = (struct sql_merge_action){ .matched = when->matched, .action = when->action, .targets = when->columns,
			.ntargets = when->ncolumns, .overriding = when->overriding };
		if (when->condition && !action_program(&inner, l, &when->condition, 1, &a->condition))
			return false;
		if (!action_program(&inner, l, when->set, when->ncolumns, &a->set))
			return false;
	}
	out->nextras = inner.nargs;
	out->select = pairs_of(l, w, &inner);
	out->nparams = l->binds->n;
	l->recheck = w->target;
	l->recheck_param = (int)out->nparams + 1;
	out->recheck = pairs_of(l, w, &inner);
	l->recheck = NULL;
	return out->select && out->recheck;
}

/* WITH CHECK OPTION: conditions over the new row, their constants written out. */
static bool checks(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out)
{
	struct sql_binds none = { 0 };
	struct sql_lower one;
	struct buf b;
	const void *home = w->target->home;

	if (!w->nchecks)
		return true;
	sql_lower_init(&one, l->an, &none);
	one.inline_literals = true;
	one.cuts[one.ncuts++] = (struct sql_cut){ .rte = w->target };
	out->check_names = ARENA_ARRAY(l->an->arena, const char *, w->nchecks);
	w->target->home = NULL;
	buf_init(&b, SQL_TEXT_MAX);
	buf_add_str(&b, "SELECT ");
	bool ok = true;
	for (size_t i = 0; ok && i < w->nchecks; i++) {
		out->check_names[i] = w->checks[i].name;
		buf_add_str(&b, i ? ", " : "");
		ok = sql_lower_expr(&one, w->checks[i].expr, &b);
	}
	w->target->home = home;
	out->check = (struct sql_row_program){ sql_lower_detach(l, &b), w->nchecks };
	return ok;
}

bool sql_plan_write(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out)
{
	out->relation = w->target->relation;
	if (!checks(l, w, out))
		return false;
	if (w->kind == 'i')
		return insert(l, w, out);
	if (w->kind == 'm')
		return merge(l, w, out);
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
