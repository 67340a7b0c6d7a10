/*
 * Windows: OVER (...) and the WINDOW clause.
 *
 * Source: transformWindowFuncCall and transformWindowDefinitions of PostgreSQL 15;
 * manual 4.2.8. The bits of the frame are those of parsenodes.h.
 */
#include "service/pg/sql/analyse.h"

#define OFFSETS (0x800 | 0x1000 | 0x2000 | 0x4000)

static const PgQuery__WindowDef *named(struct sql_analyser *an, const char *name)
{
	for (size_t i = 0; i < an->scope->nwindows; i++)
		if (strcmp(an->scope->windows[i]->name, name) == 0)
			return an->scope->windows[i];
	return NULL;
}

static bool is_set(const char *s)
{
	return s && s[0];
}

struct variables {
	const struct sql_query *here;
	const struct sql_expr *found;
};

static bool see_variable(struct sql_expr *e, void *of)
{
	struct variables *v = of;

	if (!v->found && (e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF) && e->rte->owner == v->here)
		v->found = e;
	return true;
}

/* Types with in_range functions (pg_amproc). */
static bool has_ranges(uint32_t t)
{
	return t == T_INT2 || t == T_INT4 || t == T_INT8 || t == T_FLOAT4 || t == T_FLOAT8 || t == T_NUMERIC || t == T_DATE || t == T_TIME ||
	       t == T_TIMETZ || t == T_TIMESTAMP || t == T_TIMESTAMPTZ || t == T_INTERVAL;
}

static struct sql_expr *offset(struct sql_analyser *an, PgQuery__Node *n, int32_t frame, const struct sql_window *w, int location)
{
	const char *words = frame & 2 ? "RANGE" : frame & 4 ? "ROWS" : "GROUPS";
	struct sql_expr *e = sql_analyse_clause(an, n, SQL_IN_WINDOW);

	if (!e)
		return NULL;
	struct variables v = { .here = an->scope->query };
	sql_expr_walk(e, see_variable, &v);
	if (v.found)
		return sql_wrong(an, v.found->location, "42P10", "argument of %s must not contain variables", words);
	if (frame & 2) {
		if (w->nsort != 1)
			return sql_wrong(an, location, "42P20", "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
		uint32_t key = sql_base_type(an, w->sort[0].expr->type);
		uint32_t wanted = key == T_DATE || key == T_TIMESTAMP || key == T_TIMESTAMPTZ || key == T_TIME || key == T_TIMETZ ? T_INTERVAL : key;

		if (!has_ranges(key))
			return sql_wrong(an, e->location, "0A000", "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s",
					 sql_type_words(an, w->sort[0].expr->type));
		if (e->type == T_UNKNOWN || e->type != wanted) {
			struct sql_expr *c = sql_coerce_to(an, e, wanted, -1, SQL_IMPLICIT, e->location);

			if (!c && !an->env->error) {
				sql_wrong(an, e->location, "0A000", "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s",
					  sql_type_words(an, key), sql_type_words(an, e->type));
				return sql_wrong_hint(an, "Cast the offset value to an appropriate type.");
			}
			e = c;
		}
		return e;
	}
	struct sql_expr *c = sql_coerce_to(an, e, T_INT8, -1, SQL_ASSIGNMENT, e->location);
	if (!c && !an->env->error)
		return sql_wrong(an, e->location, "42804", "argument of %s must be type bigint, not type %s", words, sql_type_words(an, e->type));
	return c;
}

static bool fill(struct sql_analyser *an, const PgQuery__WindowDef *d, struct sql_window *w)
{
	const PgQuery__WindowDef *base = NULL;

	if (is_set(d->refname)) {
		base = named(an, d->refname);
		if (!base || base == d)
			return sql_wrong(an, d->location, "42704", "window \"%s\" does not exist", d->refname) != NULL;
		if (!fill(an, base, w))
			return false;
		if (d->n_partition_clause)
			return sql_wrong(an, d->location, "42P20", "cannot override PARTITION BY clause of window \"%s\"", d->refname) != NULL;
		if (d->n_order_clause && base->n_order_clause)
			return sql_wrong(an, d->location, "42P20", "cannot override ORDER BY clause of window \"%s\"", d->refname) != NULL;
		if (base->frame_options & 1)
			return sql_wrong(an, d->location, "42P20", "cannot copy window \"%s\" because it has a frame clause", d->refname) != NULL;
	}
	if (d->n_partition_clause) {
		w->partition = ARENA_ARRAY(an->arena, struct sql_expr *, d->n_partition_clause);
		w->npartition = d->n_partition_clause;
		for (size_t i = 0; i < w->npartition; i++) {
			w->partition[i] = sql_settle(an, sql_analyse_clause(an, d->partition_clause[i], SQL_IN_WINDOW));
			if (!w->partition[i])
				return false;
		}
	}
	if (d->n_order_clause && !sql_analyse_sort(an, d->order_clause, d->n_order_clause, NULL, SQL_IN_WINDOW, &w->sort, &w->nsort))
		return false;
	w->frame = d->frame_options;
	if ((w->frame & 8) && !w->nsort)
		return sql_wrong(an, d->location, "42P20", "GROUPS mode requires an ORDER BY clause") != NULL;
	if (w->frame & OFFSETS) {
		if (d->start_offset && !(w->start = offset(an, d->start_offset, w->frame, w, d->location)))
			return false;
		if (d->end_offset && !(w->end = offset(an, d->end_offset, w->frame, w, d->location)))
			return false;
	}
	return true;
}

struct sql_window *sql_analyse_window(struct sql_analyser *an, const PgQuery__WindowDef *d)
{
	struct sql_window *w = ARENA_NEW(an->arena, struct sql_window);

	w->name = is_set(d->name) ? d->name : NULL;
	/* OVER name: the window itself, with its frame */
	if (is_set(d->name)) {
		const PgQuery__WindowDef *base = named(an, d->name);

		if (!base)
			return sql_wrong(an, d->location, "42704", "window \"%s\" does not exist", d->name);
		d = base;
	}
	enum sql_clause before = an->scope->clause;
	bool ok = fill(an, d, w);
	an->scope->clause = before;
	return ok ? w : NULL;
}
