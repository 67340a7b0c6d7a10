/*
 * Runs a jsonpath over a value, item by item along the chain. Predicates are in
 * jsonpath_judge.c; what both need is in jsonpath_run.h.
 */
#include "service/pg/sql/jsonpath/jsonpath_run.h"

#include <math.h>

#include "service/pg/sql/type/numeric.h"

enum jsonpath_outcome jsonpath_wrong(struct jsonpath_runner *r, const char *sqlstate, const char *fmt, ...)
{
	va_list ap;

	if (!r->quiet) {
		va_start(ap, fmt);
		struct slice text = arena_vprintf(r->a, fmt, ap);
		va_end(ap);
		sql_raise_env(r->env, sqlstate, "%.*s", SLICE_ARG(text));
	}
	return JSONPATH_ERROR;
}

void jsonpath_keep(struct jsonpath_runner *r, struct jsonpath_list *l, struct json *v)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct json **grown = ARENA_ARRAY(r->a, struct json *, cap);

		if (l->count)
			memcpy(grown, l->items, l->count * sizeof(*grown));
		l->items = grown;
		l->cap = cap;
	}
	l->items[l->count++] = v;
}

static enum jsonpath_outcome run(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, bool unwrap, struct jsonpath_list *found);

/* What follows, or the end of the chain. */
static enum jsonpath_outcome go_on(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	if (i->next)
		return run(r, i->next, v, r->lax, found);
	if (found)
		jsonpath_keep(r, found, v);
	return JSONPATH_FOUND;
}

enum jsonpath_outcome jsonpath_values(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, bool unwrap, struct jsonpath_list *found)
{
	struct jsonpath_list all = { 0 };

	if (!unwrap || !r->lax || !found)
		return run(r, i, v, r->lax, found);
	enum jsonpath_outcome out = run(r, i, v, r->lax, &all);
	if (out == JSONPATH_ERROR)
		return out;
	for (size_t k = 0; k < all.count; k++)
		if (all.items[k]->kind == JSON_ARRAY_)
			for (size_t n = 0; n < all.items[k]->count; n++)
				jsonpath_keep(r, found, all.items[k]->items[n]);
		else
			jsonpath_keep(r, found, all.items[k]);
	return JSONPATH_FOUND;
}

/* Every part of an array or object, and of their parts, from level to level. `i` is run on each; NULL: it is kept. */
static enum jsonpath_outcome parts(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found, uint32_t level,
				   uint32_t first, uint32_t last, bool ignore, bool unwrap_next)
{
	enum jsonpath_outcome out = JSONPATH_NOTHING;

	if (level > last)
		return out;
	if (++r->depth > JSONPATH_DEPTH * 4) {
		r->depth--;
		return jsonpath_wrong(r, "54001", "stack depth limit exceeded");
	}
	for (size_t k = 0; k < v->count; k++) {
		struct json *one = v->items[k];
		bool inner = one->kind == JSON_ARRAY_ || one->kind == JSON_OBJECT_;

		if (level >= first || (first == JSONPATH_LEVEL_LAST && last == JSONPATH_LEVEL_LAST && !inner)) {
			if (i) {
				bool before = r->ignore;

				r->ignore |= ignore;
				enum jsonpath_outcome res = run(r, i, one, unwrap_next, found);
				r->ignore = before;
				if (res == JSONPATH_ERROR || (res == JSONPATH_FOUND && !found)) {
					r->depth--;
					return res;
				}
				if (res == JSONPATH_FOUND)
					out = res;
			} else if (found) {
				jsonpath_keep(r, found, one);
				out = JSONPATH_FOUND;
			} else {
				r->depth--;
				return JSONPATH_FOUND;
			}
		}
		if (level < last && inner) {
			enum jsonpath_outcome res = parts(r, i, one, found, level + 1, first, last, ignore, unwrap_next);

			if (res == JSONPATH_ERROR || (res == JSONPATH_FOUND && !found)) {
				r->depth--;
				return res;
			}
			if (res == JSONPATH_FOUND)
				out = res;
		}
	}
	r->depth--;
	return out;
}

/* An array stands where one value is wanted: the item is run on each element. */
static enum jsonpath_outcome each_element(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	return parts(r, i, v, found, 1, 1, 1, false, false);
}

/* ---- numbers ---- */

static struct json *number_of(struct jsonpath_runner *r, const struct numeric *n)
{
	struct buf b;

	buf_init(&b, (size_t)1 << 26);
	numeric_print(&b, n);
	struct json *v = json_number_new(r->a, arena_slice(r->a, buf_slice(&b)));
	buf_release(&b);
	return v;
}

static enum jsonpath_outcome arithmetic(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	static const char *const signs[] = { [JP_ADD] = "+", [JP_SUB] = "-", [JP_MUL] = "*", [JP_DIV] = "/", [JP_MOD] = "%" };
	struct jsonpath_list sides[2] = { { 0 }, { 0 } };
	struct numeric a, b, c;

	for (int k = 0; k < 2; k++)
		if (jsonpath_values(r, k ? i->right : i->left, v, true, &sides[k]) == JSONPATH_ERROR)
			return JSONPATH_ERROR;
	for (int k = 0; k < 2; k++)
		if (sides[k].count != 1 || sides[k].items[0]->kind != JSON_NUMBER_)
			return jsonpath_wrong(r, "22038", "%s operand of jsonpath operator %s is not a single numeric value", k ? "right" : "left", signs[i->kind]);
	numeric_init(&a);
	numeric_init(&b);
	numeric_init(&c);
	numeric_load(&a, sides[0].items[0]->text);
	numeric_load(&b, sides[1].items[0]->text);
	/* a number that cannot be computed is an error of the path: silence covers it */
	struct sql_error *before = r->env->error;
	bool ok = i->kind == JP_ADD ? numeric_plus(r->env, &c, &a, &b) : i->kind == JP_SUB ? numeric_minus(r->env, &c, &a, &b) :
		  i->kind == JP_MUL ? numeric_times(r->env, &c, &a, &b) : i->kind == JP_DIV ? numeric_over(r->env, &c, &a, &b) :
				      numeric_modulo(r->env, &c, &a, &b);
	if (!ok && r->quiet)
		r->env->error = before;
	struct json *result = ok ? number_of(r, &c) : NULL;
	numeric_release(&a);
	numeric_release(&b);
	numeric_release(&c);
	return ok ? go_on(r, i, result, found) : JSONPATH_ERROR;
}

static struct json *negated(struct jsonpath_runner *r, const struct json *v)
{
	struct slice t = v->text;

	if (slice_eq_str(t, "0"))
		return json_number_new(r->a, t);
	return json_number_new(r->a, t.len && t.ptr[0] == '-' ? slice_skip(t, 1) : arena_printf(r->a, "-%.*s", SLICE_ARG(t)));
}

static enum jsonpath_outcome sign(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	struct jsonpath_list list = { 0 };
	enum jsonpath_outcome out = JSONPATH_NOTHING;

	if (jsonpath_values(r, i->left, v, true, &list) == JSONPATH_ERROR)
		return JSONPATH_ERROR;
	for (size_t k = 0; k < list.count; k++) {
		struct json *one = list.items[k];

		if (one->kind != JSON_NUMBER_) {
			if (!found && !i->next)
				continue;
			return jsonpath_wrong(r, "2203B", "operand of unary jsonpath operator %s is not a numeric value", i->kind == JP_PLUS ? "+" : "-");
		}
		if (!found && !i->next)
			return JSONPATH_FOUND;
		enum jsonpath_outcome res = go_on(r, i, i->kind == JP_MINUS ? negated(r, one) : one, found);
		if (res == JSONPATH_ERROR)
			return res;
		if (res == JSONPATH_FOUND) {
			if (!found)
				return res;
			out = res;
		}
	}
	return out;
}

/* ---- methods ---- */

static const char *method_name(enum jsonpath_kind k)
{
	switch (k) {
	case JP_ABS: return "abs";
	case JP_FLOOR: return "floor";
	case JP_CEILING: return "ceiling";
	case JP_DOUBLE: return "double";
	case JP_SIZE: return "size";
	case JP_KEYVALUE: return "keyvalue";
	default: return "datetime";
	}
}

static enum jsonpath_outcome rounding(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	struct numeric n, whole;

	if (v->kind != JSON_NUMBER_)
		return jsonpath_wrong(r, "22036", "jsonpath item method .%s() can only be applied to a numeric value", method_name(i->kind));
	numeric_init(&n);
	numeric_init(&whole);
	numeric_load(&n, v->text);
	if (i->kind == JP_ABS) {
		mpz_abs(n.c, n.c);
	} else {
		numeric_copy(&whole, &n);
		numeric_trunc_to(&whole, 0);
		bool cut = numeric_compare(&whole, &n) != 0;
		if (cut && i->kind == JP_FLOOR && mpz_sgn(n.c) < 0)
			mpz_sub_ui(whole.c, whole.c, 1);
		if (cut && i->kind == JP_CEILING && mpz_sgn(n.c) > 0)
			mpz_add_ui(whole.c, whole.c, 1);
		numeric_copy(&n, &whole);
	}
	struct json *result = number_of(r, &n);
	numeric_release(&n);
	numeric_release(&whole);
	return go_on(r, i, result, found);
}

static enum jsonpath_outcome to_double(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	struct sql_error *before = r->env->error;
	struct numeric n;
	double d;

	if (v->kind != JSON_NUMBER_ && v->kind != JSON_STRING_)
		return jsonpath_wrong(r, "22036", "jsonpath item method .double() can only be applied to a string or numeric value");
	bool ok = float_parse(r->env, v->text, false, &d);
	if (!ok)
		r->env->error = before;
	if (!ok || isnan(d) || isinf(d))
		return v->kind == JSON_NUMBER_ ?
			       jsonpath_wrong(r, "22036", "numeric argument of jsonpath item method .double() is out of range for type double precision") :
			       jsonpath_wrong(r, "22036", "string argument of jsonpath item method .double() is not a valid representation of a double precision number");
	if (v->kind == JSON_NUMBER_)
		return go_on(r, i, v, found);
	numeric_init(&n);
	numeric_set_double(&n, d, 15);
	struct json *result = number_of(r, &n);
	numeric_release(&n);
	return go_on(r, i, result, found);
}

/* The pairs of an object as objects. Their id counts the bytes before it inside the stored value: only of the whole value it is known (0). */
static enum jsonpath_outcome key_values(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	enum jsonpath_outcome out = JSONPATH_NOTHING;

	if (v->kind != JSON_OBJECT_)
		return jsonpath_wrong(r, "2203C", "jsonpath item method .keyvalue() can only be applied to an object");
	if (v->count && v != r->root) {
		sql_raise_env(r->env, "0A000", "jsonpath item method .keyvalue() of an object inside of another value is not supported by this fake");
		return JSONPATH_ERROR;
	}
	for (size_t k = 0; k < v->count; k++) {
		struct json *one = json_new(r->a, JSON_OBJECT_);

		json_put(r->a, one, SLICE_LIT("key"), json_string_new(r->a, v->keys[k]));
		json_put(r->a, one, SLICE_LIT("value"), v->items[k]);
		json_put(r->a, one, SLICE_LIT("id"), json_number_new(r->a, SLICE_LIT("0")));
		enum jsonpath_outcome res = go_on(r, i, one, found);
		if (res == JSONPATH_ERROR || (res == JSONPATH_FOUND && !found))
			return res;
		if (res == JSONPATH_FOUND)
			out = res;
	}
	return out;
}

/* ---- subscripts ---- */

static bool subscript(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, int64_t *out)
{
	struct jsonpath_list list = { 0 };
	struct numeric n;

	if (run(r, i, v, r->lax, &list) == JSONPATH_ERROR)
		return false;
	if (list.count != 1 || list.items[0]->kind != JSON_NUMBER_) {
		jsonpath_wrong(r, "22033", "jsonpath array subscript is not a single numeric value");
		return false;
	}
	numeric_init(&n);
	numeric_load(&n, list.items[0]->text);
	numeric_trunc_to(&n, 0);
	bool ok = numeric_to_int64(&n, out) && *out >= INT32_MIN && *out <= INT32_MAX;
	numeric_release(&n);
	if (!ok)
		jsonpath_wrong(r, "22033", "jsonpath array subscript is out of integer range");
	return ok;
}

static enum jsonpath_outcome index_array(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	enum jsonpath_outcome out = JSONPATH_NOTHING;
	bool is_array = v->kind == JSON_ARRAY_;
	int64_t size = is_array ? (int64_t)v->count : 1, before = r->size;

	if (!is_array && !r->lax)
		return r->ignore ? out : jsonpath_wrong(r, "22039", "jsonpath array accessor can only be applied to an array");
	r->size = size;
	for (size_t k = 0; k < i->nsubscripts; k++) {
		int64_t from, to;

		if (!subscript(r, i->subscripts[k].from, v, &from) || (i->subscripts[k].to && !subscript(r, i->subscripts[k].to, v, &to))) {
			r->size = before;
			return JSONPATH_ERROR;
		}
		if (!i->subscripts[k].to)
			to = from;
		if (!r->ignore && (from < 0 || from > to || to >= size)) {
			r->size = before;
			return jsonpath_wrong(r, "22033", "jsonpath array subscript is out of bounds");
		}
		from = from < 0 ? 0 : from;
		to = to >= size ? size - 1 : to;
		for (int64_t n = from; n <= to; n++) {
			if (!i->next && !found) {
				r->size = before;
				return JSONPATH_FOUND;
			}
			enum jsonpath_outcome res = go_on(r, i, is_array ? v->items[n] : v, found);
			if (res == JSONPATH_ERROR || (res == JSONPATH_FOUND && !found)) {
				r->size = before;
				return res;
			}
			if (res == JSONPATH_FOUND)
				out = res;
		}
	}
	r->size = before;
	return out;
}

/* ---- places and accessors ---- */

static enum jsonpath_outcome key(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	if (v->kind != JSON_OBJECT_)
		return r->ignore ? JSONPATH_NOTHING : jsonpath_wrong(r, "2203A", "jsonpath member accessor can only be applied to an object");
	struct json *one = json_get(v, i->text);
	if (one)
		return go_on(r, i, one, found);
	if (r->ignore)
		return JSONPATH_NOTHING;
	return jsonpath_wrong(r, "2203A", "JSON object does not contain key \"%.*s\"", SLICE_ARG(i->text));
}

static enum jsonpath_outcome variable(struct jsonpath_runner *r, const struct jsonpath_item *i, struct jsonpath_list *found)
{
	struct json *v = r->vars ? json_get(r->vars, i->text) : NULL;

	if (v)
		return go_on(r, i, v, found);
	sql_raise_env(r->env, "42704", "could not find jsonpath variable \"%.*s\"", SLICE_ARG(i->text));
	return JSONPATH_ERROR;
}

static enum jsonpath_outcome any_level(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	enum jsonpath_outcome out = JSONPATH_NOTHING;

	if (i->first == 0) {
		bool before = r->ignore;

		r->ignore = true;
		out = go_on(r, i, v, found);
		r->ignore = before;
		if (out == JSONPATH_ERROR || (out == JSONPATH_FOUND && !found))
			return out;
	}
	if (v->kind == JSON_ARRAY_ || v->kind == JSON_OBJECT_) {
		enum jsonpath_outcome res = parts(r, i->next, v, found, 1, i->first, i->last, true, r->lax);
		if (res != JSONPATH_NOTHING)
			out = res;
	}
	return out;
}

/* What a lax path applies to the elements when it meets an array. */
static bool wants_one(enum jsonpath_kind k)
{
	return k == JP_KEY || k == JP_ANY_KEY || k == JP_FILTER || k == JP_ABS || k == JP_FLOOR || k == JP_CEILING || k == JP_DOUBLE || k == JP_KEYVALUE || k == JP_DATETIME;
}

static enum jsonpath_outcome literal(struct jsonpath_runner *r, const struct jsonpath_item *i, struct jsonpath_list *found)
{
	struct json *v = i->kind == JP_STRING ? json_string_new(r->a, i->text) : i->kind == JP_NUMBER ? json_number_new(r->a, i->text) :
			 json_new(r->a, i->kind == JP_NULL ? JSON_NULL_ : i->kind == JP_TRUE ? JSON_TRUE_ : JSON_FALSE_);

	if (!i->next && !found)
		return JSONPATH_FOUND;
	return go_on(r, i, v, found);
}

static enum jsonpath_outcome one_item(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, struct jsonpath_list *found)
{
	static const char *const types[] = { [JSON_NULL_] = "null", [JSON_STRING_] = "string", [JSON_NUMBER_] = "number", [JSON_FALSE_] = "boolean",
					     [JSON_TRUE_] = "boolean", [JSON_ARRAY_] = "array", [JSON_OBJECT_] = "object" };

	switch (i->kind) {
	case JP_NULL: case JP_STRING: case JP_NUMBER: case JP_TRUE: case JP_FALSE:
		return literal(r, i, found);
	case JP_VARIABLE: return variable(r, i, found);
	case JP_ADD: case JP_SUB: case JP_MUL: case JP_DIV: case JP_MOD: return arithmetic(r, i, v, found);
	case JP_PLUS: case JP_MINUS: return sign(r, i, v, found);
	case JP_ROOT: return go_on(r, i, r->root, found);
	case JP_CURRENT: return go_on(r, i, r->current, found);
	case JP_LAST: return go_on(r, i, json_number_new(r->a, arena_printf(r->a, "%lld", (long long)r->size - 1)), found);
	case JP_KEY: return key(r, i, v, found);
	case JP_ANY_KEY:
		if (v->kind == JSON_OBJECT_)
			return parts(r, i->next, v, found, 1, 1, 1, false, r->lax);
		return r->ignore ? JSONPATH_NOTHING : jsonpath_wrong(r, "2203C", "jsonpath wildcard member accessor can only be applied to an object");
	case JP_ANY_ARRAY:
		if (v->kind == JSON_ARRAY_)
			return parts(r, i->next, v, found, 1, 1, 1, false, r->lax);
		if (r->lax)
			return go_on(r, i, v, found);
		return r->ignore ? JSONPATH_NOTHING : jsonpath_wrong(r, "22039", "jsonpath wildcard array accessor can only be applied to an array");
	case JP_INDEX: return index_array(r, i, v, found);
	case JP_ANY: return any_level(r, i, v, found);
	case JP_FILTER: {
		struct json *before = r->current;

		r->current = v;
		enum jsonpath_truth t = jsonpath_judge(r, i->left, v);
		r->current = before;
		if (t == JSONPATH_BROKEN)
			return JSONPATH_ERROR;
		return t == JSONPATH_TRUE ? go_on(r, i, v, found) : JSONPATH_NOTHING;
	}
	case JP_TYPE: return go_on(r, i, json_string_new(r->a, slice_str(types[v->kind])), found);
	case JP_SIZE:
		if (v->kind != JSON_ARRAY_ && !r->lax)
			return r->ignore ? JSONPATH_NOTHING : jsonpath_wrong(r, "22039", "jsonpath item method .size() can only be applied to an array");
		return go_on(r, i, json_number_new(r->a, arena_printf(r->a, "%zu", v->kind == JSON_ARRAY_ ? v->count : 1)), found);
	case JP_ABS: case JP_FLOOR: case JP_CEILING: return rounding(r, i, v, found);
	case JP_DOUBLE: return to_double(r, i, v, found);
	case JP_KEYVALUE: return key_values(r, i, v, found);
	case JP_DATETIME:
		if (v->kind != JSON_STRING_)
			return jsonpath_wrong(r, "22031", "jsonpath item method .datetime() can only be applied to a string");
		sql_raise_env(r->env, "0A000", "jsonpath item method .datetime() is not supported by this fake");
		return JSONPATH_ERROR;
	default: { /* a predicate as a value */
		enum jsonpath_truth t = jsonpath_judge(r, i, v);
		if (t == JSONPATH_BROKEN)
			return JSONPATH_ERROR;
		return go_on(r, i, json_new(r->a, t == JSONPATH_TRUE ? JSON_TRUE_ : t == JSONPATH_FALSE ? JSON_FALSE_ : JSON_NULL_), found);
	}
	}
}

static enum jsonpath_outcome run(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, bool unwrap, struct jsonpath_list *found)
{
	enum jsonpath_outcome out;

	if (++r->depth > JSONPATH_DEPTH * 4) {
		r->depth--;
		sql_raise_env(r->env, "54001", "stack depth limit exceeded");
		return JSONPATH_ERROR;
	}
	if (unwrap && v->kind == JSON_ARRAY_ && wants_one(i->kind))
		out = each_element(r, i, v, found);
	else
		out = one_item(r, i, v, found);
	r->depth--;
	return out;
}

enum jsonpath_outcome jsonpath_run(struct sql_env *env, struct arena *a, const struct jsonpath *p, struct json *value, const struct json *vars,
				   bool silent, struct jsonpath_list *found)
{
	struct jsonpath_runner r = { .env = env, .a = a, .root = value, .current = value, .vars = vars, .lax = !p->strict, .ignore = !p->strict,
				     .quiet = silent, .size = -1 };
	struct jsonpath_list all = { 0 };

	if (vars && vars->kind != JSON_OBJECT_) {
		struct sql_error *e = sql_raise_env(env, "22023", "\"vars\" argument is not an object");
		sql_detail(env, e, "Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.");
		return JSONPATH_ERROR;
	}
	/* in strict mode the absence of errors is part of the answer */
	if (!p->strict || found)
		return run(&r, p->item, value, r.lax, found);
	enum jsonpath_outcome out = run(&r, p->item, value, r.lax, &all);
	return out == JSONPATH_ERROR ? out : all.count ? JSONPATH_FOUND : JSONPATH_NOTHING;
}
