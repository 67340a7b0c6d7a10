/*
 * Holds a plan that was found for other literals against one made of the text
 * itself: for tests, which turn it on (config.check_plans).
 */
#include <stdio.h>
#include <stdlib.h>

#include "service/pg/sql/plan.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_write(const struct sql_write *a, const struct sql_write *b)
{
	return a->kind == b->kind && a->relation == b->relation && same_text(a->select, b->select) && same_text(a->recheck, b->recheck) &&
	       a->nparams == b->nparams && a->ntargets == b->ntargets && a->conflict == b->conflict &&
	       same_text(a->conflict_set.text, b->conflict_set.text) && same_text(a->conflict_where.text, b->conflict_where.text) &&
	       same_text(a->returning.text, b->returning.text) && same_text(a->check.text, b->check.text) &&
	       same_text(a->limit.text, b->limit.text);
}

static bool same_columns(const struct sql_plan *a, const struct sql_plan *b)
{
	for (size_t i = 0; i < a->ncolumns; i++) {
		const struct sql_column *x = a->columns + i, *y = b->columns + i;

		if (!slice_eq(x->name, y->name) || x->oid != y->oid || x->typmod != y->typmod || x->table_oid != y->table_oid || x->attnum != y->attnum)
			return false;
	}
	return true;
}

static bool same_binds(const struct sql_plan *a, const struct sql_plan *b)
{
	for (size_t i = 0; i < a->nbinds; i++) {
		const struct sql_bind *x = a->binds + i, *y = b->binds + i;

		if (x->type != y->type || x->typmod != y->typmod || x->number != y->number)
			return false;
		if (y->kind == SQL_BIND_LITERAL && (!slice_eq(x->text, y->text) || x->location != y->location))
			return false;
	}
	return true;
}

const char *sql_plan_differs(const struct sql_plan *a, const struct sql_plan *b)
{
	if (a->kind != b->kind || a->ncolumns != b->ncolumns || a->nbinds != b->nbinds || a->nparams != b->nparams || a->nsteps != b->nsteps ||
	    a->has_rows != b->has_rows || a->writes != b->writes || a->tag != b->tag || a->nrelations != b->nrelations)
		return "its shape";
	if (!same_text(a->text, b->text))
		return "SQLite's text";
	if (!same_columns(a, b))
		return "the columns";
	if (!same_binds(a, b))
		return "the binds";
	if (!same_write(&a->write, &b->write))
		return "what is written";
	for (size_t i = 0; i < a->nsteps; i++)
		if (!same_write(&a->steps[i].write, &b->steps[i].write))
			return "what a step writes";
	return NULL;
}
