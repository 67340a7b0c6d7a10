/*
 * Queries as PostgreSQL prints them in pg_get_viewdef: clause by clause, on lines
 * of their own. Expressions are deparse_expr.c's.
 *
 * Source: get_query_def, get_from_clause_item, appendContextKeyword of ruleutils.c.
 */
#include "service/pg/sql/deparse_inside.h"
#include "service/pg/sql/compile.h"
#include "service/pg/sql/lower.h"
#include "service/pg/sql/sysfunc.h"

static void text(struct deparse *d, const char *s)
{
	buf_add_str(d->out, s);
}

static void drop_blanks(struct deparse *d)
{
	while (d->out->len && d->out->ptr[d->out->len - 1] == ' ')
		buf_cut(d->out, d->out->len - 1);
}

void deparse_word(struct deparse *d, const char *word, int before, int after, int plus)
{
	if (!d->lines) {
		text(d, word);
		return;
	}
	d->indent += before;
	drop_blanks(d);
	text(d, "\n");
	int n = d->indent < 0 ? 0 : d->indent;
	if (n >= INDENT_LIMIT)
		n = (INDENT_LIMIT + (n - INDENT_LIMIT) / (INDENT_STEP / 2)) % INDENT_LIMIT;
	for (n += plus; n > 0; n--)
		text(d, " ");
	text(d, word);
	d->indent += after;
	if (d->indent < 0)
		d->indent = 0;
}

/* ---- FROM ---- */

static void relation_name(struct deparse *d, const struct sql_relation *rel)
{
	const struct sql_deparse_renamed *n = d->renamed;
	bool moves = n && !n->column && n->relation == rel->oid;

	if (!d->whole_names) {
		sql_relation_print(d->s, rel, d->out);
		return;
	}
	deparse_name(d, moves && n->schema ? n->schema : rel->schema);
	text(d, ".");
	deparse_name(d, moves && n->name ? n->name : rel->name);
}

static void column_list(struct deparse *d, const struct sql_rte *rte)
{
	const char *between = "(";

	for (size_t i = 0; i < rte->ncolumns; i++) {
		if (rte->columns[i].hidden)
			continue;
		text(d, between);
		deparse_name(d, rte->columns[i].name);
		between = ", ";
	}
	text(d, rte->ncolumns ? ")" : "");
}

static bool renames_columns(const struct sql_rte *rte)
{
	const struct sql_relation *rel = rte->relation;

	for (size_t i = 0; rel && i < rte->ncolumns && i < rel->ncolumns; i++)
		if (!rte->columns[i].hidden && strcmp(rte->columns[i].name, rel->columns[i].name) != 0)
			return true;
	for (size_t i = 0; !rel && rte->kind == SQL_RTE_QUERY && i < rte->ncolumns && i < rte->query->nvisible; i++)
		if (strcmp(rte->columns[i].name, rte->query->targets[i].name) != 0)
			return true;
	for (size_t i = 0; rte->kind == SQL_RTE_CTE && i < rte->ncolumns && i < rte->cte->ncolumns; i++)
		if (strcmp(rte->columns[i].name, rte->cte->columns[i].name) != 0)
			return true;
	return false;
}

static void alias(struct deparse *d, const char *name)
{
	text(d, " ");
	deparse_name(d, name);
}

static void leaf(struct deparse *d, const struct sql_rte *rte)
{
	if (rte->lateral && rte->kind != SQL_RTE_FUNCTION)
		text(d, "LATERAL ");
	if (rte->relation) {
		const struct sql_deparse_renamed *n = d->renamed;
		const char *name = n && n->relation == rte->relation->oid && !n->column && n->name ? n->name : rte->relation->name;

		relation_name(d, rte->relation);
		/* what it is called by elsewhere in the text; see deparse_column */
		if (strcmp(rte->name, rte->relation->name) != 0)
			alias(d, rte->name);
		else
			(void)name;
	} else if (rte->kind == SQL_RTE_CTE) {
		deparse_name(d, rte->cte->name);
		if (strcmp(rte->name, rte->cte->name) != 0)
			alias(d, rte->name);
	} else if (rte->kind == SQL_RTE_QUERY) {
		text(d, "(");
		deparse_query(d, rte->query, NULL, true);
		text(d, ")");
		if (rte->name)
			alias(d, rte->name);
	} else if (rte->kind == SQL_RTE_FUNCTION) {
		text(d, rte->nfunctions > 1 ? "ROWS FROM(" : "");
		for (size_t i = 0; i < rte->nfunctions; i++) {
			text(d, i ? ", " : "");
			deparse_expr(d, rte->functions[i].call, true);
		}
		text(d, rte->nfunctions > 1 ? ")" : "");
		text(d, rte->ordinality ? " WITH ORDINALITY" : "");
		if (rte->name)
			alias(d, rte->name);
		if (rte->nfunctions == 1 && rte->functions[0].defined) {
			text(d, "(");
			for (size_t i = 0; i < rte->functions[0].ncolumns; i++) {
				text(d, i ? ", " : "");
				deparse_name(d, rte->columns[i].name);
				text(d, " ");
				sql_type_format(d->an->env, rte->columns[i].type, rte->columns[i].typmod, d->out);
			}
			text(d, ")");
			return;
		}
		column_list(d, rte);
		return;
	}
	if (renames_columns(rte))
		column_list(d, rte);
}

static void from_item(struct deparse *d, const struct sql_from *f)
{
	static const char *const words[] = { [SQL_JOIN_INNER] = " JOIN ", [SQL_JOIN_LEFT] = " LEFT JOIN ", [SQL_JOIN_RIGHT] = " RIGHT JOIN ",
		[SQL_JOIN_FULL] = " FULL JOIN ", [SQL_JOIN_CROSS] = " CROSS JOIN " };

	if (!f->left) {
		leaf(d, f->rte);
		return;
	}
	bool named = f->rte && f->rte->name, right = !d->parens && f->right->left && !(f->right->rte && f->right->rte->name);
	text(d, d->parens || named ? "(" : "");
	from_item(d, f->left);
	deparse_word(d, words[f->join], -INDENT_STEP, INDENT_STEP, INDENT_JOIN);
	text(d, right ? "(" : "");
	from_item(d, f->right);
	text(d, right ? ")" : "");
	if (f->nusing) {
		for (size_t i = 0; i < f->nusing; i++) {
			text(d, i ? ", " : " USING (");
			deparse_name(d, f->using[i]);
		}
		text(d, ")");
	} else if (f->on) {
		text(d, d->parens ? " ON (" : " ON ");
		deparse_expr(d, f->on, false);
		text(d, d->parens ? ")" : "");
	} else if (f->join != SQL_JOIN_CROSS && f->join != SQL_JOIN_INNER) {
		text(d, " ON TRUE");
	}
	text(d, d->parens || named ? ")" : "");
	if (named)
		alias(d, f->rte->name);
}

/* A part that is written for itself first: whether it begins with a line decides where it goes. */
static void wrapped(struct deparse *d, struct buf *part, struct buf *whole, bool wrap, int plus)
{
	d->out = whole;
	if (d->lines && part->len && part->ptr[0] == '\n')
		drop_blanks(d);
	else if (d->lines && wrap)
		deparse_word(d, "", -INDENT_STEP, INDENT_STEP, plus);
	buf_add_slice(d->out, buf_slice(part));
	buf_release(part);
}

static void from(struct deparse *d, const struct sql_query *q)
{
	struct buf *whole = d->out;

	for (size_t i = 0; i < q->nfrom; i++) {
		struct buf part;

		if (!i) {
			deparse_word(d, " FROM ", -INDENT_STEP, INDENT_STEP, 2);
			from_item(d, q->from[i]);
			continue;
		}
		text(d, ", ");
		buf_init(&part, SQL_TEXT_MAX);
		d->out = &part;
		from_item(d, q->from[i]);
		wrapped(d, &part, whole, true, INDENT_FIELD);
	}
}

/* ---- SELECT ---- */

static void targets(struct deparse *d, const struct sql_query *q, const struct sql_relation *view, bool names)
{
	struct buf *whole = d->out;
	bool several = false; /* the one before took more than one line */

	for (size_t i = 0; i < q->nvisible; i++) {
		const struct sql_target *t = q->targets + i;
		const char *shown = names ? NULL : "?column?", *wanted = view && i < view->ncolumns ? view->columns[i].name : t->name;
		struct buf part;

		text(d, i ? ", " : " ");
		buf_init(&part, SQL_TEXT_MAX);
		d->out = &part;
		if (view && d->renamed && d->renamed->relation == view->oid && d->renamed->column == (int16_t)(i + 1))
			wanted = d->renamed->name;
		deparse_expr(d, t->expr, true);
		if (t->expr->kind == SQL_X_COLUMN)
			shown = deparse_column_name(d, t->expr->rte, t->expr->number);
		if (t->expr->kind == SQL_X_ROWOF) {
			text(d, "::");
			sql_type_format(d->an->env, t->expr->type, -1, d->out);
		}
		if (wanted && (!shown || strcmp(shown, wanted) != 0)) {
			text(d, " AS ");
			deparse_name(d, wanted);
		}
		bool breaks = part.len && memchr(part.ptr + (part.ptr[0] == '\n'), '\n', part.len - (part.ptr[0] == '\n'));
		wrapped(d, &part, whole, i > 0, INDENT_FIELD);
		several = breaks;
	}
	(void)several;
}

static void values(struct deparse *d, const struct sql_query *q)
{
	text(d, "VALUES ");
	for (size_t i = 0; i < q->nvalues; i++) {
		text(d, i ? ", (" : "(");
		for (size_t k = 0; k < q->nvisible; k++) {
			text(d, k ? "," : "");
			deparse_expr(d, q->values[i][k], false);
		}
		text(d, ")");
	}
}

static void one(struct deparse *d, const struct sql_expr *e)
{
	struct sql_sort alone = { .expr = (struct sql_expr *)(uintptr_t)e };

	deparse_sort(d, &alone, 1, NULL);
}

static void group_by(struct deparse *d, const struct sql_query *q)
{
	if (!q->ngroup && !q->nsets)
		return;
	deparse_word(d, " GROUP BY ", -INDENT_STEP, INDENT_STEP, 1);
	if (!q->sets) {
		for (size_t i = 0; i < q->ngroup; i++) {
			text(d, i ? ", " : "");
			one(d, q->group[i]);
		}
		return;
	}
	text(d, "GROUPING SETS (");
	for (size_t k = 0; k < q->nsets; k++) {
		const char *between = "(";

		text(d, k ? ", " : "");
		for (size_t i = 0; i < q->ngroup; i++)
			if (q->sets[k][0] >> i & 1) {
				text(d, between);
				one(d, q->group[i]);
				between = ", ";
			}
		text(d, between[0] == '(' ? "()" : ")");
	}
	text(d, ")");
}

static void basic(struct deparse *d, const struct sql_query *q, const struct sql_relation *view, bool names)
{
	if (d->lines) {
		d->indent += INDENT_STEP;
		text(d, " ");
	}
	if (q->nvalues) {
		values(d, q);
		return;
	}
	text(d, "SELECT");
	if (q->distinct)
		text(d, " DISTINCT");
	for (size_t i = 0; i < q->ndistinct_on; i++) {
		text(d, i ? ", " : " DISTINCT ON (");
		one(d, q->distinct_on[i]);
	}
	text(d, q->ndistinct_on ? ")" : "");
	targets(d, q, view, names);
	from(d, q);
	if (q->where) {
		deparse_word(d, " WHERE ", -INDENT_STEP, INDENT_STEP, 1);
		deparse_expr(d, q->where, false);
	}
	group_by(d, q);
	if (q->having) {
		deparse_word(d, " HAVING ", -INDENT_STEP, INDENT_STEP, 0);
		deparse_expr(d, q->having, false);
	}
}

/* ---- UNION and its kin ---- */

static void set_operation(struct deparse *d, const struct sql_query *q, const struct sql_relation *view, bool names, bool top)
{
	static const char *const words[] = { "", "UNION ", "INTERSECT ", "EXCEPT " };

	if (q->setop == SQL_SET_NONE || (!top && (q->nsort || q->limit || q->offset || q->nctes))) {
		bool parens = q->nctes || q->nsort || q->nlocks || q->limit || q->offset;

		text(d, parens ? "(" : "");
		deparse_query(d, q, view, names);
		text(d, parens ? ")" : "");
		return;
	}
	bool left = q->left->setop != SQL_SET_NONE && (q->left->setop != q->setop || q->left->setop_all != q->setop_all);
	bool right = q->right->setop != SQL_SET_NONE;
	if (left) {
		text(d, "(");
		deparse_word(d, "", INDENT_STEP, 0, 0);
	}
	set_operation(d, q->left, view, names, false);
	if (left)
		deparse_word(d, ") ", -INDENT_STEP, 0, 0);
	else if (d->lines)
		deparse_word(d, "", 0, 0, 0);
	else
		text(d, " ");
	text(d, words[q->setop]);
	text(d, q->setop_all ? "ALL " : "");
	text(d, right ? "(" : "");
	deparse_word(d, "", right ? INDENT_STEP : 0, 0, 0);
	set_operation(d, q->right, view, names, false);
	if (d->lines && right)
		d->indent -= INDENT_STEP;
	if (right)
		deparse_word(d, ")", 0, 0, 0);
}

/* ---- a query ---- */

static void with(struct deparse *d, const struct sql_query *q)
{
	if (!q->nctes)
		return;
	if (d->lines) {
		d->indent += INDENT_STEP;
		text(d, " ");
	}
	for (size_t i = 0; i < q->nctes; i++) {
		const struct sql_cte *c = q->ctes[i];
		const PgQuery__CommonTableExpr *ast = c->ast;

		text(d, i ? ", " : q->recursive ? "WITH RECURSIVE " : "WITH ");
		deparse_name(d, c->name);
		for (size_t k = 0; ast && k < ast->n_aliascolnames; k++) {
			text(d, k ? ", " : "(");
			deparse_name(d, sql_ast_string(ast->aliascolnames[k]));
		}
		text(d, ast && ast->n_aliascolnames ? ") AS " : " AS ");
		if (ast)
			text(d, ast->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeAlways ? "MATERIALIZED " :
				ast->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeNever  ? "NOT MATERIALIZED " : "");
		text(d, "(");
		if (d->lines)
			deparse_word(d, "", 0, 0, 0);
		if (c->query)
			deparse_query(d, c->query, NULL, true);
		if (d->lines)
			deparse_word(d, "", 0, 0, 0);
		text(d, ")");
	}
	if (d->lines) {
		d->indent -= INDENT_STEP;
		deparse_word(d, "", 0, 0, 0);
	} else {
		text(d, " ");
	}
}

static void locks(struct deparse *d, const struct sql_query *q)
{
	for (size_t i = 0; i < q->nlocks; i++) {
		const struct sql_lock *l = q->locks + i;

		deparse_word(d, l->strength == 'u' ? " FOR UPDATE" : l->strength == 'n' ? " FOR NO KEY UPDATE" : l->strength == 's' ? " FOR SHARE" : " FOR KEY SHARE",
			     -INDENT_STEP, INDENT_STEP, 0);
		for (size_t k = 0; k < l->nrtes; k++) {
			text(d, k ? ", " : " OF ");
			deparse_name(d, l->rtes[k]->name);
		}
		text(d, l->wait == 's' ? " SKIP LOCKED" : l->wait == 'n' ? " NOWAIT" : "");
	}
}

void deparse_query(struct deparse *d, const struct sql_query *q, const struct sql_relation *view, bool names)
{
	bool prefixed = d->prefixed, set = q->setop != SQL_SET_NONE;
	int indent = d->indent;

	d->prefixed = true;
	with(d, q);
	if (set)
		set_operation(d, q, view, names, true);
	else
		basic(d, q, view, names);
	if (q->nsort) {
		deparse_word(d, " ORDER BY ", -INDENT_STEP, INDENT_STEP, 1);
		deparse_sort(d, q->sort, q->nsort, set ? q : NULL);
	}
	if (q->offset) {
		deparse_word(d, " OFFSET ", -INDENT_STEP, INDENT_STEP, 0);
		deparse_expr(d, q->offset, false);
	}
	if (q->limit && q->with_ties) {
		deparse_word(d, " FETCH FIRST ", -INDENT_STEP, INDENT_STEP, 0);
		deparse_expr(d, q->limit, false);
		text(d, " ROWS WITH TIES");
	} else if (q->limit) {
		deparse_word(d, " LIMIT ", -INDENT_STEP, INDENT_STEP, 0);
		if (q->limit->kind == SQL_X_CONST && q->limit->null)
			text(d, "ALL");
		else
			deparse_expr(d, q->limit, false);
	}
	locks(d, q);
	d->indent = indent;
	d->prefixed = prefixed;
}

/* ---- from outside ---- */

static bool view_text(struct sql_session *s, const struct sql_relation *rel, struct deparse *d)
{
	struct sql_analyser an;
	struct sql_parsed parsed;
	struct sql_env *env = &s->engine->env;
	struct sql_error *before = env->error;

	env->error = NULL;
	sql_analyser_init(&an, s, s->text, env->arena);
	an.no_positions = true;
	d->s = s;
	d->an = &an;
	bool ok = rel->view && sql_parse(env, slice_str(rel->view), env->arena, &parsed) && parsed.count == 1;
	const struct sql_query *q = ok ? sql_analyse_subquery(&an, parsed.statements[0]) : NULL;
	if (q)
		deparse_query(d, q, rel, true);
	d->an = NULL; /* it ends with this function */
	ok = q && !env->error;
	env->error = before;
	return ok;
}

struct slice sql_deparse_stored(struct sql_analyser *an, const struct sql_expr *e)
{
	struct buf b;
	struct deparse d = { .s = an->session, .an = an, .out = &b, .parens = true, .whole_names = true };

	buf_init(&b, 1024 * 1024); /* bytes of an expression */
	deparse_expr(&d, e, false);
	struct slice text = buf_failed(&b) || an->env->error ? SLICE_NONE : arena_slice(an->arena, buf_slice(&b));
	buf_release(&b);
	return text;
}

bool sql_deparse_text(struct sql_session *s, const struct sql_relation *rel, const struct sql_type *domain, const char *expr, bool pretty,
		      struct buf *out)
{
	struct sql_attribute value = { .name = "value", .number = 1, .type = domain ? domain->base : 0, .typmod = domain ? domain->basemod : -1 };
	struct sql_relation row = { .name = "value", .columns = &value, .ncolumns = 1 };
	struct sql_analyser an;
	struct sql_env *env = &s->engine->env;
	struct sql_error *before = env->error;
	struct deparse d = { .s = s, .an = &an, .out = out, .parens = !pretty, .lines = true, .domain = domain };
	size_t start = out->len;

	env->error = NULL;
	sql_analyser_init(&an, s, s->text, env->arena);
	an.no_positions = true;
	PgQuery__Node *node = sql_parse_expr(env, slice_str(expr), env->arena);
	const struct sql_expr *e = node ? sql_analyse_over_row(&an, domain ? &row : rel, node) : NULL;
	if (e)
		deparse_expr(&d, e, false);
	if (!e || env->error) {
		buf_cut(out, start);
		buf_add_str(out, expr);
	}
	env->error = before;
	return e && (e->kind == SQL_X_COALESCE || e->kind == SQL_X_GREATEST || e->kind == SQL_X_LEAST || e->kind == SQL_X_NULLIF || e->kind == SQL_X_VALUE ||
		     (e->kind == SQL_X_CALL && !e->operator && !e->form));
}

void sql_deparse_view(struct sql_session *s, const struct sql_relation *rel, bool pretty, struct buf *out)
{
	struct deparse d = { .out = out, .parens = !pretty, .lines = true };
	size_t start = out->len;

	if (view_text(s, rel, &d))
		return;
	buf_cut(out, start);
	buf_addf(out, " %s", rel->view ? rel->view : "");
}

bool sql_deparse_stored_view(struct sql_session *s, const struct sql_relation *rel, const struct sql_deparse_renamed *renamed, struct buf *out)
{
	struct deparse d = { .out = out, .parens = true, .whole_names = true, .renamed = renamed };

	return view_text(s, rel, &d);
}
