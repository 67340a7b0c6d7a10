/*
 * What a writing statement gives its columns: values by assignment, DEFAULT, parts
 * of a column (a[1], a.b), the list after SET.
 *
 * Source: parse_target.c, analyze.c, rewriteTargetListIU of PostgreSQL 15.
 */
#include "service/pg/sql/analyse_write.h"

#include "service/pg/sql/store.h"

const struct sql_attribute *sql_attribute_named(const struct sql_relation *rel, const char *name)
{
	for (size_t i = 0; i < rel->ncolumns; i++)
		if (!rel->columns[i].dropped && strcmp(rel->columns[i].name, name) == 0)
			return rel->columns + i;
	return NULL;
}

const struct sql_attribute *sql_target_column(struct sql_analyser *an, const struct sql_relation *rel, const PgQuery__ResTarget *t)
{
	static const char *const system[] = { "ctid", "xmin", "cmin", "xmax", "cmax", "tableoid" };
	const struct sql_attribute *c = sql_attribute_named(rel, t->name);

	for (size_t i = 0; !c && i < sizeof(system) / sizeof(system[0]) && rel->kind != 'v'; i++)
		if (strcmp(system[i], t->name) == 0)
			return sql_wrong(an, t->location, "0A000", "cannot assign to system column \"%s\"", t->name);
	if (!c)
		return sql_wrong(an, t->location, "42703", "column \"%s\" of relation \"%s\" does not exist", t->name, rel->name);
	return c;
}

/* ---- a part of a column ---- */

struct part {
	struct sql_analyser *an;
	const struct sql_attribute *column;
	PgQuery__Node **items;
	size_t n;
	int location;
	struct sql_expr *value;
};

static struct sql_expr *coerce_part(struct part *p, uint32_t type, int32_t typmod, const char *field, struct sql_expr *value)
{
	struct sql_expr *x = sql_coerce_to(p->an, value, type, typmod, SQL_ASSIGNMENT, value->location);

	if (x || p->an->env->error)
		return x;
	if (field)
		sql_wrong(p->an, p->location, "42804", "subfield \"%s\" is of type %s but expression is of type %s", field,
			  sql_type_words(p->an, type), sql_type_words(p->an, value->type));
	else
		sql_wrong(p->an, p->location, "42804", "subscripted assignment to \"%s\" requires type %s but expression is of type %s",
			  p->column->name, sql_type_words(p->an, type), sql_type_words(p->an, value->type));
	return sql_wrong_hint(p->an, "You will need to rewrite or cast the expression.");
}

/* `container` with the value at items[at ..]. */
static struct sql_expr *put(struct part *p, struct sql_expr *container, size_t at)
{
	struct sql_analyser *an = p->an;
	size_t n = 0;

	while (at + n < p->n && p->items[at + n]->node_case == AST(A_INDICES))
		n++;
	if (n) {
		struct sql_expr *read = sql_analyse_subscripts(an, container, p->items + at, n), *value;

		if (!read)
			return NULL;
		if (at + n < p->n)
			value = put(p, read, at + n);
		else
			value = coerce_part(p, read->type, read->typmod, NULL, p->value);
		if (!value)
			return NULL;
		struct sql_expr *x = sql_expr_new(an, SQL_X_PUT, sql_base_type(an, container->type), p->location);
		x->args = ARENA_ARRAY(an->arena, struct sql_expr *, read->nargs + 2);
		x->args[0] = container;
		x->args[1] = value;
		memcpy(x->args + 2, read->args + 1, (read->nargs - 1) * sizeof(*x->args));
		x->nargs = read->nargs + 1;
		x->negated = read->negated;
		x->number = read->number;
		x->typmod = container->typmod;
		return x->type == container->type ? x : sql_coerce_to(an, x, container->type, container->typmod, SQL_ASSIGNMENT, -1);
	}
	const char *name = sql_ast_string(p->items[at]);
	uint32_t base = sql_base_type(an, container->type);
	size_t nfields = 0, k = 0;
	const struct sql_field *fields = sql_type_of(an, base)->kind == 'c' ? an->env->fields(an->env, base, &nfields) : NULL;

	if (!name)
		return sql_wrong(an, p->location, "0A000", "row expansion via \"*\" is not supported here");
	if (!fields)
		return sql_wrong(an, p->location, "42804", "cannot assign to field \"%s\" of column \"%s\" because its type %s is not a composite type",
				 name, p->column->name, sql_type_words(an, container->type));
	while (k < nfields && strcmp(fields[k].name, name) != 0)
		k++;
	if (k == nfields)
		return sql_wrong(an, p->location, "42703", "cannot assign to field \"%s\" of column \"%s\" because there is no such column in data type %s",
				 name, p->column->name, sql_type_words(an, container->type));
	struct sql_expr *value;
	if (at + 1 < p->n) {
		struct sql_expr *read = sql_expr_args(an, SQL_X_FIELD, fields[k].type, p->location, 1, container);

		read->number = (int)k + 1;
		read->typmod = fields[k].typmod;
		value = put(p, read, at + 1);
	} else {
		value = coerce_part(p, fields[k].type, fields[k].typmod, name, p->value);
	}
	if (!value)
		return NULL;
	struct sql_expr *x = sql_expr_args(an, SQL_X_PUTFIELD, base, p->location, 2, container, value);
	x->number = (int)k + 1;
	return base == container->type ? x : sql_coerce_to(an, x, container->type, container->typmod, SQL_ASSIGNMENT, -1);
}

struct sql_expr *sql_assign(struct sql_analyser *an, const struct sql_attribute *c, const PgQuery__ResTarget *t, struct sql_expr *container,
			    struct sql_expr *e)
{
	if (t && t->n_indirection) {
		struct part p = { .an = an, .column = c, .items = t->indirection, .n = t->n_indirection, .location = t->location, .value = e };

		if (e->kind == SQL_X_DEFAULT)
			return sql_wrong(an, t->location, "0A000", "cannot set %s to DEFAULT",
					 t->indirection[0]->node_case == AST(A_INDICES) ? "an array element" : "a subfield");
		return put(&p, container, 0);
	}
	if (e->kind == SQL_X_DEFAULT)
		return e;
	struct sql_expr *x = sql_coerce_to(an, e, c->type, c->typmod, SQL_ASSIGNMENT, e->location);

	if (x || an->env->error)
		return x;
	sql_wrong(an, e->location, "42804", "column \"%s\" is of type %s but expression is of type %s", c->name, sql_type_words(an, c->type),
		  sql_type_words(an, e->type));
	return sql_wrong_hint(an, "You will need to rewrite or cast the expression.");
}

/* ---- DEFAULT ---- */

static const struct sql_attribute *table_column(const struct sql_write_query *w, int16_t number)
{
	if (!w->view)
		return w->target->relation->columns + number - 1;
	int16_t base = w->view->columns ? w->view->columns[number - 1].base : 0;
	return base ? w->view->base->relation->columns + base - 1 : NULL;
}

static struct sql_expr *next_of_identity(struct sql_analyser *an, const struct sql_relation *rel, const struct sql_attribute *c)
{
	int64_t sequence = sql_cat_int(an->session->engine->store,
				       "SELECT objid FROM pg_depend WHERE refclassid = 1259 AND refobjid = ?1 AND refobjsubid = ?2 "
				       "AND classid = 1259 AND deptype = 'i'",
				       "ii", (int64_t)rel->oid, (int64_t)c->number);
	PgQuery__Node *n = sql_parse_expr(an->env, arena_printf(an->arena, "nextval(%lld::oid::regclass)", (long long)sequence), an->arena);

	return n ? sql_analyse_expr(an, n) : NULL;
}

struct sql_expr *sql_default_of(struct sql_analyser *an, const struct sql_write_query *w, int16_t number)
{
	const struct sql_attribute *named = w->target->relation->columns + number - 1, *c = table_column(w, number);
	const char *text = w->view && w->view->columns ? w->view->columns[number - 1].fallback : NULL;
	/* an UPDATE sets what the view itself says, and no more */
	if (w->view && w->kind != 'i') {
		text = named->fallback;
		c = NULL;
	}
	bool before = an->no_positions;
	struct sql_expr *e;

	if (!text && c && !c->generated)
		text = c->fallback;
	if (!text && c && !c->identity && !c->generated)
		text = sql_catalog_domain_default(an->session, c->type);
	if (!text && !(c && c->identity))
		return sql_coerce_to(an, sql_null(an, T_UNKNOWN), named->type, named->typmod, SQL_ASSIGNMENT, -1);
	an->no_positions = true;
	if (text) {
		PgQuery__Node *n = sql_parse_expr(an->env, slice_str(text), an->arena);
		e = n ? sql_analyse_expr(an, n) : NULL;
	} else {
		e = next_of_identity(an, (w->view ? w->view->base : w->target)->relation, c);
	}
	e = e ? sql_coerce_to(an, e, named->type, named->typmod, SQL_ASSIGNMENT, -1) : NULL;
	an->no_positions = before;
	return e;
}

bool sql_may_write(struct sql_analyser *an, const struct sql_write_query *w, int16_t number, char overriding, bool update)
{
	const struct sql_attribute *c = table_column(w, number);
	const char *words = update ? "column \"%s\" can only be updated to DEFAULT" : "cannot insert a non-DEFAULT value into column \"%s\"";

	if (c && c->generated) {
		sql_wrong(an, -1, "428C9", words, c->name);
		sql_wrong_detail(an, "Column \"%s\" is a generated column.", c->name);
		return false;
	}
	if (c && c->identity == 'a' && overriding == 0) {
		sql_wrong(an, -1, "428C9", words, c->name);
		sql_wrong_detail(an, "Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c->name);
		if (!update)
			sql_wrong_hint(an, "Use OVERRIDING SYSTEM VALUE to override.");
		return false;
	}
	return true;
}

/* ---- SET ---- */

struct multi {
	struct sql_query *query; /* of (a, b) = (SELECT ...) */
};

static struct sql_expr *set_value(struct sql_analyser *an, PgQuery__Node *n)
{
	if (n->node_case == AST(SET_TO_DEFAULT))
		return sql_expr_new(an, SQL_X_DEFAULT, T_UNKNOWN, n->set_to_default->location);
	return sql_analyse_clause(an, n, SQL_IN_SET);
}

static struct sql_expr *multi_value(struct sql_analyser *an, const PgQuery__ResTarget *t, struct multi *many)
{
	const PgQuery__MultiAssignRef *m = t->val->multi_assign_ref;
	const PgQuery__Node *from = m->source;

	if (from->node_case == AST(ROW_EXPR)) {
		if (from->row_expr->n_args != (size_t)m->ncolumns)
			return sql_wrong(an, from->row_expr->location, "42601", "number of columns does not match number of values");
		return set_value(an, from->row_expr->args[m->colno - 1]);
	}
	if (from->node_case != AST(SUB_LINK)) {
		sql_wrong(an, sql_location_of(from), "0A000", "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression");
		return NULL;
	}
	/* libpg_query gives each column a copy of the source: the first one counts */
	if (m->colno == 1)
		many->query = sql_analyse_subquery(an, from->sub_link->subselect);
	if (!many->query)
		return NULL;
	if (many->query->nvisible != (size_t)m->ncolumns)
		return sql_wrong(an, from->sub_link->location, "42601", "number of columns does not match number of values");
	struct sql_expr *e = sql_expr_new(an, SQL_X_MULTI, many->query->targets[m->colno - 1].expr->type, t->location);
	e->query = many->query;
	e->number = m->colno;
	return e;
}

bool sql_set_list(struct sql_analyser *an, struct sql_rte *target, PgQuery__Node **list, size_t n, int16_t **columns, struct sql_expr ***set,
		  size_t *count)
{
	const struct sql_relation *rel = target->relation;
	bool *part = ARENA_ARRAY(an->arena, bool, n + 1);
	struct sql_expr **values = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	struct multi many = { 0 };

	*columns = ARENA_ARRAY(an->arena, int16_t, n + 1);
	*set = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	for (size_t i = 0; i < n; i++) {
		const PgQuery__ResTarget *t = list[i]->res_target;

		values[i] = t->val->node_case == AST(MULTI_ASSIGN_REF) ? multi_value(an, t, &many) : set_value(an, t->val);
		if (!values[i])
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		const PgQuery__ResTarget *t = list[i]->res_target;
		const struct sql_attribute *c = sql_target_column(an, rel, t);
		size_t k = 0;

		if (!c)
			return false;
		while (k < *count && (*columns)[k] != c->number)
			k++;
		if (k < *count && (!part[k] || !t->n_indirection))
			return sql_wrong(an, -1, "42601", "multiple assignments to same column \"%s\"", c->name) != NULL;
		struct sql_expr *e = sql_assign(an, c, t, k < *count ? (*set)[k] : t->n_indirection ? sql_column_expr(an, target, c->number, t->location) : NULL,
						values[i]);
		if (!e)
			return false;
		part[k] = t->n_indirection > 0;
		(*columns)[k] = c->number;
		(*set)[k] = e;
		*count += k == *count;
	}
	return true;
}

bool sql_set_settle(struct sql_analyser *an, const struct sql_write_query *w, const int16_t *columns, struct sql_expr **set, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (set[i]->kind != SQL_X_DEFAULT && !sql_may_write(an, w, columns[i], 0, true))
			return false;
		if (set[i]->kind == SQL_X_DEFAULT && !(set[i] = sql_default_of(an, w, columns[i])))
			return false;
	}
	return true;
}
