/*
 * FROM: tables through their visibility, subqueries, functions, joins; and what
 * SQLite does not have, LATERAL, by a table function that runs a statement.
 */
#include "service/pg/sql/lower.h"

struct refers {
	const struct sql_query *outer;
	bool found;
};

static bool see(struct sql_expr *e, void *of)
{
	struct refers *r = of;

	if ((e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF) && e->rte->owner == r->outer && e->rte->kind != SQL_RTE_NONE)
		r->found = true;
	return !r->found;
}

bool sql_refers_to(struct sql_query *inner, struct sql_expr *expr, const struct sql_query *outer)
{
	struct refers r = { .outer = outer };

	if (inner)
		sql_query_walk(inner, see, &r);
	if (expr)
		sql_expr_walk(expr, see, &r);
	return r.found;
}

bool sql_lower_lateral(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	struct sql_lower inner;
	struct buf text;

	sql_lower_inner(&inner, l);
	buf_init(&text, SQL_TEXT_MAX);
	bool ok = sql_lower_query(&inner, q, &text);
	if (ok && inner.nargs > 60)
		ok = sql_unsupported(l->an, -1, "a LATERAL item with more than 60 references") != NULL;
	if (ok) {
		buf_add_str(out, "q_rows(");
		sql_lower_string(buf_slice(&text), out);
		for (size_t i = 0; i < inner.nargs; i++)
			buf_addf(out, ", %s", inner.args[i]);
		buf_add_char(out, ')');
	}
	buf_release(&text);
	return ok;
}

static bool relation(struct sql_lower *l, const struct sql_rte *rte, struct buf *out)
{
	const struct sql_relation *rel = rte->relation;
	bool any = false;

	buf_add_str(out, "(SELECT ");
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped) {
			buf_addf(out, "%sc%zu", any ? ", " : "", i + 1);
			any = true;
		}
	if (rte->rowid)
		buf_addf(out, "%srowid AS rid, xmin, xmax", any ? ", " : "");
	else if (!any)
		buf_add_str(out, "NULL AS none");
	if (l->recheck == rte)
		buf_addf(out, " FROM r_%u WHERE rowid = ?%d) AS t%d", rel->filenode, l->recheck_param, rte->id);
	else
		buf_addf(out, " FROM r_%u WHERE %s(xmin, xmax)", rel->filenode, rel->system ? "visnow" : "vis");
	if (rte->sample) {
		buf_add_str(out, " AND e_sample(rowid, ");
		if (!sql_lower_expr(l, rte->sample, out))
			return false;
		buf_add_str(out, ", ");
		if (!sql_lower_expr(l, rte->sample_seed, out))
			return false;
		buf_add_char(out, ')');
	}
	if (l->recheck != rte)
		buf_addf(out, ") AS t%d", rte->id);
	return true;
}

/* The call, told of the columns that it shall give. */
static struct sql_expr *told(struct sql_lower *l, const struct sql_rte_function *f)
{
	struct sql_expr *call = ARENA_NEW(l->an->arena, struct sql_expr);
	struct buf b;

	if (!f->defined)
		return f->call;
	*call = *f->call;
	call->args = ARENA_ARRAY(l->an->arena, struct sql_expr *, call->nargs + 1);
	if (call->nargs)
		memcpy(call->args, f->call->args, call->nargs * sizeof(*call->args));
	buf_init(&b, SQL_TEXT_MAX);
	sql_lower_head(f->defined, f->ncolumns, &b);
	struct sql_expr *head = sql_expr_new(l->an, SQL_X_RAW, T_TEXT, -1);
	head->text = slice_str(sql_lower_detach(l, &b));
	call->args[call->nargs++] = head;
	return call;
}

/* A call that is no set is one row. */
static bool scalar_function(struct sql_lower *l, const struct sql_rte_function *f, struct buf *out)
{
	uint32_t base = sql_base_type(l->an, f->call->type);
	struct sql_expr *call = told(l, f);

	buf_add_str(out, "SELECT ");
	if (sql_type_of(l->an, base)->kind != 'c' && base != T_RECORD) {
		if (!sql_lower_expr(l, call, out))
			return false;
		buf_add_str(out, " AS c1");
		return true;
	}
	for (size_t i = 0; i < f->ncolumns; i++) {
		buf_addf(out, "%se_field(%u, %zu, ", i ? ", " : "", base, i + 1);
		if (!sql_lower_expr(l, call, out))
			return false;
		buf_addf(out, ") AS c%zu", i + 1);
	}
	return true;
}

/* A set of rows, taken apart when they come as one value; without parentheses. */
static bool set_of_rows(struct sql_lower *l, const struct sql_rte_function *f, struct buf *out)
{
	buf_add_str(out, "SELECT ");
	for (size_t i = 0; i < f->ncolumns; i++)
		buf_addf(out, "e_field(%u, %zu, z.c1) AS c%zu, ", f->row, i + 1, i + 1);
	buf_add_str(out, "z.ord AS ord FROM ");
	bool ok = sql_lower_set(l, told(l, f), out);
	buf_add_str(out, " AS z");
	return ok;
}

/* Several functions side by side: the shorter ones end in NULLs. */
bool sql_lower_side_by_side(struct sql_lower *l, const char *const *calls, size_t n, const char *const *names, struct buf *out)
{
	(void)l;
	buf_add_str(out, "(SELECT z.ord AS ord FROM (SELECT max(");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s(SELECT count(*) FROM %s)", i ? ", " : "", calls[i]);
	buf_add_str(out, n == 1 ? ", 0" : "");
	buf_add_str(out, ") AS most) AS y, e_count(y.most) AS z) AS side");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, " LEFT JOIN %s AS %s ON %s.ord = side.ord", calls[i], names[i], names[i]);
	return true;
}

static bool several_functions(struct sql_lower *l, const struct sql_rte *rte, struct buf *out)
{
	const char **calls = ARENA_ARRAY(l->an->arena, const char *, rte->nfunctions + 1), **names = ARENA_ARRAY(l->an->arena, const char *, rte->nfunctions + 1);
	size_t at = 0;

	for (size_t i = 0; i < rte->nfunctions; i++) {
		const struct sql_rte_function *f = rte->functions + i;
		struct buf b;

		buf_init(&b, SQL_TEXT_MAX);
		if (f->scalar) {
			buf_add_str(&b, "(SELECT *, 1 AS ord FROM (");
			if (!scalar_function(l, f, &b))
				return false;
			buf_add_str(&b, "))");
		} else if (f->row) {
			buf_add_char(&b, '(');
			if (!set_of_rows(l, f, &b))
				return false;
			buf_add_char(&b, ')');
		} else if (!sql_lower_set(l, f->call, &b)) {
			return false;
		}
		calls[i] = sql_lower_detach(l, &b);
		names[i] = arena_printf(l->an->arena, "f%d_%zu", rte->id, i).ptr;
	}
	buf_add_str(out, "SELECT ");
	for (size_t i = 0; i < rte->nfunctions; i++)
		for (size_t c = 0; c < rte->functions[i].ncolumns; c++, at++)
			buf_addf(out, "%s%s.c%zu AS c%zu", at ? ", " : "", names[i], c + 1, at + 1);
	buf_add_str(out, ", side.ord AS ord FROM ");
	return sql_lower_side_by_side(l, calls, rte->nfunctions, names, out);
}

/* Its arguments refer to items before it, so that a subquery cannot hold it. */
static bool function_refers(struct sql_lower *l, const struct sql_rte *rte)
{
	(void)l;
	for (size_t i = 0; i < rte->nfunctions; i++)
		if (sql_refers_to(NULL, rte->functions[i].call, rte->owner))
			return true;
	return false;
}

static bool function(struct sql_lower *l, struct sql_rte *rte, struct buf *out)
{
	const struct sql_rte_function *f = rte->functions;
	bool ok;

	if (rte->nfunctions == 1 && !f->scalar && !f->row) {
		ok = sql_lower_set(l, f->call, out);
		buf_addf(out, " AS t%d", rte->id);
		return ok;
	}
	if (!function_refers(l, rte)) {
		buf_add_char(out, '(');
		if (rte->nfunctions == 1 && f->row) {
			ok = set_of_rows(l, f, out);
		} else if (rte->nfunctions == 1) {
			ok = scalar_function(l, f, out);
			buf_add_str(out, ", 1 AS ord");
		} else {
			ok = several_functions(l, rte, out);
		}
		buf_addf(out, ") AS t%d", rte->id);
		return ok;
	}
	struct sql_lower inner;
	struct buf text;
	sql_lower_inner(&inner, l);
	buf_init(&text, SQL_TEXT_MAX);
	ok = rte->nfunctions > 1 ? several_functions(&inner, rte, &text) : f->row ? set_of_rows(&inner, f, &text) : scalar_function(&inner, f, &text);
	buf_add_str(out, "q_rows(");
	sql_lower_string(buf_slice(&text), out);
	for (size_t i = 0; i < inner.nargs; i++)
		buf_addf(out, ", %s", inner.args[i]);
	buf_addf(out, ") AS t%d", rte->id);
	buf_release(&text);
	return ok;
}

static bool leaf(struct sql_lower *l, struct sql_rte *rte, struct buf *out)
{
	bool ok = true;

	switch (rte->kind) {
	case SQL_RTE_RELATION:
		ok = relation(l, rte, out);
		break;
	case SQL_RTE_QUERY:
		if (rte->lateral && sql_refers_to(rte->query, NULL, rte->owner)) {
			ok = sql_lower_lateral(l, rte->query, out);
		} else if (rte->query->has_volatile) {
			/* computed once a row, whatever SQLite would make of it */
			buf_addf(out, "(WITH once AS MATERIALIZED (");
			ok = sql_lower_query(l, rte->query, out);
			buf_add_str(out, ") SELECT * FROM once)");
		} else {
			buf_add_char(out, '(');
			ok = sql_lower_query(l, rte->query, out);
			buf_add_char(out, ')');
		}
		buf_addf(out, " AS t%d", rte->id);
		break;
	case SQL_RTE_CTE:
		if (rte->cte->write)
			buf_addf(out, "q_kept(%d) AS t%d", rte->cte->id, rte->id);
		else
			buf_addf(out, "q%d AS t%d", rte->cte->id, rte->id);
		break;
	case SQL_RTE_FUNCTION:
		ok = function(l, rte, out);
		break;
	default:
		return sql_wrong(l->an, -1, "XX000", "a join is no table") != NULL;
	}
	rte->home = l;
	return ok;
}

static bool item(struct sql_lower *l, struct sql_from *f, bool inside, struct buf *out)
{
	static const char *const words[] = { [SQL_JOIN_INNER] = " JOIN ", [SQL_JOIN_LEFT] = " LEFT JOIN ", [SQL_JOIN_RIGHT] = " RIGHT JOIN ",
		[SQL_JOIN_FULL] = " FULL JOIN ", [SQL_JOIN_CROSS] = " JOIN " };

	if (!f->left)
		return leaf(l, f->rte, out);
	if (inside)
		buf_add_char(out, '(');
	if (!item(l, f->left, false, out))
		return false;
	buf_add_str(out, words[f->join]);
	if (!item(l, f->right, true, out))
		return false;
	if (f->on || f->join != SQL_JOIN_CROSS) {
		buf_add_str(out, " ON ");
		if (f->on && !sql_lower_expr(l, f->on, out))
			return false;
		if (!f->on)
			buf_add_char(out, '1');
	}
	if (inside)
		buf_add_char(out, ')');
	return true;
}

bool sql_lower_from(struct sql_lower *l, struct sql_from **from, size_t n, struct sql_query *q, struct buf *out)
{
	(void)q;
	for (size_t i = 0; i < n; i++) {
		buf_add_str(out, i ? ", " : "");
		if (!item(l, from[i], i > 0 && from[i]->left, out))
			return false;
	}
	return true;
}
