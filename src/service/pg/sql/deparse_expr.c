/*
 * Expressions as PostgreSQL prints them: casts as x::type, operators in
 * parentheses, IN as = ANY (ARRAY[...]). Queries are deparse_query.c's.
 *
 * Source: get_rule_expr, isSimpleNode, get_const_expr, get_func_expr of ruleutils.c.
 */
#include "service/pg/sql/deparse_inside.h"
#include "service/pg/sql/sysfunc.h"

void deparse_name(struct deparse *d, const char *name)
{
	sql_name_quote(d->out, slice_str(name ? name : "?"));
}

static void text(struct deparse *d, const char *s)
{
	buf_add_str(d->out, s);
}

static bool is_operator(const struct sql_expr *e)
{
	return e->kind == SQL_X_CALL && e->operator;
}

static bool is_cast(const struct sql_expr *e)
{
	return e->kind == SQL_X_CAST || (e->kind == SQL_X_CALL && e->form && !e->operator && e->nargs);
}

/* '+' and its like; 0: another operator. */
static char arithmetic(const struct sql_expr *e)
{
	const char *name = is_operator(e) && e->nargs == 2 ? e->operator->name : "";

	return strlen(name) == 1 && strchr("+-*/%", name[0]) ? name[0] : 0;
}

static bool is_separated(const struct sql_expr *parent)
{
	switch (parent->kind) {
	case SQL_X_SUBSCRIPT: case SQL_X_ARRAY: case SQL_X_ROW: case SQL_X_COALESCE: case SQL_X_GREATEST: case SQL_X_LEAST:
	case SQL_X_NULLIF: case SQL_X_AGGREGATE: case SQL_X_GROUPING: case SQL_X_WINDOW: case SQL_X_CASE: case SQL_X_SET:
		return true;
	case SQL_X_CALL:
		return !parent->operator && !parent->form && !parent->syntax;
	default:
		return false;
	}
}

/* Whether it needs no parentheses inside of its parent. */
static bool is_simple(const struct sql_expr *e, const struct sql_expr *parent)
{
	bool bools = parent->kind == SQL_X_AND || parent->kind == SQL_X_OR || parent->kind == SQL_X_NOT;

	switch (e->kind) {
	case SQL_X_CAST:
		return e->method == SQL_CAST_MODIFIER || is_simple(e->args[0], e);
	case SQL_X_FIELD:
		return parent->kind != SQL_X_FIELD;
	case SQL_X_CALL: {
		if (!e->operator)
			return true;
		if (!is_operator(parent))
			return bools || is_separated(parent);
		char own = arithmetic(e), outer = arithmetic(parent);
		if (!own || !outer)
			return false;
		bool high = strchr("*/%", own), outer_high = strchr("*/%", outer);
		return high != outer_high ? high : e == parent->args[0];
	}
	case SQL_X_DISTINCT: case SQL_X_ISNULL: case SQL_X_BOOLTEST: case SQL_X_EXISTS: case SQL_X_SCALAR: case SQL_X_ARRAYSUB:
	case SQL_X_ANYSUB: case SQL_X_INSUB:
		return bools || is_separated(parent);
	case SQL_X_AND: case SQL_X_NOT:
		return parent->kind == SQL_X_AND || parent->kind == SQL_X_OR || is_separated(parent);
	case SQL_X_OR:
		return parent->kind == SQL_X_OR || is_separated(parent);
	case SQL_X_INLIST: case SQL_X_INARRAY: case SQL_X_ANYARRAY: case SQL_X_COLLATE:
		return false;
	default:
		return true;
	}
}

static void inner(struct deparse *d, const struct sql_expr *e, bool implicit, const struct sql_expr *parent)
{
	bool needed = !d->parens && !is_simple(e, parent);

	text(d, needed ? "(" : "");
	deparse_expr(d, e, implicit);
	text(d, needed ? ")" : "");
}

static void list(struct deparse *d, struct sql_expr *const *args, size_t n, bool implicit)
{
	for (size_t i = 0; i < n; i++) {
		text(d, i ? ", " : "");
		deparse_expr(d, args[i], implicit);
	}
}

/* ---- columns and constants ---- */

const char *deparse_column_name(const struct deparse *d, const struct sql_rte *rte, int number)
{
	static const char *const system[] = { NULL, "ctid", "xmin", "cmin", "xmax", "cmax", "tableoid" };

	if (number <= 0)
		return number < 0 && number > -7 ? system[-number] : NULL;
	const struct sql_rte_column *c = rte->columns + number - 1;
	const struct sql_relation *rel = rte->relation;
	if (d->renamed && rel && d->renamed->column == number && rel->oid == d->renamed->relation && (size_t)number <= rel->ncolumns &&
	    strcmp(rel->columns[number - 1].name, c->name) == 0)
		return d->renamed->name;
	return c->name;
}

void deparse_column(struct deparse *d, const struct sql_expr *e)
{
	const struct sql_rte *rte = e->rte;

	if (d->domain) {
		text(d, "VALUE");
		return;
	}
	if (rte->kind == SQL_RTE_JOIN && !rte->name && e->number > 0 && rte->columns[e->number - 1].expr &&
	    rte->columns[e->number - 1].expr->kind == SQL_X_COLUMN) {
		deparse_column(d, rte->columns[e->number - 1].expr);
		return;
	}
	if (d->prefixed && rte->name) {
		const struct sql_deparse_renamed *n = d->renamed;

		deparse_name(d, n && !n->column && rte->relation && rte->relation->oid == n->relation && !strcmp(rte->name, rte->relation->name) ?
					n->name : rte->name);
		text(d, ".");
	}
	deparse_name(d, deparse_column_name(d, rte, e->number));
}

static void quoted(struct deparse *d, struct slice s)
{
	bool escape = slice_find(s, '\\') < s.len;

	text(d, escape ? "E'" : "'");
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'' || s.ptr[i] == '\\')
			buf_add_char(d->out, s.ptr[i]);
		buf_add_char(d->out, s.ptr[i]);
	}
	text(d, "'");
}

static void print_type(struct deparse *d, uint32_t type, int32_t typmod)
{
	const struct sql_type *t = sql_type_of(d->an, type), *element = t->element ? sql_type_of(d->an, t->element) : t;

	if (!d->whole_names || !element->schema || !strcmp(element->schema, "pg_catalog")) {
		sql_type_format(d->an->env, type, typmod, d->out);
		return;
	}
	deparse_name(d, element->schema);
	text(d, ".");
	deparse_name(d, element->name);
	text(d, t->element ? "[]" : "");
}

/* A relation's name as regclass, whatever the search path is. */
static bool whole_regclass(struct deparse *d, const struct sql_expr *e, struct sql_datum v, struct buf *b)
{
	const struct sql_relation *rel = d->whole_names && e->type == T_REGCLASS && v.kind == SQL_INT ?
						 sql_catalog_relation_oid(d->s, (uint32_t)v.i) : NULL;

	if (!rel)
		return false;
	sql_name_quote(b, slice_str(rel->schema));
	buf_add_char(b, '.');
	sql_name_quote(b, slice_str(rel->name));
	return true;
}

/* show: -1 without its type, 0 with it where it is needed */
static void constant(struct deparse *d, const struct sql_expr *e, int show)
{
	struct buf b;
	bool label = true;

	if (e->null) {
		text(d, "NULL");
		if (show >= 0) {
			text(d, "::");
			print_type(d, e->type == T_UNKNOWN ? T_TEXT : e->type, e->typmod);
		}
		return;
	}
	struct sql_datum v = e->value;

	buf_init(&b, 16 * 1024 * 1024); /* bytes of a literal */
	/* of a statement's own text its value is not there yet */
	bool known = e->type != T_UNKNOWN && (!e->literal || sql_type_in(d->an->env, e->type, -1, e->text, &v));
	if (!whole_regclass(d, e, v, &b) && (!known || !sql_type_out(d->an->env, e->type, v, &b))) {
		buf_reset(&b);
		buf_add_slice(&b, e->text);
	}
	struct slice s = buf_slice(&b);
	bool digit = s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9';
	switch (e->type) {
	case T_INT4:
		label = !digit;
		break;
	case T_NUMERIC:
		label = !(digit && (slice_find(s, '.') < s.len || slice_find(s, 'e') < s.len)) || e->typmod >= 0;
		break;
	case T_BOOL:
		text(d, slice_eq_str(s, "t") ? "true" : "false");
		buf_release(&b);
		return;
	case T_UNKNOWN:
		label = false;
		break;
	default:
		break;
	}
	if ((e->type == T_INT4 || e->type == T_NUMERIC) && digit && !(label && e->typmod < 0))
		buf_add_slice(d->out, s);
	else
		quoted(d, s);
	if (label && show >= 0) {
		text(d, "::");
		print_type(d, e->type, e->typmod);
	}
	buf_release(&b);
}

/* ---- casts, calls ---- */

static void cast(struct deparse *d, const struct sql_expr *arg, const struct sql_expr *whole)
{
	if (arg->kind == SQL_X_CONST && arg->type == whole->type && arg->typmod < 0) {
		constant(d, arg, -1);
	} else {
		text(d, d->parens ? "(" : "");
		inner(d, arg, false, whole);
		text(d, d->parens ? ")" : "");
	}
	text(d, "::");
	print_type(d, whole->type, whole->typmod);
}

/* CURRENT_TIMESTAMP(3) has its precision in itself. */
static bool value_with_precision(struct deparse *d, const struct sql_expr *e)
{
	if (e->kind != SQL_X_CAST || e->method != SQL_CAST_MODIFIER || e->args[0]->kind != SQL_X_VALUE)
		return false;
	deparse_expr(d, e->args[0], true);
	buf_addf(d->out, "(%d)", e->typmod);
	return true;
}

static void order(struct deparse *d, const struct sql_sort *k)
{
	if (k->descending)
		text(d, k->nulls_first ? " DESC" : " DESC NULLS LAST");
	else if (k->nulls_first)
		text(d, " NULLS FIRST");
}

/* What ORDER BY, GROUP BY and DISTINCT ON stand on; `q` not NULL: numbers of its columns. */
void deparse_sort(struct deparse *d, const struct sql_sort *sort, size_t n, const struct sql_query *q)
{
	for (size_t i = 0; i < n; i++) {
		const struct sql_expr *e = sort[i].expr;
		bool call = (e->kind == SQL_X_CALL && !e->operator) || e->kind == SQL_X_AGGREGATE || e->kind == SQL_X_WINDOW || e->kind == SQL_X_SET;

		text(d, i ? ", " : "");
		if (q && sort[i].target) {
			buf_addf(d->out, "%zu", sort[i].target);
		} else if (e->kind == SQL_X_COLUMN) {
			deparse_expr(d, e, true);
		} else {
			text(d, !d->parens || call ? "(" : "");
			deparse_expr(d, e, true);
			text(d, !d->parens || call ? ")" : "");
		}
		order(d, sort + i);
	}
}

static void window(struct deparse *d, const struct sql_window *w)
{
	static const struct {
		int32_t bit;
		const char *words;
	} ends[2][5] = { { { 0x20, "UNBOUNDED PRECEDING" }, { 0x80, "UNBOUNDED FOLLOWING" }, { 0x200, "CURRENT ROW" }, { 0x800, " PRECEDING" }, { 0x2000, " FOLLOWING" } },
			 { { 0x40, "UNBOUNDED PRECEDING" }, { 0x100, "UNBOUNDED FOLLOWING" }, { 0x400, "CURRENT ROW" }, { 0x1000, " PRECEDING" }, { 0x4000, " FOLLOWING" } } };
	const char *between = "";

	text(d, " OVER (");
	if (w->npartition) {
		text(d, "PARTITION BY ");
		list(d, w->partition, w->npartition, true);
		between = " ";
	}
	if (w->nsort) {
		text(d, between);
		text(d, "ORDER BY ");
		deparse_sort(d, w->sort, w->nsort, NULL);
		between = " ";
	}
	if (w->frame & 1) { /* FRAMEOPTION_NONDEFAULT */
		text(d, between);
		text(d, w->frame & 2 ? "RANGE " : w->frame & 4 ? "ROWS " : "GROUPS ");
		text(d, w->frame & 0x10 ? "BETWEEN " : "");
		for (int end = 0; end < (w->frame & 0x10 ? 2 : 1); end++) {
			text(d, end ? " AND " : "");
			for (size_t i = 0; i < 5; i++) {
				if (!(w->frame & ends[end][i].bit))
					continue;
				if (i > 2 && (end ? w->end : w->start))
					deparse_expr(d, end ? w->end : w->start, false);
				text(d, ends[end][i].words);
			}
		}
		text(d, w->frame & 0x8000 ? " EXCLUDE CURRENT ROW" : w->frame & 0x10000 ? " EXCLUDE GROUP" : w->frame & 0x20000 ? " EXCLUDE TIES" : "");
	}
	text(d, ")");
}

static void arguments(struct deparse *d, const struct sql_expr *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sql_expr *last = e->args[i];

		text(d, i ? ", " : "");
		if (i + 1 < n || !e->proc->variadic || last->kind != SQL_X_ARRAY || e->variadic) {
			text(d, e->variadic && i + 1 == n ? "VARIADIC " : "");
			deparse_expr(d, last, true);
		} else { /* what was gathered into the VARIADIC array */
			list(d, last->args, last->nargs, true);
		}
	}
}

static void aggregate(struct deparse *d, const struct sql_expr *e)
{
	deparse_name(d, e->proc->name);
	text(d, "(");
	text(d, e->distinct ? "DISTINCT " : "");
	if (e->star)
		text(d, "*");
	else
		arguments(d, e, e->ndirect || (e->nsort && e->nargs && e->sort[0].expr == e->args[e->nargs - e->nsort]) ? e->nargs - e->nsort : e->nargs);
	bool within = e->nsort && e->nargs >= e->nsort && e->sort[0].expr == e->args[e->nargs - e->nsort] && e->ndirect + e->nsort == e->nargs;
	if (e->nsort) {
		text(d, within ? ") WITHIN GROUP (ORDER BY " : " ORDER BY ");
		deparse_sort(d, e->sort, e->nsort, NULL);
	}
	text(d, ")");
	if (e->filter) {
		text(d, " FILTER (WHERE ");
		deparse_expr(d, e->filter, false);
		text(d, ")");
	}
	if (e->window)
		window(d, e->window);
}

static void with_words(struct deparse *d, const struct sql_expr *e, const char *before, size_t first, const char *between, size_t second, const char *after)
{
	text(d, before);
	inner(d, e->args[first], false, e);
	text(d, between);
	inner(d, e->args[second], false, e);
	text(d, after);
}

/* Calls that SQL spells with words between their arguments. */
static bool with_syntax(struct deparse *d, const struct sql_expr *e)
{
	const char *name = e->proc->name;

	if (!strcmp(name, "timezone") && e->nargs == 2) {
		with_words(d, e, "(", 1, " AT TIME ZONE ", 0, ")");
	} else if (!strcmp(name, "extract") && e->nargs == 2 && e->args[0]->kind == SQL_X_CONST) {
		struct slice field = e->args[0]->value.kind == SQL_TEXT ? e->args[0]->value.s : e->args[0]->text;

		buf_addf(d->out, "EXTRACT(%.*s FROM ", SLICE_ARG(field));
		deparse_expr(d, e->args[1], false);
		text(d, ")");
	} else if (!strcmp(name, "position") && e->nargs == 2) {
		with_words(d, e, "POSITION(", 1, " IN ", 0, ")");
	} else if (!strcmp(name, "substring") && e->nargs >= 2) {
		with_words(d, e, "SUBSTRING(", 0, " FROM ", 1, "");
		if (e->nargs > 2) {
			text(d, " FOR ");
			inner(d, e->args[2], false, e);
		}
		text(d, ")");
	} else if (!strcmp(name, "overlay") && e->nargs >= 3) {
		with_words(d, e, "OVERLAY(", 0, " PLACING ", 1, " FROM ");
		inner(d, e->args[2], false, e);
		if (e->nargs > 3) {
			text(d, " FOR ");
			inner(d, e->args[3], false, e);
		}
		text(d, ")");
	} else if (!strcmp(name, "btrim") || !strcmp(name, "ltrim") || !strcmp(name, "rtrim")) {
		text(d, name[0] == 'b' ? "TRIM(BOTH" : name[0] == 'l' ? "TRIM(LEADING" : "TRIM(TRAILING");
		if (e->nargs > 1) {
			text(d, " ");
			inner(d, e->args[1], false, e);
		}
		text(d, " FROM ");
		inner(d, e->args[0], false, e);
		text(d, ")");
	} else if (!strcmp(name, "overlaps") && e->nargs == 4) {
		with_words(d, e, "((", 0, ", ", 1, ") OVERLAPS (");
		with_words(d, e, "", 2, ", ", 3, "))");
	} else {
		return false;
	}
	return true;
}

static void call(struct deparse *d, const struct sql_expr *e, bool implicit)
{
	if (e->operator) {
		text(d, d->parens ? "(" : "");
		if (e->nargs > 1) {
			inner(d, e->args[0], true, e);
			text(d, " ");
		}
		text(d, e->operator->name);
		text(d, " ");
		inner(d, e->args[e->nargs - 1], true, e);
		text(d, d->parens ? ")" : "");
		return;
	}
	if (is_cast(e)) {
		if (e->form == 'i' && !implicit)
			inner(d, e->args[0], false, e);
		else
			cast(d, e->args[0], e);
		return;
	}
	if (e->syntax && with_syntax(d, e))
		return;
	deparse_name(d, e->proc->name);
	text(d, "(");
	arguments(d, e, e->nargs);
	text(d, ")");
}

/* ---- lists and arrays ---- */

/* x = ANY (ARRAY[...]): elements that were all converted alike are converted as one array. */
static void in_list(struct deparse *d, const struct sql_expr *e)
{
	const struct sql_expr *first = e->args[1];
	bool whole = true;

	for (size_t i = 1; i < e->nargs; i++)
		whole = whole && e->args[i]->kind == SQL_X_CAST && e->args[i]->method == SQL_CAST_SAME && e->args[i]->form == 'i' &&
			e->args[i]->args[0]->type == first->args[0]->type;
	text(d, d->parens ? "(" : "");
	inner(d, e->args[0], true, e);
	buf_addf(d->out, " %s %s (", e->operator->name, e->negated ? "ALL" : "ANY");
	text(d, whole && d->parens ? "(" : "");
	text(d, "ARRAY[");
	for (size_t i = 1; i < e->nargs; i++) {
		text(d, i > 1 ? ", " : "");
		deparse_expr(d, whole ? e->args[i]->args[0] : e->args[i], true);
	}
	text(d, "]");
	if (whole) {
		text(d, d->parens ? ")::" : "::");
		print_type(d, sql_type_of(d->an, first->type)->array, -1);
	}
	text(d, d->parens ? "))" : ")");
}

static void over_array(struct deparse *d, const struct sql_expr *e)
{
	const struct sql_expr *c = e->args[0];
	bool any = e->kind == SQL_X_INARRAY || e->number;
	const struct sql_operator *op = e->kind == SQL_X_INARRAY ? e->operator : c->operator;

	text(d, d->parens ? "(" : "");
	inner(d, e->kind == SQL_X_INARRAY ? c : c->args[0], true, e);
	buf_addf(d->out, " %s %s (", op ? op->name : "=", any ? "ANY" : "ALL");
	inner(d, e->args[1], true, e);
	text(d, d->parens ? "))" : ")");
}

static void subscripts(struct deparse *d, const struct sql_expr *e)
{
	bool parens = e->args[0]->kind != SQL_X_COLUMN && e->args[0]->kind != SQL_X_FIELD;

	text(d, parens ? "(" : "");
	deparse_expr(d, e->args[0], true);
	text(d, parens ? ")" : "");
	for (size_t i = 1; i < e->nargs; i++) {
		text(d, "[");
		if (e->args[i])
			deparse_expr(d, e->args[i], false);
		if (e->negated) {
			text(d, ":");
			if (++i < e->nargs && e->args[i])
				deparse_expr(d, e->args[i], false);
		}
		text(d, "]");
	}
}

/* ---- the rest ---- */

static void case_when(struct deparse *d, const struct sql_expr *e)
{
	size_t n = e->nargs / 2;

	deparse_word(d, "CASE", 0, INDENT_FIELD, 0);
	if (e->number && is_operator(e->args[0])) {
		text(d, " ");
		deparse_expr(d, e->args[0]->args[0], true);
	}
	for (size_t i = 0; i < n; i++) {
		const struct sql_expr *when = e->args[2 * i];

		text(d, d->lines ? "" : " ");
		deparse_word(d, "WHEN ", 0, 0, 0);
		deparse_expr(d, e->number && is_operator(when) ? when->args[1] : when, false);
		text(d, " THEN ");
		deparse_expr(d, e->args[2 * i + 1], true);
	}
	text(d, d->lines ? "" : " ");
	deparse_word(d, "ELSE ", 0, 0, 0);
	deparse_expr(d, e->args[2 * n], true);
	text(d, d->lines ? "" : " ");
	deparse_word(d, "END", -INDENT_FIELD, 0, 0);
}

static void sublink(struct deparse *d, const struct sql_expr *e)
{
	const struct sql_expr *test = e->kind == SQL_X_ANYSUB ? e->args[0] : NULL;
	bool twice = e->kind == SQL_X_EXISTS || e->kind == SQL_X_INSUB || e->kind == SQL_X_ANYSUB;

	text(d, e->kind == SQL_X_ARRAYSUB ? "ARRAY(" : "(");
	if (e->kind == SQL_X_EXISTS) {
		text(d, "EXISTS ");
	} else if (e->kind == SQL_X_INSUB) {
		deparse_expr(d, e->args[0], true);
		text(d, " IN ");
	} else if (test) {
		const struct sql_expr *one = test->kind == SQL_X_AND || test->kind == SQL_X_OR ? test->args[0] : test;

		text(d, one != test ? "(" : "");
		/* a row's comparisons stand one inside of the other: a AND (b AND c) or (a AND b) AND c */
		const struct sql_expr *stack[64];
		size_t n = 0, shown = 0;
		stack[n++] = test;
		while (n) {
			const struct sql_expr *x = stack[--n];

			if ((x->kind == SQL_X_AND || x->kind == SQL_X_OR) && n + x->nargs < 64) {
				for (size_t i = x->nargs; i-- > 0;)
					stack[n++] = x->args[i];
			} else if (x->nargs) {
				text(d, shown++ ? ", " : "");
				deparse_expr(d, x->args[0], true);
				one = x;
			}
		}
		text(d, test->kind == SQL_X_AND || test->kind == SQL_X_OR ? ")" : "");
		const char *name = one->operator ? one->operator->name : "=";
		if (e->number && !strcmp(name, "="))
			text(d, " IN ");
		else
			buf_addf(d->out, " %s %s ", name, e->number ? "ANY" : "ALL");
	}
	text(d, twice ? "(" : "");
	deparse_query(d, e->query, NULL, false);
	text(d, twice ? "))" : ")");
}

static void joined(struct deparse *d, const struct sql_expr *e, const char *word)
{
	text(d, d->parens ? "(" : "");
	for (size_t i = 0; i < e->nargs; i++) {
		text(d, i ? word : "");
		inner(d, e->args[i], false, e);
	}
	text(d, d->parens ? ")" : "");
}

static void tested(struct deparse *d, const struct sql_expr *e, bool implicit, const char *words)
{
	text(d, d->parens ? "(" : "");
	inner(d, e->args[0], implicit, e);
	text(d, words);
	text(d, d->parens ? ")" : "");
}

static void function_like(struct deparse *d, const char *name, const struct sql_expr *e, bool implicit)
{
	text(d, name);
	text(d, "(");
	list(d, e->args, e->nargs, implicit);
	text(d, ")");
}

static void upper(struct deparse *d, const char *name)
{
	for (; *name; name++)
		buf_add_char(d->out, *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
}

void deparse_expr(struct deparse *d, const struct sql_expr *e, bool implicit)
{
	static const char *const tests[3][2] = { { " IS FALSE", " IS NOT FALSE" }, { " IS TRUE", " IS NOT TRUE" }, { " IS UNKNOWN", " IS NOT UNKNOWN" } };

	switch (e->kind) {
	case SQL_X_CONST: constant(d, e, 0); break;
	case SQL_X_PARAM: buf_addf(d->out, "$%d", e->number); break;
	case SQL_X_COLUMN: deparse_column(d, e); break;
	case SQL_X_ROWOF:
		deparse_name(d, e->rte->name);
		text(d, ".*");
		break;
	case SQL_X_CALL: case SQL_X_SET: call(d, e, implicit); break;
	case SQL_X_AGGREGATE: case SQL_X_WINDOW: aggregate(d, e); break;
	case SQL_X_AND: joined(d, e, " AND "); break;
	case SQL_X_OR: joined(d, e, " OR "); break;
	case SQL_X_NOT:
		text(d, d->parens ? "(NOT " : "NOT ");
		inner(d, e->args[0], false, e);
		text(d, d->parens ? ")" : "");
		break;
	case SQL_X_CASE: case_when(d, e); break;
	case SQL_X_COALESCE: function_like(d, "COALESCE", e, true); break;
	case SQL_X_GREATEST: function_like(d, "GREATEST", e, true); break;
	case SQL_X_LEAST: function_like(d, "LEAST", e, true); break;
	case SQL_X_NULLIF:
		text(d, "NULLIF(");
		list(d, e->args[1]->args, e->args[1]->nargs, true);
		text(d, ")");
		break;
	case SQL_X_ISNULL: tested(d, e, true, e->negated ? " IS NOT NULL" : " IS NULL"); break;
	case SQL_X_BOOLTEST: tested(d, e, false, tests[e->number][e->negated]); break;
	case SQL_X_DISTINCT:
		text(d, d->parens ? "(" : "");
		text(d, e->negated ? d->parens ? "NOT (" : "NOT " : "");
		inner(d, e->args[0]->args[0], true, e);
		text(d, " IS DISTINCT FROM ");
		inner(d, e->args[0]->args[1], true, e);
		text(d, e->negated && d->parens ? ")" : "");
		text(d, d->parens ? ")" : "");
		break;
	case SQL_X_EXISTS: case SQL_X_SCALAR: case SQL_X_ARRAYSUB: case SQL_X_ANYSUB: case SQL_X_INSUB: sublink(d, e); break;
	case SQL_X_INLIST: in_list(d, e); break;
	case SQL_X_INARRAY: case SQL_X_ANYARRAY: over_array(d, e); break;
	case SQL_X_ARRAY:
		text(d, "ARRAY[");
		list(d, e->args, e->nargs, true);
		text(d, "]");
		if (!e->nargs) {
			text(d, "::");
			print_type(d, e->type, -1);
		}
		break;
	case SQL_X_ROW: function_like(d, "ROW", e, true); break;
	case SQL_X_CAST:
		if (value_with_precision(d, e))
			break;
		if (e->form != 'e' && !implicit)
			inner(d, e->args[0], false, e);
		else
			cast(d, e->args[0], e);
		break;
	case SQL_X_COLLATE: {
		const char *name = "C";

		for (size_t i = 0; i < sql_ncollation_facts; i++)
			if (sql_collation_facts[i].oid == e->collation)
				name = sql_collation_facts[i].name;
		text(d, d->parens ? "(" : "");
		inner(d, e->args[0], true, e);
		text(d, " COLLATE ");
		deparse_name(d, name);
		text(d, d->parens ? ")" : "");
		break;
	}
	case SQL_X_SUBSCRIPT: subscripts(d, e); break;
	case SQL_X_FIELD: {
		bool parens = e->args[0]->kind != SQL_X_FIELD;

		text(d, parens ? "(" : "");
		deparse_expr(d, e->args[0], true);
		text(d, parens ? ")." : ".");
		deparse_name(d, e->name);
		break;
	}
	case SQL_X_VALUE: upper(d, e->name); break;
	case SQL_X_GROUPING: function_like(d, "GROUPING", e, true); break;
	case SQL_X_DEFAULT: text(d, "DEFAULT"); break;
	default: text(d, "NULL"); break;
	}
}
