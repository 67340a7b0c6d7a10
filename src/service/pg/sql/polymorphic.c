/*
 * anyelement, anyarray, anycompatible and their kin: whether actual types fit
 * together, and what they stand for.
 *
 * Source: manual 38.2.5; check_generic_type_consistency and
 * enforce_generic_type_consistency of PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

struct solved {
	uint32_t element, array, range, multirange; /* 0: not known */
	uint32_t c_element, c_array, c_range;
	bool c_seen;
};

static uint32_t element_of(struct sql_analyser *an, uint32_t type)
{
	return sql_type_of(an, sql_base_type(an, type))->element;
}

static uint32_t range_element(struct sql_analyser *an, uint32_t type)
{
	const struct sql_type *t = sql_type_of(an, sql_base_type(an, type));

	return t->kind == 'r' ? t->base : 0;
}

static uint32_t multirange_range(struct sql_analyser *an, uint32_t type)
{
	const struct sql_range_fact *f = sql_range_of_multirange(sql_base_type(an, type));

	return f ? f->type : 0;
}

/* One actual type against one declared one. */
static bool solve(struct sql_analyser *an, struct solved *s, uint32_t actual, uint32_t declared)
{
	uint32_t e;

	if (actual == T_UNKNOWN)
		return true;
	switch (declared) {
	case T_ANYELEMENT:
	case T_ANYNONARRAY:
	case T_ANYENUM:
		if (declared == T_ANYNONARRAY && element_of(an, actual))
			return false;
		if (declared == T_ANYENUM && sql_type_of(an, sql_base_type(an, actual))->kind != 'e')
			return false;
		if (s->element && s->element != actual)
			return false;
		s->element = actual;
		return true;
	case T_ANYARRAY:
		actual = sql_base_type(an, actual);
		e = actual == T_ANYARRAY ? T_ANYELEMENT : element_of(an, actual);
		if (!e || (s->array && s->array != actual))
			return false;
		s->array = actual;
		return true;
	case T_ANYRANGE:
		actual = sql_base_type(an, actual);
		if (!range_element(an, actual) || (s->range && s->range != actual))
			return false;
		s->range = actual;
		return true;
	case T_ANYMULTIRANGE:
		if (!multirange_range(an, actual) || (s->multirange && s->multirange != actual))
			return false;
		s->multirange = sql_base_type(an, actual);
		return true;
	default:
		return true;
	}
}

static bool agree(struct sql_analyser *an, struct solved *s)
{
	if (s->multirange) {
		uint32_t r = multirange_range(an, s->multirange);

		if (s->range && s->range != r)
			return false;
		s->range = r;
	}
	if (s->array) {
		uint32_t e = s->array == T_ANYARRAY ? T_ANYELEMENT : element_of(an, s->array);

		if (s->element && s->element != e && s->array != T_ANYARRAY)
			return false;
		s->element = e;
	}
	if (s->range) {
		uint32_t e = range_element(an, s->range);

		if (s->element && s->element != e)
			return false;
		s->element = e;
	}
	return true;
}

/* The common type of everything anycompatible; 0: there is none. */
static bool solve_compatible(struct sql_analyser *an, struct solved *s, const uint32_t *actual, const uint32_t *declared, size_t n)
{
	struct sql_expr **list = ARENA_ARRAY(an->arena, struct sql_expr *, n + 1);
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t t = actual[i];

		if (declared[i] < T_ANYCOMPATIBLEMULTIRANGE ||
		    (declared[i] != T_ANYCOMPATIBLEMULTIRANGE && (declared[i] < T_ANYCOMPATIBLE || declared[i] > T_ANYCOMPATIBLERANGE)))
			continue;
		s->c_seen = true;
		if (t == T_UNKNOWN)
			continue;
		if (declared[i] == T_ANYCOMPATIBLEARRAY) {
			t = element_of(an, t);
			if (!t)
				return false;
		} else if (declared[i] == T_ANYCOMPATIBLERANGE) {
			s->c_range = sql_base_type(an, t);
			t = range_element(an, t);
			if (!t)
				return false;
		} else if (declared[i] == T_ANYCOMPATIBLENONARRAY && element_of(an, t)) {
			return false;
		}
		list[count++] = sql_expr_new(an, SQL_X_CONST, t, -1);
	}
	if (!s->c_seen)
		return true;
	s->c_element = count ? sql_common_type(an, list, count, NULL, NULL) : T_TEXT;
	if (!s->c_element)
		return false;
	s->c_array = sql_type_of(an, s->c_element)->array;
	return true;
}

bool sql_polymorphic_fits(struct sql_analyser *an, const uint32_t *actual, const uint32_t *declared, size_t n)
{
	struct solved s = { 0 };
	bool array_anyhow = false;

	for (size_t i = 0; i < n; i++) {
		if (!solve(an, &s, actual[i], declared[i]))
			return false;
		array_anyhow |= declared[i] == T_ANYARRAY;
	}
	(void)array_anyhow;
	return agree(an, &s) && solve_compatible(an, &s, actual, declared, n);
}

static uint32_t replaced(struct sql_analyser *an, const struct solved *s, uint32_t declared)
{
	switch (declared) {
	case T_ANYELEMENT:
	case T_ANYNONARRAY:
	case T_ANYENUM:
		return s->element;
	case T_ANYARRAY:
		return s->array ? s->array : s->element ? sql_type_of(an, s->element)->array : 0;
	case T_ANYRANGE:
		return s->range;
	case T_ANYMULTIRANGE: {
		const struct sql_range_fact *f = s->range ? sql_range_find(s->range) : NULL;
		return s->multirange ? s->multirange : f ? f->multirange : 0;
	}
	case T_ANYCOMPATIBLE:
	case T_ANYCOMPATIBLENONARRAY:
		return s->c_element;
	case T_ANYCOMPATIBLEARRAY:
		return s->c_array;
	case T_ANYCOMPATIBLERANGE:
		return s->c_range;
	default:
		return declared;
	}
}

static const char *pseudo_name(uint32_t type)
{
	const struct sql_type *t = sql_builtin_type(type);

	return t ? t->name : "any";
}

uint32_t sql_settle_polymorphic(struct sql_analyser *an, const struct sql_expr *const *args, uint32_t *actual, uint32_t *declared,
				size_t n, uint32_t returns, int location)
{
	struct solved s = { 0 };
	bool any = sql_is_polymorphic(returns);

	(void)args;
	for (size_t i = 0; i < n; i++)
		any |= sql_is_polymorphic(declared[i]);
	if (!any)
		return returns;
	for (size_t i = 0; i < n; i++)
		if (!solve(an, &s, actual[i], declared[i])) {
			sql_wrong(an, location, "42804", "arguments declared \"%s\" are not all alike", pseudo_name(declared[i]));
			return 0;
		}
	if (!agree(an, &s) || !solve_compatible(an, &s, actual, declared, n)) {
		sql_wrong(an, location, "42804", "argument declared anyarray is not consistent with argument declared anyelement");
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (!sql_is_polymorphic(declared[i]))
			continue;
		uint32_t t = replaced(an, &s, declared[i]);

		if (!t) {
			sql_wrong(an, -1, "42804", "could not determine polymorphic type because input has type unknown");
			return 0;
		}
		declared[i] = t;
	}
	uint32_t result = replaced(an, &s, returns);
	if (!result)
		sql_wrong(an, -1, "42804", "could not determine polymorphic type because input has type unknown");
	return result;
}

uint32_t sql_out_type(struct sql_analyser *an, const struct sql_expr *call, uint32_t declared)
{
	struct solved s = { 0 };

	if (!sql_is_polymorphic(declared))
		return declared;
	for (size_t i = 0; i < call->nargs && i < call->proc->nargs; i++) {
		const struct sql_type *t = sql_type_of(an, sql_base_type(an, call->args[i]->type));

		/* int2vector and oidvector are arrays, too */
		if (t->oid == T_INT2VECTOR || t->oid == T_OIDVECTOR)
			s.element = t->oid == T_INT2VECTOR ? T_INT2 : T_OID;
		else if (!solve(an, &s, call->args[i]->type, call->proc->types[i]))
			return T_TEXT;
	}
	uint32_t type = agree(an, &s) ? replaced(an, &s, declared) : 0;

	return type ? type : T_TEXT;
}
