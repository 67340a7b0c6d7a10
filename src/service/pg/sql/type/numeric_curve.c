/*
 * exp and ln by series over fixed-point GMP integers (value = integer / 10^p, p
 * with some digits to spare), the rest from these two.
 */
#include "service/pg/sql/type/numeric_curve.h"

#include <math.h>

#define SPARE 24         /* decimal digits beyond what is asked for */
#define RESULT_SCALE 2000 /* NUMERIC_MAX_RESULT_SCALE */

static int clamp_scale(int scale)
{
	return scale < 0 ? 0 : scale > 1000 ? 1000 : scale;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void ten_to(mpz_t r, int n)
{
	mpz_ui_pow_ui(r, 10, (unsigned long)n);
}

/* r = n as fixed point with p decimals. */
static void to_fixed(mpz_t r, const struct numeric *n, int p)
{
	mpz_t t;

	mpz_init(t);
	mpz_set(r, n->c);
	ten_to(t, abs(p - n->scale));
	if (p >= n->scale)
		mpz_mul(r, r, t);
	else
		mpz_tdiv_q(r, r, t);
	mpz_clear(t);
}

static void from_fixed(struct numeric *n, const mpz_t c, int p, int scale)
{
	mpz_set(n->c, c);
	n->kind = NUMERIC_FINITE;
	n->scale = p;
	numeric_round_to(n, scale);
}

/* r = atanh(num/den) * 2 with p decimals: 2 * (z + z^3/3 + z^5/5 ...). */
static void ln_series(mpz_t r, const mpz_t num, const mpz_t den, const mpz_t one)
{
	mpz_t z, square, term, t;

	mpz_inits(z, square, term, t, NULL);
	mpz_mul(z, num, one);
	mpz_tdiv_q(z, z, den);
	mpz_mul(square, z, z);
	mpz_tdiv_q(square, square, one);
	mpz_set(term, z);
	mpz_set(r, z);
	for (unsigned long k = 3; mpz_sgn(term); k += 2) {
		mpz_mul(term, term, square);
		mpz_tdiv_q(term, term, one);
		mpz_tdiv_q_ui(t, term, k);
		mpz_add(r, r, t);
	}
	mpz_mul_2exp(r, r, 1);
	mpz_clears(z, square, term, t, NULL);
}

/* ln(x/one), x > 0. */
static void fixed_ln(mpz_t r, const mpz_t x, const mpz_t one)
{
	mpz_t m, num, den, ln2, t;
	long twos = (long)mpz_sizeinbase(x, 2) - (long)mpz_sizeinbase(one, 2);

	mpz_inits(m, num, den, ln2, t, NULL);
	/* x = m * 2^twos with m near 1, then m = s^16 so that the series is short */
	mpz_set(m, x);
	if (twos > 0)
		mpz_tdiv_q_2exp(m, m, (mp_bitcnt_t)twos);
	else
		mpz_mul_2exp(m, m, (mp_bitcnt_t)-twos);
	/* what the division cut off must not be lost: scale one up instead when twos > 0 */
	mpz_t scaled_one;
	mpz_init_set(scaled_one, one);
	if (twos > 0) {
		mpz_set(m, x);
		mpz_mul_2exp(scaled_one, scaled_one, (mp_bitcnt_t)twos);
	}
	mpz_sub(num, m, scaled_one);
	mpz_add(den, m, scaled_one);
	ln_series(r, num, den, one);
	mpz_set_ui(num, 1);
	mpz_set_ui(den, 3);
	ln_series(ln2, num, den, one);
	mpz_set_si(t, twos);
	mpz_mul(ln2, ln2, t);
	mpz_add(r, r, ln2);
	mpz_clear(scaled_one);
	mpz_clears(m, num, den, ln2, t, NULL);
}

/* exp(x/one): halved until small, Taylor, squared back. */
static void fixed_exp(mpz_t r, const mpz_t x, const mpz_t one)
{
	mpz_t t, term;
	unsigned halves = 8;
	long bits = (long)mpz_sizeinbase(x, 2) - (long)mpz_sizeinbase(one, 2);

	if (bits > 0)
		halves += (unsigned)bits;
	mpz_inits(t, term, NULL);
	mpz_tdiv_q_2exp(t, x, halves);
	mpz_set(term, one);
	mpz_set(r, one);
	for (unsigned long k = 1; mpz_sgn(term); k++) {
		mpz_mul(term, term, t);
		mpz_tdiv_q(term, term, one);
		mpz_tdiv_q_ui(term, term, k);
		mpz_add(r, r, term);
	}
	for (unsigned i = 0; i < halves; i++) {
		mpz_mul(r, r, r);
		mpz_tdiv_q(r, r, one);
	}
	mpz_clears(t, term, NULL);
}

/* estimate_ln_dweight of numeric.c */
static int ln_weight(const struct numeric *n)
{
	struct numeric low, high, x;
	int weight = 0, first;

	if (numeric_sign_of(n) <= 0)
		return 0;
	numeric_init(&low);
	numeric_init(&high);
	numeric_init(&x);
	mpz_set_ui(low.c, 9);
	low.scale = 1;
	mpz_set_ui(high.c, 11);
	high.scale = 1;
	if (numeric_compare(n, &low) >= 0 && numeric_compare(n, &high) <= 0) {
		numeric_set_int(&low, 1);
		numeric_minus(NULL, &x, n, &low);
		if (mpz_sgn(x.c)) {
			weight = numeric_weight(&x, &first) * 4;
			weight += (int)log10(first);
		}
	} else {
		int base = numeric_weight(n, &first);
		/* the first two base-10000 digits */
		double digits = first;
		int dweight = base * 4;
		numeric_copy(&x, n);
		numeric_trunc_to(&x, larger(0, 4 - dweight));
		struct buf b;
		buf_init(&b, BUF_MAX);
		numeric_print(&b, n);
		/* leading significant decimal digits, as many as first has and four more */
		char lead[16];
		size_t have = 0, want = (size_t)snprintf(lead, sizeof(lead), "%d", first) + 4;
		bool any = false;
		for (size_t i = 0; i < b.len && have < want; i++) {
			char c = b.ptr[i];
			if (c < '0' || c > '9' || (!any && c == '0'))
				continue;
			any = true;
			lead[have++] = c;
		}
		while (have < want)
			lead[have++] = '0';
		lead[have] = 0;
		digits = strtod(lead, NULL);
		dweight -= 4;
		buf_release(&b);
		weight = (int)log10(fabs(log(digits) + dweight * 2.302585092994046));
	}
	numeric_release(&low);
	numeric_release(&high);
	numeric_release(&x);
	return weight;
}

/* r = ln(n) with `scale` decimals; n positive. */
static void ln_to(struct numeric *r, const struct numeric *n, int scale)
{
	mpz_t one, x, y;
	int p = scale + SPARE + (n->scale > scale ? n->scale - scale : 0);

	mpz_inits(one, x, y, NULL);
	ten_to(one, p);
	to_fixed(x, n, p);
	fixed_ln(y, x, one);
	from_fixed(r, y, p, scale);
	mpz_clears(one, x, y, NULL);
}

/* r = exp(n) with `scale` decimals; `weight`: decimal digits before the point of the result. */
static void exp_to(struct numeric *r, const struct numeric *n, int scale, int weight)
{
	mpz_t one, x, y;
	int p = larger(scale, 0) + SPARE + larger(weight, 0) + larger(n->scale - scale, 0);

	mpz_inits(one, x, y, NULL);
	ten_to(one, p);
	to_fixed(x, n, p);
	fixed_exp(y, x, one);
	from_fixed(r, y, p, scale);
	mpz_clears(one, x, y, NULL);
}

static bool overflow(struct sql_env *env)
{
	sql_raise_env(env, "22003", "value overflows numeric format");
	return false;
}

bool numeric_exponential(struct sql_env *env, struct numeric *n)
{
	if (n->kind != NUMERIC_FINITE) {
		if (n->kind == NUMERIC_NINF)
			numeric_set_int(n, 0);
		return true;
	}
	double value = numeric_double(n), weight = value * 0.434294481903252;
	weight = weight < -RESULT_SCALE ? -RESULT_SCALE : weight > RESULT_SCALE ? RESULT_SCALE : weight;
	int scale = clamp_scale(larger(16 - (int)weight, n->scale));
	if (fabs(value) >= RESULT_SCALE * 3) {
		if (value > 0)
			return overflow(env);
		numeric_set_int(n, 0);
		n->scale = scale;
		return true;
	}
	exp_to(n, n, scale, (int)(value * 0.434294481903252) + 1);
	return numeric_fits(env, n);
}

static bool logarithm_of(struct sql_env *env, const struct numeric *n)
{
	int sign = numeric_sign_of(n);

	if (n->kind == NUMERIC_NAN || sign > 0)
		return true;
	sql_raise_env(env, "2201E", sign ? "cannot take logarithm of a negative number" : "cannot take logarithm of zero");
	return false;
}

bool numeric_natural_logarithm(struct sql_env *env, struct numeric *n)
{
	if (n->kind == NUMERIC_NAN)
		return true;
	if (!logarithm_of(env, n))
		return false;
	if (n->kind == NUMERIC_FINITE)
		ln_to(n, n, clamp_scale(larger(16 - ln_weight(n), n->scale)));
	return true;
}

bool numeric_logarithm(struct sql_env *env, struct numeric *r, const struct numeric *base, const struct numeric *num)
{
	if (base->kind == NUMERIC_NAN || num->kind == NUMERIC_NAN) {
		r->kind = NUMERIC_NAN;
		return true;
	}
	if (!logarithm_of(env, base) || !logarithm_of(env, num))
		return false;
	if (base->kind != NUMERIC_FINITE) {
		if (num->kind == NUMERIC_FINITE)
			numeric_set_int(r, 0);
		else
			r->kind = NUMERIC_NAN;
		return true;
	}
	if (num->kind != NUMERIC_FINITE) {
		r->kind = NUMERIC_PINF;
		return true;
	}
	int base_weight = ln_weight(base), num_weight = ln_weight(num);
	int scale = larger(larger(16 - (num_weight - base_weight), base->scale), num->scale);
	struct numeric x, y;
	scale = clamp_scale(scale);
	numeric_init(&x);
	numeric_init(&y);
	int digits = scale + larger(num_weight - base_weight, 0) + 8;
	ln_to(&x, base, larger(digits - base_weight, 0) + SPARE);
	ln_to(&y, num, larger(digits - num_weight, 0) + SPARE);
	bool ok = true;
	if (!mpz_sgn(x.c)) {
		sql_raise_env(env, "22012", "division by zero");
		ok = false;
	} else {
		numeric_quotient(r, &y, &x, scale);
	}
	numeric_release(&x);
	numeric_release(&y);
	return ok;
}

/* base^exp by squaring, exactly where that is short, else with enough digits. */
static bool power_whole(struct sql_env *env, struct numeric *r, const struct numeric *base, int exp, int scale)
{
	struct numeric t;
	bool ok = true;

	if (exp == 0) {
		numeric_set_int(r, 1);
		numeric_widen(r, scale);
		return true;
	}
	if (!mpz_sgn(base->c)) {
		if (exp < 0) {
			sql_raise_env(env, "22012", "division by zero");
			return false;
		}
		numeric_set_int(r, 0);
		r->scale = scale;
		return true;
	}
	double lead = log10(fabs(numeric_double(base))) * exp; /* decimal digits of the result */
	if (lead > NUMERIC_WHOLE_MAX)
		return overflow(env);
	if (lead + 1 < -scale || lead + 1 < -1000) {
		numeric_set_int(r, 0);
		r->scale = scale;
		return true;
	}
	numeric_init(&t);
	unsigned n = exp < 0 ? 0u - (unsigned)exp : (unsigned)exp;
	size_t digits = mpz_sizeinbase(base->c, 10);
	if ((double)digits * n < 200000) {
		mpz_pow_ui(t.c, base->c, n);
		if (exp > 0) {
			long s = (long)base->scale * n;
			t.scale = (int)s;
			numeric_round_to(&t, scale);
			numeric_copy(r, &t);
		} else {
			/* 10^(scale of base * n) / c^n */
			struct numeric one;
			numeric_init(&one);
			numeric_set_int(&one, 1);
			t.scale = (int)((long)base->scale * n);
			numeric_quotient(r, &one, &t, scale);
			numeric_release(&one);
		}
	} else {
		/* exp(n * ln |base|) */
		struct numeric b, e;
		numeric_init(&b);
		numeric_init(&e);
		numeric_copy(&b, base);
		mpz_abs(b.c, b.c);
		int keep = scale + (int)larger((int)lead, 0) + 12;
		ln_to(&t, &b, keep + 12);
		numeric_set_int(&e, exp);
		mpz_mul(t.c, t.c, e.c);
		exp_to(r, &t, scale, (int)lead + 1);
		if (mpz_sgn(base->c) < 0 && exp % 2)
			mpz_neg(r->c, r->c);
		numeric_release(&b);
		numeric_release(&e);
	}
	numeric_release(&t);
	ok = ok && numeric_fits(env, r);
	return ok;
}

static bool is_whole(const struct numeric *n)
{
	struct numeric t;

	if (n->kind != NUMERIC_FINITE)
		return true;
	numeric_init(&t);
	numeric_copy(&t, n);
	numeric_trunc_to(&t, 0);
	bool whole = numeric_compare(&t, n) == 0;
	numeric_release(&t);
	return whole;
}

/* NaN and infinities, as POSIX's pow. */
static bool power_special(struct sql_env *env, struct numeric *r, const struct numeric *base, const struct numeric *exp)
{
	struct numeric one;
	int compared;

	numeric_init(&one);
	numeric_set_int(&one, 1);
	bool base_is_one = numeric_compare(base, &one) == 0;
	if (base->kind == NUMERIC_NAN || exp->kind == NUMERIC_NAN) {
		if ((base->kind == NUMERIC_NAN && exp->kind == NUMERIC_FINITE && !mpz_sgn(exp->c)) || (exp->kind == NUMERIC_NAN && base_is_one))
			numeric_set_int(r, 1);
		else
			r->kind = NUMERIC_NAN;
	} else if (base_is_one || (exp->kind == NUMERIC_FINITE && !mpz_sgn(exp->c))) {
		numeric_set_int(r, 1);
	} else if (base->kind == NUMERIC_FINITE && !mpz_sgn(base->c)) {
		if (exp->kind == NUMERIC_NINF) {
			numeric_release(&one);
			sql_raise_env(env, "2201F", "zero raised to a negative power is undefined");
			return false;
		}
		numeric_set_int(r, 0);
	} else if (exp->kind == NUMERIC_FINITE && base->kind == NUMERIC_NINF && !is_whole(exp)) {
		numeric_release(&one);
		sql_raise_env(env, "2201F", "a negative number raised to a non-integer power yields a complex result");
		return false;
	} else if (exp->kind != NUMERIC_FINITE) {
		if (base->kind == NUMERIC_FINITE) {
			struct numeric abs_base;
			numeric_init(&abs_base);
			numeric_copy(&abs_base, base);
			mpz_abs(abs_base.c, abs_base.c);
			compared = numeric_compare(&abs_base, &one);
			numeric_release(&abs_base);
		} else {
			compared = 1;
		}
		if (!compared)
			numeric_set_int(r, 1);
		else if ((compared > 0) == (exp->kind == NUMERIC_PINF))
			r->kind = NUMERIC_PINF;
		else
			numeric_set_int(r, 0);
	} else if (numeric_sign_of(exp) < 0) {
		numeric_set_int(r, 0);
	} else if (base->kind == NUMERIC_PINF) {
		r->kind = NUMERIC_PINF;
	} else {
		int64_t v = 0;
		r->kind = is_whole(exp) && numeric_to_int64(exp, &v) && v % 2 ? NUMERIC_NINF : NUMERIC_PINF;
	}
	numeric_release(&one);
	return true;
}

bool numeric_power(struct sql_env *env, struct numeric *r, const struct numeric *base, const struct numeric *exp)
{
	int64_t whole;

	if (base->kind != NUMERIC_FINITE || exp->kind != NUMERIC_FINITE)
		return power_special(env, r, base, exp);
	int base_sign = mpz_sgn(base->c), exp_sign = mpz_sgn(exp->c);
	if (!base_sign && exp_sign < 0) {
		sql_raise_env(env, "2201F", "zero raised to a negative power is undefined");
		return false;
	}
	bool is_int = is_whole(exp);
	if (base_sign < 0 && !is_int) {
		sql_raise_env(env, "2201F", "a negative number raised to a non-integer power yields a complex result");
		return false;
	}
	if (is_int && numeric_to_int64(exp, &whole) && whole >= INT32_MIN && whole <= INT32_MAX)
		return power_whole(env, r, base, (int)whole, clamp_scale(larger(16, base->scale)));
	if (!base_sign) {
		numeric_set_int(r, 0);
		r->scale = 16;
		return true;
	}
	struct numeric b, product;
	numeric_init(&b);
	numeric_init(&product);
	numeric_copy(&b, base);
	mpz_abs(b.c, b.c);
	int weight = ln_weight(&b);
	ln_to(&product, &b, clamp_scale(8 - weight));
	numeric_times(NULL, &product, &product, exp);
	double value = numeric_double(&product);
	bool ok = true;
	if (fabs(value) > RESULT_SCALE * 3.01) {
		if (value > 0) {
			ok = overflow(env);
		} else {
			numeric_set_int(r, 0);
			r->scale = 1000;
		}
	} else {
		value *= 0.434294481903252;
		int scale = clamp_scale(larger(larger(16 - (int)value, base->scale), exp->scale));
		int digits = scale + (int)value - weight + 8;
		ln_to(&product, &b, larger(digits, 0) + SPARE);
		mpz_mul(product.c, product.c, exp->c);
		product.scale += exp->scale;
		numeric_round_to(&product, larger(digits, 0) + SPARE);
		exp_to(r, &product, scale, (int)value + 1);
		if (base_sign < 0) {
			mpz_t half;
			mpz_init(half);
			mpz_ui_pow_ui(half, 10, (unsigned long)exp->scale);
			mpz_tdiv_q(half, exp->c, half);
			if (mpz_odd_p(half))
				mpz_neg(r->c, r->c);
			mpz_clear(half);
		}
		ok = numeric_fits(env, r);
	}
	numeric_release(&b);
	numeric_release(&product);
	return ok;
}
