/*
 * numeric: exact decimal numbers, as PostgreSQL's numeric.
 *
 * A finite number is c / 10^scale; the scale is the display scale, and no result
 * has digits beyond it (PostgreSQL rounds to it too). Scales of results follow
 * numeric.c of PostgreSQL 15.
 *
 * Operations return false after raising (overflow, division by zero).
 */
#ifndef SERVICE_PG_SQL_NUMERIC_H
#define SERVICE_PG_SQL_NUMERIC_H

#include <gmp.h>

#include "service/pg/sql/type/type.h"

enum numeric_kind { NUMERIC_FINITE, NUMERIC_NAN, NUMERIC_PINF, NUMERIC_NINF };

struct numeric {
	enum numeric_kind kind;
	int scale;
	mpz_t c;
};

#define NUMERIC_SCALE_MAX 16383  /* digits behind the point of any value */
#define NUMERIC_WHOLE_MAX 131072 /* digits before the point */

void numeric_init(struct numeric *n);
void numeric_release(struct numeric *n);
void numeric_copy(struct numeric *to, const struct numeric *from);
void numeric_set_int(struct numeric *n, int64_t v);
void numeric_set_double(struct numeric *n, double v, int digits);
/* From what is stored: it is known to be well-formed. */
void numeric_load(struct numeric *n, struct slice stored);
/* As numeric_in. */
bool numeric_parse(struct sql_env *env, struct numeric *n, struct slice text);
void numeric_print(struct buf *b, const struct numeric *n);
/* Rounds to precision and scale of a modifier; -1: none. */
bool numeric_modify(struct sql_env *env, struct numeric *n, int32_t typmod);
/* Value overflows numeric format? */
bool numeric_fits(struct sql_env *env, const struct numeric *n);
double numeric_double(const struct numeric *n);
/* Rounded half away from zero; false: does not fit (NaN, infinities too). */
bool numeric_to_int64(const struct numeric *n, int64_t *out);

int numeric_compare(const struct numeric *a, const struct numeric *b);
int numeric_sign_of(const struct numeric *n);
/* Of numbers as they are stored, without memory where they are short. */
int numeric_compare_stored(struct slice a, struct slice b);
/* Half away from zero; `scale` may be negative. */
void numeric_round_to(struct numeric *n, int scale);
void numeric_trunc_to(struct numeric *n, int scale);
/* The same value with another display scale, which must not be smaller. */
void numeric_widen(struct numeric *n, int scale);

bool numeric_plus(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b);
bool numeric_minus(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b);
bool numeric_times(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b);
bool numeric_over(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b);
bool numeric_modulo(struct sql_env *env, struct numeric *r, const struct numeric *a, const struct numeric *b);
/* The quotient rounded to a scale, b not zero, both finite. */
void numeric_quotient(struct numeric *r, const struct numeric *a, const struct numeric *b, int scale);
int numeric_quotient_scale(const struct numeric *a, const struct numeric *b);
/* Weight in base 10000 and its first digit, as PostgreSQL's NumericVar. */
int numeric_weight(const struct numeric *n, int *first);
void numeric_root(struct numeric *r, const struct numeric *a, int scale);

#endif
