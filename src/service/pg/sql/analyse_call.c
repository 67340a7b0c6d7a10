/*
 * Calls of functions, aggregates and window functions: which one is meant, with
 * named and default arguments, VARIADIC, and where it may stand.
 *
 * Source: ParseFuncOrColumn and func_get_detail of PostgreSQL 15; manual 10.3.
 */
#include "service/pg/sql/analyse.h"

struct call {
	const char *name, *schema;
	struct sql_expr **args;
	uint32_t types[128];
	const char *names[128]; /* named notation; NULL: by position */
	size_t nargs, nnamed;
	bool variadic;
	int location;
};

/* Splits "a,b,c" of the facts; the empty name is none. */
static bool param_name(const struct sql_proc *p, size_t i, const char *name)
{
	struct slice rest = slice_str(p->names), one = SLICE_NONE;

	if (!p->names)
		return false;
	for (size_t k = 0; k <= i; k++)
		one = slice_split(&rest, ',');
	return slice_eq_str(one, name);
}

/* Where a named argument goes among the input parameters; -1: nowhere. */
static int place_of(const struct sql_proc *p, const char *name)
{
	int input = 0;
	size_t n = p->nall ? p->nall : p->nargs;

	for (size_t i = 0; i < n; i++) {
		bool in = !p->modes || p->modes[i] == 'i' || p->modes[i] == 'b' || p->modes[i] == 'v';

		if (in && param_name(p, i, name))
			return input;
		input += in;
	}
	return -1;
}

static bool add_candidate(struct sql_analyser *an, const struct sql_proc *p, const struct call *c, struct sql_candidate *out)
{
	size_t n = c->nargs;
	uint32_t *types = ARENA_ARRAY(an->arena, uint32_t, n + p->nargs + 1);

	*out = (struct sql_candidate){ .proc = p, .types = types, .nargs = n };
	if (c->nnamed) {
		int *order = ARENA_ARRAY(an->arena, int, p->nargs + 1);

		if (n > p->nargs || p->nargs - n > p->ndefaults)
			return false;
		for (size_t i = 0; i < p->nargs; i++)
			order[i] = -1;
		for (size_t i = 0; i < n; i++) {
			int at = c->names[i] ? place_of(p, c->names[i]) : (int)i;

			if (at < 0 || order[at] >= 0)
				return false;
			order[at] = (int)i;
			types[i] = p->types[at];
		}
		for (size_t i = 0; i < p->nargs; i++)
			if (order[i] < 0 && i < (size_t)(p->nargs - p->ndefaults))
				return false;
		out->order = order;
		out->ndefaults = p->nargs - n;
		return true;
	}
	if (p->variadic && !c->variadic && n >= p->nargs) {
		for (size_t i = 0; i < n; i++)
			types[i] = i + 1 < p->nargs ? p->types[i] : p->variadic;
		out->spread = p->variadic != T_ANY;
		return true;
	}
	if (n > p->nargs || p->nargs - n > p->ndefaults)
		return false;
	out->ndefaults = p->nargs - n;
	memcpy(types, p->types, n * sizeof(*types));
	if (p->variadic == T_ANY && c->variadic && n == p->nargs)
		types[n - 1] = T_ANY;
	return true;
}

static bool exactly(const struct sql_candidate *k, const uint32_t *types, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (k->types[i] != types[i])
			return false;
	return true;
}

static const char *signature(struct sql_analyser *an, const struct call *c)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	if (c->schema)
		buf_addf(&b, "%s.", c->schema);
	buf_addf(&b, "%s(", c->name);
	for (size_t i = 0; i < c->nargs; i++) {
		buf_add_str(&b, i ? ", " : "");
		if (c->names[i])
			buf_addf(&b, "%s => ", c->names[i]);
		buf_add_str(&b, sql_type_words(an, c->types[i]));
	}
	buf_add_char(&b, ')');
	const char *text = arena_slice(an->arena, buf_slice(&b)).ptr;
	buf_release(&b);
	return text;
}

/* f(x) where f is a type: a cast. */
static uint32_t cast_target(struct sql_analyser *an, const struct call *c)
{
	const struct sql_type *t;
	const struct sql_cast_fact *cast;

	if (c->nargs != 1 || c->nnamed || c->variadic)
		return 0;
	t = sql_catalog_type(an->session, slice_str(c->schema), slice_str(c->name));
	if (!t || t->kind == 'p')
		return 0;
	if (c->types[0] == T_UNKNOWN)
		return t->oid;
	cast = sql_cast_find(sql_base_type(an, c->types[0]), sql_base_type(an, t->oid));
	if (cast)
		return cast->method != 'f' ? t->oid : 0;
	if (sql_base_type(an, c->types[0]) == sql_base_type(an, t->oid))
		return t->oid;
	const struct sql_type *from = sql_type_of(an, c->types[0]);
	if ((t->category == 'S' && from->oid != T_RECORD && from->kind != 'c') || from->category == 'S')
		return t->oid;
	return 0;
}

static void *unknown_function(struct sql_analyser *an, const struct call *c, bool ambiguous)
{
	if (ambiguous) {
		sql_wrong(an, c->location, "42725", "function %s is not unique", signature(an, c));
		return sql_wrong_hint(an, "Could not choose a best candidate function. You might need to add explicit type casts.");
	}
	sql_wrong(an, c->location, "42883", "function %s does not exist", signature(an, c));
	return sql_wrong_hint(an, "No function matches the given name and argument types. You might need to add explicit type casts.");
}

/* name(row): the field of that name. */
static bool is_field(struct sql_analyser *an, const struct call *c)
{
	size_t n = 0;

	if (c->nargs != 1 || c->nnamed || c->variadic || c->schema)
		return false;
	const struct sql_expr *e = c->args[0];
	if (e->kind == SQL_X_ROWOF) {
		for (size_t i = 0; i < e->rte->ncolumns; i++)
			if (!e->rte->columns[i].hidden && strcmp(e->rte->columns[i].name, c->name) == 0)
				return true;
		return false;
	}
	uint32_t base = sql_base_type(an, e->type);
	const struct sql_field *fields = sql_type_of(an, base)->kind == 'c' ? an->env->fields(an->env, base, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, c->name) == 0)
			return true;
	return false;
}

static const struct sql_candidate *find(struct sql_analyser *an, const struct call *c, uint32_t *cast)
{
	size_t n = 0, count = 0;
	/* those of information_schema begin with _pg_, none of pg_catalog's does */
	const char *home = strncmp(c->name, "_pg_", 4) == 0 ? "information_schema" : "pg_catalog";
	bool seen = c->schema ? strcmp(c->schema, home) == 0 : home[0] == 'p';
	const struct sql_proc *list = seen ? sql_procs_named(slice_str(c->name), &n) : NULL;
	struct sql_candidate *candidates = ARENA_ARRAY(an->arena, struct sql_candidate, n + 1);

	for (size_t i = 0; i < n; i++)
		if (add_candidate(an, list + i, c, candidates + count))
			count++;
	/* of two that look alike the one without VARIADIC, then the one with fewer defaults */
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++) {
			if (candidates[i].nargs != candidates[k].nargs || !exactly(candidates + i, candidates[k].types, c->nargs))
				continue;
			size_t loser = candidates[i].spread && !candidates[k].spread ? i : k;

			if (candidates[i].spread == candidates[k].spread && candidates[i].ndefaults > candidates[k].ndefaults)
				loser = i;
			candidates[loser] = candidates[--count];
			k = i;
		}
	for (size_t i = 0; i < count; i++)
		if (exactly(candidates + i, c->types, c->nargs))
			return candidates + i;
	*cast = cast_target(an, c);
	if (*cast)
		return NULL;
	size_t left = count;
	const struct sql_candidate *best = sql_choose(an, c->types, c->nargs, candidates, &left);
	return best ? best : unknown_function(an, c, left > 1);
}

/* The arguments as the function takes them: in its order, with defaults, the last ones as an array. */
static struct sql_expr **arguments(struct sql_analyser *an, const struct call *c, const struct sql_candidate *k, size_t *n)
{
	const struct sql_proc *p = k->proc;
	struct sql_expr **out = ARENA_ARRAY(an->arena, struct sql_expr *, c->nargs + p->nargs + 1);
	struct slice defaults = slice_str(p->defaults);

	*n = c->nargs;
	memcpy(out, c->args, c->nargs * sizeof(*out));
	if (!k->ndefaults && !k->order)
		return out;
	*n = p->nargs;
	for (size_t i = 0; i < p->nargs; i++) {
		int from = k->order ? k->order[i] : i < c->nargs ? (int)i : -1;
		struct slice text = i >= (size_t)(p->nargs - p->ndefaults) ? slice_split(&defaults, '\n') : SLICE_NONE;

		if (from >= 0) {
			out[i] = c->args[from];
			continue;
		}
		bool before = an->no_positions;
		PgQuery__Node *node = sql_parse_expr(an->env, text, an->arena);
		an->no_positions = true;
		out[i] = node ? sql_analyse_expr(an, node) : NULL;
		an->no_positions = before;
		if (!out[i])
			return NULL;
	}
	return out;
}

/* ---- where aggregates, window functions and sets may stand ---- */

static const char *clause_words(enum sql_clause c)
{
	static const char *const words[] = {
		[SQL_IN_WHERE] = "WHERE", [SQL_IN_JOIN] = "JOIN conditions", [SQL_IN_GROUP] = "GROUP BY", [SQL_IN_HAVING] = "HAVING",
		[SQL_IN_LIMIT] = "LIMIT", [SQL_IN_OFFSET] = "OFFSET", [SQL_IN_VALUES] = "VALUES", [SQL_IN_INSERT] = "VALUES",
		[SQL_IN_FROM_FUNCTION] = "functions in FROM", [SQL_IN_WINDOW] = "window definitions", [SQL_IN_FILTER] = "FILTER",
		[SQL_IN_SET] = "UPDATE", [SQL_IN_RETURNING] = "RETURNING", [SQL_IN_CHECK] = "check constraints",
		[SQL_IN_DEFAULT] = "DEFAULT expressions", [SQL_IN_GENERATED] = "column generation expressions",
		[SQL_IN_INDEX] = "index expressions", [SQL_IN_PREDICATE] = "index predicates", [SQL_IN_USING] = "transform expressions",
		[SQL_IN_MERGE] = "MERGE WHEN conditions", [SQL_IN_EXECUTE] = "EXECUTE parameters", [SQL_IN_COPY] = "COPY FROM WHERE conditions",
	};

	return c < sizeof(words) / sizeof(words[0]) && words[c] ? words[c] : NULL;
}

struct columns_seen {
	struct sql_analyser *an;
	bool here, outside, nested, window;
	int at;                 /* of what is nested */
	const struct sql_query *nearest;
};

static bool see_columns(struct sql_expr *e, void *of)
{
	struct columns_seen *s = of;

	if (e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF) {
		if (e->rte->owner == s->an->scope->query)
			s->here = true;
		else if (e->rte->kind != SQL_RTE_NONE)
			s->outside = true;
	}
	if (e->kind == SQL_X_AGGREGATE && !e->window) {
		s->at = s->nested ? s->at : e->location;
		s->nested = true;
	}
	if (e->kind == SQL_X_WINDOW || (e->kind == SQL_X_AGGREGATE && e->window)) {
		s->at = s->window ? s->at : e->location;
		s->window = true;
	}
	return e->kind != SQL_X_EXISTS && e->kind != SQL_X_SCALAR && e->kind != SQL_X_ARRAYSUB;
}

static bool aggregate_allowed(struct sql_analyser *an, struct sql_expr *x)
{
	struct columns_seen seen = { .an = an };
	enum sql_clause c = an->scope->clause;

	for (size_t i = 0; i < x->nargs; i++)
		if (!sql_no_sets(an, x->args[i], x->window ? "window function calls cannot contain set-returning function calls" :
							     "aggregate function calls cannot contain set-returning function calls"))
			return false;

	for (size_t i = 0; i < x->nargs; i++)
		sql_expr_walk(x->args[i], see_columns, &seen);
	for (size_t i = 0; i < x->nsort; i++)
		sql_expr_walk(x->sort[i].expr, see_columns, &seen);
	if (!x->window && seen.nested)
		return sql_wrong(an, seen.at, "42803", "aggregate function calls cannot be nested") != NULL;
	if (!x->window && seen.window)
		return sql_wrong(an, seen.at, "42803", "aggregate function calls cannot contain window function calls") != NULL;
	if (!x->window && seen.outside && !seen.here && an->scope->parent) {
		/* it belongs to the query around */
		for (struct sql_scope *s = an->scope->parent; s; s = s->parent)
			if (s->query) {
				s->query->has_aggregates = true;
				break;
			}
		return true;
	}
	const char *words = clause_words(c);
	if (words && c != SQL_IN_HAVING && c != SQL_IN_WINDOW && (c != SQL_IN_FILTER || !x->window))
		return sql_wrong(an, x->location, "42803", "aggregate functions are not allowed in %s", words) != NULL;
	if (!x->window && an->scope->query)
		an->scope->query->has_aggregates = true;
	return true;
}

static bool window_allowed(struct sql_analyser *an, struct sql_expr *x)
{
	const char *words = clause_words(an->scope->clause);
	struct columns_seen seen = { .an = an };

	for (size_t i = 0; i < x->nargs; i++)
		sql_expr_walk(x->args[i], see_columns, &seen);
	if (seen.window)
		return sql_wrong(an, seen.at, "42P20", "window function calls cannot be nested") != NULL;
	if (words)
		return sql_wrong(an, x->location, "42P20", "window functions are not allowed in %s", words) != NULL;
	if (an->scope->query)
		an->scope->query->has_windows = true;
	return true;
}

static bool set_allowed(struct sql_analyser *an, struct sql_expr *x)
{
	enum sql_clause c = an->scope->clause;
	const char *words = clause_words(c);

	if (c == SQL_IN_FROM_FUNCTION)
		return true;
	if (words && c != SQL_IN_GROUP && c != SQL_IN_INSERT)
		return sql_wrong(an, x->location, "0A000", "set-returning functions are not allowed in %s", words) != NULL;
	if (an->scope->query) {
		an->scope->query->has_sets = true;
		x->number = (int)an->scope->query->nsets_in_targets++;
	}
	return true;
}

/* ---- the call ---- */

static bool read_name(struct sql_analyser *an, const PgQuery__FuncCall *f, struct call *c)
{
	size_t n = f->n_funcname;
	uint32_t schema;

	if (n > 2)
		return sql_wrong(an, f->location, "0A000", "cross-database references are not implemented") != NULL;
	c->name = sql_ast_string(f->funcname[n - 1]);
	c->schema = n > 1 ? sql_ast_string(f->funcname[0]) : NULL;
	if (c->schema && strcmp(c->schema, "pg_catalog") != 0 && !sql_catalog_schema(an->session, slice_str(c->schema), &schema))
		return sql_wrong(an, f->location, "3F000", "schema \"%s\" does not exist", c->schema) != NULL;
	return true;
}

static bool read_arguments(struct sql_analyser *an, const PgQuery__FuncCall *f, struct call *c)
{
	size_t total = f->n_args + (f->agg_within_group ? f->n_agg_order : 0);

	if (total > 100)
		return sql_wrong(an, f->location, "54023", "cannot pass more than 100 arguments to a function") != NULL;
	c->args = ARENA_ARRAY(an->arena, struct sql_expr *, total + 1);
	c->variadic = f->func_variadic;
	for (size_t i = 0; i < f->n_args; i++) {
		PgQuery__Node *n = f->args[i];

		if (n->node_case == AST(NAMED_ARG_EXPR)) {
			c->names[i] = n->named_arg_expr->name;
			for (size_t k = 0; k < i; k++)
				if (c->names[k] && strcmp(c->names[k], c->names[i]) == 0)
					return sql_wrong(an, n->named_arg_expr->location, "42601", "argument name \"%s\" used more than once", c->names[i]) != NULL;
			c->nnamed++;
			n = n->named_arg_expr->arg;
		} else if (c->nnamed) {
			return sql_wrong(an, sql_location_of(n), "42601", "positional argument cannot follow named argument") != NULL;
		}
		c->args[i] = sql_analyse_expr(an, n);
		if (!c->args[i])
			return false;
		c->types[i] = c->args[i]->type;
	}
	c->nargs = f->n_args;
	return true;
}

static bool sort_inside(struct sql_analyser *an, const PgQuery__FuncCall *f, struct call *c, struct sql_expr *x)
{
	x->nsort = f->n_agg_order;
	x->sort = ARENA_ARRAY(an->arena, struct sql_sort, x->nsort + 1);
	for (size_t i = 0; i < x->nsort; i++) {
		const PgQuery__SortBy *s = f->agg_order[i]->sort_by;
		struct sql_sort *k = x->sort + i;

		if (s->n_use_op)
			return sql_unsupported(an, s->location, "ORDER BY ... USING") != NULL;
		k->expr = sql_analyse_expr(an, s->node);
		if (!k->expr)
			return false;
		if (f->agg_within_group) {
			c->args[c->nargs] = k->expr;
			c->types[c->nargs++] = k->expr->type;
		} else {
			k->expr = sql_settle(an, k->expr);
		}
		k->descending = s->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
		k->nulls_first = s->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
				 (k->descending && s->sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST);
		if (!k->expr)
			return false;
		if (!sql_has_order(an, k->expr->type))
			return sql_wrong(an, k->expr->location, "42883", "could not identify an ordering operator for type %s",
					 sql_type_words(an, k->expr->type)) != NULL;
	}
	return true;
}

static struct sql_expr *aggregate(struct sql_analyser *an, const PgQuery__FuncCall *f, const struct call *c, struct sql_expr *x)
{
	const struct sql_aggregate_fact *fact = sql_aggregate_find(x->proc->oid);

	x->kind = SQL_X_AGGREGATE;
	x->star = f->agg_star;
	x->distinct = f->agg_distinct;
	if (fact && fact->kind != 'n' && !f->agg_within_group)
		return sql_wrong(an, f->location, "42809", "WITHIN GROUP is required for ordered-set aggregate %s", c->name);
	if (fact && fact->kind == 'n' && f->agg_within_group)
		return sql_wrong(an, f->location, "42809", "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", c->name);
	if (f->agg_within_group) {
		x->ndirect = x->nargs - x->nsort;
		for (size_t i = 0; i < x->nsort; i++)
			x->sort[i].expr = x->args[x->ndirect + i];
		if (f->over)
			return sql_wrong(an, f->location, "0A000", "OVER is not supported for ordered-set aggregate %s", c->name);
	}
	if (f->agg_filter) {
		enum sql_clause before = an->scope->clause;

		x->filter = sql_analyse_condition(an, f->agg_filter, SQL_IN_FILTER, "FILTER");
		an->scope->clause = before;
		if (!x->filter)
			return NULL;
	}
	if (x->distinct && !x->nargs)
		return sql_wrong(an, f->location, "42601", "DISTINCT specified, but %s takes no arguments", c->name);
	for (size_t i = 0; x->distinct && i < x->nargs; i++)
		if (!sql_has_equality(an, x->args[i]->type))
			return sql_wrong(an, x->args[i]->location, "42883", "could not identify an equality operator for type %s",
					 sql_type_words(an, x->args[i]->type));
	for (size_t i = 0; x->distinct && !f->agg_within_group && i < x->nsort; i++) {
		bool found = false;

		for (size_t k = 0; k < x->nargs; k++)
			found |= sql_expr_same(x->sort[i].expr, x->args[k]);
		if (!found)
			return sql_wrong(an, x->sort[i].expr->location, "42P10",
					 "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list");
	}
	if (f->over) {
		if (x->distinct)
			return sql_wrong(an, f->location, "0A000", "DISTINCT is not implemented for window functions");
		if (x->nsort)
			return sql_wrong(an, f->location, "0A000", "aggregate ORDER BY is not implemented for window functions");
		if (!window_allowed(an, x))
			return NULL;
		x->window = sql_analyse_window(an, f->over);
		if (!x->window)
			return NULL;
	}
	return f->over || aggregate_allowed(an, x) ? x : NULL;
}

static struct sql_expr *plain_checks(struct sql_analyser *an, const PgQuery__FuncCall *f, const struct call *c, struct sql_expr *x)
{
	const char *name = c->name;

	if (x->proc->kind == 'p') {
		sql_wrong(an, f->location, "42809", "%s is a procedure", signature(an, c));
		return sql_wrong_hint(an, "To call a procedure, use CALL.");
	}
	if (x->proc->kind == 'w') {
		if (!f->over)
			return sql_wrong(an, f->location, "42809", "window function %s requires an OVER clause", name);
		if (f->agg_filter)
			return sql_wrong(an, f->location, "0A000", "FILTER is not implemented for non-aggregate window functions");
		x->kind = SQL_X_WINDOW;
		if (!window_allowed(an, x))
			return NULL;
		x->window = sql_analyse_window(an, f->over);
		return x->window ? x : NULL;
	}
	if (f->agg_star)
		return sql_wrong(an, f->location, "42809", "%s(*) specified, but %s is not an aggregate function", name, name);
	if (f->agg_distinct)
		return sql_wrong(an, f->location, "42809", "DISTINCT specified, but %s is not an aggregate function", name);
	if (f->agg_within_group)
		return sql_wrong(an, f->location, "42809", "WITHIN GROUP specified, but %s is not an aggregate function", name);
	if (f->n_agg_order)
		return sql_wrong(an, f->location, "42809", "ORDER BY specified, but %s is not an aggregate function", name);
	if (f->agg_filter)
		return sql_wrong(an, f->location, "42809", "FILTER specified, but %s is not an aggregate function", name);
	if (f->over)
		return sql_wrong(an, f->location, "42809", "OVER specified, but %s is not a window function nor an aggregate function", name);
	if (x->proc->set) {
		x->kind = SQL_X_SET;
		return set_allowed(an, x) ? x : NULL;
	}
	return x;
}

static bool coerce_arguments(struct sql_analyser *an, struct call *c, const struct sql_candidate *k, struct sql_expr *x)
{
	const struct sql_proc *p = k->proc;
	size_t n;
	struct sql_expr **args = arguments(an, c, k, &n);
	uint32_t *declared = ARENA_ARRAY(an->arena, uint32_t, n + 1), *actual = ARENA_ARRAY(an->arena, uint32_t, n + 1);

	if (!args)
		return false;
	for (size_t i = 0; i < n; i++) {
		declared[i] = k->ndefaults || k->order ? p->types[i] : k->types[i];
		actual[i] = args[i]->type;
	}
	x->type = sql_settle_polymorphic(an, (const struct sql_expr *const *)args, actual, declared, n, p->returns, c->location);
	if (!x->type)
		return false;
	for (size_t i = 0; i < n; i++) {
		/* an "any" takes what comes; a literal is text then */
		args[i] = declared[i] == T_ANY && strcmp(p->source, "pg_typeof") != 0 && strcmp(p->source, "pg_collation_for") != 0 ? sql_settle(an, args[i]) : sql_coerce(an, args[i], declared[i], -1, SQL_IMPLICIT, args[i]->location);
		if (!args[i])
			return false;
	}
	if (k->spread) {
		size_t fixed = p->nargs - 1u;
		struct sql_expr *rest = sql_expr_new(an, SQL_X_ARRAY, sql_type_of(an, n > fixed ? declared[fixed] : p->variadic)->array,
						     args[fixed]->location);

		rest->args = args + fixed;
		rest->nargs = n - fixed;
		struct sql_expr **all = ARENA_ARRAY(an->arena, struct sql_expr *, fixed + 2);
		memcpy(all, args, fixed * sizeof(*all));
		all[fixed] = rest;
		args = all;
		n = fixed + 1;
	}
	x->args = args;
	x->nargs = n;
	x->variadic = c->variadic;
	return true;
}

struct sql_expr *sql_call_proc(struct sql_analyser *an, const struct sql_proc *p, struct sql_expr **args, size_t nargs, int location)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_CALL, p->returns, location);

	x->proc = p;
	x->args = args;
	x->nargs = nargs;
	return x;
}

struct sql_expr *sql_analyse_call(struct sql_analyser *an, const PgQuery__FuncCall *f)
{
	struct call *c = ARENA_NEW(an->arena, struct call);
	uint32_t cast = 0;
	enum sql_clause before = an->scope->clause;

	c->location = f->location;
	if (!read_name(an, f, c) || !read_arguments(an, f, c))
		return NULL;
	an->scope->clause = before;
	struct sql_expr *x = sql_expr_new(an, SQL_X_CALL, 0, f->location);
	x->syntax = f->funcformat == PG_QUERY__COERCION_FORM__COERCE_SQL_SYNTAX;
	if (f->n_agg_order && !sort_inside(an, f, c, x))
		return NULL;
	if (!f->agg_star && !f->n_agg_order && !f->over && is_field(an, c))
		return sql_field_of(an, c->args[0], c->name, f->location);
	const struct sql_candidate *k = find(an, c, &cast);
	if (cast) {
		struct sql_expr *e = sql_coerce_to(an, c->args[0], cast, -1, SQL_EXPLICIT, f->location);

		if (!e && !an->env->error)
			return unknown_function(an, c, false);
		return e;
	}
	if (!k)
		return NULL;
	x->proc = k->proc;
	if (x->proc->kind == 'a' && f->agg_star && c->nargs)
		return sql_unsupported(an, f->location, "this use of *");
	if (x->proc->kind == 'a' && !f->agg_star && !c->nargs && !f->agg_within_group)
		return sql_wrong(an, f->location, "42809", "%s(*) must be used to call a parameterless aggregate function", c->name);
	if (!coerce_arguments(an, c, k, x))
		return NULL;
	if (x->proc->volatility == 'v' && an->scope->query)
		an->scope->query->has_volatile = true;
	if (x->proc->volatility != 'i' && (before == SQL_IN_INDEX || before == SQL_IN_PREDICATE))
		return sql_wrong(an, -1, "42P17", before == SQL_IN_INDEX ? "functions in index expression must be marked IMMUTABLE" :
								 "functions in index predicate must be marked IMMUTABLE");
	if (x->proc->volatility != 'i' && before == SQL_IN_GENERATED)
		return sql_wrong(an, -1, "42P17", "generation expression is not immutable");
	return x->proc->kind == 'a' ? aggregate(an, f, c, x) : plain_checks(an, f, c, x);
}
