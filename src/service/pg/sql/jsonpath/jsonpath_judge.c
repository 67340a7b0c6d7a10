/*
 * Predicates of jsonpath: three values of truth, and comparisons over everything
 * that both sides give.
 */
#include "service/pg/sql/func/regex.h"
#include "service/pg/sql/jsonpath/jsonpath_run.h"
#include "service/pg/sql/type/numeric.h"

static enum jsonpath_truth truth(bool b)
{
	return b ? JSONPATH_TRUE : JSONPATH_FALSE;
}

static enum jsonpath_truth by_order(enum jsonpath_kind k, int c)
{
	switch (k) {
	case JP_EQUAL: return truth(c == 0);
	case JP_NOT_EQUAL: return truth(c != 0);
	case JP_LESS: return truth(c < 0);
	case JP_GREATER: return truth(c > 0);
	case JP_LESS_OR_EQUAL: return truth(c <= 0);
	default: return truth(c >= 0);
	}
}

static bool is_bool(const struct json *v)
{
	return v->kind == JSON_TRUE_ || v->kind == JSON_FALSE_;
}

static enum jsonpath_truth compare(enum jsonpath_kind k, const struct json *x, const struct json *y)
{
	if (is_bool(x) && is_bool(y))
		return by_order(k, (x->kind == JSON_TRUE_) - (y->kind == JSON_TRUE_));
	if (x->kind != y->kind) {
		if (x->kind == JSON_NULL_ || y->kind == JSON_NULL_)
			return truth(k == JP_NOT_EQUAL);
		return JSONPATH_UNKNOWN;
	}
	switch (x->kind) {
	case JSON_NULL_: return by_order(k, 0);
	case JSON_NUMBER_: return by_order(k, numeric_compare_stored(x->text, y->text));
	case JSON_STRING_: return by_order(k, slice_cmp(x->text, y->text));
	default: return JSONPATH_UNKNOWN;
	}
}

static enum jsonpath_truth matches(struct jsonpath_runner *r, const struct jsonpath_item *i, const struct json *x)
{
	struct regex_flags f = { .icase = i->icase, .quoted = i->quote, .newline_dot = !i->dotall, .newline_anchors = i->mline };
	struct regex_match m;

	if (x->kind != JSON_STRING_)
		return JSONPATH_UNKNOWN;
	const struct regex *re = regex_compile(r->env, i->text, &f);
	int found = re ? regex_find(r->env, re, x->text, 0, &m) : -1;
	return found < 0 ? JSONPATH_BROKEN : truth(found);
}

static enum jsonpath_truth one(struct jsonpath_runner *r, const struct jsonpath_item *i, const struct json *x, const struct json *y)
{
	switch (i->kind) {
	case JP_LIKE_REGEX:
		return matches(r, i, x);
	case JP_STARTS_WITH:
		if (x->kind != JSON_STRING_ || !y || y->kind != JSON_STRING_)
			return JSONPATH_UNKNOWN;
		return truth(slice_has_prefix(x->text, y->text));
	default:
		return compare(i->kind, x, y);
	}
}

/* What an operand gives, its errors kept silent; false: there was one. *broken: one that no silence covers. */
static bool values(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, bool unwrap, struct jsonpath_list *out, bool *broken)
{
	const struct sql_error *before = r->env->error;
	bool quiet = r->quiet;

	r->quiet = true;
	enum jsonpath_outcome res = jsonpath_values(r, i, v, unwrap, out);
	r->quiet = quiet;
	*broken |= r->env->error != before;
	return res != JSONPATH_ERROR;
}

static enum jsonpath_truth over_pairs(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v)
{
	struct jsonpath_list left = { 0 }, right = { 0 };
	bool broken = false, unknown = false, found = false;

	if (!values(r, i->left, v, true, &left, &broken))
		return broken ? JSONPATH_BROKEN : JSONPATH_UNKNOWN;
	if (i->right && !values(r, i->right, v, i->kind != JP_STARTS_WITH, &right, &broken))
		return broken ? JSONPATH_BROKEN : JSONPATH_UNKNOWN;
	for (size_t x = 0; x < left.count; x++)
		for (size_t y = 0; y < (i->right ? right.count : 1); y++) {
			enum jsonpath_truth t = one(r, i, left.items[x], i->right ? right.items[y] : NULL);

			if (t == JSONPATH_BROKEN)
				return t;
			if (t == JSONPATH_UNKNOWN) {
				if (!r->lax)
					return t;
				unknown = true;
			} else if (t == JSONPATH_TRUE) {
				if (r->lax)
					return t;
				found = true;
			}
		}
	return found ? JSONPATH_TRUE : unknown ? JSONPATH_UNKNOWN : JSONPATH_FALSE;
}

static enum jsonpath_truth exists(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v)
{
	struct jsonpath_list all = { 0 };
	bool broken = false;

	if (!values(r, i->left, v, false, &all, &broken))
		return broken ? JSONPATH_BROKEN : JSONPATH_UNKNOWN;
	return truth(all.count != 0);
}

static enum jsonpath_truth judge(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v)
{
	enum jsonpath_truth a, b;

	switch (i->kind) {
	case JP_AND:
		a = jsonpath_judge(r, i->left, v);
		if (a == JSONPATH_FALSE || a == JSONPATH_BROKEN)
			return a;
		b = jsonpath_judge(r, i->right, v);
		return b == JSONPATH_TRUE ? a : b;
	case JP_OR:
		a = jsonpath_judge(r, i->left, v);
		if (a == JSONPATH_TRUE || a == JSONPATH_BROKEN)
			return a;
		b = jsonpath_judge(r, i->right, v);
		return b == JSONPATH_FALSE ? a : b;
	case JP_NOT:
		a = jsonpath_judge(r, i->left, v);
		return a == JSONPATH_TRUE ? JSONPATH_FALSE : a == JSONPATH_FALSE ? JSONPATH_TRUE : a;
	case JP_IS_UNKNOWN:
		a = jsonpath_judge(r, i->left, v);
		return a == JSONPATH_BROKEN ? a : truth(a == JSONPATH_UNKNOWN);
	case JP_EXISTS:
		return exists(r, i, v);
	default:
		return over_pairs(r, i, v);
	}
}

enum jsonpath_truth jsonpath_judge(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v)
{
	if (++r->depth > JSONPATH_DEPTH * 4) {
		r->depth--;
		sql_raise_env(r->env, "54001", "stack depth limit exceeded");
		return JSONPATH_BROKEN;
	}
	enum jsonpath_truth t = judge(r, i, v);
	r->depth--;
	return t;
}
