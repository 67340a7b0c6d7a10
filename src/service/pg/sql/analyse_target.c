/*
 * Select lists: names of columns, stars, ORDER BY and its like finding what they
 * sort by.
 *
 * Source: parse_target.c, findTargetlistEntrySQL92 of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

/* FigureColnameInternal(): 0 no name, 1 a weak one, 2 a good one. */
static int figure(PgQuery__Node *n, const char **name)
{
	int strength;

	if (!n)
		return 0;
	switch (n->node_case) {
	case AST(COLUMN_REF): {
		const char *found = NULL;

		for (size_t i = 0; i < n->column_ref->n_fields; i++)
			if (sql_ast_string(n->column_ref->fields[i]))
				found = sql_ast_string(n->column_ref->fields[i]);
		if (found)
			*name = found;
		return found ? 2 : 0;
	}
	case AST(A_INDIRECTION): {
		const char *found = NULL;

		for (size_t i = 0; i < n->a_indirection->n_indirection; i++)
			if (sql_ast_string(n->a_indirection->indirection[i]))
				found = sql_ast_string(n->a_indirection->indirection[i]);
		if (found) {
			*name = found;
			return 2;
		}
		return figure(n->a_indirection->arg, name);
	}
	case AST(FUNC_CALL):
		*name = sql_ast_string(n->func_call->funcname[n->func_call->n_funcname - 1]);
		return 2;
	case AST(A_EXPR):
		if (n->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF) {
			*name = "nullif";
			return 2;
		}
		return 0;
	case AST(TYPE_CAST):
		strength = figure(n->type_cast->arg, name);
		if (strength <= 1 && n->type_cast->type_name) {
			*name = sql_ast_string(n->type_cast->type_name->names[n->type_cast->type_name->n_names - 1]);
			return 1;
		}
		return strength;
	case AST(COLLATE_CLAUSE):
		return figure(n->collate_clause->arg, name);
	case AST(GROUPING_FUNC):
		*name = "grouping";
		return 2;
	case AST(SUB_LINK):
		switch (n->sub_link->sub_link_type) {
		case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
			*name = "exists";
			return 2;
		case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK:
			*name = "array";
			return 2;
		case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK: {
			const PgQuery__SelectStmt *s = n->sub_link->subselect->select_stmt;

			while (s->op != PG_QUERY__SET_OPERATION__SETOP_NONE)
				s = s->larg;
			if (s->n_values_lists) {
				*name = "column1";
				return 2;
			}
			if (!s->n_target_list)
				return 0;
			const PgQuery__ResTarget *t = s->target_list[0]->res_target;
			if (t->name && t->name[0]) {
				*name = t->name;
				return 2;
			}
			return figure(t->val, name);
		}
		default:
			return 0;
		}
	case AST(CASE_EXPR):
		strength = figure(n->case_expr->defresult, name);
		if (strength <= 1) {
			*name = "case";
			return 1;
		}
		return strength;
	case AST(A_ARRAY_EXPR):
		*name = "array";
		return 2;
	case AST(ROW_EXPR):
		*name = "row";
		return 2;
	case AST(COALESCE_EXPR):
		*name = "coalesce";
		return 2;
	case AST(MIN_MAX_EXPR):
		*name = n->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least";
		return 2;
	case AST(SQLVALUE_FUNCTION):
		switch (n->sqlvalue_function->op) {
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE: *name = "current_date"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N: *name = "current_time"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N: *name = "current_timestamp"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N: *name = "localtime"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N: *name = "localtimestamp"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE: *name = "current_role"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER: *name = "current_user"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER: *name = "user"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER: *name = "session_user"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG: *name = "current_catalog"; return 2;
		case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA: *name = "current_schema"; return 2;
		default: return 0;
		}
	default:
		return 0;
	}
}

const char *sql_target_name(PgQuery__Node *n)
{
	const char *name = NULL;

	figure(n, &name);
	return name ? name : "?column?";
}

struct targets {
	struct sql_target *list;
	size_t n, cap;
};

static void add(struct sql_analyser *an, struct targets *t, struct sql_expr *e, const char *name)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		struct sql_target *grown = ARENA_ARRAY(an->arena, struct sql_target, cap);

		if (t->n)
			memcpy(grown, t->list, t->n * sizeof(*grown));
		t->list = grown;
		t->cap = cap;
	}
	struct sql_target *one = t->list + t->n++;
	*one = (struct sql_target){ .expr = e, .name = name };
	if (e->kind == SQL_X_COLUMN && e->number > 0) {
		one->table_oid = e->rte->columns[e->number - 1].table_oid;
		one->attnum = e->rte->columns[e->number - 1].attnum;
	} else if (e->kind == SQL_X_ROWOF && e->rte->relation) {
		one->table_oid = e->rte->relation->oid;
	} else if (e->kind == SQL_X_COLUMN && e->rte->relation) {
		one->table_oid = e->rte->relation->oid;
		one->attnum = (int16_t)e->number;
	}
}

static PgQuery__Node *new_node(struct sql_analyser *an, PgQuery__Node__NodeCase kind)
{
	PgQuery__Node *n = arena_alloc(an->arena, sizeof(*n));

	pg_query__node__init(n);
	n->node_case = kind;
	return n;
}

static PgQuery__Node *name_node(struct sql_analyser *an, const char *name)
{
	PgQuery__Node *n = new_node(an, AST(STRING));

	n->string = arena_alloc(an->arena, sizeof(*n->string));
	pg_query__string__init(n->string);
	n->string->sval = arena_str(an->arena, name);
	return n;
}

/* table.column as an item of a select list */
static PgQuery__Node *written_column(struct sql_analyser *an, const char *table, const char *column)
{
	PgQuery__Node *ref = new_node(an, AST(COLUMN_REF)), *item = new_node(an, AST(RES_TARGET));

	ref->column_ref = arena_alloc(an->arena, sizeof(*ref->column_ref));
	pg_query__column_ref__init(ref->column_ref);
	ref->column_ref->fields = ARENA_ARRAY(an->arena, PgQuery__Node *, 2);
	if (table)
		ref->column_ref->fields[ref->column_ref->n_fields++] = name_node(an, table);
	ref->column_ref->fields[ref->column_ref->n_fields++] = name_node(an, column);
	item->res_target = arena_alloc(an->arena, sizeof(*item->res_target));
	pg_query__res_target__init(item->res_target);
	item->res_target->val = ref;
	return item;
}

static void expand(struct sql_analyser *an, struct targets *t, struct sql_rte *rte, int location)
{
	for (size_t i = 0; i < rte->ncolumns; i++) {
		if (rte->columns[i].hidden)
			continue;
		add(an, t, sql_column_expr(an, rte, (int)i + 1, location), rte->columns[i].name);
		t->list[t->n - 1].table_oid = rte->columns[i].table_oid;
		t->list[t->n - 1].attnum = rte->columns[i].attnum;
		if (an->rewrite)
			t->list[t->n - 1].ast = written_column(an, rte->name, rte->columns[i].name);
	}
}

static bool is_star(const PgQuery__Node *n)
{
	return n && n->node_case == AST(COLUMN_REF) && n->column_ref->fields[n->column_ref->n_fields - 1]->node_case == AST(A_STAR);
}

static bool star(struct sql_analyser *an, struct targets *t, const PgQuery__ColumnRef *c)
{
	if (c->n_fields > 1) {
		struct sql_expr *e = sql_analyse_column(an, c);

		if (!e)
			return false;
		if (e->kind == SQL_X_ROWOF) {
			expand(an, t, e->rte, c->location);
			return true;
		}
		const char *table = sql_ast_string(c->fields[c->n_fields - 2]);
		struct sql_rte *rte = sql_find_rte(an, NULL, table);
		if (rte)
			expand(an, t, rte, c->location);
		return rte || sql_unsupported(an, c->location, "this use of .*");
	}
	bool any = false;
	for (size_t i = 0; i < an->scope->nseen; i++) {
		const struct sql_seen *s = an->scope->seen + i;

		if (s->by_column && !s->lateral_only) {
			expand(an, t, s->rte, c->location);
			any = true;
		}
	}
	return any || sql_wrong(an, c->location, "42601", "SELECT * with no tables specified is not valid");
}

/* (composite).* */
static bool row_star(struct sql_analyser *an, struct targets *t, const PgQuery__AIndirection *ind)
{
	PgQuery__AIndirection inner = *ind;
	PgQuery__Node node = PG_QUERY__NODE__INIT;

	inner.n_indirection--;
	node.node_case = AST(A_INDIRECTION);
	node.a_indirection = &inner;
	struct sql_expr *e = sql_analyse_expr(an, inner.n_indirection ? &node : ind->arg);
	if (!e)
		return false;
	if (e->kind == SQL_X_ROWOF) {
		expand(an, t, e->rte, e->location);
		return true;
	}
	size_t n = 0;
	uint32_t base = sql_base_type(an, e->type);
	const struct sql_field *fields = sql_type_of(an, base)->kind == 'c' ? an->env->fields(an->env, base, &n) : NULL;
	const struct sql_rte_column *columns = e->type == T_RECORD ? sql_record_columns(an, e, &n) : NULL;
	for (size_t i = 0; columns && i < n; i++)
		add(an, t, sql_record_field(an, e, columns + i, i, e->location), columns[i].name);
	if (columns)
		return true;
	if (!fields)
		return sql_wrong(an, e->location, "42809", "type %s is not composite", sql_type_words(an, e->type));
	for (size_t i = 0; i < n; i++) {
		struct sql_expr *f = sql_field_of(an, e, fields[i].name, e->location);

		if (!f)
			return false;
		add(an, t, f, fields[i].name);
	}
	return true;
}

bool sql_analyse_targets(struct sql_analyser *an, PgQuery__Node **list, size_t n, enum sql_clause clause, struct sql_target **targets,
			 size_t *count)
{
	struct targets t = { 0 };
	enum sql_clause before = an->scope->clause;

	an->scope->clause = clause;
	for (size_t i = 0; i < n; i++) {
		const PgQuery__ResTarget *r = list[i]->res_target;

		if (is_star(r->val)) {
			if (!star(an, &t, r->val->column_ref))
				return false;
			continue;
		}
		if (r->val->node_case == AST(A_INDIRECTION) &&
		    r->val->a_indirection->indirection[r->val->a_indirection->n_indirection - 1]->node_case == AST(A_STAR)) {
			if (!row_star(an, &t, r->val->a_indirection))
				return false;
			continue;
		}
		struct sql_expr *e = sql_analyse_expr(an, r->val);
		if (!e)
			return false;
		const char *name = r->name && r->name[0] ? r->name : sql_target_name(r->val);
		if (e->kind == SQL_X_SCALAR && r->val->node_case == AST(SUB_LINK) && !(r->name && r->name[0]) && e->query->targets[0].name)
			name = e->query->targets[0].name; /* of TABLE t, too */
		add(an, &t, e, name);
		t.list[t.n - 1].ast = list[i];
	}
	an->scope->clause = before;
	*targets = t.list;
	*count = t.n;
	return true;
}

/* ---- ORDER BY, GROUP BY, DISTINCT ON ---- */

static const char *const clause_names[] = { [SQL_IN_ORDER] = "ORDER BY", [SQL_IN_GROUP] = "GROUP BY", [SQL_IN_DISTINCT] = "DISTINCT ON",
	[SQL_IN_WINDOW] = "window definitions" };

static size_t junk(struct sql_analyser *an, struct sql_query *q, struct sql_expr *e)
{
	for (size_t i = 0; i < q->ntargets; i++)
		if (sql_expr_same(q->targets[i].expr, e))
			return i + 1;
	struct sql_target *grown = ARENA_ARRAY(an->arena, struct sql_target, q->ntargets + 1);
	if (q->ntargets)
		memcpy(grown, q->targets, q->ntargets * sizeof(*grown));
	q->targets = grown;
	q->targets[q->ntargets] = (struct sql_target){ .expr = e, .junk = true };
	return ++q->ntargets;
}

/* The place in the select list, from 1; 0: raised. */
size_t sql_find_target(struct sql_analyser *an, PgQuery__Node *n, struct sql_query *q, enum sql_clause clause, bool plain_expressions)
{
	const char *words = clause_names[clause];

	if (!plain_expressions && n->node_case == AST(COLUMN_REF) && n->column_ref->n_fields == 1 && sql_ast_string(n->column_ref->fields[0])) {
		const char *name = sql_ast_string(n->column_ref->fields[0]);
		bool input = false;

		if (clause == SQL_IN_GROUP)
			for (size_t i = 0; i < an->scope->nseen && !input; i++)
				if (an->scope->seen[i].by_column)
					for (size_t c = 0; c < an->scope->seen[i].rte->ncolumns; c++)
						input |= !an->scope->seen[i].rte->columns[c].hidden &&
							 strcmp(an->scope->seen[i].rte->columns[c].name, name) == 0;
		size_t found = 0;
		for (size_t i = 0; !input && i < q->nvisible; i++) {
			if (!q->targets[i].name || strcmp(q->targets[i].name, name) != 0)
				continue;
			if (found && !sql_expr_same(q->targets[found - 1].expr, q->targets[i].expr)) {
				sql_wrong(an, n->column_ref->location, "42702", "%s \"%s\" is ambiguous", words, name);
				return 0;
			}
			if (!found)
				found = i + 1;
		}
		if (found)
			return found;
	}
	if (!plain_expressions && n->node_case == AST(A_CONST)) {
		const PgQuery__AConst *c = n->a_const;

		if (c->isnull || (c->val_case != PG_QUERY__A__CONST__VAL_IVAL && c->val_case != PG_QUERY__A__CONST__VAL__NOT_SET)) {
			sql_wrong(an, c->location, "42601", "non-integer constant in %s", words);
			return 0;
		}
		int32_t at = c->val_case == PG_QUERY__A__CONST__VAL_IVAL ? c->ival->ival : 0;
		if (at < 1 || (size_t)at > q->nvisible) {
			sql_wrong(an, c->location, "42P10", "%s position %d is not in select list", words, at);
			return 0;
		}
		return (size_t)at;
	}
	struct sql_expr *e = sql_analyse_clause(an, n, clause);
	return e ? junk(an, q, e) : 0;
}

bool sql_analyse_sort(struct sql_analyser *an, PgQuery__Node **list, size_t n, struct sql_query *q, enum sql_clause clause,
		      struct sql_sort **sort, size_t *nsort)
{
	*sort = ARENA_ARRAY(an->arena, struct sql_sort, n + 1);
	*nsort = 0;
	for (size_t i = 0; i < n; i++) {
		const PgQuery__SortBy *s = list[i]->sort_by;
		struct sql_sort *k = *sort + *nsort;
		bool descending = s->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;

		if (s->n_use_op) {
			const char *op = sql_ast_string(s->use_op[s->n_use_op - 1]);

			if (strcmp(op, ">") == 0)
				descending = true;
			else if (strcmp(op, "<") != 0)
				return sql_wrong(an, s->location, "42809", "operator %s is not a valid ordering operator", op) != NULL;
		}
		if (clause == SQL_IN_WINDOW) {
			k->expr = sql_settle(an, sql_analyse_clause(an, s->node, clause));
			if (!k->expr)
				return false;
		} else {
			size_t at = sql_find_target(an, s->node, q, clause, false);

			if (!at)
				return false;
			struct sql_target *t = q->targets + at - 1;
			if (t->expr->type == T_UNKNOWN)
				t->expr = sql_settle(an, t->expr);
			if (!t->expr)
				return false;
			k->expr = t->expr;
			k->target = at;
		}
		if (!sql_has_order(an, k->expr->type)) {
			sql_wrong(an, sql_location_of(s->node), "42883", "could not identify an ordering operator for type %s",
				  sql_type_words(an, k->expr->type));
			return sql_wrong_hint(an, "Use an explicit ordering operator or modify the query.") != NULL;
		}
		k->descending = descending;
		k->nulls_first = s->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
				 (descending && s->sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST);
		(*nsort)++;
	}
	return true;
}
