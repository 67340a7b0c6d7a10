/*
 * FROM: tables, views, subqueries, functions and joins, and which of their names
 * are seen where.
 *
 * Source: parse_clause.c and parse_relation.c of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

struct sql_scope *sql_scope_push(struct sql_analyser *an, struct sql_query *q)
{
	struct sql_scope *s = ARENA_NEW(an->arena, struct sql_scope);

	s->parent = an->scope;
	s->query = q;
	an->scope = s;
	return s;
}

void sql_scope_pop(struct sql_analyser *an)
{
	an->scope = an->scope->parent;
}

struct sql_seen *sql_see(struct sql_analyser *an, struct sql_rte *rte, bool by_name, bool by_column)
{
	struct sql_scope *s = an->scope;

	if (s->nseen == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		struct sql_seen *grown = ARENA_ARRAY(an->arena, struct sql_seen, cap);

		if (s->nseen)
			memcpy(grown, s->seen, s->nseen * sizeof(*grown));
		s->seen = grown;
		s->cap = cap;
	}
	s->seen[s->nseen] = (struct sql_seen){ .rte = rte, .by_name = by_name, .by_column = by_column, .lateral_ok = true };
	return s->seen + s->nseen++;
}

struct sql_rte *sql_rte_new(struct sql_analyser *an, enum sql_rte_kind kind, const char *name)
{
	struct sql_rte *rte = ARENA_NEW(an->arena, struct sql_rte);
	struct sql_query *q = an->scope ? an->scope->query : NULL;

	rte->kind = kind;
	rte->id = ++an->next_id;
	rte->name = name;
	rte->owner = q;
	if (q && kind != SQL_RTE_NONE) {
		if (q->nrtes == q->rte_cap) {
			size_t cap = q->rte_cap ? q->rte_cap * 2 : 8;
			struct sql_rte **grown = ARENA_ARRAY(an->arena, struct sql_rte *, cap);

			if (q->nrtes)
				memcpy(grown, q->rtes, q->nrtes * sizeof(*grown));
			q->rtes = grown;
			q->rte_cap = cap;
		}
		q->rtes[q->nrtes++] = rte;
	}
	return rte;
}

bool sql_alias_columns(struct sql_analyser *an, struct sql_rte *rte, const PgQuery__Alias *alias, const char *what)
{
	size_t at = 0, visible = 0;

	if (!alias)
		return true;
	rte->name = alias->aliasname;
	rte->schema = NULL;
	for (size_t i = 0; i < rte->ncolumns; i++)
		visible += !rte->columns[i].hidden;
	if (alias->n_colnames > visible)
		return sql_wrong(an, -1, "42P10", "%s \"%s\" has %zu columns available but %zu columns specified", what, alias->aliasname, visible,
				 alias->n_colnames) != NULL;
	for (size_t i = 0; i < alias->n_colnames; i++, at++) {
		while (rte->columns[at].hidden)
			at++;
		rte->columns[at].name = sql_ast_string(alias->colnames[i]);
	}
	return true;
}

struct sql_rte_column *sql_query_columns(struct sql_analyser *an, const struct sql_query *q, size_t *n)
{
	struct sql_rte_column *c = ARENA_ARRAY(an->arena, struct sql_rte_column, q->nvisible + 1);

	for (size_t i = 0; i < q->nvisible; i++) {
		const struct sql_target *t = q->targets + i;

		c[i] = (struct sql_rte_column){ .name = t->name, .type = t->expr->type, .typmod = t->expr->typmod, .table_oid = t->table_oid, .attnum = t->attnum };
	}
	*n = q->nvisible;
	return c;
}

/* ---- tables ---- */

const struct sql_relation *sql_find_relation(struct sql_analyser *an, const PgQuery__RangeVar *r)
{
	struct slice schema = slice_str(r->schemaname && r->schemaname[0] ? r->schemaname : NULL);
	const struct sql_relation *rel = sql_catalog_relation(an->session, schema, slice_str(r->relname));

	if (rel) {
		for (size_t i = 0; i < an->nrelations; i++)
			if (an->relations[i] == rel->oid)
				return rel;
		if (an->nrelations == an->relation_cap) {
			uint32_t *grown = ARENA_ARRAY(an->arena, uint32_t, an->relation_cap + 16);

			if (an->nrelations)
				memcpy(grown, an->relations, an->nrelations * sizeof(*grown));
			an->relations = grown;
			an->relation_cap += 16;
		}
		an->relations[an->nrelations++] = rel->oid;
		return rel;
	}
	if (schema.ptr) {
		uint32_t oid;

		if (!sql_catalog_schema(an->session, schema, &oid))
			return sql_wrong(an, r->location, "42P01", "relation \"%s.%s\" does not exist", r->schemaname, r->relname);
		return sql_wrong(an, r->location, "42P01", "relation \"%s.%s\" does not exist", r->schemaname, r->relname);
	}
	sql_wrong(an, r->location, "42P01", "relation \"%s\" does not exist", r->relname);
	for (const struct sql_scope *s = an->scope; s; s = s->parent)
		for (size_t i = 0; s->with && i < s->with->n_ctes; i++)
			if (strcmp(s->with->ctes[i]->common_table_expr->ctename, r->relname) == 0) {
				sql_wrong_detail(an, "There is a WITH item named \"%s\", but it cannot be referenced from this part of the query.", r->relname);
				return sql_wrong_hint(an, "Use WITH RECURSIVE, or re-order the WITH items to remove forward references.");
			}
	return NULL;
}

static struct sql_query *expand_view(struct sql_analyser *an, const struct sql_relation *rel)
{
	struct sql_parsed parsed;
	struct sql_scope *before = an->scope;
	bool positions = an->no_positions;

	if (++an->depth > 100) {
		an->depth--;
		return sql_wrong(an, -1, "42P17", "infinite recursion detected in rules for relation \"%s\"", rel->name);
	}
	if (!rel->view || !sql_parse(an->env, slice_str(rel->view), an->arena, &parsed))
		return an->env->error ? NULL : sql_wrong(an, -1, "XX000", "view \"%s\" has no query", rel->name);
	an->scope = NULL;
	an->no_positions = true;
	struct sql_query *q = sql_analyse_subquery(an, parsed.statements[0]);
	an->scope = before;
	an->no_positions = positions;
	an->depth--;
	return q;
}

struct sql_rte *sql_rte_relation(struct sql_analyser *an, const PgQuery__RangeVar *r)
{
	const struct sql_relation *rel = sql_find_relation(an, r);

	if (!rel)
		return NULL;
	if (rel->kind == 'i' || rel->kind == 'c') {
		sql_wrong(an, r->location, "42809", rel->kind == 'i' ? "cannot open relation \"%s\"" : "cannot open relation \"%s\"", rel->name);
		return sql_wrong_detail(an, rel->kind == 'i' ? "This operation is not supported for indexes." :
							       "This operation is not supported for composite types.");
	}
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_RELATION, rel->name);
	rte->schema = rel->schema;
	rte->relation = rel;
	rte->ncolumns = rel->ncolumns;
	rte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, rel->ncolumns + 1);
	for (size_t i = 0; i < rel->ncolumns; i++) {
		const struct sql_attribute *a = rel->columns + i;

		rte->columns[i] = (struct sql_rte_column){ .name = a->name, .type = a->type, .typmod = a->typmod, .table_oid = rel->oid,
			.attnum = a->number, .collation = a->collation, .hidden = a->dropped };
	}
	if (rel->kind == 'v') {
		rte->query = expand_view(an, rel);
		if (!rte->query)
			return NULL;
		rte->kind = SQL_RTE_QUERY;
		if (rte->query->nvisible < rte->ncolumns)
			return sql_wrong(an, r->location, "XX000", "view \"%s\" has %zu columns, its query %zu", rel->name, rte->ncolumns, rte->query->nvisible);
	}
	return rte;
}

static struct sql_cte *find_cte(struct sql_analyser *an, const char *name)
{
	for (struct sql_scope *s = an->scope; s; s = s->parent)
		for (size_t i = s->nctes; i-- > 0;)
			if (strcmp(s->ctes[i]->name, name) == 0)
				return s->ctes[i];
	return NULL;
}

static struct sql_rte *table(struct sql_analyser *an, const PgQuery__RangeVar *r)
{
	struct sql_cte *cte = r->schemaname && r->schemaname[0] ? NULL : find_cte(an, r->relname);
	struct sql_rte *rte;

	if (r->catalogname && r->catalogname[0] && strcmp(r->catalogname, an->session->database) != 0)
		return sql_wrong(an, r->location, "0A000", "cross-database references are not implemented: \"%s.%s.%s\"", r->catalogname, r->schemaname, r->relname);
	if (!cte) {
		rte = sql_rte_relation(an, r);
		if (rte && an->rewrite && (!r->schemaname || !r->schemaname[0]) && strcmp(rte->relation->schema, "pg_catalog") != 0)
			((PgQuery__RangeVar *)(uintptr_t)r)->schemaname = arena_str(an->arena, rte->relation->schema);
	} else {
		if (!cte->columns)
			return cte->write && !cte->analysing ?
				       sql_wrong(an, r->location, "0A000", "WITH query \"%s\" does not have a RETURNING clause", cte->name) :
			       cte->ast->ctequery->select_stmt && cte->ast->ctequery->node_case == AST(SELECT_STMT) &&
					       cte->ast->ctequery->select_stmt->op != PG_QUERY__SET_OPERATION__SETOP_UNION ?
				       sql_wrong(an, cte->ast->location, "42P19", "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", cte->name) :
				       sql_wrong(an, r->location, "42P19", "recursive reference to query \"%s\" must not appear within its non-recursive term", cte->name);
		rte = sql_rte_new(an, SQL_RTE_CTE, cte->name);
		rte->cte = cte;
		cte->references++;
		if (cte->analysing)
			cte->self_references++;
		rte->ncolumns = cte->ncolumns;
		rte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, cte->ncolumns + 1);
		memcpy(rte->columns, cte->columns, cte->ncolumns * sizeof(*rte->columns));
	}
	return rte && sql_alias_columns(an, rte, r->alias, "table") ? rte : NULL;
}

/* ---- subqueries and functions ---- */

static struct sql_rte *subselect(struct sql_analyser *an, const PgQuery__RangeSubselect *r)
{
	bool before = an->scope->lateral;

	an->scope->lateral = r->lateral;
	struct sql_query *q = sql_analyse_subquery(an, r->subquery);
	an->scope->lateral = before;
	if (!q)
		return NULL;
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_QUERY, NULL);
	rte->query = q;
	rte->lateral = r->lateral;
	rte->columns = sql_query_columns(an, q, &rte->ncolumns);
	return sql_alias_columns(an, rte, r->alias, "table") ? rte : NULL;
}

/* The columns that a function gives. */
static bool function_columns(struct sql_analyser *an, const struct sql_expr *call, PgQuery__Node **defs, size_t ndefs, const char *name,
			     struct sql_rte_column **columns, size_t *n, int location)
{
	const struct sql_proc *p = call->kind == SQL_X_SET || call->kind == SQL_X_CALL ? call->proc : NULL;
	uint32_t base = sql_base_type(an, call->type);
	const struct sql_type *t = sql_type_of(an, base);

	if (ndefs) {
		if (base != T_RECORD || (p && p->nall && strpbrk(p->modes, "ot")))
			return sql_wrong(an, location, "42601", base == T_RECORD ? "a column definition list is redundant for a function with OUT parameters" :
										"a column definition list is only allowed for functions returning \"record\"") != NULL;
		*columns = ARENA_ARRAY(an->arena, struct sql_rte_column, ndefs);
		*n = ndefs;
		for (size_t i = 0; i < ndefs; i++) {
			const PgQuery__ColumnDef *d = defs[i]->column_def;

			(*columns)[i] = (struct sql_rte_column){ .name = d->colname, .typmod = -1 };
			if (!sql_resolve_type(an, d->type_name, &(*columns)[i].type, &(*columns)[i].typmod))
				return sql_error_at(an, d->type_name->location), false;
		}
		return true;
	}
	if (p && base == T_RECORD && p->nall) {
		struct slice rest = slice_str(p->names);

		*columns = ARENA_ARRAY(an->arena, struct sql_rte_column, p->nall);
		*n = 0;
		for (size_t i = 0; i < p->nall; i++) {
			struct slice one = p->names ? slice_split(&rest, ',') : SLICE_NONE;
			uint32_t type = p->all[i];

			if (p->modes[i] != 'o' && p->modes[i] != 'b' && p->modes[i] != 't')
				continue;
			type = sql_out_type(an, call, type);
			(*columns)[(*n)++] = (struct sql_rte_column){ .name = arena_slice(an->arena, one).ptr, .type = type, .typmod = -1 };
		}
		return true;
	}
	if (t->kind == 'c') {
		size_t nfields;
		const struct sql_field *fields = an->env->fields(an->env, base, &nfields);

		*columns = ARENA_ARRAY(an->arena, struct sql_rte_column, nfields + 1);
		*n = nfields;
		for (size_t i = 0; i < nfields; i++)
			(*columns)[i] = (struct sql_rte_column){ .name = fields[i].name, .type = fields[i].type, .typmod = fields[i].typmod };
		return true;
	}
	if (base == T_RECORD)
		return sql_wrong(an, location, "42601", "a column definition list is required for functions returning \"record\"") != NULL;
	*columns = ARENA_NEW(an->arena, struct sql_rte_column);
	**columns = (struct sql_rte_column){ .name = name, .type = call->type, .typmod = call->typmod };
	/* one OUT parameter names the column */
	if (p && p->nall && p->names) {
		struct slice rest = slice_str(p->names);

		for (size_t i = 0; i < p->nall; i++) {
			struct slice one = slice_split(&rest, ',');

			if ((p->modes[i] == 'o' || p->modes[i] == 't') && one.len)
				(*columns)->name = arena_slice(an->arena, one).ptr;
		}
	}
	*n = 1;
	return true;
}

static bool many_arrays(const PgQuery__Node *call)
{
	const PgQuery__FuncCall *f = call->node_case == AST(FUNC_CALL) ? call->func_call : NULL;

	return f && f->n_funcname == 1 && !strcmp(sql_ast_string(f->funcname[0]), "unnest") && f->n_args > 1 && !f->n_agg_order && !f->agg_filter &&
	       !f->over && !f->agg_star && !f->agg_distinct && !f->func_variadic;
}

/* unnest(a, b) in FROM is ROWS FROM (unnest(a), unnest(b)): manual 9.19. */
static const PgQuery__RangeFunction *with_unnests_apart(struct sql_analyser *an, const PgQuery__RangeFunction *r)
{
	PgQuery__RangeFunction *apart;
	size_t count = 0, n, at = 0;

	for (size_t i = 0; i < r->n_functions; i++) {
		const PgQuery__Node *call = sql_ast_items(&r->functions[i], &n)[0];
		count += many_arrays(call) ? call->func_call->n_args : 1;
	}
	if (count == r->n_functions)
		return r;
	apart = ARENA_NEW(an->arena, PgQuery__RangeFunction);
	*apart = *r;
	apart->functions = ARENA_ARRAY(an->arena, PgQuery__Node *, count);
	apart->n_functions = count;
	for (size_t i = 0; i < r->n_functions; i++) {
		PgQuery__Node *call = sql_ast_items(&r->functions[i], &n)[0];

		if (!many_arrays(call)) {
			apart->functions[at++] = r->functions[i];
			continue;
		}
		for (size_t k = 0; k < call->func_call->n_args; k++) {
			struct {
				PgQuery__FuncCall call;
				PgQuery__Node node, whole;
				PgQuery__Node *items[1];
				PgQuery__List list;
			} *one = arena_alloc(an->arena, sizeof(*one));

			one->call = *call->func_call;
			one->call.args = &call->func_call->args[k];
			one->call.n_args = 1;
			one->node = *call;
			one->node.func_call = &one->call;
			one->items[0] = &one->node;
			pg_query__list__init(&one->list);
			one->list.items = one->items;
			one->list.n_items = 1;
			pg_query__node__init(&one->whole);
			one->whole.node_case = AST(LIST);
			one->whole.list = &one->list;
			apart->functions[at++] = &one->whole;
		}
	}
	return apart;
}

static struct sql_rte *function(struct sql_analyser *an, const PgQuery__RangeFunction *r)
{
	r = with_unnests_apart(an, r);
	struct sql_rte_function *functions = ARENA_ARRAY(an->arena, struct sql_rte_function, r->n_functions + 1);
	struct sql_rte_column *all = NULL;
	size_t nall = 0;
	bool before = an->scope->lateral;
	const char *first = NULL;

	an->scope->lateral = true; /* functions see the items before them without saying LATERAL */
	for (size_t i = 0; i < r->n_functions; i++) {
		size_t n;
		PgQuery__Node **pair = sql_ast_items(&r->functions[i], &n);
		PgQuery__Node **defs = NULL;
		size_t ndefs = 0;
		struct sql_rte_column *columns = NULL;
		size_t ncolumns = 0;
		struct sql_expr *call = sql_settle(an, sql_analyse_clause(an, pair[0], SQL_IN_FROM_FUNCTION));

		if (!call)
			return NULL;
		if (n > 1 && pair[1] && pair[1]->node_case == AST(LIST))
			defs = sql_ast_items(&pair[1], &ndefs);
		if (!ndefs && r->n_coldeflist) {
			defs = r->coldeflist;
			ndefs = r->n_coldeflist;
		}
		const char *name = sql_target_name(pair[0]);
		if (!first)
			first = name;
		if (r->alias && r->n_functions == 1 && !ndefs)
			name = r->alias->aliasname;
		if (!function_columns(an, call, defs, ndefs, name, &columns, &ncolumns, sql_location_of(pair[0])))
			return NULL;
		functions[i] = (struct sql_rte_function){ .call = call, .ncolumns = ncolumns, .scalar = call->kind != SQL_X_SET,
							  .defined = ndefs ? columns : NULL };
		uint32_t base = sql_base_type(an, call->type);
		if (call->kind == SQL_X_SET && (ndefs || sql_type_of(an, base)->kind == 'c'))
			functions[i].row = base;
		struct sql_rte_column *grown = ARENA_ARRAY(an->arena, struct sql_rte_column, nall + ncolumns + 2);
		if (nall)
			memcpy(grown, all, nall * sizeof(*grown));
		memcpy(grown + nall, columns, ncolumns * sizeof(*grown));
		all = grown;
		nall += ncolumns;
	}
	an->scope->lateral = before;
	if (r->ordinality) {
		struct sql_rte_column *grown = ARENA_ARRAY(an->arena, struct sql_rte_column, nall + 1);

		memcpy(grown, all, nall * sizeof(*grown));
		grown[nall++] = (struct sql_rte_column){ .name = "ordinality", .type = T_INT8, .typmod = -1 };
		all = grown;
	}
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_FUNCTION, first);
	rte->functions = functions;
	rte->nfunctions = r->n_functions;
	rte->ordinality = r->ordinality;
	rte->columns = all;
	rte->ncolumns = nall;
	rte->lateral = true;
	return sql_alias_columns(an, rte, r->alias, "table") ? rte : NULL;
}

/* ---- joins ---- */

static int find_name(const struct sql_rte *rte, const char *name)
{
	int found = 0;

	for (size_t i = 0; i < rte->ncolumns; i++)
		if (!rte->columns[i].hidden && strcmp(rte->columns[i].name, name) == 0) {
			if (found)
				return -1;
			found = (int)i + 1;
		}
	return found;
}

struct using {
	const char **names;
	size_t n;
};

static bool using_names(struct sql_analyser *an, const PgQuery__JoinExpr *j, const struct sql_rte *l, const struct sql_rte *r, struct using *u)
{
	u->names = ARENA_ARRAY(an->arena, const char *, l->ncolumns + j->n_using_clause + 1);
	for (size_t i = 0; j->is_natural && i < l->ncolumns; i++)
		if (!l->columns[i].hidden && find_name(r, l->columns[i].name))
			u->names[u->n++] = l->columns[i].name;
	for (size_t i = 0; i < j->n_using_clause; i++) {
		const char *name = sql_ast_string(j->using_clause[i]);

		for (size_t k = 0; k < u->n; k++)
			if (strcmp(u->names[k], name) == 0)
				return sql_wrong(an, -1, "42701", "column name \"%s\" appears more than once in USING clause", name) != NULL;
		u->names[u->n++] = name;
	}
	for (size_t i = 0; i < u->n; i++) {
		const struct sql_rte *sides[2] = { l, r };

		for (int k = 0; k < 2; k++) {
			int at = find_name(sides[k], u->names[i]);

			if (!at)
				return sql_wrong(an, -1, "42703", "column \"%s\" specified in USING clause does not exist in %s table", u->names[i],
						 k ? "right" : "left") != NULL;
			if (at < 0)
				return sql_wrong(an, -1, "42702", "common column name \"%s\" appears more than once in %s table", u->names[i],
						 k ? "right" : "left") != NULL;
		}
	}
	return true;
}

static struct sql_rte_column *add_column(struct sql_rte *join, const char *name, struct sql_expr *e, const struct sql_rte_column *from)
{
	struct sql_rte_column *c = join->columns + join->ncolumns++;

	*c = (struct sql_rte_column){ .name = name, .type = e->type, .typmod = e->typmod, .expr = e };
	if (from) {
		c->table_oid = from->table_oid;
		c->attnum = from->attnum;
	}
	return c;
}

static bool is_one_of(const struct using *u, const char *name)
{
	for (size_t i = 0; i < u->n; i++)
		if (strcmp(u->names[i], name) == 0)
			return true;
	return false;
}

/* The join's columns: the merged ones first; and the condition of USING. */
static bool merge(struct sql_analyser *an, struct sql_from *f, struct sql_rte *join, const struct using *u)
{
	struct sql_rte *l = f->left->rte, *r = f->right->rte;

	join->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, l->ncolumns + r->ncolumns + 1);
	for (size_t i = 0; i < u->n; i++) {
		int left = find_name(l, u->names[i]), right = find_name(r, u->names[i]);
		struct sql_expr *a = sql_column_expr(an, l, left, -1), *b = sql_column_expr(an, r, right, -1);
		struct sql_expr *both[2] = { a, b };
		uint32_t type = sql_common_type(an, both, 2, "JOIN/USING", NULL);
		int32_t mod = sql_common_typmod(both, 2, type);
		if (!type)
			return false;
		both[0] = sql_coerce_common(an, a, type, "JOIN/USING");
		both[1] = both[0] ? sql_coerce_common(an, b, type, "JOIN/USING") : NULL;
		if (!both[1])
			return false;
		struct sql_expr *c = sql_operate_named(an, "=", a, b, -1);
		if (!c)
			return false;
		f->on = f->on ? sql_expr_args(an, SQL_X_AND, T_BOOL, -1, 2, f->on, c) : c;
		/* of an inner join the side that needs no conversion */
		struct sql_expr *merged = f->join == SQL_JOIN_RIGHT || (f->join != SQL_JOIN_LEFT && both[0] != a && both[1] == b) ? both[1] : both[0];
		if (f->join == SQL_JOIN_FULL) {
			merged = sql_expr_args(an, SQL_X_COALESCE, type, -1, 2, both[0], both[1]);
			merged->typmod = mod;
		}
		const struct sql_rte_column *from = merged == a ? l->columns + left - 1 : merged == b ? r->columns + right - 1 : NULL;
		add_column(join, u->names[i], merged, from);
	}
	for (int side = 0; side < 2; side++) {
		struct sql_rte *x = side ? r : l;

		for (size_t i = 0; i < x->ncolumns; i++)
			if (!x->columns[i].hidden && !is_one_of(u, x->columns[i].name))
				add_column(join, x->columns[i].name, sql_column_expr(an, x, (int)i + 1, -1), x->columns + i);
	}
	return true;
}

static bool join_condition(struct sql_analyser *an, const PgQuery__JoinExpr *j, struct sql_from *f, size_t start)
{
	struct sql_scope *s = an->scope, inside = *s;
	bool lateral[64];
	size_t n = s->nseen - start;

	if (!j->quals)
		return true;
	/* only the two sides are seen */
	inside.seen = s->seen + start;
	inside.nseen = n;
	for (size_t i = 0; i < n && i < 64; i++) {
		lateral[i] = inside.seen[i].lateral_only;
		inside.seen[i].lateral_only = false;
	}
	an->scope = &inside;
	f->on = sql_analyse_condition(an, j->quals, SQL_IN_JOIN, "JOIN/ON");
	an->scope = s;
	for (size_t i = 0; i < n && i < 64; i++)
		inside.seen[i].lateral_only = lateral[i];
	return f->on != NULL;
}

/* Which sides of a join an expression looks at: 1 left, 2 right. */
struct sides {
	struct sql_from *join;
	int seen;
};

static bool stands_in(const struct sql_from *f, const struct sql_rte *rte)
{
	return f->rte == rte || (f->left && (stands_in(f->left, rte) || stands_in(f->right, rte)));
}

static bool see_side(struct sql_expr *e, void *of)
{
	struct sides *s = of;

	if (e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF)
		s->seen |= stands_in(s->join->left, e->rte) ? 1 : stands_in(s->join->right, e->rte) ? 2 : 4;
	return true;
}

static int sides_of(struct sql_from *f, struct sql_expr *e)
{
	struct sides s = { .join = f };

	sql_expr_walk(e, see_side, &s);
	return s.seen;
}

/* PostgreSQL joins fully by an equality of the two sides, or on nothing. */
static bool can_join_fully(struct sql_from *f, struct sql_expr *e)
{
	if (e->kind == SQL_X_AND) {
		for (size_t i = 0; i < e->nargs; i++)
			if (can_join_fully(f, e->args[i]))
				return true;
		return false;
	}
	if (!sides_of(f, e))
		return true;
	return e->kind == SQL_X_CALL && e->operator && strcmp(e->operator->name, "=") == 0 && e->nargs == 2 &&
	       sides_of(f, e->args[0]) + sides_of(f, e->args[1]) == 3 && sides_of(f, e->args[0]) && sides_of(f, e->args[1]);
}

static struct sql_from *join(struct sql_analyser *an, const PgQuery__JoinExpr *j)
{
	struct sql_from *f = ARENA_NEW(an->arena, struct sql_from);
	size_t start = an->scope->nseen;
	struct using u = { 0 };

	f->join = j->jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT	    ? SQL_JOIN_LEFT :
		  j->jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT ? SQL_JOIN_RIGHT :
		  j->jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL  ? SQL_JOIN_FULL :
								   SQL_JOIN_INNER;
	f->left = sql_analyse_from_item(an, j->larg);
	if (!f->left)
		return NULL;
	size_t middle = an->scope->nseen;
	for (size_t i = start; i < middle; i++) {
		an->scope->seen[i].lateral_only = true;
		an->scope->seen[i].lateral_ok = f->join == SQL_JOIN_INNER || f->join == SQL_JOIN_LEFT;
	}
	f->right = sql_analyse_from_item(an, j->rarg);
	if (!f->right)
		return NULL;
	/* the same name twice in one FROM */
	for (size_t i = start; i < middle; i++)
		for (size_t k = middle; k < an->scope->nseen; k++) {
			const struct sql_seen *a = an->scope->seen + i, *b = an->scope->seen + k;

			if (a->by_name && b->by_name && a->rte->name && b->rte->name && strcmp(a->rte->name, b->rte->name) == 0 &&
			    (!a->rte->schema || !b->rte->schema || strcmp(a->rte->schema, b->rte->schema) == 0))
				return sql_wrong(an, -1, "42712", "table name \"%s\" specified more than once", a->rte->name);
		}
	if (!using_names(an, j, f->left->rte, f->right->rte, &u) || !join_condition(an, j, f, start))
		return NULL;
	if (f->join == SQL_JOIN_FULL && f->on && !can_join_fully(f, f->on)) {
		/* its planner says so: the statement can be described */
		f->on = sql_expr_new(an, SQL_X_RAW, T_BOOL, -1);
		f->on->text = SLICE_LIT("e_full_join()");
	}
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_JOIN, NULL);
	f->rte = rte;
	f->using = u.names;
	f->nusing = u.n;
	if (!merge(an, f, rte, &u))
		return NULL;
	if (u.n || j->alias) {
		for (size_t i = start; i < an->scope->nseen; i++) {
			an->scope->seen[i].by_column = false;
			if (j->alias)
				an->scope->seen[i].by_name = false;
		}
		if (j->alias && !sql_alias_columns(an, rte, j->alias, "table"))
			return NULL;
		sql_see(an, rte, j->alias != NULL, true);
		if (j->join_using_alias) {
			struct sql_rte *only = sql_rte_new(an, SQL_RTE_JOIN, j->join_using_alias->aliasname);

			only->columns = rte->columns;
			only->ncolumns = u.n;
			sql_see(an, only, true, false);
		}
	}
	if (f->join == SQL_JOIN_INNER && !f->on)
		f->join = SQL_JOIN_CROSS;
	return f;
}

/* table TABLESAMPLE method (percent) [REPEATABLE (seed)]: both methods of PostgreSQL choose row by row here. */
static struct sql_rte *sample(struct sql_analyser *an, const PgQuery__RangeTableSample *t)
{
	const char *method = sql_ast_string(t->method[t->n_method - 1]);
	struct sql_rte *rte = t->relation->node_case == AST(RANGE_VAR) ? table(an, t->relation->range_var) : NULL;

	if (!rte)
		return an->env->error ? NULL : sql_unsupported(an, t->location, "TABLESAMPLE of this item");
	if (rte->kind != SQL_RTE_RELATION)
		return sql_wrong(an, t->location, "42P01", "TABLESAMPLE clause can only be applied to tables and materialized views");
	if (strcmp(method, "bernoulli") != 0 && strcmp(method, "system") != 0)
		return sql_wrong(an, t->location, "42704", "tablesample method %s does not exist", method);
	if (t->n_args != 1)
		return sql_wrong(an, t->location, "2202H", "tablesample method %s requires 1 argument, not %zu", method, t->n_args);
	struct sql_expr *percent = sql_analyse_clause(an, t->args[0], SQL_IN_FROM_FUNCTION);
	percent = percent ? sql_coerce_to(an, percent, T_FLOAT4, -1, SQL_ASSIGNMENT, percent->location) : NULL;
	struct sql_expr *seed = t->repeatable ? sql_analyse_clause(an, t->repeatable, SQL_IN_FROM_FUNCTION) : sql_null(an, T_FLOAT8);
	seed = seed ? sql_coerce_to(an, seed, T_FLOAT8, -1, SQL_ASSIGNMENT, seed->location) : NULL;
	if (!percent || !seed)
		return an->env->error ? NULL : sql_wrong(an, t->location, "42804", "argument of TABLESAMPLE must be a number");
	rte->sample = percent;
	rte->sample_seed = seed;
	return rte;
}

struct sql_from *sql_analyse_from_item(struct sql_analyser *an, PgQuery__Node *n)
{
	struct sql_rte *rte;

	switch (n->node_case) {
	case AST(JOIN_EXPR):
		return join(an, n->join_expr);
	case AST(RANGE_VAR):
		rte = table(an, n->range_var);
		break;
	case AST(RANGE_SUBSELECT):
		rte = subselect(an, n->range_subselect);
		break;
	case AST(RANGE_FUNCTION):
		rte = function(an, n->range_function);
		break;
	case AST(RANGE_TABLE_SAMPLE):
		rte = sample(an, n->range_table_sample);
		break;
	case AST(RANGE_TABLE_FUNC):
		return sql_unsupported(an, n->range_table_func->location, "XMLTABLE");
	default:
		return sql_unsupported(an, -1, "this item of FROM");
	}
	if (!rte)
		return NULL;
	struct sql_from *f = ARENA_NEW(an->arena, struct sql_from);
	f->rte = rte;
	sql_see(an, rte, rte->name != NULL, true);
	return f;
}

bool sql_analyse_from(struct sql_analyser *an, PgQuery__Node **items, size_t n, struct sql_query *q)
{
	struct sql_scope *s = an->scope;

	q->from = ARENA_ARRAY(an->arena, struct sql_from *, n + 1);
	for (size_t i = 0; i < n; i++) {
		size_t before = s->nseen;

		q->from[i] = sql_analyse_from_item(an, items[i]);
		if (!q->from[i])
			return false;
		q->nfrom++;
		for (size_t a = 0; a < before; a++)
			for (size_t b = before; b < s->nseen; b++)
				if (s->seen[a].by_name && s->seen[b].by_name && strcmp(s->seen[a].rte->name, s->seen[b].rte->name) == 0 &&
				    (!s->seen[a].rte->schema || !s->seen[b].rte->schema ||
				     strcmp(s->seen[a].rte->schema, s->seen[b].rte->schema) == 0))
					return sql_wrong(an, -1, "42712", "table name \"%s\" specified more than once", s->seen[b].rte->name) != NULL;
		for (size_t k = 0; k < s->nseen; k++) {
			s->seen[k].lateral_only = true;
			s->seen[k].lateral_ok = true;
		}
	}
	for (size_t k = 0; k < s->nseen; k++)
		s->seen[k].lateral_only = false;
	return true;
}
