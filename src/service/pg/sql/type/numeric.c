/*
 * Arithmetic of numeric: a GMP integer and a scale. Text and wire forms are
 * numeric_text.c's, exp and its like numeric_curve.c's.
 */
#include "service/pg/sql/type/numeric.h"

#include <math.h>

void numeric_init(struct numeric *n)
{
	n->kind = NUMERIC_FINITE;
	n->scale = 0;
	mpz_init(n->c);
}

void numeric_release(struct numeric *n)
{
	mpz_clear(n->c);
}

void numeric_copy(struct numeric *to, const struct numeric *from)
{
	to->kind = from->kind;
	to->scale = from->scale;
	mpz_set(to->c, from->c);
}

void numeric_set_int(struct numeric *n, int64_t v)
{
	n->kind = NUMERIC_FINITE;
	n->scale = 0;
	mpz_set_si(n->c, v);
}

bool numeric_fits(struct sql_env *env, const struct numeric *n)
{
	if (n->kind != NUMERIC_FINITE)
		return true;
	size_t digits = mpz_sizeinbase(n->c, 10);
	if (digits > (size_t)NUMERIC_WHOLE_MAX && digits > (size_t)(NUMERIC_WHOLE_MAX + n->scale)) {
		sql_raise_env(env, "22003", "value overflows numeric format");
		return false;
	}
	return true;
}

static void power_of_ten(mpz_t r, int n)
{
	mpz_ui_pow_ui(r, 10, (unsigned long)n);
}

/* c * 10^n, or divided by it towards zero or rounded half away from zero. */
static void shift(mpz_t c, int n, bool round)
{
	mpz_t p;

	if (!n)
		return;
	mpz_init(p);
	power_of_ten(p, abs(n));
	if (n > 0) {
		mpz_mul(c, c, p);
	} else if (!round) {
		mpz_tdiv_q(c, c, p);
	} else {
		mpz_t rest;
		mpz_init(rest);
		mpz_tdiv_qr(c, rest, c, p);
		mpz_mul_2exp(rest, rest, 1);
		int sign = mpz_sgn(rest);
		if (mpz_cmpabs(rest, p) >= 0) {
			if (sign < 0)
				mpz_sub_ui(c, c, 1);
			else
				mpz_add_ui(c, c, 1);
		}
		mpz_clear(rest);
	}
	mpz_clear(p);
}

static void to_scale(struct numeric *n, int scale, bool round)
{
	if (n->kind != NUMERIC_FINITE)
		return;
	shift(n->c, scale - n->scale, round);
	n->scale = scale;
	if (scale < 0) { /* digits before the point were cut */
		shift(n->c, -scale, false);
		n->scale = 0;
	}
}

void numeric_round_to(struct numeric *n, int scale)
{
	to_scale(n, scale, true);
}

void numeric_trunc_to(struct numeric *n, int scale)
{
	to_scale(n, scale, false);
}

void numeric_widen(struct numeric *n, int scale)
{
	if (scale > n->scale)
		to_scale(n, scale, false);
}

int numeric_sign_of(const struct numeric *n)
{
	return n->kind == NUMERIC_FINITE ? mpz_sgn(n->c) : n->kind == NUMERIC_NINF ? -1 : 1;
}

int numeric_compare(const struct numeric *a, const struct numeric *b)
{
	static const int rank[] = { [NUMERIC_NINF] = 0, [NUMERIC_FINITE] = 1, [NUMERIC_PINF] = 2, [NUMERIC_NAN] = 3 };

	if (a->kind != NUMERIC_FINITE || b->kind != NUMERIC_FINITE)
		return (rank[a->kind] > rank[b->kind]) - (rank[a->kind] < rank[b->kind]);
	if (a->scale == b->scale)
		return mpz_cmp(a->c, b->c);
	struct numeric t;
	numeric_init(&t);
	int r;
	if (a->scale < b->scale) {
		numeric_copy(&t, a);
		numeric_widen(&t, b->scale);
		r = mpz_cmp(t.c, b->c);
	} else {
		numeric_copy(&t, b);
		numeric_widen(&t, a->scale);
		r = mpz_cmp(a->c, t.c);
	}
	numeric_release(&t);
	return r;
}

/* The digits of a stored number: before the point without zeros in front, behind it. */
static bool split(struct slice s, bool *minus, struct slice *whole, struct slice *rest)
{
	*minus = s.len && s.ptr[0] == '-';
	if (*minus)
		s = slice_skip(s, 1);
	if (!s.len || s.ptr[0] > '9')
		return false; /* NaN, Infinity */
	size_t point = slice_find(s, '.');
	*whole = slice_take(s, point);
	*rest = slice_skip(s, point + 1);
	while (whole->len && whole->ptr[0] == '0')
		*whole = slice_skip(*whole, 1);
	while (rest->len && rest->ptr[rest->len - 1] == '0')
		rest->len--;
	return true;
}

int numeric_compare_stored(struct slice a, struct slice b)
{
	bool minus_a, minus_b;
	struct slice wa, wb, ra, rb;

	if (!split(a, &minus_a, &wa, &ra) || !split(b, &minus_b, &wb, &rb)) {
		struct numeric x, y;
		numeric_init(&x);
		numeric_init(&y);
		numeric_load(&x, a);
		numeric_load(&y, b);
		int r = numeric_compare(&x, &y);
		numeric_release(&x);
		numeric_release(&y);
		return r;
	}
	if (!wa.len && !ra.len)
		minus_a = false;
	if (!wb.len && !rb.len)
		minus_b = false;
	if (minus_a != minus_b)
		return minus_a ? -1 : 1;
	int r = wa.len != wb.len ? (wa.len < wb.len ? -1 : 1) : memcmp(wa.ptr, wb.ptr, wa.len);
	if (!r)
		r = slice_cmp(ra, rb);
	return minus_a ? -r : r;
}

/* NaN and infinities of + and -; true when there was one. */
static bool special_sum(struct numeric *r, const struct numeric *a, const struct numeric *b, bool minus)
{
	if (a->kind == NUMERIC_FINITE && b->kind == NUMERIC_FINITE)
		return false;
	enum numeric_kind other = b->kind;
	if (minus && other == NUMERIC_PINF)
		other = NUMERIC_NINF;
	else if (minus && other == NUMERIC_NINF)
		other = NUMERIC_PINF;
	if (a->kind == NUMERIC_NAN || b->kind == NUMERIC_NAN)
		r->kind = NUMERIC_NAN;
	else if (a->kind == NUMERIC_FINITE)
		r->kind = other;
	else if (other == NUMERIC_FINITE || other == a->kind)
		r->kind = a->kind;
	else
		r->kind = NUMERIC_NAN;
	return true;
}

static bool sum(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b, bool minus)
{
	if (special_sum(r, a, b, minus))
		return true;
	int scale = a->scale > b->scale ? a->scale : b->scale;
	struct numeric t;
	numeric_init(&t);
	if (a->scale < b->scale) {
		numeric_copy(&t, a);
		numeric_widen(&t, scale);
		(minus ? mpz_sub : mpz_add)(r->c, t.c, b->c);
	} else if (b->scale < a->scale) {
		numeric_copy(&t, b);
		numeric_widen(&t, scale);
		(minus ? mpz_sub : mpz_add)(r->c, a->c, t.c);
	} else {
		(minus ? mpz_sub : mpz_add)(r->c, a->c, b->c);
	}
	numeric_release(&t);
	r->kind = NUMERIC_FINITE;
	r->scale = scale;
	return numeric_fits(env, r);
}

bool numeric_plus(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	return sum(env, r, a, b, false);
}

bool numeric_minus(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	return sum(env, r, a, b, true);
}

bool numeric_times(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	if (a->kind != NUMERIC_FINITE || b->kind != NUMERIC_FINITE) {
		int sign = numeric_sign_of(a) * numeric_sign_of(b);
		if (a->kind == NUMERIC_NAN || b->kind == NUMERIC_NAN || !sign)
			r->kind = NUMERIC_NAN;
		else
			r->kind = sign > 0 ? NUMERIC_PINF : NUMERIC_NINF;
		return true;
	}
	int scale = a->scale + b->scale;
	mpz_mul(r->c, a->c, b->c);
	r->kind = NUMERIC_FINITE;
	r->scale = scale;
	if (scale > NUMERIC_SCALE_MAX)
		numeric_round_to(r, NUMERIC_SCALE_MAX);
	return numeric_fits(env, r);
}

int numeric_weight(const struct numeric *n, int *first)
{
	mpz_t t;

	*first = 0;
	if (n->kind != NUMERIC_FINITE || !mpz_sgn(n->c))
		return 0;
	int digits = (int)mpz_sizeinbase(n->c, 10);
	mpz_init(t);
	power_of_ten(t, digits - 1);
	if (mpz_cmpabs(n->c, t) < 0)
		digits--; /* sizeinbase may be one too large */
	int exponent = digits - n->scale - 1;
	int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
	int keep = exponent - weight * 4 + 1; /* leading decimal digits that make the first base-10000 digit */
	mpz_abs(t, n->c);
	if (digits > keep) {
		mpz_t p;
		mpz_init(p);
		power_of_ten(p, digits - keep);
		mpz_tdiv_q(t, t, p);
		mpz_clear(p);
		*first = (int)mpz_get_ui(t);
	} else {
		*first = (int)mpz_get_ui(t);
		for (int i = digits; i < keep; i++)
			*first *= 10;
	}
	mpz_clear(t);
	return weight;
}

int numeric_quotient_scale(const struct numeric *a, const struct numeric *b)
{
	int first_a, first_b;
	int weight = numeric_weight(a, &first_a) - numeric_weight(b, &first_b);

	if (first_a <= first_b)
		weight--;
	int scale = 16 - weight * 4;
	if (scale < a->scale)
		scale = a->scale;
	if (scale < b->scale)
		scale = b->scale;
	if (scale < 0)
		scale = 0;
	return scale > 1000 ? 1000 : scale;
}

void numeric_quotient(struct numeric *r, const struct numeric *a, const struct numeric *b, int scale)
{
	/* a.c/10^as / (b.c/10^bs) at scale: a.c * 10^(scale - as + bs) / b.c, half away from zero */
	mpz_t n, d, q, rest;
	int up = scale - a->scale + b->scale;

	mpz_inits(n, d, q, rest, NULL);
	mpz_set(n, a->c);
	mpz_set(d, b->c);
	if (up >= 0)
		shift(n, up, false);
	else
		shift(d, -up, false);
	mpz_tdiv_qr(q, rest, n, d);
	mpz_mul_2exp(rest, rest, 1);
	if (mpz_cmpabs(rest, d) >= 0) {
		if (mpz_sgn(n) * mpz_sgn(d) < 0)
			mpz_sub_ui(q, q, 1);
		else
			mpz_add_ui(q, q, 1);
	}
	mpz_swap(r->c, q);
	r->kind = NUMERIC_FINITE;
	r->scale = scale;
	mpz_clears(n, d, q, rest, NULL);
}

bool numeric_over(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	if (a->kind == NUMERIC_NAN || b->kind == NUMERIC_NAN) {
		r->kind = NUMERIC_NAN;
		return true;
	}
	if (b->kind == NUMERIC_FINITE && !mpz_sgn(b->c)) {
		sql_raise_env(env, "22012", "division by zero");
		return false;
	}
	if (a->kind != NUMERIC_FINITE) {
		if (b->kind != NUMERIC_FINITE)
			r->kind = NUMERIC_NAN;
		else
			r->kind = numeric_sign_of(a) * numeric_sign_of(b) > 0 ? NUMERIC_PINF : NUMERIC_NINF;
		return true;
	}
	if (b->kind != NUMERIC_FINITE) {
		numeric_set_int(r, 0);
		return true;
	}
	numeric_quotient(r, a, b, numeric_quotient_scale(a, b));
	return numeric_fits(env, r);
}

bool numeric_modulo(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b)
{
	if (a->kind == NUMERIC_NAN || b->kind == NUMERIC_NAN) {
		r->kind = NUMERIC_NAN;
		return true;
	}
	if (b->kind == NUMERIC_FINITE && !mpz_sgn(b->c)) {
		sql_raise_env(env, "22012", "division by zero");
		return false;
	}
	if (a->kind != NUMERIC_FINITE) {
		r->kind = NUMERIC_NAN;
		return true;
	}
	if (b->kind != NUMERIC_FINITE) {
		numeric_copy(r, a);
		return true;
	}
	int scale = a->scale > b->scale ? a->scale : b->scale;
	struct numeric x, y;
	numeric_init(&x);
	numeric_init(&y);
	numeric_copy(&x, a);
	numeric_copy(&y, b);
	numeric_widen(&x, scale);
	numeric_widen(&y, scale);
	mpz_tdiv_r(r->c, x.c, y.c);
	r->kind = NUMERIC_FINITE;
	r->scale = scale;
	numeric_release(&x);
	numeric_release(&y);
	return true;
}

void numeric_root(struct numeric *r, const struct numeric *a, int scale)
{
	/* one digit more, then round: a half cannot be met exactly by an irrational root */
	mpz_t c;
	int up = 2 * (scale + 1) - a->scale;

	mpz_init_set(c, a->c);
	shift(c, up, false);
	mpz_sqrt(c, c);
	mpz_swap(r->c, c);
	mpz_clear(c);
	r->kind = NUMERIC_FINITE;
	r->scale = scale + 1;
	numeric_round_to(r, scale);
}

bool numeric_to_int64(const struct numeric *n, int64_t *out)
{
	struct numeric t;

	if (n->kind != NUMERIC_FINITE)
		return false;
	numeric_init(&t);
	numeric_copy(&t, n);
	numeric_round_to(&t, 0);
	bool fits = mpz_fits_slong_p(t.c);
	if (fits)
		*out = mpz_get_si(t.c);
	numeric_release(&t);
	return fits;
}

double numeric_double(const struct numeric *n)
{
	struct buf b;

	if (n->kind != NUMERIC_FINITE)
		return n->kind == NUMERIC_NAN ? NAN : n->kind == NUMERIC_PINF ? INFINITY : -INFINITY;
	buf_init(&b, BUF_MAX);
	numeric_print(&b, n);
	double d = strtod(b.ptr, NULL);
	buf_release(&b);
	return d;
}
