/*
 * range: a range taken apart; multiranges are lists of them. Bounds are stored
 * values of the element type, SQL_NULL where the range is open-ended.
 */
#ifndef SERVICE_PG_SQL_RANGE_H
#define SERVICE_PG_SQL_RANGE_H

#include "service/pg/sql/type/type.h"

struct range {
	bool empty, lower_in, upper_in;
	struct sql_datum lower, upper;
};

struct multirange {
	size_t count;
	struct range *items; /* in order, apart from each other */
};

/* Element type of a range type; range type of a multirange type. */
uint32_t range_element(struct sql_env *env, uint32_t type);
uint32_t multirange_range(struct sql_env *env, uint32_t type);
bool range_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct range *out);
bool multirange_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct multirange *out);
bool range_print(struct sql_env *env, const struct style *st, uint32_t type, const struct range *r, struct buf *b);
bool multirange_print(struct sql_env *env, const struct style *st, uint32_t type, const struct multirange *m, struct buf *b);
/* Canonical form: discrete ones as [), empty where nothing lies between. False: raised (lower above upper). */
bool range_settle(struct sql_env *env, uint32_t type, struct range *r);
/* Sorts, joins what touches, drops what is empty. */
void multirange_settle(struct sql_env *env, uint32_t type, struct multirange *m);

/* One end of a range: -1 before, 0 same, 1 after. */
int range_compare_bounds(struct sql_env *env, uint32_t element, const struct range *x, bool x_upper, const struct range *y, bool y_upper);
int range_compare(struct sql_env *env, uint32_t type, const struct range *x, const struct range *y);
bool range_touches(struct sql_env *env, uint32_t type, const struct range *x, const struct range *y);

#endif
