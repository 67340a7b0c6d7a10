/*
 * Queries: a SELECT gives c1 .. cn. What SQLite lacks is spelled by what it has:
 * DISTINCT ON and WITH TIES by window functions, GROUPING SETS by UNION ALL,
 * sets in the select list by table functions beside a subquery.
 */
#include "service/pg/sql/lower.h"

bool sql_lower_ctes(struct sql_lower *l, struct sql_cte **ctes, size_t n, bool recursive, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct sql_cte *c = ctes[i];

		if (c->write || !c->references)
			continue;
		buf_add_str(out, any ? ", " : recursive ? "WITH RECURSIVE " : "WITH ");
		any = true;
		buf_addf(out, "q%d(", c->id);
		for (size_t k = 0; k < c->ncolumns; k++)
			buf_addf(out, "%sc%zu", k ? ", " : "", k + 1);
		if (!c->ncolumns)
			buf_add_str(out, "none");
		buf_add_str(out, ") AS ");
		if (!c->recursive)
			buf_add_str(out, c->materialized || c->query->has_volatile || (c->references > 1 && !c->inlined) ? "MATERIALIZED " :
							c->inlined ? "NOT MATERIALIZED " : "");
		buf_add_char(out, '(');
		if (c->recursive) {
			buf_add_str(out, "SELECT * FROM (");
			if (!sql_lower_query(l, c->query->left, out))
				return false;
			buf_add_str(out, c->query->setop_all ? ") UNION ALL " : ") UNION ");
			if (c->self_references > 1)
				return sql_wrong(l->an, -1, "42P19", "recursive reference to query \"%s\" must not appear more than once", c->name) != NULL;
			if (c->query->right->has_aggregates)
				return sql_wrong(l->an, -1, "42P19", "aggregate functions are not allowed in a recursive query's recursive term") != NULL;
			if (!sql_lower_query(l, c->query->right, out))
				return false;
		} else if (!sql_lower_query(l, c->query, out)) {
			return false;
		}
		buf_add_char(out, ')');
	}
	if (any)
		buf_add_char(out, ' ');
	return true;
}

static bool limits(struct sql_lower *l, const struct sql_query *q, struct buf *out)
{
	if (q->limit) {
		buf_add_str(out, " LIMIT e_limit(");
		if (!sql_lower_expr(l, q->limit, out))
			return false;
		buf_add_char(out, ')');
	} else if (q->offset) {
		buf_add_str(out, " LIMIT -1");
	}
	if (q->offset) {
		buf_add_str(out, " OFFSET e_offset(");
		if (!sql_lower_expr(l, q->offset, out))
			return false;
		buf_add_char(out, ')');
	}
	return true;
}

static bool order_by(struct sql_lower *l, const struct sql_query *q, bool by_number, struct buf *out)
{
	for (size_t i = 0; i < q->nsort; i++) {
		char number[32];
		bool visible = q->sort[i].target && q->sort[i].target <= q->nvisible;

		buf_add_str(out, i ? ", " : " ORDER BY ");
		snprintf(number, sizeof(number), "%zu", q->sort[i].target);
		if (!sql_lower_sort_key(l, q->sort + i, by_number || visible ? number : NULL, out))
			return false;
	}
	return true;
}

/* The columns c1 .. cn of something below. */
static void column_list(size_t n, const char *of, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%sc%zu", i ? ", " : "", of, i + 1);
	if (!n)
		buf_add_str(out, "NULL AS none");
}

/* ---- VALUES ---- */

static bool values(struct sql_lower *l, const struct sql_query *q, struct buf *out)
{
	buf_add_str(out, "SELECT ");
	for (size_t i = 0; i < q->nvisible; i++)
		buf_addf(out, "%scolumn%zu AS c%zu", i ? ", " : "", i + 1, i + 1);
	buf_add_str(out, " FROM (VALUES ");
	for (size_t i = 0; i < q->nvalues; i++) {
		buf_add_str(out, i ? ", (" : "(");
		if (!sql_lower_list(l, q->values[i], q->nvisible, out))
			return false;
		buf_add_char(out, ')');
	}
	buf_add_char(out, ')');
	return order_by(l, q, true, out) && limits(l, q, out);
}

/* ---- set operations ---- */

static void compared_columns(struct sql_lower *l, const struct sql_query *q, struct buf *out)
{
	for (size_t i = 0; i < q->nvisible; i++) {
		buf_addf(out, "%sc%zu", i ? ", " : "", i + 1);
		sql_lower_collate(l, q->targets[i].expr->type, out);
		buf_addf(out, " AS c%zu", i + 1);
	}
	if (!q->nvisible)
		buf_add_str(out, "NULL AS none");
}

static bool side(struct sql_lower *l, const struct sql_query *q, struct sql_query *of, bool counted, struct buf *out)
{
	buf_add_str(out, "SELECT ");
	if (q->setop_all && q->setop == SQL_SET_UNION)
		column_list(q->nvisible, "", out);
	else
		compared_columns(l, q, out);
	if (counted) {
		/* the n-th of equal rows: so INTERSECT ALL and EXCEPT ALL count */
		buf_add_str(out, ", row_number() OVER (PARTITION BY ");
		for (size_t i = 0; i < q->nvisible; i++) {
			buf_addf(out, "%sc%zu", i ? ", " : "", i + 1);
			sql_lower_collate(l, q->targets[i].expr->type, out);
		}
		buf_add_str(out, ") AS nth");
	}
	buf_add_str(out, " FROM (");
	bool ok = sql_lower_query(l, of, out);
	buf_add_char(out, ')');
	return ok;
}

static bool set_operation(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	static const char *const words[] = { "", " UNION ", " INTERSECT ", " EXCEPT " };
	bool counted = q->setop_all && q->setop != SQL_SET_UNION, first = false;

	/* of values that are equal and not the same (1.0, 1.00) the first stays: SQLite's UNION has the last */
	for (size_t i = 0; q->setop == SQL_SET_UNION && !q->setop_all && i < q->nvisible; i++)
		first |= sql_type_collation(l->an->env, sql_base_type(l->an, q->targets[i].expr->type)) != NULL;
	bool wrap = q->nsort || q->limit || q->offset || counted || first;
	if (wrap) {
		buf_add_str(out, first ? "SELECT DISTINCT " : "SELECT ");
		if (first)
			compared_columns(l, q, out);
		else
			column_list(q->nvisible, "", out);
		buf_add_str(out, " FROM (");
	}
	if (!side(l, q, q->left, counted, out))
		return false;
	buf_add_str(out, first || (q->setop_all && q->setop == SQL_SET_UNION) ? " UNION ALL " : words[q->setop]);
	if (!side(l, q, q->right, counted, out))
		return false;
	if (!wrap)
		return true;
	buf_add_char(out, ')');
	return order_by(l, q, true, out) && limits(l, q, out);
}

/* ---- SELECT ---- */

struct core {
	size_t ntargets;        /* how many of them are written */
	bool distinct, sort, limit;
	const char *extra;      /* another column; NULL */
};

static bool target_list(struct sql_lower *l, struct sql_query *q, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_str(out, i ? ", " : "");
		if (!sql_lower_expr(l, q->targets[i].expr, out))
			return false;
		if (q->distinct)
			sql_lower_collate(l, q->targets[i].expr->type, out);
		buf_addf(out, " AS c%zu", i + 1);
	}
	if (!n)
		buf_add_str(out, "NULL AS none");
	return true;
}

static bool aggregated(const struct sql_query *q)
{
	return q->has_aggregates;
}

/* SELECT list FROM ... HAVING: one grouping; `set` of the grouping expressions, or all. */
static bool core(struct sql_lower *l, struct sql_query *q, const struct core *c, struct buf *out)
{
	struct buf from;
	bool ok = true;

	const struct sql_query *set_query = l->set_query;

	buf_init(&from, SQL_TEXT_MAX);
	/* FROM first: what the other clauses name is made there; before grouping nothing is NULL for want of its set */
	l->set_query = NULL;
	if (q->nfrom)
		ok = sql_lower_from(l, q->from, q->nfrom, q, &from);
	l->set_query = set_query;
	buf_add_str(out, c->distinct ? "SELECT DISTINCT " : "SELECT ");
	ok = ok && target_list(l, q, c->ntargets, out);
	if (ok && c->extra)
		buf_addf(out, ", %s", c->extra);
	if (q->nfrom)
		buf_addf(out, " FROM %s", from.ptr);
	buf_release(&from);
	if (ok && q->where) {
		buf_add_str(out, " WHERE ");
		l->set_query = NULL;
		ok = sql_lower_expr(l, q->where, out);
		l->set_query = set_query;
	}
	bool grouped = false;
	for (size_t i = 0; ok && i < q->ngroup; i++) {
		if (l->set_query == q && !(l->set >> i & 1))
			continue;
		const struct sql_query *before = l->set_query;

		buf_add_str(out, grouped ? ", " : " GROUP BY ");
		/* a bare number would be an ordinal */
		if (q->group[i]->kind == SQL_X_CONST)
			buf_add_str(out, "'' || ");
		l->set_query = NULL;
		ok = sql_lower_expr(l, q->group[i], out);
		l->set_query = before;
		sql_lower_collate(l, q->group[i]->type, out);
		grouped = true;
	}
	if (ok && q->having) {
		if (!grouped && !aggregated(q) && !c->extra)
			return sql_unsupported(l->an, -1, "HAVING without GROUP BY or an aggregate") != NULL;
		buf_add_str(out, " HAVING ");
		ok = sql_lower_expr(l, q->having, out);
	}
	if (ok && c->sort)
		ok = order_by(l, q, false, out);
	if (ok && c->limit)
		ok = limits(l, q, out);
	return ok;
}

static bool grouping_sets(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	if (q->has_windows)
		return sql_unsupported(l->an, -1, "window functions over grouping sets") != NULL;
	buf_add_str(out, q->distinct ? "SELECT DISTINCT " : "SELECT ");
	if (q->distinct)
		compared_columns(l, q, out);
	else
		column_list(q->nvisible, "", out);
	buf_add_str(out, " FROM (");
	for (size_t i = 0; i < q->nsets; i++) {
		/* an aggregate makes a set without columns one row, also of nothing */
		struct core c = { .ntargets = q->ntargets, .extra = "count(*) AS one" };

		buf_add_str(out, i ? " UNION ALL " : "");
		l->set_query = q;
		l->set = *q->sets[i];
		bool distinct = q->distinct;
		q->distinct = false;
		bool ok = core(l, q, &c, out);
		q->distinct = distinct;
		l->set_query = NULL;
		if (!ok)
			return false;
	}
	buf_add_char(out, ')');
	for (size_t i = 0; i < q->nsort; i++) {
		char name[32];

		buf_add_str(out, i ? ", " : " ORDER BY ");
		snprintf(name, sizeof(name), q->distinct ? "%zu" : "c%zu", q->sort[i].target);
		if (!sql_lower_sort_key(l, q->sort + i, name, out))
			return false;
	}
	return limits(l, q, out);
}

/* DISTINCT ON: the first row of each group by the order that was asked for. */
static bool distinct_on(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	struct buf number;
	bool ok = true;

	/* the names of FROM must be known before the window is written */
	struct buf from;
	buf_init(&from, SQL_TEXT_MAX);
	ok = sql_lower_from(l, q->from, q->nfrom, q, &from);
	buf_release(&from);
	buf_init(&number, SQL_TEXT_MAX);
	buf_add_str(&number, "row_number() OVER (PARTITION BY ");
	for (size_t i = 0; ok && i < q->ndistinct_on; i++) {
		buf_add_str(&number, i ? ", " : "");
		ok = sql_lower_expr(l, q->distinct_on[i], &number);
		sql_lower_collate(l, q->distinct_on[i]->type, &number);
	}
	for (size_t i = 0; ok && i < q->nsort; i++) {
		buf_add_str(&number, i ? ", " : " ORDER BY ");
		ok = sql_lower_sort_key(l, q->sort + i, NULL, &number);
	}
	buf_add_str(&number, ") AS nth");
	struct core c = { .ntargets = q->ntargets, .extra = number.ptr };
	buf_add_str(out, "SELECT ");
	column_list(q->nvisible, "", out);
	buf_add_str(out, " FROM (");
	ok = ok && core(l, q, &c, out);
	buf_release(&number);
	buf_add_str(out, ") WHERE nth = 1");
	for (size_t i = 0; ok && i < (q->nsort ? q->nsort : q->ndistinct_on); i++) {
		char name[32];

		buf_add_str(out, i ? ", " : " ORDER BY ");
		if (q->nsort) {
			snprintf(name, sizeof(name), "c%zu", q->sort[i].target);
			ok = sql_lower_sort_key(l, q->sort + i, name, out);
			continue;
		}
		/* without ORDER BY PostgreSQL sorts by what it compares */
		for (size_t k = 0; k < q->ntargets; k++)
			if (q->targets[k].expr == q->distinct_on[i]) {
				struct sql_sort key = { .expr = q->distinct_on[i] };

				snprintf(name, sizeof(name), "c%zu", k + 1);
				ok = sql_lower_sort_key(l, &key, name, out);
				break;
			}
	}
	return ok && limits(l, q, out);
}

/* FETCH FIRST n ROWS WITH TIES. */
static bool with_ties(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	struct buf extra, from;
	bool ok;

	buf_init(&from, SQL_TEXT_MAX);
	ok = sql_lower_from(l, q->from, q->nfrom, q, &from);
	buf_release(&from);
	buf_init(&extra, SQL_TEXT_MAX);
	for (int i = 0; ok && i < 2; i++) {
		buf_add_str(&extra, i ? ", rank() OVER (" : "row_number() OVER (");
		for (size_t k = 0; ok && k < q->nsort; k++) {
			buf_add_str(&extra, k ? ", " : " ORDER BY ");
			ok = sql_lower_sort_key(l, q->sort + k, NULL, &extra);
		}
		buf_add_str(&extra, i ? ") AS place" : ") AS nth");
	}
	struct core c = { .ntargets = q->ntargets, .extra = extra.ptr };
	buf_add_str(out, "SELECT ");
	column_list(q->nvisible, "", out);
	buf_add_str(out, " FROM (");
	ok = ok && core(l, q, &c, out);
	buf_release(&extra);
	buf_add_str(out, ") WHERE ");
	if (ok && q->offset) {
		buf_add_str(out, "nth > e_offset(");
		ok = sql_lower_expr(l, q->offset, out);
		buf_add_str(out, ") AND ");
	}
	buf_add_str(out, "place <= e_limit(");
	ok = ok && sql_lower_expr(l, q->limit, out);
	buf_add_char(out, ')');
	if (ok && q->offset) {
		buf_add_str(out, " + e_offset(");
		ok = sql_lower_expr(l, q->offset, out);
		buf_add_char(out, ')');
	}
	buf_add_str(out, " ORDER BY nth");
	return ok;
}

/* ---- sets in the select list ---- */

struct taking {
	struct sql_lower *l;
	struct sql_query *below; /* what is computed once a row, before the sets */
	struct sql_expr **sets;
	size_t nsets;
};

static bool is_set(struct sql_expr *e, void *of)
{
	if (e->kind == SQL_X_SET)
		*(bool *)of = true;
	return e->kind != SQL_X_SCALAR && e->kind != SQL_X_EXISTS;
}

static bool has_set(struct sql_expr *e)
{
	bool found = false;

	sql_expr_walk(e, is_set, &found);
	return found;
}

static struct sql_expr *raw(struct sql_lower *l, const struct sql_expr *like, struct slice text)
{
	struct sql_expr *x = sql_expr_new(l->an, SQL_X_RAW, like->type, like->location);

	x->text = text;
	x->typmod = like->typmod;
	return x;
}

/* What the nth set gives for a row: a set of rows one composite value. */
static struct slice set_value(struct sql_lower *l, const struct sql_expr *e, size_t nth)
{
	const struct sql_proc *p = e->proc;
	struct sql_rte_column *columns = ARENA_ARRAY(l->an->arena, struct sql_rte_column, p->nall + 1);
	struct slice rest = slice_str(p->names ? p->names : "");
	struct buf b;
	size_t n = 0;

	for (size_t i = 0; i < p->nall; i++) {
		struct slice one = slice_split(&rest, ',');

		if (strchr("otb", p->modes[i]))
			columns[n++] = (struct sql_rte_column){ .name = arena_slice(l->an->arena, one).ptr, .type = sql_out_type(l->an, e, p->all[i]),
				.typmod = -1 };
	}
	if (n < 2 || e->type != T_RECORD)
		return arena_printf(l->an->arena, "f%zu.c1", nth);
	buf_init(&b, SQL_TEXT_MAX);
	buf_addf(&b, "CASE WHEN f%zu.ord IS NOT NULL THEN e_row(", nth);
	sql_lower_head(columns, n, &b);
	buf_add_str(&b, ", 1");
	for (size_t k = 1; k <= n; k++)
		buf_addf(&b, ", f%zu.c%zu", nth, k);
	buf_add_str(&b, ") END");
	return slice_str(sql_lower_detach(l, &b));
}

/* The expression with everything that has no set in it computed below. */
static struct sql_expr *take(struct taking *t, struct sql_expr *e)
{
	struct arena *a = t->l->an->arena;

	if (e->kind == SQL_X_CONST || e->kind == SQL_X_PARAM)
		return e;
	if (!has_set(e)) {
		struct sql_query *b = t->below;
		struct sql_target *grown = ARENA_ARRAY(a, struct sql_target, b->ntargets + 1);

		if (b->ntargets)
			memcpy(grown, b->targets, b->ntargets * sizeof(*grown));
		b->targets = grown;
		b->targets[b->ntargets++] = (struct sql_target){ .expr = e };
		b->nvisible = b->ntargets;
		return raw(t->l, e, arena_printf(a, "b.c%zu", b->ntargets));
	}
	struct sql_expr *x = ARENA_NEW(a, struct sql_expr);
	*x = *e;
	x->args = ARENA_ARRAY(a, struct sql_expr *, e->nargs + 1);
	for (size_t i = 0; i < e->nargs; i++)
		x->args[i] = e->args[i] ? take(t, e->args[i]) : NULL;
	if (e->kind != SQL_X_SET)
		return x;
	t->sets[t->nsets++] = x;
	return raw(t->l, e, set_value(t->l, e, t->nsets));
}

static bool select_sets(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	struct sql_query below = *q;
	struct taking t = { .l = l, .below = &below, .sets = ARENA_ARRAY(l->an->arena, struct sql_expr *, q->nsets_in_targets * 2 + 1) };
	struct sql_expr **list = ARENA_ARRAY(l->an->arena, struct sql_expr *, q->ntargets + 1);
	const char **calls = ARENA_ARRAY(l->an->arena, const char *, q->nsets_in_targets * 2 + 1), **names = ARENA_ARRAY(l->an->arena, const char *, q->nsets_in_targets * 2 + 1);
	bool ok = true;

	below.targets = NULL;
	below.ntargets = below.nvisible = 0;
	below.sort = NULL;
	below.nsort = 0;
	below.limit = below.offset = NULL;
	below.distinct = false;
	below.ctes = NULL;
	below.nctes = 0;
	below.has_sets = false;
	for (size_t i = 0; i < q->ntargets; i++)
		list[i] = take(&t, q->targets[i].expr);
	if (q->ndistinct_on)
		return sql_unsupported(l->an, -1, "DISTINCT ON with set-returning functions") != NULL;
	for (size_t i = 0; ok && i < t.nsets; i++) {
		struct buf b;

		buf_init(&b, SQL_TEXT_MAX);
		ok = sql_lower_set(l, t.sets[i], &b);
		calls[i] = sql_lower_detach(l, &b);
		names[i] = arena_printf(l->an->arena, "f%zu", i + 1).ptr;
	}
	if (!ok)
		return false;
	buf_add_str(out, q->distinct ? "SELECT DISTINCT " : "SELECT ");
	for (size_t i = 0; ok && i < q->nvisible; i++) {
		buf_add_str(out, i ? ", " : "");
		ok = sql_lower_expr(l, list[i], out);
		if (q->distinct)
			sql_lower_collate(l, list[i]->type, out);
		buf_addf(out, " AS c%zu", i + 1);
	}
	if (!below.ntargets) {
		below.targets = ARENA_NEW(l->an->arena, struct sql_target);
		below.targets->expr = sql_int_const(l->an, T_INT4, 1);
		below.ntargets = below.nvisible = 1;
	}
	buf_add_str(out, " FROM (");
	ok = ok && sql_lower_query(l, &below, out);
	buf_add_str(out, ") AS b, ");
	if (t.nsets == 1)
		buf_addf(out, "%s AS f1", calls[0]);
	else if (t.nsets > 1) {
		/* side by side: which row of each, counted for every row below */
		struct buf count;
		buf_init(&count, SQL_TEXT_MAX);
		buf_add_str(&count, "max(");
		for (size_t i = 0; i < t.nsets; i++)
			buf_addf(&count, "%s(SELECT count(*) FROM %s)", i ? ", " : "", calls[i]);
		buf_addf(out, "e_count(%s)) AS side", count.ptr);
		for (size_t i = 0; i < t.nsets; i++)
			buf_addf(out, " LEFT JOIN %s AS %s ON %s.ord = side.ord", calls[i], names[i], names[i]);
		buf_release(&count);
	}
	for (size_t i = 0; ok && i < q->nsort; i++) {
		char number[32];

		buf_add_str(out, i ? ", " : " ORDER BY ");
		snprintf(number, sizeof(number), "%zu", q->sort[i].target);
		if (q->sort[i].target <= q->nvisible) {
			ok = sql_lower_sort_key(l, q->sort + i, number, out);
		} else {
			struct sql_sort key = q->sort[i];

			key.expr = list[key.target - 1];
			ok = sql_lower_sort_key(l, &key, NULL, out);
		}
	}
	return ok && limits(l, q, out);
}

bool sql_lower_query(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	if (q->nlocks && q->kept >= 0 && l->plan)
		return sql_lower_locking(l, q, out);
	if (!sql_lower_ctes(l, q->ctes, q->nctes, q->recursive, out))
		return false;
	if (q->nvalues)
		return values(l, q, out);
	if (q->setop != SQL_SET_NONE)
		return set_operation(l, q, out);
	if (q->has_sets && q->nsets_in_targets)
		return select_sets(l, q, out);
	if (q->nsets)
		return grouping_sets(l, q, out);
	if (q->ndistinct_on)
		return distinct_on(l, q, out);
	if (q->with_ties && q->limit)
		return with_ties(l, q, out);
	/* ORDER BY what is not selected, of DISTINCT, was refused; all else is SQLite's own SELECT */
	struct core c = { .ntargets = q->nvisible, .distinct = q->distinct, .sort = true, .limit = true };
	if (q->having && !q->ngroup && !q->has_aggregates)
		c.extra = "count(*) AS one";
	return core(l, q, &c, out);
}
