/*
 * numeric_curve: exp, ln, log and power of numeric, with the scales that
 * PostgreSQL's numeric.c gives their results. False: raised.
 */
#ifndef SERVICE_PG_SQL_NUMERIC_CURVE_H
#define SERVICE_PG_SQL_NUMERIC_CURVE_H

#include "service/pg/sql/type/numeric.h"

bool numeric_exponential(struct sql_env *env, struct numeric *n);
bool numeric_natural_logarithm(struct sql_env *env, struct numeric *n);
/* The logarithm of `num` to a base. */
bool numeric_logarithm(struct sql_env *env, struct numeric *r, const struct numeric *base, const struct numeric *num);
bool numeric_power(struct sql_env *env, struct numeric *r, const struct numeric *base, const struct numeric *exp);

#endif
