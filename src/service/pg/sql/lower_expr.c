/*
 * Expressions in SQLite's words. Every value is of the type that the analysis
 * gave it, so nothing here converts; operators and functions are the library's.
 * Values are in lower_value.c, calls in lower_call.c, aggregates in
 * lower_aggregate.c, comparisons in lower_compare.c.
 */
#include "service/pg/sql/lower.h"

#include "service/pg/sql/type/composite.h"

static bool chain(struct sql_lower *l, const struct sql_expr *e, size_t first, size_t n, const char *word, struct buf *out)
{
	/* balanced: SQLite's depth is 1,000 */
	if (n == 1)
		return sql_lower_expr(l, e->args[first], out);
	buf_add_char(out, '(');
	bool ok = chain(l, e, first, n / 2, word, out);
	buf_add_str(out, word);
	ok = ok && chain(l, e, first + n / 2, n - n / 2, word, out);
	buf_add_char(out, ')');
	return ok;
}

static bool case_when(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	buf_add_str(out, "CASE");
	for (size_t i = 0; i + 1 < e->nargs; i += 2) {
		buf_add_str(out, " WHEN ");
		if (!sql_lower_expr(l, e->args[i], out))
			return false;
		buf_add_str(out, " THEN ");
		if (!sql_lower_expr(l, e->args[i + 1], out))
			return false;
	}
	buf_add_str(out, " ELSE ");
	if (!sql_lower_expr(l, e->args[e->nargs - 1], out))
		return false;
	buf_add_str(out, " END");
	return true;
}

bool sql_lower_subquery(struct sql_lower *l, struct sql_query *q, struct buf *out)
{
	buf_add_char(out, '(');
	bool ok = sql_lower_query(l, q, out);
	buf_add_char(out, ')');
	return ok;
}

/* At most one row, or the error 21000. */
static bool one_row(const struct sql_query *q)
{
	return (q->has_aggregates && !q->ngroup && !q->nsets && q->setop == SQL_SET_NONE && !q->has_sets) ||
	       (!q->nfrom && q->setop == SQL_SET_NONE && !q->nvalues && !q->has_sets) || q->nvalues == 1;
}

static bool scalar(struct sql_lower *l, const struct sql_expr *e, int number, struct buf *out)
{
	if (one_row(e->query) && number == 1 && e->query->nvisible == 1)
		return sql_lower_subquery(l, e->query, out);
	buf_addf(out, "(SELECT e_single(z.c%d) FROM (", number);
	bool ok = sql_lower_query(l, e->query, out);
	buf_add_str(out, ") AS z)");
	return ok;
}

static bool array(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	/* SQLite's calls take 127 arguments: longer arrays are put together */
	if (e->nargs > 100) {
		struct sql_expr a = *e, b = *e;
		a.nargs = e->nargs / 2;
		b.args = e->args + a.nargs;
		b.nargs = e->nargs - a.nargs;
		buf_add_str(out, "e_array_join(");
		bool ok = array(l, &a, out);
		buf_add_str(out, ", ");
		ok = ok && array(l, &b, out);
		buf_add_char(out, ')');
		return ok;
	}
	buf_addf(out, "e_array(%u, %d", e->type, e->number);
	for (size_t i = 0; i < e->nargs; i++) {
		buf_add_str(out, ", ");
		if (!sql_lower_expr(l, e->args[i], out))
			return false;
	}
	buf_add_char(out, ')');
	return true;
}

#define ROW_FIELDS 100 /* SQLite's calls take 127 arguments: longer rows are put together */

void sql_lower_head(const struct sql_rte_column *columns, size_t n, struct buf *out)
{
	struct buf b;

	buf_init(&b, SQL_TEXT_MAX);
	buf_add_char(&b, COMPOSITE_HEAD);
	for (size_t i = 0; i < n; i++)
		if (!columns[i].hidden)
			composite_head_field(&b, columns[i].type, columns[i].typmod, slice_str(columns[i].name ? columns[i].name : ""));
	sql_lower_string(buf_slice(&b), out);
	buf_release(&b);
}

/* `names` NULL: f1, f2 ... */
static bool row_fields(struct sql_lower *l, const struct sql_expr *e, const char *const *names, size_t first, size_t n, struct buf *out)
{
	struct sql_rte_column *columns = ARENA_ARRAY(l->an->arena, struct sql_rte_column, n + 1);
	bool ok = true;

	if (n > ROW_FIELDS) {
		buf_add_str(out, "e_row_join(");
		ok = row_fields(l, e, names, first, n / 2, out);
		buf_add_str(out, ", ");
		ok = ok && row_fields(l, e, names, first + n / 2, n - n / 2, out);
		buf_add_char(out, ')');
		return ok;
	}
	for (size_t i = 0; i < n; i++)
		columns[i] = (struct sql_rte_column){ .name = names ? names[first + i] : NULL, .type = e->args[first + i]->type,
						      .typmod = e->args[first + i]->typmod };
	buf_add_str(out, "e_row(");
	sql_lower_head(columns, n, out);
	buf_addf(out, ", %d", e->type == T_RECORD);
	for (size_t i = 0; ok && i < n; i++) {
		buf_add_str(out, ", ");
		ok = sql_lower_expr(l, e->args[first + i], out);
	}
	buf_add_char(out, ')');
	return ok;
}

static bool row(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	return row_fields(l, e, NULL, 0, e->nargs, out);
}

static bool row_of(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	struct sql_expr r = { .kind = SQL_X_ROW, .type = e->type, .location = e->location };
	const struct sql_rte *rte = e->rte;

	const char **names = ARENA_ARRAY(l->an->arena, const char *, rte->ncolumns + 1);

	r.args = ARENA_ARRAY(l->an->arena, struct sql_expr *, rte->ncolumns + 1);
	for (size_t i = 0; i < rte->ncolumns; i++)
		if (!rte->columns[i].hidden) {
			names[r.nargs] = rte->columns[i].name;
			r.args[r.nargs++] = sql_column_expr(l->an, (struct sql_rte *)(uintptr_t)rte, (int)i + 1, e->location);
		}
	if (rte->home == l && rte->kind == SQL_RTE_RELATION && rte->rowid) {
		buf_addf(out, "CASE WHEN t%d.rid IS NOT NULL THEN ", rte->id);
		bool ok = row_fields(l, &r, names, 0, r.nargs, out);
		buf_add_str(out, " END");
		return ok;
	}
	return row_fields(l, &r, names, 0, r.nargs, out);
}

static bool cast(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	struct sql_expr *of = e->args[0];
	bool ok;

	switch (e->method) {
	case SQL_CAST_SAME:
		if ((sql_base_type(l->an, of->type) == T_INT2VECTOR || sql_base_type(l->an, of->type) == T_OIDVECTOR) &&
		    sql_type_of(l->an, sql_base_type(l->an, e->type))->element && sql_base_type(l->an, e->type) != sql_base_type(l->an, of->type)) {
			buf_addf(out, "e_vector_array(%u, ", sql_base_type(l->an, of->type));
			ok = sql_lower_expr(l, of, out);
			buf_add_char(out, ')');
			return ok;
		}
		if (e->type == T_RECORD && of->type != T_RECORD) {
			buf_addf(out, "e_record(%u, ", sql_base_type(l->an, of->type));
			ok = sql_lower_expr(l, of, out);
			buf_add_char(out, ')');
			return ok;
		}
		return sql_lower_expr(l, of, out);
	case SQL_CAST_ROW:
		return sql_lower_expr(l, of, out);
	case SQL_CAST_DOMAIN: {
		const struct sql_type *t = sql_type_of(l->an, e->type);

		buf_addf(out, "e_domain(%u, ", t->oid);
		ok = sql_lower_expr(l, of, out);
		buf_add_char(out, ')');
		return ok;
	}
	case SQL_CAST_IO: {
		uint32_t from = sql_base_type(l->an, of->type), to = sql_base_type(l->an, e->type);
		bool text_in = from == T_TEXT || from == T_VARCHAR || from == T_NAME || from == T_BPCHAR || from == T_UNKNOWN;
		bool text_out = to == T_TEXT || to == T_VARCHAR;

		if (!text_out)
			buf_addf(out, "p_type_in(%u, -1, ", to);
		if (!text_in)
			buf_addf(out, "p_type_out(%u, ", from);
		ok = sql_lower_expr(l, of, out);
		buf_add_str(out, text_in ? "" : ")");
		buf_add_str(out, text_out ? "" : ")");
		return ok;
	}
	case SQL_CAST_ARRAY:
		buf_addf(out, "p_array_cast(%u, %u, -1, 1, ", of->type, e->type);
		ok = sql_lower_expr(l, of, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_CAST_MODIFIER: {
		struct buf b;

		buf_init(&b, SQL_TEXT_MAX);
		ok = sql_lower_expr(l, of, &b);
		if (ok && !sql_type_cast_modifier(l->an->env, e->type, e->typmod, e->number, buf_slice(&b), out))
			buf_add_slice(out, buf_slice(&b));
		buf_release(&b);
		return ok;
	}
	}
	return false;
}

/* ", argument" for each, and the end of the call */
static bool subscripted(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	for (size_t i = 0; i < e->nargs; i++) {
		buf_add_str(out, ", ");
		/* a bound that is left out is not a NULL one: it is a text */
		if (!e->args[i])
			buf_add_str(out, "''");
		else if (!sql_lower_expr(l, e->args[i], out))
			return false;
	}
	buf_add_char(out, ')');
	return true;
}

static bool subscript(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	uint32_t base = sql_base_type(l->an, e->args[0]->type);

	if (base == T_JSONB) { /* as #>: any NULL gives NULL, and so does what is not there */
		buf_add_str(out, "p_jsonb_extract_path(");
		if (!sql_lower_expr(l, e->args[0], out))
			return false;
		buf_addf(out, ", e_array(%u, 0, ", T_TEXTARRAY);
		bool listed = sql_lower_list(l, e->args + 1, e->nargs - 1, out);
		buf_add_str(out, "))");
		return listed;
	}
	buf_addf(out, e->negated ? "e_slice(%u" : "e_subscript(%u", base);
	return subscripted(l, e, out);
}

static bool put(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	uint32_t base = sql_base_type(l->an, e->args[0]->type);

	if (base == T_JSONB)
		buf_addf(out, "e_put_jsonb(%d", e->number);
	else
		buf_addf(out, e->negated ? "e_put_slice(%u" : "e_put(%u", base);
	return subscripted(l, e, out);
}

static bool value_function(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	(void)l;
	switch (e->type) {
	case T_DATE:
		buf_add_str(out, "p_timestamptz_date(p_now())");
		return true;
	case T_TIMETZ:
		buf_add_str(out, "p_timestamptz_timetz(p_now())");
		return true;
	case T_TIMESTAMPTZ:
		buf_add_str(out, "p_now()");
		return true;
	case T_TIME:
		buf_add_str(out, "p_timestamptz_time(p_now())");
		return true;
	case T_TIMESTAMP:
		buf_add_str(out, "p_timestamptz_timestamp(p_now())");
		return true;
	default:
		buf_addf(out, "e_session('%s')", e->name);
		return true;
	}
}

static bool grouping(struct sql_lower *l, const struct sql_expr *e, struct buf *out)
{
	int v = 0;

	for (size_t i = 0; i < e->nargs; i++) {
		v <<= 1;
		for (size_t k = 0; l->set_query && k < l->set_query->ngroup; k++)
			if (sql_expr_same(e->args[i], l->set_query->group[k]) && !(l->set >> k & 1))
				v |= 1;
	}
	buf_addf(out, "%d", v);
	return true;
}

static bool lower(struct sql_lower *l, struct sql_expr *e, struct buf *out)
{
	bool ok;

	switch (e->kind) {
	case SQL_X_CONST:
		return sql_lower_constant(l, e, out);
	case SQL_X_PARAM:
		sql_lower_param(l, e, out);
		return true;
	case SQL_X_COLUMN:
		return sql_lower_column(l, e, out);
	case SQL_X_ROWOF:
		return row_of(l, e, out);
	case SQL_X_CALL:
		return sql_lower_call(l, e, out);
	case SQL_X_AGGREGATE: {
		/* what is aggregated is not what is grouped */
		const struct sql_query *before = l->set_query;

		l->set_query = e->window ? before : NULL;
		ok = sql_lower_aggregate(l, e, out);
		l->set_query = before;
		return ok;
	}
	case SQL_X_WINDOW:
		return sql_lower_window_call(l, e, out);
	case SQL_X_SET:
		return sql_wrong(l->an, e->location, "0A000", "set-returning functions are not supported here by this fake") != NULL;
	case SQL_X_AND:
		return chain(l, e, 0, e->nargs, " AND ", out);
	case SQL_X_OR:
		return chain(l, e, 0, e->nargs, " OR ", out);
	case SQL_X_NOT:
		buf_add_str(out, "(NOT ");
		ok = sql_lower_expr(l, e->args[0], out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_CASE:
		return case_when(l, e, out);
	case SQL_X_COALESCE:
		if (e->nargs == 1)
			return sql_lower_expr(l, e->args[0], out);
		buf_add_str(out, "coalesce(");
		ok = sql_lower_list(l, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_GREATEST:
	case SQL_X_LEAST:
		buf_addf(out, "%s(%u, ", e->kind == SQL_X_GREATEST ? "e_greatest" : "e_least", e->type);
		ok = sql_lower_list(l, e->args, e->nargs, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_NULLIF:
		buf_add_str(out, "CASE WHEN ");
		ok = sql_lower_expr(l, e->args[1], out);
		buf_add_str(out, " THEN NULL ELSE ");
		ok = ok && sql_lower_expr(l, e->args[0], out);
		buf_add_str(out, " END");
		return ok;
	case SQL_X_ISNULL: {
		uint32_t of = sql_base_type(l->an, e->args[0]->type);

		if (!e->number && (of == T_RECORD || sql_type_of(l->an, of)->kind == 'c')) {
			buf_addf(out, "e_row_null(%u, ", of);
			ok = sql_lower_expr(l, e->args[0], out);
			buf_addf(out, ", %d)", e->negated);
			return ok;
		}
		buf_add_str(out, "((");
		ok = sql_lower_expr(l, e->args[0], out);
		buf_add_str(out, e->negated ? ") IS NOT NULL)" : ") IS NULL)");
		return ok;
	}
	case SQL_X_BOOLTEST:
		buf_add_str(out, "((");
		ok = sql_lower_expr(l, e->args[0], out);
		buf_addf(out, ") IS %s%s)", e->negated ? "NOT " : "", e->number == 2 ? "NULL" : e->number ? "1" : "0");
		return ok;
	case SQL_X_DISTINCT:
		return sql_lower_distinct(l, e, out);
	case SQL_X_EXISTS:
		buf_add_str(out, "EXISTS ");
		return sql_lower_subquery(l, e->query, out);
	case SQL_X_SCALAR:
		return scalar(l, e, 1, out);
	case SQL_X_MULTI:
		return scalar(l, e, e->number, out);
	case SQL_X_ARRAYSUB:
		buf_addf(out, "(SELECT coalesce(g_array_agg(%u, %u, z.c1), '{}') FROM (", e->type, e->query->targets[0].expr->type);
		ok = sql_lower_query(l, e->query, out);
		buf_add_str(out, ") AS z)");
		return ok;
	case SQL_X_ANYSUB:
		return sql_lower_any_query(l, e, out);
	case SQL_X_INSUB:
		return sql_lower_in_query(l, e, out);
	case SQL_X_INLIST:
		return sql_lower_in_list(l, e, out);
	case SQL_X_ANYARRAY:
		return sql_lower_any_array(l, e, out);
	case SQL_X_INARRAY:
		if (sql_lower_alike(l, e->args[0]->type, sql_type_of(l->an, sql_base_type(l->an, e->args[1]->type))->element))
			return sql_lower_in_array(l, e, out);
		break;
	case SQL_X_ARRAY:
		return array(l, e, out);
	case SQL_X_ROW:
		return row(l, e, out);
	case SQL_X_CAST:
		return cast(l, e, out);
	case SQL_X_COLLATE:
		return sql_lower_expr(l, e->args[0], out);
	case SQL_X_SUBSCRIPT:
		return subscript(l, e, out);
	case SQL_X_FIELD:
		buf_addf(out, "e_field(%u, %d, ", sql_base_type(l->an, e->args[0]->type), e->number);
		ok = sql_lower_expr(l, e->args[0], out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_PUT:
		return put(l, e, out);
	case SQL_X_PUTFIELD:
		buf_addf(out, "e_put_field(%u, %d, ", sql_base_type(l->an, e->args[0]->type), e->number);
		ok = sql_lower_list(l, e->args, 2, out);
		buf_add_char(out, ')');
		return ok;
	case SQL_X_VALUE:
		return value_function(l, e, out);
	case SQL_X_GROUPING:
		return grouping(l, e, out);
	case SQL_X_RAW:
		buf_add_slice(out, e->text);
		return true;
	default:
		break;
	}
	return sql_wrong(l->an, e->location, "0A000", "this expression is not supported by this fake") != NULL;
}

bool sql_lower_expr(struct sql_lower *l, struct sql_expr *e, struct buf *out)
{
	for (size_t i = 0; i < l->nswaps; i++)
		if (l->swaps[i].expr == e || (e->kind != SQL_X_CONST && sql_expr_same(l->swaps[i].expr, e))) {
			buf_add_str(out, l->swaps[i].text);
			return true;
		}
	if (l->set_query && e->kind != SQL_X_CONST)
		for (size_t i = 0; i < l->set_query->ngroup; i++)
			if (!(l->set >> i & 1) && sql_expr_same(e, l->set_query->group[i])) {
				buf_add_str(out, "NULL");
				return true;
			}
	if (++l->depth > 950) {
		l->depth--;
		return sql_wrong(l->an, e->location, "54001", "stack depth limit exceeded") != NULL;
	}
	bool ok = lower(l, e, out);
	l->depth--;
	return ok;
}
