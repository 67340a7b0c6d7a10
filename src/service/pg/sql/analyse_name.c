/*
 * Names of columns and tables in an expression: what they refer to, and what
 * PostgreSQL says when they refer to nothing.
 *
 * Source: parse_relation.c and transformColumnRef of PostgreSQL 15.
 */
#include <limits.h>


#include "service/pg/sql/analyse.h"

static const struct {
	const char *name;
	int number;
	uint32_t type;
} system_columns[] = {
	{ "ctid", -1, T_TID }, { "xmin", -2, T_XID }, { "cmin", -3, T_CID }, { "xmax", -4, T_XID }, { "cmax", -5, T_CID },
	{ "tableoid", -6, T_OID },
};

/* 0: none; INT_MAX: several. */
static int column_of(const struct sql_rte *rte, const char *name)
{
	int found = 0;

	for (size_t i = 0; i < rte->ncolumns; i++)
		if (!rte->columns[i].hidden && strcmp(rte->columns[i].name, name) == 0) {
			if (found)
				return INT_MAX;
			found = (int)i + 1;
		}
	return found;
}

static int system_column(const struct sql_rte *rte, const char *name)
{
	if (rte->kind != SQL_RTE_RELATION || !rte->relation || rte->relation->kind == 'v')
		return 0;
	for (size_t i = 0; i < sizeof(system_columns) / sizeof(system_columns[0]); i++)
		if (strcmp(system_columns[i].name, name) == 0)
			return system_columns[i].number;
	return 0;
}

static struct sql_expr *make_column(struct sql_analyser *an, struct sql_rte *rte, int number, int location)
{
	if (number > 0)
		return sql_column_expr(an, rte, number, location);
	struct sql_expr *x = sql_expr_new(an, SQL_X_COLUMN, 0, location);
	x->rte = rte;
	x->number = number;
	rte->rowid = true;
	for (size_t i = 0; i < sizeof(system_columns) / sizeof(system_columns[0]); i++)
		if (system_columns[i].number == number)
			x->type = system_columns[i].type;
	return x;
}

static void *ambiguous(struct sql_analyser *an, const char *name, int location)
{
	return sql_wrong(an, location, "42702", "column reference \"%s\" is ambiguous", name);
}

static bool lateral_allowed(struct sql_analyser *an, const struct sql_scope *scope, const struct sql_seen *seen, int location)
{
	if (!seen->lateral_only)
		return true;
	(void)scope;
	if (seen->lateral_ok)
		return true;
	sql_wrong(an, location, "42P10", "invalid reference to FROM-clause entry for table \"%s\"", seen->rte->name);
	sql_wrong_detail(an, "The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
	return false;
}

/* An unqualified column. NULL without an error: none. */
static struct sql_expr *find_column(struct sql_analyser *an, const char *name, int location)
{
	for (struct sql_scope *s = an->scope; s; s = s->parent) {
		struct sql_expr *found = NULL;

		for (size_t i = 0; i < s->nseen; i++) {
			const struct sql_seen *seen = s->seen + i;

			if (!seen->by_column || (seen->lateral_only && !s->lateral))
				continue;
			int number = column_of(seen->rte, name);
			if (!number && seen->by_name)
				number = system_column(seen->rte, name);
			if (number == INT_MAX || (number && found))
				return ambiguous(an, name, location);
			if (!number)
				continue;
			if (!lateral_allowed(an, s, seen, location))
				return NULL;
			found = make_column(an, seen->rte, number, location);
		}
		if (found)
			return found;
	}
	return NULL;
}

static bool is_named(const struct sql_rte *rte, const char *schema, const char *name)
{
	if (!rte->name || strcmp(rte->name, name) != 0)
		return false;
	return !schema || (rte->schema && strcmp(rte->schema, schema) == 0);
}

/* As sql_find_rte, with the error of several. */
static struct sql_rte *find_rte(struct sql_analyser *an, const char *schema, const char *name, int location)
{
	for (struct sql_scope *s = an->scope; s; s = s->parent) {
		const struct sql_seen *found = NULL;

		for (size_t i = 0; i < s->nseen; i++) {
			const struct sql_seen *seen = s->seen + i;

			if (!seen->by_name || (seen->lateral_only && !s->lateral) || !is_named(seen->rte, schema, name))
				continue;
			if (found)
				return sql_wrong(an, location, "42P09", "table reference \"%s\" is ambiguous", name);
			found = seen;
		}
		if (found)
			return lateral_allowed(an, s, found, location) ? found->rte : NULL;
	}
	return NULL;
}

struct sql_rte *sql_find_rte(struct sql_analyser *an, const char *schema, const char *name)
{
	return find_rte(an, schema, name, -1);
}

/* ---- what is said when nothing is found ---- */

#define NAMEDATALEN_MAX 63 /* bytes of a name */

static int distance(const char *a, const char *b, int most)
{
	size_t la = strlen(a), lb = strlen(b);
	int row[NAMEDATALEN_MAX + 1];

	if (la > NAMEDATALEN_MAX || lb > NAMEDATALEN_MAX)
		return most + 1;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= la; i++) {
		int diagonal = row[0];

		row[0] = (int)i;
		for (size_t j = 1; j <= lb; j++) {
			int above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[lb];
}

struct nearest {
	int distance;
	const struct sql_rte *first, *second, *exact;
	const char *first_name, *second_name;
};

static void weigh(struct nearest *near, const struct sql_rte *rte, const char *column, const char *wanted, int penalty)
{
	if (penalty > near->distance)
		return;
	int d = distance(column, wanted, near->distance);
	if (d > (int)strlen(wanted) / 2)
		return;
	d += penalty;
	if (d < near->distance) {
		near->distance = d;
		near->first = rte;
		near->first_name = column;
		near->second = NULL;
	} else if (d == near->distance) {
		if (near->second) {
			near->first = near->second = NULL; /* too many to help */
			near->distance = d - 1;
		} else if (near->first) {
			near->second = rte;
			near->second_name = column;
		}
	}
}

/* The number of the first branch of a set operation with such a column, counted from the left. */
static bool branch_with(const struct sql_query *q, const char *name, size_t *number)
{
	if (q->setop != SQL_SET_NONE)
		return (q->left && branch_with(q->left, name, number)) || (q->right && branch_with(q->right, name, number));
	++*number;
	for (size_t i = 0; i < q->nvisible; i++)
		if (q->targets[i].name && strcmp(q->targets[i].name, name) == 0)
			return true;
	return false;
}

static void *no_column(struct sql_analyser *an, const char *table, const char *name, int location)
{
	struct nearest near = { .distance = 4 };

	for (struct sql_scope *s = an->scope; s && !near.exact; s = s->parent)
		for (size_t i = 0; s->query && i < s->query->nrtes && !near.exact; i++) {
			const struct sql_rte *rte = s->query->rtes[i];
			int penalty = 0;

			if (rte->kind == SQL_RTE_JOIN || !rte->name)
				continue;
			if (table)
				penalty = distance(table, rte->name, 4);
			for (size_t c = 0; c < rte->ncolumns; c++) {
				if (rte->columns[c].hidden)
					continue;
				if (strcmp(rte->columns[c].name, name) == 0 && (!table || strcmp(rte->name, table) == 0))
					near.exact = rte;
				weigh(&near, rte, rte->columns[c].name, name, penalty);
			}
		}
	if (table)
		sql_wrong(an, location, "42703", "column %s.%s does not exist", table, name);
	else
		sql_wrong(an, location, "42703", "column \"%s\" does not exist", name);
	/* a branch of UNION and its kin, by PostgreSQL's name for it */
	for (const struct sql_scope *s = an->scope; s && !near.exact; s = s->parent) {
		size_t number = 0;

		if (s->query && s->query->setop != SQL_SET_NONE && branch_with(s->query, name, &number))
			return sql_wrong_hint(an, "There is a column named \"%s\" in table \"*SELECT* %zu\", but it cannot be referenced from this part of the query.",
					      name, number);
	}
	if (near.exact)
		return sql_wrong_hint(an, "There is a column named \"%s\" in table \"%s\", but it cannot be referenced from this part of the query.",
				      name, near.exact->name);
	if (near.first && near.second)
		return sql_wrong_hint(an, "Perhaps you meant to reference the column \"%s.%s\" or the column \"%s.%s\".", near.first->name,
				      near.first_name, near.second->name, near.second_name);
	if (near.first)
		return sql_wrong_hint(an, "Perhaps you meant to reference the column \"%s.%s\".", near.first->name, near.first_name);
	return NULL;
}

static void *no_table(struct sql_analyser *an, const char *schema, const char *name, int location)
{
	const struct sql_rte *hidden = NULL, *aliased = NULL;

	for (struct sql_scope *s = an->scope; s && !hidden; s = s->parent)
		for (size_t i = 0; s->query && i < s->query->nrtes; i++) {
			const struct sql_rte *rte = s->query->rtes[i];

			if (is_named(rte, schema, name))
				hidden = rte;
			else if (rte->kind == SQL_RTE_RELATION && rte->relation && strcmp(rte->relation->name, name) == 0 && !aliased)
				aliased = rte;
		}
	if (!hidden && !aliased)
		return sql_wrong(an, location, "42P01", "missing FROM-clause entry for table \"%s\"", name);
	sql_wrong(an, location, "42P01", "invalid reference to FROM-clause entry for table \"%s\"", name);
	if (hidden)
		return sql_wrong_hint(an, "There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", name);
	return sql_wrong_hint(an, "Perhaps you meant to reference the table alias \"%s\".", aliased->name);
}

static struct sql_expr *row_of(struct sql_analyser *an, struct sql_rte *rte, int location)
{
	struct sql_expr *x;

	/* a function in FROM that gives one scalar column: its name is that column */
	if (rte->kind == SQL_RTE_FUNCTION && rte->nfunctions == 1 && rte->functions[0].ncolumns == 1 && !rte->ordinality &&
	    sql_type_of(an, rte->columns[0].type)->kind != 'c')
		return sql_column_expr(an, rte, 1, location);
	uint32_t type = T_RECORD;
	if (rte->relation && rte->relation->type)
		type = rte->relation->type;
	else if (rte->kind == SQL_RTE_FUNCTION && rte->nfunctions == 1 && !rte->ordinality && sql_type_of(an, sql_base_type(an, rte->functions[0].call->type))->kind == 'c')
		type = sql_base_type(an, rte->functions[0].call->type);
	x = sql_expr_new(an, SQL_X_ROWOF, type, location);
	x->rte = rte;
	rte->rowid |= rte->kind == SQL_RTE_RELATION;
	return x;
}

struct sql_expr *sql_record_field(struct sql_analyser *an, struct sql_expr *e, const struct sql_rte_column *column, size_t i, int location)
{
	if (e->kind == SQL_X_ROW)
		return e->args[i];
	struct sql_expr *x = sql_expr_args(an, SQL_X_FIELD, column->type, location, 1, e);

	x->number = (int)i + 1;
	x->typmod = column->typmod;
	x->name = column->name;
	return x;
}

struct sql_rte_column *sql_record_columns(struct sql_analyser *an, const struct sql_expr *e, size_t *n)
{
	struct sql_rte_column *columns = NULL;

	*n = 0;
	switch (e->kind) {
	case SQL_X_ROW:
		columns = ARENA_ARRAY(an->arena, struct sql_rte_column, e->nargs + 1);
		for (; *n < e->nargs; (*n)++)
			columns[*n] = (struct sql_rte_column){ .name = arena_printf(an->arena, "f%zu", *n + 1).ptr, .type = e->args[*n]->type, .typmod = e->args[*n]->typmod };
		return columns;
	case SQL_X_ROWOF:
		columns = ARENA_ARRAY(an->arena, struct sql_rte_column, e->rte->ncolumns + 1);
		for (size_t i = 0; i < e->rte->ncolumns; i++)
			if (!e->rte->columns[i].hidden)
				columns[(*n)++] = e->rte->columns[i];
		return columns;
	case SQL_X_COLUMN: {
		const struct sql_query *q = e->rte->kind == SQL_RTE_QUERY ? e->rte->query : e->rte->kind == SQL_RTE_CTE ? e->rte->cte->query : NULL;

		if (e->rte->kind == SQL_RTE_JOIN && e->number > 0 && e->rte->columns[e->number - 1].expr)
			return sql_record_columns(an, e->rte->columns[e->number - 1].expr, n);
		while (q && q->setop != SQL_SET_NONE)
			q = q->left;
		if (q && q->nvalues && e->number > 0)
			return sql_record_columns(an, q->values[0][e->number - 1], n);
		return q && e->number > 0 && (size_t)e->number <= q->nvisible ? sql_record_columns(an, q->targets[e->number - 1].expr, n) : NULL;
	}
	case SQL_X_SCALAR:
		return e->query->nvisible ? sql_record_columns(an, e->query->targets[0].expr, n) : NULL;
	case SQL_X_CALL:
	case SQL_X_SET: {
		struct slice rest = slice_str(e->proc->names ? e->proc->names : "");

		columns = ARENA_ARRAY(an->arena, struct sql_rte_column, e->proc->nall + 1);
		for (size_t i = 0; i < e->proc->nall; i++) {
			struct slice one = slice_split(&rest, ',');

			if (strchr("otb", e->proc->modes[i]))
				columns[(*n)++] = (struct sql_rte_column){ .name = arena_slice(an->arena, one).ptr, .type = sql_out_type(an, e, e->proc->all[i]),
					.typmod = -1 };
		}
		return columns;
	}
	default:
		return NULL;
	}
}

struct sql_expr *sql_field_of(struct sql_analyser *an, struct sql_expr *e, const char *name, int location)
{
	if (e->kind == SQL_X_ROWOF) {
		int number = column_of(e->rte, name);

		if (number && number != INT_MAX)
			return sql_column_expr(an, e->rte, number, location);
		if (e->type == T_RECORD || e->rte->kind == SQL_RTE_RELATION)
			return sql_wrong(an, location, "42703", "column %s.%s does not exist", e->rte->name, name);
		return sql_wrong(an, location, "42703", "column \"%s\" not found in data type %s", name, sql_type_words(an, e->type));
	}
	uint32_t base = sql_base_type(an, e->type);
	size_t n = 0;
	const struct sql_field *fields = sql_type_of(an, base)->kind == 'c' ? an->env->fields(an->env, base, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0) {
			struct sql_expr *x = sql_expr_args(an, SQL_X_FIELD, fields[i].type, location, 1, e);

			x->number = (int)i + 1;
			x->typmod = fields[i].typmod;
			x->name = fields[i].name;
			return x;
		}
	if (fields)
		return sql_wrong(an, location, "42703", "column \"%s\" not found in data type %s", name, sql_type_words(an, e->type));
	if (e->type == T_RECORD) {
		const struct sql_rte_column *columns = sql_record_columns(an, e, &n);

		for (size_t i = 0; i < n; i++)
			if (strcmp(columns[i].name, name) == 0)
				return sql_record_field(an, e, columns + i, i, location);
		return sql_wrong(an, location, "42703", "could not identify column \"%s\" in record data type", name);
	}
	return sql_wrong(an, location, "42809", "column notation .%s applied to type %s, which is not a composite type", name,
			 sql_type_words(an, e->type));
}

struct sql_expr *sql_analyse_column(struct sql_analyser *an, const PgQuery__ColumnRef *c)
{
	size_t n = c->n_fields;
	bool star = c->fields[n - 1]->node_case == AST(A_STAR);
	const char *name = star ? NULL : sql_ast_string(c->fields[n - 1]), *table = n > 1 ? sql_ast_string(c->fields[n - 2]) : NULL,
		   *schema = n > 2 ? sql_ast_string(c->fields[n - 3]) : NULL;

	if (an->scope && an->scope->clause == SQL_IN_DEFAULT)
		return sql_wrong(an, c->location, "0A000", "cannot use column reference in DEFAULT expression");
	if (n == 1 && star)
		return sql_wrong(an, c->location, "42601", "row expansion via \"*\" is not supported here");
	if (n == 1) {
		struct sql_expr *x = find_column(an, name, c->location);

		if (x || an->env->error)
			return x;
		struct sql_rte *rte = find_rte(an, NULL, name, c->location);
		if (rte)
			return row_of(an, rte, c->location);
		return an->env->error ? NULL : no_column(an, NULL, name, c->location);
	}
	struct sql_rte *rte = find_rte(an, schema, table, c->location);
	if (!rte) {
		if (an->env->error)
			return NULL;
		return an->env->error ? NULL : no_table(an, schema, table, c->location);
	}
	if (star)
		return row_of(an, rte, c->location);
	int number = column_of(rte, name);
	if (number == INT_MAX)
		return ambiguous(an, name, c->location);
	if (!number)
		number = system_column(rte, name);
	if (!number)
		return no_column(an, table, name, c->location);
	return make_column(an, rte, number, c->location);
}
