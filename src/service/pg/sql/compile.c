/*
 * Expressions and queries of the catalog: CHECK, DEFAULT, index expressions,
 * views. The same analysis and lowering as of statements, over one row.
 */
#include "service/pg/sql/compile.h"

#include "service/pg/sql/builtin.h"
#include "service/pg/sql/deparse.h"
#include "service/pg/sql/plan.h"

struct found {
	struct sql_analyser *an;
	const struct sql_rte *rte;
	bool *columns;
};

static bool see(struct sql_expr *e, void *of)
{
	struct found *f = of;

	if (e->kind == SQL_X_COLUMN && e->rte == f->rte && e->number > 0)
		f->columns[e->number - 1] = true;
	if (e->kind == SQL_X_ROWOF && e->rte == f->rte)
		for (size_t i = 0; i < f->rte->ncolumns; i++)
			f->columns[i] = true;
	return true;
}

static bool find_generated(struct sql_expr *e, void *of)
{
	struct sql_expr **found = of;

	if (!*found && e->kind == SQL_X_COLUMN && e->number > 0 && e->rte->relation && e->rte->relation->columns[e->number - 1].generated)
		*found = e;
	return !*found;
}

static enum sql_clause clause_of(enum sql_compile_for use)
{
	switch (use) {
	case SQL_FOR_CHECK:
		return SQL_IN_CHECK;
	case SQL_FOR_DEFAULT:
		return SQL_IN_DEFAULT;
	case SQL_FOR_GENERATED:
		return SQL_IN_GENERATED;
	case SQL_FOR_INDEX:
		return SQL_IN_INDEX;
	case SQL_FOR_PREDICATE:
		return SQL_IN_PREDICATE;
	case SQL_FOR_USING:
		return SQL_IN_USING;
	case SQL_FOR_COPY:
		return SQL_IN_COPY;
	default:
		return SQL_IN_SELECT;
	}
}

static struct sql_rte *row_rte(struct sql_analyser *an, const struct sql_relation *rel)
{
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_RELATION, rel->name);

	rte->relation = rel;
	rte->ncolumns = rel->ncolumns;
	rte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, rel->ncolumns + 1);
	for (size_t i = 0; i < rel->ncolumns; i++)
		rte->columns[i] = (struct sql_rte_column){ .name = rel->columns[i].name, .type = rel->columns[i].type,
			.typmod = rel->columns[i].typmod, .hidden = rel->columns[i].dropped };
	sql_see(an, rte, true, true);
	return rte;
}

struct sql_expr *sql_analyse_over_row(struct sql_analyser *an, const struct sql_relation *rel, PgQuery__Node *expr)
{
	struct sql_query *q = ARENA_NEW(an->arena, struct sql_query);

	sql_scope_push(an, q);
	an->scope->clause = SQL_IN_SELECT;
	if (rel)
		row_rte(an, rel);
	return sql_settle(an, sql_analyse_expr(an, expr));
}

static struct sql_expr *as_wanted(struct sql_analyser *an, struct sql_expr *e, enum sql_compile_for use, uint32_t type, int32_t typmod,
				  const char *column)
{
	if (use == SQL_FOR_CHECK)
		return sql_coerce_bool(an, e, "CHECK");
	if (use == SQL_FOR_PREDICATE || use == SQL_FOR_COPY)
		return sql_coerce_bool(an, e, "WHERE");
	if (!type)
		return sql_settle(an, e);
	struct sql_expr *x = sql_coerce_to(an, e, type, typmod, SQL_ASSIGNMENT, e->location);
	if (x || an->env->error)
		return x;
	if (use == SQL_FOR_USING)
		return sql_wrong(an, -1, "42804", "result of USING clause for column \"%s\" cannot be cast automatically to type %s", column ? column : "?",
				 sql_type_words(an, type));
	sql_wrong(an, -1, "42804", "column \"%s\" is of type %s but %s expression is of type %s", column ? column : "?", sql_type_words(an, type),
		  use == SQL_FOR_GENERATED ? "generation" : "default", sql_type_words(an, e->type));
	return sql_wrong_hint(an, "You will need to rewrite or cast the expression.");
}

static bool compile(struct sql_session *s, const struct sql_relation *rel, PgQuery__Node *node, enum sql_compile_for use, uint32_t type,
		    int32_t typmod, const char *column, bool positions, struct arena *a, struct sql_compiled *out)
{
	struct sql_analyser an;
	struct sql_lower l;
	struct sql_binds binds = { 0 };
	struct sql_query q = { 0 };
	struct buf b;

	*out = (struct sql_compiled){ 0 };
	sql_analyser_init(&an, s, s->text, a);
	an.no_positions = !positions;
	an.no_params = true;
	sql_scope_push(&an, &q);
	an.scope->clause = clause_of(use);
	struct sql_rte *rte = rel ? row_rte(&an, rel) : NULL;
	struct sql_expr *e = sql_analyse_expr(&an, node);
	e = e ? as_wanted(&an, e, use, type, typmod, column) : NULL;
	if (!e)
		return false;
	out->type = e->type;
	out->typmod = e->typmod;
	out->text = use == SQL_FOR_DEFAULT ? sql_deparse_stored(&an, e) : sql_deparse_expr(node, a);
	if (rte && use == SQL_FOR_GENERATED) {
		struct sql_expr *other = NULL;

		sql_expr_walk(e, find_generated, &other);
		if (other) {
			sql_wrong(&an, other->location, "42P17", "cannot use generated column \"%s\" in column generation expression",
				  rel->columns[other->number - 1].name);
			return sql_wrong_detail(&an, "A generated column cannot reference another generated column.") != NULL;
		}
	}
	if (rte) {
		struct found f = { .an = &an, .rte = rte, .columns = ARENA_ARRAY(a, bool, rte->ncolumns + 1) };

		sql_expr_walk(e, see, &f);
		out->columns = ARENA_ARRAY(a, int16_t, rte->ncolumns + 1);
		for (size_t i = 0; i < rte->ncolumns; i++)
			if (f.columns[i])
				out->columns[out->ncolumns++] = (int16_t)(i + 1);
		out->uses_columns = out->ncolumns > 0;
	}
	/* constants stand in the text: nothing is bound but the row */
	sql_lower_init(&l, &an, &binds);
	l.inline_literals = true;
	if (rte)
		l.cuts[l.ncuts++] = (struct sql_cut){ .rte = rte };
	buf_init(&b, SQL_TEXT_MAX);
	bool ok = sql_lower_expr(&l, e, &b);
	out->expr = slice_str(sql_lower_detach(&l, &b));
	return ok;
}

bool sql_compile_expr(struct sql_session *s, const struct sql_relation *rel, PgQuery__Node *expr, enum sql_compile_for use,
		      uint32_t type, int32_t typmod, const char *column, struct arena *a, struct sql_compiled *out)
{
	return compile(s, rel, expr, use, type, typmod, column, true, a, out);
}

bool sql_compile_text(struct sql_session *s, const struct sql_relation *rel, const char *expr, enum sql_compile_for use,
		      uint32_t type, int32_t typmod, const char *column, struct arena *a, struct sql_compiled *out)
{
	PgQuery__Node *node = sql_parse_expr(&s->engine->env, slice_str(expr), a);

	return node && compile(s, rel, node, use, type, typmod, column, false, a, out);
}

bool sql_compile_type(struct sql_session *s, const PgQuery__TypeName *name, uint32_t *type, int32_t *typmod)
{
	struct sql_analyser an;

	sql_analyser_init(&an, s, s->text, s->engine->env.arena);
	if (sql_resolve_type(&an, name, type, typmod))
		return true;
	sql_error_at(&an, name->location);
	return false;
}

/* A copy of a tree, which the analysis may then rewrite. */
static PgQuery__Node *copy_tree(const PgQuery__Node *n, struct arena *a)
{
	size_t len = pg_query__node__get_packed_size(n);
	uint8_t *bytes = arena_alloc(a, len + 1);

	pg_query__node__pack(n, bytes);
	return sql_ast_unpack_node(bytes, len, a);
}

/* ---- what a query names ---- */

struct using {
	struct arena *a;
	struct sql_used_column *list;
	size_t n, cap;
};

static void use(struct using *u, uint32_t relation, int number)
{
	for (size_t i = 0; i < u->n; i++) {
		if (u->list[i].relation != relation)
			continue;
		if (u->list[i].column == number || !number)
			return;
		if (!u->list[i].column) { /* a column says more than the whole */
			u->list[i].column = (int16_t)number;
			return;
		}
	}
	if (u->n == u->cap) {
		struct sql_used_column *grown = ARENA_ARRAY(u->a, struct sql_used_column, u->cap * 2 + 16);

		if (u->n)
			memcpy(grown, u->list, u->n * sizeof(*grown));
		u->list = grown;
		u->cap = u->cap * 2 + 16;
	}
	u->list[u->n++] = (struct sql_used_column){ relation, (int16_t)number };
}

static void use_query(struct using *u, struct sql_query *q);

static bool use_expr(struct sql_expr *e, void *of)
{
	struct using *u = of;

	if (e->kind == SQL_X_COLUMN && e->rte->kind == SQL_RTE_JOIN && e->number > 0 && e->rte->columns[e->number - 1].expr)
		sql_expr_walk(e->rte->columns[e->number - 1].expr, use_expr, u);
	else if ((e->kind == SQL_X_COLUMN || e->kind == SQL_X_ROWOF) && e->rte->relation)
		use(u, e->rte->relation->oid, e->kind == SQL_X_COLUMN && e->number > 0 ? e->number : 0);
	if (e->query)
		use_query(u, e->query);
	return !e->query;
}

static void use_from(struct using *u, struct sql_from *f)
{
	struct sql_rte *r = f->rte;

	if (f->left) {
		use_from(u, f->left);
		use_from(u, f->right);
		if (f->on)
			sql_expr_walk(f->on, use_expr, u);
		return;
	}
	if (r->relation)
		use(u, r->relation->oid, 0);
	else if (r->kind == SQL_RTE_QUERY)
		use_query(u, r->query);
	for (size_t i = 0; i < r->nfunctions; i++)
		sql_expr_walk(r->functions[i].call, use_expr, u);
}

static void use_query(struct using *u, struct sql_query *q)
{
	struct sql_expr *alone[] = { q->where, q->having, q->limit, q->offset };

	for (size_t i = 0; i < q->nctes; i++)
		if (q->ctes[i]->query)
			use_query(u, q->ctes[i]->query);
	if (q->setop != SQL_SET_NONE) {
		use_query(u, q->left);
		use_query(u, q->right);
		return;
	}
	for (size_t i = 0; i < q->nfrom; i++)
		use_from(u, q->from[i]);
	for (size_t i = 0; i < q->ntargets; i++)
		sql_expr_walk(q->targets[i].expr, use_expr, u);
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (alone[i])
			sql_expr_walk(alone[i], use_expr, u);
	for (size_t i = 0; i < q->nvalues; i++)
		for (size_t k = 0; k < q->nvisible; k++)
			sql_expr_walk(q->values[i][k], use_expr, u);
}

bool sql_compile_query(struct sql_session *s, PgQuery__Node *query, struct arena *a, struct sql_compiled_query *out)
{
	struct sql_analyser an;
	PgQuery__Node *copy = copy_tree(query, a);

	*out = (struct sql_compiled_query){ 0 };
	sql_analyser_init(&an, s, s->text, a);
	an.rewrite = true;
	struct sql_query *q = copy ? sql_analyse_subquery(&an, copy) : NULL;
	if (!q)
		return false;
	out->columns = ARENA_ARRAY(a, struct sql_column, q->nvisible + 1);
	out->ncolumns = q->nvisible;
	for (size_t i = 0; i < q->nvisible; i++)
		out->columns[i] = (struct sql_column){ .name = slice_str(q->targets[i].name), .oid = q->targets[i].expr->type,
			.typmod = q->targets[i].expr->typmod, .typlen = sql_type_of(&an, q->targets[i].expr->type)->len,
			.table_oid = q->targets[i].table_oid, .attnum = q->targets[i].attnum };
	out->text = sql_deparse(copy, a);
	out->relations = an.relations;
	out->nrelations = an.nrelations;
	struct using u = { .a = a };
	use_query(&u, q);
	out->used = u.list;
	out->nused = u.n;
	return true;
}

bool sql_run_query(struct sql_session *s, PgQuery__Node *query, const char *text, struct arena *a,
		   bool (*row)(void *of, const struct sql_datum *values, size_t count), void *of)
{
	struct sql_plan plan = { 0 };
	struct sql_result rows = { 0 };
	struct slice before = s->text;

	struct sql_parsed parsed;

	if (!query) {
		if (!sql_parse(&s->engine->env, slice_str(text), a, &parsed) || parsed.count != 1)
			return false;
		query = parsed.statements[0];
		text = parsed.text;
	}
	if (text)
		s->text = slice_str(text);
	/* EXECUTE of CREATE TABLE AS */
	bool ok;
	if (query->node_case == AST(EXECUTE_STMT)) {
		ok = sql_execute_into(s, query->execute_stmt, a, &rows);
	} else {
		ok = sql_plan_make(s, s->text, query, NULL, 0, a, &plan);
		struct sql_datum *binds = ok ? sql_run_binds(s, &plan, NULL, 0, a) : NULL;
		ok = binds && sql_run_plan(s, &plan, binds, a, &rows);
		sql_plan_release(&plan);
	}
	s->text = before;
	for (size_t i = 0; ok && i < rows.nrows; i++)
		ok = row(of, rows.cells + i * rows.ncolumns, rows.ncolumns);
	return ok;
}

/* ---- domains ---- */

/* A domain's CHECK over VALUE, as SQLite runs it. */
static bool check_one(sqlite3_context *ctx, struct sql_session *s, const struct sql_type *domain, const struct sql_constraint *c, sqlite3_value *v,
		      bool *holds)
{
	struct sql_attribute value = { .name = "value", .number = 1, .type = domain->base, .typmod = domain->basemod };
	struct sql_relation rel = { .name = domain->name, .columns = &value, .ncolumns = 1 };
	struct sql_compiled made;
	struct arena a;
	sqlite3_stmt *st = NULL;
	bool ok;

	(void)ctx;
	*holds = true;
	arena_init(&a);
	ok = sql_compile_text(s, &rel, c->expr, SQL_FOR_CHECK, T_BOOL, -1, NULL, &a, &made);
	if (ok) {
		struct slice text = arena_printf(&a, "SELECT %.*s", SLICE_ARG(made.expr));

		ok = sqlite3_prepare_v2(s->engine->db, text.ptr, -1, &st, NULL) == SQLITE_OK;
		if (ok) {
			sqlite3_bind_value(st, 1, v);
			ok = sqlite3_step(st) == SQLITE_ROW;
			*holds = ok && (sqlite3_column_type(st, 0) == SQLITE_NULL || sqlite3_column_int(st, 0));
		}
		sqlite3_finalize(st);
		if (!ok && !s->engine->env.error)
			sql_raise_env(&s->engine->env, "XX000", "%s", sqlite3_errmsg(s->engine->db));
	}
	arena_release(&a);
	return ok;
}

/* The chain of domains below a type, itself first. */
static size_t domains_below(struct sql_session *s, uint32_t oid, const struct sql_type **chain, size_t max)
{
	size_t n = 0;

	for (const struct sql_type *t = sql_catalog_type_oid(s, oid); n < max && t && t->kind == 'd'; t = sql_catalog_type_oid(s, t->base))
		chain[n++] = t;
	return n;
}

/* Says the type that was asked for, whichever domain below it says no; the innermost is asked first. */
void sql_domain_check(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_session *s = sql_env_of(ctx)->session;
	const struct sql_type *chain[32];
	size_t depth = domains_below(s, (uint32_t)sqlite3_value_int64(argv[0]), chain, 32);

	(void)argc;
	for (size_t k = 0; k < depth && sqlite3_value_type(argv[1]) == SQLITE_NULL; k++)
		if (chain[k]->notnull) {
			struct sql_error *e = sql_raise(ctx, "23502", "domain %s does not allow null values", chain[0]->name);

			e->schema = slice_str(chain[0]->schema);
			e->datatype = slice_str(chain[0]->name);
			return;
		}
	for (size_t k = depth; k-- > 0;) {
		const struct sql_type *t = chain[k];
		size_t n = 0;
		const struct sql_constraint *checks = sql_catalog_domain_checks(s, t->oid, &n);

		for (size_t i = 0; i < n; i++) {
			bool holds;

			if (!check_one(ctx, s, t, checks + i, argv[1], &holds)) {
				sqlite3_result_error(ctx, "raised", -1);
				return;
			}
			if (!holds) {
				struct sql_error *e = sql_raise(ctx, "23514", "value for domain %s violates check constraint \"%s\"", chain[0]->name,
								checks[i].name);

				e->schema = slice_str(chain[0]->schema);
				e->datatype = slice_str(chain[0]->name);
				e->constraint = slice_str(checks[i].name);
				return;
			}
		}
	}
	sqlite3_result_value(ctx, argv[1]);
}

const char *sql_current_schema(struct sql_session *s)
{
	const uint32_t *path;
	size_t n = sql_catalog_path(s, &path);

	for (size_t i = 0; i < n; i++) {
		const char *name = sql_catalog_schema_name(s, path[i]);

		/* what is searched without being named does not count */
		if (name && strcmp(name, "pg_catalog") != 0 && strncmp(name, "pg_temp", 7) != 0)
			return name;
	}
	return NULL;
}
