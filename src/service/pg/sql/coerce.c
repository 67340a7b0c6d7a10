/*
 * Type conversion: which types become which, and the expressions that do it.
 *
 * Source: manual 10; parse_coerce.c of PostgreSQL 15, whose order of checks this
 * keeps because it decides which error is told.
 */
#include "service/pg/sql/analyse.h"

enum path { PATH_NONE, PATH_SAME, PATH_CALL, PATH_ARRAY, PATH_IO };

static bool allows(const struct sql_cast_fact *cast, enum sql_context c)
{
	return c == SQL_EXPLICIT || cast->context == 'i' || (c == SQL_ASSIGNMENT && cast->context == 'a');
}

/* find_coercion_pathway() */
static enum path find_path(struct sql_analyser *an, uint32_t from, uint32_t to, enum sql_context c, const struct sql_cast_fact **cast)
{
	from = sql_base_type(an, from);
	to = sql_base_type(an, to);
	*cast = NULL;
	if (from == to)
		return PATH_SAME;
	const struct sql_cast_fact *f = sql_cast_find(from, to);
	if (f) {
		if (!allows(f, c))
			return PATH_NONE;
		*cast = f;
		return f->method == 'f' ? PATH_CALL : f->method == 'i' ? PATH_IO : PATH_SAME;
	}
	const struct sql_type *a = sql_type_of(an, from), *b = sql_type_of(an, to);
	if (b->element && to != T_OIDVECTOR && to != T_INT2VECTOR && a->element) {
		const struct sql_cast_fact *inner;
		enum path path = find_path(an, a->element, b->element, c, &inner);

		if (path == PATH_SAME && sql_base_type(an, a->element) == sql_base_type(an, b->element))
			return PATH_SAME;
		return path == PATH_NONE ? PATH_NONE : PATH_ARRAY;
	}
	if ((c >= SQL_ASSIGNMENT && b->category == 'S') || (c == SQL_EXPLICIT && a->category == 'S'))
		return PATH_IO;
	return PATH_NONE;
}

bool sql_can_coerce(struct sql_analyser *an, uint32_t from, uint32_t to, enum sql_context c)
{
	const struct sql_cast_fact *cast;

	if (from == to || to == T_ANY || sql_is_polymorphic(to) || from == T_UNKNOWN)
		return true;
	if (find_path(an, from, to, c, &cast) != PATH_NONE)
		return true;
	const struct sql_type *a = sql_type_of(an, from), *b = sql_type_of(an, to);
	if (from == T_RECORD && (b->kind == 'c' || (b->kind == 'd' && sql_type_of(an, sql_base_type(an, to))->kind == 'c')))
		return true;
	if (to == T_RECORD && a->kind == 'c')
		return true;
	if (to == T_RECORDARRAY && a->element && sql_type_of(an, a->element)->kind == 'c')
		return true;
	return false;
}

bool sql_can_coerce_all(struct sql_analyser *an, size_t n, const uint32_t *from, const uint32_t *to, enum sql_context c)
{
	bool polymorphic = false;

	for (size_t i = 0; i < n; i++) {
		if (!sql_can_coerce(an, from[i], to[i], c))
			return false;
		polymorphic |= sql_is_polymorphic(to[i]);
	}
	return !polymorphic || sql_polymorphic_fits(an, from, to, n);
}

static struct sql_expr *cast_expr(struct sql_analyser *an, struct sql_expr *e, enum sql_cast_method m, uint32_t type)
{
	struct sql_expr *x = sql_expr_args(an, SQL_X_CAST, type, e->location, 1, e);

	x->method = m;
	return x;
}

/* A literal without a type gets one: its text is read by the type's input function. */
static struct sql_expr *coerce_literal(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c)
{
	struct sql_expr *x = sql_expr_new(an, SQL_X_CONST, type, e->location);
	uint32_t base = sql_base_type(an, type);
	struct sql_datum v;

	x->null = e->null;
	x->literal = e->literal;
	x->fixed = e->fixed;
	x->text = e->text;
	x->type = base;
	x->typmod = base == T_INTERVAL || base == T_BPCHAR ? typmod : -1;
	if (base == T_BPCHAR)
		x->typmod = -1;
	if (!x->null) {
		if (!sql_type_in(an->env, base, x->typmod, x->text, &v)) {
			sql_error_at(an, e->location);
			return NULL;
		}
		if (!x->literal) {
			x->value = v;
			if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
				x->value.s = arena_slice(an->arena, v.s);
		}
	}
	if (type == base)
		return x;
	int32_t basemod = -1;
	sql_base_type_mod(an, type, &basemod);
	x = sql_coerce_modifier(an, x, base, basemod, c);
	return x ? cast_expr(an, x, SQL_CAST_DOMAIN, type) : NULL;
}

static struct sql_expr *coerce_row(struct sql_analyser *an, struct sql_expr *e, uint32_t type, enum sql_context c, int location)
{
	size_t n = 0;
	const struct sql_field *fields = an->env->fields ? an->env->fields(an->env, sql_base_type(an, type), &n) : NULL;

	if (e->kind != SQL_X_ROW) {
		struct sql_expr *x = cast_expr(an, e, SQL_CAST_IO, type);
		return x;
	}
	if (n != e->nargs || !fields) {
		sql_wrong(an, location, "42846", "cannot cast type record to %s", sql_type_words(an, type));
		return sql_wrong_detail(an, "Input has too %s columns.", e->nargs < n ? "few" : "many");
	}
	struct sql_expr *row = sql_expr_new(an, SQL_X_ROW, type, location);
	row->args = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	row->nargs = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t from = e->args[i]->type;

		row->args[i] = sql_coerce_to(an, e->args[i], fields[i].type, fields[i].typmod, c, location);
		if (!row->args[i] && !an->env->error) {
			sql_wrong(an, location, "42846", "cannot cast type record to %s", sql_type_words(an, type));
			return sql_wrong_detail(an, "Cannot cast type %s to %s in column %zu.", sql_type_words(an, from),
						sql_type_words(an, fields[i].type), i + 1);
		}
		if (!row->args[i])
			return NULL;
	}
	return row;
}

static struct sql_expr *coerce_array(struct sql_analyser *an, struct sql_expr *e, uint32_t type, enum sql_context c, int location)
{
	const struct sql_type *a = sql_type_of(an, sql_base_type(an, e->type)), *b = sql_type_of(an, sql_base_type(an, type));
	struct sql_rte *rte = sql_rte_new(an, SQL_RTE_NONE, NULL);

	rte->columns = ARENA_ARRAY(an->arena, struct sql_rte_column, 1);
	rte->ncolumns = 1;
	rte->columns[0] = (struct sql_rte_column){ .name = "element", .type = a->element, .typmod = -1 };
	struct sql_expr *inner = sql_coerce(an, sql_column_expr(an, rte, 1, location), b->element, -1, c, location);
	if (!inner)
		return NULL;
	struct sql_expr *x = sql_expr_args(an, SQL_X_CAST, type, e->location, 2, e, inner);
	x->method = SQL_CAST_ARRAY;
	x->rte = rte;
	return x;
}

static struct sql_expr *call_cast(struct sql_analyser *an, struct sql_expr *e, const struct sql_cast_fact *cast, uint32_t type,
				  int32_t typmod, enum sql_context c)
{
	const struct sql_proc *p = sql_proc_oid(cast->proc);
	struct sql_expr *args[3] = { e };
	size_t n = 1;

	if (p->nargs > 1)
		args[n++] = sql_int_const(an, T_INT4, typmod);
	if (p->nargs > 2)
		args[n++] = sql_bool_const(an, c == SQL_EXPLICIT);
	struct sql_expr *x = sql_expr_new(an, SQL_X_CALL, type, e->location);
	x->proc = p;
	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, 3);
	memcpy(x->args, args, sizeof(args));
	x->nargs = n;
	x->typmod = n > 1 ? typmod : -1;
	return x;
}

static struct sql_expr *coerce(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c, int location)
{
	const struct sql_cast_fact *cast;

	if (e->type == type || type == T_ANY)
		return e;
	if (sql_is_polymorphic(type)) {
		if (e->type != T_UNKNOWN)
			return e;
		if (type == T_ANYARRAY && e->kind == SQL_X_CONST && e->null) /* pg_attribute.attmissingval, pg_stats */
			return coerce_literal(an, e, type, typmod, c);
		if (type == T_ANYARRAY || type == T_ANYCOMPATIBLEARRAY || type == T_ANYENUM || type == T_ANYRANGE || type == T_ANYMULTIRANGE)
			return sql_wrong(an, e->location, "42804", "could not determine polymorphic type because input has type unknown");
		return sql_coerce(an, e, T_TEXT, -1, c, location);
	}
	if (e->type == T_UNKNOWN && e->kind == SQL_X_CONST)
		return coerce_literal(an, e, type, typmod, c);
	if (e->type == T_UNKNOWN && e->kind == SQL_X_PARAM) {
		size_t i = (size_t)e->number - 1;

		if (!an->params[i]) {
			an->params[i] = type;
		} else if (an->params[i] != type && sql_base_type(an, an->params[i]) != type) {
			sql_wrong(an, e->location, "42P08", "inconsistent types deduced for parameter $%d", e->number);
			return sql_wrong_detail(an, "%s versus %s", sql_type_words(an, an->params[i]), sql_type_words(an, type));
		}
		/* a value of a domain is judged when it is read */
		e->type = type;
		return e;
	}
	if (e->kind == SQL_X_COLLATE) {
		struct sql_expr *inner = sql_coerce(an, e->args[0], type, typmod, c, location);

		if (!inner || !sql_type_of(an, type)->collation)
			return inner;
		struct sql_expr *x = sql_expr_args(an, SQL_X_COLLATE, type, e->location, 1, inner);
		x->collation = e->collation;
		return x;
	}
	enum path path = find_path(an, e->type, type, c, &cast);
	uint32_t base = sql_base_type(an, type);
	int32_t basemod = typmod;
	if (base != type)
		basemod = -1, sql_base_type_mod(an, type, &basemod);
	if (path != PATH_NONE) {
		struct sql_expr *x = NULL;

		switch (path) {
		case PATH_CALL:
			x = call_cast(an, e, cast, base, basemod, c);
			break;
		case PATH_IO:
			x = cast_expr(an, e, SQL_CAST_IO, base);
			break;
		case PATH_ARRAY:
			x = coerce_array(an, e, base, c, location);
			break;
		default:
			x = sql_base_type(an, e->type) == e->type && e->type == base ? e : cast_expr(an, e, SQL_CAST_SAME, base);
			if (sql_base_type(an, e->type) == base)
				x->typmod = e->typmod;
			break;
		}
		if (!x || base == type)
			return x;
		x = sql_coerce_modifier(an, x, base, basemod, c);
		return x ? cast_expr(an, x, SQL_CAST_DOMAIN, type) : NULL;
	}
	const struct sql_type *a = sql_type_of(an, e->type), *b = sql_type_of(an, base);
	if (e->type == T_RECORD && b->kind == 'c') {
		struct sql_expr *x = coerce_row(an, e, base, c, location);
		return !x || base == type ? x : cast_expr(an, x, SQL_CAST_DOMAIN, type);
	}
	if ((type == T_RECORD && a->kind == 'c') || type == T_RECORDARRAY)
		return cast_expr(an, e, SQL_CAST_SAME, type);
	return sql_wrong(an, location, "XX000", "failed to find conversion function from %s to %s", sql_type_words(an, e->type),
			 sql_type_words(an, type));
}

struct sql_expr *sql_coerce(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c, int location)
{
	struct sql_expr *x = coerce(an, e, type, typmod, c, location);

	if (x && x != e && !x->form && x->kind != SQL_X_CONST)
		x->form = c == SQL_EXPLICIT ? 'e' : 'i';
	return x;
}

struct sql_expr *sql_coerce_modifier(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c)
{
	if (typmod < 0 || typmod == e->typmod)
		return e;
	if (sql_base_type(an, type) != type)
		return e; /* a domain has its own */
	struct sql_expr *x = cast_expr(an, e, SQL_CAST_MODIFIER, type);

	x->typmod = typmod;
	x->number = c == SQL_EXPLICIT;
	x->form = c == SQL_EXPLICIT ? 'e' : 'i';
	return x;
}

struct sql_expr *sql_coerce_to(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c,
			       int location)
{
	if (!sql_can_coerce(an, e->type, type, c))
		return NULL;
	struct sql_expr *x = sql_coerce(an, e, type, typmod, c, location), *whole = x ? sql_coerce_modifier(an, x, type, typmod, c) : NULL;

	if (whole != x && x != e && x->kind != SQL_X_CONST)
		x->form = 'i'; /* of two conversions one is written */
	return whole;
}

struct sql_expr *sql_coerce_bool(struct sql_analyser *an, struct sql_expr *e, const char *construct)
{
	if (e->type == T_BOOL)
		return e;
	struct sql_expr *x = sql_coerce_to(an, e, T_BOOL, -1, SQL_ASSIGNMENT, e->location);
	if (!x && !an->env->error)
		return sql_wrong(an, e->location, "42804", "argument of %s must be type boolean, not type %s", construct,
				 sql_type_words(an, e->type));
	return x;
}

struct sql_expr *sql_coerce_common(struct sql_analyser *an, struct sql_expr *e, uint32_t type, const char *construct)
{
	if (e->type == type)
		return e;
	if (!sql_can_coerce(an, e->type, type, SQL_IMPLICIT))
		return sql_wrong(an, e->location, "42846", "%s could not convert type %s to %s", construct, sql_type_words(an, e->type),
				 sql_type_words(an, type));
	return sql_coerce(an, e, type, -1, SQL_IMPLICIT, e->location);
}

uint32_t sql_common_type(struct sql_analyser *an, struct sql_expr **list, size_t n, const char *construct, struct sql_expr **which)
{
	uint32_t type = list[0]->type;
	struct sql_expr *from = list[0];
	size_t i = 1;

	if (type != T_UNKNOWN)
		while (i < n && list[i]->type == type)
			i++;
	if (which)
		*which = from;
	if (type != T_UNKNOWN && i == n)
		return type;
	type = sql_base_type(an, type);
	const struct sql_type *t = sql_type_of(an, type);
	for (; i < n; i++) {
		uint32_t other = sql_base_type(an, list[i]->type);
		const struct sql_type *o = sql_type_of(an, other);

		if (other == T_UNKNOWN || other == type)
			continue;
		if (type == T_UNKNOWN) {
			from = list[i], type = other, t = o;
		} else if (o->category != t->category) {
			if (construct)
				sql_wrong(an, list[i]->location, "42804", "%s types %s and %s cannot be matched", construct,
					  sql_type_words(an, type), sql_type_words(an, other));
			return 0;
		} else if (!t->preferred && sql_can_coerce(an, type, other, SQL_IMPLICIT) &&
			   !sql_can_coerce(an, other, type, SQL_IMPLICIT)) {
			from = list[i], type = other, t = o;
		}
	}
	if (which)
		*which = from;
	return type == T_UNKNOWN ? T_TEXT : type;
}

int32_t sql_common_typmod(struct sql_expr **list, size_t n, uint32_t type)
{
	int32_t mod = -1;

	for (size_t i = 0; i < n; i++) {
		if (list[i]->type != type)
			return -1;
		if (i == 0)
			mod = list[i]->typmod;
		else if (list[i]->typmod != mod)
			return -1;
	}
	return mod;
}

struct sql_expr *sql_settle(struct sql_analyser *an, struct sql_expr *e)
{
	return e && e->type == T_UNKNOWN ? sql_coerce(an, e, T_TEXT, -1, SQL_IMPLICIT, e->location) : e;
}
