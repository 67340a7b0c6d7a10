/*
 * Aggregates that only exist WITHIN GROUP (ORDER BY ...): percentiles, mode and
 * the rank of a hypothetical row.
 */
#include "service/pg/sql/func/aggregate.h"

sorted_fn *aggregate_sorted(const char *key)
{
	(void)key;
	return NULL;
}
